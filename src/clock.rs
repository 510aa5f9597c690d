//! Time, as an argument: the one file that reads a clock, and the source of the identifiers that are made from it.
//!
//! Everything else is handed `now_ms` (milliseconds since 1970-01-01T00:00Z) or an `Arc<dyn Clock>`, so that the whole
//! service runs on a simulated clock in the tests.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::storage::IdBlock;

/// What the service may ask of time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Milliseconds since the Unix epoch. May jump when the machine's clock is set.
    fn now_ms(&self) -> i64;
    /// Microseconds on a clock that never jumps: for durations and deadlines, never for records.
    fn monotonic_us(&self) -> i64;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn default() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic_us(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands still until it is told to go on.
#[derive(Debug)]
pub struct SimulatedClock {
    now_ms: AtomicI64,
}

impl SimulatedClock {
    /// A clock that shows `now_ms`.
    pub fn at(now_ms: i64) -> Self {
        Self { now_ms: AtomicI64::new(now_ms) }
    }

    /// Lets `ms` milliseconds pass.
    pub fn advance(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn monotonic_us(&self) -> i64 {
        self.now_ms().saturating_mul(1000)
    }
}

/// Hands out blocks of identifiers: 42 bits of milliseconds, 6 of node, 15 of sequence, never twice on one node.
///
/// Identifiers are made by the caller of a transaction and captured, since the transaction may run again; hence blocks.
#[derive(Debug)]
pub struct IdSource {
    node: i64,
    last: AtomicI64,
}

/// Identifiers in one block: what one hop or one import row may use up.
pub const ID_BLOCK_LEN: i64 = 16;
const NODE_BITS: i64 = 6;
const SEQUENCE_BITS: i64 = 15;
/// Milliseconds between 1970 and 2025: identifiers count from there, which leaves them room until the year 2164.
const EPOCH_MS: i64 = FIRST_MS;
/// The first moment of 2025, in milliseconds since the epoch: a clock that shows an earlier one was never set.
pub const FIRST_MS: i64 = 1_735_689_600_000;

/// The smallest identifier that can have been made at this time or later.
pub fn first_id_at(ms: i64) -> i64 {
    (ms - EPOCH_MS).max(0) << (NODE_BITS + SEQUENCE_BITS)
}

impl IdSource {
    /// A source for node `node` (0 to 63).
    pub fn for_node(node: u8) -> Self {
        Self { node: i64::from(node) % (1 << NODE_BITS), last: AtomicI64::new(0) }
    }

    /// A block that no other call has been or will be given. A clock that steps back, or more than 2,048 blocks in one
    /// millisecond, only make the identifiers run ahead of the clock.
    pub fn block(&self, now_ms: i64) -> IdBlock {
        let earliest = (now_ms - EPOCH_MS).max(1) << SEQUENCE_BITS;
        let mut seen = self.last.load(Ordering::Relaxed);
        loop {
            let start = earliest.max(seen + ID_BLOCK_LEN);
            match self.last.compare_exchange_weak(seen, start, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    let (ms, sequence) = (start >> SEQUENCE_BITS, start & ((1 << SEQUENCE_BITS) - 1));
                    let first = (((ms << NODE_BITS) | self.node) << SEQUENCE_BITS) | sequence;
                    return IdBlock::new(first, ID_BLOCK_LEN);
                }
                Err(now) => seen = now,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_never_overlap_even_when_the_clock_steps_back() {
        let source = IdSource::for_node(3);
        let mut firsts: Vec<i64> = (0..5000).map(|i| source.block(1_800_000_000_000 - i % 7).first()).collect();
        firsts.sort_unstable();
        assert!(firsts.windows(2).all(|pair| pair[1] - pair[0] >= ID_BLOCK_LEN));
        assert!(firsts.iter().all(|first| *first > 0));
    }

    #[test]
    fn identifiers_are_ordered_by_time() {
        let source = IdSource::for_node(63);
        let at = 1_800_000_000_000;
        let made = source.block(at).first();
        assert!(first_id_at(at) <= made && made < first_id_at(at + 1));
    }

    #[test]
    fn two_nodes_never_share_an_identifier() {
        let (a, b) = (IdSource::for_node(0), IdSource::for_node(1));
        let a: std::collections::BTreeSet<i64> = (0..500).map(|_| a.block(1_800_000_000_000).first()).collect();
        assert!((0..500).all(|_| !a.contains(&b.block(1_800_000_000_000).first())));
    }
}
