//! Warnings: what works, and will be regretted. Nothing here keeps a bundle from being served.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::answer::AnswerType;
use super::check::returning;
use super::effort::{NETWORK_MS, reading_ms, typing_ms, usual_answer};
use super::fault::{At, Fault};
use super::graph::{AnswerId, Bundle, Kind, State, StateId};
use super::manifest::{Labels, Manifest};
use super::source::Written;
use super::width::{Widest, widest_screens};
use crate::text::Language;

/// Options that people keep in mind while they read the next.
const OPTIONS_MAX: usize = 7;
/// Lines that a small phone shows without scrolling.
const LINES_MAX: usize = 10;
/// Keys after which people have forgotten where they began.
const DEPTH_MAX: usize = 6;
/// Characters of a typed text up to which it was probably one of a few.
const SHORT_TEXT: usize = 20;
/// Characters from which two equal texts are no accident.
const LONG_TEXT: usize = 40;

/// Adds a warning for whatever callers will stumble over.
pub fn advise(bundle: &Bundle, written: &Written, manifest: &Manifest, labels: &dyn Labels, faults: &mut Vec<Fault>) {
    let widest = widest_screens(bundle, written, manifest, labels);
    for (index, state) in bundle.states.iter().enumerate().filter(|(_, state)| state.is_screen()) {
        let of = |language: &Language| Some((*language, *widest.get(&(*language, StateId(index)))?));
        let widest: Vec<(Language, Widest)> = bundle.languages.iter().filter_map(of).collect();
        crowded(bundle, state, &widest, faults);
        typed(bundle, state, faults);
        idle(bundle, state, &widest, faults);
    }
    same_text(written, faults);
    far(bundle, &widest, faults);
}

fn crowded(bundle: &Bundle, state: &State, widest: &[(Language, Widest)], faults: &mut Vec<Fault>) {
    if matches!(state.kind, Kind::Menu { .. }) && state.options.len() > OPTIONS_MAX {
        let what = format!("`{}` has {} options; people keep {OPTIONS_MAX} in mind", state.name, state.options.len());
        faults.push(Fault::new("W01", state.at, what).fix("put some behind one option of their own"));
    }
    let most = widest.iter().max_by_key(|(_, widest)| widest.lines);
    // Where a channel has its own limit, what is above it is an error.
    let limited = bundle.all_limits().any(|(_, limits)| limits.lines.is_some());
    if let Some((language, widest)) = most.filter(|(_, widest)| widest.lines > LINES_MAX && !limited) {
        let what = format!("`{}` can take {} lines in `{}`", state.name, widest.lines, language.code());
        faults
            .push(Fault::new("W02", state.at, what).fix(format!("small phones show {LINES_MAX}: lead to two screens")));
    }
}

/// What is typed: whether a way back is taken for an answer, and whether a list would do.
fn typed(bundle: &Bundle, state: &State, faults: &mut Vec<Fault>) {
    let answer = match &state.kind {
        Kind::Ask { answer, .. } | Kind::Menu { typed: Some((answer, _)) } => *answer,
        _ => return,
    };
    let Some(declared) = bundle.answers.get(answer.0) else { return };
    let takes = |key: &str| match (key.parse::<i64>(), &declared.kind) {
        (Ok(key), AnswerType::Number { min, max } | AnswerType::Money { min, max }) => (min..=max).contains(&&key),
        _ => false,
    };
    let keys = [(&bundle.keys.back, "back", state.back), (&bundle.keys.home, "to the first screen", true)];
    // `00` is no way to write a number.
    for (key, way, _) in keys.into_iter().filter(|(key, _, is_on)| *is_on && *key != "00" && takes(key)) {
        let what = format!("`{}` may be {key}, which leads {way} here", declared.name);
        faults.push(Fault::new("W07", state.at, what).fix("write min = 1 for the answer, or back = false here"));
    }
    if matches!(declared.kind, AnswerType::Text { max } if max <= SHORT_TEXT) {
        let what = format!("`{}` is typed letter by letter", declared.name);
        let fix = "if it is one of a few, offer them: a menu whose options set a word, or a pick";
        faults.push(Fault::new("W08", state.at, what).fix(fix));
    }
}

/// Whether a slow reader and typist is in time before the network hangs up.
fn idle(bundle: &Bundle, state: &State, widest: &[(Language, Widest)], faults: &mut Vec<Fault>) {
    let limits = bundle.all_limits().map(|(_, limits)| limits.idle_s).min().unwrap_or_default();
    let typing = typing_ms(&usual_input(bundle, state));
    let slowest = widest.iter().map(|(language, widest)| (reading_ms(widest.opening) + typing, *language)).max();
    let Some((ms, language)) = slowest.filter(|_| !matches!(state.kind, Kind::End)) else { return };
    let limit_ms = u64::try_from(limits).unwrap_or_default() * 1_000;
    if ms > limit_ms {
        let (seconds, language) = (ms.div_ceil(1_000), language.code());
        let what = format!("reading and answering `{}` takes about {seconds} s in `{language}`", state.name);
        let fix = format!("a network hangs up after {limits} s: ask for less on one screen");
        faults.push(Fault::new("W10", state.at, what).fix(fix));
    }
}

/// What people type on a screen, of all that they can: the longest.
fn usual_input(bundle: &Bundle, state: &State) -> String {
    let answered = |answer: &AnswerId| bundle.answers.get(answer.0).map(|answer| usual_answer(&answer.kind));
    match &state.kind {
        Kind::Ask { answer, .. } | Kind::Menu { typed: Some((answer, _)) } => answered(answer).unwrap_or_default(),
        _ => "0".to_owned(),
    }
}

/// A text that stands twice is two texts to translate, and one of them will be forgotten.
fn same_text(written: &Written, faults: &mut Vec<Fault>) {
    let Some(language) = written.bundle.languages.first().map(|language| language.value) else { return };
    let texts = written.texts.iter().filter(|text| text.language == language).flat_map(|text| &text.sections);
    let mut seen: BTreeMap<&str, (&str, At)> = BTreeMap::new();
    for (section, slots) in texts {
        for (_, text) in slots.iter().filter(|(slot, text)| slot.value == "text" && text.value.len() >= LONG_TEXT) {
            if let Some((first, _)) = seen.get(text.value.as_str()) {
                let what = format!("`{}` says the same as `{first}`", section.value);
                faults.push(Fault::new("W09", text.at, what).fix("lead both to one state, or say what is different"));
            } else {
                seen.insert(&text.value, (&section.value, text.at));
            }
        }
    }
}

/// The quickest way from the dial to a screen.
#[derive(Clone)]
struct Way {
    ms: u64,
    keys: Vec<String>,
}

/// Screens that even the quickest way reaches late or deep.
fn far(bundle: &Bundle, widest: &BTreeMap<(Language, StateId), Widest>, faults: &mut Vec<Fault>) {
    let session_s = bundle.all_limits().map(|(_, limits)| limits.session_s).min().unwrap_or_default();
    let session_ms = u64::try_from(session_s).unwrap_or_default() * 1_000;
    for (id, way) in quickest_ways(bundle, widest) {
        let Some(state) = bundle.state(id) else { continue };
        let path = way.keys.join(" ");
        if way.keys.len() > DEPTH_MAX {
            let what = format!("`{}` is {} keys from the dial: {path}", state.name, way.keys.len());
            faults.push(
                Fault::new("W03", state.at, what).fix(format!("after {DEPTH_MAX} people are lost: a shorter way")),
            );
        }
        if way.ms > session_ms {
            let what = format!("`{}` is reached after about {} s: {path}", state.name, way.ms.div_ceil(1_000));
            let fix = format!("a network ends a session after {session_s} s: a shorter way, or a dial path");
            faults.push(Fault::new("W04", state.at, what).fix(fix));
        }
    }
}

/// The quickest way to every screen, with reading it (Dijkstra over screens; what a dial path leads to is a way as well).
fn quickest_ways(bundle: &Bundle, widest: &BTreeMap<(Language, StateId), Widest>) -> BTreeMap<StateId, Way> {
    let returns = returning(bundle);
    let reading = |id: StateId| {
        let characters = bundle.languages.iter().filter_map(|language| widest.get(&(*language, id)));
        reading_ms(characters.map(|widest| widest.opening).max().unwrap_or_default())
    };
    let screens = |go: StateId| {
        let (mut seen, mut open, mut found) = (BTreeSet::new(), vec![go], Vec::new());
        while let Some(id) = open.pop() {
            let Some(state) = bundle.state(id).filter(|_| seen.insert(id)) else { continue };
            match &state.kind {
                _ if state.is_screen() => found.push(id),
                Kind::Return { .. } => open.extend(returns.get(&id).into_iter().flatten()),
                _ => open.extend(state.successors()),
            }
        }
        found
    };
    let mut ways: BTreeMap<StateId, Way> = BTreeMap::new();
    let mut open: BinaryHeap<Reverse<(u64, StateId, Vec<String>)>> = BinaryHeap::new();
    let dialled = bundle.dial.iter().map(|path| path.go);
    for start in [bundle.entry].into_iter().chain(bundle.identify).chain(dialled) {
        open.extend(screens(start).into_iter().map(|id| Reverse((NETWORK_MS + reading(id), id, Vec::new()))));
    }
    while let Some(Reverse((ms, id, keys))) = open.pop() {
        if ways.contains_key(&id) {
            continue;
        }
        let Some(state) = bundle.state(id) else { continue };
        ways.insert(id, Way { ms, keys: keys.clone() });
        let answer = |id: &AnswerId| bundle.answers.get(id.0);
        let mut steps: Vec<(String, u64, StateId)> =
            state.options.iter().map(|choice| (choice.key.clone(), typing_ms(&choice.key), choice.go)).collect();
        match &state.kind {
            Kind::Ask { answer: id, go } | Kind::Menu { typed: Some((id, go)) } => {
                let typed = answer(id).map(|declared| (declared.name.clone(), usual_answer(&declared.kind)));
                steps.extend(typed.map(|(name, typed)| (format!("({name})"), typing_ms(&typed), *go)));
            }
            Kind::Pick { go, .. } => steps.push(("1".to_owned(), typing_ms("1"), *go)),
            _ => {}
        }
        for (key, typing, go) in steps {
            for next in screens(go).into_iter().filter(|next| !ways.contains_key(next)) {
                let keys = keys.iter().cloned().chain([key.clone()]).collect();
                open.push(Reverse((ms + typing + NETWORK_MS + reading(next), next, keys)));
            }
        }
    }
    ways
}
