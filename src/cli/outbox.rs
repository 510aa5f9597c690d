//! `kaziline outbox list`, `show`, `pause` and `resume`

use clap::{Args, Subcommand};

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::gateway::encode_form;
use crate::text::datetime;
use crate::web::admin::{OutboxAttempt, OutboxHeld, OutboxHold, OutboxList, OutboxMessage, OutboxShown};

/// Look at the messages that are to be sent, and hold them
#[derive(Debug, Subcommand)]
pub(super) enum Outbox {
    /// The newest messages, and how many stand where. Neither numbers nor texts are shown
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// Only messages that stand here, such as queued, failed or unknown
        #[arg(long)]
        status: Option<String>,
        /// Only messages older than this one
        #[arg(long, value_name = "ID")]
        before: Option<i64>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: i64,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Hold all messages: nothing is sent until `outbox resume`. What is under way is finished
    Pause(Holding),
    /// Send again, after `outbox pause` or a restore
    Resume(Holding),
    /// One message and everything that was tried
    Show {
        /// The message
        id: i64,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Arguments of the commands that hold the queue.
#[derive(Debug, Args)]
pub(super) struct Holding {
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Outbox {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Outbox::List { config, status, before, limit, json } => {
                let (limit, before) = (limit.to_string(), before.map(|id| id.to_string()));
                let mut query = vec![("limit", limit.as_str())];
                query.extend(status.as_deref().map(|status| ("status", status)));
                query.extend(before.as_deref().map(|before| ("before", before)));
                let list: OutboxList = ask(&config, &format!("/outbox?{}", encode_form(&query)))?;
                if json { print_json(&list)? } else { print(&listed(&list))? }
            }
            Outbox::Show { id, config, json } => {
                let shown: OutboxShown = ask(&config, &format!("/outbox/{id}"))?;
                if json { print_json(&shown)? } else { print(&one(&shown))? }
            }
            Outbox::Pause(Holding { config, json }) => {
                let paused: OutboxHeld = tell(&config, "/outbox/pause")?;
                let said = paused.hold.as_ref().map_or_else(String::new, held);
                if json { print_json(&paused)? } else { print(&said)? }
            }
            Outbox::Resume(Holding { config, json }) => {
                let resumed: OutboxHeld = tell(&config, "/outbox/resume")?;
                let said = match &resumed.hold {
                    None => "the queue was not held\n".to_owned(),
                    Some(OutboxHold { reason, since_ms }) => {
                        format!(
                            "messages are sent again: the queue was held ({reason}) since {}\n",
                            datetime::utc(*since_ms)
                        )
                    }
                };
                if json { print_json(&resumed)? } else { print(&said)? }
            }
        }
        Ok(Verdict::Good)
    }
}

fn ask<T: serde::de::DeserializeOwned>(config: &ConfigArgs, path: &str) -> anyhow::Result<T> {
    let config = config.load(Vec::new())?;
    block_on(async {
        let desk = Desk::open(&config).await?;
        let answer = desk.get(path).await;
        desk.close().await?;
        answer
    })?
}

fn tell<T: serde::de::DeserializeOwned>(config: &ConfigArgs, path: &str) -> anyhow::Result<T> {
    let config = config.load(Vec::new())?;
    block_on(async {
        let desk = Desk::open(&config).await?;
        let answer = desk.post(path, Vec::new()).await;
        desk.close().await?;
        answer
    })?
}

fn held(OutboxHold { reason, since_ms }: &OutboxHold) -> String {
    format!("held ({reason}) since {}: nothing is sent until `kaziline outbox resume`\n", datetime::utc(*since_ms))
}

fn line(message: &OutboxMessage) -> String {
    let OutboxMessage { id, status, reason, template, attempts, created_ms, .. } = message;
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    format!("{id:>19}  {}  {status}{reason}  {template}  {attempts} sendings\n", datetime::utc(*created_ms))
}

fn listed(list: &OutboxList) -> String {
    let counts: Vec<String> = list.counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let counts = if counts.is_empty() { "no messages".to_owned() } else { counts.join(", ") };
    let hold = list.held.as_ref().map_or_else(String::new, held);
    list.messages.iter().map(line).collect::<String>() + &counts + "\n" + &hold
}

fn one(shown: &OutboxShown) -> String {
    let message = &shown.message;
    let (due, use_until) = (datetime::utc(message.due_ms), datetime::utc(message.expires_ms));
    let OutboxMessage { segments, class, priority, .. } = message;
    let mut lines = vec![
        line(message).trim_end().to_owned(),
        format!("{segments} segments, {class}, priority {priority}, due {due}, of use until {use_until}"),
    ];
    lines.extend(shown.attempts.iter().map(|OutboxAttempt { event, at_ms, exchange }| {
        let at = datetime::utc(*at_ms);
        format!("  {at}  {event}  {exchange}").trim_end().to_owned()
    }));
    lines.join("\n") + "\n"
}
