//! A second number: asked for on it, proven by what comes to the main one, ended from either. Who is registered on both is
//! asked whether the two are one.

use super::manifest::{CODE, fields, outcomes};
use super::moving::{self, Ask, become_caller, write};
use super::tell::{Notice, Told, queue};
use super::{ActionCx, CONFIRMATION_EXPIRES_MS, Fault};
use crate::market::linked_number::{self, Joined, Standing};
use crate::market::number_move::{ByPin, Checked, Wants};
use crate::market::phone_number::{self, PhoneNumber};
use crate::market::pin;
use crate::menu::manifest::{FieldType, MessageKind, Value};
use crate::outbox::{Class, Priority};

outcomes! { State { Unknown = "unknown", Only = "only", Shared = "shared", Main = "main", Second = "second" } }
outcomes! { Check {
    Linked = "linked", Join = "join", Pin = "pin", Full = "full", OtherWay = "other_way", Apart = "apart", Wrong = "wrong",
    Over = "over",
} }
outcomes! { Join { Joined = "joined", Guarded = "guarded", Not = "not" } }
outcomes! { End { Ended = "ended", EndedHere = "ended_here", None = "none", Guarded = "guarded" } }

/// What is written about second numbers.
pub(super) const MESSAGES: &[MessageKind] = &[
    MessageKind { name: "link_code", gives: fields! { "digits": FieldType::Text(6) } },
    MessageKind { name: "linked", gives: fields! { "code": CODE } },
    MessageKind { name: "linked_by_joining", gives: fields! { "code": CODE } },
    MessageKind { name: "unlinked", gives: fields! { "code": CODE } },
];

/// What the caller's number is to them.
pub(super) fn state(cx: &mut ActionCx<'_, '_, '_>) -> Result<State, Fault> {
    let Some(person) = cx.person() else { return Ok(State::Unknown) };
    let number = cx.number()?;
    Ok(match linked_number::standing(cx.tx, person, &number.hash)? {
        Standing::Main => State::Main,
        Standing::Second => State::Second,
        Standing::Only if phone_number::persons_on(cx.tx, &number)?.len() > 1 => State::Shared,
        Standing::Only => State::Only,
    })
}

/// The main number was typed, or the one with the other registration.
pub(super) fn ask(cx: &mut ActionCx<'_, '_, '_>) -> Result<Ask, Fault> {
    moving::ask_for(cx, Wants::Link, "link_code")
}

/// The digits were typed.
pub(super) fn check(cx: &mut ActionCx<'_, '_, '_>) -> Result<Check, Fault> {
    let checked = moving::checked(cx, Wants::Link)?;
    answered(cx, checked)
}

/// The PIN was typed behind the digits.
pub(super) fn by_pin(cx: &mut ActionCx<'_, '_, '_>) -> Result<Check, Fault> {
    match moving::pin_told(cx, Wants::Link)? {
        ByPin::Proven(checked) => answered(cx, checked),
        ByPin::Noted(_) => Ok(Check::Wrong),
        ByPin::Locked | ByPin::Over => Ok(Check::Over),
    }
}

/// What is answered; whose number was added is told on the main one.
fn answered(cx: &mut ActionCx<'_, '_, '_>, checked: Checked) -> Result<Check, Fault> {
    Ok(match checked {
        Checked::Linked(person) => {
            become_caller(cx, person);
            let code = [Value::Text(cx.at.host.short_code.clone())];
            *cx.at.enqueued |= write(cx, person, "linked", &code, CONFIRMATION_EXPIRES_MS)? == Told::Queued;
            Check::Linked
        }
        Checked::Join => Check::Join,
        Checked::Pin => Check::Pin,
        Checked::Full => Check::Full,
        Checked::OtherWay => Check::OtherWay,
        Checked::Apart => Check::Apart,
        Checked::Wrong => Check::Wrong,
        Checked::Moved(_) | Checked::Over => Check::Over,
    })
}

/// The caller's two registrations become one, of which the other number is told.
pub(super) fn join(cx: &mut ActionCx<'_, '_, '_>) -> Result<Join, Fault> {
    let (person, number, now_ms) = (cx.known_person()?, cx.number()?, cx.at.now_ms);
    if !pin::is_open(cx.tx, person, cx.at.visit.id, now_ms)? {
        return Ok(Join::Guarded);
    }
    let (keys, first_call) = (&cx.at.host.keys, cx.at.first_call);
    Ok(match linked_number::join(cx.tx, (keys, cx.at.ids), (person, &number), first_call, now_ms)? {
        Joined::Done(other) => {
            tell_there(cx, &other)?;
            Join::Joined
        }
        Joined::Not(_) => Join::Not,
    })
}

/// Tells a number that is a second one from now on: whoever had the code from its phone may not be its owner.
fn tell_there(cx: &mut ActionCx<'_, '_, '_>, other: &PhoneNumber) -> Result<(), Fault> {
    let person = cx.known_person()?;
    let (key, now_ms) = (cx.operation_key("linked_by_joining"), cx.at.now_ms);
    let to = phone_number::recipient(cx.tx, &cx.at.host.keys, &other.hash, other.generation)?;
    let Some(to) = to else { return Ok(()) };
    let code = cx.at.host.short_code.clone();
    let notice = Notice {
        id: cx.at.ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person,
        template: "linked_by_joining",
        values: &|_| vec![Value::Text(code.clone())],
        operation_key: &key,
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms: now_ms,
        expires_ms: now_ms + CONFIRMATION_EXPIRES_MS,
    };
    *cx.at.enqueued |= queue(cx.tx, cx.at.host, cx.at.bundle, (&to, Some(person)), &notice, now_ms)? == Told::Queued;
    Ok(())
}

/// Ends the second number: from the main one, where calls that are open on the second begin anew; or from itself, where the
/// caller is nobody known any more, and the main one is told.
pub(super) fn end(cx: &mut ActionCx<'_, '_, '_>) -> Result<End, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    if !pin::is_open(cx.tx, person, cx.at.visit.id, now_ms)? {
        return Ok(End::Guarded);
    }
    let is_here = linked_number::standing(cx.tx, person, &cx.at.caller.number)? == Standing::Second;
    let first_call = (!is_here).then_some(cx.at.first_call);
    if linked_number::end(cx.tx, cx.at.ids, person, first_call, now_ms)?.is_none() {
        return Ok(End::None);
    }
    if !is_here {
        return Ok(End::Ended);
    }
    let code = [Value::Text(cx.at.host.short_code.clone())];
    *cx.at.enqueued |= write(cx, person, "unlinked", &code, CONFIRMATION_EXPIRES_MS)? == Told::Queued;
    cx.at.visit.answers.clear();
    cx.at.visit.history.clear();
    cx.at.visit.person = None;
    Ok(End::EndedHere)
}
