//! People are told of new jobs that fit: at a time that wakes nobody, the best first, each once, and nobody who does not
//! want it. On a simulated clock, from the posting to the phone.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS, Parts, demo_host};
use kaziline::bundles::Given;
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::config::{Config, demo_flags};
use kaziline::country::{AreaCode, PayUnit, TradeCode};
use kaziline::market::employer::{self, EmployerKind, NewEmployer, Tier};
use kaziline::market::job_number::mix;
use kaziline::market::kind::{JobKind, Weekdays};
use kaziline::market::pay::{PaidWhen, Pay};
use kaziline::market::vacancy::{self, Decision, NewVacancy, Posted};
use kaziline::market::{self, VacancyId};
use kaziline::phone::{Handset, InProcess};
use kaziline::storage::{Options, Store, Tx, Work};
use kaziline::{embedded, housekeeping, migrations};

use crate::nodes::database;
use crate::support::Folder;

const HOUR_MS: i64 = 3_600_000;
/// A mason in Bumbogo who agrees the pay each time, and has English.
const REGISTER: [&str; 12] = ["6", "2", "1", "1", "1990", "1", "1", "1", "1", "1", "1", "Uwase Aline"];
const PHONE: &str = "+250788600700";

/// A service with the demo's people, a clock, and a phone.
struct Rig {
    core: Core,
    clock: Arc<SimulatedClock>,
    phone: Handset<InProcess>,
}

impl Rig {
    async fn new() -> Rig {
        let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
        let core = core.await.unwrap();
        let network = InProcess::new(core.clone(), "demo", Some(Arc::clone(&clock)));
        Rig { core, clock, phone: Handset::new(network, "*567#", PHONE, "it") }
    }

    /// With a mason on the phone, who has had the SMS about it.
    async fn with_a_mason() -> Rig {
        let mut rig = Rig::new().await;
        rig.phone.dial("*567#").await.unwrap();
        for key in REGISTER {
            rig.phone.answer(key).await.unwrap();
        }
        assert_eq!(rig.sms().await.len(), 1);
        // The call is over, and is not taken up again: eleven in Kigali.
        rig.clock.advance(2 * HOUR_MS);
        rig
    }

    /// A job for masons in Bumbogo, posted now.
    async fn post(&self, name: &str, openings: i64) -> (VacancyId, String) {
        post(&self.core, name, openings).await
    }

    /// How many runs were looked after, and how many people told.
    async fn turn(&self) -> (u64, u64) {
        housekeeping::alerts::turn(&self.core.service).await.unwrap()
    }

    /// The SMS of the phone so far, once everything that is due was sent.
    async fn sms(&mut self) -> Vec<String> {
        self.phone.messages().await.unwrap().into_iter().map(|sms| sms.text).collect()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.core.service.store.read(move |tx| one_of(tx, sql)).await.unwrap()
    }

    async fn decide(&self, vacancy: VacancyId, decision: Decision) {
        let now_ms = self.clock.now_ms();
        let decide = move |tx: &mut Tx<'_>| vacancy::decide(tx, vacancy, decision, now_ms);
        assert!(self.core.service.store.transact(Work::interactive(None), decide).await.unwrap());
    }
}

fn one_of(tx: &mut Tx<'_>, sql: &'static str) -> Result<i64, market::Fault> {
    Ok(tx.query_one(sql, &[], |row| row.integer(0))?.unwrap_or_default())
}

async fn post(core: &Core, name: &str, openings: i64) -> (VacancyId, String) {
    let service = &core.service;
    let (keys, now_ms) = (service.keys.clone(), service.clock.now_ms());
    let (ids, random) = (service.ids.block(now_ms), mix(u64::try_from(now_ms).unwrap() ^ mix(name.len() as u64)));
    let new = NewVacancy {
        trade: TradeCode::new(11).unwrap(),
        // Bumbogo.
        place: AreaCode::new(1201).unwrap().into(),
        town: String::new(),
        kind: JobKind::CasualDay,
        openings,
        start_day: None,
        start_minute: None,
        duration_days: None,
        pay: Some(Pay { amount: 1_000_000, unit: PayUnit::Day }),
        paid: PaidWhen::Daily,
        means: None,
        food: false,
        transport: false,
        live_in: false,
        min_years: 0,
        licence: false,
        days: Weekdays::NONE,
        closes_ms: now_ms + 20 * 24 * HOUR_MS,
        source: "test".to_owned(),
        source_ref: name.to_owned(),
        description: String::new(),
    };
    let employer = NewEmployer {
        name: "EMMA Ltd".to_owned(),
        kind: EmployerKind::Organisation,
        tier: Tier::RegisteredFirm,
        contact: "250780000950".to_owned(),
    };
    let posting = move |tx: &mut Tx<'_>| {
        let mut ids = ids.clone();
        let employer = employer::known(tx, &keys, &mut ids, &employer, now_ms)?;
        vacancy::post(tx, &keys, &mut ids, employer, &new, random, now_ms)
    };
    match service.store.transact(Work::interactive(None), posting).await.unwrap() {
        Posted::Added { vacancy, job_number, .. } => (vacancy, job_number.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_a_new_job_fits_gets_one_sms_and_asks_for_it_in_two_hops() {
    let mut rig = Rig::with_a_mason().await;
    assert_eq!(rig.turn().await, (0, 0), "the demo's own jobs are old");
    let (_, number) = rig.post("a", 2).await;
    assert_eq!(rig.turn().await, (1, 20), "ten for each place");
    assert_eq!(rig.turn().await, (0, 0));
    let sms = rig.sms().await;
    let [_, alert] = sms.as_slice() else { panic!("{sms:?}") };
    let dialled = format!("*567*{number}#");
    for said in ["Mason", "Bumbogo", "1,000,000/day", "registered firm", "2 places", "You never pay", &dialled] {
        assert!(alert.contains(said), "{said}: {alert}");
    }
    assert!(kaziline::text::gsm7::septets(alert).is_some_and(|septets| septets <= 160), "{alert}");
    rig.phone.dial(&dialled).await.unwrap();
    let asked = rig.phone.answer("1").await.unwrap().text;
    assert!(asked.contains(&number), "{asked}");
    assert_eq!(rig.count("SELECT COUNT(*) FROM application").await, 1);
}

#[tokio::test]
async fn the_sms_leads_somebody_through_the_registration_to_the_job() {
    let mut rig = Rig::new().await;
    let (_, number) = rig.post("a", 2).await;
    rig.phone.dial(&format!("*567*{number}#")).await.unwrap();
    let mut screen = String::new();
    for key in ["1", "1", "1990", "1", "1", "1", "1", "1", "1", "Uwase Aline"] {
        screen = rig.phone.answer(key).await.unwrap().text;
    }
    assert!(screen.contains(&number), "{screen}");
    assert_eq!(rig.count("SELECT COUNT(*) FROM application").await, 1);
}

#[tokio::test]
async fn at_night_nobody_is_told_and_in_the_morning_they_are() {
    let mut rig = Rig::with_a_mason().await;
    // Sunday 20:30 in Kigali.
    rig.clock.advance(9 * HOUR_MS + HOUR_MS / 2);
    let (vacancy, _) = rig.post("a", 1).await;
    assert_eq!(rig.turn().await, (1, 0));
    rig.clock.advance(11 * HOUR_MS);
    assert_eq!(rig.turn().await, (0, 0), "07:30");
    rig.clock.advance(HOUR_MS / 2);
    assert_eq!(rig.turn().await, (1, 10));
    assert_eq!(rig.sms().await.len(), 2);
    // What has not left by the evening does not leave at night.
    let until = "SELECT MAX(expires_ms) FROM outbox WHERE template = 'job_alert'";
    assert_eq!(rig.count(until).await, DEMO_NOW_MS + (24 + 11) * HOUR_MS);
    rig.decide(vacancy, Decision::Close).await;
    rig.clock.advance(3 * HOUR_MS);
    assert_eq!((rig.turn().await, rig.count("SELECT COUNT(*) FROM alert_run").await), ((1, 0), 0), "closed: no wave");
}

#[tokio::test]
async fn waves_follow_while_too_few_have_asked_and_nobody_is_told_twice() {
    let rig = Rig::with_a_mason().await;
    let (_, number) = rig.post("a", 1).await;
    assert_eq!(rig.turn().await, (1, 10));
    assert_eq!(rig.turn().await, (0, 0), "the next wave waits");
    rig.clock.advance(3 * HOUR_MS);
    assert_eq!(rig.turn().await, (1, 10));
    let twice = "SELECT COUNT(*) FROM (SELECT person_id FROM alert GROUP BY person_id) AS people";
    assert_eq!(rig.count(twice).await, 20);
    // Enough have asked: the wave waits until somebody takes it back.
    let (ids, now_ms, sql) = (rig.core.service.ids.block(0).first(), rig.clock.now_ms(), ASKED);
    let asked = move |tx: &mut Tx<'_>| Ok::<_, market::Fault>(tx.execute(sql, &[ids.into(), now_ms.into()])?);
    assert_eq!(rig.core.service.store.transact(Work::interactive(None), asked).await.unwrap(), 5);
    rig.clock.advance(3 * HOUR_MS);
    assert_eq!(rig.turn().await, (1, 0), "{number}");
    assert_eq!(rig.count("SELECT COUNT(*) FROM alert_run WHERE wave = 3").await, 1);
}

/// Five people ask for the one job of the source `test`.
const ASKED: &str = "INSERT INTO application (id, vacancy_id, person_id, stage, share_number, score_version, \
    score_total, score_trade, score_place, operation_key, applied_ms, changed_ms) \
    SELECT person.id + $1, vacancy.id, person.id, 'applied', 1, 1, 90, 40, 18, 'asked' || person.id, $2, $2 \
    FROM person JOIN vacancy ON vacancy.source = 'test' WHERE person.id IN \
    (SELECT id FROM person WHERE id NOT IN (SELECT person_id FROM alert) ORDER BY id LIMIT 5)";

#[tokio::test]
async fn what_waits_when_the_job_is_filled_is_not_sent() {
    let mut rig = Rig::with_a_mason().await;
    let (vacancy, _) = rig.post("a", 1).await;
    assert_eq!(rig.turn().await, (1, 10));
    rig.decide(vacancy, Decision::Fill).await;
    assert_eq!(rig.sms().await.len(), 1, "only the one about the registration");
    let over = "SELECT COUNT(*) FROM outbox WHERE template = 'job_alert' AND status = 'cancelled' AND reason = 'over'";
    assert_eq!(rig.count(over).await, 10);
}

#[tokio::test]
async fn who_turned_job_sms_off_is_told_nothing_not_even_what_waits() {
    let mut rig = Rig::with_a_mason().await;
    rig.post("a", 2).await;
    assert_eq!(rig.turn().await, (1, 20));
    rig.phone.dial("*567#").await.unwrap();
    let mut screen = String::new();
    for key in ["6", "8", "5", "3", "1"] {
        screen = rig.phone.answer(key).await.unwrap().text;
    }
    assert!(screen.contains("Job SMS: NO"), "{screen}");
    assert_eq!(rig.sms().await.len(), 1);
    rig.post("bb", 2).await;
    rig.turn().await;
    assert_eq!(rig.sms().await.len(), 1);
    // On again: told of the next.
    rig.phone.answer("1").await.unwrap();
    rig.post("ccc", 2).await;
    rig.turn().await;
    assert_eq!(rig.sms().await.len(), 2);
}

#[tokio::test]
async fn nobody_is_told_of_more_than_three_jobs_on_a_day() {
    let mut rig = Rig::with_a_mason().await;
    for name in ["a", "bb", "ccc", "dddd", "eeeee"] {
        rig.post(name, 2).await;
    }
    assert_eq!(rig.turn().await.0, 5);
    assert_eq!(rig.sms().await.len(), 1 + 3);
    let most =
        "SELECT MAX(alerts) FROM (SELECT person_id, COUNT(*) AS alerts FROM alert GROUP BY person_id) AS counted";
    assert_eq!(rig.count(most).await, 3);
    // The next day the waves that are left reach who was full.
    rig.clock.advance(24 * HOUR_MS);
    rig.turn().await;
    assert_eq!(rig.sms().await.len(), 1 + 5);
}

#[tokio::test]
async fn who_may_be_another_owner_by_now_is_not_told_until_they_dial() {
    let mut rig = Rig::with_a_mason().await;
    rig.clock.advance(91 * 24 * HOUR_MS);
    rig.post("a", 2).await;
    assert_eq!(rig.turn().await, (1, 0), "nobody of the demo has dialled for so long");
    assert_eq!(rig.count("SELECT COUNT(*) FROM candidate WHERE trade = 11").await, 0);
    rig.phone.dial("*567#").await.unwrap();
    rig.phone.answer("1990").await.unwrap();
    rig.post("bb", 2).await;
    assert_eq!(rig.turn().await, (1, 1));
    assert_eq!(rig.sms().await.len(), 2);
}

/// Two nodes look after the same jobs at once, many times: each wave is told by one of them.
#[test]
fn two_nodes_never_tell_the_same_wave_twice() {
    let folder = Folder::new();
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let path = folder.path().join("kaziline.db");
    let here = Store::open_sqlite(&path, migrations::SQLITE, Arc::clone(&clock), Options::default()).unwrap();
    let (url, _) = database();
    let there = Store::open_postgres(&url, None, migrations::POSTGRES, &clock, Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for store in [here, there] {
        let clock = Arc::clone(&clock);
        runtime.block_on(async {
            let one = Core::invented(store.clone(), Arc::clone(&clock), embedded::menus()).await.unwrap();
            let host = demo_host().unwrap();
            let parts = Parts {
                store,
                keys: host.keys,
                clock,
                country: host.country,
                short_code: host.short_code,
                menus: Given { sources: embedded::menus(), from_folder: false },
                outward: Config::of_layers(None, [], &demo_flags()).unwrap().outward,
                population: false,
                node: 1,
            };
            let (two, _) = Core::open(parts).await.unwrap();
            for name in ["a", "bb", "ccc"] {
                post(&one, name, 1).await;
            }
            let turns = [&one, &two, &one, &two].map(|core| {
                let service = core.service.clone();
                tokio::spawn(async move { housekeeping::alerts::turn(&service).await })
            });
            let (mut runs, mut told) = (0, 0);
            for turn in turns {
                // A transaction that lost its race is another's.
                let (looked_after, people) = turn.await.unwrap().unwrap();
                runs += looked_after;
                told += people;
            }
            assert_eq!((runs, told), (3, 30));
            let pairs = |tx: &mut Tx<'_>| {
                let sql = "SELECT vacancy_id, person_id FROM alert";
                tx.query(sql, &[], |row| Ok((row.integer(0)?, row.integer(1)?)))
            };
            let pairs: Vec<(i64, i64)> = one.service.store.read(pairs).await.unwrap();
            assert_eq!((pairs.len(), pairs.iter().collect::<BTreeSet<_>>().len()), (30, 30));
            let queued = "SELECT COUNT(*) FROM outbox WHERE template = 'job_alert'";
            assert_eq!(one.service.store.read(move |tx| one_of(tx, queued)).await.unwrap(), 30);
        });
    }
}
