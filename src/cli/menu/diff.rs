//! `kaziline menu diff`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::super::{Verdict, print, print_json};
use crate::actions;
use crate::app::{demo_host, menu_sources};
use crate::menu::diff::{Difference, Moved, compare};
use crate::menu::{self, Examined};

/// Tell what callers will notice when one bundle follows another; exit code 1 where somebody would be stranded
#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The folder of the bundle before (`-`: the menus compiled in)
    before: PathBuf,
    /// The folder of the bundle after
    after: PathBuf,
    /// The differences as JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let (before, after) = (proven(&self.before)?, proven(&self.after)?);
        let (Some(old), Some(new)) = (&before.bundle, &after.bundle) else {
            bail!("a bundle has faults: see `kaziline menu check`");
        };
        let difference = compare((old, &before.written), (new, &after.written));
        if self.json {
            print_json(&difference)?;
        } else {
            print(&told(&difference))?;
        }
        Ok(if difference.stranded.is_empty() { Verdict::Good } else { Verdict::FaultsFound })
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
fn told(difference: &Difference) -> String {
    if difference.is_empty() {
        return "no difference\n".to_owned();
    }
    let moved = |moved: &Moved| format!("{}: {} -> {}", moved.what, moved.before, moved.after);
    let sections = [
        ("callers would be stranded on (say under [renamed] what they became)", difference.stranded.clone()),
        ("dialled strings that change their meaning", difference.dialled.iter().map(moved).collect()),
        ("keys that change their meaning", difference.keys.iter().map(moved).collect()),
        ("states that are gone", difference.removed.clone()),
        ("states that are new", difference.added.clone()),
        ("states that do something else", difference.changed.iter().map(moved).collect()),
        (
            "texts",
            difference
                .texts
                .iter()
                .map(|text| format!("{} {}\n    - {:?}\n    + {:?}", text.language, text.text, text.before, text.after))
                .collect(),
        ),
    ];
    let mut out = String::new();
    for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = writeln!(out, "{title}:");
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}
