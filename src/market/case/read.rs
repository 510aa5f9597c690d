//! Cases as they are found: by their owner, by operators, and by time.

use super::super::case_number::CaseNumber;
use super::super::phone_number::{MsisdnHash, PhoneNumber};
use super::super::{CaseId, Fault, PersonId, VacancyId};
use super::{ASK_AFTER_MS, CLOSE_AFTER_MS, CallPart, CaseEvent, CaseKind, CaseState, NOTE};
use crate::storage::{Error, Keys, Param, Row, Tx};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The case.
    pub case: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// What it is about.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
    /// The number that told it; `None` once its owner is erased.
    pub msisdn: Option<MsisdnHash>,
    /// The number's owner.
    pub number_generation: i64,
    /// The person who told it, where one was known.
    pub person: Option<PersonId>,
    /// The job that it is about.
    pub vacancy: Option<VacancyId>,
    /// When the person wants to be called.
    pub call: CallPart,
    /// Nothing is written to the phone.
    pub quiet: bool,
    /// The operator who works on it; empty: nobody.
    pub taken_by: String,
    /// To whom it was handed over; empty: nobody.
    pub office: String,
    /// When it was told, in epoch milliseconds.
    pub opened_ms: i64,
    /// By when somebody answers.
    pub due_ms: i64,
    /// When the person was asked whether it is settled; 0: not yet.
    pub asked_ms: i64,
    /// When it last moved.
    pub changed_ms: i64,
}

impl Case {
    /// Whether it is this caller's: the person's, from whichever of their numbers it was told, or what the number told under its
    /// present owner before anybody was known on it. A quiet one is found on the same phone alone.
    pub fn belongs_to(&self, number: &PhoneNumber, person: Option<PersonId>) -> bool {
        let is_here = self.msisdn == Some(number.hash) && self.number_generation == number.generation;
        if self.quiet || self.person.is_none() {
            return is_here && (self.person.is_none() || self.person == person);
        }
        self.person == person
    }

    /// Whether an operator should have answered by now.
    pub fn is_overdue(&self, now_ms: i64) -> bool {
        self.state == CaseState::Open && self.due_ms <= now_ms
    }
}

/// The number in a column of a row.
pub(super) fn read_number(row: &Row<'_>, column: usize) -> Result<CaseNumber, Error> {
    CaseNumber::from_value(row.integer(column)?).ok_or(Error::Corrupt { what: "a stored case number is none" })
}

fn case_of(row: &Row<'_>) -> Result<Case, Error> {
    Ok(Case {
        case: CaseId::new(row.integer(0)?),
        number: read_number(row, 1)?,
        kind: CaseKind::read(row, 2)?,
        state: CaseState::read(row, 3)?,
        msisdn: row.optional_bytes(4)?.map(MsisdnHash::stored).transpose()?,
        number_generation: row.integer(5)?,
        person: row.optional_integer(6)?.map(PersonId::new),
        vacancy: row.optional_integer(7)?.map(VacancyId::new),
        call: CallPart::read(row, 8)?,
        quiet: row.boolean(9)?,
        taken_by: row.text(10)?.to_owned(),
        office: row.text(11)?.to_owned(),
        opened_ms: row.integer(12)?,
        due_ms: row.integer(13)?,
        asked_ms: row.integer(14)?,
        changed_ms: row.integer(15)?,
    })
}

/// A case; `None` when there is none.
pub fn find(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Case>, Fault> {
    const FIND: &str = "SELECT id, case_number, kind, state, msisdn_hmac, number_generation, person_id, vacancy_id, \
        call_part, quiet, taken_by, office, opened_ms, due_ms, asked_ms, changed_ms FROM help_case WHERE id = $1";
    Ok(tx.query_one(FIND, &[case.into()], case_of)?)
}

/// The case with this number; `None` when no case has it.
pub fn by_number(tx: &mut Tx<'_>, number: CaseNumber) -> Result<Option<Case>, Fault> {
    const FIND: &str = "SELECT id FROM help_case WHERE case_number = $1";
    let id = tx.query_one(FIND, &[number.get().into()], |row| Ok(CaseId::new(row.integer(0)?)))?;
    id.map_or(Ok(None), |id| find(tx, id))
}

/// A row of a caller's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyCase {
    /// The case.
    pub case: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// What it is about.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
}

/// A caller's cases, the newest first: the person's, from whichever of their numbers, and those that the number told before anybody was known on it. Quiet
/// ones are left out, whoever asks. At most twenty: more are not looked through with keys.
pub fn mine(tx: &mut Tx<'_>, number: &PhoneNumber, person: Option<PersonId>) -> Result<Vec<MyCase>, Fault> {
    const MINE: &str = "SELECT id, case_number, kind, state FROM help_case \
        WHERE ((person_id IS NULL AND msisdn_hmac = $1 AND number_generation = $2) OR person_id = $3) AND quiet = 0 \
        ORDER BY opened_ms DESC, id LIMIT 20";
    let person = person.map_or(0, PersonId::get);
    let params = [number.hash.as_bytes().into(), number.generation.into(), person.into()];
    let cases = tx.query(MINE, &params, |row| {
        Ok(MyCase {
            case: CaseId::new(row.integer(0)?),
            number: read_number(row, 1)?,
            kind: CaseKind::read(row, 2)?,
            state: CaseState::read(row, 3)?,
        })
    })?;
    Ok(cases)
}

/// The caller's case of which it was asked whether it is settled, the oldest such.
pub fn ask_about(tx: &mut Tx<'_>, number: &PhoneNumber, person: Option<PersonId>) -> Result<Option<CaseId>, Fault> {
    // One search by number and one by person. In one condition, with OR, the planner goes through all cases that were answered.
    const ASKED: &str = "SELECT id, opened_ms FROM help_case \
        WHERE person_id IS NULL AND msisdn_hmac = $1 AND number_generation = $2 AND quiet = 0 AND asked_ms > 0 \
        AND (state = 'answered' OR state = 'handed_over') UNION ALL SELECT id, opened_ms FROM help_case \
        WHERE person_id = $3 AND quiet = 0 AND asked_ms > 0 AND (state = 'answered' OR state = 'handed_over')";
    let person = person.map_or(0, PersonId::get);
    let params = [number.hash.as_bytes().into(), number.generation.into(), person.into()];
    let asked = tx.query(ASKED, &params, |row| Ok((row.integer(1)?, row.integer(0)?)))?;
    Ok(asked.into_iter().min().map(|(_, id)| CaseId::new(id)))
}

/// What an operator last told or asked the person; `None` when nothing, or it has no text.
pub fn last_answer(tx: &mut Tx<'_>, keys: &Keys, case: CaseId) -> Result<Option<String>, Fault> {
    const LAST: &str = "SELECT id, note_sealed FROM help_case_event WHERE case_id = $1 \
        AND (what = 'answered' OR what = 'asked') ORDER BY id DESC LIMIT 1";
    let open = |row: &Row<'_>| {
        let id = row.integer(0)?;
        row.optional_bytes(1)?.map(|sealed| keys.open_text(NOTE, id, sealed)).transpose()
    };
    Ok(tx.query_one(LAST, &[case.into()], open)?.flatten())
}

/// A line of a case's log.
#[derive(Clone, PartialEq, Eq)]
pub struct EventLine {
    /// What happened.
    pub what: CaseEvent,
    /// `person`, `operator` or `service`.
    pub by_kind: String,
    /// The operator's name.
    pub by: String,
    /// Where the case stood afterwards.
    pub state: CaseState,
    /// The note, opened.
    pub note: Option<String>,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
}

/// Without the note, which may name people.
impl std::fmt::Debug for EventLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventLine").field("what", &self.what).field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// A case's log, the oldest line first, at most two hundred.
pub fn events(tx: &mut Tx<'_>, keys: &Keys, case: CaseId) -> Result<Vec<EventLine>, Fault> {
    const EVENTS: &str = "SELECT id, what, by_kind, by_whom, state, note_sealed, at_ms FROM help_case_event \
        WHERE case_id = $1 ORDER BY id LIMIT 200";
    Ok(tx.query(EVENTS, &[case.into()], |row| {
        let id = row.integer(0)?;
        Ok(EventLine {
            what: CaseEvent::read(row, 1)?,
            by_kind: row.text(2)?.to_owned(),
            by: row.text(3)?.to_owned(),
            state: CaseState::read(row, 4)?,
            note: row.optional_bytes(5)?.map(|sealed| keys.open_text(NOTE, id, sealed)).transpose()?,
            at_ms: row.integer(6)?,
        })
    })?)
}

/// Which cases an operator wants to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that stand here; `None`: those that are not over.
    pub state: Option<CaseState>,
    /// Only these.
    pub kind: Option<CaseKind>,
}

/// Cases for operators, by when they are due, at most `limit`.
pub fn list(tx: &mut Tx<'_>, filter: Filter, limit: i64) -> Result<Vec<Case>, Fault> {
    const LIST: &str = "SELECT id, case_number, kind, state, msisdn_hmac, number_generation, person_id, vacancy_id, \
        call_part, quiet, taken_by, office, opened_ms, due_ms, asked_ms, changed_ms FROM help_case \
        WHERE state IN ($1, $2, $3, $4) AND ($5 = '' OR kind = $5) ORDER BY due_ms, id LIMIT $6";
    let states = match filter.state {
        Some(state) => [state; 4],
        None => [CaseState::Open, CaseState::Answered, CaseState::Waiting, CaseState::HandedOver],
    };
    let [a, b, c, d] = states.map(|state| Param::from(state.code()));
    let kind = filter.kind.map_or("", CaseKind::code);
    Ok(tx.query(LIST, &[a, b, c, d, kind.into(), limit.into()], case_of)?)
}

/// Open cases that should have been answered by now, the longest overdue first.
pub fn overdue(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<Case>, Fault> {
    const OVERDUE: &str = "SELECT id, case_number, kind, state, msisdn_hmac, number_generation, person_id, vacancy_id, \
        call_part, quiet, taken_by, office, opened_ms, due_ms, asked_ms, changed_ms FROM help_case \
        WHERE state = 'open' AND due_ms <= $1 ORDER BY due_ms, id LIMIT $2";
    Ok(tx.query(OVERDUE, &[now_ms.into(), limit.into()], case_of)?)
}

/// The same of those in which somebody is in danger, the newest first: a new one is among them, however many wait.
pub fn overdue_unsafe(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<Case>, Fault> {
    const UNSAFE: &str = "SELECT id, case_number, kind, state, msisdn_hmac, number_generation, person_id, vacancy_id, \
        call_part, quiet, taken_by, office, opened_ms, due_ms, asked_ms, changed_ms FROM help_case \
        WHERE state = 'open' AND kind = 'unsafe' AND due_ms <= $1 ORDER BY due_ms DESC, id DESC LIMIT $2";
    Ok(tx.query(UNSAFE, &[now_ms.into(), limit.into()], case_of)?)
}

/// A case that waits for an answer and of which its person said that it is worse, or told it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Urged {
    /// Its number.
    pub number: CaseNumber,
    /// What it is about.
    pub kind: CaseKind,
    /// When the person said so, in epoch milliseconds.
    pub at_ms: i64,
}

/// Cases of which the person said so since a moment, danger first, then the newest.
pub fn urged(tx: &mut Tx<'_>, since_ms: i64, limit: i64) -> Result<Vec<Urged>, Fault> {
    const URGED: &str = "SELECT case_number, kind, urged_ms FROM help_case \
        WHERE state = 'open' AND urged_ms > 0 AND urged_ms > $1 \
        ORDER BY CASE WHEN kind = 'unsafe' THEN 0 ELSE 1 END, urged_ms DESC, id LIMIT $2";
    Ok(tx.query(URGED, &[since_ms.into(), limit.into()], |row| {
        Ok(Urged { number: read_number(row, 0)?, kind: CaseKind::read(row, 1)?, at_ms: row.integer(2)? })
    })?)
}

/// How many cases are overdue.
pub fn overdue_count(tx: &mut Tx<'_>, now_ms: i64) -> Result<i64, Error> {
    const COUNT: &str = "SELECT COUNT(*) FROM help_case WHERE state = 'open' AND due_ms <= $1";
    Ok(tx.query_one(COUNT, &[now_ms.into()], |row| row.integer(0))?.unwrap_or_default())
}

/// Cases that were answered some days ago and of which nothing was heard since.
pub fn to_ask(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<Case>, Fault> {
    const TO_ASK: &str = "SELECT id, case_number, kind, state, msisdn_hmac, number_generation, person_id, vacancy_id, \
        call_part, quiet, taken_by, office, opened_ms, due_ms, asked_ms, changed_ms FROM help_case \
        WHERE state IN ('answered', 'handed_over') AND changed_ms <= $1 AND asked_ms = 0 AND quiet = 0 \
        AND msisdn_hmac IS NOT NULL ORDER BY changed_ms, id LIMIT $2";
    Ok(tx.query(TO_ASK, &[(now_ms - ASK_AFTER_MS).into(), limit.into()], case_of)?)
}

/// Cases on which nothing was heard, though it was asked. A quiet one is never closed by silence.
pub fn silent(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<Vec<Case>, Fault> {
    const SILENT: &str = "SELECT id, case_number, kind, state, msisdn_hmac, number_generation, person_id, vacancy_id, \
        call_part, quiet, taken_by, office, opened_ms, due_ms, asked_ms, changed_ms FROM help_case \
        WHERE state IN ('answered', 'handed_over', 'waiting') AND changed_ms <= $1 AND quiet = 0 \
        AND (state = 'waiting' OR (asked_ms > 0 AND asked_ms <= $1)) ORDER BY changed_ms, id LIMIT $2";
    Ok(tx.query(SILENT, &[(now_ms - CLOSE_AFTER_MS).into(), limit.into()], case_of)?)
}

/// What a person is still to be told: the event, the case, and what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The line of the log.
    pub event: i64,
    /// The case.
    pub case: CaseId,
    /// What happened.
    pub what: CaseEvent,
}

/// Events of which the person is still to be told, the oldest first.
pub fn untold(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Ask>, Fault> {
    const UNTOLD: &str = "SELECT id, case_id, what FROM help_case_event WHERE untold = 1 ORDER BY id LIMIT $1";
    Ok(tx.query(UNTOLD, &[limit.into()], |row| {
        Ok(Ask { event: row.integer(0)?, case: CaseId::new(row.integer(1)?), what: CaseEvent::read(row, 2)? })
    })?)
}

/// Cases of a kind in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// What they are about.
    pub kind: CaseKind,
    /// Where they stand.
    pub state: CaseState,
    /// How many.
    pub cases: i64,
}

/// Cases that are not over, counted.
pub fn counts(tx: &mut Tx<'_>) -> Result<Vec<Count>, Error> {
    const COUNTS: &str = "SELECT kind, state, COUNT(*) FROM help_case \
        WHERE state IN ('open', 'answered', 'waiting', 'handed_over') GROUP BY kind, state ORDER BY kind, state";
    tx.query(COUNTS, &[], |row| {
        Ok(Count { kind: CaseKind::read(row, 0)?, state: CaseState::read(row, 1)?, cases: row.integer(2)? })
    })
}
