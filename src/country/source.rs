//! Where the files of a country pack come from: the binary itself or a folder; and the reading of their rows.

use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::fault::Faults;

/// The files of a pack, by name. Trades are shared by all countries and lie beside the packs.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Compiled in: (path as shown in faults, content).
    Embedded(&'static [(&'static str, &'static str)]),
    /// A folder that is read now.
    Folder(PathBuf),
}

/// Rwanda's pack as compiled in.
const RWANDA: &[(&str, &str)] = &[
    ("countries/rw/pack.toml", include_str!("../../countries/rw/pack.toml")),
    ("countries/rw/operators.csv", include_str!("../../countries/rw/operators.csv")),
    ("countries/rw/provinces.csv", include_str!("../../countries/rw/provinces.csv")),
    ("countries/rw/districts.csv", include_str!("../../countries/rw/districts.csv")),
    ("countries/rw/sectors.csv", include_str!("../../countries/rw/sectors.csv")),
    ("countries/rw/cells.csv", include_str!("../../countries/rw/cells.csv")),
    ("countries/rw/villages.csv", include_str!("../../countries/rw/villages.csv")),
    ("countries/trades.csv", include_str!("../../countries/trades.csv")),
    ("countries/trade_categories.csv", include_str!("../../countries/trade_categories.csv")),
    ("countries/quiz/11.toml", include_str!("../../countries/quiz/11.toml")),
    ("countries/quiz/13.toml", include_str!("../../countries/quiz/13.toml")),
    ("countries/quiz/14.toml", include_str!("../../countries/quiz/14.toml")),
    ("countries/quiz/15.toml", include_str!("../../countries/quiz/15.toml")),
    ("countries/quiz/16.toml", include_str!("../../countries/quiz/16.toml")),
    ("countries/quiz/21.toml", include_str!("../../countries/quiz/21.toml")),
    ("countries/quiz/31.toml", include_str!("../../countries/quiz/31.toml")),
    ("countries/quiz/41.toml", include_str!("../../countries/quiz/41.toml")),
    ("countries/quiz/51.toml", include_str!("../../countries/quiz/51.toml")),
    ("countries/quiz/64.toml", include_str!("../../countries/quiz/64.toml")),
    ("countries/quiz/71.toml", include_str!("../../countries/quiz/71.toml")),
    ("countries/quiz/73.toml", include_str!("../../countries/quiz/73.toml")),
];

/// One file: how faults call it, and its text.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

/// Where quizzes lie: beside the packs, as trades do.
const QUIZZES: &str = "quiz";

impl Source {
    /// Every quiz: one file a trade. None is no fault.
    pub(super) fn quizzes(&self, faults: &mut Faults) -> Vec<File> {
        match self {
            Source::Embedded(files) => {
                let quizzes = files.iter().filter(|(path, _)| path.rsplit('/').nth(1) == Some(QUIZZES));
                quizzes.map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
            }
            Source::Folder(folder) => {
                let (own, shared) = (folder.join(QUIZZES), folder.join("..").join(QUIZZES));
                let from = if own.is_dir() { own } else { shared };
                let Ok(entries) = std::fs::read_dir(from) else { return Vec::new() };
                let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
                paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
                paths.sort();
                paths.iter().filter_map(|path| read_file(path, faults)).collect()
            }
        }
    }

    /// The pack compiled in for a country code.
    pub(super) fn embedded(code: &str) -> Option<Source> {
        code.eq_ignore_ascii_case("rw").then_some(Source::Embedded(RWANDA))
    }

    /// Reads one file; a missing or undecodable one is a fault. In a folder, a file that lies beside it is taken when
    /// the pack has no copy of its own.
    pub(super) fn read(&self, name: &str, faults: &mut Faults) -> Option<File> {
        match self {
            Source::Embedded(files) => {
                let found = files.iter().find(|(path, _)| path.rsplit('/').next() == Some(name));
                if found.is_none() {
                    faults.add(name, 0, "is not compiled in");
                }
                found.map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() })
            }
            Source::Folder(folder) => {
                let own = folder.join(name);
                let shared = folder.join("..").join(name);
                let path = if own.exists() || !shared.exists() { own } else { shared };
                read_file(&path, faults)
            }
        }
    }
}

fn read_file(path: &Path, faults: &mut Faults) -> Option<File> {
    let shown = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            faults.add(&shown, 0, format!("cannot be read: {error}"));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(File { path: shown, text }),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count();
            faults.add(&shown, line, "is not UTF-8: save the file as UTF-8");
            None
        }
    }
}

/// One row of a table, with its place.
#[derive(Debug)]
pub(super) struct Row<'t> {
    pub(super) file: &'t str,
    pub(super) line: usize,
    record: &'t StringRecord,
}

impl Row<'_> {
    /// The field of a column, without spaces around it.
    pub(super) fn field(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// A fault in this row.
    pub(super) fn fault(&self, faults: &mut Faults, what: impl Into<String>) {
        faults.add(self.file, self.line, what);
    }
}

impl File {
    /// Hands over every row that has all columns; others, and a heading that is not `columns`, are faults.
    pub(super) fn each_row(&self, columns: &[&str], faults: &mut Faults, mut row: impl FnMut(&Row<'_>, &mut Faults)) {
        let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(self.text.as_bytes());
        match reader.headers() {
            Ok(heading) if heading.iter().map(str::trim).eq(columns.iter().copied()) => {}
            Ok(_) => return faults.add(&self.path, 1, format!("the heading must be `{}`", columns.join(","))),
            Err(error) => return faults.add(&self.path, 1, format!("is not CSV: {error}")),
        }
        let mut record = StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => return,
                Err(error) => return faults.add(&self.path, 0, format!("is not CSV: {error}")),
                Ok(true) => {}
            }
            let line = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
            if record.len() == columns.len() {
                row(&Row { file: &self.path, line, record: &record }, faults);
            } else {
                let (found, wanted) = (record.len(), columns.len());
                faults.add(
                    &self.path,
                    line,
                    format!("has {found} fields instead of {wanted}: `{}`", columns.join(",")),
                );
            }
        }
    }
}
