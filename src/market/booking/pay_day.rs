//! Pay days: when pay of a booking is due, and what comes of what both sides say of it. Pure: `pay` keeps it.
//!
//! The worker's word counts for what was received, the client's for what was given. Where they differ it is a dispute, which a
//! person looks at; nothing that one side says alone is held against the other but that it was said.

use crate::country::PayUnit;
use crate::market::pay::{PaidWhen, Pay};
use crate::text::datetime::Day;

/// Rows of one booking at most: five years of months, or two months of days.
pub const NTH_MAX: i64 = 60;
/// Days of a week.
const WEEK: i64 = 7;

coded! {
    /// What a side says of a pay day.
    pub enum Said {
        /// All of it was paid.
        Paid = "paid",
        /// Some of it.
        Part = "part",
        /// Nothing yet.
        NotYet = "not_yet",
        /// There was no work on it.
        NotWorked = "not_worked",
    }
}

coded! {
    /// How the pay of a pay day stands.
    pub enum PayState {
        /// The worker has not said.
        Open = "open",
        /// Paid in full.
        Paid = "paid",
        /// Paid in part.
        Part = "part",
        /// Not paid.
        Unpaid = "unpaid",
        /// The two do not say the same.
        Disputed = "disputed",
        /// Paid in full in the end.
        Settled = "settled",
        /// There was no work, and nothing is owed.
        NotWorked = "not_worked",
    }
}

impl PayState {
    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, PayState::Paid | PayState::Settled | PayState::NotWorked)
    }

    /// Paid in full, at once or in the end.
    pub fn is_paid(self) -> bool {
        matches!(self, PayState::Paid | PayState::Settled)
    }

    /// Something is owed, by the worker's word.
    pub fn is_owed(self) -> bool {
        matches!(self, PayState::Part | PayState::Unpaid | PayState::Disputed)
    }
}

/// What a side said, with the amount of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// What.
    pub said: Said,
    /// How much of it, where only a part was paid.
    pub amount: Option<i64>,
}

/// How it stands after both words, from how it stood before.
///
/// Who should have received the money is believed that they did. A debt that was told once and is paid then is settled, not
/// paid: it was late.
pub fn after(before: PayState, worker: Option<Word>, client: Option<Word>) -> PayState {
    let Some(worker) = worker else { return before };
    if before.is_final() {
        return before;
    }
    match (worker.said, client.map(|word| word.said)) {
        (Said::Paid, _) if before.is_owed() => PayState::Settled,
        (Said::Paid, _) => PayState::Paid,
        (Said::NotWorked, _) => PayState::NotWorked,
        (Said::NotYet, None | Some(Said::NotYet)) => PayState::Unpaid,
        (Said::NotYet, Some(_)) | (Said::Part, Some(Said::Paid | Said::NotWorked)) => PayState::Disputed,
        (Said::Part, None | Some(Said::NotYet)) => PayState::Part,
        (Said::Part, Some(Said::Part)) => {
            let more = client.and_then(|word| word.amount) > worker.amount;
            if more { PayState::Disputed } else { PayState::Part }
        }
    }
}

/// The day of the `nth` pay day of work that begins on `first` and lasts `days`; `None` when there is no such pay day.
pub fn day(first: Day, days: Option<i64>, paid: PaidWhen, nth: i64) -> Option<Day> {
    if !(1..=NTH_MAX).contains(&nth) {
        return None;
    }
    let plus = |days: i64| first.plus(i32::try_from(days).unwrap_or(i32::MAX));
    let last = days.map(|days| plus(days.max(1) - 1));
    let (begins, ends) = match (paid, last) {
        (PaidWhen::AtEnd, Some(last)) => return (nth == 1).then_some(last),
        (PaidWhen::Daily, _) => (plus(nth - 1), plus(nth - 1)),
        (PaidWhen::Weekly, _) => (plus(WEEK * (nth - 1)), plus(WEEK * nth - 1)),
        // Work without an end that is paid at its end: asked about each month, for somebody has to ask.
        (PaidWhen::Monthly | PaidWhen::AtEnd, _) => (months(first, nth - 1), months(first, nth).plus(-1)),
    };
    match last {
        Some(last) => (begins <= last).then(|| ends.min(last)),
        None => Some(ends),
    }
}

/// A day so many months on; the month's last day where it has no such day.
fn months(from: Day, months: i64) -> Day {
    let (year, month, day) = from.date();
    let count = i64::from(month) - 1 + months;
    let year = year.saturating_add(i32::try_from(count.div_euclid(12)).unwrap_or(i32::MAX));
    let month = u8::try_from(count.rem_euclid(12)).unwrap_or_default() + 1;
    (0..4).find_map(|less| Day::from_date(year, month, day.saturating_sub(less))).unwrap_or(from)
}

/// What is due on a pay day in all; `None` where that depends on how much was done.
pub fn amount(pay: Pay, days: Option<i64>, paid: PaidWhen) -> Option<i64> {
    match (pay.unit, paid) {
        (PayUnit::Day, PaidWhen::Daily) | (PayUnit::Month, PaidWhen::Monthly) | (PayUnit::Job, PaidWhen::AtEnd) => {
            Some(pay.amount)
        }
        (PayUnit::Day, PaidWhen::AtEnd) => days.and_then(|days| pay.amount.checked_mul(days)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(year: i32, month: u8, day: u8) -> Day {
        Day::from_date(year, month, day).unwrap()
    }

    #[test]
    fn pay_days_fall_where_people_expect_them() {
        let first = date(2026, 11, 24);
        let days = |days, paid| (1..).map_while(|nth| day(first, days, paid, nth)).take(4).collect::<Vec<_>>();
        assert_eq!(days(Some(1), PaidWhen::Daily), [first]);
        assert_eq!(days(Some(3), PaidWhen::Daily), [first, first.plus(1), first.plus(2)]);
        assert_eq!(days(Some(3), PaidWhen::AtEnd), [first.plus(2)]);
        assert_eq!(days(Some(10), PaidWhen::Weekly), [first.plus(6), first.plus(9)]);
        assert_eq!(days(None, PaidWhen::Monthly)[..2], [date(2026, 12, 23), date(2027, 1, 23)]);
        assert_eq!(day(date(2027, 1, 31), None, PaidWhen::Monthly, 1), Some(date(2027, 2, 27)));
        assert_eq!(day(date(2027, 1, 31), None, PaidWhen::Monthly, 2), Some(date(2027, 3, 30)));
        assert_eq!(day(first, None, PaidWhen::AtEnd, 1), Some(date(2026, 12, 23)));
        assert_eq!(day(first, None, PaidWhen::Daily, NTH_MAX + 1), None);
        assert_eq!(day(first, Some(1), PaidWhen::Daily, 0), None);
    }

    #[test]
    fn what_is_due_is_told_only_where_it_is_known() {
        let pay = |amount, unit| Pay { amount, unit };
        assert_eq!(amount(pay(7_000, PayUnit::Day), Some(5), PaidWhen::Daily), Some(7_000));
        assert_eq!(amount(pay(7_000, PayUnit::Day), Some(5), PaidWhen::AtEnd), Some(35_000));
        assert_eq!(amount(pay(7_000, PayUnit::Day), Some(5), PaidWhen::Weekly), None);
        assert_eq!(amount(pay(90_000, PayUnit::Month), None, PaidWhen::Monthly), Some(90_000));
        assert_eq!(amount(pay(100, PayUnit::Kg), Some(1), PaidWhen::AtEnd), None);
        assert_eq!(amount(pay(i64::MAX, PayUnit::Day), Some(2), PaidWhen::AtEnd), None);
    }

    #[test]
    fn words_that_differ_are_a_dispute_and_a_debt_that_is_paid_is_settled() {
        let word = |said| Some(Word { said, amount: None });
        let part = |amount| Some(Word { said: Said::Part, amount: Some(amount) });
        let open = PayState::Open;
        assert_eq!(after(open, None, word(Said::Paid)), PayState::Open);
        assert_eq!(after(open, word(Said::Paid), None), PayState::Paid);
        assert_eq!(after(open, word(Said::NotYet), None), PayState::Unpaid);
        assert_eq!(after(open, word(Said::NotYet), word(Said::NotYet)), PayState::Unpaid);
        assert_eq!(after(PayState::Unpaid, word(Said::NotYet), word(Said::Paid)), PayState::Disputed);
        assert_eq!(after(open, word(Said::NotYet), word(Said::NotWorked)), PayState::Disputed);
        assert_eq!(after(open, part(3_000), part(4_000)), PayState::Disputed);
        assert_eq!(after(open, part(4_000), part(3_000)), PayState::Part);
        assert_eq!(after(open, part(4_000), word(Said::Paid)), PayState::Disputed);
        assert_eq!(after(PayState::Disputed, word(Said::Paid), word(Said::Paid)), PayState::Settled);
        assert_eq!(after(open, word(Said::NotWorked), word(Said::Paid)), PayState::NotWorked);
    }

    fn words() -> impl Strategy<Value = Option<Word>> {
        let word = (0_usize..4, 1_i64..9).prop_map(|(index, amount)| {
            let said = Said::ALL[index];
            Word { said, amount: (said == Said::Part).then_some(amount) }
        });
        prop::option::of(word)
    }

    proptest! {
        #[test]
        fn an_end_stays_and_the_client_alone_changes_nothing(before in 0_usize..7, worker in words(), client in words()) {
            let before = PayState::ALL[before];
            let now = after(before, worker, client);
            if before.is_final() {
                prop_assert_eq!(now, before);
            }
            if worker.is_none() {
                prop_assert_eq!(now, before);
            } else {
                prop_assert_ne!(now, PayState::Open);
                // The same words again change nothing more.
                prop_assert_eq!(after(now, worker, client), now);
            }
            // Nobody is paid by the client's word.
            if !before.is_paid() && now.is_paid() {
                prop_assert_eq!(worker.map(|word| word.said), Some(Said::Paid));
            }
        }

        #[test]
        fn pay_days_go_forward_and_end_with_the_work(
            start in 0_i32..40_000, days in prop::option::of(1_i64..400), paid in 0_usize..4,
        ) {
            let (first, paid) = (Day(start), PaidWhen::ALL[paid]);
            let all: Vec<Day> = (1..=NTH_MAX).map_while(|nth| day(first, days, paid, nth)).collect();
            prop_assert!(!all.is_empty());
            prop_assert!(all.windows(2).all(|two| two[0] < two[1]) && all[0] >= first);
            if let Some(days) = days {
                let last = first.plus(i32::try_from(days).unwrap() - 1);
                prop_assert!(all.iter().all(|day| *day <= last));
                prop_assert!(all.last() == Some(&last) || all.len() == usize::try_from(NTH_MAX).unwrap());
            }
        }
    }
}
