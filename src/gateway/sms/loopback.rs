//! The dialect of the loop-back provider: JSON to a host that exists nowhere.
//!
//! `POST https://loopback.invalid/messages` with `{"to","from","text","reference"}`; the answer is 202 and `{"id"}`. The
//! name ends in `.invalid`, which is reserved: should such a request ever reach a real network, it cannot arrive.

use serde::{Deserialize, Serialize};

use super::{SendOutcome, SmsRequest, by_status};
use crate::gateway::{Method, WireRequest, WireResponse};

/// The host of the provider.
pub const HOST: &str = "loopback.invalid";
/// Where messages are sent to.
pub const URL: &str = "https://loopback.invalid/messages";

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
pub(super) struct Receipt {
    pub(super) id: String,
}

pub(super) fn encode(request: &SmsRequest) -> WireRequest {
    let submission = Submission {
        to: request.to.clone(),
        from: request.sender.clone(),
        text: request.text.clone(),
        reference: request.client_ref.clone(),
    };
    WireRequest {
        method: Method::Post,
        url: URL.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        // Four strings always make JSON; an empty body would be refused by the provider, not sent to anyone.
        body: serde_json::to_vec(&submission).unwrap_or_default(),
    }
}

/// A 2xx whose body names no message is *unknown*: most likely taken, but without a name no report will ever match.
pub(super) fn classify(response: &WireResponse) -> SendOutcome {
    if !(200..300).contains(&response.status) {
        return by_status(response);
    }
    match serde_json::from_slice::<Receipt>(&response.body) {
        Ok(receipt) if !receipt.id.is_empty() => SendOutcome::Accepted { provider_id: receipt.id },
        _ => SendOutcome::Unknown,
    }
}
