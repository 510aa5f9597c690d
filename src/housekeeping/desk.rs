//! What carries alarms and digests further than the log: the operators' endpoints and mail.

use std::sync::Arc;

use crate::clock::IdSource;
use crate::gateway::email::MailAddress;
use crate::hop::Service;
use crate::outbox;
use crate::outbox::operators::{self, News};
use crate::storage::{Error, Keys, Tx};

/// What is needed to queue news for operators.
#[derive(Clone)]
pub(super) struct Desk {
    keys: Keys,
    ids: Arc<IdSource>,
    mails: Arc<[MailAddress]>,
}

impl Desk {
    pub(super) fn of(service: &Service) -> Self {
        let Service { keys, ids, operators, .. } = service;
        Self { keys: keys.clone(), ids: Arc::clone(ids), mails: Arc::clone(operators) }
    }

    /// Queues news in the transaction that notes that they are told.
    pub(super) fn tell(&self, tx: &mut Tx<'_>, news: &News, now_ms: i64) -> Result<(), Error> {
        let mut ids = self.ids.block(now_ms);
        operators::tell(tx, &self.keys, &mut ids, &self.mails, news, now_ms).map_err(|fault| match fault {
            outbox::Error::Storage(error) => error,
            outbox::Error::OutOfBounds(what) => Error::Corrupt { what },
        })
    }
}
