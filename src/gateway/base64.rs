//! Base64 of RFC 4648, section 4: the alphabet with `+` and `/`, always padded.
//!
//! Reading is strict: no line breaks, no missing padding, no bits behind the end. What is read has then exactly one
//! form, so that two texts of one secret or signature cannot pass for two.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text of these bytes, padded with `=` to a multiple of four characters.
pub(super) fn encode_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |place: usize| group.get(place).copied().unwrap_or_default();
        let (first, second, third) = (byte(0), byte(1), byte(2));
        let sextets = [first >> 2, (first & 3) << 4 | second >> 4, (second & 15) << 2 | third >> 6, third & 63];
        for (place, sextet) in sextets.into_iter().enumerate() {
            // A group of n bytes fills n + 1 characters.
            let digit = ALPHABET.get(usize::from(sextet)).filter(|_| place <= group.len());
            text.push(digit.copied().map_or('=', char::from));
        }
    }
    text
}

/// The bytes of a text; `None` when it is not the text that [`encode_base64`] writes of them.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in digits.as_bytes().chunks(4) {
        let mut bits = 0;
        for at in 0..4 {
            bits = bits << 6 | group.get(at).map_or(Some(0), |character| value(*character))?;
        }
        let [_, first, second, third] = u32::to_be_bytes(bits);
        let (kept, left) = match group.len() {
            4 => (vec![first, second, third], 0),
            3 => (vec![first, second], third),
            2 => (vec![first], second | third),
            _ => return None,
        };
        if left != 0 {
            return None;
        }
        bytes.extend(kept);
    }
    Some(bytes)
}

fn value(character: u8) -> Option<u32> {
    let value = match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_come_out_and_go_back_in() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode_base64(plain.as_bytes()), encoded, "{plain}");
            assert_eq!(decode_base64(encoded).as_deref(), Some(plain.as_bytes()), "{encoded}");
        }
    }

    #[test]
    fn every_digit_of_the_alphabet_stands_in_its_place() {
        // The sextets 0 to 63 in their order, as bytes.
        let sextets: Vec<u8> = (0..64).collect();
        let bytes: Vec<u8> = sextets
            .chunks(4)
            .flat_map(|four| [four[0] << 2 | four[1] >> 4, four[1] << 4 | four[2] >> 2, four[2] << 6 | four[3]])
            .collect();
        assert_eq!(encode_base64(&bytes).as_bytes(), ALPHABET);
    }

    #[test]
    fn what_is_not_written_so_is_not_read() {
        for bad in [
            "Z",         // half a byte
            "Zg",        // no padding
            "Zg=",       // not enough of it
            "Zg===",     // too much
            "Z===",      // half a byte, padded
            "====",      // nothing but padding
            "=",         // the same
            "Zh==",      // bits behind the end
            "Zm9=",      // the same
            "Zm9v\n",    // a line break
            "Zm 9vYg=",  // a space
            "Zg==Zg==",  // padding in the middle
            "-_-_",      // the alphabet of addresses
            "Zm9\u{e9}", // not ASCII
        ] {
            assert_eq!(decode_base64(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = encode_base64(&bytes);
            prop_assert!(text.len() == bytes.len().div_ceil(3) * 4);
            prop_assert_eq!(decode_base64(&text), Some(bytes));
        }

        #[test]
        fn what_is_decoded_has_no_other_form(text in "[A-Za-z0-9+/=]{0,12}") {
            if let Some(bytes) = decode_base64(&text) {
                prop_assert_eq!(encode_base64(&bytes), text);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Some(bytes) = decode_base64(&text) {
                prop_assert!(bytes.len() <= text.len());
            }
        }
    }
}
