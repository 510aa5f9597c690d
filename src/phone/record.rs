//! Writes a call down as a transcript, while it is made: a test, a replay for support, a page of documentation.
//!
//! What a transcript must not hold is exchanged for something of the same shape, so that it still plays: phone numbers
//! become nines behind their first digits, names and free texts become `Aaaaa`, and what was typed on a secret screen becomes
//! zeros. Where the network does not tell what a screen asks for, four to six digits are taken for a secret, letters for a
//! name: a call with a search in a list then does not play.

use std::fmt::Write as _;

use super::Sms;
use crate::gateway::ussd::UssdAnswer;
use crate::session::Asked;
use crate::text::masking;

/// Letters from which typed words are looked for on screens: shorter ones are parts of others.
const WORD_LETTERS_MIN: usize = 3;
/// The digits of a secret.
const SECRET_DIGITS: std::ops::RangeInclusive<usize> = 4..=6;

/// A transcript that grows.
#[derive(Default)]
pub struct Recorder {
    out: String,
    /// Words that were typed, and what stands for them.
    words: Vec<(String, String)>,
    number: Option<String>,
    /// Numbers that dialled, in the order in which they came.
    diallers: Vec<String>,
}

/// What was typed stays out of logs.
impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recorder({} bytes)", self.out.len())
    }
}

impl Recorder {
    /// A recording that begins with a line about itself.
    pub fn new() -> Self {
        let out = "# Recorded. Phone numbers, names and secrets are exchanged for others of their shape.\n".into();
        Self { out, ..Self::default() }
    }

    /// A call begins.
    pub fn dialled(&mut self, code: &str, number: &str) {
        let code = self.masked(code);
        if self.number.as_deref() == Some(number) {
            self.line("dial", &code);
        } else {
            let shown = self.dialler(number);
            self.line("dial", &format!("{code} as {shown}"));
            self.number = Some(number.to_owned());
        }
    }

    /// The number that stands for a dialling one: each another, so that people stay apart.
    fn dialler(&mut self, number: &str) -> String {
        let known = self.diallers.iter().position(|dialler| dialler == number);
        let at = known.unwrap_or_else(|| {
            self.diallers.push(number.to_owned());
            self.diallers.len() - 1
        });
        let mut masked = masking::numbers(number);
        let last = char::from_digit(9 - u32::try_from(at % 10).unwrap_or_default(), 10).unwrap_or('9');
        if masked.pop().is_some() {
            masked.push(last);
        }
        masked
    }

    /// Something is typed on a screen that asks for this, or of which that is not known.
    pub fn typed(&mut self, typed: &str, asked: Option<Asked>) {
        let digits = !typed.is_empty() && typed.chars().all(|character| character.is_ascii_digit());
        let may_be_secret = digits && SECRET_DIGITS.contains(&typed.len());
        let is_secret = asked.map_or(may_be_secret, |asked| asked == Asked::Secret);
        let are_words = asked.is_none_or(|asked| asked == Asked::Words);
        let shown = if is_secret {
            typed.chars().map(|_| '0').collect()
        } else {
            // What narrows a list is no name, and the list must be found again.
            if are_words && typed.chars().any(char::is_alphabetic) {
                let mask = masking::letters(typed);
                if typed.chars().filter(|character| character.is_alphabetic()).count() >= WORD_LETTERS_MIN {
                    self.words.push((typed.trim().to_owned(), mask.trim().to_owned()));
                }
                mask
            } else {
                self.masked(typed)
            }
        };
        self.line(">", &shown);
    }

    /// What was on the screen.
    pub fn screen(&mut self, answer: &UssdAnswer) {
        let text = self.masked(&answer.text);
        text.lines().for_each(|line| self.line("=", line));
        if answer.end {
            self.out.push_str("end\n");
        }
    }

    /// An SMS came.
    pub fn message(&mut self, sms: &Sms) {
        let text = self.masked(&sms.text).replace('\n', " ");
        self.line("sms", &text);
    }

    /// The call was cut.
    pub fn dropped(&mut self) {
        self.out.push_str("drop\n");
    }

    /// The transcript so far.
    pub fn text(&self) -> &str {
        &self.out
    }

    fn line(&mut self, word: &str, rest: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.out, "{word} {}", rest.trim_end());
    }

    fn masked(&self, text: &str) -> String {
        let mut text = masking::numbers(text);
        for (word, mask) in &self.words {
            text = masking::exchange(&text, word, mask);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::transcript::parse;

    fn screen(text: &str, end: bool) -> UssdAnswer {
        UssdAnswer { text: text.to_owned(), end }
    }

    #[test]
    fn a_recording_is_a_transcript_without_numbers_names_and_secrets() {
        let mut recorder = Recorder::new();
        recorder.dialled("*567#", "+250788123456");
        recorder.screen(&screen("Your name?\n0 Back", false));
        recorder.typed("Uwase Aline", Some(Asked::Words));
        recorder.screen(&screen("Welcome UWASE ALINE. Call 0788 999 111 or 250789999111.", false));
        recorder.typed("1990", Some(Asked::Key));
        recorder.typed("4711", Some(Asked::Secret));
        recorder.typed("4711", None);
        recorder.typed("kimi", Some(Asked::Key));
        recorder.dropped();
        recorder.dialled("*567*48213#", "+250788123456");
        recorder.screen(&screen("Paid 7,000", true));
        recorder.message(&Sms { id: 1, text: "Uwase Aline,\nyou are listed".into() });
        let text = recorder.text();
        let wanted = "dial *567# as +250789999999\n= Your name?\n= 0 Back\n> Aaaaa Aaaaa\n\
            = Welcome Aaaaa Aaaaa. Call 0788 999 999 or 250789999999.\n> 1990\n> 0000\n> 0000\n> kimi\ndrop\n\
            dial *567*48213#\n= Paid 7,000\nend\nsms Aaaaa Aaaaa, you are listed\n";
        assert_eq!(text.split_once('\n').unwrap().1, wanted);
        assert!(parse(text).is_ok());
    }
}
