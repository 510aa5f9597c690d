//! Where the service runs, again and again: its folder, its queue, its starts and its ends.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use kaziline::app::{Opened, open_data};
use kaziline::clock::{Clock, IdSource, SystemClock};
use kaziline::config::Config;
use kaziline::country::Msisdn;
use kaziline::outbox::{self, Class, Content, NewMessage, NewSms, Priority, route};
use kaziline::storage::{Keys, Tx, Work};

use super::WINDOW;
use super::outside::{ask, wait};
use crate::support::{Folder, PATIENCE, Request, command, lines};

/// Segments a second, and a message on a registration or an application has up to two: 100 messages leave and more.
pub(super) const RATE: u32 = 200;
/// Messages that are queued in one transaction.
const QUEUED_AT_ONCE: usize = 250;
/// More than a lease, and more than an unknown message waits.
const AGE_MS: i64 = 11 * 60_000;
/// Two of the longer waits between repeats, in milliseconds: nothing fails more often than that at the end.
const PUT_OFF_MAX_MS: i64 = 20 * 60_000;
pub(super) const CONFIG: &str = "kaziline.toml";

/// A port below those that the system gives out: else one of the many calls to a service that is gone might be given
/// the very port that it calls, and reach itself.
fn quiet_port() -> u16 {
    // Tests that run side by side look from different ports on.
    static PLACES: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 5_000).unwrap() + PLACES.fetch_add(1, Ordering::Relaxed);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (first..first + 5_000).find(is_free).expect("a free port")
}

/// Where the service runs, again and again.
pub(super) struct Place {
    pub(super) folder: Folder,
    pub(super) address: String,
}

impl Place {
    pub(super) fn new(sink: &str) -> Place {
        let (folder, address) = (Folder::new(), format!("127.0.0.1:{}", quiet_port()));
        let body = r#"{"to":"{to}","text":"{text}","ref":"{ref}"}"#;
        let config = format!(
            "server.listen = '{address}'\ndata.folder = './data'\nlog.level = 'warn'\n\n\
             [delivery]\nnumber_day_max = 0\nprefix_day_max = 0\n\n\
             [channel.ussd]\nkind = 'ussd'\ndialect = 'africastalking'\nsecret = '0123456789abcdef'\n\n\
             [channel.sink]\nkind = 'sms'\ndialect = 'http'\nsecret = '0123456789abcdef'\nsender = 'KAZILINE'\n\
             rate_segments_s = {RATE}\nwindow = {WINDOW}\nhttp_method = 'post'\nhttp_url = 'http://{sink}/sms'\n\
             http_content_type = 'json'\nhttp_body = '{body}'\nhttp_accepted_status = '202'\nhttp_id = '/id'\n\
             http_receipt_id = '/reference'\nhttp_receipt_status = '/status'\nhttp_receipt_ours = 'true'\n"
        );
        std::fs::write(folder.path().join(CONFIG), config).unwrap();
        Place { folder, address }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data/kaziline.db")
    }

    /// Beside the service, or when nobody runs. It leaves the WAL to the next start, as a crash does.
    pub(super) fn open(&self) -> rusqlite::Connection {
        let file = rusqlite::Connection::open(self.database()).unwrap();
        file.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        file.busy_timeout(PATIENCE).unwrap();
        file
    }

    pub(super) fn count(&self, sql: &str) -> usize {
        let count: i64 = self.open().query_row(sql, [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    /// What eleven minutes without a service are to the queue. Only while nobody runs. Whether the file is whole the
    /// service itself asks too, at each start.
    pub(super) fn ages(&self) {
        let file = self.open();
        let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        for (column, rows) in
            [("lease_until_ms", "lease_until_ms > 0"), ("resend_ms", "resend_ms > 0"), ("due_ms", "status = 'queued'")]
        {
            file.execute(&format!("UPDATE outbox SET {column} = {column} - {AGE_MS} WHERE {rows}"), []).unwrap();
        }
    }

    /// Until nothing waits or is under way. What is unknown waits once its time to be sent again has come.
    pub(super) fn drains(&self) {
        const LEFT: &str = "SELECT (SELECT COUNT(*) FROM outbox WHERE status IN ('queued', 'sending')) \
            + (SELECT COUNT(*) FROM outbox WHERE resend_ms > 0 AND resend_ms <= unixepoch() * 1000) \
            + (SELECT COUNT(*) FROM hook_call WHERE status = 'waiting')";
        const LAST_DUE: &str =
            "SELECT COALESCE(MAX(due_ms - unixepoch() * 1000), 0) FROM outbox WHERE status = 'queued'";
        let clock = SystemClock::default();
        let now_ms = || clock.monotonic_us() / 1_000;
        // A tenth of the pace, and time for repeats that are put off.
        let mut until_ms = 60_000 + i64::try_from(self.count(LEFT)).unwrap() * 10_000 / i64::from(RATE);
        while self.count(LEFT) > 0 {
            // What failed several times is due minutes later, and that is no fault.
            let last_due_ms: i64 = self.open().query_row(LAST_DUE, [], |row| row.get(0)).unwrap();
            until_ms = until_ms.max((now_ms() + last_due_ms + 30_000).min(PUT_OFF_MAX_MS));
            assert!(now_ms() < until_ms, "{} are left", self.count(LEFT));
            // The rows of a process of its own: nobody tells when they move.
            wait(Duration::from_millis(100));
        }
    }

    /// Queues messages, every second one an alert, and gives them back by their names, with the keys of the store.
    pub(super) fn queue(&self, messages: usize) -> (Keys, BTreeMap<String, Queued>) {
        self.queue_with(&[], messages)
    }

    /// The same, with settings of the environment.
    pub(super) fn queue_with(&self, environment: &[(&str, &str)], messages: usize) -> (Keys, BTreeMap<String, Queued>) {
        let path = self.folder.path().join(CONFIG);
        let text = std::fs::read_to_string(&path).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut config = Config::of_layers(Some((path.as_path(), &text)), environment, &[]).unwrap();
        config.data = self.folder.path().join("data");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let Opened { folder, store, keys, .. } = open_data(&config, &clock).unwrap();
        let (ids, now_ms) = (IdSource::for_node(0), clock.now_ms());
        let queued: Vec<Queued> = (0..messages).map(|at| Queued::new(at, ids.block(now_ms).first())).collect();
        for chunk in queued.chunks(QUEUED_AT_ONCE) {
            let (keys, chunk) = (keys.clone(), chunk.to_vec());
            let queue = move |tx: &mut Tx<'_>| chunk.iter().try_for_each(|message| message.queue(tx, &keys, now_ms));
            store.transact_blocking(Work::bulk(), queue).unwrap();
        }
        store.close();
        drop(folder);
        (keys, queued.into_iter().map(|message| (format!("kz{:x}", message.id), message)).collect())
    }
}

/// A message that was queued before the first start.
#[derive(Clone)]
pub(super) struct Queued {
    id: i64,
    pub(super) class: Class,
    pub(super) number: String,
    pub(super) text: String,
}

impl Queued {
    fn new(at: usize, id: i64) -> Queued {
        let class = if at.is_multiple_of(2) { Class::MustArrive } else { Class::Alert };
        Queued { id, class, number: format!("25078{at:07}"), text: format!("Message {at}") }
    }

    /// Both classes in one line, so that both are under way at each kill.
    fn queue(&self, tx: &mut Tx<'_>, keys: &Keys, now_ms: i64) -> Result<(), outbox::Error> {
        let new = NewMessage {
            id: self.id,
            operation_key: &self.text,
            content: Content::Sms(NewSms {
                to: &Msisdn::parse_e164(&self.number).unwrap(),
                generation: 1,
                route: &route::route("RW", "MTN", self.class),
                text: &self.text,
            }),
            person_id: None,
            employer_id: None,
            priority: Priority::Alert,
            class: self.class,
            template: "drill",
            due_ms: now_ms,
            expires_ms: now_ms + 7 * 86_400_000,
        };
        outbox::enqueue(tx, keys, &new, now_ms).map(drop)
    }
}

/// A life of the service. Ended hard when it is dropped.
pub(super) struct Running {
    child: Child,
    out: Receiver<String>,
    log: Receiver<String>,
}

impl Running {
    /// A start that nobody waits for.
    pub(super) fn begin(place: &Place, environment: &[(&str, &str)]) -> Running {
        let mut serve = command(&["serve", "--config", CONFIG], place.folder.path());
        serve.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let (out, log) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Running { child, out, log }
    }

    /// A start, and how long it took until the service said that it is ready, in milliseconds.
    pub(super) fn start(place: &Place, environment: &[(&str, &str)]) -> (Running, i64) {
        let clock = SystemClock::default();
        let running = Running::begin(place, environment);
        let greeting = running.out.recv_timeout(PATIENCE);
        let is_ready = greeting.as_ref().is_ok_and(|line| line.contains("listening on"));
        assert!(
            is_ready,
            "the service did not become ready: {greeting:?} {:?}",
            running.log.try_iter().collect::<Vec<_>>()
        );
        let ready = ask(&place.address, &Request::get("/health/ready")).expect("an answer");
        assert_eq!(ready.status, 200, "{ready:?}");
        (running, clock.monotonic_us() / 1_000)
    }

    /// Nothing of it runs until it goes on.
    pub(super) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// `kill -9`. What it has logged.
    pub(super) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log.iter().collect()
    }

    /// Stops in order.
    pub(super) fn stop(mut self) -> Vec<String> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.log.iter().collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already, or never ended: either way it is gone after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
