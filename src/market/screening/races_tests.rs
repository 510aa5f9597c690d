//! Two at once: a question answered twice, somebody erased or a vacancy closed while a question is on the screen, questions
//! replaced while they are read. Within one store the order of commits is the order of these calls; what holds then holds by a
//! unique key or a conditional update, on both engines.

use super::super::answer::{self, Saved};
use super::super::{Kind, Wanted, Words};
use super::*;
use crate::market::application::ApplyOutcome;
use crate::market::data_event::{CALLER, DataEvent};
use crate::market::employer::EmployerKind;
use crate::market::fixture::{Fixture, NOW_MS};
use crate::market::stage::Stage;
use crate::market::vacancy::{self, Decision, VacancyStatus};
use crate::market::{ApplicationId, PersonId, erasure, vacancy_desk};

fn one(text: &str) -> Words {
    Words::One(text.to_owned())
}

fn tools() -> Question {
    Question { kind: Kind::YesNo, ask: one("Own tools?"), options: Vec::new(), wanted: Some(Wanted::OneOf(vec![1])) }
}

fn years() -> Question {
    Question {
        kind: Kind::Number,
        ask: one("Years?"),
        options: Vec::new(),
        wanted: Some(Wanted::Between(Some(2), None)),
    }
}

fn days() -> Question {
    Question { kind: Kind::Choice, ask: one("Days?"), options: vec![one("Week"), one("Weekend")], wanted: None }
}

/// A vacancy of one employer.
struct Job {
    vacancy: VacancyId,
    employer: EmployerId,
}

fn job(tx: &mut Tx<'_>, f: &Fixture, name: &str) -> Result<Job, Fault> {
    let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, name))?;
    Ok(Job { vacancy, employer: vacancy::details(tx, &f.keys, vacancy)?.unwrap().employer })
}

fn put(tx: &mut Tx<'_>, f: &Fixture, job: &Job, questions: &[Question]) -> Result<Replaced, Fault> {
    let old = vacancy_desk::find(tx, &f.keys, job.employer, job.vacancy)?.unwrap();
    let order = Order { old: &old, questions, token: 3, fields: "{}" };
    replace(tx, &f.keys, &mut f.ids(), job.employer, &order, NOW_MS)
}

fn applied(tx: &mut Tx<'_>, f: &Fixture, n: u32, job: &Job) -> Result<(ApplicationId, PersonId), Fault> {
    let person = f.worker(tx, n, "Aline Uwera")?;
    match f.apply(tx, person, job.vacancy, &n.to_string(), NOW_MS)? {
        ApplyOutcome::Applied { application, .. } => Ok((application, person)),
        other => panic!("{other:?}"),
    }
}

fn ids(tx: &mut Tx<'_>, f: &Fixture, job: &Job) -> Result<Vec<i64>, Fault> {
    Ok(of_vacancy(tx, &f.keys, job.vacancy)?.iter().map(|stored| stored.id).collect())
}

fn say(
    tx: &mut Tx<'_>,
    f: &Fixture,
    whose: (ApplicationId, PersonId),
    question: i64,
    reply: i64,
) -> Result<Saved, Fault> {
    answer::save(tx, &f.keys, whose, (question, reply), NOW_MS)
}

#[test]
fn a_question_that_is_answered_twice_has_one_answer_the_last() {
    Fixture::new().run(|tx, f| {
        let job = job(tx, f, "a")?;
        assert_eq!(put(tx, f, &job, &[tools(), years(), days()])?, Replaced::Done(Standing::Open));
        let whose = applied(tx, f, 1, &job)?;
        let asked = ids(tx, f, &job)?;
        assert!(asked.is_sorted() && asked.len() == 3);
        assert_eq!(answer::open(tx, &f.keys, whose)?.len(), 3);
        for reply in [1, 1, 0] {
            assert_eq!(say(tx, f, whose, asked[0], reply)?, Saved::Kept);
        }
        assert_eq!(answer::of_application(tx, whose.0)?, [(asked[0], 0)]);
        assert_eq!(answer::open(tx, &f.keys, whose)?.len(), 2);
        // What is no answer to it is not kept, nor to what is not asked.
        for (question, reply) in [(asked[0], 2), (asked[1], 901), (asked[1], -1), (asked[2], 0), (asked[2], 3), (7, 1)]
        {
            assert_eq!(say(tx, f, whose, question, reply)?, Saved::Changed, "{question} {reply}");
        }
        let all = desk_texts(tx, f, whose.0)?;
        assert_eq!(all, [("Own tools?".to_owned(), 0)]);
        Ok(())
    });
}

fn desk_texts(tx: &mut Tx<'_>, f: &Fixture, application: ApplicationId) -> Result<Vec<(String, i64)>, Fault> {
    let all = answered_with(tx, &f.keys, application)?.into_iter();
    Ok(all.map(|(question, answer)| (question.ask.of(crate::text::Language::En).to_owned(), answer)).collect())
}

#[test]
fn nobody_answers_for_another() {
    Fixture::new().run(|tx, f| {
        let (ours, theirs) = (job(tx, f, "a")?, job(tx, f, "b")?);
        put(tx, f, &ours, &[tools()])?;
        put(tx, f, &theirs, &[tools()])?;
        let (first, second) = (applied(tx, f, 1, &ours)?, applied(tx, f, 2, &ours)?);
        let (mine, other) = (ids(tx, f, &ours)?[0], ids(tx, f, &theirs)?[0]);
        assert_eq!(say(tx, f, (first.0, second.1), mine, 1)?, Saved::Over);
        assert_eq!(say(tx, f, first, other, 1)?, Saved::Changed, "a question of another vacancy");
        assert_eq!(answer::one(tx, &f.keys, (first.0, second.1), mine)?, None);
        assert!(!is_answered(tx, ours.vacancy)? && !is_answered(tx, theirs.vacancy)?);
        Ok(())
    });
}

#[test]
fn questions_stay_from_the_first_answer_on_and_may_change_until_then() {
    Fixture::new().run(|tx, f| {
        let job = job(tx, f, "a")?;
        put(tx, f, &job, &[tools()])?;
        let whose = applied(tx, f, 1, &job)?;
        let read = ids(tx, f, &job)?[0];
        assert_eq!(put(tx, f, &job, &[years(), days()])?, Replaced::Done(Standing::Open));
        assert_eq!(say(tx, f, whose, read, 1)?, Saved::Changed, "it was read before it was replaced");
        assert!(!is_answered(tx, job.vacancy)?);
        let asked = ids(tx, f, &job)?;
        assert!(asked.iter().all(|id| *id > read), "what comes next is behind what was read");
        assert_eq!(say(tx, f, whose, asked[0], 4)?, Saved::Kept);
        assert_eq!(put(tx, f, &job, &[tools()])?, Replaced::Answered);
        assert_eq!(put(tx, f, &job, &[])?, Replaced::Answered);
        assert_eq!(ids(tx, f, &job)?, asked);
        Ok(())
    });
}

#[test]
fn who_is_erased_while_answering_leaves_no_answer() {
    Fixture::new().run(|tx, f| {
        let job = job(tx, f, "a")?;
        put(tx, f, &job, &[tools(), years()])?;
        let (gone, stays) = (applied(tx, f, 1, &job)?, applied(tx, f, 2, &job)?);
        let asked = ids(tx, f, &job)?;
        for whose in [gone, stays] {
            assert_eq!(say(tx, f, whose, asked[0], 1)?, Saved::Kept);
        }
        assert!(erasure::erase(tx, &mut f.ids(), gone.1, (DataEvent::Erased, CALLER), NOW_MS)?);
        assert_eq!(say(tx, f, gone, asked[1], 3)?, Saved::Over);
        assert_eq!((answer::of_application(tx, gone.0)?, answer::open(tx, &f.keys, gone)?), (vec![], vec![]));
        assert_eq!(answer::of_vacancy(tx, job.vacancy)?, [(stays.0, asked[0], 1)]);
        assert_eq!(put(tx, f, &job, &[days()])?, Replaced::Answered, "another has answered");
        Ok(())
    });
}

#[test]
fn a_vacancy_that_closes_while_answering_takes_answers_as_long_as_the_application_is_open() {
    Fixture::new().run(|tx, f| {
        let job = job(tx, f, "a")?;
        put(tx, f, &job, &[tools(), years()])?;
        let whose = applied(tx, f, 1, &job)?;
        let asked = ids(tx, f, &job)?;
        vacancy::decide(tx, job.vacancy, Decision::Close, NOW_MS)?;
        assert_eq!(say(tx, f, whose, asked[0], 1)?, Saved::Kept, "who is still looked at may still say something");
        assert_eq!(put(tx, f, &job, &[days()])?, Replaced::Over);
        Fixture::put(tx, whose.0, Stage::Expired)?;
        assert_eq!(say(tx, f, whose, asked[1], 3)?, Saved::Over);
        assert!(answer::one(tx, &f.keys, whose, asked[1])?.is_some(), "a screen that was cut is shown again");
        assert_eq!(answer::of_application(tx, whose.0)?, [(asked[0], 1)]);
        Ok(())
    });
}

#[test]
fn a_text_that_asks_for_a_look_holds_the_vacancy_and_so_does_any_after_it() {
    Fixture::new().run(|tx, f| {
        let job = job(tx, f, "a")?;
        let bad = Question { ask: one("Will you pay a fee?"), ..tools() };
        assert_eq!(put(tx, f, &job, &[bad])?, Replaced::Done(Standing::Held));
        assert_eq!(vacancy::details(tx, &f.keys, job.vacancy)?.unwrap().status, VacancyStatus::Held);
        quarantine::release(tx, &mut f.ids(), job.vacancy, "Aline", NOW_MS)?;
        assert_eq!(put(tx, f, &job, &[tools()])?, Replaced::Done(Standing::Held));
        quarantine::release(tx, &mut f.ids(), job.vacancy, "Aline", NOW_MS)?;
        assert_eq!(put(tx, f, &job, &[])?, Replaced::Done(Standing::Open), "nothing is no text");
        let noted = vacancy_change::changes(tx, &f.keys, job.employer, job.vacancy)?;
        assert_eq!(noted.iter().map(|noted| noted.token).collect::<Vec<_>>(), [3, 3, 3]);
        Ok(())
    });
}

#[test]
fn of_two_who_replace_at_once_one_runs_again() {
    Fixture::new().run(|tx, f| {
        let job = job(tx, f, "a")?;
        let old = vacancy_desk::find(tx, &f.keys, job.employer, job.vacancy)?.unwrap();
        let questions = [tools()];
        let order = Order { old: &old, questions: &questions, token: 3, fields: "{}" };
        replace(tx, &f.keys, &mut f.ids(), job.employer, &order, NOW_MS)?;
        let late = tx.attempt(|tx| replace(tx, &f.keys, &mut f.ids(), job.employer, &order, NOW_MS));
        assert_eq!(late, Err(Fault::Storage(Error::Conflict)));
        assert_eq!(ids(tx, f, &job)?.len(), 1);
        Ok(())
    });
}
