//! Reads the files of a bundle into [`Written`]; what cannot be read is a fault, and the rest is read all the same.

use toml::de::DeTable;

use super::fault::{At, Fault, Located};
use super::source::{
    AnswerSource, BundleSource, DialSource, FILE_BYTES_MAX, FlowSource, KindSource, LimitsSource, OptionSource,
    Sources, StateSource, TextSource, Word, Written,
};
use super::toml_table::TableAt;
use crate::text::Language;

/// Reads every file; what cannot be read is a fault, and the rest is read all the same.
pub fn read(sources: &Sources, faults: &mut Vec<Fault>) -> Written {
    let mut written = Written::default();
    for (file, source) in sources.files.iter().enumerate() {
        if source.text.len() > FILE_BYTES_MAX {
            let what = format!("the file is larger than {FILE_BYTES_MAX} bytes");
            faults.push(Fault::new("E00", At { file, start: 0, end: 0 }, what).fix("cut it into several flows"));
            continue;
        }
        let (tree, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let span = error.span().unwrap_or_default();
            let at = At { file, start: span.start, end: span.end };
            faults.push(Fault::new("E00", at, error.message().trim()).fix("write it as TOML asks"));
        }
        if !errors.is_empty() {
            continue;
        }
        let root = TableAt::root(tree.get_ref(), file);
        if source.path == "bundle.toml" {
            written.bundle = read_bundle(&root, faults);
        } else if source.path.starts_with("flows/") {
            written.flows.extend(read_flow(&root, faults));
        } else {
            written.texts.extend(read_text(&root, &source.path, faults));
        }
    }
    if !sources.files.iter().any(|file| file.path == "bundle.toml") {
        let nowhere = At { file: usize::MAX, start: 0, end: 0 };
        let fix = "write one beside flows/ and text/; it begins with format = 1";
        faults.push(Fault::new("E00", nowhere, "the bundle has no bundle.toml").fix(fix));
    }
    written
}

fn own(word: &Located<&str>) -> Word {
    Located { value: word.value.to_owned(), at: word.at }
}

fn word(table: &TableAt<'_>, key: &str, faults: &mut Vec<Fault>) -> Option<Word> {
    table.string(key, faults).map(|found| own(&found))
}

fn required(table: &TableAt<'_>, key: &str, example: &str, faults: &mut Vec<Fault>) -> Option<Word> {
    if !table.has(key) {
        table.missing(key, example, faults);
    }
    word(table, key, faults)
}

fn pairs(table: &TableAt<'_>, faults: &mut Vec<Fault>) -> Vec<(Word, Word)> {
    table.keys().filter_map(|key| word(table, key.value, faults).map(|value| (own(&key), value))).collect()
}

fn read_bundle(root: &TableAt<'_>, faults: &mut Vec<Fault>) -> BundleSource {
    let places = ["entry", "identify", "help", "fault", "closed", "notice"];
    let known = ["format", "languages", "wrong_max", "resume_minutes", "resume_path", "no_promise"];
    let tables = ["limits", "keys", "answers", "dial", "renamed"];
    root.only(&[&places[..], &known[..], &tables[..]].concat(), faults);
    match root.integer("format", faults) {
        Some(format) if format.value != 1 => {
            faults.push(Fault::new("E01", format.at, "this program reads format 1").fix("write format = 1"));
        }
        Some(_) => {}
        None => root.missing("format", "format = 1", faults),
    }
    let languages = read_languages(root, faults);
    let (limits, channels) = root.table("limits", faults).map(|table| read_limits(&table, faults)).unwrap_or_default();
    let keys = root.table("keys", faults).map(|keys| pairs(&keys, faults)).unwrap_or_default();
    let answers = root.table("answers", faults).map(|table| read_answers(&table, faults)).unwrap_or_default();
    let mut dial = Vec::new();
    for path in root.tables("dial", faults) {
        path.only(&["path", "go"], faults);
        let found = required(&path, "path", "path = \"4\"", faults);
        if let (Some(path), Some(go)) = (found, required(&path, "go", "go = \"flow.state\"", faults)) {
            dial.push(DialSource { path, go });
        }
    }
    BundleSource {
        at: root.at,
        entry: required(root, "entry", "entry = \"home.start\"", faults),
        identify: word(root, "identify", faults),
        help: required(root, "help", "help = \"help.lost\"", faults),
        fault: required(root, "fault", "fault = \"help.fault\"", faults),
        languages,
        wrong_max: root.integer("wrong_max", faults),
        closed: word(root, "closed", faults),
        notice: word(root, "notice", faults),
        resume_minutes: root.integer("resume_minutes", faults),
        resume_path: word(root, "resume_path", faults),
        limits,
        channels,
        no_promise: root.strings("no_promise", faults).iter().map(own).collect(),
        renamed: root.table("renamed", faults).map(|table| pairs(&table, faults)).unwrap_or_default(),
        keys,
        answers,
        dial,
    }
}

/// `[limits]` for every channel, and in it a table for each channel that is known to carry more or less.
fn read_limits(table: &TableAt<'_>, faults: &mut Vec<Fault>) -> (LimitsSource, Vec<(Word, LimitsSource)>) {
    let mut channels = Vec::new();
    for name in table.keys().filter(|name| !LIMITS.contains(&name.value)) {
        // A misspelt limit is no channel: its value is no table, and the known names are told.
        if let Some(channel) = table.subtable(name.value) {
            channel.only(&LIMITS, faults);
            channels.push((own(&name), limits_of(&channel, faults)));
        } else {
            table.unknown(&name, &LIMITS, faults);
        }
    }
    (limits_of(table, faults), channels)
}

/// What is known of a channel.
const LIMITS: [&str; 8] =
    ["screen_septets", "opening_septets", "lines", "forbidden", "idle_seconds", "session_seconds", "free", "two_way"];

fn limits_of(table: &TableAt<'_>, faults: &mut Vec<Fault>) -> LimitsSource {
    LimitsSource {
        screen_septets: table.integer("screen_septets", faults),
        opening_septets: table.integer("opening_septets", faults),
        lines: table.integer("lines", faults),
        forbidden: word(table, "forbidden", faults),
        idle_seconds: table.integer("idle_seconds", faults),
        session_seconds: table.integer("session_seconds", faults),
        free: table.boolean("free", faults),
        two_way: table.boolean("two_way", faults),
    }
}

fn read_languages(root: &TableAt<'_>, faults: &mut Vec<Fault>) -> Vec<Located<Language>> {
    let mut languages: Vec<Located<Language>> = Vec::new();
    let before = faults.len();
    for code in root.strings("languages", faults) {
        match Language::from_code(code.value) {
            Some(value) if languages.iter().any(|language| language.value == value) => {
                faults.push(Fault::new("E01", code.at, format!("`{}` is there twice", code.value)).fix("remove one"));
            }
            Some(value) => languages.push(Located { value, at: code.at }),
            None => {
                let known = Language::ALL.map(Language::code).join(", ");
                let fault = Fault::new("E01", code.at, format!("unknown language `{}`", code.value));
                faults.push(fault.fix(format!("known: {known}")));
            }
        }
    }
    if languages.is_empty() && faults.len() == before {
        root.missing("languages", "languages = [\"rw\", \"en\"]", faults);
    }
    languages
}

fn read_answers(table: &TableAt<'_>, faults: &mut Vec<Fault>) -> Vec<AnswerSource> {
    let mut answers = Vec::new();
    for name in table.keys() {
        let Some(answer) = table.table(name.value, faults) else { continue };
        answer.only(&["type", "min", "max", "of"], faults);
        let Some(kind) = required(&answer, "type", "type = \"number\"", faults) else { continue };
        answers.push(AnswerSource {
            name: own(&name),
            kind,
            min: answer.integer("min", faults).map(|found| found.value),
            max: answer.integer("max", faults).map(|found| found.value),
            of: answer.strings("of", faults).iter().map(own).collect(),
        });
    }
    answers
}

fn read_flow(root: &TableAt<'_>, faults: &mut Vec<Fault>) -> Option<FlowSource> {
    root.only(&["flow", "start", "state"], faults);
    let name = required(root, "flow", "flow = \"register\"", faults);
    let start = required(root, "start", "start = \"first_state\"", faults);
    let (mut states, mut unread) = (Vec::new(), Vec::new());
    if !root.has("state") {
        root.missing("state", "[state.first_state]", faults);
    }
    if let Some(table) = root.table("state", faults) {
        for state in table.keys() {
            let found = table.table(state.value, faults).and_then(|found| read_state(own(&state), &found, faults));
            match found {
                Some(found) => states.push(found),
                None => unread.push(state.value.to_owned()),
            }
        }
    }
    Some(FlowSource { name: name?, start: start?, states, unread })
}

/// The keys of which a state has exactly one.
const KINDS: [&str; 8] = ["menu", "ask", "pick", "do", "case", "call", "return", "end"];

fn read_state(name: Word, table: &TableAt<'_>, faults: &mut Vec<Fault>) -> Option<StateSource> {
    let own_keys: &[&str] = &["show", "options", "go", "on", "back", "find", "from", "empty", "typed", "private"];
    table.only(&[&KINDS[..], own_keys].concat(), faults);
    let present: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let &[kind] = present.as_slice() else {
        let what = match present.as_slice() {
            [] => format!("state `{}` does not say what it is", name.value),
            several => format!("state `{}` is several things: {}", name.value, several.join(", ")),
        };
        faults.push(Fault::new("E01", name.at, what).fix(format!("give it exactly one of {}", KINDS.join(", "))));
        return None;
    };
    if kind == "menu" && table.has("options") {
        let fault = Fault::new("E01", table.key_at("options"), "a menu holds its options itself");
        faults.push(fault.fix("move them into `menu`"));
    }
    let options = read_options(table, if kind == "menu" { "menu" } else { "options" }, faults);
    let kind = match kind {
        "menu" => KindSource::Menu,
        "ask" => KindSource::Ask(word(table, "ask", faults)?),
        "pick" => KindSource::Pick {
            answer: word(table, "pick", faults)?,
            from: required(table, "from", "from = \"query.name\"", faults)?,
        },
        "do" => KindSource::Do(word(table, "do", faults)?),
        "case" => KindSource::Case(word(table, "case", faults)?),
        "call" => KindSource::Call(word(table, "call", faults)?),
        "return" => KindSource::Return(word(table, "return", faults)?),
        _ => {
            if table.boolean("end", faults).is_some_and(|end| !end.value) {
                faults.push(Fault::new("E01", table.key_at("end"), "a last screen is one").fix("write end = true"));
            }
            KindSource::End
        }
    };
    let typed = table.table("typed", faults).and_then(|typed| {
        typed.only(&["answer", "go"], faults);
        let answer = required(&typed, "answer", "answer = \"number\"", faults);
        let go = required(&typed, "go", "go = \"state\"", faults);
        Some((answer?, go?))
    });
    let mut flag = |key: &str, default| table.boolean(key, faults).map_or(default, |found| found.value);
    let (back, find, private) = (flag("back", true), flag("find", false), flag("private", false));
    Some(StateSource {
        name,
        kind,
        show: word(table, "show", faults),
        options,
        go: word(table, "go", faults),
        on: table.table("on", faults).map(|on| pairs(&on, faults)).unwrap_or_default(),
        back,
        find,
        empty: word(table, "empty", faults),
        typed,
        private,
    })
}

fn read_options(table: &TableAt<'_>, key: &str, faults: &mut Vec<Fault>) -> Vec<OptionSource> {
    let mut options = Vec::new();
    for option in table.tables(key, faults) {
        option.only(&["key", "id", "go", "set", "when", "retired"], faults);
        let number = required(&option, "key", "key = \"1\"", faults);
        let id = required(&option, "id", "id = \"yes\"", faults);
        let retired = option.boolean("retired", faults).is_some_and(|retired| retired.value);
        let go = if retired { None } else { required(&option, "go", "go = \"state\"", faults) };
        for stray in ["go", "set", "when"].into_iter().filter(|key| retired && option.has(key)) {
            let what = format!("`{stray}` means nothing in an option that is retired");
            faults.push(Fault::new("E01", option.key_at(stray), what).fix(format!("remove `{stray}`")));
        }
        let set = option.table("set", faults).map(|set| pairs(&set, faults)).unwrap_or_default();
        let when = word(&option, "when", faults);
        if let (Some(key), Some(id), true) = (number, id, go.is_some() || retired) {
            options.push(OptionSource { key, id, go, set, when, retired });
        }
    }
    options
}

fn read_text(root: &TableAt<'_>, path: &str, faults: &mut Vec<Fault>) -> Option<TextSource> {
    let stem = path.strip_prefix("text/").and_then(|name| name.strip_suffix(".toml")).unwrap_or(path);
    let Some(language) = Language::from_code(stem) else {
        let fault = Fault::new("E01", root.at, format!("unknown language `{stem}` in the file's name"));
        faults.push(fault.fix(format!("known: {}", Language::ALL.map(Language::code).join(", "))));
        return None;
    };
    let mut sections = Vec::new();
    for group in root.keys() {
        let Some(table) = root.table(group.value, faults) else { continue };
        if matches!(group.value, "engine" | "words") {
            sections.push((own(&group), pairs(&table, faults)));
            continue;
        }
        for name in table.keys() {
            if let Some(slots) = table.table(name.value, faults) {
                let section = Located { value: format!("{}.{}", group.value, name.value), at: name.at };
                sections.push((section, pairs(&slots, faults)));
            }
        }
    }
    Some(TextSource { language, at: root.at, sections })
}
