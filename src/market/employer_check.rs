//! What was checked of an employer, by whom and when; what they may do; and blocking.
//!
//! Append-only: a tier that is lowered stands beside the one before. Whoever finds workers for others needs a licence, and so
//! does whoever offers work outside the country.

use super::employer::{EmployerKind, Tier};
use super::place::Place;
use super::{EmployerId, Fault};
use crate::storage::{Column, Error, IdBlock, Keys, Row, Tx};

const LICENCE: Column = Column::new("employer_check", "licence");
const NOTE: Column = Column::new("employer_check", "note");

/// Characters of a licence's number.
pub const LICENCE_CHARS_MAX: usize = 40;
/// So long before a licence is over operators are told, in milliseconds: thirty days, in which a new one can be asked for.
pub const EXPIRES_SOON_MS: i64 = 30 * 24 * 3_600_000;

coded! {
    /// What is noted.
    pub enum CheckKind {
        /// A tier.
        Tier = "tier",
        /// A licence that was seen.
        Licence = "licence",
        /// The employer may not post any more.
        Blocked = "blocked",
        /// And may again.
        Unblocked = "unblocked",
    }
}

/// Whether an employer may post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayPost {
    /// Yes.
    Yes,
    /// They are blocked.
    Blocked,
    /// An agency whose licence was not seen, or is over.
    NoLicence,
    /// Work outside the country is for licensed agencies alone.
    NotAnAgency,
}

/// What of an employer decides what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who they are.
    pub kind: EmployerKind,
    /// What was checked.
    pub tier: Tier,
    /// Until when their licence holds; 0: none was seen.
    pub licence_until_ms: i64,
    /// Since when they are blocked; 0: they are not.
    pub blocked_ms: i64,
}

impl Standing {
    /// Whether an operator has blocked them.
    pub fn is_blocked(&self) -> bool {
        self.blocked_ms > 0
    }

    /// Whether they may post, and for work outside the country.
    pub fn may_post(&self, abroad: bool, now_ms: i64) -> MayPost {
        let licensed = self.licence_until_ms > now_ms;
        match self.kind {
            _ if self.blocked_ms > 0 => MayPost::Blocked,
            EmployerKind::Agency if licensed => MayPost::Yes,
            EmployerKind::Agency => MayPost::NoLicence,
            EmployerKind::Organisation | EmployerKind::Household if abroad => MayPost::NotAnAgency,
            EmployerKind::Organisation | EmployerKind::Household => MayPost::Yes,
        }
    }
}

/// How an employer stands; `None` when there is none.
pub fn standing(tx: &mut Tx<'_>, employer: EmployerId) -> Result<Option<Standing>, Fault> {
    const STANDING: &str = "SELECT kind, tier, licence_until_ms, blocked_ms FROM employer WHERE id = $1";
    Ok(tx.query_one(STANDING, &[employer.into()], |row| {
        Ok(Standing {
            kind: EmployerKind::read(row, 0)?,
            tier: Tier::read(row, 1)?,
            licence_until_ms: row.integer(2)?,
            blocked_ms: row.integer(3)?,
        })
    })?)
}

/// Whether an employer may post work at a place.
pub fn may_post(tx: &mut Tx<'_>, employer: EmployerId, place: Place, now_ms: i64) -> Result<MayPost, Fault> {
    Ok(standing(tx, employer)?.ok_or(Fault::Gone("employer"))?.may_post(place.is_abroad(), now_ms))
}

/// The number of the licence that was seen last; `None` when none was.
pub fn licence(tx: &mut Tx<'_>, keys: &Keys, employer: EmployerId) -> Result<Option<String>, Fault> {
    const LAST: &str = "SELECT id, licence_sealed FROM employer_check WHERE employer_id = $1 AND what = 'licence' \
        ORDER BY id DESC LIMIT 1";
    let open = |row: &Row<'_>| {
        let id = row.integer(0)?;
        row.optional_bytes(1)?.map(|sealed| keys.open_text(LICENCE, id, sealed)).transpose()
    };
    Ok(tx.query_one(LAST, &[employer.into()], open)?.flatten())
}

/// Something that an operator notes of an employer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Check<'a> {
    /// What was checked.
    Tier(Tier),
    /// A licence that was seen: its number, and until when it holds.
    Licence(&'a str, i64),
    /// They may not post any more.
    Block,
    /// They may again.
    Unblock,
}

/// Without the licence's number.
impl std::fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind().code())
    }
}

impl Check<'_> {
    fn kind(&self) -> CheckKind {
        match self {
            Check::Tier(_) => CheckKind::Tier,
            Check::Licence(..) => CheckKind::Licence,
            Check::Block => CheckKind::Blocked,
            Check::Unblock => CheckKind::Unblocked,
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is noted and holds.
    Done,
    /// It was so already: nothing was noted.
    Already,
    /// There is no such employer.
    Nothing,
    /// Only an agency has a licence, and only with one it is a licensed agency; a household is no firm.
    NotThisKind,
}

/// Notes a check and lets it hold. Uses one identifier.
pub fn check(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    employer: EmployerId,
    check: Check<'_>,
    (by, note): (&str, &str),
    now_ms: i64,
) -> Result<Checked, Fault> {
    const TIER: &str = "UPDATE employer SET tier = $2 WHERE id = $1 AND tier <> $2";
    const SEEN: &str = "UPDATE employer SET licence_until_ms = $2, tier = 'licensed_agency' WHERE id = $1";
    const BLOCK: &str = "UPDATE employer SET blocked_ms = $2 WHERE id = $1 AND blocked_ms = 0";
    const UNBLOCK: &str = "UPDATE employer SET blocked_ms = 0 WHERE id = $1 AND blocked_ms > 0";
    const LOG: &str = "INSERT INTO employer_check \
        (id, employer_id, what, tier, by_whom, at_ms, until_ms, licence_sealed, note_sealed) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Some(before) = standing(tx, employer)? else { return Ok(Checked::Nothing) };
    let is_agency = before.kind == EmployerKind::Agency;
    let done = match check {
        Check::Tier(Tier::LicensedAgency) if before.licence_until_ms <= now_ms => return Ok(Checked::NotThisKind),
        Check::Tier(Tier::RegisteredFirm) if before.kind == EmployerKind::Household => {
            return Ok(Checked::NotThisKind);
        }
        Check::Licence(..) if !is_agency => return Ok(Checked::NotThisKind),
        Check::Tier(tier) => tx.execute(TIER, &[employer.into(), tier.code().into()])?,
        Check::Licence(_, until_ms) => tx.execute(SEEN, &[employer.into(), until_ms.into()])?,
        Check::Block => tx.execute(BLOCK, &[employer.into(), now_ms.into()])?,
        Check::Unblock => tx.execute(UNBLOCK, &[employer.into()])?,
    };
    if done != 1 {
        return Ok(Checked::Already);
    }
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let tier = match check {
        Check::Tier(tier) => tier,
        Check::Licence(..) => Tier::LicensedAgency,
        Check::Block | Check::Unblock => before.tier,
    };
    let (licence, until_ms) = match check {
        Check::Licence(number, until_ms) => (Some(keys.seal(LICENCE, id, number.as_bytes())), Some(until_ms)),
        _ => (None, None),
    };
    let note = (!note.is_empty()).then(|| keys.seal(NOTE, id, note.as_bytes()));
    let params = [
        id.into(),
        employer.into(),
        check.kind().code().into(),
        tier.code().into(),
        by.into(),
        now_ms.into(),
        until_ms.into(),
        licence.as_ref().into(),
        note.as_ref().into(),
    ];
    tx.execute(LOG, &params)?;
    Ok(Checked::Done)
}

/// A line of an employer's log.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// What was noted.
    pub what: CheckKind,
    /// The tier afterwards.
    pub tier: Tier,
    /// Who noted it.
    pub by: String,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// Until when a licence holds.
    pub until_ms: Option<i64>,
    /// Its number, opened.
    pub licence: Option<String>,
    /// The note, opened.
    pub note: Option<String>,
}

/// Without licence and note.
impl std::fmt::Debug for CheckLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckLine").field("what", &self.what).field("tier", &self.tier).finish_non_exhaustive()
    }
}

/// What was noted of an employer, the oldest first.
pub fn history(tx: &mut Tx<'_>, keys: &Keys, employer: EmployerId) -> Result<Vec<CheckLine>, Fault> {
    const HISTORY: &str = "SELECT id, what, tier, by_whom, at_ms, until_ms, licence_sealed, note_sealed \
        FROM employer_check WHERE employer_id = $1 ORDER BY id LIMIT 200";
    let open = |row: &Row<'_>, column: Column, id: i64, at: usize| -> Result<Option<String>, Error> {
        row.optional_bytes(at)?.map(|sealed| keys.open_text(column, id, sealed)).transpose()
    };
    Ok(tx.query(HISTORY, &[employer.into()], |row| {
        let id = row.integer(0)?;
        Ok(CheckLine {
            what: CheckKind::read(row, 1)?,
            tier: Tier::read(row, 2)?,
            by: row.text(3)?.to_owned(),
            at_ms: row.integer(4)?,
            until_ms: row.optional_integer(5)?,
            licence: open(row, LICENCE, id, 6)?,
            note: open(row, NOTE, id, 7)?,
        })
    })?)
}

/// Employers whose licence is over within [`EXPIRES_SOON_MS`], and when, the first first.
pub fn expiring(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<(EmployerId, i64)>, Error> {
    const EXPIRING: &str = "SELECT id, licence_until_ms FROM employer \
        WHERE licence_until_ms > $1 AND licence_until_ms <= $2 AND licence_until_ms > 0 \
        ORDER BY licence_until_ms, id LIMIT $3";
    let params = [now_ms.into(), (now_ms + EXPIRES_SOON_MS).into(), limit.into()];
    tx.query(EXPIRING, &params, |row| Ok((EmployerId::new(row.integer(0)?), row.integer(1)?)))
}

/// Agencies whose licence was over between two moments, and when, the last first.
pub fn lapsed(tx: &mut Tx<'_>, (from_ms, now_ms): (i64, i64), limit: i64) -> Result<Vec<(EmployerId, i64)>, Error> {
    const LAPSED: &str = "SELECT id, licence_until_ms FROM employer WHERE licence_until_ms > 0 AND licence_until_ms > $1 \
        AND licence_until_ms <= $2 AND kind = 'agency' ORDER BY licence_until_ms DESC, id LIMIT $3";
    let params = [from_ms.into(), now_ms.into(), limit.into()];
    tx.query(LAPSED, &params, |row| Ok((EmployerId::new(row.integer(0)?), row.integer(1)?)))
}

/// An agency whose licence is over and which shows something all the same.
pub fn lapsed_and_open(tx: &mut Tx<'_>, now_ms: i64) -> Result<Option<EmployerId>, Error> {
    const OPEN: &str = "SELECT id FROM employer WHERE licence_until_ms > 0 AND licence_until_ms <= $1 AND kind = 'agency' \
        AND EXISTS (SELECT 1 FROM vacancy WHERE vacancy.employer_id = employer.id AND (vacancy.status = 'open' \
        OR (vacancy.status = 'held' AND vacancy.paused = 1))) ORDER BY licence_until_ms, id LIMIT 1";
    tx.query_one(OPEN, &[now_ms.into()], |row| Ok(EmployerId::new(row.integer(0)?)))
}

#[cfg(test)]
#[path = "employer_check_tests.rs"]
mod tests;
