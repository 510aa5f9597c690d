//! Tests of the store, by what they are about.

mod backing_up;
mod checkpoints;
mod commits;
mod failures;
mod model;
mod opening;
mod queueing;
mod reading;
mod sealing;
mod statements;
mod together;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use tempfile::TempDir;
use tokio::sync::oneshot;

use super::job::job;
use super::sqlite_engine::SqliteEngine;
use super::{Engine, Error, Migration, Options, Store, Tx, Work};
use crate::clock::{Clock, SimulatedClock};
use crate::on_postgres;

pub(super) const NOW_MS: i64 = 1_800_000_000_000;

pub(super) const MIGRATIONS: &[Migration] = &[Migration::new(
    1,
    "first",
    "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB) STRICT;
     CREATE TABLE part (id INTEGER PRIMARY KEY,
       item INTEGER NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED) STRICT;",
)];

/// The same for `PostgreSQL`.
const ON_POSTGRES: &[Migration] = &[Migration::new(
    1,
    "first",
    "CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BYTEA);
     CREATE TABLE part (id BIGINT PRIMARY KEY,
       item BIGINT NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED);",
)];

/// A database file with an engine on it, and the clock that the engine reads.
pub(super) struct Place {
    pub(super) folder: TempDir,
    pub(super) clock: Arc<SimulatedClock>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), clock: Arc::new(SimulatedClock::at(NOW_MS)) }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("kaziline.db")
    }

    pub(super) fn engine(&self, options: Options) -> Arc<SqliteEngine> {
        Arc::new(SqliteEngine::open(&self.path(), MIGRATIONS, self.clock.clone(), options).unwrap())
    }

    pub(super) fn store(&self) -> Store {
        Store::open_sqlite(&self.path(), MIGRATIONS, self.clock.clone(), Options::default()).unwrap()
    }
}

/// The same test on every kind of store.
pub(super) fn on_each_store(test: impl Fn(&Store)) {
    on_each_sqlite(&test);
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
    test(&on_postgres::store(ON_POSTGRES, &clock));
}

/// The same test on every kind of store over `SQLite`, in its own words.
pub(super) fn on_each_sqlite(test: impl Fn(&Store)) {
    let place = Place::new();
    test(&place.store());
    test(&Store::inline(MIGRATIONS, place.clock.clone()).unwrap());
    let file = place.folder.path().join("inline.db");
    test(&Store::inline_at(&file, MIGRATIONS, place.clock.clone()).unwrap());
}

/// Queues work without waiting for its answer.
pub(super) fn offer<T: Send + 'static>(
    engine: &SqliteEngine,
    work: Work,
    f: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> oneshot::Receiver<Result<T, Error>> {
    let (job, answer) = job(f);
    engine.submit(work, job);
    answer
}

/// A job that holds the writer until it is let go, so that what is queued meanwhile shares the commits after it.
pub(super) struct Gate {
    open: Sender<()>,
    answer: oneshot::Receiver<Result<(), Error>>,
}

impl Gate {
    pub(super) fn hold(engine: &SqliteEngine) -> Self {
        let (open, opened): (Sender<()>, Receiver<()>) = channel();
        let (begun, has_begun) = channel();
        // Nothing joins the batch of a bulk job.
        let answer = offer(engine, Work::bulk(), move |_| {
            begun.send(()).unwrap();
            opened.recv().unwrap();
            Ok(())
        });
        has_begun.recv().unwrap();
        Self { open, answer }
    }

    /// The gate's own commit succeeds, and then comes what waits.
    pub(super) fn release(self) {
        self.open.send(()).unwrap();
        assert_eq!(self.answer.blocking_recv().unwrap(), Ok(()));
    }
}

pub(super) fn insert(tx: &mut Tx<'_>, id: i64) -> Result<u64, Error> {
    let name = format!("item {id}");
    tx.execute("INSERT INTO item (id, name) VALUES ($1, $2)", &[id.into(), (&name).into()])
}

pub(super) fn ids(tx: &mut Tx<'_>) -> Result<Vec<i64>, Error> {
    tx.query("SELECT id FROM item ORDER BY id", &[], |row| row.integer(0))
}

/// What a reader sees on the disk, from any thread without a runtime.
pub(super) fn ids_on_disk(engine: &SqliteEngine) -> Vec<i64> {
    let (job, answer) = job(ids);
    engine.read(job);
    answer.blocking_recv().unwrap().unwrap()
}
