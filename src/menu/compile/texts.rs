//! Texts: every state, message and word in every language, cut into words and placeholders.

use std::collections::{BTreeSet, HashMap};

use super::super::fault::{Fault, did_you_mean};
use super::super::graph::{AnswerId, EngineText, Kind, Slot, State, StateText};
use super::super::manifest::{Field, FieldType};
use super::super::source::{KindSource, Word};
use super::super::template::{self, Piece, Template};
use super::Compiler;
use crate::text::Language;

impl Compiler<'_> {
    /// A text of a section, as written.
    fn find(&self, language: Language, section: &str, slot: &str) -> Option<&Word> {
        let text = self.written.texts.iter().find(|text| text.language == language)?;
        let (_, slots) = text.sections.iter().find(|(name, _)| name.value == section)?;
        slots.iter().find(|(name, _)| name.value == slot).map(|(_, text)| text)
    }

    /// A text that must be there.
    fn required(&mut self, language: Language, section: &str, slot: &str) -> Option<Word> {
        let found = self.find(language, section, slot).cloned();
        match &found {
            None => self.missing(language, section, slot),
            Some(word) if word.value.trim().is_empty() => {
                self.faults.push(Fault::new("E07", word.at, "this text is empty").fix("write what is to be shown"));
            }
            Some(_) => {}
        }
        found
    }

    fn missing(&mut self, language: Language, section: &str, slot: &str) {
        let Some(text) = self.written.texts.iter().find(|text| text.language == language) else {
            // One fault for the file, not one for each of its texts.
            let languages = &self.written.bundle.languages;
            let at = languages.iter().find(|declared| declared.value == language).map(|declared| declared.at);
            let file = format!("text/{}.toml", language.code());
            let fault =
                Fault::new("E07", at.unwrap_or_default(), format!("{file} is not there")).fix(format!("write {file}"));
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
            return;
        };
        let at = text.sections.iter().find(|(name, _)| name.value == section).map_or(text.at, |(name, _)| name.at);
        let what = format!("text/{}.toml: [{section}] has no `{slot}`", language.code());
        self.faults.push(Fault::new("E07", at, what).fix(format!("under [{section}] write {slot} = \"...\"")));
    }

    pub(super) fn state_text(
        &mut self,
        state: &State,
        language: Language,
        shown: &[Field],
        row: &[Field],
    ) -> StateText {
        let pick = matches!(state.kind, Kind::Pick { .. });
        let mut known: Vec<&str> = vec!["text", "bad"];
        known.extend(pick.then_some("row"));
        known.extend(state.options.iter().map(|choice| choice.id.as_str()));
        known.extend(state.retired.iter().map(|retired| retired.id.as_str()));
        self.unknown_slots(language, &state.name, &known);
        let mut slot = |name: &str, row: &[Field]| {
            let text = match name {
                "bad" => self.find(language, &state.name, name).cloned(),
                _ => self.required(language, &state.name, name),
            };
            text.map(|text| {
                if name != "text" {
                    self.one_line(&text);
                }
                self.bind(&text, shown, row)
            })
        };
        StateText {
            text: slot("text", &[]).unwrap_or_default(),
            bad: slot("bad", &[]),
            row: if pick { slot("row", row).unwrap_or_default() } else { Template::new() },
            options: state.options.iter().map(|choice| slot(&choice.id, &[]).unwrap_or_default()).collect(),
            retired: state.retired.iter().map(|retired| slot(&retired.id, &[]).unwrap_or_default()).collect(),
        }
    }

    /// Lines are counted by options and rows: a break inside one would be a line that nobody counts.
    fn one_line(&mut self, text: &Word) {
        if text.value.contains(['\n', '\r']) {
            let fault = Fault::new("E10", text.at, "a line break can only stand in `text`");
            self.faults.push(fault.fix("write it on one line"));
        }
    }

    fn bind(&mut self, text: &Word, shown: &[Field], row: &[Field]) -> Template<Slot> {
        let pieces = template::parse(text, self.faults);
        let mut bound = Template::new();
        for piece in pieces {
            match piece {
                Piece::Words(words) => bound.push(Piece::Words(words)),
                Piece::Slot { source: name, width } => {
                    let in_fields = |fields: &[Field]| fields.iter().position(|field| field.name == name);
                    let answer = self.answers.iter().position(|answer| answer.name == name);
                    let source = in_fields(row)
                        .map(Slot::Row)
                        .or_else(|| in_fields(shown).map(Slot::Shown))
                        .or_else(|| answer.map(|index| Slot::Answer(AnswerId(index))));
                    if let Some(source) = source {
                        bound.push(Piece::Slot { source, width });
                        continue;
                    }
                    let answers = self.answers.iter().map(|answer| answer.name.as_str());
                    let known = shown.iter().chain(row).map(|field| field.name).chain(answers);
                    let hint = did_you_mean(&name, known.clone())
                        .unwrap_or_else(|| format!("known here: {}", known.collect::<Vec<_>>().join(", ")));
                    let what = format!("nothing fills `{{{name}}}` here");
                    self.faults.push(Fault::new("E08", text.at, what).fix(hint));
                }
            }
        }
        bound
    }

    fn unknown_slots(&mut self, language: Language, section: &str, known: &[&str]) {
        let texts = self.written.texts.iter().find(|text| text.language == language);
        let slots = texts.and_then(|text| text.sections.iter().find(|(name, _)| name.value == section));
        for (slot, _) in slots.map(|(_, slots)| slots.as_slice()).unwrap_or_default() {
            if !known.contains(&slot.value.as_str()) {
                let fault = Fault::new("E07", slot.at, format!("[{section}] does not use `{}`", slot.value));
                self.faults.push(match did_you_mean(&slot.value, known.iter().copied()) {
                    Some(hint) => fault.fix(hint),
                    None => fault.fix("remove it"),
                });
            }
        }
    }

    /// Text sections that belong to no state and no message.
    pub(super) fn unused_sections(&mut self) {
        let written = self.written;
        for (section, _) in written.texts.iter().flat_map(|text| &text.sections) {
            let name = section.value.as_str();
            let message = name.strip_prefix("sms.");
            let known = matches!(name, "engine" | "words")
                || self.names.contains_key(name)
                || self.unread.contains(name)
                || message.is_some_and(|name| self.manifest.messages.iter().any(|message| message.name == name));
            if !known {
                let fault = Fault::new("E07", section.at, format!("no state or message `{name}` uses these texts"));
                let near = did_you_mean(name, self.names.keys().map(String::as_str));
                self.faults.push(fault.fix(near.unwrap_or_else(|| "remove them".to_owned())));
            }
        }
    }

    /// The engine's texts and the declared words.
    pub(super) fn fixed_texts(&mut self) -> ([Vec<String>; 4], [HashMap<String, String>; 4]) {
        let (mut engine, mut words): ([Vec<String>; 4], [HashMap<String, String>; 4]) = Default::default();
        let declared = self.declared_words();
        for language in self.languages() {
            self.unknown_slots(language, "engine", &EngineText::ALL.map(|(_, key)| key));
            let known: Vec<&str> = declared.iter().map(String::as_str).collect();
            self.unknown_slots(language, "words", &known);
            let mut take = |section: &str, slot: &str| {
                let Some(found) = self.required(language, section, slot) else { return String::new() };
                if found.value.contains(['{', '}']) {
                    let fault = Fault::new("E08", found.at, "nothing fills placeholders in these texts");
                    self.faults.push(fault.fix("write it without { and }"));
                }
                self.one_line(&found);
                found.value
            };
            let texts = EngineText::ALL.iter().map(|(_, key)| take("engine", key)).collect();
            let table = declared.iter().map(|word| (word.clone(), take("words", word))).collect();
            if let (Some(engine), Some(words)) = (engine.get_mut(language.index()), words.get_mut(language.index())) {
                (*engine, *words) = (texts, table);
            }
        }
        (engine, words)
    }

    /// Whether the menus ask anything of the host. Those that do not need none of its words and messages.
    fn asks_the_host(&self) -> bool {
        let states = self.written.flows.iter().flat_map(|flow| &flow.states);
        states.into_iter().any(|state| {
            let asks = matches!(state.kind, KindSource::Do(_) | KindSource::Case(_) | KindSource::Pick { .. });
            asks || state.show.is_some()
        })
    }

    /// Every word that an operation or a message may give.
    fn declared_words(&self) -> BTreeSet<String> {
        if !self.asks_the_host() {
            return BTreeSet::new();
        }
        let fields = self.manifest.operations.iter().flat_map(|operation| operation.gives);
        let fields = fields.chain(self.manifest.messages.iter().flat_map(|message| message.gives));
        let given = fields.filter_map(|field| match field.kind {
            FieldType::Word(words) => Some(words.iter().map(|word| (*word).to_owned())),
            _ => None,
        });
        given.flatten().chain(self.manifest.words.iter().map(|word| (*word).to_owned())).collect()
    }

    pub(super) fn messages(&mut self) -> Vec<[Template<Slot>; 4]> {
        let mut messages = Vec::new();
        if !self.asks_the_host() {
            return self.manifest.messages.iter().map(|_| Default::default()).collect();
        }
        for message in self.manifest.messages {
            let section = format!("sms.{}", message.name);
            let mut texts: [Template<Slot>; 4] = Default::default();
            for language in self.languages() {
                self.unknown_slots(language, &section, &["text"]);
                let Some(text) = self.required(language, &section, "text") else { continue };
                let bound = self.bind(&text, &[], message.gives);
                let mut answered = false;
                let given = bound.into_iter().map(|piece| match piece {
                    Piece::Slot { source: Slot::Row(index), width } => {
                        Piece::Slot { source: Slot::Given(index), width }
                    }
                    Piece::Slot { source: Slot::Answer(_), .. } => {
                        answered = true;
                        piece
                    }
                    other => other,
                });
                let given: Template<Slot> = given.collect();
                if answered {
                    // A message is sent outside a visit: there are no answers then.
                    let names: Vec<&str> = message.gives.iter().map(|field| field.name).collect();
                    let fault = Fault::new("E08", text.at, "a message cannot show answers");
                    self.faults.push(fault.fix(format!("known here: {}", names.join(", "))));
                }
                if let Some(place) = texts.get_mut(language.index()) {
                    *place = given;
                }
            }
            messages.push(texts);
        }
        messages
    }
}
