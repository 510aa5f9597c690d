//! What waits for the writer: two bounded queues and the rule by which they share commits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::job::Job;
use super::{Class, Error, Work};

/// A commit in ten takes a waiting bulk job even when interactive work never ends.
pub const BULK_EVERY_COMMITS: u32 = 10;

/// A job and the time after which it must not begin.
pub(super) struct Waiting {
    pub(super) job: Box<dyn Job>,
    pub(super) deadline_ms: Option<i64>,
}

/// What one commit will hold.
#[derive(Default)]
pub(super) struct Batch {
    /// Run first, in order. What the batch's time did not allow stays here and opens the next one.
    pub(super) interactive: VecDeque<Waiting>,
    /// Run last.
    pub(super) bulk: Option<Waiting>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.interactive.is_empty() && self.bulk.is_none()
    }
}

/// Why [`Queue::take`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// There is something in the batch.
    Batch,
    /// Nothing came for the time given.
    Quiet,
    /// The queue is closed and empty.
    Closed,
}

/// The most jobs of each class that may wait, and the most interactive ones that share a commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) interactive: usize,
    pub(super) bulk: usize,
    pub(super) batch: usize,
}

#[derive(Default)]
struct State {
    interactive: VecDeque<Waiting>,
    bulk: VecDeque<Waiting>,
    /// Commits since a bulk job began to wait at the front.
    passed_over: u32,
    /// Threads that sleep until something comes: only then does an arrival pay for waking one.
    asleep: usize,
    closed: bool,
}

/// The queue between callers and the writer.
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    limits: Limits,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), limits }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job, or answers it at once when it cannot wait.
    pub(super) fn push(&self, work: Work, job: Box<dyn Job>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let (queue, max) = match work.class {
            Class::Interactive => (&mut state.interactive, self.limits.interactive),
            Class::Bulk => (&mut state.bulk, self.limits.bulk),
        };
        let full = queue.len() >= max;
        if full || state.closed {
            let error = if state.closed { Error::Unavailable } else { Error::Overloaded };
            drop(guard);
            job.answer(Err(error));
            return;
        }
        queue.push_back(Waiting { job, deadline_ms: work.deadline_ms });
        let wake = state.asleep > 0;
        drop(guard);
        if wake {
            self.arrived.notify_one();
        }
    }

    /// Fills `batch` with what waits; sleeps while there is nothing, for at most `quiet` (`None`: for as long as it takes).
    pub(super) fn take(&self, batch: &mut Batch, quiet: Option<Duration>) -> Taken {
        let mut state = self.lock();
        loop {
            let room = self.limits.batch.saturating_sub(batch.interactive.len()).min(state.interactive.len());
            batch.interactive.extend(state.interactive.drain(..room));
            if !state.bulk.is_empty() && batch.bulk.is_none() {
                state.passed_over += 1;
                if batch.interactive.is_empty() || state.passed_over >= BULK_EVERY_COMMITS {
                    state.passed_over = 0;
                    batch.bulk = state.bulk.pop_front();
                }
            }
            if !batch.is_empty() {
                return Taken::Batch;
            }
            if state.closed {
                return Taken::Closed;
            }
            state.asleep += 1;
            state = match quiet {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(limit) => {
                    let (woken, result) =
                        self.arrived.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner);
                    state = woken;
                    if result.timed_out() && state.interactive.is_empty() && state.bulk.is_empty() && !state.closed {
                        state.asleep -= 1;
                        return Taken::Quiet;
                    }
                    state
                }
            };
            state.asleep -= 1;
        }
    }

    /// Takes what has come since, for a batch that has run: as long as something else `is_busy`, for at most `limit`, it sleeps
    /// until more comes, or until [`Queue::nudge`]; else it only lets go of the processor once. Leaves the batch empty when it is
    /// complete.
    pub(super) fn take_more(&self, batch: &mut Batch, room: usize, limit: Duration, is_busy: impl Fn() -> bool) {
        let mut state = self.lock();
        if room == 0 || state.closed {
            return;
        }
        if state.interactive.is_empty() {
            if is_busy() {
                state.asleep += 1;
                (state, _) = self.arrived.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner);
                state.asleep -= 1;
            } else {
                // Where more have work than there are processors, those who are about to push go first and share the commit.
                drop(state);
                std::thread::yield_now();
                state = self.lock();
            }
        }
        let room = room.min(state.interactive.len());
        batch.interactive.extend(state.interactive.drain(..room));
    }

    /// Wakes who sleeps in [`Queue::take_more`]: what it waits for is over.
    pub(super) fn nudge(&self) {
        let is_asleep = self.lock().asleep > 0;
        if is_asleep {
            self.arrived.notify_all();
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.interactive.is_empty() && state.bulk.is_empty()
    }

    /// Refuses what comes after; what waits is still run.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }
}
