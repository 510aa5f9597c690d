//! Checkpoints: copying the WAL into the database, off the path of a commit.
//!
//! A thread with a connection of its own copies (PASSIVE: neither the writer nor a reader waits for it) whenever enough
//! frames have gathered, and puts them on the disk. Under load it never quite catches up, so once the WAL is long, and the rest
//! small, the writer itself copies that between two commits; the next commit then starts the WAL anew. Only a long read can stand in
//! the way, and beyond the bound it is interrupted. When the writer has nothing to do it shortens the file. A commit thus waits for
//! the rest of one checkpoint in four thousand frames, and never for a whole one.
//!
//! The engine syncs the database when it has copied to the end of the WAL, and at no other time. Under load that is the writer's
//! rest, with which it would put all on the disk that this thread has copied: tens of milliseconds, in which every hop waits.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::options::{PASSES_MAX, READ_US_MAX, REST_FRAMES};
use super::sqlite::{Checkpoint, SqliteConnection};
use super::sqlite_open::{Role, connect};
use super::sqlite_reader::Readers;
use super::sqlite_sync::Disk;
use super::{Error, Options};

#[derive(Debug, Default)]
struct State {
    requested: bool,
    stopped: bool,
}

/// What the writer and the checkpoint thread tell each other.
#[derive(Debug, Default)]
pub(super) struct Signals {
    state: Mutex<State>,
    wake: Condvar,
    restart: AtomicBool,
}

impl Signals {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer: have a look at the WAL.
    pub(super) fn request(&self) {
        self.lock().requested = true;
        self.wake.notify_one();
    }

    /// The writer: is it my turn to copy the rest?
    pub(super) fn take_restart(&self) -> bool {
        self.restart.load(Ordering::Relaxed) && self.restart.swap(false, Ordering::AcqRel)
    }

    /// Ends the checkpoint thread.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.wake.notify_one();
    }

    /// False when the thread shall end.
    fn wait(&self) -> bool {
        let idle = |state: &mut State| !state.requested && !state.stopped;
        let mut state = self.wake.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        state.requested = false;
        !state.stopped
    }
}

/// What the checkpoint thread owns.
#[derive(Debug)]
pub(super) struct Checkpointer {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) signals: Arc<Signals>,
    pub(super) readers: Arc<Readers>,
    pub(super) disk: Disk,
    pub(super) connection: Option<SqliteConnection>,
}

impl Checkpointer {
    /// Works until it is stopped. What fails is tried again at the next request, on a fresh connection.
    pub(super) fn run(mut self) {
        while self.signals.wait() {
            if self.pass().is_err() {
                tracing::warn!("a checkpoint failed and will be tried again");
                self.connection = None;
            }
        }
    }

    /// Looks at the WAL and copies what is due.
    pub(super) fn pass(&mut self) -> Result<(), Error> {
        let connection = match self.connection.take() {
            Some(connection) => self.connection.insert(connection),
            None => self.connection.insert(connect(&self.path, Role::Checkpointer)?),
        };
        let before = connection.checkpoint(Checkpoint::Look)?;
        if before.frames - before.copied < self.options.checkpoint_frames {
            return Ok(());
        }
        let mut after = connection.checkpoint(Checkpoint::Passive)?;
        if after.frames >= self.options.restart_frames {
            self.disk.sync_database()?;
            // What was written meanwhile is less than was copied, and less again the next time.
            for _ in 1..PASSES_MAX {
                after = connection.checkpoint(Checkpoint::Look)?;
                if after.frames - after.copied <= REST_FRAMES {
                    break;
                }
                connection.checkpoint(Checkpoint::Passive)?;
            }
            self.signals.restart.store(true, Ordering::Release);
        }
        if after.frames >= self.options.wal_frames_max {
            let interrupted = self.readers.interrupt_longer_than(READ_US_MAX);
            tracing::warn!(frames = after.frames, copied = after.copied, interrupted, "the WAL is beyond its bound");
        }
        Ok(())
    }
}
