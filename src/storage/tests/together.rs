//! What shares a transaction on `PostgreSQL`: each unit of work fails alone.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{NOW_MS, ON_POSTGRES, ids, insert};
use crate::clock::{Clock, SimulatedClock};
use crate::on_postgres;
use crate::storage::{Error, Tx, Work};

/// Many at once, so that those who wait for a connection share one.
const JOBS: i64 = 300;

/// What a unit of work does, by its number: most write, some fail in one of the ways in which work can fail.
fn work(tx: &mut Tx<'_>, id: i64) -> Result<u64, Error> {
    insert(tx, id)?;
    match id % 20 {
        3 => Err(Error::TooLate),
        5 => std::panic::resume_unwind(Box::new(())),
        // Refused at the commit, which is everybody's.
        7 => tx.execute("INSERT INTO part (id, item) VALUES ($1, -1)", &[id.into()]),
        9 => insert(tx, id),
        11 => {
            drop(tx.attempt(|tx| insert(tx, id)));
            Ok(1)
        }
        _ => Ok(1),
    }
}

#[test]
fn units_of_work_that_share_a_transaction_fail_alone() {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
    let store = on_postgres::store(ON_POSTGRES, &clock);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let late = Work::interactive(NOW_MS - 1);
    let outcomes = runtime.block_on(join_all((0..JOBS).map(|id| {
        let work_of = if id % 20 == 13 { late } else { Work::interactive(NOW_MS + 2_000) };
        store.transact(work_of, move |tx| work(tx, id))
    })));
    for (id, outcome) in (0..).zip(&outcomes) {
        let as_expected = match id % 20 {
            3 | 13 => *outcome == Err(Error::TooLate),
            5 => *outcome == Err(Error::Panicked),
            7 | 9 => matches!(outcome, Err(Error::Statement(_))),
            _ => *outcome == Ok(1),
        };
        assert!(as_expected, "{id}: {outcome:?}");
    }
    let kept: Vec<i64> = (0..JOBS).filter(|id| ![3, 5, 7, 9, 13].contains(&(id % 20))).collect();
    assert_eq!(store.read_blocking(ids), Ok(kept));
}
