//! Answers: the worker comes, does not, or asks for other pay, which the client answers. First come, first served, and once.

use super::states::State;
use super::{Booking, HiringStatus, Share, client, find, free_day, move_to, pay, take_day};
use crate::country::Country;
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{BookingId, Fault, PersonId, worker};
use crate::storage::Tx;

/// Requests that a message can be an answer to: more are asked for by number.
const OPEN_SHOWN_MAX: usize = 12;

/// Why an answer came to nothing. Each is nobody's fault, and told as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Its time was over.
    TooLate,
    /// Others were faster.
    Taken,
    /// The client took it back.
    Cancelled,
    /// It was answered before.
    Answered,
}

/// What came of a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Agreed: the terms as they hold now. The same yes again answers the same.
    Agreed(Booking),
    /// The worker has work on that day; nothing is changed. With `second` it is taken beside it.
    Busy,
    /// There is nothing to accept any more.
    Missed(Missed),
}

/// Why a booking cannot be answered now; `None` when it can.
pub fn missed(booking: &Booking, now_ms: i64) -> Option<Missed> {
    Some(match (booking.state, booking.hiring_status) {
        (State::Cancelled, _) if booking.ended == Some(super::states::Ended::Filled) => Missed::Taken,
        (State::Cancelled, _) | (State::Requested, HiringStatus::Cancelled) => Missed::Cancelled,
        (State::Expired, _) | (State::Requested, HiringStatus::Expired) => Missed::TooLate,
        (State::Requested, HiringStatus::Filled) => Missed::Taken,
        (State::Requested, HiringStatus::Open) if booking.answer_by_ms <= now_ms => Missed::TooLate,
        (State::Requested, HiringStatus::Open) => return None,
        _ => Missed::Answered,
    })
}

/// The worker comes. `second`: beside other work on that day.
pub fn accept(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: BookingId,
    worker: PersonId,
    share: Share,
    second: bool,
    now_ms: i64,
) -> Result<Accepted, Fault> {
    let found = asked(tx, booking, worker)?;
    if found.state == State::Accepted {
        return Ok(Accepted::Agreed(found));
    }
    if let Some(missed) = missed(&found, now_ms) {
        return Ok(Accepted::Missed(missed));
    }
    agree(tx, country, &found, (found.pay.amount, share, second), now_ms)
}

/// Takes place, booking and day, in this order; gives back what was taken when one of them is gone.
fn agree(
    tx: &mut Tx<'_>,
    country: &Country,
    found: &Booking,
    (amount, share, second): (i64, Share, bool),
    now_ms: i64,
) -> Result<Accepted, Fault> {
    const PLACE: &str = "UPDATE hiring SET hired = hired + 1, changed_ms = $2 \
        WHERE id = $1 AND status = 'open' AND hired < needed";
    const BACK: &str = "UPDATE hiring SET hired = hired - 1 WHERE id = $1";
    const ACCEPT: &str = "UPDATE booking SET state = 'accepted', pay_amount = $2, share = $3, asked_amount = NULL, \
        changed_ms = $4 WHERE id = $1 AND state = 'requested' AND answer_by_ms > $4";
    const UNDO: &str = "UPDATE booking SET state = 'requested', share = NULL, pay_amount = $2, asked_amount = $3 \
        WHERE id = $1 AND state = 'accepted'";
    const FILL: &str = "UPDATE hiring SET status = 'filled', ask_due_ms = NULL WHERE id = $1 AND hired >= needed";
    const REST: &str = "UPDATE booking SET state = 'cancelled', ended = 'filled', untold = 1, changed_ms = $2 \
        WHERE hiring_id = $1 AND state = 'requested'";
    let (id, hiring) = (found.id, found.hiring);
    if tx.execute(PLACE, &[hiring.into(), now_ms.into()])? == 0 {
        return why_missed(tx, id, now_ms);
    }
    let params = [id.into(), amount.into(), share.code().into(), now_ms.into()];
    if tx.execute(ACCEPT, &params)? == 0 {
        tx.execute(BACK, &[hiring.into()])?;
        return why_missed(tx, id, now_ms);
    }
    if !take_day(tx, found, second)? {
        tx.execute(UNDO, &[id.into(), found.pay.amount.into(), found.asked_amount.into()])?;
        tx.execute(BACK, &[hiring.into()])?;
        return Ok(Accepted::Busy);
    }
    if tx.execute(FILL, &[hiring.into()])? == 1 {
        tx.execute(REST, &[hiring.into(), now_ms.into()])?;
    }
    // Nobody is free on a day on which they have work.
    if worker::find(tx, found.worker)?.is_some_and(|worker| worker.free_on == Some(found.day)) {
        worker::set_free_on(tx, found.worker, None, now_ms)?;
    }
    client::hired(tx, found.client)?;
    let agreed = find(tx, id)?.ok_or(Fault::Gone("booking"))?;
    pay::begin(tx, country, &agreed, 1, now_ms)?;
    Ok(Accepted::Agreed(agreed))
}

fn why_missed(tx: &mut Tx<'_>, booking: BookingId, now_ms: i64) -> Result<Accepted, Fault> {
    let now = find(tx, booking)?.ok_or(Fault::Gone("booking"))?;
    // All places are held: by those who have just accepted, though the hiring does not say so yet.
    Ok(Accepted::Missed(missed(&now, now_ms).unwrap_or(Missed::Taken)))
}

/// The booking, if this worker was asked by it.
fn asked(tx: &mut Tx<'_>, booking: BookingId, worker: PersonId) -> Result<Booking, Fault> {
    find(tx, booking)?.filter(|found| found.worker == worker).ok_or(Fault::Gone("booking"))
}

/// What came of another answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Done. The same answer again answers the same.
    Done(Booking),
    /// There is nothing to answer any more.
    Missed(Missed),
}

/// The worker does not come. Whoever is next is asked where the client wished it.
pub fn decline(tx: &mut Tx<'_>, booking: BookingId, worker: PersonId, now_ms: i64) -> Result<Answered, Fault> {
    let found = asked(tx, booking, worker)?;
    if found.state == State::Declined {
        return Ok(Answered::Done(found));
    }
    if let Some(missed) = missed(&found, now_ms) {
        return Ok(Answered::Missed(missed));
    }
    super::expiry::ask_next(tx, found.hiring, now_ms)?;
    if !move_to(tx, booking, State::Requested, State::Declined, now_ms)? {
        return Ok(Answered::Missed(Missed::Answered));
    }
    Ok(Answered::Done(find(tx, booking)?.ok_or(Fault::Gone("booking"))?))
}

/// The worker asks for other pay, in the same unit. The request stays open until its time; a later amount takes the place of
/// an earlier one.
pub fn ask_pay(
    tx: &mut Tx<'_>,
    booking: BookingId,
    worker: PersonId,
    amount: i64,
    share: Share,
    now_ms: i64,
) -> Result<Answered, Fault> {
    const ASK: &str = "UPDATE booking SET asked_amount = $2, share = $3, changed_ms = $4 \
        WHERE id = $1 AND state = 'requested' AND answer_by_ms > $4";
    let found = asked(tx, booking, worker)?;
    if let Some(missed) = missed(&found, now_ms) {
        return Ok(Answered::Missed(missed));
    }
    let params = [booking.into(), amount.into(), share.code().into(), now_ms.into()];
    if tx.execute(ASK, &params)? == 0 {
        return Ok(Answered::Missed(Missed::Answered));
    }
    Ok(Answered::Done(find(tx, booking)?.ok_or(Fault::Gone("booking"))?))
}

/// The client pays what the worker asks for: agreed at once, since the worker has named it. `expected` is the amount that the
/// client saw; another one since is not agreed to unseen.
pub fn accept_pay(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: BookingId,
    client: PersonId,
    expected: i64,
    now_ms: i64,
) -> Result<Accepted, Fault> {
    let found = find(tx, booking)?.filter(|found| found.client == client).ok_or(Fault::Gone("booking"))?;
    if found.state == State::Accepted {
        return Ok(Accepted::Agreed(found));
    }
    if let Some(missed) = missed(&found, now_ms) {
        return Ok(Accepted::Missed(missed));
    }
    match found.asked_amount {
        Some(amount) if amount == expected => {
            agree(tx, country, &found, (amount, found.share.unwrap_or(Share::Theirs), false), now_ms)
        }
        _ => Ok(Accepted::Missed(Missed::Answered)),
    }
}

/// The client does not pay what the worker asks for. What was offered first still stands.
pub fn refuse_pay(tx: &mut Tx<'_>, booking: BookingId, client: PersonId, now_ms: i64) -> Result<Answered, Fault> {
    const REFUSE: &str = "UPDATE booking SET asked_amount = NULL, share = NULL, changed_ms = $2 \
        WHERE id = $1 AND state = 'requested' AND asked_amount IS NOT NULL";
    let found = find(tx, booking)?.filter(|found| found.client == client).ok_or(Fault::Gone("booking"))?;
    if let Some(missed) = missed(&found, now_ms) {
        return Ok(Answered::Missed(missed));
    }
    if tx.execute(REFUSE, &[booking.into(), now_ms.into()])? == 0 {
        return Ok(Answered::Missed(Missed::Answered));
    }
    Ok(Answered::Done(find(tx, booking)?.ok_or(Fault::Gone("booking"))?))
}

/// The requests that a message from this number can be an answer to, of everybody on it, the oldest first. With more than one
/// the number of the booking must be in the message: two people on one SIM never answer for each other by chance.
pub fn open_requests_on(
    tx: &mut Tx<'_>,
    country: &Country,
    number: &MsisdnHash,
    now_ms: i64,
) -> Result<Vec<Booking>, Fault> {
    const OPEN: &str = "SELECT id FROM booking WHERE worker_id = $1 AND day >= $2 AND state = 'requested' \
        ORDER BY day, id LIMIT 12";
    let Some(number) = phone_number::find(tx, number)? else { return Ok(Vec::new()) };
    let today = i64::from(worker::today(country, now_ms).0);
    let mut open = Vec::new();
    for person in phone_number::persons_on(tx, &number)? {
        for id in tx.query(OPEN, &[person.into(), today.into()], |row| Ok(BookingId::new(row.integer(0)?)))? {
            open.extend(find(tx, id)?.filter(|found| found.is_open(now_ms)));
        }
    }
    open.sort_unstable_by_key(|found| found.id);
    open.truncate(OPEN_SHOWN_MAX);
    Ok(open)
}

/// Gives back everything that a booking holds: the place of its hiring and the worker's day. For a cancellation.
pub(super) fn give_back(tx: &mut Tx<'_>, found: &Booking, reopen: bool, now_ms: i64) -> Result<(), Fault> {
    const REOPEN: &str = "UPDATE hiring SET hired = hired - 1, status = 'open', ask_due_ms = $2, changed_ms = $2 \
        WHERE id = $1 AND hired > 0 AND (status = 'open' OR status = 'filled' OR status = 'expired')";
    const LESS: &str = "UPDATE hiring SET hired = hired - 1, changed_ms = $2 WHERE id = $1 AND hired > 0";
    tx.execute(if reopen { REOPEN } else { LESS }, &[found.hiring.into(), now_ms.into()])?;
    free_day(tx, found)
}
