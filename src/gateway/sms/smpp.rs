//! SMPP 3.4 as plain values: what a message is made of on the wire, what a status means, what an SMSC tells us.
//!
//! `transport/smpp.rs` keeps the session and carries the octets. The protocol leaves to the operator what matters most,
//! so that a [`Profile`] says it for each channel: what data coding 0 means, how addresses are marked, and in which
//! base message ids are written. The traps: an id comes back in a receipt in other letter case, with other leading
//! zeros or in another base; a receipt's fields are missing, reordered or only in TLVs; a response with an error has no
//! body.

mod delivered;
mod ids;
mod incoming;
mod parts;
pub mod pdu;
mod receipt;
mod status;

pub use delivered::Delivered;
pub use ids::{IdForm, IdFrom, PROVIDER_ID_CHARACTERS_MAX, canonical_id};
pub use parts::{PARTS_MAX, Unsendable};
pub use status::{PartAnswer, Place, bind_is_refused, ends_session, status_name};

use std::fmt;

use super::{DecodeFault, HookEvent, HookKind, SendOutcome};
use pdu::Frame;

/// The most octets of a sender or recipient on the wire, without the NUL (SMPP 3.4, 5.2.8 and 5.2.9).
pub const ADDRESS_OCTETS_MAX: usize = 20;

/// What data coding 0, "the SMSC's default alphabet", means at this SMSC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// The GSM 7-bit alphabet, unpacked: one septet an octet. The usual meaning.
    #[default]
    Gsm7,
    /// ISO 8859-1, which the SMSC turns into the alphabet of phones.
    Latin1,
    /// ASCII, the same.
    Ascii,
}

impl Alphabet {
    /// The alphabet of this name in the configuration: `gsm7`, `latin1` or `ascii`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "gsm7" => Some(Self::Gsm7),
            "latin1" => Some(Self::Latin1),
            "ascii" => Some(Self::Ascii),
            _ => None,
        }
    }
}

/// How an address is marked: type of number and numbering plan (SMPP 3.4, 5.2.5 and 5.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addressing {
    /// 0 unknown, 1 international, 2 national, 3 network specific, 5 alphanumeric, 6 abbreviated.
    pub ton: u8,
    /// 0 unknown, 1 E.164.
    pub npi: u8,
}

impl Addressing {
    /// Digits of E.164 without `+`.
    pub const INTERNATIONAL: Self = Self { ton: 1, npi: 1 };
    /// A name.
    pub const ALPHANUMERIC: Self = Self { ton: 5, npi: 0 };
    /// A short code. Some SMSCs want type 6 or plan 1 instead.
    pub const SHORT_CODE: Self = Self { ton: 3, npi: 0 };

    /// The usual marks of a sender: a name, a short code of up to eight digits, or a whole number.
    pub fn of_sender(sender: &str) -> Self {
        let digits = sender.strip_prefix('+').unwrap_or(sender);
        match digits.bytes().all(|byte| byte.is_ascii_digit()) {
            false => Self::ALPHANUMERIC,
            true if digits.len() <= 8 => Self::SHORT_CODE,
            true => Self::INTERNATIONAL,
        }
    }
}

/// How one SMSC wants messages written and is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What data coding 0 means, in both directions.
    pub alphabet: Alphabet,
    /// How our sender is marked.
    pub source: Addressing,
    /// How the recipient is marked.
    pub destination: Addressing,
    /// `service_type` of each message, up to five characters; nearly always empty.
    pub service_type: String,
    /// In which base the SMSC writes message ids.
    pub id_form: IdForm,
    /// What statuses mean at this SMSC alone: its own of 0x400 to 0x4FF, or others that it uses in its own way.
    pub statuses: Vec<(u32, SendOutcome)>,
}

impl Profile {
    /// What most SMSCs expect from this sender.
    pub fn for_sender(sender: &str) -> Self {
        Self {
            alphabet: Alphabet::default(),
            source: Addressing::of_sender(sender),
            destination: Addressing::INTERNATIONAL,
            service_type: String::new(),
            id_form: IdForm::default(),
            statuses: Vec::new(),
        }
    }
}

/// An account at an SMSC.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// `smpp://HOST` or `smpp://HOST:PORT`.
    pub endpoint: String,
    /// TLS, with the certificates that the machine trusts.
    pub tls: bool,
    /// The sender shown on the phone: a registered name or a short code.
    pub sender: String,
    /// `system_id`
    pub username: String,
    /// Its password.
    pub password: String,
    /// What kind of system we are, by agreement with the operator; often empty.
    pub system_type: String,
    /// How messages are written and read.
    pub profile: Profile,
}

/// Secrets stay out of logs.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("dialect", &"smpp").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Account {
    /// An account without a name or a secret, at what most SMSCs expect from this sender.
    pub fn of(endpoint: &str, sender: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            tls: false,
            sender: sender.to_owned(),
            username: String::new(),
            password: String::new(),
            system_type: String::new(),
            profile: Profile::for_sender(sender),
        }
    }

    /// What one unit tells that the SMSC delivered: its octets, as they were written down when they came.
    pub fn decode(&self, octets: &[u8]) -> Result<Vec<HookEvent>, DecodeFault> {
        let unit = Frame::take(&mut octets.to_vec()).ok().flatten();
        let delivered = unit.as_ref().and_then(Delivered::read).ok_or(DecodeFault::Malformed("unit"))?;
        Ok(self.profile.event(&delivered).into_iter().collect())
    }
}

/// Under what an event of a session is written down.
pub fn kind_of(event: &HookEvent) -> HookKind {
    match event {
        HookEvent::Receipt(_) => HookKind::Receipt,
        HookEvent::Inbound(_) | HookEvent::OptedOut(_) => HookKind::Inbound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_again_as_it_was_written_down_and_what_is_none_is_refused() {
        let account = Account { password: "hunter2".into(), ..Account::of("smpp://127.0.0.1:2775", "8282") };
        let body = b"\0\x01\x01250788000001\0\x03\x008282\0\0\0\0\0\0\0\0\0\0\x04STOP".to_vec();
        let unit = Frame { body, ..Frame::bare(pdu::DELIVER_SM, 0, 7) }.octets();
        let events = account.decode(&unit).unwrap();
        assert!(matches!(&events[..], [HookEvent::Inbound(sms)] if sms.from == "250788000001" && sms.text == "STOP"));
        assert_eq!(kind_of(&events[0]), HookKind::Inbound);
        for bad in [&b""[..], b"text", &unit[..20]] {
            assert_eq!(account.decode(bad), Err(DecodeFault::Malformed("unit")));
        }
        assert!(!format!("{account:?}").contains("hunter2"));
    }

    #[test]
    fn senders_are_marked_by_what_they_are() {
        for (sender, addressing) in [
            ("Kaziline", Addressing::ALPHANUMERIC),
            ("8282", Addressing::SHORT_CODE),
            ("250788000001", Addressing::INTERNATIONAL),
            ("+250788000001", Addressing::INTERNATIONAL),
            ("Job 24", Addressing::ALPHANUMERIC),
        ] {
            assert_eq!(Profile::for_sender(sender).source, addressing, "{sender}");
        }
    }

    #[test]
    fn alphabets_are_found_by_their_names() {
        assert_eq!(Alphabet::from_name("gsm7"), Some(Alphabet::Gsm7));
        assert_eq!(Alphabet::from_name("latin1"), Some(Alphabet::Latin1));
        assert_eq!(Alphabet::from_name("ascii"), Some(Alphabet::Ascii));
        assert_eq!(Alphabet::from_name("GSM7"), None);
    }
}
