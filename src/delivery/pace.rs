//! The pace of a channel: segments a second, evenly, never more than the provider allows in any second.
//!
//! The governor's cells are segments. A message of several is sent when its first cell is there, and the rest are paid
//! before the next message: so a long text costs its time and a limit of 1 a second carries it all the same.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// The part of a second's cells that may come at once: the loop that asks does not run every millisecond.
const BURST_PARTS: u32 = 50;
/// How long a lane rests that another node held: that one may have used up the second.
const REST_US: i64 = 1_000_000;

/// Our clock, as the governor reads it.
#[derive(Clone, Debug)]
pub struct Monotonic(pub Arc<dyn Clock>);

/// A moment on it, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

fn nanoseconds(duration: Nanos) -> i64 {
    i64::try_from(duration.as_u64()).unwrap_or(i64::MAX)
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        Nanos::from(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Moment(self.0.saturating_sub(nanoseconds(duration)))
    }
}

impl std::ops::Add<Nanos> for Moment {
    type Output = Moment;

    fn add(self, duration: Nanos) -> Moment {
        Moment(self.0.saturating_add(nanoseconds(duration)))
    }
}

impl GovernorClock for Monotonic {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(self.0.monotonic_us().saturating_mul(1_000))
    }
}

type Governor = RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Moment>>;

/// The pace of the lanes that this node holds.
#[derive(Debug)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    governor: Option<Governor>,
    /// Segments a second, of the channel and of the lanes held.
    rate: u32,
    /// Cells that were sent and not yet paid.
    owed: u64,
    rests_until_us: i64,
}

impl Pace {
    /// A pace without any lane: nothing may be sent.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, governor: None, rate: 0, owed: 0, rests_until_us: 0 }
    }

    /// Goes on at `rate` segments a second; 0 for no lane. `takes_over`: another has sent over these lanes a moment ago.
    pub fn set(&mut self, rate: u32, takes_over: bool) {
        if takes_over {
            self.rests_until_us = self.clock.monotonic_us().saturating_add(REST_US);
        }
        if rate == self.rate {
            return;
        }
        self.rate = rate;
        self.governor =
            quota(rate).map(|quota| RateLimiter::direct_with_clock(quota, Monotonic(Arc::clone(&self.clock))));
    }

    /// How many messages may be taken now, of at most `wanted`; each costs one segment until [`Pace::owe`] says more.
    pub fn take(&mut self, wanted: usize) -> usize {
        if self.clock.monotonic_us() < self.rests_until_us {
            return 0;
        }
        let Some(governor) = &self.governor else { return 0 };
        while self.owed > 0 && governor.check().is_ok() {
            self.owed -= 1;
        }
        if self.owed > 0 {
            return 0;
        }
        (0..wanted).take_while(|_| governor.check().is_ok()).count()
    }

    /// Adds segments that were sent beyond the one that each message had.
    pub fn owe(&mut self, segments: u64) {
        self.owed = self.owed.saturating_add(segments);
    }

    /// Milliseconds until it is worth asking again: 1 at least.
    pub fn wait_ms(&self) -> i64 {
        let rest_ms = self.rests_until_us.saturating_sub(self.clock.monotonic_us()) / 1_000;
        let rate = i64::from(self.rate.max(1));
        let owed_ms = i64::try_from(self.owed).unwrap_or(i64::MAX).saturating_mul(1_000) / rate;
        (1_000 / rate).max(owed_ms).max(rest_ms).max(1)
    }
}

/// `burst` at once and the rest evenly, together no more than `rate` in any second.
fn quota(rate: u32) -> Option<Quota> {
    let burst = 1 + rate / BURST_PARTS;
    let steady = NonZeroU32::new(rate.checked_sub(burst - 1)?)?;
    let period = Duration::from_nanos(1_000_000_000_u64.div_ceil(u64::from(steady.get())));
    Some(Quota::with_period(period)?.allow_burst(NonZeroU32::new(burst)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SimulatedClock;

    /// Sends messages of `segments` as fast as it may for ten seconds, asking every millisecond; answers when.
    fn sent(rate: u32, segments: u64) -> Vec<i64> {
        let clock = Arc::new(SimulatedClock::at(0));
        let mut pace = Pace::new(Arc::<SimulatedClock>::clone(&clock));
        pace.set(rate, false);
        let mut times = Vec::new();
        for ms in 0..10_000 {
            for _ in 0..pace.take(1_000) {
                pace.owe(segments - 1);
                times.extend((0..segments).map(|_| ms));
            }
            clock.advance(1);
        }
        times
    }

    #[test]
    fn no_second_has_more_than_the_rate_and_the_mean_is_within_a_twentieth() {
        for rate in [1, 2, 7, 10, 50, 99, 400, 1_000] {
            let times = sent(rate, 1);
            for start in 0..9_000 {
                let within = times.iter().filter(|time| (start..start + 1_000).contains(*time)).count();
                assert!(within <= usize::try_from(rate).unwrap(), "{within} of {rate} from {start} on");
            }
            let wanted = usize::try_from(rate).unwrap() * 10;
            assert!(times.len() * 20 >= wanted * 19, "{} of {wanted}", times.len());
        }
    }

    #[test]
    fn long_texts_cost_their_segments() {
        for rate in [2, 10, 100] {
            let many = sent(rate, 3).len();
            let wanted = usize::try_from(rate).unwrap() * 10;
            assert!(many * 10 >= wanted * 9 && many <= wanted + 3 + wanted / 50, "{many} of {wanted}");
        }
    }

    #[test]
    fn lanes_that_another_held_rest_for_a_second_and_no_lane_sends_nothing() {
        let clock = Arc::new(SimulatedClock::at(5_000));
        let mut pace = Pace::new(Arc::<SimulatedClock>::clone(&clock));
        assert_eq!(pace.take(9), 0);
        pace.set(10, true);
        assert_eq!((pace.take(9), pace.wait_ms()), (0, 1_000));
        clock.advance(1_000);
        assert_eq!(pace.take(9), 1);
        pace.set(0, false);
        assert_eq!(pace.take(9), 0);
    }
}
