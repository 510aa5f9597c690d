//! What the employer's endpoints are told of an application: that it came, and where it moved. Queued once for each cause.

use serde_json::{Value as Json, json};

use super::news::{News, Said};
use crate::actions::Fault;
use crate::actions::labels::Host;
use crate::country::PayMeans;
use crate::market::import::iso;
use crate::market::offer::Terms;
use crate::market::pipeline::{self, Subject};
use crate::market::stage::Stage;
use crate::market::{ApplicationId, EmployerId, person, phone_number};
use crate::outbox::{Event, endpoint};
use crate::storage::{IdBlock, Tx};

/// Tells of a move. With a yes to an offer go the terms, as they are sent to the worker. Uses at most 10 identifiers.
pub(super) fn moved(
    tx: &mut Tx<'_>,
    host: &Host,
    ids: &mut IdBlock,
    said: &Said<'_>,
    now_ms: i64,
) -> Result<(), Fault> {
    let Said { subject, to, by, news } = said;
    let kind = match (subject.stage, to) {
        (Stage::Offered, Stage::Hired) => "offer.accepted",
        (Stage::Offered, Stage::Withdrawn) => "offer.declined",
        (Stage::Offered, Stage::Expired) => "offer.expired",
        (_, Stage::Withdrawn) => "application.withdrawn",
        _ => "application.moved",
    };
    let mut more = json!({ "from": subject.stage.code(), "to": to.code(), "by": by.code() });
    if let (News::Hired(terms), Some(more)) = (news, more.as_object_mut()) {
        more.insert("offer".to_owned(), terms_of(host, terms));
    }
    let cause = format!("stage/{}/{}", subject.application.get(), to.code());
    inform(tx, host, ids, subject, (kind, &cause), (more, kind == "offer.accepted"), now_ms)
}

/// What was agreed, in the words of the API.
fn terms_of(host: &Host, terms: &Terms) -> Json {
    json!({
        "pay": terms.pay.map(|pay| host.country.currency.whole(pay.amount)),
        "pay_unit": terms.pay.map(|pay| pay.unit.code()),
        "pay_means": terms.means.map(PayMeans::code),
        "start": terms.start_day.map(iso),
    })
}

/// Tells the employer's endpoints that somebody applied: once for an application. Uses at most 10 identifiers.
pub fn received(
    tx: &mut Tx<'_>,
    host: &Host,
    ids: &mut IdBlock,
    (employer, application): (EmployerId, ApplicationId),
    now_ms: i64,
) -> Result<(), Fault> {
    // Most employers have no endpoint: one look, and no more.
    if endpoint::of_owner(tx, Some(employer.get()))?.is_empty() {
        return Ok(());
    }
    let Some(subject) = pipeline::subject(tx, application)? else { return Ok(()) };
    let cause = format!("received/{}", application.get());
    inform(tx, host, ids, &subject, ("application.received", &cause), (json!({}), true), now_ms)
}

/// Queues an event for the endpoints of the employer that asked for it. Identifiers are texts: they are larger than the
/// numbers of JavaScript. Name and number are in it where the applicant gave them to the employer.
fn inform(
    tx: &mut Tx<'_>,
    host: &Host,
    ids: &mut IdBlock,
    subject: &Subject,
    (kind, cause): (&str, &str),
    (more, with_person): (Json, bool),
    now_ms: i64,
) -> Result<(), Fault> {
    let owner = subject.employer.get();
    if endpoint::of_owner(tx, Some(owner))?.is_empty() {
        return Ok(());
    }
    let mut data = json!({
        "application": subject.application.get().to_string(),
        "vacancy": subject.vacancy.get().to_string(),
        "job_number": subject.job_number.get(),
    });
    if let (Some(data), Json::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
        if with_person && subject.share_number {
            data.extend(applicant(tx, host, subject)?.map(|applicant| ("applicant".to_owned(), applicant)));
        }
    }
    let person_id = data.get("applicant").map(|_| subject.person.get());
    let event = Event { kind: kind.to_owned(), occurred_ms: now_ms, data, person_id };
    endpoint::tell(tx, &host.keys, ids, owner, cause, &event, now_ms)?;
    Ok(())
}

/// Name and number of somebody who is still there, on their own number.
fn applicant(tx: &mut Tx<'_>, host: &Host, subject: &Subject) -> Result<Option<Json>, Fault> {
    let Some(found) = person::find(tx, subject.person)?.filter(|found| found.status != person::Status::Closed) else {
        return Ok(None);
    };
    let number = phone_number::find(tx, &found.number)?;
    if number.is_none_or(|number| number.generation != found.number_generation) {
        return Ok(None);
    }
    let msisdn = phone_number::msisdn(tx, &host.keys, &found.number)?;
    let name = person::name(tx, &host.keys, subject.person)?;
    Ok(msisdn.map(|msisdn| json!({ "name": name, "phone": format!("+{}", msisdn.as_str()) })))
}
