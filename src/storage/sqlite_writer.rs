//! The writer: one thread that owns the only connection which changes the database, and runs what waits in shared commits.
//! What is committed goes to `sqlite_sync.rs`, which answers it once it is on the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::job::{Job, Ran, run_caught};
use super::options::{BUSY_MS, CHECKPOINT_EVERY_COMMITS, QUIET_MS};
use super::queue::{Batch, Queue, Taken, Waiting};
use super::sqlite::{Checkpoint, SqliteConnection};
use super::sqlite_checkpoint::Signals;
use super::sqlite_open::{Role, connect};
use super::sqlite_sync::{Committed, Disk, Handover};
use super::tx::Connection as _;
use super::{Error, Options};
use crate::clock::Clock;

/// Together they change nothing and still write a page: shows whether the disk takes a commit again. (A row set to what
/// it already holds is not written at all.)
const PROBES: [&str; 2] = [
    "UPDATE schema_migration SET applied_ms = applied_ms + 1",
    "UPDATE schema_migration SET applied_ms = applied_ms - 1",
];

/// The batch is lost: its transaction is gone, or must not be kept.
struct BatchLost;

impl From<Error> for BatchLost {
    fn from(_: Error) -> Self {
        BatchLost
    }
}

/// What the writer thread owns.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Arc<Queue>,
    pub(super) signals: Arc<Signals>,
    pub(super) available: Arc<AtomicBool>,
    /// `None` after a failure: never used again, opened anew for the next batch.
    pub(super) connection: Option<SqliteConnection>,
    /// The jobs of the running batch with what to answer them once it is on the disk.
    pub(super) ran: Committed,
    /// Whether each job of the running batch has a savepoint of its own.
    pub(super) guarded: bool,
    /// Where they are put when nothing else waits.
    pub(super) disk: Disk,
    /// To who puts them there meanwhile, when something does.
    pub(super) handover: Handover,
    pub(super) commits: u32,
}

impl Writer {
    /// Works until the queue is closed and empty; gives the connection back.
    pub(super) fn run(mut self) -> Option<SqliteConnection> {
        let mut batch = Batch::default();
        let mut settled = false;
        loop {
            let quiet = (!settled).then_some(Duration::from_millis(QUIET_MS));
            match self.queue.take(&mut batch, quiet) {
                Taken::Batch => {
                    self.run_batch(&mut batch);
                    settled = false;
                }
                Taken::Quiet => settled = self.settle(),
                Taken::Closed => return self.connection,
            }
        }
    }

    /// Runs a batch in one transaction, commits it, and hands it on to be put on the disk and answered.
    fn run_batch(&mut self, batch: &mut Batch) {
        let fate = if self.disk.has_failed() { Err(BatchLost) } else { self.commit_batch(batch) };
        let fate = fate.map_err(|BatchLost| Error::Unavailable);
        if fate.is_err() || !self.ran.is_empty() {
            self.available.store(fate.is_ok(), Ordering::Release);
        }
        if fate.is_err() {
            tracing::error!(jobs = self.ran.len(), "a commit failed: nothing in it is acknowledged");
            let unrun = batch.interactive.drain(..).chain(batch.bulk.take());
            unrun.for_each(|waiting| waiting.job.answer(Err(Error::Unavailable)));
        }
        let ran = std::mem::take(&mut self.ran);
        if let Err(error) = &fate {
            for (job, _) in ran {
                job.answer(Err(error.clone()));
            }
        } else if self.disk.is_idle() && self.queue.is_empty() {
            self.disk.sync_and_answer(ran);
        } else {
            self.handover.hand_on(ran);
        }
        if fate.is_ok() {
            self.commits = self.commits.wrapping_add(1);
            self.tend_wal();
        }
    }

    fn commit_batch(&mut self, batch: &mut Batch) -> Result<(), BatchLost> {
        // Taken out and put back only after the commit: a connection that has failed is closed and never used again.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let started_us = self.clock.monotonic_us();
        let mut left_us = self.options.batch_us_max;
        loop {
            while left_us > 0
                && let Some(waiting) = batch.interactive.pop_front()
            {
                self.run_one(&mut connection, waiting)?;
                left_us = self.options.batch_us_max - (self.clock.monotonic_us() - started_us);
            }
            // While the disk is busy a commit would only wait for it: whoever comes meanwhile shares this one, and its pages.
            let room = self.options.batch_jobs_max.saturating_sub(self.ran.len());
            if left_us > 0 && batch.bulk.is_none() && !self.ran.is_empty() {
                let limit = Duration::from_micros(left_us.unsigned_abs());
                self.queue.take_more(batch, room, limit, || !self.disk.is_idle());
            }
            if left_us <= 0 || batch.interactive.is_empty() {
                break;
            }
        }
        if let Some(waiting) = batch.bulk.take() {
            self.run_one(&mut connection, waiting)?;
        }
        // A batch in which everything came too late began no transaction.
        if !connection.is_autocommit() {
            connection.commit()?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn run_one(&mut self, connection: &mut SqliteConnection, waiting: Waiting) -> Result<(), BatchLost> {
        let Waiting { mut job, deadline_ms } = waiting;
        if deadline_ms.is_some_and(|deadline_ms| deadline_ms <= self.clock.now_ms()) {
            job.answer(Err(Error::TooLate));
            return Ok(());
        }
        if self.ran.is_empty() {
            self.guarded = false;
            connection.begin_write()?;
        }
        if !self.guarded && run_caught(&mut *job, connection) == Ran::Keep {
            self.ran.push((job, Ok(())));
            return Ok(());
        }
        if !self.guarded {
            self.begin_again(connection)?;
        }
        let (own, kept) = run_in_savepoint(connection, &mut *job);
        self.ran.push((job, own));
        kept
    }

    /// One of the batch is to be undone: the whole batch is, and runs again with a savepoint for each. Nearly no job fails, and
    /// a savepoint for each costs a copy of every page that it touches.
    fn begin_again(&mut self, connection: &mut SqliteConnection) -> Result<(), BatchLost> {
        connection.roll_back()?;
        connection.begin_write()?;
        self.guarded = true;
        for (job, outcome) in &mut self.ran {
            let (own, kept) = run_in_savepoint(connection, &mut **job);
            *outcome = own;
            kept?;
        }
        Ok(())
    }

    /// After a commit: asks for a checkpoint now and then, and finishes one when it is time to start the WAL anew.
    fn tend_wal(&mut self) {
        if self.commits.is_multiple_of(CHECKPOINT_EVERY_COMMITS) {
            self.signals.request();
        }
        if self.signals.take_restart()
            && let Some(connection) = &self.connection
            && connection.checkpoint(Checkpoint::Passive).is_err()
        {
            self.connection = None;
        }
    }

    /// With nothing to do: finds out whether a failure is over, and shortens the WAL. True when there is no more to do.
    pub(super) fn settle(&mut self) -> bool {
        if !self.available.load(Ordering::Acquire) && !self.probe() {
            return false;
        }
        let Some(connection) = &self.connection else { return true };
        // A short WAL stays: to make the file grow again costs more than its bytes.
        let due = connection.checkpoint(Checkpoint::Look).is_ok_and(|wal| wal.frames >= self.options.checkpoint_frames);
        if !due {
            return true;
        }
        // Waits for no reader: if one is in the way, the next quiet moment will do.
        connection.set_busy_ms(0);
        let shortened = connection.checkpoint(Checkpoint::Truncate);
        connection.set_busy_ms(BUSY_MS);
        shortened.is_ok_and(|wal| wal.frames <= 0)
    }

    fn connect(&self) -> Result<SqliteConnection, Error> {
        let connection = connect(&self.path, Role::Writer)?;
        connection.leave_sync_to_others()?;
        self.disk.connected();
        Ok(connection)
    }

    fn probe(&mut self) -> bool {
        if self.disk.has_failed() {
            return false;
        }
        let probed = self.connect().and_then(|mut connection| {
            connection.begin_write()?;
            PROBES.iter().try_for_each(|probe| connection.execute(probe, &[]).map(drop))?;
            connection.commit()?;
            Ok(connection)
        });
        self.connection = probed.ok();
        self.available.store(self.connection.is_some(), Ordering::Release);
        self.connection.is_some()
    }
}

/// Runs one job in its savepoint. The first result is the job's own, for when the batch commits.
fn run_in_savepoint(
    connection: &mut SqliteConnection,
    job: &mut dyn Job,
) -> (Result<(), Error>, Result<(), BatchLost>) {
    if let Err(error) = connection.savepoint(0) {
        return (Err(error), Err(BatchLost));
    }
    let ran = run_caught(job, connection);
    let ended = match ran {
        Ran::Keep => connection.release(0),
        // SQLite itself may have rolled everything back, the work of others included.
        Ran::Undo | Ran::Panicked if connection.is_autocommit() => Err(Error::Unavailable),
        Ran::Undo | Ran::Panicked => connection.rollback_to(0),
    };
    let own = if ran == Ran::Panicked { Err(Error::Panicked) } else { Ok(()) };
    (own, ended.map_err(BatchLost::from))
}

/// Runs one job in a transaction of its own on the caller's thread: the writer's rules without its queue.
pub(super) fn run_alone(connection: &mut SqliteConnection, job: &mut dyn Job) -> Result<(), Error> {
    connection.begin_write()?;
    let ran = run_caught(job, connection);
    let ended = if ran == Ran::Keep { connection.commit() } else { connection.roll_back() };
    if ended.is_err() {
        connection.roll_back()?;
        return Err(Error::Unavailable);
    }
    if ran == Ran::Panicked { Err(Error::Panicked) } else { Ok(()) }
}
