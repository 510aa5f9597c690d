//! Delivery reports: each is kept, and moves its message forward if it says more than was known.
//!
//! A report may come before the answer to the sending it tells of, twice, late, or against an earlier one. So it is written
//! down first and joined to its message when both are there: here when the report is the later of the two, in
//! [`join_parked`] when the message is.

use super::Error;
use crate::clock::first_id_at;
use crate::gateway::sms::{About, Receipt, Reported};
use crate::storage::{self, Tx};

/// How long after a message has expired its report is waited for.
pub const WAIT_MS: i64 = 24 * 3_600_000;

/// As stored.
fn code(reported: Reported) -> &'static str {
    match reported {
        Reported::InFlight => "in_flight",
        Reported::Delivered => "delivered",
        Reported::Undelivered => "undelivered",
        Reported::Expired => "expired",
        Reported::Unclear => "unclear",
    }
}

/// The name under which a report and a message find each other: providers change the case of their own.
fn key(about: &About) -> String {
    match about {
        About::ProviderId(id) => format!("p:{}", id.to_ascii_lowercase()),
        About::ClientRef(id) => format!("o:{}", id.to_ascii_lowercase()),
    }
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The message moved.
    Moved,
    /// It says nothing new, or what contradicts a final state: it is kept.
    Kept,
    /// No message of this name is known: it waits.
    Parked,
}

/// Writes a report down under `id` and moves its message.
pub fn take(tx: &mut Tx<'_>, id: i64, channel: &str, receipt: &Receipt, now_ms: i64) -> Result<Joined, Error> {
    const BY_PROVIDER: &str =
        "SELECT id FROM outbox WHERE channel = $1 AND provider_id = $2 AND provider_id <> '' LIMIT 1";
    const OURS: &str = "SELECT id FROM outbox WHERE id = $1 AND channel = $2";
    const WRITE: &str = "INSERT INTO receipt (id, channel, about, reported, detail, received_ms, message_id) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    let message_id = match &receipt.about {
        About::ProviderId(name) => {
            let name = name.to_ascii_lowercase();
            tx.query_one(BY_PROVIDER, &[channel.into(), name.as_str().into()], |row| row.integer(0))?
        }
        About::ClientRef(_) => None,
    };
    // Some providers use our name as theirs, also for a message whose acceptance we have not heard.
    let (About::ProviderId(name) | About::ClientRef(name)) = &receipt.about;
    let message_id = match (message_id, super::claim::id_of_ref(name)) {
        (None, Some(id)) => tx.query_one(OURS, &[id.into(), channel.into()], |row| row.integer(0))?,
        (found, _) => found,
    };
    let about = key(&receipt.about);
    let row = [
        id.into(),
        channel.into(),
        about.as_str().into(),
        code(receipt.reported).into(),
        receipt.detail.as_str().into(),
        now_ms.into(),
        message_id.unwrap_or_default().into(),
    ];
    tx.execute(WRITE, &row)?;
    let Some(message_id) = message_id else { return Ok(Joined::Parked) };
    Ok(if advance(tx, message_id, receipt.reported, now_ms)? { Joined::Moved } else { Joined::Kept })
}

/// Joins the reports that came before their message was known to be accepted. `provider_id` may be empty. `is_repeat`: it was sent
/// before, so that reports on that may be known, too.
pub fn join_parked(
    tx: &mut Tx<'_>,
    message_id: i64,
    channel: &str,
    provider_id: &str,
    is_repeat: bool,
    now_ms: i64,
) -> Result<(), storage::Error> {
    const PARKED: &str =
        "SELECT id, reported FROM receipt WHERE channel = $1 AND about = $2 AND message_id = 0 ORDER BY id";
    const JOIN: &str = "UPDATE receipt SET message_id = $2 WHERE id = $1 AND message_id = 0";
    const KNOWN: &str = "SELECT reported FROM receipt WHERE message_id = $1 AND message_id > 0 ORDER BY id";
    let about = if provider_id.is_empty() {
        About::ClientRef(super::claim::ref_of(message_id))
    } else {
        About::ProviderId(provider_id.to_owned())
    };
    let about = key(&about);
    let parked = tx.query(PARKED, &[channel.into(), about.as_str().into()], |row| {
        Ok((row.integer(0)?, row.text(1)?.to_owned()))
    })?;
    for (id, _) in &parked {
        tx.execute(JOIN, &[(*id).into(), message_id.into()])?;
    }
    // Also those that came while the message was on its way again.
    let known = if is_repeat {
        tx.query(KNOWN, &[message_id.into()], |row| Ok(row.text(0)?.to_owned()))?
    } else {
        parked.into_iter().map(|(_, reported)| reported).collect()
    };
    for reported in known {
        let all =
            [Reported::Delivered, Reported::Undelivered, Reported::Expired, Reported::InFlight, Reported::Unclear];
        if let Some(reported) = all.into_iter().find(|known| code(*known) == reported) {
            advance(tx, message_id, reported, now_ms)?;
        }
    }
    Ok(())
}

/// Moves a message forward. What is final stays: a contradiction is kept as a report, not acted upon.
fn advance(tx: &mut Tx<'_>, message_id: i64, reported: Reported, now_ms: i64) -> Result<bool, storage::Error> {
    // A list of more than two is made a table for every report.
    const ADVANCE: &str = "UPDATE outbox SET status = $2, reason = $3, changed_ms = $4, receipt_by_ms = 0, resend_ms = 0, \
        lease_until_ms = 0 \
        WHERE id = $1 AND (status = 'sending' OR status = 'unknown' OR status = 'accepted' OR status = 'no_receipt' \
        OR (status = 'queued' AND attempts > 0 AND $2 = 'delivered'))";
    let (status, reason) = match reported {
        Reported::Delivered => ("delivered", ""),
        Reported::Undelivered => ("undelivered", "refused_by_phone"),
        Reported::Expired => ("undelivered", "phone_not_reached"),
        Reported::InFlight | Reported::Unclear => return Ok(false),
    };
    Ok(tx.execute(ADVANCE, &[message_id.into(), status.into(), reason.into(), now_ms.into()])? == 1)
}

/// One report, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptLine {
    /// `in_flight`, `delivered`, `undelivered`, `expired` or `unclear`.
    pub reported: String,
    /// The provider's own word.
    pub detail: String,
    /// When it came, in milliseconds since the epoch.
    pub received_ms: i64,
}

/// The reports of a message, oldest first.
pub fn of_message(tx: &mut Tx<'_>, message_id: i64) -> Result<Vec<ReceiptLine>, storage::Error> {
    const OF: &str = "SELECT reported, detail, received_ms FROM receipt WHERE message_id = $1 AND message_id > 0 \
        ORDER BY id";
    tx.query(OF, &[message_id.into()], |row| {
        Ok(ReceiptLine {
            reported: row.text(0)?.to_owned(),
            detail: row.text(1)?.to_owned(),
            received_ms: row.integer(2)?,
        })
    })
}

/// Reports that wait for their message.
pub fn parked(tx: &mut Tx<'_>) -> Result<i64, storage::Error> {
    let count = tx.query_one("SELECT COUNT(*) FROM receipt WHERE message_id = 0", &[], |row| row.integer(0))?;
    Ok(count.unwrap_or_default())
}

/// Forgets reports that came before `before_ms`, at most `limit`; answers how many went.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64, limit: i64) -> Result<u64, storage::Error> {
    const FORGET: &str = "DELETE FROM receipt WHERE id IN (SELECT id FROM receipt WHERE id < $1 ORDER BY id LIMIT $2)";
    tx.execute(FORGET, &[first_id_at(before_ms).into(), limit.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig, open_numbers, settling, terms};
    use crate::outbox::{Claimed, Class, Priority, Status, Verdict, settle, take_off};

    /// A message that was sent over the channel `mtn`, and its verdict if there is one already.
    fn sent(rig: &Rig, key: &str, verdict: Option<Verdict>) -> Claimed {
        rig.queue(key, Class::MustArrive, Priority::Stage);
        let terms = terms(rig, 1);
        rig.tx(move |tx| {
            let message = take_off(tx, &terms, 9, open_numbers)?.0.messages.remove(0);
            if let Some(verdict) = &verdict {
                settle(tx, &message, &settling(1, Some(WAIT_MS), NOW_MS), verdict, "")?;
            }
            Ok(message)
        })
        .unwrap()
    }

    fn taken(rig: &Rig, about: About, reported: Reported) -> Joined {
        let id = rig.ids.block(rig.now_ms()).first();
        let receipt = Receipt { about, reported, detail: "d".to_owned() };
        rig.tx(move |tx| take(tx, id, "mtn", &receipt, NOW_MS)).unwrap()
    }

    fn accepted(provider_id: &str) -> Verdict {
        Verdict::Accepted { provider_id: provider_id.to_owned() }
    }

    fn named(id: &str) -> About {
        About::ProviderId(id.to_owned())
    }

    #[test]
    fn reports_move_a_message_forward_and_never_back() {
        for rig in Rig::on_each_engine() {
            let id = sent(&rig, "a", Some(accepted("ab1"))).id;
            assert_eq!(taken(&rig, named("AB1"), Reported::InFlight), Joined::Kept);
            assert_eq!(rig.status(id), Status::Accepted);
            assert_eq!(taken(&rig, named("Ab1"), Reported::Delivered), Joined::Moved, "letter case is no name");
            assert_eq!(taken(&rig, named("ab1"), Reported::Undelivered), Joined::Kept, "a contradiction is kept");
            assert_eq!(taken(&rig, named("ab1"), Reported::Delivered), Joined::Kept);
            assert_eq!(rig.status(id), Status::Delivered);
            assert_eq!(rig.tx(move |tx| Ok(of_message(tx, id)?)).unwrap().len(), 4);
            assert_eq!(taken(&rig, named("zz"), Reported::Delivered), Joined::Parked);
            assert_eq!(rig.tx(|tx| Ok(parked(tx)?)).unwrap(), 1);
            assert_eq!(rig.tx(|tx| Ok(forget(tx, NOW_MS + 1, 99)?)).unwrap(), 5);
        }
    }

    #[test]
    fn a_report_that_is_faster_than_the_answer_waits_for_it() {
        for rig in Rig::on_each_engine() {
            let message = sent(&rig, "a", None);
            let id = message.id;
            assert_eq!(taken(&rig, named("X-7"), Reported::Delivered), Joined::Parked);
            rig.tx(move |tx| settle(tx, &message, &settling(1, Some(WAIT_MS), NOW_MS), &accepted("x-7"), "")).unwrap();
            assert_eq!(rig.status(id), Status::Delivered);
            assert_eq!(rig.tx(|tx| Ok(parked(tx)?)).unwrap(), 0);
        }
    }

    #[test]
    fn a_report_by_our_own_name_ends_what_was_unknown() {
        for rig in Rig::on_each_engine() {
            let id = sent(&rig, "a", Some(Verdict::Unknown)).id;
            let ours = About::ClientRef(crate::outbox::claim::ref_of(id));
            assert_eq!(taken(&rig, ours, Reported::Delivered), Joined::Moved);
            assert_eq!(rig.status(id), Status::Delivered);
            rig.clock.advance(crate::outbox::UNKNOWN_WAIT_MS);
            let now_ms = rig.now_ms();
            assert_eq!(rig.tx(move |tx| crate::outbox::reap(tx, now_ms)).unwrap().resent, 0, "it is not sent again");
            assert_eq!(taken(&rig, About::ClientRef("nonsense".into()), Reported::Delivered), Joined::Parked);
        }
    }
}
