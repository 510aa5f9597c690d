//! What is kept of a person beside who they are: bookings, cases, what they were told of and asked to, and what their number
//! reported.
//!
//! The other side of a booking is nobody's to hand out: it is named by the booking's number alone. A number in what somebody
//! wrote about others is masked.

use serde_json::{Value, json};

use super::super::appointment::{self, AppointmentKind};
use super::super::booking::{self, Booking, client};
use super::super::case::{self, CaseEvent, EventLine};
use super::super::import::iso;
use super::super::linked_number;
use super::super::{ApplicationId, BookingId, CaseId, Fault, PersonId, alert};
use crate::country::{Country, PayMeans};
use crate::storage::{Keys, Param, Row, Tx};
use crate::text::datetime::Day;
use crate::text::{Language, masking};

/// Bookings, cases and alerts of one person in an answer: more than ten years of daily work bring.
const ROWS_MAX: i64 = 4_000;

/// Bookings of both sides, with what was agreed, and never with whom.
pub(super) fn bookings(tx: &mut Tx<'_>, country: &Country, person: PersonId) -> Result<Value, Fault> {
    const AS_WORKER: &str = "SELECT id FROM booking WHERE worker_id = $1 ORDER BY day, id LIMIT $2";
    const AS_CLIENT: &str = "SELECT id FROM booking WHERE client_id = $1 ORDER BY created_ms DESC, id LIMIT $2";
    const COUNTS: &str = "SELECT side, jobs, paid, late_cancels, absences FROM booking_record WHERE person_id = $1 \
        ORDER BY side";
    const BLOCKED: &str = "SELECT blocked_ms FROM booking_block WHERE person_id = $1 ORDER BY blocked_ms LIMIT $2";
    let params: [Param<'_>; 2] = [person.into(), ROWS_MAX.into()];
    let mut all = Vec::new();
    for (side, sql) in [("worker", AS_WORKER), ("client", AS_CLIENT)] {
        for id in tx.query(sql, &params, |row| Ok(BookingId::new(row.integer(0)?)))? {
            all.extend(booking::find(tx, id)?.map(|found| booking_of(country, side, &found)));
        }
    }
    let counts = tx.query(COUNTS, &[person.into()], |row| {
        let (side, jobs) = (row.text(0)?.to_owned(), row.integer(1)?);
        let (paid, late, absences) = (row.integer(2)?, row.integer(3)?, row.integer(4)?);
        Ok(json!({ "side": side, "jobs": jobs, "paid": paid, "late_cancels": late, "absences": absences }))
    })?;
    let blocked = tx.query(BLOCKED, &params, |row| row.integer(0))?;
    let place = client::find(tx, person)?.map(|client| area_of(country, client.area));
    Ok(json!({ "all": all, "counts": counts, "wants_no_more_of_somebody_since_ms": blocked, "asks_workers_to": place }))
}

fn booking_of(country: &Country, side: &str, found: &Booking) -> Value {
    json!({
        "booking": found.number.get(),
        "as": side,
        "state": found.state.code(),
        "ended_by": found.ended.map(booking::states::Ended::code),
        "trade": country.trades.name(found.trade, Language::En),
        "area": area_of(country, Some(found.area)),
        "day": iso(found.day),
        "days": found.days,
        "pay": { "amount": found.pay.amount, "unit": found.pay.unit.code() },
        "paid": found.paid.code(),
        "pay_means": found.means.map(PayMeans::code),
        "pay_asked": found.asked_amount,
        "number_given": found.share.map(booking::Share::code),
        "worker_was_there": found.worker_came,
        "client_said_so": found.client_came,
    })
}

fn area_of(country: &Country, area: Option<crate::country::AreaCode>) -> Value {
    area.map_or(Value::Null, |area| json!({ "code": area.get(), "name": country.areas.name(area, Language::En) }))
}

/// Cases: those that the person told, and those that the number told before anybody was known on it.
pub(super) fn cases(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Vec<Value>, Fault> {
    const TOLD: &str = "SELECT id FROM help_case WHERE person_id = $1 ORDER BY id LIMIT $2";
    const BEFORE: &str = "SELECT id FROM help_case WHERE msisdn_hmac = $1 AND number_generation = $2 \
        AND person_id IS NULL ORDER BY opened_ms DESC, id LIMIT $3";
    let read = |row: &Row<'_>| Ok(CaseId::new(row.integer(0)?));
    let mut ids = tx.query(TOLD, &[person.into(), ROWS_MAX.into()], read)?;
    for number in linked_number::all_of(tx, person)? {
        let before = [number.hash.as_bytes().into(), number.generation.into(), ROWS_MAX.into()];
        ids.extend(tx.query(BEFORE, &before, read)?);
    }
    let mut all = Vec::new();
    for id in ids {
        let Some(found) = case::find(tx, id)? else { continue };
        let log: Vec<Value> = case::events(tx, keys, id)?.iter().map(line_of).collect();
        all.push(json!({
            "case": found.number.get(),
            "kind": found.kind.code(),
            "state": found.state.code(),
            "opened_ms": found.opened_ms,
            "answered_by_ms": found.due_ms,
            "handed_over_to": found.office,
            "log": log,
        }));
    }
    Ok(all)
}

/// A line of a case's log. Words are those of the person, and those that they were told; of operators' own notes that there are.
fn line_of(line: &EventLine) -> Value {
    let is_theirs = line.by_kind == "person" || matches!(line.what, CaseEvent::Answered | CaseEvent::Asked);
    let words = line.note.as_deref().filter(|_| is_theirs).map(masking::numbers);
    json!({ "at_ms": line.at_ms, "what": line.what.code(), "by": line.by_kind, "words": words })
}

/// Jobs that the person was told of.
pub(super) fn alerts(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Value>, Fault> {
    let told = alert::told_to(tx, person)?.into_iter().take(usize::try_from(ROWS_MAX).unwrap_or_default());
    Ok(told
        .map(|told| json!({ "job": told.job_number, "score_of_100": told.score, "told_ms": told.told_ms }))
        .collect())
}

/// Where the person was asked to come for a job.
pub(super) fn appointments(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Vec<Value>, Fault> {
    const APPOINTMENTS: &str = "SELECT appointment.application_id, appointment.kind, vacancy.job_number, \
        appointment.set_ms FROM appointment JOIN application ON application.id = appointment.application_id \
        JOIN vacancy ON vacancy.id = application.vacancy_id WHERE application.person_id = $1 \
        ORDER BY appointment.set_ms, appointment.application_id LIMIT $2";
    let read = |row: &Row<'_>| {
        let of = (ApplicationId::new(row.integer(0)?), AppointmentKind::read(row, 1)?);
        Ok((of, row.integer(2)?, row.integer(3)?))
    };
    let mut all = Vec::new();
    for ((application, kind), job, set_ms) in tx.query(APPOINTMENTS, &[person.into(), ROWS_MAX.into()], read)? {
        let Some(found) = appointment::find(tx, keys, application, kind)? else { continue };
        all.push(json!({
            "job": job,
            "what": kind.code(),
            "day": found.day.map(iso),
            "minute_of_day": found.minute,
            "words": masking::numbers(&found.words),
            "set_ms": set_ms,
        }));
    }
    Ok(all)
}

/// What was offered to the person, and what they said.
pub(super) fn offers(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Value>, Fault> {
    const OFFERS: &str = "SELECT vacancy.job_number, offer.pay_amount, offer.pay_unit, offer.start_day, offer.status, \
        offer.offered_ms, offer.answered_ms, offer.pay_means FROM offer JOIN application ON application.id = offer.application_id \
        JOIN vacancy ON vacancy.id = application.vacancy_id WHERE application.person_id = $1 \
        ORDER BY offer.offered_ms, offer.application_id LIMIT $2";
    Ok(tx.query(OFFERS, &[person.into(), ROWS_MAX.into()], |row| {
        let start = row.optional_integer(3)?.and_then(|day| i32::try_from(day).ok()).map(|day| iso(Day(day)));
        Ok(json!({
            "job": row.integer(0)?,
            "pay": { "amount": row.integer(1)?, "unit": row.text(2)? },
            "pay_means": row.optional_text(7)?,
            "start": start,
            "status": row.text(4)?,
            "offered_ms": row.integer(5)?,
            "answered_ms": row.optional_integer(6)?,
        }))
    })?)
}

/// Jobs that the number reported under its present owner, whoever held the phone; and bookings that the person reported.
pub(super) fn reports(tx: &mut Tx<'_>, person: PersonId) -> Result<Value, Fault> {
    const JOBS: &str = "SELECT vacancy.job_number, vacancy_report.reason, vacancy_report.at_ms FROM vacancy_report \
        JOIN vacancy ON vacancy.id = vacancy_report.vacancy_id WHERE vacancy_report.msisdn_hmac = $1 \
        AND vacancy_report.number_generation = $2 ORDER BY vacancy_report.at_ms, vacancy_report.id LIMIT $3";
    const BOOKINGS: &str = "SELECT hiring.number, booking_report.reported_ms FROM booking_report \
        JOIN booking ON booking.id = booking_report.booking_id JOIN hiring ON hiring.id = booking.hiring_id \
        WHERE booking_report.reporter_id = $1 AND (booking.worker_id = $1 OR booking.client_id = $1) \
        ORDER BY booking_report.reported_ms, booking.id LIMIT $2";
    let mut jobs = Vec::new();
    for number in linked_number::all_of(tx, person)? {
        let from = [number.hash.as_bytes().into(), number.generation.into(), ROWS_MAX.into()];
        jobs.extend(tx.query(JOBS, &from, |row| {
            Ok(json!({ "job": row.integer(0)?, "reason": row.text(1)?, "at_ms": row.integer(2)? }))
        })?);
    }
    let bookings = tx.query(BOOKINGS, &[person.into(), ROWS_MAX.into()], |row| {
        Ok(json!({ "booking": row.integer(0)?, "at_ms": row.integer(1)? }))
    })?;
    Ok(json!({ "jobs_from_the_number": jobs, "bookings": bookings }))
}

#[cfg(test)]
mod tests {
    use super::super::super::application::ApplyOutcome;
    use super::super::super::appointment::Appointment;
    use super::super::super::booking::request::{self, Order};
    use super::super::super::booking::{Share, answer};
    use super::super::super::case::{CallPart, CaseKind, Desk, NewCase, Opened, Word};
    use super::super::super::employer::EmployerKind;
    use super::super::super::fixture::{Fixture, NOW_MS, area, trade};
    use super::super::super::offer::{self, Terms};
    use super::super::super::pay::Pay;
    use super::super::super::report::{NewReport, ReportReason, report};
    use super::super::super::vacancy::NewVacancy;
    use super::super::super::{person, vacancy, worker};
    use super::super::everything;
    use super::*;
    use crate::country::PayUnit;

    /// Aline was booked by Ben, told a case, was invited, told of a job, and reported one.
    fn lived(tx: &mut Tx<'_>, f: &Fixture) -> Result<(PersonId, PersonId), Fault> {
        let (aline, ben) = (f.worker(tx, 1, "Aline Uwera")?, f.begin(tx, 2)?);
        person::set_name(tx, &f.keys, ben, "Bernard Kayitesi", NOW_MS)?;
        client::begin(tx, &f.keys, &mut f.ids(), ben, NOW_MS)?;
        client::set_area(tx, &f.country, ben, area(1201), NOW_MS)?;
        let home = client::find(tx, ben)?.unwrap();
        let (day, pay) = (worker::today(&f.country, NOW_MS).plus(2), Pay { amount: 5_000, unit: PayUnit::Day });
        let order = Order {
            trade: trade(11),
            area: area(1201),
            day,
            pay,
            means: Some(PayMeans::Momo),
            needed: 1,
            pass_on: false,
        };
        let sent = request::send(tx, &f.country, &mut f.ids(), &home, &order, Some(aline), 7, NOW_MS)?;
        let request::Sent::Asked { hiring, .. } = sent else { panic!("{sent:?}") };
        let asked = request::first_of(tx, hiring)?.unwrap();
        answer::accept(tx, &f.country, asked.id, aline, Share::Theirs, false, NOW_MS)?;
        let number = f.number(tx, 1)?;
        let new = NewCase {
            kind: CaseKind::Unpaid,
            number: &number,
            person: Some(aline),
            vacancy: None,
            application: None,
            booking: None,
            call: CallPart::None,
            due_ms: NOW_MS,
        };
        let Opened::New { case, .. } = case::open(tx, &f.keys, &mut f.ids(), &new, 7, NOW_MS)? else { panic!() };
        let found = case::find(tx, case)?.unwrap();
        let word = Word::Note("He owes me 7000, his number is 0788000002");
        case::say(tx, &f.keys, &mut f.ids(), &found, word, NOW_MS, NOW_MS)?;
        for order in [Desk::Note("rang Bernard Kayitesi"), Desk::Answer("We rang him")] {
            case::desk(tx, &f.keys, &mut f.ids(), case, ("ann", order), NOW_MS)?;
        }
        let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let outcome = f.apply(tx, aline, job, "k", NOW_MS)?;
        let ApplyOutcome::Applied { application, .. } = outcome else { panic!("{outcome:?}") };
        let invited = (Some(day), Some(540));
        let invited = Appointment::checked(&f.country, AppointmentKind::Interview, invited, "KG 11 Ave", NOW_MS);
        appointment::set(tx, &f.keys, application, &invited.unwrap(), NOW_MS)?;
        let until_ms = NOW_MS + 86_400_000;
        let offered = NewVacancy { means: Some(PayMeans::Cash), ..f.vacancy(11, 1201, "a") };
        let terms = Terms::checked(&f.country, &offered, (None, None, None, None), until_ms, NOW_MS).unwrap();
        offer::make(tx, application, &terms, NOW_MS)?;
        let told = "INSERT INTO alert (id, vacancy_id, person_id, score, score_version, told_ms, day, nth, place) \
            VALUES (7, $1, $2, 90, 1, 8, 1, 1, 1201)";
        tx.execute(told, &[job.into(), aline.into()])?;
        let about = vacancy::details(tx, &f.keys, job)?.unwrap();
        let reason = ReportReason::NotReal;
        let new = NewReport { about: &about, number: &number, is_listed: true, reason, to_hold: 3 };
        report(tx, &mut f.ids(), &new, NOW_MS)?;
        Ok((aline, ben))
    }

    #[test]
    fn all_of_it_is_handed_out_and_nothing_of_the_other_side() {
        Fixture::new().run(|tx, f| {
            let (aline, ben) = lived(tx, f)?;
            let hash = f.number(tx, 1)?.hash;
            let found = everything(tx, (&f.keys, &f.country), &hash, aline)?.unwrap();
            assert_eq!(found["bookings"]["all"][0]["as"], "worker");
            assert_eq!(found["bookings"]["all"][0]["state"], "accepted");
            assert_eq!(found["bookings"]["all"][0]["pay_means"], "momo");
            assert_eq!(
                (&found["offers"][0]["pay_means"], &found["offers"][0]["job"].is_i64()),
                (&json!("cash"), &true)
            );
            let log = found["cases"][0]["log"].as_array().unwrap();
            let words: Vec<_> = log.iter().map(|line| line["words"].as_str().unwrap_or("-")).collect();
            assert_eq!(words, ["-", "He owes me 7000, his number is 0788099999", "-", "We rang him"]);
            assert_eq!((&found["alerts"][0]["score_of_100"], &found["alerts"][0]["told_ms"]), (&json!(90), &json!(8)));
            assert_eq!(
                (&found["appointments"][0]["words"], &found["appointments"][0]["what"]),
                (&json!("KG 11 Ave"), &json!("interview"))
            );
            assert_eq!(found["reports"]["jobs_from_the_number"][0]["reason"], "not_real");
            let whole = found.to_string();
            for others in ["Bernard", "Kayitesi", "0788000002", f.msisdn(2).as_str()] {
                assert!(!whole.contains(others), "{others}: {whole}");
            }
            // The client's own copy has the same booking, from the other side.
            let hash = f.number(tx, 2)?.hash;
            let found = everything(tx, (&f.keys, &f.country), &hash, ben)?.unwrap();
            assert_eq!(found["bookings"]["all"][0]["as"], "client");
            assert_eq!(found["bookings"]["asks_workers_to"]["code"], 1201);
            assert!(!found.to_string().contains("Uwera") && found["cases"] == json!([]));
            Ok(())
        });
    }
}
