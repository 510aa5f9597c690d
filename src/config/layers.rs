//! Layers of values: from the files, the environment and the flags into one table in which each value knows its origin.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::setting::{self, Kind, SETTINGS, Setting, channel_settings};
use crate::menu::fault::did_you_mean;

/// What variables of the environment begin with.
pub(super) const PREFIX: &str = "KAZILINE_";
/// Variables that begin so and are not settings: the name of the file, and the browser test's name of the program.
pub(super) const CONFIG_VARIABLE: &str = "KAZILINE_CONFIG";
const NOT_SETTINGS: [&str; 2] = [CONFIG_VARIABLE, "KAZILINE_BIN"];

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the file that is compiled in.
    Default,
    /// In the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
    },
    /// In the environment.
    Environment(String),
    /// On the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One thing that is wrong with the configuration. Values of secret settings are never repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {what}")]
pub struct Fault {
    /// Where.
    pub origin: Origin,
    /// What, with the key and what to write instead.
    pub what: String,
}

/// A value as written, of the right kind.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Scalar {
    Text(String),
    Whole(i64),
    Flag(bool),
}

/// A value and where it was said.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: Scalar,
    pub(super) origin: Origin,
}

/// All values, by full name. Later layers replace what earlier ones said.
#[derive(Clone, Default)]
pub(super) struct Layers {
    pub(super) values: BTreeMap<String, Entry>,
    pub(super) faults: Vec<Fault>,
}

/// There are secrets among the values.
impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layers({} values, {} faults)", self.values.len(), self.faults.len())
    }
}

impl Layers {
    fn fault(&mut self, origin: Origin, what: impl Into<String>) {
        self.faults.push(Fault { origin, what: what.into() });
    }

    /// Takes a file. `path` is `None` for the one that is compiled in.
    pub(super) fn add_toml(&mut self, path: Option<&Path>, text: &str) {
        let place = |offset: usize| match path {
            None => Origin::Default,
            Some(path) => {
                let before = text.get(..offset).unwrap_or(text);
                Origin::File { path: path.to_owned(), line: before.matches('\n').count() + 1 }
            }
        };
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let offset = error.span().map_or(0, |span| span.start);
            self.fault(place(offset), format!("this is not TOML: {}", error.message()));
        }
        self.add_table("", root.get_ref(), &place);
    }

    fn add_table(&mut self, prefix: &str, table: &DeTable<'_>, place: &dyn Fn(usize) -> Origin) {
        for (key, value) in table {
            let (name, origin) = (join(prefix, key.get_ref()), place(key.span().start));
            let opens_table =
                is_section(&name) || name == "channel" || channel_of(&name).is_some_and(|(_, key)| key.is_empty());
            match value.get_ref() {
                DeValue::Table(inner) if opens_table => match channel_of(&name) {
                    Some((channel, _)) if !setting::is_channel_name(channel) => {
                        self.fault(origin, channel_name_rule(channel));
                    }
                    _ => self.add_table(&name, inner, place),
                },
                _ if opens_table => self.fault(origin, format!("`{name}` is a table: write [{name}]")),
                value => match setting::find(&name) {
                    Some(setting) => self.add_value(name, setting, scalar(value), origin),
                    None => self.fault(origin, unknown(prefix, &name)),
                },
            }
        }
    }

    /// Takes the variables that begin with [`PREFIX`].
    pub(super) fn add_environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        for (variable, value) in variables {
            let Some(rest) = variable.strip_prefix(PREFIX) else { continue };
            if NOT_SETTINGS.contains(&variable.as_str()) {
                continue;
            }
            let origin = Origin::Environment(variable.clone());
            let lower = rest.to_ascii_lowercase();
            if let Some((name, setting)) = of_variable(&lower) {
                self.add_value(name, setting, Some(Scalar::Text(value)), origin);
            } else {
                let known: Vec<String> = SETTINGS.iter().map(variable_of).collect();
                let hint = did_you_mean(&variable, known.iter().map(String::as_str));
                let hint = hint.unwrap_or_else(|| "see `kaziline config` for all settings".to_owned());
                self.fault(origin, format!("no setting is called so; {hint}"));
            }
        }
    }

    /// Takes a flag of the command line.
    pub(super) fn add_flag(&mut self, flag: &'static str, name: &str, value: &str) {
        let origin = Origin::Flag(flag);
        match setting::find(name) {
            Some(setting) => self.add_value(name.to_owned(), setting, Some(Scalar::Text(value.to_owned())), origin),
            None => self.fault(origin, format!("`{name}` is not a setting")),
        }
    }

    fn add_value(&mut self, name: String, setting: &Setting, value: Option<Scalar>, origin: Origin) {
        if let Some(value) = value.as_ref().and_then(|value| of_kind(value, setting.kind)) {
            self.values.insert(name, Entry { value, origin });
            return;
        }
        let shown = match value {
            Some(value) if !setting.secret => format!(", not {}", Shown(&value)),
            _ => String::new(),
        };
        self.fault(origin, format!("`{name}` must be {}{shown}", wanted(setting.kind)));
    }
}

/// A value as it would be written in TOML.
pub(super) struct Shown<'a>(pub(super) &'a Scalar);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Scalar::Text(text) => write!(f, "{text:?}"),
            Scalar::Whole(number) => write!(f, "{number}"),
            Scalar::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn is_section(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.section == name)
}

/// `channel.mtn.secret` is channel `mtn` and key `secret`; `channel.mtn` has an empty key.
fn channel_of(name: &str) -> Option<(&str, &str)> {
    let rest = name.strip_prefix("channel.")?;
    Some(rest.split_once('.').unwrap_or((rest, "")))
}

fn channel_name_rule(name: &str) -> String {
    format!("a channel cannot be called `{name}`: use small letters, digits and _, at most 32")
}

fn scalar(value: &DeValue<'_>) -> Option<Scalar> {
    match value {
        DeValue::String(text) => Some(Scalar::Text(text.to_string())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(Scalar::Whole),
        DeValue::Boolean(flag) => Some(Scalar::Flag(*flag)),
        _ => None,
    }
}

/// The value in the form that its kind has; `None` when it is not of that kind. Numbers and flags may come as text, since
/// the environment and the command line know nothing else.
fn of_kind(value: &Scalar, kind: Kind) -> Option<Scalar> {
    match (kind, value) {
        (Kind::Text, Scalar::Text(_)) | (Kind::Flag, Scalar::Flag(_)) => Some(value.clone()),
        (Kind::Address, Scalar::Text(text)) => text.parse::<SocketAddr>().ok().map(|_| value.clone()),
        (Kind::OneOf(words), Scalar::Text(text)) => words.contains(&text.as_str()).then(|| value.clone()),
        (Kind::Flag, Scalar::Text(text)) => text.parse().ok().map(Scalar::Flag),
        (Kind::Whole { min, max }, Scalar::Whole(number)) => (min..=max).contains(number).then(|| value.clone()),
        (Kind::Whole { .. }, Scalar::Text(text)) => of_kind(&Scalar::Whole(text.parse().ok()?), kind),
        _ => None,
    }
}

fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Text => "text in quotes".to_owned(),
        Kind::Address => "an address and a port such as \"127.0.0.1:8080\"".to_owned(),
        Kind::Whole { min, max } => format!("a whole number from {min} to {max}"),
        Kind::OneOf(words) => format!("one of {}", words.join(", ")),
        Kind::Flag => "true or false".to_owned(),
    }
}

fn unknown(prefix: &str, name: &str) -> String {
    let key = name.rsplit('.').next().unwrap_or(name);
    let mut known: Vec<&str> = match prefix {
        "" => SETTINGS.iter().map(|setting| setting.section).chain(["channel"]).collect(),
        _ if prefix.starts_with("channel.") => channel_settings().map(|setting| setting.key).collect(),
        _ => SETTINGS.iter().filter(|setting| setting.section == prefix).map(|setting| setting.key).collect(),
    };
    known.dedup();
    let hint = did_you_mean(key, known.iter().copied()).unwrap_or_else(|| format!("known here: {}", known.join(", ")));
    format!("unknown key `{name}`; {hint}")
}

fn variable_of(setting: &Setting) -> String {
    format!("{PREFIX}{}_{}", setting.section, setting.key).to_ascii_uppercase()
}

/// The full name and the setting of a variable's rest, such as `server_listen` or `channel_mtn_secret`.
fn of_variable(rest: &str) -> Option<(String, &'static Setting)> {
    if let Some(channel) = rest.strip_prefix("channel_") {
        return channel_settings().find_map(|setting| {
            let name = channel.strip_suffix(setting.key)?.strip_suffix('_')?;
            setting::is_channel_name(name).then(|| (format!("channel.{name}.{}", setting.key), setting))
        });
    }
    let setting =
        SETTINGS.iter().find(|s| rest.strip_prefix(s.section).and_then(|r| r.strip_prefix('_')) == Some(s.key))?;
    Some((format!("{}.{}", setting.section, setting.key), setting))
}
