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
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
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
    /// The WAL as it was opened, after so many connections of the writer.
    file: Option<(u64, File)>,
    /// Shared, and closed when the last has gone, after every connection: a process that closes any handle of a file loses its locks
    /// on it.
    database: Arc<File>,
    /// Connections of the writer so far: before each of them the WAL may have been removed, and a new one made.
    connections: Arc<AtomicU64>,
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
        let (connections, failed, under_way) = (Arc::default(), Arc::default(), Arc::default());
        Ok(Self { wal: wal.into(), file: None, database, connections, failed, under_way })
    }

    /// For another thread.
    pub(super) fn share(&self) -> Self {
        let (connections, failed) = (Arc::clone(&self.connections), Arc::clone(&self.failed));
        let (database, under_way) = (Arc::clone(&self.database), Arc::clone(&self.under_way));
        Self { wal: self.wal.clone(), file: None, database, connections, failed, under_way }
    }

    /// The writer has a new connection, and with it perhaps a new WAL.
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::AcqRel);
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
    /// database, synced that, and removed the WAL; the next writer makes a new one. The file is not looked at to find that out: on
    /// Linux whoever asks for the time of a file makes each write after it note a new one, and each fsync write that as well.
    fn sync_wal(&mut self) -> std::io::Result<()> {
        let connections = self.connections.load(Ordering::Acquire);
        if let Some((opened, known)) = &self.file
            && *opened == connections
        {
            return known.sync_data();
        }
        match File::open(&self.wal) {
            Ok(found) => self.file.insert((connections, found)).1.sync_data(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.file.as_ref().map_or(Ok(()), |(_, known)| known.sync_data())
            }
            Err(error) => Err(error),
        }
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
