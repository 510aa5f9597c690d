//! The administrative tree: provinces, districts, sectors, and on demand cells and villages.
//!
//! Names are not unique (four sectors are called Remera), so an area is always found inside its parent.

mod code;
mod load;

use std::cmp::Ordering;

pub use code::{AreaCode, Level};

use crate::text::{
    Language,
    folding::{keypad_digit, search_key},
};

/// Widest name of a province, district or sector, in septets: what a screen reserves for one.
pub const AREA_NAME_SEPTETS_MAX: usize = 14;

/// Widest name of a cell or village, in septets.
pub const SMALL_AREA_NAME_SEPTETS_MAX: usize = 20;

/// What a screen shows for a code that the pack does not know.
const UNKNOWN_NAME: &str = "?";

/// Fewest digits of a typed official code: shorter ones could be a name typed on the keypad.
const TYPED_CODE_DIGITS_MIN: usize = 4;

/// One area.
#[derive(Clone, Debug)]
pub struct Area {
    /// Its official code.
    pub code: AreaCode,
    /// One name for all languages, or one for each in the order of [`Language::ALL`].
    names: Box<[Box<str>]>,
    /// Name and other spellings as they are searched.
    keys: Box<[Box<str>]>,
    /// Areas in it, by name.
    children: Box<[AreaCode]>,
    /// Districts that it borders on, by code; for districts only.
    neighbours: Box<[AreaCode]>,
}

impl Area {
    /// The name in a language, short enough for a line of a screen.
    pub fn name(&self, language: Language) -> &str {
        self.names.get(language.index()).or_else(|| self.names.first()).map_or(UNKNOWN_NAME, |name| name)
    }

    /// Whether the name, or another spelling of it, begins with a search key.
    fn matches(&self, key: &str, digits: bool) -> bool {
        self.keys.iter().any(|own| {
            if digits {
                let mut typed = own.chars().filter_map(keypad_digit);
                key.chars().all(|digit| typed.next() == Some(digit))
            } else {
                own.starts_with(key)
            }
        })
    }
}

/// The tree of a country, as far as it was loaded.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// Sorted by code.
    list: Vec<Area>,
    provinces: Vec<AreaCode>,
    /// How many areas of each level the pack announces.
    expected: [usize; 5],
}

impl Areas {
    /// The area with this code.
    pub fn get(&self, code: AreaCode) -> Option<&Area> {
        self.list.get(self.position(code)?)
    }

    /// Place in the list.
    fn position(&self, code: AreaCode) -> Option<usize> {
        self.list.binary_search_by(|area| area.code.cmp(&code)).ok()
    }

    /// The provinces by code: the first screen of five rows, the same in every language.
    pub fn provinces(&self) -> &[AreaCode] {
        &self.provinces
    }

    /// Areas directly in this one, by name. Empty below the level that is loaded.
    pub fn children(&self, code: AreaCode) -> &[AreaCode] {
        self.get(code).map_or(&[], |area| &area.children)
    }

    /// Districts that a district borders on, by code. Symmetric: the loading checks it.
    pub fn neighbours(&self, district: AreaCode) -> &[AreaCode] {
        self.get(district).map_or(&[], |area| &area.neighbours)
    }

    /// Whether the districts of two areas border on each other.
    pub fn are_neighbours(&self, a: AreaCode, b: AreaCode) -> bool {
        match (a.district(), b.district()) {
            (Some(a), Some(b)) => self.neighbours(a).binary_search(&b).is_ok(),
            _ => false,
        }
    }

    /// The name of an area in a language; `?` for an unknown code.
    pub fn name(&self, code: AreaCode, language: Language) -> &str {
        self.get(code).map_or(UNKNOWN_NAME, |area| area.name(language))
    }

    /// How many areas of a level are loaded.
    pub fn count(&self, level: Level) -> usize {
        self.list.iter().filter(|area| area.code.level() == level).count()
    }

    /// Every loaded area of a level, by code.
    pub fn of_level(&self, level: Level) -> impl Iterator<Item = &Area> {
        self.list.iter().filter(move |area| area.code.level() == level)
    }

    /// Areas directly in `parent` whose name begins with what was typed, by name: letters, or keypad digits typed once a
    /// letter (`546` for Kim...). A whole official code of a sector or smaller area inside `parent` finds that area alone.
    pub fn find(&self, parent: AreaCode, typed: &str) -> Vec<AreaCode> {
        let key = search_key(typed);
        if key.is_empty() {
            return Vec::new();
        }
        let digits = key.bytes().all(|byte| byte.is_ascii_digit());
        if digits && key.len() >= TYPED_CODE_DIGITS_MIN {
            let code =
                key.parse().ok().and_then(AreaCode::new).filter(|code| *code != parent && code.is_within(parent));
            if let Some(area) = code.and_then(|code| self.get(code)) {
                return vec![area.code];
            }
        }
        let matching = |code: &&AreaCode| self.get(**code).is_some_and(|area| area.matches(&key, digits));
        self.children(parent).iter().filter(matching).copied().collect()
    }

    /// Order of siblings on a screen: by name, then by code where villages share one.
    fn by_name(&self, a: AreaCode, b: AreaCode) -> Ordering {
        let key = |code| self.get(code).and_then(|area| area.keys.first());
        key(a).cmp(&key(b)).then(a.cmp(&b))
    }
}
