//! Moving to another number: asked for on the new phone, proven by what comes to the old one, or by the PIN. What
//! [`linking`](super::linking) a second number shares with it stands here.

use super::manifest::{CODE, fields, outcomes};
use super::tell::{Notice, Told, tell};
use super::{ActionCx, Fault, Host};
use crate::market::PersonId;
use crate::market::number_move::{self, Asked, ByPin, CODE_MS, Checked, Telling, WAIT_MS, Wants};
use crate::market::phone_number::{self, MsisdnHash};
use crate::menu::Bundle;
use crate::menu::manifest::{FieldType, MessageKind, Value};
use crate::outbox::{Class, Priority};
use crate::storage::{IdBlock, Tx};

/// How long the message about a move is of use: a phone that is off for days gets it when it is on.
const MOVED_EXPIRES_MS: i64 = 7 * 24 * 3_600_000;

outcomes! { May { Open = "open", Shared = "shared", Known = "known" } }
outcomes! { Ask { Asked = "asked", Wrong = "wrong", TooMany = "too_many" } }
outcomes! { Check { Moved = "moved", Pin = "pin", Wrong = "wrong", Over = "over" } }
outcomes! { Pin { Moved = "moved", Noted = "noted", Over = "over" } }

/// What is written about moves.
pub(super) const MESSAGES: &[MessageKind] = &[
    MessageKind { name: "move_code", gives: fields! { "digits": FieldType::Text(6) } },
    MessageKind { name: "move_begun", gives: fields! { "code": CODE } },
    MessageKind { name: "moved", gives: fields! { "code": CODE } },
];

/// Whether somebody may move here, or only have this number as their second one: nobody is put in the place of others.
pub(super) fn may(cx: &mut ActionCx<'_, '_, '_>) -> Result<May, Fault> {
    if cx.person().is_some() {
        return Ok(May::Known);
    }
    let number = cx.number()?;
    Ok(if phone_number::persons_on(cx.tx, &number)?.is_empty() { May::Open } else { May::Shared })
}

/// The old number was typed.
pub(super) fn ask(cx: &mut ActionCx<'_, '_, '_>) -> Result<Ask, Fault> {
    ask_for(cx, Wants::Move, "move_code")
}

/// Somebody's other number was typed. What is answered is the same whether or not anybody is on it.
pub(super) fn ask_for(cx: &mut ActionCx<'_, '_, '_>, wants: Wants, template: &'static str) -> Result<Ask, Fault> {
    let (number, now_ms, day) = (cx.number()?, cx.at.now_ms, cx.at.today.day);
    let keys = &cx.at.host.keys;
    let Ok(old) = cx.at.host.country.phone.parse(cx.text("old_number")?) else { return Ok(Ask::Wrong) };
    let from = MsisdnHash::of(keys, &old);
    match number_move::ask(cx.tx, keys, cx.at.ids, (&number, &from, wants), day, now_ms)? {
        Asked::TooMany => return Ok(Ask::TooMany),
        Asked::Waits(None) => {}
        Asked::Waits(Some((person, digits))) => {
            let values = vec![Value::Text(digits)];
            write(cx, person, template, &values, CODE_MS)?;
        }
    }
    // Looked at now and not only where there is something to send: what is queued tells nobody anything.
    *cx.at.enqueued = true;
    Ok(Ask::Asked)
}

/// Writes to the person, on the number on which they are.
pub(super) fn write(
    cx: &mut ActionCx<'_, '_, '_>,
    person: PersonId,
    template: &'static str,
    values: &[Value],
    use_ms: i64,
) -> Result<Told, Fault> {
    let (key, now_ms) = (cx.operation_key(template), cx.at.now_ms);
    let notice = Notice {
        id: cx.at.ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person,
        template,
        values: &|_| values.to_vec(),
        operation_key: &key,
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms: now_ms,
        expires_ms: now_ms + use_ms,
    };
    tell(cx.tx, cx.at.host, cx.at.bundle, &notice, now_ms)
}

/// The person is the caller from now on.
pub(super) fn become_caller(cx: &mut ActionCx<'_, '_, '_>, person: PersonId) {
    cx.at.visit.person = Some(person.get());
}

/// The digits were typed.
pub(super) fn check(cx: &mut ActionCx<'_, '_, '_>) -> Result<Check, Fault> {
    Ok(match checked(cx, Wants::Move)? {
        Checked::Moved(person) => {
            become_caller(cx, person);
            Check::Moved
        }
        Checked::Pin => Check::Pin,
        Checked::Wrong => Check::Wrong,
        _ => Check::Over,
    })
}

/// What came of the digits that were typed.
pub(super) fn checked(cx: &mut ActionCx<'_, '_, '_>, wants: Wants) -> Result<Checked, Fault> {
    let (to, caller, now_ms) = (cx.number()?, cx.person(), cx.at.now_ms);
    let typed = cx.text("move_code")?.to_owned();
    let telling = Telling { to: &to, wants, caller, typed: &typed };
    Ok(number_move::check(cx.tx, &cx.at.host.keys, cx.at.ids, telling, now_ms)?)
}

/// What came of the PIN that was typed.
pub(super) fn pin_told(cx: &mut ActionCx<'_, '_, '_>, wants: Wants) -> Result<ByPin, Fault> {
    let (to, caller, now_ms) = (cx.number()?, cx.person(), cx.at.now_ms);
    let typed = cx.text("pin")?.to_owned();
    let telling = Telling { to: &to, wants, caller, typed: &typed };
    Ok(number_move::by_pin(cx.tx, &cx.at.host.keys, cx.at.ids, telling, now_ms)?)
}

/// The PIN was typed: behind the digits, or in place of them. In place of them right and wrong are answered alike, and where the
/// old number cannot be written to nothing begins.
pub(super) fn by_pin(cx: &mut ActionCx<'_, '_, '_>) -> Result<Pin, Fault> {
    Ok(match pin_told(cx, Wants::Move)? {
        ByPin::Proven(Checked::Moved(person)) => {
            become_caller(cx, person);
            Pin::Moved
        }
        ByPin::Noted(None) => Pin::Noted,
        ByPin::Noted(Some(person)) => {
            let code = [Value::Text(cx.at.host.short_code.clone())];
            if write(cx, person, "move_begun", &code, WAIT_MS)? == Told::Nobody {
                number_move::give_up(cx.tx, &cx.at.caller.number)?;
            }
            *cx.at.enqueued = true;
            Pin::Noted
        }
        ByPin::Proven(_) | ByPin::Locked | ByPin::Over => Pin::Over,
    })
}

/// Moves whoever waited for it on a new number, and says so there; answers whether a message was queued. Uses two identifiers.
pub fn end_move(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    to: &MsisdnHash,
    now_ms: i64,
) -> Result<bool, Fault> {
    let Some(person) = number_move::end(tx, ids, to, now_ms)? else { return Ok(false) };
    let due_ms = host.when_open(now_ms);
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let notice = Notice {
        id,
        person,
        template: "moved",
        values: &|_| vec![Value::Text(host.short_code.clone())],
        operation_key: &format!("moved/{id}"),
        employer_id: None,
        priority: Priority::Stage,
        class: Class::MustArrive,
        due_ms,
        expires_ms: due_ms + MOVED_EXPIRES_MS,
    };
    Ok(tell(tx, host, bundle, &notice, now_ms)? == Told::Queued)
}
