//! The one file that opens outbound sockets. Everything else hands it a [`WireRequest`] and reads what came back.
//!
//! [`Transport`] carries an exchange with a provider: [`HttpTransport`] over the network, [`Loopback`] inside the process.
//! [`LocalClient`] is for our own commands, which speak to a running service over its address or its admin socket.

pub mod public_address;
pub mod smpp;
pub mod smtp;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
pub use crate::gateway::TransportFault;
use crate::gateway::sms::inbox::{Inbox, InboxMessage};
use crate::gateway::{Method, WireRequest, WireResponse, encode_form};

/// Time to reach a provider: two lost packets and their repetition.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a whole exchange with a provider. The lease on a message that is being sent is longer.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer of a provider that is read, in bytes: the rest is left unread. Answers to one SMS are under 2 KiB.
const RESPONSE_BYTES_MAX: usize = 64 * 1024;
/// Time for one request of our own commands, which talk to the same machine: proving a bundle takes a second of a whole
/// processor, and the machine may be busy.
const LOCAL_TIMEOUT: Duration = Duration::from_mins(1);
/// Time for one that reads the whole database, as a backup does: hours for a database of terabytes on a slow disk. Who
/// waits for it can break off at any time.
const LOCAL_LONG_TIMEOUT: Duration = Duration::from_hours(12);
/// The largest answer that our own commands read, in bytes: a long listing.
const LOCAL_RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An exchange under way.
pub type Exchange<'a> = Pin<Box<dyn Future<Output = Result<WireResponse, TransportFault>> + Send + 'a>>;

/// Carries a request to a provider and brings the answer back.
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// One exchange. The fault says whether a byte of the request may have arrived.
    fn exchange(&self, request: WireRequest) -> Exchange<'_>;
}

/// Over the network, with TLS where the address says `https`. Redirects are not followed and nothing is retried: a second
/// request could be a second SMS.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// Fails when the machine's certificate store cannot be read.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that opens outbound sockets")]
    pub fn new() -> Result<Self, LocalFault> {
        let builder = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(EXCHANGE_TIMEOUT);
        Ok(Self { client: built(builder)? })
    }
}

impl Transport for HttpTransport {
    fn exchange(&self, request: WireRequest) -> Exchange<'_> {
        Box::pin(async move {
            let method = match request.method {
                Method::Get => reqwest::Method::GET,
                Method::Post => reqwest::Method::POST,
            };
            let mut sending = self.client.request(method, &request.url).body(request.body);
            for (name, value) in request.headers {
                sending = sending.header(name, value);
            }
            let sent = sending.send().await.map_err(|error| {
                let unsent = error.is_connect() || error.is_builder();
                if unsent { TransportFault::NotSent } else { TransportFault::Unknown }
            })?;
            let status = sent.status().as_u16();
            let headers = sent.headers().iter();
            let headers =
                headers.filter_map(|(k, v)| Some((k.as_str().to_owned(), v.to_str().ok()?.to_owned()))).collect();
            let (body, _cut) = body_of(sent, RESPONSE_BYTES_MAX).await.map_err(|_| TransportFault::Unknown)?;
            Ok(WireResponse { status, headers, body })
        })
    }
}

/// The loop-back provider: messages arrive on simulated phones inside the process.
#[derive(Debug)]
pub struct Loopback {
    clock: Arc<dyn Clock>,
    inbox: Mutex<Inbox>,
    newest: watch::Sender<u64>,
}

impl Loopback {
    /// A provider without messages, whose phones show the time of `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inbox: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// The messages to a number (E.164 digits, with or without `+`) that are newer than `after_id`, newest last.
    pub fn messages_to(&self, number: &str, after_id: u64) -> Vec<InboxMessage> {
        self.inbox().messages_to(number, after_id)
    }

    /// Sees the id of the newest message of all change: to wait for an SMS without asking again and again.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The inbox is sound after a panic elsewhere: it is changed by one call that does not panic.
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Loopback {
    /// A request to any other host is not sent: the demo's provider never reaches the network.
    fn exchange(&self, request: WireRequest) -> Exchange<'_> {
        Box::pin(async move {
            if !Inbox::serves(&request) {
                return Err(TransportFault::NotSent);
            }
            let (response, newest) = {
                let mut inbox = self.inbox();
                (inbox.answer(&request, self.clock.now_ms()), inbox.last_id())
            };
            self.newest.send_replace(newest);
            Ok(response)
        })
    }
}

/// Why a command of ours got no answer from the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalFault {
    /// The address is not one.
    #[error("not an address of a service")]
    Address,
    /// Nobody listens there.
    #[error("no service listens there")]
    NotReachable,
    /// No answer in time; the request may have been acted on.
    #[error("the service did not answer in time")]
    TimedOut,
    /// The answer broke off or was too long.
    #[error("the answer could not be read")]
    Broken,
}

/// An answer of the service to a command of ours.
#[derive(Debug)]
pub struct LocalAnswer {
    /// HTTP status.
    pub status: u16,
    /// Content type, empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// What the screen in it asks for, where a simulator is told.
    pub screen_asks: Option<String>,
}

/// HTTP to a running service: `dial --url`, and the commands that use the admin socket.
#[derive(Clone, Debug)]
pub struct LocalClient {
    client: reqwest::Client,
    base: String,
}

impl LocalClient {
    /// To the service at `base`, for example `http://127.0.0.1:8080`.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that opens outbound sockets")]
    pub fn to_url(base: &str) -> Result<Self, LocalFault> {
        let client = built(reqwest::Client::builder().timeout(LOCAL_TIMEOUT))?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// To the service behind the Unix socket at `path`.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that opens outbound sockets")]
    pub fn to_unix_socket(path: &Path) -> Result<Self, LocalFault> {
        let client = built(reqwest::Client::builder().timeout(LOCAL_TIMEOUT).unix_socket(path))?;
        Ok(Self { client, base: "http://localhost".to_owned() })
    }

    /// POST of a form; `path` begins with `/`.
    pub async fn post_form(&self, path: &str, pairs: &[(&str, &str)]) -> Result<LocalAnswer, LocalFault> {
        let body = encode_form(pairs).into_bytes();
        self.post_bytes(path, "application/x-www-form-urlencoded; charset=UTF-8", body).await
    }

    /// POST of bytes of this content type; `path` begins with `/`.
    pub async fn post_bytes(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<LocalAnswer, LocalFault> {
        let request = self.client.post(format!("{}{path}", self.base)).header("content-type", content_type);
        answer(request.body(body)).await
    }

    /// GET; `path` begins with `/` and may have a query.
    pub async fn get(&self, path: &str) -> Result<LocalAnswer, LocalFault> {
        answer(self.client.get(format!("{}{path}", self.base))).await
    }

    /// As [`LocalClient::get`], for what takes as long as a whole read of the database.
    pub async fn get_long(&self, path: &str) -> Result<LocalAnswer, LocalFault> {
        answer(self.client.get(format!("{}{path}", self.base)).timeout(LOCAL_LONG_TIMEOUT)).await
    }

    /// As [`LocalClient::post_bytes`], for what takes as long as a whole read of the database.
    pub async fn post_long(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<LocalAnswer, LocalFault> {
        let request = self.client.post(format!("{}{path}", self.base)).header("content-type", content_type);
        answer(request.body(body).timeout(LOCAL_LONG_TIMEOUT)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<LocalAnswer, LocalFault> {
    let fault = |error: &reqwest::Error| match error {
        e if e.is_builder() => LocalFault::Address,
        e if e.is_connect() => LocalFault::NotReachable,
        e if e.is_timeout() => LocalFault::TimedOut,
        _ => LocalFault::Broken,
    };
    let sent = request.send().await.map_err(|error| fault(&error))?;
    let status = sent.status().as_u16();
    let content_type = sent.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    let screen_asks = sent.headers().get("kaziline-screen").and_then(|value| value.to_str().ok());
    let screen_asks = screen_asks.map(str::to_owned);
    match body_of(sent, LOCAL_RESPONSE_BYTES_MAX).await {
        Ok((body, false)) => Ok(LocalAnswer { status, content_type, body, screen_asks }),
        Ok((_, true)) => Err(LocalFault::Broken),
        Err(error) => Err(fault(&error)),
    }
}

/// What every client has in common. No proxy is looked up: that would read the environment behind config.rs.
fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, LocalFault> {
    builder
        .user_agent(concat!("kaziline/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .map_err(|_| LocalFault::Address)
}

/// At most `bytes_max` of a body, and whether it was cut there.
async fn body_of(mut response: reqwest::Response, bytes_max: usize) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > bytes_max {
            body.truncate(bytes_max);
            return Ok((body, true));
        }
    }
    Ok((body, false))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::clock::SimulatedClock;

    /// Answers each connection with `reply` once the head of the request is there, and closes it.
    async fn server(reply: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                read_head(&mut socket).await;
                finish(&mut socket, &reply).await;
            }
        });
        address
    }

    async fn read_head(socket: &mut (impl tokio::io::AsyncRead + Unpin)) {
        let mut head = Vec::new();
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            match socket.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
    }

    /// Reads to the end before the socket is dropped: one that is closed with bytes unread resets the connection.
    async fn finish(socket: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin), reply: &[u8]) {
        socket.write_all(reply).await.ok();
        socket.shutdown().await.ok();
        socket.read_to_end(&mut Vec::new()).await.ok();
    }

    fn get(url: &str) -> WireRequest {
        WireRequest { method: Method::Get, url: url.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    #[tokio::test]
    async fn an_answer_comes_back_with_its_status_headers_and_body() {
        let url = server(b"HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nwait".to_vec()).await;
        let response = HttpTransport::new().unwrap().exchange(get(&url)).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (429, &b"wait"[..]));
        assert_eq!(response.header("retry-after"), Some("7"));
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed_and_a_long_answer_is_cut() {
        let transport = HttpTransport::new().unwrap();
        let moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(transport.exchange(get(&server(moved.to_vec()).await)).await.unwrap().status, 302);
        let mut long = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        long.resize(long.len() + RESPONSE_BYTES_MAX + 5, b'x');
        let response = transport.exchange(get(&server(long).await)).await.unwrap();
        assert_eq!(response.body.len(), RESPONSE_BYTES_MAX);
    }

    #[tokio::test]
    async fn a_fault_tells_whether_the_request_may_have_arrived() {
        let transport = HttpTransport::new().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        assert_eq!(transport.exchange(get(&nobody)).await, Err(TransportFault::NotSent));
        assert_eq!(transport.exchange(get("not an address")).await, Err(TransportFault::NotSent));
        assert_eq!(transport.exchange(get(&server(Vec::new()).await)).await, Err(TransportFault::Unknown));
        let half = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nhalf".to_vec();
        assert_eq!(transport.exchange(get(&server(half).await)).await, Err(TransportFault::Unknown));
    }

    #[tokio::test]
    async fn our_commands_reach_a_service_by_address_and_by_socket() {
        let reply = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nCON A";
        let client = LocalClient::to_url(&format!("{}/", server(reply.to_vec()).await)).unwrap();
        let answer = client.post_form("/hooks/demo/demo/ussd", &[("text", "1*2")]).await.unwrap();
        assert_eq!(
            (answer.status, answer.content_type.as_str(), answer.body.as_slice()),
            (200, "text/plain", &b"CON A"[..])
        );

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let missing = LocalClient::to_unix_socket(&path).unwrap().get("/").await.unwrap_err();
        assert_eq!(missing, LocalFault::NotReachable);
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            read_head(&mut socket).await;
            finish(&mut socket, reply).await;
        });
        let answer = LocalClient::to_unix_socket(&path).unwrap().get("/health/live?full=1").await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"CON A"[..]));
        assert_eq!(LocalClient::to_url("::").unwrap().get("/").await.unwrap_err(), LocalFault::Address);
    }

    #[tokio::test]
    async fn the_loop_back_provider_stamps_the_time_wakes_who_waits_and_serves_no_other_host() {
        let loopback = Loopback::new(Arc::new(SimulatedClock::at(77)));
        let mut newest = loopback.watch();
        let body = br#"{"to":"250788000001","from":"Kaziline","text":"Muraho","reference":"kz1"}"#.to_vec();
        let request = WireRequest { body, method: Method::Post, ..get("https://loopback.invalid/messages") };
        assert_eq!(loopback.exchange(request).await.unwrap().status, 202);
        newest.changed().await.unwrap();
        let message = loopback.messages_to("+250788000001", 0).remove(0);
        assert_eq!((message.id, message.at_ms, *newest.borrow()), (1, 77, 1));
        assert_eq!(loopback.exchange(get("https://example.org/")).await, Err(TransportFault::NotSent));
    }
}
