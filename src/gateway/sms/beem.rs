//! The SMS dialect of Beem Africa: Tanzania and its neighbours.
//!
//! JSON to `POST {endpoint}/v1/send` with Basic authentication: one text, many numbers, digits without `+`. The answer
//! carries a code of Beem's own, under whatever HTTP status, and **one** `request_id` for the whole call: a message is
//! known by that and its number. How many numbers were invalid or twice in the list is counted, but not which.
//!
//! Codes are from Beem's page *API responses*, as published clients repeat it. No account has confirmed them, nor the
//! delivery reports, whose fields are those of the report that can be asked for. Nothing is signed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
    by_status,
};
use crate::gateway::base64::encode_base64;
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse};
use crate::text::gsm7;

/// Where the API is.
pub(super) const ENDPOINT: &str = "https://apisms.beem.africa";
/// Numbers in one request. Beem refuses more than 1000 (code 114); fewer share the fate of one bad number.
pub(super) const RECIPIENTS_MAX: usize = 100;
/// What takes a call off Beem's hands. Its page also repeats the id of the call, which callers say it does not need.
pub(super) const ACKNOWLEDGEMENT: (&str, &str) = ("application/json", r#"{"successful":true}"#);

/// Longest id of Beem's, in characters. Seen: 8 digits for a request, a UUID for a call.
const ID_CHARACTERS_MAX: usize = 64;
/// Longest number, in characters: `+`, the 15 digits of E.164, and no more.
const NUMBER_CHARACTERS_MAX: usize = 16;
/// Longest text from a phone, in characters: ten segments and more.
const TEXT_CHARACTERS_MAX: usize = 2000;

/// `encoding` of a text within the GSM alphabet, and of any other.
const GSM: u8 = 0;
const UCS2: u8 = 8;

#[derive(Serialize)]
struct Submission<'a> {
    source_addr: &'a str,
    encoding: u8,
    /// Empty: at once.
    schedule_time: &'a str,
    message: &'a str,
    recipients: Vec<Recipient<'a>>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    /// Counts from 1 within the call.
    recipient_id: String,
    dest_addr: &'a str,
}

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let message = batch.first().map_or("", |sms| sms.text.as_str());
    let numbered = batch.iter().zip(1_usize..);
    let submission = Submission {
        source_addr: &account.sender,
        encoding: if gsm7::septets(message).is_some() { GSM } else { UCS2 },
        schedule_time: "",
        message,
        recipients: numbered.map(|(sms, n)| Recipient { recipient_id: n.to_string(), dest_addr: &sms.to }).collect(),
    };
    let name = format!("{}:{}", account.username, account.password);
    WireRequest {
        method: Method::Post,
        url: format!("{}/v1/send", account.endpoint),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("authorization", format!("Basic {}", encode_base64(name.as_bytes()))),
        ],
        // Strings and numbers always make JSON.
        body: serde_json::to_vec(&submission).unwrap_or_default(),
    }
}

pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = body.pointer("/code").or_else(|| body.pointer("/data/code")).and_then(word).unwrap_or_default();
    let outcomes = match code.as_str() {
        "100" if (200..300).contains(&response.status) => return taken(batch, &body),
        code => refused(code, batch.len(), response),
    };
    vec![Answered::with(outcomes, &code); batch.len()]
}

/// Code 100. Some of several numbers may be invalid or there twice, and are not named. All count as *accepted*, since
/// most were: reports name each number, so what was sent is known as delivered, and the others stay without a report.
/// Were all *unknown*, their reports would find no message, and those that must arrive would be sent once more.
fn taken(batch: &[Sms], body: &Value) -> Vec<Answered> {
    let count = |name: &str| body.get(name).and_then(Value::as_u64);
    let invalid = count("invalid").and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    let left_out = invalid > 0 || count("duplicates").unwrap_or_default() > 0;
    if invalid > 0 && invalid >= batch.len() {
        return vec![Answered::with(SendOutcome::Permanent { reason: "number" }, "100.invalid"); batch.len()];
    }
    let request_id = body.get("request_id").and_then(word).filter(|id| is_id(id));
    let Some(request_id) = request_id.filter(|_| count("valid") != Some(0)) else {
        return vec![Answered::with(SendOutcome::Unknown, "100"); batch.len()];
    };
    let detail = if left_out { "100.incomplete" } else { "100" };
    let accepted = |sms: &Sms| SendOutcome::Accepted { provider_id: format!("{request_id}:{}", sms.to) };
    batch.iter().map(|sms| Answered::with(accepted(sms), detail)).collect()
}

/// A bad number (101) refuses the whole call. Of several it is not named, but none was sent: each is tried again, in
/// the company that its own wait brings.
fn refused(code: &str, messages: usize, response: &WireResponse) -> SendOutcome {
    match code {
        "101" | "115" if messages == 1 => SendOutcome::Permanent { reason: "number" },
        "101" | "115" => SendOutcome::Temporary { retry_after_ms: None },
        "102" => SendOutcome::Blocked(Blocked::NoCredit),
        // "Network timeout or internal server error": perhaps behind the point where the SMS was sent.
        "103" => SendOutcome::Unknown,
        "104" | "113" | "114" | "118" | "119" => SendOutcome::Permanent { reason: "refused" },
        "106" => SendOutcome::NoRoute,
        "109" | "110" => SendOutcome::Permanent { reason: "text" },
        // The account, its keys, its sender.
        "105" | "107" | "108" | "111" | "120" | "121" => SendOutcome::Blocked(Blocked::Credentials),
        _ => by_status(response),
    }
}

/// A report, one of those of the page *Delivery reports*: `[{"dest_addr","status","request_id"}]`.
#[derive(Deserialize)]
struct Report {
    dest_addr: Value,
    request_id: Value,
    status: String,
}

/// One report, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reports {
    Several(Vec<Report>),
    One(Report),
}

/// A message from a phone, as the page *Inbound callbacks* shows it; older clients name neither `to` nor the call.
#[derive(Deserialize)]
struct Sent {
    from: Value,
    #[serde(default)]
    to: Value,
    #[serde(default)]
    transaction_id: Value,
    message: Said,
}

/// The text alone, or within an object that may also have media.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Text(String),
    Parts { text: String },
}

pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "POST" {
        return Err(DecodeFault::Method);
    }
    match kind {
        HookKind::Receipt => {
            let reports = match serde_json::from_slice(hook.body).map_err(|_| DecodeFault::Malformed("body"))? {
                Reports::Several(reports) => reports,
                Reports::One(report) => vec![report],
            };
            reports.iter().map(receipt).collect()
        }
        HookKind::Inbound => {
            let sent: Sent = serde_json::from_slice(hook.body).map_err(|_| DecodeFault::Malformed("body"))?;
            Ok(vec![HookEvent::Inbound(inbound(sent)?)])
        }
    }
}

fn receipt(report: &Report) -> Result<HookEvent, DecodeFault> {
    let number =
        word(&report.dest_addr).filter(|number| is_number(number)).ok_or(DecodeFault::Malformed("dest_addr"))?;
    let request_id = word(&report.request_id).filter(|id| is_id(id)).ok_or(DecodeFault::Malformed("request_id"))?;
    let reported = match report.status.to_ascii_lowercase().as_str() {
        "pending" | "retry" => Reported::InFlight,
        "delivered" => Reported::Delivered,
        "undelivered" | "failed" | "rejected" => Reported::Undelivered,
        "expired" => Reported::Expired,
        _ => Reported::Unclear,
    };
    let digits = number.strip_prefix('+').unwrap_or(&number);
    Ok(HookEvent::Receipt(Receipt {
        about: About::ProviderId(format!("{request_id}:{digits}")),
        reported,
        detail: Answered::with(SendOutcome::Unknown, &report.status).detail,
    }))
}

fn inbound(sent: Sent) -> Result<Inbound, DecodeFault> {
    let from = word(&sent.from).filter(|from| is_number(from)).ok_or(DecodeFault::Malformed("from"))?;
    let to = word(&sent.to).unwrap_or_default();
    let id = word(&sent.transaction_id).unwrap_or_default();
    let (Said::Text(text) | Said::Parts { text }) = sent.message;
    if to.chars().count() > NUMBER_CHARACTERS_MAX {
        return Err(DecodeFault::TooLong("to"));
    }
    if !id.is_empty() && !is_id(&id) {
        return Err(DecodeFault::Malformed("transaction_id"));
    }
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(DecodeFault::TooLong("message"));
    }
    Ok(Inbound { id, from, to, text, network: String::new(), part: None })
}

/// A string or a whole number: Beem sends ids and codes as either.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= ID_CHARACTERS_MAX && text.bytes().all(is_plain)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && text.len() <= NUMBER_CHARACTERS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;

    fn batch(messages: usize) -> Vec<Sms> {
        let sms = |n| Sms {
            to: format!("25078800000{n}"),
            text: "Habari".to_owned(),
            client_ref: format!("kz{n}"),
            valid_s: 3600,
        };
        (1..=messages).map(sms).collect()
    }

    fn outcomes(messages: usize, status: u16, body: &str) -> Vec<SendOutcome> {
        let response = WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let answered = Account::of(Dialect::Beem).classify(&batch(messages), &Ok(response));
        answered.into_iter().map(|answered| answered.outcome).collect()
    }

    fn outcome(status: u16, code: u16) -> SendOutcome {
        outcomes(1, status, &format!(r#"{{"successful":false,"code":{code},"message":"x"}}"#)).remove(0)
    }

    #[test]
    fn a_code_means_the_same_under_any_status() {
        for status in [200, 400, 500] {
            assert_eq!(outcome(status, 101), SendOutcome::Permanent { reason: "number" });
            assert_eq!(outcome(status, 102), SendOutcome::Blocked(Blocked::NoCredit));
            assert_eq!(outcome(status, 103), SendOutcome::Unknown);
            assert_eq!(outcome(status, 104), SendOutcome::Permanent { reason: "refused" });
            assert_eq!(outcome(status, 106), SendOutcome::NoRoute);
            assert_eq!(outcome(status, 110), SendOutcome::Permanent { reason: "text" });
            for code in [105, 107, 108, 111, 120, 121] {
                assert_eq!(outcome(status, code), SendOutcome::Blocked(Blocked::Credentials), "{code}");
            }
        }
        let nested = r#"{"data":{"code":"120","message":"x"}}"#;
        assert_eq!(outcomes(1, 200, nested), [SendOutcome::Blocked(Blocked::Credentials)]);
    }

    #[test]
    fn a_code_that_is_not_known_leaves_it_to_the_status() {
        assert_eq!(outcome(200, 999), SendOutcome::Unknown);
        assert_eq!(outcome(400, 999), SendOutcome::Permanent { reason: "refused" });
        assert_eq!(outcome(503, 999), SendOutcome::Temporary { retry_after_ms: None });
        assert_eq!(outcomes(1, 500, "<html>"), [SendOutcome::Unknown]);
        assert_eq!(outcomes(1, 500, r#"{"code":100,"request_id":1}"#), [SendOutcome::Unknown]);
    }

    #[test]
    fn an_accepted_call_that_says_nothing_certain_is_unknown() {
        for body in [
            r#"{"code":100,"valid":1}"#,
            r#"{"code":100,"request_id":"","valid":1}"#,
            r#"{"code":100,"request_id":"a b","valid":1}"#,
            r#"{"code":100,"request_id":1.5,"valid":1}"#,
            r#"{"code":100,"request_id":7,"valid":0,"invalid":0,"duplicates":1}"#,
        ] {
            assert_eq!(outcomes(1, 200, body), [SendOutcome::Unknown], "{body}");
        }
        assert_eq!(
            outcomes(1, 200, r#"{"code":"100","request_id":7}"#),
            [SendOutcome::Accepted { provider_id: "7:250788000001".into() }]
        );
    }

    #[test]
    fn only_when_every_number_is_invalid_is_it_known_of_each() {
        let all = r#"{"code":100,"request_id":7,"valid":0,"invalid":2,"duplicates":0}"#;
        assert_eq!(outcomes(2, 200, all), vec![SendOutcome::Permanent { reason: "number" }; 2]);
        let one = r#"{"code":100,"request_id":7,"valid":1,"invalid":1,"duplicates":0}"#;
        assert!(outcomes(2, 200, one).iter().all(|outcome| matches!(outcome, SendOutcome::Accepted { .. })));
        let refused = r#"{"code":101,"message":"Invalid phone number"}"#;
        assert_eq!(outcomes(2, 400, refused), vec![SendOutcome::Temporary { retry_after_ms: None }; 2]);
    }

    #[test]
    fn a_report_names_a_message_as_it_was_named_when_it_was_accepted() {
        let named = outcomes(1, 200, r#"{"code":100,"request_id":35918915,"valid":1}"#).remove(0);
        let SendOutcome::Accepted { provider_id } = named else { panic!("{named:?}") };
        for body in [
            r#"{"dest_addr":"250788000001","request_id":35918915,"status":"DELIVERED"}"#,
            r#"[{"dest_addr":250788000001,"request_id":"35918915","status":"delivered"}]"#,
            r#"{"dest_addr":"+250788000001","request_id":"35918915","status":"Delivered","recipient_id":1}"#,
        ] {
            let events = decoded(HookKind::Receipt, body).unwrap();
            let [HookEvent::Receipt(receipt)] = &events[..] else { panic!("{events:?}") };
            assert_eq!(receipt.about, About::ProviderId(provider_id.clone()), "{body}");
            assert_eq!(receipt.reported, Reported::Delivered);
        }
    }

    fn decoded(kind: HookKind, body: &str) -> Result<Vec<HookEvent>, DecodeFault> {
        let hook =
            Hook { method: "POST", query: "", content_type: "application/json", signature: "", body: body.as_bytes() };
        Account::of(Dialect::Beem).decode(kind, &hook)
    }

    #[test]
    fn fields_are_refused_from_the_first_character_too_many() {
        let sent = |from: &str, to: &str, id: &str, text: &str| {
            let body = serde_json::json!({"from": from, "to": to, "transaction_id": id, "message": {"text": text}});
            decoded(HookKind::Inbound, &body.to_string())
        };
        let (number, id, text) = ("1".repeat(16), "a".repeat(ID_CHARACTERS_MAX), "é".repeat(TEXT_CHARACTERS_MAX));
        assert!(sent(&number, &number, &id, &text).is_ok());
        let longer = |text: &str| format!("{text}1");
        assert_eq!(sent(&longer(&number), "", "", ""), Err(DecodeFault::Malformed("from")));
        assert_eq!(sent(&number, &longer(&number), "", ""), Err(DecodeFault::TooLong("to")));
        assert_eq!(sent(&number, "", &longer(&id), ""), Err(DecodeFault::Malformed("transaction_id")));
        assert_eq!(sent(&number, "", "", &longer(&text)), Err(DecodeFault::TooLong("message")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), status in 100..600_u16) {
            let account = Account::of(Dialect::Beem);
            let hook = Hook { method: "POST", query: "", content_type: "", signature: "", body: &bytes };
            let _receipt = account.decode(HookKind::Receipt, &hook);
            let _inbound = account.decode(HookKind::Inbound, &hook);
            let response = WireResponse { status, headers: Vec::new(), body: bytes };
            prop_assert_eq!(account.classify(&batch(3), &Ok(response)).len(), 3);
        }
    }
}
