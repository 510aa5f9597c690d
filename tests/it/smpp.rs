//! The SMPP session against an SMSC that does what real ones do: slow, refusing, gone in the middle, and never quite by
//! the standard.

use std::collections::HashMap;
use std::time::Duration;

use kaziline::gateway::sms::smpp::{Account, IdForm, Profile};
use kaziline::gateway::sms::{About, Answered, Blocked, HookEvent, Receipt, Reported, SendOutcome, Sms};
use kaziline::transport::smpp::{FromNetwork, Link, News, Settings, Smpp, StartFault, Stored, Timings};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::smsc::{
    BIND_TRANSCEIVER, DELIVER_SM, ENQUIRE_LINK, Esme, GENERIC_NACK, RESP, SUBMIT_SM, Smsc, Step, UNBIND, Unit, within,
};

const PASSWORD: &str = "secret";
const TEMPORARY: SendOutcome = SendOutcome::Temporary { retry_after_ms: None };
const THROTTLED: SendOutcome = SendOutcome::Blocked(Blocked::Throttled { retry_after_ms: None });
const CREDENTIALS: SendOutcome = SendOutcome::Blocked(Blocked::Credentials);

fn account(endpoint: &str) -> Account {
    Account { username: "kaziline".to_owned(), password: PASSWORD.to_owned(), ..Account::of(endpoint, "Kaziline") }
}

/// Short waits where a test goes on behind them, long ones where it fails at them.
fn settings() -> Settings {
    let (soon, long) = (Duration::from_millis(5), Duration::from_mins(1));
    let timings = Timings {
        connect: long,
        bind: long,
        patience: long,
        response: long,
        idle: long,
        enquire: long,
        store: long,
        back_off_min: soon,
        back_off_max: soon,
        refused: long,
        parting: long,
    };
    Settings { timings, ..Settings::new(7) }
}

/// A session at this SMSC.
fn started(smsc: &Smsc, settings: Settings) -> (Smpp, mpsc::Receiver<FromNetwork>) {
    Smpp::start(settings, account(&smsc.endpoint)).unwrap()
}

/// A bound session, and the SMSC's side of it.
async fn bound(settings: Settings) -> (Smsc, Smpp, mpsc::Receiver<FromNetwork>, Esme) {
    let smsc = Smsc::start().await;
    let (smpp, news) = started(&smsc, settings);
    let esme = smsc.bound_with(PASSWORD).await.ok().unwrap();
    until(&smpp, Link::Bound).await;
    (smsc, smpp, news, esme)
}

async fn until(smpp: &Smpp, link: Link) {
    within(smpp.watch().wait_for(|now| *now == link)).await.unwrap();
}

fn sms(text: &str) -> Sms {
    Sms { to: "250788000001".into(), text: text.into(), client_ref: "kz1".into(), valid_s: 21_600 }
}

/// Submits while the test goes on.
fn submitting(smpp: &Smpp, text: &str) -> JoinHandle<Answered> {
    let (smpp, sms) = (smpp.clone(), sms(text));
    tokio::spawn(async move { smpp.submit(&sms).await })
}

async fn came_to(submitting: JoinHandle<Answered>) -> SendOutcome {
    within(submitting).await.unwrap().outcome
}

fn accepted(id: &str) -> SendOutcome {
    SendOutcome::Accepted { provider_id: id.to_owned() }
}

async fn next_event(news: &mut mpsc::Receiver<FromNetwork>) -> (HookEvent, tokio::sync::oneshot::Sender<Stored>) {
    match within(news.recv()).await.unwrap() {
        FromNetwork { news: News::Event { event, .. }, done } => (event, done),
        other => panic!("an event, not {other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_bound_submitted_and_accepted_by_its_id() {
    let smsc = Smsc::start().await;
    let account = Account { system_type: "SMPP".into(), ..account(&smsc.endpoint) };
    let (smpp, _news) = Smpp::start(settings(), account).unwrap();
    // It is waited for the bind that is under way.
    let submitting = submitting(&smpp, "Muraho @");
    let mut esme = smsc.connected().await;
    let bind = esme.next().await;
    assert_eq!((bind.command, bind.status, bind.sequence), (BIND_TRANSCEIVER, 0, 1));
    assert_eq!(bind.bind(), (["kaziline", "secret", "SMPP"].map(String::from).to_vec(), vec![0x34, 0, 0, 0]));
    esme.respond(&bind, 0, b"smsc\0\x02\x10\x00\x01\x34").await;

    let unit = esme.submission().await;
    let said = unit.submitted();
    assert_eq!(said.source, (5, 0, "Kaziline".to_owned()));
    assert_eq!(said.destination, (1, 1, "250788000001".to_owned()));
    assert_eq!((said.esm_class, said.data_coding, said.registered_delivery), (0, 0, 1));
    assert_eq!((said.validity.as_str(), said.message.as_slice()), ("000000060000000R", &b"Muraho \0"[..]));
    esme.respond(&unit, 0, b"0A1B2C3D\0").await;
    assert_eq!(came_to(submitting).await, accepted("a1b2c3d"));
    assert_eq!(smpp.figures().in_window, 0);
}

#[tokio::test]
async fn a_long_message_goes_part_by_part_under_the_id_of_the_last() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, &"a".repeat(400));
    let mut headers = Vec::new();
    for (number, id) in [(1, b"A1\0"), (2, b"A2\0"), (3, b"A3\0")] {
        let unit = esme.submission().await;
        let said = unit.submitted();
        assert_eq!((said.esm_class, said.registered_delivery), (0x40, u8::from(number == 3)));
        assert_eq!((said.message[..3].to_vec(), said.message[4..6].to_vec()), (vec![5, 0, 3], vec![3, number]));
        headers.push(said.message[3]);
        // The next part waits for this answer.
        assert!(esme.asked().await.is_empty());
        esme.respond(&unit, 0, id).await;
    }
    assert_eq!(came_to(submitting).await, accepted("a3"));
    assert!(headers.iter().all(|reference| *reference == headers[0]));
}

#[tokio::test]
async fn messages_of_several_parts_do_not_share_a_reference() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let mut references = Vec::new();
    for _ in 0..2 {
        let submitting = submitting(&smpp, &"a".repeat(161));
        for _ in 0..2 {
            let unit = esme.submission().await;
            references.push(unit.submitted().message[3]);
            esme.respond(&unit, 0, b"1\0").await;
        }
        came_to(submitting).await;
    }
    assert_eq!(references[0], references[1]);
    assert_ne!(references[1], references[2]);
}

#[tokio::test]
async fn no_more_parts_are_unanswered_than_the_window_allows() {
    let (_smsc, smpp, _news, mut esme) = bound(Settings { window: 2, ..settings() }).await;
    let all: Vec<_> = (0..5).map(|_| submitting(&smpp, "t")).collect();
    let mut unanswered = vec![esme.submission().await, esme.submission().await];
    for answered in 0..5_u8 {
        for _ in 0..3 {
            assert!(esme.asked().await.is_empty(), "more than two without an answer");
        }
        assert_eq!(smpp.figures().in_window, unanswered.len());
        esme.respond(&unanswered.remove(0), 0, &[b'1' + answered, 0]).await;
        if answered < 3 {
            unanswered.push(esme.submission().await);
        }
        // An answer makes room only when it was read.
        within(async {
            while smpp.figures().in_window > unanswered.len() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    for submitting in all {
        assert!(matches!(came_to(submitting).await, SendOutcome::Accepted { .. }));
    }
}

#[tokio::test]
async fn a_lost_connection_leaves_the_unanswered_unknown_and_the_unsent_temporary() {
    let (smsc, smpp, _news, mut esme) = bound(Settings { window: 1, ..settings() }).await;
    let sent = submitting(&smpp, "sent");
    let unit = esme.submission().await;
    assert_eq!(unit.submitted().message, b"sent");
    let unsent = submitting(&smpp, "unsent");
    assert!(esme.asked().await.is_empty());
    // No bind is answered from here on: the second message has nowhere to go.
    drop(esme);
    assert_eq!(came_to(sent).await, SendOutcome::Unknown);
    let again = smsc.connected().await;
    drop((again, smsc));
    assert_eq!(came_to(unsent).await, TEMPORARY);
}

#[tokio::test]
async fn an_answer_before_the_connection_is_lost_counts() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    esme.respond(&unit, 0, b"77\0").await;
    drop(esme);
    assert_eq!(came_to(submitting).await, accepted("77"));
}

#[tokio::test]
async fn a_lost_session_is_bound_again() {
    let (smsc, smpp, _news, esme) = bound(settings()).await;
    assert_eq!((smpp.figures().bound, smpp.figures().reconnects), (true, 0));
    drop(esme);
    let mut esme = smsc.bound_with(PASSWORD).await.ok().unwrap();
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    assert_eq!(unit.sequence, 2, "sequence numbers begin anew");
    esme.respond(&unit, 0, b"1\0").await;
    assert_eq!(came_to(submitting).await, accepted("1"));
    assert_eq!(smpp.figures().reconnects, 1);
}

#[tokio::test]
async fn without_an_smsc_messages_come_back_at_once() {
    let smsc = Smsc::start().await;
    let mut settings = settings();
    settings.timings.back_off_min = Duration::from_mins(1);
    let (smpp, _news) = started(&smsc, settings);
    drop(smsc.connected().await);
    until(&smpp, Link::Waiting).await;
    assert_eq!(came_to(submitting(&smpp, "t")).await, TEMPORARY);
    assert!(!smpp.figures().bound);
}

#[tokio::test]
async fn a_refused_bind_blocks_the_channel() {
    let smsc = Smsc::start().await;
    let wrong = Account { password: "wrong".into(), ..account(&smsc.endpoint) };
    let (smpp, _news) = Smpp::start(settings(), wrong).unwrap();
    assert!(smsc.bound_with(PASSWORD).await.is_err());
    until(&smpp, Link::Refused).await;
    assert_eq!(came_to(submitting(&smpp, "t")).await, CREDENTIALS);
    // Nobody knocks again for many times the usual wait.
    assert!(timeout(Duration::from_millis(100), smsc.connected()).await.is_err());
}

#[tokio::test]
async fn a_refused_bind_is_tried_again_later() {
    let smsc = Smsc::start().await;
    let mut settings = settings();
    settings.timings.refused = Duration::from_millis(5);
    let (smpp, _news) = started(&smsc, settings);
    smsc.binding(0x0E).await.closed().await;
    // The operator has unlocked the account.
    let _esme = smsc.binding(0).await;
    until(&smpp, Link::Bound).await;
}

#[tokio::test]
async fn a_bind_that_fails_for_the_moment_is_tried_again_soon() {
    let smsc = Smsc::start().await;
    let (smpp, _news) = started(&smsc, settings());
    for status in [0x08, 0x05, 0x58] {
        smsc.binding(status).await.closed().await;
    }
    // Not understood at all.
    let mut esme = smsc.connected().await;
    let bind = esme.next().await;
    esme.send(GENERIC_NACK, 0x03, bind.sequence, b"").await;
    esme.closed().await;
    let _esme = smsc.binding(0).await;
    until(&smpp, Link::Bound).await;
}

#[tokio::test]
async fn after_a_session_that_was_of_use_the_waits_begin_anew() {
    let smsc = Smsc::start().await;
    let mut settings = settings();
    settings.timings.back_off_min = Duration::from_millis(1);
    settings.timings.back_off_max = Duration::from_hours(1);
    let (_smpp, _news) = started(&smsc, settings);
    // Without that the last waits would be minutes.
    for _ in 0..25 {
        let mut esme = smsc.binding(0).await;
        assert!(esme.asked().await.is_empty());
    }
}

#[tokio::test]
async fn a_window_of_none_is_one() {
    let (_smsc, smpp, _news, mut esme) = bound(Settings { window: 0, ..settings() }).await;
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    esme.respond(&unit, 0, b"1\0").await;
    assert_eq!(came_to(submitting).await, accepted("1"));
}

#[tokio::test]
async fn refusals_are_read_by_their_status_with_or_without_a_body() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    for (status, body, outcome, detail) in [
        (0x58, &b""[..], THROTTLED, "ESME_RTHROTTLED"),
        (0x14, b"\0", THROTTLED, "ESME_RMSGQFUL"),
        (0x0B, b"", SendOutcome::Permanent { reason: "number" }, "ESME_RINVDSTADR"),
        (0x0A, b"", CREDENTIALS, "ESME_RINVSRCADR"),
        (0x08, b"", TEMPORARY, "ESME_RSYSERR"),
        (0x0421, b"\0", TEMPORARY, "0x0421"),
    ] {
        let submitting = submitting(&smpp, "t");
        let unit = esme.submission().await;
        esme.respond(&unit, status, body).await;
        assert_eq!(within(submitting).await.unwrap(), Answered { outcome, detail: detail.into() });
    }
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    esme.send(GENERIC_NACK, 0x02, unit.sequence, b"").await;
    assert_eq!(came_to(submitting).await, TEMPORARY);
}

#[tokio::test]
async fn a_throttled_part_ends_its_message() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let first = submitting(&smpp, &"a".repeat(400));
    let unit = esme.submission().await;
    esme.respond(&unit, 0x58, b"").await;
    assert_eq!(came_to(first).await, THROTTLED);

    let second = submitting(&smpp, &"a".repeat(400));
    let unit = esme.submission().await;
    esme.respond(&unit, 0, b"1\0").await;
    let unit = esme.submission().await;
    esme.respond(&unit, 0x58, b"").await;
    assert_eq!(came_to(second).await, SendOutcome::Unknown);
    assert!(esme.asked().await.is_empty(), "nothing more is sent");
}

#[tokio::test]
async fn a_status_that_says_we_are_not_bound_makes_a_new_session() {
    let (smsc, smpp, _news, mut esme) = bound(settings()).await;
    let (first, second) = (submitting(&smpp, "first"), submitting(&smpp, "second"));
    let unit = esme.submission().await;
    esme.submission().await;
    esme.respond(&unit, 0x04, b"").await;
    let outcomes = [came_to(first).await, came_to(second).await];
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == TEMPORARY).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == SendOutcome::Unknown).count(), 1);
    esme.closed().await;
    let _esme = smsc.binding(0).await;
    until(&smpp, Link::Bound).await;
}

#[tokio::test]
async fn an_answer_after_its_time_is_told_as_late() {
    let mut settings = settings();
    settings.timings.response = Duration::from_millis(20);
    let (_smsc, smpp, mut news, mut esme) = bound(settings).await;
    for (status, body, expected) in
        [(0, &b"0A1B\0"[..], accepted("a1b")), (0x0B, b"", SendOutcome::Permanent { reason: "number" })]
    {
        let submitting = submitting(&smpp, "t");
        let unit = esme.submission().await;
        assert_eq!(came_to(submitting).await, SendOutcome::Unknown);
        assert_eq!(smpp.figures().in_window, 0, "it makes room for others");
        esme.respond(&unit, status, body).await;
        match within(news.recv()).await.unwrap().news {
            News::Late { client_ref, answered } => {
                assert_eq!((client_ref.as_str(), answered.outcome), ("kz1", expected));
            }
            News::Event { event, .. } => panic!("a late answer, not {event:?}"),
        }
    }
    assert_eq!(smpp.figures().late, 2);
}

#[tokio::test]
async fn a_late_answer_that_says_nothing_of_the_whole_message_is_not_told() {
    let mut settings = settings();
    settings.timings.response = Duration::from_millis(20);
    let (_smsc, smpp, mut news, mut esme) = bound(settings).await;
    let submitting = submitting(&smpp, &"a".repeat(161));
    let unit = esme.submission().await;
    assert_eq!(came_to(submitting).await, SendOutcome::Unknown);
    esme.respond(&unit, 0, b"1\0").await;
    assert!(esme.asked().await.is_empty(), "the second part is not sent");
    // Not understood, and not said why.
    let submitting = self::submitting(&smpp, "t");
    let unit = esme.submission().await;
    assert_eq!(came_to(submitting).await, SendOutcome::Unknown);
    esme.send(GENERIC_NACK, 0, unit.sequence, b"").await;
    assert!(esme.asked().await.is_empty());
    assert_eq!(smpp.figures().late, 2);
    assert!(news.try_recv().is_err());
}

#[tokio::test]
async fn a_message_that_finds_no_room_in_time_was_not_sent() {
    let mut settings = Settings { window: 1, ..settings() };
    settings.timings.patience = Duration::from_millis(500);
    let (_smsc, smpp, _news, mut esme) = bound(settings).await;
    let first = submitting(&smpp, "first");
    let unit = esme.submission().await;
    assert_eq!(came_to(submitting(&smpp, "second")).await, TEMPORARY);
    esme.respond(&unit, 0, b"1\0").await;
    assert_eq!(came_to(first).await, accepted("1"));
    assert!(esme.asked().await.is_empty(), "what was given back is not sent afterwards");
}

#[tokio::test]
async fn a_message_that_nobody_waits_for_any_more_is_answered_late() {
    let (_smsc, smpp, mut news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    submitting.abort();
    assert!(submitting.await.unwrap_err().is_cancelled());
    assert_eq!(smpp.figures().in_window, 0);
    esme.respond(&unit, 0, b"7\0").await;
    match within(news.recv()).await.unwrap().news {
        News::Late { answered, .. } => assert_eq!(answered.outcome, accepted("7")),
        News::Event { event, .. } => panic!("a late answer, not {event:?}"),
    }
}

fn response(unit: &Unit) -> (u32, u32, u32) {
    (unit.command, unit.status, unit.sequence)
}

#[tokio::test]
async fn a_delivery_is_answered_only_when_it_is_stored() {
    let (_smsc, _smpp, mut news, mut esme) = bound(settings()).await;
    let sequence = esme.message("JOBS").await;
    let (event, done) = next_event(&mut news).await;
    match event {
        HookEvent::Inbound(inbound) => {
            assert_eq!(
                (inbound.from.as_str(), inbound.to.as_str(), inbound.text.as_str()),
                ("250788000001", "8282", "JOBS")
            );
        }
        other => panic!("a message, not {other:?}"),
    }
    assert!(esme.asked().await.is_empty(), "it is not answered before");
    done.send(Stored::Yes).unwrap();
    let unit = esme.next().await;
    assert_eq!(response(&unit), (DELIVER_SM | RESP, 0, sequence));
    assert_eq!(unit.body, [0]);
}

#[tokio::test]
async fn a_delivery_that_is_not_stored_shall_come_again() {
    let (_smsc, smpp, mut news, mut esme) = bound(settings()).await;
    for forgotten in [false, true] {
        let sequence = esme.message("JOBS").await;
        let (_, done) = next_event(&mut news).await;
        if forgotten {
            drop(done);
        } else {
            done.send(Stored::No).unwrap();
        }
        assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0x64, sequence));
    }
    // Nobody is there to store it.
    drop(news);
    let sequence = esme.message("JOBS").await;
    assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0x64, sequence));
    assert_eq!(smpp.figures().turned_away, 3);
}

#[tokio::test]
async fn a_delivery_that_takes_too_long_to_store_shall_come_again() {
    let mut settings = settings();
    settings.timings.store = Duration::from_millis(5);
    let (_smsc, smpp, mut news, mut esme) = bound(settings).await;
    let sequence = esme.message("JOBS").await;
    let (_event, _storing) = next_event(&mut news).await;
    assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0x64, sequence));
    assert_eq!(smpp.figures().turned_away, 1);
}

#[tokio::test]
async fn more_deliveries_than_can_wait_shall_come_again_and_answers_are_still_read() {
    let (_smsc, smpp, mut news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, "t");
    let submission = esme.submission().await;
    for _ in 0..64 {
        esme.message("JOBS").await;
    }
    assert!(esme.asked().await.is_empty());
    let sequence = esme.message("JOBS").await;
    assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0x64, sequence));
    esme.respond(&submission, 0, b"1\0").await;
    assert_eq!(came_to(submitting).await, accepted("1"));
    // To be held by who stores is to wait as well.
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(next_event(&mut news).await.1);
    }
    let sequence = esme.message("JOBS").await;
    assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0x64, sequence));
    held.pop().unwrap().send(Stored::Yes).unwrap();
    assert_eq!(response(&esme.next().await).1, 0);
    esme.message("JOBS").await;
    next_event(&mut news).await;
}

#[tokio::test]
async fn a_flood_of_requests_is_answered_in_full_and_holds_up_no_message() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let question = [&[0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0][..], &7_u32.to_be_bytes()].concat();
    esme.write(&question.repeat(3000)).await;
    let submitting = submitting(&smpp, "t");
    let mut answered = 0;
    while answered < 3000 {
        let unit = esme.next().await;
        if unit.command == SUBMIT_SM {
            esme.respond(&unit, 0, b"1\0").await;
        } else {
            assert_eq!(response(&unit), (ENQUIRE_LINK | RESP, 0, 7));
            answered += 1;
        }
    }
    assert_eq!(came_to(submitting).await, accepted("1"));
}

#[tokio::test]
async fn receipts_find_their_message_whatever_base_and_form_they_come_in() {
    let profile = Profile { id_form: IdForm::ResponseHexReceiptDecimal, ..Profile::for_sender("Kaziline") };
    for (profile, response, text, tlv) in [
        (Profile::for_sender("Kaziline"), &b"0A1B2C3D\0"[..], "a1b2c3d", "00A1B2C3D"),
        (profile, b"0A1B2C3D\0", "0169552957", "169552957"),
    ] {
        let smsc = Smsc::start().await;
        let account = Account { profile, ..account(&smsc.endpoint) };
        let (smpp, mut news) = Smpp::start(settings(), account).unwrap();
        let mut esme = smsc.bound_with(PASSWORD).await.ok().unwrap();
        until(&smpp, Link::Bound).await;
        let submitting = submitting(&smpp, "t");
        let unit = esme.submission().await;
        esme.respond(&unit, 0, response).await;
        let SendOutcome::Accepted { provider_id } = came_to(submitting).await else { panic!("accepted") };

        let about = About::ProviderId(provider_id);
        esme.receipt_in_text(&format!("id:{text} sub:001 dlvrd:001 stat:UNDELIV err:0A5 Text:t")).await;
        let (event, done) = next_event(&mut news).await;
        let expected = Receipt { about: about.clone(), reported: Reported::Undelivered, detail: "UNDELIV.0A5".into() };
        assert_eq!(event, HookEvent::Receipt(expected));
        done.send(Stored::Yes).unwrap();
        esme.next().await;

        esme.receipt_in_tlvs(tlv, 2).await;
        let (event, _done) = next_event(&mut news).await;
        let expected = Receipt { about, reported: Reported::Delivered, detail: "DELIVRD".into() };
        assert_eq!(event, HookEvent::Receipt(expected));
    }
}

#[tokio::test]
async fn a_unit_that_cannot_be_read_costs_nothing_but_itself() {
    let (_smsc, smpp, mut news, mut esme) = bound(settings()).await;
    let cut = esme.request(DELIVER_SM, b"\0\x01\x01250788000001").await;
    assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0x65, cut));
    let foreign = esme.request(0x0000_0111, b"?").await;
    assert_eq!(response(&esme.next().await), (GENERIC_NACK, 0x03, foreign));
    let nameless = esme.receipt_in_text("stat:DELIVRD").await;
    assert_eq!(response(&esme.next().await), (DELIVER_SM | RESP, 0, nameless));
    // Answers that nobody asked for, and a request without an answer.
    esme.send(SUBMIT_SM | RESP, 0, 4711, b"99\0").await;
    esme.send(0x0000_0102, 0, 12, b"").await;
    assert!(esme.asked().await.is_empty());
    assert_eq!((smpp.figures().unreadable, smpp.figures().passed_over), (1, 1));
    assert!(news.try_recv().is_err());

    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    esme.respond(&unit, 0, b"1").await;
    assert_eq!(came_to(submitting).await, accepted("1"));
}

#[tokio::test]
async fn octets_that_are_no_units_cost_the_connection_and_no_more() {
    let (smsc, smpp, _news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, "t");
    esme.submission().await;
    esme.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(came_to(submitting).await, SendOutcome::Unknown);
    esme.closed().await;
    let mut esme = smsc.binding(0).await;
    assert!(esme.asked().await.is_empty());
}

#[tokio::test]
async fn units_are_read_however_they_are_cut() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    let mut octets = vec![0, 0, 0, 19, 0x80, 0, 0, 4, 0, 0, 0, 0];
    octets.extend(unit.sequence.to_be_bytes());
    octets.extend(b"42\0");
    for octet in octets {
        esme.write(&[octet]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(came_to(submitting).await, accepted("42"));
}

#[tokio::test]
async fn a_quiet_smsc_is_asked_whether_it_is_there() {
    let mut settings = settings();
    settings.timings.idle = Duration::from_millis(5);
    let (_smsc, smpp, _news, mut esme) = bound(settings).await;
    for _ in 0..5 {
        let unit = esme.next().await;
        assert_eq!((unit.command, unit.status), (ENQUIRE_LINK, 0));
        esme.respond(&unit, 0, b"").await;
    }
    assert_eq!((smpp.link(), smpp.figures().reconnects), (Link::Bound, 0));
}

#[tokio::test]
async fn an_smsc_that_does_not_say_that_it_is_there_is_left() {
    let mut settings = settings();
    settings.timings.idle = Duration::from_millis(5);
    settings.timings.enquire = Duration::from_millis(5);
    let (smsc, _smpp, _news, mut esme) = bound(settings).await;
    assert_eq!(esme.next().await.command, ENQUIRE_LINK);
    esme.closed().await;
    smsc.binding(0).await;
}

#[tokio::test]
async fn at_the_end_the_last_answers_are_waited_for_and_the_smsc_is_told() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    let submitting = submitting(&smpp, "t");
    let unit = esme.submission().await;
    let stopping = tokio::spawn({
        let smpp = smpp.clone();
        async move { smpp.stop().await }
    });
    assert!(esme.asked().await.is_empty(), "not before the answer");
    esme.respond(&unit, 0, b"1\0").await;
    assert_eq!(came_to(submitting).await, accepted("1"));
    let unbind = esme.next().await;
    assert_eq!(unbind.command, UNBIND);
    esme.respond(&unbind, 0, b"").await;
    esme.closed().await;
    within(stopping).await.unwrap();
    assert_eq!(smpp.link(), Link::Stopped);
    assert_eq!(came_to(self::submitting(&smpp, "t")).await, TEMPORARY);
}

#[tokio::test]
async fn at_the_end_an_answer_that_nobody_waits_for_is_not_waited_for() {
    let mut settings = settings();
    settings.timings.response = Duration::from_millis(20);
    let (_smsc, smpp, _news, mut esme) = bound(settings).await;
    let submitting = submitting(&smpp, "t");
    esme.submission().await;
    assert_eq!(came_to(submitting).await, SendOutcome::Unknown);
    drop(smpp);
    assert_eq!(esme.next().await.command, UNBIND);
}

#[tokio::test]
async fn at_the_end_nothing_waits_for_ever() {
    let mut settings = settings();
    settings.timings.parting = Duration::from_millis(20);
    let (_smsc, smpp, _news, mut esme) = bound(settings).await;
    let submitting = submitting(&smpp, "t");
    esme.submission().await;
    within(smpp.stop()).await;
    assert_eq!(came_to(submitting).await, SendOutcome::Unknown);
    assert_eq!(esme.next().await.command, UNBIND);
    esme.closed().await;
    // A second stop is none.
    within(smpp.stop()).await;
}

#[tokio::test]
async fn a_session_nobody_holds_any_more_takes_its_leave() {
    let (_smsc, smpp, _news, mut esme) = bound(settings()).await;
    drop(smpp);
    let unbind = esme.next().await;
    assert_eq!(unbind.command, UNBIND);
    esme.respond(&unbind, 0, b"").await;
    esme.closed().await;
}

#[tokio::test]
async fn a_wait_for_the_next_connection_ends_with_the_session() {
    let smsc = Smsc::start().await;
    let (smpp, _news) = started(&smsc, settings());
    smsc.binding(0x0E).await.closed().await;
    until(&smpp, Link::Refused).await;
    within(smpp.stop()).await;
    assert_eq!(smpp.link(), Link::Stopped);
}

#[tokio::test]
async fn a_bind_under_way_ends_with_the_session() {
    let smsc = Smsc::start().await;
    let (smpp, _news) = started(&smsc, settings());
    let mut esme = smsc.connected().await;
    esme.next().await;
    within(smpp.stop()).await;
    esme.closed().await;
}

#[tokio::test]
async fn an_smsc_that_takes_its_leave_is_answered_and_bound_again() {
    let (smsc, smpp, _news, mut esme) = bound(settings()).await;
    let sequence = esme.request(UNBIND, b"").await;
    assert_eq!(response(&esme.next().await), (UNBIND | RESP, 0, sequence));
    esme.closed().await;
    let mut esme = smsc.binding(0).await;
    assert!(esme.asked().await.is_empty());
    assert_eq!(smpp.figures().reconnects, 1);
}

#[tokio::test]
async fn with_tls_nothing_leaves_in_the_clear() {
    let smsc = Smsc::start().await;
    let account = Account { tls: true, ..account(&smsc.endpoint) };
    let (smpp, _news) = Smpp::start(settings(), account).unwrap();
    let mut esme = smsc.connected().await;
    // A record of a TLS handshake; a bind would begin with its length.
    assert_eq!(esme.octets(2).await, [0x16, 0x03]);
    esme.write(b"no TLS here, and this is more than a record's head").await;
    drop(esme);
    smsc.connected().await;
    assert!(!smpp.figures().bound);
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_refused_at_the_start() {
    let fault = |settings: Settings, account: Account| Smpp::start(settings, account).unwrap_err();
    let good = account("smpp://127.0.0.1:2775");
    assert_eq!(fault(settings(), account("127.0.0.1:2775")), StartFault::Endpoint);
    assert_eq!(fault(settings(), Account { username: "n".repeat(16), ..good.clone() }), StartFault::Account);
    assert_eq!(fault(settings(), Account { system_type: "t".repeat(13), ..good }), StartFault::Account);
}

#[tokio::test]
async fn debug_of_everything_that_is_handed_around_shows_no_secret() {
    let (_smsc, smpp, mut news, mut esme) = bound(settings()).await;
    esme.message("Muraho").await;
    let event = within(news.recv()).await.unwrap();
    let shown = format!("{smpp:?} {event:?} {:?}", settings());
    assert!(["788", "Muraho", PASSWORD].iter().all(|secret| !shown.contains(secret)), "{shown}");
}

/// A minute in the life of a bad SMSC: each message ends as what it is, and the next one is sent all the same.
#[tokio::test]
async fn whatever_the_smsc_does_messages_end_and_the_next_one_goes() {
    let smsc = Smsc::start().await;
    let (smpp, mut news) = started(&smsc, Settings { window: 1, ..settings() });
    let steps = [
        (Step::Accept(Some("DELIVRD")), accepted("1")),
        (Step::Refuse(0x58), THROTTLED),
        (Step::Drop, SendOutcome::Unknown),
        (Step::AcceptAndDrop, accepted("4")),
        (Step::Refuse(0x0B), SendOutcome::Permanent { reason: "number" }),
    ];
    let (submitted, mut seen) = mpsc::unbounded_channel();
    let serving = tokio::spawn(smsc.serve(steps.iter().map(|(step, _)| *step).collect(), submitted));
    for (step, outcome) in steps {
        within(async {
            // A message that could not be sent is tried again, as the outbox does.
            loop {
                until(&smpp, Link::Bound).await;
                let came_to = smpp.submit(&sms("t")).await.outcome;
                if came_to != TEMPORARY {
                    assert_eq!(came_to, outcome, "{step:?}");
                    break;
                }
            }
        })
        .await;
        assert_eq!(within(seen.recv()).await.unwrap().message, b"t");
    }
    let (event, _done) = next_event(&mut news).await;
    let HookEvent::Receipt(receipt) = event else { panic!("a receipt, not {event:?}") };
    assert_eq!((receipt.about, receipt.reported), (About::ProviderId("1".into()), Reported::Delivered));
    assert!(seen.try_recv().is_err(), "nothing was sent twice");
    serving.abort();
}

/// What the outbox stands on: a message that is said not to have been sent never reached the SMSC, so that it can be
/// sent again; one that was accepted reached it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_sent_was_never_seen() {
    let smsc = Smsc::start().await;
    let (smpp, _news) = started(&smsc, Settings { window: 5, ..settings() });
    let step = |at: usize| match at % 16 {
        5 => Step::Drop,
        12 => Step::AcceptAndDrop,
        _ => Step::Accept(None),
    };
    let steps = (0..2000).map(step).collect();
    let (submitted, mut seen) = mpsc::unbounded_channel();
    let serving = tokio::spawn(smsc.serve(steps, submitted));
    let senders: Vec<_> = (0..20)
        .map(|sender| {
            let smpp = smpp.clone();
            tokio::spawn(async move {
                let mut outcomes = Vec::new();
                for number in 0..20 {
                    until(&smpp, Link::Bound).await;
                    let text = format!("{sender}-{number}");
                    let outcome = within(smpp.submit(&sms(&text))).await.outcome;
                    outcomes.push((text, outcome));
                }
                outcomes
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for sender in senders {
        outcomes.extend(sender.await.unwrap());
    }
    serving.abort();
    assert!(serving.await.unwrap_err().is_cancelled());
    let mut times_seen: HashMap<String, usize> = HashMap::new();
    while let Ok(submitted) = seen.try_recv() {
        *times_seen.entry(String::from_utf8(submitted.message).unwrap()).or_default() += 1;
    }
    let mut kinds = HashMap::<&str, usize>::new();
    for (text, outcome) in &outcomes {
        let times = times_seen.get(text).copied().unwrap_or(0);
        let kind = match outcome {
            SendOutcome::Accepted { .. } => {
                assert_eq!(times, 1, "{text} was accepted");
                "accepted"
            }
            SendOutcome::Unknown => {
                assert!(times <= 1, "{text} was sent twice");
                "unknown"
            }
            other => {
                assert_eq!((other, times), (&TEMPORARY, 0), "{text} was said not to be sent");
                "not sent"
            }
        };
        *kinds.entry(kind).or_default() += 1;
    }
    // Otherwise this has shown nothing.
    let enough = ["accepted", "unknown", "not sent"].iter().all(|kind| kinds.get(kind).is_some_and(|times| *times > 5));
    assert!(enough, "{kinds:?}");
}
