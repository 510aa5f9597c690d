//! `kaziline outbox list`, `show`, `pause` and `resume`

use clap::{Args, Subcommand};

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::gateway::encode_form;
use crate::text::datetime;
use crate::web::admin::{OutboxAttempt, OutboxHeld, OutboxHold, OutboxList, OutboxMessage, OutboxShown};
use crate::web::queue::{By, ChannelDay, Said};

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
    /// Hold all messages, or those of one channel: nothing is sent until `outbox resume`. What is under way is finished
    Pause(Holding),
    /// Send again, after `outbox pause` or a restore
    Resume(Holding),
    /// The channels: which rest, and what went over them today
    Channels {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Send a message again, or at once if it waits
    Retry(One),
    /// Take a message back that has not left
    Cancel(One),
    /// Why a message is where it is, in words
    Explain(One),
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

/// One message.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The message
    id: i64,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of the commands that hold the queue.
#[derive(Debug, Args)]
pub(super) struct Holding {
    /// Only this channel
    channel: Option<String>,
    /// Who pauses a channel, for the record
    #[arg(long, value_name = "NAME", default_value = "")]
    by: String,
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
            Outbox::Channels { config, json } => {
                let days: Vec<ChannelDay> = ask(&config, "/channels")?;
                if json { print_json(&days)? } else { print(&channels(&days))? }
            }
            Outbox::Retry(One { id, config, json }) => speak(&tell(&config, &format!("/outbox/{id}/retry"))?, json)?,
            Outbox::Cancel(One { id, config, json }) => speak(&tell(&config, &format!("/outbox/{id}/cancel"))?, json)?,
            Outbox::Explain(One { id, config, json }) => speak(&ask(&config, &format!("/outbox/{id}/explain"))?, json)?,
            Outbox::Pause(Holding { channel: Some(name), by, config, json }) => {
                let order = serde_json::to_vec(&By { by })?;
                speak(&tell_json(&config, &format!("/channels/{}/pause", encoded(&name)), order)?, json)?;
            }
            Outbox::Resume(Holding { channel: Some(name), config, json, .. }) => {
                speak(&tell(&config, &format!("/channels/{}/resume", encoded(&name)))?, json)?;
            }
            Outbox::Pause(Holding { config, json, .. }) => {
                let paused: OutboxHeld = tell(&config, "/outbox/pause")?;
                let said = paused.hold.as_ref().map_or_else(String::new, held);
                if json { print_json(&paused)? } else { print(&said)? }
            }
            Outbox::Resume(Holding { config, json, .. }) => {
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

fn tell_json<T: serde::de::DeserializeOwned>(config: &ConfigArgs, path: &str, body: Vec<u8>) -> anyhow::Result<T> {
    let config = config.load(Vec::new())?;
    block_on(async {
        let desk = Desk::open(&config).await?;
        let answer = desk.post_json(path, body).await;
        desk.close().await?;
        answer
    })?
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

/// A name as a part of an address.
fn encoded(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn speak(said: &Said, json: bool) -> anyhow::Result<()> {
    if json { print_json(said) } else { print(&(said.said.join("\n") + "\n")) }
}

fn channels(days: &[ChannelDay]) -> String {
    let line = |day: &ChannelDay| {
        let ChannelDay { channel, rests, ready, messages, segments, cost_micros } = day;
        let rests = match rests {
            None if !ready => "has no session".to_owned(),
            None => "sends".to_owned(),
            Some((why, 0)) => format!("rests until it is resumed ({why})"),
            Some((why, until_ms)) => format!("rests until {} ({why})", datetime::utc(*until_ms)),
        };
        let (whole, part) = (cost_micros / 1_000_000, cost_micros % 1_000_000 / 10_000);
        format!("{channel:<16} {rests}; today {messages} messages, {segments} segments, cost {whole}.{part:02}\n")
    };
    days.iter().map(line).collect()
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
