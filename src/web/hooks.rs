//! `/hooks/{channel}/{secret}/ussd`: what gateways call. Decodes before a hop and encodes after it; nothing else.
//!
//! A request that is not understood gets the status that says why, one log line without personal data, and no effect.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::Web;
use crate::country::Msisdn;
use crate::gateway::DecodeFault;
use crate::gateway::ussd::{Dialect, RequestParts, UssdEvent};
use crate::hop::{self, Hop, Outcome};
use crate::telemetry::{HopCounter, HopOutcome};

/// Tells a simulator what the screen asks for: `key`, `words` or `secret`.
pub const SCREEN_HEADER: &str = "kaziline-screen";

/// One channel on which gateways may call.
#[derive(Debug)]
pub struct Channel {
    name: Arc<str>,
    secret: Box<[u8]>,
    dialect: Dialect,
    pub(super) counter: HopCounter,
}

impl Channel {
    /// A channel under `name`.
    pub fn new(name: &str, secret: &str, dialect: Dialect) -> Self {
        let name: Arc<str> = name.into();
        let counter = HopCounter::new(Arc::clone(&name));
        Self { name, secret: secret.as_bytes().into(), dialect, counter }
    }
}

/// Answers a gateway. Whether the channel or the secret was wrong is not told.
pub(super) async fn ussd(
    State(web): State<Arc<Web>>,
    Path((name, secret)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(channel) = authorised(&web.channels, &name, secret.as_bytes()) else {
        web.unknown_hooks.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("a hook was called with an unknown channel or a wrong secret");
        return text(StatusCode::NOT_FOUND, "Not found.\n");
    };
    match answer(&web, channel, request).await {
        Ok(response) => response,
        Err(fault) => {
            channel.counter.count(HopOutcome::Refused);
            let (reason, field) = (fault.reason(), fault.field());
            tracing::warn!(channel = %channel.name, reason, field, "a gateway's request was refused");
            let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let mut response = text(status, fault.body());
            if fault == DecodeFault::Method {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            response
        }
    }
}

/// The channel of this name if the secret is its own. Takes as long for a name that is not there.
fn authorised<'w>(channels: &'w [Channel], name: &str, secret: &[u8]) -> Option<&'w Channel> {
    let named = channels.iter().find(|channel| *channel.name == *name);
    let expected = named.or(channels.first()).map_or(&[][..], |channel| &*channel.secret);
    let equal = verify_slices_are_equal(expected, secret).is_ok();
    named.filter(|_| equal)
}

async fn answer(web: &Web, channel: &Channel, request: Request) -> Result<Response, DecodeFault> {
    let (head, body) = request.into_parts();
    // Before the body: who sends the wrong thing need not send it all.
    if head.method != "POST" {
        return Err(DecodeFault::Method);
    }
    let content_type = head.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > web.limits.ussd_body_bytes_max) {
        return Err(DecodeFault::BodyTooLarge);
    }
    let limit = Duration::from_millis(web.limits.body_read_ms);
    let body = match tokio::time::timeout(limit, to_bytes(body, web.limits.ussd_body_bytes_max)).await {
        Ok(Ok(body)) => body,
        // Too long, or it broke off: in the second case nobody reads the answer.
        Ok(Err(_)) => return Err(DecodeFault::BodyTooLarge),
        Err(_) => return Ok(text(StatusCode::REQUEST_TIMEOUT, "The body did not come in time.\n")),
    };
    let parts = RequestParts { method: head.method.as_str(), content_type, body: &body };
    let asked = channel.dialect.decode(&parts)?;

    // The network vouches for the number: one that the country's plan does not know is still somebody's.
    let phone = &web.service.host.country.phone;
    let msisdn = phone.parse(&asked.msisdn).or_else(|_| Msisdn::parse_e164(&asked.msisdn));
    let msisdn = msisdn.map_err(|_| DecodeFault::Malformed("phone number"))?;
    let is_end = matches!(asked.event, UssdEvent::Closed(_));
    let hop = Hop {
        channel: Arc::clone(&channel.name),
        session: asked.session,
        msisdn,
        service_code: asked.service_code,
        event: asked.event,
        hop_id: asked.hop_id,
    };
    let answered = hop::answer(&web.service, hop).await;
    channel.counter.count(match answered.outcome {
        Outcome::Repeated => HopOutcome::Repeated,
        Outcome::Apologised => HopOutcome::Apologised,
        Outcome::Closed => HopOutcome::Closed,
        Outcome::Answered if answered.answer.end => HopOutcome::End,
        Outcome::Answered => HopOutcome::Continue,
    });
    let (content_type, body) =
        if is_end { channel.dialect.acknowledge() } else { channel.dialect.encode(&answered.answer) };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if web.inbox.is_some() {
        // For recordings of the simulator, which must not hold what is typed on such a screen.
        if let Some(asked) = answered.asked {
            response.headers_mut().insert(SCREEN_HEADER, HeaderValue::from_static(asked.code()));
        }
    }
    Ok(response)
}

pub(super) fn text(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_of_the_named_channel_opens_it() {
        let channels = [
            Channel::new("mtn", "first-secret", Dialect::AfricasTalking),
            Channel::new("airtel", "second-secret", Dialect::AfricasTalking),
        ];
        let opens = |name: &str, secret: &str| authorised(&channels, name, secret.as_bytes()).map(|c| &*c.name);
        assert_eq!(opens("airtel", "second-secret"), Some("airtel"));
        for (name, secret) in
            [("airtel", "first-secret"), ("orange", "first-secret"), ("mtn", ""), ("mtn", "first-secret ")]
        {
            assert_eq!(opens(name, secret), None);
        }
        assert!(authorised(&[], "mtn", b"").is_none());
    }
}
