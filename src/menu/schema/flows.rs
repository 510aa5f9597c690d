//! Flow files: states, what each can be, and what the host offers for it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::graph::HIDDEN;
use super::super::manifest::{Field, FieldType, Manifest, Operation, Role};
use super::{GO, KEY, NAME, SAID, any_of, flag, list, named, one_of, placeholders, table, text, with};

/// The keys of which a state has exactly one.
const KINDS: [&str; 8] = ["menu", "ask", "pick", "do", "case", "call", "return", "end"];

/// A file of `flows/`.
pub(super) fn flow(manifest: &Manifest) -> Value {
    let name = text(NAME, "The name of the flow. Other files write it before its states: flow.state.");
    let keys = [
        ("flow", with(name, "not", json!({ "enum": ["engine", "words", "sms"] }))),
        ("start", text(GO, "The state with which a call of the flow begins.")),
        ("state", named(NAME, &state(manifest), "The states by their names, under which visits are stored.")),
    ];
    table("A flow: states that belong together.", &["flow", "start", "state"], keys)
}

fn state(manifest: &Manifest) -> Value {
    let operation = |role, description| operation(role, description, manifest);
    let option = option(manifest);
    let on = "Where each outcome of a do or a case leads, and each word that a called flow returns.";
    let to = text(GO, "The state that it leads to.");
    let on = json!({ "type": "object", "additionalProperties": to, "description": on });
    let typed = [
        ("answer", text(NAME, "The answer that takes what is typed and is no key.")),
        ("go", text(GO, "The state that a good answer leads to.")),
    ];
    let returns = "Goes back to who called the flow, with this word: its `on` says where that leads.";
    let keys = [
        ("menu", list(&option, "A screen with options by key.")),
        ("ask", text(NAME, "A screen with a question. What is typed goes into the answer of this name.")),
        ("pick", text(NAME, "A list of rows from the host. The chosen row goes into the answer of this name.")),
        ("do", operation(Role::Action, "Has the host do something, once, whatever is delivered twice.")),
        ("case", operation(Role::Case, "Has the host decide where to go on.")),
        ("call", text(NAME, "Goes through the flow of this name, and goes on by what it returns.")),
        ("return", json!({ "type": "string", "description": returns })),
        ("end", json!({ "type": "boolean", "enum": [true], "description": "The last screen of the call." })),
        ("from", operation(Role::Rows, "The rows of a pick.")),
        ("show", operation(Role::Show, "Values of the host for the texts of this screen.")),
        ("options", list(&option, "Further keys of an ask or a pick.")),
        ("go", text(GO, "The state that a good answer, or a chosen row, leads to.")),
        ("on", on),
        ("empty", text(GO, "The state that a pick without rows leads to.")),
        ("find", flag(false, "Whether typing narrows the list.")),
        ("typed", table("What a menu takes besides its keys.", &["answer", "go"], typed)),
        ("back", flag(true, "Whether a key leads back from here.")),
        ("private", flag(false, "Never taken up again after a dropped call; its screen is not kept.")),
    ];
    let state = table("A state: exactly one of menu, ask, pick, do, case, call, return and end.", &[], keys);
    let kinds = KINDS.iter().map(|kind| json!({ "required": [kind] })).collect::<Value>();
    let together = json!({
        "ask": ["go"],
        "pick": ["from", "go"],
        "do": ["on"],
        "case": ["on"],
        "from": ["pick"],
        "find": ["pick"],
        "empty": ["pick"],
        "typed": ["menu"],
        "go": any_of(&["ask", "pick"]),
        "options": any_of(&["ask", "pick"]),
        "on": any_of(&["do", "case", "call"]),
        "show": any_of(&["menu", "ask", "pick", "end"]),
    });
    with(with(with(state, "oneOf", kinds), "dependencies", together), "allOf", outcomes(manifest))
}

/// An operation of the host, with what is known of each.
fn operation(role: Role, description: &str, manifest: &Manifest) -> Value {
    let known = || manifest.operations.iter().filter(move |operation| operation.role == role);
    let names: Vec<&str> = known().map(|operation| operation.name).collect();
    let told: Vec<String> = known().map(told).collect();
    with(one_of(&names, description), "x-taplo", json!({ "docs": { "enumValues": told } }))
}

/// What an operation needs and gives, in a line.
fn told(operation: &Operation) -> String {
    let gives = placeholders(operation.gives);
    let parts = [
        ("Needs the answers", operation.needs.join(", ")),
        ("Outcomes", operation.outcomes.join(", ")),
        ("Gives", gives),
    ];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| format!("{what}: {names}."));
    parts.collect::<Vec<_>>().join(" ")
}

/// Each outcome of what a state has the host do or decide has its entry under `on`, and nothing else has.
fn outcomes(manifest: &Manifest) -> Value {
    let decides = |operation: &&Operation| matches!(operation.role, Role::Action | Role::Case);
    let rule = |operation: &Operation| {
        let word = operation.role.word();
        let outcomes = operation.outcomes.iter().map(|outcome| ((*outcome).to_owned(), json!({ "type": "string" })));
        json!({
            "if": { "properties": { word: { "const": operation.name } }, "required": [word] },
            "then": { "properties": { "on": {
                "properties": outcomes.collect::<Map<String, Value>>(),
                "required": operation.outcomes,
                "additionalProperties": false,
            } } },
        })
    };
    manifest.operations.iter().filter(decides).map(rule).collect()
}

fn option(manifest: &Manifest) -> Value {
    let shows = manifest.operations.iter().filter(|operation| operation.role == Role::Show);
    let can_hide = |field: &&Field| matches!(field.kind, FieldType::Word(words) if words.contains(&HIDDEN));
    let hides: BTreeSet<&str> = shows.flat_map(|show| show.gives).filter(can_hide).map(|field| field.name).collect();
    let hides: Vec<&str> = hides.into_iter().collect();
    let when = "A yes-or-no value of the state's show: the option is hidden while it is no, and keeps its key.";
    let when = if hides.is_empty() { text(NAME, when) } else { one_of(&hides, when) };
    let value = text(SAID, "The word, or the number in quotes.");
    let id = text(NAME, "The name of the option's words in the texts of the state.");
    let retired = "Not shown any more: its words say where the thing went, to who still types its key.";
    let keys = [
        ("key", text(KEY, "What the caller types: one to three digits. People know it by heart: never move it.")),
        ("id", with(id, "not", json!({ "enum": ["text", "bad", "row"] }))),
        ("go", text(GO, "The state that it leads to.")),
        ("set", named(NAME, &value, "Answers that the option gives, by their names.")),
        ("when", when),
        ("retired", flag(false, retired)),
    ];
    let option = table("An option: a key that leads on.", &["key", "id"], keys);
    let is_retired = json!({ "properties": { "retired": { "const": true } }, "required": ["retired"] });
    let nothing_more = json!({ "not": any_of(&["go", "set", "when"]) });
    with(with(with(option, "if", is_retired), "then", nothing_more), "else", json!({ "required": ["go"] }))
}
