//! Applications: a worker asks for a vacancy, once.

use super::job_number::JobNumber;
use super::matching::{self, Gate, Parts, SCORE_VERSION, Score, WorkerSide};
use super::place::Place;
use super::stage::Stage;
use super::vacancy::{VacancyDetails, VacancyStatus};
use super::worker::{Worker, today};
use super::worker_trade::read_trade;
use super::{ApplicationId, Fault, PersonId, VacancyId, age};
use crate::country::{Country, TradeCode};
use crate::storage::{Error, IdBlock, Row, Tx};

/// Stored where the place did not count: the column is older than work abroad, and takes no NULL.
const PLACE_DOES_NOT_COUNT: i64 = -1;

/// The stored points of a place.
pub(super) fn read_place_points(stored: i64) -> Result<Option<u8>, Error> {
    let points = |points| u8::try_from(points).map_err(|_| Error::Corrupt { what: "a stored score is out of range" });
    (stored != PLACE_DOES_NOT_COUNT).then(|| points(stored)).transpose()
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// The worker's application is there. Running the same operation again answers the same.
    Applied {
        /// The application.
        application: ApplicationId,
        /// How many have asked, this one among them.
        applications: i64,
        /// How many are needed.
        openings: i64,
    },
    /// This person asked before.
    Already {
        /// That application.
        application: ApplicationId,
        /// How far it has come.
        stage: Stage,
    },
    /// Everybody needed was found.
    Filled,
    /// The vacancy is over, is not shown yet, or is not there.
    Closed,
    /// Its employer takes no applications for a while.
    Paused,
    /// Age or licence keep the worker out.
    NotEligible(Gate),
    /// The registration is not finished.
    NotListed,
}

/// Asks for a vacancy, both of them as the transaction has read them. Uses one identifier. The score is stored as it is at
/// this moment; a low one keeps nobody out.
#[expect(clippy::too_many_arguments, reason = "the operation's inputs; a struct of them would be built at one place")]
pub fn apply(
    tx: &mut Tx<'_>,
    country: &Country,
    ids: &mut IdBlock,
    worker: &Worker,
    details: &VacancyDetails,
    share_number: bool,
    operation_key: &str,
    now_ms: i64,
) -> Result<ApplyOutcome, Fault> {
    const APPLY: &str = "INSERT INTO application (id, vacancy_id, person_id, stage, share_number, score_version, \
        score_total, score_trade, score_place, score_pay, score_experience, score_skills, score_schedule, operation_key, \
        applied_ms, changed_ms) VALUES ($1, $2, $3, 'applied', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) \
        ON CONFLICT DO NOTHING";
    let (person, vacancy, openings) = (worker.person, details.vacancy, details.offer.openings);
    if let Some((application, stage, key)) = existing(tx, person, vacancy)? {
        return Ok(if key == operation_key {
            ApplyOutcome::Applied { application, applications: details.applications, openings }
        } else {
            ApplyOutcome::Already { application, stage }
        });
    }
    if details.status == VacancyStatus::Filled {
        return Ok(ApplyOutcome::Filled);
    }
    if worker.listed_ms.is_none() {
        return Ok(ApplyOutcome::NotListed);
    }
    let age = age::age(worker.birth_year, today(country, now_ms), &country.ages).unwrap_or_default();
    let Some(side) = WorkerSide::of(worker, age) else { return Ok(ApplyOutcome::NotListed) };
    let vacancy_side = details.side(now_ms);
    match matching::gates(country, &side, &vacancy_side) {
        Err(Gate::Closed) if details.is_paused(now_ms) => return Ok(ApplyOutcome::Paused),
        Err(Gate::Closed) => return Ok(ApplyOutcome::Closed),
        Err(gate) if gate.bars_application() => return Ok(ApplyOutcome::NotEligible(gate)),
        Ok(()) | Err(_) => {}
    }
    let Score { total, parts } = matching::score(country, &side, &vacancy_side);
    let application = ApplicationId::take(ids)?;
    let part = |points: Option<u8>| points.map(i64::from).into();
    let params = [
        application.into(),
        vacancy.into(),
        person.into(),
        share_number.into(),
        SCORE_VERSION.into(),
        i64::from(total).into(),
        i64::from(parts.trade).into(),
        parts.place.map_or(PLACE_DOES_NOT_COUNT, i64::from).into(),
        part(parts.pay),
        part(parts.experience),
        part(parts.skills),
        part(parts.schedule),
        operation_key.into(),
        now_ms.into(),
    ];
    if tx.execute(APPLY, &params)? == 1 {
        let applications = details.applications + 1;
        return Ok(ApplyOutcome::Applied { application, applications, openings });
    }
    // Between the look and the insert another transaction was first, or the key is another operation's.
    let (application, stage, _) = existing(tx, person, vacancy)?.ok_or(Fault::OperationKeyReused)?;
    Ok(ApplyOutcome::Already { application, stage })
}

/// The application of a person to a vacancy, with its operation key.
fn existing(
    tx: &mut Tx<'_>,
    person: PersonId,
    vacancy: VacancyId,
) -> Result<Option<(ApplicationId, Stage, String)>, Fault> {
    const FIND: &str = "SELECT id, stage, operation_key FROM application WHERE vacancy_id = $1 AND person_id = $2";
    Ok(tx.query_one(FIND, &[vacancy.into(), person.into()], |row| {
        Ok((ApplicationId::new(row.integer(0)?), Stage::read(row, 1)?, row.text(2)?.to_owned()))
    })?)
}

/// A row of the list "my applications".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyApplication {
    /// The application.
    pub application: ApplicationId,
    /// How far it has come.
    pub stage: Stage,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// Its number.
    pub job_number: JobNumber,
    /// Its trade.
    pub trade: TradeCode,
    /// Where it is.
    pub place: Place,
    /// When the person asked.
    pub applied_ms: i64,
}

/// A person's applications, at most forty: first what waits for an answer, then where they are awaited, then the newest.
pub fn mine(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<MyApplication>, Fault> {
    const MINE: &str = "SELECT application.id, application.stage, application.vacancy_id, vacancy.job_number, \
        vacancy.trade, vacancy.area_code, application.applied_ms \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        WHERE application.person_id = $1 ORDER BY application.stage = 'offered' DESC, \
        application.stage IN ('assessment', 'interview') DESC, application.applied_ms DESC, application.id LIMIT 40";
    Ok(tx.query(MINE, &[person.into()], read_mine)?)
}

/// One of a person's applications; `None` when it is not theirs.
pub fn one_of(tx: &mut Tx<'_>, person: PersonId, application: ApplicationId) -> Result<Option<MyApplication>, Fault> {
    const ONE: &str = "SELECT application.id, application.stage, application.vacancy_id, vacancy.job_number, \
        vacancy.trade, vacancy.area_code, application.applied_ms \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        WHERE application.id = $1 AND application.person_id = $2";
    Ok(tx.query_one(ONE, &[application.into(), person.into()], read_mine)?)
}

fn read_mine(row: &Row<'_>) -> Result<MyApplication, Error> {
    let job_number = JobNumber::from_value(row.integer(3)?);
    Ok(MyApplication {
        application: ApplicationId::new(row.integer(0)?),
        stage: Stage::read(row, 1)?,
        vacancy: VacancyId::new(row.integer(2)?),
        job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
        trade: read_trade(row, 4)?,
        place: Place::read(row, 5)?,
        applied_ms: row.integer(6)?,
    })
}

/// The score as it was when the person asked; `None` when there is no such application.
pub fn score_of(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Option<Score>, Fault> {
    const SCORE: &str = "SELECT score_total, score_trade, score_place, score_pay, score_experience, score_skills, \
        score_schedule FROM application WHERE id = $1";
    let points =
        |value: i64| u8::try_from(value).map_err(|_| Error::Corrupt { what: "a stored score is out of range" });
    Ok(tx.query_one(SCORE, &[application.into()], |row| {
        let part = |column| row.optional_integer(column)?.map(points).transpose();
        Ok(Score {
            total: points(row.integer(0)?)?,
            parts: Parts {
                trade: points(row.integer(1)?)?,
                place: read_place_points(row.integer(2)?)?,
                pay: part(3)?,
                experience: part(4)?,
                skills: part(5)?,
                schedule: part(6)?,
            },
        })
    })?)
}

#[cfg(test)]
mod tests {
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS, area, trade};
    use super::super::phone_number;
    use super::super::vacancy::{self, Decision, NewVacancy, decide};
    use super::*;

    fn apply_with(
        tx: &mut Tx<'_>,
        f: &Fixture,
        person: PersonId,
        vacancy: VacancyId,
        key: &str,
    ) -> Result<ApplyOutcome, Fault> {
        f.apply(tx, person, vacancy, key, NOW_MS)
    }

    #[test]
    fn a_second_application_is_told_so_and_a_repeated_operation_is_not_a_second() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let (vacancy, job_number) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let first = apply_with(tx, f, person, vacancy, "visit/1")?;
            let ApplyOutcome::Applied { application, applications: 1, openings: 2 } = first else {
                panic!("{first:?}")
            };
            assert_eq!(apply_with(tx, f, person, vacancy, "visit/1")?, first);
            let already = ApplyOutcome::Already { application, stage: Stage::Applied };
            assert_eq!(apply_with(tx, f, person, vacancy, "visit/2")?, already);
            let other = f.worker(tx, 2, "Ben")?;
            let second = apply_with(tx, f, other, vacancy, "visit/3")?;
            assert!(matches!(second, ApplyOutcome::Applied { applications: 2, openings: 2, .. }), "{second:?}");
            assert_eq!(vacancy::details(tx, &f.keys, vacancy)?.unwrap().applications, 2);
            let mine = mine(tx, person)?;
            assert_eq!(
                mine,
                [MyApplication {
                    application,
                    stage: Stage::Applied,
                    vacancy,
                    job_number,
                    trade: trade(11),
                    place: area(1201).into(),
                    applied_ms: NOW_MS
                }]
            );
            let score = score_of(tx, application)?.unwrap();
            assert_eq!((score.total, score.parts.trade, score.parts.place), (97, 40, Some(18)));
            assert_eq!(score.parts.experience, None);
            Ok(())
        });
    }

    #[test]
    fn a_key_of_another_operation_is_a_fault_and_writes_nothing() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let (a, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let (b, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
            apply_with(tx, f, person, a, "visit/1")?;
            assert_eq!(apply_with(tx, f, person, b, "visit/1"), Err(Fault::OperationKeyReused));
            assert_eq!(mine(tx, person)?.len(), 1);
            Ok(())
        });
    }

    #[test]
    fn closed_filled_held_and_unknown_vacancies_take_nobody() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let over = NewVacancy { closes_ms: NOW_MS, ..f.vacancy(11, 1201, "over") };
            let held = NewVacancy { description: "Call 0788 123 456".to_owned(), ..f.vacancy(11, 1201, "held") };
            for (new, expected) in [(over, ApplyOutcome::Closed), (held, ApplyOutcome::Closed)] {
                let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &new)?;
                assert_eq!(apply_with(tx, f, person, vacancy, "k")?, expected);
            }
            let (paused, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "paused"))?;
            tx.execute("UPDATE vacancy SET status = 'held', paused = 1 WHERE id = $1", &[paused.into()])?;
            assert_eq!(apply_with(tx, f, person, paused, "k")?, ApplyOutcome::Paused);
            let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            decide(tx, vacancy, Decision::Fill, NOW_MS)?;
            assert_eq!(apply_with(tx, f, person, vacancy, "k")?, ApplyOutcome::Filled);
            let registering = f.begin(tx, 2)?;
            let (open, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
            assert_eq!(apply_with(tx, f, registering, open, "k")?, ApplyOutcome::NotListed);
            let number = f.number(tx, 1)?;
            phone_number::new_owner(tx, &number.hash, NOW_MS)?;
            assert_eq!(apply_with(tx, f, person, open, "k")?, ApplyOutcome::NotListed);
            Ok(())
        });
    }

    #[test]
    fn a_minor_is_kept_out_of_households_and_another_trade_is_no_bar() {
        Fixture::new().run(|tx, f| {
            let minor = f.worker_with(tx, 1, "Ben", 2010, 41, 1201)?;
            let (household, _) = f.post(tx, EmployerKind::Household, &f.vacancy(41, 1201, "a"))?;
            let (farm, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(41, 1201, "b"))?;
            let (barber, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(74, 3601, "c"))?;
            let age = ApplyOutcome::NotEligible(Gate::Age);
            assert_eq!(apply_with(tx, f, minor, household, "1")?, age);
            let listed: Vec<VacancyId> = f.jobs(tx, minor, NOW_MS, 9)?.iter().map(|job| job.vacancy).collect();
            assert_eq!(listed, [farm]);
            assert!(matches!(apply_with(tx, f, minor, farm, "2")?, ApplyOutcome::Applied { .. }));
            let outcome = apply_with(tx, f, minor, barber, "3")?;
            let ApplyOutcome::Applied { application, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(score_of(tx, application)?.unwrap().parts.trade, 0);
            Ok(())
        });
    }
}
