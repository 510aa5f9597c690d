//! A unit of work with its types erased, so that one queue carries them all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::tx::Connection;
use super::{Error, Tx};

/// A closure waiting for its connection, and the caller waiting for its answer.
pub trait Job: Send {
    /// Runs the closure and keeps its outcome inside; true when what it wrote may be kept. May be called again.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers the caller: the closure's own outcome if `fate` is `Ok`, else that error. A caller who has gone is no
    /// fault: the work is detached from the request that asked for it.
    fn answer(self: Box<Self>, fate: Result<(), Error>);
}

struct Typed<F, T, E> {
    work: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Typed<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let outcome = (self.work)(tx);
        let outcome = match (outcome, tx.poison()) {
            (Ok(_), Some(poison)) => Err(poison.clone().into()),
            (outcome, _) => outcome,
        };
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, fate: Result<(), Error>) {
        let outcome = match (fate, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Error::Unavailable.into()),
            (Err(error), _) => Err(error.into()),
        };
        // The receiver is gone when the caller has hung up; the work stands all the same.
        drop(self.reply.send(outcome));
    }
}

/// A closure as a job, and where its answer will arrive.
pub(super) fn job<T, E, F>(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>)
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Typed { work, outcome: None, reply }), answer)
}

/// How a job's run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// What it wrote may be kept.
    Keep,
    /// It failed: undo what it wrote.
    Undo,
    /// It panicked: undo what it wrote.
    Panicked,
}

/// Runs a job on a connection on which the engine has begun a transaction and set the savepoint of depth 0.
pub(super) fn run_caught(job: &mut dyn Job, connection: &mut dyn Connection) -> Ran {
    // The connection is safe to use after a panic: statements reset when they are dropped, and what was written is
    // undone by the savepoint. The job itself is only answered afterwards.
    match catch_unwind(AssertUnwindSafe(|| job.run(&mut Tx::new(connection)))) {
        Ok(true) => Ran::Keep,
        Ok(false) => Ran::Undo,
        Err(_) => Ran::Panicked,
    }
}
