//! `kaziline doctor`

use anyhow::bail;
use clap::Args;

use super::desk::Entry;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::app::files_of;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::doctor::{Finding, Level, examine};
use crate::web::upkeep::ON_A_SERVER;

/// Examine the data folder, also while the service runs: what is in order, what is not, and what to do
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let config = self.config.load(Vec::new())?;
        if config.database.is_some() {
            bail!(ON_A_SERVER);
        }
        let findings = block_on(findings(&config))?;
        if self.json {
            print_json(&findings)?;
        } else {
            findings.iter().try_for_each(|finding| print(&line(finding)))?;
        }
        let sound = findings.iter().all(|finding| finding.level < Level::Fault);
        Ok(if sound { Verdict::Good } else { Verdict::FaultsFound })
    }
}

async fn findings(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "service";
    let files = files_of(config);
    let (service, served) = match Entry::open(config).await {
        Ok(Entry::Live(service)) => match service.get_long::<Vec<Finding>>("/doctor").await {
            Ok(found) => return [vec![Finding::ok(CHECK, "runs and takes commands")], found].concat(),
            Err(fault) => {
                let advice = "look at its log; what follows was seen from outside";
                (Finding::fault(CHECK, fault.to_string(), advice), true)
            }
        },
        // The lock is held while the files are looked at: no service starts meanwhile.
        Ok(Entry::Here(folder)) => {
            let found = examine(&files, SystemClock::default().now_ms(), false);
            drop(folder);
            return [vec![Finding::ok(CHECK, "does not run")], found].concat();
        }
        Err(fault) => (Finding::fault(CHECK, format!("{fault:#}"), "see what it says"), true),
    };
    if !files.database.exists() {
        return vec![service];
    }
    [vec![service], examine(&files, SystemClock::default().now_ms(), served)].concat()
}

fn line(Finding { check, level, what, advice }: &Finding) -> String {
    let level = match level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Fault => "fault",
    };
    let advice = if advice.is_empty() { String::new() } else { format!("; {advice}") };
    format!("{level:<8} {check:<12} {what}{advice}\n")
}
