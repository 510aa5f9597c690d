//! Webhooks: an event becomes a signed POST to an employer's server, by the rules of Standard Webhooks 1.0.0.
//!
//! `webhook-id` names the event and is the same at every attempt; a receiver that remembers it acts once, so an attempt
//! without an answer may simply be made again. `webhook-timestamp` is the time of the attempt. `webhook-signature`
//! holds `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; while a secret is being changed it holds one for
//! each, parted by spaces. The body that is signed is the body that is sent, byte for byte.
//!
//! The secret is `whsec_` and the base64 of the key. The key is what is decoded, not the text.

use std::fmt;

use aws_lc_rs::hmac;
use serde::Serialize;
use serde_json::Value;

use super::base64::{decode_base64, encode_base64};
use super::sms::{Answered, SendOutcome};
use super::{Method, TransportFault, WireRequest, WireResponse};

/// What a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// Length of a key, in bytes, at least and at most (the standard's section "Signature scheme").
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Secrets that one request is signed with, at most: the new one, and old ones for as long as receivers need.
pub const SECRETS_MAX: usize = 4;
/// Longest body, in bytes: the standard's advice is 20 kB, so that an event costs its receiver little.
pub const BODY_BYTES_MAX: usize = 20_000;
/// Longest name of an event, in bytes.
const ID_BYTES_MAX: usize = 64;
/// Longest type of an event, in bytes.
const KIND_BYTES_MAX: usize = 64;
/// How far the clocks of sender and receiver may be apart, in seconds: what all libraries of the standard use.
pub const TOLERANCE_S: i64 = 300;
/// The longest wait that a receiver can ask for, in milliseconds: a day. More would be a way to switch us off unseen.
const RETRY_AFTER_MS_MAX: i64 = 24 * 60 * 60 * 1000;
/// Longest list of signatures that is looked at, in bytes. One takes 48.
const SIGNATURES_BYTES_MAX: usize = 1024;

/// What both sides know: one for each endpoint, never shared by two.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// From random bytes: 24 to 64.
    pub fn from_key(key: &[u8]) -> Result<Self, SecretFault> {
        if KEY_BYTES.contains(&key.len()) { Ok(Self(key.to_vec())) } else { Err(SecretFault::Length) }
    }

    /// Reads `whsec_...`.
    pub fn parse(text: &str) -> Result<Self, SecretFault> {
        let key = text.strip_prefix(SECRET_PREFIX).and_then(decode_base64).ok_or(SecretFault::Malformed)?;
        Self::from_key(&key)
    }

    /// `whsec_...`, to be shown once to whoever owns the endpoint.
    pub fn text(&self) -> String {
        format!("{SECRET_PREFIX}{}", encode_base64(&self.0))
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

/// A secret stays out of logs.
impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// Not `whsec_` and base64.
    #[error("a secret is whsec_ and base64 with its padding")]
    Malformed,
    /// Too short to be secret, or longer than the standard allows.
    #[error("a secret has 24 to 64 bytes")]
    Length,
}

/// Something that happened, for an endpoint that asked to be told.
#[derive(Clone, Copy)]
pub struct WebhookEvent<'a> {
    /// Our name of it for this endpoint, the same at every attempt: ASCII letters, digits, `-` and `_`. No `.`: that
    /// parts what is signed.
    pub id: &'a str,
    /// Its type: words of ASCII letters, digits and `_`, parted by `.`, as in `application.accepted`.
    pub kind: &'a str,
    /// When it happened, in milliseconds since 1970.
    pub occurred_ms: i64,
    /// What happened; its shape belongs to the type.
    pub data: &'a Value,
}

/// The data is about people.
impl fmt::Debug for WebhookEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEvent").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why an event cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookFault {
    /// The name is not in its form.
    #[error("the name of the event is malformed")]
    Id,
    /// The type is not in its form.
    #[error("the type of the event is malformed")]
    Kind,
    /// A time before or after everything.
    #[error("a time is out of range")]
    Time,
    /// Nothing to sign with, or too much.
    #[error("an event is signed with one to four secrets")]
    Secrets,
    /// More than [`BODY_BYTES_MAX`].
    #[error("the event is too large")]
    TooLarge,
}

/// The body, its parts in the order in which the standard names them.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: String,
    data: &'a Value,
}

/// The request that tells an endpoint of an event, signed with each of its secrets at `now_ms` (milliseconds since
/// 1970). The address is taken as it is: who registered it has checked it.
pub fn encode(
    event: &WebhookEvent<'_>,
    url: &str,
    secrets: &[WebhookSecret],
    now_ms: i64,
) -> Result<WireRequest, WebhookFault> {
    let is_word = |text: &str, marks: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
    };
    if event.id.len() > ID_BYTES_MAX || !is_word(event.id, b"-_") {
        return Err(WebhookFault::Id);
    }
    if event.kind.len() > KIND_BYTES_MAX || !event.kind.split('.').all(|part| is_word(part, b"_")) {
        return Err(WebhookFault::Kind);
    }
    if !(1..=SECRETS_MAX).contains(&secrets.len()) {
        return Err(WebhookFault::Secrets);
    }
    let occurred = jiff::Timestamp::from_millisecond(event.occurred_ms).map_err(|_| WebhookFault::Time)?;
    let body = Body { r#type: event.kind, timestamp: format!("{occurred:.3}"), data: event.data };
    // Strings and a value that is JSON already always make JSON.
    let body = serde_json::to_vec(&body).map_err(|_| WebhookFault::TooLarge)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(WebhookFault::TooLarge);
    }
    let attempted_s = u64::try_from(now_ms / 1000).map_err(|_| WebhookFault::Time)?.to_string();
    let signed = signed_bytes(event.id, &attempted_s, &body);
    let signatures = secrets.iter().map(|secret| {
        let signature = hmac::sign(&secret.key(), &signed);
        format!("v1,{}", encode_base64(signature.as_ref()))
    });
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    Ok(WireRequest {
        method: Method::Post,
        url: url.to_owned(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", event.id.to_owned()),
            ("webhook-timestamp", attempted_s),
            ("webhook-signature", signatures),
        ],
        body,
    })
}

fn signed_bytes(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    signed
}

/// The three headers of a webhook as a receiver reads them.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`
    pub timestamp: &'a str,
    /// `webhook-signature`
    pub signatures: &'a str,
}

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFault {
    /// The time is no number of seconds.
    #[error("the time is malformed")]
    Timestamp,
    /// Sent too long ago: perhaps caught and sent again.
    #[error("sent too long ago")]
    TooOld,
    /// Sent in the future.
    #[error("sent in the future")]
    TooNew,
    /// No signature of ours fits.
    #[error("no signature fits")]
    Signature,
}

/// Whether a webhook is from somebody who knows one of the secrets, and was sent just now: the receiver's side, for our
/// tests and for who writes a receiver. `body` is what arrived, before any parsing.
pub fn verify(headers: Signed<'_>, body: &[u8], secrets: &[WebhookSecret], now_ms: i64) -> Result<(), VerifyFault> {
    let Signed { id, timestamp, signatures } = headers;
    let sent_s = Some(timestamp).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let sent_s: i64 = sent_s.and_then(|text| text.parse().ok()).ok_or(VerifyFault::Timestamp)?;
    let age_s = (now_ms / 1000).saturating_sub(sent_s);
    if age_s > TOLERANCE_S {
        return Err(VerifyFault::TooOld);
    }
    if age_s < -TOLERANCE_S {
        return Err(VerifyFault::TooNew);
    }
    if signatures.len() > SIGNATURES_BYTES_MAX {
        return Err(VerifyFault::Signature);
    }
    let signed = signed_bytes(id, timestamp, body);
    // Other versions, such as `v1a`, stand beside ours and are passed over. The comparison takes the same time always.
    let known = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,")).filter_map(decode_base64);
    let fits =
        |signature: Vec<u8>| secrets.iter().any(|secret| hmac::verify(&secret.key(), &signed, &signature).is_ok());
    if known.into_iter().any(fits) { Ok(()) } else { Err(VerifyFault::Signature) }
}

/// What an attempt came to.
///
/// Only 2xx is success. 410 ends the endpoint: the caller switches it off. All else may pass, a redirect included: its
/// owner is expected to give us the new address. A request without an answer is tried again, since `webhook-id` makes a
/// second one harmless.
pub fn classify(exchange: &Result<WireResponse, TransportFault>) -> Answered {
    let response = match exchange {
        Err(TransportFault::NotSent) => {
            return Answered::with(SendOutcome::Temporary { retry_after_ms: None }, "not_sent");
        }
        Err(TransportFault::Unknown) => {
            return Answered::with(SendOutcome::Temporary { retry_after_ms: None }, "no_answer");
        }
        Ok(response) => response,
    };
    let outcome = match response.status {
        200..=299 => SendOutcome::Accepted { provider_id: String::new() },
        410 => SendOutcome::Permanent { reason: "gone" },
        429 | 502..=504 => SendOutcome::Temporary { retry_after_ms: retry_after_ms(response) },
        _ => SendOutcome::Temporary { retry_after_ms: None },
    };
    Answered::with(outcome, &response.status.to_string())
}

/// `Retry-After` in seconds. Its other form, a date, is passed over: this module knows no clock.
fn retry_after_ms(response: &WireResponse) -> Option<i64> {
    let seconds: u32 = response.header("retry-after")?.trim().parse().ok()?;
    Some((i64::from(seconds) * 1000).min(RETRY_AFTER_MS_MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const URL: &str = "https://employer.example/hooks/kaziline?x=secret";
    const NOW_MS: i64 = 1_674_087_231_900;

    fn secret(byte: u8) -> WebhookSecret {
        WebhookSecret::from_key(&[byte; 24]).unwrap()
    }

    fn event(data: &Value) -> WebhookEvent<'_> {
        WebhookEvent { id: "evt_1", kind: "application.accepted", occurred_ms: 1_667_507_170_344, data }
    }

    fn header<'r>(request: &'r WireRequest, name: &str) -> &'r str {
        request.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    fn read(request: &WireRequest) -> Signed<'_> {
        Signed {
            id: header(request, "webhook-id"),
            timestamp: header(request, "webhook-timestamp"),
            signatures: header(request, "webhook-signature"),
        }
    }

    /// From the libraries of the standard (`rust/src/lib.rs`, and the vector that all others share), with their body.
    #[test]
    fn the_vectors_of_the_standard_are_written_and_verified() {
        for (secret, id, timestamp, body, signature) in [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                &br#"{"test": 2432232314}"#[..],
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                br#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ] {
            let known = WebhookSecret::parse(secret).unwrap();
            assert_eq!(known.text(), secret);
            let signed = signed_bytes(id, &i64::to_string(&timestamp), body);
            let written = encode_base64(hmac::sign(&known.key(), &signed).as_ref());
            assert_eq!(format!("v1,{written}"), signature);
            let headers = Signed { id, timestamp: &timestamp.to_string(), signatures: signature };
            assert_eq!(verify(headers, body, &[known], timestamp * 1000), Ok(()));
        }
    }

    #[test]
    fn an_event_becomes_a_signed_post() {
        let data = json!({"job": 48213});
        let request = encode(&event(&data), URL, &[secret(1)], NOW_MS).unwrap();
        assert_eq!((request.method, request.url.as_str()), (Method::Post, URL));
        assert_eq!(header(&request, "content-type"), "application/json");
        assert_eq!(header(&request, "webhook-id"), "evt_1");
        assert_eq!(header(&request, "webhook-timestamp"), "1674087231");
        let body = br#"{"type":"application.accepted","timestamp":"2022-11-03T20:26:10.344Z","data":{"job":48213}}"#;
        assert_eq!(request.body, body);
        assert_eq!(verify(read(&request), &request.body, &[secret(1)], NOW_MS), Ok(()));
        let on_the_second = WebhookEvent { occurred_ms: 1_667_507_170_000, ..event(&data) };
        let body = encode(&on_the_second, URL, &[secret(1)], NOW_MS).unwrap().body;
        assert!(String::from_utf8(body).unwrap().contains("\"2022-11-03T20:26:10.000Z\""));
    }

    #[test]
    fn while_a_secret_changes_either_one_verifies() {
        let data = json!({});
        let request = encode(&event(&data), URL, &[secret(1), secret(2)], NOW_MS).unwrap();
        assert_eq!(header(&request, "webhook-signature").split(' ').count(), 2);
        for known in [secret(1), secret(2)] {
            assert_eq!(verify(read(&request), &request.body, &[known], NOW_MS), Ok(()));
        }
        let stranger = verify(read(&request), &request.body, &[secret(3)], NOW_MS);
        assert_eq!(stranger, Err(VerifyFault::Signature));
        assert_eq!(verify(read(&request), &request.body, &[], NOW_MS), Err(VerifyFault::Signature));
    }

    #[test]
    fn what_was_changed_on_its_way_is_not_believed() {
        let data = json!({"pay": 7000});
        let request = encode(&event(&data), URL, &[secret(1)], NOW_MS).unwrap();
        let good = read(&request);
        let told = |headers: Signed<'_>, body: &[u8]| verify(headers, body, &[secret(1)], NOW_MS);
        assert_eq!(told(good, &request.body), Ok(()));
        let mut body = request.body.clone();
        *body.last_mut().unwrap() = b' ';
        assert_eq!(told(good, &body), Err(VerifyFault::Signature));
        assert_eq!(told(Signed { id: "evt_2", ..good }, &request.body), Err(VerifyFault::Signature));
        assert_eq!(told(Signed { timestamp: "1674087232", ..good }, &request.body), Err(VerifyFault::Signature));
        let (_, plain) = good.signatures.split_once(',').unwrap();
        let (other, cut) = (format!("v1a,{plain}"), format!("v1,{}", plain.trim_end_matches('=')));
        let beside = format!("v1a,xx {} v9,", good.signatures);
        for (signatures, believed) in
            [(other.as_str(), false), (cut.as_str(), false), ("v1,", false), ("", false), (beside.as_str(), true)]
        {
            assert_eq!(told(Signed { signatures, ..good }, &request.body).is_ok(), believed, "{signatures}");
        }
        let many = format!("{} {}", "v1,AAAA ".repeat(200), good.signatures);
        assert_eq!(told(Signed { signatures: &many, ..good }, &request.body), Err(VerifyFault::Signature));
    }

    #[test]
    fn what_was_sent_long_ago_or_in_the_future_is_not_believed() {
        let data = json!({});
        let request = encode(&event(&data), URL, &[secret(1)], NOW_MS).unwrap();
        let at = |now_ms| verify(read(&request), &request.body, &[secret(1)], now_ms);
        let (sent_ms, tolerance_ms) = (NOW_MS / 1000 * 1000, TOLERANCE_S * 1000);
        assert_eq!(at(sent_ms + tolerance_ms), Ok(()));
        assert_eq!(at(sent_ms + tolerance_ms + 1000), Err(VerifyFault::TooOld));
        assert_eq!(at(sent_ms - tolerance_ms), Ok(()));
        assert_eq!(at(sent_ms - tolerance_ms - 1000), Err(VerifyFault::TooNew));
        for timestamp in ["", "now", "-1", "+1674087231", "1674087231.5", "99999999999999999999"] {
            let headers = Signed { timestamp, ..read(&request) };
            assert_eq!(
                verify(headers, &request.body, &[secret(1)], NOW_MS),
                Err(VerifyFault::Timestamp),
                "{timestamp}"
            );
        }
    }

    #[test]
    fn secrets_are_read_strictly() {
        let key = |count: usize| format!("whsec_{}", encode_base64(&vec![7; count]));
        assert!(WebhookSecret::parse(&key(24)).is_ok() && WebhookSecret::parse(&key(64)).is_ok());
        for (text, fault) in [
            (key(23), SecretFault::Length),
            (key(65), SecretFault::Length),
            ("whsec_".to_owned(), SecretFault::Length),
            (key(24).replace("whsec_", ""), SecretFault::Malformed),
            (format!("{} ", key(24)), SecretFault::Malformed),
            (key(25).trim_end_matches('=').to_owned(), SecretFault::Malformed),
        ] {
            assert_eq!(WebhookSecret::parse(&text).unwrap_err(), fault, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let data = json!({});
        let good = event(&data);
        let fault = |event: WebhookEvent<'_>| encode(&event, URL, &[secret(1)], NOW_MS).unwrap_err();
        let long = "a".repeat(65);
        for id in ["", "evt.1", "evt 1", "evt\r\nx: y", "é", &long] {
            assert_eq!(fault(WebhookEvent { id, ..good }), WebhookFault::Id, "{id}");
        }
        for kind in ["", ".", "a.", "a..b", "a-b", "a b", &long] {
            assert_eq!(fault(WebhookEvent { kind, ..good }), WebhookFault::Kind, "{kind}");
        }
        assert_eq!(fault(WebhookEvent { occurred_ms: i64::MAX, ..good }), WebhookFault::Time);
        assert_eq!(encode(&good, URL, &[secret(1)], -1000), Err(WebhookFault::Time));
        assert_eq!(encode(&good, URL, &[], NOW_MS), Err(WebhookFault::Secrets));
        let too_many = vec![secret(1); SECRETS_MAX + 1];
        assert_eq!(encode(&good, URL, &too_many, NOW_MS), Err(WebhookFault::Secrets));
        let large = json!("x".repeat(BODY_BYTES_MAX));
        assert_eq!(fault(event(&large)), WebhookFault::TooLarge);
    }

    #[test]
    fn statuses_mean_what_the_standard_says() {
        let answered = |status: u16, wait: &str| {
            let headers = vec![("retry-after".to_owned(), wait.to_owned())];
            classify(&Ok(WireResponse { status, headers, body: b"{}".to_vec() }))
        };
        let temporary = |retry_after_ms| SendOutcome::Temporary { retry_after_ms };
        for status in [200, 202, 204] {
            let accepted = SendOutcome::Accepted { provider_id: String::new() };
            assert_eq!(answered(status, ""), Answered::with(accepted, &status.to_string()));
        }
        assert_eq!(answered(410, "").outcome, SendOutcome::Permanent { reason: "gone" });
        for status in [429, 502, 503, 504] {
            assert_eq!(answered(status, "7").outcome, temporary(Some(7000)), "{status}");
        }
        assert_eq!(answered(429, "4000000000").outcome, temporary(Some(RETRY_AFTER_MS_MAX)));
        assert_eq!(answered(429, "Fri, 20 Nov 2026 07:15:00 GMT").outcome, temporary(None));
        for status in [100, 301, 307, 400, 401, 404, 500, 599] {
            assert_eq!(answered(status, "7").outcome, temporary(None), "{status}");
        }
        for (fault, detail) in [(TransportFault::NotSent, "not_sent"), (TransportFault::Unknown, "no_answer")] {
            assert_eq!(classify(&Err(fault)), Answered::with(temporary(None), detail));
        }
    }

    #[test]
    fn debug_shows_neither_secret_nor_data() {
        let data = json!({"name": "Uwase"});
        let request = encode(&event(&data), URL, &[secret(b'k')], NOW_MS).unwrap();
        let shown = format!("{:?} {:?} {request:?}", secret(b'k'), event(&data));
        assert!(shown.contains("evt_1"), "{shown}");
        assert!(["Uwase", "kkk", "secret=", "v1,"].iter().all(|hidden| !shown.contains(hidden)), "{shown}");
    }

    proptest! {
        #[test]
        fn what_is_signed_is_verified_and_nothing_else(
            key in prop::collection::vec(any::<u8>(), 24..=64),
            text in any::<String>(),
            changed in any::<prop::sample::Index>(),
        ) {
            prop_assume!(text.len() < 2000);
            let secrets = [WebhookSecret::from_key(&key).unwrap()];
            let data = json!({"text": text});
            let mut request = encode(&event(&data), URL, &secrets, NOW_MS).unwrap();
            prop_assert_eq!(verify(read(&request), &request.body, &secrets, NOW_MS), Ok(()));
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            prop_assert_eq!(&body["data"]["text"], text.as_str());
            let at = changed.index(request.body.len());
            request.body[at] ^= 1;
            prop_assert_eq!(verify(read(&request), &request.body, &secrets, NOW_MS), Err(VerifyFault::Signature));
        }

        #[test]
        fn any_headers_are_read_or_refused(
            id in any::<String>(),
            timestamp in "\\PC{0,24}",
            signatures in "(v1,|[ -~]){0,80}",
        ) {
            let headers = Signed { id: &id, timestamp: &timestamp, signatures: &signatures };
            let believed = verify(headers, b"{}", &[secret(1)], NOW_MS);
            prop_assert!(believed.is_err());
        }
    }
}
