//! In which order an employer may look at who applied: points of a few parts, each with where it comes from.
//!
//! Integers only, so that anybody can check an order by hand. A part of which nothing is known of somebody is left out for them,
//! of the points and of their maximum: nobody falls back for what was not asked, or not agreed to. Never looked at: sex, age,
//! origin, name. Nothing moves by a rank: it is an order of reading.

use std::collections::BTreeMap;

use super::application::read_place_points;
use super::booking::record::SHOWN_FROM;
use super::matching::{EXPERIENCE, PAY, PLACE, SCHEDULE, SKILLS, TRADE};
use super::screening::answer;
use super::screening::desk::Stored;
use super::stage::Stage;
use super::{ApplicationId, EmployerId, Fault, VacancyId, quiz};
use crate::storage::{Row, Tx};

coded! {
    /// A part of a rank.
    pub enum PartName {
        /// The score of the application, but for its place.
        Score = "score",
        /// Answers to the employer's questions that are as it hopes.
        Answers = "answers",
        /// The quiz of the vacancy's trade, where the worker agreed that it is seen.
        Quiz = "quiz",
        /// Booked jobs to which the worker came.
        Record = "record",
        /// The place of the score.
        Nearness = "nearness",
    }
}

/// What each part counts for, in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// [`PartName::Score`]
    pub score: i64,
    /// [`PartName::Answers`]
    pub answers: i64,
    /// [`PartName::Quiz`]
    pub quiz: i64,
    /// [`PartName::Record`]
    pub record: i64,
    /// [`PartName::Nearness`]
    pub nearness: i64,
}

/// Of the built-in configuration, for tests and tools.
impl Default for Weights {
    fn default() -> Self {
        Weights { score: 40, answers: 25, quiz: 10, record: 15, nearness: 10 }
    }
}

impl Weights {
    fn of(&self, part: PartName) -> i64 {
        match part {
            PartName::Score => self.score,
            PartName::Answers => self.answers,
            PartName::Quiz => self.quiz,
            PartName::Record => self.record,
            PartName::Nearness => self.nearness,
        }
    }
}

/// So much of so much: 3 of 4 answers. Nothing is measured where `of` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// So much, at most `of`.
    pub got: i64,
    /// Of so much.
    pub of: i64,
}

/// A part of somebody's rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub name: PartName,
    /// Its points.
    pub points: i64,
    /// Of so many: its weight.
    pub of: i64,
    /// What they come from.
    pub measure: Measure,
}

/// Somebody's rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rank {
    /// 0 to 100: the points in per cent of their maximum, rounded down.
    pub total: i64,
    /// Points of all parts together.
    pub points: i64,
    /// Of so many.
    pub of: i64,
    /// The parts of which something is known, in the order of [`PartName::ALL`].
    pub parts: Vec<Part>,
}

/// The rank of what is known of somebody. A part that is known twice counts as it is known last.
pub fn rank(weights: &Weights, known: &BTreeMap<PartName, Measure>) -> Rank {
    let part = |(name, measure): (&PartName, &Measure)| {
        let of = weights.of(*name);
        let got = measure.got.clamp(0, measure.of.max(0));
        (of > 0 && measure.of > 0).then(|| Part { name: *name, points: of * got / measure.of, of, measure: *measure })
    };
    let parts: Vec<Part> = known.iter().filter_map(part).collect();
    let (points, of) = parts.iter().fold((0, 0), |(points, of), part| (points + part.points, of + part.of));
    Rank { total: (points * 100).checked_div(of).unwrap_or_default(), points, of, parts }
}

/// What the application's own row says: its score, and how the worker kept to what was booked.
fn of_row(row: &Row<'_>) -> Result<(ApplicationId, BTreeMap<PartName, Measure>), crate::storage::Error> {
    let mut score = Measure { got: row.integer(1)?, of: i64::from(TRADE) };
    for (column, of) in [(3, PAY), (4, EXPERIENCE), (5, SKILLS), (6, SCHEDULE)] {
        if let Some(points) = row.optional_integer(column)? {
            score = Measure { got: score.got + points, of: score.of + i64::from(of) };
        }
    }
    let mut known = BTreeMap::from([(PartName::Score, score)]);
    let nearness = read_place_points(row.integer(2)?)?;
    known.extend(nearness.map(|got| (PartName::Nearness, Measure { got: i64::from(got), of: i64::from(PLACE) })));
    let count = |column| Ok::<_, crate::storage::Error>(row.optional_integer(column)?.unwrap_or_default());
    let (jobs, missed) = (count(7)?, count(8)? + count(9)?);
    if jobs + missed >= SHOWN_FROM {
        known.insert(PartName::Record, Measure { got: jobs, of: jobs + missed });
    }
    Ok((ApplicationId::new(row.integer(0)?), known))
}

/// How many answers of each application are as the employer hopes, of the questions for which it said so.
fn wished(tx: &mut Tx<'_>, vacancy: VacancyId, asked: &[Stored]) -> Result<BTreeMap<ApplicationId, Measure>, Fault> {
    let wishes: Vec<_> = asked.iter().filter_map(|asked| Some((asked.id, asked.question.wanted.as_ref()?))).collect();
    let mut met: BTreeMap<ApplicationId, Measure> = BTreeMap::new();
    if wishes.is_empty() {
        return Ok(met);
    }
    let of = i64::try_from(wishes.len()).unwrap_or_default();
    for (application, question, answer) in answer::of_vacancy(tx, vacancy)? {
        // Whoever has answered something is measured by all of them.
        let measure = met.entry(application).or_insert(Measure { got: 0, of });
        let is_met = wishes.iter().any(|(id, wanted)| *id == question && wanted.is_met_by(answer));
        measure.got += i64::from(is_met);
    }
    Ok(met)
}

/// Everybody who applied for a vacancy of this employer, those at a stage or all, the first in rank first and the latest of
/// equals; `asked` are the vacancy's questions.
pub fn of_vacancy(
    tx: &mut Tx<'_>,
    weights: &Weights,
    (employer, vacancy): (EmployerId, VacancyId),
    asked: &[Stored],
    stage: Option<Stage>,
) -> Result<Vec<(ApplicationId, Rank)>, Fault> {
    // Whoever left, or took the application back, shows nothing but what they showed when they applied.
    const KNOWN: &str = "SELECT application.id, application.score_trade, application.score_place, application.score_pay, \
        application.score_experience, application.score_skills, application.score_schedule, booking_record.jobs, \
        booking_record.late_cancels, booking_record.absences \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        LEFT JOIN person ON person.id = application.person_id AND person.status = 'listed' \
        AND application.stage <> 'withdrawn' \
        LEFT JOIN booking_record ON booking_record.person_id = person.id AND booking_record.side = 'worker' \
        WHERE application.vacancy_id = $1 AND vacancy.employer_id = $2 \
        AND (CAST($3 AS TEXT) = '' OR application.stage = $3)";
    let stage = stage.map_or("", Stage::code);
    let mut all = tx.query(KNOWN, &[vacancy.into(), employer.into(), stage.into()], of_row)?;
    let (mut wished, results) = (wished(tx, vacancy, asked)?, quiz::of_vacancy(tx, vacancy)?);
    let results: BTreeMap<ApplicationId, quiz::Hits> = results.into_iter().collect();
    let mut ranked = Vec::with_capacity(all.len());
    for (application, known) in &mut all {
        known.extend(wished.remove(application).map(|measure| (PartName::Answers, measure)));
        let hits = results.get(application);
        known.extend(hits.map(|hits| (PartName::Quiz, Measure { got: hits.right, of: hits.asked })));
        ranked.push((*application, rank(weights, known)));
    }
    ranked.sort_by_key(|(application, rank)| std::cmp::Reverse((rank.total, *application)));
    Ok(ranked)
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
