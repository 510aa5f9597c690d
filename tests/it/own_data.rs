//! A person's own data through the service: erased while another call is open, silence and its end, a PIN that was forgotten,
//! and what an operator hands out.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::country::Msisdn;
use kaziline::gateway::ussd::UssdEvent;
use kaziline::hop::{self, Hop, Service};
use kaziline::storage::{self, Tx, Work};
use kaziline::{embedded, housekeeping};

use crate::apply::WORKER;
use crate::support::{World, command, texts};

const DAY_MS: i64 = 86_400_000;
const CALLER: &str = "+250788123456";
const REGISTER: [&str; 12] = ["6", "2", "1", "1", "1990", "1", "1", "6000", "1", "1", "1", "Uwase Aline"];

struct Town {
    core: Core,
    clock: Arc<SimulatedClock>,
}

impl Town {
    async fn new() -> Town {
        let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
        Town { core: core.await.unwrap(), clock }
    }

    fn service(&self) -> &Arc<Service> {
        &self.core.service
    }

    /// Dials in a session of its own and types; answers the last screen.
    async fn call(&self, session: &str, typed: &[&str]) -> String {
        self.call_as(CALLER, session, typed).await
    }

    async fn call_as(&self, number: &str, session: &str, typed: &[&str]) -> String {
        let mut text = String::new();
        let mut screen = self.hop_as(number, session, "").await;
        for input in typed {
            self.clock.advance(1_000);
            text = if text.is_empty() { (*input).to_owned() } else { format!("{text}*{input}") };
            screen = self.hop_as(number, session, &text).await;
        }
        screen
    }

    async fn hop(&self, session: &str, text: &str) -> String {
        self.hop_as(CALLER, session, text).await
    }

    async fn hop_as(&self, number: &str, session: &str, text: &str) -> String {
        let hop = Hop {
            channel: "demo".into(),
            session: session.to_owned(),
            msisdn: Msisdn::parse_e164(number).unwrap(),
            service_code: "*567#".to_owned(),
            event: UssdEvent::Cumulative(text.to_owned()),
            hop_id: None,
        };
        let answered = hop::answer(self.service(), hop).await;
        assert_ne!(answered.outcome, hop::Outcome::Apologised);
        answered.answer.text
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let read = move |tx: &mut Tx<'_>| tx.query_one(sql, &[], |row| row.integer(0));
        self.service().store.read::<_, storage::Error, _>(read).await.unwrap().unwrap()
    }

    /// Turns until there is nothing more to do.
    async fn housekeeping(&self) {
        for _ in 0..2_000 {
            if housekeeping::turn(self.service()).await.unwrap() == 0 {
                return;
            }
        }
        panic!("housekeeping comes to no end");
    }

    async fn messages(&self, template: &'static str) -> i64 {
        let count = move |tx: &mut Tx<'_>| {
            tx.query_one("SELECT COUNT(*) FROM outbox WHERE template = $1", &[template.into()], |row| row.integer(0))
        };
        self.service().store.read::<_, storage::Error, _>(count).await.unwrap().unwrap()
    }
}

const NAMES: &str = "SELECT COUNT(*) FROM person WHERE name_sealed IS NOT NULL";
const ERASED: &str = "SELECT COUNT(*) FROM data_event WHERE what = 'erased'";

#[tokio::test]
async fn erased_while_another_call_is_open_and_never_twice() {
    let town = Town::new().await;
    let before = town.count(NAMES).await;
    town.call("a", &REGISTER).await;
    assert_eq!(town.count(NAMES).await, before + 1);
    // Another call, cut while it changes the name; and one that looks at a job.
    town.clock.advance(3 * 3_600_000);
    let asks_name = town.call("b", &["6", "8", "2", "1"]).await;
    assert!(asks_name.contains("name"), "{asks_name}");
    let jobs = town.call("c", &["2", "1", "1"]).await;
    assert!(jobs.contains("Apply"), "{jobs}");
    let keys = ["6", "8", "9", "1", "7"];
    let erased = town.call("d", &keys).await;
    assert!(erased.contains("erased"), "{erased}");
    assert_eq!(town.hop("d", &keys.join("*")).await, erased, "the gateway asks again");
    // The open calls go on, and bring nobody back.
    let named = town.hop("b", "6*8*2*1*Mukamana").await;
    assert!(!named.contains("Mukamana"), "{named}");
    let applied = town.hop("c", "2*1*1*1").await;
    assert!(!applied.contains("You asked for job"), "{applied}");
    assert_eq!((town.count(NAMES).await, town.count(ERASED).await), (before, 1));
    assert_eq!((town.messages("data_erased").await, town.messages("applied").await), (1, 0));
    let left = "SELECT COUNT(*) FROM outbox WHERE person_id IS NOT NULL AND template = 'registered'";
    assert_eq!(town.count(left).await, 0, "what was written before has lost its person");
    // The receipt has its number for a week, and then none.
    let numbered = "SELECT COUNT(*) FROM outbox WHERE template = 'data_erased' AND address_hmac <> prefix_hmac";
    assert_eq!(town.count(numbered).await, 1);
    town.clock.advance(8 * DAY_MS);
    town.housekeeping().await;
    assert_eq!(town.count(numbered).await, 0);
}

#[tokio::test]
async fn who_is_silent_for_a_year_is_asked_and_then_erased_but_not_who_dials() {
    let town = Town::new().await;
    town.call("a", &REGISTER).await;
    let all = town.count(NAMES).await;
    town.clock.advance(366 * DAY_MS);
    town.housekeeping().await;
    let numbers = town.count("SELECT COUNT(DISTINCT msisdn_hmac) FROM person WHERE name_sealed IS NOT NULL").await;
    assert_eq!(town.messages("stay").await, numbers, "everybody was silent, and each number is asked once");
    assert_eq!(town.count(NAMES).await, all);
    town.clock.advance(5 * DAY_MS);
    let asked = town.call("b", &["1990", "90"]).await;
    assert!(asked.contains("My work"), "{asked}");
    town.clock.advance(26 * DAY_MS);
    town.housekeeping().await;
    assert_eq!((town.count(NAMES).await, town.messages("stay").await), (1, numbers), "one has dialled");
    assert_eq!(town.count("SELECT COUNT(*) FROM data_event WHERE what = 'silent'").await, all - 1);
    assert!(town.call("c", &[]).await.contains("My work"));
}

#[tokio::test]
async fn one_whose_row_cannot_be_read_keeps_nobody_else() {
    let town = Town::new().await;
    // Nobody knows these languages, and this number cannot be opened.
    for sql in [
        "UPDATE person SET language = 'xx' WHERE id IN (SELECT id FROM person ORDER BY id LIMIT 5)",
        "UPDATE phone_number SET msisdn_sealed = X'00' WHERE msisdn_hmac IN \
            (SELECT msisdn_hmac FROM person ORDER BY id DESC LIMIT 1)",
    ] {
        let write = move |tx: &mut Tx<'_>| tx.execute(sql, &[]);
        assert!(town.service().store.transact::<_, storage::Error, _>(Work::bulk(), write).await.unwrap() > 0);
    }
    town.clock.advance(366 * DAY_MS);
    town.housekeeping().await;
    town.clock.advance(31 * DAY_MS);
    town.housekeeping().await;
    let kept = "SELECT COUNT(*) FROM person WHERE name_sealed IS NOT NULL AND msisdn_hmac NOT IN \
        (SELECT msisdn_hmac FROM person WHERE language = 'xx') AND msisdn_hmac NOT IN \
        (SELECT msisdn_hmac FROM phone_number WHERE length(msisdn_sealed) = 1)";
    assert_eq!(town.count(kept).await, 0, "everybody else is gone");
    assert!(town.count(NAMES).await >= 6 && town.count("SELECT COUNT(*) FROM person WHERE language = 'xx'").await == 5);
}

#[tokio::test]
async fn a_pin_moves_its_person_after_two_days_and_a_call_from_the_old_number_stops_it() {
    const OTHER: &str = "+250788123457";
    let ask = ["4", "4", "6", "1", "0788 123 456", "8", "5829"];
    let town = Town::new().await;
    town.call("a", &REGISTER).await;
    town.clock.advance(2 * 3_600_000);
    town.call("b", &["6", "8", "6", "1", "5829", "5829", "2"]).await;
    let new_here = town.call_as(OTHER, "c", &[]).await;
    town.clock.advance(2 * 3_600_000);
    town.call_as(OTHER, "d", &ask).await;
    assert_eq!((town.messages("move_code").await, town.messages("move_begun").await), (1, 1));
    // The owner calls.
    town.clock.advance(3 * 3_600_000);
    town.call("e", &[]).await;
    town.clock.advance(3 * DAY_MS);
    town.housekeeping().await;
    assert_eq!(town.messages("moved").await, 0);
    assert_eq!(town.call_as(OTHER, "f", &[]).await, new_here);
    // And does not.
    town.clock.advance(3 * 3_600_000);
    town.call_as(OTHER, "g", &ask).await;
    town.clock.advance(49 * 3_600_000);
    town.housekeeping().await;
    assert_eq!((town.messages("move_begun").await, town.messages("moved").await), (2, 1));
    assert_ne!(town.call_as(OTHER, "h", &[]).await, new_here);
    assert_eq!(town.call("i", &[]).await, new_here, "nobody is on the old number");
    assert_eq!(town.count("SELECT COUNT(*) FROM number_move_event").await, 2);
}

#[tokio::test]
async fn a_forgotten_pin_ends_after_two_days_with_a_message_at_each_end() {
    let town = Town::new().await;
    town.call("a", &REGISTER).await;
    town.clock.advance(2 * 3_600_000);
    town.call("b", &["6", "8", "6", "1", "5829", "5829", "2"]).await;
    town.clock.advance(60_000);
    // Not even the call that was cut is offered: the PIN comes first.
    let asked = town.call("c", &[]).await;
    assert!(asked.contains("PIN?") && !asked.contains("Mason"), "{asked}");
    town.call("d", &["8", "1"]).await;
    assert_eq!(town.messages("pin_reset").await, 1);
    town.clock.advance(47 * 3_600_000);
    town.housekeeping().await;
    assert!(town.call("e", &[]).await.contains("PIN?"));
    town.clock.advance(3_600_000);
    town.housekeeping().await;
    assert_eq!(town.messages("pin_ended").await, 1);
    assert!(town.call("f", &["90"]).await.contains("My work"), "after the question of a later visit");
}

#[test]
fn an_operator_hands_out_all_that_is_kept_and_it_is_written_down() {
    let world = World::demo();
    let export = |number: &str, by: &str| {
        let arguments = ["export", "person", "--by", by, "--data", "kaziline-demo"];
        let mut child = command(&arguments, world.folder().path());
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(number.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    world.phone(WORKER).dial("*567#", &["1", "1", "1"]);
    let (out, err) = texts(&export(&format!("{WORKER}\n"), "Aline"));
    let found: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert!(found["name"].as_str().is_some_and(|name| name.len() > 3), "{out}");
    assert_eq!(found["number"]["msisdn"], WORKER.trim_start_matches('+'));
    assert_eq!(found["applications"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["number_given_to"].as_array().map(Vec::len), Some(1));
    assert!(found["messages_to_them"][0]["text"].as_str().is_some_and(|text| text.starts_with("Kaziline")), "{out}");
    assert_eq!(found["pin"]["set"], false);
    for (number, by, said) in [
        ("0788999999\n", "Aline", "nobody"),
        ("12\n", "Aline", "phone number"),
        ("\n", "Aline", "standard input"),
        (WORKER, " ", "who"),
    ] {
        let refused = export(number, by);
        let (out, err) = texts(&refused);
        assert_eq!(refused.status.code(), Some(1), "{out}{err}");
        assert!(err.contains(said) && !err.contains("0788999999"), "{err}");
    }
    let folder = world.end();
    let file = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    let rows: i64 =
        file.query_row("SELECT COUNT(*) FROM data_event WHERE by_name = 'Aline'", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn the_office_erases_who_forgot_the_pin_and_stopped_the_messages() {
    let world = World::demo();
    let erase = |number: &str, more: &[&str]| {
        let arguments = [&["erase", "person", "--by", "Aline", "--data", "kaziline-demo"], more].concat();
        let mut child = command(&arguments, world.folder().path());
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Who refuses at once reads nothing.
        let _ = child.stdin.take().unwrap().write_all(number.as_bytes());
        child.wait_with_output().unwrap()
    };
    world.phone(WORKER).dial("*567#", &["1", "1", "1"]);
    for (number, more, said) in [
        (WORKER, &[][..], "--yes"),
        ("0788999999\n", &["--yes"][..], "nobody"),
        ("\n", &["--yes"][..], "standard input"),
        (WORKER, &["--yes", "--person", "7"][..], "name one of them with --person"),
    ] {
        let refused = erase(number, more);
        let (out, err) = texts(&refused);
        assert_eq!((refused.status.code(), out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains(said) && !err.contains("0788999999"), "{err}");
    }
    let erased = erase(&format!("{WORKER}\n"), &["--yes"]);
    assert!(texts(&erased).0.contains("tell the person"), "{:?}", texts(&erased));
    assert!(texts(&erase(WORKER, &["--yes"])).1.contains("nobody"), "once");
    let folder = world.end();
    let file = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM data_event WHERE what = 'erased' AND by_name = 'Aline'"), 1);
    assert_eq!(count("SELECT COUNT(*) FROM person WHERE number_generation = 0"), 1);
}

/// The identifier that `person list` tells of the first person on a number.
fn person_on(world: &World, number: &str) -> String {
    let listed = world.command_with(&["person", "list", "--by", "Aline", "--data", "kaziline-demo"], number);
    let (out, err) = texts(&listed);
    let id = out.split_whitespace().next().map(str::to_owned);
    id.filter(|id| id.parse::<i64>().is_ok()).unwrap_or_else(|| panic!("{out}{err}"))
}

#[test]
fn the_office_joins_two_registrations_and_an_open_call_of_the_second_begins_anew() {
    let world = World::demo();
    let (first, second) = ("+250788123456", "+250788123457");
    for number in [first, second] {
        world.phone(number).dial("*567#", &REGISTER);
    }
    let (keep, drop) = (person_on(&world, first), person_on(&world, second));
    let merge = |keep: &str, drop: &str, more: &[&str]| {
        let arguments = ["person", "merge", keep, drop, "--by", "Aline", "--data", "kaziline-demo"];
        world.command(&[&arguments[..], more].concat())
    };
    // In the middle of changing the name.
    let name = ["", "6", "6*8", "6*8*2", "6*8*2*1"].map(|text| world.hop("open", second, text).text().to_owned());
    assert!(name[4].contains("name"), "{name:?}");
    let same = texts(&merge(&keep, &keep, &[])).1;
    assert!(same.contains("one registration"), "{same}");
    let (shown, err) = texts(&merge(&keep, &drop, &[]));
    assert!(shown.contains("born 1990") && shown.contains("goes: "), "{shown}{err}");
    let seen = shown.split_whitespace().last().unwrap().to_owned();
    let other = texts(&merge(&keep, &drop, &["--seen", "1"])).1;
    assert!(other.contains("look again"), "{other}");
    let done = merge(&keep, &drop, &["--seen", &seen]);
    assert!(texts(&done).0.contains("tell the person"), "{:?}", texts(&done));
    assert!(texts(&merge(&keep, &drop, &["--seen", &seen])).1.contains("not there"), "once");
    // What is typed for a screen of somebody who is gone is no answer: the call begins anew, and goes on from there.
    let anew = world.hop("open", second, "6*8*2*1*Mukamana").text().to_owned();
    let fresh = world.hop("fresh", "+250788123458", "").text().to_owned();
    assert_eq!(anew, fresh, "as on a number with nobody on it");
    let on = world.hop("open", second, "6*8*2*1*Mukamana*4").text().to_owned();
    assert_eq!(on, world.hop("fresh", "+250788123458", "4").text(), "the next key is an answer");
    assert!(world.hop("kept", first, "").text().contains("My work"));
    let folder = world.end();
    let file = rusqlite::Connection::open(folder.data().join("kaziline.db")).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM person_merge WHERE by_name = 'Aline'"), 1);
    // The call that registered, which nobody hung up and nobody goes on with.
    assert_eq!(count("SELECT COUNT(*) FROM session WHERE anew = 1"), 1);
}
