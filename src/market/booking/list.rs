//! What both sides see of their bookings.

use super::states::State;
use super::{Booking, find, pay};
use crate::country::{AreaCode, Country, TradeCode};
use crate::market::worker::{read_area, today};
use crate::market::worker_trade::read_trade;
use crate::market::{BookingId, Fault, HiringId, PersonId};
use crate::storage::{Row, Tx};
use crate::text::datetime::Day;

use super::number::BookingNumber;
use super::{HiringStatus, read_day};
use crate::storage::Error;

/// Days for which a booking that is over can still be looked at.
const LOOK_BACK_DAYS: i32 = 30;

fn read_id(row: &Row<'_>) -> Result<BookingId, Error> {
    Ok(BookingId::new(row.integer(0)?))
}

/// What concerns a person now: requests to them that wait for an answer, work that they have agreed to, other pay that
/// workers ask of them, and pay of which they have something to say. The nearest day first, at most twelve.
pub fn concerning(tx: &mut Tx<'_>, country: &Country, person: PersonId, now_ms: i64) -> Result<Vec<Booking>, Fault> {
    const AS_WORKER: &str = "SELECT id FROM booking WHERE worker_id = $1 AND day >= $2 \
        AND (state = 'requested' OR state = 'accepted' OR state = 'started') ORDER BY day, id LIMIT 12";
    const AS_CLIENT: &str = "SELECT id FROM (SELECT id, state, asked_amount, day FROM booking WHERE client_id = $1 \
        ORDER BY created_ms DESC, id LIMIT 40) AS latest \
        WHERE state = 'requested' AND asked_amount IS NOT NULL AND day >= $2 LIMIT 12";
    // Work of yesterday can still be said to have begun.
    let from = i64::from(today(country, now_ms).plus(-1).0);
    let mut ids = tx.query(AS_WORKER, &[person.into(), from.into()], read_id)?;
    ids.extend(tx.query(AS_CLIENT, &[person.into(), from.into()], read_id)?);
    let mut found = Vec::new();
    for id in ids {
        found.extend(find(tx, id)?.filter(|found| found.state != State::Requested || found.is_open(now_ms)));
    }
    found.extend(pay::questions(tx, country, person, now_ms)?);
    found.sort_unstable_by_key(|found: &Booking| (found.day, found.id));
    found.dedup_by_key(|found| found.id);
    found.truncate(12);
    Ok(found)
}

/// A client's bookings, the newest first, at most twenty; of a call for the first to accept only those who did.
pub fn of_client(tx: &mut Tx<'_>, country: &Country, client: PersonId, now_ms: i64) -> Result<Vec<Booking>, Fault> {
    const LATEST: &str = "SELECT id FROM booking WHERE client_id = $1 ORDER BY created_ms DESC, id LIMIT 60";
    let from = today(country, now_ms).plus(-LOOK_BACK_DAYS);
    let mut found = Vec::new();
    for id in tx.query(LATEST, &[client.into()], read_id)? {
        let Some(booking) = find(tx, id)? else { continue };
        // Of those who were called and did not answer there is nothing to say: see [`calls`].
        let hidden = booking.first_come && booking.share.is_none();
        if booking.day >= from && !hidden {
            found.push(booking);
        }
        if found.len() >= 20 {
            break;
        }
    }
    Ok(found)
}

/// A call for the first to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The hiring.
    pub hiring: HiringId,
    /// Its number.
    pub number: BookingNumber,
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub area: AreaCode,
    /// The day.
    pub day: Day,
    /// How many are needed.
    pub needed: i64,
    /// How many have accepted.
    pub hired: i64,
    /// How many were asked.
    pub asked: i64,
    /// Where it stands.
    pub status: HiringStatus,
}

/// A client's calls for the first to accept whose day has not passed, the newest first, at most eight.
pub fn calls(tx: &mut Tx<'_>, country: &Country, client: PersonId, now_ms: i64) -> Result<Vec<Call>, Fault> {
    const CALLS: &str = "SELECT id, number, trade, area_code, day, needed, hired, asked, status FROM \
        (SELECT id, number, trade, area_code, day, needed, hired, asked, status, first_come FROM hiring \
        WHERE client_id = $1 ORDER BY created_ms DESC, id LIMIT 40) AS latest \
        WHERE first_come = 1 AND day >= $2 LIMIT 8";
    let from = i64::from(today(country, now_ms).0);
    Ok(tx.query(CALLS, &[client.into(), from.into()], |row| {
        let number = BookingNumber::from_value(row.integer(1)?);
        Ok(Call {
            hiring: HiringId::new(row.integer(0)?),
            number: number.ok_or(Error::Corrupt { what: "a stored booking number is none" })?,
            trade: read_trade(row, 2)?,
            area: read_area(row.integer(3)?)?,
            day: read_day(row.integer(4)?)?,
            needed: row.integer(5)?,
            hired: row.integer(6)?,
            asked: row.integer(7)?,
            status: HiringStatus::read(row, 8)?,
        })
    })?)
}

/// Whether a person ever hired anybody, or tried to.
pub fn has_hired(tx: &mut Tx<'_>, client: PersonId) -> Result<bool, Fault> {
    const ANY: &str = "SELECT id FROM hiring WHERE client_id = $1 LIMIT 1";
    Ok(tx.query_one(ANY, &[client.into()], |row| row.integer(0))?.is_some())
}

/// Workers who agreed to come to this client once, each with the newest such booking, the newest first, at most nine.
pub fn known_workers(tx: &mut Tx<'_>, client: PersonId) -> Result<Vec<Booking>, Fault> {
    const AGREED: &str = "SELECT id FROM (SELECT id, state, created_ms FROM booking WHERE client_id = $1 \
        ORDER BY created_ms DESC, id LIMIT 60) AS latest WHERE state = 'accepted' OR state = 'started' OR state = 'done' \
        OR state = 'paid' ORDER BY created_ms DESC, id LIMIT 30";
    let mut found: Vec<Booking> = Vec::new();
    for id in tx.query(AGREED, &[client.into()], read_id)? {
        let Some(booking) = find(tx, id)? else { continue };
        if found.iter().all(|had| had.worker != booking.worker) {
            found.push(booking);
        }
    }
    found.truncate(9);
    Ok(found)
}
