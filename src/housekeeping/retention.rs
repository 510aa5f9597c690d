//! Who is silent for a year is asked to stay, and erased a month later; what was begun and not finished, and who is left of
//! a number's old owner, goes when its time is over; PINs that were forgotten end.
//!
//! A little in each turn, as bulk work of its own: a number with eight people on it is erased in about two milliseconds. Each
//! is a piece of work by itself: what cannot be read of one keeps nobody else.

use std::sync::Arc;

use crate::actions;
use crate::hop::Service;
use crate::market::data_event::PROGRAM;
use crate::market::{self, erasure, pin, retention, wrong_try};
use crate::storage::{Tx, Work};

/// Questions of one turn: each is a look, an update and a message.
const ASKED_MAX: u64 = 8;
/// Numbers erased in one turn.
const NUMBERS_MAX: u64 = 2;
/// Persons erased in one turn.
const PERSONS_MAX: u64 = 4;
/// PINs ended, and receipts emptied, in one turn.
const ROWS_MAX: i64 = 16;
/// Rows of each kind that are found for a turn: so many may fault before others wait behind them.
const FOUND_MAX: i64 = 64;

/// One turn; answers how many rows were put away, or asked.
pub(super) async fn turn(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let asked = ask(service, now_ms).await?;
    let ids = Arc::clone(&service.ids);
    let erase = move |tx: &mut Tx<'_>| {
        let mut numbers = 0;
        for hash in retention::unanswered(tx, now_ms, FOUND_MAX)? {
            if numbers == NUMBERS_MAX {
                break;
            }
            let erase = |tx: &mut Tx<'_>| retention::erase_number(tx, &mut ids.block(now_ms), &hash, now_ms);
            numbers += u64::from(alone(tx, erase)?.is_some());
        }
        let mut persons = 0;
        for (person, why) in retention::over(tx, now_ms, FOUND_MAX)? {
            if persons == PERSONS_MAX {
                break;
            }
            let by = (why, PROGRAM);
            let erase = |tx: &mut Tx<'_>| erasure::erase(tx, &mut ids.block(now_ms), person, by, now_ms);
            persons += u64::from(alone(tx, erase)?.unwrap_or_default());
        }
        Ok::<_, market::Fault>(numbers + persons)
    };
    let erased = service.store.transact(Work::bulk(), erase).await?;
    let forget = move |tx: &mut Tx<'_>| {
        let receipts = erasure::strip_receipts(tx, now_ms, ROWS_MAX)?;
        Ok::<_, market::Fault>(receipts + wrong_try::forget_old(tx, now_ms)?)
    };
    let forgotten = service.store.transact(Work::bulk(), forget).await?;
    Ok(asked + erased + forgotten + end_pins(service, now_ms).await?)
}

/// Does something for one of many; `None` when it faulted, which is logged without saying whose it was. What passes by itself is
/// answered as it is: then all of it is tried again in the next turn.
fn alone<T>(
    tx: &mut Tx<'_>,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, market::Fault>,
) -> Result<Option<T>, market::Fault> {
    match tx.attempt(work) {
        Ok(done) => Ok(Some(done)),
        Err(market::Fault::Storage(error)) if error.is_passing() => Err(error.into()),
        Err(fault) => {
            tracing::error!(%fault, "what is kept of somebody could not be put away; the others are");
            Ok(None)
        }
    }
}

/// Asks numbers that were silent for a year.
async fn ask(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let (host, live, ids) =
        (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live), Arc::clone(&service.ids));
    let ask = move |tx: &mut Tx<'_>| {
        let (mut seen, mut written) = (0, 0);
        for hash in retention::silent(tx, now_ms, FOUND_MAX)? {
            if seen == ASKED_MAX {
                break;
            }
            let message_id = ids.block(now_ms).next_id().unwrap_or_default();
            let ask = |tx: &mut Tx<'_>| actions::ask_to_stay(tx, &host, &live, (&hash, message_id), now_ms);
            let Some(is_written) = alone(tx, |tx| ask(tx).map_err(super::of_market))? else { continue };
            written += u64::from(is_written);
            seen += 1;
        }
        Ok::<_, market::Fault>((seen, written))
    };
    let (seen, written) = service.store.transact(Work::bulk(), ask).await?;
    wake(service, written);
    Ok(seen)
}

/// Ends PINs that were forgotten two days ago.
async fn end_pins(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let (host, live, ids) =
        (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live), Arc::clone(&service.ids));
    let end = move |tx: &mut Tx<'_>| {
        let (mut seen, mut written) = (0, 0);
        for person in pin::due(tx, now_ms, FOUND_MAX)? {
            if seen == ROWS_MAX.unsigned_abs() {
                break;
            }
            let message_id = ids.block(now_ms).next_id().unwrap_or_default();
            let end = |tx: &mut Tx<'_>| actions::end_pin(tx, &host, &live, (person, message_id), now_ms);
            let Some(is_written) = alone(tx, |tx| end(tx).map_err(super::of_market))? else { continue };
            written += u64::from(is_written);
            seen += 1;
        }
        Ok::<_, market::Fault>((seen, written))
    };
    let (seen, written) = service.store.transact(Work::bulk(), end).await?;
    wake(service, written);
    Ok(seen)
}

fn wake(service: &Service, written: u64) {
    if written > 0 {
        service.enqueued.notify_one();
    }
}
