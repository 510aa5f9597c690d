//! What providers of SMS call: reports and messages from phones, through the service's own addresses.

use serde_json::{Value, json};

use crate::apply::{APPLY, WORKER};
use crate::support::http::Request;
use crate::support::{World, texts};

const DATA: [&str; 2] = ["--data", "kaziline-demo"];
const RECEIPT: &str = "/hooks/demo_sms/demo/receipt";
const SMS: &str = "/hooks/demo_sms/demo/sms";

fn call(world: &World, path: &str, body: &Value) -> u16 {
    let body = body.to_string();
    let content_type = Some("application/json");
    world.send(&Request { method: "POST", path, content_type, body: body.into_bytes(), headers: &[] }).status
}

fn from_phone(world: &World, id: &str, number: &str, text: &str) {
    let sms = json!({"id": id, "from": number, "to": "567", "text": text});
    assert_eq!(call(world, SMS, &sms), 200);
}

fn told(world: &World, arguments: &[&str]) -> String {
    let output = world.command(&[arguments, &DATA[..]].concat());
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    out
}

fn listed(world: &World) -> Vec<Value> {
    let list: Value = serde_json::from_str(&told(world, &["outbox", "list", "--json"])).unwrap();
    list["messages"].as_array().unwrap().clone()
}

/// Asks until it is so: reading calls is work beside the answer.
fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
    }
    panic!("{what}");
}

#[test]
fn a_report_moves_its_message_forward_and_is_told() {
    let world = World::demo();
    for text in APPLY {
        world.hop("s1", WORKER, text);
    }
    world.phone(WORKER).messages(1);
    let id = listed(&world)[0]["id"].as_i64().unwrap().to_string();
    let status = || listed(&world)[0]["status"].as_str().unwrap().to_owned();
    until("the message is accepted", || status() == "accepted");
    let explained = told(&world, &["outbox", "explain", &id]);
    assert!(explained.contains("demo_sms") && explained.contains("no report"), "{explained}");
    // The demo's provider counts its messages from 1; a report of one that is not known waits.
    assert_eq!(call(&world, RECEIPT, &json!({"id": "lb-99", "status": "delivered"})), 200);
    assert_eq!(call(&world, RECEIPT, &json!({"id": "LB-1", "status": "delivered"})), 200);
    until("the message is delivered", || status() == "delivered");
    assert_eq!(call(&world, RECEIPT, &json!({"id": "lb-1", "status": "undelivered"})), 200);
    let explained = told(&world, &["outbox", "explain", &id]);
    assert!(explained.starts_with("The phone has it"), "{explained}");
    let retried = world.command(&[&["outbox", "retry", &id], &DATA[..]].concat());
    assert_eq!(retried.status.code(), Some(1), "{:?}", texts(&retried));
}

#[test]
fn a_call_with_a_wrong_secret_or_too_much_is_turned_away_and_nonsense_is_kept() {
    let world = World::demo();
    for path in ["/hooks/demo_sms/wrong/sms", "/hooks/nobody/demo/receipt", "/hooks/demo/demo/sms"] {
        assert_eq!(call(&world, path, &json!({})), 404, "{path}");
    }
    let long = "x".repeat(200 * 1024);
    assert_eq!(call(&world, SMS, &json!({"text": long})), 413);
    assert_eq!(call(&world, SMS, &json!({"nonsense": true})), 200, "what cannot be read now is read when it can be");
    world.until_logged("a provider's call could not be read");
}

#[test]
fn stop_start_help_and_a_language_are_done_and_confirmed() {
    let world = World::demo();
    let number = "+250788777555";
    let mut phone = world.phone(number);
    from_phone(&world, "m1", number, " Stop! ");
    let confirmed = phone.messages(1);
    assert!(confirmed[0].contains("START"), "{confirmed:?}");
    // The same call again, and the same wish in another message: done, and not answered twice.
    from_phone(&world, "m1", number, " Stop! ");
    from_phone(&world, "m2", number, "STOP");
    from_phone(&world, "m3", number, "anza");
    let started = phone.messages(2);
    assert!(started[1].contains("STOP") && started[1] != started[0], "{started:?}");
    from_phone(&world, "m4", number, "english");
    assert!(phone.messages(3)[2].contains("we write to you in English"));
    from_phone(&world, "m5", number, "HELP");
    assert!(phone.messages(4)[3].contains("Workers never pay"));
    from_phone(&world, "m6", number, "what is this");
    assert!(phone.messages(5)[4].contains("did not understand"));
    // One helpful answer, then silence for the day.
    from_phone(&world, "m7", number, "and this");
    from_phone(&world, "m8", number, "FRANCAIS");
    let all = phone.messages(6);
    assert!(all[5].contains("nous vous"), "{all:?}");
}

#[test]
fn a_number_that_stopped_is_sent_nothing_until_it_starts_again() {
    let world = World::demo();
    for text in &APPLY[..3] {
        world.hop("s1", WORKER, text);
    }
    from_phone(&world, "m1", WORKER, "guhagarika");
    let mut phone = world.phone(WORKER);
    assert_eq!(phone.messages(1).len(), 1);
    world.hop("s1", WORKER, APPLY[3]);
    let applied = || listed(&world).into_iter().find(|message| message["template"] == "applied").unwrap();
    until("the confirmation is withdrawn", || applied()["status"] == "cancelled");
    assert_eq!(applied()["reason"], "stopped");
    let id = applied()["id"].as_i64().unwrap().to_string();
    let explained = told(&world, &["outbox", "explain", &id]);
    assert!(explained.contains("asked for no messages"), "{explained}");
    from_phone(&world, "m2", WORKER, "START");
    phone.messages(2);
    told(&world, &["outbox", "retry", &id]);
    phone.messages(3);
}

#[test]
fn an_operator_rests_a_channel_and_wakes_it() {
    let world = World::demo();
    let paused = told(&world, &["outbox", "pause", "demo_sms", "--by", "Aline"]);
    assert!(paused.contains("demo_sms rests until"), "{paused}");
    let channels = told(&world, &["outbox", "channels"]);
    assert!(channels.contains("rests until it is resumed (operator)"), "{channels}");
    from_phone(&world, "m1", "+250788777556", "HELP");
    until("the answer is queued", || !listed(&world).is_empty());
    let id = listed(&world)[0]["id"].as_i64().unwrap().to_string();
    until("the pause is known", || told(&world, &["outbox", "explain", &id]).contains("Aline has paused it"));
    assert_eq!(listed(&world)[0]["status"], "queued");
    assert!(told(&world, &["outbox", "resume", "demo_sms"]).contains("sends again"));
    world.phone("+250788777556").messages(1);
    assert!(told(&world, &["outbox", "channels"]).contains("today 1 messages, 1 segments"));
    let unknown = world.command(&[&["outbox", "pause", "nobody"], &DATA[..]].concat());
    assert!(texts(&unknown).1.contains("there is no channel `nobody`; there are demo_sms"));
}
