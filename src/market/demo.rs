//! A made-up population for `serve --demo`, the same for the same seed.
//!
//! Names are put together from lists, pay lies in ranges that were estimated for this purpose and are no source
//! (`demo_pay.csv`), and every number lies in 250 780 000 000 to 250 780 000 999: the lowest thousand of a network's range,
//! taken as a test range. Nothing is ever sent to them: the demo's provider is a loop-back.

mod draw;

use super::age;
use super::consent::Given;
use super::employer::{self, EmployerKind, NewEmployer, Tier};
use super::employer_check::{self, Check};
use super::job_number::mix;
use super::kind::{JobKind, Weekdays};
use super::pay::{PaidWhen, Pay, Rate};
use super::person::{self, Begun};
use super::phone_number::MsisdnHash;
use super::place::Place;
use super::vacancy::{self, NewVacancy, Posted};
use super::worker_trade::{self, TradeOutcome, WorkerTrade};
use super::{Fault, PersonId, alert, phone_number, quarantine, worker};
use crate::country::{AreaCode, Country, CountryCode, Level, Msisdn, PayMeans, PayUnit, Trade, TradeCode};
use crate::storage::{IdBlock, Keys, Tx};
use crate::text::Language;
use draw::{Draw, amount};

/// Workers of the population: eleven a district.
pub const WORKERS: usize = 330;
/// Employers of the population.
pub const EMPLOYERS: usize = 40;
/// Vacancies of the population: three a district, and thirty more in the capital.
pub const VACANCIES: usize = 120;
/// Persons, employers or vacancies of one call of [`store`]: about 2 ms of the writer's time.
const PER_CHUNK: usize = 16;
/// The demo's identifiers begin here: far below those that are made from the clock, so that they are the same each time.
const FIRST_ID: i64 = 100_000;
/// Identifiers set aside for each row.
const IDS_EACH: i64 = 16;
/// Vacancies stay open for so many days: a demo may be shown for weeks.
const OPEN_DAYS: i64 = 60;
/// Agencies are licensed for two years more.
const LICENCE_DAYS: i64 = 730;
const DAY_MS: i64 = 86_400_000;

/// Trades that many people have, beside those that are drawn from all: a demo should find something to show.
const COMMON_TRADES: [u8; 8] = [11, 12, 21, 41, 51, 71, 81, 91];

const FIRST_NAMES: [&str; 20] = [
    "Aline", "Jean", "Claudine", "Eric", "Diane", "Patrick", "Solange", "Emmanuel", "Yvonne", "Innocent", "Grace",
    "Theogene", "Josiane", "Damas", "Vestine", "Celestin", "Olive", "Faustin", "Esther", "Bosco",
];
/// With `Demo-` before them: nobody is to be taken for somebody.
const LAST_NAMES: [&str; 20] = [
    "Uwera", "Habi", "Mukaz", "Nziza", "Kayi", "Ingabi", "Rwego", "Umuto", "Gasana", "Keza", "Bizi", "Isaro", "Mugi",
    "Teta", "Ngabo", "Shema", "Uwase", "Rugi", "Cyiza", "Manzi",
];
const FIRM_NAMES: [&str; 14] = [
    "Umusozi", "Ikirenga", "Isoko", "Urumuri", "Inzira", "Ubumwe", "Igicumbi", "Umuganda", "Imbere", "Akeza", "Intego",
    "Umurava", "Inyange", "Ihuriro",
];
const DESCRIPTIONS: [&str; 5] = [
    "",
    "Bring your own tools.",
    "Boots and helmet are given.",
    "Paid by MoMo on the day that was agreed.",
    "Ask for the foreman at the gate.",
];

/// One worker of the population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoWorker {
    /// The number; every fortieth shares that of the one before.
    pub msisdn: Msisdn,
    /// A made-up name.
    pub name: String,
    /// Year of birth.
    pub birth_year: i64,
    /// Trades, the primary first.
    pub trades: Vec<WorkerTrade>,
    /// A sector.
    pub area: AreaCode,
    /// What they ask.
    pub rate: Rate,
}

/// One vacancy of the population. Its times are counted from the moment it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoVacancy {
    /// Position in [`DemoPopulation::employers`].
    pub employer: usize,
    /// Days until it starts; `None`: as agreed.
    pub starts_in_days: Option<i32>,
    /// The rest; its start and end are filled in when it is stored.
    pub vacancy: NewVacancy,
}

/// The population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPopulation {
    /// Workers, in every district.
    pub workers: Vec<DemoWorker>,
    /// Organisations, households and agencies.
    pub employers: Vec<NewEmployer>,
    /// Vacancies, in every district.
    pub vacancies: Vec<DemoVacancy>,
}

/// Usual pay of a trade: unit, low, high.
fn usual_pay(trade: TradeCode) -> Option<(PayUnit, i64, i64)> {
    let mut rows = include_str!("demo_pay.csv").lines().skip(1).map(|line| line.split(','));
    rows.find_map(|mut row| {
        let code: u8 = row.next()?.parse().ok()?;
        let unit = PayUnit::from_code(row.next()?)?;
        let (low, high) = (row.next()?.parse().ok()?, row.next()?.parse().ok()?);
        (code == trade.get()).then_some((unit, low, high))
    })
}

/// The population of a country for a seed. Empty where the country's numbers have no such test range.
pub fn population(country: &Country, seed: u64) -> DemoPopulation {
    let mut draw = Draw::new(seed);
    let districts: Vec<AreaCode> = country.areas.of_level(Level::District).map(|area| area.code).collect();
    let employers = (0..EMPLOYERS).filter_map(|at| demo_employer(at, &mut draw)).collect::<Vec<_>>();
    let workers = (0..WORKERS).filter_map(|at| demo_worker(country, &districts, at, &mut draw)).collect();
    let here = (0..VACANCIES).filter_map(|at| demo_vacancy(country, &districts, &employers, (seed, at), &mut draw));
    let vacancies = here.chain(demo_abroad(country, seed, &employers)).collect();
    DemoPopulation { workers, employers, vacancies }
}

/// A number of the test range.
fn msisdn(at: usize) -> Option<Msisdn> {
    Msisdn::parse_e164(&format!("250780000{at:03}")).ok()
}

/// Half of the time a common trade.
fn demo_trade<'a>(country: &'a Country, draw: &mut Draw) -> Option<&'a Trade> {
    if draw.below(2) == 0 {
        TradeCode::new(*draw.of(&COMMON_TRADES)?).and_then(|code| country.trades.get(code))
    } else {
        draw.of(country.trades.all())
    }
}

fn demo_worker(country: &Country, districts: &[AreaCode], at: usize, draw: &mut Draw) -> Option<DemoWorker> {
    let district = *districts.get(at % districts.len().max(1))?;
    let area = draw.of(country.areas.children(district)).copied().unwrap_or(district);
    let trade = demo_trade(country, draw)?;
    // Some are minors where the trade is open to them.
    let minor = trade.min_age < country.ages.adult && !trade.at_home && draw.below(8) == 0;
    let birth_year = if minor { 2009 } else { draw.between(1966, 2004) };
    let (unit, low, high) = usual_pay(trade.code)?;
    let rate = match draw.below(5) {
        0 => Rate::Agree,
        _ => Rate::Amount(Pay { amount: amount(draw, low, high), unit }),
    };
    let years = u8::try_from(draw.below(if minor { 2 } else { 12 })).ok();
    let mut trades = vec![WorkerTrade { trade: trade.code, years, paid: Some(draw.below(4) > 0) }];
    let second = demo_trade(country, draw)?;
    let second_open = second.code != trade.code && second.min_age <= country.ages.adult;
    if !minor && second_open && draw.below(3) == 0 {
        trades.push(WorkerTrade { trade: second.code, years: Some(1), paid: None });
    }
    let shares = at > 0 && at.is_multiple_of(40);
    let (first, last) = (draw.of(&FIRST_NAMES)?, draw.of(&LAST_NAMES)?);
    Some(DemoWorker {
        msisdn: msisdn(if shares { at - 1 } else { at })?,
        name: format!("{first} Demo-{last}"),
        birth_year,
        trades,
        area,
        rate,
    })
}

fn demo_employer(at: usize, draw: &mut Draw) -> Option<NewEmployer> {
    let (kind, tier, suffix) = match at % 5 {
        0 => (EmployerKind::Household, *draw.of(&[Tier::PhoneOnly, Tier::IdSeen, Tier::VillageLeader])?, "household"),
        1 if at % 10 == 1 => (EmployerKind::Agency, Tier::LicensedAgency, "Recruitment"),
        2 => (EmployerKind::Organisation, Tier::RegisteredFirm, "Builders"),
        3 => (EmployerKind::Organisation, Tier::RegisteredFirm, "Ltd"),
        _ => (EmployerKind::Organisation, Tier::PhoneOnly, "Cooperative"),
    };
    let name = FIRM_NAMES.get(at % FIRM_NAMES.len())?;
    // The number tells apart those whose names come round again.
    let name = format!("{name} {suffix} {}", at / FIRM_NAMES.len() + 1);
    Some(NewEmployer { name, kind, tier, contact: msisdn(900 + at)?.as_str().to_owned() })
}

/// One job in another country, of the first agency.
fn demo_abroad(country: &Country, seed: u64, employers: &[NewEmployer]) -> Option<DemoVacancy> {
    let vacancy = NewVacancy {
        trade: TradeCode::new(11)?,
        place: Place::Abroad(CountryCode::parse("QA").filter(|code| country.country_abroad(*code).is_some())?),
        town: "Doha".to_owned(),
        kind: JobKind::Contract,
        openings: 20,
        start_day: None,
        start_minute: None,
        duration_days: Some(730),
        pay: Some(Pay { amount: 450_000, unit: PayUnit::Month }),
        paid: PaidWhen::Monthly,
        means: None,
        food: true,
        transport: true,
        live_in: false,
        min_years: 0,
        licence: false,
        days: Weekdays::NONE,
        closes_ms: 0,
        source: "demo".to_owned(),
        source_ref: format!("{seed}-abroad"),
        description: String::new(),
    };
    let employer = employers.iter().position(|had| had.kind == EmployerKind::Agency)?;
    Some(DemoVacancy { employer, starts_in_days: None, vacancy })
}

fn demo_vacancy(
    country: &Country,
    districts: &[AreaCode],
    employers: &[NewEmployer],
    (seed, at): (u64, usize),
    draw: &mut Draw,
) -> Option<DemoVacancy> {
    let spread = districts.len() * 3;
    // The capital's districts come first by code.
    let capital = districts
        .iter()
        .filter(|district| district.province() == districts.first().copied().unwrap_or(**district).province());
    let capital = capital.count().max(1);
    let district = *districts.get(if at < spread { at % districts.len().max(1) } else { at % capital })?;
    let area = draw.of(country.areas.children(district)).copied().unwrap_or(district);
    let trade = if at < spread {
        demo_trade(country, draw)?
    } else {
        TradeCode::new(*COMMON_TRADES.get(at % COMMON_TRADES.len())?).and_then(|code| country.trades.get(code))?
    };
    let (unit, low, high) = usual_pay(trade.code)?;
    let kind = match unit {
        PayUnit::Month => *draw.of(&[JobKind::FullTime, JobKind::FullTime, JobKind::Contract])?,
        PayUnit::Hour | PayUnit::Day => *draw.of(&[JobKind::CasualDay, JobKind::Short, JobKind::Contract])?,
        PayUnit::Trip | PayUnit::Kg | PayUnit::Piece | PayUnit::Job => JobKind::Short,
    };
    let lasting = matches!(kind, JobKind::FullTime | JobKind::Contract);
    let offering =
        employers.iter().enumerate().filter(|(_, had)| (had.kind == EmployerKind::Household) == trade.at_home);
    let offering: Vec<usize> = offering.map(|(at, _)| at).collect();
    let openings = if trade.at_home { 1 } else { draw.between(1, 12) };
    Some(DemoVacancy {
        employer: *draw.of(&offering)?,
        starts_in_days: (draw.below(4) > 0).then_some(i32::try_from(draw.between(1, 14)).unwrap_or(1)),
        vacancy: NewVacancy {
            trade: trade.code,
            place: area.into(),
            town: String::new(),
            kind,
            openings,
            start_day: None,
            start_minute: *draw.of(&[Some(7 * 60), Some(8 * 60), Some(6 * 60 + 30), None])?,
            duration_days: if lasting { None } else { Some(draw.between(1, 20)) },
            pay: Some(Pay { amount: amount(draw, low, high), unit }),
            paid: if lasting {
                PaidWhen::Monthly
            } else {
                *draw.of(&[PaidWhen::Daily, PaidWhen::Weekly, PaidWhen::AtEnd])?
            },
            means: *[None, Some(PayMeans::Cash), Some(PayMeans::Momo)].get(at % 3)?,
            food: draw.below(3) == 0,
            transport: draw.below(5) == 0,
            live_in: trade.at_home && draw.below(3) == 0,
            min_years: u8::try_from(draw.below(6).saturating_sub(3)).unwrap_or_default(),
            licence: trade.licence,
            days: *draw.of(&[Weekdays::NONE, Weekdays::from_bits(0b1_1111), Weekdays::from_bits(0b11_1111)])?,
            closes_ms: 0,
            source: "demo".to_owned(),
            source_ref: format!("{seed}-{at}"),
            description: (*draw.of(&DESCRIPTIONS)?).to_owned(),
        },
    })
}

impl DemoPopulation {
    /// How many calls of [`store`] there are.
    pub fn chunks(&self) -> usize {
        (self.employers.len() + self.workers.len() + self.vacancies.len()).div_ceil(PER_CHUNK)
    }
}

/// Whether a store may take invented people: nobody is there yet, or the demo's own jobs are.
pub fn may_be_invented(tx: &mut Tx<'_>) -> Result<bool, Fault> {
    const INVENTED: &str = "SELECT id FROM vacancy WHERE source = 'demo' LIMIT 1";
    const PERSON: &str = "SELECT id FROM person LIMIT 1";
    const EMPLOYER: &str = "SELECT id FROM employer LIMIT 1";
    let mut is_there = |sql| tx.query_one(sql, &[], |row| row.integer(0)).map(|found| found.is_some());
    Ok(is_there(INVENTED)? || !(is_there(PERSON)? || is_there(EMPLOYER)?))
}

/// Stores chunk `chunk` (from 0) of the population; chunks must come in order. A chunk that is there already stays as it
/// is: storing all of them again adds nothing.
pub fn store(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    population: &DemoPopulation,
    chunk: usize,
    now_ms: i64,
) -> Result<(), Fault> {
    for at in chunk * PER_CHUNK..(chunk + 1) * PER_CHUNK {
        let first = FIRST_ID.saturating_add(i64::try_from(at).unwrap_or_default() * IDS_EACH);
        let mut ids = IdBlock::new(first, IDS_EACH);
        let workers_at = at.checked_sub(population.employers.len());
        let vacancies_at = workers_at.and_then(|at| at.checked_sub(population.workers.len()));
        if let Some(new) = population.employers.get(at) {
            let id = employer::known(tx, keys, &mut ids, new, now_ms)?;
            // Not again in a store that was filled before, or half filled.
            let standing = employer_check::standing(tx, id)?;
            if new.kind == EmployerKind::Agency && standing.is_some_and(|standing| standing.licence_until_ms == 0) {
                let licence = Check::Licence("demo", now_ms + LICENCE_DAYS * DAY_MS);
                employer_check::check(tx, keys, &mut ids, id, licence, ("demo", ""), now_ms)?;
            }
        } else if let Some(new) = workers_at.and_then(|at| population.workers.get(at)) {
            store_worker(tx, keys, country, new, &mut ids, now_ms)?;
        } else if let Some(new) = vacancies_at.and_then(|at| population.vacancies.get(at)) {
            store_vacancy(tx, keys, country, population, new, &mut ids, now_ms)?;
        }
    }
    Ok(())
}

/// Registers a worker as a caller would be.
fn store_worker(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    new: &DemoWorker,
    ids: &mut IdBlock,
    now_ms: i64,
) -> Result<(), Fault> {
    let today = worker::today(country, now_ms);
    let allowed = age::age(new.birth_year, today, &country.ages).is_some_and(|age| age >= country.ages.minimum);
    if !allowed || person::find(tx, PersonId::new(ids.first()))?.is_some() {
        return Ok(());
    }
    let language = country.languages.first().copied().unwrap_or(Language::Rw);
    let number = phone_number::seen(tx, keys, &MsisdnHash::of(keys, &new.msisdn), &new.msisdn, language, now_ms)?;
    let given = Given { text_version: "demo", language, channel: "demo", hop_uid: ids.first() };
    let Begun::Person(person) = person::begin(tx, keys, ids, &number, &given, now_ms)? else { return Ok(()) };
    worker::set_birth_year(tx, keys, country, ids, person, new.birth_year, now_ms)?;
    for had in &new.trades {
        if worker_trade::add(tx, country, person, *had, now_ms)? != TradeOutcome::Saved {
            break;
        }
    }
    worker::set_rate(tx, person, new.rate, now_ms)?;
    worker::set_area(tx, country, person, new.area, now_ms)?;
    person::set_name(tx, keys, person, &new.name, now_ms)?;
    worker::finish(tx, person, now_ms)?;
    Ok(())
}

/// Posts a vacancy, a few hours or days ago, as if they had come in one by one.
fn store_vacancy(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    population: &DemoPopulation,
    new: &DemoVacancy,
    ids: &mut IdBlock,
    now_ms: i64,
) -> Result<(), Fault> {
    let Some(employer) = population.employers.get(new.employer) else { return Ok(()) };
    let (random, today) = (mix(u64::from_ne_bytes(ids.first().to_ne_bytes())), worker::today(country, now_ms));
    // A second identifier is never needed: the employer is there, its chunk came before.
    let employer = employer::known(tx, keys, ids, employer, now_ms)?;
    let vacancy = NewVacancy {
        start_day: new.starts_in_days.map(|days| today.plus(days)),
        closes_ms: now_ms + OPEN_DAYS * DAY_MS,
        ..new.vacancy.clone()
    };
    if let Posted::Added { vacancy, .. } = vacancy::post(tx, keys, ids, employer, &vacancy, random, now_ms)? {
        // Work abroad has been looked at.
        quarantine::release(tx, ids, vacancy, "demo", now_ms)?;
        // It came in before the demo began: nobody is told of it now.
        alert::end(tx, vacancy)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "demo_tests.rs"]
mod tests;
