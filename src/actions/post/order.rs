//! What a client wants: place, length, how many, pay; and posting it.

use super::super::booking::{DAY, MEANS, PAY, client, means_value, order};
use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, alert, details, labels};
use crate::country::{AreaCode, PayUnit, TradeCode};
use crate::market::booking::request::{is_odd, paid_when};
use crate::market::booking::workers;
use crate::market::job_number::mix;
use crate::market::pay::{PaidWhen, Pay};
use crate::market::posting::{self, Length, Sent, Wanted};
use crate::market::usual_pay;
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType};
use crate::text::Language;

/// Stands for the client's own place where an area would be named.
const OWN_PLACE: i64 = 0;
/// Septets of "90 days", or of the words for no end.
const LENGTH_SEPTETS: usize = 10;

outcomes! { Dialled { Known = "known", Unknown = "unknown" } }
outcomes! { InPlace { There = "there" } }
outcomes! { PayCheck { Fine = "fine", OneDay = "one_day", Odd = "odd" } }
outcomes! {
    Send {
        Posted = "posted",
        Held = "held",
        Already = "already",
        TooLate = "too_late",
        TooMany = "too_many",
        Refused = "refused",
    }
}

/// With which outcomes of posting there is a job.
pub(super) const SETS_JOB: &[(&str, &str)] = &[("posted", "job"), ("held", "job"), ("already", "job")];
/// What the question for pay names.
pub(super) const PAY_QUESTION: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "unit": details::UNIT,
    "currency": FieldType::Text(3),
};
/// Everything that is posted.
pub(super) const OFFER: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "day": DAY,
    "length": FieldType::Text(LENGTH_SEPTETS),
    "places": FieldType::Number(2),
    "pay": PAY,
    "paid": FieldType::Word(&["daily", "weekly", "monthly", "at_end"]),
    "means": MEANS,
    "other_means": FieldType::Word(&["cash", "momo"]),
};

/// Whether the two digits that were dialled are a trade.
pub(super) fn dialled(cx: &mut ActionCx<'_, '_, '_>) -> Result<Dialled, Fault> {
    let code = u8::try_from(cx.integer("post_trade")?).ok().and_then(TradeCode::new);
    let Some(trade) = code.and_then(|code| cx.at.host.country.trades.get(code)) else { return Ok(Dialled::Unknown) };
    let code = i64::from(trade.code.get());
    cx.set("trade", code);
    Ok(Dialled::Known)
}

fn set_place(cx: &mut ActionCx<'_, '_, '_>, answer: &'static str) -> Result<InPlace, Fault> {
    let area = cx.area(answer)?;
    cx.set("post_area", area.get());
    Ok(InPlace::There)
}

/// The work is in the chosen sector.
pub(super) fn in_sector(cx: &mut ActionCx<'_, '_, '_>) -> Result<InPlace, Fault> {
    set_place(cx, "sector")
}

/// The work is in the chosen district, since the sector is not known.
pub(super) fn in_district(cx: &mut ActionCx<'_, '_, '_>) -> Result<InPlace, Fault> {
    set_place(cx, "district")
}

/// Where the work is.
fn area(cx: &mut ActionCx<'_, '_, '_>) -> Result<AreaCode, Fault> {
    match cx.integer("post_area")? {
        OWN_PLACE => client::client(cx)?.area.ok_or(Fault::Nobody),
        code => AreaCode::new(code).ok_or(Fault::Answer("post_area")),
    }
}

fn length(cx: &ActionCx<'_, '_, '_>) -> Result<Length, Fault> {
    Ok(match cx.text("post_kind")? {
        "casual_day" => Length::OneDay,
        "short" => Length::Days(cx.integer("post_days")?),
        "contract" => Length::Months(cx.integer("post_months")?),
        "full_time" => Length::Open,
        _ => return Err(Fault::Answer("post_kind")),
    })
}

/// What pay is for.
fn unit(cx: &ActionCx<'_, '_, '_>) -> Result<PayUnit, Fault> {
    Ok(length(cx)?.unit(&cx.at.host.country, cx.trade("trade")?))
}

fn pay(cx: &ActionCx<'_, '_, '_>) -> Result<Pay, Fault> {
    Ok(Pay { amount: cx.integer("book_pay")?, unit: unit(cx)? })
}

/// When pay is handed over: for one day it need not be asked.
fn paid(cx: &ActionCx<'_, '_, '_>) -> Result<PaidWhen, Fault> {
    if length(cx)? == Length::OneDay {
        return Ok(paid_when(unit(cx)?));
    }
    PaidWhen::from_code(cx.text("post_paid")?).ok_or(Fault::Answer("post_paid"))
}

/// "5 days", in the order of the language.
fn length_text(cx: &ActionCx<'_, '_, '_>) -> Result<String, Fault> {
    let word = |name| cx.at.bundle.word(cx.language(), name);
    let (number, word) = match length(cx)? {
        Length::OneDay => (1, word("day")),
        Length::Days(days) => (days, word("len_days")),
        Length::Months(1) => (1, word("month")),
        Length::Months(months) => (months, word("len_months")),
        Length::Open => return Ok(word("len_open").to_owned()),
    };
    Ok(match cx.language() {
        Language::Rw | Language::Sw => format!("{word} {number}"),
        Language::En | Language::Fr => format!("{number} {word}"),
    })
}

/// What the question for pay names.
pub(super) fn pay_question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    Ok(vec![
        Value::Coded("trade", i64::from(cx.trade("trade")?.get())),
        Value::Word(unit(cx)?.code()),
        Value::Text(cx.at.host.country.currency.code.clone()),
    ])
}

/// What is usual near the place: the middle of what workers ask, else of what is offered.
fn usual(cx: &mut ActionCx<'_, '_, '_>, pay: Pay) -> Result<Option<Pay>, Fault> {
    let (client, area, trade) = (client::client(cx)?.person, area(cx)?, cx.trade("trade")?);
    let wanted = workers::Wanted { client, trade, area, day: order::day(cx)? };
    let host = cx.at.host;
    let found = workers::search(cx.tx, &host.keys, &host.country, &wanted, cx.at.now_ms)?;
    if let Some(asked) = workers::usual(&found, pay.unit) {
        return Ok(Some(asked));
    }
    let Some(district) = area.district() else { return Ok(None) };
    let offered = usual_pay::usual(cx.tx, trade, district, pay)?;
    Ok(offered.map(|amount| Pay { amount, unit: pay.unit }))
}

fn check(cx: &mut ActionCx<'_, '_, '_>, first: bool) -> Result<PayCheck, Fault> {
    let pay = pay(cx)?;
    let bounds = cx.at.host.country.pay.bounds(pay.unit);
    if !(bounds.min..=bounds.max).contains(&pay.amount) {
        return Ok(PayCheck::Odd);
    }
    if first && is_odd(pay, usual(cx, pay)?) {
        return Ok(PayCheck::Odd);
    }
    let means = order::proposed_means(cx)?;
    order::set_means(cx, means);
    Ok(if length(cx)? == Length::OneDay { PayCheck::OneDay } else { PayCheck::Fine })
}

/// Whether an amount is one that somebody could mean; one far from what is usual is asked again.
pub(super) fn check_pay(cx: &mut ActionCx<'_, '_, '_>) -> Result<PayCheck, Fault> {
    check(cx, true)
}

/// The second time it is meant, within the country's bounds.
pub(super) fn check_pay_again(cx: &mut ActionCx<'_, '_, '_>) -> Result<PayCheck, Fault> {
    check(cx, false)
}

fn wanted(cx: &mut ActionCx<'_, '_, '_>) -> Result<Wanted, Fault> {
    Ok(Wanted {
        trade: cx.trade("trade")?,
        area: area(cx)?,
        day: order::day(cx)?,
        length: length(cx)?,
        openings: cx.integer("openings")?,
        pay: pay(cx)?,
        paid: paid(cx)?,
        means: order::proposed_means(cx)?,
    })
}

/// Everything, before it is posted.
pub(super) fn offer(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let Wanted { trade, area, day, openings, pay, paid, means, .. } = wanted(cx)?;
    let (host, bundle, language) = (cx.at.host, cx.at.bundle, cx.language());
    Ok(vec![
        Value::Coded("trade", i64::from(trade.get())),
        Value::Coded("area", area.get()),
        Value::Text(labels::day_words(bundle, language, Some(day))),
        Value::Text(length_text(cx)?),
        Value::Number(openings),
        Value::Text(labels::pay_words(host, bundle, language, Some(pay))),
        Value::Word(paid.code()),
        means_value(Some(means)),
        Value::Word(means.other().code()),
    ])
}

/// Posts it, once, and confirms it by SMS.
pub(super) fn send(cx: &mut ActionCx<'_, '_, '_>) -> Result<Send, Fault> {
    let (client, wanted) = (client::client(cx)?, wanted(cx)?);
    let (host, now_ms) = (cx.at.host, cx.at.now_ms);
    let random = mix(u64::from_ne_bytes(cx.at.caller.hop_uid.to_ne_bytes()));
    let sent = posting::post(cx.tx, &host.keys, &host.country, cx.at.ids, &client, &wanted, random, now_ms)?;
    let (id, job_number, held) = match sent {
        Sent::Posted { vacancy, job_number, held } => (vacancy, job_number, held),
        Sent::Already { vacancy } => {
            cx.set("job", vacancy.get());
            return Ok(Send::Already);
        }
        Sent::TooLate => return Ok(Send::TooLate),
        Sent::TooMany => return Ok(Send::TooMany),
        Sent::Refused => return Ok(Send::Refused),
    };
    cx.set("job", id.get());
    if held {
        return Ok(Send::Held);
    }
    let number = cx.number()?;
    let values = [
        Value::Number(job_number.get()),
        Value::Coded("trade", i64::from(wanted.trade.get())),
        Value::Text(labels::day_words(cx.at.bundle, cx.language(), Some(wanted.day))),
        Value::Text(alert::job_code(host, job_number.get())),
    ];
    cx.send("post_open", &values, number.generation)?;
    Ok(Send::Posted)
}
