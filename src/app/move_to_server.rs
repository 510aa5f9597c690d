//! Moving a deployment from the file in its data folder to a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{StartFault, data_folder, load_keys};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::migrations;
use crate::storage::postgres_transfer::{Carried, TransferFault, to_postgres};
use crate::storage::{FolderFault, OpenError, Store};

/// The file in a data folder that says: this folder's database was moved to a server, do not go on with the old one.
const MARK: &str = "moved";

/// Why a store was not moved: one line each, for the operator. Unless it says otherwise, all is as before.
#[derive(Debug, thiserror::Error)]
pub enum MoveFault {
    /// There is nothing to move.
    #[error("there is no database in {}", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// Folder, keys or database.
    #[error(transparent)]
    Start(#[from] StartFault),
    /// The file, the server, or the way between them.
    #[error(transparent)]
    Transfer(#[from] TransferFault),
}

impl From<OpenError> for MoveFault {
    fn from(fault: OpenError) -> Self {
        MoveFault::Start(fault.into())
    }
}

/// Whether the database of `folder` was moved, so that its file is not to be served any more.
pub(super) fn was_moved(folder: &Path) -> Option<PathBuf> {
    let mark = folder.join(MARK);
    mark.exists().then_some(mark)
}

/// Carries the database in the data folder of `config` over to the empty one at `to`. The file stays, marked, so that it is
/// not served by mistake: two databases that take calls are two truths. Blocks.
pub fn move_to_server(config: &Config, to: &Secret, clock: &Arc<dyn Clock>) -> Result<Vec<Carried>, MoveFault> {
    let folder = data_folder(config)?;
    let database = folder.database();
    if !database.exists() {
        return Err(MoveFault::Nothing { path: config.data.clone() });
    }
    let keys = load_keys(config, &folder).map_err(OpenError::from)?;
    // Whole, of this program's version, and of these keys.
    let here = Store::inline_at(&database, migrations::SQLITE, Arc::clone(clock))?;
    let own = here.check_keys_blocking(&keys);
    here.close();
    own?;
    // Before, and not after: a move that was cut off in its last moment must not leave two databases that may be served.
    let mark = config.data.join(MARK);
    let unwritable = |source| OpenError::from(FolderFault::NotWritable { path: mark.clone(), source });
    std::fs::write(&mark, "The database of this folder was moved to a PostgreSQL server.\n").map_err(unwritable)?;
    let roots = config.database_roots.as_deref();
    let carried = to_postgres(&database, to.expose(), roots, migrations::POSTGRES, clock.now_ms());
    if carried.as_ref().is_err_and(|fault| !matches!(fault, TransferFault::Uncertain { .. })) {
        std::fs::remove_file(&mark).map_err(unwritable)?;
    }
    Ok(carried?)
}
