//! What the market's tests start from: an empty store with the real migrations, and short ways to fill it.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use super::application::{self, ApplyOutcome};
use super::consent::Given;
use super::employer::{EmployerKind, NewEmployer, Tier};
use super::job_number::{JobNumber, mix};
use super::jobs::{self, Job};
use super::kind::{JobKind, Weekdays};
use super::pay::{PaidWhen, Pay, Rate};
use super::person::{self, Begun};
use super::phone_number::{self, MsisdnHash, PhoneNumber};
use super::stage::Stage;
use super::vacancy::{self, NewVacancy, Posted};
use super::worker::{self, BirthYearOutcome};
use super::worker_trade::{self, TradeOutcome};
use super::{ApplicationId, Fault, PersonId, VacancyId, employer};
use crate::clock::{Clock, SimulatedClock};
use crate::country::{AreaCode, Country, Msisdn, PayUnit, TradeCode};
use crate::storage::{IdBlock, Keys, Store, Tx, Work};
use crate::text::Language;
use crate::{migrations, on_postgres};

/// 22 November 2026, 08:00 in Kigali.
pub(crate) const NOW_MS: i64 = 1_795_327_200_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Rwanda, read once.
pub(crate) fn country() -> &'static Country {
    static RWANDA: LazyLock<Country> = LazyLock::new(|| Country::embedded("RW").unwrap());
    &RWANDA
}

pub(crate) fn area(code: i64) -> AreaCode {
    AreaCode::new(code).unwrap()
}

pub(crate) fn trade(code: u8) -> TradeCode {
    TradeCode::new(code).unwrap()
}

#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) keys: Keys,
    pub(crate) country: Country,
    next: Cell<i64>,
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        Fixture { keys: Keys::of_no_secret(), country: country().clone(), next: Cell::new(0) }
    }

    /// Runs a test's body in one transaction of an empty store, on each engine.
    pub(crate) fn run(self, body: impl Fn(&mut Tx<'_>, &Fixture) -> Result<(), Fault> + Send + Sync + 'static) {
        let body = Arc::new(body);
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
        let here = Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap();
        for store in [here, on_postgres::store(migrations::POSTGRES, &clock)] {
            let (fixture, body) = (self.clone(), Arc::clone(&body));
            store.transact_blocking(Work::interactive(None), move |tx| body(tx, &fixture.clone())).unwrap();
        }
    }

    /// A fresh block of identifiers.
    pub(crate) fn ids(&self) -> IdBlock {
        self.next.set(self.next.get() + 1);
        IdBlock::new(1_000 + self.next.get() * 16, 16)
    }

    pub(crate) fn msisdn(&self, n: u32) -> Msisdn {
        self.country.phone.parse(&format!("078{n:07}")).unwrap()
    }

    pub(crate) fn number(&self, tx: &mut Tx<'_>, n: u32) -> Result<PhoneNumber, Fault> {
        self.seen(tx, n, NOW_MS)
    }

    /// The number dials.
    pub(crate) fn seen(&self, tx: &mut Tx<'_>, n: u32, now_ms: i64) -> Result<PhoneNumber, Fault> {
        let msisdn = self.msisdn(n);
        phone_number::seen(tx, &self.keys, &MsisdnHash::of(&self.keys, &msisdn), &msisdn, Language::Rw, now_ms)
    }

    /// A person asks for a vacancy that is there.
    pub(crate) fn apply(
        &self,
        tx: &mut Tx<'_>,
        person: PersonId,
        vacancy: VacancyId,
        key: &str,
        now_ms: i64,
    ) -> Result<ApplyOutcome, Fault> {
        let details = vacancy::details(tx, &self.keys, vacancy)?.unwrap();
        let Some(worker) = worker::find(tx, person)? else { return Ok(ApplyOutcome::NotListed) };
        application::apply(tx, &self.country, &mut self.ids(), &worker, &details, true, key, now_ms)
    }

    /// Puts an application to a stage, whatever it was.
    pub(crate) fn put(tx: &mut Tx<'_>, application: ApplicationId, stage: Stage) -> Result<(), Fault> {
        const PUT: &str = "UPDATE application SET stage = $2 WHERE id = $1";
        tx.execute(PUT, &[application.into(), stage.code().into()])?;
        Ok(())
    }

    /// The jobs of a person who has told enough to be a worker.
    pub(crate) fn jobs(&self, tx: &mut Tx<'_>, person: PersonId, now_ms: i64, limit: usize) -> Result<Vec<Job>, Fault> {
        let worker = worker::find(tx, person)?;
        worker.map_or(Ok(Vec::new()), |worker| jobs::for_worker(tx, &self.country, &worker, now_ms, limit))
    }

    pub(crate) fn try_begin(&self, tx: &mut Tx<'_>, n: u32, now_ms: i64) -> Result<Begun, Fault> {
        let number = self.number(tx, n)?;
        let given = Given { text_version: "1", language: Language::Rw, channel: "demo", hop_uid: 7 };
        person::begin(tx, &self.keys, &mut self.ids(), &number, &given, now_ms)
    }

    /// Somebody who has agreed and no more.
    pub(crate) fn begin(&self, tx: &mut Tx<'_>, n: u32) -> Result<PersonId, Fault> {
        match self.try_begin(tx, n, NOW_MS)? {
            Begun::Person(person) => Ok(person),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn birth_year(&self, tx: &mut Tx<'_>, person: PersonId, year: i64) -> Result<BirthYearOutcome, Fault> {
        worker::set_birth_year(tx, &self.keys, &self.country, &mut self.ids(), person, year, NOW_MS)
    }

    pub(crate) fn trade(&self, tx: &mut Tx<'_>, person: PersonId, code: u8) -> Result<TradeOutcome, Fault> {
        worker_trade::set_primary(tx, &self.country, person, trade(code), NOW_MS)
    }

    /// A listed mason of 36 who asks 5,000 a day, in sector 1201.
    pub(crate) fn worker(&self, tx: &mut Tx<'_>, n: u32, name: &str) -> Result<PersonId, Fault> {
        self.worker_with(tx, n, name, 1990, 11, 1201)
    }

    pub(crate) fn worker_with(
        &self,
        tx: &mut Tx<'_>,
        n: u32,
        name: &str,
        birth_year: i64,
        trade: u8,
        home: i64,
    ) -> Result<PersonId, Fault> {
        let person = self.begin(tx, n)?;
        self.birth_year(tx, person, birth_year)?;
        assert_eq!(self.trade(tx, person, trade)?, TradeOutcome::Saved);
        worker::set_rate(tx, person, Rate::Amount(Pay { amount: 5_000, unit: PayUnit::Day }), NOW_MS)?;
        worker::set_area(tx, &self.country, person, area(home), NOW_MS)?;
        person::set_name(tx, &self.keys, person, name, NOW_MS)?;
        assert_eq!(worker::finish(tx, person, NOW_MS)?, worker::FinishOutcome::Listed);
        Ok(person)
    }

    pub(crate) fn employer(&self, kind: EmployerKind) -> NewEmployer {
        let contact = self.msisdn(9_999).as_str().to_owned();
        NewEmployer { name: "EMMA Ltd".to_owned(), kind, tier: Tier::RegisteredFirm, contact }
    }

    /// Two places for a day's work at 5,000, closing in ten days.
    #[expect(clippy::unused_self, reason = "reads like the other parts of the fixture")]
    pub(crate) fn vacancy(&self, code: u8, place: i64, source_ref: &str) -> NewVacancy {
        NewVacancy {
            trade: trade(code),
            place: area(place).into(),
            town: String::new(),
            kind: JobKind::CasualDay,
            openings: 2,
            start_day: None,
            start_minute: None,
            duration_days: None,
            pay: Some(Pay { amount: 5_000, unit: PayUnit::Day }),
            paid: PaidWhen::Daily,
            means: None,
            food: false,
            transport: false,
            live_in: false,
            min_years: 0,
            licence: false,
            days: Weekdays::NONE,
            closes_ms: NOW_MS + 10 * DAY_MS,
            source: "test".to_owned(),
            source_ref: source_ref.to_owned(),
            description: String::new(),
        }
    }

    pub(crate) fn post(
        &self,
        tx: &mut Tx<'_>,
        kind: EmployerKind,
        new: &NewVacancy,
    ) -> Result<(VacancyId, JobNumber), Fault> {
        let employer = employer::known(tx, &self.keys, &mut self.ids(), &self.employer(kind), NOW_MS)?;
        let random = mix(u64::try_from(self.next.get()).unwrap());
        match vacancy::post(tx, &self.keys, &mut self.ids(), employer, new, random, NOW_MS)? {
            Posted::Added { vacancy, job_number, .. } => Ok((vacancy, job_number)),
            other => panic!("{other:?}"),
        }
    }
}
