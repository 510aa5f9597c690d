//! Who could come: workers of a trade near the place, who are not taken on the day.
//!
//! The search reads the head of an index for the sector, the district, and the districts next to it, in that order, and
//! stops when the list is full. A head is bounded, so that the most common trade in the capital costs no more than any
//! other; whoever was asked goes to its end, so that everybody's turn comes.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::bookable::{self, sector_of};
use crate::country::{AreaCode, Country, TradeCode};
use crate::market::pay::{Pay, Rate};
use crate::market::phone_number::{IDLE_MS, NAME};
use crate::market::worker::{read_area, today};
use crate::market::{Fault, PersonId, age, person};
use crate::storage::{Error, Keys, Row, Tx};
use crate::text::datetime::Day;

/// Workers on the list: three pages, which is as far as anybody turns.
pub const LISTED_MAX: usize = 18;
/// Rates that are looked at for what is usual: the list's own.
const USUAL_OF_MAX: usize = LISTED_MAX;

/// What somebody is wanted for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Who wants.
    pub client: PersonId,
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub area: AreaCode,
    /// The first day.
    pub day: Day,
}

/// How near somebody lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Near {
    /// In the sector of the work.
    Sector,
    /// In its district.
    District,
    /// In a district next to it.
    NextDistrict,
}

/// A worker who could come.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The worker.
    pub worker: PersonId,
    /// Initials: more of the name is nobody's business before both agree.
    pub initials: String,
    /// Where they live.
    pub area: AreaCode,
    /// How near.
    pub near: Near,
    /// Said to be free on this very day.
    pub free: bool,
    /// What they ask; `None`: to be agreed.
    pub rate: Option<Pay>,
    /// Jobs done.
    pub jobs: i64,
}

/// Without initials.
impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidate({:?}, {:?})", self.worker, self.near)
    }
}

/// Who could come, the nearest first, among them who said to be free, then who did more jobs. At most [`LISTED_MAX`].
pub fn search(
    tx: &mut Tx<'_>,
    keys: &Keys,
    country: &Country,
    wanted: &Wanted,
    now_ms: i64,
) -> Result<Vec<Candidate>, Fault> {
    const IN_SECTOR: &str = "SELECT near.person_id, person.status, worker.birth_year, worker.area_code, \
        worker.rate_kind, worker.rate_amount, worker.rate_unit, worker.free_on_day, person.name_sealed, \
        (SELECT jobs FROM booking_record WHERE booking_record.person_id = near.person_id AND side = 'worker'), \
        worker.licence, CASE WHEN phone_number.stopped_ms IS NULL AND phone_number.owner_doubted = 0 \
        AND phone_number.last_hop_ms >= $5 THEN 1 ELSE 0 END FROM (SELECT person_id FROM bookable WHERE trade = $1 AND sector_code = $2 \
        ORDER BY free_on_day DESC, asked_ms, person_id LIMIT 40) AS near \
        JOIN person ON person.id = near.person_id JOIN worker ON worker.person_id = near.person_id \
        LEFT JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        AND phone_number.generation = person.number_generation \
        WHERE near.person_id <> $3 \
        AND NOT EXISTS (SELECT 1 FROM booking_day WHERE booking_day.worker_id = near.person_id AND booking_day.day = $4) \
        AND NOT EXISTS (SELECT 1 FROM booking_block WHERE booking_block.person_id = near.person_id AND blocked_id = $3) \
        AND NOT EXISTS (SELECT 1 FROM booking_block WHERE booking_block.person_id = $3 AND blocked_id = near.person_id) \
        AND NOT EXISTS (SELECT 1 FROM booking WHERE booking.worker_id = near.person_id AND booking.day = $4 \
        AND booking.client_id = $3)";
    const IN_DISTRICT: &str = "SELECT near.person_id, person.status, worker.birth_year, worker.area_code, \
        worker.rate_kind, worker.rate_amount, worker.rate_unit, worker.free_on_day, person.name_sealed, \
        (SELECT jobs FROM booking_record WHERE booking_record.person_id = near.person_id AND side = 'worker'), \
        worker.licence, CASE WHEN phone_number.stopped_ms IS NULL AND phone_number.owner_doubted = 0 \
        AND phone_number.last_hop_ms >= $5 THEN 1 ELSE 0 END FROM (SELECT person_id FROM bookable WHERE trade = $1 AND district_code = $2 \
        ORDER BY free_on_day DESC, asked_ms, person_id LIMIT 40) AS near \
        JOIN person ON person.id = near.person_id JOIN worker ON worker.person_id = near.person_id \
        LEFT JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        AND phone_number.generation = person.number_generation \
        WHERE near.person_id <> $3 \
        AND NOT EXISTS (SELECT 1 FROM booking_day WHERE booking_day.worker_id = near.person_id AND booking_day.day = $4) \
        AND NOT EXISTS (SELECT 1 FROM booking_block WHERE booking_block.person_id = near.person_id AND blocked_id = $3) \
        AND NOT EXISTS (SELECT 1 FROM booking_block WHERE booking_block.person_id = $3 AND blocked_id = near.person_id) \
        AND NOT EXISTS (SELECT 1 FROM booking WHERE booking.worker_id = near.person_id AND booking.day = $4 \
        AND booking.client_id = $3)";
    let Some(district) = wanted.area.district() else { return Ok(Vec::new()) };
    let sector = sector_of(wanted.area);
    // Whoever has not dialled for so long may have another number by now.
    let since_ms = now_ms.saturating_sub(IDLE_MS);
    let mut steps = Vec::new();
    if sector != 0 {
        steps.push((IN_SECTOR, sector, Near::Sector));
    }
    steps.push((IN_DISTRICT, district.get(), Near::District));
    let next = country.areas.neighbours(district).iter();
    steps.extend(next.map(|next| (IN_DISTRICT, next.get(), Near::NextDistrict)));
    let licence = country.trades.get(wanted.trade).is_some_and(|trade| trade.licence);
    let (seen, all, left) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut found = Found { keys, country, day: wanted.day, licence, now_ms, seen, all, left };
    for (sql, place, near) in steps {
        let trade = i64::from(wanted.trade.get());
        let day = i64::from(wanted.day.0);
        let params = [trade.into(), place.into(), wanted.client.into(), day.into(), since_ms.into()];
        tx.query(sql, &params, |row| found.add(row, near))?;
        if found.all.len() >= LISTED_MAX {
            break;
        }
    }
    for person in std::mem::take(&mut found.left) {
        bookable::left(tx, person, since_ms)?;
    }
    let mut all = found.all;
    all.sort_by_key(|found| (found.near, !found.free, Reverse(found.jobs), found.worker));
    all.truncate(LISTED_MAX);
    Ok(all)
}

/// What has been found so far.
struct Found<'a> {
    keys: &'a Keys,
    country: &'a Country,
    day: Day,
    /// The trade needs a licence.
    licence: bool,
    now_ms: i64,
    seen: BTreeSet<PersonId>,
    all: Vec<Candidate>,
    /// Rows of people who are there no more, or cannot be reached.
    left: Vec<PersonId>,
}

impl Found<'_> {
    fn add(&mut self, row: &Row<'_>, near: Near) -> Result<(), Error> {
        let worker = PersonId::new(row.integer(0)?);
        if person::Status::read(row, 1)? != person::Status::Listed || !row.boolean(11)? {
            self.left.push(worker);
            return Ok(());
        }
        let age = age::age(row.integer(2)?, today(self.country, self.now_ms), &self.country.ages).unwrap_or_default();
        // A private home has no labour inspector: nobody under age is offered to one.
        if age::group(age, &self.country.ages) != age::AgeGroup::Adult || !self.seen.insert(worker) {
            return Ok(());
        }
        // Not asked yet is no reason.
        if self.licence && row.optional_integer(10)? == Some(0) {
            return Ok(());
        }
        let Some(area) = row.optional_integer(3)?.map(read_area).transpose()? else { return Ok(()) };
        let rate = Rate::from_stored(row.text(4)?, row.integer(5)?, row.text(6)?);
        let name = row.optional_bytes(8)?.map(|sealed| self.keys.open_text(NAME, worker.get(), sealed)).transpose()?;
        self.all.push(Candidate {
            worker,
            initials: person::initials(&name.unwrap_or_default()),
            area,
            near,
            free: row.optional_integer(7)? == Some(i64::from(self.day.0)),
            rate: match rate.ok_or(Error::Corrupt { what: "a stored rate is unknown" })? {
                Rate::Amount(pay) => Some(pay),
                Rate::Agree | Rate::Unset => None,
            },
            jobs: row.optional_integer(9)?.unwrap_or_default(),
        });
        Ok(())
    }
}

/// What is usually asked in a unit among these workers: the middle one of their rates. `None` when nobody names one.
pub fn usual(found: &[Candidate], unit: crate::country::PayUnit) -> Option<Pay> {
    let rates = found.iter().take(USUAL_OF_MAX).filter_map(|found| found.rate.filter(|rate| rate.unit == unit));
    let mut amounts: Vec<i64> = rates.map(|rate| rate.amount).collect();
    amounts.sort_unstable();
    amounts.get(amounts.len() / 2).map(|amount| Pay { amount: *amount, unit })
}
