//! Restoring a backup: into a folder without a database, checked against its keys, with its queue held.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Config;
use crate::migrations;
use crate::outbox;
use crate::storage::backup::{Backup, BackupFault, Contents};
use crate::storage::{DataFolder, Files, FolderFault, KeyFault, Keys, OpenError, Store, Work};

/// Why a backup was not restored: one line each, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFault {
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupFault),
    /// Folder, keys or database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The queue could not be held.
    #[error("the queue could not be held: {0}")]
    Hold(#[from] outbox::Error),
}

impl From<KeyFault> for RestoreFault {
    fn from(fault: KeyFault) -> Self {
        RestoreFault::Open(fault.into())
    }
}

impl From<FolderFault> for RestoreFault {
    fn from(fault: FolderFault) -> Self {
        RestoreFault::Open(fault.into())
    }
}

/// What is restored, and with what.
#[derive(Clone, Debug)]
pub struct RestoreOrder {
    /// The backup.
    pub file: PathBuf,
    /// The key file, if it is not where the configuration says.
    pub keys: Option<PathBuf>,
    /// The key file with which the backup was encrypted, if that is another one.
    pub decrypt_with: Option<PathBuf>,
}

/// Restores a backup into the data folder of `config`. The database gets its name only when everything is in order: then
/// it opens with the keys, knows this program's migrations, and its queue is held. Blocks.
pub fn restore(config: &Config, order: &RestoreOrder, clock: &Arc<dyn Clock>) -> Result<Contents, RestoreFault> {
    let backup = Backup::open(&order.file)?;
    let files = Files::of(&config.data, config.keys.as_deref());
    let keys = Keys::load(order.keys.as_deref().unwrap_or(&files.keys))?;
    let sealing = match &order.decrypt_with {
        Some(path) if backup.is_encrypted() => Keys::load(path)?,
        _ => keys.clone(),
    };
    let folder = DataFolder::open(&config.data)?;
    let unpacked = backup.unpack(&folder, &sealing, migrations::SQLITE)?;

    let store = Store::inline_at(unpacked.path(), migrations::SQLITE, Arc::clone(clock))?;
    let settled = settle(&store, &keys, &files.keys, clock.now_ms());
    // Closed in every case: the draft must not be moved or removed under an open store.
    store.close();
    settled?;
    if let Some(given) = &order.keys
        && config.keys.is_none()
    {
        // The service looks for its keys in the folder.
        Keys::copy_file(given, &files.keys)?;
    }
    Ok(unpacked.install()?)
}

/// Checks the keys, those that lie where the service will look included, and holds the queue.
fn settle(store: &Store, keys: &Keys, in_place: &Path, now_ms: i64) -> Result<(), RestoreFault> {
    store.check_keys_blocking(keys)?;
    match Keys::load(in_place) {
        Ok(in_place) => store.check_keys_blocking(&in_place)?,
        Err(KeyFault::Missing { .. }) => {}
        Err(fault) => return Err(fault.into()),
    }
    Ok(store.transact_blocking(Work::interactive(None), move |tx| outbox::hold_restored(tx, now_ms))?)
}
