//! The day itself: both sides say that the worker is there. A job counts when both did.

use super::record::{self, Record, Side};
use super::states::State;
use super::{Booking, find, find_of, free_day, move_to};
use crate::country::Country;
use crate::market::{BookingId, Fault, PersonId};
use crate::storage::Tx;

/// So long before the start somebody may say to be there, in milliseconds.
pub const EARLY_MS: i64 = 2 * 3_600_000;
/// And so long after it: who forgot on the day says it on the next.
pub const FORGOTTEN_MS: i64 = 48 * 3_600_000;

/// What came of saying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// Both say so: the work has begun.
    Started(Booking),
    /// The other side has not said so yet.
    Noted(Booking),
    /// It is too early or too late to say so, or nothing was agreed.
    NotNow,
}

/// Whether somebody may say now that the work begins.
pub fn is_the_time(booking: &Booking, country: &Country, now_ms: i64) -> bool {
    let start_ms = booking.start_ms(country);
    booking.state == State::Accepted && (start_ms - EARLY_MS..start_ms + FORGOTTEN_MS).contains(&now_ms)
}

/// One side says that the worker is at work.
pub fn came(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: BookingId,
    person: PersonId,
    now_ms: i64,
) -> Result<Came, Fault> {
    const WORKER: &str = "UPDATE booking SET worker_came_ms = COALESCE(worker_came_ms, $2), changed_ms = $2 \
        WHERE id = $1 AND state = 'accepted'";
    const CLIENT: &str = "UPDATE booking SET client_came_ms = COALESCE(client_came_ms, $2), changed_ms = $2 \
        WHERE id = $1 AND state = 'accepted'";
    let found = find_of(tx, booking, person)?.ok_or(Fault::Gone("booking"))?;
    if found.state == State::Started {
        return Ok(Came::Started(found));
    }
    let sql = if found.worker == person { WORKER } else { CLIENT };
    if !is_the_time(&found, country, now_ms) || tx.execute(sql, &[booking.into(), now_ms.into()])? == 0 {
        return Ok(Came::NotNow);
    }
    let noted = find(tx, booking)?.ok_or(Fault::Gone("booking"))?;
    if !(noted.worker_came && noted.client_came) {
        return Ok(Came::Noted(noted));
    }
    // Of two who say it at once one moves it, and the job is counted once.
    if move_to(tx, booking, State::Accepted, State::Started, now_ms)? {
        count_job(tx, &noted)?;
    }
    Ok(Came::Started(find(tx, booking)?.ok_or(Fault::Gone("booking"))?))
}

/// A side's word of its pay shows that there was work: it counts as saying that it began. `booking` as it was read.
pub(super) fn worked(tx: &mut Tx<'_>, booking: &Booking, side: Side, now_ms: i64) -> Result<(), Fault> {
    const WORKER: &str = "UPDATE booking SET worker_came_ms = $2 WHERE id = $1 AND worker_came_ms IS NULL";
    const CLIENT: &str = "UPDATE booking SET client_came_ms = $2 WHERE id = $1 AND client_came_ms IS NULL";
    let sql = if side == Side::Worker { WORKER } else { CLIENT };
    if tx.execute(sql, &[booking.id.into(), now_ms.into()])? == 0 {
        return Ok(());
    }
    let now = find(tx, booking.id)?.ok_or(Fault::Gone("booking"))?;
    if now.worker_came && now.client_came {
        move_to(tx, booking.id, State::Accepted, State::Started, now_ms)?;
        count_job(tx, &now)?;
    }
    Ok(())
}

/// Both sides have said so, and the second of them has just done it.
fn count_job(tx: &mut Tx<'_>, booking: &Booking) -> Result<(), Fault> {
    let job = Record { jobs: 1, ..Record::default() };
    record::add(tx, booking.worker, Side::Worker, job)?;
    record::add(tx, booking.client, Side::Client, job)
}

/// The work is over; the worker's day is free again. False when it had not begun, or is over already.
pub fn done(tx: &mut Tx<'_>, booking: BookingId, now_ms: i64) -> Result<bool, Fault> {
    let found = find(tx, booking)?.ok_or(Fault::Gone("booking"))?;
    let moved = move_to(tx, booking, found.state, State::Done, now_ms)?;
    if moved {
        free_day(tx, &found)?;
    }
    Ok(moved)
}
