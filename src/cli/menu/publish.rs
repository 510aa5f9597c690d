//! `kaziline menu publish`, `rollback`, `freeze`, `thaw`, `notice`, `status`: the menus of a store, while the service runs or not.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::super::desk::Desk;
use super::super::{ConfigArgs, Verdict, block_on, print, print_json};
use super::read_lock;
use crate::app::menu_sources;
use crate::menu::{Report, Sources, read};
use crate::text::datetime;
use crate::web::menus::{self, MenuDone, MenuRecord, MenuStanding};

/// Who does it.
#[derive(Debug, Args)]
struct By {
    /// Who does this: it is written into the log
    #[arg(long = "by", value_name = "NAME", default_value = "operator")]
    name: String,
    /// The outcome as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Prove a bundle and serve it, on all nodes, without a restart. One that has faults is refused: what was served is served on
#[derive(Debug, Args)]
pub(in crate::cli) struct Publish {
    /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
    dir: Option<PathBuf>,
    #[command(flatten)]
    by: By,
}

/// Go back to an earlier bundle
#[derive(Debug, Args)]
pub(in crate::cli) struct Rollback {
    /// How the bundle's hash begins (else the bundle before the one that is served)
    #[arg(long, value_name = "HASH")]
    to: Option<String>,
    #[command(flatten)]
    by: By,
}

/// Close a flow for a while: whoever comes to it is led to the bundle's `closed` screen
#[derive(Debug, Args)]
pub(in crate::cli) struct Freeze {
    /// The flow
    flow: String,
    #[command(flatten)]
    by: By,
}

/// Open a closed flow again
#[derive(Debug, Args)]
pub(in crate::cli) struct Thaw {
    /// The flow
    flow: String,
    #[command(flatten)]
    by: By,
}

/// Lead every dial to the notice of maintenance, or no longer. Calls under way go on
#[derive(Debug, Args)]
pub(in crate::cli) struct Notice {
    /// Whether it begins or ends
    #[arg(value_enum)]
    state: OnOff,
    #[command(flatten)]
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnOff {
    On,
    Off,
}

/// Tell what is served, what is closed, and who did what
#[derive(Debug, Args)]
pub(in crate::cli) struct Status {
    /// As JSON, the files of the bundle included
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Publish {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let sources = menu_sources(self.dir.as_deref())?;
        print(&stale(self.dir.as_deref(), &sources)?)?;
        let wanted = menus::Publish { by: self.by.name.clone(), sources };
        give(&self.by, "/menus/publish", &wanted)
    }
}

impl Rollback {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let wanted = menus::RollBack { by: self.by.name.clone(), to: self.to };
        give(&self.by, "/menus/rollback", &wanted)
    }
}

impl Freeze {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let wanted = menus::Freeze { by: self.by.name.clone(), flow: self.flow, is_frozen: true };
        give(&self.by, "/menus/freeze", &wanted)
    }
}

impl Thaw {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let wanted = menus::Freeze { by: self.by.name.clone(), flow: self.flow, is_frozen: false };
        give(&self.by, "/menus/freeze", &wanted)
    }
}

impl Notice {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let wanted = menus::Notice { by: self.by.name.clone(), is_on: self.state == OnOff::On };
        give(&self.by, "/menus/notice", &wanted)
    }
}

/// Warnings of translations that were made from another text; nothing where there are none.
fn stale(dir: Option<&Path>, sources: &Sources) -> anyhow::Result<String> {
    let written = read::read(sources, &mut Vec::new());
    let report = Report::new(sources, read_lock(dir)?.stale(&written));
    Ok(if report.faults().is_empty() { String::new() } else { report.render() })
}

/// Gives an order to the store, through the service that runs on it or not, and tells what was done.
fn give(by: &By, path: &str, order: &impl Serialize) -> anyhow::Result<Verdict> {
    let (config, order) = (by.config.load(Vec::new())?, serde_json::to_vec(order)?);
    let done: MenuDone = block_on(async {
        let desk = Desk::open(&config).await?;
        let done = desk.post_json(path, order).await;
        desk.close().await?;
        done
    })??;
    if by.json {
        print_json(&done)?;
    } else {
        print(&format!("{}{}\n", done.warnings, line(&done.record)))?;
    }
    Ok(Verdict::Good)
}

impl Status {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let config = self.config.load(Vec::new())?;
        let standing: MenuStanding = block_on(async {
            let desk = Desk::open(&config).await?;
            let standing = desk.get("/menus").await;
            desk.close().await?;
            standing
        })??;
        if self.json {
            print_json(&standing)?;
            return Ok(Verdict::Good);
        }
        let (live, frozen) = (&standing.live, standing.frozen.join(", "));
        print(&format!("served: {}\n", if live.is_empty() { "nothing yet" } else { live }))?;
        print(&format!("closed flows: {}\n", if frozen.is_empty() { "none" } else { &frozen }))?;
        print(&format!("maintenance: {}\n", if standing.maintenance { "on" } else { "off" }))?;
        standing.log.iter().try_for_each(|record| print(&format!("{}\n", line(record))))?;
        Ok(Verdict::Good)
    }
}

/// One row of the log as a person reads it.
fn line(record: &MenuRecord) -> String {
    let MenuRecord { what, by, flow, bundle, at_ms, .. } = record;
    let subject: String = if flow.is_empty() { bundle.chars().take(12).collect() } else { flow.clone() };
    format!("{}  {:<11} {subject:<12} by {by}", datetime::utc(*at_ms), what.replace('_', " ")).trim_end().to_owned()
}
