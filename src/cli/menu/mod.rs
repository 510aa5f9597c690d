//! `kaziline menu`: everything that is done with menus, one command a file.

mod check;
mod diff;
mod graph;
mod pack;
mod play;
mod publish;
mod schema;
mod sheet;
mod stats;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::Verdict;
use crate::menu::lock::Lock;
use crate::menu::source::FILE_BYTES_MAX;

/// Check, test, draw, translate and publish menus
#[derive(Debug, Subcommand)]
pub(super) enum Menu {
    /// Prove a bundle: every fault with its place and its mending
    Check(check::Check),
    /// Play transcripts, each on an invented population of its own, and tell what they cover
    Test(play::Test),
    /// Draw flows, states and keys
    Graph(graph::Graph),
    /// Texts as a table for translators, and back
    #[command(subcommand)]
    Sheet(sheet::Sheet),
    /// Tell what callers will notice when one bundle follows another
    Diff(diff::Diff),
    /// Make the folder for an operator's acceptance test
    Pack(pack::Pack),
    /// Prove a bundle and serve it, on all nodes, without a restart
    Publish(publish::Publish),
    /// Go back to an earlier bundle
    Rollback(publish::Rollback),
    /// Close a flow for a while: whoever comes to it is told so
    Freeze(publish::Freeze),
    /// Open a closed flow again
    Thaw(publish::Thaw),
    /// Lead every dial to the notice of maintenance, or no longer
    Notice(publish::Notice),
    /// Tell what is served, what is closed, and who did what
    Status(publish::Status),
    /// Tell how screens fare: shown, answered, wrong, back, dropped, seconds
    Stats(stats::Stats),
    /// The JSON Schema of the files, for editors
    Schema(schema::Schema),
}

impl Menu {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Menu::Check(args) => args.run(),
            Menu::Test(args) => args.run(),
            Menu::Graph(args) => args.run(),
            Menu::Sheet(args) => args.run(),
            Menu::Diff(args) => args.run(),
            Menu::Pack(args) => args.run(),
            Menu::Publish(args) => args.run(),
            Menu::Rollback(args) => args.run(),
            Menu::Freeze(args) => args.run(),
            Menu::Thaw(args) => args.run(),
            Menu::Notice(args) => args.run(),
            Menu::Status(args) => args.run(),
            Menu::Stats(args) => args.run(),
            Menu::Schema(args) => args.run(),
        }
    }
}

/// The file beside a bundle that says which source text each translation was made from.
const LOCK_FILE: &str = "text.lock";

/// The lock of the bundle in a folder; an empty one where there is none.
fn read_lock(folder: Option<&Path>) -> anyhow::Result<Lock> {
    let Some(path) = folder.map(|folder| folder.join(LOCK_FILE)) else { return Ok(Lock::default()) };
    if !path.exists() {
        return Ok(Lock::default());
    }
    let text = read_file(&path)?;
    Lock::parse(&text).with_context(|| format!("{} cannot be used", path.display()))
}

/// A text file of a size that can be one.
fn read_file(path: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.len();
    if usize::try_from(size).map_or(true, |size| size > FILE_BYTES_MAX) {
        bail!("{} is larger than {FILE_BYTES_MAX} bytes", path.display());
    }
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Writes a file as a whole or not at all: beside it first, then into its place.
fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str()).context("the file has no name")?;
    let draft: PathBuf = path.with_file_name(format!(".{name}.draft"));
    let written = std::fs::write(&draft, bytes).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        // What could not be put into place is of no use.
        let _ = std::fs::remove_file(&draft);
    }
    written.with_context(|| format!("{} cannot be written", path.display()))
}
