//! The whole service: built from the configuration in one place, started, run, and stopped in order.
//!
//! Stopping: accept nothing more, finish the hops under way, take no more messages from the queue, write down what became
//! of those in flight, close the store.

mod case_rehearsal;
mod core;
mod fault;
mod menus;
mod move_to_server;
mod population;
mod recipient_check;
mod restore;
mod ways_out;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub use self::core::{Core, DEMO_NOW_MS, Parts, demo_host, store_host};
pub use fault::StartFault;
pub use menus::{MenusFault, sources as menu_sources};
pub use move_to_server::{MoveFault, move_to_server};
pub use recipient_check::recipient_check;
pub use restore::{RestoreFault, RestoreOrder, restore};

use crate::bundles::desk::{self, Order};
use crate::bundles::{FOLDER_READ_AGAIN, Given};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::country::Country;
use crate::housekeeping;
use crate::market;
use crate::migrations;
use crate::storage::{self, DataFolder, Files, FolderFault, KeyFault, Keys, OpenError, Store};
use crate::transport::public_address::Reach;
use crate::web::upkeep::{self, Upkeep};
use crate::web::{self, Web, admin, hooks::Channel, listener, provider_hooks::Provider};

/// The file in which a service writes its process id, for whoever finds the folder in use.
const PID_FILE: &str = "pid";

/// A data folder, its keys and its database, opened and checked in the order that makes for clear errors.
#[derive(Debug)]
pub struct Opened {
    /// Holds the folder's lock; dropped last.
    pub folder: DataFolder,
    /// The store.
    pub store: Store,
    /// Its keys.
    pub keys: Keys,
    /// Whether the database was made just now.
    pub is_new: bool,
}

/// Opens the data folder of a configuration. Blocks: never on a thread of the runtime.
pub fn open_data(config: &Config, clock: &Arc<dyn Clock>) -> Result<Opened, StartFault> {
    let folder = data_folder(config)?;
    if config.database.is_none()
        && let Some(mark) = move_to_server::was_moved(&config.data)
    {
        return Err(StartFault::Moved { folder: config.data.clone(), mark });
    }
    let keys = load_keys(config, &folder).map_err(OpenError::from)?;
    let (store, is_new) = match &config.database {
        None => {
            let is_new = !folder.database().exists();
            let store = Store::open_sqlite(&folder.database(), migrations::SQLITE, Arc::clone(clock), config.store)?;
            (store, is_new)
        }
        Some(url) => {
            let (url, roots) = (url.expose(), config.database_roots.as_deref());
            let store = Store::open_postgres(url, roots, migrations::POSTGRES, clock, config.store)?;
            let is_new = store.read_blocking(market::demo::may_be_invented).map_err(|fault| match fault {
                market::Fault::Storage(error) => OpenError::from(error),
                _ => OpenError::from(storage::Error::Corrupt { what: "the market cannot be read" }),
            })?;
            (store, is_new)
        }
    };
    store.check_keys_blocking(&keys)?;
    Ok(Opened { folder, store, keys, is_new })
}

/// Takes the data folder of a configuration, and says in it who has it.
fn data_folder(config: &Config) -> Result<DataFolder, StartFault> {
    let folder = DataFolder::open(&config.data).map_err(|fault| match fault {
        FolderFault::InUse { path } => StartFault::in_use(path),
        fault @ FolderFault::NotWritable { .. } => StartFault::Open(fault.into()),
    })?;
    std::fs::write(config.data.join(PID_FILE), format!("{}\n", std::process::id()))
        .map_err(|source| StartFault::Open(FolderFault::NotWritable { path: config.data.clone(), source }.into()))?;
    Ok(folder)
}

/// The keys of a configuration; new ones in a new folder.
fn load_keys(config: &Config, folder: &DataFolder) -> Result<Keys, KeyFault> {
    match &config.keys {
        Some(path) => Keys::load(path),
        None => Keys::in_folder(folder),
    }
}

/// Where the files of a configuration lie.
pub fn files_of(config: &Config) -> Files {
    Files::of(&config.data, config.keys.as_deref())
}

/// A service that runs.
#[derive(Debug)]
pub struct App {
    address: SocketAddr,
    core: Core,
    stop_listening: watch::Sender<bool>,
    stop_sending: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    loops: Vec<JoinHandle<()>>,
    /// What listens to SMSCs: each ends with its session.
    sessions: Vec<JoinHandle<()>>,
    /// The folder of menus that the configuration names.
    menus: Option<PathBuf>,
    folder: DataFolder,
}

impl App {
    /// Builds and starts everything. When it returns, hops are answered.
    pub async fn start(config: &Config) -> Result<App, StartFault> {
        let missing = config.missing_to_serve();
        if !missing.is_empty() {
            return Err(StartFault::Config(missing));
        }
        let sources = menu_sources(config.menus.as_deref())?;
        let menus = Given { sources, from_folder: config.menus.is_some() };
        let country = Country::embedded(&config.country).map_err(StartFault::Country)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());

        let (blocking_config, blocking_clock) = (config.clone(), Arc::clone(&clock));
        let opening = tokio::task::spawn_blocking(move || open_data(&blocking_config, &blocking_clock));
        let Opened { folder, store, keys, is_new } =
            opening.await.map_err(|_| OpenError::from(storage::Error::Panicked))??;
        if config.population {
            let path = folder.path().to_owned();
            match population::may_populate(&path, is_new) {
                Ok(true) => {}
                Ok(false) => return Err(StartFault::NotADemo { path }),
                Err(source) => return Err(OpenError::from(FolderFault::NotWritable { path, source }).into()),
            }
        }
        // Taken before the population is stored: an address in use should not leave a filled folder behind.
        let listen = |source| StartFault::Listen { address: config.server.listen, source };
        let public = TcpListener::bind(config.server.listen).await.map_err(listen)?;
        let address = public.local_addr().map_err(listen)?;

        let (core, sessions) = Core::open(Parts {
            store,
            keys,
            clock,
            country,
            short_code: config.short_code.clone(),
            menus,
            outward: config.outward.clone(),
            population: config.population,
            node: config.node,
        })
        .await?;
        let admin_socket = admin_socket(&folder)?;

        let channels = config.ussd.iter().map(|c| Channel::new(&c.name, c.secret.expose(), c.dialect)).collect();
        let limits = web::Limits {
            ussd_body_bytes_max: config.server.ussd_body_bytes_max,
            body_read_ms: config.server.body_read_ms,
        };
        let inbox = config.simulator.then(|| Arc::clone(&core.loopback));
        let called = Arc::new(Notify::new());
        let providers = providers(config, &called);
        let served = (core.service.clone(), Arc::clone(&core.delivery));
        let api = web::api::Limits {
            requests_s: config.api.requests_s,
            burst: config.api.burst,
            body_bytes_max: config.api.body_bytes_max,
            body_read_ms: config.server.body_read_ms,
        };
        let reach = config.outward.webhook.first().map_or(Reach::Public, |channel| channel.reach);
        let api = web::api::routes(web::api::Api::new(core.service.clone(), api, reach));
        let routes = web::routes(Web::new(served, channels, providers, limits, inbox)).merge(api);
        let routes = TowerToHyperService::new(routes);
        let upkeep = Upkeep::new(
            config.database.is_none().then(|| files_of(config)),
            migrations::SQLITE,
            Arc::clone(&core.service.clock),
        );
        let upkeep = upkeep::routes(upkeep);
        let commands = TowerToHyperService::new(admin::routes(core.admin()).merge(upkeep));

        let (stop_listening, stop_sending) = (watch::Sender::new(false), watch::Sender::new(false));
        let times = times(config);
        let listeners = vec![
            tokio::spawn(listener::serve(public, routes, times, stop_listening.subscribe())),
            tokio::spawn(listener::serve(admin_socket, commands, times, stop_listening.subscribe())),
        ];
        let (workers, wakes) = senders(&core, &stop_sending);
        let waker = tokio::spawn(wake_all(Arc::clone(&core.service.enqueued), wakes, stop_sending.subscribe()));
        let intake = tokio::spawn(core.intake().run(Arc::clone(&called), stop_sending.subscribe()));
        let sessions = sessions.into_iter().map(|listener| tokio::spawn(listener.run(Arc::clone(&called)))).collect();
        let housekeeping = tokio::spawn(housekeeping::run(core.service.clone(), stop_sending.subscribe()));
        let alerts = tokio::spawn(housekeeping::alerts::run(core.service.clone(), stop_sending.subscribe()));
        let watcher = tokio::spawn(core.watcher().run(stop_sending.subscribe()));
        let loops = workers.into_iter().chain([waker, intake, housekeeping, alerts, watcher]).collect();
        let menus = config.menus.clone();
        Ok(App { address, core, stop_listening, stop_sending, listeners, loops, sessions, menus, folder })
    }

    /// Where the service listens: the port is the system's when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service inside, for tests and figures.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Publishes the folder of menus that the configuration names, as it is now. What has a fault is told in the log, and
    /// what was served is served on.
    pub async fn publish_folder(&self) {
        let Some(folder) = &self.menus else {
            tracing::warn!("no folder of menus is configured ([menus] folder): there is nothing to read again");
            return;
        };
        let service = &self.core.service;
        let (now_ms, path) = (service.clock.now_ms(), folder.clone());
        let read = tokio::task::spawn_blocking(move || menu_sources(Some(&path))).await;
        let sources = match read {
            Ok(Ok(sources)) => sources,
            Ok(Err(fault)) => {
                tracing::error!(%fault, "the folder of menus could not be read; what was served is served on");
                return;
            }
            Err(_) => return,
        };
        let id = service.ids.block(now_ms).next_id().unwrap_or_default();
        let order = Order { by: FOLDER_READ_AGAIN.to_owned(), now_ms, id };
        match desk::publish(&service.store, Arc::clone(&service.host), sources, order).await {
            Ok(_) => service.bundles.changed.notify_one(),
            Err(fault) => tracing::error!(%fault, "the folder of menus was not published"),
        }
    }

    /// Stops in order.
    pub async fn stop(self) {
        self.stop_listening.send_replace(true);
        for listener in self.listeners {
            // A listener that panicked has nothing left to finish.
            let _ = listener.await;
        }
        self.stop_sending.send_replace(true);
        for one in self.loops {
            let _ = one.await;
        }
        for channel in self.core.delivery.channels.all() {
            channel.carrier.stop().await;
        }
        for session in self.sessions {
            let _ = session.await;
        }
        let store = self.core.service.store.clone();
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
        // Both are a convenience for whoever looks next; the lock, which is released last, is what counts.
        let _ = std::fs::remove_file(self.folder.admin_socket());
        let _ = std::fs::remove_file(self.folder.path().join(PID_FILE));
    }
}

/// The channels whose providers may call: those that have a secret.
fn providers(config: &Config, called: &Arc<Notify>) -> Vec<Provider> {
    let with_secret = config.outward.sms.iter().filter_map(|channel| Some((channel, channel.secret.as_ref()?)));
    with_secret
        .map(|(channel, secret)| {
            let peer = channel.peer.clone();
            Provider::new(&channel.way.name, secret.expose(), peer, &config.outward.public_url, Arc::clone(called))
        })
        .collect()
}

/// The loop of each way out, and what wakes it.
fn senders(core: &Core, stop: &watch::Sender<bool>) -> (Vec<JoinHandle<()>>, Vec<Arc<Notify>>) {
    core.workers()
        .map(|worker| {
            let wake = Arc::new(Notify::new());
            (tokio::spawn(worker.run(Arc::clone(&wake), stop.subscribe())), wake)
        })
        .unzip()
}

/// Tells every way out that something was queued: which one takes it is for them to say.
async fn wake_all(enqueued: Arc<Notify>, wakes: Vec<Arc<Notify>>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        tokio::select! {
            changed = stop.changed() => if changed.is_err() { return },
            () = enqueued.notified() => wakes.iter().for_each(|wake| wake.notify_one()),
        }
    }
}

fn times(config: &Config) -> listener::Limits {
    let server = &config.server;
    listener::Limits {
        connections_max: server.connections_max,
        first_byte_ms: server.first_byte_ms,
        header_read_ms: server.header_read_ms,
        answer_write_ms: server.answer_write_ms,
        idle_ms: server.idle_ms,
        stop_ms: server.stop_ms,
    }
}

/// The socket for commands. One that lies there is stale: we hold the folder's lock. The folder is its owner's alone, and
/// so is the socket.
fn admin_socket(folder: &DataFolder) -> Result<UnixListener, StartFault> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.admin_socket();
    let fault = |source| StartFault::AdminSocket { path: path.clone(), source };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fault(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(fault)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
    Ok(listener)
}
