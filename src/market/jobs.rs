//! Jobs for one worker: candidates from a covering index, then the score.
//!
//! A *cell* is the open vacancies of one trade in one district, newest first. The search reads the newest of each cell that
//! could fit: the worker's own trades in their province and in neighbouring districts, then the trades related to the
//! primary one in their district and its neighbours, the nearest first. Every cell is bounded, so that a worker with the
//! most common trade in the capital costs no more than any other; the newest are read since the oldest were shown most.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::matching::{self, LISTED_MIN, NOT_SCORED, Score, VacancySide, WorkerSide};
use super::pay::Pay;
use super::place::{ABROAD, Place};
use super::worker::{Worker, read_pay, today};
use super::{Fault, VacancyId, age, kind, vacancy};
use crate::country::{AreaCode, Country, Relation, TradeCode};
use crate::storage::{Error, Param, Row, Rows, Step, Tx};
use crate::text::datetime::Day;

/// No more cells are read once so many vacancies were: about a microsecond each, and two for each statement, keep the
/// search under 300. The last statement may read 40 beyond it.
const CANDIDATES_MAX: usize = 80;
/// Districts of one statement: a district and its neighbours, of which none in Rwanda has more than seven.
const DISTRICTS_PER_STATEMENT: usize = 8;
/// What the home screen counts up to: more would be shown as "99+".
pub const COUNT_MAX: usize = 99;
/// Stands for no district: finds nothing.
const NO_DISTRICT: i64 = 0;

/// The newest of the cells of trade `$1` in districts from `$3` on, each at most so many.
macro_rules! cells {
    ($limit:literal: $first:literal $($other:literal)*) => {
        concat!(cells!(@ $limit $first), $(" UNION ALL ", cells!(@ $limit $other)),*)
    };
    (@ $limit:literal $district:literal) => {
        concat!(
            "SELECT * FROM (SELECT id, area_code, household, live_in, kind, start_day, start_minute, pay_amount, pay_unit, \
             min_years, licence, days FROM vacancy WHERE status = 'open' AND trade = $1 AND district_code = ",
            $district,
            " AND closes_ms > $2 ORDER BY posted_ms DESC, id LIMIT ",
            $limit,
            ") AS cell"
        )
    };
}
/// A trade of the worker's own in their own district.
const OWN_CELL: &str = cells!(30: "$3");
/// A trade of the worker's own in other districts.
const NEAR_CELLS: &str = cells!(5: "$3" "$4" "$5" "$6" "$7" "$8" "$9" "$10");
/// A related trade.
const RELATED_CELLS: &str = cells!(2: "$3" "$4" "$5" "$6" "$7" "$8" "$9" "$10");

/// How many of a cell are read.
#[derive(Clone, Copy, Debug)]
enum Depth {
    /// 30: a trade of the worker's own in their own district.
    Own,
    /// 5: a trade of the worker's own in another district.
    Near,
    /// 2: a related trade.
    Related,
}

/// A row of the list "jobs for you".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub place: Place,
    /// What it pays; `None` when not stated.
    pub pay: Option<Pay>,
    /// First day; `None`: as agreed.
    pub start_day: Option<Day>,
    /// Minute of the day at which work starts.
    pub start_minute: Option<u16>,
    /// How well it fits; [`NOT_SCORED`] for who lets no jobs be scored.
    pub score: Score,
}

/// The open vacancies that fit a worker best, the best first, at most `limit`: by score, then by start, then by age of the
/// posting; for who lets no jobs be scored in plain order. Without those the person applied to, and none below [`LISTED_MIN`]. Empty for who is not through with the
/// registration.
pub fn for_worker(
    tx: &mut Tx<'_>,
    country: &Country,
    worker: &Worker,
    now_ms: i64,
    limit: usize,
) -> Result<Vec<Job>, Fault> {
    let mut jobs = fitting(tx, country, worker, now_ms)?;
    // Who is not scored sees them as they were read: the own trades first, the nearest first, the newest first.
    if worker.scored {
        jobs.sort_unstable_by_key(|job| {
            (
                Reverse(job.score.total),
                job.start_day.unwrap_or(Day(i32::MAX)),
                job.start_minute.unwrap_or(u16::MAX),
                job.vacancy,
            )
        });
    }
    jobs.truncate(limit);
    Ok(jobs)
}

/// How many vacancies [`for_worker`] would list, up to [`COUNT_MAX`] and to what one search reads.
pub fn count_for_worker(tx: &mut Tx<'_>, country: &Country, worker: &Worker, now_ms: i64) -> Result<usize, Fault> {
    Ok(fitting(tx, country, worker, now_ms)?.len().min(COUNT_MAX))
}

/// The candidates that fit, unsorted.
fn fitting(tx: &mut Tx<'_>, country: &Country, worker: &Worker, now_ms: i64) -> Result<Vec<Job>, Fault> {
    // The newest 200: older ones have long been closed.
    const APPLIED: &str =
        "SELECT vacancy_id FROM application WHERE person_id = $1 ORDER BY applied_ms DESC, id LIMIT 200";
    let age = age::age(worker.birth_year, today(country, now_ms), &country.ages).unwrap_or_default();
    let Some(side) = WorkerSide::of(worker, age) else { return Ok(Vec::new()) };
    let cells = cells(country, &side);
    let params: Vec<_> = cells.iter().map(|cell| cell.params(now_ms)).collect();
    let person = [worker.person.into()];
    let asked = std::iter::once((APPLIED, &person[..]));
    let steps: Vec<Step<'_>> = asked.chain(cells.iter().zip(&params).map(|(cell, all)| cell.step(all))).collect();
    let jobs = Vec::with_capacity(CANDIDATES_MAX);
    let scored = worker.scored;
    let mut search = Search { country, scored, side, cells: &cells, applied: BTreeSet::new(), read: 0, jobs };
    tx.query_each(&steps, &mut search)?;
    Ok(search.jobs)
}

/// The newest vacancies of one trade in up to eight districts.
struct Cell {
    trade: TradeCode,
    /// As stored.
    districts: Vec<i64>,
    depth: Depth,
}

impl Cell {
    fn params(&self, now_ms: i64) -> [Param<'static>; DISTRICTS_PER_STATEMENT + 2] {
        std::array::from_fn(|at| match at {
            0 => i64::from(self.trade.get()).into(),
            1 => now_ms.into(),
            _ => self.districts.get(at - 2).copied().unwrap_or(NO_DISTRICT).into(),
        })
    }

    fn step<'p>(&self, params: &'p [Param<'p>; DISTRICTS_PER_STATEMENT + 2]) -> Step<'p> {
        match self.depth {
            Depth::Own => (OWN_CELL, params.get(..3).unwrap_or_default()),
            Depth::Near => (NEAR_CELLS, params),
            Depth::Related => (RELATED_CELLS, params),
        }
    }
}

/// Where a worker's jobs are looked for, in this order: every trade of their own deep in the own district, abroad where they
/// agreed to that, then in the neighbouring ones and the rest of the province; then the trades related to the primary one, the nearest first, in the
/// own district and its neighbours.
fn cells(country: &Country, side: &WorkerSide<'_>) -> Vec<Cell> {
    let Some(home) = side.area.district() else { return Vec::new() };
    let own = side.trades.iter().map(|had| had.trade);
    let mut cells: Vec<Cell> =
        own.clone().map(|trade| Cell { trade, districts: vec![home.get()], depth: Depth::Own }).collect();
    if side.abroad && side.age >= country.ages.adult {
        cells.extend(own.clone().map(|trade| Cell { trade, districts: vec![ABROAD], depth: Depth::Near }));
    }
    let neighbours = country.areas.neighbours(home);
    let mut others: Vec<AreaCode> = neighbours.to_vec();
    let province = country.areas.children(home.province()).iter();
    others.extend(province.filter(|district| **district != home && !neighbours.contains(district)));
    for districts in others.chunks(DISTRICTS_PER_STATEMENT) {
        let districts: Vec<i64> = districts.iter().map(|district| district.get()).collect();
        cells.extend(own.clone().map(|trade| Cell { trade, districts: districts.clone(), depth: Depth::Near }));
    }
    let Some(primary) = side.trades.first() else { return cells };
    let mut districts = vec![home.get()];
    districts.extend(neighbours.iter().map(|district| district.get()));
    districts.truncate(DISTRICTS_PER_STATEMENT);
    let trades = country.trades.all().iter().map(|trade| trade.code).filter(|code| own.clone().all(|had| had != *code));
    let mut related: Vec<(Relation, TradeCode)> = trades
        .map(|code| (country.trades.relation(primary.trade, code), code))
        .filter(|(relation, _)| *relation != Relation::None)
        .collect();
    related.sort_unstable();
    let related = related.into_iter();
    cells.extend(related.map(|(_, trade)| Cell { trade, districts: districts.clone(), depth: Depth::Related }));
    cells
}

struct Search<'a> {
    country: &'a Country,
    /// Whether the worker lets jobs be scored.
    scored: bool,
    side: WorkerSide<'a>,
    /// Of the queries behind the first.
    cells: &'a [Cell],
    /// What the person applied to: the rows of the first query.
    applied: BTreeSet<VacancyId>,
    /// Candidates read so far.
    read: usize,
    jobs: Vec<Job>,
}

impl Rows for Search<'_> {
    fn wants(&self) -> bool {
        self.read < CANDIDATES_MAX
    }

    fn row(&mut self, at: usize, row: &Row<'_>) -> Result<(), Error> {
        if let Some(cell) = at.checked_sub(1).and_then(|cell| self.cells.get(cell)) {
            return self.keep(row, cell.trade);
        }
        self.applied.insert(VacancyId::new(row.integer(0)?));
        Ok(())
    }
}

impl Search<'_> {
    /// Scores a candidate, and keeps it if it fits.
    fn keep(&mut self, row: &Row<'_>, trade: TradeCode) -> Result<(), Error> {
        self.read += 1;
        let vacancy = VacancyId::new(row.integer(0)?);
        let side = VacancySide {
            open: true,
            trade,
            place: Place::read(row, 1)?,
            household: row.boolean(2)?,
            live_in: row.boolean(3)?,
            kind: kind::JobKind::read(row, 4)?,
            pay: read_pay(row.integer(7)?, row.text(8)?)?,
            min_years: u8::try_from(row.integer(9)?).unwrap_or(u8::MAX),
            licence: row.boolean(10)?,
            days: kind::Weekdays::from_bits(row.integer(11)?),
        };
        if matching::gates(self.country, &self.side, &side).is_err() || self.applied.contains(&vacancy) {
            return Ok(());
        }
        let score = if self.scored { matching::score(self.country, &self.side, &side) } else { NOT_SCORED };
        if score.total >= LISTED_MIN || !self.scored {
            let (start_day, start_minute) = (vacancy::read_day(row, 5)?, vacancy::read_minute(row, 6)?);
            self.jobs.push(Job { vacancy, trade, place: side.place, pay: side.pay, start_day, start_minute, score });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::PersonId;
    use super::super::employer::EmployerKind;
    use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area};
    use super::super::kind::{JobKind, Kinds};
    use super::super::vacancy::{Decision, NewVacancy, decide};
    use super::super::worker;
    use super::super::worker_trade::{WorkerTrade, add};
    use super::*;
    use crate::country::PayUnit;

    fn listed(tx: &mut Tx<'_>, f: &Fixture, person: PersonId) -> Vec<VacancyId> {
        f.jobs(tx, person, NOW_MS, 50).unwrap().iter().map(|job| job.vacancy).collect()
    }

    #[test]
    fn the_best_come_first_and_ties_go_by_start_then_by_posting() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let mut post = |new: &NewVacancy| f.post(tx, EmployerKind::Organisation, new).map(|(vacancy, _)| vacancy);
            let neighbour = post(&f.vacancy(11, 1301, "neighbour"))?;
            let later = post(&NewVacancy { start_day: Some(Day(20_790)), ..f.vacancy(11, 1201, "later") })?;
            let agreed = post(&f.vacancy(11, 1201, "agreed"))?;
            let sooner = post(&NewVacancy { start_day: Some(Day(20_780)), ..f.vacancy(11, 1201, "sooner") })?;
            let agreed_too = post(&f.vacancy(11, 1201, "agreed too"))?;
            let related = post(&f.vacancy(17, 1201, "related"))?;
            post(&f.vacancy(91, 1201, "another trade"))?;
            post(&f.vacancy(11, 3601, "another province"))?;
            assert_eq!(listed(tx, f, person), [sooner, later, agreed, agreed_too, neighbour, related]);
            assert_eq!(f.jobs(tx, person, NOW_MS, 2)?.len(), 2);
            let worker = worker::find(tx, person)?.unwrap();
            assert_eq!(count_for_worker(tx, &f.country, &worker, NOW_MS)?, 6);
            let first = f.jobs(tx, person, NOW_MS, 1)?[0];
            assert_eq!((first.place, first.start_day), (area(1201).into(), Some(Day(20_780))));
            assert_eq!(first.pay, Some(Pay { amount: 5_000, unit: PayUnit::Day }));
            Ok(())
        });
    }

    #[test]
    fn what_is_over_unwanted_or_asked_for_is_not_listed() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let mut post = |new: &NewVacancy| f.post(tx, EmployerKind::Organisation, new).map(|(vacancy, _)| vacancy);
            let open = post(&f.vacancy(11, 1201, "open"))?;
            let asked = post(&f.vacancy(11, 1201, "asked"))?;
            let filled = post(&f.vacancy(11, 1201, "filled"))?;
            post(&NewVacancy { closes_ms: NOW_MS, ..f.vacancy(11, 1201, "over") })?;
            post(&NewVacancy { description: "Registration fee".to_owned(), ..f.vacancy(11, 1201, "held") })?;
            let full_time = post(&NewVacancy { kind: JobKind::FullTime, ..f.vacancy(11, 1201, "kind") })?;
            decide(tx, filled, Decision::Close, NOW_MS)?;
            f.apply(tx, person, asked, "k", NOW_MS)?;
            assert_eq!(listed(tx, f, person), [open, full_time]);
            worker::set_kinds(tx, person, Kinds::of([JobKind::CasualDay]), NOW_MS)?;
            assert_eq!(listed(tx, f, person), [open]);
            assert_eq!(f.jobs(tx, person, NOW_MS + 10 * DAY_MS, 9)?, []);
            let registering = f.begin(tx, 2)?;
            assert_eq!(listed(tx, f, registering), []);
            Ok(())
        });
    }

    #[test]
    fn further_trades_count_and_a_hot_cell_is_bounded_with_the_newest_first() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let mut newest = None;
            for at in 0..60 {
                newest = Some(f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1202, &at.to_string()))?.0);
            }
            let found = listed(tx, f, person);
            // All were posted at one moment: then the first are taken; what matters is that reading them is bounded.
            assert_eq!(found.len(), 30);
            tx.execute("UPDATE vacancy SET posted_ms = posted_ms + id", &[])?;
            assert!(listed(tx, f, person).contains(&newest.unwrap()));
            let (guard, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(91, 1202, "guard"))?;
            assert!(!listed(tx, f, person).contains(&guard));
            let trade = super::super::fixture::trade(91);
            add(tx, &f.country, person, WorkerTrade { trade, years: None, paid: None }, NOW_MS)?;
            assert!(listed(tx, f, person).contains(&guard));
            Ok(())
        });
    }
}
