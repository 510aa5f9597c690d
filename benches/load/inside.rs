//! What a hop costs by itself: decoded, answered and encoded on one thread, on a store in memory. What the load adds to
//! this is HTTP, the way to the writer and back, and the disk; what it saves is a transaction for every hop.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow};
use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::SimulatedClock;
use kaziline::gateway::ussd::{Dialect, RequestParts};
use kaziline::hop::{self, Hop, Service};

use crate::options::Options;
use crate::sample::{float, percentile};
use crate::walk::{Callers, Mix, Walk};

const DIALECT: Dialect = Dialect::AfricasTalking;
/// A thumb takes seconds; to the service it is all the same.
const BETWEEN_HOPS_MS: i64 = 2_000;

/// One hop of the walk, or all of them.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    pub(crate) hop: String,
    pub(crate) times: usize,
    pub(crate) median_us: f64,
    pub(crate) mean_us: f64,
    pub(crate) p99_us: f64,
}

impl Inside {
    fn of(hop: String, mut nanoseconds: Vec<u32>) -> Self {
        nanoseconds.sort_unstable();
        let us = |per_mille| f64::from(percentile(&nanoseconds, per_mille)) / 1_000.0;
        let (times, total) = (nanoseconds.len(), nanoseconds.iter().copied().map(u64::from).sum::<u64>());
        let mean_us = float(total) / float(times as u64).max(1.0) / 1_000.0;
        Self { hop, times, median_us: us(500), mean_us, p99_us: us(990) }
    }
}

pub(crate) fn measure(options: &Options) -> Result<Vec<Inside>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(walks(options))
}

async fn walks(options: &Options) -> Result<Vec<Inside>> {
    let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock), kaziline::embedded::menus()).await?;
    let callers = Callers::heeding(options.seed)?;
    // Those who browse have to be registered first.
    if options.mix == Mix::Browse {
        walk_all(&core.service, &clock, &callers, (Mix::Enrol, options.known_callers)).await?;
        callers.all_are_known();
    }
    let mut by_hop = walk_all(&core.service, &clock, &callers, (options.mix, options.inside_walks)).await?;
    let all: Vec<u32> = by_hop.iter().flat_map(|(_, nanoseconds)| nanoseconds).copied().collect();
    let mut rows: Vec<Inside> = by_hop.drain(..).map(|(hop, nanoseconds)| Inside::of(hop, nanoseconds)).collect();
    rows.push(Inside::of("all".to_owned(), all));
    Ok(rows)
}

/// Nanoseconds by the number of the hop in the walk, and what the first screen of that number begins with.
async fn walk_all(
    service: &Arc<Service>,
    clock: &SimulatedClock,
    callers: &Callers,
    (mix, walks): (Mix, u64),
) -> Result<Vec<(String, Vec<u32>)>> {
    let mut by_hop: Vec<(String, Vec<u32>)> = Vec::new();
    let mut walk = Walk::on(mix, 0, 1);
    for _ in 0..walks {
        loop {
            let began = Instant::now();
            let body = answer(service, walk.form(callers)).await?;
            let taken = u32::try_from(began.elapsed().as_nanos()).unwrap_or(u32::MAX);
            let hop = walk.hops();
            walk.answered(callers, 200, &body).map_err(|fault| anyhow!("{fault}"))?;
            if by_hop.len() <= hop {
                by_hop.push((title(hop, &body), Vec::new()));
            }
            if let Some((_, nanoseconds)) = by_hop.get_mut(hop) {
                nanoseconds.push(taken);
            }
            clock.advance(BETWEEN_HOPS_MS);
            if walk.is_over() {
                break;
            }
        }
    }
    Ok(by_hop)
}

/// From the body of a request to the body of its answer, as `web/hooks.rs` does it.
async fn answer(service: &Arc<Service>, form: &str) -> Result<String> {
    let content_type = Some("application/x-www-form-urlencoded; charset=UTF-8");
    let asked = DIALECT.decode(&RequestParts { method: "POST", content_type, body: form.as_bytes() });
    let asked = asked.map_err(|fault| anyhow!("not understood: {}", fault.reason()))?;
    let msisdn = service.host.country.phone.parse(&asked.msisdn).map_err(|_| anyhow!("not a number"))?;
    let hop = Hop {
        channel: "demo".into(),
        session: asked.session,
        msisdn,
        service_code: asked.service_code,
        event: asked.event,
        hop_id: asked.hop_id,
    };
    let (_, body) = DIALECT.encode(&hop::answer(service, hop).await.answer);
    Ok(String::from_utf8(body)?)
}

fn title(hop: usize, body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    let line: String = line.trim_start_matches("CON ").chars().take(24).collect();
    format!("{}: {line}", hop + 1)
}
