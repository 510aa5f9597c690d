//! Joining two registrations of one human being, on two SIMs or twice on one. The office does it, having made sure that they are one.
//!
//! What the one has goes to the other (`carry.rs`), in one transaction: what was done and said stays done and said, and records
//! are added up, so that nobody gets rid of a bad one by registering anew. What is left of the dropped registration is an
//! empty row, as of somebody who was erased. Where the two have dealt with one another, or have given their word for the same
//! day, they are not joined: that is no mistake of registering, and a person looks at it first.

mod carry;

use super::phone_number::{self, MsisdnHash, PhoneNumber};
use super::{Fault, PersonId, erasure, linked_number, person, worker};
use crate::storage::{IdBlock, Keys, Purpose, Row, Tx};

/// No call that began so many milliseconds ago is still open, nor offered again.
pub const CALL_MS_MAX: i64 = 3 * 3_600_000;

coded! {
    /// Why two are not joined. Nothing was changed.
    pub enum Refusal {
        /// They are one registration.
        Same = "same",
        /// One of them is not there any more: erased, closed, or joined to another before.
        Gone = "gone",
        /// They have told different birth years.
        BirthYears = "birth_years",
        /// The one to be dropped is listed as a worker, and the other is not.
        OtherWay = "other_way",
        /// One has asked the other to come, or has applied for what the other posted.
        WorkedTogether = "worked_together",
        /// One has blocked the other.
        Blocked = "blocked",
        /// A case is open in which one complains of the other.
        Case = "case",
        /// Both have an open or accepted booking on one day, or both call for the same work on one.
        SameDay = "same_day",
        /// One of them may not post as a household, by an operator's word.
        BlockedEmployer = "blocked_employer",
    }
}

/// A registration, as the operator sees it who is to say that it is somebody's second.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The person.
    pub person: PersonId,
    /// Initials, never the name.
    pub initials: String,
    /// Where they stand.
    pub status: person::Status,
    /// The birth year; `None` while not told.
    pub birth_year: Option<i64>,
    /// How many trades, applications, bookings as a worker, calls for workers and cases they have.
    pub counts: [i64; 5],
}

/// Initials and birth years stay out of logs.
impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shown({})", self.person.get())
    }
}

/// Two registrations that can be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one that stays, and the one that goes.
    pub shown: [Shown; 2],
    /// Names what was looked at: another one, when something of it has changed.
    pub version: i64,
}

/// Looks at two registrations, without changing them.
pub fn look(tx: &mut Tx<'_>, keys: &Keys, kept: PersonId, dropped: PersonId) -> Result<Result<Pair, Refusal>, Fault> {
    if let Some(refusal) = refusal(tx, kept, dropped)? {
        return Ok(Err(refusal));
    }
    let (Some(kept), Some(dropped)) = (shown(tx, keys, kept)?, shown(tx, keys, dropped)?) else {
        return Ok(Err(Refusal::Gone));
    };
    let mut text = "merge\n".to_owned();
    for (one, changed_ms) in [&kept, &dropped] {
        let Shown { person, initials, status, birth_year, counts } = one;
        let line = format!("{} {initials} {} {birth_year:?} {counts:?} {changed_ms}\n", person.get(), status.code());
        text.push_str(&line);
    }
    // The prefix keeps it apart from the hash of a number.
    let hash = keys.keyed_hash(Purpose::Msisdn, text.as_bytes());
    let version = hash.first_chunk().map_or(0, |head| i64::from(u32::from_be_bytes(*head)));
    Ok(Ok(Pair { shown: [kept.0, dropped.0], version }))
}

/// A registration with the time of its last change; `None` when there is none.
fn shown(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Option<(Shown, i64)>, Fault> {
    const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM worker_trade WHERE person_id = $1), \
        (SELECT COUNT(*) FROM application WHERE person_id = $1), (SELECT COUNT(*) FROM booking WHERE worker_id = $1), \
        (SELECT COUNT(*) FROM hiring WHERE client_id = $1), (SELECT COUNT(*) FROM help_case WHERE person_id = $1), \
        changed_ms FROM person WHERE id = $1";
    let Some(found) = person::find(tx, person)? else { return Ok(None) };
    let initials = person::name(tx, keys, person)?.map_or_else(|| "...".to_owned(), |name| person::initials(&name));
    let birth_year = birth_year(tx, person)?;
    let read = |row: &Row<'_>| {
        let counts = [row.integer(0)?, row.integer(1)?, row.integer(2)?, row.integer(3)?, row.integer(4)?];
        Ok((counts, row.integer(5)?))
    };
    let counted = tx.query_one(COUNTS, &[person.into()], read)?;
    Ok(counted.map(|(counts, ms)| (Shown { person, initials, status: found.status, birth_year, counts }, ms)))
}

fn birth_year(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<i64>, Fault> {
    Ok(worker::find(tx, person)?.map(|worker| worker.birth_year).filter(|year| *year > 0))
}

/// Why two are not joined; `None`: they may be.
fn refusal(tx: &mut Tx<'_>, kept: PersonId, dropped: PersonId) -> Result<Option<Refusal>, Fault> {
    // Work by keypad, in any state; and what was applied for.
    const TOGETHER: &str = "SELECT COUNT(*) FROM booking \
        WHERE (worker_id = $1 AND client_id = $2) OR (worker_id = $2 AND client_id = $1)";
    const APPLIED: &str = "SELECT COUNT(*) FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        JOIN client ON client.employer_id = vacancy.employer_id WHERE (application.person_id = $1 AND client.person_id = $2) \
        OR (application.person_id = $2 AND client.person_id = $1)";
    const BLOCKED: &str = "SELECT COUNT(*) FROM booking_block \
        WHERE (person_id = $1 AND blocked_id = $2) OR (person_id = $2 AND blocked_id = $1)";
    const CASES: &str = "SELECT COUNT(*) FROM help_case JOIN vacancy ON vacancy.id = help_case.vacancy_id \
        JOIN client ON client.employer_id = vacancy.employer_id WHERE help_case.open_slot IS NOT NULL \
        AND ((help_case.person_id = $1 AND client.person_id = $2) OR (help_case.person_id = $2 AND client.person_id = $1))";
    const SAME_DAY: &str = "SELECT COUNT(*) FROM booking AS mine JOIN booking AS theirs ON theirs.day = mine.day \
        WHERE (mine.worker_id = $1 OR mine.client_id = $1) AND (theirs.worker_id = $2 OR theirs.client_id = $2) \
        AND mine.state IN ('requested', 'accepted', 'started') AND theirs.state IN ('requested', 'accepted', 'started')";
    const SAME_CALL: &str = "SELECT COUNT(*) FROM hiring AS mine JOIN hiring AS theirs \
        ON theirs.day = mine.day AND theirs.trade = mine.trade WHERE mine.client_id = $1 AND theirs.client_id = $2 \
        AND mine.status = 'open' AND theirs.status = 'open'";
    const BLOCKED_EMPLOYER: &str = "SELECT COUNT(*) FROM client JOIN employer ON employer.id = client.employer_id \
        WHERE (client.person_id = $1 OR client.person_id = $2) AND employer.blocked_ms > 0";
    if kept == dropped {
        return Ok(Some(Refusal::Same));
    }
    let mut status = |person| Ok::<_, Fault>(person::find(tx, person)?.map(|found| found.status));
    match (status(kept)?, status(dropped)?) {
        (None | Some(person::Status::Closed), _) | (_, None | Some(person::Status::Closed)) => {
            return Ok(Some(Refusal::Gone));
        }
        (Some(person::Status::Registering), Some(person::Status::Listed)) => return Ok(Some(Refusal::OtherWay)),
        _ => {}
    }
    if let (Some(one), Some(other)) = (birth_year(tx, kept)?, birth_year(tx, dropped)?)
        && one != other
    {
        return Ok(Some(Refusal::BirthYears));
    }
    for (sql, why) in [
        (TOGETHER, Refusal::WorkedTogether),
        (APPLIED, Refusal::WorkedTogether),
        (BLOCKED, Refusal::Blocked),
        (CASES, Refusal::Case),
        (SAME_DAY, Refusal::SameDay),
        (SAME_CALL, Refusal::SameDay),
        (BLOCKED_EMPLOYER, Refusal::BlockedEmployer),
    ] {
        let found = tx.query_one(sql, &[kept.into(), dropped.into()], |row| row.integer(0))?;
        if found.unwrap_or_default() > 0 {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

/// What came of the order to join two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// They are one.
    Done,
    /// They are not joined.
    Refused(Refusal),
    /// Something has changed since they were looked at.
    Changed,
}

/// Joins two registrations that were looked at. `first_session` is the first that may still be open ([`CALL_MS_MAX`]). Uses two
/// identifiers.
///
/// Calls that are open on the number of the dropped one begin anew at their next key: nobody speaks in them any more as who
/// is gone.
pub fn merge(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (kept, dropped): (PersonId, PersonId),
    (seen, by_name): (i64, &str),
    first_session: i64,
    now_ms: i64,
) -> Result<Merged, Fault> {
    const TAKE_PART: &str = "UPDATE person SET changed_ms = changed_ms WHERE id = $1 OR id = $2";
    const NOTE: &str = "INSERT INTO person_merge (dropped_id, kept_id, by_name, at_ms) VALUES ($1, $2, $3, $4)";
    tx.execute(TAKE_PART, &[kept.into(), dropped.into()])?;
    match look(tx, keys, kept, dropped)? {
        Err(refusal) => return Ok(Merged::Refused(refusal)),
        Ok(pair) if pair.version != seen => return Ok(Merged::Changed),
        Ok(_) => {}
    }
    // Before anything is carried: a hop of such a call that runs at this moment is over by then, or runs again after.
    for number in linked_number::all_of(tx, dropped)? {
        begin_calls_anew(tx, &number.hash, first_session)?;
    }
    let Some(number) = number_of(tx, kept)? else { return Ok(Merged::Refused(Refusal::Gone)) };
    carry::carry(tx, keys, ids, (kept, &number), dropped, now_ms)?;
    tx.execute(NOTE, &[dropped.into(), kept.into(), by_name.into(), now_ms.into()])?;
    erasure::empty(tx, dropped, now_ms)?;
    Ok(Merged::Done)
}

/// Calls that are open on a number begin anew at their next key. Sessions are not found by their number: those that may be open
/// are gone through, by their time, from `first_session` on.
pub(super) fn begin_calls_anew(tx: &mut Tx<'_>, number: &MsisdnHash, first_session: i64) -> Result<(), Fault> {
    const ANEW: &str = "UPDATE session SET anew = 1, resumable = 0, revision = revision + 1 \
        WHERE session_id >= $2 AND ended_ms IS NULL AND number_hash = $1";
    tx.execute(ANEW, &[number.as_bytes().into(), first_session.into()])?;
    Ok(())
}

fn number_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<PhoneNumber>, Fault> {
    let Some(found) = person::find(tx, person)? else { return Ok(None) };
    phone_number::find(tx, &found.number)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
