//! What a client wants: day, worker or how many, pay, and sending it.

use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, details, page};
use super::{
    DAY, INITIALS, JOBS, MEANS, PAID, PAY, client, day_words, initials, jobs_words, means_value, notices, paid_value,
    pay_words,
};
use crate::country::{PayMeans, PayUnit};
use crate::market::booking::record::{self, Side};
use crate::market::booking::request::{self, Order, Sent};
use crate::market::booking::workers::{self, Candidate, Wanted};
use crate::market::booking::{DAYS_AHEAD_MAX, expiry};
use crate::market::job_number::mix;
use crate::market::pay::{Pay, Rate};
use crate::market::{PersonId, worker};
use crate::menu::Value;
use crate::menu::graph::Answer;
use crate::menu::manifest::{Field, FieldType};
use crate::session::{Row, RowsWanted};
use crate::text::datetime::{Day, DayFault};

/// Days that are offered; a later one is typed.
const DAYS_OFFERED: i32 = 7;
/// Stands for the first to accept where a worker would be named.
const ANYBODY: i64 = 0;

outcomes! { DayCheck { Fine = "fine", Past = "past" } }
outcomes! { Ready { One = "one", Many = "many", NoPay = "no_pay", TooLate = "too_late" } }
outcomes! { MeansChanged { Changed = "changed" } }
outcomes! { PayCheck { Fine = "fine", Odd = "odd" } }
outcomes! {
    Send { Sent = "sent", Already = "already", NotFree = "not_free", TooLate = "too_late", TooMany = "too_many" }
}

pub(in crate::actions) const DAY_ROW: &[Field] = fields! { "day": DAY };
pub(in crate::actions) const WORKER_ROW: &[Field] = fields! { "initials": INITIALS, "rate": PAY, "jobs": JOBS };
pub(in crate::actions) const CHOICE: &[Field] =
    fields! { "trade": FieldType::Coded("trade"), "day": DAY, "casual": details::YES_NO };
pub(in crate::actions) const OFFER: &[Field] = fields! {
    "initials": INITIALS,
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "jobs": JOBS,
    "day": FieldType::Day,
    "clock": FieldType::HalfHour,
    "pay": PAY,
    "needed": FieldType::Number(2),
    "paid": PAID,
    "means": MEANS,
    "other_means": FieldType::Word(&["cash", "momo"]),
};
pub(in crate::actions) const PAY_QUESTION: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "unit": details::UNIT,
    "currency": FieldType::Text(3),
};
pub(in crate::actions) const SENT: &[Field] =
    fields! { "number": FieldType::Number(8), "day": DAY, "clock": FieldType::HalfHour };

/// The days that can be chosen; a typed date names one of any month, and one that is past is told so.
pub(in crate::actions) fn days(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let today = cx.at.today.day;
    let row = |day: Day, exact: bool| {
        let values = vec![Value::Text(day_words(day, cx.language()))];
        Row { id: i64::from(day.0), values, exact }
    };
    if let Some(typed) = &wanted.find {
        return Ok(match Day::parse(typed, today) {
            Ok(day) => (vec![row(day, true)], false),
            // Told as past, whichever it was.
            Err(DayFault::Past) => (vec![row(today.plus(-1), true)], false),
            Err(_) => (Vec::new(), false),
        });
    }
    let (country, now_ms) = (&cx.at.host.country, cx.at.now_ms);
    let days: Vec<Day> = (0..=DAYS_OFFERED).map(|ahead| today.plus(ahead)).collect();
    let days: Vec<Day> =
        days.into_iter().filter(|day| request::start_minute(country, *day, now_ms).is_some()).collect();
    Ok(page(&days, wanted, |day| i64::from(day.0), |day| row(*day, false)))
}

pub(in crate::actions) fn day(cx: &ActionCx<'_, '_, '_>) -> Result<Day, Fault> {
    i32::try_from(cx.integer("book_day")?).map(Day).map_err(|_| Fault::Answer("book_day"))
}

/// Whether somebody can be asked for that day.
pub(in crate::actions) fn check_day(cx: &mut ActionCx<'_, '_, '_>) -> Result<DayCheck, Fault> {
    let day = day(cx)?;
    let far = day > cx.at.today.day.plus(DAYS_AHEAD_MAX);
    let start = request::start_minute(&cx.at.host.country, day, cx.at.now_ms);
    Ok(if far || start.is_none() { DayCheck::Past } else { DayCheck::Fine })
}

/// Who could come.
fn found(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Candidate>, Fault> {
    let client = client::client(cx)?;
    let area = client.area.ok_or(Fault::Nobody)?;
    let wanted = Wanted { client: client.person, trade: cx.trade("trade")?, area, day: day(cx)? };
    let host = cx.at.host;
    Ok(workers::search(cx.tx, &host.keys, &host.country, &wanted, cx.at.now_ms)?)
}

fn unit(cx: &ActionCx<'_, '_, '_>) -> Result<PayUnit, Fault> {
    let trade = cx.trade("trade")?;
    Ok(cx.at.host.country.trades.get(trade).map_or(PayUnit::Day, |trade| trade.usual_unit))
}

/// What the list of workers is for. Day labour may go to the first who accept.
pub(in crate::actions) fn choice(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let casual = matches!(unit(cx)?, PayUnit::Day | PayUnit::Hour | PayUnit::Trip);
    Ok(vec![
        Value::Coded("trade", i64::from(cx.trade("trade")?.get())),
        Value::Text(day_words(day(cx)?, cx.language())),
        Value::Word(if casual { "yes" } else { "no" }),
    ])
}

/// The workers who could come.
pub(in crate::actions) fn list(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let found = found(cx)?;
    let row = |found: &Candidate| {
        let rate = match found.rate {
            Some(rate) => pay_words(cx.at.host, cx.at.bundle, cx.language(), rate),
            None => cx.at.bundle.word(cx.language(), "pay_to_agree").to_owned(),
        };
        let values =
            vec![Value::Text(found.initials.clone()), Value::Text(rate), Value::Text(jobs_words(cx, found.jobs))];
        Row { id: found.worker.get(), values, exact: false }
    };
    Ok(page(&found, wanted, |found| found.worker.get(), row))
}

/// The worker who was chosen; `None`: the first to accept.
fn named(cx: &ActionCx<'_, '_, '_>) -> Result<Option<PersonId>, Fault> {
    let id = cx.integer("worker")?;
    Ok((id != ANYBODY).then(|| PersonId::new(id)))
}

fn rate_of(cx: &mut ActionCx<'_, '_, '_>, worker: PersonId) -> Result<Option<Pay>, Fault> {
    Ok(worker::find(cx.tx, worker)?.and_then(|found| match found.rate {
        Rate::Amount(pay) => Some(pay),
        Rate::Agree | Rate::Unset => None,
    }))
}

/// What is usual: the worker's own rate, or the middle one near the place.
fn usual(cx: &mut ActionCx<'_, '_, '_>) -> Result<Option<Pay>, Fault> {
    if let Some(worker) = named(cx)?
        && let Some(rate) = rate_of(cx, worker)?
    {
        return Ok(Some(rate));
    }
    let (unit, found) = (unit(cx)?, found(cx)?);
    Ok(workers::usual(&found, unit))
}

/// For whom an amount was typed: one for another worker or trade is not taken over.
fn pay_for(cx: &ActionCx<'_, '_, '_>) -> Result<i64, Fault> {
    Ok(match named(cx)? {
        Some(worker) => worker.get(),
        None => -i64::from(cx.trade("trade")?.get()),
    })
}

fn optional(cx: &ActionCx<'_, '_, '_>, name: &'static str) -> Option<i64> {
    match cx.answer(name) {
        Ok(Answer::Integer(value)) => Some(*value),
        _ => None,
    }
}

/// What is offered: what the client typed, or what is usual.
fn pay(cx: &mut ActionCx<'_, '_, '_>) -> Result<Option<Pay>, Fault> {
    let of_this = optional(cx, "pay_for") == pay_for(cx).ok();
    let typed = optional(cx, "book_pay").filter(|_| of_this);
    let seen = optional(cx, "pay_unit").filter(|_| of_this);
    let seen = seen.and_then(|at| usize::try_from(at).ok()).and_then(|at| PayUnit::ALL.get(at));
    if let (Some(amount), Some(unit)) = (typed, seen) {
        return Ok(Some(Pay { amount, unit: *unit }));
    }
    let usual = usual(cx)?;
    let unit = usual.map_or(unit(cx)?, |usual| usual.unit);
    Ok(typed.map_or(usual, |amount| Some(Pay { amount, unit })))
}

/// Keeps what the next screen shows: what is sent is what was seen, whatever the worker asks meanwhile.
fn keep(cx: &mut ActionCx<'_, '_, '_>, pay: Pay) -> Result<(), Fault> {
    let unit = PayUnit::ALL.iter().position(|unit| *unit == pay.unit).unwrap_or_default();
    let whom = pay_for(cx)?;
    cx.set("book_pay", pay.amount);
    cx.set("pay_for", whom);
    cx.set("pay_unit", i64::try_from(unit).unwrap_or_default());
    Ok(())
}

fn needed(cx: &ActionCx<'_, '_, '_>) -> i64 {
    optional(cx, "needed").unwrap_or(1)
}

/// What the client has chosen in this visit.
fn chosen_means(cx: &ActionCx<'_, '_, '_>) -> Option<PayMeans> {
    let at = usize::try_from(optional(cx, "pay_means")?).ok()?;
    PayMeans::ALL.get(at).copied()
}

/// What is chosen, else as this client paid last, else what is usual in the country.
pub(in crate::actions) fn proposed_means(cx: &mut ActionCx<'_, '_, '_>) -> Result<PayMeans, Fault> {
    if let Some(chosen) = chosen_means(cx) {
        return Ok(chosen);
    }
    let client = cx.known_person()?;
    Ok(request::last_means(cx.tx, client)?.unwrap_or(cx.at.host.country.pay.means))
}

/// Keeps what the next screen shows.
pub(in crate::actions) fn set_means(cx: &mut ActionCx<'_, '_, '_>, means: PayMeans) {
    let at = PayMeans::ALL.iter().position(|one| *one == means).unwrap_or_default();
    cx.set("pay_means", i64::try_from(at).unwrap_or_default());
}

/// The client pays by the other means.
pub(in crate::actions) fn change_means(cx: &mut ActionCx<'_, '_, '_>) -> Result<MeansChanged, Fault> {
    let other = proposed_means(cx)?.other();
    set_means(cx, other);
    Ok(MeansChanged::Changed)
}

/// What the client is to see next.
pub(in crate::actions) fn ready(cx: &mut ActionCx<'_, '_, '_>) -> Result<Ready, Fault> {
    if request::start_minute(&cx.at.host.country, day(cx)?, cx.at.now_ms).is_none() {
        return Ok(Ready::TooLate);
    }
    let Some(pay) = pay(cx)? else { return Ok(Ready::NoPay) };
    keep(cx, pay)?;
    let means = proposed_means(cx)?;
    set_means(cx, means);
    Ok(if named(cx)?.is_some() { Ready::One } else { Ready::Many })
}

/// What is offered, before it is sent.
pub(in crate::actions) fn offer(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let area = client::client(cx)?.area.ok_or(Fault::Nobody)?;
    let (day, pay) = (day(cx)?, pay(cx)?.ok_or(Fault::Answer("book_pay"))?);
    let start = request::start_minute(&cx.at.host.country, day, cx.at.now_ms);
    let means = proposed_means(cx)?;
    let (name, jobs) = match named(cx)? {
        Some(worker) => (initials(cx.tx, cx.at.host, worker)?, record::of(cx.tx, worker, Side::Worker)?.jobs),
        None => (String::new(), 0),
    };
    Ok(vec![
        Value::Text(name),
        Value::Coded("trade", i64::from(cx.trade("trade")?.get())),
        Value::Coded("area", area.get()),
        Value::Text(jobs_words(cx, jobs)),
        Value::Day(day.0),
        Value::Clock(start.unwrap_or_default()),
        Value::Text(pay_words(cx.at.host, cx.at.bundle, cx.language(), pay)),
        Value::Number(needed(cx)),
        paid_value(request::paid_when(pay.unit), request::days_of(pay.unit)),
        means_value(Some(means)),
        Value::Word(means.other().code()),
    ])
}

/// What the question for pay names.
pub(in crate::actions) fn pay_question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let unit = usual(cx)?.map_or(unit(cx)?, |usual| usual.unit);
    Ok(vec![
        Value::Coded("trade", i64::from(cx.trade("trade")?.get())),
        Value::Word(unit.code()),
        Value::Text(cx.at.host.country.currency.code.clone()),
    ])
}

fn check(cx: &mut ActionCx<'_, '_, '_>, first: bool) -> Result<PayCheck, Fault> {
    let (usual, amount) = (usual(cx)?, cx.integer("book_pay")?);
    let unit = usual.map_or(unit(cx)?, |usual| usual.unit);
    let bounds = cx.at.host.country.pay.bounds(unit);
    let odd = !(bounds.min..=bounds.max).contains(&amount);
    if odd || (first && request::is_odd(Pay { amount, unit }, usual)) {
        return Ok(PayCheck::Odd);
    }
    let whom = pay_for(cx)?;
    cx.set("pay_for", whom);
    Ok(PayCheck::Fine)
}

/// Whether an amount is one that somebody could mean; one far from what is usual is asked again.
pub(in crate::actions) fn check_pay(cx: &mut ActionCx<'_, '_, '_>) -> Result<PayCheck, Fault> {
    check(cx, true)
}

/// The second time it is meant, within the country's bounds.
pub(in crate::actions) fn check_pay_again(cx: &mut ActionCx<'_, '_, '_>) -> Result<PayCheck, Fault> {
    check(cx, false)
}

/// Sends it: the worker is told at once, or the first few of many.
pub(in crate::actions) fn send(cx: &mut ActionCx<'_, '_, '_>) -> Result<Send, Fault> {
    let client = client::client(cx)?;
    let order = Order {
        trade: cx.trade("trade")?,
        area: client.area.ok_or(Fault::Nobody)?,
        day: day(cx)?,
        pay: pay(cx)?.ok_or(Fault::Answer("book_pay"))?,
        means: Some(proposed_means(cx)?),
        needed: if named(cx)?.is_some() { 1 } else { needed(cx) },
        pass_on: optional(cx, "pass_on") == Some(1),
    };
    let (host, now_ms, named) = (cx.at.host, cx.at.now_ms, named(cx)?);
    let random = mix(u64::from_ne_bytes(cx.at.caller.hop_uid.to_ne_bytes()));
    let sent = request::send(cx.tx, &host.country, cx.at.ids, &client, &order, named, random, now_ms)?;
    let hiring = match sent {
        Sent::Asked { hiring, .. } => hiring,
        Sent::Already => return Ok(Send::Already),
        Sent::NotFree => return Ok(Send::NotFree),
        Sent::TooLate => return Ok(Send::TooLate),
        Sent::TooMany => return Ok(Send::TooMany),
    };
    cx.set("hiring", hiring.get());
    if named.is_some() {
        if let Some(booking) = request::first_of(cx.tx, hiring)? {
            notices::asked(cx, &booking)?;
        }
    } else {
        for booking in expiry::ask_more(cx.tx, &host.keys, &host.country, cx.at.ids, hiring, now_ms)? {
            if let Some(booking) = crate::market::booking::find(cx.tx, booking)? {
                notices::asked(cx, &booking)?;
            }
        }
    }
    Ok(Send::Sent)
}

/// What was sent.
pub(in crate::actions) fn sent(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let hiring = crate::market::HiringId::new(cx.integer("hiring")?);
    let booking = request::terms(cx.tx, hiring)?.ok_or(crate::market::Fault::Gone("hiring"))?;
    Ok(vec![
        Value::Number(booking.number.get()),
        Value::Text(day_words(booking.day, cx.language())),
        Value::Clock(booking.start_minute),
    ])
}
