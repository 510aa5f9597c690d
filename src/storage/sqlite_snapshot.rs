//! A look at a `SQLite` file beside whoever works on it: a connection of its own that cannot write. Backups are copied
//! through it, and the doctor examines a database with it, also one that would not open.
//!
//! A copy is made by `VACUUM INTO` and not by stepping the engine's backup interface. Both read one snapshot, so neither
//! ever waits for the writer nor makes it wait. But steps that let go of the snapshot begin again whenever somebody has
//! written, which under load is always; and steps that keep it copy pages as they are, with the rows that were deleted
//! and with damage. `VACUUM INTO` writes only what is there, reads every row on the way, and leaves a file without a WAL.
//!
//! What it costs: while the snapshot is held, the WAL cannot begin anew and grows by what is written meanwhile. The
//! checkpoint thread does not interrupt this connection as it does long reads: the bound is the length of the copy.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::{InterruptHandle, OpenFlags};

use super::migrate::{Migration, Recorded, pending};
use super::sqlite_open::{Role, check_integrity, configure, connect, recorded};
use super::{Error, Keys, MigrationFault, OpenError, Tx};

/// A connection to a database file that cannot write to it. Each statement sees one state of the file.
#[derive(Debug)]
pub(super) struct Snapshot {
    inner: rusqlite::Connection,
}

/// Rows of each table, by its name.
pub type Tables = Vec<(String, i64)>;

impl Snapshot {
    /// Opens the file at `path`, which may be in use. It is neither made nor changed.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner = rusqlite::Connection::open_with_flags(path, flags).map_err(|e| OpenError::database(path, e))?;
        configure(&inner, Role::Reader).map_err(|error| OpenError::database(path, error))?;
        Ok(Self { inner })
    }

    /// Writes a copy of the whole database into `to`, an empty file. Ended early by `stop`.
    pub(super) fn copy_into(&self, to: &str, stop: &Stop) -> Result<(), CopyFault> {
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => CopyFault::Stopped,
            _ => CopyFault::Engine(error.to_string()),
        };
        // The file itself is open for reading alone; this setting would refuse to write the copy too.
        self.inner.execute_batch("PRAGMA query_only = OFF").map_err(failed)?;
        stop.watch(self.inner.get_interrupt_handle())?;
        let copied = self.inner.execute("VACUUM INTO ?1", [to]).map(drop).map_err(failed);
        stop.unwatch();
        copied
    }

    /// Checks that the file is whole: thoroughly, or quickly when it is large.
    pub(super) fn check_integrity(&self, path: &Path) -> Result<(), OpenError> {
        check_integrity(&self.inner, path)
    }

    /// What was applied to the database.
    pub(super) fn recorded(&self, path: &Path) -> Result<Vec<Recorded>, OpenError> {
        recorded(&self.inner).map_err(|error| OpenError::database(path, error))
    }

    /// Every table with its number of rows, by name.
    pub(super) fn tables(&self, path: &Path) -> Result<Tables, OpenError> {
        let counted = || {
            let mut names = self.inner.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
            let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            let own = names.into_iter().filter(|name| !name.starts_with("sqlite_"));
            own.map(|name| self.rows(&name).map(|rows| (name, rows))).collect::<rusqlite::Result<Tables>>()
        };
        counted().map_err(|error| OpenError::database(path, error))
    }

    /// The one statement that is put together: a table cannot be a parameter, and its name is the file's own.
    fn rows(&self, table: &str) -> rusqlite::Result<i64> {
        let counting = ["SELECT COUNT(*) FROM \"", &table.replace('"', "\"\""), "\""].concat();
        self.inner.query_row(&counting, [], |row| row.get(0))
    }

    /// Whether `keys` are this database's; `None` while it has not been shown any.
    fn knows(&self, keys: &Keys) -> rusqlite::Result<Option<bool>> {
        let mut statement = self.inner.prepare("SELECT key_id, check_value FROM store_key")?;
        let known = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let known = known.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok((!known.is_empty()).then(|| known.contains(&(keys.key_id(), keys.check_value()))))
    }
}

/// What the doctor asks of a database file without changing it. Each question stands alone: a database that cannot answer
/// one may answer another.
#[derive(Debug)]
pub struct Examined(Snapshot, std::path::PathBuf);

impl Examined {
    /// Opens the file at `path`, which may be in use.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Snapshot::open(path).map(|snapshot| Self(snapshot, path.to_owned()))
    }

    /// Whether the file is whole.
    pub fn integrity(&self) -> Result<(), OpenError> {
        self.0.check_integrity(&self.1)
    }

    /// How many of `known` are still to be applied.
    pub fn pending(&self, known: &[Migration]) -> Result<usize, OpenError> {
        let recorded = self.0.recorded(&self.1)?;
        Ok(pending(&recorded, known).map_err(|fault: MigrationFault| OpenError::from(fault))?.len())
    }

    /// Whether `keys` are this database's; `None` while it has not been shown any.
    pub fn knows(&self, keys: &Keys) -> Result<Option<bool>, OpenError> {
        self.0.knows(keys).map_err(|error| OpenError::database(&self.1, error))
    }

    /// Runs `f` over one snapshot, on a further connection that cannot write.
    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = connect(&self.1, Role::Reader)?;
        connection.begin_read()?;
        let read = f(&mut Tx::new(&mut connection));
        connection.roll_back()?;
        read
    }
}

/// Why a copy was not made.
#[derive(Debug)]
pub(super) enum CopyFault {
    /// It was asked to stop.
    Stopped,
    /// The engine's reason, which names files and no rows.
    Engine(String),
}

/// Ends long work on a snapshot from outside: its command has hung up, or the service stops.
#[derive(Default)]
pub struct Stop {
    asked: AtomicBool,
    running: Mutex<Option<InterruptHandle>>,
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stop").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Stop {
    /// Asks the work to end.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        if let Some(running) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            running.interrupt();
        }
    }

    /// Whether the work has been asked to end.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    fn watch(&self, handle: InterruptHandle) -> Result<(), CopyFault> {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        if self.is_asked() { Err(CopyFault::Stopped) } else { Ok(()) }
    }

    fn unwatch(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
