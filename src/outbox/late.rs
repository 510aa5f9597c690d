//! Answers that came after their message was given up as unknown: what they say is worth more than the doubt.
//!
//! A message that has gone on since, because a report decided it or somebody sends it again, is left as it is.

use super::retry::ATTEMPTS_MAX;
use super::settle::log;
use super::{Error, receipt};
use crate::storage::Tx;

/// What became of a message after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// The provider took it.
    Accepted {
        /// Its name of the message, in small letters.
        provider_id: String,
    },
    /// Not taken: it can be tried again without doubling it.
    NotTaken,
    /// Refused for good.
    Failed {
        /// A stable word.
        reason: &'static str,
    },
}

impl Late {
    fn status(&self) -> &'static str {
        match self {
            Late::Accepted { .. } => "accepted",
            Late::NotTaken => "queued",
            Late::Failed { .. } => "failed",
        }
    }

    fn event(&self) -> &'static str {
        match self {
            Late::Accepted { .. } => "accepted",
            Late::NotTaken => "temporary",
            Late::Failed { .. } => "permanent",
        }
    }
}

/// Ends the doubt about the message of this name of ours that was sent over `channel`; false when there was none (any
/// more). `receipt_wait_ms` as in [`super::Terms`].
pub fn late(
    tx: &mut Tx<'_>,
    channel: &str,
    client_ref: &str,
    late: &Late,
    receipt_wait_ms: Option<i64>,
    now_ms: i64,
) -> Result<bool, Error> {
    const END_DOUBT: &str = "UPDATE outbox SET status = $3, provider_id = $4, reason = $5, changed_ms = $6, resend_ms = 0, \
        due_ms = CASE WHEN $3 = 'queued' THEN CAST($6 AS BIGINT) ELSE due_ms END, \
        receipt_by_ms = CASE WHEN $7 > 0 THEN expires_ms + $7 ELSE 0 END \
        WHERE id = $1 AND channel = $2 AND status = 'unknown' AND (attempts < $8 OR $3 <> 'queued') RETURNING fence";
    let Some(id) = super::claim::id_of_ref(client_ref) else { return Ok(false) };
    let (provider_id, reason) = match late {
        Late::Accepted { provider_id } => (provider_id.as_str(), ""),
        Late::NotTaken => ("", "temporary"),
        Late::Failed { reason } => ("", *reason),
    };
    let waits_ms = if matches!(late, Late::Accepted { .. }) { receipt_wait_ms.unwrap_or_default() } else { 0 };
    let terms = [
        id.into(),
        channel.into(),
        late.status().into(),
        provider_id.into(),
        reason.into(),
        now_ms.into(),
        waits_ms.into(),
        ATTEMPTS_MAX.into(),
    ];
    let Some(fence) = tx.query_one(END_DOUBT, &terms, |row| row.integer(0))? else { return Ok(false) };
    log(tx, id, fence, late.event(), now_ms, &format!("{channel} answered late"))?;
    if waits_ms > 0 {
        receipt::join_parked(tx, id, channel, provider_id, true, now_ms)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig, open_numbers, settling, terms};
    use crate::outbox::{Class, Priority, Status, Verdict, settle, take_off};

    fn unknown(rig: &Rig, key: &str, class: Class) -> i64 {
        let id = rig.queue(key, class, Priority::Stage);
        let terms = terms(rig, rig.ids.block(rig.now_ms()).first());
        rig.tx(move |tx| {
            let messages = take_off(tx, &terms, 9, open_numbers)?.0.messages;
            settle(tx, &messages[0], &settling(terms.fence, None, NOW_MS), &Verdict::Unknown, "").map(drop)
        })
        .unwrap();
        id
    }

    #[test]
    fn a_late_answer_ends_the_doubt_about_its_message_once_and_on_its_channel_alone() {
        for rig in Rig::on_each_engine() {
            let says = |id: i64, channel: &'static str, what: Late| {
                rig.tx(move |tx| late(tx, channel, &format!("KZ{id:X}"), &what, Some(9), NOW_MS + 5)).unwrap()
            };
            let taken = unknown(&rig, "a", Class::MustArrive);
            let accepted = Late::Accepted { provider_id: "p1".to_owned() };
            assert!(!says(taken, "airtel", accepted.clone()));
            assert!(says(taken, "mtn", accepted.clone()));
            assert_eq!(rig.status(taken), Status::Accepted);
            assert!(!says(taken, "mtn", Late::NotTaken));
            let line = rig.shown(taken).attempts.pop().unwrap();
            assert_eq!((line.event.as_str(), line.exchange.as_str()), ("accepted", "mtn answered late"));

            let alert = unknown(&rig, "b", Class::Alert);
            assert!(says(alert, "mtn", Late::NotTaken));
            let message = rig.shown(alert).message;
            assert_eq!(
                (message.status, message.due_ms, message.possible_duplicate),
                (Status::Queued, NOW_MS + 5, false)
            );
            rig.tx(move |tx| crate::outbox::operate::cancel(tx, alert, NOW_MS).map(drop)).unwrap();

            let refused = unknown(&rig, "c", Class::Alert);
            assert!(says(refused, "mtn", Late::Failed { reason: "number" }));
            assert_eq!((rig.status(refused), rig.shown(refused).message.reason.as_str()), (Status::Failed, "number"));
            assert!(!says(7, "mtn", Late::NotTaken));
        }
    }
}
