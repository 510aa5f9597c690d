//! Writing a message into the outbox, in the transaction of whatever causes it.

use std::fmt;

use super::caps::PREFIX_DIGITS;
use super::{BODY, Class, Error, MSISDN, Priority};
use crate::country::Msisdn;
use crate::storage::{Keys, Purpose, Tx};
use crate::text::segments;

/// Longest operation key, in bytes: a hop, its action and a recipient make about 60.
const OPERATION_KEY_BYTES_MAX: usize = 200;
/// Longest template name, in bytes.
const TEMPLATE_BYTES_MAX: usize = 80;
/// Longest route, in bytes: a country, a network and a class.
const ROUTE_BYTES_MAX: usize = 80;
/// Segments of the longest text. More is an essay, and dear.
const SEGMENTS_MAX: usize = 10;

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct NewMessage<'a> {
    /// Made by the caller of the transaction.
    pub id: i64,
    /// What causes the message; the same cause never queues twice. For example `HOP/apply/VACANCY`.
    pub operation_key: &'a str,
    /// The recipient.
    pub to: &'a Msisdn,
    /// The number's generation: it grows when the number gets another owner.
    pub number_generation: i64,
    /// The person behind the number, where there is one.
    pub person_id: Option<i64>,
    /// The employer that causes it, where there is one: what is sent for one employer is capped.
    pub employer_id: Option<i64>,
    /// Where it can go: [`super::route::route`]; empty: over any channel for SMS.
    pub route: &'a str,
    /// Who is served first.
    pub priority: Priority,
    /// What is done when the outcome stays unknown.
    pub class: Class,
    /// The name of the text, without its values: shown to operators.
    pub template: &'a str,
    /// The whole text, ready to be read.
    pub text: &'a str,
    /// Not before this time, in milliseconds since the epoch.
    pub due_ms: i64,
    /// Not from this time on: what comes too late is not sent.
    pub expires_ms: i64,
}

/// Number, person and text stay out of logs.
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
        /// SMS segments of the text.
        segments: i64,
    },
    /// A message of the same operation key was there already; nothing was written.
    Duplicate,
}

/// Queues a message. Number and text are sealed; the row exists if and only if the transaction commits.
pub fn enqueue(tx: &mut Tx<'_>, keys: &Keys, new: &NewMessage<'_>, now_ms: i64) -> Result<Enqueued, Error> {
    let segments = segments::plan(new.text).segments;
    check(new, segments)?;
    let segments = i64::try_from(segments).unwrap_or(i64::MAX);
    let number = new.to.as_str().as_bytes();
    let inserted = tx.execute(
        "INSERT INTO outbox (id, operation_key, status, priority, class, template, person_id, msisdn_hmac,
           number_generation, msisdn, body, segments, created_ms, due_ms, expires_ms, changed_ms, attempts, fence,
           lease_until_ms, client_ref, provider_id, resend_ms, possible_duplicate, reason, route, channel,
           employer_id, prefix_hmac, receipt_by_ms)
         VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $12, 0, 0, 0, '', '', 0, 0, '',
           $15, '', $16, $17, 0)
         ON CONFLICT (operation_key) DO NOTHING",
        &[
            new.id.into(),
            new.operation_key.into(),
            new.priority.rank().into(),
            new.class.code().into(),
            new.template.into(),
            new.person_id.into(),
            (&keys.keyed_hash(Purpose::Msisdn, number)).into(),
            new.number_generation.into(),
            (&keys.seal(MSISDN, new.id, number)).into(),
            (&keys.seal(BODY, new.id, new.text.as_bytes())).into(),
            segments.into(),
            now_ms.into(),
            new.due_ms.into(),
            new.expires_ms.into(),
            new.route.into(),
            new.employer_id.unwrap_or_default().into(),
            (&keys.keyed_hash(Purpose::Msisdn, number.get(..PREFIX_DIGITS).unwrap_or(number))).into(),
        ],
    )?;
    Ok(if inserted == 0 { Enqueued::Duplicate } else { Enqueued::New { segments } })
}

/// Bounds are checked here once, so that no message can enter that cannot leave.
fn check(new: &NewMessage<'_>, segments: usize) -> Result<(), Error> {
    if new.text.is_empty() || segments > SEGMENTS_MAX {
        return Err(Error::OutOfBounds("text"));
    }
    if new.operation_key.is_empty() || new.operation_key.len() > OPERATION_KEY_BYTES_MAX {
        return Err(Error::OutOfBounds("operation_key"));
    }
    if new.route.len() > ROUTE_BYTES_MAX {
        return Err(Error::OutOfBounds("route"));
    }
    if new.template.is_empty() || new.template.len() > TEMPLATE_BYTES_MAX {
        return Err(Error::OutOfBounds("template"));
    }
    Ok(())
}
