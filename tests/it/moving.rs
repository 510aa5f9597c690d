//! A store that moves from the file of one node to a PostgreSQL server, with everybody who was in the middle of a call.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::apply::{APPLY, WORKER};
use crate::support::cluster::{shared, until};
use crate::support::{Folder, World, run, texts};

const DATA: [&str; 2] = ["--data", "kaziline-demo"];
/// A second caller, in the middle of a call.
const CALLER: &str = "+250780000003";

fn database() -> (String, String) {
    static DATABASES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("moving{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    (shared().create_database(&name), name)
}

/// Fails unless the command ended with 1 and one line that says `said`, and no password.
fn refused(arguments: &[&str], folder: &Folder, said: &str) {
    let (out, err) = texts(&run(&[arguments, &DATA].concat(), folder.path()));
    assert!(out.is_empty() && err.lines().count() == 1 && err.contains(said), "{said}: {out}{err}");
    assert!(!err.contains("throwaway"), "a password: {err}");
}

#[test]
fn a_store_moves_with_its_calls_its_messages_and_what_is_sealed() {
    let (url, name) = database();
    let world = World::demo();
    assert!(world.command(&[["outbox", "pause"].as_slice(), &DATA].concat()).status.success());
    for text in APPLY {
        world.hop("whole", WORKER, text);
    }
    for text in &APPLY[..3] {
        world.hop("cut", CALLER, text);
    }
    refused(&["move", "--to", &url], world.folder(), "in use by process");
    let last = world.hop("cut", CALLER, APPLY[2]);
    let folder = world.kill();

    let moved = run(&[["move", "--json", "--to", &url].as_slice(), &DATA].concat(), folder.path());
    assert!(moved.status.success(), "{}", texts(&moved).1);
    let tables: Vec<serde_json::Value> = serde_json::from_slice(&moved.stdout).unwrap();
    assert!(tables.len() >= 14 && tables.iter().all(|table| table["table"] != "schema_migration"), "{tables:?}");
    let file = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    let mut people = 0;
    for table in &tables {
        let table_name = table["table"].as_str().unwrap();
        let counting = format!("SELECT COUNT(*) FROM {table_name}");
        let here: i64 = file.query_row(&counting, [], |row| row.get(0)).unwrap();
        let there: i64 = shared().psql(&name, &counting).parse().unwrap();
        assert_eq!((here, there), (table["rows"].as_i64().unwrap(), here), "{table}");
        people += if table_name == "person" { here } else { 0 };
    }
    assert!(people >= 300, "{people}");

    // What was served from the file is not served from there again, and nothing is carried twice.
    refused(&["serve", "--demo", "--listen", "127.0.0.1:0"], &folder, "was moved to a server");
    refused(&["outbox", "list"], &folder, "was moved to a server");
    refused(&["move", "--to", &url], &folder, "is not empty (rows: 1): give an empty database");

    let world = World::start_in(folder, &[("KAZILINE_STORE_DATABASE", &url)]);
    assert_eq!(world.hop("cut", CALLER, APPLY[2]).body, last.body, "delivered again, the answer is the stored one");
    assert!(world.hop("cut", CALLER, APPLY[3]).text().starts_with("CON "), "the call goes on");
    assert!(
        world.hop("home", WORKER, "").text().starts_with("CON "),
        "a known worker's name is opened with the old keys"
    );
    let on_server = ["--database", &url, "--data", "kaziline-demo"];
    assert!(world.command(&[["outbox", "resume"].as_slice(), &on_server].concat()).status.success());
    let sent = "SELECT COUNT(*) FROM outbox WHERE status = 'accepted' AND template = 'applied'";
    until("both messages to be sent", || shared().psql(&name, sent) == "2");
}

#[test]
fn a_move_that_cannot_be_done_changes_nothing() {
    let world = World::demo();
    let folder = world.kill();
    refused(&["move"], &folder, "where to?");
    refused(&["move", "--to", "postgres://u:throwaway@127.0.0.1:1/x"], &folder, "127.0.0.1");
    refused(&["move", "--to", "throwaway"], &folder, "address of the database");

    // A table of the file that the server does not take: everything goes back, and the file is served on.
    let (url, name) = database();
    let file = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    file.execute("UPDATE consent SET channel = 'a' || char(0)", []).unwrap();
    refused(&["move", "--to", &url], &folder, "table consent");
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) FROM phone_number"), "0");
    file.execute("UPDATE consent SET channel = 'demo'", []).unwrap();
    drop(file);

    // Keys of another database.
    let other = World::demo().kill();
    let keys = other.data().join("keys");
    let mut with_keys = crate::support::command(&["move", "--to", &url, "--data", "kaziline-demo"], folder.path());
    let (_, err) = texts(&with_keys.env("KAZILINE_DATA_KEYS", keys).output().unwrap());
    assert!(err.contains("the key file belongs to another database"), "{err}");

    drop(World::start_in(folder, &[]));
}
