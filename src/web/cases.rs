//! The operator's hand on cases, over the admin socket.
//!
//! A person's number is shown by one command alone, which is noted in the case's log before it answers.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use super::queue::said;
use crate::actions;
use crate::market::case::{self, ANSWER_CHARS_MAX, Case, CaseKind, CaseState, Desk, Filter, NOTE_CHARS_MAX, Stepped};
use crate::market::case_number::CaseNumber;
use crate::market::{self, phone_number, vacancy};
use crate::storage::{Tx, Work};
use crate::text::Language;
use crate::text::folding;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/cases", get(list))
        .route("/cases/offices", get(offices))
        .route("/cases/{number}", get(show))
        .route("/cases/{number}/contact", post(contact))
        .route("/cases/{number}/{order}", post(order))
        .with_state(Arc::new(admin))
}

/// Longest name in the record, in characters.
const NAME_CHARACTERS_MAX: usize = 80;
/// Cases in one listing.
const LISTED_MAX: i64 = 500;

/// `GET /cases?state=...&kind=...&limit=...`
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CaseQuery {
    /// Only those that stand here.
    pub state: Option<String>,
    /// Only these.
    pub kind: Option<String>,
    /// At most so many.
    pub limit: Option<i64>,
}

/// A case: no number of a phone, no name.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    /// Its number.
    pub case: i64,
    /// What it is about.
    pub kind: String,
    /// Where it stands.
    pub state: String,
    /// When the person wants to be called; `none`: not.
    pub call: String,
    /// Nothing is written to the phone.
    pub quiet: bool,
    /// Who works on it; empty: nobody.
    pub taken_by: String,
    /// To whom it was handed over; empty: nobody.
    pub office: String,
    /// When it was told, in milliseconds since the epoch.
    pub opened_ms: i64,
    /// By when somebody answers.
    pub due_ms: i64,
    /// Somebody should have answered by now.
    pub overdue: bool,
}

/// A line of a case's log.
#[derive(Serialize, Deserialize)]
pub struct CaseLogLine {
    /// What happened.
    pub what: String,
    /// Who did it: the operator's name, `the person` or `the service`.
    pub by: String,
    /// Where the case stood afterwards.
    pub state: String,
    /// The note.
    pub note: Option<String>,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// A case with its log.
#[derive(Serialize, Deserialize)]
pub struct CaseShown {
    /// The case.
    pub case: CaseLine,
    /// The job that it is about.
    pub job_number: Option<i64>,
    /// Its log, the oldest line first.
    pub log: Vec<CaseLogLine>,
}

/// Who does something, and what there is to say.
#[derive(Serialize, Deserialize)]
pub struct CaseOrder {
    /// The operator's name, for the record.
    pub by: String,
    /// The note, the answer, or the office.
    #[serde(default)]
    pub text: String,
}

/// A person's number, and the language to speak.
#[derive(Serialize, Deserialize)]
pub struct Contact {
    /// As it is dialled from abroad.
    pub number: String,
    /// `rw`, `en`, `fr` or `sw`.
    pub language: String,
    /// When the person wants to be called.
    pub call: String,
}

/// An office to which cases are handed over.
#[derive(Debug, Serialize, Deserialize)]
pub struct OfficeLine {
    /// Its name in commands.
    pub id: String,
    /// Its name in English.
    pub name: String,
    /// Kinds of cases that it takes; none: all.
    pub kinds: Vec<String>,
    /// The area's code; `None`: the whole country.
    pub area: Option<i64>,
    /// Its number; empty: not confirmed yet, nobody can be sent there.
    pub number: String,
}

macro_rules! quiet_debug {
    ($($name:ident)+) => {$(
        /// Notes and numbers stay out of logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
quiet_debug! { CaseLogLine CaseShown CaseOrder Contact }

fn line(case: &Case, now_ms: i64) -> CaseLine {
    CaseLine {
        case: case.number.get(),
        kind: case.kind.code().to_owned(),
        state: case.state.code().to_owned(),
        call: case.call.code().to_owned(),
        quiet: case.quiet,
        taken_by: case.taken_by.clone(),
        office: case.office.clone(),
        opened_ms: case.opened_ms,
        due_ms: case.due_ms,
        overdue: case.is_overdue(now_ms),
    }
}

/// The value of a stable word, or the refusal that names all of them.
fn word<T>(given: Option<&str>, read: fn(&str) -> Option<T>, known: &[&str]) -> Result<Option<T>, Box<Response>> {
    let Some(code) = given else { return Ok(None) };
    read(code).map(Some).ok_or_else(|| {
        let told = format!("`{code}` is not known here; there are {}", known.join(", "));
        Box::new(refused(StatusCode::BAD_REQUEST, told))
    })
}

async fn list(State(admin): State<Arc<Admin>>, Query(query): Query<CaseQuery>) -> Response {
    let states: Vec<&str> = CaseState::ALL.iter().map(|state| state.code()).collect();
    let kinds: Vec<&str> = CaseKind::ALL.iter().map(|kind| kind.code()).collect();
    let state = match word(query.state.as_deref(), CaseState::from_code, &states) {
        Ok(state) => state,
        Err(refusal) => return *refusal,
    };
    let kind = match word(query.kind.as_deref(), CaseKind::from_code, &kinds) {
        Ok(kind) => kind,
        Err(refusal) => return *refusal,
    };
    let (filter, limit) = (Filter { state, kind }, query.limit.unwrap_or(LISTED_MAX).clamp(1, LISTED_MAX));
    let now_ms = admin.clock.now_ms();
    match admin.store.read(move |tx| case::list(tx, filter, limit)).await {
        Ok(cases) => Json(cases.iter().map(|case| line(case, now_ms)).collect::<Vec<_>>()).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn offices(State(admin): State<Arc<Admin>>) -> Response {
    let offices = admin.host.country.help.offices.iter().map(|office| OfficeLine {
        id: office.id.clone(),
        name: office.name(Language::En).to_owned(),
        kinds: office.kinds.clone(),
        area: office.area,
        number: office.number.clone(),
    });
    Json(offices.collect::<Vec<_>>()).into_response()
}

fn typed(number: &str) -> Result<CaseNumber, Box<Response>> {
    let fault = || refused(StatusCode::NOT_FOUND, format!("`{number}` is no case number: was it typed right?"));
    CaseNumber::parse(number).ok_or_else(|| Box::new(fault()))
}

fn nothing(number: CaseNumber) -> Response {
    refused(StatusCode::NOT_FOUND, format!("there is no case {number}"))
}

async fn show(State(admin): State<Arc<Admin>>, Path(number): Path<String>) -> Response {
    let number = match typed(&number) {
        Ok(number) => number,
        Err(refusal) => return *refusal,
    };
    let (keys, now_ms) = (admin.keys.clone(), admin.clock.now_ms());
    let read = admin.store.read(move |tx| {
        let Some(found) = case::by_number(tx, number)? else { return Ok(None) };
        let log = case::events(tx, &keys, found.case)?;
        let job = found.vacancy.map(|id| vacancy::details(tx, &keys, id)).transpose()?.flatten();
        Ok::<_, market::Fault>(Some((found, log, job.map(|job| job.job_number.get()))))
    });
    match read.await {
        Ok(Some((found, log, job_number))) => {
            let log = log.into_iter().map(|of| CaseLogLine {
                what: of.what.code().to_owned(),
                by: if of.by_kind == "operator" { of.by } else { format!("the {}", of.by_kind) },
                state: of.state.code().to_owned(),
                note: of.note,
                at_ms: of.at_ms,
            });
            Json(CaseShown { case: line(&found, now_ms), job_number, log: log.collect() }).into_response()
        }
        Ok(None) => nothing(number),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// The operator's name for the record; the refusal when there is none.
pub(super) fn named(by: &str) -> Result<String, Box<Response>> {
    let name: String = folding::clean(by).chars().take(NAME_CHARACTERS_MAX).collect();
    if name.is_empty() {
        return Err(Box::new(refused(StatusCode::BAD_REQUEST, "say who you are, for the record: --by NAME")));
    }
    Ok(name)
}

/// A text that an operator wrote, cleaned; the refusal when it is longer than `most` characters.
pub(super) fn written(text: &str, most: usize) -> Result<String, Box<Response>> {
    let text = if text.len() > most * 16 { text.to_owned() } else { folding::clean(text) };
    let length = text.chars().count();
    if length > most {
        let told = format!("the text has {length} characters, at most {most} are kept: nothing was changed");
        return Err(Box::new(refused(StatusCode::BAD_REQUEST, told)));
    }
    Ok(text)
}

async fn contact(
    State(admin): State<Arc<Admin>>,
    Path(number): Path<String>,
    Json(order): Json<CaseOrder>,
) -> Response {
    let (number, by) = match typed(&number).and_then(|number| Ok((number, named(&order.by)?))) {
        Ok(given) => given,
        Err(refusal) => return *refusal,
    };
    let (keys, ids, now_ms) = (admin.keys.clone(), Arc::clone(&admin.ids), admin.clock.now_ms());
    let look = move |tx: &mut Tx<'_>| {
        let Some(found) = case::by_number(tx, number)? else { return Ok(None) };
        case::note_contact_seen(tx, &mut ids.block(now_ms), &found, &by, now_ms)?;
        let Some(hash) = found.msisdn else { return Ok(Some((found, None))) };
        let known = phone_number::find(tx, &hash)?.filter(|known| known.generation == found.number_generation);
        let Some(known) = known else { return Ok(Some((found, None))) };
        let msisdn = phone_number::msisdn(tx, &keys, &hash)?;
        Ok::<_, market::Fault>(Some((found, msisdn.map(|msisdn| (msisdn, known.language)))))
    };
    match admin.store.transact(Work::interactive(None), look).await {
        Ok(Some((found, Some((msisdn, language))))) => {
            tracing::warn!(case = found.number.get(), "an operator looked at the number of a case");
            let (language, call) = (language.code().to_owned(), found.call.code().to_owned());
            Json(Contact { number: format!("+{}", msisdn.as_str()), language, call }).into_response()
        }
        Ok(Some((_, None))) => {
            refused(StatusCode::GONE, format!("the number of case {number} is erased, or belongs to somebody else now"))
        }
        Ok(None) => nothing(number),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// What an order is, by its name in the address, with its text checked.
fn step<'a>(admin: &Admin, name: &str, text: &'a str) -> Result<Desk<'a>, Box<Response>> {
    let refuse = |what: String| Err(Box::new(refused(StatusCode::BAD_REQUEST, what)));
    match name {
        "take" => Ok(Desk::Take),
        "note" | "answer" | "ask" if text.is_empty() => refuse("there is nothing in the text".to_owned()),
        "note" => Ok(Desk::Note(text)),
        "answer" => Ok(Desk::Answer(text)),
        "ask" => Ok(Desk::Ask(text)),
        "settle" => Ok(Desk::Settle(text)),
        "close" => Ok(Desk::Close(text)),
        "hand-over" => match admin.host.country.help.office(text) {
            Some(office) if office.is_confirmed() => Ok(Desk::HandOver(text)),
            Some(_) => {
                refuse(format!("`{text}` has no number yet: confirm one by a call and write it into the country pack"))
            }
            None => refuse(format!("there is no office `{text}`: see `kaziline case offices`")),
        },
        _ => refuse(format!("`{name}` cannot be done with a case")),
    }
}

async fn order(
    State(admin): State<Arc<Admin>>,
    Path((number, name)): Path<(String, String)>,
    Json(order): Json<CaseOrder>,
) -> Response {
    let most = if matches!(name.as_str(), "answer" | "ask") { ANSWER_CHARS_MAX } else { NOTE_CHARS_MAX };
    let checked = typed(&number).and_then(|number| Ok((number, named(&order.by)?, written(&order.text, most)?)));
    let (number, by, text) = match checked {
        Ok(checked) => checked,
        Err(refusal) => return *refusal,
    };
    if let Err(refusal) = step(&admin, &name, &text) {
        return *refusal;
    }
    let (inside, now_ms, kept) = (Arc::clone(&admin), admin.clock.now_ms(), name.clone());
    let work = move |tx: &mut Tx<'_>| {
        let Some(found) = case::by_number(tx, number)? else { return Ok(None) };
        let mut ids = inside.ids.block(now_ms);
        // It was read without fault a moment ago.
        let Ok(step) = step(&inside, &kept, &text) else { return Ok(None) };
        let done = case::desk(tx, &inside.keys, &mut ids, found.case, (&by, step), now_ms)?;
        if let (Stepped::Done(_), Some(bundles)) = (&done, &inside.bundles) {
            // The person is told at once where menus are served; else by whichever node serves next.
            let live = Arc::clone(&bundles.now().live);
            let told =
                tx.attempt(|tx| actions::tell_cases(tx, &inside.host, &live, &mut inside.ids.block(now_ms), now_ms));
            if let Err(fault) = told {
                tracing::warn!(%fault, "a person could not be told of their case yet");
            }
        }
        Ok::<_, market::Fault>(Some((done, found.quiet)))
    };
    match admin.store.transact(Work::interactive(None), work).await {
        Ok(Some((Stepped::Done(state), quiet))) => {
            admin.enqueued.notify_one();
            tracing::info!(case = number.get(), order = %name, "an operator worked on a case");
            let silent = if quiet && !matches!(name.as_str(), "take" | "note") {
                ". Nothing is written to the phone: call the person"
            } else {
                ""
            };
            said(format!("case {number}: {name} is done, it is {}{silent}", state.code()))
        }
        Ok(Some((Stepped::Stands(state), _))) => {
            refused(StatusCode::CONFLICT, format!("case {number} is {}: nothing was changed", state.code()))
        }
        Ok(Some((Stepped::TakenBy(other), _))) => {
            refused(StatusCode::CONFLICT, format!("{other} works on case {number}: nothing was changed"))
        }
        Ok(Some((Stepped::Nothing, _)) | None) => nothing(number),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
