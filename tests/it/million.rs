//! A million alerts wait while thousands of people ask for no more: whoever has said STOP gets none, who waits with the phone
//! in hand does not wait for the alerts, and memory stays as it is. `KAZILINE_DRILL=full` queues a million.
//!
//! The alerts are queued through the library, before the service is started. Then it sends them at 2,000 a second to a
//! provider in this process, which answers at once and reports each delivery. Meanwhile people write STOP whose alert has
//! not left, and others register, who are promised an SMS.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use kaziline::actions::Host;
use kaziline::app;
use kaziline::clock::{Clock, IdSource, SystemClock};
use kaziline::config::{Config, demo_flags};
use kaziline::country::Msisdn;
use kaziline::outbox::{self, Class, Content, Error, NewMessage, NewSms, Priority};
use kaziline::storage::{Tx, Work};

use crate::support::http::{parse, try_connect};
use crate::support::{Folder, World, bound_ms, drill};

/// What numbers who stop are drawn from.
const SEED: u64 = 20_261_122;
/// What every alert says.
const ALERT: &str = "Akazi gashya hafi yawe";
const QUEUED_TOGETHER: usize = 20_000;
const USE_MS: i64 = 24 * 3_600_000;
const SECRET: &str = "0123456789abcdef";
/// Connections over which the provider reports, and over which STOPs come.
const REPORTING: usize = 8;
const STOPPING: usize = 4;
/// People who register, a second; every one is promised one SMS.
const REGISTERED_PER_SECOND: i64 = 12;
/// What they type; the SMS is promised with the last of it.
const REGISTER: [&str; 13] = ["", "6", "2", "1", "1", "1990", "1", "1", "7000", "1", "1", "1", "Uwase Aline"];

/// What is promised: an alert may come so long after its number's STOP was acknowledged, in milliseconds.
const STOP_MS_MAX: f64 = 5_000.0;
/// An interactive message leaves within this time of the answer that promised it, in 99 of 100 cases, in milliseconds.
const INTERACTIVE_MS_MAX: f64 = 2_000.0;
const MEMORY_KIB_MAX: u64 = 300 * 1024;
/// How long the whole may take that is sent: ten times what the pace asks for.
const PATIENCE_US: i64 = 1_500_000_000;

/// The number of alert `index`: spread over the blocks whose messages are counted together.
fn number(index: usize) -> String {
    format!("25078{:02}{:05}", index % 100, index / 100)
}

fn index_of(number: &str) -> Option<usize> {
    let (block, within) = number.strip_prefix("25078")?.split_at_checked(2)?;
    Some(within.parse::<usize>().ok()? * 100 + block.parse::<usize>().ok()?)
}

/// What the provider has seen. Times are in microseconds of `clock`; 0: not yet.
struct Seen {
    clock: SystemClock,
    alerts: Box<[AtomicI64]>,
    taken: AtomicUsize,
    /// Alerts that came twice.
    twice: AtomicUsize,
    /// When the first message that is no alert came to a number.
    others: Mutex<BTreeMap<String, i64>>,
    reports: Mutex<Sender<String>>,
}

impl Seen {
    fn now_us(&self) -> i64 {
        self.clock.monotonic_us()
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    fn alert_us(&self, index: usize) -> i64 {
        self.alerts[index].load(Ordering::SeqCst)
    }
}

async fn take(State(seen): State<Arc<Seen>>, RawQuery(query): RawQuery) -> (StatusCode, &'static str) {
    let query = query.unwrap_or_default();
    let now_us = seen.now_us();
    let to = field(&query, "to").trim_start_matches('+').to_owned();
    if field(&query, "text") == ALERT {
        let before_us = index_of(&to).and_then(|index| seen.alerts.get(index)).unwrap().swap(now_us, Ordering::SeqCst);
        let count = if before_us == 0 { &seen.taken } else { &seen.twice };
        count.fetch_add(1, Ordering::SeqCst);
    } else {
        seen.others.lock().unwrap().entry(to).or_insert(now_us);
    }
    let report = field(&query, "dlr-url").replace("%d", "1").replace("%A", "");
    let _ = seen.reports.lock().unwrap().send(report);
    (StatusCode::ACCEPTED, "0: Accepted for delivery")
}

/// A field of a query, unescaped; empty when it is not there.
fn field(query: &str, name: &str) -> String {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digits = |rest: &mut std::str::Bytes<'_>| {
            format!("{}{}", char::from(rest.next().unwrap()), char::from(rest.next().unwrap()))
        };
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => u8::from_str_radix(&digits(&mut rest), 16).unwrap(),
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The provider. It ends with its runtime.
struct Provider {
    address: SocketAddr,
    seen: Arc<Seen>,
    _runtime: tokio::runtime::Runtime,
}

impl Provider {
    fn start(alerts: usize) -> Provider {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (reports, waiting) = channel();
        let seen = Arc::new(Seen {
            clock: SystemClock::default(),
            alerts: (0..alerts).map(|_| AtomicI64::new(0)).collect(),
            taken: AtomicUsize::new(0),
            twice: AtomicUsize::new(0),
            others: Mutex::default(),
            reports: Mutex::new(reports),
        });
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/cgi-bin/sendsms", get(take)).with_state(Arc::clone(&seen));
        runtime.spawn(async { axum::serve(listener, routes).await });
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..REPORTING {
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || report(&waiting));
        }
        Provider { address, seen, _runtime: runtime }
    }
}

/// Brings reports until the provider is gone, each until it is acknowledged or the service is gone.
fn report(waiting: &Mutex<Receiver<String>>) {
    let mut line = None;
    loop {
        let next = waiting.lock().unwrap().recv();
        let Ok(url) = next else { return };
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        for _ in 0..3 {
            // Refused: the service is gone.
            let Some(stream) = line.take().or_else(|| try_connect(host).ok()) else { return };
            line = bring(stream, path);
            if line.is_some() {
                break;
            }
        }
    }
}

/// One report over a connection that is kept. `None`: it broke, or the report was not taken.
fn bring(mut stream: TcpStream, path: &str) -> Option<TcpStream> {
    stream.write_all(format!("GET /{path} HTTP/1.1\r\nhost: kaziline\r\n\r\n").as_bytes()).ok()?;
    let mut bytes = Vec::new();
    let mut part = [0; 1_024];
    // The acknowledgement of this dialect is empty.
    while !bytes.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
    }
    (parse(&bytes).status == 200).then_some(stream)
}

/// Queues the alerts in a folder of the demo. Answers how long it took, in milliseconds.
fn queue(folder: &Folder, alerts: usize) -> i64 {
    let mut flags = demo_flags();
    flags.push(("--data", "data.folder".to_owned(), folder.data().to_str().unwrap().to_owned()));
    let config = Config::of_layers(None, [], &flags).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let opened = app::open_data(&config, &clock).unwrap();
    let host = Arc::new(app::store_host(&config, opened.keys.clone()).unwrap());
    let ids = Arc::new(IdSource::for_node(0));
    let (began_us, now_ms) = (clock.monotonic_us(), clock.now_ms());
    for first in (0..alerts).step_by(QUEUED_TOGETHER) {
        let (host, ids) = (Arc::clone(&host), Arc::clone(&ids));
        let some = first..alerts.min(first + QUEUED_TOGETHER);
        let queue = move |tx: &mut Tx<'_>| {
            some.clone().try_for_each(|index| queue_one(tx, &host, ids.block(now_ms).first(), index, now_ms))
        };
        opened.store.transact_blocking(Work::bulk(), queue).unwrap();
    }
    opened.store.close();
    (clock.monotonic_us() - began_us) / 1_000
}

fn queue_one(tx: &mut Tx<'_>, host: &Host, id: i64, index: usize, now_ms: i64) -> Result<(), Error> {
    let to = Msisdn::parse_e164(&number(index)).unwrap();
    let alert = NewMessage {
        id,
        operation_key: &format!("million/{index}"),
        content: Content::Sms(NewSms { to: &to, generation: 1, route: &host.route(&to, Class::Alert), text: ALERT }),
        person_id: None,
        employer_id: None,
        priority: Priority::Alert,
        class: Class::Alert,
        template: "alert",
        due_ms: now_ms,
        expires_ms: now_ms + USE_MS,
    };
    outbox::enqueue(tx, &host.keys, &alert, now_ms).map(drop)
}

/// Everything that a thread of the drill needs.
struct Scene<'a> {
    world: &'a World,
    seen: &'a Seen,
    /// So many of the alerts are sent while the drill lasts.
    reach: usize,
    stops: usize,
    /// Who has stopped, and when that was acknowledged.
    stopped: Mutex<BTreeMap<usize, i64>>,
    /// Who registered, and when that was answered.
    registered: Mutex<BTreeMap<String, i64>>,
    is_over: AtomicBool,
}

impl Scene<'_> {
    /// Writes every STOP that falls to this one of the threads, evenly over what is sent.
    fn stop(&self, thread: usize) {
        let mut random = SEED + thread as u64;
        for at in (thread..self.stops).step_by(STOPPING) {
            self.until(|| self.seen.taken() >= at * (self.reach * 9 / 10) / self.stops);
            let index = self.choose(&mut random);
            let path =
                format!("/hooks/sink/{SECRET}/sms?id=mo-{at}&from=%2B{}&to=567&text=STOP&charset=UTF-8", number(index));
            let answer = self.world.get(&path);
            assert_eq!(answer.status, 200, "{answer:?}");
            self.stopped.lock().unwrap().insert(index, self.seen.now_us());
        }
    }

    /// Somebody whose alert has not been sent and who has not stopped.
    fn choose(&self, random: &mut u64) -> usize {
        loop {
            // The generator of Knuth's MMIX.
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let index = usize::try_from(*random >> 33).unwrap() % self.reach;
            // Entered with the end of time, so that nobody is chosen twice.
            if self.seen.alert_us(index) == 0 && !self.stopped.lock().unwrap().contains_key(&index) {
                self.stopped.lock().unwrap().insert(index, i64::MAX);
                return index;
            }
        }
    }

    /// People register until all who stop have done so.
    fn register(&self, thread: i64, threads: i64) {
        let began_us = self.seen.now_us();
        for turn in 0.. {
            let due_us = began_us + (turn * threads + thread) * 1_000_000 / REGISTERED_PER_SECOND;
            self.until(|| self.seen.now_us() >= due_us || self.is_over.load(Ordering::SeqCst));
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let number = format!("25073{thread:01}{turn:06}");
            for keys in 1..=REGISTER.len() {
                let answer = self.world.hop("s1", &format!("+{number}"), &REGISTER[1..keys].join("*"));
                assert!(answer.text().starts_with("CON "), "{keys} keys: {answer:?}");
            }
            self.registered.lock().unwrap().insert(number, self.seen.now_us());
        }
    }

    /// Looks now and then whether it is so: what other processes do cannot be waited for otherwise.
    #[expect(clippy::disallowed_methods, reason = "people come at their own times")]
    fn until(&self, mut is_so: impl FnMut() -> bool) {
        while !is_so() {
            assert!(self.seen.now_us() < PATIENCE_US, "{} alerts were sent and then no more", self.seen.taken());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The value that `percent` of 100 do not exceed.
fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * percent / 100).min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn ms(us: i64) -> f64 {
    f64::from(i32::try_from(us).unwrap()) / 1_000.0
}

/// The most memory that a process had.
fn memory_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Status and reason of an alert.
fn stand(file: &rusqlite::Connection, index: usize) -> (String, String) {
    let mut one = file.prepare_cached("SELECT status, reason FROM outbox WHERE operation_key = ?1").unwrap();
    one.query_row([format!("million/{index}")], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn whoever_says_stop_gets_no_alert_of_a_million_that_wait_and_nobody_waits_for_them() {
    let (alerts, reach, stops) = drill((20_000, 20_000, 200), (1_000_000, 300_000, 10_000));
    let folder = World::demo().kill();
    let queued_ms = queue(&folder, alerts);
    let provider = Provider::start(alerts);
    let seen = &*provider.seen;
    let ours = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (endpoint, public) = (format!("http://{}", provider.address), format!("http://{ours}"));
    let environment = [
        ("KAZILINE_SERVICE_PUBLIC_URL", public.as_str()),
        ("KAZILINE_CHANNEL_SINK_KIND", "sms"),
        ("KAZILINE_CHANNEL_SINK_DIALECT", "kannel"),
        ("KAZILINE_CHANNEL_SINK_ENDPOINT", &endpoint),
        ("KAZILINE_CHANNEL_SINK_USERNAME", "kaziline"),
        ("KAZILINE_CHANNEL_SINK_PASSWORD", "secret"),
        ("KAZILINE_CHANNEL_SINK_SENDER", "567"),
        ("KAZILINE_CHANNEL_SINK_SECRET", SECRET),
        ("KAZILINE_CHANNEL_SINK_RATE_SEGMENTS_S", "2000"),
        ("KAZILINE_CHANNEL_SINK_WINDOW", "32"),
        // Before the demo's own.
        ("KAZILINE_CHANNEL_SINK_ORDER", "0"),
    ];
    let starting_us = seen.now_us();
    let world = World::start_at(&ours.to_string(), folder, &environment);
    let began_us = seen.now_us();
    let scene = Scene {
        world: &world,
        seen,
        reach,
        stops,
        stopped: Mutex::default(),
        registered: Mutex::default(),
        is_over: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        let stopping: Vec<_> = (0..STOPPING)
            .map(|thread| {
                scope.spawn({
                    let scene = &scene;
                    move || scene.stop(thread)
                })
            })
            .collect();
        for thread in 0..2 {
            let scene = &scene;
            scope.spawn(move || scene.register(thread, 2));
        }
        let ended: Vec<_> = stopping.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        // Also those go home who found that nothing is sent any more.
        scene.is_over.store(true, Ordering::SeqCst);
        for ended in ended {
            ended.unwrap();
        }
    });
    let stopped = scene.stopped.lock().unwrap().clone();
    let registered = scene.registered.lock().unwrap().clone();
    // The rest of what is sent, and what was promised.
    let mut first_left = 0;
    scene.until(|| {
        while first_left < reach && (seen.alert_us(first_left) > 0 || stopped.contains_key(&first_left)) {
            first_left += 1;
        }
        first_left == reach
    });
    let sent_us = seen.now_us() - began_us;
    let sent = seen.taken();
    let awaited: BTreeSet<String> =
        registered.keys().cloned().chain(stopped.keys().map(|index| number(*index))).collect();
    scene.until(|| {
        let others = seen.others.lock().unwrap();
        awaited.iter().all(|number| others.contains_key(number))
    });
    let file = rusqlite::Connection::open_with_flags(
        world.folder().data().join("kaziline.db"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    );
    let file = file.unwrap();
    scene.until(|| !stopped.keys().any(|index| ["queued", "sending"].contains(&stand(&file, *index).0.as_str())));
    let memory_kib = memory_kib(world.pid());

    let others = seen.others.lock().unwrap();
    let since = |number: &str, us: i64| ms((others[number] - us).max(0));
    let interactive: Vec<f64> = registered.iter().map(|(number, us)| since(number, *us)).collect();
    let confirmed: Vec<f64> = stopped.iter().map(|(index, us)| since(&number(*index), *us)).collect();
    let late: Vec<f64> = stopped
        .iter()
        .map(|(index, us)| (seen.alert_us(*index), us))
        .filter(|(alert_us, us)| alert_us > us)
        .map(|(alert_us, us)| ms(alert_us - us))
        .collect();
    let latest = late.iter().copied().fold(0.0, f64::max);
    let [p50, p99] = [50, 99].map(|percent| percentile(interactive.clone(), percent));
    println!(
        "seed {SEED}: {alerts} alerts queued in {queued_ms} ms, the service ready after {} ms; {sent} sent in {} s; {} STOPs, \
         {} alerts after theirs, the latest {latest:.0} ms; confirmed after {:.0} ms (p99), {:.0} ms at most; {} interactive \
         messages: {p50:.0} ms (p50), {p99:.0} ms (p99); {} MiB at most",
        (began_us - starting_us) / 1_000,
        sent_us / 1_000_000,
        stopped.len(),
        late.len(),
        percentile(confirmed.clone(), 99),
        percentile(confirmed, 100),
        interactive.len(),
        memory_kib / 1024,
    );
    for index in stopped.keys() {
        let (status, reason) = stand(&file, *index);
        let came = seen.alert_us(*index) > 0;
        assert!(came || (status.as_str(), reason.as_str()) == ("cancelled", "stopped"), "{status} {reason}");
    }
    assert_eq!((stopped.len(), seen.twice.load(Ordering::SeqCst)), (stops, 0));
    assert!(latest <= bound_ms(STOP_MS_MAX), "an alert came {latest:.0} ms after its number's STOP was acknowledged");
    assert!(
        interactive.len() >= 100 && p99 <= bound_ms(INTERACTIVE_MS_MAX),
        "{} with a p99 of {p99:.0} ms",
        interactive.len()
    );
    assert!(memory_kib <= MEMORY_KIB_MAX, "{memory_kib} KiB");
}
