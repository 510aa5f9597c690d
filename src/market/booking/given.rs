//! Whose number was given to the other side of a booking, and when: what was given is told to whom it belongs.

use super::Booking;
use super::pay::side_of;
use super::record::Side;
use crate::market::{Fault, PersonId};
use crate::storage::Tx;

/// Whether a side's number was given to the other.
pub fn was(tx: &mut Tx<'_>, booking: &Booking, giver: Side) -> Result<bool, Fault> {
    const WAS: &str = "SELECT worker_gave_ms, client_gave_ms FROM booking WHERE id = $1";
    let column = usize::from(giver == Side::Client);
    Ok(tx.query_one(WAS, &[booking.id.into()], |row| row.optional_integer(column))?.flatten().is_some())
}

/// A side's number goes to the other side. What was given before stays given.
pub fn note(tx: &mut Tx<'_>, booking: &Booking, giver: PersonId, now_ms: i64) -> Result<(), Fault> {
    const WORKER: &str = "UPDATE booking SET worker_gave_ms = $2 WHERE id = $1 AND worker_gave_ms IS NULL";
    const CLIENT: &str = "UPDATE booking SET client_gave_ms = $2 WHERE id = $1 AND client_gave_ms IS NULL";
    let sql = if side_of(booking, giver) == Side::Worker { WORKER } else { CLIENT };
    tx.execute(sql, &[booking.id.into(), now_ms.into()])?;
    Ok(())
}
