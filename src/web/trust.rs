//! The operator's hand on vacancies that are held, over the admin socket.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use super::cases::{named, written};
use super::employer_checks::{block, may_words};
use super::queue::said;
use crate::market::employer_check::MayPost;
use crate::market::job_number::JobNumber;
use crate::market::quarantine::{self, HoldWhy, Released};
use crate::market::screening::{Question, desk};
use crate::market::{self, EmployerId, hold, report, vacancy};
use crate::storage::{Tx, Work};

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/vacancies/held", get(held))
        .route("/vacancies/{job}", get(show_vacancy))
        .route("/vacancies/{job}/{order}", post(order_vacancy))
        .with_state(Arc::new(admin))
}

/// Held vacancies in one listing.
const LISTED_MAX: i64 = 200;
/// Characters of a note on an employer, and of why a vacancy was taken back.
pub(super) const NOTE_CHARS_MAX: usize = 400;

/// A vacancy that waits for a look.
#[derive(Debug, Serialize, Deserialize)]
pub struct HeldLine {
    /// Its number.
    pub job_number: i64,
    /// The employer.
    pub employer: i64,
    /// Why, as a stable word.
    pub why: String,
    /// Reports that count.
    pub reports: i64,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
    /// By when a person looks.
    pub due_ms: i64,
    /// A person should have looked by now.
    pub late: bool,
}

/// A vacancy as an operator judges it.
#[derive(Serialize, Deserialize)]
pub struct VacancyShown {
    /// Its number.
    pub job_number: i64,
    /// Where it stands.
    pub status: String,
    /// What a release names, so that nothing is let through that was not looked at.
    pub version: i64,
    /// The employer.
    pub employer: i64,
    /// Their name.
    pub employer_name: String,
    /// What was checked of them.
    pub tier: String,
    /// What it says.
    pub description: String,
    /// Country and town of work abroad.
    #[serde(default)]
    pub abroad: Option<String>,
    /// What it asks of who applies, with what is chosen from.
    #[serde(default)]
    pub questions: Vec<String>,
    /// The phrase for which it is held, where there is one.
    pub phrase: Option<String>,
    /// There is a phone number in what it says.
    pub has_number: bool,
    /// Reasons of reports that count, and how many say so.
    pub reports: Vec<(String, i64)>,
    /// What was decided: what, why, by whom, when.
    pub log: Vec<(String, String, String, i64)>,
}

/// What an operator decides about a vacancy or an employer.
#[derive(Default, Serialize, Deserialize)]
pub struct TrustOrder {
    /// The operator's name, for the record.
    pub by: String,
    /// Why.
    #[serde(default)]
    pub note: String,
    /// A tier that was checked.
    #[serde(default)]
    pub tier: Option<String>,
    /// The number of a licence that was seen.
    #[serde(default)]
    pub licence: Option<String>,
    /// Its last day, as `2027-11-21`.
    #[serde(default)]
    pub until: Option<String>,
    /// Block the employer too.
    #[serde(default)]
    pub block: bool,
    /// The version of a vacancy that was looked at, for a release.
    #[serde(default)]
    pub seen: Option<i64>,
}

macro_rules! quiet_debug {
    ($($name:ident)+) => {$(
        /// Names, texts and licences stay out of logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
quiet_debug! { VacancyShown TrustOrder }

pub(super) fn unavailable(fault: impl std::fmt::Display) -> Response {
    refused(StatusCode::SERVICE_UNAVAILABLE, fault)
}

async fn held(State(admin): State<Arc<Admin>>) -> Response {
    let now_ms = admin.clock.now_ms();
    let country = &admin.host.country;
    match admin.store.read(|tx| quarantine::held(tx, LISTED_MAX)).await {
        Ok(held) => {
            let lines = held.into_iter().map(|of| {
                let due_ms = country.help.due_ms("held_job", of.since_ms, &country.timezone);
                HeldLine {
                    job_number: of.job_number.get(),
                    employer: of.employer.get(),
                    why: of.why.code().to_owned(),
                    reports: of.reports,
                    since_ms: of.since_ms,
                    due_ms,
                    late: due_ms <= now_ms,
                }
            });
            Json(lines.collect::<Vec<_>>()).into_response()
        }
        Err(fault) => unavailable(fault),
    }
}

fn typed(job: &str) -> Result<JobNumber, Box<Response>> {
    let fault = || refused(StatusCode::NOT_FOUND, format!("`{job}` is no job number: was it typed right?"));
    JobNumber::parse(job).ok_or_else(|| Box::new(fault()))
}

fn no_job(job: JobNumber) -> Response {
    refused(StatusCode::NOT_FOUND, format!("there is no job {job}"))
}

async fn show_vacancy(State(admin): State<Arc<Admin>>, Path(job): Path<String>) -> Response {
    let job = match typed(&job) {
        Ok(job) => job,
        Err(refusal) => return *refusal,
    };
    let keys = admin.keys.clone();
    let read = admin.store.read(move |tx| {
        let Some(id) = vacancy::by_job_number(tx, job)? else { return Ok(None) };
        let Some(found) = vacancy::details(tx, &keys, id)? else { return Ok(None) };
        let questions = desk::of_vacancy(tx, &keys, id)?.into_iter().map(|stored| stored.question);
        let questions: Vec<Question> = questions.collect();
        let version = quarantine::version(tx, id)?.unwrap_or_default();
        Ok::<_, market::Fault>(Some((
            found,
            version,
            questions,
            report::reasons(tx, id)?,
            quarantine::history(tx, id)?,
        )))
    });
    match read.await {
        Ok(Some((found, version, asked, reports, log))) => {
            let town = &found.offer.town;
            let abroad = found.offer.place.country().map(|country| format!("{}, {town}", country.as_str()));
            let description = found.offer.description;
            let questions: Vec<String> = asked.iter().map(told_whole).collect();
            let texts = || std::iter::once(&description).chain(&questions);
            let shown = VacancyShown {
                job_number: found.job_number.get(),
                status: if found.paused { "paused" } else { found.status.code() }.to_owned(),
                version,
                employer: found.employer.get(),
                employer_name: found.employer_name,
                tier: found.tier.code().to_owned(),
                phrase: texts().find_map(|text| hold::phrase(text)).map(str::to_owned),
                has_number: texts().any(|text| hold::reason(text) == Some(hold::HoldReason::PhoneNumber)),
                description,
                abroad,
                questions,
                reports: reports.into_iter().map(|(reason, count)| (reason.code().to_owned(), count)).collect(),
                log: log.into_iter().map(|of| (of.what, of.why, of.by, of.at_ms)).collect(),
            };
            Json(shown).into_response()
        }
        Ok(None) => no_job(job),
        Err(fault) => unavailable(fault),
    }
}

/// A question in all its languages, and its options.
fn told_whole(question: &Question) -> String {
    let words = std::iter::once(&question.ask).chain(&question.options);
    words.map(|words| words.all().collect::<Vec<_>>().join(" = ")).collect::<Vec<_>>().join(" | ")
}

/// What came of an order about a vacancy.
enum Decided {
    Done(EmployerId),
    Not,
    May(MayPost),
    Changed,
    Nothing,
}

async fn order_vacancy(
    State(admin): State<Arc<Admin>>,
    Path((job, name)): Path<(String, String)>,
    Json(order): Json<TrustOrder>,
) -> Response {
    let checked = typed(&job).and_then(|job| Ok((job, named(&order.by)?, written(&order.note, NOTE_CHARS_MAX)?)));
    let (job, by, why) = match checked {
        Ok(checked) => checked,
        Err(refusal) => return *refusal,
    };
    if !matches!(name.as_str(), "hold" | "release" | "close") {
        return refused(StatusCode::NOT_FOUND, format!("`{name}` cannot be done with a job"));
    }
    if name == "release" && order.seen.is_none() {
        let what = format!("say which version was looked at: `vacancy show {job}` tells it, --seen VERSION");
        return refused(StatusCode::BAD_REQUEST, what);
    }
    let seen = order.seen.unwrap_or_default();
    let (inside, now_ms, what, who) = (Arc::clone(&admin), admin.clock.now_ms(), name.clone(), by.clone());
    let work = move |tx: &mut Tx<'_>| {
        let Some(id) = vacancy::by_job_number(tx, job)? else { return Ok(Decided::Nothing) };
        let Some(found) = vacancy::details(tx, &inside.keys, id)? else { return Ok(Decided::Nothing) };
        let mut ids = inside.ids.block(now_ms);
        let done = match what.as_str() {
            "hold" => quarantine::hold(tx, &mut ids, id, (HoldWhy::Operator, &who), now_ms)?,
            "close" => quarantine::take_back(tx, &mut ids, id, (&why, &who), now_ms)?,
            _ => match quarantine::release_seen(tx, &mut ids, id, (seen, &who), now_ms)? {
                Released::Done => true,
                Released::NotHeld => false,
                Released::MayNot(may) => return Ok(Decided::May(may)),
                Released::Changed => return Ok(Decided::Changed),
            },
        };
        Ok::<_, market::Fault>(if done { Decided::Done(found.employer) } else { Decided::Not })
    };
    match admin.store.transact(Work::interactive(None), work).await {
        Ok(Decided::Done(employer)) => {
            tracing::warn!(job = job.get(), order = %name, "an operator decided about a job");
            let blocked = if order.block { block(&admin, employer, &by, "").await } else { Ok(None) };
            match blocked {
                Ok(None) => said(format!("job {job}: {name} is done{}", told(&name))),
                Ok(Some(words)) => said(format!("job {job}: {name} is done{}; {words}", told(&name))),
                Err(fault) => unavailable(format!("job {job}: {name} is done, but {fault}: block the employer again")),
            }
        }
        Ok(Decided::Not) => {
            refused(StatusCode::CONFLICT, format!("job {job} stands where that cannot be done: nothing was changed"))
        }
        Ok(Decided::May(may)) => refused(StatusCode::CONFLICT, format!("job {job} stays held: {}", may_words(may))),
        Ok(Decided::Changed) => {
            refused(StatusCode::CONFLICT, format!("job {job} stays held: it was changed meanwhile, look at it again"))
        }
        Ok(Decided::Nothing) => no_job(job),
        Err(fault) => unavailable(fault),
    }
}

/// What else follows from an order.
fn told(name: &str) -> &'static str {
    match name {
        "close" => "; who asked for it is told within minutes",
        "release" => "; nobody is told that it was held",
        _ => "",
    }
}
