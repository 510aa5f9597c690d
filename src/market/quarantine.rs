//! Quarantine: a vacancy that workers do not see until a person has looked at it.
//!
//! A vacancy is held when its text asks for a look ([`super::hold`]), when enough people who saw it reported it
//! ([`super::report`]), or when its employer may not post. Every decision is a line of a log that only grows. Who applied is
//! told nothing while it waits; when it is taken back they are told so, kindly.

use super::employer_check::{self, MayPost};
use super::hold::HoldReason;
use super::job_number::JobNumber;
use super::place::Place;
use super::vacancy::{self, Decision};
use super::{EmployerId, Fault, VacancyId};
use crate::outbox;
use crate::storage::{Error, IdBlock, Row, Tx};

coded! {
    /// Why a vacancy waits.
    pub enum HoldWhy {
        /// Its text may ask the worker to pay.
        WorkerPays = "worker_pays",
        /// Its text has a phone number in it.
        PhoneNumber = "phone_number",
        /// People who saw it reported it.
        Reports = "reports",
        /// Its employer is blocked.
        EmployerBlocked = "employer_blocked",
        /// Its employer needs a licence that was not seen, or is over.
        NoLicence = "no_licence",
        /// An operator wanted it so.
        Operator = "operator",
        /// The work is in another country: always looked at first.
        Abroad = "abroad",
    }
}

impl From<HoldReason> for HoldWhy {
    fn from(reason: HoldReason) -> Self {
        match reason {
            HoldReason::WorkerPays => HoldWhy::WorkerPays,
            HoldReason::PhoneNumber => HoldWhy::PhoneNumber,
        }
    }
}

/// Why an employer's vacancy is held whatever it says; `None` when the employer may post.
pub(super) fn why_of(may: MayPost) -> Option<HoldWhy> {
    match may {
        MayPost::Yes => None,
        MayPost::Blocked => Some(HoldWhy::EmployerBlocked),
        MayPost::NoLicence | MayPost::NotAnAgency => Some(HoldWhy::NoLicence),
    }
}

/// Holds a vacancy that is open or paused by its employer. False when it is neither. `by` is the operator's name, empty for the service. Uses one
/// identifier.
pub fn hold(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    vacancy: VacancyId,
    (why, by): (HoldWhy, &str),
    now_ms: i64,
) -> Result<bool, Fault> {
    const HOLD: &str = "UPDATE vacancy SET status = 'held', paused = 0, changed_ms = $2 \
        WHERE id = $1 AND (status = 'open' OR (status = 'held' AND paused = 1))";
    if tx.execute(HOLD, &[vacancy.into(), now_ms.into()])? != 1 {
        return Ok(false);
    }
    note_held(tx, ids, vacancy, (why, by), now_ms)?;
    Ok(true)
}

/// Notes why a vacancy is held that is so already. Uses one identifier.
pub(super) fn note_held(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    vacancy: VacancyId,
    (why, by): (HoldWhy, &str),
    now_ms: i64,
) -> Result<(), Fault> {
    const NOTE: &str = "INSERT INTO vacancy_hold (vacancy_id, why, since_ms) VALUES ($1, $2, $3) \
        ON CONFLICT (vacancy_id) DO UPDATE SET why = $2, since_ms = $3";
    tx.execute(NOTE, &[vacancy.into(), why.code().into(), now_ms.into()])?;
    stop_alerts_of(tx, vacancy)?;
    log(tx, ids, vacancy, ("held", why.code(), by), now_ms)
}

fn log(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    vacancy: VacancyId,
    (what, why, by): (&str, &str, &str),
    now_ms: i64,
) -> Result<(), Fault> {
    const LOG: &str = "INSERT INTO vacancy_event (id, vacancy_id, what, why, by_whom, at_ms) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    tx.execute(LOG, &[id.into(), vacancy.into(), what.into(), why.into(), by.into(), now_ms.into()])?;
    Ok(())
}

/// Notes that alerts of a vacancy which wait to be sent are to be cancelled: there may be too many of them for a hop.
fn stop_alerts_of(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<(), Error> {
    const STOP: &str = "INSERT INTO vacancy_alert_stop (vacancy_id) VALUES ($1) ON CONFLICT DO NOTHING";
    tx.execute(STOP, &[vacancy.into()])?;
    Ok(())
}

/// Cancels some alerts of a vacancy that is held or was taken back; answers how many were looked at, 0 when nothing is left to
/// do. For a bulk job.
pub fn stop_alerts(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Error> {
    const NEXT: &str = "SELECT vacancy_id FROM vacancy_alert_stop ORDER BY vacancy_id LIMIT 1";
    let Some(vacancy) = tx.query_one(NEXT, &[], |row| Ok(VacancyId::new(row.integer(0)?)))? else { return Ok(0) };
    let cancelled = outbox::operate::cancel_alerts(tx, vacancy.get(), now_ms)?;
    if cancelled == 0 {
        alerts_may_go(tx, vacancy)?;
    }
    Ok(cancelled.max(1))
}

/// No alert of a vacancy is to be cancelled: none is left, or it is open again, and those that begin now are meant.
fn alerts_may_go(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<(), Error> {
    const DONE: &str = "DELETE FROM vacancy_alert_stop WHERE vacancy_id = $1";
    tx.execute(DONE, &[vacancy.into()])?;
    Ok(())
}

/// What came of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Workers see it.
    Done,
    /// It is not held.
    NotHeld,
    /// Its employer may not post: that has to be put right first.
    MayNot(MayPost),
    /// It was changed since it was looked at.
    Changed,
}

/// What tells two states of a vacancy apart: later with every change. `None` when there is no such vacancy.
pub fn version(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Option<i64>, Error> {
    const VERSION: &str = "SELECT changed_ms FROM vacancy WHERE id = $1";
    tx.query_one(VERSION, &[vacancy.into()], |row| row.integer(0))
}

/// Lets a held vacancy be seen, on condition that it is as it was when somebody looked at it: of an employer who changes the
/// text meanwhile nothing is let through unread. Uses one identifier.
pub fn release_seen(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    vacancy: VacancyId,
    (seen, by): (i64, &str),
    now_ms: i64,
) -> Result<Released, Fault> {
    // Whoever changes it at the same time waits for this transaction, or was first.
    const AS_SEEN: &str = "UPDATE vacancy SET changed_ms = $2 WHERE id = $1 AND changed_ms = $2";
    const HELD: &str = "SELECT id FROM vacancy WHERE id = $1 AND status = 'held' AND paused = 0";
    if tx.execute(AS_SEEN, &[vacancy.into(), seen.into()])? == 1 {
        return release(tx, ids, vacancy, by, now_ms);
    }
    let is_held = tx.query_one(HELD, &[vacancy.into()], |row| row.integer(0))?.is_some();
    Ok(if is_held { Released::Changed } else { Released::NotHeld })
}

/// Lets a held vacancy be seen. The reports until now count no more; nobody is told that it was held. Uses one identifier.
pub fn release(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    vacancy: VacancyId,
    by: &str,
    now_ms: i64,
) -> Result<Released, Fault> {
    const EMPLOYER: &str = "SELECT employer_id, area_code FROM vacancy WHERE id = $1";
    const JUDGED: &str = "UPDATE vacancy_report SET counts = 0 WHERE vacancy_id = $1 AND counts = 1";
    let of = |row: &Row<'_>| Ok((EmployerId::new(row.integer(0)?), Place::read(row, 1)?));
    let (employer, place) = tx.query_one(EMPLOYER, &[vacancy.into()], of)?.ok_or(Fault::Gone("vacancy"))?;
    match employer_check::may_post(tx, employer, place, now_ms)? {
        MayPost::Yes => {}
        may => return Ok(Released::MayNot(may)),
    }
    if !vacancy::decide(tx, vacancy, Decision::Release, now_ms)? {
        return Ok(Released::NotHeld);
    }
    alerts_may_go(tx, vacancy)?;
    tx.execute(JUDGED, &[vacancy.into()])?;
    log(tx, ids, vacancy, ("released", "", by), now_ms)?;
    Ok(Released::Done)
}

/// Why a vacancy was held the last time, if ever.
pub(super) fn was_held(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Option<HoldWhy>, Fault> {
    const LAST: &str = "SELECT why FROM vacancy_event WHERE vacancy_id = $1 AND what = 'held' ORDER BY id DESC LIMIT 1";
    Ok(tx.query_one(LAST, &[vacancy.into()], |row| HoldWhy::read(row, 0))?)
}

/// Notes that nothing of a vacancy stands any more, not even an offer: its applicants are told by and by
/// ([`super::ending`]).
pub(super) fn withdraw(tx: &mut Tx<'_>, vacancy: VacancyId, now_ms: i64) -> Result<(), Fault> {
    const WITHDRAW: &str =
        "INSERT INTO vacancy_withdrawal (vacancy_id, since_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.execute(WITHDRAW, &[vacancy.into(), now_ms.into()])?;
    Ok(())
}

/// Takes an open or held vacancy back. False when it is over already. Its applicants are told by and by
/// ([`super::ending`]). Uses one identifier.
pub fn take_back(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    vacancy: VacancyId,
    (why, by): (&str, &str),
    now_ms: i64,
) -> Result<bool, Fault> {
    if !vacancy::decide(tx, vacancy, Decision::Close, now_ms)? {
        return Ok(false);
    }
    withdraw(tx, vacancy, now_ms)?;
    stop_alerts_of(tx, vacancy)?;
    log(tx, ids, vacancy, ("closed", why, by), now_ms)?;
    Ok(true)
}

/// Vacancies of an employer held in one transaction.
const HELD_AT_ONCE: usize = 12;

/// Holds some open vacancies of an employer who may not post any more; answers how many. Call it until it answers 0. Uses one
/// identifier for each of at most twelve.
pub fn hold_of_employer(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    employer: EmployerId,
    (why, by): (HoldWhy, &str),
    now_ms: i64,
) -> Result<usize, Fault> {
    const OPEN: &str = "SELECT id FROM vacancy WHERE employer_id = $1 \
        AND (status = 'open' OR (status = 'held' AND paused = 1)) ORDER BY id LIMIT 12";
    let open = tx.query(OPEN, &[employer.into()], |row| Ok(VacancyId::new(row.integer(0)?)))?;
    for vacancy in open.iter().take(HELD_AT_ONCE) {
        hold(tx, ids, *vacancy, (why, by), now_ms)?;
    }
    Ok(open.len())
}

/// A vacancy that waits for a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The vacancy.
    pub vacancy: VacancyId,
    /// Its number.
    pub job_number: JobNumber,
    /// Who offers it.
    pub employer: EmployerId,
    /// Why it waits.
    pub why: HoldWhy,
    /// Since when, in epoch milliseconds.
    pub since_ms: i64,
    /// Reports that count.
    pub reports: i64,
}

/// Held vacancies, the longest waiting first. A CROSS JOIN is worked through in its order: holds first, which are few.
pub fn held(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Held>, Error> {
    const HELD: &str = "SELECT vacancy.id, vacancy.job_number, vacancy.employer_id, vacancy_hold.why, \
        vacancy_hold.since_ms, (SELECT COUNT(*) FROM vacancy_report \
        WHERE vacancy_report.vacancy_id = vacancy.id AND vacancy_report.counts = 1) \
        FROM vacancy_hold CROSS JOIN vacancy WHERE vacancy.id = vacancy_hold.vacancy_id \
        AND vacancy.status = 'held' ORDER BY vacancy_hold.since_ms, vacancy_hold.vacancy_id LIMIT $1";
    tx.query(HELD, &[limit.into()], |row| {
        let job_number = JobNumber::from_value(row.integer(1)?);
        Ok(Held {
            vacancy: VacancyId::new(row.integer(0)?),
            job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
            employer: EmployerId::new(row.integer(2)?),
            why: HoldWhy::read(row, 3)?,
            since_ms: row.integer(4)?,
            reports: row.integer(5)?,
        })
    })
}

/// How many vacancies are held.
pub fn held_count(tx: &mut Tx<'_>) -> Result<i64, Error> {
    // Written so that what is held is looked up among vacancies, and not all vacancies are gone through.
    const COUNT: &str = "SELECT COUNT(*) FROM vacancy_hold \
        WHERE (SELECT status FROM vacancy WHERE vacancy.id = vacancy_hold.vacancy_id) = 'held'";
    Ok(tx.query_one(COUNT, &[], |row| row.integer(0))?.unwrap_or_default())
}

/// A line of a vacancy's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VacancyLine {
    /// `held`, `released` or `closed`.
    pub what: String,
    /// Why, as a stable word.
    pub why: String,
    /// The operator; empty: the service.
    pub by: String,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
}

/// What was decided about a vacancy, the oldest first.
pub fn history(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Vec<VacancyLine>, Error> {
    const HISTORY: &str =
        "SELECT what, why, by_whom, at_ms FROM vacancy_event WHERE vacancy_id = $1 ORDER BY id LIMIT 100";
    tx.query(HISTORY, &[vacancy.into()], |row| {
        Ok(VacancyLine {
            what: row.text(0)?.to_owned(),
            why: row.text(1)?.to_owned(),
            by: row.text(2)?.to_owned(),
            at_ms: row.integer(3)?,
        })
    })
}

#[cfg(test)]
#[path = "quarantine_tests.rs"]
mod tests;
