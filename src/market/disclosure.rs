//! Who was given a person's number, and for which work: the person asks, and this answers.
//!
//! Each way in which a number is given is a source with a function of its own; [`to_whom`] puts them together.

use super::job_number::JobNumber;
use super::phone_number::NAME;
use super::worker_trade::read_trade;
use super::{EmployerId, Fault, PersonId, employer, person};
use crate::country::TradeCode;
use crate::storage::{Error, Keys, Tx};

/// Of each source, and in all: some screens full.
pub const ROWS_MAX: usize = 40;

/// A number that was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// What it was given for: an application, or a booking. Never the same in two sources.
    pub id: i64,
    /// To whom: an employer's name, of a private person the initials.
    pub to_whom: String,
    /// The number of the job or booking.
    pub number: i64,
    /// The work.
    pub trade: TradeCode,
    /// When, in epoch milliseconds.
    pub given_ms: i64,
}

/// The name may be a private person's.
impl std::fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disclosure").field("id", &self.id).finish_non_exhaustive()
    }
}

/// To whom a person's number was given, the newest first, at most [`ROWS_MAX`].
pub fn to_whom(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Vec<Disclosure>, Fault> {
    let sources = [with_applications(tx, keys, person)?, with_bookings(tx, keys, person)?];
    let mut all: Vec<Disclosure> = sources.into_iter().flatten().collect();
    all.sort_by_key(|given| (std::cmp::Reverse(given.given_ms), given.id));
    all.truncate(ROWS_MAX);
    Ok(all)
}

/// With an application, whatever became of it: what was given cannot be taken back.
fn with_applications(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Vec<Disclosure>, Fault> {
    const GIVEN: &str = "SELECT application.id, application.applied_ms, vacancy.job_number, vacancy.trade, employer.id, \
        employer.name_sealed FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        JOIN employer ON employer.id = vacancy.employer_id \
        WHERE application.person_id = $1 AND application.share_number = 1 \
        ORDER BY application.applied_ms DESC, application.id LIMIT 40";
    Ok(tx.query(GIVEN, &[person.into()], |row| {
        let employer = EmployerId::new(row.integer(4)?);
        let job_number = JobNumber::from_value(row.integer(2)?);
        Ok(Disclosure {
            id: row.integer(0)?,
            to_whom: keys.open_text(employer::NAME, employer.get(), row.bytes(5)?)?,
            number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?.get(),
            trade: read_trade(row, 3)?,
            given_ms: row.integer(1)?,
        })
    })?)
}

/// With a booking, on either side: the worker's number to the client, or the client's to the worker.
fn with_bookings(tx: &mut Tx<'_>, keys: &Keys, giver: PersonId) -> Result<Vec<Disclosure>, Fault> {
    const AS_WORKER: &str = "SELECT booking.id, worker_gave_ms, hiring.number, hiring.trade, person.id, person.name_sealed \
        FROM booking JOIN hiring ON hiring.id = booking.hiring_id JOIN person ON person.id = booking.client_id \
        WHERE booking.worker_id = $1 AND worker_gave_ms IS NOT NULL ORDER BY worker_gave_ms DESC, booking.id LIMIT 40";
    const AS_CLIENT: &str = "SELECT booking.id, client_gave_ms, hiring.number, hiring.trade, person.id, person.name_sealed \
        FROM booking JOIN hiring ON hiring.id = booking.hiring_id JOIN person ON person.id = booking.worker_id \
        WHERE booking.client_id = $1 AND client_gave_ms IS NOT NULL ORDER BY client_gave_ms DESC, booking.id LIMIT 40";
    let mut all = Vec::new();
    for sql in [AS_WORKER, AS_CLIENT] {
        all.extend(tx.query(sql, &[giver.into()], |row| {
            let other = row.integer(4)?;
            let name = row.optional_bytes(5)?.map(|sealed| keys.open_text(NAME, other, sealed)).transpose()?;
            let initials = person::initials(&name.unwrap_or_default());
            Ok(Disclosure {
                id: row.integer(0)?,
                // Who was erased since has none.
                to_whom: if initials.is_empty() { "...".to_owned() } else { initials },
                number: row.integer(2)?,
                trade: read_trade(row, 3)?,
                given_ms: row.integer(1)?,
            })
        })?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS};
    use super::*;

    #[test]
    fn it_is_told_to_whom_a_number_was_given_the_newest_first() {
        Fixture::new().run(|tx, f| {
            let (person, other) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "Ben")?);
            let (a, number_a) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let (b, number_b) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
            assert_eq!(to_whom(tx, &f.keys, person)?, []);
            f.apply(tx, person, a, "1", NOW_MS)?;
            f.apply(tx, person, b, "2", NOW_MS + 5)?;
            f.apply(tx, other, a, "3", NOW_MS + 9)?;
            let given = to_whom(tx, &f.keys, person)?;
            assert_eq!(given.iter().map(|given| given.number).collect::<Vec<_>>(), [number_b.get(), number_a.get()]);
            assert_eq!((given[0].to_whom.as_str(), given[0].given_ms), ("EMMA Ltd", NOW_MS + 5));
            Ok(())
        });
    }
}
