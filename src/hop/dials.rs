//! How often was dialled: counted in memory as dials are answered, by channel and network, and added once a minute to
//! rows of a quarter of an hour each. Several nodes add to the same rows, a hop never does.
//!
//! A row without channel and network says that dials were counted in that quarter at all; without it nothing is known
//! of the quarter. What a node counted in its last minute is lost when it is killed. Where it is not known whether a
//! commit is on the disk, a minute may be counted twice: for the alarm, which looks for none, that is the harmless
//! side.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::storage::{Error, Row, Tx};

/// A quarter of an hour: begins at a multiple of it, in every time zone.
pub const QUARTER_MS: i64 = 15 * 60_000;
/// How long counts are kept: to compare them with the bills of more than a year, as with what was sent.
pub const KEEP_MS: i64 = 400 * 24 * 3_600_000;
/// Between two writes. Less than housekeeping's pause of a minute, so that none of its turns is left out.
const WRITE_EVERY_MS: i64 = 50_000;
/// Between two writes at most, for the time between them to count as watched: two may fail.
const GAP_MAX_MS: i64 = 3 * 60_000;

/// The quarter that a moment lies in, by its beginning.
pub fn quarter_of(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(QUARTER_MS)
}

/// Dials of one quarter, over one channel from one network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// When the quarter begins, in milliseconds since the epoch.
    pub quarter_ms: i64,
    /// The channel that they came by; empty in the row that says that dials were counted.
    pub channel: String,
    /// The network that the number's prefix belonged to first; empty where it is not known.
    pub network: String,
    /// How many.
    pub dials: i64,
    /// When the last of them was answered.
    pub last_ms: i64,
}

/// Dials that are not written yet.
#[derive(Debug, Default)]
pub struct Dials {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// A row for each channel and network of the present quarter, and of the one before for a minute: a handful.
    rows: Vec<Counted>,
    tried_ms: Option<i64>,
    /// From when to when every dial was written.
    watched: Option<(i64, i64)>,
}

impl State {
    /// The row's place, without a copy of its names unless it is new.
    fn row(&mut self, quarter_ms: i64, channel: &str, network: &str) -> Option<&mut Counted> {
        let is_it = |row: &Counted| row.quarter_ms == quarter_ms && row.network == network && row.channel == channel;
        let at = self.rows.iter().rposition(is_it).unwrap_or_else(|| {
            let (channel, network) = (channel.to_owned(), network.to_owned());
            self.rows.push(Counted { quarter_ms, channel, network, dials: 0, last_ms: 0 });
            self.rows.len() - 1
        });
        self.rows.get_mut(at)
    }

    fn add(&mut self, (quarter_ms, channel, network): (i64, &str, &str), dials: i64, last_ms: i64) {
        if let Some(row) = self.row(quarter_ms, channel, network) {
            row.dials += dials;
            row.last_ms = row.last_ms.max(last_ms);
        }
    }

    fn watched_since(&self, now_ms: i64) -> i64 {
        match self.watched {
            Some((since_ms, until_ms)) if (until_ms..=until_ms + GAP_MAX_MS).contains(&now_ms) => since_ms,
            _ => now_ms,
        }
    }
}

impl Dials {
    /// Counts a dial that was answered.
    pub fn count(&self, channel: &str, network: &str, now_ms: i64) {
        self.state().add((quarter_of(now_ms), channel, network), 1, now_ms);
    }

    /// Takes what was counted, to write it; in one order on every node, so that none waits for another in a circle.
    pub fn take(&self) -> Vec<Counted> {
        let mut rows = std::mem::take(&mut self.state().rows);
        rows.sort_unstable();
        rows
    }

    /// Puts back what could not be written.
    pub fn put_back(&self, rows: &[Counted]) {
        let mut state = self.state();
        for row in rows {
            state.add((row.quarter_ms, &row.channel, &row.network), row.dials, row.last_ms);
        }
    }

    /// Whether it is time to write. Answers so once for each time, whatever comes of it.
    pub fn is_due(&self, now_ms: i64) -> bool {
        let mut state = self.state();
        // A clock that was put back is no reason to wait.
        let is_due = state.tried_ms.is_none_or(|tried_ms| !(tried_ms..tried_ms + WRITE_EVERY_MS).contains(&now_ms));
        if is_due {
            state.tried_ms = Some(now_ms);
        }
        is_due
    }

    /// Since when this node has counted and written without a gap, if it writes now.
    pub fn watched_since(&self, now_ms: i64) -> i64 {
        self.state().watched_since(now_ms)
    }

    /// Notes that everything counted until `now_ms` is written.
    pub fn written(&self, now_ms: i64) {
        let mut state = self.state();
        state.watched = Some((state.watched_since(now_ms), now_ms));
    }

    /// Nothing is left half done by whoever panics with the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds what was counted, and that it was counted.
pub fn add(tx: &mut Tx<'_>, rows: &[Counted], now_ms: i64) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO dial_count (quarter_ms, channel, network, dials, last_ms) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (quarter_ms, channel, network) DO UPDATE SET \
        dials = dial_count.dials + excluded.dials, \
        last_ms = CASE WHEN excluded.last_ms > dial_count.last_ms THEN excluded.last_ms ELSE dial_count.last_ms END";
    let here = Counted {
        quarter_ms: quarter_of(now_ms),
        channel: String::new(),
        network: String::new(),
        dials: 0,
        last_ms: now_ms,
    };
    for Counted { quarter_ms, channel, network, dials, last_ms } in rows.iter().chain([&here]) {
        let row = [
            (*quarter_ms).into(),
            channel.as_str().into(),
            network.as_str().into(),
            (*dials).into(),
            (*last_ms).into(),
        ];
        tx.execute(ADD, &row)?;
    }
    Ok(())
}

/// The rows of the quarters that begin between two moments, the second not among them.
pub fn series(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64) -> Result<Vec<Counted>, Error> {
    const SERIES: &str = "SELECT quarter_ms, channel, network, dials, last_ms FROM dial_count \
        WHERE quarter_ms >= $1 AND quarter_ms < $2 ORDER BY quarter_ms, channel, network";
    tx.query(SERIES, &[from_ms.into(), to_ms.into()], read)
}

fn read(row: &Row<'_>) -> Result<Counted, Error> {
    Ok(Counted {
        quarter_ms: row.integer(0)?,
        channel: row.text(1)?.to_owned(),
        network: row.text(2)?.to_owned(),
        dials: row.integer(3)?,
        last_ms: row.integer(4)?,
    })
}

/// Dials between two moments, by network.
pub fn of_networks(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64) -> Result<Vec<(String, i64)>, Error> {
    const NETWORKS: &str = "SELECT network, CAST(SUM(dials) AS BIGINT) FROM dial_count \
        WHERE quarter_ms >= $1 AND quarter_ms < $2 AND channel <> '' GROUP BY network ORDER BY network";
    tx.query(NETWORKS, &[from_ms.into(), to_ms.into()], |row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
}

/// Quarters between two moments in which dials were counted.
pub fn quarters(tx: &mut Tx<'_>, from_ms: i64, to_ms: i64) -> Result<i64, Error> {
    const QUARTERS: &str = "SELECT COUNT(*) FROM dial_count \
        WHERE quarter_ms >= $1 AND quarter_ms < $2 AND channel = ''";
    Ok(tx.query_one(QUARTERS, &[from_ms.into(), to_ms.into()], |row| row.integer(0))?.unwrap_or_default())
}

/// The first quarter that is known; `None` before the first.
pub fn first(tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
    const FIRST: &str = "SELECT MIN(quarter_ms) FROM dial_count";
    Ok(tx.query_one(FIRST, &[], |row| row.optional_integer(0))?.flatten())
}

/// Forgets quarters before a moment; answers how many rows went.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64) -> Result<u64, Error> {
    const FORGET: &str = "DELETE FROM dial_count WHERE quarter_ms < $1";
    tx.execute(FORGET, &[before_ms.into()])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{Clock, SimulatedClock};
    use crate::storage::{Store, Work};
    use crate::{migrations, on_postgres};

    /// The beginning of a quarter.
    const START_MS: i64 = 1_795_330_800_000;
    const MINUTE_MS: i64 = 60_000;

    fn row(quarter: i64, channel: &str, network: &str, dials: i64, last_ms: i64) -> Counted {
        let (channel, network) = (channel.to_owned(), network.to_owned());
        Counted { quarter_ms: START_MS + quarter * QUARTER_MS, channel, network, dials, last_ms }
    }

    #[test]
    fn dials_are_counted_by_quarter_channel_and_network_and_taken_once() {
        let dials = Dials::default();
        dials.count("demo", "MTN", START_MS + 1);
        dials.count("demo", "Airtel", START_MS + 2);
        dials.count("demo", "MTN", START_MS + QUARTER_MS - 1);
        dials.count("demo", "MTN", START_MS + QUARTER_MS);
        dials.count("other", "", START_MS + QUARTER_MS);
        let taken = dials.take();
        let wanted = [
            row(0, "demo", "Airtel", 1, START_MS + 2),
            row(0, "demo", "MTN", 2, START_MS + QUARTER_MS - 1),
            row(1, "demo", "MTN", 1, START_MS + QUARTER_MS),
            row(1, "other", "", 1, START_MS + QUARTER_MS),
        ];
        assert_eq!(taken, wanted);
        assert!(dials.take().is_empty());
        // What could not be written is not lost, and joins what has come since.
        dials.count("demo", "MTN", START_MS + QUARTER_MS + 5);
        dials.put_back(&taken);
        let again = dials.take();
        assert_eq!((again.len(), &again[2]), (4, &row(1, "demo", "MTN", 2, START_MS + QUARTER_MS + 5)));
    }

    #[test]
    fn a_node_has_watched_since_its_last_gap() {
        let dials = Dials::default();
        assert!(dials.is_due(START_MS) && !dials.is_due(START_MS + 49_999) && dials.is_due(START_MS + 50_000));
        assert!(dials.is_due(START_MS), "the clock was put back");
        assert_eq!(dials.watched_since(START_MS), START_MS);
        for minute in 0..20 {
            dials.written(START_MS + minute * MINUTE_MS);
        }
        assert_eq!(dials.watched_since(START_MS + 20 * MINUTE_MS), START_MS);
        // Two writes failed, and then a third.
        assert_eq!(dials.watched_since(START_MS + 22 * MINUTE_MS), START_MS);
        let late = START_MS + 22 * MINUTE_MS + 1;
        assert_eq!(dials.watched_since(late), late);
        assert_eq!(dials.watched_since(START_MS), START_MS, "the clock was put back");
        dials.written(late);
        assert_eq!(dials.watched_since(late + MINUTE_MS), late);
    }

    #[test]
    fn several_nodes_add_to_the_same_rows() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(START_MS));
        for store in [
            Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap(),
            on_postgres::store(migrations::POSTGRES, &clock),
        ] {
            let write = |rows: Vec<Counted>, now_ms: i64| {
                store.transact_blocking::<_, Error, _>(Work::bulk(), move |tx| add(tx, &rows, now_ms)).unwrap();
            };
            write(vec![row(0, "demo", "MTN", 3, START_MS + 9)], START_MS + 10);
            write(vec![row(0, "demo", "Airtel", 1, START_MS), row(0, "demo", "MTN", 4, START_MS + 7)], START_MS + 11);
            write(Vec::new(), START_MS + QUARTER_MS);
            let read = store.read_blocking(|tx| {
                let to_ms = START_MS + QUARTER_MS;
                let all = series(tx, START_MS, to_ms + 1)?;
                let day = (of_networks(tx, START_MS, to_ms)?, quarters(tx, START_MS, to_ms + 1)?);
                Ok::<_, Error>((all, day, series(tx, START_MS, START_MS)?, first(tx)?))
            });
            let (all, (networks, quarters), nothing, earliest) = read.unwrap();
            let wanted = [
                row(0, "", "", 0, START_MS + 11),
                row(0, "demo", "Airtel", 1, START_MS),
                row(0, "demo", "MTN", 7, START_MS + 9),
                row(1, "", "", 0, START_MS + QUARTER_MS),
            ];
            assert_eq!((all.as_slice(), nothing.len(), earliest), (&wanted[..], 0, Some(START_MS)));
            assert_eq!(networks, [("Airtel".to_owned(), 1), ("MTN".to_owned(), 7)]);
            assert_eq!(quarters, 2);
            let forgotten = store.transact_blocking::<_, Error, _>(Work::bulk(), |tx| {
                Ok((forget(tx, START_MS)?, forget(tx, START_MS + 1)?, first(tx)?))
            });
            assert_eq!(forgotten.unwrap(), (0, 3, Some(START_MS + QUARTER_MS)));
        }
    }
}
