//! Work abroad, from the posting to the alert: who may post it, who looks, and who is shown it.

use std::collections::HashSet;

use super::super::alert::{self, Addressee, Standing};
use super::super::application::ApplyOutcome;
use super::super::candidate::{self, Fitting};
use super::super::consent::{self, Given, Purpose};
use super::super::employer::{self, EmployerKind};
use super::super::employer_check::{self, Check, MayPost};
use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area};
use super::super::job_number::mix;
use super::super::matching::Gate;
use super::super::quarantine::{self, HoldWhy, Released};
use super::super::vacancy::{self, NewVacancy, Posted, VacancyStatus};
use super::super::vacancy_desk::{self, Change, Changed, NotChanged};
use super::super::{EmployerId, Fault, PersonId, VacancyId};
use super::*;
use crate::storage::Tx;
use crate::text::Language;
use crate::text::datetime::Day;

fn abroad() -> Place {
    Place::Abroad(CountryCode::parse("QA").unwrap())
}

fn job(f: &Fixture, name: &str) -> NewVacancy {
    NewVacancy { place: abroad(), town: "Doha".to_owned(), ..f.vacancy(11, 1201, name) }
}

fn who(tx: &mut Tx<'_>, f: &Fixture, kind: EmployerKind) -> Result<EmployerId, Fault> {
    employer::known(tx, &f.keys, &mut f.ids(), &f.employer(kind), NOW_MS)
}

fn licensed(tx: &mut Tx<'_>, f: &Fixture) -> Result<EmployerId, Fault> {
    let agency = who(tx, f, EmployerKind::Agency)?;
    let licence = Check::Licence("LIC 7", NOW_MS + DAY_MS);
    employer_check::check(tx, &f.keys, &mut f.ids(), agency, licence, ("ann", ""), NOW_MS)?;
    Ok(agency)
}

fn post(tx: &mut Tx<'_>, f: &Fixture, employer: EmployerId, new: &NewVacancy) -> Result<Posted, Fault> {
    let mut ids = f.ids();
    let random = mix(u64::try_from(ids.first()).unwrap());
    vacancy::post(tx, &f.keys, &mut ids, employer, new, random, NOW_MS)
}

/// A job abroad that somebody has looked at.
fn open(tx: &mut Tx<'_>, f: &Fixture, name: &str) -> Result<(VacancyId, EmployerId), Fault> {
    let agency = licensed(tx, f)?;
    let Posted::Added { vacancy, .. } = post(tx, f, agency, &job(f, name))? else { panic!() };
    assert_eq!(quarantine::release(tx, &mut f.ids(), vacancy, "ann", NOW_MS)?, Released::Done);
    Ok((vacancy, agency))
}

fn agree(tx: &mut Tx<'_>, f: &Fixture, person: PersonId) -> Result<(), Fault> {
    let given = Given { text_version: "t", language: Language::Rw, channel: "demo", hop_uid: 7 };
    consent::give(tx, &mut f.ids(), person, Purpose::Abroad, &given, NOW_MS)
}

fn told(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId) -> Vec<PersonId> {
    let side = vacancy::details(tx, &f.keys, vacancy).unwrap().unwrap().side(NOW_MS);
    let found = candidate::best(tx, &f.country, (vacancy, &side), 99, HashSet::new(), NOW_MS).unwrap();
    found.people.iter().map(|one: &Fitting| one.person).collect()
}

#[test]
fn only_an_agency_with_a_licence_in_force_posts_it_and_a_person_looks_first() {
    Fixture::new().run(|tx, f| {
        for (kind, why) in [
            (EmployerKind::Organisation, MayPost::NotAnAgency),
            (EmployerKind::Household, MayPost::NotAnAgency),
            (EmployerKind::Agency, MayPost::NoLicence),
        ] {
            let employer = who(tx, f, kind)?;
            assert_eq!(post(tx, f, employer, &job(f, kind.code()))?, Posted::MayNot(why));
        }
        let agency = licensed(tx, f)?;
        let posted = post(tx, f, agency, &job(f, "a"))?;
        let Posted::Added { vacancy, status: VacancyStatus::Held, .. } = posted else { panic!("{posted:?}") };
        assert_eq!(quarantine::held(tx, 9)?[0].why, HoldWhy::Abroad);
        let own = vacancy_desk::find(tx, &f.keys, agency, vacancy)?.unwrap();
        assert_eq!((own.offer.place, own.offer.town.as_str()), (abroad(), "Doha"));
        // The licence is over before anybody has looked.
        let may_not = Released::MayNot(MayPost::NoLicence);
        assert_eq!(quarantine::release(tx, &mut f.ids(), vacancy, "ann", NOW_MS + DAY_MS)?, may_not);
        assert_eq!(quarantine::release(tx, &mut f.ids(), vacancy, "ann", NOW_MS)?, Released::Done);
        Ok(())
    });
}

#[test]
fn whatever_is_changed_waits_for_a_look_again_and_a_firm_moves_nothing_abroad() {
    Fixture::new().run(|tx, f| {
        let (vacancy, agency) = open(tx, f, "a")?;
        let old = vacancy_desk::find(tx, &f.keys, agency, vacancy)?.unwrap();
        let new = NewVacancy { openings: 9, ..old.offer.clone() };
        let order = Change { old: &old, new: &new, token: 5, fields: "{}" };
        let changed = vacancy_desk::change(tx, &f.keys, &mut f.ids(), agency, &order, NOW_MS)?;
        assert_eq!(changed, Changed::Done(vacancy_desk::Standing::Held));
        let (here, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
        let firm = who(tx, f, EmployerKind::Organisation)?;
        let old = vacancy_desk::find(tx, &f.keys, firm, here)?.unwrap();
        let new = NewVacancy { place: abroad(), ..old.offer.clone() };
        let order = Change { old: &old, new: &new, token: 5, fields: "{}" };
        let changed = vacancy_desk::change(tx, &f.keys, &mut f.ids(), firm, &order, NOW_MS)?;
        assert_eq!(changed, Changed::Not(NotChanged::MayNot(MayPost::NotAnAgency)));
        Ok(())
    });
}

#[test]
fn adults_who_agreed_are_shown_and_told_of_it_and_nobody_else() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = open(tx, f, "a")?;
        let (agrees, silent) = (f.worker(tx, 1, "Aline")?, f.worker(tx, 2, "Ben")?);
        // Of another province, and it does not matter.
        let far = f.worker_with(tx, 3, "Chantal", 1990, 11, 3601)?;
        for person in [agrees, far] {
            agree(tx, f, person)?;
            assert_eq!(f.jobs(tx, person, NOW_MS, 9)?[0].place, abroad());
        }
        assert!(f.jobs(tx, silent, NOW_MS, 9)?.is_empty());
        let mut people = told(tx, f, vacancy);
        people.sort_unstable();
        assert_eq!(people, [agrees, far]);
        // Work here is told to everybody as before, once.
        let (here, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
        assert_eq!(told(tx, f, here).len(), 3);
        // By its number somebody finds it, and is asked first.
        let refused = ApplyOutcome::NotEligible(Gate::Abroad);
        assert_eq!(f.apply(tx, silent, vacancy, "k", NOW_MS)?, refused);
        agree(tx, f, silent)?;
        let applied = f.apply(tx, silent, vacancy, "k", NOW_MS)?;
        let ApplyOutcome::Applied { application, .. } = applied else { panic!("{applied:?}") };
        let score = super::super::application::score_of(tx, application)?.unwrap();
        assert_eq!((score.parts.trade, score.parts.place), (40, None));
        assert_eq!(super::super::application::mine(tx, silent)?[0].place, abroad());
        assert!(area(1201).district().is_some());
        Ok(())
    });
}

#[test]
fn a_minor_is_kept_out_whatever_they_agreed_to() {
    Fixture::new().run(|tx, f| {
        let agency = licensed(tx, f)?;
        // Farm work, which is open to somebody of 17 here.
        let farm = NewVacancy { trade: super::super::fixture::trade(41), ..job(f, "farm") };
        let Posted::Added { vacancy, .. } = post(tx, f, agency, &farm)? else { panic!() };
        quarantine::release(tx, &mut f.ids(), vacancy, "ann", NOW_MS)?;
        let minor = f.worker_with(tx, 1, "Dina", 2009, 41, 1201)?;
        agree(tx, f, minor)?;
        assert!(f.jobs(tx, minor, NOW_MS, 9)?.is_empty() && told(tx, f, vacancy).is_empty());
        assert_eq!(f.apply(tx, minor, vacancy, "k", NOW_MS)?, ApplyOutcome::NotEligible(Gate::Age));
        Ok(())
    });
}

#[test]
fn taking_it_back_ends_lists_and_alerts_that_wait() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = open(tx, f, "a")?;
        let person = f.worker(tx, 1, "Aline")?;
        agree(tx, f, person)?;
        let side = vacancy::details(tx, &f.keys, vacancy)?.unwrap().side(NOW_MS);
        let found = candidate::best(tx, &f.country, (vacancy, &side), 9, HashSet::new(), NOW_MS)?;
        let fitting = found.people[0];
        let number = f.number(tx, 1)?;
        let aline = Addressee { message: 77, fitting, number: number.hash, generation: number.generation, place: 1201 };
        assert_eq!(alert::note(tx, vacancy, &[&aline], (Day(20_000), 3), NOW_MS)?, [true]);
        assert_eq!(alert::standing(tx, 77)?, Standing::Wanted);
        assert!(consent::withdraw(tx, person, Purpose::Abroad, NOW_MS)?);
        assert_eq!(alert::standing(tx, 77)?, Standing::Over);
        assert!(told(tx, f, vacancy).is_empty() && f.jobs(tx, person, NOW_MS, 9)?.is_empty());
        // Alerts of work here go on.
        let (here, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
        assert_eq!(told(tx, f, here), [person]);
        Ok(())
    });
}
