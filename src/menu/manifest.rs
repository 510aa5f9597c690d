//! What the host offers to menus: typed actions, queries, messages and coded types, each with its worst case.
//!
//! The menu language has no expressions. A name in a flow binds to one of these declarations, and the checker proves from
//! them that every outcome is handled, every answer is there when it is needed, and every screen fits.

use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::digest;

use crate::text::Language;

/// The type of an answer or of a value on a screen; it fixes the widest text that can appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Free text of at most this many septets once folded.
    Text(usize),
    /// A whole number of at most this many digits.
    Number(usize),
    /// An amount in the country's currency.
    Money,
    /// One of these words; its text stands under `[words]` in each language.
    Word(&'static [&'static str]),
    /// A code of the host (a trade, an area): its label comes from [`Labels`].
    Coded(&'static str),
    /// A day of the calendar.
    Day,
    /// A time of day.
    Clock,
    /// A time of day on the hour or half hour: much narrower where the part of the day is spoken.
    HalfHour,
}

/// A value on its way to a screen or a message. Debug does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Free text; folded when it is shown.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An amount in the country's currency, in minor units; never negative on a screen.
    Money(i64),
    /// A word by its name.
    Word(&'static str),
    /// A code of the host's type.
    Coded(&'static str, i64),
    /// Days since 1970-01-01.
    Day(i32),
    /// Minutes since midnight.
    Clock(u16),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Text(_) => "Text(_)",
            Value::Number(_) => "Number(_)",
            Value::Money(_) => "Money(_)",
            Value::Word(_) => "Word(_)",
            Value::Coded(..) => "Coded(_)",
            Value::Day(_) => "Day(_)",
            Value::Clock(_) => "Clock(_)",
        })
    }
}

/// A named value with its type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The placeholder's name.
    pub name: &'static str,
    /// Its type.
    pub kind: FieldType,
}

/// What a name in a flow may bind to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `do`: changes something, once per visit, hop and state.
    Action,
    /// `case`: looks and decides.
    Case,
    /// `show`: gives the values of a screen.
    Show,
    /// `from`: gives the rows of a `pick`.
    Rows,
}

impl Role {
    /// The word in a flow that calls for this role.
    pub fn word(self) -> &'static str {
        match self {
            Role::Action => "do",
            Role::Case => "case",
            Role::Show => "show",
            Role::Rows => "from",
        }
    }
}

/// One declared operation of the host.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `noun.verb`, as flows write it.
    pub name: &'static str,
    /// What it may be used for.
    pub role: Role,
    /// Answers that must be there. A name that begins with `@` is a fact that must be known, such as who is calling.
    pub needs: &'static [&'static str],
    /// Answers that it gives: the outcome with which it does, and the answer. `@fact`: known from then on; `-@fact`: not any
    /// more.
    pub sets: &'static [(&'static str, &'static str)],
    /// Outcomes of an action or a case; empty otherwise.
    pub outcomes: &'static [&'static str],
    /// Values that a show or a row gives; empty otherwise.
    pub gives: &'static [Field],
}

impl Operation {
    /// Whether this outcome takes a fact away: what was known on earlier screens is not known any more.
    pub fn takes_away(&self, outcome: usize) -> bool {
        let Some(outcome) = self.outcomes.get(outcome) else { return false };
        self.sets.iter().any(|(name, set)| name == outcome && set.starts_with(NO_MORE))
    }
}

/// A message that the host sends outside a screen.
#[derive(Clone, Copy, Debug)]
pub struct MessageKind {
    /// Its name under `[sms]` in each language.
    pub name: &'static str,
    /// Its placeholders.
    pub gives: &'static [Field],
}

/// What a name of a fact begins with.
pub const FACT: char = '@';
/// What stands before a fact that is not known any more.
pub const NO_MORE: char = '-';

/// Everything that the host offers.
#[derive(Clone, Copy, Debug)]
pub struct Manifest {
    /// Actions, cases, shows and rows.
    pub operations: &'static [Operation],
    /// Messages.
    pub messages: &'static [MessageKind],
    /// Names of the coded types.
    pub coded: &'static [&'static str],
    /// Words that operations write into texts of their own; each stands under `[words]` in every language.
    pub words: &'static [&'static str],
    /// Types that operations expect of answers, by the answer's name: a bundle that declares another is refused.
    pub answers: &'static [(&'static str, &'static str)],
}

impl Manifest {
    /// SHA-256 of all that is offered: a stored bundle was proven against the manifest of this hash.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, format!("{self:?}").as_bytes()).as_ref());
        hash
    }

    /// The facts that operations need or give.
    pub fn facts(&self) -> Vec<&'static str> {
        let named = self
            .operations
            .iter()
            .flat_map(|operation| operation.needs.iter().chain(operation.sets.iter().map(|(_, name)| name)).copied());
        let mut facts: Vec<&str> = named.filter(|name| name.starts_with(FACT)).collect();
        facts.sort_unstable();
        facts.dedup();
        facts
    }

    /// The operation of this name and role, with its number in the manifest.
    pub fn operation(&self, name: &str, role: Role) -> Option<(usize, &'static Operation)> {
        self.operations.iter().enumerate().find(|(_, operation)| operation.name == name && operation.role == role)
    }
}

/// The host's labels: how its codes and its money read in a language.
pub trait Labels: Send + Sync {
    /// The label of a code; `None` when there is no such code.
    fn label(&self, coded: &str, code: i64, language: Language) -> Option<Cow<'_, str>>;
    /// Septets of the widest label of a coded type.
    fn widest_label(&self, coded: &str, language: Language) -> usize;
    /// An amount as it is read out.
    fn money(&self, amount: i64, language: Language) -> String;
    /// Reads an amount that somebody typed.
    fn parse_money(&self, typed: &str) -> Option<i64>;
    /// The largest amount that may be shown.
    fn money_max(&self) -> i64;
}
