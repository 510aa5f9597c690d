//! `application/x-www-form-urlencoded`, as the WHATWG URL standard reads and writes it.
//!
//! Reading asks for one field at a time by its name, and refuses what two readers could understand in two ways.
//! Written out rather than taken from a crate, since the strict part matters here: a field that is not UTF-8 is refused,
//! never replaced, because a replaced character would be stored as if the caller had typed it.

use super::DecodeFault;

/// Longest phone number, in characters: `+`, the 15 digits of E.164, and no more.
pub(super) const PHONE_CHARACTERS_MAX: usize = 16;

/// The fields of a form that a gateway sent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body that says of itself that it is a form in UTF-8.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Self, DecodeFault> {
        if !is_utf8_form(content_type) {
            return Err(DecodeFault::ContentType);
        }
        decode_form(body).map(Self).map_err(|NotUtf8| DecodeFault::NotUtf8)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The one field of this name. A repeated one is refused: a proxy and this service could each read another.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<&str>, DecodeFault> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(DecodeFault::RepeatedField(name)),
            (value, None) => Ok(value),
        }
    }

    /// As [`Form::one`], within a length and free of control characters, which no identifier has and no store likes.
    pub(super) fn optional(&self, name: &'static str, characters_max: usize) -> Result<Option<&str>, DecodeFault> {
        match self.one(name)? {
            Some(value) if value.chars().count() > characters_max => Err(DecodeFault::TooLong(name)),
            Some(value) if value.chars().any(char::is_control) => Err(DecodeFault::Malformed(name)),
            value => Ok(value),
        }
    }

    /// As [`Form::optional`], for a field that must be there and not be empty.
    pub(super) fn named(&self, name: &'static str, characters_max: usize) -> Result<&str, DecodeFault> {
        let value = self.optional(name, characters_max)?;
        value.filter(|value| !value.is_empty()).ok_or(DecodeFault::MissingField(name))
    }

    /// A phone number that must be there: digits, with or without `+`.
    pub(super) fn phone(&self, name: &'static str) -> Result<String, DecodeFault> {
        let number = repair_plus(self.named(name, PHONE_CHARACTERS_MAX)?);
        if is_phone(&number) { Ok(number) } else { Err(DecodeFault::Malformed(name)) }
    }
}

/// `+250...` must travel as `%2B250...`. A gateway or proxy that forgets to escape it sends a space, since `+` means a
/// space in a form. No number begins with a space, so the repair is never wrong; without it the caller would be refused.
pub(super) fn repair_plus(number: &str) -> String {
    number.strip_prefix(' ').map_or_else(|| number.to_owned(), |digits| format!("+{digits}"))
}

/// Digits, with or without `+`.
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The media type is compared without regard to case; of its parameters `charset` alone matters, and only UTF-8 (or its
/// subset ASCII) is understood: guessing at another character set would store wrong names.
fn is_utf8_form(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
        && parts.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim().trim_matches('"');
            !name.trim().eq_ignore_ascii_case("charset")
                || ["utf-8", "utf8", "us-ascii"].iter().any(|known| value.eq_ignore_ascii_case(known))
        })
}

/// A field was not UTF-8 once its percent signs were decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

/// The pairs of a form body in their order. A percent sign that begins no escape stands for itself, as the standard says.
pub(super) fn decode_form(body: &[u8]) -> Result<Vec<(String, String)>, NotUtf8> {
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode_value(halves.next().unwrap_or_default())?;
            let value = decode_value(halves.next().unwrap_or_default())?;
            Ok((name, value))
        })
        .collect()
}

fn decode_value(encoded: &[u8]) -> Result<String, NotUtf8> {
    let mut plain = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'%' | b'+')) {
        let (as_it_is, marked) = rest.split_at(at);
        plain.extend_from_slice(as_it_is);
        rest = match marked {
            [b'%', high, low, after @ ..] if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) => {
                plain.push(high * 16 + low);
                after
            }
            [mark, after @ ..] => {
                plain.push(if *mark == b'+' { b' ' } else { *mark });
                after
            }
            [] => marked,
        };
    }
    plain.extend_from_slice(rest);
    String::from_utf8(plain).map_err(|_| NotUtf8)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// A form body of these pairs: for our own commands, which speak a gateway's dialect to the service, and for the tests.
pub fn encode_form(pairs: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in pairs {
        if !body.is_empty() {
            body.push('&');
        }
        encode_value(name, &mut body);
        body.push('=');
        encode_value(value, &mut body);
    }
    body
}

fn encode_value(plain: &str, body: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or('0');
    for byte in plain.bytes() {
        match byte {
            b' ' => body.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => body.push(char::from(byte)),
            other => {
                body.push('%');
                body.push(digit(other >> 4));
                body.push(digit(other & 15));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(body: &str) -> Vec<(String, String)> {
        decode_form(body.as_bytes()).unwrap()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn reads_escapes_plus_signs_and_missing_halves() {
        assert_eq!(
            decoded("a=%2B1&b=x+y&c&d=e=f&&=g"),
            [pair("a", "+1"), pair("b", "x y"), pair("c", ""), pair("d", "e=f"), pair("", "g")]
        );
    }

    #[test]
    fn a_percent_sign_that_begins_no_escape_stands_for_itself() {
        assert_eq!(decoded("a=50%&b=%zz&c=%2"), [pair("a", "50%"), pair("b", "%zz"), pair("c", "%2")]);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_escaped_or_not() {
        assert_eq!(decode_form(b"a=%FF"), Err(NotUtf8));
        assert_eq!(decode_form(b"a=\xC3"), Err(NotUtf8));
        assert_eq!(decoded("a=%C3%A9"), [pair("a", "é")]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(pairs in prop::collection::vec((".+", ".*"), 0..6)) {
            let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let body = encode_form(&borrowed);
            prop_assert!(body.is_ascii());
            prop_assert_eq!(decoded(&body), pairs);
        }

        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(pairs) = decode_form(&body) {
                prop_assert!(pairs.iter().map(|(a, b)| a.len() + b.len()).sum::<usize>() <= body.len());
            }
        }
    }
}
