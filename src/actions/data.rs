//! What we keep of the person who is calling, by keypad: see, correct, get a copy, take consent back, erase.
//!
//! What a PIN guards looks for itself whether it was told in this visit: no flow can lead around it.

use super::manifest::{CODE, fields, outcomes};
use super::{ActionCx, CONFIRMATION_EXPIRES_MS, Fault, details, job, labels, message_text, page, register};
use crate::market::consent::{self, Purpose};
use crate::market::correction::{self, Correction};
use crate::market::data_event::{CALLER, DataEvent};
use crate::market::disclosure::{self, Disclosure};
use crate::market::pay::Rate;
use crate::market::phone_number::{self, PhoneNumber};
use crate::market::sex::{self, Sex};
use crate::market::{self, PersonId, erasure, person, pin};
use crate::menu::Labels;
use crate::menu::manifest::{Field, FieldType, MessageKind, Value};
use crate::outbox::{self, Class, Content, Enqueued, NewMessage, NewSms, Priority};
use crate::session::{Row, RowsWanted};
use crate::text::datetime::Day;
use crate::text::{folding, gsm7};

/// Version of the text on `data.statistics`. Change it with the screen.
const STATISTICS_TEXT_VERSION: &str = "2026-11";
/// How long the number stays in the receipt of an erasure: as long as reports on it may come.
pub(super) const RECEIPT_KEEP_MS: i64 = 7 * 24 * 3_600_000;
/// Septets of a name: more is cut.
const NAME_SEPTETS: usize = 24;
/// Septets of a day with its year: `24/11/2026`.
const DAY_SEPTETS: usize = 10;
/// Septets of a worker's trades, one behind the other.
const TRADES_SEPTETS: usize = 64;
/// Septets of an employer's name.
const EMPLOYER_SEPTETS: usize = 20;
/// Septets of those who were given the number, in an SMS.
const GIVEN_SEPTETS: usize = 90;

outcomes! { Correct {
    Saved = "saved", NoTrade = "no_trade", TooYoung = "too_young", Impossible = "impossible", Before = "before",
    ByPerson = "by_person",
} }
outcomes! { Withdraw { Withdrawn = "withdrawn", Guarded = "guarded" } }
outcomes! { Statistics { Saved = "saved" } }
outcomes! { CopySent { Sent = "sent", NotNow = "not_now", Guarded = "guarded" } }
outcomes! { Erase { Erased = "erased", Guarded = "guarded" } }

/// What somebody says of their sex, or that they have not.
const SEX: FieldType = FieldType::Word(&["woman", "man", "not_said"]);

/// The first half of what is kept.
pub(super) const KEPT: &[Field] = fields! {
    "name": FieldType::Text(NAME_SEPTETS),
    "birth_year": FieldType::Number(4),
    "place": FieldType::Coded("area"),
    "rate": FieldType::Text(job::PAY_SEPTETS),
    "since": FieldType::Text(DAY_SEPTETS),
};
/// The second half.
pub(super) const KEPT_MORE: &[Field] = fields! {
    "trades": FieldType::Text(TRADES_SEPTETS),
    "days": FieldType::Number(1),
    "sex": SEX,
};
/// What was agreed to.
pub(super) const CONSENTS: &[Field] = fields! {
    "day": FieldType::Text(DAY_SEPTETS),
    "statistics": details::YES_NO,
};
/// A row of who was given the number.
pub(super) const GIVEN_ROW: &[Field] = fields! {
    "employer": FieldType::Text(EMPLOYER_SEPTETS),
    "day": FieldType::Text(DAY_SEPTETS),
};
/// One of them.
pub(super) const GIVEN: &[Field] = fields! {
    "employer": FieldType::Text(EMPLOYER_SEPTETS),
    "day": FieldType::Text(DAY_SEPTETS),
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
};
/// The second SMS of a copy.
pub(super) const TRADES_SMS: &[Field] = fields! {
    "trades": FieldType::Text(TRADES_SEPTETS),
    "days": FieldType::Number(1),
    "sex": SEX,
    "consent": FieldType::Text(DAY_SEPTETS),
    "statistics": details::YES_NO,
};
/// The third.
pub(super) const GIVEN_SMS: &[Field] =
    fields! { "count": FieldType::Number(2), "given": FieldType::Text(GIVEN_SEPTETS) };

/// What is sent of somebody's own data.
pub(super) const MESSAGES: &[MessageKind] = &[
    MessageKind { name: "data_person", gives: KEPT },
    MessageKind { name: "data_trades", gives: TRADES_SMS },
    MessageKind { name: "data_given", gives: GIVEN_SMS },
    MessageKind { name: "data_erased", gives: fields! { "code": CODE } },
    MessageKind { name: "stay", gives: fields! { "code": CODE } },
    MessageKind { name: "pin_reset", gives: fields! { "code": CODE } },
    MessageKind { name: "pin_ended", gives: fields! { "code": CODE } },
];

/// Hours until a time, begun ones counted; at most 99, as a screen shows them.
pub(super) fn hours_until(until_ms: i64, now_ms: i64) -> i64 {
    const HOUR_MS: i64 = 3_600_000;
    ((until_ms - now_ms + HOUR_MS - 1) / HOUR_MS).clamp(1, 99)
}

/// A day with its year: nothing here is so near that the year would go without saying.
fn day_text(cx: &ActionCx<'_, '_, '_>, at_ms: i64) -> String {
    let (year, month, day) = Day::from_ms(at_ms, &cx.at.host.country.timezone).date();
    format!("{day}/{month}/{year}")
}

/// Parts one behind the other, as many as fit whole.
pub(super) fn joined(parts: impl Iterator<Item = String>, septets_max: usize) -> String {
    let mut all = String::new();
    for part in parts {
        let part = folding::fold(&part).into_owned();
        let longer = if all.is_empty() { part } else { format!("{all}, {part}") };
        if gsm7::septets(&longer).is_none_or(|septets| septets > septets_max) {
            break;
        }
        all = longer;
    }
    all
}

/// Whether what a PIN guards is shut.
fn is_shut(cx: &mut ActionCx<'_, '_, '_>, person: PersonId) -> Result<bool, Fault> {
    let (visit, now_ms) = (cx.at.visit.id, cx.at.now_ms);
    Ok(!pin::is_open(cx.tx, person, visit, now_ms)?)
}

/// Name, birth year, place, rate, and since when.
pub(super) fn kept(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    if is_shut(cx, worker.person)? {
        return Err(Fault::Nobody);
    }
    let name = person::name(cx.tx, &cx.at.host.keys, worker.person)?.unwrap_or_default();
    let rate = match worker.rate {
        Rate::Amount(pay) => Some(pay),
        Rate::Agree | Rate::Unset => None,
    };
    let since_ms = worker.listed_ms.unwrap_or(cx.at.now_ms);
    Ok(vec![
        Value::Text(name),
        Value::Number(worker.birth_year),
        details::place_of(&worker),
        Value::Text(job::pay_text(cx, rate)),
        Value::Text(day_text(cx, since_ms)),
    ])
}

/// All trades, and on how many days of the week.
pub(super) fn kept_more(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let worker = details::worker(cx)?;
    if is_shut(cx, worker.person)? {
        return Err(Fault::Nobody);
    }
    let language = cx.language();
    let trades = worker.trades.iter().filter_map(|known| {
        cx.at.host.label("trade", i64::from(known.trade.get()), language).map(std::borrow::Cow::into_owned)
    });
    let trades = joined(trades, TRADES_SEPTETS);
    let sex = sex::of(cx.tx, worker.person)?.unwrap_or(Sex::NotSaid);
    Ok(vec![Value::Text(trades), Value::Number(i64::from(worker.days.bits().count_ones())), Value::Word(sex.code())])
}

/// What was agreed to, and when.
pub(super) fn consents(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let person = cx.known_person()?;
    let given_ms = consent::given_ms(cx.tx, person, Purpose::Matching)?.unwrap_or(cx.at.now_ms);
    let statistics = consent::in_force(cx.tx, person, Purpose::Statistics)?;
    Ok(vec![Value::Text(day_text(cx, given_ms)), Value::Word(if statistics { "yes" } else { "no" })])
}

/// Corrects the birth year, once.
pub(super) fn correct_birth_year(cx: &mut ActionCx<'_, '_, '_>) -> Result<Correct, Fault> {
    let (person, year) = (cx.known_person()?, cx.integer("birth_year")?);
    let (host, now_ms) = (cx.at.host, cx.at.now_ms);
    Ok(match correction::birth_year(cx.tx, (&host.keys, &host.country), cx.at.ids, person, year, now_ms)? {
        Correction::Saved => Correct::Saved,
        Correction::NoTrade => Correct::NoTrade,
        Correction::Implausible => Correct::Impossible,
        Correction::Before => Correct::Before,
        Correction::ByPerson => Correct::ByPerson,
        Correction::TooYoung => {
            forget_visit(cx);
            Correct::TooYoung
        }
    })
}

/// Who was given the number, the newest first.
pub(super) fn given(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let all = given_to_all(cx)?;
    let row = |given: &Disclosure| Row {
        id: given.id,
        values: vec![Value::Text(given.to_whom.clone()), Value::Text(day_text(cx, given.given_ms))],
        exact: false,
    };
    Ok(page(&all, wanted, |given| given.id, row))
}

fn given_to_all(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Disclosure>, Fault> {
    let person = cx.known_person()?;
    if is_shut(cx, person)? {
        return Err(Fault::Nobody);
    }
    let mut all = disclosure::to_whom(cx.tx, &cx.at.host.keys, person)?;
    for given in &mut all {
        let name = std::mem::take(&mut given.to_whom);
        given.to_whom = labels::employer_words(cx.at.bundle, cx.language(), name);
    }
    Ok(all)
}

/// One of them.
pub(super) fn given_details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let id = cx.integer("given")?;
    let found = given_to_all(cx)?.into_iter().find(|given| given.id == id);
    let given = found.ok_or(market::Fault::Gone("application"))?;
    Ok(vec![
        Value::Text(given.to_whom.clone()),
        Value::Text(day_text(cx, given.given_ms)),
        Value::Number(given.number),
        Value::Coded("trade", i64::from(given.trade.get())),
    ])
}

/// Takes the consent back on which everything rests: off the list, and nothing is sent.
pub(super) fn withdraw(cx: &mut ActionCx<'_, '_, '_>) -> Result<Withdraw, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    if is_shut(cx, person)? {
        return Ok(Withdraw::Guarded);
    }
    consent::withdraw(cx.tx, person, Purpose::Matching, now_ms)?;
    erasure::unlist(cx.tx, person, now_ms)?;
    Ok(Withdraw::Withdrawn)
}

/// Agrees to be counted.
pub(super) fn count_me(cx: &mut ActionCx<'_, '_, '_>) -> Result<Statistics, Fault> {
    let person = cx.known_person()?;
    if !consent::in_force(cx.tx, person, Purpose::Statistics)? {
        agree_to_be_counted(cx, person, STATISTICS_TEXT_VERSION)?;
    }
    Ok(Statistics::Saved)
}

/// Writes down that somebody agrees to be counted, by a text of this version.
pub(super) fn agree_to_be_counted(
    cx: &mut ActionCx<'_, '_, '_>,
    person: PersonId,
    text_version: &'static str,
) -> Result<(), Fault> {
    let given = register::given(cx, text_version);
    Ok(consent::give(cx.tx, cx.at.ids, person, Purpose::Statistics, &given, cx.at.now_ms)?)
}

/// Takes that back, and with it what was said for figures alone.
pub(super) fn count_me_not(cx: &mut ActionCx<'_, '_, '_>) -> Result<Statistics, Fault> {
    let person = cx.known_person()?;
    consent::withdraw(cx.tx, person, Purpose::Statistics, cx.at.now_ms)?;
    sex::forget(cx.tx, person)?;
    Ok(Statistics::Saved)
}

/// Sends what is kept to the person's own number, once a day at most. On a phone that several people use, the name is not
/// written out: the others read it, too.
pub(super) fn copy(cx: &mut ActionCx<'_, '_, '_>) -> Result<CopySent, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    if is_shut(cx, person)? {
        return Ok(CopySent::Guarded);
    }
    let Some(number) = number_in_hand(cx, person)? else { return Ok(CopySent::NotNow) };
    let is_shared = phone_number::persons_on(cx.tx, &number)?.len() > 1;
    let mut about = kept(cx)?;
    if let (true, Some(Value::Text(name))) = (is_shared, about.first_mut()) {
        *name = person::initials(name);
    }
    let mut trades = kept_more(cx)?;
    trades.extend(consents(cx)?);
    let given = given_to_all(cx)?;
    let names = given.iter().map(|given| format!("{} {}", given.to_whom, day_text(cx, given.given_ms)));
    let names = joined(names, GIVEN_SEPTETS);
    let names = if names.is_empty() { "-".to_owned() } else { names };
    let count = i64::try_from(given.len()).unwrap_or_default();
    let given = vec![Value::Number(count), Value::Text(names)];
    let day = Day::from_ms(now_ms, &cx.at.host.country.timezone).0;
    for (template, values) in [("data_person", about), ("data_trades", trades), ("data_given", given)] {
        let key = format!("{template}/{}/{day}", person.get());
        let sent = write(cx, template, &values, &key, (Some(person), number.generation))?;
        if sent.1 == Enqueued::Duplicate {
            return Ok(CopySent::NotNow);
        }
    }
    Ok(CopySent::Sent)
}

/// Erases the person who is calling. What has not been sent to them is taken back; the receipt is the last that comes.
pub(super) fn erase(cx: &mut ActionCx<'_, '_, '_>) -> Result<Erase, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    if is_shut(cx, person)? {
        return Ok(Erase::Guarded);
    }
    let generation = cx.number()?.generation;
    let erased = erasure::erase(cx.tx, cx.at.ids, person, (DataEvent::Erased, CALLER), now_ms)?;
    forget_visit(cx);
    if erased {
        let code = [Value::Text(cx.at.host.short_code.clone())];
        let key = cx.operation_key("data_erased");
        let (id, _) = write(cx, "data_erased", &code, &key, (None, generation))?;
        erasure::note_receipt(cx.tx, id, now_ms + RECEIPT_KEEP_MS)?;
    }
    Ok(Erase::Erased)
}

/// Nothing of the person stays in the visit.
fn forget_visit(cx: &mut ActionCx<'_, '_, '_>) {
    cx.at.visit.answers.clear();
    cx.at.visit.history.clear();
    cx.at.visit.person = None;
}

/// The number from which the person calls, main or second, where it takes messages to them; else `None`.
fn number_in_hand(cx: &mut ActionCx<'_, '_, '_>, person: PersonId) -> Result<Option<PhoneNumber>, Fault> {
    let number = cx.number()?;
    let is_theirs = phone_number::persons_on(cx.tx, &number)?.contains(&person);
    let has_agreed = consent::in_force(cx.tx, person, Purpose::Matching)?;
    Ok(Some(number).filter(|number| is_theirs && has_agreed && !number.stopped && !number.owner_doubted))
}

/// Queues a message to the caller's own number, once for a key. `None`: the caller cannot be written to there.
pub(super) fn to_own_number(
    cx: &mut ActionCx<'_, '_, '_>,
    template: &'static str,
    values: &[Value],
    operation_key: &str,
) -> Result<Option<Enqueued>, Fault> {
    let person = cx.known_person()?;
    let Some(number) = number_in_hand(cx, person)? else { return Ok(None) };
    let (_, queued) = write(cx, template, values, operation_key, (Some(person), number.generation))?;
    Ok(Some(queued))
}

/// Queues a message to the caller's own number under a key of the caller's.
fn write(
    cx: &mut ActionCx<'_, '_, '_>,
    template: &'static str,
    values: &[Value],
    operation_key: &str,
    (person, generation): (Option<PersonId>, i64),
) -> Result<(i64, Enqueued), Fault> {
    let text = message_text(cx.at.bundle, cx.at.host, cx.language(), template, values);
    let text = text.ok_or(Fault::Answer(template))?;
    let id = cx.at.ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let message = NewMessage {
        id,
        operation_key,
        content: Content::Sms(NewSms {
            to: cx.at.caller.msisdn,
            generation,
            route: &cx.at.host.route(cx.at.caller.msisdn, Class::MustArrive),
            text: &text,
        }),
        person_id: person.map(PersonId::get),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        template,
        due_ms: cx.at.now_ms,
        expires_ms: cx.at.now_ms + CONFIRMATION_EXPIRES_MS,
    };
    let sent = outbox::enqueue(cx.tx, &cx.at.host.keys, &message, cx.at.now_ms)?;
    *cx.at.enqueued |= sent != Enqueued::Duplicate;
    Ok((id, sent))
}
