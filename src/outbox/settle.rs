//! Writing what became of a sending. Only the claim that sent may write it: a sender that slept past its lease, and whose
//! message another has taken since, holds an old fence.

use super::{Class, Error, Status, UNKNOWN_WAIT_MS};
use crate::storage::{self, Tx};

/// What a sending came to, decided by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider took it.
    Accepted {
        /// Its name of the message.
        provider_id: String,
    },
    /// Not taken; to be tried again at this time, in milliseconds since the epoch.
    Retry {
        /// When.
        due_ms: i64,
    },
    /// It will never be taken, or was tried often enough.
    Failed {
        /// A stable word.
        reason: &'static str,
    },
    /// Not known.
    Unknown,
}

impl Verdict {
    fn status(&self) -> Status {
        match self {
            Verdict::Accepted { .. } => Status::Accepted,
            Verdict::Retry { .. } => Status::Queued,
            Verdict::Failed { .. } => Status::Failed,
            Verdict::Unknown => Status::Unknown,
        }
    }

    fn event(&self) -> &'static str {
        match self {
            Verdict::Accepted { .. } => "accepted",
            Verdict::Retry { .. } => "temporary",
            Verdict::Failed { .. } => "permanent",
            Verdict::Unknown => "unknown",
        }
    }
}

/// Whether a verdict counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is written.
    Written,
    /// It came too late: the message has gone on without it. The attempt log has it all the same.
    Stale,
}

/// Writes the verdict on message `id`, sent under `fence`, and the masked exchange into the attempt log.
///
/// A message whose lease ran out while it was being sent is *unknown*; if nobody has taken it since, a late "accepted" or
/// "failed" still counts, for it is knowledge. A late "try again" does not: then it would be sent by two.
pub fn settle(
    tx: &mut Tx<'_>,
    id: i64,
    fence: i64,
    verdict: &Verdict,
    exchange: &str,
    now_ms: i64,
) -> Result<Settled, Error> {
    log(tx, id, fence, verdict.event(), now_ms, exchange)?;
    let (provider_id, reason) = match verdict {
        Verdict::Accepted { provider_id } => (provider_id.as_str(), ""),
        Verdict::Retry { .. } => ("", "temporary"),
        Verdict::Failed { reason } => ("", *reason),
        Verdict::Unknown => ("", "no_answer"),
    };
    let due_ms = if let Verdict::Retry { due_ms } = verdict { Some(*due_ms) } else { None };
    let knows = matches!(verdict, Verdict::Accepted { .. } | Verdict::Failed { .. });
    let resend_ms = if *verdict == Verdict::Unknown { resend_ms(now_ms) } else { 0 };
    let row = tx.query_one(
        "UPDATE outbox SET status = $3, provider_id = $4, reason = $5, due_ms = COALESCE($6, due_ms), changed_ms = $7,
           lease_until_ms = 0,
           resend_ms = CASE WHEN class = $10 AND possible_duplicate = 0 THEN CAST($9 AS BIGINT) ELSE 0 END
         WHERE id = $1 AND fence = $2 AND (status = 'sending' OR (status = 'unknown' AND $8 = 1)) RETURNING id",
        &[
            id.into(),
            fence.into(),
            verdict.status().code().into(),
            provider_id.into(),
            reason.into(),
            due_ms.into(),
            now_ms.into(),
            knows.into(),
            resend_ms.into(),
            Class::MustArrive.code().into(),
        ],
        |row| row.integer(0),
    )?;
    Ok(row.map_or(Settled::Stale, |_| Settled::Written))
}

/// When an unknown message is to be sent once more.
pub(super) fn resend_ms(now_ms: i64) -> i64 {
    now_ms.saturating_add(UNKNOWN_WAIT_MS)
}

/// One line of the attempt log. A transaction that runs again finds its line there.
pub(super) fn log(
    tx: &mut Tx<'_>,
    message_id: i64,
    fence: i64,
    event: &'static str,
    at_ms: i64,
    exchange: &str,
) -> Result<(), storage::Error> {
    tx.execute(
        "INSERT INTO outbox_attempt (message_id, fence, event, at_ms, exchange) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (message_id, fence, event) DO NOTHING",
        &[message_id.into(), fence.into(), event.into(), at_ms.into(), exchange.into()],
    )?;
    Ok(())
}
