//! The demo's population: invented people, employers and jobs, the same each time.

use std::path::Path;
use std::sync::Arc;

use crate::actions::Host;
use crate::market::{self, demo};
use crate::storage::{Keys, Store, Tx, Work};

/// The population is drawn from this seed: everybody's demo shows the same people.
const SEED: u64 = 1;
/// The file in a data folder that says: everybody in here is invented.
const MARK: &str = "invented";

/// Stores the population in chunks that leave room for hops. What is there already stays as it is, so a start that was
/// cut off is completed by the next.
pub(super) async fn store(store: &Store, keys: &Keys, host: &Arc<Host>, now_ms: i64) -> Result<(), market::Fault> {
    let population = Arc::new(demo::population(&host.country, SEED));
    for chunk in 0..population.chunks() {
        let (keys, host, population) = (keys.clone(), Arc::clone(host), Arc::clone(&population));
        let work = move |tx: &mut Tx<'_>| demo::store(tx, &keys, &host.country, &population, chunk, now_ms);
        store.transact(Work::bulk(), work).await?;
    }
    Ok(())
}

/// Marks a new data folder as one of invented people. False when it is neither new nor marked: there may be real people
/// in it.
pub(super) fn may_populate(folder: &Path, is_new: bool) -> std::io::Result<bool> {
    if is_new {
        std::fs::write(folder.join(MARK), "Everybody in this folder is invented.\n")?;
    }
    folder.join(MARK).try_exists()
}
