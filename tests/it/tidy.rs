//! The rules of the house that a compiler does not know: who may import whom, what a statement may say, how files are
//! made. `ARCHITECTURE.md` tells them; this holds them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kaziline::migrations;

use crate::support::cluster::shared;
use crate::support::repository;

/// Lines of a file under `src`, tests at its end left out.
const LINES_MAX: usize = 400;

/// Who may import whom, by the first part of a path under `crate::`. What everybody may use stands in `EVERYBODY`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("country", &["text"]),
    ("menu", &["text"]),
    ("session", &["menu", "text"]),
    ("gateway", &["text"]),
    ("storage", &["clock"]),
    ("clock", &["storage"]),
    ("outbox", &["country", "storage", "text", "clock", "gateway"]),
    ("market", &["country", "text", "outbox", "storage"]),
    ("actions", &["market", "outbox", "country", "menu", "session", "storage", "text"]),
    ("bundles", &["actions", "menu", "session", "storage", "clock"]),
    (
        "hop",
        &[
            "session", "menu", "actions", "storage", "bundles", "country", "gateway", "market", "outbox", "text",
            "clock",
        ],
    ),
    ("transport", &["gateway", "clock"]),
    ("delivery", &["outbox", "gateway", "transport", "storage", "clock", "text"]),
    ("worker", &["delivery", "outbox", "storage", "text"]),
    (
        "intake",
        &[
            "actions",
            "bundles",
            "clock",
            "country",
            "delivery",
            "gateway",
            "market",
            "menu",
            "outbox",
            "storage",
            "transport",
        ],
    ),
    ("housekeeping", &["actions", "hop", "storage", "clock", "gateway", "market", "outbox", "text"]),
    ("telemetry", &[]),
    ("on_postgres", &["storage", "clock"]),
    ("embedded", &["menu"]),
    ("migrations", &["storage"]),
    ("doctor", &["clock", "migrations", "outbox", "storage"]),
    ("config", &["gateway", "market", "storage", "menu", "outbox", "transport"]),
    (
        "web",
        &[
            "delivery",
            "hop",
            "market",
            "outbox",
            "gateway",
            "housekeeping",
            "storage",
            "actions",
            "bundles",
            "clock",
            "country",
            "doctor",
            "menu",
            "telemetry",
            "text",
            "transport",
        ],
    ),
    (
        "app",
        &[
            "web",
            "worker",
            "intake",
            "hop",
            "bundles",
            "actions",
            "clock",
            "config",
            "country",
            "delivery",
            "embedded",
            "gateway",
            "housekeeping",
            "market",
            "menu",
            "migrations",
            "outbox",
            "storage",
            "transport",
        ],
    ),
    (
        "phone",
        &[
            "actions",
            "app",
            "clock",
            "country",
            "delivery",
            "gateway",
            "hop",
            "menu",
            "session",
            "storage",
            "text",
            "transport",
            "worker",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "actions",
            "bundles",
            "clock",
            "config",
            "doctor",
            "gateway",
            "housekeeping",
            "market",
            "menu",
            "migrations",
            "phone",
            "storage",
            "telemetry",
            "text",
            "transport",
            "web",
        ],
    ),
];

/// Modules that know no clock, socket, async or log.
const PURE: &[&str] = &["text", "country", "menu", "session", "gateway", "market"];
const NOT_PURE: &[&str] = &["tokio::", "tracing::", "async fn", ".await", "std::net::", "std::time::", "reqwest::"];

const NAMES_OF_NOTHING: &[&str] = &["utils", "util", "helper", "helpers", "manager", "common", "misc"];

/// One source file.
struct Source {
    /// Path under `src`, with `/`.
    path: String,
    /// The whole text.
    text: String,
}

impl Source {
    /// The module under `crate::` that it belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Whether it is compiled for tests alone.
    fn is_test(&self) -> bool {
        let name = Path::new(&self.path).file_stem().unwrap().to_str().unwrap();
        let folders: Vec<&str> = self.path.split('/').collect();
        name == "tests"
            || name.ends_with("_tests")
            || folders.contains(&"tests")
            || ["rig", "walk", "fixture", "fixtures"].contains(&name)
    }

    /// Everything before the tests at the end of the file.
    fn code(&self) -> &str {
        if self.is_test() {
            return "";
        }
        let tests = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        &self.text[..tests]
    }

    /// The code without its comments.
    fn statements(&self) -> String {
        let lines = self.code().lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn sources() -> Vec<Source> {
    let root = repository().join("src");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(&path).unwrap(),
    };
    paths.into_iter().map(source).collect()
}

/// Fails with all of what was found, a line each.
fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// The modules that a piece of code names under `crate::`, also in `use crate::{a, b::c}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            None => {
                found.insert(name(rest));
            }
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (index, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && c.is_alphanumeric() => {
                            found.insert(name(&group[index..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

#[test]
fn imports_are_read_in_every_way_they_are_written() {
    let code = "use crate::a::B;\nuse crate::{b, c::{D, E},\n f as g};\nlet x = crate::h::i(); mycrate::j();";
    assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), ["a", "b", "c", "f", "h"]);
}

#[test]
fn nobody_imports_upwards() {
    let mut found = Vec::new();
    for source in sources() {
        let module = source.module();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            found.push(format!("{}: a new module: say in this test what it may import", source.path));
            continue;
        };
        for import in imports(&source.statements()) {
            let is_module = MAY_IMPORT.iter().any(|(name, _)| *name == import);
            if is_module && import != module && !allowed.contains(&import.as_str()) {
                found.push(format!("{}: {module} may not import {import}", source.path));
            }
        }
    }
    none(&found, "who may import whom");
}

#[test]
fn the_core_is_pure() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.module())) {
        let code = source.statements();
        found.extend(
            NOT_PURE.iter().filter(|word| code.contains(**word)).map(|word| format!("{}: {word}", source.path)),
        );
    }
    none(&found, "no clock, socket, async or log here");
}

#[test]
fn libraries_for_one_file_stay_in_it() {
    let only = [
        ("rusqlite", &["storage/sqlite"][..]),
        ("reqwest", &["transport"]),
        ("lettre", &["gateway/email", "transport/smtp"]),
        ("anyhow", &["cli/"]),
        ("clap", &["cli/"]),
        ("std::env::var", &["config.rs"]),
        ("SystemTime::now", &["clock.rs"]),
        ("Instant::now", &["clock.rs"]),
        ("axum", &["web/", "cli/desk.rs"]),
        ("rustix", &["storage/folder.rs", "storage/pace.rs"]),
    ];
    let mut found = Vec::new();
    for source in sources() {
        let code = source.statements();
        for (library, homes) in only {
            if code.contains(library) && !homes.iter().any(|home| source.path.starts_with(home)) {
                found.push(format!("{}: {library} belongs in {}", source.path, homes.join(", ")));
            }
        }
    }
    none(&found, "a library in one place");
}

#[test]
fn files_have_a_purpose_a_name_and_a_size() {
    let mut found = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//!") {
            found.push(format!("{}: does not open with `//!`", source.path));
        }
        let lines = source.code().lines().count();
        if lines > LINES_MAX {
            found.push(format!("{}: {lines} lines, at most {LINES_MAX}: look for the seam", source.path));
        }
        for part in source.path.trim_end_matches(".rs").split('/') {
            if NAMES_OF_NOTHING.contains(&part) {
                found.push(format!("{}: `{part}` names nothing", source.path));
            }
        }
    }
    none(&found, "files");
}

/// String literals of a file, raw or not, joined over line breaks as the compiler joins them.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find('"') {
        // A character literal of a quote is no string.
        if rest[..at].ends_with('\'') && rest[at..].starts_with("\"'") {
            rest = &rest[at + 2..];
            continue;
        }
        let mut text = String::new();
        let mut end = rest.len();
        let mut escaped = false;
        for (index, c) in rest[at + 1..].char_indices() {
            match c {
                _ if escaped => {
                    text.push(if c == '\n' { ' ' } else { c });
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    end = at + 1 + index + 1;
                    break;
                }
                c => text.push(c),
            }
        }
        found.push(text);
        rest = &rest[end..];
    }
    found
}

const STATEMENTS: [&str; 6] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "REPLACE "];

/// What no statement may say: the engines differ there, or an engine that is spread over machines has none of it.
const BANNED: &[&str] = &[
    "now()",
    "CURRENT_TIMESTAMP",
    "CURRENT_DATE",
    "datetime(",
    "strftime(",
    "random()",
    " LIKE ",
    " ILIKE ",
    " GLOB ",
    "INSERT OR ",
    "REPLACE INTO",
    "->",
    "json_",
    "jsonb",
    "ARRAY[",
    "ANY(",
    "nextval",
    "AUTOINCREMENT",
    "SERIAL",
    "LISTEN ",
    "NOTIFY ",
    "pg_",
    "rowid",
    "GROUP_CONCAT",
    "IFNULL(",
    "::",
    "NULLS ",
    "SELECT *",
];

/// The statements of the program outside the engines' own files, each with the file that it stands in.
pub(crate) fn statements() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for source in sources() {
        // The engine's own files may speak to their engine.
        if source.path.starts_with("storage/sqlite") || source.path.starts_with("storage/postgres") {
            continue;
        }
        for text in literals(&source.statements()) {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if STATEMENTS.iter().any(|begin| text.starts_with(begin)) && !text.contains('{') {
                found.push((source.path.clone(), text));
            }
        }
    }
    found
}

/// What the searches are put together from by a macro: `market/jobs.rs` and `market/candidate.rs` run them on both engines in its tests.
const PIECES: &[&str] = &["SELECT * FROM (SELECT id, area_code", "SELECT * FROM (SELECT person_id, spread"];

#[test]
fn every_statement_can_be_prepared_on_both_engines() {
    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    let database = "prepared";
    shared().create_database(database);
    for (here, there) in migrations::SQLITE.iter().zip(migrations::POSTGRES) {
        sqlite.execute_batch(here.sql).unwrap();
        shared().psql(database, there.sql);
    }
    let own = "CREATE TABLE store_key (key_id BIGINT PRIMARY KEY, check_value BYTEA NOT NULL);
        CREATE TABLE schema_migration (
          number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 BYTEA NOT NULL, applied_ms BIGINT NOT NULL)";
    sqlite.execute_batch(own).unwrap();
    shared().psql(database, own);
    let statements = statements();
    assert!(statements.len() > 80, "{}", statements.len());
    let mut all = String::new();
    let whole = statements.iter().filter(|(_, sql)| !PIECES.iter().any(|piece| sql.starts_with(piece)));
    for (at, (path, sql)) in whole.enumerate() {
        let prepared = sqlite.prepare(sql);
        assert!(prepared.is_ok(), "{path}: {sql}: {:?}", prepared.err());
        writeln!(all, "PREPARE s{at} AS {sql};").unwrap();
    }
    // Fails at the first that it does not take, and says which.
    shared().psql(database, &all);
}

/// Statements that go through a whole table: where it is, which table, and why it may.
const SCANS: &[(&str, &str, &str)] = &[
    ("bundles/log.rs", "menu_event", "a few a day; whoever reads the log reads all of it"),
    ("bundles/log.rs", "session", "which menus are still in use, asked when others are published"),
    ("hop/explain.rs", "session", "an operator asks for one number, on a reader"),
    ("hop/figures.rs", "screen_stat_mark", "one row"),
    ("housekeeping/told.rs", "told", "one row an alarm"),
    ("market/agent.rs", "agent", "operators list all of them"),
    ("market/day.rs", "worker", "once a day, on a reader"),
    ("market/employer.rs", "token", "never run: of use only where a reference is broken already"),
    ("market/merge/carry.rs", "agent", "an operator joins two, and agents are few"),
    ("market/merge/carry.rs", "token", "an operator joins two, and tokens are few"),
    ("market/number_move.rs", "number_move", "the few that move just now"),
    ("market/post_day.rs", "vacancy_day", "one row an employer that posted today, swept once a day"),
    ("market/quarantine.rs", "vacancy_alert_stop", "the next of a queue, which is short"),
    ("market/token.rs", "token", "operators list them, the newest first"),
    ("outbox/list.rs", "outbox", "an operator counts everything, on a reader"),
    ("outbox/hold.rs", "outbox_hold", "one row"),
    ("outbox/pause.rs", "channel_pause", "one row a channel"),
];

/// A partial index is used only where the statement repeats its condition, in so many words. Who forgets it has a statement
/// that works, and is the slower the more people are served.
#[test]
fn statements_find_what_they_want_by_an_index() {
    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    for migration in migrations::SQLITE {
        sqlite.execute_batch(migration.sql).unwrap();
    }
    let is_table = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = $1";
    let (mut found, mut allowed) = (Vec::new(), BTreeSet::new());
    for (path, sql) in statements() {
        // The tables of the engines themselves, and pieces that are tried where they are put together.
        let Ok(mut plan) = sqlite.prepare(&format!("EXPLAIN QUERY PLAN {sql}")) else { continue };
        let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
        let steps: Vec<String> =
            plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).and_then(Iterator::collect).unwrap();
        for table in steps.iter().filter_map(|step| step.strip_prefix("SCAN ")) {
            let is_whole = sqlite.query_row(is_table, [table], |row| row.get::<_, i64>(0)).unwrap() > 0;
            match SCANS.iter().position(|(file, scanned, _)| path == *file && table == *scanned) {
                Some(at) => drop(allowed.insert(at)),
                None if is_whole => found.push(format!("{path}: goes through all of `{table}`: {sql}")),
                None => {}
            }
        }
    }
    none(&found, "statements");
    assert_eq!(allowed.len(), SCANS.len(), "what may go through a table and does not: take it off the list");
}

#[test]
fn statements_keep_to_what_every_engine_knows() {
    let mut found = Vec::new();
    for (path, text) in statements() {
        // All columns of a subquery are those that it names.
        let upper = text.to_uppercase().replace("SELECT * FROM (", "SELECT FROM (");
        for banned in BANNED {
            if upper.contains(&banned.to_uppercase()) {
                found.push(format!("{}: `{}` in: {text}", path, banned.trim()));
            }
        }
        if upper.contains("SUM(") && !upper.contains("CAST(") {
            found.push(format!("{path}: write CAST(SUM(x) AS BIGINT): {text}"));
        }
        if text.contains('?') {
            found.push(format!("{path}: write $1, $2: {text}"));
        }
    }
    none(&found, "statements");
}

#[test]
fn literals_are_found_as_the_compiler_joins_them() {
    let code = "let a = \"SELECT x \\\n  FROM y\"; let q = '\"'; let b = \"a \\\" b\";";
    let found: Vec<String> =
        literals(code).iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(found, ["SELECT x FROM y", "a \" b"]);
}

#[test]
fn statements_are_never_put_together() {
    let mut found = Vec::new();
    for source in sources() {
        for (number, line) in source.statements().lines().enumerate() {
            let makes = ["format!(\"SELECT", "format!(\"INSERT", "format!(\"UPDATE", "format!(\"DELETE"];
            if makes.iter().any(|make| line.contains(make)) {
                found.push(format!("{}: near line {}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    none(&found, "a statement is one literal");
}

#[test]
fn migrations_are_numbered_and_strict() {
    let mut paths = Vec::new();
    files(&repository().join("migrations/sqlite"), &mut paths);
    paths.sort();
    let mut found = Vec::new();
    for (path, number) in paths.iter().zip(1..) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with(&format!("{number:04}_")) {
            found.push(format!("{name}: number {number:04} is wanted here"));
        }
        let text = std::fs::read_to_string(path).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let code = code.join("\n");
        let (tables, strict) = (code.matches("CREATE TABLE").count(), code.matches("STRICT").count());
        if tables != strict {
            found.push(format!("{name}: {tables} tables, {strict} of them STRICT"));
        }
        let banned = ["AUTOINCREMENT", "CURRENT_TIMESTAMP", "TRIGGER", "REAL"];
        found.extend(banned.iter().filter(|word| code.contains(**word)).map(|word| format!("{name}: {word}")));
    }
    none(&found, "migrations");
}

#[test]
fn fixtures_are_replayed_and_data_is_read() {
    let code: String = sources().into_iter().map(|source| source.text).collect();
    let mut found = Vec::new();
    // A dialect's fixtures are replayed by the folder.
    for entry in std::fs::read_dir(repository().join("tests/fixtures")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && !code.contains(&format!("\"{name}\"")) {
            found.push(format!("tests/fixtures/{name} is replayed by nothing"));
        }
    }
    let mut data = Vec::new();
    files(&repository().join("countries"), &mut data);
    files(&repository().join("simulator"), &mut data);
    data.retain(|path| path.extension().is_none_or(|extension| extension != "md"));
    for path in data {
        let name = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
        if !code.contains(&name) {
            found.push(format!("{name} is compiled into nothing"));
        }
    }
    none(&found, "files that nobody reads");
}

#[test]
fn documents_name_commands_that_there_are() {
    let folder = crate::support::Folder::new();
    let mut documents = Vec::new();
    files(&repository().join("docs"), &mut documents);
    documents.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| repository().join(name)));
    let mut said = BTreeSet::new();
    for document in documents.iter().filter(|path| path.extension().is_some_and(|e| e == "md") && path.exists()) {
        let text = std::fs::read_to_string(document).unwrap();
        for after in text.match_indices("kaziline ").map(|(at, word)| &text[at + word.len()..]) {
            let words: Vec<&str> = after.split(|c: char| !c.is_ascii_lowercase()).take(2).collect();
            let is_command = text[..text.len() - after.len()].ends_with("`kaziline ")
                || text[..text.len() - after.len()].ends_with("    kaziline ");
            if is_command && !words[0].is_empty() {
                said.insert((words[0].to_owned(), document.clone()));
            }
        }
    }
    let mut found = Vec::new();
    for (name, document) in said {
        if crate::support::run(&[&name, "--help"], folder.path()).status.code() != Some(0) {
            found.push(format!("{}: `kaziline {name}` is no command", document.display()));
        }
    }
    none(&found, "documents");
}
