//! One keep-alive connection of a gateway: requests written by hand and answers read as far as they matter, so that the
//! generator takes little of the machine that it shares with the server.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What goes before the length of the body. The head that Africa's Talking sends, and the secret of the demo channel.
const HEAD: &str = "POST /hooks/demo/demo/ussd HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: at-ussd-api/1.0\r\n\
    content-type: application/x-www-form-urlencoded; charset=UTF-8\r\ncontent-length: ";
/// An answer's head and body at most.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// One connection with its buffers.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// An answer, whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a str,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: Vec::with_capacity(1_024), answer: vec![0; ANSWER_BYTES_MAX] })
    }

    /// Sends a form and waits for the answer.
    pub(crate) async fn post(&mut self, form: &str) -> io::Result<Answer<'_>> {
        self.request.clear();
        self.request.extend_from_slice(HEAD.as_bytes());
        self.request.extend_from_slice(form.len().to_string().as_bytes());
        self.request.extend_from_slice(b"\r\n\r\n");
        self.request.extend_from_slice(form.as_bytes());
        self.stream.write_all(&self.request).await?;
        let mut length = 0;
        loop {
            let room = self.answer.get_mut(length..).unwrap_or_default();
            let read = self.stream.read(room).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            length += read;
            if let Some((status, body)) = whole(self.answer.get(..length).unwrap_or_default())? {
                let body = std::str::from_utf8(self.answer.get(body..length).unwrap_or_default());
                return Ok(Answer { status, body: body.map_err(|_| io::ErrorKind::InvalidData)? });
            }
        }
    }
}

/// Status and beginning of the body, once all of it has arrived.
fn whole(bytes: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let (Some(status), Some(length)) = (status, length) else { return Err(io::ErrorKind::InvalidData.into()) };
    let body = end + 4;
    match bytes.len().cmp(&(body + length)) {
        std::cmp::Ordering::Less => Ok(None),
        std::cmp::Ordering::Equal => Ok(Some((status, body))),
        // Nothing was pipelined, so more than the answer is not an answer.
        std::cmp::Ordering::Greater => Err(io::ErrorKind::InvalidData.into()),
    }
}
