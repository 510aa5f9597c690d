//! Jobs that fit.

use super::manifest::fields;
use super::{ActionCx, Fault, details, job, page};
use crate::market::jobs::{self, COUNT_MAX, Job};
use crate::market::worker::Worker;
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};

pub(super) const JOB_ROW: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "pay": FieldType::Text(job::PAY_SEPTETS),
};

/// How many jobs fit a worker, as far as anybody wants to know.
pub(super) fn count(cx: &mut ActionCx<'_, '_, '_>, worker: &Worker) -> Result<i64, Fault> {
    let count = jobs::count_for_worker(cx.tx, &cx.at.host.country, worker, cx.at.now_ms)?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The jobs that fit the caller, best first.
pub(super) fn for_me(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let worker = details::worker(cx)?;
    let found = jobs::for_worker(cx.tx, &cx.at.host.country, &worker, cx.at.now_ms, COUNT_MAX)?;
    let row = |found: &Job| Row {
        id: found.vacancy.get(),
        values: vec![
            Value::Coded("trade", i64::from(found.trade.get())),
            Value::Coded("area", found.place.get()),
            Value::Text(job::pay_text(cx, found.pay)),
        ],
        exact: false,
    };
    Ok(page(&found, wanted, |found| found.vacancy.get(), row))
}
