//! What every check says, word for word: `tests/fixtures/menus` has a good bundle and a file for each way to spoil it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kaziline::actions::Host;
use kaziline::app::demo_host;
use kaziline::bundles::desk::prove;
use kaziline::menu::Sources;

use crate::support::repository;

/// The files of a bundle by their paths in it.
type Files = BTreeMap<String, String>;

/// What a folder cannot show: a stale translation is told by a lock beside the bundle.
const NOT_HERE: &str = "W05";

/// One way to spoil the bundle.
struct Case {
    /// The name of its file, which begins with the code.
    name: String,
    /// Whether the good bundle is served when this one follows.
    follows: bool,
    changes: Vec<Change>,
    /// The whole report, a line for each fault.
    expected: Vec<String>,
}

/// What is changed in one file of the bundle.
struct Change {
    path: String,
    is_removed: bool,
    edits: Vec<Edit>,
}

/// A text that stands there once, and what stands there instead. Without the first it is added at the end.
#[derive(Default)]
struct Edit {
    old: Vec<String>,
    new: Vec<String>,
}

fn fixtures() -> PathBuf {
    repository().join("tests/fixtures/menus")
}

fn good() -> Files {
    let folder = fixtures().join("base");
    let mut files = Files::new();
    for part in ["", "flows/", "text/"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                let path = format!("{part}{}", entry.file_name().to_str().unwrap());
                files.insert(path, std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    files
}

fn cases() -> Vec<Case> {
    let paths = std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|name| name == "txt")).collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let (head, parts) = text.split_once("\n== ").unwrap_or_else(|| panic!("{name}: no `== `"));
    assert!(head.lines().all(|line| line.starts_with("# ")), "{name} does not begin with what it shows");
    let mut case =
        Case { follows: head.starts_with("# after: base\n"), name, changes: Vec::new(), expected: Vec::new() };
    for part in parts.split("\n== ") {
        let (title, body) = part.split_once('\n').unwrap_or((part, ""));
        if title == "expected" {
            case.expected = body.lines().map(str::to_owned).collect();
            continue;
        }
        let (path, is_removed) = title.strip_suffix(" (removed)").map_or((title, false), |path| (path, true));
        let edits = edits(body, &case.name);
        assert_eq!(is_removed, edits.is_empty(), "{}: {path} is changed or removed", case.name);
        case.changes.push(Change { path: path.to_owned(), is_removed, edits });
    }
    case
}

/// Lines behind `-` and then lines behind `+`; an empty line ends what belongs together.
fn edits(body: &str, name: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut is_open = false;
    for line in body.lines() {
        if line.is_empty() {
            is_open = false;
            continue;
        }
        let is_old = line.starts_with('-');
        let written = line.strip_prefix(if is_old { '-' } else { '+' }).unwrap_or_else(|| panic!("{name}: {line}"));
        let written = written.strip_prefix(' ').unwrap_or(written).to_owned();
        if !is_open || (is_old && edits.last().is_some_and(|edit| !edit.new.is_empty())) {
            edits.push(Edit::default());
            is_open = true;
        }
        let edit = edits.last_mut().unwrap();
        if is_old { edit.old.push(written) } else { edit.new.push(written) }
    }
    edits
}

/// The bundle with the changes of a case.
fn spoiled(case: &Case, mut files: Files) -> Files {
    for Change { path, is_removed, edits } in &case.changes {
        if *is_removed {
            assert!(files.remove(path).is_some(), "{}: there is no {path}", case.name);
        }
        for edit in edits {
            let (old, new) = (edit.old.join("\n"), edit.new.join("\n"));
            let text = files.entry(path.clone()).or_default();
            if old.is_empty() {
                *text += &(new + "\n");
                continue;
            }
            assert_eq!(text.matches(&old).count(), 1, "{}: times that {path} has: {old}", case.name);
            *text = text.replacen(&old, &new, 1);
        }
    }
    files
}

/// The report on a bundle, a line for each fault and warning.
fn told(files: Files, host: &Host, before: Option<&Sources>) -> Vec<String> {
    let examined = prove(&Sources::new(files), host, before);
    let line = |fault: &kaziline::menu::fault::FaultRecord<'_>| {
        let fix = fault.fix.map_or(String::new(), |fix| format!(" | {fix}"));
        format!("{} {}:{}:{} {}{fix}", fault.code, fault.file, fault.line, fault.column, fault.what)
    };
    examined.report.records().iter().map(line).collect()
}

#[test]
fn the_good_bundle_has_no_fault_and_no_warning() {
    let none: Vec<String> = Vec::new();
    let host = demo_host().unwrap();
    assert_eq!(told(good(), &host, None), none);
    assert_eq!(told(good(), &host, Some(&Sources::new(good()))), none);
}

#[test]
fn each_way_to_spoil_it_is_told_as_its_file_says() {
    let (host, base) = (demo_host().unwrap(), Sources::new(good()));
    let cases = cases();
    assert!(cases.len() > 100, "{}", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let code = case.name.split('-').next().unwrap();
        let is_told = case.expected.iter().any(|line| line.starts_with(&format!("{code} ")));
        assert!(is_told, "{} does not expect what it is named after", case.name);
        let found = told(spoiled(case, good()), &host, case.follows.then_some(&base));
        if found != case.expected {
            let (expected, found) = (case.expected.join("\n"), found.join("\n"));
            writeln!(wrong, "{}: expected\n{expected}\nand found\n{found}\n", case.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_check_of_the_page_has_a_case_and_every_case_stands_on_the_page() {
    let page = std::fs::read_to_string(repository().join("docs/menus.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| E") || line.starts_with("| W"));
    let codes = rows.filter_map(|row| row.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()));
    let page: BTreeSet<&str> = codes.filter(|code| is_code(code) && *code != NOT_HERE).collect();
    let cases = cases();
    let told: BTreeSet<&str> = cases.iter().filter_map(|case| case.name.split('-').next()).collect();
    assert_eq!(page, told);
}

/// A letter and two digits.
fn is_code(word: &str) -> bool {
    word.len() == 3 && word.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}
