//! Invented workers and vacancies, the same on every machine.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use kaziline::country::{AreaCode, Country, Level, PayUnit, Trade};
use kaziline::market::employer::{self, EmployerKind, NewEmployer, Tier};
use kaziline::market::job_number::mix;
use kaziline::market::kind::{JobKind, Weekdays};
use kaziline::market::pay::{PaidWhen, Pay};
use kaziline::market::phone_number::{self, MsisdnHash};
use kaziline::market::vacancy::{self, NewVacancy};
use kaziline::market::{Fault, PersonId, candidate};
use kaziline::storage::{IdBlock, Keys, Store, Tx, Work};
use kaziline::text::Language;

use crate::NOW_MS;

/// Workers of one transaction while the database is filled.
const TOGETHER: u32 = 2_000;
/// Identifiers of the people begin here.
const FIRST_PERSON: i64 = 1_000_000_000;

/// All that is drawn from.
pub(crate) struct World {
    country: Country,
    keys: Keys,
    /// The first has 15 % of the workers, the others share the rest as Zipf's law has it.
    trades: Vec<Trade>,
    sectors: Vec<AreaCode>,
}

impl World {
    pub(crate) fn new() -> Result<Self> {
        let country = Country::embedded("RW").map_err(|_| anyhow!("the country pack has faults"))?;
        let mut trades: Vec<Trade> = country.trades.all().to_vec();
        trades.sort_by_key(|trade| mix(u64::from(trade.code.get())));
        trades.retain(|trade| !trade.at_home && !trade.licence && trade.min_age <= country.ages.adult);
        let mut sectors: Vec<AreaCode> = country.areas.of_level(Level::Sector).map(|area| area.code).collect();
        sectors.sort_by_key(|code| mix(u64::try_from(code.get()).unwrap_or_default()));
        Ok(Self { country, keys: Keys::of_no_secret(), trades, sectors })
    }

    fn trade(&self, draw: &mut Draw) -> Option<&Trade> {
        if draw.below(100) < 15 {
            return self.trades.first();
        }
        self.trades.get(1 + draw.skewed(self.trades.len() - 1))
    }

    /// Half of the people live where Zipf's law puts them, half anywhere.
    fn sector(&self, draw: &mut Draw) -> Option<AreaCode> {
        let at = if draw.below(2) == 0 { draw.skewed(self.sectors.len()) } else { draw.below(self.sectors.len()) };
        self.sectors.get(at).copied()
    }
}

/// Chance, from a counter.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 += 1;
        usize::try_from(mix(self.0) >> 33).unwrap_or_default() % bound.max(1)
    }

    /// A rank below `bound`, the rank r with a weight of 1 / (r + 1), by the inverse of its sum.
    fn skewed(&mut self, bound: usize) -> usize {
        let part = f64::from(u32::try_from(self.below(1 << 30)).unwrap_or_default()) / f64::from(1_u32 << 30);
        let most = f64::from(u32::try_from(bound.max(1)).unwrap_or(u32::MAX));
        let rank = most.powf(part) - 1.0;
        // Truncating is the rounding that is wanted.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and bound")]
        let rank = rank as usize;
        rank.min(bound.saturating_sub(1))
    }

    fn amount(&mut self) -> i64 {
        2_000 + 500 * i64::try_from(self.below(12)).unwrap_or_default()
    }
}

/// Fills the database; answers how long it took to list some of them as candidates.
pub(crate) fn fill(store: &Store, world: &std::sync::Arc<World>, workers: Range<u32>) -> Result<Vec<Duration>> {
    let mut listing = Vec::new();
    for first in workers.clone().step_by(usize::try_from(TOGETHER)?) {
        let (world, last) = (std::sync::Arc::clone(world), (first + TOGETHER).min(workers.end));
        let some = store.transact_blocking(Work::bulk(), move |tx| {
            let mut times = Vec::new();
            for at in first..last {
                let took = register(tx, &world, at)?;
                if at % 100 == 0 {
                    times.push(took);
                }
            }
            Ok::<_, Fault>(times)
        })?;
        listing.extend(some);
    }
    Ok(listing)
}

/// A listed adult with two trades, as the registration leaves them.
fn register(tx: &mut Tx<'_>, world: &World, at: u32) -> Result<Duration, Fault> {
    const PERSON: &str = "INSERT INTO person (id, msisdn_hmac, number_generation, language, status, created_ms, changed_ms) \
        VALUES ($1, $2, 1, 'rw', 'listed', $3, $3)";
    const WORKER: &str = "INSERT INTO worker (person_id, birth_year, area_code, district_code, will_move, rate_kind, \
        rate_amount, rate_unit, kinds, days, listed_ms, changed_ms, alert_place) \
        VALUES ($1, $2, $3, $4, 0, 'amount', $5, 'day', 127, 127, $6, $6, $3)";
    const TRADE: &str = "INSERT INTO worker_trade (person_id, trade, rank, years, paid) VALUES ($1, $2, $3, 3, 1) \
        ON CONFLICT DO NOTHING";
    const CONSENT: &str = "INSERT INTO consent (id, person_id, purpose, text_version, language, channel, hop_uid, given_ms) \
        VALUES ($1, $2, $3, '1', 'rw', 'demo', 7, $4)";
    let mut draw = Draw(u64::from(at) << 16);
    let id = FIRST_PERSON + 4 * i64::from(at);
    let msisdn = world.country.phone.parse(&format!("078{at:07}")).map_err(|_| Fault::Gone("number"))?;
    let hash = MsisdnHash::of(&world.keys, &msisdn);
    phone_number::seen(tx, &world.keys, &hash, &msisdn, Language::Rw, NOW_MS)?;
    tx.execute(PERSON, &[id.into(), hash.as_bytes().into(), NOW_MS.into()])?;
    let area = world.sector(&mut draw).ok_or(Fault::Gone("area"))?;
    let district = area.district().map_or(0, AreaCode::get);
    let year = 1966 + i64::try_from(draw.below(38)).unwrap_or_default();
    let amount = draw.amount();
    tx.execute(WORKER, &[id.into(), year.into(), area.get().into(), district.into(), amount.into(), NOW_MS.into()])?;
    for rank in 0..2_i64 {
        let trade = world.trade(&mut draw).ok_or(Fault::Gone("trade"))?;
        tx.execute(TRADE, &[id.into(), i64::from(trade.code.get()).into(), rank.into()])?;
    }
    for (consent, purpose) in [(id, "matching"), (id + 1, "alerts")] {
        tx.execute(CONSENT, &[consent.into(), id.into(), purpose.into(), NOW_MS.into()])?;
    }
    let began = Instant::now();
    candidate::relist(tx, PersonId::new(id))?;
    Ok(began.elapsed())
}

/// Posts vacancy `at`; every fourth is in the trade and the place that most people have.
pub(crate) fn post(store: &Store, world: &std::sync::Arc<World>, at: u32, openings: i64) -> Result<()> {
    let world = std::sync::Arc::clone(world);
    let posting = move |tx: &mut Tx<'_>| {
        let mut draw = Draw((u64::from(at) << 16) ^ (1 << 60));
        let (trade, area) = if at.is_multiple_of(4) {
            (world.trades.first(), world.sectors.first().copied())
        } else {
            (world.trade(&mut draw), world.sector(&mut draw))
        };
        let new = NewVacancy {
            trade: trade.ok_or(Fault::Gone("trade"))?.code,
            place: area.ok_or(Fault::Gone("area"))?.into(),
            town: String::new(),
            kind: JobKind::CasualDay,
            openings,
            start_day: None,
            start_minute: Some(7 * 60),
            duration_days: Some(5),
            pay: Some(Pay { amount: draw.amount(), unit: PayUnit::Day }),
            paid: PaidWhen::Daily,
            means: None,
            food: false,
            transport: false,
            live_in: false,
            min_years: u8::try_from(draw.below(4)).unwrap_or_default(),
            licence: false,
            days: Weekdays::NONE,
            closes_ms: NOW_MS + 30 * 86_400_000,
            source: "bench".to_owned(),
            source_ref: at.to_string(),
            description: String::new(),
        };
        let employer = NewEmployer {
            name: "EMMA Ltd".to_owned(),
            kind: EmployerKind::Organisation,
            tier: Tier::RegisteredFirm,
            contact: "250780000999".to_owned(),
        };
        let mut ids = IdBlock::new(1_000 + 16 * i64::from(at), 16);
        let employer = employer::known(tx, &world.keys, &mut ids, &employer, NOW_MS)?;
        vacancy::post(tx, &world.keys, &mut ids, employer, &new, mix(u64::from(at)), NOW_MS).map(drop)
    };
    Ok(store.transact_blocking(Work::bulk(), posting)?)
}
