//! `kaziline export person`: all that is kept of one person, for whoever asks what is kept of them.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::desk::Desk;
use super::{ConfigArgs, Verdict, block_on, print_json};
use crate::web::persons::PersonOrder;

/// Bytes of the line that names the number.
const LINE_BYTES_MAX: usize = 64;

/// Hand out what is kept
#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// All that is kept of one person, as JSON. The number is read from standard input, since others on the machine can
    /// read a command line; that it was handed out is written down, without whose it was
    Person(Person),
}

#[derive(Debug, Args)]
pub(super) struct Person {
    /// Who hands it out
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Which of several people on the number
    #[arg(long = "person", value_name = "ID")]
    id: Option<i64>,
    #[command(flatten)]
    config: ConfigArgs,
}

/// The phone number on the first line of standard input: others on the machine can read a command line.
pub(super) fn number_given(command: &str) -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("the number cannot be read from standard input")?;
    let number = line.trim().to_owned();
    if number.is_empty() || number.len() > LINE_BYTES_MAX {
        bail!("write the number on standard input: echo 0788123456 | kaziline {command}");
    }
    Ok(number)
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Export::Person(Person { by, id, config }) = self;
        let config = config.load(Vec::new())?;
        let number = number_given("export person --by YOU")?;
        let order = serde_json::to_vec(&PersonOrder { number, person: id, by })?;
        let found: serde_json::Value = block_on(async {
            let desk = Desk::open(&config).await?;
            let found = desk.post_json("/export/person", order).await;
            desk.close().await?;
            found
        })??;
        print_json(&found)?;
        Ok(Verdict::Good)
    }
}
