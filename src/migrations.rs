//! The migrations that are compiled in, in their order: a list for each engine, with the same numbers and names.

use crate::storage::Migration;

/// Every migration of the `SQLite` engine. A test compares them with the folder.
pub const SQLITE: &[Migration] = &[
    Migration::new(1, "market", include_str!("../migrations/sqlite/0001_market.sql")),
    Migration::new(2, "session", include_str!("../migrations/sqlite/0002_session.sql")),
    Migration::new(3, "outbox", include_str!("../migrations/sqlite/0003_outbox.sql")),
    Migration::new(4, "queue_hold", include_str!("../migrations/sqlite/0004_queue_hold.sql")),
    Migration::new(5, "menus", include_str!("../migrations/sqlite/0005_menus.sql")),
    Migration::new(6, "delivery", include_str!("../migrations/sqlite/0006_delivery.sql")),
    Migration::new(7, "ways_out", include_str!("../migrations/sqlite/0007_ways_out.sql")),
    Migration::new(8, "dials", include_str!("../migrations/sqlite/0008_dials.sql")),
    Migration::new(9, "alerts", include_str!("../migrations/sqlite/0009_alerts.sql")),
    Migration::new(10, "pipeline", include_str!("../migrations/sqlite/0010_pipeline.sql")),
    Migration::new(11, "bookings", include_str!("../migrations/sqlite/0011_bookings.sql")),
    Migration::new(12, "own_data", include_str!("../migrations/sqlite/0012_own_data.sql")),
    Migration::new(13, "cases", include_str!("../migrations/sqlite/0013_cases.sql")),
    Migration::new(14, "api", include_str!("../migrations/sqlite/0014_api.sql")),
    Migration::new(15, "pay", include_str!("../migrations/sqlite/0015_pay.sql")),
    Migration::new(16, "group", include_str!("../migrations/sqlite/0016_group.sql")),
    Migration::new(17, "agents", include_str!("../migrations/sqlite/0017_agents.sql")),
    Migration::new(18, "mending", include_str!("../migrations/sqlite/0018_mending.sql")),
    Migration::new(19, "posting", include_str!("../migrations/sqlite/0019_posting.sql")),
    Migration::new(20, "screening", include_str!("../migrations/sqlite/0020_screening.sql")),
    Migration::new(21, "lookups", include_str!("../migrations/sqlite/0021_lookups.sql")),
    Migration::new(22, "sex", include_str!("../migrations/sqlite/0022_sex.sql")),
    Migration::new(23, "pay_means", include_str!("../migrations/sqlite/0023_pay_means.sql")),
    Migration::new(24, "merge", include_str!("../migrations/sqlite/0024_merge.sql")),
    Migration::new(25, "unclaimed", include_str!("../migrations/sqlite/0025_unclaimed.sql")),
    Migration::new(26, "alert_nth", include_str!("../migrations/sqlite/0026_alert_nth.sql")),
    Migration::new(27, "linked_number", include_str!("../migrations/sqlite/0027_linked_number.sql")),
    Migration::new(28, "vacancy_pay_means", include_str!("../migrations/sqlite/0028_vacancy_pay_means.sql")),
    Migration::new(29, "abroad", include_str!("../migrations/sqlite/0029_abroad.sql")),
    Migration::new(30, "alert_place", include_str!("../migrations/sqlite/0030_alert_place.sql")),
    Migration::new(31, "ids_are_times", include_str!("../migrations/sqlite/0031_ids_are_times.sql")),
];

/// Every migration of the `PostgreSQL` engine.
pub const POSTGRES: &[Migration] = &[
    Migration::new(1, "market", include_str!("../migrations/postgres/0001_market.sql")),
    Migration::new(2, "session", include_str!("../migrations/postgres/0002_session.sql")),
    Migration::new(3, "outbox", include_str!("../migrations/postgres/0003_outbox.sql")),
    Migration::new(4, "queue_hold", include_str!("../migrations/postgres/0004_queue_hold.sql")),
    Migration::new(5, "menus", include_str!("../migrations/postgres/0005_menus.sql")),
    Migration::new(6, "delivery", include_str!("../migrations/postgres/0006_delivery.sql")),
    Migration::new(7, "ways_out", include_str!("../migrations/postgres/0007_ways_out.sql")),
    Migration::new(8, "dials", include_str!("../migrations/postgres/0008_dials.sql")),
    Migration::new(9, "alerts", include_str!("../migrations/postgres/0009_alerts.sql")),
    Migration::new(10, "pipeline", include_str!("../migrations/postgres/0010_pipeline.sql")),
    Migration::new(11, "bookings", include_str!("../migrations/postgres/0011_bookings.sql")),
    Migration::new(12, "own_data", include_str!("../migrations/postgres/0012_own_data.sql")),
    Migration::new(13, "cases", include_str!("../migrations/postgres/0013_cases.sql")),
    Migration::new(14, "api", include_str!("../migrations/postgres/0014_api.sql")),
    Migration::new(15, "pay", include_str!("../migrations/postgres/0015_pay.sql")),
    Migration::new(16, "group", include_str!("../migrations/postgres/0016_group.sql")),
    Migration::new(17, "agents", include_str!("../migrations/postgres/0017_agents.sql")),
    Migration::new(18, "mending", include_str!("../migrations/postgres/0018_mending.sql")),
    Migration::new(19, "posting", include_str!("../migrations/postgres/0019_posting.sql")),
    Migration::new(20, "screening", include_str!("../migrations/postgres/0020_screening.sql")),
    Migration::new(21, "lookups", include_str!("../migrations/postgres/0021_lookups.sql")),
    Migration::new(22, "sex", include_str!("../migrations/postgres/0022_sex.sql")),
    Migration::new(23, "pay_means", include_str!("../migrations/postgres/0023_pay_means.sql")),
    Migration::new(24, "merge", include_str!("../migrations/postgres/0024_merge.sql")),
    Migration::new(25, "unclaimed", include_str!("../migrations/postgres/0025_unclaimed.sql")),
    Migration::new(26, "alert_nth", include_str!("../migrations/postgres/0026_alert_nth.sql")),
    Migration::new(27, "linked_number", include_str!("../migrations/postgres/0027_linked_number.sql")),
    Migration::new(28, "vacancy_pay_means", include_str!("../migrations/postgres/0028_vacancy_pay_means.sql")),
    Migration::new(29, "abroad", include_str!("../migrations/postgres/0029_abroad.sql")),
    Migration::new(30, "alert_place", include_str!("../migrations/postgres/0030_alert_place.sql")),
    Migration::new(31, "ids_are_times", include_str!("../migrations/postgres/0031_ids_are_times.sql")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::clock::{Clock, SimulatedClock};
    use crate::on_postgres;
    use crate::storage::{Error, Store};

    fn files(engine: &str) -> Vec<String> {
        let folder = format!("{}/migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        files
    }

    #[test]
    fn every_file_of_both_folders_is_there_numbered_without_gaps() {
        for (engine, migrations) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let listed: Vec<String> = migrations.iter().map(|m| format!("{:04}_{}.sql", m.number, m.name)).collect();
            assert_eq!(files(engine), listed);
            assert!(migrations.iter().zip(1..).all(|(migration, number)| migration.number == number));
        }
        assert_eq!(files("sqlite"), files("postgres"));
    }

    /// What one engine made of the migrations: `table.column type` with `?` where NULL is allowed, and `index of table`.
    fn schema(store: &Store, columns: &'static str, indexes: &'static str) -> BTreeSet<String> {
        let read = move |tx: &mut crate::storage::Tx<'_>| {
            let mut found = tx.query(columns, &[], |row| {
                let kind = match row.text(2)? {
                    "INTEGER" | "bigint" => "integer",
                    "BLOB" | "bytea" => "bytes",
                    "TEXT" | "text" => "text",
                    _ => "another type",
                };
                let optional = if row.boolean(3)? { "?" } else { "" };
                Ok(format!("{}.{} {kind}{optional}", row.text(0)?, row.text(1)?))
            })?;
            found.extend(tx.query(indexes, &[], |row| Ok(format!("{} of {}", row.text(0)?, row.text(1)?)))?);
            Ok::<_, Error>(found.into_iter().collect())
        };
        store.read_blocking(read).unwrap()
    }

    #[test]
    fn both_engines_have_the_same_tables_columns_and_indexes() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(0));
        let here = schema(
            &Store::inline(SQLITE, Arc::clone(&clock)).unwrap(),
            "SELECT m.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_schema AS m \
             JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'",
            "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
        );
        let there = schema(
            &on_postgres::store(POSTGRES, &clock),
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'YES' \
             FROM information_schema.columns WHERE table_schema = 'public'",
            "SELECT CAST(indexname AS TEXT), CAST(tablename AS TEXT) FROM pg_indexes WHERE schemaname = 'public' \
             AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'",
        );
        assert!(here.len() > 100, "{here:?}");
        assert_eq!(here, there);
    }
}
