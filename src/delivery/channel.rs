//! The ways out: what each channel is, how it fares, and which of them are up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde_json::json;

use super::{Carrier, Delivery, Health, Report};
use crate::gateway::sms::Blocked;
use crate::outbox::operators::{self, News};
use crate::outbox::route::{InLine, Routing};
use crate::outbox::{self, Caps, Pause, Why, receipt};
use crate::storage::{Tx, Work};
use crate::text::datetime::utc;

/// How long a channel without credit or with refused credentials rests before one message tries: somebody has to pay or
/// to mend, and is told at the first.
const REFUSED_MS: i64 = 5 * 60_000;
/// The first rest of a throttled channel that is not told how long; it doubles.
const THROTTLED_MS_FIRST: i64 = 1_000;
/// The longest rest that a throttled channel takes, told or not. A provider that asks for more is asked again sooner.
const THROTTLED_MS_MAX: i64 = 10 * 60_000;

/// A way out.
#[derive(Debug)]
pub struct Channel {
    /// Its name in the configuration.
    pub name: String,
    /// What carries its messages.
    pub carrier: Carrier,
    /// Its routes and its place in line.
    pub line: InLine,
    /// Segments a second that the provider allows.
    pub rate: u32,
    /// Lanes that share the rate.
    pub lanes: i64,
    /// Messages on their way at once.
    pub window: usize,
    /// Whether the provider reports deliveries.
    pub reports: bool,
    /// How much may be sent on a day.
    pub caps: Caps,
    health: Mutex<Health>,
    /// What came of its messages on this node since it was started.
    tally: Mutex<Report>,
    /// Refusals for too many in a row.
    throttled: Mutex<u32>,
    /// What all channels look at: the pauses, as they were last read.
    pauses: Arc<RwLock<Vec<Pause>>>,
}

/// What a channel is made of.
#[derive(Debug)]
pub struct Described {
    /// Its name in the configuration.
    pub name: String,
    /// What carries its messages.
    pub carrier: Carrier,
    /// The routes that it covers.
    pub routes: Vec<String>,
    /// Whoever has the smaller number is asked first.
    pub order: i64,
    /// What a segment costs, in millionths of the currency.
    pub cost_micros: i64,
    /// Segments a second that the provider allows.
    pub rate: u32,
    /// Lanes that share the rate.
    pub lanes: i64,
    /// Messages on their way at once.
    pub window: usize,
    /// Whether the provider reports deliveries.
    pub reports: bool,
    /// How much may be sent on a day.
    pub caps: Caps,
}

/// All of them.
#[derive(Debug)]
pub struct Channels {
    all: Vec<Arc<Channel>>,
    routing: Routing,
    pauses: Arc<RwLock<Vec<Pause>>>,
}

impl Channels {
    /// Channels of which nothing bad is known.
    pub fn new(described: Vec<Described>, now_ms: i64) -> Self {
        let pauses = Arc::new(RwLock::new(Vec::new()));
        let all: Vec<Arc<Channel>> = described
            .into_iter()
            .map(|d| {
                let line =
                    InLine { channel: d.name.clone(), routes: d.routes, order: d.order, cost_micros: d.cost_micros };
                Arc::new(Channel {
                    name: d.name,
                    carrier: d.carrier,
                    line,
                    rate: d.rate,
                    lanes: d.lanes,
                    window: d.window.min(super::WINDOW_MAX),
                    reports: d.reports,
                    caps: d.caps,
                    health: Mutex::new(Health::new(now_ms)),
                    tally: Mutex::default(),
                    throttled: Mutex::new(0),
                    pauses: Arc::clone(&pauses),
                })
            })
            .collect();
        let routing = Routing::new(all.iter().map(|channel| channel.line.clone()).collect());
        Self { all, routing, pauses }
    }

    /// Each of them.
    pub fn all(&self) -> &[Arc<Channel>] {
        &self.all
    }

    /// Who is asked for what.
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// Whether a channel can be asked now.
    pub fn is_up(&self, name: &str, now_ms: i64) -> bool {
        self.all.iter().find(|channel| channel.name == name).is_some_and(|channel| channel.is_up(now_ms))
    }

    /// Takes over the pauses as they were read.
    pub fn set_pauses(&self, pauses: Vec<Pause>) {
        *self.pauses.write().unwrap_or_else(PoisonError::into_inner) = pauses;
    }
}

impl Channel {
    /// How it fares. Held for a moment, never over an await.
    pub fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of its messages on this node since it was started.
    pub fn tally(&self) -> Report {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to it.
    pub fn count(&self, report: &Report) {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(report);
    }

    /// The pause that holds now.
    pub fn pause(&self, now_ms: i64) -> Option<Pause> {
        let pauses = self.pauses.read().unwrap_or_else(PoisonError::into_inner);
        pauses.iter().find(|pause| pause.channel == self.name && pause.holds(now_ms)).cloned()
    }

    /// Whether it can be asked now.
    pub fn is_up(&self, now_ms: i64) -> bool {
        self.carrier.is_ready() && self.health().is_sound() && self.pause(now_ms).is_none()
    }

    /// The pause that all nodes learn of a channel that fails.
    pub(super) fn down(&self, until_ms: i64, now_ms: i64) -> Pause {
        Pause { channel: self.name.clone(), why: Why::Down, by: String::new(), since_ms: now_ms, until_ms }
    }

    /// How long a report is waited for beyond a message's own time, in milliseconds; `None` where none comes.
    pub fn receipt_wait_ms(&self) -> Option<i64> {
        self.reports.then_some(receipt::WAIT_MS)
    }

    /// The pause that a provider's refusal of the whole channel calls for.
    pub(super) fn pause_for(&self, blocked: Blocked, now_ms: i64) -> Pause {
        let (why, rest_ms) = match blocked {
            Blocked::NoCredit => (Why::NoCredit, REFUSED_MS),
            Blocked::Credentials => (Why::Credentials, REFUSED_MS),
            Blocked::Throttled { retry_after_ms } => {
                let mut throttled = self.throttled.lock().unwrap_or_else(PoisonError::into_inner);
                let doubled = THROTTLED_MS_FIRST.saturating_mul(1 << (*throttled).min(10));
                *throttled = throttled.saturating_add(1);
                (Why::Throttled, retry_after_ms.unwrap_or_default().max(doubled).min(THROTTLED_MS_MAX))
            }
        };
        let until_ms = now_ms.saturating_add(rest_ms);
        if why != Why::Throttled {
            self.health().doubt(until_ms);
        }
        Pause { channel: self.name.clone(), why, by: String::new(), since_ms: now_ms, until_ms }
    }

    pub(super) fn not_throttled(&self) {
        *self.throttled.lock().unwrap_or_else(PoisonError::into_inner) = 0;
    }

    /// Writes a pause down, and tells whoever has to do something about it, once.
    pub(super) async fn told(&self, deps: &Delivery, pause: Pause, now_ms: i64) {
        let (keys, ids, operators) = (deps.keys.clone(), deps.ids.block(now_ms), Arc::clone(&deps.operators));
        let (written, news) = (pause.clone(), self.news(&pause, now_ms));
        let write = move |tx: &mut Tx<'_>| {
            let is_new = outbox::pause_channel(tx, &written, now_ms)?;
            if is_new && written.why.is_alarm() {
                operators::tell(tx, &keys, &mut ids.clone(), &operators, &news, now_ms)?;
            }
            Ok::<_, outbox::Error>(is_new)
        };
        let done = deps.store.transact(Work::interactive(None), write).await;
        // This node keeps to it in any case.
        {
            let mut pauses = self.pauses.write().unwrap_or_else(PoisonError::into_inner);
            if !pauses.iter().any(|known| known.channel == pause.channel && known.until_ms == 0) {
                pauses.retain(|known| known.channel != pause.channel);
                pauses.push(pause.clone());
            }
        }
        let why = pause.why.code();
        match done {
            Ok(true) if pause.why.is_alarm() => {
                tracing::error!(alarm = why, channel = %self.name, "a channel cannot send: its messages wait");
            }
            Ok(true) => tracing::warn!(why, channel = %self.name, "a channel rests"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, channel = %self.name, "a pause could not be written down"),
        }
    }

    /// The alarm of a pause: one an hour at most, since a provider may say the same every five minutes.
    fn news(&self, pause: &Pause, now_ms: i64) -> News {
        let (why, name, until_ms) = (pause.why.code(), &self.name, pause.until_ms);
        News {
            kind: format!("alarm.{why}"),
            cause: format!("{why}/{name}/{}", now_ms / 3_600_000),
            subject: format!("Kaziline: channel {name} cannot send ({why})"),
            words: format!(
                "Channel {name} cannot send: {why}. Its messages wait, or leave over the next channel in line.\n\n\
                 It tries again at {} UTC. See: kaziline outbox channels",
                utc(until_ms)
            ),
            data: json!({ "channel": name, "why": why, "since_ms": pause.since_ms, "until_ms": until_ms }),
        }
    }
}
