//! A channel for SMS, from its settings.

use super::Secret;
use super::layers::Layers;
use crate::gateway::sms::{self, Account, http};
use crate::outbox::route::Reach;
use crate::outbox::{Caps, Class};

/// A `[channel.NAME]` of kind `sms`.
#[derive(Clone, Debug)]
pub struct SmsChannel {
    /// Its name.
    pub name: String,
    /// The account at the provider.
    pub account: Account,
    /// The last part of the addresses at which the provider calls; without one it cannot.
    pub secret: Option<Secret>,
    /// What it carries.
    pub reach: Reach,
    /// Segments a second, over all nodes.
    pub rate_segments_s: u32,
    /// Shares of the rate.
    pub lanes: i64,
    /// Messages on their way at once.
    pub window: usize,
    /// Whoever has the smaller number is asked first.
    pub order: i64,
    /// What a segment costs, in millionths of the currency.
    pub cost_micros: i64,
    /// Whether the provider reports deliveries.
    pub reports: bool,
    /// Whether people can answer.
    pub two_way: bool,
    /// Whether an answer costs them nothing.
    pub free: bool,
    /// How much may be sent on a day.
    pub caps: Caps,
}

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

pub(super) fn sms_channel(layers: &mut Layers, name: String, dialect: sms::Dialect, demo: bool) -> SmsChannel {
    let key = |key: &str| format!("channel.{name}.{key}");
    let whole = |layers: &Layers, name: &str, default: i64| {
        if layers.values.contains_key(&key(name)) { layers.whole(&key(name)) } else { default }
    };
    let words = |text: String| text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let secret = hook_secret(layers, &key("secret"), demo);
    // An empty sender is one: some sandboxes take no other.
    let sender = layers.values.contains_key(&key("sender")).then(|| layers.text(&key("sender")));
    let endpoint = Some(layers.text(&key("endpoint"))).filter(|endpoint| !endpoint.is_empty());
    let endpoint = endpoint.or_else(|| dialect.endpoint().map(str::to_owned));
    let endpoint = endpoint.unwrap_or_else(|| {
        layers.refuse(&key("dialect"), "needs an `endpoint`: where the provider's API is");
        String::new()
    });
    if !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) && !endpoint.is_empty() {
        layers.refuse(&key("endpoint"), "must begin with https:// or http://");
    }
    let codes: Vec<String> = words(layers.text(&key("classes")));
    let classes: Vec<Class> = codes.iter().filter_map(|code| Class::from_code(code)).collect();
    if classes.len() < codes.len() {
        layers.refuse(&key("classes"), "may be must_arrive and alert");
    }
    let countries: Vec<String> = words(layers.text(&key("countries")));
    let country = layers.text("country.code");
    let public = layers.text("service.public_url");
    let receipt_url = match &secret {
        Some(secret) if !public.is_empty() => format!("{}/hooks/{name}/{secret}/receipt", public.trim_end_matches('/')),
        _ => String::new(),
    };
    SmsChannel {
        account: Account {
            dialect,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            sender: sender.unwrap_or_else(|| "Kaziline".to_owned()),
            username: layers.text(&key("username")),
            password: layers.text(&key("password")),
            receipt_url,
            template: template(layers, &name, dialect),
        },
        secret: secret.map(Secret),
        reach: Reach {
            countries: if countries.is_empty() { vec![country] } else { countries },
            networks: layers
                .text(&key("networks"))
                .split(',')
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .collect(),
            classes,
        },
        rate_segments_s: u32::try_from(whole(layers, "rate_segments_s", RATE_SEGMENTS_S)).unwrap_or(1),
        lanes: whole(layers, "lanes", 1),
        window: usize::try_from(whole(layers, "window", WINDOW)).unwrap_or(1),
        order: whole(layers, "order", 1),
        cost_micros: whole(layers, "cost_micros", 0),
        reports: !layers.values.contains_key(&key("reports")) || layers.flag(&key("reports")),
        two_way: layers.flag(&key("two_way")),
        free: layers.flag(&key("free")),
        caps: Caps {
            number: layers.whole("delivery.number_day_max"),
            prefix: layers.whole("delivery.prefix_day_max"),
            employer: layers.whole("delivery.employer_day_max"),
            channel: whole(layers, "day_messages_max", 0),
            channel_cost_micros: whole(layers, "day_cost_micros_max", 0),
        },
        name,
    }
}

/// What a reseller's requests and answers look like, for the dialect that is all configuration.
fn template(layers: &mut Layers, name: &str, dialect: sms::Dialect) -> Option<Box<http::Template>> {
    let said: Vec<(String, String)> = http::KEYS
        .iter()
        .map(|key| (format!("channel.{name}.{key}"), (*key).to_owned()))
        .filter(|(full, _)| layers.values.contains_key(full))
        .collect();
    if dialect != sms::Dialect::Http {
        for (full, _) in said {
            layers.refuse(&full, "is for the dialect \"http\" alone");
        }
        return None;
    }
    let mut template = Box::<http::Template>::default();
    for (full, key) in said {
        if let Err(fault) = template.set(&key, &layers.text(&full)) {
            layers.refuse(&full, &format!("cannot be used: {fault}"));
        }
    }
    if let Err(fault) = template.check() {
        layers.refuse(&format!("channel.{name}.dialect"), &format!("\"http\" is not described: {fault}"));
    }
    Some(template)
}

/// Segments a second where a channel does not say: what the small contracts of providers allow.
const RATE_SEGMENTS_S: i64 = 10;
/// Messages on their way at once where a channel does not say.
const WINDOW: i64 = 16;
