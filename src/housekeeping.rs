//! What must be put away: sessions that nobody can come back to, refusals whose time is over, vacancies that have closed.
//! And what is seen only afterwards: how screens fared, and calls that were cut.
//!
//! Each turn does a little as bulk work, so that no hop waits behind it; what is left over is done in the next turn.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::actions::{self, Cut};
use crate::hop::{Service, figures, record};
use crate::market::{self, person, vacancy};
use crate::outbox::{self, caps, hook_call, inbound, operate, receipt};
use crate::storage::{self, Tx, Work};
use crate::text::datetime::Day;

/// Between two turns while there is nothing to do.
const IDLE: Duration = Duration::from_mins(1);
/// Between two turns while there is more: bulk work of a few milliseconds, twenty times a second at most.
const BUSY: Duration = Duration::from_millis(50);

/// One turn; answers how many rows were put away.
pub async fn turn(service: &Service) -> Result<u64, market::Fault> {
    let now_ms = service.clock.now_ms();
    let today = Day::from_ms(now_ms, &service.host.country.timezone).0;
    let sessions = service.store.transact(Work::bulk(), move |tx| record::forget(tx, now_ms)).await?;
    let refusals = service.store.transact(Work::bulk(), move |tx| person::forget_refusals(tx, now_ms)).await?;
    let vacancies = service.store.transact(Work::bulk(), move |tx| vacancy::close_expired(tx, now_ms)).await?;
    let letters = service.store.transact(Work::bulk(), move |tx| put_away(tx, now_ms, today)).await?;
    Ok(sessions + refusals + vacancies + letters + count_screens(service, now_ms).await?)
}

/// How long it is kept what was tried to send a message: to answer whoever asks for it within a bill's month, and the next.
const ATTEMPTS_KEEP_MS: i64 = 90 * 24 * 3_600_000;
/// Days that counts of what was sent are kept.
const COUNTS_KEEP_DAYS: i32 = 400;
/// Rows of each kind in one turn.
const ROWS_MAX: i64 = 200;

/// Forgets what providers called us with and what was tried, each when its time is over.
fn put_away(tx: &mut Tx<'_>, now_ms: i64, today: i32) -> Result<u64, market::Fault> {
    let away = |fault: outbox::Error| match fault {
        outbox::Error::Storage(error) => market::Fault::Storage(error),
        outbox::Error::OutOfBounds(what) => market::Fault::Gone(what),
    };
    let calls = hook_call::forget(tx, now_ms - hook_call::KEEP_MS, ROWS_MAX).map_err(away)?;
    let receipts = receipt::forget(tx, now_ms - receipt::KEEP_MS, ROWS_MAX)?;
    let letters = inbound::forget(tx, now_ms - inbound::KEEP_MS, ROWS_MAX)?;
    let attempts = operate::forget_attempts(tx, now_ms - ATTEMPTS_KEEP_MS, ROWS_MAX).map_err(away)?;
    let counts = caps::forget(tx, i64::from(today - COUNTS_KEEP_DAYS))?;
    Ok(calls + receipts + letters + attempts + counts + inbound::give_up(tx, now_ms)?)
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

/// Turns until told to stop.
pub async fn run(service: Service, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        let wait = match turn(&service).await {
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
