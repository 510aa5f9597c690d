//! Reports on both engines: counted from different numbers, once each, and enough of them hold the vacancy.

use super::super::employer::{self, EmployerKind};
use super::super::fixture::{Fixture, NOW_MS};
use super::super::phone_number;
use super::super::vacancy::{self, VacancyStatus};
use super::*;

fn from(
    tx: &mut Tx<'_>,
    f: &Fixture,
    (vacancy, n): (VacancyId, u32),
    (reason, is_listed): (ReportReason, bool),
) -> Result<Reported, Fault> {
    let number = f.number(tx, n)?;
    let about = vacancy::details(tx, &f.keys, vacancy)?.unwrap();
    let new = NewReport { about: &about, number: &number, is_listed, reason, to_hold: 3 };
    report(tx, &mut f.ids(), &new, NOW_MS)
}

fn status(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId) -> VacancyStatus {
    vacancy::details(tx, &f.keys, vacancy).unwrap().unwrap().status
}

const REAL: (ReportReason, bool) = (ReportReason::NotReal, true);

#[test]
fn the_third_number_holds_it_and_a_number_counts_once() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        assert_eq!(from(tx, f, (vacancy, 1), REAL)?, Reported::Taken { held: false });
        assert_eq!(from(tx, f, (vacancy, 1), (ReportReason::Money, true))?, Reported::Before);
        assert_eq!(from(tx, f, (vacancy, 2), REAL)?, Reported::Taken { held: false });
        assert_eq!(status(tx, f, vacancy), VacancyStatus::Open);
        assert_eq!(from(tx, f, (vacancy, 3), (ReportReason::Unsafe, false))?, Reported::Taken { held: true });
        assert_eq!(from(tx, f, (vacancy, 3), REAL)?, Reported::Before, "the deciding one, delivered twice");
        assert_eq!(from(tx, f, (vacancy, 4), REAL)?, Reported::Taken { held: false }, "held already");
        assert_eq!(status(tx, f, vacancy), VacancyStatus::Held);
        assert_eq!(reasons(tx, vacancy)?, [(ReportReason::NotReal, 3), (ReportReason::Unsafe, 1)]);
        assert_eq!(quarantine::held(tx, 9)?[0].reports, 4);
        // A person has looked: what was said until then counts no more, and nobody says it a second time.
        assert_eq!(quarantine::release(tx, &mut f.ids(), vacancy, "ann", NOW_MS)?, quarantine::Released::Done);
        assert_eq!(from(tx, f, (vacancy, 2), REAL)?, Reported::Before);
        for (n, held) in [(5, false), (6, false), (7, true)] {
            assert_eq!(from(tx, f, (vacancy, n), REAL)?, Reported::Taken { held }, "{n}");
        }
        // The number's next owner is somebody else.
        let number = f.number(tx, 1)?;
        phone_number::new_owner(tx, &number.hash, NOW_MS)?;
        assert_eq!(from(tx, f, (vacancy, 1), REAL)?, Reported::Taken { held: false });
        Ok(())
    });
}

#[test]
fn one_who_was_asked_for_money_by_somebody_unknown_is_enough() {
    Fixture::new().run(|tx, f| {
        let money = |is_listed| (ReportReason::Money, is_listed);
        let (checked, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        assert_eq!(from(tx, f, (checked, 1), money(true))?, Reported::Taken { held: false }, "a registered firm");
        let (unknown, _) = f.post(tx, EmployerKind::Household, &f.vacancy(11, 1201, "b"))?;
        let employer = vacancy::details(tx, &f.keys, unknown)?.unwrap().employer;
        employer::set_tier(tx, employer, Tier::PhoneOnly)?;
        assert_eq!(from(tx, f, (unknown, 1), money(false))?, Reported::Taken { held: false }, "nobody is registered");
        assert_eq!(from(tx, f, (unknown, 2), REAL)?, Reported::Taken { held: false }, "no money");
        let (other, _) = f.post(tx, EmployerKind::Household, &f.vacancy(11, 1201, "c"))?;
        assert_eq!(from(tx, f, (other, 3), money(true))?, Reported::Taken { held: true });
        Ok(())
    });
}

#[test]
fn a_number_reports_so_many_jobs_a_day() {
    Fixture::new().run(|tx, f| {
        let vacancies =
            (0..=A_DAY_MAX).map(|n| f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, &n.to_string())));
        let vacancies = vacancies.collect::<Result<Vec<_>, _>>()?;
        let (last, first) = vacancies.split_last().unwrap();
        for (vacancy, _) in first {
            assert_eq!(from(tx, f, (*vacancy, 1), REAL)?, Reported::Taken { held: false });
        }
        assert_eq!(from(tx, f, (last.0, 1), REAL)?, Reported::TooMany);
        assert_eq!(from(tx, f, (last.0, 2), REAL)?, Reported::Taken { held: false });
        Ok(())
    });
}
