//! The words of delivery receipts that a gateway had by SMPP and hands on: Kannel and Jasmin do.
//!
//! A receipt is a text, by appendix B of SMPP 3.4: `id:0A1B sub:001 dlvrd:001 submit date:2603010814 done
//! date:2603010815 stat:DELIVRD err:000 text:Muraho`. Traps of the wire: fields are left out and stand in any order,
//! some networks put a space behind `err:`, and `text:` repeats the beginning of the message, in the octets of the
//! network: it may itself hold a `stat:`, and it must never reach a log.

use super::{Answered, Reported, SendOutcome};

/// `stat` and `err` of a receipt; empty where it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Words<'a> {
    pub(super) stat: &'a str,
    pub(super) err: &'a str,
}

impl<'a> Words<'a> {
    /// Those of a receipt's text.
    pub(super) fn of(receipt: &'a str) -> Self {
        Self { stat: word(receipt, "stat:"), err: word(receipt, "err:") }
    }

    /// What they mean. `ACCEPTD` is not delivery. `FAILED` and `BUFFRED` are not in the standard, and are seen.
    pub(super) fn reported(self) -> Reported {
        match self.stat.to_ascii_uppercase().as_str() {
            "DELIVRD" => Reported::Delivered,
            "EXPIRED" => Reported::Expired,
            "UNDELIV" | "REJECTD" | "DELETED" | "FAILED" => Reported::Undelivered,
            "ENROUTE" | "ACCEPTD" | "BUFFRED" => Reported::InFlight,
            _ => Reported::Unclear,
        }
    }

    /// For the record: `UNDELIV.069`. An `err` of zeros says nothing.
    pub(super) fn detail(self) -> String {
        let says_nothing = self.err.bytes().all(|byte| byte == b'0');
        if says_nothing { code(self.stat) } else { code(&format!("{}.{}", self.stat, self.err)) }
    }
}

/// A word for the record, if it can be one.
pub(super) fn code(word: &str) -> String {
    Answered::with(SendOutcome::Unknown, word).detail
}

/// The value of the first field of this name that stands before `text:`.
fn word<'a>(receipt: &'a str, name: &str) -> &'a str {
    let is_text = |word: &str| word.get(.."text:".len()).is_some_and(|start| start.eq_ignore_ascii_case("text:"));
    let mut words = receipt.split_ascii_whitespace().take_while(|word| !is_text(word));
    let found = words.find_map(|word| word.strip_prefix(name)).unwrap_or_default();
    if found.is_empty() { words.next().filter(|next| !next.contains(':')).unwrap_or_default() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_up_to_the_text_that_it_repeats() {
        let usual =
            "id:0A sub:001 dlvrd:000 submit date:2603010814 done date:2603010815 stat:UNDELIV err:069 text:Muraho";
        assert_eq!(Words::of(usual), Words { stat: "UNDELIV", err: "069" });
        assert_eq!(Words::of("stat:EXPIRED err: 042 Text:x"), Words { stat: "EXPIRED", err: "042" });
        assert_eq!(Words::of("err: stat:DELIVRD"), Words { stat: "DELIVRD", err: "" });
        assert_eq!(Words::of("id:0A text:stat:DELIVRD err:001"), Words::default());
        assert_eq!(Words::of("text: stat:DELIVRD"), Words::default());
        assert_eq!(Words::of(""), Words::default());
    }

    #[test]
    fn a_word_is_final_only_if_it_is_known_to_be() {
        let reported = |stat| Words { stat, err: "" }.reported();
        assert_eq!(reported("DELIVRD"), Reported::Delivered);
        assert_eq!(reported("delivrd"), Reported::Delivered);
        assert_eq!(reported("EXPIRED"), Reported::Expired);
        for stat in ["UNDELIV", "REJECTD", "DELETED", "FAILED"] {
            assert_eq!(reported(stat), Reported::Undelivered, "{stat}");
        }
        for stat in ["ACCEPTD", "ENROUTE", "BUFFRED"] {
            assert_eq!(reported(stat), Reported::InFlight, "{stat}");
        }
        for stat in ["UNKNOWN", "", "SKIPPED", "DELIVRDX"] {
            assert_eq!(reported(stat), Reported::Unclear, "{stat}");
        }
    }

    #[test]
    fn a_detail_never_holds_a_number() {
        assert_eq!(Words { stat: "UNDELIV", err: "069" }.detail(), "UNDELIV.069");
        assert_eq!(Words { stat: "DELIVRD", err: "000" }.detail(), "DELIVRD");
        assert_eq!(Words { stat: "DELIVRD", err: "" }.detail(), "DELIVRD");
        assert_eq!(Words { stat: "REJECTD", err: "250788000001" }.detail(), "");
    }
}
