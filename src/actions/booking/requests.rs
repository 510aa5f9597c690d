//! A worker's side: what is asked of them, and their answer.

use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, Host, details, page};
use super::mine::{STATE, state_word, yes_no};
use super::{
    DAY, MEANS, PAID, PAY, area_value, chosen, day_words, means_value, notices, paid_value, pay, pay_words, trade_value,
};
use crate::market::PersonId;
use crate::market::booking::answer::{self, Accepted, Answered, Missed};
use crate::market::booking::record::{self, Record, SHOWN_FROM, Side};
use crate::market::booking::request::is_odd;
use crate::market::booking::states::State;
use crate::market::booking::{Booking, Share, block as blocks, cancel, list};
use crate::market::case::{self, CallPart, CaseKind, NewCase};
use crate::market::job_number::mix;
use crate::market::pay::Pay;
use crate::market::person;
use crate::menu::Value;
use crate::menu::graph::Answer;
use crate::menu::manifest::{Field, FieldType};
use crate::session::{Row, RowsWanted};

outcomes! { Whose { Known = "known", Nobody = "nobody" } }
outcomes! {
    Is {
        Open = "open",
        Agreed = "agreed",
        Asked = "asked",
        Pay = "pay",
        Late = "late",
        Taken = "taken",
        Cancelled = "cancelled",
        Over = "over",
    }
}
outcomes! { Accept { Agreed = "agreed", Busy = "busy", Missed = "missed" } }
outcomes! { Decline { Done = "done", Missed = "missed" } }
outcomes! { AskPay { Asked = "asked", Odd = "odd", Missed = "missed" } }
outcomes! { Block { Done = "done" } }

pub(in crate::actions) const ROW: &[Field] = fields! { "trade": FieldType::Coded("trade"), "day": DAY, "state": STATE };
pub(in crate::actions) const COUNT: &[Field] =
    fields! { "requests": FieldType::Number(2), "has_requests": details::YES_NO };
/// Whether the caller is a listed worker: who only asks for workers has no group.
pub(in crate::actions) const CALLER: &[Field] = fields! { "is_worker": details::YES_NO };
/// What a worker decides by.
pub(in crate::actions) const REQUEST: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "day": FieldType::Day,
    "clock": FieldType::HalfHour,
    "pay": PAY,
    "client": FieldType::Text(26),
    "unit": details::UNIT,
    "currency": FieldType::Text(3),
    "paid": PAID,
    "means": MEANS,
};

/// Whether anybody is known on this number.
pub(in crate::actions) fn whose(cx: &mut ActionCx<'_, '_, '_>) -> Result<Whose, Fault> {
    Ok(if cx.person().is_some() { Whose::Known } else { Whose::Nobody })
}

/// Who looks at the list.
pub(in crate::actions) fn caller(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let person = cx.known_person()?;
    let found = person::find(cx.tx, person)?;
    Ok(vec![yes_no(found.is_some_and(|found| found.status == person::Status::Listed))])
}

fn concerning(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Booking>, Fault> {
    let person = cx.known_person()?;
    Ok(list::concerning(cx.tx, &cx.at.host.country, person, cx.at.now_ms)?)
}

/// How many rows the list has.
pub(in crate::actions) fn count(cx: &mut ActionCx<'_, '_, '_>) -> Result<i64, Fault> {
    Ok(i64::try_from(concerning(cx)?.len()).unwrap_or(i64::MAX))
}

/// What is asked of the caller, and what they have agreed to.
pub(in crate::actions) fn rows(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (found, now_ms, language) = (concerning(cx)?, cx.at.now_ms, cx.language());
    let mut all = Vec::new();
    for found in found {
        let day = Value::Text(day_words(found.day, language));
        let state = if pay::is_asked(cx, &found)? { Value::Word("b_pay") } else { state_word(&found, now_ms) };
        all.push(Row { id: found.id.get(), values: vec![trade_value(&found), day, state], exact: false });
    }
    Ok(page(&all, wanted, |row| row.id, Row::clone))
}

/// Which screen the chosen one has.
pub(in crate::actions) fn is(cx: &mut ActionCx<'_, '_, '_>) -> Result<Is, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    if pay::is_asked(cx, &found)? {
        return Ok(Is::Pay);
    }
    if found.client == person {
        return Ok(Is::Asked);
    }
    Ok(match answer::missed(&found, cx.at.now_ms) {
        None => Is::Open,
        Some(Missed::TooLate) => Is::Late,
        Some(Missed::Taken) => Is::Taken,
        Some(Missed::Cancelled) => Is::Cancelled,
        Some(Missed::Answered) if found.state.holds_the_day() => Is::Agreed,
        Some(Missed::Answered) => Is::Over,
    })
}

/// The facts of a client, from [`SHOWN_FROM`] jobs on.
fn client_words(cx: &mut ActionCx<'_, '_, '_>, found: &Booking) -> Result<String, Fault> {
    let record = record::of(cx.tx, found.client, Side::Client)?;
    let word = |name| cx.at.bundle.word(cx.language(), name);
    let household = word("household");
    Ok(match record {
        Record { jobs, .. } if jobs < SHOWN_FROM => word("household_new").to_owned(),
        Record { jobs, pay_told: 0, .. } => format!("{household}: {jobs} {}", word("jobs_done")),
        Record { paid, pay_told, .. } => format!("{household}: {} {paid}/{pay_told}", word("paid_in_full")),
    })
}

/// What a worker decides by.
pub(in crate::actions) fn request(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let found = chosen(cx)?;
    let client = client_words(cx, &found)?;
    Ok(vec![
        trade_value(&found),
        area_value(&found),
        Value::Day(found.day.0),
        Value::Clock(found.start_minute),
        Value::Text(pay_words(cx.at.host, cx.at.bundle, cx.language(), found.pay)),
        Value::Text(client),
        Value::Word(found.pay.unit.code()),
        Value::Text(cx.at.host.country.currency.code.clone()),
        paid_value(found.paid, found.days),
        means_value(found.means),
    ])
}

/// The worker comes: the terms are written down, and both get them.
pub(in crate::actions) fn accept(cx: &mut ActionCx<'_, '_, '_>) -> Result<Accept, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    let share = Share::from_code(cx.text("share")?).ok_or(Fault::Answer("share"))?;
    let second = matches!(cx.answer("second"), Ok(Answer::Integer(id)) if *id == 1);
    match answer::accept(cx.tx, &cx.at.host.country, found.id, person, share, second, cx.at.now_ms)? {
        Accepted::Agreed(agreed) => {
            notices::from_hop(cx, |desk, tx, ids| desk.agreed(tx, ids, &agreed))?;
            Ok(Accept::Agreed)
        }
        Accepted::Busy => Ok(Accept::Busy),
        Accepted::Missed(_) => Ok(Accept::Missed),
    }
}

/// The worker does not come. The client is told; whoever is next is asked where they wished it.
pub(in crate::actions) fn decline(cx: &mut ActionCx<'_, '_, '_>) -> Result<Decline, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    match answer::decline(cx.tx, found.id, person, cx.at.now_ms)? {
        Answered::Done(declined) => {
            told_no(cx, &declined)?;
            Ok(Decline::Done)
        }
        Answered::Missed(_) => Ok(Decline::Missed),
    }
}

/// The client is told of a no, but not of each of many who were asked.
fn told_no(cx: &mut ActionCx<'_, '_, '_>, declined: &Booking) -> Result<(), Fault> {
    if declined.first_come {
        return Ok(());
    }
    let passed = cancel::passes_on(cx.tx, declined.hiring)?;
    notices::from_hop(cx, |desk, tx, ids| desk.no(tx, ids, declined, passed))
}

/// Whether an amount is out of bounds, or so far from what is offered that it is a slip.
pub(super) fn is_far(host: &Host, asked: &Booking, amount: i64) -> bool {
    let bounds = host.country.pay.bounds(asked.pay.unit);
    let other = Pay { amount, unit: asked.pay.unit };
    !(bounds.min..=bounds.max).contains(&amount) || is_odd(other, Some(asked.pay))
}

/// The worker asks for other pay; the client is told.
pub(in crate::actions) fn ask_pay(cx: &mut ActionCx<'_, '_, '_>) -> Result<AskPay, Fault> {
    let (found, person, amount) = (chosen(cx)?, cx.known_person()?, cx.integer("other_pay")?);
    if is_far(cx.at.host, &found, amount) {
        return Ok(AskPay::Odd);
    }
    // Nothing was said of numbers: the worker's own is never given unasked.
    match answer::ask_pay(cx.tx, found.id, person, amount, Share::Theirs, cx.at.now_ms)? {
        Answered::Done(asked) => {
            notices::from_hop(cx, |desk, tx, ids| desk.asks_pay(tx, ids, &asked))?;
            Ok(AskPay::Asked)
        }
        Answered::Missed(_) => Ok(AskPay::Missed),
    }
}

/// The worker wants no more of this client, and reports them if they said so.
pub(in crate::actions) fn block(cx: &mut ActionCx<'_, '_, '_>) -> Result<Block, Fault> {
    let (found, person, now_ms) = (chosen(cx)?, cx.known_person()?, cx.at.now_ms);
    let other = if found.worker == person { found.client } else { found.worker };
    blocks::block(cx.tx, person, other, now_ms)?;
    if matches!(cx.answer("complaint"), Ok(Answer::Integer(1))) {
        blocks::report(cx.tx, &found, person, now_ms)?;
        open_case(cx, &found, person)?;
    }
    if found.state == State::Requested
        && found.worker == person
        && let Answered::Done(declined) = answer::decline(cx.tx, found.id, person, now_ms)?
    {
        told_no(cx, &declined)?;
    }
    Ok(Block::Done)
}

/// A complaint is looked at by a person, at once: it may be about danger. Nothing is sent, since others may read along.
fn open_case(cx: &mut ActionCx<'_, '_, '_>, about: &Booking, person: PersonId) -> Result<(), Fault> {
    let (host, number, now_ms) = (cx.at.host, cx.number()?, cx.at.now_ms);
    let new = NewCase {
        kind: CaseKind::Unsafe,
        number: &number,
        person: Some(person),
        vacancy: None,
        application: None,
        booking: Some(about.id),
        call: CallPart::None,
        due_ms: host.country.help.due_ms(CaseKind::Unsafe.code(), now_ms, &host.country.timezone),
    };
    let random = mix(u64::from_ne_bytes(about.id.get().to_ne_bytes()));
    case::open(cx.tx, &host.keys, cx.at.ids, &new, random, now_ms)?;
    Ok(())
}
