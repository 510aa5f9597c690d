//! The SMS dialect of Twilio: forms with HTTP Basic, one recipient a request, JSON back; calls are signed forms.
//!
//! The account's `username` is the Account SID and its `password` the Auth Token: the same token signs the calls, so an
//! API key in its place could send and never be called back.
//!
//! Traps of the wire: the provider knows no repeats; an error's number says what its HTTP status does not; reports come
//! out of order, and fields are added at any time; the signature covers the address as it was called, with or without
//! its port (the provider's own libraries try both), and runs names and values together, so that it shows who sent the
//! call, and the secret in the address has to keep one that was seen from being rearranged. With JSON it covers the
//! address alone, in whose query stands a digest of the body.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use serde_json::Value;

use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
};
use super::{by_status, hook};
use crate::gateway::base64::encode_base64;
use crate::gateway::form::{NotUtf8, decode_form, encode_form};
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse};

/// Where the API is.
pub(super) const ENDPOINT: &str = "https://api.twilio.com";
/// What takes an inbound message off the provider's hands: a document that orders nothing, not even an answer.
pub(super) const NOTHING: (&str, &str) = ("text/xml", "<Response/>");
/// The content type of requests and calls.
const FORM: &str = "application/x-www-form-urlencoded";
/// Longest validity, in seconds: 10 hours in the provider's queue.
const VALIDITY_S_MAX: u32 = 36_000;
/// Longest name of a message, in characters: two letters and 32 hexadecimal digits; the rest is room for a change.
const SID_CHARACTERS_MAX: usize = 64;
/// Characters of the name of a messaging service: `MG` and 32 hexadecimal digits. A sender's name has 11 at most.
const SERVICE_CHARACTERS: usize = 34;
/// Longest number or sender, in characters: `+` and 15 digits, or a name of a channel before them, which is refused.
const ADDRESS_CHARACTERS_MAX: usize = 64;
/// Longest word of a state or an error, in characters: `partially_delivered` has 19.
const WORD_CHARACTERS_MAX: usize = 40;
/// Longest text from a phone, in characters: 1600 by the provider's rule; the rest is room for a change.
const TEXT_CHARACTERS_MAX: usize = 4096;
/// The recipient said STOP to this sender.
const OPTED_OUT: i64 = 21_610;
/// The validity passed in the provider's queue.
const EXPIRED: i64 = 30_036;

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let (to, text, valid_s) = batch.first().map_or_else(Default::default, |sms| {
        (format!("+{}", sms.to), sms.text.as_str(), sms.valid_s.clamp(1, VALIDITY_S_MAX).to_string())
    });
    let is_service = account.sender.starts_with("MG") && account.sender.len() == SERVICE_CHARACTERS;
    let sender = if is_service { "MessagingServiceSid" } else { "From" };
    let mut form = vec![("To", &*to), (sender, &*account.sender), ("Body", text), ("ValidityPeriod", &*valid_s)];
    if !account.receipt_url.is_empty() {
        form.push(("StatusCallback", &account.receipt_url));
    }
    let basic = encode_base64(format!("{}:{}", account.username, account.password).as_bytes());
    WireRequest {
        method: Method::Post,
        url: format!("{}/2010-04-01/Accounts/{}/Messages.json", account.endpoint, account.username),
        headers: vec![("authorization", format!("Basic {basic}")), ("content-type", FORM.to_owned())],
        body: encode_form(&form).into_bytes(),
    }
}

pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let answered = if (200..300).contains(&response.status) { taken(&body) } else { refused(response, &body) };
    vec![answered; batch.len()]
}

/// A message may be refused in the very answer that names it; no report follows then.
fn taken(body: &Value) -> Answered {
    let word = body.get("status").and_then(Value::as_str).unwrap_or_default();
    if matches!(word, "failed" | "undelivered" | "canceled") {
        let code = body.get("error_code").and_then(Value::as_i64);
        let outcome = code.and_then(by_code).unwrap_or(SendOutcome::Permanent { reason: "refused" });
        return Answered::with(outcome, &code.map_or_else(|| word.to_owned(), |code| code.to_string()));
    }
    let sid = body.get("sid").and_then(Value::as_str).filter(|sid| is_sid(sid));
    // Without a name no report will ever match: most likely taken, and not known.
    let outcome = sid.map_or(SendOutcome::Unknown, |sid| SendOutcome::Accepted { provider_id: sid.to_owned() });
    Answered::with(outcome, word)
}

fn refused(response: &WireResponse, body: &Value) -> Answered {
    let code = body.get("code").and_then(Value::as_i64);
    // 429 has the wait, and says that nothing was done, whatever the number.
    let known = code.filter(|_| response.status != 429).and_then(by_code);
    let outcome = known.unwrap_or_else(|| by_status(response));
    Answered::with(outcome, &code.map_or_else(String::new, |code| code.to_string()))
}

/// What an error's number means, for those that say more than the HTTP status.
///
/// A sender that cannot send is the channel's setting, and every message would fail as this one. A country that is not
/// opened (21408), or that this sender does not reach (21612), is this number's matter: to block would let one foreign
/// number stop the channel for all.
fn by_code(code: i64) -> Option<SendOutcome> {
    let permanent = |reason| SendOutcome::Permanent { reason };
    Some(match code {
        OPTED_OUT => SendOutcome::OptedOut,
        // Too many requests; too many messages a second; too many a day.
        20_429 | 63_017 | 63_038 => SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None }),
        // The sender's queue is full, seen at once or after the message was taken; the phone was not reached.
        21_611 | 30_001 | 30_003 => SendOutcome::Temporary { retry_after_ms: None },
        // Not active: out of funds, as the first of the documented causes.
        10_001 | 20_005 | 30_002 | 90_010 => SendOutcome::Blocked(Blocked::NoCredit),
        // Refused name or token; no such account; an account on trial, which sends to numbers it has proved. Then the
        // sender: none, not this account's, not for text; then the messaging service: unknown, malformed.
        20_003 | 20_404 | 21_608 | 21_212 | 21_601 | 21_603 | 21_606 | 21_659..=21_661 | 21_701 | 21_705 => {
            SendOutcome::Blocked(Blocked::Credentials)
        }
        21_408 | 21_612 => SendOutcome::NoRoute,
        // Not a number; none; not for text; a landline; unknown to the network.
        21_211 | 21_604 | 21_614 | 21_635 | 30_005 | 30_006 => permanent("number"),
        // No text; too long.
        21_602 | 21_617 | 21_619 => permanent("text"),
        EXPIRED => permanent("expired"),
        // Blocked by the network; filtered.
        30_004 | 30_007 => permanent("refused"),
        _ => return None,
    })
}

/// Whether the call was signed with the account's token.
pub(super) fn is_signed(account: &Account, hook: &Hook<'_>, url: &str) -> bool {
    // Without a token anyone could sign.
    if account.password.is_empty() || hook.signature.is_empty() {
        return false;
    }
    let Some(parameters) = signed_parameters(hook) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, account.password.as_bytes());
    // The query as it came: for JSON the provider adds to the one that it was given.
    let address = url.split_once('?').map_or(url, |(address, _)| address);
    with_and_without_port(address).iter().any(|address| {
        let mut signed = hmac::Context::with_key(&key);
        signed.update(address.as_bytes());
        if !hook.query.is_empty() {
            signed.update(b"?");
            signed.update(hook.query.as_bytes());
        }
        for (name, value) in &parameters {
            signed.update(name.as_bytes());
            signed.update(value.as_bytes());
        }
        let signature = encode_base64(signed.sign().as_ref());
        verify_slices_are_equal(signature.as_bytes(), hook.signature.as_bytes()).is_ok()
    })
}

/// The parameters that the signature covers, by name, then by value, each pair once. None of them where the query has a
/// digest of the body, which is then compared; `None` where it differs, or where the body is no form.
fn signed_parameters(hook: &Hook<'_>) -> Option<BTreeSet<(String, String)>> {
    let query = decode_form(hook.query.as_bytes()).ok()?;
    let Some((_, announced)) = query.into_iter().find(|(name, _)| name == "bodySHA256") else {
        return Some(decode_form(hook.body).ok()?.into_iter().collect());
    };
    let hex = digest::digest(&digest::SHA256, hook.body).as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    announced.eq_ignore_ascii_case(&hex).then(BTreeSet::new)
}

/// `https://host/path` and `https://host:443/path`; another port stays in the second.
fn with_and_without_port(address: &str) -> [String; 2] {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let usual = if scheme == "http" { "80" } else { "443" };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = authority.rsplit_once(':').filter(|(_, port)| is_port(port)).unwrap_or((authority, usual));
    [format!("{scheme}://{host}/{path}"), format!("{scheme}://{host}:{port}/{path}")]
}

/// What a call tells: one thing, and with it that the recipient wants no more.
pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "POST" {
        return Err(DecodeFault::Method);
    }
    let media = hook.content_type.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case(FORM) {
        return Err(DecodeFault::ContentType);
    }
    if hook.body.len() > hook::HOOK_BYTES_MAX {
        return Err(DecodeFault::BodyTooLarge);
    }
    let form = Form(decode_form(hook.body).map_err(|NotUtf8| DecodeFault::NotUtf8)?);
    match kind {
        HookKind::Receipt => receipt(&form),
        HookKind::Inbound => inbound(&form),
    }
}

fn receipt(form: &Form) -> Result<Vec<HookEvent>, DecodeFault> {
    let sid = form.named("MessageSid", SID_CHARACTERS_MAX)?;
    let word = form.named("MessageStatus", WORD_CHARACTERS_MAX)?;
    let code = form.optional("ErrorCode", WORD_CHARACTERS_MAX)?.parse::<i64>().ok().filter(|code| *code != 0);
    let detail = code.map_or_else(|| word.to_owned(), |code| code.to_string());
    let mut told = vec![HookEvent::Receipt(Receipt {
        about: About::ProviderId(sid.to_owned()),
        reported: reported(word, code),
        detail: Answered::with(SendOutcome::Unknown, &detail).detail,
    })];
    // A messaging service asks its list after it has taken the message.
    let number = form.optional("To", ADDRESS_CHARACTERS_MAX)?;
    if code == Some(OPTED_OUT) && is_number(number) {
        told.push(HookEvent::OptedOut(number.trim_start_matches('+').to_owned()));
    }
    Ok(told)
}

/// `sent` is with the network, not with the phone.
fn reported(word: &str, code: Option<i64>) -> Reported {
    match word {
        "queued" | "accepted" | "scheduled" | "sending" | "sent" => Reported::InFlight,
        "delivered" | "read" => Reported::Delivered,
        "undelivered" | "failed" | "canceled" if code == Some(EXPIRED) => Reported::Expired,
        "undelivered" | "failed" | "canceled" => Reported::Undelivered,
        _ => Reported::Unclear,
    }
}

fn inbound(form: &Form) -> Result<Vec<HookEvent>, DecodeFault> {
    let from = form.named("From", ADDRESS_CHARACTERS_MAX)?;
    // Other channels write theirs before the number (`whatsapp:+250...`): not a phone that an SMS answers.
    if !is_number(from) {
        return Err(DecodeFault::Malformed("From"));
    }
    let mut told = vec![HookEvent::Inbound(Inbound {
        id: form.optional("MessageSid", SID_CHARACTERS_MAX)?.to_owned(),
        from: from.to_owned(),
        to: form.optional("To", ADDRESS_CHARACTERS_MAX)?.to_owned(),
        text: form.optional("Body", TEXT_CHARACTERS_MAX)?.to_owned(),
        network: String::new(),
        part: None,
    })];
    // The account's own words for STOP, in any language: the provider blocks the number from here on.
    if form.optional("OptOutType", WORD_CHARACTERS_MAX)? == "STOP" {
        told.push(HookEvent::OptedOut(from.trim_start_matches('+').to_owned()));
    }
    Ok(told)
}

struct Form(Vec<(String, String)>);

impl Form {
    /// The one field of this name, or nothing. A repeated one is refused: a proxy and this service could each read
    /// another.
    fn optional(&self, name: &'static str, characters_max: usize) -> Result<&str, DecodeFault> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next().unwrap_or_default(), values.next()) {
            (_, Some(_)) => Err(DecodeFault::RepeatedField(name)),
            (value, None) if value.chars().count() > characters_max => Err(DecodeFault::TooLong(name)),
            (value, None) => Ok(value),
        }
    }

    fn named(&self, name: &'static str, characters_max: usize) -> Result<&str, DecodeFault> {
        let value = self.optional(name, characters_max)?;
        if value.is_empty() { Err(DecodeFault::MissingField(name)) } else { Ok(value) }
    }
}

fn is_sid(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= SID_CHARACTERS_MAX
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;

    const URL: &str = "https://kaziline.invalid/hooks/tw/secret/receipt?v=1";
    const BODY: &str = "MessageSid=SM01&To=%2B250788000001&MessageStatus=delivered&AccountSid=ACdemo01";
    /// Made elsewhere, of `URL`, `BODY` and the token `secret`.
    const SIGNATURE: &str = "fDZk1DxUgP3djCtWg57FtUy4oik=";

    fn account() -> Account {
        Account { username: "ACdemo01".into(), password: "secret".into(), ..Account::of(Dialect::Twilio) }
    }

    fn hook<'a>(url: &'a str, body: &'a str, signature: &'a str) -> Hook<'a> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        Hook { method: "POST", query, content_type: FORM, signature, body: body.as_bytes() }
    }

    fn is_signed(url: &str, body: &str, signature: &str) -> bool {
        account().is_signed(&hook(url, body, signature), url)
    }

    fn sms(valid_s: u32) -> Sms {
        Sms { to: "250788000001".into(), text: "t".into(), client_ref: "kz1".into(), valid_s }
    }

    fn came_to(status: u16, body: &str) -> SendOutcome {
        let response = WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        account().classify(&[sms(60)], &Ok(response)).remove(0).outcome
    }

    #[test]
    fn the_accounts_token_signs_a_call_and_nothing_else_does() {
        assert!(is_signed(URL, BODY, SIGNATURE));
        let other_order = "AccountSid=ACdemo01&MessageStatus=delivered&MessageSid=SM01&To=%2B250788000001";
        assert!(is_signed(URL, other_order, SIGNATURE));

        assert!(!is_signed(URL, &BODY.replace("delivered", "failed"), SIGNATURE));
        assert!(!is_signed(URL, &format!("{BODY}&ErrorCode=1"), SIGNATURE));
        assert!(!is_signed(&URL.replace("v=1", "v=2"), BODY, SIGNATURE));
        assert!(!is_signed(&URL.replace("?v=1", ""), BODY, SIGNATURE));
        assert!(!is_signed(&URL.replace("https", "http"), BODY, SIGNATURE));
        for signature in ["", "fDZk1DxUgP3djCtWg57FtUy4oik", "FDZk1DxUgP3djCtWg57FtUy4oik=", "é"] {
            assert!(!is_signed(URL, BODY, signature), "{signature}");
        }
        let other = Account { password: "Secret".into(), ..account() };
        assert!(!other.is_signed(&hook(URL, BODY, SIGNATURE), URL));
    }

    #[test]
    fn an_account_without_a_token_is_called_by_nobody() {
        let none = Account { password: String::new(), ..account() };
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"");
        let signature = encode_base64(hmac::sign(&key, URL.as_bytes()).as_ref());
        assert!(!none.is_signed(&hook(URL, "", &signature), URL));
    }

    #[test]
    fn the_port_may_be_in_the_signed_address_or_not() {
        let with_port = "4MEtAapWc7WTD3xEuYscahAHUKs=";
        assert!(is_signed(URL, BODY, with_port));
        let url = URL.replace("invalid/", "invalid:443/");
        assert!(is_signed(&url, BODY, with_port) && is_signed(&url, BODY, SIGNATURE));
        let url = URL.replace("invalid/", "invalid:8443/");
        assert!(is_signed(&url, BODY, "ewvTQI5L8PQLsBgfIAISoNAjJqI=") && is_signed(&url, BODY, SIGNATURE));
        assert!(!is_signed(&url, BODY, with_port));
    }

    #[test]
    fn a_repeated_pair_is_signed_once_and_values_of_one_name_in_their_order() {
        let body = format!("{BODY}&To=%2B250788000001&Z=b&Z=a");
        assert!(is_signed(URL, &body, "pKBlpxIxAYygtPDutm+B57UwR8Y="));
    }

    #[test]
    fn a_json_body_is_signed_by_its_digest_in_the_query() {
        let digest = "8f0f5b72d7c0749339f5f1d87279cbdb6a9d43556ef3df351eff88218df74f97";
        let given = "https://kaziline.invalid/hooks/tw/secret/receipt";
        let (url, body) = (format!("{given}?bodySHA256={digest}"), r#"{"MessageSid":"SM01"}"#);
        let signature = "MvM9+TdwbMFvoherIkgM/IH0KrU=";
        assert!(is_signed(&url, body, signature));
        // The provider was given an address without a query.
        assert!(account().is_signed(&hook(&url, body, signature), given));
        assert!(!is_signed(&url, r#"{"MessageSid":"SM02"}"#, signature));
        assert!(!is_signed(given, body, signature));
    }

    #[test]
    fn a_body_that_is_no_text_is_signed_by_nobody() {
        let hook = Hook { body: b"To=%FF", ..hook(URL, "", SIGNATURE) };
        assert!(!account().is_signed(&hook, URL));
    }

    #[test]
    fn validity_stays_within_what_the_provider_takes() {
        for (valid_s, said) in [(0, "1"), (1, "1"), (36_000, "36000"), (36_001, "36000"), (u32::MAX, "36000")] {
            let body = String::from_utf8(account().encode(&[sms(valid_s)]).body).unwrap();
            assert!(body.ends_with(&format!("&ValidityPeriod={said}")), "{valid_s}: {body}");
        }
    }

    #[test]
    fn a_sender_is_a_messaging_service_only_if_it_has_the_form_of_one() {
        for (sender, field) in [
            ("MG00000000000000000000000000000001", "MessagingServiceSid"),
            ("MGAHINGA", "From"),
            ("Kaziline", "From"),
            ("+250788000009", "From"),
        ] {
            let body = Account { sender: sender.into(), ..account() }.encode(&[sms(60)]).body;
            let form = decode_form(&body).unwrap();
            assert_eq!(form[1], (field.to_owned(), sender.to_owned()));
        }
    }

    #[test]
    fn errors_are_told_apart_by_their_numbers() {
        let permanent = |reason| SendOutcome::Permanent { reason };
        let temporary = SendOutcome::Temporary { retry_after_ms: None };
        let blocked = SendOutcome::Blocked;
        for (codes, outcome) in [
            (&[21_610][..], SendOutcome::OptedOut),
            (&[20_429, 63_017, 63_038], blocked(Blocked::Throttled { retry_after_ms: None })),
            (&[21_611, 30_001, 30_003], temporary),
            (&[10_001, 20_005, 30_002, 90_010], blocked(Blocked::NoCredit)),
            (&[20_003, 20_404, 21_212, 21_606, 21_608, 21_659, 21_701], blocked(Blocked::Credentials)),
            (&[21_408, 21_612], SendOutcome::NoRoute),
            (&[21_211, 21_614, 21_635, 30_005, 30_006], permanent("number")),
            (&[21_602, 21_617, 21_619], permanent("text")),
            (&[30_036], permanent("expired")),
            (&[30_004, 30_007], permanent("refused")),
            // Not in the list: the HTTP status decides.
            (&[99_999], permanent("refused")),
        ] {
            for code in codes {
                assert_eq!(came_to(400, &format!(r#"{{"code":{code},"status":400}}"#)), outcome, "{code}");
                let failed = format!(r#"{{"sid":"SM01","status":"failed","error_code":{code}}}"#);
                assert_eq!(came_to(201, &failed), outcome, "{code}");
            }
        }
    }

    #[test]
    fn lengths_are_refused_from_the_first_character_too_many() {
        let sent = |field: &str, value: &str| {
            let mut pairs = vec![("MessageSid", "SM01"), ("From", "+250788000001"), ("To", "567"), ("Body", "t")];
            pairs.retain(|(name, _)| *name != field);
            pairs.push((field, value));
            account().decode(HookKind::Inbound, &hook(URL, &encode_form(&pairs), "")).map(|events| events.len())
        };
        for (field, characters, fault) in [
            ("MessageSid", SID_CHARACTERS_MAX, "MessageSid"),
            ("To", ADDRESS_CHARACTERS_MAX, "To"),
            ("From", ADDRESS_CHARACTERS_MAX, "From"),
            ("Body", TEXT_CHARACTERS_MAX, "Body"),
        ] {
            assert_eq!(sent(field, &"1".repeat(characters)), Ok(1), "{field}");
            assert_eq!(sent(field, &"1".repeat(characters + 1)), Err(DecodeFault::TooLong(fault)), "{field}");
        }
        let large = format!("Body={}", "x".repeat(hook::HOOK_BYTES_MAX));
        let fault = account().decode(HookKind::Inbound, &hook(URL, &large, ""));
        assert_eq!(fault, Err(DecodeFault::BodyTooLarge));
    }

    #[test]
    fn an_inbound_message_is_answered_with_a_document_that_orders_nothing() {
        assert_eq!(account().acknowledge(HookKind::Inbound), ("text/xml", "<Response/>"));
        assert_eq!(account().acknowledge(HookKind::Receipt).1, "");
    }

    proptest! {
        #[test]
        fn any_answer_gives_an_outcome(status in 100..600_u16, body in ".{0,200}") {
            let _outcome = came_to(status, &body);
        }

        #[test]
        fn any_call_is_read_or_refused_and_is_not_signed(
            query in ".{0,40}", body in prop::collection::vec(any::<u8>(), 0..200), url in ".{0,60}",
        ) {
            let hook = Hook { method: "POST", query: &query, content_type: FORM, signature: SIGNATURE, body: &body };
            let _outcome = (account().decode(HookKind::Receipt, &hook), account().decode(HookKind::Inbound, &hook));
            prop_assert!(!account().is_signed(&hook, &url));
        }

        #[test]
        fn what_a_phone_sends_arrives_byte_for_byte(text in any::<String>()) {
            prop_assume!(text.chars().count() <= TEXT_CHARACTERS_MAX);
            let body = encode_form(&[("MessageSid", "SM01"), ("From", "+250788000001"), ("Body", &text)]);
            let events = account().decode(HookKind::Inbound, &hook(URL, &body, "")).unwrap();
            let [HookEvent::Inbound(inbound)] = &events[..] else { panic!("one message") };
            prop_assert_eq!(&inbound.text, &text);
        }
    }
}
