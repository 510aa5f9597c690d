//! Pay and rates: amounts per unit, and when two of them can be compared.
//!
//! Time units convert into each other by the constants below. Pay by result (a trip, a kilogram, a piece, a job) compares
//! only with the same unit: what one makes in a day differs from person to person, and a guess would decide who is told.

use crate::country::{PayMeans, PayUnit};
use crate::storage::{Error, Row};

/// Hours of a day's work where nothing else is said.
pub const HOURS_PER_DAY: i64 = 8;
/// Days of a month's work: six a week, as the region's wage orders count.
pub const DAYS_PER_MONTH: i64 = 26;

coded! {
    /// When pay is handed over.
    pub enum PaidWhen {
        /// At the end of each day.
        Daily = "daily",
        /// Once a week.
        Weekly = "weekly",
        /// Once a month.
        Monthly = "monthly",
        /// When the work is done.
        AtEnd = "at_end",
    }
}

/// What a vacancy pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pay {
    /// In the currency's smallest unit, more than 0.
    pub amount: i64,
    /// For how much work.
    pub unit: PayUnit,
}

/// What a worker asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Not asked yet.
    Unset,
    /// To be agreed each time.
    Agree,
    /// An amount.
    Amount(Pay),
}

impl Rate {
    /// `rate_kind` as stored.
    pub(super) fn code(self) -> &'static str {
        match self {
            Rate::Unset => "unset",
            Rate::Agree => "agree",
            Rate::Amount(_) => "amount",
        }
    }

    /// From what is stored.
    pub(super) fn from_stored(kind: &str, amount: i64, unit: &str) -> Option<Rate> {
        match kind {
            "unset" => Some(Rate::Unset),
            "agree" => Some(Rate::Agree),
            "amount" => PayUnit::from_code(unit).map(|unit| Rate::Amount(Pay { amount, unit })),
            _ => None,
        }
    }
}

/// By what pay is handed over, as stored; `None`: not said.
pub(super) fn read_means(row: &Row<'_>, column: usize) -> Result<Option<PayMeans>, Error> {
    let corrupt = Error::Corrupt { what: "a stored means of pay is unknown" };
    row.optional_text(column)?.map(|code| PayMeans::from_code(code).ok_or(corrupt)).transpose()
}

impl Pay {
    /// What is offered as a percentage of what is asked, both per day, rounded down; `None` when the two units cannot be
    /// compared or nothing is asked.
    pub fn percent_of(self, asked: Pay) -> Option<i64> {
        let (offered, asked) = if self.unit == asked.unit {
            (i128::from(self.amount), i128::from(asked.amount))
        } else {
            (self.per_month()?, asked.per_month()?)
        };
        (asked > 0).then(|| i64::try_from(offered * 100 / asked).unwrap_or(i64::MAX))
    }

    /// The amount for a month: the largest time unit, so that comparing per day needs no division.
    fn per_month(self) -> Option<i128> {
        let amount = i128::from(self.amount);
        match self.unit {
            PayUnit::Hour => Some(amount * i128::from(HOURS_PER_DAY * DAYS_PER_MONTH)),
            PayUnit::Day => Some(amount * i128::from(DAYS_PER_MONTH)),
            PayUnit::Month => Some(amount),
            PayUnit::Trip | PayUnit::Kg | PayUnit::Piece | PayUnit::Job => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_units_convert_and_results_do_not() {
        let pay = |amount, unit| Pay { amount, unit };
        assert_eq!(pay(130_000, PayUnit::Month).percent_of(pay(5_000, PayUnit::Day)), Some(100));
        assert_eq!(pay(500, PayUnit::Hour).percent_of(pay(5_000, PayUnit::Day)), Some(80));
        assert_eq!(pay(80, PayUnit::Kg).percent_of(pay(100, PayUnit::Kg)), Some(80));
        assert_eq!(pay(80, PayUnit::Kg).percent_of(pay(2_000, PayUnit::Day)), None);
        assert_eq!(pay(80, PayUnit::Job).percent_of(pay(80, PayUnit::Piece)), None);
        assert_eq!(pay(80, PayUnit::Day).percent_of(pay(0, PayUnit::Day)), None);
        assert_eq!(pay(i64::MAX, PayUnit::Hour).percent_of(pay(1, PayUnit::Month)), Some(i64::MAX));
    }
}
