//! E-mail and webhooks, through the running service: an event is signed and told, an endpoint that is gone is switched off,
//! and its owner reads of it in a mail.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use kaziline::gateway::webhook::{Signed, WebhookSecret, verify};
use kaziline::market::mail_address::MailHash;
use kaziline::storage::Keys;
use serde_json::Value;

use crate::smtp_sink::{Reply, Sink, When};
use crate::support::http::FORM;
use crate::support::{Folder, PATIENCE, Request, World, texts};

/// A request as the endpoint got it.
struct Told {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn kind(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["type"].as_str().unwrap().to_owned()
    }
}

/// An endpoint that answers with these statuses, one after the other, and with the last from then on.
fn endpoint(statuses: &'static [u16]) -> (String, Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks?key=hunter2", listener.local_addr().unwrap());
    let (told, seen) = channel();
    std::thread::spawn(move || {
        let mut statuses = statuses.iter();
        let mut status = 200;
        while let Ok((mut stream, _)) = listener.accept() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let mut headers = Vec::new();
            loop {
                line.clear();
                reader.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim().split_once(": ") else { break };
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            status = statuses.next().copied().unwrap_or(status);
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if told.send(Told { headers, body }).is_err() {
                return;
            }
        }
    });
    (url, seen)
}

fn world(sink: &Sink) -> World {
    let port = sink.port().to_string();
    let environment = [
        ("KAZILINE_SERVICE_PUBLIC_URL", "https://kaziline.example"),
        ("KAZILINE_CHANNEL_MAIL_KIND", "email"),
        ("KAZILINE_CHANNEL_MAIL_HOST", "127.0.0.1"),
        ("KAZILINE_CHANNEL_MAIL_PORT", port.as_str()),
        ("KAZILINE_CHANNEL_MAIL_SECURITY", "none"),
        ("KAZILINE_CHANNEL_MAIL_SENDER", "jobs@kaziline.example"),
        ("KAZILINE_CHANNEL_HOOKS_KIND", "webhook"),
        ("KAZILINE_CHANNEL_HOOKS_PRIVATE_ADDRESSES", "true"),
    ];
    World::start_in(Folder::new(), &environment)
}

fn json(world: &World, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--data", "kaziline-demo", "--json"]].concat();
    let (out, err) = texts(&run(world, &arguments));
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}{err}"))
}

/// A command with the service's own settings: how far webhooks may go is one of them.
fn run(world: &World, arguments: &[&str]) -> std::process::Output {
    let mut command = crate::support::command(arguments, world.folder().path());
    command.env("KAZILINE_CHANNEL_HOOKS_KIND", "webhook").env("KAZILINE_CHANNEL_HOOKS_PRIVATE_ADDRESSES", "true");
    command.output().unwrap()
}

fn added(world: &World, url: &str, more: &[&str]) -> (String, WebhookSecret) {
    let added = json(world, &[&["webhook", "add", url], more].concat());
    let secret = WebhookSecret::parse(added["secret"].as_str().unwrap()).unwrap();
    (added["id"].as_str().unwrap().to_owned(), secret)
}

#[test]
fn an_event_is_signed_tried_again_and_told_once_it_is_taken() {
    let sink = Sink::start();
    let world = world(&sink);
    let (url, told) = endpoint(&[503, 200]);
    let (id, secret) = added(&world, &url, &["--owner", "7", "--kinds", "application"]);
    json(&world, &["webhook", "test", &id]);
    let first = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.kind(), "ping");
    let signed = Signed {
        id: first.header("webhook-id"),
        timestamp: first.header("webhook-timestamp"),
        signatures: first.header("webhook-signature"),
    };
    let now_ms = signed.timestamp.parse::<i64>().unwrap() * 1_000;
    assert_eq!(verify(signed, &first.body, &[secret], now_ms), Ok(()));
    let waits = world.until_status("event", "queued");
    assert_eq!((waits["attempts"].as_i64(), waits["reason"].as_str()), (Some(1), Some("temporary")));
    let shown = json(&world, &["outbox", "show", &waits["id"].to_string()]);
    assert!(shown.to_string().contains("503") && !shown.to_string().contains("hunter2"), "{shown}");
    let lines = json(&world, &["webhook", "list"]);
    assert_eq!((lines[0]["status"].as_str(), lines[0]["failures"].as_i64()), (Some("on"), Some(1)));

    // It is mended, and somebody says so.
    json(&world, &["webhook", "on", &id]);
    json(&world, &["outbox", "retry", &waits["id"].to_string()]);
    let second = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    world.until_status("event", "accepted");
}

#[test]
fn an_endpoint_that_is_gone_is_switched_off_and_its_owner_reads_of_it() {
    let sink = Sink::start();
    // A busy mail server: the notice is not lost.
    sink.script(When::Recipient, Reply::Say("451 4.3.2 busy"));
    let world = world(&sink);
    let (url, told) = endpoint(&[410]);
    let (alarms, heard) = endpoint(&[200]);
    let (id, _) = added(&world, &url, &["--owner", "7", "--contact", "it@employer.example"]);
    let (operators, _) = added(&world, &alarms, &[]);
    json(&world, &["webhook", "test", &id]);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().kind(), "ping");
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap().kind(), "webhook.switched_off");
    world.until_status("event", "failed");
    let lines = json(&world, &["webhook", "list"]);
    let line = |id: &str| {
        lines.as_array().unwrap().iter().find(|line| line["id"].as_i64() == id.parse().ok()).unwrap().clone()
    };
    assert_eq!((line(&id)["status"].as_str(), line(&id)["reason"].as_str()), (Some("off"), Some("gone")));
    assert_eq!(line(&operators)["status"], "on");

    let waits = world.until_status("webhook_switched_off", "queued");
    json(&world, &["outbox", "retry", &waits["id"].to_string()]);
    world.until_status("webhook_switched_off", "accepted");
    let mail = sink.messages().remove(0);
    assert_eq!((mail.from.as_str(), &mail.to[..]), ("jobs@kaziline.example", &["it@employer.example".to_owned()][..]));
    assert!(mail.content.contains("switched off") && mail.content.contains(&id), "{}", mail.content);
    let stopped = world.stop();
    let logged = stopped.log.join("\n");
    assert!(!logged.contains("employer.example") && !logged.contains("hunter2"), "{logged}");
}

#[test]
fn an_address_that_is_not_public_is_refused() {
    let sink = Sink::start();
    let world = world(&sink);
    for url in ["http://employer.example/", "https://127.0.0.1/", "https://10.0.0.1:8443/", "https://localhost/x", "x"]
    {
        let refused = world.command(&["webhook", "add", url, "--data", "kaziline-demo"]);
        assert_eq!(refused.status.code(), Some(1), "{url}: {}", texts(&refused).1);
    }
}

#[test]
fn one_click_ends_mail_to_an_address_and_a_look_does_not() {
    let sink = Sink::start();
    let world = world(&sink);
    let keys = Keys::load(&world.folder().data().join("keys")).unwrap();
    let word = MailHash::of(&keys, "marie@example.org").stop_word(&keys);
    let path = format!("/unsubscribe/{word}");
    let page = world.get(&path);
    assert!(page.status == 200 && page.text().contains("<form method=\"post\">"), "{}", page.text());
    let clicked = Request {
        method: "POST",
        path: &path,
        content_type: Some(FORM),
        body: b"List-Unsubscribe=One-Click".to_vec(),
        headers: &[],
    };
    let clicked = world.send(&clicked);
    assert!(clicked.status == 200 && clicked.text().contains("Done."), "{}", clicked.text());
    for wrong in ["/unsubscribe/00", &format!("{path}0"), "/unsubscribe/"] {
        assert_eq!(world.get(wrong).status, 404, "{wrong}");
    }
}
