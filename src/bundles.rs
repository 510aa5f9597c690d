//! The menus that are served, and those on which older visits finish.
//!
//! A bundle is stored under the SHA-256 of its files when it is first served. A visit keeps the hash of the bundle on which
//! it began, and goes on with it, also after a restart with newer menus. A stored bundle that the program can no longer
//! bind is set aside: its visits move to the live bundle by the names of their states, or begin again.

use std::collections::HashMap;
use std::sync::Arc;

use crate::actions::{self, Host};
use crate::menu::{self, Bundle, Report, Sources};
use crate::storage::{self, Store, Tx, Work};

/// Bundles that are kept for older visits at most: a week of daily publishing.
const OLDER_MAX: usize = 8;

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

/// The bundle that is served and those of older visits.
#[derive(Debug)]
pub struct Bundles {
    live: Arc<Bundle>,
    older: HashMap<Vec<u8>, Arc<Bundle>>,
}

impl Bundles {
    /// Proves `sources`, stores them, and compiles the bundles of visits that are still open.
    pub async fn open(store: &Store, sources: Sources, host: &Host, now_ms: i64) -> Result<Bundles, BundlesFault> {
        let manifest = actions::manifest();
        let live = menu::build(&sources, manifest, host).map_err(BundlesFault::Menu)?;
        let (hash, bytes, manifest_hash) = (live.hash, sources.pack(), manifest.hash());
        let publish = move |tx: &mut Tx<'_>| publish(tx, &hash, &bytes, &manifest_hash, now_ms);
        store.transact::<_, storage::Error, _>(Work::interactive(None), publish).await?;
        let in_use = store.read::<_, storage::Error, _>(in_use).await?;
        let mut older = HashMap::new();
        for (hash, bytes) in in_use.into_iter().filter(|(hash, _)| hash[..] != live.hash).take(OLDER_MAX) {
            let built = Sources::unpack(&bytes).map(|sources| menu::build(&sources, manifest, host));
            if let Some(Ok(bundle)) = built {
                older.insert(hash, bundle);
            } else {
                tracing::warn!("an older bundle no longer binds; its visits move to the live one");
            }
        }
        Ok(Bundles { live, older })
    }

    /// The bundle that new visits begin on.
    pub fn live(&self) -> Arc<Bundle> {
        Arc::clone(&self.live)
    }

    /// The bundle with this hash, else the live one.
    pub fn of(&self, hash: &[u8]) -> Arc<Bundle> {
        self.older.get(hash).map_or_else(|| self.live(), Arc::clone)
    }
}

fn publish(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    bytes: &[u8],
    manifest_hash: &[u8; 32],
    now_ms: i64,
) -> Result<u64, storage::Error> {
    const PUBLISH: &str = "INSERT INTO bundle (hash, bytes, manifest_hash, published_ms) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (hash) DO UPDATE SET manifest_hash = excluded.manifest_hash, published_ms = excluded.published_ms";
    tx.execute(PUBLISH, &[hash.into(), bytes.into(), manifest_hash.into(), now_ms.into()])
}

/// A stored bundle: its hash and its packed files.
type Stored = (Vec<u8>, Vec<u8>);

/// Bundles that a session still refers to, newest first.
fn in_use(tx: &mut Tx<'_>) -> Result<Vec<Stored>, storage::Error> {
    const IN_USE: &str = "SELECT hash, bytes FROM bundle \
        WHERE EXISTS (SELECT 1 FROM session WHERE session.bundle_hash = bundle.hash) ORDER BY published_ms DESC";
    tx.query(IN_USE, &[], |row| Ok((row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec())))
}
