//! Walks a TOML table with places: every missing, mistyped or unknown key is a fault of its own line.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::Faults;

/// Where a table comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t> {
    pub(super) path: &'t str,
    pub(super) text: &'t str,
}

impl Place<'_> {
    /// Line of a byte offset, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }
}

/// One table being read. [`Section::finish`] refuses the keys that nobody asked for.
#[derive(Debug)]
pub(super) struct Section<'t> {
    place: Place<'t>,
    name: String,
    table: &'t DeTable<'t>,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    pub(super) fn root(place: Place<'t>, table: &'t Spanned<DeTable<'t>>) -> Section<'t> {
        Section { place, name: String::new(), table: table.get_ref(), span: 0..0, asked: Vec::new() }
    }

    /// A fault on the line of a key, or of the table when it lacks the key.
    pub(super) fn fault(&self, key: &str, faults: &mut Faults, what: impl Into<String>) {
        let entry = self.table.iter().find(|(own, _)| own.get_ref() == key);
        let at = entry.map_or(self.span.start, |(own, _)| own.span().start);
        faults.add(self.place.path, self.place.line(at), what);
    }

    fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.iter().find(|(own, _)| own.get_ref() == key).map(|(_, value)| value)
    }

    /// The value of a key as some type, or a fault that says which type is wanted.
    fn typed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        faults: &mut Faults,
        read: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.value(key) else {
            self.fault(key, faults, format!("`{}{key}` is missing: {wanted}", self.name));
            return None;
        };
        let found = read(value.get_ref());
        if found.is_none() {
            self.fault(key, faults, format!("`{}{key}` must be {wanted}", self.name));
        }
        found
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        self.typed(key, "a text", faults, |value| value.as_str().map(str::to_owned))
    }

    /// A text that a function understands.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        faults: &mut Faults,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.typed(key, wanted, faults, |value| value.as_str().and_then(parse))
    }

    /// A whole number in a range.
    pub(super) fn number(&mut self, key: &'static str, range: Range<i64>, faults: &mut Faults) -> Option<i64> {
        let wanted = format!("a whole number from {} to {}", range.start, range.end - 1);
        self.typed(key, &wanted, faults, |value| {
            let number = value.as_integer()?;
            i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number))
        })
    }

    /// A list of texts that a function understands.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        faults: &mut Faults,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.typed(key, wanted, faults, |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_str().and_then(&parse)).collect()
        })
    }

    /// A table in this one.
    pub(super) fn section(&mut self, key: &'static str, faults: &mut Faults) -> Option<Section<'t>> {
        let found = self.optional_section(key, faults);
        if found.is_none() && !self.table.iter().any(|(own, _)| own.get_ref() == key) {
            self.fault(key, faults, format!("the table `[{}{key}]` is missing", self.name));
        }
        found
    }

    /// A table that may be left out.
    pub(super) fn optional_section(&mut self, key: &'static str, faults: &mut Faults) -> Option<Section<'t>> {
        let value = self.value(key)?;
        let found = self.within(key, value);
        if found.is_none() {
            self.fault(key, faults, format!("`{}{key}` must be a table", self.name));
        }
        found
    }

    /// The tables of an array of tables, which may be left out.
    pub(super) fn sections(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Section<'t>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let tables =
            value.get_ref().as_array().and_then(|items| items.iter().map(|item| self.within(key, item)).collect());
        tables.unwrap_or_else(|| {
            self.fault(key, faults, format!("`{key}` must be tables, each headed `[[{key}]]`"));
            Vec::new()
        })
    }

    fn within(&self, key: &str, value: &'t Spanned<DeValue<'t>>) -> Option<Section<'t>> {
        let table = value.get_ref().as_table()?;
        let name = format!("{}{key}.", self.name);
        Some(Section { place: self.place, name, table, span: value.span(), asked: Vec::new() })
    }

    /// Refuses keys that were never asked for: a misspelt one must not be passed over.
    pub(super) fn finish(self, faults: &mut Faults) {
        for (key, _) in self.table.iter().filter(|(key, _)| !self.asked.contains(&key.get_ref().as_ref())) {
            let known = self.asked.join(", ");
            let what = format!("unknown key `{}{}`; known are: {known}", self.name, key.get_ref());
            faults.add(self.place.path, self.place.line(key.span().start), what);
        }
    }
}
