//! What applicants answer: one code a question, changed by answering again while the application is open.
//!
//! An answer is written on condition that the question is still asked and the application open, so that whoever is erased,
//! or whose job is closed, while a question is on the screen leaves nothing behind.

use super::desk::{self, Stored};
use crate::market::{ApplicationId, Fault, PersonId, VacancyId};
use crate::storage::{Keys, Tx};

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is kept. The same again changes nothing, another takes its place.
    Kept,
    /// The question is not asked any more, or takes no such answer.
    Changed,
    /// The application is over, or not this person's.
    Over,
}

/// Whose application it is and what it is for, while it is open.
fn open_vacancy(tx: &mut Tx<'_>, whose: (ApplicationId, PersonId)) -> Result<Option<VacancyId>, Fault> {
    const OPEN: &str = "SELECT vacancy_id FROM application WHERE id = $1 AND person_id = $2 \
        AND stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered')";
    Ok(tx.query_one(OPEN, &[whose.0.into(), whose.1.into()], |row| Ok(VacancyId::new(row.integer(0)?)))?)
}

/// Saves an answer of a person to a question of what they applied for.
pub fn save(
    tx: &mut Tx<'_>,
    keys: &Keys,
    whose: (ApplicationId, PersonId),
    (question, answer): (i64, i64),
    now_ms: i64,
) -> Result<Saved, Fault> {
    // Whoever erases or ends the application waits for this, or was first.
    const HOLD: &str = "UPDATE application SET changed_ms = changed_ms WHERE id = $1 AND person_id = $2 \
        AND stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered') RETURNING vacancy_id";
    const FIRST: &str = "UPDATE vacancy_screening SET answered = 1 WHERE vacancy_id = $1 AND answered = 0";
    const SAVE: &str = "INSERT INTO application_answer (application_id, question_id, answer, at_ms) \
        SELECT CAST($1 AS BIGINT), vacancy_question.id, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM vacancy_question \
        WHERE vacancy_question.id = $2 AND vacancy_question.vacancy_id = $5 \
        ON CONFLICT (application_id, question_id) DO UPDATE SET answer = $3, at_ms = $4";
    let held = tx.query_one(HOLD, &[whose.0.into(), whose.1.into()], |row| Ok(VacancyId::new(row.integer(0)?)))?;
    let Some(vacancy) = held else { return Ok(Saved::Over) };
    let asked = desk::of_vacancy(tx, keys, vacancy)?;
    if !asked.iter().any(|asked| asked.id == question && asked.question.takes(answer)) {
        return Ok(Saved::Changed);
    }
    // Both or neither: a question that was taken away meanwhile does not keep the next ones from being changed.
    let kept = tx.attempt(|tx| {
        tx.execute(FIRST, &[vacancy.into()])?;
        let row = [whose.0.into(), question.into(), answer.into(), now_ms.into(), vacancy.into()];
        if tx.execute(SAVE, &row)? == 1 { Ok(()) } else { Err(Fault::Gone("question")) }
    });
    match kept {
        Ok(()) => Ok(Saved::Kept),
        Err(Fault::Gone(_)) => Ok(Saved::Changed),
        Err(fault) => Err(fault),
    }
}

/// What a person is still asked, of what they applied for: empty when everything is answered, nothing is asked or the
/// application is over.
pub fn open(tx: &mut Tx<'_>, keys: &Keys, whose: (ApplicationId, PersonId)) -> Result<Vec<Stored>, Fault> {
    let Some(vacancy) = open_vacancy(tx, whose)? else { return Ok(Vec::new()) };
    let mut asked = desk::of_vacancy(tx, keys, vacancy)?;
    if !asked.is_empty() {
        let answered = of_application(tx, whose.0)?;
        asked.retain(|asked| answered.iter().all(|(question, _)| *question != asked.id));
    }
    Ok(asked)
}

/// One question of what a person applied for, and how many there are in all; `None` when it is not asked any more. Also when
/// the application is over: the screen that was cut is shown again, and its answer is told that it comes too late.
pub fn one(
    tx: &mut Tx<'_>,
    keys: &Keys,
    whose: (ApplicationId, PersonId),
    question: i64,
) -> Result<Option<(Stored, usize)>, Fault> {
    const OF: &str = "SELECT vacancy_id FROM application WHERE id = $1 AND person_id = $2";
    let of = tx.query_one(OF, &[whose.0.into(), whose.1.into()], |row| Ok(VacancyId::new(row.integer(0)?)))?;
    let Some(vacancy) = of else { return Ok(None) };
    let asked = desk::of_vacancy(tx, keys, vacancy)?;
    let all = asked.len();
    Ok(asked.into_iter().find(|asked| asked.id == question).map(|asked| (asked, all)))
}

/// The answers of an application: question and answer.
pub fn of_application(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Vec<(i64, i64)>, Fault> {
    const OF: &str =
        "SELECT question_id, answer FROM application_answer WHERE application_id = $1 ORDER BY question_id";
    Ok(tx.query(OF, &[application.into()], |row| Ok((row.integer(0)?, row.integer(1)?)))?)
}

/// The answers of everybody who applied for a vacancy: application, question, answer.
pub fn of_vacancy(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Vec<(ApplicationId, i64, i64)>, Fault> {
    const OF: &str = "SELECT application_answer.application_id, application_answer.question_id, \
        application_answer.answer FROM application \
        JOIN application_answer ON application_answer.application_id = application.id WHERE application.vacancy_id = $1";
    Ok(tx.query(OF, &[vacancy.into()], |row| {
        Ok((ApplicationId::new(row.integer(0)?), row.integer(1)?, row.integer(2)?))
    })?)
}

/// Erases what a person answered. For the erasure of the person.
pub fn erase_of(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const ERASE: &str = "DELETE FROM application_answer WHERE application_id IN \
        (SELECT id FROM application WHERE person_id = $1)";
    tx.execute(ERASE, &[person.into()])?;
    Ok(())
}
