//! What must be put away: sessions that nobody can come back to, refusals whose time is over, vacancies that have closed,
//! with whoever still waited for an answer, and what is kept of people who have left (`retention.rs`).
//! And what is seen only afterwards: how screens fared, and calls that were cut. Once a minute what was dialled is
//! written down and looked at (`silence.rs`); once a day it is told how the one before went ([`digest`]). Beside all of it
//! people are told of new jobs ([`alerts`]).
//!
//! Each turn does a little as bulk work, so that no hop waits behind it; what is left over is done in the next turn.

mod agents;
pub mod alarm;
pub mod alerts;
mod bookings;
mod desk;
pub mod digest;
mod help_desk;
mod moves;
mod retention;
mod silence;
mod told;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::actions::stage::{self, Overdue};
use crate::actions::{self, Cut};
use crate::hop::{Service, dials, figures, record};
use crate::market::{self, asked_before, person, post_day, vacancy};
use crate::outbox::{self, Keep};
use crate::storage::{self, Tx, Work};
use crate::text::datetime::Day;

/// Between two turns while there is nothing to do.
const IDLE: Duration = Duration::from_mins(1);
/// Between two turns while there is more: bulk work of a few milliseconds, twenty times a second at most.
const BUSY: Duration = Duration::from_millis(50);

/// One turn; answers how many rows were put away.
pub async fn turn(service: &Service) -> Result<u64, market::Fault> {
    let now_ms = service.clock.now_ms();
    if service.dials.is_due(now_ms) {
        look_after(service, now_ms).await;
    }
    let keep = service.keep;
    let today = Day::from_ms(now_ms, &service.host.country.timezone).0;
    let sessions = service.store.transact(Work::bulk(), move |tx| record::forget(tx, now_ms)).await?;
    let refusals = service.store.transact(Work::bulk(), move |tx| person::forget_refusals(tx, now_ms)).await?;
    let vacancies = service.store.transact(Work::bulk(), move |tx| vacancy::close_expired(tx, now_ms)).await?;
    let letters = service.store.transact(Work::bulk(), move |tx| put_away(tx, keep, now_ms, today)).await?;
    let ended = end_overdue(service, now_ms).await?;
    let alerts = service.store.transact(Work::bulk(), move |tx| alerts::forget(tx, now_ms)).await?;
    let booked = bookings::turn(service, now_ms).await?;
    let leavers = retention::turn(service, now_ms).await?;
    let helped = agents::turn(service, now_ms).await? + moves::turn(service, now_ms).await?;
    let people = help_desk::serve(service, now_ms).await?;
    let done = sessions + refusals + vacancies + letters + ended + alerts + booked + leavers;
    Ok(done + helped + people + count_screens(service, now_ms).await?)
}

/// Ends offers that nobody answered and applications whose vacancy is over, and tells their people. Answers how many.
async fn end_overdue(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let mut ended = 0;
    for what in [Overdue::Offers, Overdue::Vacancies] {
        let (host, live) = (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live));
        let ids = Arc::clone(&service.ids);
        let end = move |tx: &mut Tx<'_>| stage::end_overdue(tx, &host, &live, &|| ids.block(now_ms), what, now_ms);
        match service.store.transact(Work::bulk(), end).await {
            Ok(count) => ended += count,
            Err(fault) => {
                tracing::warn!(%fault, "applications that are over could not be ended; it is tried again in a minute");
            }
        }
    }
    if ended > 0 {
        service.enqueued.notify_one();
    }
    Ok(ended)
}

/// What is looked after once a minute. It comes first and keeps nothing else from being done.
async fn look_after(service: &Service, now_ms: i64) {
    if let Err(error) = silence::watch(service, now_ms).await {
        tracing::warn!(%error, "dials could not be written down; it is tried again in a minute");
    }
    if let Err(error) = help_desk::watch(service, now_ms).await {
        tracing::warn!(%error, "it could not be seen what is late; it is tried again in a minute");
    }
    if let Err(error) = digest::tell(service, now_ms).await {
        tracing::warn!(%error, "the morning digest could not be made; it is tried again in a minute");
    }
}

/// Forgets what is kept of messages and dials, each when its time is over.
fn put_away(tx: &mut Tx<'_>, keep: Keep, now_ms: i64, today: i32) -> Result<u64, market::Fault> {
    let traces = outbox::keep::put_away(tx, keep, now_ms, today).map_err(|fault| match fault {
        outbox::Error::Storage(error) => market::Fault::Storage(error),
        outbox::Error::OutOfBounds(what) => market::Fault::Gone(what),
    })?;
    let answers = asked_before::forget(tx, now_ms)? + post_day::forget(tx, Day(today))?;
    Ok(traces + answers + dials::forget(tx, now_ms - dials::KEEP_MS)? + told::forget(tx, now_ms)?)
}

/// Counts the next hops, and writes to whose call was cut among them. Answers how many were counted, if there are more.
async fn count_screens(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let (host, live, ids) =
        (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live), Arc::clone(&service.ids));
    let fold = move |tx: &mut Tx<'_>| {
        let folded = figures::fold(tx, &host.country.timezone, now_ms)?;
        let mut invited = 0;
        for dropped in &folded.dropped {
            let message_id = ids.block(now_ms).next_id().unwrap_or_default();
            let cut = Cut { number_hash: &dropped.number_hash, at_ms: dropped.at_ms, message_id };
            match tx.attempt(|tx| actions::invite(tx, &host, &live, cut, now_ms)) {
                Ok(done) => invited += u64::from(done),
                // The figures are right all the same.
                Err(fault) => tracing::warn!(%fault, "a call that was cut could not be followed up"),
            }
        }
        Ok::<_, storage::Error>((if figures::is_full(&folded) { folded.hops } else { 0 }, invited))
    };
    match service.store.transact(Work::bulk(), fold).await {
        Ok((more, invited)) => {
            if invited > 0 {
                service.enqueued.notify_one();
            }
            Ok(u64::try_from(more).unwrap_or_default())
        }
        // Another node has counted these.
        Err(storage::Error::Conflict) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// What failed, as a fault of the market's.
fn of_market(fault: actions::Fault) -> market::Fault {
    match fault {
        actions::Fault::Market(fault) => fault,
        actions::Fault::Storage(error) => market::Fault::Storage(error),
        fault => market::Fault::Storage(
            fault.passing().cloned().unwrap_or(storage::Error::Corrupt { what: "a message could not be written" }),
        ),
    }
}

/// Turns until told to stop. What was dialled since the last turn is written down at the end.
pub async fn run(service: Arc<Service>, stop: watch::Receiver<bool>) {
    turns(&service, stop).await;
    if let Err(error) = silence::watch(&service, service.clock.now_ms()).await {
        tracing::warn!(%error, "the last dials could not be written down");
    }
}

async fn turns(service: &Service, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        let wait = match turn(service).await {
            Ok(0) => IDLE,
            Ok(_) => BUSY,
            Err(error) => {
                tracing::warn!(%error, "housekeeping could not be done; it is tried again");
                IDLE
            }
        };
        tokio::select! {
            changed = stop.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
        }
    }
}
