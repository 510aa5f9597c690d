//! What carries messages: a provider's HTTP interface now; each kind knows how to turn messages into outcomes.

use std::sync::Arc;

use crate::gateway::sms::{Account, Answered, Batching, SendOutcome, Sms};
use crate::transport::Transport;

/// A way to a provider.
#[derive(Debug)]
pub enum Carrier {
    /// A request and its answer.
    Http {
        /// The account there.
        account: Account,
        /// What opens the sockets.
        transport: Arc<dyn Transport>,
    },
}

impl Carrier {
    /// How many messages one request may carry.
    pub fn batching(&self) -> Batching {
        match self {
            Carrier::Http { account, .. } => account.dialect.batching(),
        }
    }

    /// Whether the provider compares our names of messages.
    pub fn knows_repeats(&self) -> bool {
        match self {
            Carrier::Http { account, .. } => account.dialect.knows_repeats(),
        }
    }

    /// One exchange: what became of each message, in their order, and the masked exchange for the attempt log.
    pub async fn carry(&self, batch: &[Sms]) -> (Vec<Answered>, String) {
        match self {
            Carrier::Http { account, transport } => {
                let request = account.encode(batch);
                let asked = request.masked();
                let answer = transport.exchange(request).await;
                let mut answers = account.classify(batch, &answer);
                // A dialect that answers for fewer has lost some: they may have been sent.
                answers.resize(batch.len(), Answered::plain(SendOutcome::Unknown));
                let answered = answer.map_or_else(|fault| fault.to_string(), |response| response.masked());
                (answers, format!("{asked} -> {answered}"))
            }
        }
    }
}
