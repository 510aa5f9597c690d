//! The other commands: beside a running service, on a folder at rest, and in process.

use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::support::{Folder, World, command, copy_menus, repository, run, texts};

const GOOD_ROW: &str = "a1,Umusozi Ltd,organisation,+250780000950,11,Gasabo/Remera,casual_day,7000,day";
const VACANCIES: &str = "ref,employer,employer_kind,employer_contact,trade,area,kind,pay,pay_unit\n";

fn with_input(arguments: &[&str], folder: &Folder, input: &str) -> Output {
    let mut child = command(arguments, folder.path());
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn vacancies_come_in_beside_a_running_service_and_at_rest() {
    let world = World::demo();
    let file = world.folder().path().join("v.csv");
    let bad = "a2,X,castle,+250780000951,999,Nowhere,casual_day,7000,day";
    std::fs::write(&file, format!("{VACANCIES}{GOOD_ROW}\n{bad}\n")).unwrap();
    let import = ["import", "vacancies", "v.csv", "--data", "kaziline-demo"];

    let first = world.command(&import);
    let (out, err) = texts(&first);
    assert_eq!(first.status.code(), Some(1), "{out}{err}");
    assert!(out.contains("v.csv: line 3: trade: ") && out.contains("v.csv: line 3: area: "), "{out}");
    assert!(out.ends_with("1 added (0 held for a look), 0 there already, 1 not taken\n"), "{out}");
    assert!(!out.contains("780000951"), "{out}");

    // The same again, on the folder at rest: nothing is added twice.
    let folder = world.kill();
    std::fs::write(folder.path().join("v.csv"), format!("{VACANCIES}{GOOD_ROW}\n")).unwrap();
    let second = run(&[&import[..], &["--json"]].concat(), folder.path());
    let report: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!((second.status.code(), &report["added"], &report["duplicates"]), (Some(0), &0.into(), &1.into()));
}

#[test]
fn a_file_that_cannot_be_read_is_one_line() {
    let world = World::demo();
    let folder = world.folder().path();
    std::fs::write(folder.join("empty.csv"), "").unwrap();
    std::fs::write(folder.join("latin1.csv"), [VACANCIES.as_bytes(), b"caf\xe9"].concat()).unwrap();
    std::fs::write(folder.join("columns.csv"), "ref,emplyer\n").unwrap();
    for (file, said) in [
        ("empty.csv", "empty"),
        ("latin1.csv", "not UTF-8"),
        ("columns.csv", "emplyer"),
        ("missing.csv", "cannot be read"),
    ] {
        let output = world.command(&["import", "vacancies", file, "--data", "kaziline-demo"]);
        let (out, err) = texts(&output);
        assert_eq!((output.status.code(), out.as_str()), (Some(1), ""), "{file}");
        assert!(err.starts_with("kaziline: ") && err.contains(file) && err.contains(said), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn the_outbox_is_shown_without_numbers_and_texts() {
    let world = World::demo();
    let mut phone = world.phone(crate::apply::WORKER);
    phone.dial("*567#", &["1", "1", "1"]);
    phone.messages(1);
    let list = ["outbox", "list", "--data", "kaziline-demo"];
    let (out, _) = texts(&world.command(&list));
    assert!(out.contains("  accepted  applied  1 sendings\n") && out.ends_with("1 accepted\n"), "{out}");
    let id = out.split_whitespace().next().unwrap();
    let (shown, _) = texts(&world.command(&["outbox", "show", id, "--data", "kaziline-demo"]));
    assert!(shown.contains("sending") && shown.contains("accepted") && shown.contains("POST https://"), "{shown}");
    assert!(!shown.contains("780000002") && !shown.contains("Kaziline."), "{shown}");
    let missing = world.command(&["outbox", "show", "1", "--data", "kaziline-demo"]);
    assert_eq!((missing.status.code(), texts(&missing).1.as_str()), (Some(1), "kaziline: there is no message 1\n"));
    let wrong = world.command(&[&list[..], &["--status", "sent"]].concat());
    assert!(texts(&wrong).1.contains("`sent` is no status; there are queued, sending"), "{:?}", texts(&wrong));
    let nowhere = world.command(&["outbox", "list", "--data", "nowhere"]);
    assert!(texts(&nowhere).1.contains("there is no database in nowhere"), "{:?}", texts(&nowhere));
    assert!(!world.folder().path().join("nowhere").exists());
}

#[test]
fn the_admin_socket_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::demo();
    let mode = |name: &str| std::fs::metadata(world.folder().data().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("admin.sock"), mode("")), (0o600, 0o700));
    assert_eq!(world.get("/outbox").status, 404, "commands are not taken over the network");
}

#[test]
fn a_phone_in_the_terminal_dials_in_process_and_a_running_service() {
    let folder = Folder::new();
    let output = with_input(&["dial", "*567#", "--as", "+250780000002"], &folder, "1\n1\n1\n");
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("/140 septets") && out.contains("/160 septets") && out.contains("\nSMS: Kaziline"), "{out}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it left something behind");

    let world = World::demo();
    let url = format!("http://{}", world.address);
    let output = with_input(&["dial", "*567#", "--as", "+250780000002", "--url", &url], world.folder(), "1\n1\n1\n");
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("/140 septets"), "{out}");
    world.phone("+250780000002").messages(1);

    let wrong = with_input(&["dial", "*567#", "--url", &url, "--secret", "wrong"], world.folder(), "");
    assert!(wrong.status.code() == Some(1) && texts(&wrong).1.contains("(404)"), "{:?}", texts(&wrong));
    let nobody = with_input(&["dial", "*567#", "--url", "http://127.0.0.1:1"], world.folder(), "");
    assert!(texts(&nobody).1.contains("no service listens there"), "{:?}", texts(&nobody));
    let other = with_input(&["dial", "*182#"], world.folder(), "");
    assert!(texts(&other).1.contains("this network knows *567#"), "{:?}", texts(&other));
}

#[test]
fn a_transcript_is_replayed_and_differences_are_told_by_line() {
    let world = World::demo();
    let folder = world.folder();
    let script = "dial *567# as +250780000002\n< Kaziline\n> 1\nredeliver\n> 1\n> 1\nsms Kaziline\n";
    std::fs::write(folder.path().join("good.txt"), script).unwrap();
    std::fs::write(folder.path().join("bad.txt"), format!("{script}< no such words\nend\n")).unwrap();
    std::fs::write(folder.path().join("odd.txt"), "dial 567\nsay hello\n").unwrap();
    let url = format!("http://{}", world.address);
    for more in [&[][..], &["--url", &url]] {
        let good = run(&[&["dial", "--script", "good.txt"], more].concat(), folder.path());
        assert_eq!((good.status.code(), texts(&good).0.as_str()), (Some(0), ""), "{more:?} {:?}", texts(&good));
    }
    let bad = run(&["dial", "--script", "bad.txt"], folder.path());
    let (out, _) = texts(&bad);
    assert_eq!(bad.status.code(), Some(1));
    assert!(out.contains("bad.txt: line 8: expected `no such words`") && out.contains("bad.txt: line 9: "), "{out}");
    let odd = run(&["dial", "--script", "odd.txt"], folder.path());
    let (_, err) = texts(&odd);
    assert!(
        odd.status.code() == Some(1) && err.contains("odd.txt: line 1: ") && err.contains("odd.txt: line 2: "),
        "{err}"
    );

    let tested = run(&["menu", "test", "good.txt", "bad.txt"], folder.path());
    let (out, _) = texts(&tested);
    assert_eq!(tested.status.code(), Some(1));
    assert!(
        out.starts_with("good.txt ... ok\nbad.txt ... FAILED\n") && out.ends_with("2 transcripts, 1 failed\n"),
        "{out}"
    );
}

#[test]
fn menus_are_checked_with_places_and_as_json() {
    let folder = Folder::new();
    let good = run(&["menu", "check", repository().join("menus").to_str().unwrap()], folder.path());
    assert_eq!((good.status.code(), texts(&good).0.as_str()), (Some(0), "32 files, no faults\n"), "{:?}", texts(&good));
    copy_menus(&folder.path().join("menus"));
    let flow = folder.path().join("menus/flows/home.toml");
    let text = std::fs::read_to_string(&flow).unwrap();
    std::fs::write(&flow, text.replacen("go = \"help.enter\"", "go = \"help.entre\"", 1)).unwrap();
    let bad = run(&["menu", "check", "menus"], folder.path());
    let (out, _) = texts(&bad);
    assert_eq!(bad.status.code(), Some(1));
    assert!(out.contains("error[") && out.contains("flows/home.toml:") && out.contains('^'), "{out}");
    let json = run(&["menu", "check", "menus", "--json"], folder.path());
    let faults: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((json.status.code(), &faults[0]["file"]), (Some(1), &"flows/home.toml".into()));
}

#[test]
fn settings_are_shown_with_their_origin_and_without_secrets() {
    let folder = Folder::new();
    let file = "[channel.mtn]\nkind = \"ussd\"\ndialect = \"africastalking\"\nsecret = \"hush-hush-hush-hush\"\n";
    std::fs::write(folder.path().join("k.toml"), file).unwrap();
    let output =
        command(&["config", "--config", "k.toml"], folder.path()).env("KAZILINE_LOG_LEVEL", "warn").output().unwrap();
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    for line in ["secret = \"***\"", "# k.toml:4", "level = \"warn\"", "# KAZILINE_LOG_LEVEL", "idle_ms = 30000"] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let json = run(&["config", "--config", "k.toml", "--json"], folder.path());
    assert!(!out.contains("hush") && !texts(&json).0.contains("hush"));
    assert!(texts(&run(&["version"], folder.path())).0.starts_with("kaziline "));
}
