//! What a mail server's answer means.
//!
//! Three digits (RFC 5321), and mostly a finer code at the beginning of the text (RFC 3463): `550 5.1.1 ...`. The same
//! digits mean other things at other steps: a refused sender or login is the channel's fault and blocks it, a refused
//! recipient is the message's, and what comes after the end of the message is about its text.

use crate::gateway::sms::{Answered, Blocked, SendOutcome};

/// Longest name that a server gives a message, in bytes. Seen: 60.
const QUEUE_ID_BYTES_MAX: usize = 128;

/// Where in the conversation something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Connecting, TLS included, and the server's greeting.
    Greeting,
    /// Name and password.
    Login,
    /// `MAIL FROM`: our own address.
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA`, and the message up to its last line.
    Data,
    /// The final dot is on its way: from here the server may have taken the message.
    Content,
}

impl Step {
    /// A stable word for the attempt log.
    pub fn name(self) -> &'static str {
        match self {
            Step::Greeting => "greeting",
            Step::Login => "login",
            Step::Sender => "sender",
            Step::Recipient => "recipient",
            Step::Data => "data",
            Step::Content => "content",
        }
    }
}

/// An answer of a mail server.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// Its three digits.
    pub code: u16,
    /// What stands behind them, lines joined by a space. Servers repeat addresses there: it goes into no log.
    pub text: &'a str,
}

impl std::fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code)
    }
}

/// What an answer means that ended the conversation: any refusal, or whatever came after the message.
pub fn answered(step: Step, reply: Reply<'_>) -> Answered {
    let fine = finer_code(reply);
    let outcome = match reply.code {
        200..=299 if step == Step::Content => SendOutcome::Accepted { provider_id: queue_id(reply.text) },
        400..=599 if is_ours(step, reply, fine) => SendOutcome::Blocked(Blocked::Credentials),
        500..=599 => refused(step, reply.code, fine),
        // Neither taken nor refused: no server should say so.
        _ if step == Step::Content && !(400..500).contains(&reply.code) => SendOutcome::Unknown,
        _ => SendOutcome::Temporary { retry_after_ms: None },
    };
    let detail = fine.map_or_else(|| reply.code.to_string(), str::to_owned);
    Answered::with(outcome, &detail)
}

/// What it means that the connection broke at this step, or that no answer came in time. A server that has not seen the
/// final dot must drop the message (RFC 5321, 4.1.1.4); one that has may have taken it.
pub fn lost(step: Step) -> Answered {
    let outcome = match step {
        Step::Content => SendOutcome::Unknown,
        _ => SendOutcome::Temporary { retry_after_ms: None },
    };
    Answered::with(outcome, step.name())
}

/// Whether a refusal is about us, whoever the recipient is: no message is to blame for it.
fn is_ours(step: Step, reply: Reply<'_>, fine: Option<&str>) -> bool {
    match reply.code {
        530 | 534 | 535 | 538 => true,
        500..=599 if matches!(step, Step::Greeting | Step::Login | Step::Sender) => true,
        // Some servers look at the sender when they are told the recipient.
        500..=599 if matches!(fine, Some("5.1.7" | "5.1.8")) => true,
        // A relay that does not know us refuses every recipient, and has no code of its own for it: the word is all
        // there is to go by.
        454 | 500..=599 => step == Step::Recipient && reply.text.to_ascii_lowercase().contains("relay"),
        _ => false,
    }
}

/// A refusal for good, as the server says.
#[expect(clippy::match_same_arms, reason = "each arm has a reason of its own")]
fn refused(step: Step, code: u16, fine: Option<&str>) -> SendOutcome {
    let temporary = SendOutcome::Temporary { retry_after_ms: None };
    let permanent = |reason| SendOutcome::Permanent { reason };
    match (step, code, fine) {
        // A full mailbox may be emptied: the message's own end bounds the tries.
        (_, _, Some("5.2.2")) => temporary,
        (_, _, Some("5.2.3" | "5.3.4")) => permanent("text"),
        (_, _, Some("5.2.1" | "5.4.4")) => permanent("address"),
        (_, _, Some(fine)) if fine.starts_with("5.1.") => permanent("address"),
        (Step::Content, _, Some(fine)) if fine.starts_with("5.6.") => permanent("text"),
        // "Storage exceeded" said early means too many at once (RFC 5321, 4.5.3.1.10), said late a full mailbox.
        (_, 552, None) => temporary,
        (Step::Recipient, 513 | 550 | 551 | 553 | 556, None) | (_, 556, _) => permanent("address"),
        _ => permanent("refused"),
    }
}

/// The finer code of the same class at the beginning of the text: `5.1.1`.
fn finer_code(reply: Reply<'_>) -> Option<&str> {
    let word = reply.text.split_whitespace().next()?;
    let mut numbers = word.split('.');
    let class = numbers.next()?;
    let is_number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let finer = [numbers.next()?, numbers.next()?];
    let is_code = finer.into_iter().all(is_number) && numbers.next().is_none();
    (is_code && class == (reply.code / 100).to_string()).then_some(word)
}

/// The server's own name of the message, where its answer has one in a form that is known; else empty. It is for people
/// who ask the relay's operator, and for reports that name it.
fn queue_id(text: &str) -> String {
    let mut words = text.split_whitespace().peekable();
    if words.peek().is_some_and(|word| word.starts_with("2.") && word.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    {
        words.next();
    }
    let words: Vec<&str> = words.collect();
    let named = |word: &str| word.strip_prefix("id=").map(str::to_owned);
    let found = match words.as_slice() {
        // Postfix and many that answer like it; Sendmail and OpenSMTPD.
        [.., "queued", "as", id] | [id, "Message", "accepted", "for", "delivery"] => (*id).to_owned(),
        // Amazon SES. A single word without a digit would be politeness.
        ["Ok" | "OK", id] if id.bytes().any(|byte| byte.is_ascii_digit()) => {
            named(id).unwrap_or_else(|| (*id).to_owned())
        }
        // Exim, and whoever says `id=` somewhere.
        words => words.iter().find_map(|word| named(word)).unwrap_or_default(),
    };
    let found = found.trim_matches(|c: char| "<>()[];,.".contains(c));
    let is_id = found.len() <= QUEUE_ID_BYTES_MAX && found.bytes().all(|byte| byte.is_ascii_graphic());
    if is_id { found.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(step: Step, answer: &str) -> Answered {
        let (code, text) = answer.split_once(' ').unwrap_or((answer, ""));
        answered(step, Reply { code: code.parse().unwrap(), text })
    }

    fn outcome(step: Step, answer: &str) -> SendOutcome {
        said(step, answer).outcome
    }

    const TEMPORARY: SendOutcome = SendOutcome::Temporary { retry_after_ms: None };
    const BLOCKED: SendOutcome = SendOutcome::Blocked(Blocked::Credentials);

    fn permanent(reason: &'static str) -> SendOutcome {
        SendOutcome::Permanent { reason }
    }

    #[test]
    fn a_taken_message_has_the_name_that_the_server_gave_it() {
        for (answer, id) in [
            ("250 2.0.0 Ok: queued as 4BxYz1234", "4BxYz1234"),
            ("250 Ok: queued as <4BxYz1234>.", "4BxYz1234"),
            ("250 OK id=1uXyZ0-000000-AB", "1uXyZ0-000000-AB"),
            ("250 2.0.0 5AM01aXY012345 Message accepted for delivery", "5AM01aXY012345"),
            ("250 Ok 0102018f00000000-0a0b-000000", "0102018f00000000-0a0b-000000"),
            ("250 2.0.0 OK 1700000000 a1-2b3c - gsmtp", ""),
            ("250 2.0.0 Ok", ""),
            ("250 Ok thanks", ""),
            ("250", ""),
        ] {
            let accepted = SendOutcome::Accepted { provider_id: id.to_owned() };
            assert_eq!(outcome(Step::Content, answer), accepted, "{answer}");
        }
        let long = format!("250 2.0.0 Ok: queued as {}", "a".repeat(QUEUE_ID_BYTES_MAX + 1));
        assert_eq!(outcome(Step::Content, &long), SendOutcome::Accepted { provider_id: String::new() });
    }

    #[test]
    fn four_hundreds_are_tried_again_wherever_they_come() {
        for step in [Step::Greeting, Step::Login, Step::Sender, Step::Recipient, Step::Data, Step::Content] {
            for answer in ["421 4.7.0 try later", "450 4.2.0 greylisted", "451", "452 4.3.1 no room", "454 4.7.0 later"]
            {
                assert_eq!(outcome(step, answer), TEMPORARY, "{step:?} {answer}");
            }
        }
    }

    #[test]
    fn a_refused_recipient_fails_alone() {
        for answer in [
            "550 5.1.1 <umukozi@example.org>: no such user here",
            "550 No such user",
            "553 5.1.3 bad address",
            "550 5.2.1 mailbox disabled",
            "556 5.1.10 null MX",
            "556",
            "551 moved",
        ] {
            assert_eq!(outcome(Step::Recipient, answer), permanent("address"), "{answer}");
        }
        assert_eq!(outcome(Step::Content, "550 5.1.1 no such user"), permanent("address"));
        assert_eq!(outcome(Step::Recipient, "550 5.7.1 not wanted here"), permanent("refused"));
        assert_eq!(outcome(Step::Recipient, "501 5.5.4 syntax"), permanent("refused"));
        assert_eq!(outcome(Step::Data, "554 5.5.1 no valid recipients"), permanent("refused"));
    }

    #[test]
    fn a_full_mailbox_may_be_emptied() {
        for answer in ["552 5.2.2 over quota", "550 5.2.2 full", "552 too many recipients"] {
            assert_eq!(outcome(Step::Recipient, answer), TEMPORARY, "{answer}");
            assert_eq!(outcome(Step::Content, answer), TEMPORARY, "{answer}");
        }
    }

    #[test]
    fn a_refused_text_says_so() {
        for answer in ["552 5.3.4 too big", "554 5.6.0 malformed", "550 5.2.3 too long"] {
            assert_eq!(outcome(Step::Content, answer), permanent("text"), "{answer}");
        }
        assert_eq!(outcome(Step::Content, "554 5.7.1 looks like spam"), permanent("refused"));
        assert_eq!(outcome(Step::Content, "550 rejected"), permanent("refused"));
    }

    #[test]
    fn what_is_wrong_with_the_channel_is_held_against_no_message() {
        for (step, answer) in [
            (Step::Login, "535 5.7.8 bad credentials"),
            (Step::Login, "504 5.5.4 mechanism unknown"),
            (Step::Sender, "530 5.7.0 authenticate first"),
            (Step::Recipient, "530 5.7.0 authenticate first"),
            (Step::Sender, "553 5.7.1 not your address"),
            (Step::Sender, "550 sender refused"),
            (Step::Greeting, "554 5.7.1 no service for you"),
            (Step::Recipient, "550 5.1.8 sender domain not found"),
            (Step::Recipient, "554 5.7.1 <x@example.org>: Relay access denied"),
            (Step::Recipient, "454 4.7.1 Relay access denied"),
            (Step::Recipient, "550 5.7.54 Unable to relay"),
        ] {
            assert_eq!(outcome(step, answer), BLOCKED, "{step:?} {answer}");
        }
        assert_eq!(outcome(Step::Content, "554 5.7.1 our relay thinks it is spam"), permanent("refused"));
    }

    #[test]
    fn a_break_is_unknown_only_once_the_final_dot_is_on_its_way() {
        for step in [Step::Greeting, Step::Login, Step::Sender, Step::Recipient, Step::Data] {
            assert_eq!(lost(step), Answered::with(TEMPORARY, step.name()));
        }
        assert_eq!(lost(Step::Content), Answered::with(SendOutcome::Unknown, "content"));
        assert_eq!(outcome(Step::Content, "354 go on"), SendOutcome::Unknown);
        assert_eq!(outcome(Step::Data, "250 what?"), TEMPORARY);
    }

    #[test]
    fn the_detail_is_the_finest_code_and_never_a_text() {
        for (answer, detail) in [
            ("550 5.1.1 <umukozi@example.org>", "5.1.1"),
            ("550 5.7.606 banned", "5.7.606"),
            ("550 4.1.1 not of this class", "550"),
            ("550 5.1 half", "550"),
            ("550 5.1.1.1 more", "550"),
            ("550", "550"),
        ] {
            assert_eq!(said(Step::Recipient, answer).detail, detail, "{answer}");
        }
        assert_eq!(format!("{:?}", Reply { code: 550, text: "umukozi@example.org" }), "550");
    }
}
