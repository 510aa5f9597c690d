//! What happens to bookings without anybody dialling: requests expire, the next are asked, ends are told, the evening
//! before both sides are asked whether it still holds, and after each pay day how the pay was. Each round is one small piece of bulk work.

use super::super::{Fault, Host};
use super::notices::Desk;
use super::pay;
use crate::market::booking::states::Ended;
use crate::market::booking::{self, HiringStatus, cancel, expiry, request};
use crate::market::worker::today;
use crate::menu::Bundle;
use crate::storage::{IdBlock, Tx};
use crate::text::datetime::minute_of_day;

/// From this minute of the day on both sides are asked whether tomorrow still holds: work is over, and it is not yet night.
const EVENING_MINUTE: u16 = 17 * 60;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Requests that nobody answered.
    Expire,
    /// Hirings for which the next are to be asked.
    AskMore,
    /// Ends that the other side does not know.
    TellEnds,
    /// The evening before.
    Remind,
    /// Pay days that have come.
    AskPay,
}

impl Round {
    /// All of them, in the order in which they are done.
    pub const ALL: [Round; 5] = [Round::Expire, Round::AskMore, Round::TellEnds, Round::Remind, Round::AskPay];
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounded {
    /// Rows that were moved on; there may be more.
    pub moved: u64,
    /// Messages that were queued.
    pub queued: u64,
}

/// Does a few of a kind. `block` makes identifiers.
pub fn round(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    block: &dyn Fn() -> IdBlock,
    round: Round,
    now_ms: i64,
) -> Result<Rounded, Fault> {
    let desk = Desk { host, bundle, now_ms };
    match round {
        Round::Expire => expire(tx, &desk, block),
        Round::AskMore => ask_more(tx, &desk, block),
        Round::TellEnds => tell_ends(tx, &desk, block),
        Round::Remind => remind(tx, &desk, block),
        Round::AskPay => {
            let (moved, queued) = pay::ask_both(tx, &desk, block)?;
            Ok(Rounded { moved, queued })
        }
    }
}

fn expire(tx: &mut Tx<'_>, desk: &Desk<'_>, block: &dyn Fn() -> IdBlock) -> Result<Rounded, Fault> {
    let mut done = Rounded::default();
    for expired in expiry::expire(tx, desk.now_ms)? {
        done.moved += 1;
        // Of many who were asked, who did not answer is no news.
        if !expired.first_come {
            let passed = cancel::passes_on(tx, expired.hiring)?;
            done.queued += u64::from(desk.no(tx, &mut block(), &expired, passed)?);
        }
    }
    Ok(done)
}

fn ask_more(tx: &mut Tx<'_>, desk: &Desk<'_>, block: &dyn Fn() -> IdBlock) -> Result<Rounded, Fault> {
    let mut done = Rounded::default();
    for hiring in expiry::due(tx, desk.now_ms)? {
        done.moved += 1;
        let mut ids = block();
        let asked = expiry::ask_more(tx, &desk.host.keys, &desk.host.country, &mut ids, hiring, desk.now_ms)?;
        let last = if asked.is_empty() { request::first_of(tx, hiring)? } else { None };
        if let Some(last) = last.filter(|last| last.hiring_status == HiringStatus::Expired) {
            // The client was told that the next one is asked, or that many are; there is nobody left.
            let told = if last.first_come {
                desk.call_over(tx, &mut ids, &last)?
            } else {
                desk.no(tx, &mut ids, &last, false)?
            };
            done.queued += u64::from(told);
        }
        for id in asked {
            if let Some(asked) = booking::find(tx, id)? {
                done.queued += u64::from(desk.asked(tx, &mut ids, &asked)?);
            }
        }
    }
    Ok(done)
}

fn tell_ends(tx: &mut Tx<'_>, desk: &Desk<'_>, block: &dyn Fn() -> IdBlock) -> Result<Rounded, Fault> {
    let mut done = Rounded::default();
    for ended in expiry::untold(tx)? {
        done.moved += 1;
        let ids = &mut block();
        let queued = match ended.ended {
            Some(Ended::Filled) => desk.taken(tx, ids, &ended)?,
            Some(Ended::Worker | Ended::WorkerAbsent) => {
                let passed = ended.first_come || cancel::passes_on(tx, ended.hiring)?;
                desk.no_worker(tx, ids, &ended, passed)?
            }
            Some(Ended::Client | Ended::ClientAbsent) => desk.off(tx, ids, &ended)?,
            None => false,
        };
        done.queued += u64::from(queued);
    }
    Ok(done)
}

fn remind(tx: &mut Tx<'_>, desk: &Desk<'_>, block: &dyn Fn() -> IdBlock) -> Result<Rounded, Fault> {
    let country = &desk.host.country;
    let minute = minute_of_day(desk.now_ms, &country.timezone);
    let today = today(country, desk.now_ms);
    let mut done = Rounded::default();
    if minute < EVENING_MINUTE || country.quiet_hours.contains_on(today, minute) {
        return Ok(done);
    }
    for coming in expiry::remind(tx, today.plus(1), desk.now_ms)? {
        done.moved += 1;
        done.queued += u64::from(desk.evening(tx, &mut block(), &coming)?);
    }
    Ok(done)
}
