//! `kaziline import vacancies`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::gateway::encode_form;
use crate::market::import::BYTES_MAX;
use crate::web::admin::ImportReport;

/// Bring data in from files
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Vacancies from a CSV or JSON file: good rows are kept, bad ones told; reading a file twice adds nothing
    Vacancies {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
        /// Name of the feed, by which its vacancies are known again (else the file's name)
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Import::Vacancies { file, config, source, json } = self;
        let config = config.load(Vec::new())?;
        let shown = file.display();
        let size = std::fs::metadata(&file).with_context(|| format!("{shown} cannot be read"))?.len();
        if usize::try_from(size).map_or(true, |size| size > BYTES_MAX) {
            bail!("{shown} has {size} bytes; at most {BYTES_MAX} are read");
        }
        let bytes = std::fs::read(&file).with_context(|| format!("{shown} cannot be read"))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = format!("/import/vacancies?{}", encode_form(&[("source", &source.unwrap_or(name))]));
        let report: ImportReport = block_on(async {
            let desk = Desk::open(&config).await?;
            let report = desk.post(&path, bytes).await;
            desk.close().await?;
            report
        })?
        .with_context(|| shown.to_string())?;

        if json {
            print_json(&report)?;
        } else {
            for bad in &report.faults {
                let colon = if bad.field.is_empty() { "" } else { ": " };
                print(&format!(
                    "{shown}: {}: {}{colon}{}; allowed: {}\n",
                    bad.place, bad.field, bad.what, bad.allowed
                ))?;
            }
            let ImportReport { added, held, duplicates, bad_rows, .. } = report;
            print(&format!(
                "{added} added ({held} held for a look), {duplicates} there already, {bad_rows} not taken\n"
            ))?;
        }
        Ok(if report.bad_rows == 0 { Verdict::Good } else { Verdict::FaultsFound })
    }
}
