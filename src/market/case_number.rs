//! Case numbers: said on the phone and typed by thumb, with the check digit of job numbers.
//!
//! They begin the check with another digit, so that no case number is ever a job number: whoever mixes them up is told,
//! and meets nobody else's job.

use std::fmt;

use super::job_number::{DIGITS_MAX, DIGITS_MIN, TRIES_PER_LENGTH, interim_from, mix};

/// What the check of a case number begins with; that of a job number begins with 0.
const BEGIN: u8 = 4;

/// A case number whose check digit is right. It may still belong to no case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber(u32);

impl CaseNumber {
    /// The number as typed: digits, with spaces or dashes between them. `None` when a digit is wrong, too many or too few.
    pub fn parse(typed: &str) -> Option<CaseNumber> {
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect();
        let fits =
            digits.len() <= usize::try_from(DIGITS_MAX).ok()? && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = CaseNumber::from_value(digits.parse().ok().filter(|_| fits)?)?;
        (!digits.starts_with('0')).then_some(number)
    }

    /// The number as stored; `None` when it is none.
    pub fn from_value(value: i64) -> Option<CaseNumber> {
        let value = u32::try_from(value).ok()?;
        let digits = value.checked_ilog10()? + 1;
        let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&digits);
        (fits && interim_from(BEGIN, value, digits) == 0).then_some(CaseNumber(value))
    }

    /// The number as stored.
    pub fn get(self) -> i64 {
        i64::from(self.0)
    }

    /// Numbers to try for a new case, short ones first, drawn from `random`; the same for the same `random`.
    pub fn candidates(random: u64) -> impl Iterator<Item = CaseNumber> {
        let lengths = DIGITS_MIN..=DIGITS_MAX;
        lengths.flat_map(|digits| (0..TRIES_PER_LENGTH).map(move |attempt| (digits, attempt))).map(
            move |(digits, attempt)| {
                let first = 10_u64.pow(digits - 2);
                let drawn = mix(random ^ (u64::from(digits) << 40) ^ u64::from(attempt)) % (9 * first);
                let payload = u32::try_from(first + drawn).unwrap_or(u32::MAX / 10);
                CaseNumber(payload * 10 + u32::from(interim_from(BEGIN, payload, digits - 1)))
            },
        )
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::job_number::JobNumber;
    use super::*;

    #[test]
    fn typed_forms_are_read_and_slips_refused() {
        let number = CaseNumber::candidates(7).next().unwrap();
        let text = number.to_string();
        let (head, tail) = text.split_at(2);
        for typed in [text.clone(), format!(" {text} "), format!("{head} {tail}"), format!("{head}-{tail}")] {
            assert_eq!(CaseNumber::parse(&typed), Some(number), "{typed}");
        }
        for typed in ["", "0", "12a45", "٤٨٢١٣", "999999999999999999999", &format!("0{text}"), &format!("{text}0000")]
        {
            assert_eq!(CaseNumber::parse(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn no_case_number_is_a_job_number_and_none_the_other_way_round(random: u64, any in 10_000_i64..100_000_000) {
            for number in CaseNumber::candidates(random) {
                prop_assert_eq!(CaseNumber::from_value(number.get()), Some(number));
                prop_assert_eq!(JobNumber::from_value(number.get()), None);
            }
            for number in JobNumber::candidates(random) {
                prop_assert_eq!(CaseNumber::from_value(number.get()), None);
            }
            prop_assert!(CaseNumber::from_value(any).is_none() || JobNumber::from_value(any).is_none());
        }

        #[test]
        fn one_wrong_digit_is_always_found(random: u64, which in 0_usize..16, at in 0_usize..8, to in 0_u8..10) {
            let mut bytes = CaseNumber::candidates(random).nth(which).unwrap().to_string().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != b'0' + to);
            bytes[at] = b'0' + to;
            prop_assert_eq!(CaseNumber::parse(std::str::from_utf8(&bytes).unwrap()), None);
        }
    }
}
