//! The pipeline: each move of an application, by whom, with what was noted and said; and where the moves must stop.
//!
//! A move is one conditional update of the stage and one event beside it: of two who move at once, one wins, and the same
//! cause moves once. The rules which stage may follow which are in [`super::stage`].

use super::job_number::JobNumber;
use super::place::Place;
use super::stage::{Stage, may_move};
use super::vacancy::VacancyStatus;
use super::worker_trade::read_trade;
use super::{ApplicationId, EmployerId, Fault, PersonId, VacancyId};
use crate::country::TradeCode;
use crate::storage::{Column, Error, IdBlock, Keys, Row, Tx};

/// Characters of a note: a paragraph after an interview. More belongs into the employer's own papers.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Bytes of an operation key: an idempotency key of the API with what stands before it.
pub const KEY_BYTES_MAX: usize = 200;

const NOTE: Column = Column::new("application_event", "note");
const WORDS: Column = Column::new("application_event", "words");

/// Who moves an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The employer, by a token of the API.
    Token(i64),
    /// The employer, who is one person, by keypad.
    Client(PersonId),
    /// An operator of the service, for the help desk.
    Operator(i64),
    /// The applicant.
    Applicant(PersonId),
    /// The service: a time is over.
    System,
}

impl By {
    /// The stable word, as stored.
    pub fn code(self) -> &'static str {
        match self {
            By::Token(_) => "token",
            By::Client(_) => "client",
            By::Operator(_) => "operator",
            By::Applicant(_) => "applicant",
            By::System => "system",
        }
    }

    /// Which token, operator or person; 0: the service.
    pub fn id(self) -> i64 {
        match self {
            By::Token(id) | By::Operator(id) => id,
            By::Client(person) | By::Applicant(person) => person.get(),
            By::System => 0,
        }
    }

    fn read(row: &Row<'_>, column: usize) -> Result<By, Error> {
        let id = row.integer(column + 1)?;
        Ok(match row.text(column)? {
            "token" => By::Token(id),
            "client" => By::Client(PersonId::new(id)),
            "operator" => By::Operator(id),
            "applicant" => By::Applicant(PersonId::new(id)),
            "system" => By::System,
            _ => return Err(Error::Corrupt { what: "who moved an application is unknown" }),
        })
    }
}

coded! {
    /// What is wrong with an order to move an application. Nothing was changed; the word is stable, for answers of the API.
    pub enum Refusal {
        /// Only the applicant says yes or withdraws, and only the service lets an application expire.
        NotTheEmployers = "not_the_employers",
        /// An operation key that is empty or too long.
        Key = "operation_key",
        /// A note of more than [`NOTE_CHARS_MAX`] characters.
        NoteTooLong = "note_too_long",
        /// An interview without place and time.
        NoInterview = "interview_missing",
        /// An assessment without saying what it is.
        NoAssessment = "assessment_missing",
        /// An offer without its terms.
        NoOffer = "offer_missing",
        /// Place or task is empty, or has no letter or digit.
        NoWords = "words_missing",
        /// Place or task is longer than a screen can show.
        WordsTooLong = "words_too_long",
        /// The words ask the worker to pay.
        WorkerPays = "worker_pays",
        /// The words have a phone number in them.
        PhoneNumber = "phone_number",
        /// The words have a link in them.
        Link = "link",
        /// No such minute of the day.
        NoSuchTime = "no_such_time",
        /// A time without its day.
        NoDay = "day_missing",
        /// It is over already.
        Past = "in_the_past",
        /// More than half a year ahead: a slip.
        TooFar = "too_far_ahead",
        /// No pay is named, and the work is not one that may be unpaid.
        NoPay = "pay_missing",
        /// Less or more than anybody is paid for this unit.
        PayOutOfBounds = "pay_out_of_bounds",
        /// The applicant would have less than an hour to answer.
        TooSoon = "answer_too_soon",
        /// The applicant would have more than a month to answer.
        TooLate = "answer_too_late",
    }
}

/// An application with what its moves have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The application.
    pub application: ApplicationId,
    /// How far it has come.
    pub stage: Stage,
    /// Who asked.
    pub person: PersonId,
    /// Whether the employer may have their number.
    pub share_number: bool,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// Its number.
    pub job_number: JobNumber,
    /// Its trade.
    pub trade: TradeCode,
    /// Where it is.
    pub place: Place,
    /// How many it needs.
    pub openings: i64,
    /// Where it stands.
    pub status: VacancyStatus,
    /// Whose it is.
    pub employer: EmployerId,
    /// It waits for a person's look, or was taken back: nobody is led further on.
    pub is_doubted: bool,
}

/// The application with this identifier; `None` when there is none.
pub fn subject(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Option<Subject>, Fault> {
    const SUBJECT: &str = "SELECT application.stage, application.person_id, application.share_number, \
        application.vacancy_id, vacancy.job_number, vacancy.trade, vacancy.area_code, vacancy.openings, vacancy.status, \
        vacancy.employer_id, vacancy.paused, \
        (SELECT COUNT(*) FROM vacancy_withdrawal WHERE vacancy_withdrawal.vacancy_id = vacancy.id) \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        WHERE application.id = $1";
    Ok(tx.query_one(SUBJECT, &[application.into()], |row| {
        let job_number = JobNumber::from_value(row.integer(4)?);
        Ok(Subject {
            application,
            stage: Stage::read(row, 0)?,
            person: PersonId::new(row.integer(1)?),
            share_number: row.boolean(2)?,
            vacancy: VacancyId::new(row.integer(3)?),
            job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
            trade: read_trade(row, 5)?,
            place: Place::read(row, 6)?,
            openings: row.integer(7)?,
            status: VacancyStatus::read(row, 8)?,
            employer: EmployerId::new(row.integer(9)?),
            is_doubted: VacancyStatus::read(row, 8)? == VacancyStatus::Held && !row.boolean(10)?
                || row.integer(11)? > 0,
        })
    })?)
}

/// One move.
#[derive(Clone, Copy)]
pub struct Move<'a> {
    /// The application.
    pub application: ApplicationId,
    /// Where it was seen to stand.
    pub from: Stage,
    /// Where it goes.
    pub to: Stage,
    /// Who moves it.
    pub by: By,
    /// For the employer's own use, cleaned; sealed.
    pub note: Option<&'a str>,
    /// What the applicant is told beside the stage, cleaned; sealed.
    pub words: Option<&'a str>,
    /// What causes it: the same cause moves an application once.
    pub operation_key: &'a str,
}

/// Without note and words.
impl std::fmt::Debug for Move<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Move");
        shown.field("from", &self.from).field("to", &self.to).field("by", &self.by).finish_non_exhaustive()
    }
}

/// What came of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is there now.
    Now {
        /// The event.
        event: i64,
    },
    /// The same cause has moved it before.
    Before {
        /// Where that move led.
        to: Stage,
    },
    /// It stands where this move is not legal: somebody was first, or it never was.
    Stands {
        /// Where it stands.
        stage: Stage,
    },
}

/// Moves an application if it stands where it was seen to, and writes the event. Uses one identifier.
pub fn step(tx: &mut Tx<'_>, keys: &Keys, ids: &mut IdBlock, step: &Move<'_>, now_ms: i64) -> Result<Moved, Fault> {
    const STAGE: &str = "SELECT stage FROM application WHERE id = $1";
    const MOVE: &str = "UPDATE application SET stage = $2, changed_ms = $4 WHERE id = $1 AND stage = $3";
    const EVENT: &str = "INSERT INTO application_event (id, application_id, from_stage, to_stage, by_kind, by_id, at_ms, \
        note_sealed, words_sealed, operation_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let &Move { application, from, to, by, note, words, operation_key } = step;
    if let Some(to) = moved_before(tx, application, operation_key)? {
        return Ok(Moved::Before { to });
    }
    let params = [application.into(), to.code().into(), from.code().into(), now_ms.into()];
    if !may_move(from, to) || tx.execute(MOVE, &params)? == 0 {
        // Whoever was first may have had the same cause: two deliveries of one request.
        if let Some(to) = moved_before(tx, application, operation_key)? {
            return Ok(Moved::Before { to });
        }
        let stage = tx.query_one(STAGE, &[application.into()], |row| Stage::read(row, 0))?;
        return Ok(Moved::Stands { stage: stage.ok_or(Fault::Gone("application"))? });
    }
    let event = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let note = note.map(|note| keys.seal(NOTE, event, note.as_bytes()));
    let words = words.map(|words| keys.seal(WORDS, event, words.as_bytes()));
    let params = [
        event.into(),
        application.into(),
        from.code().into(),
        to.code().into(),
        by.code().into(),
        by.id().into(),
        now_ms.into(),
        note.as_deref().into(),
        words.as_deref().into(),
        operation_key.into(),
    ];
    tx.execute(EVENT, &params)?;
    Ok(Moved::Now { event })
}

/// Where this cause has moved the application before, if it has.
pub fn moved_before(tx: &mut Tx<'_>, application: ApplicationId, operation_key: &str) -> Result<Option<Stage>, Fault> {
    const BEFORE: &str = "SELECT to_stage FROM application_event WHERE application_id = $1 AND operation_key = $2";
    Ok(tx.query_one(BEFORE, &[application.into(), operation_key.into()], |row| Stage::read(row, 0))?)
}

/// One move as it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The event.
    pub id: i64,
    /// From where.
    pub from: Stage,
    /// To where.
    pub to: Stage,
    /// By whom.
    pub by: By,
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// What the employer noted, for its own use.
    pub note: Option<String>,
    /// What the applicant was told beside the stage.
    pub words: Option<String>,
}

/// Without note and words.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Event");
        shown.field("from", &self.from).field("to", &self.to).field("by", &self.by).finish_non_exhaustive()
    }
}

/// The moves of an application, the first one first: at most eight, for each leads on.
pub fn history(tx: &mut Tx<'_>, keys: &Keys, application: ApplicationId) -> Result<Vec<Event>, Fault> {
    const HISTORY: &str = "SELECT id, from_stage, to_stage, by_kind, by_id, at_ms, note_sealed, words_sealed \
        FROM application_event WHERE application_id = $1 ORDER BY at_ms, id";
    Ok(tx.query(HISTORY, &[application.into()], |row| {
        let id = row.integer(0)?;
        let open =
            |column: Column, sealed: Option<&[u8]>| sealed.map(|sealed| keys.open_text(column, id, sealed)).transpose();
        Ok(Event {
            id,
            from: Stage::read(row, 1)?,
            to: Stage::read(row, 2)?,
            by: By::read(row, 3)?,
            at_ms: row.integer(5)?,
            note: open(NOTE, row.optional_bytes(6)?)?,
            words: open(WORDS, row.optional_bytes(7)?)?,
        })
    })?)
}

/// How many places of a vacancy are taken, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where the vacancy stands.
    pub status: VacancyStatus,
    /// How many it needs.
    pub openings: i64,
    /// How many have an offer or are hired.
    pub taken: i64,
    /// How many of them are hired.
    pub hired: i64,
}

/// The places of a vacancy; until the transaction ends nobody else counts them. `None` when there is no such vacancy.
pub fn places(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Option<Places>, Fault> {
    // Writes the row as it is: whoever counts next waits, and then sees what was done here.
    const HOLD: &str = "UPDATE vacancy SET settle_ms = settle_ms WHERE id = $1 RETURNING status, openings";
    const TAKEN: &str = "SELECT stage, COUNT(*) FROM application WHERE vacancy_id = $1 \
        AND stage IN ('offered', 'hired') GROUP BY stage";
    let read = |row: &Row<'_>| Ok((VacancyStatus::read(row, 0)?, row.integer(1)?));
    let Some((status, openings)) = tx.query_one(HOLD, &[vacancy.into()], read)? else { return Ok(None) };
    let counts = tx.query(TAKEN, &[vacancy.into()], |row| Ok((Stage::read(row, 0)?, row.integer(1)?)))?;
    let hired = counts.iter().filter(|(stage, _)| *stage == Stage::Hired).map(|(_, count)| count).sum();
    Ok(Some(Places { status, openings, taken: counts.iter().map(|(_, count)| count).sum(), hired }))
}

/// Whose turn it is: the applications of a person that wait for their answer. For the first screen.
pub fn waiting_for(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<i64, Fault> {
    const WAITING: &str = "SELECT COUNT(*) FROM application JOIN offer ON offer.application_id = application.id \
        WHERE application.person_id = $1 AND offer.status = 'open' AND offer.until_ms > $2";
    Ok(tx.query_one(WAITING, &[person.into(), now_ms.into()], |row| row.integer(0))?.unwrap_or_default())
}

/// Ends all that a person asked for and that is not decided, untold: they leave. Those who wait for an answer of theirs wait no
/// longer.
pub fn leave(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    const OFFERS: &str = "UPDATE offer SET status = 'declined', answered_ms = $2 WHERE status = 'open' \
        AND application_id IN (SELECT id FROM application WHERE person_id = $1)";
    const APPLICATIONS: &str = "UPDATE application SET stage = 'withdrawn', changed_ms = $2 WHERE person_id = $1 \
        AND stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered')";
    for sql in [OFFERS, APPLICATIONS] {
        tx.execute(sql, &[person.into(), now_ms.into()])?;
    }
    Ok(())
}

/// Ends what a person asked for in private homes, and where they would live at their work, untold: they may not work there.
pub(super) fn leave_homes(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    const APPLICATIONS: &str = "UPDATE application SET stage = 'withdrawn', changed_ms = $2 WHERE person_id = $1 \
        AND stage IN ('applied', 'shortlisted', 'assessment', 'interview', 'offered') \
        AND EXISTS (SELECT 1 FROM vacancy JOIN employer ON employer.id = vacancy.employer_id \
        WHERE vacancy.id = application.vacancy_id AND (vacancy.live_in = 1 OR employer.kind = 'household'))";
    const OFFERS: &str = "UPDATE offer SET status = 'declined', answered_ms = $2 WHERE status = 'open' \
        AND application_id IN (SELECT id FROM application WHERE person_id = $1 AND stage = 'withdrawn')";
    for sql in [APPLICATIONS, OFFERS] {
        tx.execute(sql, &[person.into(), now_ms.into()])?;
    }
    Ok(())
}

/// Erases what the pipeline keeps of a person's applications: events with their notes, appointments, offers. The
/// applications themselves, which count, stay. For the erasure of a person.
pub fn erase_of(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const EVENTS: &str = "DELETE FROM application_event WHERE application_id IN \
        (SELECT id FROM application WHERE person_id = $1)";
    const APPOINTMENTS: &str = "DELETE FROM appointment WHERE application_id IN \
        (SELECT id FROM application WHERE person_id = $1)";
    const OFFERS: &str = "DELETE FROM offer WHERE application_id IN (SELECT id FROM application WHERE person_id = $1)";
    for sql in [EVENTS, APPOINTMENTS, OFFERS] {
        tx.execute(sql, &[person.into()])?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
