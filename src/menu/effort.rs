//! The time that a call takes: reading, typing and the network, against what a network allows.
//!
//! The figures are of people who read slowly and type with one thumb; they are estimates, and only warn.

use super::answer::AnswerType;
use crate::text::keypad::{self, Typing};

/// Reading one character: about 125 words a minute.
const READ_MS: u64 = 80;
/// One press of a key.
const PRESS_MS: u64 = 350;
/// The pause that a phone needs between two letters on one key.
const WAIT_MS: u64 = 1_000;
/// One hop through network and service and back to the screen.
pub const NETWORK_MS: u64 = 3_000;

/// Milliseconds for reading a screen of so many characters.
pub fn reading_ms(characters: usize) -> u64 {
    READ_MS * u64::try_from(characters).unwrap_or(u64::MAX / READ_MS)
}

/// Milliseconds for typing a text and sending it.
pub fn typing_ms(text: &str) -> u64 {
    let Typing { presses, waits } = keypad::typing(text);
    let times = |count: usize, ms: u64| u64::try_from(count).unwrap_or(u64::MAX / ms) * ms;
    times(presses + 1, PRESS_MS) + times(waits, WAIT_MS)
}

/// An answer as people usually type it: what its typing costs.
pub fn usual_answer(kind: &AnswerType) -> String {
    // Twelve characters of a name or text, if so many may be given.
    const WORDS: &str = "mukamana uwase";
    match kind {
        AnswerType::Name { max } | AnswerType::Text { max } => WORDS.chars().take(*max).collect(),
        AnswerType::Number { max, .. } | AnswerType::Money { max, .. } => "0".repeat(max.to_string().len().min(6)),
        AnswerType::Year { .. } | AnswerType::Pin => "0000".to_owned(),
        AnswerType::Day | AnswerType::Time => "00000".to_owned(),
        AnswerType::Word(_) | AnswerType::Coded(_) => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_longer_than_a_key_and_a_long_screen_longer_than_a_short_one() {
        assert_eq!(typing_ms("1"), 2 * PRESS_MS);
        assert!(typing_ms(&usual_answer(&AnswerType::Name { max: 24 })) > 10 * typing_ms("1"));
        assert_eq!(usual_answer(&AnswerType::Name { max: 3 }), "muk");
        assert_eq!(reading_ms(160), 12_800);
    }
}
