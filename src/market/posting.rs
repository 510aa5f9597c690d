//! Posting by keypad: a client, an employer of one person, wants people for longer than one booking covers, or wants people
//! to apply and chooses among them.
//!
//! What is posted is a vacancy as any other. It is checked by the rules of the API ([`import::one`]) and goes through the
//! same door ([`vacancy::post`]): its number, its alerts, and held where its employer may not post. Only the caps are of
//! keypads. A client is a household to everybody: no minors, and nobody lives in.

use serde_json::{Map, Value, json};

use super::booking::client::Client;
use super::booking::request::start_minute;
use super::import::{self, Context, Field};
use super::job_number::JobNumber;
use super::kind::JobKind;
use super::pay::{PaidWhen, Pay};
use super::vacancy::{self, NewVacancy, Posted, VacancyStatus};
use super::worker::today;
use super::{Fault, PersonId, VacancyId, quarantine};
use crate::country::{AreaCode, Country, PayMeans, PayUnit, TradeCode};
use crate::storage::{IdBlock, Keys, Tx};
use crate::text::datetime::Day;

/// Posts of a client that may be open at once: more than one person chooses for.
pub const OPEN_MAX: i64 = 5;
/// Posts of a client on one day: one that is meant, and two slips put right.
pub const A_DAY_MAX: i64 = 3;
/// People wanted by one post: a builder's site. Whoever wants more is registered by an operator, who looks.
pub const OPENINGS_MAX: i64 = 30;
/// Days of work that are told in days: a season.
pub const DAYS_MAX: i64 = 90;
/// Months of work that has an end: a house from its ground to its roof.
pub const MONTHS_MAX: i64 = 24;
/// Calendar days of a month.
const DAYS_OF_A_MONTH: i64 = 30;
/// Days behind the first one on which people may still ask for work that lasts longer than a day.
const LATE_DAYS: i32 = 7;
/// Whoever is taken may answer for so long, in milliseconds: who is at work, or has no power, looks in the evening.
const ANSWER_MAX_MS: i64 = 48 * 3_600_000;
/// And never less than so long, in milliseconds: what is cut to the full hour must still be an hour.
const ANSWER_MIN_MS: i64 = 2 * 3_600_000;
/// The feed of what is posted by keypad.
const SOURCE: &str = "keypad";

/// How long the work is; its kind follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// One day.
    OneDay,
    /// So many days, 2 to [`DAYS_MAX`].
    Days(i64),
    /// So many months, 1 to [`MONTHS_MAX`].
    Months(i64),
    /// No end is set.
    Open,
}

impl Length {
    /// The kind of work.
    pub fn kind(self) -> JobKind {
        match self {
            Length::OneDay => JobKind::CasualDay,
            Length::Days(_) => JobKind::Short,
            Length::Months(_) => JobKind::Contract,
            Length::Open => JobKind::FullTime,
        }
    }

    /// Days in all; `None`: no end is set.
    pub fn days(self) -> Option<i64> {
        match self {
            Length::OneDay => Some(1),
            Length::Days(days) => Some(days),
            Length::Months(months) => Some(months.saturating_mul(DAYS_OF_A_MONTH)),
            Length::Open => None,
        }
    }

    /// What pay is for: the trade's usual unit, but nobody is paid by the month for a few days.
    pub fn unit(self, country: &Country, trade: TradeCode) -> PayUnit {
        let usual = country.trades.get(trade).map_or(PayUnit::Day, |trade| trade.usual_unit);
        match self {
            Length::OneDay | Length::Days(_) if usual == PayUnit::Month => PayUnit::Day,
            _ => usual,
        }
    }
}

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub area: AreaCode,
    /// First day.
    pub day: Day,
    /// How long.
    pub length: Length,
    /// How many people, 1 to [`OPENINGS_MAX`].
    pub openings: i64,
    /// What each is paid.
    pub pay: Pay,
    /// When it is handed over.
    pub paid: PaidWhen,
    /// By what.
    pub means: PayMeans,
}

/// What came of posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is there.
    Posted {
        /// The vacancy.
        vacancy: VacancyId,
        /// Its number.
        job_number: JobNumber,
        /// Nobody sees it until a person has looked.
        held: bool,
    },
    /// This client has an open post for this trade, place, first day and kind of work.
    Already {
        /// That one.
        vacancy: VacancyId,
    },
    /// The first day is past, or it is too late for it.
    TooLate,
    /// The client has [`OPEN_MAX`] posts open, or has posted [`A_DAY_MAX`] today.
    TooMany,
    /// The rules of vacancies refuse it: pay out of the country's bounds.
    Refused,
}

/// Posts, once: the same again finds what is there. Uses two identifiers at most; `random` draws the number.
#[expect(clippy::too_many_arguments, reason = "the operation's inputs; a struct of them would be built at one place")]
pub fn post(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    ids: &mut IdBlock,
    client: &Client,
    wanted: &Wanted,
    random: u64,
    now_ms: i64,
) -> Result<Sent, Fault> {
    // Writes the client's own row as it is: a second hop of theirs waits here, and then counts what the first has posted.
    const HOLD: &str = "UPDATE client SET changed_ms = changed_ms WHERE person_id = $1";
    const OPEN: &str = "SELECT COUNT(*) FROM vacancy WHERE employer_id = $1 AND (status = 'open' OR status = 'held')";
    const TODAY: &str = "SELECT COUNT(*) FROM vacancy WHERE employer_id = $1 AND posted_ms >= $2";
    const OVER: &str = "SELECT COUNT(*) FROM vacancy WHERE employer_id = $1 AND trade = $2 AND area_code = $3 \
        AND kind = $4 AND start_day = $5 AND (status = 'closed' OR status = 'filled')";
    let Some(minute) = start_minute(country, wanted.day, now_ms) else { return Ok(Sent::TooLate) };
    if tx.execute(HOLD, &[client.person.into()])? == 0 {
        return Err(Fault::Gone("client"));
    }
    let kind = wanted.length.kind();
    let (trade, area, day) = (i64::from(wanted.trade.get()), wanted.area.get(), i64::from(wanted.day.0));
    let params = [client.employer.into(), trade.into(), area.into(), kind.code().into(), day.into()];
    let over = tx.query_one(OVER, &params, |row| row.integer(0))?.unwrap_or_default();
    let source = format!("{SOURCE}/{}", client.employer.get());
    // Of one that is over the same may be posted anew: what came before is counted into the name.
    let name = format!("{trade}/{area}/{}/{day}/{over}", kind.code());
    if let Some(vacancy) = vacancy::by_source(tx, &source, &name)? {
        return Ok(Sent::Already { vacancy });
    }
    let zone = &country.timezone;
    let today_ms = today(country, now_ms).start_ms(zone);
    let open = tx.query_one(OPEN, &[client.employer.into()], |row| row.integer(0))?.unwrap_or_default();
    let posted = tx.query_one(TODAY, &[client.employer.into(), today_ms.into()], |row| row.integer(0))?;
    if open >= OPEN_MAX || posted.is_some_and(|posted| posted >= A_DAY_MAX) {
        return Ok(Sent::TooMany);
    }
    let context = Context { country, source: &source, now_ms };
    let Ok(offer) = import::one(&fields(country, wanted, minute, &name), None, &context) else {
        return Ok(Sent::Refused);
    };
    Ok(match vacancy::post(tx, keys, ids, client.employer, &offer, random, now_ms)? {
        Posted::Added { vacancy, job_number, status } => {
            Sent::Posted { vacancy, job_number, held: status != VacancyStatus::Open }
        }
        Posted::Duplicate { vacancy } => Sent::Already { vacancy },
        Posted::MayNot(_) => Sent::Refused,
    })
}

/// What is wanted, as a program would send it.
fn fields(country: &Country, wanted: &Wanted, minute: u16, name: &str) -> Map<String, Value> {
    let &Wanted { trade, area, day, length, openings, pay, paid, means } = wanted;
    let last = if length == Length::OneDay { day } else { day.plus(LATE_DAYS) };
    let fields = [
        (Field::Ref, json!(name)),
        (Field::Trade, json!(trade.get())),
        (Field::Area, json!(area.get())),
        (Field::Kind, json!(length.kind().code())),
        (Field::Openings, json!(openings.clamp(1, OPENINGS_MAX))),
        (Field::Start, json!(import::iso(day))),
        (Field::StartTime, json!(format!("{:02}:{:02}", minute / 60, minute % 60))),
        (Field::DurationDays, json!(length.days())),
        (Field::Pay, json!(country.currency.whole(pay.amount))),
        (Field::PayUnit, json!(pay.unit.code())),
        (Field::Paid, json!(paid.code())),
        (Field::PayMeans, json!(means.code())),
        (Field::Closes, json!(import::iso(last))),
    ];
    fields.into_iter().map(|(field, value)| (field.code().to_owned(), value)).collect()
}

/// Whether a client has ever posted.
pub fn has_posted(tx: &mut Tx<'_>, client: &Client) -> Result<bool, Fault> {
    const POSTED: &str = "SELECT id FROM vacancy WHERE employer_id = $1 ORDER BY id LIMIT 1";
    Ok(tx.query_one(POSTED, &[client.employer.into()], |row| row.integer(0))?.is_some())
}

/// Until when somebody who is taken may answer, in epoch milliseconds: two days, but not past the start of the work, and
/// not into the night.
pub fn answer_until_ms(country: &Country, offer: &NewVacancy, now_ms: i64) -> i64 {
    let zone = &country.timezone;
    let minutes = i64::from(offer.start_minute.unwrap_or_default());
    let start_ms = offer.start_day.map_or(i64::MAX, |day| day.start_ms(zone) + minutes * 60_000);
    let wait_ms = start_ms.saturating_sub(now_ms).clamp(ANSWER_MIN_MS, ANSWER_MAX_MS);
    let latest_ms = start_ms.max(now_ms.saturating_add(ANSWER_MIN_MS));
    country.quiet_hours.next_open_ms(now_ms.saturating_add(wait_ms), zone).min(latest_ms)
}

/// A client leaves, or their number has a new owner: what they posted ends, offers with it, and whoever waits is told by and
/// by ([`super::ending`]).
pub(super) fn leave(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    // Open ones are few, by the cap; of those that are over only what still has an offer matters.
    const THEIRS: &str = "SELECT vacancy.id FROM client JOIN vacancy ON vacancy.employer_id = client.employer_id \
        WHERE client.person_id = $1 AND (vacancy.status = 'open' OR vacancy.status = 'held' OR EXISTS \
        (SELECT 1 FROM application WHERE application.vacancy_id = vacancy.id AND application.stage = 'offered')) \
        ORDER BY vacancy.id LIMIT 200";
    const END: &str = "UPDATE vacancy SET status = CASE WHEN status = 'filled' THEN 'filled' ELSE 'closed' END, \
        paused = 0, settle_ms = 0, changed_ms = $2 WHERE id = $1";
    for vacancy in tx.query(THEIRS, &[person.into()], |row| Ok(VacancyId::new(row.integer(0)?)))? {
        tx.execute(END, &[vacancy.into(), now_ms.into()])?;
        quarantine::withdraw(tx, vacancy, now_ms)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "posting_tests.rs"]
mod tests;
