//! Migrations: numbered SQL files compiled into the program, each applied once and remembered with its checksum.
//!
//! This file only decides what to do; an engine's own file runs it.

use aws_lc_rs::digest;

/// One migration as compiled in.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// 1, 2, 3 ... without a gap.
    pub number: i64,
    /// The rest of the file's name, without `.sql`.
    pub name: &'static str,
    /// The file's text.
    pub sql: &'static str,
}

impl Migration {
    /// The migration in file `NNNN_name.sql`.
    pub const fn new(number: i64, name: &'static str, sql: &'static str) -> Self {
        Self { number, name, sql }
    }

    /// SHA-256 of the file's text.
    pub fn sha256(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.sql.as_bytes()).as_ref().to_vec()
    }
}

/// One migration as the database remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    /// Its number.
    pub(super) number: i64,
    /// Its name when it was applied.
    pub(super) name: String,
    /// SHA-256 of its text when it was applied.
    pub(super) sha256: Vec<u8>,
}

/// Why the database and the program do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MigrationFault {
    /// The database was written by a newer program.
    #[error("the database is at version {found}, newer than this program, which knows {known}: use a newer program")]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest that the program knows.
        known: i64,
    },
    /// A migration that was applied has been changed since.
    #[error("migration {number:04}_{name} was changed after it was applied to this database")]
    Edited {
        /// Its number.
        number: i64,
        /// Its name in the program.
        name: &'static str,
    },
    /// A number is missing, in the program or in the database.
    #[error("migration {number:04} is missing {}", if *recorded { "from the database's own record" } else { "from this program" })]
    Gap {
        /// The number that is missing.
        number: i64,
        /// True when the database's record lacks it, false when the program does.
        recorded: bool,
    },
    /// A migration failed; the database is as it was before it.
    #[error("migration {number:04}_{name} failed: {what}")]
    Failed {
        /// Its number.
        number: i64,
        /// Its name.
        name: &'static str,
        /// The engine's reason.
        what: String,
    },
}

/// The migrations still to be applied, in order. `recorded` is sorted by number.
pub(super) fn pending<'m>(recorded: &[Recorded], known: &'m [Migration]) -> Result<&'m [Migration], MigrationFault> {
    check_numbers(known.iter().map(|migration| migration.number), false)?;
    let newest_known = known.last().map_or(0, |migration| migration.number);
    if let Some(newest) = recorded.last().filter(|newest| newest.number > newest_known) {
        return Err(MigrationFault::Newer { found: newest.number, known: newest_known });
    }
    check_numbers(recorded.iter().map(|applied| applied.number), true)?;
    for (applied, migration) in recorded.iter().zip(known) {
        if applied.name != migration.name || applied.sha256 != migration.sha256() {
            return Err(MigrationFault::Edited { number: migration.number, name: migration.name });
        }
    }
    Ok(known.get(recorded.len()..).unwrap_or_default())
}

fn check_numbers(found: impl Iterator<Item = i64>, recorded: bool) -> Result<(), MigrationFault> {
    let wrong = (1..).zip(found).find(|(expected, found)| expected != found);
    wrong.map_or(Ok(()), |(number, _)| Err(MigrationFault::Gap { number, recorded }))
}
