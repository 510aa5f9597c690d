//! The phase of a connection, and whether it has lasted too long. No clock: a tick that comes at even steps counts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::listener::Limits;

/// Where a connection stands between two requests and in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Accepted; no byte has come yet.
    Fresh = 0,
    /// A request has begun to arrive.
    Head = 1,
    /// A request is being answered; its body and its work have limits of their own.
    Busy = 2,
    /// An answer is leaving.
    Writing = 3,
    /// Between two requests.
    Idle = 4,
}

const PHASES: [Phase; 5] = [Phase::Fresh, Phase::Head, Phase::Busy, Phase::Writing, Phase::Idle];
/// The phase stands in the low bits; the rest counts changes, so that a phase that came back is not taken for one that
/// stayed.
const PHASE_BITS: u32 = 3;

/// The phase of one connection, written by its stream and its service, read by its tick.
#[derive(Debug, Default)]
pub(super) struct Pulse(AtomicU32);

impl Pulse {
    fn phase(&self) -> Phase {
        let low = self.0.load(Ordering::Relaxed) & ((1 << PHASE_BITS) - 1);
        PHASES.into_iter().find(|phase| *phase as u32 == low).unwrap_or(Phase::Fresh)
    }

    /// All of these run in the connection's own task, one after the other: load and store need no exchange.
    fn enter(&self, phase: Phase) {
        let changes = (self.0.load(Ordering::Relaxed) >> PHASE_BITS).wrapping_add(1);
        self.0.store((changes << PHASE_BITS) | phase as u32, Ordering::Relaxed);
    }

    /// Bytes were read. Only the first of a request counts: dripping does not win time.
    pub(super) fn bytes_came(&self) {
        if matches!(self.phase(), Phase::Fresh | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// The head of a request is whole.
    pub(super) fn request_came(&self) {
        self.enter(Phase::Busy);
    }

    /// The answer is made.
    pub(super) fn answered(&self) {
        self.enter(Phase::Writing);
    }

    /// All that was written has left.
    pub(super) fn flushed(&self) {
        if self.phase() == Phase::Writing {
            self.enter(Phase::Idle);
        }
    }
}

/// Looks at a pulse at every tick.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Limits,
    seen: u32,
    age_ms: u64,
}

/// The longest step between two looks: limits are kept to within one.
const TICK_MS_MAX: u64 = 1_000;
/// The shortest step.
const TICK_MS_MIN: u64 = 5;
/// Looks in the shortest limit.
const LOOKS: u64 = 4;

impl Watch {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: *limits, seen: 0, age_ms: 0 }
    }

    fn tick_ms(&self) -> u64 {
        let Limits { first_byte_ms, header_read_ms, answer_write_ms, idle_ms, .. } = self.limits;
        let shortest = first_byte_ms.min(header_read_ms).min(answer_write_ms).min(idle_ms);
        (shortest / LOOKS).clamp(TICK_MS_MIN, TICK_MS_MAX)
    }

    /// The step between two looks.
    pub(super) fn tick(&self) -> Duration {
        Duration::from_millis(self.tick_ms())
    }

    /// Whether the phase has outlasted its time. Called once a tick.
    pub(super) fn is_over(&mut self, pulse: &Pulse) -> bool {
        let now = pulse.0.load(Ordering::Relaxed);
        if now != self.seen {
            (self.seen, self.age_ms) = (now, 0);
            return false;
        }
        self.age_ms = self.age_ms.saturating_add(self.tick_ms());
        let limit_ms = match pulse.phase() {
            Phase::Fresh => self.limits.first_byte_ms,
            Phase::Head => self.limits.header_read_ms,
            Phase::Busy => return false,
            Phase::Writing => self.limits.answer_write_ms,
            Phase::Idle => self.limits.idle_ms,
        };
        self.age_ms > limit_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        connections_max: 1,
        first_byte_ms: 400,
        header_read_ms: 800,
        answer_write_ms: 1_200,
        idle_ms: 1_600,
        stop_ms: 0,
    };

    /// Ticks until the connection is given up; `None` when it outlives a hundred.
    fn ticks(pulse: &Pulse, mut each: impl FnMut(&Pulse)) -> Option<u64> {
        let mut watch = Watch::new(&LIMITS);
        assert_eq!(watch.tick(), Duration::from_millis(100));
        watch.is_over(pulse);
        (1..=100).find(|_| {
            each(pulse);
            watch.is_over(pulse)
        })
    }

    #[test]
    fn each_phase_has_its_time() {
        let pulse = Pulse::default();
        // The look before the first tick is the first of the fresh phase.
        assert_eq!(ticks(&pulse, |_| {}), Some(4));
        pulse.bytes_came();
        assert_eq!(ticks(&pulse, |_| {}), Some(9));
        pulse.request_came();
        assert_eq!(ticks(&pulse, |_| {}), None);
        pulse.answered();
        assert_eq!(ticks(&pulse, |_| {}), Some(13));
        pulse.flushed();
        assert_eq!(ticks(&pulse, |_| {}), Some(17));
    }

    #[test]
    fn dripping_headers_wins_no_time_and_requests_do() {
        let pulse = Pulse::default();
        pulse.bytes_came();
        assert_eq!(ticks(&pulse, Pulse::bytes_came), Some(9));
        let request = |pulse: &Pulse| {
            pulse.bytes_came();
            pulse.request_came();
            pulse.answered();
            pulse.flushed();
        };
        assert_eq!(ticks(&pulse, request), None);
    }

    #[test]
    fn a_flush_before_the_answer_is_not_its_end() {
        let pulse = Pulse::default();
        pulse.bytes_came();
        pulse.request_came();
        pulse.flushed();
        pulse.bytes_came();
        assert_eq!(pulse.phase(), Phase::Busy);
    }
}
