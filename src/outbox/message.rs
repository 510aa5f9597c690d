//! What a message in the outbox is: its priority, its class, and the states that it passes through.

use crate::storage;

/// Who is served first. Strict: a broadcast of alerts never delays the SMS that a screen has just promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Someone is waiting for it with the phone in hand.
    Interactive,
    /// News of an application or a booking.
    Stage,
    /// A job that fits.
    Alert,
}

impl Priority {
    /// Every priority, the first served first.
    pub const ALL: [Priority; 3] = [Priority::Interactive, Priority::Stage, Priority::Alert];

    /// As stored: 0, 1, 2.
    pub fn rank(self) -> i64 {
        match self {
            Priority::Interactive => 0,
            Priority::Stage => 1,
            Priority::Alert => 2,
        }
    }

    /// From what is stored.
    pub fn from_rank(rank: i64) -> Option<Priority> {
        Priority::ALL.into_iter().find(|priority| priority.rank() == rank)
    }
}

/// What is worse for this message: to be lost, or to arrive twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// To be lost: an unknown outcome is sent again, marked.
    MustArrive,
    /// To arrive twice: an unknown outcome stays unknown.
    Alert,
}

impl Class {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Class::MustArrive => "must_arrive",
            Class::Alert => "alert",
        }
    }

    /// From what is stored.
    pub fn from_code(code: &str) -> Option<Class> {
        [Class::MustArrive, Class::Alert].into_iter().find(|class| class.code() == code)
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Waits for its time.
    Queued,
    /// On its way: a byte may have left.
    Sending,
    /// Taken over by the provider.
    Accepted,
    /// The provider reports that the phone has it.
    Delivered,
    /// The provider reports that the phone will not get it.
    Undelivered,
    /// No report came in time.
    NoReceipt,
    /// Refused for good, or tried too often.
    Failed,
    /// Sent, and not known whether taken.
    Unknown,
    /// Withdrawn before it was sent: the number is stopped, erased, or has another owner.
    Cancelled,
    /// Past its time before it was sent.
    Expired,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 10] = [
        Status::Queued,
        Status::Sending,
        Status::Accepted,
        Status::Delivered,
        Status::Undelivered,
        Status::NoReceipt,
        Status::Failed,
        Status::Unknown,
        Status::Cancelled,
        Status::Expired,
    ];

    /// As stored and as shown to operators.
    pub fn code(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Sending => "sending",
            Status::Accepted => "accepted",
            Status::Delivered => "delivered",
            Status::Undelivered => "undelivered",
            Status::NoReceipt => "no_receipt",
            Status::Failed => "failed",
            Status::Unknown => "unknown",
            Status::Cancelled => "cancelled",
            Status::Expired => "expired",
        }
    }

    /// From what is stored.
    pub fn from_code(code: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether a message may go from here to `next`. Until it is sent it goes round (queued, sending); what is
    /// known of it afterwards only grows. The one way back is unknown to queued, which [`super::reap()`] grants; a report on an
    /// earlier sending ends a message that waits to be sent again.
    pub fn may_become(self, next: Status) -> bool {
        use Status::{
            Accepted, Cancelled, Delivered, Expired, Failed, NoReceipt, Queued, Sending, Undelivered, Unknown,
        };
        match self {
            Queued => matches!(next, Sending | Cancelled | Expired | Delivered),
            Sending => matches!(next, Queued | Accepted | Failed | Unknown),
            Unknown => matches!(next, Queued | Accepted | Failed | Delivered | Undelivered),
            Accepted => matches!(next, Delivered | Undelivered | NoReceipt),
            NoReceipt => matches!(next, Delivered | Undelivered),
            Delivered | Undelivered | Failed | Cancelled | Expired => false,
        }
    }
}

/// Why the outbox could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store refused; its error says whether to try again.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A message without text, with too long a text, or with a key or template name out of bounds: the caller's fault.
    #[error("message out of bounds: {0}")]
    OutOfBounds(&'static str),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How much is known of a message: never shrinks, but for the one re-sending.
    fn knowledge(status: Status) -> u8 {
        match status {
            Status::Queued | Status::Sending => 0,
            Status::Unknown => 1,
            Status::Accepted => 2,
            Status::NoReceipt => 3,
            Status::Delivered | Status::Undelivered | Status::Failed | Status::Cancelled | Status::Expired => 4,
        }
    }

    #[test]
    fn codes_and_ranks_are_read_as_written() {
        assert!(Status::ALL.into_iter().all(|status| Status::from_code(status.code()) == Some(status)));
        assert!(Priority::ALL.into_iter().all(|priority| Priority::from_rank(priority.rank()) == Some(priority)));
        assert_eq!(Class::from_code("must_arrive"), Some(Class::MustArrive));
        assert_eq!(Class::from_code("alert"), Some(Class::Alert));
        assert_eq!((Class::from_code(""), Status::from_code("Queued"), Priority::from_rank(3)), (None, None, None));
    }

    #[test]
    fn every_status_but_the_first_is_reached_and_none_goes_to_itself() {
        for status in Status::ALL {
            assert!(!status.may_become(status));
            let reached = Status::ALL.into_iter().any(|from| from.may_become(status));
            assert!(reached, "{}", status.code());
        }
    }

    proptest! {
        #[test]
        fn what_is_known_only_grows(moves in prop::collection::vec(0..Status::ALL.len(), 0..60)) {
            let mut status = Status::Queued;
            for next in moves.into_iter().map(|i| Status::ALL[i]) {
                if status.may_become(next) {
                    let resent = (status, next) == (Status::Unknown, Status::Queued);
                    prop_assert!(resent || knowledge(next) >= knowledge(status), "{status:?} -> {next:?}");
                    prop_assert!(knowledge(status) < 4, "{status:?} is final");
                    prop_assert!(next != Status::Accepted || matches!(status, Status::Sending | Status::Unknown));
                    status = next;
                }
            }
        }
    }
}
