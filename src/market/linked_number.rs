//! A second number: who has two SIM cards is the same person on either.
//!
//! A person is on one number, the main one: there they are written to, and it is the one that is given to others. Beside it
//! they may have one more, from which they dial and write as the same person. It is wished for on the number that is to be
//! added and proven from the main one, as a [move](super::number_move) is; it is ended from either. Who is registered on both
//! numbers is asked whether the two are one, and then they are joined by the rules of the office ([`merge`]).
//!
//! From the second number nobody takes the main one away: that is a move, with its own proof. The second takes its place by
//! itself only where the main one is gone: it has another owner, or was silent for a year. A link holds for the owner that the
//! second number has; with another one it is over.

use super::data_event::CALLER;
use super::merge::{self, Merged, Refusal};
use super::number_move::{self, CODE_MS, Checked, Moved};
use super::phone_number::{self, MsisdnHash, PERSONS_MAX, PhoneNumber, persons_on};
use super::{Fault, PersonId, case, erasure, person, wrong_try};
use crate::storage::{IdBlock, Keys, Row, Tx};

/// What a number is to a person who calls from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The only one.
    Only,
    /// The main one, and there is a second.
    Main,
    /// The second one.
    Second,
}

/// What the number is from which a person calls.
pub fn standing(tx: &mut Tx<'_>, person: PersonId, caller: &MsisdnHash) -> Result<Standing, Fault> {
    Ok(match second(tx, person)? {
        None => Standing::Only,
        Some(second) if second.hash == *caller => Standing::Second,
        Some(_) => Standing::Main,
    })
}

/// A person's second number; `None` while there is none, or it has another owner by now.
pub fn second(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<PhoneNumber>, Fault> {
    const SECOND: &str = "SELECT phone_number.msisdn_hmac, phone_number.language, phone_number.generation, \
        phone_number.stopped_ms, phone_number.owner_doubted FROM linked_number \
        JOIN phone_number ON phone_number.msisdn_hmac = linked_number.msisdn_hmac \
        AND phone_number.generation = linked_number.number_generation WHERE linked_number.person_id = $1";
    Ok(tx.query_one(SECOND, &[person.into()], phone_number::number_of)?)
}

/// The main number, where the person is its owner, and the second one.
pub fn all_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<PhoneNumber>, Fault> {
    let main = match person::find(tx, person)? {
        Some(found) => phone_number::find(tx, &found.number)?.filter(|main| main.generation == found.number_generation),
        None => None,
    };
    Ok(main.into_iter().chain(second(tx, person)?).collect())
}

/// Whether a person is alone on their main number.
fn is_sole(tx: &mut Tx<'_>, person: PersonId, number: &PhoneNumber) -> Result<bool, Fault> {
    let is_main = person::find(tx, person)?.is_some_and(|found| found.number == number.hash);
    Ok(is_main && persons_on(tx, number)? == [person])
}

/// Gives a person on `main` a second number. False when they have one, are not on `main` any more, or it has no place left.
fn link(
    tx: &mut Tx<'_>,
    person: PersonId,
    (main, added): (&PhoneNumber, &PhoneNumber),
    now_ms: i64,
) -> Result<bool, Fault> {
    // Whoever erases or moves the person at this moment is through by then, or comes after.
    const HOLD: &str = "UPDATE person SET changed_ms = $4 \
        WHERE id = $1 AND msisdn_hmac = $2 AND number_generation = $3 AND status <> 'closed'";
    const LINK: &str = "INSERT INTO linked_number (person_id, msisdn_hmac, number_generation, linked_ms) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (person_id) DO NOTHING";
    if main.hash == added.hash || persons_on(tx, added)?.len() >= PERSONS_MAX {
        return Ok(false);
    }
    let on = |number: &PhoneNumber| (*number.hash.as_bytes(), number.generation);
    let ((main, main_generation), (added, generation)) = (on(main), on(added));
    let hold = [person.into(), (&main).into(), main_generation.into(), now_ms.into()];
    if tx.execute(HOLD, &hold)? == 0 {
        return Ok(false);
    }
    Ok(tx.execute(LINK, &[person.into(), (&added).into(), generation.into(), now_ms.into()])? == 1)
}

/// All that a link asks for was told on `to`: the person of the wish has it as the second number, or the caller, who is
/// registered on it, is asked whether they are the same. Uses one identifier.
pub(super) fn proven(
    tx: &mut Tx<'_>,
    (keys, ids): (&Keys, &mut IdBlock),
    to: &PhoneNumber,
    caller: Option<PersonId>,
    now_ms: i64,
) -> Result<Checked, Fault> {
    let Some((from, person, _)) = number_move::take(tx, to)? else { return Ok(Checked::Over) };
    let Some(caller) = caller else {
        if !link(tx, person, (&from, to), now_ms)? {
            return Ok(if second(tx, person)?.is_some() { Checked::Full } else { Checked::Over });
        }
        number_move::note(tx, ids, Moved::Linked, now_ms)?;
        return Ok(Checked::Linked(person));
    };
    Ok(match may_join(tx, keys, (caller, to), (person, &from))? {
        Ok(()) => {
            wait_for_join(tx, to, (&from, person), now_ms)?;
            Checked::Join
        }
        Err(why) => why,
    })
}

/// Whether the caller's registration on `to` and another one on `from` may be made one by keypad; else what is answered. Each is alone on a number of their own: nobody joins what is another's of the same phone.
fn may_join(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (caller, to): (PersonId, &PhoneNumber),
    (person, from): (PersonId, &PhoneNumber),
) -> Result<Result<(), Checked>, Fault> {
    if !is_sole(tx, caller, to)? || !is_sole(tx, person, from)? {
        return Ok(Err(Checked::Apart));
    }
    if second(tx, caller)?.is_some() || second(tx, person)?.is_some() {
        return Ok(Err(Checked::Full));
    }
    Ok(match merge::look(tx, keys, caller, person)? {
        Ok(_) => Ok(()),
        Err(Refusal::OtherWay) => Err(Checked::OtherWay),
        Err(_) => Err(Checked::Apart),
    })
}

/// What came of the caller's yes to one registration instead of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The caller has both numbers now. The one that is the second: whoever reads there is told.
    Done(PhoneNumber),
    /// Why not; nothing was changed.
    Not(Checked),
}

/// Joins the registration that was proven on `to` with the caller's, whose second number the other one becomes.
/// `first_session` is the first that may still be open ([`merge::CALL_MS_MAX`]). Uses three identifiers.
pub fn join(
    tx: &mut Tx<'_>,
    (keys, ids): (&Keys, &mut IdBlock),
    (caller, to): (PersonId, &PhoneNumber),
    first_session: i64,
    now_ms: i64,
) -> Result<Joined, Fault> {
    let Some((from, person)) = take_to_join(tx, to, now_ms)? else {
        return Ok(Joined::Not(Checked::Over));
    };
    if let Err(why) = may_join(tx, keys, (caller, to), (person, &from))? {
        return Ok(Joined::Not(why));
    }
    // Before the other registration goes, and its number with it.
    if !link(tx, caller, (to, &from), now_ms)? {
        return Ok(Joined::Not(Checked::Over));
    }
    let seen = match merge::look(tx, keys, caller, person)? {
        Ok(pair) => pair.version,
        Err(_) => return Err(Fault::Gone("person")),
    };
    match merge::merge(tx, keys, ids, (caller, person), (seen, CALLER), first_session, now_ms)? {
        Merged::Done => {}
        // Cannot be after what was looked at a moment ago; the link goes back with everything else.
        Merged::Refused(_) | Merged::Changed => return Err(Fault::Gone("person")),
    }
    number_move::note(tx, ids, Moved::Joined, now_ms)?;
    Ok(Joined::Done(from))
}

/// Both numbers are proven, and both have a registration: it is written down for as long as the caller is asked whether the
/// two are one.
fn wait_for_join(
    tx: &mut Tx<'_>,
    to: &PhoneNumber,
    (from, person): (&PhoneNumber, PersonId),
    now_ms: i64,
) -> Result<(), Fault> {
    const WAIT: &str = "INSERT INTO number_move \
        (to_hmac, to_generation, from_hmac, person_id, code_hmac, tries, is_proven, asked_ms, moves_ms, wants) \
        VALUES ($1, $2, $3, $4, $3, 0, 1, $5, 0, 'join') ON CONFLICT (to_hmac) DO NOTHING";
    let (to_hash, from) = (to.hash.as_bytes().into(), from.hash.as_bytes().into());
    tx.execute(WAIT, &[to_hash, to.generation.into(), from, person.into(), now_ms.into()])?;
    Ok(())
}

/// Takes away what [`wait_for_join`] wrote; `None` when nothing waits on the number, or not for [`CODE_MS`] any more.
fn take_to_join(tx: &mut Tx<'_>, to: &PhoneNumber, now_ms: i64) -> Result<Option<(PhoneNumber, PersonId)>, Fault> {
    const WAITS: &str = "SELECT person_id FROM number_move WHERE to_hmac = $1 AND wants = 'join' AND asked_ms > $2";
    let params = [to.hash.as_bytes().into(), now_ms.saturating_sub(CODE_MS).into()];
    match tx.query_one(WAITS, &params, |row| row.integer(0))? {
        Some(_) => Ok(number_move::take(tx, to)?.map(|(from, person, _)| (from, person))),
        None => Ok(None),
    }
}

/// A person goes on without the second number, which is answered; `None` when they have none. What they told from it goes to
/// the main one. With `first_session`, calls that are open on it begin anew at their next key: nobody speaks in them any more
/// as this person. Uses one identifier.
pub fn end(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    person: PersonId,
    first_session: Option<i64>,
    now_ms: i64,
) -> Result<Option<MsisdnHash>, Fault> {
    let Some(number) = unlink(tx, person)? else { return Ok(None) };
    if let Some(first_session) = first_session {
        merge::begin_calls_anew(tx, &number, first_session)?;
    }
    tidy_up(tx, person, &number)?;
    erasure::leave_number(tx, &number, now_ms)?;
    number_move::note(tx, ids, Moved::Ended, now_ms)?;
    Ok(Some(number))
}

/// The person is gone: so is the link, and the number if nobody else is on it.
pub(super) fn leave(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    let Some(number) = unlink(tx, person)? else { return Ok(()) };
    wrong_try::forget_about(tx, &number, person.get())?;
    erasure::leave_number(tx, &number, now_ms)
}

/// The second number of a person is their main one now.
pub(super) fn became_main(tx: &mut Tx<'_>, person: PersonId, main: &MsisdnHash) -> Result<(), Fault> {
    const MAIN: &str = "DELETE FROM linked_number WHERE person_id = $1 AND msisdn_hmac = $2";
    tx.execute(MAIN, &[person.into(), main.as_bytes().into()])?;
    Ok(())
}

/// A number is nobody's second one any more: it has another owner, or was silent for too long. It stays itself.
pub(super) fn leave_all(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<(), Fault> {
    const ALL: &str = "DELETE FROM linked_number WHERE msisdn_hmac = $1 RETURNING person_id";
    for person in tx.query(ALL, &[number.as_bytes().into()], |row| Ok(PersonId::new(row.integer(0)?)))? {
        tidy_up(tx, person, number)?;
    }
    Ok(())
}

/// Whoever is on a number that is gone, and has called from a second one after `since_ms`, goes on there.
pub(super) fn go_over(tx: &mut Tx<'_>, number: &PhoneNumber, since_ms: i64, now_ms: i64) -> Result<(), Fault> {
    const LINKED: &str = "SELECT person.id FROM person JOIN linked_number ON linked_number.person_id = person.id \
        JOIN phone_number ON phone_number.msisdn_hmac = linked_number.msisdn_hmac \
        AND phone_number.generation = linked_number.number_generation WHERE person.msisdn_hmac = $1 \
        AND person.number_generation = $2 AND person.status <> 'closed' AND phone_number.last_hop_ms > $3";
    let params = [number.hash.as_bytes().into(), number.generation.into(), since_ms.into()];
    for person in tx.query(LINKED, &params, |row| Ok(PersonId::new(row.integer(0)?)))? {
        if let Some(to) = second(tx, person)? {
            number_move::carry(tx, person, (number, &to), now_ms)?;
        }
    }
    Ok(())
}

/// Takes the link away; the number of which it was.
fn unlink(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<MsisdnHash>, Fault> {
    const UNLINK: &str = "DELETE FROM linked_number WHERE person_id = $1 RETURNING msisdn_hmac";
    Ok(tx.query_one(UNLINK, &[person.into()], |row: &Row<'_>| MsisdnHash::read(row, 0))?)
}

/// What the person did from a number that is theirs no more is forgotten, or goes to the main one.
fn tidy_up(tx: &mut Tx<'_>, person: PersonId, number: &MsisdnHash) -> Result<(), Fault> {
    wrong_try::forget_about(tx, number, person.get())?;
    match all_of(tx, person)?.first() {
        Some(main) => case::carry(tx, person, main),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "linked_number_tests.rs"]
mod tests;
