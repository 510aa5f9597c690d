//! Employers' questions by SMS, to who asked for their job: one at a time, and what is written back.
//!
//! A question goes out where the answer can come back (`Host::is_two_way`); elsewhere people are told what to dial. Which
//! question an answer is for is what has left: the newest of each application, within [`ANSWERABLE_MS`]. So the outbox is
//! all that is remembered, and a question never goes out twice, but once more after an answer that is none.

use super::super::manifest::fields;
use super::super::tell::{Notice, Told, tell};
use super::super::{CONFIRMATION_EXPIRES_MS, Fault};
use super::{Answer, At};
use crate::market::job_number::JobNumber;
use crate::market::person;
use crate::market::screening::answer::{self, Saved};
use crate::market::screening::desk::Stored;
use crate::market::screening::{ASK_SEPTETS, Kind, OPTION_SEPTETS, OPTIONS_MAX, Question};
use crate::market::{ApplicationId, PersonId, application};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::outbox::inbound::reply::Short;
use crate::outbox::{Class, Priority, of_person};
use crate::text::{Language, gsm7};

/// How long after a question a word alone is taken for its answer: a week. Who writes 3 a month later means something else.
const ANSWERABLE_MS: i64 = 7 * 24 * 3_600_000;
/// What the causes of these messages begin with.
const CAUSE: &str = "screening";
/// A question that follows another message waits for so long behind it, in milliseconds: both are sent at once otherwise, and
/// "you asked for job 48213" would arrive second.
const BEHIND_MS: i64 = 2_000;
/// How messages of this kind are sent: the route, and so whether an answer can come back, depends on it.
const CLASS: Class = Class::MustArrive;
/// Septets of all options with what is written for each: `1=Week 2=Weekend`.
const OPTIONS_SEPTETS: usize = OPTIONS_MAX * (OPTION_SEPTETS + 3) - 1;

/// A question: of which job, and its words.
pub(super) const QUESTION: &[Field] = fields! { "number": FieldType::Number(8), "ask": FieldType::Text(ASK_SEPTETS) };
/// A question with what is chosen from, and the number of the last choice.
pub(super) const CHOICE: &[Field] = fields! {
    "number": FieldType::Number(8),
    "ask": FieldType::Text(ASK_SEPTETS),
    "options": FieldType::Text(OPTIONS_SEPTETS),
    "last": FieldType::Number(1),
};

/// What is said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// YES or NO.
    Word(bool),
    /// A number, or a letter.
    Short(Short),
}

/// The newest question of an application that has left by SMS and has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AskedQuestion {
    application: ApplicationId,
    person: PersonId,
    pub(super) job: JobNumber,
    question: i64,
    /// It is still asked; else the application is over, or there are other questions by now.
    pub(super) stands: bool,
}

impl AskedQuestion {
    fn whose(&self) -> (ApplicationId, PersonId) {
        (self.application, self.person)
    }

    /// The cause of the message that asked.
    pub(super) fn told_by(&self) -> String {
        cause(self.application, self.question)
    }
}

fn cause(application: ApplicationId, question: i64) -> String {
    format!("{CAUSE}/{}/{question}", application.get())
}

/// Application and question of a message's cause.
fn of_cause(cause: &str) -> Option<(ApplicationId, i64)> {
    let mut parts = cause.strip_prefix(CAUSE)?.strip_prefix('/')?.split('/');
    Some((ApplicationId::new(parts.next()?.parse().ok()?), parts.next()?.parse().ok()?))
}

/// What came of asking on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// A question is on its way.
    Sent,
    /// All is answered.
    Done,
    /// What is open cannot be asked by SMS, or was before.
    Dial,
}

impl At<'_, '_, '_> {
    /// What people on the number were asked by SMS and have not answered. Nothing of who must not be written to.
    pub(super) fn asked_questions(&mut self) -> Result<Vec<AskedQuestion>, Fault> {
        let (keys, since_ms) = (&self.host.keys, self.now_ms - ANSWERABLE_MS);
        let mut found = Vec::<AskedQuestion>::new();
        for person in self.persons.iter().copied() {
            let causes = of_person::causes_left(self.tx, person.get(), CAUSE, since_ms)?;
            if causes.is_empty() || person::recipient(self.tx, keys, person)?.is_none() {
                continue;
            }
            let mut looked_at = Vec::new();
            for (application, question) in causes.iter().filter_map(|cause| of_cause(cause)) {
                if looked_at.contains(&application) {
                    continue;
                }
                looked_at.push(application);
                let answers = answer::of_application(self.tx, application)?;
                if answers.iter().any(|(answered, _)| *answered == question) {
                    continue;
                }
                let Some(mine) = application::one_of(self.tx, person, application)? else { continue };
                let open = answer::open(self.tx, keys, (application, person))?;
                let stands = open.iter().any(|open| open.id == question);
                found.push(AskedQuestion { application, person, job: mine.job_number, question, stands });
            }
        }
        Ok(found)
    }

    /// A number or a letter, for the one question that it can be for; `None` where nothing was asked that it answers.
    pub(super) fn answer_shortly(&mut self, job: Option<i64>, short: Short) -> Result<Option<Answer>, Fault> {
        let mut asked = self.asked_questions()?;
        match job {
            Some(job) => asked.retain(|asked| asked.job.get() == job),
            None if self.persons.len() != 1 => return Ok(None),
            None => {}
        }
        let standing: Vec<AskedQuestion> = asked.into_iter().filter(|asked| asked.stands).collect();
        match standing.as_slice() {
            [] => self.gone(job),
            [one] => self.answer_asked(*one, Said::Short(short)).map(Some),
            _ => Ok(Some(self.text("question_which", Vec::new()))),
        }
    }

    /// Something that answers nothing. Where one question waits, it is put once more.
    pub(super) fn not_an_answer(&mut self) -> Result<Answer, Fault> {
        if self.persons.len() == 1
            && let [one] = *self.asked_questions()?.into_iter().filter(|asked| asked.stands).collect::<Vec<_>>()
        {
            return Ok(self.once_more(one)?.unwrap_or(Answer::NotUnderstood));
        }
        Ok(Answer::NotUnderstood)
    }

    /// Keeps an answer and asks on.
    pub(super) fn answer_asked(&mut self, asked: AskedQuestion, said: Said) -> Result<Answer, Fault> {
        let (keys, whose) = (&self.host.keys, asked.whose());
        let Some((Stored { question, .. }, _)) = answer::one(self.tx, keys, whose, asked.question)? else {
            return self.is_gone(asked);
        };
        let reply = match (question.kind, said) {
            (Kind::YesNo, Said::Word(yes)) => Some(i64::from(yes)),
            (Kind::Number | Kind::Choice, Said::Short(Short::Number(number)))
            | (Kind::Choice, Said::Short(Short::Letter(number))) => Some(number),
            _ => None,
        };
        let Some(reply) = reply.filter(|reply| question.takes(*reply)) else {
            return Ok(self.once_more(asked)?.unwrap_or(Answer::Silence));
        };
        match answer::save(self.tx, keys, whose, (asked.question, reply), self.now_ms)? {
            Saved::Changed | Saved::Over => return self.is_gone(asked),
            Saved::Kept => {}
        }
        let number = vec![Value::Number(asked.job.get())];
        Ok(match self.ask_next(whose, asked.job, self.now_ms)? {
            Asking::Sent => Answer::Told,
            Asking::Done => self.text("questions_done", number),
            Asking::Dial => self.text("question_dial", number),
        })
    }

    /// As `ask_next`, behind what is told now. Whether a question follows.
    pub(super) fn ask_behind(&mut self, whose: (ApplicationId, PersonId), job: JobNumber) -> Result<bool, Fault> {
        Ok(self.ask_next(whose, job, self.now_ms + BEHIND_MS)? == Asking::Sent)
    }

    /// Sends the first open question of an application that was not sent before. Uses one identifier for each that was.
    fn ask_next(&mut self, whose: (ApplicationId, PersonId), job: JobNumber, due_ms: i64) -> Result<Asking, Fault> {
        let open = answer::open(self.tx, &self.host.keys, whose)?;
        if open.is_empty() {
            return Ok(Asking::Done);
        }
        for stored in &open {
            match self.ask(whose.1, job, stored, (&cause(whose.0, stored.id), due_ms))? {
                Some(Told::Queued) => return Ok(Asking::Sent),
                Some(Told::Before) => {}
                // Words that do not fit wait for a screen; so does all behind them, which belongs to the same order.
                Some(Told::Nobody) | None => return Ok(Asking::Dial),
            }
        }
        Ok(Asking::Dial)
    }

    /// Puts a question once more, and the next time says what to dial; `None` after that.
    fn once_more(&mut self, asked: AskedQuestion) -> Result<Option<Answer>, Fault> {
        let Some((stored, _)) = answer::one(self.tx, &self.host.keys, asked.whose(), asked.question)? else {
            return self.is_gone(asked).map(Some);
        };
        let again = format!("{}/again", asked.told_by());
        if self.ask(asked.person, asked.job, &stored, (&again, self.now_ms))? == Some(Told::Queued) {
            return Ok(Some(Answer::Told));
        }
        let values = vec![Value::Number(asked.job.get()), Value::Text(self.host.short_code.clone())];
        let dial = format!("{}/dial", asked.told_by());
        let told = self.write(asked.person, "question_dial", &|_| values.clone(), (&dial, self.now_ms))?;
        Ok((told == Told::Queued).then_some(Answer::Told))
    }

    /// What was asked last is asked no more: that is said, and what is asked now follows. `None` where all that was asked
    /// stands or is answered.
    pub(super) fn gone(&mut self, job: Option<i64>) -> Result<Option<Answer>, Fault> {
        if self.persons.len() != 1 {
            return Ok(None);
        }
        let asked = self.asked_questions()?;
        let gone = asked.into_iter().find(|asked| !asked.stands && job.is_none_or(|job| job == asked.job.get()));
        gone.map(|gone| self.is_gone(gone)).transpose()
    }

    fn is_gone(&mut self, asked: AskedQuestion) -> Result<Answer, Fault> {
        self.ask_behind(asked.whose(), asked.job)?;
        Ok(self.text("question_gone", vec![Value::Number(asked.job.get())]))
    }

    /// Writes a question; `None` where it cannot be answered by SMS, or has no room.
    fn ask(
        &mut self,
        person: PersonId,
        job: JobNumber,
        Stored { question, .. }: &Stored,
        (cause, due_ms): (&str, i64),
    ) -> Result<Option<Told>, Fault> {
        if !self.host.is_two_way(self.letter.msisdn, CLASS) || !Language::ALL.into_iter().all(|l| fits(question, l)) {
            return Ok(None);
        }
        let template = match question.kind {
            Kind::YesNo => "question_yes_no",
            Kind::Number => "question_number",
            Kind::Choice => "question_choice",
        };
        let values = |language: Language| {
            let mut values = vec![Value::Number(job.get()), Value::Text(question.ask.of(language).to_owned())];
            if question.kind == Kind::Choice {
                values.push(Value::Text(options(question, language)));
                values.push(Value::Number(i64::try_from(question.options.len()).unwrap_or_default()));
            }
            values
        };
        self.write(person, template, &values, (cause, due_ms)).map(Some)
    }

    /// Writes to who has just written: at any hour, since they are awake.
    fn write(
        &mut self,
        person: PersonId,
        template: &'static str,
        values: &dyn Fn(Language) -> Vec<Value>,
        (cause, due_ms): (&str, i64),
    ) -> Result<Told, Fault> {
        let notice = Notice {
            id: self.ids.next_id().ok_or(Fault::IdsUsedUp)?,
            person,
            template,
            values,
            operation_key: cause,
            employer_id: None,
            priority: Priority::Interactive,
            class: CLASS,
            due_ms,
            expires_ms: self.now_ms + CONFIRMATION_EXPIRES_MS,
        };
        tell(self.tx, self.host, self.bundle, &notice, self.now_ms)
    }
}

/// What is chosen from: `1=Week 2=Weekend`.
fn options(question: &Question, language: Language) -> String {
    let each = question.options.iter().zip(1_u32..);
    each.map(|(words, place)| format!("{place}={}", words.of(language))).collect::<Vec<_>>().join(" ")
}

/// Whether nothing of a question would be cut.
fn fits(question: &Question, language: Language) -> bool {
    let within = |text: &str, most: usize| gsm7::septets(text).is_some_and(|septets| septets <= most);
    within(question.ask.of(language), ASK_SEPTETS) && within(&options(question, language), OPTIONS_SEPTETS)
}
