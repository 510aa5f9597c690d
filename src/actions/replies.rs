//! Answers by SMS: the number of a job asks for it, YES and NO answer the one question that is open, a number or a letter
//! the one that an employer asks ([`screening`]), JOBS and STATUS tell.
//!
//! An SMS names nobody: where several people share a SIM, or several questions are open, nothing is done until a job's
//! number says which is meant, and what a person alone may do is done by dialling. The same holds for a number that was
//! silent for so long that it may be somebody else's.

mod questions;
mod screening;

use super::booking as bookings;
use super::inbound::Letter;
use super::manifest::{CODE, fields};
use super::stage;
use super::{Fault, Host, alert, applications, post};
use crate::market::application::{self, ApplyOutcome};
use crate::market::booking;
use crate::market::job_number::JobNumber;
use crate::market::matching::Gate;
use crate::market::phone_number::{self, PhoneNumber};
use crate::market::vacancy::{self, VacancyDetails};
use crate::market::worker::{self, Worker};
use crate::market::{PersonId, jobs};
use crate::menu::manifest::{Field, FieldType, MessageKind, Value};
use crate::menu::{Bundle, Labels as _};
use crate::outbox::inbound::is_talkative;
use crate::outbox::inbound::reply::{self, Word};
use crate::storage::{IdBlock, Tx};
use crate::text::datetime::Day;
use crate::text::{Language, gsm7};
use screening::{CHOICE, QUESTION};

/// Messages of one number on a day that are answered by doing something or telling something: whoever writes more is a
/// machine, or is better served by dialling. STOP and the other keywords are heard all the same.
const REPLIES_DAY_MAX: i64 = 20;
/// Jobs of one SMS.
const JOBS_MAX: usize = 3;
/// Septets of the jobs of one SMS.
const LIST_SEPTETS: usize = 72;

/// A job in one word.
const JOB: &[Field] = fields! { "number": FieldType::Number(8), "code": CODE };
/// A job and what is dialled to ask for it.
const JOB_HOW: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "dial": alert::JOB_CODE,
};
/// A job that was asked for.
const APPLIED: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "code": CODE,
};
/// A job that was asked for before.
const JOB_ALREADY: &[Field] = fields! { "number": FieldType::Number(8), "stage": applications::STAGE, "code": CODE };
/// Several jobs, each with its number: "48213 Mason, Remera; 52345 Helper, Kimironko".
const LIST: &[Field] = fields! { "jobs": FieldType::Text(LIST_SEPTETS), "code": CODE };
/// Other pay that was asked for by SMS.
const PAY_ASKED: &[Field] = fields! { "number": FieldType::Number(8), "pay": bookings::PAY, "code": CODE };
/// The next work that was agreed, or the request that waits, and how many jobs were asked for.
const STATUS_BOOKING: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "day": bookings::DAY,
    "state": bookings::STATE,
    "asked": FieldType::Number(3),
    "code": CODE,
};
/// Nothing but what to dial.
const CODE_ALONE: &[Field] = fields! { "code": CODE };

/// What may be answered.
pub(super) const MESSAGES: &[MessageKind] = &[
    MessageKind { name: "job_how", gives: JOB_HOW },
    MessageKind { name: "applied_by_sms", gives: APPLIED },
    MessageKind { name: "applied_by_sms_asks", gives: APPLIED },
    MessageKind { name: "job_unknown", gives: JOB },
    MessageKind { name: "job_closed", gives: JOB },
    MessageKind { name: "job_paused", gives: JOB },
    MessageKind { name: "job_not_for_you", gives: JOB },
    MessageKind { name: "job_already", gives: JOB_ALREADY },
    MessageKind { name: "jobs_list", gives: LIST },
    MessageKind { name: "jobs_none", gives: CODE_ALONE },
    MessageKind { name: "status_one", gives: STATUS_ONE },
    MessageKind { name: "status_two", gives: STATUS_TWO },
    MessageKind { name: "status_three", gives: STATUS_THREE },
    MessageKind { name: "status_none", gives: CODE_ALONE },
    MessageKind { name: "answer_which", gives: CODE_ALONE },
    MessageKind { name: "answer_none", gives: CODE_ALONE },
    MessageKind { name: "answer_dial", gives: CODE_ALONE },
    MessageKind { name: "question_yes_no", gives: QUESTION },
    MessageKind { name: "question_number", gives: QUESTION },
    MessageKind { name: "question_choice", gives: CHOICE },
    MessageKind { name: "question_dial", gives: JOB },
    MessageKind { name: "question_gone", gives: JOB },
    MessageKind { name: "question_which", gives: CODE_ALONE },
    MessageKind { name: "questions_done", gives: JOB },
    MessageKind { name: "booking_declined", gives: JOB },
    MessageKind { name: "booking_busy", gives: JOB },
    MessageKind { name: "booking_pay_asked", gives: PAY_ASKED },
    MessageKind { name: "status_booking", gives: STATUS_BOOKING },
];

/// What is answered.
pub(super) enum Answer {
    /// This text.
    Text(&'static str, Vec<Value>),
    /// This text, once a day: a number was only mentioned.
    OnceADay(&'static str, Vec<Value>),
    /// That we did not understand, once a day.
    NotUnderstood,
    /// Nothing more: what was done has written of it.
    Told,
    /// Nothing: the number has written very often today.
    Silence,
}

/// Does what a message that is no keyword asks for.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    number: &PhoneNumber,
    letter: &Letter<'_>,
    ids: &mut IdBlock,
    now_ms: i64,
) -> Result<Answer, Fault> {
    let said = reply::read(letter.text);
    let other_pay = reply::other_pay(letter.text);
    let job = said.numbers.iter().find_map(|number| JobNumber::from_value(*number));
    let short = reply::short(letter.text);
    let is_nothing = said.word.is_none() && said.numbers.is_empty();
    let is_unclear = other_pay.is_none() && (is_nothing || (!said.is_clear && job.is_none()));
    let today_ms = Day::from_ms(now_ms, &host.country.timezone).start_ms(&host.country.timezone);
    if is_talkative(tx, number.hash.as_bytes(), today_ms, REPLIES_DAY_MAX)? {
        return Ok(if is_unclear { Answer::NotUnderstood } else { Answer::Silence });
    }
    let is_doubtful = phone_number::is_doubtful(tx, &number.hash, now_ms)?;
    let persons = if is_doubtful { Vec::new() } else { phone_number::persons_on(tx, number)? };
    let mut at = At { tx, host, bundle, number, language: number.language, persons, letter, ids, now_ms };
    if let Some((number, amount)) = other_pay
        && let Some(answer) = at.ask_pay(number, amount)?
    {
        return Ok(answer);
    }
    if let Some((number, short)) = short
        && let Some(answer) = at.answer_shortly(number, short)?
    {
        return Ok(answer);
    }
    if is_unclear {
        // Thanks are no answer, and no wrong one.
        return if said.is_clear && short.is_none() { Ok(Answer::NotUnderstood) } else { at.not_an_answer() };
    }
    match (said.word, job) {
        (_, Some(job)) if !said.is_clear => Ok(match at.how(job)? {
            Answer::Text(template, values) => Answer::OnceADay(template, values),
            other => other,
        }),
        (Some(word @ (Word::Yes | Word::No)), job) => at.answer_question(word == Word::Yes, &said.numbers, job),
        (Some(Word::Jobs), _) => at.jobs(),
        (Some(Word::Status), _) => at.status(),
        (None, Some(job)) => at.apply(job),
        (None, None) if said.numbers.is_empty() || !said.is_clear => Ok(Answer::NotUnderstood),
        (None, None) => {
            let number = said.numbers.first().copied().unwrap_or_default();
            Ok(at.text("job_unknown", vec![Value::Number(number)]))
        }
    }
}

/// One message and what is known around it.
struct At<'t, 'c, 'a> {
    tx: &'t mut Tx<'c>,
    host: &'a Host,
    bundle: &'a Bundle,
    number: &'a PhoneNumber,
    language: Language,
    /// Who may be meant; nobody where the number may be somebody else's.
    persons: Vec<PersonId>,
    letter: &'a Letter<'a>,
    ids: &'a mut IdBlock,
    now_ms: i64,
}

impl At<'_, '_, '_> {
    /// A text whose last value is what to dial.
    fn text(&self, template: &'static str, mut values: Vec<Value>) -> Answer {
        values.push(Value::Text(self.host.short_code.clone()));
        Answer::Text(template, values)
    }

    /// The one person on the number, if registered as a worker.
    fn worker(&mut self) -> Result<Option<Worker>, Fault> {
        let &[person] = self.persons.as_slice() else { return Ok(None) };
        Ok(worker::find(self.tx, person)?.filter(|worker| worker.listed_ms.is_some()))
    }

    fn vacancy(&mut self, job: JobNumber) -> Result<Option<VacancyDetails>, Fault> {
        let Some(id) = vacancy::by_job_number(self.tx, job)? else { return Ok(None) };
        Ok(vacancy::details(self.tx, &self.host.keys, id)?)
    }

    /// The job if it takes applications; else what is answered.
    fn open_vacancy(&mut self, job: JobNumber) -> Result<Result<VacancyDetails, Answer>, Fault> {
        let number = vec![Value::Number(job.get())];
        Ok(match self.vacancy(job)? {
            None => Err(self.text("job_unknown", number)),
            Some(found) if found.is_paused(self.now_ms) => Err(self.text("job_paused", number)),
            Some(found) if !found.is_open(self.now_ms) => Err(self.text("job_closed", number)),
            Some(found) => Ok(found),
        })
    }

    /// Says how to ask for a job.
    fn how(&mut self, job: JobNumber) -> Result<Answer, Fault> {
        Ok(match self.open_vacancy(job)? {
            Ok(found) => self.how_to_ask(&found),
            Err(answer) => answer,
        })
    }

    fn how_to_ask(&self, found: &VacancyDetails) -> Answer {
        let number = found.job_number.get();
        let mut values = named(found);
        values.push(Value::Text(alert::job_code(self.host, number)));
        Answer::Text("job_how", values)
    }

    /// Asks for a job, for the one person who can be meant. The employer gets no number: nobody has agreed to that by an SMS.
    fn apply(&mut self, job: JobNumber) -> Result<Answer, Fault> {
        let found = match self.open_vacancy(job)? {
            Ok(found) => found,
            Err(answer) => return Ok(answer),
        };
        let Some(worker) = self.worker()? else { return Ok(self.how_to_ask(&found)) };
        let (country, key) = (&self.host.country, format!("letter/{}/apply", self.letter.id));
        let outcome = application::apply(self.tx, country, self.ids, &worker, &found, false, &key, self.now_ms)?;
        let number = vec![Value::Number(job.get())];
        Ok(match outcome {
            ApplyOutcome::Applied { application, .. } => {
                stage::received(self.tx, self.host, self.ids, (found.employer, application), self.now_ms)?;
                post::asked(self.tx, (self.host, self.bundle), self.ids, &found, self.now_ms)?;
                let is_asked = found.asks && self.ask_behind((application, worker.person), found.job_number)?;
                let dials = found.asks && !is_asked;
                self.text(if dials { "applied_by_sms_asks" } else { "applied_by_sms" }, named(&found))
            }
            ApplyOutcome::Already { application, stage } => {
                if found.asks && self.ask_behind((application, worker.person), found.job_number)? {
                    return Ok(Answer::Told);
                }
                self.text("job_already", [number, vec![Value::Word(stage.code())]].concat())
            }
            ApplyOutcome::Filled | ApplyOutcome::Closed => self.text("job_closed", number),
            ApplyOutcome::Paused => self.text("job_paused", number),
            // Work abroad is agreed to on a screen.
            ApplyOutcome::NotEligible(Gate::Abroad) | ApplyOutcome::NotListed => self.how_to_ask(&found),
            ApplyOutcome::NotEligible(_) => self.text("job_not_for_you", number),
        })
    }

    /// The best jobs and their numbers.
    fn jobs(&mut self) -> Result<Answer, Fault> {
        let Some(worker) = self.worker()? else { return Ok(self.text("answer_dial", Vec::new())) };
        let found = jobs::for_worker(self.tx, &self.host.country, &worker, self.now_ms, JOBS_MAX)?;
        let mut lines = Vec::new();
        for job in found {
            let Some(found) = vacancy::details(self.tx, &self.host.keys, job.vacancy)? else { continue };
            let (trade, place) = self.labels(i64::from(found.offer.trade.get()), found.offer.place.get());
            lines.push(format!("{} {trade}, {place}", found.job_number.get()));
        }
        Ok(match listed(&lines) {
            None => self.text("jobs_none", Vec::new()),
            Some(list) => self.text("jobs_list", vec![Value::Text(list)]),
        })
    }

    /// How what the person asked for stands, the newest first.
    fn status(&mut self) -> Result<Answer, Fault> {
        let Some(worker) = self.worker()? else { return Ok(self.text("answer_dial", Vec::new())) };
        let mine = application::mine(self.tx, worker.person)?;
        let concerning = booking::list::concerning(self.tx, &self.host.country, worker.person, self.now_ms)?;
        if let Some(next) = concerning.iter().find(|next| next.worker == worker.person) {
            let asked = i64::try_from(mine.len()).unwrap_or(i64::MAX);
            let values = vec![
                Value::Number(next.number.get()),
                Value::Coded("trade", i64::from(next.trade.get())),
                Value::Text(bookings::day_words(next.day, self.language)),
                bookings::state_word(next, self.now_ms),
                Value::Number(asked),
            ];
            return Ok(self.text("status_booking", values));
        }
        let each = mine.iter().take(JOBS_MAX);
        let values = each.flat_map(|mine| [Value::Number(mine.job_number.get()), Value::Word(mine.stage.code())]);
        // A text for each count: how a stage is called is the menus' word.
        let template = match mine.len() {
            0 => "status_none",
            1 => "status_one",
            2 => "status_two",
            _ => "status_three",
        };
        Ok(self.text(template, values.collect()))
    }

    fn labels(&self, trade: i64, area: i64) -> (String, String) {
        let label = |coded, code| self.host.label(coded, code, self.language).unwrap_or_default().into_owned();
        (label("trade", trade), label("area", area))
    }
}

/// Number, trade and place.
fn named(found: &VacancyDetails) -> Vec<Value> {
    vec![
        Value::Number(found.job_number.get()),
        Value::Coded("trade", i64::from(found.offer.trade.get())),
        Value::Coded("area", found.offer.place.get()),
    ]
}

/// As many as fit into one SMS, and the first in any case; `None` when there is none.
fn listed(lines: &[String]) -> Option<String> {
    let fits = |lines: &[String]| gsm7::septets(&lines.join("; ")).is_some_and(|septets| septets <= LIST_SEPTETS);
    let most = (1..=lines.len()).rev().find(|count| *count == 1 || lines.get(..*count).is_some_and(fits))?;
    Some(lines.get(..most)?.join("; "))
}

/// How one to three applications stand.
const STATUS_ONE: &[Field] = fields! { "number": FieldType::Number(8), "stage": applications::STAGE, "code": CODE };
const STATUS_TWO: &[Field] = fields! {
    "number": FieldType::Number(8),
    "stage": applications::STAGE,
    "number2": FieldType::Number(8),
    "stage2": applications::STAGE,
    "code": CODE,
};
const STATUS_THREE: &[Field] = fields! {
    "number": FieldType::Number(8),
    "stage": applications::STAGE,
    "number2": FieldType::Number(8),
    "stage2": applications::STAGE,
    "number3": FieldType::Number(8),
    "stage3": applications::STAGE,
    "code": CODE,
};
