//! `kaziline token`: who may use the API of employers.

use clap::{Args, Subcommand};

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::market::import::iso;
use crate::text::datetime::{self, Day};
use crate::web::queue::Said;
use crate::web::tokens::{MadeToken, TokenLine, TokenOrder};

/// Tokens of the API of employers (docs/api.md)
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token; it is shown this once
    Create {
        /// The employer that it speaks for
        #[arg(long, value_name = "ID")]
        employer: i64,
        /// What it is called
        #[arg(long)]
        name: String,
        /// What it may do: vacancies:read, vacancies:write, applicants:read, applicants:write, export, webhooks:write
        #[arg(long, value_name = "SCOPES")]
        scope: String,
        /// For so many days; else without an end
        #[arg(long, value_name = "N")]
        expires_days: Option<i64>,
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// All tokens, the newest first
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the next token; the one before it holds for a week at most
    Rotate(One),
    /// End a token at once
    Revoke(One),
}

/// One token.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The token's number
    id: i64,
    #[command(flatten)]
    config: ConfigArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        match self {
            Token::Create { employer, name, scope, expires_days, config, json } => {
                let config = config.load(Vec::new())?;
                let order = serde_json::to_vec(&TokenOrder { employer, name, scopes: scope, expires_days })?;
                let made: MadeToken = block_on(async {
                    let desk = Desk::open(&config).await?;
                    let answer = desk.post_json("/tokens", order).await;
                    desk.close().await?;
                    answer
                })??;
                show_once(&made, json)?;
            }
            Token::List { config, json } => {
                let config = config.load(Vec::new())?;
                let lines: Vec<TokenLine> = block_on(async {
                    let desk = Desk::open(&config).await?;
                    let answer = desk.get("/tokens").await;
                    desk.close().await?;
                    answer
                })??;
                if json { print_json(&lines)? } else { print(&lines.iter().map(line).collect::<String>())? }
            }
            Token::Rotate(One { id, config, json }) => {
                let config = config.load(Vec::new())?;
                let made: MadeToken = block_on(async {
                    let desk = Desk::open(&config).await?;
                    let answer = desk.post(&format!("/tokens/{id}/rotate"), Vec::new()).await;
                    desk.close().await?;
                    answer
                })??;
                show_once(&made, json)?;
            }
            Token::Revoke(One { id, config, json }) => {
                let config = config.load(Vec::new())?;
                let said: Said = block_on(async {
                    let desk = Desk::open(&config).await?;
                    let answer = desk.post(&format!("/tokens/{id}/revoke"), Vec::new()).await;
                    desk.close().await?;
                    answer
                })??;
                if json { print_json(&said)? } else { print(&(said.said.join("\n") + "\n"))? }
            }
        }
        Ok(Verdict::Good)
    }
}

fn show_once(made: &MadeToken, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(made);
    }
    let MadeToken { id, token } = made;
    print(&format!("token {id}\n{token}\nIt is not shown again: give it to whoever uses it.\n"))
}

fn line(token: &TokenLine) -> String {
    let TokenLine { id, employer, name, prefix, scopes, is_live, expires_ms, revoked_ms, used_day, .. } = token;
    let state = match (is_live, revoked_ms, expires_ms) {
        (true, _, 0) => "live".to_owned(),
        (true, _, until_ms) => format!("live until {}", datetime::utc(*until_ms)),
        (false, 0, until_ms) => format!("over since {}", datetime::utc(*until_ms)),
        (false, since_ms, _) => format!("revoked {}", datetime::utc(*since_ms)),
    };
    let used = i32::try_from(*used_day).ok().filter(|day| *day > 0);
    let used = used.map_or_else(|| "never used".to_owned(), |day| format!("used {}", iso(Day(day))));
    format!("{id:>19}  {prefix}...  employer {employer}  {name}  {}  {state}  {used}\n", scopes.join(","))
}
