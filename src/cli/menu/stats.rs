//! `kaziline menu stats`: how screens fare, by what is asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};

use super::super::desk::Desk;
use super::super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::web::visits::ScreenStat;

/// Tell how screens fare: shown, answered, wrong, back, dropped, seconds until something is typed
#[derive(Debug, Args)]
pub(in crate::cli) struct Stats {
    /// Days that are counted, today included
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i32).range(1..=3_650))]
    days: i32,
    /// A line for each of these, too
    #[arg(long, value_enum)]
    by: Vec<By>,
    /// Only screens whose name begins so, such as register.
    #[arg(long, value_name = "NAME", default_value = "")]
    state: String,
    /// Compare two bundles, by how their hashes begin
    #[arg(long, num_args = 2, value_names = ["HASH", "HASH"])]
    compare: Vec<String>,
    /// The figures as they are kept, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Language,
    Channel,
    Bundle,
}

/// Hexadecimal digits of a bundle that a table shows.
const HASH_DIGITS: usize = 8;

#[derive(Clone, Copy, Default)]
struct Sum {
    shown: i64,
    answered: i64,
    wrong: i64,
    back: i64,
    dropped: i64,
    waited_ms: i64,
}

impl Sum {
    fn add(&mut self, stat: &ScreenStat) {
        self.shown += stat.shown;
        self.answered += stat.answered;
        self.wrong += stat.wrong;
        self.back += stat.back;
        self.dropped += stat.dropped;
        self.waited_ms += stat.waited_ms;
    }

    /// Per cent of the times that it was shown.
    fn percent(&self, part: i64) -> String {
        (part * 100).checked_div(self.shown).map_or("-".to_owned(), |percent| format!("{percent}%"))
    }

    /// Seconds until something was typed.
    fn seconds(&self) -> String {
        let typed = self.answered + self.wrong + self.back;
        self.waited_ms.checked_div(typed * 1_000).map_or("-".to_owned(), |seconds| seconds.to_string())
    }
}

impl Stats {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let config = self.config.load(Vec::new())?;
        let path = format!("/menus/stats?days={}", self.days);
        let mut stats: Vec<ScreenStat> = block_on(async {
            let desk = Desk::open(&config).await?;
            let stats = desk.get(&path).await;
            desk.close().await?;
            stats
        })??;
        stats.retain(|stat| stat.state.starts_with(&self.state));
        if self.json {
            print_json(&stats)?;
        } else if let [before, after] = self.compare.as_slice() {
            print(&compared(&stats, before, after))?;
        } else {
            print(&self.table(&stats))?;
        }
        Ok(Verdict::Good)
    }

    fn table(&self, stats: &[ScreenStat]) -> String {
        let mut sums: BTreeMap<Vec<String>, Sum> = BTreeMap::new();
        for stat in stats {
            let parts = self.by.iter().map(|by| match by {
                By::Language => stat.language.clone(),
                By::Channel => stat.channel.clone(),
                By::Bundle => stat.bundle.chars().take(HASH_DIGITS).collect(),
            });
            sums.entry(std::iter::once(stat.state.clone()).chain(parts).collect()).or_default().add(stat);
        }
        let head = ["shown", "answered", "wrong", "back", "dropped", "seconds"];
        let mut out = format!("{:<40}", "screen");
        for title in &head {
            let _ = write!(out, "{title:>10}");
        }
        out.push('\n');
        for (key, sum) in sums {
            let _ = write!(out, "{:<40}{:>10}{:>10}", key.join(" "), sum.shown, sum.percent(sum.answered));
            for part in [sum.wrong, sum.back, sum.dropped] {
                let _ = write!(out, "{:>10}", sum.percent(part));
            }
            let _ = writeln!(out, "{:>10}", sum.seconds());
        }
        out
    }
}

/// Both bundles beside each other, screen by screen.
fn compared(stats: &[ScreenStat], before: &str, after: &str) -> String {
    let mut sums: BTreeMap<&str, [Sum; 2]> = BTreeMap::new();
    for stat in stats {
        for (index, hash) in [before, after].into_iter().enumerate() {
            let sum = sums.entry(&stat.state).or_default().get_mut(index);
            if let Some(sum) = sum.filter(|_| stat.bundle.starts_with(hash)) {
                sum.add(stat);
            }
        }
    }
    let mut out = format!("{:<32}", "screen (before -> after)");
    for title in ["shown", "wrong", "dropped", "seconds"] {
        let _ = write!(out, "{title:>18}");
    }
    out.push('\n');
    for (state, [was, is]) in sums.into_iter().filter(|(_, sums)| sums.iter().any(|sum| sum.shown > 0)) {
        let _ = write!(out, "{state:<32}");
        for (was, is) in [
            (was.shown.to_string(), is.shown.to_string()),
            (was.percent(was.wrong), is.percent(is.wrong)),
            (was.percent(was.dropped), is.percent(is.dropped)),
            (was.seconds(), is.seconds()),
        ] {
            let _ = write!(out, "{:>18}", format!("{was} -> {is}"));
        }
        out.push('\n');
    }
    out
}
