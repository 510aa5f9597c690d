//! The menus that are served, and those on which visits under way finish.
//!
//! A bundle is stored under the SHA-256 of its files when it is published; a log ([`log`]) says which one is served, and
//! operators write that log ([`desk`]). Every node looks at it once a second ([`Watcher`]), compiles what is new beside the
//! hops, and exchanges what it serves in one move. A visit keeps the hash of the bundle on which it began and finishes
//! there, also after a restart; one that is taken up again later moves to the live bundle by the names of its states.

pub mod desk;
pub mod log;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use self::log::{Kept, MenuEvent, Standing, What};
use crate::actions::{self, Host};
use crate::clock::Clock;
use crate::menu::{self, Bundle, Report, Sources};
use crate::session::Closures;
use crate::storage::{self, Store, Tx, Work};

/// Bundles besides the live one at most: more than are published while one call lasts.
const OTHERS_MAX: usize = 8;
/// Between two looks at the log: half of what a publication may take on all nodes.
const LOOK_MS: u64 = 1_000;
/// Who writes what no operator did.
const OURSELVES: &str = "kaziline";
/// Who publishes when the service is told to read its folder again.
pub const FOLDER_READ_AGAIN: &str = "SIGHUP";

/// Why the menus cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum BundlesFault {
    /// The menus have faults.
    #[error("the menus have faults:\n{}", .0.render())]
    Menu(Report),
    /// The store.
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// Menus that a service is started with.
#[derive(Clone, Debug)]
pub struct Given {
    /// Their files.
    pub sources: Sources,
    /// Whether they come from a folder that the configuration names: then a change of the folder is a publication. Those
    /// that are compiled in give way to whatever an operator published.
    pub from_folder: bool,
}

/// What is served at a moment.
#[derive(Clone, Debug)]
pub struct Menus {
    /// The bundle that visits begin on.
    pub live: Arc<Bundle>,
    /// What is closed.
    pub closures: Closures,
    /// Bundles of visits under way and of the next moment, newest first.
    others: Vec<Arc<Bundle>>,
}

impl Menus {
    /// The bundle with this hash, if it is here.
    pub fn of(&self, hash: &[u8]) -> Option<&Arc<Bundle>> {
        std::iter::once(&self.live).chain(&self.others).find(|bundle| bundle.hash[..] == *hash)
    }

    /// The same with one more bundle at hand.
    fn with(mut self, bundle: Arc<Bundle>) -> Self {
        self.others.insert(0, bundle);
        self.others.truncate(OTHERS_MAX);
        self
    }

    /// The same with another live bundle, and this one among the others.
    fn followed_by(&self, live: Arc<Bundle>, closures: Closures) -> Self {
        let others = std::iter::once(&self.live).chain(&self.others).filter(|bundle| bundle.hash != live.hash);
        Self { closures, others: others.take(OTHERS_MAX).cloned().collect(), live }
    }
}

/// The menus of a node, exchanged as a whole.
#[derive(Debug)]
pub struct Bundles {
    menus: RwLock<Arc<Menus>>,
    /// Told when the log was written here.
    pub changed: Notify,
}

impl Bundles {
    /// Proves the given menus, decides between them and what was published, and compiles the bundles of visits that are
    /// still open.
    pub async fn open(
        store: &Store,
        given: Given,
        host: &Host,
        now_ms: i64,
        event_id: i64,
    ) -> Result<Bundles, BundlesFault> {
        let manifest = actions::manifest();
        let (events, published, standing) = desk::served(store, now_ms).await?;
        let last = published.clone();
        let published = published.filter(|_| keeps(&events, &standing, &given));
        let published = published.and_then(|sources| {
            let built = menu::build(&sources, manifest, host);
            if built.is_err() {
                tracing::error!("the published menus no longer bind to this program: its own are served instead");
            }
            built.ok()
        });
        let live = match (published, menu::build(&given.sources, manifest, host)) {
            (Some(live), _) => live,
            (None, Ok(live)) => {
                let is_new = standing.live.as_deref() != Some(&live.hash[..]);
                // What an operator chose and this program cannot serve stays chosen: for the other nodes, and the next start.
                let counts = is_new && (given.from_folder || !standing.chosen);
                // Where others serve something else, they know it by then.
                let ahead_ms = if store.is_shared() && standing.live.is_some() { desk::AHEAD_MS } else { 0 };
                start(store, &given.sources, now_ms, counts.then_some((event_id, now_ms + ahead_ms))).await?;
                live
            }
            // A folder that somebody is writing in must not keep the service from starting.
            (None, Err(report)) => match last.map(|sources| menu::build(&sources, manifest, host)) {
                Some(Ok(live)) => {
                    tracing::error!("the menus have faults: those that were served before are served on");
                    live
                }
                _ => return Err(BundlesFault::Menu(report)),
            },
        };
        let mut others = Vec::new();
        for (hash, bytes) in store.read::<_, storage::Error, _>(log::in_use).await? {
            if hash[..] == live.hash || others.len() == OTHERS_MAX {
                continue;
            }
            if let Some(Ok(bundle)) = Sources::unpack(&bytes).map(|sources| menu::build(&sources, manifest, host)) {
                others.push(bundle);
            } else {
                tracing::warn!("an older bundle no longer binds; its visits move to the live one");
            }
        }
        let menus = Menus { live, closures: standing.closures, others };
        Ok(Bundles { menus: RwLock::new(Arc::new(menus)), changed: Notify::new() })
    }

    /// What is served now. A hop takes it once, and is answered by it whatever is published meanwhile.
    pub fn now(&self) -> Arc<Menus> {
        Arc::clone(&self.menus.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes and opens on this node alone, past the log: where menus are tested.
    pub fn close(&self, closures: Closures) {
        let before = self.now();
        self.exchange(before.followed_by(Arc::clone(&before.live), closures));
    }

    fn exchange(&self, menus: Menus) {
        *self.menus.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(menus);
    }
}

/// Keeps the menus that a service starts with, and says so in the log if they were not served before.
async fn start(store: &Store, sources: &Sources, now_ms: i64, event: Option<(i64, i64)>) -> Result<(), storage::Error> {
    let (hash, bytes) = (sources.hash().to_vec(), sources.pack());
    let manifest_hash = actions::manifest().hash().to_vec();
    let event = event.map(|(id, from_ms)| MenuEvent {
        id,
        what: What::Started,
        by: OURSELVES.to_owned(),
        flow: String::new(),
        hash: hash.clone(),
        at_ms: now_ms,
        from_ms,
    });
    let kept = Kept { hash, bytes, manifest_hash, now_ms };
    let start = move |tx: &mut Tx<'_>| {
        log::keep(tx, &kept)?;
        event.as_ref().map_or(Ok(()), |event| log::add(tx, event, None))
    };
    store.transact(Work::interactive(None), start).await
}

/// Whether what the log says goes before the given menus.
fn keeps(events: &[MenuEvent], standing: &Standing, given: &Given) -> bool {
    if !given.from_folder {
        return standing.chosen;
    }
    // The folder counts when it is not what it was when it was last read.
    let is_of_folder = |event: &&MenuEvent| event.what == What::Started || event.by == FOLDER_READ_AGAIN;
    let last = events.iter().rev().find(is_of_folder);
    standing.chosen && last.is_some_and(|event| event.hash == given.sources.hash())
}

/// A node's look at the log.
#[derive(Debug)]
pub struct Watcher {
    /// The store with the log.
    pub store: Store,
    /// What bundles bind to.
    pub host: Arc<Host>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is exchanged.
    pub bundles: Arc<Bundles>,
    /// The newest row that was acted on.
    seen: i64,
    /// When a row begins to hold that does not yet.
    next_ms: Option<i64>,
}

impl Watcher {
    /// A watcher that has seen nothing yet.
    pub fn new(store: Store, host: Arc<Host>, clock: Arc<dyn Clock>, bundles: Arc<Bundles>) -> Self {
        Self { store, host, clock, bundles, seen: 0, next_ms: None }
    }

    /// One look: acts on what is new and holds. Answers whether anything was exchanged.
    pub async fn look(&mut self) -> Result<bool, storage::Error> {
        let now_ms = self.clock.now_ms();
        let newest = self.store.read::<_, storage::Error, _>(log::newest).await?;
        if newest == self.seen && self.next_ms.is_none_or(|next| next > now_ms) {
            return Ok(false);
        }
        let (events, _, standing) = desk::served(&self.store, now_ms).await?;
        let mut menus = Menus::clone(&self.bundles.now());
        // What is to hold in a moment is made ready now: a call may begin on it on another node.
        let waiting = events.iter().filter(|event| event.from_ms > now_ms && event.what.serves());
        for hash in standing.live.iter().chain(waiting.map(|event| &event.hash)) {
            if menus.of(hash).is_none()
                && let Some(bundle) = self.compile(hash.clone()).await?
            {
                menus = menus.with(bundle);
            }
        }
        let before = self.bundles.now();
        // A node that cannot bind what is served goes on with what it has; what is closed is closed there too.
        let live = standing.live.as_ref().and_then(|hash| menus.of(hash).cloned()).unwrap_or(Arc::clone(&before.live));
        let is_other = live.hash != before.live.hash || standing.closures != before.closures;
        if live.hash != before.live.hash {
            let short: String = desk::hex(&live.hash).chars().take(12).collect();
            tracing::info!(bundle = short, "other menus are served");
        }
        self.bundles.exchange(menus.followed_by(live, standing.closures));
        (self.seen, self.next_ms) = (newest, standing.next_ms);
        Ok(is_other)
    }

    /// Compiles a stored bundle beside the hops. `None` when this program cannot bind it.
    async fn compile(&self, hash: Vec<u8>) -> Result<Option<Arc<Bundle>>, storage::Error> {
        let bytes = self.store.read::<_, storage::Error, _>(move |tx| log::bytes_of(tx, &hash)).await?;
        let Some(sources) = bytes.as_deref().and_then(Sources::unpack) else { return Ok(None) };
        let host = Arc::clone(&self.host);
        let built = desk::beside_hops(move || menu::build(&sources, actions::manifest(), &*host)).await?;
        if built.is_err() {
            tracing::error!("published menus do not bind to this program: what was served is served on");
        }
        Ok(built.ok())
    }

    /// Looks until told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the log of the menus could not be read; it is read again");
            }
            let until = self.next_ms.map(|next| next.saturating_sub(self.clock.now_ms()).max(1).unsigned_abs());
            let wait = Duration::from_millis(until.unwrap_or(LOOK_MS).min(LOOK_MS));
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { return },
                () = self.bundles.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}
