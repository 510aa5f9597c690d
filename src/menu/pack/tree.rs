//! What leads where, from whatever can be dialled: every state is unfolded once, where it is reached with the fewest
//! steps.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use crate::menu::graph::{DialPath, DialStep, Kind, State, StateId};
use crate::text::Language;

use super::PackInput;
use super::screens::{Texts, value};

/// One way to a state.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The key, what is dialled, what is typed, or the outcome.
    pub(super) how: String,
    /// What the screen says of it, in the first language.
    pub(super) label: String,
    /// What there is to know besides.
    pub(super) note: &'static str,
    /// Where it leads; a key whose option is gone leads nowhere.
    pub(super) go: Option<StateId>,
}

impl Way {
    fn new(how: impl Into<String>, go: StateId) -> Way {
        Way { how: how.into(), go: Some(go), ..Way::default() }
    }

    fn labelled(self, label: String) -> Way {
        Way { label, ..self }
    }
}

/// Which way it is: the number of a way from a state, or of one of the roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The state; nothing for a root.
    pub(super) from: Option<StateId>,
    /// Its number there.
    pub(super) number: usize,
}

/// The tree of a bundle's menus.
#[derive(Debug)]
pub(super) struct Tree {
    /// What can be dialled, then what the service leads to by itself.
    roots: Vec<Way>,
    /// The ways from every state.
    ways: Vec<Vec<Way>>,
    /// The way under which each state is unfolded.
    spots: BTreeMap<StateId, Spot>,
}

impl Tree {
    pub(super) fn of(input: &PackInput<'_>) -> Tree {
        let texts = Texts::of(input);
        let language = input.bundle.default_language();
        let roots = roots(input, texts);
        let ways: Vec<Vec<Way>> = input.bundle.states.iter().map(|state| ways(state, texts, language)).collect();
        let spots = spots(&roots, &ways);
        Tree { roots, ways, spots }
    }

    /// The ways from a state, or the roots.
    pub(super) fn ways(&self, from: Option<StateId>) -> &[Way] {
        from.map_or(self.roots.as_slice(), |id| self.ways.get(id.0).map(Vec::as_slice).unwrap_or_default())
    }

    /// Whether a state is unfolded here, and not elsewhere.
    pub(super) fn unfolds(&self, spot: Spot, id: StateId) -> bool {
        self.spots.get(&id) == Some(&spot)
    }
}

/// Gives every state its place. One root after the other, so that the menu of a plain dial stands together; under each,
/// what is near comes first.
fn spots(roots: &[Way], ways: &[Vec<Way>]) -> BTreeMap<StateId, Spot> {
    let mut spots = BTreeMap::new();
    for (number, root) in roots.iter().enumerate() {
        let mut queue: VecDeque<(Option<StateId>, Spot)> = VecDeque::from([(root.go, Spot { from: None, number })]);
        while let Some((go, spot)) = queue.pop_front() {
            let Some(id) = go else { continue };
            let Entry::Vacant(place) = spots.entry(id) else { continue };
            place.insert(spot);
            let next = ways.get(id.0).map(Vec::as_slice).unwrap_or_default().iter().enumerate();
            queue.extend(next.map(|(number, way)| (way.go, Spot { from: Some(id), number })));
        }
    }
    spots
}

/// What can be dialled, then what the service leads to by itself.
fn roots(input: &PackInput<'_>, texts: Texts<'_>) -> Vec<Way> {
    let bundle = input.bundle;
    let mut roots = vec![Way::new(input.code, bundle.entry)];
    roots.extend(bundle.identify.map(|start| Way::new("before all else, on every dial", start)));
    roots.extend(bundle.dial.iter().map(|path| Way::new(dialled(input.code, path, texts), path.go)));
    let wrong = format!("after {} wrong answers in a row", bundle.wrong_max);
    roots.push(Way::new(wrong, bundle.help));
    roots.push(Way::new("when the service cannot do what was asked", bundle.fault));
    roots.extend(bundle.closed.map(|id| Way::new("where a part of the menu is closed for a while", id)));
    roots.extend(bundle.notice.map(|id| Way::new("on every dial during maintenance", id)));
    roots
}

/// A dial path as it is dialled: `*567*4#`
fn dialled(code: &str, path: &DialPath, texts: Texts<'_>) -> String {
    let mut dialled = before_the_end(code).to_owned();
    for step in &path.steps {
        dialled.push('*');
        match step {
            DialStep::Literal(digits) => dialled.push_str(digits),
            DialStep::Answer(id) => dialled.push_str(&value(texts.answer(id.0))),
        }
    }
    dialled + "#"
}

/// A code without the sign that ends it: what is dialled behind it follows.
pub(super) fn before_the_end(code: &str) -> &str {
    code.strip_suffix('#').unwrap_or(code)
}

/// What leads on from a state.
fn ways(state: &State, texts: Texts<'_>, language: Language) -> Vec<Way> {
    let own = state.texts.get(language.index());
    let label = |number: usize| own.and_then(|text| text.options.get(number)).map(|label| texts.words(state, label));
    let said = |number: usize| own.and_then(|text| text.retired.get(number)).map(|said| texts.words(state, said));
    let options = state.options.iter().enumerate().map(|(number, choice)| Way {
        note: if choice.when.is_some() { "not always shown" } else { "" },
        ..Way::new(choice.key.as_str(), choice.go).labelled(label(number).unwrap_or_default())
    });
    let retired = state.retired.iter().enumerate().map(|(number, retired)| Way {
        how: retired.key.clone(),
        label: said(number).unwrap_or_default(),
        note: "no longer shown: who presses it is told this",
        go: None,
    });
    options.chain(retired).chain(of_the_kind(state, texts, own.map(|text| texts.words(state, &text.row)))).collect()
}

/// What leads on without a key.
fn of_the_kind(state: &State, texts: Texts<'_>, row: Option<String>) -> Vec<Way> {
    let typed = |answer: usize, go: StateId| Way::new(format!("{} is typed", value(texts.answer(answer))), go);
    match &state.kind {
        Kind::Menu { typed: taken } => taken.iter().map(|(answer, go)| typed(answer.0, *go)).collect(),
        Kind::Ask { answer, go } => vec![typed(answer.0, *go)],
        Kind::Pick { go, empty, .. } => {
            let mut ways = vec![Way::new("1 to 9", *go).labelled(row.unwrap_or_default())];
            ways.extend(empty.map(|go| Way::new("nothing to list", go)));
            ways
        }
        Kind::Do { action: operation, on } | Kind::Case { case: operation, on } => {
            texts.outcomes(*operation).iter().zip(on).map(|(outcome, go)| Way::new(*outcome, *go)).collect()
        }
        Kind::Call { start, on } => {
            let mut ways = vec![Way::new("goes there", *start)];
            ways.extend(on.iter().map(|(outcome, go)| Way::new(format!("and comes back with {outcome}"), *go)));
            ways
        }
        Kind::Return { .. } | Kind::End => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::with_input;
    use super::*;

    #[test]
    fn every_state_is_unfolded_once_and_the_tree_of_a_plain_dial_is_whole() {
        with_input(|input| {
            let tree = Tree::of(input);
            let states = &input.bundle.states;
            assert_eq!(tree.spots.len(), states.len());
            let spots: BTreeSet<(Option<StateId>, usize)> =
                tree.spots.values().map(|spot| (spot.from, spot.number)).collect();
            assert_eq!(spots.len(), states.len());
            for (id, spot) in &tree.spots {
                assert_eq!(tree.ways(spot.from)[spot.number].go, Some(*id));
            }
            // A dial path leads there too, but the list belongs to the menu.
            let list = input.bundle.names["clinic.list"];
            assert_eq!(tree.spots[&list].from, Some(input.bundle.entry));
        });
    }

    #[test]
    fn ways_are_told_as_callers_meet_them() {
        with_input(|input| {
            let tree = Tree::of(input);
            let told = |from: Option<StateId>| -> Vec<(&str, &str)> {
                tree.ways(from).iter().map(|way| (way.how.as_str(), way.label.as_str())).collect()
            };
            let of = |name: &str| told(Some(input.bundle.names[name]));
            let roots: Vec<&str> = told(None).into_iter().map(|(how, _)| how).take(4).collect();
            assert_eq!(roots, ["*567#", "before all else, on every dial", "*567*1#", "*567*2*‹crop_number›#"]);
            let start = [("1", "Clinic"), ("2", "Market"), ("3", "Results"), ("‹crop_number› is typed", "")];
            assert_eq!(of("home.start"), start);
            assert_eq!(of("clinic.list"), [("1 to 9", "‹name›, ‹open›"), ("nothing to list", "")]);
            assert_eq!(of("vault.open"), [("right", ""), ("wrong", "")]);
            assert_eq!(of("clinic.book")[0], ("goes there", ""));
            assert!(of("help.fault").is_empty());
        });
    }
}
