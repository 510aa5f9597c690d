//! `kaziline digest`

use clap::Args;

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::gateway::encode_form;
use crate::housekeeping::digest::Digest;

/// A day in numbers: dials, new workers, applications, SMS and money, and what needs a hand now
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The day, as 2026-11-21 (else yesterday)
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Show { day, json, config } = self;
        let config = config.load(Vec::new())?;
        let query: Vec<_> = day.as_deref().map(|day| ("day", day)).into_iter().collect();
        let path = format!("/digest?{}", encode_form(&query));
        let digest: Digest = block_on(async {
            let desk = Desk::open(&config).await?;
            let answer = desk.get(&path).await;
            desk.close().await?;
            answer
        })??;
        if json {
            print_json(&digest)?;
        } else {
            print(&digest.text())?;
        }
        Ok(Verdict::Good)
    }
}
