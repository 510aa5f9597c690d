//! What a client is written about a job of theirs: that it is open, that people ask, and what those say who were taken.

use super::super::booking::{DAY, INITIALS, MEANS, PAY, PHONE, initials, means_value, path_code};
use super::super::manifest::fields;
use super::super::tell::{Notice, Told, tell};
use super::super::{Fault, Host, alert, labels};
use crate::market::PersonId;
use crate::market::booking::client;
use crate::market::employer::EmployerKind;
use crate::market::offer::Terms;
use crate::market::person;
use crate::market::pipeline::Subject;
use crate::market::stage::Stage;
use crate::market::vacancy::VacancyDetails;
use crate::menu::manifest::{FieldType, MessageKind};
use crate::menu::{Bundle, Value};
use crate::outbox::{Class, Priority};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;

/// How long news of a job are of use, in milliseconds: a weekend without power.
const EXPIRES_MS: i64 = 3 * 24 * 3_600_000;
/// What is dialled to come to one's own jobs: the keys that lead there.
const JOBS_PATH: &str = "2*93";
/// The message by which somebody is given a number, of bookings and of jobs alike.
const PHONE_GIVEN: &str = "booking_phone";

const NUMBER: FieldType = FieldType::Number(8);
const TRADE: FieldType = FieldType::Coded("trade");
/// Our code with the keys behind it: `*567*2*93#`.
const JOBS_CODE: FieldType = FieldType::Text(15);

/// All of them.
pub(in crate::actions) const MESSAGES: &[MessageKind] = &[
    MessageKind {
        name: "post_open",
        gives: fields! { "number": NUMBER, "trade": TRADE, "day": DAY, "dial": alert::JOB_CODE },
    },
    MessageKind {
        name: "post_asked",
        gives: fields! { "number": NUMBER, "trade": TRADE, "asked": FieldType::Number(3), "code": JOBS_CODE },
    },
    MessageKind {
        name: "post_yes",
        gives: fields! {
            "number": NUMBER, "trade": TRADE, "initials": INITIALS, "phone": PHONE, "day": DAY, "pay": PAY, "means": MEANS,
        },
    },
    MessageKind {
        name: "post_yes_alone",
        gives: fields! {
            "number": NUMBER, "trade": TRADE, "initials": INITIALS, "code": JOBS_CODE, "day": DAY, "pay": PAY, "means": MEANS,
        },
    },
    MessageKind {
        name: "post_no",
        gives: fields! { "number": NUMBER, "trade": TRADE, "initials": INITIALS, "code": JOBS_CODE },
    },
];

/// Writes to a person at a time that wakes nobody, once for each cause.
fn write(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    person: PersonId,
    (template, employer_id, operation_key): (&'static str, i64, &str),
    values: &dyn Fn(Language) -> Vec<Value>,
    now_ms: i64,
) -> Result<bool, Fault> {
    let due_ms = host.when_open(now_ms);
    let notice = Notice {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person,
        template,
        values,
        operation_key,
        employer_id: Some(employer_id),
        priority: Priority::Stage,
        class: Class::MustArrive,
        due_ms,
        expires_ms: due_ms.saturating_add(EXPIRES_MS),
    };
    Ok(tell(tx, host, bundle, &notice, now_ms)? == Told::Queued)
}

/// Somebody asked for a job, which `found` was before: its client hears of the first, and when there are as many as are
/// needed. An employer that is no client hears nothing. Uses one identifier at most; answers whether a message was queued.
pub(in crate::actions) fn asked(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    found: &VacancyDetails,
    now_ms: i64,
) -> Result<bool, Fault> {
    let asked = found.applications.saturating_add(1);
    if found.employer_kind != EmployerKind::Household || (asked != 1 && asked != found.offer.openings) {
        return Ok(false);
    }
    let Some(client) = client::of_employer(tx, found.employer)? else { return Ok(false) };
    let values = |_: Language| {
        vec![
            Value::Number(found.job_number.get()),
            Value::Coded("trade", i64::from(found.offer.trade.get())),
            Value::Number(asked),
            Value::Text(path_code(host, JOBS_PATH)),
        ]
    };
    let key = format!("post/{}/asked/{asked}", found.vacancy.get());
    write(tx, (host, bundle), ids, client.person, ("post_asked", found.employer.get(), &key), &values, now_ms)
}

/// Somebody who was taken has answered, or the time to answer is over: the client hears of it, with the terms to which
/// they said yes, as these are sent to the worker. Uses one identifier at most.
pub(in crate::actions) fn answered(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    (subject, to, agreed): (&Subject, Stage, Option<&Terms>),
    now_ms: i64,
) -> Result<(), Fault> {
    if subject.stage != Stage::Offered || !matches!(to, Stage::Hired | Stage::Withdrawn | Stage::Expired) {
        return Ok(());
    }
    let Some(client) = client::of_employer(tx, subject.employer)? else { return Ok(()) };
    let phone = match to {
        Stage::Hired if subject.share_number => person::recipient(tx, &host.keys, subject.person)?,
        _ => None,
    };
    let phone = phone.map(|found| found.msisdn.e164());
    let template = match (to, &phone) {
        (Stage::Hired, Some(_)) => "post_yes",
        (Stage::Hired, None) => "post_yes_alone",
        _ => "post_no",
    };
    let name = initials(tx, host, subject.person)?;
    let values = |language: Language| {
        let mut values = vec![
            Value::Number(subject.job_number.get()),
            Value::Coded("trade", i64::from(subject.trade.get())),
            Value::Text(name.clone()),
            Value::Text(phone.clone().unwrap_or_else(|| path_code(host, JOBS_PATH))),
        ];
        if let Some(Terms { pay, means, start_day, .. }) = agreed {
            values.push(Value::Text(labels::day_words(bundle, language, *start_day)));
            values.push(Value::Text(labels::pay_words(host, bundle, language, *pay)));
            values.push(means_value(*means));
        }
        values
    };
    let key = format!("post/{}/{}", subject.application.get(), to.code());
    write(tx, (host, bundle), ids, client.person, (template, subject.employer.get(), &key), &values, now_ms)?;
    Ok(())
}

/// The client's number goes to somebody whom they chose, once. Uses one identifier.
pub(super) fn phone_given(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    subject: &Subject,
    (client, phone): (PersonId, String),
    now_ms: i64,
) -> Result<bool, Fault> {
    let name = initials(tx, host, client)?;
    let values = |_: Language| {
        vec![Value::Number(subject.job_number.get()), Value::Text(name.clone()), Value::Text(phone.clone())]
    };
    let key = format!("post/{}/phone", subject.application.get());
    let cause = (PHONE_GIVEN, subject.employer.get(), key.as_str());
    write(tx, (host, bundle), ids, subject.person, cause, &values, now_ms)
}
