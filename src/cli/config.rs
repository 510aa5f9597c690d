//! `kaziline config`

use clap::Args;

use super::{ConfigArgs, Verdict, print, print_json};

/// Show every setting as it holds, and where it comes from. Secrets are masked
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Setting {
    name: String,
    value: serde_json::Value,
    origin: String,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let config = self.config.load(Vec::new())?;
        if self.json {
            let settings = config.records().into_iter().map(|(name, value, origin)| Setting { name, value, origin });
            print_json(&settings.collect::<Vec<_>>())?;
        } else {
            print(&config.render())?;
        }
        Ok(Verdict::Good)
    }
}
