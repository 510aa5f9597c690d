//! Erasing a person, and taking them off the list.
//!
//! What is theirs goes: name, number, birth year, trades, place, rate, PIN, messages. What others count on stays without
//! them: the person's row remains as an empty one on nobody's number, so that applications, and whatever else points at it,
//! are counted as before and an open dispute goes on without identity. Consents stay as proof that there was one, withdrawn,
//! without the hop that could lead to a number. `docs/market.md` has the list, with how long each thing stays.
//!
//! Who keeps something of a person in a table of their own takes it away in [`erase`].

use super::booking::{bookable, cancel};
use super::data_event::{self, DataEvent};
use super::person::{self, Status};
use super::phone_number::MsisdnHash;
use super::screening::answer;
use super::{
    Fault, PersonId, agent, agent_registration, alert, candidate, case, linked_number, note, number_move, pin,
    pipeline, quiz, wrong_try,
};
use crate::outbox::{self, erase as messages};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;

/// The number that erased persons stand on: nobody's, since no hash of a number comes out so.
const NOBODY: [u8; 32] = [0; 32];
/// Nobody's number never falls silent.
const NEVER_MS: i64 = i64::MAX;

/// Erases a person, whatever their status. False when there is nobody to erase, or nothing left of them.
///
/// Uses one identifier. Messages that have not left are taken back in the same transaction; the number goes as well when
/// nobody else is on it and it did not ask for silence.
pub fn erase(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    person: PersonId,
    (why, by_name): (DataEvent, &str),
    now_ms: i64,
) -> Result<bool, Fault> {
    let is_erased = empty(tx, person, now_ms)?;
    if is_erased {
        data_event::note(tx, ids, why, by_name, now_ms)?;
    }
    Ok(is_erased)
}

/// Leaves the empty row of a person. False when there is nobody, or nothing left of them.
pub(super) fn empty(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<bool, Fault> {
    const NOBODYS: &str = "INSERT INTO phone_number \
        (msisdn_hmac, msisdn_sealed, language, generation, last_hop_ms, owner_doubted, stopped_ms) \
        VALUES ($1, $2, $3, 1, $4, 0, 0) ON CONFLICT (msisdn_hmac) DO NOTHING";
    // On condition that nobody did it meanwhile: of two that erase at once, one finds nothing left.
    const EMPTY: &str = "UPDATE person SET msisdn_hmac = $2, number_generation = 0, name_sealed = NULL, \
        mail_sealed = NULL, mail_hmac = NULL, \
        status = 'closed', changed_ms = $3 WHERE id = $1 AND number_generation > 0";
    const CONSENTS: &str =
        "UPDATE consent SET withdrawn_ms = COALESCE(withdrawn_ms, $2), hop_uid = 0 WHERE person_id = $1";
    const SHARED: &str =
        "UPDATE application SET share_number = 0, changed_ms = $2 WHERE person_id = $1 AND share_number = 1";
    const HOME: &str = "UPDATE client SET area_code = NULL, changed_ms = $2 WHERE person_id = $1";
    let Some(found) = person::find(tx, person)?.filter(|found| found.number_generation > 0) else { return Ok(false) };
    let none: &[u8] = &[];
    tx.execute(NOBODYS, &[(&NOBODY).into(), none.into(), Language::En.code().into(), NEVER_MS.into()])?;
    if tx.execute(EMPTY, &[person.into(), (&NOBODY).into(), now_ms.into()])? == 0 {
        return Ok(false);
    }
    let alerts = alert::messages_to(tx, person)?;
    leave(tx, person, now_ms)?;
    pipeline::erase_of(tx, person)?;
    note::erase_of(tx, person)?;
    agent_registration::forget(tx, person)?;
    agent::leave(tx, person, now_ms)?;
    answer::erase_of(tx, person)?;
    quiz::erase_of(tx, person)?;
    number_move::forget_of(tx, person)?;
    linked_number::leave(tx, person, now_ms)?;
    case::anonymise(tx, person, now_ms)?;
    for sql in [SHARED, CONSENTS, HOME] {
        tx.execute(sql, &[person.into(), now_ms.into()])?;
    }
    person::forget_work(tx, person)?;
    pin::forget(tx, person)?;
    wrong_try::forget_about(tx, &found.number, person.get())?;
    messages::withdraw_all(tx, (person.get(), &alerts), "erased", now_ms).map_err(of_outbox)?;
    messages::empty_all(tx, (person.get(), &alerts)).map_err(of_outbox)?;
    leave_number(tx, &found.number, now_ms)?;
    Ok(true)
}

/// Takes a worker off the list: with the consent goes what rests on it. What was told stays for a while, so that the person
/// can come back by agreeing again. The caller withdraws the consent.
pub fn unlist(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    const UNLIST: &str =
        "UPDATE person SET status = 'registering', changed_ms = $2 WHERE id = $1 AND status = 'listed'";
    const WORKER: &str = "UPDATE worker SET listed_ms = NULL, free_on_day = NULL, changed_ms = $2 WHERE person_id = $1";
    if tx.execute(UNLIST, &[person.into(), now_ms.into()])? == 0 {
        let gone = person::find(tx, person)?.is_none_or(|found| found.status == Status::Closed);
        return if gone { Err(Fault::Gone("person")) } else { Ok(()) };
    }
    tx.execute(WORKER, &[person.into(), now_ms.into()])?;
    leave(tx, person, now_ms)?;
    let alerts = alert::messages_to(tx, person)?;
    messages::withdraw_all(tx, (person.get(), &alerts), "no_consent", now_ms).map_err(of_outbox)?;
    Ok(())
}

/// Ends what a person asked for and was asked for, and takes them out of the lists in which others look for workers.
fn leave(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    pipeline::leave(tx, person, now_ms)?;
    cancel::leave(tx, person, now_ms)?;
    candidate::unlist(tx, person)?;
    bookable::remove(tx, person)
}

/// What is kept of a number goes with the last person on it. A number that asked for silence stays, for its silence to hold.
/// A call that was cut is not offered to whoever is left on the number.
pub(super) fn leave_number(tx: &mut Tx<'_>, number: &MsisdnHash, now_ms: i64) -> Result<(), Fault> {
    const CUT_CALLS: &str = "UPDATE session SET resumable = 0 WHERE number_hash = $1 AND resumable = 1";
    const ON_IT: &str = "SELECT id FROM person WHERE msisdn_hmac = $1 UNION ALL \
        SELECT person_id FROM linked_number WHERE msisdn_hmac = $1 LIMIT 1";
    let hash = number.as_bytes();
    tx.execute(CUT_CALLS, &[hash.into()])?;
    if tx.query_one(ON_IT, &[hash.into()], |row| row.integer(0))?.is_none() {
        person::forget_words(tx, number, now_ms)?;
        wrong_try::forget_number(tx, number)?;
    }
    person::forget_number(tx, number, now_ms)?;
    Ok(())
}

/// Notes that the number goes from a receipt at `strip_ms`, in epoch milliseconds.
pub fn note_receipt(tx: &mut Tx<'_>, message_id: i64, strip_ms: i64) -> Result<(), Fault> {
    const NOTE: &str = "INSERT INTO erasure_receipt (message_id, strip_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.execute(NOTE, &[message_id.into(), strip_ms.into()])?;
    Ok(())
}

/// Empties receipts whose time is over, at most `limit`; answers how many. For a bulk job.
pub fn strip_receipts(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<u64, Fault> {
    const DUE: &str = "SELECT message_id FROM erasure_receipt WHERE strip_ms <= $1 ORDER BY strip_ms LIMIT $2";
    const DONE: &str = "DELETE FROM erasure_receipt WHERE message_id = $1";
    let due = tx.query(DUE, &[now_ms.into(), limit.into()], |row| row.integer(0))?;
    for message_id in &due {
        messages::empty(tx, *message_id).map_err(of_outbox)?;
        tx.execute(DONE, &[(*message_id).into()])?;
    }
    Ok(u64::try_from(due.len()).unwrap_or_default())
}

pub(super) fn of_outbox(fault: outbox::Error) -> Fault {
    match fault {
        outbox::Error::Storage(error) => Fault::Storage(error),
        outbox::Error::OutOfBounds(what) => Fault::Gone(what),
    }
}

#[cfg(test)]
mod tests {
    use super::super::application::{self, ApplyOutcome};
    use super::super::consent::{self, Given, Purpose};
    use super::super::data_event::CALLER;
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS};
    use super::super::person::NameOutcome;
    use super::super::phone_number;
    use super::super::stage::Stage;
    use super::super::worker::{self, FinishOutcome};
    use super::super::{disclosure, vacancy};
    use super::*;
    use crate::outbox::{Class, Content, NewMessage, NewSms, Priority};

    fn go(tx: &mut Tx<'_>, f: &Fixture, person: PersonId) -> Result<bool, Fault> {
        erase(tx, &mut f.ids(), person, (DataEvent::Erased, CALLER), NOW_MS)
    }

    fn count(tx: &mut Tx<'_>, sql: &'static str) -> i64 {
        tx.query_one(sql, &[], |row| row.integer(0)).unwrap().unwrap()
    }

    #[test]
    fn what_was_theirs_goes_and_what_others_count_on_stays() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let (open, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let (done, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
            let mut applications = Vec::new();
            for (vacancy, key) in [(open, "1"), (done, "2")] {
                match f.apply(tx, person, vacancy, key, NOW_MS)? {
                    ApplyOutcome::Applied { application, .. } => applications.push(application),
                    other => panic!("{other:?}"),
                }
            }
            Fixture::put(tx, applications[1], Stage::Hired)?;
            let number = f.number(tx, 1)?.hash;
            assert!(go(tx, f, person)? && !go(tx, f, person)?, "twice does nothing");
            assert!(!go(tx, f, PersonId::new(1))?, "nor does somebody who never was");
            assert_eq!(phone_number::find(tx, &number)?, None);
            assert!(worker::find(tx, person)?.is_none() && person::name(tx, &f.keys, person)?.is_none());
            assert!(person::recipient(tx, &f.keys, person)?.is_none());
            let stages = tx.query("SELECT stage FROM application ORDER BY id", &[], |row| Stage::read(row, 0))?;
            assert_eq!(stages, [Stage::Withdrawn, Stage::Hired], "a job that was had is counted");
            assert_eq!(vacancy::details(tx, &f.keys, open)?.unwrap().applications, 0);
            assert_eq!(disclosure::to_whom(tx, &f.keys, person)?, []);
            for (sql, left) in [
                ("SELECT COUNT(*) FROM worker_trade", 0),
                ("SELECT COUNT(*) FROM person WHERE name_sealed IS NOT NULL OR status <> 'closed'", 0),
                ("SELECT COUNT(*) FROM phone_number WHERE last_hop_ms < 9223372036854775807", 0),
                ("SELECT COUNT(*) FROM consent WHERE withdrawn_ms IS NULL OR hop_uid <> 0", 0),
                ("SELECT COUNT(*) FROM consent", 2),
                ("SELECT COUNT(*) FROM data_event WHERE what = 'erased' AND by_name = 'caller'", 1),
            ] {
                assert_eq!(count(tx, sql), left, "{sql}");
            }
            Ok(())
        });
    }

    #[test]
    fn an_open_visit_brings_nobody_back() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            go(tx, f, person)?;
            assert_eq!(f.birth_year(tx, person, 1990), Err(Fault::Gone("person")));
            let named = person::set_name(tx, &f.keys, person, "Aline", NOW_MS);
            assert!(!matches!(named, Ok(NameOutcome::Saved)), "{named:?}");
            assert!(worker::finish(tx, person, NOW_MS).is_ok_and(|done| done != FinishOutcome::Listed));
            assert_eq!(unlist(tx, person, NOW_MS), Err(Fault::Gone("person")));
            assert_eq!(f.apply(tx, person, vacancy, "1", NOW_MS)?, ApplyOutcome::NotListed);
            let number = f.number(tx, 1)?;
            assert!(phone_number::persons_on(tx, &number)?.is_empty());
            Ok(())
        });
    }

    #[test]
    fn two_on_one_phone_are_erased_each_for_themselves() {
        Fixture::new().run(|tx, f| {
            let (a, b) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "Ben")?);
            let (number, to) = (f.number(tx, 1)?, f.msisdn(1));
            // What the number was answered before anybody was registered on it.
            let answer = NewMessage {
                id: 77,
                operation_key: "answer",
                content: Content::Sms(NewSms { to: &to, generation: 1, route: "", text: "Kaziline" }),
                person_id: None,
                employer_id: None,
                priority: Priority::Interactive,
                class: Class::MustArrive,
                template: "reply.helped",
                due_ms: NOW_MS,
                expires_ms: NOW_MS + 1,
            };
            outbox::enqueue(tx, &f.keys, &answer, NOW_MS).map_err(of_outbox)?;
            let full = "SELECT COUNT(*) FROM outbox WHERE length(body) > 0";
            go(tx, f, a)?;
            assert_eq!(phone_number::persons_on(tx, &number)?, [b]);
            assert!(person::recipient(tx, &f.keys, b)?.is_some());
            assert_eq!(count(tx, full), 1, "somebody is on the number");
            go(tx, f, b)?;
            assert_eq!(count(tx, full), 0);
            assert_eq!(phone_number::find(tx, &number.hash)?, None);
            Ok(())
        });
    }

    #[test]
    fn a_stop_outlives_the_person_and_an_old_owner_is_erased_without_the_new_one() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let number = f.number(tx, 1)?.hash;
            phone_number::stop(tx, &number, NOW_MS)?;
            go(tx, f, person)?;
            assert!(phone_number::find(tx, &number)?.unwrap().stopped);
            let old = f.worker(tx, 2, "Ben")?;
            let second = f.number(tx, 2)?.hash;
            phone_number::new_owner(tx, &second, NOW_MS)?;
            let new = f.worker(tx, 2, "Claude")?;
            assert!(go(tx, f, old)?);
            assert_eq!(person::name(tx, &f.keys, new)?.as_deref(), Some("Claude"));
            assert!(phone_number::find(tx, &second)?.is_some());
            Ok(())
        });
    }

    #[test]
    fn who_takes_the_consent_back_is_off_the_list_and_may_come_back() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            f.apply(tx, person, vacancy, "1", NOW_MS)?;
            assert!(consent::withdraw(tx, person, Purpose::Matching, NOW_MS)?);
            unlist(tx, person, NOW_MS)?;
            unlist(tx, person, NOW_MS)?;
            assert!(person::recipient(tx, &f.keys, person)?.is_none(), "nothing is sent");
            assert_eq!(count(tx, "SELECT COUNT(*) FROM application WHERE stage = 'withdrawn'"), 1);
            assert_eq!(
                f.apply(tx, person, vacancy, "2", NOW_MS + 1)?,
                ApplyOutcome::Already {
                    application: application::mine(tx, person)?[0].application,
                    stage: Stage::Withdrawn
                }
            );
            assert_eq!(worker::finish(tx, person, NOW_MS)?, FinishOutcome::NoConsent);
            let given = Given { text_version: "2", language: Language::Rw, channel: "demo", hop_uid: 8 };
            consent::give(tx, &mut f.ids(), person, Purpose::Matching, &given, NOW_MS)?;
            assert_eq!(worker::finish(tx, person, NOW_MS)?, FinishOutcome::Listed);
            assert!(person::recipient(tx, &f.keys, person)?.is_some());
            assert_eq!(count(tx, "SELECT COUNT(*) FROM consent WHERE purpose = 'matching'"), 2, "both are kept");
            Ok(())
        });
    }

    #[test]
    fn a_cut_call_of_the_erased_is_not_offered_to_who_is_left() {
        Fixture::new().run(|tx, f| {
            let (a, _) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "Ben")?);
            let number = f.number(tx, 1)?.hash;
            let cut = "INSERT INTO session (session_id, session_key, channel, number_hash, revision, started_ms, last_ms, \
                hop_uid, hops, text_len, text_hash, bundle_hash, visit_sealed, resumable) \
                VALUES (1, $1, 'demo', $1, 1, 0, 0, 1, 1, 0, $1, $1, $1, 1)";
            tx.execute(cut, &[number.as_bytes().into()])?;
            go(tx, f, a)?;
            assert_eq!(count(tx, "SELECT COUNT(*) FROM session WHERE resumable = 1"), 0);
            Ok(())
        });
    }
}
