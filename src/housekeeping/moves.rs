//! Moves to another number whose two days are over, and wishes of which nothing came.

use std::sync::Arc;

use crate::actions;
use crate::hop::Service;
use crate::market::{self, number_move};
use crate::storage::{Tx, Work};
use crate::text::datetime::Day;

/// Moves of one turn.
const MOVED_MAX: i64 = 8;

/// One turn; answers how many rows were looked at or put away.
pub(super) async fn turn(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let (host, live, ids) =
        (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live), Arc::clone(&service.ids));
    let work = move |tx: &mut Tx<'_>| {
        let today = Day::from_ms(now_ms, &host.country.timezone);
        let (mut seen, mut written) = (number_move::forget_old(tx, today, now_ms)?, false);
        for to in number_move::due(tx, now_ms, MOVED_MAX)? {
            let mut block = ids.block(now_ms);
            written |= actions::end_move(tx, (&host, &live), &mut block, &to, now_ms).map_err(super::of_market)?;
            seen += 1;
        }
        Ok::<_, market::Fault>((seen, written))
    };
    let (seen, written) = service.store.transact(Work::bulk(), work).await?;
    if written {
        service.enqueued.notify_one();
    }
    Ok(seen)
}
