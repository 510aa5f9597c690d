//! Reaching a `PostgreSQL` server: its address, TLS, the session's settings, and the migrations.
//!
//! Of several servers one is the primary. Whoever takes over begins a new timeline of the log, counted upwards; a node that
//! has worked on one does not go back to an earlier. So an old primary that comes back as if nothing had happened is not
//! written to by the nodes that saw its successor. (A node that starts anew has seen nothing: keep the old one away.)

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::migrate::{Migration, MigrationFault, Recorded, pending};
use super::postgres::PostgresConnection;
use super::{Error, OpenError, Options};

/// Milliseconds to reach one server while the store is opened: nobody waits for a hop yet, and a machine that starts has
/// much to do.
const OPEN_CONNECT_MS: u64 = 5_000;
/// Seconds without traffic after which the system asks whether the other end is there; unanswered data give up sooner.
const KEEPALIVE_S: u64 = 5;
/// Milliseconds after which unacknowledged data end the connection: a host that died says nothing.
const UNACKNOWLEDGED_MS: u64 = 2_000;
/// Milliseconds for all migrations together: building an index on a large table takes its time.
const MIGRATION_MS: u64 = 10 * 60_000;
/// What every session is set to: the server ends what the program has given up. A statement ends by itself a little before
/// its wait does; a lock is not waited for longer than a hop would; a transaction in which a node fell silent (stopped,
/// paused, cut off) gives its locks back. A statement is planned once: planning the search for jobs anew for each worker
/// costs ten times the search.
fn session(statement_ms: u64) -> String {
    let (gives_up_ms, lock_ms) = (statement_ms * 14 / 15, statement_ms * 2 / 3);
    format!(
        "SET statement_timeout = '{gives_up_ms}ms'; SET lock_timeout = '{lock_ms}ms'; \
         SET idle_in_transaction_session_timeout = '5s'; SET client_min_messages = 'error'; \
         SET synchronous_commit = 'on'; SET plan_cache_mode = 'force_generic_plan'"
    )
}

/// The store's own tables: which migrations were applied, and which keys are this database's.
const OWN_TABLES: &str = "
CREATE TABLE IF NOT EXISTS schema_migration (
  number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 BYTEA NOT NULL, applied_ms BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS store_key (key_id BIGINT PRIMARY KEY, check_value BYTEA NOT NULL);
";
/// Nodes that start together migrate one after the other. The number is the program's name in ASCII.
pub(super) const LOCK: &str = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
    SELECT pg_advisory_xact_lock(7737298340521504)";
/// The file of the log that is written to: its name begins with eight hexadecimal digits, the timeline.
const LOG_FILE: &str = "SELECT pg_walfile_name(pg_current_wal_lsn())";

/// Where the server is, and how it is reached.
#[derive(Clone)]
pub(super) struct Address {
    /// One for each server.
    servers: Vec<Config>,
    tls: MakeRustlsConnect,
    /// What all connections of this program have found out.
    seen: Arc<Seen>,
    /// Hosts and database, for errors: no user, no password.
    shown: String,
    options: Options,
}

/// See the module.
#[derive(Debug, Default)]
struct Seen {
    /// The server that took the last connection: asked first.
    server: AtomicUsize,
    /// The latest timeline; 0 before the first connection.
    timeline: AtomicU32,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL (`postgres://USER:PASSWORD@HOST:PORT/DATABASE`, several hosts separated by commas). `roots` is a PEM
    /// file with the certificates to trust in place of the platform's.
    pub(super) fn parse(url: &str, roots: Option<&Path>, options: Options) -> Result<Self, OpenError> {
        let refused = |what: &str| OpenError::Address { what: what.to_owned() };
        let config: Config = url.parse().map_err(|_| refused("it is no postgres://USER:PASSWORD@HOST/DATABASE"))?;
        let shown = shown(&config);
        let unreadable = |_| refused("the file of trusted certificates cannot be read");
        let tls = rustls::ClientConfig::builder();
        let tls = match roots {
            // A machine without certificates reaches a server that asks for none; over TLS it then trusts nobody.
            None => match tls.clone().with_platform_verifier() {
                Ok(tls) => tls.with_no_client_auth(),
                Err(_) => tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth(),
            },
            Some(path) => {
                let mut trusted = rustls::RootCertStore::empty();
                for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                    let certificate = certificate.map_err(unreadable)?;
                    trusted.add(certificate).map_err(|_| refused("a trusted certificate cannot be used"))?;
                }
                tls.with_root_certificates(trusted).with_no_client_auth()
            }
        };
        let servers = (0..config.get_hosts().len()).map(|at| server(&config, at)).collect();
        Ok(Self { servers, tls: MakeRustlsConnect::new(tls), seen: Arc::default(), shown, options })
    }

    fn fault(&self, what: impl std::fmt::Display) -> OpenError {
        OpenError::Server { server: self.shown.clone(), what: what.to_string() }
    }

    fn unreached(&self, unreached: Unreached) -> OpenError {
        match unreached {
            Unreached::Refused(what) => self.fault(what),
            Unreached::Away(what) => OpenError::ServerAway { server: self.shown.clone(), what },
        }
    }
}

/// Server `at` of those that a URL names, with our own times.
fn server(all: &Config, at: usize) -> Config {
    let mut one = Config::new();
    match all.get_hosts().get(at) {
        Some(Host::Tcp(name)) => one.host(name),
        Some(Host::Unix(path)) => one.host_path(path),
        None => &mut one,
    };
    // One address and port for each server, or one port for all.
    if let Some(address) = all.get_hostaddrs().get(at) {
        one.hostaddr(*address);
    }
    if let Some(port) = all.get_ports().get(at).or(all.get_ports().first()) {
        one.port(*port);
    }
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(database) = all.get_dbname() {
        one.dbname(database);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    one.ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .application_name("kaziline")
        // A standby is not written to.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .tcp_user_timeout(Duration::from_millis(UNACKNOWLEDGED_MS))
        .keepalives_idle(Duration::from_secs(KEEPALIVE_S));
    one
}

fn shown(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

/// Why there is no connection: the server's reason or the system's, which names no password.
#[derive(Debug)]
enum Unreached {
    /// No server is there that takes writes now: another time one may be.
    Away(String),
    /// A server refuses us, and will until somebody changes something.
    Refused(String),
}

impl Unreached {
    fn what(self) -> String {
        let (Unreached::Away(what) | Unreached::Refused(what)) = self;
        what
    }
}

/// Connects to the first server that takes writes within `limit`, beginning with the one that did last.
fn reach(address: &Address, limit: Duration) -> Result<PostgresConnection, Unreached> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Unreached::Away(error.to_string()))?;
    let first = address.seen.server.load(Ordering::Relaxed);
    let mut unreached = Unreached::Refused("it names no server".to_owned());
    for at in (0..address.servers.len()).map(|offset| (first + offset) % address.servers.len()) {
        let Some(server) = address.servers.get(at) else { continue };
        let found = runtime.block_on(async {
            let connecting = tokio::time::timeout(limit, reach_one(server, limit, address));
            connecting.await.unwrap_or_else(|_| Err(Unreached::Away("no answer in time".to_owned())))
        });
        match found {
            Ok(client) => {
                address.seen.server.store(at, Ordering::Relaxed);
                return Ok(PostgresConnection::new(runtime, client, address.options.statement_ms));
            }
            Err(why) => unreached = why,
        }
    }
    Err(unreached)
}

async fn reach_one(server: &Config, limit: Duration, address: &Address) -> Result<Client, Unreached> {
    let mut server = server.clone();
    let connecting = server.connect_timeout(limit).connect(address.tls.clone());
    let (client, connection) = connecting.await.map_err(|error| unreached(&error))?;
    // Ends when the client is dropped, with the runtime that drives it.
    drop(tokio::spawn(connection));
    client.batch_execute(&session(address.options.statement_ms)).await.map_err(|error| unreached(&error))?;
    let timeline = timeline(&client).await?;
    if address.seen.timeline.fetch_max(timeline, Ordering::AcqRel) > timeline {
        return Err(Unreached::Away("another server has taken over since: this one must not be written to".to_owned()));
    }
    Ok(client)
}

/// The timeline that the server writes. 0 where there is none: engines that only speak the protocol.
async fn timeline(client: &Client) -> Result<u32, Unreached> {
    let answered = match client.simple_query(LOG_FILE).await {
        Ok(answered) => answered,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_FUNCTION) => return Ok(0),
        Err(error) => return Err(unreached(&error)),
    };
    let not_understood = |what: &str| Unreached::Refused(what.to_owned());
    let name = answered.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let digits = name.and_then(|name| name.get(..8)).ok_or_else(|| not_understood("the server has no log"))?;
    u32::from_str_radix(digits, 16).map_err(|_| not_understood("the name of its log is not understood"))
}

/// What a server says of user, password, database and rights stays as it is; the rest (it starts, it stops, it has no room,
/// it does not answer) passes.
fn unreached(error: &tokio_postgres::Error) -> Unreached {
    let stays = [
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_CATALOG_NAME,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ];
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(told), _) if stays.contains(told.code()) => Unreached::Refused(told.message().to_owned()),
        (Some(told), _) => Unreached::Away(told.message().to_owned()),
        (None, Some(cause)) => Unreached::Away(format!("{error}: {cause}")),
        (None, None) => Unreached::Away(error.to_string()),
    }
}

/// Opens a further connection of a store that was opened.
pub(super) fn connect(address: &Address) -> Result<PostgresConnection, Error> {
    reach(address, Duration::from_millis(address.options.connect_ms)).map_err(|unreached| {
        tracing::error!(server = %address.shown, what = unreached.what(), "no connection");
        Error::Unavailable
    })
}

/// Opens the first connection, and brings the database up to date.
pub(super) fn open(address: &Address, migrations: &[Migration], now_ms: i64) -> Result<PostgresConnection, OpenError> {
    let limit = Duration::from_millis(address.options.connect_ms.max(OPEN_CONNECT_MS));
    let mut connection = reach(address, limit).map_err(|unreached| address.unreached(unreached))?;
    migrate(&mut connection, address, migrations, now_ms)?;
    Ok(connection)
}

/// All pending migrations and their records, under a lock and in one transaction: all or none, by one node.
fn migrate(
    connection: &mut PostgresConnection,
    address: &Address,
    migrations: &[Migration],
    now_ms: i64,
) -> Result<(), OpenError> {
    let limit = Duration::from_millis(MIGRATION_MS);
    let failed = |what: String| address.fault(what);
    connection.script(LOCK, limit).map_err(failed)?;
    connection.script(OWN_TABLES, limit).map_err(failed)?;
    let recorded = recorded(connection)?;
    for migration in pending(&recorded, migrations)? {
        let Migration { number, name, sql } = *migration;
        let failed = |what: String| MigrationFault::Failed { number, name, what };
        connection.script(sql, limit).map_err(failed)?;
        record(connection, migration, now_ms)?;
    }
    connection.script("COMMIT", limit).map_err(failed)
}

fn recorded(connection: &mut PostgresConnection) -> Result<Vec<Recorded>, Error> {
    use super::tx::Connection as _;
    let mut recorded = Vec::new();
    connection.query("SELECT number, name, sha256 FROM schema_migration ORDER BY number", &[], &mut |row| {
        let (number, name, sha256) = (row.integer(0)?, row.text(1)?.to_owned(), row.bytes(2)?.to_vec());
        recorded.push(Recorded { number, name, sha256 });
        Ok(())
    })?;
    Ok(recorded)
}

fn record(connection: &mut PostgresConnection, migration: &Migration, now_ms: i64) -> Result<(), Error> {
    use super::tx::Connection as _;
    const RECORD: &str = "INSERT INTO schema_migration (number, name, sha256, applied_ms) VALUES ($1, $2, $3, $4)";
    let sha256 = migration.sha256();
    let values = [migration.number.into(), migration.name.into(), (&sha256).into(), now_ms.into()];
    connection.execute(RECORD, &values).map(drop)
}
