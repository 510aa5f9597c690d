//! Offers: pay, start, and until when to answer. An offer is open exactly as long as its application stands on
//! [`Stage::Offered`](super::stage::Stage::Offered); whoever moves the application ends it.

use super::appointment::check_time;
use super::job_number::JobNumber;
use super::pay::{Pay, read_means};
use super::phone_number::{self, MsisdnHash};
use super::pipeline::Refusal;
use super::vacancy::{NewVacancy, read_day, read_minute};
use super::worker::read_pay;
use super::{ApplicationId, Fault, PersonId};
use crate::country::{Country, PayMeans, PayUnit};
use crate::storage::{Error, Row, Tx};
use crate::text::datetime::Day;

const HOUR_MS: i64 = 3_600_000;
/// The shortest time to answer: the phone may be charging at a neighbour's.
pub const ANSWER_MS_MIN: i64 = HOUR_MS;
/// The longest time to answer: a place is kept free for so long.
pub const ANSWER_MS_MAX: i64 = 31 * 24 * HOUR_MS;
/// Open offers of a number that are looked at: more are not answered one by one.
const OPEN_MAX: usize = 20;
/// Offers that are ended in one piece of bulk work: each is a move and a message, about a quarter of a millisecond.
pub const LAPSED_MAX: usize = 16;

coded! {
    /// Where an offer stands.
    pub enum OfferStatus {
        /// Waits for an answer.
        Open = "open",
        /// The worker said yes.
        Accepted = "accepted",
        /// The worker said no.
        Declined = "declined",
        /// The employer took it back.
        Withdrawn = "withdrawn",
        /// No answer came in time.
        Lapsed = "lapsed",
    }
}

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What it pays; `None`: one learns.
    pub pay: Option<Pay>,
    /// By what; `None`: not said.
    pub means: Option<PayMeans>,
    /// The first day; `None`: to be agreed.
    pub start_day: Option<Day>,
    /// The minute of the day at which work starts; `None`: to be agreed.
    pub start_minute: Option<u16>,
    /// It may be answered before this time, a full hour; epoch milliseconds.
    pub until_ms: i64,
}

impl Terms {
    /// Terms as an employer gives them, checked. What they leave open is as the vacancy states it; the time to answer is cut
    /// to the full hour, as it is told.
    pub fn checked(
        country: &Country,
        vacancy: &NewVacancy,
        (pay, means, day, minute): (Option<Pay>, Option<PayMeans>, Option<Day>, Option<u16>),
        until_ms: i64,
        now_ms: i64,
    ) -> Result<Terms, Refusal> {
        let pay = pay.or(vacancy.pay);
        if pay.is_none() && !vacancy.kind.may_be_unpaid() {
            return Err(Refusal::NoPay);
        }
        if let Some(pay) = pay {
            let bounds = country.pay.bounds(pay.unit);
            if !(bounds.min..=bounds.max).contains(&pay.amount) {
                return Err(Refusal::PayOutOfBounds);
            }
        }
        check_time(country, day, minute, now_ms)?;
        // A start that the vacancy named may have passed since.
        let named = vacancy.start_day.filter(|day| check_time(country, Some(*day), None, now_ms).is_ok());
        let until_ms = until_ms.saturating_sub(until_ms.rem_euclid(HOUR_MS));
        match until_ms.saturating_sub(now_ms) {
            left if left < ANSWER_MS_MIN => Err(Refusal::TooSoon),
            left if left > ANSWER_MS_MAX => Err(Refusal::TooLate),
            _ => Ok(Terms {
                pay,
                means: pay.and(means.or(vacancy.means)),
                start_day: day.or(named),
                start_minute: minute.or(vacancy.start_minute),
                until_ms,
            }),
        }
    }
}

/// Makes an offer: once for an application.
pub fn make(tx: &mut Tx<'_>, application: ApplicationId, terms: &Terms, now_ms: i64) -> Result<(), Fault> {
    const MAKE: &str = "INSERT INTO offer (application_id, pay_amount, pay_unit, start_day, start_minute, until_ms, \
        status, offered_ms, pay_means) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8)";
    let (amount, unit) = terms.pay.map_or((0, PayUnit::Day), |pay| (pay.amount, pay.unit));
    let params = [
        application.into(),
        amount.into(),
        unit.code().into(),
        terms.start_day.map(|day| i64::from(day.0)).into(),
        terms.start_minute.map(i64::from).into(),
        terms.until_ms.into(),
        now_ms.into(),
        terms.means.map(PayMeans::code).into(),
    ];
    tx.execute(MAKE, &params)?;
    Ok(())
}

/// Ends the open offer of an application that has just been moved; nothing happens where there is none.
pub fn end(tx: &mut Tx<'_>, application: ApplicationId, how: OfferStatus, now_ms: i64) -> Result<(), Fault> {
    const END: &str = "UPDATE offer SET status = $2, answered_ms = $3 WHERE application_id = $1 AND status = 'open'";
    tx.execute(END, &[application.into(), how.code().into(), now_ms.into()])?;
    Ok(())
}

/// What was offered for an application, and where that stands; `None` when nothing was.
pub fn find(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Option<(Terms, OfferStatus)>, Fault> {
    const FIND: &str = "SELECT pay_amount, pay_unit, start_day, start_minute, until_ms, pay_means, status FROM offer \
        WHERE application_id = $1";
    Ok(tx.query_one(FIND, &[application.into()], |row| Ok((read_terms(row, 0)?, OfferStatus::read(row, 6)?)))?)
}

fn read_terms(row: &Row<'_>, column: usize) -> Result<Terms, Error> {
    Ok(Terms {
        pay: read_pay(row.integer(column)?, row.text(column + 1)?)?,
        start_day: read_day(row, column + 2)?,
        start_minute: read_minute(row, column + 3)?,
        until_ms: row.integer(column + 4)?,
        means: read_means(row, column + 5)?,
    })
}

/// An offer that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOffer {
    /// The application.
    pub application: ApplicationId,
    /// Whom it was made to.
    pub person: PersonId,
    /// The job's number, by which people speak of it.
    pub job_number: JobNumber,
    /// What is offered; its time may be over by a minute.
    pub terms: Terms,
}

/// The open offers to everybody on a number under its present owner, the first to end first, at most twenty.
pub fn open_on(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<Vec<OpenOffer>, Fault> {
    const OPEN: &str = "SELECT application.id, application.person_id, vacancy.job_number, offer.pay_amount, offer.pay_unit, \
        offer.start_day, offer.start_minute, offer.until_ms, offer.pay_means FROM application \
        JOIN offer ON offer.application_id = application.id JOIN vacancy ON vacancy.id = application.vacancy_id \
        WHERE application.person_id = $1 AND offer.status = 'open' ORDER BY offer.until_ms, application.id LIMIT 20";
    let read = |row: &Row<'_>| {
        let job_number = JobNumber::from_value(row.integer(2)?);
        Ok(OpenOffer {
            application: ApplicationId::new(row.integer(0)?),
            person: PersonId::new(row.integer(1)?),
            job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
            terms: read_terms(row, 3)?,
        })
    };
    let Some(number) = phone_number::find(tx, number)? else { return Ok(Vec::new()) };
    let mut open = Vec::new();
    for person in phone_number::persons_on(tx, &number)? {
        open.extend(tx.query(OPEN, &[person.into()], read)?);
    }
    open.sort_unstable_by_key(|offer| (offer.terms.until_ms, offer.application));
    open.truncate(OPEN_MAX);
    Ok(open)
}

/// Applications whose offer was not answered in time, at most [`LAPSED_MAX`].
pub fn lapsed(tx: &mut Tx<'_>, now_ms: i64) -> Result<Vec<ApplicationId>, Fault> {
    const LAPSED: &str = "SELECT application_id FROM offer WHERE status = 'open' AND until_ms <= $1 \
        ORDER BY until_ms, application_id LIMIT 16";
    Ok(tx.query(LAPSED, &[now_ms.into()], |row| Ok(ApplicationId::new(row.integer(0)?)))?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{DAY_MS, Fixture, NOW_MS};
    use super::*;

    #[test]
    fn what_an_offer_leaves_open_is_as_the_vacancy_says() {
        let f = Fixture::new();
        let posted = NewVacancy { means: Some(PayMeans::Cash), ..f.vacancy(11, 1201, "a") };
        let checked = |vacancy: &NewVacancy, means| {
            Terms::checked(&f.country, vacancy, (None, means, None, None), NOW_MS + DAY_MS, NOW_MS).unwrap()
        };
        assert_eq!((checked(&posted, None).pay, checked(&posted, None).means), (posted.pay, Some(PayMeans::Cash)));
        assert_eq!(checked(&posted, Some(PayMeans::Momo)).means, Some(PayMeans::Momo));
        let unsaid = NewVacancy { means: None, ..posted.clone() };
        assert_eq!(checked(&unsaid, None).means, None);
        let learning = NewVacancy { pay: None, kind: crate::market::kind::JobKind::Training, ..posted };
        assert_eq!(checked(&learning, Some(PayMeans::Momo)).means, None, "nothing is paid");
    }
}
