//! Steps of the pipeline by themselves: what is written beside a stage, and what is not.

use super::super::application::{ApplyOutcome, mine};
use super::super::employer::EmployerKind;
use super::super::fixture::{Fixture, NOW_MS};
use super::super::vacancy;
use super::*;

fn applied(tx: &mut Tx<'_>, f: &Fixture, n: u32, name: &str) -> Result<(PersonId, ApplicationId, VacancyId), Fault> {
    let person = f.worker(tx, n, "Aline Uwera")?;
    let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, name))?;
    match f.apply(tx, person, vacancy, name, NOW_MS)? {
        ApplyOutcome::Applied { application, .. } => Ok((person, application, vacancy)),
        other => panic!("{other:?}"),
    }
}

fn moved(application: ApplicationId, from: Stage, to: Stage, operation_key: &str) -> Move<'_> {
    Move { application, from, to, by: By::System, note: None, words: None, operation_key }
}

#[test]
fn stages_move_forward_and_ends_are_final() {
    Fixture::new().run(|tx, f| {
        let (_, application, vacancy) = applied(tx, f, 1, "a")?;
        let mut at = Stage::Applied;
        let mut go = |to: Stage| {
            let moved = step(tx, &f.keys, &mut f.ids(), &moved(application, at, to, to.code()), NOW_MS)?;
            if let Moved::Now { .. } = moved {
                at = to;
            }
            Ok::<_, Fault>(moved)
        };
        assert_eq!(go(Stage::Hired)?, Moved::Stands { stage: Stage::Applied });
        assert!(matches!(go(Stage::Shortlisted)?, Moved::Now { .. }));
        assert_eq!(go(Stage::Shortlisted)?, Moved::Before { to: Stage::Shortlisted });
        assert!(matches!(go(Stage::Withdrawn)?, Moved::Now { .. }));
        assert_eq!(go(Stage::Offered)?, Moved::Stands { stage: Stage::Withdrawn });
        let none = moved(ApplicationId::new(1), Stage::Applied, Stage::Offered, "k");
        assert_eq!(step(tx, &f.keys, &mut f.ids(), &none, NOW_MS), Err(Fault::Gone("application")));
        // Seen where it does not stand any more.
        let late = moved(application, Stage::Applied, Stage::Rejected, "l");
        let stands = Moved::Stands { stage: Stage::Withdrawn };
        assert_eq!(step(tx, &f.keys, &mut f.ids(), &late, NOW_MS)?, stands);
        assert_eq!(history(tx, &f.keys, application)?.len(), 2);
        assert_eq!(vacancy::details(tx, &f.keys, vacancy)?.unwrap().applications, 0, "took it back");
        Ok(())
    });
}

#[test]
fn what_waits_for_an_answer_stands_first_in_the_list() {
    Fixture::new().run(|tx, f| {
        let (person, first, _) = applied(tx, f, 1, "a")?;
        let mut all = vec![first];
        for (at, name) in (1..).zip(["b", "c", "d"]) {
            let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, name))?;
            let outcome = f.apply(tx, person, vacancy, name, NOW_MS + at)?;
            let ApplyOutcome::Applied { application, .. } = outcome else { panic!("{outcome:?}") };
            all.push(application);
        }
        for (at, to) in [(0, Stage::Offered), (1, Stage::Interview)] {
            step(tx, &f.keys, &mut f.ids(), &moved(all[at], Stage::Applied, to, "k"), NOW_MS)?;
        }
        let listed: Vec<ApplicationId> = mine(tx, person)?.iter().map(|mine| mine.application).collect();
        assert_eq!(listed, [all[0], all[1], all[3], all[2]]);
        let found = super::super::application::one_of(tx, person, all[2])?.unwrap();
        assert_eq!(found.stage, Stage::Applied);
        let stranger = f.worker(tx, 2, "Ben")?;
        assert_eq!(super::super::application::one_of(tx, stranger, all[2])?, None);
        Ok(())
    });
}

#[test]
fn every_refusal_has_a_word_of_its_own() {
    for refusal in Refusal::ALL {
        assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
    }
}
