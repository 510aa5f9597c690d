//! Codes of administrative areas.

use std::fmt;

/// A level of the administrative tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Province, one digit.
    Province,
    /// District, two digits.
    District,
    /// Sector, four digits.
    Sector,
    /// Cell, six digits.
    Cell,
    /// Village, eight digits.
    Village,
}

impl Level {
    /// From province down to village.
    pub const ALL: [Level; 5] = [Level::Province, Level::District, Level::Sector, Level::Cell, Level::Village];

    /// What one area of this level is called in fault messages.
    pub fn noun(self) -> &'static str {
        match self {
            Level::Province => "province",
            Level::District => "district",
            Level::Sector => "sector",
            Level::Cell => "cell",
            Level::Village => "village",
        }
    }
}

/// Code of an area as the statistics office gives it: each level adds digits to the code of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AreaCode(i64);

impl AreaCode {
    /// A code of one, two, four, six or eight digits that does not begin with 0.
    pub fn new(code: i64) -> Option<AreaCode> {
        matches!(code, 1..=99 | 1000..=9999 | 100_000..=999_999 | 10_000_000..=99_999_999).then_some(AreaCode(code))
    }

    /// The code as it is stored.
    pub fn get(self) -> i64 {
        self.0
    }

    /// The level, by the number of digits.
    pub fn level(self) -> Level {
        match self.0 {
            ..=9 => Level::Province,
            10..=99 => Level::District,
            100..=9999 => Level::Sector,
            10_000..=999_999 => Level::Cell,
            _ => Level::Village,
        }
    }

    /// The area around this one; `None` for a province.
    pub fn parent(self) -> Option<AreaCode> {
        match self.level() {
            Level::Province => None,
            Level::District => Some(AreaCode(self.0 / 10)),
            Level::Sector | Level::Cell | Level::Village => Some(AreaCode(self.0 / 100)),
        }
    }

    /// This area or the one around it at a level; `None` when the level is below this area's own.
    pub fn at(self, level: Level) -> Option<AreaCode> {
        let mut code = self;
        while code.level() > level {
            code = code.parent()?;
        }
        (code.level() == level).then_some(code)
    }

    /// The province that this area is, or lies in.
    #[must_use]
    pub fn province(self) -> AreaCode {
        self.at(Level::Province).unwrap_or(self)
    }

    /// The district that this area is, or lies in; `None` for a province.
    pub fn district(self) -> Option<AreaCode> {
        self.at(Level::District)
    }

    /// The sector that this area is, or lies in; `None` for a province or district.
    pub fn sector(self) -> Option<AreaCode> {
        self.at(Level::Sector)
    }

    /// Whether this area is `other` or lies in it.
    pub fn is_within(self, other: AreaCode) -> bool {
        self.at(other.level()) == Some(other)
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_say_the_level_and_the_parents() {
        let village = AreaCode::new(11_010_102).unwrap();
        assert_eq!(village.level(), Level::Village);
        assert_eq!(village.parent(), AreaCode::new(110_101));
        assert_eq!(village.sector(), AreaCode::new(1101));
        assert_eq!(village.district(), AreaCode::new(11));
        assert_eq!(village.province(), AreaCode::new(1).unwrap());
        assert_eq!(AreaCode::new(1).unwrap().district(), None);
        assert!(village.is_within(AreaCode::new(1101).unwrap()));
        assert!(!village.is_within(AreaCode::new(1102).unwrap()));
        assert!(!AreaCode::new(11).unwrap().is_within(village));
    }

    #[test]
    fn other_lengths_are_no_codes() {
        for code in [0, -1, 100, 999, 10_000, 1_000_000, 100_000_000, i64::MAX, i64::MIN] {
            assert_eq!(AreaCode::new(code), None, "{code}");
        }
    }

    proptest! {
        #[test]
        fn every_area_has_a_province(code in 0_i64..100_000_000) {
            if let Some(code) = AreaCode::new(code) {
                prop_assert_eq!(code.province().level(), Level::Province);
                prop_assert!(code.is_within(code.province()));
                prop_assert!(code.parent().is_none_or(|parent| parent.level() < code.level() && code.is_within(parent)));
            }
        }
    }
}
