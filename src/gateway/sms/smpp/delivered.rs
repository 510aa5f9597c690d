//! What an SMSC delivers to us, as it stands in a `deliver_sm` or a `data_sm`.
//!
//! Read with forbearance: what is cut or longer than the standard allows is read as far as it goes. A unit that is
//! refused comes again and again.

use std::fmt;

use super::pdu::{DATA_SM, Frame};

/// The longest address that is read, in octets. The standard has 20; some SMSCs put a URL or a name there.
const ADDRESS_OCTETS_READ_MAX: usize = 64;
/// TLVs read of one unit. A receipt has about five.
const TLVS_MAX: usize = 64;

/// The TLV of a receipt that names the message.
pub(super) const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
/// The TLV of parts: one number for all parts of a message.
pub(super) const SAR_MSG_REF_NUM: u16 = 0x020C;
/// The TLV of parts: how many there are.
pub(super) const SAR_TOTAL_SEGMENTS: u16 = 0x020E;
/// The TLV of parts: which this is, from 1.
pub(super) const SAR_SEGMENT_SEQNUM: u16 = 0x020F;
/// The TLV of a receipt with the network's error: a type in one octet, a code in two.
pub(super) const NETWORK_ERROR_CODE: u16 = 0x0423;
/// The TLV that carries a message in place of `short_message`.
pub(super) const MESSAGE_PAYLOAD: u16 = 0x0424;
/// The TLV of a receipt with the state of the message.
pub(super) const MESSAGE_STATE: u16 = 0x0427;

/// What a `deliver_sm` or `data_sm` carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivered {
    /// From.
    pub source: String,
    /// To.
    pub destination: String,
    /// Bits 2 to 5 tell a receipt from a message, 0x40 a header before the text.
    pub esm_class: u8,
    /// How the text is written.
    pub data_coding: u8,
    /// The text, from `short_message` or `message_payload`, with its header.
    pub message: Vec<u8>,
    tlvs: Vec<(u16, Vec<u8>)>,
}

/// Number and text stay out of logs.
impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered").field("octets", &self.message.len()).finish_non_exhaustive()
    }
}

impl Delivered {
    /// Reads the body of a `deliver_sm` or `data_sm`; `None` when its fixed fields are not there. A text or a TLV that
    /// is cut is read as far as it goes.
    pub fn read(frame: &Frame) -> Option<Self> {
        let mut fields = Fields(&frame.body);
        fields.text()?;
        let source = fields.address()?;
        let destination = fields.address()?;
        let esm_class = fields.octet()?;
        let (data_coding, mut message) = if frame.command == DATA_SM {
            fields.octet()?; // registered_delivery
            (fields.octet()?, Vec::new())
        } else {
            fields.octets(2)?; // protocol_id, priority_flag
            fields.text()?; // schedule_delivery_time
            fields.text()?; // validity_period
            fields.octets(2)?; // registered_delivery, replace_if_present_flag
            let data_coding = fields.octet()?;
            fields.octet()?; // sm_default_msg_id
            let octets = usize::from(fields.octet()?);
            (data_coding, fields.at_most(octets).to_vec())
        };
        let mut tlvs = fields.tlvs();
        if message.is_empty()
            && let Some(at) = tlvs.iter().position(|(tag, _)| *tag == MESSAGE_PAYLOAD)
        {
            message = tlvs.swap_remove(at).1;
        }
        Some(Self { source, destination, esm_class, data_coding, message, tlvs })
    }

    /// The value of the first TLV of this tag.
    pub(super) fn tlv(&self, tag: u16) -> Option<&[u8]> {
        self.tlvs.iter().find(|(known, _)| *known == tag).map(|(_, value)| value.as_slice())
    }
}

/// Octets of ISO 8859-1, of which ASCII is a part, as text: every octet is a character.
pub(super) fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// What is left to read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn at_most(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn octet(&mut self) -> Option<u8> {
        self.octets(1)?.first().copied()
    }

    fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|octet| *octet == 0)?;
        let text = latin1(self.octets(end)?);
        self.octet()?;
        Some(text)
    }

    /// Type of number, plan, address. Only the address is of use.
    fn address(&mut self) -> Option<String> {
        self.octets(2)?;
        self.text().filter(|address| address.chars().count() <= ADDRESS_OCTETS_READ_MAX)
    }

    fn tlvs(&mut self) -> Vec<(u16, Vec<u8>)> {
        let mut tlvs = Vec::new();
        while tlvs.len() < TLVS_MAX {
            let Some(&[tag_high, tag_low, high, low]) = self.octets(4) else { break };
            let octets = usize::from(u16::from_be_bytes([high, low]));
            tlvs.push((u16::from_be_bytes([tag_high, tag_low]), self.at_most(octets).to_vec()));
        }
        tlvs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pdu::DELIVER_SM;
    use super::*;

    fn deliver(source: &[u8], times: &[u8], octets: u8, text: &[u8], tail: &[u8]) -> Option<Delivered> {
        let head: &[u8] = &[b"\0\x05\0", source, b"\0\x01\x018282\0\x04\0\0", times, b"\0\0\0\0\0\0"].concat();
        let body = [head, &[octets], text, tail].concat();
        Delivered::read(&Frame { body, ..Frame::bare(DELIVER_SM, 0, 7) })
    }

    #[test]
    fn what_smscs_write_against_the_standard_is_read_all_the_same() {
        let read = deliver(b"Caf\xE9", b"", 2, b"hi", b"").unwrap();
        assert_eq!((read.source.as_str(), read.message.as_slice()), ("Café", &b"hi"[..]));
        assert_eq!(deliver(b"250788000001250788000001", b"", 2, b"hi", b"").unwrap().message, b"hi");
        assert_eq!(deliver(b"2507", b"2603010814", 2, b"hi", b"").unwrap().message, b"hi");
        assert_eq!(deliver(b"2507", b"", 9, b"hi", b"").unwrap().message, b"hi");
        assert_eq!(deliver(b"2507", b"", 2, b"hi", b"\0").unwrap().message, b"hi");
        let cut = deliver(b"2507", b"", 2, b"hi", b"\x04\x27\x00\x01\x02\x00\x1E\x00\x20ab").unwrap();
        assert_eq!(cut.tlv(MESSAGE_STATE), Some(&[2][..]));
        assert_eq!(cut.tlv(RECEIPTED_MESSAGE_ID), Some(&b"ab"[..]));
        assert_eq!(cut.tlv(MESSAGE_PAYLOAD), None);
    }

    #[test]
    fn no_more_tlvs_are_read_than_a_unit_can_mean() {
        let tail = [0x14, 0x00, 0, 0].repeat(TLVS_MAX - 1);
        let state = b"\x04\x27\x00\x01\x02";
        let read = |tail: &[u8]| deliver(b"2507", b"", 2, b"hi", &[tail, state].concat()).unwrap();
        assert_eq!(read(&tail).tlv(MESSAGE_STATE), Some(&[2][..]));
        assert_eq!(read(&[0x14, 0x00, 0, 0].repeat(TLVS_MAX)).tlv(MESSAGE_STATE), None);
    }

    #[test]
    fn a_delivery_without_its_fields_or_with_an_endless_address_is_not_read() {
        assert_eq!(deliver(&[b'2'; ADDRESS_OCTETS_READ_MAX + 1], b"", 2, b"hi", b""), None);
        assert_eq!(Delivered::read(&Frame::bare(DELIVER_SM, 0, 7)), None);
        assert_eq!(Delivered::read(&Frame { body: b"\0\x01\x01250".to_vec(), ..Frame::bare(DELIVER_SM, 0, 7) }), None);
    }

    #[test]
    fn debug_shows_neither_number_nor_text() {
        let shown = format!("{:?}", deliver(b"250788000001", b"", 6, b"Muraho", b"").unwrap());
        assert!(!shown.contains("788") && !shown.contains("Muraho"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_not(body in prop::collection::vec(any::<u8>(), 0..300), data in any::<bool>()) {
            let command = if data { DATA_SM } else { DELIVER_SM };
            if let Some(read) = Delivered::read(&Frame { body: body.clone(), ..Frame::bare(command, 0, 1) }) {
                prop_assert!(read.message.len() <= body.len());
            }
        }
    }
}
