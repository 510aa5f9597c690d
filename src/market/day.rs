//! A day of the market in numbers, for the morning digest. Counts only.

use crate::storage::{Error, Tx};

/// The numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Workers who were listed on the day.
    pub new_workers: i64,
    /// Applications of the day, those taken back since included.
    pub applications: i64,
    /// Vacancies that are open now.
    pub open_vacancies: i64,
}

/// The numbers between two moments, and those of now. `first_id` is an identifier that none of the day lies before:
/// they are made from the time, so that older applications need not be read.
pub fn numbers(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64, first_id: i64, now_ms: i64) -> Result<Numbers, Error> {
    const LISTED: &str = "SELECT COUNT(*) FROM worker WHERE listed_ms >= $1 AND listed_ms < $2";
    const APPLIED: &str = "SELECT COUNT(*) FROM application WHERE id >= $3 AND applied_ms >= $1 AND applied_ms < $2";
    const OPEN: &str = "SELECT COUNT(*) FROM vacancy WHERE status = 'open' AND closes_ms > $1";
    let (from_ms, to_ms) = (from_ms.into(), to_ms.into());
    let mut count = |sql, params: &[_]| Ok(tx.query_one(sql, params, |row| row.integer(0))?.unwrap_or_default());
    Ok(Numbers {
        new_workers: count(LISTED, &[from_ms, to_ms])?,
        applications: count(APPLIED, &[from_ms, to_ms, first_id.into()])?,
        open_vacancies: count(OPEN, &[now_ms.into()])?,
    })
}
