//! Sealed columns and keyed hashes: how personal data stand in the database.
//!
//! A sealed value is `key id (1 byte) | ciphertext | tag (16)`, AES-256-GCM-SIV bound to its table, column, row and key:
//! moved anywhere else it does not open. The nonce is the row's number: this cipher is made for nonces that come again
//! (RFC 8452), so sealing needs no randomness and a transaction that runs again writes the same bytes. What that tells a
//! reader of the database: when one row's column is set back to an earlier value, and each value's length. A column is
//! found by its keyed hash in a column beside it.

use std::sync::Arc;

use aws_lc_rs::{aead, hkdf, hmac};

use super::Error;
pub use super::key_file::KeyFault;

/// Bytes of the secret from which every key is derived.
pub(super) const SECRET_BYTES: usize = 32;
/// Bytes that remember in a database which keys are its own.
const CHECK_BYTES: usize = 16;
const HEAD_BYTES: usize = 1;

/// A sealed column: values of one do not open as those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The table's name.
    pub table: &'static str,
    /// The column's name.
    pub column: &'static str,
}

impl Column {
    /// Column `column` of `table`.
    pub const fn new(table: &'static str, column: &'static str) -> Self {
        Self { table, column }
    }
}

/// What a keyed hash is for: equal bytes hash differently for each purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A phone number, to find its person.
    Msisdn,
    /// The cumulative text of a session, to tell a redelivery from a new input.
    SessionText,
    /// A number that wants no messages, kept after its person is erased.
    Refusal,
    /// A message from a phone, to tell a repeat.
    InboundSms,
    /// An access token of the API or of an operator.
    Token,
    /// A mail address or an endpoint, to find its messages.
    MailAddress,
    /// The right to end messages to a mail address.
    MailStop,
    /// A person's PIN.
    Pin,
}

impl Purpose {
    const ALL: [Purpose; 8] = [
        Purpose::Msisdn,
        Purpose::SessionText,
        Purpose::Refusal,
        Purpose::InboundSms,
        Purpose::Token,
        Purpose::MailAddress,
        Purpose::MailStop,
        Purpose::Pin,
    ];

    /// Part of the derivation: changing a label orphans every hash of that purpose.
    fn label(self) -> &'static str {
        match self {
            Purpose::Msisdn => "hash/msisdn",
            Purpose::SessionText => "hash/session-text",
            Purpose::Refusal => "hash/refusal",
            Purpose::InboundSms => "hash/inbound-sms",
            Purpose::Token => "hash/token",
            Purpose::MailAddress => "hash/mail-address",
            Purpose::MailStop => "hash/mail-stop",
            Purpose::Pin => "hash/pin",
        }
    }
}

struct Derived {
    key_id: u8,
    seal: aead::LessSafeKey,
    check: hmac::Key,
    backup: hmac::Key,
    hashes: [hmac::Key; Purpose::ALL.len()],
}

/// The keys of one deployment, derived from the secret in its key file. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    derived: Arc<Derived>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("key_id", &self.derived.key_id).finish_non_exhaustive()
    }
}

impl Keys {
    /// Derives the keys of `secret`, which stands in the key file under `key_id`.
    pub(super) fn derive(key_id: u8, secret: &[u8; SECRET_BYTES]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"kaziline").extract(secret);
        Self {
            derived: Arc::new(Derived {
                key_id,
                seal: seal_key(&prk),
                check: hmac_key(&prk, "check"),
                backup: hmac_key(&prk, "backup"),
                hashes: Purpose::ALL.map(|purpose| hmac_key(&prk, purpose.label())),
            }),
        }
    }

    /// Keys that everybody can derive: for a store in memory, in a test or a trial, that holds nobody's data.
    pub fn of_no_secret() -> Self {
        Self::derive(1, b"the fixed secret of all of tests")
    }

    /// The number of the key with which values are sealed.
    pub(super) fn key_id(&self) -> i64 {
        i64::from(self.derived.key_id)
    }

    /// What a database remembers to recognise its keys by.
    pub(super) fn check_value(&self) -> Vec<u8> {
        hmac::sign(&self.derived.check, b"kaziline database").as_ref().iter().copied().take(CHECK_BYTES).collect()
    }

    /// The key from which the keys of encrypted backups are derived.
    pub(super) fn backup(&self) -> &hmac::Key {
        &self.derived.backup
    }

    /// Seals `plain` for column `column` of row `row_id`: 17 bytes longer, the same bytes every time.
    ///
    /// # Panics
    /// When `plain` is longer than 2^36 bytes, which no column holds: nothing unsealed may ever be stored instead.
    pub fn seal(&self, column: Column, row_id: i64, plain: &[u8]) -> Vec<u8> {
        let place = self.place(column, row_id);
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + aead::MAX_TAG_LEN);
        sealed.push(self.derived.key_id);
        sealed.extend_from_slice(plain);
        let body = sealed.get_mut(HEAD_BYTES..).unwrap_or_default();
        match self.derived.seal.seal_in_place_separate_tag(nonce_of(row_id), aead::Aad::from(&place), body) {
            Ok(tag) => sealed.extend_from_slice(tag.as_ref()),
            Err(_) => unreachable!("a value too long to be sealed"),
        }
        sealed
    }

    /// Opens what [`Keys::seal`] made for this very column and row; anything else is [`Error::Corrupt`].
    pub fn open(&self, column: Column, row_id: i64, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        const REFUSED: Error = Error::Corrupt { what: "a sealed value does not open" };
        let (key_id, body) = sealed.split_first().ok_or(REFUSED)?;
        if *key_id != self.derived.key_id {
            return Err(Error::Corrupt { what: "a sealed value was sealed with another key" });
        }
        let mut plain = body.to_vec();
        let place = self.place(column, row_id);
        let opened = self.derived.seal.open_in_place(nonce_of(row_id), aead::Aad::from(&place), &mut plain);
        let length = opened.map_err(|_| REFUSED)?.len();
        plain.truncate(length);
        Ok(plain)
    }

    /// As [`Keys::open`], for text.
    pub fn open_text(&self, column: Column, row_id: i64, sealed: &[u8]) -> Result<String, Error> {
        String::from_utf8(self.open(column, row_id, sealed)?)
            .map_err(|_| Error::Corrupt { what: "a sealed value is not text" })
    }

    /// The keyed hash of `bytes` for `purpose`: found again by equality, worth nothing without the keys.
    pub fn keyed_hash(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        let [msisdn, session_text, refusal, inbound_sms, token, mail_address, mail_stop, pin] = &self.derived.hashes;
        let key = match purpose {
            Purpose::Msisdn => msisdn,
            Purpose::SessionText => session_text,
            Purpose::Refusal => refusal,
            Purpose::InboundSms => inbound_sms,
            Purpose::Token => token,
            Purpose::MailAddress => mail_address,
            Purpose::MailStop => mail_stop,
            Purpose::Pin => pin,
        };
        let mut hash = [0; 32];
        hash.iter_mut().zip(hmac::sign(key, bytes).as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }

    /// Where a value stands, unambiguously: lengths go before names.
    fn place(&self, column: Column, row_id: i64) -> Vec<u8> {
        let mut place = Vec::with_capacity(column.table.len() + column.column.len() + 25);
        for name in [column.table, column.column] {
            place.extend_from_slice(&(name.len() as u64).to_be_bytes());
            place.extend_from_slice(name.as_bytes());
        }
        place.extend_from_slice(&row_id.to_be_bytes());
        place.push(self.derived.key_id);
        place
    }
}

fn nonce_of(row_id: i64) -> aead::Nonce {
    let mut nonce = [0; aead::NONCE_LEN];
    nonce.iter_mut().zip(row_id.to_be_bytes()).for_each(|(to, from)| *to = from);
    aead::Nonce::assume_unique_for_key(nonce)
}

/// HKDF refuses only outputs longer than 255 hashes; these are one hash long.
const EXPANDS: &str = "an output of one hash is always granted";

fn hmac_key(prk: &hkdf::Prk, label: &str) -> hmac::Key {
    let info = [label.as_bytes()];
    prk.expand(&info, hmac::HMAC_SHA256).map_or_else(|_| unreachable!("{EXPANDS}"), hmac::Key::from)
}

fn seal_key(prk: &hkdf::Prk) -> aead::LessSafeKey {
    let info: [&[u8]; 1] = [b"seal"];
    let key = prk.expand(&info, &aead::AES_256_GCM_SIV).map_or_else(|_| unreachable!("{EXPANDS}"), Into::into);
    aead::LessSafeKey::new(key)
}
