//! What the service writes on its own about somebody's data: the question to a number that was silent for a year, and the end of
//! a PIN that was forgotten.

use super::tell::{Notice, Told, tell};
use super::{Fault, Host, message_text};
use crate::market::phone_number::MsisdnHash;
use crate::market::{PersonId, pin, retention};
use crate::menu::{Bundle, Value};
use crate::outbox::{self, Class, Content, Enqueued, NewMessage, NewSms, Priority};
use crate::storage::Tx;

/// How long either message is of use: a phone that is off for days gets it when it is on.
const EXPIRES_MS: i64 = 7 * 24 * 3_600_000;

/// Asks a number that was silent for a year to stay, if anybody is on it; answers whether a message was queued.
///
/// It is the one message that goes to a number which may have another owner by now: it tells nothing of anybody.
pub fn ask_to_stay(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    (hash, message_id): (&MsisdnHash, i64),
    now_ms: i64,
) -> Result<bool, Fault> {
    const TEMPLATE: &str = "stay";
    let Some(asked) = retention::ask(tx, &host.keys, hash, now_ms)? else { return Ok(false) };
    let language = asked.number.language;
    let language = if bundle.languages.contains(&language) { language } else { bundle.default_language() };
    let code = [Value::Text(host.short_code.clone())];
    let Some(text) = message_text(bundle, host, language, TEMPLATE, &code) else { return Ok(false) };
    let class = Class::MustArrive;
    let due_ms = host.when_open(now_ms);
    let message = NewMessage {
        id: message_id,
        operation_key: &format!("{TEMPLATE}/{message_id}"),
        content: Content::Sms(NewSms {
            to: &asked.msisdn,
            generation: asked.number.generation,
            route: &host.route(&asked.msisdn, class),
            text: &text,
        }),
        person_id: None,
        employer_id: None,
        priority: Priority::Alert,
        class,
        template: TEMPLATE,
        due_ms,
        expires_ms: due_ms + EXPIRES_MS,
    };
    Ok(matches!(outbox::enqueue(tx, &host.keys, &message, now_ms)?, Enqueued::New { .. }))
}

/// Ends a PIN whose time has come, and says so; answers whether a message was queued.
pub fn end_pin(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    (person, message_id): (PersonId, i64),
    now_ms: i64,
) -> Result<bool, Fault> {
    if !pin::end(tx, person, now_ms)? {
        return Ok(false);
    }
    let due_ms = host.when_open(now_ms);
    let notice = Notice {
        id: message_id,
        person,
        template: "pin_ended",
        values: &|_| vec![Value::Text(host.short_code.clone())],
        operation_key: &format!("pin_ended/{message_id}"),
        employer_id: None,
        priority: Priority::Stage,
        class: Class::MustArrive,
        due_ms,
        expires_ms: due_ms + EXPIRES_MS,
    };
    Ok(tell(tx, host, bundle, &notice, now_ms)? == Told::Queued)
}
