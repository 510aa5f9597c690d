//! Countries to which people go for work: those that the pack lists may be named by a vacancy, and no others.

use std::fmt;

use super::{fault::Faults, section::Section};
use crate::text::{Language, gsm7};

/// Septets of a country's name: it stands where an area's name does, and must not be wider than these are.
const NAME_SEPTETS_MAX: usize = 12;

/// A country by ISO 3166-1 alpha-2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Two letters, as `AE`.
    pub fn parse(text: &str) -> Option<CountryCode> {
        match text.as_bytes() {
            &[first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Some(CountryCode([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// A number for the two letters that no area has: below 0.
    pub fn get(self) -> i64 {
        -(i64::from(self.0[0]) << 8 | i64::from(self.0[1]))
    }

    /// The country of such a number.
    pub fn from_number(number: i64) -> Option<CountryCode> {
        let letters = u16::try_from(number.checked_neg()?).ok()?.to_be_bytes();
        letters.iter().all(u8::is_ascii_uppercase).then_some(CountryCode(letters))
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A country that a vacancy may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryAbroad {
    /// Its code.
    pub code: CountryCode,
    names: [String; 4],
}

impl CountryAbroad {
    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        self.names.get(language.index()).map_or("", String::as_str)
    }

    /// Reads one `[[abroad]]`.
    pub(super) fn read(mut section: Section<'_>, faults: &mut Faults) -> Option<CountryAbroad> {
        let code = section.parsed("code", "the two capital letters of ISO 3166", faults, |code| {
            CountryCode::parse(code).filter(|parsed| parsed.as_str() == code)
        });
        let names = section.section("name", faults).map(|mut section| {
            let names = Language::ALL.map(|language| {
                section.parsed(language.code(), "a text in the GSM alphabet, at most 12 septets", faults, |name| {
                    let fits = gsm7::septets(name).is_some_and(|width| (1..=NAME_SEPTETS_MAX).contains(&width));
                    fits.then(|| name.to_owned())
                })
            });
            section.finish(faults);
            names
        });
        section.finish(faults);
        let [rw, en, fr, sw] = names?;
        Some(CountryAbroad { code: code?, names: [rw?, en?, fr?, sw?] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::AreaCode;

    #[test]
    fn a_code_is_two_letters_and_its_number_is_no_areas() {
        let ae = CountryCode::parse("ae").unwrap();
        assert_eq!((ae.as_str(), CountryCode::from_number(ae.get())), ("AE", Some(ae)));
        assert!(ae.get() < -1 && AreaCode::new(ae.get()).is_none());
        for text in ["", "A", "ARE", "A1", "é"] {
            assert_eq!(CountryCode::parse(text), None, "{text}");
        }
        for number in [0, 1, -1, -2, i64::MIN, i64::MAX, -0x6161] {
            assert_eq!(CountryCode::from_number(number), None, "{number}");
        }
    }
}
