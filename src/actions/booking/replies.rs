//! Answers to a request that come by message: what the reader of messages calls once it knows which booking is meant.
//!
//! It finds them by [`open_requests_on`](crate::market::booking::answer::open_requests_on). With one open request a plain YES
//! or NO is enough; with more it asks for the number. A YES without a choice never gives the worker's number away: the
//! client's is sent to both.

use super::super::{Fault, Host};
use super::notices::Desk;
use super::requests::is_far;
use crate::market::booking::answer::{self, Accepted, Answered, Missed};
use crate::market::booking::{Booking, Share, cancel};
use crate::market::{BookingId, PersonId};
use crate::menu::Bundle;
use crate::storage::{IdBlock, Tx};

/// What came of an answer by message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::actions) enum Reply {
    /// Done, and both sides were told.
    Done(Booking),
    /// The worker has work on that day: they are to dial and say whether there is time for both.
    Busy,
    /// Too late, taken, called off, or answered before.
    Missed(Missed),
}

/// A YES to a request. Uses two identifiers.
pub(in crate::actions) fn accept_by_message(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    (booking, worker): (BookingId, PersonId),
    now_ms: i64,
) -> Result<Reply, Fault> {
    match answer::accept(tx, &host.country, booking, worker, Share::Theirs, false, now_ms)? {
        Accepted::Agreed(agreed) => {
            Desk { host, bundle, now_ms }.agreed(tx, ids, &agreed)?;
            Ok(Reply::Done(agreed))
        }
        Accepted::Busy => Ok(Reply::Busy),
        Accepted::Missed(missed) => Ok(Reply::Missed(missed)),
    }
}

/// A NO to a request. Uses one identifier.
pub(in crate::actions) fn decline_by_message(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    (booking, worker): (BookingId, PersonId),
    now_ms: i64,
) -> Result<Reply, Fault> {
    match answer::decline(tx, booking, worker, now_ms)? {
        Answered::Done(declined) => {
            if !declined.first_come {
                let passed = cancel::passes_on(tx, declined.hiring)?;
                Desk { host, bundle, now_ms }.no(tx, ids, &declined, passed)?;
            }
            Ok(Reply::Done(declined))
        }
        Answered::Missed(missed) => Ok(Reply::Missed(missed)),
    }
}

/// Other pay that the worker asks for. `None`: the amount is far from what is offered. Uses one identifier.
pub(in crate::actions) fn ask_pay_by_message(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    (asked, amount): (&Booking, i64),
    now_ms: i64,
) -> Result<Option<Reply>, Fault> {
    if is_far(host, asked, amount) {
        return Ok(None);
    }
    Ok(Some(match answer::ask_pay(tx, asked.id, asked.worker, amount, Share::Theirs, now_ms)? {
        Answered::Done(asked) => {
            Desk { host, bundle, now_ms }.asks_pay(tx, ids, &asked)?;
            Reply::Done(asked)
        }
        Answered::Missed(missed) => Reply::Missed(missed),
    }))
}
