//! Messages as a mail program reads them.

use proptest::prelude::*;

use super::*;
use crate::gateway::base64::decode_base64;

const NOW_MS: i64 = 1_795_000_000_123;

fn sender() -> Sender {
    let address = |text| MailAddress::parse(text).unwrap();
    Sender {
        address: address("akazi@kaziline.example"),
        name: "Kaziline".into(),
        reply_to: Some(address("ubufasha@kaziline.example")),
    }
}

fn email() -> Email<'static> {
    Email {
        to: "umukoresha@example.org".into(),
        to_name: Some("Uwase Aline".into()),
        subject: "Umukozi yemeye akazi 48213".into(),
        text: "Muraho,\n\nA. yemeye akazi.\nhttps://kaziline.example/j/48213".into(),
        unsubscribe_url: Some("https://kaziline.example/u/t0ken".into()),
        client_ref: "kz1".into(),
        language: "rw",
    }
}

fn composed(email: &Email<'_>) -> String {
    String::from_utf8(compose(email, &sender(), NOW_MS).unwrap().bytes).unwrap()
}

/// The headers of a message or of a part, unfolded, and what stands below them.
fn parted(message: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ");
    let headers = head.split("\r\n").map(|line| line.split_once(": ").unwrap());
    (headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(), body)
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The bodies of the parts, decoded, with their content types.
fn parts(message: &str) -> Vec<(String, String)> {
    let (headers, body) = parted(message);
    let kind = header(&headers, "Content-Type").unwrap();
    let boundary = kind.split_once("boundary=\"").unwrap().1.split('"').next().unwrap();
    assert!(kind.starts_with("multipart/alternative;"), "{kind}");
    let body = body.strip_suffix(&format!("\r\n--{boundary}--\r\n")).unwrap();
    let between = format!("--{boundary}\r\n");
    let parts = body.split(&between).skip(1);
    let decoded = |part: &str| {
        let (headers, body) = parted(part);
        let body = match header(&headers, "Content-Transfer-Encoding").unwrap() {
            "7bit" => body.to_owned(),
            "base64" => String::from_utf8(decode_base64(&body.replace("\r\n", "")).unwrap()).unwrap(),
            "quoted-printable" => unquoted(body),
            other => panic!("{other}"),
        };
        (header(&headers, "Content-Type").unwrap().to_owned(), body.trim_end().replace("\r\n", "\n"))
    };
    parts.map(decoded).collect()
}

fn unquoted(body: &str) -> String {
    let mut pieces = body.replace("=\r\n", "").into_bytes().into_iter();
    let mut bytes = Vec::new();
    while let Some(byte) = pieces.next() {
        bytes.push(match byte {
            b'=' => {
                let digits = [pieces.next().unwrap(), pieces.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The words of an encoded header, decoded.
fn decoded(value: &str) -> String {
    let words = value.split(' ').map(|word| match word.strip_prefix("=?utf-8?b?") {
        Some(word) => decode_base64(word.strip_suffix("?=").unwrap()).unwrap(),
        None => word.as_bytes().to_vec(),
    });
    String::from_utf8(words.collect::<Vec<_>>().concat()).unwrap()
}

#[test]
fn a_message_has_every_header_that_it_needs() {
    let message = composed(&email());
    let (headers, _) = parted(&message);
    for (name, value) in [
        ("From", "Kaziline <akazi@kaziline.example>"),
        ("To", "\"Uwase Aline\" <umukoresha@example.org>"),
        ("Reply-To", "ubufasha@kaziline.example"),
        ("Subject", "Umukozi yemeye akazi 48213"),
        ("Date", "Wed, 18 Nov 2026 11:06:40 +0000"),
        ("Message-ID", "<kz1@kaziline.example>"),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "rw"),
        ("List-Unsubscribe", "<https://kaziline.example/u/t0ken>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ] {
        assert_eq!(header(&headers, name), Some(value), "{message}");
    }
    assert_eq!(headers.len(), 12, "{headers:?}");
    let receipt = Email { unsubscribe_url: None, ..email() };
    let message = composed(&receipt);
    assert!(!message.contains("List-Unsubscribe"), "{message}");
}

#[test]
fn text_and_html_say_the_same() {
    let message = composed(&email());
    let parts = parts(&message);
    let [(plain_kind, plain), (html_kind, html)] = parts.as_slice() else { panic!("{message}") };
    assert_eq!((plain_kind.as_str(), html_kind.as_str()), ("text/plain; charset=utf-8", "text/html; charset=utf-8"));
    assert_eq!(plain, "Muraho,\n\nA. yemeye akazi.\nhttps://kaziline.example/j/48213");
    let link = "<a href=\"https://kaziline.example/j/48213\">https://kaziline.example/j/48213</a>";
    assert!(html.contains(&format!("<p>A. yemeye akazi.<br>\n{link}</p>")), "{html}");
    assert!(!html.contains("<img") && !html.contains("src="), "{html}");
}

#[test]
fn every_attempt_makes_the_same_bytes_and_no_two_messages_do() {
    assert_eq!(composed(&email()), composed(&email()));
    let other = composed(&Email { client_ref: "kz2".into(), ..email() });
    assert!(other.contains("<kz2@kaziline.example>"));
}

#[test]
fn a_text_cannot_end_its_part() {
    let known = composed(&email());
    let boundary = known.split_once("boundary=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let text = format!("{}\n--{boundary}\nContent-Type: text/html\n\n<b>x</b>\n--{boundary}--", email().text);
    let message = composed(&Email { text: text.clone(), ..email() });
    let parts = parts(&message);
    assert_eq!((parts.len(), parts[0].1.as_str()), (2, text.as_str()));
}

#[test]
fn a_line_break_in_a_header_is_refused_by_the_name_of_its_field() {
    for newline in ["\r\n", "\n", "\r"] {
        let evil = |text: &str| format!("{text}{newline}Bcc: x@example.net");
        let cases = [
            ("to", Email { to: evil("a@example.org"), ..email() }),
            ("to_name", Email { to_name: Some(evil("Aline")), ..email() }),
            ("subject", Email { subject: evil("Akazi"), ..email() }),
            ("unsubscribe_url", Email { unsubscribe_url: Some(evil("https://kaziline.example")), ..email() }),
            ("client_ref", Email { client_ref: evil("kz1"), ..email() }),
        ];
        for (field, email) in cases {
            assert_eq!(compose(&email, &sender(), NOW_MS), Err(EmailFault::LineBreak(field)));
        }
        let language = evil("rw");
        let fault = compose(&Email { language: &language, ..email() }, &sender(), NOW_MS);
        assert_eq!(fault, Err(EmailFault::LineBreak("language")));
        let from = Sender { name: evil("Kaziline"), ..sender() };
        assert_eq!(compose(&email(), &from, NOW_MS), Err(EmailFault::LineBreak("sender_name")));
    }
}

#[test]
fn what_cannot_be_written_is_refused_by_the_name_of_its_field() {
    let long = |count: usize| "x".repeat(count);
    let cases = [
        (EmailFault::Malformed("to"), Email { to: "nobody".into(), ..email() }),
        (EmailFault::TooLong("to"), Email { to: format!("{}@example.org", long(300)), ..email() }),
        (EmailFault::TooLong("to_name"), Email { to_name: Some(long(NAME_CHARACTERS_MAX + 1)), ..email() }),
        (EmailFault::Missing("subject"), Email { subject: " ".into(), ..email() }),
        (EmailFault::TooLong("subject"), Email { subject: "é".repeat(SUBJECT_CHARACTERS_MAX + 1), ..email() }),
        (EmailFault::Malformed("subject"), Email { subject: "a\0b".into(), ..email() }),
        (EmailFault::Missing("text"), Email { text: "\r\n \0".into(), ..email() }),
        (EmailFault::TooLong("text"), Email { text: long(TEXT_BYTES_MAX + 1), ..email() }),
        (
            EmailFault::Malformed("unsubscribe_url"),
            Email { unsubscribe_url: Some("http://a.example".into()), ..email() },
        ),
        (
            EmailFault::Malformed("unsubscribe_url"),
            Email { unsubscribe_url: Some("https://a.example/>,<".into()), ..email() },
        ),
        (EmailFault::Missing("client_ref"), Email { client_ref: String::new(), ..email() }),
        (EmailFault::Malformed("client_ref"), Email { client_ref: "kz1@x".into(), ..email() }),
        (EmailFault::Malformed("language"), Email { language: "rw,en", ..email() }),
    ];
    for (fault, email) in cases {
        assert_eq!(compose(&email, &sender(), NOW_MS), Err(fault));
        assert!(fault.to_string().starts_with(fault.field()));
    }
    assert_eq!(compose(&email(), &sender(), i64::MAX), Err(EmailFault::Malformed("date")));
}

#[test]
fn addresses_are_read_narrowly() {
    let address = MailAddress::parse("Aline.Uwase+akazi@Example.ORG").unwrap();
    assert_eq!((address.as_str(), address.domain()), ("Aline.Uwase+akazi@example.org", "example.org"));
    for good in
        ["a@b.rw", "o'neil@example.co.rw", "x@xn--bcher-kva.example", &format!("{}@example.org", "a".repeat(64))]
    {
        assert!(MailAddress::parse(good).is_ok(), "{good}");
    }
    for (bad, fault) in [
        ("", AddressFault::Malformed),
        ("example.org", AddressFault::Malformed),
        ("@example.org", AddressFault::Malformed),
        (" a@example.org", AddressFault::Malformed),
        ("a b@example.org", AddressFault::Malformed),
        ("a..b@example.org", AddressFault::Malformed),
        ("a@b@example.org", AddressFault::Malformed),
        ("Aline <a@example.org>", AddressFault::Malformed),
        ("\"a b\"@example.org", AddressFault::Malformed),
        ("a@example.org\r\nRCPT TO:<b@example.org>", AddressFault::Malformed),
        ("a\0@example.org", AddressFault::Malformed),
        ("a@-example.org", AddressFault::Malformed),
        ("a@example..org", AddressFault::Malformed),
        ("a@localhost", AddressFault::Domain),
        ("a@10.0.0.1", AddressFault::Domain),
        ("a@[10.0.0.1]", AddressFault::Domain),
        ("a@exam_ple.org", AddressFault::Domain),
        ("a@example.org.", AddressFault::Domain),
        ("é@example.org", AddressFault::NotAscii),
        ("a@bücher.example", AddressFault::NotAscii),
    ] {
        assert_eq!(MailAddress::parse(bad), Err(fault), "{bad}");
    }
    let too_long = format!("{}@example.org", "a".repeat(65));
    assert_eq!(MailAddress::parse(&too_long), Err(AddressFault::Malformed));
    let domain = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".");
    assert_eq!(MailAddress::parse(&format!("aaaaaaaa@{domain}.rw")), Err(AddressFault::TooLong));
}

#[test]
fn debug_shows_neither_address_nor_text() {
    let wire = compose(&email(), &sender(), NOW_MS).unwrap();
    let shown = format!("{:?} {:?} {wire:?} {:?}", email(), sender(), wire.to);
    assert!(shown.contains("kz1"), "{shown}");
    assert!(["umukoresha", "Uwase", "yemeye", "akazi@"].iter().all(|secret| !shown.contains(secret)), "{shown}");
}

proptest! {
    #[test]
    fn any_message_is_ascii_in_short_lines_and_keeps_its_words(
        subject in "\\PC{0,80}",
        name in "\\PC{0,40}",
        text in "[a-zé.\n =-]{0,200}|\\PC{1,200}",
        words in "(\\PC{1,300}\n){0,4}",
    ) {
        let text = format!("x{text}\n{words}");
        let email = Email { subject: format!("K {subject}"), to_name: Some(name), text: text.clone(), ..email() };
        let message = composed(&email);
        prop_assert!(message.is_ascii());
        for line in message.split("\r\n") {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{:?}", line);
        }
        let (headers, _) = parted(&message);
        prop_assert_eq!(headers.len(), 12, "{:?}", headers);
        prop_assert_eq!(header(&headers, "Message-ID"), Some("<kz1@kaziline.example>"));
        let parts = parts(&message);
        prop_assert_eq!(parts.len(), 2);
        prop_assert_eq!(parts[0].1.trim_end(), text.trim_end());
        let shown = decoded(header(&headers, "Subject").unwrap());
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        if !email.subject.contains("=?") {
            prop_assert_eq!(letters(&shown), letters(&email.subject));
        }
    }
}
