//! Whether a number takes messages now: asked for each message in the transaction that takes it from the queue. And the
//! note that it takes none, when a provider is told so before we are.

use crate::market;
use crate::market::phone_number::{self, MsisdnHash};
use crate::outbox::{Check, NumberState};
use crate::storage::{Error, Tx};

/// The template that tells a caller that messages have stopped: the one that a stopped number still gets.
const STOP_CONFIRMED: &str = "stop_confirmed";

/// The state of the number behind a message. A number that never dialled has made no choice: it is open.
pub fn number_check(tx: &mut Tx<'_>, check: &Check<'_>) -> Result<NumberState, Error> {
    let number = phone_number::find(tx, &MsisdnHash::stored(check.msisdn_hmac)?).map_err(|fault| match fault {
        market::Fault::Storage(error) => error,
        _ => Error::Corrupt { what: "a number cannot be read" },
    })?;
    Ok(match number {
        Some(number) if number.generation != check.number_generation => NumberState::OtherOwner,
        Some(number) if number.stopped && check.template != STOP_CONFIRMED => NumberState::Stopped,
        _ => NumberState::Open,
    })
}

/// Notes that a provider refuses a number for having asked for no messages.
pub(super) fn number_stop(tx: &mut Tx<'_>, msisdn_hmac: &[u8], now_ms: i64) -> Result<(), Error> {
    match phone_number::stop(tx, &MsisdnHash::stored(msisdn_hmac)?, now_ms) {
        Ok(_) => Ok(()),
        Err(market::Fault::Storage(error)) => Err(error),
        Err(_) => Err(Error::Corrupt { what: "a number cannot be stopped" }),
    }
}
