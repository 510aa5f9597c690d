//! HTTP by hand: what is sent is exactly what is written here, also where it is wrong.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::PATIENCE;

/// One request.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const HOOK: &str = "/hooks/demo/demo/ussd";

impl<'a> Request<'a> {
    pub(crate) fn get(path: &'a str) -> Request<'a> {
        Request { method: "GET", path, content_type: None, body: Vec::new(), headers: &[] }
    }

    /// A form to the demo's hook.
    pub(crate) fn form(body: impl Into<Vec<u8>>) -> Request<'a> {
        Request { method: "POST", path: HOOK, content_type: Some(FORM), body: body.into(), headers: &[] }
    }

    /// A hop. The text is percent-encoded whole.
    pub(crate) fn hop(session: &str, number: &str, text: &str) -> Request<'a> {
        let text = text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let number = number.replace('+', "%2B");
        Request::form(format!(
            "sessionId={session}&phoneNumber={number}&networkCode=99999&serviceCode=*567%23&text={text}"
        ))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = vec![
            format!("{} {} HTTP/1.1", self.method, self.path),
            "host: kaziline".to_owned(),
            "connection: close".to_owned(),
        ];
        head.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        head.extend(self.content_type.map(|content_type| format!("content-type: {content_type}")));
        if self.method != "GET" || !self.body.is_empty() {
            head.push(format!("content-length: {}", self.body.len()));
        }
        [head.join("\r\n").as_bytes(), b"\r\n\r\n", &self.body].concat()
    }
}

/// One answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

/// How the demo's menus apologise, in each language.
const APOLOGIES: [&str; 4] =
    ["END Mutwihanganire, ubu", "END Sorry, we cannot", "END D\u{e9}sol\u{e9}, nous ne", "END Samahani, hatuwezi"];

impl Answer {
    /// Whether the service could not answer the hop.
    pub(crate) fn is_apology(&self) -> bool {
        self.status == 200 && APOLOGIES.iter().any(|apology| self.body.starts_with(apology.as_bytes()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A connection to the service.
pub(crate) fn connect(address: &str) -> TcpStream {
    try_connect(address).unwrap()
}

/// A connection to a service that may be gone.
#[expect(clippy::disallowed_methods, reason = "the tests stand where a gateway stands, outside the service")]
pub(crate) fn try_connect(address: &str) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends bytes and reads to the end of the connection.
pub(crate) fn exchange(address: &str, request: &[u8]) -> Answer {
    let mut stream = connect(address);
    // The service may answer and close before it has read all of what is wrong anyway.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

/// Reads one answer from bytes that hold it whole. Answers of the service carry their length.
pub(crate) fn parse(bytes: &[u8]) -> Answer {
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let split = split.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = std::str::from_utf8(&bytes[..split]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> =
        lines.map(|line| line.split_once(": ").unwrap()).map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, length)| length.parse().unwrap());
    let body = &bytes[split + 4..];
    Answer { status, headers, body: body[..length.unwrap_or(body.len())].to_vec() }
}
