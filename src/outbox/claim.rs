//! Taking messages to send them: the claim with its lease, and the mark that is on disk before the first byte leaves.
//!
//! Whether a message may still be sent is asked here and not when it was queued: a broadcast may lie for hours while
//! people stop, leave, or give up their number.

use std::fmt;

use super::{BODY, Class, Error, MSISDN, Priority};
use crate::storage::{self, Keys, Row, Tx};

/// What the owner of numbers is asked about a message that is about to be sent.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// Keyed hash of the number, `Purpose::Msisdn` over its E.164 digits.
    pub msisdn_hmac: &'a [u8],
    /// The generation the message was written for.
    pub number_generation: i64,
    /// Its class.
    pub class: Class,
    /// Its template: the confirmation of a stop goes to a stopped number.
    pub template: &'a str,
}

impl fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("class", &self.class).field("template", &self.template).finish_non_exhaustive()
    }
}

/// What a number's owner allows now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberState {
    /// Send it.
    Open,
    /// The number has asked for no messages.
    Stopped,
    /// The number has another owner than when the message was written.
    OtherOwner,
    /// The person was erased.
    Erased,
}

impl NumberState {
    fn reason(self) -> Option<&'static str> {
        match self {
            NumberState::Open => None,
            NumberState::Stopped => Some("stopped"),
            NumberState::OtherOwner => Some("other_owner"),
            NumberState::Erased => Some("erased"),
        }
    }
}

/// Asks the module that owns numbers, in the claim's own transaction. A function rather than a table of the outbox's
/// own: a second record of who has stopped would have to be kept equal to the first, and one day would not be.
pub type NumberCheck = fn(&mut Tx<'_>, &Check<'_>) -> Result<NumberState, storage::Error>;

/// The terms of a claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Names this claim; made by the caller, never used for another.
    pub fence: i64,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
    /// How long the messages are the claimant's, in milliseconds.
    pub lease_ms: i64,
    /// At most so many messages.
    pub limit: i64,
}

/// A message that is the claimant's until its lease ends.
#[derive(Clone)]
pub struct Claimed {
    /// The message.
    pub id: i64,
    /// Sendings begun before this one.
    pub attempts: i64,
    /// The name of the text.
    pub template: String,
    msisdn: Vec<u8>,
    body: Vec<u8>,
}

/// Even sealed values stay out of logs.
impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed").field("id", &self.id).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

/// A claimed message, unsealed.
pub struct Opened {
    /// E.164 digits.
    pub to: String,
    /// The text.
    pub text: String,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

impl Claimed {
    /// Unseals number and text. Done outside the transaction, whose thread everyone waits for.
    pub fn open(&self, keys: &Keys) -> Result<Opened, storage::Error> {
        let to = keys.open_text(MSISDN, self.id, &self.msisdn)?;
        Ok(Opened { to, text: keys.open_text(BODY, self.id, &self.body)? })
    }

    /// Our name of the message at the provider: the same for every attempt, so that one that compares sends it once.
    pub fn client_ref(&self) -> String {
        format!("kz{:x}", self.id)
    }
}

/// What a claim took.
#[derive(Debug, Default)]
pub struct ClaimReport {
    /// To be sent, the most urgent first.
    pub messages: Vec<Claimed>,
    /// Withdrawn, since their number no longer takes them.
    pub cancelled: u64,
    /// Past their time.
    pub expired: u64,
    /// The queue is held: nothing was taken, whatever is due.
    pub held: bool,
}

impl ClaimReport {
    /// Messages taken from the queue, sent or not: as many as the limit means that more may be due.
    pub fn taken(&self) -> u64 {
        u64::try_from(self.messages.len())
            .unwrap_or(u64::MAX)
            .saturating_add(self.cancelled)
            .saturating_add(self.expired)
    }
}

/// Takes messages that are due, by priority and then by time, and withdraws those that may no longer be sent.
///
/// A queue that is held gives nothing. Run again after a lost commit it takes others; the first wait out their lease and go back, nothing of them was sent.
pub fn claim(tx: &mut Tx<'_>, terms: &Claim, number_check: NumberCheck) -> Result<ClaimReport, Error> {
    let mut report = ClaimReport { held: super::held(tx)?.is_some(), ..ClaimReport::default() };
    if report.held {
        return Ok(report);
    }
    let mut left = terms.limit;
    for priority in Priority::ALL {
        let mut rows = take(tx, terms, priority, left)?;
        left -= i64::try_from(rows.len()).unwrap_or(left);
        rows.sort_unstable_by_key(|row| (row.due_ms, row.claimed.id));
        for row in rows {
            let class = Class::from_code(&row.class).ok_or(storage::Error::Corrupt { what: "an outbox class" })?;
            let check = Check {
                msisdn_hmac: &row.msisdn_hmac,
                number_generation: row.number_generation,
                class,
                template: &row.claimed.template,
            };
            if row.expires_ms <= terms.now_ms {
                withdraw(tx, terms, row.claimed.id, "expired", "too_late")?;
                report.expired += 1;
            } else if let Some(reason) = number_check(tx, &check)?.reason() {
                withdraw(tx, terms, row.claimed.id, "cancelled", reason)?;
                report.cancelled += 1;
            } else {
                report.messages.push(row.claimed);
            }
        }
        if left <= 0 {
            break;
        }
    }
    Ok(report)
}

struct Taken {
    claimed: Claimed,
    class: String,
    msisdn_hmac: Vec<u8>,
    number_generation: i64,
    due_ms: i64,
    expires_ms: i64,
}

fn take(tx: &mut Tx<'_>, terms: &Claim, priority: Priority, limit: i64) -> Result<Vec<Taken>, storage::Error> {
    tx.query(
        "UPDATE outbox SET status = 'claimed', fence = $1, lease_until_ms = $2, changed_ms = $3
         WHERE status = 'queued' AND id IN (
           SELECT id FROM outbox WHERE status = 'queued' AND priority = $4 AND due_ms <= $3 ORDER BY due_ms, id LIMIT $5)
         RETURNING id, attempts, template, msisdn, body, class, msisdn_hmac, number_generation, due_ms, expires_ms",
        &[
            terms.fence.into(),
            terms.now_ms.saturating_add(terms.lease_ms).into(),
            terms.now_ms.into(),
            priority.rank().into(),
            limit.into(),
        ],
        |row: &Row<'_>| {
            Ok(Taken {
                claimed: Claimed {
                    id: row.integer(0)?,
                    attempts: row.integer(1)?,
                    template: row.text(2)?.to_owned(),
                    msisdn: row.bytes(3)?.to_vec(),
                    body: row.bytes(4)?.to_vec(),
                },
                class: row.text(5)?.to_owned(),
                msisdn_hmac: row.bytes(6)?.to_vec(),
                number_generation: row.integer(7)?,
                due_ms: row.integer(8)?,
                expires_ms: row.integer(9)?,
            })
        },
    )
}

fn withdraw(tx: &mut Tx<'_>, terms: &Claim, id: i64, to: &str, reason: &str) -> Result<(), storage::Error> {
    tx.execute(
        "UPDATE outbox SET status = $3, reason = $4, lease_until_ms = 0, changed_ms = $5
         WHERE id = $1 AND fence = $2 AND status = 'claimed'",
        &[id.into(), terms.fence.into(), to.into(), reason.into(), terms.now_ms.into()],
    )?;
    Ok(())
}

/// Fails a claimed message that cannot be sent at all, for example because it does not unseal.
pub fn refuse(tx: &mut Tx<'_>, terms: &Claim, id: i64, reason: &'static str) -> Result<(), Error> {
    Ok(withdraw(tx, terms, id, "failed", reason)?)
}

/// Marks claimed messages as being sent and starts their lease anew; answers those that are still the claimant's.
/// Only what this has committed may be sent: after a crash a message that was not marked is known not to have left.
///
/// May run again after a lost commit: a message that it has marked counts as marked.
pub fn mark_sending(tx: &mut Tx<'_>, terms: &Claim, messages: &[Claimed]) -> Result<Vec<i64>, Error> {
    let mut marked = Vec::with_capacity(messages.len());
    for message in messages {
        let row = tx.query_one(
            "UPDATE outbox SET status = 'sending', attempts = $3, client_ref = $4, lease_until_ms = $5, changed_ms = $6
             WHERE id = $1 AND fence = $2 AND status IN ('claimed', 'sending') AND lease_until_ms > $6 RETURNING id",
            &[
                message.id.into(),
                terms.fence.into(),
                (message.attempts + 1).into(),
                (&message.client_ref()).into(),
                terms.now_ms.saturating_add(terms.lease_ms).into(),
                terms.now_ms.into(),
            ],
            |row| row.integer(0),
        )?;
        if let Some(id) = row {
            super::settle::log(tx, id, terms.fence, "sending", terms.now_ms, "")?;
            marked.push(id);
        }
    }
    Ok(marked)
}

/// When the next message is due, now or later; `None` while nothing is queued.
pub fn next_due_ms(tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
    let mut next: Option<i64> = None;
    for priority in Priority::ALL {
        let due = tx.query_one(
            "SELECT due_ms FROM outbox WHERE status = 'queued' AND priority = $1 ORDER BY due_ms, id LIMIT 1",
            &[priority.rank().into()],
            |row| row.integer(0),
        )?;
        next = next.into_iter().chain(due).min();
    }
    Ok(next)
}
