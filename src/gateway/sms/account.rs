//! An account at a provider: what a dialect needs besides the message.

use std::fmt;

use super::{Dialect, http};

/// An account at a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The protocol.
    pub dialect: Dialect,
    /// Where the provider's API is: an absolute address without a `/` at its end. The dialect adds the path.
    pub endpoint: String,
    /// The sender shown on the phone: a registered name or a short code.
    pub sender: String,
    /// The name of the account: a user name, a client id, a key's name, as the provider calls it.
    pub username: String,
    /// Its password, token or key.
    pub password: String,
    /// Where the provider shall report deliveries, for dialects that say so with each message; empty: nowhere.
    pub receipt_url: String,
    /// What a reseller's requests and answers look like; for the dialect `http` alone.
    pub template: Option<Box<http::Template>>,
}

impl Account {
    /// An account at the dialect's own place, without a name or a secret.
    pub fn of(dialect: Dialect) -> Self {
        Self {
            dialect,
            endpoint: dialect.endpoint().unwrap_or_default().to_owned(),
            sender: "Kaziline".to_owned(),
            username: String::new(),
            password: String::new(),
            receipt_url: String::new(),
            template: None,
        }
    }
}

/// Secrets stay out of logs, and the address of receipts has one in it.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("dialect", &self.dialect)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// How many messages one request may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batching {
    /// One.
    One,
    /// So many, if they have the same text and the same `valid_s`.
    SameText(usize),
    /// So many.
    Any(usize),
}
