//! Whether a recipient takes messages now: asked for each message in the transaction that takes it from the queue. And the
//! note that a number takes none, when a provider is told so before we are.

use crate::actions::JOB_ALERTS;
use crate::market;
use crate::market::alert::{self, Standing};
use crate::market::mail_address::{self, MailHash};
use crate::market::phone_number::{self, MsisdnHash};
use crate::outbox::route::Kind;
use crate::outbox::{Check, RecipientState};
use crate::storage::{Error, Tx};

/// The template that tells a caller that messages have stopped: the one that a stopped number still gets.
const STOP_CONFIRMED: &str = "stop_confirmed";

/// The state of the recipient of a message. A number that never dialled, and an address, have made no choice until they say
/// one: they are open. Endpoints are the outbox's own.
pub fn recipient_check(tx: &mut Tx<'_>, check: &Check<'_>) -> Result<RecipientState, Error> {
    match check.kind {
        Kind::Sms => number_check(tx, check),
        Kind::Mail if mail_address::is_stopped(tx, &MailHash::stored(check.address_hmac)?)? => {
            Ok(RecipientState::Stopped)
        }
        Kind::Mail | Kind::Webhook => Ok(RecipientState::Open),
    }
}

fn number_check(tx: &mut Tx<'_>, check: &Check<'_>) -> Result<RecipientState, Error> {
    let number = phone_number::find(tx, &MsisdnHash::stored(check.address_hmac)?).map_err(|fault| match fault {
        market::Fault::Storage(error) => error,
        _ => Error::Corrupt { what: "a number cannot be read" },
    })?;
    Ok(match number {
        Some(number) if number.generation != check.generation => RecipientState::OtherOwner,
        Some(number) if number.stopped && check.template != STOP_CONFIRMED => RecipientState::Stopped,
        // Asked now and not only when it was queued: a night or a slow channel lies between.
        _ if JOB_ALERTS.contains(&check.template)
            && alert::standing(tx, check.id).map_err(alert::only_storage)? == Standing::Over =>
        {
            RecipientState::Over
        }
        _ => RecipientState::Open,
    })
}

/// Notes that a provider refuses a number for having asked for no messages.
pub(super) fn recipient_stop(tx: &mut Tx<'_>, msisdn_hmac: &[u8], now_ms: i64) -> Result<(), Error> {
    match phone_number::stop(tx, &MsisdnHash::stored(msisdn_hmac)?, now_ms) {
        Ok(_) => Ok(()),
        Err(market::Fault::Storage(error)) => Err(error),
        Err(_) => Err(Error::Corrupt { what: "a number cannot be stopped" }),
    }
}
