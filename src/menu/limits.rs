//! What a channel carries: how much, how long, and what may be promised on it.
//!
//! `[limits]` in `bundle.toml` holds for every channel, `[limits.NAME]` for the one of that name. A bundle is proven for
//! all of them; a screen is laid out for the one that it is sent by.

use std::ops::RangeInclusive;

use super::fault::{Fault, Located};
use super::source::LimitsSource;

/// Septets that are accepted as a limit: less holds no screen, more no USSD message (TS 23.038: 160 octets, packed).
const SEPTETS: RangeInclusive<i64> = 40..=182;
/// Lines that are accepted as a limit: a question, three options and a way back at least.
const LINES: RangeInclusive<i64> = 5..=20;
/// Seconds that are accepted as a limit.
const SECONDS: RangeInclusive<i64> = 5..=3_600;

/// What one channel carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Septets of a screen.
    pub screen_septets: usize,
    /// Septets of the first screen of a session.
    pub opening_septets: usize,
    /// Lines of a screen, where the channel cuts what is longer.
    pub lines: Option<usize>,
    /// Characters that the gateway refuses.
    pub forbidden: Vec<char>,
    /// Seconds that the network waits for a key.
    pub idle_s: usize,
    /// Seconds of a session in all.
    pub session_s: usize,
    /// Whether the caller pays nothing: only then may a text say so.
    pub free: bool,
    /// Whether an SMS can be answered: only then may a text ask for it.
    pub two_way: bool,
}

impl Default for Limits {
    /// What every network is known to carry; the shortest times that are documented of any.
    fn default() -> Self {
        Self {
            screen_septets: 160,
            // Some gateways put words of their own before the first screen.
            opening_septets: 140,
            lines: None,
            forbidden: Vec::new(),
            idle_s: 30,
            session_s: 120,
            free: false,
            two_way: false,
        }
    }
}

impl Limits {
    /// These limits with what is written laid over them.
    pub(super) fn with(&self, written: &LimitsSource, faults: &mut Vec<Fault>) -> Self {
        let mut number = |written: &Option<Located<i64>>, range: &RangeInclusive<i64>| {
            written.as_ref().map(|written| within(written, range, faults))
        };
        Self {
            screen_septets: number(&written.screen_septets, &SEPTETS).unwrap_or(self.screen_septets),
            opening_septets: number(&written.opening_septets, &SEPTETS).unwrap_or(self.opening_septets),
            lines: number(&written.lines, &LINES).or(self.lines),
            idle_s: number(&written.idle_seconds, &SECONDS).unwrap_or(self.idle_s),
            session_s: number(&written.session_seconds, &SECONDS).unwrap_or(self.session_s),
            forbidden: match &written.forbidden {
                None => self.forbidden.clone(),
                Some(word) => {
                    if word.value.chars().any(|c| c.is_alphanumeric() || c.is_whitespace()) {
                        let fault = Fault::new("E01", word.at, "letters, digits and spaces cannot be forbidden");
                        faults.push(fault.fix("write the signs that the gateway refuses, such as <>&"));
                    }
                    word.value.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace()).collect()
                }
            },
            free: written.free.as_ref().map_or(self.free, |free| free.value),
            two_way: written.two_way.as_ref().map_or(self.two_way, |two_way| two_way.value),
        }
    }
}

/// A number as written; one out of bounds is a fault.
pub(super) fn within(written: &Located<i64>, range: &RangeInclusive<i64>, faults: &mut Vec<Fault>) -> usize {
    if !range.contains(&written.value) {
        let fix = format!("write {} to {}", range.start(), range.end());
        faults.push(Fault::new("E01", written.at, format!("{} is out of bounds", written.value)).fix(fix));
    }
    usize::try_from(written.value.clamp(*range.start(), *range.end())).unwrap_or_default()
}
