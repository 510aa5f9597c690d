//! Clients: persons who want workers for their household, each bound to an employer of that kind.
//!
//! A client is an employer whose number answers and of whom nothing else was checked. Their name stays at the person; the
//! employer has none of its own, so that what is erased there is gone.

use crate::country::{AreaCode, Country};
use crate::market::employer::{self, EmployerKind, NewEmployer, Tier};
use crate::market::worker::{self, read_area};
use crate::market::{EmployerId, Fault, PersonId, person};
use crate::storage::{IdBlock, Keys, Tx};
use crate::text::datetime::Day;

/// Workers whom a client may ask on one day.
pub const ASKED_A_DAY_MAX: i64 = 40;
/// After so many requests of which none brought a yes, a client is slowed.
pub const ASKED_IN_VAIN_MAX: i64 = 24;
/// Workers whom a client may ask on one day who asked many and hired none.
pub const ASKED_A_DAY_IN_VAIN: i64 = 4;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The person.
    pub person: PersonId,
    /// As an employer.
    pub employer: EmployerId,
    /// Where the work is; `None`: not told yet.
    pub area: Option<AreaCode>,
}

/// The client that a person is; `None` when they never agreed to be one.
pub fn find(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Client>, Fault> {
    const FIND: &str = "SELECT employer_id, area_code FROM client WHERE person_id = $1";
    Ok(tx.query_one(FIND, &[person.into()], |row| {
        let area = row.optional_integer(1)?.map(read_area).transpose()?;
        Ok(Client { person, employer: EmployerId::new(row.integer(0)?), area })
    })?)
}

/// The client that an employer is; `None` when it is none.
pub fn of_employer(tx: &mut Tx<'_>, employer: EmployerId) -> Result<Option<Client>, Fault> {
    const OF: &str = "SELECT person_id, area_code FROM client WHERE employer_id = $1";
    Ok(tx.query_one(OF, &[employer.into()], |row| {
        let area = row.optional_integer(1)?.map(read_area).transpose()?;
        Ok(Client { person: PersonId::new(row.integer(0)?), employer, area })
    })?)
}

/// Makes a person a client, once. A worker's own place is taken for the work's until another is told. Uses one identifier.
pub fn begin(tx: &mut Tx<'_>, keys: &Keys, ids: &mut IdBlock, person: PersonId, now_ms: i64) -> Result<Client, Fault> {
    const BEGIN: &str = "INSERT INTO client \
        (person_id, employer_id, area_code, asked_on_day, asked_that_day, asked_since_hired, created_ms, changed_ms) \
        VALUES ($1, $2, $3, 0, 0, 0, $4, $4) ON CONFLICT DO NOTHING";
    if let Some(client) = find(tx, person)? {
        return Ok(client);
    }
    if person::find(tx, person)?.is_none_or(|found| found.status == person::Status::Closed) {
        return Err(Fault::Gone("person"));
    }
    let household = NewEmployer {
        name: String::new(),
        kind: EmployerKind::Household,
        tier: Tier::PhoneOnly,
        contact: format!("person {}", person.get()),
    };
    let employer = employer::known(tx, keys, ids, &household, now_ms)?;
    let area = worker::find(tx, person)?.and_then(|worker| worker.area);
    let params = [person.into(), employer.into(), area.map(AreaCode::get).into(), now_ms.into()];
    tx.execute(BEGIN, &params)?;
    find(tx, person)?.ok_or(Fault::Gone("client"))
}

/// Saves where the work is: a sector or smaller, or a district. False when it is no such area.
pub fn set_area(
    tx: &mut Tx<'_>,
    country: &Country,
    person: PersonId,
    area: AreaCode,
    now_ms: i64,
) -> Result<bool, Fault> {
    const SET: &str = "UPDATE client SET area_code = $2, changed_ms = $3 WHERE person_id = $1";
    if area.district().is_none() || country.areas.get(area).is_none() {
        return Ok(false);
    }
    match tx.execute(SET, &[person.into(), area.get().into(), now_ms.into()])? {
        0 => Err(Fault::Gone("client")),
        _ => Ok(true),
    }
}

/// Counts a worker whom the client asks. False when that is one too many today: nothing is counted then.
pub(super) fn count_asked(tx: &mut Tx<'_>, client: PersonId, today: Day) -> Result<bool, Fault> {
    // The row is the client's own: two of their hops wait for each other here, and nobody else.
    const COUNT: &str = "UPDATE client SET asked_since_hired = asked_since_hired + 1, asked_on_day = $2, \
        asked_that_day = CASE WHEN asked_on_day = $2 THEN asked_that_day + 1 ELSE 1 END \
        WHERE person_id = $1 AND (asked_on_day <> $2 OR asked_that_day < \
        CASE WHEN asked_since_hired >= $3 THEN CAST($4 AS BIGINT) ELSE CAST($5 AS BIGINT) END)";
    let params = [
        client.into(),
        i64::from(today.0).into(),
        ASKED_IN_VAIN_MAX.into(),
        ASKED_A_DAY_IN_VAIN.into(),
        ASKED_A_DAY_MAX.into(),
    ];
    Ok(tx.execute(COUNT, &params)? == 1)
}

/// Somebody said yes to the client.
pub(super) fn hired(tx: &mut Tx<'_>, client: PersonId) -> Result<(), Fault> {
    const HIRED: &str = "UPDATE client SET asked_since_hired = 0 WHERE person_id = $1";
    tx.execute(HIRED, &[client.into()])?;
    Ok(())
}
