//! The record of pay: after each pay day both sides say how it was, and what they said stays.
//!
//! The rules are in [`pay_day`]; this keeps the rows. Whatever changes pay locks the booking first and its pay
//! days after it, like everything else here.

use super::pay_day::{self, PayState, Said, Word};
use super::record::{self, Record, Side};
use super::states::State;
use super::{Booking, attend, find, find_of, move_to, read_day};
use crate::country::Country;
use crate::market::worker::today;
use crate::market::{BookingId, CaseId, Fault, PersonId};
use crate::storage::{Error, Row, Tx};
use crate::text::datetime::Day;

/// From this minute of a pay day on both sides are asked: work is over, and it is not yet night.
const ASK_MINUTE: u16 = 18 * 60;
/// Nobody is asked sooner than so long after the start, in minutes: until then it can be said that somebody did not come.
const ASK_AFTER_MINUTES: u16 = 3 * 60;
/// Where one side said that work began, both can say how the pay was from so long after the start, in minutes.
const WORKED_MINUTES: u16 = 2 * 60;
/// Who has not said, or is owed something, is asked again after so many days each time, and then not any more.
const AGAIN_DAYS: [i64; 3] = [2, 5, 21];
/// From this question on what is still owed becomes a case by itself: a week after the pay day.
const CASE_FROM_ASK: i64 = 3;
const DAY_MS: i64 = 24 * 3_600_000;

/// A pay day of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayDay {
    /// Of which booking.
    pub booking: BookingId,
    /// 1 for its first.
    pub nth: i64,
    /// The day.
    pub day: Day,
    /// What is due in all; `None`: it depends on how much was done.
    pub amount: Option<i64>,
    /// How it stands.
    pub state: PayState,
    /// What the worker said.
    pub worker: Option<Word>,
    /// What the client said.
    pub client: Option<Word>,
    /// How often both were asked.
    pub asks: i64,
    /// Something can still be said of it.
    pub is_open: bool,
    /// The case that it became.
    pub case: Option<CaseId>,
}

impl PayDay {
    /// What this side said.
    pub fn said(&self, side: Side) -> Option<Word> {
        match side {
            Side::Worker => self.worker,
            Side::Client => self.client,
        }
    }

    /// Whether this side has something to say: the worker until it is paid, the client until they said that it is, or that
    /// there was no work.
    pub fn is_asked_of(&self, side: Side) -> bool {
        let said_all = matches!(self.client, Some(Word { said: Said::Paid | Said::NotWorked, .. }));
        self.is_open && if side == Side::Worker { !self.state.is_final() } else { !said_all }
    }

    /// Whether a person has to look at it: the two do not say the same, or it is owed for too long.
    pub fn needs_case(&self) -> bool {
        let late = self.state.is_owed() && self.asks >= CASE_FROM_ASK;
        self.case.is_none() && (self.state == PayState::Disputed || late)
    }
}

/// When both sides can begin to say how the pay of a day was, in epoch milliseconds.
fn open_ms(country: &Country, booking: &Booking, day: Day) -> i64 {
    if !(booking.worker_came || booking.client_came) {
        return ask_ms(country, booking, day);
    }
    let minute = booking.start_minute.saturating_add(WORKED_MINUTES);
    day.start_ms(&country.timezone) + i64::from(minute) * 60_000
}

/// When both are asked, in epoch milliseconds.
fn ask_ms(country: &Country, booking: &Booking, day: Day) -> i64 {
    let minute = booking.start_minute.saturating_add(ASK_AFTER_MINUTES).max(ASK_MINUTE);
    day.start_ms(&country.timezone) + i64::from(minute) * 60_000
}

/// Writes the `nth` pay day of what was agreed, if there is one. The same again changes nothing.
pub(super) fn begin(tx: &mut Tx<'_>, country: &Country, booking: &Booking, nth: i64, now_ms: i64) -> Result<(), Fault> {
    const BEGIN: &str = "INSERT INTO pay_day (booking_id, worker_id, client_id, nth, day, amount, state, asks, ask_due_ms, \
        is_open, changed_ms) VALUES ($1, $2, $3, $4, $5, $6, 'open', 0, $7, 1, $8) ON CONFLICT DO NOTHING";
    let Some(day) = pay_day::day(booking.day, booking.days, booking.paid, nth) else { return Ok(()) };
    let params = [
        booking.id.into(),
        booking.worker.into(),
        booking.client.into(),
        nth.into(),
        i64::from(day.0).into(),
        pay_day::amount(booking.pay, booking.days, booking.paid).into(),
        ask_ms(country, booking, day).into(),
        now_ms.into(),
    ];
    tx.execute(BEGIN, &params)?;
    Ok(())
}

/// What was agreed is off: of pay there is nothing to say.
pub(super) fn drop_unsaid(tx: &mut Tx<'_>, booking: BookingId) -> Result<(), Fault> {
    const DROP: &str = "DELETE FROM pay_day WHERE booking_id = $1 AND worker_said IS NULL AND client_said IS NULL";
    tx.execute(DROP, &[booking.into()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<PayDay, Error> {
    let corrupt = |what| Error::Corrupt { what };
    let word = |at: usize| {
        let Some(code) = row.optional_text(at)? else { return Ok(None) };
        let said = Said::from_code(code).ok_or(corrupt("a stored word of pay is unknown"))?;
        Ok::<_, Error>(Some(Word { said, amount: row.optional_integer(at + 1)? }))
    };
    Ok(PayDay {
        booking: BookingId::new(row.integer(0)?),
        nth: row.integer(1)?,
        day: read_day(row.integer(2)?)?,
        amount: row.optional_integer(3)?,
        state: PayState::read(row, 4)?,
        worker: word(5)?,
        client: word(7)?,
        asks: row.integer(9)?,
        is_open: row.boolean(10)?,
        case: row.optional_integer(11)?.map(CaseId::new),
    })
}

/// The pay days of a booking that are written, the first first.
pub fn of_booking(tx: &mut Tx<'_>, booking: BookingId) -> Result<Vec<PayDay>, Fault> {
    const OF: &str = "SELECT booking_id, nth, day, amount, state, worker_said, worker_amount, client_said, client_amount, asks, \
        is_open, case_id FROM pay_day WHERE booking_id = $1 ORDER BY nth LIMIT 60";
    Ok(tx.query(OF, &[booking.into()], read)?)
}

/// The side of a booking that a person is on.
pub fn side_of(booking: &Booking, person: PersonId) -> Side {
    if booking.worker == person { Side::Worker } else { Side::Client }
}

/// The pay day that a side can say something of now: the oldest. `None` when there is none.
pub fn question(
    tx: &mut Tx<'_>,
    country: &Country,
    booking: &Booking,
    side: Side,
    now_ms: i64,
) -> Result<Option<PayDay>, Fault> {
    let all = of_booking(tx, booking.id)?;
    Ok(all.into_iter().find(|pay| pay.is_asked_of(side) && open_ms(country, booking, pay.day) <= now_ms))
}

/// Bookings with a pay day that a person can say something of, on either side, the oldest first, at most twelve.
pub fn questions(tx: &mut Tx<'_>, country: &Country, person: PersonId, now_ms: i64) -> Result<Vec<Booking>, Fault> {
    const AS_WORKER: &str = "SELECT booking_id FROM pay_day WHERE worker_id = $1 AND day <= $2 AND is_open = 1 \
        ORDER BY day, booking_id LIMIT 12";
    const AS_CLIENT: &str = "SELECT booking_id FROM pay_day WHERE client_id = $1 AND day <= $2 AND is_open = 1 \
        AND (client_said IS NULL OR client_said = 'part' OR client_said = 'not_yet') ORDER BY day, booking_id LIMIT 12";
    let params = [person.into(), i64::from(today(country, now_ms).0).into()];
    let mut found: Vec<Booking> = Vec::new();
    for (sql, side) in [(AS_WORKER, Side::Worker), (AS_CLIENT, Side::Client)] {
        for id in tx.query(sql, &params, |row| Ok(BookingId::new(row.integer(0)?)))? {
            let Some(booking) = find(tx, id)?.filter(|new| found.iter().all(|had| had.id != new.id)) else { continue };
            if question(tx, country, &booking, side, now_ms)?.is_some() {
                found.push(booking);
            }
        }
    }
    Ok(found)
}

/// What came of saying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It stands there. The same again answers the same.
    Noted(PayDay),
    /// Nothing more can be said of it.
    Over(PayDay),
    /// It is too early: nobody has worked yet.
    Early,
}

/// One side says how the pay of a pay day was. Where that shows that there was work, it counts as the word that work began.
pub fn say(
    tx: &mut Tx<'_>,
    country: &Country,
    (booking, nth): (BookingId, i64),
    person: PersonId,
    word: Word,
    now_ms: i64,
) -> Result<Noted, Fault> {
    const WORKER: &str = "UPDATE pay_day SET worker_said = $3, worker_amount = $4, changed_ms = $5 \
        WHERE booking_id = $1 AND nth = $2 AND is_open = 1";
    const CLIENT: &str = "UPDATE pay_day SET client_said = $3, client_amount = $4, changed_ms = $5 \
        WHERE booking_id = $1 AND nth = $2 AND is_open = 1";
    const STAND: &str = "UPDATE pay_day SET state = $3, is_open = $4 WHERE booking_id = $1 AND nth = $2";
    const ASK_NO_MORE: &str = "UPDATE pay_day SET ask_due_ms = NULL WHERE booking_id = $1 AND nth = $2 AND is_open = 0";
    let found = find_of(tx, booking, person)?.ok_or(Fault::Gone("booking"))?;
    lock(tx, booking, now_ms)?;
    let before = one(tx, booking, nth)?;
    if open_ms(country, &found, before.day) > now_ms {
        return Ok(Noted::Early);
    }
    let side = side_of(&found, person);
    // There was work, as was said before: what is owed is not taken back by a slip.
    let worked = before.worker.is_some_and(|word| word.said != Said::NotWorked);
    let ended = !before.is_open || (side == Side::Worker && before.state.is_final());
    if ended || (side == Side::Worker && word.said == Said::NotWorked && worked) {
        return Ok(Noted::Over(before));
    }
    let sql = if side == Side::Worker { WORKER } else { CLIENT };
    let params = [booking.into(), nth.into(), word.said.code().into(), word.amount.into(), now_ms.into()];
    tx.execute(sql, &params)?;
    let said = one(tx, booking, nth)?;
    let state = pay_day::after(said.state, said.worker, said.client);
    // The client can still say that there was work: a job counts when both have shown it.
    let is_open = !(state.is_final() && said.client.is_some());
    tx.execute(STAND, &[booking.into(), nth.into(), state.code().into(), is_open.into()])?;
    tx.execute(ASK_NO_MORE, &[booking.into(), nth.into()])?;
    if word.said != Said::NotWorked {
        attend::worked(tx, &found, side, now_ms)?;
    }
    let now = one(tx, booking, nth)?;
    count(tx, &found, (&before, &now))?;
    follow(tx, country, booking, now_ms)?;
    Ok(Noted::Noted(now))
}

/// Adds to the records what has become known.
fn count(tx: &mut Tx<'_>, booking: &Booking, (before, now): (&PayDay, &PayDay)) -> Result<(), Fault> {
    let told = |pay: &PayDay| pay.state.is_paid() || pay.state.is_owed();
    let more = Record {
        pay_told: i64::from(told(now)) - i64::from(told(before)),
        paid: i64::from(now.state.is_paid()) - i64::from(before.state.is_paid()),
        ..Record::default()
    };
    if more != Record::default() {
        record::add(tx, booking.worker, Side::Worker, more)?;
        record::add(tx, booking.client, Side::Client, more)?;
    }
    Ok(())
}

fn lock(tx: &mut Tx<'_>, booking: BookingId, now_ms: i64) -> Result<(), Fault> {
    const LOCK: &str = "UPDATE booking SET changed_ms = $2 WHERE id = $1";
    tx.execute(LOCK, &[booking.into(), now_ms.into()])?;
    Ok(())
}

fn one(tx: &mut Tx<'_>, booking: BookingId, nth: i64) -> Result<PayDay, Fault> {
    let all = of_booking(tx, booking)?;
    all.into_iter().find(|pay| pay.nth == nth).ok_or(Fault::Gone("pay day"))
}

/// Moves the booking to where its pay stands: done after the last pay day, then paid or disputed.
fn follow(tx: &mut Tx<'_>, country: &Country, booking: BookingId, now_ms: i64) -> Result<(), Fault> {
    let Some(found) = find(tx, booking)? else { return Ok(()) };
    let all = of_booking(tx, booking)?;
    let Some(last) = all.last() else { return Ok(()) };
    let more = pay_day::day(found.day, found.days, found.paid, last.nth + 1).is_some();
    if more || open_ms(country, &found, last.day) > now_ms {
        return Ok(());
    }
    if matches!(found.state, State::Accepted | State::Started) {
        attend::done(tx, booking, now_ms)?;
    }
    if all.iter().any(|pay| pay.state == PayState::Disputed) {
        move_to(tx, booking, State::Done, State::Disputed, now_ms)?;
    } else if all.iter().all(|pay| pay.state.is_final()) && all.iter().any(|pay| pay.state.is_paid()) {
        move_to(tx, booking, State::Done, State::Paid, now_ms)?;
        move_to(tx, booking, State::Disputed, State::Paid, now_ms)?;
    }
    Ok(())
}

/// Pay days about which both sides are to be asked now, at most four; they count as asked from now on, and the next pay day of
/// the same work is written. What nobody ever answered is asked no more.
pub fn ask(tx: &mut Tx<'_>, country: &Country, now_ms: i64) -> Result<Vec<(Booking, PayDay)>, Fault> {
    const DUE: &str =
        "SELECT booking_id, nth, ask_due_ms FROM pay_day WHERE ask_due_ms <= $1 ORDER BY ask_due_ms LIMIT 4";
    const ASKED: &str = "UPDATE pay_day SET asks = asks + 1, ask_due_ms = $4 \
        WHERE booking_id = $1 AND nth = $2 AND ask_due_ms = $3";
    const SILENT: &str = "UPDATE pay_day SET is_open = 0, changed_ms = $3 \
        WHERE booking_id = $1 AND nth = $2 \
        AND (state = 'open' OR state = 'paid' OR state = 'settled' OR state = 'not_worked')";
    let read_due = |row: &Row<'_>| Ok((BookingId::new(row.integer(0)?), row.integer(1)?, row.integer(2)?));
    let mut asked = Vec::new();
    for (booking, nth, due_ms) in tx.query(DUE, &[now_ms.into()], read_due)? {
        lock(tx, booking, now_ms)?;
        let (Some(found), pay) = (find(tx, booking)?, one(tx, booking, nth)?) else { continue };
        let again = usize::try_from(pay.asks).ok().and_then(|asks| AGAIN_DAYS.get(asks));
        let next = again.map(|days| now_ms.saturating_add(days * DAY_MS));
        if tx.execute(ASKED, &[booking.into(), nth.into(), due_ms.into(), next.into()])? == 0 {
            continue;
        }
        begin(tx, country, &found, nth + 1, now_ms)?;
        follow(tx, country, booking, now_ms)?;
        if next.is_none() {
            tx.execute(SILENT, &[booking.into(), nth.into(), now_ms.into()])?;
            continue;
        }
        asked.extend(find(tx, booking)?.map(|found| (found, PayDay { asks: pay.asks + 1, ..pay })));
    }
    Ok(asked)
}

/// Notes the case that a pay day became.
pub fn became_case(tx: &mut Tx<'_>, pay: &PayDay, case: CaseId) -> Result<(), Fault> {
    const CASE: &str = "UPDATE pay_day SET case_id = $3 WHERE booking_id = $1 AND nth = $2";
    tx.execute(CASE, &[pay.booking.into(), pay.nth.into(), case.into()])?;
    Ok(())
}

/// A worker's pay days that have come, of the latest sixty bookings, the newest first, at most forty.
pub fn history(tx: &mut Tx<'_>, country: &Country, worker: PersonId, now_ms: i64) -> Result<Vec<PayDay>, Fault> {
    const HISTORY: &str = "SELECT booking_id, nth, pay_day.day, amount, state, worker_said, worker_amount, client_said, \
        client_amount, asks, is_open, case_id FROM (SELECT id FROM booking WHERE worker_id = $1 ORDER BY day DESC, id LIMIT 60) \
        AS latest JOIN pay_day ON pay_day.booking_id = latest.id WHERE pay_day.day <= $2 \
        ORDER BY pay_day.day DESC, booking_id, nth LIMIT 40";
    let today = i64::from(today(country, now_ms).0);
    Ok(tx.query(HISTORY, &[worker.into(), today.into()], read)?)
}
