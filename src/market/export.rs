//! Everything that is kept of one person: the answer to their request, handed out by an operator.
//!
//! A PIN is in it as that there is one: neither it nor its hash leaves the store. Of others on the same number nothing is in it.

mod kept;

use serde_json::{Value, json};

use super::phone_number::{self, MsisdnHash, PhoneNumber};
use super::screening::desk;
use super::stage::Stage;
use super::{Fault, PersonId, alert, application, disclosure, linked_number, person, pin, quiz, sex, worker};
use crate::country::Country;
use crate::outbox::of_person::{self, Words};
use crate::storage::{Keys, Row, Tx};
use crate::text::Language;

/// Somebody on a number, as the operator who has to choose sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnNumber {
    /// The person.
    pub person: PersonId,
    /// Initials, never the name.
    pub initials: String,
}

/// The people on a number, under its present owner; empty when it never dialled.
pub fn people(tx: &mut Tx<'_>, keys: &Keys, hash: &MsisdnHash) -> Result<Vec<OnNumber>, Fault> {
    let Some(number) = phone_number::find(tx, hash)? else { return Ok(Vec::new()) };
    let mut people = Vec::new();
    for one in phone_number::persons_on(tx, &number)? {
        let initials = person::name(tx, keys, one)?.map_or_else(|| "...".to_owned(), |name| person::initials(&name));
        people.push(OnNumber { person: one, initials });
    }
    Ok(people)
}

/// Everything that is kept of a person on a number. `None` when they are not on it.
pub fn everything(
    tx: &mut Tx<'_>,
    (keys, country): (&Keys, &Country),
    hash: &MsisdnHash,
    person: PersonId,
) -> Result<Option<Value>, Fault> {
    let Some(number) = phone_number::find(tx, hash)? else { return Ok(None) };
    let on_it = phone_number::persons_on(tx, &number)?;
    let Some(found) = person::find(tx, person)?.filter(|_| on_it.contains(&person)) else { return Ok(None) };
    let (pin, alerts) = (pin::state(tx, person)?, alert::messages_to(tx, person)?);
    let given: Vec<Value> = disclosure::to_whom(tx, keys, person)?
        .into_iter()
        .map(|given| json!({ "employer": given.to_whom, "job": given.number, "at_ms": given.given_ms }))
        .collect();
    let (mut numbers, mut written) = (Vec::new(), Vec::new());
    for number in linked_number::all_of(tx, person)? {
        numbers.push(number_of(tx, keys, &number)?);
        written.extend(words(of_person::from_number(tx, keys, number.hash.as_bytes())?));
    }
    Ok(Some(json!({
        "number": numbers.first(),
        "second_number": numbers.get(1),
        "name": person::name(tx, keys, person)?,
        "status": found.status.code(),
        "language": found.language.code(),
        "consents": consents(tx, person)?,
        "worker": worker_of(tx, country, person)?,
        "applications": applications(tx, keys, person)?,
        "quizzes": quizzes(tx, person)?,
        "number_given_to": given,
        "bookings": kept::bookings(tx, country, person)?,
        "appointments": kept::appointments(tx, keys, person)?,
        "offers": kept::offers(tx, person)?,
        "alerts": kept::alerts(tx, person)?,
        "cases": kept::cases(tx, keys, person)?,
        "reports": kept::reports(tx, person)?,
        "pin": { "set": pin.is_set, "each_call": pin.each_call, "ends_ms": pin.ends_ms },
        "messages_to_them": words(of_person::to_person(tx, keys, (person.get(), &alerts))?),
        "messages_from_the_number": written,
    })))
}

fn number_of(tx: &mut Tx<'_>, keys: &Keys, number: &PhoneNumber) -> Result<Value, Fault> {
    let people = phone_number::persons_on(tx, number)?.len();
    let msisdn = phone_number::msisdn(tx, keys, &number.hash)?.map(|msisdn| msisdn.as_str().to_owned());
    Ok(json!({
        "msisdn": msisdn,
        "language": number.language.code(),
        "stopped": number.stopped,
        "owner_doubted": number.owner_doubted,
        "people_on_it": people,
    }))
}

fn consents(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Value>, Fault> {
    const CONSENTS: &str = "SELECT purpose, text_version, language, channel, given_ms, withdrawn_ms, agent_id FROM consent \
        WHERE person_id = $1 ORDER BY given_ms, id";
    Ok(tx.query(CONSENTS, &[person.into()], |row| {
        Ok(json!({
            "purpose": row.text(0)?,
            "text_version": row.text(1)?,
            "language": row.text(2)?,
            "channel": row.text(3)?,
            "given_ms": row.integer(4)?,
            "withdrawn_ms": row.optional_integer(5)?,
            "by_agent": row.integer(6)?,
        }))
    })?)
}

fn worker_of(tx: &mut Tx<'_>, country: &Country, person: PersonId) -> Result<Option<Value>, Fault> {
    let Some(found) = worker::find(tx, person)? else { return Ok(None) };
    let trades: Vec<Value> = found
        .trades
        .iter()
        .map(|known| {
            let name = country.trades.name(known.trade, Language::En);
            json!({ "trade": known.trade.get(), "name": name, "years": known.years, "paid": known.paid })
        })
        .collect();
    let rate = match found.rate {
        super::pay::Rate::Amount(pay) => json!({ "amount": pay.amount, "unit": pay.unit.code() }),
        rate => json!(rate.code()),
    };
    Ok(Some(json!({
        "birth_year": found.birth_year,
        "sex": sex::of(tx, person)?.map(sex::Sex::code),
        "trades": trades,
        "area": found.area.map(|area| json!({ "code": area.get(), "name": country.areas.name(area, Language::En) })),
        "will_move": found.will_move,
        "rate": rate,
        "kinds_bits": found.kinds.bits(),
        "days_bits": found.days.bits(),
        "licence": found.licence,
        "free_on_day": found.free_on.map(|day| day.0),
        "listed_ms": found.listed_ms,
    })))
}

fn applications(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Vec<Value>, Fault> {
    const APPLICATIONS: &str = "SELECT application.id, vacancy.job_number, application.stage, application.share_number, \
        application.applied_ms, application.changed_ms FROM application \
        JOIN vacancy ON vacancy.id = application.vacancy_id WHERE application.person_id = $1 ORDER BY application.id";
    let read = |row: &Row<'_>| {
        let about = json!({
            "job": row.integer(1)?,
            "stage": Stage::read(row, 2)?.code(),
            "number_given": row.boolean(3)?,
            "applied_ms": row.integer(4)?,
            "changed_ms": row.integer(5)?,
        });
        Ok((super::ApplicationId::new(row.integer(0)?), about))
    };
    let mut all = Vec::new();
    for (application, mut about) in tx.query(APPLICATIONS, &[person.into()], read)? {
        let answered: Vec<Value> = desk::answered_with(tx, keys, application)?
            .into_iter()
            .map(|(question, answer)| json!({ "asked": question.ask.of(Language::En), "answer": answer }))
            .collect();
        if let (Some(score), Some(about)) = (application::score_of(tx, application)?, about.as_object_mut()) {
            about.insert("score_of_100".to_owned(), json!(score.total));
            about.insert("answers".to_owned(), json!(answered));
        }
        all.push(about);
    }
    Ok(all)
}

fn quizzes(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Value>, Fault> {
    let one = |(trade, quiz): (i64, quiz::Quiz)| {
        let best = quiz.best.map(|(hits, at_ms)| json!({ "right": hits.right, "asked": hits.asked, "at_ms": at_ms }));
        json!({ "trade": trade, "attempt": quiz.attempt, "begun_ms": quiz.begun_ms, "best": best, "employers_see_it": quiz.is_shown })
    };
    Ok(quiz::of_person(tx, person)?.into_iter().map(one).collect())
}

fn words(all: Vec<Words>) -> Vec<Value> {
    all.into_iter()
        .map(|words| json!({ "at_ms": words.at_ms, "kind": words.kind, "status": words.status, "text": words.text }))
        .collect()
}
