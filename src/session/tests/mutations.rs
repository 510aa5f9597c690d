//! Mutations of menus: each is refused with a place, or accepted and then never faults in a caller's hand.
//!
//! `KAZILINE_DRILL=full` makes as many as the product promises; without it there are enough to notice a mistake.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::wander::{Chance, Ground, wander};
use crate::actions::{self, Host};
use crate::config::full_drill;
use crate::country::Country;
use crate::embedded;
use crate::menu::tests::example::{ExampleLabels, MANIFEST, sources_with};
use crate::menu::{Labels, Manifest, Sources, examine};
use crate::storage::Keys;

/// Hops of a walk: enough to come anywhere in the example and back.
const HOPS: usize = 8;

/// What a mutation makes of a line: another line of the same file, nothing, itself twice, or a value from elsewhere.
fn mutate(sources: &Sources, chance: &mut Chance) -> Sources {
    let mut sources = sources.clone();
    for _ in 0..=chance.below(2) {
        let file = chance.below(sources.files.len());
        let lines: Vec<String> = sources.files[file].text.lines().map(str::to_owned).collect();
        let mut changed = lines.clone();
        let at = chance.below(lines.len());
        match chance.below(6) {
            0 => drop(changed.remove(at)),
            1 => changed.insert(at, lines[at].clone()),
            2 => changed[at].clone_from(&lines[chance.below(lines.len())]),
            3 => changed.swap(at, chance.below(lines.len())),
            // A quoted word takes the place of another: a key, a state, an outcome, a text.
            _ => {
                let words: Vec<&str> = lines.iter().flat_map(|line| line.split('"').skip(1).step_by(2)).collect();
                let other = chance.one(&words).copied().unwrap_or_default();
                let mut parts: Vec<&str> = lines[at].split('"').collect();
                let quoted = parts.len() / 2;
                if quoted > 0 {
                    parts[1 + 2 * chance.below(quoted)] = other;
                    changed[at] = parts.join("\"");
                }
            }
        }
        sources.files[file].text = changed.join("\n") + "\n";
    }
    sources
}

/// How many came out how.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    refused: usize,
    accepted: usize,
    repeated: usize,
}

/// What is mutated, and what is known of all mutations so far: one that comes again tells nothing new.
struct Subject<'a> {
    base: &'a Sources,
    manifest: &'a Manifest,
    labels: &'a dyn Labels,
    seen: Mutex<HashSet<Vec<u8>>>,
}

fn run(subject: &Subject<'_>, mutations: usize, walks: usize, seed: u64) -> Tally {
    let Subject { base, manifest, labels, seen } = subject;
    let (mut chance, mut tally) = (Chance::of(seed), Tally::default());
    for number in 0..mutations {
        let sources = mutate(base, &mut chance);
        if !seen.lock().unwrap().insert(sources.hash().to_vec()) {
            tally.repeated += 1;
            continue;
        }
        let found = examine(&sources, manifest, *labels);
        let Some(bundle) = found.bundle else {
            tally.refused += 1;
            let records = found.report.records();
            assert!(!records.is_empty(), "refused without a reason: {number}");
            for record in records.iter().filter(|record| record.level == "error") {
                assert!(!record.file.is_empty() && record.line > 0, "no place: {}", record.what);
            }
            continue;
        };
        tally.accepted += 1;
        let ground = Ground { bundle: &bundle, manifest, labels: *labels };
        if let Err(grief) = wander(ground, u64::try_from(number).unwrap(), walks, HOPS) {
            let changed = sources.files.iter().zip(&base.files).find(|(a, b)| a != b).unwrap();
            panic!("seed {seed}, mutation {number}: {grief:?}\n{}:\n{}", changed.0.path, changed.0.text);
        }
    }
    println!("seed {seed}: {mutations} mutations of {} files, {walks} walks each: {tally:?}", base.files.len());
    tally
}

/// Seeds that a drill divides its mutations among: so that each core has work, and each prints before the last ends.
const SHARES: usize = 20;

/// A drill's mutations on every core there is; without a drill one seed does.
fn drill(base: &Sources, manifest: &Manifest, labels: &dyn Labels, mutations: usize, walks: usize) -> Tally {
    let subject = Subject { base, manifest, labels, seen: Mutex::default() };
    if !full_drill() {
        return run(&subject, mutations, walks, 1);
    }
    let (next, sum) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SHARES {
                break;
            }
            let tally = run(&subject, mutations / SHARES, walks, u64::try_from(seed).unwrap() + 1);
            let mut sum = sum.lock().unwrap();
            sum.refused += tally.refused;
            sum.accepted += tally.accepted;
            sum.repeated += tally.repeated;
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    *sum.lock().unwrap()
}

#[test]
fn mutations_of_a_small_bundle_are_refused_or_never_fault() {
    let (mutations, walks) = if full_drill() { (1_000_000, 1_000) } else { (1_500, 60) };
    let tally = drill(&sources_with(&[]), &MANIFEST, &ExampleLabels, mutations, walks);
    // Of those that differ: a drill makes most of them more than once.
    let told = tally.accepted + tally.refused;
    assert!(told > mutations / 5 && tally.accepted > told / 50 && tally.refused > told / 2, "{tally:?}");
}

#[test]
fn mutations_of_the_shipped_menus_are_refused_or_never_fault() {
    let host = Host::new(Country::embedded("RW").unwrap(), Keys::of_no_secret(), "*567#".to_owned());
    let (mutations, walks) = if full_drill() { (2_000, 1_000) } else { (60, 60) };
    let tally = drill(&embedded::menus(), actions::manifest(), &host, mutations, walks);
    assert!(tally.accepted > 0 && tally.refused > mutations / 10, "{tally:?}");
}
