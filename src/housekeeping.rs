//! What must be put away: sessions that nobody can come back to, refusals whose time is over, vacancies that have closed.
//!
//! Each turn does a little as bulk work, so that no hop waits behind it; what is left over is done in the next turn.

use std::time::Duration;

use tokio::sync::watch;

use crate::hop::{Service, record};
use crate::market::{self, person, vacancy};
use crate::storage::Work;

/// Between two turns while there is nothing to do.
const IDLE: Duration = Duration::from_mins(1);
/// Between two turns while there is more: bulk work of a few milliseconds, twenty times a second at most.
const BUSY: Duration = Duration::from_millis(50);

/// One turn; answers how many rows were put away.
pub async fn turn(service: &Service) -> Result<u64, market::Fault> {
    let now_ms = service.clock.now_ms();
    let sessions = service.store.transact(Work::bulk(), move |tx| record::forget(tx, now_ms)).await?;
    let refusals = service.store.transact(Work::bulk(), move |tx| person::forget_refusals(tx, now_ms)).await?;
    let vacancies = service.store.transact(Work::bulk(), move |tx| vacancy::close_expired(tx, now_ms)).await?;
    Ok(sessions + refusals + vacancies)
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
