//! `kaziline menu graph`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::{Verdict, print};
use super::write_file;
use crate::actions;
use crate::app::{demo_host, menu_sources};
use crate::menu::{self, drawing};

/// Draw flows, states and keys
#[derive(Debug, Args)]
pub(in crate::cli) struct Graph {
    /// The folder with bundle.toml, flows/ and text/ (else the menus compiled in)
    dir: Option<PathBuf>,
    /// A picture that any browser shows, or the language of Graphviz
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    format: Format,
    /// The file to write (else standard output)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Svg,
    Dot,
}

impl Graph {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let sources = menu_sources(self.dir.as_deref())?;
        let bundle = match menu::build(&sources, actions::manifest(), &demo_host()?) {
            Ok(bundle) => bundle,
            Err(report) => {
                print(&report.render())?;
                return Ok(Verdict::FaultsFound);
            }
        };
        let drawn = match self.format {
            Format::Svg => drawing::svg(&bundle, actions::manifest()),
            Format::Dot => drawing::dot(&bundle, actions::manifest()),
        };
        match self.output {
            Some(path) => write_file(&path, drawn.as_bytes())?,
            None => print(&drawn)?,
        }
        Ok(Verdict::Good)
    }
}
