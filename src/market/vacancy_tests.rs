//! Vacancies: posting, holding, closing.

use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area, trade};
use super::*;

#[test]
fn a_vacancy_reads_back_and_is_found_by_its_number() {
    Fixture::new().run(|tx, f| {
        let new = NewVacancy {
            start_day: Some(Day(20_781)),
            start_minute: Some(420),
            duration_days: Some(5),
            days: Weekdays::from_bits(31),
            min_years: 2,
            means: Some(PayMeans::Cash),
            food: true,
            description: "Walls of a school. Bring a trowel.".to_owned(),
            ..f.vacancy(11, 1201, "a")
        };
        let (vacancy, job_number) = f.post(tx, EmployerKind::Organisation, &new)?;
        assert_eq!(by_job_number(tx, job_number)?, Some(vacancy));
        let found = details(tx, &f.keys, vacancy)?.unwrap();
        let stored = NewVacancy { source: String::new(), source_ref: String::new(), ..new };
        assert_eq!(found.offer, stored);
        assert_eq!(
            (found.employer_name.as_str(), found.tier, found.applications),
            ("EMMA Ltd", Tier::RegisteredFirm, 0)
        );
        assert!(found.is_open(NOW_MS) && !found.is_open(found.offer.closes_ms));
        assert!(!format!("{found:?}").contains("EMMA") && !format!("{found:?}").contains("trowel"));
        let other = JobNumber::candidates(99).find(|other| *other != job_number).unwrap();
        assert_eq!(by_job_number(tx, other)?, None);
        assert_eq!(details(tx, &f.keys, VacancyId::new(1))?, None);
        Ok(())
    });
}

#[test]
fn the_same_posting_again_changes_nothing() {
    Fixture::new().run(|tx, f| {
        let employer = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Organisation), NOW_MS)?;
        let new = f.vacancy(11, 1201, "a");
        let first = post(tx, &f.keys, &mut f.ids(), employer, &new, 7, NOW_MS)?;
        let Posted::Added { vacancy, .. } = first else { panic!("{first:?}") };
        let other = NewVacancy { openings: 9, ..new.clone() };
        let again = post(tx, &f.keys, &mut f.ids(), employer, &other, 8, NOW_MS)?;
        assert_eq!(again, Posted::Duplicate { vacancy });
        assert_eq!(details(tx, &f.keys, vacancy)?.unwrap().offer.openings, new.openings);
        // Another with the same randomness gets another number.
        let Posted::Added { job_number, .. } =
            post(tx, &f.keys, &mut f.ids(), employer, &f.vacancy(11, 1201, "b"), 7, NOW_MS)?
        else {
            panic!("not added")
        };
        assert_eq!(Some(job_number), JobNumber::candidates(7).nth(1));
        let missing = post(tx, &f.keys, &mut f.ids(), EmployerId::new(1), &f.vacancy(11, 1201, "c"), 7, NOW_MS);
        assert_eq!(missing, Err(Fault::Gone("employer")));
        Ok(())
    });
}

#[test]
fn suspect_texts_are_held_until_released() {
    Fixture::new().run(|tx, f| {
        let new = NewVacancy { description: "Registration fee 2000".to_owned(), ..f.vacancy(11, 1201, "a") };
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &new)?;
        assert_eq!(details(tx, &f.keys, vacancy)?.unwrap().status, VacancyStatus::Held);
        assert!(!decide(tx, vacancy, Decision::Fill, NOW_MS)?);
        assert!(decide(tx, vacancy, Decision::Release, NOW_MS)? && !decide(tx, vacancy, Decision::Release, NOW_MS)?);
        assert!(decide(tx, vacancy, Decision::Fill, NOW_MS)? && !decide(tx, vacancy, Decision::Close, NOW_MS)?);
        assert_eq!(details(tx, &f.keys, vacancy)?.unwrap().status, VacancyStatus::Filled);
        Ok(())
    });
}

#[test]
fn what_is_over_is_closed_in_batches() {
    Fixture::new().run(|tx, f| {
        for i in 0..102 {
            let new = NewVacancy { closes_ms: NOW_MS + 5, ..f.vacancy(11, 1201, &i.to_string()) };
            f.post(tx, EmployerKind::Organisation, &new)?;
        }
        f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "later"))?;
        assert_eq!(close_expired(tx, NOW_MS)?, 0);
        assert_eq!(close_expired(tx, NOW_MS + 5)?, 100);
        assert_eq!(close_expired(tx, NOW_MS + 5)?, 2);
        assert_eq!(close_expired(tx, NOW_MS + DAY_MS)?, 0);
        Ok(())
    });
}

#[test]
fn a_household_is_marked_for_the_rules_for_children() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Household, &f.vacancy(41, 12, "a"))?;
        let side = details(tx, &f.keys, vacancy)?.unwrap().side(NOW_MS);
        assert!(side.household && side.open);
        assert_eq!((side.trade, side.place), (trade(41), area(12).into()));
        let stored = tx.query_one("SELECT household FROM vacancy", &[], |row| row.boolean(0))?;
        assert_eq!(stored, Some(true));
        Ok(())
    });
}
