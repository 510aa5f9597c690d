//! What is on a screen: whether it is the one that the walk leads to, and how many rows can be chosen on it.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use kaziline::actions;
use kaziline::app;
use kaziline::menu::graph::Slot;
use kaziline::menu::template::{Piece, Template};
use kaziline::menu::{self, Bundle};
use kaziline::text::Language;

/// The words by which a screen is known: of the menus that are compiled in, which the server has too.
#[derive(Debug)]
pub(crate) struct Screens(HashMap<(&'static str, Language), Vec<String>>);

impl Screens {
    /// Of these states in these languages.
    pub(crate) fn of(states: impl Iterator<Item = (&'static str, Language)>) -> Result<Self> {
        let host = app::demo_host()?;
        let bundle = menu::build(&kaziline::embedded::menus(), actions::manifest(), &host);
        let bundle = bundle.map_err(|report| anyhow!("the menus have faults:\n{}", report.render()))?;
        let words = states.map(|(name, language)| Ok(((name, language), words(&bundle, name, language)?)));
        Ok(Self(words.collect::<Result<_>>()?))
    }

    /// Whether a text is the screen of a state.
    pub(crate) fn shows(&self, text: &str, state: &'static str, language: Language) -> bool {
        let words = self.0.get(&(state, language));
        words.is_some_and(|words| words.iter().all(|words| text.contains(&**words)))
    }
}

/// The longest words of a state's prompt, and of its first option if it has one.
fn words(bundle: &Bundle, name: &'static str, language: Language) -> Result<Vec<String>> {
    let state = bundle.names.get(name).and_then(|id| bundle.state(*id));
    let texts = state.and_then(|state| state.texts.get(language.index()));
    let texts = texts.with_context(|| format!("the menus have no screen {name}"))?;
    let longest = |text: &Template<Slot>| {
        let words = text.iter().filter_map(|piece| match piece {
            Piece::Words(words) => Some(words.trim().to_owned()),
            Piece::Slot { .. } => None,
        });
        words.max_by_key(String::len).unwrap_or_default()
    };
    Ok([&texts.text].into_iter().chain(texts.options.first()).map(longest).collect())
}

/// The text of a screen that goes on, as Africa's Talking is told.
pub(crate) fn text_of(body: &str) -> Option<&str> {
    body.strip_prefix("CON ")
}

/// Rows that stand under the keys 1, 2, 3 and so on.
pub(crate) fn rows(text: &str) -> u64 {
    let mut rows = 0;
    for line in text.split('\n').skip(1) {
        let Some((key, _)) = line.split_once(' ') else { continue };
        if key.len() == 1 && key.parse() == Ok(rows + 1) {
            rows += 1;
        }
    }
    rows
}
