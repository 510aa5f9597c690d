//! The mark that is on disk before the first byte leaves: lanes that are held still, caps that are not reached, a lease that
//! begins. A message is its claimant's by the mark and by nothing before it: whoever chose the same one finds it gone.

use super::caps::{Capped, Tally};
use super::claim::{Claim, ClaimReport, Claimed, RecipientCheck, candidates, claimed, put_off, withdraw};
use super::pause::{Pause, Why};
use super::{Class, Error, lane, retry};
use crate::storage::{self, Tx};

/// How long a repeat waits at least for which there was no room beside what is sent for the first time.
const PUT_OFF_MS: i64 = 5_000;
/// How much longer at most, where many wait so: else all of them would be looked at and put off again every few seconds.
const PUT_OFF_SPREAD_MS: i64 = 55_000;

/// Puts repeats off for which there is no room now. The more of a claim they are, the wider they are spread.
fn put_off_repeats(tx: &mut Tx<'_>, terms: &Claim, ids: &[i64]) -> Result<(), Error> {
    let part = i64::try_from(ids.len()).unwrap_or(i64::MAX).min(terms.limit);
    let span_ms = PUT_OFF_SPREAD_MS.saturating_mul(part) / terms.limit.max(1);
    for id in ids {
        let spread = retry::spread(*id, terms.fence) % (span_ms.unsigned_abs() + 1);
        let wait_ms = PUT_OFF_MS.saturating_add(i64::try_from(spread).unwrap_or_default());
        put_off(tx, terms, *id, "put_off", terms.now_ms.saturating_add(wait_ms))?;
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
    if !holds_lane(tx, terms)? {
        return Ok(Default::default());
    }
    let mut report = candidates(tx, terms, recipient_check)?;
    let (mut repeats, mut too_many) = (0, Vec::new());
    report.messages.retain(|message| {
        repeats += usize::from(message.attempts > 0);
        let leaves = message.attempts == 0 || repeats <= repeats_max;
        if !leaves {
            too_many.push(message.id);
        }
        leaves
    });
    put_off_repeats(tx, terms, &too_many)?;
    report.put_off = too_many.len();
    let marked = mark(tx, terms, &report.messages)?;
    Ok((report, marked))
}

/// Whether the claimant may send over the channel still.
fn holds_lane(tx: &mut Tx<'_>, terms: &Claim) -> Result<bool, storage::Error> {
    let Some(holder) = terms.holder else { return Ok(true) };
    let now_ms = tx.now_ms(terms.now_ms)?;
    lane::is_held(tx, &terms.channel, holder, now_ms)
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

/// Marks messages as being sent, starts their lease and counts them; answers those that are the claimant's and below every cap.
/// Only what this has committed may be sent: after a crash a message that was not marked is known not to have left.
pub(super) fn mark(tx: &mut Tx<'_>, terms: &Claim, messages: &[Claimed]) -> Result<Marked, Error> {
    const MARK: &str = "UPDATE outbox SET status = 'sending', fence = $2, attempts = $3 + 1, client_ref = $4, \
          lease_until_ms = $5, changed_ms = $6, channel = $7 \
        WHERE id = $1 AND status = 'queued' AND attempts = $3";
    let (mut marked, mut tally) = (Marked::default(), Tally::new(terms.day, terms.caps));
    for message in messages {
        let counted = message.counted(terms.day, &terms.channel, terms.cost_micros);
        if let Some(capped) = tally.count(tx, &counted)? {
            marked.capped += 1;
            marked.pause = hold_back(tx, terms, message, capped)?;
            if marked.pause.is_some() {
                break;
            }
            continue;
        }
        let is_ours = tx.execute(
            MARK,
            &[
                message.id.into(),
                terms.fence.into(),
                message.attempts.into(),
                (&message.client_ref()).into(),
                terms.now_ms.saturating_add(terms.lease_ms).into(),
                terms.now_ms.into(),
                (&*terms.channel).into(),
            ],
        )?;
        if is_ours == 1 {
            super::settle::log(tx, message.id, terms.fence, "sending", terms.now_ms, &terms.channel)?;
            marked.sending.push(message.id);
        } else {
            tally.uncount(tx, &counted)?;
        }
    }
    tally.write(tx)?;
    Ok(marked)
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
        let channel = terms.channel.to_string();
        let (since_ms, until_ms) = (terms.now_ms, terms.tomorrow_ms);
        return Ok(Some(Pause { channel, why, by: String::new(), since_ms, until_ms }));
    }
    match message.class {
        Class::Alert => withdraw(tx, terms, message.id, "cancelled", capped.reason())?,
        Class::MustArrive => put_off(tx, terms, message.id, capped.reason(), terms.tomorrow_ms)?,
    }
    Ok(None)
}
