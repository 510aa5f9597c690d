//! Consents: what a person agreed to, in which text and language, over which channel, in which hop.
//!
//! Append-only. The law asks that consent can be proven and withdrawn at any time; a withdrawal is written beside it.

use super::{Fault, PersonId, candidate};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;

coded! {
    /// What is agreed to. Each is asked for itself.
    pub enum Purpose {
        /// Keeping the profile and finding work with it: without it nobody is registered.
        Matching = "matching",
        /// SMS when a job fits.
        Alerts = "alerts",
        /// Being counted in anonymous statistics.
        Statistics = "statistics",
        /// Being shown, and told of, work in other countries.
        Abroad = "abroad",
    }
}

/// How a consent was given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Version of the text that was on the screen.
    pub text_version: &'a str,
    /// The language it was in.
    pub language: Language,
    /// The channel's name.
    pub channel: &'a str,
    /// The hop in which the key was pressed.
    pub hop_uid: i64,
}

/// Records a consent. Uses one identifier.
pub fn give(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    person: PersonId,
    purpose: Purpose,
    given: &Given<'_>,
    now_ms: i64,
) -> Result<(), Fault> {
    record(tx, ids, person, purpose, given, now_ms)?;
    candidate::relist(tx, person)
}

/// Records a consent of somebody who is not listed yet.
pub(super) fn record(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    person: PersonId,
    purpose: Purpose,
    given: &Given<'_>,
    now_ms: i64,
) -> Result<(), Fault> {
    const GIVE: &str = "INSERT INTO consent \
        (id, person_id, purpose, text_version, language, channel, hop_uid, given_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let params = [
        id.into(),
        person.into(),
        purpose.code().into(),
        given.text_version.into(),
        given.language.code().into(),
        given.channel.into(),
        given.hop_uid.into(),
        now_ms.into(),
    ];
    tx.execute(GIVE, &params)?;
    Ok(())
}

/// Notes that an agent read the text aloud and pressed the key, for consents that were recorded in this transaction.
pub(super) fn note_agent(tx: &mut Tx<'_>, person: PersonId, agent: i64) -> Result<(), Fault> {
    const VIA: &str = "UPDATE consent SET agent_id = $2 WHERE person_id = $1";
    tx.execute(VIA, &[person.into(), agent.into()])?;
    Ok(())
}

/// Withdraws a consent. False when there was none in force.
pub fn withdraw(tx: &mut Tx<'_>, person: PersonId, purpose: Purpose, now_ms: i64) -> Result<bool, Fault> {
    const WITHDRAW: &str = "UPDATE consent SET withdrawn_ms = $3 \
        WHERE person_id = $1 AND purpose = $2 AND withdrawn_ms IS NULL";
    let withdrawn = tx.execute(WITHDRAW, &[person.into(), purpose.code().into(), now_ms.into()])? > 0;
    if withdrawn {
        candidate::relist(tx, person)?;
    }
    Ok(withdrawn)
}

/// Whether a consent is in force.
pub fn in_force(tx: &mut Tx<'_>, person: PersonId, purpose: Purpose) -> Result<bool, Fault> {
    const IN_FORCE: &str = "SELECT COUNT(*) FROM consent \
        WHERE person_id = $1 AND purpose = $2 AND withdrawn_ms IS NULL";
    let count = tx.query_one(IN_FORCE, &[person.into(), purpose.code().into()], |row| row.integer(0))?;
    Ok(count.is_some_and(|count| count > 0))
}

/// Whether somebody agreed to a text of this version, and has not taken it back.
pub fn agreed_to(tx: &mut Tx<'_>, person: PersonId, purpose: Purpose, text_version: &str) -> Result<bool, Fault> {
    const AGREED: &str = "SELECT COUNT(*) FROM consent \
        WHERE person_id = $1 AND purpose = $2 AND text_version = $3 AND withdrawn_ms IS NULL";
    let params = [person.into(), purpose.code().into(), text_version.into()];
    let count = tx.query_one(AGREED, &params, |row| row.integer(0))?;
    Ok(count.is_some_and(|count| count > 0))
}

/// When the consent that is in force was given, in epoch milliseconds; `None` when none is.
pub fn given_ms(tx: &mut Tx<'_>, person: PersonId, purpose: Purpose) -> Result<Option<i64>, Fault> {
    const GIVEN: &str = "SELECT given_ms FROM consent \
        WHERE person_id = $1 AND purpose = $2 AND withdrawn_ms IS NULL ORDER BY given_ms DESC LIMIT 1";
    Ok(tx.query_one(GIVEN, &[person.into(), purpose.code().into()], |row| row.integer(0))?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::*;

    #[test]
    fn a_consent_is_in_force_until_it_is_withdrawn_and_both_are_kept() {
        Fixture::new().run(|tx, f| {
            let person = f.begin(tx, 1)?;
            assert!(in_force(tx, person, Purpose::Matching)?);
            assert!(in_force(tx, person, Purpose::Alerts)?, "asked for on the same screen");
            assert!(!in_force(tx, person, Purpose::Statistics)?);
            assert!(
                withdraw(tx, person, Purpose::Matching, NOW_MS)? && !withdraw(tx, person, Purpose::Matching, NOW_MS)?
            );
            assert!(!in_force(tx, person, Purpose::Matching)? && in_force(tx, person, Purpose::Alerts)?);
            let given = Given { text_version: "2", language: Language::En, channel: "demo", hop_uid: 9 };
            give(tx, &mut f.ids(), person, Purpose::Matching, &given, NOW_MS)?;
            assert!(in_force(tx, person, Purpose::Matching)?);
            let rows = tx.query("SELECT given_ms FROM consent", &[], |row| row.integer(0))?;
            assert_eq!(rows.len(), 3, "two from the beginning");
            Ok(())
        });
    }
}
