//! A text cut into the short messages that carry it.
//!
//! One message takes 160 septets or 70 units of UCS-2; each part of a longer one takes 153 or 67 behind six octets of
//! header (`05 00 03`, reference, total, number). A pair of escape and character, or of surrogates, is never separated.
//! Septets are sent one an octet: the SMSC packs them, so a part may have 159 octets and still fits the air. Whatever
//! the channel's alphabet, length is counted in the septets that the phone will get.

use super::pdu::SubmitSm;
use super::{ADDRESS_OCTETS_MAX, Alphabet, Profile};
use crate::gateway::sms::Sms;
use crate::text::gsm7;
use crate::text::segments::Encoding;

/// The most parts of one message: the header counts them in one octet.
pub const PARTS_MAX: usize = 255;

/// `esm_class` of a message with a header before its text.
const HAS_HEADER: u8 = 0x40;
/// `data_coding` of UCS-2.
const UCS2: u8 = 8;
/// The longest validity asked for, in seconds: SMSCs keep a message some days, and the field counts up to 30 of them.
const VALID_S_MAX: u32 = 30 * 86_400;
/// The shortest, in seconds: zero could mean the SMSC's own default, which is days.
const VALID_S_MIN: u32 = 60;

/// Why a message cannot be written for the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsendable {
    /// The recipient is not one to twenty digits.
    Number,
    /// The text needs more than [`PARTS_MAX`] parts.
    Text,
}

impl Unsendable {
    /// The word for the record, as in [`crate::gateway::sms::SendOutcome::Permanent`].
    pub fn reason(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Text => "text",
        }
    }
}

impl Profile {
    /// The parts of a message in their order, at least one. A receipt is asked for the last alone: it is the one whose
    /// id the message goes by, and it is only sent when all others were accepted. `reference` is to differ between
    /// messages that one phone gets within minutes.
    pub fn parts(&self, sender: &str, sms: &Sms, reference: u8) -> Result<Vec<SubmitSm>, Unsendable> {
        let to = sms.to.strip_prefix('+').unwrap_or(&sms.to);
        if to.is_empty() || to.len() > ADDRESS_OCTETS_MAX || !to.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Unsendable::Number);
        }
        let (data_coding, texts) = self.texts(&sms.text);
        let total = u8::try_from(texts.len()).map_err(|_| Unsendable::Text)?;
        let part = |number: u8, text: Vec<u8>| {
            let header = if total > 1 { &[5, 0, 3, reference, total, number][..] } else { &[] };
            SubmitSm {
                service_type: self.service_type.clone(),
                source: (self.source.ton, self.source.npi, sender.to_owned()),
                destination: (self.destination.ton, self.destination.npi, to.to_owned()),
                esm_class: if total > 1 { HAS_HEADER } else { 0 },
                validity: validity(sms.valid_s),
                receipt: number == total,
                data_coding,
                message: [header, &text].concat(),
            }
        };
        Ok((1..=total).zip(texts).map(|(number, text)| part(number, text)).collect())
    }

    /// The data coding, and the octets of each part: coding 0 where every character can be said in it, else UCS-2.
    fn texts(&self, text: &str) -> (u8, Vec<Vec<u8>>) {
        let plain = |character: char| Some((gsm7::septets_of(character)?, in_coding_0(character, self.alphabet)?));
        if let Some(characters) = text.chars().map(plain).collect::<Option<Vec<_>>>() {
            return (0, cut(&characters, Encoding::Gsm7));
        }
        let wide = |character: char| {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            (units.len(), units.iter().flat_map(|unit| unit.to_be_bytes()).collect())
        };
        (UCS2, cut(&text.chars().map(wide).collect::<Vec<_>>(), Encoding::Ucs2))
    }
}

/// The octets of a character in data coding 0; `None` when it has none there.
///
/// For an SMSC of Latin-1 or ASCII, what is in its alphabet and not in that of phones goes as UCS-2: what the SMSC
/// would make of it is not known.
fn in_coding_0(character: char, alphabet: Alphabet) -> Option<Vec<u8>> {
    match alphabet {
        Alphabet::Gsm7 => gsm7::encode(character.encode_utf8(&mut [0; 4])),
        Alphabet::Latin1 => u8::try_from(u32::from(character)).ok().map(|octet| vec![octet]),
        Alphabet::Ascii => u8::try_from(u32::from(character)).ok().filter(u8::is_ascii).map(|octet| vec![octet]),
    }
}

/// Cuts characters, each with its length in units and its octets, into parts that fit.
fn cut(characters: &[(usize, Vec<u8>)], encoding: Encoding) -> Vec<Vec<u8>> {
    let units: usize = characters.iter().map(|(units, _)| units).sum();
    let limit = if units <= encoding.single() { encoding.single() } else { encoding.part() };
    let (mut parts, mut part, mut used) = (Vec::new(), Vec::new(), 0);
    for (units, octets) in characters {
        if used + units > limit {
            parts.push(std::mem::take(&mut part));
            used = 0;
        }
        used += units;
        part.extend(octets);
    }
    parts.push(part);
    parts
}

/// `YYMMDDhhmmss000R`: a time from now (SMPP 3.4, 7.1.1.2).
fn validity(valid_s: u32) -> String {
    let s = valid_s.clamp(VALID_S_MIN, VALID_S_MAX);
    format!("0000{:02}{:02}{:02}{:02}000R", s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::segments;

    fn sms(text: &str) -> Sms {
        Sms { to: "250788000001".into(), text: text.into(), client_ref: "kz1".into(), valid_s: 21_600 }
    }

    fn parts(alphabet: Alphabet, text: &str) -> Vec<SubmitSm> {
        let profile = Profile { alphabet, ..Profile::for_sender("Kaziline") };
        profile.parts("Kaziline", &sms(text), 0xAB).unwrap()
    }

    #[test]
    fn a_text_of_one_message_has_no_header() {
        let [part] = &parts(Alphabet::Gsm7, &"a".repeat(160))[..] else { panic!("one part") };
        assert_eq!((part.esm_class, part.data_coding, part.receipt), (0, 0, true));
        assert_eq!(part.message, "a".repeat(160).as_bytes());
        let [part] = &parts(Alphabet::Gsm7, &"ê".repeat(70))[..] else { panic!("one part") };
        assert_eq!((part.esm_class, part.data_coding, part.message.len()), (0, 8, 140));
        assert_eq!(parts(Alphabet::Gsm7, "").len(), 1);
    }

    #[test]
    fn a_longer_text_has_headers_and_one_receipt() {
        let written = parts(Alphabet::Gsm7, &"a".repeat(161));
        let heads: Vec<&[u8]> = written.iter().map(|part| &part.message[..6]).collect();
        assert_eq!(heads, [[5, 0, 3, 0xAB, 2, 1], [5, 0, 3, 0xAB, 2, 2]]);
        assert_eq!(written.iter().map(|part| part.message.len()).collect::<Vec<_>>(), [6 + 153, 6 + 8]);
        assert_eq!(written.iter().map(|part| part.receipt).collect::<Vec<_>>(), [false, true]);
        assert!(written.iter().all(|part| part.esm_class == 0x40));
        let written = parts(Alphabet::Gsm7, &"ê".repeat(71));
        assert_eq!(written.iter().map(|part| part.message.len()).collect::<Vec<_>>(), [6 + 134, 6 + 8]);
    }

    #[test]
    fn pairs_are_not_separated() {
        let written = parts(Alphabet::Gsm7, &format!("{}€{}", "a".repeat(152), "b".repeat(20)));
        assert_eq!(written[0].message.len(), 6 + 152);
        assert_eq!(written[1].message[6..8], [0x1B, 0x65]);
        let written = parts(Alphabet::Gsm7, &format!("{}😀{}", "ê".repeat(66), "b".repeat(10)));
        assert_eq!(written[0].message.len(), 6 + 132);
        assert_eq!(written[1].message[6..10], [0xD8, 0x3D, 0xDE, 0x00]);
    }

    #[test]
    fn coding_0_is_written_in_the_alphabet_of_the_channel() {
        for (alphabet, text, coding, octets) in [
            (Alphabet::Gsm7, "@é_", 0, vec![0x00, 0x05, 0x11]),
            (Alphabet::Latin1, "@é_", 0, vec![0x40, 0xE9, 0x5F]),
            (Alphabet::Ascii, "@_", 0, vec![0x40, 0x5F]),
            (Alphabet::Ascii, "é", 8, vec![0x00, 0xE9]),
            // Phones have no ê in seven bits: what an SMSC of Latin-1 makes of it is not known.
            (Alphabet::Latin1, "ê", 8, vec![0x00, 0xEA]),
            (Alphabet::Latin1, "Δ", 8, vec![0x03, 0x94]),
            (Alphabet::Ascii, "`", 8, vec![0x00, 0x60]),
        ] {
            let [part] = &parts(alphabet, text)[..] else { panic!("one part") };
            assert_eq!((part.data_coding, &part.message), (coding, &octets), "{alphabet:?} {text}");
        }
        // In ASCII a bracket is one octet here, and two septets on the phone.
        assert_eq!(parts(Alphabet::Ascii, &"[".repeat(80)).len(), 1);
        assert_eq!(parts(Alphabet::Ascii, &"[".repeat(81)).len(), 2);
    }

    #[test]
    fn validity_is_a_time_from_now() {
        for (valid_s, written) in [
            (21_600, "000000060000000R"),
            (90_061, "000001010101000R"),
            (0, "000000000100000R"),
            (u32::MAX, "000030000000000R"),
        ] {
            assert_eq!(validity(valid_s), written);
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let profile = Profile::for_sender("Kaziline");
        let to = |to: &str| profile.parts("K", &Sms { to: to.into(), ..sms("t") }, 0).map(|parts| parts.len());
        assert_eq!(to("+250788000001"), Ok(1));
        for bad in ["", "25078800000a", "250 788", &"2".repeat(21)] {
            assert_eq!(to(bad), Err(Unsendable::Number), "{bad}");
        }
        assert_eq!(profile.parts("K", &sms(&"a".repeat(255 * 153)), 0).map(|parts| parts.len()), Ok(255));
        assert_eq!(profile.parts("K", &sms(&"a".repeat(255 * 153 + 1)), 0), Err(Unsendable::Text));
    }

    proptest! {
        #[test]
        fn parts_are_those_that_a_text_was_counted_as(text in "[a-z€\\^{}ê😀’ ]{0,600}") {
            let written = parts(Alphabet::Gsm7, &text);
            prop_assert_eq!(written.len(), segments::plan(&text).segments);
            for (part, counted) in written.iter().zip(segments::split(&text)) {
                let text = &part.message[if written.len() > 1 { 6 } else { 0 }..];
                let read = if part.data_coding == 0 {
                    gsm7::decode(text).unwrap()
                } else {
                    let units: Vec<u16> = text.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                    String::from_utf16(&units).unwrap()
                };
                prop_assert_eq!(read, counted);
            }
        }

        #[test]
        fn every_part_fits_the_field_and_the_air(text in "[a-zéê€\\[😀]{0,500}", alphabet in prop::sample::select(vec![
            Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii,
        ])) {
            let written = parts(alphabet, &text);
            let single = written.len() == 1;
            for part in &written {
                let most = match (part.data_coding, single) {
                    (0, true) => 160,
                    (0, false) => 6 + 153,
                    _ => 140,
                };
                prop_assert!(part.message.len() <= most);
            }
            prop_assert_eq!(written.iter().filter(|part| part.receipt).count(), 1);
        }
    }
}
