//! SMS dialects: an outbound message becomes a [`WireRequest`], the answer to it becomes one of four outcomes.
//!
//! Four, not two: a request that was sent and not answered is neither accepted nor refused, and to treat it as either
//! loses messages or sends them twice.

pub mod inbox;
pub mod loopback;

use std::fmt;

use super::{TransportFault, WireRequest, WireResponse};

/// One message on its way to a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsRequest {
    /// The dialect of the provider.
    pub dialect: Dialect,
    /// The recipient: the digits of E.164, without `+`.
    pub to: String,
    /// The whole text; the provider splits it into segments.
    pub text: String,
    /// Our name of the message, the same for every attempt, so that a provider that compares them sends it once.
    pub client_ref: String,
    /// The sender shown on the phone: a registered name or a short code.
    pub sender: String,
}

/// Number and text stay out of logs.
impl fmt::Debug for SmsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsRequest")
            .field("dialect", &self.dialect)
            .field("client_ref", &self.client_ref)
            .finish_non_exhaustive()
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The provider took the message over.
    Accepted {
        /// The provider's name of it; delivery reports carry it.
        provider_id: String,
    },
    /// The provider did not take it, and may later.
    Temporary {
        /// The wait that the provider asked for, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// The provider will never take this message.
    Permanent {
        /// A stable word for the record.
        reason: &'static str,
    },
    /// Sent, and not known whether taken.
    Unknown,
}

/// The wire protocols that an SMS channel may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The provider that runs inside the service: for the demo, the tests and the simulation.
    Loopback,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 1] = [Dialect::Loopback];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Loopback => "loopback",
        }
    }

    /// The dialect of this name.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// What an exchange came to.
    pub fn classify(self, exchange: &Result<WireResponse, TransportFault>) -> SendOutcome {
        match exchange {
            Err(TransportFault::NotSent) => SendOutcome::Temporary { retry_after_ms: None },
            Err(TransportFault::Unknown) => SendOutcome::Unknown,
            Ok(response) => match self {
                Dialect::Loopback => loopback::classify(response),
            },
        }
    }
}

impl SmsRequest {
    /// The request that sends this message.
    pub fn encode(&self) -> WireRequest {
        match self.dialect {
            Dialect::Loopback => loopback::encode(self),
        }
    }
}

/// What a status that a dialect does not explain itself means. In doubt *unknown*: a gateway behind a proxy may have sent
/// the SMS and failed afterwards. Refused credentials are temporary: the message is sound, the channel is not.
fn by_status(response: &WireResponse) -> SendOutcome {
    match response.status {
        400 | 406 | 410 | 413 | 422 => SendOutcome::Permanent { reason: "refused" },
        300..=499 | 503 => SendOutcome::Temporary { retry_after_ms: retry_after_ms(response) },
        _ => SendOutcome::Unknown,
    }
}

/// `Retry-After` in seconds. Its other form, a date, is passed over: this module knows no clock.
fn retry_after_ms(response: &WireResponse) -> Option<i64> {
    let seconds: u32 = response.header("retry-after")?.trim().parse().ok()?;
    Some(i64::from(seconds) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)]) -> SendOutcome {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Dialect::Loopback.classify(&Ok(WireResponse { status, headers, body: b"{}".to_vec() }))
    }

    #[test]
    fn a_failed_exchange_is_temporary_only_if_no_byte_left() {
        let temporary = SendOutcome::Temporary { retry_after_ms: None };
        assert_eq!(Dialect::Loopback.classify(&Err(TransportFault::NotSent)), temporary);
        assert_eq!(Dialect::Loopback.classify(&Err(TransportFault::Unknown)), SendOutcome::Unknown);
    }

    #[test]
    fn statuses_are_read_with_doubt() {
        for status in [429, 503] {
            let wait = SendOutcome::Temporary { retry_after_ms: Some(7000) };
            assert_eq!(answered(status, &[("retry-after", "7")]), wait);
        }
        let date = [("retry-after", "Fri, 20 Nov 2026 07:15:00 GMT")];
        assert_eq!(answered(429, &date), SendOutcome::Temporary { retry_after_ms: None });
        for status in [400, 413, 422] {
            assert_eq!(answered(status, &[]), SendOutcome::Permanent { reason: "refused" });
        }
        for status in [301, 401, 403, 404, 408] {
            assert_eq!(answered(status, &[]), SendOutcome::Temporary { retry_after_ms: None }, "{status}");
        }
        for status in [100, 200, 202, 500, 502, 504, 999] {
            assert_eq!(answered(status, &[]), SendOutcome::Unknown, "{status}");
        }
    }

    #[test]
    fn debug_shows_neither_number_nor_text() {
        let request = SmsRequest {
            dialect: Dialect::Loopback,
            to: "250788000001".into(),
            text: "Muraho".into(),
            client_ref: "kz1".into(),
            sender: "Kaziline".into(),
        };
        let shown = format!("{request:?} {:?}", request.encode());
        assert!(shown.contains("kz1") && !shown.contains("788") && !shown.contains("Muraho"), "{shown}");
    }
}
