//! The command line: one command a file. Exit code 0: done; 1: it could not be done, or faults were found; 2: usage.
//!
//! An error is one clear line on standard error. What a machine may read comes as JSON with `--json`.

mod agent;
mod backup;
mod case;
mod config;
mod desk;
mod dial;
mod digest;
mod doctor;
mod employer;
mod employer_trust;
mod erase;
mod export;
mod import;
mod menu;
mod move_to_server;
mod outbox;
mod person;
mod serve;
mod token;
mod vacancy;
mod version;
mod visit;
mod webhook;

use std::future::Future;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Flag};
use crate::telemetry;

/// The labour market for people whose phone has only keys.
#[derive(Debug, Parser)]
#[command(name = "kaziline", version, about, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service
    Serve(serve::Serve),
    /// A phone in the terminal: dial a code, answer the screens
    Dial(dial::Dial),
    /// Check, test, draw, translate and publish menus
    #[command(subcommand)]
    Menu(menu::Menu),
    /// Look into calls
    #[command(subcommand)]
    Visit(visit::Visit),
    /// Bring data in from files
    #[command(subcommand)]
    Import(import::Import),
    /// Hand out what is kept
    #[command(subcommand)]
    Export(export::Export),
    /// Erase what is kept
    #[command(subcommand)]
    Erase(erase::Erase),
    /// People on a number, and joining two registrations of one
    #[command(subcommand)]
    Person(person::Person),
    /// Look at the messages that are to be sent
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    /// Problems that people told us of, and answering them
    #[command(subcommand)]
    Case(case::Case),
    /// Jobs that are held until a person has looked
    #[command(subcommand)]
    Vacancy(vacancy::Vacancy),
    /// A day in numbers, yesterday unless another is asked for, and what needs a hand now
    Digest(digest::Show),
    /// Endpoints that are told what happens
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Employers: who may post, and what was checked of them
    #[command(subcommand)]
    Employer(employer::Employer),
    /// Agents: who may register others
    #[command(subcommand)]
    Agent(agent::Agent),
    /// Tokens of the API of employers
    #[command(subcommand)]
    Token(token::Token),
    /// Write a verified copy of the database to a new file, also while the service runs
    Backup(backup::Backup),
    /// Bring a backup back into a folder without a database. Nothing is sent until `outbox resume`
    Restore(backup::Restore),
    /// Carry the database in the data folder over to an empty one on a `PostgreSQL` server
    Move(move_to_server::Move),
    /// Examine the data folder, also while the service runs: what is in order, what is not, and what to do
    Doctor(doctor::Doctor),
    /// Show every setting as it holds, and where it comes from
    Config(config::Show),
    /// Show the versions of the program and of what it reads
    Version(version::Version),
}

/// Where settings come from.
#[derive(Debug, Args)]
struct ConfigArgs {
    /// The configuration file (else the one that `KAZILINE_CONFIG` names, else none)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A `PostgreSQL` database in place of the file in the data folder. Others on the machine can read a command line: the
    /// configuration file and the environment (`KAZILINE_STORE_DATABASE`) keep the password to themselves
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl ConfigArgs {
    /// The settings, with the command's own flags laid on top.
    fn load(&self, mut flags: Vec<Flag>) -> anyhow::Result<Config> {
        if let Some(data) = &self.data {
            let data = data.to_str().context("--data: the folder's name is not Unicode")?;
            flags.push(("--data", "data.folder".to_owned(), data.to_owned()));
        }
        if let Some(database) = &self.database {
            flags.push(("--database", "store.database".to_owned(), database.clone()));
        }
        Config::load(self.config.as_deref(), &flags).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            anyhow!("the configuration cannot be used:\n{}", lines.join("\n"))
        })
    }
}

/// How a command that ran to its end came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing to complain of.
    Good,
    /// It did its work and found faults.
    FaultsFound,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    if !matches!(command, Command::Serve(_)) {
        telemetry::start(false, "warn");
    }
    let done = match command {
        Command::Serve(args) => args.run(),
        Command::Dial(args) => args.run(),
        Command::Menu(args) => args.run(),
        Command::Visit(args) => args.run(),
        Command::Import(args) => args.run(),
        Command::Export(args) => args.run(),
        Command::Erase(args) => args.run(),
        Command::Person(args) => args.run(),
        Command::Outbox(args) => args.run(),
        Command::Case(args) => args.run(),
        Command::Vacancy(args) => args.run(),
        Command::Employer(args) => args.run(),
        Command::Digest(args) => args.run(),
        Command::Webhook(args) => args.run(),
        Command::Agent(args) => args.run(),
        Command::Token(args) => args.run(),
        Command::Backup(args) => args.run(),
        Command::Restore(args) => args.run(),
        Command::Move(args) => args.run(),
        Command::Doctor(args) => args.run(),
        Command::Config(args) => args.run(),
        Command::Version(args) => args.run(),
    };
    match done {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::FaultsFound) => ExitCode::from(1),
        Err(error) => {
            // Nobody is left to tell if standard error is gone too.
            let _ = writeln!(std::io::stderr(), "kaziline: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// Text on standard output. A reader that has left (`| head`) ends the command quietly.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Runs a command's asynchronous part on one thread.
fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("the runtime could not be started")?.block_on(work))
}
