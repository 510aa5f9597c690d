//! Work abroad: agreeing to be shown and told of it, and taking that back. A consent of its own, asked of nobody who does not
//! come to it by themselves: with a job abroad on the screen, or under "my data".

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, details, register};
use crate::market::consent::{self, Purpose};
use crate::menu::manifest::{Field, Value};

/// Version of the text on `job.abroad_ask` and `data.abroad`, which say the same. Change it with them.
const TEXT_VERSION: &str = "abroad-2026-12";

outcomes! { Agree { Saved = "saved", TooYoung = "too_young" } }
outcomes! { TakeBack { Saved = "saved" } }

/// Whether it was agreed to.
pub(super) const ABROAD: &[Field] = fields! { "abroad": details::YES_NO };

/// Whether the worker is shown work abroad.
pub(super) fn show(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    Ok(vec![Value::Word(if worker.abroad { "yes" } else { "no" })])
}

/// Agrees. A key that is pressed again adds nothing.
pub(super) fn agree(cx: &mut ActionCx<'_, '_, '_>) -> Result<Agree, Fault> {
    let worker = details::worker(cx)?;
    if worker.is_minor(&cx.at.host.country, cx.at.now_ms) {
        return Ok(Agree::TooYoung);
    }
    if !worker.abroad {
        let given = register::given(cx, TEXT_VERSION);
        consent::give(cx.tx, cx.at.ids, worker.person, Purpose::Abroad, &given, cx.at.now_ms)?;
    }
    Ok(Agree::Saved)
}

/// Takes it back: such jobs are not shown any more, and alerts that wait are not sent.
pub(super) fn take_back(cx: &mut ActionCx<'_, '_, '_>) -> Result<TakeBack, Fault> {
    let worker = details::worker(cx)?;
    consent::withdraw(cx.tx, worker.person, Purpose::Abroad, cx.at.now_ms)?;
    Ok(TakeBack::Saved)
}
