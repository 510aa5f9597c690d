//! Random callers on any bundle, with a host that answers at random: the test of the checker itself.
//!
//! What is accepted must never fault in a caller's hand, whatever the host gives within its declarations and whatever is
//! typed. A walk that comes to a fault in an accepted bundle is a bug of the checker. Walks are made from a number: the
//! same number, the same walk.

use std::collections::BTreeSet;

use super::event::{Closures, Effect, Event, Row, Scene, Screen};
use super::input::Today;
use super::step::Engine;
use super::visit::Visit;
use crate::menu::graph::{Answer, AnswerId, AnswerType, Bundle, Kind};
use crate::menu::limits::Limits;
use crate::menu::manifest::{FACT, FieldType, Labels, Manifest, NO_MORE, Operation, Role, Value};
use crate::text::datetime::Day;
use crate::text::{Language, gsm7};

/// Effects of one hop before it hangs: more than the engine allows itself.
const EFFECTS_MAX: usize = 200;

/// Chance from a number: the same sequence for the same number (`SplitMix64`).
#[derive(Clone, Copy, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A sequence.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    fn integer(&mut self, most: i64) -> i64 {
        i64::try_from(self.next() % most.unsigned_abs().saturating_add(1).max(1)).unwrap_or_default()
    }

    /// One of several.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }
}

/// What came to grief, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grief {
    /// What went wrong.
    pub what: String,
    /// The states of the walk.
    pub path: Vec<String>,
}

/// What is walked over.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The menus.
    pub bundle: &'a Bundle,
    /// What the host offers.
    pub manifest: &'a Manifest,
    /// Its labels.
    pub labels: &'a dyn Labels,
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ground({} states)", self.bundle.states.len())
    }
}

/// Walks `walks` times, `hops` hops each. The first grief ends it.
pub fn wander(ground: Ground<'_>, seed: u64, walks: usize, hops: usize) -> Result<(), Grief> {
    let mut chance = Chance::of(seed);
    (0..walks).try_for_each(|_| walk(ground, &mut chance, hops))
}

fn walk(ground: Ground<'_>, chance: &mut Chance, hops: usize) -> Result<(), Grief> {
    let Ground { bundle, manifest, labels } = ground;
    let language = chance.one(&bundle.languages).copied().unwrap_or(Language::En);
    let mut visit = Visit::new(1, language, chance.one(&[None, Some(1)]).copied().flatten());
    let (mut path, mut known) = (Vec::new(), Known { visit_id: visit.id, facts: BTreeSet::new() });
    let closures = Closures::default();
    // Each walk is on one channel.
    let channels: Vec<&Limits> = bundle.all_limits().map(|(_, limits)| limits).collect();
    let limits = chance.one(&channels).copied().unwrap_or(&bundle.limits);
    for hop in 0..hops {
        let day = Day(20_000 + i32::try_from(chance.below(3_000)).unwrap_or_default());
        let scene = Scene {
            bundle,
            limits,
            closures: &closures,
            manifest,
            labels,
            today: Today { day, year: day.year() },
            fresh_visit_id: 2 + i64::try_from(hop).unwrap_or_default(),
        };
        let is_cut = hop > 0 && chance.below(8) == 0;
        let is_opening = hop == 0 || is_cut;
        let event = match (is_opening, is_cut, chance.below(2)) {
            (false, ..) => typed(bundle, &visit, chance),
            (true, false, _) => Event::Dial(dialled(bundle, chance)),
            (true, true, 0) => Event::Resume(dialled(bundle, chance)),
            (true, true, _) => Event::Continue,
        };
        let mut engine = Engine::new(scene, &mut visit);
        let screen = answered(&mut engine, event, ground, &mut known, chance);
        path.extend(engine.entered().iter().filter_map(|id| bundle.state(*id)).map(|state| state.name.clone()));
        let grief = |what: &str| Err(Grief { what: what.to_owned(), path: path.clone() });
        if engine.has_faulted() {
            return grief("a fault");
        }
        let screen = match screen {
            Ok(screen) => screen,
            Err(what) => return grief(what),
        };
        let limit = if is_opening { limits.opening_septets } else { limits.screen_septets };
        match gsm7::septets(&screen.text) {
            Some(0) => return grief("an empty screen"),
            Some(septets) if septets <= limit => {}
            Some(_) => return grief("too wide a screen"),
            None => return grief("a screen outside the alphabet"),
        }
        if limits.lines.is_some_and(|lines| screen.text.lines().count() > lines) {
            return grief("too many lines");
        }
        // What is stored is what is taken up on the next hop.
        match Visit::from_bytes(bundle, &visit.to_bytes(bundle)) {
            Ok(stored) if stored == visit => match stored.going_on_with(bundle) {
                Some(going_on) if going_on == visit => visit = going_on,
                _ => return grief("a visit that cannot be taken up again"),
            },
            _ => return grief("a visit that cannot be stored"),
        }
        if screen.end {
            break;
        }
    }
    Ok(())
}

/// What a walk's host knows of its caller.
struct Known {
    /// A visit that begins anew is of nobody known.
    visit_id: i64,
    facts: BTreeSet<&'static str>,
}

fn answered(
    engine: &mut Engine<'_>,
    event: Event,
    ground: Ground<'_>,
    known: &mut Known,
    chance: &mut Chance,
) -> Result<Screen, &'static str> {
    let mut effect = engine.step(event);
    for _ in 0..EFFECTS_MAX {
        if known.visit_id != engine.visit.id {
            (known.visit_id, known.facts) = (engine.visit.id, BTreeSet::new());
        }
        let index = match &effect {
            Effect::Screen(_) => 0,
            Effect::Act(index) | Effect::Decide(index) | Effect::Show(index) | Effect::Fetch(index, _) => *index,
        };
        let operation = ground.manifest.operations.get(index).ok_or("an operation that is not there")?;
        let event = match effect {
            Effect::Screen(screen) => return Ok(screen),
            _ if !has_needs(operation, ground.bundle, engine.visit, known) => return Err("a need that is not there"),
            Effect::Act(_) | Effect::Decide(_) => outcome(operation, ground.bundle, known, chance),
            Effect::Show(_) => Event::Values(values(operation, ground, chance)),
            Effect::Fetch(_, wanted) => {
                let count = chance.below(wanted.limit + 1);
                let rows = (0..count).map(|_| Row {
                    id: chance.integer(i64::MAX - 1),
                    values: values(operation, ground, chance),
                    exact: chance.below(8) == 0,
                });
                let rows: Vec<Row> = rows.collect();
                Event::Rows(rows, count == wanted.limit && chance.below(2) == 0)
            }
        };
        effect = engine.step(event);
    }
    Err("no screen")
}

/// Whether answers and facts are there that an operation counts upon.
fn has_needs(operation: &Operation, bundle: &Bundle, visit: &Visit, known: &Known) -> bool {
    operation.needs.iter().all(|need| {
        if need.starts_with(FACT) {
            known.facts.contains(need)
        } else {
            bundle.answer_named(need).is_some_and(|id| visit.answers.contains_key(&id))
        }
    })
}

fn outcome(operation: &Operation, bundle: &Bundle, known: &mut Known, chance: &mut Chance) -> Event {
    // A case tells what is so: what is known to the caller's host it does not deny.
    let denies = |index: &usize| {
        let word = operation.outcomes.get(*index).copied().unwrap_or_default();
        let gone = operation.sets.iter().filter(|(outcome, _)| *outcome == word);
        gone.filter_map(|(_, name)| name.strip_prefix(NO_MORE)).any(|gone| known.facts.contains(gone))
    };
    let is_case = operation.role == Role::Case;
    let open: Vec<usize> = (0..operation.outcomes.len()).filter(|index| !is_case || !denies(index)).collect();
    let index = chance.one(&open).copied().unwrap_or_default();
    let word = operation.outcomes.get(index).copied().unwrap_or_default();
    let mut answers = Vec::new();
    for (_, name) in operation.sets.iter().filter(|(outcome, _)| *outcome == word) {
        if let Some(gone) = name.strip_prefix(NO_MORE) {
            known.facts.remove(gone);
        } else if name.starts_with(FACT) {
            known.facts.insert(name);
        } else if let Some(id) = bundle.answer_named(name) {
            answers.extend(answer(bundle, id, chance).map(|answer| (id, answer)));
        }
    }
    Event::Outcome(index, answers)
}

/// An answer of the declared type.
fn answer(bundle: &Bundle, id: AnswerId, chance: &mut Chance) -> Option<Answer> {
    Some(match &bundle.answers.get(id.0)?.kind {
        AnswerType::Word(words) => Answer::Text(chance.one(words)?.clone()),
        AnswerType::Name { max } | AnswerType::Text { max } => Answer::Text("é".repeat(*max)),
        AnswerType::Pin => Answer::Text("0000".to_owned()),
        _ => Answer::Integer(chance.integer(1_000)),
    })
}

/// Values within what is declared, and at its edge as often as not.
fn values(operation: &Operation, ground: Ground<'_>, chance: &mut Chance) -> Vec<Value> {
    let value = |kind: &FieldType, chance: &mut Chance| match kind {
        FieldType::Text(most) => {
            Value::Text(chance.one(&["W", "é", "’", "€", "a b", "\u{4e00}"]).map_or("", |t| t).repeat(*most))
        }
        FieldType::Number(digits) => {
            let most =
                u32::try_from(*digits).ok().and_then(|digits| 10_i64.checked_pow(digits)).unwrap_or(i64::MAX) - 1;
            Value::Number(if chance.below(2) == 0 { most } else { chance.integer(most) })
        }
        FieldType::Money => {
            let most = ground.labels.money_max();
            Value::Money(if chance.below(2) == 0 { most } else { chance.integer(most) })
        }
        FieldType::Word(words) => Value::Word(chance.one(words).copied().unwrap_or_default()),
        FieldType::Coded(coded) => Value::Coded(coded, chance.integer(100)),
        FieldType::Day => Value::Day(20_000 + i32::try_from(chance.below(3_000)).unwrap_or_default()),
        FieldType::Clock => Value::Clock(u16::try_from(chance.below(24 * 60)).unwrap_or_default()),
        FieldType::HalfHour => Value::Clock(30 * u16::try_from(chance.below(48)).unwrap_or_default()),
    };
    operation.gives.iter().map(|field| value(&field.kind, chance)).collect()
}

/// What is dialled behind the code: nothing, a declared path, or anything.
fn dialled(bundle: &Bundle, chance: &mut Chance) -> String {
    match chance.below(4) {
        0 => {
            let steps = chance.one(&bundle.dial).map(|path| path.steps.len()).unwrap_or_default();
            (0..steps).map(|_| chance.below(60_000).to_string()).collect::<Vec<_>>().join("*")
        }
        1 => chance.below(12).to_string(),
        _ => String::new(),
    }
}

/// What is typed on the screen that the visit stands on: mostly what leads on.
fn typed(bundle: &Bundle, visit: &Visit, chance: &mut Chance) -> Event {
    let keys = &bundle.keys;
    let state = bundle.state(visit.at);
    let options = state.map(|state| state.options.as_slice()).unwrap_or_default();
    let text = match chance.below(10) {
        0 => chance.one(&[&keys.back, &keys.home, &keys.more, &keys.previous]).map(|key| (*key).clone()),
        1 => chance.one(&["", "x", "*", "1.", "é’", "99999999999999999999", "a\u{0}b"]).map(|text| (*text).to_owned()),
        2..=5 => match state.map(|state| &state.kind) {
            Some(Kind::Ask { answer, .. } | Kind::Menu { typed: Some((answer, _)) }) => {
                Some(good(bundle, *answer, chance))
            }
            Some(Kind::Pick { .. }) => Some((1 + chance.below(9)).to_string()),
            _ => None,
        },
        _ => None,
    };
    let text = text.or_else(|| chance.one(options).map(|choice| choice.key.clone()));
    Event::Input(text.unwrap_or_else(|| (1 + chance.below(9)).to_string()))
}

/// Something that is a good answer, most of the time.
fn good(bundle: &Bundle, answer: AnswerId, chance: &mut Chance) -> String {
    match bundle.answers.get(answer.0).map(|answer| &answer.kind) {
        Some(AnswerType::Name { max } | AnswerType::Text { max }) => "aline ".repeat(4).chars().take(*max).collect(),
        Some(AnswerType::Number { min, max } | AnswerType::Money { min, max } | AnswerType::Year { min, max }) => {
            (min + chance.integer((max - min).max(0))).to_string()
        }
        Some(AnswerType::Day) => "24/11".to_owned(),
        Some(AnswerType::Time) => "7:30".to_owned(),
        Some(AnswerType::Pin) => "4711".to_owned(),
        _ => "1".to_owned(),
    }
}
