//! `kaziline backup` and `kaziline restore`

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;

use super::desk::Entry;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::app::{RestoreOrder, restore};
use crate::clock::{Clock, SystemClock};
use crate::migrations;
use crate::storage::{DataFolder, Stop};
use crate::web::upkeep::{BackupOrder, BackupReport, ON_A_SERVER, back_up};

/// Write a verified copy of the database to a new file, also while the service runs
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file; one that is there is not overwritten
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// Encrypt it with this key file (the service's own, or another one of the same form)
    #[arg(long, value_name = "KEYFILE")]
    encrypt_with: Option<PathBuf>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Backup { file, config, encrypt_with, json } = self;
        let config = config.load(Vec::new())?;
        // The service stands in another folder than the command.
        let absolute = |path: PathBuf| {
            let shown = path.display().to_string();
            std::path::absolute(path).with_context(|| format!("{shown} is not a path"))
        };
        let order = BackupOrder { file: absolute(file)?, encrypt_with: encrypt_with.map(absolute).transpose()? };
        let report: BackupReport = block_on(async {
            match Entry::open(&config).await? {
                Entry::Live(service) => service.post_long("/backup", serde_json::to_vec(&order)?).await,
                Entry::Here(folder) => Ok(here(&folder, &order)?),
            }
        })??;
        if json {
            print_json(&report)?;
        } else {
            let encrypted = if report.is_encrypted { ", encrypted" } else { "" };
            print(&told(&report))?;
            print(&format!("{}: {} bytes{encrypted}, sha256 {}\n", order.file.display(), report.bytes, report.sha256))?;
            print(
                "The keys are not in it: keep the key file too, apart from it; without it the names and numbers in \
                   the backup cannot be read.\n",
            )?;
        }
        Ok(Verdict::Good)
    }
}

/// At rest the copy is made as the database lies there: nothing is migrated before it is saved.
fn here(folder: &DataFolder, order: &BackupOrder) -> anyhow::Result<BackupReport> {
    // Nobody else asks it to stop; a signal ends the program.
    Ok(back_up(&folder.database(), migrations::SQLITE, order, None, &Stop::default())?)
}

/// Bring a backup back into a folder without a database. Nothing is sent until `outbox resume`
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// The key file of the database, if it does not lie where the service looks for it; it is copied there
    #[arg(long, value_name = "KEYFILE")]
    keys: Option<PathBuf>,
    /// The key file with which the backup was encrypted, if that is another one
    #[arg(long, value_name = "KEYFILE")]
    decrypt_with: Option<PathBuf>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Restore { file, config, keys, decrypt_with, json } = self;
        let config = config.load(Vec::new())?;
        if config.database.is_some() {
            bail!(ON_A_SERVER);
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let shown = format!("{}: sha256", file.display());
        let report = BackupReport::from(restore(&config, &RestoreOrder { file, keys, decrypt_with }, &clock)?);
        if json {
            print_json(&report)?;
        } else {
            print(&told(&report))?;
            print(&format!("{shown} {}\nrestored into {}\n", report.sha256, config.data.display()))?;
            print(
                "No message is sent until you give `kaziline outbox resume`: some may have been sent after the backup \
                   was taken.\n",
            )?;
        }
        Ok(Verdict::Good)
    }
}

/// A line a table.
fn told(report: &BackupReport) -> String {
    let widest = report.tables.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let table = |(name, rows): &(String, i64)| format!("{name:<widest$} {rows:>10} rows\n");
    let tables = report.tables.iter().map(table).collect::<String>();
    format!("{tables}database version {}\n", report.version)
}
