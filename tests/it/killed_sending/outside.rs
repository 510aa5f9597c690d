//! What the world outside knows: the ledger, and the provider that writes in it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::SEED;
use crate::support::http::{parse, try_connect};
use crate::support::{Answer, Request};

const USSD: &str = "/hooks/ussd/0123456789abcdef/ussd";
const RECEIPT: &str = "/hooks/sink/0123456789abcdef/receipt";

/// Chance from a number (`SplitMix64`).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(part: usize) -> Chance {
        Chance(SEED.wrapping_mul(u64::try_from(part + 1).unwrap()))
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % bound
    }

    pub(super) fn wait_ms(&mut self, from: u64, to: u64) {
        wait(Duration::from_millis(from + self.below(to - from)));
    }
}

#[expect(clippy::disallowed_methods, reason = "callers, providers and kills come at their own times")]
pub(super) fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// A message that was taken, and in which lives of the service: more than one is a message that came twice.
#[derive(Default)]
pub(super) struct Sms {
    pub(super) to: String,
    pub(super) text: String,
    pub(super) lives: Vec<usize>,
}

/// A screen that was answered.
pub(super) struct Said {
    pub(super) session: &'static str,
    pub(super) text: String,
    pub(super) body: Vec<u8>,
}

/// What a screen has promised: an SMS on a registration, or on the application for a job.
pub(super) struct Promise {
    pub(super) number: String,
    pub(super) job: Option<String>,
}

/// The ledger: what the world outside has sent, got, and was told.
#[derive(Default)]
pub(super) struct Outside {
    /// Counts the starts of the service.
    pub(super) life: AtomicUsize,
    /// Nobody begins anything new.
    pub(super) over: AtomicBool,
    /// Nobody goes on with anything either.
    pub(super) closed: AtomicBool,
    /// By our name of them.
    pub(super) taken: Mutex<HashMap<String, Sms>>,
    /// Requests that the provider had read, and did not act upon since the service was gone.
    pub(super) dropped: AtomicUsize,
    /// Names of messages on which reports are to be sent.
    reports: Mutex<VecDeque<String>>,
    /// Names of messages whose report was acknowledged.
    pub(super) acknowledged: Mutex<BTreeSet<String>>,
    pub(super) promises: Mutex<Vec<Promise>>,
    pub(super) callers: AtomicUsize,
    hops: AtomicUsize,
    /// Hops among them that were answered before a kill, and were sent again after it.
    pub(super) again: AtomicUsize,
    pub(super) apologies: AtomicUsize,
    /// What should not have been: told at once, since those who find it are not the test's own thread.
    faults: Mutex<Vec<String>>,
}

impl Outside {
    pub(super) fn life(&self) -> usize {
        self.life.load(Ordering::SeqCst)
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(super) fn fault(&self, what: String) {
        self.faults.lock().unwrap().push(what);
    }

    pub(super) fn no_faults(&self) {
        let faults = self.faults.lock().unwrap();
        assert!(faults.is_empty(), "{:#?}", faults.iter().take(10).collect::<Vec<_>>());
    }

    /// Hops that were answered, messages that were taken, reports that were acknowledged.
    pub(super) fn counts(&self) -> [usize; 3] {
        let sendings = self.taken.lock().unwrap().values().map(|sms| sms.lives.len()).sum();
        [self.hops.load(Ordering::SeqCst), sendings, self.acknowledged.lock().unwrap().len()]
    }

    /// A screen, if the service lived long enough to give it and did not apologise.
    pub(super) fn hop(&self, address: &str, number: &str, session: &str, text: &str) -> Option<Vec<u8>> {
        let answer = ask(address, &Request { path: USSD, ..Request::hop(session, number, text) })?;
        let said = String::from_utf8_lossy(&answer.body);
        if answer.status == 200 && said.starts_with("CON ") {
            self.hops.fetch_add(1, Ordering::SeqCst);
            return Some(answer.body);
        }
        if answer.is_apology() {
            self.apologies.fetch_add(1, Ordering::SeqCst);
        } else {
            self.fault(format!("{number} {session} {text:?}: {answer:?}"));
        }
        None
    }

    /// A provider's report, tried again until it is acknowledged.
    pub(super) fn report(&self, address: &str) {
        let Some(name) = self.reports.lock().unwrap().pop_front() else { return };
        let body = json!({"reference": name, "status": "delivered"}).to_string().into_bytes();
        let content_type = Some("application/json");
        let answer = ask(address, &Request { method: "POST", path: RECEIPT, content_type, body, headers: &[] });
        match answer.map(|answer| answer.status) {
            Some(200) => {
                self.acknowledged.lock().unwrap().insert(name);
            }
            Some(503) | None => self.reports.lock().unwrap().push_front(name),
            Some(status) => self.fault(format!("a report was answered with {status}")),
        }
    }

    fn take(&self, life: usize, message: &Value, has_report: bool) {
        let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        let (name, to, text) = (text("ref"), text("to"), text("text"));
        if has_report {
            self.reports.lock().unwrap().push_back(name.clone());
        }
        let mut taken = self.taken.lock().unwrap();
        let sms = taken.entry(name.clone()).or_default();
        if sms.lives.is_empty() {
            (sms.to, sms.text) = (to.clone(), text.clone());
        }
        let is_same = sms.to == to && sms.text == text;
        sms.lives.push(life);
        drop(taken);
        if !is_same {
            self.fault(format!("{name} names two messages"));
        }
    }

    /// The provider's side of one connection.
    fn serve(&self, stream: &TcpStream, chance: &mut Chance) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(body) = read_request(&mut reader)? {
            let life = self.life();
            let Ok(message) = serde_json::from_slice::<Value>(&body) else {
                self.fault("a request is no JSON".to_owned());
                return Ok(());
            };
            let has_report = chance.below(5) < 3;
            // One in ten is read late, and forgotten if nobody waits for it any more; two in ten are answered late.
            match chance.below(10) {
                0 => {
                    chance.wait_ms(50, 350);
                    if is_gone(stream)? {
                        self.dropped.fetch_add(1, Ordering::SeqCst);
                        return Ok(());
                    }
                    self.take(life, &message, has_report);
                }
                1 | 2 => {
                    self.take(life, &message, has_report);
                    chance.wait_ms(50, 350);
                }
                _ => self.take(life, &message, has_report),
            }
            let answer = json!({"id": message["ref"]}).to_string();
            let head = "HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length:";
            (&*stream).write_all(format!("{head} {}\r\n\r\n{answer}", answer.len()).as_bytes())?;
        }
        Ok(())
    }
}

/// The body of the next request; `None` when there is none, or not the whole of one.
fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(("content-length", value)) = line.to_ascii_lowercase().split_once(": ") {
            length = value.parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(body))
}

/// Whether the other side has closed.
fn is_gone(stream: &TcpStream) -> std::io::Result<bool> {
    stream.set_read_timeout(Some(Duration::from_millis(1)))?;
    let peeked = stream.peek(&mut [0]);
    stream.set_read_timeout(None)?;
    Ok(match peeked {
        Ok(bytes) => bytes == 0,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    })
}

/// An answer, if it came whole.
pub(super) fn ask(address: &str, request: &Request<'_>) -> Option<Answer> {
    let mut stream = try_connect(address).ok()?;
    stream.write_all(&request.bytes()).ok()?;
    let mut bytes = Vec::new();
    // A service that dies may break the connection off behind its answer: what came counts.
    let _ = stream.read_to_end(&mut bytes);
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let said = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length: usize = said.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    (bytes.len() >= head + length).then(|| parse(&bytes))
}

/// The provider, in this process. Closed when it is dropped.
pub(super) struct Sink {
    outside: Arc<Outside>,
    pub(super) address: String,
}

impl Sink {
    pub(super) fn open(outside: &Arc<Outside>) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = Arc::clone(outside);
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().enumerate() {
                if serving.is_closed() {
                    return;
                }
                let serving = Arc::clone(&serving);
                // A connection that breaks is the service's death, which is what this is about.
                std::thread::spawn(move || {
                    stream.and_then(|stream| serving.serve(&stream, &mut Chance::of(1_000 + at)))
                });
            }
        });
        Sink { outside: Arc::clone(outside), address }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.outside.closed.store(true, Ordering::SeqCst);
        // Wakes the one that listens.
        let _ = try_connect(&self.address);
    }
}
