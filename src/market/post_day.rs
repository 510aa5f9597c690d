//! How many vacancies an employer posts on a day over the API: bounded, so that a program that runs wild, or a token in wrong
//! hands, floods neither workers nor those who look at held jobs.

use super::{EmployerId, Fault};
use crate::storage::Tx;
use crate::text::datetime::Day;

/// Vacancies that an employer may post on one day of the country: a large firm's whole list. More comes as a file, by an
/// operator.
pub const POSTS_A_DAY_MAX: i64 = 200;

/// Counts a posting. False when it is one too many today: nothing is counted then.
pub fn count(tx: &mut Tx<'_>, employer: EmployerId, today: Day) -> Result<bool, Fault> {
    const COUNT: &str = "INSERT INTO vacancy_day (employer_id, day, posts) VALUES ($1, $2, 1) \
        ON CONFLICT (employer_id, day) DO UPDATE SET posts = vacancy_day.posts + 1 WHERE vacancy_day.posts < $3";
    Ok(tx.execute(COUNT, &[employer.into(), i64::from(today.0).into(), POSTS_A_DAY_MAX.into()])? == 1)
}

/// Forgets the counts of days that are over; answers how many. For a bulk job.
pub fn forget(tx: &mut Tx<'_>, today: Day) -> Result<u64, Fault> {
    const FORGET: &str = "DELETE FROM vacancy_day WHERE day < $1";
    Ok(tx.execute(FORGET, &[i64::from(today.0).into()])?)
}

#[cfg(test)]
mod tests {
    use super::super::employer::{self, EmployerKind};
    use super::super::fixture::{Fixture, NOW_MS};
    use super::super::worker;
    use super::*;

    #[test]
    fn a_day_has_so_many_and_another_day_and_another_employer_their_own() {
        Fixture::new().run(|tx, f| {
            let office = |tx: &mut Tx<'_>, kind| employer::known(tx, &f.keys, &mut f.ids(), &f.employer(kind), NOW_MS);
            let (firm, home) = (office(tx, EmployerKind::Organisation)?, office(tx, EmployerKind::Household)?);
            let today = worker::today(&f.country, NOW_MS);
            for _ in 0..POSTS_A_DAY_MAX {
                assert!(count(tx, firm, today)?);
            }
            assert!(!count(tx, firm, today)? && !count(tx, firm, today)?);
            assert!(count(tx, home, today)? && count(tx, firm, today.plus(1))?);
            assert_eq!((forget(tx, today)?, forget(tx, today.plus(1))?, forget(tx, today.plus(1))?), (0, 2, 0));
            Ok(())
        });
    }
}
