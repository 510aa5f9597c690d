//! Who was given a person's number, and for which work: the person asks, and this answers.
//!
//! Each way in which a number is given is a source with a function of its own; [`to_whom`] puts them together.

use super::job_number::JobNumber;
use super::worker_trade::read_trade;
use super::{EmployerId, Fault, PersonId, employer};
use crate::country::TradeCode;
use crate::storage::{Error, Keys, Tx};

/// Of each source, and in all: some screens full.
pub const ROWS_MAX: usize = 40;

/// A number that was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// What it was given for: an application. Never the same in two sources.
    pub id: i64,
    /// To whom.
    pub employer_name: String,
    /// The job's number.
    pub job_number: JobNumber,
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
    let sources = [with_applications(tx, keys, person)?];
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
            employer_name: keys.open_text(employer::NAME, employer.get(), row.bytes(5)?)?,
            job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
            trade: read_trade(row, 3)?,
            given_ms: row.integer(1)?,
        })
    })?)
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
            assert_eq!(given.iter().map(|given| given.job_number).collect::<Vec<_>>(), [number_b, number_a]);
            assert_eq!((given[0].employer_name.as_str(), given[0].given_ms), ("EMMA Ltd", NOW_MS + 5));
            Ok(())
        });
    }
}
