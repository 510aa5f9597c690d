//! How many messages, how often, and which sides.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

use crate::kannel::Way;

#[derive(Debug, Parser)]
#[command(name = "sending", about = "Measures messages a second through one channel, beside the real Kannel.")]
struct Arguments {
    /// Messages of each run, ten million at most.
    #[arg(long, default_value_t = NonZero::<u32>::new(20_000).unwrap_or(NonZero::<u32>::MIN))]
    messages: NonZero<u32>,
    /// Rounds; in each all sides have their turn.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Kannel's ways to store and to be fed.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "spool,file,spool-queued,file-queued")]
    kannel: Vec<Way>,
    /// Measure Kaziline alone.
    #[arg(long)]
    alone: bool,
    /// Measure Kannel alone.
    #[arg(long)]
    without: bool,
    /// Make everything in a folder of this folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Measure this binary.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Run every side for a moment, to see that it runs.
    #[arg(long)]
    test: bool,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The arguments, understood.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) smoke: bool,
    pub(crate) messages: u32,
    pub(crate) rounds: u32,
    pub(crate) kaziline: bool,
    pub(crate) kannel: Vec<Way>,
    pub(crate) folder: PathBuf,
    pub(crate) server: PathBuf,
}

impl Options {
    /// The options of this run. Without `--bench` it is a test: what `cargo test` passes on is not for us.
    pub(crate) fn from_process() -> Self {
        let smoke = !std::env::args().any(|argument| argument == "--bench");
        let arguments = if smoke { Arguments::parse_from(["sending", "--test"]) } else { Arguments::parse() };
        // On the disk of the build, since `/tmp` may be memory.
        let folder = arguments.folder.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).to_owned());
        let server = arguments.server.unwrap_or_else(|| env!("CARGO_BIN_EXE_kaziline").into());
        let mut options = Self {
            smoke: arguments.test,
            messages: arguments.messages.get().min(10_000_000),
            rounds: arguments.rounds,
            kaziline: !arguments.without,
            kannel: if arguments.alone { Vec::new() } else { arguments.kannel },
            folder,
            // It is started in another folder.
            server: std::path::absolute(&server).unwrap_or(server),
        };
        if options.smoke {
            (options.messages, options.rounds, options.kannel) = (64, 1, Way::value_variants().to_vec());
        }
        options
    }
}
