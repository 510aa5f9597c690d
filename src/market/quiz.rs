//! Quizzes: what a worker shows to know of a trade, without a certificate.
//!
//! One row for a person and a trade: the attempt that is under way, or was the last, and the best result of all. Answers are
//! counted one by one under a condition, so that a cut call goes on where it stopped and a key that is delivered twice counts
//! once. Employers see the best result of those who agreed to it, and of nobody else.

use super::job_number::mix;
use super::{ApplicationId, Fault, PersonId, VacancyId};
use crate::country::{QUIZ_DRAWN, QuizQuestion, TradeCode};
use crate::storage::{Error, Row, Tx};

/// From one attempt in a trade to the next: long enough that the answers are not learned by trying.
pub const WAIT_MS: i64 = 30 * 24 * 3_600_000;
/// Version of the text on the screen `quiz.result`, by which somebody agrees that employers see the result. Change it with it.
pub const SHOWN_TEXT_VERSION: &str = "quiz-2026-12";

/// A result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// Right answers.
    pub right: i64,
    /// Of so many questions.
    pub asked: i64,
}

impl Hits {
    /// Whether it is the better one, whatever the number of questions.
    fn beats(self, other: Hits) -> bool {
        self.right * other.asked > other.right * self.asked
    }
}

/// A worker's quiz in a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiz {
    /// The attempt, counted from 1.
    pub attempt: i64,
    /// When it was begun, in epoch milliseconds.
    pub begun_ms: i64,
    /// Questions of it that were answered.
    pub answered: i64,
    /// How it stands.
    pub hits: Hits,
    /// The best result of attempts that were ended, and when; `None` while none was.
    pub best: Option<(Hits, i64)>,
    /// Employers see the best result.
    pub is_shown: bool,
}

impl Quiz {
    /// Whether questions of the attempt are still to be answered.
    pub fn is_open(&self) -> bool {
        self.answered < self.hits.asked
    }

    /// Whether another attempt may be begun.
    pub fn may_begin(&self, now_ms: i64) -> bool {
        now_ms - self.begun_ms >= WAIT_MS
    }
}

fn read(row: &Row<'_>) -> Result<Quiz, Error> {
    let best = match (row.optional_integer(5)?, row.optional_integer(6)?, row.optional_integer(7)?) {
        (Some(right), Some(asked), Some(at_ms)) => Some((Hits { right, asked }, at_ms)),
        _ => None,
    };
    Ok(Quiz {
        attempt: row.integer(0)?,
        begun_ms: row.integer(1)?,
        answered: row.integer(3)?,
        hits: Hits { right: row.integer(4)?, asked: row.integer(2)? },
        best,
        is_shown: row.optional_integer(8)?.is_some(),
    })
}

/// The quiz of a person in a trade; `None` when none was begun.
pub fn find(tx: &mut Tx<'_>, person: PersonId, trade: TradeCode) -> Result<Option<Quiz>, Fault> {
    const FIND: &str = "SELECT attempt, begun_ms, drawn, answered, hits, best_hits, best_drawn, best_ms, shown_ms \
        FROM quiz WHERE person_id = $1 AND trade = $2";
    Ok(tx.query_one(FIND, &[person.into(), i64::from(trade.get()).into()], read)?)
}

/// The questions of an attempt, drawn from a trade's: others and in another order for everybody and each time, and the same
/// whenever it is asked.
pub fn drawn(bank: &[QuizQuestion], person: PersonId, trade: TradeCode, attempt: i64) -> Vec<&QuizQuestion> {
    let seed = mix(person.get().unsigned_abs()) ^ mix((u64::from(trade.get()) << 32) | attempt.unsigned_abs());
    let lot = |question: &QuizQuestion| question.id.bytes().fold(seed, |lot, byte| mix(lot ^ u64::from(byte)));
    let mut lots: Vec<(u64, &QuizQuestion)> = bank.iter().map(|question| (lot(question), question)).collect();
    lots.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    lots.into_iter().take(QUIZ_DRAWN).map(|(_, question)| question).collect()
}

/// What came of a wish to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// An attempt is under way: a new one, or the one that was cut.
    Attempt,
    /// The last one was ended less than [`WAIT_MS`] ago.
    TooSoon,
}

/// Begins an attempt of `asked` questions. One that is under way goes on; one that was left for [`WAIT_MS`] is given up.
pub fn begin(tx: &mut Tx<'_>, person: PersonId, trade: TradeCode, asked: i64, now_ms: i64) -> Result<Begun, Fault> {
    const BEGIN: &str = "INSERT INTO quiz (person_id, trade, attempt, begun_ms, drawn, answered, hits) \
        VALUES ($1, $2, 1, $3, $4, 0, 0) ON CONFLICT (person_id, trade) DO UPDATE SET attempt = quiz.attempt + 1, \
        begun_ms = $3, drawn = $4, answered = 0, hits = 0 WHERE quiz.begun_ms <= $5";
    let params = [person.into(), i64::from(trade.get()).into(), now_ms.into(), asked.into(), (now_ms - WAIT_MS).into()];
    if tx.execute(BEGIN, &params)? == 1 {
        return Ok(Begun::Attempt);
    }
    let is_open = find(tx, person, trade)?.is_some_and(|quiz| quiz.is_open());
    Ok(if is_open { Begun::Attempt } else { Begun::TooSoon })
}

/// Counts the answer to the question at a place of an attempt, from 0; the last one ends the attempt, and a result that is
/// better than the best takes its place. An answer to a question that has one counts for nothing.
pub fn answer(
    tx: &mut Tx<'_>,
    (person, trade): (PersonId, TradeCode),
    place: i64,
    is_right: bool,
    now_ms: i64,
) -> Result<(), Fault> {
    const ANSWER: &str = "UPDATE quiz SET answered = answered + 1, hits = hits + $4 \
        WHERE person_id = $1 AND trade = $2 AND answered = $3 AND answered < drawn";
    const BEST: &str = "UPDATE quiz SET best_hits = hits, best_drawn = drawn, best_ms = $3 \
        WHERE person_id = $1 AND trade = $2 AND answered = drawn";
    let code = i64::from(trade.get());
    if tx.execute(ANSWER, &[person.into(), code.into(), place.into(), is_right.into()])? == 0 {
        return Ok(());
    }
    let Some(quiz) = find(tx, person, trade)? else { return Ok(()) };
    if !quiz.is_open() && quiz.best.is_none_or(|(best, _)| quiz.hits.beats(best)) {
        tx.execute(BEST, &[person.into(), code.into(), now_ms.into()])?;
    }
    Ok(())
}

/// Lets employers see the best result from now on, or no more. False when there is no result.
pub fn set_shown(
    tx: &mut Tx<'_>,
    person: PersonId,
    trade: TradeCode,
    is_shown: bool,
    now_ms: i64,
) -> Result<bool, Fault> {
    const SHOW: &str = "UPDATE quiz SET shown_ms = $3, shown_text = $4 \
        WHERE person_id = $1 AND trade = $2 AND best_ms IS NOT NULL";
    let (at_ms, text) = (is_shown.then_some(now_ms), is_shown.then_some(SHOWN_TEXT_VERSION));
    let params = [person.into(), i64::from(trade.get()).into(), at_ms.into(), text.into()];
    Ok(tx.execute(SHOW, &params)? == 1)
}

/// The best results that those who applied for a vacancy let its employer see, in the vacancy's own trade.
pub fn of_vacancy(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Vec<(ApplicationId, Hits)>, Fault> {
    const OF: &str = "SELECT application.id, quiz.best_hits, quiz.best_drawn FROM vacancy \
        JOIN application ON application.vacancy_id = vacancy.id AND application.stage <> 'withdrawn' \
        JOIN person ON person.id = application.person_id AND person.status = 'listed' \
        JOIN quiz ON quiz.person_id = application.person_id AND quiz.trade = vacancy.trade \
        WHERE vacancy.id = $1 AND quiz.shown_ms IS NOT NULL AND quiz.best_ms IS NOT NULL";
    Ok(tx.query(OF, &[vacancy.into()], |row| {
        Ok((ApplicationId::new(row.integer(0)?), Hits { right: row.integer(1)?, asked: row.integer(2)? }))
    })?)
}

/// A person's quizzes, for the copy of what is kept of them.
pub fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<(i64, Quiz)>, Fault> {
    const OF: &str = "SELECT attempt, begun_ms, drawn, answered, hits, best_hits, best_drawn, best_ms, shown_ms, trade \
        FROM quiz WHERE person_id = $1 ORDER BY trade";
    Ok(tx.query(OF, &[person.into()], |row| Ok((row.integer(9)?, read(row)?)))?)
}

/// Erases what a person answered. For the erasure of the person.
pub fn erase_of(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const ERASE: &str = "DELETE FROM quiz WHERE person_id = $1";
    tx.execute(ERASE, &[person.into()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS, trade};
    use super::*;
    use crate::country::Quizzes;

    const ASKED: i64 = 5;

    /// An attempt with so many right answers, one after the other.
    fn attempt(tx: &mut Tx<'_>, person: PersonId, right: i64, now_ms: i64) -> Result<Begun, Fault> {
        let begun = begin(tx, person, trade(11), ASKED, now_ms)?;
        for place in 0..ASKED {
            answer(tx, (person, trade(11)), place, place < right, now_ms)?;
        }
        Ok(begun)
    }

    fn best(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<(Hits, i64)>, Fault> {
        Ok(find(tx, person, trade(11))?.and_then(|quiz| quiz.best))
    }

    #[test]
    fn a_better_result_replaces_and_a_worse_one_does_not() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let hits = |right| Hits { right, asked: ASKED };
            assert_eq!(attempt(tx, person, 3, NOW_MS)?, Begun::Attempt);
            assert_eq!(best(tx, person)?, Some((hits(3), NOW_MS)));
            assert_eq!(begin(tx, person, trade(11), ASKED, NOW_MS + WAIT_MS - 1)?, Begun::TooSoon);
            assert_eq!(find(tx, person, trade(11))?.unwrap().attempt, 1);
            for (times, right, stays) in [(1, 2, (hits(3), NOW_MS)), (2, 5, (hits(5), NOW_MS + 2 * WAIT_MS))] {
                assert_eq!(attempt(tx, person, right, NOW_MS + times * WAIT_MS)?, Begun::Attempt);
                assert_eq!(best(tx, person)?, Some(stays));
            }
            assert_eq!(find(tx, person, trade(12))?, None, "each trade has its own");
            Ok(())
        });
    }

    #[test]
    fn a_key_that_comes_twice_counts_once_and_a_cut_attempt_goes_on() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            begin(tx, person, trade(11), ASKED, NOW_MS)?;
            for place in [0, 0, 0, 1, 3, 9, -1] {
                answer(tx, (person, trade(11)), place, true, NOW_MS)?;
            }
            let quiz = find(tx, person, trade(11))?.unwrap();
            assert_eq!((quiz.answered, quiz.hits.right, quiz.best, quiz.is_open()), (2, 2, None, true));
            assert_eq!(begin(tx, person, trade(11), ASKED, NOW_MS + 1)?, Begun::Attempt);
            assert_eq!(find(tx, person, trade(11))?.unwrap(), quiz, "it goes on where it stopped");
            assert!(!set_shown(tx, person, trade(11), true, NOW_MS)?, "there is nothing to show yet");
            Ok(())
        });
    }

    #[test]
    fn employers_see_it_by_consent_alone_and_nothing_is_left_after_an_erasure() {
        Fixture::new().run(|tx, f| {
            let (mason, other) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Ben")?);
            let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let (elsewhere, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(12, 1201, "b"))?;
            for (person, key) in [(mason, "1"), (other, "2")] {
                f.apply(tx, person, job, key, NOW_MS)?;
                attempt(tx, person, 4, NOW_MS)?;
            }
            f.apply(tx, mason, elsewhere, "3", NOW_MS)?;
            assert_eq!(of_vacancy(tx, job)?, []);
            assert!(set_shown(tx, mason, trade(11), true, NOW_MS)?);
            let seen: Vec<Hits> = of_vacancy(tx, job)?.into_iter().map(|(_, hits)| hits).collect();
            assert_eq!(seen, [Hits { right: 4, asked: ASKED }]);
            assert_eq!(of_vacancy(tx, elsewhere)?, [], "it says nothing of another trade");
            assert!(set_shown(tx, mason, trade(11), false, NOW_MS)?);
            assert_eq!(of_vacancy(tx, job)?, []);
            erase_of(tx, mason)?;
            assert_eq!((find(tx, mason, trade(11))?, of_person(tx, other)?.len()), (None, 1));
            Ok(())
        });
    }

    #[test]
    fn what_is_drawn_differs_by_person_and_attempt_and_is_the_same_each_time() {
        let quizzes = Quizzes::invented(trade(11));
        let bank = quizzes.of(trade(11));
        let draw = |person, attempt| -> Vec<&str> {
            drawn(bank, PersonId::new(person), trade(11), attempt).iter().map(|question| &*question.id).collect()
        };
        let mut turned: Vec<QuizQuestion> = bank.to_vec();
        turned.reverse();
        let again = drawn(&turned, PersonId::new(7), trade(11), 1);
        assert_eq!(draw(7, 1), again.iter().map(|question| &*question.id).collect::<Vec<_>>(), "wherever they stand");
        let drawn: BTreeSet<Vec<&str>> = (1..40).flat_map(|person| [draw(person, 1), draw(person, 2)]).collect();
        assert!(drawn.len() > 40, "{}", drawn.len());
        let whole =
            |ids: &Vec<&str>| ids.len() == QUIZ_DRAWN && ids.iter().collect::<BTreeSet<_>>().len() == QUIZ_DRAWN;
        assert!(drawn.iter().all(whole));
    }
}
