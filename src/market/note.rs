//! Notes: what an employer writes down about an application. For the employer alone; the person is not told.

use super::{ApplicationId, EmployerId, Fault, PersonId};
use crate::storage::{Column, IdBlock, Keys, Tx};

/// Characters of a note: half a page.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// Notes of one application: beyond them it is a file, and that is kept elsewhere.
pub const NOTES_MAX: i64 = 50;

const TEXT: Column = Column::new("application_note", "text");

/// A note.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// The note.
    pub id: i64,
    /// What it says.
    pub text: String,
    /// By which token.
    pub token: i64,
    /// When, in epoch milliseconds.
    pub created_ms: i64,
}

/// Without what it says.
impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Note").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is kept.
    Note {
        /// The note.
        id: i64,
    },
    /// The application has [`NOTES_MAX`].
    Full,
    /// This employer has no such application, or its person has left: nothing is written down of them any more.
    Unknown,
}

/// Adds a note, cleaned and at most [`TEXT_CHARS_MAX`] characters, to an application of this employer. Uses one identifier.
pub fn add(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (employer, application): (EmployerId, ApplicationId),
    (token, text): (i64, &str),
    now_ms: i64,
) -> Result<Added, Fault> {
    const OWN: &str = "SELECT COUNT(application_note.id) FROM application \
        JOIN vacancy ON vacancy.id = application.vacancy_id \
        JOIN person ON person.id = application.person_id AND person.status <> 'closed' \
        LEFT JOIN application_note ON application_note.application_id = application.id \
        WHERE application.id = $1 AND vacancy.employer_id = $2 GROUP BY application.id";
    const ADD: &str = "INSERT INTO application_note (id, application_id, token_id, text_sealed, created_ms) \
        VALUES ($1, $2, $3, $4, $5)";
    let Some(notes) = tx.query_one(OWN, &[application.into(), employer.into()], |row| row.integer(0))? else {
        return Ok(Added::Unknown);
    };
    if notes >= NOTES_MAX {
        return Ok(Added::Full);
    }
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let sealed = keys.seal(TEXT, id, text.as_bytes());
    tx.execute(ADD, &[id.into(), application.into(), token.into(), (&sealed).into(), now_ms.into()])?;
    Ok(Added::Note { id })
}

/// The notes on an application of this employer, the newest first.
pub fn list(
    tx: &mut Tx<'_>,
    keys: &Keys,
    employer: EmployerId,
    application: ApplicationId,
) -> Result<Vec<Note>, Fault> {
    const LIST: &str = "SELECT application_note.id, application_note.text_sealed, application_note.token_id, \
        application_note.created_ms FROM application_note \
        JOIN application ON application.id = application_note.application_id \
        JOIN vacancy ON vacancy.id = application.vacancy_id \
        WHERE application_note.application_id = $1 AND vacancy.employer_id = $2 ORDER BY application_note.id DESC";
    Ok(tx.query(LIST, &[application.into(), employer.into()], |row| {
        let id = row.integer(0)?;
        let text = keys.open_text(TEXT, id, row.bytes(1)?)?;
        Ok(Note { id, text, token: row.integer(2)?, created_ms: row.integer(3)? })
    })?)
}

/// Erases what employers wrote down of a person. For the erasure of the person.
pub fn erase_of(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const ERASE: &str = "DELETE FROM application_note WHERE application_id IN \
        (SELECT id FROM application WHERE person_id = $1)";
    tx.execute(ERASE, &[person.into()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::application::ApplyOutcome;
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS};
    use super::super::vacancy;
    use super::*;

    #[test]
    fn a_note_is_its_employers_alone_and_there_are_not_too_many() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let employer = vacancy::details(tx, &f.keys, job)?.unwrap().employer;
            let outcome = f.apply(tx, person, job, "1", NOW_MS)?;
            let ApplyOutcome::Applied { application, .. } = outcome else { panic!("{outcome:?}") };
            let mut write =
                |employer, text: &str| add(tx, &f.keys, &mut f.ids(), (employer, application), (3, text), NOW_MS);
            assert_eq!(write(EmployerId::new(1), "x")?, Added::Unknown);
            for n in 0..NOTES_MAX {
                assert!(matches!(write(employer, &format!("=cmd {n}"))?, Added::Note { .. }));
            }
            assert_eq!(write(employer, "one more")?, Added::Full);
            let notes = list(tx, &f.keys, employer, application)?;
            assert_eq!((notes.len(), notes[0].text.as_str(), notes[0].token), (50, "=cmd 49", 3));
            assert!(!format!("{notes:?}").contains("cmd"));
            assert_eq!(list(tx, &f.keys, EmployerId::new(1), application)?, []);
            Ok(())
        });
    }
}
