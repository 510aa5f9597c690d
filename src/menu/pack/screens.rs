//! Every screen in every language as a phone shows it, and what it leaves free at its widest.

use crate::menu::graph::{Bundle, EngineText, Kind, Slot, State, StateId};
use crate::menu::limits::Limits;
use crate::menu::manifest::Manifest;
use crate::menu::template::{Piece, Template};
use crate::menu::width::Widest;
use crate::text::{Language, gsm7};

use super::PackInput;

/// Screens that the engine shows by itself. No flow can have the name `engine`.
const ENGINE: [(&str, EngineText); 3] =
    [("engine.resume", EngineText::Resume), ("engine.apology", EngineText::Apology), ("engine.over", EngineText::Over)];

/// The engine's screens of a bundle: one that never offers a dropped visit again does not ask about it.
fn of_the_engine(bundle: &Bundle) -> Vec<(&'static str, EngineText)> {
    let is_shown = |text: EngineText| text != EngineText::Resume || bundle.resume_ms > 0;
    ENGINE.into_iter().filter(|(_, text)| is_shown(*text)).collect()
}

/// How many screens a bundle has, in each of its languages.
pub(super) fn count(bundle: &Bundle) -> usize {
    bundle.states.iter().filter(|state| state.is_screen()).count() + of_the_engine(bundle).len()
}

/// Septets that are used of what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Septets at the widest.
    pub(super) used: usize,
    /// Septets that every channel carries.
    pub(super) limit: usize,
}

impl Fit {
    /// Septets that are left. A bundle is proven before it is packed, so that it never takes more than there is.
    pub(super) fn left(self) -> usize {
        self.limit.saturating_sub(self.used)
    }
}

/// One screen in one language.
#[derive(Debug)]
pub(super) struct Screen<'a> {
    /// `flow.state`
    pub(super) name: &'a str,
    /// Whether a dial can show it first.
    pub(super) is_first: bool,
    /// The language.
    pub(super) language: Language,
    /// As a phone shows it, with the names of values in place of the values.
    pub(super) text: String,
    /// Lines at the most.
    pub(super) lines: Option<usize>,
    /// Septets with a line about a wrong answer and the lines that lead back.
    pub(super) full: Option<Fit>,
    /// Septets as the first screen of a session, if it can be one.
    pub(super) first: Option<Fit>,
}

impl Screen<'_> {
    /// Of both lengths the one that leaves less.
    pub(super) fn tightest(&self) -> Option<Fit> {
        self.full.into_iter().chain(self.first).min_by_key(|fit| fit.left())
    }
}

/// Every screen, each in every language: the states as they are written, then the engine's.
pub(super) fn screens<'a>(input: &PackInput<'a>) -> Vec<Screen<'a>> {
    let bundle = input.bundle;
    let texts = Texts::of(input);
    let room = Room::of(bundle);
    let mut screens = Vec::new();
    for (index, state) in bundle.states.iter().enumerate().filter(|(_, state)| state.is_screen()) {
        for language in bundle.languages.iter().copied() {
            let widest = input.widest.get(&(language, StateId(index))).copied();
            screens.push(room.screen(&state.name, state.opening, language, texts.screen(state, language), widest));
        }
    }
    for (name, text) in of_the_engine(bundle) {
        for language in bundle.languages.iter().copied() {
            let (text, widest) = engine_screen(bundle, language, text);
            screens.push(room.screen(name, true, language, text, Some(widest)));
        }
    }
    screens
}

/// A screen of the engine's: its words are all that it has, so that it can be counted here.
fn engine_screen(bundle: &Bundle, language: Language, text: EngineText) -> (String, Widest) {
    let word = |text: EngineText| bundle.engine_text(language, text);
    let (shown, error) = match text {
        // The question alone is asked again, below a line about the wrong key.
        EngineText::Resume => {
            let (on, restart) = (word(EngineText::ResumeContinue), word(EngineText::ResumeRestart));
            (format!("{}\n1 {on}\n2 {restart}", word(text)), 1 + septets(word(EngineText::WrongKey)))
        }
        _ => (word(text).to_owned(), 0),
    };
    let (opening, lines) = (septets(&shown), shown.lines().count());
    let widest = Widest { opening, full: opening + error, lines: lines + usize::from(error > 0) };
    (shown, widest)
}

/// Septets of a text; what is packed was proven to be in the alphabet.
fn septets(text: &str) -> usize {
    gsm7::septets(text).unwrap_or_else(|| text.chars().count())
}

/// What every channel of a bundle carries.
struct Room {
    screen: usize,
    opening: usize,
}

impl Room {
    fn of(bundle: &Bundle) -> Room {
        let least = |limit_of: fn(&Limits) -> usize| {
            bundle.all_limits().map(|(_, limits)| limit_of(limits)).min().unwrap_or_default()
        };
        Room { screen: least(|limits| limits.screen_septets), opening: least(|limits| limits.opening_septets) }
    }

    fn screen<'a>(
        &self,
        name: &'a str,
        is_first: bool,
        language: Language,
        text: String,
        widest: Option<Widest>,
    ) -> Screen<'a> {
        let first = widest.filter(|_| is_first);
        Screen {
            name,
            is_first,
            language,
            text,
            lines: widest.map(|widest| widest.lines),
            full: widest.map(|widest| Fit { used: widest.full, limit: self.screen }),
            first: first.map(|widest| Fit { used: widest.opening, limit: self.opening }),
        }
    }
}

/// Writes the texts of states, with the names of values in place of the values.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    bundle: &'a Bundle,
    manifest: &'a Manifest,
}

impl<'a> Texts<'a> {
    pub(super) fn of(input: &PackInput<'a>) -> Texts<'a> {
        Texts { bundle: input.bundle, manifest: input.manifest }
    }

    /// A whole screen; a list with one row and the lines that turn its pages.
    fn screen(&self, state: &State, language: Language) -> String {
        let Some(text) = state.texts.get(language.index()) else { return String::new() };
        let keys = &self.bundle.keys;
        let line = |key: &str, text: EngineText| format!("{key} {}", self.bundle.engine_text(language, text));
        let is_list = matches!(state.kind, Kind::Pick { .. });
        let mut lines = vec![self.words(state, &text.text)];
        if is_list {
            lines.push(format!("1 {}", self.words(state, &text.row)));
            lines.push(line(&keys.more, EngineText::More));
        }
        let options = state.options.iter().zip(&text.options);
        lines.extend(options.map(|(choice, label)| format!("{} {}", choice.key, self.words(state, label))));
        if is_list {
            lines.push(line(&keys.previous, EngineText::Previous));
        }
        if state.back && !matches!(state.kind, Kind::End) {
            lines.push(line(&keys.back, EngineText::Back));
        }
        lines.join("\n")
    }

    /// A text of a state: `Jobs for you: ‹jobs›`
    pub(super) fn words(&self, state: &State, text: &Template<Slot>) -> String {
        let pieces = text.iter().map(|piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Slot { source, .. } => value(self.name(state, *source)),
        });
        pieces.collect()
    }

    /// The name of what fills a placeholder.
    fn name(&self, state: &State, slot: Slot) -> &'a str {
        let rows = match &state.kind {
            Kind::Pick { rows, .. } => Some(*rows),
            _ => None,
        };
        match slot {
            Slot::Answer(answer) => self.answer(answer.0),
            Slot::Shown(index) => self.field(state.show, index),
            Slot::Row(index) => self.field(rows, index),
            // Only messages are given values.
            Slot::Given(_) => "",
        }
    }

    fn field(&self, operation: Option<usize>, index: usize) -> &'a str {
        let operation = operation.and_then(|number| self.manifest.operations.get(number));
        operation.and_then(|operation| operation.gives.get(index)).map_or("", |field| field.name)
    }

    /// The name of an answer.
    pub(super) fn answer(&self, number: usize) -> &'a str {
        self.bundle.answers.get(number).map_or("", |answer| answer.name.as_str())
    }

    /// The name of an operation.
    pub(super) fn operation(&self, number: usize) -> &'a str {
        self.manifest.operations.get(number).map_or("", |operation| operation.name)
    }

    /// The outcomes of an operation.
    pub(super) fn outcomes(&self, number: usize) -> &'a [&'static str] {
        self.manifest.operations.get(number).map_or(&[], |operation| operation.outcomes)
    }
}

/// A value by its name, as it stands for itself in a text.
pub(super) fn value(name: &str) -> String {
    format!("‹{name}›")
}
