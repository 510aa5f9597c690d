//! Outbound messages, from the queue to the provider and back: the second story to read, after `hop.rs`.
//!
//! claim and mark as sending (on disk) -> unseal -> carry -> classify -> settle, together with the next claim.
//!
//! The order is the whole point. Nothing leaves before the mark is on disk, so after a crash a message that was not
//! marked is known not to have been sent, and one that was marked is *unknown*, never silently sent again. Whatever comes
//! back is written under the claim's fence, so that a sender which was asleep cannot overwrite the one that took over.
//!
//! `worker.rs` decides when, how many and how fast; here is what happens to those that it lets go.

mod batches;
mod cargo;
mod carrier;
pub mod channel;
mod events;
mod health;
mod landing;
pub mod pace;
mod post;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

pub use cargo::Cargo;
pub use carrier::Carrier;
pub use channel::{Channel, Channels, Described};
pub use events::Events;
pub use health::Health;
pub use landing::Landing;
pub use pace::Pace;
pub use post::{Post, StopUrl};

use crate::clock::{Clock, IdSource};
use crate::gateway::email::MailAddress;
use crate::gateway::sms::{Answered, SendOutcome};
use crate::outbox::retry::Schedule;
use crate::outbox::{self, Claim, Claimed, Error, Opened, RecipientCheck, RecipientStop, Terms, Verdict};
use crate::storage::{Keys, Store, Tx, Work};
use cargo::loads;
use health::Sign;
use landing::Landed;

/// Messages of one channel that are on their way at once, at most: it is also how many outcomes one crash can leave
/// unknown, which is why it is small.
pub const WINDOW_MAX: usize = 32;
/// How long a claimed or sent message belongs to this sender: an exchange of 30 s and its settling, twice over.
pub const LEASE_MS: i64 = 90_000;
/// How long before the end of its lease a message is not given to the provider any more: the exchange itself.
const LEASE_MARGIN_MS: i64 = 35_000;
/// Tries of a write that must not be lost while the store is only passing unavailable.
const WRITE_TRIES: u32 = 6;
/// The wait before the second try; each further one is twice as long, 3.1 s in all, well inside the lease.
const WRITE_WAIT: Duration = Duration::from_millis(100);

/// What delivery works with.
#[derive(Debug)]
pub struct Delivery {
    /// Where the outbox is.
    pub store: Store,
    /// Unseals numbers and texts.
    pub keys: Keys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names claims.
    pub ids: Arc<IdSource>,
    /// The ways out.
    pub channels: Channels,
    /// Whether this process has the store to itself: then nobody else can hold lanes.
    pub is_alone: bool,
    /// When a message that was not taken is tried again.
    pub schedule: Schedule,
    /// Who is told of alarms by mail.
    pub operators: Arc<[MailAddress]>,
    /// Where the day begins.
    pub timezone: TimeZone,
    /// Whether a recipient takes messages now.
    pub recipient_check: RecipientCheck,
    /// Notes that a number wants none.
    pub recipient_stop: RecipientStop,
}

/// What came of messages, in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Taken from the queue, sent or not.
    pub claimed: u64,
    /// Withdrawn: stopped, erased, another owner.
    pub cancelled: u64,
    /// Past their time.
    pub expired: u64,
    /// Not sent since a cap was reached.
    pub capped: u64,
    /// Taken over by the provider.
    pub accepted: u64,
    /// To be tried again.
    pub temporary: u64,
    /// Failed for good, those that could not be unsealed included.
    pub permanent: u64,
    /// Sent, and not known whether taken.
    pub unknown: u64,
    /// Not taken since the channel cannot send: no attempt was spent.
    pub blocked: u64,
    /// The queue is held: nothing was taken, whatever is due.
    pub held: bool,
}

impl Report {
    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted { .. } => self.accepted += 1,
            Verdict::Retry { .. } | Verdict::Elsewhere => self.temporary += 1,
            Verdict::Failed { .. } => self.permanent += 1,
            Verdict::Unknown => self.unknown += 1,
            Verdict::Blocked { .. } => self.blocked += 1,
        }
    }

    /// Adds what another came to.
    pub fn add(&mut self, other: &Report) {
        self.claimed += other.claimed;
        self.cancelled += other.cancelled;
        self.expired += other.expired;
        self.capped += other.capped;
        self.accepted += other.accepted;
        self.temporary += other.temporary;
        self.permanent += other.permanent;
        self.unknown += other.unknown;
        self.blocked += other.blocked;
        self.held |= other.held;
    }
}

/// Messages that are marked as sending and leave in one request.
#[derive(Debug)]
pub struct Flight {
    fence: i64,
    messages: Vec<Claimed>,
    cargo: Cargo,
    /// When the sender's right to send ends: of its lanes, in microseconds that never jump.
    lanes_until_us: i64,
    /// The same for the messages, in milliseconds since the epoch.
    leased_until_ms: i64,
}

impl Flight {
    /// How many messages.
    pub fn count(&self) -> usize {
        self.messages.len()
    }

    /// How many of them are alerts.
    pub fn alerts(&self) -> usize {
        self.messages.iter().filter(|message| message.class == outbox::Class::Alert).count()
    }

    /// Segments of all of them.
    pub fn segments(&self) -> u64 {
        self.messages.iter().map(|message| message.segments.max(1).unsigned_abs()).sum()
    }
}

/// Writes down what has landed, takes messages that are due in its place and writes down that they are about to leave: one
/// transaction, so that a message's way costs one commit and not two. Puts those together that leave in one request. What it
/// answers must be given to [`fly`]; if it is dropped, the messages become unknown when their lease ends.
pub async fn take_off(
    deps: &Delivery,
    channel: &Channel,
    landed: Vec<Landing>,
    terms: Claim,
    lanes_until_us: i64,
) -> Result<(Vec<Flight>, Report), Error> {
    let (recipient_check, taking) = (deps.recipient_check, terms.clone());
    let repeats_max = channel.health().repeats_left(terms.now_ms);
    let landed = Landed::of(deps, landed);
    let settling = landed.clone();
    let done = written(&deps.store, move |tx| {
        Ok((settling.settle(tx)?, outbox::take_off(tx, &taking, repeats_max, recipient_check)?))
    });
    let (taken, marked) = match done.await {
        Ok((stale, taken)) => {
            Landed::tell(stale);
            taken
        }
        Err(error) => {
            land_each(&deps.store, landed).await;
            return Err(error);
        }
    };
    let mut report = Report {
        claimed: taken.taken(),
        cancelled: taken.cancelled,
        expired: taken.expired,
        capped: marked.capped,
        held: taken.held,
        ..Report::default()
    };
    if let Some(pause) = marked.pause {
        channel.told(deps, pause, deps.clock.now_ms()).await;
    }
    let leaving = taken.messages.into_iter().filter(|message| marked.sending.contains(&message.id)).collect();
    let (leaving, unreadable) = unseal(&deps.keys, leaving);
    if !unreadable.is_empty() {
        report.permanent += u64::try_from(unreadable.len()).unwrap_or(0);
        give_up(deps, &terms, unreadable).await?;
    }
    {
        let mut health = channel.health();
        for (message, _) in &leaving {
            if message.attempts == 0 { health.first() } else { health.repeated() }
        }
    }
    let leased_until_ms = terms.now_ms.saturating_add(LEASE_MS - LEASE_MARGIN_MS);
    let loads = loads(channel.carrier.batching(), leaving, terms.now_ms).into_iter();
    let flights =
        loads.map(|(messages, cargo)| Flight { fence: terms.fence, messages, cargo, lanes_until_us, leased_until_ms });
    Ok((flights.collect(), report))
}

/// Unseals what can be unsealed. A message that cannot is a fault of keys or disk: it fails alone, and nothing behind it
/// waits.
fn unseal(keys: &Keys, messages: Vec<Claimed>) -> (Vec<(Claimed, Opened)>, Vec<Claimed>) {
    let mut ready = Vec::with_capacity(messages.len());
    let mut unreadable = Vec::new();
    for message in messages {
        match message.open(keys) {
            Ok(opened) => ready.push((message, opened)),
            Err(error) => {
                tracing::error!(message = message.id, %error, "an outbox message cannot be unsealed");
                unreadable.push(message);
            }
        }
    }
    (ready, unreadable)
}

/// Fails messages that cannot be read: nothing of them was sent.
async fn give_up(deps: &Delivery, terms: &Claim, unreadable: Vec<Claimed>) -> Result<(), Error> {
    let &Claim { fence, day, cost_micros, now_ms, .. } = terms;
    let settling =
        Terms { channel: Arc::clone(&terms.channel), fence, receipt_wait_ms: None, day, cost_micros, now_ms };
    let unreadable: Arc<[Claimed]> = unreadable.into();
    written(&deps.store, move |tx| {
        for message in unreadable.iter() {
            outbox::settle(tx, message, &settling, &Verdict::Failed { reason: "unreadable" }, &settling.channel)?;
        }
        Ok(())
    })
    .await
}

/// Carries a flight to the provider; decides what became of each message. What it answers must be given to [`take_off`] or to
/// [`land`]; if it is dropped, the messages become unknown when their lease ends.
pub async fn fly(deps: Arc<Delivery>, channel: Arc<Channel>, flight: Flight) -> Landing {
    let Flight { fence, messages, cargo, lanes_until_us, leased_until_ms } = flight;
    // A process that was asleep wakes up here: what it may not send any more it does not send.
    let is_over = deps.clock.monotonic_us() >= lanes_until_us || deps.clock.now_ms() >= leased_until_ms;
    let (answers, exchange) = if is_over {
        (vec![None; cargo.count()], String::new())
    } else {
        let (answers, exchange) = channel.carrier.carry(&cargo, deps.clock.now_ms()).await;
        (answers.into_iter().map(Some).collect(), exchange)
    };
    let now_ms = deps.clock.now_ms();
    note(&deps, &channel, &answers, now_ms).await;
    Landing::of(&deps, &channel, fence, messages.into_iter().zip(answers), &exchange, now_ms)
}

/// Writes down what has landed.
pub async fn land(deps: &Delivery, landed: Vec<Landing>) {
    let (landed, store) = (Landed::of(deps, landed), &deps.store);
    let all = landed.clone();
    match written(store, move |tx| all.settle(tx)).await {
        Ok(stale) => Landed::tell(stale),
        Err(_) => land_each(store, landed).await,
    }
}

/// What could not be written together is written one by one, so that one fault keeps nobody else's outcome.
async fn land_each(store: &Store, landed: Landed) {
    for one in landed.each() {
        match written(store, move |tx| one.settle(tx)).await {
            Ok(stale) => Landed::tell(stale),
            Err(error) => tracing::error!(%error, "outcomes could not be written; they will be unknown"),
        }
    }
}

/// Takes note of what an exchange showed of the channel.
async fn note(deps: &Delivery, channel: &Channel, answers: &[Option<Answered>], now_ms: i64) {
    if !channel.carrier.has_one_peer() {
        return;
    }
    let Some(outcome) = answers.iter().flatten().map(|answered| &answered.outcome).next() else { return };
    let failed = matches!(outcome, SendOutcome::Temporary { .. } | SendOutcome::Unknown);
    let sign = if failed { Sign::Failed } else { Sign::Answered };
    let opened_until_ms = channel.health().saw(sign, now_ms);
    if let Some(until_ms) = opened_until_ms {
        channel.told(deps, channel.down(until_ms, now_ms), now_ms).await;
    }
    let blocked = answers.iter().flatten().find_map(|answered| match &answered.outcome {
        SendOutcome::Blocked(blocked) => Some(*blocked),
        _ => None,
    });
    match blocked {
        Some(blocked) => {
            let pause = channel.pause_for(blocked, now_ms);
            channel.told(deps, pause, now_ms).await;
        }
        None if !failed => channel.not_throttled(),
        None => {}
    }
}

/// A write whose loss would make a message unknown: tried again while the store is only passing unavailable. What it runs
/// may run twice.
async fn written<T: Send + 'static>(
    store: &Store,
    run: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Clone + Send + 'static,
) -> Result<T, Error> {
    let mut wait = WRITE_WAIT;
    for _ in 1..WRITE_TRIES {
        match store.transact(work(), run.clone()).await {
            Err(Error::Storage(error)) if error.is_passing() => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            done => return done,
        }
    }
    store.transact(work(), run).await
}

/// What a message's way writes shares commits with what callers do: each is as small as a hop, a window bounds how many there
/// are, and as bulk work, of which a commit takes one, every message would have a commit of its own.
fn work() -> Work {
    Work::interactive(None)
}

#[cfg(test)]
pub(crate) mod tests;
