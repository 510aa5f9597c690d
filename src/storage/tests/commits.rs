//! Group commit: shared fsync, separate fates.

use std::panic::resume_unwind;
use std::sync::Arc;

use super::{Gate, Place, ids, ids_on_disk, insert, offer, on_each_store};
use crate::storage::{Engine as _, Error, Options, Tx, Work};

const NOW: fn() -> Work = || Work::interactive(None);

#[test]
fn what_waits_shares_one_commit_and_is_answered_after_it() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    let mut answers: Vec<_> = (1..=20).map(|id| offer(&engine, NOW(), move |tx| insert(tx, id))).collect();
    let looking = Arc::clone(&engine);
    let last = offer(&engine, NOW(), move |tx| Ok((ids(tx)?.len(), ids_on_disk(&looking).len())));
    assert!(answers.iter_mut().all(|answer| answer.try_recv().is_err()));
    gate.release();
    assert_eq!(last.blocking_recv().unwrap(), Ok((20, 0)), "the last in the batch sees the others, a reader sees none");
    assert!(answers.into_iter().all(|answer| answer.blocking_recv().unwrap() == Ok(1)));
    assert_eq!(ids_on_disk(&engine), (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_failing_closure_undoes_only_itself() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    let first = offer(&engine, NOW(), |tx| insert(tx, 1));
    let own_error = offer(&engine, NOW(), |tx| {
        insert(tx, 2)?;
        Err::<(), _>(Error::TooLate)
    });
    let statement = offer(&engine, NOW(), |tx| {
        insert(tx, 3)?;
        insert(tx, 1)
    });
    let last = offer(&engine, NOW(), |tx| insert(tx, 4));
    gate.release();
    assert_eq!(first.blocking_recv().unwrap(), Ok(1));
    assert_eq!(own_error.blocking_recv().unwrap(), Err(Error::TooLate));
    assert!(matches!(statement.blocking_recv().unwrap(), Err(Error::Statement(_))));
    assert_eq!(last.blocking_recv().unwrap(), Ok(1));
    assert_eq!(ids_on_disk(&engine), [1, 4]);
}

#[test]
fn a_panic_undoes_only_its_own_work() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    let before = offer(&engine, NOW(), |tx| insert(tx, 1));
    let panicking = offer(&engine, NOW(), |tx| {
        tx.attempt(|tx| {
            insert(tx, 2)?;
            tx.query("SELECT id FROM item", &[], |_| -> Result<(), Error> { resume_unwind(Box::new("on purpose")) })
        })
    });
    let after = offer(&engine, NOW(), |tx| insert(tx, 3));
    gate.release();
    assert_eq!(before.blocking_recv().unwrap(), Ok(1));
    assert_eq!(panicking.blocking_recv().unwrap(), Err(Error::Panicked));
    assert_eq!(after.blocking_recv().unwrap(), Ok(1));
    assert_eq!(ids_on_disk(&engine), [1, 3]);
}

#[test]
fn an_attempt_undoes_only_its_own_part_at_any_depth() {
    on_each_store(|store| {
        let kept: Result<Vec<i64>, Error> = store.transact_blocking(NOW(), |tx| {
            insert(tx, 1)?;
            let outer: Result<(), Error> = tx.attempt(|tx| {
                insert(tx, 2)?;
                let inner = tx.attempt(|tx| {
                    insert(tx, 3)?;
                    insert(tx, 1)
                });
                assert!(matches!(inner, Err(Error::Statement(_))));
                insert(tx, 4)?;
                Ok(())
            });
            assert_eq!(outer, Ok(()));
            let undone: Result<(), Error> = tx.attempt(|tx| {
                insert(tx, 5)?;
                tx.attempt(|tx| insert(tx, 6))?;
                Err(Error::TooLate)
            });
            assert_eq!(undone, Err(Error::TooLate));
            insert(tx, 7)?;
            ids(tx)
        });
        assert_eq!(kept, Ok(vec![1, 2, 4, 7]));
        assert_eq!(store.read_blocking(ids), Ok(vec![1, 2, 4, 7]));
    });
}

#[test]
fn attempts_nest_to_their_bound_and_no_further() {
    fn nest(tx: &mut Tx<'_>, deep: usize) -> Result<(), Error> {
        if deep == 0 { Ok(()) } else { tx.attempt(|tx| nest(tx, deep - 1)) }
    }
    on_each_store(|store| {
        let most = crate::storage::SAVEPOINTS_DEEP_MAX;
        assert_eq!(store.transact_blocking(NOW(), move |tx| nest(tx, most)), Ok(()));
        let more = store.transact_blocking(NOW(), move |tx| nest(tx, most + 1));
        assert!(matches!(more, Err(Error::Statement(_))));
        assert_eq!(store.transact_blocking(NOW(), |tx| insert(tx, 1)), Ok(1));
    });
}

#[test]
fn a_swallowed_error_outside_an_attempt_keeps_nothing() {
    on_each_store(|store| {
        let answer: Result<(), Error> = store.transact_blocking(NOW(), |tx| {
            insert(tx, 1)?;
            assert!(matches!(insert(tx, 1), Err(Error::Statement(_))));
            assert!(matches!(ids(tx), Err(Error::Statement(_))), "poisoned: later calls answer the first error");
            assert!(tx.attempt(|tx| insert(tx, 2)).is_err(), "an attempt does not heal what was poisoned outside it");
            Ok(())
        });
        assert!(matches!(answer, Err(Error::Statement(_))));
        let inside: Result<(), Error> = store.transact_blocking(NOW(), |tx| {
            let swallowed: Result<(), Error> = tx.attempt(|tx| {
                insert(tx, 3)?;
                drop(insert(tx, 3));
                Ok(())
            });
            assert!(swallowed.is_err(), "nor does an attempt that answers Ok keep what was poisoned inside it");
            Ok(())
        });
        assert_eq!(inside, Ok(()));
        assert_eq!(store.read_blocking(ids), Ok(vec![]));
    });
}

#[test]
fn the_work_goes_on_when_its_caller_has_gone() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    drop(offer(&engine, NOW(), |tx| insert(tx, 1)));
    let after = offer(&engine, NOW(), |tx| insert(tx, 2));
    gate.release();
    assert_eq!(after.blocking_recv().unwrap(), Ok(1));
    assert_eq!(ids_on_disk(&engine), [1, 2]);
}

#[test]
fn what_was_answered_is_there_after_reopening() {
    let place = Place::new();
    let store = place.store();
    for id in 1..=50 {
        assert_eq!(store.transact_blocking(NOW(), move |tx| insert(tx, id)), Ok(1));
    }
    store.close();
    assert_eq!(store.transact_blocking(NOW(), |tx| insert(tx, 99)), Err(Error::Unavailable));
    assert_eq!(store.read_blocking(ids), Err(Error::Unavailable));
    drop(store);
    assert_eq!(place.store().read_blocking(ids), Ok((1..=50).collect()));
}

#[test]
fn closing_finishes_what_is_queued() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let gate = Gate::hold(&engine);
    let answers: Vec<_> = (1..=600).map(|id| offer(&engine, NOW(), move |tx| insert(tx, id))).collect();
    let closing = {
        let engine = Arc::clone(&engine);
        std::thread::spawn(move || engine.close())
    };
    gate.release();
    closing.join().unwrap();
    assert!(answers.into_iter().all(|mut answer| answer.try_recv().unwrap() == Ok(1)));
    assert!(!place.path().with_extension("db-wal").exists(), "the last connection leaves no WAL behind");
}

#[tokio::test]
async fn futures_answer_and_the_last_clone_closes() {
    let place = Place::new();
    let store = place.store();
    let clone = store.clone();
    drop(store);
    assert_eq!(clone.transact(Work::bulk(), |tx| insert(tx, 1)).await, Ok(1));
    assert_eq!(clone.read(ids).await, Ok(vec![1]));
    assert!(clone.is_available());
    drop(clone);
    assert!(!place.path().with_extension("db-wal").exists());
}
