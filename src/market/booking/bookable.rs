//! Listed workers by trade and place: where a client's search begins. Written with the worker's own rows, so that a search
//! reads the heads of an index and nothing else.

use crate::country::{AreaCode, Level};
use crate::market::worker::read_area;
use crate::market::{Fault, PersonId};
use crate::storage::Tx;
use crate::text::datetime::Day;

/// Writes a worker's rows anew, one a trade. Nothing stands there of who is not listed, nor of whose number takes no messages:
/// a client would wait for nothing.
pub fn refresh(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const ASKED: &str = "SELECT MIN(asked_ms) FROM bookable WHERE person_id = $1";
    const LISTED: &str = "SELECT area_code FROM worker WHERE person_id = $1 AND listed_ms IS NOT NULL";
    const REACHED: &str = "SELECT COUNT(*) FROM person JOIN phone_number \
        ON phone_number.msisdn_hmac = person.msisdn_hmac AND phone_number.generation = person.number_generation \
        WHERE person.id = $1 AND phone_number.stopped_ms IS NULL AND phone_number.owner_doubted = 0";
    const CLEAR: &str = "DELETE FROM bookable WHERE person_id = $1";
    const ADD: &str = "INSERT INTO bookable (person_id, trade, district_code, sector_code, free_on_day, asked_ms) \
        SELECT worker.person_id, worker_trade.trade, worker.district_code, $2, COALESCE(worker.free_on_day, 0), $3 \
        FROM worker JOIN worker_trade ON worker_trade.person_id = worker.person_id WHERE worker.person_id = $1 \
        ON CONFLICT DO NOTHING";
    let area = tx.query_one(LISTED, &[person.into()], |row| row.optional_integer(0)?.map(read_area).transpose())?;
    // While somebody registers there is nothing to write, and nothing to take away.
    let Some(Some(area)) = area else { return Ok(()) };
    let asked_ms = tx.query_one(ASKED, &[person.into()], |row| row.optional_integer(0))?.flatten().unwrap_or_default();
    tx.execute(CLEAR, &[person.into()])?;
    if tx.query_one(REACHED, &[person.into()], |row| row.integer(0))?.unwrap_or_default() == 0 {
        return Ok(());
    }
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

/// The worker is there no more, or has not dialled since `since_ms`.
pub(super) fn left(tx: &mut Tx<'_>, person: PersonId, since_ms: i64) -> Result<(), Fault> {
    const LEFT: &str = "DELETE FROM bookable WHERE person_id = $1 AND NOT EXISTS (SELECT 1 FROM person \
        JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        AND phone_number.generation = person.number_generation WHERE person.id = $1 AND person.status = 'listed' \
        AND phone_number.stopped_ms IS NULL AND phone_number.owner_doubted = 0 AND phone_number.last_hop_ms >= $2)";
    tx.execute(LEFT, &[person.into(), since_ms.into()])?;
    Ok(())
}

/// The sector of an area as it is stored; 0 when it is not known.
pub(super) fn sector_of(area: AreaCode) -> i64 {
    area.at(Level::Sector).map_or(0, AreaCode::get)
}
