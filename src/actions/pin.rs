//! The PIN by keypad: telling it, setting it, and what happens when it is forgotten.

use super::data::hours_until;
use super::manifest::{fields, outcomes};
use super::tell::{Notice, Told, tell};
use super::{ActionCx, Fault, details};
use crate::market::pin::{self, Confirmed, Known, Proposed};
use crate::market::wrong_try::{self, Secret, Try};
use crate::market::{PersonId, worker};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::outbox::{Class, Priority};

outcomes! { Needed { Yes = "yes", No = "no", Locked = "locked" } }
outcomes! { Check { Right = "right", Wrong = "wrong", Locked = "locked" } }
outcomes! { State { None = "none", Set = "set" } }
outcomes! { Propose { Again = "again", Trivial = "trivial", Guarded = "guarded" } }
outcomes! { Confirm { Saved = "saved", Different = "different" } }
outcomes! { Remove { Removed = "removed", Guarded = "guarded" } }
outcomes! { EachCall { Changed = "changed", Guarded = "guarded" } }
outcomes! { Reset { Begun = "begun", Before = "before", NoSms = "no_sms", None = "none" } }

/// For how long the number is locked, in hours begun.
pub(super) const LOCK: &[Field] = fields! { "hours": FieldType::Number(2) };
/// In how many hours the PIN ends.
pub(super) const ENDING: &[Field] = fields! { "hours": FieldType::Number(2) };
/// Whether it is asked for at each call.
pub(super) const DETAILS: &[Field] = fields! { "each_call": details::YES_NO };

/// Whose PIN it is: who is speaking, or who was chosen and is not let in yet.
fn owner(cx: &ActionCx<'_, '_, '_>) -> Result<PersonId, Fault> {
    match cx.person() {
        Some(person) => Ok(person),
        None => cx.integer("person").map(PersonId::new),
    }
}

/// Whether a PIN has to be told before something of the person is done or shown.
pub(super) fn needed(cx: &mut ActionCx<'_, '_, '_>) -> Result<Needed, Fault> {
    let (person, visit, now_ms) = (owner(cx)?, cx.at.visit.id, cx.at.now_ms);
    if pin::is_open(cx.tx, person, visit, now_ms)? {
        return Ok(Needed::No);
    }
    let locked = wrong_try::locked_until(cx.tx, &cx.at.caller.number, Secret::Pin, now_ms)?;
    Ok(if locked.is_some() { Needed::Locked } else { Needed::Yes })
}

/// Looks at what was typed.
pub(super) fn check(cx: &mut ActionCx<'_, '_, '_>) -> Result<Check, Fault> {
    let (person, typed) = (owner(cx)?, cx.text("pin")?.to_owned());
    let (keys, number, visit) = (&cx.at.host.keys, cx.at.caller.number, cx.at.visit.id);
    Ok(match pin::check(cx.tx, keys, &number, (person, visit), &typed, cx.at.now_ms)? {
        Try::Right => Check::Right,
        Try::Wrong => {
            let locked = wrong_try::locked_until(cx.tx, &number, Secret::Pin, cx.at.now_ms)?;
            if locked.is_some() { Check::Locked } else { Check::Wrong }
        }
        Try::Locked { .. } => Check::Locked,
    })
}

/// How long nothing can be tried.
pub(super) fn lock(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let now_ms = cx.at.now_ms;
    let until_ms = wrong_try::locked_until(cx.tx, &cx.at.caller.number, Secret::Pin, now_ms)?;
    Ok(vec![Value::Number(hours_until(until_ms.unwrap_or(now_ms), now_ms))])
}

/// Whether there is one.
pub(super) fn state(cx: &mut ActionCx<'_, '_, '_>) -> Result<State, Fault> {
    let person = cx.known_person()?;
    Ok(if pin::state(cx.tx, person)?.is_set { State::Set } else { State::None })
}

/// What the person has chosen.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let person = cx.known_person()?;
    Ok(vec![Value::Word(if pin::state(cx.tx, person)?.each_call { "yes" } else { "no" })])
}

/// A new PIN, typed for the first time.
pub(super) fn propose(cx: &mut ActionCx<'_, '_, '_>) -> Result<Propose, Fault> {
    let (person, typed) = (cx.known_person()?, cx.text("pin")?.to_owned());
    let birth_year = worker::find(cx.tx, person)?.map(|worker| worker.birth_year);
    let known = Known { birth_year, msisdn: cx.at.caller.msisdn.as_str() };
    let (keys, visit) = (&cx.at.host.keys, cx.at.visit.id);
    Ok(match pin::propose(cx.tx, keys, (person, visit), &typed, known, cx.at.now_ms)? {
        Proposed::Again => Propose::Again,
        Proposed::Trivial => Propose::Trivial,
        Proposed::Guarded => Propose::Guarded,
    })
}

/// The new PIN again.
pub(super) fn confirm(cx: &mut ActionCx<'_, '_, '_>) -> Result<Confirm, Fault> {
    let (person, typed) = (cx.known_person()?, cx.text("pin")?.to_owned());
    let (keys, visit) = (&cx.at.host.keys, cx.at.visit.id);
    Ok(match pin::confirm(cx.tx, keys, (person, visit), &typed, cx.at.now_ms)? {
        Confirmed::Saved => Confirm::Saved,
        Confirmed::Different => Confirm::Different,
    })
}

/// Takes the PIN off.
pub(super) fn remove(cx: &mut ActionCx<'_, '_, '_>) -> Result<Remove, Fault> {
    let (person, visit) = (cx.known_person()?, cx.at.visit.id);
    Ok(if pin::remove(cx.tx, person, visit, cx.at.now_ms)? { Remove::Removed } else { Remove::Guarded })
}

/// Asks for it at each call from now on, or not any more.
pub(super) fn toggle_each_call(cx: &mut ActionCx<'_, '_, '_>) -> Result<EachCall, Fault> {
    let (person, visit) = (cx.known_person()?, cx.at.visit.id);
    let each_call = !pin::state(cx.tx, person)?.each_call;
    let changed = pin::set_each_call(cx.tx, person, each_call, visit, cx.at.now_ms)?;
    Ok(if changed { EachCall::Changed } else { EachCall::Guarded })
}

/// It was forgotten: it ends in two days, and the person is told at once. Where nobody can be told it does not begin, for then
/// a thief's wish would not be noticed.
pub(super) fn begin_reset(cx: &mut ActionCx<'_, '_, '_>) -> Result<Reset, Fault> {
    let (person, now_ms) = (owner(cx)?, cx.at.now_ms);
    let state = pin::state(cx.tx, person)?;
    match (state.is_set, state.ends_ms) {
        (false, _) => return Ok(Reset::None),
        (true, Some(_)) => return Ok(Reset::Before),
        (true, None) => {}
    }
    let code = cx.at.host.short_code.clone();
    let notice = Notice {
        id: cx.at.ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person,
        template: "pin_reset",
        values: &|_| vec![Value::Text(code.clone())],
        operation_key: &cx.operation_key("pin_reset"),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms: now_ms,
        expires_ms: now_ms + pin::RESET_MS,
    };
    if tell(cx.tx, cx.at.host, cx.at.bundle, &notice, now_ms)? == Told::Nobody {
        return Ok(Reset::NoSms);
    }
    *cx.at.enqueued = true;
    pin::begin_reset(cx.tx, person, now_ms)?;
    Ok(Reset::Begun)
}

/// When it ends.
pub(super) fn ending(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (person, now_ms) = (owner(cx)?, cx.at.now_ms);
    let ends_ms = pin::state(cx.tx, person)?.ends_ms.unwrap_or(now_ms);
    Ok(vec![Value::Number(hours_until(ends_ms, now_ms))])
}
