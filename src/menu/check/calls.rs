//! Calls: flows that call flows, what they return, and what happens before a key is pressed.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fault::Fault;
use super::super::graph::{Bundle, Kind, StateId};
use super::super::source::Written;
use super::{roots, state_ids};

/// What a flow beginning at `start` can return, with the states that return it. Calls inside are stepped over.
pub(super) fn returns(bundle: &Bundle, start: StateId) -> BTreeMap<String, Vec<StateId>> {
    let mut found: BTreeMap<String, Vec<StateId>> = BTreeMap::new();
    for id in inside(bundle, start) {
        if let Some(Kind::Return { outcome }) = bundle.state(id).map(|state| &state.kind) {
            found.entry(outcome.clone()).or_default().push(id);
        }
    }
    found
}

/// States that run in the same frame as `start`: calls are stepped over.
pub(in crate::menu) fn inside(bundle: &Bundle, start: StateId) -> BTreeSet<StateId> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(id) = open.pop() {
        let Some(state) = bundle.state(id).filter(|_| seen.insert(id)) else { continue };
        match &state.kind {
            Kind::Call { on, .. } => open.extend(on.iter().map(|(_, go)| *go)),
            _ => open.extend(state.successors()),
        }
    }
    seen
}

/// Every call: where, of what, and where it goes on.
pub(super) fn calls(bundle: &Bundle) -> impl Iterator<Item = (StateId, StateId, &Vec<(String, StateId)>)> {
    state_ids(bundle).filter_map(|id| match &bundle.state(id)?.kind {
        Kind::Call { start, on } => Some((id, *start, on)),
        _ => None,
    })
}

/// A flow that calls itself would pile up calls without end.
pub(super) fn calls_itself(bundle: &Bundle, faults: &mut Vec<Fault>) -> bool {
    let mut found = false;
    for (site, start, _) in calls(bundle) {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        let mut around = BTreeSet::new();
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            for id in inside(bundle, next) {
                around.insert(id);
                if let Some(Kind::Call { start, .. }) = bundle.state(id).map(|state| &state.kind) {
                    open.push(*start);
                }
            }
        }
        if let Some(state) = bundle.state(site).filter(|_| around.contains(&site)) {
            let what = format!("`{}` calls a flow that comes back to it before it returns", state.name);
            faults.push(Fault::new("E05", state.at, what).fix("lead on with an option or `go` instead of `call`"));
            found = true;
        }
    }
    found
}

/// A ring of states without a screen would never answer.
pub(super) fn silent_loop(bundle: &Bundle, faults: &mut Vec<Fault>) -> bool {
    let mut found = false;
    for id in state_ids(bundle) {
        let (mut seen, mut open) = (BTreeSet::new(), silent_next(bundle, id));
        while let Some(next) = open.pop() {
            if next == id {
                if let Some(state) = bundle.state(id) {
                    let what = format!("`{}` can come back to itself without a screen", state.name);
                    faults.push(Fault::new("E05", state.at, what).fix("put a screen into the ring"));
                }
                found = true;
                break;
            }
            if seen.insert(next) {
                open.extend(silent_next(bundle, next));
            }
        }
    }
    found
}

/// Where a state leads before anything is shown.
fn silent_next(bundle: &Bundle, id: StateId) -> Vec<StateId> {
    let Some(state) = bundle.state(id) else { return Vec::new() };
    match &state.kind {
        Kind::Call { on, start } => {
            let silently = before_a_key(bundle, *start).returned;
            let on = on.iter().filter(|(outcome, _)| silently.contains(outcome));
            on.map(|(_, go)| *go).chain([*start]).collect()
        }
        // A list without rows is passed by.
        Kind::Pick { empty, .. } => empty.iter().copied().collect(),
        _ if state.is_screen() => Vec::new(),
        _ => state.successors(),
    }
}

/// Every way that a flow returns is handled where it is called.
pub(super) fn returns_match(bundle: &Bundle, written: &Written, faults: &mut Vec<Fault>) {
    for (site, start, on) in calls(bundle) {
        let Some(state) = bundle.state(site) else { continue };
        let returned = returns(bundle, start);
        for outcome in returned.keys().filter(|outcome| !on.iter().any(|(name, _)| name == *outcome)) {
            let what = format!("the flow returns `{outcome}`, which is not handled");
            faults.push(Fault::new("E12", state.at, what).fix(format!("add to `on`: {outcome} = \"state\"")));
        }
        for (name, _) in on.iter().filter(|(name, _)| !returned.contains_key(name)) {
            faults.push(Fault::new("E12", state.at, format!("the flow never returns `{name}`")).fix("remove it"));
        }
    }
    if let (Some(start), Some(word)) = (bundle.identify, &written.bundle.identify)
        && returns(bundle, start).is_empty()
    {
        let what = format!("the flow `{}` never returns, so that no call would get further", word.value);
        faults.push(Fault::new("E12", word.at, what).fix("end it with return = \"known\""));
    }
    for root in roots(bundle) {
        for id in returns(bundle, root).into_values().flatten() {
            let Some(state) = bundle.state(id) else { continue };
            let what = format!("`{}` returns, but can be reached without a call", state.name);
            faults.push(Fault::new("E03", state.at, what).fix("lead on with `go`, or only call this flow"));
        }
    }
}

/// What is reached from a state before a key is pressed.
#[derive(Default)]
pub(super) struct Before {
    /// Screens that may be the first one.
    pub(super) screens: BTreeSet<StateId>,
    /// What the flow may return.
    pub(super) returned: BTreeSet<String>,
    /// Actions that would run.
    pub(super) actions: BTreeSet<StateId>,
}

/// What is reached from `start` before a key is pressed. Only for bundles in which no flow calls itself.
pub(super) fn before_a_key(bundle: &Bundle, start: StateId) -> Before {
    let mut before = Before::default();
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(id) = open.pop() {
        let Some(state) = bundle.state(id).filter(|_| seen.insert(id)) else { continue };
        match &state.kind {
            Kind::Return { outcome } => {
                before.returned.insert(outcome.clone());
            }
            Kind::Call { start, on } => {
                let inner = before_a_key(bundle, *start);
                before.screens.extend(inner.screens);
                before.actions.extend(inner.actions);
                open.extend(on.iter().filter(|(name, _)| inner.returned.contains(name)).map(|(_, go)| *go));
            }
            Kind::Do { on, .. } => {
                before.actions.insert(id);
                open.extend(on);
            }
            Kind::Case { on, .. } => open.extend(on),
            Kind::Pick { empty, .. } => {
                before.screens.insert(id);
                open.extend(empty);
            }
            _ => {
                before.screens.insert(id);
            }
        }
    }
    before
}
