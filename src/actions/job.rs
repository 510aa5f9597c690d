//! One job, and asking for it.

use super::booking::{MEANS, means_value};
use super::manifest::{CODE, fields, outcomes};
use super::{ActionCx, Fault, details, labels, post, questions, stage};
use crate::market::VacancyId;
use crate::market::application::{self, ApplyOutcome};
use crate::market::job_number::JobNumber;
use crate::market::matching::Gate;
use crate::market::pay::Pay;
use crate::market::place::TOWN_CHARS_MAX;
use crate::market::vacancy::{self, VacancyDetails};
use crate::market::{employer_check, worker};
use crate::menu::manifest::{Field, FieldType, Value};

outcomes! { Search {
    Found = "found", Abroad = "abroad", NotForYou = "not_for_you", Closed = "closed", Paused = "paused", Unknown = "unknown",
} }
outcomes! { Kind { Here = "here", Abroad = "abroad", NotForYou = "not_for_you" } }
outcomes! { Apply {
    Applied = "applied", Asks = "asks", Already = "already", Closed = "closed", Paused = "paused", NotForYou = "not_for_you",
    Abroad = "abroad",
} }

/// Septets of an amount with its unit, in any language.
pub(super) const PAY_SEPTETS: usize = 18;
/// Septets of a day, or of the words that say it is to be agreed.
pub(super) const DAY_SEPTETS: usize = 17;
/// Septets of a number of days, or of the word that says that no end is set.
const DURATION_SEPTETS: usize = 7;
/// Septets of the number of an agency's licence: more is cut.
pub(super) const LICENCE_SEPTETS: usize = 14;
/// Septets of an employer's name: more is cut.
pub(super) const EMPLOYER_SEPTETS: usize = 14;

/// The job's screen and the one behind it.
pub(super) const DETAILS: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "day": FieldType::Text(DAY_SEPTETS),
    "clock": FieldType::HalfHour,
    "days": FieldType::Text(DURATION_SEPTETS),
    "pay": FieldType::Text(PAY_SEPTETS),
    "paid": FieldType::Word(&["daily", "weekly", "monthly", "at_end"]),
    "means": MEANS,
    "food": FieldType::Word(&["with_food", "no_food"]),
    "employer": FieldType::Text(EMPLOYER_SEPTETS),
    "tier": FieldType::Word(&["phone_only", "id_seen", "village_leader", "registered_firm", "licensed_agency"]),
    "asked": FieldType::Number(3),
    "places": FieldType::Number(3),
};

/// A job abroad: where, and who answers for it.
pub(super) const ABROAD: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "town": FieldType::Text(TOWN_CHARS_MAX),
    "pay": FieldType::Text(PAY_SEPTETS),
    "employer": FieldType::Text(EMPLOYER_SEPTETS),
    "licence": FieldType::Text(LICENCE_SEPTETS),
};

/// A job in one word.
pub(super) const REFERENCE: &[Field] = fields! { "number": FieldType::Number(8), "code": CODE };

/// A job that was asked for, and how much its employer still asks; `asks` is no when that is nothing.
pub(super) const ASKED: &[Field] =
    fields! { "number": FieldType::Number(8), "count": FieldType::Number(1), "asks": details::YES_NO };

/// Pay as it is read: `7000/day`, or that it is to be agreed.
pub(super) fn pay_text(cx: &ActionCx<'_, '_, '_>, pay: Option<Pay>) -> String {
    labels::pay_words(cx.at.host, cx.at.bundle, cx.language(), pay)
}

/// The first day as it is read.
pub(super) fn day_text(cx: &ActionCx<'_, '_, '_>, offer: &vacancy::NewVacancy) -> String {
    labels::day_words(cx.at.bundle, cx.language(), offer.start_day)
}

/// The job on the screen.
pub(super) fn vacancy(cx: &mut ActionCx<'_, '_, '_>) -> Result<VacancyDetails, Fault> {
    let id = VacancyId::new(cx.integer("job")?);
    Ok(vacancy::details(cx.tx, &cx.at.host.keys, id)?.ok_or(crate::market::Fault::Gone("vacancy"))?)
}

/// The job of a number that was dialled or typed.
pub(super) fn find(cx: &mut ActionCx<'_, '_, '_>) -> Result<Search, Fault> {
    let number = cx.integer("job_number")?;
    let Some(number) = JobNumber::from_value(number) else { return Ok(Search::Unknown) };
    let Some(id) = vacancy::by_job_number(cx.tx, number)? else { return Ok(Search::Unknown) };
    let Some(found) = vacancy::details(cx.tx, &cx.at.host.keys, id)? else { return Ok(Search::Unknown) };
    if !found.is_open(cx.at.now_ms) {
        return Ok(if found.is_paused(cx.at.now_ms) { Search::Paused } else { Search::Closed });
    }
    cx.set("job", id.get());
    Ok(match kind_of(cx, &found)? {
        Kind::Here => Search::Found,
        Kind::Abroad => Search::Abroad,
        Kind::NotForYou => Search::NotForYou,
    })
}

/// Which screen shows a job: work abroad has one of its own, and no minor is shown it.
fn kind_of(cx: &mut ActionCx<'_, '_, '_>, found: &VacancyDetails) -> Result<Kind, Fault> {
    if !found.offer.place.is_abroad() {
        return Ok(Kind::Here);
    }
    let worker = cx.person().map(|person| worker::find(cx.tx, person)).transpose()?.flatten();
    let is_minor = worker.is_some_and(|worker| worker.is_minor(&cx.at.host.country, cx.at.now_ms));
    Ok(if is_minor { Kind::NotForYou } else { Kind::Abroad })
}

/// Which screen shows the job that was chosen.
pub(super) fn kind(cx: &mut ActionCx<'_, '_, '_>) -> Result<Kind, Fault> {
    let found = vacancy(cx)?;
    kind_of(cx, &found)
}

/// What the screen of a job abroad shows.
pub(super) fn abroad(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let found = vacancy(cx)?;
    let licence = employer_check::licence(cx.tx, &cx.at.host.keys, found.employer)?;
    let town = found.offer.town;
    let town = if town.is_empty() { cx.at.bundle.word(cx.language(), "to_agree").to_owned() } else { town };
    Ok(vec![
        Value::Number(found.job_number.get()),
        Value::Coded("trade", i64::from(found.offer.trade.get())),
        Value::Coded("area", found.offer.place.get()),
        Value::Text(town),
        Value::Text(pay_text(cx, found.offer.pay)),
        Value::Text(found.employer_name),
        Value::Text(licence.unwrap_or_else(|| "-".to_owned())),
    ])
}

/// What the job's screens show.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let found = vacancy(cx)?;
    let offer = &found.offer;
    let no_end = || cx.at.bundle.word(cx.language(), "no_end").to_owned();
    let days = offer.duration_days.map_or_else(no_end, |days| days.to_string());
    Ok(vec![
        Value::Number(found.job_number.get()),
        Value::Coded("trade", i64::from(offer.trade.get())),
        Value::Coded("area", offer.place.get()),
        Value::Text(day_text(cx, offer)),
        offer.start_minute.map_or(Value::Word("to_agree"), Value::Clock),
        Value::Text(days),
        Value::Text(pay_text(cx, offer.pay)),
        Value::Word(offer.paid.code()),
        means_value(offer.means),
        Value::Word(if offer.food { "with_food" } else { "no_food" }),
        Value::Text(labels::employer_words(cx.at.bundle, cx.language(), found.employer_name)),
        Value::Word(found.tier.code()),
        Value::Number(found.applications),
        Value::Number(offer.openings),
    ])
}

/// The number by which people speak of a job.
pub(super) fn reference(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let number = vacancy(cx)?.job_number.get();
    Ok(vec![Value::Number(number), Value::Text(cx.at.host.short_code.clone())])
}

/// The job, and what its employer still asks of who applied.
pub(super) fn asked(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let number = vacancy(cx)?.job_number.get();
    let count = questions::open(cx)?.len();
    let asks = Value::Word(if count > 0 { "yes" } else { "no" });
    Ok(vec![Value::Number(number), Value::Number(i64::try_from(count).unwrap_or_default()), asks])
}

/// Applies for the job, once, and confirms it by SMS. What the employer asks comes afterwards: a call that is cut there loses
/// no application.
pub(super) fn apply(cx: &mut ActionCx<'_, '_, '_>) -> Result<Apply, Fault> {
    let worker = details::worker(cx)?;
    let found = vacancy(cx)?;
    let key = cx.operation_key("apply");
    let (host, now_ms) = (cx.at.host, cx.at.now_ms);
    let outcome = application::apply(cx.tx, &host.country, cx.at.ids, &worker, &found, true, &key, now_ms)?;
    match outcome {
        ApplyOutcome::Applied { application, .. } => {
            stage::received(cx.tx, host, cx.at.ids, (found.employer, application), now_ms)?;
            if post::asked(cx.tx, (host, cx.at.bundle), cx.at.ids, &found, now_ms)? {
                *cx.at.enqueued = true;
            }
            cx.set("application", application.get());
        }
        ApplyOutcome::Already { application, .. } => {
            cx.set("application", application.get());
            return Ok(Apply::Already);
        }
        ApplyOutcome::Closed | ApplyOutcome::Filled => return Ok(Apply::Closed),
        ApplyOutcome::Paused => return Ok(Apply::Paused),
        ApplyOutcome::NotEligible(Gate::Abroad) => return Ok(Apply::Abroad),
        ApplyOutcome::NotEligible(_) => return Ok(Apply::NotForYou),
        ApplyOutcome::NotListed => return Err(Fault::Nobody),
    }
    let number = cx.number()?;
    let values = [
        Value::Number(found.job_number.get()),
        Value::Coded("trade", i64::from(found.offer.trade.get())),
        Value::Coded("area", found.offer.place.get()),
        Value::Text(host.short_code.clone()),
    ];
    cx.send("applied", &values, number.generation)?;
    Ok(if found.asks { Apply::Asks } else { Apply::Applied })
}
