//! The SMS after a call that was cut: what to dial to go on.

use super::{Fault, Host, message_text};
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{consent, person};
use crate::menu::{Bundle, Value};
use crate::outbox::{self, Class, Enqueued, NewMessage, Priority};
use crate::storage::Tx;
use crate::text::datetime::{Day, minute_of_day};

const TEMPLATE: &str = "resume";

/// A call that was cut on a screen where it can go on.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// The number's keyed hash.
    pub number_hash: &'a [u8],
    /// When its last screen was sent.
    pub at_ms: i64,
    /// The identifier of the message.
    pub message_id: i64,
}

/// Queues the message; answers whether it did. It goes only to somebody who agreed to be kept here, alone on the number,
/// once a day, while there is something to go on with, and not at quiet times.
pub fn invite(tx: &mut Tx<'_>, host: &Host, bundle: &Bundle, cut: Cut<'_>, now_ms: i64) -> Result<bool, Fault> {
    let expires_ms = cut.at_ms + bundle.resume_ms;
    let zone = &host.country.timezone;
    let Some(path) = bundle.resume_path.as_deref().filter(|_| expires_ms > now_ms) else { return Ok(false) };
    if host.country.quiet_hours.contains(minute_of_day(now_ms, zone)) {
        return Ok(false);
    }
    let hash = MsisdnHash::stored(cut.number_hash)?;
    let Some(number) = phone_number::find(tx, &hash)?.filter(|number| !number.owner_doubted) else { return Ok(false) };
    let persons = phone_number::persons_on(tx, &number)?;
    let &[person] = persons.as_slice() else { return Ok(false) };
    if !consent::in_force(tx, person, consent::Purpose::Matching)? {
        return Ok(false);
    }
    let Some(recipient) = person::recipient(tx, &host.keys, person)? else { return Ok(false) };
    let code = format!("{}*{path}#", host.short_code.trim_end_matches('#'));
    let Some(text) = message_text(bundle, host, recipient.language, TEMPLATE, &[Value::Text(code)]) else {
        return Ok(false);
    };
    let day = Day::from_ms(now_ms, zone).0;
    let message = NewMessage {
        id: cut.message_id,
        // A person has one message a day, however often the calls are cut.
        operation_key: &format!("{TEMPLATE}/{}/{day}", person.get()),
        to: &recipient.msisdn,
        number_generation: recipient.number_generation,
        person_id: Some(person.get()),
        employer_id: None,
        route: &host.route(&recipient.msisdn, Class::Alert),
        priority: Priority::Interactive,
        class: Class::Alert,
        template: TEMPLATE,
        text: &text,
        due_ms: now_ms,
        expires_ms,
    };
    Ok(matches!(outbox::enqueue(tx, &host.keys, &message, now_ms)?, Enqueued::New { .. }))
}
