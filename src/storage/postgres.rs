//! One `PostgreSQL` connection behind the [`Connection`] trait: binding, rows, and what its errors mean.
//!
//! The connection belongs to one thread, which drives it on a runtime of its own. Every wait has an end: an answer that
//! does not come in time costs the connection, never a hang. `BEGIN` and savepoints wait for the next statement and travel
//! with it, so that a unit of work pays for its statements and its `COMMIT` alone.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Statement};

use super::postgres_fault::{Meaning, classify, fault};
use super::postgres_value::{Bound, PostgresRow};
use super::tx::{Connection, Rows, SAVEPOINTS_DEEP_MAX, Step};
use super::{Columns, Error, Param, Row};

/// Milliseconds between two rows of a stream, and for its end, when the server writes what it has.
const STREAM_MS: u64 = 60_000;

/// Written out, since statements are literals. Depth 0 is the transaction itself.
const SAVEPOINTS: [[&str; 3]; SAVEPOINTS_DEEP_MAX + 1] = [
    ["SAVEPOINT s0", "RELEASE SAVEPOINT s0", "ROLLBACK TO SAVEPOINT s0; RELEASE SAVEPOINT s0"],
    ["SAVEPOINT s1", "RELEASE SAVEPOINT s1", "ROLLBACK TO SAVEPOINT s1; RELEASE SAVEPOINT s1"],
    ["SAVEPOINT s2", "RELEASE SAVEPOINT s2", "ROLLBACK TO SAVEPOINT s2; RELEASE SAVEPOINT s2"],
    ["SAVEPOINT s3", "RELEASE SAVEPOINT s3", "ROLLBACK TO SAVEPOINT s3; RELEASE SAVEPOINT s3"],
    ["SAVEPOINT s4", "RELEASE SAVEPOINT s4", "ROLLBACK TO SAVEPOINT s4; RELEASE SAVEPOINT s4"],
    ["SAVEPOINT s5", "RELEASE SAVEPOINT s5", "ROLLBACK TO SAVEPOINT s5; RELEASE SAVEPOINT s5"],
    ["SAVEPOINT s6", "RELEASE SAVEPOINT s6", "ROLLBACK TO SAVEPOINT s6; RELEASE SAVEPOINT s6"],
    ["SAVEPOINT s7", "RELEASE SAVEPOINT s7", "ROLLBACK TO SAVEPOINT s7; RELEASE SAVEPOINT s7"],
    ["SAVEPOINT s8", "RELEASE SAVEPOINT s8", "ROLLBACK TO SAVEPOINT s8; RELEASE SAVEPOINT s8"],
];

/// A connection with its statements. Opened by `postgres_open.rs`.
pub(super) struct PostgresConnection {
    runtime: Runtime,
    client: Arc<Client>,
    /// By address and length of the statement's literal.
    statements: HashMap<(usize, usize), Statement>,
    /// What goes out before the next statement, in the same packet.
    held: String,
    /// For one statement.
    statement_limit: Duration,
    /// Whether the transaction may write: if so, a server that refuses it has become a standby.
    writes: bool,
    /// The transaction cannot be kept: another one was first. Told apart from the work's own outcome, since only running
    /// it again helps.
    pub(super) conflicted: bool,
    /// A statement of the unit of work waited for a lock in vain.
    pub(super) blocked: bool,
    /// The connection is of no more use.
    pub(super) lost: bool,
    /// Ends when the server answers the commit that it has not answered in time.
    unanswered: Option<JoinHandle<Result<(), tokio_postgres::Error>>>,
}

impl std::fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresConnection").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl PostgresConnection {
    pub(super) fn new(runtime: Runtime, client: Client, statement_ms: u64) -> Self {
        let (client, statements, held) = (Arc::new(client), HashMap::new(), String::new());
        Self {
            runtime,
            client,
            statements,
            held,
            statement_limit: Duration::from_millis(statement_ms),
            writes: true,
            conflicted: false,
            blocked: false,
            lost: false,
            unanswered: None,
        }
    }

    /// Begins a transaction that may write, or one that may not, together with its first statement.
    pub(super) fn begin(&mut self, how: &'static str, writes: bool) {
        self.writes = writes;
        self.conflicted = false;
        self.blocked = false;
        self.held.clear();
        self.hold(how);
    }

    /// Begins a unit of work in a transaction of several.
    pub(super) fn set_work(&mut self) {
        self.blocked = false;
        self.hold(SAVEPOINTS[0][0]);
    }

    /// Ends it: what it wrote is kept with the others', or undone without them.
    pub(super) fn end_work(&mut self, keep: bool) {
        self.hold(if keep { SAVEPOINTS[0][1] } else { SAVEPOINTS[0][2] });
    }

    /// Commits. [`Error::Unavailable`] when the answer is lost: the commit may be there or not.
    ///
    /// A server whose standby is away keeps a commit waiting without end, on a connection of which it does not see the end.
    /// So such a connection is not given up, or the server would run out of them: it [waits](Self::is_answered).
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        self.hold("COMMIT");
        let held = std::mem::take(&mut self.held);
        match within(&self.runtime, self.statement_limit, self.client.batch_execute(&held)) {
            None => {
                tracing::error!("the database did not answer a commit in time: does its standby run?");
                let client = Arc::clone(&self.client);
                self.unanswered = Some(self.runtime.spawn(async move { client.batch_execute("").await }));
                Err(Error::Unavailable)
            }
            done => self.settle("COMMIT", done),
        }
    }

    /// Whether a commit was not answered in time.
    pub(super) fn is_waiting(&self) -> bool {
        self.unanswered.is_some()
    }

    /// Waits up to `limit` for the answer that did not come in time. True when the connection can be used again, or is lost.
    pub(super) fn is_answered(&mut self, limit: Duration) -> bool {
        let Some(answer) = &mut self.unanswered else { return true };
        let Ok(answered) = self.runtime.block_on(async { tokio::time::timeout(limit, answer).await }) else {
            return false;
        };
        self.lost |= !matches!(answered, Ok(Ok(())));
        self.unanswered = None;
        true
    }

    /// Undoes the transaction, if there is one.
    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        // A transaction of which nothing has gone out yet is no transaction.
        self.held.clear();
        self.hold("ROLLBACK");
        self.flush("ROLLBACK")
    }

    /// Whether the server still answers.
    pub(super) fn ping(&mut self) -> bool {
        self.held.clear();
        self.hold("SELECT 1");
        self.flush("SELECT 1").is_ok()
    }

    /// Runs a text of several statements, for as long as it takes up to `limit`: migrations. The error is for a person.
    pub(super) fn script(&mut self, sql: &str, limit: Duration) -> Result<(), String> {
        let done = self.runtime.block_on(told_within(limit, self.client.batch_execute(sql)));
        // Whatever it was: a script is not gone on with.
        self.lost |= done.is_err();
        done
    }

    /// Streams rows into a table by `sql`, which is `COPY ... FROM STDIN (FORMAT binary)`. The error is for a person.
    pub(super) fn copy_in<R: Columns>(
        &mut self,
        sql: &str,
        kinds: &[Type],
        rows: &mut dyn Iterator<Item = R>,
    ) -> Result<(), String> {
        let limit = Duration::from_millis(STREAM_MS);
        self.runtime.block_on(async {
            let sink = told_within(limit, self.client.copy_in(sql)).await?;
            let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, kinds));
            for row in rows {
                let values = (0..kinds.len()).map(|column| row.value(column).map(|value| Bound(value.into())));
                let values = values.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
                told_within(limit, writer.as_mut().write_raw(values)).await?;
            }
            told_within(limit, writer.as_mut().finish()).await.map(drop)
        })
    }

    /// Shows `each` the rows that the query `sql` answers, one after the other as they come. The error is for a person.
    pub(super) fn stream(
        &mut self,
        sql: &str,
        each: &mut dyn FnMut(&dyn Columns) -> Result<(), Error>,
    ) -> Result<(), String> {
        let limit = Duration::from_millis(STREAM_MS);
        self.runtime.block_on(async {
            let statement = told_within(limit, self.client.prepare(sql)).await?;
            let rows = told_within(limit, self.client.query_raw(&statement, Vec::<Bound<'_>>::new())).await?;
            let mut rows = std::pin::pin!(rows);
            while let Some(row) = told_within(limit, rows.try_next()).await? {
                each(&PostgresRow(&row)).map_err(|error| error.to_string())?;
            }
            Ok(())
        })
    }

    fn hold(&mut self, sql: &str) {
        if !self.held.is_empty() {
            self.held.push_str("; ");
        }
        self.held.push_str(sql);
    }

    /// Sends what is held, alone.
    fn flush(&mut self, what: &'static str) -> Result<(), Error> {
        if self.lost {
            return Err(Error::Unavailable);
        }
        let held = std::mem::take(&mut self.held);
        let done = within(&self.runtime, self.statement_limit, self.client.batch_execute(&held));
        self.settle(what, done)
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, Error> {
        let key = (sql.as_ptr().addr(), sql.len());
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        // After a statement that failed the server prepares nothing until the savepoint is gone back to.
        if !self.held.is_empty() {
            self.flush(sql)?;
        }
        let prepared = within(&self.runtime, self.statement_limit, self.client.prepare(sql));
        let statement = self.settle(sql, prepared)?;
        self.statements.insert(key, statement.clone());
        Ok(statement)
    }

    /// Prepares the statements and sends them in one packet with what is held; `send` says how each.
    fn run<T>(
        &mut self,
        steps: &[Step<'_>],
        send: &impl AsyncFn(&Client, &Statement, &[Bound<'_>]) -> Result<T, tokio_postgres::Error>,
    ) -> Result<Vec<T>, Error> {
        if self.lost {
            return Err(Error::Unavailable);
        }
        let mut ready = Vec::with_capacity(steps.len());
        for (sql, params) in steps {
            let statement = self.prepared(sql)?;
            if statement.params().len() != params.len() {
                let message = format!("takes {} values and was given {}", statement.params().len(), params.len());
                return Err(fault(sql, message));
            }
            let bound: Vec<Bound<'_>> = params.iter().map(|param| Bound(*param)).collect();
            if let Some(at) = bound.iter().zip(statement.params()).position(|(value, kind)| !value.fits(kind)) {
                return Err(fault(sql, format!("its value ${} is of another type", at + 1)));
            }
            ready.push((statement, bound));
        }
        let held = std::mem::take(&mut self.held);
        let client = &self.client;
        let done = within(&self.runtime, self.statement_limit, async {
            let all = try_join_all(ready.iter().map(|(statement, bound)| send(client, statement, bound)));
            if held.is_empty() {
                return all.await;
            }
            // Polled in this order, so sent in this order: the server runs the statements after what was held.
            let (before, answered) = tokio::join!(client.batch_execute(&held), all);
            before.and(answered)
        });
        self.settle(steps.first().map_or("", |(sql, _)| sql), done)
    }

    /// What an outcome means, for the connection and for the work.
    fn settle<T>(&mut self, sql: &'static str, done: Option<Result<T, tokio_postgres::Error>>) -> Result<T, Error> {
        match done {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => {
                let (meaning, error) = classify(sql, self.writes, &error);
                match meaning {
                    Meaning::Conflict => self.conflicted = true,
                    Meaning::Blocked => self.blocked = true,
                    Meaning::Lost => self.lost = true,
                    Meaning::Stays => {}
                }
                Err(error)
            }
            None => {
                tracing::error!("the database did not answer in time");
                self.lost = true;
                Err(Error::Unavailable)
            }
        }
    }
}

/// What comes of `work` within `limit`; the error is for a person, and holds no values.
async fn told_within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, String> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done
            .map_err(|error| error.as_db_error().map_or_else(|| error.to_string(), |told| told.message().to_owned())),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

/// What comes of `work`; `None` when it takes longer than `limit`.
fn within<T>(
    runtime: &Runtime,
    limit: Duration,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Option<Result<T, tokio_postgres::Error>> {
    runtime.block_on(async { tokio::time::timeout(limit, work).await }).ok()
}

/// The rows of a query.
async fn rows_of(
    client: &Client,
    statement: &Statement,
    bound: &[Bound<'_>],
) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
    client.query(statement, &bound).await
}

/// Not the transaction's time, which stands still while it waits for a lock.
const NOW: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

impl Connection for PostgresConnection {
    fn shared_ms(&mut self) -> Result<Option<i64>, Error> {
        let mut now_ms = None;
        self.query(NOW, &[], &mut |row| {
            now_ms = Some(row.integer(0)?);
            Ok(())
        })?;
        Ok(now_ms)
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        Ok(self.execute_each(&[(sql, params)])?.first().copied().unwrap_or_default())
    }

    fn execute_each(&mut self, steps: &[Step<'_>]) -> Result<Vec<u64>, Error> {
        for (sql, _) in steps {
            if !self.prepared(sql)?.columns().is_empty() {
                return Err(fault(sql, "answers rows: use query".to_owned()));
            }
        }
        self.run(steps, &async |client: &Client, statement: &Statement, bound: &[Bound<'_>]| {
            client.execute_raw(statement, bound).await
        })
    }

    fn query(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let answered = self.run(&[(sql, params)], &rows_of)?;
        answered.iter().flatten().try_for_each(|row| each(&Row::new(&PostgresRow(row))))
    }

    fn query_each(&mut self, steps: &[Step<'_>], rows: &mut dyn Rows) -> Result<(), Error> {
        let answered = self.run(steps, &rows_of)?;
        for (at, found) in answered.iter().enumerate() {
            if !rows.wants() {
                break;
            }
            found.iter().try_for_each(|row| rows.row(at, &Row::new(&PostgresRow(row))))?;
        }
        Ok(())
    }

    fn savepoint(&mut self, depth: usize) -> Result<(), Error> {
        let sql = savepoint_sql(depth, 0)?;
        self.hold(sql);
        Ok(())
    }

    fn release(&mut self, depth: usize) -> Result<(), Error> {
        let sql = savepoint_sql(depth, 1)?;
        self.hold(sql);
        Ok(())
    }

    fn rollback_to(&mut self, depth: usize) -> Result<(), Error> {
        let sql = savepoint_sql(depth, 2)?;
        self.hold(sql);
        Ok(())
    }
}

fn savepoint_sql(depth: usize, which: usize) -> Result<&'static str, Error> {
    let sql = SAVEPOINTS.get(depth).and_then(|set| set.get(which)).copied();
    sql.ok_or_else(|| fault("SAVEPOINT", "savepoints are nested too deep".to_owned()))
}
