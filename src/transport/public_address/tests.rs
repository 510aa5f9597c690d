//! What may be reached, written in every way that has been used to reach what may not.

use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::gateway::webhook::{self, Signed, WebhookEvent, WebhookSecret};
use crate::gateway::{Method, WireResponse};

fn public(address: &str) -> bool {
    is_public(address.parse().unwrap_or_else(|_| panic!("{address}")))
}

/// The last address before each block, its first, its last, and the next after it.
#[test]
fn blocks_are_refused_from_their_first_to_their_last_address() {
    for (before, first, last, after) in [
        ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
        ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
        ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
        ("168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17"),
        ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
        ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
        ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
        ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
        ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
        ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
        ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
        ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
        ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
        ("223.255.255.255", "224.0.0.0", "255.255.255.255", ""),
        ("", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"),
        ("2000:ffff::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
        ("2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        ("2001:ffff::", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"),
        ("3ffd:ffff::", "3ffe::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"),
        ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ] {
        assert!(!public(first) && !public(last), "{first} to {last}");
        assert!([before, after].iter().all(|address| address.is_empty() || public(address)), "{before} {after}");
    }
}

#[test]
fn special_addresses_are_refused_by_name() {
    for (what, address) in [
        ("loopback", "::1"),
        ("unspecified", "::"),
        ("mapped", "::ffff:8.8.8.8"),
        ("mapped loopback", "::ffff:127.0.0.1"),
        ("compatible", "::127.0.0.1"),
        ("translated", "::ffff:0:127.0.0.1"),
        ("NAT64", "64:ff9b::8.8.8.8"),
        ("local NAT64", "64:ff9b:1::10.0.0.1"),
        ("6to4 of 127.0.0.1", "2002:7f00:1::"),
        ("Teredo", "2001:0:7f00:1::"),
        ("ISATAP", "2a00:1450:4001:81b:0:5efe:10.0.0.1"),
        ("ISATAP, global", "2a00:1450:4001:81b:200:5efe:8.8.8.8"),
        ("link-local", "fe80::1"),
        ("site-local", "fec0::1"),
        ("unique local", "fd00:ec2::254"),
        ("multicast", "ff02::1"),
        ("discard", "100::1"),
        ("segment routing", "5f00::1"),
        ("cloud metadata", "169.254.169.254"),
        ("Alibaba metadata", "100.100.100.200"),
        ("Oracle metadata", "192.0.0.192"),
        ("broadcast", "255.255.255.255"),
    ] {
        assert!(!public(address), "{what} {address}");
    }
    for address in ["8.8.8.8", "41.186.255.86", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2c0f:fb50::1"] {
        assert!(public(address), "{address}");
    }
}

#[test]
fn an_address_that_may_be_called_has_one_form() {
    for (text, normal) in [
        ("https://employer.example", "https://employer.example/"),
        ("HTTPS://Employer.Example:443/Hooks?x=1#part", "https://employer.example/Hooks?x=1"),
        ("https://employer.example.:8443/", "https://employer.example.:8443/"),
        ("https://employer.example:1024/a/../b", "https://employer.example:1024/b"),
        ("https://employer.example:65535", "https://employer.example:65535/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://@employer.example/", "https://employer.example/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://134744072/", "https://8.8.8.8/"),
        ("https://[2606:4700:4700:0:0:0:0:1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://localhost.employer.example/", "https://localhost.employer.example/"),
        ("https://mylocal.example/", "https://mylocal.example/"),
        ("https://notlocalhost.rw/", "https://notlocalhost.rw/"),
    ] {
        assert_eq!(check_url(text, Reach::Public).as_deref(), Ok(normal), "{text}");
        assert_eq!(check_url(normal, Reach::Public).as_deref(), Ok(normal));
    }
}

const NOT_PUBLIC: &[&str] = &[
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://localhost:8443/",
    "https://a.localhost/",
    "https://localh%6fst/",
    "https://ⓛocalhost/",
    "https://intranet/",
    "https://intranet./",
    "https://metadata/",
    "https://metadata.google.internal/",
    "https://METADATA.GOOGLE.INTERNAL./computeMetadata/v1/",
    "https://printer.local/",
    "https://nas.home.arpa/",
    "https://hidden.onion/",
    "https://a.test/",
    "https://loopback.invalid/messages",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://127.0.1/",
    "https://0x7f.1/",
    "https://0X7F.0.0.0x1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0177.1/",
    "https://017700000001/",
    "https://2130706433/",
    "https://127.0.0.1:8443/",
    "https://127%2e0%2e0%2e1/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://0x0/",
    "https://10.0.0.1/",
    "https://0xa.1/",
    "https://012.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://192.168.257/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://0251.0376.0251.0376/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://255.255.255.255/",
    "https://4294967295/",
    "https://224.0.0.1/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[0000::0001]:8443/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::FFFF:A9FE:A9FE]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
];

#[test]
fn a_host_inside_is_refused_however_it_is_written() {
    for url in NOT_PUBLIC {
        assert_eq!(check_url(url, Reach::Public), Err(UrlFault::Host), "{url}");
        assert!(check_url(url, Reach::Anywhere).is_ok(), "{url}");
    }
}

#[test]
fn what_is_wrong_with_an_address_is_told() {
    let long = format!("https://employer.example/{}", "a".repeat(URL_BYTES_MAX));
    let long_once_escaped = format!("https://employer.example/{}", "é".repeat(700));
    for (url, fault) in [
        (long.as_str(), UrlFault::TooLong),
        (long_once_escaped.as_str(), UrlFault::TooLong),
        ("", UrlFault::Malformed),
        ("employer.example", UrlFault::Malformed),
        ("https://", UrlFault::Malformed),
        ("https://employer.example:99999/", UrlFault::Malformed),
        ("https://256.256.256.256/", UrlFault::Malformed),
        ("https://127.0.0.1.1.1/", UrlFault::Malformed),
        ("https://[::1", UrlFault::Malformed),
        ("https://[fe80::1%25eth0]/", UrlFault::Malformed),
        (" https://employer.example/", UrlFault::Malformed),
        ("https://employer.example/ x", UrlFault::Malformed),
        ("https://employer.example/\r\nHost: x", UrlFault::Malformed),
        ("https://employer.example/\u{a0}", UrlFault::Malformed),
        ("https:\\\\localhost\\", UrlFault::Malformed),
        ("https://employer.example\\@localhost/", UrlFault::Malformed),
        ("http://employer.example/", UrlFault::Scheme),
        ("ftp://employer.example/", UrlFault::Scheme),
        ("file:///etc/passwd", UrlFault::Scheme),
        ("gopher://127.0.0.1:25/", UrlFault::Scheme),
        ("javascript:alert(1)", UrlFault::Scheme),
        ("https://user@employer.example/", UrlFault::Userinfo),
        ("https://:secret@employer.example/", UrlFault::Userinfo),
        ("https://employer.example@127.0.0.1/", UrlFault::Userinfo),
        ("https://employer.example:443@127.0.0.1/", UrlFault::Userinfo),
        ("https://employer.example:22/", UrlFault::Port),
        ("https://employer.example:25/", UrlFault::Port),
        ("https://employer.example:80/", UrlFault::Port),
        ("https://employer.example:1023/", UrlFault::Port),
        ("https://employer.example:0/", UrlFault::Port),
    ] {
        assert_eq!(check_url(url, Reach::Public), Err(fault), "{url}");
    }
    assert_eq!(check_url("http://127.0.0.1:80/x", Reach::Anywhere).as_deref(), Ok("http://127.0.0.1/x"));
    assert_eq!(check_url("http://user@127.0.0.1/", Reach::Anywhere), Err(UrlFault::Userinfo));
    assert_eq!(check_url("ftp://127.0.0.1/", Reach::Anywhere), Err(UrlFault::Scheme));
}

proptest! {
    #[test]
    fn no_form_of_a_private_address_is_let_through(bits in any::<u32>(), form in 0_usize..9) {
        let address = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = address.octets();
        let (high, low) = (bits >> 16, bits & 0xffff);
        let host = match form {
            0 => address.to_string(),
            1 => bits.to_string(),
            2 => format!("{bits:#x}"),
            3 => format!("0{bits:o}"),
            4 => format!("{a:#x}.0{b:o}.{low}"),
            5 => format!("{a}.{}.", bits & 0x00ff_ffff),
            6 => format!("[::ffff:{address}]"),
            7 => format!("[2002:{high:x}:{low:x}::1]"),
            _ => format!("[64:ff9b::{a:x}{b:02x}:{c:x}{d:02x}]"),
        };
        let may = form < 6 && is_public(address.into());
        prop_assert_eq!(check_url(&format!("https://{host}/"), Reach::Public).is_ok(), may, "{}", host);
    }

    #[test]
    fn any_text_is_an_address_or_refused(text in "(https://)?\\PC{0,40}") {
        if let Ok(normal) = check_url(&text, Reach::Public) {
            prop_assert!(normal.starts_with("https://"), "{}", normal);
            let again = check_url(&normal, Reach::Public);
            prop_assert_eq!(again, Ok(normal));
        }
    }
}

/// A server that answers every request with `reply` and keeps what it was sent.
async fn server(reply: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let keeping = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !is_whole(&request) {
                match socket.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => break,
                }
            }
            keeping.lock().unwrap().push(String::from_utf8(request).unwrap());
            socket.write_all(reply.as_bytes()).await.ok();
            socket.shutdown().await.ok();
        }
    });
    (port, seen)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    body.len() >= header(head, "content-length").parse().unwrap_or(0)
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or("")
}

fn get(url: &str) -> WireRequest {
    WireRequest { method: Method::Get, url: url.to_owned(), headers: Vec::new(), body: Vec::new() }
}

/// Every name has these addresses; how often one was looked up.
fn names_are(addresses: &'static [&'static str]) -> (Lookup, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let asking = Arc::clone(&asked);
    let lookup = move |name: String| -> Looking {
        asking.lock().unwrap().push(name);
        let found = addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
        Box::pin(std::future::ready(Ok(found)))
    };
    (Arc::new(lookup), asked)
}

async fn resolved(reach: Reach, addresses: &'static [&'static str]) -> Result<Vec<String>, String> {
    let resolver = ReachableOnly { reach, lookup: names_are(addresses).0 };
    let found = resolver.resolve("employer.example".parse().unwrap()).await.map_err(|error| error.to_string())?;
    Ok(found.map(|address| address.ip().to_string()).collect())
}

#[tokio::test]
async fn a_name_leads_to_its_public_addresses_alone() {
    let mixed = &["127.0.0.1", "8.8.8.8", "::1", "2606:4700:4700::1111", "::ffff:8.8.4.4"];
    assert_eq!(resolved(Reach::Public, mixed).await.unwrap(), ["8.8.8.8", "2606:4700:4700::1111"]);
    assert_eq!(resolved(Reach::Anywhere, mixed).await.unwrap().len(), 5);
    let fault = Err("the name has no address on the public network".to_owned());
    assert_eq!(resolved(Reach::Public, &["127.0.0.1", "fd00::1"]).await, fault);
    assert_eq!(resolved(Reach::Anywhere, &[]).await, fault);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected_to() {
    let (port, seen) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let (lookup, asked) = names_are(&["127.0.0.1", "::1"]);
    let transport = PublicTransport::looking_up(Reach::Public, lookup).unwrap();
    let url = format!("https://employer.example:{port}/");
    assert_eq!(transport.exchange(get(&url)).await, Err(TransportFault::NotSent));
    assert_eq!(*asked.lock().unwrap(), ["employer.example"]);
    for inside in NOT_PUBLIC {
        assert_eq!(transport.exchange(get(inside)).await, Err(TransportFault::NotSent), "{inside}");
    }
    assert_eq!((asked.lock().unwrap().len(), seen.lock().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_found_is_connected_to() {
    let (port, seen) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let (lookup, asked) = names_are(&["127.0.0.1"]);
    let transport = PublicTransport::looking_up(Reach::Anywhere, lookup).unwrap();
    let answer = transport.exchange(get(&format!("http://employer.example:{port}/x"))).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(*asked.lock().unwrap(), ["employer.example"]);
    let seen = seen.lock().unwrap();
    assert_eq!(header(&seen[0], "host"), format!("employer.example:{port}"));
}

#[tokio::test]
async fn the_machines_own_resolver_is_asked_and_filtered() {
    let (port, seen) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let anywhere = PublicTransport::new(Reach::Anywhere).unwrap();
    assert_eq!(anywhere.exchange(get(&format!("http://localhost:{port}/"))).await.unwrap().status, 200);
    let public = ReachableOnly { reach: Reach::Public, lookup: system_lookup() };
    assert!(public.resolve("localhost".parse().unwrap()).await.is_err());
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_no_way_inside() {
    let (port, seen) =
        server("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n").await;
    let transport = PublicTransport::new(Reach::Anywhere).unwrap();
    let answer = transport.exchange(get(&format!("http://127.0.0.1:{port}/"))).await;
    assert_eq!(answer.as_ref().map(|answer| answer.status), Ok(302));
    assert_eq!(seen.lock().unwrap().len(), 1);
    let detail = webhook::classify(&answer).detail;
    assert_eq!(detail, "302");
}

#[tokio::test]
async fn a_webhook_arrives_signed_and_its_answer_is_understood() {
    let reply = "HTTP/1.1 429 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let (port, seen) = server(reply).await;
    let secrets = [WebhookSecret::from_key(&[1; 32]).unwrap()];
    let data = json!({"job": 48213});
    let event = WebhookEvent { id: "evt_1", kind: "application.accepted", occurred_ms: 0, data: &data };
    let now_ms = 1_795_000_000_000;
    let request = webhook::encode(&event, &format!("http://127.0.0.1:{port}/hooks?x=1"), &secrets, now_ms).unwrap();
    let transport = PublicTransport::new(Reach::Anywhere).unwrap();
    let answer: Result<WireResponse, _> = transport.exchange(request).await;
    let outcome = crate::gateway::sms::SendOutcome::Temporary { retry_after_ms: Some(7000) };
    assert_eq!(webhook::classify(&answer).outcome, outcome);
    let seen = seen.lock().unwrap();
    let (head, body) = seen[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hooks?x=1 HTTP/1.1"), "{head}");
    let id = header(head, "webhook-id");
    let headers =
        Signed { id, timestamp: header(head, "webhook-timestamp"), signatures: header(head, "webhook-signature") };
    assert_eq!(webhook::verify(headers, body.as_bytes(), &secrets, now_ms), Ok(()));
}
