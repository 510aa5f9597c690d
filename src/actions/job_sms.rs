//! Jobs by SMS, and whether jobs are scored for somebody: two choices of a worker's own.
//!
//! Turning job SMS on is a consent, to the text of the screen on which the key is pressed; turning them off withdraws it.
//! Who is not scored is told of no job, and sees jobs in the menus in plain order.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, details};
use crate::market::consent::{self, Given, Purpose};
use crate::market::worker::{self, Worker};
use crate::menu::manifest::{Field, Value};

/// Version of the text of the screen `job_sms.start`. Change it with it.
const TEXT_VERSION: &str = "sms-2026-12";

outcomes! { Toggled { On = "on", Off = "off" } }

/// Both choices.
pub(super) const JOB_SMS: &[Field] = fields! { "sms": details::YES_NO, "scored": details::YES_NO };

fn yes_no(yes: bool) -> Value {
    Value::Word(if yes { "yes" } else { "no" })
}

/// Whether the worker is told of jobs by SMS: who is not scored is not.
fn sms_word(cx: &mut ActionCx<'_, '_, '_>, worker: &Worker) -> Result<Value, Fault> {
    Ok(yes_no(worker.scored && consent::in_force(cx.tx, worker.person, Purpose::Alerts)?))
}

/// Both choices as they are.
pub(super) fn show(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    Ok(vec![sms_word(cx, &worker)?, yes_no(worker.scored)])
}

/// Job SMS on or off. On also lets jobs be scored: none could be sent without.
pub(super) fn toggle_sms(cx: &mut ActionCx<'_, '_, '_>) -> Result<Toggled, Fault> {
    let worker = details::worker(cx)?;
    let (person, now_ms) = (worker.person, cx.at.now_ms);
    let has_agreed = consent::in_force(cx.tx, person, Purpose::Alerts)?;
    if has_agreed && worker.scored {
        consent::withdraw(cx.tx, person, Purpose::Alerts, now_ms)?;
        return Ok(Toggled::Off);
    }
    if !worker.scored {
        worker::set_scored(cx.tx, person, true, now_ms)?;
    }
    if !has_agreed {
        let given = Given {
            text_version: TEXT_VERSION,
            language: cx.language(),
            channel: cx.at.caller.channel,
            hop_uid: cx.at.caller.hop_uid,
        };
        consent::give(cx.tx, cx.at.ids, person, Purpose::Alerts, &given, now_ms)?;
    }
    Ok(Toggled::On)
}

/// Jobs are scored for the worker, or not.
pub(super) fn toggle_scored(cx: &mut ActionCx<'_, '_, '_>) -> Result<Toggled, Fault> {
    let worker = details::worker(cx)?;
    worker::set_scored(cx.tx, worker.person, !worker.scored, cx.at.now_ms)?;
    Ok(if worker.scored { Toggled::Off } else { Toggled::On })
}
