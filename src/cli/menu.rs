//! `kaziline menu check` and `kaziline menu test`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::dial::read_transcript;
use super::{Verdict, block_on, print, print_json};
use crate::actions;
use crate::app::{Core, DEMO_NOW_MS, demo_host, menu_sources};
use crate::clock::{Clock, SimulatedClock};
use crate::menu::{self, Sources};
use crate::phone::transcript::{Difference, run};
use crate::phone::{Handset, InProcess};

/// Check and test menus
#[derive(Debug, Subcommand)]
pub(super) enum Menu {
    /// Prove a bundle: every fault with its place and its mending
    Check {
        /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
        dir: Option<PathBuf>,
        /// Faults as JSON
        #[arg(long)]
        json: bool,
    },
    /// Play transcripts, each on an invented population of its own
    Test {
        /// Transcripts (else every .txt in the menus' folder tests/)
        files: Vec<PathBuf>,
        /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
        #[arg(long, value_name = "DIR")]
        menus: Option<PathBuf>,
        /// Results as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Menu {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Menu::Check { dir, json } => check(dir.as_deref(), json),
            Menu::Test { files, menus, json } => test(files, menus.as_deref(), json),
        }
    }
}

fn check(dir: Option<&Path>, json: bool) -> anyhow::Result<Verdict> {
    let sources = menu_sources(dir)?;
    let built = menu::build(&sources, actions::manifest(), &demo_host()?);
    match (built, json) {
        (Ok(_), true) => print("[]\n")?,
        (Ok(_), false) => print(&format!("{} files, no faults\n", sources.files.len()))?,
        (Err(report), true) => {
            print_json(&report.records())?;
            return Ok(Verdict::FaultsFound);
        }
        (Err(report), false) => {
            print(&report.render())?;
            return Ok(Verdict::FaultsFound);
        }
    }
    Ok(Verdict::Good)
}

/// What became of one transcript, for a machine.
#[derive(serde::Serialize)]
struct Played {
    file: String,
    differences: Vec<PlayedDifference>,
}

#[derive(serde::Serialize)]
struct PlayedDifference {
    line: usize,
    what: String,
}

fn test(files: Vec<PathBuf>, menus: Option<&Path>, json: bool) -> anyhow::Result<Verdict> {
    let files =
        if files.is_empty() { transcripts_in(&menus.unwrap_or(Path::new("menus")).join("tests"))? } else { files };
    let sources = menu_sources(menus)?;
    let mut played = Vec::new();
    for file in files {
        let differences = block_on(play(&file, &sources))??;
        let name = file.display().to_string();
        if !json {
            let verdict = if differences.is_empty() { "ok" } else { "FAILED" };
            print(&format!("{name} ... {verdict}\n"))?;
            differences.iter().try_for_each(|found| print(&format!("{name}: {found}\n")))?;
        }
        let differences = differences.into_iter().map(|Difference { line, what }| PlayedDifference { line, what });
        played.push(Played { file: name, differences: differences.collect() });
    }
    let failed = played.iter().filter(|played| !played.differences.is_empty()).count();
    if json {
        print_json(&played)?;
    } else {
        print(&format!("{} transcripts, {failed} failed\n", played.len()))?;
    }
    Ok(if failed == 0 { Verdict::Good } else { Verdict::FaultsFound })
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

/// Plays one transcript in a world of its own: what one does, another does not see.
async fn play(file: &Path, sources: &Sources) -> anyhow::Result<Vec<Difference>> {
    let transcript = read_transcript(file)?;
    let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, sources.clone()).await?;
    let service_code = core.service.host.short_code.clone();
    let network = InProcess::new(core, "demo", Some(clock));
    Ok(run(&transcript, &mut Handset::new(network, &service_code, "+250788000001", "test")).await)
}
