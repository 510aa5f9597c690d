//! A person's PIN: four to six digits that keep their data theirs on a phone that others hold, too.
//!
//! Kept as a keyed hash, salted with the person, under a key that is derived from the key file and not in the database.
//! Work alone (a slow hash) would protect nothing: of four digits there are ten thousand, which a second of any machine tries
//! through, and it would keep the one writer's thread from everybody's hops. Who has the database without the keys cannot
//! try a single PIN; who has both can read names and numbers, and the PIN guards nothing more. Who has the phone is held by
//! [`wrong_try`]: three tries, then waits that grow. Operators have no way to read or set one.
//!
//! A PIN that was forgotten ends [`RESET_MS`] after somebody asks for it, with an SMS at once and one at the end, so that its
//! owner notices a thief; the right PIN told meanwhile calls it off.
//!
//! What is guarded asks [`is_open`] in its own transaction, so that no way through the menus leads around the PIN.

use super::phone_number::MsisdnHash;
use super::wrong_try::{self, Secret, Try};
use super::{Fault, PersonId};
use crate::storage::{Keys, Purpose, Row, Tx};

/// How long a PIN that was told holds within its call: longer than networks let a call last.
pub const PROVEN_MS: i64 = 5 * 60_000;
/// How long a new PIN waits to be typed again.
const PROPOSED_MS: i64 = 5 * 60_000;
/// From the wish for a PIN to end until it does: two days, in which its owner sees the SMS.
pub const RESET_MS: i64 = 48 * 3_600_000;
/// Years that are written with four digits, as a PIN may be.
const YEARS: std::ops::RangeInclusive<i64> = 1_000..=9_999;

/// What is known of a person's PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinState {
    /// There is one.
    pub is_set: bool,
    /// It is asked for at each call, before anything of the person is shown.
    pub each_call: bool,
    /// When it ends, in epoch milliseconds; `None` while it does not.
    pub ends_ms: Option<i64>,
}

struct Stored {
    hash: Vec<u8>,
    proposed_ms: i64,
    each_call: bool,
    proven_in: (i64, i64),
    reset_ms: i64,
}

fn stored(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Stored>, Fault> {
    const FIND: &str = "SELECT pin_hmac, proposed_ms, each_call, proven_visit, proven_ms, reset_ms FROM pin \
        WHERE person_id = $1";
    let read = |row: &Row<'_>| {
        Ok(Stored {
            hash: row.bytes(0)?.to_vec(),
            proposed_ms: row.integer(1)?,
            each_call: row.boolean(2)?,
            proven_in: (row.integer(3)?, row.integer(4)?),
            reset_ms: row.integer(5)?,
        })
    };
    Ok(tx.query_one(FIND, &[person.into()], read)?)
}

/// What is known of a person's PIN.
pub fn state(tx: &mut Tx<'_>, person: PersonId) -> Result<PinState, Fault> {
    let found = stored(tx, person)?.filter(|found| !found.hash.is_empty());
    Ok(PinState {
        is_set: found.is_some(),
        each_call: found.as_ref().is_some_and(|found| found.each_call),
        ends_ms: found.map(|found| found.reset_ms).filter(|at| *at > 0),
    })
}

/// Whether what a PIN guards is open in a visit: there is none, or it was told in this visit a moment ago.
pub fn is_open(tx: &mut Tx<'_>, person: PersonId, visit: i64, now_ms: i64) -> Result<bool, Fault> {
    let Some(found) = stored(tx, person)?.filter(|found| !found.hash.is_empty()) else { return Ok(true) };
    Ok(found.proven_in.0 == visit && now_ms.saturating_sub(found.proven_in.1) <= PROVEN_MS)
}

/// The salt is the person: an identifier that is never given twice.
fn hash(keys: &Keys, person: PersonId, typed: &str) -> [u8; 32] {
    let mut bytes = person.get().to_be_bytes().to_vec();
    bytes.extend_from_slice(typed.as_bytes());
    keys.keyed_hash(Purpose::Pin, &bytes)
}

/// Looks at a PIN that was typed. A right one opens what is guarded in this visit, and calls a reset off.
pub fn check(
    tx: &mut Tx<'_>,
    keys: &Keys,
    number: &MsisdnHash,
    (person, visit): (PersonId, i64),
    typed: &str,
    now_ms: i64,
) -> Result<Try, Fault> {
    const PROVEN: &str = "UPDATE pin SET proven_visit = $2, proven_ms = $3, reset_ms = 0 WHERE person_id = $1";
    let is_right = |tx: &mut Tx<'_>| matches(tx, keys, person, typed);
    let tried = wrong_try::attempt(tx, number, (Secret::Pin, person.get()), is_right, now_ms)?;
    if tried == Try::Right {
        tx.execute(PROVEN, &[person.into(), visit.into(), now_ms.into()])?;
    }
    Ok(tried)
}

/// Whether these digits are a person's PIN. Whoever asks counts the tries.
pub(super) fn matches(tx: &mut Tx<'_>, keys: &Keys, person: PersonId, typed: &str) -> Result<bool, Fault> {
    let typed = hash(keys, person, typed);
    Ok(stored(tx, person)?.is_some_and(|found| found.hash == typed))
}

/// What came of a new PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// To be typed once more.
    Again,
    /// Anybody would try it first.
    Trivial,
    /// The old PIN has to be told first.
    Guarded,
}

/// A new PIN, typed for the first time.
pub fn propose(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (person, visit): (PersonId, i64),
    typed: &str,
    known: Known<'_>,
    now_ms: i64,
) -> Result<Proposed, Fault> {
    const PROPOSE: &str = "INSERT INTO pin (person_id, pin_hmac, proposed_hmac, proposed_visit, proposed_ms, each_call, \
        proven_visit, proven_ms, reset_ms) VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0) \
        ON CONFLICT (person_id) DO UPDATE SET proposed_hmac = $3, proposed_visit = $4, proposed_ms = $5";
    if !is_open(tx, person, visit, now_ms)? {
        return Ok(Proposed::Guarded);
    }
    if is_trivial(typed, known) {
        return Ok(Proposed::Trivial);
    }
    let none: &[u8] = &[];
    let typed = hash(keys, person, typed);
    tx.execute(PROPOSE, &[person.into(), none.into(), (&typed).into(), visit.into(), now_ms.into()])?;
    Ok(Proposed::Again)
}

/// What came of its second typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It is the PIN now, and open in this visit.
    Saved,
    /// Not the same as before: begin again.
    Different,
}

/// The new PIN, typed again. Nothing is saved unless both are the same, typed in one visit.
pub fn confirm(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (person, visit): (PersonId, i64),
    typed: &str,
    now_ms: i64,
) -> Result<Confirmed, Fault> {
    const SAVE: &str = "UPDATE pin SET pin_hmac = $2, proposed_hmac = $5, proposed_visit = 0, proven_visit = $3, \
        proven_ms = $4, reset_ms = 0 WHERE person_id = $1 AND proposed_hmac = $2 AND proposed_visit = $3";
    let fresh = stored(tx, person)?.is_some_and(|found| now_ms.saturating_sub(found.proposed_ms) <= PROPOSED_MS);
    let none: &[u8] = &[];
    let typed = hash(keys, person, typed);
    let params = [person.into(), (&typed).into(), visit.into(), now_ms.into(), none.into()];
    let saved = fresh && is_open(tx, person, visit, now_ms)? && tx.execute(SAVE, &params)? == 1;
    Ok(if saved { Confirmed::Saved } else { Confirmed::Different })
}

/// Takes the PIN off. False when it has to be told first.
pub fn remove(tx: &mut Tx<'_>, person: PersonId, visit: i64, now_ms: i64) -> Result<bool, Fault> {
    if !is_open(tx, person, visit, now_ms)? {
        return Ok(false);
    }
    forget(tx, person)?;
    Ok(true)
}

/// Forgets the PIN with its person.
pub fn forget(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const FORGET: &str = "DELETE FROM pin WHERE person_id = $1";
    tx.execute(FORGET, &[person.into()])?;
    Ok(())
}

/// Whether the PIN is asked for at each call. False when it has to be told first.
pub fn set_each_call(
    tx: &mut Tx<'_>,
    person: PersonId,
    each_call: bool,
    visit: i64,
    now_ms: i64,
) -> Result<bool, Fault> {
    const SET: &str = "UPDATE pin SET each_call = $2 WHERE person_id = $1";
    Ok(is_open(tx, person, visit, now_ms)? && tx.execute(SET, &[person.into(), each_call.into()])? == 1)
}

/// The PIN was forgotten: it ends after [`RESET_MS`]. Answers when, in epoch milliseconds, and whether that is news; `None`
/// when there is none. The caller writes to the person, and does not begin where that cannot be.
pub fn begin_reset(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<Option<(i64, bool)>, Fault> {
    const BEGIN: &str = "UPDATE pin SET reset_ms = $2 WHERE person_id = $1 AND reset_ms = 0";
    let known = state(tx, person)?;
    if !known.is_set {
        return Ok(None);
    }
    if let Some(ends_ms) = known.ends_ms {
        return Ok(Some((ends_ms, false)));
    }
    let ends_ms = now_ms.saturating_add(RESET_MS);
    let is_new = tx.execute(BEGIN, &[person.into(), ends_ms.into()])? == 1;
    Ok(Some((ends_ms, is_new)))
}

/// Persons whose PIN ends now, at most `limit`.
pub fn due(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<PersonId>, Fault> {
    const DUE: &str = "SELECT person_id FROM pin WHERE reset_ms > 0 AND reset_ms <= $1 ORDER BY reset_ms LIMIT $2";
    Ok(tx.query(DUE, &[now_ms.into(), limit.into()], |row| Ok(PersonId::new(row.integer(0)?)))?)
}

/// Ends a PIN whose time has come; false when it was told meanwhile.
pub fn end(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<bool, Fault> {
    const END: &str = "DELETE FROM pin WHERE person_id = $1 AND reset_ms > 0 AND reset_ms <= $2";
    Ok(tx.execute(END, &[person.into(), now_ms.into()])? == 1)
}

/// What whoever finds the phone knows of its owner.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Year of birth, where it was told.
    pub birth_year: Option<i64>,
    /// The number's digits.
    pub msisdn: &'a str,
}

/// Neither is for a log.
impl std::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(..)")
    }
}

/// Whether anybody would try these digits first: all the same, a run up or down, a pair again and again, a year of birth, the
/// end of the number.
pub fn is_trivial(typed: &str, known: Known<'_>) -> bool {
    let digits: Vec<i32> = typed.bytes().map(i32::from).collect();
    let steps = |step: i32| digits.windows(2).all(|pair| matches!(pair, [a, b] if b - a == step));
    let pairs = digits.chunks(2).all(|pair| Some(pair) == digits.get(..2));
    let born = known.birth_year.filter(|year| YEARS.contains(year)).is_some_and(|year| typed == year.to_string());
    [0, 1, -1].into_iter().any(steps) || pairs || born || known.msisdn.ends_with(typed)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::super::phone_number;
    use super::*;

    const KNOWN: Known<'_> = Known { birth_year: Some(1990), msisdn: "250788123456" };

    fn set(tx: &mut Tx<'_>, f: &Fixture, person: PersonId, typed: &str) -> Result<(), Fault> {
        assert_eq!(propose(tx, &f.keys, (person, 1), typed, KNOWN, NOW_MS)?, Proposed::Again);
        assert_eq!(confirm(tx, &f.keys, (person, 1), typed, NOW_MS)?, Confirmed::Saved);
        Ok(())
    }

    #[test]
    fn what_everybody_tries_first_is_no_pin() {
        for typed in ["0000", "9999", "1234", "4321", "56789", "123456", "1212", "121212", "1990", "3456", "23456"] {
            assert!(is_trivial(typed, KNOWN), "{typed}");
        }
        for typed in ["5829", "1991", "2580", "12341", "010203"] {
            assert!(!is_trivial(typed, KNOWN), "{typed}");
        }
    }

    #[test]
    fn a_pin_is_typed_twice_in_one_visit_and_opens_that_visit_alone() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            assert!(is_open(tx, person, 1, NOW_MS)?);
            assert_eq!(propose(tx, &f.keys, (person, 1), "0000", KNOWN, NOW_MS)?, Proposed::Trivial);
            assert_eq!(propose(tx, &f.keys, (person, 1), "5829", KNOWN, NOW_MS)?, Proposed::Again);
            assert_eq!(confirm(tx, &f.keys, (person, 1), "5828", NOW_MS)?, Confirmed::Different);
            assert_eq!(confirm(tx, &f.keys, (person, 2), "5829", NOW_MS)?, Confirmed::Different);
            assert_eq!(confirm(tx, &f.keys, (person, 1), "5829", NOW_MS + PROPOSED_MS + 1)?, Confirmed::Different);
            assert!(!state(tx, person)?.is_set);
            set(tx, f, person, "5829")?;
            assert!(is_open(tx, person, 1, NOW_MS + PROVEN_MS)?);
            assert!(!is_open(tx, person, 1, NOW_MS + PROVEN_MS + 1)?);
            assert!(!is_open(tx, person, 2, NOW_MS)?);
            let number = f.number(tx, 1)?.hash;
            assert_eq!(check(tx, &f.keys, &number, (person, 2), "5828", NOW_MS)?, Try::Wrong);
            assert_eq!(propose(tx, &f.keys, (person, 2), "8361", KNOWN, NOW_MS)?, Proposed::Guarded);
            assert!(!remove(tx, person, 2, NOW_MS)? && !set_each_call(tx, person, true, 2, NOW_MS)?);
            assert_eq!(check(tx, &f.keys, &number, (person, 2), "5829", NOW_MS)?, Try::Right);
            assert!(set_each_call(tx, person, true, 2, NOW_MS)? && state(tx, person)?.each_call);
            assert!(remove(tx, person, 2, NOW_MS)? && is_open(tx, person, 3, NOW_MS)?);
            Ok(())
        });
    }

    #[test]
    fn the_same_digits_of_two_people_are_two_hashes_and_nobody_is_let_in_by_anothers() {
        Fixture::new().run(|tx, f| {
            let (a, b) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "Ben Habimana")?);
            assert_ne!(hash(&f.keys, a, "5829"), hash(&f.keys, b, "5829"));
            set(tx, f, a, "5829")?;
            set(tx, f, b, "8361")?;
            let number = f.number(tx, 1)?.hash;
            assert_eq!(check(tx, &f.keys, &number, (a, 5), "8361", NOW_MS)?, Try::Wrong);
            assert_eq!(check(tx, &f.keys, &number, (b, 5), "8361", NOW_MS)?, Try::Right);
            assert!(!is_open(tx, a, 5, NOW_MS)? && is_open(tx, b, 5, NOW_MS)?);
            let kept = tx.query("SELECT pin_hmac, proposed_hmac FROM pin", &[], |row| {
                Ok([row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec()].concat())
            })?;
            assert!(kept.iter().all(|kept| kept.len() == 32), "nothing but one hash of each is kept");
            Ok(())
        });
    }

    #[test]
    fn a_forgotten_pin_ends_after_two_days_unless_it_is_told() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            assert_eq!(begin_reset(tx, person, NOW_MS)?, None);
            set(tx, f, person, "5829")?;
            let ends_ms = NOW_MS + RESET_MS;
            assert_eq!(begin_reset(tx, person, NOW_MS)?, Some((ends_ms, true)));
            assert_eq!(begin_reset(tx, person, NOW_MS + 5)?, Some((ends_ms, false)));
            assert_eq!(due(tx, ends_ms - 1, 9)?, []);
            let number = f.number(tx, 1)?.hash;
            check(tx, &f.keys, &number, (person, 3), "5829", NOW_MS)?;
            assert!(due(tx, ends_ms, 9)?.is_empty() && !end(tx, person, ends_ms)?);
            begin_reset(tx, person, NOW_MS)?;
            assert_eq!(due(tx, ends_ms, 9)?, [person]);
            assert!(end(tx, person, ends_ms)? && !end(tx, person, ends_ms)?);
            assert!(!state(tx, person)?.is_set);
            assert!(phone_number::find(tx, &number)?.is_some());
            Ok(())
        });
    }
}
