//! What operators were told: an alarm for as long as it holds, and each day's digest. A row, so that of all nodes one
//! tells it, and that a restart tells nothing again.

use crate::storage::{Error, Tx};

/// Days that it is remembered which digests were told, and alarms that nothing ever ended.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;

/// Notes that something is told; false when it was before, by whichever node.
pub(super) fn begin(tx: &mut Tx<'_>, what: &str, about: &str, since_ms: i64) -> Result<bool, Error> {
    const BEGIN: &str = "INSERT INTO told (what, about, since_ms) VALUES ($1, $2, $3) \
        ON CONFLICT (what, about) DO NOTHING";
    Ok(tx.execute(BEGIN, &[what.into(), about.into(), since_ms.into()])? == 1)
}

/// Notes that it is over; false when somebody else has.
pub(super) fn end(tx: &mut Tx<'_>, what: &str, about: &str) -> Result<bool, Error> {
    const END: &str = "DELETE FROM told WHERE what = $1 AND about = $2";
    Ok(tx.execute(END, &[what.into(), about.into()])? == 1)
}

/// All of a kind that was told and is not over, with the moment since when.
pub(super) fn standing(tx: &mut Tx<'_>, what: &str) -> Result<Vec<(String, i64)>, Error> {
    const STANDING: &str = "SELECT about, since_ms FROM told WHERE what = $1 ORDER BY about";
    tx.query(STANDING, &[what.into()], |row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
}

/// Forgets what was told so long ago that it is news again; answers how many rows went.
pub(super) fn forget(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Error> {
    const FORGET: &str = "DELETE FROM told WHERE since_ms < $1";
    tx.execute(FORGET, &[(now_ms - KEEP_MS).into()])
}
