//! Bookings, every turn: what expired, who is asked next, what is to be told. A round that fails is undone and tried again in
//! the next turn; the other rounds go on.

use std::sync::Arc;

use crate::actions::{self, Fault, Round, Rounded};
use crate::hop::Service;
use crate::market;
use crate::storage::{self, Tx, Work};

/// Does a few of each kind. Answers how many rows were moved on: more may wait.
pub(super) async fn turn(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let mut moved = 0;
    let mut queued = 0;
    for round in Round::ALL {
        let (host, ids) = (Arc::clone(&service.host), Arc::clone(&service.ids));
        let live = Arc::clone(&service.bundles.now().live);
        let work = move |tx: &mut Tx<'_>| {
            tx.attempt(|tx| actions::round(tx, &host, &live, &|| ids.block(now_ms), round, now_ms))
                .or_else(|fault| only_storage(&fault))
        };
        let done: Rounded = service.store.transact(Work::bulk(), work).await?;
        moved += done.moved;
        queued += done.queued;
    }
    if queued > 0 {
        service.enqueued.notify_one();
    }
    Ok(moved)
}

/// A fault of the store that passes is the turn's; any other is told in the log, and the turn goes on.
fn only_storage(fault: &Fault) -> Result<Rounded, storage::Error> {
    if let Some(error) = fault.passing() {
        return Err(error.clone());
    }
    tracing::error!(error = %fault, "bookings could not be followed up");
    Ok(Rounded::default())
}
