//! Alerts: telling people of a new vacancy that fits them, in waves.
//!
//! A vacancy that opens leaves a *run* in the same transaction, so that none is forgotten. A node takes a run that is due,
//! for the time of a lease and under a fence, and writes down with every message whom it told: each person once for each
//! vacancy, and so many on a day. The best fitting are told first; the next wave follows after a while, as long as too few
//! have asked. [`super::candidate`] finds people, this file decides whether each may be told now: who has agreed, is
//! listed and scored, whose number takes messages and is surely still theirs, and who has not asked already.
//!
//! Asked again when a message is about to leave ([`standing`]): a vacancy may have been filled, or the person have changed
//! their mind.

use std::collections::HashSet;

use super::candidate::Fitting;
use super::erasure::of_outbox;
use super::matching::SCORE_VERSION;
use super::person::Recipient;
use super::phone_number::{self, IDLE_MS, MsisdnHash};
use super::place::Place;
use super::vacancy::{VacancyDetails, VacancyStatus};
use super::{Fault, PersonId, VacancyId};
use crate::outbox::erase as messages;
use crate::storage::{Error, Keys, Param, Step, Tx};
use crate::text::datetime::Day;

/// The most that one wave tells, of a tea estate with a thousand places: two waves of a day stay below the cap for one
/// employer (`[delivery] employer_day_max`), behind which they would wait for nothing.
pub const WAVE_MAX: i64 = 2_500;

/// How people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// People of one wave for each place.
    pub per_opening: i64,
    /// No further wave while so many have asked for each place.
    pub enough_per_opening: i64,
    /// Waves of one vacancy.
    pub waves_max: i64,
    /// Milliseconds from one wave to the next.
    pub wave_wait_ms: i64,
    /// Alerts to one person on a day.
    pub day_max: i64,
}

/// Of the built-in configuration, for tests and tools.
impl Default for Terms {
    fn default() -> Self {
        Terms { per_opening: 10, enough_per_opening: 5, waves_max: 5, wave_wait_ms: 3 * 3_600_000, day_max: 3 }
    }
}

impl Terms {
    /// How many a wave tells for so many places.
    pub fn wave(&self, openings: i64) -> i64 {
        self.per_opening.saturating_mul(openings).clamp(0, WAVE_MAX)
    }

    /// Whether so many have asked that nobody else need be told now.
    pub fn is_enough(&self, vacancy: &VacancyDetails) -> bool {
        vacancy.applications >= self.enough_per_opening.saturating_mul(vacancy.offer.openings)
    }
}

/// A vacancy opens, or opens again: its waves begin. Whoever was told before is not told again.
pub fn begin(tx: &mut Tx<'_>, vacancy: VacancyId, now_ms: i64) -> Result<(), Fault> {
    const BEGIN: &str = "INSERT INTO alert_run (vacancy_id, wave, told, next_ms, fence) VALUES ($1, 1, 0, $2, 0) \
        ON CONFLICT (vacancy_id) DO UPDATE SET wave = 1, told = 0, next_ms = $2, fence = 0";
    tx.execute(BEGIN, &[vacancy.into(), now_ms.into()])?;
    Ok(())
}

/// Nobody else is told of this vacancy.
pub fn end(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<(), Fault> {
    const END: &str = "DELETE FROM alert_run WHERE vacancy_id = $1";
    tx.execute(END, &[vacancy.into()])?;
    Ok(())
}

/// A run that a node has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The wave, counted from 1.
    pub wave: i64,
    /// How many were told in it before.
    pub told: i64,
    /// Names this taking.
    pub fence: i64,
}

/// Whether a run that is due waits. For a look that takes no writer's time.
pub fn is_due(tx: &mut Tx<'_>, now_ms: i64) -> Result<bool, Fault> {
    const DUE: &str = "SELECT vacancy_id FROM alert_run WHERE next_ms <= $1 ORDER BY next_ms, vacancy_id LIMIT 1";
    Ok(tx.query_one(DUE, &[now_ms.into()], |row| row.integer(0))?.is_some())
}

/// Takes the run that has been due longest until `until_ms`. Of two nodes that ask at once one gets it.
pub fn take(tx: &mut Tx<'_>, fence: i64, until_ms: i64, now_ms: i64) -> Result<Option<Run>, Fault> {
    const TAKE: &str = "UPDATE alert_run SET fence = $1, next_ms = $2 WHERE next_ms <= $3 AND vacancy_id IN \
        (SELECT vacancy_id FROM alert_run WHERE next_ms <= $3 ORDER BY next_ms, vacancy_id LIMIT 1) \
        RETURNING vacancy_id, wave, told";
    Ok(tx.query_one(TAKE, &[fence.into(), until_ms.into(), now_ms.into()], |row| {
        Ok(Run { vacancy: VacancyId::new(row.integer(0)?), wave: row.integer(1)?, told: row.integer(2)?, fence })
    })?)
}

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// So many more were told; it is ours until then.
    Told(i64, i64),
    /// The same wave goes on at this time: it is a quiet hour, or enough have asked.
    Later(i64),
    /// The next wave is due then.
    NextWave(i64),
    /// No wave follows.
    Over,
}

/// Writes what becomes of a run. False when another has it, or the vacancy opened anew meanwhile: then what was done under
/// it must be undone.
pub fn go_on(tx: &mut Tx<'_>, run: &Run, onward: Onward) -> Result<bool, Fault> {
    const TOLD: &str = "UPDATE alert_run SET told = told + $3, next_ms = $4 WHERE vacancy_id = $1 AND fence = $2";
    const LATER: &str = "UPDATE alert_run SET fence = 0, next_ms = $3 WHERE vacancy_id = $1 AND fence = $2";
    const NEXT: &str = "UPDATE alert_run SET fence = 0, wave = wave + 1, told = 0, next_ms = $3 \
        WHERE vacancy_id = $1 AND fence = $2";
    const OVER: &str = "DELETE FROM alert_run WHERE vacancy_id = $1 AND fence = $2";
    let (vacancy, fence) = (run.vacancy.into(), run.fence.into());
    let changed = match onward {
        Onward::Told(more, until_ms) => tx.execute(TOLD, &[vacancy, fence, more.into(), until_ms.into()])?,
        Onward::Later(at_ms) => tx.execute(LATER, &[vacancy, fence, at_ms.into()])?,
        Onward::NextWave(at_ms) => tx.execute(NEXT, &[vacancy, fence, at_ms.into()])?,
        Onward::Over => tx.execute(OVER, &[vacancy, fence])?,
    };
    Ok(changed == 1)
}

/// Everybody who was told of a vacancy.
pub fn told(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<HashSet<PersonId>, Fault> {
    const TOLD: &str = "SELECT person_id FROM alert WHERE vacancy_id = $1";
    let told = tx.query(TOLD, &[vacancy.into()], |row| Ok(PersonId::new(row.integer(0)?)))?;
    Ok(told.into_iter().collect())
}

/// Whether somebody may be told of a vacancy now.
#[derive(Clone, Debug)]
pub enum Tellable {
    /// Yes, on this number, in this language; and where their alerts stand.
    Yes(Recipient, i64),
    /// They asked for it, or were told.
    Knows,
    /// Of no vacancy: what was known when they were listed as a candidate holds no more.
    Never,
}

/// Looks who of `people` may be told of a vacancy now; answers in their order.
pub fn tellable(
    tx: &mut Tx<'_>,
    keys: &Keys,
    people: &[PersonId],
    vacancy: VacancyId,
    now_ms: i64,
) -> Result<Vec<Tellable>, Fault> {
    const TELLABLE: &str = "SELECT phone_number.msisdn_hmac, phone_number.msisdn_sealed, phone_number.generation, \
        phone_number.language, COALESCE(worker.alert_place, 0), \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = $2 AND application.person_id = $1), \
        (SELECT COUNT(*) FROM alert WHERE alert.vacancy_id = $2 AND alert.place = COALESCE(worker.alert_place, 0) \
        AND alert.person_id = $1) \
        FROM person JOIN worker ON worker.person_id = person.id \
        JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        AND phone_number.generation = person.number_generation \
        WHERE person.id = $1 AND person.status = 'listed' AND worker.scored = 1 \
        AND phone_number.stopped_ms IS NULL AND phone_number.owner_doubted = 0 AND phone_number.last_hop_ms > $3 \
        AND EXISTS (SELECT 1 FROM consent WHERE consent.person_id = $1 AND consent.purpose = 'matching' \
        AND consent.withdrawn_ms IS NULL) \
        AND EXISTS (SELECT 1 FROM consent WHERE consent.person_id = $1 AND consent.purpose = 'alerts' \
        AND consent.withdrawn_ms IS NULL)";
    // Who was silent for so long may be somebody else: nobody has shown yet that they are not.
    let asked: Vec<_> =
        people.iter().map(|person| [(*person).into(), vacancy.into(), (now_ms - IDLE_MS).into()]).collect();
    let steps: Vec<Step<'_>> = asked.iter().map(|params| (TELLABLE, &params[..])).collect();
    let found = tx.query_one_each(&steps, |row| {
        if row.integer(5)? + row.integer(6)? > 0 {
            return Ok(Tellable::Knows);
        }
        let number = MsisdnHash::read(row, 0)?;
        let recipient = Recipient {
            msisdn: phone_number::open_msisdn(keys, &number, row.bytes(1)?)?,
            number,
            number_generation: row.integer(2)?,
            language: phone_number::read_language(row, 3)?,
        };
        Ok(Tellable::Yes(recipient, row.integer(4)?))
    })?;
    Ok(found.into_iter().map(|one| one.unwrap_or(Tellable::Never)).collect())
}

/// Somebody who is about to be told: by which message, on which number, whose number it was then, and where their alerts stand.
#[derive(Clone, Copy, Debug)]
pub struct Addressee {
    /// The message.
    pub message: i64,
    /// Who, and how well the vacancy fits them.
    pub fitting: Fitting,
    /// The keyed hash of the number.
    pub number: MsisdnHash,
    /// Its generation.
    pub generation: i64,
    /// The place where they lived first: those who are told together mostly live together, and so a wave is written on few pages.
    pub place: i64,
}

/// Notes that these are told of a vacancy, as one of at most `day_max` on that day; answers in their order who are. Not who was
/// told of it before, or of so many; nor who is no more who they were when they were found, or has asked for it meanwhile. All
/// else is asked again when the message is about to leave.
pub fn note(
    tx: &mut Tx<'_>,
    vacancy: VacancyId,
    people: &[&Addressee],
    (day, day_max): (Day, i64),
    now_ms: i64,
) -> Result<Vec<bool>, Fault> {
    // Two nodes that count at the same moment find the same number, and one of them that it is taken.
    const NOTE: &str = "INSERT INTO alert (id, vacancy_id, person_id, score, score_version, told_ms, day, nth, place) \
        SELECT $1, $2, $3, $4, $5, $6, $7, COUNT(*) + 1, $9 FROM alert WHERE day = $7 AND place = $9 AND person_id = $3 \
        HAVING COUNT(*) < $8 AND EXISTS (SELECT 1 FROM person WHERE person.id = $3 AND person.status = 'listed' \
        AND person.msisdn_hmac = $10 AND person.number_generation = $11) \
        AND NOT EXISTS (SELECT 1 FROM application WHERE application.vacancy_id = $2 AND application.person_id = $3) \
        ON CONFLICT DO NOTHING";
    let mut rows: Vec<[Param<'_>; 11]> = Vec::with_capacity(people.len());
    for one in people {
        rows.push([
            one.message.into(),
            vacancy.into(),
            one.fitting.person.into(),
            i64::from(one.fitting.score).into(),
            SCORE_VERSION.into(),
            now_ms.into(),
            i64::from(day.0).into(),
            day_max.into(),
            one.place.into(),
            one.number.as_bytes().into(),
            one.generation.into(),
        ]);
    }
    let steps: Vec<Step<'_>> = rows.iter().map(|row| (NOTE, &row[..])).collect();
    Ok(tx.execute_each(&steps)?.into_iter().map(|noted| noted == 1).collect())
}

const FORGET: &str = "DELETE FROM alert WHERE id = $1";

/// An alert, as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The message.
    pub id: i64,
    /// The job's number.
    pub job_number: i64,
    /// How well it fitted, of 100.
    pub score: i64,
    /// When, in milliseconds since the epoch.
    pub told_ms: i64,
}

/// What somebody was told, the oldest first. Looked for day by day at the place where their alerts stand: no index leads from a person
/// to all of them, in which each alert would be a page of its own. Days are a few hundred, and the next one is a step in the index.
pub fn told_to(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Told>, Fault> {
    const TOLD: &str = "WITH RECURSIVE told_day (day) AS (SELECT MIN(day) FROM alert UNION ALL \
        SELECT (SELECT MIN(alert.day) FROM alert WHERE alert.day > told_day.day) FROM told_day WHERE told_day.day IS NOT NULL) \
        SELECT alert.id, vacancy.job_number, alert.score, alert.told_ms \
        FROM told_day CROSS JOIN alert JOIN vacancy ON vacancy.id = alert.vacancy_id \
        WHERE alert.day = told_day.day AND alert.person_id = $1 \
        AND alert.place = (SELECT COALESCE(alert_place, 0) FROM worker WHERE person_id = $1) ORDER BY alert.id";
    Ok(tx.query(TOLD, &[person.into()], |row| {
        Ok(Told { id: row.integer(0)?, job_number: row.integer(1)?, score: row.integer(2)?, told_ms: row.integer(3)? })
    })?)
}

/// The messages by which somebody was told: the outbox does not look for them by the person.
pub fn messages_to(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<i64>, Fault> {
    Ok(told_to(tx, person)?.into_iter().map(|told| told.id).collect())
}

/// What somebody was told is another registration's of the same human being from now on. Of a vacancy of which both were told one
/// alert stays known; answers the messages of the others, of which nothing is left to be known.
pub fn carry(tx: &mut Tx<'_>, kept: PersonId, alerts: &[i64]) -> Result<Vec<i64>, Fault> {
    // Its number on its day may be taken: the message's is nobody else's.
    const CARRY: &str = "UPDATE alert SET person_id = $1, nth = id, place = $3 \
        WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM alert AS kept \
        WHERE kept.vacancy_id = alert.vacancy_id AND kept.place = $3 AND kept.person_id = $1)";
    const PLACE: &str = "SELECT COALESCE(alert_place, 0) FROM worker WHERE person_id = $1";
    let place = tx.query_one(PLACE, &[kept.into()], |row| row.integer(0))?.unwrap_or_default();
    let mut twice = Vec::new();
    for id in alerts {
        if tx.execute(CARRY, &[kept.into(), (*id).into(), place.into()])? == 0 {
            tx.execute(FORGET, &[(*id).into()])?;
            twice.push(*id);
        }
    }
    Ok(twice)
}

/// Whether an alert that waits to be sent is still of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Wanted,
    /// The vacancy takes nobody any more, or the person wants no alerts.
    Over,
}

/// Whether the alert with this message identifier is still of use; one that is not known is not.
pub fn standing(tx: &mut Tx<'_>, id: i64) -> Result<Standing, Fault> {
    const STANDING: &str = "SELECT vacancy.status, person.status, \
        (SELECT COUNT(*) FROM consent WHERE consent.person_id = alert.person_id AND consent.purpose = 'alerts' \
        AND consent.withdrawn_ms IS NULL), vacancy.area_code, \
        (SELECT COUNT(*) FROM consent WHERE consent.person_id = alert.person_id AND consent.purpose = 'abroad' \
        AND consent.withdrawn_ms IS NULL) FROM alert JOIN vacancy ON vacancy.id = alert.vacancy_id JOIN person ON person.id = alert.person_id \
        WHERE alert.id = $1";
    let is_wanted = tx.query_one(STANDING, &[id.into()], |row| {
        let agreed = row.integer(2)? > 0 && (!Place::read(row, 3)?.is_abroad() || row.integer(4)? > 0);
        Ok(VacancyStatus::read(row, 0)? == VacancyStatus::Open && row.text(1)? == "listed" && agreed)
    })?;
    Ok(if is_wanted == Some(true) { Standing::Wanted } else { Standing::Over })
}

/// Forgets alerts whose identifier is below `before_id`, at most `limit`, and empties their messages; answers how many. For a
/// bulk job.
pub fn forget(tx: &mut Tx<'_>, before_id: i64, limit: i64) -> Result<u64, Fault> {
    const OLD: &str = "SELECT id FROM alert WHERE id < $1 ORDER BY id LIMIT $2";
    let old = tx.query(OLD, &[before_id.into(), limit.into()], |row| row.integer(0))?;
    for id in &old {
        messages::empty(tx, *id).map_err(of_outbox)?;
        tx.execute(FORGET, &[(*id).into()])?;
    }
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}

/// The error of a storage fault; of any other, that something stored makes no sense.
pub fn only_storage(fault: Fault) -> Error {
    match fault {
        Fault::Storage(error) => error,
        _ => Error::Corrupt { what: "an alert cannot be read" },
    }
}

#[cfg(test)]
#[path = "alert_tests.rs"]
mod tests;
