//! Writing a large file beside people who call: in small bits, each put on the disk before the next, and no faster than a
//! rate. A copy that is written as fast as it goes fills the disk's queue with its own pages, and every hop's commit waits
//! behind them.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;

/// Bytes that are put on the disk at once: a millisecond or two of a plain disk's time.
const FLUSH_BYTES: u64 = 256 << 10;
/// Bytes a second: 1 GB in 40 s, and most of the disk for those who call.
const BYTES_PER_SECOND: u64 = 24 << 20;
/// Milliseconds of one wait, after which whoever writes looks whether it shall stop.
const WAIT_MS: u64 = 100;

/// The least that a thread asks of the processor.
const NICEST: i32 = 19;

/// Runs `work`, which reads and computes for seconds at a stretch, on a thread of its own that gives way to all others, and
/// waits for it: never on a thread of the runtime, which ends only after it.
pub fn beside_others<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let working = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // On Linux this is the thread's own; where it is refused, the work is done all the same.
        let _ = rustix::process::nice(NICEST);
        work()
    })?;
    Ok(working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// The pace of one file.
#[derive(Debug)]
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    file: File,
    began_us: i64,
    flushed: u64,
}

impl Pace {
    /// Of `file`, which is empty.
    pub(super) fn of(file: &File, clock: &Arc<dyn Clock>) -> io::Result<Self> {
        let (clock, file) = (Arc::clone(clock), file.try_clone()?);
        Ok(Self { began_us: clock.monotonic_us(), clock, file, flushed: 0 })
    }

    /// Called while the file grows: puts what is new on the disk, and waits when it grew too fast.
    pub(super) fn keep(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length >= self.flushed + FLUSH_BYTES {
            self.file.sync_data()?;
            self.flushed = length;
        }
        let due_us = i64::try_from(self.flushed * 1_000 / (BYTES_PER_SECOND / 1_000)).unwrap_or(i64::MAX);
        let early_us = due_us - (self.clock.monotonic_us() - self.began_us);
        if let Ok(early_us @ 1..) = u64::try_from(early_us) {
            std::thread::park_timeout(Duration::from_micros(early_us.min(WAIT_MS * 1_000)));
        }
        Ok(())
    }
}
