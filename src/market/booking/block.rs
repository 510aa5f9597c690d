//! Block and report: who wants no more requests of whom. It holds both ways: neither finds the other.

use super::Booking;
use crate::market::{Fault, PersonId};
use crate::storage::Tx;

/// One person wants no more of another. The same again changes nothing.
pub fn block(tx: &mut Tx<'_>, person: PersonId, blocked: PersonId, now_ms: i64) -> Result<(), Fault> {
    const BLOCK: &str = "INSERT INTO booking_block (person_id, blocked_id, blocked_ms) VALUES ($1, $2, $3) \
        ON CONFLICT DO NOTHING";
    tx.execute(BLOCK, &[person.into(), blocked.into(), now_ms.into()])?;
    Ok(())
}

/// Whether one of the two blocked the other.
pub fn is_blocked(tx: &mut Tx<'_>, a: PersonId, b: PersonId) -> Result<bool, Fault> {
    const BLOCKED: &str = "SELECT COUNT(*) FROM booking_block \
        WHERE (person_id = $1 AND blocked_id = $2) OR (person_id = $2 AND blocked_id = $1)";
    let count = tx.query_one(BLOCKED, &[a.into(), b.into()], |row| row.integer(0))?;
    Ok(count.is_some_and(|count| count > 0))
}

/// One side of a booking reports the other: once for each booking. False when that was done before.
pub fn report(tx: &mut Tx<'_>, booking: &Booking, reporter: PersonId, now_ms: i64) -> Result<bool, Fault> {
    const REPORT: &str = "INSERT INTO booking_report (booking_id, reporter_id, about_id, reported_ms) \
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let about = if booking.worker == reporter { booking.client } else { booking.worker };
    Ok(tx.execute(REPORT, &[booking.id.into(), reporter.into(), about.into(), now_ms.into()])? == 1)
}

/// How many different people reported this one.
pub fn reporters(tx: &mut Tx<'_>, about: PersonId) -> Result<i64, Fault> {
    const REPORTERS: &str = "SELECT COUNT(*) FROM (SELECT reporter_id FROM booking_report WHERE about_id = $1 \
        GROUP BY reporter_id) AS reporter";
    Ok(tx.query_one(REPORTERS, &[about.into()], |row| row.integer(0))?.unwrap_or_default())
}
