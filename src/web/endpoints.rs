//! Commands on webhook endpoints, over the admin socket.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::admin::{Admin, refused};
use super::queue::said;
use crate::gateway::email::MailAddress;
use crate::gateway::webhook::WebhookSecret;
pub use crate::outbox::endpoint::EndpointLine;
use crate::outbox::endpoint::{self, NewEndpoint};
use crate::outbox::{self, Event};
use crate::storage::{Tx, Work};

/// The type of the event that tells nothing but that it came.
const PING: &str = "ping";

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/webhooks", get(list).post(add))
        .route("/webhooks/{id}/rotate", post(rotate))
        .route("/webhooks/{id}/{order}", post(order))
        .with_state(Arc::new(admin))
}

/// An endpoint to be registered; its address is in the normal form of `transport::public_address::check_url`.
#[derive(Serialize, Deserialize)]
pub struct Registration {
    /// Where.
    pub url: String,
    /// The employer; 0: the operators.
    pub owner_id: i64,
    /// `whsec_...`
    pub secret: String,
    /// Types of events; none: all.
    pub kinds: Vec<String>,
    /// Who is told by mail when it is switched off.
    pub contact: Option<String>,
}

/// Address and secret stay out of logs.
impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("owner_id", &self.owner_id).finish_non_exhaustive()
    }
}

/// A secret to sign with.
#[derive(Serialize, Deserialize)]
pub struct NewSecret {
    /// `whsec_...`
    pub secret: String,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewSecret(..)")
    }
}

/// An endpoint's name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Registered {
    /// As a text: it is longer than some readers' numbers.
    pub id: String,
}

async fn list(State(admin): State<Arc<Admin>>) -> Response {
    match admin.store.read(|tx| endpoint::of_owner(tx, None)).await {
        Ok(lines) => Json(lines).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn add(State(admin): State<Arc<Admin>>, Json(new): Json<Registration>) -> Response {
    let Ok(secret) = WebhookSecret::parse(&new.secret) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "the secret is none");
    };
    let contact = match new.contact.as_deref().map(MailAddress::parse).transpose() {
        Ok(contact) => contact,
        Err(fault) => return refused(StatusCode::UNPROCESSABLE_ENTITY, fault),
    };
    let now_ms = admin.clock.now_ms();
    let id = admin.ids.block(now_ms).first();
    let keys = admin.keys.clone();
    let write = move |tx: &mut Tx<'_>| {
        let Registration { url, owner_id, kinds, .. } = &new;
        let new = NewEndpoint { id, owner_id: *owner_id, url, secret: &secret, kinds, contact: contact.as_ref() };
        endpoint::add(tx, &keys, &new, now_ms)
    };
    match admin.store.transact(Work::interactive(None), write).await {
        Ok(true) => Json(Registered { id: id.to_string() }).into_response(),
        Ok(false) => {
            let most = endpoint::ENDPOINTS_MAX;
            refused(StatusCode::CONFLICT, format!("this owner has {most} endpoints, and that is the most"))
        }
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn rotate(State(admin): State<Arc<Admin>>, Path(id): Path<i64>, Json(new): Json<NewSecret>) -> Response {
    let Ok(secret) = WebhookSecret::parse(&new.secret) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "the secret is none");
    };
    let (keys, now_ms) = (admin.keys.clone(), admin.clock.now_ms());
    let write = move |tx: &mut Tx<'_>| endpoint::rotate(tx, &keys, id, &secret, now_ms);
    done(id, "signs with the new secret too", admin.store.transact(Work::interactive(None), write).await)
}

async fn order(State(admin): State<Arc<Admin>>, Path((id, order)): Path<(i64, String)>) -> Response {
    let now_ms = admin.clock.now_ms();
    let (keys, ids) = (admin.keys.clone(), admin.ids.block(now_ms));
    let what = match order.as_str() {
        "on" => "is on",
        "off" => "is off: what waits for it is withdrawn",
        "remove" => "is removed",
        "test" => "is told a ping",
        _ => return refused(StatusCode::NOT_FOUND, "no such command"),
    };
    let write = move |tx: &mut Tx<'_>| match order.as_str() {
        "on" => endpoint::switch(tx, id, true, "", now_ms),
        "off" => endpoint::switch(tx, id, false, "operator", now_ms),
        "remove" => endpoint::remove(tx, id),
        _ => {
            let event = Event { kind: PING.to_owned(), occurred_ms: now_ms, data: json!({}), person_id: None };
            endpoint::tell_one(tx, &keys, &mut ids.clone(), id, &format!("ping/{now_ms}"), &event, now_ms)
        }
    };
    let written = admin.store.transact(Work::interactive(None), write).await;
    if written.is_ok() {
        admin.enqueued.notify_one();
    }
    done(id, what, written)
}

fn done(id: i64, what: &str, done: Result<bool, outbox::Error>) -> Response {
    match done {
        Ok(true) => said(format!("endpoint {id} {what}")),
        Ok(false) => refused(StatusCode::NOT_FOUND, format!("there is no endpoint {id}")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
