//! `kaziline visit explain`: what a caller saw, for the help desk.

use clap::{Args, Subcommand};
use std::fmt::Write as _;

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print, print_json};
use crate::text::datetime;
use crate::web::visits::{ExplainNumber, ExplainedCall, ExplainedHop};

/// Look into calls
#[derive(Debug, Subcommand)]
pub(super) enum Visit {
    /// Show the last calls of a number, hop by hop, with numbers and names exchanged
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The number, as people write it
    number: String,
    /// The calls as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Visit {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Visit::Explain(Explain { number, json, config }) = self;
        let config = config.load(Vec::new())?;
        let order = serde_json::to_vec(&ExplainNumber { number })?;
        let calls: Vec<ExplainedCall> = block_on(async {
            let desk = Desk::open(&config).await?;
            let calls = desk.post_json("/visits/explain", order).await;
            desk.close().await?;
            calls
        })??;
        if json {
            print_json(&calls)?;
        } else if calls.is_empty() {
            print("no call of this number is kept: calls are forgotten after three days\n")?;
        } else {
            // The newest last, where the reader's eye is.
            calls.iter().rev().try_for_each(|call| print(&told(call)))?;
        }
        Ok(Verdict::Good)
    }
}

fn told(call: &ExplainedCall) -> String {
    let ended = match (call.ended_why.as_deref(), call.resumable) {
        (Some("screen"), _) => "ended with its last screen",
        (Some("incomplete" | "failed"), true) => "cut; it is offered again on the next dial",
        (Some("incomplete" | "failed"), false) => "cut",
        (Some(_), _) => "ended by the network",
        (None, true) => "no end known; it is offered again on the next dial",
        (None, false) => "no end known",
    };
    let bundle: String = call.bundle.chars().take(12).collect();
    let mut out = format!("{} on {}, menus {bundle}: {ended}\n", datetime::utc(call.started_ms), call.channel);
    for ExplainedHop { at_ms, turn, state, screen, .. } in &call.hops {
        let since_s = (at_ms - call.started_ms) / 1_000;
        let _ = writeln!(out, "  +{since_s} s  {turn}  {state}");
        let screen = screen.as_deref().unwrap_or("(a secret screen)");
        for line in screen.lines() {
            let _ = writeln!(out, "    | {line}");
        }
    }
    out
}
