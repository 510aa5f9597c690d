//! `kaziline employer`: who may post, and what was checked of them.

use clap::Subcommand;

use super::case::order;
use super::desk::Desk;
use super::employer_trust::EmployerTrust;
use super::export::number_given;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::web::employers::{ContactOrder, EmployerLine, Registered, Registration};
use crate::web::queue::Said;

/// Employers: organisations, households and agencies
#[derive(Debug, Subcommand)]
pub(super) enum Employer {
    /// Register an employer; the same one twice is one
    Add {
        /// Its name
        #[arg(long)]
        name: String,
        /// organisation, household or agency
        #[arg(long)]
        kind: String,
        /// A phone number or a mail address
        #[arg(long)]
        contact: String,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The newest employers, at most a thousand
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Who books workers for an employer: the person on the number that is read from standard input, who has dialled and agreed
    /// to book workers. What they book by phone from now on is the employer's; over the API it is booked in their name
    Contact {
        /// The employer
        id: i64,
        /// Who does it, for the record
        #[arg(long, value_name = "NAME")]
        by: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// What was checked of them, and what they may do
    #[command(flatten)]
    Trust(EmployerTrust),
}

impl Employer {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Employer::Add { name, kind, contact, config, json } => {
                let config = config.load(Vec::new())?;
                let order = serde_json::to_vec(&Registration { name, kind, contact })?;
                let registered: Registered = block_on(async {
                    let desk = Desk::open(&config).await?;
                    let answer = desk.post_json("/employers", order).await;
                    desk.close().await?;
                    answer
                })??;
                if json {
                    print_json(&registered)?;
                } else {
                    let before = if registered.was_there { ": it was there, its tier is as it was" } else { "" };
                    print(&format!("employer {}{before}\n", registered.id))?;
                }
            }
            Employer::List { config, json } => {
                let config = config.load(Vec::new())?;
                let lines: Vec<EmployerLine> = block_on(async {
                    let desk = Desk::open(&config).await?;
                    let answer = desk.get("/employers").await;
                    desk.close().await?;
                    answer
                })??;
                if json { print_json(&lines)? } else { print(&lines.iter().map(line).collect::<String>())? }
            }
            Employer::Contact { id, by, config } => {
                let number = number_given(&format!("employer contact {id} --by YOU"))?;
                let said: Said = order(&config, &format!("/employers/{id}/contact"), &ContactOrder { number, by })?;
                print(&(said.said.join("\n") + "\n"))?;
            }
            Employer::Trust(trust) => return trust.run(),
        }
        Ok(Verdict::Good)
    }
}

fn line(employer: &EmployerLine) -> String {
    let EmployerLine { id, name, kind, tier, contact, .. } = employer;
    format!("{id:>19}  {kind}  {tier}  {name}  {contact}\n")
}
