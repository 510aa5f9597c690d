//! The `PostgreSQL` engine: a small number of threads, each with a connection of its own. What waits when a thread is free
//! shares a transaction, each unit of work in a savepoint, so that one commit serves many; alone, it has its own.
//!
//! Transactions are READ COMMITTED. Every rule of the market rests on a unique key or on a conditional UPDATE whose count
//! is looked at, which hold there; SERIALIZABLE adds none, runs work again whenever two hops touch the same page of an
//! index, and halves the rate (docs/performance.md). What the server itself gives up (a deadlock, a serialization failure)
//! and what was overtaken is run again, a few times, each after a random moment.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::job::{Job, Ran, run_caught};
use super::migrate::Migration;
use super::options::QUIET_MS;
use super::postgres::PostgresConnection;
use super::postgres_open::{Address, connect, open};
use super::queue::{Batch, Limits, Queue, Taken, Waiting};
use super::{Engine, Error, OpenError, Options, Work};
use crate::clock::Clock;

/// Connections that write. More than a few per core only lengthen the tail: the server works on as many as it has cores.
const WRITERS: usize = 8;
/// Units of work that share a transaction. Each is a subtransaction, of which the server keeps 64 at hand; and each waits for
/// the others' locks.
const BATCH: usize = 16;
/// How often a unit of work is run again because another transaction was first.
const AGAIN_MAX: u32 = 5;
/// Microseconds before the first repetition; doubled for each further one, and less by chance.
const AGAIN_AFTER_US: u64 = 500;

/// How often a unit of work gets another connection because its own broke before the commit: after a failover all of them
/// are broken, and the new one is good.
const LOST_MAX: u32 = 1;

/// Milliseconds between looks while the server does not answer a commit.
const LOOK_MS: u64 = 50;

const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// Two that share their transactions with others may wait for one another's locks: then neither waits long, and what was
/// in the way is run alone.
const BEGIN_TOGETHER: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '20ms'";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// See the module.
#[derive(Debug)]
pub(super) struct PostgresEngine {
    writes: Arc<Queue>,
    reads: Arc<Queue>,
    available: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl PostgresEngine {
    pub(super) fn open(
        address: &Address,
        migrations: &[Migration],
        clock: &Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let mut first = Some(open(address, migrations, clock.now_ms())?);
        let limits = Limits { batch: BATCH, ..options.queue_limits() };
        let read_limits = Limits { interactive: options.reads_waiting_max, bulk: 0, batch: 1 };
        let (writes, reads) = (Arc::new(Queue::new(limits)), Arc::new(Queue::new(read_limits)));
        let engine = Self {
            writes: Arc::clone(&writes),
            reads: Arc::clone(&reads),
            available: Arc::new(AtomicBool::new(true)),
            threads: Mutex::default(),
        };
        let (writing, reading) = (Arc::new(Crew::of(WRITERS)), Arc::new(Crew::of(options.readers.max(1))));
        let writers = (0..writing.size).map(|at| (format!("kaziline-write{at}"), &writes, &writing, BEGIN_WRITE));
        let readers = (0..reading.size).map(|at| (format!("kaziline-read{at}"), &reads, &reading, BEGIN_READ));
        for (seed, (name, queue, crew, begin)) in (1..).zip(writers.chain(readers)) {
            let mut runner = Runner {
                address: address.clone(),
                clock: Arc::clone(clock),
                queue: Arc::clone(queue),
                available: Arc::clone(&engine.available),
                crew: Arc::clone(crew),
                begin,
                connection: first.take(),
                chance: seed,
            };
            let started = Builder::new().name(name).spawn(move || runner.run()).map_err(OpenError::Thread)?;
            engine.threads.lock().unwrap_or_else(PoisonError::into_inner).push(started);
        }
        Ok(engine)
    }
}

impl Engine for PostgresEngine {
    fn submit(&self, work: Work, job: Box<dyn Job>) {
        self.writes.push(work, job);
    }

    fn read(&self, job: Box<dyn Job>) {
        self.reads.push(Work::interactive(None), job);
    }

    fn is_available(&self) -> bool {
        self.available.load(Ordering::Acquire)
    }

    fn close(&self) {
        self.writes.close();
        self.reads.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A closure that holds the last clone of the store closes it from one of these threads, which cannot wait for
            // its own end.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the store had ended by a panic");
            }
        }
    }
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        self.close();
    }
}

/// How a transaction came out.
enum Attempt {
    /// This is what the caller is told.
    Over(Result<(), Error>),
    /// Another transaction was first: nothing is written, and running again may succeed.
    Overtaken,
    /// The connection broke before the commit was sent: nothing is written.
    Lost,
}

/// The threads that work on one queue.
#[derive(Debug)]
struct Crew {
    size: usize,
    /// How many of them wait for the answer to a commit.
    waiting: AtomicUsize,
}

impl Crew {
    fn of(size: usize) -> Self {
        Self { size, waiting: AtomicUsize::new(0) }
    }
}

/// One thread and its connection.
struct Runner {
    address: Address,
    clock: Arc<dyn Clock>,
    queue: Arc<Queue>,
    available: Arc<AtomicBool>,
    crew: Arc<Crew>,
    begin: &'static str,
    /// `None` until it is needed, and after a failure.
    connection: Option<PostgresConnection>,
    /// Of the pauses between repetitions: nothing hangs on it but that they differ.
    chance: u64,
}

impl Runner {
    fn run(&mut self) {
        let mut batch = Batch::default();
        let mut idle = false;
        loop {
            if !self.wait_for_commit(&mut batch) {
                return;
            }
            let quiet = (!idle).then_some(Duration::from_millis(QUIET_MS));
            match self.queue.take(&mut batch, quiet) {
                Taken::Batch => {
                    idle = false;
                    self.run_together(batch.interactive.drain(..).collect());
                    // Alone: what nobody waits for may be long, and nobody waits for its locks.
                    batch.bulk.take().into_iter().for_each(|waiting| self.run_one(waiting));
                }
                // With nothing to do: is the server there? Until it is, look again each time.
                Taken::Quiet => idle = self.look(),
                Taken::Closed => return,
            }
        }
    }

    /// Waits until the server has answered the last commit. While all of the crew wait, there is nobody for what comes next:
    /// it is refused at once. False when the store closes.
    fn wait_for_commit(&mut self, batch: &mut Batch) -> bool {
        let Some(connection) = self.connection.as_mut().filter(|connection| connection.is_waiting()) else {
            return true;
        };
        self.crew.waiting.fetch_add(1, Ordering::AcqRel);
        let mut open = true;
        while open && !connection.is_answered(Duration::from_millis(LOOK_MS)) {
            if self.crew.waiting.load(Ordering::Acquire) < self.crew.size {
                continue;
            }
            open = self.queue.take(batch, Some(Duration::ZERO)) != Taken::Closed;
            let refused = batch.interactive.drain(..).chain(batch.bulk.take());
            refused.for_each(|waiting| waiting.job.answer(Err(Error::Unavailable)));
        }
        self.crew.waiting.fetch_sub(1, Ordering::AcqRel);
        open
    }

    fn look(&mut self) -> bool {
        let answers = self.connection().is_ok_and(PostgresConnection::ping);
        if !answers {
            self.connection = None;
        }
        self.available.store(answers, Ordering::Release);
        answers
    }

    fn connection(&mut self) -> Result<&mut PostgresConnection, Error> {
        if self.connection.as_ref().is_none_or(|connection| connection.lost) {
            self.connection = None;
            self.connection = Some(connect(&self.address)?);
        }
        self.connection.as_mut().ok_or(Error::Unavailable)
    }

    /// Several units of work in one transaction. Whatever is wrong with the transaction as a whole, each is then run in one
    /// of its own.
    fn run_together(&mut self, mut batch: Vec<Waiting>) {
        if batch.len() > 1 {
            batch = self.attempt_together(batch);
        }
        for waiting in batch {
            self.run_one(waiting);
        }
    }

    /// Runs and answers a batch; what is left is to be run anew.
    fn attempt_together(&mut self, batch: Vec<Waiting>) -> Vec<Waiting> {
        let clock = Arc::clone(&self.clock);
        let Ok(connection) = self.connection() else { return batch };
        connection.begin(BEGIN_TOGETHER, true);
        let (mut ran, mut left) = (Vec::with_capacity(batch.len()), Vec::new());
        for mut waiting in batch {
            // One that is late is told so by itself; after a fault that concerns all of them, none is begun.
            let is_late = waiting.deadline_ms.is_some_and(|deadline_ms| deadline_ms <= clock.now_ms());
            if is_late || connection.lost || connection.conflicted {
                left.push(waiting);
                continue;
            }
            connection.set_work();
            let outcome = run_caught(&mut *waiting.job, connection);
            // Blocked, whatever the work made of it: alone it would have waited, and come out otherwise.
            let is_blocked = connection.blocked && outcome != Ran::Panicked;
            connection.end_work(outcome == Ran::Keep && !is_blocked);
            if is_blocked {
                left.push(waiting);
            } else {
                ran.push((waiting, outcome));
            }
        }
        let is_whole = !connection.lost && !connection.conflicted;
        let ended = if is_whole && ran.iter().any(|(_, outcome)| *outcome == Ran::Keep) {
            connection.commit()
        } else {
            connection.roll_back()
        };
        // Whether a commit whose answer is lost happened is for the work to find out. One that was refused did not.
        let is_over = is_whole && matches!(ended, Ok(()) | Err(Error::Unavailable));
        if connection.lost {
            self.connection = None;
        }
        self.available.store(ended.is_ok(), Ordering::Release);
        for (waiting, outcome) in ran {
            match outcome {
                Ran::Panicked => waiting.job.answer(Err(Error::Panicked)),
                _ if !is_over => left.push(waiting),
                // What failed by itself may rest on what the others wrote.
                Ran::Keep | Ran::Undo => waiting.job.answer(ended.clone()),
            }
        }
        left
    }

    fn run_one(&mut self, waiting: Waiting) {
        let Waiting { mut job, deadline_ms } = waiting;
        // The commit before it has no answer yet: it would only wait behind that, and cost the connection.
        if self.connection.as_ref().is_some_and(PostgresConnection::is_waiting) {
            return job.answer(Err(Error::Unavailable));
        }
        let (mut overtaken, mut lost) = (0, 0);
        let fate = loop {
            if deadline_ms.is_some_and(|deadline_ms| deadline_ms <= self.clock.now_ms()) {
                break Err(Error::TooLate);
            }
            match self.attempt(&mut *job) {
                Attempt::Over(fate) => break fate,
                Attempt::Overtaken if overtaken < AGAIN_MAX => {
                    self.pause(overtaken);
                    overtaken += 1;
                }
                Attempt::Overtaken => break Err(Error::Conflict),
                Attempt::Lost if lost < LOST_MAX => lost += 1,
                Attempt::Lost => break Err(Error::Unavailable),
            }
        };
        self.available.store(fate != Err(Error::Unavailable), Ordering::Release);
        job.answer(fate);
    }

    /// One transaction.
    fn attempt(&mut self, job: &mut dyn Job) -> Attempt {
        let begin = self.begin;
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(error) => return Attempt::Over(Err(error)),
        };
        connection.begin(begin, begin == BEGIN_WRITE);
        let ran = run_caught(job, connection);
        if connection.lost {
            self.connection = None;
            return if ran == Ran::Panicked { Attempt::Over(Err(Error::Panicked)) } else { Attempt::Lost };
        }
        let keep = ran == Ran::Keep && !connection.conflicted;
        let ended = if keep { connection.commit() } else { connection.roll_back() };
        let conflicted = connection.conflicted;
        if connection.lost {
            self.connection = None;
        }
        match ran {
            Ran::Panicked => Attempt::Over(Err(Error::Panicked)),
            Ran::Keep | Ran::Undo if conflicted => Attempt::Overtaken,
            // Whether a commit whose answer is lost happened is for the work to find out: it is told that it is uncertain.
            Ran::Keep => Attempt::Over(ended),
            // Undone, whatever became of the connection.
            Ran::Undo => Attempt::Over(Ok(())),
        }
    }

    /// Waits a random moment, so that two that met do not meet again.
    fn pause(&mut self, again: u32) {
        // Xorshift: any spread will do.
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let most_us = AGAIN_AFTER_US << again;
        let pause = Duration::from_micros(self.chance % most_us);
        std::thread::park_timeout(pause);
    }
}
