//! A service whose menus are tested: it notes which ways callers take, and fails when it is told to.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use crate::menu::coverage::Walked;
use crate::menu::{Bundle, StateId};
use crate::text::Language;

/// What a test of menus asks of a service: which ways were taken, and that something fails.
#[derive(Debug, Default)]
pub struct Rehearsal {
    ways: Mutex<BTreeSet<Walked>>,
    /// The next thing that a hop asks of the host fails.
    pub fails: AtomicBool,
}

impl Rehearsal {
    /// The ways so far.
    pub fn ways(&self) -> BTreeSet<Walked> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, bundle: &Bundle, language: Language, states: &[StateId]) {
        let name = |id: &StateId| bundle.state(*id).map_or(String::new(), |state| state.name.clone());
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        let first = states.first().map(|first| (language, String::new(), name(first)));
        let pairs = states.windows(2).filter_map(|pair| Some((language, name(pair.first()?), name(pair.last()?))));
        ways.extend(first.into_iter().chain(pairs));
    }
}
