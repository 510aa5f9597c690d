//! The menu language: screens as data that are proven before a caller meets them.
//!
//! A bundle is a folder of TOML files: `bundle.toml`, `flows/*.toml` (what leads where) and `text/<language>.toml` (the
//! words). [`read`] reads them with the place of every word, [`compile`] binds names to the host's [`manifest`] and
//! lays the states out as a graph ([`graph`]), [`check`] proves the graph, [`width`] proves that every screen fits. All
//! faults of a bundle are found in one run ([`fault`]).
//!
//! Nothing here knows of jobs, phones, clocks or databases: actions, queries and coded types are the host's.

pub mod answer;
pub mod check;
pub mod compile;
pub mod fault;
pub mod graph;
pub mod manifest;
pub mod read;
pub mod source;
pub mod template;
pub mod toml_table;
pub mod transcript;
pub mod width;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub use fault::{Fault, Report};
pub use graph::{AnswerId, Bundle, StateId};
pub use manifest::{Field, FieldType, Labels, Manifest, MessageKind, Operation, Role, Value};
pub use source::Sources;

/// Reads, compiles and proves a bundle: the bundle, or every fault that was found in it.
pub fn build(sources: &Sources, manifest: &Manifest, labels: &dyn Labels) -> Result<Arc<Bundle>, Report> {
    let mut faults = Vec::new();
    let written = read::read(sources, &mut faults);
    if faults.iter().any(Fault::hides_a_file) {
        // Every name in a file that cannot be read would be a fault of its own.
        return Err(Report::new(sources, faults));
    }
    let mut bundle = compile::compile(&written, sources, manifest, &mut faults);
    if !faults.iter().any(Fault::unbinds) {
        check::check(&mut bundle, &written, manifest, &mut faults);
    }
    width::check(&bundle, &written, manifest, labels, &mut faults);
    if faults.is_empty() { Ok(Arc::new(bundle)) } else { Err(Report::new(sources, faults)) }
}
