//! A program and a database of neighbouring versions: the newer program brings the older database up to date, and a node
//! that runs goes on while a newer one has expanded the database under it.

use std::sync::Arc;

use kaziline::clock::{Clock, SimulatedClock};
use kaziline::migrations;
use kaziline::storage::Store;

use crate::apply::{APPLY, WORKER};
use crate::nodes::{database, first};
use crate::support::cluster::shared;
use crate::support::{Folder, World, patient, texts};

/// What a careful next version does first: room for what it will need, which nobody has to fill.
const EXPANDED: &str = "
    ALTER TABLE session ADD COLUMN note BIGINT;
    ALTER TABLE person ADD COLUMN note TEXT NOT NULL DEFAULT 'none';
    CREATE TABLE later (id BIGINT PRIMARY KEY, person_id BIGINT NOT NULL REFERENCES person (id));
    CREATE INDEX later_person ON later (person_id);
    INSERT INTO schema_migration VALUES (9999, 'later', '', 0)";

#[test]
fn a_database_of_any_earlier_version_is_brought_up_to_date_at_the_start() {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(1_700_000_000_000));
    for known in 0..migrations::POSTGRES.len() {
        let (url, name) = database();
        let old = Store::open_postgres(&url, None, &migrations::POSTGRES[..known], &clock, patient());
        old.unwrap().close();
        let world = first(&url);
        for text in APPLY {
            assert!(world.hop("s1", WORKER, text).text().starts_with("CON "), "after {known} migrations");
        }
        let applied = shared().psql(&name, "SELECT COUNT(*) FROM schema_migration");
        assert_eq!(applied, migrations::POSTGRES.len().to_string());

        let folder = Folder::new();
        std::fs::create_dir(folder.data()).unwrap();
        let file = folder.data().join("kaziline.db");
        Store::inline_at(&file, &migrations::SQLITE[..known], Arc::clone(&clock)).unwrap().close();
        // Keys that were there before, and what a demo's own start says of its people.
        std::fs::copy(world.folder().data().join("keys"), folder.data().join("keys")).unwrap();
        std::fs::write(folder.data().join("invented"), "").unwrap();
        let world = World::start_in(folder, &[]);
        for text in APPLY {
            assert!(world.hop("s1", WORKER, text).text().starts_with("CON "), "after {known} migrations");
        }
    }
}

#[test]
fn a_node_goes_on_while_a_newer_one_has_expanded_the_database() {
    let (url, name) = database();
    let (world, alone) = (first(&url), World::demo());
    // Known statements and new ones, before and after.
    for text in &APPLY[..2] {
        assert_eq!(world.hop("s1", WORKER, text).text(), alone.hop("s1", WORKER, text).text());
    }
    shared().psql(&name, EXPANDED);
    for text in &APPLY[2..] {
        assert_eq!(world.hop("s1", WORKER, text).text(), alone.hop("s1", WORKER, text).text());
    }
    for text in ["", "1", "1*1", "1*1*1990", "1*1*1990*1"] {
        let number = "+250788000001";
        assert_eq!(world.hop("s2", number, text).text(), alone.hop("s2", number, text).text());
    }
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) FROM application"), "1");
    // Started anew, it says why it does not serve.
    let folder = Folder::new();
    let keys = world.folder().data().join("keys");
    let mut again = crate::support::command(&["outbox", "list", "--database", &url], folder.path());
    let (_, err) = texts(&again.env("KAZILINE_DATA_KEYS", keys).output().unwrap());
    assert!(err.contains("newer than this program"), "{err}");
}
