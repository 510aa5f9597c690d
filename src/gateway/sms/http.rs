//! The dialect of resellers: whatever can be said with one HTTP request a message, configured rather than written.
//!
//! Most small aggregators differ in the names of their parameters and in the words of their answers, and in nothing
//! else. A [`Template`] holds those, from the keys of a channel:
//!
//! ```toml
//! [channel.reseller]
//! kind = "sms"
//! dialect = "http"
//! http_method = "get"
//! http_url = "https://sms.reseller.invalid/send?user={username}&pass={password}&to={to}&from={sender}&text={text}"
//! http_accepted_contains = "OK:"
//! http_id = "between"
//! http_id_after = "OK:"
//! http_no_credit_contains = "ERR 5|low balance"
//! http_receipt_id = "msgid"
//! http_receipt_status = "stat"
//! ```
//!
//! Traps: an answer that repeats the text of the message can match any of the words looked for, so words that no
//! message has are the ones to look for. Without `http_accepted_contains` every 2xx counts as accepted, and many
//! resellers report their errors with 200. What it cannot do: several messages in one request, texts in hexadecimal,
//! tokens that must be fetched, calls in XML, several reports in one call.

mod answer;
mod call;
mod check;
mod keys;
mod pattern;
mod template;

pub use keys::{KEYS, SECRET_KEYS};
pub use template::{BodyType, Header, Template, TemplateFault};

use super::{Account, Answered, Hook, HookEvent, HookKind, SendOutcome, Sms};
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse};
use pattern::{Escape, Values, expand};

/// Where a message goes whose channel has no template, which no configuration lets pass: a name that is reserved, so
/// that it cannot arrive and is known not to have.
const NOWHERE: &str = "https://template.invalid/";

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let (Some(template), Some(sms)) = (&account.template, batch.first()) else {
        return WireRequest { method: Method::Get, url: NOWHERE.to_owned(), headers: Vec::new(), body: Vec::new() };
    };
    let values = Values { account, sms };
    let mut headers = Vec::with_capacity(template.headers.len() + 1);
    let is_named = template.headers.iter().any(|header| header.name == "content-type");
    if let Some(body_type) = template.content_type.filter(|_| !is_named) {
        headers.push(("content-type", body_type.media().to_owned()));
    }
    let own = template.headers.iter().map(|header| (header.name, expand(&header.value, Escape::Header, &values)));
    headers.extend(own);
    let escape = template.content_type.map_or(Escape::Plain, BodyType::escape);
    WireRequest {
        method: template.method,
        url: expand(&template.url, Escape::Percent, &values),
        headers,
        body: expand(&template.body, escape, &values).into_bytes(),
    }
}

pub(super) fn classify(account: &Account, batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let unknown = || Answered::plain(SendOutcome::Unknown);
    let answered = account.template.as_deref().map_or_else(unknown, |template| answer::read(template, response));
    vec![answered; batch.len()]
}

pub(super) fn decode(account: &Account, kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    let template = account.template.as_deref().ok_or(DecodeFault::Method)?;
    let event = match kind {
        HookKind::Receipt => HookEvent::Receipt(call::receipt(template, hook)?),
        HookKind::Inbound => HookEvent::Inbound(call::inbound(template, &account.sender, hook)?),
    };
    Ok(vec![event])
}

/// The configured text, in the content type that it looks like.
pub(super) fn acknowledge(account: &Account) -> (&'static str, &str) {
    let text = account.template.as_deref().map_or("", |template| template.acknowledge.as_str());
    let content_type = match text.trim_start().chars().next() {
        Some('{' | '[') => "application/json",
        Some('<') => "application/xml; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    (content_type, text)
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::*;

    fn account(pairs: &[(&str, &str)]) -> Account {
        let mut template = Template::default();
        for (key, value) in pairs {
            template.set(key, value).unwrap();
        }
        template.check().unwrap();
        Account { template: Some(Box::new(template)), ..Account::of(Dialect::Http) }
    }

    fn sms() -> Sms {
        Sms { to: "250788000001".into(), text: "t".into(), client_ref: "kz1".into(), valid_s: 60 }
    }

    #[test]
    fn a_channel_without_a_template_sends_to_nobody_and_hears_nobody() {
        let account = Account::of(Dialect::Http);
        assert_eq!(account.encode(&[sms()]).url, NOWHERE);
        let response = WireResponse { status: 200, headers: Vec::new(), body: b"OK: 1".to_vec() };
        assert_eq!(account.classify(&[sms()], &Ok(response)), [Answered::plain(SendOutcome::Unknown)]);
        let hook = Hook { method: "POST", query: "", content_type: "", signature: "", body: b"" };
        assert_eq!(account.decode(HookKind::Receipt, &hook), Err(DecodeFault::Method));
    }

    #[test]
    fn a_call_is_answered_with_the_configured_text_in_its_own_type() {
        let url = ("http_url", "https://sms.reseller.invalid/");
        for (text, content_type) in [
            ("ACK/Reseller", "text/plain; charset=utf-8"),
            (r#"{"ok":true}"#, "application/json"),
            ("<ok/>", "application/xml; charset=utf-8"),
            ("", "text/plain; charset=utf-8"),
        ] {
            let account = account(&[url, ("http_acknowledge", text)]);
            assert_eq!(account.acknowledge(HookKind::Receipt), (content_type, text));
        }
    }

    #[test]
    fn a_content_type_among_the_headers_takes_the_place_of_ours() {
        let account = account(&[
            ("http_method", "post"),
            ("http_url", "https://sms.reseller.invalid/"),
            ("http_content_type", "xml"),
            ("http_body", "<t>{text}</t>"),
            ("http_headers", "Content-Type: text/xml"),
        ]);
        assert_eq!(account.encode(&[sms()]).headers, [("content-type", "text/xml".to_owned())]);
    }
}
