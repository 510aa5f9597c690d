//! The store's limits, each with its unit and reason.

use super::queue::Limits;

/// Interactive jobs that may wait: at 27,000 a second the last of them waits 0.15 s, a good part of a hop's 2 s on a
/// disk ten times slower.
pub const INTERACTIVE_WAITING_MAX: usize = 4096;
/// Bulk jobs that may wait: one a commit is run, more only pile up.
pub const BULK_WAITING_MAX: usize = 64;
/// Jobs in one commit: enough to share its pages, few enough that those who are answered can ask again while the next are
/// run. (An fsync is shared by as many commits as come while the one before is under way: `sqlite_sync.rs`.)
pub const BATCH_JOBS_MAX: usize = 32;
/// Microseconds after which a batch takes no further interactive job: the first caller in it waits for the last.
pub const BATCH_US_MAX: i64 = 5_000;
/// Milliseconds without work after which the writer shortens the WAL.
pub const QUIET_MS: u64 = 1_000;
/// Connections for reads: pages and reports are few, and each connection has its own page cache.
pub const READERS: usize = 4;
/// Reads that may wait for a connection.
pub const READS_WAITING_MAX: usize = 64;
/// Milliseconds a read waits for a connection.
pub const READ_WAIT_MS: u64 = 1_000;
/// Microseconds after which a read may be interrupted, if it is what keeps the WAL from being reset.
pub const READ_US_MAX: i64 = 2_000_000;
/// Prepared statements kept on each connection: more than the program has.
pub const STATEMENTS_KEPT: usize = 256;
/// Milliseconds to reach one server of several. After a failover the first of two is dead: the second is tried within a
/// hop's time.
pub const CONNECT_MS: u64 = 800;
/// Milliseconds for one statement on a server. A hop has 2 s in all; the server gives up a little sooner by itself.
pub const STATEMENT_MS: u64 = 1_500;
/// Milliseconds that a connection waits for a lock: only another process or a recovery holds one that long.
pub const BUSY_MS: u64 = 5_000;
/// Commits between two looks at the WAL by the checkpoint thread.
pub const CHECKPOINT_EVERY_COMMITS: u32 = 16;
/// WAL frames (pages of 4 KiB) not yet in the database at which the checkpoint thread copies them: 4 MiB.
pub const CHECKPOINT_FRAMES: i64 = 1_000;
/// WAL frames that are left to the writer, if they can be: 2 MiB, a few milliseconds.
pub const REST_FRAMES: i64 = 512;
/// Passes of the checkpoint thread after which the rest is left to the writer, however long: where it does not shrink, the disk is
/// no faster at copying than at writing.
pub const PASSES_MAX: u32 = 4;
/// WAL frames at which the writer finishes the checkpoint, so that the next commit starts the WAL anew: 16 MiB. (Three times as
/// many made hops a twentieth slower, whose pages then are cold, and the longest waits no shorter.)
pub const RESTART_FRAMES: i64 = 4_096;
/// WAL frames beyond which long reads are interrupted: 64 MiB, the bound of the WAL.
pub const WAL_FRAMES_MAX: i64 = 16_384;
/// Bytes of a database that is checked thoroughly at start (half a second); a larger one is checked quickly.
pub const THOROUGH_CHECK_BYTES: u64 = 32 << 20;
/// Kibibytes of page cache of the writer, at least.
pub const WRITER_CACHE_KIB: i64 = 8 << 10;
/// Kibibytes of page cache of the writer of a large database: so much that a page which is written here and there, of an index
/// by person, is still there when it is written again. Not more: of a database below 1 GiB, SQLite goes through its whole cache at
/// the end of a transaction that has split a page (it has used the number of the lock page for a moment, and looks for pages beyond
/// the end): 64 MiB cost half a millisecond each time.
pub const WRITER_CACHE_KIB_MAX: i64 = 32 << 10;
/// Bytes of the database for each byte of its writer's page cache, between the two.
pub const WRITER_CACHE_PART: i64 = 8;
/// Kibibytes of page cache of each reader.
pub const READER_CACHE_KIB: i64 = 2 << 10;

/// The limits that an installation or a test may want to set otherwise. The default holds the named constants.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// See [`INTERACTIVE_WAITING_MAX`].
    pub interactive_waiting_max: usize,
    /// See [`BULK_WAITING_MAX`].
    pub bulk_waiting_max: usize,
    /// See [`BATCH_JOBS_MAX`].
    pub batch_jobs_max: usize,
    /// See [`BATCH_US_MAX`].
    pub batch_us_max: i64,
    /// See [`READERS`].
    pub readers: usize,
    /// See [`READS_WAITING_MAX`].
    pub reads_waiting_max: usize,
    /// See [`READ_WAIT_MS`].
    pub read_wait_ms: u64,
    /// See [`CHECKPOINT_FRAMES`].
    pub checkpoint_frames: i64,
    /// See [`RESTART_FRAMES`].
    pub restart_frames: i64,
    /// See [`WAL_FRAMES_MAX`].
    pub wal_frames_max: i64,
    /// See [`CONNECT_MS`].
    pub connect_ms: u64,
    /// See [`STATEMENT_MS`].
    pub statement_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interactive_waiting_max: INTERACTIVE_WAITING_MAX,
            bulk_waiting_max: BULK_WAITING_MAX,
            batch_jobs_max: BATCH_JOBS_MAX,
            batch_us_max: BATCH_US_MAX,
            readers: READERS,
            reads_waiting_max: READS_WAITING_MAX,
            read_wait_ms: READ_WAIT_MS,
            checkpoint_frames: CHECKPOINT_FRAMES,
            restart_frames: RESTART_FRAMES,
            wal_frames_max: WAL_FRAMES_MAX,
            connect_ms: CONNECT_MS,
            statement_ms: STATEMENT_MS,
        }
    }
}

impl Options {
    pub(super) fn queue_limits(&self) -> Limits {
        Limits {
            interactive: self.interactive_waiting_max,
            bulk: self.bulk_waiting_max,
            batch: self.batch_jobs_max.max(1),
        }
    }
}
