//! Jobs for one worker among many open vacancies, of which a few trades and districts have most.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use kaziline::clock::SimulatedClock;
use kaziline::country::{AreaCode, Country, Level, PayUnit, Trade};
use kaziline::market::consent::Given;
use kaziline::market::employer::{self, EmployerKind, NewEmployer, Tier};
use kaziline::market::job_number::mix;
use kaziline::market::jobs::{self, Job};
use kaziline::market::kind::{JobKind, Weekdays};
use kaziline::market::pay::{PaidWhen, Pay, Rate};
use kaziline::market::person::{self, Begun};
use kaziline::market::phone_number::MsisdnHash;
use kaziline::market::vacancy::{self, NewVacancy};
use kaziline::market::worker_trade::{self, WorkerTrade};
use kaziline::market::{EmployerId, Fault, PersonId, phone_number, worker};
use kaziline::migrations;
use kaziline::storage::{IdBlock, Keys, Store, Tx, Work};
use kaziline::text::Language;

use crate::times::{Times, timed};

/// 22 November 2026, 08:00 in Kigali.
const NOW_MS: i64 = 1_795_327_200_000;
const DAY_MS: i64 = 86_400_000;
/// Workers whose jobs are looked for by turns; the first has the trade and the district of most vacancies.
const WORKERS: u64 = 200;
/// Identifiers that one row may use up.
const IDS_EACH: i64 = 16;

/// All that is drawn from: the same on every machine.
struct World {
    country: Country,
    keys: Keys,
    /// In the order of how many vacancies they have.
    trades: Vec<Trade>,
    districts: Vec<AreaCode>,
}

impl World {
    fn new() -> Result<Self> {
        let country = Country::embedded("RW").map_err(|_| anyhow!("the country pack has faults"))?;
        let mut trades: Vec<Trade> = country.trades.all().to_vec();
        trades.sort_by_key(|trade| mix(u64::from(trade.code.get())));
        // Nobody but adults works at home, and this is not what is measured.
        trades.retain(|trade| !trade.at_home && !trade.licence);
        let districts = country.areas.of_level(Level::District).map(|area| area.code).collect();
        Ok(Self { country, keys: Keys::of_no_secret(), trades, districts })
    }

    fn trade(&self, draw: &mut Draw) -> Option<&Trade> {
        self.trades.get(draw.skewed(self.trades.len()))
    }

    /// A sector of a skewed district.
    fn place(&self, draw: &mut Draw) -> Option<AreaCode> {
        let district = *self.districts.get(draw.skewed(self.districts.len()))?;
        let sectors = self.country.areas.children(district);
        sectors.get(draw.below(sectors.len())).copied()
    }
}

/// Chance, from a counter.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 += 1;
        usize::try_from(mix(self.0) >> 33).unwrap_or_default() % bound.max(1)
    }

    /// A rank below `bound`, the rank r with a weight of 1 / (r + 1) (Zipf's law).
    fn skewed(&mut self, bound: usize) -> usize {
        // In whole numbers: a million shares for the first rank, half as many for the second, and so on.
        let share = |rank: usize| 1_000_000 / (rank + 1);
        let mut left = self.below((0..bound).map(share).sum());
        for rank in 0..bound {
            match left.checked_sub(share(rank)) {
                Some(less) => left = less,
                None => return rank,
            }
        }
        0
    }
}

pub(crate) fn measure(vacancies: usize, searches: usize) -> Result<Vec<String>> {
    let store = Store::inline(migrations::SQLITE, Arc::new(SimulatedClock::at(NOW_MS)))?;
    let world = Arc::new(World::new()?);
    let filled = {
        let world = Arc::clone(&world);
        store.transact_blocking(Work::bulk(), move |tx| fill(tx, &world, vacancies))
    };
    let workers = filled.context("the market could not be filled")?;
    let searched = move |tx: &mut Tx<'_>| search(tx, &world, &workers, searches);
    let (all, most, found) = store.transact_blocking(Work::interactive(None), searched)?;
    ensure!(found > 0, "nobody found a job");
    Ok(vec![
        Times::of(all).line(&format!("jobs for one worker, {vacancies} open vacancies"), "<= 300 us"),
        Times::of(most).line("the same, for the worker with the most common trade and district", "<= 300 us"),
    ])
}

/// What the flow does: the worker is read, then the jobs.
fn list(tx: &mut Tx<'_>, world: &World, person: PersonId) -> Result<Vec<Job>, Fault> {
    let worker = worker::find(tx, person)?.ok_or(Fault::Gone("worker"))?;
    jobs::for_worker(tx, &world.country, &worker, NOW_MS, jobs::COUNT_MAX)
}

/// Times of all searches, of those for the first worker, and how many jobs were found.
fn search(
    tx: &mut Tx<'_>,
    world: &World,
    workers: &[PersonId],
    times: usize,
) -> Result<(Vec<u64>, Vec<u64>, usize), Fault> {
    let (mut all, mut most, mut found) = (Vec::with_capacity(times), Vec::new(), 0);
    // Every other search is the first worker's.
    let (first, others) = (workers.iter().take(1).cycle(), workers.iter().skip(1).cycle());
    for (first, other) in first.zip(others).take(times) {
        let (taken, listed) = timed(|| list(tx, world, *other));
        found += listed?.len();
        all.push(taken);
        let (taken, listed) = timed(|| list(tx, world, *first));
        found += listed?.len();
        most.push(taken);
    }
    Ok((all, most, found))
}

fn fill(tx: &mut Tx<'_>, world: &World, vacancies: usize) -> Result<Vec<PersonId>, Fault> {
    let mut draw = Draw(567);
    let mut blocks = (1..).map(|block: i64| IdBlock::new(block * IDS_EACH, IDS_EACH));
    let mut ids = || blocks.next().ok_or(Fault::IdsUsedUp);
    let employer = NewEmployer {
        name: "EMMA Ltd".to_owned(),
        kind: EmployerKind::Organisation,
        tier: Tier::RegisteredFirm,
        contact: "250780000999".to_owned(),
    };
    let employer = employer::known(tx, &world.keys, &mut ids()?, &employer, NOW_MS)?;
    for at in 0..vacancies {
        let new = new_vacancy(world, &mut draw, at).ok_or(Fault::Gone("trade"))?;
        post(tx, world, employer, &mut ids()?, &new, &mut draw)?;
    }
    (0..WORKERS).map(|at| register(tx, world, &mut draw, at, &mut ids()?)).collect()
}

fn post(
    tx: &mut Tx<'_>,
    world: &World,
    employer: EmployerId,
    ids: &mut IdBlock,
    new: &NewVacancy,
    draw: &mut Draw,
) -> Result<(), Fault> {
    let minutes_ago = i64::try_from(draw.below(30 * 24 * 60)).unwrap_or_default();
    vacancy::post(tx, &world.keys, ids, employer, new, mix(draw.0), NOW_MS - minutes_ago * 60_000).map(drop)
}

fn new_vacancy(world: &World, draw: &mut Draw, at: usize) -> Option<NewVacancy> {
    let trade = world.trade(draw)?;
    let kinds = [JobKind::CasualDay, JobKind::Short, JobKind::Contract, JobKind::FullTime];
    let amount = 2_000 + 500 * i64::try_from(draw.below(20)).unwrap_or_default();
    Some(NewVacancy {
        trade: trade.code,
        place: world.place(draw)?.into(),
        town: String::new(),
        kind: *kinds.get(draw.below(kinds.len()))?,
        openings: 1 + i64::try_from(draw.below(8)).unwrap_or_default(),
        start_day: None,
        start_minute: [Some(7 * 60), Some(8 * 60), None].get(draw.below(3)).copied().flatten(),
        duration_days: None,
        pay: Some(Pay { amount, unit: trade.usual_unit }),
        paid: PaidWhen::Daily,
        means: None,
        food: draw.below(3) == 0,
        transport: draw.below(5) == 0,
        live_in: false,
        min_years: u8::try_from(draw.below(5).saturating_sub(2)).unwrap_or_default(),
        licence: false,
        days: Weekdays::NONE,
        closes_ms: NOW_MS + 30 * DAY_MS,
        source: "bench".to_owned(),
        source_ref: at.to_string(),
        description: String::new(),
    })
}

/// A listed adult; the first in the trade and district that most vacancies have, one in three with a second trade.
fn register(tx: &mut Tx<'_>, world: &World, draw: &mut Draw, at: u64, ids: &mut IdBlock) -> Result<PersonId, Fault> {
    let drawn = if at == 0 {
        let sectors = world.districts.first().map(|district| world.country.areas.children(*district));
        world.trades.first().zip(sectors.and_then(<[_]>::first).copied())
    } else {
        world.trade(draw).zip(world.place(draw))
    };
    let (trade, area) = drawn.ok_or(Fault::Gone("trade"))?;
    let msisdn = world.country.phone.parse(&format!("078{at:07}")).map_err(|_| Fault::Gone("number"))?;
    let number =
        phone_number::seen(tx, &world.keys, &MsisdnHash::of(&world.keys, &msisdn), &msisdn, Language::Rw, NOW_MS)?;
    let given = Given { text_version: "1", language: Language::Rw, channel: "demo", hop_uid: 7 };
    let Begun::Person(person) = person::begin(tx, &world.keys, ids, &number, &given, NOW_MS)? else {
        return Err(Fault::Gone("person"));
    };
    worker::set_birth_year(tx, &world.keys, &world.country, ids, person, 1990, NOW_MS)?;
    worker_trade::set_primary(tx, &world.country, person, trade.code, NOW_MS)?;
    if at % 3 == 1
        && let Some(second) = world.trade(draw)
    {
        let second = WorkerTrade { trade: second.code, years: Some(2), paid: Some(true) };
        worker_trade::add(tx, &world.country, person, second, NOW_MS)?;
    }
    let amount = 2_000 + 500 * i64::try_from(draw.below(10)).unwrap_or_default();
    let unit = if trade.usual_unit == PayUnit::Month { PayUnit::Day } else { trade.usual_unit };
    worker::set_rate(tx, person, Rate::Amount(Pay { amount, unit }), NOW_MS)?;
    worker::set_area(tx, &world.country, person, area, NOW_MS)?;
    person::set_name(tx, &world.keys, person, "Aline", NOW_MS)?;
    worker::finish(tx, person, NOW_MS)?;
    Ok(person)
}
