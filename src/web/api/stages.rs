//! `/api/v1/applications/{id}/stage` and `/api/v1/stage-moves`: applications move on, one or many.
//!
//! An employer moves as far as an offer, or says no. Hired is the worker's word; withdrawn and expired are nobody's to say
//! here. Many moves are carried out a few at a time, each with its own outcome: one that cannot be done keeps no other back.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::applicants::stages;
use super::asked::{Fields, Order, number};
use super::problem::{Pointed, Problem, Refusal};
use super::schema::{MovesIn, StageIn};
use super::stage_order::{Assessment, Interview, MoveOrder, Moved, Offer};
use super::write::{Answer, Cx};
use super::{Api, write};
use crate::actions::stage::{self, Advanced};
use crate::actions::{Fault, Host};
use crate::country::{Country, PayMeans, PayUnit};
use crate::market::appointment::WORDS_CHARS_MAX;
use crate::market::import::iso;
use crate::market::note::{self, TEXT_CHARS_MAX};
use crate::market::pay::Pay;
use crate::market::stage::Stage;
use crate::market::worker::today;
use crate::market::{ApplicationId, applicants};
use crate::menu::Bundle;
use crate::storage::{IdBlock, Tx};
use crate::text::datetime::{Day, parse_clock};

/// Moves in one request.
const MOVES_MAX: usize = 100;
/// Moves in one transaction: each writes an application, and what it causes; together well under what hops may wait.
const MOVES_PER_WRITE: usize = 8;
const CLOCK: &str = "a time as 09:00";
/// How far ahead an interview or a start may be: a year.
const AHEAD_DAYS_MAX: i32 = 366;

/// Moves an application, and writes down among the employer's notes why and on what terms. The applicant is told as of
/// every move.
fn advance(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    order: &MoveOrder,
    now_ms: i64,
) -> Result<Moved, Fault> {
    // The identifiers are those of the request, so a move that is carried out again is known again.
    let operation_key = format!("api/{}", ids.first());
    let done = stage::advance(tx, host, bundle, ids, &order.of_market(host, &operation_key), now_ms)?;
    if let (Advanced::Moved { .. }, Some(text)) = (done, order.written()) {
        // A full list of notes keeps no move back.
        note::add(tx, &host.keys, ids, (order.employer, order.application), (order.by, &text), now_ms)?;
    }
    Ok(order.outcome(done))
}

/// What became of many moves.
#[derive(Serialize, ToSchema)]
struct ManyMoved {
    /// How many were made now.
    moved: usize,
    /// Each, in the order of the request.
    results: Vec<Moved>,
}

/// Whether an employer may say this.
fn is_employers(stage: Stage) -> bool {
    matches!(stage, Stage::Shortlisted | Stage::Assessment | Stage::Interview | Stage::Offered | Stage::Rejected)
}

/// What a move says besides the application.
struct Wanted {
    to: Stage,
    note: Option<String>,
    assessment: Option<Assessment>,
    interview: Option<Interview>,
    offer: Option<Offer>,
}

/// Reads a move, everything that is wrong with it at once.
fn wanted(fields: &mut Fields, country: &Country, today: Day) -> Option<Wanted> {
    let allowed = stages(is_employers);
    let to = fields.value("to", &allowed, |word| Stage::from_code(word).filter(|stage| is_employers(*stage)));
    let to = fields.need("to", to, &allowed);
    let note = fields.text("note", TEXT_CHARS_MAX);
    let assessment = fields.inside("assessment").map(|mut inside| {
        let assessment = assessment(&mut inside, today);
        fields.close(inside);
        assessment
    });
    let interview = fields.inside("interview").map(|mut inside| {
        let interview = interview(&mut inside, today);
        fields.close(inside);
        interview
    });
    let offer = fields.inside("offer").map(|mut inside| {
        let offer = offer(&mut inside, country, today);
        fields.close(inside);
        offer
    });
    let to = to?;
    for (name, is_there, stage) in [
        ("assessment", assessment.is_some(), Stage::Assessment),
        ("interview", interview.is_some(), Stage::Interview),
        ("offer", offer.is_some(), Stage::Offered),
    ] {
        if is_there && to != stage {
            fields.fault(name, format!("only with a move to {}", stage.code()));
        } else if to == stage {
            fields.need(name, is_there.then_some(()), "an object: see /api/docs");
        }
    }
    Some(Wanted { to, note, assessment: assessment.flatten(), interview: interview.flatten(), offer: offer.flatten() })
}

/// A day from today to a year from now; `None` also when none is given.
fn day_if_given(fields: &mut Fields, name: &'static str, today: Day) -> (Option<Day>, String) {
    let last = today.plus(AHEAD_DAYS_MAX);
    let allowed = format!("a day from {} to {}", iso(today), iso(last));
    let found = fields.value(name, &allowed, |text| {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let day = Day::from_date(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
        (today..=last).contains(&day).then_some(day)
    });
    (found, allowed)
}

fn day(fields: &mut Fields, name: &'static str, today: Day) -> Option<Day> {
    let (found, allowed) = day_if_given(fields, name, today);
    fields.need(name, found, &allowed)
}

fn assessment(fields: &mut Fields, today: Day) -> Option<Assessment> {
    let what = fields.text("what", WORDS_CHARS_MAX);
    let what = fields.need("what", what, "a text");
    let (day, _) = day_if_given(fields, "day", today);
    let minute = fields.value("time", CLOCK, |text| parse_clock(text).ok());
    Some(Assessment { what: what?, day, minute })
}

fn interview(fields: &mut Fields, today: Day) -> Option<Interview> {
    let day = day(fields, "day", today);
    let time = fields.value("time", CLOCK, |text| parse_clock(text).ok());
    let time = fields.need("time", time, CLOCK);
    let place = fields.text("place", WORDS_CHARS_MAX);
    let place = fields.need("place", place, "a text");
    Some(Interview { day: day?, minute: time?, place: place? })
}

fn offer(fields: &mut Fields, country: &Country, today: Day) -> Option<Offer> {
    const AMOUNT: &str = "a whole amount of the currency, more than 0";
    let amount = fields.value("pay", AMOUNT, |text| {
        text.parse().ok().and_then(|whole| country.currency.from_whole(whole)).filter(|amount| *amount > 0)
    });
    let amount = fields.need("pay", amount, AMOUNT);
    let units = PayUnit::ALL.map(PayUnit::code).join(", ");
    let unit = fields.value("pay_unit", &units, PayUnit::from_code);
    let unit = fields.need("pay_unit", unit, &units);
    if let (Some(amount), Some(unit)) = (amount, unit) {
        let bounds = country.pay.bounds(unit);
        if !(bounds.min..=bounds.max).contains(&amount) {
            let (min, max) = (country.currency.whole(bounds.min), country.currency.whole(bounds.max));
            fields.fault("pay", format!("out of bounds; allowed: {min} to {max} a {}", unit.code()));
        }
    }
    let means = fields.value("pay_means", "cash, momo", PayMeans::from_code);
    let (start, answer_by) = (day(fields, "start", today), day(fields, "answer_by", today));
    if let (Some(start), Some(answer_by)) = (start, answer_by)
        && answer_by > start
    {
        fields.fault("answer_by", "after the start; allowed: the first day at the latest");
    }
    let beyond_openings = fields.value("beyond_openings", "true or false", |text| text.parse().ok());
    let beyond_openings = beyond_openings.unwrap_or_default();
    let pay = Pay { amount: amount?, unit: unit? };
    Some(Offer { pay, means, start: start?, answer_by: answer_by?, beyond_openings })
}

/// Move an application to a stage
#[utoipa::path(post, path = "/api/v1/applications/{id}/stage", tag = "stages", operation_id = "moveApplication",
    params(("id" = String, Path, description = "The application.")),
    request_body = StageIn,
    responses((status = 200, description = "It stands there.", body = Moved)),
    security(("token" = ["applicants:write"])))]
pub(super) async fn one(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let id = order.asked.id.ok_or_else(|| Problem::not_found("application"))?;
    let host = Arc::clone(&api.service.host);
    let mut fields = Fields::of(order.body.clone(), "");
    let wanted = wanted(&mut fields, &host.country, today(&host.country, api.service.clock.now_ms()));
    let wanted = fields.end(wanted);
    // What is not theirs is told before what is wrong: the rest is nobody's business.
    let caller = order.asked.caller.clone();
    let (keys, employer) = (api.service.keys.clone(), caller.employer());
    let find = move |tx: &mut Tx<'_>| Ok::<_, Refusal>(applicants::find(tx, &keys, employer, ApplicationId::new(id))?);
    if api.service.store.read(find).await?.is_none() {
        return Err(Problem::not_found("application"));
    }
    let order_of = move_order(&order, id, wanted?);
    let bundle = Arc::clone(&api.service.bundles.now().live);
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let moved = advance(tx, (&host, &bundle), &mut cx.ids, &order_of, cx.now_ms)?;
        match moved.outcome.as_str() {
            "not_found" => Err(Problem::not_found("application").into()),
            "refused" => Err(Problem::conflict("stage", moved.detail.unwrap_or_default()).into()),
            _ => Answer::of(StatusCode::OK, &moved),
        }
    };
    let answer = api.write(&order, work).await;
    api.service.enqueued.notify_one();
    answer
}

fn move_order(order: &Order, id: i64, wanted: Wanted) -> MoveOrder {
    let caller = &order.asked.caller;
    MoveOrder {
        employer: caller.employer(),
        application: ApplicationId::new(id),
        to: wanted.to,
        by: caller.token.id,
        note: wanted.note,
        assessment: wanted.assessment,
        interview: wanted.interview,
        offer: wanted.offer,
    }
}

/// Move many applications
#[utoipa::path(post, path = "/api/v1/stage-moves", tag = "stages", operation_id = "moveApplications",
    request_body = MovesIn,
    responses((status = 200, description = "What became of each.", body = ManyMoved)),
    security(("token" = ["applicants:write"])))]
pub(super) async fn many(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let moves = moves(&api, &order)?;
    let (mut results, mut is_replayed): (Vec<Moved>, _) = (Vec::new(), true);
    for (at, chunk) in moves.chunks(MOVES_PER_WRITE).enumerate() {
        let now_ms = api.service.clock.now_ms();
        let chunk: Vec<(MoveOrder, IdBlock)> =
            chunk.iter().map(|order| (order.clone(), api.service.ids.block(now_ms))).collect();
        let (host, bundle) = (Arc::clone(&api.service.host), Arc::clone(&api.service.bundles.now().live));
        let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
            let told = (&*host, &*bundle);
            let done = chunk.iter().map(|(order, ids)| advance(tx, told, &mut ids.clone(), order, cx.now_ms));
            let done: Vec<Moved> = done.collect::<Result<_, Fault>>()?;
            Answer::of(StatusCode::OK, &done)
        };
        // Each part has a key of its own, so that a request that broke off goes on where it stopped.
        let key = order.key.as_ref().map(|key| format!("{key}/{at}"));
        let (answer, was_answered) = api.carry_out(&order.asked.caller, key, &order.whole, work).await?;
        let done: Vec<Moved> = serde_json::from_str(&answer.body).map_err(|_| Problem::not_now())?;
        results.extend(done);
        is_replayed &= was_answered;
    }
    api.service.enqueued.notify_one();
    let moved = results.iter().filter(|result| result.outcome == "moved").count();
    Ok(write::marked(write::told(&ManyMoved { moved, results })?, is_replayed))
}

/// Reads many moves, everything that is wrong with any of them at once.
fn moves(api: &Api, order: &Order) -> Result<Vec<MoveOrder>, Problem> {
    const NAME: &str = "an application's number";
    let country = &api.service.host.country;
    let today = today(country, api.service.clock.now_ms());
    let mut fields = Fields::of(order.body.clone(), "");
    let (mut errors, mut moves, mut seen): (Vec<Pointed>, _, _) = (Vec::new(), Vec::new(), BTreeSet::new());
    let given = fields.list("moves", MOVES_MAX);
    if given.is_empty() {
        fields.need("moves", None::<()>, "a list of 1 to 100 moves");
    }
    for (at, value) in given.into_iter().enumerate() {
        let place = format!("/moves/{at}");
        let Value::Object(object) = value else {
            errors.push(Pointed { pointer: place, detail: "must be an object".to_owned() });
            continue;
        };
        let mut one = Fields::of(object, &place);
        let id = one.value("application", NAME, number);
        let id = one.need("application", id, NAME);
        if id.is_some_and(|id| !seen.insert(id)) {
            one.fault("application", "it is in the list twice");
        }
        let wanted = wanted(&mut one, country, today);
        if let (Some(id), Some(wanted)) = (id, wanted) {
            moves.push(move_order(order, id, wanted));
        }
        errors.extend(one.all_errors());
    }
    errors.extend(fields.all_errors());
    if errors.is_empty() { Ok(moves) } else { Err(Problem::invalid(errors)) }
}
