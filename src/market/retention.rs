//! How long what people told is kept without a sign of life, and who is over that time.
//!
//! | who | how long | why so long |
//! |---|---|---|
//! | a number that is silent | asked after 12 months, erased 30 days after that | the country's rule; a season without work is not a year |
//! | a registration that was not finished, or a consent taken back | 30 days | who means it goes on after the next pay day; what was told serves nothing until then |
//! | persons of a number that got a new owner | 90 days | as long as networks hold a number back: time to come forward with another |
//!
//! Each question has an index that holds only the rows it is about, so that a turn looks at what is due and at nothing else.

use super::data_event::{DataEvent, PROGRAM};
use super::phone_number::{self, MsisdnHash, PhoneNumber, read_language};
use super::{Fault, PersonId, erasure, linked_number, person};
use crate::country::Msisdn;
use crate::storage::{IdBlock, Keys, Tx};

const DAY_MS: i64 = 24 * 3_600_000;
/// After this long without a sign of life a number is asked to stay.
pub const ASK_MS: i64 = 365 * DAY_MS;
/// And is erased this long after it was asked.
pub const ANSWER_MS: i64 = 30 * DAY_MS;
/// A registration that was not finished, or a worker who took the consent back, is kept this long.
pub const UNFINISHED_MS: i64 = 30 * DAY_MS;
/// The persons of a number that got a new owner are kept this long.
pub const LEFT_MS: i64 = 90 * DAY_MS;
/// In `asked_ms`: nothing more is done until the number dials.
const AT_REST: i64 = -1;

/// Numbers that are to be asked, or put away unasked, at most `limit`.
pub fn silent(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<MsisdnHash>, Fault> {
    const SILENT: &str = "SELECT msisdn_hmac FROM phone_number WHERE asked_ms = 0 AND last_hop_ms <= $1 \
        ORDER BY last_hop_ms LIMIT $2";
    let before_ms = now_ms.saturating_sub(ASK_MS);
    Ok(tx.query(SILENT, &[before_ms.into(), limit.into()], |row| MsisdnHash::read(row, 0))?)
}

/// Whom the question goes to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The number; its `Debug` is redacted.
    pub msisdn: Msisdn,
    /// Number, owner and language.
    pub number: PhoneNumber,
}

/// Marks a silent number as asked. Answers whom to write to; `None` where nobody is to be asked: it has dialled meanwhile,
/// nobody is on it (then it goes), or it wants no messages (then the time runs all the same).
pub fn ask(tx: &mut Tx<'_>, keys: &Keys, hash: &MsisdnHash, now_ms: i64) -> Result<Option<Asked>, Fault> {
    const MARK: &str = "UPDATE phone_number SET asked_ms = $2 \
        WHERE msisdn_hmac = $1 AND asked_ms = 0 AND last_hop_ms <= $3 RETURNING language";
    const ON_IT: &str = "SELECT COUNT(*) FROM person WHERE msisdn_hmac = $1";
    let params = [hash.as_bytes().into(), now_ms.into(), now_ms.saturating_sub(ASK_MS).into()];
    if tx.query_one(MARK, &params, |row| read_language(row, 0))?.is_none() {
        return Ok(None);
    }
    save_linked(tx, hash, now_ms)?;
    if tx.query_one(ON_IT, &[hash.as_bytes().into()], |row| row.integer(0))?.unwrap_or_default() == 0 {
        // Of those whose second number it is, none has called from it for a year.
        linked_number::leave_all(tx, hash)?;
        put_to_rest(tx, hash, now_ms)?;
        return Ok(None);
    }
    let number = phone_number::find(tx, hash)?.filter(|number| !number.stopped);
    let Some(number) = number else { return Ok(None) };
    if phone_number::persons_on(tx, &number)?.is_empty() {
        return Ok(None);
    }
    Ok(phone_number::msisdn(tx, keys, hash)?.map(|msisdn| Asked { msisdn, number }))
}

/// Numbers that were asked long enough ago and have not dialled since, at most `limit`.
pub fn unanswered(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<MsisdnHash>, Fault> {
    const UNANSWERED: &str = "SELECT msisdn_hmac FROM phone_number WHERE asked_ms > 0 AND asked_ms <= $1 \
        ORDER BY asked_ms LIMIT $2";
    let before_ms = now_ms.saturating_sub(ANSWER_MS);
    Ok(tx.query(UNANSWERED, &[before_ms.into(), limit.into()], |row| MsisdnHash::read(row, 0))?)
}

/// Erases everybody on a number that was asked and stayed silent; answers how many. Uses an identifier for each.
pub fn erase_number(tx: &mut Tx<'_>, ids: &mut IdBlock, hash: &MsisdnHash, now_ms: i64) -> Result<u64, Fault> {
    const STILL: &str = "UPDATE phone_number SET asked_ms = $2 \
        WHERE msisdn_hmac = $1 AND asked_ms > 0 AND asked_ms <= $3 RETURNING language";
    // Those of an earlier owner have their own time.
    const PERSONS: &str = "SELECT id FROM person WHERE msisdn_hmac = $1 AND status <> 'closed' ORDER BY id";
    // Taken off the list of those that are due, on condition that it is on it: a dial meanwhile keeps everybody.
    let params = [hash.as_bytes().into(), AT_REST.into(), now_ms.saturating_sub(ANSWER_MS).into()];
    if tx.query_one(STILL, &params, |row| read_language(row, 0))?.is_none() {
        return Ok(0);
    }
    save_linked(tx, hash, now_ms)?;
    linked_number::leave_all(tx, hash)?;
    let persons = tx.query(PERSONS, &[hash.as_bytes().into()], |row| Ok(PersonId::new(row.integer(0)?)))?;
    let mut erased = 0;
    for one in persons {
        erased += u64::from(erasure::erase(tx, ids, one, (DataEvent::Silent, PROGRAM), now_ms)?);
    }
    person::forget_number(tx, hash, now_ms)?;
    Ok(erased)
}

/// Persons whose registration was never finished, who took the consent back, or whose number is somebody else's by now, and
/// whose time is over; with why. At most `limit` of each.
pub fn over(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<(PersonId, DataEvent)>, Fault> {
    const UNFINISHED: &str = "SELECT id FROM person WHERE status = 'registering' AND number_generation > 0 \
        AND changed_ms <= $1 AND NOT EXISTS (SELECT 1 FROM help_case \
        WHERE help_case.person_id = person.id AND help_case.open_slot IS NOT NULL) ORDER BY changed_ms LIMIT $2";
    // Who asks for workers is through with what they wanted: such a person is looked at again in as long.
    const CLIENT: &str = "UPDATE person SET changed_ms = $2 WHERE id = $1 AND status = 'registering' \
        AND EXISTS (SELECT 1 FROM client WHERE client.person_id = person.id) \
        AND EXISTS (SELECT 1 FROM consent WHERE consent.person_id = person.id AND consent.withdrawn_ms IS NULL)";
    const LEFT: &str = "SELECT id FROM person WHERE status = 'closed' AND number_generation > 0 \
        AND changed_ms <= $1 ORDER BY changed_ms LIMIT $2";
    let mut found = Vec::new();
    for (sql, keep_ms, why) in [(UNFINISHED, UNFINISHED_MS, DataEvent::Unfinished), (LEFT, LEFT_MS, DataEvent::Left)] {
        let params = [now_ms.saturating_sub(keep_ms).into(), limit.into()];
        for person in tx.query(sql, &params, |row| Ok(PersonId::new(row.integer(0)?)))? {
            if tx.execute(CLIENT, &[person.into(), now_ms.into()])? == 0 {
                found.push((person, why));
            }
        }
    }
    Ok(found)
}

/// Whoever has called from a second number within the year is not silent: they go on there.
fn save_linked(tx: &mut Tx<'_>, hash: &MsisdnHash, now_ms: i64) -> Result<(), Fault> {
    match phone_number::find(tx, hash)? {
        Some(number) => linked_number::go_over(tx, &number, now_ms.saturating_sub(ASK_MS), now_ms),
        None => Ok(()),
    }
}

/// Forgets a number that nobody is on; one that asked for silence is left alone until it dials.
fn put_to_rest(tx: &mut Tx<'_>, hash: &MsisdnHash, now_ms: i64) -> Result<(), Fault> {
    const REST: &str = "UPDATE phone_number SET asked_ms = $2 WHERE msisdn_hmac = $1";
    if !person::forget_number(tx, hash, now_ms)? {
        tx.execute(REST, &[hash.as_bytes().into(), AT_REST.into()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::super::person::Status;
    use super::super::{consent, worker};
    use super::*;

    const YEAR_ON_MS: i64 = NOW_MS + ASK_MS;

    fn asked(tx: &mut Tx<'_>, f: &Fixture, now_ms: i64) -> Result<Vec<Option<i64>>, Fault> {
        let due = silent(tx, now_ms, 9)?;
        due.iter().map(|hash| Ok(ask(tx, &f.keys, hash, now_ms)?.map(|asked| asked.number.generation))).collect()
    }

    #[test]
    fn who_is_silent_for_a_year_is_asked_once_and_erased_a_month_later() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let number = f.number(tx, 1)?.hash;
            assert_eq!(asked(tx, f, YEAR_ON_MS - 1)?, []);
            assert_eq!(asked(tx, f, YEAR_ON_MS)?, [Some(1)]);
            assert_eq!(asked(tx, f, YEAR_ON_MS + DAY_MS)?, [], "asked once");
            assert_eq!(unanswered(tx, YEAR_ON_MS + ANSWER_MS - 1, 9)?, []);
            let end_ms = YEAR_ON_MS + ANSWER_MS;
            assert_eq!(unanswered(tx, end_ms, 9)?, [number]);
            assert_eq!(erase_number(tx, &mut f.ids(), &number, end_ms)?, 1);
            assert_eq!(erase_number(tx, &mut f.ids(), &number, end_ms)?, 0);
            assert!(worker::find(tx, person)?.is_none() && phone_number::find(tx, &number)?.is_none());
            assert_eq!(silent(tx, i64::MAX, 9)?, [], "nobody's number is never silent");
            Ok(())
        });
    }

    #[test]
    fn who_dials_or_writes_stays() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let number = f.number(tx, 1)?.hash;
            asked(tx, f, YEAR_ON_MS)?;
            f.seen(tx, 1, YEAR_ON_MS + DAY_MS)?;
            assert_eq!(unanswered(tx, YEAR_ON_MS + 2 * ANSWER_MS, 9)?, []);
            assert_eq!(erase_number(tx, &mut f.ids(), &number, YEAR_ON_MS + 2 * ANSWER_MS)?, 0, "dialled in between");
            assert!(worker::find(tx, person)?.is_some());
            assert_eq!(asked(tx, f, YEAR_ON_MS + DAY_MS + ASK_MS)?, [Some(1)], "and is asked again a year later");
            Ok(())
        });
    }

    #[test]
    fn a_number_without_anybody_goes_unasked_and_a_stopped_one_stays_silent() {
        Fixture::new().run(|tx, f| {
            f.number(tx, 1)?;
            let stopped = f.number(tx, 2)?.hash;
            phone_number::stop(tx, &stopped, NOW_MS)?;
            let person = f.worker(tx, 3, "Ben")?;
            let third = f.number(tx, 3)?.hash;
            phone_number::stop(tx, &third, NOW_MS)?;
            assert_eq!(asked(tx, f, YEAR_ON_MS)?, [None, None, None]);
            assert_eq!(asked(tx, f, YEAR_ON_MS)?, []);
            let left = tx.query("SELECT stopped_ms FROM phone_number", &[], |row| row.optional_integer(0))?;
            assert_eq!(left, [Some(NOW_MS), Some(NOW_MS)]);
            let end_ms = YEAR_ON_MS + ANSWER_MS;
            assert_eq!(unanswered(tx, end_ms, 9)?, [third]);
            assert_eq!(erase_number(tx, &mut f.ids(), &third, end_ms)?, 1);
            assert!(worker::find(tx, person)?.is_none() && phone_number::find(tx, &third)?.unwrap().stopped);
            assert_eq!(unanswered(tx, i64::MAX, 9)?, []);
            Ok(())
        });
    }

    #[test]
    fn what_was_begun_and_not_finished_is_kept_a_month_and_an_old_owner_three() {
        Fixture::new().run(|tx, f| {
            let begun = f.begin(tx, 1)?;
            let withdrawn = f.worker(tx, 2, "Aline Uwera")?;
            consent::withdraw(tx, withdrawn, consent::Purpose::Matching, NOW_MS)?;
            erasure::unlist(tx, withdrawn, NOW_MS + DAY_MS)?;
            let old = f.worker(tx, 3, "Ben")?;
            let number = f.number(tx, 3)?.hash;
            phone_number::new_owner(tx, &number, NOW_MS)?;
            let new = f.worker(tx, 3, "Claude")?;
            assert_eq!(over(tx, NOW_MS + UNFINISHED_MS - 1, 9)?, []);
            assert_eq!(over(tx, NOW_MS + UNFINISHED_MS, 9)?, [(begun, DataEvent::Unfinished)]);
            let all = [(begun, DataEvent::Unfinished), (withdrawn, DataEvent::Unfinished), (old, DataEvent::Left)];
            let later_ms = NOW_MS + LEFT_MS;
            assert_eq!(over(tx, later_ms, 9)?, all);
            for (person, why) in all {
                assert!(erasure::erase(tx, &mut f.ids(), person, (why, PROGRAM), later_ms)?);
            }
            assert_eq!(over(tx, i64::MAX, 9)?, []);
            assert_eq!(person::find(tx, new)?.unwrap().status, Status::Listed, "the new owner is not touched");
            Ok(())
        });
    }
}
