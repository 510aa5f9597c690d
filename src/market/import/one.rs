//! One vacancy as a form gives it, by the same rules as a row of a file: a new one, or changes to one that is there.

use serde_json::{Map, Value};

use super::check;
use super::read::{Raw, shown};
use super::{Context, Field, FieldFault};
use crate::country::{Country, PayMeans};
use crate::market::place::Place;
use crate::market::vacancy::NewVacancy;
use crate::market::worker::today;
use crate::text::datetime::Day;

/// Fields of an employer: whoever gives one vacancy is known already.
const OF_EMPLOYERS: [Field; 4] = [Field::Employer, Field::EmployerKind, Field::EmployerTier, Field::EmployerContact];
/// Stands for a name at its source that was not given: the caller makes one.
const NO_REF: &str = "-";

/// The fields that one vacancy has.
pub fn fields() -> impl Iterator<Item = Field> {
    Field::ALL.iter().copied().filter(|field| !OF_EMPLOYERS.contains(field))
}

/// Checks a vacancy given as an object, everything that is wrong at once. With a `base` the object has only what is to be
/// changed, and `null` takes a value back. A name at its source that is not given comes out empty.
pub fn one(
    given: &Map<String, Value>,
    base: Option<&NewVacancy>,
    context: &Context<'_>,
) -> Result<NewVacancy, Vec<FieldFault>> {
    let (mut raw, mut faults) = (Raw::new(super::Place::Element(1)), Vec::new());
    for (field, text) in base.map(|base| texts(base, context.country)).unwrap_or_default() {
        raw.set(field, &text);
    }
    raw.set(Field::Ref, NO_REF);
    if base.is_some() {
        // What stands already may have passed: only a new day is looked at.
        raw.set(Field::Closes, "");
    }
    for (name, value) in given {
        let Some(field) = fields().find(|field| field.code() == name) else {
            let allowed = fields().map(Field::code).collect::<Vec<_>>().join(", ");
            faults.push(FieldFault { field: shown(name), what: "unknown field".to_owned(), allowed });
            continue;
        };
        match value {
            Value::Null if field == Field::Ref => {}
            Value::Null => raw.set(field, ""),
            Value::String(text) => raw.set(field, text),
            Value::Bool(yes) => raw.set(field, if *yes { "yes" } else { "no" }),
            Value::Number(number) => raw.set(field, &number.to_string()),
            Value::Array(_) | Value::Object(_) => faults.push(FieldFault {
                field: name.clone(),
                what: "more than one value".to_owned(),
                allowed: "a text, a number or true/false".to_owned(),
            }),
        }
    }
    let offer = check::offer(&raw, context).map_err(|found| faults.extend(found)).ok();
    let has = |field: Field| given.contains_key(field.code());
    let first = today(context.country, context.now_ms);
    if let Some(start) = offer.as_ref().and_then(|offer| offer.start_day).filter(|_| has(Field::Start)) {
        let last = first.plus(check::OPEN_DAYS_MAX);
        if !(first..=last).contains(&start) {
            faults.push(FieldFault {
                field: Field::Start.code().to_owned(),
                what: if start < first { "the day has passed" } else { "the day is too far ahead" }.to_owned(),
                allowed: format!("a day from {} to {}", iso(first), iso(last)),
            });
        }
    }
    match offer {
        Some(mut offer) if faults.is_empty() => {
            if let Some(base) = base {
                offer.source.clone_from(&base.source);
                if !has(Field::Closes) {
                    offer.closes_ms = base.closes_ms;
                }
            }
            if !given.get(Field::Ref.code()).is_some_and(Value::is_string) {
                offer.source_ref = base.map(|base| base.source_ref.clone()).unwrap_or_default();
            }
            Ok(offer)
        }
        _ => Err(faults),
    }
}

/// A vacancy's fields as texts that [`one`] reads back, those that it states.
pub fn texts(vacancy: &NewVacancy, country: &Country) -> Vec<(Field, String)> {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let mut texts = vec![
        (Field::Ref, vacancy.source_ref.clone()),
        (Field::Trade, vacancy.trade.get().to_string()),
        (Field::Kind, vacancy.kind.code().to_owned()),
        (Field::Openings, vacancy.openings.to_string()),
        (Field::Paid, vacancy.paid.code().to_owned()),
        (Field::Food, yes(vacancy.food)),
        (Field::Transport, yes(vacancy.transport)),
        (Field::LiveIn, yes(vacancy.live_in)),
        (Field::MinYears, vacancy.min_years.to_string()),
        (Field::Licence, yes(vacancy.licence)),
        (Field::Closes, iso(last_day(vacancy, country))),
    ];
    texts.push(match vacancy.place {
        Place::Here(area) => (Field::Area, area.get().to_string()),
        Place::Abroad(country) => (Field::Abroad, country.as_str().to_owned()),
    });
    if !vacancy.town.is_empty() {
        texts.push((Field::AbroadPlace, vacancy.town.clone()));
    }
    texts.extend(vacancy.start_day.map(|day| (Field::Start, iso(day))));
    texts.extend(
        vacancy.start_minute.map(|minute| (Field::StartTime, format!("{:02}:{:02}", minute / 60, minute % 60))),
    );
    texts.extend(vacancy.duration_days.map(|days| (Field::DurationDays, days.to_string())));
    if let Some(pay) = vacancy.pay {
        texts.push((Field::Pay, country.currency.whole(pay.amount).to_string()));
        texts.push((Field::PayUnit, pay.unit.code().to_owned()));
    }
    texts.extend(vacancy.means.map(|means| (Field::PayMeans, PayMeans::code(means).to_owned())));
    if vacancy.days.count() > 0 {
        let days = vacancy.days.days().map(|day| day.code().chars().take(3).collect::<String>());
        texts.push((Field::Days, days.collect::<Vec<_>>().join(",")));
    }
    if !vacancy.description.is_empty() {
        texts.push((Field::Description, vacancy.description.clone()));
    }
    texts
}

/// The last day on which one may apply.
fn last_day(vacancy: &NewVacancy, country: &Country) -> Day {
    Day::from_ms(vacancy.closes_ms - 1, &country.timezone)
}

/// A day as 2026-11-24.
pub fn iso(day: Day) -> String {
    let (year, month, of_month) = day.date();
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::fixture::{DAY_MS, Fixture, NOW_MS, country};
    use super::*;
    use crate::market::vacancy::NewVacancy;

    fn context() -> Context<'static> {
        Context { country: country(), source: "api/7", now_ms: NOW_MS }
    }

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("{value}") };
        object
    }

    fn given() -> Map<String, Value> {
        object(
            json!({"trade": 11, "area": 1201, "kind": "short", "pay": 7000, "pay_unit": "day", "start": "2026-11-24",
            "start_time": "07:30", "pay_means": "cash", "days": "mon-wed", "food": true, "openings": 3, "description": "Walls"}),
        )
    }

    #[test]
    fn what_is_given_comes_out_as_given() {
        let made = one(&given(), None, &context()).unwrap();
        assert_eq!((made.source.as_str(), made.source_ref.as_str(), made.openings), ("api/7", "", 3));
        let texts = texts(&made, country());
        let again: Map<String, Value> = texts
            .into_iter()
            .filter(|(field, _)| *field != Field::Ref)
            .map(|(f, t)| (f.code().to_owned(), t.into()))
            .collect();
        assert_eq!(one(&again, None, &context()).unwrap(), made);
        let named = object(json!({"ref": "J-7"}));
        assert_eq!(one(&named, Some(&made), &context()).unwrap().source_ref, "J-7");
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name_and_null_takes_back() {
        let base = NewVacancy { closes_ms: NOW_MS - 3 * DAY_MS, ..one(&given(), None, &context()).unwrap() };
        let changed = one(&object(json!({"openings": "5", "start": null})), Some(&base), &context()).unwrap();
        assert_eq!(changed, NewVacancy { openings: 5, start_day: None, ..base.clone() });
        // Where nothing is paid any more, nothing is said of how.
        let learning = object(json!({"kind": "training", "pay": null}));
        let unpaid = one(&learning, Some(&base), &context()).unwrap();
        assert_eq!((base.means, unpaid.pay, unpaid.means), (Some(PayMeans::Cash), None, None));
        let later = one(&object(json!({"closes": "2026-12-01"})), Some(&base), &context()).unwrap();
        assert!(later.closes_ms > NOW_MS);
    }

    #[test]
    fn faults_come_all_at_once_and_days_that_have_passed_are_refused() {
        let mut bad = given();
        bad.extend(object(json!({"start": "2026-11-21", "closes": "2020-01-01", "wage": 1, "employer": "x",
            "pay": 7_000_000_000_i64, "days": ["mon"], "description": "x".repeat(5_000)})));
        let faults = one(&bad, None, &context()).unwrap_err();
        let named: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        for field in ["wage", "employer", "closes", "pay", "days", "description"] {
            assert!(named.contains(&field), "{field}: {named:?}");
        }
        let past = object(json!({"start": "2026-11-21"}));
        let base = one(&given(), None, &context()).unwrap();
        assert_eq!(one(&past, Some(&base), &context()).unwrap_err()[0].what, "the day has passed");
        let far = object(json!({"start": "2099-01-01"}));
        assert_eq!(one(&far, Some(&base), &context()).unwrap_err()[0].what, "the day is too far ahead");
    }

    #[test]
    fn a_stored_vacancy_whose_start_has_passed_can_still_be_changed() {
        let base = NewVacancy { start_day: Some(Day(20_000)), ..Fixture::new().vacancy(11, 1201, "a") };
        let changed = one(&object(json!({"openings": 4})), Some(&base), &context()).unwrap();
        assert_eq!((changed.openings, changed.start_day), (4, Some(Day(20_000))));
    }
}
