//! Listed workers by trade and place: where a client's search begins. Written with the worker's own rows, so that a search
//! reads the heads of an index and nothing else.

use crate::country::{AreaCode, Level};
use crate::market::worker::read_area;
use crate::market::{Fault, PersonId};
use crate::storage::Tx;
use crate::text::datetime::Day;

/// Writes a worker's rows anew, one a trade. Nothing stands there of who is not listed.
pub fn refresh(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const ASKED: &str = "SELECT MIN(asked_ms) FROM bookable WHERE person_id = $1";
    const LISTED: &str = "SELECT area_code FROM worker WHERE person_id = $1 AND listed_ms IS NOT NULL";
    const CLEAR: &str = "DELETE FROM bookable WHERE person_id = $1";
    const ADD: &str = "INSERT INTO bookable (person_id, trade, district_code, sector_code, free_on_day, asked_ms) \
        SELECT worker.person_id, worker_trade.trade, worker.district_code, $2, COALESCE(worker.free_on_day, 0), $3 \
        FROM worker JOIN worker_trade ON worker_trade.person_id = worker.person_id WHERE worker.person_id = $1";
    let area = tx.query_one(LISTED, &[person.into()], |row| row.optional_integer(0)?.map(read_area).transpose())?;
    // While somebody registers there is nothing to write, and nothing to take away.
    let Some(Some(area)) = area else { return Ok(()) };
    let asked_ms = tx.query_one(ASKED, &[person.into()], |row| row.optional_integer(0))?.flatten().unwrap_or_default();
    tx.execute(CLEAR, &[person.into()])?;
    tx.execute(ADD, &[person.into(), sector_of(area).into(), asked_ms.into()])?;
    Ok(())
}

/// Nobody finds this worker any more.
pub fn remove(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const REMOVE: &str = "DELETE FROM bookable WHERE person_id = $1";
    tx.execute(REMOVE, &[person.into()])?;
    Ok(())
}

/// The worker said to be free on a day, or not any more.
pub fn set_free_on(tx: &mut Tx<'_>, person: PersonId, day: Option<Day>) -> Result<(), Fault> {
    const FREE: &str = "UPDATE bookable SET free_on_day = $2 WHERE person_id = $1";
    tx.execute(FREE, &[person.into(), day.map_or(0, |day| i64::from(day.0)).into()])?;
    Ok(())
}

/// The worker was asked: others come first now.
pub(super) fn asked(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    const ASKED: &str = "UPDATE bookable SET asked_ms = $2 WHERE person_id = $1";
    tx.execute(ASKED, &[person.into(), now_ms.into()])?;
    Ok(())
}

/// The worker is there no more.
pub(super) fn left(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const LEFT: &str = "DELETE FROM bookable WHERE person_id = $1 \
        AND NOT EXISTS (SELECT 1 FROM person WHERE person.id = $1 AND person.status = 'listed')";
    tx.execute(LEFT, &[person.into()])?;
    Ok(())
}

/// The sector of an area as it is stored; 0 when it is not known.
pub(super) fn sector_of(area: AreaCode) -> i64 {
    area.at(Level::Sector).map_or(0, AreaCode::get)
}
