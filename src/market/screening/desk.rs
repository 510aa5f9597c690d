//! What an employer does with the questions of a vacancy: look, and put others in their place until somebody has answered.
//!
//! Replacing and answering meet at one row, `vacancy_screening`: a replacement holds on condition that nothing was
//! answered, the first answer says so. Only the first: no hop waits for another.

use super::{QUESTIONS_MAX, Question};
use crate::market::vacancy_desk::{Change, OwnVacancy, Standing};
use crate::market::{ApplicationId, EmployerId, Fault, VacancyId, quarantine, vacancy_change};
use crate::storage::{Column, Error, IdBlock, Keys, Row, Tx};

const BODY: Column = Column::new("vacancy_question", "body");

/// A question as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its row: what an answer names. Later questions of a vacancy have larger ones.
    pub id: i64,
    /// From 1.
    pub place: i64,
    /// What is asked.
    pub question: Question,
}

/// The questions of a vacancy, in their order; empty when it asks nothing.
pub fn of_vacancy(tx: &mut Tx<'_>, keys: &Keys, vacancy: VacancyId) -> Result<Vec<Stored>, Fault> {
    const OF: &str = "SELECT id, place, body_sealed FROM vacancy_question WHERE vacancy_id = $1 ORDER BY place";
    Ok(tx.query(OF, &[vacancy.into()], |row| {
        Ok(Stored { id: row.integer(0)?, place: row.integer(1)?, question: read(row, keys, 0, 2)? })
    })?)
}

/// What was asked and answered with an application, for the copy of what is kept of its person.
pub fn answered_with(tx: &mut Tx<'_>, keys: &Keys, application: ApplicationId) -> Result<Vec<(Question, i64)>, Fault> {
    const WITH: &str = "SELECT vacancy_question.id, vacancy_question.body_sealed, application_answer.answer \
        FROM application_answer JOIN vacancy_question ON vacancy_question.id = application_answer.question_id \
        WHERE application_answer.application_id = $1 ORDER BY vacancy_question.id";
    Ok(tx.query(WITH, &[application.into()], |row| Ok((read(row, keys, 0, 1)?, row.integer(2)?)))?)
}

/// A question of a row: its id and its body in these columns.
fn read(row: &Row<'_>, keys: &Keys, id: usize, body: usize) -> Result<Question, Error> {
    let body = keys.open_text(BODY, row.integer(id)?, row.bytes(body)?)?;
    serde_json::from_str(&body).map_err(|_| Error::Corrupt { what: "a stored question is none" })
}

/// Whether a vacancy has questions that somebody has answered: they stay.
pub fn is_answered(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<bool, Fault> {
    const ANSWERED: &str = "SELECT answered FROM vacancy_screening WHERE vacancy_id = $1";
    Ok(tx.query_one(ANSWERED, &[vacancy.into()], |row| row.boolean(0))?.unwrap_or_default())
}

/// What came of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// These are the questions now; the vacancy stands here.
    Done(Standing),
    /// The vacancy is closed or filled.
    Over,
    /// Somebody has answered.
    Answered,
}

/// Who replaces, and the texts before and after as JSON, for the record of changes.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The vacancy as this transaction has read it.
    pub old: &'a OwnVacancy,
    /// At most [`QUESTIONS_MAX`], checked; none takes them away.
    pub questions: &'a [Question],
    /// The token.
    pub token: i64,
    /// For the record.
    pub fields: &'a str,
}

/// Puts questions in the place of those that there are. A text that asks for a person's look holds the vacancy, and any new
/// text does of one that was held before. Uses at most seven identifiers. [`Error::Conflict`] when another transaction
/// changed the vacancy meanwhile: run the work again.
pub fn replace(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    employer: EmployerId,
    order: &Order<'_>,
    now_ms: i64,
) -> Result<Replaced, Fault> {
    const BEGIN: &str = "INSERT INTO vacancy_screening (vacancy_id, answered, changed_ms) VALUES ($1, 0, $2) \
        ON CONFLICT (vacancy_id) DO NOTHING";
    const UNANSWERED: &str = "UPDATE vacancy_screening SET changed_ms = $2 WHERE vacancy_id = $1 AND answered = 0";
    const CLEAR: &str = "DELETE FROM vacancy_question WHERE vacancy_id = $1";
    const ASK: &str = "INSERT INTO vacancy_question (id, vacancy_id, place, body_sealed) VALUES ($1, $2, $3, $4)";
    const NOTE: &str = "UPDATE vacancy SET status = $4, paused = $5, changed_ms = $6 \
        WHERE id = $1 AND employer_id = $2 AND changed_ms = $3";
    let Order { old, questions, token, fields } = *order;
    if matches!(old.standing, Standing::Closed | Standing::Filled) {
        return Ok(Replaced::Over);
    }
    tx.execute(BEGIN, &[old.vacancy.into(), now_ms.into()])?;
    if tx.execute(UNANSWERED, &[old.vacancy.into(), now_ms.into()])? != 1 {
        return Ok(Replaced::Answered);
    }
    tx.execute(CLEAR, &[old.vacancy.into()])?;
    for (question, place) in questions.iter().take(QUESTIONS_MAX).zip(1_i64..) {
        let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
        let body = serde_json::to_vec(question).map_err(|_| Error::Corrupt { what: "a question is no JSON" })?;
        let sealed = keys.seal(BODY, id, &body);
        tx.execute(ASK, &[id.into(), old.vacancy.into(), place.into(), (&sealed).into()])?;
    }
    let why = match super::hold_reason(questions) {
        _ if questions.is_empty() => None,
        Some(reason) => Some(reason.into()),
        None => quarantine::was_held(tx, old.vacancy)?,
    };
    let standing = if why.is_some() { Standing::Held } else { old.standing };
    let (status, paused) = standing.stored();
    let changed_ms = now_ms.max(old.changed_ms + 1);
    let params = [
        old.vacancy.into(),
        employer.into(),
        old.changed_ms.into(),
        status.code().into(),
        paused.into(),
        changed_ms.into(),
    ];
    if tx.execute(NOTE, &params)? != 1 {
        return Err(Error::Conflict.into());
    }
    if let Some(why) = why {
        quarantine::note_held(tx, ids, old.vacancy, (why, ""), now_ms)?;
    }
    let change = Change { old, new: &old.offer, token, fields };
    vacancy_change::note(tx, keys, ids, &change, changed_ms)?;
    Ok(Replaced::Done(standing))
}

#[cfg(test)]
#[path = "races_tests.rs"]
mod tests;
