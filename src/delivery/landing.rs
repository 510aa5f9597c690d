//! What came back with a flight, from the provider's answers to the rows that say what became of each message. Whatever has
//! landed since the last turn is written in one transaction, together with what takes off in its place.

use std::sync::Arc;

use super::events;
use super::verdict::verdict;
use super::{Channel, Delivery, Report};
use crate::gateway::sms::{Answered, SendOutcome};
use crate::outbox::endpoint::{self, Seen};
use crate::outbox::{self, Claimed, Error, RecipientStop, Settled, Terms, Verdict};
use crate::storage::{IdBlock, Keys, Tx};
use crate::text::datetime::Day;

/// A flight that is over, and not written down yet.
#[derive(Debug)]
pub struct Landing {
    terms: Terms,
    outcomes: Vec<Outcome>,
    /// Names for the news of endpoints.
    ids: IdBlock,
    report: Report,
}

/// What became of one message.
#[derive(Debug)]
struct Outcome {
    message: Claimed,
    verdict: Verdict,
    /// The channel and the masked exchange, for the attempt log.
    exchange: String,
    aftermath: Aftermath,
}

/// What an outcome tells beyond its message.
#[derive(Clone, Copy, Debug)]
enum Aftermath {
    None,
    /// The number wants no messages.
    Stop,
    /// How an endpoint fares.
    Endpoint(Seen),
}

impl Aftermath {
    fn of(answered: Option<&Answered>, message: &Claimed) -> Self {
        match answered.map(|answered| &answered.outcome) {
            Some(SendOutcome::OptedOut) => Aftermath::Stop,
            Some(outcome) if message.endpoint_id != 0 => events::seen(outcome).map_or(Self::None, Self::Endpoint),
            _ => Aftermath::None,
        }
    }
}

impl Landing {
    /// Decides what the answers mean; `None` for a message that was not given to the provider after all.
    pub(super) fn of(
        deps: &Delivery,
        channel: &Channel,
        fence: i64,
        answers: impl Iterator<Item = (Claimed, Option<Answered>)>,
        exchange: &str,
        now_ms: i64,
    ) -> Self {
        let mut report = Report::default();
        let outcomes = answers.map(|(message, answered)| {
            let verdict = verdict(&deps.channels, channel, &deps.schedule, &message, answered.as_ref(), now_ms);
            report.count(&verdict);
            let aftermath = Aftermath::of(answered.as_ref(), &message);
            let exchange = match answered.as_ref().map_or("", |answered| &answered.detail) {
                "" => format!("{} {exchange}", channel.name),
                detail => format!("{} {exchange} ({detail})", channel.name),
            };
            Outcome { message, verdict, exchange, aftermath }
        });
        let outcomes = outcomes.collect();
        let terms = Terms {
            channel: channel.name.as_str().into(),
            fence,
            receipt_wait_ms: channel.receipt_wait_ms(),
            day: i64::from(Day::from_ms(now_ms, &deps.timezone).0),
            cost_micros: channel.line.cost_micros,
            now_ms,
        };
        Self { terms, outcomes, ids: deps.ids.block(now_ms), report }
    }

    /// What its messages came to.
    pub fn report(&self) -> Report {
        self.report
    }

    /// How many messages.
    pub fn count(&self) -> usize {
        self.outcomes.len()
    }

    /// How many of them are alerts.
    pub fn alerts(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.message.class == outbox::Class::Alert).count()
    }

    /// Writes it down; answers how many outcomes came too late.
    fn settle(&self, tx: &mut Tx<'_>, keys: &Keys, stop: RecipientStop) -> Result<usize, Error> {
        let (mut stale, mut ids) = (0, self.ids.clone());
        for Outcome { message, verdict, exchange, aftermath } in &self.outcomes {
            let done = outbox::settle(tx, message, &self.terms, verdict, exchange)?;
            stale += usize::from(done == Settled::Stale);
            match aftermath {
                Aftermath::None => {}
                Aftermath::Stop => stop(tx, message.address_hmac(), self.terms.now_ms)?,
                Aftermath::Endpoint(seen) => {
                    endpoint::saw(tx, keys, &mut ids, message.endpoint_id, *seen, self.terms.now_ms)?;
                }
            }
        }
        Ok(stale)
    }
}

/// Flights that are written down together. May be written twice: a transaction runs again after a lost commit.
#[derive(Clone)]
pub(super) struct Landed {
    landings: Arc<[Arc<Landing>]>,
    keys: Keys,
    stop: RecipientStop,
}

impl Landed {
    pub(super) fn of(deps: &Delivery, landings: Vec<Landing>) -> Self {
        let landings = landings.into_iter().map(Arc::new).collect();
        Self { landings, keys: deps.keys.clone(), stop: deps.recipient_stop }
    }

    /// Writes all of them down; answers how many outcomes came too late.
    pub(super) fn settle(&self, tx: &mut Tx<'_>) -> Result<usize, Error> {
        self.landings.iter().map(|landing| landing.settle(tx, &self.keys, self.stop)).sum()
    }

    /// Each by itself.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        let Self { landings, keys, stop } = self;
        (0..landings.len()).filter_map(move |at| {
            let one = landings.get(at)?;
            Some(Self { landings: [Arc::clone(one)].into(), keys: keys.clone(), stop })
        })
    }

    /// Tells of outcomes that came after their lease.
    pub(super) fn tell(stale: usize) {
        if stale > 0 {
            tracing::warn!(stale, "outcomes came after their lease and were only logged");
        }
    }
}
