//! The other side: the real bearerbox and smsbox, between whoever hands messages to `sendsms` and the same provider.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::client::Client;
use crate::options::Options;
use crate::process::{Running, free_addresses};
use crate::report::Run;
use crate::sink::Sink;
use crate::{PATIENCE, SENDER, TEXT, WINDOW, number};

/// Programs of Debian's package `kannel`, which `scripts/test` installs.
const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
/// Before a message that was not taken is handed over again.
const AGAIN: Duration = Duration::from_millis(20);

/// Where it stores, and how it is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// A file a message, handed over while it sends.
    Spool,
    /// One file for all, handed over while it sends.
    File,
    /// A file a message, handed over before it sends.
    SpoolQueued,
    /// One file for all, handed over before it sends.
    FileQueued,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Spool => "kannel, spool, live",
            Way::File => "kannel, file, live",
            Way::SpoolQueued => "kannel, spool, queued",
            Way::FileQueued => "kannel, file, queued",
        }
    }

    fn store(self) -> &'static str {
        match self {
            Way::Spool | Way::SpoolQueued => "spool",
            Way::File | Way::FileQueued => "file",
        }
    }

    fn is_queued(self) -> bool {
        matches!(self, Way::SpoolQueued | Way::FileQueued)
    }
}

/// Its two programs and the addresses at which they listen.
struct Gateway {
    smsbox: Running,
    bearerbox: Running,
    sendsms: SocketAddr,
}

/// Hands all messages over and waits until each report has come back.
pub(crate) fn run(options: &Options, folder: &Path, sink: &Sink, way: Way) -> Result<Run> {
    let folder = tempfile::Builder::new().prefix("kannel-").tempdir_in(folder)?;
    let gateway = Gateway::start(folder.path(), sink, way)?;
    let seen = &sink.seen;
    let queued = if way.is_queued() {
        sink.hold(true);
        let began = Instant::now();
        gateway.feed(sink, options.messages)?;
        let took = began.elapsed();
        sink.hold(false);
        Some(took)
    } else {
        gateway.feed(sink, options.messages)?;
        None
    };
    sink.until("sent", &seen.taken, options.messages)?;
    sink.until("reported", &seen.acknowledged, options.messages)?;
    sink.until("passed on", &seen.told, options.messages)?;
    let processor = gateway.bearerbox.processor_time()? + gateway.smsbox.processor_time()?;
    Ok(Run::new(way.name(), options, seen, seen.told.last_us(), processor, queued))
}

impl Gateway {
    fn start(folder: &Path, sink: &Sink, way: Way) -> Result<Self> {
        let [admin, boxes, sendsms, reports] = free_addresses()?;
        let [store, dlr] = ["store", "dlr"].map(|name| folder.join(name));
        std::fs::create_dir(&dlr)?;
        if way.store() == "spool" {
            std::fs::create_dir(&store)?;
        }
        let config = format!(
            "group = core\nadmin-port = {}\nadmin-password = secret\nsmsbox-port = {}\nbox-allow-ip = 127.0.0.1\n\
             store-type = {}\nstore-location = {}\ndlr-storage = internal\nlog-level = 3\n\n\
             group = smsc\nsmsc = http\nsmsc-id = sink\nsystem-type = kannel\nsmsc-username = kazi\n\
             smsc-password = secret\nport = {}\nconnect-allow-ip = 127.0.0.1\nmax-pending-submits = {WINDOW}\n\
             send-url = \"http://{}/cgi-bin/sendsms\"\n\
             dlr-url = \"http://{reports}/sms?username=kazi&password=secret\"\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {}\nsendsms-chars = \"0123456789 +-\"\n\
             http-request-retry = 100\nhttp-queue-delay = 1\nlog-level = 3\n\n\
             group = sendsms-user\nusername = kazi\npassword = secret\nmax-messages = 10\nconcatenation = true\n",
            admin.port(),
            boxes.port(),
            way.store(),
            store.display(),
            reports.port(),
            sink.address,
            sendsms.port(),
        );
        let path = folder.join("kannel.conf");
        std::fs::write(&path, config)?;
        let start = |program: &str, listens: SocketAddr| {
            let mut command = Command::new(program);
            command.arg(&path);
            let mut running = Running::start(command, folder)?;
            running.until_open(listens, folder)?;
            anyhow::Ok(running)
        };
        let bearerbox = start(BEARERBOX, boxes)?;
        let smsbox = start(SMSBOX, sendsms)?;
        Ok(Self { smsbox, bearerbox, sendsms })
    }

    /// Hands the messages over, on as many connections as there may be messages on their way; each asks for a report.
    fn feed(&self, sink: &Sink, messages: u32) -> Result<()> {
        let next = Arc::new(AtomicU32::new(0));
        let (sendsms, told) = (self.sendsms, sink.address);
        let tasks: Vec<_> =
            (0..WINDOW).map(|_| sink.runtime().spawn(hand_over(sendsms, told, Arc::clone(&next), messages))).collect();
        tasks.into_iter().try_for_each(|task| sink.runtime().block_on(task)?)
    }
}

async fn hand_over(sendsms: SocketAddr, told: SocketAddr, next: Arc<AtomicU32>, messages: u32) -> Result<()> {
    let text = TEXT.replace('%', "%25").replace('#', "%23").replace('+', "%2B").replace(' ', "+");
    let mut client = Client::default();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= messages {
            return Ok(());
        }
        // The mask is what Kaziline asks for: delivered, not delivered, refused.
        let path = format!(
            "/cgi-bin/sendsms?username=kazi&password=secret&from={SENDER}&to=%2B{}&text={text}&coding=0&charset=UTF-8\
             &dlr-mask=19&dlr-url=http%3A%2F%2F{told}%2Ftold%3Findex%3D{index}",
            number(index)
        );
        let began = Instant::now();
        loop {
            match client.get(sendsms, &path).await {
                Ok((200..300, _)) => break,
                refused if began.elapsed() > PATIENCE => bail!("smsbox takes no message: {refused:?}"),
                // It is not connected to bearerbox yet.
                _ => tokio::time::sleep(AGAIN).await,
            }
        }
    }
}
