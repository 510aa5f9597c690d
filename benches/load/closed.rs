//! The closed loop: every connection sends its next hop as soon as the last one is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::options::Times;
use crate::sample::{Faults, Marks, Seen};
use crate::walk::{Callers, Mix, Walk};

/// Before a connection that was refused or broken is tried again.
const RECONNECT_WAIT: Duration = Duration::from_millis(10);
/// Connections on which those who dial again are registered.
const REGISTERING_CONNECTIONS: usize = 32;

const WARM_UP: u8 = 0;
const COUNTING: u8 = 1;
const OVER: u8 = 2;

/// One run with so many connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClosedRun {
    pub(crate) mix: Mix,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    pub(crate) times: Times,
}

/// When a connection's loop ends.
#[derive(Clone, Debug)]
struct Until {
    phase: Arc<AtomicU8>,
    /// So many walks have begun.
    begun: u64,
    /// A walk that has begun is walked to its end: the same caller will dial again and must not find it unfinished.
    whole_walks: bool,
}

impl ClosedRun {
    pub(crate) fn go(&self, address: SocketAddr, callers: &Arc<Callers>, marks: &mut Marks<'_>) -> Result<Seen> {
        let phase = Arc::new(AtomicU8::new(WARM_UP));
        let until = Until { phase: Arc::clone(&phase), begun: u64::MAX, whole_walks: self.mix == Mix::Browse };
        let running = self.start(address, callers, &until);
        thread::sleep(self.times.warm_up);
        marks.begin()?;
        phase.store(COUNTING, Ordering::Relaxed);
        thread::sleep(self.times.measured);
        phase.store(OVER, Ordering::Relaxed);
        marks.end()?;
        join(running)
    }

    /// The generator's threads, each with its share of the connections.
    fn start(
        &self,
        address: SocketAddr,
        callers: &Arc<Callers>,
        until: &Until,
    ) -> Vec<thread::JoinHandle<Result<Seen>>> {
        let threads = self.threads.clamp(1, self.connections);
        let walks = (0..threads).map(|first| {
            let own = (first..self.connections).step_by(threads);
            own.map(|connection| Walk::on(self.mix, connection, self.connections)).collect::<Vec<Walk>>()
        });
        walks
            .map(|walks| {
                let (callers, until) = (Arc::clone(callers), until.clone());
                thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                    runtime.block_on(async {
                        let mut tasks = JoinSet::new();
                        for walk in walks {
                            tasks.spawn(dial_on(address, walk, Arc::clone(&callers), until.clone()));
                        }
                        let mut all = Seen::default();
                        while let Some(seen) = tasks.join_next().await {
                            all.merge(seen?);
                        }
                        Ok(all)
                    })
                })
            })
            .collect()
    }
}

fn join(running: Vec<thread::JoinHandle<Result<Seen>>>) -> Result<Seen> {
    let mut all = Seen::default();
    for thread in running {
        all.merge(thread.join().map_err(|_| anyhow!("a thread of the generator panicked"))??);
    }
    Ok(all)
}

/// Registers at least `count` workers, who then are known.
pub(crate) fn register(address: SocketAddr, callers: &Arc<Callers>, count: u64, threads: usize) -> Result<Faults> {
    let times = Times { warm_up: Duration::ZERO, measured: Duration::ZERO };
    let run = ClosedRun { mix: Mix::Enrol, connections: REGISTERING_CONNECTIONS, threads, times };
    let until = Until { phase: Arc::default(), begun: count, whole_walks: true };
    let seen = join(run.start(address, callers, &until))?;
    callers.all_are_known();
    Ok(seen.faults)
}

/// Walks one connection until it is over.
async fn dial_on(address: SocketAddr, mut walk: Walk, callers: Arc<Callers>, until: Until) -> Seen {
    let mut seen = Seen::default();
    let mut connection = None;
    loop {
        let over = until.phase.load(Ordering::Relaxed) == OVER || callers.begun() >= until.begun;
        if over && (walk.is_over() || !until.whole_walks) {
            return seen;
        }
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => Connection::open(address).await,
        };
        let mut open = match open {
            Ok(open) => open,
            Err(error) => {
                seen.faults.note(|| format!("no connection: {error}"));
                walk.give_up();
                tokio::time::sleep(RECONNECT_WAIT).await;
                continue;
            }
        };
        let began = Instant::now();
        match open.post(walk.form(&callers)).await {
            Ok(answer) => {
                if until.phase.load(Ordering::Relaxed) == COUNTING {
                    seen.note(began.elapsed());
                }
                if let Err(fault) = walk.answered(&callers, answer.status, answer.body) {
                    seen.faults.note(|| fault.to_string());
                }
                connection = Some(open);
            }
            Err(error) => {
                seen.faults.note(|| format!("a connection broke: {error}"));
                walk.give_up();
            }
        }
    }
}
