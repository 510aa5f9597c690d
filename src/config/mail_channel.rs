//! A way out for e-mail: the mail server that takes it over, and who it is from.

use super::channel::{WayOut, way_out};
use super::keys_of::KeysOf;
use super::layers::Layers;
use crate::gateway::email::{MailAddress, Sender};
use crate::outbox::Caps;
use crate::transport::smtp::{Login, Security, Server};

/// A `[channel.NAME]` of kind `email`.
#[derive(Clone, Debug)]
pub struct MailChannel {
    /// How much, how fast.
    pub way: WayOut,
    /// The mail server.
    pub server: Server,
    /// Who the messages are from.
    pub sender: Sender,
}

/// A channel of kind `email`; `None` when it has no sender that mail can be from.
pub(super) fn mail_channel(layers: &mut Layers, name: &str) -> Option<MailChannel> {
    let caps = Caps {
        number: layers.whole("delivery.number_day_max"),
        employer: layers.whole("delivery.employer_day_max"),
        ..Caps::default()
    };
    let mut keys = KeysOf { layers, name };
    let rule = "must be tls, starttls, opportunistic or none";
    let security = keys.named("security", Security::from_name, Security::StartTls, rule);
    let host = keys.text("host");
    if host.is_empty() {
        keys.refuse("kind", "\"email\" needs a `host`: the mail server that takes messages over");
    }
    let port = u16::try_from(keys.whole("port", i64::from(security.port()))).unwrap_or_default();
    let user = keys.text("username");
    let login = (!user.is_empty()).then(|| Login { user, password: keys.text("password") });
    let written = keys.text("sender");
    let Ok(address) = MailAddress::parse(&written) else {
        let key = if written.is_empty() { "kind" } else { "sender" };
        keys.refuse(key, "needs a `sender`: the address that messages are from, such as \"jobs@example.org\"");
        return None;
    };
    let reply_to = keys.text("reply_to");
    let reply_to = match MailAddress::parse(&reply_to) {
        Ok(address) => Some(address),
        Err(_) if reply_to.is_empty() => None,
        Err(fault) => {
            keys.refuse("reply_to", &format!("cannot be used: {fault}"));
            None
        }
    };
    let server = Server { host, port, security, login, hello: address.domain().to_owned() };
    let sender = Sender { address, name: keys.text_or("sender_name", "Kaziline"), reply_to };
    // A mail server tells nothing afterwards but by mail.
    let way = WayOut { reports: false, ..way_out(&keys, "rate_messages_s", caps) };
    Some(MailChannel { way, server, sender })
}
