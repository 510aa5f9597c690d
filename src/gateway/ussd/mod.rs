//! USSD dialects: a gateway's request becomes a [`UssdRequest`], a [`UssdAnswer`] becomes what the gateway understands.

pub mod africastalking;
#[cfg(test)]
mod fixtures;

use std::fmt;

use super::fault::DecodeFault;

/// One request of a gateway: a step of a session, or the news that it ended.
#[derive(Clone, PartialEq, Eq)]
pub struct UssdRequest {
    /// The gateway's name of the session, byte for byte. Networks reuse them: it is a key only with number and channel.
    pub session: String,
    /// The caller's number as it was sent: digits, or `+` and digits. The country pack makes sense of it.
    pub msisdn: String,
    /// The dialled service code, with its `*` and `#` if the gateway sends them.
    pub service_code: String,
    /// The network, in the gateway's own code.
    pub network: Option<String>,
    /// What happened.
    pub event: UssdEvent,
    /// The gateway's own name of this hop, where the dialect has one: recognises a redelivery for certain.
    pub hop_id: Option<String>,
}

/// The session and the caller stay out of logs; what remains is enough to find a dialect's fault.
impl fmt::Debug for UssdRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UssdRequest")
            .field("service_code", &self.service_code)
            .field("network", &self.network)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// What a gateway tells.
#[derive(Clone, PartialEq, Eq)]
pub enum UssdEvent {
    /// Every input of the session so far, joined by `*`; empty on a plain dial. A `*` that the caller typed looks the
    /// same as a separator: only the texts of earlier hops tell them apart.
    Cumulative(String),
    /// The start of a session, with what was dialled behind the service code.
    Dial {
        /// For example `48213` of `*567*48213#`; empty on a plain dial.
        extras: String,
    },
    /// The latest input alone.
    Input(String),
    /// The session is over; nobody reads an answer.
    Closed(ClosedWhy),
}

/// Inputs hold names and PINs: only their length is shown.
impl fmt::Debug for UssdEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UssdEvent::Cumulative(text) => write!(f, "Cumulative({} B)", text.len()),
            UssdEvent::Dial { extras } => write!(f, "Dial({} B)", extras.len()),
            UssdEvent::Input(text) => write!(f, "Input({} B)", text.len()),
            UssdEvent::Closed(why) => write!(f, "Closed({why:?})"),
        }
    }
}

/// How a session ended, as far as the gateway tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClosedWhy {
    /// It came to its last screen.
    Finished,
    /// It ended while an input was awaited: hung up, timed out, lost.
    Incomplete,
    /// The gateway found our answer wanting.
    Failed,
    /// The gateway said something that this dialect does not know.
    Other,
}

impl ClosedWhy {
    /// A stable name for records and metrics.
    pub fn code(self) -> &'static str {
        match self {
            ClosedWhy::Finished => "finished",
            ClosedWhy::Incomplete => "incomplete",
            ClosedWhy::Failed => "failed",
            ClosedWhy::Other => "other",
        }
    }
}

/// One screen on its way to a gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct UssdAnswer {
    /// The screen, lines separated by LF.
    pub text: String,
    /// The session ends with this screen.
    pub end: bool,
}

/// Screens show names and jobs: only their length is shown.
impl fmt::Debug for UssdAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} B)", if self.end { "End" } else { "Continue" }, self.text.len())
    }
}

/// The parts of an HTTP request that a dialect reads.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// For example `POST`.
    pub method: &'a str,
    /// The `Content-Type` header, with its parameters.
    pub content_type: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} B", self.method, self.body.len())
    }
}

/// The largest body that a USSD dialect reads, in bytes. A request carries one short session history: 4,096 characters
/// of it, percent-encoded, are 12 KiB; the web surface may refuse more before it is read.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// The wire protocols that a USSD channel may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Form POST, the whole history in `text`, answers `CON `/`END `.
    AfricasTalking,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 1] = [Dialect::AfricasTalking];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::AfricasTalking => "africastalking",
        }
    }

    /// The dialect of this name.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Reads a request. Never panics, whatever the bytes; the fault says what to answer.
    pub fn decode(self, http: &RequestParts<'_>) -> Result<UssdRequest, DecodeFault> {
        if http.body.len() > BODY_BYTES_MAX {
            return Err(DecodeFault::BodyTooLarge);
        }
        match self {
            Dialect::AfricasTalking => africastalking::decode(http),
        }
    }

    /// The content type and the body of an answer, to be sent with status 200.
    pub fn encode(self, answer: &UssdAnswer) -> (&'static str, Vec<u8>) {
        match self {
            Dialect::AfricasTalking => africastalking::encode(answer),
        }
    }

    /// The content type and the body that acknowledge [`UssdEvent::Closed`], to be sent with status 200.
    pub fn acknowledge(self) -> (&'static str, Vec<u8>) {
        match self {
            Dialect::AfricasTalking => (africastalking::CONTENT_TYPE, Vec::new()),
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
        assert_eq!(Dialect::from_name("AfricasTalking"), None);
    }

    #[test]
    fn debug_shows_no_number_session_or_input() {
        let request = UssdRequest {
            session: "ATUid_1".into(),
            msisdn: "+250788000001".into(),
            service_code: "*567#".into(),
            network: None,
            event: UssdEvent::Cumulative("1*Uwase*9311".into()),
            hop_id: None,
        };
        let shown = format!("{request:?} {:?}", UssdAnswer { text: "Muraho Uwase".into(), end: false });
        assert!(shown.contains("Cumulative(12 B)") && shown.contains("Continue(12 B)"), "{shown}");
        assert!(["Uwase", "9311", "788", "ATUid"].iter().all(|secret| !shown.contains(secret)), "{shown}");
    }
}
