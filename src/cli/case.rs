//! `kaziline case`: problems that people told, and answering them.

use clap::{Args, Subcommand};

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::gateway::encode_form;
use crate::text::datetime;
use crate::web::cases::{CaseLine, CaseLogLine, CaseOrder, CaseShown, Contact, OfficeLine};
use crate::web::queue::Said;

/// Problems that people told us of, and answering them
#[derive(Debug, Subcommand)]
pub(super) enum Case {
    /// Cases that are not over, by when they are due. Neither numbers nor names are shown
    List {
        /// Only cases that stand here: open, answered, waiting, `handed_over`, settled or closed
        #[arg(long)]
        state: Option<String>,
        /// Only these: unpaid, unsafe, fraud, `my_data` or other
        #[arg(long)]
        kind: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: i64,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// One case and everything that was done
    Show {
        /// The case
        case: String,
        /// Show the person's number too: who looked stands in the case's log
        #[arg(long, requires = "by")]
        contact: bool,
        /// Who looks, for the record
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Work on a case, where nobody else does
    Take(Step),
    /// Write something down that the person does not see
    Note(Step),
    /// Answer: the person is told that there is an answer, and reads it under Help
    Answer(Step),
    /// Ask the person something, and wait
    Ask(Step),
    /// Hand a case over to an office of the country pack: the person is told its name and number
    HandOver(Step),
    /// A case came to a good end
    Settle(Step),
    /// A case came to an end
    Close(Step),
    /// To whom cases can be handed over, and which numbers are missing
    Offices {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// One case, and what is done with it.
#[derive(Debug, Args)]
pub(super) struct Step {
    /// The case
    case: String,
    /// The text; for `hand-over` the name of the office
    #[arg(default_value = "", hide_default_value = true)]
    text: String,
    /// Who does it, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Case {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Case::List { state, kind, limit, config, json } => {
                let limit = limit.to_string();
                let mut query = vec![("limit", limit.as_str())];
                query.extend(state.as_deref().map(|state| ("state", state)));
                query.extend(kind.as_deref().map(|kind| ("kind", kind)));
                let cases: Vec<CaseLine> = ask(&config, &format!("/cases?{}", encode_form(&query)))?;
                if json { print_json(&cases)? } else { print(&listed(&cases))? }
            }
            Case::Show { case, contact, by, config, json } => {
                let path = format!("/cases/{}", digits(&case));
                let shown: CaseShown = ask(&config, &path)?;
                let number: Option<Contact> = match by.filter(|_| contact) {
                    Some(by) => {
                        Some(order(&config, &format!("{path}/contact"), &CaseOrder { by, text: String::new() })?)
                    }
                    None => None,
                };
                if json {
                    print_json(&serde_json::json!({ "shown": shown, "contact": number }))?;
                } else {
                    print(&one(&shown, number.as_ref()))?;
                }
            }
            Case::Take(step) => tell(step, "take")?,
            Case::Note(step) => tell(step, "note")?,
            Case::Answer(step) => tell(step, "answer")?,
            Case::Ask(step) => tell(step, "ask")?,
            Case::HandOver(step) => tell(step, "hand-over")?,
            Case::Settle(step) => tell(step, "settle")?,
            Case::Close(step) => tell(step, "close")?,
            Case::Offices { config, json } => {
                let offices: Vec<OfficeLine> = ask(&config, "/cases/offices")?;
                if json { print_json(&offices)? } else { print(&offices.iter().map(office).collect::<String>())? }
            }
        }
        Ok(Verdict::Good)
    }
}

/// A number as a part of an address.
pub(super) fn digits(typed: &str) -> String {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { "0".to_owned() } else { digits }
}

pub(super) fn ask<T: serde::de::DeserializeOwned>(config: &ConfigArgs, path: &str) -> anyhow::Result<T> {
    let config = config.load(Vec::new())?;
    block_on(async {
        let desk = Desk::open(&config).await?;
        let answer = desk.get(path).await;
        desk.close().await?;
        answer
    })?
}

/// Sends an order with a body.
pub(super) fn order<T: serde::de::DeserializeOwned>(
    config: &ConfigArgs,
    path: &str,
    order: &impl serde::Serialize,
) -> anyhow::Result<T> {
    let (config, body) = (config.load(Vec::new())?, serde_json::to_vec(order)?);
    block_on(async {
        let desk = Desk::open(&config).await?;
        let answer = desk.post_json(path, body).await;
        desk.close().await?;
        answer
    })?
}

fn tell(Step { case, text, by, config, json }: Step, name: &str) -> anyhow::Result<()> {
    let said: Said = order(&config, &format!("/cases/{}/{name}", digits(&case)), &CaseOrder { by, text })?;
    if json { print_json(&said) } else { print(&(said.said.join("\n") + "\n")) }
}

fn listed(cases: &[CaseLine]) -> String {
    if cases.is_empty() {
        return "no cases\n".to_owned();
    }
    cases.iter().map(line).collect()
}

fn line(case: &CaseLine) -> String {
    let CaseLine { case: number, kind, state, call, quiet, taken_by, due_ms, overdue, .. } = case;
    let mut more = vec![format!("due {}", datetime::utc(*due_ms))];
    more.extend(overdue.then(|| "OVERDUE".to_owned()));
    more.extend((call != "none").then(|| format!("call: {call}")));
    more.extend(quiet.then(|| "quiet".to_owned()));
    more.extend((!taken_by.is_empty()).then(|| format!("with {taken_by}")));
    format!("{number:>8}  {kind:<8}  {state:<11}  {}\n", more.join(", "))
}

fn one(shown: &CaseShown, contact: Option<&Contact>) -> String {
    let mut lines = vec![line(&shown.case).trim_end().to_owned()];
    lines.extend(shown.job_number.map(|job| format!("about job {job}")));
    lines.extend((!shown.case.office.is_empty()).then(|| format!("handed over to {}", shown.case.office)));
    lines.extend(contact.map(|of| format!("call {} in {} ({})", of.number, of.language, of.call)));
    lines.extend(shown.log.iter().map(|CaseLogLine { what, by, state, note, at_ms }| {
        let note = note.as_deref().unwrap_or_default();
        format!("  {}  {what}  by {by}  ({state})  {note}", datetime::utc(*at_ms)).trim_end().to_owned()
    }));
    lines.join("\n") + "\n"
}

fn office(office: &OfficeLine) -> String {
    let OfficeLine { id, name, kinds, area, number } = office;
    let kinds = if kinds.is_empty() { "all".to_owned() } else { kinds.join(", ") };
    let area = area.map_or_else(String::new, |area| format!(", area {area}"));
    let number = if number.is_empty() { "NO NUMBER: confirm one and write it into the country pack" } else { number };
    format!("{id:<18} {name} ({kinds}{area}): {number}\n")
}
