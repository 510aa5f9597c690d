//! The first screen, and the language of everything.

use super::booking::mine;
use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, details, jobs};
use crate::market::{person, phone_number};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::text::Language;

outcomes! { Status { New = "new", Unfinished = "unfinished", Listed = "listed" } }
outcomes! { LanguageSet { Saved = "saved" } }

/// What a listed worker sees first.
pub(super) const WORKER: &[Field] = fields! {
    "jobs": FieldType::Number(2),
    "free": details::YES_NO,
    "requests": FieldType::Number(2),
    "has_requests": details::YES_NO,
};

/// How far the caller's registration is.
pub(super) fn status(cx: &mut ActionCx<'_, '_, '_>) -> Result<Status, Fault> {
    let Some(person) = cx.person() else { return Ok(Status::New) };
    Ok(match person::find(cx.tx, person)?.map(|person| person.status) {
        Some(person::Status::Registering) => Status::Unfinished,
        Some(person::Status::Listed) => Status::Listed,
        Some(person::Status::Closed) | None => {
            cx.at.visit.person = None;
            Status::New
        }
    })
}

/// How many jobs fit, what is asked of the worker, and whether the worker is free today.
pub(super) fn worker(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    let count = jobs::count(cx, &worker)?;
    let mut values = vec![Value::Number(count), details::free_word(cx, &worker)];
    values.extend(mine::count(cx)?);
    Ok(values)
}

/// The number's language, from now on.
pub(super) fn set_language(cx: &mut ActionCx<'_, '_, '_>) -> Result<LanguageSet, Fault> {
    let language = Language::from_code(cx.text("language")?).ok_or(Fault::Answer("language"))?;
    phone_number::set_language(cx.tx, &cx.at.caller.number, language)?;
    cx.at.visit.language = language;
    Ok(LanguageSet::Saved)
}
