//! What must not be left lying: cases and held jobs that nobody answered in time, licences that end, and people who are still
//! to be told. Alarms once a minute; the rest a few at a time, as bulk work.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::alarm::Alarm;
use super::desk::Desk;
use super::told;
use crate::actions::{self, Host};
use crate::hop::Service;
use crate::market::case::CaseKind;
use crate::market::quarantine::HoldWhy;
use crate::market::{self, case, employer_check, quarantine};
use crate::storage::{self, Tx, Work};

/// Alarms of one kind in one look: more at once are one trouble, and the rest follows a minute later.
const AT_ONCE: i64 = 10;
/// Held jobs, and cases of one kind, that are looked through.
const HELD_MAX: i64 = 200;
/// So long it is news that somebody called a case urgent, in milliseconds: a day.
const URGED_NEWS_MS: i64 = 24 * 3_600_000;
/// So long it is news that a licence is over, in milliseconds: a week.
const LAPSED_NEWS_MS: i64 = 7 * 24 * 3_600_000;

/// Looks for what is late, and raises what is news. Answers it.
pub(super) async fn watch(service: &Service, now_ms: i64) -> Result<Vec<Alarm>, market::Fault> {
    let (desk, host) = (Desk::of(service), Arc::clone(&service.host));
    let work = move |tx: &mut Tx<'_>| {
        let mut news = urged_cases(tx, now_ms)?;
        news.extend(late_cases(tx, now_ms)?);
        news.extend(late_jobs(tx, &host, now_ms)?);
        news.extend(ending_licences(tx, now_ms)?);
        news.extend(lapsed_licences(tx, now_ms)?);
        let mut told = Vec::new();
        for alarm in news {
            if alarm.note_since(tx, now_ms)? {
                desk.tell(tx, &alarm.news(), now_ms)?;
                told.push(alarm);
            }
        }
        Ok::<_, market::Fault>(told)
    };
    let news = service.store.transact(Work::bulk(), work).await?;
    news.iter().for_each(Alarm::raise);
    if !news.is_empty() {
        service.enqueued.notify_one();
    }
    Ok(news)
}

/// Forgets alarms that do not hold any more.
fn end_others(tx: &mut Tx<'_>, what: &str, standing: &BTreeSet<String>) -> Result<(), storage::Error> {
    for (about, _) in told::standing(tx, what)? {
        if !standing.contains(&about) {
            told::end(tx, what, &about)?;
        }
    }
    Ok(())
}

fn late_cases(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<Alarm>, market::Fault> {
    // Danger comes first and is looked for by itself: other cases that wait, however many, do not hide it.
    let danger = case::overdue_unsafe(tx, now_ms, HELD_MAX)?;
    let others = case::overdue(tx, now_ms, HELD_MAX)?.into_iter().filter(|of| of.kind != CaseKind::Unsafe);
    let alarms: Vec<Alarm> = danger
        .into_iter()
        .chain(others)
        .map(|of| Alarm::CaseOverdue { case: of.number.get(), kind: of.kind.code().to_owned(), due_ms: of.due_ms })
        .collect();
    new_of(tx, Alarm::CASE_OVERDUE, alarms)
}

fn urged_cases(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<Alarm>, market::Fault> {
    let urged = case::urged(tx, now_ms - URGED_NEWS_MS, HELD_MAX)?.into_iter().map(|of| Alarm::CaseUrged {
        case: of.number.get(),
        kind: of.kind.code().to_owned(),
        at_ms: of.at_ms,
    });
    let alarms = urged.collect();
    new_of(tx, Alarm::CASE_URGED, alarms)
}

fn late_jobs(tx: &mut Tx<'_>, host: &Host, now_ms: i64) -> Result<Vec<Alarm>, market::Fault> {
    let country = &host.country;
    let held = quarantine::held(tx, HELD_MAX)?.into_iter().filter_map(|of| {
        let due_ms = country.help.due_ms("held_job", of.since_ms, &country.timezone);
        let (job, why) = (of.job_number.get(), of.why.code().to_owned());
        (due_ms <= now_ms).then_some(Alarm::JobHeldLate { job, why, due_ms })
    });
    let alarms = held.collect();
    new_of(tx, Alarm::JOB_HELD_LATE, alarms)
}

fn ending_licences(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<Alarm>, market::Fault> {
    let ending = employer_check::expiring(tx, now_ms, HELD_MAX)?;
    let alarm =
        |(employer, until_ms): (market::EmployerId, i64)| Alarm::LicenceEnds { employer: employer.get(), until_ms };
    new_of(tx, Alarm::LICENCE_ENDS, ending.into_iter().map(alarm).collect())
}

fn lapsed_licences(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<Alarm>, market::Fault> {
    let lapsed = employer_check::lapsed(tx, (now_ms - LAPSED_NEWS_MS, now_ms), HELD_MAX)?;
    let alarm =
        |(employer, until_ms): (market::EmployerId, i64)| Alarm::LicenceOver { employer: employer.get(), until_ms };
    new_of(tx, Alarm::LICENCE_OVER, lapsed.into_iter().map(alarm).collect())
}

/// Of all that holds now, what was not told yet; what was told and holds no more is forgotten.
fn new_of(tx: &mut Tx<'_>, what: &'static str, alarms: Vec<Alarm>) -> Result<Vec<Alarm>, market::Fault> {
    let standing: BTreeSet<String> = alarms.iter().map(Alarm::about).collect();
    end_others(tx, what, &standing)?;
    let told: BTreeSet<String> = told::standing(tx, what)?.into_iter().map(|(about, _)| about).collect();
    let new = alarms.into_iter().filter(|alarm| !told.contains(&alarm.about()));
    Ok(new.take(usize::try_from(AT_ONCE).unwrap_or_default()).collect())
}

/// What is done for people, a few at a time.
#[derive(Clone, Copy, Debug)]
enum Step {
    Follow,
    Tell,
}

/// Holds some open jobs of an agency whose licence is over; answers how many.
async fn hold_lapsed(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let ids = Arc::clone(&service.ids);
    let hold = move |tx: &mut Tx<'_>| {
        let Some(employer) = employer_check::lapsed_and_open(tx, now_ms)? else { return Ok(0) };
        let why = (HoldWhy::NoLicence, "");
        let held = quarantine::hold_of_employer(tx, &mut ids.block(now_ms), employer, why, now_ms)?;
        Ok::<_, market::Fault>(u64::try_from(held).unwrap_or(u64::MAX))
    };
    service.store.transact(Work::bulk(), hold).await
}

/// Holds jobs of agencies without a licence, cancels alerts of held jobs, asks whether what was answered is settled, closes what stayed silent, and tells people what happened. Answers how many were
/// looked at, so that what is left over is done in the next turn.
pub(super) async fn serve(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let mut looked_at = hold_lapsed(service, now_ms).await?;
    let stop = move |tx: &mut Tx<'_>| quarantine::stop_alerts(tx, now_ms);
    looked_at += service.store.transact(Work::bulk(), stop).await?;
    for step in [Step::Follow, Step::Tell] {
        let (host, ids) = (Arc::clone(&service.host), Arc::clone(&service.ids));
        let live = Arc::clone(&service.bundles.now().live);
        let work = move |tx: &mut Tx<'_>| {
            let done = tx.attempt(|tx| {
                let mut ids = ids.block(now_ms);
                match step {
                    Step::Follow => actions::follow_cases(tx, &host, &live, &mut ids, now_ms),
                    Step::Tell => actions::tell_cases(tx, &host, &live, &mut ids, now_ms),
                }
            });
            done.or_else(|fault| {
                if let Some(error) = fault.passing() {
                    return Err(error.clone());
                }
                // One row that cannot be read must not keep housekeeping from the rest.
                tracing::error!(%fault, "people could not be told of their cases");
                Ok(0)
            })
        };
        looked_at += service.store.transact::<_, storage::Error, _>(Work::bulk(), work).await?;
    }
    if looked_at > 0 {
        service.enqueued.notify_one();
    }
    Ok(looked_at)
}

#[cfg(test)]
#[path = "help_desk_tests.rs"]
mod tests;
