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

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::types::Value as Stored;
use rusqlite::{InterruptHandle, OpenFlags};

use super::migrate::{Migration, Recorded, pending};
use super::pace::Pace;
use super::sqlite_open::{Role, check_integrity, configure, connect, recorded};
use super::{Columns, Error, Keys, MigrationFault, OpenError, Tx, Value};

/// Steps of the engine's machine between two looks at the pace: about fifty rows.
const PACE_STEPS: i32 = 200;

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

    /// Writes a copy of the whole database into `to`, an empty file, at its pace if it has one. Ended early by `stop`.
    pub(super) fn copy_into(&mut self, to: &str, pace: Option<Pace>, stop: &Stop) -> Result<(), CopyFault> {
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => CopyFault::Stopped,
            _ => CopyFault::Engine(error.to_string()),
        };
        // The file itself is open for reading alone; this setting would refuse to write the copy too.
        self.inner.execute_batch("PRAGMA query_only = OFF").map_err(failed)?;
        if let Some(mut pace) = pace {
            // What the disk refuses is told by the copy itself.
            let keep = move || {
                drop(pace.keep());
                false
            };
            self.inner.progress_handler(PACE_STEPS, Some(keep)).map_err(failed)?;
        }
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

    /// Put together: a table cannot be a parameter, and its name is the file's own.
    fn rows(&self, table: &str) -> rusqlite::Result<i64> {
        let counting = ["SELECT COUNT(*) FROM ", &quoted(table)].concat();
        self.inner.query_row(&counting, [], |row| row.get(0))
    }

    /// Every table with its columns, each after the tables that it refers to.
    pub(super) fn outline(&self) -> rusqlite::Result<Vec<Table>> {
        let mut waiting: Vec<Table> = Vec::new();
        let mut columns = self.inner.prepare(
            "SELECT m.name, c.name, c.type FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
             WHERE m.type = 'table' ORDER BY m.name, c.cid",
        )?;
        let columns = columns
            .query_map([], |row| Ok((row.get::<_, String>(0)?, Column { name: row.get(1)?, declared: row.get(2)? })))?;
        for column in columns {
            let (name, column) = column?;
            match waiting.last_mut().filter(|table| table.name == name) {
                Some(table) => table.columns.push(column),
                None if name.starts_with("sqlite_") => {}
                None => waiting.push(Table { name, columns: vec![column] }),
            }
        }
        let mut references = self.inner.prepare(
            "SELECT m.name, f.\"table\" FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f \
             WHERE m.type = 'table' AND f.\"table\" <> m.name",
        )?;
        let references = references.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let references = references.collect::<rusqlite::Result<Vec<(String, String)>>>()?;
        let mut ordered = Vec::new();
        while !waiting.is_empty() {
            let names: HashSet<String> = waiting.iter().map(|table| table.name.clone()).collect();
            let refers = |table: &Table| references.iter().any(|(from, to)| *from == table.name && names.contains(to));
            let (later, mut ready): (Vec<Table>, Vec<Table>) = waiting.into_iter().partition(refers);
            waiting = later;
            if ready.is_empty() {
                // They refer to one another in a circle: as they come.
                ready.append(&mut waiting);
            }
            ordered.append(&mut ready);
        }
        Ok(ordered)
    }

    /// Shows `take` the rows that the query `sql` answers; answers what it makes of them.
    pub(super) fn rows_of<T>(
        &self,
        sql: &str,
        take: &mut dyn FnMut(&mut dyn Iterator<Item = rusqlite::Result<StoredRow>>) -> T,
    ) -> rusqlite::Result<T> {
        let mut statement = self.inner.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query_map([], |row| {
            let values = (0..columns).map(|column| row.get(column));
            values.collect::<rusqlite::Result<Vec<_>>>().map(StoredRow)
        })?;
        Ok(take(&mut rows))
    }

    /// Whether `keys` are this database's; `None` while it has not been shown any.
    fn knows(&self, keys: &Keys) -> rusqlite::Result<Option<bool>> {
        let mut statement = self.inner.prepare("SELECT key_id, check_value FROM store_key")?;
        let known = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let known = known.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok((!known.is_empty()).then(|| known.contains(&(keys.key_id(), keys.check_value()))))
    }
}

/// A table of a file.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

/// A column of a table.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type, as the migration has it.
    pub(super) declared: String,
}

/// A row that has left the engine.
pub(super) struct StoredRow(Vec<Stored>);

impl Columns for StoredRow {
    fn value(&self, index: usize) -> Result<Value<'_>, Error> {
        match self.0.get(index) {
            Some(Stored::Null) => Ok(Value::Null),
            Some(Stored::Integer(value)) => Ok(Value::Integer(*value)),
            Some(Stored::Text(value)) => Ok(Value::Text(value)),
            Some(Stored::Blob(value)) => Ok(Value::Bytes(value)),
            Some(Stored::Real(_)) => Err(Error::Corrupt { what: "a column holds a fraction" }),
            None => Err(Error::Corrupt { what: "a column is not there" }),
        }
    }
}

/// A name as SQL reads it, whatever it is.
pub(super) fn quoted(name: &str) -> String {
    ["\"", &name.replace('"', "\"\""), "\""].concat()
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
