//! States of a booking, and which may follow which.

coded! {
    /// How far a booking has come.
    pub enum State {
        /// The worker was asked.
        Requested = "requested",
        /// The worker comes.
        Accepted = "accepted",
        /// Both sides say that the work began.
        Started = "started",
        /// The work is over.
        Done = "done",
        /// Paid in full, by both sides' word.
        Paid = "paid",
        /// The sides do not say the same of the work or its pay.
        Disputed = "disputed",
        /// The worker said no.
        Declined = "declined",
        /// Nobody answered in time.
        Expired = "expired",
        /// Called off.
        Cancelled = "cancelled",
    }
}

coded! {
    /// How a booking was called off.
    pub enum Ended {
        /// By the worker.
        Worker = "worker",
        /// By the client.
        Client = "client",
        /// The places went to those who accepted before.
        Filled = "filled",
        /// The worker did not come.
        WorkerAbsent = "worker_absent",
        /// The worker came, and the client was not there.
        ClientAbsent = "client_absent",
    }
}

impl State {
    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, State::Paid | State::Declined | State::Expired | State::Cancelled)
    }

    /// Whether the worker has the day set aside for it.
    pub fn holds_the_day(self) -> bool {
        matches!(self, State::Accepted | State::Started)
    }
}

/// Whether a booking may move from one state to another.
///
/// A request is answered, expires or is taken back; what was accepted begins, is over, or is called off. A start that both
/// forgot to confirm keeps nobody from being paid: what was accepted may be over at once. A dispute ends by being settled.
pub fn may_move(from: State, to: State) -> bool {
    match from {
        State::Requested => matches!(to, State::Accepted | State::Declined | State::Expired | State::Cancelled),
        State::Accepted => matches!(to, State::Started | State::Done | State::Disputed | State::Cancelled),
        State::Started => matches!(to, State::Done | State::Disputed),
        State::Done => matches!(to, State::Paid | State::Disputed),
        State::Disputed => to == State::Paid,
        State::Paid | State::Declined | State::Expired | State::Cancelled => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ends_are_final_and_everything_else_leads_on() {
        for from in State::ALL {
            assert_eq!(State::from_code(from.code()), Some(*from));
            let onward = State::ALL.iter().filter(|to| may_move(*from, **to)).count();
            assert_eq!(onward == 0, from.is_final(), "{from:?}");
            assert!(!may_move(*from, *from) && !may_move(*from, State::Requested));
        }
    }

    proptest! {
        #[test]
        fn no_walk_is_paid_without_a_yes_or_goes_in_a_ring(walk in prop::collection::vec(0_usize..9, 0..60)) {
            let mut path = vec![State::Requested];
            for to in walk.into_iter().map(|index| State::ALL[index]) {
                if may_move(path[path.len() - 1], to) {
                    path.push(to);
                }
            }
            let mut seen = path.clone();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), path.len(), "{:?}", path);
            prop_assert!(path.iter().rev().skip(1).all(|state| !state.is_final()));
            let worked = [State::Started, State::Done, State::Paid, State::Disputed];
            if path.iter().any(|state| worked.contains(state)) {
                prop_assert_eq!(path[1], State::Accepted);
            }
            if path.contains(&State::Paid) {
                prop_assert!(path.contains(&State::Done) || path.contains(&State::Disputed));
            }
        }
    }
}
