//! Phone numbers: read as people type them, kept as E.164 digits, shown redacted.

use std::fmt;

use super::{
    fault::Faults,
    source::{File, Row},
};

/// Most digits of an E.164 number (ITU-T E.164).
const E164_DIGITS_MAX: usize = 15;
/// Fewest digits of a subscriber's number that any network in use assigns, with its country code.
const E164_DIGITS_MIN: usize = 8;

/// A phone number in E.164 digits without the plus sign. `Debug` and `Display` show the country code and the last two.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Msisdn {
    digits: [u8; E164_DIGITS_MAX],
    length: u8,
}

/// Why a number was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneFault {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// Something other than digits and the marks that people put between them.
    #[error("not a phone number")]
    NotDigits,
    /// Too few digits.
    #[error("the number is too short")]
    TooShort,
    /// Too many digits.
    #[error("the number is too long")]
    TooLong,
    /// No mobile network of the country has this prefix.
    #[error("not a mobile number of this country")]
    UnknownPrefix,
}

impl Msisdn {
    /// A number that already names its country, as gateways send it: `+250788123456`, `250788123456`, `00250788123456`.
    pub fn parse_e164(typed: &str) -> Result<Msisdn, PhoneFault> {
        let (digits, plus) = bare_digits(typed)?;
        let digits = if plus { digits.as_str() } else { digits.strip_prefix("00").unwrap_or(&digits) };
        Msisdn::from_digits(digits)
    }

    /// Checks length and first digit of what is only digits.
    fn from_digits(digits: &str) -> Result<Msisdn, PhoneFault> {
        if digits.len() > E164_DIGITS_MAX {
            return Err(PhoneFault::TooLong);
        }
        if digits.len() < E164_DIGITS_MIN {
            return Err(PhoneFault::TooShort);
        }
        if digits.starts_with('0') {
            return Err(PhoneFault::UnknownPrefix);
        }
        let mut held = [0; E164_DIGITS_MAX];
        for (to, from) in held.iter_mut().zip(digits.bytes()) {
            *to = from;
        }
        Ok(Msisdn { digits: held, length: u8::try_from(digits.len()).map_err(|_| PhoneFault::TooLong)? })
    }

    /// The digits, country code first, without a plus sign.
    pub fn as_str(&self) -> &str {
        self.digits
            .get(..usize::from(self.length))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .unwrap_or_default()
    }

    /// The number with its plus sign, as providers take it.
    pub fn e164(&self) -> String {
        format!("+{}", self.as_str())
    }

    /// Digits of the country code (ITU-T E.164, annex: one digit for zones 1 and 7, two for the listed, else three).
    fn country_code_len(&self) -> usize {
        const TWO: [&str; 46] = [
            "20", "27", "28", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
            "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82",
            "83", "84", "86", "89", "90", "91", "92", "93", "94", "95",
        ];
        let digits = self.as_str();
        match digits.get(..2) {
            Some(_) if digits.starts_with(['1', '7']) => 1,
            Some(two) if TWO.contains(&two) || two == "98" => 2,
            _ => 3,
        }
    }
}

impl fmt::Display for Msisdn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.as_str();
        let country = digits.get(..self.country_code_len()).unwrap_or_default();
        let last = digits.get(digits.len().saturating_sub(2)..).unwrap_or_default();
        write!(out, "+{country}…{last}")
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Msisdn({self})")
    }
}

/// The digits of a typed number and whether a plus sign stood before them.
fn bare_digits(typed: &str) -> Result<(String, bool), PhoneFault> {
    let mut digits = String::with_capacity(E164_DIGITS_MAX);
    let mut plus = false;
    for character in typed.chars() {
        match character {
            '+' | '＋' if digits.is_empty() && !plus => plus = true,
            '0'..='9' if digits.len() > E164_DIGITS_MAX + 2 => return Err(PhoneFault::TooLong),
            '0'..='9' => digits.push(character),
            '-'
            | '.'
            | '('
            | ')'
            | '/'
            | '\u{2010}'..='\u{2013}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' => {}
            space if space.is_whitespace() => {}
            _ => return Err(PhoneFault::NotDigits),
        }
    }
    if digits.is_empty() { Err(PhoneFault::Empty) } else { Ok((digits, plus)) }
}

/// A mobile network and the prefixes of its national numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Name as people know it.
    pub name: String,
    /// First digits of its national numbers, without the trunk 0.
    pub prefixes: Vec<String>,
}

/// How numbers of one country are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhonePlan {
    /// Country code without plus, like `250`.
    pub calling_code: String,
    /// Digit before a national number; empty where there is none.
    pub trunk: String,
    /// Digits that start an international number.
    pub international: String,
    /// Digits of a national number without the trunk digit.
    pub national_digits: usize,
    /// Mobile networks. With number portability the prefix is only a hint.
    pub operators: Vec<Operator>,
}

impl PhonePlan {
    /// A plan that any country's prefixes fit, for checking rows when the country's own cannot be read.
    pub(super) const ANYWHERE: PhonePlan = PhonePlan {
        calling_code: String::new(),
        trunk: String::new(),
        international: String::new(),
        national_digits: E164_DIGITS_MAX,
        operators: Vec::new(),
    };

    /// A typed number of this country in any usual writing (`0788 123 456`, `788123456`, `+250 788-123-456`,
    /// `00250788123456`, `250788123456`), or a number of another country that begins with `+` or the international prefix.
    pub fn parse(&self, typed: &str) -> Result<Msisdn, PhoneFault> {
        let (digits, plus) = bare_digits(typed)?;
        let abroad = if plus { Some(digits.as_str()) } else { digits.strip_prefix(self.international.as_str()) };
        if let Some(digits) = abroad.or_else(|| self.names_this_country(&digits)) {
            return match digits.strip_prefix(self.calling_code.as_str()) {
                // "+250 0788 123 456": the trunk digit stayed behind the country code.
                Some(national) => self.national(self.without_trunk(national)),
                None => Msisdn::from_digits(digits),
            };
        }
        self.national(self.without_trunk(&digits))
    }

    /// The number, when it starts with this country's code and is long enough to hold one.
    fn names_this_country<'d>(&self, digits: &'d str) -> Option<&'d str> {
        let long = digits.len() > self.national_digits + self.trunk.len();
        (long && digits.starts_with(&self.calling_code)).then_some(digits)
    }

    fn without_trunk<'d>(&self, national: &'d str) -> &'d str {
        if self.trunk.is_empty() { national } else { national.strip_prefix(self.trunk.as_str()).unwrap_or(national) }
    }

    fn national(&self, national: &str) -> Result<Msisdn, PhoneFault> {
        match national.len().cmp(&self.national_digits) {
            std::cmp::Ordering::Less => return Err(PhoneFault::TooShort),
            std::cmp::Ordering::Greater => return Err(PhoneFault::TooLong),
            std::cmp::Ordering::Equal => {}
        }
        if self.operator_of(national).is_none() {
            return Err(PhoneFault::UnknownPrefix);
        }
        Msisdn::from_digits(&format!("{}{national}", self.calling_code))
    }

    /// Whether a number is of this country.
    pub fn is_own(&self, number: &Msisdn) -> bool {
        number.as_str().starts_with(self.calling_code.as_str())
    }

    /// The names of the networks.
    pub fn networks(&self) -> impl Iterator<Item = &str> {
        self.operators.iter().map(|operator| operator.name.as_str())
    }

    /// The network that a number's prefix belonged to first: a hint, since numbers move between networks.
    pub fn operator(&self, number: &Msisdn) -> Option<&str> {
        self.operator_of(number.as_str().strip_prefix(self.calling_code.as_str())?)
            .map(|operator| operator.name.as_str())
    }

    /// Of all matching prefixes the longest decides: some networks hold a part of another's range.
    fn operator_of(&self, national: &str) -> Option<&Operator> {
        let matching =
            self.operators.iter().flat_map(|operator| operator.prefixes.iter().map(move |prefix| (operator, prefix)));
        let matching = matching.filter(|(_, prefix)| national.starts_with(prefix.as_str()));
        matching.max_by_key(|(_, prefix)| prefix.len()).map(|(operator, _)| operator)
    }

    /// Reads the networks of `operators.csv`.
    pub(super) fn add_operators(&mut self, file: &File, faults: &mut Faults) {
        file.each_row(&["operator", "prefixes"], faults, |row, faults| self.add_operator(row, faults));
        if self.operators.is_empty() {
            faults.add(&file.path, 0, "names no operator, so no number would be accepted");
        }
    }

    fn add_operator(&mut self, row: &Row<'_>, faults: &mut Faults) {
        let (name, prefixes) = (row.field(0), row.field(1));
        if name.is_empty() {
            row.fault(faults, "the operator has no name");
        }
        let mut kept = Vec::new();
        for prefix in prefixes.split_whitespace() {
            let fits = prefix.len() < self.national_digits && prefix.bytes().all(|byte| byte.is_ascii_digit());
            if !fits {
                row.fault(faults, format!("`{prefix}` is not the start of a national number"));
            } else if self.operators.iter().any(|other| other.prefixes.iter().any(|taken| taken == prefix)) {
                row.fault(faults, format!("prefix {prefix} belongs to another operator above"));
            } else {
                kept.push(prefix.to_owned());
            }
        }
        if prefixes.is_empty() {
            row.fault(faults, "the operator has no prefix");
        }
        self.operators.push(Operator { name: name.to_owned(), prefixes: kept });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rwanda() -> PhonePlan {
        let operator = |name: &str, prefixes: &[&str]| Operator {
            name: name.to_owned(),
            prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        };
        PhonePlan {
            calling_code: "250".to_owned(),
            trunk: "0".to_owned(),
            international: "00".to_owned(),
            national_digits: 9,
            operators: vec![operator("MTN", &["78", "79"]), operator("Airtel", &["72", "73"])],
        }
    }

    #[test]
    fn every_usual_writing_is_the_same_number() {
        for typed in [
            "0788 123 456",
            "788123456",
            "+250 788-123-456",
            "00250788123456",
            "250788123456",
            "+250 0788 123 456",
            "(0788) 123.456",
            " 0788123456\n",
            "2500788123456",
            "\u{202A}+250788123456\u{202C}",
            "00 250 788 123 456",
        ] {
            assert_eq!(rwanda().parse(typed).map(|number| number.e164()), Ok("+250788123456".to_owned()), "{typed:?}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let known = [
            ("", PhoneFault::Empty),
            ("+", PhoneFault::Empty),
            ("07881234", PhoneFault::TooShort),
            ("078812345678", PhoneFault::TooLong),
            ("0718123456", PhoneFault::UnknownPrefix),
            ("0252123456", PhoneFault::UnknownPrefix),
            ("078812345o", PhoneFault::NotDigits),
            ("O788123456", PhoneFault::NotDigits),
            ("+250 718 123 456", PhoneFault::UnknownPrefix),
            ("+0788123456", PhoneFault::UnknownPrefix),
            ("+1", PhoneFault::TooShort),
        ];
        for (typed, fault) in known {
            assert_eq!(rwanda().parse(typed), Err(fault), "{typed:?}");
        }
        assert_eq!(rwanda().parse(&"7".repeat(10_000)), Err(PhoneFault::TooLong));
    }

    #[test]
    fn numbers_of_other_countries_need_their_code() {
        assert_eq!(rwanda().parse("+256 772 123456").unwrap().as_str(), "256772123456");
        assert_eq!(rwanda().parse("00257 79 123 456").unwrap().as_str(), "25779123456");
        assert_eq!(rwanda().parse("256772123456"), Err(PhoneFault::TooLong));
    }

    #[test]
    fn gateways_send_e164() {
        for typed in ["+250788123456", "250788123456", "00250788123456"] {
            assert_eq!(Msisdn::parse_e164(typed).unwrap().as_str(), "250788123456");
        }
        assert_eq!(Msisdn::parse_e164("0788123456"), Err(PhoneFault::UnknownPrefix));
        assert_eq!(Msisdn::parse_e164("1234567"), Err(PhoneFault::TooShort));
        assert_eq!(Msisdn::parse_e164("1234567890123456"), Err(PhoneFault::TooLong));
    }

    #[test]
    fn a_number_is_never_shown_whole() {
        let known = [
            ("250788123456", "+250…56"),
            ("447911123456", "+44…56"),
            ("12025550123", "+1…23"),
            ("25779123456", "+257…56"),
        ];
        for (digits, shown) in known {
            let number = Msisdn::parse_e164(digits).unwrap();
            assert_eq!(number.to_string(), shown);
            assert_eq!(format!("{number:?}"), format!("Msisdn({shown})"));
        }
    }

    #[test]
    fn the_prefix_hints_at_the_operator() {
        let plan = rwanda();
        assert_eq!(plan.operator(&plan.parse("0788123456").unwrap()), Some("MTN"));
        assert_eq!(plan.operator(&plan.parse("0731234567").unwrap()), Some("Airtel"));
        assert_eq!(plan.operator(&plan.parse("+256772123456").unwrap()), None);
    }

    proptest! {
        #[test]
        fn no_input_panics_and_what_is_taken_reads_back(typed in "[+0-9 .a\\-]{0,24}|\\PC{0,20}") {
            if let Ok(number) = rwanda().parse(&typed) {
                prop_assert_eq!(rwanda().parse(&number.e164()), Ok(number));
                prop_assert_eq!(Msisdn::parse_e164(number.as_str()), Ok(number));
                prop_assert!(number.to_string().len() < number.as_str().len());
            }
        }
    }
}
