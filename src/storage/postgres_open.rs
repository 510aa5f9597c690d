//! Reaching a `PostgreSQL` server: its address, TLS, the session's settings, and the migrations.

use std::path::Path;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::migrate::{Migration, MigrationFault, Recorded, pending};
use super::postgres::PostgresConnection;
use super::{Error, OpenError};

/// Milliseconds to reach one host. After a failover the first of two is dead: the second is tried within a hop's time.
const CONNECT_MS: u64 = 800;
/// Seconds without traffic after which the system asks whether the other end is there; unanswered data give up sooner.
const KEEPALIVE_S: u64 = 5;
/// Milliseconds after which unacknowledged data end the connection: a host that died says nothing.
const UNACKNOWLEDGED_MS: u64 = 2_000;
/// Milliseconds for all migrations together: building an index on a large table takes its time.
const MIGRATION_MS: u64 = 10 * 60_000;
/// What every session is set to: the server ends what the program has given up. A statement ends by itself a little before
/// its wait does; a lock is not waited for longer than a hop would; a transaction in which a node fell silent (stopped,
/// paused, cut off) gives its locks back.
const SESSION: &str = "SET statement_timeout = '1400ms'; SET lock_timeout = '1000ms'; \
    SET idle_in_transaction_session_timeout = '5s'; SET client_min_messages = 'error'; SET synchronous_commit = 'on'";

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

/// Where the server is, and how it is reached.
#[derive(Clone)]
pub(super) struct Address {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    /// Hosts and database, for errors: no user, no password.
    shown: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL (`postgres://USER:PASSWORD@HOST:PORT/DATABASE`, several hosts separated by commas). `roots` is a PEM
    /// file with the certificates to trust in place of the platform's.
    pub(super) fn parse(url: &str, roots: Option<&Path>) -> Result<Self, OpenError> {
        let refused = |what: &str| OpenError::Address { what: what.to_owned() };
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|_| refused("it is no postgres://USER:PASSWORD@HOST/DATABASE"))?;
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
        config
            .application_name("kaziline")
            // A standby, or a primary that was replaced, is not written to.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(Duration::from_millis(CONNECT_MS))
            .tcp_user_timeout(Duration::from_millis(UNACKNOWLEDGED_MS))
            .keepalives_idle(Duration::from_secs(KEEPALIVE_S));
        Ok(Self { config, tls: MakeRustlsConnect::new(tls), shown })
    }

    fn fault(&self, what: impl std::fmt::Display) -> OpenError {
        OpenError::Server { server: self.shown.clone(), what: what.to_string() }
    }
}

fn shown(config: &tokio_postgres::Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

/// Connects. The reason of a failure is the server's or the system's; it names no password.
fn reach(address: &Address) -> Result<PostgresConnection, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let limit = Duration::from_millis(CONNECT_MS * address.config.get_hosts().len().max(1) as u64 + 500);
    let client = runtime.block_on(async {
        let connecting = address.config.connect(address.tls.clone());
        let (client, connection) = tokio::time::timeout(limit, connecting)
            .await
            .map_err(|_| "no answer in time".to_owned())?
            .map_err(|error| reason(&error))?;
        // Ends when the client is dropped, with the runtime that drives it.
        drop(tokio::spawn(connection));
        tokio::time::timeout(limit, client.batch_execute(SESSION))
            .await
            .map_err(|_| "no answer in time".to_owned())?
            .map_err(|error| reason(&error))?;
        Ok::<_, String>(client)
    })?;
    Ok(PostgresConnection::new(runtime, client))
}

fn reason(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(told), _) => told.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// Opens a further connection of a store that was opened.
pub(super) fn connect(address: &Address) -> Result<PostgresConnection, Error> {
    reach(address).map_err(|what| {
        tracing::error!(server = %address.shown, what, "no connection");
        Error::Unavailable
    })
}

/// Opens the first connection, and brings the database up to date.
pub(super) fn open(address: &Address, migrations: &[Migration], now_ms: i64) -> Result<PostgresConnection, OpenError> {
    let mut connection = reach(address).map_err(|what| address.fault(what))?;
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
