//! `kaziline serve`

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigArgs, Verdict, print};
use crate::app::{App, StartFault};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, demo_flags};
use crate::telemetry;

/// Milliseconds in which a start that failed for a passing reason is tried again. Beyond, whoever started the service should
/// hear of it: systemd gives a start 90 s.
const START_PATIENCE_MS: i64 = 60_000;
/// Between two tries.
const START_AGAIN: Duration = Duration::from_secs(1);
/// Tasks after which a thread of the runtime looks for what has come. A commit answers dozens of hops at once, and who was
/// answered first has typed again before the last one is: with the usual 61 the writer would wait for all of them.
const EVENT_INTERVAL: u32 = 8;

/// Run the service until it is told to stop (Ctrl-C or SIGTERM); SIGHUP publishes the configured folder of menus again
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    config: ConfigArgs,
    /// Invented people and jobs in ./kaziline-demo, a channel `demo`, SMS that stay inside, and the simulator
    #[arg(long)]
    demo: bool,
    /// A phone in the browser at /simulator, which shows everybody's SMS to everybody
    #[arg(long)]
    simulator: bool,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let mut flags = if self.demo { demo_flags() } else { Vec::new() };
        if self.simulator {
            flags.push(("--simulator", "simulator.enabled".to_owned(), "true".to_owned()));
        }
        if let Some(listen) = self.listen {
            flags.push(("--listen", "server.listen".to_owned(), listen));
        }
        let config = self.config.load(flags)?;
        telemetry::start(config.log.json, &config.log.level);

        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().event_interval(EVENT_INTERVAL).build();
        runtime.context("the runtime could not be started")?.block_on(async {
            // Asked for before anything is started, so that a stop that comes early is not lost.
            let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            let mut hang_up = signal(SignalKind::hangup())?;
            let app = tokio::select! {
                app = start_patiently(&config) => app?,
                _ = interrupt.recv() => return Ok(Verdict::Good),
                _ = terminate.recv() => return Ok(Verdict::Good),
            };
            print(&greeting(app.address(), config.simulator, self.demo))?;
            loop {
                tokio::select! {
                    _ = interrupt.recv() => break,
                    _ = terminate.recv() => break,
                    _ = hang_up.recv() => app.publish_folder().await,
                }
            }
            app.stop().await;
            Ok(Verdict::Good)
        })
    }
}

/// Starts, and starts again while the database cannot be reached: the two are often started together, and a server that
/// gives way to its standby is away for moments.
async fn start_patiently(config: &Config) -> Result<App, StartFault> {
    let clock = SystemClock::default();
    let patience_ends_us = clock.monotonic_us() + START_PATIENCE_MS * 1_000;
    loop {
        match App::start(config).await {
            Err(fault) if fault.is_passing() && clock.monotonic_us() < patience_ends_us => {
                tracing::warn!(%fault, "not started; it is tried again");
                tokio::time::sleep(START_AGAIN).await;
            }
            started => return started,
        }
    }
}

/// What a start says once hops are answered. Only the demo's secret is shown: everybody knows it.
fn greeting(address: SocketAddr, simulator: bool, demo: bool) -> String {
    let mut lines = vec![format!("kaziline  listening on http://{address}\n")];
    if simulator {
        lines.push(format!("simulator  http://{address}/simulator\n"));
    }
    if demo {
        lines.push(format!(
            "try it    curl -s http://{address}/hooks/demo/demo/ussd -d sessionId=1 -d phoneNumber=%2B250788000001 \
             -d networkCode=99999 -d serviceCode='*567#' -d text=\n"
        ));
    }
    lines.concat()
}
