//! `/api/v1/webhooks`: where an employer's events are told to. An address is checked before it is kept, and again at every
//! connection; a secret is shown when it is made and not again.

use std::sync::Arc;

use aws_lc_rs::rand;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::asked::{Asked, Fields, Order, shown};
use super::problem::{Problem, Refusal};
use super::schema::WebhookIn;
use super::vacancy_shape::stamp;
use super::write::{Answer, Cx};
use super::{Api, write};
use crate::gateway::email::MailAddress;
use crate::gateway::webhook::WebhookSecret;
use crate::market::EmployerId;
use crate::outbox::Event;
use crate::outbox::endpoint::{self, ENDPOINTS_MAX, NewEndpoint};
use crate::storage::Tx;
use crate::transport::public_address::{URL_BYTES_MAX, check_url};

/// Bytes of a new secret: what Standard Webhooks recommend at least, and a third more.
const SECRET_BYTES: usize = 32;
/// Types of events that an endpoint may name.
const KINDS_MAX: usize = 20;
/// Characters of one.
const KIND_CHARS_MAX: usize = 64;
/// The type of the event that tells nothing but that it came.
const PING: &str = "ping";

/// An endpoint.
#[derive(Serialize, ToSchema)]
struct WebhookOut {
    /// Its number.
    id: String,
    /// Where, without what stands behind a `?`: that may be a secret of yours.
    url: String,
    /// Types of events; empty: all.
    kinds: Vec<String>,
    /// `on` or `off`
    status: String,
    /// Why it is off.
    reason: Option<String>,
    /// Since when it has taken nothing; null: it took the last event.
    failing_since: Option<String>,
}

/// The endpoints of an employer.
#[derive(Serialize, ToSchema)]
struct Webhooks {
    /// At most ten.
    items: Vec<WebhookOut>,
}

/// An endpoint's secret.
#[derive(Serialize, ToSchema)]
struct SecretOut {
    /// The endpoint.
    id: String,
    /// `whsec_...`: what requests are signed with (Standard Webhooks). Not shown again.
    secret: String,
}

fn id_of(asked: &Asked) -> Result<i64, Problem> {
    asked.id.ok_or_else(|| Problem::not_found("webhook"))
}

fn new_secret() -> Result<WebhookSecret, Problem> {
    let mut key = [0; SECRET_BYTES];
    rand::fill(&mut key).map_err(|_| Problem::not_now())?;
    WebhookSecret::from_key(&key).map_err(|_| Problem::not_now())
}

/// Fails when the endpoint is not this employer's. An endpoint never changes hands.
fn own(tx: &mut Tx<'_>, employer: EmployerId, id: i64) -> Result<(), Refusal> {
    if endpoint::is_of(tx, employer.get(), id)? { Ok(()) } else { Err(Problem::not_found("webhook").into()) }
}

/// Where events are told to
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "listWebhooks",
    responses((status = 200, description = "Your endpoints, and how they fare.", body = Webhooks)),
    security(("token" = ["applicants:read"])))]
pub(super) async fn list(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (keys, employer) = (api.service.keys.clone(), asked.caller.employer());
    let read = move |tx: &mut Tx<'_>| {
        let mut items = Vec::new();
        for line in endpoint::of_owner(tx, Some(employer.get()))? {
            let url = endpoint::find(tx, &keys, line.id)?.map(|endpoint| endpoint.url).unwrap_or_default();
            items.push(WebhookOut {
                id: line.id.to_string(),
                url: url.split('?').next().unwrap_or_default().to_owned(),
                kinds: line.kinds.split(' ').filter(|kind| !kind.is_empty()).map(str::to_owned).collect(),
                status: line.status,
                reason: Some(line.reason).filter(|reason| !reason.is_empty()),
                failing_since: (line.failing_since_ms != 0).then(|| stamp(line.failing_since_ms)),
            });
        }
        Ok::<_, Refusal>(items)
    };
    write::told(&Webhooks { items: api.service.store.read(read).await? })
}

/// Register an endpoint
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "addWebhook",
    request_body = WebhookIn,
    responses((status = 201, description = "It is told from now on. Its secret is shown this once.", body = SecretOut)),
    security(("token" = ["webhooks:write"])))]
pub(super) async fn add(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (keys, employer) = (api.service.keys.clone(), order.asked.caller.employer());
    let mut fields = Fields::of(order.body.clone(), "");
    let url = fields.text("url", URL_BYTES_MAX);
    let url = fields.need("url", url, "an address that begins with https://");
    let url =
        url.and_then(|url| check_url(&url, api.reach).map_err(|fault| fields.fault("url", fault.to_string())).ok());
    let contact = fields.text("contact", KIND_CHARS_MAX * 4);
    let contact = contact
        .and_then(|text| MailAddress::parse(&text).map_err(|fault| fields.fault("contact", fault.to_string())).ok());
    let kinds = kinds(&mut fields);
    let (url, kinds) = fields.end(url.map(|url| (url, kinds)))?;
    let secret = new_secret()?;
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let id = cx.ids.next_id().unwrap_or_default();
        let new = NewEndpoint {
            id,
            owner_id: employer.get(),
            url: &url,
            secret: &secret,
            kinds: &kinds,
            contact: contact.as_ref(),
        };
        if !endpoint::add(tx, &keys, &new, cx.now_ms)? {
            let detail = format!("There are {ENDPOINTS_MAX} endpoints, and that is the most: delete one first.");
            return Err(Problem::conflict("full", detail).into());
        }
        Answer::of(StatusCode::CREATED, &SecretOut { id: id.to_string(), secret: secret.text() })
    };
    api.write(&order, work).await
}

/// Types of events: words with dots between.
fn kinds(fields: &mut Fields) -> Vec<String> {
    let mut kinds = Vec::new();
    for kind in fields.list("kinds", KINDS_MAX) {
        let is_kind = |kind: &str| {
            let is_word =
                |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            kind.len() <= KIND_CHARS_MAX && kind.split('.').all(is_word)
        };
        match kind {
            Value::String(kind) if is_kind(&kind) => kinds.push(kind),
            other => {
                let told = shown(&other.to_string());
                fields.fault("kinds", format!("{told} is no type of event; allowed: words as application.moved"));
            }
        }
    }
    kinds
}

/// Delete an endpoint
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", operation_id = "deleteWebhook",
    params(("id" = String, Path, description = "The endpoint.")),
    responses((status = 204, description = "It is gone, and what waited for it is withdrawn.")),
    security(("token" = ["webhooks:write"])))]
pub(super) async fn remove(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (employer, id) = (order.asked.caller.employer(), id_of(&order.asked)?);
    let work = move |tx: &mut Tx<'_>, _: &mut Cx| {
        own(tx, employer, id)?;
        endpoint::remove(tx, id)?;
        Ok(Answer::nothing())
    };
    api.write(&order, work).await
}

/// Sign with a new secret too
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/rotate", tag = "webhooks", operation_id = "rotateWebhook",
    params(("id" = String, Path, description = "The endpoint.")),
    responses((status = 200, description = "The new secret, shown this once; the one before it holds until the next.",
        body = SecretOut)),
    security(("token" = ["webhooks:write"])))]
pub(super) async fn rotate(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (keys, employer, id) = (api.service.keys.clone(), order.asked.caller.employer(), id_of(&order.asked)?);
    let secret = new_secret()?;
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        own(tx, employer, id)?;
        endpoint::rotate(tx, &keys, id, &secret, cx.now_ms)?;
        Answer::of(StatusCode::OK, &SecretOut { id: id.to_string(), secret: secret.text() })
    };
    api.write(&order, work).await
}

/// Tell an endpoint an event of the type ping
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "webhooks", operation_id = "testWebhook",
    params(("id" = String, Path, description = "The endpoint.")),
    responses((status = 202, description = "It is told in a moment.")),
    security(("token" = ["webhooks:write"])))]
pub(super) async fn test(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (keys, employer, id) = (api.service.keys.clone(), order.asked.caller.employer(), id_of(&order.asked)?);
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        own(tx, employer, id)?;
        let event = Event { kind: PING.to_owned(), occurred_ms: cx.now_ms, data: json!({}), person_id: None };
        let cause = format!("ping/{}", cx.now_ms);
        if !endpoint::tell_one(tx, &keys, &mut cx.ids, id, &cause, &event, cx.now_ms)? {
            return Err(Problem::conflict("off", "The endpoint is off.").into());
        }
        Ok(Answer { status: StatusCode::ACCEPTED.as_u16(), ..Answer::nothing() })
    };
    let answer = api.write(&order, work).await;
    api.service.enqueued.notify_one();
    answer
}
