//! Proves that every screen fits: the longest text that values can make, in every language, with the error line and the
//! navigation lines, counted in septets.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{At, Fault};
use super::graph::{AnswerId, AnswerType, Bundle, EngineText, Kind, Slot, State, StateId, StateText};
use super::limits::Limits;
use super::manifest::{Field, FieldType, Labels, Manifest};
use super::source::Written;
use super::template::{Piece, Template};
use crate::text::{Language, datetime, folding, gsm7};

/// Septets of an SMS of one segment.
const SEGMENT_SEPTETS: usize = 160;
/// Septets of the largest 64-bit number.
const NUMBER_SEPTETS_MAX: usize = 20;

/// Adds a fault for every screen, row and message that might not fit.
pub fn check(bundle: &Bundle, written: &Written, manifest: &Manifest, labels: &dyn Labels, faults: &mut Vec<Fault>) {
    each_language(bundle, written, manifest, labels, |rule| {
        if rule.alphabet(faults) {
            bundle.states.iter().filter(|state| state.is_screen()).for_each(|state| rule.screen(state, faults));
            rule.engine_texts(faults);
            rule.messages(faults);
        }
    });
}

/// The widest that a screen or message can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Widest {
    /// Septets when it is the first screen of a session.
    pub opening: usize,
    /// Septets with the line about a wrong answer and the lines that lead back.
    pub full: usize,
    /// Lines, likewise.
    pub lines: usize,
}

/// The widest of every screen, by language and state, for who asks what is left.
pub fn widest_screens(
    bundle: &Bundle,
    written: &Written,
    manifest: &Manifest,
    labels: &dyn Labels,
) -> BTreeMap<(Language, StateId), Widest> {
    let mut all = BTreeMap::new();
    each_language(bundle, written, manifest, labels, |rule| {
        for (index, state) in bundle.states.iter().enumerate().filter(|(_, state)| state.is_screen()) {
            all.extend(rule.widest_screen(state).map(|widest| ((rule.language, StateId(index)), widest)));
        }
    });
    all
}

/// Septets that every section of the texts leaves free at its widest: a state's on its screen, a message's in its segment.
pub fn septets_left(
    bundle: &Bundle,
    written: &Written,
    manifest: &Manifest,
    labels: &dyn Labels,
) -> BTreeMap<(Language, String), i64> {
    let mut left = BTreeMap::new();
    let between =
        |limit: usize, used: usize| i64::try_from(limit).unwrap_or(i64::MAX) - i64::try_from(used).unwrap_or(i64::MAX);
    for ((language, id), widest) in widest_screens(bundle, written, manifest, labels) {
        let Some(state) = bundle.state(id) else { continue };
        let least = bundle.all_limits().map(|(_, limits)| {
            let screen = between(limits.screen_septets, widest.full);
            if state.opening { screen.min(between(limits.opening_septets, widest.opening)) } else { screen }
        });
        left.extend(least.min().map(|least| ((language, state.name.clone()), least)));
    }
    each_language(bundle, written, manifest, labels, |rule| {
        for (message, texts) in manifest.messages.iter().zip(&bundle.messages) {
            if let Some(text) = texts.get(rule.language.index()).filter(|text| !text.is_empty()) {
                let used = rule.pieces(text, &[], &[], message.gives);
                left.insert((rule.language, format!("sms.{}", message.name)), between(SEGMENT_SEPTETS, used));
            }
        }
    });
    left
}

fn each_language(
    bundle: &Bundle,
    written: &Written,
    manifest: &Manifest,
    labels: &dyn Labels,
    mut each: impl FnMut(&Rule<'_>),
) {
    let chosen = chosen(bundle);
    for language in bundle.languages.iter().copied() {
        let (day, clock) = (datetime::widest_day(language), datetime::widest_clock(language));
        let half_hour = datetime::widest_clock_every(language, 30);
        each(&Rule { bundle, written, manifest, labels, language, chosen: &chosen, day, clock, half_hour });
    }
}

/// Answers that lists give: their numbers are ids, and as wide as numbers can be.
fn chosen(bundle: &Bundle) -> BTreeSet<AnswerId> {
    let picked = bundle.states.iter().filter_map(|state| match &state.kind {
        Kind::Pick { answer, .. } => Some(*answer),
        _ => None,
    });
    picked.collect()
}

struct Rule<'a> {
    bundle: &'a Bundle,
    written: &'a Written,
    manifest: &'a Manifest,
    labels: &'a dyn Labels,
    language: Language,
    chosen: &'a BTreeSet<AnswerId>,
    /// Septets of the widest day.
    day: usize,
    /// Septets of the widest clock time.
    clock: usize,
    /// Septets of the widest hour or half hour.
    half_hour: usize,
}

impl Rule<'_> {
    /// One letter outside the alphabet halves a message. Whether there was none.
    fn alphabet(&self, faults: &mut Vec<Fault>) -> bool {
        let before = faults.len();
        let texts = self.written.texts.iter().filter(|text| text.language == self.language);
        for (_, word) in texts.flat_map(|text| &text.sections).flat_map(|(_, slots)| slots) {
            let outside: BTreeSet<char> = word.value.chars().filter(|c| gsm7::septets_of(*c).is_none()).collect();
            if !outside.is_empty() {
                let outside: Vec<String> = outside.iter().map(|c| c.escape_debug().collect()).collect();
                let what = format!("`{}` is not in the GSM alphabet and would halve the message", outside.join(" "));
                let fix = format!("write {}", folding::fold(&word.value));
                faults.push(Fault::new("E09", word.at, what).fix(fix));
            }
            for (channel, limits) in self.bundle.all_limits() {
                let refused: BTreeSet<char> = word.value.chars().filter(|c| limits.forbidden.contains(c)).collect();
                if !refused.is_empty() {
                    let refused: Vec<String> = refused.iter().map(char::to_string).collect();
                    let gateway = channel.map_or("a gateway".to_owned(), |name| format!("the gateway of `{name}`"));
                    let what = format!("`{}` is refused by {gateway}", refused.join(" "));
                    faults.push(Fault::new("E09", word.at, what).fix("write it without"));
                }
            }
        }
        faults.len() == before
    }

    /// Where the prompt of a state is written in this language.
    fn place(&self, section: &str, slot: &str, otherwise: At) -> At {
        let text = self.written.texts.iter().find(|text| text.language == self.language);
        let found = text.and_then(|text| text.sections.iter().find(|(name, _)| name.value == section));
        let slot = found.and_then(|(_, slots)| slots.iter().find(|(name, _)| name.value == slot));
        slot.map_or(otherwise, |(_, word)| word.at)
    }

    fn screen(&self, state: &State, faults: &mut Vec<Fault>) {
        let Some(widest) = self.widest_screen(state) else { return };
        self.fits(state, widest.full, "", faults, |limits| limits.screen_septets);
        if state.opening {
            // Nothing was typed yet, and there is no screen to go back to.
            let when = " as the first of a session";
            self.fits(state, widest.opening, when, faults, |limits| limits.opening_septets);
        }
        for (channel, limits) in self.bundle.all_limits() {
            let Some(lines) = limits.lines.filter(|lines| widest.lines > *lines) else { continue };
            let at = self.place(&state.name, "text", state.at);
            let what = format!("`{}` can take {} of {lines} lines in `{}`", state.name, widest.lines, self.code());
            let fix = "put two lines into one, or lead to a second screen";
            faults.push(Fault::new("E10", at, what + &on(channel)).fix(fix));
            break;
        }
    }

    fn code(&self) -> &'static str {
        self.language.code()
    }

    fn widest_screen(&self, state: &State) -> Option<Widest> {
        let text = state.texts.get(self.language.index())?;
        let error = self.error_line(state, text);
        let keys = &self.bundle.keys;
        let (mut row, mut turning, mut lines) = (0, 0, 0);
        if let Kind::Pick { rows, .. } = &state.kind {
            let fields = self.manifest.operations.get(*rows).map_or(&[][..], |operation| operation.gives);
            turning = self.line(&keys.previous, EngineText::Previous);
            row = "\n1 ".len() + self.template(&text.row, fields, state) + self.line(&keys.more, EngineText::More);
            // A row, the next page, the page before.
            lines += 3;
        }
        let shown = self.fields(state);
        let prompt = self.template(&text.text, shown, state);
        let options: usize = state
            .options
            .iter()
            .zip(&text.options)
            .map(|(choice, label)| "\n ".len() + choice.key.len() + self.template(label, shown, state))
            .sum();
        let leads_back = state.back && !matches!(state.kind, Kind::End);
        let back = if leads_back { self.line(&keys.back, EngineText::Back) } else { 0 };
        let breaks = |text: &Template<Slot>| {
            let words = text.iter().map(|piece| if let Piece::Words(words) = piece { words.as_str() } else { "" });
            words.map(|words| words.matches('\n').count()).sum::<usize>()
        };
        lines += 1 + breaks(&text.text) + state.options.len() + usize::from(leads_back) + usize::from(error > 0);
        let opening = prompt + options + row;
        Some(Widest { opening, full: opening + turning + back + error, lines })
    }

    /// Refuses a screen that is wider than a channel carries: than every channel, or else than the first that has less.
    fn fits(
        &self,
        state: &State,
        septets: usize,
        when: &str,
        faults: &mut Vec<Fault>,
        limit_of: impl Fn(&Limits) -> usize,
    ) {
        let limits = self.bundle.all_limits().map(|(channel, limits)| (channel, limit_of(limits)));
        let Some((channel, limit)) = limits.into_iter().find(|(_, limit)| septets > *limit) else { return };
        let at = self.place(&state.name, "text", state.at);
        let what = format!("`{}` can take {septets} of {limit} septets in `{}`{when}", state.name, self.code());
        let code = if matches!(state.kind, Kind::Pick { .. }) { "E11" } else { "E10" };
        let fix = format!("shorten it by {}, or cut a value: {{name:12}}", septets - limit);
        faults.push(Fault::new(code, at, what + &on(channel)).fix(fix));
    }

    fn fields(&self, state: &State) -> &'static [Field] {
        let show = state.show.and_then(|show| self.manifest.operations.get(show));
        show.map_or(&[][..], |operation| operation.gives)
    }

    fn line(&self, key: &str, text: EngineText) -> usize {
        "\n ".len() + key.len() + width(self.bundle.engine_text(self.language, text))
    }

    /// The longest line that can stand above a prompt after a wrong answer, with its line break.
    fn error_line(&self, state: &State, text: &StateText) -> usize {
        let general = match &state.kind {
            Kind::End => return 0,
            Kind::Menu { typed: None } => vec![EngineText::WrongKey],
            Kind::Menu { typed: Some((answer, _)) } => vec![EngineText::WrongKey, self.wrong(answer.0)],
            Kind::Ask { answer, .. } => vec![self.wrong(answer.0), EngineText::TooLong],
            Kind::Pick { .. } => vec![EngineText::WrongKey, EngineText::NotFound],
            _ => Vec::new(),
        };
        let general = general.iter().chain(&[EngineText::TooLong]);
        let general = general.map(|line| width(self.bundle.engine_text(self.language, *line))).max();
        let own = text.bad.iter().chain(&text.retired).map(|line| self.template(line, self.fields(state), state));
        1 + own.chain(general).max().unwrap_or_default()
    }

    fn wrong(&self, answer: usize) -> EngineText {
        self.bundle.answers.get(answer).map_or(EngineText::WrongKey, |answer| wrong_answer(&answer.kind))
    }

    fn engine_texts(&self, faults: &mut Vec<Fault>) {
        let text = |text| width(self.bundle.engine_text(self.language, text));
        let question = text(EngineText::Resume)
            + self.line("1", EngineText::ResumeContinue)
            + self.line("2", EngineText::ResumeRestart);
        let least = |limit_of: fn(&Limits) -> usize| {
            self.bundle.all_limits().map(|(_, limits)| limit_of(limits)).min().unwrap_or_default()
        };
        let (screen, opening) = (least(|limits| limits.screen_septets), least(|limits| limits.opening_septets));
        for (slot, what, septets, limit) in [
            ("resume", "the question about a dropped visit", question, opening),
            ("resume", "that question after a wrong key", question + 1 + text(EngineText::WrongKey), screen),
            ("apology", "the apology", text(EngineText::Apology), opening),
            ("over", "the last word", text(EngineText::Over), opening),
        ] {
            if septets > limit {
                let at = self.place("engine", slot, At::default());
                let what = format!("{what} takes {septets} of {limit} septets in `{}`", self.language.code());
                faults.push(Fault::new("E10", at, what).fix(format!("shorten it by {}", septets - limit)));
            }
        }
    }

    fn messages(&self, faults: &mut Vec<Fault>) {
        for (message, texts) in self.manifest.messages.iter().zip(&self.bundle.messages) {
            let Some(text) = texts.get(self.language.index()) else { continue };
            let septets = self.pieces(text, &[], &[], message.gives);
            if septets > SEGMENT_SEPTETS {
                let at = self.place(&format!("sms.{}", message.name), "text", At::default());
                let what = format!(
                    "the message `{}` can take {septets} of {SEGMENT_SEPTETS} septets in `{}`: two segments",
                    message.name,
                    self.language.code()
                );
                let fix = format!("shorten it by {}, or cut a value: {{name:12}}", septets - SEGMENT_SEPTETS);
                faults.push(Fault::new("E10", at, what).fix(fix));
            }
        }
    }

    fn template(&self, text: &Template<Slot>, shown_or_row: &[Field], state: &State) -> usize {
        self.pieces(text, self.fields(state), shown_or_row, &[])
    }

    fn pieces(&self, text: &Template<Slot>, shown: &[Field], row: &[Field], given: &[Field]) -> usize {
        text.iter()
            .map(|piece| match piece {
                Piece::Words(words) => width(words),
                Piece::Slot { source, width: cut } => {
                    let field =
                        |fields: &[Field], index: usize| fields.get(index).map(|field| self.widest(&field.kind));
                    let widest = match source {
                        Slot::Answer(answer) => self.widest_answer(*answer),
                        Slot::Shown(index) => field(shown, *index),
                        Slot::Row(index) => field(row, *index),
                        Slot::Given(index) => field(given, *index),
                    };
                    let widest = widest.unwrap_or_default();
                    cut.map_or(widest, |cut| widest.min(cut))
                }
            })
            .sum()
    }

    fn widest(&self, kind: &FieldType) -> usize {
        match kind {
            FieldType::Text(septets) => *septets,
            FieldType::Number(digits) => *digits,
            FieldType::Money => width(&self.labels.money(self.labels.money_max(), self.language)),
            FieldType::Word(words) => {
                words.iter().map(|word| width(self.bundle.word(self.language, word))).max().unwrap_or_default()
            }
            FieldType::Coded(coded) => self.labels.widest_label(coded, self.language),
            FieldType::Day => self.day,
            FieldType::Clock => self.clock,
            FieldType::HalfHour => self.half_hour,
        }
    }

    fn widest_answer(&self, answer: AnswerId) -> Option<usize> {
        Some(match &self.bundle.answers.get(answer.0)?.kind {
            AnswerType::Name { max } | AnswerType::Text { max } => *max,
            AnswerType::Number { .. } if self.chosen.contains(&answer) => NUMBER_SEPTETS_MAX,
            AnswerType::Number { min, max } | AnswerType::Year { min, max } => {
                min.to_string().len().max(max.to_string().len())
            }
            AnswerType::Money { max, .. } => width(&self.labels.money(*max, self.language)),
            AnswerType::Day => self.day,
            AnswerType::Time => self.clock,
            AnswerType::Coded(coded) => self.labels.widest_label(coded, self.language),
            AnswerType::Pin | AnswerType::Word(_) => 0,
        })
    }
}

/// Names a channel, if it is one that carries less than the others.
fn on(channel: Option<&str>) -> String {
    channel.map_or(String::new(), |name| format!(" on `{name}`"))
}

/// What the engine says of an answer that it could not take.
pub fn wrong_answer(kind: &AnswerType) -> EngineText {
    match kind {
        AnswerType::Name { .. } => EngineText::WrongName,
        AnswerType::Text { .. } => EngineText::WrongText,
        AnswerType::Number { .. } | AnswerType::Pin => EngineText::WrongNumber,
        AnswerType::Money { .. } => EngineText::WrongMoney,
        AnswerType::Year { .. } => EngineText::WrongYear,
        AnswerType::Day => EngineText::WrongDay,
        AnswerType::Time => EngineText::WrongTime,
        AnswerType::Word(_) | AnswerType::Coded(_) => EngineText::WrongKey,
    }
}

/// Septets of a text; characters outside the alphabet are a fault of their own.
fn width(text: &str) -> usize {
    gsm7::septets(text).unwrap_or_else(|| text.chars().count())
}
