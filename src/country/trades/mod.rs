//! Trades: nine categories of nine, so that every trade is two keys; each tied to an ISCO-08 unit group.

mod load;

use crate::text::Language;

/// Widest name of a trade, in septets: what a screen reserves for one.
pub const TRADE_NAME_SEPTETS_MAX: usize = 16;

/// Widest name of a category, in septets.
pub const CATEGORY_NAME_SEPTETS_MAX: usize = 16;

/// What a screen shows for a trade that the pack does not know.
const UNKNOWN_NAME: &str = "?";

/// A category key, 1 to 9.
const CATEGORIES: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/// Two keys: the category, then the trade in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TradeCode(u8);

impl TradeCode {
    /// A code of two digits from 1 to 9.
    pub fn new(code: u8) -> Option<TradeCode> {
        ((11..=99).contains(&code) && !code.is_multiple_of(10)).then_some(TradeCode(code))
    }

    /// The code as it is stored.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Its first digit.
    pub fn category(self) -> u8 {
        self.0 / 10
    }

    /// Place in a table of all 81 trades.
    fn index(self) -> usize {
        usize::from(self.0 / 10 - 1) * 9 + usize::from(self.0 % 10 - 1)
    }
}

/// What a rate is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PayUnit {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month.
    Month,
    /// A trip, of a rider or carrier.
    Trip,
    /// A kilogram, of a picker.
    Kg,
    /// A piece, of a tailor or hairdresser.
    Piece,
    /// The whole job, of a repairer.
    Job,
}

impl PayUnit {
    /// Every unit.
    pub const ALL: [PayUnit; 7] =
        [PayUnit::Hour, PayUnit::Day, PayUnit::Month, PayUnit::Trip, PayUnit::Kg, PayUnit::Piece, PayUnit::Job];

    /// The word in files and the database.
    pub fn code(self) -> &'static str {
        match self {
            PayUnit::Hour => "hour",
            PayUnit::Day => "day",
            PayUnit::Month => "month",
            PayUnit::Trip => "trip",
            PayUnit::Kg => "kg",
            PayUnit::Piece => "piece",
            PayUnit::Job => "job",
        }
    }

    /// The unit with this [`code`](PayUnit::code).
    pub fn from_code(code: &str) -> Option<PayUnit> {
        PayUnit::ALL.into_iter().find(|unit| unit.code() == code)
    }

    /// Position in [`PayUnit::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// By what pay is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayMeans {
    /// In the hand.
    Cash,
    /// Mobile money.
    Momo,
}

impl PayMeans {
    /// Both.
    pub const ALL: [PayMeans; 2] = [PayMeans::Cash, PayMeans::Momo];

    /// The word in files, programs and the database.
    pub fn code(self) -> &'static str {
        match self {
            PayMeans::Cash => "cash",
            PayMeans::Momo => "momo",
        }
    }

    /// The means with this [`code`](PayMeans::code).
    pub fn from_code(code: &str) -> Option<PayMeans> {
        PayMeans::ALL.into_iter().find(|means| means.code() == code)
    }

    /// The one that it is not: a single key changes between them.
    #[must_use]
    pub fn other(self) -> PayMeans {
        match self {
            PayMeans::Cash => PayMeans::Momo,
            PayMeans::Momo => PayMeans::Cash,
        }
    }
}

/// A trade.
#[derive(Clone, Debug)]
pub struct Trade {
    /// Its two keys.
    pub code: TradeCode,
    /// ISCO-08 unit group, four digits.
    pub isco08: u16,
    /// What it is usually paid for.
    pub usual_unit: PayUnit,
    /// Youngest age that may do it here, in years.
    pub min_age: u8,
    /// Household or live-in work: for adults only.
    pub at_home: bool,
    /// Whether the law asks for a licence (drivers and riders).
    pub licence: bool,
    /// In the order of [`Language::ALL`].
    names: [Box<str>; 4],
}

impl Trade {
    /// The name in a language, at most [`TRADE_NAME_SEPTETS_MAX`] wide.
    pub fn name(&self, language: Language) -> &str {
        self.names.get(language.index()).map_or(UNKNOWN_NAME, |name| name)
    }
}

/// How near two trades are to each other, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// One trade.
    Same,
    /// One ISCO-08 unit group (four digits): the same work in another place.
    SameUnitGroup,
    /// One ISCO-08 minor group (three digits): closely related work.
    MinorGroup,
    /// One category of the menu.
    SameCategory,
    /// Nothing in common.
    None,
}

/// All trades and categories.
#[derive(Clone, Debug)]
pub struct Trades {
    /// By [`TradeCode::index`].
    list: Vec<Trade>,
    /// The codes of `list`.
    codes: Vec<TradeCode>,
    /// By category, then in the order of [`Language::ALL`].
    categories: Vec<[Box<str>; 4]>,
}

impl Trades {
    /// The trade with this code.
    pub fn get(&self, code: TradeCode) -> Option<&Trade> {
        self.list.get(code.index())
    }

    /// Every trade by code.
    pub fn all(&self) -> &[Trade] {
        &self.list
    }

    /// The nine codes of a category; empty when there is no such category.
    pub fn in_category(&self, category: u8) -> &[TradeCode] {
        let start = usize::from(category).wrapping_sub(1).saturating_mul(9);
        self.codes.get(start..start.saturating_add(9)).unwrap_or_default()
    }

    /// The category keys, 1 to 9.
    pub fn categories(&self) -> &'static [u8] {
        &CATEGORIES
    }

    /// The name of a trade; `?` for an unknown code.
    pub fn name(&self, code: TradeCode, language: Language) -> &str {
        self.get(code).map_or(UNKNOWN_NAME, |trade| trade.name(language))
    }

    /// The name of a category, at most [`CATEGORY_NAME_SEPTETS_MAX`] wide; `?` for an unknown key.
    pub fn category_name(&self, category: u8, language: Language) -> &str {
        let names = self.categories.get(usize::from(category).wrapping_sub(1));
        names.and_then(|names| names.get(language.index())).map_or(UNKNOWN_NAME, |name| name)
    }

    /// How near two trades are. Symmetric.
    pub fn relation(&self, a: TradeCode, b: TradeCode) -> Relation {
        if a == b {
            return Relation::Same;
        }
        match (self.get(a), self.get(b)) {
            (Some(left), Some(right)) if left.isco08 == right.isco08 => Relation::SameUnitGroup,
            (Some(left), Some(right)) if left.isco08 / 10 == right.isco08 / 10 => Relation::MinorGroup,
            _ if a.category() == b.category() => Relation::SameCategory,
            _ => Relation::None,
        }
    }
}
