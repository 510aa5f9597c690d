//! Commands on a store: through the admin socket of the service that runs on it, or by taking the data folder's lock.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde::de::DeserializeOwned;

use crate::app::{Opened, StartFault, open_data, store_host};
use crate::clock::{Clock, IdSource, SystemClock};
use crate::config::Config;
use crate::storage::{DataFolder, FolderFault};
use crate::transport::{LocalClient, LocalFault};
use crate::web::admin::{self, Admin, CommandFault};
use crate::web::upkeep::ON_A_SERVER;

/// Bytes of an answer that is read: a long listing.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// What commands send is for the service to look into.
const CONTENT_TYPE: &str = "application/octet-stream";
/// Identifiers of commands are told from those of the service that ran a moment ago.
const NODE: u8 = 63;

/// The way to a store that is not opened for work: through the service that runs on it, or over the folder's lock.
pub(super) enum Entry {
    /// A service runs.
    Live(Service),
    /// Nobody works on the folder, which is ours until this is dropped.
    Here(DataFolder),
}

impl Entry {
    /// Takes the lock of a folder that has a database, or finds the service that holds it.
    pub(super) async fn open(config: &Config) -> anyhow::Result<Entry> {
        if config.database.is_some() {
            bail!(ON_A_SERVER);
        }
        require_database(config)?;
        match DataFolder::open(&config.data) {
            Ok(folder) => Ok(Entry::Here(folder)),
            Err(FolderFault::InUse { path }) => {
                let fault = StartFault::in_use(path.clone());
                Ok(Entry::Live(Service { client: service_on(&path, fault).await? }))
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// A service that runs.
pub(super) struct Service {
    client: LocalClient,
}

impl Service {
    /// Asks for `path`, which may take as long as reading the whole database.
    pub(super) async fn get_long<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.client.get_long(path).await?;
        read(answer.status, &answer.body)
    }

    /// Sends `bytes` to `path`, which may take as long as reading the whole database.
    pub(super) async fn post_long<T: DeserializeOwned>(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<T> {
        let answer = self.client.post_long(path, CONTENT_TYPE, bytes).await?;
        read(answer.status, &answer.body)
    }
}

fn require_database(config: &Config) -> anyhow::Result<()> {
    if config.database.is_some() || DataFolder::database_in(&config.data).exists() {
        return Ok(());
    }
    bail!("there is no database in {}: start the service once, or name its folder with --data", config.data.display())
}

/// The service on folder `path`; `fault` when none is to be found.
async fn service_on(path: &Path, fault: StartFault) -> anyhow::Result<LocalClient> {
    let client = LocalClient::to_unix_socket(&DataFolder::admin_socket_in(path))?;
    match client.get("/outbox?limit=1").await {
        Ok(_) => Ok(client),
        Err(LocalFault::NotReachable) => Err(fault.into()),
        Err(fault) => Err(anyhow!("the service on {} does not take commands: {fault}", path.display())),
    }
}

/// Where commands are taken.
pub(super) enum Desk {
    /// At a running service.
    Live(LocalClient),
    /// Here: the store is ours until this is dropped.
    Here { routes: TowerToHyperService<axum::Router>, opened: Opened },
}

impl Desk {
    /// Takes the folder's lock, or finds the service that holds it.
    pub(super) async fn open(config: &Config) -> anyhow::Result<Desk> {
        require_database(config)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let (for_opening, clock_for_opening) = (config.clone(), Arc::clone(&clock));
        let opened = tokio::task::spawn_blocking(move || open_data(&for_opening, &clock_for_opening)).await?;
        match opened {
            Ok(opened) => {
                let (store, keys) = (opened.store.clone(), opened.keys.clone());
                let host = Arc::new(store_host(config, keys.clone())?);
                let ids = Arc::new(IdSource::for_node(NODE));
                // Nobody sends messages here: nobody is to be woken.
                let routes = admin::routes(Admin {
                    store,
                    keys,
                    clock,
                    ids,
                    host,
                    enqueued: Arc::default(),
                    bundles: None,
                    delivery: None,
                });
                Ok(Desk::Here { routes: TowerToHyperService::new(routes), opened })
            }
            Err(StartFault::InUse { path, pid }) => {
                Ok(Desk::Live(service_on(&path, StartFault::InUse { path: path.clone(), pid }).await?))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Asks for `path`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        match self {
            Desk::Live(client) => {
                let answer = client.get(path).await?;
                read(answer.status, &answer.body)
            }
            Desk::Here { .. } => self.here(Request::get(path).body(Body::empty())?).await,
        }
    }

    /// Sends a file to `path`.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<T> {
        match self {
            Desk::Live(client) => {
                let answer = client.post_bytes(path, CONTENT_TYPE, bytes).await?;
                read(answer.status, &answer.body)
            }
            Desk::Here { .. } => {
                let request = Request::post(path).header("content-type", CONTENT_TYPE).body(Body::from(bytes))?;
                self.here(request).await
            }
        }
    }

    /// Sends an order to `path`.
    pub(super) async fn post_json<T: DeserializeOwned>(&self, path: &str, order: Vec<u8>) -> anyhow::Result<T> {
        const JSON: &str = "application/json";
        match self {
            Desk::Live(client) => {
                let answer = client.post_bytes(path, JSON, order).await?;
                read(answer.status, &answer.body)
            }
            Desk::Here { .. } => {
                self.here(Request::post(path).header("content-type", JSON).body(Body::from(order))?).await
            }
        }
    }

    async fn here<T: DeserializeOwned>(&self, request: Request<Body>) -> anyhow::Result<T> {
        let Desk::Here { routes, .. } = self else { bail!("the command belongs to the running service") };
        let answer = routes.call(request).await?;
        let status = answer.status().as_u16();
        read(status, &to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await?)
    }

    /// Gives the store back in order.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        if let Desk::Here { opened, .. } = self {
            tokio::task::spawn_blocking(move || {
                opened.store.close();
                opened.folder
            })
            .await?;
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> anyhow::Result<T> {
    if status == 200 {
        return serde_json::from_slice(body).context("the service's answer is not understood: is it another version?");
    }
    match serde_json::from_slice::<CommandFault>(body) {
        Ok(fault) => Err(anyhow!(fault.fault)),
        Err(_) => Err(anyhow!("the service answered {status}")),
    }
}
