//! Who asked for a client's job: a list without numbers, why each fits, and taking or refusing somebody.
//!
//! Taking is an offer: the worker says yes to it, as to an employer's of any kind. Nobody is told a per cent; whoever is
//! listed behind is no worse, they live further away or ask for more.

use super::super::booking::{INITIALS, JOBS, PHONE, client, initials, jobs_words};
use super::super::manifest::{fields, outcomes};
use super::super::stage::{self, Advanced, By, Offer, Order, until_values};
use super::super::{ActionCx, Fault, details as details_of, page};
use super::mine::yes_no;
use super::notices;
use crate::market::applicants::{self, Applicant};
use crate::market::booking::client::Client;
use crate::market::booking::record::{self, Side};
use crate::market::matching::{Reason, Score};
use crate::market::pipeline::{self, Subject};
use crate::market::stage::Stage;
use crate::market::vacancy_desk;
use crate::market::{self, ApplicationId, VacancyId, offer, posting, worker};
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType};
use crate::session::{Row, RowsWanted};

/// People who are listed, those who fit best: as far as anybody turns pages.
const LISTED_MAX: i64 = 60;

/// How somebody stands, as the client sees it.
const STAGE: FieldType = FieldType::Word(&["p_waits", "p_asked", "p_comes", "p_over"]);
const TRADE_FIT: FieldType = FieldType::Word(&["f_trade", "f_related", "f_other"]);
const PLACE_FIT: FieldType = FieldType::Word(&["f_sector", "f_district", "f_near", "f_far"]);
const PAY_FIT: FieldType = FieldType::Word(&["f_pay", "f_more", "f_unsaid"]);

outcomes! {
    Take { Taken = "taken", Full = "full", Held = "held", Changed = "changed" }
}
outcomes! { Refuse { Refused = "refused", Changed = "changed" } }
outcomes! { Give { Given = "given", Changed = "changed" } }

pub(super) const ROW: &[Field] = fields! {
    "initials": INITIALS,
    "place": FieldType::Coded("area"),
    "jobs": JOBS,
    "state": STAGE,
};
pub(super) const DETAILS: &[Field] = fields! {
    "initials": INITIALS,
    "place": FieldType::Coded("area"),
    "jobs": JOBS,
    "trade_fit": TRADE_FIT,
    "place_fit": PLACE_FIT,
    "pay_fit": PAY_FIT,
    "state": STAGE,
    "can_take": details_of::YES_NO,
    "can_refuse": details_of::YES_NO,
    "has_number": details_of::YES_NO,
    "can_give": details_of::YES_NO,
};
/// Until when somebody who was taken may answer.
pub(super) const OFFERED: &[Field] = fields! {
    "initials": INITIALS,
    "until_day": FieldType::Day,
    "until_clock": FieldType::HalfHour,
};
pub(super) const NUMBER: &[Field] = fields! { "initials": INITIALS, "phone": PHONE };

fn stage_word(stage: Stage) -> Value {
    Value::Word(match stage {
        Stage::Applied | Stage::Shortlisted | Stage::Assessment | Stage::Interview => "p_waits",
        Stage::Offered => "p_asked",
        Stage::Hired => "p_comes",
        Stage::Rejected | Stage::Withdrawn | Stage::Expired => "p_over",
    })
}

/// Whether somebody waits for a first answer.
fn waits(stage: Stage) -> bool {
    !stage.is_final() && stage != Stage::Offered
}

/// Why somebody fits: trade, place, pay.
fn fit(score: &Score) -> [Value; 3] {
    let (mut trade, mut place, mut pay) = ("f_other", "f_far", "f_unsaid");
    for reason in score.reasons() {
        match reason {
            Reason::YourTrade => trade = "f_trade",
            Reason::RelatedTrade => trade = "f_related",
            Reason::YourSector => place = "f_sector",
            Reason::YourDistrict => place = "f_district",
            Reason::NextDistrict => place = "f_near",
            Reason::PaysYourRate => pay = "f_pay",
            Reason::PaysLess => pay = "f_more",
            Reason::Far | Reason::EnoughYears | Reason::FewerYears | Reason::OtherDays => {}
        }
    }
    [trade, place, pay].map(Value::Word)
}

/// Who they are: initials, place, jobs done.
fn who(cx: &mut ActionCx<'_, '_, '_>, application: ApplicationId) -> Result<[Value; 3], Fault> {
    let person = subject(cx, application)?.person;
    let name = initials(cx.tx, cx.at.host, person)?;
    let area = worker::find(cx.tx, person)?.and_then(|worker| worker.area);
    let jobs = record::of(cx.tx, person, Side::Worker)?.jobs;
    let area = area.map_or(0, crate::country::AreaCode::get);
    Ok([Value::Text(name), Value::Coded("area", area), Value::Text(jobs_words(cx, jobs))])
}

fn subject(cx: &mut ActionCx<'_, '_, '_>, application: ApplicationId) -> Result<Subject, Fault> {
    let employer = client::client(cx)?.employer;
    let found = pipeline::subject(cx.tx, application)?.filter(|found| found.employer == employer);
    Ok(found.ok_or(market::Fault::Gone("application"))?)
}

/// The applicant on the screen, of a job of the caller's own.
fn chosen(cx: &mut ActionCx<'_, '_, '_>) -> Result<(Client, Applicant), Fault> {
    let (client, id) = (client::client(cx)?, ApplicationId::new(cx.integer("application")?));
    let found = applicants::find(cx.tx, &cx.at.host.keys, client.employer, id)?;
    Ok((client, found.ok_or(market::Fault::Gone("application"))?))
}

/// Who asked for the job and can still be chosen or was, those first who fit best.
pub(super) fn rows(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (employer, vacancy) = (client::client(cx)?.employer, VacancyId::new(cx.integer("job")?));
    let order = applicants::Order::BestFit { score: i64::from(u8::MAX), after: ApplicationId::new(i64::MAX) };
    let mut all = applicants::of_vacancy(cx.tx, &cx.at.host.keys, (employer, vacancy), None, order, LISTED_MAX)?;
    all.retain(|one| one.is_there && (one.stage == Stage::Hired || !one.stage.is_final()));
    let empty = |one: &Applicant| Row { id: one.application.get(), values: Vec::new(), exact: false };
    let (mut rows, more) = page(&all, wanted, |one| one.application.get(), empty);
    for row in &mut rows {
        let id = ApplicationId::new(row.id);
        let stage = all.iter().find(|one| one.application == id).map_or(Stage::Expired, |one| one.stage);
        row.values = who(cx, id)?.into_iter().chain([stage_word(stage)]).collect();
    }
    Ok((rows, more))
}

/// One of them: why they fit, and what can be done.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (_, found) = chosen(cx)?;
    let who = who(cx, found.application)?;
    let (can_take, is_offered) = (waits(found.stage) && found.is_there, found.stage == Stage::Offered);
    let is_chosen = is_offered || found.stage == Stage::Hired;
    let can = [
        stage_word(found.stage),
        yes_no(can_take),
        yes_no(waits(found.stage) || is_offered),
        yes_no(found.number.is_some()),
        yes_no(is_chosen && found.is_there),
    ];
    Ok(who.into_iter().chain(fit(&found.score)).chain(can).collect())
}

/// Offers the job to somebody, on the terms on which it was posted.
pub(super) fn take(cx: &mut ActionCx<'_, '_, '_>) -> Result<Take, Fault> {
    let (client, found) = chosen(cx)?;
    let own = vacancy_desk::find(cx.tx, &cx.at.host.keys, client.employer, found.vacancy)?;
    let own = own.ok_or(market::Fault::Gone("vacancy"))?;
    let (host, now_ms, key) = (cx.at.host, cx.at.now_ms, cx.operation_key("take"));
    let until_ms = posting::answer_until_ms(&host.country, &own.offer, now_ms);
    let by = By::Client(client.person);
    let mut order = Order::new(client.employer, found.application, Stage::Offered, by, &key);
    order.offer = Some(Offer::as_posted(until_ms));
    Ok(match stage::advance(cx.tx, host, cx.at.bundle, cx.at.ids, &order, now_ms)? {
        Advanced::Moved { .. } => {
            *cx.at.enqueued = true;
            Take::Taken
        }
        Advanced::Already { stage: Stage::Offered | Stage::Hired } => Take::Taken,
        Advanced::Filled { .. } => Take::Full,
        Advanced::Held => Take::Held,
        _ => Take::Changed,
    })
}

/// What was said to somebody who was taken.
pub(super) fn offered(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let subject = subject(cx, ApplicationId::new(cx.integer("application")?))?;
    let (terms, _) = offer::find(cx.tx, subject.application)?.ok_or(market::Fault::Gone("offer"))?;
    let name = initials(cx.tx, cx.at.host, subject.person)?;
    let [day, clock] = until_values(cx.at.host, terms.until_ms);
    Ok(vec![Value::Text(name), day, clock])
}

/// Not this time: they are told kindly, with other jobs that fit. An offer that was not answered is taken back.
pub(super) fn refuse(cx: &mut ActionCx<'_, '_, '_>) -> Result<Refuse, Fault> {
    let (client, found) = chosen(cx)?;
    let (host, now_ms, key) = (cx.at.host, cx.at.now_ms, cx.operation_key("refuse"));
    let order = Order::new(client.employer, found.application, Stage::Rejected, By::Client(client.person), &key);
    Ok(match stage::advance(cx.tx, host, cx.at.bundle, cx.at.ids, &order, now_ms)? {
        Advanced::Moved { .. } => {
            *cx.at.enqueued = true;
            Refuse::Refused
        }
        Advanced::Already { stage: Stage::Rejected } => Refuse::Refused,
        _ => Refuse::Changed,
    })
}

/// The number that somebody gave when they asked for the job; dashes when they are gone meanwhile.
pub(super) fn number(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (_, found) = chosen(cx)?;
    let person = subject(cx, found.application)?.person;
    let name = initials(cx.tx, cx.at.host, person)?;
    let phone = found.number.map_or_else(|| "-".to_owned(), |number| number.e164());
    Ok(vec![Value::Text(name), Value::Text(phone)])
}

/// The client's number goes to somebody who was chosen, by SMS.
pub(super) fn give_number(cx: &mut ActionCx<'_, '_, '_>) -> Result<Give, Fault> {
    let (client, found) = chosen(cx)?;
    let subject = subject(cx, found.application)?;
    if !matches!(subject.stage, Stage::Offered | Stage::Hired) {
        return Ok(Give::Changed);
    }
    let phone = cx.at.caller.msisdn.e164();
    let (host, bundle, now_ms) = (cx.at.host, cx.at.bundle, cx.at.now_ms);
    if notices::phone_given(cx.tx, (host, bundle), cx.at.ids, &subject, (client.person, phone), now_ms)? {
        *cx.at.enqueued = true;
    }
    Ok(Give::Given)
}
