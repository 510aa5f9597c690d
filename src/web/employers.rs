//! Commands on employers, over the admin socket: who may post, and what was checked of them.

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
use crate::country::Msisdn;
use crate::market::booking::desk::{self, Bound};
use crate::market::employer::{self, EmployerKind, Listed, NAME_CHARS_MAX, NewEmployer, Tier};
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{self, EmployerId};
use crate::storage::{Tx, Work};
use crate::text::folding;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/employers", get(list).post(add))
        .route("/employers/{id}/contact", post(contact))
        .with_state(Arc::new(admin))
}

/// An employer to be registered.
#[derive(Serialize, Deserialize)]
pub struct Registration {
    /// Its name.
    pub name: String,
    /// `organisation`, `household` or `agency`
    pub kind: String,
    /// A number or a mail address.
    pub contact: String,
}

/// Name and contact stay out of logs.
impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Registered {
    /// Its number, as a text: it is longer than some readers' numbers.
    pub id: String,
    /// Whether it was there before; then its tier is as it was.
    pub was_there: bool,
}

/// An employer as operators see it.
#[derive(Serialize, Deserialize)]
pub struct EmployerLine {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who they are.
    pub kind: String,
    /// What was checked.
    pub tier: String,
    /// Number in E.164 digits, or mail address.
    pub contact: String,
    /// When it was added, in milliseconds since the epoch.
    pub created_ms: i64,
}

/// Name and contact stay out of logs.
impl std::fmt::Debug for EmployerLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmployerLine").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<Listed> for EmployerLine {
    fn from(listed: Listed) -> Self {
        let Listed { id, employer, created_ms } = listed;
        Self {
            id: id.get().to_string(),
            name: employer.name,
            kind: employer.kind.code().to_owned(),
            tier: employer.tier.code().to_owned(),
            contact: employer.contact,
            created_ms,
        }
    }
}

async fn list(State(admin): State<Arc<Admin>>) -> Response {
    let keys = admin.keys.clone();
    match admin.store.read(move |tx| employer::list(tx, &keys, EmployerId::new(i64::MAX))).await {
        Ok(listed) => Json(listed.into_iter().map(EmployerLine::from).collect::<Vec<_>>()).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// An employer that can be kept, or what is wrong with it. Nothing was checked yet: that is noted with `employer check`.
fn checked(admin: &Admin, given: &Registration) -> Result<NewEmployer, String> {
    let name = folding::clean(&given.name);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("the name must have 1 to {NAME_CHARS_MAX} characters"));
    }
    let kind = EmployerKind::from_code(&given.kind).ok_or("the kind must be organisation, household or agency")?;
    let contact = employer::contact(&admin.host.country, &given.contact);
    let contact = contact.ok_or("the contact must be a phone number or an e-mail address")?;
    Ok(NewEmployer { name, kind, tier: Tier::PhoneOnly, contact })
}

async fn add(State(admin): State<Arc<Admin>>, Json(given): Json<Registration>) -> Response {
    let new = match checked(&admin, &given) {
        Ok(checked) => checked,
        Err(fault) => return refused(StatusCode::UNPROCESSABLE_ENTITY, fault),
    };
    let now_ms = admin.clock.now_ms();
    let (keys, ids) = (admin.keys.clone(), admin.ids.block(now_ms));
    let first = ids.first();
    let write = move |tx: &mut Tx<'_>| employer::known(tx, &keys, &mut ids.clone(), &new, now_ms);
    match admin.store.transact(Work::interactive(None), write).await {
        Ok(id) => {
            let was_there = id.get() != first;
            tracing::info!(employer = id.get(), was_there, "an employer was registered by an operator");
            Json(Registered { id: id.get().to_string(), was_there }).into_response()
        }
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

/// Who books for an employer.
#[derive(Serialize, Deserialize)]
pub struct ContactOrder {
    /// The person's number, as people write it.
    pub number: String,
    /// Who binds them.
    pub by: String,
}

/// The number stays out of logs.
impl std::fmt::Debug for ContactOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactOrder")
    }
}

async fn contact(
    State(admin): State<Arc<Admin>>,
    Path(employer): Path<i64>,
    Json(order): Json<ContactOrder>,
) -> Response {
    if let Err(response) = named(&order.by) {
        return *response;
    }
    let phone = &admin.host.country.phone;
    let Ok(msisdn) = phone.parse(&order.number).or_else(|_| Msisdn::parse_e164(&order.number)) else {
        return refused(StatusCode::BAD_REQUEST, "this is not a phone number");
    };
    let (employer, now_ms) = (EmployerId::new(employer), admin.clock.now_ms());
    let (keys, hash) = (admin.keys.clone(), MsisdnHash::of(&admin.keys, &msisdn));
    let work = move |tx: &mut Tx<'_>| {
        if employer::find(tx, &keys, employer)?.is_none() {
            return Ok(None);
        }
        let number = phone_number::find(tx, &hash)?;
        let people = number.map_or(Ok(Vec::new()), |number| phone_number::persons_on(tx, &number))?;
        // Several people on one number: nobody can tell which of them books for the firm.
        let &[person] = people.as_slice() else { return Ok(Some(Bound::NoClient)) };
        Ok::<_, market::Fault>(Some(desk::bind(tx, employer, person, now_ms)?))
    };
    match admin.store.transact(Work::interactive(None), work).await {
        Ok(Some(Bound::Bound)) => {
            tracing::info!(employer = employer.get(), "an operator bound who books for an employer");
            said(format!("employer {}: this person books for it from now on", employer.get()))
        }
        Ok(Some(Bound::Taken)) => refused(StatusCode::CONFLICT, "another person books for this employer"),
        Ok(Some(Bound::NoClient)) => {
            let why = "nobody alone on this number has agreed to book workers: they dial, choose \"I want a worker\" and agree";
            refused(StatusCode::CONFLICT, why)
        }
        Ok(None) => refused(StatusCode::NOT_FOUND, "there is no such employer"),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
