//! Puts commits on the disk and then answers them, beside the writer: while one batch is on its way to the disk, the next is
//! already being run.
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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use super::Error;
use super::job::Job;

/// Jobs of one commit, each with its own outcome.
pub(super) type Committed = Vec<(Box<dyn Job>, Result<(), Error>)>;

/// What the thread owns. It ends when the writer has gone.
pub(super) struct Syncer {
    pub(super) committed: Receiver<Committed>,
    pub(super) wal: PathBuf,
    /// Set once, and never back.
    pub(super) failed: Arc<AtomicBool>,
}

impl Syncer {
    /// The WAL of the database at `path`.
    pub(super) fn wal_of(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        PathBuf::from(name)
    }

    /// Works until there is no writer any more.
    pub(super) fn run(self) {
        let mut wal = None;
        while let Ok(mut jobs) = self.committed.recv() {
            // One fsync for all that were committed meanwhile.
            while let Ok(more) = self.committed.try_recv() {
                jobs.extend(more);
            }
            let fate = if self.failed.load(Ordering::Acquire) { Err(Error::Unavailable) } else { self.sync(&mut wal) };
            for (job, own) in jobs {
                job.answer(fate.clone().and(own));
            }
        }
    }

    fn sync(&self, wal: &mut Option<File>) -> Result<(), Error> {
        self.sync_file(wal).map_err(|error| {
            tracing::error!(%error, "the disk does not keep what was committed: all is refused until a restart");
            self.failed.store(true, Ordering::Release);
            Error::Unavailable
        })
    }

    /// A writer that failed may have been the last who had the database open: then the engine has put the whole WAL into the
    /// database, synced that, and removed the WAL; the next writer makes a new one.
    fn sync_file(&self, wal: &mut Option<File>) -> std::io::Result<()> {
        let found = match std::fs::metadata(&self.wal) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        if let Some(known) = wal
            && known.metadata()?.ino() == found.ino()
        {
            return known.sync_data();
        }
        wal.insert(File::open(&self.wal)?).sync_data()
    }
}
