//! The client's own jobs: how they stand, and closing one.

use super::super::booking::{DAY, client};
use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, alert, details as details_of, labels, page};
use crate::market::vacancy_desk::{self, OwnVacancy, Standing, Wish};
use crate::market::{self, VacancyId};
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType};
use crate::session::{Row, RowsWanted};

/// Jobs that are listed, the newest: three pages, and older ones are over.
const LISTED_MAX: i64 = 20;

/// How a job stands, in a word.
const STANDING: FieldType = FieldType::Word(&["v_open", "v_held", "v_paused", "v_filled", "v_closed"]);

outcomes! { Close { Closed = "closed" } }

pub(super) const ROW: &[Field] = fields! { "trade": FieldType::Coded("trade"), "day": DAY, "state": STANDING };
/// A job in one word, and what is dialled to ask for it.
pub(super) const SENT: &[Field] = fields! { "number": FieldType::Number(8), "dial": alert::JOB_CODE };
pub(super) const DETAILS: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "day": DAY,
    "state": STANDING,
    "asked": FieldType::Number(3),
    "hired": FieldType::Number(2),
    "places": FieldType::Number(2),
    "has_asked": details_of::YES_NO,
    "is_open": details_of::YES_NO,
};

fn standing_word(standing: Standing) -> Value {
    Value::Word(match standing {
        Standing::Open => "v_open",
        Standing::Held => "v_held",
        Standing::Paused => "v_paused",
        Standing::Filled => "v_filled",
        Standing::Closed => "v_closed",
    })
}

/// How it stands now: its time may be over before it is closed.
fn standing(own: &OwnVacancy, now_ms: i64) -> Standing {
    if own.standing == Standing::Open && own.offer.closes_ms <= now_ms { Standing::Closed } else { own.standing }
}

/// A yes or no as a word.
pub(super) fn yes_no(is: bool) -> Value {
    Value::Word(if is { "yes" } else { "no" })
}

/// The job on the screen, if it is the caller's own.
pub(super) fn own(cx: &mut ActionCx<'_, '_, '_>) -> Result<OwnVacancy, Fault> {
    let (employer, id) = (client::client(cx)?.employer, VacancyId::new(cx.integer("job")?));
    let found = vacancy_desk::find(cx.tx, &cx.at.host.keys, employer, id)?;
    Ok(found.ok_or(market::Fault::Gone("vacancy"))?)
}

/// The caller's jobs, the newest first.
pub(super) fn rows(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let (employer, newest) = (client::client(cx)?.employer, VacancyId::new(i64::MAX));
    let all = vacancy_desk::list(cx.tx, &cx.at.host.keys, employer, None, newest, LISTED_MAX)?;
    let (bundle, language, now_ms) = (cx.at.bundle, cx.language(), cx.at.now_ms);
    let row = |own: &OwnVacancy| Row {
        id: own.vacancy.get(),
        values: vec![
            Value::Coded("trade", i64::from(own.offer.trade.get())),
            Value::Text(labels::day_words(bundle, language, own.offer.start_day)),
            standing_word(standing(own, now_ms)),
        ],
        exact: false,
    };
    Ok(page(&all, wanted, |own| own.vacancy.get(), row))
}

/// A job that has been posted, by its number.
pub(super) fn sent(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let number = own(cx)?.job_number.get();
    Ok(vec![Value::Number(number), Value::Text(alert::job_code(cx.at.host, number))])
}

/// One job: how it stands, and how many asked.
pub(super) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let own = own(cx)?;
    let is_over = matches!(own.standing, Standing::Closed | Standing::Filled);
    Ok(vec![
        Value::Number(own.job_number.get()),
        Value::Coded("trade", i64::from(own.offer.trade.get())),
        Value::Text(labels::day_words(cx.at.bundle, cx.language(), own.offer.start_day)),
        standing_word(standing(&own, cx.at.now_ms)),
        Value::Number(own.applications),
        Value::Number(own.hired),
        Value::Number(own.offer.openings),
        yes_no(own.applications > 0),
        yes_no(!is_over),
    ])
}

/// Takes no applications any more; whoever waits is told by housekeeping. What is over already is so.
pub(super) fn close(cx: &mut ActionCx<'_, '_, '_>) -> Result<Close, Fault> {
    let own = own(cx)?;
    let employer = client::client(cx)?.employer;
    vacancy_desk::wish(cx.tx, employer, &own, Wish::Close, cx.at.now_ms)?;
    Ok(Close::Closed)
}
