//! What a worker asks for, in the unit that is usual in the trade.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, details};
use crate::country::PayUnit;
use crate::market::pay::{Pay, Rate};
use crate::market::worker::{self, Worker};
use crate::menu::manifest::{Field, FieldType, Value};

outcomes! { RateSet { Saved = "saved", Odd = "odd" } }
outcomes! { NoRate { Saved = "saved" } }

pub(super) const QUESTION: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "unit": details::UNIT,
    "currency": FieldType::Text(3),
};

fn unit(cx: &ActionCx<'_, '_, '_>, worker: &Worker) -> PayUnit {
    let trade = worker.trades.first().and_then(|known| cx.at.host.country.trades.get(known.trade));
    trade.map_or(PayUnit::Day, |trade| trade.usual_unit)
}

/// What the question names.
pub(super) fn question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    let unit = Value::Word(unit(cx, &worker).code());
    Ok(vec![details::trade_of(&worker), unit, Value::Text(cx.at.host.country.currency.code.clone())])
}

/// Saves the amount, if it is one that somebody could mean.
pub(super) fn set_rate(cx: &mut ActionCx<'_, '_, '_>) -> Result<RateSet, Fault> {
    let (worker, amount) = (details::worker(cx)?, cx.integer("rate")?);
    let unit = unit(cx, &worker);
    let bounds = cx.at.host.country.pay.bounds(unit);
    if !(bounds.min..=bounds.max).contains(&amount) {
        return Ok(RateSet::Odd);
    }
    worker::set_rate(cx.tx, worker.person, Rate::Amount(Pay { amount, unit }), cx.at.now_ms)?;
    Ok(RateSet::Saved)
}

/// The worker agrees on it each time.
pub(super) fn set_no_rate(cx: &mut ActionCx<'_, '_, '_>) -> Result<NoRate, Fault> {
    let person = cx.known_person()?;
    worker::set_rate(cx.tx, person, Rate::Agree, cx.at.now_ms)?;
    Ok(NoRate::Saved)
}
