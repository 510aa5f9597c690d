//! `kaziline menu sheet`: texts as a table for translators, and back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};

use super::super::{Verdict, print};
use super::{LOCK_FILE, read_lock, write_file};
use crate::actions;
use crate::app::{demo_host, menu_sources};
use crate::menu::fault::Report;
use crate::menu::lock::Lock;
use crate::menu::sheet::{self, SHEET_BYTES_MAX};
use crate::menu::{self, Examined, Sources, Written, read, width};

/// Texts as a table for translators, and back
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Sheet {
    /// Write a CSV with a row for each text, a column for each language, the septets that are left, and what is stale
    Export(Export),
    /// Take a CSV back into the text files; one that would not pass the check changes nothing
    Import(Import),
    /// Say that translations are right as they stand: their marks go away
    Confirm(Confirm),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The folder with bundle.toml, flows/ and text/
    dir: PathBuf,
    /// The file to write (else standard output)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// The folder with bundle.toml, flows/ and text/
    dir: PathBuf,
    /// The table
    sheet: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Confirm {
    /// The folder with bundle.toml, flows/ and text/
    dir: PathBuf,
    /// Texts, such as home.new.text (else all of them)
    texts: Vec<String>,
    /// Only this language
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

impl Sheet {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Sheet::Export(args) => args.run(),
            Sheet::Import(args) => args.run(),
            Sheet::Confirm(args) => args.run(),
        }
    }
}

impl Export {
    /// Menus that lack a translation are the reason for a table: they need not be proven.
    fn run(self) -> anyhow::Result<Verdict> {
        let sources = menu_sources(Some(&self.dir))?;
        let written = written(&sources)?;
        let proven = menu::examine(&sources, actions::manifest(), &demo_host()?).bundle;
        let left = match &proven {
            Some(bundle) => width::septets_left(bundle, &written, actions::manifest(), &demo_host()?),
            None => BTreeMap::new(),
        };
        let lock = read_lock(Some(&self.dir))?;
        let left = |language, section: &str| left.get(&(language, section.to_owned())).copied();
        let table = sheet::export(&written, &lock, &left);
        match self.output {
            // Spreadsheets take a table without this mark for Latin-1.
            Some(path) => write_file(&path, format!("\u{feff}{table}").as_bytes())?,
            None => print(&table)?,
        }
        Ok(Verdict::Good)
    }
}

impl Import {
    fn run(self) -> anyhow::Result<Verdict> {
        let size =
            std::fs::metadata(&self.sheet).with_context(|| format!("{} cannot be read", self.sheet.display()))?;
        if usize::try_from(size.len()).map_or(true, |size| size > SHEET_BYTES_MAX) {
            bail!("{} is larger than {SHEET_BYTES_MAX} bytes", self.sheet.display());
        }
        let table = std::fs::read(&self.sheet).with_context(|| format!("{} cannot be read", self.sheet.display()))?;
        let sources = menu_sources(Some(&self.dir))?;
        let before = written(&sources)?;
        let imported = sheet::import(&sources, &before, &table).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", self.sheet.display())).collect();
            anyhow!("nothing was changed:\n{}", lines.join("\n"))
        })?;
        let Examined { bundle, report, .. } = menu::examine(&imported.sources, actions::manifest(), &demo_host()?);
        if bundle.is_none() {
            print(&format!("{}nothing was changed\n", report.render()))?;
            return Ok(Verdict::FaultsFound);
        }
        let after = written(&imported.sources)?;
        // Where there was no lock, what stands now was right until today.
        let lock = if self.dir.join(LOCK_FILE).exists() { read_lock(Some(&self.dir))? } else { Lock::of(&before) };
        let lock = sheet::renew(&lock, &before, &after, &imported.changed);
        for file in imported.sources.files.iter().filter(|file| !sources.files.contains(file)) {
            write_file(&self.dir.join(&file.path), file.text.as_bytes())?;
        }
        write_lock(&self.dir, &lock)?;
        print(&format!("{} texts changed\n", imported.changed.len()))?;
        Ok(Verdict::Good)
    }
}

impl Confirm {
    fn run(self) -> anyhow::Result<Verdict> {
        let written = written(&menu_sources(Some(&self.dir))?)?;
        let mut lock = read_lock(Some(&self.dir))?;
        let confirmed = lock.confirm(&written, self.language.as_deref(), &self.texts);
        let confirmed = confirmed.map_err(|unknown| anyhow!("there is no text {unknown} in that language"))?;
        write_lock(&self.dir, &lock)?;
        print(&format!("{confirmed} translations are right as they stand\n"))?;
        Ok(Verdict::Good)
    }
}

fn write_lock(dir: &Path, lock: &Lock) -> anyhow::Result<()> {
    write_file(&dir.join(LOCK_FILE), lock.render().as_bytes())
}

/// The bundle as written, if its files can be read.
fn written(sources: &Sources) -> anyhow::Result<Written> {
    let mut faults = Vec::new();
    let written = read::read(sources, &mut faults);
    if faults.is_empty() { Ok(written) } else { bail!("{}", Report::new(sources, faults).render()) }
}
