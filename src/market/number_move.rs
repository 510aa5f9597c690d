//! Moving to another number: who lost the SIM, or has another one now, goes on as the same person.
//!
//! It is asked for from the new number. Six digits go to the old one: who reads them there types them on the new one. Who has
//! the old phone no more tells the [`pin`], and moves [`WAIT_MS`] later, of which the old number is told at once: any call
//! from it stops the move. Who has set a PIN tells it in either case: whoever finds the phone has the digits, too.
//!
//! In the same way a number is added as a [second one](linked_number): by the digits, never by the PIN alone. Whether anybody
//! is on the old number is never told. One with nobody on it, or several people, or which may have another owner by now, is
//! asked for, counted and answered like any other, with digits that nobody has.

use super::phone_number::{self, MsisdnHash, PhoneNumber, persons_on};
use super::wrong_try::{self, Secret, Try};
use super::{Fault, PersonId, candidate, case, erasure, linked_number, person, pin};
use crate::storage::{IdBlock, Keys, Purpose, Row, Tx};
use crate::text::datetime::Day;

/// How long the digits hold: the other phone has to be fetched, and its SMS read.
pub const CODE_MS: i64 = 15 * 60_000;
/// Tries at the digits: with six of them, three in a million.
pub const TRIES_MAX: i64 = 3;
/// How often a number asks on a day, and is asked for: a slip of the thumb, a lost SMS, and the right one.
pub const ASKED_A_DAY_MAX: i64 = 3;
/// From the PIN until the move: two days, in which its owner sees the SMS on the old phone.
pub const WAIT_MS: i64 = 48 * 3_600_000;
/// A wish of which nothing came is kept this long.
const KEEP_MS: i64 = 24 * 3_600_000;
/// Days for which it is counted how often was asked.
const KEEP_DAYS: i64 = 2;

coded! {
    /// By what a person moved, or that the move was stopped.
    pub enum Moved {
        /// By the digits.
        Code = "code",
        /// By the PIN, two days later.
        Pin = "pin",
        /// A call from the old number stopped it.
        Stopped = "stopped",
        /// Another number was added, by the digits.
        Linked = "linked",
        /// So was one on which the person was registered as well: the two were made one.
        Joined = "joined",
        /// A second number was ended.
        Ended = "ended",
    }
}

coded! {
    /// What is wished on the new number.
    pub enum Wants {
        /// To go on with it instead of the old one.
        Move = "move",
        /// To have it beside the old one.
        Link = "link",
    }
}

/// What came of a wish.
#[derive(Clone, PartialEq, Eq)]
pub enum Asked {
    /// It waits for the digits. Whom they go to, and they themselves; `None`: to nobody.
    Waits(Option<(PersonId, String)>),
    /// One of the two numbers was named too often today.
    TooMany,
}

/// The digits stay out of logs.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asked(..)")
    }
}

/// The one person on a number, their main one, who can be written to there; `None` for all others.
fn sole(tx: &mut Tx<'_>, from: &MsisdnHash, now_ms: i64) -> Result<Option<PersonId>, Fault> {
    let Some(number) = phone_number::find(tx, from)?.filter(|number| !number.stopped) else { return Ok(None) };
    if phone_number::is_doubtful(tx, from, now_ms)? {
        return Ok(None);
    }
    let &[person] = persons_on(tx, &number)?.as_slice() else { return Ok(None) };
    Ok(person::find(tx, person)?.filter(|found| found.number == *from).map(|_| person))
}

/// Counts that a number asked, or was asked for. False when it was so [`ASKED_A_DAY_MAX`] times today.
fn count(tx: &mut Tx<'_>, number: &MsisdnHash, side: &'static str, day: Day) -> Result<bool, Fault> {
    const COUNT: &str = "INSERT INTO number_move_day (msisdn_hmac, side, day, asked) VALUES ($1, $2, $3, 1) \
        ON CONFLICT (msisdn_hmac, side, day) DO UPDATE SET asked = number_move_day.asked + 1 \
        WHERE number_move_day.asked < $4 RETURNING asked";
    let params = [number.as_bytes().into(), side.into(), i64::from(day.0).into(), ASKED_A_DAY_MAX.into()];
    Ok(tx.query_one(COUNT, &params, |row| row.integer(0))?.is_some())
}

/// Six digits that nobody can tell who has not the keys, the same for one identifier.
fn digits_of(keys: &Keys, id: i64) -> String {
    let drawn = keys.keyed_hash(Purpose::Pin, format!("digits of a move\n{id}").as_bytes());
    let drawn = drawn.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
    format!("{:06}", drawn % 1_000_000)
}

fn code_hash(keys: &Keys, to: &MsisdnHash, digits: &str) -> [u8; 32] {
    let mut bytes = b"code of a move\n".to_vec();
    bytes.extend_from_slice(to.as_bytes());
    bytes.extend_from_slice(digits.as_bytes());
    keys.keyed_hash(Purpose::Pin, &bytes)
}

/// Somebody on `to` wants to be there who they are on `from`. A later wish of the same number takes the place of this one. Uses
/// one identifier.
pub fn ask(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (to, from, wants): (&PhoneNumber, &MsisdnHash, Wants),
    day: Day,
    now_ms: i64,
) -> Result<Asked, Fault> {
    const ASK: &str = "INSERT INTO number_move \
        (to_hmac, to_generation, from_hmac, person_id, code_hmac, tries, is_proven, asked_ms, moves_ms, wants) \
        VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0, $7) ON CONFLICT (to_hmac) DO UPDATE SET to_generation = $2, \
        from_hmac = $3, person_id = $4, code_hmac = $5, tries = 0, is_proven = 0, asked_ms = $6, moves_ms = 0, wants = $7";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    if !count(tx, &to.hash, "to", day)? || !count(tx, from, "from", day)? {
        return Ok(Asked::TooMany);
    }
    let person = if to.hash == *from { None } else { sole(tx, from, now_ms)? };
    let digits = digits_of(keys, id);
    let code = code_hash(keys, &to.hash, &digits);
    let params = [
        to.hash.as_bytes().into(),
        to.generation.into(),
        from.as_bytes().into(),
        person.map_or(0, PersonId::get).into(),
        (&code).into(),
        now_ms.into(),
        wants.code().into(),
    ];
    tx.execute(ASK, &params)?;
    Ok(Asked::Waits(person.map(|person| (person, digits))))
}

/// What came of the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The person is on the new number now.
    Moved(PersonId),
    /// They have the new number as their second one.
    Linked(PersonId),
    /// Right, and the caller is registered here as well: they are asked whether the two are to be one.
    Join,
    /// Right, and the caller has to do the same from the other number: what is here is less than what is there.
    OtherWay,
    /// Right, and the two are not joined by keypad.
    Apart,
    /// Right, and there is a second number already.
    Full,
    /// Right, and the person has a PIN that is to be told too.
    Pin,
    /// Wrong, and counted.
    Wrong,
    /// Wrong once too often, too late, or nothing waits for them.
    Over,
}

/// What is typed on the new number, by whom, and what for.
#[derive(Clone, Copy)]
pub struct Telling<'a> {
    /// The new number.
    pub to: &'a PhoneNumber,
    /// What is wished there.
    pub wants: Wants,
    /// Who is calling, where that is known.
    pub caller: Option<PersonId>,
    /// Digits, or a PIN.
    pub typed: &'a str,
}

/// What was typed stays out of logs.
impl std::fmt::Debug for Telling<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Telling(..)")
    }
}

/// Looks at digits that were typed on the new number.
pub fn check(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    telling: Telling<'_>,
    now_ms: i64,
) -> Result<Checked, Fault> {
    // A try is counted before it is looked at.
    const TRY: &str = "UPDATE number_move SET tries = tries + 1 WHERE to_hmac = $1 AND to_generation = $2 \
        AND tries < $3 AND is_proven = 0 AND moves_ms = 0 AND asked_ms > $4 AND wants = $5 RETURNING code_hmac, person_id, tries";
    const PROVEN: &str = "UPDATE number_move SET is_proven = 1 WHERE to_hmac = $1";
    let Telling { to, wants, typed, .. } = telling;
    let params = [
        to.hash.as_bytes().into(),
        to.generation.into(),
        TRIES_MAX.into(),
        now_ms.saturating_sub(CODE_MS).into(),
        wants.code().into(),
    ];
    let read = |row: &Row<'_>| Ok((row.bytes(0)?.to_vec(), row.integer(1)?, row.integer(2)?));
    let Some((code, person, tries)) = tx.query_one(TRY, &params, read)? else { return Ok(Checked::Over) };
    if person == 0 || code != code_hash(keys, &to.hash, typed) {
        return Ok(if tries >= TRIES_MAX { Checked::Over } else { Checked::Wrong });
    }
    let person = PersonId::new(person);
    if pin::state(tx, person)?.is_set {
        tx.execute(PROVEN, &[to.hash.as_bytes().into()])?;
        return Ok(Checked::Pin);
    }
    fulfil(tx, (keys, ids), telling, now_ms)
}

/// All is told that a wish asks for.
fn fulfil(
    tx: &mut Tx<'_>,
    (keys, ids): (&Keys, &mut IdBlock),
    Telling { to, wants, caller, .. }: Telling<'_>,
    now_ms: i64,
) -> Result<Checked, Fault> {
    match wants {
        Wants::Move => Ok(carry_out(tx, ids, to, Moved::Code, now_ms)?.map_or(Checked::Over, Checked::Moved)),
        Wants::Link => linked_number::proven(tx, (keys, ids), to, caller, now_ms),
    }
}

/// What came of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByPin {
    /// The digits were told before, and this is what came of both.
    Proven(Checked),
    /// Written down, whether or not it was right. Who moves when [`WAIT_MS`] are over; `None`: nobody.
    Noted(Option<PersonId>),
    /// Not looked at: too many were wrong.
    Locked,
    /// Nothing waits for it.
    Over,
}

/// Looks at a PIN that was typed on the new number. Tries are counted for the new number, and for the old one apart from those
/// that are made on it: nobody locks another's own PIN from afar.
pub fn by_pin(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    telling: Telling<'_>,
    now_ms: i64,
) -> Result<ByPin, Fault> {
    const FIND: &str = "SELECT from_hmac, person_id, is_proven FROM number_move \
        WHERE to_hmac = $1 AND to_generation = $2 AND moves_ms = 0 AND asked_ms > $3 AND wants = $4";
    const WAIT: &str = "UPDATE number_move SET moves_ms = $2 WHERE to_hmac = $1 AND moves_ms = 0";
    let (Telling { to, wants, typed, .. }, since_ms) = (telling, now_ms.saturating_sub(CODE_MS));
    let params = [to.hash.as_bytes().into(), to.generation.into(), since_ms.into(), wants.code().into()];
    let read = |row: &Row<'_>| Ok((MsisdnHash::read(row, 0)?, row.integer(1)?, row.boolean(2)?));
    let found = tx.query_one(FIND, &params, read)?;
    let Some((from, person, is_proven)) = found.filter(|(.., is_proven)| *is_proven || wants == Wants::Move) else {
        return Ok(ByPin::Over);
    };
    let person = PersonId::new(person);
    let apart = MsisdnHash::stored(&keys.keyed_hash(Purpose::Pin, from.as_bytes()))?;
    let right = |tx: &mut Tx<'_>| pin::matches(tx, keys, person, typed);
    let inner = |tx: &mut Tx<'_>| Ok(wrong_try::attempt(tx, &apart, (Secret::Pin, 0), right, now_ms)? == Try::Right);
    match wrong_try::attempt(tx, &to.hash, (Secret::Pin, 0), inner, now_ms)? {
        Try::Locked { .. } => return Ok(ByPin::Locked),
        Try::Wrong => return Ok(ByPin::Noted(None)),
        Try::Right => {}
    }
    if is_proven {
        return Ok(ByPin::Proven(fulfil(tx, (keys, ids), telling, now_ms)?));
    }
    let waits = tx.execute(WAIT, &[to.hash.as_bytes().into(), now_ms.saturating_add(WAIT_MS).into()])? == 1;
    Ok(ByPin::Noted(waits.then_some(person)))
}

/// The old number could not be told of a move by PIN: it does not begin, for then a thief's wish would not be noticed.
pub fn give_up(tx: &mut Tx<'_>, to: &MsisdnHash) -> Result<(), Fault> {
    const GIVE_UP: &str = "DELETE FROM number_move WHERE to_hmac = $1";
    tx.execute(GIVE_UP, &[to.as_bytes().into()])?;
    Ok(())
}

/// Somebody calls from the old number, or a second one of its people: moves that wait are stopped. False when none does.
pub fn stop(tx: &mut Tx<'_>, ids: &mut IdBlock, from: &MsisdnHash, now_ms: i64) -> Result<bool, Fault> {
    const STOP: &str = "DELETE FROM number_move WHERE moves_ms > 0 AND from_hmac IN \
        (SELECT msisdn_hmac FROM phone_number WHERE msisdn_hmac = $1 UNION ALL SELECT person.msisdn_hmac \
        FROM linked_number JOIN person ON person.id = linked_number.person_id WHERE linked_number.msisdn_hmac = $1)";
    let stopped = tx.execute(STOP, &[from.as_bytes().into()])? > 0;
    if stopped {
        note(tx, ids, Moved::Stopped, now_ms)?;
    }
    Ok(stopped)
}

/// New numbers whose time has come, at most `limit`.
pub fn due(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<MsisdnHash>, Fault> {
    const DUE: &str =
        "SELECT to_hmac FROM number_move WHERE moves_ms > 0 AND moves_ms <= $1 ORDER BY moves_ms LIMIT $2";
    Ok(tx.query(DUE, &[now_ms.into(), limit.into()], |row| MsisdnHash::read(row, 0))?)
}

/// Moves whoever waits for it on a new number; `None` when nobody does any more, or somebody else is on it by now.
pub fn end(tx: &mut Tx<'_>, ids: &mut IdBlock, to: &MsisdnHash, now_ms: i64) -> Result<Option<PersonId>, Fault> {
    match phone_number::find(tx, to)? {
        Some(number) => carry_out(tx, ids, &number, Moved::Pin, now_ms),
        None => give_up(tx, to).map(|()| None),
    }
}

/// Takes the wish away and moves its person, in one transaction: of two that come at once, one finds nothing.
fn carry_out(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    to: &PhoneNumber,
    how: Moved,
    now_ms: i64,
) -> Result<Option<PersonId>, Fault> {
    let Some((from, person, moves_ms)) = take(tx, to)? else { return Ok(None) };
    let is_due = how == Moved::Code || (moves_ms > 0 && moves_ms <= now_ms);
    // Who has registered anew there meanwhile is somebody; the office joins the two. Their own second number is theirs.
    let is_free = persons_on(tx, to)?.iter().all(|on_it| *on_it == person);
    if !is_due || !is_free || !carry(tx, person, (&from, to), now_ms)? {
        return Ok(None);
    }
    erasure::leave_number(tx, &from.hash, now_ms)?;
    note(tx, ids, how, now_ms)?;
    Ok(Some(person))
}

/// Takes the wish of a number away: the old number, the person, and when they move by PIN; `None` when there is none, or a
/// number has another owner by now.
pub(super) fn take(tx: &mut Tx<'_>, to: &PhoneNumber) -> Result<Option<(PhoneNumber, PersonId, i64)>, Fault> {
    const TAKE: &str =
        "DELETE FROM number_move WHERE to_hmac = $1 RETURNING to_generation, from_hmac, person_id, moves_ms";
    let read = |row: &Row<'_>| Ok((row.integer(0)?, MsisdnHash::read(row, 1)?, row.integer(2)?, row.integer(3)?));
    let Some((generation, from, person, moves_ms)) = tx.query_one(TAKE, &[to.hash.as_bytes().into()], read)? else {
        return Ok(None);
    };
    let from = phone_number::find(tx, &from)?.filter(|_| generation == to.generation);
    Ok(from.map(|from| (from, PersonId::new(person), moves_ms)))
}

/// Puts a person on another number, with all that is theirs. False when they are not on the old one any more, which stays what
/// it is. Where others are on the new one it keeps its own word on messages.
pub(super) fn carry(
    tx: &mut Tx<'_>,
    person: PersonId,
    (from, to): (&PhoneNumber, &PhoneNumber),
    now_ms: i64,
) -> Result<bool, Fault> {
    const CARRY: &str = "UPDATE person SET msisdn_hmac = $2, number_generation = $3, changed_ms = $6 \
        WHERE id = $1 AND msisdn_hmac = $4 AND number_generation = $5 AND status <> 'closed'";
    let params = [
        person.into(),
        to.hash.as_bytes().into(),
        to.generation.into(),
        from.hash.as_bytes().into(),
        from.generation.into(),
        now_ms.into(),
    ];
    if tx.execute(CARRY, &params)? == 0 {
        return Ok(false);
    }
    linked_number::became_main(tx, person, &to.hash)?;
    case::carry(tx, person, to)?;
    if from.stopped && persons_on(tx, to)? == [person] {
        phone_number::stop(tx, &to.hash, now_ms)?;
    }
    wrong_try::forget_about(tx, &from.hash, person.get())?;
    candidate::relist(tx, person)?;
    Ok(true)
}

/// The person is gone: so is their wish.
pub(super) fn forget_of(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const FORGET: &str = "DELETE FROM number_move WHERE person_id = $1";
    tx.execute(FORGET, &[person.into()])?;
    Ok(())
}

/// Forgets wishes of which nothing came, and how often was asked on past days; answers how many rows went. For a bulk job.
pub fn forget_old(tx: &mut Tx<'_>, today: Day, now_ms: i64) -> Result<u64, Fault> {
    const WISHES: &str = "DELETE FROM number_move WHERE moves_ms = 0 AND asked_ms <= $1";
    const DAYS: &str = "DELETE FROM number_move_day WHERE day <= $1";
    let wishes = tx.execute(WISHES, &[now_ms.saturating_sub(KEEP_MS).into()])?;
    Ok(wishes + tx.execute(DAYS, &[(i64::from(today.0) - KEEP_DAYS).into()])?)
}

pub(super) fn note(tx: &mut Tx<'_>, ids: &mut IdBlock, what: Moved, now_ms: i64) -> Result<(), Fault> {
    const NOTE: &str = "INSERT INTO number_move_event (id, what, at_ms) VALUES ($1, $2, $3)";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    tx.execute(NOTE, &[id.into(), what.code().into(), now_ms.into()])?;
    Ok(())
}

#[cfg(test)]
#[path = "number_move_tests.rs"]
mod tests;
