//! A worker's trades: the primary one that the registration asks for, and others that can wait.

use super::age;
use super::booking::bookable;
use super::worker::today;
use super::{Fault, PersonId, candidate};
use crate::country::{Country, TradeCode};
use crate::storage::{Error, Row, Tx};

/// Trades of one worker: more make a search wide and a profile vague.
pub const TRADES_MAX: usize = 3;
/// Years of experience beyond which nothing changes.
pub const YEARS_MAX: u8 = 60;

/// A trade of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerTrade {
    /// The trade.
    pub trade: TradeCode,
    /// Years of experience, paid or not; `None` while not asked.
    pub years: Option<u8>,
    /// Whether the work was paid; `None` while not asked.
    pub paid: Option<bool>,
}

/// What came of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeOutcome {
    /// Saved.
    Saved,
    /// Not at this age: from `min_age` on.
    TooYoung {
        /// Youngest age in years that may do it.
        min_age: u8,
    },
    /// The worker has [`TRADES_MAX`] already.
    TooMany,
    /// No such trade.
    Unknown,
}

/// The trades of a worker, the primary first.
pub fn of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<WorkerTrade>, Fault> {
    const TRADES: &str = "SELECT rank, trade, years, paid FROM worker_trade WHERE person_id = $1";
    Ok(by_rank(tx.query(TRADES, &[person.into()], |row| read_ranked(row, 0))?))
}

/// Rank, trade, years and pay in four columns of a row, from `column` on.
pub(super) fn read_ranked(row: &Row<'_>, column: usize) -> Result<(i64, WorkerTrade), Error> {
    let years = row.optional_integer(column + 2)?.map(|years| u8::try_from(years).unwrap_or(YEARS_MAX));
    let paid = row.optional_integer(column + 3)?.map(|paid| paid == 1);
    Ok((row.integer(column)?, WorkerTrade { trade: read_trade(row, column + 1)?, years, paid }))
}

/// In the order of their ranks, of which none is held twice.
pub(super) fn by_rank(mut ranked: Vec<(i64, WorkerTrade)>) -> Vec<WorkerTrade> {
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, trade)| trade).collect()
}

/// Makes a trade the primary one. One that the worker had already moves to the front with its years; else it takes the
/// place of the primary one, and the others stay.
pub fn set_primary(
    tx: &mut Tx<'_>,
    country: &Country,
    person: PersonId,
    trade: TradeCode,
    now_ms: i64,
) -> Result<TradeOutcome, Fault> {
    let is_listed = match allowed(tx, country, person, trade, now_ms)? {
        Ok(is_listed) => is_listed,
        Err(outcome) => return Ok(outcome),
    };
    let mut trades = of(tx, person)?;
    if let Some(at) = trades.iter().position(|had| had.trade == trade) {
        if let Some(front) = trades.get_mut(..=at) {
            front.rotate_right(1);
        }
    } else {
        let new = WorkerTrade { trade, years: None, paid: None };
        match trades.first_mut() {
            Some(primary) => *primary = new,
            None => trades.push(new),
        }
    }
    write(tx, person, &trades)?;
    if is_listed {
        candidate::relist(tx, person)?;
    }
    Ok(TradeOutcome::Saved)
}

/// Adds a trade behind those the worker has, or changes years and pay of one of them.
pub fn add(
    tx: &mut Tx<'_>,
    country: &Country,
    person: PersonId,
    new: WorkerTrade,
    now_ms: i64,
) -> Result<TradeOutcome, Fault> {
    let is_listed = match allowed(tx, country, person, new.trade, now_ms)? {
        Ok(is_listed) => is_listed,
        Err(outcome) => return Ok(outcome),
    };
    let mut trades = of(tx, person)?;
    let many = trades.len() >= TRADES_MAX;
    match trades.iter_mut().find(|had| had.trade == new.trade) {
        Some(had) => *had = new,
        None if many => return Ok(TradeOutcome::TooMany),
        None => trades.push(new),
    }
    write(tx, person, &trades)?;
    if is_listed {
        candidate::relist(tx, person)?;
    }
    Ok(TradeOutcome::Saved)
}

/// Takes a trade off. False when the worker does not have it, or has no other.
pub fn remove(tx: &mut Tx<'_>, person: PersonId, trade: TradeCode) -> Result<bool, Fault> {
    let mut trades = of(tx, person)?;
    let before = trades.len();
    trades.retain(|had| had.trade != trade);
    let removed = trades.len() < before && !trades.is_empty();
    if removed {
        write(tx, person, &trades)?;
        candidate::relist(tx, person)?;
    }
    Ok(removed)
}

/// Puts the trades of one registration behind those of another of the same human being, as far as there is room.
pub(super) fn join(tx: &mut Tx<'_>, kept: PersonId, dropped: PersonId) -> Result<(), Fault> {
    let mut trades = of(tx, kept)?;
    for other in of(tx, dropped)? {
        match trades.iter_mut().find(|had| had.trade == other.trade) {
            Some(had) => (had.years, had.paid) = (had.years.or(other.years), had.paid.or(other.paid)),
            None => trades.push(other),
        }
    }
    trades.truncate(TRADES_MAX);
    write(tx, kept, &trades)
}

/// Takes off the trades that are not allowed at this age.
pub(super) fn drop_disallowed(tx: &mut Tx<'_>, country: &Country, person: PersonId, age: u8) -> Result<(), Fault> {
    let mut trades = of(tx, person)?;
    let before = trades.len();
    trades.retain(|had| country.trades.get(had.trade).is_some_and(|trade| country.ages.allows(age, trade)));
    if trades.len() < before {
        write(tx, person, &trades)?;
    }
    Ok(())
}

/// Whether the worker's age allows the trade; if so, whether the worker is listed.
fn allowed(
    tx: &mut Tx<'_>,
    country: &Country,
    person: PersonId,
    trade: TradeCode,
    now_ms: i64,
) -> Result<Result<bool, TradeOutcome>, Fault> {
    const WORKER: &str = "SELECT birth_year, listed_ms FROM worker WHERE person_id = $1";
    let read = |row: &Row<'_>| Ok((row.integer(0)?, row.optional_integer(1)?.is_some()));
    let (birth_year, is_listed) = tx.query_one(WORKER, &[person.into()], read)?.ok_or(Fault::Gone("worker"))?;
    let Some(trade) = country.trades.get(trade) else { return Ok(Err(TradeOutcome::Unknown)) };
    let age = age::age(birth_year, today(country, now_ms), &country.ages).unwrap_or_default();
    Ok(if country.ages.allows(age, trade) {
        Ok(is_listed)
    } else {
        let min_age = if trade.at_home { trade.min_age.max(country.ages.adult) } else { trade.min_age };
        Err(TradeOutcome::TooYoung { min_age })
    })
}

/// Writes all trades of a worker anew: three rows at most, and no rank is ever held twice.
fn write(tx: &mut Tx<'_>, person: PersonId, trades: &[WorkerTrade]) -> Result<(), Fault> {
    const CLEAR: &str = "DELETE FROM worker_trade WHERE person_id = $1";
    const ADD: &str = "INSERT INTO worker_trade (person_id, trade, rank, years, paid) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(CLEAR, &[person.into()])?;
    for (rank, had) in (0_i64..).zip(trades) {
        let years = had.years.map(|years| i64::from(years.min(YEARS_MAX)));
        let params = [person.into(), i64::from(had.trade.get()).into(), rank.into(), years.into(), had.paid.into()];
        tx.execute(ADD, &params)?;
    }
    bookable::refresh(tx, person)
}

/// The trade in a column of a row.
pub(super) fn read_trade(row: &Row<'_>, column: usize) -> Result<TradeCode, Error> {
    let code = u8::try_from(row.integer(column)?).ok().and_then(TradeCode::new);
    code.ok_or(Error::Corrupt { what: "a stored trade code is none" })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS, trade};
    use super::*;

    fn codes(tx: &mut Tx<'_>, person: PersonId) -> Vec<u8> {
        of(tx, person).unwrap().iter().map(|had| had.trade.get()).collect()
    }

    #[test]
    fn the_primary_trade_is_replaced_and_known_ones_move_to_the_front() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let with_years = |code, years| WorkerTrade { trade: trade(code), years: Some(years), paid: Some(false) };
            assert_eq!(add(tx, &f.country, person, with_years(16, 4), NOW_MS)?, TradeOutcome::Saved);
            assert_eq!(add(tx, &f.country, person, with_years(17, 1), NOW_MS)?, TradeOutcome::Saved);
            assert_eq!(add(tx, &f.country, person, with_years(18, 1), NOW_MS)?, TradeOutcome::TooMany);
            assert_eq!(codes(tx, person), [11, 16, 17]);
            assert_eq!(f.trade(tx, person, 16)?, TradeOutcome::Saved);
            assert_eq!(
                of(tx, person)?,
                [with_years(16, 4), WorkerTrade { trade: trade(11), years: None, paid: None }, with_years(17, 1)]
            );
            assert_eq!(f.trade(tx, person, 91)?, TradeOutcome::Saved);
            assert_eq!(codes(tx, person), [91, 11, 17]);
            assert!(remove(tx, person, trade(91))? && !remove(tx, person, trade(91))?);
            assert!(remove(tx, person, trade(11))? && !remove(tx, person, trade(17))?);
            assert_eq!(codes(tx, person), [17]);
            assert_eq!(add(tx, &f.country, person, with_years(17, 9), NOW_MS)?, TradeOutcome::Saved);
            assert_eq!(of(tx, person)?, [with_years(17, 9)]);
            Ok(())
        });
    }
}
