//! One new vacancy against a country's workers, and a million alerts queued while people dial.
//!
//! `cargo bench --bench alerts -- --workers 1000000` fills a database with invented workers (two trades each, the first
//! trade 15 % of all, places by their population as Zipf's law has it), posts vacancies, and prints how long it takes to
//! score candidates and to queue the first wave. `--queue 1000000` also queues so many alerts, while a hop's transaction is
//! timed every few milliseconds. `--postgres` does all of it on a throwaway server. Without `--bench` it only proves that the parts
//! still run.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark talks to a terminal")]

#[path = "../load/engines.rs"]
mod engines;
mod people;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use kaziline::actions::{self, Plan, Telling};
use kaziline::app::{Core, Parts, demo_host};
use kaziline::bundles::Given;
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::config::{Config, demo_flags};
use kaziline::housekeeping;
use kaziline::market::alert::{self, Terms};
use kaziline::market::phone_number::{self, MsisdnHash};
use kaziline::storage::postgres_transfer::to_postgres;
use kaziline::storage::{Options, Store, Tx, Work};
use kaziline::text::Language;
use kaziline::{embedded, migrations};

use engines::Cluster;
use people::World;

/// A Sunday morning at nine in Kigali.
pub(crate) const NOW_MS: i64 = 1_795_330_800_000;

/// Workers who are listed on the server itself.
const LISTED_ON_SERVER: u32 = 5_000;

/// As an operator would have it for a million workers, 2 GB of tables: what is read often stays in the server's own memory.
const SERVER: &str = "shared_buffers = 1GB\nmax_wal_size = 4GB\n";

#[derive(Clone, Copy, Debug)]
struct Scale {
    workers: u32,
    vacancies: u32,
    queue: u64,
    on_postgres: bool,
}

fn scale() -> Scale {
    let arguments: Vec<String> = std::env::args().collect();
    let of = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse().ok()
    };
    let is_measured = arguments.iter().any(|argument| argument == "--bench");
    let or = |measured: u64, smoke: u64| if is_measured { measured } else { smoke };
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Scale {
        workers: number(of("--workers").unwrap_or_else(|| or(100_000, 300))),
        vacancies: number(of("--vacancies").unwrap_or_else(|| or(300, 3))),
        queue: of("--queue").unwrap_or_else(|| or(0, 20)),
        on_postgres: arguments.iter().any(|argument| argument == "--postgres"),
    }
}

fn main() -> ExitCode {
    match run(scale()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("alerts: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(scale: Scale) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
    let world = Arc::new(World::new()?);
    let file = Place::File(folder.path().join("kaziline.db"));
    let cluster = scale.on_postgres.then(|| Cluster::start_with(SERVER));
    let began = Instant::now();
    let (place, listing) = match &cluster {
        None => {
            let store = file.open(&clock)?;
            let listing = people::fill(&store, &world, 0..scale.workers)?;
            store.close();
            (file, listing)
        }
        Some(cluster) => {
            // Most of them are registered in a file, which is moved to the server as an operator would, and not by a round
            // trip for each statement.
            let there = scale.workers.min(LISTED_ON_SERVER);
            let store = file.open(&clock)?;
            people::fill(&store, &world, 0..scale.workers - there)?;
            store.close();
            let url = cluster.create_database("alerts");
            to_postgres(&folder.path().join("kaziline.db"), &url, None, migrations::POSTGRES, NOW_MS)?;
            let place = Place::Server(url);
            let store = place.open(&clock)?;
            let listing = people::fill(&store, &world, scale.workers - there..scale.workers)?;
            store.close();
            (place, listing)
        }
    };
    println!("{} workers in {:.0} s", scale.workers, began.elapsed().as_secs_f64());
    println!("| what | median | p99 | most | budget |\n|---|--:|--:|--:|--:|");
    line("a worker is listed as a candidate (two trades)", listing, "cheap beside a hop");
    // Started anew, as a service is: how much of the database it keeps in memory is decided at the start.
    let store = place.open(&clock)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let core = runtime.block_on(open(store.clone(), clock))?;
    one_by_one(&core, &world, scale)?;
    if scale.queue > 0 {
        queue(&runtime, &core, &world, scale)?;
    }
    store.close();
    Ok(())
}

/// Where the database is.
enum Place {
    File(PathBuf),
    Server(String),
}

impl Place {
    fn open(&self, clock: &Arc<dyn Clock>) -> Result<Store> {
        let options = Options::default();
        Ok(match self {
            Place::File(path) => Store::open_sqlite(path, migrations::SQLITE, Arc::clone(clock), options)?,
            Place::Server(url) => Store::open_postgres(url, None, migrations::POSTGRES, clock, options)?,
        })
    }
}

async fn open(store: Store, clock: Arc<dyn Clock>) -> Result<Core> {
    let host = demo_host()?;
    let config = Config::of_layers(None, [], &demo_flags()).map_err(|faults| anyhow!("{faults:?}"))?;
    let mut outward = config.outward;
    // The same people are told again and again here.
    outward.alerts = Terms { day_max: 20, ..outward.alerts };
    let menus = Given { sources: embedded::menus(), from_folder: false };
    let parts = Parts {
        store,
        keys: host.keys,
        clock,
        country: host.country,
        short_code: host.short_code,
        menus,
        outward,
        population: false,
        node: 0,
    };
    Ok(Core::open(parts).await?.0)
}

/// Each vacancy by itself: scored by a reader, its first wave queued in bulk transactions.
fn one_by_one(core: &Core, world: &Arc<World>, scale: Scale) -> Result<()> {
    let (service, terms) = (&core.service, core.service.alerts);
    let (mut scored, mut made_us, mut told_us, mut whole, mut longest) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut read, mut told) = (0, 0);
    for at in 0..scale.vacancies {
        people::post(&service.store, world, at, 1 + i64::from(at % 8))?;
        let fence = i64::from(at) + 1;
        let run =
            service.store.transact_blocking(Work::bulk(), move |tx| alert::take(tx, fence, NOW_MS + 60_000, NOW_MS))?;
        let run = run.context("the vacancy left no run")?;
        let host = Arc::clone(&service.host);
        let look = move |tx: &mut Tx<'_>| {
            let began = Instant::now();
            let plan = actions::plan(tx, &host, &run, &terms, &std::collections::HashSet::new(), NOW_MS)?;
            Ok::<_, actions::Fault>((plan, began.elapsed()))
        };
        let (plan, searched) = service.store.read_blocking(look)?;
        let (mut made, mut work, mut most) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        if let Plan::Tell { people, mut left, .. } = plan {
            read += people.len();
            let mut people = &people[..];
            loop {
                let together = actions::together(&mut people, left);
                if together.is_empty() {
                    break;
                }
                let together: Vec<_> = together.iter().map(|one| (*one, service.ids.block(NOW_MS))).collect();
                let (host, bundle) = (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live));
                let began = Instant::now();
                let batch = service.store.read_blocking(move |tx: &mut Tx<'_>| {
                    actions::batch(tx, &host, &bundle, run.vacancy, &together, NOW_MS)
                })?;
                made += began.elapsed();
                let (host, batch) = (Arc::clone(&service.host), Arc::new(batch));
                let tell = move |tx: &mut Tx<'_>| {
                    let began = Instant::now();
                    let told = actions::tell_some(tx, &host, (&run, &terms), &batch, left, NOW_MS + 60_000, NOW_MS)?;
                    Ok::<_, actions::Fault>((told, began.elapsed()))
                };
                let (telling, took) = service.store.transact_blocking(Work::bulk(), tell)?;
                if let Telling::Told(people) = telling {
                    left -= people;
                    told += people;
                }
                work += took;
                most = most.max(took);
            }
        }
        service.store.transact_blocking(Work::bulk(), move |tx| alert::end(tx, run.vacancy))?;
        scored.push(searched);
        made_us.push(made);
        told_us.push(work);
        whole.push(searched + made + work);
        longest.push(most);
    }
    let budget = if scale.workers > 1_000_000 { "<= 250 ms" } else { "<= 50 ms" };
    line("one vacancy: candidates scored (a reader)", scored, "");
    line("the messages of its first wave made (a reader)", made_us, "");
    line("they are queued (the writer)", told_us, "");
    line("all of it", whole, budget);
    line("the longest transaction of the writer", longest, "<= 10 ms");
    println!("{read} people found, {told} told of {} vacancies", scale.vacancies);
    Ok(())
}

/// Many alerts, told by the loop that serves, while a hop's transaction is timed.
fn queue(runtime: &tokio::runtime::Runtime, core: &Core, world: &Arc<World>, scale: Scale) -> Result<()> {
    let openings = if scale.queue < 10_000 { 1 } else { 250 };
    let wave = core.service.alerts.wave(openings).unsigned_abs();
    let vacancies = u32::try_from(scale.queue.div_ceil(wave.max(1)))?;
    for at in 0..vacancies {
        people::post(&core.service.store, world, scale.vacancies + at, openings)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let hops = {
        let (store, keys, stop) = (core.service.store.clone(), core.service.keys.clone(), Arc::clone(&stop));
        let country = core.service.host.country.clone();
        std::thread::spawn(move || -> Result<Vec<Duration>> {
            let mut times = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let msisdn = country.phone.parse(&format!("079{:07}", times.len()))?;
                let (hash, keys) = (MsisdnHash::of(&keys, &msisdn), keys.clone());
                let began = Instant::now();
                store.transact_blocking(Work::interactive(None), move |tx| {
                    phone_number::seen(tx, &keys, &hash, &msisdn, Language::Rw, NOW_MS)
                })?;
                times.push(began.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(times)
        })
    };
    let began = Instant::now();
    let mut told = 0;
    loop {
        let (runs, people) = runtime.block_on(housekeeping::alerts::turn(&core.service))?;
        told += people;
        if runs == 0 {
            break;
        }
    }
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    let times = hops.join().map_err(|_| anyhow!("the hops panicked"))??;
    line("a hop's transaction meanwhile, with its commit", times, "p99 <= 25 ms");
    println!("{told} alerts of {vacancies} vacancies queued in {:.1} s", took.as_secs_f64());
    Ok(())
}

fn line(what: &str, mut times: Vec<Duration>, budget: &str) {
    times.sort_unstable();
    let at = |per_mille: usize| {
        let rank = (times.len() * per_mille).div_ceil(1_000).max(1);
        times.get(rank - 1).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    println!("| {what} | {:.2} ms | {:.2} ms | {:.2} ms | {budget} |", at(500), at(990), at(1_000));
}
