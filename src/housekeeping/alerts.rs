//! Telling people of new jobs: takes the vacancies that are due, looks whom each fits, and queues the SMS.
//!
//! Looking is done by a reader, which no hop waits for; writing in bulk transactions of a few milliseconds each. Several
//! nodes share the work: each vacancy is somebody's for the time of a lease, and who slept past it writes nothing.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::actions::{self, Batch, Fault, Plan, Telling};
use crate::clock::first_id_at;
use crate::hop::Service;
use crate::market::alert::{self, Onward, Run};
use crate::market::candidate::Fitting;
use crate::storage::{Tx, Work};

/// Between two looks for vacancies that are due, whoever posted them: an SMS that comes two seconds later is as welcome.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The sleep after a failure of the store.
const FAILURE_WAIT: Duration = Duration::from_secs(10);
/// How long a run is a node's, renewed with every transaction.
const LEASE_MS: i64 = 60_000;
/// Searches of one wave: each passes over those whom the one before could not tell.
const SEARCHES_MAX: usize = 5;
/// Runs of one turn, of each of its two hands: then it is looked whether to stop.
const RUNS_MAX: u64 = 50;
/// How long it is kept who was told of which job: longer than a vacancy is open.
const KEEP_MS: i64 = 400 * 86_400_000;
/// Alerts that are forgotten in one transaction.
const FORGOTTEN_TOGETHER: i64 = 200;

/// Looks after the vacancies that are due; answers how many were looked after, and how many people were told.
///
/// Two vacancies at a time: while what was written of one goes to the disk, the other's is worked on.
pub async fn turn(service: &Service) -> Result<(u64, u64), Fault> {
    let (one, other) = tokio::join!(one_hand(service), one_hand(service));
    let ((runs, told), (more_runs, more_told)) = (one?, other?);
    Ok((runs + more_runs, told + more_told))
}

/// One vacancy after the other.
async fn one_hand(service: &Service) -> Result<(u64, u64), Fault> {
    let (mut runs, mut told) = (0, 0);
    while runs < RUNS_MAX {
        let now_ms = service.clock.now_ms();
        if !service.store.read(move |tx| alert::is_due(tx, now_ms)).await? {
            break;
        }
        let fence = service.ids.block(now_ms).next_id().unwrap_or_default();
        let take = move |tx: &mut Tx<'_>| {
            let shared_ms = tx.now_ms(now_ms)?;
            alert::take(tx, fence, shared_ms + LEASE_MS, shared_ms)
        };
        // Another node may have been faster.
        let Some(run) = service.store.transact(Work::bulk(), take).await? else { break };
        runs += 1;
        told += look_after(service, run).await?;
    }
    Ok((runs, told))
}

/// One wave of one vacancy, or the part of it that a crash has left.
async fn look_after(service: &Service, mut run: Run) -> Result<u64, Fault> {
    let (terms, mut all, mut passed_over) = (service.alerts, 0, HashSet::new());
    for _ in 0..SEARCHES_MAX {
        let (host, over, now_ms) = (Arc::clone(&service.host), passed_over.clone(), service.clock.now_ms());
        let look = move |tx: &mut Tx<'_>| actions::plan(tx, &host, &run, &terms, &over, now_ms);
        let (people, mut left, are_more) = match service.store.read(look).await? {
            Plan::Onward(onward) => {
                write(service, run, onward).await?;
                return Ok(all);
            }
            Plan::Tell { people, left, are_more } => (people, left, are_more),
        };
        passed_over.extend(people.iter().map(|fitting| fitting.person));
        let (mut people, mut made) = (&people[..], None);
        while left > 0 {
            let batch = match made.take() {
                None => make(service, run, actions::together(&mut people, left)).await?,
                ready => ready,
            };
            let Some(batch) = batch else { break };
            // While these are written, the messages of the next are made.
            let next = actions::together(&mut people, left - batch.letters());
            let (telling, next) = tokio::join!(tell(service, run, batch, left), make(service, run, next));
            match telling? {
                Telling::Told(told) => {
                    left -= told;
                    run.told += told;
                    all += u64::try_from(told).unwrap_or_default();
                }
                Telling::Over => {
                    write(service, run, Onward::Over).await?;
                    return Ok(all);
                }
                Telling::Lost => return Ok(all),
            }
            made = next?;
        }
        if left <= 0 || !are_more {
            break;
        }
    }
    write(service, run, actions::after_wave(&run, &terms, service.clock.now_ms())).await?;
    Ok(all)
}

/// Makes the messages to some people, by a reader; `None` for nobody.
async fn make(service: &Service, run: Run, people: &[Fitting]) -> Result<Option<Batch>, Fault> {
    if people.is_empty() {
        return Ok(None);
    }
    let now_ms = service.clock.now_ms();
    let people: Vec<_> = people.iter().map(|fitting| (*fitting, service.ids.block(now_ms))).collect();
    let (host, bundle) = (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live));
    let make = move |tx: &mut Tx<'_>| actions::batch(tx, &host, &bundle, run.vacancy, &people, now_ms);
    Ok(Some(service.store.read(make).await?))
}

/// Writes them, in one transaction.
async fn tell(service: &Service, run: Run, batch: Batch, left: i64) -> Result<Telling, Fault> {
    let (now_ms, terms) = (service.clock.now_ms(), service.alerts);
    let (host, batch) = (Arc::clone(&service.host), Arc::new(batch));
    let tell = move |tx: &mut Tx<'_>| {
        let until_ms = tx.now_ms(now_ms)? + LEASE_MS;
        actions::tell_some(tx, &host, (&run, &terms), &batch, left, until_ms, now_ms)
    };
    let telling = service.store.transact(Work::bulk(), tell).await?;
    if matches!(telling, Telling::Told(1..)) {
        service.enqueued.notify_one();
    }
    Ok(telling)
}

/// Gives a run back. That another has it meanwhile changes nothing.
async fn write(service: &Service, run: Run, onward: Onward) -> Result<(), Fault> {
    service.store.transact(Work::bulk(), move |tx| alert::go_on(tx, &run, onward)).await?;
    Ok(())
}

/// Forgets who was told of jobs long ago; answers how many rows went.
pub(super) fn forget(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, crate::market::Fault> {
    alert::forget(tx, first_id_at(now_ms - KEEP_MS), FORGOTTEN_TOGETHER)
}

/// Turns until told to stop.
pub async fn run(service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        let wait = match turn(&service).await {
            Ok((0, _)) => LOOK_EVERY,
            Ok((runs, told)) => {
                tracing::info!(runs, told, "people were told of new jobs");
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "people could not be told of new jobs; it is tried again");
                FAILURE_WAIT
            }
        };
        tokio::select! {
            changed = stop.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}
