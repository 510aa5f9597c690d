//! `/api/v1/vacancies`: post, look, change, pause, close. The rules are those of a file's row (`market::import`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::asked::{Asked, Order};
use super::page::{Cursor, Page};
use super::problem::{Pointed, Problem, Refusal};
use super::schema::VacancyIn;
use super::vacancy_shape::{SOURCE, VacancyOut, etag, stamp, warnings};
use super::write::{Answer, Cx};
use super::{Api, write};
use crate::actions::Host;
use crate::country::Country;
use crate::market::employer_check::MayPost;
use crate::market::import::{self, Context, FieldFault};
use crate::market::post_day::{self, POSTS_A_DAY_MAX};
use crate::market::vacancy::{self, NewVacancy, Posted};
use crate::market::vacancy_desk::{self, Change, Changed, NotChanged, OwnVacancy, Standing, Wish};
use crate::market::worker::today;
use crate::market::{EmployerId, VacancyId, job_number, vacancy_change};
use crate::storage::{Keys, Tx};
use crate::web::employer_checks::may_words;

/// The name of the list, in its cursors.
const LIST: &str = "vacancies";

/// One change of a vacancy.
#[derive(Serialize, ToSchema)]
struct ChangeOut {
    /// When.
    at: String,
    /// The token that asked for it.
    token: String,
    /// Names of fields, each with what it was and what it became.
    #[schema(value_type = Object)]
    fields: Value,
}

/// The changes of a vacancy.
#[derive(Serialize, ToSchema)]
struct Changes {
    /// The newest first, at most a hundred.
    items: Vec<ChangeOut>,
}

/// Faults of the market's rules, each at its field.
pub(super) fn pointed(faults: Vec<FieldFault>) -> Problem {
    let point = |fault: FieldFault| Pointed {
        pointer: format!("/{}", fault.field.replace('~', "~0").replace('/', "~1")),
        detail: format!("{}; allowed: {}", fault.what, fault.allowed),
    };
    Problem::invalid(faults.into_iter().map(point).collect())
}

/// The vacancy in the address.
pub(super) fn id_of(asked: &Asked) -> Result<VacancyId, Problem> {
    asked.id.map(VacancyId::new).ok_or_else(|| Problem::not_found("vacancy"))
}

/// The vacancy of this employer.
pub(super) fn own(tx: &mut Tx<'_>, keys: &Keys, employer: EmployerId, id: VacancyId) -> Result<OwnVacancy, Refusal> {
    Ok(vacancy_desk::find(tx, keys, employer, id)?.ok_or_else(|| Problem::not_found("vacancy"))?)
}

/// The vacancy as it stands now, as an answer.
fn shown(
    tx: &mut Tx<'_>,
    host: &Host,
    employer: EmployerId,
    id: VacancyId,
    status: StatusCode,
) -> Result<Answer, Refusal> {
    let own = own(tx, &host.keys, employer, id)?;
    let warnings = warnings(tx, &host.country, &own)?;
    let answer = Answer::of(status, &VacancyOut::of(&own, host).warned(warnings))?;
    let location = (status == StatusCode::CREATED).then(|| format!("/api/v1/vacancies/{}", id.get()));
    Ok(Answer { etag: Some(etag(&own)), location, ..answer })
}

/// Vacancies, the newest first
#[utoipa::path(get, path = "/api/v1/vacancies", tag = "vacancies", operation_id = "listVacancies",
    params(("status" = Option<String>, Query, description = "Only open, held, paused, filled or closed ones."),
        ("limit" = Option<i64>, Query, description = "Rows of a page, 1 to 100; 25 when left out."),
        ("cursor" = Option<String>, Query, description = "`next` of the page before.")),
    responses((status = 200, description = "A page.", body = Page<VacancyOut>)),
    security(("token" = ["vacancies:read"])))]
pub(super) async fn list(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    let params = asked.params(&["status", "limit", "cursor"])?;
    let allowed = Standing::ALL.iter().map(|standing| standing.code()).collect::<Vec<_>>().join(", ");
    let standing = params.word("status", &allowed, Standing::from_code)?;
    let (limit, cursor) = (params.limit()?, params.cursor(LIST)?);
    let before = VacancyId::new(cursor.map_or(i64::MAX, |cursor| cursor.row));
    let (keys, employer) = (api.service.keys.clone(), asked.caller.employer());
    let read =
        move |tx: &mut Tx<'_>| Ok::<_, Refusal>(vacancy_desk::list(tx, &keys, employer, standing, before, limit + 1)?);
    let rows = api.service.store.read(read).await?;
    let cursor = |own: &OwnVacancy| Cursor { rank: 0, row: own.vacancy.get() };
    write::told(&Page::of(rows, limit, LIST, cursor, |own| VacancyOut::of(own, &api.service.host)))
}

/// Post a vacancy
#[utoipa::path(post, path = "/api/v1/vacancies", tag = "vacancies", operation_id = "createVacancy",
    request_body = VacancyIn,
    responses((status = 201, description = "It is posted: open, or held for a person's look.", body = VacancyOut)),
    security(("token" = ["vacancies:write"])))]
pub(super) async fn create(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let now_ms = api.service.clock.now_ms();
    let source = format!("{SOURCE}/{}", employer.get());
    let context = Context { country: &host.country, source: &source, now_ms };
    let offer = import::one(&order.body, None, &context).map_err(pointed)?;
    let random = job_number::mix(api.service.ids.block(now_ms).first().unsigned_abs());
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let mut offer = offer.clone();
        if !post_day::count(tx, employer, today(&host.country, cx.now_ms))? {
            return Err(enough_today(&host.country, cx.now_ms).into());
        }
        if offer.source_ref.is_empty() {
            // Its own number is drawn from the block in a moment: what is left of it names it as well.
            let id = cx.ids.next_id().unwrap_or_default();
            (offer.source, offer.source_ref) = (SOURCE.to_owned(), id.to_string());
        }
        match vacancy::post(tx, &host.keys, &mut cx.ids, employer, &offer, random, cx.now_ms)? {
            Posted::Added { vacancy, .. } => shown(tx, &host, employer, vacancy, StatusCode::CREATED),
            Posted::MayNot(may) => Err(may_not(may).into()),
            Posted::Duplicate { vacancy } => {
                let detail = format!("The vacancy {} has this `ref` already.", vacancy.get());
                Err(Problem::conflict("ref-taken", detail).into())
            }
        }
    };
    api.write(&order, work).await
}

/// Work abroad is posted by agencies whose licence is in force, and by nobody else.
fn may_not(may: MayPost) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "may-not-post",
        "Not for this employer",
        format!("Refused: {}.", may_words(may)),
    )
}

/// The employer has posted as many as it may on a day.
fn enough_today(country: &Country, now_ms: i64) -> Problem {
    let tomorrow_ms = today(country, now_ms).plus(1).start_ms(&country.timezone);
    // Begun seconds count: not a moment too early.
    let wait_s = (tomorrow_ms - now_ms).max(0) / 1_000 + 1;
    let detail = format!("{POSTS_A_DAY_MAX} vacancies were posted today, and that is the most: go on in {wait_s} s.");
    let status = StatusCode::TOO_MANY_REQUESTS;
    Problem::new(status, "posts-a-day", "Enough for today", detail).with(RETRY_AFTER, wait_s.to_string())
}

/// One vacancy
#[utoipa::path(get, path = "/api/v1/vacancies/{id}", tag = "vacancies", operation_id = "readVacancy",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "The vacancy; its ETag is what a change names.", body = VacancyOut)),
    security(("token" = ["vacancies:read"])))]
pub(super) async fn read(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (host, employer, id) = (Arc::clone(&api.service.host), asked.caller.employer(), id_of(&asked)?);
    let read = move |tx: &mut Tx<'_>| shown(tx, &host, employer, id, StatusCode::OK);
    Ok(api.service.store.read(read).await?.response())
}

/// Change a vacancy
///
/// Send only what changes. `If-Match` names the state that you saw, or `*` for any. Trade, place and kind stay, and pay is not
/// lowered, once somebody applied.
#[utoipa::path(patch, path = "/api/v1/vacancies/{id}", tag = "vacancies", operation_id = "changeVacancy",
    params(("id" = String, Path, description = "The vacancy."),
        ("If-Match" = String, Header, description = "The ETag of the state that you saw, or `*`.")),
    request_body = VacancyIn,
    responses((status = 200, description = "The vacancy as it is now.", body = VacancyOut)),
    security(("token" = ["vacancies:write"])))]
pub(super) async fn change(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let id = id_of(&order.asked)?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let (token, body, seen) = (order.asked.caller.token.id, order.body.clone(), order.asked.if_match.clone());
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let old = own(tx, &host.keys, employer, id)?;
        matches(seen.as_deref(), &old)?;
        let source = format!("{SOURCE}/{}", employer.get());
        let context = Context { country: &host.country, source: &source, now_ms: cx.now_ms };
        let mut new = import::one(&body, Some(&old.offer), &context).map_err(pointed)?;
        if new.source_ref != old.offer.source_ref && new.source == SOURCE {
            new.source = source;
        }
        if new == old.offer {
            return shown(tx, &host, employer, id, StatusCode::OK);
        }
        let fields = differences(&old.offer, &new, &host.country);
        let order = Change { old: &old, new: &new, token, fields: &fields };
        match vacancy_desk::change(tx, &host.keys, &mut cx.ids, employer, &order, cx.now_ms)? {
            Changed::Done(_) => shown(tx, &host, employer, id, StatusCode::OK),
            Changed::Not(why) => Err(not_changed(why).into()),
        }
    };
    api.write(&order, work).await
}

/// Whether the state that was seen is the one that is there.
pub(super) fn matches(seen: Option<&str>, old: &OwnVacancy) -> Result<(), Problem> {
    let Some(seen) = seen else {
        let detail = "Say with If-Match which state you saw: the ETag of the vacancy, or `*` for any.";
        let status = StatusCode::PRECONDITION_REQUIRED;
        return Err(Problem::new(status, "if-match", "If-Match is needed", detail));
    };
    let there = etag(old);
    if seen.split(',').map(str::trim).any(|tag| tag == "*" || tag == there) {
        return Ok(());
    }
    let detail = format!("Somebody changed it meanwhile: it is {there} now. Read it again.");
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", "Changed meanwhile", detail))
}

/// Names of fields with what they were and became.
fn differences(old: &NewVacancy, new: &NewVacancy, country: &Country) -> String {
    let (old, new) = (import::texts(old, country), import::texts(new, country));
    let text = |texts: &[(import::Field, String)], wanted| {
        texts.iter().find(|(field, _)| *field == wanted).map(|(_, text)| text.clone())
    };
    let mut fields = Map::new();
    for field in import::fields() {
        let (was, is) = (text(&old, field), text(&new, field));
        if was != is {
            fields.insert(field.code().to_owned(), json!([was, is]));
        }
    }
    Value::Object(fields).to_string()
}

fn not_changed(why: NotChanged) -> Problem {
    match why {
        NotChanged::Over => Problem::conflict("over", "It is closed or filled: post a new one."),
        NotChanged::OtherWork(field) => Problem::conflict(
            "people-applied",
            format!("People applied for this {field}: close the vacancy and post a new one."),
        ),
        NotChanged::PayLowered => Problem::conflict(
            "pay-lowered",
            "People applied for this pay. It may rise, or be paid for another unit if it is as much.",
        ),
        NotChanged::FewerThanHired { hired } => {
            Problem::conflict("fewer-than-hired", format!("{hired} were hired already."))
        }
        NotChanged::MayNot(may) => may_not(may),
        NotChanged::RefTaken => Problem::conflict("ref-taken", "Another vacancy has this `ref` already."),
    }
}

/// Take no applications for a while
#[utoipa::path(post, path = "/api/v1/vacancies/{id}/pause", tag = "vacancies", operation_id = "pauseVacancy",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "It is paused: nobody is shown it.", body = VacancyOut)),
    security(("token" = ["vacancies:write"])))]
pub(super) async fn pause(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    carry_out(&api, &order, Wish::Pause).await
}

/// Take applications again
#[utoipa::path(post, path = "/api/v1/vacancies/{id}/resume", tag = "vacancies", operation_id = "resumeVacancy",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "It is open.", body = VacancyOut)),
    security(("token" = ["vacancies:write"])))]
pub(super) async fn resume(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    carry_out(&api, &order, Wish::Resume).await
}

/// Close a vacancy for good
#[utoipa::path(post, path = "/api/v1/vacancies/{id}/close", tag = "vacancies", operation_id = "closeVacancy",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "It is closed.", body = VacancyOut)),
    security(("token" = ["vacancies:write"])))]
pub(super) async fn close(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    carry_out(&api, &order, Wish::Close).await
}

/// Carries out a wish; what stands there already is no fault.
async fn carry_out(api: &Arc<Api>, order: &Order, wish: Wish) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    super::asked::Fields::of(order.body.clone(), "").end(Some(()))?;
    let id = id_of(&order.asked)?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let (goal, seen) = (
        match wish {
            Wish::Pause => Standing::Paused,
            Wish::Resume => Standing::Open,
            Wish::Close => Standing::Closed,
        },
        order.asked.if_match.clone(),
    );
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let old = own(tx, &host.keys, employer, id)?;
        if seen.is_some() {
            matches(seen.as_deref(), &old)?;
        }
        if old.standing != goal && !vacancy_desk::wish(tx, employer, &old, wish, cx.now_ms)? {
            let is_over = wish == Wish::Resume && old.standing == Standing::Paused;
            let why = if is_over { " and its closing day is over: set a later one" } else { "" };
            let detail = format!("It is {}{why}.", old.standing.code());
            return Err(Problem::conflict("standing", detail).into());
        }
        shown(tx, &host, employer, id, StatusCode::OK)
    };
    api.write(order, work).await
}

/// What was changed in a vacancy, and by which token
#[utoipa::path(get, path = "/api/v1/vacancies/{id}/changes", tag = "vacancies", operation_id = "listChanges",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "Its changes.", body = Changes)),
    security(("token" = ["vacancies:read"])))]
pub(super) async fn changes(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (keys, employer, id) = (api.service.keys.clone(), asked.caller.employer(), id_of(&asked)?);
    let read = move |tx: &mut Tx<'_>| {
        own(tx, &keys, employer, id)?;
        Ok::<_, Refusal>(vacancy_change::changes(tx, &keys, employer, id)?)
    };
    let noted = api.service.store.read(read).await?;
    let items = noted.into_iter().map(|noted| ChangeOut {
        at: stamp(noted.at_ms),
        token: noted.token.to_string(),
        fields: serde_json::from_str(&noted.fields).unwrap_or_default(),
    });
    write::told(&Changes { items: items.collect() })
}
