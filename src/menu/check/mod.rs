//! Proves the graph: every state is reached, leads on and ends; every answer is there when it is needed; every key means
//! one thing. Sizes are proven in [`super::width`].

mod answers;
mod calls;

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::graph::{AnswerId, AnswerType, Bundle, Kind, State, StateId};
use super::manifest::Manifest;
use super::source::Written;
use calls::before_a_key;
pub(super) use calls::inside;

/// Adds a fault for everything that could go wrong in a caller's hand; marks the states that a dial can show first.
pub fn check(bundle: &mut Bundle, written: &Written, manifest: &Manifest, faults: &mut Vec<Fault>) {
    keys(bundle, written, faults);
    reached(bundle, faults);
    plain_screens(bundle, written, faults);
    moved(bundle, written, faults);
    if calls::calls_itself(bundle, faults) || calls::silent_loop(bundle, faults) {
        return;
    }
    calls::returns_match(bundle, written, faults);
    openings(bundle, manifest, faults);
    traps(bundle, faults);
    answers::are_there(bundle, written, manifest, faults);
}

fn state_ids(bundle: &Bundle) -> impl Iterator<Item = StateId> + use<> {
    (0..bundle.states.len()).map(StateId)
}

/// States that a session can begin in or jump to without a call.
fn roots(bundle: &Bundle) -> Vec<StateId> {
    let dial = bundle.dial.iter().map(|path| path.go);
    let places = [bundle.entry, bundle.help, bundle.fault].into_iter().chain(bundle.closed).chain(bundle.notice);
    places.chain(dial).collect()
}

fn reached(bundle: &Bundle, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    let mut open = roots(bundle);
    open.extend(bundle.identify);
    while let Some(id) = open.pop() {
        let Some(state) = bundle.state(id).filter(|_| seen.insert(id)) else { continue };
        open.extend(state.successors());
        if let Kind::Call { on, .. } = &state.kind {
            open.extend(on.iter().map(|(_, go)| *go));
        }
    }
    for state in state_ids(bundle).filter(|id| !seen.contains(id)).filter_map(|id| bundle.state(id)) {
        faults.push(
            Fault::new("E02", state.at, format!("`{}` is never reached", state.name))
                .fix("lead to it from somewhere, or remove it"),
        );
    }
}

/// Where a fault, a frozen flow or maintenance leads must not be able to fault.
fn plain_screens(bundle: &Bundle, written: &Written, faults: &mut Vec<Fault>) {
    let source = &written.bundle;
    let places = [
        (Some(bundle.fault), &source.fault, "the host, which has just failed"),
        (bundle.closed, &source.closed, "the host for something that may be frozen itself"),
        (bundle.notice, &source.notice, "the host, which may be in maintenance"),
    ];
    for (id, word, asked) in places {
        if let (Some(state), Some(word)) = (id.and_then(|id| bundle.state(id)), word)
            && !state.is_plain_screen()
        {
            let what = format!("`{}` asks {asked}", state.name);
            faults.push(Fault::new("E05", word.at, what).fix("lead to an `end` or a `menu` without `show`"));
        }
    }
    if let (Some(state), Some(word)) = (bundle.notice.and_then(|id| bundle.state(id)), &source.notice)
        && !matches!(state.kind, Kind::End)
    {
        let what = format!("`{}` leads on, past the maintenance that it tells of", state.name);
        faults.push(Fault::new("E05", word.at, what).fix("write end = true there"));
    }
}

/// A state that has another name now is a screen on which a visit can go on.
fn moved(bundle: &Bundle, written: &Written, faults: &mut Vec<Fault>) {
    for (old, new) in &written.bundle.renamed {
        let Some(state) = bundle.renamed.get(&old.value).and_then(|id| bundle.state(*id)) else { continue };
        if !state.is_screen() || matches!(state.kind, Kind::End) {
            let what = format!("`{}` is no screen on which a caller can go on", state.name);
            faults.push(Fault::new("E14", new.at, what).fix("lead to a menu, an ask or a pick"));
        }
    }
}

fn keys(bundle: &Bundle, written: &Written, faults: &mut Vec<Fault>) {
    let sources = written.flows.iter().flat_map(|flow| &flow.states);
    for (state, source) in bundle.states.iter().zip(sources) {
        let mut seen = BTreeSet::new();
        for option in &source.options {
            let key = option.key.value.as_str();
            let why = if seen.insert(key) { wrong_key(bundle, state, key) } else { Some("stands for two options") };
            if let Some(why) = why {
                let what = format!("in `{}` the key `{key}` {why}", state.name);
                faults.push(Fault::new("E06", option.key.at, what).fix("choose another key"));
            }
        }
        let can_vanish = state.options.iter().all(|choice| choice.when.is_some());
        if matches!(state.kind, Kind::Menu { typed: None }) && can_vanish && !state.options.is_empty() {
            let fault = Fault::new("E03", state.at, format!("every option of `{}` can be hidden", state.name));
            faults.push(fault.fix("let one option stand without `when`"));
        }
    }
}

/// Why a key cannot stand for an option of this state.
fn wrong_key(bundle: &Bundle, state: &State, key: &str) -> Option<&'static str> {
    let reserved = &bundle.keys;
    let pick = matches!(state.kind, Kind::Pick { .. });
    let typed = match &state.kind {
        Kind::Ask { answer, .. } => Some(*answer),
        Kind::Menu { typed } => typed.map(|(answer, _)| answer),
        _ => None,
    };
    if key == reserved.back || key == reserved.home {
        Some("is reserved")
    } else if pick && (key == reserved.more || key == reserved.previous) {
        Some("turns pages in a list")
    } else if pick && key.len() == 1 {
        Some("is the number of a row")
    } else if key.is_empty() || key.len() > 3 || !key.bytes().all(|byte| byte.is_ascii_digit()) {
        Some("is not one to three digits")
    } else {
        typed.filter(|answer| takes(bundle, *answer, key)).map(|_| "would be taken as an answer")
    }
}

/// Whether a key could as well be meant as the answer.
fn takes(bundle: &Bundle, answer: AnswerId, key: &str) -> bool {
    let Ok(number) = key.parse::<i64>() else { return false };
    match bundle.answers.get(answer.0).map(|answer| &answer.kind) {
        Some(AnswerType::Number { min, max } | AnswerType::Money { min, max }) => (min..=max).contains(&&number),
        // A year is typed with its last two digits as well.
        Some(AnswerType::Year { .. }) => key.len() == 2,
        // A PIN is longer than any key.
        Some(AnswerType::Day | AnswerType::Time) => true,
        _ => false,
    }
}

/// Marks what a dial can show first, and refuses dial paths that would act before a key is pressed.
fn openings(bundle: &mut Bundle, manifest: &Manifest, faults: &mut Vec<Fault>) {
    // Whatever is dialled, the host may fail at it.
    let mut opening = BTreeSet::from([bundle.fault]);
    opening.extend(bundle.notice.into_iter().chain(bundle.closed));
    for start in [bundle.entry].into_iter().chain(bundle.identify) {
        opening.extend(before_a_key(bundle, start).screens);
    }
    for path in &bundle.dial {
        let before = before_a_key(bundle, path.go);
        opening.extend(before.screens);
        if let Some(Kind::Do { action, .. }) = before.actions.first().and_then(|id| bundle.state(*id)).map(|s| &s.kind)
        {
            let action = manifest.operations.get(*action).map_or("", |operation| operation.name);
            let what = format!("dialling this would run `{action}` before a key is pressed");
            faults.push(Fault::new("E06", path.at, what).fix("lead to a screen that asks first"));
        }
    }
    for id in opening {
        if let Some(state) = bundle.states.get_mut(id.0) {
            state.opening = true;
        }
    }
}

/// Screens from which no key that stands on them, and no step back, leads to a last screen or to the entry.
fn traps(bundle: &Bundle, faults: &mut Vec<Fault>) {
    let returning = returning(bundle);
    let mut leads: BTreeMap<StateId, BTreeSet<StateId>> = BTreeMap::new();
    let mut good = BTreeSet::new();
    let screens = || state_ids(bundle).filter(|id| bundle.state(*id).is_some_and(State::is_screen));
    for from in screens() {
        let Some(state) = bundle.state(from) else { continue };
        if matches!(state.kind, Kind::End) || from == bundle.entry {
            good.insert(from);
        }
        let (mut seen, mut open) = (BTreeSet::new(), state.successors());
        while let Some(id) = open.pop() {
            let Some(next) = bundle.state(id).filter(|_| seen.insert(id)) else { continue };
            if id == bundle.entry {
                good.insert(from);
            }
            if next.is_screen() {
                leads.entry(from).or_default().insert(id);
                if next.back {
                    leads.entry(id).or_default().insert(from);
                }
            }
            match &next.kind {
                Kind::Return { .. } => open.extend(returning.get(&id).into_iter().flatten()),
                Kind::Pick { empty, .. } => open.extend(empty),
                _ if next.is_screen() => {}
                _ => open.extend(next.successors()),
            }
        }
    }
    let mut grown = true;
    while grown {
        let out = |from: &StateId| leads.get(from).is_some_and(|to| !to.is_disjoint(&good));
        let more: Vec<StateId> = screens().filter(|id| !good.contains(id) && out(id)).collect();
        grown = !more.is_empty();
        good.extend(more);
    }
    for state in screens().filter(|id| !good.contains(id)).filter_map(|id| bundle.state(id)) {
        let what = format!("from `{}` no key leads to a last screen or to the entry", state.name);
        faults.push(Fault::new("E04", state.at, what).fix("add an option that does, or allow `back`"));
    }
}

/// Where each return leads: to what its callers do with it.
pub(super) fn returning(bundle: &Bundle) -> BTreeMap<StateId, BTreeSet<StateId>> {
    let mut returning: BTreeMap<StateId, BTreeSet<StateId>> = BTreeMap::new();
    for (_, start, on) in calls::calls(bundle) {
        for (outcome, from) in calls::returns(bundle, start) {
            let go = on.iter().filter(|(name, _)| *name == outcome).map(|(_, go)| *go);
            let go: Vec<StateId> = go.collect();
            for id in from {
                returning.entry(id).or_default().extend(&go);
            }
        }
    }
    // Who is calling is asked before the entry.
    let identified = bundle.identify.map(|start| calls::returns(bundle, start)).unwrap_or_default();
    for id in identified.into_values().flatten() {
        returning.entry(id).or_default().insert(bundle.entry);
    }
    returning
}
