//! What providers call us with: delivery reports, and messages from phones.

use std::fmt;

/// The largest call that is read, in bytes: a hundred reports in one JSON are 60 KiB.
pub const HOOK_BYTES_MAX: usize = 128 * 1024;

/// One call, as it came.
#[derive(Clone, Copy)]
pub struct Hook<'a> {
    /// For example `POST`.
    pub method: &'a str,
    /// What stands behind the `?` of the address, still escaped; empty where there is none.
    pub query: &'a str,
    /// The `Content-Type` header, with its parameters; empty where there is none.
    pub content_type: &'a str,
    /// The header that carries the dialect's signature (`x-twilio-signature`); empty where there is none.
    pub signature: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

impl fmt::Debug for Hook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} B", self.method, self.body.len())
    }
}

/// Which of a channel's addresses was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HookKind {
    /// `/hooks/{channel}/{secret}/receipt`
    Receipt,
    /// `/hooks/{channel}/{secret}/sms`
    Inbound,
}

/// One thing that a call tells. One call may tell many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookEvent {
    /// News of a message that we sent.
    Receipt(Receipt),
    /// A message from a phone.
    Inbound(Inbound),
    /// The provider itself was told that this number wants no messages of ours: digits of E.164.
    OptedOut(String),
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The provider's name of the message, as it was given when the message was accepted, but for letter case.
    ProviderId(String),
    /// Our own name of it.
    ClientRef(String),
}

/// News of a message that we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which.
    pub about: About,
    /// Where it is.
    pub reported: Reported,
    /// The provider's own word for it: a code, by the rules of [`super::Answered::with`]; empty where there was none.
    pub detail: String,
}

/// Where a message is, as its provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// On its way: nothing is decided.
    InFlight,
    /// The phone has it.
    Delivered,
    /// The phone will not get it.
    Undelivered,
    /// The phone could not be reached in time.
    Expired,
    /// The network does not say. Also what a status that the dialect does not know means.
    Unclear,
}

/// A message from a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The provider's name of it; empty where it gives none.
    pub id: String,
    /// The sender's number as it was sent: digits, or `+` and digits.
    pub from: String,
    /// The number or code that it was sent to.
    pub to: String,
    /// The text.
    pub text: String,
    /// The network, in the provider's code; empty where it is not told.
    pub network: String,
    /// Which part of a long message this is, where the provider does not join them.
    pub part: Option<Part>,
}

/// A part of a long message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The same for all parts of one message.
    pub reference: u16,
    /// Counts from 1.
    pub number: u8,
    /// How many there are.
    pub total: u8,
}

/// Number and text stay out of logs.
impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("bytes", &self.text.len()).field("part", &self.part).finish_non_exhaustive()
    }
}
