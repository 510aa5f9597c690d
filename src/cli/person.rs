//! `kaziline person`: who is on a number, and two registrations of one human being.

use clap::{Args, Subcommand};

use super::case::order;
use super::export::number_given;
use super::{ConfigArgs, Verdict, print, print_json};
use crate::web::persons::{MergeOrder, PersonOrder};
use crate::web::queue::Said;

/// People on a number, and joining two registrations of one
#[derive(Debug, Subcommand)]
pub(super) enum Person {
    /// Who is on a number, by identifier and initials. The number is read from standard input, since others on the machine can
    /// read a command line
    List {
        /// Who asks
        #[arg(long, value_name = "NAME")]
        by: String,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Join two registrations of one human being, for good. Without --seen they are only looked at, and nothing is changed
    Merge(Merge),
}

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The one that stays, with its number
    keep: i64,
    /// The one that goes. What it has is the other's
    drop: i64,
    /// Who does it, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    /// The version that was looked at: where something has changed since, nothing is done
    #[arg(long, value_name = "VERSION")]
    seen: Option<i64>,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Person {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let (said, json): (Said, bool) = match self {
            Person::List { by, config, json } => {
                let number = number_given("person list --by YOU")?;
                (order(&config, "/persons/on", &PersonOrder { number, person: None, by })?, json)
            }
            Person::Merge(Merge { keep, drop, by, seen, config, json }) => {
                (order(&config, "/persons/merge", &MergeOrder { keep, drop, by, seen })?, json)
            }
        };
        if json {
            print_json(&said)?;
        } else {
            print(&(said.said.join("\n") + "\n"))?;
        }
        Ok(Verdict::Good)
    }
}
