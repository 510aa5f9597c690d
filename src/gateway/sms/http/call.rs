//! What a reseller calls us with: delivery reports and messages from phones, by the names of its template.
//!
//! GET and POST are both read. A name that begins with `/` is a place in the JSON of the body; any other is a field of
//! the query or of a form. Faults name the key of the configuration, which is what whoever connects a reseller looks
//! at.

use serde_json::Value;

use super::super::{About, Answered, Hook, Inbound, Receipt, Reported, SendOutcome};
use super::Template;
use super::answer::{ID_CHARACTERS_MAX, is_id};
use crate::gateway::DecodeFault;
use crate::gateway::form::{NotUtf8, decode_form};

/// Longest number, in characters: `+`, the 15 digits of E.164, and no more.
const NUMBER_CHARACTERS_MAX: usize = 16;
/// Longest receiver of a message, in characters: a number or a name of 11, with room.
const TO_CHARACTERS_MAX: usize = 32;
/// Longest network, in characters: a code of six digits or a name.
const NETWORK_CHARACTERS_MAX: usize = 32;
/// Longest text from a phone, in characters: ten segments and more.
const TEXT_CHARACTERS_MAX: usize = 2000;

/// A channel without names for reports gets none.
pub(super) fn receipt(template: &Template, hook: &Hook<'_>) -> Result<Receipt, DecodeFault> {
    let names = [template.receipt_id.as_str(), &template.receipt_status];
    let fields = Fields::of(hook, &names)?;
    let id = fields.named("http_receipt_id", &template.receipt_id)?;
    if !is_id(&id) {
        return Err(DecodeFault::Malformed("http_receipt_id"));
    }
    let status = fields.one("http_receipt_status", &template.receipt_status)?;
    let status = status.ok_or(DecodeFault::MissingField("http_receipt_status"))?;
    Ok(Receipt {
        about: if template.receipt_ours { About::ClientRef(id) } else { About::ProviderId(id) },
        reported: reported(template, status.trim()),
        detail: Answered::with(SendOutcome::Unknown, status.trim()).detail,
    })
}

/// Words are compared without case. One that no list has is not refused: the reseller would send it again and again.
fn reported(template: &Template, status: &str) -> Reported {
    let lists = [
        (&template.delivered, Reported::Delivered),
        (&template.undelivered, Reported::Undelivered),
        (&template.expired, Reported::Expired),
        (&template.in_flight, Reported::InFlight),
    ];
    let is_of = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(status));
    lists.into_iter().find(|(words, _)| is_of(words)).map_or(Reported::Unclear, |(_, reported)| reported)
}

/// Where the reseller does not say what number it was sent to, it is the channel's own.
pub(super) fn inbound(template: &Template, sender: &str, hook: &Hook<'_>) -> Result<Inbound, DecodeFault> {
    let Template { inbound_from, inbound_to, inbound_text, inbound_id, inbound_network, .. } = template;
    let fields = Fields::of(hook, &[inbound_from, inbound_to, inbound_text, inbound_id, inbound_network])?;
    let from = repair_plus(&fields.named("http_inbound_from", inbound_from)?);
    if !is_number(&from) {
        return Err(DecodeFault::Malformed("http_inbound_from"));
    }
    let to = fields.within("http_inbound_to", inbound_to, TO_CHARACTERS_MAX)?;
    let text = fields.within("http_inbound_text", inbound_text, TEXT_CHARACTERS_MAX)?;
    let id = fields.within("http_inbound_id", inbound_id, ID_CHARACTERS_MAX)?.unwrap_or_default();
    if !id.is_empty() && !is_id(&id) {
        return Err(DecodeFault::Malformed("http_inbound_id"));
    }
    let network = fields.within("http_inbound_network", inbound_network, NETWORK_CHARACTERS_MAX)?;
    Ok(Inbound {
        id,
        from,
        to: to.filter(|to| !to.is_empty()).map_or_else(|| sender.to_owned(), |to| repair_plus(&to)),
        text: text.ok_or(DecodeFault::MissingField("http_inbound_text"))?,
        network: network.unwrap_or_default(),
        part: None,
    })
}

/// `+250...` must travel as `%2B250...`; a reseller that forgets it sends a space. No number begins with a space.
fn repair_plus(number: &str) -> String {
    number.strip_prefix(' ').map_or_else(|| number.to_owned(), |digits| format!("+{digits}"))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && text.len() <= NUMBER_CHARACTERS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The fields of a call.
struct Fields {
    pairs: Vec<(String, String)>,
    json: Value,
}

impl Fields {
    /// The body is read as JSON if a name asks for that, and as a form otherwise, whatever the content type says: those
    /// of resellers are often wrong. Without a first name this kind of call is not configured.
    fn of(hook: &Hook<'_>, names: &[&str]) -> Result<Fields, DecodeFault> {
        let is_configured = names.first().is_some_and(|name| !name.is_empty());
        if !is_configured || !["GET", "POST"].contains(&hook.method) {
            return Err(DecodeFault::Method);
        }
        let mut pairs = decode_form(hook.query.as_bytes()).map_err(|NotUtf8| DecodeFault::NotUtf8)?;
        let mut json = Value::Null;
        if names.iter().any(|name| name.starts_with('/')) {
            json = serde_json::from_slice(hook.body).map_err(|_| DecodeFault::Malformed("body"))?;
        } else {
            pairs.extend(decode_form(hook.body).map_err(|NotUtf8| DecodeFault::NotUtf8)?);
        }
        Ok(Fields { pairs, json })
    }

    /// The one field of this name; `key` is what the configuration calls it. One that is there twice is refused: which
    /// is meant cannot be known.
    fn one(&self, key: &'static str, name: &str) -> Result<Option<String>, DecodeFault> {
        if name.starts_with('/') {
            return match self.json.pointer(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.clone())),
                Some(Value::Number(number)) => Ok(Some(number.to_string())),
                Some(_) => Err(DecodeFault::Malformed(key)),
            };
        }
        let mut values = self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(DecodeFault::RepeatedField(key)),
            // A name that is not configured is not looked for: a form may have a field without a name.
            (value, None) => Ok(value.filter(|_| !name.is_empty()).cloned()),
        }
    }

    fn within(&self, key: &'static str, name: &str, characters_max: usize) -> Result<Option<String>, DecodeFault> {
        let value = self.one(key, name)?;
        let is_long = value.as_ref().is_some_and(|value| value.chars().count() > characters_max);
        if is_long { Err(DecodeFault::TooLong(key)) } else { Ok(value) }
    }

    fn named(&self, key: &'static str, name: &str) -> Result<String, DecodeFault> {
        let value = self.within(key, name, ID_CHARACTERS_MAX)?;
        value.filter(|value| !value.is_empty()).ok_or(DecodeFault::MissingField(key))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn template(pairs: &[(&str, &str)]) -> Template {
        let mut template = Template::default();
        for (key, value) in [("http_url", "https://sms.reseller.invalid/{ref}")].iter().chain(pairs) {
            template.set(key, value).unwrap();
        }
        template.check().unwrap();
        template
    }

    fn reports() -> Template {
        template(&[("http_receipt_id", "id"), ("http_receipt_status", "stat"), ("http_receipt_ours", "true")])
    }

    fn phones() -> Template {
        template(&[
            ("http_inbound_from", "from"),
            ("http_inbound_text", "text"),
            ("http_inbound_to", "to"),
            ("http_inbound_id", "id"),
            ("http_inbound_network", "net"),
        ])
    }

    fn get(query: &str) -> Hook<'_> {
        Hook { method: "GET", query, content_type: "", signature: "", body: b"" }
    }

    fn reported_as(status: &str) -> Reported {
        receipt(&reports(), &get(&format!("id=kz1&stat={status}"))).unwrap().reported
    }

    #[test]
    fn the_words_of_smpp_are_known_unless_others_are_configured() {
        for (word, reported) in [
            ("DELIVRD", Reported::Delivered),
            ("delivered", Reported::Delivered),
            ("UNDELIV", Reported::Undelivered),
            ("Rejectd", Reported::Undelivered),
            ("EXPIRED", Reported::Expired),
            ("ENROUTE", Reported::InFlight),
            ("+ACCEPTD+", Reported::InFlight),
            ("UNKNOWN", Reported::Unclear),
            ("", Reported::Unclear),
            ("something%20new", Reported::Unclear),
        ] {
            assert_eq!(reported_as(word), reported, "{word}");
        }
        let own = template(&[
            ("http_receipt_id", "id"),
            ("http_receipt_status", "stat"),
            ("http_receipt_ours", "true"),
            ("http_delivered", "1|ok"),
        ]);
        assert_eq!(receipt(&own, &get("id=kz1&stat=OK")).unwrap().reported, Reported::Delivered);
        assert_eq!(receipt(&own, &get("id=kz1&stat=DELIVRD")).unwrap().reported, Reported::Unclear);
    }

    #[test]
    fn a_report_is_about_our_name_or_theirs() {
        assert_eq!(receipt(&reports(), &get("id=kz1&stat=x")).unwrap().about, About::ClientRef("kz1".into()));
        let theirs =
            template(&[("http_id", "/id"), ("http_receipt_id", "/r/id"), ("http_receipt_status", "/r/status")]);
        let body = br#"{"r":{"id":7,"status":"DELIVRD"}}"#;
        let told =
            receipt(&theirs, &Hook { method: "POST", query: "", content_type: "", signature: "", body }).unwrap();
        assert_eq!(told.about, About::ProviderId("7".into()));
        assert_eq!((told.reported, told.detail.as_str()), (Reported::Delivered, "DELIVRD"));
    }

    #[test]
    fn what_is_not_there_or_there_twice_is_named() {
        for (query, fault) in [
            ("stat=x", DecodeFault::MissingField("http_receipt_id")),
            ("id=&stat=x", DecodeFault::MissingField("http_receipt_id")),
            ("id=kz1", DecodeFault::MissingField("http_receipt_status")),
            ("id=kz1&id=kz2&stat=x", DecodeFault::RepeatedField("http_receipt_id")),
            ("id=k%20z&stat=x", DecodeFault::Malformed("http_receipt_id")),
            ("id=%FF&stat=x", DecodeFault::NotUtf8),
        ] {
            assert_eq!(receipt(&reports(), &get(query)), Err(fault), "{query}");
        }
        let twice = Hook { method: "POST", query: "id=kz1", content_type: "", signature: "", body: b"id=kz2&stat=x" };
        assert_eq!(receipt(&reports(), &twice), Err(DecodeFault::RepeatedField("http_receipt_id")));
    }

    #[test]
    fn a_kind_of_call_that_is_not_configured_is_refused() {
        assert_eq!(receipt(&phones(), &get("id=1&stat=x")), Err(DecodeFault::Method));
        assert_eq!(inbound(&reports(), "567", &get("from=1&text=x")), Err(DecodeFault::Method));
        let put = Hook { method: "PUT", ..get("id=1&stat=x") };
        assert_eq!(receipt(&reports(), &put), Err(DecodeFault::Method));
    }

    #[test]
    fn fields_are_refused_from_the_first_character_too_many() {
        let sent = |from: &str, to: &str, text: &str, id: &str, network: &str| {
            inbound(&phones(), "567", &get(&format!("from={from}&to={to}&text={text}&id={id}&net={network}")))
        };
        let (number, id, text) = ("1".repeat(16), "a".repeat(ID_CHARACTERS_MAX), "b".repeat(TEXT_CHARACTERS_MAX));
        let to = "c".repeat(TO_CHARACTERS_MAX);
        assert!(sent(&number, &to, &text, &id, &to).is_ok());
        assert_eq!(sent(&(number.clone() + "1"), "", "", "", ""), Err(DecodeFault::Malformed("http_inbound_from")));
        assert_eq!(sent("1", &(to.clone() + "c"), "", "", ""), Err(DecodeFault::TooLong("http_inbound_to")));
        assert_eq!(sent("1", "", &(text + "b"), "", ""), Err(DecodeFault::TooLong("http_inbound_text")));
        assert_eq!(sent("1", "", "", &(id + "a"), ""), Err(DecodeFault::TooLong("http_inbound_id")));
        assert_eq!(sent("1", "", "", "", &(to + "c")), Err(DecodeFault::TooLong("http_inbound_network")));
        assert_eq!(sent("MTN", "", "", "", ""), Err(DecodeFault::Malformed("http_inbound_from")));
    }

    #[test]
    fn a_plus_that_was_not_escaped_is_put_back() {
        let sent = inbound(&phones(), "567", &get("from=+250788000001&to=+250788000002&text=YEGO")).unwrap();
        assert_eq!((sent.from.as_str(), sent.to.as_str()), ("+250788000001", "+250788000002"));
        let to_us = inbound(&phones(), "567", &get("from=250788000001&to=&text=")).unwrap();
        assert_eq!((to_us.to.as_str(), to_us.text.as_str()), ("567", ""));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(query in "[ -~]{0,60}", body in prop::collection::vec(any::<u8>(), 0..100)) {
            let hook = Hook { method: "POST", query: &query, content_type: "", signature: "", body: &body };
            let _receipt = receipt(&reports(), &hook);
            let _inbound = inbound(&phones(), "567", &hook);
            let json = template(&[("http_inbound_from", "/from"), ("http_inbound_text", "/text")]);
            let _inbound = inbound(&json, "567", &hook);
        }
    }
}
