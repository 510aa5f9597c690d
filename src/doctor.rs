//! The doctor: examines a deployment's files and says of each thing whether it is in order, and if not, what to do.
//!
//! It changes nothing and needs no store that opens, so that it can also tell why one does not. It reads through
//! connections of its own, beside a running service or at rest.

mod files;

use serde::{Deserialize, Serialize};

use crate::clock::FIRST_MS;
use crate::migrations;
use crate::outbox::{self, HoldReason};
use crate::storage::{Error, Examined, Files, Keys, MigrationFault, OpenError, Tx};

/// Milliseconds that a message may be due before the queue is looked at: the longest wait between two tries is shorter.
const DUE_MS_WARN: i64 = 15 * 60_000;
/// Milliseconds that a message may be due before the queue stands still: nobody sends, or the provider takes nothing.
const DUE_MS_FAULT: i64 = 60 * 60_000;
/// Milliseconds that the newest row may be ahead of the clock: what a clock is set back by when it is disciplined.
const AHEAD_MS_MAX: i64 = 5_000;

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// In order.
    Ok,
    /// To be looked at.
    Warning,
    /// Not in order.
    Fault,
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The thing: `database`, `migrations`, `keys`, ...
    pub check: String,
    /// How it stands.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do; empty when there is nothing.
    pub advice: String,
}

impl Finding {
    /// In order.
    pub fn ok(check: &str, what: impl Into<String>) -> Self {
        Self { check: check.to_owned(), level: Level::Ok, what: what.into(), advice: String::new() }
    }

    /// To be looked at.
    pub fn warning(check: &str, what: impl Into<String>, advice: &str) -> Self {
        Self { check: check.to_owned(), level: Level::Warning, what: what.into(), advice: advice.to_owned() }
    }

    /// Not in order.
    pub fn fault(check: &str, what: impl Into<String>, advice: &str) -> Self {
        Self { check: check.to_owned(), level: Level::Fault, what: what.into(), advice: advice.to_owned() }
    }
}

/// Examines everything. `served` says whether a service works on the files. Blocks, as long as the integrity check takes:
/// never on a thread of the runtime.
pub fn examine(files: &Files, now_ms: i64, served: bool) -> Vec<Finding> {
    let mut findings = vec![];
    match Examined::open(&files.database) {
        Ok(database) => {
            findings.push(integrity(&database));
            findings.push(migrations(&database));
            findings.push(keys(&database, files));
            findings.push(clock(&database, now_ms));
            findings.push(queue(&database, now_ms, served));
        }
        Err(fault) => findings.push(unreadable("database", &fault)),
    }
    findings.extend(files::examine(files));
    findings
}

fn unreadable(check: &str, fault: &impl ToString) -> Finding {
    Finding::fault(check, fault.to_string(), "see what `database` says; restore from a backup if it is damaged")
}

fn integrity(database: &Examined) -> Finding {
    match database.integrity() {
        Ok(()) => Finding::ok("database", "whole"),
        Err(OpenError::Damaged { path, what }) => Finding::fault(
            "database",
            format!("{} is damaged: {what}", path.display()),
            "stop the service, keep the file, and restore a backup into another folder (docs/backup.md)",
        ),
        Err(fault) => unreadable("database", &fault),
    }
}

fn migrations(database: &Examined) -> Finding {
    const CHECK: &str = "migrations";
    match database.pending(migrations::SQLITE) {
        Ok(0) => Finding::ok(CHECK, format!("all {} applied", migrations::SQLITE.len())),
        Ok(pending) => Finding::warning(
            CHECK,
            format!("{pending} still to be applied"),
            "make a backup, then start the service: it applies them",
        ),
        Err(OpenError::Migration(fault)) => {
            let advice = match fault {
                MigrationFault::Newer { .. } => "run a program that is at least as new as the database",
                _ => "run the program that made this database, or restore a backup",
            };
            Finding::fault(CHECK, fault.to_string(), advice)
        }
        Err(fault) => unreadable(CHECK, &fault),
    }
}

fn keys(database: &Examined, files: &Files) -> Finding {
    const CHECK: &str = "keys";
    let keys = match Keys::load(&files.keys) {
        Ok(keys) => keys,
        Err(fault) => return Finding::fault(CHECK, fault.to_string(), "bring the key file back from where it is kept"),
    };
    match database.knows(&keys) {
        Ok(Some(true)) => Finding::ok(CHECK, "they open this database"),
        Ok(None) => Finding::warning(
            CHECK,
            "the database has not been shown any keys",
            "start the service once: it takes those in the key file",
        ),
        Ok(Some(false)) => Finding::fault(
            CHECK,
            format!("{} belongs to another database", files.keys.display()),
            "bring the right key file back: without it names and numbers cannot be read",
        ),
        Err(fault) => unreadable(CHECK, &fault),
    }
}

/// The newest moment that was written down, in the tables that grow with time.
fn newest_ms(tx: &mut Tx<'_>) -> Result<i64, Error> {
    // Identifiers begin with the time, so the last row of each is the newest.
    let newest = tx.query(
        "SELECT COALESCE((SELECT answered_ms FROM hop ORDER BY hop_uid DESC LIMIT 1), 0)
         UNION ALL SELECT COALESCE((SELECT created_ms FROM person ORDER BY id DESC LIMIT 1), 0)
         UNION ALL SELECT COALESCE((SELECT created_ms FROM outbox ORDER BY id DESC LIMIT 1), 0)
         UNION ALL SELECT COALESCE((SELECT applied_ms FROM schema_migration ORDER BY number DESC LIMIT 1), 0)",
        &[],
        |row| row.integer(0),
    )?;
    Ok(newest.into_iter().max().unwrap_or(0))
}

fn clock(database: &Examined, now_ms: i64) -> Finding {
    const CHECK: &str = "clock";
    const ADVICE: &str =
        "set the machine's clock and keep it set (NTP): due times, leases and closing dates hang on it";
    if now_ms < FIRST_MS {
        return Finding::fault(CHECK, "the machine's clock is before the year 2025", ADVICE);
    }
    match database.read(newest_ms) {
        Ok(newest_ms) if newest_ms > now_ms + AHEAD_MS_MAX => {
            let seconds = (newest_ms - now_ms) / 1_000;
            Finding::fault(CHECK, format!("the newest row was written {seconds} s from now"), ADVICE)
        }
        Ok(_) => Finding::ok(CHECK, "after the newest row"),
        Err(fault) => unreadable(CHECK, &fault),
    }
}

fn queue(database: &Examined, now_ms: i64, served: bool) -> Finding {
    const CHECK: &str = "queue";
    let read = database.read(|tx| Ok::<_, outbox::Error>((outbox::held(tx)?, outbox::oldest_due_ms(tx)?)));
    let (held, next_ms) = match read {
        Ok(read) => read,
        Err(fault) => return unreadable(CHECK, &fault),
    };
    let due_ms = next_ms.map_or(0, |next_ms| (now_ms - next_ms).max(0));
    let oldest = match next_ms {
        Some(_) if due_ms > 0 => format!("the oldest message has been due for {}", duration(due_ms)),
        Some(_) => "no message is due yet".to_owned(),
        None => "empty".to_owned(),
    };
    match held.map(|hold| hold.reason) {
        Some(HoldReason::Paused) => {
            Finding::warning(CHECK, format!("paused; {oldest}"), "`kaziline outbox resume` lets messages leave again")
        }
        Some(HoldReason::Restored) => Finding::warning(
            CHECK,
            format!("held since it was restored; {oldest}"),
            "find out what was sent after the backup was taken, then give `kaziline outbox resume`",
        ),
        None if due_ms > DUE_MS_WARN && !served => {
            Finding::warning(CHECK, oldest, "messages are sent when the service runs")
        }
        None if due_ms > DUE_MS_FAULT => {
            Finding::fault(CHECK, oldest, "look at `kaziline outbox list` and the log: the provider takes nothing")
        }
        None if due_ms > DUE_MS_WARN => {
            Finding::warning(CHECK, oldest, "look at `kaziline outbox list` and the log: the provider is slow or away")
        }
        None => Finding::ok(CHECK, oldest),
    }
}

/// A length of time in its largest unit.
fn duration(ms: i64) -> String {
    match ms / 1_000 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} minutes", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} hours", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
