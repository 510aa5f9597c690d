//! The way out for webhooks: how many at once, and how far they may go.

use super::channel::{WayOut, way_out};
use super::keys_of::KeysOf;
use super::layers::Layers;
use crate::outbox::Caps;
use crate::transport::public_address::Reach;

/// A `[channel.NAME]` of kind `webhook`.
#[derive(Clone, Debug)]
pub struct WebhookChannel {
    /// How much, how fast.
    pub way: WayOut,
    /// How far requests may go.
    pub reach: Reach,
}

/// A channel of kind `webhook`.
pub(super) fn webhook_channel(layers: &mut Layers, name: &str) -> WebhookChannel {
    let keys = KeysOf { layers, name };
    let reach = if keys.flag("private_addresses") { Reach::Anywhere } else { Reach::Public };
    let way = WayOut { reports: false, ..way_out(&keys, "rate_messages_s", Caps::default()) };
    WebhookChannel { way, reach }
}
