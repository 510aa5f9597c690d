//! What is shown of an applicant beside the application itself: answers to the employer's questions, and the rank.

use serde::Serialize;
use utoipa::ToSchema;

use crate::market::ranking::{Measure, Part, PartName, Rank};
use crate::market::screening::desk::Stored;
use crate::market::screening::{Kind, Words};
use crate::text::Language;

/// An answer to a question.
#[derive(Serialize, ToSchema)]
pub(super) struct AnswerOut {
    /// The place of the question, from 1.
    question: i64,
    /// What was asked, in English or else the first language that there is.
    ask: String,
    /// `yes_no`, `number` or `choice`
    kind: &'static str,
    /// 1 for yes and 0 for no, the number, or the number of the option.
    answer: i64,
    /// The same in words.
    text: String,
    /// Whether it is as you hope; null: you did not say.
    wanted: Option<bool>,
}

/// The answers, in the order of the questions.
pub(super) fn answers(asked: &[Stored], given: &[(i64, i64)]) -> Vec<AnswerOut> {
    let one = |stored: &Stored| {
        let answer = given.iter().find(|(question, _)| *question == stored.id)?.1;
        let question = &stored.question;
        let option = |at: usize| question.options.get(at).map_or("", |words: &Words| words.of(Language::En)).to_owned();
        let text = match question.kind {
            Kind::YesNo if answer == 1 => "yes".to_owned(),
            Kind::YesNo => "no".to_owned(),
            Kind::Number => answer.to_string(),
            Kind::Choice => usize::try_from(answer - 1).map(option).unwrap_or_default(),
        };
        Some(AnswerOut {
            question: stored.place,
            ask: question.ask.of(Language::En).to_owned(),
            kind: question.kind.code(),
            answer,
            text,
            wanted: question.wanted.as_ref().map(|wanted| wanted.is_met_by(answer)),
        })
    };
    asked.iter().filter_map(one).collect()
}

/// A rank with how it came about. It is an order of reading: nobody is rejected by it. Sex and age are no part of it.
#[derive(Serialize, ToSchema)]
pub(super) struct RankOut {
    /// 0 to 100: the points in per cent of their maximum, rounded down.
    total: i64,
    /// The points of all parts.
    points: i64,
    /// Of so many.
    of: i64,
    /// The parts of which something is known.
    parts: Vec<RankPartOut>,
}

/// A part of a rank.
#[derive(Serialize, ToSchema)]
struct RankPartOut {
    /// `score`, `answers`, `quiz`, `record` or `nearness`
    name: &'static str,
    /// Points.
    points: i64,
    /// Of so many: what the part counts for.
    of: i64,
    /// Where they come from.
    reason: String,
}

fn part(part: &Part) -> RankPartOut {
    let Part { name, points, of, measure: Measure { got, of: most } } = *part;
    let reason = match name {
        PartName::Score => format!("{got} of {most} points of the score, without its place."),
        PartName::Answers => format!("{got} of {most} answers are as you hope."),
        PartName::Quiz => format!("{got} of {most} right in the quiz of the trade."),
        PartName::Record => format!("They came to {got} of {most} booked jobs."),
        PartName::Nearness => format!("{got} of {most} points of the score for the place."),
    };
    RankPartOut { name: name.code(), points, of, reason }
}

impl RankOut {
    /// A rank as it is shown.
    pub(super) fn of(rank: &Rank) -> RankOut {
        let Rank { total, points, of, ref parts } = *rank;
        RankOut { total, points, of, parts: parts.iter().map(part).collect() }
    }
}
