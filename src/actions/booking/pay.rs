//! What both sides say of pay, by key: paid, part of it, not yet, no work; and a worker's own record of work and pay.
//!
//! What one side said is not shown to the other. Where the two differ, and where something stays owed, a person looks at it: a
//! case of the worker's, opened once for each pay day.

use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, Host, cases, data, page};
use super::{DAY, INITIALS, MEANS, PAY, chosen, day_words, initials, means_value, notices, pay_words, trade_value};
use crate::market::booking::pay::{self, Noted, PayDay, side_of};
use crate::market::booking::pay_day::{PayState, Said, Word};
use crate::market::booking::record::{self, Side};
use crate::market::booking::{self, Booking};
use crate::market::case::{self, CallPart, CaseKind, NewCase, Opened};
use crate::market::job_number::mix;
use crate::market::{self, CaseId, PersonId, person, phone_number};
use crate::menu::manifest::{Field, FieldType};
use crate::menu::{Bundle, Labels as _, Value};
use crate::outbox::Enqueued;
use crate::session::{Row, RowsWanted};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;
use crate::text::datetime::Day;

outcomes! { Question { Worker = "worker", Client = "client", None = "none" } }
outcomes! {
    Say { Paid = "paid", Noted = "noted", Looked = "looked_at", NotPart = "not_part", Over = "over" }
}
outcomes! { Call { Called = "called", Full = "full", Over = "over" } }
outcomes! { Line { Open = "open", Closed = "closed" } }
outcomes! { Sent { Sent = "sent", NotNow = "not_now" } }

/// How pay stands, in a word.
const STATE: FieldType =
    FieldType::Word(&["p_open", "p_paid", "p_part", "p_unpaid", "p_disputed", "p_settled", "p_not_worked"]);
/// Of the last jobs in the SMS, in septets: what the rest of its segment leaves.
const LAST_SEPTETS: usize = 60;
/// Jobs named in the SMS, as far as they fit.
const LAST_MAX: usize = 3;

pub(in crate::actions) const DETAILS: &[Field] = fields! {
    "number": FieldType::Number(8),
    "initials": INITIALS,
    "trade": FieldType::Coded("trade"),
    "day": DAY,
    "pay": PAY,
    "means": MEANS,
    "state": STATE,
};
pub(in crate::actions) const ROW: &[Field] = fields! { "day": DAY, "trade": FieldType::Coded("trade"), "state": STATE };
pub(in crate::actions) const TOTALS: &[Field] = fields! {
    "jobs": FieldType::Number(4),
    "paid": FieldType::Number(4),
    "told": FieldType::Number(4),
};
/// The record as an SMS.
pub(in crate::actions) const RECORD: &[Field] = fields! {
    "jobs": FieldType::Number(4),
    "paid": FieldType::Number(4),
    "told": FieldType::Number(4),
    "last": FieldType::Text(LAST_SEPTETS),
};

/// What is due, as it is read: the amount, or the rate where nobody knows how much was done.
pub(super) fn due_words(host: &Host, bundle: &Bundle, language: Language, due: (Option<i64>, &Booking)) -> String {
    let (amount, booking) = due;
    amount.map_or_else(|| pay_words(host, bundle, language, booking.pay), |amount| host.money(amount, language))
}

fn state_word(state: PayState) -> Value {
    Value::Word(match state {
        PayState::Open => "p_open",
        PayState::Paid => "p_paid",
        PayState::Part => "p_part",
        PayState::Unpaid => "p_unpaid",
        PayState::Disputed => "p_disputed",
        PayState::Settled => "p_settled",
        PayState::NotWorked => "p_not_worked",
    })
}

/// Whether the caller has something to say of this booking's pay.
pub(super) fn is_asked(cx: &mut ActionCx<'_, '_, '_>, booking: &Booking) -> Result<bool, Fault> {
    let side = side_of(booking, cx.known_person()?);
    Ok(pay::question(cx.tx, &cx.at.host.country, booking, side, cx.at.now_ms)?.is_some())
}

/// Which question the chosen booking has for the caller. What is answered is what was seen, so the pay day is kept.
pub(in crate::actions) fn question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Question, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    let side = side_of(&found, person);
    let Some(asked) = pay::question(cx.tx, &cx.at.host.country, &found, side, cx.at.now_ms)? else {
        return Ok(Question::None);
    };
    cx.set("pay_nth", asked.nth);
    Ok(if side == Side::Worker { Question::Worker } else { Question::Client })
}

/// The booking and the pay day on the screen.
fn on_screen(cx: &mut ActionCx<'_, '_, '_>) -> Result<(Booking, PayDay), Fault> {
    let (found, nth) = (chosen(cx)?, cx.integer("pay_nth")?);
    let pay = pay::of_booking(cx.tx, found.id)?.into_iter().find(|pay| pay.nth == nth);
    Ok((found, pay.ok_or(market::Fault::Gone("pay day"))?))
}

/// The pay day that is asked about.
pub(in crate::actions) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let ((found, pay), person) = (on_screen(cx)?, cx.known_person()?);
    let other = if found.worker == person { found.client } else { found.worker };
    let name = initials(cx.tx, cx.at.host, other)?;
    Ok(vec![
        Value::Number(found.number.get()),
        Value::Text(name),
        trade_value(&found),
        Value::Text(day_words(pay.day, cx.language())),
        Value::Text(due_words(cx.at.host, cx.at.bundle, cx.language(), (pay.amount, &found))),
        means_value(found.means),
        state_word(pay.state),
    ])
}

/// The caller says how it was. A part that is all of it is asked again.
pub(in crate::actions) fn say(cx: &mut ActionCx<'_, '_, '_>) -> Result<Say, Fault> {
    let said = Said::from_code(cx.text("pay_said")?).ok_or(Fault::Answer("pay_said"))?;
    let (found, before) = on_screen(cx)?;
    let amount = if said == Said::Part { Some(cx.integer("part_paid")?) } else { None };
    if before.amount.is_some_and(|due| amount >= Some(due)) {
        return Ok(Say::NotPart);
    }
    let person = cx.known_person()?;
    let (host, bundle, now_ms) = (cx.at.host, cx.at.bundle, cx.at.now_ms);
    let said = Saying { booking: &found, nth: before.nth, person, word: Word { said, amount } };
    let (noted, queued) = note(cx.tx, (host, bundle), cx.at.ids, &said, now_ms)?;
    *cx.at.enqueued |= queued;
    let now = match noted {
        Noted::Noted(now) => now,
        Noted::Over(_) | Noted::Early => return Ok(Say::Over),
    };
    // Nothing that the other side said is told; that a person looks at it is told to the worker.
    let side = side_of(&found, person);
    Ok(match now.said(side).map(|word| word.said) {
        Some(Said::Paid) if side == Side::Client || now.state.is_paid() => Say::Paid,
        _ if now.state == PayState::Disputed && side == Side::Worker => Say::Looked,
        _ => Say::Noted,
    })
}

/// What somebody says of a pay day.
#[derive(Clone, Copy, Debug)]
pub struct Saying<'a> {
    /// Of which booking.
    pub booking: &'a Booking,
    /// Of which of its pay days.
    pub nth: i64,
    /// Who says it.
    pub person: PersonId,
    /// What.
    pub word: Word,
}

/// Notes what somebody says of a pay day, with what follows: a case where the two differ, and the end of one where all is paid.
/// Answers whether a message was queued. Uses five identifiers at most.
pub fn note(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    said: &Saying<'_>,
    now_ms: i64,
) -> Result<(Noted, bool), Fault> {
    let day = (said.booking.id, said.nth);
    let noted = pay::say(tx, &host.country, day, said.person, said.word, now_ms)?;
    let Noted::Noted(now) = noted else { return Ok((noted, false)) };
    if now.state.is_final() {
        settle_case(tx, host, ids, &now, now_ms)?;
    } else if now.needs_case()
        && let Some(case) = to_case(tx, host, ids, (said.booking, &now), CallPart::None, now_ms)?
    {
        return Ok((noted, cases::tell_opened(tx, host, bundle, ids, case, now_ms)?));
    }
    Ok((noted, false))
}

/// What was owed is paid: the case that it became is settled, by the worker's word.
fn settle_case(tx: &mut Tx<'_>, host: &Host, ids: &mut IdBlock, paid: &PayDay, now_ms: i64) -> Result<(), Fault> {
    let Some(case) = paid.case else { return Ok(()) };
    let Some(found) = case::find(tx, case)?.filter(|found| !found.state.is_over()) else { return Ok(()) };
    case::say(tx, &host.keys, ids, &found, case::Word::Settled, found.due_ms, now_ms)?;
    Ok(())
}

/// The worker wants to be called about their pay.
pub(in crate::actions) fn call(cx: &mut ActionCx<'_, '_, '_>) -> Result<Call, Fault> {
    let ((found, before), person) = (on_screen(cx)?, cx.known_person()?);
    if side_of(&found, person) != Side::Worker {
        return Ok(Call::Over);
    }
    let (host, bundle, now_ms) = (cx.at.host, cx.at.bundle, cx.at.now_ms);
    let mut now = before;
    if before.worker.is_none_or(|word| word.said != Said::Part) {
        let word = Word { said: Said::NotYet, amount: None };
        match pay::say(cx.tx, &host.country, (found.id, before.nth), person, word, now_ms)? {
            Noted::Noted(noted) => now = noted,
            Noted::Over(_) | Noted::Early => return Ok(Call::Over),
        }
    }
    let Some(case) = to_case(cx.tx, host, cx.at.ids, (&found, &now), CallPart::Now, now_ms)? else {
        return Ok(Call::Full);
    };
    cx.set("case", case.get());
    *cx.at.enqueued |= cases::tell_opened(cx.tx, host, bundle, cx.at.ids, case, now_ms)?;
    Ok(Call::Called)
}

/// Pay becomes a case of the worker's, or joins the one that it is. `None`: the worker is gone, or has too many open cases.
/// Uses three identifiers.
fn to_case(
    tx: &mut Tx<'_>,
    host: &Host,
    ids: &mut IdBlock,
    (booking, pay): (&Booking, &PayDay),
    call: CallPart,
    now_ms: i64,
) -> Result<Option<CaseId>, Fault> {
    let Some(worker) = person::find(tx, booking.worker)? else { return Ok(None) };
    let Some(mut number) = phone_number::find(tx, &worker.number)? else { return Ok(None) };
    number.generation = worker.number_generation;
    let kind = CaseKind::Unpaid;
    let due_ms = host.country.help.due_ms(kind.code(), now_ms, &host.country.timezone);
    let new = NewCase {
        kind,
        number: &number,
        person: Some(booking.worker),
        vacancy: None,
        application: None,
        booking: Some(booking.id),
        call,
        due_ms,
    };
    let random = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    match case::open(tx, &host.keys, ids, &new, mix(u64::from_ne_bytes(random.to_ne_bytes())), now_ms)? {
        Opened::New { case, .. } | Opened::Joined { case, .. } => {
            pay::became_case(tx, pay, case)?;
            Ok(Some(case))
        }
        Opened::Full => Ok(None),
    }
}

/// Asks both sides of a few pay days, and makes cases of what is owed for too long; answers how many, and how many messages.
pub(super) fn ask_both(
    tx: &mut Tx<'_>,
    desk: &notices::Desk<'_>,
    block: &dyn Fn() -> IdBlock,
) -> Result<(u64, u64), Fault> {
    let (mut moved, mut queued) = (0, 0);
    for (booking, asked) in pay::ask(tx, &desk.host.country, desk.now_ms)? {
        moved += 1;
        let ids = &mut block();
        for side in [Side::Worker, Side::Client] {
            if asked.is_asked_of(side) {
                queued += u64::from(desk.pay_asked(tx, ids, &booking, &asked, side)?);
            }
        }
        if asked.needs_case()
            && let Some(case) = to_case(tx, desk.host, ids, (&booking, &asked), CallPart::None, desk.now_ms)?
        {
            queued += u64::from(cases::tell_opened(tx, desk.host, desk.bundle, ids, case, desk.now_ms)?);
        }
    }
    Ok((moved, queued))
}

fn history(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<PayDay>, Fault> {
    let person = cx.known_person()?;
    Ok(pay::history(cx.tx, &cx.at.host.country, person, cx.at.now_ms)?)
}

/// A row's identifier. No booking has 64 pay days, so no two rows have the same.
fn row_id(pay: &PayDay) -> i64 {
    pay.booking.get().wrapping_mul(64).wrapping_add(pay.nth)
}

/// The caller's own record of work and pay.
pub(in crate::actions) fn mine(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (all, language) = (history(cx)?, cx.language());
    let (mut rows, more) = page(&all, wanted, row_id, |pay| {
        let values = vec![Value::Text(day_words(pay.day, language)), Value::Text(String::new()), state_word(pay.state)];
        Row { id: row_id(pay), values, exact: false }
    });
    for row in &mut rows {
        let Some(pay) = all.iter().find(|pay| row_id(pay) == row.id) else { continue };
        let found = booking::find(cx.tx, pay.booking)?.ok_or(market::Fault::Gone("booking"))?;
        if let Some(trade) = row.values.get_mut(1) {
            *trade = trade_value(&found);
        }
    }
    Ok((rows, more))
}

/// Takes the chosen line of the record to the screens of its booking's pay.
pub(in crate::actions) fn choose(cx: &mut ActionCx<'_, '_, '_>) -> Result<Line, Fault> {
    let id = cx.integer("work_line")?;
    let pay = history(cx)?.into_iter().find(|pay| row_id(pay) == id).ok_or(market::Fault::Gone("pay day"))?;
    let found = booking::find(cx.tx, pay.booking)?.ok_or(market::Fault::Gone("booking"))?;
    cx.set("booking", pay.booking.get());
    cx.set("pay_nth", pay.nth);
    let asked = pay::question(cx.tx, &cx.at.host.country, &found, Side::Worker, cx.at.now_ms)?;
    Ok(if asked.is_some_and(|asked| asked.nth == pay.nth) { Line::Open } else { Line::Closed })
}

/// The record in numbers.
pub(in crate::actions) fn totals(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let person = cx.known_person()?;
    let record = record::of(cx.tx, person, Side::Worker)?;
    Ok([record.jobs, record.paid, record.pay_told].map(Value::Number).to_vec())
}

/// Sends the record to the caller's own number, once a day.
pub(in crate::actions) fn send_record(cx: &mut ActionCx<'_, '_, '_>) -> Result<Sent, Fault> {
    let (person, language) = (cx.known_person()?, cx.language());
    let mut values = totals(cx)?;
    let host = cx.at.host;
    let mut lines = Vec::new();
    for line in history(cx)?.iter().filter(|line| line.state.is_paid() || line.state.is_owed()).take(LAST_MAX) {
        let Some(found) = booking::find(cx.tx, line.booking)? else { continue };
        let due = due_words(host, cx.at.bundle, language, (line.amount, &found));
        let (_, month, day) = line.day.date();
        lines.push(format!("{day}/{month} {due} {}", word(cx, line.state)));
    }
    let last = data::joined(lines.into_iter(), LAST_SEPTETS);
    values.push(Value::Text(if last.is_empty() { "-".to_owned() } else { last }));
    let day = Day::from_ms(cx.at.now_ms, &host.country.timezone).0;
    let key = format!("work_record/{}/{day}", person.get());
    Ok(match data::to_own_number(cx, "work_record", &values, &key)? {
        Some(Enqueued::New { .. }) => Sent::Sent,
        Some(Enqueued::Duplicate) | None => Sent::NotNow,
    })
}

fn word(cx: &ActionCx<'_, '_, '_>, state: PayState) -> String {
    match state_word(state) {
        Value::Word(name) => cx.at.bundle.word(cx.language(), name).to_owned(),
        _ => String::new(),
    }
}
