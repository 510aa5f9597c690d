//! What an error of a `PostgreSQL` server means for the work and for the connection: by its code, never by its text.

use tokio_postgres::error::SqlState;

use super::Error;
use super::error::StatementFault;

/// A statement that is refused: a fault of the program.
pub(super) fn fault(sql: &'static str, message: String) -> Error {
    Error::Statement(Box::new(StatementFault { sql, code: 0, message }))
}

/// What an error means beyond the statement.
pub(super) enum Meaning {
    /// Another transaction was first: the whole work runs again.
    Conflict,
    /// Another transaction holds a row and does not let go of it.
    Blocked,
    /// The connection is of no more use.
    Lost,
    /// The statement alone.
    Stays,
}

/// What an error of the server means. By its code, never by its text. `writes`: whether the transaction may write.
pub(super) fn classify(sql: &'static str, writes: bool, error: &tokio_postgres::Error) -> (Meaning, Error) {
    let Some(told) = error.as_db_error() else {
        tracing::error!("the connection to the database broke");
        return (Meaning::Lost, Error::Unavailable);
    };
    let code = told.code();
    if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
        return (Meaning::Conflict, Error::Conflict);
    }
    if *code == SqlState::LOCK_NOT_AVAILABLE {
        return (Meaning::Blocked, Error::Overloaded);
    }
    if *code == SqlState::QUERY_CANCELED {
        tracing::warn!(code = code.code(), "a statement waited too long");
        return (Meaning::Stays, Error::Overloaded);
    }
    // A server that stops, is out of room or memory, or has become a standby.
    let passing = ["08", "53", "57", "58"].iter().any(|class| code.code().starts_with(class));
    if passing || (writes && *code == SqlState::READ_ONLY_SQL_TRANSACTION) {
        tracing::error!(code = code.code(), "the database cannot be used at present");
        return (Meaning::Lost, Error::Unavailable);
    }
    if code.code().starts_with("XX") {
        tracing::error!(code = code.code(), "the database is damaged");
        return (Meaning::Lost, Error::Corrupt { what: "the database is damaged" });
    }
    // The message names tables, columns and constraints; the detail, which may hold values, is left behind.
    (Meaning::Stays, fault(sql, format!("{} ({})", told.message(), code.code())))
}
