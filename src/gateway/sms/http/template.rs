//! The template of a reseller: what its requests, answers and calls look like.
//!
//! `keys.rs` sets the fields from the flat texts of a configuration, and `check.rs` finds what only the whole can tell:
//! a missing address, an id that no report could match.

use std::fmt;
use std::ops::RangeInclusive;

use super::pattern::Escape;
use crate::gateway::Method;

/// The value of `http_id` that looks for it between two texts.
pub(super) const ID_BETWEEN: &str = "between";

/// What is wrong with a template. The first field is the key; no value is ever repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// No key of that name.
    #[error("no such key")]
    UnknownKey,
    /// It must be set, because of another that is or always.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Its value breaks a rule, which says what to write.
    #[error("`{0}`: {1}")]
    Rule(&'static str, &'static str),
}

impl TemplateFault {
    /// The key at fault; `None` where it is not known, and the caller has its name.
    pub fn key(self) -> Option<&'static str> {
        match self {
            TemplateFault::UnknownKey => None,
            TemplateFault::Missing(key) | TemplateFault::Rule(key, _) => Some(key),
        }
    }
}

/// The type of a body, which says how values are escaped in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// `a=b&c=d`
    Form,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// Text without escapes.
    Text,
}

impl BodyType {
    pub(super) fn media(self) -> &'static str {
        match self {
            BodyType::Form => "application/x-www-form-urlencoded",
            BodyType::Json => "application/json",
            BodyType::Xml => "application/xml; charset=utf-8",
            BodyType::Text => "text/plain; charset=utf-8",
        }
    }

    pub(super) fn escape(self) -> Escape {
        match self {
            BodyType::Form => Escape::Percent,
            BodyType::Json => Escape::Json,
            BodyType::Xml => Escape::Xml,
            BodyType::Text => Escape::Plain,
        }
    }
}

/// A header of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// In lower case.
    pub name: &'static str,
    /// With placeholders.
    pub value: String,
}

/// The value may have a secret in it.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({})", self.name)
    }
}

/// A reseller. Each field is set by the key of its name behind `http_` (see [`super::KEYS`]); a text or a list that is
/// not set is empty.
///
/// Patterns may have placeholders: `{to}` (digits), `{to_plus}`, `{text}`, `{sender}`, `{ref}` (our name of the
/// message), `{username}`, `{password}`, `{basic}` (name and password in base64) and `{valid_minutes}`. `{{` writes
/// `{`.
///
/// Texts that an answer *contains* are looked for letter by letter, refusals before acceptance and in the order of the
/// fields. A *field* of a call is a name in its query or its form, or, beginning with `/`, a place in its JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    /// `get`, unless set, or `post`.
    pub method: Method,
    /// A pattern: the whole address. Values are escaped for a query. Its path is logged, so they belong in the query.
    pub url: String,
    /// The type of the body: `form`, `json`, `xml` or `text`. Not set without a body.
    pub content_type: Option<BodyType>,
    /// A pattern. Values are escaped for the content type.
    pub body: String,
    /// A list of `Name: value`; the values are patterns.
    pub headers: Vec<Header>,
    /// Texts that tell that messages come too fast.
    pub throttled_contains: Vec<String>,
    /// Texts that tell that the account is out of credit.
    pub no_credit_contains: Vec<String>,
    /// Texts that tell that name, password or sender are wrong.
    pub credentials_contains: Vec<String>,
    /// Texts that tell that this message will never be taken.
    pub permanent_contains: Vec<String>,
    /// Texts that tell that the number wants no messages.
    pub opted_out_contains: Vec<String>,
    /// The statuses of HTTP that accept, single or in ranges; `200-299` unless set.
    pub accepted_status: Vec<RangeInclusive<u16>>,
    /// A text that an answer must have to be an acceptance.
    pub accepted_contains: String,
    /// Where an acceptance has the id of the message: a place in JSON (`/messages/0/id`), or `between` two texts.
    pub id: String,
    /// The text before an id that stands between two; unless set the beginning of the answer.
    pub id_after: String,
    /// The text behind it; unless set the next space or line break.
    pub id_before: String,
    /// The field of a report that names the message.
    pub receipt_id: String,
    /// The field of a report that tells where it is.
    pub receipt_status: String,
    /// `true` where a report names it by our `{ref}`; unless set, by the id of the acceptance.
    pub receipt_ours: bool,
    /// The words of a report for a message that the phone has, compared without case; unless set those of SMPP and
    /// their like. So for the three below.
    pub delivered: Vec<String>,
    /// The phone will not get it.
    pub undelivered: Vec<String>,
    /// The phone could not be reached in time.
    pub expired: Vec<String>,
    /// Nothing is decided.
    pub in_flight: Vec<String>,
    /// The field with the number of the phone that sends a message.
    pub inbound_from: String,
    /// The field with its text.
    pub inbound_text: String,
    /// The field with the number it was sent to; unless set, that is the sender of the channel.
    pub inbound_to: String,
    /// The field with the reseller's name of it.
    pub inbound_id: String,
    /// The field with the network of the phone.
    pub inbound_network: String,
    /// The text that is answered to a call.
    pub acknowledge: String,
}

impl Default for Template {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            method: Method::Get,
            url: String::new(),
            content_type: None,
            body: String::new(),
            headers: Vec::new(),
            accepted_status: vec![200..=299],
            accepted_contains: String::new(),
            id: String::new(),
            id_after: String::new(),
            id_before: String::new(),
            throttled_contains: Vec::new(),
            no_credit_contains: Vec::new(),
            credentials_contains: Vec::new(),
            permanent_contains: Vec::new(),
            opted_out_contains: Vec::new(),
            receipt_id: String::new(),
            receipt_status: String::new(),
            receipt_ours: false,
            delivered: words(&["DELIVRD", "delivered"]),
            undelivered: words(&["UNDELIV", "undelivered", "REJECTD", "rejected", "DELETED", "failed"]),
            expired: words(&["EXPIRED"]),
            in_flight: words(&["ENROUTE", "ACCEPTD", "accepted", "queued", "submitted", "sent", "pending"]),
            inbound_from: String::new(),
            inbound_text: String::new(),
            inbound_to: String::new(),
            inbound_id: String::new(),
            inbound_network: String::new(),
            acknowledge: String::new(),
        }
    }
}

/// Addresses, bodies and headers may hold secrets.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, content_type) = (&self.method, &self.content_type);
        f.debug_struct("Template").field("method", method).field("content_type", content_type).finish_non_exhaustive()
    }
}
