//! Binds what is written to the host's manifest: names become numbers, texts become pieces.
//!
//! A name that binds to nothing is a fault and compiling goes on, so that one run finds them all. The graph is only
//! proven ([`super::check`]) when every name is bound.

mod names;
mod states;
mod texts;

use std::collections::{BTreeSet, HashMap};

use super::fault::{Fault, Located, did_you_mean};
use super::graph::{AnswerDeclaration, AnswerType, Bundle, DialPath, DialStep, ReservedKeys, StateId};
use super::manifest::Manifest;
use super::source::{AnswerSource, Sources, Word, Written};

/// Septets of a screen unless the bundle says otherwise: what every operator is known to carry.
const SCREEN_SEPTETS: i64 = 160;
/// Septets of the first screen: some gateways put their own words before it.
const OPENING_SEPTETS: i64 = 140;
/// Septets that are accepted as a limit: less holds no screen, more no USSD message (TS 23.038: 160 octets, packed).
const SEPTETS: std::ops::RangeInclusive<i64> = 40..=182;
/// Wrong answers in a row before help, unless the bundle says otherwise.
const WRONG: i64 = 3;
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
    let screen = compiler.within(bundle.screen_septets.as_ref(), SCREEN_SEPTETS, &SEPTETS);
    let opening = compiler.within(bundle.opening_septets.as_ref(), OPENING_SEPTETS, &SEPTETS);
    let wrong = compiler.within(bundle.wrong_max.as_ref(), WRONG, &WRONG_RANGE);
    let resume = compiler.within(bundle.resume_minutes.as_ref(), 0, &RESUME_MINUTES);
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
        screen_septets: usize::try_from(screen).unwrap_or_default(),
        opening_septets: usize::try_from(opening).unwrap_or_default(),
        wrong_max: u8::try_from(wrong).unwrap_or(1),
        resume_ms: resume * 60_000,
        dial,
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
    /// A number as written, or the usual one; within bounds.
    fn within(&mut self, written: Option<&Located<i64>>, usual: i64, range: &std::ops::RangeInclusive<i64>) -> i64 {
        let Some(written) = written else { return usual };
        if !range.contains(&written.value) {
            let fix = format!("write {} to {}", range.start(), range.end());
            self.faults.push(Fault::new("E01", written.at, format!("{} is out of bounds", written.value)).fix(fix));
        }
        written.value.clamp(*range.start(), *range.end())
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
        let chars = usize::try_from(answer.max.unwrap_or(TEXT_MAX).clamp(1, TEXT_MAX)).unwrap_or(1);
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
            if key.value.is_empty() || key.value.len() > 3 || !key.value.bytes().all(|byte| byte.is_ascii_digit()) {
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
