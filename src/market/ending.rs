//! What happens to those who still wait when a vacancy is over: who they are, a few at a time.
//!
//! A vacancy that was filled, or that its employer closed, has no answer left for anybody. One whose time to apply is over
//! has: whoever is on the shortlist or invited goes on, for [`UNDER_WAY_MS`]; who only asked is told at once. An open offer
//! stands until it is answered or its own time is over: it is a promise. What an operator took back promises nothing.

use super::stage::Stage;
use super::vacancy::VacancyStatus;
use super::{ApplicationId, Fault, VacancyId};
use crate::storage::{Row, Tx};

/// How long an employer may go on choosing after the time to apply is over, in milliseconds: a month, in which hiring for
/// a month's work is done.
pub const UNDER_WAY_MS: i64 = 30 * 24 * 3_600_000;
/// A vacancy is looked at so long after it changed: whoever was just asking for it is through by then.
pub const SETTLE_AFTER_MS: i64 = 10_000;
/// Applications that are ended in one piece of bulk work: each is a move and a message, about a quarter of a millisecond.
pub const ENDED_MAX: usize = 16;

/// Why nobody will answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Everybody needed was found.
    Filled,
    /// It closed without an answer.
    Closed,
    /// An operator took it back: nothing of it stands, not even an offer.
    TakenBack,
}

/// A vacancy that is over, and some of those who still wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The vacancy.
    pub vacancy: VacancyId,
    /// Why it is over.
    pub why: Why,
    /// Applications that end now, with where they stand: at most [`ENDED_MAX`].
    pub waiting: Vec<(ApplicationId, Stage)>,
    /// When it is looked at again once these are ended; -1: not again.
    again_ms: i64,
}

/// The next vacancy that is over and has not been settled; `None` when there is none.
pub fn next(tx: &mut Tx<'_>, now_ms: i64) -> Result<Option<Ending>, Fault> {
    const NEXT: &str = "SELECT id, status, closes_ms, changed_ms, \
        (SELECT COUNT(*) FROM vacancy_withdrawal WHERE vacancy_withdrawal.vacancy_id = vacancy.id) FROM vacancy \
        WHERE settle_ms >= 0 AND (status = 'closed' OR status = 'filled') AND settle_ms <= $1 AND changed_ms <= $2 \
        ORDER BY settle_ms, id LIMIT 1";
    const APPLIED: &str = "SELECT id, stage FROM application WHERE vacancy_id = $1 AND stage = 'applied' \
        ORDER BY id LIMIT 16";
    const WAITING: &str = "SELECT id, stage FROM application WHERE vacancy_id = $1 \
        AND stage IN ('applied', 'shortlisted', 'assessment', 'interview') ORDER BY id LIMIT 16";
    const ALL: &str = "SELECT id, stage FROM application WHERE vacancy_id = $1 \
        AND stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered') ORDER BY id LIMIT 16";
    let read = |row: &Row<'_>| {
        let by_time = row.integer(3)? >= row.integer(2)?;
        let why = match VacancyStatus::read(row, 1)? {
            _ if row.integer(4)? > 0 => Why::TakenBack,
            VacancyStatus::Filled => Why::Filled,
            _ => Why::Closed,
        };
        Ok((VacancyId::new(row.integer(0)?), why, row.integer(2)?, by_time))
    };
    let params = [now_ms.into(), now_ms.saturating_sub(SETTLE_AFTER_MS).into()];
    let Some((vacancy, why, closes_ms, by_time)) = tx.query_one(NEXT, &params, read)? else { return Ok(None) };
    let until_ms = closes_ms.saturating_add(UNDER_WAY_MS);
    let still_choosing = why == Why::Closed && by_time && until_ms > now_ms;
    let sql = match why {
        Why::TakenBack => ALL,
        _ if still_choosing => APPLIED,
        _ => WAITING,
    };
    let waiting =
        tx.query(sql, &[vacancy.into()], |row| Ok((ApplicationId::new(row.integer(0)?), Stage::read(row, 1)?)))?;
    Ok(Some(Ending { vacancy, why, waiting, again_ms: if still_choosing { until_ms } else { -1 } }))
}

/// Puts a vacancy off when nobody of it waits any more. Answers whether it did: else there is more to end.
pub fn settled(tx: &mut Tx<'_>, ending: &Ending) -> Result<bool, Fault> {
    const SETTLED: &str = "UPDATE vacancy SET settle_ms = $2 WHERE id = $1";
    if ending.waiting.len() >= ENDED_MAX {
        return Ok(false);
    }
    Ok(tx.execute(SETTLED, &[ending.vacancy.into(), ending.again_ms.into()])? == 1)
}
