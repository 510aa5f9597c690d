//! Storage: closures run where the data is, and their answers come back once they are on disk.
//!
//! [`Store`] takes a unit of work as a closure over [`Tx`] and hands it to a thread that owns a connection. On `SQLite`
//! one writer thread runs many closures in one commit and answers all of them after the one fsync, so that durability
//! costs a share of an fsync and not a whole one. Statements are written once, in a subset of SQL that every engine
//! understands; an engine is one [`Engine`] over one [`Connection`], both of a few methods.
//!
//! [`Keys`] seals personal columns and makes keyed hashes; [`DataFolder`] keeps one process at a time on the files.

pub mod backup;
mod backup_cipher;
mod error;
mod folder;
mod ids;
mod job;
mod key_file;
mod migrate;
pub mod options;
mod pace;
mod postgres;
mod postgres_engine;
mod postgres_fault;
mod postgres_open;
pub mod postgres_transfer;
mod postgres_value;
mod queue;
mod sealed;
mod sqlite;
mod sqlite_checkpoint;
mod sqlite_engine;
mod sqlite_inline;
mod sqlite_open;
mod sqlite_reader;
mod sqlite_snapshot;
mod sqlite_sync;
mod sqlite_writer;
mod store;
mod tx;
mod value;

#[cfg(test)]
mod tests;

pub use backup_cipher::{Chance, CipherFault};
pub use error::{Error, OpenError, StatementFault};
pub use folder::{DataFolder, Files, FolderFault, bytes_free};
pub use ids::IdBlock;
pub use job::Job;
pub use migrate::{Migration, MigrationFault};
pub use options::Options;
pub use pace::beside_others;
pub use queue::BULK_EVERY_COMMITS;
pub use sealed::{Column, KeyFault, Keys, Purpose};
pub use sqlite_open::WAL_BYTES_MAX;
pub use sqlite_snapshot::{Examined, Stop, Tables};
pub use store::{Class, Engine, Store, Work};
pub use tx::{Connection, Rows, SAVEPOINTS_DEEP_MAX, Step, Tx};
pub use value::{Columns, Param, Row, Value};
