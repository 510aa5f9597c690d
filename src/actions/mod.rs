//! What menus can do: each name that a flow uses, bound to the labour market. One file a flow.
//!
//! [`perform`] carries out what a step of the session asks for, inside the hop's transaction. An action runs in a
//! savepoint of its own, so that its fault undoes the action while the session still saves and the caller is told.

#![expect(clippy::unnecessary_wraps, reason = "every operation has the signature that the table of operations calls")]

mod abroad;
mod agent;
mod alert;
mod applications;
mod booking;
mod case_news;
mod cases;
mod data;
mod details;
mod help;
mod home;
mod inbound;
mod job;
mod job_sms;
mod jobs;
mod labels;
mod linking;
mod manifest;
mod moving;
mod pin;
mod place;
mod post;
mod questions;
mod quiz;
mod rate;
mod register;
mod replies;
mod report;
mod resume;
mod retention;
mod sex;
pub mod stage;
mod tell;
mod trade;
mod who;

pub use agent::rehearse as rehearse_agent;
pub use alert::{Batch, JOB_ALERTS, Plan, Telling, after as after_wave, batch, plan, tell_some, together};
pub use booking::{Round, Rounded, Saying, note_pay, round};
pub use case_news::{follow_cases, tell_cases};
pub use inbound::{Letter, answer as answer_letter};
pub use labels::Host;
pub use manifest::manifest;
pub use moving::end_move;
pub use resume::{Cut, invite};
pub use retention::{ask_to_stay, end_pin};
pub use tell::{Notice, Told, tell};

use crate::country::{AreaCode, Msisdn, TradeCode};
use crate::market::phone_number::{self, MsisdnHash, PhoneNumber};
use crate::market::{self, PersonId};
use crate::menu::graph::Answer;
use crate::menu::{Bundle, Value};
use crate::outbox::{self, Class, Content, NewMessage, NewSms, Priority};
use crate::session::input::Today;
use crate::session::screen::{Given, Words};
use crate::session::{Effect, Event, Row, RowsWanted, Visit};
use crate::storage::{self, IdBlock, Tx};
use crate::text::Language;
use manifest::Run;

/// A confirmation that could not be sent for a day tells nothing any more: the caller has dialled again.
const CONFIRMATION_EXPIRES_MS: i64 = 24 * 3_600_000;

/// Why an operation could not be carried out. The caller is told in the bundle's words; the log has the operation's name.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// The market.
    #[error(transparent)]
    Market(#[from] market::Fault),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] outbox::Error),
    /// An answer that the checker proved to be there is not, or is of another type.
    #[error("the answer `{0}` is not there")]
    Answer(&'static str),
    /// Nobody has been chosen or registered on this number.
    #[error("nobody is known on this number")]
    Nobody,
    /// The hop's identifiers are used up.
    #[error("the block of identifiers is used up")]
    IdsUsedUp,
}

impl Fault {
    /// The store's own error, when the whole unit of work has to be given up.
    pub fn passing(&self) -> Option<&storage::Error> {
        let (Fault::Storage(error)
        | Fault::Market(market::Fault::Storage(error))
        | Fault::Outbox(outbox::Error::Storage(error))) = self
        else {
            return None;
        };
        error.is_passing().then_some(error)
    }
}

/// Who is calling, as the gateway tells it.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The number.
    pub msisdn: &'a Msisdn,
    /// Its keyed hash.
    pub number: MsisdnHash,
    /// The channel.
    pub channel: &'a str,
    /// The hop.
    pub hop_uid: i64,
}

impl std::fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller(on {})", self.channel)
    }
}

/// The hop around an operation.
#[derive(Debug)]
pub struct Around<'a> {
    /// The country and its labels.
    pub host: &'a Host,
    /// The menus of the visit.
    pub bundle: &'a Bundle,
    /// Who is calling.
    pub caller: Caller<'a>,
    /// The visit.
    pub visit: &'a mut Visit,
    /// The day in the country.
    pub today: Today,
    /// The time.
    pub now_ms: i64,
    /// The first session that may still be open, on whatever number.
    pub first_call: i64,
    /// Identifiers for new rows.
    pub ids: &'a mut IdBlock,
    /// Set when a message was queued.
    pub enqueued: &'a mut bool,
}

/// What an operation works with.
#[derive(Debug)]
pub(crate) struct ActionCx<'t, 'c, 'a> {
    pub(crate) tx: &'t mut Tx<'c>,
    pub(crate) at: &'t mut Around<'a>,
    set: Vec<(&'static str, Answer)>,
}

impl ActionCx<'_, '_, '_> {
    /// A number, amount or code that was answered.
    fn integer(&self, name: &'static str) -> Result<i64, Fault> {
        match self.answer(name)? {
            Answer::Integer(value) => Ok(*value),
            Answer::Text(_) => Err(Fault::Answer(name)),
        }
    }

    /// A text that was answered.
    fn text(&self, name: &'static str) -> Result<&str, Fault> {
        match self.answer(name)? {
            Answer::Text(value) => Ok(value),
            Answer::Integer(_) => Err(Fault::Answer(name)),
        }
    }

    fn answer(&self, name: &'static str) -> Result<&Answer, Fault> {
        let id = self.at.bundle.answer_named(name).ok_or(Fault::Answer(name))?;
        self.at.visit.answers.get(&id).ok_or(Fault::Answer(name))
    }

    fn area(&self, name: &'static str) -> Result<AreaCode, Fault> {
        AreaCode::new(self.integer(name)?).ok_or(Fault::Answer(name))
    }

    fn trade(&self, name: &'static str) -> Result<TradeCode, Fault> {
        let code = u8::try_from(self.integer(name)?).ok();
        code.and_then(TradeCode::new).ok_or(Fault::Answer(name))
    }

    /// Gives an answer, as the operation's declaration says it does.
    fn set(&mut self, name: &'static str, value: i64) {
        self.set.push((name, Answer::Integer(value)));
    }

    fn language(&self) -> Language {
        self.at.visit.language
    }

    /// The person who is speaking, if one is known; while an agent answers for somebody, who is helped.
    fn person(&self) -> Option<PersonId> {
        if self.is_helping() { self.helped() } else { self.at.visit.person.map(PersonId::new) }
    }

    /// The person who is speaking.
    fn known_person(&self) -> Result<PersonId, Fault> {
        self.person().ok_or(Fault::Nobody)
    }

    /// The caller's number as the market knows it.
    fn number(&mut self) -> Result<PhoneNumber, Fault> {
        phone_number::find(self.tx, &self.at.caller.number)?.ok_or(Fault::Nobody)
    }

    /// The hop and state that this operation runs in: the same again when a hop is run again, and never otherwise.
    fn operation_key(&self, what: &str) -> String {
        let visit = &self.at.visit;
        format!("{}/{}/{}/{what}", visit.id, visit.hop, visit.at.0)
    }

    /// Queues a message to the caller, in the language of the visit.
    fn send(&mut self, template: &'static str, values: &[Value], number_generation: i64) -> Result<(), Fault> {
        let text = message_text(self.at.bundle, self.at.host, self.language(), template, values);
        let text = text.ok_or(Fault::Answer(template))?;
        let message = NewMessage {
            id: self.at.ids.next_id().ok_or(Fault::IdsUsedUp)?,
            operation_key: &self.operation_key(template),
            content: Content::Sms(NewSms {
                to: self.at.caller.msisdn,
                generation: number_generation,
                route: &self.at.host.route(self.at.caller.msisdn, Class::MustArrive),
                text: &text,
            }),
            person_id: self.at.visit.person,
            employer_id: None,
            priority: Priority::Interactive,
            class: Class::MustArrive,
            template,
            due_ms: self.at.now_ms,
            expires_ms: self.at.now_ms + CONFIRMATION_EXPIRES_MS,
        };
        outbox::enqueue(self.tx, &self.at.host.keys, &message, self.at.now_ms)?;
        *self.at.enqueued = true;
        Ok(())
    }
}

/// The text of a declared message, filled; `None` when the menus have no such text.
fn message_text(bundle: &Bundle, host: &Host, language: Language, template: &str, values: &[Value]) -> Option<String> {
    let (index, kind) = manifest().messages.iter().enumerate().find(|(_, message)| message.name == template)?;
    let text = bundle.messages.get(index)?.get(language.index()).filter(|text| !text.is_empty())?;
    let given = Given { fields: kind.gives, values };
    Some(Words { bundle, labels: host, language }.fill(text, None, Given::default(), given))
}

/// Notes that a number dialled, and says what is known of it: above all its language.
pub fn greet(
    tx: &mut Tx<'_>,
    host: &Host,
    (number, msisdn): (&MsisdnHash, &Msisdn),
    bundle: &Bundle,
    now_ms: i64,
) -> Result<PhoneNumber, storage::Error> {
    let greeted = phone_number::seen(tx, &host.keys, number, msisdn, bundle.default_language(), now_ms);
    let mut greeted = greeted.map_err(only_storage)?;
    if !bundle.languages.contains(&greeted.language) {
        greeted.language = bundle.default_language();
    }
    Ok(greeted)
}

/// Whether a dropped visit may be offered: not where several people share the number, nor where it may have changed hands, nor
/// where somebody has a PIN: a screen behind it may be what was cut.
pub fn may_resume(tx: &mut Tx<'_>, number: &PhoneNumber) -> Result<bool, storage::Error> {
    if number.owner_doubted {
        return Ok(false);
    }
    match phone_number::persons_on(tx, number).map_err(only_storage)?.as_slice() {
        [] => Ok(true),
        [person] => Ok(!market::pin::state(tx, *person).map_err(only_storage)?.is_set),
        _ => Ok(false),
    }
}

fn only_storage(fault: market::Fault) -> storage::Error {
    match fault {
        market::Fault::Storage(error) => error,
        _ => storage::Error::Corrupt { what: "a number that dialled is not there" },
    }
}

/// Carries out what a step asks for. A fault of the store that passes ends the hop; any other is told to the caller.
pub fn perform(tx: &mut Tx<'_>, around: &mut Around<'_>, wanted: &Effect) -> Result<Event, storage::Error> {
    let (index, rows_wanted) = match wanted {
        Effect::Act(index) | Effect::Decide(index) | Effect::Show(index) => (*index, None),
        Effect::Fetch(index, rows) => (*index, Some(rows)),
        Effect::Screen(_) => return Ok(Event::Fault),
    };
    let name = manifest().operations.get(index).map_or("", |operation| operation.name);
    let Some(run) = manifest::run(index) else { return Ok(Event::Fault) };
    let done = match wanted {
        Effect::Act(_) => tx.attempt(|inner| carry_out(inner, around, run, rows_wanted)),
        _ => carry_out(tx, around, run, rows_wanted),
    };
    match done {
        Ok(event) => Ok(event),
        Err(fault) => {
            if let Some(error) = fault.passing() {
                return Err(error.clone());
            }
            tracing::error!(operation = name, error = %fault, "an operation of the menus failed");
            Ok(Event::Fault)
        }
    }
}

fn carry_out(
    tx: &mut Tx<'_>,
    around: &mut Around<'_>,
    run: &Run,
    rows_wanted: Option<&RowsWanted>,
) -> Result<Event, Fault> {
    let mut cx = ActionCx { tx, at: around, set: Vec::new() };
    if cx.is_helping() {
        agent::require_begun(&mut cx)?;
    }
    Ok(match (run, rows_wanted) {
        (Run::Outcome(run), None) => {
            let outcome = run(&mut cx)?;
            let answers = cx.set.into_iter();
            let answers = answers.filter_map(|(name, value)| Some((around.bundle.answer_named(name)?, value)));
            Event::Outcome(outcome, answers.collect())
        }
        (Run::Show(run), None) => Event::Values(run(&mut cx)?),
        (Run::Rows(run), Some(wanted)) => {
            let (rows, more) = run(&mut cx, wanted)?;
            Event::Rows(rows, more)
        }
        _ => Event::Fault,
    })
}

/// A page of a list that is in memory as a whole: the rows behind the last one that was shown.
fn page<T>(all: &[T], wanted: &RowsWanted, id: impl Fn(&T) -> i64, row: impl Fn(&T) -> Row) -> (Vec<Row>, bool) {
    let after = wanted.after.and_then(|after| all.iter().position(|item| id(item) == after));
    let start = after.map_or(wanted.skip.min(all.len()), |last| last + 1);
    let rest = all.get(start..).unwrap_or_default();
    (rest.iter().take(wanted.limit).map(row).collect(), rest.len() > wanted.limit)
}
