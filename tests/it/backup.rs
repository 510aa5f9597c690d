//! Backups, restoring them, holding the queue, and the doctor: through the program as an operator runs it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use crate::apply::{APPLY, WORKER};
use crate::support::{Folder, World, run, texts};

const DATA: [&str; 2] = ["--data", "kaziline-demo"];

fn on_demo(command: &[&str], folder: &Path) -> Output {
    run(&[command, &DATA].concat(), folder)
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", texts(output)))
}

/// Fails unless the command ended with 1 and one line that says `said`.
fn refused(output: &Output, said: &str) {
    let (out, err) = texts(output);
    assert_eq!((output.status.code(), out.as_str(), err.lines().count()), (Some(1), "", 1), "{said}: {err}");
    assert!(err.starts_with("kaziline: ") && err.contains(said), "{said}: {err}");
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Restores `backup` of `from` into a folder of its own, as a demo that can be served again.
fn restored(from: &Folder, backup: &str, more: &[&str]) -> (Folder, Output) {
    let folder = Folder::new();
    let keys = from.data().join("keys");
    let backup = from.path().join(backup);
    let restore = ["restore", backup.to_str().unwrap(), "--keys", keys.to_str().unwrap()];
    let output = on_demo(&[&restore, more].concat(), folder.path());
    if output.status.success() {
        // A backup holds the database alone; this file tells `--demo` that everybody in it is invented.
        std::fs::copy(from.data().join("invented"), folder.data().join("invented")).unwrap();
    }
    (folder, output)
}

#[test]
fn a_backup_under_hops_is_restored_goes_on_and_sends_nothing_until_it_is_resumed() {
    let world = World::demo();
    assert!(on_demo(&["outbox", "pause"], world.folder().path()).status.success());
    // Three screens of one call, an application that queues an SMS, and callers all the while.
    for text in &APPLY[..3] {
        world.hop("cut", "+250780000003", text);
    }
    for text in APPLY {
        world.hop("whole", WORKER, text);
    }
    let made = std::thread::scope(|scope| {
        for caller in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for call in 0..25 {
                    let answer = world.hop(&format!("load{call}"), &format!("+25078100000{caller}"), "");
                    assert!(answer.text().starts_with("CON "), "{answer:?}");
                }
            });
        }
        world.command(&["backup", "b.db", "--json", "--data", "kaziline-demo"])
    });
    let written = json(&made);
    let mode = std::fs::metadata(world.folder().path().join("b.db")).unwrap().permissions().mode();
    assert_eq!((made.status.code(), mode & 0o777, &written["is_encrypted"]), (Some(0), 0o600, &false.into()));
    assert_eq!(names(world.folder().path()), ["b.db", "kaziline-demo"]);
    refused(&world.command(&["backup", "b.db", "--data", "kaziline-demo"]), "b.db is there already");
    let expected = world.hop("cut", "+250780000003", APPLY[3]);

    let old = world.kill();
    let (folder, output) = restored(&old, "b.db", &["--json"]);
    let report = json(&output);
    assert_eq!((&report["tables"], &report["sha256"]), (&written["tables"], &written["sha256"]));
    let jobs = report["tables"].as_array().unwrap().iter().find(|table| table[0] == "vacancy").unwrap();
    assert!(jobs[1].as_i64().unwrap() >= 120, "{jobs}");

    let world = World::start_in(folder, &[]);
    // The call that was cut goes on where the backup was taken.
    assert_eq!(world.hop("cut", "+250780000003", APPLY[3]).text(), expected.text());
    let held = texts(&world.command(&["outbox", "list", "--data", "kaziline-demo"])).0;
    assert!(held.contains("2 queued\nheld (restored) since ") && !held.contains("accepted"), "{held}");
    world.phone(WORKER).messages(0);
    let examined = world.command(&["doctor", "--data", "kaziline-demo"]);
    let (out, _) = texts(&examined);
    assert!(
        examined.status.code() == Some(0) && out.contains("warning  queue        held since it was restored"),
        "{out}"
    );

    let resumed = world.command(&["outbox", "resume", "--data", "kaziline-demo"]);
    assert!(texts(&resumed).0.starts_with("messages are sent again: the queue was held (restored)"), "{resumed:?}");
    world.phone(WORKER).messages(1);
    let again = world.command(&["outbox", "resume", "--data", "kaziline-demo"]);
    assert_eq!(texts(&again).0, "the queue was not held\n");
}

#[test]
fn an_encrypted_backup_comes_back_and_only_whole_and_with_its_key() {
    let (old, other) = (World::demo().kill(), World::demo().kill());
    let at = old.path();
    // At rest, encrypted with the service's own keys.
    let made = on_demo(&["backup", "b.kzb", "--encrypt-with", "kaziline-demo/keys"], at);
    let (out, err) = texts(&made);
    assert_eq!((made.status.code(), err.as_str()), (Some(0), ""), "{out}");
    assert!(
        out.contains("vacancy") && out.contains(", encrypted, sha256 ") && out.contains("The keys are not in it"),
        "{out}"
    );
    let bytes = std::fs::read(at.join("b.kzb")).unwrap();
    assert!(bytes.starts_with(b"kaziline-backup\n") && !bytes.windows(15).any(|part| part == b"SQLite format 3"));
    assert!(!names(&old.data()).iter().any(|name| name.contains("backup")), "{:?}", names(&old.data()));

    let (folder, output) = restored(&old, "b.kzb", &[]);
    assert_eq!(output.status.code(), Some(0), "{:?}", texts(&output));
    assert_eq!(names(&folder.data()), ["invented", "kaziline.db", "keys", "lock"]);
    let examined = on_demo(&["doctor"], folder.path());
    assert_eq!(examined.status.code(), Some(0), "{:?}", texts(&examined));
    let twice = on_demo(&["restore", at.join("b.kzb").to_str().unwrap()], folder.path());
    refused(&twice, "kaziline.db is there already: restore into a folder without a database");

    // Another key; cut short, also where a chunk ends; one byte changed; something else altogether.
    let other_keys = other.data().join("keys");
    let (_, wrong_key) = restored(&old, "b.kzb", &["--decrypt-with", other_keys.to_str().unwrap()]);
    refused(&wrong_key, "it was encrypted with another key");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    let chunk = 49 + 65_536 + 16;
    for (name, spoiled, said) in [
        ("flipped", &flipped[..], "damaged or cut short in the 64 KiB that begin at byte "),
        ("cut", &bytes[..bytes.len() - 9], "damaged or cut short"),
        ("chunk", &bytes[..chunk], "damaged or cut short in the 64 KiB that begin at byte 49"),
        ("text", &b"no backup at all"[..], "is not a backup"),
        ("empty", &b""[..], "is not a backup"),
    ] {
        std::fs::write(at.join(name), spoiled).unwrap();
        let (folder, output) = restored(&old, name, &[]);
        refused(&output, said);
        let left = if folder.data().exists() { names(&folder.data()) } else { Vec::new() };
        assert!(left.iter().all(|file| file == "lock"), "{name}: {left:?}");
    }
}

#[test]
fn a_damaged_plain_backup_and_keys_of_another_database_are_refused() {
    let (old, other) = (World::demo().kill(), World::demo().kill());
    assert!(on_demo(&["backup", "b.db"], old.path()).status.success());
    let bytes = std::fs::read(old.path().join("b.db")).unwrap();
    let mut flipped = bytes.clone();
    // The number of cells of some page in the middle.
    flipped[bytes.len() / 2 / 4_096 * 4_096 + 4] ^= 0x7f;
    for (name, spoiled) in [("cut.db", &bytes[..bytes.len() / 2]), ("flipped.db", &flipped[..])] {
        std::fs::write(old.path().join(name), spoiled).unwrap();
        refused(&restored(&old, name, &[]).1, &format!("{name} is damaged or cut short"));
    }
    let folder = Folder::new();
    let backup = old.path().join("b.db");
    let keys = other.data().join("keys");
    let restore = ["restore", backup.to_str().unwrap(), "--keys", keys.to_str().unwrap()];
    refused(&on_demo(&restore, folder.path()), "belongs to another database");
    assert_eq!(names(&folder.data()), ["lock"]);
    refused(&on_demo(&["restore", backup.to_str().unwrap()], folder.path()), "is missing");
    refused(&on_demo(&["restore", "nowhere.db"], Folder::new().path()), "nowhere.db cannot be used");
}

#[test]
fn a_backup_that_cannot_be_written_leaves_nothing() {
    let world = World::demo();
    let at = world.folder().path();
    let backup = |more: &[&str]| world.command(&[&["backup"], more, &DATA].concat());
    refused(&backup(&["nowhere/b.db"]), "nowhere/b.db.partial cannot be used");
    refused(&backup(&["b.db", "--encrypt-with", "no-keys"]), "no-keys is missing");
    std::fs::write(at.join("c.db.partial"), "").unwrap();
    refused(&backup(&["c.db"]), "c.db.partial is there: another backup writes it");
    assert_eq!(names(at), ["c.db.partial", "kaziline-demo"]);
    refused(&on_demo(&["backup", "b.db"], Folder::new().path()), "there is no database in kaziline-demo");
    // What lies in the folder is not the database of a deployment that has it on a server.
    let database = ["--database", "postgres://nobody@127.0.0.1:1/none"];
    for command in [&["backup", "b.db"][..], &["restore", "b.db"], &["doctor"]] {
        refused(&on_demo(&[command, &database].concat(), at), "the database is on a PostgreSQL server");
    }
}

#[test]
fn the_queue_is_paused_and_resumed_at_rest_and_alive() {
    let folder = World::demo().kill();
    let paused = texts(&on_demo(&["outbox", "pause"], folder.path())).0;
    assert!(paused.starts_with("held (paused) since ") && paused.ends_with("`kaziline outbox resume`\n"), "{paused}");
    let world = World::start_in(folder, &[]);
    for text in APPLY {
        world.hop("whole", WORKER, text);
    }
    let list = json(&world.command(&["outbox", "list", "--json", "--data", "kaziline-demo"]));
    assert_eq!((&list["held"]["reason"], &list["counts"][0][0]), (&"paused".into(), &"queued".into()));
    world.phone(WORKER).messages(0);
    let resumed = json(&world.command(&["outbox", "resume", "--json", "--data", "kaziline-demo"]));
    assert_eq!(resumed["hold"]["reason"], "paused");
    world.phone(WORKER).messages(1);
}

/// How one check of the doctor came out.
fn level(output: &Output, check: &str) -> String {
    let findings = json(output);
    let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("{check}: {findings}"))["level"].as_str().unwrap().to_owned()
}

#[test]
fn the_doctor_finds_a_fresh_demo_sound_and_says_what_is_wrong_with_others() {
    let world = World::demo();
    let sound = world.command(&["doctor", "--data", "kaziline-demo"]);
    let (out, err) = texts(&sound);
    assert_eq!((sound.status.code(), err.as_str()), (Some(0), ""), "{out}");
    for check in ["service", "database", "migrations", "keys", "clock", "queue", "wal", "disk", "permissions"] {
        assert!(out.lines().any(|line| line.split_whitespace().nth(1) == Some(check)), "{check}: {out}");
    }
    assert!(!out.contains("fault") && out.contains("ok       service      runs and takes commands"), "{out}");

    let folder = world.kill();
    let doctor = |folder: &Folder| on_demo(&["doctor", "--json"], folder.path());
    assert_eq!((doctor(&folder).status.code(), level(&doctor(&folder), "keys").as_str()), (Some(0), "ok"));

    let set_mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let keys = folder.data().join("keys");
    for (path, mode, good) in [(&keys, 0o644, 0o600), (&folder.data(), 0o755, 0o700)] {
        set_mode(path, mode);
        let found = doctor(&folder);
        assert_eq!((found.status.code(), level(&found, "permissions").as_str()), (Some(1), "fault"));
        set_mode(path, good);
    }

    let own = std::fs::read(&keys).unwrap();
    std::fs::copy(World::demo().folder().data().join("keys"), &keys).unwrap();
    let found = doctor(&folder);
    assert_eq!((found.status.code(), level(&found, "keys").as_str()), (Some(1), "fault"));
    std::fs::write(&keys, own).unwrap();

    // A command that opens the store leaves nothing in the WAL, where a damaged page would be whole.
    assert!(on_demo(&["outbox", "list"], folder.path()).status.success());
    let database = folder.data().join("kaziline.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xa5);
    std::fs::write(&database, bytes).unwrap();
    let found = doctor(&folder);
    assert_eq!((found.status.code(), level(&found, "database").as_str()), (Some(1), "fault"));
    let nothing = on_demo(&["doctor"], Folder::new().path());
    let (out, _) = texts(&nothing);
    assert!(nothing.status.code() == Some(1) && out.contains("there is no database in kaziline-demo"), "{out}");
}
