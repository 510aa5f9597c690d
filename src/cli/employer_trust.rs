//! `kaziline employer show`, `check`, `block` and `unblock`: what was checked of employers, and what they may do.

use clap::{Args, Subcommand};

use super::case::{ask, order};
use super::{ConfigArgs, Verdict, print, print_json};
use crate::text::datetime;
use crate::web::employer_checks::{EmployerLine, EmployerShown};
use crate::web::queue::Said;
use crate::web::trust::TrustOrder;

/// What was checked of employers, and what they may do
#[derive(Debug, Subcommand)]
pub(super) enum EmployerTrust {
    /// An employer, whether they may post, and everything that was noted. Their number is not shown
    Show {
        /// The employer
        id: i64,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Note what was checked: a tier, or an agency's licence
    Check {
        /// What was checked: `phone_only`, `id_seen`, `village_leader`, `registered_firm` or `licensed_agency`
        #[arg(long, conflicts_with = "licence")]
        tier: Option<String>,
        /// The number of a licence that was seen
        #[arg(long, value_name = "NUMBER", requires = "until")]
        licence: Option<String>,
        /// The licence's last day, as 2027-11-21
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        #[command(flatten)]
        noting: Noting,
    },
    /// Let an employer post no more: all their open jobs are held
    Block(Noting),
    /// Let an employer post again. What was held stays so until it is released
    Unblock(Noting),
}

/// One employer, and who notes what.
#[derive(Debug, Args)]
pub(super) struct Noting {
    /// The employer
    id: i64,
    /// Who does it, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the record
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl EmployerTrust {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            EmployerTrust::Show { id, config, json } => {
                let shown: EmployerShown = ask(&config, &format!("/employers/{id}"))?;
                if json { print_json(&shown)? } else { print(&one(&shown))? }
            }
            EmployerTrust::Check { tier, licence, until, noting } => {
                tell(noting, "check", TrustOrder { tier, licence, until, ..TrustOrder::default() })?;
            }
            EmployerTrust::Block(noting) => tell(noting, "block", TrustOrder::default())?,
            EmployerTrust::Unblock(noting) => tell(noting, "unblock", TrustOrder::default())?,
        }
        Ok(Verdict::Good)
    }
}

fn tell(Noting { id, by, note, config, json }: Noting, name: &str, body: TrustOrder) -> anyhow::Result<()> {
    let said: Said = order(&config, &format!("/employers/{id}/{name}"), &TrustOrder { by, note, ..body })?;
    if json { print_json(&said) } else { print(&(said.said.join("\n") + "\n")) }
}

fn one(shown: &EmployerShown) -> String {
    let EmployerShown { id, name, kind, tier, licence_until_ms, blocked_ms, may_post, log } = shown;
    let mut lines = vec![format!("employer {id}, {name}: {kind}, {tier}; {may_post}")];
    lines.extend((*licence_until_ms > 0).then(|| format!("licensed until {}", datetime::utc(*licence_until_ms))));
    lines.extend((*blocked_ms > 0).then(|| format!("blocked since {}", datetime::utc(*blocked_ms))));
    lines.extend(log.iter().map(|EmployerLine { what, tier, by, at_ms, licence, note, .. }| {
        let licence = licence.as_deref().map_or_else(String::new, |number| format!(" {number}"));
        let note = note.as_deref().unwrap_or_default();
        format!("  {}  {what}{licence} ({tier}) by {by}  {note}", datetime::utc(*at_ms)).trim_end().to_owned()
    }));
    lines.join("\n") + "\n"
}
