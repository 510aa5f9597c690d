//! The figures as a table for `docs/performance.md` and as JSON. Each stands beside its budget.

use std::fmt::Write as _;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::inside::Inside;
use crate::options::Options;
use crate::sample::{Faults, Sample, float, median, milliseconds};
use crate::servers::{Bench, Server};

/// Of the bare handler's rate, at [`BUDGET_CONNECTIONS`] connections.
const BUDGET_RATIO: f64 = 0.35;
/// Of the rate on SQLite, for PostgreSQL.
const BUDGET_ENGINES: f64 = 0.15;
const BUDGET_CONNECTIONS: usize = 64;
/// Milliseconds of the 99th percentile at 1,000 hops/s.
const BUDGET_P99_MS: u32 = 10;
/// The same with every fsync slower by 5 ms.
const BUDGET_SLOW_P99_MS: u32 = 40;
/// Megabytes of peak memory.
const BUDGET_MEMORY_MB: f64 = 100.0;

/// The rounds of two servers at one number of connections.
#[derive(Clone, Debug)]
pub(crate) struct ClosedRow {
    pub(crate) connections: usize,
    /// What is measured against.
    pub(crate) base: Vec<Sample>,
    pub(crate) measured: Vec<Sample>,
}

impl ClosedRow {
    pub(crate) fn new(connections: usize) -> Self {
        Self { connections, base: Vec::new(), measured: Vec::new() }
    }

    /// The median of the rounds' ratios: the two of a round ran one right after the other.
    fn ratio(&self) -> f64 {
        let pairs = self.base.iter().zip(&self.measured);
        median(pairs.map(|(base, measured)| measured.rate() / base.rate().max(f64::MIN_POSITIVE)))
    }

    fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.base.iter().chain(&self.measured)
    }

    /// A line of a table, under [`closed_heading`].
    fn write(&self, out: &mut String, budget: f64) -> std::fmt::Result {
        let Self { connections, base, measured } = self;
        let budget = if *connections == BUDGET_CONNECTIONS { format!(">= {budget}") } else { String::new() };
        writeln!(
            out,
            "| {connections} | {:.0} ({:.1}) | {:.0} ({:.1}, {:.1}) | {:.2} | {budget} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} \
             | {} |",
            of(base, Sample::rate),
            of(base, |sample| milliseconds(sample.p99_us)),
            of(measured, Sample::rate),
            of(measured, |sample| milliseconds(sample.p50_us)),
            of(measured, |sample| milliseconds(sample.p99_us)),
            self.ratio(),
            of(base, |sample| sample.per_hop(sample.server_us)),
            of(measured, |sample| sample.per_hop(sample.server_us)),
            of(measured, |sample| sample.per_hop(sample.writer_us)),
            of(measured, |sample| sample.per_hop(sample.until_idle_us)),
            of(measured, |sample| sample.per_hop(sample.generator_us)),
            faults(self.samples()).count,
        )
    }
}

/// What two servers by turns were, as the head of their table.
fn closed_heading(out: &mut String, rows: &[ClosedRow], base: &str, measured: &str) -> std::fmt::Result {
    let [first, ..] = rows else { return Ok(()) };
    let (rounds, seconds) = (first.base.len(), of(&first.base, |sample| sample.seconds));
    writeln!(out, "\nClosed loop, {base} and {measured} by turns; medians of {rounds} rounds of {seconds:.1} s.\n")?;
    writeln!(
        out,
        "| connections | {base} hops/s (p99 ms) | {measured} hops/s (p50, p99 ms) | ratio | budget | server CPU us/hop: \
         {base} | {measured} | of it the writer | with deferred work | generator | errors |"
    )?;
    writeln!(out, "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
}

/// One run at a fixed rate.
#[derive(Clone, Debug)]
pub(crate) struct OpenRow {
    pub(crate) fsync_delay_us: u32,
    pub(crate) fsyncs: Option<u64>,
    pub(crate) memory_kib: u64,
    pub(crate) rate: u32,
    /// Publications of menus meanwhile.
    pub(crate) published: u32,
    pub(crate) sample: Sample,
}

/// All figures of one call.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    heading: Vec<String>,
    mix: String,
    pub(crate) inside: Vec<Inside>,
    pub(crate) closed: Vec<ClosedRow>,
    pub(crate) engines: Vec<ClosedRow>,
    pub(crate) open: Vec<OpenRow>,
    notes: Vec<(&'static str, Value)>,
}

fn of(samples: &[Sample], figure: impl Fn(&Sample) -> f64) -> f64 {
    median(samples.iter().map(figure))
}

fn faults<'a>(samples: impl Iterator<Item = &'a Sample>) -> Faults {
    samples.fold(Faults::default(), |mut all, sample| {
        all.merge(sample.faults.clone());
        all
    })
}

/// Megabytes, as the budget counts them.
fn megabytes(kib: u64) -> f64 {
    float(kib) * 1.024 / 1_000.0
}

impl Report {
    pub(crate) fn new(options: &Options, bench: &Bench) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let mix = options.mix.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let fsync = bench.fsync_us().map_or_else(|error| error.to_string(), |us| format!("{us} us"));
        let heading = vec![
            format!("Mix `{mix}`, {cores} cores for server and generator together, seed {}.", options.seed),
            format!("A write of 4 KiB and its fsync take {fsync} on this disk (median)."),
        ];
        Self {
            heading,
            mix,
            inside: Vec::new(),
            closed: Vec::new(),
            engines: Vec::new(),
            open: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// What a server's process shows after a closed loop.
    pub(crate) fn note_server(&mut self, server: &Server) -> Result<()> {
        let (memory_kib, data_bytes) = (server.peak_memory_kib()?, server.data_bytes()?);
        let megabytes = megabytes(memory_kib);
        let data = float(data_bytes) / 1e6;
        self.heading.push(format!(
            "{}: ready after {} ms, peak memory of the closed loops {megabytes:.0} MB, {data:.0} MB of data at their end.",
            server.name, server.ready_ms
        ));
        let note = json!({ "ready_ms": server.ready_ms, "peak_memory_kib": memory_kib, "data_bytes": data_bytes });
        self.notes.push((server.name, note));
        Ok(())
    }

    /// Hops that were answered wrongly, in all parts.
    pub(crate) fn errors(&self) -> u64 {
        self.faults().count
    }

    fn faults(&self) -> Faults {
        let closed = self.closed.iter().chain(&self.engines).flat_map(ClosedRow::samples);
        faults(closed.chain(self.open.iter().map(|row| &row.sample)))
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a String does not fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        for line in &self.heading {
            writeln!(out, "{line}")?;
        }
        if !self.inside.is_empty() {
            writeln!(out, "\nHops without HTTP, threads and disk, on a store in memory.\n")?;
            writeln!(out, "| hop of the walk | times | median us | mean us | p99 us |")?;
            writeln!(out, "|---|--:|--:|--:|--:|")?;
        }
        for Inside { hop, times, median_us, mean_us, p99_us } in &self.inside {
            writeln!(out, "| {hop} | {times} | {median_us:.1} | {mean_us:.1} | {p99_us:.1} |")?;
        }
        closed_heading(out, &self.closed, "bare", "Kaziline")?;
        self.closed.iter().try_for_each(|row| row.write(out, BUDGET_RATIO))?;
        closed_heading(out, &self.engines, "SQLite", "PostgreSQL")?;
        self.engines.iter().try_for_each(|row| row.write(out, BUDGET_ENGINES))?;
        if !self.open.is_empty() {
            writeln!(out, "\nOpen loop, each on a service of its own; a hop's time counts from when it was due.\n")?;
            writeln!(
                out,
                "| offered hops/s | fsync slower by | publications | hops | p50 ms | p99 ms | budget | p99.9 ms | max ms | server CPU \
                 us/hop | peak memory MB | budget | fsyncs | errors |"
            )?;
            writeln!(out, "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        }
        for OpenRow { fsync_delay_us, fsyncs, memory_kib, rate, published, sample } in &self.open {
            let budget_ms = if *fsync_delay_us == 0 { BUDGET_P99_MS } else { BUDGET_SLOW_P99_MS };
            let fsyncs = fsyncs.map_or_else(|| "-".to_owned(), |fsyncs| fsyncs.to_string());
            writeln!(
                out,
                "| {rate} | {} ms | {published} | {} | {:.2} | {:.2} | <= {budget_ms} | {:.2} | {:.2} | {:.1} | {:.0} | <= {BUDGET_MEMORY_MB} | \
                 {fsyncs} | {} |",
                milliseconds(*fsync_delay_us),
                sample.hops,
                milliseconds(sample.p50_us),
                milliseconds(sample.p99_us),
                milliseconds(sample.p999_us),
                milliseconds(sample.max_us),
                sample.per_hop(sample.server_us),
                megabytes(*memory_kib),
                sample.faults.count,
            )?;
        }
        let all = self.faults();
        all.first.as_ref().map_or(Ok(()), |_| writeln!(out, "\n{all}"))
    }

    pub(crate) fn json(&self) -> String {
        let inside = self.inside.iter().map(|row| {
            json!({
                "hop": row.hop,
                "times": row.times,
                "median_us": row.median_us,
                "mean_us": row.mean_us,
                "p99_us": row.p99_us,
            })
        });
        let closed = |rows: &[ClosedRow], base: &str, measured: &str| {
            let row = |row: &ClosedRow| {
                json!({
                    "connections": row.connections,
                    "ratio": row.ratio(),
                    base: row.base.iter().map(figures).collect::<Vec<Value>>(),
                    measured: row.measured.iter().map(figures).collect::<Vec<Value>>(),
                })
            };
            rows.iter().map(row).collect::<Vec<Value>>()
        };
        let open = self.open.iter().map(|row| {
            json!({
                "rate": row.rate,
                "fsync_delay_us": row.fsync_delay_us,
                "fsyncs": row.fsyncs,
                "published": row.published,
                "peak_memory_kib": row.memory_kib,
                "sample": figures(&row.sample),
            })
        });
        let notes: serde_json::Map<String, Value> =
            self.notes.iter().map(|(name, note)| ((*name).to_owned(), note.clone())).collect();
        let all = json!({
            "mix": self.mix,
            "servers": notes,
            "inside": inside.collect::<Vec<Value>>(),
            "closed": closed(&self.closed, "bare", "kaziline"),
            "engines": closed(&self.engines, "sqlite", "postgres"),
            "open": open.collect::<Vec<Value>>(),
        });
        format!("{all:#}\n")
    }
}

fn figures(sample: &Sample) -> Value {
    json!({
        "hops": sample.hops,
        "seconds": sample.seconds,
        "hops_per_second": sample.rate(),
        "p50_us": sample.p50_us,
        "p99_us": sample.p99_us,
        "p999_us": sample.p999_us,
        "max_us": sample.max_us,
        "server_cpu_us": sample.server_us,
        "writer_cpu_us": sample.writer_us,
        "server_cpu_until_idle_us": sample.until_idle_us,
        "generator_cpu_us": sample.generator_us,
        "errors": sample.faults.count,
    })
}
