//! What a worker asked for, how it stands, and their answers: yes or no to an offer, taking an application back.

use super::booking::{MEANS, means_value};
use super::manifest::{fields, outcomes};
use super::stage::{self, Answer, Answered, Withdrawal};
use super::{ActionCx, Fault, job, labels, page, questions};
use crate::market::application::{self, MyApplication};
use crate::market::appointment::{self, Appointment, AppointmentKind};
use crate::market::offer;
use crate::market::stage::Stage;
use crate::market::{self, ApplicationId};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};

outcomes! {
    Standing {
        Open = "open",
        Asks = "asks",
        Task = "task",
        Assessment = "assessment",
        Interview = "interview",
        Offered = "offered",
        Over = "over",
    }
}
outcomes! { Accept { Hired = "hired", TooLate = "too_late", Changed = "changed" } }
outcomes! { Decline { Declined = "declined", TooLate = "too_late", Changed = "changed" } }
outcomes! { Withdraw { Withdrawn = "withdrawn", Over = "over" } }

pub(super) const STAGE: FieldType = FieldType::Word(&[
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
    "means": MEANS,
    "stage": STAGE,
};

/// What its employer still asks.
pub(super) const ASKS: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "stage": STAGE,
    "count": FieldType::Number(1),
};

/// Where and when to talk.
pub(super) const INTERVIEW: &[Field] = fields! {
    "number": FieldType::Number(8),
    "day": FieldType::Day,
    "clock": FieldType::Clock,
    "place": stage::WORDS,
};

/// What is looked at before a decision.
pub(super) const ASSESSMENT: &[Field] = fields! {
    "number": FieldType::Number(8),
    "what": stage::WORDS,
    "day": FieldType::Text(job::DAY_SEPTETS),
    "clock": FieldType::Clock,
};

/// What is offered.
pub(super) const OFFER: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "pay": FieldType::Text(job::PAY_SEPTETS),
    "means": MEANS,
    "day": FieldType::Text(job::DAY_SEPTETS),
    "until_day": FieldType::Day,
    "until_clock": FieldType::HalfHour,
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
            Value::Coded("area", mine.place.get()),
            stage_word(mine.stage),
        ],
        exact: false,
    };
    Ok(page(&all, wanted, |mine| mine.application.get(), row))
}

/// The chosen application, of the caller's own.
fn chosen(cx: &mut ActionCx<'_, '_, '_>) -> Result<MyApplication, Fault> {
    let (person, id) = (cx.known_person()?, ApplicationId::new(cx.integer("application")?));
    let mine = application::one_of(cx.tx, person, id)?;
    Ok(mine.ok_or(market::Fault::Gone("application"))?)
}

/// Which screen says how the chosen application stands.
pub(super) fn standing(cx: &mut ActionCx<'_, '_, '_>) -> Result<Standing, Fault> {
    let mine = chosen(cx)?;
    Ok(match mine.stage {
        Stage::Applied | Stage::Shortlisted if questions::open(cx)?.is_empty() => Standing::Open,
        Stage::Applied | Stage::Shortlisted => Standing::Asks,
        Stage::Assessment => match appointment(cx, AppointmentKind::Assessment)?.1.day {
            Some(_) => Standing::Assessment,
            None => Standing::Task,
        },
        Stage::Interview => Standing::Interview,
        Stage::Offered => Standing::Offered,
        Stage::Hired | Stage::Rejected | Stage::Withdrawn | Stage::Expired => Standing::Over,
    })
}

/// One application.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let mine = chosen(cx)?;
    let vacancy = market::vacancy::details(cx.tx, &cx.at.host.keys, mine.vacancy)?;
    let vacancy = vacancy.ok_or(market::Fault::Gone("vacancy"))?;
    let (mut day, mut pay, mut means) = (vacancy.offer.start_day, vacancy.offer.pay, vacancy.offer.means);
    if mine.stage == Stage::Hired {
        // What was agreed, not what was posted.
        let (terms, _) = offer::find(cx.tx, mine.application)?.ok_or(market::Fault::Gone("offer"))?;
        (day, pay, means) = (terms.start_day, terms.pay, terms.means);
    }
    Ok(vec![
        Value::Number(vacancy.job_number.get()),
        Value::Coded("trade", i64::from(mine.trade.get())),
        Value::Coded("area", mine.place.get()),
        Value::Text(labels::day_words(cx.at.bundle, cx.language(), day)),
        Value::Text(job::pay_text(cx, pay)),
        means_value(means),
        stage_word(mine.stage),
    ])
}

/// The chosen application with what its employer still asks.
pub(super) fn asks(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let mine = chosen(cx)?;
    let count = questions::open(cx)?.len();
    Ok(vec![
        Value::Number(mine.job_number.get()),
        Value::Coded("trade", i64::from(mine.trade.get())),
        Value::Coded("area", mine.place.get()),
        stage_word(mine.stage),
        Value::Number(i64::try_from(count).unwrap_or_default()),
    ])
}

fn appointment(cx: &mut ActionCx<'_, '_, '_>, kind: AppointmentKind) -> Result<(MyApplication, Appointment), Fault> {
    let mine = chosen(cx)?;
    let found = appointment::find(cx.tx, &cx.at.host.keys, mine.application, kind)?;
    Ok((mine, found.ok_or(market::Fault::Gone("appointment"))?))
}

/// The interview of the chosen application.
pub(super) fn interview(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (mine, Appointment { day, minute, words, .. }) = appointment(cx, AppointmentKind::Interview)?;
    Ok(vec![
        Value::Number(mine.job_number.get()),
        Value::Day(day.map_or(0, |day| day.0)),
        Value::Clock(minute.unwrap_or_default()),
        Value::Text(words),
    ])
}

/// The assessment of the chosen application.
pub(super) fn assessment(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (mine, appointment) = appointment(cx, AppointmentKind::Assessment)?;
    let day = labels::day_words(cx.at.bundle, cx.language(), appointment.day);
    let number = Value::Number(mine.job_number.get());
    Ok(vec![number, Value::Text(appointment.words), Value::Text(day), stage::clock_value(appointment.minute)])
}

/// What is offered for the chosen application.
pub(super) fn offer(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let mine = chosen(cx)?;
    let (terms, _) = offer::find(cx.tx, mine.application)?.ok_or(market::Fault::Gone("offer"))?;
    let (host, bundle, language) = (cx.at.host, cx.at.bundle, cx.language());
    let [until_day, until_clock] = stage::until_values(host, terms.until_ms);
    Ok(vec![
        Value::Number(mine.job_number.get()),
        Value::Coded("trade", i64::from(mine.trade.get())),
        Value::Text(labels::pay_words(host, bundle, language, terms.pay)),
        means_value(terms.means),
        Value::Text(labels::day_words(bundle, language, terms.start_day)),
        until_day,
        until_clock,
    ])
}

fn answer(cx: &mut ActionCx<'_, '_, '_>, yes: bool) -> Result<Answered, Fault> {
    let (person, application) = (cx.known_person()?, ApplicationId::new(cx.integer("application")?));
    let key = cx.operation_key("offer");
    let answer = Answer { application, person, yes, operation_key: &key };
    let answered = stage::answer_offer(cx.tx, cx.at.host, cx.at.bundle, cx.at.ids, &answer, cx.at.now_ms)?;
    *cx.at.enqueued |= matches!(answered, Answered::Accepted | Answered::Declined);
    Ok(answered)
}

/// Yes to the offer.
pub(super) fn accept(cx: &mut ActionCx<'_, '_, '_>) -> Result<Accept, Fault> {
    Ok(match answer(cx, true)? {
        Answered::Accepted => Accept::Hired,
        Answered::TooLate => Accept::TooLate,
        Answered::Declined | Answered::Nothing { .. } | Answered::NotYours => Accept::Changed,
    })
}

/// No to the offer.
pub(super) fn decline(cx: &mut ActionCx<'_, '_, '_>) -> Result<Decline, Fault> {
    Ok(match answer(cx, false)? {
        Answered::Declined => Decline::Declined,
        Answered::TooLate => Decline::TooLate,
        Answered::Accepted | Answered::Nothing { .. } | Answered::NotYours => Decline::Changed,
    })
}

/// Takes the application back.
pub(super) fn withdraw(cx: &mut ActionCx<'_, '_, '_>) -> Result<Withdraw, Fault> {
    let (person, application) = (cx.known_person()?, ApplicationId::new(cx.integer("application")?));
    let key = cx.operation_key("withdraw");
    let wish = (application, person, key.as_str());
    Ok(match stage::withdraw(cx.tx, cx.at.host, cx.at.bundle, cx.at.ids, wish, cx.at.now_ms)? {
        Withdrawal::Withdrawn => {
            *cx.at.enqueued = true;
            Withdraw::Withdrawn
        }
        Withdrawal::Over { .. } | Withdrawal::NotYours => Withdraw::Over,
    })
}
