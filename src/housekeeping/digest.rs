//! The morning digest: what happened yesterday and what stands in the way today, for operators' mail. Counts only:
//! nobody and no number can be found in it.
//!
//! It is due at seven in the country's time zone, once a day over all nodes; a node that was off then tells it when it
//! starts. `kaziline digest` shows the digest of any day at any time.

#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::{alarm, told};
use crate::actions::Host;
use crate::clock::first_id_at;
use crate::hop::Service;
use crate::hop::dials::{self, QUARTER_MS};
use crate::market::{case, day as market_day, quarantine};
use crate::outbox::operators::News;
use crate::outbox::{self, caps, day as outbox_day, hook_call};
use crate::storage::{self, Store, Tx, Work};
use crate::text::Language;
use crate::text::datetime::{Day, minute_of_day};

/// The minute of the day from which yesterday's digest is due.
const DUE_MINUTE: u16 = 7 * 60;
/// How long a message may be due before it counts as stuck.
const STUCK_MS: i64 = 10 * 60_000;
/// Clocks of nodes differ by less: identifiers are made with them.
const CLOCKS_DIFFER_MS: i64 = 3_600_000;

/// What a told digest is remembered by.
const DIGEST: &str = "digest";

/// A day in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The country's name.
    pub country: String,
    /// The day, as `2026-11-21`.
    pub day: String,
    /// Its day of the week, in English.
    pub weekday: String,
    /// When this was counted, in milliseconds since the epoch: what stands "now" stood then.
    pub made_ms: i64,
    /// Answered dials by network.
    pub dials: Vec<NetworkDials>,
    /// In how many quarters of an hour of the day dials were counted.
    pub quarters_counted: i64,
    /// How many quarters the day has, or had when this was counted.
    pub quarters: i64,
    /// Networks that are silent now.
    pub silent: Vec<Silent>,
    /// Workers who were listed on the day.
    pub new_workers: i64,
    /// Applications of the day.
    pub applications: i64,
    /// Vacancies that are open now.
    pub open_vacancies: i64,
    /// Messages that came to a state on the day and stayed there.
    pub messages: Vec<Messages>,
    /// Messages that have been due for more than ten minutes now.
    pub overdue: Vec<Overdue>,
    /// Messages that a sender took and nobody finished in time.
    pub left_behind: i64,
    /// Set while nothing leaves at all.
    pub held: Option<Held>,
    /// Channels that do not send now.
    pub rests: Vec<Rest>,
    /// What went over the channels on the day.
    pub sent: Vec<Sent>,
    /// What money is counted in.
    pub currency: String,
    /// SMS from phones, by what they asked for.
    pub letters: Vec<Letters>,
    /// Calls of providers that could not be read; `None` where the day's calls are forgotten.
    pub calls_refused: Option<i64>,
    /// Cases that are not over now.
    pub cases: Vec<Cases>,
    /// Of them, how many should have been answered by now.
    pub cases_overdue: i64,
    /// Jobs that wait for a person's look now.
    pub jobs_held: i64,
}

/// Cases of a kind in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cases {
    /// What they are about, such as `unpaid`.
    pub kind: String,
    /// Where they stand, such as `open`.
    pub state: String,
    /// How many.
    pub cases: i64,
}

/// Dials from a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkDials {
    /// Its name; empty where numbers tell none.
    pub network: String,
    /// How many.
    pub dials: i64,
}

/// A network from which nobody dials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silent {
    /// The channel.
    pub channel: String,
    /// The network.
    pub network: String,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
}

/// Messages in one state: SMS, e-mail, events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// The state, such as `delivered`.
    pub status: String,
    /// `must_arrive` or `alert`.
    pub class: String,
    /// How many.
    pub messages: i64,
}

/// Messages of a class that should have left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    /// `must_arrive` or `alert`.
    pub class: String,
    /// How many.
    pub messages: i64,
    /// When the one that is due longest was due, in milliseconds since the epoch.
    pub oldest_due_ms: i64,
}

/// Why nothing leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `paused` or `restored`.
    pub reason: String,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
}

/// A channel that does not send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Its name.
    pub channel: String,
    /// Why, as a stable word.
    pub why: String,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
    /// Until when; 0: until somebody resumes it.
    pub until_ms: i64,
}

/// What went over a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its name.
    pub channel: String,
    /// Messages.
    pub messages: i64,
    /// SMS segments.
    pub segments: i64,
    /// What they cost, in millionths of the currency.
    pub cost_micros: i64,
}

/// SMS from phones that asked for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letters {
    /// `stop`, `start`, `help`, `language` or `other`; `part` and `joined` are parts of longer ones.
    pub asked: String,
    /// How many.
    pub messages: i64,
}

impl Digest {
    /// As operators are told it.
    fn news(&self) -> News {
        let Digest { country, weekday, day, .. } = self;
        News {
            kind: "digest.day".to_owned(),
            cause: format!("digest/{day}"),
            subject: format!("Kaziline {country}: {weekday} {day}"),
            words: self.text(),
            data: serde_json::to_value(self).unwrap_or_default(),
        }
    }
}

/// A day as `2026-11-21`.
pub fn written(day: Day) -> String {
    let (year, month, of_month) = day.date();
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// The day that was written so.
pub fn read(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let day = Day::from_date(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    // Nothing else than what is written here is read: no sign, no missing zero.
    (written(day) == text).then_some(day)
}

/// The digest of a day.
pub async fn digest_of(store: &Store, host: Arc<Host>, day: Day, now_ms: i64) -> Result<Digest, outbox::Error> {
    store.read(move |tx| collect(tx, &host, day, now_ms)).await
}

/// Counts a day: up to `now_ms` where it is not over.
pub fn collect(tx: &mut Tx<'_>, host: &Host, day: Day, now_ms: i64) -> Result<Digest, outbox::Error> {
    let country = &host.country;
    let (from_ms, to_ms) = (day.start_ms(&country.timezone), day.plus(1).start_ms(&country.timezone));
    let dials = dials::of_networks(tx, from_ms, to_ms)?;
    let quarters_counted = dials::quarters(tx, from_ms, to_ms)?;
    let silences = alarm::silences(tx)?;
    let market = market_day::numbers(tx, from_ms, to_ms, first_id_at(from_ms - CLOCKS_DIFFER_MS), now_ms)?;
    let became = outbox_day::became(tx, from_ms, to_ms)?;
    let overdue = outbox_day::overdue(tx, now_ms - STUCK_MS)?;
    let left_behind = outbox_day::left_behind(tx, now_ms)?;
    let (held, pauses) = (outbox::held(tx)?, outbox::pauses(tx)?);
    let sent = caps::of_channels(tx, i64::from(day.0))?;
    let letters = outbox_day::letters(tx, from_ms, to_ms)?;
    let calls_are_kept = from_ms >= now_ms - hook_call::KEEP_MS;
    let calls_refused = calls_are_kept.then(|| outbox_day::calls_refused(tx, from_ms, to_ms)).transpose()?;
    let cases = case::counts(tx)?;
    let cases_overdue = case::overdue_count(tx, now_ms)?;
    let jobs_held = quarantine::held_count(tx)?;
    Ok(Digest {
        country: country.name.clone(),
        day: written(day),
        weekday: day.weekday().name(Language::En).to_owned(),
        made_ms: now_ms,
        dials: dials.into_iter().map(|(network, dials)| NetworkDials { network, dials }).collect(),
        quarters_counted,
        quarters: (to_ms.min(now_ms + QUARTER_MS - 1) - from_ms).max(0) / QUARTER_MS,
        silent: silences
            .into_iter()
            .map(|(channel, network, since_ms)| Silent { channel, network, since_ms })
            .collect(),
        new_workers: market.new_workers,
        applications: market.applications,
        open_vacancies: market.open_vacancies,
        messages: became
            .into_iter()
            .map(|outbox_day::Became { status, class, messages }| {
                let status = status.code().to_owned();
                Messages { status, class, messages }
            })
            .collect(),
        overdue: overdue
            .into_iter()
            .map(|outbox_day::Overdue { class, messages, oldest_due_ms }| Overdue { class, messages, oldest_due_ms })
            .collect(),
        left_behind,
        held: held.map(|hold| Held { reason: hold.reason.code().to_owned(), since_ms: hold.since_ms }),
        rests: pauses
            .into_iter()
            .filter(|pause| pause.holds(now_ms))
            .map(|outbox::Pause { channel, why, since_ms, until_ms, .. }| {
                let why = why.code().to_owned();
                Rest { channel, why, since_ms, until_ms }
            })
            .collect(),
        sent: sent
            .into_iter()
            .map(|(channel, [messages, segments, cost_micros])| Sent { channel, messages, segments, cost_micros })
            .collect(),
        currency: country.currency.code.clone(),
        letters: letters.into_iter().map(|(asked, messages)| Letters { asked, messages }).collect(),
        calls_refused,
        cases: cases
            .into_iter()
            .map(|case::Count { kind, state, cases }| {
                let (kind, state) = (kind.code().to_owned(), state.code().to_owned());
                Cases { kind, state, cases }
            })
            .collect(),
        cases_overdue,
        jobs_held,
    })
}

/// The day whose digest is due: yesterday, from seven in the morning on.
fn due(now_ms: i64, host: &Host) -> Option<Day> {
    let zone = &host.country.timezone;
    (minute_of_day(now_ms, zone) >= DUE_MINUTE).then(|| Day::from_ms(now_ms, zone).plus(-1))
}

/// Tells yesterday's digest if it is due and no node has told it. A day before dials were ever counted has none:
/// nobody is greeted with an empty one.
pub(super) async fn tell(service: &Service, now_ms: i64) -> Result<Option<Digest>, outbox::Error> {
    let host = &service.host;
    let Some(day) = due(now_ms, host) else { return Ok(None) };
    let (name, end_ms) = (written(day), day.plus(1).start_ms(&host.country.timezone));
    let about = name.clone();
    let is_wanted = move |tx: &mut Tx<'_>| {
        let is_told = told::standing(tx, DIGEST)?.iter().any(|(told, _)| *told == about);
        Ok::<_, storage::Error>(!is_told && dials::first(tx)?.is_some_and(|first_ms| first_ms < end_ms))
    };
    if !service.store.read(is_wanted).await? {
        return Ok(None);
    }
    let digest = digest_of(&service.store, Arc::clone(host), day, now_ms).await?;
    // Of several nodes that have come so far one goes on.
    let (desk, news) = (Desk::of(service), digest.news());
    let is_first = move |tx: &mut Tx<'_>| {
        let is_first = told::begin(tx, DIGEST, &name, now_ms)?;
        if is_first {
            desk.tell(tx, &news, now_ms)?;
        }
        Ok(is_first)
    };
    if !service.store.transact::<_, storage::Error, _>(Work::bulk(), is_first).await? {
        return Ok(None);
    }
    service.enqueued.notify_one();
    let dials: i64 = digest.dials.iter().map(|network| network.dials).sum();
    tracing::info!(day = %digest.day, dials, "the morning digest is due: `kaziline digest` shows it");
    Ok(Some(digest))
}
