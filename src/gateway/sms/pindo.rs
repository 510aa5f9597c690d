//! The SMS dialect of Pindo, a provider in Rwanda.
//!
//! `POST {endpoint}/v1/sms/` with JSON and a bearer token, one message a request; the answer is 201 with `sms_id`. Many
//! messages could go to `/v1/sms/bulk`, but its answer names none of them. Nothing carries our own name of a message or
//! says how long to keep trying.
//!
//! Traps of the wire: without its last `/` the address answers with redirects for ever. `sms_id` is a text
//! (`out_sms_01H...`) on some pages and a number on others. 409 is about the number by the documents, yet was met for
//! a sender that is not registered, which is the channel's fault and not the message's. Pindo repeats a failed SMS by
//! itself, so a receipt of a failure may be followed by another; its *Maximum SMS Retries* must be 0.
//!
//! Receipts and messages come as JSON POSTs without a signature, and once: what is not taken is not sent again.
//! Messages of phones pass through a flow of Pindo's editor today, whose webhook node must send the fields of the older
//! webhook: `from`, `to`, `text`, and if it can `sms_id` and `telco`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
};
use super::{DecodeFault, WireRequest, WireResponse, by_status};
use crate::gateway::form::{PHONE_CHARACTERS_MAX, is_phone};
use crate::gateway::wire::Method;

/// Where the provider's API is.
pub const ENDPOINT: &str = "https://api.pindo.io";

/// Longest `sms_id`, in characters. Seen: `out_sms_` and 26 letters and digits; the rest is room for a change.
const SMS_ID_CHARACTERS_MAX: usize = 128;
/// Longest number or code that a phone writes to, in characters.
const RECIPIENT_CHARACTERS_MAX: usize = 32;
/// Longest name of a network, in characters: `MTN`, `Airtel`.
const NETWORK_CHARACTERS_MAX: usize = 32;
/// Longest text of a phone, in characters: far more than the ten segments that phones join.
const TEXT_CHARACTERS_MAX: usize = 4096;

/// The body of a request.
#[derive(Serialize)]
struct Submission<'a> {
    to: String,
    text: &'a str,
    sender: &'a str,
}

/// The body of a good answer.
#[derive(Deserialize)]
struct Taken {
    sms_id: Field,
}

/// The body of a refusal.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Option<Field>,
    #[serde(default)]
    message: Option<Field>,
}

/// A receipt. A field that stands twice makes the body malformed: which one is meant cannot be known.
#[derive(Deserialize)]
struct Report {
    sms_id: Option<Field>,
    status: Option<Field>,
}

/// What a phone sends. `created_at` is not read: the time of arrival is known here.
#[derive(Deserialize)]
struct Sent {
    sms_id: Option<Field>,
    from: Option<Field>,
    to: Option<Field>,
    text: Option<Field>,
    telco: Option<Field>,
}

/// A text, or a number that may as well be a text: a flow turns `7878` into either.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Text(String),
    Number(u64),
}

impl Field {
    fn into_text(self) -> String {
        match self {
            Field::Text(text) => text,
            Field::Number(number) => number.to_string(),
        }
    }
}

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let submission =
        batch.first().map(|sms| Submission { to: format!("+{}", sms.to), text: &sms.text, sender: &account.sender });
    WireRequest {
        method: Method::Post,
        url: format!("{}/v1/sms/", account.endpoint),
        headers: vec![
            ("accept", "application/json".to_owned()),
            ("authorization", format!("Bearer {}", account.password)),
            ("content-type", "application/json".to_owned()),
        ],
        // Three strings always make JSON; an empty body would be refused by the provider, not sent to anyone.
        body: serde_json::to_vec(&submission).unwrap_or_default(),
    }
}

/// A 2xx whose body names no message is *unknown*: most likely taken, but no report of it will ever be recognised.
pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let outcome = if (200..300).contains(&response.status) {
        let taken = serde_json::from_slice::<Taken>(&response.body).ok().map(|taken| taken.sms_id.into_text());
        taken
            .filter(|id| !id.is_empty() && id.chars().count() <= SMS_ID_CHARACTERS_MAX)
            .map_or(SendOutcome::Unknown, |provider_id| SendOutcome::Accepted { provider_id })
    } else {
        refused(response)
    };
    vec![Answered::with(outcome, &format!("http_{}", response.status)); batch.len()]
}

/// What a refusal means. The words are looked at first: a sender that is not registered and an empty account have no
/// status of their own, and to hold them against the message would lose it.
fn refused(response: &WireResponse) -> SendOutcome {
    let why = why(&response.body);
    let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
    match response.status {
        400 | 409 | 422 if says(&["sender"]) => SendOutcome::Blocked(Blocked::Credentials),
        400 | 409 | 422 if says(&["balance", "credit"]) => SendOutcome::Blocked(Blocked::NoCredit),
        // "Invalid resource URI": the endpoint of the configuration.
        404 => SendOutcome::Blocked(Blocked::Credentials),
        // A country or a network that is not served, or not the form of a number.
        409 => SendOutcome::Permanent { reason: "number" },
        _ => by_status(response),
    }
}

/// The provider's words for a refusal, in lower case; empty where there are none. They may repeat the number and are
/// kept nowhere.
fn why(body: &[u8]) -> String {
    let Refusal { error, message } = serde_json::from_slice(body).unwrap_or_default();
    let words: Vec<String> = [error, message].into_iter().flatten().map(Field::into_text).collect();
    words.join(" ").to_lowercase()
}

pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "POST" {
        return Err(DecodeFault::Method);
    }
    let event = match kind {
        HookKind::Receipt => HookEvent::Receipt(receipt(json(hook.body)?)?),
        HookKind::Inbound => HookEvent::Inbound(inbound(json(hook.body)?)?),
    };
    Ok(vec![event])
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeFault> {
    serde_json::from_slice(body).map_err(|_| DecodeFault::Malformed("body"))
}

fn receipt(report: Report) -> Result<Receipt, DecodeFault> {
    let id = named("sms_id", report.sms_id, SMS_ID_CHARACTERS_MAX)?;
    let status = report.status.ok_or(DecodeFault::MissingField("status"))?.into_text();
    Ok(Receipt {
        about: About::ProviderId(id),
        reported: reported(&status),
        detail: Answered::with(SendOutcome::Unknown, &status).detail,
    })
}

/// The six documented statuses, the spellings of SMPP that they come from, and the words of Pindo's dashboard.
fn reported(status: &str) -> Reported {
    let is = |names: &[&str]| names.iter().any(|name| status.eq_ignore_ascii_case(name));
    if is(&["ACCEPTED", "ACCEPTD", "ENROUTE", "SENT"]) {
        Reported::InFlight
    } else if is(&["DELIVRD", "DELIVERED"]) {
        Reported::Delivered
    } else if is(&["UNDELIV", "UNDELIVERED", "REJECTED", "REJECTD", "FAILED"]) {
        Reported::Undelivered
    } else if is(&["EXPIRED"]) {
        Reported::Expired
    } else {
        Reported::Unclear
    }
}

fn inbound(sent: Sent) -> Result<Inbound, DecodeFault> {
    let from = named("from", sent.from, PHONE_CHARACTERS_MAX)?;
    if !is_phone(&from) {
        return Err(DecodeFault::Malformed("from"));
    }
    let text = sent.text.ok_or(DecodeFault::MissingField("text"))?.into_text();
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(DecodeFault::TooLong("text"));
    }
    Ok(Inbound {
        id: optional("sms_id", sent.sms_id, SMS_ID_CHARACTERS_MAX)?,
        from,
        to: named("to", sent.to, RECIPIENT_CHARACTERS_MAX)?,
        text,
        network: optional("telco", sent.telco, NETWORK_CHARACTERS_MAX)?,
        part: None,
    })
}

/// A field within a length and free of control characters; empty where there is none.
fn optional(name: &'static str, field: Option<Field>, characters_max: usize) -> Result<String, DecodeFault> {
    let value = field.map(Field::into_text).unwrap_or_default();
    if value.chars().count() > characters_max {
        Err(DecodeFault::TooLong(name))
    } else if value.chars().any(char::is_control) {
        Err(DecodeFault::Malformed(name))
    } else {
        Ok(value)
    }
}

/// As [`optional`], for a field that must be there and not be empty.
fn named(name: &'static str, field: Option<Field>, characters_max: usize) -> Result<String, DecodeFault> {
    let value = optional(name, field, characters_max)?;
    if value.is_empty() { Err(DecodeFault::MissingField(name)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::Dialect;
    use super::*;

    fn sms() -> Sms {
        Sms { to: "250788000001".into(), text: "Muraho".into(), client_ref: "kz1".into(), valid_s: 3600 }
    }

    fn came_to(status: u16, body: &str) -> SendOutcome {
        let response = WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        Account::of(Dialect::Pindo).classify(&[sms()], &Ok(response)).remove(0).outcome
    }

    fn decoded(kind: HookKind, body: &[u8]) -> Result<Vec<HookEvent>, DecodeFault> {
        let hook = Hook { method: "POST", query: "", content_type: "application/json", signature: "", body };
        Account::of(Dialect::Pindo).decode(kind, &hook)
    }

    fn received(field: &str, value: &serde_json::Value) -> Result<Vec<HookEvent>, DecodeFault> {
        let mut body = json!({"sms_id": 1, "from": "+250788000001", "to": "567", "text": "YEGO", "telco": "MTN"});
        body[field] = value.clone();
        decoded(HookKind::Inbound, body.to_string().as_bytes())
    }

    #[test]
    fn a_refusal_is_held_against_the_message_only_if_it_is_about_the_number() {
        let credentials = SendOutcome::Blocked(Blocked::Credentials);
        let no_credit = SendOutcome::Blocked(Blocked::NoCredit);
        let number = SendOutcome::Permanent { reason: "number" };
        for (status, body, outcome) in [
            (409, r#"{"error":"Number is from unsupported country"}"#, &number),
            (409, "", &number),
            (409, r#"{"error":null,"message":["list"]}"#, &number),
            (409, r#"{"message":"UNKNOWN SENDER ID Credit"}"#, &credentials),
            (422, r#"{"error":"Sender is required"}"#, &credentials),
            (400, r#"{"error":409,"message":"Insufficient Balance"}"#, &no_credit),
            (404, "not found", &credentials),
            (401, r#"{"message":"unauthorized"}"#, &credentials),
            (400, "", &SendOutcome::Permanent { reason: "refused" }),
            (
                429,
                r#"{"error":"slow down, sender"}"#,
                &SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None }),
            ),
            (500, r#"{"error":"sender"}"#, &SendOutcome::Unknown),
        ] {
            assert_eq!(came_to(status, body), *outcome, "{status} {body}");
        }
    }

    #[test]
    fn a_taken_message_without_a_usable_name_is_unknown() {
        let longest = "x".repeat(SMS_ID_CHARACTERS_MAX);
        let accepted = SendOutcome::Accepted { provider_id: longest.clone() };
        assert_eq!(came_to(201, &json!({"sms_id": longest}).to_string()), accepted);
        for id in [json!(""), json!(null), json!(-1), json!(1.5), json!(format!("{longest}x"))] {
            assert_eq!(came_to(201, &json!({"sms_id": id}).to_string()), SendOutcome::Unknown, "{id}");
        }
    }

    #[test]
    fn statuses_are_read_without_regard_to_case_and_unknown_ones_are_unclear() {
        for (status, meant) in [
            ("ACCEPTED", Reported::InFlight),
            ("Sent", Reported::InFlight),
            ("DELIVRD", Reported::Delivered),
            ("Delivered", Reported::Delivered),
            ("UNDELIV", Reported::Undelivered),
            ("rejected", Reported::Undelivered),
            ("REJECTD", Reported::Undelivered),
            ("EXPIRED", Reported::Expired),
            ("UNKNOWN", Reported::Unclear),
            ("", Reported::Unclear),
            ("QUEUED", Reported::Unclear),
        ] {
            assert_eq!(reported(status), meant, "{status}");
        }
    }

    #[test]
    fn a_field_of_a_message_is_read_as_text_or_number_and_refused_when_it_cannot_be() {
        for (field, value) in [
            ("sms_id", json!(null)),
            ("telco", json!(null)),
            ("from", json!(250_788_000_001_u64)),
            ("to", json!(7878)),
            ("text", json!(1)),
            ("text", json!("")),
            ("text", json!("é".repeat(TEXT_CHARACTERS_MAX))),
        ] {
            assert!(received(field, &value).is_ok(), "{field} {value}");
        }
        for (field, value, fault) in [
            ("from", json!(null), DecodeFault::MissingField("from")),
            ("from", json!("MTN"), DecodeFault::Malformed("from")),
            ("from", json!("+2507880000012345"), DecodeFault::TooLong("from")),
            ("to", json!(""), DecodeFault::MissingField("to")),
            ("to", json!("5\n67"), DecodeFault::Malformed("to")),
            ("text", json!(null), DecodeFault::MissingField("text")),
            ("text", json!("é".repeat(TEXT_CHARACTERS_MAX + 1)), DecodeFault::TooLong("text")),
            ("text", json!(["a"]), DecodeFault::Malformed("body")),
            ("sms_id", json!("x".repeat(SMS_ID_CHARACTERS_MAX + 1)), DecodeFault::TooLong("sms_id")),
        ] {
            assert_eq!(received(field, &value), Err(fault), "{field}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        for body in ["", "[]", "null", "7", "{", "\u{feff}{}"] {
            assert!(decoded(HookKind::Receipt, body.as_bytes()).is_err(), "{body}");
            assert!(decoded(HookKind::Inbound, body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_gives_every_message_an_outcome(
            bytes in prop::collection::vec(any::<u8>(), 0..200), status in any::<u16>(), messages in 0..3_usize
        ) {
            let response = WireResponse { status, headers: Vec::new(), body: bytes };
            prop_assert_eq!(classify(&vec![sms(); messages], &response).len(), messages);
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200), is_receipt in any::<bool>()
        ) {
            let kind = if is_receipt { HookKind::Receipt } else { HookKind::Inbound };
            if let Ok(events) = decoded(kind, &bytes) {
                prop_assert_eq!(events.len(), 1);
            }
        }

        #[test]
        fn what_a_phone_writes_arrives_as_it_was(text in any::<String>()) {
            let events = received("text", &json!(text)).unwrap();
            let [HookEvent::Inbound(inbound)] = &events[..] else { panic!("{events:?}") };
            prop_assert_eq!(&inbound.text, &text);
        }
    }
}
