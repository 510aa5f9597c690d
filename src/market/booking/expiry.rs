//! What nobody answered, and what follows: requests expire and are passed on, calls for the first to accept ask on, and the
//! evening before both sides are asked whether it still holds. Everything here is for bulk work, a few rows at a time.

use super::request::{Order, ask};
use super::states::State;
use super::workers::{Wanted, search};
use super::{
    ASKED_PER_PLACE, Booking, PASSED_ON_MAX, client, find, move_to, read_day, read_means, read_minute, start_ms,
};
use crate::country::Country;
use crate::market::pay::Pay;
use crate::market::worker::{read_area, read_unit, today};
use crate::market::worker_trade::read_trade;
use crate::market::{BookingId, Fault, HiringId, PersonId};
use crate::storage::{IdBlock, Keys, Row, Tx};
use crate::text::datetime::Day;

/// Workers asked in one transaction: each costs an identifier for the booking and one for the message, and a hop has sixteen.
pub const ASKED_AT_ONCE: usize = 3;

/// Somebody who was asked does not come: housekeeping asks the next where that was wished, and else the hiring is over.
pub(super) fn ask_next(tx: &mut Tx<'_>, hiring: HiringId, now_ms: i64) -> Result<(), Fault> {
    const DUE: &str = "UPDATE hiring SET ask_due_ms = $2, changed_ms = $2 \
        WHERE id = $1 AND status = 'open' AND (pass_on = 1 OR first_come = 1)";
    const OVER: &str = "UPDATE hiring SET status = 'expired', changed_ms = $2 \
        WHERE id = $1 AND status = 'open' AND pass_on = 0 AND first_come = 0";
    tx.execute(DUE, &[hiring.into(), now_ms.into()])?;
    // The one who was asked is all that was wished for.
    tx.execute(OVER, &[hiring.into(), now_ms.into()])?;
    Ok(())
}

/// Requests whose time is over, at most eight: each is `expired` now. Those that are to be passed on will be.
pub fn expire(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<Booking>, Fault> {
    const OVER: &str = "SELECT id FROM booking WHERE state = 'requested' AND answer_by_ms <= $1 \
        ORDER BY answer_by_ms LIMIT 8";
    let mut expired = Vec::new();
    for id in tx.query(OVER, &[now_ms.into()], read_id)? {
        let Some(found) = find(tx, id)? else { continue };
        ask_next(tx, found.hiring, now_ms)?;
        if move_to(tx, id, State::Requested, State::Expired, now_ms)? {
            expired.extend(find(tx, id)?);
        }
    }
    Ok(expired)
}

fn read_id(row: &Row<'_>) -> Result<BookingId, crate::storage::Error> {
    Ok(BookingId::new(row.integer(0)?))
}

/// Hirings for which more workers are to be asked now, at most four.
pub fn due(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<HiringId>, Fault> {
    const DUE: &str = "SELECT id FROM hiring WHERE ask_due_ms <= $1 ORDER BY ask_due_ms LIMIT 4";
    Ok(tx.query(DUE, &[now_ms.into()], |row| Ok(HiringId::new(row.integer(0)?)))?)
}

/// A hiring as asking on needs it.
struct Open {
    client: PersonId,
    order: Order,
    start_minute: u16,
    hired: i64,
    asked: i64,
    waiting: i64,
    first_come: bool,
}

/// The hiring, if it is open and due; nobody else finds it due until it is made so again.
fn open(tx: &mut Tx<'_>, hiring: HiringId, now_ms: i64) -> Result<Option<Open>, Fault> {
    const CLAIM: &str = "UPDATE hiring SET ask_due_ms = NULL WHERE id = $1 AND status = 'open' AND ask_due_ms <= $2";
    const OPEN: &str = "SELECT client_id, trade, area_code, day, pay_amount, pay_unit, needed, pass_on, start_minute, hired, \
        asked, first_come, (SELECT COUNT(*) FROM booking WHERE booking.hiring_id = hiring.id AND booking.state = 'requested'), \
        pay_means \
        FROM hiring WHERE id = $1 AND status = 'open'";
    if tx.execute(CLAIM, &[hiring.into(), now_ms.into()])? == 0 {
        return Ok(None);
    }
    Ok(tx.query_one(OPEN, &[hiring.into()], |row| {
        Ok(Open {
            client: PersonId::new(row.integer(0)?),
            order: Order {
                trade: read_trade(row, 1)?,
                area: read_area(row.integer(2)?)?,
                day: read_day(row.integer(3)?)?,
                pay: Pay { amount: row.integer(4)?, unit: read_unit(row.text(5)?)? },
                means: read_means(row, 13)?,
                needed: row.integer(6)?,
                pass_on: row.boolean(7)?,
            },
            start_minute: read_minute(row.integer(8)?)?,
            hired: row.integer(9)?,
            asked: row.integer(10)?,
            first_come: row.boolean(11)?,
            waiting: row.integer(12)?,
        })
    })?)
}

/// Asks the next workers of a hiring, at most [`ASKED_AT_ONCE`], and answers their bookings. What is still to be asked stays
/// due; a hiring whose day has come is over. Uses an identifier for each booking.
pub fn ask_more(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    ids: &mut IdBlock,
    hiring: HiringId,
    now_ms: i64,
) -> Result<Vec<BookingId>, Fault> {
    const LATER: &str = "UPDATE hiring SET ask_due_ms = $2 WHERE id = $1 AND status = 'open'";
    const OVER: &str = "UPDATE hiring SET status = 'expired', ask_due_ms = NULL, changed_ms = $2 \
        WHERE id = $1 AND status = 'open'";
    let Some(found) = open(tx, hiring, now_ms)? else { return Ok(Vec::new()) };
    let start_ms = start_ms(country, found.order.day, found.start_minute);
    if start_ms <= now_ms {
        tx.execute(OVER, &[hiring.into(), now_ms.into()])?;
        return Ok(Vec::new());
    }
    let places = found.order.needed - found.hired;
    let wanted = if found.first_come {
        ASKED_PER_PLACE * places - found.waiting
    } else if found.waiting == 0 && found.asked < PASSED_ON_MAX {
        places
    } else {
        0
    };
    let mut asked = Vec::new();
    let (mut more, mut slowed) = (wanted > 0, false);
    if more {
        let today = today(country, now_ms);
        let place =
            Wanted { client: found.client, trade: found.order.trade, area: found.order.area, day: found.order.day };
        let candidates = search(tx, keys, country, &place, now_ms)?;
        let chosen = usize::try_from(wanted).unwrap_or_default().min(ASKED_AT_ONCE);
        more = candidates.len() > chosen && wanted > i64::try_from(chosen).unwrap_or(i64::MAX);
        for candidate in candidates.iter().take(chosen) {
            if !client::count_asked(tx, found.client, today)? {
                slowed = true;
                break;
            }
            let to = (hiring, found.client);
            let order = (&found.order, found.start_minute);
            asked.extend(ask(tx, country, ids, to, candidate.worker, order, now_ms)?);
        }
    }
    let later_ms = if slowed { tomorrow_ms(country, now_ms) } else { now_ms };
    let next = (more || slowed).then_some(later_ms);
    if asked.is_empty() && !slowed && found.waiting == 0 {
        // Nobody is left to ask.
        tx.execute(OVER, &[hiring.into(), now_ms.into()])?;
        return Ok(asked);
    }
    // Of a call the next who says no, or does not answer, has it looked at again.
    tx.execute(LATER, &[hiring.into(), next.into()])?;
    Ok(asked)
}

/// When the next day begins in the country.
fn tomorrow_ms(country: &Country, now_ms: i64) -> i64 {
    today(country, now_ms).plus(1).start_ms(&country.timezone)
}

/// Bookings whose end the worker has not been told, at most eight; they count as told from now on.
pub fn untold(tx: &mut Tx<'_>) -> Result<Vec<Booking>, Fault> {
    const UNTOLD: &str = "SELECT id FROM booking WHERE untold = 1 ORDER BY changed_ms, id LIMIT 8";
    const TOLD: &str = "UPDATE booking SET untold = 0 WHERE id = $1 AND untold = 1";
    let mut told = Vec::new();
    for id in tx.query(UNTOLD, &[], read_id)? {
        if tx.execute(TOLD, &[id.into()])? == 1 {
            told.extend(find(tx, id)?);
        }
    }
    Ok(told)
}

/// Accepted bookings of a day on which both sides have not been reminded, at most four; they count as reminded from now on.
pub fn remind(tx: &mut Tx<'_>, day: Day, now_ms: i64) -> Result<Vec<Booking>, Fault> {
    const COMING: &str = "SELECT id FROM booking WHERE state = 'accepted' AND reminded_ms IS NULL AND day = $1 \
        ORDER BY id LIMIT 4";
    const REMINDED: &str = "UPDATE booking SET reminded_ms = $2 \
        WHERE id = $1 AND state = 'accepted' AND reminded_ms IS NULL";
    let mut reminded = Vec::new();
    for id in tx.query(COMING, &[i64::from(day.0).into()], read_id)? {
        if tx.execute(REMINDED, &[id.into(), now_ms.into()])? == 1 {
            reminded.extend(find(tx, id)?);
        }
    }
    Ok(reminded)
}
