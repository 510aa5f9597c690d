//! What bookings say of a person, as worker and as client: counts, and nothing that names a job or the other side.
//!
//! Facts of a client are shown from [`SHOWN_FROM`] jobs on: before, one dispute would be the whole record.

use crate::market::{Fault, PersonId};
use crate::storage::Tx;

/// Jobs from which on a record is shown.
pub const SHOWN_FROM: i64 = 3;

coded! {
    /// On which side of a booking.
    pub enum Side {
        /// Who works.
        Worker = "worker",
        /// Who hires.
        Client = "client",
    }
}

/// The counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Jobs of which both sides confirmed the start.
    pub jobs: i64,
    /// Pay days of which it is known how they went.
    pub pay_told: i64,
    /// Of those, paid in full.
    pub paid: i64,
    /// Calls off within [`LATE_MS`](super::LATE_MS) of the start.
    pub late_cancels: i64,
    /// Did not come, or was not there.
    pub absences: i64,
}

/// The record of a person on a side; zeros when there is none.
pub fn of(tx: &mut Tx<'_>, person: PersonId, side: Side) -> Result<Record, Fault> {
    const OF: &str =
        "SELECT jobs, paid, late_cancels, absences, pay_told FROM booking_record WHERE person_id = $1 AND side = $2";
    let found = tx.query_one(OF, &[person.into(), side.code().into()], |row| {
        Ok(Record {
            jobs: row.integer(0)?,
            paid: row.integer(1)?,
            late_cancels: row.integer(2)?,
            absences: row.integer(3)?,
            pay_told: row.integer(4)?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Adds counts to a record.
pub fn add(tx: &mut Tx<'_>, person: PersonId, side: Side, more: Record) -> Result<(), Fault> {
    const ADD: &str = "INSERT INTO booking_record (person_id, side, jobs, paid, late_cancels, absences, pay_told) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (person_id, side) DO UPDATE SET jobs = booking_record.jobs + $3, \
        paid = booking_record.paid + $4, late_cancels = booking_record.late_cancels + $5, \
        absences = booking_record.absences + $6, pay_told = booking_record.pay_told + $7";
    let params = [
        person.into(),
        side.code().into(),
        more.jobs.into(),
        more.paid.into(),
        more.late_cancels.into(),
        more.absences.into(),
        more.pay_told.into(),
    ];
    tx.execute(ADD, &params)?;
    Ok(())
}
