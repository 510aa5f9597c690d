//! Opens a session: a connection, TLS where it is set, and the bind.

use std::io;
use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{StartFault, Timings};
use crate::gateway::sms::smpp::pdu::{BIND_TRANSCEIVER, Bind, Frame, GENERIC_NACK, RESPONSE};

/// The port of SMPP where the address names none.
const PORT: u16 = 2775;
/// The sequence number of the bind: the first of a session.
pub(super) const BIND_SEQUENCE: u32 = 1;
/// Octets asked for at once.
const READ_OCTETS: usize = 8 * 1024;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpen {
    /// No connection, or it ended before the bind was answered.
    #[error("not reached: {0}")]
    Reach(io::ErrorKind),
    /// No answer in time.
    #[error("no answer in time")]
    Slow,
    /// The bind was answered with this status.
    #[error("the bind was answered with status {0:#x}")]
    Status(u32),
}

impl From<io::Error> for NotOpen {
    fn from(error: io::Error) -> Self {
        Self::Reach(error.kind())
    }
}

/// Where the SMSC is, and who we are.
pub(super) struct Dial {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    bind: Bind,
    timings: Timings,
}

impl Dial {
    pub(super) fn new(endpoint: &str, tls: bool, bind: Bind, timings: Timings) -> Result<Self, StartFault> {
        let (host, port) = host_and_port(endpoint).ok_or(StartFault::Endpoint)?;
        let tls = if tls {
            let name = ServerName::try_from(host.clone()).map_err(|_| StartFault::Endpoint)?;
            let trusting = ClientConfig::builder().with_platform_verifier().map_err(|_| StartFault::Tls)?;
            Some((TlsConnector::from(Arc::new(trusting.with_no_client_auth())), name))
        } else {
            None
        };
        Ok(Self { host, port, tls, bind, timings })
    }

    /// A bound session, and what the SMSC sent behind its answer to the bind.
    pub(super) async fn open(&self) -> Result<(Box<dyn Stream>, Vec<u8>), NotOpen> {
        #[expect(clippy::disallowed_methods, reason = "transport opens the outbound sockets")]
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = timeout(self.timings.connect, connecting).await.map_err(|_| NotOpen::Slow)??;
        // A unit is small and waits for its answer: nothing is gained by holding it back.
        stream.set_nodelay(true)?;
        timeout(self.timings.bind, self.bound(stream)).await.map_err(|_| NotOpen::Slow)?
    }

    async fn bound(&self, stream: TcpStream) -> Result<(Box<dyn Stream>, Vec<u8>), NotOpen> {
        let mut stream: Box<dyn Stream> = match &self.tls {
            Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
            None => Box::new(stream),
        };
        stream.write_all(&self.bind.frame(BIND_SEQUENCE).octets()).await?;
        stream.flush().await?;
        let mut received = Vec::new();
        loop {
            let frame = next_frame(&mut stream, &mut received).await?;
            match frame.command {
                GENERIC_NACK => return Err(NotOpen::Status(frame.status)),
                // Anything else before the answer is against the standard and of no use.
                command if command != BIND_TRANSCEIVER | RESPONSE => {}
                _ if frame.status == 0 => return Ok((stream, received)),
                _ => return Err(NotOpen::Status(frame.status)),
            }
        }
    }
}

/// The next whole unit. What was received stays in `received` if this is dropped half-way.
pub(super) async fn next_frame(read: &mut (impl AsyncRead + Unpin), received: &mut Vec<u8>) -> io::Result<Frame> {
    loop {
        if let Some(frame) = Frame::take(received).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))? {
            return Ok(frame);
        }
        received.reserve(READ_OCTETS);
        if read.read_buf(received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Host and port of `smpp://HOST:PORT`; a host of IPv6 stands in brackets.
fn host_and_port(endpoint: &str) -> Option<(String, u16)> {
    let authority = endpoint.strip_prefix("smpp://")?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.find(':').and_then(|at| authority.split_at_checked(at)).unwrap_or((authority, "")),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if port.is_empty() => PORT,
        None => return None,
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    (!host.is_empty() && host.chars().all(is_host)).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_may_have_a_port() {
        let found = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(host_and_port("smpp://smsc.example:3550"), found("smsc.example", 3550));
        assert_eq!(host_and_port("smpp://10.0.0.7"), found("10.0.0.7", 2775));
        assert_eq!(host_and_port("smpp://[::1]:2776"), found("::1", 2776));
        assert_eq!(host_and_port("smpp://[::1]/"), found("::1", 2775));
        for bad in [
            "smsc.example:2775",
            "https://smsc.example",
            "smpp://",
            "smpp://:2775",
            "smpp://host:port",
            "smpp://host:0",
            "smpp://host:70000",
            "smpp://name:secret@host",
            "smpp://[::1]2775",
            "smpp://host/path",
        ] {
            assert_eq!(host_and_port(bad), None, "{bad}");
        }
    }
}
