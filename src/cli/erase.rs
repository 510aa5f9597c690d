//! `kaziline erase person`: erases one person at the office, for who cannot do it by keypad.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::bail;
use clap::{Args, Subcommand};

use super::desk::Desk;
use super::export::number_given;
use super::{ConfigArgs, Verdict, block_on, print};
use crate::web::persons::PersonOrder;
use crate::web::queue::Said;

/// Erase what is kept
#[derive(Debug, Subcommand)]
pub(super) enum Erase {
    /// All that is kept of one person, for good. For who forgot the PIN and stopped the messages by which it would end. The number
    /// is read from standard input, since others on the machine can read a command line; that it was done is written
    /// down, and by whom, without whose it was
    Person(Person),
}

#[derive(Debug, Args)]
pub(super) struct Person {
    /// Who erases, for the record
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Which of several people on the number
    #[arg(long = "person", value_name = "ID")]
    id: Option<i64>,
    /// It is meant: nothing is asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Erase {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let Erase::Person(Person { by, id, yes, config }) = self;
        let config = config.load(Vec::new())?;
        let stdin = std::io::stdin();
        if !yes && !stdin.is_terminal() {
            bail!("it cannot be taken back: say --yes, echo 0788123456 | kaziline erase person --by YOU --yes");
        }
        let number = number_given("erase person --by YOU --yes")?;
        if !yes && !is_meant()? {
            bail!("nothing was erased");
        }
        let order = serde_json::to_vec(&PersonOrder { number, person: id, by })?;
        let said: Said = block_on(async {
            let desk = Desk::open(&config).await?;
            let said = desk.post_json("/erase/person", order).await;
            desk.close().await?;
            said
        })??;
        print(&(said.said.join("\n") + "\n"))?;
        Ok(Verdict::Good)
    }
}

/// Asks whoever sits at the terminal.
fn is_meant() -> anyhow::Result<bool> {
    write!(std::io::stderr(), "This erases the person for good. Type yes to go on: ")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == "yes")
}
