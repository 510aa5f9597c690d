//! Writing what became of a sending. Only the claim that sent may write it: a sender that slept past its lease, and whose
//! message another has taken since, holds an old fence.

use std::sync::Arc;

use super::retry::ATTEMPTS_MAX;
use super::{Claimed, Class, Error, Status, UNKNOWN_WAIT_MS, caps, receipt};
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
    /// Not taken, and another channel may reach the number: to be tried there at once.
    Elsewhere,
    /// Not taken, for the channel cannot send: it goes back as if it had not been tried.
    Blocked {
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
            Verdict::Retry { .. } | Verdict::Elsewhere | Verdict::Blocked { .. } => Status::Queued,
            Verdict::Failed { .. } => Status::Failed,
            Verdict::Unknown => Status::Unknown,
        }
    }

    fn event(&self) -> &'static str {
        match self {
            Verdict::Accepted { .. } => "accepted",
            Verdict::Retry { .. } | Verdict::Elsewhere => "temporary",
            Verdict::Blocked { .. } => "blocked",
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

/// What a verdict is written with.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The channel that it was sent over.
    pub channel: Arc<str>,
    /// The claim under which the message was sent.
    pub fence: i64,
    /// How long beyond its own time a report on it is waited for; `None` where none comes.
    pub receipt_wait_ms: Option<i64>,
    /// Today, in days since the epoch, and what a segment costs: what did not leave is not counted.
    pub day: i64,
    /// In millionths of the currency.
    pub cost_micros: i64,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// Writes the verdict on a message, and the masked exchange into the attempt log.
///
/// A message whose lease ran out while it was being sent is *unknown*; if nobody has taken it since, a late "accepted" or
/// "failed" still counts, for it is knowledge. A late "try again" does not: then it would be sent by two.
pub fn settle(
    tx: &mut Tx<'_>,
    message: &Claimed,
    terms: &Terms,
    verdict: &Verdict,
    exchange: &str,
) -> Result<Settled, Error> {
    const SETTLE: &str = "UPDATE outbox SET status = $3, provider_id = $4, reason = $5, due_ms = COALESCE($6, due_ms), \
           changed_ms = $7, lease_until_ms = 0, attempts = attempts - $11, receipt_by_ms = $12, \
           route = CASE WHEN $13 = 1 THEN route || '!' || channel ELSE route END, \
           resend_ms = CASE WHEN class = $10 AND attempts < $14 THEN CAST($9 AS BIGINT) ELSE 0 END \
         WHERE id = $1 AND fence = $2 AND (status = 'sending' OR (status = 'unknown' AND $8 = 1))";
    let Terms { fence, receipt_wait_ms, now_ms, .. } = *terms;
    log(tx, message.id, fence, verdict.event(), now_ms, exchange)?;
    let (provider_id, reason) = match verdict {
        Verdict::Accepted { provider_id } => (provider_id.as_str(), ""),
        Verdict::Retry { .. } => ("", "temporary"),
        Verdict::Elsewhere => ("", "other_channel"),
        Verdict::Failed { reason } | Verdict::Blocked { reason } => ("", *reason),
        Verdict::Unknown => ("", "no_answer"),
    };
    let due_ms = match verdict {
        Verdict::Retry { due_ms } => Some(*due_ms),
        Verdict::Elsewhere => Some(now_ms),
        _ => None,
    };
    let knows = matches!(verdict, Verdict::Accepted { .. } | Verdict::Failed { .. });
    let resend_ms = if *verdict == Verdict::Unknown { resend_ms(now_ms) } else { 0 };
    let spent_none = matches!(verdict, Verdict::Blocked { .. });
    let receipt_by_ms = match (verdict, receipt_wait_ms) {
        (Verdict::Accepted { .. }, Some(wait_ms)) => message.expires_ms.max(now_ms).saturating_add(wait_ms),
        _ => 0,
    };
    let written = tx.execute(
        SETTLE,
        &[
            message.id.into(),
            fence.into(),
            verdict.status().code().into(),
            provider_id.into(),
            reason.into(),
            due_ms.into(),
            now_ms.into(),
            knows.into(),
            resend_ms.into(),
            Class::MustArrive.code().into(),
            i64::from(spent_none).into(),
            receipt_by_ms.into(),
            (*verdict == Verdict::Elsewhere).into(),
            ATTEMPTS_MAX.into(),
        ],
    )?;
    if written == 0 {
        return Ok(Settled::Stale);
    }
    if spent_none {
        caps::take_back(tx, &message.counted(terms.day, &terms.channel, terms.cost_micros))?;
    }
    if matches!(verdict, Verdict::Accepted { .. }) && receipt_wait_ms.is_some() {
        receipt::join_parked(tx, message.id, &terms.channel, provider_id, message.attempts > 0, now_ms)?;
    }
    Ok(Settled::Written)
}

/// When an unknown message is to be sent again.
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
