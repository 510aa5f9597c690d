//! Age, and the rules for children.
//!
//! Only the year of birth is asked for: many people know no more, and no more is needed. A person counts as having had
//! this year's birthday, so somebody of 15 who turns 16 in December is let in from January: this errs towards letting in,
//! by less than a year. The other way would turn away people whom the law lets work, and teach everybody to type another
//! year. The same count serves every limit, so that nobody has two ages.

use crate::country::{Ages, Trade};
use crate::text::datetime::Day;

/// What the rules for children make of an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeGroup {
    /// May not work: refused kindly.
    Child,
    /// May work in trades that are open to minors, never in a household and never living in.
    Minor,
    /// Of age.
    Adult,
}

/// Age in years on `today`, counted by the year alone; `None` for a year still to come, or so long ago that it is a slip
/// of the thumb.
pub fn age(birth_year: i64, today: Day, ages: &Ages) -> Option<u8> {
    let age = u8::try_from(i64::from(today.year()).checked_sub(birth_year)?).ok()?;
    (age <= ages.maximum).then_some(age)
}

/// The group of an age in a country.
pub fn group(age: u8, ages: &Ages) -> AgeGroup {
    if age < ages.minimum {
        AgeGroup::Child
    } else if age < ages.adult {
        AgeGroup::Minor
    } else {
        AgeGroup::Adult
    }
}

/// Whether somebody of this age may take work in this trade at such a place. A private home has no labour inspector.
pub fn may_take_work(age: u8, trade: &Trade, household: bool, live_in: bool, ages: &Ages) -> bool {
    ages.allows(age, trade) && (group(age, ages) == AgeGroup::Adult || !(household || live_in))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_alone_counts_and_slips_of_the_thumb_are_seen() {
        let ages = Ages { minimum: 16, adult: 18, maximum: 90 };
        let today = Day::from_date(2026, 1, 1).unwrap();
        assert_eq!(age(2010, today, &ages), Some(16));
        assert_eq!(age(1936, today, &ages), Some(90));
        for birth_year in [1935, 2027, 19_900, 0, -5, i64::MIN, i64::MAX] {
            assert_eq!(age(birth_year, today, &ages), None, "{birth_year}");
        }
        let groups = [15, 16, 17, 18].map(|age| group(age, &ages));
        assert_eq!(groups, [AgeGroup::Child, AgeGroup::Minor, AgeGroup::Minor, AgeGroup::Adult]);
    }
}
