//! Slow, silent and too many clients: none of them keeps the service from the others, none stays for ever.

use std::io::{Read as _, Write as _};

use crate::support::World;
use crate::support::http::{FORM, HOOK, connect};

/// Limits so short that a test can outwait them.
const SHORT: [(&str, &str); 5] = [
    ("KAZILINE_SERVER_FIRST_BYTE_MS", "100"),
    ("KAZILINE_SERVER_HEADER_READ_MS", "100"),
    ("KAZILINE_SERVER_BODY_READ_MS", "100"),
    ("KAZILINE_SERVER_IDLE_MS", "100"),
    ("KAZILINE_SERVER_CONNECTIONS_MAX", "2"),
];

/// Reads until the service closes the connection; fails after the patience of the tests.
fn until_closed(stream: &mut impl std::io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => bytes,
        Err(error) => panic!("the connection was not closed: {error}"),
    }
}

#[test]
fn who_says_nothing_or_drips_is_cut_off_and_others_are_served() {
    let world = World::demo_with(&SHORT);
    let mut silent = connect(&world.address);
    let mut dripping = connect(&world.address);
    dripping.write_all(b"POST / HT").unwrap();
    // Both places are taken: the next caller waits in the queue until they are cut off, and is then served.
    assert_eq!(world.get("/health/live").status, 200);
    assert!(until_closed(&mut silent).is_empty());
    assert!(until_closed(&mut dripping).is_empty());

    let mut idle = connect(&world.address);
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let answer = until_closed(&mut idle);
    assert!(answer.starts_with(b"HTTP/1.1 200"), "an idle connection was cut before it was answered");

    let mut stalled = connect(&world.address);
    let head =
        format!("POST {HOOK} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ncontent-length: 50\r\n\r\nsessionId");
    stalled.write_all(head.as_bytes()).unwrap();
    assert!(until_closed(&mut stalled).starts_with(b"HTTP/1.1 408"));
}

#[test]
fn what_is_not_http_or_too_much_of_it_is_refused() {
    let world = World::demo();
    let garbage = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"\r\n\r\n\r\n\r\nGET\r\n\r\n"];
    for bytes in garbage {
        let mut stream = connect(&world.address);
        stream.write_all(bytes).unwrap();
        let answer = until_closed(&mut stream);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{:?}", String::from_utf8_lossy(&answer));
    }
    let many: Vec<String> = (0..100).map(|i| format!("x-{i}: 1\r\n")).collect();
    let many = format!("GET /health/live HTTP/1.1\r\nhost: x\r\n{}\r\n", many.concat());
    let mut stream = connect(&world.address);
    stream.write_all(many.as_bytes()).unwrap();
    let answer = until_closed(&mut stream);
    assert!(answer.starts_with(b"HTTP/1.1 431"), "{:?}", String::from_utf8_lossy(&answer));

    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(40_000));
    let mut stream = connect(&world.address);
    // It may be closed before all of it is written.
    let _ = stream.write_all(long.as_bytes());
    let mut answer = [0; 12];
    let read = stream.read(&mut answer).unwrap_or(0);
    assert!(read == 0 || answer.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8_lossy(&answer));
    assert_eq!(world.get("/health/live").status, 200);
}

#[test]
fn a_stop_finishes_in_order() {
    let world = World::demo();
    world.hop("s1", "+250788123456", "");
    // A pooled connection without a request does not hold the stop up.
    let mut idle = connect(&world.address);
    let (data, folder) = (world.folder().data(), world.folder().path().to_owned());
    assert!(data.join("admin.sock").exists() && folder.exists());
    let stopped = world.stop();
    assert_eq!(stopped.code, Some(0), "{:?}", stopped.log);
    assert!(until_closed(&mut idle).is_empty());
}
