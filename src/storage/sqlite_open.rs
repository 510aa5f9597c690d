//! Opening a `SQLite` database: settings, integrity check, migrations.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{OpenFlags, TransactionBehavior};

use super::migrate::{Migration, MigrationFault, Recorded, pending};
use super::options::{
    BUSY_MS, READER_CACHE_KIB, STATEMENTS_KEPT, THOROUGH_CHECK_BYTES, WAL_FRAMES_MAX, WRITER_CACHE_KIB,
    WRITER_CACHE_KIB_MAX, WRITER_CACHE_PART,
};
use super::sqlite::SqliteConnection;
use super::{Error, OpenError};

/// Older ones may lose a commit when one connection checkpoints while another restarts the WAL.
const SQLITE_OLDEST: i32 = 3_051_003;
const PAGE_BYTES: i64 = 4_096;
/// [`WAL_FRAMES_MAX`] in bytes.
pub const WAL_BYTES_MAX: u64 = (WAL_FRAMES_MAX * PAGE_BYTES).unsigned_abs();

/// The store's own tables: which migrations were applied, and which keys are this database's.
const OWN_TABLES: &str = "
CREATE TABLE IF NOT EXISTS schema_migration (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL, applied_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS store_key (key_id INTEGER PRIMARY KEY, check_value BLOB NOT NULL) STRICT;
";

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The one that writes.
    Writer,
    /// One of those that read.
    Reader,
    /// The one that copies the WAL into the database: opened for writing, refused statements that write.
    Checkpointer,
}

/// Opens a file that is known to be sound: everything a connection needs except the checks at start.
pub(super) fn connect(path: &Path, role: Role) -> Result<SqliteConnection, Error> {
    let access =
        if role == Role::Reader { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let inner = rusqlite::Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = inner.and_then(|inner| configure(&inner, role).map(|()| inner)).map_err(|error| {
        tracing::error!(code = error.sqlite_error().map_or(0, |failure| failure.extended_code), "no connection");
        Error::Unavailable
    })?;
    Ok(SqliteConnection::new(connection, role == Role::Writer))
}

/// Opens a database in memory, migrated.
pub(super) fn open_in_memory(migrations: &[Migration], now_ms: i64) -> Result<SqliteConnection, OpenError> {
    let path = Path::new(":memory:");
    check_version()?;
    let mut inner = rusqlite::Connection::open_in_memory().map_err(|error| OpenError::database(path, error))?;
    configure(&inner, Role::Writer).map_err(|error| OpenError::database(path, error))?;
    migrate(&mut inner, path, migrations, now_ms)?;
    Ok(SqliteConnection::new(inner, true))
}

/// Opens (or makes) a database file, checks that it is whole, and brings it up to date.
pub(super) fn open_file(path: &Path, migrations: &[Migration], now_ms: i64) -> Result<SqliteConnection, OpenError> {
    check_version()?;
    // Only the owner may read it; SQLite gives the WAL and its index the same mode.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| OpenError::database(path, error))?;
    let failed = |error: rusqlite::Error| OpenError::database(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut inner = rusqlite::Connection::open_with_flags(path, flags).map_err(failed)?;
    configure(&inner, Role::Writer).map_err(failed)?;
    let mode: String = inner.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::database(path, "its disk does not allow write-ahead logging"));
    }
    check_integrity(&inner, path)?;
    migrate(&mut inner, path, migrations, now_ms)?;
    Ok(SqliteConnection::new(inner, true))
}

fn check_version() -> Result<(), OpenError> {
    if rusqlite::version_number() < SQLITE_OLDEST {
        return Err(OpenError::SqliteTooOld { found: rusqlite::version() });
    }
    Ok(())
}

/// Settings of a connection.
pub(super) fn configure(inner: &rusqlite::Connection, role: Role) -> rusqlite::Result<()> {
    inner.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    inner.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // A misspelt column in double quotes is a fault, not a text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        // A plan must not depend on the values: else every cached statement is prepared anew whenever one changes, which
        // costs ten times the statement.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        inner.set_db_config(setting, on)?;
    }
    let cache_kib = if role == Role::Writer {
        let pages: i64 = inner.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        (pages * PAGE_BYTES / 1_024 / WRITER_CACHE_PART).clamp(WRITER_CACHE_KIB, WRITER_CACHE_KIB_MAX)
    } else {
        READER_CACHE_KIB
    };
    // What a savepoint would bring back is as large as the pages of one commit: the writer makes no file for it. A reader's
    // sorting may be larger than its memory.
    let temp_store = if role == Role::Writer { "MEMORY" } else { "DEFAULT" };
    // FULL: a commit is on the disk before it is answered; the engine's writer leaves that to `sqlite_sync.rs`. Checkpoints
    // have their own thread, off a commit's path.
    inner.execute_batch(&format!(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;
         PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = {}; PRAGMA cache_size = -{cache_kib};
         PRAGMA temp_store = {temp_store}; PRAGMA query_only = {};",
        WAL_FRAMES_MAX * PAGE_BYTES,
        if role == Role::Writer { "OFF" } else { "ON" },
    ))
}

/// Checks that a file is whole: thoroughly, or quickly when it is large.
pub(super) fn check_integrity(inner: &rusqlite::Connection, path: &Path) -> Result<(), OpenError> {
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let check = if bytes <= THOROUGH_CHECK_BYTES { "PRAGMA integrity_check(1)" } else { "PRAGMA quick_check(1)" };
    let damaged = |what| OpenError::Damaged { path: path.to_owned(), what };
    let finding: String = inner.query_row(check, [], |row| row.get(0)).map_err(|error| damaged(error.to_string()))?;
    if finding == "ok" { Ok(()) } else { Err(damaged(finding.lines().last().unwrap_or_default().to_owned())) }
}

fn migrate(
    inner: &mut rusqlite::Connection,
    path: &Path,
    migrations: &[Migration],
    now_ms: i64,
) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::database(path, error);
    inner.execute_batch(OWN_TABLES).map_err(failed)?;
    let recorded = recorded(inner).map_err(failed)?;
    for migration in pending(&recorded, migrations)? {
        apply(inner, migration, now_ms)?;
    }
    Ok(())
}

/// The migrations that were applied, in order.
pub(super) fn recorded(inner: &rusqlite::Connection) -> rusqlite::Result<Vec<Recorded>> {
    let mut statement = inner.prepare("SELECT number, name, sha256 FROM schema_migration ORDER BY number")?;
    let rows =
        statement.query_map([], |row| Ok(Recorded { number: row.get(0)?, name: row.get(1)?, sha256: row.get(2)? }))?;
    rows.collect()
}

/// One migration and its record, both or neither.
fn apply(inner: &mut rusqlite::Connection, migration: &Migration, now_ms: i64) -> Result<(), MigrationFault> {
    let Migration { number, name, sql } = *migration;
    let failed = |what: String| MigrationFault::Failed { number, name, what };
    let engine = |error: rusqlite::Error| failed(error.to_string());
    let transaction = inner.transaction_with_behavior(TransactionBehavior::Immediate).map_err(engine)?;
    transaction.execute_batch(sql).map_err(engine)?;
    if transaction.is_autocommit() {
        return Err(failed("it ends the transaction that it runs in".to_owned()));
    }
    transaction
        .execute(
            "INSERT INTO schema_migration (number, name, sha256, applied_ms) VALUES (?1, ?2, ?3, ?4)",
            (number, name, migration.sha256(), now_ms),
        )
        .map_err(engine)?;
    transaction.commit().map_err(engine)
}
