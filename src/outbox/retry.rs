//! When a message that was not taken is tried again. Pure: the randomness is the caller's.
//!
//! *Full jitter*: the wait is drawn evenly from nothing to a ceiling that grows with each attempt, so that a thousand
//! messages that failed together do not come back together.

/// Sendings of one message, the first included. With the ceilings below, the last is at most 6 h 43 min after the first,
/// half of that in the mean: longer than most outages, shorter than an invitation is of use.
pub const ATTEMPTS_MAX: i64 = 8;
/// The ceiling of the first wait. A busy provider is often free again in less.
const FIRST_CEILING_MS: i64 = 30_000;
/// How much each ceiling exceeds the one before.
const GROWTH: i64 = 4;
/// The highest ceiling: 2 hours.
const CEILING_MS: i64 = 2 * 3_600_000;
/// The shortest wait: a provider that has just refused is left alone for a moment.
const WAIT_MS_MIN: i64 = 1_000;
/// The longest wait that a provider may ask for: 6 hours. More would be its fault, or a pause of the whole channel.
const RETRY_AFTER_MS_MAX: i64 = 6 * 3_600_000;

/// What follows a temporary refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time, in milliseconds since the epoch.
    At(i64),
    /// It was tried often enough.
    GiveUp,
}

/// After `attempts` sendings, the last of them refused at `now_ms`. `retry_after_ms` is what the provider asked for,
/// `random` any 64 bits that differ from message to message: [`spread`] makes them.
pub fn after_temporary(attempts: i64, now_ms: i64, retry_after_ms: Option<i64>, random: u64) -> Next {
    if attempts >= ATTEMPTS_MAX {
        return Next::GiveUp;
    }
    let asked = retry_after_ms.unwrap_or(0).clamp(0, RETRY_AFTER_MS_MAX);
    Next::At(now_ms.saturating_add(jittered(ceiling_ms(attempts), random).max(asked)))
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

fn ceiling_ms(attempts: i64) -> i64 {
    let mut ceiling = FIRST_CEILING_MS;
    for _ in 1..attempts {
        ceiling = (ceiling * GROWTH).min(CEILING_MS);
    }
    ceiling
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

    #[test]
    fn ceilings_grow_to_two_hours_and_the_last_attempt_is_the_last() {
        let half_minutes: Vec<i64> = (1..ATTEMPTS_MAX).map(|attempts| ceiling_ms(attempts) / 30_000).collect();
        assert_eq!(half_minutes, [1, 4, 16, 64, 240, 240, 240]);
        assert_eq!(after_temporary(ATTEMPTS_MAX, 0, None, 7), Next::GiveUp);
        assert_eq!(after_temporary(1, 0, None, 0), Next::At(WAIT_MS_MIN));
    }

    #[test]
    fn a_provider_that_asks_for_more_is_given_it_within_reason() {
        assert_eq!(after_temporary(1, 10, Some(60_000), 3), Next::At(60_010));
        assert_eq!(after_temporary(1, 0, Some(i64::MAX), 3), Next::At(RETRY_AFTER_MS_MAX));
        assert_eq!(after_temporary(1, 0, Some(-5), 0), Next::At(WAIT_MS_MIN));
    }

    proptest! {
        #[test]
        fn a_wait_lies_between_a_moment_and_its_ceiling(attempts in 1..ATTEMPTS_MAX, random in any::<u64>()) {
            let Next::At(due_ms) = after_temporary(attempts, 1_000_000, None, random) else {
                return Err(TestCaseError::fail("gave up early"));
            };
            prop_assert!((WAIT_MS_MIN..=ceiling_ms(attempts)).contains(&(due_ms - 1_000_000)));
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
