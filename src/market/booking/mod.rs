//! Bookings: a client asks workers to come on a day, and they answer.
//!
//! A [`client`] is a person who wants workers for a household. [`workers`] finds who could come, out of [`bookable`]. By
//! [`request`] a *hiring* begins (trade, place, day, pay, how many), with a *booking* for each worker who is asked. The worker
//! answers ([`answer`]): yes, no, or other pay. [`given`] notes whose number went to the other side, [`cancel`] is for both sides, [`attend`] for the day itself, [`expiry`] for
//! what nobody answered, [`pay`] for what is said of pay after each [`pay_day`], [`block`] for whom a worker wants no more of. [`list`] is what both sides see, [`desk`] what an
//! employer sees. A [`group`] is of
//! people who work together: its leader has them asked too.
//!
//! What the rules rest on: a worker's day is taken by a row of `booking_day`, whose key is the worker and the day; a place is
//! taken by a conditional update of the hiring; one open request of a client to a worker for a day is a unique key. Every
//! change touches the hiring first, then the booking, then the day, so that two of them never wait for each other in a ring.

pub mod answer;
pub mod attend;
pub mod block;
pub mod bookable;
pub mod cancel;
pub mod client;
pub mod desk;
pub mod expiry;
pub mod given;
pub mod group;
pub mod list;
pub mod number;
pub mod pay;
pub mod pay_day;
pub mod record;
pub mod request;
pub mod states;
pub mod workers;

#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod pay_tests;
#[cfg(test)]
mod races_tests;

use super::pay::{PaidWhen, Pay, read_means};
use super::worker::{read_area, read_unit};
use super::worker_trade::read_trade;
use super::{BookingId, EmployerId, Fault, HiringId, PersonId};
use crate::country::{AreaCode, Country, PayMeans, TradeCode};
use crate::storage::{Error, Row, Tx};
use crate::text::datetime::Day;
use number::BookingNumber;
use states::{Ended, State, may_move};

/// People whom a client may want at once: more is work for a firm, which posts a job.
pub const NEEDED_MAX: i64 = 10;
/// Workers asked for each place that is still open when the first to accept get it: one in three says yes at short notice.
pub const ASKED_PER_PLACE: i64 = 3;
/// Workers asked in all for a single place that is passed on: after so many the pay or the day is wrong.
pub const PASSED_ON_MAX: i64 = 6;
/// Days ahead for which somebody can be booked.
pub const DAYS_AHEAD_MAX: i32 = 60;
/// Within so long before the start a cancellation is late, in milliseconds: nobody is found for the next morning.
pub const LATE_MS: i64 = 12 * 3_600_000;
/// When a day's work begins where nothing else is said: minute of the day.
pub const START_MINUTE: u16 = 7 * 60;
/// No work begins after this minute of the day.
pub const START_MINUTE_MAX: u16 = 17 * 60;

coded! {
    /// Whose number is given, by the worker's choice.
    pub enum Share {
        /// The worker's to the client.
        Mine = "mine",
        /// The client's to the worker.
        Theirs = "theirs",
        /// None: word goes through Kaziline.
        Through = "through",
    }
}

coded! {
    /// Where a hiring stands.
    pub enum HiringStatus {
        /// People are asked.
        Open = "open",
        /// Everybody needed was found.
        Filled = "filled",
        /// The client called it off.
        Cancelled = "cancelled",
        /// Its day came and nobody had been found.
        Expired = "expired",
    }
}

/// A booking with the hiring it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The booking.
    pub id: BookingId,
    /// What it belongs to.
    pub hiring: HiringId,
    /// By which people speak of it.
    pub number: BookingNumber,
    /// Who wants somebody.
    pub client: PersonId,
    /// As an employer.
    pub employer: EmployerId,
    /// Who was asked.
    pub worker: PersonId,
    /// How far it has come.
    pub state: State,
    /// How it was called off.
    pub ended: Option<Ended>,
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub area: AreaCode,
    /// First day.
    pub day: Day,
    /// Days; `None`: no end is set.
    pub days: Option<i64>,
    /// Minute of the day at which work begins.
    pub start_minute: u16,
    /// Offered, and once accepted agreed.
    pub pay: Pay,
    /// Other pay that the worker asks for, in the same unit.
    pub asked_amount: Option<i64>,
    /// When it is paid.
    pub paid: PaidWhen,
    /// By what; `None`: not said.
    pub means: Option<PayMeans>,
    /// Whose number is given; `None` until accepted.
    pub share: Option<Share>,
    /// Until when it can be answered.
    pub answer_by_ms: i64,
    /// The worker said to be there.
    pub worker_came: bool,
    /// The client said that the worker is there.
    pub client_came: bool,
    /// The first to accept get it.
    pub first_come: bool,
    /// How many are needed.
    pub needed: i64,
    /// How many have accepted.
    pub hired: i64,
    /// Where the hiring stands.
    pub hiring_status: HiringStatus,
}

impl Booking {
    /// Whether it can be answered now.
    pub fn is_open(&self, now_ms: i64) -> bool {
        self.state == State::Requested && self.hiring_status == HiringStatus::Open && self.answer_by_ms > now_ms
    }

    /// When work begins, in epoch milliseconds.
    pub fn start_ms(&self, country: &Country) -> i64 {
        start_ms(country, self.day, self.start_minute)
    }
}

/// When work begins, in epoch milliseconds.
pub fn start_ms(country: &Country, day: Day, start_minute: u16) -> i64 {
    day.start_ms(&country.timezone) + i64::from(start_minute) * 60_000
}

/// A booking; `None` when there is none.
pub fn find(tx: &mut Tx<'_>, booking: BookingId) -> Result<Option<Booking>, Fault> {
    const FIND: &str = "SELECT booking.id, booking.hiring_id, hiring.number, booking.client_id, hiring.employer_id, \
        booking.worker_id, booking.state, booking.ended, hiring.trade, hiring.area_code, booking.day, hiring.days, \
        hiring.start_minute, booking.pay_amount, hiring.pay_unit, booking.asked_amount, hiring.paid, booking.share, \
        booking.answer_by_ms, booking.worker_came_ms, booking.client_came_ms, hiring.first_come, hiring.needed, \
        hiring.hired, hiring.status, hiring.pay_means FROM booking JOIN hiring ON hiring.id = booking.hiring_id WHERE booking.id = $1";
    Ok(tx.query_one(FIND, &[booking.into()], read)?)
}

/// The booking, if this person is one of its two sides.
pub fn find_of(tx: &mut Tx<'_>, booking: BookingId, person: PersonId) -> Result<Option<Booking>, Fault> {
    Ok(find(tx, booking)?.filter(|found| found.worker == person || found.client == person))
}

fn read(row: &Row<'_>) -> Result<Booking, Error> {
    let corrupt = |what| Error::Corrupt { what };
    let ended = row.optional_text(7)?.map(|code| Ended::from_code(code).ok_or(corrupt("a stored end is unknown")));
    let share = row.optional_text(17)?.map(|code| Share::from_code(code).ok_or(corrupt("a stored choice is unknown")));
    Ok(Booking {
        id: BookingId::new(row.integer(0)?),
        hiring: HiringId::new(row.integer(1)?),
        number: BookingNumber::from_value(row.integer(2)?).ok_or(corrupt("a stored booking number is none"))?,
        client: PersonId::new(row.integer(3)?),
        employer: EmployerId::new(row.integer(4)?),
        worker: PersonId::new(row.integer(5)?),
        state: State::read(row, 6)?,
        ended: ended.transpose()?,
        trade: read_trade(row, 8)?,
        area: read_area(row.integer(9)?)?,
        day: read_day(row.integer(10)?)?,
        days: row.optional_integer(11)?,
        start_minute: read_minute(row.integer(12)?)?,
        pay: Pay { amount: row.integer(13)?, unit: read_unit(row.text(14)?)? },
        asked_amount: row.optional_integer(15)?,
        paid: PaidWhen::read(row, 16)?,
        share: share.transpose()?,
        answer_by_ms: row.integer(18)?,
        worker_came: row.optional_integer(19)?.is_some(),
        client_came: row.optional_integer(20)?.is_some(),
        first_come: row.boolean(21)?,
        needed: row.integer(22)?,
        hired: row.integer(23)?,
        hiring_status: HiringStatus::read(row, 24)?,
        means: read_means(row, 25)?,
    })
}

fn read_day(day: i64) -> Result<Day, Error> {
    i32::try_from(day).map(Day).map_err(|_| Error::Corrupt { what: "a stored day is out of range" })
}

fn read_minute(minute: i64) -> Result<u16, Error> {
    u16::try_from(minute).map_err(|_| Error::Corrupt { what: "a stored minute is out of range" })
}

/// Moves a booking from one state to another, if it stands there and the move is legal. The caller frees or takes the day.
fn move_to(tx: &mut Tx<'_>, booking: BookingId, from: State, to: State, now_ms: i64) -> Result<bool, Fault> {
    const MOVE: &str = "UPDATE booking SET state = $3, changed_ms = $4 WHERE id = $1 AND state = $2";
    if !may_move(from, to) {
        return Ok(false);
    }
    let params = [booking.into(), from.code().into(), to.code().into(), now_ms.into()];
    Ok(tx.execute(MOVE, &params)? == 1)
}

/// Takes a worker's day for a booking. False when it is taken.
fn take_day(tx: &mut Tx<'_>, booking: &Booking, second: bool) -> Result<bool, Fault> {
    const TAKE: &str = "INSERT INTO booking_day (worker_id, day, slot, booking_id) VALUES ($1, $2, $3, $4) \
        ON CONFLICT DO NOTHING";
    let mut take = |slot: i64| -> Result<bool, Fault> {
        let params = [booking.worker.into(), i64::from(booking.day.0).into(), slot.into(), booking.id.into()];
        Ok(tx.execute(TAKE, &params)? == 1)
    };
    Ok(take(0)? || (second && take(1)?))
}

/// Gives the worker's day back.
fn free_day(tx: &mut Tx<'_>, booking: &Booking) -> Result<(), Fault> {
    const FREE: &str = "DELETE FROM booking_day WHERE worker_id = $1 AND day = $2 AND booking_id = $3";
    tx.execute(FREE, &[booking.worker.into(), i64::from(booking.day.0).into(), booking.id.into()])?;
    Ok(())
}
