//! The loop that empties the outbox: woken by whoever queued a message, or by the time of the next one that is due.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::delivery::{Delivery, Report, deliver_due};
use crate::outbox::{self, Error};
use crate::storage::Work;

/// How often left-behind messages are looked for, in milliseconds; also the longest sleep, so that a message which
/// another process queued is not overlooked, and a clock that was set back does no harm.
const REAP_EVERY_MS: i64 = 5_000;
/// The shortest sleep between two rounds that did not fill up, in milliseconds: the loop is never a busy one.
const WAIT_MS_MIN: i64 = 20;
/// The first wait after a failure of the store, in milliseconds; it doubles up to the last.
const FAILURE_WAIT_MS_FIRST: i64 = 500;
/// The longest wait after failures of the store, in milliseconds.
const FAILURE_WAIT_MS_LAST: i64 = 30_000;

/// What one turn did, and when the next is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What was delivered.
    pub report: Report,
    /// How long there is nothing to do, in milliseconds; 0 when more messages are due already.
    pub wait_ms: i64,
}

/// The worker between two turns.
#[derive(Debug)]
pub struct Worker {
    deps: Arc<Delivery>,
    reap_ms: i64,
    failures: u32,
}

impl Worker {
    /// A worker that looks for left-behind messages in its first turn.
    pub fn new(deps: Arc<Delivery>) -> Self {
        Self { deps, reap_ms: i64::MIN, failures: 0 }
    }

    /// One turn: picks up what was left behind, sends one batch, and says when to come again. The simulation calls this
    /// itself, on its own clock; [`Worker::run`] calls it in a loop.
    pub async fn turn(&mut self) -> Result<Turn, Error> {
        let now_ms = self.deps.clock.now_ms();
        // A clock that was set back must not put off the reaping by as much.
        if now_ms >= self.reap_ms || self.reap_ms - now_ms > REAP_EVERY_MS {
            let reaped = self.deps.store.transact(Work::bulk(), move |tx| outbox::reap(tx, now_ms)).await?;
            if reaped != outbox::Reaped::default() {
                tracing::warn!(?reaped, "messages were left behind by a sender");
            }
            self.reap_ms = if reaped.is_full() { now_ms } else { now_ms.saturating_add(REAP_EVERY_MS) };
        }
        let report = deliver_due(&self.deps).await?;
        if report.claimed > 0 {
            tracing::debug!(?report, "a batch was delivered");
        }
        if report.is_full() {
            return Ok(Turn { report, wait_ms: 0 });
        }
        // What is due in a held queue would keep the loop busy: whoever resumes it wakes the worker.
        if report.held {
            return Ok(Turn { report, wait_ms: REAP_EVERY_MS });
        }
        let next_ms = self.deps.store.read(outbox::next_due_ms).await?.unwrap_or(i64::MAX).min(self.reap_ms);
        let wait_ms = next_ms.saturating_sub(self.deps.clock.now_ms()).clamp(WAIT_MS_MIN, REAP_EVERY_MS);
        Ok(Turn { report, wait_ms })
    }

    /// Turns until `stop` becomes true (or its sender is gone), then returns: what is in flight is settled first, nothing
    /// more is claimed. `wake` is notified by whoever has committed a message.
    pub async fn run(mut self, wake: Arc<Notify>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let turned = self.turn().await;
            let wait_ms = self.next_wait_ms(turned);
            let wait = tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs()));
            tokio::select! {
                biased;
                changed = stop.changed() => if changed.is_err() { return },
                // After a failure nobody wakes the worker: callers who queue would drive it against a store in trouble.
                () = wake.notified(), if self.failures == 0 => {}
                () = wait => {}
            }
        }
    }

    fn next_wait_ms(&mut self, turned: Result<Turn, Error>) -> i64 {
        match turned {
            Ok(turn) => {
                self.failures = 0;
                turn.wait_ms
            }
            Err(error) => {
                let wait_ms =
                    FAILURE_WAIT_MS_FIRST.saturating_mul(1 << self.failures.min(10)).min(FAILURE_WAIT_MS_LAST);
                self.failures += 1;
                tracing::error!(%error, wait_ms, "the outbox cannot be worked on");
                wait_ms
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::delivery::BATCH_MAX;
    use crate::gateway::sms::{Account, Dialect};
    use crate::outbox::rig::{Rig, open_numbers};
    use crate::outbox::{Class, Priority};
    use crate::storage;
    use crate::transport::Loopback;

    fn worker(rig: &Rig) -> (Worker, Arc<Loopback>) {
        let clock: Arc<dyn Clock> = Arc::<crate::clock::SimulatedClock>::clone(&rig.clock);
        let loopback = Arc::new(Loopback::new(Arc::clone(&clock)));
        let deps = Delivery {
            store: rig.store.clone(),
            keys: rig.keys.clone(),
            clock,
            ids: Arc::clone(&rig.ids),
            transport: Arc::<Loopback>::clone(&loopback),
            account: Account::of(Dialect::Loopback),
            number_check: open_numbers,
        };
        (Worker::new(Arc::new(deps)), loopback)
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    #[test]
    fn a_turn_says_when_the_next_is_wanted() {
        let (rig, runtime) = (Rig::new(), runtime());
        let (mut worker, _) = worker(&rig);
        let mut wait_ms = || runtime.block_on(worker.turn()).unwrap().wait_ms;
        assert_eq!(wait_ms(), REAP_EVERY_MS);
        rig.queue_as("soon", |new| new.due_ms += 300).unwrap();
        assert_eq!(wait_ms(), 300);
        rig.clock.advance(299);
        assert_eq!(wait_ms(), WAIT_MS_MIN);
        for i in 0..=BATCH_MAX {
            rig.queue(&format!("wave{i}"), Class::Alert, Priority::Alert);
        }
        assert_eq!(wait_ms(), 0);
        rig.clock.advance(1);
        assert_eq!(wait_ms(), REAP_EVERY_MS - 300);
        rig.clock.advance(-86_400_000);
        assert_eq!(wait_ms(), REAP_EVERY_MS, "a clock that was set back does not put off the next look");
    }

    #[test]
    fn a_held_queue_is_looked_at_now_and_then_and_left_alone() {
        let (rig, runtime) = (Rig::new(), runtime());
        let (mut worker, loopback) = worker(&rig);
        rig.queue("hop1", Class::MustArrive, Priority::Interactive);
        rig.tx(|tx| outbox::pause(tx, 1)).unwrap();
        let turn = runtime.block_on(worker.turn()).unwrap();
        assert_eq!((turn.report.held, turn.wait_ms, *loopback.watch().borrow()), (true, REAP_EVERY_MS, 0));
        rig.tx(outbox::resume).unwrap();
        let turn = runtime.block_on(worker.turn()).unwrap();
        assert_eq!((turn.report.held, turn.report.accepted), (false, 1));
    }

    #[test]
    fn failures_of_the_store_are_waited_out_longer_and_longer() {
        let rig = Rig::new();
        let (mut worker, _) = worker(&rig);
        let failure = || Err(Error::Storage(storage::Error::Unavailable));
        let waits: Vec<i64> = (0..8).map(|_| worker.next_wait_ms(failure())).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        let turn = Turn { report: Report::default(), wait_ms: 7 };
        assert_eq!((worker.next_wait_ms(Ok(turn)), worker.next_wait_ms(failure())), (7, 500));
    }

    #[test]
    fn a_wake_sends_at_once_and_a_stop_ends_the_loop() {
        let (rig, runtime) = (Rig::new(), runtime());
        let (worker, loopback) = worker(&rig);
        let (wake, stop) = (Arc::new(Notify::new()), watch::Sender::new(false));
        let running = runtime.spawn(worker.run(Arc::clone(&wake), stop.subscribe()));
        runtime.block_on(tokio::task::yield_now());
        rig.queue("hop1", Class::MustArrive, Priority::Interactive);
        wake.notify_one();
        let mut newest = loopback.watch();
        runtime.block_on(newest.wait_for(|id| *id == 1)).unwrap();
        stop.send_replace(true);
        runtime.block_on(running).unwrap();
        rig.queue("hop2", Class::MustArrive, Priority::Interactive);
        wake.notify_one();
        assert_eq!(*loopback.watch().borrow(), 1);
    }

    #[test]
    fn a_loop_whose_owner_is_gone_ends() {
        let (rig, runtime) = (Rig::new(), runtime());
        let stop = watch::Sender::new(false);
        let running = runtime.spawn(worker(&rig).0.run(Arc::default(), stop.subscribe()));
        drop(stop);
        runtime.block_on(running).unwrap();
    }
}
