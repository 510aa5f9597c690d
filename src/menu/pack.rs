//! The folder for an acceptance test by an operator or a regulator, made from the menus and their transcripts.
//!
//! Who lets a code go live wants to see the menu tree, every screen in every language with its length, test cases with
//! error cases, and a sheet to sign; Rwanda's regulator wants the same on every network. All of it is known here
//! already and proven, so that nobody writes it by hand and nothing in it is out of date. `index.html` is the whole as
//! one document that prints; the tables stand beside it as CSV, for who fills them in.
//!
//! The same menus and transcripts give the same bytes.

mod cases;
mod html;
mod screens;
mod tree;

use std::collections::BTreeMap;

use super::graph::{Bundle, StateId};
use super::manifest::Manifest;
use super::sheet::guarded;
use super::transcript::Transcript;
use super::width::Widest;
use crate::text::Language;

use cases::{Case, Expected};
use screens::{Fit, Screen};

/// What the first bytes of a CSV file tell a spreadsheet: this is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The columns of the sign-off sheet.
const SIGN_OFF: [&str; 6] = ["For", "Name", "Accepted (yes or no)", "Date", "Signature", "Remarks"];

/// What a pack is made from.
#[derive(Clone, Copy, Debug)]
pub struct PackInput<'a> {
    /// The menus, proven.
    pub bundle: &'a Bundle,
    /// What the host offers them.
    pub manifest: &'a Manifest,
    /// The widest of every screen: [`super::width::widest_screens`].
    pub widest: &'a BTreeMap<(Language, StateId), Widest>,
    /// Transcripts by the names of their files, as `register.en.txt`, in the order of the test.
    pub transcripts: &'a [(String, Transcript)],
    /// The code that is dialled, as `*567#`.
    pub code: &'a str,
    /// The networks on which it must be live.
    pub networks: &'a [String],
    /// The day on which the pack is made, as a person reads it.
    pub made: &'a str,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFile {
    /// Its path in the folder.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Makes the files of a pack.
pub fn pack(input: &PackInput<'_>) -> Vec<PackFile> {
    let contents = Contents { input, screens: screens::screens(input), cases: cases::cases(input) };
    let file = |path: &str, bytes: Vec<u8>| PackFile { path: path.to_owned(), bytes };
    vec![
        file("index.html", html::document(&contents).into_bytes()),
        file("screens.csv", screens_sheet(&contents.screens)),
        file("cases.csv", cases_sheet(&contents.cases)),
        file("parity.csv", parity_sheet(&contents.cases, input.networks)),
        file("signoff.csv", sign_off_sheet(input.networks)),
    ]
}

/// How many screens a pack of these menus has, each in every language: those of the states and the engine's own.
pub fn screen_count(bundle: &Bundle) -> usize {
    screens::count(bundle)
}

/// What a pack tells, before it is written.
struct Contents<'a> {
    input: &'a PackInput<'a>,
    screens: Vec<Screen<'a>>,
    cases: Vec<Case<'a>>,
}

/// A row for each screen and language, with the length that leaves least.
fn screens_sheet(screens: &[Screen<'_>]) -> Vec<u8> {
    let head = ["state", "language", "first screen of a session", "text", "widest septets", "limit", "left"];
    let rows = screens.iter().map(|screen| {
        let fit = screen.tightest();
        let number = |number: Option<usize>| number.map_or_else(String::new, |number| number.to_string());
        vec![
            screen.name.to_owned(),
            screen.language.code().to_owned(),
            yes_or_no(screen.is_first).to_owned(),
            screen.text.clone(),
            number(fit.map(|fit| fit.used)),
            number(fit.map(|fit| fit.limit)),
            number(fit.map(Fit::left)),
        ]
    });
    sheet(head.map(str::to_owned).into(), rows)
}

/// A row for each step.
fn cases_sheet(cases: &[Case<'_>]) -> Vec<u8> {
    let head = ["case", "language", "step", "action", "input", "expected"];
    let rows = cases.iter().flat_map(|case| {
        case.steps.iter().enumerate().map(move |(index, step)| {
            let expected: Vec<String> = step.expected.iter().map(told).collect();
            vec![
                case.name.to_owned(),
                case.language_code().to_owned(),
                (index + 1).to_string(),
                step.action.to_owned(),
                step.input.clone(),
                expected.join("\n"),
            ]
        })
    });
    sheet(head.map(str::to_owned).into(), rows)
}

fn told(expected: &Expected<'_>) -> String {
    match expected.words() {
        Some(words) => format!("{}:\n{words}", expected.what()),
        None => expected.what().to_owned(),
    }
}

/// A row for each case, with an empty cell for each network.
fn parity_sheet(cases: &[Case<'_>], networks: &[String]) -> Vec<u8> {
    let mut head: Vec<String> = ["case", "language", "error case"].map(str::to_owned).into();
    head.extend_from_slice(networks);
    let rows = cases.iter().map(|case| {
        let mut row: Vec<String> =
            [case.name, case.language_code(), yes_or_no(case.is_error())].map(str::to_owned).into();
        row.resize(row.len() + networks.len(), String::new());
        row
    });
    sheet(head, rows)
}

/// A row for each who signs.
fn sign_off_sheet(networks: &[String]) -> Vec<u8> {
    let rows = signatories(networks).into_iter().map(|who| {
        let mut row = vec![who];
        row.resize(SIGN_OFF.len(), String::new());
        row
    });
    sheet(SIGN_OFF.map(str::to_owned).into(), rows)
}

/// Who signs: the service, every network, the regulator.
fn signatories(networks: &[String]) -> Vec<String> {
    let operators = networks.iter().map(|network| format!("Operator: {network}"));
    let service = std::iter::once("The service".to_owned());
    service.chain(operators).chain(std::iter::once("The regulator".to_owned())).collect()
}

/// CSV as spreadsheets open it.
fn sheet(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
    for row in std::iter::once(head).chain(rows) {
        // The rows are of one length, and memory takes them all: nothing here can fail.
        let _ = out.write_record(row.iter().map(|cell| guarded(cell)));
    }
    out.into_inner().unwrap_or_default()
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::tests::example::{ExampleLabels, MANIFEST, sources_with};
    use crate::menu::transcript::parse;
    use crate::menu::{examine, width};

    /// Transcripts of the example: one in which all goes well, and one in which a call is cut.
    const TRANSCRIPTS: [(&str, &str); 2] = [
        ("home.en.txt", "dial *567# as +255700000001\n= Health and prices\n= 1 Clinic\n> 1\nend\nsms Your visit\n"),
        ("home_cut.sw.txt", "dial *567#\n> 1\ndrop\nwait 2h\ndial *567#\n> =1+1\n"),
    ];

    /// Packs the example with some text replaced.
    fn packed(changes: &[(&str, &str, &str)], transcripts: &[(&str, &str)]) -> Vec<PackFile> {
        let mut files = Vec::new();
        with_changed_input(changes, transcripts, |input| files = pack(input));
        files
    }

    fn with_changed_input(
        changes: &[(&str, &str, &str)],
        transcripts: &[(&str, &str)],
        use_it: impl FnOnce(&PackInput<'_>),
    ) {
        let examined = examine(&sources_with(changes), &MANIFEST, &ExampleLabels);
        let bundle = examined.bundle.unwrap_or_else(|| panic!("{}", examined.report.render()));
        let widest = width::widest_screens(&bundle, &examined.written, &MANIFEST, &ExampleLabels);
        let transcripts: Vec<(String, Transcript)> =
            transcripts.iter().map(|(name, text)| ((*name).to_owned(), parse(text).unwrap())).collect();
        let networks = ["MTN".to_owned(), "=Airtel".to_owned()];
        use_it(&PackInput {
            bundle: &bundle,
            manifest: &MANIFEST,
            widest: &widest,
            transcripts: &transcripts,
            code: "*567#",
            networks: &networks,
            made: "22/11/2026",
        });
    }

    /// What the example is packed from.
    pub(super) fn with_input(use_it: impl FnOnce(&PackInput<'_>)) {
        with_changed_input(&[], &TRANSCRIPTS, use_it);
    }

    fn text<'a>(files: &'a [PackFile], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path == path).expect(path);
        std::str::from_utf8(&file.bytes).unwrap()
    }

    /// The rows of a sheet, the first being its head.
    fn rows(files: &[PackFile], path: &str) -> Vec<Vec<String>> {
        let sheet = text(files, path).strip_prefix('\u{feff}').expect("a byte order mark");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(sheet.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn every_screen_stands_in_the_sheet_once_in_every_language() {
        let files = packed(&[], &TRANSCRIPTS);
        let rows = rows(&files, "screens.csv");
        with_input(|input| {
            let states = input.bundle.states.iter().filter(|state| state.is_screen());
            let own = ["engine.resume", "engine.apology", "engine.over"];
            for name in states.map(|state| state.name.as_str()).chain(own) {
                for language in ["en", "sw"] {
                    let found = rows.iter().filter(|row| row[0] == name && row[1] == language).count();
                    assert_eq!(found, 1, "{name} {language}");
                }
            }
            assert_eq!(rows.len(), 1 + 2 * screen_count(input.bundle));
        });
        for row in &rows[1..] {
            let number = |at: usize| row[at].parse::<usize>().unwrap();
            assert_eq!(number(4) + number(6), number(5), "{row:?}");
        }
    }

    #[test]
    fn screens_are_written_as_a_phone_shows_them() {
        let files = packed(&[], &TRANSCRIPTS);
        let rows = rows(&files, "screens.csv");
        let row = |name: &str| rows.iter().find(|row| row[0] == name && row[1] == "en").expect(name).clone();
        assert_eq!(row("market.price")[3], "‹crop›: ‹price›\n1 Sell\n2 All prices\n0 Back");
        let list = "Prices today\n1 ‹crop› ‹price› ‹trend›\n98 More\n90 Type a number\n97 Previous\n0 Back";
        assert_eq!(row("market.list")[3], list);
        // As the first screen it has less room, and that is what counts.
        assert_eq!(row("help.fault")[2..], ["yes", "Sorry, something failed. Dial again.", "36", "140", "104"]);
        assert_eq!(row("engine.resume")[3], "Your call was cut.\n1 Go on\n2 Start again");
        let html = text(&files, "index.html");
        assert!(html.contains("<pre lang=\"en\">‹crop›: ‹price›\n1 Sell\n2 All prices\n0 Back</pre>"));
    }

    #[test]
    fn texts_are_escaped() {
        let changes = [("text/en.toml", "text = \"Your code?\"", "text = \"A<b> & \\\"C\\\" 'D'?\"")];
        let files = packed(&changes, &[("a<b>.txt", "dial *567#\n< <script>\nsms \"&\"\n")]);
        let html = text(&files, "index.html");
        assert!(html.contains("A&lt;b&gt; &amp; &quot;C&quot; &#39;D&#39;?"));
        assert!(html.contains("&lt;script&gt;") && html.contains("&quot;&amp;&quot;"));
        assert!(html.contains(">a&lt;b&gt;</a>"));
        assert!(!html.contains("<script") && !html.contains("<b>"));
        assert!(rows(&files, "screens.csv").iter().any(|row| row[3].starts_with("A<b> & \"C\" 'D'?")));
    }

    #[test]
    fn a_case_in_which_a_call_is_cut_is_an_error_case() {
        let files = packed(&[], &TRANSCRIPTS);
        let parity = rows(&files, "parity.csv");
        assert_eq!(parity[0], ["case", "language", "error case", "MTN", "'=Airtel"]);
        assert_eq!(parity[1..], [["home", "en", "no", "", ""], ["home_cut", "sw", "yes", "", ""]]);
        let html = text(&files, "index.html");
        assert_eq!(html.matches("Error case: a call that is cut.").count(), 1);
        assert!(html.contains("2 test cases, 1 of them error cases."));
    }

    #[test]
    fn every_step_has_its_row() {
        let cases = rows(&packed(&[], &TRANSCRIPTS), "cases.csv");
        assert_eq!(cases[0], ["case", "language", "step", "action", "input", "expected"]);
        let dialled = "*567# from the number +255700000001";
        let lines = "the screen has:\nHealth and prices\n1 Clinic";
        assert_eq!(cases[1], ["home", "en", "1", "Dial", dialled, lines]);
        let end = "the session is over\nan SMS comes that contains:\nYour visit";
        assert_eq!(cases[2], ["home", "en", "2", "Type and send", "1", end]);
        assert_eq!(cases[6], ["home_cut", "sw", "4", "Wait", "2 hours", ""]);
        assert_eq!(cases.len(), 1 + 2 + 6);
    }

    #[test]
    fn cells_that_a_spreadsheet_would_run_are_guarded() {
        for text in ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        assert_eq!(guarded("1 Agree"), "1 Agree");
        let files = packed(&[], &TRANSCRIPTS);
        assert!(rows(&files, "cases.csv").iter().any(|row| row[4] == "'=1+1"));
        for path in ["screens.csv", "cases.csv", "parity.csv", "signoff.csv"] {
            assert!(rows(&files, path).iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{path}");
        }
    }

    #[test]
    fn the_sign_off_sheet_has_a_row_for_each_who_signs() {
        let rows = rows(&packed(&[], &TRANSCRIPTS), "signoff.csv");
        let who: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(who, ["For", "The service", "Operator: MTN", "Operator: =Airtel", "The regulator"]);
    }

    #[test]
    fn the_document_stands_alone_and_its_links_lead_somewhere() {
        let files = packed(&[], &TRANSCRIPTS);
        let html = text(&files, "index.html");
        for outside in ["<script", "<link", "<img", "src=", "://", "url(", "@import"] {
            assert!(!html.contains(outside), "{outside}");
        }
        let ids: Vec<&str> =
            html.split(" id=\"").skip(1).map(|rest| rest.split_once('"').expect("a quote").0).collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
        }
        for link in html.split(" href=\"#").skip(1).map(|rest| rest.split_once('"').expect("a quote").0) {
            assert!(ids.contains(&link), "{link}");
        }
        for tag in ["ul", "li", "table", "tr", "td", "section", "pre", "p"] {
            let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        assert_eq!(packed(&[], &TRANSCRIPTS), packed(&[], &TRANSCRIPTS));
    }
}
