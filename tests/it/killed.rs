//! `kill -9`: the next hop goes on, and what was answered has happened, wholly and once.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::apply::{APPLY, queued};
use crate::support::http::{parse, try_connect as connect};
use crate::support::{Folder, Request, World};

#[test]
fn a_session_goes_on_after_a_kill_between_two_hops() {
    let world = World::demo();
    let number = "+250788123456";
    let texts = ["", "1", "1*1", "1*1*1990", "1*1*1990*1", "1*1*1990*1*1"];
    let mut folder = Folder::new();
    let expected: Vec<_> = texts.iter().map(|text| world.hop("whole", "+250788123457", text).body).collect();
    drop(std::mem::replace(&mut folder, world.kill()));
    for (text, expected) in texts.iter().zip(&expected) {
        let world = World::start_in(folder, &[]);
        let answer = world.hop("cut", number, text);
        assert_eq!(answer.text(), String::from_utf8_lossy(expected), "after {text:?}");
        folder = world.kill();
    }
}

/// The answer to a hop, if the service lived long enough to give it.
fn try_hop(address: &str, number: &str, text: &str) -> Option<Vec<u8>> {
    let mut stream = connect(address).ok()?;
    stream.write_all(&Request::hop("load", number, text).bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let whole = bytes.windows(4).any(|window| window == b"\r\n\r\n");
    whole.then(|| parse(&bytes)).filter(|answer| answer.status == 200).map(|answer| answer.body)
}

/// What each caller was answered, hop by hop, until the service was killed at about its `kill_at`th answer.
fn load(world: &World, numbers: &[String], kill_at: usize) -> BTreeMap<String, Vec<Vec<u8>>> {
    let answered = AtomicUsize::new(0);
    let (pid, address) = (world.pid().to_string(), world.address.as_str());
    std::thread::scope(|scope| {
        let calling = numbers.iter().map(|number| {
            let (answered, pid) = (&answered, &pid);
            scope.spawn(move || {
                let mut answers = Vec::new();
                for text in APPLY {
                    let Some(answer) = try_hop(address, number, text) else { break };
                    answers.push(answer);
                    if answered.fetch_add(1, Ordering::SeqCst) + 1 == kill_at {
                        let killed = std::process::Command::new("kill").args(["-KILL", pid]).status();
                        assert!(killed.unwrap().success());
                    }
                }
                (number.clone(), answers)
            })
        });
        let calling: Vec<_> = calling.collect();
        calling.into_iter().map(|caller| caller.join().unwrap()).collect()
    })
}

#[test]
fn what_was_answered_before_a_kill_under_load_happened_wholly_and_once() {
    let numbers: Vec<String> = (1..=16).map(|at| format!("+2507800000{at:02}")).collect();
    let mut cut_short = 0;
    for kill_at in [3, 17, 33] {
        let world = World::demo();
        let before = load(&world, &numbers, kill_at);
        let total: usize = before.values().map(Vec::len).sum();
        assert!(total >= kill_at, "{total} answers");
        // A fast service may answer everybody while the kill is on its way; then this round shows less.
        cut_short += usize::from(total < numbers.len() * APPLY.len());

        let world = World::start_in(world.kill(), &[]);
        let mut applied = 0;
        for (number, answers) in &before {
            if let Some((last, answer)) = answers.len().checked_sub(1).zip(answers.last()) {
                let again = world.hop("load", number, APPLY[last]).body;
                assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(answer), "kill at {kill_at}");
            }
            let mut last = String::new();
            for text in &APPLY[answers.len().saturating_sub(1)..] {
                last = world.hop("load", number, text).text().to_owned();
            }
            // The screen after an application offers key 5 and, unlike the first screen, no key 4.
            let offers = |key: &str| last.lines().any(|line| line.starts_with(key));
            applied += usize::from(offers("5 ") && !offers("4 "));
        }
        assert!(applied >= 8, "too few had a job to apply for: {applied}");
        assert_eq!(queued(&world, "applied"), applied, "kill at {kill_at}");
    }
    assert!(cut_short >= 1, "every kill came too late to show anything");
}
