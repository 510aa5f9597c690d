//! Commands on the menus, over the admin socket: what is served, publish, go back, close a flow, announce maintenance.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use crate::bundles::desk::{self, DeskFault, Done, Order};
use crate::bundles::log::MenuEvent;
use crate::menu::Sources;

/// Bytes of a publication: some sixty files of a usual size.
const BYTES_MAX: usize = 16 << 20;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/menus", get(show))
        .route("/menus/publish", post(publish).layer(DefaultBodyLimit::max(BYTES_MAX)))
        .route("/menus/rollback", post(roll_back))
        .route("/menus/freeze", post(freeze))
        .route("/menus/notice", post(notice))
        .with_state(Arc::new(admin))
}

/// `POST /menus/publish`: the files, and who publishes them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Publish {
    /// The operator's name.
    pub by: String,
    /// The bundle.
    pub sources: Sources,
}

/// `POST /menus/rollback`.
#[derive(Debug, Serialize, Deserialize)]
pub struct RollBack {
    /// The operator's name.
    pub by: String,
    /// How the bundle's hash begins; else the bundle before.
    pub to: Option<String>,
}

/// `POST /menus/freeze`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Freeze {
    /// The operator's name.
    pub by: String,
    /// The flow.
    pub flow: String,
    /// Whether it is closed or opened again.
    pub is_frozen: bool,
}

/// `POST /menus/notice`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Notice {
    /// The operator's name.
    pub by: String,
    /// Whether it begins or ends.
    pub is_on: bool,
}

/// One row of the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct MenuRecord {
    /// `started`, `published`, `rolled_back`, `frozen`, `thawed`, `notice_on` or `notice_off`.
    pub what: String,
    /// Who did it.
    pub by: String,
    /// The flow; empty where none is meant.
    pub flow: String,
    /// The bundle's hash in hexadecimal; empty where none is meant.
    pub bundle: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// When it holds on every node.
    pub from_ms: i64,
}

impl From<MenuEvent> for MenuRecord {
    fn from(event: MenuEvent) -> Self {
        let MenuEvent { what, by, flow, hash, at_ms, from_ms, .. } = event;
        Self { what: what.code().to_owned(), by, flow, bundle: desk::hex(&hash), at_ms, from_ms }
    }
}

/// What was done, and what the examination warned of.
#[derive(Debug, Serialize, Deserialize)]
pub struct MenuDone {
    /// The row in the log.
    pub record: MenuRecord,
    /// Warnings, as a person reads them; empty when there are none.
    pub warnings: String,
}

/// What is served.
#[derive(Debug, Serialize, Deserialize)]
pub struct MenuStanding {
    /// The bundle's hash in hexadecimal.
    pub live: String,
    /// Its files.
    pub sources: Option<Sources>,
    /// Flows that are closed.
    pub frozen: Vec<String>,
    /// Whether every dial leads to the notice.
    pub maintenance: bool,
    /// The log, newest first.
    pub log: Vec<MenuRecord>,
}

async fn show(State(admin): State<Arc<Admin>>) -> Response {
    match desk::served(&admin.store, admin.clock.now_ms()).await {
        Ok((events, sources, standing)) => Json(MenuStanding {
            live: standing.live.as_deref().map(desk::hex).unwrap_or_default(),
            sources,
            frozen: standing.closures.flows.into_iter().collect(),
            maintenance: standing.closures.maintenance,
            log: events.into_iter().rev().map(MenuRecord::from).collect(),
        })
        .into_response(),
        Err(error) => refused(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

fn order(admin: &Admin, by: String) -> Order {
    let now_ms = admin.clock.now_ms();
    Order { by, now_ms, id: admin.ids.block(now_ms).next_id().unwrap_or_default() }
}

async fn publish(State(admin): State<Arc<Admin>>, Json(wanted): Json<Publish>) -> Response {
    // The files as the reader would take them, in their order: the hash is of that.
    let files = wanted.sources.files.into_iter().map(|file| (file.path, file.text));
    let (host, order) = (Arc::clone(&admin.host), order(&admin, wanted.by));
    answered(&admin, desk::publish(&admin.store, host, Sources::new(files), order).await)
}

async fn roll_back(State(admin): State<Arc<Admin>>, Json(wanted): Json<RollBack>) -> Response {
    let order = order(&admin, wanted.by);
    answered(&admin, desk::roll_back(&admin.store, Arc::clone(&admin.host), wanted.to, order).await)
}

async fn freeze(State(admin): State<Arc<Admin>>, Json(wanted): Json<Freeze>) -> Response {
    let order = order(&admin, wanted.by);
    answered(&admin, desk::freeze(&admin.store, Arc::clone(&admin.host), wanted.flow, wanted.is_frozen, order).await)
}

async fn notice(State(admin): State<Arc<Admin>>, Json(wanted): Json<Notice>) -> Response {
    let order = order(&admin, wanted.by);
    answered(&admin, desk::notice(&admin.store, Arc::clone(&admin.host), wanted.is_on, order).await)
}

fn answered(admin: &Admin, done: Result<Done, DeskFault>) -> Response {
    match done {
        Ok(Done { event, warnings }) => {
            tracing::info!(what = event.what.code(), flow = event.flow, "the menus were changed by an operator");
            if let Some(bundles) = &admin.bundles {
                bundles.changed.notify_one();
            }
            let warnings = warnings.filter(|report| !report.faults().is_empty());
            let warnings = warnings.map(|report| report.render()).unwrap_or_default();
            Json(MenuDone { record: event.into(), warnings }).into_response()
        }
        Err(fault @ DeskFault::Storage(_)) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
        Err(fault) => refused(StatusCode::UNPROCESSABLE_ENTITY, fault),
    }
}
