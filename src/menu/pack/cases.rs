//! Test cases: transcripts as steps that a person does on a phone, with what must come of each.

use crate::menu::graph::{Bundle, EngineText, Slot, StateId};
use crate::menu::template::{Piece, Template};
use crate::menu::transcript::{Line, Transcript};
use crate::text::Language;

use super::PackInput;

/// Lengths of time, the longest first.
const UNITS: [(&str, i64); 4] = [("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000)];

/// What the engine says of an answer that it cannot take.
const WRONG: [EngineText; 10] = [
    EngineText::WrongKey,
    EngineText::WrongNumber,
    EngineText::WrongMoney,
    EngineText::WrongYear,
    EngineText::WrongDay,
    EngineText::WrongTime,
    EngineText::WrongName,
    EngineText::WrongText,
    EngineText::TooLong,
    EngineText::NotFound,
];

/// What must come of a step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected<'a> {
    /// The screen has these lines.
    Lines(Vec<&'a str>),
    /// The screen contains these words.
    Words(&'a str),
    /// The screen does not contain these words.
    Lacks(&'a str),
    /// Some screen: the case does not look at it.
    Screen,
    /// The same screen once more.
    Same,
    /// The session is over.
    End,
    /// The newest SMS contains these words.
    Sms(&'a str),
    /// No SMS.
    NoSms,
}

impl Expected<'_> {
    /// As a person reads it; what words or lines it is about comes after.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Expected::Lines(_) => "the screen has",
            Expected::Words(_) => "the screen contains",
            Expected::Lacks(_) => "the screen does not contain",
            Expected::Screen => "a screen",
            Expected::Same => "the same screen as before, and nothing is done twice",
            Expected::End => "the session is over",
            Expected::Sms(_) => "an SMS comes that contains",
            Expected::NoSms => "no SMS comes",
        }
    }

    /// The words or lines that it is about.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Expected::Lines(lines) => Some(lines.join("\n")),
            Expected::Words(words) | Expected::Lacks(words) | Expected::Sms(words) => Some((*words).to_owned()),
            Expected::Screen | Expected::Same | Expected::End | Expected::NoSms => None,
        }
    }
}

/// One step.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// What is done.
    pub(super) action: &'static str,
    /// What is dialled or typed, or how long it takes.
    pub(super) input: String,
    /// What must come of it.
    pub(super) expected: Vec<Expected<'a>>,
}

/// One test case.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// What is tested: the transcript's name without its language.
    pub(super) name: &'a str,
    /// The language that is spoken, if the name says so.
    pub(super) language: Option<Language>,
    /// What makes it an error case; nothing where all goes well.
    pub(super) errors: Vec<&'static str>,
    /// The steps.
    pub(super) steps: Vec<Step<'a>>,
}

impl Case<'_> {
    /// The language's code, or nothing.
    pub(super) fn language_code(&self) -> &'static str {
        self.language.map_or("", Language::code)
    }

    /// Whether something goes wrong in it.
    pub(super) fn is_error(&self) -> bool {
        !self.errors.is_empty()
    }
}

/// Every transcript as a case, in the order in which they are given.
pub(super) fn cases<'a>(input: &PackInput<'a>) -> Vec<Case<'a>> {
    let errors = Errors::of(input.bundle);
    let case = |(file, transcript): &'a (String, Transcript)| {
        let stem = file.strip_suffix(".txt").unwrap_or(file);
        let named = stem.rsplit_once('.').and_then(|(name, code)| Some((name, Language::from_code(code)?)));
        let (name, language) = named.map_or((stem, None), |(name, language)| (name, Some(language)));
        Case { name, language, errors: errors.of_transcript(name, transcript), steps: steps(transcript) }
    };
    input.transcripts.iter().map(case).collect()
}

/// The steps of a transcript: what is done begins one, what is expected belongs to the one before.
fn steps(transcript: &Transcript) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (_, line) in &transcript.lines {
        if let Some(step) = done(line) {
            steps.push(step);
            continue;
        }
        if steps.is_empty() {
            steps.push(Step { action: "Look at the phone", input: String::new(), expected: Vec::new() });
        }
        if let Some(step) = steps.last_mut() {
            expect(&mut step.expected, line);
        }
    }
    for step in &mut steps {
        if step.expected.is_empty() && matches!(step.action, DIAL | TYPE) {
            step.expected.push(Expected::Screen);
        }
    }
    steps
}

/// A call begins.
const DIAL: &str = "Dial";
/// An answer is typed and sent.
const TYPE: &str = "Type and send";

/// The step that a line begins, if it does something.
fn done(line: &Line) -> Option<Step<'_>> {
    let (action, input) = match line {
        Line::Dial { code, number: None } => (DIAL, code.clone()),
        Line::Dial { code, number: Some(number) } => (DIAL, format!("{code} from the number {number}")),
        Line::Type(typed) if typed.is_empty() => (TYPE, "(nothing)".to_owned()),
        Line::Type(typed) => (TYPE, typed.clone()),
        Line::Redeliver => ("Let the gateway send the last answer again", String::new()),
        Line::Drop => ("Cut the call", String::new()),
        Line::Wait(ms) => ("Wait", duration(*ms)),
        Line::Freeze { flow, is_frozen: true } => ("Let the service close", flow.clone()),
        Line::Freeze { flow, is_frozen: false } => ("Let the service open again", flow.clone()),
        Line::Notice(true) => ("Let the service announce maintenance", String::new()),
        Line::Notice(false) => ("Let the service end maintenance", String::new()),
        Line::Hotline { name, number } => ("Let the service have the hotline", format!("{name}, {number}")),
        Line::Answer(words) => ("Let an operator answer the open case that is due first", words.clone()),
        Line::Look => ("Let the service look after cases", String::new()),
        Line::Fault => ("Let the service fail at the next step", String::new()),
        Line::Code(number) => ("Type and send the six digits of the newest SMS to", number.clone()),
        Line::Agent(organisation) => ("Let an operator make the person an agent of", organisation.clone()),
        Line::Employer(does) => ("Let the employer of the job do", does.clone()),
        Line::Contains(_)
        | Line::HasLine(_)
        | Line::Lacks(_)
        | Line::Septets(_)
        | Line::End
        | Line::Sms(_)
        | Line::NoSms => return None,
    };
    let expected = if *line == Line::Redeliver { vec![Expected::Same] } else { Vec::new() };
    Some(Step { action, input, expected })
}

/// Adds what a line expects.
fn expect<'a>(expected: &mut Vec<Expected<'a>>, line: &'a Line) {
    let new = match line {
        Line::HasLine(wanted) => {
            if let Some(Expected::Lines(lines)) = expected.last_mut() {
                lines.push(wanted.as_str());
                return;
            }
            Expected::Lines(vec![wanted.as_str()])
        }
        Line::Contains(words) => Expected::Words(words),
        Line::Lacks(words) => Expected::Lacks(words),
        Line::Sms(words) => Expected::Sms(words),
        Line::NoSms => Expected::NoSms,
        Line::End => Expected::End,
        // Every screen's length is looked at anyhow; the others are done, not expected.
        Line::Septets(_)
        | Line::Dial { .. }
        | Line::Type(_)
        | Line::Redeliver
        | Line::Drop
        | Line::Wait(_)
        | Line::Freeze { .. }
        | Line::Notice(_)
        | Line::Hotline { .. }
        | Line::Agent(_)
        | Line::Code(_)
        | Line::Employer(_)
        | Line::Answer(_)
        | Line::Look
        | Line::Fault => return,
    };
    expected.push(new);
}

/// A length of time in the largest unit that it is a whole number of.
fn duration(ms: i64) -> String {
    let (unit, length) = UNITS.into_iter().find(|(_, length)| ms % length == 0).unwrap_or(("millisecond", 1));
    let count = ms / length;
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// Words by which a transcript is known for an error case: operators ask what happens when something goes wrong.
struct Errors {
    /// What is said of a wrong answer, and the screen that helps after several.
    wrong: Vec<Template<Slot>>,
    /// The screens on which the service does not do what was asked.
    refused: Vec<Template<Slot>>,
}

impl Errors {
    /// In every language: a case may change it on its way.
    fn of(bundle: &Bundle) -> Errors {
        let mut wrong = prompts(bundle, bundle.help);
        for language in bundle.languages.iter().copied() {
            let said = WRONG.into_iter().map(|text| bundle.engine_text(language, text));
            wrong.extend(said.map(|words| vec![Piece::Words(words.to_owned())]));
            let own = bundle.states.iter().filter_map(|state| state.texts.get(language.index()));
            wrong.extend(own.flat_map(|text| text.bad.iter().chain(&text.retired)).cloned());
        }
        let refusing = [Some(bundle.fault), bundle.closed, bundle.notice];
        let refused = refusing.into_iter().flatten().flat_map(|id| prompts(bundle, id)).collect();
        Errors { wrong, refused }
    }

    /// What goes wrong in a transcript, each once.
    fn of_transcript(&self, name: &str, transcript: &Transcript) -> Vec<&'static str> {
        let lines = || transcript.lines.iter().map(|(_, line)| line);
        let shows = |texts: &[Template<Slot>]| {
            lines().any(|line| match line {
                Line::HasLine(words) | Line::Contains(words) => texts.iter().any(|text| reads_as(text, words)),
                _ => false,
            })
        };
        // A service may refuse on any screen of its own. What is known of those: nothing is sent, and the case says so.
        let refused = name.contains("refus") || lines().any(|line| *line == Line::NoSms) || shows(&self.refused);
        let errors = [
            (shows(&self.wrong), "a wrong answer"),
            (lines().any(|line| *line == Line::Drop), "a call that is cut"),
            (lines().any(|line| *line == Line::Redeliver), "an answer that comes twice"),
            (refused, "a refusal"),
        ];
        errors.into_iter().filter(|(is_there, _)| *is_there).map(|(_, what)| what).collect()
    }
}

/// The prompts of a state in all languages of the bundle.
fn prompts(bundle: &Bundle, id: StateId) -> Vec<Template<Slot>> {
    let Some(state) = bundle.state(id) else { return Vec::new() };
    let texts = bundle.languages.iter().filter_map(|language| state.texts.get(language.index()));
    texts.map(|text| text.text.clone()).collect()
}

/// Whether a line can be this text, whatever the values are. One of values alone could be anything, and is not told.
fn reads_as(text: &Template<Slot>, line: &str) -> bool {
    let (mut rest, mut is_value, mut has_words) = (line, false, false);
    for piece in text {
        let Piece::Words(words) = piece else {
            is_value = true;
            continue;
        };
        let behind = if is_value {
            rest.split_once(words.as_str()).map(|(_, behind)| behind)
        } else {
            rest.strip_prefix(words.as_str())
        };
        let Some(behind) = behind else { return false };
        (rest, is_value, has_words) = (behind, false, true);
    }
    has_words && (is_value || rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::tests::example::bundle;
    use crate::menu::transcript::parse;

    fn errors(name: &str, text: &str) -> Vec<&'static str> {
        Errors::of(bundle()).of_transcript(name, &parse(text).unwrap())
    }

    #[test]
    fn a_case_in_which_something_goes_wrong_says_what() {
        assert!(errors("home", "dial *567#\n= Health and prices\n> 1\n").is_empty());
        assert_eq!(errors("home", "dial *567#\n> 9\n= Press a number below.\n"), ["a wrong answer"]);
        assert_eq!(errors("home", "dial *567#\n> 9\n< Press a number below.\n"), ["a wrong answer"]);
        assert_eq!(errors("home", "dial *567#\n> 1\n= A name has letters.\n"), ["a wrong answer"]);
        assert_eq!(errors("home", "= Press the number in front of a line, then send.\n"), ["a wrong answer"]);
        assert_eq!(
            errors("home", "dial *567#\nredeliver\ndrop\n"),
            ["a call that is cut", "an answer that comes twice"]
        );
        assert_eq!(errors("home", "= Sorry, something failed. Dial again.\n"), ["a refusal"]);
        assert_eq!(errors("home", "dial *567#\nno sms\n"), ["a refusal"]);
        assert_eq!(errors("register_refused", "dial *567#\n"), ["a refusal"]);
    }

    #[test]
    fn a_line_is_held_against_a_text_with_values() {
        let text = |pieces: &[&str]| -> Template<Slot> {
            let piece = |piece: &&str| match *piece {
                "" => Piece::Slot { source: Slot::Shown(0), width: None },
                words => Piece::Words(words.to_owned()),
            };
            pieces.iter().map(piece).collect()
        };
        assert!(reads_as(&text(&["Dial ", "", " again."]), "Dial *567# again."));
        assert!(reads_as(&text(&["", " is no job: ", ""]), "12 is no job: look"));
        assert!(!reads_as(&text(&["Dial ", "", " again."]), "Please dial again."));
        assert!(!reads_as(&text(&["Dial again."]), "Dial again. Now."));
        assert!(!reads_as(&text(&[""]), "anything"));
    }

    #[test]
    fn what_is_done_begins_a_step_and_what_is_expected_belongs_to_it() {
        let transcript =
            parse("dial *567# as +250788000001\n= A\n= B\n! C\nwait 2h\nredeliver\n> \nsms D\n> 1\n").unwrap();
        let steps = steps(&transcript);
        let told: Vec<(&str, &str)> = steps.iter().map(|step| (step.action, step.input.as_str())).collect();
        let again = "Let the gateway send the last answer again";
        let dialled = "*567# from the number +250788000001";
        assert_eq!(told, [(DIAL, dialled), ("Wait", "2 hours"), (again, ""), (TYPE, "(nothing)"), (TYPE, "1")]);
        assert_eq!(steps[0].expected, [Expected::Lines(vec!["A", "B"]), Expected::Lacks("C")]);
        assert!(steps[1].expected.is_empty());
        assert_eq!(steps[2].expected, [Expected::Same]);
        assert_eq!(steps[3].expected, [Expected::Sms("D")]);
        assert_eq!(steps[4].expected, [Expected::Screen]);
    }

    #[test]
    fn lengths_of_time_are_told_in_whole_units() {
        let told = [1_000, 90_000, 7_200_000, 86_400_000].map(duration);
        assert_eq!(told, ["1 second", "90 seconds", "2 hours", "1 day"]);
    }
}
