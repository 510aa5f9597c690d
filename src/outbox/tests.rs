//! The statements of the outbox, one after another, without a provider.

use super::claim::candidates;
use super::mark::mark;
use super::rig::{self, NOW_MS, Rig, USE_MS, closed_numbers, msisdn, open_numbers};
use super::*;

const LEASE_MS: i64 = 1_000;

fn terms(rig: &Rig, fence: i64, limit: i64) -> Claim {
    Claim { limit, lease_ms: LEASE_MS, ..rig::terms(rig, fence) }
}

/// Takes so many off, all of them repeats if need be.
fn taken_off(rig: &Rig, fence: i64, limit: i64) -> Vec<Claimed> {
    let terms = terms(rig, fence, limit);
    let (report, marked) = rig.tx(move |tx| take_off(tx, &terms, 9, open_numbers)).unwrap();
    assert_eq!(report.messages.iter().map(|message| message.id).collect::<Vec<_>>(), marked.sending);
    report.messages
}

/// What a claim would take off.
fn chosen(rig: &Rig, fence: i64) -> Vec<Claimed> {
    let terms = terms(rig, fence, 9);
    rig.tx(move |tx| candidates(tx, &terms, open_numbers)).unwrap().messages
}

fn marked(rig: &Rig, fence: i64, messages: &[Claimed]) -> Vec<i64> {
    let (terms, messages) = (terms(rig, fence, 9), messages.to_vec());
    rig.tx(move |tx| mark(tx, &terms, &messages)).unwrap().sending
}

fn settled(rig: &Rig, message: &Claimed, fence: i64, verdict: Verdict) -> Settled {
    let (now_ms, message) = (rig.now_ms(), message.clone());
    rig.tx(move |tx| settle(tx, &message, &rig::settling(fence, None, now_ms), &verdict, "POST x 1 B -> 202 1 B"))
        .unwrap()
}

fn reaped(rig: &Rig) -> Reaped {
    let now_ms = rig.now_ms();
    rig.tx(move |tx| reap(tx, now_ms)).unwrap()
}

fn accepted() -> Verdict {
    Verdict::Accepted { provider_id: "lb-1".into() }
}

#[test]
fn the_same_cause_queues_once_and_a_cause_that_fails_queues_nothing() {
    for rig in Rig::on_each_engine() {
        let (id, first) = rig.queue_as("hop1/apply", |_| {}).unwrap();
        assert_eq!(first, Enqueued::New { segments: 1 });
        assert_eq!(rig.queue_as("hop1/apply", |_| {}).unwrap().1, Enqueued::Duplicate);
        assert_eq!(
            rig.queue_sms_as("hop2/apply", |new| new.text = "ŋ".repeat(71).leak()).unwrap().1,
            Enqueued::New { segments: 2 }
        );
        assert_eq!(rig.tx(counts).unwrap(), [(Status::Queued, 2)]);

        let (keys, to) = (rig.keys.clone(), msisdn());
        let failed = rig.tx::<()>(move |tx| {
            let new = NewMessage {
                id: 7,
                operation_key: "hop3/apply",
                content: Content::Sms(NewSms { to: &to, generation: 1, route: "", text: "t" }),
                person_id: Some(3),
                employer_id: None,
                priority: Priority::Stage,
                class: Class::MustArrive,
                template: "t",
                due_ms: 0,
                expires_ms: 1,
            };
            assert_eq!(enqueue(tx, &keys, &new, 0)?, Enqueued::New { segments: 1 });
            Err(Error::OutOfBounds("the action failed after all"))
        });
        assert!(failed.is_err());
        assert_eq!(rig.tx(counts).unwrap(), [(Status::Queued, 2)]);
        assert_eq!(rig.tx(|tx| list(tx, Some(Status::Queued), i64::MAX, 1)).unwrap().len(), 1);
        assert_eq!(rig.tx(move |tx| list(tx, None, i64::MAX, 9)).unwrap()[1].id, id);
        assert_eq!(rig.tx(|tx| show(tx, 7)).unwrap(), None);
    }
}

#[test]
fn messages_out_of_bounds_are_refused() {
    for rig in Rig::on_each_engine() {
        let refused_sms = |change: fn(&mut NewSms<'_>)| match rig.queue_sms_as("key", change) {
            Err(Error::OutOfBounds(field)) => field,
            other => panic!("{other:?}"),
        };
        let refused = |change: fn(&mut NewMessage<'_>)| match rig.queue_as("key", change) {
            Err(Error::OutOfBounds(field)) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused_sms(|new| new.text = ""), "text");
        assert_eq!(refused_sms(|new| new.text = "a".repeat(1531).leak()), "text");
        assert_eq!(refused_sms(|new| new.route = "email"), "route");
        assert_eq!(refused(|new| new.operation_key = ""), "operation_key");
        assert_eq!(refused(|new| new.operation_key = "k".repeat(201).leak()), "operation_key");
        assert_eq!(refused(|new| new.template = ""), "template");
        assert!(rig.queue_sms_as("key", |new| new.text = "a".repeat(1530).leak()).is_ok());
    }
}

#[test]
fn nothing_personal_is_stored_or_listed_in_the_clear() {
    for rig in Rig::on_each_engine() {
        let id = rig.queue("hop1", Class::MustArrive, Priority::Stage);
        let sealed = rig
            .tx(move |tx| {
                let row = tx.query_one(
                    "SELECT address, body, address_hmac FROM outbox WHERE id = $1",
                    &[id.into()],
                    |row| Ok([row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec(), row.bytes(2)?.to_vec()]),
                )?;
                Ok(row.unwrap())
            })
            .unwrap();
        let clear = |bytes: &Vec<u8>| {
            String::from_utf8_lossy(bytes).contains("788") || bytes.windows(6).any(|w| w == b"Muraho")
        };
        assert!(!sealed.iter().any(clear));
        let message = taken_off(&rig, 1, 1).remove(0);
        let shown = format!("{:?} {message:?}", rig.shown(id));
        assert!(!shown.contains("788") && !shown.contains("Muraho"), "{shown}");
        let opened = message.open(&rig.keys).unwrap();
        assert!(matches!(opened, Opened::Sms { to, text } if to == "250788000001" && text == "Muraho hop1"));
    }
}

#[test]
fn the_most_urgent_goes_first_then_the_longest_due() {
    for rig in Rig::on_each_engine() {
        let alert = rig.queue("a", Class::Alert, Priority::Alert);
        let (later, _) = rig.queue_as("b", |new| new.due_ms -= 5).unwrap();
        let (earlier, _) = rig.queue_as("c", |new| new.due_ms -= 9).unwrap();
        let stage = rig.queue("d", Class::MustArrive, Priority::Stage);
        let (future, _) = rig.queue_as("e", |new| new.due_ms += 10).unwrap();
        let order: Vec<i64> = taken_off(&rig, 1, 3).iter().map(|message| message.id).collect();
        assert_eq!(order, [earlier, later, stage]);
        assert_eq!(rig.tx(|tx| next_due_ms(tx, &[String::new()])).unwrap(), Some(NOW_MS));
        assert_eq!(taken_off(&rig, 2, 3)[0].id, alert);
        assert_eq!(
            (rig.status(future), rig.tx(|tx| next_due_ms(tx, &[String::new()])).unwrap()),
            (Status::Queued, Some(NOW_MS + 10))
        );
        rig.clock.advance(10);
        assert_eq!(taken_off(&rig, 3, 3)[0].id, future);
        assert_eq!(rig.tx(|tx| next_due_ms(tx, &[String::new()])).unwrap(), None);
    }
}

#[test]
fn what_may_no_longer_be_sent_is_withdrawn_when_it_is_chosen() {
    for rig in Rig::on_each_engine() {
        let (stopped, _) = rig.queue_sms_as("a", |new| new.generation = 2).unwrap();
        let (moved, _) = rig.queue_sms_as("b", |new| new.generation = 3).unwrap();
        let (late, _) = rig.queue_as("c", |new| new.expires_ms = NOW_MS).unwrap();
        let (confirmed, _) = rig
            .queue_as("d", |new| {
                if let Content::Sms(sms) = &mut new.content {
                    sms.generation = 2;
                }
                new.template = "stop.confirmed";
            })
            .unwrap();
        let terms = terms(&rig, 1, 9);
        let report = rig.tx(move |tx| candidates(tx, &terms, closed_numbers)).unwrap();
        assert_eq!((report.cancelled, report.expired, report.taken()), (2, 1, 4));
        assert_eq!(report.messages.iter().map(|message| message.id).collect::<Vec<_>>(), [confirmed]);
        let stands = |id: i64| (rig.shown(id).message.status, rig.shown(id).message.reason);
        assert_eq!(stands(stopped), (Status::Cancelled, "stopped".to_owned()));
        assert_eq!(stands(moved), (Status::Cancelled, "other_owner".to_owned()));
        assert_eq!(stands(late), (Status::Expired, "too_late".to_owned()));
    }
}

#[test]
fn of_two_that_chose_the_same_message_one_sends_it_and_the_other_can_neither_send_nor_settle() {
    for rig in Rig::on_each_engine() {
        let id = rig.queue("a", Class::MustArrive, Priority::Stage);
        let (slow, quick) = (chosen(&rig, 1), chosen(&rig, 2));
        assert_eq!(marked(&rig, 2, &quick), [id]);
        assert!(marked(&rig, 1, &slow).is_empty(), "another holds it");
        assert_eq!(settled(&rig, &slow[0], 1, accepted()), Settled::Stale);
        assert_eq!(rig.status(id), Status::Sending);
        settled(&rig, &quick[0], 2, Verdict::Retry { due_ms: NOW_MS });
        assert!(marked(&rig, 1, &slow).is_empty(), "it waits again, and was tried since it was chosen");
        let third = taken_off(&rig, 3, 9);
        assert_eq!(settled(&rig, &third[0], 3, accepted()), Settled::Written);
        assert_eq!(
            settled(&rig, &third[0], 3, Verdict::Retry { due_ms: 0 }),
            Settled::Stale,
            "status only moves forward"
        );
        let shown = rig.shown(id);
        assert_eq!((shown.message.status, shown.message.attempts), (Status::Accepted, 2));
        let events: Vec<(i64, &str)> = shown.attempts.iter().map(|line| (line.fence, line.event.as_str())).collect();
        let expected =
            [(1, "accepted"), (2, "sending"), (2, "temporary"), (3, "sending"), (3, "accepted"), (3, "temporary")];
        assert_eq!(events, expected, "late news is kept");
    }
}

#[test]
fn a_sending_that_is_lost_is_unknown_and_only_what_must_arrive_is_sent_again() {
    for rig in Rig::on_each_engine() {
        let must = rig.queue("a", Class::MustArrive, Priority::Stage);
        let alert = rig.queue("b", Class::Alert, Priority::Alert);
        let (late, _) = rig.queue_as("c", |new| new.expires_ms = NOW_MS + 2 * LEASE_MS).unwrap();
        for round in 1..=2 {
            taken_off(&rig, round, 9);
            rig.clock.advance(LEASE_MS);
            assert_eq!(reaped(&rig).unknown, if round == 1 { 3 } else { 1 });
            rig.clock.advance(UNKNOWN_WAIT_MS - 1);
            assert_eq!(reaped(&rig), Reaped::default());
            rig.clock.advance(1);
            let given_up = u64::from(round == 1);
            assert_eq!(reaped(&rig), Reaped { resent: 1, given_up, ..Reaped::default() });
        }
        let stands =
            [(must, 2, true, Status::Queued), (alert, 1, false, Status::Unknown), (late, 1, false, Status::Unknown)];
        for (id, attempts, possible_duplicate, status) in stands {
            let message = rig.shown(id).message;
            assert_eq!(message.status, status);
            assert_eq!((message.attempts, message.possible_duplicate), (attempts, possible_duplicate));
        }
        // As often as a message is tried at all.
        for round in 3..=retry::ATTEMPTS_MAX {
            taken_off(&rig, round, 9);
            rig.clock.advance(LEASE_MS);
            assert_eq!(reaped(&rig).unknown, 1);
            rig.clock.advance(UNKNOWN_WAIT_MS);
            assert_eq!(reaped(&rig).resent, u64::from(round < retry::ATTEMPTS_MAX));
        }
        assert_eq!(rig.status(must), Status::Unknown);
        rig.clock.advance(USE_MS);
        assert_eq!((reaped(&rig), rig.tx(|tx| next_due_ms(tx, &[String::new()])).unwrap()), (Reaped::default(), None));
    }
}

#[test]
fn late_knowledge_counts_while_nobody_else_has_the_message() {
    for rig in Rig::on_each_engine() {
        for (key, verdict, settles, stands) in [
            ("a", accepted(), Settled::Written, Status::Accepted),
            ("b", Verdict::Failed { reason: "refused" }, Settled::Written, Status::Failed),
            ("c", Verdict::Retry { due_ms: 0 }, Settled::Stale, Status::Unknown),
        ] {
            let id = rig.queue(key, Class::Alert, Priority::Stage);
            let fence = rig.ids.block(rig.now_ms()).first();
            let messages = taken_off(&rig, fence, 9);
            rig.clock.advance(LEASE_MS);
            assert_eq!(reaped(&rig).unknown, 1);
            assert_eq!(settled(&rig, &messages[0], fence, verdict), settles);
            assert_eq!(rig.status(id), stands);
            rig.clock.advance(UNKNOWN_WAIT_MS);
            assert_eq!(reaped(&rig), Reaped::default());
        }
    }
}

#[test]
fn what_was_marked_leaves_though_the_answer_of_its_commit_was_lost() {
    for rig in Rig::on_each_engine() {
        let ids = ["a", "b"].map(|key| rig.queue(key, Class::Alert, Priority::Alert));
        rig.queue("c", Class::Alert, Priority::Alert);
        let take_off = |fence| {
            let terms = terms(&rig, fence, 2);
            let (report, marked) = rig.tx(move |tx| take_off(tx, &terms, 0, open_numbers)).unwrap();
            assert_eq!(report.messages.iter().map(|message| message.id).collect::<Vec<_>>(), marked.sending);
            report.messages
        };
        let (first, again) = (take_off(1), take_off(1));
        assert_eq!(again.iter().map(|message| message.id).collect::<Vec<_>>(), ids);
        assert_eq!(again.iter().map(|message| message.attempts).collect::<Vec<_>>(), [0, 0], "one attempt, not two");
        assert!(first.iter().chain(&again).all(|message| message.open(&rig.keys).is_ok()));
        assert_eq!(rig.shown(ids[0]).message.attempts, 1);
        assert_eq!(take_off(2).len(), 1, "another claim takes what is left");
    }
}

#[test]
fn repeats_leave_as_there_is_room_for_them() {
    for rig in Rig::on_each_engine() {
        let ids = ["a", "b", "c"].map(|key| rig.queue(key, Class::MustArrive, Priority::Stage));
        let messages = taken_off(&rig, 1, 3);
        let due_ms = rig.now_ms();
        for message in &messages {
            settled(&rig, message, 1, Verdict::Retry { due_ms });
        }
        rig.queue("d", Class::MustArrive, Priority::Stage);
        let terms = terms(&rig, 2, 9);
        let (report, sending) = rig.tx(move |tx| take_off(tx, &terms, 1, open_numbers)).unwrap();
        assert_eq!((report.put_off, sending.sending.len(), report.taken()), (2, 2, 4));
        let put_off = |id: &&i64| rig.shown(**id).message.reason == "put_off";
        assert_eq!(ids.iter().filter(put_off).count(), 2);
    }
}
