//! Numbers: what dials. Language, STOP and the doubt about a number's owner belong to the number, not to a person.
//!
//! A number is found by its keyed hash and kept sealed. Several persons may share one; networks also give idle numbers to
//! new people, so each number has a *generation*: persons and messages of an earlier one are somebody else's.

use super::booking::cancel;
use super::person::Recipient;
use super::{Fault, PersonId, candidate, linked_number, pipeline, wrong_try};
use crate::country::Msisdn;
use crate::storage::{Column, Error, Keys, Purpose, Row, Tx};
use crate::text::Language;

/// After this long without a hop the number may have a new owner: the birth year is asked before anything is shown.
/// Networks block a number for about 90 days before it is sold again.
pub const IDLE_MS: i64 = 90 * 24 * 3_600_000;
/// How exactly the last dial is known: one that comes sooner is not written down, since nothing hangs on hours.
const SEEN_EVERY_MS: i64 = 24 * 3_600_000;
/// Persons on one number: what one screen can offer as single keys. More than a family shares is an agent's phone.
pub const PERSONS_MAX: usize = 8;

const MSISDN: Column = Column::new("phone_number", "msisdn");
pub(super) const NAME: Column = Column::new("person", "name");

/// Keyed hash of a number: finds it without being it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsisdnHash([u8; 32]);

/// Shows nothing: with the hash of a known number at hand, a log full of hashes would tell who dialled.
impl std::fmt::Debug for MsisdnHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MsisdnHash(..)")
    }
}

impl MsisdnHash {
    /// The hash of a number.
    pub fn of(keys: &Keys, msisdn: &Msisdn) -> MsisdnHash {
        MsisdnHash(keys.keyed_hash(Purpose::Msisdn, msisdn.as_str().as_bytes()))
    }

    /// The hash in a column of a row.
    pub fn read(row: &Row<'_>, column: usize) -> Result<MsisdnHash, Error> {
        MsisdnHash::stored(row.bytes(column)?)
    }

    /// The hash as another table holds it.
    pub fn stored(bytes: &[u8]) -> Result<MsisdnHash, Error> {
        bytes.try_into().map(MsisdnHash).map_err(|_| Error::Corrupt { what: "a keyed hash has another length" })
    }

    /// As stored and as joined in other tables.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the number's seal is bound to in place of a row identifier, which the table does not have.
    fn seal_row(&self) -> i64 {
        self.0.first_chunk().map_or(0, |head| i64::from_be_bytes(*head))
    }
}

/// A number as the store knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Its keyed hash.
    pub hash: MsisdnHash,
    /// The language of its screens.
    pub language: Language,
    /// Its owner, counted from 1.
    pub generation: i64,
    /// It asked for no more messages.
    pub stopped: bool,
    /// It was idle for [`IDLE_MS`] and nobody has shown since to be the same person.
    pub owner_doubted: bool,
}

/// Notes that a number dialled or wrote, and says what is known of it. Call it on a dial, not on every hop.
pub fn seen(
    tx: &mut Tx<'_>,
    keys: &Keys,
    hash: &MsisdnHash,
    msisdn: &Msisdn,
    default_language: Language,
    now_ms: i64,
) -> Result<PhoneNumber, Fault> {
    const KNOWN: &str = "SELECT msisdn_hmac, language, generation, stopped_ms, owner_doubted, last_hop_ms \
        FROM phone_number WHERE msisdn_hmac = $1";
    const SEEN: &str =
        "UPDATE phone_number SET owner_doubted = $2, last_hop_ms = $3, asked_ms = 0 WHERE msisdn_hmac = $1";
    let read = |row: &Row<'_>| Ok((number_of(row)?, row.integer(5)?));
    if let Some((mut number, last_hop_ms)) = tx.query_one(KNOWN, &[(&hash.0).into()], read)? {
        let silent_ms = now_ms.saturating_sub(last_hop_ms);
        if silent_ms >= SEEN_EVERY_MS {
            number.owner_doubted |= silent_ms > IDLE_MS;
            tx.execute(SEEN, &[(&hash.0).into(), number.owner_doubted.into(), now_ms.into()])?;
        }
        return Ok(number);
    }
    introduce(tx, keys, (hash, msisdn), default_language, now_ms)
}

/// Keeps a number that is not known yet: it dials, or somebody is registered on it by another.
pub(super) fn introduce(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (hash, msisdn): (&MsisdnHash, &Msisdn),
    language: Language,
    now_ms: i64,
) -> Result<PhoneNumber, Fault> {
    const NEW: &str = "INSERT INTO phone_number \
        (msisdn_hmac, msisdn_sealed, language, generation, last_hop_ms, owner_doubted) VALUES ($1, $2, $3, 1, $4, 0) \
        ON CONFLICT (msisdn_hmac) DO NOTHING";
    let sealed = keys.seal(MSISDN, hash.seal_row(), msisdn.as_str().as_bytes());
    tx.execute(NEW, &[(&hash.0).into(), (&sealed).into(), language.code().into(), now_ms.into()])?;
    Ok(PhoneNumber { hash: *hash, language, generation: 1, stopped: false, owner_doubted: false })
}

/// What is known of a number; `None` when it never dialled.
pub fn find(tx: &mut Tx<'_>, hash: &MsisdnHash) -> Result<Option<PhoneNumber>, Fault> {
    const FIND: &str = "SELECT msisdn_hmac, language, generation, stopped_ms, owner_doubted \
        FROM phone_number WHERE msisdn_hmac = $1";
    Ok(tx.query_one(FIND, &[(&hash.0).into()], number_of)?)
}

/// Whether a number may have changed hands: nobody has shown since to be the same person, or it has been silent for
/// [`IDLE_MS`]. Nothing of anybody's is told or done on its word alone. False when it never dialled.
pub fn is_doubtful(tx: &mut Tx<'_>, hash: &MsisdnHash, now_ms: i64) -> Result<bool, Fault> {
    const DOUBT: &str = "SELECT owner_doubted, last_hop_ms FROM phone_number WHERE msisdn_hmac = $1";
    let doubt = |row: &Row<'_>| Ok(row.boolean(0)? || row.integer(1)? <= now_ms.saturating_sub(IDLE_MS));
    Ok(tx.query_one(DOUBT, &[(&hash.0).into()], doubt)?.unwrap_or_default())
}

/// The number itself, in E.164 digits without `+`; `None` when it never dialled. Only for sending to it.
pub fn msisdn(tx: &mut Tx<'_>, keys: &Keys, hash: &MsisdnHash) -> Result<Option<Msisdn>, Fault> {
    const SEALED: &str = "SELECT msisdn_sealed FROM phone_number WHERE msisdn_hmac = $1";
    let open = |row: &Row<'_>| open_msisdn(keys, hash, row.bytes(0)?);
    Ok(tx.query_one(SEALED, &[(&hash.0).into()], open)?)
}

/// Whom a message to a number's owner goes to, whether or not anybody is registered on it; `None` when the number has another
/// owner by now, or stopped.
pub fn recipient(tx: &mut Tx<'_>, keys: &Keys, hash: &MsisdnHash, generation: i64) -> Result<Option<Recipient>, Fault> {
    const OWNER: &str = "SELECT msisdn_sealed, language FROM phone_number \
        WHERE msisdn_hmac = $1 AND generation = $2 AND stopped_ms IS NULL";
    Ok(tx.query_one(OWNER, &[(&hash.0).into(), generation.into()], |row| {
        Ok(Recipient {
            msisdn: open_msisdn(keys, hash, row.bytes(0)?)?,
            number: *hash,
            number_generation: generation,
            language: read_language(row, 1)?,
        })
    })?)
}

/// Opens a sealed number.
pub(super) fn open_msisdn(keys: &Keys, hash: &MsisdnHash, sealed: &[u8]) -> Result<Msisdn, Error> {
    let digits = keys.open_text(MSISDN, hash.seal_row(), sealed)?;
    Msisdn::parse_e164(&digits).map_err(|_| Error::Corrupt { what: "a sealed number is none" })
}

/// Sets the language of the number's screens and messages. False when the number never dialled.
pub fn set_language(tx: &mut Tx<'_>, hash: &MsisdnHash, language: Language) -> Result<bool, Fault> {
    const SET: &str = "UPDATE phone_number SET language = $2 WHERE msisdn_hmac = $1";
    Ok(tx.execute(SET, &[(&hash.0).into(), language.code().into()])? == 1)
}

/// STOP: no more messages to this number. False when it was stopped already or never dialled.
pub fn stop(tx: &mut Tx<'_>, hash: &MsisdnHash, now_ms: i64) -> Result<bool, Fault> {
    const STOP: &str = "UPDATE phone_number SET stopped_ms = $2 WHERE msisdn_hmac = $1 AND stopped_ms IS NULL";
    let stopped = tx.execute(STOP, &[(&hash.0).into(), now_ms.into()])? == 1;
    if stopped {
        candidate::relist_number(tx, hash)?;
    }
    Ok(stopped)
}

/// START: messages are welcome again. False when the number was not stopped.
pub fn start(tx: &mut Tx<'_>, hash: &MsisdnHash) -> Result<bool, Fault> {
    const START: &str = "UPDATE phone_number SET stopped_ms = NULL WHERE msisdn_hmac = $1 AND stopped_ms IS NOT NULL";
    let started = tx.execute(START, &[(&hash.0).into()])? == 1;
    if started {
        candidate::relist_number(tx, hash)?;
    }
    Ok(started)
}

/// Whether a number has been silent for so long that somebody else may read what is sent to it.
pub fn may_have_moved(tx: &mut Tx<'_>, hash: &MsisdnHash, now_ms: i64) -> Result<bool, Fault> {
    const SILENT: &str = "SELECT last_hop_ms FROM phone_number WHERE msisdn_hmac = $1 AND last_hop_ms < $2";
    let params = [(&hash.0).into(), now_ms.saturating_sub(IDLE_MS).into()];
    Ok(tx.query_one(SILENT, &params, |row| row.integer(0))?.is_some())
}

/// The owner has shown to be the same person: the doubt ends.
pub fn confirm_owner(tx: &mut Tx<'_>, hash: &MsisdnHash) -> Result<(), Fault> {
    const CONFIRM: &str = "UPDATE phone_number SET owner_doubted = 0 WHERE msisdn_hmac = $1";
    tx.execute(CONFIRM, &[(&hash.0).into()])?;
    candidate::relist_number(tx, hash)
}

/// The number has a new owner: the persons on it are closed, its STOP is lifted, and messages to them no longer match its
/// generation, which is answered. Who has a second number goes on there; whose second one it was has it no more.
pub fn new_owner(tx: &mut Tx<'_>, hash: &MsisdnHash, now_ms: i64) -> Result<i64, Fault> {
    const PERSONS: &str = "SELECT id FROM person WHERE msisdn_hmac = $1 AND status <> 'closed' ORDER BY id LIMIT 8";
    const CLOSE: &str = "UPDATE person SET status = 'closed', changed_ms = $2 \
        WHERE msisdn_hmac = $1 AND status <> 'closed'";
    const NEXT: &str = "UPDATE phone_number SET generation = generation + 1, owner_doubted = 0, stopped_ms = NULL \
        WHERE msisdn_hmac = $1 RETURNING generation";
    if let Some(number) = find(tx, hash)? {
        linked_number::go_over(tx, &number, 0, now_ms)?;
    }
    linked_number::leave_all(tx, hash)?;
    for person in tx.query(PERSONS, &[(&hash.0).into()], |row| Ok(PersonId::new(row.integer(0)?)))? {
        cancel::leave(tx, person, now_ms)?;
        pipeline::leave(tx, person, now_ms)?;
    }
    tx.execute(CLOSE, &[(&hash.0).into(), now_ms.into()])?;
    candidate::relist_number(tx, hash)?;
    wrong_try::forget_number(tx, hash)?;
    tx.query_one(NEXT, &[(&hash.0).into()], |row| row.integer(0))?.ok_or(Fault::Gone("number"))
}

/// The persons on a number under its present owner, whose main or [second](linked_number) one it is, the oldest first, at most
/// [`PERSONS_MAX`]; closed ones are left out.
pub fn persons_on(tx: &mut Tx<'_>, number: &PhoneNumber) -> Result<Vec<PersonId>, Fault> {
    const PERSONS: &str = "SELECT id FROM person \
        WHERE msisdn_hmac = $1 AND number_generation = $2 AND status <> 'closed' UNION ALL \
        SELECT person.id FROM linked_number JOIN person ON person.id = linked_number.person_id \
        WHERE linked_number.msisdn_hmac = $1 AND linked_number.number_generation = $2 AND person.status <> 'closed' \
        ORDER BY id LIMIT 8";
    let params = [(&number.hash.0).into(), number.generation.into()];
    Ok(tx.query(PERSONS, &params, |row| Ok(PersonId::new(row.integer(0)?)))?)
}

/// The number in the first five columns of a row.
pub(super) fn number_of(row: &Row<'_>) -> Result<PhoneNumber, Error> {
    Ok(PhoneNumber {
        hash: MsisdnHash::read(row, 0)?,
        language: read_language(row, 1)?,
        generation: row.integer(2)?,
        stopped: row.optional_integer(3)?.is_some(),
        owner_doubted: row.boolean(4)?,
    })
}

/// The language in a column of a row.
pub(super) fn read_language(row: &Row<'_>, column: usize) -> Result<Language, Error> {
    Language::from_code(row.text(column)?).ok_or(Error::Corrupt { what: "a stored language is unknown" })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::*;

    #[test]
    fn a_number_is_found_again_and_keeps_its_language() {
        Fixture::new().run(|tx, f| {
            let first = f.seen(tx, 1, NOW_MS)?;
            assert_eq!(
                (first.language, first.generation, first.stopped, first.owner_doubted),
                (Language::Rw, 1, false, false)
            );
            assert!(set_language(tx, &first.hash, Language::Sw)?);
            let again = f.seen(tx, 1, NOW_MS + IDLE_MS)?;
            assert_eq!((again.language, again.owner_doubted), (Language::Sw, false));
            assert_eq!(find(tx, &first.hash)?, Some(again));
            assert_eq!(msisdn(tx, &f.keys, &first.hash)?.unwrap().as_str(), f.msisdn(1).as_str());
            let other = MsisdnHash::of(&f.keys, &f.msisdn(2));
            assert_eq!((find(tx, &other)?, msisdn(tx, &f.keys, &other)?), (None, None));
            assert!(!set_language(tx, &other, Language::En)?);
            Ok(())
        });
    }

    #[test]
    fn stop_holds_until_start() {
        Fixture::new().run(|tx, f| {
            let number = f.seen(tx, 1, NOW_MS)?;
            assert!(stop(tx, &number.hash, NOW_MS)? && !stop(tx, &number.hash, NOW_MS)?);
            assert!(f.seen(tx, 1, NOW_MS + 1)?.stopped);
            assert!(start(tx, &number.hash)? && !start(tx, &number.hash)?);
            assert!(!find(tx, &number.hash)?.unwrap().stopped);
            Ok(())
        });
    }

    #[test]
    fn the_doubt_about_an_idle_number_outlives_a_dropped_call() {
        Fixture::new().run(|tx, f| {
            let number = f.number(tx, 1)?;
            let later = NOW_MS + IDLE_MS + 1;
            assert!(f.seen(tx, 1, later)?.owner_doubted);
            assert!(f.seen(tx, 1, later + 60_000)?.owner_doubted);
            assert!(f.seen(tx, 1, later + 2 * SEEN_EVERY_MS)?.owner_doubted);
            confirm_owner(tx, &number.hash)?;
            assert!(!f.seen(tx, 1, later + 90_000)?.owner_doubted);
            Ok(())
        });
    }

    #[test]
    fn several_persons_share_a_number_and_a_new_owner_sees_none_of_them() {
        Fixture::new().run(|tx, f| {
            let number = f.number(tx, 1)?;
            let a = f.worker(tx, 1, "Aline Uwera")?;
            let b = f.worker(tx, 1, "ben")?;
            let unnamed = f.begin(tx, 1)?;
            assert_eq!(persons_on(tx, &number)?, [a, b, unnamed]);
            stop(tx, &number.hash, NOW_MS)?;
            assert_eq!(new_owner(tx, &number.hash, NOW_MS)?, 2);
            let number = find(tx, &number.hash)?.unwrap();
            assert!(!number.stopped);
            assert_eq!(persons_on(tx, &number)?, []);
            Ok(())
        });
    }
}
