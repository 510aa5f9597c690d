//! Kinds of work and days of the week, each with its set: small enough to be one integer of a row.

use crate::text::datetime::Weekday;

coded! {
    /// What kind of work a vacancy offers.
    pub enum JobKind {
        /// Full time, without an end.
        FullTime = "full_time",
        /// Full time, with an end.
        Contract = "contract",
        /// Some days or weeks.
        Short = "short",
        /// Day by day.
        CasualDay = "casual_day",
        /// Work to learn a profession, after school.
        Internship = "internship",
        /// Work to learn a trade, under a master.
        Apprenticeship = "apprenticeship",
        /// A course.
        Training = "training",
    }
}

impl JobKind {
    /// Whether it may be offered without pay: one learns.
    pub fn may_be_unpaid(self) -> bool {
        matches!(self, JobKind::Internship | JobKind::Apprenticeship | JobKind::Training)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// Every kind: what holds for a worker until asked.
    pub const ALL: Kinds = Kinds(0b111_1111);

    /// The set of these kinds.
    pub fn of(kinds: impl IntoIterator<Item = JobKind>) -> Kinds {
        Kinds(kinds.into_iter().fold(0, |set, kind| set | kind.bit()))
    }

    /// The set as stored; bits beyond the seven kinds are dropped.
    pub fn from_bits(bits: i64) -> Kinds {
        Kinds(u8::try_from(bits & 0b111_1111).unwrap_or_default())
    }

    /// The set as stored.
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// Whether the kind is in the set.
    pub fn contains(self, kind: JobKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// The set with this kind put in or taken out.
    #[must_use]
    pub fn toggled(self, kind: JobKind) -> Kinds {
        Kinds(self.0 ^ kind.bit())
    }
}

/// A set of days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// No day: a vacancy that states none.
    pub const NONE: Weekdays = Weekdays(0);
    /// Every day: what holds for a worker until asked.
    pub const ALL: Weekdays = Weekdays(0b111_1111);

    /// The set of these days.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Weekdays {
        Weekdays(days.into_iter().fold(0, |set, day| set | 1 << day as u8))
    }

    /// The set as stored, Monday being 1; bits beyond the seven days are dropped.
    pub fn from_bits(bits: i64) -> Weekdays {
        Weekdays(u8::try_from(bits & 0b111_1111).unwrap_or_default())
    }

    /// The set as stored.
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// How many days are in it.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The days that both sets have.
    #[must_use]
    pub fn common(self, other: Weekdays) -> Weekdays {
        Weekdays(self.0 & other.0)
    }

    /// Its days, Monday first.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL.into_iter().filter(move |day| self.0 & 1 << *day as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        for kind in JobKind::ALL {
            let one = Kinds::of([*kind]);
            assert_eq!(JobKind::from_code(kind.code()), Some(*kind));
            assert!(one.contains(*kind) && Kinds::ALL.contains(*kind) && !one.toggled(*kind).contains(*kind));
            assert_eq!(Kinds::from_bits(one.bits()), one);
        }
        assert_eq!(Kinds::of(JobKind::ALL.iter().copied()), Kinds::ALL);
        assert_eq!(Kinds::from_bits(-1), Kinds::ALL);
        let days = Weekdays::of([Weekday::Monday, Weekday::Sunday]);
        assert_eq!((days.bits(), days.count()), (0b100_0001, 2));
        assert_eq!(days.days().collect::<Vec<_>>(), [Weekday::Monday, Weekday::Sunday]);
        assert_eq!(Weekdays::from_bits(255).common(days), days);
    }
}
