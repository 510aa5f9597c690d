//! `kill -9` under full load, again and again, with the ledger outside the process. What was answered, acknowledged or
//! queued before a kill is there after it, wholly and once: screens, messages and reports. No alert leaves twice; of
//! what must arrive at most a window's worth a kill, each of them marked. `KAZILINE_DRILL=full` kills 200 times.
//!
//! A lease lasts 90 s, and a message that must arrive waits for ten minutes before it is sent again. The drill does
//! not: every few kills, while nobody runs, the rows of the queue are made older. So what a crash has left is picked up
//! and sent again while the next kills go on.

mod account;
mod caller;
mod outside;
mod paused;
mod place;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kaziline::clock::{Clock as _, SystemClock};

use crate::support::{bound_ms, drill, run, texts};
use account::account;
use caller::load;
use outside::{Chance, Outside, Sink};
use place::{CONFIG, Place, Running};

const SEED: u64 = 20_261_123;
const WINDOW: usize = 16;
/// Messages in the queue before the first start, for each kill: the queue should not run empty.
const QUEUED_PER_KILL: usize = 110;
/// After so many kills the queue is made older.
const KILLS_BETWEEN_AGES: usize = 4;

/// The lives of the service, one after the other.
struct Lives<'a> {
    place: &'a Place,
    outside: &'a Outside,
    chance: Chance,
    ready_ms: Vec<i64>,
    log: Vec<String>,
    /// Under load, of all lives that became ready.
    lived_ms: i64,
    /// Those that were ended before they could be ready.
    unborn: usize,
}

impl Lives<'_> {
    fn start(&mut self) -> Running {
        self.outside.life.fetch_add(1, Ordering::SeqCst);
        let (running, took_ms) = Running::start(self.place, &[]);
        self.ready_ms.push(took_ms);
        running
    }

    fn kill(&mut self) {
        if self.chance.below(4) == 0 {
            // Once more, while it gets up from the last one.
            self.outside.life.fetch_add(1, Ordering::SeqCst);
            let getting_up = Running::begin(self.place, &[]);
            self.chance.wait_ms(0, 80);
            self.log.extend(getting_up.kill());
            self.unborn += 1;
        }
        let running = self.start();
        let clock = SystemClock::default();
        self.chance.wait_ms(300, 1_500);
        self.lived_ms += clock.monotonic_us() / 1_000;
        self.log.extend(running.kill());
        self.outside.no_faults();
    }

    /// Stops in order.
    fn end(&mut self, running: Running) {
        const UNDER_WAY: &str = "SELECT COUNT(*) FROM outbox WHERE status = 'sending'";
        self.log.extend(running.stop());
        self.outside.no_faults();
        assert_eq!(self.place.count(UNDER_WAY), 0, "left by a stop");
    }

    /// Kills under load. Hops, messages and reports a second, while the service lived.
    fn kills(&mut self, kills: usize) -> [usize; 3] {
        let (outside, place) = (self.outside, self.place);
        let (running, counts) = load(outside, &place.address, |ends| {
            for kill in 1..=kills {
                self.kill();
                if kill % KILLS_BETWEEN_AGES == 0 {
                    place.ages();
                }
            }
            let counts = outside.counts();
            let running = self.start();
            drop(ends);
            (running, counts)
        });
        self.end(running);
        counts.map(|count| count * 1_000 / usize::try_from(self.lived_ms).unwrap())
    }
}

#[test]
fn what_was_acknowledged_outlives_every_kill_and_doubles_at_most_a_window_of_it() {
    const APPLICATIONS: &str = "SELECT COUNT(*) FROM application";
    let kills = drill(20, 200);
    let outside = Arc::new(Outside::default());
    let sink = Sink::open(&outside);
    let place = Place::new(&sink.address);
    Running::start(&place, &[("KAZILINE_DEMO_POPULATION", "true")]).0.stop();
    let invented = place.count(APPLICATIONS);
    let (keys, queued) = place.queue(kills * QUEUED_PER_KILL);
    assert_eq!(queued.len(), kills * QUEUED_PER_KILL);

    let (ready_ms, log, chance) = (Vec::new(), Vec::new(), Chance::of(0));
    let mut lives = Lives { place: &place, outside: &outside, chance, ready_ms, log, lived_ms: 0, unborn: 0 };
    let rates = lives.kills(kills);
    // What the last kills have left unknown is sent again.
    place.ages();
    let running = lives.start();
    place.drains();
    lives.end(running);

    let Lives { mut ready_ms, log, unborn, .. } = lives;
    let account = account(&outside, &keys, &queued, &place);
    ready_ms.sort_unstable();
    let (median_ms, worst_ms) = (ready_ms[ready_ms.len() / 2], *ready_ms.last().unwrap());
    let promises = outside.promises.lock().unwrap();
    let [hops, sendings, receipts] = outside.counts();
    println!(
        "{kills} kills and {unborn} during a start, seed {SEED}; hops, SMS, receipts a second between them {rates:?}: \
         {hops} hops answered ({} again after a kill, {} apologies), {} promises of an SMS, {sendings} SMS taken by \
         the provider ({} more dropped by it), {receipts} receipts acknowledged; {account}; ready after median \
         {median_ms} ms, worst {worst_ms} ms",
        outside.again.load(Ordering::SeqCst),
        outside.apologies.load(Ordering::SeqCst),
        promises.len(),
        outside.dropped.load(Ordering::SeqCst),
    );
    let enough = drill([5, 2, 1], [75, 25, 12]);
    assert!(rates.iter().zip(enough).all(|(rate, enough)| *rate >= enough), "too little for a drill: {rates:?}");
    assert!(account.lost.is_empty(), "{:#?}", account.lost.iter().take(20).collect::<Vec<_>>());
    let applications = promises.iter().filter(|promise| promise.job.is_some()).count();
    assert_eq!(place.count(APPLICATIONS) - invented, applications);
    assert_eq!((account.alerts_doubled, account.unmarked), (0, 0));
    assert!(account.doubled_by_life.values().all(|doubled| *doubled <= WINDOW), "{:?}", account.doubled_by_life);
    assert!(account.alerts_unknown <= (kills + unborn) * WINDOW);
    assert!(account.marked > 0 && account.alerts_unknown > 0, "no kill met a message on its way");
    assert!(median_ms <= bound_ms(2_000) && worst_ms <= bound_ms(5_000), "ready after {ready_ms:?} ms");
    let errors: Vec<&String> = log.iter().filter(|line| line.contains("ERROR")).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let doctor = run(&["doctor", "--config", CONFIG], place.folder.path());
    assert_eq!(doctor.status.code(), Some(0), "{:?}", texts(&doctor));
}
