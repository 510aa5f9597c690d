//! Numbers of bookings: said on the phone like a job's number, and never taken for one.
//!
//! The same digits and the same check as [`job_number`](crate::market::job_number), but the check comes out at another
//! digit: every single wrong digit and every swap of two neighbours is found as there, and no booking's number is a job's.

use std::fmt;

use crate::market::job_number::{DIGITS_MAX, DIGITS_MIN, appended, interim, mix};

/// What Damm's check of a booking's number comes to; a job's comes to 0.
const CHECK: u8 = 7;
/// Numbers tried of each length before one digit is added.
const TRIES_PER_LENGTH: u32 = 4;

/// A booking's number whose check is right. There may still be no such booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookingNumber(u32);

impl BookingNumber {
    /// The number as typed or stored; `None` when it is none.
    pub fn from_value(value: i64) -> Option<BookingNumber> {
        let value = u32::try_from(value).ok()?;
        let fits = value >= 10_u32.pow(DIGITS_MIN - 1) && value < 10_u32.pow(DIGITS_MAX);
        (fits && interim(value) == CHECK).then_some(BookingNumber(value))
    }

    /// The number as stored.
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }

    /// Numbers to try for a new hiring, short ones first, drawn from `random`; the same for the same `random`.
    pub fn candidates(random: u64) -> impl Iterator<Item = BookingNumber> {
        let lengths = DIGITS_MIN..=DIGITS_MAX;
        lengths.flat_map(|digits| (0..TRIES_PER_LENGTH).map(move |attempt| (digits, attempt))).map(
            move |(digits, attempt)| {
                let first = 10_u64.pow(digits - 2);
                let drawn = mix(random ^ (u64::from(digits) << 40) ^ u64::from(attempt)) % (9 * first);
                let payload = u32::try_from(first + drawn).unwrap_or(u32::MAX / 10);
                BookingNumber(payload * 10 + u32::from(appended(payload, CHECK)))
            },
        )
    }
}

impl fmt::Display for BookingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::market::job_number::JobNumber;

    proptest! {
        #[test]
        fn every_candidate_reads_back_and_none_is_a_job(random: u64) {
            let mut before = 0;
            for number in BookingNumber::candidates(random) {
                prop_assert_eq!(BookingNumber::from_value(number.get()), Some(number));
                prop_assert_eq!(JobNumber::from_value(number.get()), None);
                prop_assert!(number.to_string().len() >= before);
                before = number.to_string().len();
            }
            for number in JobNumber::candidates(random) {
                prop_assert_eq!(BookingNumber::from_value(number.get()), None);
            }
        }

        #[test]
        fn one_wrong_digit_and_a_swap_of_neighbours_are_found(random: u64, at in 0_usize..4, to in 0_u8..10) {
            let text = BookingNumber::candidates(random).next().unwrap().to_string();
            let value = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().parse::<i64>().unwrap();
            let mut wrong = text.clone().into_bytes();
            if wrong[at] != b'0' + to {
                wrong[at] = b'0' + to;
                prop_assert_eq!(BookingNumber::from_value(value(wrong)), None);
            }
            let mut swapped = text.clone().into_bytes();
            if swapped[at] != swapped[at + 1] {
                swapped.swap(at, at + 1);
                prop_assert_eq!(BookingNumber::from_value(value(swapped)), None);
            }
        }
    }
}
