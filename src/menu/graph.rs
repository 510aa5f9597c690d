//! A bundle as it runs: states as a graph, names resolved, texts cut into pieces.

use std::collections::{BTreeMap, HashMap};

pub use super::answer::{Answer, AnswerDeclaration, AnswerId, AnswerType};
use super::check;
pub use super::engine_text::EngineText;
use super::fault::At;
use super::limits::Limits;
use super::template::Template;
use crate::text::Language;

/// A state's number in its bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateId(pub usize);

/// What fills a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// An answer of the visit.
    Answer(AnswerId),
    /// A value of the state's `show` query, by position.
    Shown(usize),
    /// A value of a row, by position.
    Row(usize),
    /// A value of a message, by position.
    Given(usize),
}

/// The texts of one state in one language.
#[derive(Clone, Debug, Default)]
pub struct StateText {
    /// The prompt.
    pub text: Template<Slot>,
    /// Shown above the prompt after a wrong answer, instead of the engine's line.
    pub bad: Option<Template<Slot>>,
    /// One row of a pick.
    pub row: Template<Slot>,
    /// Labels of the options, in their order.
    pub options: Vec<Template<Slot>>,
    /// What the keys of retired options say, in their order.
    pub retired: Vec<Template<Slot>>,
}

/// One option.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The key.
    pub key: String,
    /// Its name in the texts.
    pub id: String,
    /// Where it leads.
    pub go: StateId,
    /// Answers that it sets.
    pub set: Vec<(AnswerId, Answer)>,
    /// The value of the screen, by position, that hides it when it is [`HIDDEN`]. It keeps its key.
    pub when: Option<usize>,
}

/// The word of a value that hides an option.
pub const HIDDEN: &str = "no";

/// A key whose option is gone: it says where the thing went.
#[derive(Clone, Debug)]
pub struct Retired {
    /// The key.
    pub key: String,
    /// Its name in the texts.
    pub id: String,
}

/// What a state is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Options by key; `typed` takes anything else.
    Menu {
        /// The answer that takes what is no key, and where it leads.
        typed: Option<(AnswerId, StateId)>,
    },
    /// An answer that is typed.
    Ask {
        /// The answer.
        answer: AnswerId,
        /// Where a good one leads.
        go: StateId,
    },
    /// A row of a list.
    Pick {
        /// The answer that takes the row's id.
        answer: AnswerId,
        /// The rows' query, by number in the manifest.
        rows: usize,
        /// Where a chosen row leads.
        go: StateId,
        /// Whether typing narrows the list.
        find: bool,
        /// Where an empty list leads.
        empty: Option<StateId>,
    },
    /// An action, by number in the manifest, and a state for each outcome.
    Do {
        /// Number in the manifest.
        action: usize,
        /// By outcome.
        on: Vec<StateId>,
    },
    /// A decision, likewise.
    Case {
        /// Number in the manifest.
        case: usize,
        /// By outcome.
        on: Vec<StateId>,
    },
    /// A call of a flow.
    Call {
        /// The flow's first state.
        start: StateId,
        /// By what the flow returns.
        on: Vec<(String, StateId)>,
    },
    /// The way back to the caller of a flow.
    Return {
        /// What is returned.
        outcome: String,
    },
    /// The last screen.
    End,
}

/// One state.
#[derive(Clone, Debug)]
pub struct State {
    /// `flow.state`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Query for the screen's values, by number in the manifest.
    pub show: Option<usize>,
    /// Options by key.
    pub options: Vec<Choice>,
    /// Keys that had an option once.
    pub retired: Vec<Retired>,
    /// Whether `0` leads back from here.
    pub back: bool,
    /// Never resumed; its screen is not kept to be sent again.
    pub private: bool,
    /// Whether a dial can show it first: then it must fit the smaller limit.
    pub opening: bool,
    /// Where it is written.
    pub at: At,
    /// Answers that are there on every way here.
    pub answered: Vec<AnswerId>,
    /// Texts by [`Language::index`].
    pub texts: [StateText; 4],
}

impl State {
    /// The flow that it belongs to.
    pub fn flow(&self) -> &str {
        self.name.split_once('.').map_or(self.name.as_str(), |(flow, _)| flow)
    }

    /// Whether the state shows a screen.
    pub fn is_screen(&self) -> bool {
        matches!(self.kind, Kind::Menu { .. } | Kind::Ask { .. } | Kind::Pick { .. } | Kind::End)
    }

    /// Whether it is a screen that needs nothing of the host.
    pub fn is_plain_screen(&self) -> bool {
        self.is_screen() && self.show.is_none() && !matches!(self.kind, Kind::Pick { .. })
    }

    /// Where a call goes on when its flow returns this.
    pub fn returned(&self, outcome: &str) -> Option<StateId> {
        match &self.kind {
            Kind::Call { on, .. } => on.iter().find(|(name, _)| name == outcome).map(|(_, go)| *go),
            _ => None,
        }
    }

    /// Every state that this one leads to by itself (returns are resolved by their callers).
    pub fn successors(&self) -> Vec<StateId> {
        let mut next: Vec<StateId> = self.options.iter().map(|choice| choice.go).collect();
        match &self.kind {
            Kind::Menu { typed } => next.extend(typed.map(|(_, go)| go)),
            Kind::Ask { go, .. } => next.push(*go),
            Kind::Pick { go, empty, .. } => {
                next.push(*go);
                next.extend(*empty);
            }
            Kind::Do { on, .. } | Kind::Case { on, .. } => next.extend(on),
            Kind::Call { start, .. } => next.push(*start),
            Kind::Return { .. } | Kind::End => {}
        }
        next
    }
}

/// The keys that mean the same on every screen.
#[derive(Clone, Debug)]
pub struct ReservedKeys {
    /// To the screen before.
    pub back: String,
    /// To the entry.
    pub home: String,
    /// To the next page.
    pub more: String,
    /// To the page before.
    pub previous: String,
}

/// A step of a dial path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialStep {
    /// Exactly this.
    Literal(String),
    /// A value for this answer.
    Answer(AnswerId),
}

/// A declared dial path.
#[derive(Clone, Debug)]
pub struct DialPath {
    /// Its steps.
    pub steps: Vec<DialStep>,
    /// Where it leads.
    pub go: StateId,
    /// Where it is written.
    pub at: At,
}

/// A published version of the menus.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// SHA-256 of the packed files.
    pub hash: [u8; 32],
    /// Languages; the first is the default.
    pub languages: Vec<Language>,
    /// The states.
    pub states: Vec<State>,
    /// State numbers by `flow.state`.
    pub names: HashMap<String, StateId>,
    /// The answers.
    pub answers: Vec<AnswerDeclaration>,
    /// Where a plain dial leads.
    pub entry: StateId,
    /// The flow that is called first on every dial.
    pub identify: Option<StateId>,
    /// Where too many wrong answers lead.
    pub help: StateId,
    /// Where a fault of the host leads.
    pub fault: StateId,
    /// Reserved keys.
    pub keys: ReservedKeys,
    /// Where a frozen flow leads.
    pub closed: Option<StateId>,
    /// Where every dial leads during maintenance.
    pub notice: Option<StateId>,
    /// What every channel carries.
    pub limits: Limits,
    /// What single channels carry, by their names.
    pub channels: BTreeMap<String, Limits>,
    /// Wrong answers in a row before help.
    pub wrong_max: u8,
    /// Milliseconds for which a dropped visit is offered again.
    pub resume_ms: i64,
    /// What is dialled to go on with a dropped visit at once.
    pub resume_path: Option<String>,
    /// Declared dial paths.
    pub dial: Vec<DialPath>,
    /// States of earlier bundles that have another name here.
    pub renamed: BTreeMap<String, StateId>,
    /// The engine's words by [`Language::index`] and [`EngineText::index`].
    pub engine: [Vec<String>; 4],
    /// Words by [`Language::index`] and name.
    pub words: [HashMap<String, String>; 4],
    /// Messages by number in the manifest and [`Language::index`].
    pub messages: Vec<[Template<Slot>; 4]>,
}

impl Bundle {
    /// The state of this number; `None` for a number of another bundle.
    pub fn state(&self, id: StateId) -> Option<&State> {
        self.states.get(id.0)
    }

    /// What a channel carries.
    pub fn limits_of(&self, channel: &str) -> &Limits {
        self.channels.get(channel).unwrap_or(&self.limits)
    }

    /// Every channel's limits: those of all, and of each that has its own.
    pub fn all_limits(&self) -> impl Iterator<Item = (Option<&str>, &Limits)> {
        let own = self.channels.iter().map(|(name, limits)| (Some(name.as_str()), limits));
        std::iter::once((None, &self.limits)).chain(own)
    }

    /// The state of this name, or the one that a state of this name became.
    pub fn state_now(&self, name: &str) -> Option<StateId> {
        self.names.get(name).or_else(|| self.renamed.get(name)).copied()
    }

    /// Whether the answers are there that everything from this state on counts upon.
    pub fn is_answered(&self, id: StateId, has: impl Fn(AnswerId) -> bool) -> bool {
        self.state(id).is_some_and(|state| state.answered.iter().all(|answer| has(*answer)))
    }

    /// Whether a call comes to a state before it returns; calls inside are stepped over.
    pub fn calls(&self, site: StateId, inner: StateId) -> bool {
        match self.state(site).map(|state| &state.kind) {
            Some(Kind::Call { start, .. }) => check::inside(self, *start).contains(&inner),
            _ => false,
        }
    }

    /// A word of the engine's.
    pub fn engine_text(&self, language: Language, text: EngineText) -> &str {
        self.engine.get(language.index()).and_then(|texts| texts.get(text.index())).map_or("", String::as_str)
    }

    /// A declared word in a language.
    pub fn word(&self, language: Language, name: &str) -> &str {
        self.words.get(language.index()).and_then(|words| words.get(name)).map_or("", String::as_str)
    }

    /// The language that the bundle speaks by default.
    pub fn default_language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::En)
    }

    /// The answer of this name.
    pub fn answer_named(&self, name: &str) -> Option<AnswerId> {
        self.answers.iter().position(|answer| answer.name == name).map(AnswerId)
    }
}
