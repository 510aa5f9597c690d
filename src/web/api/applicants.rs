//! `/api/v1/vacancies/{id}/applicants` and `/api/v1/applications/{id}`: who applied, how they fit and why.
//!
//! A number is given where the person agreed to it; else there are initials. Nobody is left out by a score.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::page::{Cursor, Page};
use super::problem::{Problem, Refusal};
use super::rank_shape::{AnswerOut, RankOut, answers};
use super::vacancy_shape::stamp;
use super::{Api, write};
use crate::market::applicants::{self, Applicant, Order};
use crate::market::matching::{EXPERIENCE, PAY, PLACE, Reason, SCHEDULE, SKILLS, Score, TRADE};
use crate::market::ranking::{self, Rank, Weights};
use crate::market::screening::answer;
use crate::market::screening::desk::{self, Stored};
use crate::market::stage::Stage;
use crate::market::{ApplicationId, EmployerId, VacancyId, vacancy_desk};
use crate::storage::{Keys, Tx};

/// Somebody who applied.
#[derive(Serialize, ToSchema)]
pub(super) struct ApplicantOut {
    /// The application.
    pub(super) id: String,
    /// The vacancy.
    pub(super) vacancy: String,
    /// Its number.
    job_number: i64,
    /// `applied`, `shortlisted`, `assessment`, `interview`, `offered`, `hired`, `rejected`, `withdrawn` or `expired`
    pub(super) stage: &'static str,
    /// Their name if they gave their number, else initials; null when they are gone.
    name: Option<String>,
    /// Their number, if they agreed to give it to you.
    number: Option<String>,
    /// Whether they can still be reached as the person who applied.
    is_there: bool,
    /// How well they fit.
    score: ScoreOut,
    /// When they applied.
    applied: String,
    /// When the application last moved.
    changed: String,
    /// What they answered to your questions; left out in files, and where they are gone or took the application back.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Vec<AnswerOut>>,
    /// Where they stand in the order by rank; only with `sort=rank`.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<RankOut>,
}

/// A score with how it came about. It is for your order of reading: nobody is rejected by it.
#[derive(Serialize, ToSchema)]
struct ScoreOut {
    /// 0 to 100: the points of what the vacancy states, rescaled.
    total: u8,
    /// The points of each part that the vacancy states.
    parts: Vec<PartOut>,
    /// What there is to say, the weightiest first.
    reasons: Vec<ReasonOut>,
}

/// A part of a score.
#[derive(Serialize, ToSchema)]
struct PartOut {
    /// `trade`, `place`, `pay`, `experience`, `skills` or `schedule`
    name: &'static str,
    /// Points.
    points: u8,
    /// Of so many.
    of: u8,
}

/// A reason.
#[derive(Serialize, ToSchema)]
struct ReasonOut {
    /// Its name, which stays.
    code: &'static str,
    /// In words.
    text: &'static str,
}

fn reason(reason: Reason) -> ReasonOut {
    let (code, text) = match reason {
        Reason::YourTrade => ("same_trade", "It is their own trade."),
        Reason::RelatedTrade => ("related_trade", "Theirs is a related trade."),
        Reason::YourSector => ("same_sector", "They live in the sector."),
        Reason::YourDistrict => ("same_district", "They live in the district."),
        Reason::NextDistrict => ("next_district", "They live in the next district."),
        Reason::Far => ("far", "They live far away."),
        Reason::PaysYourRate => ("pays_their_rate", "It pays what they ask."),
        Reason::PaysLess => ("pays_less", "It pays less than they ask."),
        Reason::EnoughYears => ("enough_years", "They have the years of experience."),
        Reason::FewerYears => ("fewer_years", "They have fewer years than asked."),
        Reason::OtherDays => ("other_days", "They cannot work on all of the days."),
    };
    ReasonOut { code, text }
}

impl ScoreOut {
    fn of(score: &Score) -> ScoreOut {
        let parts = &score.parts;
        let parts = [
            ("trade", Some(parts.trade), TRADE),
            ("place", parts.place, PLACE),
            ("pay", parts.pay, PAY),
            ("experience", parts.experience, EXPERIENCE),
            ("skills", parts.skills, SKILLS),
            ("schedule", parts.schedule, SCHEDULE),
        ];
        let stated = parts.into_iter().filter_map(|(name, points, of)| Some(PartOut { name, points: points?, of }));
        ScoreOut { total: score.total, parts: stated.collect(), reasons: score.reasons().map(reason).collect() }
    }
}

impl ApplicantOut {
    /// Somebody as they are shown.
    pub(super) fn of(one: &Applicant) -> ApplicantOut {
        ApplicantOut {
            id: one.application.get().to_string(),
            vacancy: one.vacancy.get().to_string(),
            job_number: one.job_number.get(),
            stage: one.stage.code(),
            name: one.name.clone(),
            number: one.number.as_ref().map(|number| format!("+{}", number.as_str())),
            is_there: one.is_there,
            score: ScoreOut::of(&one.score),
            applied: stamp(one.applied_ms),
            changed: stamp(one.changed_ms),
            answers: None,
            rank: None,
        }
    }
}

/// An applicant with what is known beside the application.
struct Known {
    applicant: Applicant,
    /// Question and answer.
    given: Vec<(i64, i64)>,
    rank: Option<Rank>,
}

impl Known {
    fn of(tx: &mut Tx<'_>, applicant: Applicant, rank: Option<Rank>) -> Result<Known, Refusal> {
        Ok(Known { given: answer::of_application(tx, applicant.application)?, applicant, rank })
    }

    fn shown(&self, asked: &[Stored]) -> ApplicantOut {
        let out = ApplicantOut::of(&self.applicant);
        // What was answered for an application ends with it, as the number does.
        let is_theirs = self.applicant.is_there && self.applicant.stage != Stage::Withdrawn;
        let answers = is_theirs.then(|| answers(asked, &self.given));
        ApplicantOut { answers, rank: self.rank.as_ref().map(RankOut::of), ..out }
    }
}

/// How a list is sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Time,
    Score,
    Rank,
}

/// The words of all stages, for a fault.
pub(super) fn stages(of: impl Fn(Stage) -> bool) -> String {
    Stage::ALL.iter().filter(|stage| of(**stage)).map(|stage| stage.code()).collect::<Vec<_>>().join(", ")
}

/// A page by rank, after a rank and an application: one more than the limit, to know whether there is a next one.
fn by_rank(
    tx: &mut Tx<'_>,
    (keys, weights): (&Keys, &Weights),
    whose: (EmployerId, VacancyId),
    (asked, stage): (&[Stored], Option<Stage>),
    (cursor, limit): (Option<Cursor>, i64),
) -> Result<Vec<Known>, Refusal> {
    let ranked = ranking::of_vacancy(tx, weights, whose, asked, stage)?;
    let is_behind = |application: ApplicationId, rank: &Rank| {
        cursor.is_none_or(|cursor| (rank.total, application.get()) < (cursor.rank, cursor.row))
    };
    let rest = ranked.into_iter().filter(|(application, rank)| is_behind(*application, rank));
    let mut page = Vec::new();
    for (application, rank) in rest.take(usize::try_from(limit).unwrap_or_default()) {
        if let Some(applicant) = applicants::find(tx, keys, whose.0, application)? {
            page.push(Known::of(tx, applicant, Some(rank))?);
        }
    }
    Ok(page)
}

/// Who applied for a vacancy
#[utoipa::path(get, path = "/api/v1/vacancies/{id}/applicants", tag = "applicants", operation_id = "listApplicants",
    params(("id" = String, Path, description = "The vacancy."),
        ("stage" = Option<String>, Query, description = "Only those at this stage."),
        ("sort" = Option<String>, Query, description = "`rank`: by all that is known, each with its rank; `score`: the best fit first; `time`: the latest first, as when left out."),
        ("limit" = Option<i64>, Query, description = "Rows of a page, 1 to 100; 25 when left out."),
        ("cursor" = Option<String>, Query, description = "`next` of the page before, in the same order.")),
    responses((status = 200, description = "A page.", body = Page<ApplicantOut>)),
    security(("token" = ["applicants:read"])))]
pub(super) async fn list(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    let params = asked.params(&["stage", "sort", "limit", "cursor"])?;
    let vacancy = asked.id.map(VacancyId::new).ok_or_else(|| Problem::not_found("vacancy"))?;
    let stage = params.word("stage", &stages(|_| true), Stage::from_code)?;
    let sort = params.word("sort", "rank, score, time", |word| match word {
        "rank" => Some((Sort::Rank, "rank")),
        "score" => Some((Sort::Score, "true")),
        "time" => Some((Sort::Time, "false")),
        _ => None,
    })?;
    let (sort, name) = sort.unwrap_or((Sort::Time, "false"));
    let list = format!("applicants/{}/{name}", vacancy.get());
    let (limit, cursor) = (params.limit()?, params.cursor(&list)?);
    let after = ApplicationId::new(cursor.map_or(i64::MAX, |cursor| cursor.row));
    let order = if sort == Sort::Score {
        Order::BestFit { score: cursor.map_or(i64::MAX, |cursor| cursor.rank), after }
    } else {
        Order::Latest { after }
    };
    let (keys, weights, employer) = (api.service.keys.clone(), api.service.ranking, asked.caller.employer());
    let read = move |tx: &mut Tx<'_>| {
        if vacancy_desk::find(tx, &keys, employer, vacancy)?.is_none() {
            return Ok(None);
        }
        let asked = desk::of_vacancy(tx, &keys, vacancy)?;
        let whose = (employer, vacancy);
        if sort == Sort::Rank {
            let page = by_rank(tx, (&keys, &weights), whose, (&asked, stage), (cursor, limit + 1))?;
            return Ok(Some((page, asked)));
        }
        let found = applicants::of_vacancy(tx, &keys, whose, stage, order, limit + 1)?;
        let page: Result<Vec<Known>, Refusal> = found.into_iter().map(|one| Known::of(tx, one, None)).collect();
        Ok::<_, Refusal>(Some((page?, asked)))
    };
    let found = api.service.store.read(read).await?;
    let (rows, asked) = found.ok_or_else(|| Problem::not_found("vacancy"))?;
    let cursor = |one: &Known| {
        let score = i64::from(one.applicant.score.total);
        Cursor { rank: one.rank.as_ref().map_or(score, |rank| rank.total), row: one.applicant.application.get() }
    };
    write::told(&Page::of(rows, limit, &list, cursor, |one| one.shown(&asked)))
}

/// One application
#[utoipa::path(get, path = "/api/v1/applications/{id}", tag = "applicants", operation_id = "readApplication",
    params(("id" = String, Path, description = "The application.")),
    responses((status = 200, description = "The application.", body = ApplicantOut)),
    security(("token" = ["applicants:read"])))]
pub(super) async fn read(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let id = asked.id.map(ApplicationId::new).ok_or_else(|| Problem::not_found("application"))?;
    let (keys, employer) = (api.service.keys.clone(), asked.caller.employer());
    let find = move |tx: &mut Tx<'_>| {
        let Some(found) = applicants::find(tx, &keys, employer, id)? else { return Ok(None) };
        let asked = desk::of_vacancy(tx, &keys, found.vacancy)?;
        Ok::<_, Refusal>(Some((Known::of(tx, found, None)?, asked)))
    };
    let found = api.service.store.read(find).await?;
    let (found, asked) = found.ok_or_else(|| Problem::not_found("application"))?;
    write::told(&found.shown(&asked))
}
