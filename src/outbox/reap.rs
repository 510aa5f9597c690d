//! Picking up what a crash, a lost commit or a lost answer left behind: leases that ran out, outcomes that stayed unknown.

use super::retry::ATTEMPTS_MAX;
use super::settle::{log, resend_ms};
use super::{Class, Error};
use crate::storage::{self, Tx};

/// How long an unknown must-arrive message waits for its delivery report before it is sent again: 10 minutes.
/// Nearly all reports come within one; a second SMS is worse than a late one only while the first may still come.
pub const UNKNOWN_WAIT_MS: i64 = 10 * 60_000;
/// Rows of each kind in one transaction, which may hold up the writer for 5 ms at most.
const ROWS_MAX: i64 = 100;

/// What [`reap()`] moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Sendings that ran out: unknown.
    pub unknown: u64,
    /// Unknown must-arrive messages: queued again, marked as possible duplicates. As often as a message is tried at all: one
    /// that was unknown twice and had arrived neither time would be lost.
    pub resent: u64,
    /// Unknown must-arrive messages whose time has passed: left as they are.
    pub given_up: u64,
    /// Accepted messages on which no report came in time.
    pub no_receipt: u64,
}

impl Reaped {
    /// Whether a whole round was used up, so that more may be waiting.
    pub fn is_full(&self) -> bool {
        let full = ROWS_MAX.unsigned_abs();
        [self.unknown, self.resent, self.given_up, self.no_receipt].iter().any(|rows| *rows >= full)
    }
}

/// Moves on what has waited long enough at `now_ms`. Alerts that are unknown stay so: twice is worse than never.
pub fn reap(tx: &mut Tx<'_>, now_ms: i64) -> Result<Reaped, Error> {
    let given_up = tx.execute(
        "UPDATE outbox SET resend_ms = 0, changed_ms = $1 WHERE id IN (
           SELECT id FROM outbox WHERE resend_ms > 0 AND resend_ms <= $1 AND expires_ms <= $1
           ORDER BY resend_ms, id LIMIT $2)",
        &[now_ms.into(), ROWS_MAX.into()],
    )?;
    let resent = tx.execute(
        "UPDATE outbox SET status = 'queued', possible_duplicate = 1, resend_ms = 0, due_ms = $1, changed_ms = $1,
           reason = 'resent'
         WHERE status = 'unknown' AND id IN (
           SELECT id FROM outbox WHERE resend_ms > 0 AND resend_ms <= $1 AND expires_ms > $1
           ORDER BY resend_ms, id LIMIT $2)",
        &[now_ms.into(), ROWS_MAX.into()],
    )?;
    let no_receipt = tx.execute(
        "UPDATE outbox SET status = 'no_receipt', receipt_by_ms = 0, changed_ms = $1 WHERE status = 'accepted' AND id IN (
           SELECT id FROM outbox WHERE receipt_by_ms > 0 AND receipt_by_ms <= $1 ORDER BY receipt_by_ms, id LIMIT $2)",
        &[now_ms.into(), ROWS_MAX.into()],
    )?;
    Ok(Reaped { unknown: lose_leases(tx, now_ms)?, resent, given_up, no_receipt })
}

fn lose_leases(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, storage::Error> {
    let lost = tx.query(
        "UPDATE outbox SET status = 'unknown', reason = 'lease_lost', lease_until_ms = 0, changed_ms = $1,
           resend_ms = CASE WHEN class = $3 AND attempts < $5 THEN CAST($4 AS BIGINT) ELSE 0 END
         WHERE status = 'sending' AND id IN (
           SELECT id FROM outbox WHERE status = 'sending' AND lease_until_ms <= $1 ORDER BY lease_until_ms, id LIMIT $2)
         RETURNING id, fence",
        &[
            now_ms.into(),
            ROWS_MAX.into(),
            Class::MustArrive.code().into(),
            resend_ms(now_ms).into(),
            ATTEMPTS_MAX.into(),
        ],
        |row| Ok((row.integer(0)?, row.integer(1)?)),
    )?;
    for (id, fence) in &lost {
        log(tx, *id, *fence, "lease_lost", now_ms, "")?;
    }
    Ok(u64::try_from(lost.len()).unwrap_or(u64::MAX))
}
