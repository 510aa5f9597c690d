//! `/api/v1/vacancies/{id}/selection`: how far people of each group came, for the vacancy and for the employer's last twelve
//! months.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::problem::{Problem, Refusal};
use super::vacancies::{id_of, own};
use super::{Api, write};
use crate::market::selection::{self, BACK_MS, GROUP_MIN, Group, Groups, falls_behind};
use crate::storage::Tx;

/// Who of a group came to a stage.
#[derive(Serialize, ToSchema)]
struct ReachedOut {
    /// How many.
    people: i64,
    /// In per cent of who applied, rounded down.
    percent: i64,
    /// The share is under four fifths of the best group's: look at why.
    below_four_fifths: bool,
}

/// A group.
#[derive(Serialize, ToSchema)]
struct GroupOut {
    /// By age in years when they applied: `16-20`, `21-24`, `25-30` or `31+`. By sex, as people say it: `woman` or `man`.
    group: &'static str,
    /// Who applied and agreed to be counted.
    applied: i64,
    /// Who came to the shortlist or beyond, whatever became of them then.
    shortlisted: ReachedOut,
    /// Who was hired.
    hired: ReachedOut,
}

/// The same people, parted in two ways.
#[derive(Serialize, ToSchema)]
struct GroupsOut {
    /// Groups that are large enough to be shown.
    by_age: Vec<GroupOut>,
    /// Women and men, where both groups are large enough to be shown. Who does not say is in
    /// neither, nor whoever applied or was moved in this month.
    by_sex: Vec<GroupOut>,
}

/// Selection rates.
#[derive(Serialize, ToSchema)]
struct SelectionOut {
    /// Of this vacancy.
    vacancy: GroupsOut,
    /// Of all that you posted in the last twelve months.
    twelve_months: GroupsOut,
    /// Groups of fewer people are not shown.
    shown_from: i64,
}

fn shown(groups: &Groups) -> GroupsOut {
    GroupsOut { by_age: rates(&groups.shown_by_age()), by_sex: rates(&groups.shown_by_sex()) }
}

fn rates(groups: &[Group]) -> Vec<GroupOut> {
    let reached = |group: &Group, of: fn(&Group) -> i64| {
        let (people, all) = (of(group), group.applied);
        let below_four_fifths = falls_behind((people, all), groups.iter().map(|other| (of(other), other.applied)));
        ReachedOut { people, percent: (people * 100).checked_div(all).unwrap_or_default(), below_four_fifths }
    };
    let one = |group: &Group| GroupOut {
        group: group.name,
        applied: group.applied,
        shortlisted: reached(group, |group| group.shortlisted),
        hired: reached(group, |group| group.hired),
    };
    groups.iter().map(one).collect()
}

/// How far people of each group came
///
/// Of who agreed to be counted in statistics. It rejects and prefers nobody: it is for you to see whether a group falls behind.
#[utoipa::path(get, path = "/api/v1/vacancies/{id}/selection", tag = "applicants", operation_id = "readSelection",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "Rates by group.", body = SelectionOut)),
    security(("token" = ["applicants:read"])))]
pub(super) async fn read(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (host, employer, id) = (Arc::clone(&api.service.host), asked.caller.employer(), id_of(&asked)?);
    let now_ms = api.service.clock.now_ms();
    let read = move |tx: &mut Tx<'_>| {
        own(tx, &host.keys, employer, id)?;
        let vacancy = selection::of_vacancy(tx, &host.country, employer, id, now_ms)?;
        Ok::<_, Refusal>((vacancy, selection::of_employer(tx, &host.country, employer, now_ms - BACK_MS, now_ms)?))
    };
    let (vacancy, all) = api.service.store.read(read).await?;
    let (vacancy, twelve_months) = (shown(&vacancy), shown(&all));
    write::told(&SelectionOut { vacancy, twelve_months, shown_from: GROUP_MIN })
}
