//! Answers: each is there on every way to where it is needed or shown, and no secret is shown.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fault::{At, Fault};
use super::super::graph::{AnswerId, AnswerType, Bundle, DialStep, Kind, Slot, State, StateId};
use super::super::manifest::{FACT, Manifest, NO_MORE, Operation};
use super::super::source::Written;
use super::super::template::Piece;
use super::calls::{calls, returns};
use super::state_ids;

/// Answers in a bundle at most: with the facts behind them they are a set of bits here.
const ANSWERS_MAX: usize = 112;

type Answers = u128;

/// The bits of answers; those above are facts.
const ANSWERS: Answers = (1 << ANSWERS_MAX) - 1;

fn bit(answer: AnswerId) -> Answers {
    1 << answer.0
}

/// The bit of a fact of the host's.
fn fact(facts: &[&str], name: &str) -> Answers {
    facts.iter().position(|known| *known == name).map_or(0, |index| bit(AnswerId(ANSWERS_MAX + index)))
}

/// Adds a fault for every answer that may be missing where it is needed, and for every secret that is shown.
pub(super) fn are_there(bundle: &mut Bundle, written: &Written, manifest: &Manifest, faults: &mut Vec<Fault>) {
    if bundle.answers.len() > ANSWERS_MAX {
        let fault = Fault::new("E01", written.bundle.at, format!("more than {ANSWERS_MAX} answers"));
        faults.push(fault.fix("use one answer for several questions"));
        return;
    }
    let there = there(bundle, manifest);
    for (state, here) in bundle.states.iter().zip(&there) {
        needed(bundle, manifest, state, *here, faults);
        shown(bundle, written, state, *here, faults);
    }
    // A secret does not outlive its hop: nothing that is taken up later counts upon it.
    let lasting: Vec<bool> = bundle.answers.iter().map(|answer| answer.kind != AnswerType::Pin).collect();
    for (state, here) in bundle.states.iter_mut().zip(there) {
        let is_there =
            |(index, lasting): (usize, &bool)| (*lasting && here & bit(AnswerId(index)) != 0).then_some(index);
        state.answered = lasting.iter().enumerate().filter_map(is_there).map(AnswerId).collect();
    }
}

/// Forward analysis: the answers that are there on every way to a state.
fn there(bundle: &Bundle, manifest: &Manifest) -> Vec<Answers> {
    let facts = manifest.facts();
    let mut there: Vec<Answers> = vec![Answers::MAX; bundle.states.len()];
    let returned: BTreeMap<StateId, _> = calls(bundle).map(|(_, start, _)| (start, returns(bundle, start))).collect();
    let lower = |there: &mut Vec<Answers>, id: StateId, set: Answers| {
        there.get_mut(id.0).is_some_and(|old| std::mem::replace(old, *old & set) & !set != 0)
    };
    let places = [bundle.entry, bundle.help, bundle.fault].into_iter().chain(bundle.closed).chain(bundle.notice);
    for root in places.chain(bundle.identify) {
        lower(&mut there, root, 0);
    }
    for path in &bundle.dial {
        let given = path.steps.iter().map(|step| match step {
            DialStep::Answer(answer) => bit(*answer),
            DialStep::Literal(_) => 0,
        });
        lower(&mut there, path.go, given.fold(0, |all, one| all | one));
    }
    let pins = bundle.answers.iter().enumerate().filter(|(_, answer)| answer.kind == AnswerType::Pin);
    let secrets = pins.fold(0, |all, (index, _)| all | bit(AnswerId(index)));
    let mut changed = true;
    while changed {
        changed = false;
        for id in state_ids(bundle) {
            let (Some(state), Some(here)) = (bundle.state(id), there.get(id.0).copied()) else { continue };
            // A secret does not outlive the hop on which it was typed.
            let kept = here & !secrets;
            let here = if state.is_screen() { kept } else { here };
            for choice in &state.options {
                let set = choice.set.iter().fold(here, |all, (answer, _)| all | bit(*answer));
                changed |= lower(&mut there, choice.go, set);
            }
            match &state.kind {
                Kind::Menu { typed } => {
                    if let Some((answer, go)) = typed {
                        changed |= lower(&mut there, *go, here | bit(*answer));
                    }
                }
                Kind::Ask { answer, go } => changed |= lower(&mut there, *go, here | bit(*answer)),
                Kind::Pick { answer, go, empty, .. } => {
                    changed |= lower(&mut there, *go, here | bit(*answer));
                    if let Some(empty) = empty {
                        changed |= lower(&mut there, *empty, kept);
                    }
                }
                Kind::Do { action: operation, on } | Kind::Case { case: operation, on } => {
                    let Some(operation) = manifest.operations.get(*operation) else { continue };
                    for (outcome, go) in operation.outcomes.iter().zip(on) {
                        let set = operation.sets.iter().filter(|(name, _)| name == outcome);
                        let after = set.fold(here, |all, (_, name)| match name.strip_prefix(NO_MORE) {
                            Some(gone) => all & !fact(&facts, gone),
                            None => all | fact(&facts, name) | bundle.answer_named(name).map_or(0, bit),
                        });
                        changed |= lower(&mut there, *go, after);
                    }
                }
                Kind::Call { start, on } => {
                    changed |= lower(&mut there, *start, here);
                    for (outcome, go) in on {
                        let exits = returned.get(start).and_then(|returned| returned.get(outcome));
                        let gained = exits.into_iter().flatten().filter_map(|id| there.get(id.0));
                        let gained = gained.fold(Answers::MAX, |all, one| all & one);
                        // An answer that was there stays; a fact may be lost inside.
                        let facts_here = kept & !ANSWERS;
                        let lost = facts_here & !gained;
                        changed |= lower(&mut there, *go, (kept | gained) & !lost);
                    }
                }
                Kind::Return { .. } | Kind::End => {}
            }
        }
    }
    there
}

fn needed(bundle: &Bundle, manifest: &Manifest, state: &State, here: Answers, faults: &mut Vec<Fault>) {
    let operation = match state.kind {
        Kind::Do { action: index, .. } | Kind::Case { case: index, .. } | Kind::Pick { rows: index, .. } => Some(index),
        _ => None,
    };
    let operations = operation.into_iter().chain(state.show).filter_map(|index| manifest.operations.get(index));
    let needs = operations.flat_map(|operation: &Operation| operation.needs.iter().map(|need| (operation.name, *need)));
    let facts = manifest.facts();
    for (operation, name) in needs {
        if name.starts_with(FACT) {
            if here & fact(&facts, name) == 0 {
                let what = format!("`{operation}` needs {}, which may not be known yet", name.trim_start_matches(FACT));
                let before = |given: &&Operation| given.sets.iter().any(|(_, set)| *set == name);
                let before: Vec<&str> = manifest.operations.iter().filter(before).map(|given| given.name).collect();
                let fix = format!("come here only behind an outcome of {} that says so", before.join(", "));
                faults.push(Fault::new("E08", state.at, what).fix(fix));
            }
            continue;
        }
        let answer = bundle.answer_named(name);
        if answer.is_none_or(|answer| here & bit(answer) == 0) {
            let what = format!("`{operation}` needs the answer `{name}`, which may not be there yet");
            let fix = if answer.is_some() {
                "ask for it on every way here"
            } else {
                "declare it in bundle.toml and ask for it"
            };
            faults.push(Fault::new("E08", state.at, what).fix(fix));
        }
    }
}

fn shown(bundle: &Bundle, written: &Written, state: &State, here: Answers, faults: &mut Vec<Fault>) {
    let texts = state.texts.iter().flat_map(|text| {
        [&text.text, &text.row].into_iter().chain(&text.bad).chain(&text.options).chain(&text.retired)
    });
    let shown: BTreeSet<AnswerId> = texts
        .flatten()
        .filter_map(|piece| match piece {
            Piece::Slot { source: Slot::Answer(answer), .. } => Some(*answer),
            _ => None,
        })
        .collect();
    for answer in shown {
        let Some(declared) = bundle.answers.get(answer.0) else { continue };
        let at = place(written, state, &declared.name);
        let name = format!("{{{}}}", declared.name);
        match declared.kind {
            AnswerType::Pin => faults.push(Fault::new("E13", at, format!("{name} is a secret")).fix("remove it")),
            AnswerType::Word(_) => {
                let what = format!("{name} is a word's name, not its text");
                faults.push(Fault::new("E08", at, what).fix("show it through a query"));
            }
            _ if here & bit(answer) == 0 => {
                let what = format!("{name} is shown, but may not be answered yet");
                faults.push(Fault::new("E08", at, what).fix("ask for it on every way here"));
            }
            _ => {}
        }
    }
}

/// Where a state's texts show this answer.
fn place(written: &Written, state: &State, name: &str) -> At {
    let sections = written.texts.iter().flat_map(|text| &text.sections);
    let slots = sections.filter(|(section, _)| section.value == state.name).flat_map(|(_, slots)| slots);
    let (plain, cut) = (format!("{{{name}}}"), format!("{{{name}:"));
    let mut showing = slots.filter(|(_, text)| text.value.contains(&plain) || text.value.contains(&cut));
    showing.next().map_or(state.at, |(_, text)| text.at)
}
