//! Forms whose fields are octets.
//!
//! Gateways that hand on what a phone wrote, as it came from the network, put UTF-16 or GSM octets behind their percent
//! signs. `gateway::form` refuses a form with one field that is not UTF-8, and it is right to: but here that field may
//! be one that nobody reads, and the others tell that a message arrived. So the fields are taken one by one, and each
//! is read in its own character set. Nothing is ever replaced: what cannot be read is refused.

use super::DecodeFault;

/// Longest address, in characters: the 20 of SMPP and a `+`.
const ADDRESS_CHARACTERS_MAX: usize = 21;
/// Longest text of a phone, in characters: far more than the ten segments that phones join.
const TEXT_CHARACTERS_MAX: usize = 4096;

/// A query, or the body of a form.
pub(super) struct RawForm<'a>(&'a [u8]);

impl<'a> RawForm<'a> {
    /// Of these bytes, still escaped.
    pub(super) fn new(escaped: &'a [u8]) -> Self {
        Self(escaped)
    }

    /// The octets of the one field of this name. A repeated one is refused: a proxy and this service could each read
    /// another.
    pub(super) fn octets(&self, name: &'static str) -> Result<Option<Vec<u8>>, DecodeFault> {
        let mut values = self.0.split(|byte| *byte == b'&').filter_map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let is_named = unescaped(halves.next()?) == name.as_bytes();
            is_named.then(|| halves.next().unwrap_or_default())
        });
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(DecodeFault::RepeatedField(name)),
            (value, None) => Ok(value.map(unescaped)),
        }
    }

    /// A field in UTF-8, within a length and free of control characters, which no identifier has and no store likes;
    /// empty where it is absent.
    pub(super) fn optional(&self, name: &'static str, characters_max: usize) -> Result<String, DecodeFault> {
        let value = String::from_utf8(self.octets(name)?.unwrap_or_default()).map_err(|_| DecodeFault::NotUtf8)?;
        if value.chars().count() > characters_max {
            return Err(DecodeFault::TooLong(name));
        }
        if value.chars().any(char::is_control) { Err(DecodeFault::Malformed(name)) } else { Ok(value) }
    }

    /// As [`RawForm::optional`], and not empty.
    pub(super) fn named(&self, name: &'static str, characters_max: usize) -> Result<String, DecodeFault> {
        let value = self.optional(name, characters_max)?;
        if value.is_empty() { Err(DecodeFault::MissingField(name)) } else { Ok(value) }
    }

    /// The address that a message is for: a number or a code.
    pub(super) fn address(&self, name: &'static str) -> Result<String, DecodeFault> {
        self.named(name, ADDRESS_CHARACTERS_MAX)
    }

    /// The number that a message is from. Names, which advertisements come from, are refused: nobody could be answered.
    pub(super) fn number(&self, name: &'static str) -> Result<String, DecodeFault> {
        let number = self.address(name)?;
        let digits = number.strip_prefix('+').unwrap_or(&number);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Ok(number) } else { Err(DecodeFault::Malformed(name)) }
    }
}

/// Without percent signs and `+`. A percent sign that begins no escape stands for itself.
fn unescaped(escaped: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let [first, after @ ..] = rest {
        rest = after;
        plain.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, beyond @ ..]) => match octet(*high, *low) {
                Some(octet) => {
                    rest = beyond;
                    octet
                }
                None => b'%',
            },
            _ => *first,
        });
    }
    plain
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

/// The octets of hexadecimal digits; `None` where they are none.
pub(super) fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let octet = |pair: &[u8]| if let [high, low] = pair { octet(*high, *low) } else { None };
    digits.chunks(2).map(octet).collect()
}

/// The text of UTF-16 octets, high octet first; `None` where they are none. UCS-2, as SMS has it, is a part of this.
pub(super) fn from_utf16(octets: &[u8]) -> Option<String> {
    let unit = |pair: &[u8]| if let [high, low] = pair { Some(u16::from_be_bytes([*high, *low])) } else { None };
    String::from_utf16(&octets.chunks(2).map(unit).collect::<Option<Vec<_>>>()?).ok()
}

/// What a phone wrote, in the field of this name: within a length, and without the one character that no phone writes
/// and that `PostgreSQL` refuses in a text.
pub(super) fn phone_text(name: &'static str, text: String) -> Result<String, DecodeFault> {
    match text.chars().count() {
        0..=TEXT_CHARACTERS_MAX if text.contains('\0') => Err(DecodeFault::Malformed(name)),
        0..=TEXT_CHARACTERS_MAX => Ok(text),
        _ => Err(DecodeFault::TooLong(name)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gateway::encode_form;

    fn octets(form: &str, name: &'static str) -> Result<Option<Vec<u8>>, DecodeFault> {
        RawForm::new(form.as_bytes()).octets(name)
    }

    #[test]
    fn a_field_is_read_whatever_the_others_are() {
        let form = "id=x1&content=%FF%C3&a%2Db=c+d%2Be&text=50%&last";
        assert_eq!(octets(form, "id"), Ok(Some(b"x1".to_vec())));
        assert_eq!(octets(form, "content"), Ok(Some(vec![0xFF, 0xC3])));
        assert_eq!(octets(form, "a-b"), Ok(Some(b"c d+e".to_vec())));
        assert_eq!(octets(form, "text"), Ok(Some(b"50%".to_vec())));
        assert_eq!(octets(form, "last"), Ok(Some(Vec::new())));
        assert_eq!(octets(form, "none"), Ok(None));
        assert_eq!(octets("id=1&id=2", "id"), Err(DecodeFault::RepeatedField("id")));
    }

    #[test]
    fn fields_are_refused_by_name_when_they_cannot_be_what_they_should() {
        let form = RawForm::new(b"long=12345&bell=a%07&latin=%E9&empty=&from=BANK&plus=%2B&ok=%2B250788000001");
        assert_eq!(form.named("long", 5), Ok("12345".to_owned()));
        assert_eq!(form.named("long", 4), Err(DecodeFault::TooLong("long")));
        assert_eq!(form.named("bell", 4), Err(DecodeFault::Malformed("bell")));
        assert_eq!(form.named("latin", 4), Err(DecodeFault::NotUtf8));
        assert_eq!(form.named("empty", 4), Err(DecodeFault::MissingField("empty")));
        assert_eq!(form.optional("absent", 4), Ok(String::new()));
        assert_eq!(form.number("from"), Err(DecodeFault::Malformed("from")));
        assert_eq!(form.number("plus"), Err(DecodeFault::Malformed("plus")));
        assert_eq!(form.number("ok"), Ok("+250788000001".to_owned()));
        assert_eq!(form.address("from"), Ok("BANK".to_owned()));
    }

    #[test]
    fn half_an_octet_half_a_unit_and_half_a_pair_are_no_text() {
        assert_eq!(from_hex(b"00e9"), Some(vec![0, 0xE9]));
        assert_eq!(from_hex(b"00E"), None);
        assert_eq!(from_hex(b"0g"), None);
        assert_eq!(from_utf16(&[0, 0x41, 0xD8, 0x3D, 0xDE, 0]), Some("A😀".to_owned()));
        assert_eq!(from_utf16(&[0, 0x41, 0xD8]), None);
        assert_eq!(from_utf16(&[0xD8, 0x3D]), None);
    }

    #[test]
    fn a_text_has_a_length_and_no_zero() {
        assert_eq!(phone_text("text", "é".repeat(4096)), Ok("é".repeat(4096)));
        assert_eq!(phone_text("text", "é".repeat(4097)), Err(DecodeFault::TooLong("text")));
        assert_eq!(phone_text("text", "a\0b".into()), Err(DecodeFault::Malformed("text")));
        assert_eq!(phone_text("text", String::new()), Ok(String::new()));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read(value in any::<String>(), other in any::<String>()) {
            let form = encode_form(&[("other", &other), ("value", &value)]);
            prop_assert_eq!(octets(&form, "value"), Ok(Some(value.into_bytes())));
        }

        #[test]
        fn text_survives_utf16(text in any::<String>()) {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            prop_assert_eq!(from_utf16(&wide), Some(text));
        }
    }
}
