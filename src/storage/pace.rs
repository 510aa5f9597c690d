//! Writing a large file beside people who call: in small bits, each put on the disk before the next, and no faster than a
//! rate. A copy that is written as fast as it goes fills the disk's queue with its own pages, and every hop's commit waits
//! behind them.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;

/// Bytes that are put on the disk at once: a few milliseconds of a plain disk's time.
const FLUSH_BYTES: u64 = 1 << 20;
/// Bytes a second: 1 GB in half a minute, and most of the disk for those who call.
const BYTES_PER_SECOND: u64 = 32 << 20;
/// Milliseconds of one wait, after which whoever writes looks whether it shall stop.
const WAIT_MS: u64 = 100;

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
    pub(super) fn of(file: &File, clock: &Arc<dyn Clock>) -> std::io::Result<Self> {
        let (clock, file) = (Arc::clone(clock), file.try_clone()?);
        Ok(Self { began_us: clock.monotonic_us(), clock, file, flushed: 0 })
    }

    /// Called while the file grows: puts what is new on the disk, and waits when it grew too fast.
    pub(super) fn keep(&mut self) -> std::io::Result<()> {
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
