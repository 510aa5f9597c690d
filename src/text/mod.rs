//! Text as phones and networks count it: the GSM alphabet, segments, folding, money, dates and clock times per language.
//!
//! Pure: no clock, no I/O. Everything that is shown on a screen or sent by SMS is measured here.

pub mod datetime;
pub mod folding;
pub mod gsm7;
pub mod keypad;
pub mod masking;
pub mod money;
pub mod number;
pub mod segments;

/// A language that screens and messages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Kinyarwanda.
    Rw,
    /// English.
    En,
    /// French.
    Fr,
    /// Swahili.
    Sw,
}

impl Language {
    /// Every language, in the order of the texts.
    pub const ALL: [Language; 4] = [Language::Rw, Language::En, Language::Fr, Language::Sw];

    /// ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Language::Rw => "rw",
            Language::En => "en",
            Language::Fr => "fr",
            Language::Sw => "sw",
        }
    }

    /// The language with this ISO 639-1 code.
    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Position in [`Language::ALL`]: tables per language are indexed with it.
    pub fn index(self) -> usize {
        match self {
            Language::Rw => 0,
            Language::En => 1,
            Language::Fr => 2,
            Language::Sw => 3,
        }
    }
}
