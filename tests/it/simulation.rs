//! The whole service in a deterministic simulation: inline store, simulated clock, simulated network, seeded chance.
//!
//! Callers dial, answer well and badly, are cut off and dial again; the gateway redelivers hops, late and out of order;
//! the SMS provider throttles, fails and goes silent. After every step the rules hold, and the same seed gives the same
//! run, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kaziline::app::Core;
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::country::Msisdn;
use kaziline::delivery::{Carrier, Channels, Delivery, Described};
use kaziline::gateway::sms::{Account, Dialect};
use kaziline::gateway::ussd::{ClosedWhy, UssdEvent};
use kaziline::gateway::{TransportFault, WireRequest, WireResponse};
use kaziline::hop::{self, Hop, Service};
use kaziline::migrations;
use kaziline::outbox::Caps;
use kaziline::outbox::retry::Schedule;
use kaziline::session::Asked;
use kaziline::storage::{self, Store, Tx};
use kaziline::text::gsm7;
use kaziline::transport::{Exchange, Loopback, Transport};
use kaziline::worker::Worker;

use crate::support::cluster::shared;
use crate::support::patient;

/// 24 November 2026, 09:00 in Kigali.
const START_MS: i64 = 1_795_503_600_000;
const CALLERS: usize = 12;
/// How long the simulated network waits for a caller.
const NETWORK_IDLE_MS: i64 = 150_000;
const STEPS: usize = 700;
const SEEDS: u64 = 10;

/// The `SplitMix64` generator: enough for a simulation, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap();
        &from[at]
    }
}

/// A provider with bad days: what it does is drawn from its own chance, in the order of the requests.
#[derive(Debug)]
struct Weather {
    inner: Arc<Loopback>,
    state: AtomicU64,
}

impl Transport for Weather {
    fn exchange(&self, request: WireRequest) -> Exchange<'_> {
        let draw = Chance(self.state.fetch_add(1, Ordering::SeqCst)).next() % 100;
        Box::pin(async move {
            match draw {
                0..=4 => Err(TransportFault::NotSent),
                // The message arrives and the answer does not.
                5..=9 => {
                    let _ = self.inner.exchange(request).await;
                    Err(TransportFault::Unknown)
                }
                10..=14 => Ok(WireResponse { status: 503, headers: Vec::new(), body: Vec::new() }),
                15..=19 => Ok(WireResponse {
                    status: 429,
                    headers: vec![("retry-after".into(), "7".into())],
                    body: Vec::new(),
                }),
                _ => self.inner.exchange(request).await,
            }
        })
    }
}

struct Caller {
    msisdn: String,
    session: Option<Call>,
    calls: u32,
}

/// A network session and every hop of it, as the gateway saw them.
struct Call {
    id: String,
    text: String,
    screen: String,
    /// What was sent, what came back, and whether that was secret: such a screen is not kept, and made again when it is asked for.
    hops: Vec<(String, Vec<u8>, bool)>,
    last_ms: i64,
}

struct World {
    service: Arc<Service>,
    clock: Arc<SimulatedClock>,
    worker: Worker,
    inbox: Arc<Loopback>,
    callers: Vec<Caller>,
    chance: Chance,
    trace: Vec<u8>,
}

impl World {
    async fn new(seed: u64, open: fn(Arc<dyn Clock>) -> Store) -> World {
        let clock = Arc::new(SimulatedClock::at(START_MS));
        let core = Core::invented(open(clock.clone()), clock.clone(), kaziline::embedded::menus()).await.unwrap();
        let (service, inbox) = (core.service, core.loopback);
        let weather = Arc::new(Weather { inner: inbox.clone(), state: AtomicU64::new(seed) });
        let Delivery { timezone, recipient_check, recipient_stop, .. } = &*core.delivery;
        let channel = Described {
            name: "demo_sms".to_owned(),
            carrier: Carrier::Http { account: Account::of(Dialect::Loopback), transport: weather },
            routes: vec![String::new(), "RW.MTN.must_arrive".to_owned(), "RW.Airtel.must_arrive".to_owned()],
            order: 1,
            cost_micros: 0,
            rate: 10_000,
            lanes: 1,
            window: 16,
            reports: false,
            caps: Caps { number: 0, prefix: 0, employer: 0, channel: 0, channel_cost_micros: 0 },
        };
        let delivery = Delivery {
            store: service.store.clone(),
            keys: service.keys.clone(),
            clock: clock.clone(),
            ids: service.ids.clone(),
            channels: Channels::new(vec![channel], clock.now_ms()),
            is_alone: false,
            timezone: timezone.clone(),
            schedule: Schedule::default(),
            operators: [].into(),
            recipient_check: *recipient_check,
            recipient_stop: *recipient_stop,
        };
        let delivery = Arc::new(delivery);
        let mtn = Arc::clone(&delivery.channels.all()[0]);
        let callers = (0..CALLERS).map(|at| Caller { msisdn: format!("25078865{at:04}"), session: None, calls: 0 });
        World {
            service,
            clock,
            worker: Worker::new(delivery, mtn),
            inbox,
            callers: callers.collect(),
            chance: Chance(seed),
            trace: Vec::new(),
        }
    }

    async fn send(&mut self, who: usize, session: &str, text: &str) -> (Vec<u8>, bool, bool) {
        let hop = Hop {
            channel: Arc::from("demo"),
            session: session.to_owned(),
            msisdn: Msisdn::parse_e164(&self.callers[who].msisdn).unwrap(),
            service_code: "*567#".into(),
            event: UssdEvent::Cumulative(text.to_owned()),
            hop_id: None,
        };
        let answered = hop::answer(&self.service, hop).await;
        assert_ne!(answered.outcome, hop::Outcome::Apologised, "nothing is broken, so nobody is sent away");
        let is_secret = answered.asked == Some(Asked::Secret);
        let answer = answered.answer;
        self.trace.extend_from_slice(answer.text.as_bytes());
        self.trace.push(u8::from(answer.end));
        (answer.text.into_bytes(), answer.end, is_secret)
    }

    /// One thing happens to one caller.
    async fn step(&mut self) {
        let who = usize::try_from(self.chance.below(CALLERS as u64)).unwrap();
        self.clock.advance(i64::try_from(900 + self.chance.below(4_000)).unwrap());
        let Some(call) = self.callers[who].session.take() else { return self.dial(who).await };
        // No network keeps a session that has been silent for so long.
        if self.clock.now_ms() - call.last_ms > NETWORK_IDLE_MS {
            return self.hang_up(who, call).await;
        }
        match self.chance.below(20) {
            0 => self.hang_up(who, call).await,
            _ => self.type_something(who, call).await,
        }
    }

    async fn dial(&mut self, who: usize) {
        self.callers[who].calls += 1;
        let id = format!("s{who}-{}", self.callers[who].calls);
        let extras =
            if self.chance.one_in(6) { *self.chance.pick(&["4", "1", "6", "10000", "48213", "9*9"]) } else { "" };
        let (bytes, end, is_secret) = self.send(who, &id, extras).await;
        let screen = Self::check(&bytes, 140);
        if !end {
            let hops = vec![(extras.to_owned(), bytes, is_secret)];
            let last_ms = self.clock.now_ms();
            self.callers[who].session = Some(Call { id, text: extras.to_owned(), screen, hops, last_ms });
        }
    }

    async fn type_something(&mut self, who: usize, mut call: Call) {
        let typed = self.answer_to(&call.screen);
        call.text = if call.text.is_empty() { typed } else { format!("{}*{typed}", call.text) };
        let (bytes, end, is_secret) = self.send(who, &call.id, &call.text).await;
        call.screen = Self::check(&bytes, 160);
        call.hops.push((call.text.clone(), bytes, is_secret));
        call.last_ms = self.clock.now_ms();
        if self.chance.one_in(6) {
            self.redeliver(who, &call, end).await;
        }
        self.callers[who].session = (!end && call.hops.len() < 60).then_some(call);
    }

    /// The gateway asks again, as late as gateways do: the last hop, or the one before it.
    async fn redeliver(&mut self, who: usize, call: &Call, ended: bool) {
        self.clock.advance(i64::try_from(self.chance.below(25_000)).unwrap());
        let back = usize::try_from(self.chance.below(2)).unwrap().min(call.hops.len() - 1);
        let (text, before, is_secret) = call.hops[call.hops.len() - 1 - back].clone();
        if ended && text.is_empty() {
            return; // a plain dial after the end is somebody dialling
        }
        let (again, ..) = self.send(who, &call.id, &text).await;
        assert!(is_secret || again == before, "a redelivered hop gets the same bytes");
    }

    async fn hang_up(&mut self, who: usize, call: Call) {
        let hop = Hop {
            channel: Arc::from("demo"),
            session: call.id,
            msisdn: Msisdn::parse_e164(&self.callers[who].msisdn).unwrap(),
            service_code: "*567#".into(),
            event: UssdEvent::Closed(ClosedWhy::Incomplete),
            hop_id: None,
        };
        hop::answer(&self.service, hop).await;
    }

    /// Mostly a key that is on the screen, sometimes what people type otherwise.
    fn answer_to(&mut self, screen: &str) -> String {
        let keys: Vec<&str> = screen
            .lines()
            .skip(1)
            .filter_map(|line| line.split(' ').next())
            .filter(|key| !key.is_empty() && *key != "0" && key.chars().all(|c| c.is_ascii_digit()))
            .collect();
        match self.chance.below(20) {
            0 => (*self.chance.pick(&["", "99", "abc", "0", "00", "1.", "é😀", "7 000", "-1", "*", "1*2"])).to_owned(),
            1 => "x".repeat(usize::try_from(self.chance.below(400)).unwrap()),
            2..=4 => {
                (*self.chance.pick(&["1990", "2015", "2008", "7000", "Uwase Aline", "Jean Bosco", "546"])).to_owned()
            }
            5 => "0".to_owned(),
            _ if keys.is_empty() => (*self.chance.pick(&["1990", "7000", "Uwase Aline"])).to_owned(),
            // Most people take the first thing offered.
            _ if self.chance.below(3) > 0 => keys[0].to_owned(),
            _ => (*self.chance.pick(&keys)).to_owned(),
        }
    }

    fn check(bytes: &[u8], limit: usize) -> String {
        let screen = String::from_utf8(bytes.to_vec()).unwrap();
        let septets = gsm7::septets(&screen).unwrap_or_else(|| panic!("not in the GSM alphabet: {screen}"));
        assert!(septets <= limit && !screen.trim().is_empty(), "{septets} of {limit} septets: {screen}");
        screen
    }

    /// Sends what is due, for a while.
    async fn deliver(&mut self, turns: usize) {
        for _ in 0..turns {
            let turn = self.worker.turn().await.unwrap();
            self.worker.land().await;
            self.clock.advance(turn.wait_ms.clamp(1, 60_000));
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let read = move |tx: &mut Tx<'_>| tx.query_one(sql, &[], |row| row.integer(0));
        self.service.store.read::<_, storage::Error, _>(read).await.unwrap().unwrap()
    }

    /// What must be true at the end of any run.
    async fn hold_the_rules(&mut self) {
        // Turns are as short as the queue asks for: as many as it takes, within reason.
        let waiting = "SELECT COUNT(*) FROM outbox WHERE status IN ('queued', 'sending')";
        for _ in 0..20 {
            self.deliver(600).await;
            if self.count(waiting).await == 0 {
                break;
            }
        }
        assert_eq!(self.count(waiting).await, 0);
        let applied = self.count("SELECT COUNT(*) FROM outbox WHERE template = 'applied'").await;
        assert_eq!(
            applied,
            self.count("SELECT COUNT(*) FROM application").await,
            "one SMS an application, and none without"
        );
        let doubles = self.count(
            "SELECT COUNT(*) FROM \
             (SELECT 1 FROM application GROUP BY person_id, vacancy_id HAVING COUNT(*) > 1) AS doubled",
        );
        assert_eq!(doubles.await, 0);
        let children = self.count("SELECT COUNT(*) FROM worker WHERE birth_year > 2010");
        assert_eq!(children.await, 0, "nothing is kept of a child");
        let mut told: BTreeMap<String, u64> = BTreeMap::new();
        for caller in &self.callers {
            let messages = self.inbox.messages_to(&caller.msisdn, 0);
            let texts: BTreeSet<&str> = messages.iter().map(|message| message.text.as_str()).collect();
            assert!(messages.iter().all(|message| gsm7::septets(&message.text).is_some_and(|septets| septets <= 160)));
            told.insert(caller.msisdn.clone(), texts.len() as u64);
        }
        self.trace.extend(format!("{told:?}").into_bytes());
    }
}

/// What a run leaves: what everybody saw, and how many were registered and applied.
async fn run(seed: u64, steps: usize, open: fn(Arc<dyn Clock>) -> Store) -> (World, i64, i64) {
    let mut world = World::new(seed, open).await;
    for step in 0..steps {
        world.step().await;
        if step % 7 == 0 {
            world.deliver(1).await;
        }
    }
    world.hold_the_rules().await;
    let listed = world.count("SELECT COUNT(*) FROM outbox WHERE template = 'registered'").await;
    let applied = world.count("SELECT COUNT(*) FROM application").await;
    (world, listed, applied)
}

fn in_memory(clock: Arc<dyn Clock>) -> Store {
    Store::inline(migrations::SQLITE, clock).unwrap()
}

/// Opened on a thread without a runtime, since it drives its connections itself.
fn on_a_server(clock: Arc<dyn Clock>) -> Store {
    static DATABASES: AtomicU64 = AtomicU64::new(0);
    let url = shared().create_database(&format!("simulated{}", DATABASES.fetch_add(1, Ordering::Relaxed)));
    let open = move || Store::open_postgres(&url, None, migrations::POSTGRES, &clock, patient()).unwrap();
    std::thread::spawn(open).join().unwrap()
}

#[test]
fn the_rules_hold_in_every_run_and_the_same_seed_gives_the_same_run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (mut listed, mut applied) = (0, 0);
    for seed in 0..SEEDS {
        let (world, listed_now, applied_now) = runtime.block_on(run(seed, STEPS, in_memory));
        if seed < 2 {
            let (again, ..) = runtime.block_on(run(seed, STEPS, in_memory));
            assert!(world.trace == again.trace, "seed {seed} gave two different runs");
        }
        listed += listed_now;
        applied += applied_now;
    }
    // A simulation in which nobody gets anywhere would hold every rule.
    assert!(listed >= 10 && applied >= 5, "{listed} registered, {applied} applied");
}

/// Every row of a table, whatever its columns, in an order of its own.
async fn rows(store: &Store, table: &str, columns: &[String]) -> Vec<String> {
    let sql: &'static str = Box::leak(format!("SELECT {} FROM {table}", columns.join(", ")).into_boxed_str());
    let width = columns.len();
    let read = move |tx: &mut Tx<'_>| {
        tx.query(sql, &[], |row| {
            let value = |at| match (row.optional_integer(at), row.optional_text(at), row.optional_bytes(at)) {
                (Ok(value), ..) => format!("{value:?}"),
                (_, Ok(value), _) => format!("{value:?}"),
                (.., value) => format!("{:?}", value.unwrap()),
            };
            Ok((0..width).map(value).collect::<Vec<_>>().join(" "))
        })
    };
    let mut rows = store.read::<_, storage::Error, _>(read).await.unwrap();
    rows.sort();
    rows
}

/// The tables and their columns, the store's own apart, and leases, which count in the time of the database.
async fn tables(store: &Store) -> BTreeMap<String, Vec<String>> {
    let read = |tx: &mut Tx<'_>| {
        let sql = "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
            WHERE m.type = 'table' AND m.name <> 'schema_migration' AND m.name <> 'lane'";
        tx.query(sql, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in store.read::<_, storage::Error, _>(read).await.unwrap() {
        tables.entry(table).or_default().push(column);
    }
    tables
}

/// Both engines are models of each other: the same callers do the same on each, see the same, byte for byte, and leave
/// the same rows in every table.
#[test]
fn a_run_on_the_other_engine_shows_the_same_and_leaves_the_same() {
    const STEPS_THERE: usize = 250;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        for seed in 20..22 {
            let (here, ..) = run(seed, STEPS_THERE, in_memory).await;
            let (there, ..) = run(seed, STEPS_THERE, on_a_server).await;
            assert!(here.trace == there.trace, "seed {seed}: the callers saw something else");
            let tables = tables(&here.service.store).await;
            assert!(tables.len() > 10, "{tables:?}");
            for (table, columns) in tables {
                let left = rows(&here.service.store, &table, &columns).await;
                assert!(left == rows(&there.service.store, &table, &columns).await, "seed {seed}: {table}");
            }
            let store = there.service.store.clone();
            drop(there);
            std::thread::spawn(move || store.close()).join().unwrap();
        }
    });
}

#[test]
fn a_simulated_clock_is_the_only_time_there_is() {
    let clock = SimulatedClock::at(START_MS);
    clock.advance(5);
    assert_eq!(clock.now_ms(), START_MS + 5);
}
