//! Reads what was typed, forgivingly: people write `90` for 1990, `7 000` and `7000frw`, and end a choice with a full stop.

use crate::menu::Labels;
use crate::menu::graph::{Answer, AnswerType, EngineText};
use crate::menu::width::wrong_answer;
use crate::text::datetime::{Day, parse_clock};
use crate::text::{folding, number};

/// Characters that can be typed at one hop: what a USSD message holds (TS 23.038). More is refused, never cut.
pub const TYPED_MAX: usize = 182;
/// A year of two digits lies at least this far back: "19" typed for 1990 must not make a child of a grown-up.
const TWO_DIGIT_YEARS_AGO: i32 = 16;
/// Digits of a PIN.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=6;
/// What stands in names beside letters.
const NAME_MARKS: [char; 5] = [' ', '\'', '’', '-', '.'];

/// The day on which something is typed, in the caller's country.
#[derive(Clone, Copy, Debug)]
pub struct Today {
    /// The day.
    pub day: Day,
    /// Its year.
    pub year: i32,
}

/// What was typed, without control characters, emoji and needless spaces; `None` when there is too much of it.
pub fn clean(typed: &str) -> Option<String> {
    (typed.chars().count() <= TYPED_MAX).then(|| folding::clean(typed))
}

/// An accent that some phones send behind its letter.
fn is_accent(character: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&character)
}

/// A choice as typed, without the full stop or `#` that people put behind it.
pub fn key(cleaned: &str) -> &str {
    cleaned.trim_end_matches(['.', ')', '#', ' ']).trim_start_matches([' ', '('])
}

/// An answer of this type, or the line that says what is wrong.
pub fn answer(kind: &AnswerType, typed: &str, today: Today, labels: &dyn Labels) -> Result<Answer, EngineText> {
    let wrong = wrong_answer(kind);
    let within = |number: i64, min: &i64, max: &i64| {
        if (min..=max).contains(&&number) { Ok(Answer::Integer(number)) } else { Err(wrong) }
    };
    match kind {
        AnswerType::Name { max } => {
            let letters = typed.chars().filter(|c| c.is_alphabetic()).count();
            let odd = typed.chars().any(|c| !(c.is_alphabetic() || NAME_MARKS.contains(&c) || is_accent(c)));
            match (letters >= 2 && !odd, typed.chars().count() > *max) {
                (false, _) => Err(EngineText::WrongName),
                (true, true) => Err(EngineText::TooLong),
                (true, false) => Ok(Answer::Text(typed.to_owned())),
            }
        }
        AnswerType::Text { max } => match typed.chars().count() {
            0 => Err(EngineText::WrongText),
            length if length > *max => Err(EngineText::TooLong),
            _ => Ok(Answer::Text(typed.to_owned())),
        },
        AnswerType::Number { min, max } => within(number::parse(typed).map_err(|_| wrong)?, min, max),
        AnswerType::Money { min, max } => within(labels.parse_money(typed).ok_or(wrong)?, min, max),
        AnswerType::Year { min, max } => {
            let digits = typed.chars().filter(char::is_ascii_digit).count();
            let latest = if digits <= 2 { today.year - TWO_DIGIT_YEARS_AGO } else { today.year };
            within(i64::from(number::year(typed, latest).map_err(|_| wrong)?), min, max)
        }
        AnswerType::Day => Day::parse(typed, today.day).map(|day| Answer::Integer(i64::from(day.0))).map_err(|_| wrong),
        AnswerType::Time => parse_clock(typed).map(|minute| Answer::Integer(i64::from(minute))).map_err(|_| wrong),
        AnswerType::Pin => {
            let typed = key(typed);
            let digits = typed.chars().all(|c| c.is_ascii_digit()) && PIN_DIGITS.contains(&typed.len());
            if digits { Ok(Answer::Text(typed.to_owned())) } else { Err(wrong) }
        }
        AnswerType::Word(words) => {
            words.iter().find(|word| **word == typed).map(|word| Answer::Text(word.clone())).ok_or(wrong)
        }
        AnswerType::Coded(_) => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_forgive_what_people_put_behind_them() {
        assert_eq!(["1.", "1", "1)", "(1)", "1 #"].map(key), ["1"; 5]);
    }
}
