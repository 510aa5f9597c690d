//! What is done with menus before they are served: drawn, translated, compared, packed, recorded.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Folder, command, copy_menus, repository, run, texts};

fn good(folder: &Folder, arguments: &[&str]) -> String {
    let output = run(arguments, folder.path());
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {out}{err}");
    out
}

fn with_menus() -> Folder {
    let folder = Folder::new();
    copy_menus(&folder.path().join("mine"));
    folder
}

#[test]
fn translators_get_a_table_and_what_they_change_comes_back() {
    let folder = with_menus();
    let path = |name: &str| folder.path().join(name);
    let sheet = |arguments: &[&str]| good(&folder, &[&["menu", "sheet"], arguments].concat());
    let before = std::fs::read_to_string(path("mine/text/fr.toml")).unwrap();
    sheet(&["export", "mine", "--output", "texts.csv"]);
    let table = std::fs::read_to_string(path("texts.csv")).unwrap();
    assert!(table.starts_with("\u{feff}key,") && table.contains("fr left"));
    let row = table.lines().find(|line| line.starts_with("help.start.call,")).unwrap().to_owned();

    // As it came: nothing changes but that there is a lock now.
    assert_eq!(sheet(&["import", "mine", "texts.csv"]), "0 texts changed\n");
    assert_eq!(std::fs::read_to_string(path("mine/text/fr.toml")).unwrap(), before);

    // The source text changes: its translations are stale until somebody looked at them.
    let english = row.split(',').nth(4).unwrap().to_owned();
    assert_eq!(english, "Whom to call", "{row}");
    std::fs::write(path("en.csv"), "key,en\nhelp.start.call,Who helps\n").unwrap();
    assert_eq!(sheet(&["import", "mine", "en.csv"]), "1 texts changed\n");
    let warned = good(&folder, &["menu", "check", "mine"]);
    assert!(warned.matches("warning[W05]").count() == 3 && warned.contains("text/fr.toml"), "{warned}");
    assert_eq!(run(&["menu", "check", "mine", "--strict"], folder.path()).status.code(), Some(1));
    assert!(
        sheet(&["export", "mine"]).lines().any(|line| line.starts_with("help.start.call,") && line.contains("stale"))
    );
    std::fs::write(path("fr.csv"), "\u{feff}key;fr\nhelp.start.call;Qui vous aide\n").unwrap();
    assert_eq!(sheet(&["import", "mine", "fr.csv"]), "1 texts changed\n");
    sheet(&["confirm", "mine", "--language", "sw", "help.start.call"]);
    let warned = good(&folder, &["menu", "check", "mine"]);
    assert!(warned.matches("warning[W05]").count() == 1 && warned.contains("text/rw.toml"), "{warned}");
    let after = std::fs::read_to_string(path("mine/text/fr.toml")).unwrap();
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(was, is)| was != is).collect();
    assert_eq!((changed.len(), before.lines().count()), (1, after.lines().count()), "{changed:?}");

    // What would not pass changes nothing, and says why.
    let long = "x".repeat(200);
    std::fs::write(path("long.csv"), format!("key,fr\nhelp.start.call,{long}\n")).unwrap();
    let refused = run(&["menu", "sheet", "import", "mine", "long.csv"], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(texts(&refused).0.contains("error[E10]") && texts(&refused).0.ends_with("nothing was changed\n"));
    std::fs::write(path("wrong.csv"), "key,fr,xx\nhelp.strat.call,A,B\n").unwrap();
    let refused = run(&["menu", "sheet", "import", "mine", "wrong.csv"], folder.path());
    let (_, err) = texts(&refused);
    assert!(
        refused.status.code() == Some(1) && err.contains("nothing was changed") && err.contains("wrong.csv: line 2"),
        "{err}"
    );
    assert_eq!(std::fs::read_to_string(path("mine/text/fr.toml")).unwrap(), after);
}

#[test]
fn menus_are_drawn() {
    let folder = with_menus();
    let svg = good(&folder, &["menu", "graph", "mine"]);
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("<script"));
    for state in ["home.known", "job.apply", "register.start"] {
        assert!(svg.contains(&format!("id='{state}'")) || svg.contains(&format!("id=\"{state}\"")), "{state}");
    }
    good(&folder, &["menu", "graph", "--format", "dot", "--output", "menus.dot"]);
    let dot = std::fs::read_to_string(folder.path().join("menus.dot")).unwrap();
    assert!(dot.starts_with("digraph") && dot.contains("subgraph"));
}

#[test]
fn two_bundles_are_compared_as_callers_notice_it() {
    let folder = with_menus();
    assert_eq!(good(&folder, &["menu", "diff", "-", "mine"]), "no difference\n");
    let spoil = |path: &str, from: &str, to: &str| {
        let path = folder.path().join("mine").join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    };
    spoil("bundle.toml", "path = \"4\"\ngo = \"help.enter\"", "path = \"4\"\ngo = \"jobs.list_if_known\"");
    spoil("flows/home.toml", "{ key = \"7\", id = \"free\"", "{ key = \"8\", id = \"free\"");
    spoil("text/en.toml", "text = \"Jobs for you\"", "text = \"Your jobs\"");
    let told = good(&folder, &["menu", "diff", "-", "mine"]);
    assert!(told.contains("  *4#: help.enter -> `jobs.list_if_known`\n"), "{told}");
    assert!(told.contains("  home.known 7: free -> nothing\n") && told.contains("+ \"Your jobs\""), "{told}");
    let json: serde_json::Value =
        serde_json::from_str(&good(&folder, &["menu", "diff", "-", "mine", "--json"])).unwrap();
    assert_eq!(json["dialled"][0]["what"], "*4#");
    let warned = good(&folder, &["menu", "check", "mine", "--after", repository().join("menus").to_str().unwrap()]);
    assert!(warned.contains("warning[W06]") && warned.contains("*4#"), "{warned}");
}

#[test]
fn an_operator_gets_a_folder_to_test_by() {
    let folder = with_menus();
    let transcripts = repository().join("menus/tests");
    let pack = [
        "menu",
        "pack",
        "mine",
        "--output",
        "pack",
        "--transcripts",
        transcripts.to_str().unwrap(),
        "--network",
        "MTN",
    ];
    good(&folder, &pack);
    let read = |name: &str| std::fs::read_to_string(folder.path().join("pack").join(name)).unwrap();
    let (page, screens) = (read("index.html"), read("screens.csv"));
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
    assert!(page.contains("MTN") && page.contains("*567#") && !page.contains("<script"));
    assert!(
        screens.contains("home.known") && read("cases.csv").contains("register") && !read("signoff.csv").is_empty()
    );
    // What is there is not written over.
    let again = run(&pack, folder.path());
    assert_eq!(again.status.code(), Some(1));
    assert!(texts(&again).1.contains("pack"), "{}", texts(&again).1);
}

#[test]
fn editors_get_a_schema() {
    let folder = Folder::new();
    good(&folder, &["menu", "schema", "--output", "schemas"]);
    for name in ["bundle", "flow", "text"] {
        let path = folder.path().join("schemas").join(format!("{name}.schema.json"));
        let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(schema["properties"].is_object(), "{name}");
    }
    assert!(good(&folder, &["menu", "schema", "flow"]).contains("jobs.for_me"));
}

#[test]
fn transcripts_tell_what_they_cover() {
    let folder = with_menus();
    std::fs::create_dir(folder.path().join("mine/tests")).unwrap();
    std::fs::write(
        folder.path().join("mine/tests/a.txt"),
        "dial *567# as +250788777001\nseptets 140\n> 4\nfreeze job\n> 0\n",
    )
    .unwrap();
    let out = good(&folder, &["menu", "test", "--menus", "mine"]);
    assert!(out.contains("1 transcripts, 0 failed\nstates ") && out.contains("not reached in `fr`: "), "{out}");
    assert_eq!(run(&["menu", "test", "--menus", "mine", "--cover"], folder.path()).status.code(), Some(1));
    let whole = run(&["menu", "test", "--cover"], repository());
    let (out, _) = texts(&whole);
    assert_eq!(whole.status.code(), Some(0), "{out}");
    assert!(out.contains("(100 %), ways "), "{out}");
}

#[test]
fn a_call_is_written_down_and_plays_again() {
    let folder = Folder::new();
    let mut child = command(&["dial", "*567#", "--as", "+250788123456", "--record", "call.txt"], folder.path());
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"1\n1\n1990\n1\n1\n7000\n1\n1\n1\nUwase Aline\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", texts(&output).1);
    let recorded = std::fs::read_to_string(folder.path().join("call.txt")).unwrap();
    assert!(recorded.contains("dial *567# as +250789999999\n") && recorded.contains("> Aaaaa Aaaaa\n"), "{recorded}");
    assert!(!recorded.contains("Uwase") && !recorded.contains("123456"), "{recorded}");
    let played = run(&["dial", "--script", "call.txt"], folder.path());
    let (out, err) = texts(&played);
    assert_eq!((played.status.code(), out.as_str()), (Some(0), ""), "{err}");
}
