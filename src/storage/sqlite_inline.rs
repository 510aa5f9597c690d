//! The inline runner: one `SQLite` connection on the caller's thread, under the same rules as the writer's.
//!
//! For tests and the deterministic simulation: no thread, no wait, every future is ready at once.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::job::{Job, Ran, run_caught};
use super::migrate::Migration;
use super::sqlite::SqliteConnection;
use super::sqlite_open::{open_file, open_in_memory};
use super::sqlite_writer::run_alone;
use super::{Engine, Error, OpenError, Work};
use crate::clock::Clock;

/// One connection, used by one caller at a time; `None` once closed.
#[derive(Debug)]
pub(super) struct InlineEngine {
    connection: Mutex<Option<SqliteConnection>>,
    clock: Arc<dyn Clock>,
}

impl InlineEngine {
    pub(super) fn in_memory(migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let connection = open_in_memory(migrations, clock.now_ms())?;
        Ok(Self { connection: Mutex::new(Some(connection)), clock })
    }

    pub(super) fn at(path: &Path, migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let connection = open_file(path, migrations, clock.now_ms())?;
        Ok(Self { connection: Mutex::new(Some(connection)), clock })
    }

    fn run(&self, mut job: Box<dyn Job>, how: fn(&mut SqliteConnection, &mut dyn Job) -> Result<(), Error>) {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let fate = connection.as_mut().ok_or(Error::Unavailable).and_then(|connection| how(connection, &mut *job));
        drop(connection);
        job.answer(fate);
    }
}

impl Engine for InlineEngine {
    fn submit(&self, work: Work, job: Box<dyn Job>) {
        if work.deadline_ms.is_some_and(|deadline_ms| deadline_ms <= self.clock.now_ms()) {
            job.answer(Err(Error::TooLate));
            return;
        }
        self.run(job, run_alone);
    }

    fn read(&self, job: Box<dyn Job>) {
        self.run(job, |connection, job| {
            connection.set_read_only(true)?;
            let ran = connection.begin_read().map(|()| run_caught(job, connection));
            connection.roll_back()?;
            connection.set_read_only(false)?;
            if ran? == Ran::Panicked { Err(Error::Panicked) } else { Ok(()) }
        });
    }

    fn is_available(&self) -> bool {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn close(&self) {
        drop(self.connection.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
