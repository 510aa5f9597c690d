//! SMS dialects: messages become a [`WireRequest`], the answer to it becomes an [`Answered`] for each of them; what a
//! provider calls us with becomes [`HookEvent`]s.
//!
//! Outcomes are more than two: a request that was sent and not answered is neither accepted nor refused, and to treat it
//! as either loses messages or sends them twice. What is wrong with the channel is not held against a message.

mod account;
pub mod africastalking;
mod beem;
mod by_status;
#[cfg(test)]
mod fixtures;
pub mod hook;
pub mod http;
mod hubtel;
pub mod inbox;
mod infobip;
mod jasmin;
mod kannel;
pub mod loopback;
mod outcome;
mod peer;
pub mod pindo;
mod raw_form;
pub mod smpp;
mod smpp_receipt;
mod twilio;

use std::fmt;

pub use account::{Account, Batching};
pub use hook::{About, Hook, HookEvent, HookKind, Inbound, Part, Receipt, Reported};
pub use outcome::{Answered, Blocked, SendOutcome};
pub use peer::{Peer, SMPP};

use super::{DecodeFault, TransportFault, WireRequest, WireResponse};
use by_status::by_status;

/// One message on its way to a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// The recipient: the digits of E.164, without `+`.
    pub to: String,
    /// The whole text; the provider splits it into segments.
    pub text: String,
    /// Our name of the message, the same for every attempt, so that a provider that compares them sends it once.
    pub client_ref: String,
    /// Seconds for which the provider may go on trying to reach the phone: what comes later is of no use.
    pub valid_s: u32,
}

/// Number and text stay out of logs.
impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms").field("client_ref", &self.client_ref).finish_non_exhaustive()
    }
}

/// The wire protocols that an SMS channel may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The provider that runs inside the service: for the demo, the tests and the simulation.
    Loopback,
    /// Africa's Talking, the classic form.
    AfricasTalking,
    /// Pindo, in Rwanda.
    Pindo,
    /// Infobip, version 3.
    Infobip,
    /// Twilio.
    Twilio,
    /// A Kannel gateway's `sendsms`.
    Kannel,
    /// A Jasmin gateway's HTTP API.
    Jasmin,
    /// Beem, in Tanzania.
    Beem,
    /// Hubtel, in Ghana.
    Hubtel,
    /// A reseller's, as the account's template describes it.
    Http,
}

/// What most providers take for an answer.
const OK: (&str, &str) = ("text/plain; charset=utf-8", "");

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 10] = [
        Dialect::Loopback,
        Dialect::AfricasTalking,
        Dialect::Pindo,
        Dialect::Infobip,
        Dialect::Twilio,
        Dialect::Kannel,
        Dialect::Jasmin,
        Dialect::Beem,
        Dialect::Hubtel,
        Dialect::Http,
    ];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Loopback => "loopback",
            Dialect::AfricasTalking => "africastalking",
            Dialect::Pindo => "pindo",
            Dialect::Infobip => "infobip",
            Dialect::Twilio => "twilio",
            Dialect::Kannel => "kannel",
            Dialect::Jasmin => "jasmin",
            Dialect::Beem => "beem",
            Dialect::Hubtel => "hubtel",
            Dialect::Http => "http",
        }
    }

    /// The dialect of this name.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Where the provider's API is, when the configuration names no other place; `None` where it must.
    pub fn endpoint(self) -> Option<&'static str> {
        match self {
            Dialect::Loopback => Some(loopback::ENDPOINT),
            Dialect::AfricasTalking => Some(africastalking::ENDPOINT),
            Dialect::Pindo => Some(pindo::ENDPOINT),
            Dialect::Infobip => Some(infobip::ENDPOINT),
            Dialect::Twilio => Some(twilio::ENDPOINT),
            Dialect::Kannel | Dialect::Jasmin => None,
            Dialect::Beem => Some(beem::ENDPOINT),
            Dialect::Hubtel => Some(hubtel::ENDPOINT),
            // The template has the whole address.
            Dialect::Http => Some(""),
        }
    }

    /// How many messages one request may carry.
    pub fn batching(self) -> Batching {
        match self {
            Dialect::AfricasTalking => Batching::SameText(africastalking::RECIPIENTS_MAX),
            Dialect::Beem => Batching::SameText(beem::RECIPIENTS_MAX),
            Dialect::Infobip => Batching::Any(infobip::BATCH_MAX),
            Dialect::Loopback
            | Dialect::Pindo
            | Dialect::Twilio
            | Dialect::Kannel
            | Dialect::Jasmin
            | Dialect::Hubtel
            | Dialect::Http => Batching::One,
        }
    }

    /// Whether the provider compares our names of messages, so that one that is sent again is not delivered twice.
    pub fn knows_repeats(self) -> bool {
        matches!(self, Dialect::Loopback | Dialect::Infobip)
    }
}

impl Account {
    /// The request that sends these messages: as many as [`Dialect::batching`] allows, and never none.
    pub fn encode(&self, batch: &[Sms]) -> WireRequest {
        match self.dialect {
            Dialect::Loopback => loopback::encode(self, batch),
            Dialect::AfricasTalking => africastalking::encode(self, batch),
            Dialect::Pindo => pindo::encode(self, batch),
            Dialect::Infobip => infobip::encode(self, batch),
            Dialect::Twilio => twilio::encode(self, batch),
            Dialect::Kannel => kannel::encode(self, batch),
            Dialect::Jasmin => jasmin::encode(self, batch),
            Dialect::Beem => beem::encode(self, batch),
            Dialect::Hubtel => hubtel::encode(self, batch),
            Dialect::Http => http::encode(self, batch),
        }
    }

    /// What an exchange came to, for each message of the batch in its order.
    pub fn classify(&self, batch: &[Sms], exchange: &Result<WireResponse, TransportFault>) -> Vec<Answered> {
        let all = |outcome: SendOutcome| vec![Answered::plain(outcome); batch.len()];
        match exchange {
            Err(TransportFault::NotSent) => all(SendOutcome::Temporary { retry_after_ms: None }),
            Err(TransportFault::Unknown) => all(SendOutcome::Unknown),
            Ok(response) => match self.dialect {
                Dialect::Loopback => loopback::classify(batch, response),
                Dialect::AfricasTalking => africastalking::classify(batch, response),
                Dialect::Pindo => pindo::classify(batch, response),
                Dialect::Infobip => infobip::classify(batch, response),
                Dialect::Twilio => twilio::classify(batch, response),
                Dialect::Kannel => kannel::classify(batch, response),
                Dialect::Jasmin => jasmin::classify(batch, response),
                Dialect::Beem => beem::classify(batch, response),
                Dialect::Hubtel => hubtel::classify(batch, response),
                Dialect::Http => http::classify(self, batch, response),
            },
        }
    }

    /// Whether a call is the provider's own, where the dialect signs its calls; true where it does not. `url` is the
    /// address that the provider was given, query included.
    pub fn is_signed(&self, hook: &Hook<'_>, url: &str) -> bool {
        self.dialect != Dialect::Twilio || twilio::is_signed(self, hook, url)
    }

    /// What a provider's call tells. Never panics, whatever the bytes.
    pub fn decode(&self, kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
        match self.dialect {
            Dialect::Loopback => loopback::decode(kind, hook),
            Dialect::AfricasTalking => africastalking::decode(kind, hook),
            Dialect::Pindo => pindo::decode(kind, hook),
            Dialect::Infobip => infobip::decode(kind, hook),
            Dialect::Twilio => twilio::decode(kind, hook),
            Dialect::Kannel => kannel::decode(kind, hook),
            Dialect::Jasmin => jasmin::decode(kind, hook),
            Dialect::Beem => beem::decode(kind, hook),
            Dialect::Hubtel => Err(DecodeFault::Method),
            Dialect::Http => http::decode(self, kind, hook),
        }
    }

    /// The content type and the body that take a call off the provider's hands, to be sent with status 200.
    pub fn acknowledge(&self, kind: HookKind) -> (&'static str, &str) {
        match (self.dialect, kind) {
            (Dialect::Twilio, HookKind::Inbound) => twilio::NOTHING,
            (Dialect::Jasmin, _) => (OK.0, jasmin::ACKNOWLEDGEMENT),
            (Dialect::Beem, _) => beem::ACKNOWLEDGEMENT,
            (Dialect::Http, _) => http::acknowledge(self),
            _ => OK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_name_and_no_other() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
        assert_eq!(Dialect::from_name("Loopback"), None);
    }

    #[test]
    fn a_failed_exchange_is_temporary_only_if_no_byte_left() {
        for dialect in Dialect::ALL {
            let account = Account::of(dialect);
            let batch = [Sms { to: "250788000001".into(), text: "t".into(), client_ref: "kz1".into(), valid_s: 60 }];
            let came_to = |fault| account.classify(&batch, &Err(fault)).remove(0).outcome;
            assert_eq!(came_to(TransportFault::NotSent), SendOutcome::Temporary { retry_after_ms: None });
            assert_eq!(came_to(TransportFault::Unknown), SendOutcome::Unknown);
        }
    }

    #[test]
    fn debug_shows_neither_number_nor_text_nor_password() {
        let account = Account { password: "hunter2".into(), ..Account::of(Dialect::Loopback) };
        let sms = Sms { to: "250788000001".into(), text: "Muraho".into(), client_ref: "kz1".into(), valid_s: 60 };
        let shown = format!("{sms:?} {account:?} {:?}", account.encode(std::slice::from_ref(&sms)));
        assert!(shown.contains("kz1"), "{shown}");
        assert!(["788", "Muraho", "hunter2"].iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
}
