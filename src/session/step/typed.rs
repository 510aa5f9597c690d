//! What was typed: a reserved key, an option, a row, an answer, or the reply to the question about a dropped visit.

use super::super::input;
use super::super::visit::{PAGES_MAX, Page, PageStart};
use super::{Above, Effect, Engine, Turn};
use crate::menu::graph::{Answer, AnswerId, EngineText, Kind, StateId};

impl Engine<'_> {
    pub(super) fn input(&mut self, typed: &str) -> Effect {
        let cleaned = input::clean(typed);
        if self.visit.resume.is_some() {
            return self.resumed(cleaned.as_deref().map_or("", input::key));
        }
        let Some(state) = self.state() else { return self.fault() };
        if matches!(state.kind, Kind::End) {
            return self.last_words(EngineText::Over);
        }
        let Some(cleaned) = cleaned else { return self.wrong(EngineText::TooLong) };
        let key = input::key(&cleaned);
        let reserved = &self.scene.bundle.keys;
        if key == reserved.home {
            return self.home();
        }
        if key == reserved.back
            && state.back
            && let Some(place) = self.visit.history.pop()
        {
            return self.back(place);
        }
        if let Some((index, choice)) = state.options.iter().enumerate().find(|(_, choice)| choice.key == key) {
            return match (choice.when, state.show) {
                // Whether it stands on the screen is known by the values of the screen.
                (Some(_), Some(show)) => {
                    self.asked = Some(index);
                    Effect::Show(show)
                }
                _ => self.choose(index),
            };
        }
        if let Some(index) = state.retired.iter().position(|retired| retired.key == key) {
            self.turn = Turn::Wrong;
            self.above = Some(Above::Retired(index));
            return self.display();
        }
        match &state.kind {
            Kind::Menu { typed: Some((answer, go)) } | Kind::Ask { answer, go } => {
                self.answered(*answer, *go, &cleaned)
            }
            Kind::Pick { answer, go, find, .. } => self.picked(*answer, *go, *find, key, &cleaned),
            _ => self.wrong(EngineText::WrongKey),
        }
    }

    /// Takes an option, unless it is hidden.
    pub(super) fn choose(&mut self, index: usize) -> Effect {
        let Some(choice) = self.state().and_then(|state| state.options.get(index)) else { return self.fault() };
        if self.is_hidden(choice) {
            return self.wrong(EngineText::WrongKey);
        }
        self.visit.answers.extend(choice.set.iter().cloned());
        self.leave(choice.go)
    }

    fn resumed(&mut self, key: &str) -> Effect {
        match key {
            "1" => self.go_on(),
            "2" => {
                let extras = self.visit.resume.take().unwrap_or_default();
                self.restart(&extras)
            }
            _ if self.lost() => {
                self.visit.resume = None;
                self.help()
            }
            _ => {
                self.turn = Turn::Wrong;
                self.above = Some(Above::Error(EngineText::WrongKey));
                self.resume_question()
            }
        }
    }

    fn answered(&mut self, answer: AnswerId, go: StateId, typed: &str) -> Effect {
        let Some(declared) = self.scene.bundle.answers.get(answer.0) else { return self.fault() };
        match input::answer(&declared.kind, typed, self.scene.today, self.scene.labels) {
            Ok(value) => {
                self.visit.answers.insert(answer, value);
                self.leave(go)
            }
            Err(line) => self.wrong(line),
        }
    }

    fn picked(&mut self, answer: AnswerId, go: StateId, find: bool, key: &str, typed: &str) -> Effect {
        let reserved = &self.scene.bundle.keys;
        let page = self.visit.page.get_or_insert_default();
        if key == reserved.more && page.more {
            let start = page.starts.last().copied().unwrap_or_default();
            let next = PageStart { after: page.rows.last().copied(), skip: start.skip + page.rows.len() };
            if page.starts.len() >= PAGES_MAX {
                page.starts.remove(0);
            }
            page.starts.push(next);
            return self.turned();
        }
        if key == reserved.previous && page.starts.len() > 1 {
            page.starts.pop();
            return self.turned();
        }
        let number = key.parse::<usize>().ok().filter(|_| key.len() == 1);
        if let Some(id) = number.and_then(|number| page.rows.get(number.checked_sub(1)?)) {
            let id = *id;
            self.visit.answers.insert(answer, Answer::Integer(id));
            return self.leave(go);
        }
        if find && number.is_none() && !typed.is_empty() {
            *page = Page { find: Some(typed.to_owned()), ..Page::default() };
            self.narrowed = true;
            return self.turned();
        }
        self.wrong(EngineText::WrongKey)
    }

    /// The same screen with other rows: no step back is remembered.
    fn turned(&mut self) -> Effect {
        self.turn = Turn::Turned;
        if !self.narrowed {
            self.visit.wrong = 0;
        }
        self.display()
    }
}
