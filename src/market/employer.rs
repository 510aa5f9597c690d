//! Employers: organisations, households, agencies, and what was checked of them.

use super::{EmployerId, Fault};
use crate::storage::{Column, Error, IdBlock, Keys, Purpose, Row, Tx};
use crate::text::folding;

/// Characters of a name: what an SMS can carry beside the job.
pub const NAME_CHARS_MAX: usize = 60;
/// Characters of a contact: a number or an e-mail address.
pub const CONTACT_CHARS_MAX: usize = 120;

pub(super) const NAME: Column = Column::new("employer", "name");
const CONTACT: Column = Column::new("employer", "contact");
/// Employers in one listing.
const LISTED_MAX: i64 = 1_000;

coded! {
    /// Who offers work.
    pub enum EmployerKind {
        /// A firm, a cooperative, a public office.
        Organisation = "organisation",
        /// A private home: closed to minors.
        Household = "household",
        /// One that finds workers for others.
        Agency = "agency",
    }
}

coded! {
    /// What was checked of an employer.
    pub enum Tier {
        /// That the number answers.
        PhoneOnly = "phone_only",
        /// That a person with this name has an identity card; the card is not stored.
        IdSeen = "id_seen",
        /// That the village's leader knows them.
        VillageLeader = "village_leader",
        /// That the firm is registered.
        RegisteredFirm = "registered_firm",
        /// That the agency has its licence.
        LicensedAgency = "licensed_agency",
    }
}

/// An employer as given by a form or a file.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NewEmployer {
    /// At most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// Who they are.
    pub kind: EmployerKind,
    /// What was checked.
    pub tier: Tier,
    /// Number in E.164 digits or e-mail address, at most [`CONTACT_CHARS_MAX`] characters.
    pub contact: String,
}

/// Without name and contact, which may be a private person's.
impl std::fmt::Debug for NewEmployer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewEmployer").field("kind", &self.kind).field("tier", &self.tier).finish_non_exhaustive()
    }
}

/// A contact as it is kept: a number in E.164 digits, or an e-mail address; `None` when it is neither.
pub fn contact(country: &crate::country::Country, given: &str) -> Option<String> {
    super::import::contact(country, given)
}

/// The employer with this kind, name and contact: the one that is there, whose tier stays as it is, or a new one. Uses at
/// most one identifier.
pub fn known(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    employer: &NewEmployer,
    now_ms: i64,
) -> Result<EmployerId, Fault> {
    const FIND: &str = "SELECT id FROM employer WHERE employer_hmac = $1";
    const ADD: &str = "INSERT INTO employer \
        (id, employer_hmac, name_sealed, contact_sealed, kind, tier, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT DO NOTHING RETURNING id";
    let hash = hash(keys, employer);
    let read = |row: &Row<'_>| Ok(EmployerId::new(row.integer(0)?));
    if let Some(found) = tx.query_one(FIND, &[(&hash).into()], read)? {
        return Ok(found);
    }
    let id = EmployerId::take(ids)?;
    let name = keys.seal(NAME, id.get(), employer.name.as_bytes());
    let contact = keys.seal(CONTACT, id.get(), employer.contact.as_bytes());
    let params = [
        id.into(),
        (&hash).into(),
        (&name).into(),
        (&contact).into(),
        employer.kind.code().into(),
        employer.tier.code().into(),
        now_ms.into(),
    ];
    if let Some(added) = tx.query_one(ADD, &params, read)? {
        return Ok(added);
    }
    tx.query_one(FIND, &[(&hash).into()], read)?.ok_or(Fault::Gone("employer"))
}

/// The prefix keeps it apart from the hash of a number; case, accents and spaces in a name do not make another employer.
fn hash(keys: &Keys, employer: &NewEmployer) -> [u8; 32] {
    let (kind, name) = (employer.kind.code(), folding::search_key(&employer.name));
    // A name in letters that do not fold is taken as it is.
    let name = if name.is_empty() { employer.name.as_str() } else { name.as_str() };
    let text = format!("employer\n{kind}\n{name}\n{}", employer.contact.to_ascii_lowercase());
    keys.keyed_hash(Purpose::Msisdn, text.as_bytes())
}

/// An employer's kind; `None` when there is none.
pub(super) fn kind(tx: &mut Tx<'_>, employer: EmployerId) -> Result<Option<EmployerKind>, Fault> {
    const KIND: &str = "SELECT kind FROM employer WHERE id = $1";
    Ok(tx.query_one(KIND, &[employer.into()], |row| EmployerKind::read(row, 0))?)
}

/// An employer with name and contact open; `None` when there is none.
pub fn find(tx: &mut Tx<'_>, keys: &Keys, employer: EmployerId) -> Result<Option<NewEmployer>, Fault> {
    const FIND: &str = "SELECT name_sealed, contact_sealed, kind, tier FROM employer WHERE id = $1";
    let open = |row: &Row<'_>| -> Result<NewEmployer, Error> {
        Ok(NewEmployer {
            name: keys.open_text(NAME, employer.get(), row.bytes(0)?)?,
            contact: keys.open_text(CONTACT, employer.get(), row.bytes(1)?)?,
            kind: EmployerKind::read(row, 2)?,
            tier: Tier::read(row, 3)?,
        })
    };
    Ok(tx.query_one(FIND, &[employer.into()], open)?)
}

/// Records what was checked since. False when there is no such employer.
pub fn set_tier(tx: &mut Tx<'_>, employer: EmployerId, tier: Tier) -> Result<bool, Fault> {
    const SET: &str = "UPDATE employer SET tier = $2 WHERE id = $1";
    Ok(tx.execute(SET, &[employer.into(), tier.code().into()])? == 1)
}

/// An employer as operators see it.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// The employer.
    pub id: EmployerId,
    /// Who they are, and how they are reached.
    pub employer: NewEmployer,
    /// When they were added, in epoch milliseconds.
    pub created_ms: i64,
}

/// Without name and contact.
impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("id", &self.id).field("employer", &self.employer).finish_non_exhaustive()
    }
}

/// The newest employers before one of them, at most a thousand.
pub fn list(tx: &mut Tx<'_>, keys: &Keys, before: EmployerId) -> Result<Vec<Listed>, Fault> {
    const LIST: &str = "SELECT id, name_sealed, contact_sealed, kind, tier, created_ms FROM employer \
        WHERE id < $1 ORDER BY id DESC LIMIT $2";
    Ok(tx.query(LIST, &[before.into(), LISTED_MAX.into()], |row| {
        let id = EmployerId::new(row.integer(0)?);
        let employer = NewEmployer {
            name: keys.open_text(NAME, id.get(), row.bytes(1)?)?,
            contact: keys.open_text(CONTACT, id.get(), row.bytes(2)?)?,
            kind: EmployerKind::read(row, 3)?,
            tier: Tier::read(row, 4)?,
        };
        Ok(Listed { id, employer, created_ms: row.integer(5)? })
    })?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::*;

    #[test]
    fn the_same_employer_is_one_row_and_keeps_its_tier() {
        Fixture::new().run(|tx, f| {
            let emma = f.employer(EmployerKind::Organisation);
            let id = known(tx, &f.keys, &mut f.ids(), &emma, NOW_MS)?;
            let respelled = NewEmployer { name: "emma  LTD".to_owned(), tier: Tier::PhoneOnly, ..emma.clone() };
            assert_eq!(known(tx, &f.keys, &mut f.ids(), &respelled, NOW_MS)?, id);
            assert_eq!(find(tx, &f.keys, id)?, Some(emma.clone()));
            let household = NewEmployer { kind: EmployerKind::Household, ..emma.clone() };
            assert_ne!(known(tx, &f.keys, &mut f.ids(), &household, NOW_MS)?, id);
            assert!(set_tier(tx, id, Tier::PhoneOnly)?);
            assert_eq!(find(tx, &f.keys, id)?.unwrap().tier, Tier::PhoneOnly);
            assert!(!set_tier(tx, EmployerId::new(1), Tier::IdSeen)?);
            let listed = list(tx, &f.keys, EmployerId::new(i64::MAX))?;
            assert_eq!(listed.len(), 2);
            assert!(!format!("{:?}{emma:?}", listed[0]).contains("EMMA"));
            Ok(())
        });
    }
}
