//! The servers under load, as processes of their own: the real binary on a new database, and the bare handler.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::bare;
use crate::engines::Cluster;
use crate::options::Options;

/// Stands before the address on the line with which a server says that it is ready.
pub(crate) const LISTENING: &str = "listening on http://";
/// The writer thread's name as Linux keeps it, cut to 15 bytes.
const WRITER_THREAD: &str = "kaziline-write";
/// A server that takes longer to start has failed. (That it takes less than 3 s is a test's business.)
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// The unit of processor times in `/proc`: `USER_HZ` is 100 on every Linux that we build for.
const TICK: Duration = Duration::from_millis(10);
/// Idle is a server that used no more than a tick in this time.
const IDLE_LOOK: Duration = Duration::from_millis(400);
/// Deferred work (messages) that takes longer than this is said to be endless.
const IDLE_TIMEOUT: Duration = Duration::from_mins(2);

/// What servers need: folder, binary, and the library that slows fsync down.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    binary: PathBuf,
    slow_fsync: PathBuf,
    /// Started when it is needed.
    postgres: OnceCell<Cluster>,
}

impl Bench {
    pub(crate) fn prepare(options: &Options) -> Result<Self> {
        fs::create_dir_all(&options.folder)?;
        let folder = tempfile::Builder::new().prefix("kaziline-load-").tempdir_in(&options.folder)?;
        let slow_fsync = folder.path().join("slow_fsync.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/slow_fsync.c");
        let compiled = Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&slow_fsync).arg(source).status();
        ensure!(compiled.context("cc cannot be run")?.success(), "cc could not compile {source}");
        Ok(Self { folder, binary: options.server.clone(), slow_fsync, postgres: OnceCell::new() })
    }

    /// Where everything is made.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Microseconds of one small write and fsync in our folder: what every durable commit costs at least.
    pub(crate) fn fsync_us(&self) -> Result<u64> {
        const ROUNDS: usize = 101;
        let path = self.folder.path().join("fsync");
        let file = File::create(&path)?;
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let began = Instant::now();
            std::os::unix::fs::FileExt::write_all_at(&file, &[7; 4_096], 0)?;
            file.sync_data()?;
            times.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
        fs::remove_file(&path)?;
        times.sort_unstable();
        Ok(times.get(ROUNDS / 2).copied().unwrap_or_default())
    }
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bare,
    /// With every fsync slower by so many microseconds, if any.
    Kaziline {
        fsync_delay_us: u32,
    },
    /// Kaziline on `PostgreSQL`, which counts as a part of the server.
    Postgres,
}

/// Processor time so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) server: Duration,
    /// Of that, the thread that writes the database.
    pub(crate) writer: Duration,
    pub(crate) generator: Duration,
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) ready_ms: u64,
    child: Child,
    data: PathBuf,
    fsync_counter: Option<PathBuf>,
    /// Other processes that work for it.
    besides: Vec<u32>,
}

impl Server {
    pub(crate) fn start(bench: &Bench, kind: Kind) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("data-").tempdir_in(bench.folder.path())?.keep();
        let log = data.with_extension("log");
        let (mut fsync_counter, mut postgres) = (None, None);
        let (name, mut command) = match kind {
            Kind::Bare => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg(bare::ARGUMENT);
                ("bare", command)
            }
            Kind::Kaziline { fsync_delay_us } => {
                let mut command = Command::new(&bench.binary);
                command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
                if fsync_delay_us > 0 {
                    let counter = data.with_extension("fsyncs");
                    fs::write(&counter, [0; 8])?;
                    command.env("LD_PRELOAD", &bench.slow_fsync);
                    command.env("SLOW_FSYNC_US", fsync_delay_us.to_string()).env("SLOW_FSYNC_COUNTER", &counter);
                    fsync_counter = Some(counter);
                }
                ("kaziline", command)
            }
            Kind::Postgres => {
                let cluster = bench.postgres.get_or_init(Cluster::start);
                let mut command = Command::new(&bench.binary);
                command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
                command.env("KAZILINE_STORE_DATABASE", cluster.create_database("load"));
                postgres = Some(cluster);
                ("on PostgreSQL", command)
            }
        };
        command.current_dir(&data).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { name, address, ready_ms: 0, child, data, fsync_counter, besides: Vec::new() };
        server.address = server.wait_until_it_listens().with_context(|| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("{name} does not listen; it said:\n{said}")
        })?;
        server.besides = postgres.map_or_else(Vec::new, Cluster::processes);
        server.ready_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(server)
    }

    /// Reads what the server prints, and goes on reading, so that the server never waits for us.
    fn wait_until_it_listens(&mut self) -> Result<SocketAddr> {
        let printed = self.child.stdout.take().ok_or_else(|| anyhow!("its output is not ours"))?;
        let (found, address) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(printed).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once(LISTENING) {
                    let address = address.split(['/', ' ']).next().unwrap_or_default().parse();
                    // Nobody listens any more to a second such line.
                    drop(found.send(address));
                }
            }
        });
        match address.recv_timeout(START_TIMEOUT) {
            Ok(address) => address.context("its address cannot be read"),
            Err(mpsc::RecvTimeoutError::Disconnected) => bail!("it has ended"),
            Err(mpsc::RecvTimeoutError::Timeout) => bail!("it takes too long"),
        }
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    fn proc(&self) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string())
    }

    /// Processor time so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        let mut usage = Usage {
            server: processor_time(&self.proc())?,
            writer: Duration::ZERO,
            generator: processor_time(Path::new("/proc/self"))?,
        };
        for thread in fs::read_dir(self.proc().join("task"))? {
            let thread = thread?.path();
            // On PostgreSQL there are several.
            if fs::read_to_string(thread.join("comm"))?.trim().starts_with(WRITER_THREAD) {
                usage.writer += processor_time(&thread)?;
            }
        }
        for process in &self.besides {
            // One that has ended took its time with it.
            usage.server += processor_time(&Path::new("/proc").join(process.to_string())).unwrap_or_default();
        }
        Ok(usage)
    }

    /// Waits until the server does no more than nothing, and tells its processor time then.
    pub(crate) fn wait_until_idle(&self) -> Result<Usage> {
        let began = Instant::now();
        let mut before = self.usage()?;
        loop {
            thread::sleep(IDLE_LOOK);
            let now = self.usage()?;
            if now.server.saturating_sub(before.server) <= TICK {
                return Ok(before);
            }
            ensure!(began.elapsed() < IDLE_TIMEOUT, "{} never came to rest after the load", self.name);
            before = now;
        }
    }

    /// The most memory that the server ever held, in KiB.
    pub(crate) fn peak_memory_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(self.proc().join("status"))?;
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak.ok_or_else(|| anyhow!("no VmHWM in /proc"))
    }

    /// Bytes of its database and what belongs to it.
    pub(crate) fn data_bytes(&self) -> Result<u64> {
        let files = fs::read_dir(&self.data)?;
        files.map(|file| Ok(file?.metadata()?.len())).sum()
    }

    /// Calls of fsync that were slowed down so far; `None` when none are.
    pub(crate) fn fsyncs(&self) -> Result<Option<u64>> {
        let Some(path) = &self.fsync_counter else { return Ok(None) };
        let mut bytes = [0; 8];
        File::open(path)?.read_exact(&mut bytes)?;
        Ok(Some(u64::from_ne_bytes(bytes)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended by itself. Its files go with the benchmark's folder.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// User and system time of a process or thread.
fn processor_time(proc: &Path) -> Result<Duration> {
    let stat = fs::read_to_string(proc.join("stat"))?;
    // The name before the last `)` may hold anything; utime and stime are the 14th and 15th field of the line.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: Vec<u32> = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    ensure!(ticks.len() == 2, "{} has an unknown form", proc.display());
    Ok(TICK * ticks.iter().sum::<u32>())
}
