//! Messages from phones: STOP, START, HELP and language words are done and confirmed; what answers a question or asks for a
//! job is [`replies`]; anything else gets one helpful answer a day, and then silence.
//!
//! STOP and START belong to the number: whoever shares it stops with it. A number that never dialled may stop too: it is
//! written down, so that it is not forgotten.

use super::replies::{self, Answer};
use super::{Fault, Host, message_text};
use crate::country::Msisdn;
use crate::market::phone_number::{self, MsisdnHash, PhoneNumber};
use crate::menu::Bundle;
use crate::menu::manifest::Value;
use crate::outbox::inbound::Asked;
use crate::outbox::{self, Class, Content, Enqueued, NewMessage, NewSms, Priority};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;
use crate::text::datetime::Day;

/// How long a confirmation is of use, in milliseconds.
const EXPIRES_MS: i64 = 24 * 3_600_000;

/// What is answered to what we do not understand.
const UNKNOWN: &str = "unknown_sms";

/// Who wrote, and what is done with it.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// The number.
    pub msisdn: &'a Msisdn,
    /// What the message asks for.
    pub asked: Asked,
    /// What it says.
    pub text: &'a str,
    /// The message's own identifier.
    pub id: i64,
}

/// Number and words stay out of logs.
impl std::fmt::Debug for Letter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({:?})", self.asked)
    }
}

/// Does what a message asks for. Answers whether a message to its sender was queued. Uses at most 14
/// identifiers.
pub fn answer(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    letter: Letter<'_>,
    ids: &mut IdBlock,
    now_ms: i64,
) -> Result<bool, Fault> {
    let hash = MsisdnHash::of(&host.keys, letter.msisdn);
    // Who writes is there, as who dials is: a number that is asked to stay may do it so.
    let number = phone_number::seen(tx, &host.keys, &hash, letter.msisdn, bundle.default_language(), now_ms)?;
    let mut language = number.language;
    let mut values = vec![Value::Text(host.short_code.clone())];
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
        Asked::Language(_) => UNKNOWN,
        Asked::Other => match replies::answer(tx, (host, bundle), &number, &letter, ids, now_ms)? {
            Answer::Text(template, values) => {
                let operation_key = format!("letter/{}", letter.id);
                let answer = Written { template, values: &values, language, operation_key: &operation_key };
                return send(tx, host, bundle, (&number, letter), &answer, ids, now_ms);
            }
            Answer::OnceADay(template, said) => {
                values = said;
                template
            }
            Answer::NotUnderstood => UNKNOWN,
            Answer::Told => return Ok(true),
            Answer::Silence => return Ok(false),
        },
    };
    let day = Day::from_ms(now_ms, &host.country.timezone).0;
    let who = number.hash.as_bytes().first_chunk().map_or(0, |head| u128::from_be_bytes(*head));
    // Once a day for each kind and language: two machines that answer each other come to rest.
    let operation_key = format!("{template}/{}/{who:x}/{}/{day}", language.code(), number.generation);
    let answer = Written { template, values: &values, language, operation_key: &operation_key };
    send(tx, host, bundle, (&number, letter), &answer, ids, now_ms)
}

/// An answer, and what causes it.
struct Written<'a> {
    template: &'static str,
    values: &'a [Value],
    language: Language,
    operation_key: &'a str,
}

fn send(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    (number, letter): (&PhoneNumber, Letter<'_>),
    answer: &Written<'_>,
    ids: &mut IdBlock,
    now_ms: i64,
) -> Result<bool, Fault> {
    let Written { template, values, language, operation_key } = *answer;
    let Some(text) = message_text(bundle, host, language, template, values) else { return Ok(false) };
    let class = Class::MustArrive;
    let message = NewMessage {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        operation_key,
        content: Content::Sms(NewSms {
            to: letter.msisdn,
            generation: number.generation,
            route: &host.route(letter.msisdn, class),
            text: &text,
        }),
        person_id: None,
        employer_id: None,
        priority: Priority::Interactive,
        class,
        template,
        due_ms: now_ms,
        expires_ms: now_ms + EXPIRES_MS,
    };
    Ok(matches!(outbox::enqueue(tx, &host.keys, &message, now_ms)?, Enqueued::New { .. }))
}
