//! The way to a mail server that has bad days.

use super::smtp_sink::{Reply as Does, Sink, When};
use super::*;
use crate::gateway::email::{Email, MailAddress, Sender, compose};

fn mail(text: &str) -> WireMail {
    let sender = Sender {
        address: MailAddress::parse("akazi@kaziline.example").unwrap(),
        name: "Kaziline".into(),
        reply_to: None,
    };
    let email = Email {
        to: "umukoresha@example.org".into(),
        to_name: None,
        subject: "Akazi".into(),
        text: text.into(),
        unsubscribe_url: None,
        client_ref: "kz1".into(),
        language: "rw",
    };
    compose(&email, &sender, 1_795_000_000_000).unwrap()
}

/// So large that no buffer between us and the server holds it.
fn large_mail() -> WireMail {
    let line = [&[b'x'; 70][..], b"\r\n"].concat();
    WireMail { bytes: line.repeat(600_000), ..mail("x") }
}

fn server(sink: &Sink, security: Security) -> Server {
    Server { host: "127.0.0.1".into(), port: sink.port(), security, login: None, hello: "kaziline.example".into() }
}

fn to(sink: &Sink) -> Smtp {
    Smtp::new(server(sink, Security::None)).unwrap()
}

/// Time for a test to come to the step at which it waits in vain.
const IMPATIENT: Duration = Duration::from_secs(2);

fn accepted(id: &str) -> SendOutcome {
    SendOutcome::Accepted { provider_id: id.to_owned() }
}

fn temporary(detail: &str) -> Answered {
    Answered::with(SendOutcome::Temporary { retry_after_ms: None }, detail)
}

fn unknown(detail: &str) -> Answered {
    Answered::with(SendOutcome::Unknown, detail)
}

#[tokio::test]
async fn a_message_arrives_as_it_was_written_and_has_the_servers_name_for_it() {
    let sink = Sink::start();
    let mail = mail("Muraho\n.\n..\n.x");
    assert_eq!(to(&sink).send(&mail).await, Answered::with(accepted("SINK1"), "2.0.0"));
    let messages = sink.messages();
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(
        (message.from.as_str(), message.to.concat().as_str()),
        ("akazi@kaziline.example", "umukoresha@example.org")
    );
    assert_eq!(message.content.trim_end(), str::from_utf8(&mail.bytes).unwrap().trim_end());
    assert_eq!(sink.commands()[0], "EHLO kaziline.example");
}

#[tokio::test]
async fn a_text_cannot_end_the_message_and_begin_another() {
    let sink = Sink::start();
    let evil = "x\r\n.\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: y\r\n\r\nz\r\n.\r\n";
    for newline in ["\r\n", "\n", "\r"] {
        let smtp = to(&sink);
        assert!(matches!(smtp.send(&mail(&evil.replace("\r\n", newline))).await.outcome, SendOutcome::Accepted { .. }));
    }
    assert_eq!(sink.messages().len(), 3);
    assert!(sink.messages().iter().all(|message| message.to == ["umukoresha@example.org"]));
}

#[tokio::test]
async fn one_connection_serves_message_after_message_also_after_a_refusal() {
    let sink = Sink::start();
    let smtp = to(&sink);
    sink.script(When::Recipient, Does::Say("550 5.1.1 <umukoresha@example.org>: unknown"));
    let refused = Answered::with(SendOutcome::Permanent { reason: "address" }, "5.1.1");
    assert_eq!(smtp.send(&mail("a")).await, refused);
    assert_eq!(smtp.send(&mail("b")).await.outcome, accepted("SINK1"));
    assert_eq!(smtp.send(&mail("c")).await.outcome, accepted("SINK2"));
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_gave_up_is_replaced() {
    for reply in [Does::HangUp, Does::Say("421 4.4.2 idle too long")] {
        let sink = Sink::start();
        let smtp = to(&sink);
        assert_eq!(smtp.send(&mail("a")).await.outcome, accepted("SINK1"));
        sink.script(When::Reset, reply);
        assert_eq!(smtp.send(&mail("b")).await.outcome, accepted("SINK2"));
        assert_eq!(sink.connections(), 2);
    }
    let sink = Sink::start();
    let smtp = to(&sink);
    sink.script(When::Sender, Does::Say("421 4.7.0 too much at once"));
    assert_eq!(smtp.send(&mail("a")).await, temporary("4.7.0"));
    assert_eq!(smtp.send(&mail("b")).await.outcome, accepted("SINK1"));
    assert_eq!((sink.connections(), sink.messages().len()), (2, 1));
}

#[tokio::test]
async fn an_answer_means_what_its_step_makes_of_it() {
    for (when, answer, outcome) in [
        (When::Greeting, "554 5.7.1 not you", blocked("5.7.1")),
        (When::Greeting, "421 later", temporary("421")),
        (When::Sender, "553 5.7.1 not your address", blocked("5.7.1")),
        (When::Recipient, "450-4.2.0 greylisted,\n450 4.2.0 come again", temporary("4.2.0")),
        (When::Recipient, "554 5.7.1 Relay access denied", blocked("5.7.1")),
        (When::Data, "451 4.3.0 not now", temporary("4.3.0")),
        (When::Data, "250 what?", temporary("250")),
        (When::Content, "554 5.7.1 spam", Answered::with(SendOutcome::Permanent { reason: "refused" }, "5.7.1")),
        (When::Content, "552 5.2.2 full", temporary("5.2.2")),
    ] {
        let sink = Sink::start();
        sink.script(when, Does::Say(answer));
        let smtp = to(&sink);
        assert_eq!(smtp.send(&mail("a")).await, outcome, "{when:?} {answer}");
        assert_eq!(sink.messages(), []);
        assert_eq!(smtp.send(&mail("b")).await.outcome, accepted("SINK1"), "{when:?} {answer}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_final_dot_has_sent_nothing() {
    for (when, detail) in [
        (When::Greeting, "greeting"),
        (When::Hello, "greeting"),
        (When::Sender, "sender"),
        (When::Recipient, "recipient"),
        (When::Data, "data"),
    ] {
        let sink = Sink::start();
        sink.script(when, Does::HangUp);
        assert_eq!(to(&sink).send(&mail("a")).await, temporary(detail), "{when:?}");
    }
    let sink = Sink::start();
    sink.script(When::Midway, Does::HangUp);
    assert_eq!(to(&sink).send(&large_mail()).await, temporary("data"));
    assert_eq!(sink.messages(), []);
}

#[tokio::test]
async fn a_connection_that_breaks_behind_the_final_dot_may_have_sent_all() {
    for reply in [Does::HangUp, Does::Say("what?"), Does::Say("354 go on")] {
        let sink = Sink::start();
        sink.script(When::Content, reply.clone());
        let detail = if matches!(reply, Does::Say("354 go on")) { "354" } else { "content" };
        assert_eq!(to(&sink).send(&mail("a")).await, unknown(detail), "{reply:?}");
        if matches!(reply, Does::HangUp) {
            assert_eq!(sink.messages().len(), 1, "it had taken it");
        }
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up_in_time_wherever_it_falls_silent() {
    let mut cases = tokio::task::JoinSet::new();
    for (when, first, outcome) in [
        (When::Greeting, mail("a"), temporary("greeting")),
        (When::Recipient, mail("a"), temporary("recipient")),
        (When::Midway, large_mail(), temporary("data")),
        (When::Content, mail("a"), unknown("content")),
    ] {
        cases.spawn(async move {
            let sink = Sink::start();
            sink.script(when, Does::Silence);
            let mut smtp = Smtp { exchange_timeout: IMPATIENT, ..to(&sink) };
            assert_eq!(smtp.send(&first).await, outcome, "{when:?}");
            smtp.exchange_timeout = EXCHANGE_TIMEOUT;
            assert!(matches!(smtp.send(&mail("b")).await.outcome, SendOutcome::Accepted { .. }));
        });
    }
    assert_eq!(cases.join_all().await.len(), 4);
}

#[tokio::test]
async fn nobody_at_home_is_nothing_sent() {
    let sink = Sink::start();
    let gone = server(&sink, Security::None);
    drop(sink);
    assert_eq!(Smtp::new(gone.clone()).unwrap().send(&mail("a")).await, temporary("greeting"));
    let nowhere = Server { host: "mail.invalid".into(), ..gone };
    assert_eq!(Smtp::new(nowhere).unwrap().send(&mail("a")).await, temporary("greeting"));
}

#[tokio::test]
async fn without_tls_nothing_of_ours_is_said_where_it_is_required() {
    let offer = "250-sink.example\n250 STARTTLS";
    let mut cases = tokio::task::JoinSet::new();
    for (security, hello, answer, outcome) in [
        (Security::StartTls, "250 sink.example", "", blocked("no_starttls")),
        (Security::StartTls, offer, "454 4.7.0 not now", temporary("4.7.0")),
        (Security::StartTls, offer, "220 2.0.0 go on", temporary("greeting")),
        (Security::Opportunistic, offer, "220 2.0.0 go on", temporary("greeting")),
        (Security::Tls, "", "", temporary("greeting")),
    ] {
        cases.spawn(async move {
            let sink = Sink::start();
            for (when, answer) in [(When::Hello, hello), (When::StartTls, answer)] {
                if !answer.is_empty() {
                    sink.script(when, Does::Say(answer));
                }
            }
            let login = Some(Login { user: "kaziline".into(), password: "secret".into() });
            let smtp = Smtp::new(Server { login, ..server(&sink, security) }).unwrap();
            let smtp = Smtp { exchange_timeout: IMPATIENT, ..smtp };
            assert_eq!(smtp.send(&mail("a")).await, outcome, "{security:?} {answer}");
            let said = sink.commands();
            assert!(said.iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")), "{said:?}");
        });
    }
    assert_eq!(cases.join_all().await.len(), 5);
    let sink = Sink::start();
    let smtp = Smtp::new(server(&sink, Security::Opportunistic)).unwrap();
    assert_eq!(smtp.send(&mail("a")).await.outcome, accepted("SINK1"));
}

#[test]
fn a_certificate_that_is_not_believed_is_told_from_a_line_that_broke() {
    let refused = |inner| std::io::Error::new(std::io::ErrorKind::InvalidData, inner);
    let expired = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
    assert!(is_certificate(&refused(expired)));
    assert!(!is_certificate(&refused(rustls::Error::DecryptError)));
    assert!(!is_certificate(&std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_login_is_said_once_and_its_refusal_blocks_the_channel() {
    let sink = Sink::start();
    let login = Some(Login { user: "kaziline".into(), password: "secret".into() });
    let known = Server { login, ..server(&sink, Security::None) };
    let smtp = Smtp::new(known.clone()).unwrap();
    assert_eq!(smtp.send(&mail("a")).await.outcome, accepted("SINK1"));
    assert_eq!(smtp.send(&mail("b")).await.outcome, accepted("SINK2"));
    let logins: Vec<String> = sink.commands().into_iter().filter(|line| line.starts_with("AUTH")).collect();
    assert_eq!(logins, ["AUTH PLAIN AGthemlsaW5lAHNlY3JldA=="]);

    for (when, reply, outcome) in [
        (When::Login, Does::Say("535 5.7.8 no"), blocked("5.7.8")),
        (When::Login, Does::Say("454 4.7.0 later"), temporary("4.7.0")),
        (When::Login, Does::HangUp, temporary("login")),
        (When::Hello, Does::Say("250-sink.example\n250 AUTH GSSAPI"), blocked("no_login")),
    ] {
        sink.script(when, reply.clone());
        assert_eq!(Smtp::new(known.clone()).unwrap().send(&mail("c")).await, outcome, "{reply:?}");
    }
    assert_eq!(sink.messages().len(), 2);
}

#[tokio::test]
async fn many_messages_share_few_connections() {
    let sink = Sink::start();
    let smtp = std::sync::Arc::new(to(&sink));
    let mut sendings = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let smtp = std::sync::Arc::clone(&smtp);
        sendings.spawn(async move { smtp.send(&mail("a")).await });
    }
    while let Some(sent) = sendings.join_next().await {
        assert!(matches!(sent.unwrap().outcome, SendOutcome::Accepted { .. }));
    }
    assert_eq!(sink.messages().len(), 20);
    assert!((1..=CONNECTIONS_MAX).contains(&sink.connections()), "{}", sink.connections());
}

#[test]
fn a_server_that_cannot_be_used_is_refused_before_it_is_used() {
    let login = || Some(Login { user: "kaziline".into(), password: "secret".into() });
    let server = Server {
        host: "mail.example.org".into(),
        port: 25,
        security: Security::None,
        login: None,
        hello: "kaziline.example".into(),
    };
    let fault = |server: Server| Smtp::new(server).map(|_| ()).unwrap_err();
    for host in ["", "mail example.org", "mail.example.org\r\nQUIT", "mail_.example.org", &"a".repeat(254)] {
        assert_eq!(fault(Server { host: host.into(), ..server.clone() }), ServerFault::Host, "{host}");
        assert_eq!(fault(Server { hello: host.into(), ..server.clone() }), ServerFault::Hello, "{host}");
    }
    for security in [Security::None, Security::Opportunistic] {
        assert_eq!(fault(Server { security, login: login(), ..server.clone() }), ServerFault::PasswordInClear);
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(Smtp::new(Server { security, login: login(), host: host.into(), ..server.clone() }).is_ok());
        }
    }
    for security in [Security::Tls, Security::StartTls] {
        let smtp = Smtp::new(Server { security, login: login(), ..server.clone() }).unwrap();
        let shown = format!("{smtp:?}");
        assert!(shown.contains("mail.example.org") && !shown.contains("secret"), "{shown}");
    }
    for security in Security::ALL {
        assert_eq!(Security::from_name(security.name()), Some(security));
    }
    assert_eq!((Security::from_name("ssl"), Security::Tls.port()), (None, 465));
}
