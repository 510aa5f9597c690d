//! What is wrong with a country pack, by file and line: all of it in one run.

use std::fmt;

/// One thing that is wrong in one row of a country pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as a path that the reader can open.
    pub file: String,
    /// Line from 1; 0 when the fault is of the whole file.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.what),
            line => write!(out, "{}:{line}: {}", self.file, self.what),
        }
    }
}

impl std::error::Error for Fault {}

/// Collects faults while a pack is read.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, file: &str, line: usize, what: impl Into<String>) {
        self.0.push(Fault { file: file.to_owned(), line, what: what.into() });
    }

    /// The value when nothing was wrong, else every fault in the order of files and lines.
    pub(super) fn or<T>(mut self, value: Option<T>) -> Result<T, Vec<Fault>> {
        self.0.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}
