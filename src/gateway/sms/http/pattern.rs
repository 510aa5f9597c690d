//! Texts with placeholders, and how a value is written where its placeholder stands.
//!
//! A placeholder is `{name}`. `{{` writes `{`, and so does a `{` that no letter follows: JSON can be written as it is.
//! A name that is not known is a fault of the configuration and never sent.

use std::borrow::Cow;

use super::super::{Account, Sms};
use crate::gateway::base64::encode_base64;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// The digits of the number.
    To,
    /// The same behind a `+`.
    ToPlus,
    /// The text of the message.
    Text,
    /// The sender shown on the phone.
    Sender,
    /// Our own name of the message.
    Ref,
    /// The name of the account.
    Username,
    /// Its secret.
    Password,
    /// Name and secret as Basic authentication wants them, behind the word `Basic`.
    Basic,
    /// Whole minutes for which the message is of use, at least one.
    ValidMinutes,
}

impl Placeholder {
    const ALL: [(&'static str, Placeholder); 9] = [
        ("to", Placeholder::To),
        ("to_plus", Placeholder::ToPlus),
        ("text", Placeholder::Text),
        ("sender", Placeholder::Sender),
        ("ref", Placeholder::Ref),
        ("username", Placeholder::Username),
        ("password", Placeholder::Password),
        ("basic", Placeholder::Basic),
        ("valid_minutes", Placeholder::ValidMinutes),
    ];

    fn named(name: &str) -> Option<Placeholder> {
        Placeholder::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, placeholder)| placeholder)
    }

    /// Whether it may stand in the path of an address, which is logged: numbers, texts and secrets may not.
    pub(super) fn may_be_logged(self) -> bool {
        matches!(self, Placeholder::Sender | Placeholder::Ref | Placeholder::Username | Placeholder::ValidMinutes)
    }
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    /// Stands for itself.
    Literal(&'p str),
    /// Stands for a value.
    Value(Placeholder),
}

/// A name in braces is not one of ours, or its brace is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownPlaceholder;

/// The parts of a pattern, in their order.
pub(super) fn pieces(pattern: &str) -> Result<Vec<Piece<'_>>, UnknownPlaceholder> {
    let (mut pieces, mut rest) = (Vec::new(), pattern);
    while let Some((before, after)) = rest.split_once('{') {
        pieces.push(Piece::Literal(before));
        // Behind spaces too: `{ to }` is a mistake, and not a text that anybody wants to send.
        if after.trim_start_matches(' ').starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let (name, behind) = after.split_once('}').ok_or(UnknownPlaceholder)?;
            pieces.push(Piece::Value(Placeholder::named(name).ok_or(UnknownPlaceholder)?));
            rest = behind;
        } else {
            pieces.push(Piece::Literal("{"));
            rest = after.strip_prefix('{').unwrap_or(after);
        }
    }
    pieces.push(Piece::Literal(rest));
    Ok(pieces)
}

/// Where values come from.
pub(super) struct Values<'v> {
    pub(super) account: &'v Account,
    pub(super) sms: &'v Sms,
}

impl Values<'_> {
    fn of(&self, placeholder: Placeholder) -> Cow<'_, str> {
        let Values { account, sms } = self;
        match placeholder {
            Placeholder::To => Cow::from(&sms.to),
            Placeholder::ToPlus => Cow::from(format!("+{}", sms.to)),
            Placeholder::Text => Cow::from(&sms.text),
            Placeholder::Sender => Cow::from(&account.sender),
            Placeholder::Ref => Cow::from(&sms.client_ref),
            Placeholder::Username => Cow::from(&account.username),
            Placeholder::Password => Cow::from(&account.password),
            Placeholder::Basic => {
                Cow::from(encode_base64(format!("{}:{}", account.username, account.password).as_bytes()))
            }
            Placeholder::ValidMinutes => Cow::from((sms.valid_s / 60).max(1).to_string()),
        }
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// In an address or a form: everything but letters, digits and `-._~` as `%XX`. A space is `%20`, which both read.
    Percent,
    /// Within the quotes of a JSON string.
    Json,
    /// Within an element or the quotes of an attribute. Characters that XML cannot hold are left out.
    Xml,
    /// In the value of a header. What a header cannot hold is left out: a line break would begin another header.
    Header,
    /// As it is.
    Plain,
}

impl Escape {
    pub(super) fn write(self, value: &str, out: &mut String) {
        match self {
            Escape::Percent => percent(value, out),
            Escape::Json => {
                let quoted = serde_json::to_string(value).unwrap_or_default();
                out.push_str(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default());
            }
            Escape::Xml => xml(value, out),
            Escape::Header => out.extend(value.chars().filter(|c| is_of_a_header(*c))),
            Escape::Plain => out.push_str(value),
        }
    }
}

/// Whether a header can hold this character: the visible ones of ASCII, and the space.
pub(super) fn is_of_a_header(character: char) -> bool {
    character == ' ' || character.is_ascii_graphic()
}

fn percent(value: &str, out: &mut String) {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// A line break is written as a reference, since an attribute would make a space of it.
fn xml(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            other => out.push(other),
        }
    }
}

/// A pattern with its values. One with a fault, which [`super::Template::check`] refuses, becomes nothing.
pub(super) fn expand(pattern: &str, escape: Escape, values: &Values<'_>) -> String {
    let mut out = String::with_capacity(pattern.len() + values.sms.text.len());
    for piece in pieces(pattern).unwrap_or_default() {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Value(placeholder) => escape.write(&values.of(placeholder), &mut out),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::Dialect;
    use super::*;
    use crate::gateway::form::decode_form;

    fn expanded(pattern: &str, escape: Escape, text: &str) -> String {
        let account = Account { username: "u:1".into(), password: "secret".into(), ..Account::of(Dialect::Http) };
        let sms = Sms { to: "250788000001".into(), text: text.into(), client_ref: "kz1".into(), valid_s: 3_659 };
        expand(pattern, escape, &Values { account: &account, sms: &sms })
    }

    #[test]
    fn every_placeholder_has_its_value() {
        let all = "{to} {to_plus} {text} {sender} {ref} {username} {password} {basic} {valid_minutes}";
        let values = "250788000001 +250788000001 T Kaziline kz1 u:1 secret dToxOnNlY3JldA== 60";
        assert_eq!(expanded(all, Escape::Plain, "T"), values);
    }

    #[test]
    fn a_message_that_ends_within_a_minute_is_given_one() {
        let sms = Sms { to: String::new(), text: String::new(), client_ref: String::new(), valid_s: 5 };
        let values = Values { account: &Account::of(Dialect::Http), sms: &sms };
        assert_eq!(expand("{valid_minutes}", Escape::Plain, &values), "1");
    }

    #[test]
    fn a_brace_that_begins_no_name_stands_for_itself() {
        assert_eq!(expanded(r#"{"a":{"b":"{text}"}}"#, Escape::Json, "T"), r#"{"a":{"b":"T"}}"#);
        assert_eq!(expanded("{{text} {} {1}", Escape::Plain, "T"), "{text} {} {1}");
        assert_eq!(expanded("{", Escape::Plain, "T"), "{");
    }

    #[test]
    fn a_name_that_is_not_known_is_a_fault() {
        for pattern in ["{tex}", "{To}", "{ to }", "{to", "a{to b}", "{_}"] {
            assert_eq!(pieces(pattern), Err(UnknownPlaceholder), "{pattern}");
        }
    }

    #[test]
    fn a_value_never_leaves_its_place() {
        assert_eq!(expanded("a={text}&b", Escape::Percent, "é &=+%#\n"), "a=%C3%A9%20%26%3D%2B%25%23%0A&b");
        assert_eq!(expanded("{text}", Escape::Json, "a\"\\\n\u{1}é"), "a\\\"\\\\\\n\\u0001é");
        assert_eq!(expanded("{text}", Escape::Xml, "<&>\"'\n\u{1}é"), "&lt;&amp;&gt;&quot;&apos;&#10;é");
        assert_eq!(expanded("x {text}", Escape::Header, "a\r\nb: é\0c"), "x ab: c");
    }

    #[test]
    fn a_value_is_not_read_for_placeholders() {
        assert_eq!(expanded("{text}", Escape::Plain, "{password}"), "{password}");
    }

    proptest! {
        #[test]
        fn a_form_gives_the_text_back(text in any::<String>()) {
            let body = expanded("a={text}&b=1", Escape::Percent, &text);
            let pairs = decode_form(body.as_bytes()).unwrap();
            prop_assert_eq!(pairs, [("a".to_owned(), text), ("b".to_owned(), "1".to_owned())]);
        }

        #[test]
        fn json_gives_the_text_back(text in any::<String>()) {
            let body = expanded(r#"{"a":"{text}"}"#, Escape::Json, &text);
            let read: serde_json::Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(read, serde_json::json!({ "a": text }));
        }

        #[test]
        fn no_text_breaks_out_of_an_element_or_a_header(text in any::<String>()) {
            let element = expanded("{text}", Escape::Xml, &text);
            prop_assert!(!element.contains(['<', '>', '"', '\'']));
            let header = expanded("{text}", Escape::Header, &text);
            prop_assert!(header.chars().all(is_of_a_header));
        }

        #[test]
        fn any_pattern_is_read_or_refused(pattern in any::<String>()) {
            let _pieces = pieces(&pattern);
        }
    }
}
