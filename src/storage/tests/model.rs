//! The same random transactions on `SQLite`, on `PostgreSQL`, and on a map in memory: after each, all three hold the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{MIGRATIONS, NOW_MS, ON_POSTGRES};
use crate::clock::{Clock, SimulatedClock};
use crate::on_postgres;
use crate::storage::{Error, Param, Store, Tx, Work};

/// Rows by id: name and body.
type Model = BTreeMap<i64, (String, Option<Vec<u8>>)>;

#[derive(Clone, Debug)]
enum Step {
    /// Fails when id or name is taken.
    Insert(i64, u8),
    /// Does nothing when the name is taken; fails when the id is.
    InsertUnlessNamed(i64, u8),
    /// On condition that the row has the name.
    Rename(i64, u8, u8),
    SetBody(i64, Option<Vec<u8>>),
    Delete(i64),
    /// Survives what fails inside; with `false` it fails by itself at its end.
    Attempt(Vec<Step>, bool),
}

fn name(of: u8) -> String {
    format!("name {of}")
}

fn step() -> impl Strategy<Value = Step> {
    let (id, word) = (0..6_i64, 0..6_u8);
    let body = prop::option::of(prop::collection::vec(any::<u8>(), 0..4));
    let leaf = prop_oneof![
        3 => (id.clone(), word.clone()).prop_map(|(id, word)| Step::Insert(id, word)),
        2 => (id.clone(), word.clone(), word.clone()).prop_map(|(id, from, to)| Step::Rename(id, from, to)),
        2 => (id.clone(), body).prop_map(|(id, body)| Step::SetBody(id, body)),
        1 => id.clone().prop_map(Step::Delete),
    ];
    let nested = leaf.prop_recursive(3, 16, 4, |inner| {
        (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(steps, keeps)| Step::Attempt(steps, keeps))
    });
    prop_oneof![
        6 => nested,
        1 => (id, word).prop_map(|(id, word)| Step::InsertUnlessNamed(id, word)),
    ]
}

/// Runs a step on an engine; the rows that it changed.
fn run(tx: &mut Tx<'_>, step: &Step) -> Result<u64, Error> {
    const INSERT: &str = "INSERT INTO item (id, name) VALUES ($1, $2)";
    const UNLESS: &str = "INSERT INTO item (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    const RENAME: &str = "UPDATE item SET name = $3 WHERE id = $1 AND name = $2";
    match step {
        Step::Insert(id, word) => tx.execute(INSERT, &[(*id).into(), (&name(*word)).into()]),
        Step::InsertUnlessNamed(id, word) => tx.execute(UNLESS, &[(*id).into(), (&name(*word)).into()]),
        Step::Rename(id, from, to) => tx.execute(RENAME, &[(*id).into(), (&name(*from)).into(), (&name(*to)).into()]),
        Step::SetBody(id, body) => {
            let body = body.as_ref().map_or(Param::Null, Param::from);
            tx.execute("UPDATE item SET body = $2 WHERE id = $1", &[(*id).into(), body])
        }
        Step::Delete(id) => tx.execute("DELETE FROM item WHERE id = $1", &[(*id).into()]),
        Step::Attempt(steps, keeps) => {
            let done = tx.attempt(|tx| {
                let changed = run_all(tx, steps)?;
                if *keeps { Ok(changed) } else { Err(Error::TooLate) }
            });
            Ok(done.unwrap_or(0))
        }
    }
}

fn run_all(tx: &mut Tx<'_>, steps: &[Step]) -> Result<u64, Error> {
    steps.iter().try_fold(0, |changed, step| Ok(changed + run(tx, step)?))
}

/// What a step does by the rules; `None` when it fails.
fn foresee(model: &mut Model, step: &Step) -> Option<u64> {
    let named = |model: &Model, word: u8| model.iter().find(|(_, row)| row.0 == name(word)).map(|(id, _)| *id);
    match step {
        Step::Insert(id, word) => {
            if model.contains_key(id) || named(model, *word).is_some() {
                return None;
            }
            model.insert(*id, (name(*word), None));
            Some(1)
        }
        Step::InsertUnlessNamed(id, word) => match (named(model, *word), model.contains_key(id)) {
            (Some(_), _) => Some(0),
            (None, true) => None,
            (None, false) => {
                model.insert(*id, (name(*word), None));
                Some(1)
            }
        },
        Step::Rename(id, from, to) => {
            if model.get(id).is_none_or(|row| row.0 != name(*from)) {
                return Some(0);
            }
            if named(model, *to).is_some_and(|other| other != *id) {
                return None;
            }
            model.get_mut(id).unwrap().0 = name(*to);
            Some(1)
        }
        Step::SetBody(id, body) => Some(model.get_mut(id).map_or(0, |row| {
            row.1.clone_from(body);
            1
        })),
        Step::Delete(id) => Some(u64::from(model.remove(id).is_some())),
        Step::Attempt(steps, keeps) => {
            let mut inside = model.clone();
            let changed = foresee_all(&mut inside, steps).filter(|_| *keeps);
            if changed.is_some() {
                *model = inside;
            }
            Some(changed.unwrap_or(0))
        }
    }
}

fn foresee_all(model: &mut Model, steps: &[Step]) -> Option<u64> {
    steps.iter().try_fold(0, |changed, step| Some(changed + foresee(model, step)?))
}

fn rows(store: &Store) -> Model {
    let read = |tx: &mut Tx<'_>| {
        tx.query("SELECT id, name, body FROM item ORDER BY id", &[], |row| {
            Ok((row.integer(0)?, (row.text(1)?.to_owned(), row.optional_bytes(2)?.map(<[u8]>::to_vec))))
        })
    };
    store.read_blocking(read).unwrap().into_iter().collect()
}

/// A row whose name and id are both taken: which is found first is the engine's own affair, so nobody is asked.
fn is_ambiguous(model: &Model, step: &Step) -> bool {
    matches!(step, Step::InsertUnlessNamed(id, word)
        if model.contains_key(id) && model.values().any(|row| row.0 == name(*word)))
}

proptest! {
    // Each case makes a database on a server.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn both_engines_do_what_a_map_in_memory_does(
        transactions in prop::collection::vec(prop::collection::vec(step(), 1..6), 1..30),
    ) {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
        let stores = [Store::inline(MIGRATIONS, Arc::clone(&clock)).unwrap(), on_postgres::store(ON_POSTGRES, &clock)];
        let mut model = Model::new();
        for steps in transactions {
            let mut after = model.clone();
            let mut kept = Vec::new();
            let mut foreseen = Some(0);
            for step in steps {
                if is_ambiguous(&after, &step) {
                    continue;
                }
                foreseen = foreseen.and_then(|changed| Some(changed + foresee(&mut after, &step)?));
                kept.push(step);
                if foreseen.is_none() {
                    break;
                }
            }
            for store in &stores {
                let steps = kept.clone();
                let done = store.transact_blocking(Work::interactive(None), move |tx| run_all(tx, &steps));
                prop_assert_eq!(done.ok(), foreseen, "{:?}", &kept);
            }
            if foreseen.is_some() {
                model = after;
            }
            for store in &stores {
                prop_assert_eq!(&rows(store), &model);
            }
        }
    }
}
