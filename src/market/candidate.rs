//! Candidates: the workers who may be told of a new vacancy, ready to be scored.
//!
//! A *cell* holds the workers of one trade in one sector, with all that the score looks at. [`relist`] writes a worker's
//! rows anew whenever something changes that they follow from. What decides is asked again when somebody is told
//! ([`super::alert`]), so a row that is there by mistake tells nobody.
//!
//! [`best`] visits cells in the order of the best score that anybody in them can reach, and stops when as many people as
//! are wanted score at least that. Where a cell has more people than are read, each vacancy begins elsewhere in it.

mod packed;

use std::cmp::Reverse;
use std::collections::HashSet;

use super::booking::bookable;
use super::job_number::mix;
use super::kind::{Kinds, Weekdays};
use super::matching::{self, ALERT_MIN, VacancySide, WorkerSide};
use super::pay::Rate;
use super::phone_number::MsisdnHash;
use super::worker::{self, today};
use super::worker_trade::{WorkerTrade, YEARS_MAX};
use super::{Fault, PersonId, VacancyId, age};
use crate::country::{AreaCode, Country, Level, Relation, TradeCode};
use crate::storage::{Error, Param, Row, Rows, Step, Tx};
use packed::{Packed, Profile};

/// Rows of one search: about a microsecond each, of the 50 ms that a new vacancy may cost.
const READ_MAX: usize = 20_000;
/// Rows of one half of a cell in the vacancy's own sector: beyond twice as many the best are a sample.
const OWN_ROWS: i64 = 2_000;
/// Rows of one half of a cell elsewhere.
const OTHER_ROWS: i64 = 250;
/// Places of one statement.
const PLACES_PER_STATEMENT: usize = 8;
/// Statements that are sent together to a server.
const STATEMENTS_TOGETHER: usize = 8;
/// People of a wave who may change places among themselves, since their messages leave within seconds of each other.
const NEIGHBOURS: usize = 512;
/// Values of `spread`.
const SPREAD: i64 = 1 << 16;
/// The place of who would move for work, found from anywhere; no place, which finds nobody; and that of who agreed to be told
/// of work abroad.
const ANYWHERE: i64 = 0;
const NOWHERE: i64 = -1;
const ABROAD: i64 = -2;

/// The people of trade `$1` in places from `$5` on, of spread `$2` to below `$3`, at most `$4` of each.
macro_rules! cells {
    ($first:literal $($other:literal)*) => {
        concat!(cells!(@ $first), $(" UNION ALL ", cells!(@ $other)),*)
    };
    (@ $place:literal) => {
        concat!(
            "SELECT * FROM (SELECT person_id, spread, area_code, trades, facts, rate_amount FROM candidate \
             WHERE trade = $1 AND place = ",
            $place,
            " AND spread >= $2 AND spread < $3 ORDER BY spread, person_id LIMIT $4) AS cell"
        )
    };
}
const CELLS: &str = cells!("$5" "$6" "$7" "$8" "$9" "$10" "$11" "$12");

/// Writes the rows of a worker anew: none while the person is not listed, has not agreed to alerts, is not scored, or the
/// number has stopped or may have another owner.
pub fn relist(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const MAY_BE_TOLD: &str = "SELECT COUNT(*) FROM person JOIN worker ON worker.person_id = person.id \
        JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        AND phone_number.generation = person.number_generation \
        WHERE person.id = $1 AND person.status = 'listed' AND worker.listed_ms IS NOT NULL AND worker.scored = 1 \
        AND phone_number.stopped_ms IS NULL AND phone_number.owner_doubted = 0 \
        AND EXISTS (SELECT 1 FROM consent WHERE consent.person_id = $1 AND consent.purpose = 'matching' \
        AND consent.withdrawn_ms IS NULL) \
        AND EXISTS (SELECT 1 FROM consent WHERE consent.person_id = $1 AND consent.purpose = 'alerts' \
        AND consent.withdrawn_ms IS NULL)";
    const ADD: &str = "INSERT INTO candidate (person_id, trade, place, spread, area_code, trades, facts, rate_amount) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (person_id, trade, place) DO NOTHING";
    unlist(tx, person)?;
    let may = tx.query_one(MAY_BE_TOLD, &[person.into()], |row| row.integer(0))?;
    if may.unwrap_or_default() == 0 {
        return Ok(());
    }
    let Some(worker) = worker::find(tx, person)? else { return Ok(()) };
    let Some(home) = worker.area else { return Ok(()) };
    let packed = Packed::of(&worker);
    let places = [
        home.sector().or(home.district()).map(AreaCode::get),
        worker.will_move.then_some(ANYWHERE),
        worker.abroad.then_some(ABROAD),
    ];
    for had in &worker.trades {
        for place in places.into_iter().flatten() {
            let row = [
                person.into(),
                i64::from(had.trade.get()).into(),
                place.into(),
                spread_of(person.get()).into(),
                home.get().into(),
                packed.trades.into(),
                packed.facts.into(),
                packed.rate_amount.into(),
            ];
            tx.execute(ADD, &row)?;
        }
    }
    Ok(())
}

/// Takes a worker's rows away, who is closed, erased, or found not to be told any more.
pub fn unlist(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const UNLIST: &str = "DELETE FROM candidate WHERE person_id = $1";
    tx.execute(UNLIST, &[person.into()])?;
    Ok(())
}

/// [`relist`] for everybody on a number, closed ones too, and the list that clients search: it stopped or has a new owner.
pub fn relist_number(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<(), Fault> {
    const PERSONS: &str = "SELECT id FROM person WHERE msisdn_hmac = $1 AND status <> 'registering' \
        ORDER BY id DESC LIMIT 16";
    let persons = tx.query(PERSONS, &[number.as_bytes().into()], |row| Ok(PersonId::new(row.integer(0)?)))?;
    persons.into_iter().try_for_each(|person| relist(tx, person).and_then(|()| bookable::refresh(tx, person)))
}

/// Evenly spread, and the same for good.
fn spread_of(id: i64) -> i64 {
    i64::from(u16::try_from(mix(u64::from_ne_bytes(id.to_ne_bytes())) >> 48).unwrap_or_default())
}

/// Somebody whom a vacancy fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitting {
    /// The person.
    pub person: PersonId,
    /// How well, [`ALERT_MIN`] or more.
    pub score: u8,
    /// Decides between equals: how far behind the place at which this vacancy began to read.
    turn: i64,
    /// Where they live: the sector, where it is known.
    home: i64,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The best first, at most as many as were wanted.
    pub people: Vec<Fitting>,
    /// How many candidates were read and scored.
    pub read: usize,
}

/// The people whom a vacancy fits best, without those in `without`. Reads at most some 20,000 candidates.
#[expect(clippy::implicit_hasher, reason = "there is one kind of set in this program")]
pub fn best(
    tx: &mut Tx<'_>,
    country: &Country,
    (vacancy, side): (VacancyId, &VacancySide),
    wanted: usize,
    without: HashSet<PersonId>,
    now_ms: i64,
) -> Result<Found, Fault> {
    let start = spread_of(!vacancy.get());
    let today = today(country, now_ms);
    let mut search = Search {
        country,
        side,
        start,
        age_of: &|birth_year| age::age(birth_year, today, &country.ages).unwrap_or_default(),
        wanted,
        bound: 100,
        seen: without,
        by_score: [0; 101],
        found: Found::default(),
    };
    let statements = statements(country, side, start);
    let same_bound = |a: &Statement, b: &Statement| a.bound == b.bound;
    for together in statements.chunk_by(same_bound).flat_map(|same| same.chunks(STATEMENTS_TOGETHER)) {
        search.bound = together.first().map_or(0, |statement| statement.bound);
        if !search.wants() {
            break;
        }
        let steps: Vec<Step<'_>> = together.iter().map(|statement| (CELLS, &statement.params[..])).collect();
        tx.query_each(&steps, &mut search)?;
    }
    let mut found = search.found;
    found.people.sort_unstable_by_key(|one| (Reverse(one.score), one.turn, one.person));
    found.people.truncate(wanted);
    Ok(found)
}

/// Seats the first `told` of those whom a vacancy fits: neighbours by their homes and identifiers, so that those who are written down
/// together stand on few pages of the indexes, and a fraction of them goes to the disk. Each vacancy begins elsewhere, or whoever
/// registered first would always be told first. The others stay: they come in somebody's stead.
pub fn seat(people: &mut [Fitting], told: i64, vacancy: VacancyId) {
    let told = usize::try_from(told).unwrap_or_default().min(people.len());
    for neighbours in people.split_at_mut(told).0.chunks_mut(NEIGHBOURS) {
        neighbours.sort_unstable_by_key(|one| (one.home, one.person));
        let first = usize::try_from(spread_of(vacancy.get())).unwrap_or_default() % neighbours.len();
        neighbours.rotate_left(first);
    }
}

/// One statement of a search.
struct Statement {
    /// The best score that anybody in its cells can reach.
    bound: u8,
    params: [Param<'static>; PLACES_PER_STATEMENT + 4],
}

/// The statements of a search, the most promising first; none for cells in which nobody can score enough.
fn statements(country: &Country, vacancy: &VacancySide, start: i64) -> Vec<Statement> {
    let mut cells: Vec<(Reverse<u8>, TradeCode, i64)> = Vec::new();
    let trades = country.trades.all().iter().map(|trade| trade.code);
    let related = trades.filter(|trade| country.trades.relation(*trade, vacancy.trade) != Relation::None);
    let places = if vacancy.place.is_abroad() { vec![(ABROAD, None)] } else { places(country) };
    for trade in related {
        for (place, area) in &places {
            let bound = bound(country, vacancy, trade, *area);
            if bound >= ALERT_MIN {
                cells.push((Reverse(bound), trade, *place));
            }
        }
    }
    cells.sort_unstable();
    // Everybody who is told of work abroad stands in one cell of a trade: read as deep as the own sector's elsewhere.
    let own = vacancy.place.area().map_or(Some(ABROAD), |area| area.sector().map(AreaCode::get));
    let mut statements = Vec::new();
    for same in cells.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).flat_map(|same| same.chunks(PLACES_PER_STATEMENT)) {
        let Some((Reverse(bound), trade, first)) = same.first().copied() else { continue };
        let rows = if Some(first) == own { OWN_ROWS } else { OTHER_ROWS };
        for (from, until) in [(start, SPREAD), (0, start)] {
            let params = std::array::from_fn(|at| match at {
                0 => i64::from(trade.get()).into(),
                1 => from.into(),
                2 => until.into(),
                3 => rows.into(),
                _ => same.get(at - 4).map_or(NOWHERE, |(_, _, place)| *place).into(),
            });
            statements.push(Statement { bound, params });
        }
    }
    statements
}

/// Every place of this country in which somebody may be listed, with its area; `None`: anywhere.
fn places(country: &Country) -> Vec<(i64, Option<AreaCode>)> {
    let of = |level| country.areas.of_level(level).map(|area| (area.code.get(), Some(area.code)));
    of(Level::Sector).chain(of(Level::District)).chain([(ANYWHERE, None)]).collect()
}

/// The best score that anybody of this trade and place can reach: that of somebody who asks for nothing and has it all.
fn bound(country: &Country, vacancy: &VacancySide, trade: TradeCode, place: Option<AreaCode>) -> u8 {
    let work = vacancy.place.area();
    let own = place.is_some() && place == work.and_then(AreaCode::sector);
    let province = work.map(AreaCode::province);
    let far = || country.areas.of_level(Level::Province).map(|area| area.code).find(|far| Some(*far) != province);
    // Abroad any area does: it does not count.
    let home = if own { work } else { place.or_else(far).or(work) };
    let Some(home) = home else { return 0 };
    let trades = [WorkerTrade { trade, years: Some(YEARS_MAX), paid: None }];
    let ideal = WorkerSide {
        age: country.ages.adult,
        trades: &trades,
        area: home,
        will_move: place.is_none(),
        rate: Rate::Agree,
        kinds: Kinds::ALL,
        licence: Some(true),
        days: Weekdays::ALL,
        abroad: true,
    };
    matching::score(country, &ideal, vacancy).total
}

struct Search<'a> {
    country: &'a Country,
    side: &'a VacancySide,
    start: i64,
    age_of: &'a dyn Fn(i64) -> u8,
    wanted: usize,
    /// Of the cells that are read now.
    bound: u8,
    /// People who were scored, or are not wanted.
    seen: HashSet<PersonId>,
    /// How many were found of each score.
    by_score: [usize; 101],
    found: Found,
}

impl Rows for Search<'_> {
    fn wants(&self) -> bool {
        let as_good: usize = self.by_score.iter().skip(usize::from(self.bound)).sum();
        as_good < self.wanted && self.found.read < READ_MAX
    }

    fn row(&mut self, _: usize, row: &Row<'_>) -> Result<(), Error> {
        self.found.read += 1;
        let person = PersonId::new(row.integer(0)?);
        let is_new = self.seen.insert(person);
        let packed = Packed { trades: row.integer(3)?, facts: row.integer(4)?, rate_amount: row.integer(5)? };
        let home = row.integer(2)?;
        let profile = Profile::read(home, packed)?;
        let side = profile.side((self.age_of)(profile.birth_year));
        if !is_new || matching::gates(self.country, &side, self.side).is_err() {
            return Ok(());
        }
        let score = matching::score(self.country, &side, self.side).total;
        if score >= ALERT_MIN {
            let home = side.area.sector().map_or(home, AreaCode::get);
            let turn = (row.integer(1)? - self.start).rem_euclid(SPREAD);
            self.found.people.push(Fitting { person, score, turn, home });
            self.by_score.iter_mut().skip(usize::from(score)).take(1).for_each(|count| *count += 1);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "candidate_tests.rs"]
mod tests;
