//! `docs/menus.md` says what is: its snippets stand in the bundles that it names, and its example is proven and played.

use crate::support::{Folder, World, copy_menus, repository, run, texts};

fn text(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// All files of a bundle, one after the other.
fn bundle(path: &str) -> String {
    let mut all = text(&format!("{path}/bundle.toml"));
    for part in ["flows", "text", "tests"] {
        for entry in std::fs::read_dir(repository().join(path).join(part)).unwrap() {
            all += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
        }
    }
    all
}

#[test]
fn every_snippet_of_the_page_stands_in_a_bundle() {
    let bundles = [bundle("examples/clinic"), bundle("menus")];
    let page = text("docs/menus.md");
    let mut blocks = 0;
    for block in page.split("```toml\n").skip(1).chain(page.split("```text\n").skip(1)) {
        let snippet = block.split("```").next().unwrap();
        assert!(bundles.iter().any(|bundle| bundle.contains(snippet)), "in no bundle:\n{snippet}");
        blocks += 1;
    }
    assert!(blocks >= 15, "{blocks}");
}

#[test]
fn every_command_of_the_page_runs() {
    let world = World::demo();
    let folder = world.folder().path();
    copy_menus(&folder.join("mine"));
    // Another bundle than the one that is served.
    let bundle = std::fs::read_to_string(folder.join("mine/bundle.toml")).unwrap();
    std::fs::write(folder.join("mine/bundle.toml"), bundle.replace("wrong_max = 3", "wrong_max = 4")).unwrap();
    for part in ["", "flows", "text", "tests"] {
        let (from, to) = (repository().join("examples/clinic").join(part), folder.join("examples/clinic").join(part));
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let page = text("docs/menus.md");
    let shell = page.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    let mut ran = 0;
    for line in shell.flat_map(str::lines) {
        let words = line.strip_prefix("kaziline ").unwrap_or_else(|| panic!("{line}"));
        let words = words.replace("/var/lib/kaziline", "kaziline-demo").replace('\'', "");
        let arguments: Vec<&str> = words.split(' ').collect();
        let output = world.command(&arguments);
        // Two bundles that have nothing in common strand everybody: that is what the command tells.
        let code = i32::from(line.contains("menu diff"));
        assert_eq!(output.status.code(), Some(code), "{line}: {:?}", texts(&output));
        ran += 1;
    }
    assert!(ran >= 19, "{ran}");
}

#[test]
fn the_example_is_proven_and_played_and_knows_nothing_of_jobs() {
    let example = repository().join("examples/clinic");
    let example = example.to_str().unwrap();
    let folder = Folder::new();
    let checked = texts(&run(&["menu", "check", example], folder.path()));
    assert_eq!(checked, ("5 files, no faults\n".to_owned(), String::new()));
    let played = run(&["menu", "test", "--menus", example], folder.path());
    assert!(played.status.success(), "{:?}", texts(&played));
    assert!(texts(&played).0.contains("2 transcripts, 0 failed\n"), "{:?}", texts(&played));
    assert!(!bundle("examples/clinic").contains("job"));
}

#[test]
fn a_bundle_that_asks_the_host_still_needs_the_hosts_words() {
    let folder = Folder::new();
    copy_menus(&folder.path().join("menus"));
    let english = folder.path().join("menus/text/en.toml");
    let without = std::fs::read_to_string(&english).unwrap().replace("\nphone_only = \"phone only\"", "");
    std::fs::write(&english, without).unwrap();
    let (out, _) = texts(&run(&["menu", "check", "menus"], folder.path()));
    assert!(out.contains("[words] has no `phone_only`") && out.contains("1 fault"), "{out}");
}

#[test]
fn the_example_of_prices_is_proven_and_played_whole_in_every_language() {
    let example = repository().join("examples/prices");
    let example = example.to_str().unwrap();
    let folder = Folder::new();
    let checked = texts(&run(&["menu", "check", "--strict", example], folder.path()));
    assert_eq!(checked, ("5 files, no faults\n".to_owned(), String::new()));
    let played = run(&["menu", "test", "--cover", "--menus", example], folder.path());
    assert!(played.status.success(), "{:?}", texts(&played));
    let told = "10 transcripts, 0 failed\nstates 22 of 22 (100 %), ways 34 of 34 (100 %)\n";
    assert!(texts(&played).0.contains(told), "{:?}", texts(&played));
}
