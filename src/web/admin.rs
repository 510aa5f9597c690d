//! Commands on a store: answered over the admin socket of a running service, or inside a command that holds the data
//! folder's lock itself. Either way it is this router, so a command does the same in both.
//!
//! Who reaches it owns the data folder: there is no other permission to ask for.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{
    agents, cases, digest, employer_checks, employers, endpoints, menus, persons, queue, tokens, trust, visits,
};
use crate::actions::Host;
use crate::bundles::Bundles;
use crate::clock::{Clock, ID_BLOCK_LEN, IdSource};
use crate::delivery::Delivery;
use crate::market::import::{self, Context, Format, Planned, RowFault, Stored};
use crate::market::{self, job_number};
use crate::outbox::{self, AttemptLine, Hold, Listed, Status};
use crate::storage::{Keys, Store, Tx, Work};

/// What commands work on.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where everything is kept.
    pub store: Store,
    /// Seals personal columns.
    pub keys: Keys,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers.
    pub ids: Arc<IdSource>,
    /// The country.
    pub host: Arc<Host>,
    /// Wakes the loop that sends messages.
    pub enqueued: Arc<Notify>,
    /// What is served here, to be told of a change; `None` in a command that works on the store alone.
    pub bundles: Option<Arc<Bundles>>,
    /// What sends messages here; `None` in a command that works on the store alone.
    pub delivery: Option<Arc<Delivery>>,
}

/// The map of the admin socket.
pub fn routes(admin: Admin) -> Router {
    let import = post(import_vacancies).layer(DefaultBodyLimit::max(import::BYTES_MAX));
    Router::new()
        .route("/import/vacancies", import)
        .route("/outbox", get(list_outbox))
        .route("/outbox/pause", post(pause_outbox))
        .route("/outbox/resume", post(resume_outbox))
        .route("/outbox/{id}", get(show_outbox))
        .with_state(Arc::new(admin.clone()))
        .merge(agents::routes(admin.clone()))
        .merge(cases::routes(admin.clone()))
        .merge(trust::routes(admin.clone()))
        .merge(employer_checks::routes(admin.clone()))
        .merge(digest::routes(admin.clone()))
        .merge(menus::routes(admin.clone()))
        .merge(queue::routes(admin.clone()))
        .merge(endpoints::routes(admin.clone()))
        .merge(persons::routes(admin.clone()))
        .merge(employers::routes(admin.clone()))
        .merge(tokens::routes(admin.clone()))
        .merge(visits::routes(admin))
}

/// What went wrong with a command: a line for the person who gave it.
#[derive(Debug, Serialize, Deserialize)]
pub struct CommandFault {
    /// The line.
    pub fault: String,
}

pub(super) fn refused(status: StatusCode, fault: impl std::fmt::Display) -> Response {
    (status, Json(CommandFault { fault: fault.to_string() })).into_response()
}

/// `POST /import/vacancies?source=NAME`, the file as the body.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportQuery {
    /// Names the feed: a vacancy is known again by it.
    pub source: String,
}

/// A row that was not taken.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// `line 7`, or `element 7` of a JSON array.
    pub place: String,
    /// The column; empty when the row as a whole is wrong.
    pub field: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub allowed: String,
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Vacancies that were added.
    pub added: u32,
    /// Of them, how many wait for a person's look.
    pub held: u32,
    /// Rows whose vacancy was there already.
    pub duplicates: u32,
    /// Rows that were not taken.
    pub bad_rows: u32,
    /// What is wrong with them, in the order of the file.
    pub faults: Vec<BadRow>,
}

impl ImportReport {
    /// A row was not taken.
    fn refuse(&mut self, bad: RowFault) {
        self.bad_rows += 1;
        let place = bad.place.to_string();
        self.faults.extend(bad.faults.into_iter().map(|fault| BadRow {
            place: place.clone(),
            field: fault.field,
            what: fault.what,
            allowed: fault.allowed,
        }));
    }
}

async fn import_vacancies(State(admin): State<Arc<Admin>>, Query(query): Query<ImportQuery>, bytes: Bytes) -> Response {
    let now_ms = admin.clock.now_ms();
    let host = Arc::clone(&admin.host);
    // Checking fifty thousand rows takes longer than hops on this thread should wait.
    let checking = tokio::task::spawn_blocking(move || {
        let context = Context { country: &host.country, source: &query.source, now_ms };
        import::parse(&bytes, Format::of(&bytes), &context)
    });
    let rows = match checking.await {
        Ok(Ok(rows)) => rows,
        Ok(Err(fault)) => return refused(StatusCode::UNPROCESSABLE_ENTITY, fault),
        Err(_) => return refused(StatusCode::INTERNAL_SERVER_ERROR, "the file could not be checked: see the log"),
    };
    let mut report = ImportReport { added: 0, held: 0, duplicates: 0, bad_rows: 0, faults: Vec::new() };
    let mut good = Vec::new();
    for row in rows {
        match row {
            Ok(row) => {
                let ids = admin.ids.block(now_ms);
                let random = job_number::mix(u64::from_ne_bytes(ids.first().wrapping_add(ID_BLOCK_LEN).to_ne_bytes()));
                good.push(Planned { row, ids, random });
            }
            Err(bad) => report.refuse(bad),
        }
    }
    match store(&admin, good, now_ms).await {
        Ok(stored) => {
            (report.added, report.held, report.duplicates) = (stored.added, stored.held, stored.duplicates);
            stored.refused.into_iter().for_each(|bad| report.refuse(bad));
            Json(report).into_response()
        }
        Err(fault) => {
            refused(StatusCode::SERVICE_UNAVAILABLE, format!("{fault}; give the command again: nothing is added twice"))
        }
    }
}

async fn store(admin: &Admin, rows: Vec<Planned>, now_ms: i64) -> Result<Stored, market::Fault> {
    let mut stored = Stored::default();
    for chunk in rows.chunks(import::ROWS_PER_CHUNK) {
        let (keys, chunk) = (admin.keys.clone(), chunk.to_vec());
        let work = move |tx: &mut Tx<'_>| import::store(tx, &keys, &chunk, now_ms);
        stored = stored.and(admin.store.transact(Work::bulk(), work).await?);
    }
    Ok(stored)
}

/// `GET /outbox?status=...&before=...&limit=...`
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct OutboxQuery {
    /// Only messages that stand here.
    pub status: Option<String>,
    /// Only messages older than this one.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: Option<i64>,
}

/// Messages in one listing when no other number is asked for, and at most.
const LISTED: i64 = 50;
const LISTED_MAX: i64 = 1_000;

/// One message: no number, no text.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutboxMessage {
    /// The message.
    pub id: i64,
    /// Where it stands.
    pub status: String,
    /// Why, where that is not its ordinary way.
    pub reason: String,
    /// The name of its text.
    pub template: String,
    /// 0 interactive, 1 stage, 2 alert.
    pub priority: i64,
    /// `must_arrive` or `alert`.
    pub class: String,
    /// SMS segments.
    pub segments: i64,
    /// Sendings begun.
    pub attempts: i64,
    /// Sent once more after an unknown outcome.
    pub possible_duplicate: bool,
    /// When it was queued, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it is due, or was.
    pub due_ms: i64,
    /// When it is of no more use.
    pub expires_ms: i64,
    /// When it last moved.
    pub changed_ms: i64,
    /// Where it can go, such as `RW.MTN.alert`.
    pub route: String,
    /// Over which channel it was last sent; empty before that.
    pub channel: String,
}

impl From<Listed> for OutboxMessage {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            status: listed.status.code().to_owned(),
            reason: listed.reason,
            template: listed.template,
            priority: listed.priority,
            class: listed.class,
            segments: listed.segments,
            attempts: listed.attempts,
            possible_duplicate: listed.possible_duplicate,
            created_ms: listed.created_ms,
            due_ms: listed.due_ms,
            expires_ms: listed.expires_ms,
            changed_ms: listed.changed_ms,
            route: listed.route,
            channel: listed.channel,
        }
    }
}

/// One line of a message's log.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutboxAttempt {
    /// `sending`, `accepted`, `temporary`, `permanent`, `unknown` or `lease_lost`.
    pub event: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The masked exchange.
    pub exchange: String,
}

impl From<AttemptLine> for OutboxAttempt {
    fn from(line: AttemptLine) -> Self {
        Self { event: line.event, at_ms: line.at_ms, exchange: line.exchange }
    }
}

/// A queue from which nothing leaves.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxHold {
    /// `paused` or `restored`.
    pub reason: String,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
}

impl From<Hold> for OutboxHold {
    fn from(hold: Hold) -> Self {
        Self { reason: hold.reason.code().to_owned(), since_ms: hold.since_ms }
    }
}

/// A listing, with how many messages stand where.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutboxList {
    /// Status and number, for statuses with messages.
    pub counts: Vec<(String, i64)>,
    /// The messages, newest first.
    pub messages: Vec<OutboxMessage>,
    /// Set while nothing leaves.
    pub held: Option<OutboxHold>,
}

/// One message with its log.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutboxShown {
    /// The message.
    pub message: OutboxMessage,
    /// What was tried, oldest first.
    pub attempts: Vec<OutboxAttempt>,
}

async fn list_outbox(State(admin): State<Arc<Admin>>, Query(query): Query<OutboxQuery>) -> Response {
    let status = query.status.as_deref().map(|code| Status::from_code(code).ok_or(code));
    let status = match status.transpose() {
        Ok(status) => status,
        Err(code) => {
            let known = Status::ALL.map(Status::code).join(", ");
            return refused(StatusCode::BAD_REQUEST, format!("`{code}` is no status; there are {known}"));
        }
    };
    let (before, limit) = (query.before.unwrap_or(i64::MAX), query.limit.unwrap_or(LISTED).clamp(1, LISTED_MAX));
    let read = admin.store.read(move |tx| {
        let counts = outbox::counts(tx)?;
        Ok::<_, outbox::Error>((counts, outbox::list(tx, status, before, limit)?, outbox::held(tx)?))
    });
    match read.await {
        Ok((counts, messages, held)) => Json(OutboxList {
            counts: counts.into_iter().map(|(status, count)| (status.code().to_owned(), count)).collect(),
            messages: messages.into_iter().map(OutboxMessage::from).collect(),
            held: held.map(OutboxHold::from),
        })
        .into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn show_outbox(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    match admin.store.read(move |tx| outbox::show(tx, id)).await {
        Ok(Some(shown)) => Json(OutboxShown {
            message: shown.message.into(),
            attempts: shown.attempts.into_iter().map(OutboxAttempt::from).collect(),
        })
        .into_response(),
        Ok(None) => refused(StatusCode::NOT_FOUND, format!("there is no message {id}")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// What became of a command to pause or resume: the hold that stands now, or that was ended.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxHeld {
    /// `None`: the queue was not held.
    pub hold: Option<OutboxHold>,
}

async fn pause_outbox(State(admin): State<Arc<Admin>>) -> Response {
    let now_ms = admin.clock.now_ms();
    let paused = admin.store.transact(Work::interactive(None), move |tx| outbox::pause(tx, now_ms)).await;
    if paused.is_ok() {
        tracing::warn!("the outbox is held: nothing is sent");
    }
    answered(paused.map(Some))
}

async fn resume_outbox(State(admin): State<Arc<Admin>>) -> Response {
    let resumed = admin.store.transact(Work::interactive(None), outbox::resume).await;
    if resumed.is_ok() {
        tracing::warn!("the outbox is no longer held");
        admin.enqueued.notify_one();
    }
    answered(resumed)
}

fn answered(done: Result<Option<Hold>, outbox::Error>) -> Response {
    match done {
        Ok(hold) => Json(OutboxHeld { hold: hold.map(OutboxHold::from) }).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
