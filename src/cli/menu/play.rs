//! `kaziline menu test`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;

use super::super::dial::read_transcript;
use super::super::{Verdict, block_on, print, print_json};
use crate::app::{Core, DEMO_NOW_MS, menu_sources};
use crate::clock::{Clock, SimulatedClock};
use crate::menu::coverage::{Coverage, Walked, coverage};
use crate::menu::{Bundle, Sources};
use crate::phone::transcript::{Difference, run};
use crate::phone::{Handset, InProcess};

/// Play transcripts, each on an invented population of its own, and tell what they cover
#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// Transcripts (else every .txt in the menus' folder tests/)
    files: Vec<PathBuf>,
    /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
    #[arg(long, value_name = "DIR")]
    menus: Option<PathBuf>,
    /// Fail unless every state is reached in every language
    #[arg(long)]
    cover: bool,
    /// Results as JSON
    #[arg(long)]
    json: bool,
}

/// What became of one transcript, for a machine.
#[derive(Serialize)]
struct Played {
    file: String,
    differences: Vec<PlayedDifference>,
    /// Seconds that the longest call of it takes a slow reader and typist.
    longest_call_s: u64,
}

#[derive(Serialize)]
struct PlayedDifference {
    line: usize,
    what: String,
}

#[derive(Serialize)]
struct Results {
    transcripts: Vec<Played>,
    coverage: Option<Coverage>,
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let folder = self.menus.as_deref().unwrap_or(Path::new("menus")).join("tests");
        let files = if self.files.is_empty() { transcripts_in(&folder)? } else { self.files.clone() };
        let sources = menu_sources(self.menus.as_deref())?;
        let (mut played, mut walked, mut bundle) = (Vec::new(), BTreeSet::new(), None);
        for file in files {
            let one = block_on(play(&file, &sources))??;
            let name = file.display().to_string();
            if !self.json {
                print(&told(&name, &one))?;
            }
            let differences = one.differences.into_iter();
            let differences = differences.map(|Difference { line, what }| PlayedDifference { line, what }).collect();
            played.push(Played { file: name, differences, longest_call_s: one.longest_call_ms.div_ceil(1_000) });
            walked.extend(one.walked);
            bundle = Some(one.bundle);
        }
        // Of a few transcripts it says nothing.
        let counts = self.files.is_empty() || self.cover;
        let coverage = bundle.filter(|_| counts).map(|bundle| coverage(&bundle, &walked));
        let failed = played.iter().filter(|played| !played.differences.is_empty()).count();
        let is_covered = coverage.as_ref().is_none_or(Coverage::is_whole);
        if self.json {
            print_json(&Results { transcripts: played, coverage })?;
        } else {
            print(&format!("{} transcripts, {failed} failed\n", played.len()))?;
            coverage.iter().try_for_each(|coverage| print(&summary(coverage)))?;
        }
        Ok(if failed == 0 && (is_covered || !self.cover) { Verdict::Good } else { Verdict::FaultsFound })
    }
}

fn told(name: &str, one: &Play) -> String {
    let verdict = if one.differences.is_empty() { "ok" } else { "FAILED" };
    let mut out = format!("{name} ... {verdict}\n");
    for found in &one.differences {
        let _ = writeln!(out, "{name}: {found}");
    }
    let session_ms = u64::try_from(one.bundle.limits.session_s).unwrap_or_default() * 1_000;
    if one.longest_call_ms > session_ms {
        let (takes, limit) = (one.longest_call_ms.div_ceil(1_000), one.bundle.limits.session_s);
        let _ = writeln!(out, "{name}: a call of it takes about {takes} s; a network may end it after {limit} s");
    }
    out
}

/// Per cent, rounded down: 100 only when it is all.
fn percent(part: usize, all: usize) -> usize {
    (part * 100).checked_div(all).unwrap_or(100)
}

fn summary(coverage: &Coverage) -> String {
    let Coverage { states, states_all, ways, ways_all, missed, .. } = coverage;
    let mut out = format!(
        "states {states} of {states_all} ({} %), ways {ways} of {ways_all} ({} %)\n",
        percent(*states, *states_all),
        percent(*ways, *ways_all)
    );
    for (language, states) in missed {
        let _ = writeln!(out, "not reached in `{language}`: {}", states.join(", "));
    }
    out
}

fn transcripts_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    if files.is_empty() {
        bail!("there is no transcript (*.txt) in {}", folder.display());
    }
    Ok(files)
}

/// What came of one transcript.
struct Play {
    differences: Vec<Difference>,
    walked: BTreeSet<Walked>,
    bundle: Arc<Bundle>,
    longest_call_ms: u64,
}

/// Plays one transcript in a world of its own: what one does, another does not see.
async fn play(file: &Path, sources: &Sources) -> anyhow::Result<Play> {
    let transcript = read_transcript(file)?;
    let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let mut core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, sources.clone()).await?;
    let rehearsal = core.rehearse();
    let (service_code, bundle) = (core.service.host.short_code.clone(), Arc::clone(&core.service.bundles.now().live));
    let network = InProcess::new(core, "demo", Some(clock));
    let mut phone = Handset::new(network, &service_code, "+250788000001", "test");
    let outcome = run(&transcript, &mut phone).await;
    Ok(Play {
        differences: outcome.differences,
        walked: rehearsal.ways(),
        bundle,
        longest_call_ms: outcome.longest_call_ms,
    })
}
