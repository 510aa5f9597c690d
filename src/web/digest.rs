//! The digest of a day, over the admin socket.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use crate::housekeeping::digest::{self, digest_of};
use crate::text::datetime::Day;

/// The map of this command.
pub fn routes(admin: Admin) -> Router {
    Router::new().route("/digest", get(of_day)).with_state(Arc::new(admin))
}

/// `GET /digest?day=2026-11-21`; without a day that of yesterday.
#[derive(Debug, Serialize, Deserialize)]
pub struct DigestQuery {
    /// The day.
    pub day: Option<String>,
}

async fn of_day(State(admin): State<Arc<Admin>>, Query(query): Query<DigestQuery>) -> Response {
    let now_ms = admin.clock.now_ms();
    let today = Day::from_ms(now_ms, &admin.host.country.timezone);
    let day = match query.day.as_deref() {
        None => today.plus(-1),
        Some(text) => match digest::read(text) {
            Some(day) if day <= today => day,
            Some(_) => return refused(StatusCode::BAD_REQUEST, format!("`{text}` is still to come")),
            None => return refused(StatusCode::BAD_REQUEST, format!("`{text}` is no day: write it as 2026-11-21")),
        },
    };
    match digest_of(&admin.store, Arc::clone(&admin.host), day, now_ms).await {
        Ok(digest) => Json(digest).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
