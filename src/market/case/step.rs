//! What moves a case: the person's word, an operator's hand, and time.

use super::super::phone_number::MsisdnHash;
use super::super::{CaseId, Fault, PersonId};
use super::read::{Case, find};
use super::{By, CaseEvent, CaseKind, CaseState, NOTE, may_move, urged_before_ms};
use crate::storage::{Error, IdBlock, Keys, Tx};

/// Writes a line of a case's log. `told` is the time and whether the person is to be told of it.
#[expect(clippy::too_many_arguments, reason = "the columns of the log; a struct of them would be built at one place")]
pub(super) fn log(
    tx: &mut Tx<'_>,
    id: i64,
    case: CaseId,
    what: CaseEvent,
    by: By<'_>,
    state: CaseState,
    note_sealed: Option<&Vec<u8>>,
    (at_ms, untold): (i64, bool),
) -> Result<(), Error> {
    const LOG: &str = "INSERT INTO help_case_event \
        (id, case_id, what, by_kind, by_whom, state, note_sealed, at_ms, untold) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let params = [
        id.into(),
        case.into(),
        what.code().into(),
        by.kind().into(),
        by.name().into(),
        state.code().into(),
        note_sealed.into(),
        at_ms.into(),
        untold.into(),
    ];
    tx.execute(LOG, &params)?;
    Ok(())
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// It is done; the case stands here now.
    Done(CaseState),
    /// The case stands where this cannot be done, or somebody was first: nothing was changed.
    Stands(CaseState),
    /// Another operator works on it.
    TakenBy(String),
    /// There is no such case.
    Nothing,
}

/// What a person says of their case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// Something more. It goes on even when nobody has answered yet.
    Note(&'a str),
    /// It is worse, or not settled.
    Worse,
    /// It is settled.
    Settled,
}

/// The person says something. `due_ms` is when somebody answers, if it waits for an answer again. Uses one identifier.
pub fn say(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    case: &Case,
    word: Word<'_>,
    due_ms: i64,
    now_ms: i64,
) -> Result<Stepped, Fault> {
    let (what, to, note) = match word {
        Word::Note(note) => (CaseEvent::Noted, CaseState::Open, Some(note)),
        Word::Worse => (CaseEvent::Worse, CaseState::Open, None),
        Word::Settled => (CaseEvent::Settled, CaseState::Settled, None),
    };
    let event_id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let stays = case.state == CaseState::Open && to == CaseState::Open;
    // While it waits for an answer anyway, its time does not begin anew; but somebody should hear of it.
    let urges = word == Word::Worse || case.kind == CaseKind::Unsafe;
    let moved = if stays { keep(tx, case, urges, now_ms)? } else { move_to(tx, case, to, By::Person, due_ms, now_ms)? };
    if !moved {
        return standing(tx, case.case);
    }
    let sealed = note.map(|note| keys.seal(NOTE, event_id, note.as_bytes()));
    log(tx, event_id, case.case, what, By::Person, to, sealed.as_ref(), (now_ms, false))?;
    Ok(Stepped::Done(to))
}

/// What an operator does with a case. Texts are checked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk<'a> {
    /// Works on it, where nobody else does.
    Take,
    /// Writes something down that the person does not see.
    Note(&'a str),
    /// Answers: the person may read it.
    Answer(&'a str),
    /// Asks something and waits.
    Ask(&'a str),
    /// Hands it over to an office of the country pack.
    HandOver(&'a str),
    /// It came to a good end.
    Settle(&'a str),
    /// It came to an end.
    Close(&'a str),
}

/// An operator does something. Uses one identifier.
pub fn desk(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    case: CaseId,
    (operator, step): (&str, Desk<'_>),
    now_ms: i64,
) -> Result<Stepped, Fault> {
    const TAKE: &str =
        "UPDATE help_case SET taken_by = $2, changed_ms = $3 WHERE id = $1 AND taken_by = '' AND state = $4";
    const OFFICE: &str = "UPDATE help_case SET office = $2 WHERE id = $1";
    let Some(found) = find(tx, case)? else { return Ok(Stepped::Nothing) };
    let by = By::Operator(operator);
    let event_id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let (what, to, note) = match step {
        Desk::Take => {
            let params = [case.into(), operator.into(), now_ms.into(), found.state.code().into()];
            if found.state.is_over() || tx.execute(TAKE, &params)? != 1 {
                let again = find(tx, case)?;
                let by = again.map(|again| again.taken_by).filter(|by| !by.is_empty() && !found.state.is_over());
                return by.map_or_else(|| standing(tx, case), |by| Ok(Stepped::TakenBy(by)));
            }
            (CaseEvent::Taken, found.state, None)
        }
        Desk::Note(note) => (CaseEvent::Noted, found.state, Some(note)),
        Desk::Answer(note) => (CaseEvent::Answered, CaseState::Answered, Some(note)),
        Desk::Ask(note) => (CaseEvent::Asked, CaseState::Waiting, Some(note)),
        Desk::HandOver(office) => (CaseEvent::HandedOver, CaseState::HandedOver, Some(office)),
        Desk::Settle(note) => (CaseEvent::Settled, CaseState::Settled, Some(note)),
        Desk::Close(note) => (CaseEvent::Closed, CaseState::Closed, Some(note)),
    };
    let moves = !matches!(step, Desk::Take | Desk::Note(_));
    if moves && !move_to(tx, &found, to, by, found.due_ms, now_ms)? {
        return standing(tx, case);
    }
    if let Desk::HandOver(office) = step {
        tx.execute(OFFICE, &[case.into(), office.into()])?;
    }
    let sealed = note.filter(|note| !note.is_empty()).map(|note| keys.seal(NOTE, event_id, note.as_bytes()));
    log(tx, event_id, case, what, by, to, sealed.as_ref(), (now_ms, moves && !found.quiet))?;
    Ok(Stepped::Done(to))
}

/// Moves a case as [`may_move`] allows from where it was found. False when it stands elsewhere by now, or may not.
fn move_to(tx: &mut Tx<'_>, case: &Case, to: CaseState, by: By<'_>, due_ms: i64, now_ms: i64) -> Result<bool, Fault> {
    const MOVE: &str = "UPDATE help_case SET state = $2, due_ms = $3, asked_ms = 0, urged_ms = 0, changed_ms = $4 \
        WHERE id = $1 AND state = $5";
    const END: &str = "UPDATE help_case SET state = $2, changed_ms = $3, open_key = NULL, open_slot = NULL \
        WHERE id = $1 AND state = $4";
    if !may_move(case.state, to, by) {
        return Ok(false);
    }
    let (id, from) = (case.case.into(), case.state.code().into());
    let moved = if to.is_over() {
        tx.execute(END, &[id, to.code().into(), now_ms.into(), from])?
    } else {
        tx.execute(MOVE, &[id, to.code().into(), due_ms.into(), now_ms.into(), from])?
    };
    Ok(moved == 1)
}

/// Notes that the person said more of a case that waits for an answer anyway. `urges`: operators are to hear of it, unless
/// they did a while ago.
fn keep(tx: &mut Tx<'_>, case: &Case, urges: bool, now_ms: i64) -> Result<bool, Fault> {
    const KEEP: &str = "UPDATE help_case SET changed_ms = $2, \
        urged_ms = CASE WHEN urged_ms <= $3 THEN CAST($2 AS BIGINT) ELSE urged_ms END WHERE id = $1 AND state = 'open'";
    // No moment lies before the first: then it stays as it is.
    let before_ms = if urges { urged_before_ms(case.kind, now_ms) } else { i64::MIN };
    Ok(tx.execute(KEEP, &[case.case.into(), now_ms.into(), before_ms.into()])? == 1)
}

fn standing(tx: &mut Tx<'_>, case: CaseId) -> Result<Stepped, Fault> {
    Ok(find(tx, case)?.map_or(Stepped::Nothing, |case| Stepped::Stands(case.state)))
}

/// Notes that an operator looked at the person's number. Uses one identifier.
pub fn note_contact_seen(
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    case: &Case,
    operator: &str,
    now_ms: i64,
) -> Result<(), Fault> {
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    Ok(log(tx, id, case.case, CaseEvent::ContactSeen, By::Operator(operator), case.state, None, (now_ms, false))?)
}

/// The person asks to be written to about a case of which nothing is written otherwise. Uses one identifier.
pub fn ask_by_sms(tx: &mut Tx<'_>, ids: &mut IdBlock, case: &Case, now_ms: i64) -> Result<(), Fault> {
    const LOUD: &str = "UPDATE help_case SET quiet = 0 WHERE id = $1 AND quiet = 1";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    if tx.execute(LOUD, &[case.case.into()])? == 1 {
        log(tx, id, case.case, CaseEvent::SmsWanted, By::Person, case.state, None, (now_ms, false))?;
    }
    Ok(())
}

/// Notes that the person is asked whether a case is settled. False when it was answered or moved meanwhile. Uses one
/// identifier.
pub fn mark_asked(tx: &mut Tx<'_>, ids: &mut IdBlock, case: &Case, now_ms: i64) -> Result<bool, Fault> {
    const ASKED: &str = "UPDATE help_case SET asked_ms = $2 WHERE id = $1 AND asked_ms = 0 AND state = $3";
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    if tx.execute(ASKED, &[case.case.into(), now_ms.into(), case.state.code().into()])? != 1 {
        return Ok(false);
    }
    log(tx, id, case.case, CaseEvent::SettledAsked, By::Service, case.state, None, (now_ms, false))?;
    Ok(true)
}

/// Closes a case that stayed silent. False when somebody spoke meanwhile. Uses one identifier.
pub fn close_silent(tx: &mut Tx<'_>, ids: &mut IdBlock, case: &Case, now_ms: i64) -> Result<bool, Fault> {
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    if !move_to(tx, case, CaseState::Closed, By::Service, case.due_ms, now_ms)? {
        return Ok(false);
    }
    log(tx, id, case.case, CaseEvent::Closed, By::Service, CaseState::Closed, None, (now_ms, !case.quiet))?;
    Ok(true)
}

/// Notes that the person was told of an event. False when it was told before.
pub fn mark_told(tx: &mut Tx<'_>, event: i64) -> Result<bool, Fault> {
    const TOLD: &str = "UPDATE help_case_event SET untold = 0 WHERE id = $1 AND untold = 1";
    Ok(tx.execute(TOLD, &[event.into()])? == 1)
}

/// Takes the identity out of a person's cases, which stay: number, person and notes. Answers how many.
pub fn anonymise(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<u64, Fault> {
    const NOTES: &str = "UPDATE help_case_event SET note_sealed = NULL, untold = 0 \
        WHERE case_id IN (SELECT id FROM help_case WHERE person_id = $1)";
    const CASES: &str = "UPDATE help_case SET msisdn_hmac = NULL, person_id = NULL, open_key = NULL, open_slot = NULL, \
        changed_ms = $2 WHERE person_id = $1";
    tx.execute(NOTES, &[person.into()])?;
    Ok(tx.execute(CASES, &[person.into(), now_ms.into()])?)
}

/// The same for the cases of a number on which nobody was registered: the number is forgotten.
pub fn forget_number(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<(), Fault> {
    const NOTES: &str = "UPDATE help_case_event SET note_sealed = NULL, untold = 0 \
        WHERE case_id IN (SELECT id FROM help_case WHERE msisdn_hmac = $1)";
    const CASES: &str = "UPDATE help_case SET msisdn_hmac = NULL, open_key = NULL, open_slot = NULL \
        WHERE msisdn_hmac = $1";
    for sql in [NOTES, CASES] {
        tx.execute(sql, &[number.as_bytes().into()])?;
    }
    Ok(())
}
