//! Whether a worker is a woman or a man, as they say: so that results for women can be told. Asked on a later visit, one that is
//! not about something urgent; who does not say is not asked any more. It is for figures alone: no employer sees it, and neither score
//! nor rank knows it.
//!
//! Who answers agrees to be counted, as the question says; whoever takes that back takes the answer along.

use super::{Fault, PersonId};
use crate::storage::Tx;

coded! {
    /// What somebody says of their sex.
    pub enum Sex {
        /// A woman.
        Woman = "woman",
        /// A man.
        Man = "man",
        /// They do not say: an answer as good as the others.
        NotSaid = "not_said",
    }
}

/// Whether a worker who was listed before `today_ms` is to be asked. Not who wants to be counted in nothing.
pub fn is_due(tx: &mut Tx<'_>, person: PersonId, today_ms: i64) -> Result<bool, Fault> {
    const DUE: &str = "SELECT COUNT(*) FROM worker WHERE person_id = $1 AND sex = '' AND listed_ms < $2 \
        AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.person_id = $1 \
        AND consent.purpose = 'statistics' AND consent.withdrawn_ms IS NOT NULL)";
    Ok(tx.query_one(DUE, &[person.into(), today_ms.into()], |row| row.integer(0))? == Some(1))
}

/// Saves what somebody says.
pub fn save(tx: &mut Tx<'_>, person: PersonId, sex: Sex, now_ms: i64) -> Result<(), Fault> {
    const SAVE: &str = "UPDATE worker SET sex = $2, changed_ms = $3 WHERE person_id = $1";
    if tx.execute(SAVE, &[person.into(), sex.code().into(), now_ms.into()])? == 0 {
        return Err(Fault::Gone("worker"));
    }
    Ok(())
}

/// What somebody has said; `None`: nothing yet.
pub fn of(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Sex>, Fault> {
    const OF: &str = "SELECT sex FROM worker WHERE person_id = $1";
    Ok(tx.query_one(OF, &[person.into()], |row| Ok(Sex::from_code(row.text(0)?)))?.flatten())
}

/// Forgets what somebody has said: they want to be counted no more.
pub fn forget(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const FORGET: &str = "UPDATE worker SET sex = '' WHERE person_id = $1";
    tx.execute(FORGET, &[person.into()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::consent::{self, Given, Purpose};
    use super::super::fixture::{DAY_MS, Fixture, NOW_MS};
    use super::*;
    use crate::text::Language;

    #[test]
    fn somebody_is_asked_later_and_never_against_their_will() {
        Fixture::new().run(|tx, f| {
            let person = f.worker_with(tx, 1, "Aline Uwera", 1990, 11, 1201)?;
            let later = NOW_MS + DAY_MS;
            assert!(!is_due(tx, person, NOW_MS - 1)?, "not on the day of the registration");
            assert!(is_due(tx, person, later)?);
            save(tx, person, Sex::NotSaid, NOW_MS)?;
            assert_eq!(of(tx, person)?, Some(Sex::NotSaid));
            assert!(!is_due(tx, person, later)?, "it is an answer");
            save(tx, person, Sex::Woman, NOW_MS)?;
            forget(tx, person)?;
            assert_eq!(of(tx, person)?, None);
            assert!(is_due(tx, person, later)?);
            let given = Given { text_version: "1", language: Language::Rw, channel: "demo", hop_uid: 7 };
            consent::give(tx, &mut f.ids(), person, Purpose::Statistics, &given, NOW_MS)?;
            consent::withdraw(tx, person, Purpose::Statistics, NOW_MS)?;
            assert!(!is_due(tx, person, later)?, "who took back the consent is left alone");
            assert_eq!(save(tx, PersonId::new(1), Sex::Man, NOW_MS), Err(Fault::Gone("worker")));
            Ok(())
        });
    }
}
