//! What operators see of the outbox: where messages stand and what was tried. No number, no text, no person.

use super::{Error, Status};
use crate::storage::{self, Row, Tx};

/// One message in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The message.
    pub id: i64,
    /// Where it stands.
    pub status: Status,
    /// Why, as a stable word; empty while it takes its ordinary way.
    pub reason: String,
    /// The name of its text.
    pub template: String,
    /// 0 interactive, 1 stage, 2 alert.
    pub priority: i64,
    /// `must_arrive` or `alert`.
    pub class: String,
    /// SMS segments.
    pub segments: i64,
    /// Sendings begun.
    pub attempts: i64,
    /// Sent again after an unknown outcome.
    pub possible_duplicate: bool,
    /// When it was queued, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it is due, or was.
    pub due_ms: i64,
    /// When it is of no more use.
    pub expires_ms: i64,
    /// When it last moved.
    pub changed_ms: i64,
    /// Where it can go; behind a `!` the channel that did not reach the number.
    pub route: String,
    /// Over which channel it was last sent; empty before that.
    pub channel: String,
}

/// One line of a message's attempt log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLine {
    /// The claim.
    pub fence: i64,
    /// `sending`, `accepted`, `temporary`, `permanent`, `unknown`, `blocked` or `lease_lost`.
    pub event: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// The masked exchange; empty where there was none.
    pub exchange: String,
}

/// One message with its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The message.
    pub message: Listed,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptLine>,
}

/// Up to `limit` messages older than `before_id` (`i64::MAX` to begin), newest first, of one status or of all.
pub fn list(tx: &mut Tx<'_>, status: Option<Status>, before_id: i64, limit: i64) -> Result<Vec<Listed>, Error> {
    let rows = match status {
        None => tx.query(
            "SELECT id, status, reason, template, priority, class, segments, attempts, possible_duplicate, created_ms,
               due_ms, expires_ms, changed_ms, route, channel
             FROM outbox WHERE id < $1 ORDER BY id DESC LIMIT $2",
            &[before_id.into(), limit.into()],
            listed,
        )?,
        Some(status) => tx.query(
            "SELECT id, status, reason, template, priority, class, segments, attempts, possible_duplicate, created_ms,
               due_ms, expires_ms, changed_ms, route, channel
             FROM outbox WHERE id < $1 AND status = $3 ORDER BY id DESC LIMIT $2",
            &[before_id.into(), limit.into(), status.code().into()],
            listed,
        )?,
    };
    Ok(rows)
}

/// One message with everything that was tried; `None` when there is none of this id.
pub fn show(tx: &mut Tx<'_>, id: i64) -> Result<Option<Shown>, Error> {
    let message = tx.query_one(
        "SELECT id, status, reason, template, priority, class, segments, attempts, possible_duplicate, created_ms,
           due_ms, expires_ms, changed_ms, route, channel
         FROM outbox WHERE id = $1",
        &[id.into()],
        listed,
    )?;
    let Some(message) = message else { return Ok(None) };
    // A fence is younger than those before it; within one, the sending comes before its outcome.
    let attempts = tx.query(
        "SELECT fence, event, at_ms, exchange FROM outbox_attempt WHERE message_id = $1
         ORDER BY fence, CASE WHEN event = 'sending' THEN 0 ELSE 1 END, at_ms, event",
        &[id.into()],
        |row| {
            Ok(AttemptLine {
                fence: row.integer(0)?,
                event: row.text(1)?.to_owned(),
                at_ms: row.integer(2)?,
                exchange: row.text(3)?.to_owned(),
            })
        },
    )?;
    Ok(Some(Shown { message, attempts }))
}

/// How many messages stand where, in the order of [`Status::ALL`]; statuses without messages are left out.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<(Status, i64)>, Error> {
    let mut counts = tx.query("SELECT status, COUNT(*) FROM outbox GROUP BY status", &[], |row| {
        Ok((status_of(row.text(0)?)?, row.integer(1)?))
    })?;
    counts.sort_unstable();
    Ok(counts)
}

/// What waits, of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// `must_arrive` or `alert`.
    pub class: String,
    /// Messages that wait, due or not.
    pub waiting: i64,
    /// When the one that is due longest was due; later than now when none is.
    pub oldest_due_ms: i64,
}

/// What waits, by class. Counts every message that is queued: milliseconds for a hundred thousand of them.
pub fn depths(tx: &mut Tx<'_>) -> Result<Vec<Depth>, Error> {
    const DEPTHS: &str = "SELECT class, COUNT(*), MIN(due_ms) FROM outbox WHERE status = 'queued' GROUP BY class \
        ORDER BY class";
    Ok(tx.query(DEPTHS, &[], |row| {
        Ok(Depth { class: row.text(0)?.to_owned(), waiting: row.integer(1)?, oldest_due_ms: row.integer(2)? })
    })?)
}

fn listed(row: &Row<'_>) -> Result<Listed, storage::Error> {
    Ok(Listed {
        id: row.integer(0)?,
        status: status_of(row.text(1)?)?,
        reason: row.text(2)?.to_owned(),
        template: row.text(3)?.to_owned(),
        priority: row.integer(4)?,
        class: row.text(5)?.to_owned(),
        segments: row.integer(6)?,
        attempts: row.integer(7)?,
        possible_duplicate: row.boolean(8)?,
        created_ms: row.integer(9)?,
        due_ms: row.integer(10)?,
        expires_ms: row.integer(11)?,
        changed_ms: row.integer(12)?,
        route: row.text(13)?.to_owned(),
        channel: row.text(14)?.to_owned(),
    })
}

fn status_of(code: &str) -> Result<Status, storage::Error> {
    Status::from_code(code).ok_or(storage::Error::Corrupt { what: "an outbox status" })
}
