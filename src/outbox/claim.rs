//! Choosing the messages that leave next. `mark.rs` lets them leave, in the same transaction.
//!
//! Whether a message may still be sent is asked here and not when it was queued: a broadcast may lie for hours while
//! people stop, leave, or give up their number.

use std::fmt;
use std::sync::Arc;

use super::caps::{Caps, Counted};
use super::route::Kind;
use super::{Class, Error, Opened, Priority, endpoint};
use crate::storage::{self, Keys, Row, Tx};

/// What the owner of numbers and addresses is asked about a message that is about to be sent.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// The message.
    pub id: i64,
    /// What leaves.
    pub kind: Kind,
    /// Keyed hash of the recipient: of a number's E.164 digits (`Purpose::Msisdn`), of a mail address
    /// (`Purpose::MailAddress`).
    pub address_hmac: &'a [u8],
    /// The generation of the number that the message was written for; 0 where there is none.
    pub generation: i64,
    /// Its class.
    pub class: Class,
    /// Its template: the confirmation of a stop goes to a stopped number.
    pub template: &'a str,
}

impl fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("kind", &self.kind).field("template", &self.template).finish_non_exhaustive()
    }
}

/// What a recipient allows now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientState {
    /// Send it.
    Open,
    /// The number or the address has asked for no messages.
    Stopped,
    /// The number has another owner than when the message was written.
    OtherOwner,
    /// The person was erased.
    Erased,
    /// What it tells of is over, or the person wants to hear of such things no more.
    Over,
    /// The endpoint is switched off, or gone.
    Disabled,
    /// The endpoint does not answer just now: not before this time, in milliseconds since the epoch.
    Rests {
        /// When.
        until_ms: i64,
    },
}

impl RecipientState {
    fn reason(self) -> Option<&'static str> {
        match self {
            RecipientState::Open | RecipientState::Rests { .. } => None,
            RecipientState::Stopped => Some("stopped"),
            RecipientState::OtherOwner => Some("other_owner"),
            RecipientState::Erased => Some("erased"),
            RecipientState::Over => Some("over"),
            RecipientState::Disabled => Some("disabled"),
        }
    }
}

/// Asks the module that owns numbers and addresses, in the claim's own transaction. A function rather than a table of the
/// outbox's own: a second record of who has stopped would have to be kept equal to the first, and one day would not be.
pub type RecipientCheck = fn(&mut Tx<'_>, &Check<'_>) -> Result<RecipientState, storage::Error>;

/// Notes that a number wants no messages: the provider has said so. Given the number's keyed hash and the time.
pub type RecipientStop = fn(&mut Tx<'_>, &[u8], i64) -> Result<(), storage::Error>;

/// The terms of a claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Names this claim; made by the caller, never used for another.
    pub fence: i64,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
    /// How long the messages are the claimant's, in milliseconds.
    pub lease_ms: i64,
    /// At most so many messages.
    pub limit: i64,
    /// At most so many alerts among them: a share of what a channel can do is kept for those who wait.
    pub alerts_max: i64,
    /// The channel that they leave over.
    pub channel: Arc<str>,
    /// The routes that it carries now.
    pub routes: Arc<[String]>,
    /// Who must hold a lane of the channel when they leave; `None` where no lane is needed.
    pub holder: Option<i64>,
    /// Today, in days since the epoch, for what is counted by day.
    pub day: i64,
    /// When tomorrow begins, in milliseconds since the epoch: what is at a cap waits until then.
    pub tomorrow_ms: i64,
    /// What a segment costs, in millionths of the currency.
    pub cost_micros: i64,
    /// How much may be sent today.
    pub caps: Caps,
}

/// A message that leaves: the claimant's until its lease ends, once it is marked.
#[derive(Clone)]
pub struct Claimed {
    /// The message.
    pub id: i64,
    /// Sendings begun before this one.
    pub attempts: i64,
    /// The name of the text.
    pub template: String,
    /// Its class.
    pub class: Class,
    /// Its route.
    pub route: String,
    /// SMS segments.
    pub segments: i64,
    /// When it is of no more use, in milliseconds since the epoch.
    pub expires_ms: i64,
    /// The endpoint that it is for; 0 for none.
    pub endpoint_id: i64,
    employer_id: i64,
    address_hmac: Vec<u8>,
    prefix_hmac: Vec<u8>,
    address: Vec<u8>,
    body: Vec<u8>,
}

/// Even sealed values stay out of logs.
impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed").field("id", &self.id).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

impl Claimed {
    /// Unseals recipient and words. Done outside the transaction, whose thread everyone waits for.
    pub fn open(&self, keys: &Keys) -> Result<Opened, storage::Error> {
        Opened::open(keys, self.id, &self.route, &self.address, &self.body)
    }

    /// Our name of the message at the provider: the same for every attempt, so that one that compares sends it once.
    pub fn client_ref(&self) -> String {
        ref_of(self.id)
    }

    /// What is counted for it on a day, over a channel on which a segment costs so much.
    pub(super) fn counted<'a>(&'a self, day: i64, channel: &'a str, cost_micros: i64) -> Counted<'a> {
        Counted {
            day,
            address_hmac: &self.address_hmac,
            prefix_hmac: &self.prefix_hmac,
            employer_id: self.employer_id,
            channel,
            segments: self.segments,
            cost_micros: self.segments.saturating_mul(cost_micros),
        }
    }

    /// Keyed hash of the recipient.
    pub fn address_hmac(&self) -> &[u8] {
        &self.address_hmac
    }
}

/// Our name of a message.
pub(super) fn ref_of(id: i64) -> String {
    format!("kz{id:x}")
}

/// The message of this name, in any letter case.
pub(super) fn id_of_ref(name: &str) -> Option<i64> {
    let name = name.to_ascii_lowercase();
    i64::from_str_radix(name.strip_prefix("kz")?, 16).ok()
}

/// What a claim came to.
#[derive(Debug, Default)]
pub struct ClaimReport {
    /// To be sent, the most urgent first.
    pub messages: Vec<Claimed>,
    /// Withdrawn, since their number no longer takes them.
    pub cancelled: u64,
    /// Past their time.
    pub expired: u64,
    /// Repeats for which there was no room.
    pub put_off: usize,
    /// The queue is held: nothing was taken, whatever is due.
    pub held: bool,
}

impl ClaimReport {
    /// Messages taken from the queue, sent or not: as many as the limit means that more may be due.
    pub fn taken(&self) -> u64 {
        u64::try_from(self.messages.len() + self.put_off)
            .unwrap_or(u64::MAX)
            .saturating_add(self.cancelled)
            .saturating_add(self.expired)
    }
}

/// The messages that are due, by priority and then by time; withdraws those that may no longer be sent. A queue that is held
/// gives nothing.
pub(super) fn candidates(
    tx: &mut Tx<'_>,
    terms: &Claim,
    recipient_check: RecipientCheck,
) -> Result<ClaimReport, Error> {
    let mut report = ClaimReport { held: super::held(tx)?.is_some(), ..ClaimReport::default() };
    if report.held {
        return Ok(report);
    }
    let mut left = terms.limit;
    for priority in Priority::ALL {
        if priority == Priority::Alert {
            left = left.min(terms.alerts_max);
        }
        // Each claim begins with another route: the backlog of one network does not keep the others waiting.
        let first = usize::try_from(terms.fence.unsigned_abs()).unwrap_or_default() % terms.routes.len().max(1);
        for route in terms.routes.iter().cycle().skip(first).take(terms.routes.len()) {
            if left <= 0 {
                return Ok(report);
            }
            let rows = due(tx, terms, priority, route, left)?;
            left -= i64::try_from(rows.len()).unwrap_or(left);
            for (message, generation) in rows {
                sift(tx, terms, message, generation, recipient_check, &mut report)?;
            }
        }
    }
    Ok(report)
}

/// Keeps a message that is due, or withdraws it.
fn sift(
    tx: &mut Tx<'_>,
    terms: &Claim,
    message: Claimed,
    generation: i64,
    recipient_check: RecipientCheck,
    report: &mut ClaimReport,
) -> Result<(), Error> {
    let check = Check {
        id: message.id,
        kind: Kind::of_route(&message.route),
        address_hmac: &message.address_hmac,
        generation,
        class: message.class,
        template: &message.template,
    };
    if message.expires_ms <= terms.now_ms {
        withdraw(tx, terms, message.id, "expired", "too_late")?;
        report.expired += 1;
        return Ok(());
    }
    let state = match check.kind {
        Kind::Webhook => endpoint::state(tx, message.endpoint_id, terms.now_ms)?,
        Kind::Sms | Kind::Mail => recipient_check(tx, &check)?,
    };
    if let Some(reason) = state.reason() {
        withdraw(tx, terms, message.id, "cancelled", reason)?;
        report.cancelled += 1;
    } else if let RecipientState::Rests { until_ms } = state {
        put_off(tx, terms, message.id, "endpoint_rests", until_ms)?;
    } else {
        report.messages.push(message);
    }
    Ok(())
}

fn due(
    tx: &mut Tx<'_>,
    terms: &Claim,
    priority: Priority,
    route: &str,
    limit: i64,
) -> Result<Vec<(Claimed, i64)>, storage::Error> {
    const DUE: &str = "SELECT id, attempts, template, address, body, class, address_hmac, expires_ms, route, segments, \
          employer_id, prefix_hmac, endpoint_id, number_generation \
        FROM outbox WHERE status = 'queued' AND route = $1 AND priority = $2 AND due_ms <= $3 ORDER BY due_ms, id LIMIT $4";
    tx.query(DUE, &[route.into(), priority.rank().into(), terms.now_ms.into(), limit.into()], |row: &Row<'_>| {
        Ok((claimed(row)?, row.integer(13)?))
    })
}

/// A message as both statements that find some answer it.
pub(super) fn claimed(row: &Row<'_>) -> Result<Claimed, storage::Error> {
    Ok(Claimed {
        id: row.integer(0)?,
        attempts: row.integer(1)?,
        template: row.text(2)?.to_owned(),
        address: row.bytes(3)?.to_vec(),
        body: row.bytes(4)?.to_vec(),
        class: Class::from_code(row.text(5)?).ok_or(storage::Error::Corrupt { what: "an outbox class" })?,
        address_hmac: row.bytes(6)?.to_vec(),
        expires_ms: row.integer(7)?,
        route: row.text(8)?.to_owned(),
        segments: row.integer(9)?,
        employer_id: row.integer(10)?,
        prefix_hmac: row.bytes(11)?.to_vec(),
        endpoint_id: row.integer(12)?,
    })
}

/// Ends a message that waits: nothing of it is sent.
pub(super) fn withdraw(tx: &mut Tx<'_>, terms: &Claim, id: i64, to: &str, reason: &str) -> Result<(), storage::Error> {
    const WITHDRAW: &str =
        "UPDATE outbox SET status = $2, reason = $3, changed_ms = $4 WHERE id = $1 AND status = 'queued'";
    tx.execute(WITHDRAW, &[id.into(), to.into(), reason.into(), terms.now_ms.into()])?;
    Ok(())
}

/// Lets a message wait longer: nothing of it was sent, and no attempt was spent.
pub(super) fn put_off(
    tx: &mut Tx<'_>,
    terms: &Claim,
    id: i64,
    reason: &str,
    due_ms: i64,
) -> Result<(), storage::Error> {
    const PUT_OFF: &str =
        "UPDATE outbox SET reason = $2, changed_ms = $3, due_ms = $4 WHERE id = $1 AND status = 'queued'";
    tx.execute(PUT_OFF, &[id.into(), reason.into(), terms.now_ms.into(), due_ms.into()])?;
    Ok(())
}

/// When the message is due that has waited longest, over all routes; `None` while nothing is queued.
pub fn oldest_due_ms(tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
    const OLDEST: &str = "SELECT MIN(due_ms) FROM outbox WHERE status = 'queued'";
    Ok(tx.query_one(OLDEST, &[], |row| row.optional_integer(0))?.flatten())
}

/// When the next message of these routes is due, now or later; `None` while nothing is queued.
pub fn next_due_ms(tx: &mut Tx<'_>, routes: &[String]) -> Result<Option<i64>, Error> {
    let mut next: Option<i64> = None;
    for priority in Priority::ALL {
        for route in routes {
            let due = tx.query_one(
                "SELECT due_ms FROM outbox WHERE status = 'queued' AND route = $2 AND priority = $1
                 ORDER BY due_ms, id LIMIT 1",
                &[priority.rank().into(), route.as_str().into()],
                |row| row.integer(0),
            )?;
            next = next.into_iter().chain(due).min();
        }
    }
    Ok(next)
}
