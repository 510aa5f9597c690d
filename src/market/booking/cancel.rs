//! Calling off, by either side, and finding somebody else with one key.

use super::answer::give_back;
use super::record::{self, Record, Side};
use super::states::{Ended, State};
use super::{Booking, LATE_MS, find};
use crate::country::Country;
use crate::market::{BookingId, Fault, HiringId, PersonId, posting};
use crate::storage::Tx;

const DAY_MS: i64 = 24 * 3_600_000;
/// One side can say that the other did not come so long after the start, in milliseconds: whoever is late comes all the same.
pub const ABSENT_AFTER_MS: i64 = 2 * 3_600_000;

/// What came of calling off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledOff {
    /// It is off; what had been agreed or asked. The same again answers the same.
    Off {
        /// As it stands now.
        booking: Booking,
        /// It had been accepted, and its start was near.
        late: bool,
    },
    /// It had begun, or is over.
    NotPossible,
}

/// One side calls off what was asked or agreed. A worker answers a request by declining it, not by this.
pub fn call_off(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: BookingId,
    person: PersonId,
    now_ms: i64,
) -> Result<CalledOff, Fault> {
    let found = super::find_of(tx, booking, person)?.ok_or(Fault::Gone("booking"))?;
    let (ended, side) = sides(&found, person);
    if found.state == State::Cancelled {
        let again = found.ended == Some(ended);
        return Ok(if again { CalledOff::Off { booking: found, late: false } } else { CalledOff::NotPossible });
    }
    let asked = found.state == State::Requested;
    // Who said that there was work, or that it began, has nothing to call off.
    if found.worker_came || found.client_came {
        return Ok(CalledOff::NotPossible);
    }
    if !(found.state == State::Accepted || (asked && side == Side::Client)) {
        return Ok(CalledOff::NotPossible);
    }
    if !end(tx, &found, ended, now_ms)? {
        return Ok(CalledOff::NotPossible);
    }
    let late = !asked && found.start_ms(country) - now_ms < LATE_MS;
    if late {
        record::add(tx, person, side, Record { late_cancels: 1, ..Record::default() })?;
    }
    Ok(CalledOff::Off { booking: find(tx, booking)?.ok_or(Fault::Gone("booking"))?, late })
}

fn sides(found: &Booking, person: PersonId) -> (Ended, Side) {
    if found.worker == person { (Ended::Worker, Side::Worker) } else { (Ended::Client, Side::Client) }
}

/// One side says that the other was not there. It counts for the other, and only once work should have begun.
pub fn absent(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: BookingId,
    person: PersonId,
    now_ms: i64,
) -> Result<CalledOff, Fault> {
    let found = super::find_of(tx, booking, person)?.ok_or(Fault::Gone("booking"))?;
    let (ended, other, side) = if found.worker == person {
        (Ended::ClientAbsent, found.client, Side::Client)
    } else {
        (Ended::WorkerAbsent, found.worker, Side::Worker)
    };
    // Who said to be there is not called absent by the other side alone: that is a dispute.
    let other_came = if side == Side::Worker { found.worker_came } else { found.client_came };
    if found.state != State::Accepted || found.start_ms(country) + ABSENT_AFTER_MS > now_ms || other_came {
        return Ok(CalledOff::NotPossible);
    }
    if !end(tx, &found, ended, now_ms)? {
        return Ok(CalledOff::NotPossible);
    }
    record::add(tx, other, side, Record { absences: 1, ..Record::default() })?;
    Ok(CalledOff::Off { booking: find(tx, booking)?.ok_or(Fault::Gone("booking"))?, late: true })
}

/// Ends a booking, and gives back its place and day. The hiring of a client who calls off a single booking ends with it; that
/// of a worker who does is open again where the client wished to have it passed on.
fn end(tx: &mut Tx<'_>, found: &Booking, ended: Ended, now_ms: i64) -> Result<bool, Fault> {
    const LOCK: &str = "UPDATE hiring SET changed_ms = $2 WHERE id = $1";
    const END: &str = "UPDATE booking SET state = 'cancelled', ended = $3, asked_amount = NULL, changed_ms = $4 \
        WHERE id = $1 AND state = $2";
    const OVER: &str = "UPDATE hiring SET status = 'cancelled', ask_due_ms = NULL, changed_ms = $2 \
        WHERE id = $1 AND first_come = 0";
    tx.execute(LOCK, &[found.hiring.into(), now_ms.into()])?;
    let params = [found.id.into(), found.state.code().into(), ended.code().into(), now_ms.into()];
    if tx.execute(END, &params)? == 0 {
        return Ok(false);
    }
    if found.state == State::Accepted {
        super::pay::drop_unsaid(tx, found.id)?;
        let by_worker = matches!(ended, Ended::Worker | Ended::WorkerAbsent);
        let reopen = by_worker && (found.first_come || passes_on(tx, found.hiring)?);
        give_back(tx, found, reopen, now_ms)?;
    } else if found.state == State::Requested && ended == Ended::Worker {
        super::expiry::ask_next(tx, found.hiring, now_ms)?;
    }
    if matches!(ended, Ended::Client | Ended::ClientAbsent) {
        tx.execute(OVER, &[found.hiring.into(), now_ms.into()])?;
    }
    Ok(true)
}

/// Whether the client wished to have this hiring passed on.
pub fn passes_on(tx: &mut Tx<'_>, hiring: HiringId) -> Result<bool, Fault> {
    const PASS: &str = "SELECT pass_on FROM hiring WHERE id = $1";
    Ok(tx.query_one(PASS, &[hiring.into()], |row| row.boolean(0))?.unwrap_or_default())
}

/// The client calls off a call for the first to accept: whoever was asked is told; who has accepted still comes. False when it
/// is not open any more.
pub fn call_off_all(tx: &mut Tx<'_>, hiring: HiringId, client: PersonId, now_ms: i64) -> Result<bool, Fault> {
    const OVER: &str = "UPDATE hiring SET status = 'cancelled', ask_due_ms = NULL, changed_ms = $3 \
        WHERE id = $1 AND client_id = $2 AND status = 'open'";
    const ASKED: &str = "UPDATE booking SET state = 'cancelled', ended = 'client', untold = 1, asked_amount = NULL, \
        changed_ms = $2 WHERE hiring_id = $1 AND state = 'requested'";
    if tx.execute(OVER, &[hiring.into(), client.into(), now_ms.into()])? == 0 {
        return Ok(false);
    }
    tx.execute(ASKED, &[hiring.into(), now_ms.into()])?;
    Ok(true)
}

/// Whether somebody else may be asked in the place of this booking's worker.
pub fn can_replace(booking: &Booking, country: &Country, now_ms: i64) -> bool {
    let by_worker = matches!(booking.ended, Some(Ended::Worker | Ended::WorkerAbsent));
    let over = matches!(booking.state, State::Declined | State::Expired);
    (over || (booking.state == State::Cancelled && by_worker))
        && !booking.first_come
        && booking.hired < booking.needed
        && booking.start_ms(country) > now_ms
}

/// One key: somebody else is asked for the same, and whoever declines is followed by the next. False when there is nobody to
/// replace. [`super::expiry::ask_more`] asks.
pub fn replace(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: BookingId,
    client: PersonId,
    now_ms: i64,
) -> Result<Option<HiringId>, Fault> {
    const AGAIN: &str = "UPDATE hiring SET status = 'open', pass_on = 1, ask_due_ms = $2, changed_ms = $2 \
        WHERE id = $1 AND client_id = $3 AND hired < needed AND status <> 'cancelled'";
    let found = find(tx, booking)?.filter(|found| found.client == client).ok_or(Fault::Gone("booking"))?;
    if !can_replace(&found, country, now_ms) {
        return Ok(None);
    }
    let changed = tx.execute(AGAIN, &[found.hiring.into(), now_ms.into(), client.into()])?;
    Ok((changed == 1).then_some(found.hiring))
}

/// Somebody leaves, or their number has a new owner: what they were asked or asked for or posted is called off, and the
/// other side of what was agreed is told. A dispute stays.
pub fn leave(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    const HIRINGS: &str = "UPDATE hiring SET status = 'cancelled', ask_due_ms = NULL, changed_ms = $2 \
        WHERE client_id = $1 AND status = 'open'";
    // Who is booked on more days than this at once is none of our people.
    const OPEN: &str = "SELECT id FROM booking WHERE (worker_id = $1 OR client_id = $1) \
        AND day >= $2 AND (state = 'requested' OR state = 'accepted') ORDER BY id LIMIT 200";
    // What is past stays as it was; a day is given to wherever the day ends later.
    let from_day = now_ms / DAY_MS - 1;
    tx.execute(HIRINGS, &[person.into(), now_ms.into()])?;
    super::group::forget(tx, person)?;
    posting::leave(tx, person, now_ms)?;
    for id in tx.query(OPEN, &[person.into(), from_day.into()], |row| Ok(BookingId::new(row.integer(0)?)))? {
        let Some(found) = find(tx, id)? else { continue };
        let (ended, _) = sides(&found, person);
        if end(tx, &found, ended, now_ms)? {
            tell_later(tx, id)?;
        }
    }
    Ok(())
}

/// Housekeeping tells the other side.
pub(super) fn tell_later(tx: &mut Tx<'_>, booking: BookingId) -> Result<(), Fault> {
    const LATER: &str = "UPDATE booking SET untold = 1 WHERE id = $1";
    tx.execute(LATER, &[booking.into()])?;
    Ok(())
}
