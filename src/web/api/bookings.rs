//! `/api/v1/bookings`: workers who are asked to come on a day. The first to accept get it; each answers by phone, and the
//! employer's contact person is told on theirs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::asked::{Asked, Fields, Order, number};
use super::page::{Cursor, Page};
use super::problem::{Problem, Refusal};
use super::schema::{BookingIn, PayIn};
use super::vacancies::pointed;
use super::vacancy_shape::stamp;
use super::write::{Answer, Cx};
use super::{Api, write};
use crate::actions::{Host, Saying, note_pay};
use crate::country::PayMeans;
use crate::market::booking::client::{self, Client};
use crate::market::booking::desk::{self, Hiring};
use crate::market::booking::pay::{self, Noted};
use crate::market::booking::pay_day::{Said, Word};
use crate::market::booking::record::Side;
use crate::market::booking::request::{self, Sent};
use crate::market::booking::{Booking, DAYS_AHEAD_MAX, NEEDED_MAX, given};
use crate::market::import::{self, Context};
use crate::market::vacancy::NewVacancy;
use crate::market::{EmployerId, HiringId, job_number, person};
use crate::storage::Tx;
use crate::text::Language;

/// The list's name, in its cursors.
const LIST: &str = "bookings";

/// A booking: what is wanted, and who was asked for it.
#[derive(Serialize, ToSchema)]
pub(super) struct BookingOut {
    /// Its number here.
    id: String,
    /// By which people speak of it on the phone.
    number: i64,
    /// `open` (people are asked), `filled`, `cancelled` or `expired`
    status: &'static str,
    /// The trade's code.
    trade: u8,
    /// The trade's English name.
    trade_name: String,
    /// The area's code.
    area: i64,
    /// The day.
    start: String,
    /// When work begins.
    start_time: String,
    /// Amount in whole units of the currency.
    pay: i64,
    /// For how much work.
    pay_unit: &'static str,
    /// ISO 4217.
    currency: String,
    /// When pay is handed over.
    paid: &'static str,
    /// By what: `cash` or `momo`; null: not said.
    pay_means: Option<&'static str>,
    /// How many are needed.
    openings: i64,
    /// How many said yes.
    hired: i64,
    /// How many were asked.
    asked: i64,
    /// When it was asked for.
    created: String,
    /// Who was asked, in that order; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<Vec<WorkerOut>>,
}

/// Somebody who was asked.
#[derive(Serialize, ToSchema)]
struct WorkerOut {
    /// The number of this worker's booking.
    id: String,
    /// `requested`, `accepted`, `declined`, `expired`, `cancelled`, `started`, `done`, `paid` or `disputed`
    state: &'static str,
    /// Initials: no more of a name is told.
    initials: String,
    /// The number, if the worker gave it; else null.
    phone: Option<String>,
    /// What was agreed, in whole units of the currency.
    pay: i64,
    /// Pay days that have come near.
    pay_days: Vec<PayDayOut>,
}

/// A pay day. What the worker says of it is not told before it is paid.
#[derive(Serialize, ToSchema)]
struct PayDayOut {
    /// 1 for the first.
    nth: i64,
    /// The day.
    day: String,
    /// What is due in all; null: it depends on how much was done.
    amount: Option<i64>,
    /// What you said: `paid`, `part`, `not_yet` or `not_worked`; null: nothing yet.
    said: Option<&'static str>,
    /// Whether it is paid in full, by the worker's word.
    is_paid: bool,
}

fn iso(day: crate::text::datetime::Day) -> String {
    let (year, month, day) = day.date();
    format!("{year:04}-{month:02}-{day:02}")
}

impl BookingOut {
    fn of(found: &Hiring, host: &Host) -> BookingOut {
        let country = &host.country;
        BookingOut {
            id: found.id.get().to_string(),
            number: found.number.get(),
            status: found.status.code(),
            trade: found.trade.get(),
            trade_name: country.trades.name(found.trade, Language::En).to_owned(),
            area: found.area.get(),
            start: iso(found.day),
            start_time: format!("{:02}:{:02}", found.start_minute / 60, found.start_minute % 60),
            pay: country.currency.whole(found.pay.amount),
            pay_unit: found.pay.unit.code(),
            currency: country.currency.code.clone(),
            paid: found.paid.code(),
            pay_means: found.means.map(PayMeans::code),
            openings: found.needed,
            hired: found.hired,
            asked: found.asked,
            created: stamp(found.created_ms),
            workers: None,
        }
    }
}

fn worker(tx: &mut Tx<'_>, host: &Host, found: &Booking) -> Result<WorkerOut, Refusal> {
    let name = person::name(tx, &host.keys, found.worker)?.unwrap_or_default();
    let gave = given::was(tx, found, Side::Worker)?;
    let reached = if gave { person::recipient(tx, &host.keys, found.worker)? } else { None };
    let whole = |amount: i64| host.country.currency.whole(amount);
    let pay_days = pay::of_booking(tx, found.id)?;
    Ok(WorkerOut {
        id: found.id.get().to_string(),
        state: found.state.code(),
        initials: person::initials(&name),
        phone: reached.map(|to| to.msisdn.e164()),
        pay: whole(found.pay.amount),
        pay_days: pay_days
            .into_iter()
            .map(|pay| PayDayOut {
                nth: pay.nth,
                day: iso(pay.day),
                amount: pay.amount.map(whole),
                said: pay.client.map(|word| word.said.code()),
                is_paid: pay.state.is_paid(),
            })
            .collect(),
    })
}

fn own(tx: &mut Tx<'_>, employer: EmployerId, id: HiringId) -> Result<Hiring, Refusal> {
    Ok(desk::hiring(tx, employer, id)?.ok_or_else(|| Problem::not_found("booking"))?)
}

fn shown(
    tx: &mut Tx<'_>,
    host: &Host,
    employer: EmployerId,
    id: HiringId,
    status: StatusCode,
) -> Result<Answer, Refusal> {
    let found = own(tx, employer, id)?;
    let mut out = BookingOut::of(&found, host);
    let workers: Result<Vec<WorkerOut>, Refusal> =
        desk::bookings(tx, id)?.iter().map(|found| worker(tx, host, found)).collect();
    out.workers = Some(workers?);
    let location = (status == StatusCode::CREATED).then(|| format!("/api/v1/bookings/{}", id.get()));
    Ok(Answer { location, ..Answer::of(status, &out)? })
}

fn id_of(asked: &Asked) -> Result<HiringId, Problem> {
    asked.id.map(HiringId::new).ok_or_else(|| Problem::not_found("booking"))
}

/// Who books for the employer.
fn contact(tx: &mut Tx<'_>, employer: EmployerId) -> Result<Client, Refusal> {
    let detail = "Nobody books for this employer yet: its contact person dials and agrees to book workers, and an operator binds \
        them with `kaziline employer contact`.";
    Ok(client::of_employer(tx, employer)?.ok_or_else(|| Problem::conflict("no-contact", detail))?)
}

/// Bookings, the newest first
#[utoipa::path(get, path = "/api/v1/bookings", tag = "bookings", operation_id = "listBookings",
    params(("limit" = Option<i64>, Query, description = "Rows of a page, 1 to 100; 25 when left out."),
        ("cursor" = Option<String>, Query, description = "`next` of the page before.")),
    responses((status = 200, description = "A page, without who was asked.", body = Page<BookingOut>)),
    security(("token" = ["bookings:read"])))]
pub(super) async fn list(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    let params = asked.params(&["limit", "cursor"])?;
    let (limit, cursor) = (params.limit()?, params.cursor(LIST)?);
    let before = HiringId::new(cursor.map_or(i64::MAX, |cursor| cursor.row));
    let employer = asked.caller.employer();
    let read = move |tx: &mut Tx<'_>| Ok::<_, Refusal>(desk::list(tx, employer, before, limit + 1)?);
    let rows = api.service.store.read(read).await?;
    let cursor = |found: &Hiring| Cursor { rank: 0, row: found.id.get() };
    write::told(&Page::of(rows, limit, LIST, cursor, |found| BookingOut::of(found, &api.service.host)))
}

/// Ask workers to come on a day
#[utoipa::path(post, path = "/api/v1/bookings", tag = "bookings", operation_id = "createBooking",
    request_body = BookingIn,
    responses((status = 201, description = "Workers near the place are asked; the first to accept get it.",
        body = BookingOut)),
    security(("token" = ["bookings:write"])))]
pub(super) async fn create(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let now_ms = api.service.clock.now_ms();
    let wanted = wanted(&order.body, &host, now_ms)?;
    let random = job_number::mix(api.service.ids.block(now_ms).first().unsigned_abs());
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let client = contact(tx, employer)?;
        match request::send(tx, &host.country, &mut cx.ids, &client, &wanted, None, random, cx.now_ms)? {
            Sent::Asked { hiring, .. } => shown(tx, &host, employer, hiring, StatusCode::CREATED),
            Sent::Already => {
                Err(Problem::conflict("asked-already", "That trade and day is called for already.").into())
            }
            Sent::TooMany => {
                let detail = "Too many bookings are open, or too many workers were asked today.";
                Err(Problem::conflict("too-many-open", detail).into())
            }
            Sent::TooLate | Sent::NotFree => Err(Problem::at("/start", "it is too late for that day").into()),
        }
    };
    api.write(&order, work).await
}

/// What is asked for, read by the rules of vacancies: the same fields have the same names.
fn wanted(body: &Map<String, Value>, host: &Host, now_ms: i64) -> Result<request::Order, Problem> {
    const KNOWN: [&str; 7] = ["trade", "area", "start", "pay", "pay_unit", "pay_means", "openings"];
    let mut fields = Fields::of(body.clone(), "");
    for name in KNOWN {
        fields.take(name);
    }
    fields.end(Some(()))?;
    let mut whole = body.clone();
    whole.insert("kind".to_owned(), json!("casual_day"));
    let context = Context { country: &host.country, source: LIST, now_ms };
    let offer = import::one(&whole, None, &context).map_err(pointed)?;
    let day = offer.start_day.ok_or_else(|| Problem::at("/start", "nothing is given; allowed: a day as 2026-11-24"))?;
    let last = crate::market::worker::today(&host.country, now_ms).plus(DAYS_AHEAD_MAX);
    if day > last {
        return Err(Problem::at("/start", format!("the day is too far ahead; at most {}", iso(last))));
    }
    if offer.openings > NEEDED_MAX {
        return Err(Problem::at("/openings", format!("at most {NEEDED_MAX}: for more, post a vacancy")));
    }
    let pay = offer.pay.ok_or_else(|| Problem::at("/pay", "nothing is given; allowed: an amount"))?;
    let NewVacancy { trade, means, openings, .. } = offer;
    let area = offer.place.area().ok_or_else(|| Problem::at("/area", "nothing is given; allowed: an area"))?;
    Ok(request::Order { trade, area, day, pay, means, needed: openings, pass_on: false })
}

/// One booking
#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "bookings", operation_id = "readBooking",
    params(("id" = String, Path, description = "The booking.")),
    responses((status = 200, description = "The booking, and who was asked.", body = BookingOut)),
    security(("token" = ["bookings:read"])))]
pub(super) async fn read(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (host, employer, id) = (Arc::clone(&api.service.host), asked.caller.employer(), id_of(&asked)?);
    let read = move |tx: &mut Tx<'_>| shown(tx, &host, employer, id, StatusCode::OK);
    Ok(api.service.store.read(read).await?.response())
}

/// Call a booking off
///
/// Nobody more is asked, and whoever was asked or said yes is told. Work that has begun stays.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/cancel", tag = "bookings", operation_id = "cancelBooking",
    params(("id" = String, Path, description = "The booking.")),
    responses((status = 200, description = "The booking as it is now.", body = BookingOut)),
    security(("token" = ["bookings:write"])))]
pub(super) async fn cancel(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let id = id_of(&order.asked)?;
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        own(tx, employer, id)?;
        let client = contact(tx, employer)?;
        desk::call_off(tx, &host.country, id, client.person, cx.now_ms)?;
        shown(tx, &host, employer, id, StatusCode::OK)
    };
    api.write(&order, work).await
}

/// Say how a worker's pay was
///
/// What the worker says is not told to you, nor yours to them. Where the two differ a person looks at it.
#[utoipa::path(post, path = "/api/v1/bookings/{id}/pay", tag = "bookings", operation_id = "sayPay",
    params(("id" = String, Path, description = "The booking.")),
    request_body = PayIn,
    responses((status = 200, description = "The booking as it is now.", body = BookingOut)),
    security(("token" = ["bookings:write"])))]
pub(super) async fn pay(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let live = Arc::clone(&api.service.bundles.now().live);
    let id = id_of(&order.asked)?;
    let mut fields = Fields::of(order.body.clone(), "");
    let worker = fields.value("worker", "the id of one of the booking's workers", number);
    let worker = fields.need("worker", worker, "the id of one of the booking's workers");
    let nth = fields.value("nth", "the number of a pay day", number).unwrap_or(1);
    let allowed = "paid, part, not_yet, not_worked";
    let said = fields.value("said", allowed, Said::from_code);
    let said = fields.need("said", said, allowed);
    let amount = fields.value("amount", "a whole amount, more than 0", |text| number(text).filter(|some| *some > 0));
    if said == Some(Said::Part) {
        fields.need("amount", amount, "how much was paid");
    } else if amount.is_some() {
        fields.fault("amount", "only with `part`");
    }
    let (worker, said) = fields.end(worker.zip(said))?;
    let amount = amount.and_then(|amount| host.country.currency.from_whole(amount));
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        own(tx, employer, id)?;
        let client = contact(tx, employer)?;
        let found = desk::bookings(tx, id)?.into_iter().find(|found| found.id.get() == worker);
        let found = found.ok_or_else(|| Problem::at("/worker", "no worker of this booking"))?;
        let days = pay::of_booking(tx, found.id)?;
        let day = days.iter().find(|pay| pay.nth == nth);
        let day = day.ok_or_else(|| Problem::at("/nth", "no pay day of this worker"))?;
        if day.amount.is_some_and(|due| amount >= Some(due)) {
            return Err(Problem::at("/amount", "that is all of it: say `paid`").into());
        }
        let saying = Saying { booking: &found, nth, person: client.person, word: Word { said, amount } };
        match note_pay(tx, (&host, &live), &mut cx.ids, &saying, cx.now_ms)?.0 {
            Noted::Noted(_) => shown(tx, &host, employer, id, StatusCode::OK),
            Noted::Over(_) => Err(Problem::conflict("pay-over", "Nothing more can be said of this pay day.").into()),
            Noted::Early => Err(Problem::conflict("too-early", "Work has not begun yet.").into()),
        }
    };
    let answer = api.write(&order, work).await;
    api.service.enqueued.notify_one();
    answer
}
