//! Protocol data units of SMPP 3.4: the header of all, and those that we send.
//!
//! Written out rather than taken from a crate. Those that there are refuse a whole unit, and with it the connection,
//! for what SMSCs do every day: an id without its NUL, a sender's name in Latin-1, a receipt with a short time or a cut
//! TLV. The SMSC then sends the same receipt again, for ever. Here the parts that can be read are read.

use std::fmt;

use super::delivered::latin1;

/// Length, command, status, sequence number: four octets each (SMPP 3.4, 3.2).
pub const HEADER_OCTETS: usize = 16;
/// The largest unit that is read, in octets: a whole `message_payload` and as much again for the rest.
pub const PDU_OCTETS_MAX: usize = 128 * 1024;

/// The bit that makes a response of a request's command.
pub const RESPONSE: u32 = 0x8000_0000;
/// `generic_nack`: what came could not be understood.
pub const GENERIC_NACK: u32 = 0x8000_0000;
/// `submit_sm`: a message from us.
pub const SUBMIT_SM: u32 = 0x0000_0004;
/// `deliver_sm`: a receipt, or a message from a phone.
pub const DELIVER_SM: u32 = 0x0000_0005;
/// `unbind`: the end of the session.
pub const UNBIND: u32 = 0x0000_0006;
/// `bind_transceiver`: one session for both directions.
pub const BIND_TRANSCEIVER: u32 = 0x0000_0009;
/// `enquire_link`: is the other side there?
pub const ENQUIRE_LINK: u32 = 0x0000_0015;
/// `alert_notification`: a phone is in reach again. It has no response.
pub const ALERT_NOTIFICATION: u32 = 0x0000_0102;
/// `data_sm`: what some SMSCs send receipts with instead of `deliver_sm`.
pub const DATA_SM: u32 = 0x0000_0103;

/// The interface version of SMPP 3.4.
const INTERFACE_VERSION: u8 = 0x34;

/// One unit: its header, and its body as it came. `Debug` shows no octet of the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it asks or answers.
    pub command: u32,
    /// 0, or what went wrong.
    pub status: u32,
    /// The same in a request and in its response.
    pub sequence: u32,
    /// Everything behind the header; empty in many responses.
    pub body: Vec<u8>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, status, sequence, body } = self;
        write!(f, "Frame({command:#x}, status {status:#x}, sequence {sequence}, {} B)", body.len())
    }
}

/// The octets cannot be a unit, and where the next one begins is not known: the connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not SMPP: a unit of {0} octets")]
pub struct OutOfStep(pub u32);

impl Frame {
    /// A unit without a body.
    pub fn bare(command: u32, status: u32, sequence: u32) -> Self {
        Self { command, status, sequence, body: Vec::new() }
    }

    /// Takes the first unit from what was received; `None` while it is not whole.
    pub fn take(received: &mut Vec<u8>) -> Result<Option<Self>, OutOfStep> {
        let (words, _) = received.as_chunks();
        let &[octets, command, status, sequence, ..] = words else { return Ok(None) };
        let [octets, command, status, sequence] = [octets, command, status, sequence].map(u32::from_be_bytes);
        let whole = usize::try_from(octets).ok().filter(|whole| (HEADER_OCTETS..=PDU_OCTETS_MAX).contains(whole));
        let whole = whole.ok_or(OutOfStep(octets))?;
        if received.len() < whole {
            return Ok(None);
        }
        let body = received.drain(..whole).skip(HEADER_OCTETS).collect();
        Ok(Some(Self { command, status, sequence, body }))
    }

    /// The octets to send.
    pub fn octets(&self) -> Vec<u8> {
        let whole = HEADER_OCTETS + self.body.len();
        let mut octets = Vec::with_capacity(whole);
        for field in [u32::try_from(whole).unwrap_or(u32::MAX), self.command, self.status, self.sequence] {
            octets.extend(field.to_be_bytes());
        }
        octets.extend(&self.body);
        octets
    }

    /// The message id of a `submit_sm_resp`; empty where there is none. An id without its NUL is read to the end.
    pub fn message_id(&self) -> String {
        let id = self.body.split(|octet| *octet == 0).next().unwrap_or_default();
        latin1(id)
    }
}

/// What a bind says of us.
#[derive(Clone, PartialEq, Eq)]
pub struct Bind {
    /// The name of the account, at most 15 characters.
    pub system_id: String,
    /// The password: at most 8 characters by the standard, more at some SMSCs.
    pub password: String,
    /// What kind of system binds, by agreement: `SMPP`, `VMA`; often empty.
    pub system_type: String,
}

/// Name and password stay out of logs.
impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind").finish_non_exhaustive()
    }
}

impl Bind {
    /// `bind_transceiver`, with an empty address range: everything that is ours.
    pub fn frame(&self, sequence: u32) -> Frame {
        let mut body = Vec::new();
        for text in [&self.system_id, &self.password, &self.system_type] {
            c_string(&mut body, text);
        }
        body.extend([INTERFACE_VERSION, 0, 0, 0]);
        Frame { body, ..Frame::bare(BIND_TRANSCEIVER, 0, sequence) }
    }
}

/// One part of a message from us, in the order of `submit_sm` (SMPP 3.4, 4.4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct SubmitSm {
    /// Up to five characters.
    pub service_type: String,
    /// Type of number, plan, and the sender itself.
    pub source: (u8, u8, String),
    /// Type of number, plan, and the recipient itself.
    pub destination: (u8, u8, String),
    /// 0x40 where a header of parts stands before the text.
    pub esm_class: u8,
    /// The time after which it is of no use, in the relative form `YYMMDDhhmmss000R`.
    pub validity: String,
    /// Whether a receipt of the final state is wanted.
    pub receipt: bool,
    /// 0: by the SMSC's setting; 8: UCS-2.
    pub data_coding: u8,
    /// Header and text: at most 254 octets.
    pub message: Vec<u8>,
}

/// Number and text stay out of logs.
impl fmt::Debug for SubmitSm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitSm").field("octets", &self.message.len()).finish_non_exhaustive()
    }
}

impl SubmitSm {
    /// The unit that submits it.
    pub fn frame(&self, sequence: u32) -> Frame {
        let mut body = Vec::with_capacity(80 + self.message.len());
        c_string(&mut body, &self.service_type);
        for (ton, npi, address) in [&self.source, &self.destination] {
            body.extend([*ton, *npi]);
            c_string(&mut body, address);
        }
        // protocol_id and priority_flag are 0; schedule_delivery_time is empty: at once.
        body.extend([self.esm_class, 0, 0, 0]);
        c_string(&mut body, &self.validity);
        // replace_if_present_flag and sm_default_msg_id are 0.
        body.extend([u8::from(self.receipt), 0, self.data_coding, 0]);
        body.push(u8::try_from(self.message.len()).unwrap_or(u8::MAX));
        body.extend(self.message.iter().take(usize::from(u8::MAX)));
        Frame { body, ..Frame::bare(SUBMIT_SM, 0, sequence) }
    }
}

/// A text and its NUL. A NUL inside would end it early and move all that follows: it is left out.
fn c_string(body: &mut Vec<u8>, text: &str) {
    body.extend(text.bytes().filter(|octet| *octet != 0));
    body.push(0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn submission() -> SubmitSm {
        SubmitSm {
            service_type: String::new(),
            source: (5, 0, "Kaziline".into()),
            destination: (1, 1, "250788000001".into()),
            esm_class: 0,
            validity: "000000060000000R".into(),
            receipt: true,
            data_coding: 0,
            message: b"Muraho".to_vec(),
        }
    }

    #[test]
    fn a_bind_is_written_as_the_standard_shows() {
        let bind = Bind { system_id: "SMPP3TEST".into(), password: "secret08".into(), system_type: "SUBMIT1".into() };
        let octets = bind.frame(1).octets();
        assert_eq!(octets[..16], [0, 0, 0, 0x2F, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(octets[16..], *b"SMPP3TEST\0secret08\0SUBMIT1\0\x34\0\0\0");
    }

    #[test]
    fn a_submission_has_every_field_in_its_place() {
        let frame = submission().frame(7);
        assert_eq!((frame.command, frame.status, frame.sequence), (4, 0, 7));
        let expected =
            b"\0\x05\0Kaziline\0\x01\x01250788000001\0\0\0\0\x00000000060000000R\0\x01\0\0\0\x06Muraho".as_slice();
        assert_eq!(frame.body, expected);
        let silent = SubmitSm { receipt: false, esm_class: 0x40, data_coding: 8, ..submission() }.frame(7);
        let fields: Vec<usize> = (0..expected.len()).filter(|at| silent.body[*at] != expected[*at]).collect();
        assert_eq!(fields, [27, 48, 50]);
    }

    #[test]
    fn a_nul_in_a_text_moves_nothing() {
        let bind = |password: &str| {
            Bind { system_id: "k".into(), password: password.into(), system_type: String::new() }.frame(1)
        };
        assert_eq!(bind("sec\0ret"), bind("secret"));
    }

    #[test]
    fn a_message_id_is_read_with_and_without_its_nul_or_body() {
        let id = |body: &[u8]| Frame { body: body.to_vec(), ..Frame::bare(SUBMIT_SM | RESPONSE, 0, 1) }.message_id();
        assert_eq!(id(b"0A1B\0"), "0A1B");
        assert_eq!(id(b"0A1B"), "0A1B");
        assert_eq!(id(b""), "");
        assert_eq!(id(b"\xE9\0rest"), "é");
    }

    #[test]
    fn a_unit_that_cannot_be_one_is_out_of_step() {
        for octets in [0, 15, u32::try_from(PDU_OCTETS_MAX).unwrap() + 1, u32::from_be_bytes(*b"HTTP")] {
            let mut received = [&octets.to_be_bytes()[..], &[0; 12]].concat();
            assert_eq!(Frame::take(&mut received), Err(OutOfStep(octets)));
        }
    }

    #[test]
    fn debug_shows_neither_number_nor_text_nor_password() {
        let bind = Bind { system_id: "kaziline".into(), password: "hunter2".into(), system_type: String::new() };
        let shown = format!("{bind:?} {:?} {:?} {:?}", bind.frame(1), submission(), submission().frame(2));
        assert!(["hunter2", "kaziline", "788", "Muraho"].iter().all(|secret| !shown.contains(secret)), "{shown}");
    }

    proptest! {
        #[test]
        fn units_are_taken_one_by_one_however_they_arrive(
            units in prop::collection::vec(any::<(u32, u32, Vec<u8>)>(), 0..5), step in 1..50_usize,
        ) {
            let sent: Vec<Frame> = (0..).zip(units).map(|(sequence, (command, status, body))| {
                Frame { command, status, sequence, body }
            }).collect();
            let (mut received, mut taken) = (Vec::new(), Vec::new());
            for some in sent.iter().flat_map(Frame::octets).collect::<Vec<_>>().chunks(step) {
                received.extend(some);
                while let Some(frame) = Frame::take(&mut received).unwrap() {
                    taken.push(frame);
                }
            }
            prop_assert_eq!(taken, sent);
            prop_assert!(received.is_empty());
        }
    }
}
