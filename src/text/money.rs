//! Amounts of money: written in plain ASCII, read as people type them.

use super::Language;

/// A currency and how many decimals it is counted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217 code, as shown behind an amount.
    pub code: String,
    /// Digits behind the point: 0 for RWF, 2 for KES. Amounts are kept in this smallest unit.
    pub minor_digits: u8,
}

impl Currency {
    /// An amount of whole francs or shillings in the smallest unit; `None` when it is too large to hold.
    pub fn from_whole(&self, whole: i64) -> Option<i64> {
        whole.checked_mul(self.unit())
    }

    /// How many whole francs or shillings an amount in the smallest unit has; what is over is left out.
    pub fn whole(&self, amount: i64) -> i64 {
        amount / self.unit()
    }

    /// Smallest units in a whole one.
    fn unit(&self) -> i64 {
        10_i64.saturating_pow(u32::from(self.minor_digits))
    }
}

/// Below this an amount is written without grouping: four digits are read at a glance, and the comma costs room.
const GROUP_FROM: u64 = 10_000;

/// No wage is larger; a longer number is a slip of the thumb.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// Between thousands. French reads a comma as a decimal point, so it takes a plain space (draft for rw: the press writes
/// both `40,000` and `40.000`).
fn group_mark(language: Language) -> char {
    match language {
        Language::Fr => ' ',
        Language::Rw | Language::En | Language::Sw => ',',
    }
}

/// An amount (in the currency's smallest unit) without its code: `7000`, `15,000`, French `15 000`, `12.50`.
///
/// Decimals are shown only when they are not zero. The text is longest for the largest amount, so the widest of a range
/// is that of its end.
pub fn format(amount: i64, currency: &Currency, language: Language) -> String {
    let unit = currency.unit().unsigned_abs();
    let (whole, rest) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    let digits = whole.to_string();
    let mut out = String::with_capacity(digits.len() + 8);
    if amount < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && whole >= GROUP_FROM {
            out.push(group_mark(language));
        }
        out.push(digit);
    }
    if rest != 0 {
        out.push(if language == Language::Fr { ',' } else { '.' });
        let decimals = rest.to_string();
        out.extend(std::iter::repeat_n('0', usize::from(currency.minor_digits).saturating_sub(decimals.len())));
        out.push_str(&decimals);
    }
    out
}

/// An amount with its code behind it: `7000 RWF`.
pub fn format_with_code(amount: i64, currency: &Currency, language: Language) -> String {
    format!("{} {}", format(amount, currency, language), currency.code)
}

/// Why an amount was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyFault {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// No amount can be read in it, or more than one.
    #[error("not an amount")]
    NotAnAmount,
    /// Below zero.
    #[error("the amount is negative")]
    Negative,
    /// Cents of a currency that is paid in whole units.
    #[error("the amount has decimals")]
    Fraction,
    /// Larger than any wage.
    #[error("the amount is too large")]
    TooLarge,
}

/// Words that people write beside an amount; the longest of those that share an end comes first.
const WORDS: [&str; 16] = [
    "amafaranga",
    "francs",
    "franc",
    "rwf",
    "frw",
    "frs",
    "fr",
    "f",
    "ksh",
    "kes",
    "tsh",
    "ush",
    "ugx",
    "tzs",
    "shs",
    "sh",
];

/// An amount in whole units of the currency: `7000`, `7 000`, `7.000`, `7,000`, `7000frw`, `RWF 7000`, `7000/=`, `7k`.
pub fn parse(typed: &str) -> Result<i64, MoneyFault> {
    let lower = typed.trim().to_lowercase();
    if lower.is_empty() {
        return Err(MoneyFault::Empty);
    }
    let mut bare = without_words(&lower);
    if bare.starts_with(['-', '\u{2212}', '\u{2013}']) {
        return Err(MoneyFault::Negative);
    }
    let thousands = bare.strip_suffix('k').map(str::trim_end);
    bare = thousands.unwrap_or(bare);
    if !bare.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(MoneyFault::NotAnAmount);
    }
    let (whole, decimals) = split_amount(bare)?;
    let value = match (thousands.is_some(), decimals) {
        (false, None | Some((0, _))) => whole,
        (true, None) => whole.checked_mul(1000).ok_or(MoneyFault::TooLarge)?,
        // "7.5k" is 7500; a third decimal would have been read as a group.
        (true, Some((digits, length))) => {
            let scale = if length == 1 { 100 } else { 10 };
            whole.checked_mul(1000).and_then(|value| value.checked_add(digits * scale)).ok_or(MoneyFault::TooLarge)?
        }
        (false, Some(_)) => return Err(MoneyFault::Fraction),
    };
    if value > AMOUNT_MAX { Err(MoneyFault::TooLarge) } else { Ok(value) }
}

/// The text less currency words on either side and the marks `/=`, `/-` and `.` behind an amount.
fn without_words(lower: &str) -> &str {
    let mut bare = lower;
    loop {
        let before = bare.len();
        bare = bare.trim();
        for word in WORDS {
            if let Some(rest) = bare.strip_prefix(word)
                && !rest.starts_with(char::is_alphabetic)
            {
                bare = rest;
            }
            if let Some(rest) = bare.strip_suffix(word)
                && !rest.ends_with(|c: char| c.is_alphabetic() && c != 'k')
            {
                bare = rest;
            }
        }
        for mark in ["/=", "/-", "=", ".", ",", "#"] {
            bare = bare.strip_suffix(mark).unwrap_or(bare);
        }
        bare = bare.strip_prefix(['.', ':', '=']).unwrap_or(bare);
        if bare.len() == before {
            return bare;
        }
    }
}

/// Whole part and decimals (value, number of digits): groups of three after a space, point, comma or apostrophe are
/// thousands; one or two digits after a point or comma at the end are decimals.
fn split_amount(bare: &str) -> Result<(i64, Option<(i64, usize)>), MoneyFault> {
    let is_mark = |c: &char| matches!(c, ' ' | '.' | ',' | '\'' | '\u{2019}' | '\u{A0}' | '\u{202F}');
    let (first, mut tail) = leading_digits(bare);
    let mut whole = first.to_owned();
    let groups_may_follow = first.len() <= 3 && first != "0";
    loop {
        let mut rest = tail.chars();
        let Some(mark) = rest.next() else { return Ok((digits_value(&whole)?, None)) };
        if !is_mark(&mark) {
            return Err(MoneyFault::NotAnAmount);
        }
        let (digits, next) = leading_digits(rest.as_str());
        match digits.len() {
            3 if groups_may_follow => whole.push_str(digits),
            length @ 1..=2 if next.is_empty() && matches!(mark, '.' | ',') => {
                return Ok((digits_value(&whole)?, Some((digits_value(digits)?, length))));
            }
            _ => return Err(MoneyFault::NotAnAmount),
        }
        tail = next;
    }
}

/// The ASCII digits at the start, and what follows them.
fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The value of ASCII digits.
fn digits_value(digits: &str) -> Result<i64, MoneyFault> {
    let significant = digits.trim_start_matches('0');
    if significant.len() > 15 {
        return Err(MoneyFault::TooLarge);
    }
    Ok(significant.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rwf() -> Currency {
        Currency { code: "RWF".to_owned(), minor_digits: 0 }
    }

    fn kes() -> Currency {
        Currency { code: "KES".to_owned(), minor_digits: 2 }
    }

    #[test]
    fn amounts_are_written_in_plain_ascii() {
        assert_eq!(format(0, &rwf(), Language::Rw), "0");
        assert_eq!(format(7000, &rwf(), Language::Rw), "7000");
        assert_eq!(format(9999, &rwf(), Language::En), "9999");
        assert_eq!(format(10_000, &rwf(), Language::En), "10,000");
        assert_eq!(format(1_500_000, &rwf(), Language::Fr), "1 500 000");
        assert_eq!(format(-25_000, &rwf(), Language::Sw), "-25,000");
        assert_eq!(format_with_code(7000, &rwf(), Language::En), "7000 RWF");
        assert_eq!(format(1_611_300, &kes(), Language::En), "16,113");
        assert_eq!(format(1250, &kes(), Language::En), "12.50");
        assert_eq!(format(1205, &kes(), Language::Fr), "12,05");
        assert_eq!(format(i64::MIN, &rwf(), Language::En), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn whole_amounts_become_smallest_units() {
        assert_eq!(rwf().from_whole(7000), Some(7000));
        assert_eq!(kes().from_whole(7000), Some(700_000));
        assert_eq!(kes().from_whole(i64::MAX), None);
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let seven = [
            "7000",
            " 7000 ",
            "7 000",
            "7.000",
            "7,000",
            "7'000",
            "7\u{A0}000",
            "7\u{202F}000",
            "7000frw",
            "7000 Frw",
            "7,000 FRW",
            "RWF 7000",
            "rwf7000",
            "Frw. 7000",
            "7000/=",
            "7000/-",
            "7000=",
            "7000F",
            "7 000 francs",
            "7k",
            "7K",
            "7 k",
            "7000.",
            "7000.00",
            "7,000.00",
            "7.000,00",
            "07000",
            "7000 amafaranga",
            "7krwf",
            "7000#",
        ];
        for typed in seven {
            assert_eq!(parse(typed), Ok(7000), "{typed:?}");
        }
        for (typed, amount) in [("7.5k", 7500), ("7,25k", 7250), ("1 500 000", 1_500_000), ("0", 0), ("40,000", 40_000)]
        {
            assert_eq!(parse(typed), Ok(amount), "{typed:?}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        for typed in [
            "abc",
            "70 00",
            "7000-8000",
            "7000 8000",
            "7..000",
            "7,0000",
            "frw",
            "k",
            "7x",
            "7kk",
            "#",
            "7000 day",
            "1234,567",
        ] {
            assert_eq!(parse(typed), Err(MoneyFault::NotAnAmount), "{typed:?}");
        }
        assert_eq!(parse(" "), Err(MoneyFault::Empty));
        assert_eq!(parse("-500"), Err(MoneyFault::Negative));
        assert_eq!(parse("RWF -500"), Err(MoneyFault::Negative));
        assert_eq!(parse("7.5"), Err(MoneyFault::Fraction));
        assert_eq!(parse("7000,50"), Err(MoneyFault::Fraction));
        assert_eq!(parse("9999999999999"), Err(MoneyFault::TooLarge));
        assert_eq!(parse(&"9".repeat(10_000)), Err(MoneyFault::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(amount in 0..=AMOUNT_MAX, at in 0_usize..4) {
            let language = Language::ALL[at];
            prop_assert_eq!(parse(&format(amount, &rwf(), language)), Ok(amount));
            prop_assert_eq!(parse(&format_with_code(amount, &rwf(), language)), Ok(amount));
        }

        #[test]
        fn a_larger_amount_is_never_shorter(a in 0..=AMOUNT_MAX, b in 0..=AMOUNT_MAX) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(format(low, &rwf(), Language::Rw).len() <= format(high, &rwf(), Language::Rw).len());
        }

        #[test]
        fn no_input_panics(typed in any::<String>()) {
            if let Ok(amount) = parse(&typed) {
                prop_assert!((0..=AMOUNT_MAX).contains(&amount));
            }
        }
    }
}
