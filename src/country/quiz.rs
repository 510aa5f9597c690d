//! Short quizzes, one a trade: what a worker can show to know without a certificate. Data files, a trade each, checked whole.
//!
//! A file `quiz/11.toml` lies beside the packs, or in a pack that has its own. A question is one screen in each language: what
//! is asked and three answers, of which one is right.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::fault::Faults;
use super::section::{Place, Section};
use super::source::{File, Source};
use super::trades::{TradeCode, Trades};
use crate::text::{Language, gsm7};

/// Questions of one attempt: more take longer than a cheap call lasts. A file has at least as many.
pub const QUIZ_DRAWN: usize = 5;
/// Septets of a question with its three answers, each on a line with its number: what is left of a screen by the line about a
/// wrong answer and the way back.
pub const QUIZ_SEPTETS_MAX: usize = 133;
/// The answers, as they are named in files; they are numbered from 1 on the screen.
const LETTERS: [&str; 3] = ["a", "b", "c"];

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizQuestion {
    /// Its name in the file: which questions are drawn depends on it, and not on where it stands.
    pub id: Box<str>,
    /// The number of the right answer, from 1.
    pub right: i64,
    /// The screen by [`Language::index`].
    screens: [Box<str>; 4],
}

impl QuizQuestion {
    /// The question and its answers, each on a line.
    pub fn screen(&self, language: Language) -> &str {
        self.screens.get(language.index()).map_or("", |screen| screen)
    }
}

/// The quizzes of all trades that have one.
#[derive(Clone, Debug, Default)]
pub struct Quizzes(BTreeMap<TradeCode, Vec<QuizQuestion>>);

impl Quizzes {
    /// The questions of a trade; empty when it has no quiz.
    pub fn of(&self, trade: TradeCode) -> &[QuizQuestion] {
        self.0.get(&trade).map_or(&[], Vec::as_slice)
    }

    /// Sums instead of a trade's questions, the same in every language: transcripts read the same whatever the data says.
    pub fn invented(trade: TradeCode) -> Quizzes {
        let question = |n: i64| {
            let screen = format!("{n} + 1 = ?\n1 {n}\n2 {}\n3 {}", n + 1, n + 2);
            QuizQuestion {
                id: format!("q{n}").into(),
                right: 2,
                screens: Language::ALL.map(|_| screen.as_str().into()),
            }
        };
        Quizzes(BTreeMap::from([(trade, (1..=6).map(question).collect())]))
    }

    /// Reads every file of a pack.
    pub(super) fn load(source: &Source, trades: Option<&Trades>, faults: &mut Faults) -> Quizzes {
        let mut all = BTreeMap::new();
        for file in source.quizzes(faults) {
            let Some((trade, questions)) = quiz(&file, faults) else { continue };
            if trades.is_some_and(|trades| trades.get(trade).is_none()) {
                faults.add(&file.path, 0, format!("there is no trade {}", trade.get()));
            }
            if all.insert(trade, questions).is_some() {
                faults.add(&file.path, 0, format!("another file is of trade {} too", trade.get()));
            }
        }
        Quizzes(all)
    }
}

/// One file as a quiz, or its faults.
fn quiz(file: &File, faults: &mut Faults) -> Option<(TradeCode, Vec<QuizQuestion>)> {
    let place = Place { path: &file.path, text: &file.text };
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if !errors.is_empty() {
        for error in errors {
            let line = error.span().map_or(0, |span| place.line(span.start));
            faults.add(place.path, line, format!("is not TOML: {}", error.message()));
        }
        return None;
    }
    let mut root = Section::root(place, &table);
    let trade = root.number("trade", 11..100, faults).and_then(|code| TradeCode::new(u8::try_from(code).ok()?));
    let stem = file.path.rsplit(['/', '\\']).next().and_then(|name| name.strip_suffix(".toml"));
    match trade {
        Some(trade) if stem != Some(trade.get().to_string().as_str()) => {
            root.fault("trade", faults, format!("the file of trade {0} is called {0}.toml", trade.get()));
        }
        None => root.fault("trade", faults, "`trade` must be two digits from 1 to 9"),
        Some(_) => {}
    }
    let mut ids = BTreeSet::new();
    let sections = root.sections("question", faults);
    let written = sections.len();
    let questions: Vec<QuizQuestion> =
        sections.into_iter().filter_map(|section| question(section, &mut ids, faults)).collect();
    if written < QUIZ_DRAWN {
        root.fault("question", faults, format!("has {written} questions; an attempt draws {QUIZ_DRAWN}"));
    }
    root.finish(faults);
    Some((trade?, questions))
}

fn question(mut section: Section<'_>, ids: &mut BTreeSet<String>, faults: &mut Faults) -> Option<QuizQuestion> {
    let id = section.parsed("id", "a short name", faults, |id| {
        ((1..=16).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| id.to_owned())
    });
    if let Some(id) = id.as_ref().filter(|id| !ids.insert((*id).clone())) {
        section.fault("id", faults, format!("`{id}` names another question above"));
    }
    let right = section.parsed("right", "a, b or c", faults, |right| {
        LETTERS.iter().zip(1..).find(|(letter, _)| **letter == right).map(|(_, number)| number)
    });
    let screens = Language::ALL.map(|language| {
        let code = language.code();
        let screen = screen(section.section(code, faults)?, faults)?;
        let septets = gsm7::septets(&screen).unwrap_or(usize::MAX);
        if septets > QUIZ_SEPTETS_MAX {
            let what =
                format!("question and answers take {septets} septets in `{code}`: shorten them to {QUIZ_SEPTETS_MAX}");
            section.fault(code, faults, what);
        }
        Some(screen)
    });
    section.finish(faults);
    let [rw, en, fr, sw] = screens;
    Some(QuizQuestion { id: id?.into(), right: right?, screens: [rw?.into(), en?.into(), fr?.into(), sw?.into()] })
}

/// What is asked and the answers, as they stand on the screen.
fn screen(mut section: Section<'_>, faults: &mut Faults) -> Option<String> {
    const WANTED: &str = "one line in the GSM alphabet";
    let mut line = |key| {
        section.parsed(key, WANTED, faults, |text| {
            let is_line = !text.trim().is_empty() && !text.contains(['\n', '\r']);
            (is_line && gsm7::septets(text).is_some()).then(|| text.trim().to_owned())
        })
    };
    let (ask, a, b, c) = (line("ask"), line("a"), line("b"), line("c"));
    if a.is_some() && (a == b || a == c) || b.is_some() && b == c {
        section.fault("a", faults, "two answers are the same");
    }
    section.finish(faults);
    Some(format!("{}\n1 {}\n2 {}\n3 {}", ask?, a?, b?, c?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::country::Country;

    /// Two small files, and none of them shipped.
    fn samples() -> Source {
        Source::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/quiz"))
    }

    fn trade(code: u8) -> TradeCode {
        TradeCode::new(code).unwrap()
    }

    fn told(name: &str, text: &str) -> Vec<String> {
        let (mut faults, file) = (Faults::default(), File { path: format!("quiz/{name}"), text: text.to_owned() });
        let read = quiz(&file, &mut faults);
        faults.or(read.map(drop)).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_folder_of_quizzes_is_read() {
        let mut faults = Faults::default();
        let trades = Country::embedded("RW").unwrap().trades;
        let quizzes = Quizzes::load(&samples(), Some(&trades), &mut faults);
        assert_eq!(faults.or(Some(())), Ok(()));
        assert_eq!((quizzes.of(trade(11)).len(), quizzes.of(trade(21)).len(), quizzes.of(trade(12)).len()), (6, 5, 0));
        let first = &quizzes.of(trade(11))[0];
        assert_eq!((&*first.id, first.right), ("q1", 2));
        assert_eq!(
            first.screen(Language::En),
            "A wall is checked for upright with?\n1 A rope\n2 A plumb line\n3 A bucket"
        );
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let good = std::fs::read_to_string(format!("{}/tests/fixtures/quiz/quiz/21.toml", env!("CARGO_MANIFEST_DIR")));
        let good = good.unwrap();
        assert_eq!(told("21.toml", &good), Vec::<String>::new());
        for (name, text, told_as) in [
            ("22.toml", good.clone(), "quiz/22.toml:1: the file of trade 21 is called 21.toml"),
            (
                "21.toml",
                good.replacen("trade = 21", "trade = 20", 1),
                "quiz/21.toml:1: `trade` must be two digits from 1 to 9",
            ),
            ("21.toml", good.replacen("right = \"a\"", "right = \"d\"", 1), "`question.right` must be a, b or c"),
            ("21.toml", good.replacen("id = \"q2\"", "id = \"q1\"", 1), "`q1` names another question above"),
            ("21.toml", good.replacen("a = \"", "a = \"ç", 1), "must be one line in the GSM alphabet"),
            ("21.toml", good.replacen("a = \"", &format!("a = \"{}", "x".repeat(142)), 1), "shorten them to 133"),
            ("21.toml", good.replacen("[question.sw]", "[question.xx]", 1), "the table `[question.sw]` is missing"),
            ("21.toml", good.replacen("ask = ", "asks = ", 1), "unknown key `question.rw.asks`"),
            ("21.toml", "trade = 21\n".to_owned(), "has 0 questions; an attempt draws 5"),
            ("21.toml", "trade = ".to_owned(), "quiz/21.toml:1: is not TOML"),
        ] {
            let told = told(name, &text);
            assert!(told.iter().any(|line| line.contains(told_as)), "{told_as}: {told:?}");
            assert!(told.iter().all(|line| line.starts_with(&format!("quiz/{name}:"))), "{told:?}");
        }
    }

    #[test]
    fn invented_sums_are_like_a_file() {
        let invented = Quizzes::invented(trade(11));
        assert!(invented.of(trade(11)).len() >= QUIZ_DRAWN);
        assert_eq!(invented.of(trade(11))[0].screen(Language::Rw), "1 + 1 = ?\n1 1\n2 2\n3 3");
    }
}
