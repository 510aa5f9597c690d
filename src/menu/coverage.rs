//! How much of a bundle was walked: of its states, and of the ways between them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::check::returning;
use super::graph::{Bundle, Kind, StateId};
use crate::text::Language;

/// One way that was walked: language, a state, and the state that came next. The first state is empty where a call began.
pub type Walked = (Language, String, String);

/// How much was walked.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// States that were reached, in any language.
    pub states: usize,
    /// States there are.
    pub states_all: usize,
    /// Ways that were taken.
    pub ways: usize,
    /// Ways there are: by an option, an answer, an outcome, a call or a return.
    pub ways_all: usize,
    /// States that were not reached, by language.
    pub missed: BTreeMap<String, Vec<String>>,
    /// Ways that were not taken, as `from -> to`.
    pub ways_missed: Vec<String>,
}

impl Coverage {
    /// Whether every state was reached in every language.
    pub fn is_whole(&self) -> bool {
        self.missed.is_empty()
    }
}

/// Compares what was walked with what there is.
pub fn coverage(bundle: &Bundle, walked: &BTreeSet<Walked>) -> Coverage {
    let name = |id: &StateId| bundle.state(*id).map_or("", |state| state.name.as_str());
    let mut missed = BTreeMap::new();
    for language in &bundle.languages {
        let reached: BTreeSet<&str> =
            walked.iter().filter(|(spoken, ..)| spoken == language).map(|(_, _, to)| to.as_str()).collect();
        let not: Vec<String> = bundle
            .states
            .iter()
            .map(|state| &state.name)
            .filter(|name| !reached.contains(name.as_str()))
            .cloned()
            .collect();
        if !not.is_empty() {
            missed.insert(language.code().to_owned(), not);
        }
    }
    let reached: BTreeSet<&str> = walked.iter().map(|(_, _, to)| to.as_str()).collect();
    let taken: BTreeSet<(&str, &str)> = walked.iter().map(|(_, from, to)| (from.as_str(), to.as_str())).collect();
    let returns = returning(bundle);
    let mut ways = BTreeSet::new();
    for (index, state) in bundle.states.iter().enumerate() {
        let next = match state.kind {
            Kind::Return { .. } => returns.get(&StateId(index)).into_iter().flatten().copied().collect(),
            _ => state.successors(),
        };
        ways.extend(next.iter().map(|next| (state.name.as_str(), name(next))));
    }
    let ways_missed = ways.iter().filter(|way| !taken.contains(*way));
    Coverage {
        states: bundle.states.iter().filter(|state| reached.contains(state.name.as_str())).count(),
        states_all: bundle.states.len(),
        ways: ways.iter().filter(|way| taken.contains(*way)).count(),
        ways_all: ways.len(),
        ways_missed: ways_missed.map(|(from, to)| format!("{from} -> {to}")).collect(),
        missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::tests::example::bundle;

    #[test]
    fn what_was_not_walked_is_named_by_language() {
        let bundle = bundle();
        let nothing = coverage(bundle, &BTreeSet::new());
        assert_eq!((nothing.states, nothing.states_all), (0, bundle.states.len()));
        assert_eq!(
            (nothing.missed["en"].len(), nothing.missed["sw"].len()),
            (bundle.states.len(), bundle.states.len())
        );
        let all = bundle.states.iter().map(|state| (Language::En, String::new(), state.name.clone())).collect();
        let english = coverage(bundle, &all);
        assert_eq!((english.states, english.ways, english.missed.len()), (bundle.states.len(), 0, 1));
        let way = ("home.start".to_owned(), "clinic.list".to_owned());
        let one = coverage(bundle, &[(Language::Sw, way.0, way.1)].into());
        assert_eq!((one.states, one.ways), (1, 1));
    }
}
