//! Messages that the service begins: to a person, on their number, in its language.
//!
//! Whoever moved on, stopped, or has a number that belongs to somebody else now is not written to. At quiet times a
//! message waits for the morning, unless it answers what the person has just done.

use super::{Fault, Host, message_text};
use crate::market::person::{self, Recipient};
use crate::market::{PersonId, phone_number};
use crate::menu::{Bundle, Value};
use crate::outbox::{self, Class, Content, Enqueued, NewMessage, NewSms, Priority};
use crate::storage::Tx;
use crate::text::Language;

/// What is said, to whom.
pub struct Notice<'a> {
    /// The message's identifier, of the caller's block.
    pub id: i64,
    /// The person.
    pub person: PersonId,
    /// A text that the menus declare.
    pub template: &'static str,
    /// Its values, in a language.
    pub values: &'a dyn Fn(Language) -> Vec<Value>,
    /// What causes it: the same cause never writes twice.
    pub operation_key: &'a str,
    /// For which employer, where it is for one.
    pub employer_id: Option<i64>,
    /// Who is served first.
    pub priority: Priority,
    /// What is done when the outcome stays unknown.
    pub class: Class,
    /// Not before this time, in epoch milliseconds; see [`Host::when_open`].
    pub due_ms: i64,
    /// Not from this time on.
    pub expires_ms: i64,
}

/// Template and identifier: who reads it and what it says stay out of logs.
impl std::fmt::Debug for Notice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notice").field("id", &self.id).field("template", &self.template).finish_non_exhaustive()
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It waits to be sent.
    Queued,
    /// The same cause has written before.
    Before,
    /// Nobody can be written to: closed, erased, without consent, stopped, or perhaps another owner's number by now. Or the
    /// menus have no such text.
    Nobody,
}

impl Host {
    /// The first moment from `now_ms` on at which a message may wake nobody.
    pub fn when_open(&self, now_ms: i64) -> i64 {
        self.country.quiet_hours.next_open_ms(now_ms, &self.country.timezone)
    }
}

/// Queues a message to a person.
pub fn tell(tx: &mut Tx<'_>, host: &Host, bundle: &Bundle, notice: &Notice<'_>, now_ms: i64) -> Result<Told, Fault> {
    let Some(to) = person::recipient(tx, &host.keys, notice.person)? else { return Ok(Told::Nobody) };
    if phone_number::may_have_moved(tx, &to.number, now_ms)? {
        return Ok(Told::Nobody);
    }
    queue(tx, host, bundle, (&to, Some(notice.person)), notice, now_ms)
}

/// Queues a message to whoever a recipient was found for: a number may have nobody registered on it. The notice's own person
/// is not looked at.
pub(super) fn queue(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    (to, person): (&Recipient, Option<PersonId>),
    notice: &Notice<'_>,
    now_ms: i64,
) -> Result<Told, Fault> {
    let language = if bundle.languages.contains(&to.language) { to.language } else { bundle.default_language() };
    let values = (notice.values)(language);
    let Some(text) = message_text(bundle, host, language, notice.template, &values) else { return Ok(Told::Nobody) };
    let message = NewMessage {
        id: notice.id,
        operation_key: notice.operation_key,
        content: Content::Sms(NewSms {
            to: &to.msisdn,
            generation: to.number_generation,
            route: &host.route(&to.msisdn, notice.class),
            text: &text,
        }),
        person_id: person.map(PersonId::get),
        employer_id: notice.employer_id,
        priority: notice.priority,
        class: notice.class,
        template: notice.template,
        due_ms: notice.due_ms,
        expires_ms: notice.expires_ms,
    };
    Ok(match outbox::enqueue(tx, &host.keys, &message, now_ms)? {
        Enqueued::New { .. } => Told::Queued,
        Enqueued::Duplicate => Told::Before,
    })
}
