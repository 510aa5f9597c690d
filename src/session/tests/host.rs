//! A host for the example: answers every effect, and holds every screen and every stored visit to their promises.

use super::super::input::Today;
use super::super::{Closures, Effect, Engine, Event, Row, RowsWanted, Scene, Screen, Turn, Visit};
use crate::menu::graph::{Answer, Bundle};
use crate::menu::manifest::Value;
use crate::menu::tests::example::{ExampleLabels, MANIFEST, build_with, bundle};
use crate::text::datetime::Day;
use crate::text::{Language, folding, gsm7};

/// Effects after which a hop hangs.
const EFFECTS_MAX: usize = 100;

/// The host and one visit.
pub(super) struct Host {
    pub(super) bundle: &'static Bundle,
    pub(super) visit: Visit,
    /// Clinics that are open, in their order.
    pub(super) clinics: Vec<i64>,
    /// Crops of today, in their order.
    pub(super) crops: Vec<i64>,
    /// Who may be calling.
    pub(super) visitors: Vec<i64>,
    /// Whether every day is full.
    pub(super) full: bool,
    /// The operation that fails.
    pub(super) failing: Option<&'static str>,
    /// Actions that ran, in their order.
    pub(super) acted: Vec<&'static str>,
    /// Whether clinics are open: `yes` or `no`.
    pub(super) open_today: &'static str,
    /// What is closed.
    pub(super) closures: Closures,
    /// What the last hop was.
    pub(super) turn: Turn,
}

impl Host {
    pub(super) fn new() -> Self {
        Self {
            bundle: bundle(),
            visit: Visit::new(7, Language::En, None),
            clinics: (1..=12).collect(),
            crops: (10..=40).collect(),
            visitors: vec![1],
            full: false,
            failing: None,
            acted: Vec::new(),
            open_today: "yes",
            closures: Closures::default(),
            turn: Turn::Dialled,
        }
    }

    /// A host for the example with some text replaced.
    pub(super) fn of(changes: &[(&str, &str, &str)]) -> Self {
        let bundle = build_with(changes).unwrap_or_else(|report| panic!("{}", report.render()));
        Self { bundle: Box::leak(Box::new((*bundle).clone())), ..Self::new() }
    }

    pub(super) fn dial(&mut self, extras: &str) -> String {
        self.hop(Event::Dial(extras.to_owned())).text
    }

    pub(super) fn resume(&mut self, extras: &str) -> String {
        self.hop(Event::Resume(extras.to_owned())).text
    }

    pub(super) fn typed(&mut self, typed: &str) -> String {
        self.hop(Event::Input(typed.to_owned())).text
    }

    /// Types several things; what is shown after the last one.
    pub(super) fn all(&mut self, typed: &[&str]) -> String {
        typed.iter().map(|typed| self.typed(typed)).last().unwrap_or_default()
    }

    /// Where the visit is.
    pub(super) fn at(&self) -> &'static str {
        &self.bundle.state(self.visit.at).unwrap().name
    }

    /// One hop, from the stored visit to the stored visit.
    pub(super) fn hop(&mut self, event: Event) -> Screen {
        let opening = matches!(event, Event::Dial(_) | Event::Resume(_) | Event::Continue);
        let closures = self.closures.clone();
        let scene = Scene {
            bundle: self.bundle,
            limits: &self.bundle.limits,
            closures: &closures,
            manifest: &MANIFEST,
            labels: &ExampleLabels,
            today: Today { day: Day::from_date(2026, 11, 22).unwrap(), year: 2026 },
            fresh_visit_id: self.visit.id + 1,
        };
        let hop = self.visit.hop;
        let mut visit = Visit::from_bytes(self.bundle, &self.visit.to_bytes(self.bundle)).unwrap();
        assert!(visit == self.visit, "what is stored is not what was there at {}", self.at());
        let mut engine = Engine::new(scene, &mut visit);
        let mut effect = engine.step(event);
        for _ in 0..EFFECTS_MAX {
            let event = match effect {
                Effect::Screen(screen) => {
                    let limit =
                        if opening { self.bundle.limits.opening_septets } else { self.bundle.limits.screen_septets };
                    let septets = gsm7::septets(&screen.text);
                    assert!(septets.is_some_and(|septets| septets <= limit), "{septets:?}: {}", screen.text);
                    assert!(!screen.text.is_empty());
                    self.turn = engine.turn();
                    assert_eq!(visit.hop, hop + 1);
                    self.visit = visit;
                    return screen;
                }
                Effect::Act(operation) | Effect::Decide(operation) | Effect::Show(operation) => {
                    self.operation(MANIFEST.operations[operation].name, engine.visit)
                }
                Effect::Fetch(operation, wanted) => self.rows(MANIFEST.operations[operation].name, &wanted),
            };
            effect = engine.step(event);
        }
        panic!("no screen after {EFFECTS_MAX} effects");
    }

    fn operation(&mut self, name: &'static str, visit: &mut Visit) -> Event {
        let of = |visit: &Visit, name: &str| match visit.answers.get(&self.bundle.answer_named(name).unwrap()) {
            Some(Answer::Integer(number)) => *number,
            Some(Answer::Text(text)) => text.parse().unwrap(),
            None => panic!("{name} is not there"),
        };
        if self.failing == Some(name) {
            return Event::Fault;
        }
        match name {
            "visitor.who" => {
                let known = self.visitors.len() < 2;
                visit.person = self.visitors.first().copied().filter(|_| known);
                Event::Outcome(usize::from(!known), Vec::new())
            }
            "visitor.choose" => {
                visit.person = Some(of(visit, "visitor"));
                self.acted.push(name);
                Event::Outcome(0, Vec::new())
            }
            "clinic.book" => {
                self.acted.push(name);
                Event::Outcome(usize::from(self.full), Vec::new())
            }
            "clinic.slip" => Event::Values(vec![Value::Number(123)]),
            "market.find" => {
                let crop = of(visit, "crop_number");
                let set = (self.bundle.answer_named("crop").unwrap(), Answer::Integer(crop));
                let known = self.crops.contains(&crop);
                Event::Outcome(usize::from(!known), known.then_some(set).into_iter().collect())
            }
            "market.price" => Event::Values(vec![Value::Money(of(visit, "crop") * 100)]),
            "market.post" => {
                self.acted.push(name);
                Event::Outcome(0, Vec::new())
            }
            "clinic.today" => Event::Values(vec![Value::Word(self.open_today)]),
            "vault.open" => Event::Outcome(usize::from(of(visit, "code") != 1234), Vec::new()),
            other => panic!("{other}"),
        }
    }

    fn rows(&self, name: &'static str, wanted: &RowsWanted) -> Event {
        if self.failing == Some(name) {
            return Event::Fault;
        }
        let ids = match name {
            "clinic.near" => &self.clinics,
            "market.crops" => &self.crops,
            _ => &self.visitors,
        };
        let find = wanted.find.as_deref().unwrap_or_default();
        let matches = |id: &&i64| {
            let name = format!("clinic{id}");
            find == id.to_string() || name.starts_with(find) || folding::keypad_digits(&name).starts_with(find)
        };
        let mut found: Vec<i64> = ids.iter().filter(matches).copied().collect();
        // What was typed to the letter comes first.
        found.sort_by_key(|id| find != id.to_string());
        let after = wanted.after.and_then(|after| found.iter().position(|id| *id == after));
        let start = after.map_or(wanted.skip, |after| after + 1).min(found.len());
        let rows = found[start..].iter().take(wanted.limit).map(|id| Row {
            id: *id,
            values: match name {
                "clinic.near" => vec![Value::Coded("clinic", *id), Value::Clock(450)],
                "market.crops" => vec![Value::Coded("crop", *id), Value::Money(*id * 100), Value::Word("up")],
                _ => vec![Value::Text(format!("Person {id}"))],
            },
            exact: !find.is_empty() && find == id.to_string(),
        });
        let rows: Vec<Row> = rows.collect();
        let beyond = found.len() > start + rows.len();
        Event::Rows(rows, beyond)
    }
}
