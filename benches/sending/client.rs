//! One keep-alive connection, requests by hand and answers read as far as they matter: the bench takes little of the
//! machine that it shares with what it measures.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer's head and body at most.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// A connection that is made when it is needed.
#[derive(Debug, Default)]
pub(crate) struct Client {
    stream: Option<(SocketAddr, TcpStream)>,
}

impl Client {
    /// GET of `path`; the status and the body.
    pub(crate) async fn get(&mut self, address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
        let mut stream = match self.stream.take() {
            Some((known, stream)) if known == address => stream,
            _ => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = [0; ANSWER_BYTES_MAX];
        let mut length = 0;
        loop {
            let read = stream.read(bytes.get_mut(length..).unwrap_or_default()).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            length += read;
            if let Some(answer) = whole(bytes.get(..length).unwrap_or_default())? {
                self.stream = Some((address, stream));
                return Ok(answer);
            }
        }
    }
}

/// Status and body, once all of it has arrived.
fn whole(bytes: &[u8]) -> io::Result<Option<(u16, String)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let (Some(status), Some(length)) = (status, length) else { return Err(io::ErrorKind::InvalidData.into()) };
    let body = bytes.get(end + 4..).unwrap_or_default();
    Ok((body.len() >= length).then(|| (status, String::from_utf8_lossy(body).into_owned())))
}
