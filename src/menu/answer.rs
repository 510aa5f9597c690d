//! Answers: what a caller can be asked for, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Characters of a person's name at most: longer ones are not kept.
pub const NAME_MAX: i64 = 40;

/// An answer's number in its bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnswerId(pub usize);

/// What a caller answered. Debug does not tell it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// A number, amount, year, day, minute of the day, or code.
    Integer(i64),
    /// A name, a text, a PIN, or a word's name.
    Text(String),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::Integer(_) => "Integer(_)",
            Answer::Text(_) => "Text(_)",
        })
    }
}

/// What an answer may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerType {
    /// A person's name of at most `max` characters.
    Name {
        /// Characters.
        max: usize,
    },
    /// Free text of at most `max` characters.
    Text {
        /// Characters.
        max: usize,
    },
    /// A whole number.
    Number {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// An amount in the country's currency.
    Money {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A year.
    Year {
        /// Earliest.
        min: i64,
        /// Latest.
        max: i64,
    },
    /// A day of the calendar.
    Day,
    /// A time of day.
    Time,
    /// A secret of digits; never shown, stored or resumed.
    Pin,
    /// One of these words.
    Word(Vec<String>),
    /// A code of the host's.
    Coded(&'static str),
}

impl AnswerType {
    /// Whether an answer of this type can hold `answer`: false after a bundle gave the name another type.
    pub fn holds(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (AnswerType::Word(words), Answer::Text(word)) => words.contains(word),
            (AnswerType::Name { .. } | AnswerType::Text { .. } | AnswerType::Pin, Answer::Text(_)) => true,
            (_, Answer::Text(_)) => false,
            (kind, Answer::Integer(_)) => kind.is_whole_number(),
        }
    }

    /// Whether its answers are whole numbers.
    pub fn is_whole_number(&self) -> bool {
        !matches!(self, AnswerType::Word(_) | AnswerType::Name { .. } | AnswerType::Text { .. } | AnswerType::Pin)
    }
}

/// A declared answer.
#[derive(Clone, Debug)]
pub struct AnswerDeclaration {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: AnswerType,
}
