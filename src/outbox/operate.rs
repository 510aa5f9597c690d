//! The operator's hand on one message: send it again, or take it back.

use super::{Error, Status};
use crate::clock::first_id_at;
use crate::storage::{self, Tx};

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operated {
    /// It is done.
    Done,
    /// Not where the message stands.
    Not(Status),
    /// The message is past its time: nobody wants it any more.
    TooLate,
    /// There is no such message.
    Nothing,
}

/// Sends a message again, or at once if it waits. What is on its way, or has arrived, is not sent again. One whose outcome is
/// not known is marked: it may arrive twice.
pub fn retry(tx: &mut Tx<'_>, id: i64, now_ms: i64) -> Result<Operated, Error> {
    const RETRY: &str = "UPDATE outbox SET status = 'queued', due_ms = $2, changed_ms = $2, reason = 'operator', attempts = 0, \
        resend_ms = 0, receipt_by_ms = 0, lease_until_ms = 0, \
        possible_duplicate = CASE WHEN status IN ('unknown', 'no_receipt') THEN 1 ELSE possible_duplicate END \
        WHERE id = $1 AND expires_ms > $2 \
        AND status IN ('queued', 'failed', 'unknown', 'no_receipt', 'undelivered', 'cancelled')";
    if tx.execute(RETRY, &[id.into(), now_ms.into()])? == 1 {
        return Ok(Operated::Done);
    }
    let Some((status, expires_ms)) = standing(tx, id)? else { return Ok(Operated::Nothing) };
    let ended = !matches!(status, Status::Sending | Status::Accepted | Status::Delivered);
    Ok(if ended && expires_ms <= now_ms { Operated::TooLate } else { Operated::Not(status) })
}

/// Takes a message back that has not left.
pub fn cancel(tx: &mut Tx<'_>, id: i64, now_ms: i64) -> Result<Operated, Error> {
    const CANCEL: &str = "UPDATE outbox SET status = 'cancelled', reason = 'operator', changed_ms = $2, resend_ms = 0, \
        lease_until_ms = 0 WHERE id = $1 AND status = 'queued'";
    const GIVE_UP: &str = "UPDATE outbox SET resend_ms = 0, changed_ms = $2 WHERE id = $1 AND status = 'unknown' \
        AND resend_ms > 0";
    let order = [id.into(), now_ms.into()];
    if tx.execute(CANCEL, &order)? == 1 || tx.execute(GIVE_UP, &order)? == 1 {
        return Ok(Operated::Done);
    }
    Ok(standing(tx, id)?.map_or(Operated::Nothing, |(status, _)| Operated::Not(status)))
}

/// Alerts of one vacancy that are cancelled at once.
const ALERTS_AT_ONCE: u64 = 200;

/// Whether the message of this cause has left: whoever it is for may have read it.
pub fn has_left(tx: &mut Tx<'_>, operation_key: &str) -> Result<bool, storage::Error> {
    const LEFT: &str = "SELECT COUNT(*) FROM outbox WHERE operation_key = $1 AND status <> 'queued' \
        AND status <> 'cancelled'";
    Ok(tx.query_one(LEFT, &[operation_key.into()], |row| row.integer(0))?.unwrap_or_default() > 0)
}

/// Whether a network has taken the message of this cause, and did not say that it could not be delivered.
pub fn was_taken(tx: &mut Tx<'_>, operation_key: &str) -> Result<bool, storage::Error> {
    const TAKEN: &str = "SELECT COUNT(*) FROM outbox WHERE operation_key = $1 \
        AND (status = 'accepted' OR status = 'delivered' OR status = 'no_receipt')";
    Ok(tx.query_one(TAKEN, &[operation_key.into()], |row| row.integer(0))?.unwrap_or_default() > 0)
}

/// Cancels some alerts of a vacancy that wait to be sent; answers how many, at most two hundred. An alert is known by its
/// operation key, `alert/VACANCY/...`.
pub fn cancel_alerts(tx: &mut Tx<'_>, vacancy: i64, now_ms: i64) -> Result<u64, storage::Error> {
    const CANCEL: &str = "UPDATE outbox SET status = 'cancelled', reason = 'job_held', changed_ms = $3 WHERE id IN \
        (SELECT id FROM outbox WHERE operation_key > $1 AND operation_key < $2 AND status = 'queued' \
        ORDER BY operation_key LIMIT 200) AND status = 'queued'";
    // What comes after `/` in the alphabet is `0`.
    let (from, to) = (format!("alert/{vacancy}/"), format!("alert/{vacancy}0"));
    let cancelled = tx.execute(CANCEL, &[(&from).into(), (&to).into(), now_ms.into()])?;
    Ok(cancelled.min(ALERTS_AT_ONCE))
}

fn standing(tx: &mut Tx<'_>, id: i64) -> Result<Option<(Status, i64)>, storage::Error> {
    let known = "SELECT status, expires_ms FROM outbox WHERE id = $1";
    tx.query_one(known, &[id.into()], |row| {
        let status = Status::from_code(row.text(0)?).ok_or(storage::Error::Corrupt { what: "an outbox status" })?;
        Ok((status, row.integer(1)?))
    })
}

/// Forgets what was tried with messages that were queued before `before_ms`, of at most `limit` lines all that belongs to their
/// messages; answers how many went.
pub fn forget_attempts(tx: &mut Tx<'_>, before_ms: i64, limit: i64) -> Result<u64, Error> {
    const FORGET: &str = "DELETE FROM outbox_attempt WHERE message_id IN \
        (SELECT message_id FROM outbox_attempt WHERE message_id < $1 ORDER BY message_id LIMIT $2)";
    Ok(tx.execute(FORGET, &[first_id_at(before_ms).into(), limit.into()])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig, USE_MS, open_numbers, settling, terms};
    use crate::outbox::{Class, Priority, Verdict, settle, take_off};

    fn sent(rig: &Rig, key: &str, verdict: Verdict) -> i64 {
        let id = rig.queue(key, Class::Alert, Priority::Stage);
        let terms = terms(rig, rig.ids.block(rig.now_ms()).first());
        rig.tx(move |tx| {
            let messages = take_off(tx, &terms, 9, open_numbers)?.0.messages;
            settle(tx, &messages[0], &settling(terms.fence, None, NOW_MS), &verdict, "").map(drop)
        })
        .unwrap();
        id
    }

    #[test]
    fn a_message_is_sent_again_where_that_cannot_double_it_unseen() {
        for rig in Rig::on_each_engine() {
            let retried = |id: i64, now_ms: i64| rig.tx(move |tx| retry(tx, id, now_ms)).unwrap();
            let unknown = sent(&rig, "a", Verdict::Unknown);
            assert_eq!(retried(unknown, NOW_MS), Operated::Done);
            let message = rig.shown(unknown).message;
            assert_eq!((message.status, message.attempts, message.possible_duplicate), (Status::Queued, 0, true));
            let taken = rig.tx(move |tx| cancel(tx, unknown, NOW_MS)).unwrap();
            assert_eq!((taken, rig.status(unknown)), (Operated::Done, Status::Cancelled));
            let accepted = sent(&rig, "b", Verdict::Accepted { provider_id: "x".to_owned() });
            assert_eq!(retried(accepted, NOW_MS), Operated::Not(Status::Accepted));
            let failed = sent(&rig, "c", Verdict::Failed { reason: "refused" });
            assert_eq!(retried(failed, NOW_MS + USE_MS), Operated::TooLate);
            assert_eq!(retried(failed, NOW_MS), Operated::Done);
            assert!(!rig.shown(failed).message.possible_duplicate);
            assert_eq!(retried(7, NOW_MS), Operated::Nothing);
        }
    }

    #[test]
    fn what_has_left_is_not_taken_back() {
        for rig in Rig::on_each_engine() {
            let cancelled = |id: i64| rig.tx(move |tx| cancel(tx, id, NOW_MS)).unwrap();
            let accepted = sent(&rig, "a", Verdict::Accepted { provider_id: "x".to_owned() });
            assert_eq!(cancelled(accepted), Operated::Not(Status::Accepted));
            assert_eq!(cancelled(7), Operated::Nothing);
            assert_eq!(rig.tx(|tx| forget_attempts(tx, NOW_MS + 1, 99)).unwrap(), 2);
        }
    }
}
