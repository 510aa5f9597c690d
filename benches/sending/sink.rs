//! The provider of both sides. It speaks as Kannel's `sendsms` does: answers a message at once, and calls the address that
//! came with it to say that the phone has it. Beside that it is whoever Kannel passes reports on to. It works on the cores that
//! both sides work on, so it reads no more of a request than it needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, watch};

use crate::client::Client;
use crate::{PATIENCE, WINDOW, index_of};

/// What a message is answered with: Kannel takes no other.
const ACCEPTED: &[u8] =
    b"HTTP/1.1 202 Accepted\r\ncontent-type: text/plain\r\ncontent-length: 24\r\n\r\n0: Accepted for delivery";
/// What who passes a report on is answered with.
const THANKS: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// And any other.
const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
/// From a message to its report. Kannel refuses those that come before it has noted that its message was taken.
const REPORT_AFTER: Duration = Duration::from_millis(200);
/// Before a report that was not acknowledged is brought again.
const AGAIN: Duration = Duration::from_millis(20);

/// What has happened so often, and when for the first and the last time, in microseconds since the sink began.
#[derive(Debug)]
pub(crate) struct Stage {
    count: AtomicU64,
    first_us: AtomicU64,
    last_us: AtomicU64,
}

impl Default for Stage {
    fn default() -> Self {
        Self { count: AtomicU64::new(0), first_us: AtomicU64::new(u64::MAX), last_us: AtomicU64::new(0) }
    }
}

impl Stage {
    fn note(&self, now_us: u64) {
        self.first_us.fetch_min(now_us, Ordering::Relaxed);
        self.last_us.fetch_max(now_us, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    pub(crate) fn first_us(&self) -> u64 {
        self.first_us.load(Ordering::Relaxed)
    }

    pub(crate) fn last_us(&self) -> u64 {
        self.last_us.load(Ordering::Relaxed)
    }
}

/// What the sink has seen.
#[derive(Debug)]
pub(crate) struct Seen {
    began: Instant,
    is_taken: Box<[AtomicBool]>,
    is_told: Box<[AtomicBool]>,
    /// Messages, each counted once.
    pub(crate) taken: Stage,
    /// Reports that were acknowledged.
    pub(crate) acknowledged: Stage,
    /// Reports that Kannel has passed on, each counted once.
    pub(crate) told: Stage,
    /// Messages that came again, or that nobody knows.
    pub(crate) odd: AtomicU64,
    /// Reports that were not taken at once.
    pub(crate) refused: AtomicU64,
    reports: UnboundedSender<Waiting>,
    /// Whether messages are kept without an answer.
    is_held: watch::Sender<bool>,
}

/// A report, and when it is due.
type Waiting = (Instant, String);

impl Seen {
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Counts message `index` once.
    fn note(&self, flags: &[AtomicBool], stage: &Stage, index: Option<usize>) {
        match index.and_then(|index| flags.get(index)).map(|flag| flag.swap(true, Ordering::Relaxed)) {
            Some(false) => stage.note(self.now_us()),
            Some(true) | None => drop(self.odd.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// A provider that listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    runtime: Runtime,
}

impl Sink {
    /// One that knows the numbers of so many messages.
    pub(crate) fn start(messages: u32) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (reports, waiting) = unbounded_channel();
        let flags = || (0..messages).map(|_| AtomicBool::new(false)).collect();
        let seen = Arc::new(Seen {
            began: Instant::now(),
            is_taken: flags(),
            is_told: flags(),
            taken: Stage::default(),
            acknowledged: Stage::default(),
            told: Stage::default(),
            odd: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            reports,
            is_held: watch::Sender::new(false),
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        runtime.spawn(accept(listener, Arc::clone(&seen)));
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WINDOW {
            runtime.spawn(report(Arc::clone(&waiting), Arc::clone(&seen)));
        }
        Ok(Self { address, seen, runtime })
    }

    /// Lets messages wait for their answers, or answers those that wait.
    pub(crate) fn hold(&self, is_held: bool) {
        self.seen.is_held.send_replace(is_held);
    }

    /// Where the sink works: others who load the machine may work there too.
    pub(crate) fn runtime(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits for a stage to have been reached by so many; a fault when nothing moves any more.
    pub(crate) fn until(&self, what: &str, stage: &Stage, count: u32) -> Result<()> {
        let seen = &self.seen;
        let (mut moved, mut known) = (Instant::now(), 0);
        while stage.count() < u64::from(count) {
            let now = seen.taken.count() + seen.acknowledged.count() + seen.told.count();
            if now != known {
                (moved, known) = (Instant::now(), now);
            }
            if moved.elapsed() > PATIENCE {
                let (taken, acknowledged, told) = (seen.taken.count(), seen.acknowledged.count(), seen.told.count());
                bail!(
                    "not all messages were {what}: {taken} taken, {acknowledged} reports acknowledged, {told} passed on"
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) {
    while let Ok((socket, _)) = listener.accept().await {
        if socket.set_nodelay(true).is_ok() {
            tokio::spawn(answer(socket, Arc::clone(&seen)));
        }
    }
}

/// Answers the requests of one connection, none of which has a body, until the other side ends it.
async fn answer(mut socket: TcpStream, seen: Arc<Seen>) -> std::io::Result<()> {
    let mut read = Vec::with_capacity(4_096);
    loop {
        let end = loop {
            if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let head: Vec<u8> = read.drain(..end).collect();
        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let target = String::from_utf8_lossy(line.split(|byte| *byte == b' ').nth(1).unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let answer = match path {
            "/cgi-bin/sendsms" => take(&seen, query).await,
            "/told" => told(&seen, query),
            _ => NOT_FOUND,
        };
        socket.write_all(answer).await?;
    }
}

async fn take(seen: &Seen, query: &str) -> &'static [u8] {
    if *seen.is_held.borrow() {
        // Fails only when everything is being torn down.
        drop(seen.is_held.subscribe().wait_for(|is_held| !is_held).await);
    }
    seen.note(&seen.is_taken, &seen.taken, index_of(&value(query, "to").unwrap_or_default()));
    if let Some(pattern) = value(query, "dlr-url") {
        drop(seen.reports.send((Instant::now() + REPORT_AFTER, filled(&pattern))));
    }
    ACCEPTED
}

fn told(seen: &Seen, query: &str) -> &'static [u8] {
    let index = value(query, "index").and_then(|index| index.parse().ok());
    seen.note(&seen.is_told, &seen.told, index);
    THANKS
}

/// Brings reports until there are none any more.
async fn report(waiting: Arc<Mutex<UnboundedReceiver<Waiting>>>, seen: Arc<Seen>) {
    let mut client = Client::default();
    loop {
        let next = waiting.lock().await.recv().await;
        let Some((due, url)) = next else { return };
        tokio::time::sleep_until(due.into()).await;
        while let Err(_refused) = bring(&mut client, &url).await {
            seen.refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(AGAIN).await;
        }
        seen.acknowledged.note(seen.now_us());
    }
}

async fn bring(client: &mut Client, url: &str) -> Result<()> {
    let rest = url.strip_prefix("http://").ok_or_else(|| anyhow!("not an address: {url}"))?;
    let (host, path) = rest.split_once('/').ok_or_else(|| anyhow!("an address without a path: {url}"))?;
    let (status, said) = client.get(host.parse()?, &format!("/{path}")).await?;
    // Kannel says with a 202 that it did not take a report.
    if !(200..300).contains(&status) || said.to_ascii_lowercase().contains("not accepted") {
        bail!("{status} {said}");
    }
    Ok(())
}

/// The signs of a pattern filled in: 1 is "the phone has it"; the provider has no words of its own.
fn filled(pattern: &str) -> String {
    pattern.replace("%d", "1").replace("%A", "").replace("%%", "%")
}

/// A field of a query, unescaped.
fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| unescaped(value))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap_or_default();
                u8::from_str_radix(digits, 16).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
