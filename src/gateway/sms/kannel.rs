//! The SMS dialect of Kannel (and of its fork Kamex): the gateway that operators and aggregators run themselves.
//!
//! `GET {endpoint}/cgi-bin/sendsms?...`, usually on port 13013. Password, number and text stand in the query, and in
//! Kannel's own log: keep the way to it private. What is said here was tried with Kannel 1.4.5, or read in its source.
//!
//! **Text.** With `charset=UTF-8` Kannel takes UTF-8 for every coding. For `coding=0` it keeps it and turns it into GSM
//! 03.38 for the network, where what the alphabet lacks becomes `?` (and `ç` a `Ç`); for `coding=2` it turns it into
//! UTF-16. It never chooses: so this dialect does, by the alphabet.
//!
//! **Sending.** `to` goes with its `+`: without it Kannel's SMPP says *national*. There is no name of a message in the
//! answer and nothing recognises a repeat. 202 with `0:`, `3:` or `Sent.` is acceptance; 403 is either the password or
//! *not routable*, which only the text tells.
//!
//! **Receipts.** Kannel calls back `dlr-url`, which carries our own reference and two escapes that it fills in: `%d`,
//! what happened, and `%A`, what the network said. So it reads *every* percent sign of the address as its own, also
//! those of a path that was escaped before (`%C3` would become a character set and a `3`): they are doubled, and come
//! out single. The mask asks for ends alone, 1 + 2 + 16: that a message was taken is in the answer already.
//!
//! **What Kannel's operator must set**, since the defaults lose messages:
//! ```text
//! group = smsbox
//! http-request-retry = 100            # default 0: a receipt or message that comes while we restart is gone
//! http-queue-delay = 30
//!
//! group = sendsms-user
//! max-messages = 10                   # default 1: what is behind the first 160 characters is cut off, silently
//! concatenation = true
//!
//! group = sms-service
//! keyword = default
//! catch-all = true
//! max-messages = 0                    # default 1: our empty answer goes to the phone as an SMS that says so
//! get-url = "https://HOST/hooks/CHANNEL/SECRET/sms?id=%I&from=%p&to=%P&text=%b&charset=%C&smsc=%i"
//! ```
//! `%b` and not `%a`, which squeezes spaces and new lines. What a phone wrote in UCS-2 arrives as the octets of UTF-16,
//! since `mo-recode` is off by default; `%C` says which it is.

use super::raw_form::{RawForm, from_utf16, phone_text};
use super::smpp_receipt::{Words, code};
use super::{
    About, Account, Answered, Blocked, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms,
    by_status,
};
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse, encode_form};
use crate::text::gsm7;

/// Reports that are asked for: delivered to the phone (1), not delivered to the phone (2), refused by the network (16).
const DLR_MASK: &str = "19";
/// Longest of our own references, in characters: they are far shorter.
const REF_CHARACTERS_MAX: usize = 64;
/// Longest status, in characters: a number of a few bits.
const STATUS_CHARACTERS_MAX: usize = 16;
/// Longest message id, in characters: a UUID has 36.
const ID_CHARACTERS_MAX: usize = 64;
/// Longest name of a connection to a network, in characters: the operator chose it.
const SMSC_CHARACTERS_MAX: usize = 64;
/// Longest name of a character set, in characters.
const CHARSET_CHARACTERS_MAX: usize = 32;

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let query = batch.first().map(|sms| query(account, sms)).unwrap_or_default();
    WireRequest {
        method: Method::Get,
        url: format!("{}/cgi-bin/sendsms?{query}", account.endpoint),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn query(account: &Account, sms: &Sms) -> String {
    let to = format!("+{}", sms.to);
    let minutes = sms.valid_s.div_ceil(60).max(1).to_string();
    let mut pairs = vec![
        ("username", account.username.as_str()),
        ("password", &account.password),
        ("from", &account.sender),
        ("to", &to),
        ("text", &sms.text),
        ("coding", if gsm7::septets(&sms.text).is_some() { "0" } else { "2" }),
        ("charset", "UTF-8"),
        ("validity", &minutes),
    ];
    let dlr_url = dlr_url(&account.receipt_url, &sms.client_ref);
    if !account.receipt_url.is_empty() {
        pairs.extend([("dlr-mask", DLR_MASK), ("dlr-url", &dlr_url)]);
    }
    encode_form(&pairs)
}

/// The pattern of an address that Kannel fills in. Form escapes undo themselves on the way; these two signs must not.
fn dlr_url(receipt_url: &str, client_ref: &str) -> String {
    let separator = if receipt_url.contains('?') { '&' } else { '?' };
    let known = format!("{receipt_url}{separator}{}", encode_form(&[("ref", client_ref)]));
    known.replace('%', "%%") + "&status=%d&answer=%A"
}

/// A 202 with another text is *unknown*: Kannel has no other, so it was something in front of it that answered.
pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let says = std::str::from_utf8(&response.body).unwrap_or_default().trim_start();
    vec![answered(says, response); batch.len()]
}

fn answered(says: &str, response: &WireResponse) -> Answered {
    let known = |words: &[(&str, &'static str)]| words.iter().find(|(word, _)| says.starts_with(word)).map(|(_, w)| *w);
    match response.status {
        // Accepted, kept until a network is connected, or (`immediate-sendsms-reply`) not waited for.
        200..=299 => match known(&[("0:", "0"), ("3:", "3"), ("Sent.", "Sent")]) {
            Some(word) => Answered::with(SendOutcome::Accepted { provider_id: String::new() }, word),
            None => Answered::plain(SendOutcome::Unknown),
        },
        403 if says.starts_with("Not routable") => Answered::with(SendOutcome::NoRoute, "http_403"),
        status => {
            let reason = known(&[
                ("Number(s) has/have been denied", "number"),
                ("Missing receiver", "number"),
                ("Empty receiver", "number"),
                ("Charset or body misformed", "text"),
                ("Sender missing", "account"),
                ("DLR-URL field misformed", "account"),
            ]);
            let outcome = match reason.filter(|_| status == 400) {
                Some("account") => SendOutcome::Blocked(Blocked::Credentials),
                Some(reason) => SendOutcome::Permanent { reason },
                None => by_status(response),
            };
            Answered::with(outcome, &format!("http_{status}"))
        }
    }
}

pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "GET" {
        return Err(DecodeFault::Method);
    }
    let query = RawForm::new(hook.query.as_bytes());
    let event = match kind {
        HookKind::Receipt => HookEvent::Receipt(receipt(&query)?),
        HookKind::Inbound => HookEvent::Inbound(inbound(&query)?),
    };
    Ok(vec![event])
}

/// `answer` repeats the beginning of the message in the network's octets: it is read only for its words, never kept.
fn receipt(query: &RawForm<'_>) -> Result<Receipt, DecodeFault> {
    let about = About::ClientRef(query.named("ref", REF_CHARACTERS_MAX)?);
    let status = query.named("status", STATUS_CHARACTERS_MAX)?;
    let answer = query.octets("answer")?.unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer);
    let words = Words::of(&answer);
    let detail = refusal(&answer).unwrap_or_else(|| words.detail());
    Ok(Receipt { about, reported: reported(&status, words), detail })
}

/// 2 says only that it failed: whether in time, and whether the network knows, is in its own word. 34 and 66 are how
/// some versions say these two themselves.
fn reported(status: &str, words: Words<'_>) -> Reported {
    match status {
        "1" => Reported::Delivered,
        "2" if words.reported() == Reported::Expired => Reported::Expired,
        "2" if words.stat.eq_ignore_ascii_case("UNKNOWN") => Reported::Unclear,
        "2" | "16" => Reported::Undelivered,
        "4" | "8" | "32" => Reported::InFlight,
        "34" => Reported::Expired,
        _ => Reported::Unclear,
    }
}

/// The code of a refusal by the network: `NACK/0x0000000b/Invalid Destination Address`, in some versions `NACK/11/...`.
fn refusal(answer: &str) -> Option<String> {
    let status = answer.strip_prefix("NACK/")?.split('/').next().unwrap_or_default();
    let value = status.strip_prefix("0x").map_or_else(|| status.parse(), |digits| u32::from_str_radix(digits, 16));
    Some(value.map_or_else(|_| "NACK".to_owned(), |value| code(&format!("NACK.0x{value:02X}"))))
}

fn inbound(query: &RawForm<'_>) -> Result<Inbound, DecodeFault> {
    let charset = query.optional("charset", CHARSET_CHARACTERS_MAX)?;
    let octets = query.octets("text")?.ok_or(DecodeFault::MissingField("text"))?;
    let text = match charset.to_ascii_uppercase().as_str() {
        "" | "UTF-8" => String::from_utf8(octets).map_err(|_| DecodeFault::NotUtf8)?,
        "UTF-16BE" => from_utf16(&octets).ok_or(DecodeFault::Malformed("text"))?,
        // `8-BIT`: not a text.
        _ => return Err(DecodeFault::Malformed("charset")),
    };
    Ok(Inbound {
        id: query.optional("id", ID_CHARACTERS_MAX)?,
        from: query.number("from")?,
        to: query.address("to")?,
        text: phone_text("text", text)?,
        network: query.optional("smsc", SMSC_CHARACTERS_MAX)?,
        part: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;
    use crate::gateway::form::decode_form;

    const RECEIPTS: &str = "https://kaziline.invalid/hooks/rw_kannel/secret/receipt";

    fn sms(client_ref: &str, text: &str, valid_s: u32) -> Sms {
        Sms { to: "250788000001".into(), text: text.into(), client_ref: client_ref.into(), valid_s }
    }

    /// What Kannel takes out of our query.
    fn sent(receipt_url: &str, sms: &Sms) -> Vec<(String, String)> {
        let account = Account { receipt_url: receipt_url.into(), ..Account::of(Dialect::Kannel) };
        let request = encode(&account, std::slice::from_ref(sms));
        decode_form(request.url.split_once('?').unwrap().1.as_bytes()).unwrap()
    }

    fn parameter<'a>(sent: &'a [(String, String)], name: &str) -> Option<&'a str> {
        sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What Kannel makes of a `dlr-url`: every sign of its own is replaced, a doubled percent sign becomes one, and
    /// what it does not know stays (`urltrans_fill_escape_codes`).
    fn filled(pattern: &str, status: &str, answer: &str) -> String {
        let (mut address, mut rest) = (String::new(), pattern);
        while let Some((before, sign)) = rest.split_once('%') {
            address.push_str(before);
            let mut after = sign.chars();
            match after.next() {
                Some('d') => address.push_str(status),
                Some('A') => address.push_str(encode_form(&[("", answer)]).strip_prefix('=').unwrap()),
                Some('C') => address.push_str("UTF-8"),
                Some('%') | None => address.push('%'),
                Some(other) => address.extend(['%', other]),
            }
            rest = after.as_str();
        }
        address + rest
    }

    fn call<'a>(query: &'a str, method: &'a str) -> Hook<'a> {
        Hook { method, query, content_type: "", signature: "", body: b"" }
    }

    fn received(query: &str) -> Result<Vec<HookEvent>, DecodeFault> {
        decode(HookKind::Inbound, &call(query, "GET"))
    }

    #[test]
    fn the_coding_is_chosen_by_the_alphabet() {
        let coding = |text| parameter(&sent("", &sms("kz1", text, 60)), "coding").unwrap().to_owned();
        assert_eq!(coding("Muraho é € [ok]\nÇa"), "0");
        for text in ["ça", "l’heure", "😀", "ê"] {
            assert_eq!(coding(text), "2", "{text}");
        }
    }

    #[test]
    fn the_time_to_try_is_in_minutes_and_never_shorter_than_asked() {
        for (valid_s, minutes) in [(0, "1"), (1, "1"), (60, "1"), (61, "2"), (3_600, "60"), (u32::MAX, "71582789")] {
            assert_eq!(parameter(&sent("", &sms("kz1", "t", valid_s)), "validity"), Some(minutes));
        }
    }

    #[test]
    fn nothing_is_reported_to_nowhere() {
        let sent = sent("", &sms("kz1", "t", 60));
        assert_eq!((parameter(&sent, "dlr-mask"), parameter(&sent, "dlr-url")), (None, None));
    }

    #[test]
    fn the_address_of_receipts_survives_both_escapes() {
        for base in [RECEIPTS, "https://kaziline.invalid/s%C3%A9cret%25d?a=%dx"] {
            let sent = sent(base, &sms("kz %A&1", "t", 60));
            let address = filled(parameter(&sent, "dlr-url").unwrap(), "2", "id:0A stat:EXPIRED err:069 text:50% +é");
            let query = address.strip_prefix(base).unwrap().strip_prefix(['?', '&']).unwrap();
            let events = decode(HookKind::Receipt, &call(query, "GET")).unwrap();
            let about = About::ClientRef("kz %A&1".into());
            let receipt = Receipt { about, reported: Reported::Expired, detail: "EXPIRED.069".into() };
            assert_eq!(events, [HookEvent::Receipt(receipt)]);
        }
    }

    #[test]
    fn the_code_of_a_refusal_is_kept_and_its_text_is_not() {
        assert_eq!(refusal("NACK/0x0000000b/Invalid Destination Address").unwrap(), "NACK.0x0B");
        assert_eq!(refusal("NACK/1025/Vendor-specific error").unwrap(), "NACK.0x401");
        for odd in ["NACK/MALFORMED SMS", "NACK/", "NACK/99999999999/", "NACK/0x/"] {
            assert_eq!(refusal(odd).unwrap(), "NACK", "{odd}");
        }
        assert_eq!(refusal("ACK/"), None);
    }

    #[test]
    fn a_status_that_is_not_known_is_unclear_and_not_refused() {
        for status in ["0", "-1", "66", "3", "%25d", "1x"] {
            let query = format!("ref=kz1&status={status}");
            let events = decode(HookKind::Receipt, &call(&query, "GET")).unwrap();
            let receipt =
                Receipt { about: About::ClientRef("kz1".into()), reported: Reported::Unclear, detail: String::new() };
            assert_eq!(events, [HookEvent::Receipt(receipt)], "{status}");
        }
    }

    #[test]
    fn calls_are_read_from_the_query_of_a_get_alone() {
        let query = "from=%2B250788000001&to=567&text=STOP";
        assert!(received(query).is_ok());
        assert_eq!(decode(HookKind::Inbound, &call(query, "POST")), Err(DecodeFault::Method));
    }

    #[test]
    fn a_text_in_neither_character_set_is_refused() {
        let text = |text: &str, charset: &str| received(&format!("from=1&to=567&text={text}&charset={charset}"));
        assert_eq!(text("%E9", "UTF-8"), Err(DecodeFault::NotUtf8));
        assert_eq!(text("%00%E9%00", "UTF-16BE"), Err(DecodeFault::Malformed("text")));
        assert_eq!(text("%D8%3D", "UTF-16BE"), Err(DecodeFault::Malformed("text")));
        assert_eq!(text("%00%01%FF", "8-BIT"), Err(DecodeFault::Malformed("charset")));
        assert_eq!(received("from=1&to=567"), Err(DecodeFault::MissingField("text")));
        assert!(text("", "").is_ok(), "an empty message is one");
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "([a-z]{2,7}=[ -~]{0,12}&?){0,6}", is_receipt in any::<bool>()) {
            let kind = if is_receipt { HookKind::Receipt } else { HookKind::Inbound };
            let _outcome = decode(kind, &call(&query, "GET"));
        }

        #[test]
        fn any_answer_gives_one_outcome_for_each(
            status in any::<u16>(), body in prop::collection::vec(any::<u8>(), 0..60)
        ) {
            let response = WireResponse { status, headers: Vec::new(), body };
            prop_assert_eq!(classify(&[sms("kz1", "t", 60)], &response).len(), 1);
        }

        #[test]
        fn what_is_sent_is_what_kannel_reads(text in any::<String>()) {
            let sent = sent(RECEIPTS, &sms("kz1", &text, 60));
            prop_assert_eq!(parameter(&sent, "text"), Some(text.as_str()));
            prop_assert_eq!(parameter(&sent, "to"), Some("+250788000001"));
        }
    }
}
