//! Writing a message into the outbox, in the transaction of whatever causes it.

use std::fmt;

use super::content::Row;
use super::{Class, Content, Error, Priority};
use crate::storage::{Keys, Param, Step, Tx};

/// Longest operation key, in bytes: a hop, its action and a recipient make about 60.
const OPERATION_KEY_BYTES_MAX: usize = 200;
/// Longest template name, in bytes.
const TEMPLATE_BYTES_MAX: usize = 80;

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct NewMessage<'a> {
    /// Made by the caller of the transaction.
    pub id: i64,
    /// What causes the message; the same cause never queues twice. For example `HOP/apply/VACANCY`.
    pub operation_key: &'a str,
    /// To whom, over which kind of way, and what.
    pub content: Content<'a>,
    /// The person behind it, where there is one.
    pub person_id: Option<i64>,
    /// The employer that causes it, where there is one: what is sent for one employer is capped.
    pub employer_id: Option<i64>,
    /// Who is served first.
    pub priority: Priority,
    /// What is done when the outcome stays unknown.
    pub class: Class,
    /// The name of the text, without its values: shown to operators.
    pub template: &'a str,
    /// Not before this time, in milliseconds since the epoch.
    pub due_ms: i64,
    /// Not from this time on: what comes too late is not sent.
    pub expires_ms: i64,
}

/// Recipient, person and words stay out of logs.
impl fmt::Debug for NewMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMessage").field("id", &self.id).field("template", &self.template).finish_non_exhaustive()
    }
}

/// What became of [`enqueue()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// The message is in the outbox, to be sent as so many segments.
    New {
        /// SMS segments of the text; 1 for what is none.
        segments: i64,
    },
    /// A message of the same operation key was there already; nothing was written.
    Duplicate,
}

/// A message that only has to be written: checked and sealed before the transaction, whose thread everyone waits for.
pub struct SealedMessage {
    id: i64,
    operation_key: String,
    row: Row,
    person_id: Option<i64>,
    employer_id: Option<i64>,
    priority: Priority,
    class: Class,
    template: String,
    due_ms: i64,
    expires_ms: i64,
}

/// Even sealed values stay out of logs.
impl fmt::Debug for SealedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedMessage").field("id", &self.id).field("template", &self.template).finish_non_exhaustive()
    }
}

impl SealedMessage {
    /// Its row.
    pub fn id(&self) -> i64 {
        self.id
    }
}

impl NewMessage<'_> {
    /// Checks the message, and seals recipient and words.
    pub fn seal(&self, keys: &Keys) -> Result<SealedMessage, Error> {
        check(self)?;
        Ok(SealedMessage {
            id: self.id,
            operation_key: self.operation_key.to_owned(),
            row: self.content.row(keys, self.id)?,
            person_id: self.person_id,
            employer_id: self.employer_id,
            priority: self.priority,
            class: self.class,
            template: self.template.to_owned(),
            due_ms: self.due_ms,
            expires_ms: self.expires_ms,
        })
    }
}

/// Queues a message. Recipient and words are sealed; the row exists if and only if the transaction commits.
pub fn enqueue(tx: &mut Tx<'_>, keys: &Keys, new: &NewMessage<'_>, now_ms: i64) -> Result<Enqueued, Error> {
    let sealed = new.seal(keys)?;
    let inserted = tx.execute(ENQUEUE, &params(&sealed, now_ms))?;
    Ok(if inserted == 0 { Enqueued::Duplicate } else { Enqueued::New { segments: sealed.row.segments } })
}

/// Queues messages that were sealed before; answers how many were not in the outbox already.
pub fn enqueue_sealed(tx: &mut Tx<'_>, new: &[&SealedMessage], now_ms: i64) -> Result<u64, Error> {
    let rows: Vec<_> = new.iter().map(|one| params(one, now_ms)).collect();
    let steps: Vec<Step<'_>> = rows.iter().map(|row| (ENQUEUE, &row[..])).collect();
    Ok(tx.execute_each(&steps)?.iter().sum())
}

const ENQUEUE: &str =
    "INSERT INTO outbox (id, operation_key, status, priority, class, template, person_id, address_hmac,
           number_generation, address, body, segments, created_ms, due_ms, expires_ms, changed_ms, attempts, fence,
           lease_until_ms, client_ref, provider_id, resend_ms, possible_duplicate, reason, route, channel,
           employer_id, prefix_hmac, receipt_by_ms, endpoint_id)
         VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $12, 0, 0, 0, '', '', 0, 0, '',
           $15, '', $16, $17, 0, $18)
         ON CONFLICT (operation_key) DO NOTHING";

fn params(new: &SealedMessage, now_ms: i64) -> [Param<'_>; 18] {
    let Row { route, address, address_hmac, prefix_hmac, generation, endpoint_id, body, segments } = &new.row;
    [
        new.id.into(),
        new.operation_key.as_str().into(),
        new.priority.rank().into(),
        new.class.code().into(),
        new.template.as_str().into(),
        new.person_id.into(),
        address_hmac.into(),
        (*generation).into(),
        address.into(),
        body.into(),
        (*segments).into(),
        now_ms.into(),
        new.due_ms.into(),
        new.expires_ms.into(),
        route.as_str().into(),
        new.employer_id.unwrap_or_default().into(),
        prefix_hmac.into(),
        (*endpoint_id).into(),
    ]
}

fn check(new: &NewMessage<'_>) -> Result<(), Error> {
    if new.operation_key.is_empty() || new.operation_key.len() > OPERATION_KEY_BYTES_MAX {
        return Err(Error::OutOfBounds("operation_key"));
    }
    if new.template.is_empty() || new.template.len() > TEMPLATE_BYTES_MAX {
        return Err(Error::OutOfBounds("template"));
    }
    Ok(())
}
