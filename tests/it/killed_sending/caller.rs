//! Those who call and report: at their own pace, whether the service lives or not.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kaziline::clock::{Clock as _, SystemClock};

use super::outside::{Chance, Outside, Promise, Said, wait};
use crate::support::PATIENCE;

const HOPS_PER_SECOND: i64 = 300;
const CALLING: usize = 6;
/// Visits that go on at the same time in each thread that calls.
const CALLERS_EACH: usize = 12;
const RECEIPTS_PER_SECOND: i64 = 50;
const REPORTING: usize = 2;

/// What each caller does: registers, then asks for the first job of the list, and for the next in another call.
const SCRIPTS: [(&str, &[&str]); 3] = [
    ("s1", &["6", "2", "1", "1", "1990", "1", "1", "7000", "1", "1", "1", "Uwase Aline"]),
    ("s2", &["1", "1", "1"]),
    ("s3", &["1", "1", "1"]),
];
const LISTED: &str = "CON You are listed";
const APPLIED: &str = "CON You asked for job ";

/// Somebody with a phone, who goes through [`SCRIPTS`].
struct Caller {
    number: String,
    script: usize,
    /// Keys that are pressed already.
    keys: usize,
    /// The last hop may have been taken, and was not answered.
    open: bool,
    /// What was answered in the last session that was answered.
    said: Vec<Said>,
    /// In which life of the service they spoke last.
    life: usize,
}

impl Caller {
    fn new(outside: &Outside) -> Caller {
        let at = outside.callers.fetch_add(1, Ordering::SeqCst);
        Caller { number: format!("+25079{at:07}"), script: 0, keys: 0, open: false, said: Vec::new(), life: 0 }
    }

    /// Sends one hop: after a kill one that was answered before, else the next one of the script.
    fn turn(&mut self, outside: &Outside, address: &str, chance: &mut Chance) {
        let life = outside.life();
        if self.life != life && !self.said.is_empty() {
            let last = self.said.len() - 1;
            let at = if chance.below(3) == 0 { usize::try_from(chance.below(12)).unwrap().min(last) } else { last };
            let Said { session, text, body } = &self.said[at];
            if let Some(again) = outside.hop(address, &self.number, session, text) {
                if again != *body {
                    let [before, after] = [body, &again].map(|body| String::from_utf8_lossy(body));
                    outside.fault(format!("{} {session} {text:?}: {before:?}, then {after:?}", self.number));
                }
                outside.again.fetch_add(1, Ordering::SeqCst);
                self.life = life;
            }
            return;
        }
        self.life = life;
        let (session, keys) = SCRIPTS[self.script];
        let text = keys[..self.keys].join("*");
        let answer = outside.hop(address, &self.number, session, &text);
        self.open = answer.is_none();
        let Some(body) = answer else { return };
        let is_last = self.keys == keys.len();
        if is_last {
            self.promised(outside, &String::from_utf8_lossy(&body));
        }
        if self.keys == 0 {
            self.said.clear();
        }
        self.said.push(Said { session, text, body });
        match (is_last, self.script + 1 == SCRIPTS.len()) {
            (false, _) => self.keys += 1,
            (true, false) => (self.script, self.keys) = (self.script + 1, 0),
            (true, true) => *self = Caller::new(outside),
        }
    }

    fn promised(&self, outside: &Outside, screen: &str) {
        let number = self.number.trim_start_matches('+').to_owned();
        let job = screen.strip_prefix(APPLIED).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
        if job.is_some() == (self.script > 0) && (job.is_some() || screen.starts_with(LISTED)) {
            outside.promises.lock().unwrap().push(Promise { number, job });
        } else {
            outside.fault(format!("{number} came to {screen:?}"));
        }
    }

    /// Ends what was begun, so that nothing is uncertain.
    fn ends(&mut self, outside: &Outside, address: &str, chance: &mut Chance) {
        let (clock, life) = (SystemClock::default(), outside.life());
        while self.open || (self.life != life && !self.said.is_empty()) {
            if outside.is_closed() {
                return;
            }
            if clock.monotonic_us() > i64::try_from(PATIENCE.as_micros()).unwrap() {
                return outside.fault(format!("{} is not answered", self.number));
            }
            self.turn(outside, address, chance);
        }
    }
}

/// So many times a second until all is over, however long each takes.
fn at_a_pace(outside: &Outside, per_second: i64, mut each: impl FnMut()) {
    let clock = SystemClock::default();
    for turn in 0_i64.. {
        if outside.is_over() {
            return;
        }
        let late_us = clock.monotonic_us() - turn * 1_000_000 / per_second;
        wait(Duration::from_micros(u64::try_from(-late_us).unwrap_or(0)));
        each();
    }
}

/// One of the threads that call.
fn call(outside: &Outside, address: &str, part: usize) {
    let mut chance = Chance::of(part);
    let mut callers: Vec<Caller> = (0..CALLERS_EACH).map(|_| Caller::new(outside)).collect();
    let mut next = 0;
    at_a_pace(outside, HOPS_PER_SECOND / i64::try_from(CALLING).unwrap(), || {
        callers[next].turn(outside, address, &mut chance);
        next = (next + 1) % CALLERS_EACH;
    });
    for caller in &mut callers {
        caller.ends(outside, address, &mut chance);
    }
}

/// What `under` comes to under load. It is given what ends the load, which also ends when `under` fails; then everybody
/// ends what they began, with the service that `under` leaves.
pub(super) fn load<T>(outside: &Outside, address: &str, under: impl FnOnce(Ends<'_>) -> T) -> T {
    std::thread::scope(|scope| {
        let ends = Ends(outside);
        for part in 1..=CALLING {
            scope.spawn(move || call(outside, address, part));
        }
        for _ in 0..REPORTING {
            let pace = RECEIPTS_PER_SECOND / i64::try_from(REPORTING).unwrap();
            scope.spawn(move || at_a_pace(outside, pace, || outside.report(address)));
        }
        under(ends)
    })
}

/// Tells the load that it is over, also when the test fails.
pub(super) struct Ends<'a>(&'a Outside);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
        // Nobody will answer any more.
        self.0.closed.fetch_or(std::thread::panicking(), Ordering::SeqCst);
    }
}
