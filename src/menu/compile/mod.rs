//! Binds what is written to the host's manifest: names become numbers, texts become pieces.
//!
//! A name that binds to nothing is a fault and compiling goes on, so that one run finds them all. The graph is only
//! proven ([`super::check`]) when every name is bound.

mod names;
mod states;
mod texts;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::answer::NAME_MAX;
use super::fault::{Fault, Located, did_you_mean};
use super::graph::{AnswerDeclaration, AnswerType, Bundle, DialPath, DialStep, ReservedKeys, StateId};
use super::limits::{Limits, within};
use super::manifest::Manifest;
use super::source::{AnswerSource, Sources, Word, Written};

/// Wrong answers in a row before help, unless the bundle says otherwise.
const WRONG: usize = 3;
/// What is accepted for it: more is a caller who has hung up.
const WRONG_RANGE: std::ops::RangeInclusive<i64> = 1..=9;
/// Minutes for which a dropped visit may be offered again: a week at most.
const RESUME_MINUTES: std::ops::RangeInclusive<i64> = 0..=7 * 24 * 60;
/// Characters of a name or text that are taken at most.
const TEXT_MAX: i64 = 160;
/// Steps of a dial path at most.
pub const DIAL_STEPS_MAX: usize = 8;

/// Resolves everything; check `faults` before the bundle is used.
pub fn compile(written: &Written, sources: &Sources, manifest: &Manifest, faults: &mut Vec<Fault>) -> Bundle {
    let mut compiler =
        Compiler { written, manifest, faults, names: HashMap::new(), unread: BTreeSet::new(), answers: Vec::new() };
    compiler.declare();
    let (states, bundle) = (compiler.states(), &written.bundle);
    let keys = compiler.reserved_keys();
    let (engine, words) = compiler.fixed_texts();
    let messages = compiler.messages();
    let dial = compiler.dial_paths();
    let mut at_state =
        |word: &Option<Word>| word.as_ref().map(|word| compiler.state_named(word, None)).unwrap_or_default();
    let (entry, help, fault) = (at_state(&bundle.entry), at_state(&bundle.help), at_state(&bundle.fault));
    let identify = bundle.identify.as_ref().map(|flow| compiler.flow_start(flow));
    let mut place = |word: &Option<Word>| word.as_ref().map(|word| compiler.state_named(word, None));
    let (closed, notice) = (place(&bundle.closed), place(&bundle.notice));
    let (limits, channels) = compiler.limits();
    let resume_path = compiler.resume_path(&dial);
    let renamed = compiler.renamed();
    let mut number = |written: &Option<Located<i64>>, range, usual| {
        written.as_ref().map_or(usual, |written| within(written, range, compiler.faults))
    };
    let wrong = number(&bundle.wrong_max, &WRONG_RANGE, WRONG);
    let resume = number(&bundle.resume_minutes, &RESUME_MINUTES, 0);
    Bundle {
        hash: sources.hash(),
        languages: bundle.languages.iter().map(|language| language.value).collect(),
        names: std::mem::take(&mut compiler.names),
        states,
        answers: std::mem::take(&mut compiler.answers),
        entry,
        identify,
        help,
        fault,
        keys,
        closed,
        notice,
        limits,
        channels,
        wrong_max: u8::try_from(wrong).unwrap_or(1),
        resume_ms: i64::try_from(resume).unwrap_or_default() * 60_000,
        resume_path,
        dial,
        renamed,
        engine,
        words,
        messages,
    }
}

struct Compiler<'a> {
    written: &'a Written,
    manifest: &'a Manifest,
    faults: &'a mut Vec<Fault>,
    names: HashMap<String, StateId>,
    /// States that are written but could not be read.
    unread: BTreeSet<String>,
    answers: Vec<AnswerDeclaration>,
}

impl Compiler<'_> {
    fn limits(&mut self) -> (Limits, BTreeMap<String, Limits>) {
        let bundle = &self.written.bundle;
        let all = Limits::default().with(&bundle.limits, self.faults);
        let mut channels = BTreeMap::new();
        for (name, written) in &bundle.channels {
            channels.insert(name.value.clone(), all.with(written, self.faults));
        }
        (all, channels)
    }

    /// What is dialled to go on with a dropped visit: digits that no dial path begins with.
    fn resume_path(&mut self, dial: &[DialPath]) -> Option<String> {
        let word = self.written.bundle.resume_path.as_ref()?;
        let digits = |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let taken = |path: &DialPath| matches!(path.steps.as_slice(), [DialStep::Literal(step)] if *step == word.value);
        if !digits(&word.value) {
            let fault = Fault::new("E01", word.at, format!("`{}` cannot be dialled", word.value));
            self.faults.push(fault.fix("write one to three digits"));
        } else if dial.iter().any(taken) {
            let fault = Fault::new("E06", word.at, format!("`{}` leads to two places", word.value));
            self.faults.push(fault.fix("choose digits that no [[dial]] path has"));
        }
        Some(word.value.clone())
    }

    /// States that have another name now. The old name must be gone, and the new one a screen where a visit can go on.
    fn renamed(&mut self) -> BTreeMap<String, StateId> {
        let mut renamed = BTreeMap::new();
        for (old, new) in &self.written.bundle.renamed {
            if self.names.contains_key(&old.value) {
                let fault = Fault::new("E14", old.at, format!("`{}` is still there", old.value));
                self.faults.push(fault.fix("remove this line, or the state"));
            }
            renamed.insert(old.value.clone(), self.state_named(new, None));
        }
        renamed
    }

    /// Gives every state and answer its number.
    fn declare(&mut self) {
        let written = self.written;
        let mut flows = BTreeSet::new();
        for flow in &written.flows {
            self.well_named(&flow.name);
            if matches!(flow.name.value.as_str(), "engine" | "words" | "sms") {
                let what = format!("`{}` has a meaning of its own in the texts", flow.name.value);
                self.faults.push(Fault::new("E01", flow.name.at, what).fix("choose another name for the flow"));
            }
            if !flows.insert(flow.name.value.as_str()) {
                let what = format!("flow `{}` is there twice", flow.name.value);
                self.faults.push(Fault::new("E01", flow.name.at, what).fix("rename one of them"));
            }
            self.unread.extend(flow.unread.iter().map(|state| format!("{}.{state}", flow.name.value)));
            for state in &flow.states {
                self.well_named(&state.name);
                let id = StateId(self.names.len());
                self.names.insert(format!("{}.{}", flow.name.value, state.name.value), id);
            }
        }
        for answer in &written.bundle.answers {
            self.well_named(&answer.name);
            let kind = self.answer_type(answer);
            let expected = self.manifest.answers.iter().find(|(name, _)| *name == answer.name.value);
            if let Some((_, expected)) = expected.filter(|(_, expected)| *expected != answer.kind.value) {
                let what = format!("`{}` is expected to be of type `{expected}`", answer.name.value);
                self.faults.push(Fault::new("E01", answer.kind.at, what).fix(format!("write type = \"{expected}\"")));
            }
            self.answers.push(AnswerDeclaration { name: answer.name.value.clone(), kind });
        }
    }

    fn answer_type(&mut self, answer: &AnswerSource) -> AnswerType {
        let longest = if answer.kind.value == "name" { NAME_MAX } else { TEXT_MAX };
        let is_text = matches!(answer.kind.value.as_str(), "name" | "text");
        if let Some(max) = answer.max.filter(|max| is_text && !(1..=longest).contains(max)) {
            let fault = Fault::new("E01", answer.name.at, format!("{max} characters are out of bounds"));
            self.faults.push(fault.fix(format!("write max = 1 to {longest}")));
        }
        let chars = usize::try_from(answer.max.unwrap_or(longest).clamp(1, longest)).unwrap_or(1);
        let (min, max) = (answer.min.unwrap_or(0), answer.max.unwrap_or(i64::from(i32::MAX)));
        if min > max {
            self.faults.push(Fault::new("E01", answer.name.at, "`min` is larger than `max`").fix("exchange them"));
        }
        match answer.kind.value.as_str() {
            "name" => AnswerType::Name { max: chars },
            "text" => AnswerType::Text { max: chars },
            "number" => AnswerType::Number { min, max },
            "money" => AnswerType::Money { min: min.max(1), max },
            "year" => AnswerType::Year { min: answer.min.unwrap_or(1900), max: answer.max.unwrap_or(2100) },
            "day" => AnswerType::Day,
            "time" => AnswerType::Time,
            "pin" => AnswerType::Pin,
            "word" => {
                if answer.of.is_empty() {
                    let fault = Fault::new("E01", answer.name.at, "a word answer lists its words");
                    self.faults.push(fault.fix("write of = [\"one\", \"two\"]"));
                }
                AnswerType::Word(answer.of.iter().map(|word| word.value.clone()).collect())
            }
            other => {
                if let Some(coded) = self.manifest.coded.iter().find(|coded| **coded == other) {
                    return AnswerType::Coded(coded);
                }
                let usual = ["name", "text", "number", "money", "year", "day", "time", "pin", "word"];
                let known = usual.iter().chain(self.manifest.coded).copied();
                let hint = did_you_mean(other, known.clone())
                    .unwrap_or_else(|| format!("known: {}", known.collect::<Vec<_>>().join(", ")));
                self.faults.push(Fault::new("E01", answer.kind.at, format!("unknown type `{other}`")).fix(hint));
                AnswerType::Text { max: 1 }
            }
        }
    }

    fn reserved_keys(&mut self) -> ReservedKeys {
        let bundle = &self.written.bundle;
        let mut keys = ReservedKeys { back: "0".into(), home: "00".into(), more: "98".into(), previous: "97".into() };
        let mut seen = BTreeSet::new();
        for (key, meaning) in &bundle.keys {
            let place = match meaning.value.as_str() {
                "back" => &mut keys.back,
                "home" => &mut keys.home,
                "more" => &mut keys.more,
                "previous" => &mut keys.previous,
                other => {
                    let fix = "the meanings are back, home, more, previous";
                    self.faults.push(Fault::new("E01", meaning.at, format!("unknown meaning `{other}`")).fix(fix));
                    continue;
                }
            };
            place.clone_from(&key.value);
            if !seen.insert(meaning.value.as_str()) {
                let what = format!("two keys mean `{}`", meaning.value);
                self.faults.push(Fault::new("E06", meaning.at, what).fix("remove one"));
            }
            let is_row = key.value.len() == 1 && key.value != "0";
            if is_row {
                let what = format!("`{}` is the number of a row in lists", key.value);
                self.faults.push(Fault::new("E06", key.at, what).fix("write 0, or two or three digits"));
            } else if key.value.is_empty()
                || key.value.len() > 3
                || !key.value.bytes().all(|byte| byte.is_ascii_digit())
            {
                let what = format!("`{}` cannot be a key", key.value);
                self.faults.push(Fault::new("E06", key.at, what).fix("write one to three digits"));
            }
        }
        let mut all = [&keys.back, &keys.home, &keys.more, &keys.previous];
        all.sort_unstable();
        if all.windows(2).any(|pair| pair.first() == pair.last()) {
            let fault = Fault::new("E06", bundle.at, "one key has two meanings under [keys]");
            self.faults.push(fault.fix("0 is back, 00 home, 98 more and 97 previous unless written otherwise"));
        }
        keys
    }

    fn dial_paths(&mut self) -> Vec<DialPath> {
        let written = self.written;
        let mut paths = Vec::new();
        for dial in &written.bundle.dial {
            let mut steps = Vec::new();
            for step in dial.path.value.split('*') {
                match step.strip_prefix('{').and_then(|step| step.strip_suffix('}')) {
                    Some(name) => {
                        let word = Word { value: name.to_owned(), at: dial.path.at };
                        let answer = self.answer_named(&word);
                        self.must_take(answer, &word, "be dialled", |kind| {
                            kind.is_whole_number() && !matches!(kind, AnswerType::Coded(_))
                        });
                        steps.push(DialStep::Answer(answer));
                    }
                    None if !step.is_empty() && step.chars().all(|c| c.is_ascii_digit()) => {
                        steps.push(DialStep::Literal(step.to_owned()));
                    }
                    None => {
                        let what = format!("`{step}` cannot be dialled");
                        self.faults
                            .push(Fault::new("E01", dial.path.at, what).fix("write digits or {answer}, joined by *"));
                    }
                }
            }
            if steps.len() > DIAL_STEPS_MAX {
                let fault = Fault::new("E01", dial.path.at, format!("more than {DIAL_STEPS_MAX} steps"));
                self.faults.push(fault.fix("write a shorter path"));
            }
            if paths.iter().any(|earlier: &DialPath| earlier.steps == steps) {
                let what = format!("`{}` leads to two places", dial.path.value);
                self.faults.push(Fault::new("E06", dial.path.at, what).fix("remove one of them"));
            }
            let go = self.state_named(&dial.go, None);
            paths.push(DialPath { steps, go, at: dial.path.at });
        }
        paths
    }
}
