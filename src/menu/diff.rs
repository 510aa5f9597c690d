//! What changes between two bundles, as callers will notice it: strings that they know by heart, keys that move, words,
//! and screens on which somebody may stand right now.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::fault::{At, Fault};
use super::graph::{Bundle, DialStep, Kind, State};
use super::source::Written;

/// What changed.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Dialled strings that lead elsewhere now, or nowhere.
    pub dialled: Vec<Moved>,
    /// Keys of a screen that mean something else now, or nothing.
    pub keys: Vec<Moved>,
    /// States that are new.
    pub added: Vec<String>,
    /// States that are gone, without another name.
    pub removed: Vec<String>,
    /// Screens on which a caller may stand, and calls within which one may, that are gone or are no such state any more.
    pub stranded: Vec<String>,
    /// States that do something else now.
    pub changed: Vec<Moved>,
    /// Texts that read otherwise.
    pub texts: Vec<Reworded>,
}

/// Something that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The dialled string, the screen and its key, or the state.
    pub what: String,
    /// Before.
    pub before: String,
    /// Now.
    pub after: String,
}

/// A text that reads otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reworded {
    /// The language's code.
    pub language: String,
    /// `flow.state.slot`.
    pub text: String,
    /// Before; empty when it is new.
    pub before: String,
    /// Now; empty when it is gone.
    pub after: String,
}

impl Difference {
    /// Whether the two are the same to a caller.
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }

    /// The faults of publishing this over what is live: E14 for each screen that would strand somebody, W06 for each
    /// string that changes its meaning.
    pub fn faults(&self, written: &Written) -> Vec<Fault> {
        let at = written.bundle.renamed.first().map_or(written.bundle.at, |(old, _)| old.at);
        let stranded = self.stranded.iter().map(|state| {
            let what = format!("callers may stand on or behind `{state}` of the menus that are served, which is gone or no such state any more");
            Fault::new("E14", at, what).fix(format!("say under [renamed] what it became: \"{state}\" = \"flow.state\""))
        });
        let dialled = self.dialled.iter().map(|moved| {
            let path = written.bundle.dial.iter().find(|dial| moved.what == shown_path(&dial.path.value));
            let at = path.map_or(At::default(), |dial| dial.path.at);
            let Moved { what, before, after } = moved;
            Fault::new("W06", at, format!("who dials {what} comes to {after} and no longer to `{before}`"))
                .fix("people know such strings by heart: add new ones, and keep these")
        });
        stranded.chain(dialled).collect()
    }
}

/// A dial path as it is written in reports: behind the code.
fn shown_path(path: &str) -> String {
    format!("*{path}#")
}

/// Compares two bundles.
pub fn compare(
    (before, before_written): (&Bundle, &Written),
    (after, after_written): (&Bundle, &Written),
) -> Difference {
    let mut found = Difference::default();
    let now = |state: &State| after.state_now(&state.name).and_then(|id| after.state(id));
    for (path, go) in dial_paths(before) {
        let there = dial_paths(after).remove(&path);
        let same = go.and_then(now).map(|state| state.name.as_str());
        if there.flatten().map(|state| state.name.as_str()) != same || there.is_none() {
            let leads = there.flatten().map_or("the first screen".to_owned(), |state| format!("`{}`", state.name));
            let was = go.map_or(String::new(), |state| state.name.clone());
            found.dialled.push(Moved { what: shown_path(&path), before: was, after: leads });
        }
    }
    for state in &before.states {
        let Some(became) = now(state) else {
            found.removed.push(state.name.clone());
            if may_stand(state) || is_call(state) {
                found.stranded.push(state.name.clone());
            }
            continue;
        };
        // Who stands on it, or within a call that begins there, must find the like of it.
        if (may_stand(state) && !may_stand(became)) || (is_call(state) && !is_call(became)) {
            found.stranded.push(state.name.clone());
        }
        let (was, is) = (what_it_does(before, state), what_it_does(after, became));
        if was != is {
            found.changed.push(Moved { what: state.name.clone(), before: was, after: is });
        }
        for choice in &state.options {
            let id = became.options.iter().find(|other| other.key == choice.key).map(|other| other.id.as_str());
            let retired = became.retired.iter().any(|other| other.key == choice.key);
            if id != Some(choice.id.as_str()) {
                let is = if retired { "retired" } else { id.unwrap_or("nothing") };
                let what = format!("{} {}", state.name, choice.key);
                found.keys.push(Moved { what, before: choice.id.clone(), after: is.to_owned() });
            }
        }
    }
    let known: BTreeSet<&str> = before.states.iter().filter_map(now).map(|state| state.name.as_str()).collect();
    let added = after.states.iter().map(|state| state.name.as_str()).filter(|name| !known.contains(name));
    found.added = added.map(str::to_owned).collect();
    found.texts = reworded(before_written, after_written);
    found
}

/// Whether a caller may stand on a state.
fn may_stand(state: &State) -> bool {
    state.is_screen() && !matches!(state.kind, Kind::End)
}

fn is_call(state: &State) -> bool {
    matches!(state.kind, Kind::Call { .. })
}

/// Dial paths as written, and the state that each leads to.
fn dial_paths(bundle: &Bundle) -> BTreeMap<String, Option<&State>> {
    let step = |step: &DialStep| match step {
        DialStep::Literal(digits) => digits.clone(),
        DialStep::Answer(answer) => {
            format!("{{{}}}", bundle.answers.get(answer.0).map_or("", |answer| answer.name.as_str()))
        }
    };
    let paths = bundle
        .dial
        .iter()
        .map(|path| (path.steps.iter().map(step).collect::<Vec<_>>().join("*"), bundle.state(path.go)));
    let resume = bundle.resume_path.iter().map(|path| (path.clone(), None));
    paths.chain(resume).collect()
}

/// What a state is, in the words of a flow.
fn what_it_does(bundle: &Bundle, state: &State) -> String {
    let answer = |id: &super::AnswerId| bundle.answers.get(id.0).map_or("", |answer| answer.name.as_str());
    let name = |id: &super::StateId| bundle.state(*id).map_or("", |state| state.name.as_str());
    match &state.kind {
        Kind::Menu { typed: None } => "menu".to_owned(),
        Kind::Menu { typed: Some((id, go)) } => format!("menu, or {} to {}", answer(id), name(go)),
        Kind::Ask { answer: id, go } => format!("ask {} to {}", answer(id), name(go)),
        Kind::Pick { answer: id, go, .. } => format!("pick {} to {}", answer(id), name(go)),
        Kind::Do { on, .. } => format!("do, to {}", on.iter().map(name).collect::<Vec<_>>().join(", ")),
        Kind::Case { on, .. } => format!("case, to {}", on.iter().map(name).collect::<Vec<_>>().join(", ")),
        Kind::Call { start, .. } => format!("call {}", name(start)),
        Kind::Return { outcome } => format!("return {outcome}"),
        Kind::End => "end".to_owned(),
    }
}

fn reworded(before: &Written, after: &Written) -> Vec<Reworded> {
    let all = |written: &Written| {
        let mut texts = BTreeMap::new();
        for language in &written.texts {
            for (section, slots) in &language.sections {
                for (slot, text) in slots {
                    let key = (language.language.code(), format!("{}.{}", section.value, slot.value));
                    texts.insert(key, text.value.clone());
                }
            }
        }
        texts
    };
    let (was, mut is) = (all(before), all(after));
    let mut found = Vec::new();
    for (key, before) in was {
        let after = is.remove(&key).unwrap_or_default();
        if before != after {
            found.push(Reworded { language: key.0.to_owned(), text: key.1, before, after });
        }
    }
    let new = is.into_iter().map(|((language, text), after)| Reworded {
        language: language.to_owned(),
        text,
        before: String::new(),
        after,
    });
    found.extend(new);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::examine;
    use crate::menu::tests::example::{ExampleLabels, MANIFEST, sources_with};

    fn difference(changes: &[(&str, &str, &str)]) -> (Difference, Vec<(&'static str, String)>) {
        let look = |changes| examine(&sources_with(changes), &MANIFEST, &ExampleLabels);
        let (before, after) = (look(&[]), look(changes));
        let report = after.report.render();
        let (old, new) = (before.bundle.unwrap(), after.bundle.unwrap_or_else(|| panic!("{report}")));
        let found = compare((&old, &before.written), (&new, &after.written));
        let faults = found.faults(&after.written).into_iter().map(|fault| (fault.code, fault.what)).collect();
        (found, faults)
    }

    #[test]
    fn the_same_menus_differ_in_nothing() {
        assert!(difference(&[]).0.is_empty());
    }

    #[test]
    fn a_string_known_by_heart_that_leads_elsewhere_is_a_warning() {
        let (found, faults) = difference(&[("bundle.toml", "path = \"1\"", "path = \"3\"")]);
        let [moved] = found.dialled.as_slice() else { panic!("{found:?}") };
        assert_eq!((moved.what.as_str(), moved.after.as_str()), ("*1#", "the first screen"));
        assert_eq!(faults.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["W06"]);
    }

    #[test]
    fn a_key_that_moves_and_a_word_that_changes_are_told() {
        let (found, faults) = difference(&[
            ("flows/home.toml", "{ key = \"3\", id", "{ key = \"8\", id"),
            ("text/en.toml", "previous = \"Previous\"", "previous = \"Before\""),
        ]);
        assert_eq!((found.keys[0].what.as_str(), found.keys[0].after.as_str()), ("home.start 3", "nothing"));
        assert_eq!((found.texts[0].text.as_str(), found.texts[0].after.as_str()), ("engine.previous", "Before"));
        assert!(faults.is_empty());
    }
}
