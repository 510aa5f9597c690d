//! Who was registered by an [`agent`](super::agent), and what they said to it.
//!
//! Somebody who is registered by another has pressed no key. So they are written to on their own number, by whom they were
//! registered and what is kept, and are not listed before they have said yes there, or said nothing for [`LISTS_MS`] after
//! the message was taken by their network. Until then nobody finds them and no job is told to them. Saying no erases them.
//! Their number is given to nobody by any of this: that takes a key on their own phone, as for everybody.
//!
//! The agent sees initials and whether they said yes; never a number, and nobody of before [`SHOWN_MS`].

use super::agent::Agent;
use super::consent::{self, Given};
use super::data_event::{CALLER, DataEvent};
use super::person::{self, Status};
use super::phone_number::{self, MsisdnHash, PERSONS_MAX, PhoneNumber};
use super::worker::{self, FinishOutcome};
use super::{Fault, PersonId, erasure};
use crate::country::Msisdn;
use crate::outbox;
use crate::storage::{IdBlock, Keys, Row, Tx};
use crate::text::datetime::Day;

/// Registrations that an agent begins on a day: at ten minutes each, five hours of work. More is not read aloud to anybody.
pub const REGISTERED_A_DAY_MAX: i64 = 30;
/// Numbers that an agent types on a day, slips of the thumb and those that are taken among them: each tells whether
/// somebody is on it, and nobody should find that out of a whole list.
pub const NUMBERS_A_DAY_MAX: i64 = 60;
/// After this long without an objection somebody is listed: three days, in which an SMS is read, also on a phone that is
/// charged at the market.
pub const LISTS_MS: i64 = 72 * 3_600_000;
/// For so long an agent sees whom they registered.
pub const SHOWN_MS: i64 = 30 * 24 * 3_600_000;
/// Rows of that list: a month's work of a busy agent is more, and nobody pages through it on a phone.
const SHOWN_MAX: i64 = 90;

/// The cause of the message to somebody who was registered.
pub fn told_by(registration: i64) -> String {
    format!("agent/{registration}")
}

/// What a number can be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Nobody is on it, or only whom the same agent has begun to register.
    Open,
    /// Somebody is on it. Who, is not told.
    Taken,
    /// Nobody can be registered on it by another: it asked for silence, may have another owner, is full, or was refused.
    Unusable,
}

/// Counts a number that an agent typed. False when they have typed [`NUMBERS_A_DAY_MAX`] today.
pub fn count_number(tx: &mut Tx<'_>, agent: i64, day: Day) -> Result<bool, Fault> {
    const COUNT: &str = "INSERT INTO agent_day (agent_id, day, numbers, registered) VALUES ($1, $2, 1, 0) \
        ON CONFLICT (agent_id, day) DO UPDATE SET numbers = agent_day.numbers + 1 WHERE agent_day.numbers < $3 \
        RETURNING numbers";
    let params = [agent.into(), i64::from(day.0).into(), NUMBERS_A_DAY_MAX.into()];
    Ok(tx.query_one(COUNT, &params, |row| row.integer(0))?.is_some())
}

/// Takes one of the day's places. False when there is none left.
fn take_place(tx: &mut Tx<'_>, agent: i64, day: Day) -> Result<bool, Fault> {
    const TAKE: &str = "INSERT INTO agent_day (agent_id, day, numbers, registered) VALUES ($1, $2, 0, 1) \
        ON CONFLICT (agent_id, day) DO UPDATE SET registered = agent_day.registered + 1 \
        WHERE agent_day.registered < $3 RETURNING registered";
    let params = [agent.into(), i64::from(day.0).into(), REGISTERED_A_DAY_MAX.into()];
    Ok(tx.query_one(TAKE, &params, |row| row.integer(0))?.is_some())
}

/// How many an agent may still register today.
pub fn left_today(tx: &mut Tx<'_>, agent: i64, day: Day) -> Result<i64, Fault> {
    const TODAY: &str = "SELECT registered FROM agent_day WHERE agent_id = $1 AND day = $2";
    let begun = tx.query_one(TODAY, &[agent.into(), i64::from(day.0).into()], |row| row.integer(0))?;
    Ok((REGISTERED_A_DAY_MAX - begun.unwrap_or_default()).max(0))
}

enum Usable {
    /// It never dialled.
    New,
    Known(PhoneNumber),
    Not,
}

fn usable(tx: &mut Tx<'_>, keys: &Keys, hash: &MsisdnHash, now_ms: i64) -> Result<Usable, Fault> {
    if person::refused(tx, keys, hash, now_ms)? {
        return Ok(Usable::Not);
    }
    let Some(number) = phone_number::find(tx, hash)? else { return Ok(Usable::New) };
    if number.stopped || phone_number::is_doubtful(tx, hash, now_ms)? {
        return Ok(Usable::Not);
    }
    let is_full = phone_number::persons_on(tx, &number)?.len() >= PERSONS_MAX;
    Ok(if is_full { Usable::Not } else { Usable::Known(number) })
}

/// Whom an agent has begun to register on a number and not come to the end with.
fn unfinished(tx: &mut Tx<'_>, agent: i64, hash: &MsisdnHash) -> Result<Option<PersonId>, Fault> {
    const BEGUN: &str = "SELECT person.id FROM agent_registration \
        JOIN person ON person.id = agent_registration.person_id \
        WHERE agent_registration.agent_id = $1 AND agent_registration.state = 'begun' \
        AND (person.msisdn_hmac = $2 OR EXISTS (SELECT 1 FROM linked_number \
        WHERE linked_number.person_id = person.id AND linked_number.msisdn_hmac = $2)) AND person.status = 'registering' ORDER BY person.id DESC LIMIT 1";
    Ok(tx.query_one(BEGUN, &[agent.into(), hash.as_bytes().into()], |row| Ok(PersonId::new(row.integer(0)?)))?)
}

/// What a number that an agent typed can be used for.
pub fn look(tx: &mut Tx<'_>, keys: &Keys, agent: i64, hash: &MsisdnHash, now_ms: i64) -> Result<Looked, Fault> {
    if unfinished(tx, agent, hash)?.is_some() {
        return Ok(Looked::Open);
    }
    Ok(match usable(tx, keys, hash, now_ms)? {
        Usable::Not => Looked::Unusable,
        Usable::New => Looked::Open,
        Usable::Known(number) if phone_number::persons_on(tx, &number)?.is_empty() => Looked::Open,
        Usable::Known(_) => Looked::Taken,
    })
}

/// What came of a beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The person is there, with the consent that was read aloud.
    Person(PersonId),
    /// See [`Looked::Unusable`].
    Unusable,
    /// The agent has begun [`REGISTERED_A_DAY_MAX`] today.
    TooMany,
}

/// Begins somebody's registration by an agent, or goes on with one that this agent has begun on the number. A number that
/// never dialled speaks the language in which the consent was read. Uses four identifiers.
pub fn begin(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (agent, msisdn): (&Agent, &Msisdn),
    (given, day): (&Given<'_>, Day),
    now_ms: i64,
) -> Result<Begun, Fault> {
    const BEGIN: &str = "INSERT INTO agent_registration \
        (id, agent_id, person_id, state, begun_ms, told_ms, lists_ms, answered_ms) \
        VALUES ($1, $2, $3, 'begun', $4, 0, 0, 0)";
    let hash = MsisdnHash::of(keys, msisdn);
    if let Some(person) = unfinished(tx, agent.id, &hash)? {
        return Ok(Begun::Person(person));
    }
    let known = match usable(tx, keys, &hash, now_ms)? {
        Usable::Not => return Ok(Begun::Unusable),
        Usable::New => None,
        Usable::Known(number) => Some(number),
    };
    if !take_place(tx, agent.id, day)? {
        return Ok(Begun::TooMany);
    }
    let number = match known {
        Some(number) => number,
        None => phone_number::introduce(tx, keys, (&hash, msisdn), given.language, now_ms)?,
    };
    let person = match person::begin(tx, keys, ids, &number, given, now_ms)? {
        person::Begun::Person(person) => person,
        person::Begun::Refused | person::Begun::NumberFull => return Ok(Begun::Unusable),
    };
    consent::note_agent(tx, person, agent.id)?;
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    tx.execute(BEGIN, &[id.into(), agent.id.into(), person.into(), now_ms.into()])?;
    Ok(Begun::Person(person))
}

/// Whether somebody's registration by an agent lasts, and the agent is still one.
pub fn is_begun(tx: &mut Tx<'_>, person: PersonId) -> Result<bool, Fault> {
    const LASTS: &str = "SELECT COUNT(*) FROM agent_registration JOIN agent ON agent.id = agent_registration.agent_id \
        WHERE agent_registration.person_id = $1 AND agent_registration.state = 'begun' AND agent.ended_ms = 0";
    Ok(tx.query_one(LASTS, &[person.into()], |row| row.integer(0))?.unwrap_or_default() > 0)
}

/// A registration that is all answered: its person is to be written to, and listed when [`LISTS_MS`] are over. `None` when
/// it was so before.
pub fn tell(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<Option<i64>, Fault> {
    const TELL: &str = "UPDATE agent_registration SET state = 'told', told_ms = $2, lists_ms = $3 \
        WHERE person_id = $1 AND state = 'begun' RETURNING id";
    let lists_ms = now_ms.saturating_add(LISTS_MS);
    Ok(tx.query_one(TELL, &[person.into(), now_ms.into(), lists_ms.into()], |row| row.integer(0))?)
}

/// The registration that waits for what its person says, with the agent who made it; `None` when none does.
pub fn waiting(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<(i64, i64)>, Fault> {
    const WAITING: &str = "SELECT id, agent_id FROM agent_registration \
        WHERE person_id = $1 AND (state = 'told' OR state = 'listed')";
    Ok(tx.query_one(WAITING, &[person.into()], |row| Ok((row.integer(0)?, row.integer(1)?)))?)
}

/// The person says yes on their own phone: they are listed. False when nothing waits for that.
pub fn confirm(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<bool, Fault> {
    const CONFIRM: &str = "UPDATE agent_registration SET state = 'confirmed', lists_ms = 0, answered_ms = $2 \
        WHERE person_id = $1 AND (state = 'told' OR state = 'listed')";
    if tx.execute(CONFIRM, &[person.into(), now_ms.into()])? == 0 {
        return Ok(false);
    }
    // What they were registered with is there, or they have taken the consent back meanwhile: then they are not listed.
    worker::finish(tx, person, now_ms)?;
    Ok(true)
}

/// The person says no on their own phone: they are erased. False when nothing waits for that. Uses one identifier.
pub fn object(tx: &mut Tx<'_>, ids: &mut IdBlock, person: PersonId, now_ms: i64) -> Result<bool, Fault> {
    const OBJECT: &str = "UPDATE agent_registration SET state = 'objected', lists_ms = 0, answered_ms = $2 \
        WHERE person_id = $1 AND (state = 'told' OR state = 'listed')";
    if tx.execute(OBJECT, &[person.into(), now_ms.into()])? == 0 {
        return Ok(false);
    }
    erasure::erase(tx, ids, person, (DataEvent::Erased, CALLER), now_ms)?;
    Ok(true)
}

/// The person is gone: the row stays as a count.
pub(super) fn forget(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const FORGET: &str = "UPDATE agent_registration SET person_id = NULL, lists_ms = 0 WHERE person_id = $1";
    tx.execute(FORGET, &[person.into()])?;
    Ok(())
}

/// Lists those who have said nothing for long enough, at most `limit`; answers how many were looked at. Whose message was
/// not taken by a network is not listed by silence: nobody has heard of it there.
pub fn list_silent(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<u64, Fault> {
    const DUE: &str = "SELECT id, person_id FROM agent_registration WHERE lists_ms > 0 AND lists_ms <= $1 \
        ORDER BY lists_ms LIMIT $2";
    const LIST: &str = "UPDATE agent_registration SET state = 'listed', lists_ms = 0 WHERE id = $1 AND state = 'told'";
    const LEAVE: &str = "UPDATE agent_registration SET lists_ms = 0 WHERE id = $1";
    let read = |row: &Row<'_>| Ok((row.integer(0)?, row.optional_integer(1)?.map(PersonId::new)));
    let due = tx.query(DUE, &[now_ms.into(), limit.into()], read)?;
    for (id, person) in &due {
        let standing = person.map(|person| person::find(tx, person)).transpose()?.flatten();
        let is_waiting = standing.is_some_and(|found| found.status == Status::Registering);
        let listed = match person.filter(|_| is_waiting) {
            Some(person) if outbox::operate::was_taken(tx, &told_by(*id))? => {
                tx.execute(LIST, &[(*id).into()])? == 1 && worker::finish(tx, person, now_ms)? == FinishOutcome::Listed
            }
            _ => false,
        };
        if !listed {
            tx.execute(LEAVE, &[(*id).into()])?;
        }
    }
    Ok(u64::try_from(due.len()).unwrap_or_default())
}

/// Somebody whom an agent registered, as the agent sees them.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The registration.
    pub id: i64,
    /// The person's initials.
    pub initials: String,
    /// When all was answered, in epoch milliseconds.
    pub told_ms: i64,
    /// They have said yes on their own phone.
    pub is_confirmed: bool,
}

/// Initials stay out of logs.
impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shown({}, confirmed {})", self.id, self.is_confirmed)
    }
}

/// Whom an agent registered within [`SHOWN_MS`], the newest first; who is erased is not among them.
pub fn of_agent(tx: &mut Tx<'_>, keys: &Keys, agent: i64, now_ms: i64) -> Result<Vec<Shown>, Fault> {
    const SHOWN: &str = "SELECT agent_registration.id, agent_registration.person_id, agent_registration.told_ms, \
        agent_registration.state FROM agent_registration WHERE agent_registration.agent_id = $1 \
        AND agent_registration.begun_ms > $2 AND agent_registration.told_ms > 0 \
        AND agent_registration.person_id IS NOT NULL ORDER BY agent_registration.begun_ms DESC, agent_registration.id \
        LIMIT $3";
    let params = [agent.into(), now_ms.saturating_sub(SHOWN_MS).into(), SHOWN_MAX.into()];
    let read = |row: &Row<'_>| {
        Ok((row.integer(0)?, PersonId::new(row.integer(1)?), row.integer(2)?, row.text(3)? == "confirmed"))
    };
    let mut shown = Vec::new();
    for (id, person, told_ms, is_confirmed) in tx.query(SHOWN, &params, read)? {
        let initials = person::name(tx, keys, person)?.map_or_else(|| "...".to_owned(), |name| person::initials(&name));
        shown.push(Shown { id, initials, told_ms, is_confirmed });
    }
    Ok(shown)
}

#[cfg(test)]
#[path = "agent_registration_tests.rs"]
mod tests;
