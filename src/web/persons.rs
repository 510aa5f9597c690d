//! All that is kept of one person, over the admin socket: the answer to a request that the law grants.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use crate::country::Msisdn;
use crate::market::data_event::{self, DataEvent, NAME_CHARS_MAX};
use crate::market::export::{self, OnNumber};
use crate::market::phone_number::MsisdnHash;
use crate::market::{self, PersonId};
use crate::storage::{Tx, Work};

/// The map of this command.
pub fn routes(admin: Admin) -> Router {
    Router::new().route("/export/person", post(export_person)).with_state(Arc::new(admin))
}

/// `POST /export/person`: in the body, so that the number stands in no address.
#[derive(Serialize, Deserialize)]
pub struct ExportOrder {
    /// The number, as people write it.
    pub number: String,
    /// Which of several people on it, by the identifier that the answer gave.
    pub person: Option<i64>,
    /// Who hands it out.
    pub by: String,
}

/// The number stays out of logs.
impl std::fmt::Debug for ExportOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExportOrder")
    }
}

async fn export_person(State(admin): State<Arc<Admin>>, Json(order): Json<ExportOrder>) -> Response {
    let phone = &admin.host.country.phone;
    let Ok(msisdn) = phone.parse(&order.number).or_else(|_| Msisdn::parse_e164(&order.number)) else {
        return refused(StatusCode::BAD_REQUEST, "this is not a phone number");
    };
    let by = order.by.trim().to_owned();
    if by.is_empty() || by.chars().count() > NAME_CHARS_MAX {
        return refused(
            StatusCode::BAD_REQUEST,
            format!("say who hands it out, in at most {NAME_CHARS_MAX} characters"),
        );
    }
    let (keys, host, hash) = (admin.keys.clone(), Arc::clone(&admin.host), MsisdnHash::of(&admin.keys, &msisdn));
    let (now_ms, wanted) = (admin.clock.now_ms(), order.person.map(PersonId::new));
    let ids = admin.ids.block(now_ms);
    let work = move |tx: &mut Tx<'_>| {
        let people = export::people(tx, &keys, &hash)?;
        let chosen = match (wanted, people.as_slice()) {
            (Some(person), _) => person,
            (None, [one]) => one.person,
            (None, _) => return Ok(Err(people)),
        };
        let Some(found) = export::everything(tx, (&keys, &host.country), &hash, chosen)? else {
            return Ok(Err(people));
        };
        data_event::note(tx, &mut ids.clone(), DataEvent::Exported, &by, now_ms)?;
        Ok::<_, market::Fault>(Ok(found))
    };
    match admin.store.transact(Work::bulk(), work).await {
        Ok(Ok(found)) => Json(found).into_response(),
        Ok(Err(people)) if people.is_empty() => refused(StatusCode::NOT_FOUND, "nobody is kept on this number"),
        Ok(Err(people)) => {
            let of = |one: &OnNumber| format!("{} ({})", one.person.get(), one.initials);
            let people: Vec<String> = people.iter().map(of).collect();
            refused(StatusCode::CONFLICT, format!("name one of them with --person: {}", people.join(", ")))
        }
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
