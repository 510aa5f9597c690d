//! An employer's hirings, as the employer sees them, and the person who books for a firm.
//!
//! A household books by keypad, its person being the client. A firm has one contact person: an operator binds a client to it. What
//! that person books by keypad is the firm's then, and what the firm books over the API is answered on that person's phone.

use super::client;
use super::number::BookingNumber;
use super::states::State;
use super::{Booking, HiringStatus, cancel, find, read_day, read_means, read_minute};
use crate::country::{AreaCode, Country, PayMeans, TradeCode};
use crate::market::pay::{PaidWhen, Pay};
use crate::market::worker::{read_area, read_unit};
use crate::market::worker_trade::read_trade;
use crate::market::{BookingId, EmployerId, Fault, HiringId, PersonId};
use crate::storage::{Error, Row, Tx};
use crate::text::datetime::Day;

/// Bookings of a hiring that are shown: more than can be asked for the most places.
const BOOKINGS_MAX: usize = 100;

/// What an employer wants, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hiring {
    /// The hiring.
    pub id: HiringId,
    /// By which people speak of it.
    pub number: BookingNumber,
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub area: AreaCode,
    /// First day.
    pub day: Day,
    /// Minute of the day at which work begins.
    pub start_minute: u16,
    /// What is offered.
    pub pay: Pay,
    /// When it is paid.
    pub paid: PaidWhen,
    /// By what; `None`: not said.
    pub means: Option<PayMeans>,
    /// How many are needed.
    pub needed: i64,
    /// How many have accepted.
    pub hired: i64,
    /// How many were asked.
    pub asked: i64,
    /// The first to accept get it.
    pub first_come: bool,
    /// Where it stands.
    pub status: HiringStatus,
    /// When it began, in epoch milliseconds.
    pub created_ms: i64,
}

fn read(row: &Row<'_>) -> Result<Hiring, Error> {
    let number = BookingNumber::from_value(row.integer(1)?);
    Ok(Hiring {
        id: HiringId::new(row.integer(0)?),
        number: number.ok_or(Error::Corrupt { what: "a stored booking number is none" })?,
        trade: read_trade(row, 2)?,
        area: read_area(row.integer(3)?)?,
        day: read_day(row.integer(4)?)?,
        start_minute: read_minute(row.integer(5)?)?,
        pay: Pay { amount: row.integer(6)?, unit: read_unit(row.text(7)?)? },
        paid: PaidWhen::read(row, 8)?,
        needed: row.integer(9)?,
        hired: row.integer(10)?,
        asked: row.integer(11)?,
        first_come: row.boolean(12)?,
        status: HiringStatus::read(row, 13)?,
        created_ms: row.integer(14)?,
        means: read_means(row, 15)?,
    })
}

/// An employer's hirings before one, the newest first.
pub fn list(tx: &mut Tx<'_>, employer: EmployerId, before: HiringId, limit: i64) -> Result<Vec<Hiring>, Fault> {
    const LIST: &str = "SELECT id, number, trade, area_code, day, start_minute, pay_amount, pay_unit, paid, needed, hired, asked, \
        first_come, status, created_ms, pay_means FROM hiring WHERE employer_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    Ok(tx.query(LIST, &[employer.into(), before.into(), limit.into()], read)?)
}

/// One of them; `None` when it is another's, or there is none.
pub fn hiring(tx: &mut Tx<'_>, employer: EmployerId, hiring: HiringId) -> Result<Option<Hiring>, Fault> {
    const ONE: &str = "SELECT id, number, trade, area_code, day, start_minute, pay_amount, pay_unit, paid, needed, hired, asked, \
        first_come, status, created_ms, pay_means FROM hiring WHERE id = $1 AND employer_id = $2";
    Ok(tx.query_one(ONE, &[hiring.into(), employer.into()], read)?)
}

/// Who was asked by a hiring, in the order of asking.
pub fn bookings(tx: &mut Tx<'_>, hiring: HiringId) -> Result<Vec<Booking>, Fault> {
    const OF: &str = "SELECT id FROM booking WHERE hiring_id = $1 ORDER BY id LIMIT 100";
    let ids = tx.query(OF, &[hiring.into()], |row| Ok(BookingId::new(row.integer(0)?)))?;
    let mut all = Vec::with_capacity(ids.len().min(BOOKINGS_MAX));
    for id in ids {
        all.extend(find(tx, id)?);
    }
    Ok(all)
}

/// What came of binding somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// From now on this person books for the employer. The same again answers the same.
    Bound,
    /// This person has not agreed to be a client: they dial and do.
    NoClient,
    /// Another person books for this employer.
    Taken,
}

/// A client books for this employer from now on.
pub fn bind(tx: &mut Tx<'_>, employer: EmployerId, person: PersonId, now_ms: i64) -> Result<Bound, Fault> {
    const BIND: &str = "UPDATE client SET employer_id = $2, changed_ms = $3 WHERE person_id = $1";
    const FREE: &str = "SELECT COUNT(*) FROM client WHERE employer_id = $1 AND person_id <> $2";
    if client::find(tx, person)?.is_none() {
        return Ok(Bound::NoClient);
    }
    let others = tx.query_one(FREE, &[employer.into(), person.into()], |row| row.integer(0))?.unwrap_or_default();
    if others > 0 {
        return Ok(Bound::Taken);
    }
    tx.execute(BIND, &[person.into(), employer.into(), now_ms.into()])?;
    Ok(Bound::Bound)
}

/// Calls off everything of a hiring that has not begun: nobody more is asked, and who was asked or has agreed is told by
/// housekeeping. Answers how many of those who had agreed it was called off with.
pub fn call_off(
    tx: &mut Tx<'_>,
    country: &Country,
    hiring: HiringId,
    client: PersonId,
    now_ms: i64,
) -> Result<usize, Fault> {
    cancel::call_off_all(tx, hiring, client, now_ms)?;
    let mut off = 0;
    for found in bookings(tx, hiring)? {
        let begun = found.start_ms(country) <= now_ms;
        if matches!(found.state, State::Accepted | State::Requested)
            && !begun
            && let cancel::CalledOff::Off { booking, .. } = cancel::call_off(tx, country, found.id, client, now_ms)?
        {
            off += usize::from(found.state == State::Accepted);
            cancel::tell_later(tx, booking.id)?;
        }
    }
    Ok(off)
}
