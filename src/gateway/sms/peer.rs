//! Who a channel for SMS speaks to: a provider's HTTP interface, or a network's SMSC.

use super::{Account, Batching, DecodeFault, Dialect, Hook, HookEvent, HookKind, OK, smpp};

/// The dialect of SMSCs in the configuration; all others are [`Dialect`]s.
pub const SMPP: &str = "smpp";

/// Who a channel for SMS speaks to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A provider: a request for messages, an answer to it, and calls of its own.
    Http(Account),
    /// An SMSC: a session that stays.
    Smpp(Box<smpp::Account>),
}

impl Peer {
    /// The name of its dialect in the configuration.
    pub fn dialect(&self) -> &'static str {
        match self {
            Peer::Http(account) => account.dialect.name(),
            Peer::Smpp(_) => SMPP,
        }
    }

    /// Every name of a dialect.
    pub fn dialects() -> impl Iterator<Item = &'static str> {
        Dialect::ALL.into_iter().map(Dialect::name).chain([SMPP])
    }

    /// The sender shown on the phone.
    pub fn sender(&self) -> &str {
        match self {
            Peer::Http(account) => &account.sender,
            Peer::Smpp(account) => &account.sender,
        }
    }

    /// How many messages one request may carry.
    pub fn batching(&self) -> Batching {
        match self {
            Peer::Http(account) => account.dialect.batching(),
            Peer::Smpp(_) => Batching::One,
        }
    }

    /// Whether it compares our names of messages, so that one that is sent again is not delivered twice.
    pub fn knows_repeats(&self) -> bool {
        matches!(self, Peer::Http(account) if account.dialect.knows_repeats())
    }

    /// Whether it delivers what a phone has sent within its own session, so that no address of ours is called.
    pub fn calls_back(&self) -> bool {
        matches!(self, Peer::Http(_))
    }

    /// Whether a call is its own, where its dialect signs; true where it does not.
    pub fn is_signed(&self, hook: &Hook<'_>, url: &str) -> bool {
        match self {
            Peer::Http(account) => account.is_signed(hook, url),
            Peer::Smpp(_) => true,
        }
    }

    /// What a call tells; of an SMSC, what a unit does that came in its session. Never panics, whatever the bytes.
    pub fn decode(&self, kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
        match self {
            Peer::Http(account) => account.decode(kind, hook),
            Peer::Smpp(account) => account.decode(hook.body),
        }
    }

    /// The content type and the body that take a call off its hands, to be sent with status 200.
    pub fn acknowledge(&self, kind: HookKind) -> (&'static str, &str) {
        match self {
            Peer::Http(account) => account.acknowledge(kind),
            Peer::Smpp(_) => OK,
        }
    }
}
