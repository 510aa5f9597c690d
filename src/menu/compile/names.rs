//! Names: states, flows, answers and operations by what they are called.

use super::super::fault::{Fault, did_you_mean};
use super::super::graph::{AnswerId, AnswerType, StateId};
use super::super::manifest::{Operation, Role};
use super::super::source::Word;
use super::Compiler;

impl Compiler<'_> {
    /// Names are stored in visits and stand in placeholders: letters, digits and `_`.
    pub(super) fn well_named(&mut self, word: &Word) {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if word.value.is_empty() || !word.value.chars().all(good) {
            let fault = Fault::new("E01", word.at, format!("`{}` is no name", word.value));
            self.faults.push(fault.fix("write small letters a to z, digits and _"));
        }
    }

    /// Refuses an answer that cannot be given in this way.
    pub(super) fn must_take(&mut self, answer: AnswerId, word: &Word, way: &str, takes: impl Fn(&AnswerType) -> bool) {
        // An unknown name is a fault of its own.
        let declared = self.answers.get(answer.0).filter(|declared| declared.name == word.value);
        if declared.is_some_and(|declared| !takes(&declared.kind)) {
            let fault = Fault::new("E01", word.at, format!("an answer of the type of `{}` cannot {way}", word.value));
            self.faults.push(fault.fix("words are set by options, codes are picked, the rest is typed"));
        }
    }

    pub(super) fn state_named(&mut self, word: &Word, flow: Option<&str>) -> StateId {
        let full = match flow {
            Some(flow) if !word.value.contains('.') => format!("{flow}.{}", word.value),
            _ => word.value.clone(),
        };
        if let Some(id) = self.names.get(&full) {
            return *id;
        }
        if self.unread.contains(&full) {
            return StateId::default();
        }
        let near = did_you_mean(&full, self.names.keys().map(String::as_str));
        let hint = near.unwrap_or_else(|| "write a state of this flow, or flow.state".to_owned());
        self.faults.push(Fault::new("E01", word.at, format!("no state `{full}`")).fix(hint));
        StateId::default()
    }

    pub(super) fn flow_start(&mut self, word: &Word) -> StateId {
        let written = self.written;
        if let Some(flow) = written.flows.iter().find(|flow| flow.name.value == word.value) {
            return self.state_named(&flow.start, Some(&flow.name.value));
        }
        let known = written.flows.iter().map(|flow| flow.name.value.as_str());
        let fault = Fault::new("E01", word.at, format!("no flow `{}`", word.value));
        self.faults.push(match did_you_mean(&word.value, known) {
            Some(hint) => fault.fix(hint),
            None => fault.fix("write the name that a file of flows/ gives after flow ="),
        });
        StateId::default()
    }

    pub(super) fn answer_named(&mut self, word: &Word) -> AnswerId {
        if let Some(index) = self.answers.iter().position(|answer| answer.name == word.value) {
            return AnswerId(index);
        }
        let hint = did_you_mean(&word.value, self.answers.iter().map(|answer| answer.name.as_str()))
            .unwrap_or_else(|| "declare it under [answers] in bundle.toml".to_owned());
        self.faults.push(Fault::new("E01", word.at, format!("no answer `{}`", word.value)).fix(hint));
        AnswerId::default()
    }

    pub(super) fn operation(&mut self, word: &Word, role: Role) -> Option<(usize, &'static Operation)> {
        let found = self.manifest.operation(&word.value, role);
        if found.is_none() {
            let known = self.manifest.operations.iter().filter(|o| o.role == role).map(|o| o.name);
            let hint = did_you_mean(&word.value, known.clone())
                .unwrap_or_else(|| format!("known: {}", known.collect::<Vec<_>>().join(", ")));
            let what = format!("nothing called `{}` can follow `{}`", word.value, role.word());
            self.faults.push(Fault::new("E01", word.at, what).fix(hint));
        }
        found
    }
}
