//! The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038), and the packing of septets into octets.
//!
//! A screen or message is measured in septets, not in characters or bytes: an extension character costs two, and one
//! character outside the alphabet turns the whole message into UCS-2. Counting runs on every hop, so it is one table
//! look-up a character.

/// Announces a character of the extension table.
pub const ESC: u8 = 0x1B;

/// Carriage return: in USSD it pads the last seven bits of a string.
const CR: u8 = 0x0D;

/// The mask of one septet.
const SEPTET: u8 = 0x7F;

/// The default alphabet in code order. 0x1B is the escape and stands here as a character that no text can match.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', // 0x00
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{FFFF}', 'Æ', 'æ', 'ß', 'É', // 0x10
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', // 0x20
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', // 0x30
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', // 0x40
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', // 0x50
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', // 0x60
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à', // 0x70
];

/// The extension table: each costs two septets, ESC and the code.
const EXTENSION: [(char, u8); 10] = [
    ('\u{0C}', 0x0A),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2F),
    ('[', 0x3C),
    ('~', 0x3D),
    (']', 0x3E),
    ('|', 0x40),
    ('€', 0x65),
];

/// Marks a character that is in neither table.
const FOREIGN: u8 = 0xFF;
/// Marks a code of the extension table; the low seven bits are the code.
const EXTENDED: u8 = 0x80;

/// Code of every character below U+0100, so that a look-up is one load.
const LATIN1: [u8; 256] = latin1();

#[expect(clippy::indexing_slicing, reason = "evaluated while compiling: an index out of range does not build")]
#[expect(clippy::cast_possible_truncation, reason = "the code is below 128")]
const fn latin1() -> [u8; 256] {
    let mut table = [FOREIGN; 256];
    let mut code = 0;
    while code < BASIC.len() {
        let at = BASIC[code] as usize;
        if at < table.len() {
            table[at] = code as u8;
        }
        code += 1;
    }
    let mut row = 0;
    while row < EXTENSION.len() {
        let at = EXTENSION[row].0 as usize;
        if at < table.len() {
            table[at] = EXTENDED | EXTENSION[row].1;
        }
        row += 1;
    }
    table
}

/// Septets of every ASCII character; 0 for those outside the alphabet.
const ASCII_COST: [u8; 128] = ascii_cost();

#[expect(clippy::indexing_slicing, reason = "evaluated while compiling: an index out of range does not build")]
const fn ascii_cost() -> [u8; 128] {
    let mut table = [0; 128];
    let mut at = 0;
    while at < table.len() {
        table[at] = match LATIN1[at] {
            FOREIGN => 0,
            code if code & EXTENDED == 0 => 1,
            _ => 2,
        };
        at += 1;
    }
    table
}

/// Table value of a character: its code, [`EXTENDED`] and its code, or [`FOREIGN`].
fn lookup(character: char) -> u8 {
    match LATIN1.get(character as usize) {
        Some(&code) => code,
        None => match character {
            'Δ' => 0x10,
            'Φ' => 0x12,
            'Γ' => 0x13,
            'Λ' => 0x14,
            'Ω' => 0x15,
            'Π' => 0x16,
            'Ψ' => 0x17,
            'Σ' => 0x18,
            'Θ' => 0x19,
            'Ξ' => 0x1A,
            '€' => EXTENDED | 0x65,
            _ => FOREIGN,
        },
    }
}

/// Cost of one table value in septets; `FOREIGN` must have been ruled out.
fn cost(code: u8) -> usize {
    if code & EXTENDED == 0 { 1 } else { 2 }
}

/// What a character costs in septets: 1, 2 (extension table), or `None` where the alphabet lacks it.
pub fn septets_of(character: char) -> Option<usize> {
    match lookup(character) {
        FOREIGN => None,
        code => Some(cost(code)),
    }
}

/// Length of a text in septets, or `None` when a character is outside the alphabet.
pub fn septets(text: &str) -> Option<usize> {
    if text.is_ascii() {
        // Most texts: no decoding, and no branch for a character.
        let (mut total, mut foreign) = (0, false);
        for byte in text.bytes() {
            let cost = ASCII_COST.get(usize::from(byte)).copied().unwrap_or_default();
            total += usize::from(cost);
            foreign |= cost == 0;
        }
        return (!foreign).then_some(total);
    }
    let mut total = 0;
    for character in text.chars() {
        match lookup(character) {
            FOREIGN => return None,
            code => total += cost(code),
        }
    }
    Some(total)
}

/// The first character outside the alphabet, with its byte offset: what a fault message points at.
pub fn first_foreign(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|&(_, character)| lookup(character) == FOREIGN)
}

/// The text as unpacked septets, one a byte, extension characters as ESC and code. `None` when a character is outside.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for character in text.chars() {
        match lookup(character) {
            FOREIGN => return None,
            code if code & EXTENDED != 0 => out.extend([ESC, code & SEPTET]),
            code => out.push(code),
        }
    }
    Some(out)
}

/// The text of unpacked septets; `None` when a byte is above 0x7F.
///
/// As TS 23.038 asks: an unknown extension code shows the character of the basic table, a second ESC or one at the end
/// shows a space.
pub fn decode(septets: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(septets.len());
    let mut escaped = false;
    for &code in septets {
        if escaped {
            escaped = false;
            match EXTENSION.iter().find(|(_, extension)| *extension == code) {
                Some(&(character, _)) => out.push(character),
                None if code == ESC => out.push(' '),
                None => out.push(*BASIC.get(usize::from(code))?),
            }
        } else if code == ESC {
            escaped = true;
        } else {
            out.push(*BASIC.get(usize::from(code))?);
        }
    }
    if escaped {
        out.push(' ');
    }
    Some(out)
}

/// Packs septets into octets, eight into seven, least significant bits first. Unused bits of the last octet are zero.
pub fn pack(septets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(septets.len() * 7 / 8 + 1);
    let mut bits: u16 = 0;
    let mut held = 0;
    for &septet in septets {
        bits |= u16::from(septet & SEPTET) << held;
        held += 7;
        if held >= 8 {
            out.push(bits.to_le_bytes()[0]);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        out.push(bits.to_le_bytes()[0]);
    }
    out
}

/// Unpacks `count` septets (fewer where the octets hold fewer). SMS carries the count beside the octets.
pub fn unpack(octets: &[u8], count: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(count.min(octets.len() * 8 / 7));
    let mut bits: u16 = 0;
    let mut held = 0;
    for &octet in octets {
        bits |= u16::from(octet) << held;
        held += 8;
        while held >= 7 && out.len() < count {
            out.push(bits.to_le_bytes()[0] & SEPTET);
            bits >>= 7;
            held -= 7;
        }
    }
    out
}

/// Packs for USSD, which carries no count: seven spare bits would read as `@`, so CR fills them (TS 23.038, 6.1.2.3.1).
///
/// A text that itself ends in CR on an octet boundary gets a second CR, since the receiver drops the last one there.
pub fn pack_ussd(septets: &[u8]) -> Vec<u8> {
    let padding = septets.len() % 8 == 7 || (septets.len().is_multiple_of(8) && septets.last() == Some(&CR));
    if padding {
        let mut padded = septets.to_vec();
        padded.push(CR);
        pack(&padded)
    } else {
        pack(septets)
    }
}

/// Unpacks a USSD string: all septets that the octets hold, less the CR that pads it.
pub fn unpack_ussd(octets: &[u8]) -> Vec<u8> {
    let mut out = unpack(octets, octets.len() * 8 / 7);
    if octets.len().is_multiple_of(7) && out.last() == Some(&CR) {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any text of the alphabet, extension characters included.
    fn alphabet_text() -> impl Strategy<Value = String> {
        let mut all: Vec<char> = BASIC.iter().copied().filter(|c| *c != '\u{FFFF}').collect();
        all.extend(EXTENSION.iter().map(|(character, _)| *character));
        prop::collection::vec(prop::sample::select(all), 0..400).prop_map(|chars| chars.into_iter().collect())
    }

    #[test]
    fn the_alphabet_has_127_characters_and_ten_extensions() {
        let basic = (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|c| septets_of(*c) == Some(1)).count();
        let extended = (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter(|c| septets_of(*c) == Some(2));
        assert_eq!(basic, 127);
        assert_eq!(extended.count(), 10);
    }

    #[test]
    fn every_code_decodes_to_the_character_that_encodes_to_it() {
        for code in (0..=0x7F_u8).filter(|code| *code != ESC) {
            let text = decode(&[code]).unwrap();
            assert_eq!(encode(&text), Some(vec![code]), "code {code:#04x}");
        }
    }

    #[test]
    fn known_positions_are_those_of_the_standard() {
        let known =
            [('@', 0x00), ('é', 0x05), ('Ç', 0x09), ('Δ', 0x10), ('É', 0x1F), ('¡', 0x40), ('§', 0x5F), ('à', 0x7F)];
        for (character, code) in known {
            assert_eq!(encode(&character.to_string()), Some(vec![code]), "{character}");
        }
        assert_eq!(encode("€"), Some(vec![ESC, 0x65]));
        assert_eq!(encode("{x}"), Some(vec![ESC, 0x28, b'x', ESC, 0x29]));
    }

    #[test]
    fn small_c_cedilla_and_circumflex_are_foreign() {
        for foreign in ['ç', 'ê', 'î', 'ô', 'û', 'ë', 'ï', 'œ', '’', '`', '°', '\t', '\u{A0}', '\u{1B}', '\u{FFFF}']
        {
            assert_eq!(septets_of(foreign), None, "{foreign:?}");
        }
        assert_eq!(first_foreign("deja vu, ça va"), Some((9, 'ç')));
    }

    #[test]
    fn unknown_extensions_and_stray_escapes_show_what_the_standard_says() {
        assert_eq!(decode(&[ESC, b'a']), Some("a".to_owned()));
        assert_eq!(decode(&[ESC, ESC, b'a']), Some(" a".to_owned()));
        assert_eq!(decode(&[b'a', ESC]), Some("a ".to_owned()));
        assert_eq!(decode(&[0x80]), None);
        assert_eq!(decode(&[ESC, 0xFF]), None);
    }

    #[test]
    fn packing_matches_the_well_known_example() {
        assert_eq!(pack(b"hellohello"), [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]);
    }

    #[test]
    fn ussd_pads_seven_spare_bits_with_a_carriage_return() {
        let packed = pack_ussd(b"1234567");
        assert_eq!(packed.len(), 7);
        assert_eq!(unpack(&packed, 8), b"1234567\r");
        assert_eq!(unpack_ussd(&packed), b"1234567");
        assert_eq!(pack_ussd(b"12345678").len(), 7);
        assert_eq!(unpack_ussd(&pack_ussd(b"1234567\r")), b"1234567\r\r");
        assert_eq!(pack_ussd(&[b'a'; 182]).len(), 160);
    }

    proptest! {
        #[test]
        fn encode_and_decode_round_trip(text in alphabet_text()) {
            let codes = encode(&text).unwrap();
            prop_assert_eq!(codes.len(), septets(&text).unwrap());
            prop_assert_eq!(decode(&codes), Some(text));
        }

        #[test]
        fn length_is_additive(a in alphabet_text(), b in alphabet_text()) {
            prop_assert_eq!(septets(&format!("{a}{b}")).unwrap(), septets(&a).unwrap() + septets(&b).unwrap());
        }

        #[test]
        fn any_text_is_measured_or_its_foreign_character_is_named(text in ".{0,80}") {
            match first_foreign(&text) {
                Some((at, character)) => {
                    prop_assert_eq!(septets(&text), None);
                    let (before, rest) = text.split_at(at);
                    prop_assert!(rest.starts_with(character));
                    prop_assert!(septets(before).is_some());
                }
                None => prop_assert!(septets(&text).is_some()),
            }
        }

        #[test]
        fn pack_and_unpack_round_trip(codes in prop::collection::vec(0..=SEPTET, 0..400)) {
            let packed = pack(&codes);
            prop_assert_eq!(packed.len(), (codes.len() * 7).div_ceil(8));
            prop_assert_eq!(unpack(&packed, codes.len()), codes);
        }

        #[test]
        fn ussd_round_trips_whatever_does_not_end_in_a_carriage_return(codes in prop::collection::vec(0..=SEPTET, 0..400)) {
            prop_assume!(codes.last() != Some(&CR));
            prop_assert_eq!(unpack_ussd(&pack_ussd(&codes)), codes);
        }

        #[test]
        fn any_octets_decode_without_a_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&unpack_ussd(&octets)).is_some());
        }
    }
}
