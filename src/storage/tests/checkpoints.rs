//! The WAL stays short under steady writing, without the threads: their steps in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Place, insert};
use crate::storage::queue::Queue;
use crate::storage::sqlite::{Checkpoint, SqliteConnection};
use crate::storage::sqlite_checkpoint::{Checkpointer, Signals};
use crate::storage::sqlite_open::{Role, connect};
use crate::storage::sqlite_reader::Readers;
use crate::storage::sqlite_sync::{Disk, Syncer};
use crate::storage::sqlite_writer::Writer;
use crate::storage::{Options, Tx};

const OPTIONS: fn() -> Options =
    || Options { checkpoint_frames: 8, restart_frames: 32, wal_frames_max: 64, ..Options::default() };

fn write(writer: &mut SqliteConnection, id: i64) {
    writer.begin_write().unwrap();
    insert(&mut Tx::new(writer), id).unwrap();
    writer.commit().unwrap();
}

fn checkpointer(place: &Place, signals: &Arc<Signals>) -> Checkpointer {
    drop(place.store());
    let readers = Arc::new(Readers::new(place.path(), OPTIONS(), place.clock.clone()));
    Checkpointer {
        path: place.path(),
        options: OPTIONS(),
        signals: Arc::clone(signals),
        readers,
        disk: Disk::of(&place.path()).unwrap(),
        connection: None,
    }
}

#[test]
fn the_wal_is_started_anew_again_and_again() {
    let (place, signals) = (Place::new(), Arc::new(Signals::default()));
    let mut checkpointer = checkpointer(&place, &signals);
    let mut writer = connect(&place.path(), Role::Writer).unwrap();
    let (mut longest, mut restarts) = (0, 0);
    for id in 1..=400 {
        writer.begin_write().unwrap();
        insert(&mut Tx::new(&mut writer), id).unwrap();
        // As under load: there is always a commit under way that a pass cannot copy.
        if id % 4 == 0 {
            checkpointer.pass().unwrap();
        }
        writer.commit().unwrap();
        if signals.take_restart() {
            let wal = writer.checkpoint(Checkpoint::Passive).unwrap();
            assert_eq!(wal.frames, wal.copied);
            restarts += 1;
        }
        longest = longest.max(writer.checkpoint(Checkpoint::Look).unwrap().frames);
    }
    assert!(restarts >= 10, "{restarts}");
    assert!(longest < OPTIONS().wal_frames_max, "{longest}");
    let bytes = std::fs::metadata(place.path().with_extension("db-wal")).unwrap().len();
    assert!(bytes < 64 * 4_200, "{bytes}");
}

#[test]
fn what_was_copied_and_cannot_be_put_on_the_disk_is_never_written_over() {
    let (place, signals) = (Place::new(), Arc::new(Signals::default()));
    let mut checkpointer = checkpointer(&place, &signals);
    // Takes everything, and cannot be synced.
    checkpointer.disk = Disk::of(std::path::Path::new("/dev/null")).unwrap();
    let mut writer = connect(&place.path(), Role::Writer).unwrap();
    for id in 1..=40 {
        write(&mut writer, id);
    }
    assert!(writer.checkpoint(Checkpoint::Look).unwrap().frames >= OPTIONS().restart_frames);
    assert!(checkpointer.pass().is_err());
    assert!(checkpointer.disk.has_failed() && !signals.take_restart());
}

#[test]
fn a_short_wal_is_left_alone() {
    let (place, signals) = (Place::new(), Arc::new(Signals::default()));
    let mut checkpointer = checkpointer(&place, &signals);
    let mut writer = connect(&place.path(), Role::Writer).unwrap();
    write(&mut writer, 1);
    checkpointer.pass().unwrap();
    let wal = writer.checkpoint(Checkpoint::Look).unwrap();
    assert!(wal.frames > 0 && wal.copied == 0, "{wal:?}");
    assert!(!signals.take_restart());
}

#[test]
fn a_reader_in_the_way_delays_the_restart_and_no_commit() {
    let (place, signals) = (Place::new(), Arc::new(Signals::default()));
    let mut checkpointer = checkpointer(&place, &signals);
    let mut writer = connect(&place.path(), Role::Writer).unwrap();
    let mut reader = connect(&place.path(), Role::Reader).unwrap();
    write(&mut writer, 1);
    reader.begin_read().unwrap();
    assert_eq!(super::ids(&mut Tx::new(&mut reader)), Ok(vec![1]));
    for id in 2..=100 {
        write(&mut writer, id);
    }
    checkpointer.pass().unwrap();
    let held = writer.checkpoint(Checkpoint::Passive).unwrap();
    assert!(held.copied < held.frames, "{held:?}");
    reader.roll_back().unwrap();
    let free = writer.checkpoint(Checkpoint::Passive).unwrap();
    assert_eq!(free.copied, free.frames);
    write(&mut writer, 101);
    assert!(writer.checkpoint(Checkpoint::Look).unwrap().frames < 8, "the WAL began anew");
}

/// A writer whose connection has just failed.
fn failed_writer(place: &Place) -> Writer {
    drop(place.store());
    let queue = Arc::new(Queue::new(OPTIONS().queue_limits()));
    Writer {
        path: place.path(),
        options: OPTIONS(),
        clock: place.clock.clone(),
        queue: Arc::clone(&queue),
        signals: Arc::new(Signals::default()),
        available: Arc::new(AtomicBool::new(false)),
        connection: None,
        ran: Vec::new(),
        guarded: false,
        handover: Syncer::new(Disk::of(&place.path()).unwrap(), queue).1,
        disk: Disk::of(&place.path()).unwrap(),
        commits: 0,
    }
}

#[test]
fn a_quiet_writer_finds_out_that_a_failure_is_over() {
    let place = Place::new();
    let mut writer = failed_writer(&place);
    let (path, elsewhere) = (place.path(), place.folder.path().join("elsewhere"));
    std::fs::rename(&path, &elsewhere).unwrap();
    assert!(!writer.settle(), "still failing: it will look again");
    assert!(!writer.available.load(Ordering::Acquire));
    std::fs::rename(&elsewhere, &path).unwrap();
    assert!(writer.settle());
    assert!(writer.available.load(Ordering::Acquire));
}

#[test]
fn a_quiet_writer_shortens_a_long_wal_and_leaves_a_short_one() {
    let place = Place::new();
    let mut writer = failed_writer(&place);
    assert!(writer.settle());
    let bytes = || std::fs::metadata(place.path().with_extension("db-wal")).unwrap().len();
    assert!(bytes() > 0, "the probe's own commit is too little");
    for id in 1..=20 {
        write(writer.connection.as_mut().unwrap(), id);
    }
    assert!(writer.settle());
    assert_eq!(bytes(), 0);
}
