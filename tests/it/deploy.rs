//! What is in `deploy/` fits the program of this commit.

use crate::support::{Folder, repository, run, texts};

/// A file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// The value of the first line that begins with `key`, without quotes.
fn value<'a>(text: &'a str, key: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("no line `{key}`"));
    line.trim().trim_matches('"')
}

#[test]
fn the_example_of_a_configuration_loads_and_can_serve() {
    let example = repository().join("deploy/kaziline.example.toml");
    let folder = Folder::new();
    let shown = run(&["config", "--config", example.to_str().unwrap()], folder.path());
    let (out, err) = texts(&shown);
    assert!(shown.status.success() && err.is_empty(), "{err}");
    assert!(out.contains("[channel.mtn]") && !out.contains("change-me"), "{out}");
    // Only the country is wrong, so nothing else that is missing may be told before it.
    let broken = folder.path().join("broken.toml");
    std::fs::write(&broken, text("deploy/kaziline.example.toml").replace("code = \"RW\"", "code = \"XX\"")).unwrap();
    let refused = run(&["serve", "--config", broken.to_str().unwrap(), "--data", "data"], folder.path());
    let (_, err) = texts(&refused);
    assert!(refused.status.code() == Some(1) && err.lines().count() == 1 && err.contains("XX"), "{err}");
}

#[test]
fn the_image_is_built_with_the_pinned_toolchain() {
    let (image, pinned) = (text("deploy/Containerfile"), text("rust-toolchain.toml"));
    assert_eq!(value(&image, "ARG RUST_VERSION="), value(&pinned, "channel = "));
}

#[test]
fn settings_in_the_deployment_files_are_settings_that_there_are() {
    let folder = Folder::new();
    for file in ["Containerfile", "compose.yaml", "compose.two-nodes.yaml", "kaziline.service"] {
        let text = text(&format!("deploy/{file}"));
        // Without the comments: they may name a setting in a sentence.
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        let mut command = crate::support::command(&["config"], folder.path());
        for word in code.join("\n").split(|c: char| c.is_whitespace() || c == '=' || c == ':') {
            // Its file is not here; and a value that does not suit a setting is a fault of its own, so each has one that does.
            if word.starts_with("KAZILINE_") && word != "KAZILINE_CONFIG" {
                let suits = match word {
                    "KAZILINE_SERVER_LISTEN" => "0.0.0.0:8080",
                    "KAZILINE_SERVICE_NODE" => "1",
                    "KAZILINE_LOG_FORMAT" => "json",
                    _ => "somewhere",
                };
                command.env(word, suits);
            }
        }
        let (_, err) = texts(&command.output().unwrap());
        assert_eq!(err, "", "{file}");
    }
}
