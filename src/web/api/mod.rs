//! `/api/v1`: employers' own programs, with a token each. One file a resource.
//!
//! | address | what | where |
//! |---|---|---|
//! | `GET /api/v1/me` | who the token speaks for, and what it may | `me.rs` |
//! | `/api/v1/vacancies` and below | post, look, change, pause, close | `vacancies.rs`, `vacancy_shape.rs` |
//! | `/api/v1/vacancies/{id}/questions` | what is asked of who applies | `questions.rs` |
//! | `/api/v1/vacancies/{id}/selection` | how far people of each group came | `selection.rs` |
//! | `/api/v1/vacancies/{id}/applicants`, `/api/v1/applications/{id}` | who applied, how they fit and why | `applicants.rs`, `rank_shape.rs` |
//! | `/api/v1/applications/{id}/stage`, `/api/v1/stage-moves` | moves, one or many | `stages.rs` |
//! | `/api/v1/applications/{id}/notes` | what the employer wrote down | `notes.rs` |
//! | `/api/v1/bookings` and below | workers asked to come on a day, and their pay | `bookings.rs` |
//! | `/api/v1/webhooks` and below | where events are told to | `webhooks.rs` |
//! | `/api/v1/export/...` | whole lists as CSV or NDJSON | `export.rs` |
//! | `GET /api/openapi.json`, `/api/docs` and its files | the API described, for programs and people | `document.rs` |
//!
//! `guard.rs` lets in who may, `asked.rs` reads what is asked, `write.rs` changes something once, `problem.rs` says why not.

mod applicants;
mod asked;
mod bookings;
mod document;
mod export;
mod guard;
mod me;
mod notes;
mod page;
mod problem;
mod questions;
mod rank_shape;
mod schema;
mod selection;
mod stage_order;
mod stages;
mod vacancies;
mod vacancy_shape;
mod webhooks;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};

use crate::hop::Service;
use crate::transport::public_address::Reach;
use document::{PAGE, SCRIPT, STYLE};
use guard::{Meter, Noted, Rules};
use problem::Problem;
use write::Running;

/// Limits of the API.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests a second with one token.
    pub requests_s: u32,
    /// Requests at once with one token.
    pub burst: u32,
    /// Bytes of a body.
    pub body_bytes_max: usize,
    /// Milliseconds for a body.
    pub body_read_ms: u64,
}

/// What the API works with.
#[derive(Debug)]
pub struct Api {
    service: Arc<Service>,
    limits: Limits,
    /// How far webhooks may go.
    reach: Reach,
    document: Bytes,
    rules: Rules,
    meter: Meter,
    running: Running,
    noted: Noted,
}

impl Api {
    /// An API that was not asked anything yet.
    pub fn new(service: Arc<Service>, limits: Limits, reach: Reach) -> Api {
        let document = document::document();
        let rules = Rules::of(&document);
        let meter = Meter::new(limits.requests_s, limits.burst, Arc::clone(&service.clock));
        let document = Bytes::from(document.to_string());
        Api { service, limits, reach, document, rules, meter, running: Running::default(), noted: Noted::default() }
    }
}

/// The map of the API.
pub fn routes(api: Api) -> Router {
    let api = Arc::new(api);
    let guarded = Router::new()
        .route("/api/v1/me", get(me::me))
        .route("/api/v1/vacancies", get(vacancies::list).post(vacancies::create))
        .route("/api/v1/vacancies/{id}", get(vacancies::read).patch(vacancies::change))
        .route("/api/v1/vacancies/{id}/pause", post(vacancies::pause))
        .route("/api/v1/vacancies/{id}/resume", post(vacancies::resume))
        .route("/api/v1/vacancies/{id}/close", post(vacancies::close))
        .route("/api/v1/vacancies/{id}/changes", get(vacancies::changes))
        .route("/api/v1/vacancies/{id}/questions", get(questions::read).put(questions::put))
        .route("/api/v1/vacancies/{id}/selection", get(selection::read))
        .route("/api/v1/vacancies/{id}/applicants", get(applicants::list))
        .route("/api/v1/applications/{id}", get(applicants::read))
        .route("/api/v1/applications/{id}/stage", post(stages::one))
        .route("/api/v1/applications/{id}/notes", get(notes::list).post(notes::add))
        .route("/api/v1/stage-moves", post(stages::many))
        .route("/api/v1/bookings", get(bookings::list).post(bookings::create))
        .route("/api/v1/bookings/{id}", get(bookings::read))
        .route("/api/v1/bookings/{id}/cancel", post(bookings::cancel))
        .route("/api/v1/bookings/{id}/pay", post(bookings::pay))
        .route("/api/v1/webhooks", get(webhooks::list).post(webhooks::add))
        .route("/api/v1/webhooks/{id}", delete(webhooks::remove))
        .route("/api/v1/webhooks/{id}/rotate", post(webhooks::rotate))
        .route("/api/v1/webhooks/{id}/test", post(webhooks::test))
        .route("/api/v1/export/vacancies", get(export::vacancies))
        .route("/api/v1/export/applicants", get(export::applicants))
        .route_layer(from_fn_with_state(Arc::clone(&api), guard::guard));
    guarded
        .route("/api/openapi.json", get(document::openapi))
        .route("/api/docs", get(|asked: HeaderMap| async move { PAGE.answer(&asked) }))
        .route("/api/docs/docs.css", get(|asked: HeaderMap| async move { STYLE.answer(&asked) }))
        .route("/api/docs/docs.js", get(|asked: HeaderMap| async move { SCRIPT.answer(&asked) }))
        .route("/api/{*rest}", any(nowhere))
        .with_state(api)
}

/// What is at no address.
async fn nowhere() -> Response {
    Problem::not_found("address").into_response()
}
