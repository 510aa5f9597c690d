//! What a `command_status` means: SMPP 3.4, 5.1.3, with the few of 5.0 that SMSCs of 3.4 send too.
//!
//! A response with a status is a refusal: the message was not taken. So an unknown status is *temporary*, not unknown,
//! and the queue's limit of tries ends it. What is wrong with our account or our sender blocks the channel: to hold it
//! against the messages would lose them all.

use super::{IdFrom, Profile, canonical_id};
use crate::gateway::sms::{Answered, Blocked, SendOutcome};

const TEMPORARY: SendOutcome = SendOutcome::Temporary { retry_after_ms: None };
const THROTTLED: SendOutcome = SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None });
const CONFIGURATION: SendOutcome = SendOutcome::Blocked(Blocked::Credentials);
const REFUSED: SendOutcome = SendOutcome::Permanent { reason: "refused" };
const NUMBER: SendOutcome = SendOutcome::Permanent { reason: "number" };
const TEXT: SendOutcome = SendOutcome::Permanent { reason: "text" };

/// Not bound, or not for this: the session is not what we think it is.
const INVALID_BIND_STATUS: u32 = 0x04;
/// Bound already.
const ALREADY_BOUND: u32 = 0x05;

/// Statuses with their names and what they mean for a message. Those that are not here are temporary.
const STATUSES: [(u32, &str, SendOutcome); 41] = [
    (0x01, "ESME_RINVMSGLEN", TEXT),
    (0x02, "ESME_RINVCMDLEN", TEMPORARY),
    (0x03, "ESME_RINVCMDID", TEMPORARY),
    (INVALID_BIND_STATUS, "ESME_RINVBNDSTS", TEMPORARY),
    (ALREADY_BOUND, "ESME_RALYBND", TEMPORARY),
    (0x08, "ESME_RSYSERR", TEMPORARY),
    (0x0A, "ESME_RINVSRCADR", CONFIGURATION),
    (0x0B, "ESME_RINVDSTADR", NUMBER),
    (0x0D, "ESME_RBINDFAIL", CONFIGURATION),
    (0x0E, "ESME_RINVPASWD", CONFIGURATION),
    (0x0F, "ESME_RINVSYSID", CONFIGURATION),
    (0x14, "ESME_RMSGQFUL", THROTTLED),
    (0x15, "ESME_RINVSERTYP", CONFIGURATION),
    (0x43, "ESME_RINVESMCLASS", REFUSED),
    (0x45, "ESME_RSUBMITFAIL", TEMPORARY),
    (0x48, "ESME_RINVSRCTON", CONFIGURATION),
    (0x49, "ESME_RINVSRCNPI", CONFIGURATION),
    (0x50, "ESME_RINVDSTTON", NUMBER),
    (0x51, "ESME_RINVDSTNPI", NUMBER),
    (0x53, "ESME_RINVSYSTYP", CONFIGURATION),
    (0x58, "ESME_RTHROTTLED", THROTTLED),
    (0x61, "ESME_RINVSCHED", REFUSED),
    (0x62, "ESME_RINVEXPIRY", REFUSED),
    (0x64, "ESME_RX_T_APPN", TEMPORARY),
    (0x65, "ESME_RX_P_APPN", REFUSED),
    (0x66, "ESME_RX_R_APPN", REFUSED),
    (0xC0, "ESME_RINVOPTPARSTREAM", REFUSED),
    (0xC1, "ESME_ROPTPARNOTALLWD", REFUSED),
    (0xC2, "ESME_RINVPARLEN", REFUSED),
    (0xC3, "ESME_RMISSINGOPTPARAM", REFUSED),
    (0xC4, "ESME_RINVOPTPARAMVAL", REFUSED),
    (0xFE, "ESME_RDELIVERYFAILURE", TEMPORARY),
    (0xFF, "ESME_RUNKNOWNERR", TEMPORARY),
    // From here on SMPP 5.0.
    (0x100, "ESME_RSERTYPUNAUTH", CONFIGURATION),
    (0x101, "ESME_RPROHIBITED", CONFIGURATION),
    (0x102, "ESME_RSERTYPUNAVAIL", TEMPORARY),
    (0x103, "ESME_RSERTYPDENIED", CONFIGURATION),
    (0x104, "ESME_RINVDCS", TEXT),
    (0x105, "ESME_RINVSRCADDRSUBUNIT", TEMPORARY),
    (0x106, "ESME_RINVDSTADDRSUBUNIT", TEMPORARY),
    (0x112, "ESME_RSYSTEMFAIL", TEMPORARY),
];

/// The name of a status in the standard.
pub fn status_name(status: u32) -> Option<&'static str> {
    STATUSES.iter().find(|(known, _, _)| *known == status).map(|(_, name, _)| *name)
}

/// Whether the session is of no use after a response with this status, and a new bind may help.
pub fn ends_session(status: u32) -> bool {
    matches!(status, INVALID_BIND_STATUS | ALREADY_BOUND)
}

/// Whether a bind with this status is refused for what we are, so that the next would be too. Operators lock accounts
/// that go on trying.
pub fn bind_is_refused(status: u32) -> bool {
    STATUSES.iter().any(|(known, _, outcome)| *known == status && *outcome == CONFIGURATION)
}

/// Where a part stands in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// No part was accepted before it.
    pub first: bool,
    /// No part comes after it.
    pub last: bool,
}

/// What became of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartAnswer {
    /// The SMSC answered.
    Response {
        /// 0: taken.
        status: u32,
        /// The id in the response, as it came; empty where there is none.
        message_id: String,
    },
    /// It was never written whole: the SMSC cannot have acted on it.
    NotSent,
    /// It was not sent, since the SMSC refuses our account.
    NoAccount,
    /// It was sent, and no answer came.
    Lost,
}

impl Profile {
    /// What a status other than 0 means for a message.
    pub fn outcome(&self, status: u32) -> Answered {
        let own = self.statuses.iter().find(|(known, _)| *known == status).map(|(_, outcome)| outcome);
        let standard = STATUSES.iter().find(|(known, _, _)| *known == status);
        let outcome = own.or(standard.map(|(_, _, outcome)| outcome)).unwrap_or(&TEMPORARY);
        let name = standard.map_or_else(|| format!("{status:#06x}"), |(_, name, _)| (*name).to_owned());
        Answered::with(outcome.clone(), &name)
    }

    /// What the answer to a part means for its whole message; `None`: it was taken, and the next part may go.
    ///
    /// Once a part was taken, a later one that was not leaves the message *unknown*: the phone may show what it has,
    /// and to send all of it again is to show that twice. A refusal for good stays one, since no repetition would mend
    /// it. A last part that was taken without an id is accepted under an empty one: it will be shown, but no receipt
    /// finds it.
    pub fn after_part(&self, place: Place, answer: &PartAnswer) -> Option<Answered> {
        let answered = match answer {
            PartAnswer::Response { status: 0, .. } if !place.last => return None,
            PartAnswer::Response { status: 0, message_id } => {
                let provider_id = canonical_id(message_id, self.id_form, IdFrom::Response);
                return Some(Answered::plain(SendOutcome::Accepted { provider_id }));
            }
            PartAnswer::Response { status, .. } => self.outcome(*status),
            PartAnswer::NotSent => Answered::plain(TEMPORARY),
            PartAnswer::NoAccount => Answered::plain(CONFIGURATION),
            PartAnswer::Lost => Answered::plain(SendOutcome::Unknown),
        };
        let holds = place.first || matches!(answered.outcome, SendOutcome::Permanent { .. } | SendOutcome::OptedOut);
        Some(if holds { answered } else { Answered { outcome: SendOutcome::Unknown, ..answered } })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn profile() -> Profile {
        Profile::for_sender("Kaziline")
    }

    fn response(status: u32) -> PartAnswer {
        PartAnswer::Response { status, message_id: "0A1B".into() }
    }

    #[test]
    fn statuses_mean_what_the_reference_says() {
        let classes: [(&SendOutcome, &[u32]); 6] = [
            (&THROTTLED, &[0x58, 0x14]),
            (&TEMPORARY, &[0x08, 0x64, 0x45, 0xFE, 0xFF, 0x102, 0x04, 0x05]),
            (&CONFIGURATION, &[0x0D, 0x0E, 0x0F, 0x53, 0x0A, 0x48, 0x49, 0x15, 0x100, 0x101, 0x103]),
            (&NUMBER, &[0x0B, 0x50, 0x51]),
            (&TEXT, &[0x01, 0x104]),
            (&REFUSED, &[0x43, 0x61, 0x62, 0x65, 0x66, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4]),
        ];
        for (outcome, statuses) in classes {
            for status in statuses {
                assert_eq!(&profile().outcome(*status).outcome, outcome, "{status:#x}");
                assert!(!profile().outcome(*status).detail.is_empty(), "{status:#x}");
            }
        }
        assert_eq!(STATUSES.iter().map(|(status, _, _)| status).collect::<BTreeSet<_>>().len(), STATUSES.len());
    }

    #[test]
    fn a_status_that_nobody_knows_is_temporary_and_told() {
        assert_eq!(profile().outcome(0x40B), Answered { outcome: TEMPORARY, detail: "0x040b".into() });
        assert_eq!(profile().outcome(u32::MAX).outcome, TEMPORARY);
    }

    #[test]
    fn a_channel_may_say_what_a_status_means_there() {
        let own = Profile { statuses: vec![(0x40B, SendOutcome::OptedOut), (0x0B, SendOutcome::NoRoute)], ..profile() };
        assert_eq!(own.outcome(0x40B).outcome, SendOutcome::OptedOut);
        assert_eq!(own.outcome(0x0B), Answered { outcome: SendOutcome::NoRoute, detail: "ESME_RINVDSTADR".into() });
        assert_eq!(own.outcome(0x40C).outcome, TEMPORARY);
    }

    #[test]
    fn sessions_end_and_binds_are_refused_by_their_statuses() {
        assert!(ends_session(0x04) && ends_session(0x05));
        assert!(!ends_session(0) && !ends_session(0x58) && !ends_session(0x0E));
        assert!([0x0D, 0x0E, 0x0F, 0x53, 0x101].into_iter().all(bind_is_refused));
        assert!(![0, 0x05, 0x08, 0x14, 0x58, 0x401].into_iter().any(bind_is_refused));
    }

    #[test]
    fn the_last_part_names_the_message() {
        let (first, last) = (Place { first: true, last: false }, Place { first: false, last: true });
        assert_eq!(profile().after_part(first, &response(0)), None);
        let accepted = Answered::plain(SendOutcome::Accepted { provider_id: "a1b".into() });
        assert_eq!(profile().after_part(last, &response(0)), Some(accepted));
        let nameless = PartAnswer::Response { status: 0, message_id: String::new() };
        let accepted = Answered::plain(SendOutcome::Accepted { provider_id: String::new() });
        assert_eq!(profile().after_part(last, &nameless), Some(accepted));
    }

    #[test]
    fn what_fails_after_a_part_was_taken_is_unknown_unless_it_is_for_good() {
        let (first, later) = (Place { first: true, last: false }, Place { first: false, last: true });
        let came_to = |place, answer| profile().after_part(place, &answer).unwrap().outcome;
        for (answer, alone) in [
            (response(0x58), THROTTLED),
            (response(0x08), TEMPORARY),
            (response(0x0E), CONFIGURATION),
            (PartAnswer::NotSent, TEMPORARY),
            (PartAnswer::NoAccount, CONFIGURATION),
            (PartAnswer::Lost, SendOutcome::Unknown),
        ] {
            assert_eq!(came_to(first, answer.clone()), alone);
            assert_eq!(came_to(later, answer), SendOutcome::Unknown);
        }
        assert_eq!(came_to(later, response(0x0B)), NUMBER);
        assert_eq!(profile().after_part(later, &response(0x58)).unwrap().detail, "ESME_RTHROTTLED");
        let own = Profile { statuses: vec![(0x401, SendOutcome::OptedOut)], ..profile() };
        assert_eq!(own.after_part(later, &response(0x401)).unwrap().outcome, SendOutcome::OptedOut);
    }
}
