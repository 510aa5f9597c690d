//! Virtual callers and the ways that they walk, in the dialect of Africa's Talking: every request carries all inputs of
//! the session so far, joined by `*`.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use clap::ValueEnum;
use kaziline::text::Language;

use crate::screen::{self, Screens};

/// What callers do. The rate of one mix says nothing about another: see `docs/performance.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mix {
    /// A new number chooses its language, registers as a worker, looks at jobs, opens one, and every second one applies.
    Register,
    /// A worker dials again, looks at the jobs, opens one, goes back and home.
    Browse,
    /// A new number looks at the help, back and forth: screens without any action.
    Light,
    /// As `register`, and hangs up when it is listed: those who dial again in `browse`.
    #[value(skip)]
    Enrol,
}

/// What is typed, and which screen must follow.
#[derive(Debug)]
struct Step {
    typed: Typed,
    language: Language,
    /// The states of which it may be; a walk ends at the second, which only says that there is nothing to show.
    states: &'static [&'static str],
}

#[derive(Clone, Copy, Debug)]
enum Typed {
    Key(&'static str),
    /// One of the rows on the screen.
    Row,
    BirthYear,
    Name,
}

const fn rw(typed: Typed, states: &'static [&'static str]) -> Step {
    Step { typed, language: Language::Rw, states }
}

const fn en(typed: Typed, states: &'static [&'static str]) -> Step {
    Step { typed, language: Language::En, states }
}

/// The first step is the dial itself.
const REGISTER: &[Step] = &[
    rw(Typed::Key(""), &["home.new"]),
    rw(Typed::Key("6"), &["language.start"]),
    en(Typed::Key("2"), &["home.new"]),
    en(Typed::Key("1"), &["register.consent"]),
    en(Typed::Key("1"), &["register.birth_year"]),
    en(Typed::BirthYear, &["trade.category"]),
    en(Typed::Row, &["trade.trade"]),
    en(Typed::Row, &["rate.rate"]),
    en(Typed::Key("1"), &["place.province"]),
    en(Typed::Row, &["place.district"]),
    en(Typed::Row, &["place.sector"]),
    en(Typed::Row, &["register.name"]),
    en(Typed::Name, &["home.registered"]),
    en(Typed::Key("1"), &["jobs.list", "jobs.none"]),
    en(Typed::Row, &["job.show"]),
    en(Typed::Key("1"), &["job.applied"]),
];
/// As above; looks at the job and does not apply.
const REGISTER_ONLY_LOOKS: &[Step] = REGISTER.split_at(REGISTER.len() - 1).0;
/// Ends on a screen that is not offered again on the next dial.
const ENROL: &[Step] = REGISTER.split_at(13).0;
const BROWSE: &[Step] = &[
    en(Typed::Key(""), &["home.known"]),
    en(Typed::Key("1"), &["jobs.list", "jobs.none"]),
    en(Typed::Row, &["job.show"]),
    en(Typed::Key("0"), &["jobs.list"]),
    // Ends on the first screen: a visit that is left there is not offered again on the next dial.
    en(Typed::Key("00"), &["home.known"]),
];
const LIGHT: &[Step] = &[
    rw(Typed::Key(""), &["home.new"]),
    rw(Typed::Key("4"), &["help.start"]),
    rw(Typed::Key("2"), &["help.how"]),
    rw(Typed::Key("0"), &["help.start"]),
    rw(Typed::Key("3"), &["help.data"]),
    rw(Typed::Key("0"), &["help.start"]),
    rw(Typed::Key("1"), &["help.pay"]),
    rw(Typed::Key("0"), &["help.start"]),
    rw(Typed::Key("0"), &["home.new"]),
];

/// In the browsing walk, the step that leads home.
const HOME: usize = 4;

const NAMES: [&str; 8] = ["Aline", "Claudine", "Eric", "Jean", "Diane", "Patrick", "Solange", "Yves"];
/// Who was born in these years is neither a child nor implausibly old.
const BIRTH_YEARS: std::ops::Range<u64> = 1966..2004;
/// The first thousand numbers behind `+25078` belong to the demo's own people.
const FIRST_NUMBER: u64 = 1_000;
/// Numbers behind them.
const NUMBERS: u64 = 10_000_000 - FIRST_NUMBER;
/// A prime that does not divide [`NUMBERS`], so that consecutive callers have scattered numbers and never the same one.
const SCATTER: u64 = 6_700_417;

/// Where numbers and chance come from: everything follows from the seed and the order in which callers begin.
#[derive(Debug)]
pub(crate) struct Callers {
    seed: u64,
    /// What screens are checked by; those of the bare handler are always the same.
    screens: Option<Screens>,
    begun: AtomicU64,
    /// How many of the first numbers belong to workers who dial again.
    known: AtomicU64,
}

impl Callers {
    /// Callers who only send, and take any answer that goes on.
    pub(crate) fn unheeding(seed: u64) -> Self {
        Self { seed, screens: None, begun: AtomicU64::new(0), known: AtomicU64::new(0) }
    }

    /// Callers who notice when they are not where they should be.
    pub(crate) fn heeding(seed: u64) -> Result<Self> {
        let steps = [REGISTER, BROWSE, LIGHT].into_iter().flatten();
        let screens = steps.flat_map(|step| step.states.iter().map(|state| (*state, step.language)));
        let screens = Some(Screens::of(screens)?);
        Ok(Self { seed, screens, begun: AtomicU64::new(0), known: AtomicU64::new(0) })
    }

    /// How many walks have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Those who registered so far will dial again.
    pub(crate) fn all_are_known(&self) {
        self.known.store(self.begun.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(crate) fn know_as_many_as(&self, other: &Callers) {
        self.known.store(other.known.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Begins the next walk of a connection.
    fn begin(&self, walk: &mut Walk) {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed);
        let caller = match walk.mix {
            Mix::Register | Mix::Light | Mix::Enrol => begun,
            // No worker is on two connections at once.
            Mix::Browse => {
                let own = (self.known.load(Ordering::Relaxed) / walk.connections).max(1);
                walk.connection + walk.connections * (walk.turn % own)
            }
        };
        walk.turn += 1;
        walk.chance = Chance(self.seed ^ begun.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let number = FIRST_NUMBER + (caller.wrapping_mul(SCATTER).wrapping_add(self.seed)) % NUMBERS;
        let session = (walk.chance.next(), walk.chance.next());
        walk.begin(number, session);
    }
}

/// splitmix64: enough chance for choices, and the same on every machine.
#[derive(Clone, Copy, Debug, Default)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// Why an answer is not what the walk expects.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    step: usize,
    what: &'static str,
    answer: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}: {:?}", self.step, self.what, self.answer)
    }
}

/// One caller after the other on one connection, each through one session.
#[derive(Debug)]
pub(crate) struct Walk {
    mix: Mix,
    steps: &'static [Step],
    connection: u64,
    connections: u64,
    turn: u64,
    chance: Chance,
    step: usize,
    /// The form as far as `text=`, and then every input.
    form: String,
    before: String,
}

impl Walk {
    /// The walks of connection `connection` (from 0) of `connections`.
    pub(crate) fn on(mix: Mix, connection: usize, connections: usize) -> Self {
        Self {
            mix,
            steps: &[],
            connection: connection as u64,
            connections: connections as u64,
            turn: 0,
            chance: Chance::default(),
            step: 0,
            form: String::with_capacity(256),
            before: String::with_capacity(200),
        }
    }

    fn begin(&mut self, number: u64, session: (u64, u64)) {
        self.steps = match self.mix {
            // Every second one applies.
            Mix::Register if self.chance.below(2) == 0 => REGISTER,
            Mix::Register => REGISTER_ONLY_LOOKS,
            Mix::Browse => BROWSE,
            Mix::Light => LIGHT,
            Mix::Enrol => ENROL,
        };
        self.step = 0;
        self.before.clear();
        self.form.clear();
        // Writing to a String does not fail.
        let _ = write!(
            self.form,
            "sessionId=ATUid_{:016x}{:016x}&phoneNumber=%2B25078{number:07}&networkCode=63510&serviceCode=%2A567%23&text=",
            session.0, session.1,
        );
    }

    /// The next request; the first of a new caller when the last one has hung up.
    pub(crate) fn form(&mut self, callers: &Callers) -> &str {
        if self.is_over() {
            callers.begin(self);
        }
        if let Some(step) = self.steps.get(self.step)
            && self.step > 0
        {
            if !self.form.ends_with('=') {
                self.form.push('*');
            }
            // Writing to a String does not fail.
            let _ = match step.typed {
                Typed::Key(key) => write!(self.form, "{key}"),
                Typed::Row => {
                    let rows = screen::rows(&self.before);
                    write!(self.form, "{}", 1 + self.chance.below(rows))
                }
                Typed::BirthYear => {
                    let years = BIRTH_YEARS.end - BIRTH_YEARS.start;
                    write!(self.form, "{}", BIRTH_YEARS.start + self.chance.below(years))
                }
                Typed::Name => {
                    let name = NAMES.iter().cycle().nth(usize::try_from(self.chance.below(8)).unwrap_or_default());
                    write!(self.form, "{}", name.unwrap_or(&"Aline"))
                }
            };
        }
        &self.form
    }

    /// Takes the answer; a walk with a fault ends there.
    pub(crate) fn answered(&mut self, callers: &Callers, status: u16, body: &str) -> Result<(), Fault> {
        let taken = self.take(callers.screens.as_ref(), status, body);
        if taken.is_err() {
            self.give_up();
        }
        taken
    }

    fn take(&mut self, screens: Option<&Screens>, status: u16, body: &str) -> Result<(), Fault> {
        let fault = |step, what| Err(Fault { step, what, answer: body.to_owned() });
        if status != 200 {
            return fault(self.step, "not answered 200");
        }
        // No walk leads to an END: one is the apology, or a screen where the caller is not meant to be.
        let Some(text) = screen::text_of(body) else { return fault(self.step, "not a screen that goes on") };
        let mut found = 0;
        if let (Some(screens), Some(step)) = (screens, self.steps.get(self.step)) {
            if text == self.before {
                return fault(self.step, "the same screen as before");
            }
            match step.states.iter().position(|state| screens.shows(text, state, step.language)) {
                Some(state) => found = state,
                None => return fault(self.step, "another screen than expected"),
            }
        }
        self.before.clear();
        self.before.push_str(text);
        self.step = match (found, self.mix) {
            (0, _) => self.step + 1,
            (_, Mix::Browse) => HOME,
            _ => self.steps.len(),
        };
        Ok(())
    }

    /// How many hops of the walk are answered.
    pub(crate) fn hops(&self) -> usize {
        self.step
    }

    /// The caller hangs up.
    pub(crate) fn give_up(&mut self) {
        self.step = self.steps.len();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.step >= self.steps.len()
    }
}
