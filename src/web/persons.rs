//! What is kept of one person, over the admin socket: handed out, as the law grants to who asks for it, erased for who cannot
//! do it by keypad, or joined where one human being has registered twice.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use super::queue::{Said, said};
use crate::clock::first_id_at;
use crate::country::Msisdn;
use crate::market::data_event::{self, DataEvent, NAME_CHARS_MAX};
use crate::market::export::{self, OnNumber};
use crate::market::merge::{self, CALL_MS_MAX, Merged, Refusal, Shown};
use crate::market::phone_number::MsisdnHash;
use crate::market::{self, PersonId, erasure};
use crate::storage::{Tx, Work};

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/export/person", post(export_person))
        .route("/erase/person", post(erase_person))
        .route("/persons/on", post(people_on))
        .route("/persons/merge", post(merge_persons))
        .with_state(Arc::new(admin))
}

/// `POST /export/person` and `POST /erase/person`: in the body, so that the number stands in no address.
#[derive(Serialize, Deserialize)]
pub struct PersonOrder {
    /// The number, as people write it.
    pub number: String,
    /// Which of several people on it, by the identifier that the answer gave.
    pub person: Option<i64>,
    /// Who does it.
    pub by: String,
}

/// The number stays out of logs.
impl std::fmt::Debug for PersonOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonOrder")
    }
}

/// `POST /persons/merge`: two registrations of one human being.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MergeOrder {
    /// The one that stays.
    pub keep: i64,
    /// The one that goes.
    pub drop: i64,
    /// Who does it.
    pub by: String,
    /// The version that was looked at; absent: they are only looked at.
    pub seen: Option<i64>,
}

/// An order that can be carried out.
struct Checked {
    hash: MsisdnHash,
    person: Option<PersonId>,
    by: String,
}

impl Checked {
    fn of(admin: &Admin, order: &PersonOrder) -> Result<Checked, Box<Response>> {
        let wrong = |what: String| Box::new(refused(StatusCode::BAD_REQUEST, what));
        let phone = &admin.host.country.phone;
        let msisdn = phone.parse(&order.number).or_else(|_| Msisdn::parse_e164(&order.number));
        let msisdn = msisdn.map_err(|_| wrong("this is not a phone number".to_owned()))?;
        let by = named(&order.by)?;
        let person = order.person.map(PersonId::new);
        Ok(Checked { hash: MsisdnHash::of(&admin.keys, &msisdn), person, by })
    }

    /// Who is meant: the one who was named, or the only one. Those on the number, when that does not tell.
    fn chosen(&self, people: Vec<OnNumber>) -> Result<PersonId, Vec<OnNumber>> {
        let named = people.iter().find(|one| self.person == Some(one.person));
        let chosen = match (named, self.person, people.as_slice()) {
            (Some(one), ..) | (None, None, [one]) => Some(one.person),
            _ => None,
        };
        chosen.ok_or(people)
    }
}

/// The name of who does it.
fn named(by: &str) -> Result<String, Box<Response>> {
    let by = by.trim().to_owned();
    if by.is_empty() || by.chars().count() > NAME_CHARS_MAX {
        let what = format!("say who does it, in at most {NAME_CHARS_MAX} characters");
        return Err(Box::new(refused(StatusCode::BAD_REQUEST, what)));
    }
    Ok(by)
}

/// What is answered when it was not clear who is meant.
fn which(people: &[OnNumber]) -> Response {
    if people.is_empty() {
        return refused(StatusCode::NOT_FOUND, "nobody is kept on this number");
    }
    let of = |one: &OnNumber| format!("{} ({})", one.person.get(), one.initials);
    let people: Vec<String> = people.iter().map(of).collect();
    refused(StatusCode::CONFLICT, format!("name one of them with --person: {}", people.join(", ")))
}

async fn export_person(State(admin): State<Arc<Admin>>, Json(order): Json<PersonOrder>) -> Response {
    let order = match Checked::of(&admin, &order) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    let (keys, host, now_ms) = (admin.keys.clone(), Arc::clone(&admin.host), admin.clock.now_ms());
    let ids = admin.ids.block(now_ms);
    let work = move |tx: &mut Tx<'_>| {
        let chosen = match order.chosen(export::people(tx, &keys, &order.hash)?) {
            Ok(chosen) => chosen,
            Err(people) => return Ok(Err(people)),
        };
        let Some(found) = export::everything(tx, (&keys, &host.country), &order.hash, chosen)? else {
            return Ok(Err(Vec::new()));
        };
        data_event::note(tx, &mut ids.clone(), DataEvent::Exported, &order.by, now_ms)?;
        Ok::<_, market::Fault>(Ok(found))
    };
    match admin.store.transact(Work::bulk(), work).await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(people)) => which(&people),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn erase_person(State(admin): State<Arc<Admin>>, Json(order): Json<PersonOrder>) -> Response {
    let order = match Checked::of(&admin, &order) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    let (keys, now_ms) = (admin.keys.clone(), admin.clock.now_ms());
    let ids = admin.ids.block(now_ms);
    let work = move |tx: &mut Tx<'_>| {
        let chosen = match order.chosen(export::people(tx, &keys, &order.hash)?) {
            Ok(chosen) => chosen,
            Err(people) => return Ok(Err(people)),
        };
        let by = (DataEvent::Erased, order.by.as_str());
        Ok::<_, market::Fault>(Ok(erasure::erase(tx, &mut ids.clone(), chosen, by, now_ms)?))
    };
    match admin.store.transact(Work::bulk(), work).await {
        Ok(Ok(true)) => {
            tracing::warn!("an operator erased a person");
            said("erased; nothing was written to the phone: tell the person")
        }
        Ok(Ok(false)) => which(&[]),
        Ok(Err(people)) => which(&people),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// The people on a number, by whose identifiers other commands name them.
async fn people_on(State(admin): State<Arc<Admin>>, Json(order): Json<PersonOrder>) -> Response {
    let order = match Checked::of(&admin, &order) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    let keys = admin.keys.clone();
    let read = move |tx: &mut Tx<'_>| export::people(tx, &keys, &order.hash);
    match admin.store.read::<_, market::Fault, _>(read).await {
        Ok(people) if people.is_empty() => which(&people),
        Ok(people) => {
            let of = |one: &OnNumber| format!("{} {}", one.person.get(), one.initials);
            Json(Said { said: people.iter().map(of).collect() }).into_response()
        }
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn merge_persons(State(admin): State<Arc<Admin>>, Json(order): Json<MergeOrder>) -> Response {
    let by = match named(&order.by) {
        Ok(by) => by,
        Err(refusal) => return *refusal,
    };
    let (keys, now_ms) = (admin.keys.clone(), admin.clock.now_ms());
    let ids = admin.ids.block(now_ms);
    let pair = (PersonId::new(order.keep), PersonId::new(order.drop));
    let Some(seen) = order.seen else {
        let look = move |tx: &mut Tx<'_>| merge::look(tx, &keys, pair.0, pair.1);
        return match admin.store.read::<_, market::Fault, _>(look).await {
            Ok(Ok(pair)) => {
                let [keep, drop] = &pair.shown;
                let told = [line("stays", keep), line("goes", drop), format!("to join them: --seen {}", pair.version)];
                Json(Said { said: told.into() }).into_response()
            }
            Ok(Err(refusal)) => refused(StatusCode::CONFLICT, why(refusal)),
            Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
        };
    };
    let first_session = first_id_at(now_ms - CALL_MS_MAX);
    let work =
        move |tx: &mut Tx<'_>| merge::merge(tx, &keys, &mut ids.clone(), pair, (seen, &by), first_session, now_ms);
    match admin.store.transact::<_, market::Fault, _>(Work::bulk(), work).await {
        Ok(Merged::Done) => {
            tracing::warn!("an operator joined two registrations");
            said("joined; nothing was written to the phone: tell the person")
        }
        Ok(Merged::Changed) => refused(StatusCode::CONFLICT, "something has changed since: look again, without --seen"),
        Ok(Merged::Refused(refusal)) => refused(StatusCode::CONFLICT, why(refusal)),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

fn line(what: &str, shown: &Shown) -> String {
    let Shown { person, initials, status, birth_year, counts } = shown;
    let [trades, applications, bookings, calls, cases] = counts;
    let born = birth_year.map_or_else(|| "birth year not told".to_owned(), |year| format!("born {year}"));
    format!(
        "{what}: {} {initials} {}, {born}; {trades} trades, {applications} applications, {bookings} bookings, \
         {calls} calls for workers, {cases} cases",
        person.get(),
        status.code()
    )
}

fn why(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Same => "this is one registration, named twice",
        Refusal::Gone => "one of them is not there: erased, closed, or joined before",
        Refusal::BirthYears => "they have told different birth years; a wrong one is corrected by keypad first",
        Refusal::OtherWay => {
            "the one that goes is listed as a worker and the other is not: name them the other way round"
        }
        Refusal::WorkedTogether => "one of them has asked the other to come, or applied to the other",
        Refusal::Blocked => "one of them has blocked the other",
        Refusal::Case => "a case between them is open",
        Refusal::SameDay => "both have open work on one day; one of it is called off first",
        Refusal::BlockedEmployer => "one of them is blocked as an employer; decide that first",
    }
}
