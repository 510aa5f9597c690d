//! The USSD dialect of Africa's Talking: Kenya, Uganda, Tanzania, Rwanda and others.
//!
//! A form POST with `sessionId`, `phoneNumber`, `networkCode`, `serviceCode` and `text`; `text` holds every input of the
//! session so far, joined by `*`, and what was dialled behind the code already on the first request: *new* is an unknown
//! session, not an empty text. There is no hop id and no signature; a redelivery is the same session with the same text.
//! The answer is plain text that begins with exactly `CON ` or `END `; anything else ends the session.
//! A second kind of request, sent to the events address, tells that a session ended.

use super::{ClosedWhy, DecodeFault, RequestParts, UssdAnswer, UssdEvent, UssdRequest};
use crate::gateway::form::Form;

/// Longest session id, in characters. Seen: `ATUid_` and 32 hexadecimal digits; the rest is room for a change.
pub const SESSION_CHARACTERS_MAX: usize = 128;
/// Longest `text`, in characters. A session of 180 s cannot type as much; more is not a caller.
pub const TEXT_CHARACTERS_MAX: usize = 4096;
/// Longest service code, in characters: a shared code with two levels below it has about 16.
const SERVICE_CODE_CHARACTERS_MAX: usize = 64;
/// Longest network code, in characters: country and network are six digits.
const NETWORK_CHARACTERS_MAX: usize = 32;

/// The content type of an answer.
pub const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

pub(super) fn decode(http: &RequestParts<'_>) -> Result<UssdRequest, DecodeFault> {
    if http.method != "POST" {
        return Err(DecodeFault::Method);
    }
    let form = Form::read(http.content_type.unwrap_or_default(), http.body)?;

    let session = form.named("sessionId", SESSION_CHARACTERS_MAX)?;
    let msisdn = form.phone("phoneNumber")?;
    let service_code = form.named("serviceCode", SERVICE_CODE_CHARACTERS_MAX)?;
    let network = form.optional("networkCode", NETWORK_CHARACTERS_MAX)?;
    let event = event(&form)?;
    Ok(UssdRequest {
        session: session.to_owned(),
        msisdn,
        service_code: service_code.to_owned(),
        network: network.filter(|network| !network.is_empty()).map(str::to_owned),
        event,
        hop_id: None,
    })
}

pub(super) fn encode(answer: &UssdAnswer) -> (&'static str, Vec<u8>) {
    let prefix = if answer.end { "END " } else { "CON " };
    let mut body = Vec::with_capacity(prefix.len() + answer.text.len());
    body.extend_from_slice(prefix.as_bytes());
    body.extend_from_slice(answer.text.as_bytes());
    (CONTENT_TYPE, body)
}

/// A hop has `text`. The notification of an end has none, but a `status` and figures on the whole session; one of them is
/// enough, since the list of its fields is known from integrators rather than from the provider.
fn event(form: &Form) -> Result<UssdEvent, DecodeFault> {
    if let Some(text) = form.one("text")? {
        return if text.chars().count() > TEXT_CHARACTERS_MAX {
            Err(DecodeFault::TooLong("text"))
        } else {
            Ok(UssdEvent::Cumulative(text.to_owned()))
        };
    }
    let figures = ["durationInMillis", "hopsCount", "lastAppResponse"];
    match form.one("status")? {
        Some(status) if figures.iter().any(|field| form.has(field)) => Ok(UssdEvent::Closed(match status {
            "Success" => ClosedWhy::Finished,
            "Incomplete" => ClosedWhy::Incomplete,
            "Failed" => ClosedWhy::Failed,
            _ => ClosedWhy::Other,
        })),
        _ => Err(DecodeFault::MissingField("text")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;
    use crate::gateway::encode_form;

    const DIALECT: Dialect = Dialect::AfricasTalking;
    const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

    fn decoded(content_type: &str, body: &[u8]) -> Result<UssdRequest, DecodeFault> {
        DIALECT.decode(&RequestParts { method: "POST", content_type: Some(content_type), body })
    }

    fn body(session: &str, phone: &str, text: &str) -> String {
        encode_form(&[("sessionId", session), ("phoneNumber", phone), ("serviceCode", "*567#"), ("text", text)])
    }

    #[test]
    fn lengths_are_refused_from_the_first_character_too_many() {
        let ok = body(&"é".repeat(SESSION_CHARACTERS_MAX), "+250788000001", "");
        assert!(decoded(FORM, ok.as_bytes()).is_ok());
        let long = body(&"s".repeat(SESSION_CHARACTERS_MAX + 1), "+250788000001", "");
        assert_eq!(decoded(FORM, long.as_bytes()), Err(DecodeFault::TooLong("sessionId")));
        let ok = body("s", "+250788000001", &"1".repeat(TEXT_CHARACTERS_MAX));
        assert!(decoded(FORM, ok.as_bytes()).is_ok());
        let long = body("s", "+250788000001", &"1".repeat(TEXT_CHARACTERS_MAX + 1));
        assert_eq!(decoded(FORM, long.as_bytes()), Err(DecodeFault::TooLong("text")));
        let long = body("s", "+250788000001", &"1".repeat(super::super::BODY_BYTES_MAX));
        assert_eq!(decoded(FORM, long.as_bytes()), Err(DecodeFault::BodyTooLarge));
    }

    #[test]
    fn content_types_are_read_as_the_standard_says() {
        for good in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded ; Charset=\"utf-8\"; v=1"]
        {
            assert!(decoded(good, body("s", "250788000001", "").as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", "application/json", "application/x-www-form-urlencoded; charset=iso-8859-1", "text/plain"] {
            assert_eq!(decoded(bad, b"sessionId=1"), Err(DecodeFault::ContentType), "{bad}");
        }
    }

    #[test]
    fn numbers_are_digits_with_or_without_their_plus() {
        assert_eq!(decoded(FORM, body("s", "250788000001", "").as_bytes()).unwrap().msisdn, "250788000001");
        for bad in ["+", "25078800000a", "++250788000001", "  250788000001", "\u{0662}50788000001"] {
            let fault = decoded(FORM, body("s", bad, "").as_bytes());
            assert_eq!(fault, Err(DecodeFault::Malformed("phoneNumber")), "{bad}");
        }
    }

    #[test]
    fn a_status_this_dialect_does_not_know_still_ends_the_session() {
        let body = "sessionId=s&phoneNumber=%2B250788000001&serviceCode=*567%23&status=Timeout&hopsCount=3";
        assert_eq!(decoded(FORM, body.as_bytes()).unwrap().event, UssdEvent::Closed(ClosedWhy::Other));
        let hop = format!("{body}&text=1");
        assert_eq!(decoded(FORM, hop.as_bytes()).unwrap().event, UssdEvent::Cumulative("1".into()));
        let neither = "sessionId=s&phoneNumber=%2B250788000001&serviceCode=*567%23&status=Success";
        assert_eq!(decoded(FORM, neither.as_bytes()), Err(DecodeFault::MissingField("text")));
    }

    #[test]
    fn an_identifier_with_a_control_character_is_refused() {
        assert_eq!(decoded(FORM, body("s\0", "250788000001", "").as_bytes()), Err(DecodeFault::Malformed("sessionId")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _outcome = decoded(FORM, &bytes);
        }

        #[test]
        fn any_fields_are_read_or_refused(
            pairs in prop::collection::vec(("sessionId|phoneNumber|serviceCode|text|status|hopsCount", ".{0,8}"), 0..8)
        ) {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            if let Ok(request) = decoded(FORM, encode_form(&pairs).as_bytes()) {
                prop_assert!(pairs.contains(&("sessionId", request.session.as_str())));
            }
        }

        #[test]
        fn what_a_caller_types_arrives_byte_for_byte(session in "[ -~é]{1,40}", text in any::<String>()) {
            prop_assume!(text.chars().count() <= 1000);
            let request = decoded(FORM, body(&session, "+250788000001", &text).as_bytes()).unwrap();
            prop_assert_eq!(request.session, session);
            prop_assert_eq!(request.msisdn, "+250788000001");
            prop_assert_eq!(request.event, UssdEvent::Cumulative(text));
        }

        #[test]
        fn an_answer_begins_with_its_four_characters(text in any::<String>(), end in any::<bool>()) {
            let (_, bytes) = DIALECT.encode(&UssdAnswer { text: text.clone(), end });
            let prefix: &[u8] = if end { b"END " } else { b"CON " };
            prop_assert_eq!(bytes.strip_prefix(prefix), Some(text.as_bytes()));
        }
    }
}
