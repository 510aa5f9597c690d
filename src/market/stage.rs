//! Stages of an application, and which may follow which.

coded! {
    /// How far an application has come.
    pub enum Stage {
        /// The worker asked.
        Applied = "applied",
        /// The employer kept it for a closer look.
        Shortlisted = "shortlisted",
        /// Screening questions or a trial.
        Assessment = "assessment",
        /// Invited to talk.
        Interview = "interview",
        /// The employer offers the work.
        Offered = "offered",
        /// The worker said yes.
        Hired = "hired",
        /// The employer said no.
        Rejected = "rejected",
        /// The worker took it back.
        Withdrawn = "withdrawn",
        /// The vacancy closed without an answer.
        Expired = "expired",
    }
}

impl Stage {
    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Stage::Hired | Stage::Rejected | Stage::Withdrawn | Stage::Expired)
    }
}

/// Whether an application may move from one stage to another.
///
/// It moves forward and may skip stages, since a day's work needs no interview; but nobody is hired without an offer, for
/// an offer is what the worker says yes to. Every open stage may end in a no, a withdrawal or expiry; an end is final.
pub fn may_move(from: Stage, to: Stage) -> bool {
    match to {
        _ if from.is_final() => false,
        Stage::Rejected | Stage::Withdrawn | Stage::Expired => true,
        Stage::Hired => from == Stage::Offered,
        Stage::Applied | Stage::Shortlisted | Stage::Assessment | Stage::Interview | Stage::Offered => from < to,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ends_are_final_and_every_other_stage_can_end() {
        for from in Stage::ALL {
            assert_eq!(Stage::from_code(from.code()), Some(*from));
            let onward = Stage::ALL.iter().filter(|to| may_move(*from, **to)).count();
            assert_eq!(onward == 0, from.is_final(), "{from:?}");
            assert!(!may_move(*from, *from) && !may_move(*from, Stage::Applied));
            assert_eq!(may_move(*from, Stage::Withdrawn), !from.is_final());
        }
        assert!(may_move(Stage::Applied, Stage::Offered) && !may_move(Stage::Applied, Stage::Hired));
    }

    proptest! {
        #[test]
        fn no_walk_goes_back_or_hires_without_an_offer(walk in prop::collection::vec(0_usize..9, 0..40)) {
            let mut path = vec![Stage::Applied];
            for to in walk.into_iter().map(|index| Stage::ALL[index]) {
                if may_move(path[path.len() - 1], to) {
                    path.push(to);
                }
            }
            prop_assert!(path.windows(2).all(|pair| pair[0] < pair[1]), "{path:?}");
            prop_assert!(path.iter().rev().skip(1).all(|stage| !stage.is_final()));
            if path.contains(&Stage::Hired) {
                prop_assert!(path.contains(&Stage::Offered));
            }
        }
    }
}
