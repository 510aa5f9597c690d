//! `kaziline vacancy`: jobs that wait for a person's look.

use clap::{Args, Subcommand};

use super::case::{ask, digits, order};
use super::{ConfigArgs, Verdict, print, print_json};
use crate::text::datetime;
use crate::web::queue::Said;
use crate::web::trust::{HeldLine, TrustOrder, VacancyShown};

/// Jobs that are held until a person has looked
#[derive(Debug, Subcommand)]
pub(super) enum Vacancy {
    /// Jobs that wait for a look, the longest waiting first
    Held {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What a job says, why it is held, and what was decided
    Show {
        /// The job's number
        job: String,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep an open job from workers until somebody has looked
    Hold(Decision),
    /// Let a held job be seen. Nobody is told that it was held
    Release(Release),
    /// Take a job back for good. Who asked for it is told
    Close(Decision),
}

/// One job, and who decides.
#[derive(Debug, Args)]
pub(super) struct Decision {
    /// The job's number
    job: String,
    /// Who decides, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the record
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// Block the employer too: all its open jobs are held
    #[arg(long)]
    block_employer: bool,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A job that was looked at.
#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    decision: Decision,
    /// The version that was looked at, as `vacancy show` tells it: one that was changed since stays held
    #[arg(long, value_name = "VERSION")]
    seen: i64,
}

impl Vacancy {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Vacancy::Held { config, json } => {
                let held: Vec<HeldLine> = ask(&config, "/vacancies/held")?;
                let text =
                    || if held.is_empty() { "no jobs are held\n".to_owned() } else { held.iter().map(line).collect() };
                if json { print_json(&held)? } else { print(&text())? }
            }
            Vacancy::Show { job, config, json } => {
                let shown: VacancyShown = ask(&config, &format!("/vacancies/{}", digits(&job)))?;
                if json { print_json(&shown)? } else { print(&one(&shown))? }
            }
            Vacancy::Hold(decision) => decide(decision, "hold", None)?,
            Vacancy::Release(Release { decision, seen }) => decide(decision, "release", Some(seen))?,
            Vacancy::Close(decision) => decide(decision, "close", None)?,
        }
        Ok(Verdict::Good)
    }
}

fn decide(decision: Decision, name: &str, seen: Option<i64>) -> anyhow::Result<()> {
    let Decision { job, by, note, block_employer, config, json } = decision;
    let body = TrustOrder { by, note, block: block_employer, seen, ..TrustOrder::default() };
    let said: Said = order(&config, &format!("/vacancies/{}/{name}", digits(&job)), &body)?;
    if json { print_json(&said) } else { print(&(said.said.join("\n") + "\n")) }
}

fn line(held: &HeldLine) -> String {
    let HeldLine { job_number, employer, why, reports, since_ms, due_ms, late } = held;
    let late = if *late { ", LATE" } else { "" };
    let (since, due) = (datetime::utc(*since_ms), datetime::utc(*due_ms));
    format!("{job_number:>8}  {why}  {reports} reports, employer {employer}, since {since}, due {due}{late}\n")
}

fn one(shown: &VacancyShown) -> String {
    let VacancyShown { job_number, status, version, employer, employer_name, tier, description, .. } = shown;
    let mut lines = vec![
        format!("job {job_number} is {status} (version {version})"),
        format!("employer {employer}, {employer_name} ({tier})"),
        format!("it says: {description}"),
    ];
    lines.extend(shown.abroad.as_ref().map(|place| format!("the work is abroad: {place}")));
    lines.extend(shown.questions.iter().map(|question| format!("it asks: {question}")));
    lines.extend(shown.phrase.as_ref().map(|phrase| format!("it may ask the worker to pay: \"{phrase}\"")));
    lines.extend(shown.has_number.then(|| "there is a phone number in it".to_owned()));
    lines.extend(shown.reports.iter().map(|(reason, count)| format!("{count} reports: {reason}")));
    lines.extend(shown.log.iter().map(|(what, why, by, at_ms)| {
        let by = if by.is_empty() { "the service" } else { by };
        format!("  {}  {what} by {by}  {why}", datetime::utc(*at_ms)).trim_end().to_owned()
    }));
    lines.join("\n") + "\n"
}
