//! Text files: the engine's own lines, the host's words and messages, and the texts of every state.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::graph::EngineText;
use super::super::manifest::{FieldType, Manifest};
use super::{NAME, SAID, named, placeholders, table, text, with};

/// What is not empty and has no placeholders.
pub(super) const PLAIN: &str = r"^[^{}]*[^{}\s][^{}]*$";

/// A file of `text/`.
pub(super) fn texts(manifest: &Manifest) -> Value {
    let lines = EngineText::ALL.map(|(line, key)| (key, text(PLAIN, line_told(line))));
    let engine = table("The engine's own words. None has placeholders.", &EngineText::ALL.map(|(_, key)| key), lines);
    let word = |word: String| {
        let description = format!("How the word {word} reads where the host gives it.");
        (word, text(PLAIN, &description))
    };
    let words =
        table("The words that the host gives, where the menus ask it for anything.", &[], words(manifest).map(word));
    let messages = manifest.messages.iter().map(|message| {
        let description = format!("The message. It may show {}.", placeholders(message.gives));
        (message.name, table("A message of the host's.", &["text"], [("text", text(SAID, &description))]))
    });
    let sms = table("The messages that the host sends, where the menus ask it for anything.", &[], messages);
    let slots: Map<String, Value> = [
        ("text", "The prompt. {name} shows a value, {name:12} cuts it to 12 septets."),
        ("bad", "The line above the prompt after a wrong answer, in place of the engine's."),
        ("row", "One row of a pick."),
    ]
    .map(|(slot, description)| (slot.to_owned(), text(SAID, description)))
    .into_iter()
    .collect();
    let state = json!({
        "type": "object",
        "properties": slots,
        "required": ["text"],
        "additionalProperties": text(SAID, "The words of the option with this id."),
        "propertyNames": { "pattern": NAME },
        "description": "The texts of the state of this name.",
    });
    let flow = named(NAME, &state, "The texts of the flow of this name, a table for each state.");
    let all = table("The words of one language.", &["engine"], [("engine", engine), ("words", words), ("sms", sms)]);
    with(with(all, "additionalProperties", flow), "propertyNames", json!({ "pattern": NAME }))
}

/// Every word that the host may give.
fn words(manifest: &Manifest) -> impl Iterator<Item = String> {
    let operations = manifest.operations.iter().flat_map(|operation| operation.gives);
    let given = operations.chain(manifest.messages.iter().flat_map(|message| message.gives));
    let given = given.filter_map(|field| if let FieldType::Word(words) = field.kind { Some(words) } else { None });
    let words: BTreeSet<&str> = given.flatten().chain(manifest.words).copied().collect();
    words.into_iter().map(str::to_owned)
}

fn line_told(line: EngineText) -> &'static str {
    match line {
        EngineText::Back => "Beside the key that leads back.",
        EngineText::More => "Beside the key for the next page.",
        EngineText::Previous => "Beside the key for the page before.",
        EngineText::WrongKey => "What was typed is no key of the screen.",
        EngineText::WrongNumber => "What was typed is no number, or none that may be.",
        EngineText::WrongMoney => "What was typed is no amount.",
        EngineText::WrongYear => "What was typed is no year.",
        EngineText::WrongDay => "What was typed is no day.",
        EngineText::WrongTime => "What was typed is no time.",
        EngineText::WrongName => "What was typed is no name.",
        EngineText::WrongText => "Nothing was typed, or nothing that can be read.",
        EngineText::TooLong => "What was typed is too long.",
        EngineText::NotFound => "Nothing in the list fits what was typed.",
        EngineText::Resume => "The question whether to go on with a dropped call.",
        EngineText::ResumeContinue => "Beside 1 under that question: to go on.",
        EngineText::ResumeRestart => "Beside 2 under that question: to begin again.",
        EngineText::Apology => "The service cannot answer now.",
        EngineText::Over => "The call is over, and only a new dial helps.",
    }
}
