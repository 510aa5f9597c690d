//! Carrying a `SQLite` store over to a `PostgreSQL` server: all of it, or nothing.
//!
//! The file is streamed table by table into one transaction of the server, read back from there, and compared by count and
//! by sum; only then does the transaction commit. Rows travel as they are: identifiers stay, and what is sealed stays sealed
//! under the same keys, so sessions, messages and the chain of answers go on where they were.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest;
use tokio_postgres::types::Type;

use super::migrate::Migration;
use super::postgres::PostgresConnection;
use super::postgres_open::{Address, LOCK, open};
use super::sqlite_snapshot::{Column, Snapshot, Table, quoted};
use super::{Columns, Error, OpenError, Options, Row, Value};

/// Milliseconds for one of the statements around the data: the lock of a node that migrates, the commit with all of it.
const ALONE_MS: u64 = 10 * 60_000;
/// Between two rows the server waits for the file, as long as it takes.
const ALONE: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";

/// Why a store was not carried over: one line each, for the operator. Unless it says otherwise, the server is as before.
#[derive(Debug, thiserror::Error)]
pub enum TransferFault {
    /// The file or the server cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is somebody's data on the server.
    #[error("table {table} on the server is not empty (rows: {rows}): give an empty database")]
    NotEmpty {
        /// The first table with rows.
        table: String,
        /// How many.
        rows: i64,
    },
    /// A table cannot be read from the file.
    #[error("table {table} cannot be read: {what}")]
    Read {
        /// The table.
        table: String,
        /// The engine's reason.
        what: String,
    },
    /// The server does not take a table, or does not give it back.
    #[error("the server does not take table {table}: {what}")]
    Refused {
        /// The table.
        table: String,
        /// The server's reason, without values.
        what: String,
    },
    /// What arrived is not what was sent.
    #[error("table {table} did not arrive as it was sent; nothing was kept on the server")]
    Differs {
        /// The table.
        table: String,
    },
    /// The server does not do what belongs to no table.
    #[error("the server cannot take the data: {what}")]
    Server {
        /// The server's reason.
        what: String,
    },
    /// The server could not be told to keep everything, or its answer was lost.
    #[error("the server did not confirm that it keeps the data ({what}): look there before you go on")]
    Uncertain {
        /// The server's reason.
        what: String,
    },
}

/// A table that was carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// The sum over its rows, in hexadecimal: the same here and there.
    pub sum: String,
}

/// Carries the database file `source`, which nobody else uses and which has all of the program's migrations, over to the
/// empty database at `url`. Blocks, and drives a connection: never on a thread of the runtime.
pub fn to_postgres(
    source: &Path,
    url: &str,
    roots: Option<&Path>,
    migrations: &[Migration],
    now_ms: i64,
) -> Result<Vec<Carried>, TransferFault> {
    let here = Snapshot::open(source)?;
    let mut tables = here.outline().map_err(|error| OpenError::database(source, error))?;
    // The server has its own record of its own migrations.
    tables.retain(|table| table.name != "schema_migration");
    let mut there = open(&Address::parse(url, roots, Options::default())?, migrations, now_ms)?;
    let limit = Duration::from_millis(ALONE_MS);
    // Under the lock of migrations: a node that starts meanwhile waits, and then finds everything.
    let begun = there.script(LOCK, limit).and_then(|()| there.script(ALONE, limit));
    begun.map_err(|what| TransferFault::Server { what })?;
    tables.iter().try_for_each(|table| require_empty(&mut there, table))?;
    let carried = tables.iter().map(|table| carry(&here, &mut there, table)).collect::<Result<Vec<_>, _>>()?;
    // The first hops should not be planned as on empty tables.
    there.script("ANALYZE", limit).map_err(|what| TransferFault::Server { what })?;
    there.script("COMMIT", limit).map_err(|what| TransferFault::Uncertain { what })?;
    // Or each page is written anew by who reads it first. Everything is there without it, and the server comes to it by itself.
    if let Err(what) = there.script("VACUUM", limit) {
        tracing::warn!(what, "the new database could not be vacuumed");
    }
    Ok(carried)
}

fn require_empty(there: &mut PostgresConnection, table: &Table) -> Result<(), TransferFault> {
    let counting = ["SELECT COUNT(*) FROM ", &quoted(&table.name)].concat();
    let mut rows = 0;
    there
        .stream(&counting, &mut |row| {
            rows = Row::new(row).integer(0)?;
            Ok(())
        })
        .map_err(|what| table.refused(what))?;
    if rows == 0 { Ok(()) } else { Err(TransferFault::NotEmpty { table: table.name.clone(), rows }) }
}

/// One table: sent, read back, compared.
fn carry(here: &Snapshot, there: &mut PostgresConnection, table: &Table) -> Result<Carried, TransferFault> {
    let columns = table.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ");
    let kinds = table.columns.iter().map(|column| column.kind().ok_or_else(|| table.unread(&"a column's type")));
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let reading = ["SELECT ", &columns, " FROM ", &quoted(&table.name)].concat();
    let writing = ["COPY ", &quoted(&table.name), " (", &columns, ") FROM STDIN (FORMAT binary)"].concat();

    let (mut sent, mut unread) = (Sum::default(), None);
    let copied = here.rows_of(&reading, &mut |rows| {
        // The first row that cannot be read ends the copy, which is then not kept.
        let mut whole = rows.map_while(|row| {
            let added = row.map_err(|error| error.to_string()).and_then(|row| {
                sent.add(&row, kinds.len()).map_err(|error| error.to_string())?;
                Ok(row)
            });
            added.map_err(|fault| unread = Some(fault)).ok()
        });
        there.copy_in(&writing, &kinds, &mut whole)
    });
    let copied = copied.map_err(|error| table.unread(&error))?;
    if let Some(fault) = unread {
        return Err(table.unread(&fault));
    }
    copied.map_err(|what| table.refused(what))?;

    let mut arrived = Sum::default();
    there.stream(&reading, &mut |row| arrived.add(row, kinds.len())).map_err(|what| table.refused(what))?;
    if sent != arrived {
        return Err(TransferFault::Differs { table: table.name.clone() });
    }
    Ok(Carried { table: table.name.clone(), rows: sent.rows, sum: sent.hex() })
}

impl Table {
    fn unread(&self, what: &impl ToString) -> TransferFault {
        TransferFault::Read { table: self.name.clone(), what: what.to_string() }
    }

    fn refused(&self, what: String) -> TransferFault {
        TransferFault::Refused { table: self.name.clone(), what }
    }
}

impl Column {
    /// The server's type for a column of ours: tables are STRICT and know three.
    fn kind(&self) -> Option<Type> {
        match self.declared.as_str() {
            "INTEGER" => Some(Type::INT8),
            "TEXT" => Some(Type::TEXT),
            "BLOB" => Some(Type::BYTEA),
            _ => None,
        }
    }
}

/// A sum over rows that does not depend on their order, which the engines need not agree on: the SHA-256 of each row, added
/// up in four words of 64 bits. It finds what was lost, doubled or changed on the way; it is no seal against forgery.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    words: [u64; 4],
}

impl Sum {
    fn add(&mut self, row: &dyn Columns, columns: usize) -> Result<(), Error> {
        let mut digest = digest::Context::new(&digest::SHA256);
        // The type first, and the length where it is not known: no two rows read the same.
        let mut put = |kind: u8, bytes: &[u8]| {
            digest.update(&[kind]);
            digest.update(&bytes.len().to_be_bytes());
            digest.update(bytes);
        };
        for column in 0..columns {
            match row.value(column)? {
                Value::Null => put(0, &[]),
                Value::Integer(value) => put(1, &value.to_be_bytes()),
                Value::Text(value) => put(2, value.as_bytes()),
                Value::Bytes(value) => put(3, value),
            }
        }
        let digest = digest.finish();
        self.rows += 1;
        for (word, part) in self.words.iter_mut().zip(digest.as_ref().as_chunks().0) {
            *word = word.wrapping_add(u64::from_be_bytes(*part));
        }
        Ok(())
    }

    fn hex(&self) -> String {
        let [first, second, third, fourth] = self.words;
        format!("{first:016x}{second:016x}{third:016x}{fourth:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Texts<'a>(&'a [&'a str]);

    impl Columns for Texts<'_> {
        fn value(&self, index: usize) -> Result<Value<'_>, Error> {
            self.0.get(index).map(|text| Value::Text(text)).ok_or(Error::Corrupt { what: "no such column" })
        }
    }

    fn sum(rows: &[&[&str]]) -> Sum {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(&Texts(row), row.len()).unwrap();
        }
        sum
    }

    #[test]
    fn a_sum_does_not_see_the_order_of_rows_and_sees_everything_else() {
        assert_eq!(sum(&[&["a", "b"], &["c", "d"]]), sum(&[&["c", "d"], &["a", "b"]]));
        let other: [&[&[&str]]; 5] = [
            &[&["a", "b"], &["c", "e"]],
            &[&["a", "b"]],
            &[&["a", "b"], &["c", "d"], &["c", "d"]],
            &[&["a", "d"], &["c", "b"]],
            &[&["ab", ""], &["c", "d"]],
        ];
        for rows in other {
            assert_ne!(sum(rows), sum(&[&["a", "b"], &["c", "d"]]), "{rows:?}");
        }
        assert_eq!(sum(&[]).hex(), "0".repeat(64));
    }
}
