//! The SMS dialect of Hubtel: Ghana.
//!
//! JSON to `POST {endpoint}/v1/messages/send` with Basic authentication, `{"From","To","Content"}`. The answer has a
//! `status` of Hubtel's own, which counts more than the HTTP status: business refusals have come under 200. Its values
//! are from Hubtel's page *Response code*; an account that is out of credit has been seen to answer 12.
//!
//! One message a request, although there is a call that takes many and names each: nothing tells what it does with one
//! bad number among them, it has been seen to refuse a hundred with a bare `{"batchId":null,"status":12,"data":null}`,
//! and to answer in other shapes than its page. A guess would lose sound messages. The request that carries the secret
//! in its query is not used either: addresses are logged.
//!
//! Hubtel pushes nothing that is documented: a message's state can only be asked for. So calls are refused.

use serde::{Deserialize, Serialize};

use super::{Account, Answered, Blocked, SendOutcome, Sms, by_status};
use crate::gateway::base64::encode_base64;
use crate::gateway::{Method, WireRequest, WireResponse};

/// Where the API is. The other host that Hubtel names (`smsc.`) lacks half of it.
pub(super) const ENDPOINT: &str = "https://sms.hubtel.com";

/// Longest id of a message, in characters. Seen: a UUID of 36.
const ID_CHARACTERS_MAX: usize = 64;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Submission<'a> {
    from: &'a str,
    to: &'a str,
    content: &'a str,
}

/// The older interface wrote the same names with a capital.
#[derive(Deserialize)]
struct Reply {
    #[serde(alias = "Status")]
    status: i64,
    #[serde(default, rename = "messageId", alias = "MessageId")]
    message_id: Option<String>,
}

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let submission = batch.first().map(|sms| Submission { from: &account.sender, to: &sms.to, content: &sms.text });
    let name = format!("{}:{}", account.username, account.password);
    WireRequest {
        method: Method::Post,
        url: format!("{}/v1/messages/send", account.endpoint),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("authorization", format!("Basic {}", encode_base64(name.as_bytes()))),
        ],
        // Three strings always make JSON.
        body: serde_json::to_vec(&submission).unwrap_or_default(),
    }
}

pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let answered = match serde_json::from_slice::<Reply>(&response.body) {
        Ok(reply) => Answered::with(outcome(&reply, response), &reply.status.to_string()),
        Err(_) => Answered::plain(by_status(response)),
    };
    vec![answered; batch.len()]
}

fn outcome(reply: &Reply, response: &WireResponse) -> SendOutcome {
    match (reply.status, response.status) {
        // Taken; but without a name nobody can ask what became of it, so that is not quite certain.
        (0, 200..=299) => match reply.message_id.as_deref().filter(|id| is_id(id)) {
            Some(id) => SendOutcome::Accepted { provider_id: id.to_owned() },
            None => SendOutcome::Unknown,
        },
        (12, _) => SendOutcome::Blocked(Blocked::NoCredit),
        // 401 is what a wrong name or secret gets. A 403 in Hubtel's own words says that the number has not agreed to
        // messages; too little is known of it to keep every later one from that number.
        (_, 403) => SendOutcome::Permanent { reason: "refused" },
        (_, 401 | 402 | 429) => by_status(response),
        (1, _) => SendOutcome::Permanent { reason: "number" },
        (2, _) => SendOutcome::Blocked(Blocked::Credentials),
        (3 | 6, _) => SendOutcome::Permanent { reason: "text" },
        (4, _) => SendOutcome::NoRoute,
        (5 | 7 | 8 | 100, _) => SendOutcome::Permanent { reason: "refused" },
        _ => by_status(response),
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_CHARACTERS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Dialect, Hook, HookKind};
    use super::*;
    use crate::gateway::DecodeFault;

    fn classified(http: u16, body: &[u8]) -> Answered {
        let sms = Sms { to: "250788000001".into(), text: "Hello".into(), client_ref: "kz1".into(), valid_s: 3600 };
        let response = WireResponse { status: http, headers: Vec::new(), body: body.to_vec() };
        let mut answered = Account::of(Dialect::Hubtel).classify(&[sms], &Ok(response));
        assert_eq!(answered.len(), 1);
        answered.remove(0)
    }

    fn outcome_of(http: u16, status: i64) -> SendOutcome {
        classified(http, format!(r#"{{"rate":0,"messageId":"id-1","status":{status}}}"#).as_bytes()).outcome
    }

    #[test]
    fn a_status_means_the_same_under_200_and_400() {
        for http in [200, 201, 400] {
            assert_eq!(outcome_of(http, 1), SendOutcome::Permanent { reason: "number" });
            assert_eq!(outcome_of(http, 2), SendOutcome::Blocked(Blocked::Credentials));
            assert_eq!(outcome_of(http, 3), SendOutcome::Permanent { reason: "text" });
            assert_eq!(outcome_of(http, 4), SendOutcome::NoRoute);
            assert_eq!(outcome_of(http, 6), SendOutcome::Permanent { reason: "text" });
            assert_eq!(outcome_of(http, 12), SendOutcome::Blocked(Blocked::NoCredit));
            for status in [5, 7, 8, 100] {
                assert_eq!(outcome_of(http, status), SendOutcome::Permanent { reason: "refused" }, "{status}");
            }
        }
    }

    #[test]
    fn a_status_that_is_not_known_leaves_it_to_the_one_of_http() {
        assert_eq!(outcome_of(200, 9), SendOutcome::Unknown);
        assert_eq!(outcome_of(500, 9), SendOutcome::Unknown);
        assert_eq!(outcome_of(503, -1), SendOutcome::Temporary { retry_after_ms: None });
        assert_eq!(classified(502, b"Bad Gateway").outcome, SendOutcome::Unknown);
    }

    #[test]
    fn status_0_under_an_error_is_no_acceptance() {
        assert_eq!(outcome_of(500, 0), SendOutcome::Unknown);
        assert_eq!(outcome_of(401, 0), SendOutcome::Blocked(Blocked::Credentials));
        assert_eq!(outcome_of(429, 0), SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None }));
    }

    #[test]
    fn an_acceptance_without_a_name_is_unknown() {
        for body in [r#"{"status":0}"#, r#"{"status":0,"messageId":null}"#, r#"{"status":0,"messageId":"a b"}"#] {
            assert_eq!(classified(200, body.as_bytes()).outcome, SendOutcome::Unknown, "{body}");
        }
        let old = classified(200, br#"{"Rate":1,"MessageId":"f2665231","Status":0,"NetworkId":"62002"}"#);
        assert_eq!(old, Answered::with(SendOutcome::Accepted { provider_id: "f2665231".into() }, "0"));
    }

    #[test]
    fn a_403_is_the_channels_only_if_it_does_not_come_from_the_service_itself() {
        assert_eq!(outcome_of(403, 11), SendOutcome::Permanent { reason: "refused" });
        assert_eq!(classified(403, b"<html>Forbidden</html>").outcome, SendOutcome::Blocked(Blocked::Credentials));
    }

    #[test]
    fn every_call_is_refused() {
        let account = Account::of(Dialect::Hubtel);
        for (kind, method) in [(HookKind::Receipt, "POST"), (HookKind::Inbound, "POST"), (HookKind::Inbound, "GET")] {
            let hook = Hook { method, query: "", content_type: "", signature: "", body: b"{}" };
            assert_eq!(account.decode(kind, &hook), Err(DecodeFault::Method));
        }
    }

    proptest! {
        #[test]
        fn any_answer_has_an_outcome(body in prop::collection::vec(any::<u8>(), 0..200), http in 100..600_u16) {
            let _answered = classified(http, &body);
        }
    }
}
