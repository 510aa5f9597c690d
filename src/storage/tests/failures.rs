//! What the disk does to a batch: nothing is acknowledged that is not kept.

use super::{Gate, Place, ids_on_disk, insert, offer};
use crate::storage::{Engine as _, Error, Options, Tx, Work};

const PAGES_MAX: &str = "PRAGMA max_page_count = 12";

fn insert_large(tx: &mut Tx<'_>, id: i64) -> Result<u64, Error> {
    let (name, body) = (format!("item {id}"), vec![7_u8; 200_000]);
    let values = [id.into(), (&name).into(), (&body).into()];
    tx.execute("INSERT INTO item (id, name, body) VALUES ($1, $2, $3)", &values)
}

#[test]
fn a_full_disk_fails_the_batch_and_is_over_when_there_is_space() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let now = || Work::interactive(None);
    // The limit is the connection's own: it stands for a full disk until the connection is opened anew.
    let full = offer(&engine, now(), |tx| tx.query(PAGES_MAX, &[], |row| row.integer(0)));
    assert!(full.blocking_recv().unwrap().is_ok());
    assert_eq!(offer(&engine, now(), |tx| insert(tx, 1)).blocking_recv().unwrap(), Ok(1));
    let gate = Gate::hold(&engine);
    let innocent = offer(&engine, now(), |tx| insert(tx, 2));
    let large = offer(&engine, now(), |tx| insert_large(tx, 3));
    let behind = offer(&engine, now(), |tx| insert(tx, 4));
    gate.release();
    for answer in [innocent, large, behind] {
        assert_eq!(answer.blocking_recv().unwrap(), Err(Error::Unavailable));
    }
    assert!(!engine.is_available());
    assert_eq!(ids_on_disk(&engine), [1], "what was acknowledged is there, what failed is not");
    assert_eq!(offer(&engine, now(), |tx| insert_large(tx, 3)).blocking_recv().unwrap(), Ok(1));
    assert!(engine.is_available());
    assert_eq!(ids_on_disk(&engine), [1, 3]);
}

#[test]
fn a_disk_that_does_not_keep_a_commit_ends_all_work_until_a_restart() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let now = || Work::interactive(None);
    assert_eq!(offer(&engine, now(), |tx| insert(tx, 1)).blocking_recv().unwrap(), Ok(1));
    engine.close();
    // The database goes on with the file that it has open; what is put on the disk is found by its name, at the first commit, and
    // this device cannot be.
    let engine = place.engine(Options::default());
    let (wal, elsewhere) = (place.path().with_extension("db-wal"), place.folder.path().join("wal"));
    std::fs::rename(&wal, &elsewhere).unwrap();
    std::os::unix::fs::symlink("/dev/null", &wal).unwrap();
    assert_eq!(offer(&engine, now(), |tx| insert(tx, 2)).blocking_recv().unwrap(), Err(Error::Unavailable));
    assert!(!engine.is_available());
    // Not even when it seems to be over: what was lost may lie between.
    std::fs::remove_file(&wal).unwrap();
    std::fs::rename(&elsewhere, &wal).unwrap();
    let gate: Vec<_> = (3..40).map(|id| offer(&engine, now(), move |tx| insert(tx, id))).collect();
    assert!(gate.into_iter().all(|answer| answer.blocking_recv().unwrap() == Err(Error::Unavailable)));
    assert!(!engine.is_available());
    engine.close();
    let again = place.engine(Options::default());
    assert!(again.is_available() && ids_on_disk(&again).starts_with(&[1]));
    assert_eq!(offer(&again, now(), |tx| insert(tx, 50)).blocking_recv().unwrap(), Ok(1));
}

#[test]
fn an_attempt_cannot_hide_that_the_whole_batch_was_undone() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let now = || Work::interactive(None);
    let full = offer(&engine, now(), |tx| tx.query(PAGES_MAX, &[], |row| row.integer(0)));
    assert!(full.blocking_recv().unwrap().is_ok());
    let hidden = offer(&engine, now(), |tx| {
        insert(tx, 1)?;
        drop(tx.attempt(|tx| insert_large(tx, 2)));
        Ok(())
    });
    assert_eq!(hidden.blocking_recv().unwrap(), Err(Error::Unavailable));
    assert_eq!(ids_on_disk(&engine), Vec::<i64>::new());
}

#[test]
fn a_failed_commit_acknowledges_nothing() {
    let place = Place::new();
    let engine = place.engine(Options::default());
    let now = || Work::interactive(None);
    let gate = Gate::hold(&engine);
    let innocent = offer(&engine, now(), |tx| insert(tx, 1));
    // A deferred reference to nothing: the statement succeeds, the COMMIT does not.
    let orphan = offer(&engine, now(), |tx| tx.execute("INSERT INTO part (id, item) VALUES (1, 99)", &[]));
    let failed_anyway = offer(&engine, now(), |_| Err::<(), _>(Error::TooLate));
    gate.release();
    assert_eq!(innocent.blocking_recv().unwrap(), Err(Error::Unavailable));
    assert_eq!(orphan.blocking_recv().unwrap(), Err(Error::Unavailable));
    assert_eq!(failed_anyway.blocking_recv().unwrap(), Err(Error::Unavailable), "it may rest on what was undone");
    assert_eq!(ids_on_disk(&engine), Vec::<i64>::new());
    assert_eq!(offer(&engine, now(), |tx| insert(tx, 2)).blocking_recv().unwrap(), Ok(1));
    assert_eq!(ids_on_disk(&engine), [2]);
}
