//! The pack as one document that prints and reads without style, script or network.

use crate::menu::graph::{Bundle, Kind, State, StateId};
use crate::menu::limits::Limits;
use crate::text::Language;

use super::cases::{Case, Expected, Step};
use super::screens::{Fit, Screen, Texts, value};
use super::tree::{Spot, Tree, Way, before_the_end};
use super::{Contents, SIGN_OFF, screen_count, signatories, yes_or_no};

const STYLE: &str = include_str!("style.css");

/// A box to tick.
const BOX: &str = "<td class=\"box\">&#9744;</td>";
/// A cell to write into.
const BLANK: &str = "<td></td>";

/// The sections: their anchors and titles.
const SECTIONS: [(&str, &str); 7] = [
    ("about", "What this is"),
    ("limits", "What a screen can hold"),
    ("tree", "Menu tree"),
    ("screens", "Screens"),
    ("cases", "Test cases"),
    ("parity", "Parity of the networks"),
    ("sign-off", "Sign-off"),
];

/// The whole document.
pub(super) fn document(contents: &Contents<'_>) -> String {
    let inside = [
        about(contents),
        limits(contents.input.bundle),
        tree(contents),
        screens(&contents.screens),
        cases(&contents.cases),
        parity(contents),
        sign_off(contents),
    ];
    let sections: Vec<String> = SECTIONS
        .iter()
        .zip(inside)
        .map(|((anchor, title), inside)| {
            // The limits are short: they share the first page.
            let follows = if matches!(*anchor, "about" | "limits") { " class=\"follows\"" } else { "" };
            format!("<section id=\"{anchor}\"{follows}>\n<h2>{title}</h2>\n{inside}</section>\n")
        })
        .collect();
    let title = escaped(&format!("Acceptance test of {}", contents.input.code));
    [
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n".to_owned(),
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n".to_owned(),
        format!("<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"),
        sections.concat(),
        "</body>\n</html>\n".to_owned(),
    ]
    .concat()
}

/// Text as HTML can carry it, in elements and in attributes. Line breaks stay: screens have them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() && c != '\n' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

fn cell(text: &str) -> String {
    format!("<td>{}</td>", escaped(text))
}

/// A screen or a part of one, in its language.
fn phone(text: &str, language: Option<Language>) -> String {
    let spoken = language.map_or_else(String::new, |language| format!(" lang=\"{}\"", language.code()));
    format!("<pre{spoken}>{}</pre>", escaped(text))
}

/// A table whose head stands on every page. The rows are HTML: their cells, one behind the other.
fn table(class: &str, heads: &[&str], rows: &[String]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", escaped(head))).collect();
    let rows: Vec<String> = rows.iter().map(|row| format!("<tr>{row}</tr>\n")).collect();
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let (heads, rows) = (heads.concat(), rows.concat());
    format!("<table{class}>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

fn about(contents: &Contents<'_>) -> String {
    let input = contents.input;
    let bundle = input.bundle;
    let languages: Vec<&str> = bundle.languages.iter().map(|language| name_of(*language)).collect();
    let hash: Vec<String> = bundle.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let links: Vec<String> =
        SECTIONS.iter().map(|(anchor, title)| format!("<li><a href=\"#{anchor}\">{title}</a></li>\n")).collect();
    let errors = contents.cases.iter().filter(|case| case.is_error()).count();
    let scope = format!(
        "This is the acceptance test of the USSD service {}, for network operators and the regulator: what the service \
         shows, how long it is, what to try on each network ({}), and where to sign.",
        input.code,
        input.networks.join(", "),
    );
    let size = format!(
        "{} screens, each in {}. {} test cases, {errors} of them error cases.",
        screen_count(bundle),
        languages.join(", "),
        contents.cases.len(),
    );
    [
        paragraph(&scope),
        paragraph(&size),
        paragraph(&format!("Made on {}.", input.made)),
        format!("<p class=\"hash\">Version of the menus (SHA-256): {}</p>\n", hash.concat()),
        format!("<ul>\n{}</ul>\n", links.concat()),
    ]
    .concat()
}

fn limits(bundle: &Bundle) -> String {
    let row = |(channel, limits): (Option<&str>, &Limits)| {
        let refused: Vec<String> = limits.forbidden.iter().map(char::to_string).collect();
        let number = |number: usize| number.to_string();
        let cells = [
            channel.unwrap_or("every channel").to_owned(),
            number(limits.screen_septets),
            number(limits.opening_septets),
            limits.lines.map_or_else(|| "any".to_owned(), number),
            if refused.is_empty() { "none".to_owned() } else { refused.join(" ") },
            number(limits.idle_s),
            number(limits.session_s),
            yes_or_no(limits.free).to_owned(),
            yes_or_no(limits.two_way).to_owned(),
        ];
        cells.map(|text| cell(&text)).concat()
    };
    let heads = [
        "Channel",
        "Septets of a screen",
        "Septets of the first screen",
        "Lines",
        "Characters refused",
        "Seconds for an answer",
        "Seconds of a session",
        "Free for the caller",
        "SMS can be answered",
    ];
    let rows: Vec<String> = bundle.all_limits().map(row).collect();
    let why = "Lengths are counted in septets of the GSM 7-bit alphabet (3GPP TS 23.038), for the longest values that \
               can stand on a screen. All screens were proven to fit before this was made.";
    paragraph(why) + &table("", &heads, &rows)
}

/// What is still to be written of the tree.
enum Rest<'a> {
    /// A way, and all below it.
    Way(Spot, &'a Way),
    /// The end of a list.
    End,
}

/// Nested lists. They can be as deep as the menus are long, so that the rest is kept here and not on the stack.
fn tree(contents: &Contents<'_>) -> String {
    let input = contents.input;
    let texts = Texts::of(input);
    let language = input.bundle.default_language();
    let tree = Tree::of(input);
    let what = format!(
        "What leads where, from what is dialled. Each key is followed by what stands beside it in {} and by the screen \
         that it leads to. A screen is unfolded once; elsewhere its name is a link.",
        name_of(language)
    );
    let silent = "Steps that show nothing are set in italics: they decide or do something and lead on at once.";
    let mut out = vec![paragraph(&what), paragraph(silent)];
    if let Some(path) = &input.bundle.resume_path {
        let before = before_the_end(input.code);
        out.push(paragraph(&format!("{before}*{path}# goes on with a call that was cut.")));
    }
    out.push("<div class=\"tree\">\n<ul>\n".to_owned());
    let mut rest: Vec<Rest<'_>> = vec![Rest::End];
    rest.extend(below(&tree, None));
    while let Some(next) = rest.pop() {
        let (spot, way) = match next {
            Rest::Way(spot, way) => (spot, way),
            Rest::End => {
                let end = if rest.is_empty() { "</ul>\n</div>\n" } else { "</ul></li>\n" };
                out.push(end.to_owned());
                continue;
            }
        };
        let told = told(way, language);
        let Some((id, state)) = way.go.and_then(|id| Some((id, input.bundle.state(id)?))) else {
            out.push(format!("<li>{told}</li>\n"));
            continue;
        };
        if !tree.unfolds(spot, id) {
            let name = escaped(&state.name);
            out.push(format!("<li>{told} &rarr; <a href=\"#tree-{name}\">{name}</a></li>\n"));
            continue;
        }
        let unfolded = unfolded(state, texts, language);
        if tree.ways(Some(id)).is_empty() {
            out.push(format!("<li>{told} &rarr; {unfolded}</li>\n"));
        } else {
            out.push(format!("<li>{told} &rarr; {unfolded}\n<ul>\n"));
            rest.push(Rest::End);
            rest.extend(below(&tree, Some(id)));
        }
    }
    out.concat()
}

/// The ways from a state or the roots, the last of them first: what is put on top of the rest is taken from its end.
fn below(tree: &Tree, from: Option<StateId>) -> impl Iterator<Item = Rest<'_>> {
    let ways = tree.ways(from).iter().enumerate().rev();
    ways.map(move |(number, way)| Rest::Way(Spot { from, number }, way))
}

/// The key and what is said of it.
fn told(way: &Way, language: Language) -> String {
    let label = if way.label.is_empty() { String::new() } else { format!(" {}", spoken(&way.label, language)) };
    let note = if way.note.is_empty() { String::new() } else { format!(" ({})", escaped(way.note)) };
    format!("<kbd>{}</kbd>{label}{note}", escaped(&way.how))
}

/// A text on one line, in its language.
fn spoken(text: &str, language: Language) -> String {
    format!("<span lang=\"{}\">{}</span>", language.code(), escaped(&text.replace('\n', " / ")))
}

/// A state where it is unfolded: a screen with its prompt, or what a silent one does.
fn unfolded(state: &State, texts: Texts<'_>, language: Language) -> String {
    let name = escaped(&state.name);
    if state.is_screen() {
        let prompt = state.texts.get(language.index()).map(|text| texts.words(state, &text.text));
        let prompt = spoken(&prompt.unwrap_or_default(), language);
        let asked = asked(state, texts);
        return format!("<a id=\"tree-{name}\" href=\"#screen-{name}\">{name}</a>: {prompt}{asked}");
    }
    let what = match &state.kind {
        Kind::Do { action, .. } => format!("does {}", texts.operation(*action)),
        Kind::Case { case, .. } => format!("decides by {}", texts.operation(*case)),
        Kind::Call { .. } => "goes through another part of the menu and comes back".to_owned(),
        Kind::Return { outcome } => format!("comes back with {outcome}"),
        Kind::Menu { .. } | Kind::Ask { .. } | Kind::Pick { .. } | Kind::End => String::new(),
    };
    format!("<em id=\"tree-{name}\">{name}: {}</em>", escaped(&what))
}

/// What a screen takes besides keys.
fn asked(state: &State, texts: Texts<'_>) -> String {
    let what = match &state.kind {
        Kind::Ask { answer, .. } => format!(" (asks for {})", value(texts.answer(answer.0))),
        Kind::Pick { .. } => " (a list)".to_owned(),
        Kind::End => " (the last screen of a session)".to_owned(),
        _ => String::new(),
    };
    escaped(&what)
}

fn screens(screens: &[Screen<'_>]) -> String {
    let why = "Values stand by their names, like ‹trade›. A list shows as many rows as fit: one row stands here for \
               all. The line that leads back is left out where there is nothing to go back to. Lengths are those of \
               the longest values, with the line that follows a wrong answer and the lines that lead back.";
    let each: Vec<String> = screens.chunk_by(|a, b| a.name == b.name).map(screen).collect();
    paragraph(why) + &each.concat()
}

/// One screen, a row for each language.
fn screen(rows: &[Screen<'_>]) -> String {
    let name = escaped(rows.first().map_or("", |screen| screen.name));
    let is_first = rows.iter().any(|screen| screen.is_first);
    let mut heads = vec!["Language", "Screen", "Lines", "Septets"];
    if is_first {
        heads.push("As the first screen");
    }
    let note = if is_first { "<p>It can be the first screen of a session.</p>\n" } else { "" };
    let rows: Vec<String> = rows.iter().map(|screen| screen_row(screen, is_first)).collect();
    format!("<h3 id=\"screen-{name}\">{name}</h3>\n{note}{}", table("", &heads, &rows))
}

fn screen_row(screen: &Screen<'_>, is_first: bool) -> String {
    let fit = |fit: Option<Fit>| {
        let told = |fit: Fit| format!("{} of {}, {} left", fit.used, fit.limit, fit.left());
        cell(&fit.map_or_else(String::new, told))
    };
    let lines = screen.lines.map_or_else(String::new, |lines| lines.to_string());
    let text = format!("<td>{}</td>", phone(&screen.text, Some(screen.language)));
    let first = if is_first { fit(screen.first) } else { String::new() };
    [cell(name_of(screen.language)), text, cell(&lines), fit(screen.full), first].concat()
}

fn cases(cases: &[Case<'_>]) -> String {
    let how = "Each case is played from its first step to its last, with numbers that the service does not know yet. \
               Names, places and amounts are those of the service's test data. A box is ticked when all that must come \
               of a step came.";
    let each: Vec<String> = cases.iter().enumerate().map(|(index, one)| case(index, one)).collect();
    paragraph(how) + &each.concat()
}

fn case(index: usize, case: &Case<'_>) -> String {
    let mark = if case.is_error() {
        format!("<p><strong>Error case: {}.</strong></p>\n", escaped(&case.errors.join(", ")))
    } else {
        String::new()
    };
    let rows: Vec<String> =
        case.steps.iter().enumerate().map(|(step, one)| step_row(step, one, case.language)).collect();
    let heads = ["Step", "Do", "What must come of it", "OK", "Remarks"];
    let title = escaped(&title(case));
    format!("<h3 id=\"case-{}\">{title}</h3>\n{mark}{}", index + 1, table("", &heads, &rows))
}

/// A case's name for people: `register slips (French)`
fn title(case: &Case<'_>) -> String {
    let name = case.name.replace('_', " ");
    case.language.map_or_else(|| name.clone(), |language| format!("{name} ({})", name_of(language)))
}

fn step_row(index: usize, step: &Step<'_>, language: Option<Language>) -> String {
    let input = if step.input.is_empty() { String::new() } else { format!(" <kbd>{}</kbd>", escaped(&step.input)) };
    let expected: Vec<String> = step.expected.iter().map(|expected| expected_part(expected, language)).collect();
    let number = index + 1;
    let cells = [
        format!("<td class=\"number\">{number}</td><td class=\"step\">{}{input}</td>", escaped(step.action)),
        format!("<td>{}</td>{BOX}<td class=\"remarks\"></td>", expected.concat()),
    ];
    cells.concat()
}

fn expected_part(expected: &Expected<'_>, language: Option<Language>) -> String {
    let what = escaped(expected.what());
    match expected.words() {
        Some(words) => format!("<div>{what}:</div>{}", phone(&words, language)),
        None => format!("<div>{what}</div>"),
    }
}

fn parity(contents: &Contents<'_>) -> String {
    let networks = contents.input.networks;
    let heads: Vec<&str> = ["Test case", "Error case"].into_iter().chain(networks.iter().map(String::as_str)).collect();
    let row = |(index, case): (usize, &Case<'_>)| {
        let link = format!("<td><a href=\"#case-{}\">{}</a></td>", index + 1, escaped(&title(case)));
        [link, cell(yes_or_no(case.is_error())), BOX.repeat(networks.len())].concat()
    };
    let rows: Vec<String> = contents.cases.iter().enumerate().map(row).collect();
    paragraph("The code must do the same on every network. Tick a box when all steps of the case held there.")
        + &table("", &heads, &rows)
}

fn sign_off(contents: &Contents<'_>) -> String {
    let blank = BLANK.repeat(SIGN_OFF.len().saturating_sub(1));
    let rows: Vec<String> = signatories(contents.input.networks).iter().map(|who| cell(who) + &blank).collect();
    let what =
        format!("The service {} was tested as described here, with the menus of this version.", contents.input.code);
    paragraph(&what) + &table("sign", &SIGN_OFF, &rows)
}

/// A language's name in English.
fn name_of(language: Language) -> &'static str {
    match language {
        Language::Rw => "Kinyarwanda",
        Language::En => "English",
        Language::Fr => "French",
        Language::Sw => "Swahili",
    }
}
