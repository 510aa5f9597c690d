//! What operators do with the menus: publish, go back, close a flow, announce maintenance. Each is checked, and then one
//! row in the log; every node finds it there within a second and acts on it when it begins to hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::log::{self, Kept, MenuEvent, Standing, What, standing};
use crate::actions::{self, Host};
use crate::menu::{self, Bundle, Examined, Report, Sources, diff};
use crate::storage::{self, Store, Work, beside_others};

/// Characters of an operator's name.
const NAME_MAX: usize = 60;
/// Between a publication and its beginning where several nodes share the store: each looks once a second and compiles.
pub const AHEAD_MS: i64 = 1_500;

/// Why a command on the menus was refused.
#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// The menus have faults.
    #[error("{}the menus were not published: what was served is served on", .0.render())]
    Menu(Box<Report>),
    /// There is no such flow in what is served.
    #[error("there is no flow `{0}` in the menus that are served")]
    NoFlow(String),
    /// The menus have no screen for it.
    #[error(
        "the menus that are served do not say where to lead: write {0} = \"flow.state\" in bundle.toml, and publish"
    )]
    NoPlace(&'static str),
    /// The menus have no screen for something that is closed now.
    #[error(
        "these menus do not say where to lead while something is closed: write {0} = \"flow.state\" in their bundle.toml, \
        or open it first"
    )]
    NoPlaceNow(&'static str),
    /// The flow is open.
    #[error("the flow `{0}` is not closed")]
    NotFrozen(String),
    /// Another order came between.
    #[error("somebody else changed the menus meanwhile: look at `kaziline menu status`, and give the order again")]
    Overtaken,
    /// The flow with the screen that a frozen flow leads to.
    #[error("`{0}` has the screen that closed flows lead to: it cannot be closed itself")]
    ClosedScreen(String),
    /// Nothing to go back to.
    #[error("there is no earlier bundle to go back to")]
    NothingEarlier,
    /// No bundle of this name.
    #[error("no bundle was published whose hash begins with {0}, or several were")]
    NoBundle(String),
    /// No service has run on this store yet.
    #[error("nothing is served from this store yet: start the service once")]
    NothingServed,
    /// The operator's name.
    #[error("write who does this with --by: 1 to {NAME_MAX} characters")]
    Name,
    /// The store.
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// An order of an operator's.
#[derive(Debug)]
pub struct Order {
    /// Who gives it.
    pub by: String,
    /// When, in milliseconds since the epoch.
    pub now_ms: i64,
    /// The identifier of its row.
    pub id: i64,
}

impl Order {
    fn checked(self) -> Result<Self, DeskFault> {
        let length = self.by.trim().chars().count();
        let printable = !self.by.chars().any(char::is_control);
        if length == 0 || length > NAME_MAX || !printable { Err(DeskFault::Name) } else { Ok(self) }
    }

    fn row(self, what: What, flow: &str, hash: Vec<u8>, ahead_ms: i64) -> MenuEvent {
        let Order { by, now_ms, id } = self;
        MenuEvent { id, what, by, flow: flow.to_owned(), hash, at_ms: now_ms, from_ms: now_ms + ahead_ms }
    }
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// The row in the log.
    pub event: MenuEvent,
    /// Warnings, where menus were examined.
    pub warnings: Option<Report>,
}

/// Publishes menus, unless they have a fault or would strand somebody.
pub async fn publish(store: &Store, host: Arc<Host>, sources: Sources, order: Order) -> Result<Done, DeskFault> {
    let order = order.checked()?;
    let (events, before, standing) = served(store, order.now_ms).await?;
    let newest = newest_of(&events);
    let prove = move || {
        let examined = prove(&sources, &host, before.as_ref());
        (sources.pack(), examined)
    };
    let (bytes, Examined { bundle, report, .. }) = beside_hops(prove).await?;
    let Some(bundle) = bundle else { return Err(DeskFault::Menu(Box::new(report))) };
    has_places(&bundle, &standing)?;
    let kept = Kept {
        hash: bundle.hash.to_vec(),
        bytes,
        manifest_hash: actions::manifest().hash().to_vec(),
        now_ms: order.now_ms,
    };
    let event = order.row(What::Published, "", kept.hash.clone(), ahead_ms(store));
    let row = event.clone();
    let publish = move |tx: &mut storage::Tx<'_>| {
        log::keep(tx, &kept)?;
        log::add(tx, &row, Some(newest))
    };
    store.transact::<_, storage::Error, _>(Work::interactive(None), publish).await.map_err(overtaken)?;
    Ok(Done { event, warnings: Some(report) })
}

/// Runs what takes milliseconds of a processor on a thread that gives way to hops.
pub(super) async fn beside_hops<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, storage::Error> {
    let working = tokio::task::spawn_blocking(move || beside_others("kaziline-menus", work));
    let done = working.await.map_err(|_| storage::Error::Panicked)?;
    // Without a thread for it there is nothing to be done now.
    done.map_err(|_| storage::Error::Unavailable)
}

/// Menus examined, also against those that they would follow.
pub fn prove(sources: &Sources, host: &Host, before: Option<&Sources>) -> Examined {
    let mut examined = menu::examine(sources, actions::manifest(), host);
    let before = before.map(|before| menu::examine(before, actions::manifest(), host));
    if let (Some(after), Some(Examined { bundle: Some(bundle), written, .. })) = (&examined.bundle, &before) {
        let difference = diff::compare((bundle, written), (after, &examined.written));
        examined.report.add(difference.faults(&examined.written));
        if !examined.report.only_warns() {
            examined.bundle = None;
        }
    }
    examined
}

fn ahead_ms(store: &Store) -> i64 {
    if store.is_shared() { AHEAD_MS } else { 0 }
}

/// Goes back to an earlier bundle: the one before what is served, or the one whose hash begins so. One that this program
/// cannot serve is refused.
pub async fn roll_back(store: &Store, host: Arc<Host>, to: Option<String>, order: Order) -> Result<Done, DeskFault> {
    let order = order.checked()?;
    let (events, _, standing) = served(store, order.now_ms).await?;
    let hash = match to {
        None => log::before_the_newest(&events).ok_or(DeskFault::NothingEarlier)?,
        Some(prefix) => {
            let served = events.iter().filter(|event| event.what.serves()).map(|event| &event.hash);
            let found: BTreeSet<&Vec<u8>> = served.filter(|hash| hex(hash).starts_with(&prefix)).collect();
            match found.first() {
                Some(hash) if found.len() == 1 => (*hash).clone(),
                _ => return Err(DeskFault::NoBundle(prefix)),
            }
        }
    };
    let wanted = hash.clone();
    let bytes = store.read::<_, storage::Error, _>(move |tx| log::bytes_of(tx, &wanted)).await?;
    let bundle = built(bytes.as_deref().and_then(Sources::unpack), host).await?;
    has_places(&bundle, &standing)?;
    let event = order.row(What::RolledBack, "", hash, ahead_ms(store));
    write(store, event, newest_of(&events)).await
}

/// Refuses menus that have no screen for what is closed now.
fn has_places(bundle: &Bundle, standing: &Standing) -> Result<(), DeskFault> {
    if !standing.closures.flows.is_empty() && bundle.closed.is_none() {
        return Err(DeskFault::NoPlaceNow("closed"));
    }
    if standing.closures.maintenance && bundle.notice.is_none() {
        return Err(DeskFault::NoPlaceNow("notice"));
    }
    Ok(())
}

fn newest_of(events: &[MenuEvent]) -> i64 {
    events.last().map_or(0, |event| event.id)
}

/// Closes a flow, or opens it again.
pub async fn freeze(
    store: &Store,
    host: Arc<Host>,
    flow: String,
    is_frozen: bool,
    order: Order,
) -> Result<Done, DeskFault> {
    let order = order.checked()?;
    let (events, sources, standing) = served(store, order.now_ms).await?;
    if is_frozen {
        let bundle = built(sources, host).await?;
        if !bundle.states.iter().any(|state| state.flow() == flow) {
            return Err(DeskFault::NoFlow(flow));
        }
        let closed = bundle.closed.and_then(|id| bundle.state(id)).ok_or(DeskFault::NoPlace("closed"))?;
        if closed.flow() == flow {
            return Err(DeskFault::ClosedScreen(flow));
        }
    } else if !standing.closures.flows.contains(&flow) {
        return Err(DeskFault::NotFrozen(flow));
    }
    let what = if is_frozen { What::Frozen } else { What::Thawed };
    let event = order.row(what, &flow, Vec::new(), ahead_ms(store));
    write(store, event, newest_of(&events)).await
}

/// Announces maintenance, or its end.
pub async fn notice(store: &Store, host: Arc<Host>, is_on: bool, order: Order) -> Result<Done, DeskFault> {
    let order = order.checked()?;
    let (events, sources, _) = served(store, order.now_ms).await?;
    if is_on && built(sources, host).await?.notice.is_none() {
        return Err(DeskFault::NoPlace("notice"));
    }
    let what = if is_on { What::NoticeOn } else { What::NoticeOff };
    let event = order.row(what, "", Vec::new(), ahead_ms(store));
    write(store, event, newest_of(&events)).await
}

async fn write(store: &Store, event: MenuEvent, newest: i64) -> Result<Done, DeskFault> {
    let row = event.clone();
    let add = move |tx: &mut storage::Tx<'_>| log::add(tx, &row, Some(newest));
    store.transact::<_, storage::Error, _>(Work::interactive(None), add).await.map_err(overtaken)?;
    Ok(Done { event, warnings: None })
}

/// Somebody else gave an order since ours was checked.
fn overtaken(error: storage::Error) -> DeskFault {
    if error == storage::Error::Conflict { DeskFault::Overtaken } else { error.into() }
}

/// The log, what it says now, and the files that are served.
pub async fn served(store: &Store, now_ms: i64) -> Result<(Vec<MenuEvent>, Option<Sources>, Standing), storage::Error> {
    let read = move |tx: &mut storage::Tx<'_>| {
        let events = log::all(tx)?;
        let standing = standing(&events, now_ms);
        let bytes = match &standing.live {
            Some(hash) => log::bytes_of(tx, hash)?,
            None => None,
        };
        Ok::<_, storage::Error>((events, bytes.as_deref().and_then(Sources::unpack), standing))
    };
    store.read(read).await
}

/// Compiles stored menus beside the hops.
async fn built(sources: Option<Sources>, host: Arc<Host>) -> Result<Arc<Bundle>, DeskFault> {
    let sources = sources.ok_or(DeskFault::NothingServed)?;
    let built = beside_hops(move || menu::build(&sources, actions::manifest(), &*host)).await?;
    built.map_err(|report| DeskFault::Menu(Box::new(report)))
}

/// Bytes as people name a bundle.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a text cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
