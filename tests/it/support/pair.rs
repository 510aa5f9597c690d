//! Two PostgreSQL servers of which the second follows the first: no commit is told before both have it.

use super::cluster::{Cluster, until};

/// The name by which the primary knows its standby.
const STANDBY: &str = "standby";

/// A primary and its synchronous standby.
pub(crate) struct Pair {
    pub(crate) primary: Cluster,
    pub(crate) standby: Cluster,
}

impl Pair {
    /// Both run, and the primary waits for the standby at each commit.
    pub(crate) fn start() -> Pair {
        let primary = Cluster::start();
        let standby = Cluster::following(&primary, STANDBY);
        // After the copy was taken: the standby, once it is promoted, waits for nobody.
        primary.psql("postgres", &format!("ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'"));
        primary.psql("postgres", "SELECT pg_reload_conf()");
        let follows = "SELECT sync_state FROM pg_stat_replication";
        until("the standby to follow synchronously", || primary.psql("postgres", follows) == "sync");
        Pair { primary, standby }
    }

    /// The URL of whichever server takes writes.
    pub(crate) fn urls(&self, database: &str) -> String {
        let url = self.primary.url(database);
        let first = self.primary.address();
        let both = format!("{first},{}", self.standby.address());
        format!("{}?target_session_attrs=read-write", url.replacen(&first, &both, 1))
    }

    /// The primary is gone at once.
    pub(crate) fn kill_primary(&mut self) {
        self.primary.kill();
    }

    /// The standby becomes the server that takes writes; it does when this returns.
    pub(crate) fn promote_standby(&mut self) {
        // The seconds that it may take; a promotion takes a fraction of one.
        assert_eq!(self.standby.psql("postgres", "SELECT pg_promote(true, 60)"), "t");
    }
}
