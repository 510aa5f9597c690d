//! Replays the exchanges of `tests/fixtures/<dialect>`; their form is described in `tests/fixtures/README.md`.

use std::path::Path;

use super::{Dialect, RequestParts, UssdAnswer, UssdEvent, UssdRequest};

/// Head and body of one part of a fixture.
struct Message<'a> {
    first_line: &'a str,
    content_type: Option<&'a str>,
    body: &'a str,
}

impl<'a> Message<'a> {
    fn of(part: &'a str) -> Self {
        let (head, body) = part.split_once("\n\n").expect("an empty line after the head");
        let content_type = head.lines().find_map(|line| line.strip_prefix("content-type: "));
        Self { first_line: head.lines().next().unwrap(), content_type, body }
    }
}

/// The decoded request in the words of the fixtures.
fn described(request: &UssdRequest) -> String {
    let network = request.network.as_ref().map_or_else(String::new, |network| {
        format!(
            "network {network}
"
        )
    });
    let event = match &request.event {
        UssdEvent::Cumulative(text) => format!("event cumulative {text}"),
        UssdEvent::Dial { extras } => format!("event dial {extras}"),
        UssdEvent::Input(text) => format!("event input {text}"),
        UssdEvent::Closed(why) => format!("event closed {}", why.code()),
    };
    let UssdRequest { session, msisdn, service_code, .. } = request;
    let event = event.trim_end();
    format!("session {session}\nmsisdn {msisdn}\nservice_code {service_code}\n{network}{event}")
}

/// Replays one file; says what differs.
fn replay(dialect: Dialect, file: &str) -> Result<(), String> {
    let (request, rest) = file.split_once("\n=== response\n").ok_or("no response")?;
    let (response, meaning) = rest.split_once("\n=== decoded\n").map_or((rest, None), |(a, b)| (a, Some(b)));
    let (request, response) = (Message::of(request), Message::of(response));
    // Without a third part nothing but the end of the file follows the body.
    let body = if meaning.is_some() { response.body } else { response.body.strip_suffix('\n').unwrap_or_default() };
    let status: u16 = response.first_line.rsplit(' ').next().unwrap().parse().map_err(|_| "no status")?;
    let method = request.first_line.split(' ').next().unwrap();
    let parts = RequestParts { method, content_type: request.content_type, body: request.body.as_bytes() };

    let (got_status, got_type, got_body, got_meaning) = match dialect.decode(&parts) {
        Err(fault) => (fault.status(), "text/plain; charset=utf-8", fault.body().into_bytes(), None),
        Ok(request) => {
            let (content_type, bytes) = if matches!(request.event, UssdEvent::Closed(_)) {
                dialect.acknowledge()
            } else {
                let (prefix, text) = body.split_once(' ').ok_or("an answer needs CON or END")?;
                dialect.encode(&UssdAnswer { text: text.to_owned(), end: prefix == "END" })
            };
            (200, content_type, bytes, Some(described(&request)))
        }
    };
    let same = got_status == status
        && Some(got_type) == response.content_type
        && got_body == body.as_bytes()
        && got_meaning.as_deref() == meaning.map(str::trim_end);
    if same {
        Ok(())
    } else {
        Err(format!("got {got_status} {got_type} {:?} {got_meaning:?}", String::from_utf8_lossy(&got_body)))
    }
}

#[test]
fn every_recorded_exchange_is_read_and_answered_as_written() {
    for dialect in Dialect::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(dialect.name());
        let mut replayed = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let file = std::fs::read_to_string(&path).unwrap();
            if let Err(difference) = replay(dialect, &file) {
                panic!("{}: {difference}", path.display());
            }
            replayed += 1;
        }
        assert!(replayed >= 15, "{}: {replayed} exchanges", dialect.name());
    }
}

#[test]
fn a_wrong_exchange_is_noticed() {
    let good = include_str!("../../../tests/fixtures/africastalking/dial.http");
    assert_eq!(replay(Dialect::AfricasTalking, good), Ok(()));
    for (from, to) in [("%2B2507", "%2B2508"), ("HTTP/1.1 200", "HTTP/1.1 201"), ("event cumulative", "event input")] {
        assert!(replay(Dialect::AfricasTalking, &good.replacen(from, to, 1)).is_err(), "{from}");
    }
}
