//! What carries messages: a provider's HTTP interface, a session with an SMSC, a mail server, or the way to the endpoints of
//! others. Each knows how messages become outcomes.

use std::sync::Arc;

use super::cargo::Cargo;
use super::events::Events;
use super::post::Post;
use crate::gateway::masked::Covered;
use crate::gateway::sms::{Account, Answered, Batching, SendOutcome, Sms};
use crate::transport::Transport;
use crate::transport::smpp::{Link, Smpp};

/// A way to whoever takes messages over.
#[derive(Debug)]
pub enum Carrier {
    /// SMS: a request and its answer.
    Http {
        /// The account there.
        account: Account,
        /// What opens the sockets.
        transport: Arc<dyn Transport>,
    },
    /// SMS: a session that stays.
    Smpp(Smpp),
    /// E-mail.
    Mail(Box<Post>),
    /// Events for endpoints.
    Webhook(Box<Events>),
}

impl Carrier {
    /// How many messages one request may carry.
    pub fn batching(&self) -> Batching {
        match self {
            Carrier::Http { account, .. } => account.dialect.batching(),
            Carrier::Smpp(_) | Carrier::Mail(_) | Carrier::Webhook(_) => Batching::One,
        }
    }

    /// Whether whoever takes messages over compares our names of them.
    pub fn knows_repeats(&self) -> bool {
        match self {
            Carrier::Http { account, .. } => account.dialect.knows_repeats(),
            Carrier::Webhook(_) => true,
            Carrier::Smpp(_) | Carrier::Mail(_) => false,
        }
    }

    /// Whether there is anything to carry over: what is claimed while a session is being made only waits in it.
    pub fn is_ready(&self) -> bool {
        match self {
            Carrier::Smpp(smpp) => smpp.link() == Link::Bound,
            Carrier::Http { .. } | Carrier::Mail(_) | Carrier::Webhook(_) => true,
        }
    }

    /// Whether all messages go to one peer, so that what one of them meets tells of the others. Of endpoints each is its
    /// own, and rests by itself.
    pub fn has_one_peer(&self) -> bool {
        !matches!(self, Carrier::Webhook(_))
    }

    /// Ends what stays open, in order.
    pub async fn stop(&self) {
        if let Carrier::Smpp(smpp) = self {
            smpp.stop().await;
        }
    }

    /// One exchange: what became of each message, in their order, and the masked exchange for the attempt log.
    pub async fn carry(&self, cargo: &Cargo, now_ms: i64) -> (Vec<Answered>, String) {
        match (self, cargo) {
            (Carrier::Http { account, transport }, Cargo::Sms(batch)) => over_http(account, &**transport, batch).await,
            (Carrier::Smpp(smpp), Cargo::Sms(batch)) => {
                let mut answers = Vec::with_capacity(batch.len());
                for sms in batch {
                    answers.push(smpp.submit(sms).await);
                }
                (answers, "submit_sm".to_owned())
            }
            (Carrier::Mail(post), Cargo::Mail(mail)) => {
                let (answered, exchange) = post.carry(mail, now_ms).await;
                (vec![answered], exchange)
            }
            (Carrier::Webhook(events), Cargo::Event(event)) => {
                let (answered, exchange) = events.carry(event, now_ms).await;
                (vec![answered], exchange)
            }
            // Routes keep this from happening; a message must not go round for ever if they do not.
            _ => (vec![Answered::plain(SendOutcome::NoRoute); cargo.count()], String::new()),
        }
    }
}

async fn over_http(account: &Account, transport: &dyn Transport, batch: &[Sms]) -> (Vec<Answered>, String) {
    let request = account.encode(batch);
    let asked = request.masked();
    let covered = Covered::of(&request, batch.iter().flat_map(|sms| [sms.to.as_str(), sms.text.as_str()]));
    let answer = transport.exchange(request).await;
    let mut answers = account.classify(batch, &answer);
    // A dialect that answers for fewer has lost some: they may have been sent.
    answers.resize(batch.len(), Answered::plain(SendOutcome::Unknown));
    let answered = match answer {
        Ok(response) => format!("{} {}", response.masked(), covered.show(&response.body)),
        Err(fault) => fault.to_string(),
    };
    (answers, format!("{asked} -> {answered}"))
}
