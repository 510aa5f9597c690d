//! A case begins, or joins the one that is there.

use super::super::case_number::CaseNumber;
use super::super::phone_number::PhoneNumber;
use super::super::{ApplicationId, BookingId, CaseId, Fault, PersonId, VacancyId};
use super::step::log;
use super::{By, CallPart, CaseEvent, CaseKind, CaseState, OPEN_MAX, OPEN_UNSAFE_MAX, urged_before_ms};
use crate::storage::{IdBlock, Keys, Purpose, Row, Tx};

/// A problem as it is told.
#[derive(Clone, Copy, Debug)]
pub struct NewCase<'a> {
    /// What it is about.
    pub kind: CaseKind,
    /// Who tells it: the number, under its present owner.
    pub number: &'a PhoneNumber,
    /// And the person, where one is known.
    pub person: Option<PersonId>,
    /// The job, where one was named.
    pub vacancy: Option<VacancyId>,
    /// The application, where one was chosen.
    pub application: Option<ApplicationId>,
    /// The booking, where it is about one.
    pub booking: Option<BookingId>,
    /// When the person wants to be called.
    pub call: CallPart,
    /// By when somebody answers, in epoch milliseconds.
    pub due_ms: i64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// A new case.
    New {
        /// The case.
        case: CaseId,
        /// Its number.
        number: CaseNumber,
    },
    /// The same problem is open already: what was told stands there too.
    Joined {
        /// The case.
        case: CaseId,
        /// Its number.
        number: CaseNumber,
    },
    /// The number has [`OPEN_MAX`] cases that are not over.
    Full,
}

/// Begins a case. Uses two identifiers; `random` draws its number.
pub fn open(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    new: &NewCase<'_>,
    random: u64,
    now_ms: i64,
) -> Result<Opened, Fault> {
    const OPEN: &str = "INSERT INTO help_case (id, case_number, kind, state, msisdn_hmac, number_generation, person_id, \
        vacancy_id, application_id, booking_id, open_key, open_slot, call_part, quiet, taken_by, office, opened_ms, due_ms, \
        asked_ms, changed_ms) VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $15, $9, $10, $11, $12, '', '', $13, $14, 0, \
        $13) ON CONFLICT DO NOTHING";
    let key = open_key(keys, new);
    let id = CaseId::take(ids)?;
    let event_id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let quiet = new.kind == CaseKind::Unsafe;
    for number in CaseNumber::candidates(random) {
        if let Some(joined) = joined(tx, &key, new, event_id, now_ms)? {
            return Ok(joined);
        }
        let Some(slot) = free_slot(tx, new)? else { return Ok(Opened::Full) };
        let params = [
            id.into(),
            number.get().into(),
            new.kind.code().into(),
            new.number.hash.as_bytes().into(),
            new.number.generation.into(),
            new.person.map(PersonId::get).into(),
            new.vacancy.map(VacancyId::get).into(),
            new.application.map(ApplicationId::get).into(),
            (&key).into(),
            slot.into(),
            new.call.code().into(),
            quiet.into(),
            now_ms.into(),
            new.due_ms.into(),
            new.booking.map(BookingId::get).into(),
        ];
        // The number, the place or the problem itself may have been taken a moment ago: then all of it is looked at again.
        if tx.execute(OPEN, &params)? == 1 {
            log(tx, event_id, id, CaseEvent::Opened, By::Person, CaseState::Open, None, (now_ms, false))?;
            return Ok(Opened::New { case: id, number });
        }
    }
    Err(Fault::NoCaseNumber)
}

/// The case of the same problem, if it is not over: what was told now is added to it, and it waits for an answer again. It
/// is found and kept by one statement, so that nobody joins what was closed a moment ago.
fn joined(
    tx: &mut Tx<'_>,
    key: &[u8; 32],
    new: &NewCase<'_>,
    event_id: i64,
    now_ms: i64,
) -> Result<Option<Opened>, Fault> {
    const JOIN: &str = "UPDATE help_case SET state = 'open', \
        due_ms = CASE WHEN state = 'open' THEN due_ms ELSE CAST($2 AS BIGINT) END, asked_ms = 0, changed_ms = $3, \
        call_part = CASE WHEN $4 = 'none' THEN call_part ELSE $4 END, \
        urged_ms = CASE WHEN urged_ms <= $5 THEN CAST($3 AS BIGINT) ELSE urged_ms END \
        WHERE open_key = $1 RETURNING id, case_number";
    let read = |row: &Row<'_>| Ok((CaseId::new(row.integer(0)?), super::read::read_number(row, 1)?));
    let params = [
        key.into(),
        new.due_ms.into(),
        now_ms.into(),
        new.call.code().into(),
        urged_before_ms(new.kind, now_ms).into(),
    ];
    let Some((case, number)) = tx.query_one(JOIN, &params, read)? else { return Ok(None) };
    log(tx, event_id, case, CaseEvent::Joined, By::Person, CaseState::Open, None, (now_ms, false))?;
    Ok(Some(Opened::Joined { case, number }))
}

/// The first place of the number that is free; `None` when it has as many open cases as it may.
fn free_slot(tx: &mut Tx<'_>, new: &NewCase<'_>) -> Result<Option<i64>, Fault> {
    let taken = taken_slots(tx, new.number)?;
    let most = if new.kind == CaseKind::Unsafe { OPEN_UNSAFE_MAX } else { OPEN_MAX };
    Ok((1..=most).find(|slot| !taken.contains(slot)))
}

/// The places of a number that are taken.
fn taken_slots(tx: &mut Tx<'_>, number: &PhoneNumber) -> Result<Vec<i64>, Fault> {
    const TAKEN: &str = "SELECT open_slot FROM help_case \
        WHERE msisdn_hmac = $1 AND number_generation = $2 AND open_slot IS NOT NULL";
    let params = [number.hash.as_bytes().into(), number.generation.into()];
    Ok(tx.query(TAKEN, &params, |row| row.integer(0))?)
}

/// A person's cases go with them to another number, also where it has as many open ones as it may begin.
pub(in crate::market) fn carry(tx: &mut Tx<'_>, person: PersonId, to: &PhoneNumber) -> Result<(), Fault> {
    const OF: &str = "SELECT id, open_slot FROM help_case \
        WHERE person_id = $1 AND (msisdn_hmac <> $2 OR number_generation <> $3) ORDER BY id";
    const CARRY: &str = "UPDATE help_case SET msisdn_hmac = $2, number_generation = $3, open_slot = $4 WHERE id = $1";
    let mut taken = taken_slots(tx, to)?;
    let read = |row: &Row<'_>| Ok((CaseId::new(row.integer(0)?), row.optional_integer(1)?.is_some()));
    let of = [person.into(), to.hash.as_bytes().into(), to.generation.into()];
    for (case, is_open) in tx.query(OF, &of, read)? {
        let most = i64::try_from(taken.len()).unwrap_or_default() + 1;
        let slot = (1..=most).find(|slot| is_open && !taken.contains(slot));
        taken.extend(slot);
        tx.execute(CARRY, &[case.into(), to.hash.as_bytes().into(), to.generation.into(), slot.into()])?;
    }
    Ok(())
}

/// Of who, what and about what: the same problem told twice has the same.
fn open_key(keys: &Keys, new: &NewCase<'_>) -> [u8; 32] {
    let (person, vacancy) = (new.person.map_or(0, PersonId::get), new.vacancy.map_or(0, VacancyId::get));
    let mut text = format!("case\n{}\n{person}\n{vacancy}\n", new.kind.code()).into_bytes();
    // Whoever is known tells the same problem from each of their numbers.
    if new.person.is_none() {
        text.extend_from_slice(format!("{}\n", new.number.generation).as_bytes());
        text.extend_from_slice(new.number.hash.as_bytes());
    }
    // Trouble with one booking is not trouble with another.
    if let Some(booking) = new.booking {
        text.extend_from_slice(format!("\nbooking {}", booking.get()).as_bytes());
    }
    // The prefix keeps it apart from the hash of a number.
    keys.keyed_hash(Purpose::Msisdn, &text)
}
