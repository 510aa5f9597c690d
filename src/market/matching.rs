//! How well a worker and a vacancy fit: gates, then a score of at most 100 whose parts are kept.
//!
//! Integers only, so that the same two always get the same score on every machine, and anybody can check it by hand. Never
//! looked at: sex, origin, religion, health, family, name, network. Nobody is turned away by a score; it decides who is
//! *told*, and in which order a list stands.

use super::age;
use super::kind::{JobKind, Kinds, Weekdays};
use super::pay::{Pay, Rate};
use super::place::Place;
use super::worker::Worker;
use super::worker_trade::WorkerTrade;
use crate::country::{AreaCode, Country, Level, Relation, TradeCode};

/// Version of the rules below: stored with every application, so that an old score can be explained.
pub const SCORE_VERSION: i64 = 1;

/// From this score on a worker is told by SMS: the promise of the service.
pub const ALERT_MIN: u8 = 70;
/// From this score on a vacancy is listed under "jobs for you". Below it two of trade, place and pay are far off at once:
/// a page of such rows teaches people not to look.
pub const LISTED_MIN: u8 = 40;

/// Points of a trade that fits wholly.
pub const TRADE: u8 = 40;
/// Points of a place that fits wholly.
pub const PLACE: u8 = 20;
/// Points of pay that fits wholly.
pub const PAY: u8 = 15;
/// Points of experience that fits wholly.
pub const EXPERIENCE: u8 = 10;
/// Points of skills that fit wholly.
pub const SKILLS: u8 = 10;
/// Points of days that fit wholly.
pub const SCHEDULE: u8 = 5;
/// Points of a place for who would move, wherever it is.
const PLACE_WILL_MOVE: u8 = 10;
/// Offered pay in per cent of the asked at and below which it gets no point: below four fifths few would go.
const PAY_PERCENT_MIN: i64 = 80;

/// What the score looks at in a worker, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSide<'a> {
    /// Age in years; see [`age::age`].
    pub age: u8,
    /// Trades with years.
    pub trades: &'a [WorkerTrade],
    /// Where they live.
    pub area: AreaCode,
    /// Would move for work.
    pub will_move: bool,
    /// What they ask.
    pub rate: Rate,
    /// Kinds of work wanted.
    pub kinds: Kinds,
    /// Has the licence of the trade; `None` while not asked.
    pub licence: Option<bool>,
    /// Days on which they can work.
    pub days: Weekdays,
    /// Agreed to be told of work abroad.
    pub abroad: bool,
}

impl<'a> WorkerSide<'a> {
    /// What the score looks at in a stored worker; `None` while place or trade is not told.
    pub fn of(worker: &'a Worker, age: u8) -> Option<WorkerSide<'a>> {
        (!worker.trades.is_empty()).then_some(WorkerSide {
            age,
            trades: &worker.trades,
            area: worker.area?,
            will_move: worker.will_move,
            rate: worker.rate,
            kinds: worker.kinds,
            licence: worker.licence,
            days: worker.days,
            abroad: worker.abroad,
        })
    }
}

/// What the score looks at in a vacancy, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct VacancySide {
    /// Open, and its closing time not passed.
    pub open: bool,
    /// The trade.
    pub trade: TradeCode,
    /// Where the work is.
    pub place: Place,
    /// The employer is a private household.
    pub household: bool,
    /// The worker lives at the place of work.
    pub live_in: bool,
    /// The kind of work.
    pub kind: JobKind,
    /// What it pays; `None` when not stated.
    pub pay: Option<Pay>,
    /// Years of experience asked; 0 when none are.
    pub min_years: u8,
    /// A licence is needed.
    pub licence: bool,
    /// Days of the week; none when not stated.
    pub days: Weekdays,
}

/// Why two do not come together at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The vacancy takes nobody any more.
    Closed,
    /// The law or the rules for children keep a person of this age out.
    Age,
    /// A licence is needed, and the worker said to have none. Not asked yet is no reason.
    Licence,
    /// The worker does not want this kind of work.
    Kind,
    /// The trades have nothing in common.
    Trade,
    /// The work is abroad, and the worker has not agreed to be told of such.
    Abroad,
}

impl Gate {
    /// Whether it keeps a worker from applying of their own accord. What they want and can do they know best; age, licence
    /// and an end are not theirs to decide, and for work abroad they agree first.
    pub fn bars_application(self) -> bool {
        matches!(self, Gate::Closed | Gate::Age | Gate::Licence | Gate::Abroad)
    }
}

/// The first gate that is shut, those that bar an application first; `Ok` when the two may be scored for a list or an
/// alert.
pub fn gates(country: &Country, worker: &WorkerSide<'_>, vacancy: &VacancySide) -> Result<(), Gate> {
    if !vacancy.open {
        return Err(Gate::Closed);
    }
    let trade = country.trades.get(vacancy.trade).ok_or(Gate::Closed)?;
    if !age::may_take_work(worker.age, trade, vacancy.household, vacancy.live_in, &country.ages) {
        return Err(Gate::Age);
    }
    if vacancy.place.is_abroad() && worker.age < country.ages.adult {
        return Err(Gate::Age);
    }
    if vacancy.licence && worker.licence == Some(false) {
        return Err(Gate::Licence);
    }
    if vacancy.place.is_abroad() && !worker.abroad {
        return Err(Gate::Abroad);
    }
    if !worker.kinds.contains(vacancy.kind) {
        return Err(Gate::Kind);
    }
    if worker.trades.iter().all(|had| country.trades.relation(had.trade, vacancy.trade) == Relation::None) {
        return Err(Gate::Trade);
    }
    Ok(())
}

/// The points of each part; `None` where the vacancy does not state the criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// 0 to 40.
    pub trade: u8,
    /// 0 to 20; nobody is nearer to work abroad.
    pub place: Option<u8>,
    /// 0 to 15.
    pub pay: Option<u8>,
    /// 0 to 10.
    pub experience: Option<u8>,
    /// 0 to 10. No vacancy states skills yet.
    pub skills: Option<u8>,
    /// 0 to 5.
    pub schedule: Option<u8>,
}

/// A score and how it came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100: the points of the stated criteria, rescaled, rounded down.
    pub total: u8,
    /// The points.
    pub parts: Parts,
}

/// Stands where no score was made, since the worker lets none be made.
pub const NOT_SCORED: Score = Score {
    total: 0,
    parts: Parts { trade: 0, place: None, pay: None, experience: None, skills: None, schedule: None },
};

/// The score of a worker for a vacancy. Look at [`gates`] first: a trade with nothing in common scores 0 here, not less.
pub fn score(country: &Country, worker: &WorkerSide<'_>, vacancy: &VacancySide) -> Score {
    let (trade, experience) = best_trade(country, worker.trades, vacancy);
    let parts = Parts {
        trade,
        place: vacancy.place.area().map(|area| place(country, worker, area)),
        pay: vacancy.pay.and_then(|offered| pay(offered, worker.rate)),
        experience: (vacancy.min_years > 0).then_some(experience),
        skills: None,
        schedule: (vacancy.days.count() > 0).then(|| {
            let common = vacancy.days.common(worker.days).count();
            share(SCHEDULE, u8::try_from(common).unwrap_or(7), u8::try_from(vacancy.days.count()).unwrap_or(7))
        }),
    };
    let stated = [(parts.place, PLACE), (parts.pay, PAY), (parts.experience, EXPERIENCE), (parts.schedule, SCHEDULE)];
    let stated = stated.into_iter().filter_map(|(points, of)| points.map(|points| (points, of)));
    let (sum, of) = stated
        .chain([(parts.trade, TRADE)])
        .fold((0_u16, 0_u16), |(sum, of), part| (sum + u16::from(part.0), of + u16::from(part.1)));
    Score { total: u8::try_from(100 * sum / of.max(1)).unwrap_or(100), parts }
}

/// The points for trade and for experience in it, of the worker's trade that brings the most: a beginner in the very
/// trade may fit less than an old hand in the next one.
fn best_trade(country: &Country, trades: &[WorkerTrade], vacancy: &VacancySide) -> (u8, u8) {
    let points = |had: &WorkerTrade| {
        let trade = match country.trades.relation(had.trade, vacancy.trade) {
            Relation::Same => TRADE,
            Relation::SameUnitGroup => 34,
            Relation::MinorGroup => 24,
            Relation::SameCategory => 12,
            Relation::None => return (0, 0),
        };
        let asked = vacancy.min_years > 0;
        (trade, if asked { share(EXPERIENCE, had.years.unwrap_or(0), vacancy.min_years) } else { 0 })
    };
    trades.iter().map(points).max_by_key(|(trade, experience)| (trade + experience, *trade)).unwrap_or((0, 0))
}

fn place(country: &Country, worker: &WorkerSide<'_>, area: AreaCode) -> u8 {
    let home = worker.area;
    let same = |level| home.at(level).is_some() && home.at(level) == area.at(level);
    let points = if same(Level::Cell) {
        PLACE
    } else if same(Level::Sector) {
        18
    } else if same(Level::District) {
        14
    } else if country.areas.are_neighbours(home, area) {
        8
    } else if same(Level::Province) {
        4
    } else {
        0
    };
    if worker.will_move { points.max(PLACE_WILL_MOVE) } else { points }
}

/// `None` when the two amounts cannot be compared. Who names no rate is met by every offer.
fn pay(offered: Pay, rate: Rate) -> Option<u8> {
    let Rate::Amount(asked) = rate else { return Some(PAY) };
    let over = (offered.percent_of(asked)?.min(100) - PAY_PERCENT_MIN).max(0);
    u8::try_from(i64::from(PAY) * over / (100 - PAY_PERCENT_MIN)).ok()
}

/// `of` points by how much of what is needed is there.
fn share(of: u8, have: u8, need: u8) -> u8 {
    u8::try_from(u16::from(of) * u16::from(have.min(need)) / u16::from(need.max(1))).unwrap_or(of)
}

/// Something to say in words about a fit. On a handset a number would be read as the chance of being hired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The worker's own trade.
    YourTrade,
    /// A related trade.
    RelatedTrade,
    /// In the worker's sector.
    YourSector,
    /// In the worker's district.
    YourDistrict,
    /// In a district next to theirs.
    NextDistrict,
    /// Far away.
    Far,
    /// It pays what they ask.
    PaysYourRate,
    /// It pays less than they ask.
    PaysLess,
    /// They have the years.
    EnoughYears,
    /// They have fewer years than asked.
    FewerYears,
    /// It asks for days on which they cannot work.
    OtherDays,
}

impl Score {
    /// What there is to say, the weightiest first.
    pub fn reasons(&self) -> impl Iterator<Item = Reason> {
        let parts = self.parts;
        let trade = match parts.trade {
            TRADE => Some(Reason::YourTrade),
            0 => None,
            _ => Some(Reason::RelatedTrade),
        };
        let place = parts.place.map(|points| match points {
            18.. => Reason::YourSector,
            14.. => Reason::YourDistrict,
            8 => Reason::NextDistrict,
            _ => Reason::Far,
        });
        let pay = parts.pay.map(|points| if points == PAY { Reason::PaysYourRate } else { Reason::PaysLess });
        let years =
            parts.experience.map(|points| if points == EXPERIENCE { Reason::EnoughYears } else { Reason::FewerYears });
        let days = parts.schedule.filter(|points| *points < SCHEDULE).map(|_| Reason::OtherDays);
        [trade, place, pay, years, days].into_iter().flatten()
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
