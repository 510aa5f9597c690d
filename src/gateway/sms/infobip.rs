//! The SMS dialect of Infobip, version 3 of its API.
//!
//! `POST /sms/3/messages` with up to a hundred messages; each carries our own name of it (`messageId`), and the answer
//! and the reports use that name. A name that was used before is refused as *duplicate*: the first attempt arrived.
//!
//! Traps of the wire: `DELIVERED_TO_OPERATOR` stands in the group *delivered*, but the phone does not have the message;
//! most refusals come with the report, not with the answer, which says *pending* of nearly everything; one bad message
//! may refuse a whole request with 400; calls are not signed; times are not RFC 3339 (and not read here).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
};
use super::{by_status, hook};
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse};

/// Where the API is for accounts without an address of their own (`https://xxxxx.api.infobip.com`).
pub(super) const ENDPOINT: &str = "https://api.infobip.com";
/// Most messages in a request. The provider names no limit; what one lost answer leaves in doubt has to stay small.
pub(super) const BATCH_MAX: usize = 100;
/// Longest validity, in seconds: the provider cuts what is above 48 hours.
const VALIDITY_S_MAX: u32 = 48 * 3600;
/// Most entries of a call. Reports come by 100 at most; more is not the provider.
const RESULTS_MAX: usize = 1000;
/// Longest name of a message, in characters, by the provider's own rule.
const ID_CHARACTERS_MAX: usize = 200;
/// Longest address of a message, in characters, by the provider's own rule.
const ADDRESS_CHARACTERS_MAX: usize = 64;
/// Longest text from a phone, in characters: 25 parts, the most that the provider itself sends, have 3825.
const TEXT_CHARACTERS_MAX: usize = 4096;
/// The flooding filter counts by the hour (20 messages to a number, or 6 of the same text): the wait, in milliseconds.
const FLOODING_MS: i64 = 3_600_000;

#[derive(Serialize)]
struct Submission<'a> {
    messages: Vec<Message<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    sender: &'a str,
    destinations: [Destination<'a>; 1],
    content: Content<'a>,
    options: Options,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Webhooks<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Destination<'a> {
    to: &'a str,
    message_id: &'a str,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    validity_period: Period,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    amount: u32,
    time_unit: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Webhooks<'a> {
    delivery: Delivery<'a>,
    content_type: &'static str,
}

#[derive(Serialize)]
struct Delivery<'a> {
    url: &'a str,
}

/// Where a message is. Groups: 0 accepted, 1 pending, 2 undeliverable, 3 delivered, 4 expired, 5 rejected.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    group_id: Option<i64>,
    id: Option<i64>,
    name: Option<String>,
}

/// One message in the answer to a request.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Taken {
    message_id: Option<String>,
    status: Option<Status>,
}

/// One entry of a delivery report.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Report {
    message_id: Option<String>,
    to: Option<String>,
    status: Option<Status>,
    error: Option<Failure>,
}

/// What the network said; id 0 is no error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    id: Option<i64>,
}

/// One entry of a call with messages from phones (the provider's format `MO_JSON_2`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Sent {
    message_id: Option<String>,
    from: Option<String>,
    to: Option<String>,
    text: Option<String>,
}

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let messages = batch.iter().map(|sms| Message {
        sender: &account.sender,
        destinations: [Destination { to: &sms.to, message_id: &sms.client_ref }],
        content: Content { text: &sms.text },
        options: Options { validity_period: period(sms.valid_s) },
        webhooks: (!account.receipt_url.is_empty())
            .then_some(Webhooks { delivery: Delivery { url: &account.receipt_url }, content_type: "application/json" }),
    });
    WireRequest {
        method: Method::Post,
        url: format!("{}/sms/3/messages", account.endpoint),
        headers: vec![
            ("authorization", format!("App {}", account.password)),
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json".to_owned()),
        ],
        // Strings and numbers always make JSON; an empty body would be refused, not sent to anyone.
        body: serde_json::to_vec(&Submission { messages: messages.collect() }).unwrap_or_default(),
    }
}

/// The largest unit that says it exactly. None is 1 second: what a period of 0 means is not documented.
fn period(valid_s: u32) -> Period {
    let seconds = valid_s.clamp(1, VALIDITY_S_MAX);
    let (unit_s, time_unit) = [(3600, "HOURS"), (60, "MINUTES")]
        .into_iter()
        .find(|(unit_s, _)| seconds.is_multiple_of(*unit_s))
        .unwrap_or((1, "SECONDS"));
    Period { amount: seconds / unit_s, time_unit }
}

pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    if !(200..300).contains(&response.status) {
        return refused(batch, response);
    }
    let entries = list(&response.body, "messages").unwrap_or_default();
    let answers: Vec<Option<Taken>> = entries.into_iter().map(|entry| serde_json::from_value(entry).ok()).collect();
    let answered = batch.iter().enumerate().map(|(place, sms)| match answer_to(batch, place, sms, &answers) {
        Some(Taken { message_id, status: Some(status) }) => {
            let provider_id = message_id.as_deref().filter(|id| is_id(id)).unwrap_or(&sms.client_ref);
            Answered::with(outcome(status, provider_id, sms), status.name.as_deref().unwrap_or_default())
        }
        // Not told: it may have been taken.
        _ => Answered::plain(SendOutcome::Unknown),
    });
    answered.collect()
}

/// A request that was refused as a whole. The answer does not say dependably which message was at fault, so in a batch
/// the others must not be lost with it: none was sent, and all may be, in other company.
fn refused(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let outcome = match by_status(response) {
        SendOutcome::Permanent { .. } if batch.len() > 1 => SendOutcome::Temporary { retry_after_ms: None },
        outcome => outcome,
    };
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    // Two shapes of errors are documented for the same address.
    let code = body.get("errorCode").or_else(|| body.pointer("/requestError/serviceException/messageId"));
    vec![Answered::with(outcome, code.and_then(Value::as_str).unwrap_or_default()); batch.len()]
}

/// The answer that carries our name of the message; else the one in its place, unless that is another's.
fn answer_to<'a>(batch: &[Sms], place: usize, sms: &Sms, answers: &'a [Option<Taken>]) -> Option<&'a Taken> {
    let names = |taken: &Taken, sms: &Sms| taken.message_id.as_deref() == Some(sms.client_ref.as_str());
    let named = answers.iter().flatten().find(|taken| names(taken, sms));
    named.or_else(|| {
        let placed = answers.get(place)?.as_ref()?;
        let is_free = answers.len() == batch.len() && !batch.iter().any(|other| names(placed, other));
        is_free.then_some(placed)
    })
}

/// By the id where it says more than its group. A sender, an account or a package that is refused is the channel's
/// matter; a network or a route that the account lacks is this number's: to block would let one foreign number stop the
/// channel for all.
fn outcome(status: &Status, provider_id: &str, sms: &Sms) -> SendOutcome {
    let accepted = |id: &str| SendOutcome::Accepted { provider_id: id.to_owned() };
    let permanent = |reason| SendOutcome::Permanent { reason };
    match (status.group_id, status.id) {
        // Duplicate name: an earlier attempt was taken, and its reports carry our name.
        (_, Some(23)) => accepted(&sms.client_ref),
        // Network not covered or not set up for the account; no route.
        (_, Some(6 | 19)) => SendOutcome::NoRoute,
        // Prefix missing; no recipient; no such number.
        (_, Some(8 | 51 | 52)) => permanent("number"),
        // Do not disturb; blocklisted.
        (_, Some(10 | 14)) => SendOutcome::OptedOut,
        // Sender not registered; sender blocklisted; an account on trial, which may send to one number.
        (_, Some(11 | 13 | 18)) => SendOutcome::Blocked(Blocked::Credentials),
        // Out of credit; credit past its date.
        (_, Some(12 | 17)) => SendOutcome::Blocked(Blocked::NoCredit),
        (_, Some(20)) => SendOutcome::Temporary { retry_after_ms: Some(FLOODING_MS) },
        // Their system failed, or the platform was not available.
        (_, Some(21 | 100)) => SendOutcome::Temporary { retry_after_ms: None },
        // Bad header of a part; more than 25 parts or 4000 bytes.
        (_, Some(24 | 25)) => permanent("text"),
        (_, Some(87)) => permanent("fraud"),
        // Expired without a report from the network: it may have arrived.
        (_, Some(29)) => SendOutcome::Unknown,
        (Some(0 | 1 | 3), _) => accepted(provider_id),
        (Some(2 | 5), _) => permanent("refused"),
        (Some(4), _) => permanent("expired"),
        _ => SendOutcome::Unknown,
    }
}

/// What a call tells. An entry that cannot be read is left out, or it would take the rest with it, on every repetition
/// too; a call of which nothing can be read is refused.
pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "POST" {
        return Err(DecodeFault::Method);
    }
    if hook.body.len() > hook::HOOK_BYTES_MAX {
        return Err(DecodeFault::BodyTooLarge);
    }
    let entries = list(hook.body, "results")?;
    if entries.len() > RESULTS_MAX {
        return Err(DecodeFault::TooLong("results"));
    }
    let (mut events, mut fault) = (Vec::new(), None);
    for entry in entries {
        let told = match kind {
            HookKind::Receipt => receipt(entry),
            HookKind::Inbound => inbound(entry),
        };
        match told {
            Ok(told) => events.extend(told),
            Err(unread) => fault = fault.or(Some(unread)),
        }
    }
    fault.filter(|_| events.is_empty()).map_or(Ok(events), Err)
}

fn receipt(entry: Value) -> Result<Vec<HookEvent>, DecodeFault> {
    let report: Report = serde_json::from_value(entry).map_err(|_| DecodeFault::Malformed("results"))?;
    let id = report.message_id.filter(|id| is_id(id)).ok_or(DecodeFault::MissingField("messageId"))?;
    let status = report.status.unwrap_or_default();
    let name = status.name.as_deref().unwrap_or_default();
    let word = match report.error.and_then(|error| error.id) {
        Some(error) if error != 0 => format!("{name}.{error}"),
        _ => name.to_owned(),
    };
    let mut told = vec![HookEvent::Receipt(Receipt {
        about: About::ProviderId(id),
        reported: reported(&status),
        detail: Answered::with(SendOutcome::Unknown, &word).detail,
    })];
    // The list of those who want no messages is asked after the answer: so the report tells of it.
    let number = report.to.filter(|to| matches!(status.id, Some(10 | 14)) && is_number(to));
    told.extend(number.map(|to| HookEvent::OptedOut(to.trim_start_matches('+').to_owned())));
    Ok(told)
}

fn reported(status: &Status) -> Reported {
    match (status.group_id, status.id) {
        // The operator has it, not the phone. A duplicate name: the report of the first attempt decides.
        (Some(0 | 1), _) | (_, Some(2 | 23)) => Reported::InFlight,
        (Some(3), Some(5)) => Reported::Delivered,
        // The network never said.
        (_, Some(29)) => Reported::Unclear,
        // Held for fraud: in the group of the rejected, or of the expired where it was charged.
        (_, Some(87)) | (Some(2 | 5), _) => Reported::Undelivered,
        (Some(4), _) => Reported::Expired,
        _ => Reported::Unclear,
    }
}

fn inbound(entry: Value) -> Result<Vec<HookEvent>, DecodeFault> {
    let sent: Sent = serde_json::from_value(entry).map_err(|_| DecodeFault::Malformed("results"))?;
    let from = within(sent.from, "from", ADDRESS_CHARACTERS_MAX)?;
    if from.is_empty() {
        return Err(DecodeFault::MissingField("from"));
    }
    // A name as sender is no phone: nobody to answer.
    if !is_number(&from) {
        return Err(DecodeFault::Malformed("from"));
    }
    Ok(vec![HookEvent::Inbound(Inbound {
        id: within(sent.message_id, "messageId", ID_CHARACTERS_MAX)?,
        from,
        to: within(sent.to, "to", ADDRESS_CHARACTERS_MAX)?,
        // `text`, not `cleanText`: the keyword, which that leaves out, may be our STOP.
        text: within(sent.text, "text", TEXT_CHARACTERS_MAX)?,
        network: String::new(),
        part: None,
    })])
}

/// The list under this name in a JSON object.
fn list(body: &[u8], name: &'static str) -> Result<Vec<Value>, DecodeFault> {
    let mut body: Value = serde_json::from_slice(body).map_err(|_| DecodeFault::Malformed("body"))?;
    match body.get_mut(name).map(Value::take) {
        Some(Value::Array(entries)) => Ok(entries),
        _ => Err(DecodeFault::MissingField(name)),
    }
}

fn within(value: Option<String>, name: &'static str, characters_max: usize) -> Result<String, DecodeFault> {
    let value = value.unwrap_or_default();
    if value.chars().count() > characters_max { Err(DecodeFault::TooLong(name)) } else { Ok(value) }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= ID_CHARACTERS_MAX
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

    fn account() -> Account {
        Account::of(Dialect::Infobip)
    }

    fn batch(count: usize) -> Vec<Sms> {
        let sms =
            |n| Sms { to: format!("25078800000{n}"), text: "t".into(), client_ref: format!("kz{n}"), valid_s: 60 };
        (1..=count).map(sms).collect()
    }

    fn came_to(count: usize, status: u16, body: &str) -> Vec<SendOutcome> {
        let response = WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        account().classify(&batch(count), &Ok(response)).into_iter().map(|answered| answered.outcome).collect()
    }

    fn called(kind: HookKind, body: &str) -> Result<Vec<HookEvent>, DecodeFault> {
        let hook = Hook { method: "POST", query: "", content_type: "", signature: "", body: body.as_bytes() };
        account().decode(kind, &hook)
    }

    fn accepted(id: &str) -> SendOutcome {
        SendOutcome::Accepted { provider_id: id.into() }
    }

    #[test]
    fn validity_is_said_in_the_largest_exact_unit_and_never_above_two_days() {
        for (valid_s, amount, time_unit) in [
            (0, 1, "SECONDS"),
            (59, 59, "SECONDS"),
            (60, 1, "MINUTES"),
            (3599, 3599, "SECONDS"),
            (5400, 90, "MINUTES"),
            (21_600, 6, "HOURS"),
            (172_800, 48, "HOURS"),
            (172_801, 48, "HOURS"),
            (u32::MAX, 48, "HOURS"),
        ] {
            assert_eq!(period(valid_s), Period { amount, time_unit }, "{valid_s}");
        }
    }

    #[test]
    fn an_answer_without_a_name_counts_in_its_place_but_never_for_another() {
        let pending = r#"{"groupId":1,"id":26}"#;
        let nameless =
            format!(r#"{{"messages":[{{"status":{{"groupId":5,"id":52}}}},{{"messageId":null,"status":{pending}}}]}}"#);
        assert_eq!(came_to(2, 200, &nameless), [SendOutcome::Permanent { reason: "number" }, accepted("kz2")]);
        let renamed = format!(r#"{{"messages":[{{"messageId":"theirs","status":{pending}}}]}}"#);
        assert_eq!(came_to(1, 200, &renamed), [accepted("theirs")]);
        let others = format!(
            r#"{{"messages":[{{"messageId":"kz2","status":{pending}}},{{"messageId":"kz2","status":{pending}}}]}}"#
        );
        assert_eq!(came_to(2, 200, &others), [SendOutcome::Unknown, accepted("kz2")]);
        let fewer = format!(r#"{{"messages":[{{"status":{pending}}}]}}"#);
        assert_eq!(came_to(2, 200, &fewer), [SendOutcome::Unknown, SendOutcome::Unknown]);
    }

    #[test]
    fn an_entry_that_cannot_be_read_leaves_the_others_as_they_are() {
        let body = r#"{"messages":[{"messageId":7},{"messageId":"kz2","status":{"groupId":1,"id":26}}]}"#;
        assert_eq!(came_to(2, 200, body), [SendOutcome::Unknown, accepted("kz2")]);
        let report = r#"{"results":[{"messageId":7},{},{"messageId":"kz2","status":{"groupId":3,"id":5}}]}"#;
        assert_eq!(called(HookKind::Receipt, report).unwrap().len(), 1);
        assert_eq!(called(HookKind::Receipt, r#"{"results":[{}]}"#), Err(DecodeFault::MissingField("messageId")));
        assert_eq!(called(HookKind::Receipt, r#"{"results":[7]}"#), Err(DecodeFault::Malformed("results")));
        assert_eq!(called(HookKind::Receipt, r#"{"results":[]}"#), Ok(Vec::new()));
    }

    #[test]
    fn a_refused_request_condemns_a_message_only_if_it_was_alone() {
        assert_eq!(came_to(1, 400, ""), [SendOutcome::Permanent { reason: "refused" }]);
        assert_eq!(came_to(2, 400, ""), vec![SendOutcome::Temporary { retry_after_ms: None }; 2]);
        assert_eq!(came_to(2, 401, ""), vec![SendOutcome::Blocked(Blocked::Credentials); 2]);
    }

    #[test]
    fn a_status_outside_the_known_groups_is_not_guessed_at() {
        for status in [r#"{"groupId":6,"id":200}"#, r#"{"id":26}"#, "{}", r#"{"groupId":4,"id":29}"#] {
            let body = format!(r#"{{"messages":[{{"messageId":"kz1","status":{status}}}]}}"#);
            assert_eq!(came_to(1, 200, &body), [SendOutcome::Unknown], "{status}");
        }
        for status in [r#"{"groupId":6,"id":200}"#, r#"{"groupId":3,"id":38}"#, "{}", "null"] {
            let body = format!(r#"{{"results":[{{"messageId":"kz1","status":{status}}}]}}"#);
            let about = About::ProviderId("kz1".into());
            let receipt = Receipt { about, reported: Reported::Unclear, detail: String::new() };
            assert_eq!(called(HookKind::Receipt, &body), Ok(vec![HookEvent::Receipt(receipt)]), "{status}");
        }
    }

    #[test]
    fn lengths_are_refused_from_the_first_character_too_many() {
        let sent = |id: usize, to: usize, text: usize| {
            let (id, to, text) = ("i".repeat(id), "5".repeat(to), "é".repeat(text));
            let body =
                format!(r#"{{"results":[{{"messageId":"{id}","from":"250788000001","to":"{to}","text":"{text}"}}]}}"#);
            called(HookKind::Inbound, &body).map(|events| events.len())
        };
        assert_eq!(sent(ID_CHARACTERS_MAX, ADDRESS_CHARACTERS_MAX, TEXT_CHARACTERS_MAX), Ok(1));
        assert_eq!(sent(ID_CHARACTERS_MAX + 1, 1, 1), Err(DecodeFault::TooLong("messageId")));
        assert_eq!(sent(1, ADDRESS_CHARACTERS_MAX + 1, 1), Err(DecodeFault::TooLong("to")));
        assert_eq!(sent(1, 1, TEXT_CHARACTERS_MAX + 1), Err(DecodeFault::TooLong("text")));
        let entries = |count: usize| format!(r#"{{"results":[{}]}}"#, vec![r#"{"messageId":"kz1"}"#; count].join(","));
        assert_eq!(called(HookKind::Receipt, &entries(RESULTS_MAX)).unwrap().len(), RESULTS_MAX);
        assert_eq!(called(HookKind::Receipt, &entries(RESULTS_MAX + 1)), Err(DecodeFault::TooLong("results")));
        let large = "x".repeat(hook::HOOK_BYTES_MAX + 1);
        assert_eq!(called(HookKind::Receipt, &large), Err(DecodeFault::BodyTooLarge));
    }

    const ANSWERS: &str =
        r#"\{"messages":\[(\{"messageId":"kz[1-4]","status":\{"groupId":[0-6],"id":[0-9]{1,2}\}\},){0,3}\{\}\]\}"#;

    proptest! {
        #[test]
        fn any_answer_gives_an_outcome_for_each_message(
            status in 100..600_u16,
            body in prop_oneof![".{0,200}", ANSWERS],
            count in 1..4_usize,
        ) {
            prop_assert_eq!(came_to(count, status, &body).len(), count);
        }

        #[test]
        fn any_call_is_read_or_refused(body in ".{0,300}") {
            let _outcome = (called(HookKind::Receipt, &body), called(HookKind::Inbound, &body));
        }
    }
}
