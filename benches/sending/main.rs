//! Messages a second through one channel, with everything written down and delivery reports on, beside the real Kannel with
//! its store on: one provider takes the messages of both, by turns, on the same machine.
//!
//! ```sh
//! cargo bench --bench sending -- --messages 20000 --rounds 3
//! ```
//!
//! **What is measured.** The provider is in this process (`sink.rs`). It answers a message at once and calls back with a report
//! that the phone has it. Both sides speak to it in the same way (Kannel's `sendsms`), over as many connections at once
//! as they have a window: 32. Three rates are told for each side, all from the moment at which it took the first message:
//! until it took the last (*sent*), until the last report was acknowledged (*reported*), and until everything has come to
//! where it belongs (*done*): with Kaziline when each message stands as `delivered` in the database, with Kannel when each
//! report has been passed on to who sent the message.
//!
//! **What is not.** Kaziline's messages are queued before it is started, through the library, on the disk and in large
//! transactions; how long that took is told beside the table. Kannel keeps no such queue: its messages are handed to
//! `sendsms` over 32 connections while it sends (*live*), or while the provider keeps it waiting, which then begins to answer
//! (*queued*). The fastest of its ways counts.
//!
//! **What each side promises.** Kaziline: a message is on the disk (fsync) before it is sent and after it was answered, and
//! a report before it is acknowledged. Kannel: a message is in a file before `sendsms` is answered, and gone from
//! there when the provider took it; it never calls fsync, so a loss of power takes back what the system had not
//! written. Where it keeps what reports belong to is a memory (`internal`) or files (`spool`), likewise without fsync.
//! Its log is off but for faults; Kaziline's is as it comes.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock, sleeps, and opens connections")]
#![expect(clippy::print_stdout, reason = "a benchmark talks to a terminal")]

mod client;
mod kannel;
mod kaziline;
mod options;
mod process;
mod report;
mod sink;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use options::Options;
use report::{Report, Run};
use sink::Sink;

/// Messages on their way to the provider at once, connections that report, and those that hand messages to Kannel.
const WINDOW: usize = 32;
/// What every message says: one segment.
const TEXT: &str =
    "Kaziline: your application for job 48213 was received. The employer calls you. Dial *567# for more.";
/// Who both sides send as.
const SENDER: &str = "7878";
/// Without any progress for so long a run has failed.
const PATIENCE: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    match measure(&Options::from_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sending: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    std::fs::create_dir_all(&options.folder)?;
    let folder = tempfile::Builder::new().prefix("kaziline-sending-").tempdir_in(&options.folder)?;
    let mut report = Report::new(options, process::fsync_us(folder.path())?);
    for round in 1..=options.rounds {
        if options.kaziline {
            let sink = Sink::start(options.messages)?;
            let run = kaziline::run(options, folder.path(), &sink)?;
            tell(options, round, &run);
            report.add(run);
        }
        for way in &options.kannel {
            let sink = Sink::start(options.messages)?;
            let run = kannel::run(options, folder.path(), &sink, *way)?;
            tell(options, round, &run);
            report.add(run);
        }
    }
    println!("{}", report.markdown());
    Ok(())
}

/// Progress, while the table is not there yet.
fn tell(options: &Options, round: u32, run: &Run) {
    if !options.smoke {
        eprintln!("round {round}: {}", run.line());
    }
}

/// The number of message `index`: ten million of them, in as many blocks of neighbours as a prefix has, so that the caps of
/// a day, which are on, hold nobody back.
fn number(index: u32) -> String {
    format!("25078{:02}{:05}", index % 100, index / 100)
}

/// The message that went to a number.
fn index_of(number: &str) -> Option<usize> {
    let digits = number.trim_start_matches('+').strip_prefix("25078")?;
    let (block, within) = digits.split_at_checked(2)?;
    Some(within.parse::<usize>().ok()? * 100 + block.parse::<usize>().ok()?)
}
