//! Workers: what a person who looks for work has told, saved answer by answer, so that a dropped registration goes on
//! where it stopped.

use super::age::{self, AgeGroup};
use super::booking::bookable;
use super::consent::{self, Purpose};
use super::kind::{Kinds, Weekdays};
use super::pay::{Pay, Rate};
use super::worker_trade::{self, WorkerTrade};
use super::{Fault, PersonId, candidate, person};
use crate::country::{AreaCode, Country, PayUnit};
use crate::storage::{Error, IdBlock, Keys, Param, Row, Tx};
use crate::text::datetime::Day;

/// What came of a birth year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthYearOutcome {
    /// Saved; of age.
    Saved,
    /// Saved; 16 or 17: some trades only, no households. Trades that are not for minors were taken off.
    SavedMinor,
    /// A child: nothing is saved. Who was registering is erased and their number refused for a while.
    TooYoung,
    /// A year still to come or too long ago: ask again.
    Implausible,
}

/// Saves a birth year. The worker's row begins here. Uses one identifier.
pub fn set_birth_year(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    ids: &mut IdBlock,
    person: PersonId,
    birth_year: i64,
    now_ms: i64,
) -> Result<BirthYearOutcome, Fault> {
    const SAVE: &str = "INSERT INTO worker (person_id, birth_year, will_move, rate_kind, rate_amount, rate_unit, kinds, \
        days, changed_ms) VALUES ($1, $2, 0, 'unset', 0, 'day', $3, $4, $5) \
        ON CONFLICT (person_id) DO UPDATE SET birth_year = $2, changed_ms = $5 RETURNING listed_ms";
    let Some(age) = age::age(birth_year, today(country, now_ms), &country.ages) else {
        return Ok(BirthYearOutcome::Implausible);
    };
    let group = age::group(age, &country.ages);
    if group == AgeGroup::Child {
        person::erase_unfinished(tx, keys, ids, person, true, now_ms)?;
        return Ok(BirthYearOutcome::TooYoung);
    }
    if person::find(tx, person)?.is_none_or(|found| found.status == person::Status::Closed) {
        return Err(Fault::Gone("person"));
    }
    let params =
        [person.into(), birth_year.into(), Kinds::ALL.bits().into(), Weekdays::ALL.bits().into(), now_ms.into()];
    let is_listed = tx.query_one(SAVE, &params, |row| Ok(row.optional_integer(0)?.is_some()))?;
    worker_trade::drop_disallowed(tx, country, person, age)?;
    if is_listed == Some(true) {
        candidate::relist(tx, person)?;
    }
    Ok(if group == AgeGroup::Minor { BirthYearOutcome::SavedMinor } else { BirthYearOutcome::Saved })
}

/// What came of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaOutcome {
    /// Saved.
    Saved,
    /// Not an area of this country, or a province, which is too wide to look for work in.
    Unusable,
}

/// Saves where the worker lives: a sector or smaller, or a district when the sector is not known.
pub fn set_area(
    tx: &mut Tx<'_>,
    country: &Country,
    person: PersonId,
    area: AreaCode,
    now_ms: i64,
) -> Result<AreaOutcome, Fault> {
    // Where their alerts stand is decided once: they are found there.
    const SET: &str = "UPDATE worker SET area_code = $2, district_code = $3, changed_ms = $4, \
        alert_place = COALESCE(alert_place, $5) WHERE person_id = $1 RETURNING listed_ms";
    let (Some(district), Some(_)) = (area.district(), country.areas.get(area)) else {
        return Ok(AreaOutcome::Unusable);
    };
    let place = area.sector().unwrap_or(district);
    let params = [person.into(), area.get().into(), district.get().into(), now_ms.into(), place.get().into()];
    save(tx, person, SET, &params)?;
    bookable::refresh(tx, person)?;
    Ok(AreaOutcome::Saved)
}

/// Saves what the worker asks. The caller has checked the amount against the country's bounds.
pub fn set_rate(tx: &mut Tx<'_>, person: PersonId, rate: Rate, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET rate_kind = $2, rate_amount = $3, rate_unit = $4, changed_ms = $5 \
        WHERE person_id = $1 RETURNING listed_ms";
    let (amount, unit) = match rate {
        Rate::Amount(pay) => (pay.amount, pay.unit),
        Rate::Unset | Rate::Agree => (0, PayUnit::Day),
    };
    let params = [person.into(), rate.code().into(), amount.into(), unit.code().into(), now_ms.into()];
    save(tx, person, SET, &params)
}

/// Saves the kinds of work wanted.
pub fn set_kinds(tx: &mut Tx<'_>, person: PersonId, kinds: Kinds, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET kinds = $2, changed_ms = $3 WHERE person_id = $1 RETURNING listed_ms";
    save(tx, person, SET, &[person.into(), kinds.bits().into(), now_ms.into()])
}

/// Saves the days of the week on which the worker can work.
pub fn set_days(tx: &mut Tx<'_>, person: PersonId, days: Weekdays, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET days = $2, changed_ms = $3 WHERE person_id = $1 RETURNING listed_ms";
    save(tx, person, SET, &[person.into(), days.bits().into(), now_ms.into()])
}

/// Saves whether the worker has the licence of their trade.
pub fn set_licence(tx: &mut Tx<'_>, person: PersonId, licence: bool, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET licence = $2, changed_ms = $3 WHERE person_id = $1 RETURNING listed_ms";
    save(tx, person, SET, &[person.into(), licence.into(), now_ms.into()])
}

/// Saves whether the worker would move for work.
pub fn set_will_move(tx: &mut Tx<'_>, person: PersonId, will_move: bool, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET will_move = $2, changed_ms = $3 WHERE person_id = $1 RETURNING listed_ms";
    save(tx, person, SET, &[person.into(), will_move.into(), now_ms.into()])
}

/// Saves whether jobs may be scored for the worker. Who says no looks at jobs in the menus in plain order, and is told of
/// none.
pub fn set_scored(tx: &mut Tx<'_>, person: PersonId, scored: bool, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET scored = $2, changed_ms = $3 WHERE person_id = $1 RETURNING listed_ms";
    save(tx, person, SET, &[person.into(), scored.into(), now_ms.into()])
}

/// Saves the day on which the worker is free: today for "free today: YES", `None` for NO.
pub fn set_free_on(tx: &mut Tx<'_>, person: PersonId, day: Option<Day>, now_ms: i64) -> Result<(), Fault> {
    const SET: &str = "UPDATE worker SET free_on_day = $2, changed_ms = $3 WHERE person_id = $1";
    let free_on = day.map(|day| i64::from(day.0));
    changed(tx.execute(SET, &[person.into(), free_on.into(), now_ms.into()])?)?;
    bookable::set_free_on(tx, person, day)
}

coded! {
    /// A question of the registration.
    pub enum Step {
        /// Year of birth.
        BirthYear = "birth_year",
        /// Primary trade.
        Trade = "trade",
        /// What they ask.
        Rate = "rate",
        /// Where they live.
        Area = "area",
        /// Name.
        Name = "name",
    }
}

/// The first question of the registration that has no answer; `None` when all have one.
pub fn missing(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Step>, Fault> {
    const ANSWERED: &str = "SELECT worker.person_id, \
        (SELECT COUNT(*) FROM worker_trade WHERE worker_trade.person_id = person.id), \
        worker.rate_kind, worker.area_code, person.name_sealed \
        FROM person LEFT JOIN worker ON worker.person_id = person.id WHERE person.id = $1";
    let step = tx.query_one(ANSWERED, &[person.into()], |row| {
        Ok(if row.optional_integer(0)?.is_none() {
            Some(Step::BirthYear)
        } else if row.integer(1)? == 0 {
            Some(Step::Trade)
        } else if row.optional_text(2)? == Some("unset") {
            Some(Step::Rate)
        } else if row.optional_integer(3)?.is_none() {
            Some(Step::Area)
        } else if row.optional_bytes(4)?.is_none() {
            Some(Step::Name)
        } else {
            None
        })
    })?;
    step.ok_or(Fault::Gone("person"))
}

/// What came of the end of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishOutcome {
    /// Listed now, or already.
    Listed,
    /// This question has no answer yet.
    Missing(Step),
    /// The person withdrew the consent that this rests on.
    NoConsent,
}

/// Lists a worker whose year, trade, rate, area and name are there.
pub fn finish(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<FinishOutcome, Fault> {
    const LIST: &str = "UPDATE person SET status = 'listed', changed_ms = $2 WHERE id = $1 AND status <> 'closed'";
    const LISTED: &str = "UPDATE worker SET listed_ms = $2, changed_ms = $2 WHERE person_id = $1 AND listed_ms IS NULL";
    if let Some(step) = missing(tx, person)? {
        return Ok(FinishOutcome::Missing(step));
    }
    if !consent::in_force(tx, person, Purpose::Matching)? {
        return Ok(FinishOutcome::NoConsent);
    }
    if tx.execute(LIST, &[person.into(), now_ms.into()])? == 0 {
        return Err(Fault::Gone("person"));
    }
    tx.execute(LISTED, &[person.into(), now_ms.into()])?;
    candidate::relist(tx, person)?;
    bookable::refresh(tx, person)?;
    Ok(FinishOutcome::Listed)
}

/// A worker as told, for matching and for the screen "my details". The name is [`person::name`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The person.
    pub person: PersonId,
    /// Year of birth.
    pub birth_year: i64,
    /// Trades, the primary first.
    pub trades: Vec<WorkerTrade>,
    /// Sector or smaller, or district; `None` while not told.
    pub area: Option<AreaCode>,
    /// Would move for work.
    pub will_move: bool,
    /// What they ask.
    pub rate: Rate,
    /// Kinds of work wanted.
    pub kinds: Kinds,
    /// Days on which they can work.
    pub days: Weekdays,
    /// Has the licence of the trade; `None` while not asked.
    pub licence: Option<bool>,
    /// The day on which they said to be free.
    pub free_on: Option<Day>,
    /// When they were listed; `None` while registering.
    pub listed_ms: Option<i64>,
    /// Jobs may be scored for them.
    pub scored: bool,
    /// Agreed to be told of work abroad.
    pub abroad: bool,
}

impl Worker {
    /// Whether they are not of age yet.
    pub fn is_minor(&self, country: &Country, now_ms: i64) -> bool {
        age::age(self.birth_year, today(country, now_ms), &country.ages).is_none_or(|age| age < country.ages.adult)
    }
}

/// Finds a worker; `None` when the birth year was not given yet, or the person is closed or erased.
pub fn find(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Worker>, Fault> {
    // A row for each trade: three at most. One statement costs less than two, and sorting here less than there.
    const FIND: &str = "SELECT worker.birth_year, worker.area_code, worker.will_move, worker.rate_kind, \
        worker.rate_amount, worker.rate_unit, worker.kinds, worker.days, worker.licence, worker.free_on_day, \
        worker.listed_ms, worker.scored, worker_trade.rank, worker_trade.trade, worker_trade.years, worker_trade.paid, \
        (SELECT COUNT(*) FROM consent WHERE consent.person_id = worker.person_id AND consent.purpose = 'abroad' \
        AND consent.withdrawn_ms IS NULL) FROM worker JOIN person ON person.id = worker.person_id \
        LEFT JOIN worker_trade ON worker_trade.person_id = worker.person_id \
        WHERE worker.person_id = $1 AND person.status <> 'closed'";
    let (mut found, mut trades) = (None, Vec::new());
    tx.query(FIND, &[person.into()], |row| {
        if row.optional_integer(12)?.is_some() {
            trades.push(worker_trade::read_ranked(row, 12)?);
        }
        if found.is_none() {
            found = Some(worker_of(row, person)?);
        }
        Ok(())
    })?;
    Ok(found.map(|worker| Worker { trades: worker_trade::by_rank(trades), ..worker }))
}

fn worker_of(row: &Row<'_>, person: PersonId) -> Result<Worker, Error> {
    let rate = Rate::from_stored(row.text(3)?, row.integer(4)?, row.text(5)?);
    let day = |day| i32::try_from(day).map(Day).map_err(|_| Error::Corrupt { what: "a stored day is out of range" });
    Ok(Worker {
        person,
        birth_year: row.integer(0)?,
        trades: Vec::new(),
        area: row.optional_integer(1)?.map(read_area).transpose()?,
        will_move: row.boolean(2)?,
        rate: rate.ok_or(Error::Corrupt { what: "a stored rate is unknown" })?,
        kinds: Kinds::from_bits(row.integer(6)?),
        days: Weekdays::from_bits(row.integer(7)?),
        licence: row.optional_integer(8)?.map(|licence| licence == 1),
        free_on: row.optional_integer(9)?.map(day).transpose()?,
        listed_ms: row.optional_integer(10)?,
        scored: row.boolean(11)?,
        abroad: row.integer(16)? > 0,
    })
}

/// The day that it is in the country.
pub fn today(country: &Country, now_ms: i64) -> Day {
    Day::from_ms(now_ms, &country.timezone)
}

/// A stored area code.
pub(super) fn read_area(code: i64) -> Result<AreaCode, Error> {
    AreaCode::new(code).ok_or(Error::Corrupt { what: "a stored area code is none" })
}

/// A stored unit of pay.
pub(super) fn read_unit(code: &str) -> Result<PayUnit, Error> {
    PayUnit::from_code(code).ok_or(Error::Corrupt { what: "a stored unit of pay is unknown" })
}

/// A stored amount as pay; 0 means that none is stated.
pub(super) fn read_pay(amount: i64, unit: &str) -> Result<Option<Pay>, Error> {
    Ok(if amount == 0 { None } else { Some(Pay { amount, unit: read_unit(unit)? }) })
}

/// Saves an answer that the score looks at, if there is a worker to save it for.
fn save(tx: &mut Tx<'_>, person: PersonId, sql: &'static str, params: &[Param<'_>]) -> Result<(), Fault> {
    let is_listed = tx.query_one(sql, params, |row| Ok(row.optional_integer(0)?.is_some()))?;
    if is_listed.ok_or(Fault::Gone("worker"))? {
        candidate::relist(tx, person)?;
    }
    Ok(())
}

/// An answer was saved if there is a worker to save it for.
fn changed(rows: u64) -> Result<(), Fault> {
    if rows == 0 { Err(Fault::Gone("worker")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS, area, trade};
    use super::super::worker_trade::TradeOutcome;
    use super::*;

    #[test]
    fn a_registration_goes_on_where_it_stopped_and_ends_listed() {
        Fixture::new().run(|tx, f| {
            let person = f.begin(tx, 1)?;
            assert_eq!(missing(tx, person)?, Some(Step::BirthYear));
            assert_eq!(set_rate(tx, person, Rate::Agree, NOW_MS), Err(Fault::Gone("worker")));
            assert_eq!(f.birth_year(tx, person, 1990)?, BirthYearOutcome::Saved);
            assert_eq!(missing(tx, person)?, Some(Step::Trade));
            assert_eq!(f.trade(tx, person, 11)?, TradeOutcome::Saved);
            assert_eq!(missing(tx, person)?, Some(Step::Rate));
            set_rate(tx, person, Rate::Agree, NOW_MS)?;
            assert_eq!(missing(tx, person)?, Some(Step::Area));
            assert_eq!(finish(tx, person, NOW_MS)?, FinishOutcome::Missing(Step::Area));
            assert_eq!(set_area(tx, &f.country, person, area(1), NOW_MS)?, AreaOutcome::Unusable);
            assert_eq!(set_area(tx, &f.country, person, area(9999), NOW_MS)?, AreaOutcome::Unusable);
            assert_eq!(set_area(tx, &f.country, person, area(12), NOW_MS)?, AreaOutcome::Saved);
            assert_eq!(missing(tx, person)?, Some(Step::Name));
            person::set_name(tx, &f.keys, person, "Aline", NOW_MS)?;
            assert_eq!(finish(tx, person, NOW_MS)?, FinishOutcome::Listed);
            assert_eq!(finish(tx, person, NOW_MS + 5)?, FinishOutcome::Listed);
            let worker = find(tx, person)?.unwrap();
            assert_eq!((worker.listed_ms, worker.area, worker.rate), (Some(NOW_MS), Some(area(12)), Rate::Agree));
            assert_eq!(person::find(tx, person)?.unwrap().status, person::Status::Listed);
            Ok(())
        });
    }

    #[test]
    fn every_detail_can_be_changed() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let rate = Rate::Amount(Pay { amount: 7_000, unit: PayUnit::Day });
            set_rate(tx, person, rate, NOW_MS)?;
            set_kinds(tx, person, Kinds::from_bits(3), NOW_MS)?;
            set_days(tx, person, Weekdays::from_bits(31), NOW_MS)?;
            set_licence(tx, person, false, NOW_MS)?;
            set_will_move(tx, person, true, NOW_MS)?;
            let today = today(&f.country, NOW_MS);
            set_free_on(tx, person, Some(today), NOW_MS)?;
            let worker = find(tx, person)?.unwrap();
            assert_eq!((worker.rate, worker.kinds.bits(), worker.days.bits()), (rate, 3, 31));
            assert_eq!((worker.licence, worker.will_move, worker.free_on), (Some(false), true, Some(today)));
            set_free_on(tx, person, None, NOW_MS)?;
            assert_eq!(find(tx, person)?.unwrap().free_on, None);
            Ok(())
        });
    }

    #[test]
    fn minors_are_listed_for_minor_trades_only() {
        Fixture::new().run(|tx, f| {
            let person = f.begin(tx, 1)?;
            assert_eq!(f.birth_year(tx, person, 3_000)?, BirthYearOutcome::Implausible);
            assert_eq!(f.birth_year(tx, person, 2010)?, BirthYearOutcome::SavedMinor);
            // 11 mason is for adults, 21 house cleaner is household work, 41 farm work is open.
            assert_eq!(f.trade(tx, person, 11)?, TradeOutcome::TooYoung { min_age: 18 });
            assert_eq!(f.trade(tx, person, 21)?, TradeOutcome::TooYoung { min_age: 18 });
            assert_eq!(f.trade(tx, person, 41)?, TradeOutcome::Saved);
            // 33 truck driver: from 21.
            assert_eq!(f.birth_year(tx, person, 2007)?, BirthYearOutcome::Saved);
            assert_eq!(f.trade(tx, person, 33)?, TradeOutcome::TooYoung { min_age: 21 });
            // An adult who corrects the year to a minor's loses what is not for minors.
            f.trade(tx, person, 11)?;
            assert_eq!(f.birth_year(tx, person, 2009)?, BirthYearOutcome::SavedMinor);
            assert_eq!(find(tx, person)?.unwrap().trades, []);
            assert_eq!(missing(tx, person)?, Some(Step::Trade));
            Ok(())
        });
    }

    #[test]
    fn a_listed_worker_who_types_a_childs_year_keeps_everything() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            assert_eq!(f.birth_year(tx, person, 2020)?, BirthYearOutcome::TooYoung);
            assert_eq!(find(tx, person)?.unwrap().birth_year, 1990);
            assert_eq!(find(tx, person)?.unwrap().trades.first().map(|t| t.trade), Some(trade(11)));
            Ok(())
        });
    }

    #[test]
    fn nobody_is_listed_after_withdrawing_consent() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            consent::withdraw(tx, person, Purpose::Matching, NOW_MS)?;
            assert_eq!(finish(tx, person, NOW_MS)?, FinishOutcome::NoConsent);
            Ok(())
        });
    }
}
