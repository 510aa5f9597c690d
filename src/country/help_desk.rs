//! The help desk of a country: when people work there, by when they answer, and to whom a case is handed over.

use jiff::tz::TimeZone;

use super::{fault::Faults, section::Section};
use crate::text::{
    Language,
    datetime::{Day, MINUTES_PER_DAY, Weekday, minute_of_day},
    gsm7,
};

/// By when somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Now, at any hour: operators are told at once.
    AtOnce,
    /// So many minutes in which the office is open.
    OfficeMinutes(i64),
    /// The same time of so many working days later.
    WorkingDays(i64),
    /// So many days of the calendar: what a law counts.
    Days(i64),
}

/// Longest that a deadline may be, in days of its kind: a law's quarter of a year.
const DAYS_MAX: i64 = 92;
/// Days that are looked through for open hours: three times the longest deadline, for an office that opens twice a week.
const LOOK_AHEAD_DAYS: i32 = 400;
const MINUTE_MS: i64 = 60_000;
/// Septets of an office's name: with its number it stands in one SMS.
const OFFICE_NAME_SEPTETS_MAX: usize = 40;

impl Deadline {
    /// Reads `at once`, `2 office hours`, `2 working days` or `30 days`.
    pub fn parse(text: &str) -> Option<Deadline> {
        if text == "at once" {
            return Some(Deadline::AtOnce);
        }
        let (count, unit) = text.split_once(' ')?;
        let count: i64 = count.parse().ok().filter(|count| (1..=DAYS_MAX).contains(count))?;
        match unit {
            "office hour" | "office hours" => Some(Deadline::OfficeMinutes(count * 60)),
            "working day" | "working days" => Some(Deadline::WorkingDays(count)),
            "day" | "days" => Some(Deadline::Days(count)),
            _ => None,
        }
    }
}

/// When the office is open. Public holidays are not known here: a case that is due on one is told as late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeHours {
    /// First open minute of a day.
    pub from_minute: u16,
    /// First minute that is not open any more.
    pub to_minute: u16,
    /// The days on which it is open.
    pub days: Vec<Weekday>,
}

/// Somebody to whom a case can be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// Its name in commands.
    pub id: String,
    /// Kinds of cases that it takes; none: all.
    pub kinds: Vec<String>,
    /// The area that it is for: a province or a district; `None`: the whole country.
    pub area: Option<i64>,
    /// The number as it is dialled; empty until somebody has confirmed it.
    pub number: String,
    names: [String; 4],
}

impl Office {
    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        self.names.get(language.index()).map_or("", String::as_str)
    }

    /// Whether a caller can be sent there: only with a number that somebody has confirmed.
    pub fn is_confirmed(&self) -> bool {
        !self.number.is_empty()
    }
}

/// The help desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpDesk {
    /// When it is open.
    pub hours: OfficeHours,
    /// Deadlines by kind of case; `held_job` for a vacancy that waits for a person's look.
    pub deadlines: Vec<(String, Deadline)>,
    /// Where cases are handed over to.
    pub offices: Vec<Office>,
    /// Reports by different numbers that hold a vacancy until a person has looked.
    pub reports_to_hold: i64,
}

/// Reports that hold a vacancy where the country says nothing: two may be a quarrel.
const REPORTS_TO_HOLD: i64 = 3;
/// More reports than anybody would wait for.
const REPORTS_END: i64 = 21;

/// What a kind without a deadline of its own gets.
const USUAL: Deadline = Deadline::WorkingDays(2);

impl Default for HelpDesk {
    /// Weekdays from 8 to 17, two working days, nobody to hand over to.
    fn default() -> Self {
        let days = vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
        let hours = OfficeHours { from_minute: 8 * 60, to_minute: 17 * 60, days };
        let at_once = ("unsafe".to_owned(), Deadline::AtOnce);
        Self { hours, deadlines: vec![at_once], offices: Vec::new(), reports_to_hold: REPORTS_TO_HOLD }
    }
}

impl HelpDesk {
    /// By when somebody answers a case of this kind that is told at `now_ms`; epoch milliseconds.
    pub fn due_ms(&self, kind: &str, now_ms: i64, zone: &TimeZone) -> i64 {
        let deadline = self.deadlines.iter().find(|(own, _)| own == kind).map_or(USUAL, |(_, deadline)| *deadline);
        let (from, to) = (i64::from(self.hours.from_minute), i64::from(self.hours.to_minute));
        let minutes = match deadline {
            Deadline::AtOnce => return now_ms,
            Deadline::Days(days) => return now_ms + days * i64::from(MINUTES_PER_DAY) * MINUTE_MS,
            Deadline::OfficeMinutes(minutes) => minutes,
            Deadline::WorkingDays(days) => days * (to - from),
        };
        self.after_open_minutes(minutes, now_ms, zone)
    }

    /// The moment when the office will have been open for so many minutes.
    fn after_open_minutes(&self, minutes: i64, now_ms: i64, zone: &TimeZone) -> i64 {
        let (from, to) = (i64::from(self.hours.from_minute), i64::from(self.hours.to_minute));
        let today = Day::from_ms(now_ms, zone);
        let mut left = minutes;
        for ahead in 0..LOOK_AHEAD_DAYS {
            let day = today.plus(ahead);
            if !self.hours.days.contains(&day.weekday()) {
                continue;
            }
            let begins = if ahead == 0 { i64::from(minute_of_day(now_ms, zone)).max(from) } else { from };
            let open = (to - begins).max(0);
            if left <= open && open > 0 {
                return (day.start_ms(zone) + (begins + left) * MINUTE_MS).max(now_ms);
            }
            left -= open;
        }
        now_ms + minutes * MINUTE_MS
    }

    /// The office of this name.
    pub fn office(&self, id: &str) -> Option<&Office> {
        self.offices.iter().find(|office| office.id == id)
    }

    /// Offices that nobody can be sent to yet, since no number of theirs was confirmed.
    pub fn missing(&self) -> impl Iterator<Item = &Office> {
        self.offices.iter().filter(|office| !office.is_confirmed())
    }

    /// Reads `[help]`.
    pub(super) fn read(mut section: Section<'_>, faults: &mut Faults) -> Option<HelpDesk> {
        let minute = |key, section: &mut Section<'_>, faults: &mut Faults| super::pack::minute(key, section, faults);
        let (from, to) = (minute("from", &mut section, faults), minute("to", &mut section, faults));
        if from >= to && to.is_some() {
            section.fault("to", faults, "`to` must be later than `from`");
        }
        let days = section.list("days", "a list of English weekdays, like monday", faults, Weekday::from_code);
        if days.as_ref().is_some_and(Vec::is_empty) {
            section.fault("days", faults, "`days` must name at least one day");
        }
        let deadlines = section.section("deadline", faults).map(|mut section| {
            let read = DEADLINES.map(|kind| {
                let wanted = "`at once`, `2 office hours`, `2 working days` or `30 days`";
                Some((kind.to_owned(), section.parsed(kind, wanted, faults, Deadline::parse)?))
            });
            section.finish(faults);
            read
        });
        let reports_to_hold = section.number("reports_to_hold", 1..REPORTS_END, faults);
        let sections = section.sections("office", faults);
        let offices = sections.into_iter().filter_map(|section| office(section, faults)).collect();
        section.finish(faults);
        let deadlines = deadlines?.into_iter().collect::<Option<Vec<_>>>()?;
        let hours = OfficeHours { from_minute: from?, to_minute: to?, days: days? };
        let reports_to_hold = reports_to_hold?;
        (hours.from_minute < hours.to_minute && !hours.days.is_empty()).then_some(HelpDesk {
            hours,
            deadlines,
            offices,
            reports_to_hold,
        })
    }
}

/// What has a deadline: the kinds of cases, and a vacancy that is held.
const DEADLINES: [&str; 6] = ["unpaid", "unsafe", "fraud", "my_data", "other", "held_job"];

fn office(mut section: Section<'_>, faults: &mut Faults) -> Option<Office> {
    let word = |text: &str| {
        let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_word.then(|| text.to_owned())
    };
    let id = section.parsed("id", "small letters and `_`", faults, word);
    let kinds = section.list("kinds", "a list of kinds of cases", faults, |kind| {
        DEADLINES.iter().find(|own| **own == kind).map(|kind| (*kind).to_owned())
    });
    let area = section.number("area", 0..100, faults);
    let number =
        section.parsed("number", "the digits as they are dialled, or empty until confirmed", faults, |number| {
            let dialled = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'*' | b'#' | b'+');
            (number.len() <= 16 && number.bytes().all(dialled)).then(|| number.to_owned())
        });
    let names = section.section("name", faults).map(|mut section| {
        let names = Language::ALL.map(|language| {
            section.parsed(language.code(), "a text in the GSM alphabet, at most 40 septets", faults, |name| {
                let fits = gsm7::septets(name).is_some_and(|width| (1..=OFFICE_NAME_SEPTETS_MAX).contains(&width));
                fits.then(|| name.to_owned())
            })
        });
        section.finish(faults);
        names
    });
    section.finish(faults);
    let [rw, en, fr, sw] = names?;
    let area = area?;
    Some(Office {
        id: id?,
        kinds: kinds?,
        area: (area > 0).then_some(area),
        number: number?,
        names: [rw?, en?, fr?, sw?],
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kigali() -> TimeZone {
        TimeZone::get("Africa/Kigali").unwrap()
    }

    fn at(day: u8, hour: i64, minute: i64) -> i64 {
        Day::from_date(2026, 11, day).unwrap().start_ms(&kigali()) + (hour * 60 + minute) * MINUTE_MS
    }

    fn desk() -> HelpDesk {
        let named = |kind: &str, text: &str| (kind.to_owned(), Deadline::parse(text).unwrap());
        let deadlines = vec![
            named("fraud", "2 office hours"),
            named("unpaid", "2 working days"),
            named("unsafe", "at once"),
            named("my_data", "30 days"),
        ];
        HelpDesk { deadlines, ..HelpDesk::default() }
    }

    #[test]
    fn hours_are_counted_while_the_office_is_open() {
        let due = |kind: &str, now_ms| desk().due_ms(kind, now_ms, &kigali());
        // The 24th is a Tuesday, the 27th a Friday, the 30th a Monday.
        assert_eq!(due("fraud", at(24, 9, 30)), at(24, 11, 30));
        assert_eq!(due("fraud", at(24, 15, 0)), at(24, 17, 0));
        assert_eq!(due("fraud", at(24, 16, 0)), at(25, 9, 0));
        assert_eq!(due("fraud", at(24, 3, 0)), at(24, 10, 0));
        assert_eq!(due("fraud", at(27, 16, 30)), at(30, 9, 30));
        assert_eq!(due("fraud", at(28, 12, 0)), at(30, 10, 0));
    }

    #[test]
    fn working_days_end_at_the_same_time_of_day() {
        let due = |kind: &str, now_ms| desk().due_ms(kind, now_ms, &kigali());
        assert_eq!(due("unpaid", at(24, 10, 0)), at(26, 10, 0));
        assert_eq!(due("unpaid", at(26, 10, 0)), at(30, 10, 0));
        assert_eq!(due("nothing", at(24, 10, 0)), at(26, 10, 0), "the usual deadline");
        assert_eq!(due("unsafe", at(28, 2, 0)), at(28, 2, 0));
        assert_eq!(due("my_data", at(1, 10, 0)), at(30, 10, 0) + 86_400_000);
    }

    #[test]
    fn deadlines_are_read_as_they_are_said() {
        assert_eq!(Deadline::parse("2 office hours"), Some(Deadline::OfficeMinutes(120)));
        assert_eq!(Deadline::parse("1 working day"), Some(Deadline::WorkingDays(1)));
        for text in ["", "soon", "0 days", "-1 days", "93 days", "2 hours", "two days", "1"] {
            assert_eq!(Deadline::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_deadline_in_office_hours_is_in_them_and_never_before_now(now_ms in 0_i64..4_000_000_000_000) {
            let (zone, desk) = (kigali(), desk());
            for kind in ["fraud", "unpaid"] {
                let due_ms = desk.due_ms(kind, now_ms, &zone);
                let (day, minute) = (Day::from_ms(due_ms, &zone), minute_of_day(due_ms, &zone));
                prop_assert!(due_ms >= now_ms && due_ms - now_ms <= 5 * 86_400_000);
                prop_assert!(desk.hours.days.contains(&day.weekday()));
                prop_assert!((desk.hours.from_minute..=desk.hours.to_minute).contains(&minute));
            }
        }
    }
}
