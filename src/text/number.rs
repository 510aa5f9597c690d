//! Whole numbers and years as people type them on a keypad.

/// Why a number was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// It is not a whole number.
    #[error("not a whole number")]
    NotANumber,
    /// More digits than any question asks for.
    #[error("the number is too large")]
    TooLarge,
    /// A year that no living person was born in, or one still to come.
    #[error("the year is out of range")]
    OutOfRange,
}

/// More digits than this are a slip of the thumb, or an attack.
const DIGITS_MAX: usize = 15;

/// Nobody alive was born earlier.
const YEAR_MIN: i32 = 1900;

/// A whole number: spaces around it and a full stop, comma, bracket or `#` behind it do not matter (`1.`, ` 90 `, `2)`).
pub fn parse(typed: &str) -> Result<i64, NumberFault> {
    let bare = typed.trim().trim_end_matches(['.', ',', ')', '#', '*', ' ']);
    if bare.is_empty() {
        return Err(if typed.trim().is_empty() { NumberFault::Empty } else { NumberFault::NotANumber });
    }
    if !bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberFault::NotANumber);
    }
    let significant = bare.trim_start_matches('0');
    if significant.len() > DIGITS_MAX {
        return Err(NumberFault::TooLarge);
    }
    Ok(significant.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// A year up to `current_year`: `1990`, `90` (1990), `05` (2005), or the end of a whole date (`12/03/1990`).
pub fn year(typed: &str, current_year: i32) -> Result<i32, NumberFault> {
    let bare = typed.trim().trim_end_matches(['.', ',', ')', '#', '*', ' ']);
    if bare.is_empty() {
        return Err(if typed.trim().is_empty() { NumberFault::Empty } else { NumberFault::NotANumber });
    }
    let mut parts = bare.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty());
    let (last, before) = (parts.next_back().unwrap_or_default(), parts.count());
    let digits = last.bytes().all(|byte| byte.is_ascii_digit()) && bare.chars().all(|c| !c.is_alphabetic());
    if last.is_empty() || !digits || !(before == 0 || before == 2) {
        return Err(NumberFault::NotANumber);
    }
    let value = i32::try_from(parse(last)?).map_err(|_| NumberFault::OutOfRange)?;
    let year = match last.len() {
        4 => value,
        2 => {
            let century = current_year - current_year.rem_euclid(100);
            if century + value <= current_year { century + value } else { century - 100 + value }
        }
        _ => return Err(NumberFault::NotANumber),
    };
    if (YEAR_MIN..=current_year).contains(&year) { Ok(year) } else { Err(NumberFault::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forgives_what_thumbs_add() {
        for typed in ["1", " 1 ", "1.", "1)", "01", "1#", "1 .", "\u{A0}1"] {
            assert_eq!(parse(typed), Ok(1), "{typed:?}");
        }
        assert_eq!(parse("0"), Ok(0));
        assert_eq!(parse("98"), Ok(98));
    }

    #[test]
    fn refuses_what_is_no_number() {
        assert_eq!(parse("  "), Err(NumberFault::Empty));
        for typed in ["-1", "+1", "1 2", "one", "1.5", ".", "١"] {
            assert_eq!(parse(typed), Err(NumberFault::NotANumber), "{typed:?}");
        }
        assert_eq!(parse(&"9".repeat(10_000)), Err(NumberFault::TooLarge));
        assert_eq!(parse(&format!("{}7", "0".repeat(10_000))), Ok(7));
    }

    #[test]
    fn years_take_the_last_possible_century() {
        let known = [("1990", 1990), ("90", 1990), ("05", 2005), ("26", 2026), ("27", 1927), (" 1990. ", 1990)];
        for (typed, expected) in known.into_iter().chain([("12/03/1990", 1990), ("12-3-90", 1990), ("00", 2000)]) {
            assert_eq!(year(typed, 2026), Ok(expected), "{typed:?}");
        }
    }

    #[test]
    fn years_that_cannot_be_are_refused() {
        for typed in ["2027", "1899", "0090"] {
            assert_eq!(year(typed, 2026), Err(NumberFault::OutOfRange), "{typed:?}");
        }
        for typed in ["5", "199", "19900", "12/1990", "ab90", "-", "a/b/90"] {
            assert_eq!(year(typed, 2026), Err(NumberFault::NotANumber), "{typed:?}");
        }
        assert_eq!(year("", 2026), Err(NumberFault::Empty));
    }

    proptest! {
        #[test]
        fn no_input_panics(typed in any::<String>(), current in 1990_i32..2200) {
            let _ = parse(&typed);
            if let Ok(found) = year(&typed, current) {
                prop_assert!((YEAR_MIN..=current).contains(&found));
            }
        }

        #[test]
        fn every_number_reads_back(value in 0_i64..1_000_000_000_000_000) {
            prop_assert_eq!(parse(&value.to_string()), Ok(value));
        }
    }
}
