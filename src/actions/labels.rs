//! How the country's codes and money read on a screen.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::country::{AreaCode, Country, CountryCode, Level, Msisdn, TradeCode};
use crate::market::pay::Pay;
use crate::menu::{Bundle, Labels};
use crate::outbox::Class;
use crate::outbox::route::route;
use crate::storage::Keys;
use crate::text::datetime::{self, Day};
use crate::text::{Language, gsm7, money};

/// What actions work with, the same for every hop.
#[derive(Clone, Debug)]
pub struct Host {
    /// The country pack.
    pub country: Country,
    /// Seals personal columns.
    pub keys: Keys,
    /// What callers dial, for example `*567#`.
    pub short_code: String,
    /// The routes on which a message can be answered; see [`Host::is_two_way`].
    two_way: BTreeSet<String>,
    widest_area: [usize; 4],
}

/// What stands for the country of a number from elsewhere in a route.
const FOREIGN: &str = "foreign";

impl Host {
    /// A host for this country.
    pub fn new(country: Country, keys: Keys, short_code: String) -> Self {
        let widest_area = Language::ALL.map(|language| {
            let levels = [Level::Province, Level::District, Level::Sector];
            let names = levels.into_iter().flat_map(|level| country.areas.of_level(level));
            let names = names.map(|area| width(area.name(language)));
            names.chain(country.abroad.iter().map(|other| width(other.name(language)))).max().unwrap_or_default()
        });
        Self { country, keys, short_code, two_way: BTreeSet::new(), widest_area }
    }

    /// This host, where messages over these routes can be answered.
    #[must_use]
    pub fn two_way_on(self, routes: BTreeSet<String>) -> Self {
        Self { two_way: routes, ..self }
    }

    /// Whether a message to a number can be answered, whichever channel carries it: only then is anything asked by SMS.
    pub fn is_two_way(&self, number: &Msisdn, class: Class) -> bool {
        self.two_way.contains(&self.route(number, class))
    }

    /// The route of a message to a number. The network is the one that the number's prefix belonged to first: a provider
    /// that cannot reach a number that has moved says so, and another is asked.
    pub fn route(&self, number: &Msisdn, class: Class) -> String {
        let phone = &self.country.phone;
        // A number of another country is on no route of this one: only a channel that covers that country reaches it.
        let country = if phone.is_own(number) { self.country.code.as_str() } else { FOREIGN };
        route(country, phone.operator(number).unwrap_or_default(), class)
    }
}

/// Pay as it is read: `7000/day`, or that it is to be agreed.
pub(super) fn pay_words(host: &Host, bundle: &Bundle, language: Language, pay: Option<Pay>) -> String {
    match pay {
        Some(pay) => format!("{}/{}", host.money(pay.amount, language), bundle.word(language, pay.unit.code())),
        None => bundle.word(language, "pay_to_agree").to_owned(),
    }
}

/// A day as it is read, or that it is to be agreed.
pub(super) fn day_words(bundle: &Bundle, language: Language, day: Option<Day>) -> String {
    day.map_or_else(|| bundle.word(language, "day_to_agree").to_owned(), |day| datetime::short(day, language))
}

/// An employer's name as it is read: one person who asks for workers has none.
pub(super) fn employer_words(bundle: &Bundle, language: Language, name: String) -> String {
    if name.is_empty() { bundle.word(language, "a_home").to_owned() } else { name }
}

fn width(text: &str) -> usize {
    gsm7::septets(text).unwrap_or_else(|| text.chars().count())
}

impl Labels for Host {
    fn label(&self, coded: &str, code: i64, language: Language) -> Option<Cow<'_, str>> {
        match coded {
            // Work abroad is where another country is: its number is below 0.
            "area" if code < 0 => {
                Some(self.country.country_abroad(CountryCode::from_number(code)?)?.name(language).into())
            }
            "area" => Some(self.country.areas.name(AreaCode::new(code)?, language).into()),
            "trade" => Some(self.country.trades.name(TradeCode::new(u8::try_from(code).ok()?)?, language).into()),
            "category" => Some(self.country.trades.category_name(u8::try_from(code).ok()?, language).into()),
            _ => None,
        }
    }

    fn widest_label(&self, coded: &str, language: Language) -> usize {
        let trades = &self.country.trades;
        match coded {
            "area" => self.widest_area.get(language.index()).copied().unwrap_or_default(),
            "trade" => trades.all().iter().map(|trade| width(trade.name(language))).max().unwrap_or_default(),
            "category" => {
                let names = trades.categories().iter().map(|category| trades.category_name(*category, language));
                names.map(width).max().unwrap_or_default()
            }
            _ => 0,
        }
    }

    fn money(&self, amount: i64, language: Language) -> String {
        money::format(amount, &self.country.currency, language)
    }

    fn parse_money(&self, typed: &str) -> Option<i64> {
        self.country.currency.from_whole(money::parse(typed).ok()?)
    }

    fn money_max(&self) -> i64 {
        self.country.pay.largest()
    }
}
