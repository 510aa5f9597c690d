//! What the score looks at in a candidate, packed into an index row, and read back to be scored.

use crate::country::{AreaCode, PayUnit, TradeCode};
use crate::market::kind::{Kinds, Weekdays};
use crate::market::matching::WorkerSide;
use crate::market::pay::{Pay, Rate};
use crate::market::worker::{Worker, read_area};
use crate::market::worker_trade::{TRADES_MAX, WorkerTrade, YEARS_MAX};
use crate::storage::Error;

/// What the score looks at, in three numbers: an index row is read in a fraction of the time of twelve columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// Sixteen bits for each trade, the primary lowest: the trade, and above it the years (255: not asked).
    pub(super) trades: i64,
    /// From the lowest bit: birth year 12, would move 1, licence 2 (0: not asked, 1: no, 2: yes), kinds 7, days 7, rate 2
    /// (0: not asked, 1: as agreed, 2: an amount), its unit 3, agreed to work abroad 1.
    pub(super) facts: i64,
    /// 0 without an amount.
    pub(super) rate_amount: i64,
}

/// Years that were not asked for.
const NO_YEARS: i64 = 255;

impl Packed {
    pub(super) fn of(worker: &Worker) -> Packed {
        let one = |had: &WorkerTrade| {
            let years = had.years.map_or(NO_YEARS, |years| i64::from(years.min(YEARS_MAX)));
            i64::from(had.trade.get()) | years << 8
        };
        let trades = worker.trades.iter().take(TRADES_MAX).rev().fold(0, |packed, had| packed << 16 | one(had));
        let licence = worker.licence.map_or(0, |has| 1 + i64::from(has));
        let (rate, rate_amount, unit) = match worker.rate {
            Rate::Unset => (0, 0, PayUnit::Day),
            Rate::Agree => (1, 0, PayUnit::Day),
            Rate::Amount(pay) => (2, pay.amount, pay.unit),
        };
        let unit = i64::try_from(unit.index()).unwrap_or_default();
        let parts = [
            (worker.birth_year.clamp(0, 4_095), 12),
            (i64::from(worker.will_move), 1),
            (licence, 2),
            (worker.kinds.bits(), 7),
            (worker.days.bits(), 7),
            (rate, 2),
            (unit, 3),
            (i64::from(worker.abroad), 1),
        ];
        let facts = parts.into_iter().rev().fold(0, |packed, (value, bits)| packed << bits | value);
        Packed { trades, facts, rate_amount }
    }
}

/// A candidate as it is scored.
pub(super) struct Profile {
    pub(super) birth_year: i64,
    trades: [WorkerTrade; TRADES_MAX],
    trades_had: usize,
    area: AreaCode,
    will_move: bool,
    rate: Rate,
    kinds: Kinds,
    licence: Option<bool>,
    days: Weekdays,
    abroad: bool,
}

impl Profile {
    pub(super) fn read(area_code: i64, packed: Packed) -> Result<Profile, Error> {
        const CORRUPT: Error = Error::Corrupt { what: "a candidate cannot be read" };
        let mut facts = packed.facts;
        let mut next = |bits: u32| {
            let value = facts & ((1 << bits) - 1);
            facts >>= bits;
            value
        };
        let (birth_year, will_move, licence) = (next(12), next(1) == 1, next(2));
        let (kinds, days, rate, unit, abroad) = (next(7), next(7), next(2), next(3), next(1) == 1);
        let unit = usize::try_from(unit).ok().and_then(|unit| PayUnit::ALL.get(unit)).copied().ok_or(CORRUPT)?;
        let none = WorkerTrade { trade: read_trade(packed.trades)?, years: None, paid: None };
        let (mut trades, mut trades_had) = ([none; TRADES_MAX], 0);
        for (at, slot) in trades.iter_mut().enumerate() {
            let one = packed.trades >> (16 * at) & 0xFFFF;
            if one == 0 {
                break;
            }
            let years = u8::try_from(one >> 8).ok().filter(|years| i64::from(*years) != NO_YEARS);
            *slot = WorkerTrade { trade: read_trade(one)?, years, paid: None };
            trades_had = at + 1;
        }
        Ok(Profile {
            birth_year,
            trades,
            trades_had,
            area: read_area(area_code)?,
            will_move,
            rate: match rate {
                0 => Rate::Unset,
                1 => Rate::Agree,
                _ => Rate::Amount(Pay { amount: packed.rate_amount, unit }),
            },
            kinds: Kinds::from_bits(kinds),
            licence: (licence > 0).then_some(licence == 2),
            days: Weekdays::from_bits(days),
            abroad,
        })
    }

    pub(super) fn side(&self, age: u8) -> WorkerSide<'_> {
        WorkerSide {
            age,
            trades: self.trades.get(..self.trades_had).unwrap_or_default(),
            area: self.area,
            will_move: self.will_move,
            rate: self.rate,
            kinds: self.kinds,
            licence: self.licence,
            days: self.days,
            abroad: self.abroad,
        }
    }
}

fn read_trade(packed: i64) -> Result<TradeCode, Error> {
    let code = u8::try_from(packed & 0xFF).ok().and_then(TradeCode::new);
    code.ok_or(Error::Corrupt { what: "a candidate's trade is none" })
}
