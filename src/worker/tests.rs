//! The loop's turns on the simulated clock: when the next is wanted, what there is room for, who may send at all.

use super::*;
use crate::clock::{Clock, SimulatedClock};
use crate::delivery::tests::{delivery, mtn};
use crate::delivery::{Carrier, Described, WINDOW_MAX};
use crate::outbox::rig::{NUMBER, Rig};
use crate::outbox::{Class, Pause, Priority, Status, Why};
use crate::transport::Loopback;

struct Bench {
    rig: Rig,
    loopback: Arc<Loopback>,
    deps: Arc<Delivery>,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new(change: impl Fn(Described) -> Vec<Described>) -> Self {
        let rig = Rig::new();
        let clock: Arc<dyn Clock> = Arc::<SimulatedClock>::clone(&rig.clock);
        let loopback = Arc::new(Loopback::new(clock));
        let deps = delivery(&rig, change(mtn(Arc::<Loopback>::clone(&loopback))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { rig, loopback, deps, runtime }
    }

    fn worker(&self, channel: usize) -> Worker {
        Worker::new(Arc::clone(&self.deps), Arc::clone(&self.deps.channels.all()[channel]))
    }

    fn turn(&self, worker: &mut Worker) -> Turn {
        self.runtime.block_on(async {
            let turn = worker.turn().await.unwrap();
            worker.land().await;
            turn
        })
    }

    fn arrived(&self) -> usize {
        self.loopback.messages_to(NUMBER, 0).len()
    }
}

fn one(described: Described) -> Vec<Described> {
    vec![described]
}

#[test]
fn a_turn_says_when_the_next_is_wanted() {
    let bench = Bench::new(one);
    let mut worker = bench.worker(0);
    let mut wait_ms = || bench.turn(&mut worker).wait_ms;
    assert_eq!(wait_ms(), REAP_EVERY_MS);
    bench.rig.queue_as("soon", |new| new.due_ms += 300).unwrap();
    assert_eq!(wait_ms(), 300);
    bench.rig.clock.advance(299);
    assert_eq!(wait_ms(), WAIT_MS_MIN);
    bench.rig.clock.advance(1);
    assert_eq!((wait_ms(), wait_ms()), (0, REAP_EVERY_MS - 300));
    bench.rig.clock.advance(-86_400_000);
    assert!(wait_ms() <= REAP_EVERY_MS, "a clock that was set back does not put off the next look");
}

#[test]
fn a_held_queue_is_looked_at_now_and_then_and_left_alone() {
    let bench = Bench::new(one);
    let mut worker = bench.worker(0);
    let id = bench.rig.queue("hop1", Class::MustArrive, Priority::Interactive);
    bench.rig.tx(|tx| outbox::pause(tx, 0)).unwrap();
    let turn = bench.turn(&mut worker);
    assert_eq!((turn.report, turn.wait_ms), (Report { held: true, ..Report::default() }, REAP_EVERY_MS));
    assert_eq!(bench.rig.status(id), Status::Queued);
    bench.rig.tx(outbox::resume).unwrap();
    bench.turn(&mut worker);
    assert_eq!((bench.rig.status(id), bench.arrived()), (Status::Accepted, 1));
}

#[test]
fn a_channel_that_is_paused_sends_nothing_and_another_takes_over() {
    let bench = Bench::new(|first| {
        let spare = Described { name: "spare".to_owned(), order: 2, ..mtn_like(&first) };
        vec![first, spare]
    });
    let (mut first, mut spare) = (bench.worker(0), bench.worker(1));
    let channel_of =
        |id: i64| bench.rig.shown(id).attempts.last().map(|line| line.exchange.clone()).unwrap_or_default();
    let id = bench.rig.queue("a", Class::MustArrive, Priority::Stage);
    assert_eq!(bench.turn(&mut spare).report.claimed, 0, "it is second in line");
    assert_eq!(bench.turn(&mut first).report.claimed, 1);
    assert!(channel_of(id).starts_with("mtn "));
    let pause = |until_ms: i64| Pause {
        channel: "mtn".to_owned(),
        why: Why::Operator,
        by: "Aline".to_owned(),
        since_ms: 0,
        until_ms,
    };
    bench.rig.tx(move |tx| outbox::pause_channel(tx, &pause(0), 0)).unwrap();
    bench.rig.clock.advance(PAUSES_EVERY_MS);
    let id = bench.rig.queue("b", Class::MustArrive, Priority::Stage);
    assert_eq!(bench.turn(&mut first).report.claimed, 0);
    assert_eq!(bench.turn(&mut spare).report.claimed, 1);
    assert!(channel_of(id).starts_with("spare "));
    bench.rig.tx(|tx| outbox::resume_channel(tx, "mtn")).unwrap();
    bench.rig.clock.advance(PAUSES_EVERY_MS);
    bench.rig.queue("c", Class::MustArrive, Priority::Stage);
    assert_eq!(bench.turn(&mut first).report.claimed, 1);
}

/// A second channel of the same kind.
fn mtn_like(first: &Described) -> Described {
    let Carrier::Http { transport, .. } = &first.carrier else { unreachable!("the rig's carrier is HTTP") };
    mtn(Arc::clone(transport))
}

#[test]
fn of_two_nodes_one_holds_the_lanes_and_the_other_follows_when_it_is_gone() {
    let bench = Bench::new(one);
    let (mut here, mut there) = (bench.worker(0), bench.worker(0));
    bench.turn(&mut here);
    bench.rig.queue("a", Class::MustArrive, Priority::Stage);
    assert_eq!(bench.turn(&mut there).report.claimed, 0);
    assert_eq!(bench.turn(&mut here).report.claimed, 1);
    // The first sleeps past its lease: it may not send what it could have sent before.
    bench.rig.clock.advance(lane::LEASE_MS);
    bench.rig.queue("b", Class::MustArrive, Priority::Stage);
    assert_eq!(bench.turn(&mut there).report.claimed, 0, "lanes that another held rest for a second");
    bench.rig.clock.advance(1_000);
    assert_eq!(bench.turn(&mut there).report.claimed, 1);
    bench.rig.queue("c", Class::MustArrive, Priority::Stage);
    assert_eq!(bench.turn(&mut here).report.claimed, 0);
    assert_eq!(bench.arrived(), 2);
}

#[test]
fn alerts_leave_room_for_those_who_wait() {
    let bench = Bench::new(|first| vec![Described { window: WINDOW_MAX, ..first }]);
    let mut worker = bench.worker(0);
    for i in 0..200 {
        bench.rig.queue(&format!("wave{i}"), Class::Alert, Priority::Alert);
    }
    let claimed = bench.turn(&mut worker).report.claimed;
    assert_eq!(claimed, 24, "three quarters of the window");
    let urgent = bench.rig.queue("hop1", Class::MustArrive, Priority::Interactive);
    bench.turn(&mut worker);
    assert_eq!(bench.rig.status(urgent), Status::Accepted);
}

#[test]
fn the_wait_grows_while_the_store_fails() {
    let bench = Bench::new(one);
    let mut worker = bench.worker(0);
    let failed = || Err(Error::Storage(crate::storage::Error::Unavailable));
    let waits: Vec<i64> = (0..8).map(|_| worker.next_wait_ms(failed())).collect();
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    let turn = Turn { report: Report::default(), wait_ms: 7 };
    assert_eq!((worker.next_wait_ms(Ok(turn)), worker.next_wait_ms(failed())), (7, 500));
}

#[test]
fn a_wake_sends_at_once_and_a_stop_ends_the_loop() {
    let bench = Bench::new(one);
    let (wake, stop) = (Arc::new(Notify::new()), watch::Sender::new(false));
    let running = bench.runtime.spawn(bench.worker(0).run(Arc::clone(&wake), stop.subscribe()));
    bench.runtime.block_on(tokio::task::yield_now());
    bench.rig.queue("hop1", Class::MustArrive, Priority::Interactive);
    wake.notify_one();
    let mut newest = bench.loopback.watch();
    bench.runtime.block_on(newest.wait_for(|id| *id == 1)).unwrap();
    stop.send_replace(true);
    bench.runtime.block_on(running).unwrap();
    bench.rig.queue("hop2", Class::MustArrive, Priority::Interactive);
    wake.notify_one();
    assert_eq!(bench.arrived(), 1);
}

#[test]
fn a_loop_whose_owner_is_gone_ends() {
    let bench = Bench::new(one);
    let stop = watch::Sender::new(false);
    let running = bench.runtime.spawn(bench.worker(0).run(Arc::default(), stop.subscribe()));
    drop(stop);
    bench.runtime.block_on(running).unwrap();
}
