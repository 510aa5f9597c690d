//! The migrations that are compiled in, in their order.

use crate::storage::Migration;

/// Every migration of the `SQLite` engine. A test compares them with the folder.
pub const SQLITE: &[Migration] = &[
    Migration::new(1, "market", include_str!("../migrations/sqlite/0001_market.sql")),
    Migration::new(2, "session", include_str!("../migrations/sqlite/0002_session.sql")),
    Migration::new(3, "outbox", include_str!("../migrations/sqlite/0003_outbox.sql")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_there_numbered_without_gaps() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let listed: Vec<String> = SQLITE.iter().map(|m| format!("{:04}_{}.sql", m.number, m.name)).collect();
        assert_eq!(files, listed);
        assert!(SQLITE.iter().zip(1..).all(|(migration, number)| migration.number == number));
    }

    #[test]
    fn every_migration_applies() {
        let clock = std::sync::Arc::new(crate::clock::SimulatedClock::at(0));
        assert!(crate::storage::Store::inline(SQLITE, clock).is_ok());
    }
}
