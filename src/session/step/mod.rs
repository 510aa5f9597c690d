//! The step: one event in, one effect out, until a screen is ready.
//!
//! ```text
//! Dial | Resume | Input  ->  Act | Decide | Show | Fetch  ->  Outcome | Values | Rows  ->  ...  ->  Screen
//! ```
//!
//! Here a visit moves: `typed` reads what was typed into it, `display` puts its screens together, `aside` keeps those who
//! are led out of their flow from getting past a question.

mod aside;
mod display;
mod typed;

use super::event::{Effect, Event, Scene, Turn};
use super::input;
use super::screen::Words;
use super::visit::{Frame, Place, Visit};
use crate::menu::compile;
use crate::menu::graph::{Answer, AnswerId, DialStep, EngineText, Kind, State, StateId};
use crate::menu::manifest::Value;
use crate::text::Language;

/// Effects of one hop at most. The checker proves that there is no ring of states without a screen; this is the guard
/// against a host whose answers make one.
const EFFECTS_MAX: u8 = 40;
/// Calls and returns in a row at most: a guard likewise.
const MOVES_MAX: u8 = 64;

/// One hop of one visit.
#[derive(Debug)]
pub struct Engine<'a> {
    scene: Scene<'a>,
    /// The visit, as it is to be stored when the screen is ready.
    pub visit: &'a mut Visit,
    /// Whether the screen will be the first of its session.
    opening: bool,
    /// Whether a dropped visit goes on at once: its screen was not proven to fit as a first one.
    continuing: bool,
    /// What stands above the prompt.
    above: Option<Above>,
    /// The option that was chosen, while it is not known whether it is hidden.
    asked: Option<usize>,
    /// What this hop was to the screen before it.
    turn: Turn,
    /// The values of the screen, once the host gave them.
    shown: Option<Vec<Value>>,
    /// The screen that is being left: remembered when the next one is certain.
    left: Option<Place>,
    /// Whether a list was narrowed on this hop: only then may one exact row be chosen at once.
    narrowed: bool,
    /// The states of this hop, in their order: where it began, and what was entered.
    entered: Vec<StateId>,
    /// Whether something went wrong that the checker should have prevented, or the host failed.
    has_faulted: bool,
    effects: u8,
}

/// A line above the prompt.
#[derive(Clone, Copy, Debug)]
enum Above {
    /// Why the last answer was not taken.
    Error(EngineText),
    /// Where the thing went that this key stood for, by position among the retired.
    Retired(usize),
}

impl<'a> Engine<'a> {
    /// Takes up a visit for one hop.
    pub fn new(scene: Scene<'a>, visit: &'a mut Visit) -> Self {
        Self {
            scene,
            visit,
            opening: false,
            continuing: false,
            above: None,
            asked: None,
            turn: Turn::Dialled,
            shown: None,
            left: None,
            narrowed: false,
            entered: Vec::new(),
            has_faulted: false,
            effects: 0,
        }
    }

    /// Whether this hop came to a fault.
    pub fn has_faulted(&self) -> bool {
        self.has_faulted
    }

    /// The states of this hop, in their order.
    pub fn entered(&self) -> &[StateId] {
        &self.entered
    }

    /// What this hop was to the screen before it.
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// One step. Begin with `Dial`, `Resume` or `Input`; answer every effect until there is a screen.
    pub fn step(&mut self, event: Event) -> Effect {
        self.effects = self.effects.saturating_add(1);
        if self.effects > EFFECTS_MAX {
            return self.fault();
        }
        match event {
            Event::Dial(extras) => {
                self.visit.hop = self.visit.hop.saturating_add(1);
                self.opening = true;
                self.visit.forget();
                self.dial(&extras)
            }
            Event::Resume(extras) => {
                self.visit.hop = self.visit.hop.saturating_add(1);
                self.opening = true;
                self.resume(&extras)
            }
            Event::Continue => {
                self.visit.hop = self.visit.hop.saturating_add(1);
                (self.opening, self.continuing) = (true, true);
                if self.may_resume() { self.go_on() } else { self.restart("") }
            }
            Event::Input(typed) => {
                self.visit.hop = self.visit.hop.saturating_add(1);
                self.entered.push(self.visit.at);
                self.input(&typed)
            }
            Event::Outcome(outcome, set) => {
                self.visit.answers.extend(set);
                match self.state().map(|state| &state.kind) {
                    Some(Kind::Do { action, on }) => {
                        if self.scene.manifest.operations.get(*action).is_some_and(|done| done.takes_away(outcome)) {
                            // Nothing leads back: earlier screens stand on what is not known any more. A case only finds
                            // out what was so before.
                            self.left = None;
                            self.visit.history.clear();
                        }
                        self.decided(outcome, on)
                    }
                    Some(Kind::Case { on, .. }) => self.decided(outcome, on),
                    _ => self.fault(),
                }
            }
            Event::Values(values) => {
                self.shown = Some(values);
                match self.asked.take() {
                    Some(choice) => self.choose(choice),
                    None => self.display(),
                }
            }
            Event::Rows(rows, beyond) => self.rows(&rows, beyond),
            Event::Fault => self.fault(),
            // The question about a dropped visit stands in front of the visit's own screen.
            Event::Again if self.visit.resume.is_some() => self.resume_question(),
            Event::Again => self.display(),
        }
    }

    /// Goes where an outcome leads.
    fn decided(&mut self, outcome: usize, on: &[StateId]) -> Effect {
        match on.get(outcome) {
            Some(next) => self.enter(*next),
            None => self.fault(),
        }
    }

    fn state(&self) -> Option<&'a State> {
        self.scene.bundle.state(self.visit.at)
    }

    /// The visit's language, or the bundle's own when it does not speak that one.
    fn language(&self) -> Language {
        let bundle = self.scene.bundle;
        if bundle.languages.contains(&self.visit.language) { self.visit.language } else { bundle.default_language() }
    }

    fn words(&self) -> Words<'a> {
        Words { bundle: self.scene.bundle, labels: self.scene.labels, language: self.language() }
    }

    /// A fault never shows its inside: it leads to the bundle's own words.
    fn fault(&mut self) -> Effect {
        self.has_faulted = true;
        self.forget();
        (self.left, self.above, self.asked, self.shown, self.narrowed) = (None, None, None, None, false);
        self.visit.at = self.scene.bundle.fault;
        self.entered.push(self.visit.at);
        self.effects = 0;
        // A fault screen that needs the host could fault again, for ever.
        let plain = self.state().is_some_and(State::is_plain_screen);
        if plain { self.display() } else { self.last_words(EngineText::Apology) }
    }

    fn dial(&mut self, extras: &str) -> Effect {
        let bundle = self.scene.bundle;
        self.turn = Turn::Dialled;
        if let Some(notice) = self.maintenance() {
            return self.outside(notice);
        }
        let mut target = bundle.entry;
        let extras = extras.trim_end_matches('#');
        let steps: Vec<&str> =
            extras.split('*').filter(|step| !step.is_empty()).take(compile::DIAL_STEPS_MAX + 1).collect();
        if !steps.is_empty() {
            for path in &bundle.dial {
                if let Some(answers) = self.dial_answers(&path.steps, &steps) {
                    self.visit.answers.extend(answers);
                    target = path.go;
                    break;
                }
            }
        }
        self.begin(target, true)
    }

    fn dial_answers(&self, path: &[DialStep], dialled: &[&str]) -> Option<Vec<(AnswerId, Answer)>> {
        if path.len() != dialled.len() {
            return None;
        }
        let mut answers = Vec::new();
        for (step, dialled) in path.iter().zip(dialled) {
            match step {
                DialStep::Literal(literal) if literal == dialled => {}
                DialStep::Literal(_) => return None,
                DialStep::Answer(answer) => {
                    let kind = &self.scene.bundle.answers.get(answer.0)?.kind;
                    let value = input::answer(kind, dialled, self.scene.today, self.scene.labels).ok()?;
                    answers.push((*answer, value));
                }
            }
        }
        Some(answers)
    }

    /// Goes to `target`, through the question who is calling: on every dial, and again if it was left unanswered.
    fn begin(&mut self, target: StateId, dialled: bool) -> Effect {
        match self.scene.bundle.identify.filter(|_| dialled || self.visit.person.is_none()) {
            Some(identify) => {
                self.visit.stack.push(Frame::Then(target));
                self.enter(identify)
            }
            None => self.enter(target),
        }
    }

    /// Whether a dropped visit may be offered: it stands on a screen, no secret one, and not the last.
    fn may_resume(&self) -> bool {
        let ended = |state: &State| state.private || !state.is_screen() || matches!(state.kind, Kind::End);
        !self.state().is_none_or(ended) && self.maintenance().is_none()
    }

    /// Offers a dropped visit; one that cannot be offered is started again.
    fn resume(&mut self, extras: &str) -> Effect {
        if !self.may_resume() {
            return self.restart(extras);
        }
        self.turn = Turn::Resumed;
        self.visit.wrong = 0;
        self.visit.resume = Some(extras.chars().take(input::TYPED_MAX).collect());
        self.resume_question()
    }

    /// Goes on with a dropped visit where it stopped.
    fn go_on(&mut self) -> Effect {
        self.turn = Turn::Resumed;
        self.visit.resume = None;
        self.visit.wrong = 0;
        self.display_open()
    }

    fn restart(&mut self, extras: &str) -> Effect {
        self.continuing = false;
        let mut fresh = Visit::new(self.scene.fresh_visit_id, self.visit.language, None);
        fresh.hop = self.visit.hop;
        *self.visit = fresh;
        self.dial(extras)
    }

    fn home(&mut self) -> Effect {
        self.turn = Turn::Home;
        self.visit.forget();
        self.begin(self.scene.bundle.entry, false)
    }

    /// Leaves the screen on display for another state.
    fn leave(&mut self, go: StateId) -> Effect {
        self.turn = Turn::Answered;
        self.visit.wrong = 0;
        if self.is_unidentified() && self.is_outside() {
            // Somebody was led aside while asked who is calling: nothing leads on but that question.
            let answers = std::mem::take(&mut self.visit.answers);
            self.visit.forget();
            self.visit.answers = answers;
            return self.begin(go, true);
        }
        self.left = Some(self.visit.place());
        self.visit.page = None;
        self.enter(go)
    }

    fn back(&mut self, place: Place) -> Effect {
        self.turn = Turn::Back;
        self.visit.wrong = 0;
        (self.visit.at, self.visit.stack, self.visit.page) = (place.at, place.stack, place.page);
        self.display_open()
    }

    /// Says why, and shows the screen again; leads to help when it happens too often.
    fn wrong(&mut self, line: EngineText) -> Effect {
        self.turn = Turn::Wrong;
        if self.lost() {
            return self.help();
        }
        self.above = Some(Above::Error(line));
        self.display()
    }

    /// Counts a wrong answer; whether that was one too many.
    fn lost(&mut self) -> bool {
        self.visit.wrong = self.visit.wrong.saturating_add(1);
        self.visit.wrong >= self.scene.bundle.wrong_max && self.visit.at != self.scene.bundle.help
    }

    /// Leads to help. Help is outside every flow: the calls around the screen come back with `0`, not by themselves.
    fn help(&mut self) -> Effect {
        self.visit.wrong = 0;
        self.left = Some(self.visit.place());
        self.visit.page = None;
        let is_unidentified = self.is_unidentified();
        self.visit.stack.truncate(usize::from(is_unidentified));
        // Help that was shown before is not gone back to: `0` leads to the screen that was just left.
        let help = self.scene.bundle.help;
        self.visit.history.retain(|past| past.at != help);
        self.enter(help)
    }

    /// Goes to a state, through calls and returns, until something is needed or shown.
    fn enter(&mut self, id: StateId) -> Effect {
        let bundle = self.scene.bundle;
        let mut next = id;
        for _ in 0..MOVES_MAX {
            self.visit.at = next;
            self.entered.push(next);
            self.shown = None;
            let Some(state) = self.state() else { return self.fault() };
            if self.is_closed(state) {
                return self.closed();
            }
            next = match &state.kind {
                Kind::Call { start, .. } => {
                    self.visit.stack.push(Frame::Call(next));
                    *start
                }
                Kind::Return { outcome } => match self.visit.stack.pop() {
                    Some(Frame::Then(next)) => next,
                    Some(Frame::Call(site)) => match bundle.state(site).and_then(|site| site.returned(outcome)) {
                        Some(go) => go,
                        None => return self.fault(),
                    },
                    None => bundle.entry,
                },
                Kind::Do { action, .. } => return Effect::Act(*action),
                Kind::Case { case, .. } => return Effect::Decide(*case),
                _ => return self.display(),
            };
        }
        self.fault()
    }
}
