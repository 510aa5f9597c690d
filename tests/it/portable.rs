//! The words of SQL that the program uses are those that `docs/portability.md` lists.

use std::collections::BTreeSet;

use crate::support::repository;
use crate::tidy::statements;

/// Words in capitals outside texts: the language's own, since all our names are in small letters.
fn words(sql: &str) -> BTreeSet<String> {
    let code: String = sql.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let own = words.filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase()));
    own.map(str::to_owned).collect()
}

#[test]
fn every_word_of_sql_is_listed_and_every_listed_word_is_used() {
    let mut used: BTreeSet<String> = statements().iter().flat_map(|(_, sql)| words(sql)).collect();
    for file in std::fs::read_dir(repository().join("migrations/postgres")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let code: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap()).collect();
        used.extend(words(&code.join("\n")));
    }
    let page = std::fs::read_to_string(repository().join("docs/portability.md")).unwrap();
    let lists =
        page.split("\n## ").filter(|part| part.starts_with("In statements") || part.starts_with("In migrations"));
    let listed: BTreeSet<String> = lists
        .flat_map(|part| part.lines().filter(|line| line.starts_with('`') && line.ends_with('`')))
        .flat_map(words)
        .collect();
    let missing: Vec<_> = used.difference(&listed).collect();
    let unused: Vec<_> = listed.difference(&used).collect();
    assert!(missing.is_empty() && unused.is_empty(), "not listed: {missing:?}; not used: {unused:?}");
}
