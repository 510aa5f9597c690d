//! A TOML table that remembers where everything stands, and says what is wrong with it instead of stopping.
//!
//! The tree is walked by hand, not deserialised: a reader of menus wants every fault in one run.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{At, Fault, Located, did_you_mean};

/// A table (or the root of a file) at a place.
#[derive(Clone, Copy, Debug)]
pub struct TableAt<'a> {
    table: &'a DeTable<'a>,
    /// Where the table, or the key that opens it, stands.
    pub at: At,
}

impl<'a> TableAt<'a> {
    /// The root table of file number `file`.
    pub fn root(table: &'a DeTable<'a>, file: usize) -> Self {
        Self { table, at: At { file, start: 0, end: 0 } }
    }

    fn place(&self, span: std::ops::Range<usize>) -> At {
        At { file: self.at.file, start: span.start, end: span.end }
    }

    /// Keys in the order written, with their places.
    pub fn keys(&self) -> impl Iterator<Item = Located<&'a str>> + use<'a> {
        let file = self.at.file;
        let mut keys: Vec<_> = self
            .table
            .iter()
            .map(|(key, _)| {
                let span = key.span();
                Located { value: key.get_ref().as_ref(), at: At { file, start: span.start, end: span.end } }
            })
            .collect();
        keys.sort_by_key(|key| key.at);
        keys.into_iter()
    }

    /// Refuses keys that are not among `known`.
    pub fn only(&self, known: &[&str], faults: &mut Vec<Fault>) {
        self.keys().filter(|key| !known.contains(&key.value)).for_each(|key| self.unknown(&key, known, faults));
    }

    /// Says that a key is not among `known`.
    pub fn unknown(&self, key: &Located<&str>, known: &[&str], faults: &mut Vec<Fault>) {
        let fault = Fault::new("E01", key.at, format!("unknown key `{}`", key.value));
        let hint = did_you_mean(key.value, known.iter().copied())
            .unwrap_or_else(|| format!("known here: {}", known.join(", ")));
        faults.push(fault.fix(hint));
    }

    /// The table under a key, if there is one.
    pub fn subtable(&self, key: &str) -> Option<TableAt<'a>> {
        let (value, at) = self.entry(key)?;
        value.get_ref().as_table().map(|table| TableAt { table, at })
    }

    fn entry(&self, key: &str) -> Option<(&'a Spanned<DeValue<'a>>, At)> {
        let (found, value) = self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key)?;
        Some((value, self.place(found.span())))
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Where the key stands, else the table.
    pub fn key_at(&self, key: &str) -> At {
        self.entry(key).map_or(self.at, |(_, at)| at)
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        faults: &mut Vec<Fault>,
        take: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<Located<T>> {
        let (value, _) = self.entry(key)?;
        let at = self.place(value.span());
        let taken = take(value.get_ref());
        if taken.is_none() {
            let what = format!("`{key}` must be {wanted}, not {}", value.get_ref().type_str());
            faults.push(Fault::new("E01", at, what).fix(format!("write {wanted}")));
        }
        Some(Located { value: taken?, at })
    }

    /// A string, if the key is there.
    pub fn string(&self, key: &str, faults: &mut Vec<Fault>) -> Option<Located<&'a str>> {
        self.typed(key, "a text in quotes", faults, |value| value.as_str())
    }

    /// A whole number, if the key is there.
    pub fn integer(&self, key: &str, faults: &mut Vec<Fault>) -> Option<Located<i64>> {
        self.typed(key, "a whole number", faults, |value| {
            value.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
        })
    }

    /// `true` or `false`, if the key is there.
    pub fn boolean(&self, key: &str, faults: &mut Vec<Fault>) -> Option<Located<bool>> {
        self.typed(key, "true or false", faults, DeValue::as_bool)
    }

    /// A table, if the key is there; its place is the key that opens it.
    pub fn table(&self, key: &str, faults: &mut Vec<Fault>) -> Option<TableAt<'a>> {
        let table = self.typed(key, "a table", faults, |value| value.as_table())?;
        Some(TableAt { table: table.value, at: self.key_at(key) })
    }

    /// An array of tables; empty when the key is not there.
    pub fn tables(&self, key: &str, faults: &mut Vec<Fault>) -> Vec<TableAt<'a>> {
        let Some(array) = self.typed(key, "a list of tables", faults, |value| value.as_array()) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in array.value {
            let at = self.place(item.span());
            if let Some(table) = item.get_ref().as_table() {
                tables.push(TableAt { table, at });
            } else {
                let fault = Fault::new("E01", at, format!("`{key}` holds tables"));
                faults.push(fault.fix("write each as { name = \"value\", ... }"));
            }
        }
        tables
    }

    /// An array of strings; empty when the key is not there.
    pub fn strings(&self, key: &str, faults: &mut Vec<Fault>) -> Vec<Located<&'a str>> {
        let Some(array) = self.typed(key, "a list of texts", faults, |value| value.as_array()) else {
            return Vec::new();
        };
        let mut strings = Vec::new();
        for item in array.value {
            let at = self.place(item.span());
            if let Some(value) = item.get_ref().as_str() {
                strings.push(Located { value, at });
            } else {
                faults.push(Fault::new("E01", at, format!("`{key}` holds texts")).fix("put each in quotes"));
            }
        }
        strings
    }

    /// Says that a key is missing.
    pub fn missing(&self, key: &str, example: &str, faults: &mut Vec<Fault>) {
        faults.push(Fault::new("E01", self.at, format!("`{key}` is missing here")).fix(format!("write {example}")));
    }
}
