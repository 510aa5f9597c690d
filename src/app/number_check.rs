//! Whether a number takes messages now: asked for each message in the transaction that takes it from the queue.

use crate::outbox::{Check, NumberState};
use crate::storage::{Error, Tx};

/// The template that tells a caller that messages have stopped: the one that a stopped number still gets.
const STOP_CONFIRMED: &str = "stopped";

/// The state of the number behind a message. A number that never dialled has made no choice: it is open.
pub fn number_check(tx: &mut Tx<'_>, check: &Check<'_>) -> Result<NumberState, Error> {
    const FIND: &str = "SELECT generation, stopped_ms FROM phone_number WHERE msisdn_hmac = $1";
    let found = tx.query_one(FIND, &[check.msisdn_hmac.into()], |row| {
        Ok((row.integer(0)?, row.optional_integer(1)?.is_some()))
    })?;
    Ok(match found {
        Some((generation, _)) if generation != check.number_generation => NumberState::OtherOwner,
        Some((_, true)) if check.template != STOP_CONFIRMED => NumberState::Stopped,
        _ => NumberState::Open,
    })
}
