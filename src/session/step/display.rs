//! Screens: asks for the values and rows that a state shows, and lays them out.

use super::super::event::{Asked, Row, RowsWanted, Screen};
use super::super::screen::{self, Given, Pages, Parts, ROWS_MAX, Room};
use super::super::visit::{Page, PageStart};
use super::{Above, Effect, Engine};
use crate::menu::graph::{Answer, AnswerId, AnswerType, Choice, EngineText, HIDDEN, Kind, State, StateId};
use crate::menu::manifest::{Field, Value};

/// Effects after which a list whose pages have all gone is shown from its beginning.
const PAGES_BACK_MAX: u8 = 8;

impl<'a> Engine<'a> {
    /// Shows the state that the visit is at, once its values and rows are there.
    pub(super) fn display(&mut self) -> Effect {
        let Some(state) = self.state() else { return self.fault() };
        if let (Some(show), None) = (state.show, &self.shown) {
            return Effect::Show(show);
        }
        if let Kind::Pick { rows, .. } = &state.kind {
            let page = self.visit.page.get_or_insert_default();
            if page.starts.is_empty() {
                page.starts.push(PageStart::default());
            }
            let start = page.starts.last().copied().unwrap_or_default();
            let wanted =
                RowsWanted { after: start.after, skip: start.skip, limit: ROWS_MAX + 1, find: page.find.clone() };
            return Effect::Fetch(*rows, wanted);
        }
        self.arrive(state);
        let parts = self.parts(state);
        if self.asks_first(&parts) {
            return self.resume_question();
        }
        let text = screen::plain(&parts, self.room());
        self.screen(state, text)
    }

    /// Remembers the screen that was left, now that it is certain which one follows it.
    fn arrive(&mut self, state: &State) {
        let Some(place) = self.left.take() else { return };
        let visit = &mut *self.visit;
        if !state.back {
            visit.history.clear();
        } else if !place.is(visit.at, &visit.stack) {
            // A screen that was shown before is gone back to, not added again: `0` never leads in a ring.
            match visit.history.iter().position(|past| past.is(visit.at, &visit.stack)) {
                Some(before) => visit.history.truncate(before),
                None => visit.remember(place),
            }
        }
    }

    fn screen(&mut self, state: &State, mut text: String) -> Effect {
        let forbidden = &self.scene.limits.forbidden;
        if !forbidden.is_empty() && text.contains(forbidden.as_slice()) {
            // A name may hold what the gateway refuses; the texts are proven not to.
            text = text.replace(forbidden.as_slice(), " ");
        }
        // A secret is for the action behind it; it does not outlive the hop.
        let answers = &self.scene.bundle.answers;
        let secret = |id: AnswerId| answers.get(id.0).is_some_and(|answer| answer.kind == AnswerType::Pin);
        self.visit.answers.retain(|id, _| !secret(*id));
        let end = matches!(state.kind, Kind::End);
        Effect::Screen(Screen { text, end, state: self.visit.at, private: state.private, asked: self.asked_by(state) })
    }

    /// What a screen asks for.
    fn asked_by(&self, state: &State) -> Asked {
        let (Kind::Ask { answer, .. } | Kind::Menu { typed: Some((answer, _)) }) = &state.kind else {
            return if state.private { Asked::Secret } else { Asked::Key };
        };
        match self.scene.bundle.answers.get(answer.0).map(|answer| &answer.kind) {
            _ if state.private => Asked::Secret,
            Some(AnswerType::Name { .. } | AnswerType::Text { .. }) => Asked::Words,
            _ => Asked::Key,
        }
    }

    /// A screen of the engine's own, behind which nothing comes.
    pub(super) fn last_words(&mut self, text: EngineText) -> Effect {
        let text = self.words().engine(text).to_owned();
        Effect::Screen(Screen { text, end: true, state: self.visit.at, private: true, asked: Asked::Key })
    }

    pub(super) fn resume_question(&mut self) -> Effect {
        let words = self.words();
        let mut parts = Parts::default();
        if let Some(Above::Error(error)) = self.above {
            parts.above.push_str(words.engine(error));
            parts.above.push('\n');
        }
        parts.above.push_str(words.engine(EngineText::Resume));
        screen::push_line(&mut parts.options, "1", words.engine(EngineText::ResumeContinue));
        screen::push_line(&mut parts.options, "2", words.engine(EngineText::ResumeRestart));
        let text = screen::plain(&parts, self.room());
        Effect::Screen(Screen { text, end: false, state: self.visit.at, private: false, asked: Asked::Key })
    }

    /// Whether a dropped visit that was to go on at once is offered first: its screen does not fit as the first of a
    /// session, the next one has more room.
    fn asks_first(&mut self, parts: &Parts) -> bool {
        // A list needs room for a row and the line to the next page.
        let list = self.state().is_some_and(|state| matches!(state.kind, Kind::Pick { .. }));
        let Room { septets, lines } = self.room();
        let room = Room { septets: if list { septets / 2 } else { septets }, lines };
        let asks = self.continuing && screen::is_too_wide(parts, room);
        if asks {
            self.visit.resume = Some(String::new());
        }
        asks
    }

    fn room(&self) -> Room {
        let limits = self.scene.limits;
        let septets = if self.opening { limits.opening_septets } else { limits.screen_septets };
        Room { septets, lines: limits.lines }
    }

    /// Whether a value of the screen hides an option.
    pub(super) fn is_hidden(&self, choice: &Choice) -> bool {
        let shown = self.shown.as_deref().unwrap_or_default();
        choice.when.is_some_and(|when| shown.get(when) == Some(&Value::Word(HIDDEN)))
    }

    fn fields(&self, operation: Option<usize>) -> &'a [Field] {
        let manifest = self.scene.manifest;
        operation.and_then(|index| manifest.operations.get(index)).map_or(&[], |operation| operation.gives)
    }

    /// The values that the state shows.
    fn given(&self, state: &State) -> Given<'_> {
        Given { fields: self.fields(state.show), values: self.shown.as_deref().unwrap_or_default() }
    }

    fn parts(&self, state: &State) -> Parts {
        let words = self.words();
        let room = || String::with_capacity(160);
        let mut parts = Parts { above: room(), options: room(), back: String::new() };
        let Some(text) = state.texts.get(words.language.index()) else { return parts };
        let shown = self.given(state);
        let visit = Some(&*self.visit);
        if let Some(above) = self.above {
            let own = match above {
                Above::Error(EngineText::TooLong | EngineText::NotFound) => None,
                Above::Error(_) => text.bad.as_ref(),
                Above::Retired(index) => text.retired.get(index),
            };
            match (own, above) {
                (Some(own), _) => words.fill_into(&mut parts.above, own, visit, shown, Given::default()),
                (None, Above::Error(error)) => parts.above.push_str(words.engine(error)),
                (None, Above::Retired(_)) => {}
            }
            parts.above.push('\n');
        }
        words.fill_into(&mut parts.above, &text.text, visit, shown, Given::default());
        let options = state.options.iter().zip(&text.options);
        for (choice, label) in options.filter(|(choice, _)| !self.is_hidden(choice)) {
            screen::push_line(&mut parts.options, &choice.key, "");
            words.fill_into(&mut parts.options, label, visit, shown, Given::default());
        }
        if state.back && !self.visit.history.is_empty() && !matches!(state.kind, Kind::End) {
            screen::push_line(&mut parts.back, &self.scene.bundle.keys.back, words.engine(EngineText::Back));
        }
        parts
    }

    pub(super) fn rows(&mut self, rows: &[Row], beyond: bool) -> Effect {
        let Some(state) = self.state() else { return self.fault() };
        let Kind::Pick { answer, rows: query, go, empty, .. } = &state.kind else { return self.fault() };
        if std::mem::take(&mut self.narrowed) {
            if let Some(effect) = self.found(rows, *answer, *go) {
                return effect;
            }
        } else if rows.is_empty()
            && let Some(effect) = self.nothing(*empty)
        {
            return effect;
        }
        self.arrive(state);
        let words = self.words();
        let keys = &self.scene.bundle.keys;
        let (mut more, mut previous) = (String::new(), String::new());
        screen::push_line(&mut more, &keys.more, words.engine(EngineText::More));
        if self.visit.page.as_ref().is_some_and(|page| page.starts.len() > 1) {
            screen::push_line(&mut previous, &keys.previous, words.engine(EngineText::Previous));
        }
        let parts = self.parts(state);
        if self.asks_first(&parts) {
            return self.resume_question();
        }
        let pages = Pages { rows: rows.len(), beyond, more: &more, previous: &previous };
        let row_text = state.texts.get(words.language.index()).map(|text| &text.row);
        let (fields, shown) = (self.fields(Some(*query)), self.given(state));
        let visit = Some(&*self.visit);
        let (text, shown) = screen::list(&parts, pages, self.room(), |row, out| {
            if let (Some(text), Some(row)) = (row_text, rows.get(row)) {
                words.fill_into(out, text, visit, shown, Given { fields, values: &row.values });
            }
        });
        if let Some(page) = &mut self.visit.page {
            page.rows.clear();
            page.rows.extend(rows.iter().take(shown).map(|row| row.id));
            page.more = shown < rows.len() || beyond;
        }
        self.screen(state, text)
    }

    /// What was typed into a list: one row that it names is chosen at once, none is told.
    fn found(&mut self, rows: &[Row], answer: AnswerId, go: StateId) -> Option<Effect> {
        let mut exact = rows.iter().filter(|row| row.exact);
        if let (Some(row), None) = (exact.next(), exact.next()) {
            self.visit.page = Some(Page::default());
            self.visit.answers.insert(answer, Answer::Integer(row.id));
            return Some(self.leave(go));
        }
        if rows.is_empty() {
            self.visit.page = None;
            return Some(self.wrong(EngineText::NotFound));
        }
        self.visit.wrong = 0;
        None
    }

    /// A list without rows: an earlier page, the whole list, or where the flow leads then.
    fn nothing(&mut self, empty: Option<StateId>) -> Option<Effect> {
        let page = self.visit.page.get_or_insert_default();
        if page.starts.len() > 1 {
            if self.effects > PAGES_BACK_MAX {
                *page = Page { find: page.find.take(), ..Page::default() };
            } else {
                page.starts.pop();
            }
            return Some(self.display());
        }
        if page.find.take().is_some() {
            return Some(self.display());
        }
        let empty = empty?;
        self.visit.page = None;
        Some(self.enter(empty))
    }
}
