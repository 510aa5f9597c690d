//! How long to wait before the next connection: longer each time, and spread by chance, so that the nodes of a cluster
//! do not come back at the same moment.

use std::time::Duration;

/// Doublings of the shortest wait: enough to reach any longest one.
const DOUBLINGS_MAX: u32 = 16;

/// The waits between connections.
#[derive(Debug)]
pub(super) struct BackOff {
    chance: u64,
    failures: u32,
    shortest: Duration,
    longest: Duration,
}

impl BackOff {
    pub(super) fn new(seed: u64, shortest: Duration, longest: Duration) -> Self {
        Self { chance: seed, failures: 0, shortest, longest: longest.max(shortest) }
    }

    /// Between the shortest wait and a limit that doubles with each failure up to the longest.
    pub(super) fn next(&mut self) -> Duration {
        self.failures = (self.failures + 1).min(DOUBLINGS_MAX);
        let limit = self.shortest.saturating_mul(1 << self.failures).min(self.longest);
        let spread_us = u64::try_from(limit.saturating_sub(self.shortest).as_micros()).unwrap_or(u64::MAX);
        self.shortest + Duration::from_micros(self.draw() % spread_us.saturating_add(1))
    }

    /// A session proved to be of use: the next failure is a first one.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// `SplitMix64`: chance enough for a wait.
    fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_their_limits_and_differ_between_seeds() {
        let (shortest, longest) = (Duration::from_secs(5), Duration::from_mins(1));
        let waits = |seed| {
            let mut back_off = BackOff::new(seed, shortest, longest);
            (0..40).map(|_| back_off.next()).collect::<Vec<_>>()
        };
        let all: Vec<Vec<Duration>> = (0..50).map(waits).collect();
        assert!(all.iter().flatten().all(|wait| (shortest..=longest).contains(wait)));
        assert!(all.iter().all(|waits| waits[0] <= Duration::from_secs(10) && waits[1] <= Duration::from_secs(20)));
        assert!(all.iter().any(|waits| waits[10] > Duration::from_secs(50)));
        assert_ne!(all[0], all[1]);
        assert_eq!(waits(7), waits(7));
    }

    #[test]
    fn a_session_of_use_begins_anew() {
        let mut back_off = BackOff::new(7, Duration::from_secs(5), Duration::from_mins(1));
        for _ in 0..100 {
            back_off.next();
        }
        back_off.reset();
        assert!(back_off.next() <= Duration::from_secs(10));
    }
}
