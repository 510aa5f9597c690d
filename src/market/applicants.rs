//! Who applied, as the employer sees them. Every statement names the employer.
//!
//! A number and a whole name are given where the person agreed to it when they applied, and to nobody else: otherwise the
//! employer sees initials. Who was erased, or whose number has a new owner, is neither named nor reached.

use super::application::read_place_points;
use super::job_number::JobNumber;
use super::matching::{Parts, Score};
use super::person::initials;
use super::phone_number::{self, MsisdnHash};
use super::stage::Stage;
use super::{ApplicationId, EmployerId, Fault, VacancyId};
use crate::country::Msisdn;
use crate::storage::{Error, Keys, Row, Tx};

/// Somebody who applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Applicant {
    /// The application.
    pub application: ApplicationId,
    /// For which vacancy.
    pub vacancy: VacancyId,
    /// Its number.
    pub job_number: JobNumber,
    /// How far it has come.
    pub stage: Stage,
    /// How well the two fitted when they applied.
    pub score: Score,
    /// Their whole name if they gave their number, else initials; `None` when they are gone or gave none.
    pub name: Option<String>,
    /// Their number, if they agreed to give it.
    pub number: Option<Msisdn>,
    /// Whether they can still be reached as the person who applied.
    pub is_there: bool,
    /// When they applied, in epoch milliseconds.
    pub applied_ms: i64,
    /// When the application last moved.
    pub changed_ms: i64,
}

/// Without name and number.
impl std::fmt::Debug for Applicant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applicant")
            .field("application", &self.application)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

fn read(row: &Row<'_>, keys: &Keys) -> Result<Applicant, Error> {
    const RANGE: Error = Error::Corrupt { what: "a stored score is out of range" };
    let points = |value: i64| u8::try_from(value).map_err(|_| RANGE);
    let part = |column| row.optional_integer(column)?.map(points).transpose();
    let stage = Stage::read(row, 3)?;
    // What was agreed for an application ends with it, and with the consent: whoever took that back is not listed.
    let shares = row.boolean(4)? && stage != Stage::Withdrawn;
    let is_listed = row.optional_text(15)?.is_some_and(|status| status == "listed");
    let is_there = is_listed && row.optional_integer(17)?.is_some_and(|of| row.optional_integer(18) == Ok(Some(of)));
    let name = match (row.optional_integer(14)?, row.optional_bytes(16)?) {
        (Some(person), Some(sealed)) if is_there => Some(keys.open_text(phone_number::NAME, person, sealed)?),
        _ => None,
    };
    let number = match (row.optional_bytes(19)?, row.optional_bytes(20)?) {
        (Some(hash), Some(sealed)) if is_there && shares => {
            Some(phone_number::open_msisdn(keys, &MsisdnHash::stored(hash)?, sealed)?)
        }
        _ => None,
    };
    let job_number = JobNumber::from_value(row.integer(2)?);
    Ok(Applicant {
        application: ApplicationId::new(row.integer(0)?),
        vacancy: VacancyId::new(row.integer(1)?),
        job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
        stage,
        score: Score {
            total: points(row.integer(5)?)?,
            parts: Parts {
                trade: points(row.integer(6)?)?,
                place: read_place_points(row.integer(7)?)?,
                pay: part(8)?,
                experience: part(9)?,
                skills: part(10)?,
                schedule: part(11)?,
            },
        },
        name: name.map(|name| if shares { name } else { initials(&name) }).filter(|name| !name.is_empty()),
        number,
        is_there,
        applied_ms: row.integer(12)?,
        changed_ms: row.integer(13)?,
    })
}

/// One application to a vacancy of this employer; `None` when there is none of this id.
pub fn find(
    tx: &mut Tx<'_>,
    keys: &Keys,
    employer: EmployerId,
    application: ApplicationId,
) -> Result<Option<Applicant>, Fault> {
    const FIND: &str = "SELECT application.id, application.vacancy_id, vacancy.job_number, application.stage, \
        application.share_number, application.score_total, application.score_trade, application.score_place, \
        application.score_pay, application.score_experience, application.score_skills, application.score_schedule, \
        application.applied_ms, application.changed_ms, person.id, person.status, person.name_sealed, \
        person.number_generation, phone_number.generation, phone_number.msisdn_hmac, phone_number.msisdn_sealed \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        LEFT JOIN person ON person.id = application.person_id \
        LEFT JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        WHERE application.id = $1 AND vacancy.employer_id = $2";
    Ok(tx.query_one(FIND, &[application.into(), employer.into()], |row| read(row, keys))?)
}

/// In which order, and after which application a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The latest first, after this one.
    Latest {
        /// [`ApplicationId`] with the largest value for the first page.
        after: ApplicationId,
    },
    /// The best fit first, the latest of equals first.
    BestFit {
        /// The score of the one before; more than 100 for the first page.
        score: i64,
        /// The one before.
        after: ApplicationId,
    },
}

/// A page of who applied for a vacancy of this employer, those at a stage or all.
pub fn of_vacancy(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (employer, vacancy): (EmployerId, VacancyId),
    stage: Option<Stage>,
    order: Order,
    limit: i64,
) -> Result<Vec<Applicant>, Fault> {
    const LATEST: &str = "SELECT application.id, application.vacancy_id, vacancy.job_number, application.stage, \
        application.share_number, application.score_total, application.score_trade, application.score_place, \
        application.score_pay, application.score_experience, application.score_skills, application.score_schedule, \
        application.applied_ms, application.changed_ms, person.id, person.status, person.name_sealed, \
        person.number_generation, phone_number.generation, phone_number.msisdn_hmac, phone_number.msisdn_sealed \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        LEFT JOIN person ON person.id = application.person_id \
        LEFT JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        WHERE application.vacancy_id = $1 AND vacancy.employer_id = $2 AND application.id < $3 \
        AND (CAST($4 AS TEXT) = '' OR application.stage = $4) ORDER BY application.id DESC LIMIT $5";
    const BEST_FIT: &str = "SELECT application.id, application.vacancy_id, vacancy.job_number, application.stage, \
        application.share_number, application.score_total, application.score_trade, application.score_place, \
        application.score_pay, application.score_experience, application.score_skills, application.score_schedule, \
        application.applied_ms, application.changed_ms, person.id, person.status, person.name_sealed, \
        person.number_generation, phone_number.generation, phone_number.msisdn_hmac, phone_number.msisdn_sealed \
        FROM application JOIN vacancy ON vacancy.id = application.vacancy_id \
        LEFT JOIN person ON person.id = application.person_id \
        LEFT JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        WHERE application.vacancy_id = $1 AND vacancy.employer_id = $2 \
        AND (application.score_total < $6 OR application.score_total = $6 AND application.id < $3) \
        AND (CAST($4 AS TEXT) = '' OR application.stage = $4) \
        ORDER BY application.score_total DESC, application.id DESC LIMIT $5";
    let stage = stage.map_or("", Stage::code);
    let read = |row: &Row<'_>| read(row, keys);
    let (sql, params) = match order {
        Order::Latest { after } => {
            (LATEST, vec![vacancy.into(), employer.into(), after.into(), stage.into(), limit.into()])
        }
        Order::BestFit { score, after } => {
            (BEST_FIT, vec![vacancy.into(), employer.into(), after.into(), stage.into(), limit.into(), score.into()])
        }
    };
    Ok(tx.query(sql, &params, read)?)
}

/// All who applied for any vacancy of this employer, by vacancy, behind one of them.
pub fn of_employer(
    tx: &mut Tx<'_>,
    keys: &Keys,
    employer: EmployerId,
    (vacancy, after): (VacancyId, ApplicationId),
    limit: i64,
) -> Result<Vec<Applicant>, Fault> {
    const ALL: &str = "SELECT application.id, application.vacancy_id, vacancy.job_number, application.stage, \
        application.share_number, application.score_total, application.score_trade, application.score_place, \
        application.score_pay, application.score_experience, application.score_skills, application.score_schedule, \
        application.applied_ms, application.changed_ms, person.id, person.status, person.name_sealed, \
        person.number_generation, phone_number.generation, phone_number.msisdn_hmac, phone_number.msisdn_sealed \
        FROM vacancy JOIN application ON application.vacancy_id = vacancy.id \
        LEFT JOIN person ON person.id = application.person_id \
        LEFT JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        WHERE vacancy.employer_id = $1 AND (vacancy.id > $2 OR vacancy.id = $2 AND application.id > $3) \
        ORDER BY vacancy.id, application.id LIMIT $4";
    let params = [employer.into(), vacancy.into(), after.into(), limit.into()];
    Ok(tx.query(ALL, &params, |row| read(row, keys))?)
}

#[cfg(test)]
mod tests {
    use super::super::application::{self, ApplyOutcome};
    use super::super::employer::EmployerKind;
    use super::super::fixture::{Fixture, NOW_MS};
    use super::super::{vacancy, worker};
    use super::*;

    const FIRST: ApplicationId = ApplicationId::new(i64::MAX);

    fn applied(outcome: ApplyOutcome) -> ApplicationId {
        let ApplyOutcome::Applied { application, .. } = outcome else { panic!("{outcome:?}") };
        application
    }

    #[test]
    fn a_number_and_a_name_are_seen_where_the_person_agreed_and_by_this_employer_alone() {
        Fixture::new().run(|tx, f| {
            let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let employer = vacancy::details(tx, &f.keys, job)?.unwrap().employer;
            let (open, shy) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Ben Nziza")?);
            let first = applied(f.apply(tx, open, job, "1", NOW_MS)?);
            let details = vacancy::details(tx, &f.keys, job)?.unwrap();
            let ben = worker::find(tx, shy)?.unwrap();
            let (country, mut ids) = (&f.country, f.ids());
            applied(application::apply(tx, country, &mut ids, &ben, &details, false, "2", NOW_MS)?);
            let page = |tx: &mut Tx<'_>, order| of_vacancy(tx, &f.keys, (employer, job), None, order, 9);
            let all = page(tx, Order::Latest { after: FIRST })?;
            let seen: Vec<_> = all.iter().map(|one| (one.name.as_deref(), one.number.is_some())).collect();
            assert_eq!(seen, [(Some("B.N."), false), (Some("Aline Uwera"), true)]);
            assert!(!format!("{all:?}").contains("Aline"));
            assert_eq!(
                of_vacancy(tx, &f.keys, (EmployerId::new(1), job), None, Order::Latest { after: FIRST }, 9)?,
                []
            );
            assert_eq!(find(tx, &f.keys, EmployerId::new(1), first)?, None);
            let number = f.number(tx, 1)?;
            phone_number::new_owner(tx, &number.hash, NOW_MS)?;
            let gone = find(tx, &f.keys, employer, first)?.unwrap();
            assert_eq!((gone.name, gone.number, gone.is_there), (None, None, false));
            Ok(())
        });
    }

    #[test]
    fn pages_go_by_time_or_by_fit_and_meet_everybody_once() {
        Fixture::new().run(|tx, f| {
            let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
            let employer = vacancy::details(tx, &f.keys, job)?.unwrap().employer;
            // Two from the sector, two from another province.
            for (n, home) in [(1, 1201), (2, 3601), (3, 1201), (4, 3601)] {
                let person = f.worker_with(tx, n, "Aline Uwera", 1990, 11, home)?;
                applied(f.apply(tx, person, job, &n.to_string(), NOW_MS)?);
            }
            let mut order = Order::BestFit { score: 101, after: FIRST };
            let mut met = Vec::new();
            while let Some(one) = of_vacancy(tx, &f.keys, (employer, job), None, order, 1)?.pop() {
                order = Order::BestFit { score: i64::from(one.score.total), after: one.application };
                met.push(one);
            }
            assert_eq!(met.len(), 4);
            assert!(met.windows(2).all(|pair| {
                (pair[0].score.total, pair[0].application) > (pair[1].score.total, pair[1].application)
            }));
            let stage = Some(Stage::Offered);
            assert_eq!(of_vacancy(tx, &f.keys, (employer, job), stage, Order::Latest { after: FIRST }, 9)?, []);
            let mut behind = (VacancyId::new(0), ApplicationId::new(0));
            let mut exported = 0;
            while let Some(one) = of_employer(tx, &f.keys, employer, behind, 1)?.pop() {
                behind = (one.vacancy, one.application);
                exported += 1;
            }
            assert_eq!(exported, 4);
            Ok(())
        });
    }
}
