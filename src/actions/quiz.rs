//! Short quizzes in a worker's own trades, by keypad. Optional; nobody but the worker sees the result unless they agree.

use super::details::{self, YES_NO};
use super::manifest::{Entry, decides, rows, show};
use super::manifest::{WORKER, fields, outcomes};
use super::{ActionCx, Fault, page};
use crate::country::{QUIZ_DRAWN, QUIZ_SEPTETS_MAX, QuizQuestion, TradeCode};
use crate::market::quiz::{self, Begun, Hits, Quiz};
use crate::market::{self, PersonId};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};
use crate::text::datetime::Day;

/// Septets of a day with its year: `24/11/2026`.
const DAY_SEPTETS: usize = 10;

outcomes! { Standing { Fresh = "fresh", Open = "open", Taken = "taken", Gone = "gone" } }
outcomes! { Begin { Begun = "begun", TooSoon = "too_soon", Gone = "gone" } }
outcomes! { Next { Asks = "asks", Ended = "ended", Gone = "gone" } }
outcomes! { Answered { Next = "next" } }
outcomes! { Toggled { Shown = "shown", Hidden = "hidden", Gone = "gone" } }

const ROW: &[Field] = fields! { "trade": FieldType::Coded("trade") };
const ABOUT: &[Field] = fields! { "trade": FieldType::Coded("trade"), "count": FieldType::Number(1) };
/// A question with its answers, each on a line.
const QUESTION: &[Field] = fields! { "question": FieldType::Text(QUIZ_SEPTETS_MAX) };
/// This time, the best time, and who sees it.
const RESULT: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "hits": FieldType::Number(1),
    "drawn": FieldType::Number(1),
    "best": FieldType::Number(1),
    "best_drawn": FieldType::Number(1),
    "day": FieldType::Text(DAY_SEPTETS),
    "shown": YES_NO,
    "again": YES_NO,
};

/// What the flow `quiz` names.
pub(super) const TABLE: &[Entry] = &[
    rows("quiz.mine", &[WORKER], ROW, mine),
    decides!(Case "quiz.standing" &["quiz_trade", WORKER], &[], Standing, standing),
    show("quiz.about", &["quiz_trade", WORKER], ABOUT, about),
    decides!(Action "quiz.begin" &["quiz_trade", WORKER], &[], Begin, begin),
    decides!(Case "quiz.next" &["quiz_trade", WORKER], &[("asks", "quiz_place")], Next, next),
    show("quiz.question", &["quiz_trade", "quiz_place", WORKER], QUESTION, question),
    decides!(Action "quiz.answer" &["quiz_trade", "quiz_place", "quiz_answer", WORKER], &[], Answered, answer),
    show("quiz.result", &["quiz_trade", WORKER], RESULT, result),
    decides!(Action "quiz.toggle_shown" &["quiz_trade", WORKER], &[], Toggled, toggle_shown),
];

/// A person in a trade of theirs.
type Whose = (PersonId, TradeCode);

/// A number of questions as it is stored.
fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or_default()
}

/// The worker's trades that have a quiz.
fn mine(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let worker = details::worker(cx)?;
    let quizzes = &cx.at.host.country.quizzes;
    let trades = worker.trades.iter().map(|known| known.trade);
    let trades: Vec<i64> =
        trades.filter(|trade| !quizzes.of(*trade).is_empty()).map(|trade| i64::from(trade.get())).collect();
    let row = |trade: &i64| Row { id: *trade, values: vec![Value::Coded("trade", *trade)], exact: false };
    Ok(page(&trades, wanted, |trade| *trade, row))
}

/// Who takes a quiz, and in which trade of theirs; `None` when it is none of theirs any more, or has no quiz.
fn whose(cx: &mut ActionCx<'_, '_, '_>) -> Result<Option<Whose>, Fault> {
    let (worker, trade) = (details::worker(cx)?, cx.trade("quiz_trade")?);
    let is_theirs = worker.trades.iter().any(|known| known.trade == trade);
    let has_quiz = !cx.at.host.country.quizzes.of(trade).is_empty();
    Ok((is_theirs && has_quiz).then_some((worker.person, trade)))
}

/// The quiz that the screen is about.
fn taken(cx: &mut ActionCx<'_, '_, '_>) -> Result<Option<(Whose, Quiz)>, Fault> {
    let Some(whose) = whose(cx)? else { return Ok(None) };
    Ok(quiz::find(cx.tx, whose.0, whose.1)?.map(|quiz| (whose, quiz)))
}

/// The question at a place of the attempt.
fn drawn<'c>(cx: &ActionCx<'_, '_, 'c>, (person, trade): Whose, attempt: i64, place: i64) -> Option<&'c QuizQuestion> {
    let bank = cx.at.host.country.quizzes.of(trade);
    quiz::drawn(bank, person, trade, attempt).get(usize::try_from(place).ok()?).copied()
}

/// Where the worker stands in the chosen trade.
fn standing(cx: &mut ActionCx<'_, '_, '_>) -> Result<Standing, Fault> {
    let Some((person, trade)) = whose(cx)? else { return Ok(Standing::Gone) };
    Ok(match quiz::find(cx.tx, person, trade)? {
        None => Standing::Fresh,
        // One that was left long ago is begun anew.
        Some(quiz) if quiz.is_open() && quiz.may_begin(cx.at.now_ms) => Standing::Fresh,
        Some(quiz) if quiz.is_open() => Standing::Open,
        Some(_) => Standing::Taken,
    })
}

/// What it is, before it is begun.
fn about(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let trade = cx.integer("quiz_trade")?;
    Ok(vec![Value::Coded("trade", trade), Value::Number(count(QUIZ_DRAWN))])
}

/// Begins, or goes on.
fn begin(cx: &mut ActionCx<'_, '_, '_>) -> Result<Begin, Fault> {
    let Some((person, trade)) = whose(cx)? else { return Ok(Begin::Gone) };
    let asked = cx.at.host.country.quizzes.of(trade).len().min(QUIZ_DRAWN);
    Ok(match quiz::begin(cx.tx, person, trade, count(asked), cx.at.now_ms)? {
        Begun::Attempt => Begin::Begun,
        Begun::TooSoon => Begin::TooSoon,
    })
}

/// The next question, or the end.
fn next(cx: &mut ActionCx<'_, '_, '_>) -> Result<Next, Fault> {
    let Some((whose, quiz)) = taken(cx)? else { return Ok(Next::Gone) };
    if !quiz.is_open() {
        return Ok(Next::Ended);
    }
    if drawn(cx, whose, quiz.attempt, quiz.answered).is_none() {
        // The bank has fewer questions than when the attempt was begun.
        return Ok(Next::Gone);
    }
    cx.set("quiz_place", quiz.answered);
    Ok(Next::Asks)
}

/// The question on the screen.
fn question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    const GONE: market::Fault = market::Fault::Gone("question");
    let place = cx.integer("quiz_place")?;
    let (whose, quiz) = taken(cx)?.ok_or(GONE)?;
    let question = drawn(cx, whose, quiz.attempt, place).ok_or(GONE)?;
    Ok(vec![Value::Text(question.screen(cx.language()).to_owned())])
}

/// Counts the answer.
fn answer(cx: &mut ActionCx<'_, '_, '_>) -> Result<Answered, Fault> {
    let (place, answer) = (cx.integer("quiz_place")?, cx.integer("quiz_answer")?);
    if let Some((whose, quiz)) = taken(cx)? {
        let is_right = drawn(cx, whose, quiz.attempt, place).is_some_and(|question| question.right == answer);
        quiz::answer(cx.tx, whose, place, is_right, cx.at.now_ms)?;
    }
    Ok(Answered::Next)
}

/// What came of it, and who sees it.
fn result(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let ((_, trade), quiz) = taken(cx)?.ok_or(market::Fault::Gone("quiz"))?;
    let (best, at_ms) = quiz.best.unwrap_or((Hits { right: 0, asked: quiz.hits.asked }, quiz.begun_ms));
    let (year, month, day) = Day::from_ms(at_ms, &cx.at.host.country.timezone).date();
    let yes_no = |yes| Value::Word(if yes { "yes" } else { "no" });
    Ok(vec![
        Value::Coded("trade", i64::from(trade.get())),
        Value::Number(quiz.hits.right),
        Value::Number(quiz.hits.asked),
        Value::Number(best.right),
        Value::Number(best.asked),
        Value::Text(format!("{day}/{month}/{year}")),
        yes_no(quiz.is_shown),
        yes_no(quiz.may_begin(cx.at.now_ms)),
    ])
}

/// Employers see the result, or no more. To show it is a consent, to the text of the screen on which the key is pressed.
fn toggle_shown(cx: &mut ActionCx<'_, '_, '_>) -> Result<Toggled, Fault> {
    let Some(((person, trade), quiz)) = taken(cx)? else { return Ok(Toggled::Gone) };
    let is_done = quiz::set_shown(cx.tx, person, trade, !quiz.is_shown, cx.at.now_ms)?;
    Ok(match (is_done, quiz.is_shown) {
        (false, _) => Toggled::Gone,
        (true, false) => Toggled::Shown,
        (true, true) => Toggled::Hidden,
    })
}
