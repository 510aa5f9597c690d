//! What the employer of a job asks of who applied: one question a screen, each answer saved as it is given.
//!
//! The visit remembers the question on the screen by its row; the next one is the first behind it that has no answer. So a
//! question that was passed over comes again another time, and one that was put in the place of others comes now.

use super::applications;
use super::details::YES_NO;
use super::manifest::{Entry, decides, show};
use super::manifest::{PERSON, fields, outcomes};
use super::{ActionCx, Fault};
use crate::market::screening::answer::{self, Saved};
use crate::market::screening::desk::Stored;
use crate::market::screening::{ASK_SEPTETS, Kind, OPTION_SEPTETS, OPTIONS_MAX, Words};
use crate::market::{self, ApplicationId, PersonId};
use crate::menu::manifest::{Field, FieldType, Value};

outcomes! { Next { YesNo = "yes_no", Number = "number", Choice = "choice", Done = "done" } }
outcomes! { Save { Saved = "saved", Over = "over" } }

const SETS_QUESTION: &[(&str, &str)] = &[("yes_no", "question"), ("number", "question"), ("choice", "question")];

/// One question: its place among so many, what is asked, and what is chosen from.
const QUESTION: &[Field] = fields! {
    "place": FieldType::Number(1),
    "of": FieldType::Number(1),
    "ask": FieldType::Text(ASK_SEPTETS),
    "a": FieldType::Text(OPTION_SEPTETS),
    "b": FieldType::Text(OPTION_SEPTETS),
    "c": FieldType::Text(OPTION_SEPTETS),
    "d": FieldType::Text(OPTION_SEPTETS),
    "has_c": YES_NO,
    "has_d": YES_NO,
};

/// What the flow `questions` names.
pub(super) const TABLE: &[Entry] = &[
    show("application.asks", &["application", PERSON], applications::ASKS, applications::asks),
    decides!(Case "questions.next" &["application", "question", PERSON], SETS_QUESTION, Next, next),
    show("questions.one", &["application", "question", PERSON], QUESTION, one),
    decides!(Action "questions.save" &["application", "question", "reply", PERSON], &[], Save, save),
];

/// The application that is spoken of, with who speaks.
fn whose(cx: &mut ActionCx<'_, '_, '_>) -> Result<(ApplicationId, PersonId), Fault> {
    Ok((ApplicationId::new(cx.integer("application")?), cx.known_person()?))
}

/// What is still asked.
pub(super) fn open(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Stored>, Fault> {
    let whose = whose(cx)?;
    Ok(answer::open(cx.tx, &cx.at.host.keys, whose)?)
}

/// The next question without an answer.
fn next(cx: &mut ActionCx<'_, '_, '_>) -> Result<Next, Fault> {
    let last = cx.integer("question")?;
    let Some(next) = open(cx)?.into_iter().find(|asked| asked.id > last) else { return Ok(Next::Done) };
    cx.set("question", next.id);
    Ok(match next.question.kind {
        Kind::YesNo => Next::YesNo,
        Kind::Number => Next::Number,
        Kind::Choice => Next::Choice,
    })
}

/// The question on the screen.
fn one(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (whose, question) = (whose(cx)?, cx.integer("question")?);
    let found = answer::one(cx.tx, &cx.at.host.keys, whose, question)?;
    let (Stored { place, question, .. }, of) = found.ok_or(market::Fault::Gone("question"))?;
    let language = cx.language();
    let option = |at: usize| question.options.get(at).map_or("", |words: &Words| words.of(language)).to_owned();
    let has = |at: usize| Value::Word(if question.options.len() > at { "yes" } else { "no" });
    let mut values = vec![
        Value::Number(place),
        Value::Number(i64::try_from(of).unwrap_or_default()),
        Value::Text(question.ask.of(language).to_owned()),
    ];
    values.extend((0..OPTIONS_MAX).map(|at| Value::Text(option(at))));
    values.extend([has(2), has(3)]);
    Ok(values)
}

/// Saves the answer. One to a question that was changed meanwhile is not kept: the new one is asked.
fn save(cx: &mut ActionCx<'_, '_, '_>) -> Result<Save, Fault> {
    let (whose, question, reply) = (whose(cx)?, cx.integer("question")?, cx.integer("reply")?);
    let saved = answer::save(cx.tx, &cx.at.host.keys, whose, (question, reply), cx.at.now_ms)?;
    Ok(match saved {
        Saved::Kept | Saved::Changed => Save::Saved,
        Saved::Over => Save::Over,
    })
}
