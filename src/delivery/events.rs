//! Events, from the queue to the endpoints of employers and operators, each signed with the endpoint's own secrets.

use std::sync::Arc;

use super::cargo::EventFor;
use crate::gateway::WireResponse;
use crate::gateway::sms::{Answered, SendOutcome};
use crate::gateway::webhook::{self, WebhookEvent};
use crate::outbox::endpoint::{self, Seen};
use crate::storage::{Keys, Store};
use crate::transport::Transport;

/// The way to the endpoints of others.
#[derive(Debug)]
pub struct Events {
    /// Where endpoints are.
    pub store: Store,
    /// Unseals their addresses and secrets.
    pub keys: Keys,
    /// What opens the sockets, and to which addresses alone.
    pub transport: Arc<dyn Transport>,
}

impl Events {
    /// Tells one event. The endpoint is read anew each time: its owner may have changed it.
    pub(super) async fn carry(&self, event: &EventFor, now_ms: i64) -> (Answered, String) {
        let EventFor { endpoint_id, event, client_ref } = event;
        let (keys, id) = (self.keys.clone(), *endpoint_id);
        let endpoint = match self.store.read(move |tx| endpoint::find(tx, &keys, id)).await {
            Ok(Some(endpoint)) if endpoint.is_on => endpoint,
            Ok(_) => return (Answered::plain(SendOutcome::Permanent { reason: "disabled" }), String::new()),
            Err(error) => {
                tracing::warn!(%error, endpoint = id, "an endpoint could not be read");
                return (Answered::plain(SendOutcome::Temporary { retry_after_ms: None }), String::new());
            }
        };
        let told =
            WebhookEvent { id: client_ref, kind: &event.kind, occurred_ms: event.occurred_ms, data: &event.data };
        let request = match webhook::encode(&told, &endpoint.url, &endpoint.secrets, now_ms) {
            Ok(request) => request,
            Err(fault) => {
                tracing::error!(%fault, endpoint = id, "an event could not be written");
                return (Answered::plain(SendOutcome::Permanent { reason: "text" }), String::new());
            }
        };
        let bytes = request.body.len();
        let answer = self.transport.exchange(request).await;
        // The address of an endpoint is its owner's: it stands in no log.
        let answered = answer.as_ref().map_or_else(ToString::to_string, WireResponse::masked);
        (webhook::classify(&answer), format!("POST endpoint {id} {bytes} B -> {answered}"))
    }
}

/// What an outcome says of its endpoint; `None` where it was not asked.
pub(super) fn seen(outcome: &SendOutcome) -> Option<Seen> {
    match outcome {
        SendOutcome::Accepted { .. } => Some(Seen::Took),
        SendOutcome::Permanent { reason: "gone" } => Some(Seen::Gone),
        SendOutcome::Temporary { .. } | SendOutcome::Unknown => Some(Seen::Failed),
        SendOutcome::Permanent { .. } | SendOutcome::OptedOut | SendOutcome::NoRoute | SendOutcome::Blocked(_) => None,
    }
}
