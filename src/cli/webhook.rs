//! `kaziline webhook`: endpoints that are told what happens.

use anyhow::{Context as _, anyhow};
use aws_lc_rs::rand;
use clap::{Args, Subcommand};

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::gateway::webhook::WebhookSecret;
use crate::text::datetime;
use crate::transport::public_address::{Reach, check_url};
use crate::web::endpoints::{EndpointLine, NewSecret, Registered, Registration};
use crate::web::queue::Said;

/// Bytes of a new secret: what Standard Webhooks recommend at least, and a third more.
const SECRET_BYTES: usize = 32;

/// Endpoints that are told what happens, with signed requests (Standard Webhooks)
#[derive(Debug, Subcommand)]
pub(super) enum Webhook {
    /// Register an endpoint; its secret is shown this once
    Add {
        /// Where: https, on the public network
        url: String,
        /// The employer that it is of; without one it is told alarms and the morning digest
        #[arg(long, value_name = "EMPLOYER", default_value_t = 0)]
        owner: i64,
        /// Only events of these types, or whose type begins so: application, booking.accepted
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
        /// Who is told by mail when it is switched off
        #[arg(long, value_name = "ADDRESS")]
        contact: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// All endpoints, and how they fare
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell an endpoint an event of the type ping
    Test(One),
    /// Switch an endpoint on again
    On(One),
    /// Switch an endpoint off
    Off(One),
    /// Forget an endpoint
    Remove(One),
    /// Sign with a new secret too, which is shown this once; the one before it holds until the next
    Rotate(One),
}

/// One endpoint.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The endpoint
    id: i64,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Webhook {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Webhook::Add { url, owner, kinds, contact, config, json } => {
                let loaded = config.load(Vec::new())?;
                let reach = loaded.outward.webhook.first().map_or(Reach::Public, |channel| channel.reach);
                let url = check_url(&url, reach)?;
                let secret = new_secret()?;
                let order = Registration { url, owner_id: owner, secret: secret.clone(), kinds, contact };
                let Registered { id } = block_on(async {
                    let desk = Desk::open(&loaded).await?;
                    let answer = desk.post_json("/webhooks", serde_json::to_vec(&order)?).await;
                    desk.close().await?;
                    answer
                })??;
                if json {
                    print_json(&serde_json::json!({ "id": id, "secret": secret }))?;
                } else {
                    print(&format!("endpoint {id}\n{}", shown_once(&secret)))?;
                }
            }
            Webhook::List { config, json } => {
                let loaded = config.load(Vec::new())?;
                let lines: Vec<EndpointLine> = block_on(async {
                    let desk = Desk::open(&loaded).await?;
                    let answer = desk.get("/webhooks").await;
                    desk.close().await?;
                    answer
                })??;
                if json { print_json(&lines)? } else { print(&lines.iter().map(line).collect::<String>())? }
            }
            Webhook::Test(one) => tell(&one, "test")?,
            Webhook::On(one) => tell(&one, "on")?,
            Webhook::Off(one) => tell(&one, "off")?,
            Webhook::Remove(one) => tell(&one, "remove")?,
            Webhook::Rotate(One { id, config, json }) => {
                let loaded = config.load(Vec::new())?;
                let secret = new_secret()?;
                let order = serde_json::to_vec(&NewSecret { secret: secret.clone() })?;
                let Said { said } = block_on(async {
                    let desk = Desk::open(&loaded).await?;
                    let answer = desk.post_json(&format!("/webhooks/{id}/rotate"), order).await;
                    desk.close().await?;
                    answer
                })??;
                if json {
                    print_json(&serde_json::json!({ "id": id.to_string(), "secret": secret }))?;
                } else {
                    print(&format!("{}\n{}", said.join("\n"), shown_once(&secret)))?;
                }
            }
        }
        Ok(Verdict::Good)
    }
}

fn tell(One { id, config, json }: &One, order: &str) -> anyhow::Result<()> {
    let loaded = config.load(Vec::new())?;
    let said: Said = block_on(async {
        let desk = Desk::open(&loaded).await?;
        let answer = desk.post(&format!("/webhooks/{id}/{order}"), Vec::new()).await;
        desk.close().await?;
        answer
    })??;
    if *json { print_json(&said) } else { print(&(said.said.join("\n") + "\n")) }
}

fn new_secret() -> anyhow::Result<String> {
    let mut key = [0; SECRET_BYTES];
    rand::fill(&mut key).map_err(|_| anyhow!("the system gives no random bytes"))?;
    Ok(WebhookSecret::from_key(&key).context("a new secret")?.text())
}

fn shown_once(secret: &str) -> String {
    format!("secret {secret}\nIt is not shown again: give it to whoever verifies the requests.\n")
}

fn line(endpoint: &EndpointLine) -> String {
    let EndpointLine { id, owner_id, kinds, status, reason, failing_since_ms, failures, .. } = endpoint;
    let owner = if *owner_id == 0 { "operators".to_owned() } else { format!("employer {owner_id}") };
    let kinds = if kinds.is_empty() { "all" } else { kinds };
    let fares = match (status.as_str(), failing_since_ms) {
        ("on", 0) => "on".to_owned(),
        ("on", since_ms) => format!("on, takes nothing since {} ({failures} rests)", datetime::utc(*since_ms)),
        _ => format!("off ({reason})"),
    };
    format!("{id:>19}  {owner}  {kinds}  {fares}\n")
}
