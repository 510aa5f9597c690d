//! The demo population: deterministic, everywhere, stored once.

use std::collections::BTreeSet;

use super::super::fixture::{Fixture, NOW_MS, area, country};
use super::super::hold;
use super::*;

#[test]
fn the_same_seed_makes_the_same_people_everywhere() {
    let made = population(country(), 1);
    assert_eq!(made, population(country(), 1));
    assert_ne!(made, population(country(), 2));
    assert_eq!((made.workers.len(), made.employers.len(), made.vacancies.len()), (WORKERS, EMPLOYERS, VACANCIES + 1));
    let districts =
        |areas: Vec<AreaCode>| areas.iter().filter_map(|area| area.district()).collect::<BTreeSet<_>>().len();
    assert_eq!(districts(made.workers.iter().map(|worker| worker.area).collect()), 30);
    assert_eq!(districts(made.vacancies.iter().filter_map(|had| had.vacancy.place.area()).collect()), 30);
    let kinds: BTreeSet<EmployerKind> = made.employers.iter().map(|had| had.kind).collect();
    assert_eq!(kinds.len(), 3);
    for had in &made.vacancies {
        let pay = had.vacancy.pay.unwrap();
        let bounds = country().pay.bounds(pay.unit);
        assert!((bounds.min..=bounds.max).contains(&pay.amount), "{pay:?}");
        assert_eq!(hold::reason(&had.vacancy.description), None);
    }
    assert!(made.workers.iter().any(|worker| worker.birth_year == 2009));
    assert!(made.workers.iter().all(|worker| worker.msisdn.as_str().starts_with("250780000")));
}

#[test]
fn storing_it_twice_leaves_the_same_rows_and_a_mason_in_the_capital_finds_work() {
    Fixture::new().run(|tx, f| {
        let made = population(&f.country, 1);
        let counts = |tx: &mut Tx<'_>| -> Vec<i64> {
            let sql = [
                "SELECT COUNT(*) FROM person WHERE status = 'listed'",
                "SELECT COUNT(*) FROM employer",
                "SELECT COUNT(*) FROM vacancy WHERE status = 'open'",
                "SELECT COUNT(*) FROM phone_number",
            ];
            sql.into_iter().map(|sql| tx.query_one(sql, &[], |row| row.integer(0)).unwrap().unwrap()).collect()
        };
        for later in [0, 1_000_000] {
            for chunk in 0..made.chunks() {
                store(tx, &f.keys, &f.country, &made, chunk, NOW_MS + later)?;
            }
            assert_eq!(counts(tx), [330, 40, 121, 322]);
        }
        let mason = f.worker_with(tx, 5_000, "Aline Uwera", 1990, 11, 1212)?;
        let found = f.jobs(tx, mason, NOW_MS, 9)?;
        assert!(found.len() >= 3, "{}", found.len());
        assert_eq!(found[0].score.parts.trade, 40);
        assert!(f.country.areas.get(area(1212)).is_some());
        Ok(())
    });
}
