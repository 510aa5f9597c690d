//! Replays the exchanges of `tests/fixtures/sms/<dialect>`; their form is described in `tests/fixtures/README.md`.

use std::path::Path;

use super::{About, Account, Dialect, Hook, HookEvent, HookKind, Inbound, Receipt, Reported, SendOutcome, Sms};
use super::{Answered, Blocked, DecodeFault};
use crate::gateway::WireResponse;

/// The parts of a file, by their names.
fn parts(file: &str) -> Vec<(&str, &str)> {
    let parts = file.strip_prefix("=== ").expect("a file begins with a part").split("\n=== ");
    parts.map(|part| part.split_once('\n').unwrap_or((part, ""))).collect()
}

fn part<'f>(parts: &[(&'f str, &'f str)], name: &str) -> Option<&'f str> {
    parts.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// First line, headers and body of a message.
fn message(text: &str) -> (&str, Vec<(String, String)>, &str) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
    (first, headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body)
}

/// The account and the messages of `=== send`.
fn sending(dialect: Dialect, text: &str) -> (Account, Vec<Sms>) {
    let (mut account, mut batch) = (Account::of(dialect), Vec::new());
    for line in text.lines() {
        let (key, value) = line.split_once(' ').expect("a key and a value");
        let value = value.to_owned();
        match key {
            "endpoint" => account.endpoint = value,
            "sender" => account.sender = value,
            "username" => account.username = value,
            "password" => account.password = value,
            "receipt_url" => account.receipt_url = value,
            key if key.starts_with("http_") => {
                account.template.get_or_insert_default().set(key, &value).unwrap_or_else(|fault| panic!("{fault}"));
            }
            "message" => {
                let words: Vec<&str> = value.splitn(4, ' ').collect();
                let [client_ref, to, valid_s, text] = words[..] else { panic!("message REF TO VALID_S TEXT") };
                batch.push(Sms {
                    to: to.to_owned(),
                    text: text.replace("\\n", "\n"),
                    client_ref: client_ref.to_owned(),
                    valid_s: valid_s.parse().unwrap(),
                });
            }
            _ => panic!("{key} is no part of an account"),
        }
    }
    if let Some(template) = &account.template {
        template.check().unwrap_or_else(|fault| panic!("{fault}"));
    }
    (account, batch)
}

/// An outcome in the words of the fixtures.
fn outcome(answered: &Answered) -> String {
    let wait = |ms: &Option<i64>| ms.map_or_else(String::new, |ms| format!(" {ms}"));
    let outcome = match &answered.outcome {
        SendOutcome::Accepted { provider_id } => format!("accepted {provider_id}"),
        SendOutcome::Temporary { retry_after_ms } => format!("temporary{}", wait(retry_after_ms)),
        SendOutcome::Permanent { reason } => format!("permanent {reason}"),
        SendOutcome::OptedOut => "opted_out".to_owned(),
        SendOutcome::NoRoute => "no_route".to_owned(),
        SendOutcome::Blocked(Blocked::Throttled { retry_after_ms }) => format!("throttled{}", wait(retry_after_ms)),
        SendOutcome::Blocked(Blocked::NoCredit) => "no_credit".to_owned(),
        SendOutcome::Blocked(Blocked::Credentials) => "credentials".to_owned(),
        SendOutcome::Unknown => "unknown".to_owned(),
    };
    let detail = if answered.detail.is_empty() { String::new() } else { format!(" ({})", answered.detail) };
    outcome.trim_end().to_owned() + &detail
}

/// What a call tells, in the words of the fixtures.
fn event(event: &HookEvent) -> String {
    match event {
        HookEvent::OptedOut(number) => format!("opted_out {number}"),
        HookEvent::Receipt(Receipt { about, reported, detail }) => {
            let about = match about {
                About::ProviderId(id) => format!("provider {id}"),
                About::ClientRef(id) => format!("ours {id}"),
            };
            let reported = match reported {
                Reported::InFlight => "in_flight",
                Reported::Delivered => "delivered",
                Reported::Undelivered => "undelivered",
                Reported::Expired => "expired",
                Reported::Unclear => "unclear",
            };
            let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
            format!("{about} {reported}{detail}")
        }
        HookEvent::Inbound(Inbound { id, from, to, text, network, part }) => {
            let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
            let part = part.map_or_else(String::new, |p| format!(" part {}/{} of {}", p.number, p.total, p.reference));
            let (id, network, text) = (or_none(id), or_none(network), text.replace('\n', "\\n"));
            format!("inbound {id} from {from} to {to} network {network}{part}: {text}")
        }
    }
}

fn replay_send(dialect: Dialect, parts: &[(&str, &str)]) -> Result<(), String> {
    let (account, batch) = sending(dialect, part(parts, "send").ok_or("no send")?);
    let request = account.encode(&batch);
    let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<Vec<_>>().concat();
    let body = std::str::from_utf8(&request.body).map_err(|_| "the body is no text")?;
    let written = format!("{} {}\n{headers}\n{body}", request.method.as_str(), request.url);
    let expected = part(parts, "request").ok_or("no request")?;
    if written.trim_end() != expected.trim_end() {
        return Err(format!("the request is\n{written}"));
    }
    let (status, headers, body) = message(part(parts, "response").ok_or("no response")?);
    let status = status.parse().map_err(|_| "no status")?;
    let response = WireResponse { status, headers, body: body.as_bytes().to_vec() };
    let answered = account.classify(&batch, &Ok(response));
    if answered.len() != batch.len() {
        return Err(format!("{} outcomes of {} messages", answered.len(), batch.len()));
    }
    let lines = batch.iter().zip(&answered).map(|(sms, answered)| format!("{} {}", sms.client_ref, outcome(answered)));
    let came_to = lines.collect::<Vec<_>>().join("\n");
    if came_to == part(parts, "outcome").ok_or("no outcome")?.trim_end() { Ok(()) } else { Err(came_to) }
}

fn replay_hook(dialect: Dialect, parts: &[(&str, &str)]) -> Result<(), String> {
    let mut account = Account::of(dialect);
    if let Some(text) = part(parts, "account") {
        account = sending(dialect, text.trim_end()).0;
    }
    let (kind, text) = [("receipt", HookKind::Receipt), ("sms", HookKind::Inbound)]
        .into_iter()
        .find_map(|(name, kind)| Some((kind, part(parts, name)?)))
        .ok_or("neither send, receipt nor sms")?;
    let (line, headers, body) = message(text);
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let (method, address) = line.split_once(' ').ok_or("no request line")?;
    let hook = Hook {
        method,
        query: address.split_once('?').map_or("", |(_, query)| query),
        content_type: header("content-type"),
        signature: header("x-twilio-signature"),
        body: body.as_bytes(),
    };
    if let Some(signed) = part(parts, "signed") {
        let is_signed = account.is_signed(&hook, address);
        if is_signed != (signed.trim_end() == "yes") {
            return Err(format!("signed: {is_signed}"));
        }
    }
    let decoded = match account.decode(kind, &hook) {
        Ok(events) => events.iter().map(event).collect::<Vec<_>>().join("\n"),
        Err(fault) => format!("refused {}", fault_of(fault)),
    };
    if decoded == part(parts, "decoded").ok_or("no decoded")?.trim_end() { Ok(()) } else { Err(decoded) }
}

fn fault_of(fault: DecodeFault) -> String {
    format!("{} {}", fault.status(), fault.reason())
}

#[test]
fn every_recorded_exchange_is_written_and_read_as_it_was() {
    let mut wrong = Vec::new();
    for dialect in Dialect::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sms").join(dialect.name());
        let mut replayed = 0;
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{}", folder.display())) {
            let path = entry.unwrap().path();
            let file = std::fs::read_to_string(&path).unwrap();
            let parts = parts(&file);
            let is_sending = part(&parts, "send").is_some();
            let done = if is_sending { replay_send(dialect, &parts) } else { replay_hook(dialect, &parts) };
            if let Err(difference) = done {
                wrong.push(format!("{}:\n{difference}", path.display()));
            }
            replayed += 1;
        }
        assert!(replayed >= 3, "{}: {replayed} exchanges", dialect.name());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
