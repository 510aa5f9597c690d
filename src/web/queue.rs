//! The operator's hand on messages and channels, over the admin socket.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use crate::outbox::explain::{Around, explain};
use crate::outbox::operate::{self, Operated};
use crate::outbox::route::Routing;
use crate::outbox::{self, Pause, Why, caps, receipt};
use crate::storage::{Tx, Work};
use crate::text::datetime::{Day, utc};

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/outbox/{id}/retry", post(retry))
        .route("/outbox/{id}/cancel", post(cancel))
        .route("/outbox/{id}/explain", get(explained))
        .route("/channels", get(channels))
        .route("/channels/{name}/pause", post(pause))
        .route("/channels/{name}/resume", post(resume))
        .with_state(Arc::new(admin))
}

/// What was done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Said {
    /// Sentences for the person who asked.
    pub said: Vec<String>,
}

pub(super) fn said(text: impl Into<String>) -> Response {
    Json(Said { said: vec![text.into()] }).into_response()
}

async fn retry(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    let now_ms = admin.clock.now_ms();
    let done = admin.store.transact(Work::interactive(None), move |tx| operate::retry(tx, id, now_ms)).await;
    if matches!(done, Ok(Operated::Done)) {
        admin.enqueued.notify_one();
        tracing::warn!(message = id, "an operator sends a message again");
    }
    operated(id, "is sent again", done)
}

async fn cancel(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    let now_ms = admin.clock.now_ms();
    let done = admin.store.transact(Work::interactive(None), move |tx| operate::cancel(tx, id, now_ms)).await;
    if matches!(done, Ok(Operated::Done)) {
        tracing::warn!(message = id, "an operator took a message back");
    }
    operated(id, "is withdrawn", done)
}

fn operated(id: i64, what: &str, done: Result<Operated, outbox::Error>) -> Response {
    match done {
        Ok(Operated::Done) => said(format!("message {id} {what}")),
        Ok(Operated::Not(status)) => {
            refused(StatusCode::CONFLICT, format!("message {id} is {}: nothing was changed", status.code()))
        }
        Ok(Operated::TooLate) => {
            refused(StatusCode::CONFLICT, format!("message {id} is past its time: nothing was changed"))
        }
        Ok(Operated::Nothing) => refused(StatusCode::NOT_FOUND, format!("there is no message {id}")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn explained(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    let read = admin.store.read(move |tx| {
        let Some(shown) = outbox::show(tx, id)? else { return Ok(None) };
        Ok::<_, outbox::Error>(Some((shown, receipt::of_message(tx, id)?, outbox::held(tx)?, outbox::pauses(tx)?)))
    });
    match read.await {
        Ok(Some((shown, receipts, hold, pauses))) => {
            let routing = routing(&admin);
            let route = shown.message.route.as_str();
            let channels: Option<Vec<String>> =
                routing.map(|routing| routing.covering(route).map(str::to_owned).collect());
            let (receipts, now_ms) = (receipts.as_slice(), admin.clock.now_ms());
            let around =
                Around { shown: &shown, receipts, hold, pauses: &pauses, channels: channels.as_deref(), now_ms };
            Json(Said { said: explain(&around) }).into_response()
        }
        Ok(None) => refused(StatusCode::NOT_FOUND, format!("there is no message {id}")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// A channel and its day.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChannelDay {
    /// Its name.
    pub channel: String,
    /// Why it rests, and until when (0: until it is resumed); `None` while it sends.
    pub rests: Option<(String, i64)>,
    /// Whether there is anything to send over: false while a session is being made.
    pub ready: bool,
    /// Messages sent over it today.
    pub messages: i64,
    /// SMS segments.
    pub segments: i64,
    /// What they cost, in millionths of the currency.
    pub cost_micros: i64,
}

async fn channels(State(admin): State<Arc<Admin>>) -> Response {
    let now_ms = admin.clock.now_ms();
    let today = i64::from(Day::from_ms(now_ms, &admin.host.country.timezone).0);
    let read = admin.store.read(move |tx| Ok::<_, outbox::Error>((outbox::pauses(tx)?, caps::of_channels(tx, today)?)));
    let (pauses, sent) = match read.await {
        Ok(read) => read,
        Err(fault) => return refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    };
    let mut sent: BTreeMap<String, [i64; 3]> = sent.into_iter().collect();
    for name in routing(&admin).into_iter().flat_map(Routing::channels) {
        sent.entry(name.to_owned()).or_default();
    }
    let days = sent.into_iter().map(|(channel, [messages, segments, cost_micros])| {
        let pause = pauses.iter().find(|pause| pause.channel == channel && pause.holds(now_ms));
        let rests = pause.map(|pause| (pause.why.code().to_owned(), pause.until_ms));
        let here = admin.delivery.iter().flat_map(|delivery| delivery.channels.all());
        let ready = here.filter(|known| known.name == channel).all(|known| known.carrier.is_ready());
        ChannelDay { channel, rests, ready, messages, segments, cost_micros }
    });
    Json(days.collect::<Vec<_>>()).into_response()
}

/// Who gives an order.
#[derive(Debug, Serialize, Deserialize)]
pub struct By {
    /// A name for the record.
    pub by: String,
}

/// Longest name in the record, in characters.
const NAME_CHARACTERS_MAX: usize = 80;

async fn pause(State(admin): State<Arc<Admin>>, Path(name): Path<String>, Json(By { by }): Json<By>) -> Response {
    if let Some(refusal) = unknown(&admin, &name) {
        return refusal;
    }
    let now_ms = admin.clock.now_ms();
    let by = by.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect();
    let pause = Pause { channel: name.clone(), why: Why::Operator, by, since_ms: now_ms, until_ms: 0 };
    let write = move |tx: &mut Tx<'_>| outbox::pause_channel(tx, &pause, now_ms);
    match admin.store.transact(Work::interactive(None), write).await {
        Ok(_) => {
            look(&admin).await;
            tracing::warn!(channel = %name, "a channel is paused by an operator");
            said(format!("channel {name} rests until it is resumed; other nodes know it within a second"))
        }
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn resume(State(admin): State<Arc<Admin>>, Path(name): Path<String>) -> Response {
    let ending = name.clone();
    let resume = move |tx: &mut Tx<'_>| outbox::resume_channel(tx, &ending);
    match admin.store.transact(Work::interactive(None), resume).await {
        Ok(Some(pause)) => {
            look(&admin).await;
            admin.enqueued.notify_one();
            tracing::warn!(channel = %name, "a channel is resumed by an operator");
            said(format!("channel {name} sends again: it rested since {} ({})", utc(pause.since_ms), pause.why.code()))
        }
        Ok(None) => said(format!("channel {name} did not rest")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// Lets what sends here know at once.
async fn look(admin: &Admin) {
    if let Some(delivery) = &admin.delivery
        && let Ok(pauses) = admin.store.read(outbox::pauses).await
    {
        delivery.channels.set_pauses(pauses);
    }
}

fn routing(admin: &Admin) -> Option<&Routing> {
    admin.delivery.as_ref().map(|delivery| delivery.channels.routing())
}

/// A refusal for a channel that the running service does not have.
fn unknown(admin: &Admin, name: &str) -> Option<Response> {
    let routing = routing(admin)?;
    let known: Vec<&str> = routing.channels().collect();
    let told = || format!("there is no channel `{name}`; there are {}", known.join(", "));
    (!known.contains(&name)).then(|| refused(StatusCode::NOT_FOUND, told()))
}
