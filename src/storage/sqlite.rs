//! One `SQLite` connection behind the [`Connection`] trait: binding, rows, and what its errors mean.

use std::collections::HashMap;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, InterruptHandle, Statement};

use super::tx::{Connection, SAVEPOINTS_DEEP_MAX};
use super::{Columns, Error, Param, Row, StatementFault, Value};

/// Written out, since statements are literals: one more than the attempts, for the unit of work itself.
const SAVEPOINTS: [[&str; 3]; SAVEPOINTS_DEEP_MAX + 1] = [
    ["SAVEPOINT s0", "RELEASE s0", "ROLLBACK TO s0"],
    ["SAVEPOINT s1", "RELEASE s1", "ROLLBACK TO s1"],
    ["SAVEPOINT s2", "RELEASE s2", "ROLLBACK TO s2"],
    ["SAVEPOINT s3", "RELEASE s3", "ROLLBACK TO s3"],
    ["SAVEPOINT s4", "RELEASE s4", "ROLLBACK TO s4"],
    ["SAVEPOINT s5", "RELEASE s5", "ROLLBACK TO s5"],
    ["SAVEPOINT s6", "RELEASE s6", "ROLLBACK TO s6"],
    ["SAVEPOINT s7", "RELEASE s7", "ROLLBACK TO s7"],
    ["SAVEPOINT s8", "RELEASE s8", "ROLLBACK TO s8"],
];

/// How much of the WAL a checkpoint copies, and what it may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checkpoint {
    /// Nothing: only looks.
    Look,
    /// What no reader still needs; waits for nobody.
    Passive,
    /// All of it, and shortens the file.
    Truncate,
}

/// The WAL as a checkpoint found it, in frames of one page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wal {
    /// Frames in the WAL.
    pub(super) frames: i64,
    /// Of these, how many are in the database already.
    pub(super) copied: i64,
}

/// A connection with its statements. Opened by `sqlite_open.rs`.
pub(super) struct SqliteConnection {
    inner: rusqlite::Connection,
    /// For each statement (address and length of its literal): which value goes to each of the engine's own parameter
    /// numbers, which count first occurrences and not the digits.
    parameters: HashMap<(usize, usize), Box<[usize]>>,
    /// A reader is refused writes because it asked for one, the writer because the disk was made read-only.
    writes: bool,
}

impl std::fmt::Debug for SqliteConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteConnection").field("writes", &self.writes).finish_non_exhaustive()
    }
}

impl SqliteConnection {
    pub(super) fn new(inner: rusqlite::Connection, writes: bool) -> Self {
        Self { inner, parameters: HashMap::new(), writes }
    }

    /// True when no transaction is open: `SQLite` rolls back on its own after some errors.
    pub(super) fn is_autocommit(&self) -> bool {
        self.inner.is_autocommit()
    }

    pub(super) fn interrupt_handle(&self) -> InterruptHandle {
        self.inner.get_interrupt_handle()
    }

    /// Commits do not wait for the disk any more: whoever answers them does. See `sqlite_sync.rs`.
    pub(super) fn leave_sync_to_others(&self) -> Result<(), Error> {
        self.inner.pragma_update(None, "synchronous", "NORMAL").map_err(|_| Error::Unavailable)
    }

    pub(super) fn begin_write(&mut self) -> Result<(), Error> {
        self.control("BEGIN IMMEDIATE")
    }

    pub(super) fn begin_read(&mut self) -> Result<(), Error> {
        self.control("BEGIN")
    }

    pub(super) fn commit(&mut self) -> Result<(), Error> {
        self.control("COMMIT")
    }

    /// Ends the transaction without a trace; where there is none, nothing.
    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        if self.is_autocommit() { Ok(()) } else { self.control("ROLLBACK") }
    }

    /// Refuses (or allows again) whatever would change the database.
    pub(super) fn set_read_only(&mut self, read_only: bool) -> Result<(), Error> {
        self.writes = !read_only;
        self.control(if read_only { "PRAGMA query_only = ON" } else { "PRAGMA query_only = OFF" })
    }

    /// Waits at most `ms` milliseconds for a lock from now on.
    pub(super) fn set_busy_ms(&self, ms: u64) {
        // Fails only on a closed connection.
        drop(self.inner.busy_timeout(std::time::Duration::from_millis(ms)));
    }

    pub(super) fn checkpoint(&self, how: Checkpoint) -> Result<Wal, Error> {
        let sql = match how {
            Checkpoint::Look => "PRAGMA wal_checkpoint(NOOP)",
            Checkpoint::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Checkpoint::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        let wal = self.inner.query_row(sql, [], |row| Ok(Wal { frames: row.get(1)?, copied: row.get(2)? }));
        wal.map_err(|error| self.error(sql, &error))
    }

    fn control(&mut self, sql: &'static str) -> Result<(), Error> {
        let done = self.inner.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        done.map(drop).map_err(|error| self.error(sql, &error))
    }

    fn error(&self, sql: &'static str, error: &rusqlite::Error) -> Error {
        classify(sql, error, self.writes)
    }

    fn savepoint_sql(depth: usize, which: usize) -> Result<&'static str, Error> {
        let sql = SAVEPOINTS.get(depth).and_then(|set| set.get(which)).copied();
        sql.ok_or_else(|| fault("SAVEPOINT", 0, "savepoints are nested too deep".to_owned()))
    }

    /// Prepares and binds `sql`, then hands it to `run`.
    fn with_statement<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, Stopped>,
    ) -> Result<T, Error> {
        let writes = self.writes;
        let stopped = |stopped| match stopped {
            Stopped::Engine(error) => classify(sql, &error, writes),
            Stopped::Caller(error) => error,
        };
        let mut statement = self.inner.prepare_cached(sql).map_err(|error| stopped(Stopped::Engine(error)))?;
        let key = (sql.as_ptr().addr(), sql.len());
        let order = match self.parameters.get(&key) {
            Some(order) => order,
            None => self.parameters.entry(key).or_insert(parameter_order(sql, &statement)?),
        };
        if order.len() != params.len() {
            let message = format!("takes {} values and was given {}", order.len(), params.len());
            return Err(fault(sql, 0, message));
        }
        for (index, value) in (1..).zip(order.iter().filter_map(|value| params.get(*value))) {
            statement.raw_bind_parameter(index, Bound(*value)).map_err(|error| stopped(Stopped::Engine(error)))?;
        }
        run(&mut statement).map_err(stopped)
    }
}

impl Connection for SqliteConnection {
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.with_statement(sql, params, |statement| Ok(statement.raw_execute()?))
            .map(|changed| u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn query(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.with_statement(sql, params, |statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                each(&Row::new(&SqliteRow(row))).map_err(Stopped::Caller)?;
            }
            Ok(())
        })
    }

    fn savepoint(&mut self, depth: usize) -> Result<(), Error> {
        self.control(Self::savepoint_sql(depth, 0)?)
    }

    fn release(&mut self, depth: usize) -> Result<(), Error> {
        self.control(Self::savepoint_sql(depth, 1)?)
    }

    fn rollback_to(&mut self, depth: usize) -> Result<(), Error> {
        self.control(Self::savepoint_sql(depth, 2)?)?;
        self.control(Self::savepoint_sql(depth, 1)?)
    }
}

/// Who stopped a statement.
enum Stopped {
    Engine(rusqlite::Error),
    Caller(Error),
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Self {
        Stopped::Engine(error)
    }
}

/// Which value each of the statement's parameters takes: `$2` may stand before `$1`, and each may stand often.
fn parameter_order(sql: &'static str, statement: &Statement<'_>) -> Result<Box<[usize]>, Error> {
    let count = statement.parameter_count();
    let order: Option<Box<[usize]>> = (1..=count)
        .map(|index| {
            let number: usize = statement.parameter_name(index)?.strip_prefix('$')?.parse().ok()?;
            number.checked_sub(1).filter(|value| *value < count)
        })
        .collect();
    order.ok_or_else(|| fault(sql, 0, format!("its {count} parameters are not $1 to ${count}")))
}

fn fault(sql: &'static str, code: i32, message: String) -> Error {
    Error::Statement(Box::new(StatementFault { sql, code, message }))
}

/// What an error of the engine means to whoever waits. Never by its text.
fn classify(sql: &'static str, error: &rusqlite::Error, writes: bool) -> Error {
    match error {
        // A statement that does not compile: the message quotes the statement, which is the program's own text.
        rusqlite::Error::SqlInputError { error, msg, .. } => fault(sql, error.extended_code, msg.clone()),
        rusqlite::Error::SqliteFailure(failure, message) => match failure.code {
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed => {
                tracing::error!(code = failure.extended_code, "the database cannot be used at present");
                Error::Unavailable
            }
            ErrorCode::ReadOnly if writes => {
                tracing::error!(code = failure.extended_code, "the database has become read-only");
                Error::Unavailable
            }
            ErrorCode::OperationInterrupted => Error::Overloaded,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                tracing::error!(code = failure.extended_code, "the database is damaged");
                Error::Corrupt { what: "the database file is damaged" }
            }
            // Names tables, columns and constraints, never values. Other messages are not vouched for.
            ErrorCode::ConstraintViolation | ErrorCode::Unknown => {
                fault(sql, failure.extended_code, message.clone().unwrap_or_else(|| failure.to_string()))
            }
            _ => fault(sql, failure.extended_code, failure.to_string()),
        },
        rusqlite::Error::ExecuteReturnedResults => fault(sql, 0, "answers rows: use query".to_owned()),
        other => fault(sql, 0, format!("refused by the driver ({:?})", std::mem::discriminant(other))),
    }
}

/// A value on its way to the engine, without a copy.
struct Bound<'a>(Param<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Param::Null => ValueRef::Null,
            Param::Integer(value) => ValueRef::Integer(value),
            Param::Text(value) => ValueRef::Text(value.as_bytes()),
            Param::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

/// A row on its way from the engine, without a copy.
struct SqliteRow<'r, 's>(&'r rusqlite::Row<'s>);

impl Columns for SqliteRow<'_, '_> {
    fn value(&self, index: usize) -> Result<Value<'_>, Error> {
        match self.0.get_ref(index) {
            Ok(ValueRef::Null) => Ok(Value::Null),
            Ok(ValueRef::Integer(value)) => Ok(Value::Integer(value)),
            Ok(ValueRef::Text(bytes)) => {
                std::str::from_utf8(bytes).map(Value::Text).map_err(|_| Error::Corrupt { what: "a text is not UTF-8" })
            }
            Ok(ValueRef::Blob(bytes)) => Ok(Value::Bytes(bytes)),
            Ok(ValueRef::Real(_)) => Err(Error::Corrupt { what: "a column holds a floating-point number" }),
            Err(_) => Err(Error::Corrupt { what: "a statement answers fewer columns than expected" }),
        }
    }
}
