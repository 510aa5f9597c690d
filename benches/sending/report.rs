//! The figures of each run, and the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::options::Options;
use crate::sink::Seen;

/// What was measured of one run. Rates are in messages a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) name: &'static str,
    sent: f64,
    reported: f64,
    done: f64,
    /// Processor time of a message, in microseconds.
    processor_us: f64,
    /// Messages a second while they were queued beforehand.
    queued: Option<f64>,
    odd: u64,
    refused: u64,
}

/// A figure of a run.
type Figure = fn(&Run) -> f64;

impl Run {
    pub(crate) fn new(
        name: &'static str,
        options: &Options,
        seen: &Seen,
        done_us: u64,
        processor: Duration,
        queued: Option<Duration>,
    ) -> Self {
        let messages = f64::from(options.messages);
        let rate = |until_us: u64| {
            messages / Duration::from_micros(until_us.saturating_sub(seen.taken.first_us()).max(1)).as_secs_f64()
        };
        Self {
            name,
            sent: rate(seen.taken.last_us()),
            reported: rate(seen.acknowledged.last_us()),
            done: rate(done_us),
            processor_us: processor.as_secs_f64() * 1e6 / messages,
            queued: queued.map(|took| messages / took.as_secs_f64()),
            odd: seen.odd.load(Ordering::Relaxed),
            refused: seen.refused.load(Ordering::Relaxed),
        }
    }

    /// All of it on a line.
    pub(crate) fn line(&self) -> String {
        let Self { name, sent, reported, done, processor_us, odd, refused, .. } = self;
        let queued = self.queued.map_or(String::new(), |queued| format!(", queued at {queued:.0}/s before"));
        format!(
            "{name}: {sent:.0} sent/s, {reported:.0} reported/s, {done:.0} done/s; {processor_us:.0} us of processor a \
             message{queued}; {odd} messages sent twice, {refused} reports brought again"
        )
    }
}

/// All runs.
#[derive(Debug)]
pub(crate) struct Report {
    head: String,
    runs: BTreeMap<&'static str, Vec<Run>>,
}

impl Report {
    pub(crate) fn new(options: &Options, fsync_us: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let head = format!("{} messages a run, {cores} cores, an fsync of 4 KiB takes {fsync_us} us", options.messages);
        Self { head, runs: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, run: Run) {
        self.runs.entry(run.name).or_default().push(run);
    }

    fn median(&self, name: &str, figure: impl Fn(&Run) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.runs.get(name).into_iter().flatten().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The table: each round, medians, and ratios.
    pub(crate) fn markdown(&self) -> String {
        let figures: [(&str, Figure); 4] = [
            ("sent/s", |run| run.sent),
            ("reported/s", |run| run.reported),
            ("done/s", |run| run.done),
            ("processor us/message", |run| run.processor_us),
        ];
        let mut text = format!("{}\n\n| | | each round | median |\n|---|---|--:|--:|\n", self.head);
        for (name, runs) in &self.runs {
            for (what, figure) in figures {
                let each: Vec<String> = runs.iter().map(|run| format!("{:.0}", figure(run))).collect();
                // Writing to a text cannot fail.
                let _ = writeln!(text, "| {name} | {what} | {} | {:.0} |", each.join(", "), self.median(name, figure));
            }
        }
        let others: Vec<&str> = self.runs.keys().copied().filter(|name| *name != "kaziline").collect();
        if others.is_empty() || !self.runs.contains_key("kaziline") {
            return text;
        }
        for (what, figure) in figures.into_iter().take(3) {
            let fastest =
                others.iter().map(|name| (self.median(name, figure), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
            let (theirs, name) = fastest.unwrap_or((f64::NAN, ""));
            let ours = self.median("kaziline", figure);
            let _ = writeln!(text, "\n{what}: {:.2} times the fastest of Kannel's ({name})", ours / theirs);
        }
        text
    }
}
