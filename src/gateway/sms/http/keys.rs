//! The keys of a template: a flat text each, so that the configuration needs no knowledge of them but their names.

use std::ops::RangeInclusive;

use super::template::{BodyType, Header, Template, TemplateFault};
use crate::gateway::Method;

/// Every key, under its name in the table of a channel: `http_` and a field of [`Template`], which says what it means.
///
/// Each value is a text. Lists are separated by `|`, which `||` writes within a word; spaces around a word do not
/// count.
pub const KEYS: &[&str] = &[
    "http_method",
    "http_url",
    "http_content_type",
    "http_body",
    "http_headers",
    "http_accepted_status",
    "http_accepted_contains",
    "http_id",
    "http_id_after",
    "http_id_before",
    "http_throttled_contains",
    "http_no_credit_contains",
    "http_credentials_contains",
    "http_permanent_contains",
    "http_opted_out_contains",
    "http_receipt_id",
    "http_receipt_status",
    "http_receipt_ours",
    "http_delivered",
    "http_undelivered",
    "http_expired",
    "http_in_flight",
    "http_inbound_from",
    "http_inbound_text",
    "http_inbound_to",
    "http_inbound_id",
    "http_inbound_network",
    "http_acknowledge",
];

/// The keys whose values may hold a secret, written out instead of `{password}`: not to be shown.
pub const SECRET_KEYS: &[&str] = &["http_url", "http_body", "http_headers"];

/// Longest value of a key, in bytes: an XML of a page. More is a file in the wrong place.
const VALUE_BYTES_MAX: usize = 4096;
/// Most words in a list: a reseller's whole table of errors.
const WORDS_MAX: usize = 64;

impl Template {
    /// Sets one of [`KEYS`].
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), TemplateFault> {
        let key = KEYS.iter().copied().find(|known| *known == key).ok_or(TemplateFault::UnknownKey)?;
        if value.len() > VALUE_BYTES_MAX {
            return Err(TemplateFault::Rule(key, "at most 4096 bytes"));
        }
        if let Some(text) = self.text(key) {
            value.clone_into(text);
        } else if let Some(words) = self.words(key) {
            *words = list(key, value)?;
        } else {
            self.set_other(key, value)?;
        }
        Ok(())
    }

    fn text(&mut self, key: &str) -> Option<&mut String> {
        Some(match key {
            "http_url" => &mut self.url,
            "http_body" => &mut self.body,
            "http_accepted_contains" => &mut self.accepted_contains,
            "http_id" => &mut self.id,
            "http_id_after" => &mut self.id_after,
            "http_id_before" => &mut self.id_before,
            "http_receipt_id" => &mut self.receipt_id,
            "http_receipt_status" => &mut self.receipt_status,
            "http_inbound_from" => &mut self.inbound_from,
            "http_inbound_text" => &mut self.inbound_text,
            "http_inbound_to" => &mut self.inbound_to,
            "http_inbound_id" => &mut self.inbound_id,
            "http_inbound_network" => &mut self.inbound_network,
            "http_acknowledge" => &mut self.acknowledge,
            _ => return None,
        })
    }

    fn words(&mut self, key: &str) -> Option<&mut Vec<String>> {
        Some(match key {
            "http_throttled_contains" => &mut self.throttled_contains,
            "http_no_credit_contains" => &mut self.no_credit_contains,
            "http_credentials_contains" => &mut self.credentials_contains,
            "http_permanent_contains" => &mut self.permanent_contains,
            "http_opted_out_contains" => &mut self.opted_out_contains,
            "http_delivered" => &mut self.delivered,
            "http_undelivered" => &mut self.undelivered,
            "http_expired" => &mut self.expired,
            "http_in_flight" => &mut self.in_flight,
            _ => return None,
        })
    }

    fn set_other(&mut self, key: &'static str, value: &str) -> Result<(), TemplateFault> {
        let rule = |rule| Err(TemplateFault::Rule(key, rule));
        match (key, value) {
            ("http_method", "get") => self.method = Method::Get,
            ("http_method", "post") => self.method = Method::Post,
            ("http_method", _) => return rule("write `get` or `post`"),
            ("http_content_type", "") => self.content_type = None,
            ("http_content_type", "form") => self.content_type = Some(BodyType::Form),
            ("http_content_type", "json") => self.content_type = Some(BodyType::Json),
            ("http_content_type", "xml") => self.content_type = Some(BodyType::Xml),
            ("http_content_type", "text") => self.content_type = Some(BodyType::Text),
            ("http_content_type", _) => return rule("write `form`, `json`, `xml` or `text`"),
            ("http_receipt_ours", "true") => self.receipt_ours = true,
            ("http_receipt_ours", "false") => self.receipt_ours = false,
            ("http_receipt_ours", _) => return rule("write `true` or `false`"),
            ("http_headers", _) => {
                self.headers = list(key, value)?.iter().map(|line| header(key, line)).collect::<Result<_, _>>()?;
            }
            ("http_accepted_status", _) => {
                let ranges = list(key, value)?;
                let ranges = ranges.iter().map(|word| statuses(word)).collect::<Option<_>>();
                let Some(ranges) = ranges else {
                    return rule("write statuses from 100 to 599: `200|202` or `200-299`");
                };
                self.accepted_status = ranges;
            }
            _ => return Err(TemplateFault::UnknownKey),
        }
        Ok(())
    }
}

/// The words of a list. `||` writes the separator itself.
fn list(key: &'static str, value: &str) -> Result<Vec<String>, TemplateFault> {
    let mut words = vec![String::new()];
    let mut rest = value.chars().peekable();
    while let Some(character) = rest.next() {
        let is_separator = character == '|' && rest.next_if_eq(&'|').is_none();
        match words.last_mut() {
            Some(word) if !is_separator => word.push(character),
            _ => words.push(String::new()),
        }
    }
    if value.is_empty() {
        words.clear();
    }
    let words: Vec<String> = words.iter().map(|word| word.trim().to_owned()).collect();
    if words.contains(&String::new()) {
        return Err(TemplateFault::Rule(key, "a word of the list is empty"));
    }
    if words.len() > WORDS_MAX { Err(TemplateFault::Rule(key, "at most 64 words")) } else { Ok(words) }
}

/// A line `Name: value`. The name is kept for the life of the process, since requests name their headers by constants;
/// a configuration is read once, and has a handful.
fn header(key: &'static str, line: &str) -> Result<Header, TemplateFault> {
    let rule = |rule| Err(TemplateFault::Rule(key, rule));
    let Some((name, value)) = line.split_once(':') else { return rule("write `Name: value`") };
    let name = name.trim().to_ascii_lowercase();
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_of_a_name) {
        return rule("a name has letters, digits, `-` and `_`");
    }
    if ["host", "content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
        return rule("the transport writes host, content-length, transfer-encoding and connection itself");
    }
    Ok(Header { name: name.leak(), value: value.trim().to_owned() })
}

fn statuses(word: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (100 <= first && first <= last && last <= 599).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_key_can_be_set_and_is_a_field_of_its_own() {
        let mut seen = vec![Template::default()];
        for key in KEYS {
            let value = match *key {
                "http_method" => "post",
                "http_content_type" => "json",
                "http_receipt_ours" => "true",
                "http_headers" => "X-A: b",
                "http_accepted_status" => "201",
                _ => "word",
            };
            let mut template = Template::default();
            template.set(key, value).unwrap();
            assert!(!seen.contains(&template), "{key}");
            seen.push(template);
        }
        assert!(SECRET_KEYS.iter().all(|key| KEYS.contains(key)));
    }

    #[test]
    fn a_key_that_is_not_known_is_refused() {
        let mut template = Template::default();
        for key in ["url", "http_", "http_URL", ""] {
            assert_eq!(template.set(key, "x"), Err(TemplateFault::UnknownKey), "{key}");
        }
        assert_eq!(template, Template::default());
    }

    #[test]
    fn a_value_that_is_none_names_its_key() {
        for (key, value) in [
            ("http_method", "GET"),
            ("http_content_type", "application/json"),
            ("http_receipt_ours", "yes"),
            ("http_accepted_status", "2xx"),
            ("http_accepted_status", "299-200"),
            ("http_accepted_status", "99"),
            ("http_accepted_status", "600"),
            ("http_headers", "X-A"),
            ("http_headers", "X A: b"),
            ("http_headers", "Host: b"),
            ("http_delivered", "a||b| "),
        ] {
            let fault = Template::default().set(key, value).unwrap_err();
            assert_eq!(fault.key(), Some(key), "{value}");
            assert!(fault.to_string().starts_with(&format!("`{key}`: ")), "{fault}");
        }
    }

    #[test]
    fn limits_hold_to_the_byte_and_the_word() {
        let mut template = Template::default();
        assert!(template.set("http_url", &"a".repeat(VALUE_BYTES_MAX)).is_ok());
        assert!(template.set("http_url", &"a".repeat(VALUE_BYTES_MAX + 1)).is_err());
        assert!(template.set("http_delivered", &vec!["a"; WORDS_MAX].join("|")).is_ok());
        assert!(template.set("http_delivered", &vec!["a"; WORDS_MAX + 1].join("|")).is_err());
    }

    #[test]
    fn lists_are_split_at_single_bars() {
        let words = |value: &str| list("http_delivered", value).unwrap();
        assert_eq!(words("a| b c |d"), ["a", "b c", "d"]);
        assert_eq!(words("1||2|3||"), ["1|2", "3|"]);
        assert_eq!(words("a|||b"), ["a|", "b"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn debug_shows_no_value() {
        let mut template = Template::default();
        for key in ["http_url", "http_body", "http_acknowledge"] {
            template.set(key, "hunter2").unwrap();
        }
        template.set("http_headers", "X-Key: hunter2").unwrap();
        assert!(!format!("{template:?} {:?}", template.headers).contains("hunter2"));
    }

    proptest! {
        #[test]
        fn a_list_gives_its_words_back(words in prop::collection::vec("[a-z][a-z |]{0,3}[a-z|]", 0..6)) {
            let written = words.iter().map(|word| word.replace('|', "||")).collect::<Vec<_>>().join("|");
            // No word begins with a bar: of three in a row, the third separates.
            prop_assert_eq!(list("http_delivered", &written), Ok(words));
        }

        #[test]
        fn any_value_is_taken_or_refused(value in any::<String>()) {
            for key in KEYS {
                let _outcome = Template::default().set(key, &value);
            }
        }
    }
}
