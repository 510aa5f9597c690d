//! Configuration: what is compiled in < the file < the environment < the flags. The one file that reads the environment.
//!
//! Everything is a small typed value once [`Config::load`] has returned; every fault of every layer is reported at once.
//! Secrets are [`Secret`]s, which show themselves to nobody.

mod channel;
mod keys_of;
mod layers;
mod mail_channel;
mod outward;
mod peer;
mod setting;
mod webhook_channel;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use channel::{SmsChannel, WayOut};
pub use layers::{Fault, Origin};
use layers::{Layers, Scalar, Shown};
pub use mail_channel::MailChannel;
pub use outward::Outward;
use outward::channels;
pub use webhook_channel::WebhookChannel;

use crate::gateway::ussd;
use crate::storage;

/// Every setting with its default and its reason, as it lies in the repository.
pub const DEFAULTS: &str = include_str!("../kaziline.default.toml");
/// The environment's name of the configuration file.
pub const CONFIG_VARIABLE: &str = layers::CONFIG_VARIABLE;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for comparing and sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `[server]`: times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// Connections open at once.
    pub connections_max: usize,
    /// To the first byte of a connection.
    pub first_byte_ms: u64,
    /// From the first byte of a request to the end of its headers.
    pub header_read_ms: u64,
    /// For the body of a request.
    pub body_read_ms: u64,
    /// For an answer to be taken away.
    pub answer_write_ms: u64,
    /// That a connection without a request is kept.
    pub idle_ms: u64,
    /// Bytes of the body of a USSD hook.
    pub ussd_body_bytes_max: usize,
    /// That a stop waits for hops under way.
    pub stop_ms: u64,
}

/// `[api]`: limits of employers' programs.
#[derive(Clone, Copy, Debug)]
pub struct ApiLimits {
    /// Requests a second with one token.
    pub requests_s: u32,
    /// Requests at once with one token.
    pub burst: u32,
    /// Bytes of a body.
    pub body_bytes_max: usize,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct Log {
    /// JSON instead of plain text.
    pub json: bool,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

/// A `[channel.NAME]` of kind `ussd`.
#[derive(Clone, Debug)]
pub struct UssdChannel {
    /// Its name.
    pub name: String,
    /// The wire protocol.
    pub dialect: ussd::Dialect,
    /// The last part of the hook's address.
    pub secret: Secret,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The listener.
    pub server: Server,
    /// The API of employers.
    pub api: ApiLimits,
    /// The data folder.
    pub data: PathBuf,
    /// The key file, if it is not in the data folder.
    pub keys: Option<PathBuf>,
    /// Limits of the store.
    pub store: storage::Options,
    /// The address of a `PostgreSQL` database; else `SQLite` in the data folder.
    pub database: Option<Secret>,
    /// The certificates to trust there; else the system's.
    pub database_roots: Option<PathBuf>,
    /// This node's number among those on one database.
    pub node: u8,
    /// The country pack.
    pub country: String,
    /// What people dial.
    pub short_code: String,
    /// A folder of menus instead of those compiled in.
    pub menus: Option<PathBuf>,
    /// Logging.
    pub log: Log,
    /// The phone in the browser.
    pub simulator: bool,
    /// Fill a new database with an invented population.
    pub population: bool,
    /// Channels for USSD.
    pub ussd: Vec<UssdChannel>,
    /// The ways out.
    pub outward: Outward,
    layers: Layers,
}

/// One flag of the command line: how it is written, the setting's full name, and the value.
pub type Flag = (&'static str, String, String);

/// The flags that `--demo` stands for.
pub fn demo_flags() -> Vec<Flag> {
    let demo = [
        ("data.folder", "./kaziline-demo"),
        ("country.code", "RW"),
        ("service.short_code", "*567#"),
        ("simulator.enabled", "true"),
        ("demo.population", "true"),
        ("channel.demo.kind", "ussd"),
        ("channel.demo.dialect", "africastalking"),
        ("channel.demo.secret", "demo"),
        ("channel.demo_sms.kind", "sms"),
        ("channel.demo_sms.dialect", "loopback"),
        ("channel.demo_sms.sender", "Kaziline"),
        ("channel.demo_sms.secret", "demo"),
        ("channel.demo_sms.rate_segments_s", "10000"),
        ("channel.demo_sms.window", "32"),
    ];
    demo.into_iter().map(|(name, value)| ("--demo", name.to_owned(), value.to_owned())).collect()
}

/// Whether the tests make as many rounds as the documents promise: `KAZILINE_DRILL=full`.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn full_drill() -> bool {
    std::env::var_os("KAZILINE_DRILL").is_some_and(|value| value == "full")
}

impl Config {
    /// Reads the file (`file`, else the one that the environment names) and the environment, and lays the flags on top.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn load(file: Option<&Path>, flags: &[Flag]) -> Result<Config, Vec<Fault>> {
        let named = std::env::var_os(CONFIG_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let path = file.map(Path::to_owned).or(named);
        let file = match path {
            None => None,
            Some(path) => match std::fs::read_to_string(&path) {
                Ok(text) => Some((path, text)),
                Err(error) => {
                    let what = format!("the configuration file cannot be read: {error}");
                    return Err(vec![Fault { origin: Origin::File { path, line: 1 }, what }]);
                }
            },
        };
        // A variable that is not Unicode cannot be one of ours: all of ours are.
        let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Config::of_layers(file.as_ref().map(|(path, text)| (path.as_path(), text.as_str())), environment, flags)
    }

    /// The same from values: what [`Config::load`] does once it has read.
    pub fn of_layers(
        file: Option<(&Path, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[Flag],
    ) -> Result<Config, Vec<Fault>> {
        let mut layers = Layers::default();
        layers.add_toml(None, DEFAULTS);
        if let Some((path, text)) = file {
            layers.add_toml(Some(path), text);
        }
        layers.add_environment(environment);
        for (flag, name, value) in flags {
            layers.add_flag(flag, name, value);
        }
        let config = Config::of(&mut layers);
        if layers.faults.is_empty() { Ok(Config { layers, ..config }) } else { Err(layers.faults) }
    }

    fn of(layers: &mut Layers) -> Config {
        let (ussd, outward) = channels(layers);
        let short_code = layers.text("service.short_code");
        if !is_short_code(&short_code) {
            layers.refuse("service.short_code", "must be a code such as \"*567#\"");
        }
        let optional = |text: String| if text.is_empty() { None } else { Some(PathBuf::from(text)) };
        Config {
            server: Server {
                listen: layers.text("server.listen").parse().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0))),
                connections_max: layers.size("server.connections_max"),
                first_byte_ms: layers.ms("server.first_byte_ms"),
                header_read_ms: layers.ms("server.header_read_ms"),
                body_read_ms: layers.ms("server.body_read_ms"),
                answer_write_ms: layers.ms("server.answer_write_ms"),
                idle_ms: layers.ms("server.idle_ms"),
                ussd_body_bytes_max: layers.size("server.ussd_body_bytes_max"),
                stop_ms: layers.ms("server.stop_ms"),
            },
            api: ApiLimits {
                requests_s: u32::try_from(layers.whole("api.requests_s")).unwrap_or_default(),
                burst: u32::try_from(layers.whole("api.burst")).unwrap_or_default(),
                body_bytes_max: layers.size("api.body_bytes_max"),
            },
            data: PathBuf::from(layers.text("data.folder")),
            keys: optional(layers.text("data.keys")),
            database: Some(layers.text("store.database")).filter(|url| !url.is_empty()).map(Secret::new),
            database_roots: optional(layers.text("store.database_roots")),
            node: u8::try_from(layers.whole("service.node")).unwrap_or_default(),
            store: storage::Options {
                interactive_waiting_max: layers.size("store.interactive_waiting_max"),
                bulk_waiting_max: layers.size("store.bulk_waiting_max"),
                batch_jobs_max: layers.size("store.batch_jobs_max"),
                batch_us_max: layers.whole("store.batch_us_max"),
                readers: layers.size("store.readers"),
                reads_waiting_max: layers.size("store.reads_waiting_max"),
                read_wait_ms: layers.ms("store.read_wait_ms"),
                ..storage::Options::default()
            },
            country: layers.text("country.code"),
            short_code,
            menus: optional(layers.text("menus.folder")),
            log: Log { json: layers.text("log.format") == "json", level: layers.text("log.level") },
            simulator: layers.flag("simulator.enabled"),
            population: layers.flag("demo.population"),
            ussd,
            outward,
            layers: Layers::default(),
        }
    }

    /// What is missing to serve, although each value is right.
    pub fn missing_to_serve(&self) -> Vec<Fault> {
        let fault = |what: &str| Fault { origin: Origin::Default, what: what.to_owned() };
        let mut faults = Vec::new();
        if self.ussd.is_empty() {
            faults.push(fault("no channel of kind \"ussd\": add one to the configuration file, or try `serve --demo`"));
        }
        if self.outward.sms.is_empty() {
            faults.push(fault("no channel of kind \"sms\": add one to the configuration file, or try `serve --demo`"));
        }
        faults
    }

    /// Every setting as it holds, in the form of the file, each with its origin. Secrets are masked.
    pub fn render(&self) -> String {
        let mut lines = Vec::new();
        let mut section = "";
        for (name, entry) in &self.layers.values {
            let (table, key) = name.rsplit_once('.').unwrap_or(("", name));
            if table != section {
                lines.push(format!("{}[{table}]", if section.is_empty() { "" } else { "\n" }));
                section = table;
            }
            let shown = if is_secret(name) { "\"***\"".to_owned() } else { Shown(&entry.value).to_string() };
            let said = format!("{key} = {shown}");
            lines.push(format!("{said:<40} # {}", entry.origin));
        }
        lines.join("\n") + "\n"
    }

    /// The same for a machine: name, value, origin.
    pub fn records(&self) -> Vec<(String, serde_json::Value, String)> {
        let value = |name: &str, value: &Scalar| match value {
            _ if is_secret(name) => "***".into(),
            Scalar::Text(text) => text.clone().into(),
            Scalar::Whole(number) => (*number).into(),
            Scalar::Flag(flag) => (*flag).into(),
        };
        let values = self.layers.values.iter();
        values.map(|(name, entry)| (name.clone(), value(name, &entry.value), entry.origin.to_string())).collect()
    }
}

fn is_secret(name: &str) -> bool {
    setting::find(name).is_none_or(|setting| setting.secret)
}

fn is_short_code(code: &str) -> bool {
    let inner = code.strip_prefix('*').and_then(|rest| rest.strip_suffix('#')).unwrap_or_default();
    !inner.is_empty() && inner.split('*').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Layers {
    fn text(&self, name: &str) -> String {
        match self.values.get(name).map(|entry| &entry.value) {
            Some(Scalar::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    fn whole(&self, name: &str) -> i64 {
        match self.values.get(name).map(|entry| &entry.value) {
            Some(Scalar::Whole(number)) => *number,
            _ => 0,
        }
    }

    fn ms(&self, name: &str) -> u64 {
        u64::try_from(self.whole(name)).unwrap_or_default()
    }

    fn size(&self, name: &str) -> usize {
        usize::try_from(self.whole(name)).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.values.get(name).map(|entry| &entry.value), Some(Scalar::Flag(true)))
    }

    /// A fault at the place where a value was said.
    fn refuse(&mut self, name: &str, what: &str) {
        let origin = self.values.get(name).map_or(Origin::Default, |entry| entry.origin.clone());
        self.faults.push(Fault { origin, what: format!("`{name}` {what}") });
    }
}

fn one_of<const N: usize>(names: [&str; N]) -> String {
    format!("must be one of {}", names.join(", "))
}

#[cfg(test)]
mod tests;
