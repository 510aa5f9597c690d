//! The SMS after a call that was cut: what to dial to go on.

use super::tell::{Notice, Told, tell};
use super::{Fault, Host};
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{consent, person, pin};
use crate::menu::{Bundle, Value};
use crate::outbox::{Class, Priority};
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
    // Where the number is their second one the message would go to the other.
    if person::find(tx, person)?.is_none_or(|found| found.number != hash) {
        return Ok(false);
    }
    if !consent::in_force(tx, person, consent::Purpose::Matching)? || pin::state(tx, person)?.is_set {
        return Ok(false);
    }
    let code = format!("{}*{path}#", host.short_code.trim_end_matches('#'));
    let day = Day::from_ms(now_ms, zone).0;
    let notice = Notice {
        id: cut.message_id,
        person,
        template: TEMPLATE,
        values: &|_| vec![Value::Text(code.clone())],
        // A person has one message a day, however often the calls are cut.
        operation_key: &format!("{TEMPLATE}/{}/{day}", person.get()),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::Alert,
        due_ms: now_ms,
        expires_ms,
    };
    Ok(tell(tx, host, bundle, &notice, now_ms)? == Told::Queued)
}
