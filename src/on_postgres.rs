//! For the library's own tests: a throwaway `PostgreSQL` server that they share, and a database of it for each.
//!
//! What the market and the outbox do is tested by the same tests on both engines: see `market/fixture.rs` and
//! `outbox/rig.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::clock::Clock;
use crate::storage::{Migration, Options, Store};

#[path = "../tests/it/support/cluster.rs"]
#[expect(dead_code, reason = "the integration tests also kill and pause their servers")]
mod cluster;
#[path = "../tests/it/support/output.rs"]
mod output;

use output::{PATIENCE, lines, texts};

/// Milliseconds for what a hop would not wait for: on a machine that does much else the server may be slow, and these tests
/// are not about that.
const PATIENCE_MS: u64 = 60_000;

/// A store in a new, empty database.
pub(crate) fn store(migrations: &[Migration], clock: &Arc<dyn Clock>) -> Store {
    static DATABASES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let url = cluster::shared().create_database(&name);
    let options = Options { connect_ms: PATIENCE_MS, statement_ms: PATIENCE_MS, ..Options::default() };
    Store::open_postgres(&url, None, migrations, clock, options).unwrap()
}
