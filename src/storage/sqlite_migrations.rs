//! The migrations of the `SQLite` engine, compiled in: one line for each file in `migrations/sqlite/`.

use super::Migration;

/// Every migration of a Kaziline database, in order.
pub const SQLITE_MIGRATIONS: &[Migration] = &[
    Migration::new(1, "market", include_str!("../../migrations/sqlite/0001_market.sql")),
    Migration::new(2, "session", include_str!("../../migrations/sqlite/0002_session.sql")),
    Migration::new(3, "outbox", include_str!("../../migrations/sqlite/0003_outbox.sql")),
];
