//! Requests to addresses that strangers name: only to the public network, however the address is written.
//!
//! Whoever registers a webhook makes this service connect to a place of their choosing, and would reach through it what
//! is open to this machine alone: the database, the neighbours in its network, the cloud's own addresses. A check of
//! the name is worth nothing if the name means another machine a moment later. So the check sits in the resolver that
//! the client connects by: what is checked is what is connected to. The client does not ask the resolver where the host
//! is an address already; [`check_url`] judges those. Redirects are not followed and no proxy is asked.
//!
//! Not seen from here: a network that translates public addresses into its inside (NAT64 under a prefix of its own),
//! and whoever routes public addresses inwards. A machine in such a network needs a firewall.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{CONNECT_TIMEOUT, Exchange, HttpTransport, LocalFault, Transport, TransportFault, built};
use crate::gateway::WireRequest;

/// Longest address, in bytes. What is longer is refused by servers on the way, too.
pub const URL_BYTES_MAX: usize = 2048;
/// Ports below this one belong to services of the system, and all but [`HTTPS_PORT`] to other protocols: a stranger
/// could have us knock at mail servers and log-ins of others. Above it small servers listen where they can.
const PORT_MIN: u16 = 1024;
const HTTPS_PORT: u16 = 443;
/// Time for a whole exchange. Standard Webhooks: 15 to 30 s; the smaller one, since a slow receiver holds up others.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(15);
/// Ends of names that mean no machine on the public network (RFC 6761, 6762, 7686, 8375, 9476, and ICANN's `internal`).
const PRIVATE_NAMES: &[&str] = &["localhost", "local", "internal", "home.arpa", "onion", "alt", "test", "invalid"];
/// Azure's own services: public by its number, but it answers from inside.
const AZURE_PLATFORM: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// How far requests may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// To public addresses, over TLS.
    Public,
    /// Anywhere, also over plain HTTP: the operator's word for a test, or for a network where all receivers are his
    /// own.
    Anywhere,
}

/// Whether an address belongs to a machine on the public network. In doubt it does not: all of IPv6 but its global
/// unicast block is refused, and within it everything that carries an IPv4 address inside.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The IANA registry of special-purpose addresses, and what is not for single machines.
#[expect(clippy::unnested_or_patterns, reason = "a line and a reason for each block")]
fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = matches!(
        address.octets(),
        [0, ..]                        // "this network"
            | [10, ..]                 // private
            | [100, 64..=127, ..]      // behind a carrier's translation; Alibaba's metadata
            | [127, ..]                // loopback
            | [169, 254, ..]           // link-local; the metadata of most clouds
            | [172, 16..=31, ..]       // private
            | [192, 0, 0, _]           // protocol assignments; Oracle's metadata
            | [192, 0, 2, _]           // documentation
            | [192, 88, 99, _]         // 6to4 relays
            | [192, 168, ..]           // private
            | [198, 18 | 19, ..]       // benchmarking
            | [198, 51, 100, _]        // documentation
            | [203, 0, 113, _]         // documentation
            | [224..=255, ..] // multicast, reserved, broadcast
    );
    !is_special && address != AZURE_PLATFORM
}

#[expect(clippy::unnested_or_patterns, reason = "a line and a reason for each block")]
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // 2000::/3: so neither loopback, unspecified, IPv4-mapped and -compatible, NAT64, unique and site-local,
    // link-local, discard, segment routing nor multicast.
    let is_global = matches!(segments, [0x2000..=0x3fff, ..]);
    let is_special = matches!(
        segments,
        [0x2001, 0..=0x01ff, ..]                  // protocol assignments: Teredo, benchmarking, ORCHID and others
            | [0x2001, 0x0db8, ..]                // documentation
            | [0x2002, ..]                        // 6to4: an IPv4 address inside
            | [0x3ffe, ..]                        // the former 6bone
            | [0x3fff, 0..=0x0fff, ..]            // documentation
            | [.., 0 | 0x0200, 0x5efe, _, _] // ISATAP: an IPv4 address inside
    );
    is_global && !is_special
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// More than [`URL_BYTES_MAX`].
    #[error("the address is too long")]
    TooLong,
    /// No address, or one that two programs could read differently.
    #[error("the address is malformed")]
    Malformed,
    /// Not `https`.
    #[error("the address must begin with https://")]
    Scheme,
    /// A name or a password before the host: it would end up in logs, and it hides the host from the eye.
    #[error("the address has a user name or a password in it")]
    Userinfo,
    /// A port of another protocol.
    #[error("the port must be 443, or 1024 and above")]
    Port,
    /// A host that is not on the public network.
    #[error("the host is not on the public network")]
    Host,
}

/// The normal form of an address that may be called, without its fragment: what is checked is what is to be kept and
/// called. The parser writes every form of an IPv4 address (`0x7f.1`, `2130706433`, `0177.0.0.1`, full-width digits) as
/// four decimal numbers, so that the check sees what the client will connect to. Names are judged by what they say
/// alone; where they lead is judged at every connection.
pub fn check_url(text: &str, reach: Reach) -> Result<String, UrlFault> {
    if text.len() > URL_BYTES_MAX {
        return Err(UrlFault::TooLong);
    }
    // The parser drops line breaks and tabs, and takes `\` for `/`; others do not.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(UrlFault::Malformed);
    }
    let mut url = Url::parse(text).map_err(|_| UrlFault::Malformed)?;
    if !(url.scheme() == "https" || url.scheme() == "http" && reach == Reach::Anywhere) {
        return Err(UrlFault::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlFault::Userinfo);
    }
    let port = url.port_or_known_default().unwrap_or(0);
    if reach == Reach::Public {
        if port != HTTPS_PORT && port < PORT_MIN {
            return Err(UrlFault::Port);
        }
        if !is_public_host(url.host_str().unwrap_or_default()) {
            return Err(UrlFault::Host);
        }
    }
    url.set_fragment(None);
    if url.as_str().len() > URL_BYTES_MAX { Err(UrlFault::TooLong) } else { Ok(url.into()) }
}

/// A host as the parser writes it: in lower case, IPv6 in brackets.
fn is_public_host(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = literal.parse() {
        return is_public(address);
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let ends_in = |end: &str| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    // A name without a dot is looked up among the names of our own network.
    name.contains('.') && !PRIVATE_NAMES.iter().any(|end| ends_in(end))
}

/// Looks a name up. The ports of what it finds are 0.
type Lookup = Arc<dyn Fn(String) -> Looking + Send + Sync>;
type Looking = Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>;

/// As the machine looks names up.
fn system_lookup() -> Lookup {
    let lookup =
        |name: String| -> Looking { Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }) };
    Arc::new(lookup)
}

/// Names become addresses that may be reached, or none.
struct ReachableOnly {
    reach: Reach,
    lookup: Lookup,
}

/// A name that leads nowhere we go.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address on the public network")]
struct NotPublic;

impl Resolve for ReachableOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let (looking, reach) = ((self.lookup)(name.as_str().to_owned()), self.reach);
        Box::pin(async move {
            let mut found = looking.await?;
            found.retain(|address| reach == Reach::Anywhere || is_public(address.ip()));
            if found.is_empty() {
                return Err(NotPublic.into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Carries requests to addresses that strangers named. Nothing is retried: that is the queue's business.
pub struct PublicTransport {
    http: HttpTransport,
    reach: Reach,
}

impl fmt::Debug for PublicTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicTransport").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl PublicTransport {
    /// Fails when the machine's certificate store cannot be read.
    pub fn new(reach: Reach) -> Result<Self, LocalFault> {
        Self::looking_up(reach, system_lookup())
    }

    #[expect(clippy::disallowed_methods, reason = "a part of the one place that opens outbound sockets")]
    fn looking_up(reach: Reach, lookup: Lookup) -> Result<Self, LocalFault> {
        let builder = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(EXCHANGE_TIMEOUT);
        let client = built(builder.dns_resolver(ReachableOnly { reach, lookup }))?;
        Ok(Self { http: HttpTransport { client }, reach })
    }
}

impl Transport for PublicTransport {
    /// An address that may not be called is not: [`TransportFault::NotSent`].
    fn exchange(&self, request: WireRequest) -> Exchange<'_> {
        Box::pin(async move {
            let url = check_url(&request.url, self.reach).map_err(|_| TransportFault::NotSent)?;
            self.http.exchange(WireRequest { url, ..request }).await
        })
    }
}

#[cfg(test)]
mod tests;
