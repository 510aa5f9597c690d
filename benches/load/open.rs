//! The open loop: hops are due at fixed times, whatever became of those before. A hop's time counts from the moment when
//! it was due, also when its connection was still waiting for an answer: what a slow server delays is not left out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::sample::{Marks, Seen};
use crate::walk::{Callers, Mix, Walk};

/// Before the first hop is due: the time to open the connections.
const OPENING: Duration = Duration::from_millis(200);

/// One run at so many hops a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenRun {
    pub(crate) mix: Mix,
    pub(crate) connections: usize,
    pub(crate) rate: u32,
    pub(crate) warm_up: Duration,
    pub(crate) duration: Duration,
}

/// A hop that is due.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Instant,
    counts: bool,
}

impl OpenRun {
    pub(crate) fn go(&self, address: SocketAddr, callers: &Arc<Callers>, marks: &mut Marks<'_>) -> Result<Seen> {
        let (connections, callers) = (self.connections, Arc::clone(callers));
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..connections).map(|_| unbounded_channel()).unzip();
        let mix = self.mix;
        let generator = thread::spawn(move || -> Result<Seen> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut tasks = JoinSet::new();
                for (connection, due) in receivers.into_iter().enumerate() {
                    let walk = Walk::on(mix, connection, connections);
                    tasks.spawn(dial_when_due(address, walk, Arc::clone(&callers), due));
                }
                let mut all = Seen::default();
                while let Some(seen) = tasks.join_next().await {
                    all.merge(seen?);
                }
                Ok(all)
            })
        });
        let paced = self.pace(&senders, marks);
        // No more hops: the connections end.
        drop(senders);
        paced?;
        generator.join().map_err(|_| anyhow!("the generator panicked"))?
    }

    /// Tells each connection in its turn when its next hop is due. A thread of its own that sleeps to the microsecond: the
    /// runtime's timers are good to a millisecond only.
    fn pace(&self, senders: &[UnboundedSender<Due>], marks: &mut Marks<'_>) -> Result<()> {
        let start = Instant::now() + OPENING;
        let (counted_from, end) = (start + self.warm_up, start + self.warm_up + self.duration);
        let mut counts = false;
        for (hop, sender) in (0_u32..).zip(senders.iter().cycle()) {
            let at = start + Duration::from_secs(1) * hop / self.rate;
            if at >= end {
                break;
            }
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if !counts && at >= counted_from {
                marks.begin()?;
                counts = true;
            }
            sender.send(Due { at, counts }).map_err(|_| anyhow!("a connection of the generator has ended"))?;
        }
        thread::sleep(end.saturating_duration_since(Instant::now()));
        marks.end()
    }
}

/// Sends the hops of one connection, each when it is due or as soon after as the one before it is answered.
async fn dial_when_due(
    address: SocketAddr,
    mut walk: Walk,
    callers: Arc<Callers>,
    mut hops: UnboundedReceiver<Due>,
) -> Seen {
    let mut seen = Seen::default();
    let mut connection = Connection::open(address).await;
    while let Some(due) = hops.recv().await {
        if connection.is_err() {
            connection = Connection::open(address).await;
        }
        let answered = match &mut connection {
            Ok(open) => match open.post(walk.form(&callers)).await {
                Ok(answer) => walk.answered(&callers, answer.status, answer.body).map_err(|fault| fault.to_string()),
                Err(error) => {
                    let what = format!("a connection broke: {error}");
                    connection = Err(error);
                    walk.give_up();
                    Err(what)
                }
            },
            Err(error) => Err(format!("no connection: {error}")),
        };
        if due.counts {
            seen.note(due.at.elapsed());
        }
        if let Err(fault) = answered {
            seen.faults.note(|| fault);
        }
    }
    seen
}
