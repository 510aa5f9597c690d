//! A day of the outbox in numbers, for the morning digest: what came of messages, what phones and providers sent. And
//! what is stuck just now.

use super::Status;
use crate::clock::first_id_at;
use crate::storage::{Error, Tx};

/// Messages that were queued longer ago do not move any more: the longest are of use for days, and reports are waited
/// for no longer. Identifiers are made from the time, so that the rest of the table is not read.
const MOVES_MAX_MS: i64 = 14 * 24 * 3_600_000;
/// How long a lease may be over before it is remarkable: whoever picks up what was left looks every few seconds.
const LEASE_OVER_MS: i64 = 60_000;

/// Messages that came to a state on the day and stayed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Became {
    /// The state.
    pub status: Status,
    /// `must_arrive` or `alert`.
    pub class: String,
    /// How many.
    pub messages: i64,
}

/// What came of messages between two moments. Each message is counted once, where it moved last; what is still on its
/// way is not counted.
pub fn became(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64) -> Result<Vec<Became>, Error> {
    const BECAME: &str = "SELECT status, class, COUNT(*) FROM outbox WHERE id >= $1 AND changed_ms >= $2 \
        AND changed_ms < $3 GROUP BY status, class ORDER BY status, class";
    let since = first_id_at(from_ms - MOVES_MAX_MS);
    let mut found = tx.query(BECAME, &[since.into(), from_ms.into(), to_ms.into()], |row| {
        let status = Status::from_code(row.text(0)?).ok_or(Error::Corrupt { what: "an outbox status" })?;
        Ok(Became { status, class: row.text(1)?.to_owned(), messages: row.integer(2)? })
    })?;
    found.retain(|became| !matches!(became.status, Status::Queued | Status::Sending));
    found.sort_by(|a, b| (a.status, &a.class).cmp(&(b.status, &b.class)));
    Ok(found)
}

/// Messages of a class that should have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// `must_arrive` or `alert`.
    pub class: String,
    /// How many.
    pub messages: i64,
    /// When the one that is due longest was due.
    pub oldest_due_ms: i64,
}

/// Messages that wait and have been due since before a moment.
pub fn overdue(tx: &mut Tx<'_>, due_before_ms: i64) -> Result<Vec<Overdue>, Error> {
    const OVERDUE: &str = "SELECT class, COUNT(*), MIN(due_ms) FROM outbox WHERE status = 'queued' AND due_ms < $1 \
        GROUP BY class ORDER BY class";
    tx.query(OVERDUE, &[due_before_ms.into()], |row| {
        Ok(Overdue { class: row.text(0)?.to_owned(), messages: row.integer(1)?, oldest_due_ms: row.integer(2)? })
    })
}

/// Messages that a sender took and did not account for in its time, nor anybody picked up since.
pub fn left_behind(tx: &mut Tx<'_>, now_ms: i64) -> Result<i64, Error> {
    const LEFT: &str = "SELECT COUNT(*) FROM outbox WHERE status = 'sending' AND lease_until_ms < $1";
    let left = tx.query_one(LEFT, &[(now_ms - LEASE_OVER_MS).into()], |row| row.integer(0))?;
    Ok(left.unwrap_or_default())
}

/// Messages from phones between two moments, by what they asked for; parts of longer ones as `part` and `joined`.
pub fn letters(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64) -> Result<Vec<(String, i64)>, Error> {
    const LETTERS: &str = "SELECT asked, COUNT(*) FROM inbound_sms WHERE received_ms >= $1 AND received_ms < $2 \
        GROUP BY asked ORDER BY asked";
    tx.query(LETTERS, &[from_ms.into(), to_ms.into()], |row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
}

/// Calls of providers between two moments that could not be read.
pub fn calls_refused(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64) -> Result<i64, Error> {
    const REFUSED: &str = "SELECT COUNT(*) FROM hook_call WHERE received_ms >= $1 AND received_ms < $2 \
        AND status = 'refused'";
    Ok(tx.query_one(REFUSED, &[from_ms.into(), to_ms.into()], |row| row.integer(0))?.unwrap_or_default())
}
