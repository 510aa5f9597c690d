//! A backup of a large store while people call: it does not keep them waiting. `KAZILINE_DRILL=full` makes a store of 1 GB.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kaziline::clock::{Clock as _, SystemClock};

use crate::support::{Folder, World, drill, run, texts};

const HOPS_PER_SECOND: i64 = 300;
const CALLERS: i64 = 12;
const SCRIPT: [&str; 6] = ["", "1", "1*1", "1*1*1990", "1*1*1990*1", "1*1*1990*1*1"];
const DATA: [&str; 2] = ["--data", "kaziline-demo"];

/// Adds messages that were sent, a moment ago for those who put away what is old, until the file has about so many megabytes.
fn fill(folder: &Folder, megabytes: u32) {
    let mut file = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    let transaction = file.transaction().unwrap();
    {
        let columns = "operation_key, status, priority, class, template, address_hmac, number_generation, address, body, \
                       segments, created_ms, due_ms, expires_ms, changed_ms, attempts, fence, lease_until_ms, client_ref, \
                       provider_id, resend_ms, possible_duplicate, reason";
        let mut message = transaction
            .prepare(&format!(
                "INSERT INTO outbox (id, {columns}) VALUES (?1, 'old:' || ?1, 'accepted', 1, 'must_arrive', 'applied', \
                 randomblob(32), 1, randomblob(45), randomblob(1600), 1, 1, 1, 1, unixepoch() * 1000, 1, 1, 0, 'r' || ?1, 'p' || ?1, 0, 0, '')"
            ))
            .unwrap();
        // About 2 kB a row, with its page's rest and its key.
        for id in 1..=i64::from(megabytes) * 512 {
            message.execute([id]).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// Hops at a fixed rate until `over`; what each took from the moment at which it was due, in microseconds.
#[expect(clippy::disallowed_methods, reason = "callers come at their own times")]
fn calls(world: &World, round: usize, over: impl Fn() -> bool + Sync) -> Vec<i64> {
    let clock = SystemClock::default();
    let began_us = clock.monotonic_us();
    let call = |caller: i64| {
        let mut took_us = Vec::new();
        for hop in 0_i64.. {
            if over() {
                break;
            }
            let due_us = began_us + (hop * CALLERS + caller) * 1_000_000 / HOPS_PER_SECOND;
            let wait_us = u64::try_from(due_us - clock.monotonic_us()).unwrap_or(0);
            std::thread::sleep(Duration::from_micros(wait_us));
            let (call, step) = (hop / 6, usize::try_from(hop % 6).unwrap());
            let number = format!("+25078{round}{caller:02}{call:04}");
            let answer = world.hop("s1", &number, SCRIPT[step]);
            assert!(answer.text().starts_with("CON "), "{answer:?}");
            took_us.push(clock.monotonic_us() - due_us);
        }
        took_us
    };
    let call = &call;
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|caller| scope.spawn(move || call(caller))).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    })
}

fn p99_ms(mut took_us: Vec<i64>) -> f64 {
    took_us.sort_unstable();
    let at = took_us.len() * 99 / 100;
    f64::from(i32::try_from(took_us[at]).unwrap()) / 1_000.0
}

#[test]
fn a_backup_of_a_large_store_keeps_nobody_waiting() {
    let megabytes = drill(100, 1_000);
    let folder = World::demo().kill();
    fill(&folder, megabytes);
    let world = World::start_in(folder, &[]);
    let clock = SystemClock::default();
    let quiet_until_us = clock.monotonic_us() + drill(3_000_000, 20_000_000);
    let quiet = calls(&world, 1, || clock.monotonic_us() > quiet_until_us);

    let done = AtomicBool::new(false);
    let (during, written, took_ms) = std::thread::scope(|scope| {
        let calling = scope.spawn(|| calls(&world, 2, || done.load(Ordering::SeqCst)));
        let began_us = clock.monotonic_us();
        let written = world.command(&[["backup", "large.db", "--json"].as_slice(), &DATA].concat());
        let took_ms = (clock.monotonic_us() - began_us) / 1_000;
        done.store(true, Ordering::SeqCst);
        (calling.join().unwrap(), written, took_ms)
    });
    assert!(written.status.success(), "{}", texts(&written).1);
    let written: serde_json::Value = serde_json::from_slice(&written.stdout).unwrap();
    let bytes = written["bytes"].as_u64().unwrap();
    let hops = during.len();
    let (before, meanwhile) = (p99_ms(quiet), p99_ms(during));
    println!(
        "{bytes} bytes in {took_ms} ms, {hops} hops meanwhile; p99 {before:.1} ms before, {meanwhile:.1} ms meanwhile"
    );
    assert!(bytes > u64::from(megabytes) * 1_000_000 && took_ms < 60_000, "{bytes} bytes in {took_ms} ms");

    // Restored, it is whole and has the rows that the backup told.
    let backup = world.folder().path().join("large.db");
    let keys = world.folder().data().join("keys");
    let other = Folder::new();
    let restore = ["restore", backup.to_str().unwrap(), "--keys", keys.to_str().unwrap(), "--json"];
    let restored = run(&[&restore[..], &DATA].concat(), other.path());
    let told: serde_json::Value = serde_json::from_slice(&restored.stdout).unwrap();
    assert_eq!(told["tables"], written["tables"]);
    let file = rusqlite::Connection::open(other.data().join("kaziline.db")).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    let messages: i64 = file.query_row("SELECT COUNT(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!((sound.as_str(), messages), ("ok", i64::from(megabytes) * 512));
}
