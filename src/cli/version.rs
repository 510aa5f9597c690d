//! `kaziline version`

use clap::Args;

use super::{Verdict, print, print_json};
use crate::migrations;

/// Show the versions of the program and of what it reads
#[derive(Debug, Args)]
pub(super) struct Version {
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Versions {
    program: &'static str,
    database: i64,
}

impl Version {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let database = migrations::SQLITE.last().map_or(0, |migration| migration.number);
        let versions = Versions { program: env!("CARGO_PKG_VERSION"), database };
        if self.json {
            print_json(&versions)?;
        } else {
            print(&format!("kaziline {}, database version {}\n", versions.program, versions.database))?;
        }
        Ok(Verdict::Good)
    }
}
