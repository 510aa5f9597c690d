//! `kaziline agent`: people of an organisation who may register others.

use clap::Subcommand;

use super::case::{ask, order};
use super::export::number_given;
use super::{ConfigArgs, Verdict, print, print_json};
use crate::text::datetime;
use crate::web::agents::{AgentAdded, AgentEnd, AgentLine, AgentOrder};
use crate::web::queue::Said;

/// Agents: who may register others
#[derive(Debug, Subcommand)]
pub(super) enum Agent {
    /// Make a registered person an agent. Their number is read from standard input, since others on the machine can read a
    /// command line
    Add {
        /// The organisation's name, as those who are registered read it
        #[arg(long, value_name = "NAME")]
        organisation: String,
        /// `cell_office`, cooperative, school or other
        #[arg(long)]
        kind: String,
        /// Where it is: the code of an area
        #[arg(long, value_name = "CODE")]
        area: i64,
        /// Who does it, for the record
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Which of several people on the number
        #[arg(long = "person", value_name = "ID")]
        person: Option<i64>,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// The newest agents, those of the past too, at most a thousand. Neither numbers nor names are shown
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// End an agent: they register nobody any more. Whom they registered stays
    End {
        /// The agent
        id: i64,
        /// Who does it, for the record
        #[arg(long, value_name = "NAME")]
        by: String,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl Agent {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Agent::Add { organisation, kind, area, by, person, config, json } => {
                let number = number_given("agent add --organisation NAME ...")?;
                let body = AgentOrder { number, person, organisation, kind, area, by };
                let added: AgentAdded = order(&config, "/agents", &body)?;
                if json { print_json(&added)? } else { print(&format!("agent {}\n", added.id))? }
            }
            Agent::List { config, json } => {
                let agents: Vec<AgentLine> = ask(&config, "/agents")?;
                if json { print_json(&agents)? } else { print(&listed(&agents))? }
            }
            Agent::End { id, by, config, json } => {
                let said: Said = order(&config, &format!("/agents/{id}/end"), &AgentEnd { by })?;
                if json { print_json(&said)? } else { print(&(said.said.join("\n") + "\n"))? }
            }
        }
        Ok(Verdict::Good)
    }
}

fn listed(agents: &[AgentLine]) -> String {
    if agents.is_empty() {
        return "no agents\n".to_owned();
    }
    agents.iter().map(line).collect()
}

fn line(agent: &AgentLine) -> String {
    let AgentLine { id, organisation, kind, area, registered, added_ms, added_by, ended_ms } = agent;
    let ended = if *ended_ms > 0 { format!(", ended {}", datetime::utc(*ended_ms)) } else { String::new() };
    let since = datetime::utc(*added_ms);
    format!(
        "{id:>19}  {kind}  {organisation}, area {area}: {registered} registered, since {since} by {added_by}{ended}\n"
    )
}
