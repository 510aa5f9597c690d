//! Reading connections: no writes, one snapshot, a bounded wait, and an end to long reads.

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::{Place, ids, insert, on_each_store};
use crate::storage::job::job;
use crate::storage::sqlite_reader::Readers;
use crate::storage::{Error, Options, Work};

const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n";

#[test]
fn a_read_cannot_write_and_does_not_spoil_what_follows() {
    on_each_store(|store| {
        assert!(matches!(store.read_blocking(|tx| insert(tx, 1)), Err(Error::Statement(_))));
        let inside_attempt = store.read_blocking(|tx| {
            assert!(tx.attempt(|tx| insert(tx, 1)).is_err());
            ids(tx)
        });
        assert_eq!(inside_attempt, Ok(vec![]));
        let panicking = store.read_blocking(|_| -> Result<(), Error> { std::panic::resume_unwind(Box::new(())) });
        assert_eq!(panicking, Err(Error::Panicked));
        assert_eq!(store.transact_blocking(Work::interactive(None), |tx| insert(tx, 1)), Ok(1));
        assert_eq!(store.read_blocking(ids), Ok(vec![1]));
    });
}

#[test]
fn a_read_sees_one_moment() {
    let place = Place::new();
    let store = place.store();
    let writing = store.clone();
    let seen = store.read_blocking(move |tx| {
        let before = ids(tx)?;
        writing.transact_blocking(Work::interactive(None), |tx| insert(tx, 1))?;
        Ok::<_, Error>((before, ids(tx)?))
    });
    assert_eq!(seen, Ok((vec![], vec![])));
    assert_eq!(store.read_blocking(ids), Ok(vec![1]));
}

#[test]
fn reads_beyond_the_bound_are_refused() {
    let place = Place::new();
    drop(place.store());
    let options = Options { readers: 1, reads_waiting_max: 1, read_wait_ms: 0, ..Options::default() };
    let readers = Readers::new(place.path(), options, place.clock.clone());
    let (inside, refused) = (job(ids), job(ids));
    std::thread::scope(|scope| {
        let ((begun, has_begun), (go, gone)) = (channel(), channel::<()>());
        let holding = job(move |tx| {
            begun.send(()).unwrap();
            gone.recv().unwrap();
            ids(tx)
        });
        let held = readers.admit(holding.0).unwrap();
        scope.spawn(|| readers.run(held));
        has_begun.recv().unwrap();
        let waiting = readers.admit(inside.0).unwrap();
        assert!(readers.admit(refused.0).is_none(), "one runs and one waits: no more");
        assert_eq!(refused.1.blocking_recv().unwrap(), Err(Error::Overloaded));
        readers.run(waiting);
        assert_eq!(inside.1.blocking_recv().unwrap(), Err(Error::Overloaded), "the only connection is in use");
        go.send(()).unwrap();
        assert_eq!(holding.1.blocking_recv().unwrap(), Ok(vec![]));
    });
    let after = job(ids);
    readers.run(readers.admit(after.0).unwrap());
    assert_eq!(after.1.blocking_recv().unwrap(), Ok(vec![]));
}

#[test]
fn a_long_read_is_stopped_and_its_connection_works_again() {
    let place = Place::new();
    drop(place.store());
    let readers = Arc::new(Readers::new(place.path(), Options::default(), place.clock.clone()));
    let (begun, has_begun) = channel();
    let (endless, mut answer) = job(move |tx| {
        begun.send(()).unwrap();
        tx.query(ENDLESS, &[], |row| row.integer(0))
    });
    let running = Arc::clone(&readers);
    let thread = std::thread::spawn(move || running.run(running.admit(endless).unwrap()));
    has_begun.recv().unwrap();
    assert_eq!(readers.interrupt_longer_than(1_000), 0, "it is not old enough");
    place.clock.advance(2);
    // The statement may not have started yet when the interrupt comes: then it does not count.
    let stopped = loop {
        readers.interrupt_longer_than(1_000);
        match answer.try_recv() {
            Ok(stopped) => break stopped,
            Err(_) => std::thread::yield_now(),
        }
    };
    assert_eq!(stopped, Err(Error::Overloaded));
    thread.join().unwrap();
    let after = job(ids);
    readers.run(readers.admit(after.0).unwrap());
    assert_eq!(after.1.blocking_recv().unwrap(), Ok(vec![]));
}
