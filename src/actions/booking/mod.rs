//! Booking by keypad: the client's side ([`client`], [`order`], [`mine`]), the worker's side ([`requests`],
//! [`group`]), pay ([`pay`]), what is written to
//! both ([`notices`]), and what happens without anybody dialling ([`rounds`]).

pub(super) mod client;
pub(super) mod group;
pub(super) mod mine;
pub(super) mod notices;
pub(super) mod order;
pub(super) mod pay;
mod replies;
pub(super) mod requests;
mod rounds;
mod table;

pub(super) use mine::{STATE, state_word};
pub(super) use notices::asked_by;
pub use pay::{Saying, note as note_pay};
pub(super) use replies::{Reply, accept_by_message, ask_pay_by_message, decline_by_message};
pub use rounds::{Round, Rounded, round};
pub(super) use table::TABLE;

use super::{ActionCx, Fault, Host, job};
use crate::country::PayMeans;
use crate::market::booking::{self, Booking};
use crate::market::pay::{PaidWhen, Pay};
use crate::market::{BookingId, PersonId, person};
use crate::menu::manifest::FieldType;
use crate::menu::{Bundle, Labels, Value};
use crate::storage::Tx;
use crate::text::Language;
use crate::text::datetime::{self, Day};

/// Septets of initials.
pub(super) const INITIALS: FieldType = FieldType::Text(6);
/// Septets of "14 jobs", or of the word for none.
pub(super) const JOBS: FieldType = FieldType::Text(12);
/// Septets of an amount with its unit.
pub(super) const PAY: FieldType = FieldType::Text(job::PAY_SEPTETS);
/// When pay is handed over, as it stands behind an amount.
pub(super) const PAID: FieldType = FieldType::Word(&["pay_same_day", "pay_each_month", "pay_at_end"]);
/// By what, as it stands behind that; nothing where it was not said.
pub(super) const MEANS: FieldType = FieldType::Word(&["by_cash", "by_momo"]);
/// Septets of a day.
pub(super) const DAY: FieldType = FieldType::Text(job::DAY_SEPTETS);
/// Septets of a number with its plus sign.
pub(super) const PHONE: FieldType = FieldType::Text(14);
/// Our code with a path behind it: `*567*3#`.
pub(super) const PATH_CODE: FieldType = FieldType::Text(14);

/// Pay as it is read: `7000/day`.
pub(super) fn pay_words(host: &Host, bundle: &Bundle, language: Language, pay: Pay) -> String {
    format!("{}/{}", host.money(pay.amount, language), bundle.word(language, pay.unit.code()))
}

/// A day as it is read.
pub(super) fn day_words(day: Day, language: Language) -> String {
    datetime::short(day, language)
}

/// What is dialled to come to a path of the menus at once: `*567*3#`.
pub(super) fn path_code(host: &Host, path: &str) -> String {
    format!("{}*{path}#", host.short_code.trim_end_matches('#'))
}

/// When pay of work that lasts so long is handed over. A booking is one day's work, or has no end.
pub(super) fn paid_value(paid: PaidWhen, days: Option<i64>) -> Value {
    Value::Word(match (paid, days) {
        (PaidWhen::Daily, Some(1)) => "pay_same_day",
        (PaidWhen::Daily | PaidWhen::Weekly, _) => paid.code(),
        (PaidWhen::Monthly, _) => "pay_each_month",
        (PaidWhen::AtEnd, _) => "pay_at_end",
    })
}

/// By what it is handed over.
pub(super) fn means_value(means: Option<PayMeans>) -> Value {
    match means {
        Some(PayMeans::Cash) => Value::Word("by_cash"),
        Some(PayMeans::Momo) => Value::Word("by_momo"),
        None => Value::Text(String::new()),
    }
}

/// How many jobs somebody has done, in words; never a rating.
pub(super) fn jobs_words(cx: &ActionCx<'_, '_, '_>, jobs: i64) -> String {
    let word = |name| cx.at.bundle.word(cx.language(), name);
    match jobs {
        0 => word("no_jobs_yet").to_owned(),
        1 => format!("1 {}", word("job_done")),
        _ => format!("{jobs} {}", word("jobs_done")),
    }
}

/// The initials of a person; dots when there is no name.
pub(super) fn initials(tx: &mut Tx<'_>, host: &Host, person: PersonId) -> Result<String, Fault> {
    let name = person::name(tx, &host.keys, person)?.unwrap_or_default();
    let initials = person::initials(&name);
    Ok(if initials.is_empty() { "...".to_owned() } else { initials })
}

/// The booking that was chosen, if the caller is one of its sides.
fn chosen(cx: &mut ActionCx<'_, '_, '_>) -> Result<Booking, Fault> {
    let (id, person) = (BookingId::new(cx.integer("booking")?), cx.known_person()?);
    Ok(booking::find_of(cx.tx, id, person)?.ok_or(crate::market::Fault::Gone("booking"))?)
}

/// The caller's own number in somebody's message, or the other side's: as it is dialled.
fn trade_value(booking: &Booking) -> Value {
    Value::Coded("trade", i64::from(booking.trade.get()))
}

fn area_value(booking: &Booking) -> Value {
    Value::Coded("area", booking.area.get())
}
