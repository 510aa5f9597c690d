//! Bookings over the API: a firm's contact person agrees by phone, the firm asks workers, they answer by phone, and both sides
//! say how the pay was.

use kaziline::clock::{Clock as _, SystemClock};
use kaziline::text::datetime::Day;
use serde_json::{Value, json};

use super::{Office, body, pointers, world};
use crate::support::{World, texts};

/// Somebody whom a test calls its contact person.
const CONTACT: &str = "+250788699001";
/// A worker of Bumbogo, who comes to nobody's mind but these tests'.
const WORKER: &str = "+250788699002";

/// What is wanted: a steel fixer in Bumbogo, of whom there are few, in two days by the machine's clock, which the service reads.
pub(super) fn wanted() -> Value {
    let days = SystemClock::default().now_ms() / 86_400_000 + 2;
    let (year, month, day) = Day(i32::try_from(days).unwrap()).date();
    let start = format!("{year:04}-{month:02}-{day:02}");
    json!({"trade": "19", "area": "Gasabo/Bumbogo", "start": start, "pay": 6000, "pay_unit": "day"})
}

/// Keys pressed one after the other; the last screen.
fn keys(world: &World, session: &str, number: &str, keys: &[&str]) -> String {
    let mut typed = String::new();
    let mut screen = String::new();
    for key in keys {
        typed = if typed.is_empty() { (*key).to_owned() } else { format!("{typed}*{key}") };
        screen = world.hop(session, number, &typed).text().to_owned();
    }
    screen
}

#[test]
fn a_firm_books_and_a_worker_says_yes_by_phone() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    // Nobody books for the firm yet.
    let refused = office.post("/api/v1/bookings", &wanted());
    assert_eq!((refused.status, body(&refused)["type"].as_str()), (409, Some("urn:kaziline:problem:no-contact")));
    office.with_contact(CONTACT);
    world.hop("worker", WORKER, "");
    let listed = keys(
        &world,
        "worker",
        WORKER,
        &["6", "2", "1", "1", "1990", "1", "9", "6000", "1", "1", "1", "Zaninka Xavera"],
    );
    assert!(listed.contains("You are listed: Steel fixer, Bumbogo"), "{listed}");

    let mut several = wanted();
    several["openings"] = json!(10);
    several["pay_means"] = json!("momo");
    let answer = office.post("/api/v1/bookings", &several);
    assert_eq!(answer.status, 201, "{answer:?}");
    let booked = body(&answer);
    let path = answer.header("location").to_owned();
    assert_eq!(path, format!("/api/v1/bookings/{}", booked["id"].as_str().unwrap()));
    assert_eq!((booked["paid"].as_str(), booked["pay_means"].as_str()), (Some("daily"), Some("momo")));
    assert_eq!(
        (booked["status"].as_str(), booked["openings"].as_i64(), booked["hired"].as_i64()),
        (Some("open"), Some(10), Some(0))
    );
    // The same trade and day is called for once.
    assert_eq!(office.post("/api/v1/bookings", &wanted()).status, 409);

    // The worker is among those who are asked before long, and answers by phone.
    let is_asked = |worker: &Value| worker["initials"] == "Z.X." && worker["state"] == "requested";
    crate::support::cluster::until("the worker to be asked", || {
        body(&office.get(&path))["workers"].as_array().unwrap().iter().any(is_asked)
    });
    let agreed = keys(&world, "yes", WORKER, &["3", "1", "1", "1"]);
    assert!(agreed.contains("Agreed"), "{agreed}");
    let workers = body(&office.get(&path))["workers"].as_array().unwrap().clone();
    let yes = workers.iter().find(|worker| worker["state"] == "accepted").unwrap();
    // The number was given by the worker's choice, and nothing of anybody else is told.
    assert_eq!((yes["initials"].as_str(), yes["phone"].as_str()), (Some("Z.X."), Some(WORKER)));
    assert!(workers.iter().filter(|worker| worker["state"] != "accepted").all(|worker| worker["phone"].is_null()));
    let pay_days = yes["pay_days"].as_array().unwrap();
    assert_eq!((pay_days.len(), pay_days[0]["amount"].as_i64(), pay_days[0]["said"].is_null()), (1, Some(6_000), true));

    // Nobody has worked yet; what is wrong is told with its place.
    let worker = yes["id"].as_str().unwrap();
    let pay = format!("{path}/pay");
    let early = office.post(&pay, &json!({"worker": worker, "said": "paid"}));
    assert_eq!((early.status, body(&early)["type"].as_str()), (409, Some("urn:kaziline:problem:too-early")));
    let wrong = office.post(&pay, &json!({"worker": "7", "said": "paid"}));
    assert_eq!((wrong.status, pointers(&wrong)), (422, vec!["/worker".to_owned()]));
    let wrong = office.post(&pay, &json!({"worker": worker, "said": "part"}));
    assert_eq!((wrong.status, pointers(&wrong)), (422, vec!["/amount".to_owned()]));
    let all = office.post(&pay, &json!({"worker": worker, "said": "part", "amount": 6000}));
    assert_eq!((all.status, pointers(&all)), (422, vec!["/amount".to_owned()]));

    let off = office.post(&format!("{path}/cancel"), &json!({}));
    assert_eq!((off.status, body(&off)["status"].as_str()), (200, Some("cancelled")));
    let off = body(&office.get(&path));
    assert!(off["workers"].as_array().unwrap().iter().all(|worker| worker["state"] != "accepted"), "{off}");
}

#[test]
fn what_cannot_be_asked_for_is_told_with_its_place_and_who_may_not_book_for_a_firm() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    for (name, value, pointer) in [
        ("trade", json!("999"), "/trade"),
        ("area", json!("Nowhere"), "/area"),
        ("start", json!("2020-01-01"), "/start"),
        ("start", json!(null), "/start"),
        ("pay", json!(null), "/pay"),
        ("pay_means", json!("bank"), "/pay_means"),
        ("openings", json!(11), "/openings"),
        ("openings", json!(0), "/openings"),
        ("worker", json!("7"), "/worker"),
    ] {
        let mut given = wanted();
        given[name] = value.clone();
        let answer = office.post("/api/v1/bookings", &given);
        assert_eq!((answer.status, pointers(&answer)), (422, vec![pointer.to_owned()]), "{name} {value}");
    }
    let contact = |employer: &str, number: &str| {
        let bound = world.command_with(
            &["employer", "contact", employer, "--by", "Aline", "--data", "kaziline-demo"],
            &format!("{number}\n"),
        );
        (bound.status.code(), texts(&bound).1)
    };
    // Nobody who has not agreed, and one person for a firm.
    assert!(contact(&office.employer, "0788699009").1.contains("has agreed to book workers"));
    assert!(contact("7", "0788699009").1.contains("no such employer"));
    assert!(contact(&office.employer, "12").1.contains("not a phone number"));
    office.with_contact(CONTACT);
    assert_eq!(contact(&office.employer, CONTACT).0, Some(0));
}
