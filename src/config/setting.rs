//! The table of all settings: name, kind, bounds. The defaults stand in `kaziline.default.toml`, and a test compares the two.

use std::sync::LazyLock;

use crate::gateway::sms::http;

/// What a value of a setting may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// An address and a port.
    Address,
    /// A whole number within bounds.
    Whole {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// true or false.
    Flag,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// The table that it stands in; for channels `channel`.
    pub(super) section: &'static str,
    /// Its name there.
    pub(super) key: &'static str,
    /// What it may be.
    pub(super) kind: Kind,
    /// Never shown.
    pub(super) secret: bool,
}

const fn setting(section: &'static str, key: &'static str, kind: Kind) -> Setting {
    Setting { section, key, kind, secret: false }
}

const fn whole(section: &'static str, key: &'static str, min: i64, max: i64) -> Setting {
    setting(section, key, Kind::Whole { min, max })
}

/// An hour in milliseconds: longer time limits are mistaken units.
const HOUR_MS: i64 = 3_600_000;
/// No country sends more messages on a day.
const MESSAGES_MAX: i64 = 1_000_000_000;
/// A thousand million of any currency.
const MONEY_MICROS_MAX: i64 = 1_000_000_000_000_000;
/// Ten years: longer than any law asks for.
const DAYS_MAX: i64 = 3_650;
/// No queue of ours is sensibly longer.
const QUEUE_MAX: i64 = 1_000_000;

/// Every setting outside channels.
pub(super) const SETTINGS: &[Setting] = &[
    setting("server", "listen", Kind::Address),
    whole("server", "connections_max", 1, 100_000),
    whole("server", "first_byte_ms", 10, HOUR_MS),
    whole("server", "header_read_ms", 10, HOUR_MS),
    whole("server", "body_read_ms", 10, HOUR_MS),
    whole("server", "answer_write_ms", 10, HOUR_MS),
    whole("server", "idle_ms", 10, HOUR_MS),
    whole("server", "ussd_body_bytes_max", 512, 16 * 1024),
    whole("server", "stop_ms", 0, HOUR_MS),
    whole("api", "requests_s", 1, 10_000),
    whole("api", "burst", 1, 10_000),
    whole("api", "body_bytes_max", 4 * 1024, 4 * 1024 * 1024),
    setting("data", "folder", Kind::Text),
    setting("data", "keys", Kind::Text),
    Setting { section: "store", key: "database", kind: Kind::Text, secret: true },
    setting("store", "database_roots", Kind::Text),
    whole("store", "interactive_waiting_max", 1, QUEUE_MAX),
    whole("store", "bulk_waiting_max", 1, QUEUE_MAX),
    whole("store", "batch_jobs_max", 1, 100_000),
    whole("store", "batch_us_max", 1, 2_000_000),
    whole("store", "readers", 1, 64),
    whole("store", "reads_waiting_max", 1, QUEUE_MAX),
    whole("store", "read_wait_ms", 1, HOUR_MS),
    setting("country", "code", Kind::Text),
    setting("service", "short_code", Kind::Text),
    whole("service", "node", 0, 63),
    setting("service", "public_url", Kind::Text),
    setting("delivery", "retry_waits_s", Kind::Text),
    whole("delivery", "number_day_max", 0, 10_000),
    whole("delivery", "prefix_day_max", 0, MESSAGES_MAX),
    whole("delivery", "employer_day_max", 0, MESSAGES_MAX),
    whole("alerts", "per_opening", 0, 1_000),
    whole("alerts", "enough_per_opening", 1, 1_000),
    whole("alerts", "waves_max", 0, 100),
    whole("alerts", "wave_wait_minutes", 1, 7 * 24 * 60),
    whole("alerts", "day_max", 0, 20),
    whole("ranking", "score", 0, 100),
    whole("ranking", "answers", 0, 100),
    whole("ranking", "quiz", 0, 100),
    whole("ranking", "record", 0, 100),
    whole("ranking", "nearness", 0, 100),
    whole("keep", "attempts_days", 1, DAYS_MAX),
    whole("keep", "calls_days", 7, DAYS_MAX),
    whole("keep", "receipts_days", 4, DAYS_MAX),
    whole("keep", "letters_days", 1, DAYS_MAX),
    setting("operators", "mail", Kind::Text),
    setting("menus", "folder", Kind::Text),
    setting("log", "format", Kind::OneOf(&["plain", "json"])),
    setting("log", "level", Kind::OneOf(&["error", "warn", "info", "debug", "trace"])),
    setting("simulator", "enabled", Kind::Flag),
    setting("demo", "population", Kind::Flag),
];

/// The settings of the dialect `http`, which has its own table of them.
static TEMPLATE_SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let setting = |key: &&'static str| Setting {
        section: "channel",
        key,
        kind: Kind::Text,
        secret: http::SECRET_KEYS.contains(key),
    };
    http::KEYS.iter().map(setting).collect()
});

/// Every setting of a channel.
pub(super) fn channel_settings() -> impl Iterator<Item = &'static Setting> {
    CHANNEL_SETTINGS.iter().chain(SMPP_SETTINGS.iter()).chain(TEMPLATE_SETTINGS.iter())
}

/// The keys of the dialect `smpp`.
pub(super) const SMPP_KEYS: [&str; 7] = [
    "smpp_system_type",
    "smpp_alphabet",
    "smpp_source",
    "smpp_destination",
    "smpp_service_type",
    "smpp_ids",
    "smpp_statuses",
];
const fn text(key: &'static str) -> Setting {
    setting("channel", key, Kind::Text)
}

const SMPP_SETTINGS: [Setting; 7] = {
    let [a, b, c, d, e, f, g] = SMPP_KEYS;
    [text(a), text(b), text(c), text(d), text(e), text(f), text(g)]
};

/// Those of all channels.
const CHANNEL_SETTINGS: &[Setting] = &[
    setting("channel", "kind", Kind::OneOf(&["ussd", "sms", "email", "webhook"])),
    setting("channel", "dialect", Kind::Text),
    Setting { section: "channel", key: "secret", kind: Kind::Text, secret: true },
    setting("channel", "sender", Kind::Text),
    setting("channel", "endpoint", Kind::Text),
    setting("channel", "username", Kind::Text),
    Setting { section: "channel", key: "password", kind: Kind::Text, secret: true },
    setting("channel", "host", Kind::Text),
    whole("channel", "port", 1, 65_535),
    setting("channel", "security", Kind::OneOf(&["tls", "starttls", "opportunistic", "none"])),
    setting("channel", "sender_name", Kind::Text),
    setting("channel", "reply_to", Kind::Text),
    setting("channel", "private_addresses", Kind::Flag),
    whole("channel", "rate_segments_s", 1, 10_000),
    whole("channel", "rate_messages_s", 1, 10_000),
    whole("channel", "lanes", 1, 64),
    whole("channel", "window", 1, 32),
    whole("channel", "order", 0, 1_000),
    whole("channel", "cost_micros", 0, MESSAGES_MAX),
    setting("channel", "countries", Kind::Text),
    setting("channel", "networks", Kind::Text),
    setting("channel", "classes", Kind::Text),
    setting("channel", "reports", Kind::Flag),
    setting("channel", "two_way", Kind::Flag),
    setting("channel", "free", Kind::Flag),
    whole("channel", "day_messages_max", 0, MESSAGES_MAX),
    whole("channel", "day_cost_micros_max", 0, MONEY_MICROS_MAX),
];

/// The setting behind a full name such as `server.listen` or `channel.mtn.secret`.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    let (section, rest) = name.split_once('.')?;
    if section == "channel" {
        let (_, key) = rest.split_once('.')?;
        return channel_settings().find(|setting| setting.key == key);
    }
    SETTINGS.iter().find(|setting| setting.section == section && setting.key == rest)
}

/// Whether a channel may have this name: it becomes part of an address, of environment variables and of metrics.
pub(super) fn is_channel_name(name: &str) -> bool {
    let characters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    !name.is_empty() && name.len() <= CHANNEL_NAME_BYTES_MAX && characters
}

/// Longest name of a channel, in bytes: it stands in every line of the metrics.
const CHANNEL_NAME_BYTES_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_finds_its_setting_and_nothing_else() {
        assert_eq!(find("server.listen").unwrap().key, "listen");
        assert!(find("channel.mtn.secret").unwrap().secret);
        assert!(
            ["listen", "server.listn", "channel.secret", "channel.a.listen", "x.y"]
                .iter()
                .all(|name| find(name).is_none())
        );
    }

    #[test]
    fn names_of_channels_are_plain() {
        assert!(is_channel_name("mtn_rw2"));
        assert!(["", "MTN", "mtn-rw", "a b", "é"].iter().all(|name| !is_channel_name(name)));
    }
}
