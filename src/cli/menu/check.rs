//! `kaziline menu check`

use std::path::PathBuf;

use clap::Args;

use super::super::{Verdict, print, print_json};
use super::read_lock;
use crate::app::{demo_host, menu_sources};
use crate::bundles::desk::prove;

/// Prove a bundle: every fault with its place and its mending
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
    dir: Option<PathBuf>,
    /// The folder of the bundle that is served: what a publication would strand is told too
    #[arg(long, value_name = "DIR")]
    after: Option<PathBuf>,
    /// Faults and warnings as JSON
    #[arg(long)]
    json: bool,
    /// Take warnings for faults
    #[arg(long)]
    strict: bool,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let sources = menu_sources(self.dir.as_deref())?;
        let before = self.after.as_deref().map(|dir| menu_sources(Some(dir))).transpose()?;
        let mut examined = prove(&sources, &demo_host()?, before.as_ref());
        examined.report.add(read_lock(self.dir.as_deref())?.stale(&examined.written));
        let report = &examined.report;
        if self.json {
            print_json(&report.records())?;
        } else if report.faults().is_empty() {
            print(&format!("{} files, no faults\n", sources.files.len()))?;
        } else {
            print(&report.render())?;
        }
        let is_good = if self.strict { report.faults().is_empty() } else { report.only_warns() };
        Ok(if is_good { Verdict::Good } else { Verdict::FaultsFound })
    }
}
