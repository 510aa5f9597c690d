//! The SMS dialect of Jasmin's HTTP API: an SMPP gateway that operators and aggregators run themselves.
//!
//! `POST {endpoint}/send`, usually on port 1401, a form; the answer is `Success "UUID"` or `Error "..."`. The texts are
//! those of Jasmin's own source: 403 is the password, the credit or the pace, and only the text tells which.
//!
//! **Text.** Jasmin hands octets on. `content` is UTF-8 only with `coding=0`, where it becomes GSM 03.38 and what the
//! alphabet lacks becomes `?`; so anything else goes as `coding=8` with UTF-16 in `hex-content`. A field that Jasmin
//! does not know refuses the whole request. `to` goes without a `+`, which Jasmin would hand on to the network.
//!
//! **Receipts.** Level 3, both: the network's answer to the submission (`ESME_...`) and the phone's (`DELIVRD`...).
//! With level 2 a message that the network refuses is never reported at all. Traps: a refusal that Jasmin itself tries
//! again is reported like a final one, and once any has been reported, the phone's receipt is no longer passed on; so
//! is nothing behind a first `ACCEPTD`; a message that finds its network away for 20 minutes
//! (`submit_max_age_smppc_not_ready`) is dropped without a word. Ours is then to give up waiting.
//!
//! **Calls.** A form by GET or POST, as the operator set it, answered with exactly `ACK/Jasmin`: with anything else it
//! comes again, three times, and after a 404 never. A message from a phone has its octets in `content` and, as
//! hexadecimal digits, in `binary`; `content` is not UTF-8 unless it happens to be, so `binary` is read, by `coding`.
//!
//! **What Jasmin's operator must set**: `submit_throughput` of the connector (default: one message in a second), and
//! the user's `http_throughput` not below it; the user's rights to set source address, validity period, hex content,
//! DLR level and method, and to send long content. Names and passwords have 16 characters at most; a text has 5 parts
//! at most, the rest is cut off.

use super::raw_form::{RawForm, from_hex, from_utf16, phone_text};
use super::smpp_receipt::{Words, code};
use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
    by_status,
};
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse, encode_form};
use crate::text::gsm7;

/// What a call must be answered with, byte for byte.
pub(super) const ACKNOWLEDGEMENT: &str = "ACK/Jasmin";

/// Longest message id, in characters: a UUID has 36.
const ID_CHARACTERS_MAX: usize = 64;
/// Longest status, in characters: the longest of SMPP, `ESME_RDELIVERYFAILURE`, has 21.
const STATUS_CHARACTERS_MAX: usize = 64;
/// Longest error code of a network, in characters: SMPP has three.
const ERR_CHARACTERS_MAX: usize = 16;
/// Longest coding, in characters: a number below 256.
const CODING_CHARACTERS_MAX: usize = 8;
/// Longest name of a connection to a network, in characters: the operator chose it.
const CONNECTOR_CHARACTERS_MAX: usize = 64;

/// Refusals of a network after which Jasmin tries again (`submit_error_retrial`), and that it reports each time.
const TRIED_AGAIN: [&str; 4] = ["ESME_RSYSERR", "ESME_RTHROTTLED", "ESME_RMSGQFUL", "ESME_RINVSCHED"];

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    WireRequest {
        method: Method::Post,
        url: format!("{}/send", account.endpoint),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: batch.first().map(|sms| form(account, sms).into_bytes()).unwrap_or_default(),
    }
}

fn form(account: &Account, sms: &Sms) -> String {
    let minutes = sms.valid_s.div_ceil(60).max(1).to_string();
    let mut pairs = vec![
        ("username", account.username.as_str()),
        ("password", &account.password),
        ("from", &account.sender),
        ("to", &sms.to),
        ("validity-period", &minutes),
    ];
    let wide = hex_of_utf16(&sms.text);
    pairs.extend(match gsm7::septets(&sms.text) {
        Some(_) => [("coding", "0"), ("content", sms.text.as_str())],
        None => [("coding", "8"), ("hex-content", &wide)],
    });
    if account.receipt_url.is_empty() {
        pairs.push(("dlr", "no"));
    } else {
        let url = account.receipt_url.as_str();
        pairs.extend([("dlr", "yes"), ("dlr-url", url), ("dlr-level", "3"), ("dlr-method", "POST")]);
    }
    encode_form(&pairs)
}

fn hex_of_utf16(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("{unit:04X}")).collect::<Vec<_>>().concat()
}

/// A success without a name is *unknown*: most likely taken, but no report will ever match.
pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let says = std::str::from_utf8(&response.body).unwrap_or_default().trim();
    let within = |word: &str| says.strip_prefix(word)?.strip_prefix(" \"")?.strip_suffix('"');
    let answered = match (response.status, within("Success"), within("Error")) {
        (200..=299, Some(id), _) if is_id(id) => Answered::plain(SendOutcome::Accepted { provider_id: id.to_owned() }),
        (200..=299, ..) => Answered::plain(SendOutcome::Unknown),
        (status, _, error) => {
            let outcome = error.and_then(|error| refusal(status, error)).unwrap_or_else(|| by_status(response));
            Answered::with(outcome, &format!("http_{status}"))
        }
    };
    vec![answered; batch.len()]
}

fn is_id(id: &str) -> bool {
    (1..=ID_CHARACTERS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What an error means, where the status does not tell. Only the beginning and the end are looked at: user name and
/// values of ours stand between.
fn refusal(status: u16, error: &str) -> Option<SendOutcome> {
    let begins = |words: &[&str]| words.iter().any(|word| error.starts_with(word));
    let temporary = SendOutcome::Temporary { retry_after_ms: None };
    let outcome = match status {
        400 if begins(&["Argument [to]"]) => SendOutcome::Permanent { reason: "number" },
        400 if error.ends_with("(destination_address filter mismatch).") => SendOutcome::NoRoute,
        400 if error.ends_with("(content filter mismatch).") => SendOutcome::Permanent { reason: "text" },
        // A right, a name or an address that the account lacks, or a field that this version does not have.
        400 if begins(&["Authorization failed", "Value filter failed", "Argument [", "Mandatory argument"]) => {
            SendOutcome::Blocked(Blocked::Credentials)
        }
        403 if begins(&["Cannot charge submit_sm"]) => SendOutcome::Blocked(Blocked::NoCredit),
        403 if begins(&["User throughput exceeded"]) => {
            SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None })
        }
        // A script of the operator's may answer with any status: these would be taken for the account's.
        401..=403 if begins(&["Interception specific error"]) => SendOutcome::Permanent { reason: "refused" },
        412 if begins(&["Failover route has no bound"]) => temporary,
        412 => SendOutcome::NoRoute,
        // Before the message is queued: an error in the script, no such connector, no broker.
        400 if begins(&["Failed running interception script"]) => temporary,
        500 if begins(&["Cannot send submit_sm"]) => temporary,
        _ => return None,
    };
    Some(outcome)
}

/// The content type is not looked at: whatever it says, the fields are there or they are not.
pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    let form = RawForm::new(match hook.method {
        "POST" => hook.body,
        "GET" => hook.query.as_bytes(),
        _ => return Err(DecodeFault::Method),
    });
    let event = match kind {
        HookKind::Receipt => HookEvent::Receipt(receipt(&form)?),
        HookKind::Inbound => HookEvent::Inbound(inbound(&form)?),
    };
    Ok(vec![event])
}

fn receipt(form: &RawForm<'_>) -> Result<Receipt, DecodeFault> {
    let about = About::ProviderId(form.named("id", ID_CHARACTERS_MAX)?);
    let status = form.named("message_status", STATUS_CHARACTERS_MAX)?;
    let (reported, detail) = if status.starts_with("ESME_") {
        (of_submission(&status), code(&status))
    } else {
        // A receipt is not refused for a code that cannot be read.
        let err = form.optional("err", ERR_CHARACTERS_MAX).unwrap_or_default();
        let words = Words { stat: &status, err: &err };
        (words.reported(), words.detail())
    };
    Ok(Receipt { about, reported, detail })
}

/// What a network's answer to a submission means. A refusal is final unless Jasmin tries again; an *unknown error* may
/// have come after the message was taken.
fn of_submission(status: &str) -> Reported {
    match status {
        "ESME_ROK" => Reported::InFlight,
        "ESME_RUNKNOWNERR" => Reported::Unclear,
        status if TRIED_AGAIN.contains(&status) => Reported::InFlight,
        _ => Reported::Undelivered,
    }
}

fn inbound(form: &RawForm<'_>) -> Result<Inbound, DecodeFault> {
    let digits = form.octets("binary")?.ok_or(DecodeFault::MissingField("binary"))?;
    let octets = from_hex(&digits).ok_or(DecodeFault::Malformed("binary"))?;
    let text = match form.optional("coding", CODING_CHARACTERS_MAX)?.as_str() {
        "" | "0" => of_default_alphabet(octets),
        "1" | "3" => latin1(&octets),
        "8" => from_utf16(&octets).ok_or(DecodeFault::Malformed("binary"))?,
        _ => return Err(DecodeFault::Malformed("coding")),
    };
    Ok(Inbound {
        id: form.optional("id", ID_CHARACTERS_MAX)?,
        from: form.number("from")?,
        to: form.address("to")?,
        text: phone_text("binary", text)?,
        network: form.optional("origin-connector", CONNECTOR_CHARACTERS_MAX)?,
        part: None,
    })
}

/// The network's own alphabet: GSM 03.38, a septet in an octet. With an octet that is none it was something else: UTF-8
/// where a script of the operator's converts, or Latin-1, which some networks mean by it.
fn of_default_alphabet(octets: Vec<u8>) -> String {
    gsm7::decode(&octets)
        .unwrap_or_else(|| String::from_utf8(octets).unwrap_or_else(|not_utf8| latin1(not_utf8.as_bytes())))
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;
    use crate::gateway::form::decode_form;

    fn sms(text: &str, valid_s: u32) -> Sms {
        Sms { to: "250788000001".into(), text: text.into(), client_ref: "kz1".into(), valid_s }
    }

    /// What Jasmin takes out of our form.
    fn sent(receipt_url: &str, sms: &Sms) -> Vec<(String, String)> {
        let account = Account { receipt_url: receipt_url.into(), ..Account::of(Dialect::Jasmin) };
        decode_form(&encode(&account, std::slice::from_ref(sms)).body).unwrap()
    }

    fn parameter<'a>(sent: &'a [(String, String)], name: &str) -> Option<&'a str> {
        sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn answered(status: u16, body: &str) -> SendOutcome {
        let response = WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        classify(&[sms("t", 60)], &response).remove(0).outcome
    }

    fn posted(kind: HookKind, body: &[u8]) -> Result<Vec<HookEvent>, DecodeFault> {
        decode(kind, &Hook { method: "POST", query: "", content_type: "", signature: "", body })
    }

    fn text_of(coding: &str, octets: &[u8]) -> Result<String, DecodeFault> {
        let digits = octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().concat();
        let body = format!("id=x&from=250788000001&to=567&coding={coding}&binary={digits}");
        let event = posted(HookKind::Inbound, body.as_bytes())?.remove(0);
        let HookEvent::Inbound(inbound) = event else { panic!("a message") };
        Ok(inbound.text)
    }

    #[test]
    fn a_text_goes_as_it_is_or_as_utf16_and_never_as_both() {
        let plain = sent("", &sms("Muraho é €", 60));
        assert_eq!((parameter(&plain, "coding"), parameter(&plain, "content")), (Some("0"), Some("Muraho é €")));
        assert_eq!(parameter(&plain, "hex-content"), None);
        let wide = sent("", &sms("ç😀", 60));
        assert_eq!((parameter(&wide, "coding"), parameter(&wide, "hex-content")), (Some("8"), Some("00E7D83DDE00")));
        assert_eq!(parameter(&wide, "content"), None);
    }

    #[test]
    fn reports_are_asked_for_at_both_levels_or_not_at_all() {
        let sent_to = |url| sent(url, &sms("t", 61));
        let some = sent_to("https://kaziline.invalid/r");
        assert_eq!((parameter(&some, "dlr"), parameter(&some, "dlr-level")), (Some("yes"), Some("3")));
        assert_eq!(parameter(&some, "validity-period"), Some("2"));
        let none = sent_to("");
        assert_eq!(
            (parameter(&none, "dlr"), parameter(&none, "dlr-url"), parameter(&none, "dlr-level")),
            (Some("no"), None, None)
        );
    }

    #[test]
    fn a_success_has_a_name() {
        let id = "07033084-5cfd-4812-90a4-e4d24ffb6e3d";
        let named = SendOutcome::Accepted { provider_id: id.into() };
        assert_eq!(answered(200, &format!("Success \"{id}\"\n")), named);
        for body in ["Success \"\"", "Success", "", "Error \"x\"", "Success \"a b\"", "<html>"] {
            assert_eq!(answered(200, body), SendOutcome::Unknown, "{body}");
        }
        assert_eq!(answered(200, &format!("Success \"{}\"", "x".repeat(65))), SendOutcome::Unknown);
    }

    #[test]
    fn a_refusal_is_read_by_its_text() {
        let blocked = SendOutcome::Blocked;
        let refused = |reason| SendOutcome::Permanent { reason };
        let temporary = SendOutcome::Temporary { retry_after_ms: None };
        for (status, error, outcome) in [
            (403, "Authentication failure for username:Cannot charge submit_sm", blocked(Blocked::Credentials)),
            (403, "Cannot charge submit_sm, check RouterPB log file for details", blocked(Blocked::NoCredit)),
            (403, "User throughput exceeded", blocked(Blocked::Throttled { retry_after_ms: None })),
            (403, "Interception specific error code 403", refused("refused")),
            (400, "Interception specific error code 400", refused("refused")),
            (400, "Failed running interception script, check log for details", temporary.clone()),
            (400, "Argument [to] has an invalid value: [x].", refused("number")),
            (400, "Argument [password] has an invalid value: [x].", blocked(Blocked::Credentials)),
            (400, "Argument [dlr-level] is unknown.", blocked(Blocked::Credentials)),
            (400, "Authorization failed for user [u] (Long content not authorized).", blocked(Blocked::Credentials)),
            (400, "Value filter failed for user [u] (destination_address filter mismatch).", SendOutcome::NoRoute),
            (400, "Value filter failed for user [u] (source_address filter mismatch).", blocked(Blocked::Credentials)),
            (400, "Value filter failed for user [u] (content filter mismatch).", refused("text")),
            (412, "No route found", SendOutcome::NoRoute),
            (412, "Failover route has no bound connectors", temporary.clone()),
            (500, "Cannot send submit_sm, check SMPPClientManagerPB log file for details", temporary.clone()),
            (500, "Unknown error: x", SendOutcome::Unknown),
            (503, "InterceptorPB not connected !", temporary),
        ] {
            assert_eq!(answered(status, &format!("Error \"{error}\"")), outcome, "{status} {error}");
        }
    }

    #[test]
    fn a_refusal_that_jasmin_tries_again_is_no_end() {
        for (status, reported) in [
            ("ESME_ROK", Reported::InFlight),
            ("ESME_RTHROTTLED", Reported::InFlight),
            ("ESME_RSYSERR", Reported::InFlight),
            ("ESME_RINVDSTADR", Reported::Undelivered),
            ("ESME_RINVBNDSTS", Reported::Undelivered),
            ("ESME_RUNKNOWNERR", Reported::Unclear),
            ("DELIVRD", Reported::Delivered),
            ("ACCEPTD", Reported::InFlight),
            ("UNKNOWN", Reported::Unclear),
            ("NEWWORD", Reported::Unclear),
        ] {
            let events =
                posted(HookKind::Receipt, format!("id=x1&message_status={status}&level=1").as_bytes()).unwrap();
            let receipt = Receipt { about: About::ProviderId("x1".into()), reported, detail: status.into() };
            assert_eq!(events, [HookEvent::Receipt(receipt)], "{status}");
        }
    }

    #[test]
    fn octets_are_read_by_their_coding() {
        assert_eq!(text_of("0", b"caf\x05 \x1be \x00"), Ok("café € @".into()));
        assert_eq!(text_of("", b"STOP"), Ok("STOP".into()));
        assert_eq!(text_of("0", "café".as_bytes()), Ok("café".into()));
        assert_eq!(text_of("0", b"caf\xE9"), Ok("café".into()));
        assert_eq!(text_of("3", b"caf\xE9"), Ok("café".into()));
        assert_eq!(text_of("8", &[0x06, 0x23, 0xD8, 0x3D, 0xDE, 0x00]), Ok("أ😀".into()));
        assert_eq!(text_of("8", &[0x06]), Err(DecodeFault::Malformed("binary")));
        assert_eq!(text_of("8", &[0, 0]), Err(DecodeFault::Malformed("binary")));
        assert_eq!(text_of("4", &[1, 2]), Err(DecodeFault::Malformed("coding")));
    }

    #[test]
    fn calls_come_by_get_or_post() {
        let fields = "id=x1&message_status=DELIVRD&level=2&err=000";
        let hook = |method| Hook { method, query: fields, content_type: "", signature: "", body: fields.as_bytes() };
        assert_eq!(decode(HookKind::Receipt, &hook("GET")), decode(HookKind::Receipt, &hook("POST")));
        assert!(decode(HookKind::Receipt, &hook("GET")).is_ok());
        assert_eq!(decode(HookKind::Receipt, &hook("PUT")), Err(DecodeFault::Method));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200), is_receipt in any::<bool>()
        ) {
            let _outcome = posted(if is_receipt { HookKind::Receipt } else { HookKind::Inbound }, &bytes);
        }

        #[test]
        fn any_octets_of_a_phone_are_read_or_refused(
            octets in prop::collection::vec(any::<u8>(), 0..200), coding in 0..9_u8
        ) {
            let _outcome = text_of(&coding.to_string(), &octets);
        }

        #[test]
        fn a_text_arrives_whole(text in any::<String>()) {
            let sent = sent("", &sms(&text, 60));
            let arrived = match parameter(&sent, "hex-content") {
                Some(digits) => from_hex(digits.as_bytes()).and_then(|octets| from_utf16(&octets)),
                None => parameter(&sent, "content").map(str::to_owned),
            };
            prop_assert_eq!(arrived, Some(text));
        }

        #[test]
        fn any_error_gives_one_outcome_for_each(status in any::<u16>(), body in ".{0,80}") {
            let response = WireResponse { status, headers: Vec::new(), body: body.into_bytes() };
            prop_assert_eq!(classify(&[sms("t", 60)], &response).len(), 1);
        }
    }
}
