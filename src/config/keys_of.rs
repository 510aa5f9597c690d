//! The keys of one channel's table.

use super::layers::Layers;

/// The table of the channel `name`.
pub(super) struct KeysOf<'l> {
    pub(super) layers: &'l mut Layers,
    pub(super) name: &'l str,
}

impl KeysOf<'_> {
    /// The full name of a setting.
    pub(super) fn full(&self, key: &str) -> String {
        format!("channel.{}.{key}", self.name)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.layers.values.contains_key(&self.full(key))
    }

    /// Empty where nothing is said.
    pub(super) fn text(&self, key: &str) -> String {
        self.layers.text(&self.full(key))
    }

    pub(super) fn text_or(&self, key: &str, default: &str) -> String {
        if self.has(key) { self.text(key) } else { default.to_owned() }
    }

    pub(super) fn whole(&self, key: &str, default: i64) -> i64 {
        if self.has(key) { self.layers.whole(&self.full(key)) } else { default }
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.layers.flag(&self.full(key))
    }

    /// Words with spaces or commas between them.
    pub(super) fn words(&self, key: &str) -> Vec<String> {
        self.text(key).split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// A value of a list of names, each with what it stands for; `default` where nothing is said.
    pub(super) fn named<T>(&mut self, key: &str, from_name: impl Fn(&str) -> Option<T>, default: T, rule: &str) -> T {
        let text = self.text(key);
        if text.is_empty() {
            return default;
        }
        from_name(&text).unwrap_or_else(|| {
            self.refuse(key, rule);
            default
        })
    }

    pub(super) fn refuse(&mut self, key: &str, what: &str) {
        self.layers.refuse(&self.full(key), what);
    }
}
