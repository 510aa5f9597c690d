//! Whatever stands in the files: a report or a bundle, never a panic. And what the bundle is stored as.

use proptest::prelude::*;

use super::super::{Sources, build};
use super::example::{ExampleLabels, FILES, MANIFEST, bundle, sources_with};

#[test]
fn a_bundle_is_named_by_what_is_in_it() {
    let sources = sources_with(&[]);
    assert_eq!(Sources::unpack(&sources.pack()).as_ref(), Some(&sources));
    assert_eq!(bundle().hash, sources.hash());
    let mut turned: Vec<(String, String)> = FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    turned.reverse();
    turned.push(("README.md".into(), "not a part".into()));
    turned.push(("tests/a.txt".into(), "dial *1#".into()));
    assert_eq!(Sources::new(turned).hash(), sources.hash());
    assert_ne!(sources_with(&[("bundle.toml", "wrong_max = 3", "wrong_max = 4")]).hash(), sources.hash());
    assert_eq!(Sources::unpack(b"no bundle"), None);
}

#[test]
fn a_manifest_is_named_by_what_it_offers() {
    let fewer = super::super::Manifest { messages: &[], ..MANIFEST };
    assert_eq!(MANIFEST.hash(), MANIFEST.hash());
    assert_ne!(MANIFEST.hash(), fewer.hash());
}

#[test]
fn a_file_without_end_is_refused_unread() {
    let endless = "#".repeat(2 << 20);
    let report = build(&sources_with(&[("flows/home.toml", "flow", &endless)]), &MANIFEST, &ExampleLabels).unwrap_err();
    assert!(report.records()[0].what.contains("larger than"));
}

/// One edit: where (in thousandths of the file), how many characters go, and what comes.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, usize, String)>> {
    let piece = prop_oneof![
        "[\\PC]{0,3}",
        prop::sample::select(vec![
            "\"",
            "'",
            "\n",
            "=",
            "[",
            "]",
            "{",
            "}",
            "[[",
            "]]",
            ".",
            ",",
            "0",
            "true",
            "é",
            "\"\"\"",
            "{name:3}",
            "menu = []\n",
            "call = \"who\"\n",
            "[state.x]\n",
            "state",
            "\\u0000",
            "\r",
            "go = \"start\"\n",
            "return = \"known\"\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec((0..FILES.len(), 0..1000_usize, 0..30_usize, piece), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bundle_is_built_or_reported(edits in edits()) {
        let mut sources = sources_with(&[]);
        for (file, at, gone, comes) in edits {
            let text = &mut sources.files[file].text;
            let start = text.floor_char_boundary(text.len() * at / 1000);
            let end = text.ceil_char_boundary((start + gone).min(text.len()));
            text.replace_range(start..end, &comes);
        }
        if let Err(report) = build(&sources, &MANIFEST, &ExampleLabels) {
            prop_assert!(!report.faults().is_empty());
            prop_assert_eq!(report.records().len(), report.faults().len());
            prop_assert!(report.render().ends_with(" found\n"));
        }
    }

    #[test]
    fn any_bytes_in_a_file_are_reported(text: String, file in 0..FILES.len()) {
        let mut sources = sources_with(&[]);
        sources.files[file].text = text;
        prop_assert!(build(&sources, &MANIFEST, &ExampleLabels).is_err());
    }
}
