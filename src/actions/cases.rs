//! Telling a problem by keypad, and following it.
//!
//! A case is found by its owner alone: the number under its present owner, and the person where one told it. What somebody in
//! danger tells stands in no list, and is found again only by its number.

use super::manifest::{CODE, fields, outcomes};
use super::tell::{Notice, Told, tell};
use super::{ActionCx, Fault, Host, page};
use crate::market::case::{self, CallPart, Case, CaseKind, CaseState, MyCase, NewCase, Opened, Stepped, Word};
use crate::market::case_number::CaseNumber;
use crate::market::job_number::{JobNumber, mix};
use crate::market::{self, ApplicationId, CaseId, VacancyId, application, vacancy};
use crate::menu::Bundle;
use crate::menu::manifest::{Field, FieldType, Value};
use crate::outbox::{Class, Priority};
use crate::session::{Row, RowsWanted};
use crate::storage::{IdBlock, Tx};
use crate::text::datetime::{Day, minute_of_day};

outcomes! { Question { Asked = "asked", None = "none" } }
outcomes! { Job { Found = "found", Unknown = "unknown" } }
outcomes! { Open { Opened = "opened", Joined = "joined", Full = "full" } }
outcomes! { Find { Found = "found", Unknown = "unknown" } }
outcomes! { Say { Done = "done", Over = "over" } }
outcomes! { Sms { Sent = "sent" } }

const KIND: FieldType = FieldType::Word(&["case_unpaid", "case_unsafe", "case_fraud", "case_my_data", "case_other"]);
const STATE: FieldType =
    FieldType::Word(&["case_open", "case_answered", "case_waiting", "case_handed_over", "case_settled", "case_closed"]);
/// Times are told to the half hour, and never earlier than they are.
const HALF_HOUR_MS: i64 = 30 * 60_000;
/// That a case began is of use for so long, in milliseconds.
const OPENED_EXPIRES_MS: i64 = 3 * 24 * 3_600_000;

/// A row of "my cases".
pub(super) const CASE_ROW: &[Field] = fields! { "case": FieldType::Number(8), "kind": KIND, "state": STATE };

/// A case on a screen: what it is, how it stands, by when it is answered, and what the answer was.
pub(super) const CASE: &[Field] = fields! {
    "case": FieldType::Number(8),
    "kind": KIND,
    "state": STATE,
    "day": FieldType::Day,
    "clock": FieldType::HalfHour,
    "answer": FieldType::Text(case::ANSWER_CHARS_MAX),
    "code": CODE,
};

/// The confirmation: nothing of what it is about, for a screen that lies on a table.
pub(super) const OPENED_SMS: &[Field] = fields! {
    "case": FieldType::Number(8),
    "day": FieldType::Day,
    "clock": FieldType::HalfHour,
    "code": CODE,
};

fn kind_word(kind: CaseKind) -> Value {
    Value::Word(match kind {
        CaseKind::Unpaid => "case_unpaid",
        CaseKind::Unsafe => "case_unsafe",
        CaseKind::Fraud => "case_fraud",
        CaseKind::MyData => "case_my_data",
        CaseKind::Other => "case_other",
    })
}

fn state_word(state: CaseState) -> Value {
    Value::Word(match state {
        CaseState::Open => "case_open",
        CaseState::Answered => "case_answered",
        CaseState::Waiting => "case_waiting",
        CaseState::HandedOver => "case_handed_over",
        CaseState::Settled => "case_settled",
        CaseState::Closed => "case_closed",
    })
}

/// Day and time of a deadline as it is told.
fn promised(host: &Host, due_ms: i64) -> [Value; 2] {
    let zone = &host.country.timezone;
    let told_ms = due_ms.saturating_add(HALF_HOUR_MS - 1);
    let told_ms = told_ms - told_ms.rem_euclid(HALF_HOUR_MS);
    [Value::Day(Day::from_ms(told_ms, zone).0), Value::Clock(minute_of_day(told_ms, zone))]
}

/// The caller's case on the screen. Whose it is not gets nothing, whatever the visit says.
fn own(cx: &mut ActionCx<'_, '_, '_>) -> Result<Case, Fault> {
    let case = CaseId::new(cx.integer("case")?);
    let (number, person) = (cx.number()?, cx.person());
    let found = case::find(cx.tx, case)?.filter(|case| case.belongs_to(&number, person));
    Ok(found.ok_or(market::Fault::Gone("case"))?)
}

/// Whether the caller was asked if a case is settled and has not said.
pub(super) fn question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Question, Fault> {
    let (number, person) = (cx.number()?, cx.person());
    if number.owner_doubted {
        return Ok(Question::None);
    }
    let Some(case) = case::ask_about(cx.tx, &number, person)? else { return Ok(Question::None) };
    cx.set("case", case.get());
    Ok(Question::Asked)
}

/// The job of a number that was typed, over or not.
pub(super) fn job(cx: &mut ActionCx<'_, '_, '_>) -> Result<Job, Fault> {
    let Some(number) = JobNumber::from_value(cx.integer("job_number")?) else { return Ok(Job::Unknown) };
    let Some(id) = vacancy::by_job_number(cx.tx, number)? else { return Ok(Job::Unknown) };
    cx.set("job", id.get());
    Ok(Job::Found)
}

/// Job and application that the problem is about, as far as the caller named them on the way here.
fn about(cx: &mut ActionCx<'_, '_, '_>) -> Result<(Option<VacancyId>, Option<ApplicationId>), Fault> {
    match cx.text("case_about")? {
        "job" => Ok((Some(VacancyId::new(cx.integer("job")?)), None)),
        "application" => {
            let (person, id) = (cx.known_person()?, ApplicationId::new(cx.integer("application")?));
            let mine = application::mine(cx.tx, person)?;
            let mine = mine.into_iter().find(|mine| mine.application == id);
            let mine = mine.ok_or(market::Fault::Gone("application"))?;
            Ok((Some(mine.vacancy), Some(id)))
        }
        _ => Ok((None, None)),
    }
}

/// Opens a case, or joins the open one of the same problem, and confirms it by SMS unless it has to stay quiet.
pub(super) fn open(cx: &mut ActionCx<'_, '_, '_>) -> Result<Open, Fault> {
    let kind = CaseKind::from_code(cx.text("case_kind")?).ok_or(Fault::Answer("case_kind"))?;
    let call = CallPart::from_code(cx.text("case_call")?).ok_or(Fault::Answer("case_call"))?;
    let (vacancy, application) = about(cx)?;
    let (number, person) = (cx.number()?, cx.person());
    let (host, now_ms) = (cx.at.host, cx.at.now_ms);
    let due_ms = host.country.help.due_ms(kind.code(), now_ms, &host.country.timezone);
    let new = NewCase { kind, number: &number, person, vacancy, application, booking: None, call, due_ms };
    let random = cx.at.ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let random = mix(u64::from_ne_bytes(random.to_ne_bytes()));
    match case::open(cx.tx, &host.keys, cx.at.ids, &new, random, now_ms)? {
        Opened::New { case, .. } => {
            cx.set("case", case.get());
            let found = case::find(cx.tx, case)?.ok_or(market::Fault::Gone("case"))?;
            if !found.quiet {
                confirm(cx, &found)?;
            }
            Ok(Open::Opened)
        }
        Opened::Joined { case, .. } => {
            cx.set("case", case.get());
            Ok(Open::Joined)
        }
        Opened::Full => Ok(Open::Full),
    }
}

fn opened_values(host: &Host, case: &Case) -> [Value; 4] {
    let [day, clock] = promised(host, case.due_ms);
    [Value::Number(case.number.get()), day, clock, Value::Text(host.short_code.clone())]
}

fn confirm(cx: &mut ActionCx<'_, '_, '_>, case: &Case) -> Result<(), Fault> {
    let number = cx.number()?;
    cx.send("case_opened", &opened_values(cx.at.host, case), number.generation)
}

/// Tells a person of a case that began without their opening it by key: once a case. Uses one identifier.
pub(super) fn tell_opened(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    case: CaseId,
    now_ms: i64,
) -> Result<bool, Fault> {
    let Some(found) = case::find(tx, case)? else { return Ok(false) };
    let Some(person) = found.person else { return Ok(false) };
    let due_ms = host.when_open(now_ms);
    let notice = Notice {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person,
        template: "case_opened",
        values: &|_| opened_values(host, &found).to_vec(),
        operation_key: &format!("case/{}/opened", case.get()),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms,
        expires_ms: due_ms.saturating_add(OPENED_EXPIRES_MS),
    };
    Ok(tell(tx, host, bundle, &notice, now_ms)? == Told::Queued)
}

/// The case on the screen.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let found = own(cx)?;
    let host = cx.at.host;
    let office = host.country.help.office(&found.office).filter(|_| found.state == CaseState::HandedOver);
    let answer = match office {
        Some(office) => Some(format!("{}: {}", office.name(cx.language()), office.number)),
        None => case::last_answer(cx.tx, &host.keys, found.case)?,
    };
    let answer = answer.unwrap_or_else(|| cx.at.bundle.word(cx.language(), "case_no_answer").to_owned());
    let [day, clock] = promised(host, found.due_ms);
    Ok(vec![
        Value::Number(found.number.get()),
        kind_word(found.kind),
        state_word(found.state),
        day,
        clock,
        Value::Text(answer),
        Value::Text(cx.at.host.short_code.clone()),
    ])
}

/// The caller's cases.
pub(super) fn mine(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (number, person) = (cx.number()?, cx.person());
    if number.owner_doubted {
        return Ok((Vec::new(), false));
    }
    let all = case::mine(cx.tx, &number, person)?;
    let row = |mine: &MyCase| Row {
        id: mine.case.get(),
        values: vec![Value::Number(mine.number.get()), kind_word(mine.kind), state_word(mine.state)],
        exact: false,
    };
    Ok(page(&all, wanted, |mine| mine.case.get(), row))
}

/// The caller's case of a number that was typed. Another's is as unknown as one that there is not.
pub(super) fn by_number(cx: &mut ActionCx<'_, '_, '_>) -> Result<Find, Fault> {
    let Some(typed) = CaseNumber::from_value(cx.integer("case_number")?) else { return Ok(Find::Unknown) };
    let (number, person) = (cx.number()?, cx.person());
    let found = case::by_number(cx.tx, typed)?.filter(|case| case.belongs_to(&number, person));
    let Some(found) = found.filter(|_| !number.owner_doubted) else { return Ok(Find::Unknown) };
    cx.set("case", found.case.get());
    Ok(Find::Found)
}

fn say(cx: &mut ActionCx<'_, '_, '_>, word: Word<'_>) -> Result<Say, Fault> {
    let found = own(cx)?;
    let (host, now_ms) = (cx.at.host, cx.at.now_ms);
    let due_ms = host.country.help.due_ms(found.kind.code(), now_ms, &host.country.timezone);
    Ok(match case::say(cx.tx, &host.keys, cx.at.ids, &found, word, due_ms, now_ms)? {
        Stepped::Done(_) => Say::Done,
        Stepped::Stands(_) | Stepped::TakenBy(_) | Stepped::Nothing => Say::Over,
    })
}

/// Adds what was typed.
pub(super) fn note(cx: &mut ActionCx<'_, '_, '_>) -> Result<Say, Fault> {
    let typed = case::checked_note(cx.text("case_note")?).ok_or(Fault::Answer("case_note"))?;
    say(cx, Word::Note(&typed))
}

/// It is settled.
pub(super) fn settled(cx: &mut ActionCx<'_, '_, '_>) -> Result<Say, Fault> {
    say(cx, Word::Settled)
}

/// It is worse, or not settled.
pub(super) fn worse(cx: &mut ActionCx<'_, '_, '_>) -> Result<Say, Fault> {
    say(cx, Word::Worse)
}

/// Sends the number of a quiet case by SMS, because it was asked for; from now on it is written about.
pub(super) fn sms(cx: &mut ActionCx<'_, '_, '_>) -> Result<Sms, Fault> {
    let found = own(cx)?;
    case::ask_by_sms(cx.tx, cx.at.ids, &found, cx.at.now_ms)?;
    confirm(cx, &found)?;
    Ok(Sms::Sent)
}
