//! E-mail on its way to a mail server that takes it over: a relay of the operator's or of a provider.
//!
//! The library's connection is driven step by step rather than through its ready-made transport. That one reports what
//! went wrong but not when, and *when* decides: a connection that breaks before the final dot has sent nothing, one
//! that breaks behind it may have. Its time limit covers the connecting alone, too; here one limit covers the whole
//! exchange.
//!
//! TLS from the first byte (`tls`, port 465) is to be preferred to `starttls`, as RFC 8314 says: the library keeps what
//! it has read before the switch, so that somebody on the line could put answers there.

#[cfg(test)]
#[path = "../../tests/it/smtp_sink.rs"]
mod smtp_sink;

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::gateway::email::{Reply, Step, WireMail, answered, lost};
use crate::gateway::sms::{Answered, Blocked, SendOutcome};

/// Connections to the server at once. Relays count them: Postfix takes 50 of one client, small providers 5 to 10.
pub const CONNECTIONS_MAX: usize = 4;
/// Time for a whole exchange, waiting for a connection included. The lease on a message that is being sent is longer.
const EXCHANGE_TIMEOUT: Duration = super::EXCHANGE_TIMEOUT;
/// Time in which a connection that was kept must show that it still is one.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// A message is handed over in pieces of so many bytes, so that it is known whether it was handed over whole.
const PIECE_BYTES: usize = 16 * 1024;

/// How the way to the server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything of ours is said; a server without it is not spoken to.
    StartTls,
    /// TLS where the server offers it, with any certificate: against who listens, not against who interferes. For a
    /// relay in the same house, whose certificate is most often its own.
    Opportunistic,
    /// None: for a relay on the same machine.
    None,
}

impl Security {
    /// Every kind.
    pub const ALL: [Security; 4] = [Security::Tls, Security::StartTls, Security::Opportunistic, Security::None];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Security::Tls => "tls",
            Security::StartTls => "starttls",
            Security::Opportunistic => "opportunistic",
            Security::None => "none",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Security> {
        Security::ALL.into_iter().find(|security| security.name() == name)
    }

    /// Where servers listen for it, when the configuration does not say.
    pub fn port(self) -> u16 {
        match self {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Opportunistic | Security::None => 25,
        }
    }
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, which its certificate must have, or its address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the way to it is kept private.
    pub security: Security,
    /// Who we are there; `None` where it knows us by our address.
    pub login: Option<Login>,
    /// The name of this machine, as it is said in `EHLO`. Receivers look it up: the domain that we send from will do.
    pub hello: String,
}

/// Who we are at a mail server.
#[derive(Clone)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: String,
}

/// Secrets stay out of logs.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Why a mail server cannot be used as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// The host is neither a name nor an address.
    #[error("the mail server's host is no name of a machine")]
    Host,
    /// Our own name is none.
    #[error("the name for EHLO is no name of a machine")]
    Hello,
    /// A password would cross a network readable.
    #[error("a password needs security = \"tls\" or \"starttls\", or a server on this machine")]
    PasswordInClear,
    /// The machine's certificate store cannot be read.
    #[error("the machine's certificates cannot be read")]
    Certificates,
}

/// The way to one mail server: at most [`CONNECTIONS_MAX`] connections, kept for the next message. The server ends
/// those that it finds idle for too long; that is noticed when one is wanted again.
pub struct Smtp {
    server: Server,
    hello: ClientId,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    slots: Semaphore,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
    exchange_timeout: Duration,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Smtp {
    /// Connects to nobody yet.
    pub fn new(server: Server) -> Result<Self, ServerFault> {
        if !is_host(&server.host) {
            return Err(ServerFault::Host);
        }
        if !is_host(&server.hello) {
            return Err(ServerFault::Hello);
        }
        let is_certain = matches!(server.security, Security::Tls | Security::StartTls);
        if server.login.is_some() && !is_certain && !is_this_machine(&server.host) {
            return Err(ServerFault::PasswordInClear);
        }
        let tls = match server.security {
            Security::None => None,
            Security::Opportunistic => {
                let any = TlsParameters::builder(server.host.clone());
                Some(any.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true))
            }
            Security::Tls | Security::StartTls => Some(TlsParameters::builder(server.host.clone())),
        };
        let tls = tls.map(|tls| tls.build_rustls().map_err(|_| ServerFault::Certificates)).transpose()?;
        let credentials = server.login.clone().map(|login| Credentials::new(login.user, login.password));
        Ok(Self {
            hello: ClientId::Domain(server.hello.clone()),
            tls,
            credentials,
            slots: Semaphore::new(CONNECTIONS_MAX),
            idle: Mutex::default(),
            exchange_timeout: EXCHANGE_TIMEOUT,
            server,
        })
    }

    /// Gives a message to the server, once. The outcome is `Unknown` only if the final dot was on its way and no answer
    /// came; everything that breaks before has sent nothing. Dropping the future breaks the connection.
    pub async fn send(&self, mail: &WireMail) -> Answered {
        let mut reached = Step::Greeting;
        let ended = timeout(self.exchange_timeout, self.exchange(mail, &mut reached)).await;
        ended.unwrap_or_else(|_elapsed| lost(reached))
    }

    async fn exchange(&self, mail: &WireMail, reached: &mut Step) -> Answered {
        let Ok(_slot) = self.slots.acquire().await else {
            return lost(Step::Greeting);
        };
        let mut connection = match self.connection(reached).await {
            Ok(connection) => connection,
            Err(answered) => return answered,
        };
        match converse(&mut connection, mail, reached).await {
            Ok(answered) => {
                if *reached == Step::Content {
                    self.keep(connection);
                }
                answered
            }
            // A refusal leaves a sound connection, but for 421: the server closes it.
            Err(error) => {
                if error.status().is_some_and(|code| u16::from(code) != 421) {
                    self.keep(connection);
                }
                meaning(*reached, &error)
            }
        }
    }

    /// One that was kept and still answers, or a new one, ready for a message.
    async fn connection(&self, reached: &mut Step) -> Result<AsyncSmtpConnection, Answered> {
        while let Some(mut kept) = self.take() {
            // Also ends whatever was begun on it.
            if let Ok(Ok(_)) = timeout(PROBE_TIMEOUT, kept.command(Rset)).await {
                return Ok(kept);
            }
        }
        *reached = Step::Greeting;
        let fault = |error: Error| meaning(Step::Greeting, &error);
        let Server { host, port, security, .. } = &self.server;
        let at_once = self.tls.clone().filter(|_| *security == Security::Tls);
        let connect_timeout = Some(super::CONNECT_TIMEOUT);
        let connecting =
            AsyncSmtpConnection::connect_tokio1((host.as_str(), *port), connect_timeout, &self.hello, at_once, None);
        let mut connection = connecting.await.map_err(fault)?;
        let then = self.tls.clone().filter(|_| *security != Security::Tls);
        match then {
            Some(tls) if connection.can_starttls() => {
                connection.starttls(tls, &self.hello).await.map_err(fault)?;
            }
            Some(_) if *security == Security::StartTls => {
                return Err(blocked("no_starttls"));
            }
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            *reached = Step::Login;
            let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            login.map_err(|error| meaning(Step::Login, &error))?;
        }
        Ok(connection)
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        self.idle().pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        if !connection.has_broken() {
            self.idle().push(connection);
        }
    }

    /// The list is sound after a panic elsewhere: it is changed by one call that does not panic.
    fn idle(&self) -> MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One message over a connection. `reached` says how far it came, also to who drops the future.
async fn converse(
    connection: &mut AsyncSmtpConnection,
    mail: &WireMail,
    reached: &mut Step,
) -> Result<Answered, Error> {
    *reached = Step::Sender;
    connection.command(Mail::new(Some(mail.from.as_library().clone()), Vec::new())).await?;
    *reached = Step::Recipient;
    connection.command(Rcpt::new(mail.to.as_library().clone(), Vec::new())).await?;
    *reached = Step::Data;
    let invited = connection.command(Data).await?;
    if !invited.has_code(354) {
        // It would take the message for commands.
        return Ok(answered(Step::Data, Reply { code: invited.code().into(), text: "" }));
    }
    let taken = connection.message_iter(Pieces { rest: mail.bytes.chunks(PIECE_BYTES), reached }).await?;
    let text = taken.message().collect::<Vec<_>>().join(" ");
    Ok(answered(Step::Content, Reply { code: taken.code().into(), text: &text }))
}

/// The message in pieces. The library asks for the next one when the last is written: once it has asked in vain, it
/// writes the final dot.
struct Pieces<'a> {
    rest: std::slice::Chunks<'a, u8>,
    reached: &'a mut Step,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let piece = self.rest.next();
        if piece.is_none() {
            *self.reached = Step::Content;
        }
        piece
    }
}

/// What a fault of the library means that came at this step.
fn meaning(step: Step, error: &Error) -> Answered {
    match error.status() {
        Some(code) => {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            answered(step, Reply { code: code.into(), text: &text })
        }
        // The server offers no way to log in that the library knows.
        None if step == Step::Login && error.is_client() => blocked("no_login"),
        None if step == Step::Greeting && is_certificate(error) => blocked("certificate"),
        None => lost(step),
    }
}

/// The channel cannot be used as it is configured, or somebody interferes: no message is to blame.
fn blocked(detail: &str) -> Answered {
    Answered::with(SendOutcome::Blocked(Blocked::Credentials), detail)
}

/// Whether a connection was given up because of the server's certificate.
fn is_certificate(error: &(dyn StdError + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let fault = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(fault, Some(rustls::Error::InvalidCertificate(_))) || error.source().is_some_and(is_certificate)
}

/// A name of a machine or an address. Anything else could be more than one line to a server.
fn is_host(text: &str) -> bool {
    let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (!text.is_empty() && text.len() <= 253 && is_name) || text.parse::<IpAddr>().is_ok()
}

/// Whether what is said to this host stays inside the machine.
fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests;
