//! The menu language: screens as data that are proven before a caller meets them.
//!
//! A bundle is a folder of TOML files: `bundle.toml`, `flows/*.toml` (what leads where) and `text/<language>.toml` (the
//! words). [`read`] reads them with the place of every word, [`compile`] binds names to the host's [`manifest`] and
//! lays the states out as a graph ([`graph`]), [`check`] proves the graph, [`width`] proves that every screen fits. All
//! faults of a bundle are found in one run ([`fault`]).
//!
//! Nothing here knows of jobs, phones, clocks or databases: actions, queries and coded types are the host's.

pub mod advice;
pub mod answer;
pub mod check;
pub mod compile;
pub mod coverage;
pub mod diff;
pub mod drawing;
pub mod effort;
pub mod engine_text;
pub mod fault;
pub mod graph;
pub mod limits;
pub mod lock;
pub mod manifest;
pub mod pack;
pub mod promises;
pub mod read;
pub mod schema;
pub mod sheet;
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
pub use source::{Sources, Written};

/// Reads, compiles and proves a bundle: the bundle, or every fault that was found in it.
pub fn build(sources: &Sources, manifest: &Manifest, labels: &dyn Labels) -> Result<Arc<Bundle>, Report> {
    let Examined { bundle, report, .. } = examine(sources, manifest, labels);
    bundle.ok_or(report)
}

/// What an examination found.
#[derive(Debug)]
pub struct Examined {
    /// The bundle, unless something keeps it from being served.
    pub bundle: Option<Arc<Bundle>>,
    /// The bundle as written.
    pub written: Written,
    /// Faults, and warnings.
    pub report: Report,
}

/// Reads, compiles and proves a bundle; what works and will be regretted is told as well.
pub fn examine(sources: &Sources, manifest: &Manifest, labels: &dyn Labels) -> Examined {
    let mut faults = Vec::new();
    let written = read::read(sources, &mut faults);
    if faults.iter().any(Fault::hides_a_file) {
        // Every name in a file that cannot be read would be a fault of its own.
        return Examined { bundle: None, written, report: Report::new(sources, faults) };
    }
    let mut bundle = compile::compile(&written, sources, manifest, &mut faults);
    if !faults.iter().any(Fault::unbinds) {
        check::check(&mut bundle, &written, manifest, &mut faults);
    }
    width::check(&bundle, &written, manifest, labels, &mut faults);
    promises::check(&bundle, &written, &mut faults);
    if !faults.is_empty() {
        return Examined { bundle: None, written, report: Report::new(sources, faults) };
    }
    advice::advise(&bundle, &written, manifest, labels, &mut faults);
    Examined { bundle: Some(Arc::new(bundle)), written, report: Report::new(sources, faults) }
}
