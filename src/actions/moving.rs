//! Moving to another number: asked for on the new phone, proven by what comes to the old one, or by the PIN.

use super::manifest::{CODE, fields, outcomes};
use super::tell::{Notice, Told, tell};
use super::{ActionCx, Fault, Host};
use crate::market::PersonId;
use crate::market::number_move::{self, Asked, ByPin, CODE_MS, Checked, WAIT_MS};
use crate::market::phone_number::{self, MsisdnHash};
use crate::menu::Bundle;
use crate::menu::manifest::{FieldType, MessageKind, Value};
use crate::outbox::{Class, Priority};
use crate::storage::{IdBlock, Tx};

/// How long the message about a move is of use: a phone that is off for days gets it when it is on.
const MOVED_EXPIRES_MS: i64 = 7 * 24 * 3_600_000;

outcomes! { May { Open = "open", Taken = "taken" } }
outcomes! { Ask { Asked = "asked", Wrong = "wrong", TooMany = "too_many" } }
outcomes! { Check { Moved = "moved", Pin = "pin", Wrong = "wrong", Over = "over" } }
outcomes! { Pin { Moved = "moved", Noted = "noted", Over = "over" } }

/// What is written about moves.
pub(super) const MESSAGES: &[MessageKind] = &[
    MessageKind { name: "move_code", gives: fields! { "digits": FieldType::Text(6) } },
    MessageKind { name: "move_begun", gives: fields! { "code": CODE } },
    MessageKind { name: "moved", gives: fields! { "code": CODE } },
];

/// Whether somebody may move here: whoever has registered anew on the number is somebody else to us, and the office joins
/// the two.
pub(super) fn may(cx: &mut ActionCx<'_, '_, '_>) -> Result<May, Fault> {
    let number = cx.number()?;
    Ok(if phone_number::persons_on(cx.tx, &number)?.is_empty() { May::Open } else { May::Taken })
}

/// The old number was typed. What is answered is the same whether or not anybody is on it.
pub(super) fn ask(cx: &mut ActionCx<'_, '_, '_>) -> Result<Ask, Fault> {
    let (number, now_ms, day) = (cx.number()?, cx.at.now_ms, cx.at.today.day);
    let keys = &cx.at.host.keys;
    let Ok(old) = cx.at.host.country.phone.parse(cx.text("old_number")?) else { return Ok(Ask::Wrong) };
    let from = MsisdnHash::of(keys, &old);
    match number_move::ask(cx.tx, keys, cx.at.ids, (&number, &from), day, now_ms)? {
        Asked::TooMany => return Ok(Ask::TooMany),
        Asked::Waits(None) => {}
        Asked::Waits(Some((person, digits))) => {
            let values = vec![Value::Text(digits)];
            write(cx, person, "move_code", &values, CODE_MS)?;
        }
    }
    // Looked at now and not only where there is something to send: what is queued tells nobody anything.
    *cx.at.enqueued = true;
    Ok(Ask::Asked)
}

/// Writes to the person, on the number on which they are.
fn write(
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
fn become_caller(cx: &mut ActionCx<'_, '_, '_>, person: PersonId) {
    cx.at.visit.person = Some(person.get());
}

/// The digits were typed.
pub(super) fn check(cx: &mut ActionCx<'_, '_, '_>) -> Result<Check, Fault> {
    let (number, typed, now_ms) = (cx.number()?, cx.text("move_code")?.to_owned(), cx.at.now_ms);
    Ok(match number_move::check(cx.tx, &cx.at.host.keys, cx.at.ids, (&number, &typed), now_ms)? {
        Checked::Moved(person) => {
            become_caller(cx, person);
            Check::Moved
        }
        Checked::Pin => Check::Pin,
        Checked::Wrong => Check::Wrong,
        Checked::Over => Check::Over,
    })
}

/// The PIN was typed: behind the digits, or in place of them. In place of them right and wrong are answered alike, and where the
/// old number cannot be written to nothing begins.
pub(super) fn by_pin(cx: &mut ActionCx<'_, '_, '_>) -> Result<Pin, Fault> {
    let (number, typed, now_ms) = (cx.number()?, cx.text("pin")?.to_owned(), cx.at.now_ms);
    Ok(match number_move::by_pin(cx.tx, &cx.at.host.keys, cx.at.ids, (&number, &typed), now_ms)? {
        ByPin::Moved(person) => {
            become_caller(cx, person);
            Pin::Moved
        }
        ByPin::Noted(None) => Pin::Noted,
        ByPin::Noted(Some(person)) => {
            let code = [Value::Text(cx.at.host.short_code.clone())];
            if write(cx, person, "move_begun", &code, WAIT_MS)? == Told::Nobody {
                number_move::give_up(cx.tx, &number.hash)?;
            }
            *cx.at.enqueued = true;
            Pin::Noted
        }
        ByPin::Locked | ByPin::Over => Pin::Over,
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
