//! `/hooks/{channel}/{secret}/{receipt|sms}`: what providers of SMS call. A call is written down and only then acknowledged;
//! `intake.rs` reads it afterwards.
//!
//! What cannot be written down is answered with 503, so that providers that call again do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tokio::sync::Notify;

use super::Web;
use super::hooks::text;
use crate::gateway::sms::hook::HOOK_BYTES_MAX;
use crate::gateway::sms::{Hook, HookKind, Peer};
use crate::outbox::hook_call::{self, Call};
use crate::storage::Work;

/// The header with which a provider signs its calls.
const SIGNATURE: &str = "x-twilio-signature";
/// Seconds after which a call that could not be written down may come again.
const AGAIN_S: &str = "5";

/// A channel whose provider may call.
#[derive(Debug)]
pub struct Provider {
    name: Arc<str>,
    secret: Box<[u8]>,
    peer: Peer,
    /// What the address of its hooks begins with, as the provider knows it: for signatures.
    public_url: String,
    /// Told when a call was written down.
    wake: Arc<Notify>,
}

impl Provider {
    /// The channel `name`, whose addresses end in `secret`.
    pub fn new(name: &str, secret: &str, peer: Peer, public_url: &str, wake: Arc<Notify>) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { name: name.into(), secret: secret.as_bytes().into(), peer, public_url, wake }
    }
}

/// A delivery report.
pub(super) async fn receipt(
    State(web): State<Arc<Web>>,
    Path(named): Path<(String, String)>,
    request: Request,
) -> Response {
    called(&web, HookKind::Receipt, &named, request).await
}

/// A message from a phone.
pub(super) async fn sms(
    State(web): State<Arc<Web>>,
    Path(named): Path<(String, String)>,
    request: Request,
) -> Response {
    called(&web, HookKind::Inbound, &named, request).await
}

async fn called(web: &Web, kind: HookKind, (name, secret): &(String, String), request: Request) -> Response {
    let Some(provider) = authorised(&web.providers, name, secret.as_bytes()) else {
        web.unknown_hooks.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("a hook was called with an unknown channel or a wrong secret");
        return text(StatusCode::NOT_FOUND, "Not found.\n");
    };
    let (head, body) = request.into_parts();
    let announced = header(&head, CONTENT_LENGTH.as_str()).parse::<usize>().unwrap_or_default();
    if announced > HOOK_BYTES_MAX {
        return text(StatusCode::PAYLOAD_TOO_LARGE, "Too long.\n");
    }
    let limit = Duration::from_millis(web.limits.body_read_ms);
    let body = match tokio::time::timeout(limit, to_bytes(body, HOOK_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, "Too long.\n"),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.\n"),
    };
    let hook = Hook {
        method: head.method.as_str(),
        query: head.uri.query().unwrap_or_default(),
        content_type: header(&head, CONTENT_TYPE.as_str()),
        signature: header(&head, SIGNATURE),
        body: &body,
    };
    let address = head.uri.path_and_query().map_or("", |address| address.as_str());
    if !provider.peer.is_signed(&hook, &format!("{}{address}", provider.public_url)) {
        tracing::warn!(channel = %provider.name, "a call was not signed by the channel's provider");
        return text(StatusCode::FORBIDDEN, "Not signed.\n");
    }
    if kept(web, provider, kind, &hook).await {
        provider.wake.notify_one();
        let (content_type, body) = provider.peer.acknowledge(kind);
        let mut response = Response::new(Body::from(body.to_owned()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    } else {
        let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "Try again later.\n");
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(AGAIN_S));
        response
    }
}

/// Writes the call down. False when it is not on the disk.
async fn kept(web: &Web, provider: &Provider, kind: HookKind, hook: &Hook<'_>) -> bool {
    let now_ms = web.service.clock.now_ms();
    let Some(id) = web.service.ids.block(now_ms).next_id() else { return false };
    let (channel, request) = (Arc::clone(&provider.name), Call::of(hook).seal(&web.service.keys, id));
    let keep = move |tx: &mut crate::storage::Tx<'_>| hook_call::keep(tx, id, &channel, kind, &request, now_ms);
    match web.service.store.transact(Work::interactive(None), keep).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, channel = %provider.name, "a provider's call could not be written down");
            false
        }
    }
}

fn header<'p>(head: &'p Parts, name: &str) -> &'p str {
    head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The channel of this name if the secret is its own. Takes as long for a name that is not there.
fn authorised<'w>(providers: &'w [Provider], name: &str, secret: &[u8]) -> Option<&'w Provider> {
    let named = providers.iter().find(|provider| *provider.name == *name);
    let expected = named.or(providers.first()).map_or(&[][..], |provider| &*provider.secret);
    let equal = verify_slices_are_equal(expected, secret).is_ok();
    named.filter(|_| equal)
}
