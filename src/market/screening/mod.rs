//! Screening: up to five short questions that an employer attaches to a vacancy, and what applicants answer.
//!
//! A question is one screen, and its answer is a code: yes or no, a number, one of at most four. Nobody types words, so
//! nothing has to be read before it is shown. Somebody applies first and answers afterwards, if they wish: a call that is
//! cut loses no application, and an answer that is missing keeps nobody out. Which answer an employer hopes for only moves
//! the order in which applicants are listed ([`super::ranking`]).
//!
//! The questions stay as they are from the first answer on ([`desk`]): an answer to another question than the one that was
//! read would be nobody's word.

pub mod answer;
pub mod desk;

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hold::{self, HoldReason};
use crate::text::{Language, folding, gsm7};

/// Questions of one vacancy: each is a screen that somebody pays for with time, and after five people hang up.
pub const QUESTIONS_MAX: usize = 5;
/// Septets of a question: with four options, the line about a wrong key and the way back it fills a screen.
pub const ASK_SEPTETS: usize = 60;
/// Septets of an option, likewise.
pub const OPTION_SEPTETS: usize = 12;
/// Options of a question.
pub const OPTIONS_MAX: usize = 4;
/// Fewer are no choice.
pub const OPTIONS_MIN: usize = 2;
/// The largest number that is taken as an answer: years, days, people, kilometres. The menus have a key above it that
/// passes a question over.
pub const NUMBER_MAX: i64 = 900;

coded! {
    /// How a question is answered.
    pub enum Kind {
        /// 1 or 0.
        YesNo = "yes_no",
        /// A whole number.
        Number = "number",
        /// One of some options, counted from 1.
        Choice = "choice",
    }
}

/// By its stable word.
impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let code = String::deserialize(from)?;
        Kind::from_code(&code).ok_or_else(|| D::Error::custom("no kind of question"))
    }
}

/// A text of an employer: one for everybody, or one a language. In the alphabet of phones.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// The same in every language.
    One(String),
    /// By language code; not empty.
    Each(BTreeMap<String, String>),
}

/// Without the text.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(..)")
    }
}

impl Words {
    /// The text for somebody who speaks a language, or else the first that there is.
    pub fn of(&self, language: Language) -> &str {
        match self {
            Words::One(text) => text,
            Words::Each(texts) => {
                let others = Language::ALL.iter().filter_map(|other| texts.get(other.code()));
                texts.get(language.code()).into_iter().chain(others).next().map_or("", String::as_str)
            }
        }
    }

    /// Every text in it.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let (one, each) = match self {
            Words::One(text) => (Some(text.as_str()), None),
            Words::Each(texts) => (None, Some(texts.values().map(String::as_str))),
        };
        one.into_iter().chain(each.into_iter().flatten())
    }
}

/// A text as phones show it, or what is wrong with it: never the text itself.
pub fn words(typed: &str, septets_max: usize) -> Result<String, String> {
    let cleaned = folding::clean(typed);
    let text = folding::fold(&cleaned).into_owned();
    let unknown = |text: &str| text.matches('?').count();
    match gsm7::septets(&text).unwrap_or(usize::MAX) {
        0 => Err(format!("nothing is left of it; a text of at most {septets_max} septets")),
        _ if unknown(&text) > unknown(&cleaned) => Err("it has letters that phones do not show".to_owned()),
        septets if septets > septets_max => {
            Err(format!("it takes {septets} septets of a screen; at most {septets_max}"))
        }
        _ => Ok(text),
    }
}

/// Which answers an employer hopes for. Nobody is turned away by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Any of these answers.
    OneOf(Vec<i64>),
    /// A number from the first to the second; `None`: no bound.
    Between(Option<i64>, Option<i64>),
}

impl Wanted {
    /// Whether an answer is such.
    pub fn is_met_by(&self, answer: i64) -> bool {
        match self {
            Wanted::OneOf(answers) => answers.contains(&answer),
            Wanted::Between(least, most) => {
                least.is_none_or(|least| answer >= least) && most.is_none_or(|most| answer <= most)
            }
        }
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// [`Kind::code`]
    pub kind: Kind,
    /// What is asked.
    pub ask: Words,
    /// What is chosen from; empty but for [`Kind::Choice`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Words>,
    /// What the employer hopes for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
}

impl Question {
    /// Whether this can be its answer.
    pub fn takes(&self, answer: i64) -> bool {
        match self.kind {
            Kind::YesNo => (0..=1).contains(&answer),
            Kind::Number => (0..=NUMBER_MAX).contains(&answer),
            Kind::Choice => usize::try_from(answer).is_ok_and(|answer| (1..=self.options.len()).contains(&answer)),
        }
    }
}

/// Why questions must wait for a person's look, as the text of a job would.
pub fn hold_reason(questions: &[Question]) -> Option<HoldReason> {
    let words = questions.iter().flat_map(|question| std::iter::once(&question.ask).chain(&question.options));
    words.flat_map(Words::all).find_map(hold::reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> Words {
        Words::One(text.to_owned())
    }

    #[test]
    fn a_text_is_found_in_a_language_or_else_the_first_that_there_is() {
        let each = Words::Each(BTreeMap::from([
            ("sw".to_owned(), "Una miaka mingapi?".to_owned()),
            ("en".to_owned(), "How many years?".to_owned()),
        ]));
        assert_eq!(each.of(Language::Sw), "Una miaka mingapi?");
        assert_eq!((each.of(Language::Rw), each.of(Language::Fr)), ("How many years?", "How many years?"));
        assert_eq!((one("x").of(Language::Fr), Words::Each(BTreeMap::new()).of(Language::En)), ("x", ""));
        assert_eq!((each.all().count(), one("x").all().count()), (2, 1));
        assert!(!format!("{each:?}").contains("years"));
    }

    #[test]
    fn a_text_is_kept_as_phones_show_it_and_told_when_it_does_not_fit() {
        assert_eq!(words("  Avez-vous\u{202e} un reçu\n?", 60), Ok("Avez-vous un recu ?".to_owned()));
        assert_eq!(words("<b>Tools</b>", 60), Ok("<b>Tools</b>".to_owned()));
        assert_eq!(words(&"x".repeat(60), 60).unwrap().len(), 60);
        for (bad, what) in [
            ("\u{202e}\u{7}", "nothing is left"),
            ("工具", "letters that phones do not show"),
            (&"{".repeat(31), "it takes 62 septets of a screen; at most 60"),
            (&"x".repeat(5_000), "it takes 5000 septets of a screen; at most 60"),
        ] {
            let told = words(bad, 60).unwrap_err();
            assert!(told.starts_with(what) || told.contains(what), "{told}");
        }
    }

    #[test]
    fn texts_are_judged_as_a_jobs_text_is() {
        let question = |ask: &str, option: &str| Question {
            kind: Kind::Choice,
            ask: one(ask),
            options: vec![one("5000"), one(option)],
            wanted: None,
        };
        assert_eq!(
            hold_reason(&[question("What do you ask a day?", "6000")]),
            None,
            "amounts side by side are no number"
        );
        assert_eq!(hold_reason(&[question("Call 0788 123 456", "b")]), Some(HoldReason::PhoneNumber));
        assert_eq!(hold_reason(&[question("a", "Pay a fee")]), Some(HoldReason::WorkerPays));
    }

    proptest! {
        #[test]
        fn a_question_is_read_back_as_it_was_stored(kind in 0_usize..3, ask: String, least in prop::option::of(0_i64..9)) {
            let question = Question {
                kind: Kind::ALL[kind],
                ask: one(&ask),
                options: if kind == 2 { vec![one("a"), one("b")] } else { Vec::new() },
                wanted: least.map(|least| Wanted::Between(Some(least), None)),
            };
            let stored = serde_json::to_string(&question).unwrap();
            prop_assert_eq!(serde_json::from_str::<Question>(&stored).unwrap(), question);
        }

        #[test]
        fn a_text_that_is_taken_fits(text: String, most in 1_usize..70) {
            if let Ok(text) = words(&text, most) {
                prop_assert!(gsm7::septets(&text).is_some_and(|septets| (1..=most).contains(&septets)));
                prop_assert_eq!(words(&text, most), Ok(text));
            }
        }
    }
}
