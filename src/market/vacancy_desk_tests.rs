//! An employer's desk: what may be changed, by whom, and what it leaves behind.

use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area, trade};
use super::super::vacancy::{Decision, decide};
use super::*;

fn own(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId) -> Result<(EmployerId, OwnVacancy), Fault> {
    let employer = super::super::vacancy::details(tx, &f.keys, vacancy)?.unwrap().employer;
    Ok((employer, find(tx, &f.keys, employer, vacancy)?.unwrap()))
}

fn changed(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId, new: &NewVacancy) -> Result<Changed, Fault> {
    let (employer, old) = own(tx, f, vacancy)?;
    let order = Change { old: &old, new, token: 5, fields: "{\"openings\":[\"2\",\"3\"]}" };
    change(tx, &f.keys, &mut f.ids(), employer, &order, NOW_MS)
}

#[test]
fn a_change_is_made_noted_and_moves_the_mark_of_its_state() {
    Fixture::new().run(|tx, f| {
        let (vacancy, job_number) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let (employer, before) = own(tx, f, vacancy)?;
        let means = Some(PayMeans::Momo);
        let new = NewVacancy { openings: 3, place: area(1202).into(), means, ..before.offer.clone() };
        assert_eq!(changed(tx, f, vacancy, &new)?, Changed::Done(Standing::Open));
        let after = own(tx, f, vacancy)?.1;
        assert_eq!((&after.offer, after.job_number), (&new, job_number));
        assert!(after.changed_ms > before.changed_ms, "in the same millisecond too");
        let noted = vacancy_change::changes(tx, &f.keys, employer, vacancy)?;
        assert_eq!((noted.len(), noted[0].token, noted[0].fields.contains("openings")), (1, 5, true));
        assert_eq!(vacancy_change::changes(tx, &f.keys, EmployerId::new(1), vacancy)?, []);
        let stale = Change { old: &before, new: &new, token: 5, fields: "{}" };
        let lost = change(tx, &f.keys, &mut f.ids(), employer, &stale, NOW_MS);
        assert_eq!(lost, Err(Fault::Storage(Error::Conflict)));
        Ok(())
    });
}

#[test]
fn what_people_applied_for_stays() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let base = own(tx, f, vacancy)?.1.offer;
        let day = |amount| Some(Pay { amount, unit: PayUnit::Day });
        assert_eq!(
            changed(tx, f, vacancy, &NewVacancy { pay: day(4_999), ..base.clone() })?,
            Changed::Done(Standing::Open)
        );
        let base = own(tx, f, vacancy)?.1.offer;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        f.apply(tx, person, vacancy, "k", NOW_MS)?;
        let refused = |new: NewVacancy, tx: &mut Tx<'_>| changed(tx, f, vacancy, &new);
        for pay in [day(4_998), None, Some(Pay { amount: 100_000, unit: PayUnit::Job })] {
            let new = NewVacancy { pay, ..base.clone() };
            assert_eq!(refused(new, tx)?, Changed::Not(NotChanged::PayLowered), "{pay:?}");
        }
        let other = NewVacancy { trade: trade(12), ..base.clone() };
        assert_eq!(refused(other, tx)?, Changed::Not(NotChanged::OtherWork("trade")));
        let other = NewVacancy { place: area(3601).into(), ..base.clone() };
        assert_eq!(refused(other, tx)?, Changed::Not(NotChanged::OtherWork("area")));
        let other = NewVacancy { kind: JobKind::Short, ..base.clone() };
        assert_eq!(refused(other, tx)?, Changed::Not(NotChanged::OtherWork("kind")));
        let more = NewVacancy { pay: Some(Pay { amount: 130_000, unit: PayUnit::Month }), openings: 5, ..base };
        assert_eq!(changed(tx, f, vacancy, &more)?, Changed::Done(Standing::Open));
        Ok(())
    });
}

#[test]
fn a_text_that_needs_a_look_holds_and_only_a_person_lets_it_go() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let (employer, old) = own(tx, f, vacancy)?;
        assert!(wish(tx, employer, &old, Wish::Pause, NOW_MS)?);
        let old = own(tx, f, vacancy)?.1;
        assert_eq!(old.standing, Standing::Paused);
        assert!(!decide(tx, vacancy, Decision::Release, NOW_MS)?, "a pause is not a hold");
        let new = NewVacancy { description: "Call 0788 123 456".to_owned(), ..old.offer.clone() };
        assert_eq!(changed(tx, f, vacancy, &new)?, Changed::Done(Standing::Held));
        let old = own(tx, f, vacancy)?.1;
        assert!(!wish(tx, employer, &old, Wish::Resume, NOW_MS)?, "held by us, not by them");
        let clean = NewVacancy { description: String::new(), ..new };
        assert_eq!(changed(tx, f, vacancy, &clean)?, Changed::Done(Standing::Held), "somebody looks all the same");
        assert!(decide(tx, vacancy, Decision::Release, NOW_MS)?);
        assert_eq!(own(tx, f, vacancy)?.1.standing, Standing::Open);
        Ok(())
    });
}

#[test]
fn wishes_are_for_ones_own_and_each_from_where_it_can_be() {
    Fixture::new().run(|tx, f| {
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let (employer, old) = own(tx, f, vacancy)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        for order in [Wish::Pause, Wish::Close] {
            assert!(!wish(tx, EmployerId::new(1), &old, order, NOW_MS)?, "another's");
        }
        assert!(!wish(tx, employer, &old, Wish::Resume, NOW_MS)?);
        assert!(wish(tx, employer, &old, Wish::Pause, NOW_MS)? && !wish(tx, employer, &old, Wish::Pause, NOW_MS)?);
        assert_eq!(f.jobs(tx, person, NOW_MS, 9)?, [], "a paused one is not listed");
        assert_eq!(list(tx, &f.keys, employer, Some(Standing::Paused), VacancyId::new(i64::MAX), 9)?.len(), 1);
        assert_eq!(list(tx, &f.keys, employer, Some(Standing::Held), VacancyId::new(i64::MAX), 9)?, []);
        let late_ms = NOW_MS + 11 * DAY_MS;
        assert!(!wish(tx, employer, &old, Wish::Resume, late_ms)?, "its time is over");
        assert!(wish(tx, employer, &old, Wish::Resume, NOW_MS)?);
        assert_eq!(f.jobs(tx, person, NOW_MS, 9)?.len(), 1);
        assert!(wish(tx, employer, &old, Wish::Close, NOW_MS)? && !wish(tx, employer, &old, Wish::Close, NOW_MS)?);
        let closed = own(tx, f, vacancy)?.1;
        assert_eq!(changed(tx, f, vacancy, &closed.offer)?, Changed::Not(NotChanged::Over));
        Ok(())
    });
}

#[test]
fn a_list_goes_back_in_time_and_knows_only_its_employers() {
    Fixture::new().run(|tx, f| {
        let mut posted = Vec::new();
        for name in ["a", "b", "c"] {
            posted.push(f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, name))?.0);
        }
        let (others, _) = f.post(tx, EmployerKind::Household, &f.vacancy(11, 1201, "d"))?;
        let employer = own(tx, f, posted[0])?.0;
        let all = list(tx, &f.keys, employer, None, VacancyId::new(i64::MAX), 9)?;
        let ids: Vec<VacancyId> = all.iter().map(|vacancy| vacancy.vacancy).collect();
        assert_eq!(ids, [posted[2], posted[1], posted[0]]);
        assert_eq!(list(tx, &f.keys, employer, None, posted[1], 9)?.len(), 1);
        assert_eq!(find(tx, &f.keys, employer, others)?, None);
        assert_eq!(employer_of(tx, employer)?, Some((EmployerKind::Organisation, Tier::RegisteredFirm)));
        Ok(())
    });
}
