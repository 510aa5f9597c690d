//! The connections that only read: a small fixed number, handed out one job at a time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::InterruptHandle;

use super::job::{Job, Ran, run_caught};
use super::sqlite::SqliteConnection;
use super::sqlite_open::{Role, connect};
use super::{Error, Options};
use crate::clock::Clock;

/// A read under way.
struct Running {
    ticket: u64,
    started_us: i64,
    interrupt: InterruptHandle,
}

#[derive(Default)]
struct State {
    /// `None` is a connection that has still to be opened, or has to be opened again.
    idle: Vec<Option<SqliteConnection>>,
    running: Vec<Running>,
    tickets: u64,
    closed: bool,
}

/// The readers of one database.
pub(super) struct Readers {
    path: PathBuf,
    options: Options,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    freed: Condvar,
    waiting: AtomicUsize,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Readers {
    pub(super) fn new(path: PathBuf, options: Options, clock: Arc<dyn Clock>) -> Self {
        let idle = (0..options.readers.max(1)).map(|_| None).collect();
        let state = Mutex::new(State { idle, ..State::default() });
        Self { path, options, clock, state, freed: Condvar::new(), waiting: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a read in, or answers it at once when too many wait. Each `true` is followed by one [`Readers::run`].
    pub(super) fn admit(&self, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        let most = self.options.reads_waiting_max + self.options.readers;
        if self.waiting.fetch_add(1, Ordering::AcqRel) < most {
            return Some(job);
        }
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        job.answer(Err(Error::Overloaded));
        None
    }

    /// Runs an admitted read on the caller's thread, which may have to wait for a connection.
    pub(super) fn run(&self, mut job: Box<dyn Job>) {
        let fate = match self.take() {
            Err(error) => Err(error),
            Ok(slot) => {
                let (fate, slot) = self.run_on(slot, &mut *job);
                let mut state = self.lock();
                if !state.closed {
                    state.idle.push(slot);
                }
                drop(state);
                self.freed.notify_one();
                fate
            }
        };
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        job.answer(fate);
    }

    fn take(&self) -> Result<Option<SqliteConnection>, Error> {
        let limit = Duration::from_millis(self.options.read_wait_ms);
        let nothing = |state: &mut State| state.idle.is_empty() && !state.closed;
        let waited = self.freed.wait_timeout_while(self.lock(), limit, nothing);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(Error::Unavailable);
        }
        state.idle.pop().ok_or(Error::Overloaded)
    }

    fn run_on(
        &self,
        slot: Option<SqliteConnection>,
        job: &mut dyn Job,
    ) -> (Result<(), Error>, Option<SqliteConnection>) {
        let mut connection = match slot.map_or_else(|| connect(&self.path, Role::Reader), Ok) {
            Ok(connection) => connection,
            Err(error) => return (Err(error), None),
        };
        if let Err(error) = connection.begin_read() {
            return (Err(error), None);
        }
        let ticket = self.started(&connection);
        let ran = run_caught(job, &mut connection);
        self.lock().running.retain(|running| running.ticket != ticket);
        let fate = if ran == Ran::Panicked { Err(Error::Panicked) } else { Ok(()) };
        let slot = connection.roll_back().is_ok().then_some(connection);
        (fate, slot)
    }

    fn started(&self, connection: &SqliteConnection) -> u64 {
        let started_us = self.clock.monotonic_us();
        let mut state = self.lock();
        state.tickets += 1;
        let ticket = state.tickets;
        state.running.push(Running { ticket, started_us, interrupt: connection.interrupt_handle() });
        ticket
    }

    /// Stops reads that began more than `us` microseconds ago; they answer [`Error::Overloaded`].
    pub(super) fn interrupt_longer_than(&self, us: i64) -> usize {
        let latest_us = self.clock.monotonic_us() - us;
        let state = self.lock();
        let long = state.running.iter().filter(|running| running.started_us < latest_us);
        long.map(|running| running.interrupt.interrupt()).count()
    }

    /// Closes the idle connections and, as they come back, the others.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
        self.freed.notify_all();
    }
}
