//! What became of an attempt to send.

/// What became of one message of a request, and the provider's own word for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What it means.
    pub outcome: SendOutcome,
    /// The provider's code or status, for the attempt log: at most 40 characters of ASCII letters,
    /// digits, `_`, `-` and `.`; empty where there was none.
    pub detail: String,
}

/// Longest `detail`, in characters. It is a code; more could be a number or a text that the provider repeats.
const DETAIL_CHARACTERS_MAX: usize = 40;

impl Answered {
    /// Without a word of the provider's.
    pub fn plain(outcome: SendOutcome) -> Self {
        Self { outcome, detail: String::new() }
    }

    /// With the provider's word. What cannot be a code is left out: digits enough for a phone number, spaces, more.
    pub fn with(outcome: SendOutcome, detail: &str) -> Self {
        let is_code = detail.len() <= DETAIL_CHARACTERS_MAX
            && detail.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
            && detail.bytes().filter(u8::is_ascii_digit).count() < 8;
        Self { outcome, detail: if is_code { detail.to_owned() } else { String::new() } }
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The provider took the message over.
    Accepted {
        /// The provider's name of it; delivery reports carry it. Empty where the provider gives none and reports by our
        /// own name (`client_ref`).
        provider_id: String,
    },
    /// The provider did not take it, and may later.
    Temporary {
        /// The wait that the provider asked for, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// The provider will never take this message.
    Permanent {
        /// A stable word for the record: `refused`, `number`, `address`, `text`, `expired`, `fraud`,
        /// `gone`.
        reason: &'static str,
    },
    /// This number wants no messages from this sender: never sent, and to be remembered.
    OptedOut,
    /// Not over this channel: another may reach the number.
    NoRoute,
    /// The channel cannot send at all just now: no message is to blame, and none may be lost.
    Blocked(Blocked),
    /// Sent, and not known whether taken.
    Unknown,
}

impl SendOutcome {
    /// What a word of the configuration means: `temporary`, `throttled`, `no_credit`, `credentials`, `number`, `refused`,
    /// `opted_out`, `no_route`.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "temporary" => SendOutcome::Temporary { retry_after_ms: None },
            "throttled" => SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None }),
            "no_credit" => SendOutcome::Blocked(Blocked::NoCredit),
            "credentials" => SendOutcome::Blocked(Blocked::Credentials),
            "number" => SendOutcome::Permanent { reason: "number" },
            "refused" => SendOutcome::Permanent { reason: "refused" },
            "opted_out" => SendOutcome::OptedOut,
            "no_route" => SendOutcome::NoRoute,
            _ => return None,
        })
    }
}

/// Why a channel cannot send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Too many at once.
    Throttled {
        /// The wait that the provider asked for, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// The account is out of credit.
    NoCredit,
    /// Name, password, sender or address are refused: the channel's configuration.
    Credentials,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_a_code_and_never_a_number_or_a_text() {
        for (detail, kept) in [
            ("406", "406"),
            ("REJECTED_DESTINATION.6", "REJECTED_DESTINATION.6"),
            ("+250788000001", ""),
            ("250788000001", ""),
            ("to 0788", ""),
            ("Muraho!", ""),
        ] {
            assert_eq!(Answered::with(SendOutcome::Unknown, detail).detail, kept);
        }
        assert_eq!(Answered::with(SendOutcome::Unknown, &"x".repeat(41)).detail, "");
    }
}
