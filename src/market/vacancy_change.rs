//! What was changed in a vacancy, field by field, by which token. Only ever added to.

use super::vacancy_desk::Change;
use super::{EmployerId, Fault, VacancyId};
use crate::storage::{Column, IdBlock, Keys, Tx};

const FIELDS: Column = Column::new("vacancy_change", "fields");
/// Changes of one vacancy that are shown, the newest.
const CHANGES_SHOWN: i64 = 100;

/// Writes a change down. Uses one identifier.
pub(super) fn note(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    change: &Change<'_>,
    at_ms: i64,
) -> Result<(), Fault> {
    const NOTE: &str = "INSERT INTO vacancy_change (id, vacancy_id, token_id, at_ms, fields_sealed) \
        VALUES ($1, $2, $3, $4, $5)";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let sealed = keys.seal(FIELDS, id, change.fields.as_bytes());
    let row = [id.into(), change.old.vacancy.into(), change.token.into(), at_ms.into(), (&sealed).into()];
    tx.execute(NOTE, &row)?;
    Ok(())
}

/// One change of a vacancy.
#[derive(Clone, PartialEq, Eq)]
pub struct Noted {
    /// The token that asked for it.
    pub token: i64,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// Names of fields with what they were and became, as JSON.
    pub fields: String,
}

/// Without what the fields say.
impl std::fmt::Debug for Noted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Noted").field("token", &self.token).field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// The changes of an employer's vacancy, the newest first, at most a hundred.
pub fn changes(tx: &mut Tx<'_>, keys: &Keys, employer: EmployerId, vacancy: VacancyId) -> Result<Vec<Noted>, Fault> {
    const CHANGES: &str = "SELECT vacancy_change.id, vacancy_change.token_id, vacancy_change.at_ms, \
        vacancy_change.fields_sealed FROM vacancy_change JOIN vacancy ON vacancy.id = vacancy_change.vacancy_id \
        WHERE vacancy_change.vacancy_id = $1 AND vacancy.employer_id = $2 ORDER BY vacancy_change.id DESC LIMIT $3";
    Ok(tx.query(CHANGES, &[vacancy.into(), employer.into(), CHANGES_SHOWN.into()], |row| {
        let fields = keys.open_text(FIELDS, row.integer(0)?, row.bytes(3)?)?;
        Ok(Noted { token: row.integer(1)?, at_ms: row.integer(2)?, fields })
    })?)
}
