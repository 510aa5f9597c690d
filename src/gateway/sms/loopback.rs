//! The dialect of the loop-back provider: JSON to a host that exists nowhere.
//!
//! `POST https://loopback.invalid/messages` with `{"to","from","text","reference"}`; the answer is 202 and `{"id"}`. The
//! name ends in `.invalid`, which is reserved: should such a request ever reach a real network, it cannot arrive.

use serde::{Deserialize, Serialize};

use super::{
    About, Account, Answered, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms, by_status,
};
use crate::gateway::{DecodeFault, Method, WireRequest, WireResponse};

/// The host of the provider.
pub const HOST: &str = "loopback.invalid";
/// Where its API is.
pub const ENDPOINT: &str = "https://loopback.invalid";

/// The body of a request.
#[derive(Serialize, Deserialize)]
pub(super) struct Submission {
    pub(super) to: String,
    pub(super) from: String,
    pub(super) text: String,
    pub(super) reference: String,
}

/// The body of an answer.
#[derive(Serialize, Deserialize)]
pub(super) struct Taken {
    pub(super) id: String,
}

/// What it reports: `{"id","status"}`, a status of `delivered`, `undelivered` or `expired`.
#[derive(Deserialize)]
struct Report {
    id: String,
    status: String,
}

/// What a phone sends: `{"id","from","to","text"}`.
#[derive(Deserialize)]
struct Sent {
    id: String,
    from: String,
    to: String,
    text: String,
}

pub(super) fn encode(account: &Account, batch: &[Sms]) -> WireRequest {
    let submission = batch.first().map(|sms| Submission {
        to: sms.to.clone(),
        from: account.sender.clone(),
        text: sms.text.clone(),
        reference: sms.client_ref.clone(),
    });
    WireRequest {
        method: Method::Post,
        url: format!("{}/messages", account.endpoint),
        headers: vec![("content-type", "application/json".to_owned())],
        // Four strings always make JSON; an empty body would be refused by the provider, not sent to anyone.
        body: serde_json::to_vec(&submission).unwrap_or_default(),
    }
}

/// A 2xx whose body names no message is *unknown*: most likely taken, but without a name no report will ever match.
pub(super) fn classify(batch: &[Sms], response: &WireResponse) -> Vec<Answered> {
    let outcome = if (200..300).contains(&response.status) {
        match serde_json::from_slice::<Taken>(&response.body) {
            Ok(taken) if !taken.id.is_empty() => SendOutcome::Accepted { provider_id: taken.id },
            _ => SendOutcome::Unknown,
        }
    } else {
        by_status(response)
    };
    vec![Answered::plain(outcome); batch.len()]
}

pub(super) fn decode(kind: HookKind, hook: &Hook<'_>) -> Result<Vec<HookEvent>, DecodeFault> {
    if hook.method != "POST" {
        return Err(DecodeFault::Method);
    }
    let event = match kind {
        HookKind::Receipt => {
            let report: Report = serde_json::from_slice(hook.body).map_err(|_| DecodeFault::Malformed("body"))?;
            let reported = match report.status.as_str() {
                "delivered" => Reported::Delivered,
                "undelivered" => Reported::Undelivered,
                "expired" => Reported::Expired,
                _ => Reported::Unclear,
            };
            HookEvent::Receipt(Receipt { about: About::ProviderId(report.id), reported, detail: String::new() })
        }
        HookKind::Inbound => {
            let Sent { id, from, to, text } =
                serde_json::from_slice(hook.body).map_err(|_| DecodeFault::Malformed("body"))?;
            HookEvent::Inbound(Inbound { id, from, to, text, network: String::new(), part: None })
        }
    };
    Ok(vec![event])
}
