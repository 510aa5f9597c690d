//! Registration: consent first, then one question a screen, each answer saved as it is given.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, agent, details, jobs};
use crate::market::PersonId;
use crate::market::booking::client;
use crate::market::consent::{self, Given, Purpose};
use crate::market::person::{self, Begun, NameOutcome};
use crate::market::worker::{self, BirthYearOutcome, FinishOutcome};
use crate::menu::manifest::{Field, FieldType, Value};

/// Version of the consent that the screens `register.consent` and `register.consent_more` ask for. Change it with them.
/// Since this one it is also for jobs by SMS: whoever agreed to `2026-11` has to turn them on (`job_sms.rs`).
const CONSENT_TEXT_VERSION: &str = "2026-12";

outcomes! {
    Step {
        Consent = "consent",
        BirthYear = "birth_year",
        Trade = "trade",
        Rate = "rate",
        Place = "place",
        Name = "name",
        Finish = "finish",
    }
}
outcomes! { Consent { Given = "given", TooYoung = "too_young", NumberFull = "number_full" } }
outcomes! { BirthYear { Saved = "saved", TooYoung = "too_young", Impossible = "impossible" } }
outcomes! { Name { Saved = "saved" } }
outcomes! { Finish { Listed = "listed", Missing = "missing" } }

/// What a worker is listed as.
pub(super) const SUMMARY: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "jobs": FieldType::Number(2),
};

/// The first question that has no answer yet.
pub(super) fn next_step(cx: &mut ActionCx<'_, '_, '_>) -> Result<Step, Fault> {
    let Some(person) = cx.person() else { return Ok(Step::Consent) };
    if !has_agreed(cx, person)? {
        return Ok(Step::Consent);
    }
    Ok(match worker::missing(cx.tx, person)? {
        Some(worker::Step::BirthYear) => Step::BirthYear,
        Some(worker::Step::Trade) => Step::Trade,
        Some(worker::Step::Rate) => Step::Rate,
        Some(worker::Step::Area) => Step::Place,
        Some(worker::Step::Name) => Step::Name,
        None => Step::Finish,
    })
}

/// Whether somebody known has agreed to be found as a worker: a client has agreed to another text.
fn has_agreed(cx: &mut ActionCx<'_, '_, '_>, person: PersonId) -> Result<bool, Fault> {
    if client::find(cx.tx, person)?.is_some() {
        return Ok(consent::agreed_to(cx.tx, person, Purpose::Matching, CONSENT_TEXT_VERSION)?);
    }
    Ok(consent::in_force(cx.tx, person, Purpose::Matching)?)
}

/// A consent that is given with the key that was just pressed.
pub(super) fn given<'a>(cx: &ActionCx<'_, '_, 'a>, text_version: &'static str) -> Given<'a> {
    Given { text_version, language: cx.language(), channel: cx.at.caller.channel, hop_uid: cx.at.caller.hop_uid }
}

/// Records the consent; a person begins with it.
pub(super) fn give_consent(cx: &mut ActionCx<'_, '_, '_>) -> Result<Consent, Fault> {
    if cx.is_helping() {
        // Who is helped has agreed before these questions, to a text that was read aloud; whoever has not is asked nothing.
        return Err(Fault::Nobody);
    }
    let given = given(cx, CONSENT_TEXT_VERSION);
    if let Some(person) = cx.person() {
        // A client until now, or taken back before and given again.
        if !has_agreed(cx, person)? {
            consent::give(cx.tx, cx.at.ids, person, Purpose::Matching, &given, cx.at.now_ms)?;
        }
        return Ok(Consent::Given);
    }
    let number = cx.number()?;
    let begun = person::begin(cx.tx, &cx.at.host.keys, cx.at.ids, &number, &given, cx.at.now_ms)?;
    Ok(match begun {
        Begun::Person(person) => {
            cx.at.visit.person = Some(person.get());
            Consent::Given
        }
        Begun::Refused => Consent::TooYoung,
        Begun::NumberFull => Consent::NumberFull,
    })
}

/// Saves the year; of a child nothing is kept.
pub(super) fn set_birth_year(cx: &mut ActionCx<'_, '_, '_>) -> Result<BirthYear, Fault> {
    let (person, year) = (cx.known_person()?, cx.integer("birth_year")?);
    let host = cx.at.host;
    Ok(match worker::set_birth_year(cx.tx, &host.keys, &host.country, cx.at.ids, person, year, cx.at.now_ms)? {
        BirthYearOutcome::Saved | BirthYearOutcome::SavedMinor => BirthYear::Saved,
        BirthYearOutcome::Implausible => BirthYear::Impossible,
        BirthYearOutcome::TooYoung => {
            cx.at.visit.answers.clear();
            cx.at.visit.history.clear();
            if !cx.is_helping() {
                cx.at.visit.person = None;
            }
            BirthYear::TooYoung
        }
    })
}

/// Saves the name.
pub(super) fn set_name(cx: &mut ActionCx<'_, '_, '_>) -> Result<Name, Fault> {
    let (person, name) = (cx.known_person()?, cx.text("name")?.to_owned());
    Ok(match person::set_name(cx.tx, &cx.at.host.keys, person, &name, cx.at.now_ms)? {
        NameOutcome::Saved => Name::Saved,
        // What the question takes can be kept.
        NameOutcome::Unusable => return Err(Fault::Answer("name")),
    })
}

/// Lists the worker and confirms it by SMS.
pub(super) fn finish(cx: &mut ActionCx<'_, '_, '_>) -> Result<Finish, Fault> {
    if cx.is_helping() {
        return agent::finish(cx);
    }
    let person = cx.known_person()?;
    match worker::finish(cx.tx, person, cx.at.now_ms)? {
        FinishOutcome::Listed => {}
        FinishOutcome::Missing(_) | FinishOutcome::NoConsent => return Ok(Finish::Missing),
    }
    let worker = details::worker(cx)?;
    let number = cx.number()?;
    let code = Value::Text(cx.at.host.short_code.clone());
    let values = [details::trade_of(&worker), details::place_of(&worker), code];
    cx.send("registered", &values, number.generation)?;
    Ok(Finish::Listed)
}

/// What the worker is listed as, and how many jobs wait.
pub(super) fn summary(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    let count = jobs::count(cx, &worker)?;
    Ok(vec![details::trade_of(&worker), details::place_of(&worker), Value::Number(count)])
}
