//! The `SQLite` engine: one writer thread, one that puts its commits on the disk and answers them, one checkpoint thread, a
//! few reading connections.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::job::Job;
use super::migrate::Migration;
use super::queue::Queue;
use super::sqlite::{Checkpoint, SqliteConnection};
use super::sqlite_checkpoint::{Checkpointer, Signals};
use super::sqlite_open::open_file;
use super::sqlite_reader::Readers;
use super::sqlite_sync::{Disk, Syncer};
use super::sqlite_writer::Writer;
use super::{Engine, OpenError, Options, Work};
use crate::clock::Clock;

#[derive(Debug)]
struct Threads {
    writer: JoinHandle<Option<SqliteConnection>>,
    syncer: JoinHandle<()>,
    checkpointer: JoinHandle<()>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct SqliteEngine {
    queue: Arc<Queue>,
    signals: Arc<Signals>,
    readers: Arc<Readers>,
    available: Arc<AtomicBool>,
    disk: Disk,
    threads: Mutex<Option<Threads>>,
}

impl SqliteEngine {
    pub(super) fn open(
        path: &Path,
        migrations: &[Migration],
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let connection = open_file(path, migrations, clock.now_ms())?;
        connection.leave_sync_to_others()?;
        let queue = Arc::new(Queue::new(options.queue_limits()));
        let signals = Arc::new(Signals::default());
        let readers = Arc::new(Readers::new(path.to_owned(), options, Arc::clone(&clock)));
        let available = Arc::new(AtomicBool::new(true));
        let disk = Disk::of(path).map_err(|error| OpenError::database(path, error))?;
        let checkpointer = Checkpointer {
            path: path.to_owned(),
            options,
            signals: Arc::clone(&signals),
            readers: Arc::clone(&readers),
            disk: disk.share(),
            connection: None,
        };
        let (syncer, handover) = Syncer::new(disk.share(), Arc::clone(&queue));
        let seen = disk.share();
        let writer = Writer {
            path: path.to_owned(),
            options,
            clock,
            queue: Arc::clone(&queue),
            signals: Arc::clone(&signals),
            available: Arc::clone(&available),
            connection: Some(connection),
            ran: Vec::with_capacity(options.batch_jobs_max + 1),
            guarded: false,
            disk,
            handover,
            commits: 0,
        };
        let writer = Builder::new().name("kaziline-write".to_owned()).spawn(move || writer.run());
        let writer = writer.map_err(OpenError::Thread)?;
        let started = Builder::new().name("kaziline-wal".to_owned()).spawn(move || checkpointer.run());
        let checkpointer = started.map_err(|error| {
            queue.close();
            OpenError::Thread(error)
        })?;
        let started = Builder::new().name("kaziline-sync".to_owned()).spawn(move || syncer.run());
        let syncer = started.map_err(|error| {
            queue.close();
            signals.stop();
            OpenError::Thread(error)
        })?;
        let threads = Mutex::new(Some(Threads { writer, syncer, checkpointer }));
        Ok(Self { queue, signals, readers, available, disk: seen, threads })
    }
}

impl Engine for SqliteEngine {
    fn submit(&self, work: Work, job: Box<dyn Job>) {
        self.queue.push(work, job);
    }

    fn read(&self, job: Box<dyn Job>) {
        let Some(job) = self.readers.admit(job) else { return };
        let readers = Arc::clone(&self.readers);
        match tokio::runtime::Handle::try_current() {
            // Waiting for a connection and reading must not hold up the runtime's own threads.
            Ok(runtime) => drop(runtime.spawn_blocking(move || readers.run(job))),
            Err(_) => readers.run(job),
        }
    }

    fn is_available(&self) -> bool {
        self.available.load(Ordering::Acquire) && !self.disk.has_failed()
    }

    fn close(&self) {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.queue.close();
        self.signals.stop();
        self.readers.close();
        let Some(threads) = threads else { return };
        // A closure that holds the last clone of the store closes it from the threads that run and answer it, which cannot
        // wait for their own end: they end by themselves once the queue is empty.
        let here = std::thread::current().id();
        if threads.writer.thread().id() == here || threads.syncer.thread().id() == here {
            return;
        }
        let checkpoints_ended = threads.checkpointer.join();
        let connection = threads.writer.join();
        let synced = threads.syncer.join();
        if checkpoints_ended.is_err() || connection.is_err() || synced.is_err() {
            tracing::error!("a thread of the store had ended by a panic");
        }
        // What is left in the WAL is safe there: it is only neater in the database.
        if let Ok(Some(connection)) = connection
            && connection.checkpoint(Checkpoint::Truncate).is_err()
        {
            tracing::warn!("the last checkpoint failed: the WAL will be read at the next start");
        }
    }
}

impl Drop for SqliteEngine {
    fn drop(&mut self) {
        self.close();
    }
}
