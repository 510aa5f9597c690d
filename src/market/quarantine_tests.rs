//! Holding, releasing and taking back, on both engines.

use super::super::application::ApplyOutcome;
use super::super::employer::EmployerKind;
use super::super::employer_check::Check;
use super::super::ending;
use super::super::fixture::{Fixture, NOW_MS};
use super::super::stage::Stage;
use super::super::vacancy::{NewVacancy, VacancyStatus};
use super::*;

fn status(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId) -> VacancyStatus {
    vacancy::details(tx, &f.keys, vacancy).unwrap().unwrap().status
}

#[test]
fn a_vacancy_that_is_held_when_posted_says_why_and_is_released_once() {
    Fixture::new().run(|tx, f| {
        let text =
            |text: &str, source: &str| NewVacancy { description: text.to_owned(), ..f.vacancy(11, 1201, source) };
        let (pays, job_number) = f.post(tx, EmployerKind::Organisation, &text("A deposit is asked", "a"))?;
        let (called, _) = f.post(tx, EmployerKind::Organisation, &text("Call 0788 123 456", "b"))?;
        f.post(tx, EmployerKind::Organisation, &text("Paid by MoMo", "c"))?;
        let waiting = held(tx, 9)?;
        assert_eq!(
            waiting.iter().map(|held| (held.vacancy, held.why)).collect::<Vec<_>>(),
            [(pays, HoldWhy::WorkerPays), (called, HoldWhy::PhoneNumber)]
        );
        assert_eq!((waiting[0].job_number, waiting[0].since_ms, waiting[0].reports), (job_number, NOW_MS, 0));
        assert_eq!(release(tx, &mut f.ids(), pays, "ann", NOW_MS)?, Released::Done);
        assert_eq!(release(tx, &mut f.ids(), pays, "bob", NOW_MS)?, Released::NotHeld);
        assert_eq!((status(tx, f, pays), held(tx, 9)?.len()), (VacancyStatus::Open, 1));
        let lines: Vec<_> = history(tx, pays)?.into_iter().map(|line| (line.what, line.by)).collect();
        assert_eq!(lines, [("held".to_owned(), String::new()), ("released".to_owned(), "ann".to_owned())]);
        // By an operator, and decided by another command.
        assert!(hold(tx, &mut f.ids(), pays, (HoldWhy::Operator, "ann"), NOW_MS)?);
        assert!(!hold(tx, &mut f.ids(), pays, (HoldWhy::Operator, "ann"), NOW_MS)?, "once");
        assert!(vacancy::decide(tx, pays, Decision::Close, NOW_MS)?);
        assert_eq!(held(tx, 9)?.len(), 1);
        Ok(())
    });
}

#[test]
fn a_job_that_is_taken_back_ends_for_all_who_asked_also_with_an_offer() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let mut asked = Vec::new();
        for n in 1..=3 {
            let person = f.worker(tx, n, "Aline Uwera")?;
            match f.apply(tx, person, vacancy, &format!("k{n}"), NOW_MS)? {
                ApplyOutcome::Applied { application, .. } => asked.push(application),
                other => panic!("{other:?}"),
            }
        }
        Fixture::put(tx, asked[0], Stage::Rejected)?;
        Fixture::put(tx, asked[1], Stage::Offered)?;
        let later_ms = NOW_MS + ending::SETTLE_AFTER_MS;
        assert_eq!(ending::next(tx, later_ms)?, None);
        assert!(take_back(tx, &mut f.ids(), vacancy, ("reports", "ann"), NOW_MS)?);
        assert!(!take_back(tx, &mut f.ids(), vacancy, ("reports", "bob"), NOW_MS)?);
        let over = ending::next(tx, later_ms)?.unwrap();
        let waiting = [(asked[1], Stage::Offered), (asked[2], Stage::Applied)];
        assert_eq!((over.vacancy, over.why, over.waiting.as_slice()), (vacancy, ending::Why::TakenBack, &waiting[..]));
        for application in &asked[1..] {
            Fixture::put(tx, *application, Stage::Expired)?;
        }
        assert!(ending::settled(tx, &over)? && ending::next(tx, later_ms)?.is_none());
        Ok(())
    });
}

#[test]
fn a_blocked_employer_has_nothing_open_and_posts_nothing_that_is_seen() {
    Fixture::new().run(|tx, f| {
        let mut first = None;
        for n in 0..14 {
            let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, &format!("v{n}")))?;
            first.get_or_insert(vacancy);
        }
        let first = first.unwrap();
        let employer = vacancy::details(tx, &f.keys, first)?.unwrap().employer;
        let note = |tx: &mut Tx<'_>, check| {
            employer_check::check(tx, &f.keys, &mut f.ids(), employer, check, ("ann", ""), NOW_MS)
        };
        note(tx, Check::Block)?;
        let mut held_in_all = 0;
        loop {
            match hold_of_employer(tx, &mut f.ids(), employer, (HoldWhy::EmployerBlocked, "ann"), NOW_MS)? {
                0 => break,
                some => held_in_all += some,
            }
        }
        assert_eq!((held_in_all, held(tx, 99)?.len()), (14, 14));
        let (later, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "later"))?;
        assert_eq!(status(tx, f, later), VacancyStatus::Held);
        let may_not = Released::MayNot(MayPost::Blocked);
        assert_eq!(release(tx, &mut f.ids(), later, "ann", NOW_MS)?, may_not);
        note(tx, Check::Unblock)?;
        assert_eq!(release(tx, &mut f.ids(), later, "ann", NOW_MS)?, Released::Done);
        Ok(())
    });
}

#[test]
fn an_agency_without_a_licence_in_force_shows_nothing() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Agency, &f.vacancy(11, 1201, "a"))?;
        assert_eq!(held(tx, 9)?[0].why, HoldWhy::NoLicence);
        let employer = vacancy::details(tx, &f.keys, vacancy)?.unwrap().employer;
        let may_not = Released::MayNot(MayPost::NoLicence);
        assert_eq!(release(tx, &mut f.ids(), vacancy, "ann", NOW_MS)?, may_not);
        let licence = Check::Licence("LIC 7", NOW_MS + 1);
        employer_check::check(tx, &f.keys, &mut f.ids(), employer, licence, ("ann", ""), NOW_MS)?;
        assert_eq!(release(tx, &mut f.ids(), vacancy, "ann", NOW_MS)?, Released::Done);
        let (seen, _) = f.post(tx, EmployerKind::Agency, &f.vacancy(11, 1201, "b"))?;
        assert_eq!(status(tx, f, seen), VacancyStatus::Open);
        Ok(())
    });
}
