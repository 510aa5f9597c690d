//! A throwaway `PostgreSQL` server for the service under load: the one that the tests use, as durable as in production.

#[path = "../../tests/it/support/cluster.rs"]
#[expect(dead_code, reason = "the tests also kill and pause their servers")]
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it is the tests', which end so"
)]
mod cluster;
#[path = "../../tests/it/support/output.rs"]
#[expect(clippy::unwrap_used, reason = "it is the tests', which end so")]
mod output;

pub(crate) use cluster::Cluster;
use output::{PATIENCE, lines, texts};
