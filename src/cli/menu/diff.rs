//! `kaziline menu diff`

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use super::super::desk::Desk;
use super::super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::actions;
use crate::app::{demo_host, menu_sources};
use crate::menu::diff::{Difference, Moved, compare};
use crate::menu::{self, Examined};
use crate::web::visits::StandingCalls;

/// Tell what callers will notice when one bundle follows another; exit code 1 where somebody would be stranded
#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The folder of the bundle before (`-`: the menus compiled in)
    before: PathBuf,
    /// The folder of the bundle after
    after: PathBuf,
    /// Count the calls of the configured service that stand on these screens now, or may be taken up there again
    #[arg(long)]
    standing: bool,
    /// The differences as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// The differences and, where it was asked for, who stands on the screens that are gone.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    difference: Difference,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Vec<StandingCalls>>,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let (before, after) = (proven(&self.before)?, proven(&self.after)?);
        let (Some(old), Some(new)) = (&before.bundle, &after.bundle) else {
            bail!("a bundle has faults: see `kaziline menu check`");
        };
        let difference = compare((old, &before.written), (new, &after.written));
        let standing = if self.standing { Some(self.standing_on(&difference, new.resume_ms)?) } else { None };
        let told = Told { difference, standing };
        if self.json {
            print_json(&told)?;
        } else {
            print(&told.to_string())?;
        }
        Ok(if told.difference.stranded.is_empty() { Verdict::Good } else { Verdict::FaultsFound })
    }

    /// Calls on screens that are gone, at the configured service.
    fn standing_on(&self, difference: &Difference, resume_ms: i64) -> anyhow::Result<Vec<StandingCalls>> {
        let config = self.config.load(Vec::new())?;
        let path = format!("/menus/standing?minutes={}", resume_ms / 60_000);
        let mut calls: Vec<StandingCalls> = block_on(async {
            let desk = Desk::open(&config).await?;
            let calls = desk.get(&path).await;
            desk.close().await?;
            calls
        })??;
        calls.retain(|calls| difference.stranded.contains(&calls.state));
        Ok(calls)
    }
}

fn proven(dir: &Path) -> anyhow::Result<Examined> {
    let sources = menu_sources(Some(dir).filter(|dir| *dir != Path::new("-")))?;
    let examined = menu::examine(&sources, actions::manifest(), &demo_host()?);
    if examined.bundle.is_none() {
        bail!("{}{} has faults", examined.report.render(), dir.display());
    }
    Ok(examined)
}

/// The differences as a person reads them, what hurts most first.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let difference = &self.difference;
        if difference.is_empty() {
            return writeln!(f, "no difference");
        }
        let stranded = difference.stranded.iter().map(|state| {
            let Some(standing) = &self.standing else { return state.clone() };
            let calls = standing.iter().find(|calls| calls.state == *state);
            let (live, dropped) = calls.map_or((0, 0), |calls| (calls.live, calls.dropped));
            format!("{state}: {live} calls are there now, {dropped} may be taken up again")
        });
        let moved = |moved: &Moved| format!("{}: {} -> {}", moved.what, moved.before, moved.after);
        let texts = difference.texts.iter();
        let sections = [
            ("callers would be stranded on (say under [renamed] what they became)", stranded.collect()),
            ("dialled strings that change their meaning", difference.dialled.iter().map(moved).collect()),
            ("keys that change their meaning", difference.keys.iter().map(moved).collect()),
            ("states that are gone", difference.removed.clone()),
            ("states that are new", difference.added.clone()),
            ("states that do something else", difference.changed.iter().map(moved).collect()),
            (
                "texts",
                texts
                    .map(|text| {
                        format!("{} {}\n    - {:?}\n    + {:?}", text.language, text.text, text.before, text.after)
                    })
                    .collect::<Vec<_>>(),
            ),
        ];
        for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
            writeln!(f, "{title}:")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}
