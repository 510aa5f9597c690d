//! Answers by SMS: a job's number, YES and NO, JOBS, STATUS, through the service's own addresses.

use rusqlite::Connection;
use serde_json::json;

use crate::api::Call;
use crate::api::applicants::day;
use crate::apply::WORKER;
use crate::support::World;
use crate::support::cluster::until;
use crate::support::http::Request;

/// Two persons of the demo share it.
const SHARED: &str = "+250780000039";

fn from_phone(world: &World, id: &str, number: &str, text: &str) {
    let body = json!({"id": id, "from": number, "to": "567", "text": text}).to_string().into_bytes();
    let content_type = Some("application/json");
    let request = Request { method: "POST", path: "/hooks/demo_sms/demo/sms", content_type, body, headers: &[] };
    assert_eq!(world.send(&request).status, 200);
}

/// The numbers of the first jobs that fit the worker.
fn numbers(world: &World, count: usize) -> Vec<String> {
    let mut phone = world.phone(WORKER);
    phone.dial("*567#", &["1"]);
    let read = |at: usize| {
        phone.press(&(at + 1).to_string());
        phone.press("2");
        let screen = phone.screen().to_owned();
        phone.press("0");
        phone.press("0");
        screen.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect::<String>()
    };
    let numbers: Vec<String> = (0..count).map(read).collect();
    assert!(numbers.iter().all(|number| number.len() >= 5), "{numbers:?}");
    numbers
}

fn database(world: &World) -> Connection {
    let database = Connection::open(world.folder().data().join("kaziline.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    database
}

/// The employers offer what was asked for.
fn offer(world: &World) {
    const ASKED: &str = "SELECT application.id, vacancy.employer_id FROM application \
        JOIN vacancy ON vacancy.id = application.vacancy_id WHERE application.stage = 'applied'";
    let database = database(world);
    let mut asked = database.prepare(ASKED).unwrap();
    let asked = asked.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).unwrap();
    let asked: Vec<_> = asked.map(Result::unwrap).collect();
    for (application, employer) in asked {
        let token = crate::api::token(world, &employer.to_string(), "applicants:write");
        let path = format!("/api/v1/applications/{application}/stage");
        let terms =
            json!({"pay": 7000, "pay_unit": "day", "start": day(4), "answer_by": day(2), "beyond_openings": true});
        let order = json!({"to": "offered", "offer": terms});
        let answer = Call::new("POST", &path, Some(&token.text)).json(&order).send(world);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

fn stages(world: &World) -> Vec<String> {
    let database = database(world);
    let mut stages = database.prepare("SELECT stage FROM application ORDER BY applied_ms, id").unwrap();
    stages.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_job_number_asks_for_the_job_once_and_everything_else_is_told() {
    let world = World::demo();
    let number = numbers(&world, 1).remove(0);
    let mut phone = world.phone(WORKER);
    from_phone(&world, "m0", WORKER, "english");
    phone.messages(1);
    let (head, tail) = number.split_at(2);
    from_phone(&world, "m1", WORKER, &format!("Akazi {head} {tail}, murakoze"));
    let applied = phone.messages(2).remove(1);
    assert!(applied.contains("you asked for job") && applied.contains(&number), "{applied}");
    from_phone(&world, "m2", WORKER, &format!("JOB{number}"));
    let already = phone.messages(3).remove(2);
    assert!(already.contains("already asked") && already.contains(&number), "{already}");
    assert_eq!(stages(&world), ["applied"]);
    from_phone(&world, "m3", WORKER, "STATUS please");
    let status = phone.messages(4).remove(3);
    assert!(status.contains(&format!("job {number}: sent")), "{status}");
    from_phone(&world, "m4", WORKER, "jobs");
    let jobs = phone.messages(5).remove(4);
    assert!(jobs.starts_with("Jobs for you: ") && !jobs.contains(&number), "{jobs}");
    // The last digit is a check digit: a slip is told, and nothing is asked for.
    let slip = (number.parse::<u64>().unwrap() ^ 1).to_string();
    from_phone(&world, "m5", WORKER, &slip);
    assert!(phone.messages(6)[5].contains(&format!("there is no job {slip}")));
    from_phone(&world, "m6", WORKER, &format!("Is {number} a good place? My sister says no"));
    assert!(phone.messages(7)[6].contains(&format!("*567*{number}#")), "only mentioned");
    assert_eq!(stages(&world), ["applied"]);
}

#[test]
fn who_cannot_be_meant_is_told_what_to_dial() {
    let world = World::demo();
    let number = numbers(&world, 1).remove(0);
    for (at, from) in ["+250788777555", SHARED].into_iter().enumerate() {
        let mut phone = world.phone(from);
        from_phone(&world, &format!("a{at}"), from, &number);
        let how = phone.messages(1).remove(0);
        assert!(how.contains(&format!("*567*{number}#")), "{how}");
        from_phone(&world, &format!("b{at}"), from, "YEGO");
        phone.messages(2);
    }
    assert_eq!(stages(&world), [""; 0]);
}

#[test]
fn yes_and_no_answer_the_one_question_and_a_number_says_which_of_two() {
    let world = World::demo();
    let numbers = numbers(&world, 3);
    let mut phone = world.phone(WORKER);
    from_phone(&world, "m0", WORKER, "english");
    from_phone(&world, "m1", WORKER, "YES");
    phone.told("no question waits", 1);
    from_phone(&world, "m2", WORKER, &numbers[0]);
    phone.told(&format!("you asked for job {}", numbers[0]), 1);
    offer(&world);
    from_phone(&world, "m3", WORKER, &format!("Yego {}!", numbers[0]));
    phone.told(&format!("you are hired. Job {}", numbers[0]), 1);
    assert_eq!(stages(&world), ["hired"]);
    from_phone(&world, "m4", WORKER, "yes");
    phone.told("no question waits", 2);
    // Two questions: nothing is done until the number says which.
    from_phone(&world, "m5", WORKER, &format!("yes {}", numbers[1]));
    from_phone(&world, "m6", WORKER, &numbers[2]);
    for number in &numbers[1..] {
        phone.told(&format!("you asked for job {number}"), 1);
    }
    offer(&world);
    assert_eq!(stages(&world), ["hired", "offered", "offered"]);
    from_phone(&world, "m8", WORKER, &format!("NO {}", numbers[1]));
    phone.told(&format!("you said no to job {}", numbers[1]), 1);
    assert_eq!(stages(&world), ["hired", "withdrawn", "offered"]);
    from_phone(&world, "m9", WORKER, &format!("yes please {}", numbers[2]));
    phone.told(&format!("you are hired. Job {}", numbers[2]), 1);
    assert_eq!(stages(&world), ["hired", "withdrawn", "hired"]);
}

#[test]
fn yes_and_no_answer_a_request_to_come() {
    const CLIENT: &str = "+250788600065";
    let world = World::demo();
    let masons = ["+250788600060", "+250788600061"];
    for (number, name) in masons.into_iter().zip(["Uwase Aline", "Habimana Bosco"]) {
        let keys = ["6", "2", "1", "1", "1990", "1", "1", "6000", "1", "1", "1", name];
        assert!(world.phone(number).dial("*567#", &keys).starts_with("You are listed: Mason, Bumbogo."));
    }
    let first = ["6", "2", "2", "1", "Mukamana Grace", "1", "1", "1", "1", "1", "4", "1", "1"];
    let mut client = world.phone(CLIENT);
    let asked = client.dial("*567#", &first);
    assert!(asked.starts_with("Asked. Booking "), "{asked}");
    let number: String = asked.chars().skip(15).take_while(char::is_ascii_digit).collect();
    let states = || {
        let database = database(&world);
        let mut states = database.prepare("SELECT state FROM booking ORDER BY created_ms, id").unwrap();
        let states: Vec<String> = states.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        states
    };
    assert_eq!(states(), ["requested"]);
    // Somebody else's answer is none.
    from_phone(&world, "b0", masons[1], &format!("YES {number}"));
    world.phone(masons[1]).told("no question waits", 1);
    from_phone(&world, "b1", masons[0], &format!("NO {number}"));
    world.phone(masons[0]).told(&format!("Kaziline {number}: you said you cannot come"), 1);
    until("the worker to decline", || states() == ["declined"]);
    let again = client.dial("*567*2#", &["90", "1", "1", "4", "1", "1"]);
    assert!(again.starts_with("Asked. Booking "), "{again}");
    let number: String = again.chars().skip(15).take_while(char::is_ascii_digit).collect();
    from_phone(&world, "b2", masons[1], &format!("Yego {number}"));
    until("the worker to accept", || states() == ["declined", "accepted"]);
}

#[test]
fn a_number_that_writes_all_day_is_not_answered_all_day_and_stop_is_heard() {
    let world = World::demo();
    let mut phone = world.phone(WORKER);
    for at in 0..24 {
        from_phone(&world, &format!("m{at}"), WORKER, "JOBS");
    }
    phone.messages(20);
    from_phone(&world, "stop", WORKER, "STOP");
    let all = phone.messages(21);
    assert!(all.iter().any(|sms| sms.contains("START")), "{all:?}");
}
