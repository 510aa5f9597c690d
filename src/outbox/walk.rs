//! Random walks over the real statements: whatever happens in whatever order, a message moves as [`Status`] allows.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::rig::{self, Rig, open_numbers};
use super::*;

/// Something that happens to the outbox.
#[derive(Clone, Debug)]
enum Step {
    Queue {
        class: Class,
        priority: Priority,
        use_ms: i64,
    },
    TakeOff,
    /// The nth claim settles its first messages with this verdict.
    Settle(usize, Verdict),
    Reap,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![Just(Class::MustArrive), Just(Class::Alert)];
    let priority = prop_oneof![Just(Priority::Interactive), Just(Priority::Stage), Just(Priority::Alert)];
    let verdict = prop_oneof![
        Just(Verdict::Accepted { provider_id: "lb-1".into() }),
        Just(Verdict::Retry { due_ms: 0 }),
        Just(Verdict::Failed { reason: "refused" }),
        Just(Verdict::Elsewhere),
        Just(Verdict::Blocked { reason: "channel" }),
        Just(Verdict::Unknown),
    ];
    prop_oneof![
        2 => (class, priority, prop_oneof![Just(2_000), Just(86_400_000_i64)])
            .prop_map(|(class, priority, use_ms)| Step::Queue { class, priority, use_ms }),
        4 => Just(Step::TakeOff),
        3 => (0..4_usize, verdict).prop_map(|(nth, verdict)| Step::Settle(nth, verdict)),
        2 => Just(Step::Reap),
        2 => prop_oneof![Just(300_i64), Just(1_000), Just(UNKNOWN_WAIT_MS)].prop_map(Step::Wait),
    ]
}

/// The outbox, and what an onlooker has seen of it.
struct Walk {
    rig: Rig,
    /// The latest four claims, newest first.
    claims: Vec<(i64, Vec<Claimed>)>,
    seen: BTreeMap<i64, Listed>,
}

impl Walk {
    fn on(rig: Rig) -> Self {
        Self { rig, claims: Vec::new(), seen: BTreeMap::new() }
    }

    fn take(&mut self, step: &Step) {
        let (fence, now_ms) = (self.rig.ids.block(self.rig.now_ms()).first(), self.rig.now_ms());
        match step.clone() {
            Step::Queue { class, priority, use_ms } => {
                let change = move |new: &mut NewMessage<'_>| {
                    (new.class, new.priority, new.expires_ms) = (class, priority, now_ms + use_ms);
                };
                self.rig.queue_as(&format!("key{fence}"), change).unwrap();
            }
            Step::TakeOff => {
                let terms = Claim { fence, limit: 2, ..rig::terms(&self.rig, fence) };
                let (report, marked) = self.rig.tx(move |tx| take_off(tx, &terms, 1, open_numbers)).unwrap();
                assert_eq!(report.messages.iter().map(|message| message.id).collect::<Vec<_>>(), marked.sending);
                self.claims.insert(0, (fence, report.messages));
                self.claims.truncate(4);
            }
            Step::Settle(nth, verdict) => {
                if let Some((fence, messages)) = self.claims.get(nth).cloned() {
                    self.rig
                        .tx(move |tx| {
                            messages.iter().try_for_each(|m| {
                                settle(tx, m, &rig::settling(fence, None, now_ms), &verdict, "").map(drop)
                            })
                        })
                        .unwrap();
                }
            }
            Step::Reap => drop(self.rig.tx(move |tx| reap(tx, now_ms)).unwrap()),
            Step::Wait(ms) => self.rig.clock.advance(ms),
        }
    }

    /// Compares every message with what was seen before the step.
    fn look(&mut self) -> Result<(), TestCaseError> {
        for now in self.rig.tx(|tx| list(tx, None, i64::MAX, 1_000)).unwrap() {
            if let Some(before) = self.seen.insert(now.id, now.clone()) {
                let (from, to) = (before.status, now.status);
                prop_assert!(from == to || from.may_become(to), "{from:?} -> {to:?}");
                if (from, to) == (Status::Unknown, Status::Queued) {
                    prop_assert_eq!(&now.class, Class::MustArrive.code());
                    prop_assert!(now.possible_duplicate);
                }
                // An attempt that was none is taken back.
                let spent = now.attempts >= before.attempts || (from, to) == (Status::Sending, Status::Queued);
                prop_assert!(spent && now.changed_ms >= before.changed_ms);
            } else {
                prop_assert_eq!(now.status, Status::Queued);
            }
        }
        Ok(())
    }

    /// Every sending was begun in the log before it had an outcome.
    fn audit(&self) -> Result<(), TestCaseError> {
        for id in self.seen.keys() {
            let shown = self.rig.shown(*id);
            let count = |event: &str| shown.attempts.iter().filter(|line| line.event == event).count();
            let sendings = count("sending");
            // Each sending spent an attempt, but for those that a blocked channel gave back: not all news counts.
            let spent = usize::try_from(shown.message.attempts).unwrap();
            prop_assert!(spent <= sendings && spent + count("blocked") >= sendings);
            prop_assert!(shown.message.status != Status::Accepted || sendings > 0);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_a_message_moves_forward(steps in prop::collection::vec(step(), 1..50)) {
        let mut walk = Walk::on(Rig::new());
        for step in &steps {
            walk.take(step);
            walk.look()?;
        }
        walk.audit()?;
    }
}

proptest! {
    // Each case makes a database on a server.
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn both_engines_go_the_same_way(steps in prop::collection::vec(step(), 1..40)) {
        let [mut here, mut there] = Rig::on_each_engine().map(Walk::on);
        for step in &steps {
            for walk in [&mut here, &mut there] {
                walk.take(step);
                walk.look()?;
            }
            prop_assert_eq!(&here.seen, &there.seen);
        }
        here.audit()?;
        there.audit()?;
    }
}
