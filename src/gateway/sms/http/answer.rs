//! What a reseller's answer means, by the words of its template.
//!
//! Refusals are looked for before acceptance and under any status, since many resellers answer everything with 200.

use super::super::{Answered, Blocked, SendOutcome, by_status};
use super::Template;
use super::template::ID_BETWEEN;
use crate::gateway::WireResponse;

/// Longest id that is taken for one, in characters: twice the longest that is known.
pub(super) const ID_CHARACTERS_MAX: usize = 128;

pub(super) fn read(template: &Template, response: &WireResponse) -> Answered {
    let body = String::from_utf8_lossy(&response.body);
    if let Some(refusal) = refusal(template, response, &body) {
        return refusal;
    }
    let is_status = template.accepted_status.iter().any(|range| range.contains(&response.status));
    let is_accepted = is_status && body.contains(&template.accepted_contains);
    Answered::plain(if is_accepted { accepted(template, response, &body) } else { by_status(response) })
}

/// The first list of which a word is in the body. The word is the detail: it is the reseller's, and has no number in
/// it.
fn refusal(template: &Template, response: &WireResponse, body: &str) -> Option<Answered> {
    let retry_after_ms = match by_status(response) {
        SendOutcome::Temporary { retry_after_ms } | SendOutcome::Blocked(Blocked::Throttled { retry_after_ms }) => {
            retry_after_ms
        }
        _ => None,
    };
    let lists = [
        (&template.throttled_contains, SendOutcome::Blocked(Blocked::Throttled { retry_after_ms })),
        (&template.no_credit_contains, SendOutcome::Blocked(Blocked::NoCredit)),
        (&template.credentials_contains, SendOutcome::Blocked(Blocked::Credentials)),
        (&template.permanent_contains, SendOutcome::Permanent { reason: "refused" }),
        (&template.opted_out_contains, SendOutcome::OptedOut),
    ];
    lists.into_iter().find_map(|(words, outcome)| {
        let word = words.iter().find(|word| body.contains(word.as_str()))?;
        Some(Answered::with(outcome, word))
    })
}

/// Where an id is expected and none is found, the answer is not the one that was described: *unknown*.
fn accepted(template: &Template, response: &WireResponse, body: &str) -> SendOutcome {
    let id = match template.id.as_str() {
        "" => return SendOutcome::Accepted { provider_id: String::new() },
        ID_BETWEEN => between(body, &template.id_after, &template.id_before),
        pointer => at(&response.body, pointer),
    };
    match id.filter(|id| is_id(id)) {
        Some(provider_id) => SendOutcome::Accepted { provider_id },
        None => SendOutcome::Unknown,
    }
}

/// What stands behind `after`, up to `before`; up to the next space or line break where that is empty.
fn between(body: &str, after: &str, before: &str) -> Option<String> {
    let rest = if after.is_empty() { body } else { body.split_once(after)?.1 };
    let id = if before.is_empty() { rest.split_whitespace().next()? } else { rest.split_once(before)?.0 };
    Some(id.trim().to_owned())
}

/// The string or whole number at a place in a JSON.
fn at(body: &[u8], pointer: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    match body.pointer(pointer)? {
        serde_json::Value::String(text) => Some(text.trim().to_owned()),
        serde_json::Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// An id is one word. More is a sentence, most likely an error that was not described.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= ID_CHARACTERS_MAX
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn template(pairs: &[(&str, &str)]) -> Template {
        let mut template = Template::default();
        for (key, value) in [("http_url", "https://sms.reseller.invalid/")].iter().chain(pairs) {
            template.set(key, value).unwrap();
        }
        template.check().unwrap();
        template
    }

    fn read_as(template: &Template, status: u16, body: &str) -> SendOutcome {
        read(template, &WireResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() }).outcome
    }

    fn accepted_as(id: &str) -> SendOutcome {
        SendOutcome::Accepted { provider_id: id.to_owned() }
    }

    #[test]
    fn without_a_place_for_it_no_id_is_looked_for() {
        let template = template(&[("http_accepted_contains", "sent")]);
        assert_eq!(read_as(&template, 200, "message sent"), accepted_as(""));
        assert_eq!(read_as(&template, 200, "error 7"), SendOutcome::Unknown);
        assert_eq!(read_as(&template, 400, "message sent"), SendOutcome::Permanent { reason: "refused" });
        assert_eq!(read_as(&template, 500, "message sent"), SendOutcome::Unknown);
    }

    #[test]
    fn an_id_is_found_between_two_texts() {
        let read = |after: &str, before: &str, body: &str| {
            let keys = [("http_id", "between"), ("http_id_after", after), ("http_id_before", before)];
            read_as(&template(&keys), 200, body)
        };
        assert_eq!(read("OK:", "", "OK: 48-a\nbye"), accepted_as("48-a"));
        assert_eq!(read("<id>", "</id>", "<r><id> 48 </id></r>"), accepted_as("48"));
        assert_eq!(read("", "|", "48|sent"), accepted_as("48"));
        assert_eq!(read("", "", "48\n"), accepted_as("48"));
        for (after, before, body) in [
            ("OK:", "", "OK:"),
            ("OK:", "", "ok: 48"),
            ("<id>", "</id>", "<id>48"),
            ("<id>", "</id>", "<id></id>"),
            ("<id>", "</id>", "<id>no such number</id>"),
        ] {
            assert_eq!(read(after, before, body), SendOutcome::Unknown, "{body}");
        }
        assert_eq!(read("OK:", "", &format!("OK:{}", "é".repeat(ID_CHARACTERS_MAX + 1))), SendOutcome::Unknown);
        let longest = "é".repeat(ID_CHARACTERS_MAX);
        assert_eq!(read("OK:", "", &format!("OK:{longest}")), accepted_as(&longest));
    }

    #[test]
    fn an_id_is_found_in_json() {
        let template = template(&[("http_id", "/messages/0/id")]);
        assert_eq!(read_as(&template, 202, r#"{"messages":[{"id":"a-1"}]}"#), accepted_as("a-1"));
        assert_eq!(
            read_as(&template, 202, r#"{"messages":[{"id":18446744073709551615}]}"#),
            accepted_as(&u64::MAX.to_string())
        );
        for body in [r#"{"messages":[]}"#, r#"{"messages":[{"id":null}]}"#, r#"{"messages":[{"id":1.5}]}"#, "OK"] {
            assert_eq!(read_as(&template, 202, body), SendOutcome::Unknown, "{body}");
        }
    }

    #[test]
    fn refusals_come_before_acceptance_and_in_their_order() {
        let lists = [
            ("http_accepted_contains", "status"),
            ("http_throttled_contains", "slow"),
            ("http_no_credit_contains", "credit|E5"),
            ("http_credentials_contains", "password"),
            ("http_permanent_contains", "number"),
            ("http_opted_out_contains", "DND"),
        ];
        let template = template(&lists);
        let all = "status slow credit password number DND";
        let throttled = |retry_after_ms| SendOutcome::Blocked(Blocked::Throttled { retry_after_ms });
        assert_eq!(read_as(&template, 200, all), throttled(None));
        assert_eq!(read_as(&template, 200, &all.replace("slow", "")), SendOutcome::Blocked(Blocked::NoCredit));
        assert_eq!(read_as(&template, 200, "status E5"), SendOutcome::Blocked(Blocked::NoCredit));
        assert_eq!(read_as(&template, 200, "status password number"), SendOutcome::Blocked(Blocked::Credentials));
        assert_eq!(read_as(&template, 500, "number DND"), SendOutcome::Permanent { reason: "refused" });
        assert_eq!(read_as(&template, 200, "status DND"), SendOutcome::OptedOut);
        assert_eq!(read_as(&template, 200, "status fine"), accepted_as(""));
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        for status in [429, 503] {
            let told = read(&template, &WireResponse { status, headers: headers.clone(), body: b"slow".to_vec() });
            assert_eq!(told, Answered::with(throttled(Some(7000)), "slow"));
        }
    }

    #[test]
    fn only_the_configured_statuses_accept() {
        let template = template(&[("http_accepted_status", "201|208-299")]);
        for (status, outcome) in [
            (201, accepted_as("")),
            (208, accepted_as("")),
            (299, accepted_as("")),
            (200, SendOutcome::Unknown),
            (401, SendOutcome::Blocked(Blocked::Credentials)),
        ] {
            assert_eq!(read_as(&template, status, ""), outcome, "{status}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_has_an_outcome(body in prop::collection::vec(any::<u8>(), 0..100), status in 100..600_u16) {
            for id in ["between", "/id"] {
                let response = WireResponse { status, headers: Vec::new(), body: body.clone() };
                let _outcome = read(&template(&[("http_id", id)]), &response);
            }
        }
    }
}
