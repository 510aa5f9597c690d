//! Puts commits on the disk and then answers them, beside the writer: while one batch is on its way to the disk, the next is
//! already being run. When nothing waits there is nothing to be done meanwhile, and the writer does it itself.
//!
//! The writer's COMMIT writes its pages to the WAL and leaves the fsync to this thread (`synchronous=NORMAL`, in which the
//! engine itself still syncs the WAL before it copies from it, and the head of a WAL that begins anew). Nobody is answered
//! before the fsync that came after their commit, so an answer promises as much as with `synchronous=FULL`. What is
//! committed and not yet on the disk can be seen by those that come after: they are answered after it, too. Only readings of
//! pages and reports may show, for a millisecond, what a loss of power would take back.
//!
//! An fsync that fails is the end: the system may have thrown away what it could not write, and a later fsync that succeeds
//! would cover up the gap, behind which a restart finds nothing. So all is refused until the program is started anew and
//! reads what there is.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::Error;
use super::job::Job;
use super::queue::Queue;

/// Jobs of one commit, each with its own outcome.
pub(super) type Committed = Vec<(Box<dyn Job>, Result<(), Error>)>;

/// Puts the WAL of one database on the disk, and the database. Each thread that does so has a handle of its own of the WAL; what
/// failed, failed for all.
#[derive(Debug)]
pub(super) struct Disk {
    wal: PathBuf,
    file: Option<File>,
    /// Shared, and closed when the last has gone, after every connection: a process that closes any handle of a file loses its locks
    /// on it.
    database: Arc<File>,
    failed: Arc<AtomicBool>,
    /// Commits that were handed on and are not answered yet.
    under_way: Arc<AtomicUsize>,
}

impl Disk {
    /// Of the database at `path`.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let database = Arc::new(File::open(path)?);
        Ok(Self { wal: wal.into(), file: None, database, failed: Arc::default(), under_way: Arc::default() })
    }

    /// For another thread.
    pub(super) fn share(&self) -> Self {
        let (failed, under_way) = (Arc::clone(&self.failed), Arc::clone(&self.under_way));
        Self { wal: self.wal.clone(), file: None, database: Arc::clone(&self.database), failed, under_way }
    }

    /// Whether the disk has failed: then nothing is begun any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Whether nobody's commit is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0
    }

    /// One fsync, and the answers of all who were committed before it.
    pub(super) fn sync_and_answer(&mut self, jobs: Committed) {
        let synced = self.sync_wal();
        let fate = self.kept(synced);
        for (job, own) in jobs {
            job.answer(fate.clone().and(own));
        }
    }

    /// An fsync of the database, into which the WAL is copied: or the engine's own, of all that was copied since it last copied
    /// to the end, makes the writer wait.
    pub(super) fn sync_database(&self) -> Result<(), Error> {
        self.kept(self.database.sync_data())
    }

    /// What an fsync came to means for everybody, for good.
    fn kept(&self, synced: std::io::Result<()>) -> Result<(), Error> {
        if let Err(error) = synced {
            tracing::error!(%error, "the disk does not keep what was committed: all is refused until a restart");
            self.failed.store(true, Ordering::Release);
        }
        if self.has_failed() { Err(Error::Unavailable) } else { Ok(()) }
    }

    /// A writer that failed may have been the last who had the database open: then the engine has put the whole WAL into the
    /// database, synced that, and removed the WAL; the next writer makes a new one.
    fn sync_wal(&mut self) -> std::io::Result<()> {
        let found = match std::fs::metadata(&self.wal) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return self.file.as_ref().map_or(Ok(()), File::sync_data);
            }
            found => found?,
        };
        if let Some(known) = &self.file
            && known.metadata()?.ino() == found.ino()
        {
            return known.sync_data();
        }
        self.file.insert(File::open(&self.wal)?).sync_data()
    }
}

/// The way from the writer to the thread that syncs. Dropped, it lets that thread end.
#[derive(Debug)]
pub(super) struct Handover {
    committed: Sender<Committed>,
    disk: Disk,
}

impl Handover {
    /// Hands on the jobs of one commit.
    pub(super) fn hand_on(&self, jobs: Committed) {
        self.disk.under_way.fetch_add(1, Ordering::AcqRel);
        if let Err(unsent) = self.committed.send(jobs) {
            // That thread has panicked: whether it is on the disk is for the callers to find out, after a restart.
            self.disk.failed.store(true, Ordering::Release);
            for (job, _) in unsent.0 {
                job.answer(Err(Error::Unavailable));
            }
        }
    }
}

/// The thread beside the writer.
#[derive(Debug)]
pub(super) struct Syncer {
    disk: Disk,
    committed: Receiver<Committed>,
    /// Where the writer waits for more while the disk is busy.
    queue: Arc<Queue>,
}

impl Syncer {
    /// A thread's work, and the way to it.
    pub(super) fn new(disk: Disk, queue: Arc<Queue>) -> (Self, Handover) {
        let (sender, committed) = channel();
        let handover = Handover { committed: sender, disk: disk.share() };
        (Self { disk, committed, queue }, handover)
    }

    /// Works until there is no writer any more.
    pub(super) fn run(mut self) {
        while let Ok(mut jobs) = self.committed.recv() {
            let mut commits = 1;
            // One fsync for all that were committed meanwhile.
            while let Ok(more) = self.committed.try_recv() {
                jobs.extend(more);
                commits += 1;
            }
            self.disk.sync_and_answer(jobs);
            self.disk.under_way.fetch_sub(commits, Ordering::AcqRel);
            self.queue.nudge();
        }
    }
}
