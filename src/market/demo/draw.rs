//! Chance for the demo's population: the same on every machine.

use crate::market::job_number::mix;

/// Chance, from a seed.
pub(super) struct Draw(u64);

impl Draw {
    /// The same numbers for the same seed.
    pub(super) fn new(seed: u64) -> Draw {
        Draw(mix(seed))
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(1);
        usize::try_from(mix(self.0) >> 33).unwrap_or_default() % n.max(1)
    }

    /// One of a list; the first when the list ends early.
    pub(super) fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// A number from `low` to `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or_default()
    }
}

/// An amount in a range, as people name one: rounded to the step that its size suggests.
pub(super) fn amount(draw: &mut Draw, low: i64, high: i64) -> i64 {
    let drawn = draw.between(low, high);
    let step = match drawn {
        ..500 => 10,
        500..5_000 => 100,
        5_000..20_000 => 500,
        _ => 1_000,
    };
    (drawn / step * step).max(low)
}
