//! The operator's hand on employers, over the admin socket: what was checked of them, and blocking.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use super::cases::{named, written};
use super::queue::said;
use super::trust::{NOTE_CHARS_MAX, TrustOrder, unavailable};
use crate::housekeeping::digest;
use crate::market::employer::{self, Tier};
use crate::market::employer_check::{self, Check, Checked, LICENCE_CHARS_MAX, MayPost};
use crate::market::quarantine::{self, HoldWhy};
use crate::market::{self, EmployerId};
use crate::storage::{Tx, Work};
use crate::text::datetime::Day;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/employers/{id}", get(show_employer))
        .route("/employers/{id}/{order}", post(order_employer))
        .with_state(Arc::new(admin))
}

/// An employer as operators know them, without contact.
#[derive(Serialize, Deserialize)]
pub struct EmployerShown {
    /// The employer.
    pub id: i64,
    /// Their name.
    pub name: String,
    /// `organisation`, `household` or `agency`.
    pub kind: String,
    /// What was checked of them.
    pub tier: String,
    /// Until when their licence holds, in milliseconds since the epoch; 0: none was seen.
    pub licence_until_ms: i64,
    /// Since when they are blocked; 0: they are not.
    pub blocked_ms: i64,
    /// Whether they may post, in words.
    pub may_post: String,
    /// What was noted, the oldest first.
    pub log: Vec<EmployerLine>,
}

/// A line of an employer's log.
#[derive(Serialize, Deserialize)]
pub struct EmployerLine {
    /// `tier`, `licence`, `blocked` or `unblocked`.
    pub what: String,
    /// The tier afterwards.
    pub tier: String,
    /// Who noted it.
    pub by: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The licence's number.
    pub licence: Option<String>,
    /// Until when it holds.
    pub until_ms: Option<i64>,
    /// The note.
    pub note: Option<String>,
}

macro_rules! quiet_debug {
    ($($name:ident)+) => {$(
        /// Names, notes and licences stay out of logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}
quiet_debug! { EmployerShown EmployerLine }

/// Whether an employer may post, in words.
pub(super) fn may_words(may: MayPost) -> &'static str {
    match may {
        MayPost::Yes => "the employer may post",
        MayPost::Blocked => "the employer is blocked",
        MayPost::NoLicence => "the agency has no licence in force",
        MayPost::NotAnAgency => "work abroad is for licensed agencies",
    }
}

/// Blocks an employer and holds all its open vacancies, a few at a time; what it came to, in words. `None`: no such employer.
pub(super) async fn block(
    admin: &Admin,
    employer: EmployerId,
    by: &str,
    note: &str,
) -> Result<Option<String>, market::Fault> {
    let now_ms = admin.clock.now_ms();
    let (keys, ids, who, why) = (admin.keys.clone(), Arc::clone(&admin.ids), by.to_owned(), note.to_owned());
    let noted = move |tx: &mut Tx<'_>| {
        let mut ids = ids.block(now_ms);
        employer_check::check(tx, &keys, &mut ids, employer, Check::Block, (&who, &why), now_ms)
    };
    if admin.store.transact(Work::interactive(None), noted).await? == Checked::Nothing {
        return Ok(None);
    }
    let mut held = 0;
    loop {
        let (ids, who) = (Arc::clone(&admin.ids), by.to_owned());
        let hold = move |tx: &mut Tx<'_>| {
            let why = (HoldWhy::EmployerBlocked, who.as_str());
            quarantine::hold_of_employer(tx, &mut ids.block(now_ms), employer, why, now_ms)
        };
        match admin.store.transact(Work::bulk(), hold).await? {
            0 => break,
            some => held += some,
        }
    }
    tracing::warn!(employer = employer.get(), held, "an employer is blocked by an operator");
    Ok(Some(format!("employer {} is blocked, {held} jobs are held", employer.get())))
}

async fn show_employer(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    let (keys, id, now_ms) = (admin.keys.clone(), EmployerId::new(id), admin.clock.now_ms());
    let read = admin.store.read(move |tx| {
        let Some(found) = employer::find(tx, &keys, id)? else { return Ok(None) };
        let Some(standing) = employer_check::standing(tx, id)? else { return Ok(None) };
        Ok::<_, market::Fault>(Some((found, standing, employer_check::history(tx, &keys, id)?)))
    });
    match read.await {
        Ok(Some((found, standing, log))) => {
            let log = log.into_iter().map(|of| EmployerLine {
                what: of.what.code().to_owned(),
                tier: of.tier.code().to_owned(),
                by: of.by,
                at_ms: of.at_ms,
                licence: of.licence,
                until_ms: of.until_ms,
                note: of.note,
            });
            Json(EmployerShown {
                id: id.get(),
                name: found.name,
                kind: standing.kind.code().to_owned(),
                tier: standing.tier.code().to_owned(),
                licence_until_ms: standing.licence_until_ms,
                blocked_ms: standing.blocked_ms,
                may_post: may_words(standing.may_post(false, now_ms)).to_owned(),
                log: log.collect(),
            })
            .into_response()
        }
        Ok(None) => no_employer(id),
        Err(fault) => unavailable(fault),
    }
}

fn no_employer(id: EmployerId) -> Response {
    refused(StatusCode::NOT_FOUND, format!("there is no employer {}", id.get()))
}

/// What is noted by an order, as far as it can be read.
fn check_of<'a>(admin: &Admin, name: &str, order: &'a TrustOrder, now_ms: i64) -> Result<Check<'a>, String> {
    match (name, order.tier.as_deref(), order.licence.as_deref()) {
        ("unblock", None, None) => Ok(Check::Unblock),
        ("check", Some(tier), None) => {
            let known: Vec<&str> = Tier::ALL.iter().map(|tier| tier.code()).collect();
            let unknown = || format!("`{tier}` is no tier; there are {}", known.join(", "));
            Tier::from_code(tier).map(Check::Tier).ok_or_else(unknown)
        }
        ("check", None, Some(licence)) => {
            let length = licence.chars().count();
            let is_number = licence.chars().any(char::is_alphanumeric) && !licence.chars().any(char::is_control);
            if !is_number || length > LICENCE_CHARS_MAX {
                return Err(format!("a licence has a number of at most {LICENCE_CHARS_MAX} characters"));
            }
            let until = order.until.as_deref().ok_or("say until when the licence holds: --until 2027-11-21")?;
            let day = digest::read(until);
            let day: Day = day.ok_or_else(|| format!("`{until}` is no day: write it as 2027-11-21"))?;
            let until_ms = day.plus(1).start_ms(&admin.host.country.timezone);
            if until_ms <= now_ms {
                Err("that licence is over".to_owned())
            } else {
                Ok(Check::Licence(licence, until_ms))
            }
        }
        ("check", ..) => Err("say what was checked: --tier TIER, or --licence NUMBER --until DAY".to_owned()),
        _ => Err(format!("`{name}` cannot be done with an employer")),
    }
}

async fn order_employer(
    State(admin): State<Arc<Admin>>,
    Path((id, name)): Path<(i64, String)>,
    Json(order): Json<TrustOrder>,
) -> Response {
    let id = EmployerId::new(id);
    let (by, note) = match named(&order.by).and_then(|by| Ok((by, written(&order.note, NOTE_CHARS_MAX)?))) {
        Ok(checked) => checked,
        Err(refusal) => return *refusal,
    };
    let now_ms = admin.clock.now_ms();
    if name == "block" {
        return match block(&admin, id, &by, &note).await {
            Ok(Some(words)) => said(words),
            Ok(None) => no_employer(id),
            Err(fault) => unavailable(format!("{fault}: give the command again")),
        };
    }
    if let Err(what) = check_of(&admin, &name, &order, now_ms) {
        return refused(StatusCode::BAD_REQUEST, what);
    }
    let (inside, kept) = (Arc::clone(&admin), name.clone());
    let work = move |tx: &mut Tx<'_>| {
        // It was read without fault a moment ago.
        let Ok(check) = check_of(&inside, &kept, &order, now_ms) else { return Ok(Checked::Nothing) };
        let mut ids = inside.ids.block(now_ms);
        employer_check::check(tx, &inside.keys, &mut ids, id, check, (&by, &note), now_ms)
    };
    match admin.store.transact::<_, market::Fault, _>(Work::interactive(None), work).await {
        Ok(Checked::Done) => {
            tracing::warn!(employer = id.get(), order = %name, "an operator noted something of an employer");
            said(format!("employer {}: {name} is noted", id.get()))
        }
        Ok(Checked::Already) => said(format!("employer {}: it was so already", id.get())),
        Ok(Checked::NotThisKind) => refused(
            StatusCode::CONFLICT,
            "only an agency has a licence, and only with one in force it is a licensed agency: nothing was changed",
        ),
        Ok(Checked::Nothing) => no_employer(id),
        Err(fault) => unavailable(fault),
    }
}
