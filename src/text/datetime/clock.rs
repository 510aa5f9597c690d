//! Clock times: written with the part of day, read from a keypad.

use std::sync::LazyLock;

use jiff::{Timestamp, tz::TimeZone};

use super::Day;
use crate::text::{Language, gsm7};

/// Minutes of a day; a minute of day is below it.
pub const MINUTES_PER_DAY: u16 = 24 * 60;

/// Kinyarwanda hours counted from daybreak: entry 0 is one hour after six o'clock. Draft for a native speaker's review.
const RW_HOURS: [&str; 12] = [
    "moya",
    "mbiri",
    "tatu",
    "yine",
    "tanu",
    "sita",
    "saba",
    "munani",
    "cyenda",
    "kumi",
    "kumi n'imwe",
    "kumi n'ebyiri",
];

/// Swahili hours counted from daybreak. Draft for a native speaker's review.
const SW_HOURS: [&str; 12] =
    ["moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa", "kumi", "kumi na moja", "kumi na mbili"];

/// Kinyarwanda part of day of an hour of the 24-hour clock. Draft: the edges differ between speakers, the hours do not.
fn rw_part(hour: u16) -> &'static str {
    match hour {
        3..=4 => "z'urukerera",
        5..=11 => "za mugitondo",
        12..=15 => "z'amanywa",
        16..=18 => "z'umugoroba",
        _ => "z'ijoro",
    }
}

/// Swahili part of day of an hour of the 24-hour clock. Draft.
fn sw_part(hour: u16) -> &'static str {
    match hour {
        4..=5 => "alfajiri",
        6..=11 => "asubuhi",
        12..=15 => "mchana",
        16..=18 => "jioni",
        _ => "usiku",
    }
}

/// A clock time with its part of day; a minute of the next day wraps round. Minutes are shown when they are not zero.
///
/// 07:00 is `saa moya za mugitondo`, `7am`, `7h du matin`, `saa moja asubuhi`. French counts to 24 from noon on, which
/// needs no part of day.
pub fn clock(minute_of_day: u16, language: Language) -> String {
    let minute_of_day = minute_of_day % MINUTES_PER_DAY;
    let (hour, minute) = (minute_of_day / 60, minute_of_day % 60);
    match language {
        Language::Rw => {
            let minutes = match minute {
                0 => String::new(),
                30 => " n'igice".to_owned(),
                _ => format!(" n'iminota {minute}"),
            };
            format!("saa {}{minutes} {}", from_daybreak(&RW_HOURS, hour), rw_part(hour))
        }
        Language::Sw => {
            let minutes = match minute {
                0 => String::new(),
                15 => " na robo".to_owned(),
                30 => " na nusu".to_owned(),
                _ => format!(" na dakika {minute}"),
            };
            format!("saa {}{minutes} {}", from_daybreak(&SW_HOURS, hour), sw_part(hour))
        }
        Language::En => match (hour, minute) {
            (0, 0) => "midnight".to_owned(),
            (12, 0) => "12 noon".to_owned(),
            _ => {
                let half = if hour < 12 { "am" } else { "pm" };
                let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
                if minute == 0 { format!("{shown}{half}") } else { format!("{shown}:{minute:02}{half}") }
            }
        },
        Language::Fr => match (hour, minute) {
            (0, 0) => "minuit".to_owned(),
            (12, 0) => "midi".to_owned(),
            (1..=11, 0) => format!("{hour}h du matin"),
            (1..=11, _) => format!("{hour}h{minute:02} du matin"),
            (_, 0) => format!("{hour}h"),
            _ => format!("{hour}h{minute:02}"),
        },
    }
}

/// The word of an hour counted from six o'clock.
fn from_daybreak(words: &[&'static str; 12], hour: u16) -> &'static str {
    words.get(usize::from((hour + 5) % 12)).copied().unwrap_or_default()
}

/// Septets of the longest clock time of a language, over all minutes: what a checker reserves for `{clock}`.
pub fn widest_clock(language: Language) -> usize {
    widest_clock_every(language, 1)
}

/// Septets of the longest clock time whose minute is a multiple of `step_minutes`: 60 where a job starts on the hour.
pub fn widest_clock_every(language: Language, step_minutes: u16) -> usize {
    // The septets of every minute, written once: a checker asks again and again.
    static SEPTETS: LazyLock<[Vec<usize>; 4]> = LazyLock::new(|| {
        Language::ALL.map(|language| {
            (0..MINUTES_PER_DAY).map(|minute| gsm7::septets(&clock(minute, language)).unwrap_or_default()).collect()
        })
    });
    let septets = SEPTETS.get(language.index()).into_iter().flatten();
    septets.step_by(usize::from(step_minutes.max(1))).copied().max().unwrap_or_default()
}

/// The minute of the day that a moment falls on in a time zone.
pub fn minute_of_day(now_ms: i64, zone: &TimeZone) -> u16 {
    let offset = Timestamp::from_millisecond(now_ms).map_or(0, |moment| zone.to_offset(moment).seconds());
    let seconds = (now_ms.div_euclid(1000) + i64::from(offset)).rem_euclid(i64::from(Day::SECONDS));
    u16::try_from(seconds / 60).unwrap_or_default()
}

/// Why a clock time was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// No clock time can be read in it.
    #[error("not a clock time")]
    NotATime,
}

/// A typed clock time of the 24-hour clock as a minute of the day: `7`, `07:30`, `0730`, `7h30`, `19.30`, `7am`, `7:30 pm`.
///
/// A bare `1` is one in the morning by the clock, which a Kinyarwanda speaker may not mean: read it back with [`clock`].
pub fn parse_clock(typed: &str) -> Result<u16, TimeFault> {
    let lower = typed.trim().to_ascii_lowercase();
    if lower.is_empty() {
        return Err(TimeFault::Empty);
    }
    let stem = |suffix: &str| lower.strip_suffix(suffix).map(str::trim_end);
    let (bare, afternoon) = match (stem("am"), stem("pm")) {
        (Some(bare), _) => (bare, Some(false)),
        (_, Some(bare)) => (bare, Some(true)),
        _ => (lower.trim_end_matches(['.', 'h', ' ', '#']), None),
    };
    let (hours, minutes) = match bare.split_once([':', 'h', '.', ' ', '-']) {
        Some((hours, minutes)) => (hours.trim(), minutes.trim()),
        // 0730 and 730: the last two digits are minutes.
        None if matches!(bare.len(), 3 | 4) => bare.split_at_checked(bare.len() - 2).ok_or(TimeFault::NotATime)?,
        None => (bare, "0"),
    };
    let hour = two_digits(hours)?;
    let minute = two_digits(minutes)?;
    let hour = match afternoon {
        None if hour < 24 => hour,
        Some(pm) if (1..=12).contains(&hour) => hour % 12 + if pm { 12 } else { 0 },
        _ => return Err(TimeFault::NotATime),
    };
    if minute < 60 { Ok(hour * 60 + minute) } else { Err(TimeFault::NotATime) }
}

/// One or two ASCII digits.
fn two_digits(text: &str) -> Result<u16, TimeFault> {
    if matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| TimeFault::NotATime)
    } else {
        Err(TimeFault::NotATime)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hours_count_from_daybreak() {
        let known = [
            (6, "saa kumi n'ebyiri za mugitondo", "saa kumi na mbili asubuhi"),
            (7, "saa moya za mugitondo", "saa moja asubuhi"),
            (8, "saa mbiri za mugitondo", "saa mbili asubuhi"),
            (12, "saa sita z'amanywa", "saa sita mchana"),
            (15, "saa cyenda z'amanywa", "saa tisa mchana"),
            (17, "saa kumi n'imwe z'umugoroba", "saa kumi na moja jioni"),
            (19, "saa moya z'ijoro", "saa moja usiku"),
            (0, "saa sita z'ijoro", "saa sita usiku"),
            (5, "saa kumi n'imwe za mugitondo", "saa kumi na moja alfajiri"),
        ];
        for (hour, rw, sw) in known {
            assert_eq!(clock(hour * 60, Language::Rw), rw, "{hour}");
            assert_eq!(clock(hour * 60, Language::Sw), sw, "{hour}");
        }
    }

    #[test]
    fn english_and_french_are_not_ambiguous_at_twelve() {
        let known = [
            (0, "midnight", "minuit"),
            (30, "12:30am", "0h30"),
            (7 * 60, "7am", "7h du matin"),
            (7 * 60 + 5, "7:05am", "7h05 du matin"),
            (12 * 60, "12 noon", "midi"),
            (12 * 60 + 15, "12:15pm", "12h15"),
            (19 * 60 + 30, "7:30pm", "19h30"),
        ];
        for (minute, en, fr) in known {
            assert_eq!(clock(minute, Language::En), en);
            assert_eq!(clock(minute, Language::Fr), fr);
        }
    }

    #[test]
    fn halves_and_minutes_have_words() {
        assert_eq!(clock(7 * 60 + 30, Language::Rw), "saa moya n'igice za mugitondo");
        assert_eq!(clock(7 * 60 + 30, Language::Sw), "saa moja na nusu asubuhi");
        assert_eq!(clock(7 * 60 + 10, Language::Rw), "saa moya n'iminota 10 za mugitondo");
        assert_eq!(clock(7 * 60 + 15, Language::Sw), "saa moja na robo asubuhi");
    }

    #[test]
    fn every_minute_of_the_day_has_its_own_text_in_the_alphabet() {
        for language in Language::ALL {
            let texts: Vec<String> = (0..MINUTES_PER_DAY).map(|minute| clock(minute, language)).collect();
            assert!(texts.iter().all(|text| gsm7::septets(text).is_some()));
            assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len(), "{language:?} is ambiguous");
            assert_eq!(clock(MINUTES_PER_DAY, language), texts[0]);
        }
    }

    #[test]
    fn widths_are_what_screens_were_planned_with() {
        assert_eq!(Language::ALL.map(|language| widest_clock_every(language, 60)), [30, 8, 12, 25]);
        assert_eq!(Language::ALL.map(|language| widest_clock_every(language, 30)), [38, 8, 14, 33]);
        assert_eq!(Language::ALL.map(widest_clock), [43, 8, 14, 38]);
    }

    #[test]
    fn moments_fall_on_minutes_of_their_zone() {
        let kigali = TimeZone::get("Africa/Kigali").unwrap();
        assert_eq!(minute_of_day(0, &kigali), 120);
        assert_eq!(minute_of_day(-60_000, &TimeZone::UTC), MINUTES_PER_DAY - 1);
        assert_eq!(minute_of_day(22 * 3_600_000, &kigali), 0);
        assert!(minute_of_day(i64::MAX, &kigali) < MINUTES_PER_DAY);
    }

    #[test]
    fn clock_times_are_read_as_typed() {
        for typed in ["7", "07", "7:00", "07.00", "0700", "700", "7h", "7h00", "7am", "7 AM", "7:00am", "7 00"] {
            assert_eq!(parse_clock(typed), Ok(420), "{typed:?}");
        }
        for (typed, minute) in
            [("19h30", 1170), ("7:30pm", 1170), ("12am", 0), ("12pm", 720), ("0", 0), ("23:59", 1439)]
        {
            assert_eq!(parse_clock(typed), Ok(minute), "{typed:?}");
        }
        for typed in ["24", "7:60", "13pm", "0am", "x", "7:", ":", "7é", "70000", "é00"] {
            assert_eq!(parse_clock(typed), Err(TimeFault::NotATime), "{typed:?}");
        }
        assert_eq!(parse_clock(" "), Err(TimeFault::Empty));
    }

    proptest! {
        #[test]
        fn no_input_panics(typed in any::<String>()) {
            if let Ok(minute) = parse_clock(&typed) {
                prop_assert!(minute < MINUTES_PER_DAY);
            }
        }

        #[test]
        fn english_reads_back(minute in 0..MINUTES_PER_DAY) {
            prop_assume!(minute != 0 && minute != 720);
            prop_assert_eq!(parse_clock(&clock(minute, Language::En)), Ok(minute));
        }
    }
}
