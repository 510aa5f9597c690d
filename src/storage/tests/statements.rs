//! Binding, rows and statement errors, on every kind of store.

use super::{insert, on_each_sqlite, on_each_store};
use crate::storage::{Error, Param, Tx, Work};

const ONE: &[Param<'_>] = &[Param::Integer(1)];

fn run<T: Send + 'static>(
    store: &crate::storage::Store,
    f: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    store.transact_blocking(Work::interactive(None), f)
}

#[test]
fn parameters_are_bound_by_their_digits_and_not_by_where_they_stand() {
    on_each_store(|store| {
        let row = run(store, |tx| {
            tx.execute("INSERT INTO item (name, id, body) VALUES ($2, $1, $3)", &[7.into(), "n".into(), Param::Null])?;
            let changed = "UPDATE item SET body = $2, name = $3 WHERE id = $1 AND id = $1 RETURNING name, id, body";
            tx.query_one(changed, &[7.into(), b"body".into(), "new".into()], |row| {
                Ok((row.text(0)?.to_owned(), row.integer(1)?, row.bytes(2)?.to_vec()))
            })
        });
        assert_eq!(row, Ok(Some(("new".to_owned(), 7, b"body".to_vec()))));
    });
}

#[test]
fn wrong_numbers_of_values_and_foreign_parameters_are_refused() {
    on_each_store(|store| {
        let refused = |done: Result<Vec<i64>, Error>| matches!(done, Err(Error::Statement(_)));
        let query =
            |sql, params: &'static [Param<'static>]| run(store, move |tx| tx.query(sql, params, |row| row.integer(0)));
        assert_eq!(query("SELECT CAST($1 AS BIGINT)", ONE), Ok(vec![1]));
        assert!(refused(query("SELECT CAST($1 AS BIGINT)", &[])));
        assert!(refused(query("SELECT 1", ONE)));
        assert!(refused(query("SELECT CAST($2 AS BIGINT)", ONE)), "$1 is missing");
        assert!(refused(query("SELECT ?1", ONE)));
        assert!(refused(query("SELECT :name", ONE)));
        assert!(refused(query("SELECT nothing FROM nowhere", &[])));
        assert_eq!(query("SELECT CAST($1 AS BIGINT)", ONE), Ok(vec![1]), "a refused statement leaves nothing behind");
    });
}

#[test]
fn a_row_answers_only_the_type_that_it_holds() {
    on_each_sqlite(|store| {
        let checked = run(store, |tx| {
            tx.query("SELECT 1, 'text', x'0102', NULL, 2, 1.5, CAST(x'ff' AS TEXT)", &[], |row| {
                assert_eq!((row.integer(0), row.boolean(0)), (Ok(1), Ok(true)));
                assert_eq!((row.text(1), row.optional_text(1)), (Ok("text"), Ok(Some("text"))));
                assert_eq!((row.bytes(2), row.optional_bytes(2)), (Ok(&[1, 2][..]), Ok(Some(&[1, 2][..]))));
                assert_eq!(row.optional_integer(3), Ok(None));
                assert_eq!(row.optional_text(3), Ok(None));
                assert_eq!(row.optional_bytes(3), Ok(None));
                let wrong = [
                    row.integer(1).err(),
                    row.integer(3).err(),
                    row.text(0).err(),
                    row.text(3).err(),
                    row.bytes(1).err(),
                    row.bytes(3).err(),
                    row.boolean(4).err(),
                    row.integer(5).err(),
                    row.text(6).err(),
                    row.integer(7).err(),
                ];
                assert!(wrong.iter().all(|error| matches!(error, Some(Error::Corrupt { .. }))), "{wrong:?}");
                Ok(())
            })
        });
        assert_eq!(checked, Ok(vec![()]));
    });
}

#[test]
fn query_one_refuses_a_second_row() {
    on_each_store(|store| {
        let found = run(store, |tx| {
            insert(tx, 1)?;
            let none = tx.query_one("SELECT id FROM item WHERE id = 5", &[], |row| row.integer(0))?;
            let one = tx.query_one("SELECT id FROM item", &[], |row| row.integer(0))?;
            insert(tx, 2)?;
            let two = tx.attempt(|tx| tx.query_one("SELECT id FROM item", &[], |row| row.integer(0)));
            Ok((none, one, two))
        });
        let two = Err(Error::Corrupt { what: "a statement that answers one row answered more" });
        assert_eq!(found, Ok((None, Some(1), two)));
    });
}

#[test]
fn one_row_of_each_query_comes_in_their_order_and_a_second_is_refused() {
    const NAMED: &str = "SELECT name FROM item WHERE id >= $1 AND id < $2 ORDER BY id";
    on_each_store(|store| {
        let found = run(store, |tx| {
            for id in [1, 3, 4] {
                insert(tx, id)?;
            }
            let bounds = [(3, 4), (2, 3), (1, 2)].map(|(from, until): (i64, i64)| [from.into(), until.into()]);
            let steps = bounds.each_ref().map(|bounds| (NAMED, &bounds[..]));
            let each = tx.query_one_each(&steps, |row| row.text(0).map(str::to_owned))?;
            let (none, both) = (tx.query_one_each(&[], |row| row.integer(0))?, [3.into(), 5.into()]);
            let both = tx.attempt(|tx| tx.query_one_each(&[steps[0], (NAMED, &both)], |row| row.integer(0).or(Ok(0))));
            Ok((each.iter().map(Option::is_some).collect::<Vec<_>>(), each[0] != each[2], none, both))
        });
        let both = Err(Error::Corrupt { what: "a statement that answers one row answered more" });
        assert_eq!(found, Ok((vec![true, false, true], true, vec![], both)));
    });
}

#[test]
fn execute_counts_rows_and_refuses_answers() {
    on_each_store(|store| {
        let rows: &[&[Param<'_>]] = &[
            &[Param::Integer(1), Param::Text("a")],
            &[Param::Integer(2), Param::Text("b")],
            &[Param::Integer(3), Param::Text("a")],
        ];
        let many = run(store, move |tx| {
            tx.execute_many("INSERT INTO item (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", rows)
        });
        assert_eq!(many, Ok(2));
        assert_eq!(run(store, |tx| tx.execute("UPDATE item SET body = $1", &[b"body".into()])), Ok(2));
        let answering = run(store, |tx| tx.execute("UPDATE item SET body = NULL RETURNING id", &[]));
        assert!(matches!(answering, Err(Error::Statement(_))));
    });
}

#[test]
fn options_and_truth_values_become_parameters() {
    let shown = |param: Param<'_>| format!("{param:?}");
    assert_eq!(shown(None::<&str>.into()), "Null");
    assert_eq!(shown(Some("+250788123456").into()), "Text", "Debug never shows a value");
    assert!(matches!(Param::from(true), Param::Integer(1)));
    assert!(matches!(Param::from(Some(5)), Param::Integer(5)));
}

#[test]
fn errors_name_statements_and_never_values() {
    on_each_store(|store| {
        let twice = run(store, |tx| {
            let values = [1.into(), "Uwimana".into()];
            tx.execute("INSERT INTO item (id, name) VALUES ($1, $2)", &values)?;
            tx.execute("INSERT INTO item (id, name) VALUES ($1 + 1, $2)", &values)
        });
        let shown = format!("{twice:?} {}", twice.clone().unwrap_err());
        assert!(shown.contains("item") && shown.contains("name") && !shown.contains("Uwimana"), "{shown}");
        let strict = run(store, |tx| tx.execute("INSERT INTO item (id, name) VALUES ($1, 'x')", &["Uwimana".into()]));
        assert!(strict.is_err() && !format!("{strict:?}").contains("Uwimana"), "{strict:?}");
    });
}
