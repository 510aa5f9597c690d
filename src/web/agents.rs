//! Commands on agents, over the admin socket: who may register others, for which organisation.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use super::cases::named;
use super::queue::said;
use crate::country::{AreaCode, Msisdn};
use crate::market::agent::{self, Added, Agent, AgentKind, NewAgent, ORGANISATION_CHARS_MAX};
use crate::market::export::{self, OnNumber};
use crate::market::phone_number::MsisdnHash;
use crate::market::{self, PersonId};
use crate::storage::{Tx, Work};
use crate::text::folding;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new().route("/agents", get(list).post(add)).route("/agents/{id}/end", post(end)).with_state(Arc::new(admin))
}

/// `POST /agents`: the number in the body, so that it stands in no address.
#[derive(Serialize, Deserialize)]
pub struct AgentOrder {
    /// The number, as people write it.
    pub number: String,
    /// Which of several people on it, by the identifier that the refusal gave.
    pub person: Option<i64>,
    /// The organisation's name.
    pub organisation: String,
    /// `cell_office`, `cooperative`, `school` or `other`
    pub kind: String,
    /// Where it is: the code of an area.
    pub area: i64,
    /// The operator.
    pub by: String,
}

/// Number and organisation stay out of logs.
impl std::fmt::Debug for AgentOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentOrder").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Who was made an agent.
#[derive(Debug, Serialize, Deserialize)]
pub struct AgentAdded {
    /// The agent, as a text: it is longer than some readers' numbers.
    pub id: String,
}

/// `POST /agents/{id}/end`
#[derive(Debug, Serialize, Deserialize)]
pub struct AgentEnd {
    /// The operator.
    pub by: String,
}

/// An agent as operators see them: neither number nor name.
#[derive(Serialize, Deserialize)]
pub struct AgentLine {
    /// The agent.
    pub id: String,
    /// The organisation's name.
    pub organisation: String,
    /// What kind it is.
    pub kind: String,
    /// Where it is.
    pub area: i64,
    /// How many they have begun to register.
    pub registered: i64,
    /// When they were made one, in milliseconds since the epoch.
    pub added_ms: i64,
    /// By which operator.
    pub added_by: String,
    /// When it ended, in milliseconds since the epoch; 0: it did not.
    pub ended_ms: i64,
}

/// The organisation stays out of logs.
impl std::fmt::Debug for AgentLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentLine").field("id", &self.id).finish_non_exhaustive()
    }
}

fn line((agent, registered): (Agent, i64)) -> AgentLine {
    AgentLine {
        id: agent.id.to_string(),
        organisation: agent.organisation,
        kind: agent.kind.code().to_owned(),
        area: agent.area,
        registered,
        added_ms: agent.added_ms,
        added_by: agent.added_by,
        ended_ms: agent.ended_ms,
    }
}

async fn list(State(admin): State<Arc<Admin>>) -> Response {
    let keys = admin.keys.clone();
    match admin.store.read(move |tx| agent::list(tx, &keys)).await {
        Ok(agents) => Json(agents.into_iter().map(line).collect::<Vec<_>>()).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// What an order says, checked; or what is wrong with it.
fn checked(admin: &Admin, order: &AgentOrder) -> Result<(Msisdn, String, AgentKind, AreaCode), String> {
    let country = &admin.host.country;
    let msisdn = country.phone.parse(&order.number).or_else(|_| Msisdn::parse_e164(&order.number));
    let msisdn = msisdn.map_err(|_| "this is not a phone number")?;
    let organisation = folding::clean(&order.organisation);
    if organisation.is_empty() || organisation.chars().count() > ORGANISATION_CHARS_MAX {
        return Err(format!("the organisation's name must have 1 to {ORGANISATION_CHARS_MAX} characters"));
    }
    let kinds = AgentKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ");
    let kind = AgentKind::from_code(&order.kind).ok_or_else(|| format!("the kind must be one of {kinds}"))?;
    let area = AreaCode::new(order.area).filter(|area| country.areas.get(*area).is_some());
    let area = area.ok_or_else(|| format!("there is no area {}", order.area))?;
    Ok((msisdn, organisation, kind, area))
}

async fn add(State(admin): State<Arc<Admin>>, Json(order): Json<AgentOrder>) -> Response {
    let by = match named(&order.by) {
        Ok(by) => by,
        Err(refusal) => return *refusal,
    };
    let (msisdn, organisation, kind, area) = match checked(&admin, &order) {
        Ok(checked) => checked,
        Err(fault) => return refused(StatusCode::UNPROCESSABLE_ENTITY, fault),
    };
    let (keys, hash, now_ms) = (admin.keys.clone(), MsisdnHash::of(&admin.keys, &msisdn), admin.clock.now_ms());
    let (ids, wanted) = (admin.ids.block(now_ms), order.person.map(PersonId::new));
    let work = move |tx: &mut Tx<'_>| {
        let people = export::people(tx, &keys, &hash)?;
        let on_it = |wanted: PersonId| people.iter().any(|one| one.person == wanted).then_some(wanted);
        let person = match (wanted, people.as_slice()) {
            (Some(wanted), _) => on_it(wanted),
            (None, [one]) => Some(one.person),
            (None, _) => None,
        };
        let Some(person) = person else { return Ok(Err(people)) };
        let new = NewAgent { person, organisation: organisation.clone(), kind, area };
        Ok::<_, market::Fault>(Ok(agent::add(tx, &keys, &mut ids.clone(), (&new, &by), now_ms)?))
    };
    match admin.store.transact(Work::interactive(None), work).await {
        Ok(Ok(Added::Agent { id })) => {
            tracing::info!(agent = id, "somebody was made an agent by an operator");
            Json(AgentAdded { id: id.to_string() }).into_response()
        }
        Ok(Ok(Added::Already)) => refused(
            StatusCode::CONFLICT,
            "this person is an agent already: `agent list` has them, `agent end` ends them",
        ),
        Ok(Ok(Added::Nobody)) => nobody(),
        Ok(Err(people)) if people.is_empty() => nobody(),
        Ok(Err(people)) => {
            let of = |one: &OnNumber| format!("{} ({})", one.person.get(), one.initials);
            let people: Vec<String> = people.iter().map(of).collect();
            refused(StatusCode::CONFLICT, format!("name one of them with --person: {}", people.join(", ")))
        }
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

fn nobody() -> Response {
    refused(StatusCode::NOT_FOUND, "nobody is registered on this number: an agent dials and registers first")
}

async fn end(State(admin): State<Arc<Admin>>, Path(id): Path<i64>, Json(order): Json<AgentEnd>) -> Response {
    let by = match named(&order.by) {
        Ok(by) => by,
        Err(refusal) => return *refusal,
    };
    let now_ms = admin.clock.now_ms();
    match admin.store.transact(Work::interactive(None), move |tx| agent::end(tx, id, &by, now_ms)).await {
        Ok(true) => {
            tracing::info!(agent = id, "an agent was ended by an operator");
            said(format!("agent {id} registers nobody any more"))
        }
        Ok(false) => refused(StatusCode::NOT_FOUND, format!("there is no agent {id}, or none any more")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
