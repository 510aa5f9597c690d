//! A person's messages when they leave: taken back where they have not left, and emptied of whom they were for. The same for
//! what was written to a number on which nobody was known, by the number and by age.

use super::Error;
use crate::clock::first_id_at;
use crate::storage::Tx;

/// Takes back what has not left of a person's messages, and sends none of the rest again. Answers how many were taken back.
/// `alerts`: those by which they were told of vacancies, which are not looked for by the person.
///
/// What is on its way arrives or not: nobody can call it back.
pub fn withdraw_all(
    tx: &mut Tx<'_>,
    (person_id, alerts): (i64, &[i64]),
    reason: &'static str,
    now_ms: i64,
) -> Result<u64, Error> {
    const TAKE_BACK: &str = "UPDATE outbox SET status = 'cancelled', reason = $2, changed_ms = $3, resend_ms = 0, \
        lease_until_ms = 0 WHERE person_id = $1 AND person_id > 0 AND template <> 'job_alert' \
        AND template <> 'job_alert_abroad' AND status = 'queued'";
    const GIVE_UP: &str = "UPDATE outbox SET resend_ms = 0, changed_ms = $2 \
        WHERE person_id = $1 AND person_id > 0 AND template <> 'job_alert' AND template <> 'job_alert_abroad' \
        AND status = 'unknown' AND resend_ms > 0";
    // An alert of which nothing is known is never sent again.
    const ALERT: &str =
        "UPDATE outbox SET status = 'cancelled', reason = $2, changed_ms = $3 WHERE id = $1 AND status = 'queued'";
    let mut taken_back = tx.execute(TAKE_BACK, &[person_id.into(), reason.into(), now_ms.into()])?;
    tx.execute(GIVE_UP, &[person_id.into(), now_ms.into()])?;
    for alert in alerts {
        taken_back += tx.execute(ALERT, &[(*alert).into(), reason.into(), now_ms.into()])?;
    }
    Ok(taken_back)
}

/// Empties a person's messages: number, words and person go, the counts stay. What becomes of one that is on its way is noted
/// all the same; it is not sent again, for its time is over. `alerts` as with [`withdraw_all`].
pub fn empty_all(tx: &mut Tx<'_>, (person_id, alerts): (i64, &[i64])) -> Result<(), Error> {
    const EMPTY: &str = "UPDATE outbox SET person_id = NULL, address = $2, address_hmac = $2, prefix_hmac = $2, body = $2, \
        expires_ms = 0 WHERE person_id = $1 AND person_id > 0 AND template <> 'job_alert' AND template <> 'job_alert_abroad'";
    let none: &[u8] = &[];
    tx.execute(EMPTY, &[person_id.into(), none.into()])?;
    alerts.iter().try_for_each(|alert| empty(tx, *alert))
}

/// Empties one message, whatever became of it: the receipt of an erasure, once it has arrived; an alert of long ago.
pub fn empty(tx: &mut Tx<'_>, message_id: i64) -> Result<(), Error> {
    const EMPTY: &str = "UPDATE outbox SET person_id = NULL, address = $2, address_hmac = $2, prefix_hmac = $2, body = $2, \
        expires_ms = 0 WHERE id = $1";
    let none: &[u8] = &[];
    tx.execute(EMPTY, &[message_id.into(), none.into()])?;
    Ok(())
}

/// Takes back and empties what was written to a number without naming a person: answers to who was not registered. The receipt of
/// an erasure stays until its own time ([`empty`]).
pub fn empty_of_number(tx: &mut Tx<'_>, address_hmac: &[u8], now_ms: i64) -> Result<u64, Error> {
    const TAKE_BACK: &str = "UPDATE outbox SET status = 'cancelled', reason = 'erased', changed_ms = $2, lease_until_ms = 0 \
        WHERE address_hmac = $1 AND person_id IS NULL AND length(body) > 0 AND template <> 'data_erased' \
        AND status = 'queued'";
    const EMPTY: &str = "UPDATE outbox SET address = $2, address_hmac = $2, prefix_hmac = $2, body = $2, expires_ms = 0, \
        resend_ms = 0 \
        WHERE address_hmac = $1 AND person_id IS NULL AND length(body) > 0 AND template <> 'data_erased'";
    let none: &[u8] = &[];
    tx.execute(TAKE_BACK, &[address_hmac.into(), now_ms.into()])?;
    Ok(tx.execute(EMPTY, &[address_hmac.into(), none.into()])?)
}

/// Empties messages that name no person and are over since before `before_ms`, at most `limit`; answers how many. Events for
/// endpoints are none of them: whom they are about is known there.
pub fn empty_old(tx: &mut Tx<'_>, before_ms: i64, limit: i64) -> Result<u64, Error> {
    const EMPTY: &str = "UPDATE outbox SET address = $3, address_hmac = $3, prefix_hmac = $3, body = $3, expires_ms = 0 \
        WHERE id IN (SELECT id FROM outbox WHERE person_id IS NULL AND endpoint_id = 0 AND length(body) > 0 AND id < $4 \
        AND changed_ms < $1 AND resend_ms = 0 AND status <> 'queued' AND status <> 'sending' \
        ORDER BY id LIMIT $2)";
    let none: &[u8] = &[];
    let made_before = first_id_at(before_ms);
    Ok(tx.execute(EMPTY, &[before_ms.into(), limit.into(), none.into(), made_before.into()])?)
}

/// Forgets the messages that came from a number.
pub fn forget_letters(tx: &mut Tx<'_>, msisdn_hmac: &[u8]) -> Result<u64, Error> {
    const FORGET: &str = "DELETE FROM inbound_sms WHERE msisdn_hmac = $1";
    Ok(tx.execute(FORGET, &[msisdn_hmac.into()])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::claim::candidates;
    use crate::outbox::mark::mark;
    use crate::outbox::rig::{NOW_MS, Rig, open_numbers, settling, terms};
    use crate::outbox::{Class, Priority, Status, Verdict, settle, take_off};

    /// How many rows still have words or a number in them.
    fn full(rig: &Rig) -> i64 {
        let full =
            "SELECT COUNT(*) FROM outbox WHERE length(body) > 0 OR length(address) > 0 OR length(address_hmac) > 0";
        rig.tx(move |tx| tx.query_one(full, &[], |row| row.integer(0)).map_err(Error::from)).unwrap().unwrap()
    }

    #[test]
    fn what_names_no_person_is_emptied_when_it_is_old_and_over() {
        for rig in Rig::on_each_engine() {
            let sent = rig.queue("answer", Class::MustArrive, Priority::Interactive);
            let terms = terms(&rig, rig.ids.block(rig.now_ms()).first());
            rig.tx(move |tx| {
                let messages = take_off(tx, &terms, 9, open_numbers)?.0.messages;
                let never = Verdict::Failed { reason: "bad_number" };
                settle(tx, &messages[0], &settling(terms.fence, None, NOW_MS), &never, "").map(drop)
            })
            .unwrap();
            let of_person = rig.queue("of a person", Class::MustArrive, Priority::Stage);
            rig.tx(move |tx| {
                let of = "UPDATE outbox SET person_id = 7, status = 'failed' WHERE id = $1";
                tx.execute(of, &[of_person.into()]).map_err(Error::from)
            })
            .unwrap();
            rig.queue("waits", Class::MustArrive, Priority::Stage);
            assert_eq!(rig.tx(|tx| empty_old(tx, NOW_MS, 9)).unwrap(), 0, "not old yet");
            assert_eq!(rig.tx(|tx| empty_old(tx, NOW_MS + 1, 9)).unwrap(), 1);
            assert_eq!(rig.tx(|tx| empty_old(tx, NOW_MS + 1, 9)).unwrap(), 0);
            assert_eq!((full(&rig), rig.status(sent)), (2, Status::Failed), "what became of it is known all the same");
        }
    }

    #[test]
    fn what_was_written_to_a_number_goes_with_the_number_but_for_the_receipt() {
        for rig in Rig::on_each_engine() {
            let answer = rig.queue("answer", Class::MustArrive, Priority::Interactive);
            let receipt = rig.queue_as("receipt", |new| new.template = "data_erased").unwrap().0;
            let hash = "SELECT address_hmac FROM outbox LIMIT 1";
            let hash = rig.tx(move |tx| tx.query_one(hash, &[], |row| Ok(row.bytes(0)?.to_vec())).map_err(Error::from));
            let hash = hash.unwrap().unwrap();
            assert_eq!(rig.tx(|tx| empty_of_number(tx, &[7; 32], NOW_MS)).unwrap(), 0, "another number's");
            assert_eq!(rig.tx(move |tx| empty_of_number(tx, &hash, NOW_MS)).unwrap(), 1);
            assert_eq!((rig.status(answer), rig.status(receipt)), (Status::Cancelled, Status::Queued));
            assert_eq!(full(&rig), 1);
        }
    }

    #[test]
    fn what_has_not_left_is_taken_back_and_what_is_on_its_way_comes_to_its_end() {
        for rig in Rig::on_each_engine() {
            let ids = ["chosen", "sending", "queued"].map(|key| {
                let id = rig.queue(key, Class::MustArrive, Priority::Stage);
                rig.tx(move |tx| {
                    let of = "UPDATE outbox SET person_id = 7 WHERE id = $1";
                    tx.execute(of, &[id.into()]).map_err(Error::from)
                })
                .unwrap();
                id
            });
            let terms = terms(&rig, rig.ids.block(rig.now_ms()).first());
            let other = rig.queue("other", Class::MustArrive, Priority::Alert);
            let messages = rig
                .tx({
                    let terms = crate::outbox::Claim { limit: 2, ..terms.clone() };
                    move |tx| {
                        let messages = candidates(tx, &terms, open_numbers)?.messages;
                        mark(tx, &terms, messages.get(1..).unwrap_or_default())?;
                        Ok(messages)
                    }
                })
                .unwrap();
            assert_eq!(messages.iter().map(|message| message.id).collect::<Vec<_>>(), ids[..2]);
            let taken_back = rig.tx(|tx| {
                let taken_back = withdraw_all(tx, (7, &[]), "erased", NOW_MS)?;
                empty_all(tx, (7, &[])).map(|()| taken_back)
            });
            assert_eq!(taken_back.unwrap(), 2);
            let again = terms.clone();
            let marked = rig.tx({
                let messages = messages.clone();
                move |tx| mark(tx, &again, messages.get(..1).unwrap_or_default())
            });
            assert!(marked.unwrap().sending.is_empty(), "what was chosen does not leave");
            assert_eq!(ids.map(|id| rig.status(id)), [Status::Cancelled, Status::Sending, Status::Cancelled]);
            // The provider could not take it just now: it goes back, and is withdrawn for want of a recipient or of time.
            let (sending, fence) = (messages[1].clone(), terms.fence);
            rig.tx(move |tx| {
                let later = Verdict::Retry { due_ms: NOW_MS };
                settle(tx, &sending, &settling(fence, None, NOW_MS), &later, "").map(drop)
            })
            .unwrap();
            let again = crate::outbox::Claim { fence: fence + 1, limit: 1, ..terms.clone() };
            let report = rig.tx(move |tx| candidates(tx, &again, open_numbers)).unwrap();
            assert_eq!((report.expired, rig.status(ids[1])), (1, Status::Expired));
            assert_eq!(rig.status(other), Status::Queued, "nobody else's is touched");
            let left = "SELECT COUNT(*) FROM outbox WHERE person_id = 7";
            let left = rig.tx(move |tx| tx.query_one(left, &[], |row| row.integer(0)).map_err(Error::from));
            assert_eq!(left.unwrap(), Some(0));
        }
    }
}
