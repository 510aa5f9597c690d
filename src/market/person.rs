//! Persons: somebody behind a number, from the moment of consent.
//!
//! Nothing personal is kept before consent, and nothing of a child: a refused child leaves an expiring keyed hash of the
//! number and no more, so that redialling with another year does not pass.

use super::consent::{self, Given, Purpose};
use super::data_event::{CALLER, DataEvent};
use super::phone_number::{self, MsisdnHash, NAME, PERSONS_MAX, PhoneNumber};
use super::{Fault, PersonId, agent, agent_registration, case, erasure, linked_number, number_move, pin, report};
use crate::country::Msisdn;
use crate::outbox::erase as messages;
use crate::storage::{self, IdBlock, Keys, Tx};
use crate::text::{Language, folding};

/// How long a number that a child registered from takes no new person: long enough that trying another year is given up,
/// short enough that an adult with the same phone is not shut out for good.
pub const REFUSED_MS: i64 = 90 * 24 * 3_600_000;
/// Characters of a name: what a list row and an SMS can carry.
pub const NAME_CHARS_MAX: usize = 40;
/// Initials shown of a name.
const INITIALS_MAX: usize = 3;

coded! {
    /// Where a person stands.
    pub enum Status {
        /// Agreed, and not yet through the questions.
        Registering = "registering",
        /// Through: listed as a worker.
        Listed = "listed",
        /// Left, or the number has a new owner.
        Closed = "closed",
    }
}

/// What the screen `register.consent` asks for: to be found work for, and to be told of it by SMS. Each is recorded by
/// itself, since each can be withdrawn by itself.
const ASKED_FOR: &[Purpose] = &[Purpose::Matching, Purpose::Alerts];

/// What came of a wish to register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The person is there, with consent.
    Person(PersonId),
    /// A child tried from this number within [`REFUSED_MS`]: nobody is added to it now.
    Refused,
    /// The number has [`PERSONS_MAX`] persons.
    NumberFull,
}

/// Begins a person with the consent that the screen asked for. Uses three identifiers.
pub fn begin(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    number: &PhoneNumber,
    given: &Given<'_>,
    now_ms: i64,
) -> Result<Begun, Fault> {
    const BEGIN: &str = "INSERT INTO person \
        (id, msisdn_hmac, number_generation, language, status, created_ms, changed_ms) \
        VALUES ($1, $2, $3, $4, 'registering', $5, $5)";
    if refused(tx, keys, &number.hash, now_ms)? {
        return Ok(Begun::Refused);
    }
    let hash = number.hash.as_bytes();
    if phone_number::persons_on(tx, number)?.len() >= PERSONS_MAX {
        return Ok(Begun::NumberFull);
    }
    let person = PersonId::take(ids)?;
    let params = [person.into(), hash.into(), number.generation.into(), given.language.code().into(), now_ms.into()];
    tx.execute(BEGIN, &params)?;
    for purpose in ASKED_FOR {
        consent::record(tx, ids, person, *purpose, given, now_ms)?;
    }
    Ok(Begun::Person(person))
}

/// What came of a typed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOutcome {
    /// Saved.
    Saved,
    /// No letter in it, or longer than [`NAME_CHARS_MAX`].
    Unusable,
}

/// Saves a name as typed, less control characters and emoji.
pub fn set_name(
    tx: &mut Tx<'_>,
    keys: &Keys,
    person: PersonId,
    typed: &str,
    now_ms: i64,
) -> Result<NameOutcome, Fault> {
    const SET: &str = "UPDATE person SET name_sealed = $2, changed_ms = $3 WHERE id = $1 AND status <> 'closed'";
    let Some(name) = checked_name(typed) else { return Ok(NameOutcome::Unusable) };
    let sealed = keys.seal(NAME, person.get(), name.as_bytes());
    match tx.execute(SET, &[person.into(), (&sealed).into(), now_ms.into()])? {
        0 => Err(Fault::Gone("person")),
        _ => Ok(NameOutcome::Saved),
    }
}

/// A name ready to keep; `None` when it is none.
fn checked_name(typed: &str) -> Option<String> {
    // What is longer by far is not worth cleaning.
    if typed.len() > NAME_CHARS_MAX * 16 {
        return None;
    }
    let name = folding::clean(typed);
    (name.chars().any(char::is_alphabetic) && name.chars().count() <= NAME_CHARS_MAX).then_some(name)
}

/// Initials as the first screen shows them: `A.U.`
pub fn initials(name: &str) -> String {
    let firsts = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
    firsts.take(INITIALS_MAX).flat_map(|first| first.to_uppercase().chain(['.'])).collect()
}

/// Erases somebody whose registration is not finished, with the consent; answers false when there is nothing to erase.
///
/// The number goes too when nobody else is on it, it did not ask for silence and no case of it waits for an answer. With `refused`, an expiring keyed hash
/// stays, which [`refused`] finds. Who has asked workers to come is erased as a worker is: the bookings are theirs too. Uses one
/// identifier.
pub fn erase_unfinished(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    person: PersonId,
    refused: bool,
    now_ms: i64,
) -> Result<bool, Fault> {
    const FIND: &str = "SELECT msisdn_hmac FROM person WHERE id = $1 AND status = 'registering'";
    const CONSENT: &str = "DELETE FROM consent WHERE person_id = $1";
    const PERSON: &str = "DELETE FROM person WHERE id = $1";
    const CLIENT: &str = "SELECT employer_id FROM client WHERE person_id = $1";
    let Some(hash) = tx.query_one(FIND, &[person.into()], |row| MsisdnHash::read(row, 0))? else { return Ok(false) };
    if tx.query_one(CLIENT, &[person.into()], |row| row.integer(0))?.is_some() {
        let why = if refused { DataEvent::TooYoung } else { DataEvent::Unfinished };
        erasure::erase(tx, ids, person, (why, CALLER), now_ms)?;
    } else {
        forget_work(tx, person)?;
        agent_registration::forget(tx, person)?;
        agent::leave(tx, person, now_ms)?;
        number_move::forget_of(tx, person)?;
        linked_number::leave(tx, person, now_ms)?;
        pin::forget(tx, person)?;
        for sql in [CONSENT, PERSON] {
            tx.execute(sql, &[person.into()])?;
        }
        forget_number(tx, &hash, now_ms)?;
    }
    if refused {
        refuse(tx, keys, &hash, now_ms)?;
    }
    Ok(true)
}

/// Forgets what somebody told as a worker.
pub(super) fn forget_work(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const TRADES: &str = "DELETE FROM worker_trade WHERE person_id = $1";
    const WORKER: &str = "DELETE FROM worker WHERE person_id = $1";
    for sql in [TRADES, WORKER] {
        tx.execute(sql, &[person.into()])?;
    }
    Ok(())
}

/// Forgets a number that nobody is on, unless it asked for silence, with what was written to it and by it. True when it is gone.
pub(super) fn forget_number(tx: &mut Tx<'_>, number: &MsisdnHash, now_ms: i64) -> Result<bool, Fault> {
    const NUMBER: &str = "DELETE FROM phone_number WHERE msisdn_hmac = $1 AND stopped_ms IS NULL \
        AND NOT EXISTS (SELECT 1 FROM person WHERE person.msisdn_hmac = $1) \
        AND NOT EXISTS (SELECT 1 FROM linked_number WHERE linked_number.msisdn_hmac = $1) \
        AND NOT EXISTS (SELECT 1 FROM help_case WHERE help_case.msisdn_hmac = $1 AND help_case.open_slot IS NOT NULL)";
    let is_gone = tx.execute(NUMBER, &[number.as_bytes().into()])? == 1;
    if is_gone {
        case::forget_number(tx, number)?;
        report::forget_number(tx, number)?;
        forget_words(tx, number, now_ms)?;
    }
    Ok(is_gone)
}

/// Forgets what a number on which nobody is left wrote, and what was written to it without naming anybody.
pub(super) fn forget_words(tx: &mut Tx<'_>, number: &MsisdnHash, now_ms: i64) -> Result<(), Fault> {
    messages::forget_letters(tx, number.as_bytes()).map_err(erasure::of_outbox)?;
    messages::empty_of_number(tx, number.as_bytes(), now_ms).map_err(erasure::of_outbox)?;
    Ok(())
}

/// Refuses a number for a while: a child was on it.
pub(super) fn refuse(tx: &mut Tx<'_>, keys: &Keys, number: &MsisdnHash, now_ms: i64) -> Result<(), Fault> {
    const REFUSE: &str = "INSERT INTO refusal (msisdn_hmac, until_ms) VALUES ($1, $2) \
        ON CONFLICT (msisdn_hmac) DO UPDATE SET until_ms = $2";
    let until_ms = now_ms.saturating_add(REFUSED_MS);
    tx.execute(REFUSE, &[(&refusal_hash(keys, number)).into(), until_ms.into()])?;
    Ok(())
}

/// Whether a child was refused on this number within [`REFUSED_MS`].
pub fn refused(tx: &mut Tx<'_>, keys: &Keys, hash: &MsisdnHash, now_ms: i64) -> Result<bool, Fault> {
    const REFUSED: &str = "SELECT until_ms FROM refusal WHERE msisdn_hmac = $1";
    let until_ms = tx.query_one(REFUSED, &[(&refusal_hash(keys, hash)).into()], |row| row.integer(0))?;
    Ok(until_ms.is_some_and(|until_ms| until_ms > now_ms))
}

/// Forgets refusals whose time is over; answers how many. For a bulk job.
pub fn forget_refusals(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Fault> {
    const FORGET: &str = "DELETE FROM refusal WHERE until_ms <= $1";
    Ok(tx.execute(FORGET, &[now_ms.into()])?)
}

/// Hashed for this purpose alone: a refusal cannot be joined to anything else that is kept of a number.
fn refusal_hash(keys: &Keys, hash: &MsisdnHash) -> [u8; 32] {
    keys.keyed_hash(storage::Purpose::Refusal, hash.as_bytes())
}

/// A person as operations need them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Where they stand.
    pub status: Status,
    /// The language they registered in.
    pub language: Language,
    /// Their number.
    pub number: MsisdnHash,
    /// The number's owner that they are.
    pub number_generation: i64,
}

/// Finds a person; `None` when erased.
pub fn find(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Person>, Fault> {
    const FIND: &str = "SELECT status, language, msisdn_hmac, number_generation FROM person WHERE id = $1";
    Ok(tx.query_one(FIND, &[person.into()], |row| {
        Ok(Person {
            status: Status::read(row, 0)?,
            language: phone_number::read_language(row, 1)?,
            number: MsisdnHash::read(row, 2)?,
            number_generation: row.integer(3)?,
        })
    })?)
}

/// A person's name; `None` when not given or erased.
pub fn name(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Option<String>, Fault> {
    const SEALED: &str = "SELECT name_sealed FROM person WHERE id = $1";
    let open = |row: &storage::Row<'_>| {
        row.optional_bytes(0)?.map(|sealed| keys.open_text(NAME, person.get(), sealed)).transpose()
    };
    Ok(tx.query_one(SEALED, &[person.into()], open)?.flatten())
}

/// Whom a message to a person goes to.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The number; its `Debug` is redacted.
    pub msisdn: Msisdn,
    /// Its keyed hash.
    pub number: MsisdnHash,
    /// The number's owner that the person is: another owner must not get the message.
    pub number_generation: i64,
    /// The language of the number.
    pub language: Language,
}

/// Whom a message to this person goes to; `None` when the person is closed or erased or took back the consent, or the number
/// stopped, or may have another owner by now.
pub fn recipient(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Option<Recipient>, Fault> {
    const RECIPIENT: &str = "SELECT phone_number.msisdn_hmac, phone_number.msisdn_sealed, phone_number.generation, \
        phone_number.language FROM person JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        AND phone_number.generation = person.number_generation \
        WHERE person.id = $1 AND person.status <> 'closed' AND phone_number.stopped_ms IS NULL \
        AND phone_number.owner_doubted = 0 AND EXISTS (SELECT 1 FROM consent WHERE consent.person_id = person.id \
        AND consent.purpose = 'matching' AND consent.withdrawn_ms IS NULL)";
    Ok(tx.query_one(RECIPIENT, &[person.into()], |row| {
        let number = MsisdnHash::read(row, 0)?;
        Ok(Recipient {
            msisdn: phone_number::open_msisdn(keys, &number, row.bytes(1)?)?,
            number,
            number_generation: row.integer(2)?,
            language: phone_number::read_language(row, 3)?,
        })
    })?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::booking::client;
    use super::super::fixture::{Fixture, NOW_MS, area};
    use super::super::worker::{self, BirthYearOutcome};
    use super::*;

    fn count(tx: &mut Tx<'_>, sql: &'static str) -> i64 {
        tx.query_one(sql, &[], |row| row.integer(0)).unwrap().unwrap()
    }

    #[test]
    fn of_a_refused_child_only_an_expiring_hash_stays() {
        Fixture::new().run(|tx, f| {
            let child = f.begin(tx, 1)?;
            let outcome = worker::set_birth_year(tx, &f.keys, &f.country, &mut f.ids(), child, 2011, NOW_MS)?;
            assert_eq!(outcome, BirthYearOutcome::TooYoung);
            for sql in [
                "SELECT COUNT(*) FROM person",
                "SELECT COUNT(*) FROM consent",
                "SELECT COUNT(*) FROM worker",
                "SELECT COUNT(*) FROM phone_number",
            ] {
                assert_eq!(count(tx, sql), 0, "{sql}");
            }
            // Redialled at once with another year in mind: it does not come to that.
            let number = f.number(tx, 1)?;
            assert_eq!(f.try_begin(tx, 1, NOW_MS + 60_000)?, Begun::Refused);
            assert!(refused(tx, &f.keys, &number.hash, NOW_MS + REFUSED_MS - 1)?);
            assert!(!refused(tx, &f.keys, &number.hash, NOW_MS + REFUSED_MS)?);
            let other = f.number(tx, 2)?;
            assert!(!refused(tx, &f.keys, &other.hash, NOW_MS)?);
            assert_eq!(forget_refusals(tx, NOW_MS)?, 0);
            assert_eq!(forget_refusals(tx, NOW_MS + REFUSED_MS)?, 1);
            assert!(matches!(f.try_begin(tx, 1, NOW_MS)?, Begun::Person(_)));
            Ok(())
        });
    }

    #[test]
    fn a_child_who_asked_for_workers_is_erased_at_once_as_a_worker_is() {
        Fixture::new().run(|tx, f| {
            let child = f.begin(tx, 1)?;
            client::begin(tx, &f.keys, &mut f.ids(), child, NOW_MS)?;
            client::set_area(tx, &f.country, child, area(1201), NOW_MS)?;
            set_name(tx, &f.keys, child, "Ben", NOW_MS)?;
            assert_eq!(f.birth_year(tx, child, 2015)?, BirthYearOutcome::TooYoung);
            let left = find(tx, child)?.unwrap();
            assert_eq!((left.status, left.number_generation, name(tx, &f.keys, child)?), (Status::Closed, 0, None));
            assert_eq!(client::find(tx, child)?.unwrap().area, None);
            for (sql, left) in [
                ("SELECT COUNT(*) FROM phone_number WHERE last_hop_ms < 9223372036854775807", 0),
                ("SELECT COUNT(*) FROM consent WHERE withdrawn_ms IS NULL OR hop_uid <> 0", 0),
                ("SELECT COUNT(*) FROM data_event WHERE what = 'too_young'", 1),
            ] {
                assert_eq!(count(tx, sql), left, "{sql}");
            }
            assert_eq!(f.try_begin(tx, 1, NOW_MS)?, Begun::Refused);
            Ok(())
        });
    }

    #[test]
    fn a_refusal_leaves_the_others_on_the_number_alone() {
        Fixture::new().run(|tx, f| {
            let mother = f.worker(tx, 1, "Aline Uwera")?;
            let child = f.begin(tx, 1)?;
            worker::set_birth_year(tx, &f.keys, &f.country, &mut f.ids(), child, 2015, NOW_MS)?;
            assert_eq!(find(tx, child)?, None);
            assert_eq!(find(tx, mother)?.unwrap().status, Status::Listed);
            assert!(recipient(tx, &f.keys, mother)?.is_some());
            assert_eq!(f.try_begin(tx, 1, NOW_MS)?, Begun::Refused);
            Ok(())
        });
    }

    #[test]
    fn who_is_listed_is_not_erased_as_unfinished() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            assert!(!erase_unfinished(tx, &f.keys, &mut f.ids(), person, true, NOW_MS)?);
            assert!(find(tx, person)?.is_some());
            let dropped = f.begin(tx, 2)?;
            assert!(erase_unfinished(tx, &f.keys, &mut f.ids(), dropped, false, NOW_MS)?);
            assert!(!erase_unfinished(tx, &f.keys, &mut f.ids(), dropped, false, NOW_MS)?);
            assert!(matches!(f.try_begin(tx, 2, NOW_MS)?, Begun::Person(_)));
            Ok(())
        });
    }

    #[test]
    fn a_number_takes_a_family_and_not_a_village() {
        Fixture::new().run(|tx, f| {
            for _ in 0..PERSONS_MAX {
                f.begin(tx, 1)?;
            }
            assert_eq!(f.try_begin(tx, 1, NOW_MS)?, Begun::NumberFull);
            let number = f.number(tx, 1)?;
            assert_eq!(phone_number::persons_on(tx, &number)?.len(), PERSONS_MAX);
            Ok(())
        });
    }

    #[test]
    fn names_are_cleaned_sealed_and_read_back() {
        Fixture::new().run(|tx, f| {
            let person = f.begin(tx, 1)?;
            assert_eq!(name(tx, &f.keys, person)?, None);
            assert_eq!(set_name(tx, &f.keys, person, " Aline\n\tUwera 😀", NOW_MS)?, NameOutcome::Saved);
            assert_eq!(name(tx, &f.keys, person)?.as_deref(), Some("Aline Uwera"));
            for typed in ["", "  ", "123", "😀", &"a".repeat(41), &"é".repeat(10_000)] {
                assert_eq!(set_name(tx, &f.keys, person, typed, NOW_MS)?, NameOutcome::Unusable);
            }
            assert_eq!(name(tx, &f.keys, person)?.as_deref(), Some("Aline Uwera"));
            let sealed =
                tx.query_one("SELECT name_sealed FROM person", &[], |row| Ok(row.bytes(0)?.to_vec()))?.unwrap();
            assert!(!sealed.windows(5).any(|window| window == b"Aline"));
            assert_eq!(set_name(tx, &f.keys, PersonId::new(1), "Bo", NOW_MS), Err(Fault::Gone("person")));
            Ok(())
        });
    }

    #[test]
    fn messages_go_to_the_person_and_to_no_later_owner() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let found = recipient(tx, &f.keys, person)?.unwrap();
            assert_eq!((found.msisdn.as_str(), found.number_generation), (f.msisdn(1).as_str(), 1));
            phone_number::stop(tx, &found.number, NOW_MS)?;
            assert!(recipient(tx, &f.keys, person)?.is_none());
            phone_number::new_owner(tx, &found.number, NOW_MS)?;
            assert!(recipient(tx, &f.keys, person)?.is_none());
            Ok(())
        });
    }

    proptest! {
        #[test]
        fn any_typed_name_is_kept_whole_or_refused(typed in "\\PC{0,60}") {
            if let Some(name) = checked_name(&typed) {
                prop_assert!(name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control));
                prop_assert!(initials(&name).chars().filter(|c| *c == '.').count() <= INITIALS_MAX + 1);
            }
        }
    }
}
