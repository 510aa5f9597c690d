//! The hook of a gateway: the line that a start prints, and everything that is refused without effect.

use crate::support::http::{self, FORM, HOOK};
use crate::support::{Request, World};

#[test]
fn a_start_prints_three_lines_and_the_curl_line_answers_con() {
    let world = World::demo();
    assert_eq!(world.greeting[1], format!("simulator  http://{}/simulator", world.address));
    let curl = world.greeting[2].strip_prefix("try it    curl -s ").unwrap();
    assert!(curl.starts_with(&format!("http://{}{HOOK} -d ", world.address)), "{curl}");
    // What a shell and curl make of the line: the fields, joined.
    let fields: Vec<String> = curl.split(" -d ").skip(1).map(|field| field.replace('\'', "")).collect();
    let answer = world.send(&Request::form(fields.join("&")));
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"), "{answer:?}");
    assert!(answer.text().starts_with("CON Kaziline"), "{answer:?}");
}

#[test]
fn what_is_not_a_hop_gets_the_right_status_one_log_line_and_no_effect() {
    let world = World::demo();
    let good = "sessionId=SECRET1&phoneNumber=%2B250788123456&networkCode=99999&serviceCode=*567%23&text=1";
    let form = || Request::form(good);
    let cases: Vec<(&str, Request<'_>, u16)> = vec![
        ("wrong secret", Request { path: "/hooks/demo/wrong/ussd", ..form() }, 404),
        ("no such channel", Request { path: "/hooks/other/demo/ussd", ..form() }, 404),
        ("an empty secret", Request { path: "/hooks/demo//ussd", ..form() }, 404),
        ("a secret with an escape", Request { path: "/hooks/demo/%64emo%00/ussd", ..form() }, 404),
        ("GET", Request { method: "GET", content_type: None, body: Vec::new(), ..form() }, 405),
        ("PUT", Request { method: "PUT", ..form() }, 405),
        ("DELETE with the wrong secret", Request { method: "DELETE", path: "/hooks/demo/x/ussd", ..form() }, 404),
        ("JSON", Request { content_type: Some("application/json"), ..form() }, 415),
        ("no content type", Request { content_type: None, ..form() }, 415),
        (
            "another character set",
            Request { content_type: Some("application/x-www-form-urlencoded; charset=latin1"), ..form() },
            415,
        ),
        ("a body too large", Request::form(format!("{good}{}", "x".repeat(20_000))), 413),
        ("not UTF-8", Request::form(format!("{good}%FF")), 400),
        ("raw bytes that are not UTF-8", Request::form([good.as_bytes(), &[0xC3, 0x28]].concat()), 400),
        ("no session", Request::form(good.replace("sessionId", "session")), 400),
        ("an empty session", Request::form(good.replace("SECRET1", "")), 400),
        ("no number", Request::form(good.replace("phoneNumber", "phone")), 400),
        ("no number but letters", Request::form(good.replace("%2B250788123456", "SECRETLETTERS")), 400),
        ("a number too short", Request::form(good.replace("%2B250788123456", "0788")), 400),
        ("no text", Request::form(good.replace("&text=1", "")), 400),
        ("a repeated field", Request::form(format!("{good}&text=2")), 400),
        ("an empty body", Request::form(""), 400),
    ];
    for (what, request, status) in &cases {
        let answer = world.send(request);
        assert_eq!(answer.status, *status, "{what}: {answer:?}");
        assert!(!answer.text().contains("SECRET") && !answer.text().contains("788"), "{what}: {answer:?}");
        if *status == 405 {
            assert_eq!(answer.header("allow"), "POST", "{what}");
        }
    }
    let metrics = world.get("/metrics");
    let unknown = cases.iter().filter(|(_, _, status)| *status == 404).count();
    let count = |line: &str| metrics.text().lines().any(|shown| shown == line);
    assert!(count(&format!("kaziline_hooks_unknown_total {unknown}")), "{metrics:?}");
    assert!(
        count(&format!("kaziline_hops_total{{channel=\"demo\",outcome=\"refused\"}} {}", cases.len() - unknown)),
        "{metrics:?}"
    );
    assert!(count("kaziline_hops_total{channel=\"demo\",outcome=\"continue\"} 0"), "{metrics:?}");
    // No effect: the session that all of them named is new to the service, so its first hop is a dial.
    let first = world.send(&Request::form(good.replace("text=1", "text=")));
    assert!(first.text().starts_with("CON Kaziline"), "{first:?}");

    let log = world.stop().log;
    let refused: Vec<&String> = log.iter().filter(|line| line.contains("WARN")).collect();
    assert_eq!(refused.len(), cases.len(), "{log:?}");
    for line in &log {
        // Without the time: its fraction of a second can hold any three digits.
        let (_, said) = line.split_once(' ').unwrap();
        assert!(["SECRET", "788", "wrong/", "%FF"].iter().all(|private| !said.contains(private)), "{line}");
    }
}

#[test]
fn every_number_that_a_network_vouches_for_is_answered() {
    let world = World::demo();
    for number in ["+250788123456", "250788123457", "0788123458", "+254712345678", "254712345679", "+250799999999"] {
        let answer = world.hop("s1", number, "");
        assert!(answer.text().starts_with("CON "), "{number}: {answer:?}");
    }
}

#[test]
fn the_end_of_a_session_is_acknowledged_with_nothing() {
    let world = World::demo();
    world.hop("s1", "+250788123456", "");
    let ended = "sessionId=s1&phoneNumber=%2B250788123456&networkCode=99999&serviceCode=*567%23&date=2026-11-22\
                 &status=Incomplete&cost=0&durationInMillis=12&hopsCount=1&input=&lastAppResponse=CON+x";
    let answer = world.send(&Request::form(ended));
    assert_eq!((answer.status, answer.text()), (200, ""));
    assert!(world.get("/metrics").text().contains("outcome=\"closed\"} 1"));
}

#[test]
fn pages_are_guarded_and_files_are_not_sent_twice() {
    let world = World::demo();
    let page = world.get("/simulator");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"), "{page:?}");
    assert_eq!((page.header("x-content-type-options"), page.header("referrer-policy")), ("nosniff", "no-referrer"));
    for file in ["/simulator/simulator.js", "/simulator/simulator.css", "/simulator/icon.svg"] {
        let first = world.get(file);
        assert_eq!(first.status, 200, "{file}");
        let headers = [("if-none-match", first.header("etag"))];
        let again = world.send(&Request { headers: &headers, ..Request::get(file) });
        assert_eq!((again.status, again.body.len()), (304, 0), "{file}");
    }
    let inbox = world.get("/simulator/inbox?number=%2B250788123456&after=0");
    assert_eq!((inbox.text(), inbox.header("cache-control")), ("{\"messages\":[]}", "no-store"));
    assert_eq!(world.get("/simulator/inbox?number=x").status, 400);
    let config: serde_json::Value = serde_json::from_slice(&world.get("/simulator/config").body).unwrap();
    assert_eq!((config["service_code"].as_str(), config["country_code"].as_str()), (Some("*567#"), Some("250")));
    assert!(world.hop("s1", config["suggested_number"].as_str().unwrap(), "").text().starts_with("CON "));
    assert_eq!(world.get("/health/live").status, 200);
    assert_eq!(world.get("/health/ready").status, 200);
    assert_eq!(world.get("/").status, 404);
}

#[test]
fn a_connection_carries_many_hops() {
    use std::io::{Read as _, Write as _};
    let world = World::demo();
    let mut stream = http::connect(&world.address);
    for hop in 0..3 {
        let body = format!("sessionId=k{hop}&phoneNumber=%2B250788123456&networkCode=1&serviceCode=*567%23&text=");
        let head = format!(
            "POST {HOOK} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut bytes = vec![0; 4096];
        let read = stream.read(&mut bytes).unwrap();
        assert!(http::parse(&bytes[..read]).text().starts_with("CON "));
    }
}
