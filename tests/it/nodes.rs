//! Several nodes on one PostgreSQL: a session's hops may reach any of them, what must happen once happens once, and what
//! becomes of one node or of the database is not the other's undoing.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::apply::{APPLY, WORKER};
use crate::support::cluster::{Cluster, shared, until};
use crate::support::pair::Pair;
use crate::support::{Folder, Starting, World, command, run, texts};

/// A new database on the shared server.
pub(crate) fn database() -> (String, String) {
    static DATABASES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("nodes{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    (shared().create_database(&name), name)
}

/// The first node on a database, which makes the keys.
pub(crate) fn first(url: &str) -> World {
    World::demo_with(&[("KAZILINE_STORE_DATABASE", url)])
}

/// Another node: the same database and keys, a folder and a number of its own.
pub(crate) fn another(url: &str, first: &World) -> World {
    let keys = first.folder().data().join("keys");
    let keys = keys.to_str().unwrap();
    let environment = [("KAZILINE_STORE_DATABASE", url), ("KAZILINE_DATA_KEYS", keys), ("KAZILINE_SERVICE_NODE", "1")];
    World::start_in(Folder::new(), &environment)
}

#[test]
fn a_session_whose_hops_reach_two_nodes_by_turns_goes_on_as_with_one() {
    let (url, name) = database();
    let one = first(&url);
    let two = another(&url, &one);
    let alone = World::demo();
    for (at, text) in APPLY.into_iter().enumerate() {
        let node = if at % 2 == 0 { &one } else { &two };
        let answer = node.hop("s1", WORKER, text);
        assert_eq!(answer.text(), alone.hop("s1", WORKER, text).text(), "at {text:?}");
        // Each hop is delivered again, to the other node.
        let other = if at % 2 == 0 { &two } else { &one };
        assert_eq!(other.hop("s1", WORKER, text).body, answer.body, "{text:?} again");
    }
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) FROM application"), "1");
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) FROM outbox WHERE template = 'applied'"), "1");
}

#[test]
fn a_hop_that_reaches_two_nodes_at_once_many_times_happens_once() {
    let (url, name) = database();
    let one = first(&url);
    let two = another(&url, &one);
    for text in &APPLY[..3] {
        one.hop("s1", WORKER, text);
    }
    let answers: Vec<_> = std::thread::scope(|scope| {
        let nodes = [&one, &two].into_iter().cycle().take(12);
        let sending: Vec<_> = nodes.map(|node| scope.spawn(|| node.hop("s1", WORKER, APPLY[3]))).collect();
        sending.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    assert!(answers[0].text().starts_with("CON "), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:?}");
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) FROM application"), "1");
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) FROM outbox WHERE template = 'applied'"), "1");
}

#[test]
fn each_message_is_sent_by_one_of_two_nodes() {
    let (url, name) = database();
    let one = first(&url);
    let two = another(&url, &one);
    let people = 24;
    std::thread::scope(|scope| {
        for person in 0..people {
            let node = if person % 2 == 0 { &one } else { &two };
            scope.spawn(move || {
                let number = format!("+25078{:07}", person + 1);
                for text in APPLY {
                    node.hop("s1", &number, text);
                }
            });
        }
    });
    let applied: usize = shared().psql(&name, "SELECT COUNT(*) FROM application").parse().unwrap();
    assert!(applied >= 10, "{applied}");
    let sent = "SELECT COUNT(*) FROM outbox WHERE status = 'accepted' AND attempts = 1";
    until("all messages to be sent", || {
        shared().psql(&name, sent) == shared().psql(&name, "SELECT COUNT(*) FROM outbox")
    });
    assert_eq!(
        shared().psql(&name, "SELECT COUNT(*) FROM outbox_attempt WHERE event = 'accepted'"),
        applied.to_string()
    );
}

#[test]
fn nodes_that_start_at_once_on_an_empty_database_migrate_it_once() {
    let (url, name) = database();
    let world = World::demo();
    let keys = world.folder().data().join("keys");
    std::thread::scope(|scope| {
        let start = || {
            let folder = Folder::new();
            let mut list = command(&["outbox", "list", "--database", &url], folder.path());
            list.env("KAZILINE_DATA_KEYS", &keys).output().unwrap()
        };
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        for started in starting {
            let output = started.join().unwrap();
            assert!(output.status.success(), "{}", texts(&output).1);
        }
    });
    assert_eq!(shared().psql(&name, "SELECT COUNT(*) = MAX(number) FROM schema_migration"), "t");
}

#[test]
fn keys_of_another_database_and_a_database_of_a_newer_program_are_refused() {
    let (url, name) = database();
    drop(first(&url));
    let folder = Folder::new();
    let refused = |says: &str| {
        let output = run(&["outbox", "list", "--database", &url], folder.path());
        let (_, err) = texts(&output);
        assert!(output.status.code() == Some(1) && err.contains(says) && err.lines().count() == 1, "{err}");
        assert!(!err.contains("throwaway"), "a password: {err}");
    };
    refused("the key file belongs to another database");
    shared().psql(&name, "INSERT INTO schema_migration VALUES (9999, 'later', '', 0)");
    refused("newer than this program");
    shared().psql(&name, "DELETE FROM schema_migration WHERE number = 9999");
    shared().psql(&name, "UPDATE schema_migration SET sha256 = '' WHERE number = 1");
    refused("was changed after it was applied");
    let nowhere = run(&["outbox", "list", "--database", "postgres://u:throwaway@127.0.0.1:1/x"], folder.path());
    assert!(nowhere.status.code() == Some(1) && !texts(&nowhere).1.contains("throwaway"), "{nowhere:?}");
}

#[test]
fn a_database_that_is_gone_and_comes_back_costs_apologies_and_no_restart() {
    let mut cluster = Cluster::start();
    let world = first(&cluster.create_database("market"));
    assert!(world.hop("s1", WORKER, "").text().starts_with("CON "));
    cluster.kill();
    let apology = world.hop_once("s1", WORKER, "1");
    assert!(apology.text().starts_with("END "), "{apology:?}");
    cluster.restart();
    until("hops to be answered again", || world.hop("s1", WORKER, "1").text().starts_with("CON "));
    // What was acknowledged before is there: the visit goes on where it was.
    assert!(world.hop("s1", WORKER, "1*1").text().starts_with("CON "));
}

#[test]
fn a_service_that_starts_before_its_database_waits_for_it() {
    let mut cluster = Cluster::start();
    let url = cluster.create_database("market");
    cluster.kill();
    let starting = Starting::at("127.0.0.1:0", Folder::new(), &[("KAZILINE_STORE_DATABASE", &url)]);
    starting.until_logged("it is tried again");
    cluster.restart();
    assert!(starting.ready().hop("s1", WORKER, "").text().starts_with("CON "));
}

#[test]
fn a_node_that_stands_still_in_the_middle_of_its_work_holds_nobody_up() {
    let (url, _) = database();
    let one = first(&url);
    let two = another(&url, &one);
    for text in &APPLY[..3] {
        one.hop("s1", WORKER, text);
    }
    one.stand_still();
    let answer = two.hop("s1", WORKER, APPLY[3]);
    assert!(answer.text().starts_with("CON "), "{answer:?}");
    one.go_on();
    assert_eq!(one.hop("s1", WORKER, APPLY[3]).body, answer.body);
}

#[test]
fn when_the_primary_dies_and_its_standby_takes_over_nothing_that_was_answered_is_lost() {
    let mut pair = Pair::start();
    pair.primary.create_database("market");
    let world = first(&pair.urls("market"));
    let rounds = 10;
    for person in 0..rounds {
        let number = format!("+25078811{person:04}");
        assert!(world.hop("s1", &number, "").text().starts_with("CON "));
    }
    pair.kill_primary();
    let apology = world.hop_once("late", "+250788119999", "");
    assert!(apology.text().starts_with("END "), "{apology:?}");
    pair.promote_standby();
    until("hops to be answered again", || world.hop("after", "+250788118888", "").text().starts_with("CON "));
    let kept = pair.standby.psql("market", "SELECT COUNT(*) FROM phone_number WHERE last_hop_ms > 0");
    assert!(kept.parse::<usize>().unwrap() > rounds, "{kept}");
    for person in 0..rounds {
        let number = format!("+25078811{person:04}");
        assert!(world.hop("s1", &number, "1").text().starts_with("CON "), "the session of {number} goes on");
    }
}
