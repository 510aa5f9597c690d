//! What a message carries, and to whom: an SMS to a number, an e-mail to an address, an event to an endpoint.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::caps::PREFIX_DIGITS;
use super::route::{self, Kind};
use super::{ADDRESS, BODY, Error};
use crate::country::Msisdn;
use crate::gateway::email::MailAddress;
use crate::gateway::webhook;
use crate::storage::{self, Keys, Purpose};
use crate::text::segments;

/// Segments of the longest SMS. More is an essay, and dear.
const SEGMENTS_MAX: usize = 10;
/// Longest route, in bytes: a country, a network and a class.
const ROUTE_BYTES_MAX: usize = 80;

/// What is to be sent.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// An SMS.
    Sms(NewSms<'a>),
    /// An e-mail.
    Mail {
        /// To whom.
        to: &'a MailAddress,
        /// What.
        letter: &'a Letter,
    },
    /// An event for an endpoint.
    Event {
        /// Which.
        endpoint_id: i64,
        /// What happened.
        event: &'a Event,
    },
}

/// An SMS to be sent.
#[derive(Clone, Copy)]
pub struct NewSms<'a> {
    /// The recipient.
    pub to: &'a Msisdn,
    /// The number's generation: it grows when the number gets another owner.
    pub generation: i64,
    /// Where it can go: [`route::route`]; empty: over any channel for SMS.
    pub route: &'a str,
    /// The whole text, ready to be read.
    pub text: &'a str,
}

/// The words of an e-mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The recipient's name, to stand beside the address.
    pub to_name: Option<String>,
    /// One line.
    pub subject: String,
    /// The whole text; an empty line begins a paragraph.
    pub text: String,
    /// The language of the text, as a tag: `rw`.
    pub language: String,
    /// Whether the recipient may end such messages with one click: all but what nobody can do without.
    pub can_stop: bool,
}

/// What happened, for whoever asked to be told.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its type: words of letters, digits and `_`, parted by `.`, as in `application.accepted`.
    pub kind: String,
    /// When it happened, in milliseconds since the epoch.
    pub occurred_ms: i64,
    /// What happened; its shape belongs to the type.
    pub data: serde_json::Value,
    /// Whose name or number is in it: it goes with them.
    #[serde(skip)]
    pub person_id: Option<i64>,
}

/// Numbers, addresses and words stay out of logs.
impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Content::Sms(_) => "Sms(..)",
            Content::Mail { .. } => "Mail(..)",
            Content::Event { .. } => "Event(..)",
        })
    }
}

/// The same.
impl fmt::Debug for NewSms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSms").field("route", &self.route).finish_non_exhaustive()
    }
}

/// People's words stay out of logs.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("language", &self.language).finish_non_exhaustive()
    }
}

/// The data is about people.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What a row holds of a content. Address and body are sealed for the row.
pub(super) struct Row {
    pub(super) route: String,
    pub(super) address: Vec<u8>,
    pub(super) address_hmac: [u8; 32],
    /// Empty where neighbours are not counted together.
    pub(super) prefix_hmac: Vec<u8>,
    pub(super) generation: i64,
    /// 0: none.
    pub(super) endpoint_id: i64,
    pub(super) body: Vec<u8>,
    pub(super) segments: i64,
}

impl Content<'_> {
    /// Checked and sealed for the row `id`: bounds are checked here once, so that no message can enter that cannot leave.
    pub(super) fn row(&self, keys: &Keys, id: i64) -> Result<Row, Error> {
        let unread = |_| Error::OutOfBounds("content");
        let row = |route: &str, (purpose, address): (Purpose, &[u8]), body: &[u8], segments: usize| Row {
            route: route.to_owned(),
            address: keys.seal(ADDRESS, id, address),
            address_hmac: keys.keyed_hash(purpose, address),
            prefix_hmac: Vec::new(),
            generation: 0,
            endpoint_id: 0,
            body: keys.seal(BODY, id, body),
            segments: i64::try_from(segments).unwrap_or(i64::MAX),
        };
        match *self {
            Content::Sms(NewSms { to, generation, route, text }) => {
                let segments = segments::plan(text).segments;
                if text.is_empty() || segments > SEGMENTS_MAX {
                    return Err(Error::OutOfBounds("text"));
                }
                if route.len() > ROUTE_BYTES_MAX || Kind::of_route(route) != Kind::Sms {
                    return Err(Error::OutOfBounds("route"));
                }
                let number = to.as_str().as_bytes();
                let neighbours = number.get(..PREFIX_DIGITS).unwrap_or(number);
                let prefix_hmac = keys.keyed_hash(Purpose::Msisdn, neighbours).to_vec();
                Ok(Row { prefix_hmac, generation, ..row(route, (Purpose::Msisdn, number), text.as_bytes(), segments) })
            }
            Content::Mail { to, letter } => {
                if letter.text.is_empty() || letter.subject.is_empty() {
                    return Err(Error::OutOfBounds("text"));
                }
                let body = serde_json::to_vec(letter).map_err(unread)?;
                Ok(row(route::EMAIL, (Purpose::MailAddress, to.as_str().as_bytes()), &body, 1))
            }
            Content::Event { endpoint_id, event } => {
                let body = serde_json::to_vec(event).map_err(unread)?;
                if body.len() > webhook::BODY_BYTES_MAX {
                    return Err(Error::OutOfBounds("event"));
                }
                let address = format!("endpoint/{endpoint_id}");
                Ok(Row { endpoint_id, ..row(route::WEBHOOK, (Purpose::MailAddress, address.as_bytes()), &body, 1) })
            }
        }
    }
}

/// A claimed message, unsealed.
pub enum Opened {
    /// An SMS.
    Sms {
        /// E.164 digits.
        to: String,
        /// The text.
        text: String,
    },
    /// An e-mail.
    Mail {
        /// The address.
        to: String,
        /// What.
        letter: Letter,
    },
    /// An event.
    Event(Event),
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

impl Opened {
    /// Unseals what [`Content::row`] sealed.
    pub(super) fn open(keys: &Keys, id: i64, route: &str, address: &[u8], body: &[u8]) -> Result<Self, storage::Error> {
        let unread = |_| storage::Error::Corrupt { what: "the words of a message" };
        let to = keys.open_text(ADDRESS, id, address)?;
        let text = keys.open_text(BODY, id, body)?;
        Ok(match Kind::of_route(route) {
            Kind::Sms => Opened::Sms { to, text },
            Kind::Mail => Opened::Mail { to, letter: serde_json::from_str(&text).map_err(unread)? },
            Kind::Webhook => Opened::Event(serde_json::from_str(&text).map_err(unread)?),
        })
    }
}
