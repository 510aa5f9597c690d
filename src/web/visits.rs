//! What callers saw, over the admin socket: figures of screens, and the last calls of a number for the help desk.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use crate::bundles::desk::hex;
use crate::country::Msisdn;
use crate::hop::explain::{self, Call};
use crate::hop::figures::{self, ScreenFigures, Standing};
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{self, person};
use crate::text::datetime::Day;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/menus/stats", get(stats))
        .route("/menus/standing", get(standing))
        .route("/visits/explain", post(explain_number))
        .with_state(Arc::new(admin))
}

/// `GET /menus/stats?days=7`
#[derive(Debug, Serialize, Deserialize)]
pub struct StatsQuery {
    /// Days that are counted, today included.
    pub days: i32,
}

/// How a screen fares, in a language, on a channel, with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenStat {
    /// The bundle's hash in hexadecimal.
    pub bundle: String,
    /// The channel.
    pub channel: String,
    /// The language's code.
    pub language: String,
    /// `flow.state`.
    pub state: String,
    /// Times that it was shown.
    pub shown: i64,
    /// Times that it was answered.
    pub answered: i64,
    /// Times that what was typed meant nothing there.
    pub wrong: i64,
    /// Times that the caller went back or home.
    pub back: i64,
    /// Times that the call ended there without its end.
    pub dropped: i64,
    /// Milliseconds until something was typed, over all that typed.
    pub waited_ms: i64,
}

impl From<ScreenFigures> for ScreenStat {
    fn from(figures: ScreenFigures) -> Self {
        let ScreenFigures { bundle_hash, channel, language, state, .. } = figures;
        Self {
            bundle: hex(&bundle_hash),
            channel,
            language,
            state,
            shown: figures.shown,
            answered: figures.answered,
            wrong: figures.wrong,
            back: figures.back,
            dropped: figures.dropped,
            waited_ms: figures.waited_ms,
        }
    }
}

async fn stats(State(admin): State<Arc<Admin>>, Query(query): Query<StatsQuery>) -> Response {
    let today = Day::from_ms(admin.clock.now_ms(), &admin.host.country.timezone);
    let first = i64::from(today.plus(1 - query.days.max(1)).0);
    match admin.store.read(move |tx| figures::since(tx, first)).await {
        Ok(found) => Json(found.into_iter().map(ScreenStat::from).collect::<Vec<_>>()).into_response(),
        Err(error) => refused(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

/// How many stand on a screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingCalls {
    /// `flow.state`.
    pub state: String,
    /// Calls under way.
    pub live: i64,
    /// Calls that may be taken up again.
    pub dropped: i64,
}

/// `GET /menus/standing?minutes=30`
#[derive(Debug, Serialize, Deserialize)]
pub struct StandingQuery {
    /// For how long a call may be taken up again.
    pub minutes: i64,
}

async fn standing(State(admin): State<Arc<Admin>>, Query(query): Query<StandingQuery>) -> Response {
    let now_ms = admin.clock.now_ms();
    let since_ms = now_ms.saturating_sub(query.minutes.max(0).saturating_mul(60_000));
    match admin.store.read(move |tx| figures::standing(tx, now_ms, since_ms)).await {
        Ok(found) => {
            let calls =
                found.into_iter().map(|Standing { state, live, dropped }| StandingCalls { state, live, dropped });
            Json(calls.collect::<Vec<_>>()).into_response()
        }
        Err(error) => refused(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

/// `POST /visits/explain`: in the body, so that the number stands in no address.
#[derive(Serialize, Deserialize)]
pub struct ExplainNumber {
    /// The number, as people write it.
    pub number: String,
}

/// The number stays out of logs.
impl std::fmt::Debug for ExplainNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExplainNumber")
    }
}

/// One call of the number.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExplainedCall {
    /// The channel.
    pub channel: String,
    /// When it was dialled, in milliseconds since the epoch.
    pub started_ms: i64,
    /// `screen`, `finished`, `incomplete`, `failed` or `other`; `None` while nothing is known of its end.
    pub ended_why: Option<String>,
    /// The bundle's hash in hexadecimal.
    pub bundle: String,
    /// Whether it is offered again on the next dial.
    pub resumable: bool,
    /// Its hops.
    pub hops: Vec<ExplainedHop>,
}

/// One hop of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExplainedHop {
    /// When it was answered, in milliseconds since the epoch.
    pub at_ms: i64,
    /// `dialled`, `resumed`, `answered`, `wrong`, `back`, `home` or `turned`.
    pub turn: String,
    /// `flow.state`.
    pub state: String,
    /// The screen, with numbers and names exchanged; `None` where it was secret.
    pub screen: Option<String>,
    /// Whether the call ended with it.
    pub is_end: bool,
}

impl From<Call> for ExplainedCall {
    fn from(call: Call) -> Self {
        let hops = call.hops.into_iter().map(|hop| ExplainedHop {
            at_ms: hop.at_ms,
            turn: hop.turn,
            state: hop.state,
            screen: hop.screen,
            is_end: hop.is_end,
        });
        Self {
            channel: call.channel,
            started_ms: call.started_ms,
            ended_why: call.ended_why,
            bundle: hex(&call.bundle_hash),
            resumable: call.resumable,
            hops: hops.collect(),
        }
    }
}

async fn explain_number(State(admin): State<Arc<Admin>>, Json(wanted): Json<ExplainNumber>) -> Response {
    let phone = &admin.host.country.phone;
    let Ok(msisdn) = phone.parse(&wanted.number).or_else(|_| Msisdn::parse_e164(&wanted.number)) else {
        return refused(StatusCode::BAD_REQUEST, "this is not a phone number");
    };
    let (keys, hash) = (admin.keys.clone(), MsisdnHash::of(&admin.keys, &msisdn));
    let read = admin.store.read(move |tx| {
        let persons = match phone_number::find(tx, &hash)? {
            Some(number) => phone_number::persons_on(tx, &number)?,
            None => Vec::new(),
        };
        let mut names = Vec::new();
        for one in persons {
            names.extend(person::name(tx, &keys, one)?);
        }
        Ok::<_, market::Fault>(explain::calls(tx, &keys, hash.as_bytes(), &names)?)
    });
    match read.await {
        Ok(calls) => Json(calls.into_iter().map(ExplainedCall::from).collect::<Vec<_>>()).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
