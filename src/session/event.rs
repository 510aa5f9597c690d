//! What goes into the step and what comes out of it. Debug shows neither what was typed nor what is on a screen.

use std::collections::BTreeSet;
use std::fmt;

use super::input::Today;
use crate::menu::Labels;
use crate::menu::graph::{Answer, AnswerId, Bundle, StateId};
use crate::menu::limits::Limits;
use crate::menu::manifest::{Manifest, Value};

/// What happens to a visit.
#[derive(Clone)]
pub enum Event {
    /// A new visit begins; what was dialled behind the code. Whatever the visit held of an earlier call is forgotten.
    Dial(String),
    /// A dropped visit is offered again; what was dialled behind the code.
    Resume(String),
    /// A dropped visit goes on at once: that was dialled.
    Continue,
    /// Something was typed.
    Input(String),
    /// An action or decision came out: its outcome's number and the answers that it gives.
    Outcome(usize, Vec<(AnswerId, Answer)>),
    /// The values of a screen, in the order of their declaration.
    Values(Vec<Value>),
    /// Rows of a list, and whether there are more.
    Rows(Vec<Row>, bool),
    /// The host could not do what was asked.
    Fault,
    /// The screen once more, nothing moved: for a redelivered hop whose answer was too secret to keep.
    Again,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Dial(_) => f.write_str("Dial"),
            Event::Resume(_) => f.write_str("Resume"),
            Event::Continue => f.write_str("Continue"),
            Event::Input(_) => f.write_str("Input"),
            Event::Outcome(outcome, set) => write!(f, "Outcome({outcome}, {} answers)", set.len()),
            Event::Values(values) => write!(f, "Values({})", values.len()),
            Event::Rows(rows, beyond) => write!(f, "Rows({}, {beyond})", rows.len()),
            Event::Fault => f.write_str("Fault"),
            Event::Again => f.write_str("Again"),
        }
    }
}

/// A row of a list.
#[derive(Clone, Debug)]
pub struct Row {
    /// What a key on it means.
    pub id: i64,
    /// Its values, in the order of their declaration.
    pub values: Vec<Value>,
    /// Whether what was typed names this row and no other (its code): then it is chosen at once.
    pub exact: bool,
}

/// Which rows are wanted.
#[derive(Clone, PartialEq, Eq)]
pub struct RowsWanted {
    /// The rows behind this one.
    pub after: Option<i64>,
    /// If that row is gone: the rows behind this many.
    pub skip: usize,
    /// How many at most.
    pub limit: usize,
    /// What the list is narrowed by: letters or keypad digits. A row that it names exactly comes first.
    pub find: Option<String>,
}

impl fmt::Debug for RowsWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { after, skip, limit, find } = self;
        write!(f, "RowsWanted(after {after:?}, skip {skip}, limit {limit}, find {})", find.is_some())
    }
}

/// What the step needs next.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Run this action of the manifest.
    Act(usize),
    /// Ask this case of the manifest.
    Decide(usize),
    /// Get the values of this show of the manifest.
    Show(usize),
    /// Get rows of this query of the manifest.
    Fetch(usize, RowsWanted),
    /// Show this.
    Screen(Screen),
}

/// What a hop was to the screen before it: what figures about screens are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// A visit began.
    #[default]
    Dialled,
    /// A dropped visit went on, or was offered.
    Resumed,
    /// An option, an answer or a row was taken.
    Answered,
    /// What was typed meant nothing there.
    Wrong,
    /// To the screen before.
    Back,
    /// To the entry.
    Home,
    /// To another page of the list, or to fewer rows.
    Turned,
}

impl Turn {
    /// The word in the tables.
    pub fn code(self) -> &'static str {
        match self {
            Turn::Dialled => "dialled",
            Turn::Resumed => "resumed",
            Turn::Answered => "answered",
            Turn::Wrong => "wrong",
            Turn::Back => "back",
            Turn::Home => "home",
            Turn::Turned => "turned",
        }
    }
}

/// What a screen asks for: a recording must not hold all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// A key, a row, a number, an amount, a year.
    #[default]
    Key,
    /// A name or free text.
    Words,
    /// A secret.
    Secret,
}

impl Asked {
    /// The word that simulators are told.
    pub fn code(self) -> &'static str {
        match self {
            Asked::Key => "key",
            Asked::Words => "words",
            Asked::Secret => "secret",
        }
    }

    /// What a simulator was told.
    pub fn from_code(code: &str) -> Option<Self> {
        [Asked::Key, Asked::Words, Asked::Secret].into_iter().find(|asked| asked.code() == code)
    }
}

/// A finished screen.
#[derive(Clone, PartialEq, Eq)]
pub struct Screen {
    /// The text, in the GSM alphabet and within the limit.
    pub text: String,
    /// Whether the session ends with it.
    pub end: bool,
    /// The state that it shows.
    pub state: StateId,
    /// Whether it must not be stored.
    pub private: bool,
    /// What it asks for.
    pub asked: Asked,
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Screen({:?}, {} bytes, end {})", self.state, self.text.len(), self.end)
    }
}

/// What an operator has closed for now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closures {
    /// Flows that nobody enters.
    pub flows: BTreeSet<String>,
    /// Whether every dial leads to the bundle's notice.
    pub maintenance: bool,
}

/// What does not change during a hop.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The menus.
    pub bundle: &'a Bundle,
    /// What the channel carries.
    pub limits: &'a Limits,
    /// What an operator has closed for now.
    pub closures: &'a Closures,
    /// What the host offers.
    pub manifest: &'a Manifest,
    /// The host's labels.
    pub labels: &'a dyn Labels,
    /// The day.
    pub today: Today,
    /// Identifier for a visit that is started again.
    pub fresh_visit_id: i64,
}

impl fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scene({} states)", self.bundle.states.len())
    }
}
