//! Whether a template can work, found before a message depends on it.
//!
//! What is refused: what could not be sent, what would put a number, a text or a secret into an address that is logged,
//! and what could never find a message again.

use super::super::{Account, Dialect, Sms};
use super::pattern::{Escape, Piece, Placeholder, UnknownPlaceholder, Values, expand, is_of_a_header, pieces};
use super::template::ID_BETWEEN;
use super::{BodyType, Template, TemplateFault};
use crate::gateway::Method;

impl Template {
    /// Whether the whole can work: the first fault of it, by its key.
    pub fn check(&self) -> Result<(), TemplateFault> {
        self.check_url()?;
        self.check_body()?;
        self.check_headers()?;
        self.check_answer()?;
        self.check_receipts()?;
        self.check_inbound()
    }

    /// The place itself is fixed: no value chooses the host that gets the password. The path is logged, the query is
    /// not.
    fn check_url(&self) -> Result<(), TemplateFault> {
        let rule = |rule| Err(TemplateFault::Rule("http_url", rule));
        if self.url.is_empty() {
            return Err(TemplateFault::Missing("http_url"));
        }
        let parts = pieces(&self.url).map_err(|fault| unknown("http_url", fault))?;
        if !self.url.bytes().all(|byte| byte.is_ascii_graphic()) || self.url.contains('#') {
            return rule("no spaces, no `#`, and other letters as `%XX`");
        }
        let Some(place) = self.url.strip_prefix("https://").or_else(|| self.url.strip_prefix("http://")) else {
            return rule("begin with https:// or http://");
        };
        let host = place.split(['/', '?']).next().unwrap_or_default();
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return rule("the host is fixed: no placeholders, names or passwords in it");
        }
        let is_query = |piece: &Piece<'_>| matches!(piece, Piece::Literal(text) if text.contains('?'));
        let path = parts.iter().take_while(|piece| !is_query(piece));
        for piece in path {
            if let Piece::Value(placeholder) = piece
                && !placeholder.may_be_logged()
            {
                return rule("the path is logged: {to}, {to_plus}, {text}, {password} and {basic} belong behind a `?`");
            }
        }
        Ok(())
    }

    fn check_body(&self) -> Result<(), TemplateFault> {
        let rule = |rule| Err(TemplateFault::Rule("http_body", rule));
        pieces(&self.body).map_err(|fault| unknown("http_body", fault))?;
        match (self.content_type, self.body.is_empty()) {
            (None, true) => return Ok(()),
            (None, false) => return Err(TemplateFault::Missing("http_content_type")),
            (Some(_), true) => return Err(TemplateFault::Missing("http_body")),
            (Some(_), false) => {}
        }
        if self.method == Method::Get {
            return rule("a request with `get` has no body; set http_method to `post`");
        }
        match self.content_type {
            Some(BodyType::Json) if !self.is_json() => {
                rule("not JSON once texts stand in it; write \"{text}\" with its quotes")
            }
            Some(BodyType::Xml) if self.body.contains("<![CDATA[") => {
                rule("values are escaped, which CDATA would show; write them without it")
            }
            _ => Ok(()),
        }
    }

    /// With values that break out of every place but a string.
    fn is_json(&self) -> bool {
        let probe = || "a\"'\\\n{[<".to_owned();
        let account = Account { sender: probe(), username: probe(), password: probe(), ..Account::of(Dialect::Http) };
        let sms = Sms { to: "250788000001".to_owned(), text: probe(), client_ref: probe(), valid_s: 60 };
        let body = expand(&self.body, Escape::Json, &Values { account: &account, sms: &sms });
        serde_json::from_str::<serde_json::Value>(&body).is_ok()
    }

    fn check_headers(&self) -> Result<(), TemplateFault> {
        let rule = |rule| Err(TemplateFault::Rule("http_headers", rule));
        for header in &self.headers {
            let parts = pieces(&header.value).map_err(|fault| unknown("http_headers", fault))?;
            if !header.value.chars().all(is_of_a_header) {
                return rule("a header has ASCII letters, digits, signs and spaces");
            }
            if parts.contains(&Piece::Value(Placeholder::Text)) {
                return rule("{text} cannot stand in a header: it may have line breaks");
            }
        }
        Ok(())
    }

    fn check_answer(&self) -> Result<(), TemplateFault> {
        if self.accepted_status.is_empty() {
            return Err(TemplateFault::Missing("http_accepted_status"));
        }
        let is_between = self.id == ID_BETWEEN;
        if !self.id.is_empty() && !is_between && !self.id.starts_with('/') {
            return Err(TemplateFault::Rule("http_id", "write a place in JSON such as `/messages/0/id`, or `between`"));
        }
        for (key, text) in [("http_id_after", &self.id_after), ("http_id_before", &self.id_before)] {
            if !is_between && !text.is_empty() {
                return Err(TemplateFault::Rule(key, "only with http_id = `between`"));
            }
        }
        Ok(())
    }

    fn check_receipts(&self) -> Result<(), TemplateFault> {
        match (self.receipt_id.is_empty(), self.receipt_status.is_empty()) {
            (true, false) => return Err(TemplateFault::Missing("http_receipt_id")),
            (false, true) => return Err(TemplateFault::Missing("http_receipt_status")),
            (true, true) if self.receipt_ours => return Err(TemplateFault::Missing("http_receipt_id")),
            (true, true) => return Ok(()),
            (false, false) => {}
        }
        if self.receipt_ours && !self.sends_ref() {
            let rule = "reports can only name our {ref} if the request tells it";
            return Err(TemplateFault::Rule("http_receipt_ours", rule));
        }
        if !self.receipt_ours && self.id.is_empty() {
            return Err(TemplateFault::Missing("http_id"));
        }
        let lists = [
            ("http_delivered", &self.delivered),
            ("http_undelivered", &self.undelivered),
            ("http_expired", &self.expired),
            ("http_in_flight", &self.in_flight),
        ];
        for (place, (_, words)) in (1..).zip(&lists) {
            for (key, others) in lists.iter().skip(place) {
                if words.iter().any(|word| others.iter().any(|other| word.eq_ignore_ascii_case(other))) {
                    return Err(TemplateFault::Rule(key, "one of its words is in another list of statuses too"));
                }
            }
        }
        Ok(())
    }

    fn sends_ref(&self) -> bool {
        let values = self.headers.iter().map(|header| header.value.as_str());
        let mut patterns = values.chain([self.url.as_str(), self.body.as_str()]);
        patterns.any(|pattern| pieces(pattern).unwrap_or_default().contains(&Piece::Value(Placeholder::Ref)))
    }

    fn check_inbound(&self) -> Result<(), TemplateFault> {
        let more = [&self.inbound_to, &self.inbound_id, &self.inbound_network];
        match (self.inbound_from.is_empty(), self.inbound_text.is_empty()) {
            (false, true) => Err(TemplateFault::Missing("http_inbound_text")),
            (true, false) => Err(TemplateFault::Missing("http_inbound_from")),
            (true, true) if more.iter().any(|name| !name.is_empty()) => {
                Err(TemplateFault::Missing("http_inbound_from"))
            }
            _ => Ok(()),
        }
    }
}

fn unknown(key: &'static str, _: UnknownPlaceholder) -> TemplateFault {
    let rule = "known are {to}, {to_plus}, {text}, {sender}, {ref}, {username}, {password}, {basic} and \
                {valid_minutes}; write {{ for a brace before a letter";
    TemplateFault::Rule(key, rule)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::KEYS;
    use super::*;

    const URL: (&str, &str) = ("http_url", "https://sms.reseller.invalid/send?to={to}");
    const POST: (&str, &str) = ("http_method", "post");

    fn checked(pairs: &[(&str, &str)]) -> Result<(), TemplateFault> {
        let mut template = Template::default();
        for (key, value) in pairs {
            template.set(key, value).unwrap();
        }
        template.check()
    }

    fn fault_of(pairs: &[(&str, &str)]) -> &'static str {
        checked(pairs).unwrap_err().key().unwrap()
    }

    #[test]
    fn an_address_is_all_that_is_needed() {
        assert_eq!(checked(&[]), Err(TemplateFault::Missing("http_url")));
        assert_eq!(checked(&[URL]), Ok(()));
    }

    #[test]
    fn an_address_has_a_fixed_host_and_shows_no_secret_in_its_path() {
        for url in [
            "https://sms.reseller.invalid",
            "http://192.0.2.1:8080?to={to}",
            "https://[2001:db8::1]/{username}/{sender}/{ref}/{valid_minutes}?t={text}&k={password}&n={to_plus}",
        ] {
            assert_eq!(checked(&[("http_url", url)]), Ok(()), "{url}");
        }
        for url in [
            "sms.reseller.invalid/send",
            "ftp://sms.reseller.invalid/",
            "https:///send",
            "https://{sender}.reseller.invalid/",
            "https://user:secret@reseller.invalid/",
            "https://sms.reseller.invalid/{to}",
            "https://sms.reseller.invalid/{to_plus}?a=b",
            "https://sms.reseller.invalid/{text}",
            "https://sms.reseller.invalid/{password}",
            "https://sms.reseller.invalid/{basic}/send?to={to}",
            "https://sms.reseller.invalid/send?to={to}#a",
            "https://sms.reseller.invalid/send?to={to}&text=a b",
            "https://sms.reseller.invalid/send?to={tto}",
        ] {
            assert_eq!(fault_of(&[("http_url", url)]), "http_url", "{url}");
        }
    }

    #[test]
    fn a_body_goes_with_its_type_and_with_post() {
        let (form, body) = (("http_content_type", "form"), ("http_body", "to={to}"));
        assert_eq!(checked(&[URL, POST, form, body]), Ok(()));
        assert_eq!(checked(&[URL, POST]), Ok(()));
        assert_eq!(checked(&[URL, POST, form]), Err(TemplateFault::Missing("http_body")));
        assert_eq!(checked(&[URL, POST, body]), Err(TemplateFault::Missing("http_content_type")));
        assert_eq!(fault_of(&[URL, form, body]), "http_body");
        assert_eq!(fault_of(&[URL, POST, form, ("http_body", "to={too}")]), "http_body");
    }

    #[test]
    fn json_stays_json_whatever_stands_in_it() {
        let json = ("http_content_type", "json");
        for body in [r#"{"to":{to},"t":"{text}","m":{valid_minutes}}"#, r#"[{{"to":"{to_plus}","s":"x-{sender}"}]"#] {
            assert_eq!(checked(&[URL, POST, json, ("http_body", body)]), Ok(()), "{body}");
        }
        for body in [r#"{"t":{text}}"#, r#"{"t":"{text}""#, "{text}", r#"{"r":{ref}}"#, r#"{"p":{password}}"#] {
            assert_eq!(fault_of(&[URL, POST, json, ("http_body", body)]), "http_body", "{body}");
        }
        let cdata = ("http_body", "<t><![CDATA[{text}]]></t>");
        assert_eq!(fault_of(&[URL, POST, ("http_content_type", "xml"), cdata]), "http_body");
    }

    #[test]
    fn headers_hold_no_text_and_nothing_but_ascii() {
        assert_eq!(checked(&[URL, ("http_headers", "Authorization: Basic {basic}|X-Ref: {ref}")]), Ok(()));
        for header in ["X-Text: {text}", "X-Name: Café", "X-A: b\nX-B: c", "X-A: {unknown}"] {
            assert_eq!(fault_of(&[URL, ("http_headers", header)]), "http_headers", "{header}");
        }
    }

    #[test]
    fn an_id_is_looked_for_in_one_way() {
        assert_eq!(checked(&[URL, ("http_id", "/id")]), Ok(()));
        assert_eq!(checked(&[URL, ("http_id", "between"), ("http_id_before", "|")]), Ok(()));
        assert_eq!(fault_of(&[URL, ("http_id", "id")]), "http_id");
        assert_eq!(fault_of(&[URL, ("http_id", "/id"), ("http_id_after", "OK:")]), "http_id_after");
        assert_eq!(fault_of(&[URL, ("http_id_before", "|")]), "http_id_before");
        assert_eq!(checked(&[URL, ("http_accepted_status", "")]), Err(TemplateFault::Missing("http_accepted_status")));
    }

    #[test]
    fn reports_must_be_able_to_find_their_message() {
        let (id, status) = (("http_receipt_id", "id"), ("http_receipt_status", "st"));
        let ours = ("http_receipt_ours", "true");
        let with_ref = ("http_url", "https://sms.reseller.invalid/send?to={to}&id={ref}");
        assert_eq!(checked(&[URL, id, status, ("http_id", "/id")]), Ok(()));
        assert_eq!(checked(&[with_ref, id, status, ours]), Ok(()));
        assert_eq!(fault_of(&[URL, id]), "http_receipt_status");
        assert_eq!(fault_of(&[URL, status]), "http_receipt_id");
        assert_eq!(fault_of(&[URL, ours]), "http_receipt_id");
        assert_eq!(fault_of(&[URL, id, status]), "http_id");
        assert_eq!(fault_of(&[URL, id, status, ours]), "http_receipt_ours");
        let twice = ("http_expired", "late|Delivrd");
        assert_eq!(fault_of(&[with_ref, id, status, ours, twice]), "http_expired");
    }

    #[test]
    fn a_message_from_a_phone_has_a_number_and_a_text() {
        let (from, text, to) = (("http_inbound_from", "f"), ("http_inbound_text", "t"), ("http_inbound_to", "to"));
        assert_eq!(checked(&[URL, from, text, to]), Ok(()));
        assert_eq!(fault_of(&[URL, from]), "http_inbound_text");
        assert_eq!(fault_of(&[URL, text]), "http_inbound_from");
        assert_eq!(fault_of(&[URL, to]), "http_inbound_from");
    }

    proptest! {
        #[test]
        fn an_address_that_passes_shows_neither_number_nor_text_nor_secret_where_it_is_logged(
            url in "https://a\\.invalid(/|\\?|&|=|a|\\{ref\\}|\\{to\\}|\\{text\\}|\\{basic\\}|\\{\\{){0,7}",
        ) {
            let mut template = Template::default();
            template.set("http_url", &url).unwrap();
            prop_assume!(template.check().is_ok());
            let sms = Sms { to: "250788000001".into(), text: "Muraho".into(), client_ref: "kz1".into(), valid_s: 60 };
            let account = Account {
                password: "hunter2".into(),
                template: Some(Box::new(template)),
                ..Account::of(Dialect::Http)
            };
            let request = account.encode(&[sms]);
            let logged = request.masked();
            // The last of them is `:hunter2` in base64.
            let hidden = ["788000001", "Muraho", "Omh1bnRlcjI"];
            prop_assert!(hidden.iter().all(|hidden| !logged.contains(hidden)), "{}", logged);
            prop_assert_eq!(request.url.contains("788000001"), url.contains("{to}"));
        }

        #[test]
        fn any_template_passes_or_names_a_key(
            values in prop::collection::vec((0..KEYS.len(), "[ -~]{0,9}|\\{to\\}|/id|between|post|json"), 0..12),
        ) {
            let mut template = Template::default();
            template.set("http_url", "https://sms.reseller.invalid/?{to}").unwrap();
            for (key, value) in values {
                let _refused = template.set(KEYS[key], &value);
            }
            if let Err(fault) = template.check() {
                prop_assert!(fault.key().is_some_and(|key| KEYS.contains(&key)));
            }
        }
    }
}
