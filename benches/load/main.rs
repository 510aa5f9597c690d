//! The service under load: real menus over HTTP against the real binary, beside a handler that answers a constant.
//!
//! `cargo bench --bench load -- --help` tells the options, `docs/performance.md` what is measured and how to read it.
//! Without `--bench` (as under `cargo test --benches`), or with `--test`, it only proves in about a second that every
//! part still runs, and measures nothing worth knowing.
//!
//! Server and generator share the machine: ratios travel from one machine to another, rates do not.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock, sleeps, and opens connections")]
#![expect(clippy::print_stdout, reason = "a benchmark talks to a terminal")]

mod bare;
mod closed;
mod engines;
mod http;
mod inside;
mod open;
mod options;
mod publishing;
mod report;
mod sample;
mod screen;
mod servers;
mod walk;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

/// As in the program: the bare handler and the generator are not to be slower for want of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use closed::ClosedRun;
use open::OpenRun;
use options::{Options, Part};
use publishing::Publishing;
use report::{ClosedRow, OpenRow, Report};
use sample::Sample;
use servers::{Bench, Kind, Server};
use walk::{Callers, Mix};

fn main() -> ExitCode {
    let is_bare = std::env::args().nth(1).as_deref() == Some(bare::ARGUMENT);
    match if is_bare { bare::serve() } else { measure(&Options::from_process()) } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<()> {
    let bench = Bench::prepare(options)?;
    let mut report = Report::new(options, &bench);
    for part in &options.parts {
        match part {
            Part::Inside => report.inside = inside::measure(options)?,
            Part::Closed => {
                let kinds = [Kind::Bare, Kind::Kaziline { fsync_delay_us: 0 }];
                report.closed = closed_loop(options, &bench, kinds, &mut report)?;
            }
            Part::Engines => {
                let kinds = [Kind::Kaziline { fsync_delay_us: 0 }, Kind::Postgres];
                report.engines = closed_loop(options, &bench, kinds, &mut report)?;
            }
            Part::Open => report.open.push(open_loop(options, &bench, 0, false)?),
            Part::Slow => report.open.push(open_loop(options, &bench, options.fsync_delay_us, false)?),
            Part::Publish => {
                report.open.push(open_loop(options, &bench, 0, false)?);
                report.open.push(open_loop(options, &bench, 0, true)?);
            }
        }
    }
    println!("{}", report.markdown());
    if let Some(path) = &options.json {
        std::fs::write(path, report.json()).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    ensure!(report.errors() == 0, "{} hops were answered wrongly", report.errors());
    Ok(())
}

/// As fast as the answers come, two servers by turns, so that what the machine does besides meets both.
fn closed_loop(options: &Options, bench: &Bench, kinds: [Kind; 2], report: &mut Report) -> Result<Vec<ClosedRow>> {
    let [base_kind, kind] = kinds;
    let (server, callers) = start(options, bench, kind)?;
    let (base, base_callers) = start(options, bench, base_kind)?;
    if base_kind == Kind::Bare {
        base_callers.know_as_many_as(&callers);
    }
    let mut rows = Vec::new();
    for connections in &options.connections {
        let run =
            ClosedRun { mix: options.mix, connections: *connections, threads: options.threads, times: options.times };
        let mut row = ClosedRow::new(*connections);
        for round in 0..options.rounds {
            for (server, callers, samples) in
                [(&base, &base_callers, &mut row.base), (&server, &callers, &mut row.measured)]
            {
                let sample = Sample::take(server, options, |marks| run.go(server.address, callers, marks))?;
                say(options, &format!("{connections} connections, round {}: {}", round + 1, sample.line(server.name)));
                samples.push(sample);
            }
        }
        rows.push(row);
    }
    report.note_server(&base)?;
    report.note_server(&server)?;
    Ok(rows)
}

/// A server and its callers, who are registered with it if the mix asks for that.
fn start(options: &Options, bench: &Bench, kind: Kind) -> Result<(Server, Arc<Callers>)> {
    let server = Server::start(bench, kind)?;
    if kind == Kind::Bare {
        return Ok((server, Arc::new(Callers::unheeding(options.seed))));
    }
    let callers = Arc::new(Callers::heeding(options.seed)?);
    if options.mix == Mix::Browse {
        register(options, &server, &callers)?;
    }
    Ok((server, callers))
}

/// At a fixed rate, whatever the answers do, on a service of its own.
fn open_loop(options: &Options, bench: &Bench, fsync_delay_us: u32, publishes: bool) -> Result<OpenRow> {
    let (server, callers) = start(options, bench, Kind::Kaziline { fsync_delay_us })?;
    let run = OpenRun {
        mix: options.mix,
        connections: options.open_connections,
        rate: options.rate,
        warm_up: options.times.warm_up,
        duration: options.open_duration,
    };
    let fsyncs_before = server.fsyncs()?;
    let publishing =
        publishes.then(|| Publishing::start(&options.server, server.data(), bench.folder())).transpose()?;
    let sample = Sample::take(&server, options, |marks| run.go(server.address, &callers, marks))?;
    let published = publishing.map(Publishing::stop).transpose()?.unwrap_or_default();
    say(options, &format!("{} hops/s offered: {}", options.rate, sample.line(server.name)));
    let fsyncs = server.fsyncs()?.zip(fsyncs_before).map(|(after, before)| after - before);
    if fsync_delay_us > 0 {
        let hops = sample.hops;
        ensure!(fsyncs.is_some_and(|fsyncs| fsyncs > 0), "{hops} hops made no fsync: the slow disk is not in effect");
    }
    Ok(OpenRow { fsync_delay_us, fsyncs, memory_kib: server.peak_memory_kib()?, rate: options.rate, published, sample })
}

/// The workers who will dial again.
fn register(options: &Options, server: &Server, callers: &Arc<Callers>) -> Result<()> {
    let faults = closed::register(server.address, callers, options.known_callers, options.threads)?;
    ensure!(faults.count == 0, "registering those who dial again failed: {faults}");
    Ok(())
}

/// Progress, while the table is not there yet.
fn say(options: &Options, line: &str) {
    if !options.smoke {
        eprintln!("{line}");
    }
}

/// The folder in which databases and logs are made: on the disk of the build, since `/tmp` may be memory.
fn default_folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
