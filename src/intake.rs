//! What providers call us with, from the address that they call to what it changes: the third story to read.
//!
//! call -> secret and signature -> row (on disk) -> 2xx -> decode -> receipt | message from a phone -> done.
//!
//! The provider is answered as soon as its call is on the disk. What it means is worked out afterwards and in its own time:
//! a decoder that fails, or a message that is not known yet, loses nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::actions::{Fault, Host, Letter, answer_letter};
use crate::bundles::Bundles;
use crate::clock::{Clock, IdSource};
use crate::country::Msisdn;
use crate::gateway::DecodeFault;
use crate::gateway::sms::{Account, HookEvent, Inbound};
use crate::market::phone_number::{self, MsisdnHash};
use crate::menu::Bundle;
use crate::outbox::hook_call::{self, Waiting};
use crate::outbox::inbound::{self, Arrived, Kept};
use crate::outbox::receipt::{self, Joined};
use crate::storage::{IdBlock, Keys, Store, Tx, Work};

/// Calls that one turn reads.
const CALLS_MAX: i64 = 50;
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
    /// The channels' accounts, by name.
    pub accounts: Arc<[(String, Account)]>,
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
    /// Calls that no dialect could read.
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
}

impl Report {
    /// Whether more calls may be waiting.
    pub fn is_full(&self) -> bool {
        self.read + self.refused >= CALLS_MAX.unsigned_abs()
    }
}

impl Intake {
    /// Reads the calls that wait, each in a transaction of its own.
    pub async fn turn(&self) -> Result<Report, Fault> {
        let waiting = self.store.read(|tx| hook_call::waiting(tx, CALLS_MAX)).await?;
        let mut report = Report::default();
        for call in waiting {
            self.read_call(call, &mut report).await?;
        }
        Ok(report)
    }

    async fn read_call(&self, call: Waiting, report: &mut Report) -> Result<(), Fault> {
        let id = call.id;
        let events = match self.decoded(&call) {
            Ok(events) => events,
            Err(reason) => {
                tracing::warn!(call = id, channel = %call.channel, reason, "a provider's call could not be read; it is kept");
                report.refused += 1;
                self.store.transact(Work::bulk(), move |tx| hook_call::done(tx, id, false)).await?;
                return Ok(());
            }
        };
        let now_ms = self.clock.now_ms();
        let (keys, host, bundle) = (self.keys.clone(), Arc::clone(&self.host), Arc::clone(&self.bundles.now().live));
        let blocks: Vec<IdBlock> = events.iter().map(|_| self.ids.block(now_ms)).collect();
        let (events, blocks, call) = (Arc::new(events), Arc::new(blocks), Arc::new(call));
        let done = self.store.transact(Work::interactive(None), move |tx| {
            let mut report = Report::default();
            let mut answers = 0;
            if !hook_call::done(tx, call.id, true)? {
                return Ok((report, 0));
            }
            report.read = 1;
            for (event, block) in events.iter().zip(blocks.iter()) {
                let mut ids = block.clone();
                let place = Place { keys: &keys, host: &host, bundle: &bundle, call: &call, now_ms };
                // One bad event among many must not undo the others.
                match tx.attempt(|tx| place.take(tx, event, &mut ids, &mut report)) {
                    Ok(answered) => answers += u32::from(answered),
                    Err(fault) if fault.passing().is_some() => return Err(fault),
                    Err(error) => {
                        tracing::error!(call = call.id, %error, "an event of a provider's call was not acted upon");
                    }
                }
            }
            Ok((report, answers))
        });
        let (came, answers) = done.await?;
        report.read += came.read;
        report.moved += came.moved;
        report.kept += came.kept;
        report.parked += came.parked;
        report.letters += came.letters;
        report.repeats += came.repeats;
        if answers > 0 {
            self.enqueued.notify_one();
        }
        Ok(())
    }

    /// What a call tells; a stable word where it cannot be told.
    fn decoded(&self, call: &Waiting) -> Result<Vec<HookEvent>, &'static str> {
        let account = self.accounts.iter().find(|(name, _)| *name == call.channel).map(|(_, account)| account);
        let account = account.ok_or("the channel is gone")?;
        let opened = call.open(&self.keys).map_err(|_| "it cannot be unsealed")?;
        account.decode(call.kind, &opened.hook()).map_err(DecodeFault::reason)
    }

    /// Turns until told to stop; `wake` is notified when a call was written down.
    pub async fn run(self, wake: Arc<Notify>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let wait = match self.turn().await {
                Ok(report) if report.is_full() => continue,
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
    /// Acts upon one event. Answers whether an answer was queued.
    fn take(&self, tx: &mut Tx<'_>, event: &HookEvent, ids: &mut IdBlock, report: &mut Report) -> Result<bool, Fault> {
        match event {
            HookEvent::Receipt(receipt) => {
                let id = ids.next_id().unwrap_or(self.call.id);
                match receipt::take(tx, id, &self.call.channel, receipt, self.now_ms)? {
                    Joined::Moved => report.moved += 1,
                    Joined::Kept => report.kept += 1,
                    Joined::Parked => report.parked += 1,
                }
                Ok(false)
            }
            HookEvent::OptedOut(number) => {
                if let Some(msisdn) = self.msisdn(number) {
                    let hash = MsisdnHash::of(self.keys, &msisdn);
                    let language = self.bundle.default_language();
                    phone_number::seen(tx, self.keys, &hash, &msisdn, language, self.now_ms)?;
                    phone_number::stop(tx, &hash, self.now_ms)?;
                }
                Ok(false)
            }
            HookEvent::Inbound(sms) => self.letter(tx, sms, ids, report),
        }
    }

    fn letter(&self, tx: &mut Tx<'_>, sms: &Inbound, ids: &mut IdBlock, report: &mut Report) -> Result<bool, Fault> {
        let Some(msisdn) = self.msisdn(&sms.from) else {
            // A name or a short code: nobody who could be answered.
            report.refused += 1;
            return Ok(false);
        };
        let hash = MsisdnHash::of(self.keys, &msisdn);
        let arrived = Arrived {
            id: ids.next_id().unwrap_or(self.call.id),
            channel: &self.call.channel,
            sms,
            msisdn_hmac: hash.as_bytes(),
            received_ms: self.call.received_ms,
        };
        let asked = match inbound::keep(tx, self.keys, &arrived)? {
            Kept::Whole { asked, .. } => asked,
            Kept::Waits => return Ok(false),
            Kept::Repeat => {
                report.repeats += 1;
                return Ok(false);
            }
        };
        report.letters += 1;
        let letter = Letter { msisdn: &msisdn, asked, answer_id: ids.next_id().unwrap_or(self.call.id) };
        answer_letter(tx, self.host, self.bundle, letter, self.now_ms)
    }

    fn msisdn(&self, number: &str) -> Option<Msisdn> {
        self.host.country.phone.parse(number).or_else(|_| Msisdn::parse_e164(number)).ok()
    }
}
