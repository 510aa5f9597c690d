//! Menus that change while people call: published, refused, taken back, closed, and the same on every node.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::nodes::{another, database, first};
use crate::support::{Folder, World, bound_ms, copy_menus, run, texts};

const DATA: [&str; 2] = ["--data", "kaziline-demo"];
const CALLER: &str = "+250788777001";

/// The shipped menus in `folder`/mine, with some text replaced.
fn menus(folder: &Path, changes: &[(&str, &str, &str)]) {
    let mine = folder.join("mine");
    copy_menus(&mine);
    for (path, from, to) in changes {
        let text = std::fs::read_to_string(mine.join(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        std::fs::write(mine.join(path), text.replacen(from, to, 1)).unwrap();
    }
}

/// Another first screen, in the language of a new caller.
const GREETING: (&str, &str, &str) =
    ("text/rw.toml", "[home.new]\ntext = \"Kaziline:", "[home.new]\ntext = \"Muraho, Kaziline:");

fn done(output: &Output) -> String {
    let (out, err) = texts(output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    out
}

/// Whether a dial is greeted in the new way.
fn is_greeted(world: &World, session: &str, number: &str) -> bool {
    let screen = world.hop(session, number, "").text().to_owned();
    assert!(screen.starts_with("CON "), "{screen}");
    screen.starts_with("CON Muraho")
}

/// Dials until it is so: a service looks at once when it was told.
fn until_greeted(world: &World, name: &str, wanted: bool, patience: Duration) {
    let started = now();
    for dial in 0.. {
        if is_greeted(world, &format!("{name}{dial}"), &format!("+25078877{:04}", dial % 10_000)) == wanted {
            return;
        }
        assert!(started.elapsed() < patience, "the menus did not change in {patience:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test of how long something takes")]
fn now() -> Instant {
    Instant::now()
}

/// What is promised: a publication is everywhere within two seconds.
fn soon() -> Duration {
    Duration::from_millis(bound_ms(2_000))
}

#[test]
fn a_publication_changes_new_calls_and_leaves_those_under_way() {
    let world = World::demo();
    let folder = world.folder().path();
    menus(folder, &[GREETING, ("text/rw.toml", "[help.start]\ntext = \"", "[help.start]\ntext = \"Muraho, ")]);
    assert!(!is_greeted(&world, "a", CALLER));
    let published = world.command(&[&["menu", "publish", "mine", "--by", "Aline"], &DATA[..]].concat());
    assert!(done(&published).contains("published") && done(&published).contains("by Aline"));
    until_greeted(&world, "b", true, soon());
    // The call that was under way sees the menus on which it began.
    let help = world.hop("a", CALLER, "4").text().to_owned();
    assert!(help.starts_with("CON ") && !help.contains("Muraho"), "{help}");
    let status = done(&world.command(&[&["menu", "status"], &DATA[..]].concat()));
    assert!(
        status.contains("closed flows: none") && status.contains("published") && status.contains("started"),
        "{status}"
    );

    // A bundle with a fault is refused, with the report, and nothing changes.
    menus(folder, &[("flows/home.toml", "go = \"help.enter\"", "go = \"help.strat\"")]);
    let refused = world.command(&[&["menu", "publish", "mine"], &DATA[..]].concat());
    let (out, err) = texts(&refused);
    assert_eq!(refused.status.code(), Some(1), "{out}");
    assert!(
        err.contains("error[E01]") && err.contains("flows/home.toml:") && err.contains("was served is served on"),
        "{err}"
    );
    assert!(is_greeted(&world, "c", CALLER));
    // And so is one that would leave somebody standing nowhere.
    let gone = ("flows/help.toml", "[state.how]", "[state.how_it_works]");
    let leads = ("flows/help.toml", "go = \"how\"", "go = \"how_it_works\"");
    let words = ["rw", "en", "fr", "sw"].map(|code| format!("text/{code}.toml"));
    let texts_of: Vec<_> = words.iter().map(|path| (path.as_str(), "[help.how]", "[help.how_it_works]")).collect();
    let changes: Vec<_> = [gone, leads].into_iter().chain(texts_of).collect();
    menus(folder, &changes);
    let (_, err) = texts(&world.command(&[&["menu", "publish", "mine"], &DATA[..]].concat()));
    assert!(err.contains("error[E14]") && err.contains("help.how"), "{err}");
    // How many stand there is counted at the service: one caller reads that screen now.
    assert!(world.hop("r", "+250788777002", "4").text().starts_with("CON "));
    assert!(world.hop("r", "+250788777002", "4*2").text().starts_with("CON "));
    let counted = world.command(&[&["menu", "diff", "-", "mine", "--standing"], &DATA[..]].concat());
    let (out, err) = texts(&counted);
    let one = "help.how: 1 calls are there now, 0 may be taken up again";
    assert!(counted.status.code() == Some(1) && out.contains(one), "{out}{err}");
    let told = ("bundle.toml", "[renamed]\n", "[renamed]\n\"help.how\" = \"help.how_it_works\"\n");
    menus(folder, &[&changes[..], &[told]].concat());
    done(&world.command(&[&["menu", "publish", "mine"], &DATA[..]].concat()));
    until_greeted(&world, "d", false, soon());

    // Back, and once more from a folder at rest; a restart changes nothing.
    done(&world.command(&[&["menu", "rollback", "--by", "Eric"], &DATA[..]].concat()));
    until_greeted(&world, "e", true, soon());
    let folder = world.kill();
    let world = World::start_in(folder, &[]);
    assert!(is_greeted(&world, "f", CALLER));
    let folder = world.kill();
    done(&run(&[&["menu", "rollback"], &DATA[..]].concat(), folder.path()));
    let world = World::start_in(folder, &[]);
    assert!(!is_greeted(&world, "g", CALLER));
    let unknown = world.command(&[&["menu", "rollback", "--to", "ffffffff"], &DATA[..]].concat());
    assert!(texts(&unknown).1.contains("no bundle was published whose hash begins with ffffffff"));
    let nobody = world.command(&[&["menu", "rollback", "--by", " "], &DATA[..]].concat());
    assert!(texts(&nobody).1.contains("--by"), "{}", texts(&nobody).1);
}

#[test]
fn a_flow_is_closed_and_maintenance_announced_while_the_service_runs() {
    let world = World::demo();
    let told = |arguments: &[&str]| done(&world.command(&[arguments, &DATA[..]].concat()));
    let screen = |session: &str, text: &str| world.hop(session, CALLER, text).text().to_owned();
    let until = |wanted: &dyn Fn() -> bool| {
        let started = now();
        while !wanted() {
            assert!(started.elapsed() < soon(), "it did not come about");
        }
    };
    assert!(screen("a", "").starts_with("CON "));
    told(&["menu", "freeze", "register", "--by", "Aline"]);
    let closed = "CON Iki gice gifunze";
    let number = std::cell::Cell::new(0);
    let dial = |text: &str| {
        number.set(number.get() + 1);
        screen(&format!("d{}", number.get()), text)
    };
    until(&|| {
        !dial("").is_empty() && {
            let session = format!("d{}", number.get());
            screen(&session, "1").starts_with(closed)
        }
    });
    assert!(screen("a", "1").starts_with(closed), "also who was under way");
    assert!(told(&["menu", "status"]).contains("closed flows: register"));
    told(&["menu", "thaw", "register"]);
    until(&|| {
        !dial("").is_empty() && {
            let session = format!("d{}", number.get());
            !screen(&session, "1").starts_with(closed)
        }
    });
    told(&["menu", "notice", "on"]);
    until(&|| dial("").starts_with("END Kaziline irimo gusanwa"));
    told(&["menu", "notice", "off"]);
    until(&|| dial("").starts_with("CON "));
    for (arguments, said) in [
        (["menu", "freeze", "nothing"], "there is no flow `nothing`"),
        (["menu", "freeze", "help"], "has the screen that closed flows lead to"),
        (["menu", "thaw", "job"], "is not closed"),
    ] {
        let refused = world.command(&[&arguments[..], &DATA[..]].concat());
        assert_eq!(refused.status.code(), Some(1));
        assert!(texts(&refused).1.contains(said), "{}", texts(&refused).1);
    }
}

#[test]
fn a_folder_of_menus_is_read_again_when_the_service_is_told() {
    let folder = Folder::new();
    menus(folder.path(), &[]);
    let mine = folder.path().join("mine").to_str().unwrap().to_owned();
    let environment = [("KAZILINE_MENUS_FOLDER", mine.as_str())];
    let world = World::start_in(folder, &environment);
    assert!(!is_greeted(&world, "a", CALLER));
    menus(world.folder().path(), &[GREETING]);
    world.hang_up();
    until_greeted(&world, "b", true, soon());
    // What cannot be served is not: the log says so.
    std::fs::write(world.folder().path().join("mine/flows/home.toml"), "flow = ").unwrap();
    world.hang_up();
    world.until_logged("was not published");
    assert!(is_greeted(&world, "c", CALLER));
    // A folder that has changed since the last start goes before what was published.
    menus(world.folder().path(), &[]);
    let folder = world.kill();
    std::fs::write(folder.path().join("mine/bundle.toml"), {
        let text = std::fs::read_to_string(folder.path().join("mine/bundle.toml")).unwrap();
        text.replace("wrong_max = 3", "wrong_max = 4")
    })
    .unwrap();
    let world = World::start_in(folder, &environment);
    assert!(!is_greeted(&world, "d", CALLER));
}

#[test]
fn all_nodes_serve_a_publication_within_two_seconds() {
    let (url, _) = database();
    let one = first(&url);
    let two = another(&url, &one);
    menus(one.folder().path(), &[GREETING]);
    assert!(!is_greeted(&one, "a", CALLER) && !is_greeted(&two, "b", CALLER));
    done(&one.command(&[&["menu", "publish", "mine", "--database", &url], &DATA[..]].concat()));
    let published = now();
    until_greeted(&two, "c", true, soon());
    until_greeted(&one, "d", true, soon().saturating_sub(published.elapsed()));
    // Both changed at one moment: a call that began on either goes on on the other.
    let (began, went_on) = (two.hop("e", CALLER, "").text().to_owned(), one.hop("e", CALLER, "4").text().to_owned());
    assert!(began.starts_with("CON Muraho") && went_on.starts_with("CON "), "{began} {went_on}");
}
