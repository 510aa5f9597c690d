//! The queue: who goes first, who is too late, who is refused. A gate holds the writer while others are queued.

use std::sync::{Arc, Mutex};

use super::{Gate, NOW_MS, Place, ids_on_disk, insert, offer, on_each_store};
use crate::storage::sqlite_engine::SqliteEngine;
use crate::storage::{BULK_EVERY_COMMITS, Class, Engine as _, Error, Options, Work};

type Order = Arc<Mutex<Vec<char>>>;

fn note(engine: &SqliteEngine, order: &Order, work: Work, label: char) {
    let order = Arc::clone(order);
    drop(offer(engine, work, move |_| {
        order.lock().unwrap().push(label);
        Ok(())
    }));
}

/// Runs what `queue` queues behind a gate, and answers in what order it ran.
fn order_of(options: Options, queue: impl Fn(&SqliteEngine, &Order)) -> String {
    let place = Place::new();
    let engine = place.engine(options);
    let order = Order::default();
    let gate = Gate::hold(&engine);
    queue(&engine, &order);
    gate.release();
    engine.close();
    let order = order.lock().unwrap();
    order.iter().collect()
}

#[test]
fn interactive_work_goes_before_bulk_work_that_came_first() {
    let order = order_of(Options::default(), |engine, order| {
        note(engine, order, Work::bulk(), 'b');
        for _ in 0..5 {
            note(engine, order, Work::interactive(None), 'i');
        }
    });
    assert_eq!(order, "iiiiib");
}

#[test]
fn bulk_work_runs_every_tenth_commit_under_interactive_load() {
    let one_a_commit = Options { batch_jobs_max: 1, ..Options::default() };
    let order = order_of(one_a_commit, |engine, order| {
        for _ in 0..3 {
            note(engine, order, Work::bulk(), 'b');
        }
        for _ in 0..(3 * BULK_EVERY_COMMITS) {
            note(engine, order, Work::interactive(None), 'i');
        }
    });
    let ten_and_one = "i".repeat(BULK_EVERY_COMMITS as usize) + "b";
    assert_eq!(order, ten_and_one.repeat(3));
}

#[test]
fn bulk_jobs_never_share_a_commit() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    let first = offer(&engine, Work::bulk(), |tx| insert(tx, 1));
    let looking = Arc::clone(&engine);
    let second = offer(&engine, Work::bulk(), move |_| Ok(ids_on_disk(&looking)));
    gate.release();
    assert_eq!(first.blocking_recv().unwrap(), Ok(1));
    assert_eq!(second.blocking_recv().unwrap(), Ok(vec![1]), "the first is on the disk when the second runs");
}

#[test]
fn what_is_too_late_when_its_turn_comes_is_not_begun() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    let late = offer(&engine, Work::interactive(NOW_MS + 10), |tx| insert(tx, 1));
    let in_time = offer(&engine, Work::interactive(NOW_MS + 11), |tx| insert(tx, 2));
    let late_bulk = offer(&engine, Work { class: Class::Bulk, deadline_ms: Some(NOW_MS + 10) }, |tx| insert(tx, 3));
    place.clock.advance(10);
    gate.release();
    assert_eq!(late.blocking_recv().unwrap(), Err(Error::TooLate));
    assert_eq!(in_time.blocking_recv().unwrap(), Ok(1));
    assert_eq!(late_bulk.blocking_recv().unwrap(), Err(Error::TooLate));
    assert_eq!(ids_on_disk(&engine), [2]);
}

#[test]
fn the_deadline_itself_is_too_late() {
    on_each_store(|store| {
        let at = |ms| store.transact_blocking(Work::interactive(ms), move |tx| insert(tx, ms));
        assert_eq!(at(NOW_MS), Err(Error::TooLate));
        assert_eq!(at(NOW_MS + 1), Ok(1));
    });
}

#[test]
fn a_full_queue_refuses_at_once_and_each_class_has_its_own() {
    let place = Place::new();
    let engine = place.engine(Options { interactive_waiting_max: 3, bulk_waiting_max: 1, ..Options::default() });
    let gate = Gate::hold(&engine);
    let mut interactive: Vec<_> =
        (1..=4).map(|id| offer(&engine, Work::interactive(None), move |tx| insert(tx, id))).collect();
    let mut bulk: Vec<_> = (5..=6).map(|id| offer(&engine, Work::bulk(), move |tx| insert(tx, id))).collect();
    assert_eq!(interactive.pop().unwrap().try_recv().unwrap(), Err(Error::Overloaded));
    assert_eq!(bulk.pop().unwrap().try_recv().unwrap(), Err(Error::Overloaded));
    gate.release();
    for answer in interactive.into_iter().chain(bulk) {
        assert_eq!(answer.blocking_recv().unwrap(), Ok(1));
    }
    assert_eq!(ids_on_disk(&engine), [1, 2, 3, 5]);
}

#[test]
fn a_batch_that_takes_too_long_is_committed_and_the_rest_follows() {
    let place = Place::new();
    let engine = place.engine(Options { batch_us_max: 1_000, ..Options::default() });
    let gate = Gate::hold(&engine);
    let clock = place.clock.clone();
    let slow = offer(&engine, Work::interactive(None), move |tx| {
        clock.advance(1);
        insert(tx, 1)
    });
    let looking = Arc::clone(&engine);
    let next = offer(&engine, Work::interactive(None), move |_| Ok(ids_on_disk(&looking)));
    gate.release();
    assert_eq!(slow.blocking_recv().unwrap(), Ok(1));
    assert_eq!(next.blocking_recv().unwrap(), Ok(vec![1]));
}
