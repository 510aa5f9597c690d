//! Correcting a birth year: once, by keypad, and never so that it helps a child.
//!
//! A year that makes a child of somebody is taken at its word: everything is erased, and the number refused for a while. A
//! year that makes an adult of a minor is not taken from a keypad: it would open what is closed to minors, and somebody has to
//! look. Nor is any on a number from which a child tried to register lately. A year that makes a minor of an adult takes them out
//! of private homes at once.

use super::age::{self, AgeGroup};
use super::booking::{bookable, cancel};
use super::data_event::{CALLER, DataEvent};
use super::worker::{self, today};
use super::{Fault, PersonId, erasure, person, pipeline, worker_trade};
use crate::country::Country;
use crate::storage::{IdBlock, Keys, Tx};

/// What came of a corrected birth year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Saved. Trades that are not for this age were taken off.
    Saved,
    /// Saved, and no trade is left: off the list until another is chosen.
    NoTrade,
    /// A child: everything was erased, and the number refused.
    TooYoung,
    /// A year still to come or too long ago: nothing was changed.
    Implausible,
    /// It was corrected before.
    Before,
    /// Somebody has to look: nothing was changed.
    ByPerson,
}

/// Corrects the birth year of a worker. Uses one identifier.
pub fn birth_year(
    tx: &mut Tx<'_>,
    (keys, country): (&Keys, &Country),
    ids: &mut IdBlock,
    person: PersonId,
    year: i64,
    now_ms: i64,
) -> Result<Correction, Fault> {
    const CORRECT: &str = "UPDATE worker SET birth_year = $2, birth_year_corrected = 1, changed_ms = $3 \
        WHERE person_id = $1 AND birth_year_corrected = 0";
    let (Some(found), Some(known)) = (person::find(tx, person)?, worker::find(tx, person)?) else {
        return Err(Fault::Gone("worker"));
    };
    let group_of =
        |year| age::age(year, today(country, now_ms), &country.ages).map(|age| (age, age::group(age, &country.ages)));
    let Some((age, group)) = group_of(year) else { return Ok(Correction::Implausible) };
    if group == AgeGroup::Child {
        erasure::erase(tx, ids, person, (DataEvent::TooYoung, CALLER), now_ms)?;
        person::refuse(tx, keys, &found.number, now_ms)?;
        return Ok(Correction::TooYoung);
    }
    let is_minor = group_of(known.birth_year).is_none_or(|(_, group)| group != AgeGroup::Adult);
    if is_minor && group == AgeGroup::Adult || person::refused(tx, keys, &found.number, now_ms)? {
        return Ok(Correction::ByPerson);
    }
    if tx.execute(CORRECT, &[person.into(), year.into(), now_ms.into()])? == 0 {
        return Ok(Correction::Before);
    }
    worker_trade::drop_disallowed(tx, country, person, age)?;
    if !is_minor && group != AgeGroup::Adult {
        // A private home has no labour inspector: what was agreed with one ends, and its people are told.
        cancel::leave(tx, person, now_ms)?;
        pipeline::leave_homes(tx, person, now_ms)?;
        bookable::remove(tx, person)?;
    }
    if worker_trade::of(tx, person)?.is_empty() {
        erasure::unlist(tx, person, now_ms)?;
        return Ok(Correction::NoTrade);
    }
    Ok(Correction::Saved)
}

#[cfg(test)]
mod tests {
    use super::super::application::ApplyOutcome;
    use super::super::booking::request::{self, Order};
    use super::super::booking::states::{Ended, State};
    use super::super::booking::{self, Share, answer, client, expiry};
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS, area, trade};
    use super::super::pay::Pay;
    use super::super::person::{Begun, Status};
    use super::super::stage::Stage;
    use super::*;
    use crate::country::PayUnit;

    fn correct(tx: &mut Tx<'_>, f: &Fixture, person: PersonId, year: i64) -> Result<Correction, Fault> {
        birth_year(tx, (&f.keys, &f.country), &mut f.ids(), person, year, NOW_MS)
    }

    #[test]
    fn a_year_is_corrected_once() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            assert_eq!(correct(tx, f, person, 2050)?, Correction::Implausible);
            assert_eq!(correct(tx, f, person, 1985)?, Correction::Saved);
            assert_eq!(worker::find(tx, person)?.unwrap().birth_year, 1985);
            assert_eq!(correct(tx, f, person, 1986)?, Correction::Before);
            assert_eq!(worker::find(tx, person)?.unwrap().birth_year, 1985);
            Ok(())
        });
    }

    #[test]
    fn a_minor_does_not_become_an_adult_by_keypad() {
        Fixture::new().run(|tx, f| {
            let minor = f.worker_with(tx, 1, "Ben", 2010, 41, 1201)?;
            assert_eq!(correct(tx, f, minor, 2000)?, Correction::ByPerson);
            assert_eq!(worker::find(tx, minor)?.unwrap().birth_year, 2010);
            assert_eq!(correct(tx, f, minor, 2009)?, Correction::Saved, "and may say which minor they are");
            Ok(())
        });
    }

    #[test]
    fn an_adult_may_say_to_be_a_minor_and_loses_what_is_closed_to_minors() {
        Fixture::new().run(|tx, f| {
            let person = f.worker_with(tx, 1, "Ben", 1990, 91, 1201)?;
            assert_eq!(correct(tx, f, person, 2009)?, Correction::NoTrade);
            assert_eq!(person::find(tx, person)?.unwrap().status, Status::Registering);
            assert_eq!(worker::missing(tx, person)?, Some(worker::Step::Trade));
            assert_eq!(correct(tx, f, person, 1990)?, Correction::ByPerson);
            Ok(())
        });
    }

    #[test]
    fn who_turns_out_to_be_a_minor_is_out_of_private_homes_and_keeps_the_rest() {
        Fixture::new().run(|tx, f| {
            let (person, home) = (f.worker_with(tx, 1, "Ben", 1990, 41, 1201)?, f.begin(tx, 2)?);
            client::begin(tx, &f.keys, &mut f.ids(), home, NOW_MS)?;
            client::set_area(tx, &f.country, home, area(1201), NOW_MS)?;
            let home = client::find(tx, home)?.unwrap();
            let pay = Pay { amount: 5_000, unit: PayUnit::Day };
            let mut bookings = Vec::new();
            for ahead in [2, 3] {
                let day = today(&f.country, NOW_MS).plus(ahead);
                let order =
                    Order { trade: trade(41), area: area(1201), day, pay, means: None, needed: 1, pass_on: false };
                let (mut ids, random) = (f.ids(), u64::try_from(ahead).unwrap());
                let sent = request::send(tx, &f.country, &mut ids, &home, &order, Some(person), random, NOW_MS)?;
                let request::Sent::Asked { hiring, .. } = sent else { panic!("{sent:?}") };
                bookings.push(request::first_of(tx, hiring)?.unwrap().id);
            }
            answer::accept(tx, &f.country, bookings[0], person, Share::Theirs, false, NOW_MS)?;
            let mut applications = Vec::new();
            for (kind, key) in [(EmployerKind::Household, "home"), (EmployerKind::Organisation, "firm")] {
                let (vacancy, _) = f.post(tx, kind, &f.vacancy(41, 1201, key))?;
                let outcome = f.apply(tx, person, vacancy, key, NOW_MS)?;
                let ApplyOutcome::Applied { application, .. } = outcome else { panic!("{outcome:?}") };
                applications.push(application);
            }
            let listed = "SELECT COUNT(*) FROM bookable";
            assert_eq!(tx.query_one(listed, &[], |row| row.integer(0))?, Some(1));
            assert_eq!(correct(tx, f, person, 2009)?, Correction::Saved);
            assert_eq!(tx.query_one(listed, &[], |row| row.integer(0))?, Some(0));
            for id in bookings {
                let now = booking::find(tx, id)?.unwrap();
                assert_eq!((now.state, now.ended), (State::Cancelled, Some(Ended::Worker)));
            }
            assert_eq!(expiry::untold(tx)?.len(), 2, "the client is told");
            let stages = tx.query("SELECT stage FROM application ORDER BY id", &[], |row| Stage::read(row, 0))?;
            assert_eq!(stages, [Stage::Withdrawn, Stage::Applied]);
            assert_eq!(person::find(tx, person)?.unwrap().status, Status::Listed);
            Ok(())
        });
    }

    #[test]
    fn of_a_child_nothing_is_left_and_the_number_is_refused() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let mother = f.worker(tx, 1, "Marie")?;
            let number = f.number(tx, 1)?.hash;
            assert_eq!(correct(tx, f, person, 2015)?, Correction::TooYoung);
            assert_eq!(worker::find(tx, person)?, None);
            assert!(person::refused(tx, &f.keys, &number, NOW_MS)?);
            assert_eq!(f.try_begin(tx, 1, NOW_MS)?, Begun::Refused);
            // Nor does the child go on as somebody else who is on the number.
            assert_eq!(correct(tx, f, mother, 1970)?, Correction::ByPerson);
            assert!(worker::find(tx, mother)?.is_some());
            Ok(())
        });
    }
}
