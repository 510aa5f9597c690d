//! Selection rates: how far people of each group came, of those who applied. For an employer to see whether one group falls
//! behind, by the rule of four fifths.
//!
//! Only people who agreed to be counted in statistics are, and a group of fewer than [`GROUP_MIN`] is not shown: what became of
//! four people is known to everybody who knows them. Of two sexes the small one could be worked out from the other: both are shown, or
//! none. And what changed in this month is not in it yet: whoever moves one person and looks again learns nothing of them.

use super::age;
use super::sex::Sex;
use super::worker::today;
use super::{EmployerId, Fault, VacancyId};
use crate::country::Country;
use crate::storage::{Row, Tx};

/// People of a group below which it is not shown.
pub const GROUP_MIN: i64 = 5;
/// How far back an employer's vacancies count: twelve months.
pub const BACK_MS: i64 = 365 * 24 * 3_600_000;
/// Applications that are counted, the newest: what one read may take, and more than any employer here has in a year.
const COUNTED_MAX: i64 = 100_000;

coded! {
    /// Age in years when somebody applied, in the bands in which results are told.
    pub enum AgeBand {
        /// To 20.
        To20 = "16-20",
        /// 21 to 24.
        To24 = "21-24",
        /// 25 to 30.
        To30 = "25-30",
        /// 31 and above.
        From31 = "31+",
    }
}

impl AgeBand {
    /// The band of an age.
    pub fn of(age: u8) -> AgeBand {
        match age {
            ..=20 => AgeBand::To20,
            21..=24 => AgeBand::To24,
            25..=30 => AgeBand::To30,
            _ => AgeBand::From31,
        }
    }
}

/// How many of a group came how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group, as results name it.
    pub name: &'static str,
    /// Who applied.
    pub applied: i64,
    /// Of them, who came to the shortlist or beyond, whatever became of them then.
    pub shortlisted: i64,
    /// Of them, who were hired.
    pub hired: i64,
}

impl Group {
    fn none(name: &'static str) -> Group {
        Group { name, applied: 0, shortlisted: 0, hired: 0 }
    }

    fn add(&mut self, came: &Came) {
        self.applied += 1;
        self.shortlisted += i64::from(came.is_shortlisted);
        self.hired += i64::from(came.is_hired);
    }

    /// Whether it is large enough to be shown.
    pub fn is_shown(&self) -> bool {
        self.applied >= GROUP_MIN
    }
}

/// Groups of the same people, parted in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// In the order of [`AgeBand::ALL`].
    pub by_age: Vec<Group>,
    /// Women, men. Whoever has not said is in neither.
    pub by_sex: Vec<Group>,
}

impl Groups {
    /// Those by age that are large enough to be shown.
    pub fn shown_by_age(&self) -> Vec<Group> {
        self.by_age.iter().filter(|group| group.is_shown()).copied().collect()
    }

    /// Both sexes, or none.
    pub fn shown_by_sex(&self) -> Vec<Group> {
        if self.by_sex.iter().all(Group::is_shown) { self.by_sex.clone() } else { Vec::new() }
    }
}

/// Whether a group's share is under four fifths of the best share among groups that are shown: so many of so many.
pub fn falls_behind(share: (i64, i64), shown: impl Iterator<Item = (i64, i64)>) -> bool {
    // a/b < 4/5 of c/d, in whole numbers.
    shown.filter(|(_, of)| *of > 0).any(|(best, of)| 5 * share.0 * of < 4 * best * share.1)
}

/// The groups of who applied for a vacancy of this employer.
pub fn of_vacancy(
    tx: &mut Tx<'_>,
    country: &Country,
    employer: EmployerId,
    vacancy: VacancyId,
    now_ms: i64,
) -> Result<Groups, Fault> {
    const OF: &str = "SELECT worker.birth_year, worker.sex, application.applied_ms, application.changed_ms, application.stage, \
        (SELECT COUNT(*) FROM application_event WHERE application_event.application_id = application.id \
        AND application_event.to_stage IN ('shortlisted', 'assessment', 'interview', 'offered', 'hired')) \
        FROM vacancy JOIN application ON application.vacancy_id = vacancy.id \
        JOIN worker ON worker.person_id = application.person_id \
        WHERE vacancy.id = $1 AND vacancy.employer_id = $2 AND EXISTS (SELECT 1 FROM consent \
        WHERE consent.person_id = application.person_id AND consent.purpose = 'statistics' \
        AND consent.withdrawn_ms IS NULL) ORDER BY application.id DESC LIMIT $3";
    let rows = tx.query(OF, &[vacancy.into(), employer.into(), COUNTED_MAX.into()], read)?;
    Ok(grouped(country, &rows, month_ms(country, now_ms)))
}

/// The groups of who applied for any vacancy that this employer posted since then.
pub fn of_employer(
    tx: &mut Tx<'_>,
    country: &Country,
    employer: EmployerId,
    since_ms: i64,
    now_ms: i64,
) -> Result<Groups, Fault> {
    const OF: &str = "SELECT worker.birth_year, worker.sex, application.applied_ms, application.changed_ms, application.stage, \
        (SELECT COUNT(*) FROM application_event WHERE application_event.application_id = application.id \
        AND application_event.to_stage IN ('shortlisted', 'assessment', 'interview', 'offered', 'hired')) \
        FROM vacancy JOIN application ON application.vacancy_id = vacancy.id \
        JOIN worker ON worker.person_id = application.person_id \
        WHERE vacancy.employer_id = $1 AND vacancy.posted_ms >= $2 AND EXISTS (SELECT 1 FROM consent \
        WHERE consent.person_id = application.person_id AND consent.purpose = 'statistics' \
        AND consent.withdrawn_ms IS NULL) ORDER BY application.id DESC LIMIT $3";
    let rows = tx.query(OF, &[employer.into(), since_ms.into(), COUNTED_MAX.into()], read)?;
    Ok(grouped(country, &rows, month_ms(country, now_ms)))
}

/// How far somebody came.
struct Came {
    birth_year: i64,
    sex: Option<Sex>,
    applied_ms: i64,
    changed_ms: i64,
    is_shortlisted: bool,
    is_hired: bool,
}

fn read(row: &Row<'_>) -> Result<Came, crate::storage::Error> {
    let is_hired = row.text(4)? == "hired";
    Ok(Came {
        birth_year: row.integer(0)?,
        sex: Sex::from_code(row.text(1)?),
        applied_ms: row.integer(2)?,
        changed_ms: row.integer(3)?,
        is_shortlisted: is_hired || row.integer(5)? > 0,
        is_hired,
    })
}

/// When the month of the country began.
fn month_ms(country: &Country, now_ms: i64) -> i64 {
    let today = today(country, now_ms);
    today.plus(1 - i32::from(today.date().2)).start_ms(&country.timezone)
}

fn grouped(country: &Country, people: &[Came], month_ms: i64) -> Groups {
    let mut by_age: Vec<Group> = AgeBand::ALL.iter().map(|band| Group::none(band.code())).collect();
    let mut by_sex: Vec<Group> = [Sex::Woman, Sex::Man].iter().map(|sex| Group::none(sex.code())).collect();
    for came in people {
        // A year that is no age any more says nothing.
        let age = age::age(came.birth_year, today(country, came.applied_ms), &country.ages);
        let band = age.map(|age| AgeBand::of(age).code());
        by_age.iter_mut().filter(|group| Some(group.name) == band).for_each(|group| group.add(came));
        let sex = came.sex.filter(|_| came.changed_ms < month_ms).map(Sex::code);
        by_sex.iter_mut().filter(|group| Some(group.name) == sex).for_each(|group| group.add(came));
    }
    Groups { by_age, by_sex }
}

#[cfg(test)]
mod tests {
    use super::super::application::ApplyOutcome;
    use super::super::consent::{self, Given, Purpose};
    use super::super::employer::EmployerKind;
    use super::super::fixture::{DAY_MS, Fixture, NOW_MS};
    use super::super::sex;
    use super::super::stage::Stage;
    use super::super::vacancy;
    use super::*;
    use crate::text::Language;

    #[test]
    fn bands_are_those_in_which_results_are_told() {
        let bands = [16, 20, 21, 24, 25, 30, 31, 90].map(|age| AgeBand::of(age).code());
        assert_eq!(bands, ["16-20", "16-20", "21-24", "21-24", "25-30", "25-30", "31+", "31+"]);
    }

    #[test]
    fn under_four_fifths_of_the_best_falls_behind() {
        let shown = [(10, 10), (4, 5), (79, 100), (0, 0)];
        let behind = |share| falls_behind(share, shown.into_iter());
        assert!(!behind((10, 10)) && !behind((4, 5)), "four fifths are enough");
        assert!(behind((79, 100)) && behind((0, 9)));
        assert!(!falls_behind((0, 9), [(0, 9)].into_iter()), "where nobody came further, nobody fell behind");
    }

    #[test]
    fn a_small_sex_is_not_worked_out_from_the_other() {
        let group = |name, applied| Group { name, applied, shortlisted: 0, hired: 0 };
        let groups = |women| Groups { by_age: Vec::new(), by_sex: vec![group("woman", women), group("man", 20)] };
        assert!(groups(GROUP_MIN - 1).shown_by_sex().is_empty() && groups(0).shown_by_sex().is_empty());
        assert_eq!(groups(GROUP_MIN).shown_by_sex().len(), 2);
    }

    #[test]
    fn who_agreed_is_counted_by_how_far_they_came() {
        Fixture::new().run(|tx, f| {
            let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let employer = vacancy::details(tx, &f.keys, job)?.unwrap().employer;
            // Of 36 and of 22: one of each is hired, one of each was never asked.
            for (n, year) in [(1, 1990), (2, 1990), (3, 2004), (4, 2004)] {
                let person = f.worker_with(tx, n, "Aline Uwera", year, 11, 1201)?;
                let ApplyOutcome::Applied { application, .. } = f.apply(tx, person, job, &n.to_string(), NOW_MS)?
                else {
                    panic!("applied before")
                };
                let said = [Sex::Woman, Sex::Woman, Sex::NotSaid, Sex::Man];
                if let Some(said) = said.get(usize::try_from(n).unwrap() - 1) {
                    sex::save(tx, person, *said, NOW_MS)?;
                }
                if n % 2 == 0 {
                    Fixture::put(tx, application, Stage::Hired)?;
                }
                if n < 4 {
                    let given = Given { text_version: "1", language: Language::Rw, channel: "demo", hop_uid: 7 };
                    consent::give(tx, &mut f.ids(), person, Purpose::Statistics, &given, NOW_MS)?;
                }
                if n == 3 {
                    consent::withdraw(tx, person, Purpose::Statistics, NOW_MS)?;
                    consent::give(
                        tx,
                        &mut f.ids(),
                        person,
                        Purpose::Statistics,
                        &Given { text_version: "1", language: Language::Rw, channel: "demo", hop_uid: 8 },
                        NOW_MS,
                    )?;
                }
            }
            let next_ms = NOW_MS + 40 * DAY_MS;
            let groups = of_vacancy(tx, &f.country, employer, job, next_ms)?;
            let counts = |groups: &[Group]| -> Vec<_> {
                groups.iter().map(|group| (group.applied, group.shortlisted, group.hired)).collect()
            };
            assert_eq!(counts(&groups.by_age), [(0, 0, 0), (1, 0, 0), (0, 0, 0), (2, 1, 1)]);
            assert_eq!(counts(&groups.by_sex), [(2, 1, 1), (0, 0, 0)], "a man who was hired agreed to nothing");
            assert!(groups.shown_by_age().is_empty() && groups.shown_by_sex().is_empty());
            assert_eq!(of_employer(tx, &f.country, employer, NOW_MS - DAY_MS, next_ms)?, groups);
            let now = of_vacancy(tx, &f.country, employer, job, NOW_MS)?;
            assert_eq!(
                (now.by_age, counts(&now.by_sex)),
                (groups.by_age, vec![(0, 0, 0); 2]),
                "not before the month ends"
            );
            let nobody = |groups: &Groups| groups.by_age.iter().chain(&groups.by_sex).all(|group| group.applied == 0);
            assert!(nobody(&of_employer(tx, &f.country, employer, NOW_MS + 1, next_ms)?));
            assert!(nobody(&of_vacancy(tx, &f.country, EmployerId::new(1), job, next_ms)?));
            Ok(())
        });
    }
}
