//! What a worker asked for, and how it stands.

use super::manifest::fields;
use super::{ActionCx, Fault, job, page};
use crate::market::application::{self, MyApplication};
use crate::market::stage::Stage;
use crate::market::{self, ApplicationId};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};

const STAGE: FieldType = FieldType::Word(&[
    "applied",
    "shortlisted",
    "assessment",
    "interview",
    "offered",
    "hired",
    "rejected",
    "withdrawn",
    "expired",
]);

pub(super) const APPLICATION_ROW: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "stage": STAGE,
};

pub(super) const DETAILS: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "day": FieldType::Text(job::DAY_SEPTETS),
    "pay": FieldType::Text(job::PAY_SEPTETS),
    "stage": STAGE,
};

fn stage_word(stage: Stage) -> Value {
    Value::Word(stage.code())
}

/// The caller's applications, newest first.
pub(super) fn mine(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let person = cx.known_person()?;
    let all = application::mine(cx.tx, person)?;
    let row = |mine: &MyApplication| Row {
        id: mine.application.get(),
        values: vec![
            Value::Coded("trade", i64::from(mine.trade.get())),
            Value::Coded("area", mine.area.get()),
            stage_word(mine.stage),
        ],
        exact: false,
    };
    Ok(page(&all, wanted, |mine| mine.application.get(), row))
}

/// One application.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (person, id) = (cx.known_person()?, ApplicationId::new(cx.integer("application")?));
    let all = application::mine(cx.tx, person)?;
    let mine = all.into_iter().find(|mine| mine.application == id).ok_or(market::Fault::Gone("application"))?;
    let vacancy = market::vacancy::details(cx.tx, &cx.at.host.keys, mine.vacancy)?;
    let vacancy = vacancy.ok_or(market::Fault::Gone("vacancy"))?;
    Ok(vec![
        Value::Number(vacancy.job_number.get()),
        Value::Coded("trade", i64::from(mine.trade.get())),
        Value::Coded("area", mine.area.get()),
        Value::Text(job::day_text(cx, &vacancy.offer)),
        Value::Text(job::pay_text(cx, vacancy.offer.pay)),
        stage_word(mine.stage),
    ])
}
