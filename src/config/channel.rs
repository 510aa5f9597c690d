//! The ways out, each from its table: what all channels have in common, and what makes one of SMS.

use super::Secret;
use super::keys_of::KeysOf;
use super::layers::Layers;
use super::peer::peer;
use crate::gateway::sms::Peer;
use crate::outbox::route::Reach;
use crate::outbox::{Caps, Class};

/// What every way out has, whatever leaves over it.
#[derive(Clone, Debug)]
pub struct WayOut {
    /// Its name.
    pub name: String,
    /// How much leaves in a second, over all nodes: SMS segments, or messages where there are none.
    pub rate_s: u32,
    /// Shares of the rate.
    pub lanes: i64,
    /// Messages on their way at once.
    pub window: usize,
    /// Whoever has the smaller number is asked first.
    pub order: i64,
    /// What a segment or a message costs, in millionths of the currency.
    pub cost_micros: i64,
    /// Whether what carries reports deliveries.
    pub reports: bool,
    /// How much may be sent on a day.
    pub caps: Caps,
}

/// A `[channel.NAME]` of kind `sms`.
#[derive(Clone, Debug)]
pub struct SmsChannel {
    /// How much, how fast, in which order.
    pub way: WayOut,
    /// Who it speaks to.
    pub peer: Peer,
    /// The last part of the addresses at which the provider calls; without one it cannot.
    pub secret: Option<Secret>,
    /// What it carries.
    pub reach: Reach,
    /// Whether people can answer.
    pub two_way: bool,
    /// Whether an answer costs them nothing.
    pub free: bool,
}

/// Segments a second where a channel does not say: what the small contracts of providers allow.
const RATE_SEGMENTS_S: i64 = 10;
/// Messages on their way at once where a channel does not say.
const WINDOW: i64 = 16;
/// Shortest secret of a hook that is not a demo's, in characters: 16 of a random source cannot be guessed.
const SECRET_CHARACTERS_MIN: usize = 16;

/// What a secret of a hook must be.
pub(super) const SECRET_RULE: &str = "must be 16 characters or more of letters, digits, - _ . ~";

/// The secret in the address of a channel's hooks; `None` where there is none.
pub(super) fn hook_secret(layers: &mut Layers, key: &str, demo: bool) -> Option<String> {
    let secret = Some(layers.text(key)).filter(|secret| !secret.is_empty())?;
    let short = secret.chars().count() < SECRET_CHARACTERS_MIN;
    let in_address = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    if !in_address || (short && !demo) {
        layers.refuse(key, SECRET_RULE);
    }
    Some(secret)
}

/// What a channel of any kind says of how it is used; `rate_key` is the rate's, which names what is counted.
pub(super) fn way_out(keys: &KeysOf<'_>, rate_key: &str, caps: Caps) -> WayOut {
    WayOut {
        rate_s: u32::try_from(keys.whole(rate_key, RATE_SEGMENTS_S)).unwrap_or(1),
        lanes: keys.whole("lanes", 1),
        window: usize::try_from(keys.whole("window", WINDOW)).unwrap_or(1),
        order: keys.whole("order", 1),
        cost_micros: keys.whole("cost_micros", 0),
        reports: !keys.has("reports") || keys.flag("reports"),
        caps: Caps {
            channel: keys.whole("day_messages_max", 0),
            channel_cost_micros: keys.whole("day_cost_micros_max", 0),
            ..caps
        },
        name: keys.name.to_owned(),
    }
}

/// A channel of kind `sms`; `None` when its dialect is none.
pub(super) fn sms_channel(layers: &mut Layers, name: &str, demo: bool) -> Option<SmsChannel> {
    let secret = hook_secret(layers, &format!("channel.{name}.secret"), demo);
    let caps = Caps {
        number: layers.whole("delivery.number_day_max"),
        prefix: layers.whole("delivery.prefix_day_max"),
        employer: layers.whole("delivery.employer_day_max"),
        ..Caps::default()
    };
    let country = layers.text("country.code");
    let public_url = layers.text("service.public_url");
    let mut keys = KeysOf { layers, name };
    let peer = peer(&mut keys, secret.as_deref(), &public_url)?;
    if !peer.calls_back() && secret.is_some() {
        keys.refuse("secret", "is for providers that call: an SMSC delivers within its session");
    }
    let codes = keys.words("classes");
    let classes: Vec<Class> = codes.iter().filter_map(|code| Class::from_code(code)).collect();
    if classes.len() < codes.len() {
        keys.refuse("classes", "may be must_arrive and alert");
    }
    let countries = keys.words("countries");
    let networks = keys.text("networks");
    let networks = networks.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let reach = Reach {
        countries: if countries.is_empty() { vec![country] } else { countries },
        networks: networks.collect(),
        classes,
    };
    Some(SmsChannel {
        way: way_out(&keys, "rate_segments_s", caps),
        peer,
        secret: secret.map(Secret),
        reach,
        two_way: keys.flag("two_way"),
        free: keys.flag("free"),
    })
}
