//! Opening: versions, damage, keys, and the folder's lock. Each refusal is one clear line.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{MIGRATIONS, Place, ids, insert};
use crate::storage::{
    Column, DataFolder, FolderFault, KeyFault, Keys, Migration, MigrationFault, OpenError, Options, Purpose, Store,
    Work,
};

const SECOND: Migration = Migration::new(2, "second", "CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT;");

fn open(place: &Place, migrations: &[Migration]) -> Result<Store, OpenError> {
    Store::open_sqlite(&place.path(), migrations, place.clock.clone(), Options::default())
}

fn fault(opened: Result<Store, OpenError>) -> MigrationFault {
    match opened {
        Err(OpenError::Migration(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn migrations_are_applied_once_and_later_ones_follow() {
    let place = Place::new();
    let store = open(&place, MIGRATIONS).unwrap();
    store.transact_blocking(Work::bulk(), |tx| insert(tx, 1)).unwrap();
    drop(store);
    let both = [MIGRATIONS[0], SECOND];
    for _ in 0..2 {
        let store = open(&place, &both).unwrap();
        assert_eq!(store.read_blocking(ids), Ok(vec![1]));
    }
    let newer = fault(open(&place, MIGRATIONS));
    assert_eq!(newer, MigrationFault::Newer { found: 2, known: 1 });
    assert_eq!(
        newer.to_string(),
        "the database is at version 2, newer than this program, which knows 1: use a newer program"
    );
}

#[test]
fn an_edited_migration_and_gaps_are_refused() {
    let place = Place::new();
    drop(open(&place, &[MIGRATIONS[0], SECOND]).unwrap());
    let edited = Migration::new(2, "second", "CREATE TABLE other (id INTEGER PRIMARY KEY, more TEXT) STRICT;");
    assert_eq!(fault(open(&place, &[MIGRATIONS[0], edited])), MigrationFault::Edited { number: 2, name: "second" });
    let renamed = Migration { name: "zweite", ..SECOND };
    assert!(matches!(fault(open(&place, &[MIGRATIONS[0], renamed])), MigrationFault::Edited { number: 2, .. }));
    let third = Migration { number: 3, ..SECOND };
    assert_eq!(fault(open(&place, &[MIGRATIONS[0], third])), MigrationFault::Gap { number: 2, recorded: false });
    let store = open(&place, &[MIGRATIONS[0], SECOND]).unwrap();
    store
        .transact_blocking(Work::bulk(), |tx| tx.execute("DELETE FROM schema_migration WHERE number = 1", &[]))
        .unwrap();
    drop(store);
    assert_eq!(fault(open(&place, &[MIGRATIONS[0], SECOND])), MigrationFault::Gap { number: 1, recorded: true });
}

#[test]
fn a_failing_migration_leaves_the_database_as_it_was() {
    let place = Place::new();
    let broken = Migration::new(2, "broken", "CREATE TABLE other (id INTEGER) STRICT; CREATE TABLE item (id) STRICT;");
    assert!(matches!(fault(open(&place, &[MIGRATIONS[0], broken])), MigrationFault::Failed { number: 2, .. }));
    let committing = Migration::new(2, "committing", "COMMIT;");
    assert!(matches!(fault(open(&place, &[MIGRATIONS[0], committing])), MigrationFault::Failed { number: 2, .. }));
    assert!(open(&place, &[MIGRATIONS[0], SECOND]).is_ok(), "nothing of the broken one was left");
}

#[test]
fn a_damaged_file_is_refused() {
    let place = Place::new();
    let store = place.store();
    for id in 1..=200 {
        store.transact_blocking(Work::bulk(), move |tx| insert(tx, id)).unwrap();
    }
    drop(store);
    let mut file = std::fs::OpenOptions::new().write(true).open(place.path()).unwrap();
    file.seek(SeekFrom::Start(4_096 * 5)).unwrap();
    file.write_all(&[0xa5; 8_192]).unwrap();
    drop(file);
    assert!(matches!(open(&place, MIGRATIONS), Err(OpenError::Damaged { .. })));
    std::fs::write(place.path(), b"this was never a database, only a text of some length").unwrap();
    assert!(open(&place, MIGRATIONS).is_err());
}

#[test]
fn the_database_is_its_owners_alone() {
    let place = Place::new();
    let store = place.store();
    store.transact_blocking(Work::bulk(), |tx| insert(tx, 1)).unwrap();
    for file in [place.path(), place.path().with_extension("db-wal")] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_folder_serves_one_process_at_a_time() {
    let outer = TempDir::new().unwrap();
    let path = outer.path().join("a").join("data");
    let folder = DataFolder::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    assert!(matches!(DataFolder::open(&path), Err(FolderFault::InUse { .. })));
    drop(folder);
    let folder = DataFolder::open(&path).unwrap();
    assert_eq!(folder.database(), path.join("kaziline.db"));
    assert_eq!(folder.admin_socket(), DataFolder::admin_socket_in(&path));
    std::fs::write(outer.path().join("file"), b"").unwrap();
    let inside_a_file = DataFolder::open(&outer.path().join("file").join("data"));
    assert!(matches!(inside_a_file, Err(FolderFault::NotWritable { .. })));
}

#[test]
fn keys_are_made_once_and_read_again() {
    let outer = TempDir::new().unwrap();
    let folder = DataFolder::open(outer.path()).unwrap();
    let made = Keys::in_folder(&folder).unwrap();
    assert_eq!(mode(&folder.keys()), 0o600);
    assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 2, "the lock and the keys, and no draft");
    let hash = |keys: &Keys| keys.keyed_hash(Purpose::Msisdn, b"250788000001");
    assert_eq!(hash(&made), hash(&Keys::in_folder(&folder).unwrap()));
    assert_ne!(hash(&made), hash(&Keys::of_no_secret()));
    assert!(matches!(Keys::create(&folder.keys()), Err(KeyFault::File { .. })), "never over a file that is there");
    assert_eq!(hash(&made), hash(&Keys::load(&folder.keys()).unwrap()));
    std::fs::remove_file(folder.keys()).unwrap();
    std::fs::write(folder.database(), b"").unwrap();
    assert!(matches!(Keys::in_folder(&folder), Err(KeyFault::Missing { .. })), "a database without its keys");
}

#[test]
fn a_database_knows_its_keys() {
    let place = Place::new();
    let other = Keys::create(&place.folder.path().join("keys")).unwrap();
    let store = place.store();
    assert!(store.check_keys_blocking(&Keys::of_no_secret()).is_ok());
    drop(store);
    let store = place.store();
    assert!(matches!(store.check_keys_blocking(&other), Err(OpenError::Keys(KeyFault::OtherDatabase))));
    assert!(store.check_keys_blocking(&Keys::of_no_secret()).is_ok());
}

#[test]
fn keys_never_show_themselves() {
    let path = TempDir::new().unwrap();
    let keys = Keys::create(&path.path().join("keys")).unwrap();
    assert_eq!(format!("{keys:?}"), "Keys { key_id: 1, .. }");
    assert_eq!(Column::new("person", "name"), Column { table: "person", column: "name" });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_change_of_a_key_file_is_noticed(at in 0_usize..108, with in any::<u8>()) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("keys");
        Keys::create(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != with);
        bytes[at] = with;
        std::fs::write(&path, &bytes).unwrap();
        prop_assert!(matches!(Keys::load(&path), Err(KeyFault::Damaged { .. })), "at {at}");
        bytes.truncate(at);
        std::fs::write(&path, &bytes).unwrap();
        prop_assert!(matches!(Keys::load(&path), Err(KeyFault::Damaged { .. })), "at {at}");
    }
}
