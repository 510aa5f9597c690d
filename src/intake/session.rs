//! What an SMSC tells in its session: receipts and messages from phones, written down as they came and only then answered,
//! like the calls of other providers. And answers that came too late for the sender that waited for them.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use crate::delivery::{Channel, Delivery};
use crate::gateway::sms::smpp::kind_of;
use crate::gateway::sms::{Answered, Hook, HookEvent, SendOutcome};
use crate::outbox::hook_call::{self, Call};
use crate::outbox::{self, Late};
use crate::storage::Work;
use crate::transport::smpp::{FromNetwork, News, Stored};

/// What stands where other providers' calls have their method.
const METHOD: &str = "SMPP";

/// Listens to the SMSC of one channel.
#[derive(Debug)]
pub struct Listener {
    pen: Arc<Pen>,
    news: mpsc::Receiver<FromNetwork>,
}

/// What writes down.
#[derive(Debug)]
struct Pen {
    deps: Arc<Delivery>,
    channel: Arc<Channel>,
}

impl Listener {
    /// Listens to what is told about `channel`.
    pub fn new(deps: Arc<Delivery>, channel: Arc<Channel>, news: mpsc::Receiver<FromNetwork>) -> Self {
        Self { pen: Arc::new(Pen { deps, channel }), news }
    }

    /// Listens until the session is at its end; `wake` is notified when something was written down.
    pub async fn run(mut self, wake: Arc<Notify>) {
        // Side by side, so that they share commits: the session bounds how many are under way.
        let mut writing = JoinSet::new();
        while let Some(FromNetwork { news, done }) = self.news.recv().await {
            while writing.try_join_next().is_some() {}
            let (pen, wake) = (Arc::clone(&self.pen), Arc::clone(&wake));
            writing.spawn(async move {
                match news {
                    News::Event { event, unit } => {
                        let stored = pen.keep(&event, &unit).await;
                        if stored == Stored::Yes {
                            wake.notify_one();
                        }
                        // An error: the connection is gone, and the SMSC delivers it again. That is known as a repeat.
                        let _heard = done.send(stored).is_ok();
                    }
                    News::Late { client_ref, answered } => pen.late(&client_ref, &answered).await,
                }
            });
        }
        while writing.join_next().await.is_some() {}
    }
}

impl Pen {
    async fn keep(&self, event: &HookEvent, unit: &[u8]) -> Stored {
        let Delivery { store, keys, clock, ids, .. } = &*self.deps;
        let now_ms = clock.now_ms();
        let Some(id) = ids.block(now_ms).next_id() else { return Stored::No };
        let hook = Hook { method: METHOD, query: "", content_type: "", signature: "", body: unit };
        let (kind, request, name) = (kind_of(event), Call::of(&hook).seal(keys, id), self.channel.name.clone());
        let keep = move |tx: &mut crate::storage::Tx<'_>| hook_call::keep(tx, id, &name, kind, &request, now_ms);
        match store.transact(Work::interactive(None), keep).await {
            Ok(()) => Stored::Yes,
            Err(error) => {
                tracing::error!(%error, channel = %self.channel.name, "a delivery could not be written down; it comes again");
                Stored::No
            }
        }
    }

    async fn late(&self, client_ref: &str, answered: &Answered) {
        let late = match &answered.outcome {
            SendOutcome::Accepted { provider_id } => Late::Accepted { provider_id: provider_id.to_ascii_lowercase() },
            SendOutcome::Permanent { reason } => Late::Failed { reason },
            SendOutcome::OptedOut => Late::Failed { reason: "opted_out" },
            SendOutcome::NoRoute => Late::Failed { reason: "no_route" },
            SendOutcome::Temporary { .. } | SendOutcome::Blocked(_) => Late::NotTaken,
            SendOutcome::Unknown => return,
        };
        let (name, client_ref, now_ms) = (self.channel.name.clone(), client_ref.to_owned(), self.deps.clock.now_ms());
        let wait_ms = self.channel.receipt_wait_ms();
        let end_doubt =
            move |tx: &mut crate::storage::Tx<'_>| outbox::late(tx, &name, &client_ref, &late, wait_ms, now_ms);
        if let Err(error) = self.deps.store.transact(Work::bulk(), end_doubt).await {
            tracing::warn!(%error, channel = %self.channel.name, "a late answer was lost: its message stays unknown");
        }
    }
}
