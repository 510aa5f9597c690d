//! The throwaway PostgreSQL servers do what the tests that stand on them take for granted.

use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::support::cluster::{Cluster, psql, shared};
use crate::support::pair::Pair;

#[test]
fn a_committed_row_survives_a_kill() {
    let mut cluster = Cluster::start();
    let url = cluster.create_database("killed");
    cluster.psql("killed", "CREATE TABLE t (x BIGINT)");
    for row in 1..=20 {
        cluster.psql("killed", &format!("INSERT INTO t VALUES ({row})"));
    }
    cluster.kill();
    assert!(std::net::TcpListener::bind(cluster.address()).is_ok(), "nobody listens any more");
    cluster.restart();
    assert_eq!(cluster.url("killed"), url, "the address stays");
    assert_eq!(psql(&url, "SELECT count(*), min(x), max(x) FROM t"), "20|1|20");
    // A second time, and without a kill of our own before.
    cluster.restart();
    assert_eq!(psql(&url, "SELECT count(*) FROM t"), "20");
}

#[test]
fn a_server_is_as_durable_as_in_production() {
    let settings = "SELECT name || '=' || setting FROM pg_settings WHERE name IN \
                    ('fsync', 'full_page_writes', 'synchronous_commit', 'max_connections') ORDER BY name";
    let found = shared().psql("postgres", settings);
    assert_eq!(found, "fsync=on\nfull_page_writes=on\nmax_connections=100\nsynchronous_commit=on");
}

#[test]
fn tests_share_a_server_and_not_a_database() {
    let (one, other) = (shared().create_database("cluster_one"), shared().create_database("cluster_other"));
    psql(&one, "CREATE TABLE t (x BIGINT)");
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 't'";
    assert_eq!((psql(&one, tables), psql(&other, tables)), ("1".to_owned(), "0".to_owned()));
}

#[test]
fn a_paused_server_is_silent_until_it_goes_on() {
    let mut cluster = Cluster::start();
    let url = cluster.url("postgres");
    cluster.pause();
    let (answered, answer) = channel();
    let asking = std::thread::spawn(move || answered.send(psql(&url, "SELECT 1")));
    // Ten times what a client needs against a server that runs (20 to 40 ms).
    let silence = answer.recv_timeout(Duration::from_millis(400));
    assert_eq!(silence, Err(RecvTimeoutError::Timeout));
    cluster.resume();
    assert_eq!(answer.recv_timeout(crate::support::PATIENCE).unwrap(), "1");
    asking.join().unwrap().unwrap();
}

#[test]
fn a_pair_fails_over_and_keeps_what_was_acknowledged() {
    let mut pair = Pair::start();
    pair.primary.create_database("kept");
    let urls = pair.urls("kept");
    psql(&urls, "CREATE TABLE t (x BIGINT)");
    for row in 1..=20 {
        psql(&urls, &format!("INSERT INTO t VALUES ({row})"));
    }
    assert_eq!(pair.standby.psql("kept", "SELECT pg_is_in_recovery()"), "t");
    pair.kill_primary();
    pair.promote_standby();
    assert_eq!(psql(&urls, "SELECT count(*), min(x), max(x) FROM t"), "20|1|20");
    psql(&urls, "INSERT INTO t VALUES (21)");
    assert_eq!(pair.standby.psql("kept", "SELECT max(x) FROM t"), "21");
}

#[test]
fn no_commit_is_told_without_the_standby() {
    let mut pair = Pair::start();
    pair.primary.psql("postgres", "CREATE TABLE t (x BIGINT)");
    pair.standby.pause();
    let url = pair.primary.url("postgres");
    let (told, telling) = channel();
    let writing = std::thread::spawn(move || told.send(psql(&url, "INSERT INTO t VALUES (1)")));
    assert_eq!(telling.recv_timeout(Duration::from_millis(400)), Err(RecvTimeoutError::Timeout));
    pair.standby.resume();
    telling.recv_timeout(crate::support::PATIENCE).unwrap();
    writing.join().unwrap().unwrap();
}

/// What is left of a cluster: its folder, and processes that name it.
fn left(folder: &str) -> String {
    let look = r#"ls -d "$1" 2>/dev/null; for p in /proc/[0-9]*; do
                  [ "$p" = "/proc/$$" ] || ! grep -qaF -e "$1" $p/cmdline 2>/dev/null || echo "$p"; done"#;
    let output = Command::new("sh").args(["-c", look, "look", folder]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// `ipcs` of shared memory that no process uses any more, by id.
fn orphaned_memory() -> Vec<String> {
    let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[6] == "0").map(|row| row[1].to_owned()).collect()
}

#[test]
fn nothing_is_left_of_a_cluster_whatever_became_of_its_test() {
    let folder = |cluster: &Cluster| cluster.data().parent().unwrap().to_str().unwrap().to_owned();
    let memory = |cluster: &Cluster| {
        let lock = std::fs::read_to_string(cluster.data().join("postmaster.pid")).unwrap();
        lock.lines().nth(6).unwrap().split_whitespace().last().unwrap().to_owned()
    };
    // Dropped while it runs, while it stands still, after a kill, and by a panic.
    let endings: [fn(&mut Cluster); 4] =
        [|_| {}, Cluster::pause, Cluster::kill, |_| panic!("on purpose: this test looks at what a panic leaves")];
    for (at, ending) in endings.into_iter().enumerate() {
        let (told, telling) = channel();
        let test = std::thread::spawn(move || {
            let mut cluster = Cluster::start();
            told.send((folder(&cluster), memory(&cluster))).unwrap();
            ending(&mut cluster);
        });
        let (folder, memory) = telling.recv_timeout(crate::support::PATIENCE).unwrap();
        assert_eq!(test.join().is_err(), at == 3);
        assert_eq!(left(&folder), "", "ending {at}");
        assert!(!orphaned_memory().contains(&memory), "ending {at}");
    }
}

/// Run alone by the next test, which kills it: a server that only its keeper can still end.
#[test]
#[ignore = "a part of the next test, which runs it in a process of its own"]
fn holds_a_server_until_it_is_killed() {
    println!("holding {}", shared().data().display());
    loop {
        std::thread::park();
    }
}

#[test]
fn nothing_is_left_when_the_test_program_is_killed() {
    let mut tests = Command::new(std::env::current_exe().unwrap());
    tests.args(["--exact", "cluster::holds_a_server_until_it_is_killed", "--ignored", "--nocapture"]);
    let mut tests = tests.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let said = crate::support::lines(tests.stdout.take().unwrap());
    let data = loop {
        let line = said.recv_timeout(crate::support::PATIENCE).unwrap();
        if let Some((_, data)) = line.split_once("holding ") {
            break data.to_owned();
        }
    };
    let folder = data.strip_suffix("/data").unwrap();
    assert_ne!(left(folder), "", "the server runs");
    tests.kill().unwrap();
    tests.wait().unwrap();
    crate::support::cluster::until("the keeper to clean up", || left(folder).is_empty());
}
