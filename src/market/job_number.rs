//! Job numbers: short enough to be heard on the radio and typed by thumb, with a check digit against slips.
//!
//! The last digit is Damm's check digit: it finds every single wrong digit and every swap of two neighbours, and needs
//! no eleventh character. A number never begins with 0, which people drop, and is never given to a second vacancy.

use std::fmt;

/// Damm's table: a totally anti-symmetric quasigroup of order 10 (H. M. Damm, 2004).
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Digits of the shortest job numbers, the check digit among them.
pub const DIGITS_MIN: u32 = 5;
/// Digits of the longest: nine million numbers are enough for a country's decade, and more is not typed without a slip.
pub const DIGITS_MAX: u32 = 8;
/// Numbers tried of each length before one digit is added. There are 9,000 of five digits: with half of them given, one
/// vacancy in sixteen gets a sixth digit; with all of them given, a vacancy costs four tries more.
pub(super) const TRIES_PER_LENGTH: u32 = 4;

/// A job number whose check digit is right. It may still belong to no vacancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobNumber(u32);

impl JobNumber {
    /// The number as typed: digits, with spaces, dots or dashes between them and `#` or `*` around them.
    ///
    /// `None` when a digit is wrong, too many or too few.
    pub fn parse(typed: &str) -> Option<JobNumber> {
        let bare = typed.trim_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '*' | '.'));
        let mut value: u32 = 0;
        let mut digits = 0;
        for c in bare.chars() {
            match c.to_digit(10) {
                Some(digit) if digits < DIGITS_MAX => {
                    value = value * 10 + digit;
                    digits += 1;
                }
                None if matches!(c, ' ' | '-' | '.') => {}
                _ => return None,
            }
        }
        let job_number = JobNumber::from_value(i64::from(value))?;
        (digits == job_number.digits()).then_some(job_number)
    }

    /// The number as stored; `None` when it is none.
    pub fn from_value(value: i64) -> Option<JobNumber> {
        let value = u32::try_from(value).ok()?;
        let fits = value >= 10_u32.pow(DIGITS_MIN - 1) && value < 10_u32.pow(DIGITS_MAX);
        (fits && interim(value) == 0).then_some(JobNumber(value))
    }

    /// The number as stored.
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }

    /// How many digits it has.
    fn digits(self) -> u32 {
        self.0.checked_ilog10().unwrap_or(0) + 1
    }

    /// Numbers to try for a new vacancy, short ones first, drawn from `random`; the same for the same `random`.
    pub fn candidates(random: u64) -> impl Iterator<Item = JobNumber> {
        let lengths = DIGITS_MIN..=DIGITS_MAX;
        lengths.flat_map(|digits| (0..TRIES_PER_LENGTH).map(move |attempt| (digits, attempt))).map(
            move |(digits, attempt)| {
                let first = 10_u64.pow(digits - 2);
                let drawn = mix(random ^ (u64::from(digits) << 32) ^ u64::from(attempt)) % (9 * first);
                let payload = u32::try_from(first + drawn).unwrap_or(u32::MAX / 10);
                JobNumber(payload * 10 + u32::from(interim(payload)))
            },
        )
    }
}

impl fmt::Display for JobNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Damm's interim digit of a number: the check digit to append, and 0 when the last digit is the right check digit.
/// Leading zeros do not change it.
pub(super) fn interim(value: u32) -> u8 {
    interim_from(0, value, 10)
}

/// The same, begun with another digit, over the last `digits` digits of a number.
///
/// The table is a Latin square, so numbers that are right from one beginning are wrong from every other: two series of
/// numbers with different beginnings have no number in common.
pub(super) fn interim_from(begin: u8, value: u32, digits: u32) -> u8 {
    let digits = (0..digits).rev().map(|power| value / 10_u32.pow(power) % 10);
    digits.fold(begin, |interim, digit| {
        let row = DAMM.get(usize::from(interim));
        row.and_then(|row| row.get(digit as usize)).copied().unwrap_or_default()
    })
}

/// The digit that brings the check of a number to `check`: each digit is in each row of the table once.
pub(super) fn appended(payload: u32, check: u8) -> u8 {
    let row = DAMM.get(usize::from(interim(payload)));
    let at = row.and_then(|row| row.iter().position(|found| *found == check));
    at.and_then(|digit| u8::try_from(digit).ok()).unwrap_or_default()
}

/// `SplitMix64`'s finaliser (Steele, Lea, Flood 2014): spreads neighbouring inputs over all 64 bits.
pub fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_example_of_the_algorithm() {
        assert_eq!(interim(572), 4);
        assert_eq!(interim(5724), 0);
    }

    #[test]
    fn typed_forms_are_read_and_slips_refused() {
        let number = JobNumber::candidates(7).next().unwrap();
        let text = number.to_string();
        let (head, tail) = text.split_at(2);
        for typed in [text.clone(), format!(" {text}#"), format!("{head} {tail}"), format!("{head}-{tail}.")] {
            assert_eq!(JobNumber::parse(&typed), Some(number), "{typed}");
        }
        for typed in ["", "0", "1234", "123456789", "12a45", "99999999999999999999", "٤٨٢١٣", "-", &format!("0{text}")]
        {
            assert_eq!(JobNumber::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn numbers_grow_a_digit_only_when_the_short_ones_are_taken() {
        let mut taken = std::collections::BTreeSet::new();
        let mut longer_of_first_thousand = 0;
        for random in 0..20_000 {
            let given = JobNumber::candidates(mix(random)).find(|number| taken.insert(*number)).unwrap();
            longer_of_first_thousand += u32::from(random < 1000 && given.digits() > DIGITS_MIN);
        }
        assert_eq!(taken.len(), 20_000);
        assert!(longer_of_first_thousand <= 2, "{longer_of_first_thousand}");
        assert!(taken.iter().filter(|number| number.digits() == 5).count() > 7_000);
        assert!(taken.iter().all(|number| number.digits() <= 7));
    }

    proptest! {
        #[test]
        fn every_candidate_is_a_job_number_and_reads_back(random: u64) {
            for number in JobNumber::candidates(random) {
                prop_assert_eq!(JobNumber::parse(&number.to_string()), Some(number));
                prop_assert_eq!(JobNumber::from_value(number.get()), Some(number));
            }
        }

        #[test]
        fn one_wrong_digit_is_always_found(random: u64, which in 0_usize..16, at in 0_usize..8, to in 0_u8..10) {
            let text = JobNumber::candidates(random).nth(which).unwrap().to_string();
            let mut bytes = text.clone().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != b'0' + to);
            bytes[at] = b'0' + to;
            prop_assert_eq!(JobNumber::parse(std::str::from_utf8(&bytes).unwrap()), None);
        }

        #[test]
        fn a_swap_of_neighbours_is_always_found(random: u64, which in 0_usize..16, at in 0_usize..7) {
            let mut bytes = JobNumber::candidates(random).nth(which).unwrap().to_string().into_bytes();
            let at = at % (bytes.len() - 1);
            prop_assume!(bytes[at] != bytes[at + 1]);
            bytes.swap(at, at + 1);
            prop_assert_eq!(JobNumber::parse(std::str::from_utf8(&bytes).unwrap()), None);
        }

        #[test]
        fn any_text_is_read_without_fault(text: String) {
            if let Some(number) = JobNumber::parse(&text) {
                prop_assert!(number.get() >= 10_000);
            }
        }
    }
}
