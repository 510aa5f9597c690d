//! The rules of a country that are numbers: ages, quiet times, bounds of pay, and where to turn for help.

use jiff::tz::TimeZone;

use super::trades::{PayMeans, PayUnit, Trade};
use crate::text::{
    Language,
    datetime::{Day, MINUTES_PER_DAY, Weekday, minute_of_day},
};

/// Ages in whole years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// Below it nobody is registered.
    pub minimum: u8,
    /// From it on a person may do household and live-in work.
    pub adult: u8,
    /// An older one is a slip of the thumb.
    pub maximum: u8,
}

impl Ages {
    /// Bounds that hold in any country, for checking rows when the country's own cannot be read.
    pub(super) const ANYWHERE: Ages = Ages { minimum: 1, adult: 1, maximum: 120 };

    /// Whether a person of this age may do this trade.
    pub fn allows(&self, age: u8, trade: &Trade) -> bool {
        age >= self.minimum && age >= trade.min_age && (age >= self.adult || !trade.at_home)
    }
}

/// A morning on which the whole country works for the community and nobody should be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommunityWork {
    /// The last such day of each month.
    pub weekday: Weekday,
    /// First quiet minute of the day.
    pub from_minute: u16,
    /// First minute that is not quiet any more.
    pub to_minute: u16,
}

/// Times at which nothing is sent that can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// First quiet minute of the evening.
    pub from_minute: u16,
    /// First minute of the morning that is not quiet any more.
    pub to_minute: u16,
    /// A quiet morning each month, where there is one.
    pub community_work: Option<CommunityWork>,
}

/// Longest quiet time that is looked through for its end.
const LOOK_AHEAD_MINUTES: i64 = 2 * MINUTES_PER_DAY as i64;
const MINUTE_MS: i64 = 60_000;

impl QuietHours {
    /// Whether a minute of the day lies in the quiet night (which may begin before midnight).
    pub fn contains(&self, minute_of_day: u16) -> bool {
        if self.from_minute <= self.to_minute {
            (self.from_minute..self.to_minute).contains(&minute_of_day)
        } else {
            minute_of_day >= self.from_minute || minute_of_day < self.to_minute
        }
    }

    /// Whether a minute of a certain day is quiet: at night, or while the community works.
    pub fn contains_on(&self, day: Day, minute_of_day: u16) -> bool {
        let community = self.community_work.is_some_and(|work| {
            (work.from_minute..work.to_minute).contains(&minute_of_day)
                && day.weekday() == work.weekday
                && day.is_last_of_its_weekday()
        });
        community || self.contains(minute_of_day)
    }

    /// The first moment from `now_ms` on that is not quiet; `now_ms` itself when it is not. Epoch milliseconds.
    ///
    /// Counts minutes of the zone's present offset: exact where clocks are not put forward, as in East Africa.
    pub fn next_open_ms(&self, now_ms: i64, zone: &TimeZone) -> i64 {
        let (today, minute) = (Day::from_ms(now_ms, zone), i64::from(minute_of_day(now_ms, zone)));
        let per_day = i64::from(MINUTES_PER_DAY);
        let open = (0..LOOK_AHEAD_MINUTES).find(|ahead| {
            let day = i32::try_from((minute + ahead) / per_day).map_or(today, |days| today.plus(days));
            let of_day = u16::try_from((minute + ahead) % per_day).unwrap_or_default();
            !self.contains_on(day, of_day)
        });
        match open {
            None | Some(0) => now_ms,
            Some(ahead) => now_ms - now_ms.rem_euclid(MINUTE_MS) + ahead * MINUTE_MS,
        }
    }
}

/// Smallest and largest amount that a question for pay takes, in the currency's smallest unit: bounds against slips of
/// the thumb, not advice on pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayBounds {
    /// Smallest amount.
    pub min: i64,
    /// Largest amount.
    pub max: i64,
}

/// What is said of pay: how it is usually handed over, and bounds for each unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pay {
    /// What is proposed to who has not chosen yet.
    pub means: PayMeans,
    /// By [`PayUnit::index`].
    pub(super) bounds: [PayBounds; 7],
}

impl Pay {
    /// The bounds of one unit.
    pub fn bounds(&self, unit: PayUnit) -> PayBounds {
        let widest = PayBounds { min: 1, max: crate::text::money::AMOUNT_MAX };
        self.bounds.get(unit.index()).copied().unwrap_or(widest)
    }

    /// The largest amount of any unit: what the width of an amount is reserved for.
    pub fn largest(&self) -> i64 {
        self.bounds.iter().map(|bounds| bounds.max).max().unwrap_or_default()
    }
}

/// Where a caller is sent for help that the service cannot give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hotline {
    /// What it is for: `emergency`, `labour`, `child` ...
    pub kind: String,
    /// The number as it is dialled.
    pub number: String,
    /// In the order of [`Language::ALL`].
    pub(super) names: [String; 4],
}

impl Hotline {
    /// A line with one name in every language: invented ones, where menus are tested.
    pub fn invented(name: &str, number: &str) -> Self {
        Self { kind: "emergency".to_owned(), number: number.to_owned(), names: Language::ALL.map(|_| name.to_owned()) }
    }

    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        self.names.get(language.index()).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RWANDA: QuietHours = QuietHours {
        from_minute: 20 * 60,
        to_minute: 8 * 60,
        community_work: Some(CommunityWork { weekday: Weekday::Saturday, from_minute: 8 * 60, to_minute: 11 * 60 }),
    };

    fn kigali() -> TimeZone {
        TimeZone::get("Africa/Kigali").unwrap()
    }

    fn at(year: i32, month: u8, day: u8, minute: i64) -> i64 {
        Day::from_date(year, month, day).unwrap().start_ms(&kigali()) + minute * MINUTE_MS
    }

    #[test]
    fn the_night_goes_over_midnight() {
        for (minute, quiet) in [(0, true), (479, true), (480, false), (1199, false), (1200, true), (1439, true)] {
            assert_eq!(RWANDA.contains(minute), quiet, "{minute}");
        }
        let noon = QuietHours { from_minute: 720, to_minute: 780, community_work: None };
        assert!(noon.contains(720) && !noon.contains(780) && !noon.contains(0));
    }

    #[test]
    fn the_last_saturday_morning_is_quiet() {
        let umuganda = Day::from_date(2026, 11, 28).unwrap();
        assert!(RWANDA.contains_on(umuganda, 9 * 60));
        assert!(!RWANDA.contains_on(umuganda, 11 * 60));
        assert!(!RWANDA.contains_on(umuganda.plus(-7), 9 * 60));
        assert!(!RWANDA.contains_on(umuganda.plus(1), 9 * 60));
    }

    #[test]
    fn what_waits_goes_out_when_the_quiet_ends() {
        let zone = kigali();
        assert_eq!(RWANDA.next_open_ms(at(2026, 11, 24, 600), &zone), at(2026, 11, 24, 600));
        assert_eq!(RWANDA.next_open_ms(at(2026, 11, 24, 1300) + 17, &zone), at(2026, 11, 25, 480));
        assert_eq!(RWANDA.next_open_ms(at(2026, 11, 25, 30), &zone), at(2026, 11, 25, 480));
        // The night before community work lasts until the work is done.
        assert_eq!(RWANDA.next_open_ms(at(2026, 11, 27, 1300), &zone), at(2026, 11, 28, 660));
    }

    proptest! {
        #[test]
        fn the_next_open_moment_is_open_and_not_earlier(now_ms in 0_i64..4_000_000_000_000) {
            let zone = kigali();
            let open = RWANDA.next_open_ms(now_ms, &zone);
            prop_assert!(open >= now_ms && open - now_ms <= 15 * 60 * MINUTE_MS);
            prop_assert!(!RWANDA.contains_on(Day::from_ms(open, &zone), minute_of_day(open, &zone)));
            prop_assert_eq!(RWANDA.next_open_ms(open, &zone), open);
        }
    }
}
