//! What is known of a worker, as screens show it.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, job};
use crate::market::pay::Rate;
use crate::market::worker::{self, Worker};
use crate::menu::manifest::{Field, FieldType, Value};

/// A yes or no as a word.
pub(super) const YES_NO: FieldType = FieldType::Word(&["yes", "no"]);
/// A unit of pay as a word.
pub(super) const UNIT: FieldType = FieldType::Word(&["hour", "day", "month", "trip", "kg", "piece", "job"]);

outcomes! { FreeToday { Free = "free", Busy = "busy" } }

/// The worker's own screen. `rate` reads "7000/day", or that it is agreed each time.
pub(super) const DETAILS: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "rate": FieldType::Text(job::PAY_SEPTETS),
    "free": YES_NO,
};

/// The caller as a worker.
pub(super) fn worker(cx: &mut ActionCx<'_, '_, '_>) -> Result<Worker, Fault> {
    let person = cx.known_person()?;
    worker::find(cx.tx, person)?.ok_or(Fault::Nobody)
}

/// The primary trade.
pub(super) fn trade_of(worker: &Worker) -> Value {
    Value::Coded("trade", worker.trades.first().map_or(0, |known| i64::from(known.trade.get())))
}

/// Where the worker lives.
pub(super) fn place_of(worker: &Worker) -> Value {
    Value::Coded("area", worker.area.map_or(0, crate::country::AreaCode::get))
}

/// Whether the worker is free today.
pub(super) fn free_word(cx: &ActionCx<'_, '_, '_>, worker: &Worker) -> Value {
    Value::Word(if worker.free_on == Some(cx.at.today.day) { "yes" } else { "no" })
}

/// Everything on one screen.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = worker(cx)?;
    let rate = match worker.rate {
        Rate::Amount(pay) => Some(pay),
        Rate::Agree | Rate::Unset => None,
    };
    let rate = Value::Text(job::pay_text(cx, rate));
    Ok(vec![trade_of(&worker), place_of(&worker), rate, free_word(cx, &worker)])
}

/// Free today, or not any more.
pub(super) fn toggle_free(cx: &mut ActionCx<'_, '_, '_>) -> Result<FreeToday, Fault> {
    let worker = worker(cx)?;
    let today = cx.at.today.day;
    let free = worker.free_on != Some(today);
    worker::set_free_on(cx.tx, worker.person, free.then_some(today), cx.at.now_ms)?;
    Ok(if free { FreeToday::Free } else { FreeToday::Busy })
}
