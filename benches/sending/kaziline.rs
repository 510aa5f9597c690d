//! Our side: the real binary on a new SQLite database, in which the messages wait.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use kaziline::actions::Host;
use kaziline::app;
use kaziline::clock::{Clock, IdSource, SystemClock};
use kaziline::config::Config;
use kaziline::country::Msisdn;
use kaziline::outbox::{self, Class, Content, Enqueued, Error, NewMessage, NewSms, Priority};
use kaziline::storage::{Tx, Work};

use crate::options::Options;
use crate::process::{Running, free_addresses};
use crate::report::Run;
use crate::sink::Sink;
use crate::{PATIENCE, SENDER, TEXT, WINDOW, number};

/// Messages that are queued in one transaction.
const QUEUED_TOGETHER: u32 = 10_000;
/// How long they are of use.
const USE_MS: i64 = 24 * 3_600_000;
const SECRET: &str = "0123456789abcdef";

/// Queues the messages, starts the service, and waits until each is delivered in its database.
pub(crate) fn run(options: &Options, folder: &Path, sink: &Sink) -> Result<Run> {
    let folder = tempfile::Builder::new().prefix("kaziline-").tempdir_in(folder)?;
    let data = folder.path().join("data");
    let [listen] = free_addresses()?;
    let settings = settings(&data, &listen.to_string(), &sink.address.to_string());
    let queued = queue(&settings, options.messages)?;

    let mut serve = Command::new(&options.server);
    serve.arg("serve").env_clear().envs(settings);
    let mut service = Running::start(serve, folder.path())?;
    service.until_open(listen, folder.path())?;
    let seen = &sink.seen;
    sink.until("sent", &seen.taken, options.messages)?;
    sink.until("reported", &seen.acknowledged, options.messages)?;
    let done_us = until_delivered(&data.join("kaziline.db"), options.messages, sink)?;
    let processor = service.processor_time()?;
    Ok(Run::new("kaziline", options, seen, done_us, processor, Some(queued)))
}

fn settings(data: &Path, listen: &str, sink: &str) -> Vec<(String, String)> {
    let window = WINDOW.to_string();
    let data = data.to_string_lossy();
    let (endpoint, public) = (format!("http://{sink}"), format!("http://{listen}"));
    let settings = [
        ("DATA_FOLDER", &*data),
        ("SERVER_LISTEN", listen),
        ("SERVICE_PUBLIC_URL", &public),
        ("CHANNEL_DIAL_KIND", "ussd"),
        ("CHANNEL_DIAL_DIALECT", "africastalking"),
        ("CHANNEL_DIAL_SECRET", SECRET),
        ("CHANNEL_SINK_KIND", "sms"),
        ("CHANNEL_SINK_DIALECT", "kannel"),
        ("CHANNEL_SINK_ENDPOINT", &endpoint),
        ("CHANNEL_SINK_USERNAME", "kazi"),
        ("CHANNEL_SINK_PASSWORD", "secret"),
        ("CHANNEL_SINK_SENDER", SENDER),
        ("CHANNEL_SINK_SECRET", SECRET),
        // As fast as a channel can be set, and more than there is: the provider sets no pace.
        ("CHANNEL_SINK_RATE_SEGMENTS_S", "10000"),
        ("CHANNEL_SINK_WINDOW", &window),
    ];
    settings.into_iter().map(|(name, value)| (format!("KAZILINE_{name}"), value.to_owned())).collect()
}

/// Puts the messages into the outbox of a new data folder; how long it took.
fn queue(settings: &[(String, String)], messages: u32) -> Result<Duration> {
    let faults = |faults: Vec<kaziline::config::Fault>| anyhow!("{faults:?}");
    let config = Config::of_layers(None, settings.iter().cloned(), &[]).map_err(faults)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let opened = app::open_data(&config, &clock)?;
    let host = Arc::new(app::store_host(&config, opened.keys.clone())?);
    let ids = Arc::new(IdSource::for_node(0));
    let began = Instant::now();
    for first in (0..messages).step_by(usize::try_from(QUEUED_TOGETHER)?) {
        let (host, ids, now_ms) = (Arc::clone(&host), Arc::clone(&ids), clock.now_ms());
        let until = messages.min(first + QUEUED_TOGETHER);
        opened.store.transact_blocking(Work::bulk(), move |tx| {
            (first..until).try_for_each(|index| queue_one(tx, &host, ids.block(now_ms).first(), index, now_ms))
        })?;
    }
    let took = began.elapsed();
    opened.store.close();
    Ok(took)
}

/// One message as an action of the menus queues it.
fn queue_one(tx: &mut Tx<'_>, host: &Host, id: i64, index: u32, now_ms: i64) -> Result<(), Error> {
    let to = Msisdn::parse_e164(&number(index)).map_err(|_| Error::OutOfBounds("number"))?;
    let message = NewMessage {
        id,
        operation_key: &format!("sending/{index}"),
        content: Content::Sms(NewSms {
            to: &to,
            generation: 1,
            route: &host.route(&to, Class::MustArrive),
            text: TEXT,
        }),
        person_id: None,
        employer_id: None,
        priority: Priority::Stage,
        class: Class::MustArrive,
        template: "applied",
        due_ms: now_ms,
        expires_ms: now_ms + USE_MS,
    };
    match outbox::enqueue(tx, &host.keys, &message, now_ms)? {
        Enqueued::New { .. } => Ok(()),
        Enqueued::Duplicate => Err(Error::OutOfBounds("operation_key")),
    }
}

/// Waits until each message is delivered; when that was seen.
fn until_delivered(database: &Path, messages: u32, sink: &Sink) -> Result<u64> {
    const DELIVERED: &str = "SELECT COUNT(*) FROM outbox WHERE status = 'delivered'";
    const ELSEWHERE: &str = "SELECT status || ' ' || reason || ' ' || COUNT(*) FROM outbox GROUP BY status, reason";
    let file = rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (mut moved, mut known) = (Instant::now(), 0);
    loop {
        let delivered: u32 = file.query_row(DELIVERED, [], |row| row.get(0))?;
        if delivered == messages {
            return Ok(sink.seen.now_us());
        }
        if delivered != known {
            (moved, known) = (Instant::now(), delivered);
        }
        let mut statement = file.prepare_cached(ELSEWHERE)?;
        let stand = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        ensure!(moved.elapsed() < PATIENCE, "not every message came to be delivered: {stand:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
