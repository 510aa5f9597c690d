//! One run against one server: how many hops, how long each took, and what the server spent on them.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::options::Options;
use crate::servers::{Server, Usage};

/// Faults of a run: how many, and one to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) count: u64,
    pub(crate) first: Option<String>,
}

impl Faults {
    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(what);
    }

    pub(crate) fn merge(&mut self, other: Faults) {
        self.count += other.count;
        self.first = self.first.take().or(other.first);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} errors", self.count)?;
        self.first.as_ref().map_or(Ok(()), |first| write!(f, ", the first: {first}"))
    }
}

/// What the generator saw while it counted. Times are in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) latencies_us: Vec<u32>,
    pub(crate) faults: Faults,
}

impl Seen {
    pub(crate) fn note(&mut self, latency: Duration) {
        self.latencies_us.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn merge(&mut self, other: Seen) {
        self.latencies_us.extend(other.latencies_us);
        self.faults.merge(other.faults);
    }
}

/// Reads the server's and our own processor time when counting begins and when it ends.
#[derive(Debug)]
pub(crate) struct Marks<'a> {
    server: &'a Server,
    begun: Option<(Instant, Usage)>,
    ended: Option<(Instant, Usage)>,
}

impl Marks<'_> {
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.begun = Some((Instant::now(), self.server.usage()?));
        Ok(())
    }

    pub(crate) fn end(&mut self) -> Result<()> {
        self.ended = Some((Instant::now(), self.server.usage()?));
        Ok(())
    }
}

/// The figures of one run.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) hops: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_us: u32,
    pub(crate) p99_us: u32,
    pub(crate) p999_us: u32,
    pub(crate) max_us: u32,
    /// Processor time of the server while counting.
    pub(crate) server_us: u64,
    /// Of that, the thread that writes the database.
    pub(crate) writer_us: u64,
    /// Processor time of the server from the beginning of the counting until it had nothing more to do.
    pub(crate) until_idle_us: u64,
    /// Processor time of the generator while counting.
    pub(crate) generator_us: u64,
    pub(crate) faults: Faults,
}

impl Sample {
    /// Runs `run`, then waits until the server has dealt with what the run left behind.
    pub(crate) fn take(
        server: &Server,
        options: &Options,
        run: impl FnOnce(&mut Marks<'_>) -> Result<Seen>,
    ) -> Result<Self> {
        let mut marks = Marks { server, begun: None, ended: None };
        let mut seen = run(&mut marks)?;
        let (begun_at, before) = marks.begun.unwrap_or((Instant::now(), Usage::default()));
        let (ended_at, after) = marks.ended.unwrap_or((Instant::now(), Usage::default()));
        let idle = if options.smoke { server.usage()? } else { server.wait_until_idle()? };
        seen.latencies_us.sort_unstable();
        let sorted = &seen.latencies_us;
        Ok(Self {
            hops: sorted.len() as u64,
            seconds: ended_at.duration_since(begun_at).as_secs_f64(),
            p50_us: percentile(sorted, 500),
            p99_us: percentile(sorted, 990),
            p999_us: percentile(sorted, 999),
            max_us: sorted.last().copied().unwrap_or_default(),
            server_us: microseconds(after.server.saturating_sub(before.server)),
            writer_us: microseconds(after.writer.saturating_sub(before.writer)),
            until_idle_us: microseconds(idle.server.saturating_sub(before.server)),
            generator_us: microseconds(after.generator.saturating_sub(before.generator)),
            faults: seen.faults,
        })
    }

    pub(crate) fn rate(&self) -> f64 {
        float(self.hops) / self.seconds.max(f64::MIN_POSITIVE)
    }

    /// Microseconds of `total_us` for each hop.
    pub(crate) fn per_hop(&self, total_us: u64) -> f64 {
        float(total_us) / float(self.hops.max(1))
    }

    /// One line for a person who waits.
    pub(crate) fn line(&self, name: &str) -> String {
        format!(
            "{name}: {:.0} hops/s, p50 {:.2} ms, p99 {:.2} ms, server {:.1} us/hop, generator {:.1} us/hop, {}",
            self.rate(),
            milliseconds(self.p50_us),
            milliseconds(self.p99_us),
            self.per_hop(self.server_us),
            self.per_hop(self.generator_us),
            self.faults,
        )
    }
}

/// The value below which `per_mille` of a thousand lie; exact, since every hop was kept.
pub(crate) fn percentile(sorted: &[u32], per_mille: usize) -> u32 {
    let rank = (sorted.len() * per_mille).div_ceil(1_000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The middle of an odd number of figures, the mean of the two in the middle of an even one.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    f64::midpoint(at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2))
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn milliseconds(us: u32) -> f64 {
    f64::from(us) / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts and microseconds of a run are far below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
