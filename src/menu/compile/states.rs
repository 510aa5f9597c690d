//! States: what each is and where it leads.

use std::collections::BTreeSet;

use super::super::fault::Fault;
use super::super::graph::{Answer, AnswerId, AnswerType, Choice, HIDDEN, Kind, Retired, State, StateId, StateText};
use super::super::manifest::{Field, FieldType, Role};
use super::super::source::{KindSource, OptionSource, StateSource, Word};
use super::Compiler;
use crate::text::Language;

impl Compiler<'_> {
    pub(super) fn states(&mut self) -> Vec<State> {
        let written = self.written;
        let mut states = Vec::new();
        for flow in &written.flows {
            self.state_named(&flow.start, Some(&flow.name.value));
            for state in &flow.states {
                let compiled = self.state(state, &flow.name.value);
                states.push(compiled);
            }
        }
        self.unused_sections();
        states
    }

    fn state(&mut self, source: &StateSource, flow: &str) -> State {
        let name = format!("{flow}.{}", source.name.value);
        let show = source.show.as_ref().and_then(|word| self.operation(word, Role::Show));
        let mut ids = BTreeSet::from(["text", "bad", "row"]);
        for option in source.options.iter().filter(|option| !ids.insert(&option.id.value)) {
            let fault =
                Fault::new("E01", option.id.at, format!("`{}` has another meaning in the texts", option.id.value));
            self.faults.push(fault.fix("give the option an id of its own"));
        }
        let shown = show.map_or(&[][..], |(_, operation)| operation.gives);
        let options = source.options.iter().filter_map(|option| self.choice(option, flow, shown)).collect::<Vec<_>>();
        let retired = source.options.iter().filter(|option| option.retired);
        let retired = retired.map(|option| Retired { key: option.key.value.clone(), id: option.id.value.clone() });
        let go = |compiler: &mut Self| {
            let Some(go) = &source.go else {
                let fault = Fault::new("E03", source.name.at, "this state leads nowhere");
                compiler.faults.push(fault.fix("write go = \"state\""));
                return StateId::default();
            };
            compiler.state_named(go, Some(flow))
        };
        let mut rows = None;
        let kind = match &source.kind {
            KindSource::Menu => {
                if options.is_empty() && source.typed.is_none() {
                    let fault = Fault::new("E03", source.name.at, "a menu without options leads nowhere");
                    self.faults
                        .push(fault.fix("add { key = \"1\", id = \"name\", go = \"state\" }, or write end = true"));
                }
                let typed = source.typed.as_ref();
                Kind::Menu { typed: typed.map(|(answer, go)| (self.typed(answer), self.state_named(go, Some(flow)))) }
            }
            KindSource::Ask(answer) => Kind::Ask { answer: self.typed(answer), go: go(self) },
            KindSource::Pick { answer: word, from } => {
                rows = self.operation(from, Role::Rows);
                let answer = self.answer_named(word);
                self.must_take(answer, word, "be picked", |kind| {
                    matches!(kind, AnswerType::Number { .. } | AnswerType::Coded(_))
                });
                Kind::Pick {
                    answer,
                    rows: rows.map_or(0, |(index, _)| index),
                    go: go(self),
                    find: source.find,
                    empty: source.empty.as_ref().map(|empty| self.state_named(empty, Some(flow))),
                }
            }
            KindSource::Do(word) => {
                let (action, on) = self.outcomes(source, word, Role::Action, flow);
                Kind::Do { action, on }
            }
            KindSource::Case(word) => {
                let (case, on) = self.outcomes(source, word, Role::Case, flow);
                Kind::Case { case, on }
            }
            KindSource::Call(word) => Kind::Call {
                start: self.flow_start(word),
                on: source
                    .on
                    .iter()
                    .map(|(outcome, go)| (outcome.value.clone(), self.state_named(go, Some(flow))))
                    .collect(),
            },
            KindSource::Return(outcome) => Kind::Return { outcome: outcome.value.clone() },
            KindSource::End => Kind::End,
        };
        self.stray(source);
        let private = source.private
            || matches!(&kind, Kind::Ask { answer, .. } | Kind::Menu { typed: Some((answer, _)) }
                if self.answers.get(answer.0).is_some_and(|answer| answer.kind == AnswerType::Pin));
        let row = rows.map_or(&[][..], |(_, operation)| operation.gives);
        let mut state = State {
            name,
            kind,
            show: show.map(|(index, _)| index),
            options,
            retired: retired.collect(),
            back: source.back,
            private,
            opening: false,
            at: source.name.at,
            answered: Vec::new(),
            texts: <[StateText; 4]>::default(),
        };
        if state.is_screen() {
            for language in self.languages() {
                let text = self.state_text(&state, language, shown, row);
                if let Some(place) = state.texts.get_mut(language.index()) {
                    *place = text;
                }
            }
        }
        state
    }

    /// An answer that is typed.
    fn typed(&mut self, word: &Word) -> AnswerId {
        let answer = self.answer_named(word);
        self.must_take(answer, word, "be typed", |kind| !matches!(kind, AnswerType::Word(_) | AnswerType::Coded(_)));
        answer
    }

    pub(super) fn languages(&self) -> Vec<Language> {
        self.written.bundle.languages.iter().map(|language| language.value).collect()
    }

    /// Keys that the state's kind does not have.
    fn stray(&mut self, source: &StateSource) {
        let screen = !matches!(
            source.kind,
            KindSource::Do(_) | KindSource::Case(_) | KindSource::Call(_) | KindSource::Return(_)
        );
        let on = matches!(source.kind, KindSource::Do(_) | KindSource::Case(_) | KindSource::Call(_));
        let pick = matches!(source.kind, KindSource::Pick { .. });
        let go = matches!(source.kind, KindSource::Ask(_) | KindSource::Pick { .. });
        let end = matches!(source.kind, KindSource::End);
        let strays = [
            ("show", source.show.is_some() && !screen),
            ("options", !source.options.is_empty() && (!screen || end)),
            ("on", !source.on.is_empty() && !on),
            ("go", source.go.is_some() && !go),
            ("find", source.find && !pick),
            ("empty", source.empty.is_some() && !pick),
            ("typed", source.typed.is_some() && !matches!(source.kind, KindSource::Menu)),
        ];
        for (key, _) in strays.iter().filter(|(_, stray)| *stray) {
            let what = format!("`{key}` means nothing in a state of this kind");
            self.faults.push(Fault::new("E01", source.name.at, what).fix(format!("remove `{key}`")));
        }
    }

    /// An option; `None` for one that is retired.
    fn choice(&mut self, option: &OptionSource, flow: &str, shown: &[Field]) -> Option<Choice> {
        self.well_named(&option.id);
        let go = option.go.as_ref()?;
        let mut set = Vec::new();
        for (name, value) in &option.set {
            let answer = self.answer_named(name);
            let kind = self.answers.get(answer.0).map(|answer| answer.kind.clone());
            let value_of = match &kind {
                Some(AnswerType::Word(words)) if words.contains(&value.value) => {
                    Some(Answer::Text(value.value.clone()))
                }
                Some(AnswerType::Number { min, max }) => {
                    value.value.parse().ok().filter(|n| (min..=max).contains(&n)).map(Answer::Integer)
                }
                _ => None,
            };
            if let Some(value) = value_of {
                set.push((answer, value));
            } else {
                let what = format!("`{}` cannot be set to `{}`", name.value, value.value);
                let fix = "only words of a word answer and numbers within bounds can be set";
                self.faults.push(Fault::new("E01", value.at, what).fix(fix));
            }
        }
        let go = self.state_named(go, Some(flow));
        let when = option.when.as_ref().and_then(|when| self.hides(when, shown));
        Some(Choice { key: option.key.value.clone(), id: option.id.value.clone(), go, set, when })
    }

    /// The value that hides an option: one of the screen's that can be `no`.
    fn hides(&mut self, when: &Word, shown: &[Field]) -> Option<usize> {
        let can_hide = |field: &Field| matches!(field.kind, FieldType::Word(words) if words.contains(&HIDDEN));
        let found = shown.iter().position(|field| field.name == when.value && can_hide(field));
        if found.is_none() {
            let what = format!("`{}` is no yes-or-no value of this screen's `show`", when.value);
            let known: Vec<&str> = shown.iter().filter(|field| can_hide(field)).map(|field| field.name).collect();
            let fix = if known.is_empty() {
                "give the state a `show` with such a value, or remove `when`".to_owned()
            } else {
                format!("known here: {}", known.join(", "))
            };
            self.faults.push(Fault::new("E01", when.at, what).fix(fix));
        }
        found
    }

    /// A state for each outcome of an operation, exactly.
    fn outcomes(&mut self, source: &StateSource, word: &Word, role: Role, flow: &str) -> (usize, Vec<StateId>) {
        let Some((index, operation)) = self.operation(word, role) else { return (0, Vec::new()) };
        for (outcome, _) in &source.on {
            if !operation.outcomes.contains(&outcome.value.as_str()) {
                let what = format!("`{}` has no outcome `{}`", operation.name, outcome.value);
                let fix = format!("its outcomes: {}", operation.outcomes.join(", "));
                self.faults.push(Fault::new("E12", outcome.at, what).fix(fix));
            }
        }
        let mut on = Vec::new();
        for outcome in operation.outcomes {
            if let Some((_, go)) = source.on.iter().find(|(name, _)| name.value == *outcome) {
                on.push(self.state_named(go, Some(flow)));
            } else {
                let what = format!("the outcome `{outcome}` of `{}` is not handled", operation.name);
                let fix = format!("add to `on`: {outcome} = \"state\"");
                self.faults.push(Fault::new("E12", source.name.at, what).fix(fix));
            }
        }
        (index, on)
    }
}
