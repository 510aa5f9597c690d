//! PostgreSQL's own backup and restore, as `docs/operations.md` says: a dump while people call, and a node on what was
//! restored, with the outbox held until a person lets it go.

use std::process::Stdio;

use crate::apply::{APPLY, WORKER};
use crate::nodes::{database, first};
use crate::support::cluster::{done, shared, until};
use crate::support::{Folder, World};

#[test]
fn a_dump_is_restored_and_its_calls_go_on() {
    let (url, name) = database();
    let world = first(&url);
    let on = |url: &str, command: &[&str], world: &World| {
        let done = world.command(&[command, &["--data", "kaziline-demo", "--database", url]].concat());
        assert!(done.status.success(), "{command:?}: {done:?}");
    };
    on(&url, &["outbox", "pause"], &world);
    for text in APPLY {
        world.hop("whole", WORKER, text);
    }
    for text in &APPLY[..3] {
        world.hop("cut", "+250780000003", text);
    }
    let dump = world.folder().path().join("kaziline.dump");
    // By the standard output: the server's user may not write into our folder.
    let mut dumping = shared().program("pg_dump");
    dumping.args(["--format=custom", "--dbname", &url]).stdout(std::fs::File::create(&dump).unwrap());
    assert!(dumping.status().unwrap().success());
    let later = world.hop("cut", "+250780000003", APPLY[3]);

    let restored = format!("{name}_restored");
    let restored_url = shared().create_database(&restored);
    let mut restoring = shared().program("pg_restore");
    restoring.args(["--exit-on-error", "--single-transaction", "--no-owner", "--dbname", &restored_url]);
    restoring.stdin(Stdio::from(std::fs::File::open(&dump).unwrap()));
    done(restoring);
    for table in ["person", "worker", "session", "hop", "outbox", "schema_migration", "store_key"] {
        let there = shared().psql(&restored, &format!("SELECT COUNT(*) > 0 FROM {table}"));
        assert_eq!(there, "t", "{table}");
    }
    assert_eq!(shared().psql(&restored, "SELECT COUNT(*) FROM application"), "1");

    let keys = world.folder().data().join("keys");
    let environment = [("KAZILINE_STORE_DATABASE", &*restored_url), ("KAZILINE_DATA_KEYS", keys.to_str().unwrap())];
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    std::fs::write(folder.data().join("invented"), "").unwrap();
    let after = World::start_in(folder, &environment);
    assert_eq!(
        after.hop("cut", "+250780000003", APPLY[3]).text(),
        later.text(),
        "the call goes on from the dump's moment"
    );
    let sent = "SELECT COUNT(*) FROM outbox WHERE status <> 'queued'";
    assert_eq!(shared().psql(&restored, sent), "0", "held as it was");
    on(&restored_url, &["outbox", "resume"], &after);
    until("the messages to be sent", || shared().psql(&restored, sent) == "2");
}
