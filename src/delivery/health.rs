//! How a channel fares, as this node sees it: circuit breaker, slow return, and a budget for repeats. Pure.
//!
//! A provider that is down is asked now and then, not by everything that waits; one that comes back is not met by all of
//! it at once; and repeats never crowd out what is sent for the first time.

/// Failures in a row that open the circuit: fewer happen on any bad line.
const FAILURES_MAX: u32 = 5;
/// How long an open circuit stays open before one message tries.
const OPEN_MS: i64 = 30_000;
/// How long the way back to the full window takes.
const RAMP_MS: i64 = 60_000;
/// Repeats that may go out before any were earned.
const BUDGET_FIRST: f64 = 10.0;
/// Repeats that may be saved up.
const BUDGET_MAX: f64 = 100.0;
/// The same, in messages.
const REPEATS_MAX: u32 = 100;
/// Repeats earned by a message that is sent for the first time: one in ten.
const BUDGET_PER_FIRST: f64 = 0.1;
/// Repeats earned by a second: after an outage there is nothing but repeats, and they must go out too.
const BUDGET_PER_SECOND: f64 = 2.0;

/// What an exchange showed of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The provider answered, whatever it said of the message.
    Answered,
    /// It was not reached, failed, or gave no answer.
    Failed,
}

/// A channel's health.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    failures: u32,
    /// When the circuit closes far enough for one message; 0 while it is closed.
    open_until_ms: i64,
    /// Since when it is on its way back; 0 when it is not.
    ramp_since_ms: i64,
    budget: f64,
    budget_at_ms: i64,
}

impl Health {
    /// Of a channel of which nothing is known: taken for healthy.
    pub fn new(now_ms: i64) -> Self {
        Self { failures: 0, open_until_ms: 0, ramp_since_ms: 0, budget: BUDGET_FIRST, budget_at_ms: now_ms }
    }

    /// Whether the circuit is open: another channel should be asked.
    pub fn is_down(&self, now_ms: i64) -> bool {
        self.open_until_ms > now_ms
    }

    /// How many messages may be on their way at once, of `window` on a good day.
    pub fn window(&self, window: usize, now_ms: i64) -> usize {
        if self.is_down(now_ms) {
            return 0;
        }
        // The circuit was open and nothing has been heard since: one tries for all.
        if self.open_until_ms > 0 {
            return 1.min(window);
        }
        let since = now_ms.saturating_sub(self.ramp_since_ms);
        if self.ramp_since_ms == 0 || since >= RAMP_MS {
            return window;
        }
        let grown = usize::try_from(since.max(0)).unwrap_or(usize::MAX).saturating_mul(window);
        (1 + grown / usize::try_from(RAMP_MS).unwrap_or(usize::MAX)).min(window)
    }

    /// Whether nothing speaks against it: another channel need not be asked.
    pub fn is_sound(&self) -> bool {
        self.open_until_ms == 0
    }

    /// It was refused as a whole until then: afterwards one message tries for all.
    pub fn doubt(&mut self, until_ms: i64) {
        self.open_until_ms = self.open_until_ms.max(until_ms);
    }

    /// Takes note of an exchange. Answers until when the circuit is open if it has just opened, for the first time or again.
    pub fn saw(&mut self, sign: Sign, now_ms: i64) -> Option<i64> {
        match sign {
            Sign::Answered => {
                if self.open_until_ms > 0 {
                    self.ramp_since_ms = now_ms;
                }
                (self.failures, self.open_until_ms) = (0, 0);
                None
            }
            Sign::Failed => {
                self.failures = self.failures.saturating_add(1);
                let was_down = self.is_down(now_ms);
                if self.failures >= FAILURES_MAX || self.open_until_ms > 0 {
                    self.open_until_ms = now_ms.saturating_add(OPEN_MS);
                }
                (!was_down && self.is_down(now_ms)).then_some(self.open_until_ms)
            }
        }
    }

    /// Counts a message that is sent for the first time.
    pub fn first(&mut self) {
        self.budget = (self.budget + BUDGET_PER_FIRST).min(BUDGET_MAX);
    }

    /// How many repeats may go out now; each that does is told of by [`Health::repeated`].
    pub fn repeats_left(&mut self, now_ms: i64) -> usize {
        let seconds = now_ms.saturating_sub(self.budget_at_ms).clamp(0, RAMP_MS) / 1_000;
        if seconds > 0 || now_ms < self.budget_at_ms {
            let seconds = f64::from(u16::try_from(seconds).unwrap_or(u16::MAX));
            self.budget = (self.budget + seconds * BUDGET_PER_SECOND).min(BUDGET_MAX);
            self.budget_at_ms = now_ms;
        }
        (1..=REPEATS_MAX).take_while(|left| f64::from(*left) <= self.budget).count()
    }

    /// Counts a message that is sent again.
    pub fn repeated(&mut self) {
        self.budget = (self.budget - 1.0).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_fails_is_left_alone_tried_once_and_comes_back_slowly() {
        let mut health = Health::new(0);
        for _ in 1..FAILURES_MAX {
            assert_eq!(health.saw(Sign::Failed, 0), None);
        }
        assert_eq!(health.window(16, 0), 16, "a bad line is no outage");
        assert_eq!(health.saw(Sign::Failed, 0), Some(OPEN_MS));
        assert_eq!(health.saw(Sign::Failed, 0), None, "told once");
        assert!(health.is_down(OPEN_MS - 1) && health.window(16, OPEN_MS - 1) == 0);
        assert_eq!(health.window(16, OPEN_MS), 1);
        assert_eq!(health.saw(Sign::Failed, OPEN_MS), Some(2 * OPEN_MS));
        assert!(!health.is_sound());
        assert_eq!((health.window(16, OPEN_MS), health.window(16, 2 * OPEN_MS)), (0, 1));
        health.saw(Sign::Answered, 2 * OPEN_MS);
        let at = |ms: i64| health.window(16, 2 * OPEN_MS + ms);
        assert_eq!([at(0), at(RAMP_MS / 2), at(RAMP_MS)], [1, 9, 16]);
    }

    #[test]
    fn one_answer_between_failures_keeps_the_circuit_closed() {
        let mut health = Health::new(0);
        for round in 0..20 {
            let sign = if round % 4 == 3 { Sign::Answered } else { Sign::Failed };
            assert_eq!(health.saw(sign, round), None);
        }
        assert!(!health.is_down(20));
    }

    #[test]
    fn repeats_are_one_in_ten_or_two_a_second() {
        let mut health = Health::new(0);
        let spend = |health: &mut Health, now_ms| {
            let left = health.repeats_left(now_ms);
            (0..left).for_each(|_| health.repeated());
            left
        };
        assert_eq!(spend(&mut health, 0), 10);
        assert_eq!(health.repeats_left(0), 0);
        (0..50).for_each(|_| health.first());
        assert_eq!(spend(&mut health, 0), 4, "0.1 a message, less what rounds away");
        assert_eq!(spend(&mut health, 3_000), 6);
        assert_eq!(health.repeats_left(3_500), 0);
    }
}
