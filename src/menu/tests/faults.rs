//! One planted fault at a time: its code, its file and line, and a fix that names the mend. Here what is written: files,
//! names and texts.

use super::example::{build_with, bundle, sources_with};

/// A fault that is planted into the example.
pub(super) struct Planted<'a> {
    code: &'a str,
    file: &'a str,
    from: &'a str,
    to: &'a str,
    /// File whose line is reported, and what stands on that line.
    at: (&'a str, &'a str),
    what: &'a str,
    fix: &'a str,
}

/// A fault on the line that is planted.
pub(super) fn here<'a>(
    code: &'a str,
    file: &'a str,
    from: &'a str,
    to: &'a str,
    what: &'a str,
    fix: &'a str,
) -> Planted<'a> {
    Planted { code, file, from, to, at: (file, to), what, fix }
}

impl<'a> Planted<'a> {
    /// The fault is reported on another line.
    pub(super) fn on(self, file: &'a str, on: &'a str) -> Self {
        Self { at: (file, on), ..self }
    }
}

pub(super) fn assert_found(planted: &Planted<'_>) {
    let &Planted { code, file, from, to, at: (at, on), what, fix } = planted;
    let changes = [(file, from, to)];
    let sources = sources_with(&changes);
    let text = &sources.files.iter().find(|source| source.path == at).unwrap().text;
    let needle = on.lines().next().unwrap();
    let line = text.lines().position(|line| line.contains(needle)).expect(needle) + 1;
    let report = build_with(&changes).expect_err(to);
    let found = report.records().into_iter().any(|fault| {
        let same = fault.code == code && fault.file == at && fault.line == line;
        same && fault.what.contains(what) && fault.fix.is_some_and(|found| found.contains(fix))
    });
    assert!(found, "no {code} at {at}:{line} ({what}; {fix}) for {to}\n{}", report.render());
    for fault in report.records() {
        assert!(fault.fix.is_some_and(|fix| !fix.is_empty()), "no fix: {}", fault.what);
    }
}

pub(super) const BUNDLE: &str = "bundle.toml";
pub(super) const HOME: &str = "flows/home.toml";
pub(super) const CLINIC: &str = "flows/clinic.toml";
pub(super) const BOOKING: &str = "flows/booking.toml";
pub(super) const CLOCK: &str = "flows/clock.toml";
pub(super) const MARKET: &str = "flows/market.toml";
pub(super) const VAULT: &str = "flows/vault.toml";
pub(super) const WHO: &str = "flows/who.toml";
pub(super) const HELP: &str = "flows/help.toml";
pub(super) const EN: &str = "text/en.toml";
pub(super) const SW: &str = "text/sw.toml";

#[test]
fn the_example_is_without_fault() {
    let bundle = bundle();
    assert_eq!(bundle.states.len(), bundle.names.len());
    let opening = |name: &str| bundle.state(bundle.names[name]).unwrap().opening;
    for (state, first) in [
        ("who.list", true),
        ("home.start", true),
        ("clinic.list", true),
        ("clinic.none", true),
        ("market.price", true),
        ("market.unknown", true),
        ("help.fault", true),
        ("market.list", false),
        ("booking.reason", false),
        ("help.lost", false),
    ] {
        assert_eq!(opening(state), first, "{state}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    assert_found(&here("E00", HOME, "[state.start]", "[state.start", "", "TOML"));
    assert_found(&here("E00", EN, "over = \"This call", "over = This call", "", "TOML"));
}

#[test]
fn names_that_nothing_has() {
    for planted in [
        here("E01", BUNDLE, "format = 1", "format = 2", "format 1", "format = 1"),
        here("E01", BUNDLE, "\"en\", \"sw\"", "\"en\", \"sw\", \"xx\"", "`xx`", "known: rw, en, fr, sw"),
        here("E01", BUNDLE, "\"en\", \"sw\"", "\"en\", \"sw\", \"en\"", "twice", "remove one"),
        here("E01", BUNDLE, "entry = \"home.start\"", "entry = \"home.strat\"", "no state", "`home.start`"),
        here("E01", BUNDLE, "identify = \"who\"", "identify = \"whom\"", "no flow", "`who`"),
        here("E01", BUNDLE, "wrong_max = 3", "wrong_max = 0", "out of bounds", "1 to 9"),
        here("E01", BUNDLE, "resume_minutes = 60", "resume_minutes = 99999", "out of bounds", "0 to 10080"),
        here("E01", BUNDLE, "opening_septets = 140", "opening_septets = 500", "out of bounds", "40 to 182"),
        here("E01", BUNDLE, "98 = \"more\"", "98 = \"mroe\"", "unknown meaning", "back, home, more, previous"),
        here("E01", BUNDLE, "wrong_max", "wrnog_max", "unknown key", "`wrong_max`"),
        here("E01", BUNDLE, "type = \"crop\"", "type = \"corp\"", "unknown type", "`crop`"),
        here("E01", BUNDLE, "day = { type = \"day\" }", "day = { type = \"time\" }", "of type `day`", "type = \"day\""),
        here("E01", BUNDLE, "of = [\"checkup\", \"vaccine\"]", "of = []", "lists its words", "of = ["),
        here("E01", BUNDLE, "min = 10, max = 99 ", "min = 99, max = 10 ", "larger", "exchange"),
        here("E01", BUNDLE, "note = {", "Note = {", "`Note` is no name", "small letters"),
        here("E01", BUNDLE, "path = \"1\"", "path = \"one\"", "cannot be dialled", "digits or {answer}"),
        here("E01", BUNDLE, "path = \"2*{crop_number}\"", "path = \"2*{patient}\"", "cannot be dialled", "typed"),
        here("E01", BUNDLE, "path = \"2*{crop_number}\"", "path = \"2*{crop_nmber}\"", "no answer", "`crop_number`"),
        here("E01", BUNDLE, "path = \"1\"", "path = \"1*1*1*1*1*1*1*1*1\"", "more than 8 steps", "shorter"),
        here("E01", HOME, "go = \"clinic.list\"", "go = \"clinic.lsit\"", "no state", "`clinic.list`"),
        here("E01", HOME, "back = false", "bakc = false", "unknown key", "`back`"),
        here("E01", HOME, "back = false", "back = \"no\"", "must be true or false", "true or false"),
        here("E01", HOME, "flow = \"home\"", "flow = \"sms\"", "meaning of its own", "another name"),
        here("E01", HOME, "[state.start]", "[state.\"a.b\"]", "is no name", "small letters"),
        here("E01", HOME, "id = \"vault\"", "id = \"text\"", "another meaning", "an id of its own"),
        here("E01", HOME, "{ key = \"3\", id", "{ keey = \"3\", id", "unknown key", "`key`"),
        here("E01", CLINIC, "from = \"clinic.near\"", "from = \"clinic.neer\"", "can follow `from`", "`clinic.near`"),
        here("E01", CLINIC, "pick = \"clinic\"", "pick = \"patient\"", "cannot be picked", "codes are picked"),
        here("E01", CLINIC, "call = \"booking\"", "call = \"boking\"", "no flow", "`booking`"),
        here("E01", BOOKING, "ask = \"patient\"", "ask = \"reason\"", "cannot be typed", "set by options"),
        here("E01", BOOKING, "ask = \"note\"", "ask = \"note\"\nmenu = []", "menu, ask", "one of")
            .on(BOOKING, "[state.note]"),
        here("E01", BOOKING, "set = { reason = \"checkup\" }", "set = { reason = \"chekup\" }", "set to", "word"),
        here("E01", MARKET, "do = \"market.post\"", "do = \"market.find\"", "can follow `do`", "known: "),
        here("E01", MARKET, "ask = \"price\"", "ask = \"prize\"", "no answer", "`price`"),
        here("E01", VAULT, "end = true", "end = false", "last screen", "end = true"),
        here("E01", VAULT, "do = \"vault.open\"", "back = 1\ndo = \"vault.open\"", "must be true", "true or false"),
    ] {
        assert_found(&planted);
    }
}

#[test]
fn keys_that_a_state_of_this_kind_does_not_have() {
    for (file, from, to, state, key) in [
        (VAULT, "do = \"vault.open\"", "find = true\ndo = \"vault.open\"", "[state.open]", "find"),
        (VAULT, "ask = \"code\"", "ask = \"code\"\nempty = \"open\"", "[state.ask]", "empty"),
        (VAULT, "end = true", "end = true\ngo = \"ask\"", "[state.inside]", "go"),
        (CLOCK, "return = \"set\"", "return = \"set\"\non = { a = \"skip\" }", "[state.set]", "on"),
    ] {
        assert_found(&here("E01", file, from, to, "means nothing", key).on(file, state));
    }
    let both = "options = []\nmenu = [{ key = \"1\", id = \"home\"";
    assert_found(&here(
        "E01",
        HELP,
        "menu = [{ key = \"1\", id = \"home\"",
        both,
        "holds its options itself",
        "`menu`",
    ));
}

#[test]
fn texts_that_are_missing_or_used_by_nothing() {
    for planted in [
        here("E07", SW, "clinic = \"Kliniki\"\n", "", "has no `clinic`", "clinic = ").on(SW, "[home.start]"),
        here("E07", SW, "[vault.ask]\ntext = \"Siri yako?\"\n", "", "[vault.ask] has no `text`", "[vault.ask]")
            .on(SW, "[engine]"),
        here("E07", SW, "over = \"Simu imekwisha.\"", "", "has no `over`", "over = ").on(SW, "[engine]"),
        here("E07", SW, "up = \"inapanda\"", "upp = \"inapanda\"", "does not use `upp`", "`up`"),
        here("E07", SW, "kilo = \"kg\"", "", "has no `kilo`", "kilo = ").on(SW, "[words]"),
        here("E07", SW, "clinic = \"Kliniki\"", "clinik = \"Kliniki\"", "does not use `clinik`", "`clinic`"),
        here("E07", SW, "[vault.ask]", "[vault.aks]", "no state or message", "`vault.ask`"),
        here("E07", SW, "[sms.slip]", "[sms.slipp]", "no state or message", "remove them"),
        here("E07", SW, "text = \"Siri yako?\"", "text = \" \"", "is empty", "write what"),
    ] {
        assert_found(&planted);
    }
    let files = sources_with(&[]).files.into_iter().filter(|file| file.path != SW).map(|file| (file.path, file.text));
    let sources = super::super::Sources::new(files);
    let report = super::super::build(&sources, &super::example::MANIFEST, &super::example::ExampleLabels).unwrap_err();
    let [fault] = report.records().try_into().unwrap();
    assert_eq!((fault.code, fault.file, fault.line, fault.what), ("E07", BUNDLE, 2, "text/sw.toml is not there"));
}

#[test]
fn placeholders_that_nothing_fills() {
    for planted in [
        here("E08", SW, "text = \"Afya na bei\"", "text = \"Afya na {bei}\"", "nothing fills `{bei}`", "known here"),
        here("E08", SW, "row = \"{crop:12} {price}", "row = \"{crop:12} {prise}", "`{prise}`", "`price`"),
        here("E08", SW, "text = \"Afya na bei\"", "text = \"Afya na {bei\"", "without `}`", "{name}"),
        here("E08", SW, "back = \"Rudi\"", "back = \"Rudi {day}\"", "nothing fills", "without {"),
        here(
            "E08",
            SW,
            "{day}, namba {number}.",
            "{day}, namba {number}, {patient}.",
            "cannot show answers",
            "clinic, day",
        ),
        // Answered on no way here; on one of two ways; before the call, but dropped is returned before that.
        here("E08", SW, "text = \"Afya na bei\"", "text = \"Afya na {day}\"", "may not be answered", "every way"),
        here("E08", SW, "Hakuna kilichowekwa {clinic}.", "Hakuna {patient}.", "{patient} is shown", "every way"),
        here("E08", SW, "text = \"Kingine?\"", "text = \"Kingine, {hour}?\"", "{hour} is shown", "every way"),
        here("E08", SW, "text = \"Kingine?\"", "text = \"Kingine, {reason}?\"", "a word's name", "query"),
        here("E08", BOOKING, "go = \"born\"", "go = \"day\"", "needs the answer `born`", "ask for it")
            .on(BOOKING, "[state.save]"),
        here(
            "E08",
            HOME,
            "go = \"market.by_number\" }",
            "go = \"market.price\" }",
            "needs the answer `crop`",
            "ask for it",
        )
        .on(MARKET, "[state.price]"),
        // A secret is gone after the next screen.
        here(
            "E08",
            VAULT,
            "go = \"open\"",
            "go = \"more\"\n\n[state.more]\nmenu = [{ key = \"1\", id = \"on\", go = \"open\" }]",
            "needs the answer `code`",
            "ask for it",
        )
        .on(VAULT, "[state.open]"),
    ] {
        assert_found(&planted);
    }
}

#[test]
fn letters_that_halve_a_message() {
    assert_found(&here("E09", SW, "text = \"Siri yako?\"", "text = \"Siri yako… ê\"", "`ê …`", "write Siri yako... e"));
    assert_found(&here("E09", SW, "up = \"inapanda\"", "up = \"inapânda\"", "`â`", "write inapanda"));
}

#[test]
fn all_faults_are_found_in_one_run() {
    let report = build_with(&[
        (HOME, "go = \"clinic.list\"", "go = \"clinic.lsit\""),
        (BUNDLE, "wrong_max = 3", "wrong_max = 30"),
        (SW, "text = \"Siri yako?\"", "text = \"Siri yako ê?\""),
        (EN, "text = \"Your code?\"", "text = \"Your {cod}?\""),
        (EN, "home = \"Home\"\n", ""),
        (VAULT, "wrong = \"ask\"", "wrong = \"ask\", wrang = \"ask\""),
    ])
    .unwrap_err();
    let found: Vec<(&str, &str)> = report.records().iter().map(|fault| (fault.file, fault.code)).collect();
    let wanted = [(BUNDLE, "E01"), (HOME, "E01"), (VAULT, "E12"), (EN, "E07"), (EN, "E08"), (SW, "E09")];
    assert_eq!(found, wanted, "{}", report.render());
}

#[test]
fn a_state_that_cannot_be_read_is_one_fault() {
    let report = build_with(&[(CLINIC, "call = \"booking\"", "cal = \"booking\"")]).unwrap_err();
    let found: Vec<&str> = report.records().iter().map(|fault| fault.what).collect();
    assert_eq!(found, ["state `book` does not say what it is", "unknown key `cal`"], "{}", report.render());
}
