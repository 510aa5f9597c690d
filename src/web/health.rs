//! `/health/live`, `/health/ready` and `/metrics`: for whoever keeps the service running.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Web;
use crate::storage;
use crate::telemetry;

/// The process runs.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The store answers a read and took the last write: hops can be answered.
pub(super) async fn ready(State(web): State<Arc<Web>>) -> Response {
    let store = &web.service.store;
    let read = store.read::<_, storage::Error, _>(|tx| tx.query_one("SELECT 1", &[], |row| row.integer(0))).await;
    match read {
        Ok(Some(1)) if store.is_available() => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// Counters in Prometheus' text format.
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let text = telemetry::render(web.channels.iter().map(|channel| &channel.counter), &web.unknown_hooks);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
