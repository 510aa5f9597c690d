//! What an SMSC delivers: receipts, and messages from phones.
//!
//! Anyone can send an SMS that reads like a receipt. So a text counts as one only where the SMSC marks it (`esm_class`)
//! or names the message in a TLV, neither of which a phone can write.

use super::delivered::{
    Delivered, RECEIPTED_MESSAGE_ID, SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS, latin1,
};
use super::{Alphabet, Profile};
use crate::gateway::sms::{HookEvent, Inbound, Part};
use crate::text::gsm7;

/// The bit of `esm_class` for a header before the text.
const HAS_HEADER: u8 = 0x40;
/// The bits of `esm_class` that tell a receipt from a message (SMPP 3.4, 5.2.12).
const MESSAGE_TYPE: u8 = 0x3C;
/// Message types that a phone writes: a message, and acknowledgements of a reader.
const FROM_A_PHONE: [u8; 4] = [0x00, 0x08, 0x10, 0x18];
/// The element of a header for parts with a reference of one octet, and with one of two (3GPP TS 23.040, 9.2.3.24).
const PARTS_8_BIT: u8 = 0x00;
const PARTS_16_BIT: u8 = 0x08;

impl Profile {
    /// What this tells; `None` for what nothing can be done with: a receipt that names no message, or octets that are
    /// no text. It is to be acknowledged all the same, or it comes again.
    pub fn event(&self, delivered: &Delivered) -> Option<HookEvent> {
        let from_a_phone = FROM_A_PHONE.contains(&(delivered.esm_class & MESSAGE_TYPE));
        if !from_a_phone || delivered.tlv(RECEIPTED_MESSAGE_ID).is_some() {
            return self.receipt(delivered).map(HookEvent::Receipt);
        }
        let whole = delivered.message.as_slice();
        let (header, text) = if delivered.esm_class & HAS_HEADER != 0 { behind_header(whole) } else { (None, whole) };
        Some(HookEvent::Inbound(Inbound {
            id: String::new(),
            from: delivered.source.clone(),
            to: delivered.destination.clone(),
            text: self.text(delivered.data_coding, text)?,
            network: String::new(),
            part: header.or_else(|| from_tlvs(delivered)),
        }))
    }

    /// The text of these octets; `None` for octets that are declared to be none. In an alphabet that is not known here,
    /// what it has in common with ASCII is read, so that STOP is understood in all of them.
    fn text(&self, data_coding: u8, octets: &[u8]) -> Option<String> {
        match data_coding {
            // The second and third: the GSM network's own codings, with a class of message.
            0 | 0x10..=0x13 | 0xF0..=0xF3 => Some(match self.alphabet {
                // Octets above the alphabet: the SMSC does not mean what the channel says.
                Alphabet::Gsm7 => gsm7::decode(octets).unwrap_or_else(|| latin1(octets)),
                Alphabet::Latin1 | Alphabet::Ascii => latin1(octets),
            }),
            1 | 3 => Some(latin1(octets)),
            8 | 0x18..=0x1B => Some(ucs2(octets)),
            2 | 4 | 0x14..=0x17 | 0xF4..=0xF7 => None,
            _ => {
                let shown =
                    |octet: &u8| if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER };
                Some(octets.iter().map(shown).collect())
            }
        }
    }
}

/// UCS-2, most significant octet first; surrogates are joined, as phones write them. Half a unit at the end is left
/// out.
fn ucs2(octets: &[u8]) -> String {
    let units = octets.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_be_bytes);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The part that a header tells, and the text behind it. A header longer than the message is none.
fn behind_header(message: &[u8]) -> (Option<Part>, &[u8]) {
    let split = message.split_first().and_then(|(octets, rest)| rest.split_at_checked(usize::from(*octets)));
    let Some((mut elements, text)) = split else { return (None, message) };
    let mut found = None;
    while let Some((&[element, octets], rest)) = elements.split_at_checked(2).and_then(|(head, rest)| {
        let head: &[u8; 2] = head.try_into().ok()?;
        Some((head, rest))
    }) {
        let Some((value, rest)) = rest.split_at_checked(usize::from(octets)) else { break };
        found = found.or(match (element, value) {
            (PARTS_8_BIT, &[reference, total, number]) => part(u16::from(reference), total, number),
            (PARTS_16_BIT, &[high, low, total, number]) => part(u16::from_be_bytes([high, low]), total, number),
            _ => None,
        });
        elements = rest;
    }
    (found, text)
}

fn from_tlvs(delivered: &Delivered) -> Option<Part> {
    let reference = match *delivered.tlv(SAR_MSG_REF_NUM)? {
        [low] => u16::from(low),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => return None,
    };
    let one = |tag| delivered.tlv(tag).and_then(<[u8]>::last).copied();
    part(reference, one(SAR_TOTAL_SEGMENTS)?, one(SAR_SEGMENT_SEQNUM)?)
}

/// A part of two or more; numbers that make no sense are none.
fn part(reference: u16, total: u8, number: u8) -> Option<Part> {
    (total > 1 && (1..=total).contains(&number)).then_some(Part { reference, number, total })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::delivered::MESSAGE_PAYLOAD;
    use super::super::pdu::{DATA_SM, DELIVER_SM, Frame};
    use super::*;
    use crate::gateway::sms::{About, Reported};

    fn body(esm_class: u8, data_coding: u8, message: &[u8], tlvs: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = b"\0\x01\x01250788000001\0\x03\x008282\0".to_vec();
        body.extend([esm_class, 0, 0, 0, 0, 0, 0, data_coding, 0, u8::try_from(message.len()).unwrap()]);
        body.extend(message);
        for (tag, value) in tlvs {
            body.extend(tag.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
        }
        body
    }

    fn event(alphabet: Alphabet, body: Vec<u8>) -> Option<HookEvent> {
        let frame = Frame { command: DELIVER_SM, status: 0, sequence: 7, body };
        Profile { alphabet, ..Profile::for_sender("8282") }.event(&Delivered::read(&frame).unwrap())
    }

    fn inbound(alphabet: Alphabet, esm_class: u8, data_coding: u8, message: &[u8], tlvs: &[(u16, &[u8])]) -> Inbound {
        match event(alphabet, body(esm_class, data_coding, message, tlvs)) {
            Some(HookEvent::Inbound(inbound)) => inbound,
            other => panic!("a message, not {other:?}"),
        }
    }

    #[test]
    fn a_message_comes_with_its_numbers_and_its_text() {
        let read = inbound(Alphabet::Gsm7, 0, 0, b"JOBS", &[]);
        assert_eq!((read.from.as_str(), read.to.as_str(), read.text.as_str()), ("250788000001", "8282", "JOBS"));
        assert_eq!((read.id.as_str(), read.network.as_str(), read.part), ("", "", None));
    }

    #[test]
    fn text_is_read_by_its_coding_and_the_channels_alphabet() {
        for (alphabet, coding, octets, text) in [
            (Alphabet::Gsm7, 0, &[0x00, 0x05, 0x1B, 0x65][..], "@é€"),
            (Alphabet::Gsm7, 0xF1, &[0x05], "é"),
            (Alphabet::Gsm7, 0, &[b'o', b'u', b'i', 0xE9], "ouié"),
            (Alphabet::Latin1, 0, &[0xE9, b'@'], "é@"),
            (Alphabet::Ascii, 0, b"@_", "@_"),
            (Alphabet::Gsm7, 1, b"@_", "@_"),
            (Alphabet::Gsm7, 3, &[0xE9], "é"),
            (Alphabet::Gsm7, 8, &[0x00, 0xEA, 0xD8, 0x3D, 0xDE, 0x00], "ê😀"),
            (Alphabet::Gsm7, 8, &[0xD8, 0x3D, 0x00], "\u{FFFD}"),
            (Alphabet::Gsm7, 0x18, &[0x00, b'a'], "a"),
            (Alphabet::Gsm7, 6, &[b'S', b'T', b'O', b'P', 0xD0], "STOP\u{FFFD}"),
        ] {
            assert_eq!(inbound(alphabet, 0, coding, octets, &[]).text, text, "{alphabet:?} {coding}");
        }
    }

    #[test]
    fn octets_that_are_no_text_tell_nothing() {
        assert_eq!(event(Alphabet::Gsm7, body(0, 4, &[1, 2, 3], &[])), None);
        assert_eq!(event(Alphabet::Gsm7, body(0, 0xF5, &[1, 2, 3], &[])), None);
    }

    #[test]
    fn parts_are_told_by_headers_and_by_tlvs() {
        let part = |number, total, reference| Some(Part { reference, number, total });
        let with_header = |message: &[u8]| {
            let read = inbound(Alphabet::Gsm7, 0x40, 0, message, &[]);
            (read.part, read.text)
        };
        assert_eq!(with_header(b"\x05\x00\x03\xAB\x03\x02abc"), (part(2, 3, 0xAB), "abc".into()));
        assert_eq!(with_header(b"\x06\x08\x04\x12\x34\x02\x01abc"), (part(1, 2, 0x1234), "abc".into()));
        // Another element first: a port.
        assert_eq!(with_header(b"\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x07\x02\x02abc"), (part(2, 2, 7), "abc".into()));
        // Numbers that make no sense, a part of one, a header that is cut.
        assert_eq!(with_header(b"\x05\x00\x03\xAB\x02\x03abc"), (None, "abc".into()));
        assert_eq!(with_header(b"\x05\x00\x03\xAB\x01\x01abc"), (None, "abc".into()));
        assert_eq!(with_header(b"\x05\x00\x09\xAB\x02\x01abc"), (None, "abc".into()));
        assert_eq!(with_header(b"zabc"), (None, "zabc".into()));

        let sar = |reference: &[u8]| {
            let tlvs = [(SAR_MSG_REF_NUM, reference), (SAR_TOTAL_SEGMENTS, &[2]), (SAR_SEGMENT_SEQNUM, &[1])];
            inbound(Alphabet::Gsm7, 0, 0, b"abc", &tlvs).part
        };
        assert_eq!(sar(&[0x12, 0x34]), part(1, 2, 0x1234));
        assert_eq!(sar(&[0x34]), part(1, 2, 0x34));
        assert_eq!(sar(&[]), None);
        assert_eq!(inbound(Alphabet::Gsm7, 0, 0, b"abc", &[(SAR_MSG_REF_NUM, &[0, 1])]).part, None);
    }

    #[test]
    fn a_long_text_comes_in_the_payload() {
        let long = "a".repeat(300);
        assert_eq!(inbound(Alphabet::Gsm7, 0, 0, b"", &[(MESSAGE_PAYLOAD, long.as_bytes())]).text, long);
        assert_eq!(inbound(Alphabet::Gsm7, 0, 0, b"short", &[(MESSAGE_PAYLOAD, b"other")]).text, "short");
    }

    #[test]
    fn a_phone_cannot_write_a_receipt() {
        let forged = b"id:0A1B stat:DELIVRD err:000";
        for esm_class in FROM_A_PHONE {
            let read = inbound(Alphabet::Latin1, esm_class, 0, forged, &[]);
            assert_eq!(read.text.as_bytes(), forged, "{esm_class:#x}");
        }
        let marked = [(0x04, &[][..]), (0x20, &[]), (0x00, &[(RECEIPTED_MESSAGE_ID, &b"0A1B\0"[..])])];
        for (esm_class, tlvs) in marked {
            match event(Alphabet::Gsm7, body(esm_class, 0, forged, tlvs)) {
                Some(HookEvent::Receipt(receipt)) => {
                    assert_eq!(receipt.about, About::ProviderId("a1b".into()));
                    assert_eq!(receipt.reported, Reported::Delivered);
                }
                other => panic!("a receipt, not {other:?}"),
            }
        }
    }

    #[test]
    fn a_receipt_that_names_no_message_tells_nothing() {
        assert_eq!(event(Alphabet::Gsm7, body(0x04, 0, b"stat:DELIVRD", &[])), None);
    }

    #[test]
    fn data_sm_is_read_as_well() {
        let mut body = b"\0\x01\x01250788000001\0\x03\x008282\0\x00\x00\x03".to_vec();
        body.extend([0x04, 0x24, 0, 4, b'J', b'O', b'B', 0xE9]);
        let frame = Frame { command: DATA_SM, status: 0, sequence: 7, body };
        match Profile::for_sender("8282").event(&Delivered::read(&frame).unwrap()) {
            Some(HookEvent::Inbound(read)) => assert_eq!((read.text.as_str(), read.to.as_str()), ("JOBé", "8282")),
            other => panic!("a message, not {other:?}"),
        }
    }

    proptest! {
        #[test]
        fn any_message_is_read_or_not(
            esm_class in any::<u8>(), coding in any::<u8>(), message in prop::collection::vec(any::<u8>(), 0..200),
            tag in any::<u16>(), value in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let tlvs = [(tag, &value[..]), (SAR_MSG_REF_NUM, &value[..])];
            event(Alphabet::Gsm7, body(esm_class, coding, &message, &tlvs));
        }
    }
}
