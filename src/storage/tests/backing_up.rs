//! Backups: whole and of one moment, or not at all.

use std::path::Path;
use std::sync::Arc;

use super::{MIGRATIONS, Place, ids, insert};
use crate::clock::{Clock, SystemClock};
use crate::storage::backup::{Backup, BackupFault, Contents, write};
use crate::storage::{Chance, DataFolder, Error, Keys, Migration, MigrationFault, Stop, Store, Work};

const CHANCE: Chance = [5; 23];

fn back_up(place: &Place, to: &Path, keys: Option<&Keys>, stop: &Stop) -> Result<Contents, BackupFault> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    write(&place.path(), to, MIGRATIONS, keys.map(|keys| (keys, &CHANCE)), Some(&clock), stop)
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("kaziline.db-")).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    let place = Place::new();
    let store = place.store();
    for id in 1..=20 {
        store.transact_blocking(Work::bulk(), move |tx| insert(tx, id)).unwrap();
    }
    let to = place.folder.path().join("b.db");
    let writing = std::thread::spawn({
        let store = store.clone();
        move || {
            (21..=220)
                .try_for_each(|id| store.transact_blocking(Work::interactive(None), move |tx| insert(tx, id)).map(drop))
        }
    });
    let written = back_up(&place, &to, None, &Stop::default()).unwrap();
    writing.join().unwrap().unwrap();

    let copy = Store::inline_at(&to, MIGRATIONS, place.clock.clone()).unwrap();
    let kept = copy.read_blocking(ids).unwrap();
    let count = i64::try_from(kept.len()).unwrap();
    assert!(count >= 20 && kept == (1..=count).collect::<Vec<_>>(), "{kept:?}");
    assert!(written.tables.contains(&("item".to_owned(), count)), "{written:?}");
    assert_eq!((written.version, written.is_encrypted), (1, false));
}

#[test]
fn a_backup_that_is_stopped_leaves_nothing() {
    let place = Place::new();
    drop(place.store());
    let (to, stop) = (place.folder.path().join("b.db"), Stop::default());
    stop.ask();
    for keys in [None, Some(&Keys::of_no_secret())] {
        assert!(matches!(back_up(&place, &to, keys, &stop), Err(BackupFault::Stopped)));
        assert_eq!(names(place.folder.path()), ["kaziline.db"]);
    }
}

#[test]
fn what_a_killed_backup_left_in_the_data_folder_is_cleared_away() {
    let place = Place::new();
    drop(place.store());
    std::fs::write(place.folder.path().join("kaziline.db.backup"), "half").unwrap();
    let to = place.folder.path().join("b.kzb");
    assert!(back_up(&place, &to, Some(&Keys::of_no_secret()), &Stop::default()).unwrap().is_encrypted);
    assert_eq!(names(place.folder.path()), ["b.kzb", "kaziline.db"]);
}

#[test]
fn a_backup_comes_back_under_the_databases_name_once_it_is_installed() {
    let place = Place::new();
    let store = place.store();
    store.transact_blocking(Work::bulk(), |tx| insert(tx, 7)).unwrap();
    let (to, keys) = (place.folder.path().join("b.kzb"), Keys::of_no_secret());
    let written = back_up(&place, &to, Some(&keys), &Stop::default()).unwrap();
    let folder = DataFolder::open(&place.folder.path().join("new")).unwrap();

    let older: &[Migration] = &[];
    let newer = Backup::open(&to).unwrap().unpack(&folder, &keys, older);
    assert!(matches!(newer, Err(BackupFault::Migration(MigrationFault::Newer { found: 1, known: 0 }))));
    drop(Backup::open(&to).unwrap().unpack(&folder, &keys, MIGRATIONS).unwrap());
    assert_eq!(names(folder.path()), ["lock"], "nothing is left of a backup that was not installed");

    let unpacked = Backup::open(&to).unwrap().unpack(&folder, &keys, MIGRATIONS).unwrap();
    assert!(!folder.database().exists());
    assert_eq!(unpacked.install().unwrap(), written);
    let store = Store::inline_at(&folder.database(), MIGRATIONS, place.clock.clone()).unwrap();
    assert_eq!(store.read_blocking(ids), Ok::<_, Error>(vec![7]));
    let again = Backup::open(&to).unwrap().unpack(&folder, &keys, MIGRATIONS);
    assert!(matches!(again, Err(BackupFault::HasDatabase { .. })));
}
