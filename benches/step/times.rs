//! Times of one thing, and the line of the table that they make.

/// Nanoseconds, one for each time it was done.
#[derive(Debug)]
pub(crate) struct Times(Vec<u64>);

impl Times {
    pub(crate) fn of(mut nanoseconds: Vec<u64>) -> Self {
        nanoseconds.sort_unstable();
        Self(nanoseconds)
    }

    /// The value below which `per_mille` of a thousand lie.
    fn at(&self, per_mille: usize) -> u64 {
        let rank = (self.0.len() * per_mille).div_ceil(1_000).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    /// Microseconds with two decimals.
    fn us(&self, per_mille: usize) -> String {
        let hundredths = (self.at(per_mille) + 5) / 10;
        format!("{}.{:02} us", hundredths / 100, hundredths % 100)
    }

    pub(crate) fn line(&self, what: &str, budget: &str) -> String {
        format!("| {what} | {} | {} | {} | {budget} |", self.0.len(), self.us(500), self.us(990))
    }
}

/// What one call takes.
pub(crate) fn timed<T>(f: impl FnOnce() -> T) -> (u64, T) {
    let began = std::time::Instant::now();
    let result = f();
    (u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX), result)
}
