//! What leaves in one exchange: several SMS, one e-mail, one event.

use super::batches::batches;
use crate::gateway::sms::{Batching, Sms};
use crate::outbox::{Claimed, Event, Letter, Opened};

/// What leaves in one exchange.
#[derive(Debug)]
pub enum Cargo {
    /// SMS, as many as the provider takes at once.
    Sms(Vec<Sms>),
    /// An e-mail.
    Mail(Mail),
    /// An event.
    Event(EventFor),
}

/// An e-mail on its way.
pub struct Mail {
    /// The address.
    pub to: String,
    /// What.
    pub letter: Letter,
    /// Our name of it, the same for every attempt.
    pub client_ref: String,
}

/// An event on its way.
#[derive(Debug)]
pub struct EventFor {
    /// The endpoint.
    pub endpoint_id: i64,
    /// What happened.
    pub event: Event,
    /// Our name of it, the same for every attempt.
    pub client_ref: String,
}

/// The address is a person's.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("client_ref", &self.client_ref).finish_non_exhaustive()
    }
}

impl Cargo {
    /// How many messages.
    pub fn count(&self) -> usize {
        match self {
            Cargo::Sms(batch) => batch.len(),
            Cargo::Mail(_) | Cargo::Event(_) => 1,
        }
    }
}

/// Puts together what leaves in one exchange, in the order of the messages.
pub(super) fn loads(batching: Batching, opened: Vec<(Claimed, Opened)>, now_ms: i64) -> Vec<(Vec<Claimed>, Cargo)> {
    let mut loads = Vec::new();
    let mut texts = Vec::new();
    for (message, opened) in opened {
        let client_ref = message.client_ref();
        match opened {
            Opened::Sms { to, text } => {
                let valid_s = u32::try_from(message.expires_ms.saturating_sub(now_ms) / 1_000).unwrap_or(u32::MAX);
                texts.push((message, Sms { to, text, client_ref, valid_s: valid_s.max(1) }));
            }
            Opened::Mail { to, letter } => loads.push((vec![message], Cargo::Mail(Mail { to, letter, client_ref }))),
            Opened::Event(event) => {
                let event = EventFor { endpoint_id: message.endpoint_id, event, client_ref };
                loads.push((vec![message], Cargo::Event(event)));
            }
        }
    }
    loads.extend(batches(batching, texts).into_iter().map(|pairs| {
        let (messages, batch) = pairs.into_iter().unzip();
        (messages, Cargo::Sms(batch))
    }));
    loads
}
