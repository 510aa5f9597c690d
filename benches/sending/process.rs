//! Programs that are started for a run and end with it, and what they cost.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// The unit of processor times in `/proc`: `USER_HZ` is 100 on every Linux that we build for.
const TICK: Duration = Duration::from_millis(10);
/// A program that takes longer to listen has failed.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A program that ends with its owner. What it prints goes to a file beside its folder.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    name: String,
}

impl Running {
    pub(crate) fn start(mut command: Command, folder: &Path) -> Result<Self> {
        let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = File::create(folder.join(format!("{name}.log")))?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("{name} cannot be started; scripts/test installs it"))?;
        Ok(Self { child, name })
    }

    /// Waits until somebody listens there.
    pub(crate) fn until_open(&mut self, address: SocketAddr, folder: &Path) -> Result<()> {
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || began.elapsed() > START_TIMEOUT {
                let said = fs::read_to_string(folder.join(format!("{}.log", self.name))).unwrap_or_default();
                bail!("{} does not listen ({ended:?}); it said:\n{said}", self.name);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// User and system time so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before the last `)` may hold anything; utime and stime are the 14th and 15th field of the line.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
        let ticks: Vec<u32> = fields.skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        ensure!(ticks.len() == 2, "/proc has an unknown form");
        Ok(TICK * ticks.iter().sum::<u32>())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended by itself. Its files go with the benchmark's folder.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Ports that nobody had a moment ago, all different.
pub(crate) fn free_addresses<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut listeners = Vec::new();
    let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); N];
    for address in &mut addresses {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *address = listener.local_addr()?;
        listeners.push(listener);
    }
    Ok(addresses)
}

/// Microseconds of one small write and fsync in a folder: what every durable commit costs at least.
pub(crate) fn fsync_us(folder: &Path) -> Result<u64> {
    const ROUNDS: usize = 101;
    let path = folder.join("fsync");
    let file = File::create(&path)?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        file.write_all_at(&[7; 4_096], 0)?;
        file.sync_data()?;
        times.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times.get(ROUNDS / 2).copied().unwrap_or_default())
}
