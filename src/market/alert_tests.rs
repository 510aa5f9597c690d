//! Alerts: one run a vacancy, one node a run, one alert a person and vacancy.

use super::super::application::ApplyOutcome;
use super::super::candidate::{self, Fitting};
use super::super::consent::{self, Purpose};
use super::super::employer::EmployerKind;
use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area};
use super::super::vacancy::{self, Decision, NewVacancy, decide};
use super::super::worker;
use super::*;

const LEASE_MS: i64 = 60_000;

fn fitting(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId) -> Vec<Fitting> {
    let side = vacancy::details(tx, &f.keys, vacancy).unwrap().unwrap().side(NOW_MS);
    candidate::best(tx, &f.country, (vacancy, &side), 9, HashSet::new(), NOW_MS).unwrap().people
}

/// Whether one person may be told.
fn one(tx: &mut Tx<'_>, f: &Fixture, person: PersonId, vacancy: VacancyId, now_ms: i64) -> Tellable {
    let mut all = tellable(tx, &f.keys, &[person], vacancy, now_ms).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Somebody as they would be told now by message `message`.
fn addressee(tx: &mut Tx<'_>, f: &Fixture, message: i64, vacancy: VacancyId, fitting: Fitting) -> Addressee {
    let Tellable::Yes(to, place) = one(tx, f, fitting.person, vacancy, NOW_MS) else { panic!("they may be told") };
    Addressee { message, fitting, number: to.number, generation: to.number_generation, place }
}

#[test]
fn a_vacancy_that_opens_leaves_a_run_and_a_held_one_none_until_it_is_released() {
    Fixture::new().run(|tx, f| {
        let held = NewVacancy { description: "Registration fee".to_owned(), ..f.vacancy(11, 1201, "held") };
        let (held, _) = f.post(tx, EmployerKind::Organisation, &held)?;
        assert!(!is_due(tx, NOW_MS)?);
        decide(tx, held, Decision::Release, NOW_MS + 1)?;
        assert!(is_due(tx, NOW_MS + 1)? && !is_due(tx, NOW_MS)?);
        let run = take(tx, 7, NOW_MS + LEASE_MS, NOW_MS + 1)?.unwrap();
        assert_eq!(run, Run { vacancy: held, wave: 1, told: 0, fence: 7 });
        assert_eq!(take(tx, 8, NOW_MS + LEASE_MS, NOW_MS + 1)?, None, "the other node gets nothing");
        Ok(())
    });
}

#[test]
fn who_slept_past_the_lease_writes_nothing() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let slow = take(tx, 7, NOW_MS + LEASE_MS, NOW_MS)?.unwrap();
        assert!(go_on(tx, &slow, Onward::Told(3, NOW_MS + LEASE_MS))?);
        let fast = take(tx, 8, NOW_MS + 2 * LEASE_MS, NOW_MS + LEASE_MS)?.unwrap();
        assert_eq!((fast.told, fast.wave), (3, 1), "what was told before counts");
        assert!(!go_on(tx, &slow, Onward::Told(1, NOW_MS + LEASE_MS))?);
        assert!(!go_on(tx, &slow, Onward::Over)?);
        assert!(go_on(tx, &fast, Onward::NextWave(NOW_MS + DAY_MS))?);
        let next = take(tx, 9, NOW_MS + 2 * DAY_MS, NOW_MS + DAY_MS)?.unwrap();
        assert_eq!((next.wave, next.told), (2, 0));
        begin(tx, vacancy, NOW_MS)?;
        assert!(!go_on(tx, &next, Onward::Over)?, "it opened anew");
        assert_eq!(take(tx, 10, NOW_MS + 2 * DAY_MS, NOW_MS + DAY_MS)?.unwrap().wave, 1);
        Ok(())
    });
}

#[test]
fn somebody_is_told_of_a_vacancy_once_and_so_often_on_a_day() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let fits = fitting(tx, f, vacancy)[0];
        let aline = addressee(tx, f, 1, vacancy, fits);
        assert_eq!(aline.place, 1201);
        let today = Day(20_000);
        let noted = |tx: &mut Tx<'_>, message, vacancy, day_max, day| {
            let again = Addressee { message, ..aline };
            Ok::<_, Fault>(note(tx, vacancy, &[&again], (day, day_max), NOW_MS)? == [true])
        };
        assert!(!noted(tx, 1, vacancy, 0, today)?);
        assert!(noted(tx, 1, vacancy, 3, today)?);
        assert!(!noted(tx, 2, vacancy, 3, today)?, "of each vacancy once");
        assert!(matches!(one(tx, f, person, vacancy, NOW_MS), Tellable::Knows));
        assert_eq!(told(tx, vacancy)?, HashSet::from([person]));
        let mut others = Vec::new();
        for n in 2..6 {
            others.push(f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, &n.to_string()))?.0);
        }
        assert!(noted(tx, 3, others[0], 3, today)? && noted(tx, 4, others[1], 3, today)?);
        assert!(!noted(tx, 5, others[2], 3, today)?, "three on a day");
        assert!(noted(tx, 6, others[3], 3, today.plus(1))?);
        assert_eq!(messages_to(tx, person)?, [1, 3, 4, 6]);
        // Who moves house is told no more often for it, and what they were told is still found.
        worker::set_area(tx, &f.country, person, area(1101), NOW_MS)?;
        let (fifth, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1101, "fifth"))?;
        assert!(matches!(one(tx, f, person, fifth, NOW_MS), Tellable::Yes(_, 1201)));
        assert_eq!(messages_to(tx, person)?, [1, 3, 4, 6]);
        assert!(told_to(tx, person)?.iter().all(|told| told.told_ms == NOW_MS && told.score == i64::from(fits.score)));
        let other = f.worker(tx, 2, "Benoit")?;
        assert!(messages_to(tx, other)?.is_empty() && messages_to(tx, PersonId::new(77))?.is_empty());
        Ok(())
    });
}

#[test]
fn what_changed_since_the_index_was_written_is_seen() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let number = f.number(tx, 1)?;
        let never =
            |tx: &mut Tx<'_>, now_ms| Ok::<_, Fault>(matches!(one(tx, f, person, vacancy, now_ms), Tellable::Never));
        assert!(!never(tx, NOW_MS)?);
        assert!(never(tx, NOW_MS + IDLE_MS)?, "silent for so long");
        worker::set_scored(tx, person, false, NOW_MS)?;
        assert!(never(tx, NOW_MS)?);
        worker::set_scored(tx, person, true, NOW_MS)?;
        phone_number::stop(tx, &number.hash, NOW_MS)?;
        assert!(never(tx, NOW_MS)?);
        phone_number::start(tx, &number.hash)?;
        assert!(matches!(f.apply(tx, person, vacancy, "k", NOW_MS)?, ApplyOutcome::Applied { .. }));
        assert!(matches!(one(tx, f, person, vacancy, NOW_MS), Tellable::Knows));
        consent::withdraw(tx, person, Purpose::Alerts, NOW_MS)?;
        assert!(never(tx, NOW_MS)?);
        Ok(())
    });
}

#[test]
fn who_changes_between_the_look_and_the_note_is_passed_over_and_the_others_are_told() {
    Fixture::new().run(|tx, f| {
        let people: Vec<_> = (1..6).map(|n| f.worker(tx, n, "Aline Uwera").unwrap()).collect();
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let mut found = fitting(tx, f, vacancy);
        found.sort_by_key(|fitting| fitting.person);
        let all: Vec<_> = (1..).zip(found).map(|(id, fits)| addressee(tx, f, id, vacancy, fits)).collect();
        assert_eq!(all.iter().map(|one| one.fitting.person).collect::<Vec<_>>(), people);
        // The second asks for the job, the third's number gets another owner, the fourth registration is closed.
        assert!(matches!(f.apply(tx, people[1], vacancy, "k", NOW_MS)?, ApplyOutcome::Applied { .. }));
        let other_owner = Addressee { generation: all[2].generation + 1, ..all[2] };
        tx.execute("UPDATE person SET status = 'closed' WHERE id = $1", &[people[3].into()])?;
        let asked = [&all[0], &all[1], &other_owner, &all[3], &all[4]];
        assert_eq!(note(tx, vacancy, &asked, (Day(20_000), 3), NOW_MS)?, [true, false, false, false, true]);
        assert_eq!(told(tx, vacancy)?, HashSet::from([people[0], people[4]]));
        let may = tellable(tx, &f.keys, &people, vacancy, NOW_MS)?;
        let may: Vec<_> = may.iter().map(|one| matches!(one, Tellable::Yes(..))).collect();
        assert_eq!(may, [false, false, true, false, false], "in the order asked");
        Ok(())
    });
}

#[test]
fn an_alert_that_waits_is_over_with_the_vacancy_or_with_the_consent() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let (a, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let (b, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
        for (id, vacancy) in [(1, a), (2, b)] {
            let fits = fitting(tx, f, vacancy)[0];
            let aline = addressee(tx, f, id, vacancy, fits);
            assert_eq!(note(tx, vacancy, &[&aline], (Day(20_000), 3), NOW_MS)?, [true]);
            assert_eq!(standing(tx, id)?, Standing::Wanted);
        }
        decide(tx, a, Decision::Fill, NOW_MS)?;
        assert_eq!((standing(tx, 1)?, standing(tx, 2)?), (Standing::Over, Standing::Wanted));
        consent::withdraw(tx, person, Purpose::Alerts, NOW_MS)?;
        assert_eq!((standing(tx, 2)?, standing(tx, 3)?), (Standing::Over, Standing::Over));
        assert_eq!(forget(tx, 2, 9)?, 1);
        Ok(())
    });
}
