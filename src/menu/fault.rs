//! What is wrong with a bundle, told as a compiler tells it: where, what, and what to write instead.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write as _;

use super::source::Sources;

/// A place in one of the bundle's files, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Index of the file in [`Sources::files`].
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A value with the place where it was written.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: At,
}

/// One fault of a bundle, or a warning: something that works and will be regretted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable code (`E01`, `W02`, ...): see `docs/menus.md`.
    pub code: &'static str,
    /// Where.
    pub at: At,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub fix: Option<String>,
}

impl Fault {
    /// A fault at `at`.
    pub fn new(code: &'static str, at: At, what: impl Into<String>) -> Self {
        Self { code, at, what: what.into(), fix: None }
    }

    /// Whether it only warns.
    pub fn warns(&self) -> bool {
        self.code.starts_with('W')
    }

    /// Whether a whole file could not be read: names that stand in it are unknown then.
    pub fn hides_a_file(&self) -> bool {
        self.code == "E00"
    }

    /// Whether it leaves a way unknown: the graph cannot be proven then.
    pub fn unbinds(&self) -> bool {
        matches!(self.code, "E01" | "E03" | "E12")
    }

    /// The same with a way to mend it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// Every fault of a bundle, with the lines that they stand on.
#[derive(Debug)]
pub struct Report {
    faults: Vec<Fault>,
    files: Vec<(String, String)>,
}

/// One fault as a machine reads it.
#[derive(Debug, serde::Serialize)]
pub struct FaultRecord<'a> {
    /// `error`, or `warning`.
    pub level: &'static str,
    /// Stable code.
    pub code: &'a str,
    /// Path inside the bundle.
    pub file: &'a str,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: &'a str,
    /// What to write instead.
    pub fix: Option<&'a str>,
}

impl Report {
    /// Sorts the faults by place and drops repeats.
    pub fn new(sources: &Sources, faults: Vec<Fault>) -> Self {
        let files = sources.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
        let mut report = Self { faults, files };
        report.sort();
        report
    }

    /// Whether nothing in it keeps the bundle from being served.
    pub fn only_warns(&self) -> bool {
        self.faults.iter().all(Fault::warns)
    }

    /// Adds what was found later.
    pub fn add(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults);
        self.sort();
    }

    fn sort(&mut self) {
        self.faults.sort_by(|a, b| (a.at, a.code, &a.what).cmp(&(b.at, b.code, &b.what)));
        self.faults.dedup();
    }

    /// The faults, by place.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The faults with line and column, for a machine.
    pub fn records(&self) -> Vec<FaultRecord<'_>> {
        self.faults
            .iter()
            .map(|fault| {
                let (file, text) =
                    self.files.get(fault.at.file).map_or(("", ""), |(path, text)| (path.as_str(), text.as_str()));
                let before = text.get(..fault.at.start).unwrap_or(text);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                let level = if fault.warns() { "warning" } else { "error" };
                FaultRecord {
                    level,
                    code: fault.code,
                    file,
                    line,
                    column,
                    what: &fault.what,
                    fix: fault.fix.as_deref(),
                }
            })
            .collect()
    }

    /// The report as a person reads it, plain text.
    pub fn render(&self) -> String {
        let renderer = Renderer::plain().decor_style(DecorStyle::Ascii);
        let mut out = String::new();
        for fault in &self.faults {
            let level = if fault.warns() { Level::WARNING } else { Level::ERROR };
            let title = level.primary_title(fault.what.as_str()).id(fault.code);
            let mut groups = vec![match self.files.get(fault.at.file) {
                Some((path, text)) => {
                    let start = fault.at.start.min(text.len());
                    let span = start..fault.at.end.clamp(start, text.len());
                    let snippet = Snippet::source(text.as_str()).path(path.as_str());
                    Group::with_title(title).element(snippet.annotation(AnnotationKind::Primary.span(span)))
                }
                // A file that is not there has no line to show.
                None => Group::with_title(title),
            }];
            if let Some(fix) = &fault.fix {
                groups.push(Group::with_title(Level::HELP.secondary_title(fix.as_str())));
            }
            out.push_str(&renderer.render(&groups));
            out.push_str("\n\n");
        }
        let warnings = self.faults.iter().filter(|fault| fault.warns()).count();
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        out.push_str(&count(self.faults.len() - warnings, "fault"));
        if warnings > 0 {
            let _ = write!(out, ", {}", count(warnings, "warning"));
        }
        out + " found\n"
    }
}

/// The name among `known` that `written` most likely meant.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|name| (edits(written, name), name))
        .filter(|(edits, name)| *edits <= 2 && *edits < name.chars().count())
        .min()
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

/// Single-character edits between two short names (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (pair, to) in row.windows(2).zip(&b) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(from != *to)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(did_you_mean("txet", ["text", "row"]).as_deref(), Some("did you mean `text`?"));
        assert_eq!(did_you_mean("zebra", ["text", "row"]), None);
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
