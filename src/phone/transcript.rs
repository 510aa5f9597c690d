//! Runs a transcript on a phone and says, by line, where it does not hold. `dial --script`, `menu test` and the tests of
//! the menus all come through here.

use super::{Handset, Network, Operator, PhoneFault};
use crate::gateway::ussd::UssdAnswer;
use crate::menu::effort::{self, NETWORK_MS};
use crate::menu::transcript::{Line, Transcript};
use crate::text::gsm7;

/// Differences that are told of one transcript: after the first few the rest are their echo.
const DIFFERENCES_MAX: usize = 5;
/// The digits of a code that comes by SMS.
const CODE_DIGITS: usize = 6;

/// One line of a transcript that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The line in the file, from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The screen that the lines speak of.
struct Shown {
    answer: UssdAnswer,
    /// Its first words have been looked at for their length.
    newest_sms_at_dial: u64,
}

/// How a transcript went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lines that did not hold; empty when all of it held.
    pub differences: Vec<Difference>,
    /// Milliseconds that its longest call takes a slow reader and typist.
    pub longest_call_ms: u64,
}

/// Runs every line.
pub async fn run<N: Network>(transcript: &Transcript, phone: &mut Handset<N>) -> Outcome {
    let (mut differences, mut call_ms, mut longest_call_ms) = (Vec::new(), 0, 0);
    let mut shown: Option<Shown> = None;
    for (line, step) in &transcript.lines {
        let typed = match step {
            Line::Dial { code, .. } => {
                call_ms = 0;
                Some(code)
            }
            Line::Type(typed) => Some(typed),
            _ => None,
        };
        let done = match each(step, phone, &mut shown).await {
            Ok(found) => found,
            Err(fault) => {
                differences.push(Difference { line: *line, what: fault.to_string() });
                break;
            }
        };
        differences.extend(done.map(|what| Difference { line: *line, what }));
        if let (Some(typed), Some(shown)) = (typed, &shown) {
            // Dialling is done before the session begins.
            let typing = if matches!(step, Line::Type(_)) { effort::typing_ms(typed) } else { 0 };
            call_ms += typing + NETWORK_MS + effort::reading_ms(shown.answer.text.chars().count());
            longest_call_ms = call_ms.max(longest_call_ms);
        }
        if differences.len() >= DIFFERENCES_MAX {
            break;
        }
    }
    // The next transcript should not find a call open, even after a fault.
    if let Err(fault) = phone.hang_up().await {
        let line = transcript.lines.last().map_or(1, |(line, _)| *line);
        differences.push(Difference { line, what: fault.to_string() });
    }
    Outcome { differences, longest_call_ms }
}

async fn each<N: Network>(
    step: &Line,
    phone: &mut Handset<N>,
    shown: &mut Option<Shown>,
) -> Result<Option<String>, PhoneFault> {
    let screen = shown.as_ref().map_or("", |shown| shown.answer.text.as_str());
    Ok(match step {
        Line::Dial { code, number } => {
            if let Some(number) = number {
                phone.set_number(number);
            }
            let newest_sms_at_dial = phone.messages().await?.last().map_or(0, |sms| sms.id);
            let answer = phone.dial(code).await?;
            let long = too_long(&answer.text, phone.septets_max());
            *shown = Some(Shown { answer, newest_sms_at_dial });
            long
        }
        Line::Type(typed) => {
            let answer = phone.answer(typed).await?;
            let long = too_long(&answer.text, phone.septets_max());
            replace(shown, answer);
            long
        }
        Line::Redeliver => {
            let again = phone.redeliver().await?;
            let same = shown.as_ref().is_some_and(|shown| shown.answer == again);
            let what = (!same).then(|| differs("the same answer byte for byte", &again.text));
            replace(shown, again);
            what
        }
        Line::Drop => {
            phone.hang_up().await?;
            None
        }
        Line::Wait(ms) => {
            phone.network().wait(*ms)?;
            None
        }
        Line::Contains(words) => (!screen.contains(words.as_str())).then(|| differs(&quoted(words), screen)),
        Line::HasLine(wanted) => {
            let has = screen.lines().any(|line| line == wanted);
            (!has).then(|| differs(&format!("exactly the line {}", quoted(wanted)), screen))
        }
        Line::Lacks(words) => {
            screen.contains(words.as_str()).then(|| differs(&format!("no {}", quoted(words)), screen))
        }
        Line::Freeze { flow, is_frozen } => {
            phone.network().operate(Operator::Freeze { flow, is_frozen: *is_frozen }).await?;
            None
        }
        Line::Notice(is_on) => {
            phone.network().operate(Operator::Notice(*is_on)).await?;
            None
        }
        Line::Hotline { name, number } => {
            phone.network().operate(Operator::Hotline { name, number }).await?;
            None
        }
        Line::Answer(words) => {
            phone.network().operate(Operator::Answer(words)).await?;
            None
        }
        Line::Look => {
            phone.network().operate(Operator::Look).await?;
            None
        }
        Line::Code(number) => {
            let newest = phone.network().messages(number, 0).await?.pop().map(|sms| sms.text).unwrap_or_default();
            let digits = newest.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == CODE_DIGITS);
            let Some(digits) = digits else { return Ok(Some(differs("an SMS with six digits", &newest))) };
            let answer = phone.answer(digits).await?;
            let long = too_long(&answer.text, phone.septets_max());
            replace(shown, answer);
            long
        }
        Line::Agent(organisation) => {
            let number = phone.number().to_owned();
            phone.network().operate(Operator::Agent { number: &number, organisation }).await?;
            None
        }
        Line::Employer(does) => phone.employer(does).await?,
        Line::Fault => {
            phone.network().operate(Operator::Fault).await?;
            None
        }
        Line::Septets(most) => match gsm7::septets(screen) {
            Some(septets) if septets <= *most => None,
            Some(septets) => Some(differs(&format!("at most {most} septets, not {septets}"), screen)),
            None => Some(differs("a screen in GSM 03.38", screen)),
        },
        Line::End => {
            let end = shown.as_ref().is_some_and(|shown| shown.answer.end);
            (!end).then(|| differs("a last screen", screen))
        }
        Line::Sms(words) => sms(phone, words).await?,
        Line::NoSms => {
            let since = shown.as_ref().map_or(0, |shown| shown.newest_sms_at_dial);
            let newest = phone.messages().await?.pop().filter(|sms| sms.id > since);
            newest.map(|sms| differs("no SMS since the dial", &sms.text))
        }
    })
}

/// Another screen of the same call.
fn replace(shown: &mut Option<Shown>, answer: UssdAnswer) {
    let newest_sms_at_dial = shown.as_ref().map_or(0, |shown| shown.newest_sms_at_dial);
    *shown = Some(Shown { answer, newest_sms_at_dial });
}

/// The newest SMS has these words, at once or after a little waiting.
async fn sms<N: Network>(phone: &mut Handset<N>, words: &str) -> Result<Option<String>, PhoneFault> {
    loop {
        let newest = phone.messages().await?.pop();
        if newest.as_ref().is_some_and(|sms| sms.text.contains(words)) {
            return Ok(None);
        }
        if !phone.network().later().await {
            let found = newest.map_or_else(|| "(no SMS)".to_owned(), |sms| sms.text);
            return Ok(Some(differs(&format!("an SMS with {}", quoted(words)), &found)));
        }
    }
}

fn too_long(text: &str, limit: usize) -> Option<String> {
    match gsm7::septets(text) {
        Some(septets) if septets <= limit => None,
        Some(septets) => Some(differs(&format!("a screen of at most {limit} septets, not {septets}"), text)),
        None => Some(differs("a screen in GSM 03.38", text)),
    }
}

fn quoted(words: &str) -> String {
    format!("`{words}`")
}

/// Transcripts run on invented people: what they show may be shown.
fn differs(expected: &str, found: &str) -> String {
    let found: Vec<String> = found.lines().map(|line| format!("\n    | {line}").trim_end().to_owned()).collect();
    format!("expected {expected}, found{}", found.concat())
}
