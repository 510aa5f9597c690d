//! A client's own bookings: how they stand, and what can be done about them.

use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, details, page};
use super::{
    DAY, INITIALS, PAY, area_value, chosen, day_words, group, initials, notices, pay, pay_words, requests, trade_value,
};
use crate::market::booking::answer::{self, Accepted, Answered};
use crate::market::booking::attend::{self, Came};
use crate::market::booking::cancel::{self, CalledOff};
use crate::market::booking::list::{self, Call};
use crate::market::booking::states::{Ended, State};
use crate::market::booking::{self, Booking, HiringStatus, expiry};
use crate::market::pay::Pay;
use crate::market::{self, HiringId};
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType};
use crate::session::{Row, RowsWanted};

/// How a booking stands, in a word.
pub(in crate::actions) const STATE: FieldType = FieldType::Word(&[
    "b_requested",
    "b_asks_pay",
    "b_accepted",
    "b_started",
    "b_done",
    "b_paid",
    "b_declined",
    "b_expired",
    "b_cancelled",
    "b_absent",
    "b_disputed",
    "b_call",
    "b_pay",
]);

outcomes! {
    Is { Waiting = "waiting", Counter = "counter", Agreed = "agreed", Over = "over", Call = "call", Pay = "pay" }
}
outcomes! { Done { Done = "done" } }
outcomes! { PayAnswer { Done = "done", Busy = "busy" } }
outcomes! { Replaced { Asked = "asked", Nobody = "nobody" } }

pub(in crate::actions) const ROW: &[Field] = fields! { "trade": FieldType::Coded("trade"), "day": DAY, "state": STATE };
pub(in crate::actions) const DETAILS: &[Field] = fields! {
    "number": FieldType::Number(8),
    "initials": INITIALS,
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "day": DAY,
    "clock": FieldType::HalfHour,
    "pay": PAY,
    "asked": PAY,
    "state": STATE,
    "can_replace": details::YES_NO,
    "can_start": details::YES_NO,
    "can_miss": details::YES_NO,
    "is_before": details::YES_NO,
    "can_bring": details::YES_NO,
};
pub(in crate::actions) const CALL: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "day": DAY,
    "needed": FieldType::Number(2),
    "hired": FieldType::Number(2),
    "asked": FieldType::Number(2),
    "is_open": details::YES_NO,
};

/// How a booking stands now.
pub(in crate::actions) fn state_word(booking: &Booking, now_ms: i64) -> Value {
    Value::Word(match booking.state {
        State::Requested if !booking.is_open(now_ms) => "b_expired",
        State::Requested if booking.asked_amount.is_some() => "b_asks_pay",
        State::Requested => "b_requested",
        State::Accepted => "b_accepted",
        State::Started => "b_started",
        State::Done => "b_done",
        State::Paid => "b_paid",
        State::Declined => "b_declined",
        State::Expired => "b_expired",
        State::Cancelled if matches!(booking.ended, Some(Ended::WorkerAbsent | Ended::ClientAbsent)) => "b_absent",
        State::Cancelled => "b_cancelled",
        State::Disputed => "b_disputed",
    })
}

/// A yes or no as a word.
pub(super) fn yes_no(is: bool) -> Value {
    Value::Word(if is { "yes" } else { "no" })
}

fn calls(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Call>, Fault> {
    let person = cx.known_person()?;
    Ok(list::calls(cx.tx, &cx.at.host.country, person, cx.at.now_ms)?)
}

/// The caller's bookings as a client, calls for the first to accept before them.
pub(in crate::actions) fn rows(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    let language = cx.language();
    let mut all: Vec<Row> = calls(cx)?
        .into_iter()
        .filter(|call| call.status == HiringStatus::Open)
        .map(|call| {
            let trade = Value::Coded("trade", i64::from(call.trade.get()));
            let values = vec![trade, Value::Text(day_words(call.day, language)), Value::Word("b_call")];
            Row { id: call.hiring.get(), values, exact: false }
        })
        .collect();
    for booking in list::of_client(cx.tx, &cx.at.host.country, person, now_ms)? {
        let day = Value::Text(day_words(booking.day, language));
        let values = vec![trade_value(&booking), day, state_word(&booking, now_ms)];
        all.push(Row { id: booking.id.get(), values, exact: false });
    }
    Ok(page(&all, wanted, |row| row.id, Row::clone))
}

/// Which screen the chosen one has.
pub(in crate::actions) fn is(cx: &mut ActionCx<'_, '_, '_>) -> Result<Is, Fault> {
    let id = HiringId::new(cx.integer("booking")?);
    if calls(cx)?.iter().any(|call| call.hiring == id) {
        return Ok(Is::Call);
    }
    let (found, now_ms) = (chosen(cx)?, cx.at.now_ms);
    if pay::is_asked(cx, &found)? {
        return Ok(Is::Pay);
    }
    Ok(match found.state {
        State::Requested if found.is_open(now_ms) && found.asked_amount.is_some() => {
            // What is agreed to is what was seen: the worker may ask for another amount meanwhile.
            cx.set("other_pay", found.asked_amount.unwrap_or_default());
            Is::Counter
        }
        State::Requested if found.is_open(now_ms) => Is::Waiting,
        State::Accepted | State::Started => Is::Agreed,
        _ => Is::Over,
    })
}

/// A call for the first to accept.
pub(in crate::actions) fn call(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let id = HiringId::new(cx.integer("booking")?);
    let found = calls(cx)?.into_iter().find(|call| call.hiring == id).ok_or(market::Fault::Gone("hiring"))?;
    Ok(vec![
        Value::Number(found.number.get()),
        Value::Coded("trade", i64::from(found.trade.get())),
        Value::Text(day_words(found.day, cx.language())),
        Value::Number(found.needed),
        Value::Number(found.hired),
        Value::Number(found.asked),
        yes_no(found.status == HiringStatus::Open),
    ])
}

/// One booking, as both sides see it: the initials are the other side's.
pub(in crate::actions) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    let other = if found.worker == person { found.client } else { found.worker };
    let name = initials(cx.tx, cx.at.host, other)?;
    let (host, bundle, language, now_ms) = (cx.at.host, cx.at.bundle, cx.language(), cx.at.now_ms);
    let asked = Pay { amount: found.asked_amount.unwrap_or(found.pay.amount), unit: found.pay.unit };
    let begun = found.start_ms(&host.country) <= now_ms;
    let said = if found.worker == person { found.worker_came } else { found.client_came };
    let can_bring = group::can_bring(cx, &found)?;
    let other_said = if found.worker == person { found.client_came } else { found.worker_came };
    Ok(vec![
        Value::Number(found.number.get()),
        Value::Text(name),
        trade_value(&found),
        area_value(&found),
        Value::Text(day_words(found.day, language)),
        Value::Clock(found.start_minute),
        Value::Text(pay_words(host, bundle, language, found.pay)),
        Value::Text(pay_words(host, bundle, language, asked)),
        state_word(&found, now_ms),
        yes_no(cancel::can_replace(&found, &host.country, now_ms)),
        yes_no(!said && attend::is_the_time(&found, &host.country, now_ms)),
        yes_no(found.state == State::Accepted && begun && !other_said),
        yes_no(found.state == State::Accepted && !begun),
        yes_no(can_bring),
    ])
}

/// The client pays what the worker asks for.
pub(in crate::actions) fn accept_pay(cx: &mut ActionCx<'_, '_, '_>) -> Result<PayAnswer, Fault> {
    let (found, person, seen) = (chosen(cx)?, cx.known_person()?, cx.integer("other_pay")?);
    let done = answer::accept_pay(cx.tx, &cx.at.host.country, found.id, person, seen, cx.at.now_ms)?;
    if let Accepted::Agreed(agreed) = done {
        notices::from_hop(cx, |desk, tx, ids| desk.agreed(tx, ids, &agreed))?;
    }
    // What was missed is seen on the booking's screen, which follows.
    Ok(if done == Accepted::Busy { PayAnswer::Busy } else { PayAnswer::Done })
}

/// The client does not pay that.
pub(in crate::actions) fn refuse_pay(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person, refused) = (chosen(cx)?, cx.known_person()?, cx.integer("other_pay")?);
    if found.asked_amount.is_some_and(|asked| asked != refused) {
        return Ok(Done::Done);
    }
    if let Answered::Done(now) = answer::refuse_pay(cx.tx, found.id, person, cx.at.now_ms)? {
        notices::from_hop(cx, |desk, tx, ids| desk.pay_no(tx, ids, &now, refused))?;
    }
    Ok(Done::Done)
}

/// Either side calls it off, and the other is told.
pub(in crate::actions) fn call_off(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    let country = &cx.at.host.country;
    if let CalledOff::Off { booking: off, .. } = cancel::call_off(cx.tx, country, found.id, person, cx.at.now_ms)? {
        told_off(cx, &off)?;
    }
    Ok(Done::Done)
}

fn told_off(cx: &mut ActionCx<'_, '_, '_>, off: &Booking) -> Result<(), Fault> {
    if matches!(off.ended, Some(Ended::Worker | Ended::WorkerAbsent)) {
        let passed = off.first_come || cancel::passes_on(cx.tx, off.hiring)?;
        notices::from_hop(cx, |desk, tx, ids| desk.no_worker(tx, ids, off, passed))
    } else {
        notices::from_hop(cx, |desk, tx, ids| desk.off(tx, ids, off))
    }
}

/// The client calls off a call for the first to accept; housekeeping tells who was asked.
pub(in crate::actions) fn call_off_all(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (id, person) = (HiringId::new(cx.integer("booking")?), cx.known_person()?);
    cancel::call_off_all(cx.tx, id, person, cx.at.now_ms)?;
    Ok(Done::Done)
}

/// Somebody else is asked for the same, with one key.
pub(in crate::actions) fn replace(cx: &mut ActionCx<'_, '_, '_>) -> Result<Replaced, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    let (host, now_ms) = (cx.at.host, cx.at.now_ms);
    let Some(hiring) = cancel::replace(cx.tx, &host.country, found.id, person, now_ms)? else {
        return Ok(Replaced::Nobody);
    };
    let asked = expiry::ask_more(cx.tx, &host.keys, &host.country, cx.at.ids, hiring, now_ms)?;
    for id in &asked {
        if let Some(next) = booking::find(cx.tx, *id)? {
            notices::asked(cx, &next)?;
        }
    }
    cx.set("hiring", hiring.get());
    Ok(if asked.is_empty() { Replaced::Nobody } else { Replaced::Asked })
}

/// Either side says that the worker is at work.
pub(in crate::actions) fn came(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    // Too early or too late is seen on the booking's screen, which follows.
    let _: Came = attend::came(cx.tx, &cx.at.host.country, found.id, person, cx.at.now_ms)?;
    Ok(Done::Done)
}

/// Either side says that the other was not there, and the other is told: they may see it otherwise.
pub(in crate::actions) fn absent(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    let noted = cancel::absent(cx.tx, &cx.at.host.country, found.id, person, cx.at.now_ms)?;
    if let CalledOff::Off { booking: off, .. } = noted {
        notices::from_hop(cx, |desk, tx, ids| desk.was_absent(tx, ids, &off))?;
    }
    Ok(Done::Done)
}

/// Either side gives the other its number.
pub(in crate::actions) fn give_number(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    if found.state.holds_the_day() {
        notices::from_hop(cx, |desk, tx, ids| desk.phone_given(tx, ids, &found, person))?;
    }
    Ok(Done::Done)
}

/// What concerns the caller now, in numbers.
pub(in crate::actions) fn count(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let count = requests::count(cx)?;
    Ok(vec![Value::Number(count), yes_no(count > 0)])
}
