//! One outbound SMS, from the queue to the provider and back: the second story to read, after `hop.rs`.
//!
//! claim -> unseal -> mark as sending (on disk) -> encode -> exchange -> classify -> settle.
//!
//! The order is the whole point. Nothing leaves before the mark is on disk, so after a crash a message that was not
//! marked is known not to have been sent, and one that was marked is *unknown*, never silently sent again. Whatever comes
//! back is written under the claim's fence, so that a sender which was asleep cannot overwrite the one that took over.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::clock::{Clock, IdSource};
use crate::gateway::sms::{Account, Blocked, SendOutcome, Sms};
use crate::outbox::retry::{self, Next};
use crate::outbox::{self, Claim, Claimed, Error, NumberCheck, Opened, Settled, Verdict};
use crate::storage::{Keys, Store, Tx, Work};
use crate::transport::Transport;

/// Messages claimed at once, and exchanges under way at once. It is also how many outcomes one crash can leave unknown,
/// which is why it is small; the promise is at most 32.
pub const BATCH_MAX: i64 = 16;
/// How long a claimed or sent message belongs to this sender: an exchange of 30 s and its settling, twice over.
pub const LEASE_MS: i64 = 90_000;
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
    /// Carries requests to the provider.
    pub transport: Arc<dyn Transport>,
    /// The account at the provider.
    pub account: Account,
    /// Whether a number takes messages now.
    pub number_check: NumberCheck,
}

/// What one round of delivery came to, in messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Taken from the queue, sent or not.
    pub claimed: u64,
    /// Withdrawn: stopped, erased, another owner.
    pub cancelled: u64,
    /// Past their time.
    pub expired: u64,
    /// Taken over by the provider.
    pub accepted: u64,
    /// To be tried again.
    pub temporary: u64,
    /// Failed for good, those that could not be unsealed included.
    pub permanent: u64,
    /// Sent, and not known whether taken.
    pub unknown: u64,
    /// The queue is held: nothing was taken, whatever is due.
    pub held: bool,
}

impl Report {
    /// Whether the round was full, so that more messages may be due.
    pub fn is_full(&self) -> bool {
        self.claimed >= BATCH_MAX.unsigned_abs()
    }

    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted { .. } => self.accepted += 1,
            Verdict::Retry { .. } => self.temporary += 1,
            Verdict::Failed { .. } => self.permanent += 1,
            Verdict::Unknown => self.unknown += 1,
        }
    }
}

/// Sends up to [`BATCH_MAX`] messages that are due, all at the same time, and returns when every outcome is written.
///
/// An error means that the store did not let messages be taken; those already taken go back when their lease ends.
/// Dropping the future is safe: what was marked and not settled becomes unknown.
pub async fn deliver_due(deps: &Arc<Delivery>) -> Result<Report, Error> {
    let now_ms = deps.clock.now_ms();
    let terms = Claim { fence: deps.ids.block(now_ms).first(), now_ms, lease_ms: LEASE_MS, limit: BATCH_MAX };
    let number_check = deps.number_check;
    let taken = deps.store.transact(Work::bulk(), move |tx| outbox::claim(tx, &terms, number_check)).await?;
    let mut report = Report {
        claimed: taken.taken(),
        cancelled: taken.cancelled,
        expired: taken.expired,
        held: taken.held,
        ..Report::default()
    };

    let (ready, unreadable) = unseal(&deps.keys, taken.messages);
    report.permanent += u64::try_from(unreadable.len()).unwrap_or(0);
    if ready.is_empty() && unreadable.is_empty() {
        return Ok(report);
    }
    let messages: Arc<[Claimed]> = ready.iter().map(|(message, _)| message.clone()).collect();
    let marked = written(&deps.store, move |tx| {
        unreadable.iter().try_for_each(|id| outbox::refuse(tx, &terms, *id, "unreadable"))?;
        outbox::mark_sending(tx, &terms, &messages)
    })
    .await?;

    let mut sendings = JoinSet::new();
    for (message, opened) in ready {
        if marked.contains(&message.id) {
            sendings.spawn(send(Arc::clone(deps), terms.fence, message, opened));
        }
    }
    while let Some(sent) = sendings.join_next().await {
        // A task that panicked has not settled: its message is unknown once its lease ends.
        report.count(&sent.unwrap_or(Verdict::Unknown));
    }
    Ok(report)
}

/// Unseals what can be unsealed. A message that cannot is a fault of keys or disk: it fails alone, and nothing behind it
/// waits.
fn unseal(keys: &Keys, messages: Vec<Claimed>) -> (Vec<(Claimed, Opened)>, Vec<i64>) {
    let mut ready = Vec::with_capacity(messages.len());
    let mut unreadable = Vec::new();
    for message in messages {
        match message.open(keys) {
            Ok(opened) => ready.push((message, opened)),
            Err(error) => {
                tracing::error!(message = message.id, %error, "an outbox message cannot be unsealed");
                unreadable.push(message.id);
            }
        }
    }
    (ready, unreadable)
}

/// One attempt of one message, marked as sending. Answers what was written, or would have been.
async fn send(deps: Arc<Delivery>, fence: i64, message: Claimed, opened: Opened) -> Verdict {
    let client_ref = message.client_ref();
    let Opened { to, text } = opened;
    let batch = [Sms { to, text, client_ref, valid_s: 3_600 }];
    let request = deps.account.encode(&batch);
    let asked = request.masked();

    let answer = deps.transport.exchange(request).await;
    let now_ms = deps.clock.now_ms();
    let outcome =
        deps.account.classify(&batch, &answer).pop().map_or(SendOutcome::Unknown, |answered| answered.outcome);
    let verdict = verdict(outcome, &message, now_ms);
    let answered = answer.map_or_else(|fault| fault.to_string(), |response| response.masked());

    let (id, exchange, decided) = (message.id, format!("{asked} -> {answered}"), verdict.clone());
    let settled = written(&deps.store, move |tx| outbox::settle(tx, id, fence, &decided, &exchange, now_ms)).await;
    match settled {
        Ok(Settled::Written) => {}
        Ok(Settled::Stale) => tracing::warn!(message = id, "an outcome came after its lease and was only logged"),
        Err(error) => tracing::error!(message = id, %error, "an outcome could not be written; it will be unknown"),
    }
    verdict
}

fn verdict(outcome: SendOutcome, message: &Claimed, now_ms: i64) -> Verdict {
    let attempts = message.attempts + 1;
    match outcome {
        SendOutcome::Accepted { provider_id } => Verdict::Accepted { provider_id },
        SendOutcome::Permanent { reason } => Verdict::Failed { reason },
        SendOutcome::Unknown => Verdict::Unknown,
        SendOutcome::OptedOut => Verdict::Failed { reason: "opted_out" },
        SendOutcome::NoRoute => Verdict::Failed { reason: "no_route" },
        SendOutcome::Blocked(Blocked::NoCredit | Blocked::Credentials) => Verdict::Retry { due_ms: now_ms + 60_000 },
        SendOutcome::Temporary { retry_after_ms } | SendOutcome::Blocked(Blocked::Throttled { retry_after_ms }) => {
            match retry::after_temporary(attempts, now_ms, retry_after_ms, retry::spread(message.id, attempts)) {
                Next::At(due_ms) => Verdict::Retry { due_ms },
                Next::GiveUp => Verdict::Failed { reason: "tried_too_often" },
            }
        }
    }
}

/// A write whose loss would make a message unknown: tried again while the store is only passing unavailable. What it runs
/// may run twice.
async fn written<T: Send + 'static>(
    store: &Store,
    work: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Clone + Send + 'static,
) -> Result<T, Error> {
    let mut wait = WRITE_WAIT;
    for _ in 1..WRITE_TRIES {
        match store.transact(Work::bulk(), work.clone()).await {
            Err(Error::Storage(error)) if error.is_passing() => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            done => return done,
        }
    }
    store.transact(Work::bulk(), work).await
}

#[cfg(test)]
mod tests;
