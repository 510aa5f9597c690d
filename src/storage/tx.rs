//! `Tx`: what a unit of work may do with the database, the same on every engine.

use super::{Error, Param, Row};
use crate::storage::error::StatementFault;

/// Savepoints inside one another: an action inside a hop is one, an import row with an attempt of its own two.
pub const SAVEPOINTS_DEEP_MAX: usize = 8;

/// A statement with its values.
pub type Step<'a> = (&'static str, &'a [Param<'a>]);

/// Who takes the rows of several queries that are run in order.
pub trait Rows {
    /// Asked before each query: whether its rows are still wanted.
    fn wants(&self) -> bool {
        true
    }

    /// Takes a row of query `at`, counted from 0.
    fn row(&mut self, at: usize, row: &Row<'_>) -> Result<(), Error>;
}

/// A statement that answers one row answered more: what is stored cannot be trusted.
const TOO_MANY: Error = Error::Corrupt { what: "a statement that answers one row answered more" };

/// Takes one row or none of each query.
struct OneOfEach<T, F> {
    ones: Vec<Option<T>>,
    make: F,
}

impl<T, F: FnMut(&Row<'_>) -> Result<T, Error>> Rows for OneOfEach<T, F> {
    fn row(&mut self, at: usize, row: &Row<'_>) -> Result<(), Error> {
        match self.ones.get_mut(at) {
            Some(one @ None) => *one = Some((self.make)(row)?),
            _ => return Err(TOO_MANY),
        }
        Ok(())
    }
}

/// What an engine offers to `Tx`. Depth 0 is the savepoint of the unit of work itself and belongs to the engine.
pub trait Connection {
    /// Runs a statement to its end; answers the number of rows changed.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error>;
    /// Runs a statement and shows each row to `each`; its error stops the statement.
    fn query(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error>;
    /// Runs statements in order; answers the number of rows that each changed.
    fn execute_each(&mut self, steps: &[Step<'_>]) -> Result<Vec<u64>, Error> {
        steps.iter().map(|(sql, params)| self.execute(sql, params)).collect()
    }
    /// Runs queries in order, as long as `rows` wants them.
    fn query_each(&mut self, steps: &[Step<'_>], rows: &mut dyn Rows) -> Result<(), Error> {
        for (at, (sql, params)) in steps.iter().enumerate() {
            if !rows.wants() {
                break;
            }
            self.query(sql, params, &mut |row| rows.row(at, row))?;
        }
        Ok(())
    }
    /// The time that all who share the database agree on, in milliseconds since the epoch; `None` where nobody shares it.
    fn shared_ms(&mut self) -> Result<Option<i64>, Error> {
        Ok(None)
    }
    /// Sets a savepoint.
    fn savepoint(&mut self, depth: usize) -> Result<(), Error>;
    /// Forgets a savepoint, keeping what was done since.
    fn release(&mut self, depth: usize) -> Result<(), Error>;
    /// Undoes everything since a savepoint and forgets it.
    fn rollback_to(&mut self, depth: usize) -> Result<(), Error>;
}

/// A running transaction.
///
/// After any error of a statement the transaction is *poisoned*: every later call answers the same error and the work
/// is undone, even if the closure answers `Ok`. This is how `PostgreSQL` behaves; `SQLite` is held to it. To survive an
/// error, put the statements in [`Tx::attempt`].
pub struct Tx<'c> {
    connection: &'c mut dyn Connection,
    depth: usize,
    poison: Option<Error>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("depth", &self.depth).field("poison", &self.poison).finish_non_exhaustive()
    }
}

impl<'c> Tx<'c> {
    /// A transaction on a connection whose engine has begun it and will end it.
    pub(super) fn new(connection: &'c mut dyn Connection) -> Self {
        Self { connection, depth: 0, poison: None }
    }

    /// The error that poisoned the transaction, if any.
    pub(super) fn poison(&self) -> Option<&Error> {
        self.poison.as_ref()
    }

    /// Runs `sql` with `$1..$n` bound to `params`; answers the number of rows changed.
    pub fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.check()?;
        let done = self.connection.execute(sql, params);
        self.note(done)
    }

    /// Runs `sql` once for each of `rows`; answers the number of rows changed in all.
    pub fn execute_many(&mut self, sql: &'static str, rows: &[&[Param<'_>]]) -> Result<u64, Error> {
        rows.iter().try_fold(0, |changed, params| Ok(changed + self.execute(sql, params)?))
    }

    /// Runs statements in order, on a server in one round trip; answers the number of rows that each changed. All are run,
    /// whatever the counts.
    pub fn execute_each(&mut self, steps: &[Step<'_>]) -> Result<Vec<u64>, Error> {
        self.check()?;
        let done = self.connection.execute_each(steps);
        self.note(done)
    }

    /// Runs queries in order, on a server in one round trip, and hands their rows to `rows` as long as it wants them.
    pub fn query_each(&mut self, steps: &[Step<'_>], rows: &mut dyn Rows) -> Result<(), Error> {
        self.check()?;
        let done = self.connection.query_each(steps, rows);
        self.note(done)
    }

    /// The time that all who share the database agree on, in milliseconds since the epoch: for leases between nodes, whose
    /// clocks differ. `own_ms` where nobody shares it.
    pub fn now_ms(&mut self, own_ms: i64) -> Result<i64, Error> {
        self.check()?;
        let shared = self.connection.shared_ms();
        Ok(self.note(shared)?.unwrap_or(own_ms))
    }

    /// Runs `sql` and collects what `row` makes of each row.
    pub fn query<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.check()?;
        let mut rows = Vec::new();
        let done = self.connection.query(sql, params, &mut |found| {
            rows.push(row(found)?);
            Ok(())
        });
        self.note(done).map(|()| rows)
    }

    /// Runs `sql`, which answers one row or none; a second row is [`Error::Corrupt`].
    pub fn query_one<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.check()?;
        let mut one = None;
        let done = self.connection.query(sql, params, &mut |found| {
            if one.is_some() {
                return Err(TOO_MANY);
            }
            one = Some(row(found)?);
            Ok(())
        });
        self.note(done).map(|()| one)
    }

    /// Runs queries in order, each of which answers one row or none, on a server in one round trip; answers what `row` makes
    /// of each. A second row is [`Error::Corrupt`].
    pub fn query_one_each<T>(
        &mut self,
        steps: &[Step<'_>],
        row: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<Option<T>>, Error> {
        let mut rows = OneOfEach { ones: steps.iter().map(|_| None).collect(), make: row };
        self.query_each(steps, &mut rows)?;
        Ok(rows.ones)
    }

    /// Runs `f` in a savepoint of its own. When `f` fails, or has poisoned the transaction, everything it did is undone
    /// and the transaction goes on as if `f` had not been called.
    pub fn attempt<T, E: From<Error>>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.check()?;
        let depth = self.depth + 1;
        if depth > SAVEPOINTS_DEEP_MAX {
            let fault =
                StatementFault { sql: "SAVEPOINT", code: 0, message: "attempts are nested too deep".to_owned() };
            return Err(self.poisoned_by(Error::Statement(Box::new(fault))).into());
        }
        let set = self.connection.savepoint(depth);
        self.note(set)?;
        self.depth = depth;
        let outcome = f(self);
        self.depth = depth - 1;
        let outcome = match (outcome, self.poison.take()) {
            (Ok(_), Some(poison)) => Err(poison.into()),
            (outcome, _) => outcome,
        };
        let ended = match &outcome {
            Ok(_) => self.connection.release(depth),
            Err(_) => self.connection.rollback_to(depth),
        };
        // A savepoint that cannot be ended means that the transaction itself is gone: then nothing may be kept.
        self.note(ended)?;
        outcome
    }

    fn check(&self) -> Result<(), Error> {
        self.poison.clone().map_or(Ok(()), Err)
    }

    fn note<T>(&mut self, done: Result<T, Error>) -> Result<T, Error> {
        done.map_err(|error| self.poisoned_by(error))
    }

    fn poisoned_by(&mut self, error: Error) -> Error {
        self.poison = Some(error.clone());
        error
    }
}
