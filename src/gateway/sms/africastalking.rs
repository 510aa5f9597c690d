//! The SMS dialect of Africa's Talking: Kenya, Uganda, Tanzania, Rwanda, Nigeria and others.
//!
//! `POST {endpoint}/version1/messaging`, a form with all recipients of one text in `to`; the answer is JSON with a
//! result for each. The sandbox is another endpoint (`https://api.sandbox.africastalking.com`, user `sandbox`); it
//! refuses every sender, so an empty one leaves `from` out. Nothing carries our own name of a message or says how long
//! to keep trying.
//!
//! Traps of the wire: HTTP success (201) says nothing about a recipient. Results stand in any order and are matched by
//! number. What is wrong with the account comes as a word in `Message`, with an empty `Recipients`. `messageId` may be
//! the word `None`. In years past a result had a `status` word and no `statusCode`. A refusal by HTTP status has no
//! results, but for 409, whose body is the usual one: so the body is believed before the status.
//!
//! Receipts, messages and opt-outs come as form POSTs without a signature. An opt-out has an address of its own in the
//! provider's dashboard; it is understood at both of ours.

use serde::Deserialize;
use serde_json::Value;

use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
};
use super::{DecodeFault, WireRequest, WireResponse, by_status};
use crate::gateway::form::{Form, encode_form, repair_plus};
use crate::gateway::wire::Method;

/// Where the provider's API is.
pub const ENDPOINT: &str = "https://api.africastalking.com";
/// Most recipients of one request. The provider names no limit; an answer to 100 is 16 KiB, a quarter of what is
/// read of one.
pub const RECIPIENTS_MAX: usize = 100;

/// How long a message waits that came outside the hours of Nigeria's do-not-disturb list, in milliseconds. The refusal
/// tells no hours; a quarter of a day meets the next window without asking often.
const DO_NOT_DISTURB_WAIT_MS: i64 = 6 * 3_600_000;
/// Longest message id, in bytes. Seen: `ATXid_` and 32 hexadecimal digits; the rest is room for a change.
const MESSAGE_ID_BYTES_MAX: usize = 128;
/// Longest number or code that a phone writes to, in characters.
const RECIPIENT_CHARACTERS_MAX: usize = 32;
/// Longest network code, in characters: country and network are six digits.
const NETWORK_CHARACTERS_MAX: usize = 32;
/// Longest text of a phone, in characters: far more than the ten segments that phones join.
const TEXT_CHARACTERS_MAX: usize = 4096;

/// The provider's codes and the words for them. A word stands alone in `Message`, and in results without a code.
const CODES: [(u16, &str); 15] = [
    (100, "Processed"),
    (101, "Sent"),
    (101, "Success"),
    (102, "Queued"),
    (401, "RiskHold"),
    (402, "InvalidSenderId"),
    (403, "InvalidPhoneNumber"),
    (404, "UnsupportedNumberType"),
    (405, "InsufficientBalance"),
    (406, "UserInBlacklist"),
    (407, "CouldNotRoute"),
    (409, "DoNotDisturbRejection"),
    (500, "InternalServerError"),
    (501, "GatewayError"),
    (502, "RejectedByGateway"),
];

/// The body of an answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SMSMessageData")]
    data: MessageData,
}

/// A result is read field by field: one in a strange shape must not make ninety-nine others unknown.
#[derive(Deserialize)]
struct MessageData {
    #[serde(rename = "Message", default)]
    message: String,
    #[serde(rename = "Recipients", default)]
    recipients: Vec<Value>,
}

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let to = batch.iter().map(|sms| format!("+{}", sms.to)).collect::<Vec<_>>().join(",");
    let text = batch.first().map_or("", |sms| sms.text.as_str());
    let mut pairs = vec![("username", account.username.as_str()), ("to", &to), ("message", text)];
    if !account.sender.is_empty() {
        pairs.push(("from", &account.sender));
    }
    // Answered before the network has answered the provider: a slow one must not hold the request until it times out.
    pairs.push(("enqueue", "1"));
    WireRequest {
        method: Method::Post,
        url: format!("{}/version1/messaging", account.endpoint),
        headers: vec![
            ("accept", "application/json".to_owned()),
            ("apikey", account.password.clone()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ],
        body: encode_form(&pairs).into_bytes(),
    }
}

pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    match serde_json::from_slice::<Answer>(&response.body) {
        Ok(Answer { data }) if data.recipients.is_empty() => {
            let answered = match of_all(&data.message, batch.len()) {
                Some(outcome) => Answered::with(outcome, &data.message),
                None => of_http(response),
            };
            vec![answered; batch.len()]
        }
        Ok(Answer { data }) => by_number(batch, data.recipients),
        Err(_) => vec![of_http(response); batch.len()],
    }
}

/// The results of the messages. One that is missing is *unknown*: the provider lists also what it refuses. A number
/// that stands twice takes its results in their order.
fn by_number(batch: &[Sms], mut results: Vec<Value>) -> Vec<Answered> {
    let of = |sms: &Sms| {
        let found = results.iter().position(|result| digits(&word(result, "number")) == digits(&sms.to));
        found.map_or_else(|| Answered::plain(SendOutcome::Unknown), |at| of_result(&results.remove(at)))
    };
    batch.iter().map(of).collect()
}

fn of_result(result: &Value) -> Answered {
    let (code, status) = (word(result, "statusCode"), word(result, "status"));
    let known = code.parse().ok().or_else(|| code_of(&status));
    let outcome = known.map_or(SendOutcome::Unknown, |code| outcome(code, &word(result, "messageId")));
    Answered::with(outcome, if code.is_empty() { &status } else { &code })
}

/// What a `Message` without results means for all messages; `None` where it does not say. A word about a recipient
/// tells only of a message that was sent alone.
fn of_all(message: &str, messages: usize) -> Option<SendOutcome> {
    if message.starts_with("Sent to 0/") {
        return Some(SendOutcome::Temporary { retry_after_ms: None });
    }
    let code = code_of(message)?;
    let is_about_all = matches!(code, 402 | 405 | 409 | 500..=502);
    (is_about_all || messages == 1).then(|| outcome(code, ""))
}

/// What an answer means by its HTTP status alone. 409 is documented as the do-not-disturb refusal.
fn of_http(response: &WireResponse) -> Answered {
    let outcome = match response.status {
        409 => SendOutcome::Temporary { retry_after_ms: Some(DO_NOT_DISTURB_WAIT_MS) },
        _ => by_status(response),
    };
    // The provider's own codes are numbers too, and 401 is another thing there.
    Answered::with(outcome, &format!("http_{}", response.status))
}

/// A message that is said to be taken, but has no name, is *unknown*: no report of it will ever be recognised.
fn outcome(code: u16, message_id: &str) -> SendOutcome {
    let is_name = !matches!(message_id, "" | "None") && message_id.len() <= MESSAGE_ID_BYTES_MAX;
    match code {
        100..=102 if is_name => SendOutcome::Accepted { provider_id: message_id.to_owned() },
        401 => SendOutcome::Permanent { reason: "fraud" },
        402 => SendOutcome::Blocked(Blocked::Credentials),
        403 | 404 => SendOutcome::Permanent { reason: "number" },
        405 => SendOutcome::Blocked(Blocked::NoCredit),
        406 => SendOutcome::OptedOut,
        407 => SendOutcome::NoRoute,
        409 => SendOutcome::Temporary { retry_after_ms: Some(DO_NOT_DISTURB_WAIT_MS) },
        500..=502 => SendOutcome::Temporary { retry_after_ms: None },
        _ => SendOutcome::Unknown,
    }
}

/// The code of a word, whatever its case and spaces: the provider has `UserInBlacklist` and `UserInBlackList`, and
/// wrote words apart once.
fn code_of(word: &str) -> Option<u16> {
    let word: String = word.chars().filter(|character| *character != ' ').collect();
    CODES.iter().find(|(_, name)| name.eq_ignore_ascii_case(&word)).map(|(code, _)| *code)
}

/// A field of a result, a text or a number; empty where there is none.
fn word(result: &Value, name: &str) -> String {
    match result.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "POST" {
        return Err(DecodeFault::Method);
    }
    let form = Form::read(hook.content_type, hook.body)?;
    if form.has("senderId") && !form.has("status") && !form.has("text") {
        return Ok(vec![HookEvent::OptedOut(digits(&form.phone("phoneNumber")?).to_owned())]);
    }
    match kind {
        HookKind::Receipt => receipt(&form),
        HookKind::Inbound => Ok(vec![HookEvent::Inbound(inbound(&form)?)]),
    }
}

/// A receipt, and the opt-out that a failure tells of when its reason is `UserInBlackList`.
fn receipt(form: &Form) -> Result<Vec<HookEvent>, DecodeFault> {
    let id = form.named("id", MESSAGE_ID_BYTES_MAX)?;
    let status = form.one("status")?.ok_or(DecodeFault::MissingField("status"))?;
    let failure = form.one("failureReason")?.unwrap_or_default();
    let reported = reported(status);
    let mut events = vec![HookEvent::Receipt(Receipt {
        about: About::ProviderId(id.to_owned()),
        reported,
        detail: Answered::with(SendOutcome::Unknown, if failure.is_empty() { status } else { failure }).detail,
    })];
    if reported == Reported::Undelivered && code_of(failure) == Some(406) {
        // A number that cannot be read takes nothing from the receipt.
        let number = form.phone("phoneNumber").ok();
        events.extend(number.map(|number| HookEvent::OptedOut(digits(&number).to_owned())));
    }
    Ok(events)
}

/// The documents list six statuses; integrators met `AbsentSubscriber` and `Expired` besides.
fn reported(status: &str) -> Reported {
    let is = |names: &[&str]| names.iter().any(|name| status.eq_ignore_ascii_case(name));
    if is(&["Sent", "Submitted", "Buffered"]) {
        Reported::InFlight
    } else if is(&["Success"]) {
        Reported::Delivered
    } else if is(&["Rejected", "Failed", "AbsentSubscriber"]) {
        Reported::Undelivered
    } else if is(&["Expired"]) {
        Reported::Expired
    } else {
        Reported::Unclear
    }
}

/// `date` is not read: it comes in two shapes, and the time of arrival is known here.
fn inbound(form: &Form) -> Result<Inbound, DecodeFault> {
    let text = form.one("text")?.ok_or(DecodeFault::MissingField("text"))?;
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(DecodeFault::TooLong("text"));
    }
    Ok(Inbound {
        id: form.optional("id", MESSAGE_ID_BYTES_MAX)?.unwrap_or_default().to_owned(),
        from: form.phone("from")?,
        to: repair_plus(form.named("to", RECIPIENT_CHARACTERS_MAX)?),
        text: text.to_owned(),
        network: form.optional("networkCode", NETWORK_CHARACTERS_MAX)?.unwrap_or_default().to_owned(),
        part: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn sms(to: &str) -> Sms {
        Sms { to: to.to_owned(), text: "Muraho".to_owned(), client_ref: "kz1".to_owned(), valid_s: 3600 }
    }

    fn came_to(batch: &[Sms], status: u16, body: &str) -> Vec<SendOutcome> {
        let response = WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let answered = Account::of(Dialect::AfricasTalking).classify(batch, &Ok(response));
        answered.into_iter().map(|answered| answered.outcome).collect()
    }

    fn one(status: u16, body: &str) -> SendOutcome {
        came_to(&[sms("250788000001")], status, body).remove(0)
    }

    fn result(code: &str, id: &str) -> String {
        let recipient = format!(r#"{{"number":"+250788000001","statusCode":{code},"messageId":"{id}"}}"#);
        format!(r#"{{"SMSMessageData":{{"Message":"","Recipients":[{recipient}]}}}}"#)
    }

    fn account_level(message: &str) -> String {
        format!(r#"{{"SMSMessageData":{{"Message":"{message}","Recipients":[]}}}}"#)
    }

    fn decoded(kind: HookKind, pairs: &[(&str, &str)]) -> Result<Vec<HookEvent>, DecodeFault> {
        let body = encode_form(pairs);
        let hook = Hook { method: "POST", query: "", content_type: FORM, signature: "", body: body.as_bytes() };
        Account::of(Dialect::AfricasTalking).decode(kind, &hook)
    }

    #[test]
    fn an_empty_sender_is_left_out() {
        let account =
            Account { sender: String::new(), username: "sandbox".into(), ..Account::of(Dialect::AfricasTalking) };
        let body = account.encode(&[sms("250788000001")]).body;
        assert_eq!(body, b"username=sandbox&to=%2B250788000001&message=Muraho&enqueue=1");
    }

    #[test]
    fn every_code_has_its_class() {
        let temporary = |retry_after_ms| SendOutcome::Temporary { retry_after_ms };
        let classes = [
            ("401", SendOutcome::Permanent { reason: "fraud" }),
            ("402", SendOutcome::Blocked(Blocked::Credentials)),
            ("403", SendOutcome::Permanent { reason: "number" }),
            ("404", SendOutcome::Permanent { reason: "number" }),
            ("405", SendOutcome::Blocked(Blocked::NoCredit)),
            ("406", SendOutcome::OptedOut),
            ("407", SendOutcome::NoRoute),
            ("409", temporary(Some(21_600_000))),
            ("500", temporary(None)),
            ("501", temporary(None)),
            ("502", temporary(None)),
            ("408", SendOutcome::Unknown),
            ("503", SendOutcome::Unknown),
            ("103", SendOutcome::Unknown),
            ("99999999", SendOutcome::Unknown),
            ("null", SendOutcome::Unknown),
        ];
        for (code, class) in classes {
            assert_eq!(one(201, &result(code, "None")), class, "{code}");
        }
        for code in ["100", "101", "102", "\"101\""] {
            assert_eq!(one(201, &result(code, "ATXid_1")), SendOutcome::Accepted { provider_id: "ATXid_1".into() });
        }
    }

    #[test]
    fn a_taken_message_without_a_usable_name_is_unknown() {
        let longest = "x".repeat(MESSAGE_ID_BYTES_MAX);
        assert_eq!(one(201, &result("101", &longest)), SendOutcome::Accepted { provider_id: longest.clone() });
        for id in ["", "None", &format!("{longest}x")] {
            assert_eq!(one(201, &result("101", id)), SendOutcome::Unknown, "{id}");
        }
    }

    #[test]
    fn every_word_leads_to_the_outcome_of_its_code() {
        for (code, name) in CODES {
            let by_code = one(201, &result(&code.to_string(), "ATXid_1"));
            let recipient = format!(r#"{{"number":"+250788000001","status":"{name}","messageId":"ATXid_1"}}"#);
            let by_word = format!(r#"{{"SMSMessageData":{{"Recipients":[{recipient}]}}}}"#);
            assert_eq!(one(201, &by_word), by_code, "{name}");
        }
    }

    #[test]
    fn a_word_for_all_is_about_a_recipient_only_if_there_is_one() {
        let two = [sms("250788000001"), sms("250788000002")];
        assert_eq!(one(201, &account_level("UserInBlacklist")), SendOutcome::OptedOut);
        assert_eq!(came_to(&two, 201, &account_level("UserInBlacklist")), [SendOutcome::Unknown, SendOutcome::Unknown]);
        let no_credit = SendOutcome::Blocked(Blocked::NoCredit);
        assert_eq!(came_to(&two, 201, &account_level("Insufficient balance")), [no_credit.clone(), no_credit]);
        assert_eq!(
            one(201, &account_level("Sent to 0/1 Total Cost: 0")),
            SendOutcome::Temporary { retry_after_ms: None }
        );
        assert_eq!(one(201, &account_level("Sent to 1/1 Total Cost: 0")), SendOutcome::Unknown);
        assert_eq!(one(201, &account_level("Sent")), SendOutcome::Unknown);
        assert_eq!(one(401, &account_level("Denied")), SendOutcome::Blocked(Blocked::Credentials));
    }

    #[test]
    fn each_result_is_used_once() {
        let twice = [sms("250788000001"), sms("250788000001")];
        let accepted = SendOutcome::Accepted { provider_id: "ATXid_1".into() };
        assert_eq!(came_to(&twice, 201, &result("101", "ATXid_1")), [accepted, SendOutcome::Unknown]);
    }

    #[test]
    fn a_result_in_a_strange_shape_leaves_the_others_alone() {
        let two = [sms("250788000001"), sms("250788000002")];
        let body = r#"{"SMSMessageData":{"Recipients":[7,{"number":null},
            {"number":250788000002,"statusCode":101,"messageId":"ATXid_2"}]}}"#;
        let accepted = SendOutcome::Accepted { provider_id: "ATXid_2".into() };
        assert_eq!(came_to(&two, 201, body), [SendOutcome::Unknown, accepted]);
    }

    #[test]
    fn an_empty_batch_is_answered_with_nothing() {
        assert_eq!(came_to(&[], 201, &result("101", "ATXid_1")), []);
    }

    #[test]
    fn statuses_are_read_without_regard_to_case_and_unknown_ones_are_unclear() {
        for (status, meant) in [
            ("Sent", Reported::InFlight),
            ("submitted", Reported::InFlight),
            ("BUFFERED", Reported::InFlight),
            ("Success", Reported::Delivered),
            ("rejected", Reported::Undelivered),
            ("Failed", Reported::Undelivered),
            ("AbsentSubscriber", Reported::Undelivered),
            ("Expired", Reported::Expired),
            ("", Reported::Unclear),
            ("Suc\0cess", Reported::Unclear),
        ] {
            assert_eq!(reported(status), meant, "{status}");
        }
    }

    #[test]
    fn a_call_that_names_a_sender_is_no_opt_out_if_it_is_something_else() {
        let sender = ("senderId", "KAZILINE");
        let receipt = decoded(HookKind::Receipt, &[sender, ("id", "ATXid_1"), ("status", "Success")]);
        assert!(matches!(receipt.unwrap()[..], [HookEvent::Receipt(_)]));
        let message = [sender, ("from", "+250788000001"), ("to", "567"), ("text", "YEGO")];
        assert!(matches!(decoded(HookKind::Inbound, &message).unwrap()[..], [HookEvent::Inbound(_)]));
    }

    #[test]
    fn a_delivered_message_opts_nobody_out() {
        let pairs = [("id", "ATXid_1"), ("phoneNumber", "+250788000001"), ("failureReason", "UserInBlackList")];
        let events = |status| decoded(HookKind::Receipt, &[&pairs[..], &[("status", status)]].concat()).unwrap();
        assert_eq!(events("Success").len(), 1);
        assert_eq!(events("Failed").last(), Some(&HookEvent::OptedOut("250788000001".into())));
    }

    #[test]
    fn texts_may_be_empty_and_lengths_are_refused_from_the_first_character_too_many() {
        let text = "é".repeat(TEXT_CHARACTERS_MAX);
        let pairs = |text| [("from", "+250788000001"), ("to", "567"), ("text", text)];
        assert!(decoded(HookKind::Inbound, &pairs(&text)).is_ok());
        assert!(decoded(HookKind::Inbound, &pairs("")).is_ok());
        assert_eq!(decoded(HookKind::Inbound, &pairs(&format!("{text}a"))), Err(DecodeFault::TooLong("text")));
        let id = "x".repeat(MESSAGE_ID_BYTES_MAX + 1);
        let receipt = decoded(HookKind::Receipt, &[("id", &id), ("status", "Success")]);
        assert_eq!(receipt, Err(DecodeFault::TooLong("id")));
    }

    proptest! {
        #[test]
        fn any_answer_gives_every_message_an_outcome(
            bytes in prop::collection::vec(any::<u8>(), 0..200), status in any::<u16>(), messages in 0..4_usize
        ) {
            let batch = vec![sms("250788000001"); messages];
            let response = WireResponse { status, headers: Vec::new(), body: bytes };
            prop_assert_eq!(classify(&batch, &response).len(), messages);
        }

        #[test]
        fn results_in_any_order_find_their_messages(order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle()) {
            let batch: Vec<Sms> = (0..8).map(|i| sms(&format!("25078800000{i}"))).collect();
            let results: Vec<String> = order
                .iter()
                .map(|i| format!(r#"{{"number":"+25078800000{i}","statusCode":101,"messageId":"ATXid_{i}"}}"#))
                .collect();
            let body = format!(r#"{{"SMSMessageData":{{"Message":"","Recipients":[{}]}}}}"#, results.join(","));
            for (i, outcome) in came_to(&batch, 201, &body).into_iter().enumerate() {
                prop_assert_eq!(outcome, SendOutcome::Accepted { provider_id: format!("ATXid_{i}") });
            }
        }

        #[test]
        fn any_fields_are_read_or_refused(
            is_receipt in any::<bool>(),
            pairs in prop::collection::vec(("id|status|phoneNumber|senderId|from|to|text", ".{0,8}"), 0..8)
        ) {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let kind = if is_receipt { HookKind::Receipt } else { HookKind::Inbound };
            if let Ok(events) = decoded(kind, &pairs) {
                prop_assert!(!events.is_empty());
            }
        }

        #[test]
        fn what_a_phone_writes_arrives_as_it_was(text in any::<String>()) {
            let pairs = [("id", "1"), ("from", "+250788000001"), ("to", "567"), ("text", text.as_str())];
            let events = decoded(HookKind::Inbound, &pairs).unwrap();
            let [HookEvent::Inbound(inbound)] = &events[..] else { panic!("{events:?}") };
            prop_assert_eq!(&inbound.text, &text);
        }
    }
}
