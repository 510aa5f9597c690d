//! Reports: somebody who saw a job says that something is wrong with it.
//!
//! One report counts from a number, whoever holds the phone: eight people can be registered on one SIM in an hour. Enough of
//! them hold the vacancy until a person has looked. One alone does when it says that money was asked, comes from a listed
//! worker, and nobody has checked who the employer is: money that is sent does not come back, and a wrong hold lasts two
//! hours of the office.

use super::employer::Tier;
use super::phone_number::{MsisdnHash, PhoneNumber};
use super::quarantine::{self, HoldWhy};
use super::vacancy::VacancyDetails;
use super::{Fault, VacancyId};
use crate::storage::{Error, IdBlock, Tx};

coded! {
    /// What is wrong.
    pub enum ReportReason {
        /// Somebody asked for money.
        Money = "money",
        /// There is no such job.
        NotReal = "not_real",
        /// It is dangerous.
        Unsafe = "unsafe",
        /// Anything else.
        Other = "other",
    }
}

/// Times that a place is looked for while others report the same vacancy.
const TRIES_MAX: usize = 16;
/// Reports of a number within a day: who meets more bad jobs than this is helped by a call, or is out to harm.
pub const A_DAY_MAX: i64 = 5;
const DAY_MS: i64 = 24 * 3_600_000;
/// Reports kept of a vacancy: long before, it was held and looked at.
const KEPT_MAX: i64 = 200;

/// A report as it is made.
#[derive(Clone, Copy, Debug)]
pub struct NewReport<'a> {
    /// The job that was on the screen.
    pub about: &'a VacancyDetails,
    /// Who reports.
    pub number: &'a PhoneNumber,
    /// Whether a listed worker speaks.
    pub is_listed: bool,
    /// What is wrong.
    pub reason: ReportReason,
    /// Reports that hold a vacancy.
    pub to_hold: i64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It is kept.
    Taken {
        /// It is the one with which the vacancy is held.
        held: bool,
    },
    /// This number has reported this job before.
    Before,
    /// This number has reported [`A_DAY_MAX`] jobs within a day.
    TooMany,
}

/// Keeps a report, and holds the vacancy with the one that makes enough. Uses two identifiers.
pub fn report(tx: &mut Tx<'_>, ids: &mut IdBlock, new: &NewReport<'_>, now_ms: i64) -> Result<Reported, Fault> {
    const REPORT: &str = "INSERT INTO vacancy_report \
        (id, vacancy_id, msisdn_hmac, number_generation, reason, place, counts, at_ms) \
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT DO NOTHING";
    const OWN: &str = "SELECT id FROM vacancy_report \
        WHERE vacancy_id = $1 AND msisdn_hmac = $2 AND number_generation = $3";
    const TODAY: &str = "SELECT COUNT(*) FROM vacancy_report WHERE msisdn_hmac = $1 AND at_ms > $2";
    let (vacancy, hash) = (new.about.vacancy, new.number.hash.as_bytes());
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    for _ in 0..TRIES_MAX {
        let own =
            tx.query_one(OWN, &[vacancy.into(), hash.into(), new.number.generation.into()], |row| row.integer(0))?;
        if own.is_some() {
            return Ok(Reported::Before);
        }
        let today = tx.query_one(TODAY, &[hash.into(), (now_ms - DAY_MS).into()], |row| row.integer(0))?;
        if today.unwrap_or_default() >= A_DAY_MAX {
            return Ok(Reported::TooMany);
        }
        let (last, all, counting) = count(tx, vacancy)?;
        if all >= KEPT_MAX {
            return Ok(Reported::Taken { held: false });
        }
        let params = [
            id.into(),
            vacancy.into(),
            hash.into(),
            new.number.generation.into(),
            new.reason.code().into(),
            (last + 1).into(),
            now_ms.into(),
        ];
        // Of two that come at once, the one that finds its place taken counts again, and so sees the other.
        if tx.execute(REPORT, &params)? == 1 {
            let holds = counting + 1 >= new.to_hold || suffices(new);
            let why = (HoldWhy::Reports, "");
            let held = holds && quarantine::hold(tx, ids, vacancy, why, now_ms)?;
            return Ok(Reported::Taken { held });
        }
    }
    Err(Error::Conflict.into())
}

/// Whether this report alone holds the vacancy.
fn suffices(new: &NewReport<'_>) -> bool {
    new.reason == ReportReason::Money && new.is_listed && new.about.tier == Tier::PhoneOnly
}

/// The place of the last report of a vacancy, how many it has, and how many of them nobody has judged yet.
fn count(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<(i64, i64, i64), Fault> {
    const COUNT: &str = "SELECT COALESCE(MAX(place), 0), COUNT(*), CAST(COALESCE(SUM(counts), 0) AS BIGINT) \
        FROM vacancy_report WHERE vacancy_id = $1";
    let read = |row: &crate::storage::Row<'_>| Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?));
    Ok(tx.query_one(COUNT, &[vacancy.into()], read)?.unwrap_or_default())
}

/// Reports of a vacancy by reason, those that count.
pub fn reasons(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Vec<(ReportReason, i64)>, Fault> {
    const REASONS: &str = "SELECT reason, COUNT(*) FROM vacancy_report WHERE vacancy_id = $1 AND counts = 1 \
        GROUP BY reason ORDER BY reason";
    Ok(tx.query(REASONS, &[vacancy.into()], |row| Ok((ReportReason::read(row, 0)?, row.integer(1)?)))?)
}

/// Forgets who reported: the number is forgotten. What was decided stands.
pub fn forget_number(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<(), Fault> {
    const FORGET: &str = "DELETE FROM vacancy_report WHERE msisdn_hmac = $1";
    tx.execute(FORGET, &[number.as_bytes().into()])?;
    Ok(())
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
