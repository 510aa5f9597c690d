//! Whether a text has a phone number in it, however it is written.
//!
//! Nine digits with nothing between them but the marks that people put into numbers are one. With other marks between them
//! (`0788/123/456`) they are one as well, unless the whole stretch reads as something else: days, times, pay, years, or a
//! few counts. In doubt it is one: then a person looks, and nothing is refused.

/// Digits from which a run is a phone number: local numbers have nine or ten, the largest wage eight.
const PHONE_DIGITS_MIN: usize = 9;
/// Digits of all counts beside days, times and pay ("24/11/2026, 08:00, 5"), unless they are a list.
const COUNT_DIGITS_MAX: usize = 4;
/// From one number of a list to the next at most: rooms 101, 102, 104.
const LIST_STEP_MAX: u32 = 10;

/// What people put into numbers.
fn is_mark(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '\u{a0}' | '\u{2010}'..='\u{2013}' | '_')
}

/// What stands in numbers as well, and more often in days, times and pay.
fn is_other_mark(c: char) -> bool {
    matches!(c, '/' | ',' | ':' | ';' | '*' | '|')
}

/// Whether there is one.
pub(super) fn is_in(text: &str) -> bool {
    let stretches = text.split(|c: char| !(c.is_numeric() || is_mark(c) || is_other_mark(c)));
    has_plain_number(text) || stretches.filter(|stretch| is_long(stretch)).any(|stretch| !is_something_else(stretch))
}

/// Nine digits or more with nothing between them but the marks that people put into numbers.
fn has_plain_number(text: &str) -> bool {
    text.split(|c: char| !(c.is_numeric() || is_mark(c))).any(is_long)
}

/// Digits of any script: a number in Arabic digits is dialled as well.
fn is_long(stretch: &str) -> bool {
    stretch.chars().filter(|c| c.is_numeric()).count() >= PHONE_DIGITS_MIN
}

/// Digits without anything between them, and what stands between them and the next ones.
#[derive(Clone, Copy)]
struct Group<'a> {
    digits: &'a str,
    then: &'a str,
}

impl Group<'_> {
    /// Its value, when it has so many digits.
    fn value(&self, min: usize, max: usize) -> Option<u32> {
        (min..=max).contains(&self.digits.len()).then(|| self.digits.parse().ok()).flatten()
    }

    fn begins_with_nought(&self) -> bool {
        self.digits.starts_with('0')
    }
}

fn groups(stretch: &str) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut rest = stretch.trim_start_matches(|c: char| !c.is_numeric());
    while !rest.is_empty() {
        let (digits, behind) = rest.split_at(rest.find(|c: char| !c.is_numeric()).unwrap_or(rest.len()));
        let (then, next) = behind.split_at(behind.find(char::is_numeric).unwrap_or(behind.len()));
        // What stands behind the last digits joins nothing.
        groups.push(Group { digits, then: if next.is_empty() { "" } else { then } });
        rest = next;
    }
    groups
}

/// Whether all of a stretch reads as days, times, pay, years and a few counts.
fn is_something_else(stretch: &str) -> bool {
    let groups = groups(stretch);
    let (mut rest, mut before) = (groups.as_slice(), "");
    let mut counts: Vec<(usize, u32)> = Vec::new();
    while let Some(first) = rest.first() {
        let length =
            day(rest, before).or_else(|| time(rest, before)).or_else(|| pay(rest, before)).unwrap_or_else(|| {
                let is_known = is_year(first) || is_round(first);
                counts.extend(first.value(1, 4).filter(|_| !is_known).map(|value| (first.digits.len(), value)));
                usize::from(is_known || (!first.begins_with_nought() && first.value(1, 4).is_some()))
            });
        // What begins with a nought and is neither a day nor a time, and what is too long, is no count of anything.
        let Some(last) = length.checked_sub(1).and_then(|at| rest.get(at)) else { return false };
        before = last.then;
        rest = rest.get(length..).unwrap_or_default();
    }
    let digits: usize = counts.iter().map(|(digits, _)| digits).sum();
    let step = |pair: &[(usize, u32)]| match pair {
        [(_, one), (_, next)] => next > one && next - one <= LIST_STEP_MAX,
        _ => false,
    };
    digits <= COUNT_DIGITS_MAX || counts.windows(2).all(step)
}

/// Groups of a day: `24/11/2026`, `2026-11-24`, `24.11.26`, `24/11`. A mark that goes on makes it none.
fn day(rest: &[Group<'_>], before: &str) -> Option<usize> {
    let is_day = |group: &Group<'_>| group.value(1, 2).is_some_and(|day| (1..=31).contains(&day));
    let is_month = |group: &Group<'_>| group.value(1, 2).is_some_and(|month| (1..=12).contains(&month));
    let is_short_year = |group: &Group<'_>| group.digits.len() == 2 && group.value(2, 2).is_some();
    let (a, b) = (rest.first()?, rest.get(1)?);
    let mark = a.then;
    if !matches!(mark, "/" | "-" | ".") || before == mark {
        return None;
    }
    let whole = rest.get(2).filter(|c| b.then == mark && c.then != mark && is_month(b));
    let whole = whole.filter(|c| (is_day(a) && (is_year(c) || is_short_year(c))) || (is_year(a) && is_day(c)));
    if whole.is_some() {
        return Some(3);
    }
    (mark == "/" && b.then != mark && is_day(a) && is_month(b)).then_some(2)
}

/// Groups of a time: `8:00`, `17:30`.
fn time(rest: &[Group<'_>], before: &str) -> Option<usize> {
    let (hour, minute) = (rest.first()?, rest.get(1)?);
    let is_time = hour.then == ":" && minute.then != ":" && before != ":";
    let is_one = hour.value(1, 2).is_some_and(|hour| hour < 24) && minute.value(2, 2).is_some_and(|at| at < 60);
    (is_time && is_one).then_some(2)
}

/// Groups of an amount with its thousands set apart: `7,000`, `1 500 000`. What its mark joins to digits before is none.
fn pay(rest: &[Group<'_>], before: &str) -> Option<usize> {
    let first = rest.first()?;
    let mark = first.then;
    if before == mark
        || !matches!(mark, "," | "." | " " | "\u{a0}")
        || first.begins_with_nought()
        || first.value(1, 3).is_none()
    {
        return None;
    }
    let mut length = 1;
    while rest.get(length - 1)?.then == mark {
        rest.get(length)?.value(3, 3)?;
        length += 1;
    }
    let digits: usize = rest.iter().take(length).map(|group| group.digits.len()).sum();
    (digits < PHONE_DIGITS_MIN).then_some(length)
}

fn is_year(group: &Group<'_>) -> bool {
    group.value(4, 4).is_some_and(|year| (1900..2100).contains(&year))
}

/// An amount without marks: `7000`.
fn is_round(group: &Group<'_>) -> bool {
    !group.begins_with_nought() && group.digits.ends_with("00") && group.value(3, 8).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_found_whatever_stands_between_their_digits() {
        for text in [
            "Call 0788/123/456",
            "078,812,34,56",
            "078:812:34:56",
            "0788*123*456",
            "07|88|12|34|56",
            "0788; 123; 456",
            "0/7/8/8/1/2/3/4/5/6",
            "+250/788/123/456",
            "250,788,123,456",
            "788,123,456",
            "78/81/23/45/67",
            "07:12:34:56:78",
            "25/07/88/12/34/56",
            "08:00-17:00, 0788/123/456",
            "24/11/2026, 7,000: 0788/500/600",
            "0788/500/600",
            "٠٧٨٨/١٢٣/٤٥٦",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn days_times_pay_and_lists_are_none() {
        for text in [
            "",
            "7,000/day",
            "24/11/2026",
            "08:00-17:00",
            "24/11/2026, 08:00-17:00, 7,000/day, 5 people",
            "24/11/2026-30/11/2026; 8:00 - 16:30",
            "01/12 - 20/12, 5",
            "24-30/11/2026, 07:30",
            "2026-11-24, 08:00",
            "5000/7000/9000",
            "7,000, 8,000, 9,000",
            "150,000-200,000/month",
            "1,500/2,500 (8:00-12:00)",
            "2026/2027/2028",
            "Rooms 101, 102, 103, 104",
            "Houses 12, 14, 16, 18, 20",
            "1,2,3,4,5,6,7,8,9",
            "10:00, 12:30, 14:00, 16:30",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }

    /// A number's digits in groups of one to four, with one mark between them.
    fn grouped(number: &str, sizes: &[usize], mark: &str) -> String {
        let (mut rest, mut groups) = (number, Vec::new());
        for size in sizes.iter().cycle() {
            let (group, behind) = rest.split_at((*size).min(rest.len()));
            groups.push(group);
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        groups.join(mark)
    }

    /// Something honest that has digits in it.
    fn honest() -> impl Strategy<Value = String> {
        prop_oneof![
            (1..=28_u8, 1..=12_u8).prop_map(|(day, month)| format!("{day:02}/{month:02}/2026")),
            (0..=23_u8, 0..=59_u8).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}")),
            (1..=999_u16, 0..=999_u16).prop_map(|(thousands, rest)| format!("{thousands},{rest:03}")),
            (1..=99_u8, 0..=999_u16).prop_map(|(millions, rest)| format!("{millions},{rest:03},000")),
        ]
    }

    proptest! {
        #[test]
        fn no_mark_hides_a_number(
            number in "07[2389][0-9]{7}",
            sizes in prop::collection::vec(1_usize..=4, 1..6),
            mark in "[/,:;*|]",
            space in prop_oneof![Just(""), Just(" ")],
            (before, after) in ("[a-z ]{0,9}", "[a-z ]{0,9}"),
        ) {
            let number = grouped(&number, &sizes, &format!("{space}{mark}{space}"));
            prop_assert!(is_in(&format!("{before}{number}{after}")), "{}", number);
        }

        #[test]
        fn honest_digits_beside_one_another_are_no_number(
            parts in prop::collection::vec((honest(), prop_oneof![Just(", "), Just(" - "), Just("; "), Just(" | ")]), 1..5),
        ) {
            let text: String = parts.iter().flat_map(|(part, mark)| [part.as_str(), mark]).collect();
            prop_assert!(!is_in(&text), "{}", text);
        }

        #[test]
        fn any_text_is_judged_without_fault(text: String) {
            is_in(&text);
        }
    }
}
