//! What is measured, for how long, and how much of it.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::default_folder;
use crate::walk::Mix;

/// One part of the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Hops without HTTP, threads and disk: one caller after the other, on a store in memory.
    Inside,
    /// Closed loop: each connection sends its next hop when the last one is answered.
    Closed,
    /// Open loop: hops are sent at a fixed rate, whatever the answers do.
    Open,
    /// As `open`, with every fsync made slower.
    Slow,
    /// As `open`, once quietly and once with menus published twice a second.
    Publish,
    /// As `closed`, with the service on SQLite and on a throwaway `PostgreSQL` server by turns.
    Engines,
}

#[derive(Debug, Parser)]
#[command(name = "load", about = "Measures the service under load, beside a handler that answers a constant.")]
struct Arguments {
    /// What callers do.
    #[arg(long, value_enum, default_value_t = Mix::Register)]
    mix: Mix,
    /// The parts to run.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "inside,closed,open,slow")]
    parts: Vec<Part>,
    /// Connections of the closed loop, one after the other.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    connections: Vec<NonZero<usize>>,
    /// Rounds of the closed loop; in each both servers have their turn.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of a round that count.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Seconds before, that do not.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Hops a second that the open loop offers.
    #[arg(long, default_value_t = NonZero::<u32>::new(1_000).unwrap_or(NonZero::<u32>::MIN))]
    rate: NonZero<u32>,
    /// Seconds of the open loop that count.
    #[arg(long, default_value_t = 30.0)]
    open_seconds: f64,
    /// Connections of the open loop.
    #[arg(long, default_value_t = NonZero::<usize>::new(256).unwrap_or(NonZero::<usize>::MIN))]
    open_connections: NonZero<usize>,
    /// Microseconds by which the slow disk's fsync is slower.
    #[arg(long, default_value_t = 5_000)]
    fsync_delay_us: u32,
    /// Workers who are registered before the mix `browse`.
    #[arg(long, default_value_t = 2_048)]
    known_callers: u64,
    /// Walks of the part `inside`.
    #[arg(long, default_value_t = 2_000)]
    inside_walks: u64,
    /// Threads of the generator in the closed loop; the open loop has one.
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// What numbers, session ids and choices are drawn from.
    #[arg(long, default_value_t = 567)]
    seed: u64,
    /// Write the figures here too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Make databases in a folder of this folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Measure this binary.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Run every part for a moment, to see that it runs.
    #[arg(long)]
    test: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How long a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// The arguments, understood.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) smoke: bool,
    pub(crate) mix: Mix,
    pub(crate) parts: Vec<Part>,
    pub(crate) connections: Vec<usize>,
    pub(crate) rounds: u32,
    pub(crate) times: Times,
    pub(crate) rate: u32,
    pub(crate) open_duration: Duration,
    pub(crate) open_connections: usize,
    pub(crate) fsync_delay_us: u32,
    pub(crate) known_callers: u64,
    pub(crate) inside_walks: u64,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) json: Option<PathBuf>,
    pub(crate) folder: PathBuf,
    pub(crate) server: PathBuf,
}

impl Options {
    /// The options of this run. Without `--bench` it is a test: what `cargo test` passes on is not for us.
    pub(crate) fn from_process() -> Self {
        let smoke = !std::env::args().any(|argument| argument == "--bench");
        let arguments = if smoke { Arguments::parse_from(["load", "--test"]) } else { Arguments::parse() };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let mut options = Self {
            smoke: arguments.test,
            mix: arguments.mix,
            parts: arguments.parts,
            connections: arguments.connections.into_iter().map(NonZero::get).collect(),
            rounds: arguments.rounds,
            times: Times { warm_up: seconds(arguments.warm_up), measured: seconds(arguments.seconds) },
            rate: arguments.rate.get(),
            open_duration: seconds(arguments.open_seconds),
            open_connections: arguments.open_connections.get(),
            fsync_delay_us: arguments.fsync_delay_us,
            known_callers: arguments.known_callers,
            inside_walks: arguments.inside_walks,
            threads: arguments.threads.map_or(cores.min(2), NonZero::get),
            seed: arguments.seed,
            json: arguments.json,
            folder: arguments.folder.unwrap_or_else(|| default_folder().to_owned()),
            server: arguments.server.map_or_else(|| env!("CARGO_BIN_EXE_kaziline").into(), path_from_here),
        };
        if options.smoke {
            let moment = Duration::from_millis(60);
            options.parts = Part::value_variants().to_vec();
            options.connections = vec![4];
            options.rounds = 1;
            options.times = Times { warm_up: Duration::ZERO, measured: moment };
            (options.rate, options.open_duration, options.open_connections) = (400, moment, 4);
            (options.known_callers, options.inside_walks) = (4, 2);
        }
        options
    }
}

/// A server is started in its data folder, so that its path must not hang on where we are.
fn path_from_here(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
