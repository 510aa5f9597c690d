//! Transcripts: one text format that is a test, a recording and documentation.
//!
//! ```text
//! # a comment
//! dial *567# as +250788000001     a call begins (the number stays until another is named)
//! < Workers never pay             the screen contains this
//! = 1 Agree                       the screen has exactly this line
//! ! not this                      the screen does not contain this
//! > 1                             typed
//! redeliver                       the gateway sends the last hop again: the same answer, byte for byte
//! drop                            the network closes the session
//! wait 10m                        time passes (s, m, h, d)
//! end                             the screen was the last one
//! septets 140                     the screen has at most so many
//! freeze help                     an operator closes a flow; `thaw help` opens it again
//! notice on                       every dial leads to the notice of maintenance, until `notice off`
//! hotline Police 112              the country has this hotline, first of all
//! answer WORDS                    an operator answers the open case that is due first
//! look                            the service looks after cases once, as it does each minute
//! fault                           the next thing that a screen asks for cannot be done
//! code +250788000002              the six digits in the newest SMS to this number are typed
//! agent Koperative Abahuza        an operator makes the one person on the number an agent of this organisation
//! employer rejected               the employer of the job that the number asked for last does this
//! sms You are listed              the newest SMS to the number contains this
//! no sms                          no SMS has come since the dial
//! ```
//!
//! Every screen is also held to its limit in septets, whether or not the transcript says so.

/// Bytes of a transcript at most.
pub const TRANSCRIPT_BYTES_MAX: usize = 256 * 1024;

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A call begins.
    Dial {
        /// What is dialled, with `*` and `#`.
        code: String,
        /// The number that dials, if it changes.
        number: Option<String>,
    },
    /// Something is typed.
    Type(String),
    /// The screen contains this.
    Contains(String),
    /// The screen has exactly this line.
    HasLine(String),
    /// The screen does not contain this.
    Lacks(String),
    /// The last hop is sent again.
    Redeliver,
    /// The network closes the session.
    Drop,
    /// Milliseconds pass.
    Wait(i64),
    /// The screen was the last one.
    End,
    /// The screen has at most so many septets.
    Septets(usize),
    /// A flow is closed, or opened again.
    Freeze {
        /// The flow.
        flow: String,
        /// Whether it is closed.
        is_frozen: bool,
    },
    /// Maintenance begins, or ends.
    Notice(bool),
    /// The country has this hotline.
    Hotline {
        /// Its name.
        name: String,
        /// Its number.
        number: String,
    },
    /// An operator answers the open case that is due first.
    Answer(String),
    /// What the service does beside calls for people with cases and bookings is done.
    Look,
    /// The next thing that a screen asks of the service fails.
    Fault,
    /// The six digits in the newest SMS to this number are typed.
    Code(String),
    /// An operator makes the person on the number an agent of this organisation.
    Agent(String),
    /// An employer does something with the newest application of the number: a stage and what goes with it.
    Employer(String),
    /// The newest SMS contains this.
    Sms(String),
    /// No SMS has come since the dial.
    NoSms,
}

/// A transcript with its line numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The lines, each with its number from 1.
    pub lines: Vec<(usize, Line)>,
}

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TranscriptFault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what can be written.
    pub what: String,
}

/// Reads a transcript; every line that is not understood is reported.
pub fn parse(text: &str) -> Result<Transcript, Vec<TranscriptFault>> {
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    if text.len() > TRANSCRIPT_BYTES_MAX {
        let what = format!("the transcript is larger than {TRANSCRIPT_BYTES_MAX} bytes");
        return Err(vec![TranscriptFault { line: 1, what }]);
    }
    for (index, written) in text.lines().enumerate() {
        let written = written.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        match line(written) {
            Ok(line) => lines.push((index + 1, line)),
            Err(what) => faults.push(TranscriptFault { line: index + 1, what }),
        }
    }
    if faults.is_empty() { Ok(Transcript { lines }) } else { Err(faults) }
}

const KNOWN: &str = "a line begins with dial, >, <, =, !, redeliver, drop, wait, end, septets, freeze, thaw, notice on, \
    notice off, hotline, answer, look, fault, code, agent, employer, sms or no sms";

fn line(written: &str) -> Result<Line, String> {
    let (word, rest) = written.split_once(' ').unwrap_or((written, ""));
    let rest = rest.trim();
    let with_text = |make: fn(String) -> Line| {
        if rest.is_empty() { Err(format!("`{word}` needs a text behind it")) } else { Ok(make(rest.to_owned())) }
    };
    let alone = |line: Line| {
        if rest.is_empty() { Ok(line) } else { Err(format!("`{word}` stands alone on its line")) }
    };
    match word {
        "dial" => {
            let (code, number) = match rest.split_once(" as ") {
                Some((code, number)) => (code.trim(), Some(number.trim().to_owned())),
                None => (rest, None),
            };
            let dialled = code.starts_with('*') && code.ends_with('#') && number.as_deref() != Some("");
            let made = Line::Dial { code: code.to_owned(), number };
            if dialled { Ok(made) } else { Err("write: dial *567# as +250788000001".to_owned()) }
        }
        ">" => Ok(Line::Type(rest.to_owned())),
        "<" => with_text(Line::Contains),
        "=" => with_text(Line::HasLine),
        "!" => with_text(Line::Lacks),
        "sms" => with_text(Line::Sms),
        "code" => with_text(Line::Code),
        "agent" => with_text(Line::Agent),
        "employer" => with_text(Line::Employer),
        "redeliver" => alone(Line::Redeliver),
        "drop" => alone(Line::Drop),
        "end" => alone(Line::End),
        "no" if rest == "sms" => Ok(Line::NoSms),
        "freeze" | "thaw" if !rest.is_empty() => {
            Ok(Line::Freeze { flow: rest.to_owned(), is_frozen: word == "freeze" })
        }
        "notice" if matches!(rest, "on" | "off") => Ok(Line::Notice(rest == "on")),
        "hotline" => match rest.rsplit_once(' ') {
            Some((name, number)) => Ok(Line::Hotline { name: name.trim().to_owned(), number: number.to_owned() }),
            None => Err("write: hotline Police 112".to_owned()),
        },
        "answer" => with_text(Line::Answer),
        "look" => alone(Line::Look),
        "fault" => alone(Line::Fault),
        "septets" => rest.parse().map(Line::Septets).map_err(|_| "write: septets 140".to_owned()),
        "wait" => {
            let units = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];
            let ms =
                units.iter().find_map(|(unit, ms)| rest.strip_suffix(*unit)?.parse::<i64>().ok()?.checked_mul(*ms));
            ms.filter(|ms| *ms > 0).map(Line::Wait).ok_or_else(|| "write: wait 10m (s, m, h or d)".to_owned())
        }
        _ => Err(KNOWN.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_line_is_read() {
        let text = "# c\n\ndial *567# as +250788000001\n< a b\n= 1 c\n! d\n> \n> 1\nredeliver\ndrop\nwait 10m\nend\nseptets 140\nfreeze a\nthaw a\nnotice on\nfault\nhotline Police post 112\nanswer a b\nlook\ncode 1\nagent a b\nemployer rejected\nsms x\nno sms\n";
        let transcript = parse(text).unwrap();
        assert_eq!(transcript.lines.len(), 23);
        assert_eq!(transcript.lines[4], (7, Line::Type(String::new())));
        assert_eq!(transcript.lines[8], (11, Line::Wait(600_000)));
    }

    #[test]
    fn every_line_that_is_not_understood_is_reported() {
        let faults = parse(
            "dial 567\nwait 5\n<\ndrop it\nhello\ndial *5# as\ndial *5# as  \nno\nseptets many\nfreeze\nnotice x\nemployer\n",
        )
        .unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    }

    #[test]
    fn too_large_a_transcript_is_refused_unread() {
        assert_eq!(parse(&"> 1\n".repeat(TRANSCRIPT_BYTES_MAX)).unwrap_err().len(), 1);
    }

    proptest! {
        #[test]
        fn any_transcript_is_read_without_panic(text in "((dial|wait|>|<|=|!|sms|no|end|drop)? ?.{0,12}\n){0,8}") {
            let lines = text.lines().count();
            match parse(&text) {
                Ok(transcript) => prop_assert!(transcript.lines.iter().all(|(line, _)| (1..=lines).contains(line))),
                Err(faults) => prop_assert!(faults.iter().all(|fault| (1..=lines).contains(&fault.line))),
            }
        }
    }
}
