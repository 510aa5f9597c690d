//! `kaziline move`

use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{ConfigArgs, Verdict, print, print_json};
use crate::app::move_to_server;
use crate::clock::{Clock, SystemClock};
use crate::config::Secret;
use crate::storage::postgres_transfer::Carried;

/// Carry the database in the data folder over to an empty one on a `PostgreSQL` server, all of it or nothing. The service
/// is stopped first; the file stays, and is not served any more
#[derive(Debug, Args)]
pub(super) struct Move {
    /// The server's database. Left out, the one of the configuration
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

/// A table that was carried over.
#[derive(Debug, Serialize)]
struct TableReport {
    table: String,
    rows: u64,
    sum: String,
}

impl Move {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let config = self.config.load(Vec::new())?;
        let to = self.to.map(Secret::new).or_else(|| config.database.clone());
        let to = to.context("where to? Give --to postgres://USER:PASSWORD@HOST/DATABASE, or set [store] database")?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let carried = move_to_server(&config, &to, &clock)?;
        let tables = carried.into_iter().map(|Carried { table, rows, sum }| TableReport { table, rows, sum });
        let tables: Vec<TableReport> = tables.collect();
        if self.json {
            print_json(&tables)?;
        } else {
            let widest = tables.iter().map(|report| report.table.len()).max().unwrap_or(0);
            let line =
                |TableReport { table, rows, sum }: &TableReport| format!("{table:<widest$} {rows:>10} rows  {sum}\n");
            print(&tables.iter().map(line).collect::<String>())?;
            print(
                "Every table was read back and is the same. From now on the service runs on the server: set [store] \
                 database. Keep the key file.\n",
            )?;
        }
        Ok(Verdict::Good)
    }
}
