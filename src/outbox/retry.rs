//! When a message that was not taken is tried again. Pure: the randomness is the caller's.
//!
//! *Full jitter*: the wait is drawn evenly from nothing to a ceiling that grows with each attempt, so that a thousand
//! messages that failed together do not come back together.

use std::sync::Arc;

/// The shortest wait: a provider that has just refused is left alone for a moment.
const WAIT_MS_MIN: i64 = 1_000;
/// The highest ceiling that a schedule may have, in seconds: a day.
const CEILING_S_MAX: i64 = 86_400;
/// The longest wait that a provider may ask for: 6 hours. More would be its fault, or a pause of the whole channel.
const RETRY_AFTER_MS_MAX: i64 = 6 * 3_600_000;

/// Sendings after which one whose outcome is not known is left unknown: as many as the usual schedule has.
pub const ATTEMPTS_MAX: i64 = 8;
/// The most sendings of one message that a schedule may plan, the first included.
pub const ATTEMPTS_MOST: usize = 20;

/// The ceilings of the waits between sendings, in milliseconds, the first first: one sending more than there are waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Arc<[i64]>);

/// 30 s, 2, 8 and 32 minutes, and three times 2 hours: the last of eight sendings is at most 6 h 43 min after the first,
/// half of that in the mean: longer than most outages, shorter than an invitation is of use.
impl Default for Schedule {
    fn default() -> Self {
        Self([30, 120, 480, 1_920, 7_200, 7_200, 7_200].map(|s| s * 1_000).into())
    }
}

/// What follows a temporary refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time, in milliseconds since the epoch.
    At(i64),
    /// It was tried often enough.
    GiveUp,
}

impl Schedule {
    /// From ceilings in seconds, each at least one; `None` where there are too many or one is out of bounds.
    pub fn of_seconds(ceilings_s: &[i64]) -> Option<Self> {
        let in_bounds = ceilings_s.iter().all(|s| (1..=CEILING_S_MAX).contains(s));
        (in_bounds && ceilings_s.len() < ATTEMPTS_MOST).then(|| Self(ceilings_s.iter().map(|s| s * 1_000).collect()))
    }

    /// Sendings of one message, the first included.
    pub fn attempts_max(&self) -> i64 {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX - 1) + 1
    }

    /// After `attempts` sendings, the last of them refused at `now_ms`. `retry_after_ms` is what the provider asked for,
    /// `random` any 64 bits that differ from message to message: [`spread`] makes them.
    pub fn after_temporary(&self, attempts: i64, now_ms: i64, retry_after_ms: Option<i64>, random: u64) -> Next {
        let waits = usize::try_from(attempts.saturating_sub(1)).unwrap_or_default();
        let Some(ceiling_ms) = self.0.get(waits) else { return Next::GiveUp };
        let asked = retry_after_ms.unwrap_or(0).clamp(0, RETRY_AFTER_MS_MAX);
        Next::At(now_ms.saturating_add(jittered(*ceiling_ms, random).max(asked)))
    }
}

/// 64 well mixed bits from a message and its attempt (the finaliser of `SplitMix64`). The schedule is no secret, so no
/// source of randomness is needed, and a simulated run repeats itself.
pub fn spread(message_id: i64, attempts: i64) -> u64 {
    let mut bits =
        message_id.cast_unsigned().wrapping_add(attempts.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Evenly from the shortest wait to `ceiling`.
fn jittered(ceiling_ms: i64, random: u64) -> i64 {
    let span = (ceiling_ms - WAIT_MS_MIN).unsigned_abs() + 1;
    WAIT_MS_MIN + i64::try_from(random % span).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usual(attempts: i64, now_ms: i64, asked: Option<i64>, random: u64) -> Next {
        Schedule::default().after_temporary(attempts, now_ms, asked, random)
    }

    #[test]
    fn the_usual_ceilings_grow_to_two_hours_and_the_last_attempt_is_the_last() {
        let half_minutes: Vec<i64> = Schedule::default().0.iter().map(|ms| ms / 30_000).collect();
        assert_eq!(half_minutes, [1, 4, 16, 64, 240, 240, 240]);
        assert_eq!(Schedule::default().attempts_max(), ATTEMPTS_MAX);
        assert_eq!(usual(ATTEMPTS_MAX, 0, None, 7), Next::GiveUp);
        assert_eq!(usual(1, 0, None, 0), Next::At(WAIT_MS_MIN));
    }

    #[test]
    fn a_schedule_may_be_said_within_bounds() {
        let once = Schedule::of_seconds(&[]).unwrap();
        assert_eq!((once.attempts_max(), once.after_temporary(1, 0, None, 3)), (1, Next::GiveUp));
        let fast = Schedule::of_seconds(&[1, 1]).unwrap();
        assert_eq!(fast.after_temporary(2, 0, None, u64::MAX), Next::At(1_000));
        assert_eq!(fast.after_temporary(3, 0, None, 0), Next::GiveUp);
        for bad in [&[0][..], &[-1], &[86_401], &[1; ATTEMPTS_MOST]] {
            assert_eq!(Schedule::of_seconds(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_provider_that_asks_for_more_is_given_it_within_reason() {
        assert_eq!(usual(1, 10, Some(60_000), 3), Next::At(60_010));
        assert_eq!(usual(1, 0, Some(i64::MAX), 3), Next::At(RETRY_AFTER_MS_MAX));
        assert_eq!(usual(1, 0, Some(-5), 0), Next::At(WAIT_MS_MIN));
    }

    proptest! {
        #[test]
        fn a_wait_lies_between_a_moment_and_its_ceiling(attempts in 1..8_usize, random in any::<u64>()) {
            let schedule = Schedule::default();
            let Next::At(due_ms) = schedule.after_temporary(attempts.try_into().unwrap(), 1_000_000, None, random) else {
                return Err(TestCaseError::fail("gave up early"));
            };
            prop_assert!((WAIT_MS_MIN..=schedule.0[attempts - 1]).contains(&(due_ms - 1_000_000)));
        }
    }

    #[test]
    fn waits_of_neighbouring_messages_are_spread_evenly() {
        let mut tenths = [0; 10];
        for id in 0..1000 {
            let tenth = usize::try_from(jittered(30_000, spread(id, 1)) * 10 / 30_001).unwrap();
            tenths[tenth] += 1;
        }
        assert!(tenths.iter().all(|count| (60..=140).contains(count)), "{tenths:?}");
        assert_ne!(spread(1, 1), spread(1, 2));
    }
}
