//! Calendar days: counted from the epoch, read as typed, written short.

use std::sync::LazyLock;

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::text::{Language, gsm7};

/// A calendar day, counted from 1970-01-01. The time zone was applied when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub i32);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// Monday to Sunday.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// English name in lower case, as country packs write it.
    pub fn code(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }

    /// The day with this [`code`](Weekday::code).
    pub fn from_code(code: &str) -> Option<Weekday> {
        Weekday::ALL.into_iter().find(|day| day.code() == code)
    }

    /// Name as [`short`] writes it. Kinyarwanda numbers the days from Monday, "the first". Drafts for review: rw, sw.
    pub fn name(self, language: Language) -> &'static str {
        const NAMES: [[&str; 4]; 7] = [
            ["Kuwa 1", "Mon", "Lun", "Jumatatu"],
            ["Kuwa 2", "Tue", "Mar", "Jumanne"],
            ["Kuwa 3", "Wed", "Mer", "Jumatano"],
            ["Kuwa 4", "Thu", "Jeu", "Alhamisi"],
            ["Kuwa 5", "Fri", "Ven", "Ijumaa"],
            ["Kuwa 6", "Sat", "Sam", "Jumamosi"],
            ["Ku cyumweru", "Sun", "Dim", "Jumapili"],
        ];
        NAMES.get(self as usize).and_then(|names| names.get(language.index())).copied().unwrap_or_default()
    }
}

impl Day {
    /// Seconds of a day.
    pub(super) const SECONDS: i32 = 86_400;
    /// Days of 400 Gregorian years, after which the calendar repeats.
    const ERA: i32 = 146_097;

    /// The day that a moment falls on in a time zone.
    pub fn from_ms(now_ms: i64, zone: &TimeZone) -> Day {
        let offset = Timestamp::from_millisecond(now_ms).map_or(0, |moment| zone.to_offset(moment).seconds());
        let days = (now_ms.div_euclid(1000) + i64::from(offset)).div_euclid(i64::from(Day::SECONDS));
        Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The first moment of this day in a time zone, in epoch milliseconds.
    pub fn start_ms(self, zone: &TimeZone) -> i64 {
        let (year, month, day) = self.date();
        let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
        date.and_then(|((year, month), day)| civil::Date::new(year, month, day).ok())
            .and_then(|date| date.to_zoned(zone.clone()).ok())
            .map_or(i64::from(self.0) * i64::from(Day::SECONDS) * 1000, |start| start.timestamp().as_millisecond())
    }

    /// Year, month (1 to 12) and day of month.
    pub fn date(self) -> (i32, u8, u8) {
        // Years are counted from 1 March of year 0, so that the leap day is the last of its year (Hinnant's algorithm).
        let shifted = i64::from(self.0) + 719_468;
        let era = shifted.div_euclid(i64::from(Day::ERA));
        let of_era = shifted.rem_euclid(i64::from(Day::ERA));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (i32::try_from(year).unwrap_or(i32::MAX), u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
    }

    /// The day of a date; `None` when there is no such date between the years 1 and 9999.
    pub fn from_date(year: i32, month: u8, day: u8) -> Option<Day> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > month_days(year, month) {
            return None;
        }
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let from_march = (i32::from(month) + 9) % 12;
        let of_year = (153 * from_march + 2) / 5 + i32::from(day) - 1;
        Some(Day(era * Day::ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468))
    }

    /// The year this day is in.
    pub fn year(self) -> i32 {
        self.date().0
    }

    /// Day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        let index = usize::try_from((i64::from(self.0) + 3).rem_euclid(7)).unwrap_or_default();
        Weekday::ALL.get(index).copied().unwrap_or(Weekday::Monday)
    }

    /// This day moved by a number of days.
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Whether the same weekday comes again in this month (community work falls on a month's last Saturday).
    pub fn is_last_of_its_weekday(self) -> bool {
        let (year, month, day) = self.date();
        day.saturating_add(7) > month_days(year, month)
    }

    /// A typed day: `24` (the next 24th, today included), `24/11`, `24.11.`, `24 11`, `2411`, `24/11/26`, `24/11/2026`.
    ///
    /// Without a year it is the next such day, unless it passed within the last 60 days: that is a slip, not next year.
    pub fn parse(typed: &str, today: Day) -> Result<Day, DayFault> {
        let bare = typed.trim().trim_end_matches(['.', '#', '/', '-']);
        if bare.is_empty() {
            return Err(if typed.trim().is_empty() { DayFault::Empty } else { DayFault::NotADay });
        }
        let mut parts = [None; 3];
        let joined = if bare.len() == 4 { bare.split_at_checked(2) } else { None };
        match joined.filter(|_| bare.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((day, month)) => parts = [Some(digits(day)?), Some(digits(month)?), None],
            None => {
                for (at, part) in bare.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).enumerate() {
                    *parts.get_mut(at).ok_or(DayFault::NotADay)? = Some(digits(part)?);
                }
            }
        }
        match parts {
            [Some(day), None, _] => next_of_month(day, today),
            [Some(day), Some(month), None] => next_date(day, month, today),
            [Some(day), Some(month), Some(year)] => {
                let year = if year < 100 { today.year() - today.year().rem_euclid(100) + year } else { year };
                let found = date_of(year, month, day).ok_or(DayFault::NoSuchDay)?;
                if found < today { Err(DayFault::Past) } else { Ok(found) }
            }
            _ => Err(DayFault::NotADay),
        }
    }
}

/// Why a day was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayFault {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// No day can be read in it.
    #[error("not a day")]
    NotADay,
    /// The calendar has no such day, like 30/2.
    #[error("there is no such day")]
    NoSuchDay,
    /// The day is over.
    #[error("the day is past")]
    Past,
}

/// Days back within which a date without a year is a slip and not meant for next year.
const SLIP_DAYS: i32 = 60;

fn month_days(year: i32, month: u8) -> u8 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Up to four ASCII digits.
fn digits(text: &str) -> Result<i32, DayFault> {
    if text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| DayFault::NotADay)
    } else {
        Err(DayFault::NotADay)
    }
}

fn date_of(year: i32, month: i32, day: i32) -> Option<Day> {
    Day::from_date(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// The next day with this number; months that are too short are passed over.
fn next_of_month(day: i32, today: Day) -> Result<Day, DayFault> {
    let (year, month, _) = today.date();
    let months = (0..3).map(|ahead| i32::from(month) - 1 + ahead);
    let mut days = months.filter_map(|index| date_of(year + index / 12, index % 12 + 1, day));
    days.find(|found| *found >= today).ok_or(DayFault::NoSuchDay)
}

/// The next such date; one that passed a short while ago (in January: last November) is a slip.
fn next_date(day: i32, month: i32, today: Day) -> Result<Day, DayFault> {
    let year = today.year();
    let on = |years: [i32; 2]| years.into_iter().filter_map(move |year| date_of(year, month, day));
    let slip = today.plus(-SLIP_DAYS)..today;
    if on([year - 1, year]).any(|found| slip.contains(&found)) {
        return Err(DayFault::Past);
    }
    on([year, year + 1]).find(|found| *found >= today).ok_or(DayFault::NoSuchDay)
}

/// A moment as operators read it in lists: `2026-11-22 14:05:09Z`.
pub fn utc(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| "?".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// A day with its weekday, short enough for a line: `Tue 24/11`, `Kuwa 2 24/11`, `Mar 24/11`, `Jumanne 24/11`.
pub fn short(day: Day, language: Language) -> String {
    let (_, month, of_month) = day.date();
    format!("{} {of_month}/{month}", day.weekday().name(language))
}

/// Septets of the longest day that [`short`] writes, over 28 years, in which every date meets every weekday.
pub fn widest_day(language: Language) -> usize {
    // Looked for once: a checker asks again and again, and ten thousand days are written to find it.
    static WIDEST: LazyLock<[usize; 4]> = LazyLock::new(|| {
        Language::ALL.map(|language| {
            (0..28 * 366).filter_map(|day| gsm7::septets(&short(Day(day), language))).max().unwrap_or_default()
        })
    });
    WIDEST.get(language.index()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(year: i32, month: u8, of_month: u8) -> Day {
        Day::from_date(year, month, of_month).unwrap()
    }

    #[test]
    fn days_are_written_per_language() {
        let tuesday = day(2026, 11, 24);
        assert_eq!(tuesday.weekday(), Weekday::Tuesday);
        let texts = Language::ALL.map(|language| short(tuesday, language));
        assert_eq!(texts, ["Kuwa 2 24/11", "Tue 24/11", "Mar 24/11", "Jumanne 24/11"]);
        assert_eq!(short(day(2026, 11, 1), Language::Rw), "Ku cyumweru 1/11");
    }

    #[test]
    fn widths_are_what_screens_were_planned_with() {
        assert_eq!(Language::ALL.map(widest_day), [17, 9, 9, 14]);
    }

    #[test]
    fn days_are_read_as_typed() {
        let today = day(2026, 11, 20);
        for typed in ["24/11", "24-11", "24.11.", "24 11", "2411", "24", " 24. ", "24/11/26", "24/11/2026", "24/11/"] {
            assert_eq!(Day::parse(typed, today), Ok(day(2026, 11, 24)), "{typed:?}");
        }
        assert_eq!(Day::parse("20", today), Ok(today));
        assert_eq!(Day::parse("19", today), Ok(day(2026, 12, 19)));
        assert_eq!(Day::parse("31", today), Ok(day(2026, 12, 31)));
        assert_eq!(Day::parse("5/1", today), Ok(day(2027, 1, 5)));
        assert_eq!(Day::parse("30", day(2027, 1, 31)), Ok(day(2027, 3, 30)));
    }

    #[test]
    fn days_that_are_over_or_do_not_exist_are_refused() {
        let today = day(2026, 11, 20);
        for typed in ["19/11", "19/11/2026", "1/10", "24/11/25"] {
            assert_eq!(Day::parse(typed, today), Err(DayFault::Past), "{typed:?}");
        }
        assert_eq!(Day::parse("20/12", day(2027, 1, 10)), Err(DayFault::Past));
        for typed in ["30/2", "0/5", "32", "0", "5/13", "29/2/2027", "29/2"] {
            assert_eq!(Day::parse(typed, today), Err(DayFault::NoSuchDay), "{typed:?}");
        }
        for typed in ["tomorrow", "24/11/2026/1", "24/x", "/", "12345", "é11"] {
            assert_eq!(Day::parse(typed, today), Err(DayFault::NotADay), "{typed:?}");
        }
        assert_eq!(Day::parse("  ", today), Err(DayFault::Empty));
    }

    #[test]
    fn moments_fall_on_days_of_their_zone() {
        let kigali = TimeZone::get("Africa/Kigali").unwrap();
        assert_eq!(Day::from_ms(0, &kigali), Day(0));
        assert_eq!(Day::from_ms(22 * 3_600_000, &kigali), Day(1));
        assert_eq!(Day::from_ms(-1, &TimeZone::UTC), Day(-1));
        assert_eq!(Day(1).start_ms(&kigali), 22 * 3_600_000);
        // Beyond what the zone's rules cover the offset is taken as zero; nothing panics.
        assert_eq!(Day::from_ms(i64::MAX, &kigali), Day(i32::MAX));
    }

    #[test]
    fn the_last_saturday_of_a_month_is_known() {
        assert!(day(2026, 11, 28).is_last_of_its_weekday());
        assert!(!day(2026, 11, 21).is_last_of_its_weekday());
        assert!(day(2027, 2, 22).is_last_of_its_weekday());
    }

    proptest! {
        #[test]
        fn dates_agree_with_an_independent_calendar(days in -700_000_i32..2_900_000) {
            let civil = civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (year, month, of_month) = Day(days).date();
            let expected = (i32::from(civil.year()), civil.month().unsigned_abs(), civil.day().unsigned_abs());
            prop_assert_eq!((year, month, of_month), expected);
            let weekday = civil.weekday().to_monday_zero_offset().unsigned_abs();
            prop_assert_eq!(Day(days).weekday() as usize, usize::from(weekday));
            prop_assert_eq!(Day::from_date(year, month, of_month), Some(Day(days)));
        }

        #[test]
        fn a_written_day_reads_back(days in 0_i32..40_000, ahead in 0_i32..300) {
            let (today, found) = (Day(days), Day(days + ahead));
            let (_, month, of_month) = found.date();
            prop_assume!(!(month == 2 && of_month == 29));
            prop_assert_eq!(Day::parse(&format!("{of_month}/{month}"), today), Ok(found));
        }

        #[test]
        fn no_input_panics(typed in any::<String>(), days in any::<i32>()) {
            if let Ok(found) = Day::parse(&typed, Day(days)) {
                prop_assert!(found >= Day(days));
            }
        }
    }
}
