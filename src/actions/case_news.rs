//! What people are told of their cases, and of a job that was taken back. For a bulk job and for an operator's command, a few
//! at a time, each in the transaction that notes that it was told.

use super::manifest::{CODE, fields};
use super::tell::{Notice, Told, queue};
use super::{Fault, Host, cases};
use crate::country::Office;
use crate::market::case::{self, Case, CaseEvent, CaseKind};
use crate::market::{PersonId, phone_number};
use crate::menu::Bundle;
use crate::menu::manifest::{Field, FieldType, MessageKind, Value};
use crate::outbox::{Class, Priority};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;

/// How long news of a case is of use, in milliseconds.
const EXPIRES_MS: i64 = 3 * 24 * 3_600_000;
/// Events that are told at once: an identifier each, of a block of sixteen.
const TOLD_AT_ONCE: i64 = 12;
/// Cases that are followed at once: three identifiers each.
const FOLLOWED_AT_ONCE: i64 = 4;

/// News of a case.
pub(super) const CASE_SMS: &[Field] = fields! { "case": FieldType::Number(8), "code": CODE };
/// To whom a case was handed over.
pub(super) const HANDED_OVER_SMS: &[Field] = fields! {
    "case": FieldType::Number(8),
    "office": FieldType::Text(40),
    "number": FieldType::Text(16),
};
/// What people are told of their cases.
pub(super) const MESSAGES: &[MessageKind] = &[
    MessageKind { name: "case_opened", gives: cases::OPENED_SMS },
    MessageKind { name: "case_answered", gives: CASE_SMS },
    MessageKind { name: "case_asked", gives: CASE_SMS },
    MessageKind { name: "case_handed_over", gives: HANDED_OVER_SMS },
    MessageKind { name: "case_settled_asked", gives: CASE_SMS },
    MessageKind { name: "case_closed", gives: CASE_SMS },
];

/// Tells people what operators and time did to their cases; answers how many events were looked at. At most
/// `TOLD_AT_ONCE` identifiers are used.
pub fn tell_cases(tx: &mut Tx<'_>, host: &Host, bundle: &Bundle, ids: &mut IdBlock, now_ms: i64) -> Result<u64, Fault> {
    let untold = case::untold(tx, TOLD_AT_ONCE)?;
    for told in &untold {
        let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
        // Another node may be at it as well: one of them notes it, and that one writes.
        if !case::mark_told(tx, told.event)? {
            continue;
        }
        let Some(found) = case::find(tx, told.case)? else { continue };
        let template = match told.what {
            CaseEvent::Answered => "case_answered",
            CaseEvent::Asked => "case_asked",
            // The name of some offices says what happened: whoever was in danger reads it under Help.
            CaseEvent::HandedOver if found.kind == CaseKind::Unsafe => "case_answered",
            CaseEvent::HandedOver => "case_handed_over",
            CaseEvent::Settled | CaseEvent::Closed => "case_closed",
            _ => continue,
        };
        write(tx, host, bundle, &found, (id, template, &format!("case/{}", told.event)), now_ms)?;
    }
    Ok(u64::try_from(untold.len()).unwrap_or(u64::MAX))
}

/// Asks people whether what was answered is settled, and closes what stayed silent; answers how many were looked at.
pub fn follow_cases(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    now_ms: i64,
) -> Result<u64, Fault> {
    let to_ask = case::to_ask(tx, now_ms, FOLLOWED_AT_ONCE)?;
    for found in &to_ask {
        if case::mark_asked(tx, ids, found, now_ms)? {
            let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
            let key = format!("case/{}/settled/{now_ms}", found.case.get());
            write(tx, host, bundle, found, (id, "case_settled_asked", &key), now_ms)?;
        }
    }
    let silent = case::silent(tx, now_ms, FOLLOWED_AT_ONCE)?;
    for found in &silent {
        case::close_silent(tx, ids, found, now_ms)?;
    }
    Ok(u64::try_from(to_ask.len() + silent.len()).unwrap_or(u64::MAX))
}

/// Writes to whoever told a case, on the number under the same owner.
fn write(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    found: &Case,
    (id, template, key): (i64, &'static str, &str),
    now_ms: i64,
) -> Result<Told, Fault> {
    let Some(number) = found.msisdn else { return Ok(Told::Nobody) };
    let to = phone_number::recipient(tx, &host.keys, &number, found.number_generation)?;
    let Some(to) = to else { return Ok(Told::Nobody) };
    let office = host.country.help.office(&found.office);
    let notice = Notice {
        id,
        person: found.person.unwrap_or(PersonId::new(0)),
        template,
        values: &|language| values(host, found, (template, office), language),
        operation_key: key,
        employer_id: None,
        priority: Priority::Stage,
        class: Class::MustArrive,
        due_ms: host.when_open(now_ms),
        expires_ms: now_ms + EXPIRES_MS,
    };
    queue(tx, host, bundle, (&to, found.person), &notice, now_ms)
}

fn values(host: &Host, found: &Case, (template, office): (&str, Option<&Office>), language: Language) -> Vec<Value> {
    let number = Value::Number(found.number.get());
    if template != "case_handed_over" {
        return vec![number, Value::Text(host.short_code.clone())];
    }
    let (name, dialled) = office.map_or(("", ""), |office| (office.name(language), office.number.as_str()));
    vec![number, Value::Text(name.to_owned()), Value::Text(dialled.to_owned())]
}
