//! How faults are told: to a person as a compiler tells them, to a machine by line and column.

use super::super::{Sources, build};
use super::example::{ExampleLabels, MANIFEST, build_with};

#[test]
fn a_report_reads_like_a_compilers() {
    let report = build_with(&[
        ("flows/home.toml", "go = \"clinic.list\"", "go = \"clinic.lsit\""),
        ("text/sw.toml", "text = \"Siri yako?\"", "text = \"Siri yakô?\""),
    ])
    .unwrap_err();
    let wanted = r#"error[E01]: no state `clinic.lsit`
 --> flows/home.toml:7:36
  |
7 |   { key = "1", id = "clinic", go = "clinic.lsit" },
  |                                    ^^^^^^^^^^^^^
  |
help: did you mean `clinic.list`?

error[E09]: `ô` is not in the GSM alphabet and would halve the message
   --> text/sw.toml:113:8
    |
113 | text = "Siri yakô?"
    |        ^^^^^^^^^^^^
    |
help: write Siri yako?

2 faults found
"#;
    assert_eq!(report.render(), wanted);
}

#[test]
fn a_machine_is_told_line_and_column_in_characters() {
    let text = "# é è à\n\"vault\".ask = { bad = \"è €\", text = \"{qqqq}\" }\n";
    let report = build_with(&[
        ("text/sw.toml", "[vault.ask]\ntext = \"Siri yako?\"\n", ""),
        ("text/sw.toml", "[engine]", &format!("{text}[engine]")),
    ]);
    let report = report.unwrap_err();
    let json = serde_json::to_value(report.records()).unwrap();
    let wanted = serde_json::json!([{
        "level": "error", "code": "E08", "file": "text/sw.toml", "line": 2, "column": 37,
        "what": "nothing fills `{qqqq}` here", "fix": json[0]["fix"],
    }]);
    assert_eq!(json, wanted);
    assert!(json[0]["fix"].as_str().unwrap().starts_with("known here: visitor, clinic"));
}

#[test]
fn a_bundle_without_its_first_file_says_so() {
    let report = build(&Sources::new([]), &MANIFEST, &ExampleLabels).unwrap_err();
    let wanted = "error[E00]: the bundle has no bundle.toml\n |\nhelp: write one beside flows/ and text/; it begins with format = 1\n\n1 fault found\n";
    assert_eq!(report.render(), wanted);
    let record = &report.records()[0];
    assert_eq!((record.file, record.line, record.column), ("", 1, 1));
}

#[test]
fn the_same_fault_is_told_once() {
    let wrong = "[[dial]]\npath = \"7\"\ngo = \"far.away\"\n";
    let report = build_with(&[("bundle.toml", "[[dial]]", &format!("{wrong}[[dial]]"))]).unwrap_err();
    assert_eq!(report.faults().len(), 1);
    assert!(report.render().ends_with("1 fault found\n"));
}
