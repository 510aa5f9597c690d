//! What can be wrong at a start: each gets one clear line, exit code 1, and nothing is left half done.

use std::path::Path;
use std::process::Stdio;

use crate::support::{Folder, World, command, ends, texts};

/// Starts `serve` expecting it to fail; its line on standard error.
fn fails(arguments: &[&str], environment: &[(&str, &str)], folder: &Path) -> String {
    let mut serve = command(arguments, folder);
    serve.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = ends(serve.spawn().unwrap());
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(out.is_empty(), "it said that it was ready: {out}");
    for debug in ["panicked", "Os {", "Error(", "Some(", "RUST_BACKTRACE"] {
        assert!(!err.contains(debug), "{err}");
    }
    let told: Vec<&str> = err.lines().filter(|line| line.starts_with("kaziline: ")).collect();
    assert_eq!(told.len(), 1, "{err}");
    err
}

fn one_line(err: &str) -> &str {
    assert_eq!(err.lines().count(), 1, "{err}");
    err.trim_end()
}

const DEMO: [&str; 4] = ["serve", "--demo", "--listen", "127.0.0.1:0"];

#[test]
fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    let err = fails(&["serve", "--demo", "--listen", &address], &[], folder.path());
    let line = one_line(&err);
    assert!(
        line.starts_with(&format!("kaziline: cannot listen on {address}: ")) && line.contains("--listen"),
        "{line}"
    );
}

#[test]
fn a_data_folder_in_use_names_the_process_that_uses_it() {
    let world = World::demo();
    let err = fails(&DEMO, &[], world.folder().path());
    let line = one_line(&err);
    assert!(line.contains("kaziline-demo is in use by process ") && line.contains(&world.pid().to_string()), "{line}");
    assert_eq!(world.get("/health/ready").status, 200);
}

#[test]
fn a_data_folder_that_cannot_be_written() {
    let folder = Folder::new();
    // Not a matter of permissions, so that it holds for root as well.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let err = fails(&[&DEMO[..], &["--data", "file/data"]].concat(), &[], folder.path());
    assert!(one_line(&err).starts_with("kaziline: the data folder file/data is not writable: "), "{err}");
}

#[test]
fn a_database_that_is_newer_than_the_program() {
    let folder = World::demo().kill();
    let database = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    let record = "INSERT INTO schema_migration SELECT 999, 'later', sha256, applied_ms FROM schema_migration LIMIT 1";
    database.execute(record, []).unwrap();
    drop(database);
    let err = fails(&DEMO, &[], folder.path());
    assert!(one_line(&err).contains("the database is at version 999, newer than this program"), "{err}");
}

#[test]
fn a_wrong_a_damaged_and_a_missing_key_file() {
    let (folder, other) = (World::demo().kill(), World::demo().kill());
    let keys = folder.data().join("keys");
    let own = std::fs::read(&keys).unwrap();
    std::fs::copy(other.data().join("keys"), &keys).unwrap();
    let err = fails(&DEMO, &[], folder.path());
    assert!(one_line(&err).contains("the key file belongs to another database"), "{err}");
    std::fs::write(&keys, &own[..own.len() / 2]).unwrap();
    let err = fails(&DEMO, &[], folder.path());
    assert!(one_line(&err).contains("is damaged or is not a key file"), "{err}");
    std::fs::remove_file(&keys).unwrap();
    let err = fails(&DEMO, &[], folder.path());
    assert!(one_line(&err).contains("is missing"), "{err}");
    std::fs::write(&keys, &own).unwrap();
    assert_eq!(World::start_in(folder, &[]).get("/health/ready").status, 200);
}

#[test]
fn a_broken_menu_file_is_shown_with_its_place() {
    let folder = Folder::new();
    crate::support::copy_menus(&folder.path().join("menus"));
    let flow = folder.path().join("menus/flows/home.toml");
    let text = std::fs::read_to_string(&flow).unwrap();
    std::fs::write(&flow, text.replacen("go = \"help.enter\"", "go = \"help.strat\"", 1)).unwrap();
    let err = fails(&DEMO, &[("KAZILINE_MENUS_FOLDER", "menus")], folder.path());
    assert!(err.contains("flows/home.toml:") && err.contains("help.strat"), "{err}");
    let err = fails(&DEMO, &[("KAZILINE_MENUS_FOLDER", "nowhere")], folder.path());
    assert!(one_line(&err).contains("nowhere/bundle.toml cannot be read"), "{err}");
}

#[test]
fn a_configuration_with_faults_is_told_whole() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("k.toml"), "[server]\nlistn = 1\n[log]\nlevel = 3\n").unwrap();
    let err = fails(&["serve", "--config", "k.toml"], &[("KAZILINE_SERVER_IDLE", "1")], folder.path());
    assert_eq!(err.lines().count(), 4, "{err}");
    assert!(err.contains("k.toml:2: unknown key `server.listn`") && err.contains("KAZILINE_SERVER_IDLE: "), "{err}");
    let err = fails(&["serve", "--config", "nowhere.toml"], &[], folder.path());
    assert!(err.contains("nowhere.toml"), "{err}");
    let err = fails(&["serve"], &[], folder.path());
    assert!(err.contains("no channel of kind") && err.contains("serve --demo"), "{err}");
    assert!(!folder.path().join("kaziline-data").exists(), "a start that cannot succeed leaves nothing behind");
}

#[test]
fn invented_people_never_come_among_real_ones() {
    let folder = Folder::new();
    let real = "[channel.a]\nkind = \"ussd\"\ndialect = \"africastalking\"\nsecret = \"0123456789abcdef\"\n\
                [channel.b]\nkind = \"sms\"\ndialect = \"loopback\"\n[server]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(folder.path().join("k.toml"), real).unwrap();
    let mut serve = command(&["serve", "--config", "k.toml", "--data", "real"], folder.path());
    let mut service = serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(service.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.starts_with("kaziline  listening on http://127.0.0.1:"), "{line}");
    service.kill().unwrap();
    service.wait().unwrap();
    let err = fails(&[&DEMO[..], &["--data", "real"]].concat(), &[], folder.path());
    assert!(one_line(&err).contains("was not made with --demo"), "{err}");
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let folder = Folder::new();
    for arguments in [&["serve", "--dmeo"][..], &["nothing"], &[], &["dial"], &["outbox", "show", "x"]] {
        let output = crate::support::run(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
