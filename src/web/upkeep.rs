//! Commands that look after a live store: its backup and the doctor. Reached over the admin socket, as `admin.rs` is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::refused;
use crate::clock::Clock;
use crate::doctor;
use crate::storage::backup::{self, BackupFault, Contents};
use crate::storage::{Chance, Files, KeyFault, Keys, Migration, Stop, beside_others};

/// What these commands work on.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// Where the deployment's files lie; `None` when its database is on a server.
    pub files: Option<Files>,
    /// The migrations that the program knows.
    pub migrations: &'static [Migration],
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// One backup at a time: each is a whole read of the database.
    backing_up: Arc<tokio::sync::Mutex<()>>,
}

impl Upkeep {
    /// Upkeep of a deployment.
    pub fn new(files: Option<Files>, migrations: &'static [Migration], clock: Arc<dyn Clock>) -> Self {
        Self { files, migrations, clock, backing_up: Arc::default() }
    }
}

/// Said where the database is no file of ours: a copy of a file that lies there from earlier would be worse than none.
pub const ON_A_SERVER: &str = "the database is on a PostgreSQL server: back it up, restore and examine it with that \
    server's own tools, and keep the key file";

const NO_THREAD: &str = "no thread can be started for it: try again";

/// The map of these commands.
pub fn routes(upkeep: Upkeep) -> Router {
    Router::new().route("/backup", post(make_backup)).route("/doctor", get(examine)).with_state(Arc::new(upkeep))
}

/// `POST /backup`, as JSON. Paths are absolute: the service's own folder is another than the command's.
#[derive(Debug, Serialize, Deserialize)]
pub struct BackupOrder {
    /// The file that is to be written.
    pub file: PathBuf,
    /// The key file with which it is encrypted.
    pub encrypt_with: Option<PathBuf>,
}

/// A backup that was written, or read.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// The number of the newest migration in it.
    pub version: i64,
    /// Table and rows.
    pub tables: Vec<(String, i64)>,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
}

impl From<Contents> for BackupReport {
    fn from(contents: Contents) -> Self {
        let Contents { version, tables, bytes, sha256, is_encrypted } = contents;
        Self { version, tables, bytes, sha256, is_encrypted }
    }
}

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum OrderFault {
    /// The key file for the encryption.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupFault),
}

/// Writes the backup that `order` asks for, at a pace if there is a clock for it. Blocks: never on a thread of the runtime.
pub fn back_up(
    database: &Path,
    known: &[Migration],
    order: &BackupOrder,
    clock: Option<&Arc<dyn Clock>>,
    stop: &Stop,
) -> Result<BackupReport, OrderFault> {
    let keys = order.encrypt_with.as_deref().map(Keys::load).transpose()?;
    let mut chance: Chance = Default::default();
    rand::fill(&mut chance).map_err(|_| KeyFault::NoRandomness)?;
    let sealing = keys.as_ref().map(|keys| (keys, &chance));
    Ok(backup::write(database, &order.file, known, sealing, clock, stop)?.into())
}

/// Stops the work when the command hangs up, or when the service stops: then the request's future is dropped.
struct StopWhenDropped(Arc<Stop>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.ask();
    }
}

async fn make_backup(State(upkeep): State<Arc<Upkeep>>, bytes: Bytes) -> Response {
    let Ok(order) = serde_json::from_slice::<BackupOrder>(&bytes) else {
        return refused(StatusCode::BAD_REQUEST, "the order is not understood: is the command of another version?");
    };
    let Some(Files { database, .. }) = upkeep.files.clone() else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, ON_A_SERVER);
    };
    let Ok(turn) = Arc::clone(&upkeep.backing_up).try_lock_owned() else {
        return refused(StatusCode::CONFLICT, "another backup is being written: wait for it");
    };
    let stop = Arc::new(Stop::default());
    let watching = StopWhenDropped(Arc::clone(&stop));
    let work = move || {
        // Held by the work and not by the request, which may be gone before the work has ended.
        let _turn = turn;
        back_up(&database, upkeep.migrations, &order, Some(&upkeep.clock), &stop)
    };
    let working = tokio::task::spawn_blocking(move || beside_others("kaziline-backup", work));
    let worked = working.await;
    drop(watching);
    match worked {
        Ok(Ok(Ok(report))) => {
            tracing::info!(bytes = report.bytes, encrypted = report.is_encrypted, "a backup was written");
            Json(report).into_response()
        }
        Ok(Ok(Err(fault))) => {
            tracing::warn!(%fault, "a backup was not written");
            refused(StatusCode::UNPROCESSABLE_ENTITY, fault)
        }
        Ok(Err(_)) => refused(StatusCode::SERVICE_UNAVAILABLE, NO_THREAD),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "the backup broke off: see the log"),
    }
}

async fn examine(State(upkeep): State<Arc<Upkeep>>) -> Response {
    let Some(files) = upkeep.files.clone() else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, ON_A_SERVER);
    };
    // The integrity check reads the whole database.
    let work = move || doctor::examine(&files, upkeep.clock.now_ms(), true);
    match tokio::task::spawn_blocking(move || beside_others("kaziline-doctor", work)).await {
        Ok(Ok(findings)) => Json(findings).into_response(),
        Ok(Err(_)) => refused(StatusCode::SERVICE_UNAVAILABLE, NO_THREAD),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "the examination broke off: see the log"),
    }
}
