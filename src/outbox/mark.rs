//! The mark that is on disk before the first byte leaves: lanes that are held still, caps that are not reached, a lease that
//! begins anew. Claim and mark are one step ([`take_off`]): a commit each would be one more to wait for.

use super::caps::{self, Capped};
use super::claim::{Claim, ClaimReport, Claimed, RecipientCheck, claim, claimed, withdraw};
use super::pause::{Pause, Why};
use super::{Class, Error, lane, retry};
use crate::storage::{self, Tx};

/// Puts claimed messages back into the queue: nothing of them was sent, and no attempt was spent.
pub(super) fn release(
    tx: &mut Tx<'_>,
    terms: &Claim,
    id: i64,
    reason: &str,
    due_ms: i64,
) -> Result<(), storage::Error> {
    tx.execute(
        "UPDATE outbox SET status = 'queued', reason = $3, lease_until_ms = 0, changed_ms = $4, due_ms = $5
         WHERE id = $1 AND fence = $2 AND status = 'claimed'",
        &[id.into(), terms.fence.into(), reason.into(), terms.now_ms.into(), due_ms.into()],
    )?;
    Ok(())
}

/// How long a repeat waits at least for which there was no room beside what is sent for the first time.
const PUT_OFF_MS: i64 = 5_000;
/// How much longer at most, where many wait so: else all of them would be claimed and put off again every few seconds.
const PUT_OFF_SPREAD_MS: i64 = 55_000;

/// Puts repeats off for which there is no room now. The more of a claim they are, the wider they are spread.
pub(super) fn put_off(tx: &mut Tx<'_>, terms: &Claim, ids: &[i64]) -> Result<(), Error> {
    let part = i64::try_from(ids.len()).unwrap_or(i64::MAX).min(terms.limit);
    let span_ms = PUT_OFF_SPREAD_MS.saturating_mul(part) / terms.limit.max(1);
    for id in ids {
        let spread = retry::spread(*id, terms.fence) % (span_ms.unsigned_abs() + 1);
        let wait_ms = PUT_OFF_MS.saturating_add(i64::try_from(spread).unwrap_or_default());
        release(tx, terms, *id, "put_off", terms.now_ms.saturating_add(wait_ms))?;
    }
    Ok(())
}

/// Claims messages that are due and marks them as being sent: the report has those that leave. Of those that were tried
/// before, so many leave as there is room for beside what is sent for the first time.
///
/// May run again after a lost commit: what it has marked is found by its fence, and leaves.
pub fn take_off(
    tx: &mut Tx<'_>,
    terms: &Claim,
    repeats_max: usize,
    recipient_check: RecipientCheck,
) -> Result<(ClaimReport, Marked), Error> {
    let before = marked_before(tx, terms)?;
    if !before.is_empty() {
        let sending = before.iter().map(|message| message.id).collect();
        let report = ClaimReport { messages: before, ..ClaimReport::default() };
        return Ok((report, Marked { sending, ..Marked::default() }));
    }
    let mut report = claim(tx, terms, recipient_check)?;
    let (mut repeats, mut too_many) = (0, Vec::new());
    report.messages.retain(|message| {
        repeats += usize::from(message.attempts > 0);
        let leaves = message.attempts == 0 || repeats <= repeats_max;
        if !leaves {
            too_many.push(message.id);
        }
        leaves
    });
    put_off(tx, terms, &too_many)?;
    report.put_off = too_many.len();
    let marked = mark_sending(tx, terms, &report.messages)?;
    Ok((report, marked))
}

/// What this claim has marked already.
fn marked_before(tx: &mut Tx<'_>, terms: &Claim) -> Result<Vec<Claimed>, storage::Error> {
    tx.query(
        "SELECT id, attempts - 1, template, address, body, class, address_hmac, expires_ms, route, segments, employer_id,
           prefix_hmac, endpoint_id
         FROM outbox WHERE status = 'sending' AND lease_until_ms = $1 AND fence = $2 ORDER BY id",
        &[terms.now_ms.saturating_add(terms.lease_ms).into(), terms.fence.into()],
        claimed,
    )
}

/// What came of marking messages as being sent.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    /// Those that may leave now.
    pub sending: Vec<i64>,
    /// Messages that a cap holds back.
    pub capped: u64,
    /// The channel itself is at a cap: how long it rests.
    pub pause: Option<Pause>,
}

/// Marks claimed messages as being sent, starts their lease anew and counts them; answers those that are still the
/// claimant's and below every cap. Only what this has committed may be sent: after a crash a message that was not marked is
/// known not to have left. A claimant that has lost its lanes marks nothing.
///
/// May run again after a lost commit: a message that it has marked counts as marked.
pub fn mark_sending(tx: &mut Tx<'_>, terms: &Claim, messages: &[Claimed]) -> Result<Marked, Error> {
    let mut marked = Marked::default();
    if let Some(holder) = terms.holder {
        let now_ms = tx.now_ms(terms.now_ms)?;
        if !lane::is_held(tx, &terms.channel, holder, now_ms)? {
            messages.iter().try_for_each(|message| release(tx, terms, message.id, "", terms.now_ms))?;
            return Ok(marked);
        }
    }
    for message in messages {
        if marked.pause.is_some() {
            release(tx, terms, message.id, "", terms.now_ms)?;
            continue;
        }
        if let Some(capped) = counted(tx, terms, message)? {
            marked.capped += 1;
            marked.pause = hold_back(tx, terms, message, capped)?;
            continue;
        }
        let is_ours = tx.execute(
            "UPDATE outbox SET status = 'sending', attempts = $3, client_ref = $4, lease_until_ms = $5, changed_ms = $6,
               channel = $7
             WHERE id = $1 AND fence = $2 AND status IN ('claimed', 'sending') AND lease_until_ms > $6",
            &[
                message.id.into(),
                terms.fence.into(),
                (message.attempts + 1).into(),
                (&message.client_ref()).into(),
                terms.now_ms.saturating_add(terms.lease_ms).into(),
                terms.now_ms.into(),
                (&*terms.channel).into(),
            ],
        )?;
        if is_ours == 1 {
            super::settle::log(tx, message.id, terms.fence, "sending", terms.now_ms, &terms.channel)?;
            marked.sending.push(message.id);
        }
    }
    Ok(marked)
}

fn counted(tx: &mut Tx<'_>, terms: &Claim, message: &Claimed) -> Result<Option<Capped>, storage::Error> {
    caps::count(tx, &message.counted(terms.day, &terms.channel, terms.cost_micros), &terms.caps)
}

/// What a cap means for a message: at the channel's, the channel rests; an alert is not worth a day's wait, the rest is.
fn hold_back(
    tx: &mut Tx<'_>,
    terms: &Claim,
    message: &Claimed,
    capped: Capped,
) -> Result<Option<Pause>, storage::Error> {
    let why = match capped {
        Capped::Channel => Some(Why::CountCap),
        Capped::Money => Some(Why::MoneyCap),
        Capped::Number | Capped::Prefix | Capped::Employer => None,
    };
    if let Some(why) = why {
        release(tx, terms, message.id, "", terms.now_ms)?;
        let channel = terms.channel.to_string();
        let (since_ms, until_ms) = (terms.now_ms, terms.tomorrow_ms);
        return Ok(Some(Pause { channel, why, by: String::new(), since_ms, until_ms }));
    }
    match message.class {
        Class::Alert => withdraw(tx, terms, message.id, "cancelled", capped.reason())?,
        Class::MustArrive => release(tx, terms, message.id, capped.reason(), terms.tomorrow_ms)?,
    }
    Ok(None)
}
