//! `kaziline menu pack`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::super::dial::read_transcript;
use super::super::{Verdict, print};
use super::write_file;
use crate::actions;
use crate::app::{demo_host, menu_sources};
use crate::clock::{Clock as _, SystemClock};
use crate::menu::pack::{PackInput, pack, screen_count};
use crate::menu::transcript::Transcript;
use crate::menu::{self, width};
use crate::text::datetime::Day;

/// The transcripts of the menus compiled in, in a copy of the repository.
const TRANSCRIPTS: &str = "menus/tests";

/// Make the folder for an operator's acceptance test: menu tree, screens, test cases, parity of networks, sign-off
#[derive(Debug, Args)]
pub(in crate::cli) struct Pack {
    /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
    dir: Option<PathBuf>,
    /// The folder to make; one that is there already must be empty
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
    /// The folder with the transcripts, one a file (else tests/ beside bundle.toml, or menus/tests)
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
    /// A network on which the code must be live; may be repeated
    #[arg(
        long = "network",
        value_name = "NAME",
        value_parser = NonEmptyStringValueParser::new(),
        default_values = ["MTN", "Airtel"]
    )]
    networks: Vec<String>,
}

impl Pack {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        must_be_free(&self.output)?;
        let host = demo_host()?;
        let sources = menu_sources(self.dir.as_deref())?;
        let examined = menu::examine(&sources, actions::manifest(), &host);
        let Some(bundle) = examined.bundle.as_deref() else {
            print(&examined.report.render())?;
            return Ok(Verdict::FaultsFound);
        };
        let beside = || self.dir.as_ref().map_or_else(|| PathBuf::from(TRANSCRIPTS), |dir| dir.join("tests"));
        let transcripts = read_transcripts(&self.transcripts.clone().unwrap_or_else(beside))?;
        let (year, month, day) = Day::from_ms(SystemClock::default().now_ms(), &host.country.timezone).date();
        let files = pack(&PackInput {
            bundle,
            manifest: actions::manifest(),
            widest: &width::widest_screens(bundle, &examined.written, actions::manifest(), &host),
            transcripts: &transcripts,
            code: &host.short_code,
            networks: &self.networks,
            made: &format!("{day:02}/{month:02}/{year}"),
        });
        fs::create_dir_all(&self.output).with_context(|| format!("{} cannot be made", self.output.display()))?;
        for file in &files {
            write_file(&self.output.join(&file.path), &file.bytes)?;
        }
        print(&format!(
            "{}: {} screens in {} languages, {} test cases\n",
            self.output.join("index.html").display(),
            screen_count(bundle),
            bundle.languages.len(),
            transcripts.len(),
        ))?;
        Ok(Verdict::Good)
    }
}

/// Refuses a folder that holds something: a filled-in sheet of an earlier test would be lost.
fn must_be_free(folder: &Path) -> anyhow::Result<()> {
    let held = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.with_context(|| format!("{} cannot be used", folder.display()))?.next(),
    };
    if held.is_some() {
        bail!("{} is not empty: name another folder with --output, nothing was written", folder.display());
    }
    Ok(())
}

/// Every transcript of a folder by its file's name, in the order of the names.
fn read_transcripts(folder: &Path) -> anyhow::Result<Vec<(String, Transcript)>> {
    let unread =
        || format!("the transcripts in {} cannot be read: name their folder with --transcripts", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(unread)? {
        paths.push(entry.with_context(unread)?.path());
    }
    paths.sort();
    let mut transcripts = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Editors leave files that begin with a dot.
        if path.extension().is_some_and(|extension| extension == "txt") && !name.starts_with('.') {
            transcripts.push((name, read_transcript(&path)?));
        }
    }
    if transcripts.is_empty() {
        bail!("{} has no transcripts, and a test needs cases: name their folder with --transcripts", folder.display());
    }
    Ok(transcripts)
}
