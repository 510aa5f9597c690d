//! Messages from phones: STOP, START, HELP and language words are done and confirmed; anything else gets one helpful answer a
//! day, and then silence.
//!
//! STOP and START belong to the number: whoever shares it stops with it. A number that never dialled may stop too: it is
//! written down, so that it is not forgotten.

use super::{Fault, Host, message_text};
use crate::country::Msisdn;
use crate::market::phone_number::{self, MsisdnHash, PhoneNumber};
use crate::menu::Bundle;
use crate::menu::manifest::Value;
use crate::outbox::inbound::Asked;
use crate::outbox::{self, Class, Enqueued, NewMessage, Priority};
use crate::storage::Tx;
use crate::text::Language;
use crate::text::datetime::Day;

/// How long a confirmation is of use, in milliseconds.
const EXPIRES_MS: i64 = 24 * 3_600_000;

/// Who wrote, and what is done with it.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// The number.
    pub msisdn: &'a Msisdn,
    /// What the message asks for.
    pub asked: Asked,
    /// The identifier of the answer, if there is one.
    pub answer_id: i64,
}

/// Number and words stay out of logs.
impl std::fmt::Debug for Letter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({:?})", self.asked)
    }
}

/// Does what a message asks for. Answers whether a message to its sender was queued.
pub fn answer(tx: &mut Tx<'_>, host: &Host, bundle: &Bundle, letter: Letter<'_>, now_ms: i64) -> Result<bool, Fault> {
    let hash = MsisdnHash::of(&host.keys, letter.msisdn);
    let number = match phone_number::find(tx, &hash)? {
        Some(number) => number,
        None => phone_number::seen(tx, &host.keys, &hash, letter.msisdn, bundle.default_language(), now_ms)?,
    };
    let mut language = number.language;
    // What an answer is called that is sent once a day at most.
    let template = match letter.asked {
        Asked::Stop => {
            phone_number::stop(tx, &hash, now_ms)?;
            "stop_confirmed"
        }
        Asked::Start => {
            phone_number::start(tx, &hash)?;
            "start_confirmed"
        }
        Asked::Help => "help_sms",
        Asked::Language(wanted) if bundle.languages.contains(&wanted) => {
            phone_number::set_language(tx, &hash, wanted)?;
            language = wanted;
            "language_confirmed"
        }
        Asked::Language(_) | Asked::Other => "unknown_sms",
    };
    send(tx, host, bundle, (&number, letter), (template, language), now_ms)
}

fn send(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    (number, letter): (&PhoneNumber, Letter<'_>),
    (template, language): (&'static str, Language),
    now_ms: i64,
) -> Result<bool, Fault> {
    let code = [Value::Text(host.short_code.clone())];
    let Some(text) = message_text(bundle, host, language, template, &code) else { return Ok(false) };
    let day = Day::from_ms(now_ms, &host.country.timezone).0;
    let who = number.hash.as_bytes().first_chunk().map_or(0, |head| u128::from_be_bytes(*head));
    let class = Class::MustArrive;
    let message = NewMessage {
        id: letter.answer_id,
        // Once a day for each kind and language: two machines that answer each other come to rest.
        operation_key: &format!("{template}/{}/{who:x}/{}/{day}", language.code(), number.generation),
        to: letter.msisdn,
        number_generation: number.generation,
        person_id: None,
        employer_id: None,
        route: &host.route(letter.msisdn, class),
        priority: Priority::Interactive,
        class,
        template,
        text: &text,
        due_ms: now_ms,
        expires_ms: now_ms + EXPIRES_MS,
    };
    Ok(matches!(outbox::enqueue(tx, &host.keys, &message, now_ms)?, Enqueued::New { .. }))
}
