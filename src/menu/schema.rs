//! JSON Schemas of a bundle's files for editors (Taplo, Even Better TOML): keys are offered and explained as they are
//! typed, and what cannot be is underlined.
//!
//! They are made from what the program knows, so that no name in them drifts. An editor sees one file at a time: what
//! only the whole bundle shows is the checker's to tell.

mod flows;
mod texts;

use serde_json::{Map, Value, json};

use super::compile::DIAL_STEPS_MAX;
use super::manifest::{Field, Manifest};
use crate::text::Language;

/// A name of a flow, a state, an answer or an option.
const NAME: &str = "^[a-z0-9_]+$";
/// A state of any flow.
const STATE: &str = r"^[a-z0-9_]+\.[a-z0-9_]+$";
/// A state of the same flow, or of any.
const GO: &str = r"^([a-z0-9_]+\.)?[a-z0-9_]+$";
/// What a caller types for an option.
const KEY: &str = "^[0-9]{1,3}$";
/// Whatever is not empty.
const SAID: &str = r"\S";
/// The types of answers that are no codes of the host.
const TYPES: [&str; 9] = ["name", "text", "number", "money", "year", "day", "time", "pin", "word"];

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOf {
    /// `bundle.toml`.
    Bundle,
    /// A file of `flows/`.
    Flow,
    /// A file of `text/`.
    Text,
}

/// The schema of a kind of file, draft 7, with the names that the host offers.
pub fn schema(of: SchemaOf, manifest: &Manifest) -> Value {
    let (title, schema) = match of {
        SchemaOf::Bundle => ("bundle.toml", bundle(manifest)),
        SchemaOf::Flow => ("A file of flows/", flows::flow(manifest)),
        SchemaOf::Text => ("A file of text/", texts::texts(manifest)),
    };
    with(with(schema, "title", title), "$schema", "http://json-schema.org/draft-07/schema#")
}

/// The same with one keyword more.
fn with(mut schema: Value, keyword: &str, rule: impl Into<Value>) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert(keyword.to_owned(), rule.into());
    }
    schema
}

fn text(pattern: &str, description: &str) -> Value {
    json!({ "type": "string", "pattern": pattern, "description": description })
}

fn one_of(words: &[&str], description: &str) -> Value {
    json!({ "type": "string", "enum": words, "description": description })
}

fn number(least: i64, most: i64, description: &str) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most, "description": description })
}

fn flag(usual: bool, description: &str) -> Value {
    json!({ "type": "boolean", "default": usual, "description": description })
}

fn list(item: &Value, description: &str) -> Value {
    json!({ "type": "array", "items": item, "description": description })
}

/// A table that takes these keys alone.
fn table<K: Into<String>>(description: &str, required: &[&str], keys: impl IntoIterator<Item = (K, Value)>) -> Value {
    let properties: Map<String, Value> = keys.into_iter().map(|(key, schema)| (key.into(), schema)).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "description": description,
    })
}

/// A table whose keys the writer chooses.
fn named(pattern: &str, each: &Value, description: &str) -> Value {
    json!({
        "type": "object",
        "patternProperties": { pattern: each },
        "additionalProperties": false,
        "description": description,
    })
}

/// Whether one of these keys is there.
fn any_of(keys: &[&str]) -> Value {
    json!({ "anyOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Value>() })
}

/// Values as texts show them.
fn placeholders(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("{{{}}}", field.name)).collect::<Vec<_>>().join(", ")
}

/// Digits, or an answer in braces, joined by `*`.
fn dial_path() -> String {
    let (step, more) = (r"([0-9]+|\{[a-z0-9_]+\})", DIAL_STEPS_MAX - 1);
    format!(r"^{step}(\*{step}){{0,{more}}}$")
}

fn bundle(manifest: &Manifest) -> Value {
    let form = "The form of these files. This program reads 1.";
    let language = one_of(&Language::ALL.map(Language::code), "A language: text/ has a file of this name.");
    let languages =
        list(&language, "The languages of the menus. The first is spoken until the caller chooses another.");
    let languages = with(with(languages, "minItems", 1), "uniqueItems", true);
    let phrase = text(SAID, "A phrase, as the texts write it.");
    let phrases = "Phrases in which a word that makes a promise (free, reply) means something else.";
    let string = "Digits, or an answer in braces, joined by *. People know it by heart: never change it.";
    let dialled = "The state that it leads to, as flow.state. Nothing may be done on the way there.";
    let path = [("path", text(&dial_path(), string)), ("go", text(STATE, dialled))];
    let path = table("A string that can be dialled behind the code, and where it leads.", &["path", "go"], path);
    let meaning = one_of(&["back", "home", "more", "previous"], "What the key means on every screen.");
    let reserved = "The keys that mean the same on every screen. What is not written keeps its usual key.";
    let now = text(STATE, "The name that the state has now, as flow.state. It must be a screen.");
    let renamed = "States that have another name now, so that nobody is stranded on them.";
    let renamed = json!({ "type": "object", "additionalProperties": now, "description": renamed });
    let channel = limits("What the channel of this name carries. What is not written is as on every channel.");
    let keys = [
        ("format", json!({ "type": "integer", "enum": [1], "description": form })),
        ("languages", languages),
        ("entry", text(STATE, "Where a plain dial leads, and the home key: flow.state.")),
        ("identify", text(NAME, "A flow that is called first on every dial, to find out who calls. It must return.")),
        ("help", text(STATE, "Where too many wrong answers in a row lead: flow.state.")),
        ("fault", text(STATE, "Where a fault of the host leads: an end, or a menu without show.")),
        ("closed", text(STATE, "Where a closed flow leads: an end, or a menu without show.")),
        ("notice", text(STATE, "Where every dial leads during maintenance: an end, or a menu without show.")),
        ("wrong_max", number(1, 9, "Wrong answers in a row before help. 3 unless it is written.")),
        ("resume_minutes", number(0, 7 * 24 * 60, "Minutes for which a dropped call is offered again; 0: not at all.")),
        ("resume_path", text(KEY, "What is dialled behind the code to go on with a dropped call at once.")),
        ("no_promise", list(&phrase, phrases)),
        ("limits", with(limits("What every channel carries."), "additionalProperties", channel)),
        ("keys", named(KEY, &meaning, reserved)),
        ("answers", answers(manifest)),
        ("dial", list(&path, "What can be dialled behind the code. Add, and never change.")),
        ("renamed", renamed),
    ];
    table("What all flows share.", &["format", "languages", "entry", "help", "fault"], keys)
}

fn limits(description: &str) -> Value {
    let opening = "Septets of the first screen: some gateways put words of their own before it.";
    let keys = [
        ("screen_septets", number(40, 182, "Septets of a screen.")),
        ("opening_septets", number(40, 182, opening)),
        ("lines", number(5, 20, "Lines of a screen, where the channel cuts what is longer.")),
        ("forbidden", json!({ "type": "string", "description": "Characters that the gateway refuses." })),
        ("idle_seconds", number(5, 3_600, "Seconds that the network waits for a key.")),
        ("session_seconds", number(5, 3_600, "Seconds of a session in all.")),
        ("free", flag(false, "Whether the caller pays nothing: only then may a text say so.")),
        ("two_way", flag(false, "Whether an SMS can be answered: only then may a text ask for it.")),
    ];
    table(description, &[], keys)
}

fn answers(manifest: &Manifest) -> Value {
    let types: Vec<&str> = TYPES.iter().chain(manifest.coded).copied().collect();
    let expected = manifest.answers.iter().map(|(name, kind)| {
        ((*name).to_owned(), answer(&[*kind], &format!("An answer of the host's, which must be of the type {kind}.")))
    });
    json!({
        "type": "object",
        "properties": expected.collect::<Map<String, Value>>(),
        "additionalProperties": answer(&types, "An answer that callers give."),
        "propertyNames": { "pattern": NAME },
        "description": "What callers can be asked for: every answer by its name.",
    })
}

fn answer(types: &[&str], description: &str) -> Value {
    let kind = "What the answer is. A word is set by options, a code of the host is picked, the rest is typed.";
    let bound = |description: &str| json!({ "type": "integer", "description": description });
    let words = list(&text(SAID, "One of the words."), "The words of a word answer, which must list them.");
    let keys = [
        ("type", one_of(types, kind)),
        ("min", bound("The smallest number, amount or year.")),
        ("max", bound("The largest number, amount or year; the characters of a name or text.")),
        ("of", words),
    ];
    table(description, &["type"], keys)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::texts::PLAIN;
    use super::*;
    use crate::menu::graph::EngineText;
    use crate::menu::read::read;
    use crate::menu::tests::example::{self, ExampleLabels, MANIFEST, build_with};
    use crate::menu::{Sources, build};
    use crate::{actions, embedded};

    /// A name that is near to no other.
    const ODD: &str = "zzzzzzzzzzzzzzzz";

    const CLINIC: [(&str, &str); 5] = [
        ("bundle.toml", include_str!("../../examples/clinic/bundle.toml")),
        ("flows/home.toml", include_str!("../../examples/clinic/flows/home.toml")),
        ("flows/visit.toml", include_str!("../../examples/clinic/flows/visit.toml")),
        ("text/en.toml", include_str!("../../examples/clinic/text/en.toml")),
        ("text/sw.toml", include_str!("../../examples/clinic/text/sw.toml")),
    ];

    fn kind_of(path: &str) -> SchemaOf {
        match path.split_once('/') {
            None => SchemaOf::Bundle,
            Some(("flows", _)) => SchemaOf::Flow,
            Some(_) => SchemaOf::Text,
        }
    }

    fn is_name(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }

    fn is_digits(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
    }

    /// Our patterns by hand.
    fn fits(pattern: &str, text: &str) -> bool {
        let full = |text: &str| text.split_once('.').is_some_and(|(flow, state)| is_name(flow) && is_name(state));
        match pattern {
            NAME => is_name(text),
            STATE => full(text),
            GO => is_name(text) || full(text),
            KEY => text.len() <= 3 && is_digits(text),
            SAID => !text.trim().is_empty(),
            PLAIN => !text.trim().is_empty() && !text.contains(['{', '}']),
            dial => {
                assert_eq!(dial, dial_path(), "a pattern that this test does not know");
                let answer =
                    |step: &str| step.strip_prefix('{').and_then(|step| step.strip_suffix('}')).is_some_and(is_name);
                text.split('*').count() <= DIAL_STEPS_MAX && text.split('*').all(|step| is_digits(step) || answer(step))
            }
        }
    }

    fn is_of_type(value: &Value, name: &str) -> bool {
        match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            other => panic!("the type {other}"),
        }
    }

    fn strings(list: &Value) -> Vec<&str> {
        list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
    }

    fn has_all(value: &Value, keys: &Value) -> bool {
        strings(keys).into_iter().all(|key| value.get(key).is_some())
    }

    fn takes(schema: &Value, value: &Value) -> bool {
        complaints(schema, value, "").is_empty()
    }

    /// What a validator of draft 7 says, as far as our schemas go: a line for each complaint, with its place.
    fn complaints(schema: &Value, value: &Value, at: &str) -> Vec<String> {
        if let Some(anything) = schema.as_bool() {
            return if anything { Vec::new() } else { vec![format!("{at}: not here")] };
        }
        let mut found = Vec::new();
        for (keyword, rule) in schema.as_object().unwrap() {
            let schemas = || rule.as_array().into_iter().flatten();
            let good = match keyword.as_str() {
                "type" => is_of_type(value, rule.as_str().unwrap()),
                "enum" => rule.as_array().unwrap().contains(value),
                "const" => rule == value,
                "pattern" => value.as_str().is_none_or(|text| fits(rule.as_str().unwrap(), text)),
                "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
                "maximum" => value.as_i64().is_none_or(|number| number <= rule.as_i64().unwrap()),
                "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
                "uniqueItems" => value.as_array().is_none_or(|items| {
                    let different: BTreeSet<String> = items.iter().map(Value::to_string).collect();
                    different.len() == items.len()
                }),
                "required" => !value.is_object() || has_all(value, rule),
                "oneOf" => schemas().filter(|schema| takes(schema, value)).count() == 1,
                "anyOf" => schemas().any(|schema| takes(schema, value)),
                "not" => !takes(rule, value),
                "allOf" => {
                    found.extend(schemas().flat_map(|schema| complaints(schema, value, at)));
                    true
                }
                "if" => {
                    let then = schema.get(if takes(rule, value) { "then" } else { "else" });
                    found.extend(then.into_iter().flat_map(|then| complaints(then, value, at)));
                    true
                }
                "items" => {
                    let items = value.as_array().into_iter().flatten();
                    found.extend(items.flat_map(|item| complaints(rule, item, &format!("{at}[]"))));
                    true
                }
                "dependencies" => {
                    for (key, needs) in rule.as_object().unwrap().iter().filter(|(key, _)| value.get(key).is_some()) {
                        let met = if needs.is_array() { has_all(value, needs) } else { takes(needs, value) };
                        found.extend((!met).then(|| format!("{at}: {key} is not alone")));
                    }
                    true
                }
                // Looked at with their fellows, key by key, or by editors alone.
                "then"
                | "else"
                | "properties"
                | "patternProperties"
                | "additionalProperties"
                | "propertyNames"
                | "title"
                | "description"
                | "default"
                | "$schema"
                | "x-taplo" => true,
                other => panic!("a keyword that this test does not know: {other}"),
            };
            found.extend((!good).then(|| format!("{at}: {keyword}")));
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            found.extend(complaints_of_key(schema, key, inner, at));
        }
        found
    }

    fn complaints_of_key(schema: &Value, key: &str, value: &Value, at: &str) -> Vec<String> {
        let at = format!("{at}/{key}");
        let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
        let patterns = patterns.filter(|(pattern, _)| fits(pattern, key)).map(|(_, schema)| schema);
        let mut inner: Vec<&Value> = schema.get("properties").and_then(|known| known.get(key)).into_iter().collect();
        inner.extend(patterns);
        if inner.is_empty() {
            inner.extend(schema.get("additionalProperties"));
        }
        let mut found: Vec<String> = inner.into_iter().flat_map(|schema| complaints(schema, value, &at)).collect();
        if let Some(names) = schema.get("propertyNames") {
            found.extend(complaints(names, &Value::from(key), &at));
        }
        found
    }

    fn told_with(manifest: &Manifest, of: SchemaOf, file: &str) -> Vec<String> {
        complaints(&schema(of, manifest), &toml::from_str::<Value>(file).unwrap(), "")
    }

    fn told(of: SchemaOf, file: &str) -> Vec<String> {
        told_with(actions::manifest(), of, file)
    }

    #[test]
    fn what_is_served_and_what_is_shown_are_taken() {
        let served = embedded::menus().files;
        assert!(served.len() > 10, "{}", served.len());
        let served = served.iter().map(|file| (file.path.as_str(), file.text.as_str(), actions::manifest()));
        let clinic = CLINIC.iter().map(|(path, text)| (*path, *text, actions::manifest()));
        let example = example::FILES.iter().map(|(path, text)| (*path, *text, &MANIFEST));
        for (path, text, manifest) in served.chain(clinic).chain(example) {
            assert_eq!(told_with(manifest, kind_of(path), text), Vec::<String>::new(), "{path}");
        }
    }

    const FLOW: &str = "flow = \"home\"\nstart = \"start\"\n[state.start]\n";

    #[test]
    fn states_are_held_to_what_they_are() {
        let told = |state: &str| told(SchemaOf::Flow, &format!("{FLOW}{state}"));
        for good in [
            "end = true",
            "end = true\nshow = \"help.hotline\"",
            "menu = [{ key = \"1\", id = \"home\", go = \"a.b\" }]\ntyped = { answer = \"job\", go = \"next\" }",
            "menu = [{ key = \"1\", id = \"old\", retired = true }]",
            "ask = \"name\"\ngo = \"next\"\noptions = [{ key = \"90\", id = \"no\", go = \"next\" }]",
            "pick = \"job\"\nfrom = \"jobs.for_me\"\ngo = \"next\"\nempty = \"none\"\nfind = true",
            "do = \"worker.toggle_free\"\non = { free = \"start\", busy = \"start\" }",
            "call = \"who\"",
            "return = \"done\"",
        ] {
            assert_eq!(told(good), Vec::<String>::new(), "{good}");
        }
        for (bad, what) in [
            ("bakc = false\nend = true", "/state/start/bakc: not here"),
            ("", "/state/start: oneOf"),
            ("end = true\nreturn = \"done\"", "/state/start: oneOf"),
            ("end = false", "/state/start/end: enum"),
            ("case = \"person.statis\"\non = { new = \"start\" }", "/state/start/case: enum"),
            ("do = \"person.status\"\non = { new = \"start\" }", "/state/start/do: enum"),
            ("do = \"worker.toggle_free\"\non = { free = \"start\" }", "/state/start/on: required"),
            ("do = \"worker.toggle_free\"\non = { free = \"a\", busy = \"a\", away = \"a\" }", "/on/away: not here"),
            ("ask = \"name\"", "/state/start: ask is not alone"),
            ("end = true\ngo = \"start\"", "/state/start: go is not alone"),
            ("end = true\nfind = true", "/state/start: find is not alone"),
            ("ask = \"name\"\ngo = \"Next\"", "/state/start/go: pattern"),
            ("menu = [{ key = \"1\", id = \"home\" }]", "/state/start/menu[]: required"),
            ("menu = [{ key = \"1\", id = \"home\", go = \"a\", retired = true }]", "/state/start/menu[]: not"),
            ("menu = [{ key = \"one\", id = \"home\", go = \"a\" }]", "/state/start/menu[]/key: pattern"),
            ("menu = [{ key = \"1\", id = \"text\", go = \"a\" }]", "/state/start/menu[]/id: not"),
        ] {
            let told = told(bad);
            assert!(told.iter().any(|line| line.ends_with(what)), "{bad}: {told:?}");
        }
    }

    #[test]
    fn the_bundle_and_the_texts_are_held_to_what_they_are() {
        let bundle = "format = 1\nlanguages = [\"en\"]\nentry = \"a.a\"\nhelp = \"a.a\"\nfault = \"a.a\"\n";
        let engine = EngineText::ALL.map(|(_, key)| format!("{key} = \"words\"\n")).concat();
        let texts = format!("[engine]\n{engine}");
        assert_eq!((told(SchemaOf::Bundle, bundle), told(SchemaOf::Text, &texts)), (Vec::new(), Vec::new()));
        for (of, before, more, what) in [
            (SchemaOf::Bundle, bundle, "wrong_max = 10", "/wrong_max: maximum"),
            (SchemaOf::Bundle, bundle, "wrnog_max = 3", "/wrnog_max: not here"),
            (SchemaOf::Bundle, bundle, "[limits]\nlins = 5", "/limits/lins: type"),
            (SchemaOf::Bundle, bundle, "[limits.airtel]\nlines = 4", "/limits/airtel/lines: minimum"),
            (SchemaOf::Bundle, bundle, "[keys]\n0 = \"bcak\"", "/keys/0: enum"),
            (SchemaOf::Bundle, bundle, "[answers]\nplace = { type = \"plaec\" }", "/answers/place/type: enum"),
            (SchemaOf::Bundle, bundle, "[answers]\nrate = { type = \"number\" }", "/answers/rate/type: enum"),
            (SchemaOf::Bundle, bundle, "[answers]\nPlace = { type = \"text\" }", "/answers/Place: pattern"),
            (SchemaOf::Bundle, bundle, "[[dial]]\npath = \"1*x\"\ngo = \"a.a\"", "/dial[]/path: pattern"),
            (SchemaOf::Bundle, bundle, "[renamed]\n\"a.b\" = \"a\"", "/renamed/a.b: pattern"),
            (SchemaOf::Text, &texts, "[words]\nyse = \"YES\"", "/words/yse: not here"),
            (SchemaOf::Text, &texts, "[sms.appleid]\ntext = \"words\"", "/sms/appleid: not here"),
            (SchemaOf::Text, &texts, "[home.start]\nbad = \"words\"", "/home/start: required"),
            (SchemaOf::Text, &texts, "[home.start]\ntext = \"\"", "/home/start/text: pattern"),
        ] {
            let told = told(of, &format!("{before}{more}\n"));
            assert!(told.iter().any(|line| line.ends_with(what)), "{more}: {told:?}");
        }
        let (first, rest) = engine.split_once('\n').unwrap();
        let without = format!("[engine]\n{rest}");
        assert_eq!((first, told(SchemaOf::Text, &without)), ("back = \"words\"", vec!["/engine: required".to_owned()]));
    }

    /// The keys that the reader says it knows where a file has one that it does not know.
    fn keys_of_the_reader(path: &str, file: &str) -> BTreeSet<String> {
        let mut faults = Vec::new();
        read(&Sources::new([(path.to_owned(), file.to_owned())]), &mut faults);
        let fault = faults.iter().find(|fault| fault.what.contains(ODD)).unwrap_or_else(|| panic!("{faults:?}"));
        let known = fault.fix.as_deref().and_then(|fix| fix.strip_prefix("known here: ")).unwrap();
        known.split(", ").map(str::to_owned).collect()
    }

    #[test]
    fn the_keys_are_those_of_the_reader() {
        let state = format!("/properties/state/patternProperties/{NAME}");
        let inside_state = |key: &str| format!("{state}/properties/{key}");
        let flow = |inside: &str| format!("[state.a]\nend = true\n{inside}");
        let option = format!("[{{ {ODD} = 1 }}]");
        for (path, pointer, file) in [
            ("bundle.toml", String::new(), format!("{ODD} = 1")),
            ("bundle.toml", "/properties/limits".to_owned(), format!("[limits]\n{ODD} = 1")),
            ("bundle.toml", "/properties/limits/additionalProperties".to_owned(), format!("[limits.a]\n{ODD} = 1")),
            (
                "bundle.toml",
                "/properties/answers/additionalProperties".to_owned(),
                format!("[answers]\na = {{ {ODD} = 1 }}"),
            ),
            ("bundle.toml", "/properties/dial/items".to_owned(), format!("[[dial]]\n{ODD} = 1")),
            ("flows/a.toml", String::new(), format!("{ODD} = 1")),
            ("flows/a.toml", state.clone(), flow(&format!("{ODD} = 1"))),
            ("flows/a.toml", inside_state("typed"), flow(&format!("typed = {{ {ODD} = 1 }}"))),
            ("flows/a.toml", inside_state("options/items"), flow(&format!("options = {option}"))),
            ("flows/a.toml", inside_state("menu/items"), format!("[state.a]\nmenu = {option}")),
        ] {
            let schema = schema(kind_of(path), actions::manifest());
            let table = schema.pointer(&pointer).unwrap_or_else(|| panic!("{pointer}"));
            let keys: BTreeSet<String> = table["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(keys, keys_of_the_reader(path, &file), "{path} {pointer}");
        }
    }

    #[test]
    fn the_types_of_answers_are_those_of_the_compiler() {
        let report = build_with(&[("bundle.toml", "type = \"crop\"", &format!("type = \"{ODD}\""))]).unwrap_err();
        let records = report.records();
        let fault = records.iter().find(|fault| fault.what.contains(ODD)).unwrap();
        let known = fault.fix.and_then(|fix| fix.strip_prefix("known: ")).unwrap();
        let schema = schema(SchemaOf::Bundle, &MANIFEST);
        let kinds = &schema["properties"]["answers"]["additionalProperties"]["properties"]["type"]["enum"];
        assert_eq!(strings(kinds), known.split(", ").collect::<Vec<_>>());
    }

    /// Whether the compiler says that some number of a bundle is out of bounds.
    fn is_out_of_bounds(bundle: &str) -> bool {
        let sources = Sources::new([("bundle.toml".to_owned(), bundle.to_owned())]);
        let report = build(&sources, &MANIFEST, &ExampleLabels).unwrap_err();
        assert!(report.faults().iter().all(|fault| fault.code != "E00"), "{}", report.render());
        report.faults().iter().any(|fault| fault.what.contains("out of bounds"))
    }

    #[test]
    fn the_bounds_of_numbers_are_those_of_the_compiler() {
        let schema = schema(SchemaOf::Bundle, actions::manifest());
        let limits = &schema["properties"]["limits"];
        let mut seen = 0;
        for (header, keys) in [("", &schema["properties"]), ("[limits]\n", &limits["properties"])] {
            for (key, rule) in keys.as_object().unwrap().iter().filter(|(_, rule)| rule.get("maximum").is_some()) {
                let (least, most) = (rule["minimum"].as_i64().unwrap(), rule["maximum"].as_i64().unwrap());
                for (number, is_out) in [(least - 1, true), (least, false), (most, false), (most + 1, true)] {
                    assert_eq!(is_out_of_bounds(&format!("{header}{key} = {number}")), is_out, "{key} = {number}");
                }
                seen += 1;
            }
        }
        assert_eq!(seen, 7);
    }

    /// Keys that an editor would offer without a word.
    fn without_description(schema: &Value, at: &str, found: &mut Vec<String>) {
        let inner = |keyword: &str| schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
        for (key, rule) in inner("properties").chain(inner("patternProperties")) {
            let at = format!("{at}/{key}");
            if rule.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
                found.push(at.clone());
            }
            without_description(rule, &at, found);
        }
        for keyword in ["items", "additionalProperties"] {
            if let Some(rule) = schema.get(keyword).filter(|rule| rule.is_object()) {
                without_description(rule, &format!("{at}/{keyword}"), found);
            }
        }
    }

    #[test]
    fn every_key_is_explained() {
        for of in [SchemaOf::Bundle, SchemaOf::Flow, SchemaOf::Text] {
            let mut found = Vec::new();
            without_description(&schema(of, actions::manifest()), "", &mut found);
            assert!(found.is_empty(), "{of:?}: {found:?}");
        }
    }
}
