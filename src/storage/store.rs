//! `Store`: the door to the database. Closures go in, typed answers come out once they are on disk.

use std::path::Path;
use std::sync::Arc;

use super::job::{Job, job};
use super::migrate::Migration;
use super::postgres_engine::PostgresEngine;
use super::postgres_open::Address;
use super::sealed::{KeyFault, Keys};
use super::sqlite_engine::SqliteEngine;
use super::sqlite_inline::InlineEngine;
use super::{Error, OpenError, Options, Tx};
use crate::clock::Clock;

/// Who waits for the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A person or a gateway: goes first.
    Interactive,
    /// Nobody in particular (folding statistics, waves of alerts): at most one in a commit, at most 5 ms long.
    Bulk,
}

/// How a unit of work is queued.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Who waits for it.
    pub class: Class,
    /// Epoch milliseconds at or after which the work must not begin any more.
    pub deadline_ms: Option<i64>,
}

impl Work {
    /// Work that somebody waits for, until `deadline_ms` (epoch milliseconds) if there is one.
    pub fn interactive(deadline_ms: impl Into<Option<i64>>) -> Self {
        Self { class: Class::Interactive, deadline_ms: deadline_ms.into() }
    }

    /// Work that nobody waits for.
    pub fn bulk() -> Self {
        Self { class: Class::Bulk, deadline_ms: None }
    }
}

/// A database engine: everything else in the program is written once, over [`Tx`].
pub trait Engine: Send + Sync + std::fmt::Debug {
    /// Takes a job to run in a transaction that writes; answers it when that is on disk, or at once if it cannot wait.
    fn submit(&self, work: Work, job: Box<dyn Job>);
    /// Takes a job to run in a transaction that only reads, on a snapshot.
    fn read(&self, job: Box<dyn Job>);
    /// False while the last attempt to write or to open the database has failed.
    fn is_available(&self) -> bool;
    /// Finishes what is queued, refuses what comes after, and gives the files back. A second call does nothing.
    fn close(&self);
}

/// The store. Cheap to clone; the last clone to go closes it.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Arc<dyn Engine>,
    is_shared: bool,
}

impl Store {
    /// Opens (or makes) a `SQLite` database and brings it up to the program's version.
    ///
    /// Blocks while it checks the file: call it before the runtime carries traffic.
    pub fn open_sqlite(
        path: &Path,
        migrations: &[Migration],
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, OpenError> {
        Ok(Self { engine: Arc::new(SqliteEngine::open(path, migrations, clock, options)?), is_shared: false })
    }

    /// Reaches a database on a `PostgreSQL` server and brings it up to the program's version. `roots` is a PEM file with the
    /// certificates to trust in place of the platform's.
    ///
    /// Blocks, and drives connections on threads of its own: never call it on a thread of the runtime.
    pub fn open_postgres(
        url: &str,
        roots: Option<&Path>,
        migrations: &[Migration],
        clock: &Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let address = Address::parse(url, roots, options)?;
        Ok(Self { engine: Arc::new(PostgresEngine::open(&address, migrations, clock, options)?), is_shared: true })
    }

    /// A store in memory that runs everything at once on the caller's thread: for tests and the simulation.
    pub fn inline(migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(Self { engine: Arc::new(InlineEngine::in_memory(migrations, clock)?), is_shared: false })
    }

    /// As [`Store::inline`], on a file.
    pub fn inline_at(path: &Path, migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(Self { engine: Arc::new(InlineEngine::at(path, migrations, clock)?), is_shared: false })
    }

    /// Whether other nodes may work on the same data.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Runs `f` in a transaction and answers once it is on disk.
    ///
    /// `f` may run more than once: identifiers, times and chance are made by the caller and captured. It runs to its
    /// end even when the caller drops this future. An `Err` of `f` undoes what `f` wrote. See [`Error`] for the rest.
    pub async fn transact<T, E, F>(&self, work: Work, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, answer) = job(f);
        self.engine.submit(work, job);
        answer.await.unwrap_or_else(|_| Err(Error::Unavailable.into()))
    }

    /// As [`Store::transact`], for commands and tests: never on a thread of the runtime.
    pub fn transact_blocking<T, E, F>(&self, work: Work, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, answer) = job(f);
        self.engine.submit(work, job);
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Unavailable.into()))
    }

    /// Runs `f` on a connection that cannot write, over one snapshot: for pages and reports. Keep it short: a long read
    /// holds up checkpoints.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, answer) = job(once(f));
        self.engine.read(job);
        answer.await.unwrap_or_else(|_| Err(Error::Unavailable.into()))
    }

    /// As [`Store::read`], for commands and tests: never on a thread of the runtime.
    pub fn read_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, answer) = job(once(f));
        self.engine.read(job);
        answer.blocking_recv().unwrap_or_else(|_| Err(Error::Unavailable.into()))
    }

    /// Refuses keys that are not this database's; the first keys ever shown to a database become its own.
    ///
    /// Call it before anything is sealed or opened.
    pub async fn check_keys(&self, keys: &Keys) -> Result<(), OpenError> {
        own_keys(self.transact(Work::interactive(None), recognise(keys)).await?)
    }

    /// As [`Store::check_keys`], for commands and tests: never on a thread of the runtime.
    pub fn check_keys_blocking(&self, keys: &Keys) -> Result<(), OpenError> {
        own_keys(self.transact_blocking(Work::interactive(None), recognise(keys))?)
    }

    /// False while the last attempt to write or to open the database has failed: for the readiness page.
    pub fn is_available(&self) -> bool {
        self.engine.is_available()
    }

    /// Finishes what is queued, refuses what comes after, and gives the files back. Blocks until that is done.
    pub fn close(&self) {
        self.engine.close();
    }
}

/// A closure that can run once, as one that may be called again: reads never are.
fn once<T, E, F>(f: F) -> impl FnMut(&mut Tx<'_>) -> Result<T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    let mut f = Some(f);
    move |tx| f.take().map_or_else(|| Err(Error::Unavailable.into()), |f| f(tx))
}

/// Work that answers whether a database knows `keys` as its own, or knows none yet and so takes them.
fn recognise(keys: &Keys) -> impl Fn(&mut Tx<'_>) -> Result<bool, Error> + Send + 'static {
    const FIRST: &str = "INSERT INTO store_key (key_id, check_value) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING";
    let (key_id, check) = (keys.key_id(), keys.check_value());
    move |tx| {
        let known = |tx: &mut Tx<'_>| {
            tx.query("SELECT key_id, check_value FROM store_key", &[], |row| {
                Ok(row.integer(0)? == key_id && row.bytes(1)? == check)
            })
        };
        if known(tx)?.is_empty() {
            // Another node may show its keys at the same moment: then those are the first.
            tx.execute(FIRST, &[key_id.into(), (&check).into()])?;
        }
        Ok(known(tx)?.contains(&true))
    }
}

fn own_keys(own: bool) -> Result<(), OpenError> {
    if own { Ok(()) } else { Err(KeyFault::OtherDatabase.into()) }
}
