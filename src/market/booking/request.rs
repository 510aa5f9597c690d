//! Asking: a client wants one worker by name, or the first to accept, and the workers are asked.

use super::client::{self, Client};
use super::number::BookingNumber;
use super::{
    Booking, NEEDED_MAX, START_MINUTE, START_MINUTE_MAX, block, bookable, find, read_day, read_means, read_minute,
    start_ms,
};
use crate::country::{AreaCode, Country, PayMeans, PayUnit, TradeCode};
use crate::market::pay::{PaidWhen, Pay};
use crate::market::worker::today;
use crate::market::{BookingId, Fault, HiringId, PersonId, age, employer_check, person, phone_number, worker};
use crate::storage::{Error, IdBlock, Tx};
use crate::text::datetime::{Day, minute_of_day};

/// Hirings of a client that may be open at once.
pub const OPEN_MAX: i64 = 8;
/// A request waits a quarter of the time that is left until work begins, but never less than this, in milliseconds: who is
/// at work looks at the phone in a break.
const WAIT_MIN_MS: i64 = 30 * 60_000;
/// And never more than this: then the next one may still be found in time.
const WAIT_MAX_MS: i64 = 24 * 3_600_000;
/// Minutes between a request for the same day and the first start that it may name.
const NOTICE_MINUTES: u16 = 60;
/// So many times what is usual is asked again: a zero too many.
pub const ODD_TIMES: i64 = 10;

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub area: AreaCode,
    /// First day.
    pub day: Day,
    /// What is offered.
    pub pay: Pay,
    /// By what it is paid; `None`: not said.
    pub means: Option<PayMeans>,
    /// How many are needed, 1 to [`NEEDED_MAX`].
    pub needed: i64,
    /// Who declines or does not answer is followed by the next one.
    pub pass_on: bool,
}

/// When work begins on a day: at seven, and today an hour from now at the earliest, on the full hour. `None` when it is too
/// late for that day.
pub fn start_minute(country: &Country, day: Day, now_ms: i64) -> Option<u16> {
    let now = today(country, now_ms);
    if day > now {
        return Some(START_MINUTE);
    }
    let earliest = minute_of_day(now_ms, &country.timezone).saturating_add(NOTICE_MINUTES).div_ceil(60) * 60;
    let start = earliest.max(START_MINUTE);
    (day == now && start <= START_MINUTE_MAX).then_some(start)
}

/// Until when a request can be answered: sooner when the day is near, and not in the night.
pub fn answer_by_ms(country: &Country, start_ms: i64, now_ms: i64) -> i64 {
    let wait_ms = (start_ms.saturating_sub(now_ms) / 4).clamp(WAIT_MIN_MS, WAIT_MAX_MS);
    country.quiet_hours.next_open_ms(now_ms.saturating_add(wait_ms), &country.timezone).min(start_ms)
}

/// When pay of a unit is handed over where nothing else is said.
pub fn paid_when(unit: PayUnit) -> PaidWhen {
    match unit {
        PayUnit::Month => PaidWhen::Monthly,
        PayUnit::Hour | PayUnit::Day => PaidWhen::Daily,
        PayUnit::Trip | PayUnit::Kg | PayUnit::Piece | PayUnit::Job => PaidWhen::AtEnd,
    }
}

/// By what this client said to pay last; `None`: they never said.
pub fn last_means(tx: &mut Tx<'_>, client: PersonId) -> Result<Option<PayMeans>, Fault> {
    const LAST: &str = "SELECT pay_means FROM hiring WHERE client_id = $1 ORDER BY created_ms DESC, id LIMIT 1";
    Ok(tx.query_one(LAST, &[client.into()], |row| read_means(row, 0))?.flatten())
}

/// Days that work of a unit lasts where nothing else is said; `None`: no end is set.
pub fn days_of(unit: PayUnit) -> Option<i64> {
    (unit != PayUnit::Month).then_some(1)
}

/// Whether an amount is so far from what is usual that it is asked again.
pub fn is_odd(offered: Pay, usual: Option<Pay>) -> bool {
    let percent = usual.and_then(|usual| offered.percent_of(usual));
    percent.is_some_and(|percent| percent >= ODD_TIMES * 100 || percent * ODD_TIMES <= 100)
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The hiring is there; so many workers were asked by it now.
    Asked {
        /// The hiring.
        hiring: HiringId,
        /// Its number.
        number: BookingNumber,
    },
    /// This client has asked this worker for that day, or called for that trade and day, and it is still open.
    Already,
    /// The worker cannot be asked: taken on that day, gone, under age, takes no messages, or one of the two blocked the other.
    NotFree,
    /// The day is past, or it is too late for it.
    TooLate,
    /// The client has [`OPEN_MAX`] hirings open, or asked too many workers today.
    TooMany,
}

/// Begins a hiring, and asks one worker if one is named. Uses two identifiers at most; `random` draws the number.
#[expect(clippy::too_many_arguments, reason = "the operation's inputs; a struct of them would be built at one place")]
pub fn send(
    tx: &mut Tx<'_>,
    country: &Country,
    ids: &mut IdBlock,
    client: &Client,
    order: &Order,
    named: Option<PersonId>,
    random: u64,
    now_ms: i64,
) -> Result<Sent, Fault> {
    const OPEN: &str = "SELECT COUNT(*) FROM hiring WHERE client_id = $1 AND status = 'open' AND day >= $2";
    const FIRST_COME: &str = "SELECT COUNT(*) FROM hiring \
        WHERE client_id = $1 AND trade = $2 AND day = $3 AND first_come = 1 AND status = 'open'";
    let Some(start_minute) = start_minute(country, order.day, now_ms) else { return Ok(Sent::TooLate) };
    // A household that an operator has blocked asks nobody.
    if employer_check::standing(tx, client.employer)?.is_some_and(|standing| standing.is_blocked()) {
        return Ok(Sent::TooMany);
    }
    let count = |row: &crate::storage::Row<'_>| row.integer(0);
    let now_day = today(country, now_ms);
    let open = tx.query_one(OPEN, &[client.person.into(), i64::from(now_day.0).into()], count)?;
    if open.is_some_and(|open| open >= OPEN_MAX) {
        return Ok(Sent::TooMany);
    }
    if let Some(worker) = named {
        match may_be_asked(tx, country, client.person, worker, order, now_ms)? {
            Ask::Already => return Ok(Sent::Already),
            Ask::NotFree => return Ok(Sent::NotFree),
            Ask::Yes => {}
        }
        if !client::count_asked(tx, client.person, now_day)? {
            return Ok(Sent::TooMany);
        }
    } else {
        let params = [client.person.into(), i64::from(order.trade.get()).into(), i64::from(order.day.0).into()];
        if tx.query_one(FIRST_COME, &params, count)?.is_some_and(|open| open > 0) {
            return Ok(Sent::Already);
        }
    }
    let Some((hiring, number)) = begin(tx, ids, client, order, (start_minute, named.is_none()), random, now_ms)? else {
        return Ok(Sent::Already);
    };
    if let Some(worker) = named {
        let asked = ask(tx, country, ids, (hiring, client.person), worker, (order, start_minute), now_ms)?;
        // Another of the client's own calls was first: the hiring that was begun for nothing is called off.
        if asked.is_none() {
            call_off(tx, hiring, now_ms)?;
            return Ok(Sent::Already);
        }
    }
    Ok(Sent::Asked { hiring, number })
}

/// A hiring without anybody asked yet; `None` when the same client has called for that trade and day.
fn begin(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    client: &Client,
    order: &Order,
    (start_minute, first_come): (u16, bool),
    random: u64,
    now_ms: i64,
) -> Result<Option<(HiringId, BookingNumber)>, Fault> {
    const BEGIN: &str = "INSERT INTO hiring (id, number, client_id, employer_id, trade, area_code, day, days, \
        start_minute, pay_amount, pay_unit, paid, needed, hired, asked, first_come, pass_on, status, ask_due_ms, \
        created_ms, changed_ms, pay_means) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, $14, $15, \
        'open', $16, $17, $17, $18) ON CONFLICT DO NOTHING";
    const TAKEN: &str = "SELECT COUNT(*) FROM hiring WHERE number = $1";
    let hiring = HiringId::take(ids)?;
    for number in BookingNumber::candidates(random) {
        let params = [
            hiring.into(),
            number.get().into(),
            client.person.into(),
            client.employer.into(),
            i64::from(order.trade.get()).into(),
            order.area.get().into(),
            i64::from(order.day.0).into(),
            days_of(order.pay.unit).into(),
            i64::from(start_minute).into(),
            order.pay.amount.into(),
            order.pay.unit.code().into(),
            paid_when(order.pay.unit).code().into(),
            order.needed.clamp(1, NEEDED_MAX).into(),
            first_come.into(),
            order.pass_on.into(),
            first_come.then_some(now_ms).into(),
            now_ms.into(),
            order.means.map(PayMeans::code).into(),
        ];
        if tx.execute(BEGIN, &params)? == 1 {
            return Ok(Some((hiring, number)));
        }
        let taken = tx.query_one(TAKEN, &[number.get().into()], |row| row.integer(0))?;
        if taken.is_none_or(|taken| taken == 0) {
            return Ok(None);
        }
    }
    Err(Fault::NoJobNumber)
}

/// What is to be said to a client who wants to ask a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Yes,
    Already,
    NotFree,
}

/// Whether a client may ask a worker for a day. What is looked at here is told to the client; what holds is the unique key.
pub(super) fn may_be_asked(
    tx: &mut Tx<'_>,
    country: &Country,
    client: PersonId,
    asked: PersonId,
    order: &Order,
    now_ms: i64,
) -> Result<Ask, Fault> {
    const OPEN: &str = "SELECT COUNT(*) FROM booking WHERE worker_id = $2 AND day = $3 AND client_id = $1 \
        AND (state = 'requested' OR state = 'accepted' OR state = 'started')";
    const TAKEN: &str = "SELECT COUNT(*) FROM booking_day WHERE worker_id = $1 AND day = $2";
    let day = i64::from(order.day.0);
    let mut count = |sql, params: &[_]| Ok::<_, Fault>(tx.query_one(sql, params, |row| row.integer(0))?.unwrap_or(0));
    if count(OPEN, &[client.into(), asked.into(), day.into()])? > 0 {
        return Ok(Ask::Already);
    }
    if client == asked || count(TAKEN, &[asked.into(), day.into()])? > 0 {
        return Ok(Ask::NotFree);
    }
    let found = person::find(tx, asked)?.filter(|found| found.status == person::Status::Listed);
    let number = found.map_or(Ok(None), |found| phone_number::find(tx, &found.number))?;
    let reached = number.is_some_and(|number| !number.stopped && !number.owner_doubted);
    let adult = is_adult(tx, country, asked, now_ms)?;
    if !reached || !adult || block::is_blocked(tx, client, asked)? {
        return Ok(Ask::NotFree);
    }
    Ok(Ask::Yes)
}

/// Whether somebody is of age: nobody else works in a private home.
pub(super) fn is_adult(tx: &mut Tx<'_>, country: &Country, person: PersonId, now_ms: i64) -> Result<bool, Fault> {
    let Some(worker) = worker::find(tx, person)? else { return Ok(false) };
    let age = age::age(worker.birth_year, today(country, now_ms), &country.ages).unwrap_or_default();
    Ok(age::group(age, &country.ages) == age::AgeGroup::Adult)
}

/// Asks one worker; `None` when an open request of the client to them for that day is there. Uses one identifier.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    country: &Country,
    ids: &mut IdBlock,
    (hiring, client): (HiringId, PersonId),
    asked: PersonId,
    (order, start): (&Order, u16),
    now_ms: i64,
) -> Result<Option<BookingId>, Fault> {
    const ASK: &str = "INSERT INTO booking (id, hiring_id, client_id, worker_id, day, state, pay_amount, answer_by_ms, \
        untold, created_ms, changed_ms) VALUES ($1, $2, $3, $4, $5, 'requested', $6, $7, 0, $8, $8) ON CONFLICT DO NOTHING";
    const COUNT: &str = "UPDATE hiring SET asked = asked + 1, changed_ms = $2 WHERE id = $1";
    let booking = BookingId::take(ids)?;
    let answer_by_ms = answer_by_ms(country, start_ms(country, order.day, start), now_ms);
    let params = [
        booking.into(),
        hiring.into(),
        client.into(),
        asked.into(),
        i64::from(order.day.0).into(),
        order.pay.amount.into(),
        answer_by_ms.into(),
        now_ms.into(),
    ];
    if tx.execute(ASK, &params)? == 0 {
        return Ok(None);
    }
    tx.execute(COUNT, &[hiring.into(), now_ms.into()])?;
    bookable::asked(tx, asked, now_ms)?;
    Ok(Some(booking))
}

fn call_off(tx: &mut Tx<'_>, hiring: HiringId, now_ms: i64) -> Result<(), Fault> {
    const OFF: &str = "UPDATE hiring SET status = 'cancelled', ask_due_ms = NULL, changed_ms = $2 \
        WHERE id = $1 AND status = 'open' AND hired = 0";
    tx.execute(OFF, &[hiring.into(), now_ms.into()])?;
    Ok(())
}

/// The booking by which a worker was asked in a hiring: the newest. `None` when nobody was asked.
pub fn first_of(tx: &mut Tx<'_>, hiring: HiringId) -> Result<Option<Booking>, Fault> {
    const FIRST: &str = "SELECT id FROM booking WHERE hiring_id = $1 ORDER BY id DESC LIMIT 1";
    let id = tx.query_one(FIRST, &[hiring.into()], |row| Ok(BookingId::new(row.integer(0)?)))?;
    id.map_or(Ok(None), |id| find(tx, id))
}

/// By which number a hiring is spoken of, and when work begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The number.
    pub number: BookingNumber,
    /// First day.
    pub day: Day,
    /// Minute of the day.
    pub start_minute: u16,
}

/// The terms of a hiring; `None` when there is none.
pub fn terms(tx: &mut Tx<'_>, hiring: HiringId) -> Result<Option<Terms>, Fault> {
    const TERMS: &str = "SELECT number, day, start_minute FROM hiring WHERE id = $1";
    let none = Error::Corrupt { what: "a stored booking number is none" };
    Ok(tx.query_one(TERMS, &[hiring.into()], |row| {
        Ok(Terms {
            number: BookingNumber::from_value(row.integer(0)?).ok_or(none.clone())?,
            day: read_day(row.integer(1)?)?,
            start_minute: read_minute(row.integer(2)?)?,
        })
    })?)
}
