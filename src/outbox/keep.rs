//! How long traces of messages are kept, and their end.

use super::{Error, caps, erase, hook_call, inbound, operate, receipt};
use crate::storage::Tx;

/// How long traces of messages are kept, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// What was tried to send a message: to answer whoever asks for it within a bill's month, and the next.
    pub attempts_days: i64,
    /// What providers called us with, as it came: to read it again after a fault of ours was mended.
    pub calls_days: i64,
    /// Reports of delivery, which may still find their message: those of a phone that was off for three days come.
    pub receipts_days: i64,
    /// Messages from phones, and messages that name no person, as answers to numbers on which nobody is registered: to answer
    /// whoever asks what was written.
    pub letters_days: i64,
}

/// As in `kaziline.default.toml`.
impl Default for Keep {
    fn default() -> Self {
        Self { attempts_days: 90, calls_days: 7, receipts_days: 14, letters_days: 90 }
    }
}

/// Days that counts of what was sent are kept.
const COUNTS_KEEP_DAYS: i32 = 400;
/// Rows of each kind in one turn.
const ROWS_MAX: i64 = 200;
const DAY_MS: i64 = 24 * 3_600_000;

/// Forgets what is kept no longer, some of each; answers how many rows went. Messages from phones that wait for their other
/// parts in vain are given up as well.
pub fn put_away(tx: &mut Tx<'_>, keep: Keep, now_ms: i64, today: i32) -> Result<u64, Error> {
    let before_ms = |days: i64| now_ms - days * DAY_MS;
    let calls = hook_call::forget(tx, before_ms(keep.calls_days), ROWS_MAX)?;
    let receipts = receipt::forget(tx, before_ms(keep.receipts_days), ROWS_MAX)?;
    let letters = inbound::forget(tx, before_ms(keep.letters_days), ROWS_MAX)?;
    let answers = erase::empty_old(tx, before_ms(keep.letters_days), ROWS_MAX)?;
    let attempts = operate::forget_attempts(tx, before_ms(keep.attempts_days), ROWS_MAX)?;
    let counts = caps::forget(tx, i64::from(today - COUNTS_KEEP_DAYS))?;
    Ok(calls + receipts + letters + answers + attempts + counts + inbound::give_up(tx, now_ms)?)
}
