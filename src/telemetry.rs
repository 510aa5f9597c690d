//! What the service tells about itself: log lines, and counters for `/metrics`. Neither carries numbers, names or texts.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error, at most once in a process, and makes panics log their place alone.
///
/// `level` is for our own lines; libraries speak from `warn` on, since their finer lines may quote what they carry.
pub fn start(json: bool, level: &str) {
    let filter = EnvFilter::new(format!("warn,kaziline={level}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second start keeps the first one's settings: there is one standard error.
    let started = if json { builder.json().try_init() } else { builder.compact().try_init() };
    if started.is_ok() {
        log_panics();
    }
}

/// A panic's message may hold a caller's words (an `expect` on a parsed input): only the place is logged.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(place, "a panic: this is a fault of the program");
    }));
}

/// What became of a hop, as far as the web surface sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HopOutcome {
    /// A screen that waits for an answer.
    Continue,
    /// A last screen.
    End,
    /// A stored answer, given again.
    Repeated,
    /// An apology: nothing happened.
    Apologised,
    /// The news that a session is over.
    Closed,
    /// Not a request of the channel's dialect.
    Refused,
}

impl HopOutcome {
    const ALL: [HopOutcome; 6] = [
        HopOutcome::Continue,
        HopOutcome::End,
        HopOutcome::Repeated,
        HopOutcome::Apologised,
        HopOutcome::Closed,
        HopOutcome::Refused,
    ];

    fn label(self) -> &'static str {
        match self {
            HopOutcome::Continue => "continue",
            HopOutcome::End => "end",
            HopOutcome::Repeated => "repeated",
            HopOutcome::Apologised => "apologised",
            HopOutcome::Closed => "closed",
            HopOutcome::Refused => "refused",
        }
    }
}

/// Counts the hops of one channel.
#[derive(Debug)]
pub struct HopCounter {
    channel: Arc<str>,
    counts: [AtomicU64; HopOutcome::ALL.len()],
}

impl HopCounter {
    /// A counter at zero.
    pub fn new(channel: Arc<str>) -> Self {
        Self { channel, counts: Default::default() }
    }

    /// Counts one hop.
    pub fn count(&self, outcome: HopOutcome) {
        for (each, count) in HopOutcome::ALL.iter().zip(&self.counts) {
            if *each == outcome {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// One figure with its labels, in Prometheus' text format.
#[derive(Debug)]
pub struct Figure {
    name: &'static str,
    text: String,
}

impl Figure {
    /// A figure that only grows.
    pub fn counter(name: &'static str, help: &str) -> Self {
        Self { name, text: format!("# HELP {name} {help}\n# TYPE {name} counter\n") }
    }

    /// A figure that goes up and down.
    pub fn gauge(name: &'static str, help: &str) -> Self {
        Self { name, text: format!("# HELP {name} {help}\n# TYPE {name} gauge\n") }
    }

    /// Adds a value. What labels hold is ours (names of channels, words of the code): nothing to be escaped.
    pub fn add(&mut self, labels: &[(&str, &str)], value: i64) {
        let labels: Vec<String> = labels.iter().map(|(name, label)| format!("{name}=\"{label}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{labels} {value}", self.name);
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The counters in Prometheus' text format. `unknown` counts requests to no channel, or with a wrong secret.
pub fn render<'a>(counters: impl IntoIterator<Item = &'a HopCounter>, unknown: &AtomicU64) -> String {
    let mut out = String::from(
        "# HELP kaziline_hops_total USSD hops by channel and outcome.\n# TYPE kaziline_hops_total counter\n",
    );
    for counter in counters {
        for (outcome, count) in HopOutcome::ALL.iter().zip(&counter.counts) {
            let (channel, outcome, count) = (&counter.channel, outcome.label(), count.load(Ordering::Relaxed));
            // Writing to a string does not fail; names of channels need no escaping (config.rs sees to it).
            let _ = writeln!(out, "kaziline_hops_total{{channel=\"{channel}\",outcome=\"{outcome}\"}} {count}");
        }
    }
    let count = unknown.load(Ordering::Relaxed);
    let _ = writeln!(
        out,
        "# HELP kaziline_hooks_unknown_total Requests to a hook of no channel, or with a wrong secret.\n\
         # TYPE kaziline_hooks_unknown_total counter\nkaziline_hooks_unknown_total {count}"
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_under_its_name_with_its_labels() {
        let mut figure = Figure::gauge("kaziline_x", "What it is.");
        figure.add(&[("channel", "mtn"), ("why", "")], 3);
        figure.add(&[], -1);
        let wanted = "# HELP kaziline_x What it is.\n# TYPE kaziline_x gauge\n\
                      kaziline_x{channel=\"mtn\",why=\"\"} 3\nkaziline_x -1\n";
        assert_eq!(figure.text(), wanted);
    }

    #[test]
    fn counts_come_out_under_their_labels() {
        let counter = HopCounter::new("mtn".into());
        counter.count(HopOutcome::Continue);
        counter.count(HopOutcome::Continue);
        counter.count(HopOutcome::Refused);
        let text = render([&counter], &AtomicU64::new(7));
        for line in [
            "kaziline_hops_total{channel=\"mtn\",outcome=\"continue\"} 2",
            "kaziline_hops_total{channel=\"mtn\",outcome=\"end\"} 0",
            "kaziline_hops_total{channel=\"mtn\",outcome=\"refused\"} 1",
            "kaziline_hooks_unknown_total 7",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
    }
}
