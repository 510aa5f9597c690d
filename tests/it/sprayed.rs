//! Thousands of callers whose hops reach two nodes as it comes, again and at once: the same screens and the same rows as one
//! node gives that is asked in order. `KAZILINE_DRILL=full` makes 10,000 sessions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use kaziline::clock::{Clock as _, SystemClock};

use crate::nodes::{another, database, first};
use crate::support::cluster::{shared, until};
use crate::support::{World, drill};

/// What callers do, key by key: register in full, in part, with wrong keys, refuse, look for a job number, go back.
const SCRIPTS: [&[&str]; 6] = [
    &["", "6", "2", "1", "1", "1990", "1", "1", "7000", "1", "1", "1", "Uwase Aline"],
    &["", "1", "1", "1990", "1"],
    &["", "1", "1", "19", "1990", "7", "1", "1"],
    &["", "1", "2"],
    &["", "6", "2", "1", "1", "1990", "1", "0", "1", "1", "7000"],
    &["", "6", "9"],
];
/// What a caller leaves behind, and must leave once.
const TABLES: [&str; 9] =
    ["phone_number", "refusal", "person", "consent", "worker", "worker_trade", "session", "hop", "outbox"];
const CALLERS_AT_ONCE: usize = 16;

/// The number of a caller, and the script that they follow.
fn caller(at: usize) -> (String, &'static [&'static str]) {
    (format!("+25079{at:07}"), SCRIPTS[at % SCRIPTS.len()])
}

/// The cumulative texts of a script, as a gateway sends them, until the call ends.
fn texts(script: &[&str]) -> Vec<String> {
    (1..=script.len()).map(|keys| script[1..keys].join("*")).collect()
}

/// The rows of each table, by how they are counted.
fn rows(mut count: impl FnMut(&str) -> i64) -> BTreeMap<&'static str, i64> {
    TABLES.into_iter().map(|table| (table, count(&format!("SELECT COUNT(*) FROM {table}")))).collect()
}

/// Each script's screens and rows, by one node on a file that one caller at a time asks in order.
fn model() -> Vec<(Vec<String>, BTreeMap<&'static str, i64>)> {
    let world = World::demo();
    let file = rusqlite::Connection::open(world.folder().data().join("kaziline.db")).unwrap();
    let count = || rows(|counting| file.query_row(counting, [], |row| row.get(0)).unwrap());
    let follow = |at| {
        let (number, script) = caller(at);
        let before = count();
        let screens = texts(script).iter().map(|text| world.hop("s1", &number, text).text().to_owned()).collect();
        let left = count().into_iter().map(|(table, rows)| (table, rows - before[table])).collect();
        (screens, left)
    };
    (0..SCRIPTS.len()).map(follow).collect()
}

#[test]
fn sessions_sprayed_over_two_nodes_come_out_as_with_one() {
    let model = model();
    assert!(model.iter().all(|(screens, left)| screens[0].starts_with("CON ") && left["hop"] > 0), "{model:?}");
    let sessions = drill(1_000, 10_000);
    let (url, name) = database();
    let one = first(&url);
    let nodes = [&one, &another(&url, &one)];
    let before = rows(|counting| shared().psql(&name, counting).parse().unwrap());
    let (next, hops, apologies) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let clock = SystemClock::default();
    let began_us = clock.monotonic_us();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS_AT_ONCE {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if at >= sessions {
                        return;
                    }
                    let (number, script) = caller(at);
                    for (step, text) in texts(script).iter().enumerate() {
                        let expected = &model[at % SCRIPTS.len()].0[step];
                        // A draw of this caller and hop, the same in every run.
                        let draw = (at * 31 + step * 17) % 10;
                        let (node, other) = (nodes[draw % 2], nodes[(draw + 1) % 2]);
                        let ask = |node: &World| {
                            let mut answer = node.hop_once("s1", &number, text);
                            // Whoever gets an apology dials again, and their gateway sends the hop again.
                            until("an answer that is no apology", || {
                                let is_apology = answer.is_apology();
                                if is_apology {
                                    apologies.fetch_add(1, Ordering::SeqCst);
                                    answer = node.hop_once("s1", &number, text);
                                }
                                !is_apology
                            });
                            hops.fetch_add(1, Ordering::SeqCst);
                            assert_eq!(answer.text(), expected, "{number} at {text:?}");
                        };
                        if draw < 2 {
                            // Both at once.
                            std::thread::scope(|both| {
                                both.spawn(|| ask(node));
                                ask(other);
                            });
                        } else {
                            ask(node);
                        }
                        if draw == 2 || draw == 3 {
                            // Again, elsewhere.
                            ask(other);
                        }
                    }
                }
            });
        }
    });
    let seconds = (clock.monotonic_us() - began_us) / 1_000_000;
    let (hops, apologies) = (hops.into_inner(), apologies.into_inner());
    println!("{sessions} sessions, {hops} requests on two nodes in {seconds} s, {apologies} apologies");
    assert!(apologies <= drill(hops, sessions / 100), "{apologies} apologies");
    for (table, rows) in rows(|counting| shared().psql(&name, counting).parse().unwrap()) {
        let expected: i64 = (0..sessions).map(|at| model[at % SCRIPTS.len()].1[table]).sum();
        assert_eq!(rows - before[table], expected, "{table}");
    }
}
