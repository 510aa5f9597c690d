//! What was done about somebody's data: erased, handed out. A law office may ask for it; it says what and when, not of whom.
//!
//! Append-only.

use super::Fault;
use crate::storage::{IdBlock, Tx};

coded! {
    /// What was done.
    pub enum DataEvent {
        /// A person had their data erased.
        Erased = "erased",
        /// Erased after thirteen silent months.
        Silent = "silent",
        /// A registration that was not finished was erased.
        Unfinished = "unfinished",
        /// Erased some time after the number got a new owner.
        Left = "left",
        /// Erased since the birth year was corrected to a child's.
        TooYoung = "too_young",
        /// All that is kept of a person was handed out by an operator.
        Exported = "exported",
    }
}

/// Who did it, when it was the person.
pub const CALLER: &str = "caller";
/// Who did it, when it was the program by its own rules.
pub const PROGRAM: &str = "kaziline";
/// Characters of an operator's name.
pub const NAME_CHARS_MAX: usize = 60;

/// Writes down what was done. Uses one identifier.
pub fn note(tx: &mut Tx<'_>, ids: &mut IdBlock, what: DataEvent, by_name: &str, now_ms: i64) -> Result<(), Fault> {
    const NOTE: &str = "INSERT INTO data_event (id, what, by_name, at_ms) VALUES ($1, $2, $3, $4)";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    tx.execute(NOTE, &[id.into(), what.code().into(), by_name.into(), now_ms.into()])?;
    Ok(())
}
