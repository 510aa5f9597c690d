//! What can go wrong while the store runs ([`Error`]) and while it is opened ([`OpenError`]).
//!
//! The variant carries the decision; the text is for a person's eyes and holds no row data.

use std::path::{Path, PathBuf};

use super::folder::FolderFault;
use super::migrate::MigrationFault;
use super::sealed::KeyFault;

/// Why a unit of work did not happen. Whatever the variant, none of it is in the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The queue is full: apologise at once, the same work may be offered again later.
    #[error("the store has too much waiting")]
    Overloaded,
    /// The deadline had passed when the work's turn came; it was not begun.
    #[error("the work's deadline had passed before its turn came")]
    TooLate,
    /// The store cannot read or write now (disk full, failed commit, closing). Whether a commit that failed is on the
    /// disk after all is known only by looking: run the work again with the same operation key.
    #[error("the store cannot be used at present")]
    Unavailable,
    /// Another transaction changed the same rows first: run the work again, it will find what the other one left.
    #[error("another transaction was first")]
    Conflict,
    /// What is stored contradicts what the program expects; a person has to look.
    #[error("what is stored cannot be understood: {what}")]
    Corrupt {
        /// What was expected, without the value that was found.
        what: &'static str,
    },
    /// The engine refused a statement: a fault of the program.
    #[error(transparent)]
    Statement(Box<StatementFault>),
    /// The work panicked; the work of others in the same commit lives.
    #[error("the work panicked")]
    Panicked,
}

impl Error {
    /// True when the same work may succeed later without anything being changed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Error::Overloaded | Error::TooLate | Error::Unavailable | Error::Conflict)
    }
}

/// A statement that an engine refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code}) in: {sql}")]
pub struct StatementFault {
    /// The statement as written in the program.
    pub sql: &'static str,
    /// The engine's own code (`SQLite`: the extended result code; 0 when the fault was found before the engine ran).
    pub code: i32,
    /// The engine's message where it can only name tables and columns, else a general one.
    pub message: String,
}

/// Why the store could not be opened: one line each, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// The key file, or keys that are not this database's.
    #[error(transparent)]
    Keys(#[from] KeyFault),
    /// The database's version and the program's do not go together.
    #[error(transparent)]
    Migration(#[from] MigrationFault),
    /// The linked `SQLite` is older than the oldest that is safe with group commit and checkpoints on two connections.
    #[error("SQLite {found} is too old: 3.51.3 or newer is needed")]
    SqliteTooOld {
        /// The version found.
        found: &'static str,
    },
    /// The database file cannot be opened or read.
    #[error("the database {} cannot be opened: {what}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The engine's reason.
        what: String,
    },
    /// The address of the database server cannot be used. It is not shown: a password is in it.
    #[error("the address of the database cannot be used: {what}")]
    Address {
        /// What is wrong with it.
        what: String,
    },
    /// No server of the database is there now that takes writes: another time one may be.
    #[error("the database {server} cannot be reached: {what}")]
    ServerAway {
        /// Hosts and database.
        server: String,
        /// Its reason, or the system's.
        what: String,
    },
    /// The database server refuses us.
    #[error("the database {server} cannot be used: {what}")]
    Server {
        /// Hosts and database.
        server: String,
        /// Its reason, or the system's.
        what: String,
    },
    /// The integrity check found damage: restore from a backup.
    #[error("the database {} is damaged ({what}): restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first finding.
        what: String,
    },
    /// A thread could not be started.
    #[error("a thread of the store could not be started: {0}")]
    Thread(std::io::Error),
    /// The store stopped answering while it was being opened.
    #[error("the store could not be set up: {0}")]
    Setup(#[from] Error),
}

impl OpenError {
    /// True when opening may succeed later without anything being changed.
    pub fn is_passing(&self) -> bool {
        match self {
            OpenError::ServerAway { .. } => true,
            OpenError::Setup(error) => error.is_passing(),
            _ => false,
        }
    }

    /// A database that cannot be opened.
    pub(super) fn database(path: &Path, what: impl std::fmt::Display) -> Self {
        OpenError::Database { path: path.to_owned(), what: what.to_string() }
    }
}
