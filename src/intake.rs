//! What providers call us with, from the address that they call to what it changes: the third story to read.
//!
//! call -> secret and signature -> row (on disk) -> 2xx -> decode -> receipt | message from a phone -> done.
//!
//! The provider is answered as soon as its call is on the disk. What it means is worked out afterwards and in its own time:
//! a decoder that fails, or a message that is not known yet, loses nothing.

mod session;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::actions::{Fault, Host, Letter, answer_letter};
use crate::bundles::Bundles;
use crate::clock::{Clock, IdSource};
use crate::country::Msisdn;
use crate::gateway::DecodeFault;
use crate::gateway::sms::{HookEvent, HookKind, Inbound, Peer};
use crate::market::phone_number::{self, MsisdnHash};
use crate::menu::Bundle;
use crate::outbox;
use crate::outbox::hook_call::{self, Waiting};
use crate::outbox::inbound::{self, Arrived, Kept};
use crate::outbox::receipt::{self, Joined};
use crate::storage::{IdBlock, Keys, Store, Tx, Work};

pub use session::Listener;

/// Messages from phones that one turn reads: each does about what a hop does.
const LETTERS_MAX: i64 = 10;
const LETTERS_MAX_LEN: usize = 10;
/// Calls with reports that one turn reads: in one transaction, which no hop should wait for longer than a few milliseconds.
const RECEIPTS_MAX: i64 = 25;
const RECEIPTS_MAX_LEN: usize = 25;
/// The longest sleep: what another node has written down is read by whoever comes first.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The sleep after a failure of the store.
const FAILURE_WAIT: Duration = Duration::from_secs(2);

/// What reading calls works with.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Where calls are.
    pub store: Store,
    /// Unseals them.
    pub keys: Keys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names what is written.
    pub ids: Arc<IdSource>,
    /// Who the channels speak to, by their names.
    pub peers: Arc<[(String, Peer)]>,
    /// The country and its numbers.
    pub host: Arc<Host>,
    /// The texts of answers.
    pub bundles: Arc<Bundles>,
    /// Told when an answer is queued.
    pub enqueued: Arc<Notify>,
}

/// What one turn came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Calls that were read.
    pub read: u64,
    /// Calls that no dialect could read, and messages from nobody who could be answered.
    pub refused: u64,
    /// Reports that moved a message.
    pub moved: u64,
    /// Reports that said nothing new.
    pub kept: u64,
    /// Reports of messages that are not known (yet).
    pub parked: u64,
    /// Messages from phones.
    pub letters: u64,
    /// Messages that had come before.
    pub repeats: u64,
    /// Answers that were queued.
    pub answers: u64,
    /// Whether more calls may be waiting.
    pub is_full: bool,
}

impl Report {
    /// Adds what others came to.
    fn add(&mut self, other: &Report) {
        self.read += other.read;
        self.refused += other.refused;
        self.moved += other.moved;
        self.kept += other.kept;
        self.parked += other.parked;
        self.letters += other.letters;
        self.repeats += other.repeats;
        self.answers += other.answers;
    }
}

/// Whether one bad event among many undoes the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// It does, and all are to be taken again.
    None,
    /// Each has a savepoint of its own.
    Each,
}

/// A call and what it tells; `None` where no dialect can read it.
struct Read {
    call: Waiting,
    events: Option<Vec<HookEvent>>,
    /// Names for what each event makes.
    blocks: Vec<IdBlock>,
}

impl Intake {
    /// Reads calls that wait. Messages from phones come first, however many reports wait: whoever has said STOP must not
    /// get what is claimed meanwhile.
    pub async fn turn(&self) -> Result<Report, Fault> {
        let (letters, receipts) = self
            .store
            .read(|tx| {
                let letters = hook_call::waiting(tx, HookKind::Inbound, LETTERS_MAX)?;
                Ok::<_, outbox::Error>((letters, hook_call::waiting(tx, HookKind::Receipt, RECEIPTS_MAX)?))
            })
            .await?;
        let is_full = letters.len() >= LETTERS_MAX_LEN || receipts.len() >= RECEIPTS_MAX_LEN;
        let mut report = Report { is_full, ..Report::default() };
        for calls in [letters, receipts] {
            if !calls.is_empty() {
                report.add(&self.read_calls(calls).await?);
            }
        }
        Ok(report)
    }

    /// Reads calls in one transaction, so that many share a commit. One that cannot be read does not keep the others.
    async fn read_calls(&self, calls: Vec<Waiting>) -> Result<Report, Fault> {
        let calls = self.decode_all(calls);
        // Nearly no event fails, and a savepoint for each costs a copy of every page that it touches.
        let report = match self.take_all(&calls, Guard::None).await {
            Err(fault) if fault.passing().is_none() => self.take_all(&calls, Guard::Each).await?,
            done => done?,
        };
        if report.answers > 0 {
            self.enqueued.notify_one();
        }
        Ok(report)
    }

    fn decode_all(&self, calls: Vec<Waiting>) -> Arc<[Read]> {
        let now_ms = self.clock.now_ms();
        let read = |call: Waiting| {
            let events = self.decoded(&call);
            if let Err(reason) = events {
                let (id, channel) = (call.id, &call.channel);
                tracing::warn!(call = id, %channel, reason, "a provider's call could not be read; it is kept");
            }
            let blocks = events.iter().flatten().map(|_| self.ids.block(now_ms)).collect();
            Read { call, events: events.ok(), blocks }
        };
        calls.into_iter().map(read).collect()
    }

    /// Acts upon every event of some calls.
    async fn take_all(&self, calls: &Arc<[Read]>, guard: Guard) -> Result<Report, Fault> {
        let (calls, now_ms) = (Arc::clone(calls), self.clock.now_ms());
        let (keys, host, bundle) = (self.keys.clone(), Arc::clone(&self.host), Arc::clone(&self.bundles.now().live));
        let taken = self.store.transact(Work::interactive(None), move |tx| {
            let mut report = Report::default();
            for Read { call, events, blocks } in calls.iter() {
                if !hook_call::done(tx, call.id, events.is_some())? {
                    continue;
                }
                let Some(events) = events else {
                    report.refused += 1;
                    continue;
                };
                report.read += 1;
                let place = Place { keys: &keys, host: &host, bundle: &bundle, call, now_ms };
                for (event, block) in events.iter().zip(blocks) {
                    let mut ids = block.clone();
                    let came = match guard {
                        Guard::None => place.take(tx, event, &mut ids),
                        Guard::Each => tx.attempt(|tx| place.take(tx, event, &mut ids)),
                    };
                    match came {
                        Ok(came) => report.add(&came),
                        Err(fault) if guard == Guard::None || fault.passing().is_some() => return Err(fault),
                        Err(error) => {
                            tracing::error!(call = call.id, %error, "an event of a provider's call was not acted upon");
                        }
                    }
                }
            }
            Ok(report)
        });
        taken.await
    }

    /// What a call tells; a stable word where it cannot be told.
    fn decoded(&self, call: &Waiting) -> Result<Vec<HookEvent>, &'static str> {
        let peer = self.peers.iter().find(|(name, _)| *name == call.channel).map(|(_, peer)| peer);
        let peer = peer.ok_or("the channel is gone")?;
        let opened = call.open(&self.keys).map_err(|_| "it cannot be unsealed")?;
        peer.decode(call.kind, &opened.hook()).map_err(DecodeFault::reason)
    }

    /// Turns until told to stop; `wake` is notified when a call was written down.
    pub async fn run(self, wake: Arc<Notify>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let wait = match self.turn().await {
                Ok(report) if report.is_full => continue,
                Ok(_) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "calls of providers could not be read; they are read again");
                    FAILURE_WAIT
                }
            };
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { return },
                () = wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

/// One call in one transaction.
struct Place<'a> {
    keys: &'a Keys,
    host: &'a Host,
    bundle: &'a Bundle,
    call: &'a Waiting,
    now_ms: i64,
}

impl Place<'_> {
    /// Acts upon one event.
    fn take(&self, tx: &mut Tx<'_>, event: &HookEvent, ids: &mut IdBlock) -> Result<Report, Fault> {
        let mut report = Report::default();
        match event {
            HookEvent::Receipt(receipt) => {
                let id = ids.next_id().unwrap_or(self.call.id);
                match receipt::take(tx, id, &self.call.channel, receipt, self.now_ms)? {
                    Joined::Moved => report.moved = 1,
                    Joined::Kept => report.kept = 1,
                    Joined::Parked => report.parked = 1,
                }
            }
            HookEvent::OptedOut(number) => {
                if let Some(msisdn) = self.msisdn(number) {
                    let hash = MsisdnHash::of(self.keys, &msisdn);
                    let language = self.bundle.default_language();
                    phone_number::seen(tx, self.keys, &hash, &msisdn, language, self.now_ms)?;
                    phone_number::stop(tx, &hash, self.now_ms)?;
                }
            }
            HookEvent::Inbound(sms) => return self.letter(tx, sms, ids),
        }
        Ok(report)
    }

    fn letter(&self, tx: &mut Tx<'_>, sms: &Inbound, ids: &mut IdBlock) -> Result<Report, Fault> {
        let Some(msisdn) = self.msisdn(&sms.from) else {
            // A name or a short code: nobody who could be answered.
            return Ok(Report { refused: 1, ..Report::default() });
        };
        let hash = MsisdnHash::of(self.keys, &msisdn);
        let arrived = Arrived {
            id: ids.next_id().unwrap_or(self.call.id),
            channel: &self.call.channel,
            sms,
            msisdn_hmac: hash.as_bytes(),
            received_ms: self.call.received_ms,
        };
        let (text, asked) = match inbound::keep(tx, self.keys, &arrived)? {
            Kept::Whole { text, asked } => (text, asked),
            Kept::Waits => return Ok(Report::default()),
            Kept::Repeat => return Ok(Report { repeats: 1, ..Report::default() }),
        };
        let letter = Letter { msisdn: &msisdn, asked, text: &text, id: arrived.id };
        let answered = answer_letter(tx, self.host, self.bundle, letter, ids, self.now_ms)?;
        Ok(Report { letters: 1, answers: u64::from(answered), ..Report::default() })
    }

    fn msisdn(&self, number: &str) -> Option<Msisdn> {
        self.host.country.phone.parse(number).or_else(|_| Msisdn::parse_e164(number)).ok()
    }
}

#[cfg(test)]
mod tests;
