//! Reads trades and their categories and checks every row.

use super::{CATEGORIES, CATEGORY_NAME_SEPTETS_MAX, PayUnit, TRADE_NAME_SEPTETS_MAX, Trade, TradeCode, Trades};
use crate::{
    country::{
        fault::Faults,
        rules::Ages,
        source::{Row, Source},
    },
    text::{Language, gsm7},
};

const TRADE_COLUMNS: [&str; 11] = [
    "code",
    "isco08",
    "usual_unit",
    "min_age",
    "at_home",
    "licence",
    "name_rw",
    "name_en",
    "name_fr",
    "name_sw",
    "note",
];

const CATEGORY_COLUMNS: [&str; 6] = ["code", "name_rw", "name_en", "name_fr", "name_sw", "note"];

/// A name with the place it was read from, to tell of doubles.
struct Placed {
    group: u8,
    line: usize,
    names: [Box<str>; 4],
}

impl Trades {
    /// Reads both files.
    pub(in crate::country) fn load(source: &Source, ages: Ages, faults: &mut Faults) -> Option<Trades> {
        let mut trades = Trades { list: Vec::new(), codes: Vec::new(), categories: Vec::new() };
        let trade_file = source.read("trades.csv", faults);
        let category_file = source.read("trade_categories.csv", faults);
        let (trade_file, category_file) = (trade_file?, category_file?);

        let mut placed: Vec<Placed> = Vec::new();
        trade_file.each_row(&TRADE_COLUMNS, faults, |row, faults| {
            let Some(trade) = trade(row, ages, faults) else { return };
            check_doubles(row, &placed, trade.code.category(), &trade.names, faults);
            placed.push(Placed { group: trade.code.category(), line: row.line, names: trade.names.clone() });
            match trades.list.binary_search_by_key(&trade.code, |other| other.code) {
                Ok(_) => row.fault(faults, format!("trade {} was described above already", trade.code.get())),
                Err(at) => trades.list.insert(at, trade),
            }
        });
        let every = (11..=99).filter_map(TradeCode::new);
        trades.codes = every.clone().collect();
        for missing in every.filter(|code| trades.list.binary_search_by_key(code, |trade| trade.code).is_err()) {
            faults.add(&trade_file.path, 0, format!("trade {} is missing", missing.get()));
        }

        let mut placed: Vec<Placed> = Vec::new();
        category_file.each_row(&CATEGORY_COLUMNS, faults, |row, faults| {
            let wanted = CATEGORIES.get(trades.categories.len()).copied();
            if wanted.is_none_or(|wanted| row.field(0) != wanted.to_string()) {
                row.fault(faults, format!("`{}`: categories are 1 to 9, in this order", row.field(0)));
                return;
            }
            let names = names(row, 1, CATEGORY_NAME_SEPTETS_MAX, faults);
            check_doubles(row, &placed, 0, &names, faults);
            placed.push(Placed { group: 0, line: row.line, names: names.clone() });
            trades.categories.push(names);
        });
        if trades.categories.len() < CATEGORIES.len() {
            faults.add(&category_file.path, 0, format!("has {} categories instead of 9", trades.categories.len()));
        }
        Some(trades)
    }
}

/// One row as a trade, or its faults.
fn trade(row: &Row<'_>, ages: Ages, faults: &mut Faults) -> Option<Trade> {
    let code = row.field(0).parse().ok().and_then(TradeCode::new);
    if code.is_none() {
        row.fault(faults, format!("`{}` is not a trade: two digits from 1 to 9", row.field(0)));
    }
    let isco08 = row.field(1).parse().ok().filter(|group: &u16| (1000..=9999).contains(group));
    if isco08.is_none() {
        row.fault(faults, format!("`{}` is not an ISCO-08 unit group: four digits", row.field(1)));
    }
    let usual_unit = PayUnit::from_code(row.field(2));
    if usual_unit.is_none() {
        let units = PayUnit::ALL.map(PayUnit::code).join(", ");
        row.fault(faults, format!("`{}` is not a pay unit: {units}", row.field(2)));
    }
    let min_age = row.field(3).parse().ok().filter(|age| (ages.minimum..=ages.maximum).contains(age));
    if min_age.is_none() {
        row.fault(faults, format!("`{}` is not an age from {} to {}", row.field(3), ages.minimum, ages.maximum));
    }
    let at_home = yes_or_no(row, 4, faults);
    let licence = yes_or_no(row, 5, faults);
    if at_home == Some(true) && min_age.is_some_and(|age| age < ages.adult) {
        row.fault(faults, format!("household work is for adults: min_age must be {} or more", ages.adult));
    }
    let names = names(row, 6, TRADE_NAME_SEPTETS_MAX, faults);
    // A row with faults is kept under its code, so that the trade is not reported as missing as well.
    Some(Trade {
        code: code?,
        isco08: isco08.unwrap_or_default(),
        usual_unit: usual_unit.unwrap_or(PayUnit::Day),
        min_age: min_age.unwrap_or(ages.adult),
        at_home: at_home.unwrap_or_default(),
        licence: licence.unwrap_or_default(),
        names,
    })
}

fn yes_or_no(row: &Row<'_>, column: usize, faults: &mut Faults) -> Option<bool> {
    match row.field(column) {
        "yes" => Some(true),
        "no" => Some(false),
        other => {
            row.fault(faults, format!("`{other}` must be yes or no"));
            None
        }
    }
}

/// Four names from a column on, each checked.
fn names(row: &Row<'_>, first: usize, width_max: usize, faults: &mut Faults) -> [Box<str>; 4] {
    Language::ALL.map(|language| {
        let name = row.field(first + language.index());
        match gsm7::septets(name) {
            None => {
                let foreign = gsm7::first_foreign(name).map_or(' ', |(_, character)| character);
                row.fault(faults, format!("`{name}`: `{foreign}` is outside the GSM alphabet"));
            }
            Some(0) => row.fault(faults, format!("the {} name is empty", language.code())),
            Some(width) if width > width_max => {
                row.fault(faults, format!("`{name}` is {width} wide; shorten it to {width_max}"));
            }
            Some(_) => {}
        }
        name.into()
    })
}

/// Two rows of one menu may not read alike.
fn check_doubles(row: &Row<'_>, above: &[Placed], group: u8, names: &[Box<str>; 4], faults: &mut Faults) {
    for other in above.iter().filter(|other| other.group == group) {
        for (name, _) in names.iter().zip(&other.names).filter(|(a, b)| a == b) {
            row.fault(faults, format!("`{name}` stands on line {} of the same menu already", other.line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::{Country, Relation};

    /// The last row of a menu in each language, and the septets of a screen.
    const BACK: [&str; 4] = ["0 Inyuma", "0 Back", "0 Retour", "0 Rudi"];
    const SCREEN: usize = 160;

    fn trades() -> Trades {
        Country::embedded("RW").unwrap().trades
    }

    fn code(code: u8) -> TradeCode {
        TradeCode::new(code).unwrap()
    }

    #[test]
    fn there_are_nine_categories_of_nine() {
        let trades = trades();
        assert_eq!(trades.all().len(), 81);
        for &category in trades.categories() {
            let codes = trades.in_category(category);
            assert_eq!(codes.len(), 9);
            for (at, code) in codes.iter().enumerate() {
                assert_eq!(usize::from(code.get()), usize::from(category) * 10 + at + 1);
                assert_eq!(trades.get(*code).unwrap().code, *code);
            }
        }
        assert!(trades.in_category(0).is_empty() && trades.in_category(10).is_empty());
        assert_eq!(trades.category_name(0, Language::En), "?");
    }

    #[test]
    fn codes_have_two_digits_from_one_to_nine() {
        for wrong in [0, 1, 9, 10, 20, 90, 100, 255] {
            assert_eq!(TradeCode::new(wrong), None, "{wrong}");
        }
        assert_eq!((11..=99).filter_map(TradeCode::new).count(), 81);
    }

    #[test]
    fn every_category_menu_fits_one_screen_with_title_and_back() {
        let trades = trades();
        for language in Language::ALL {
            let width = |text: &str| gsm7::septets(text).unwrap();
            let list: usize = trades.categories().iter().map(|c| 3 + width(trades.category_name(*c, language))).sum();
            let back = width(BACK[language.index()]);
            assert!(list + back <= SCREEN, "{language:?} categories: {list}");
            for &category in trades.categories() {
                let rows: usize =
                    trades.in_category(category).iter().map(|c| 3 + width(trades.name(*c, language))).sum();
                let title = width(trades.category_name(category, language)) + 1;
                assert!(title + rows + back <= SCREEN, "{language:?} {category}: {}", title + rows + back);
            }
        }
    }

    #[test]
    fn the_young_are_kept_from_household_and_live_in_work() {
        let trades = trades();
        let ages = Country::embedded("RW").unwrap().ages;
        // House cleaner, nanny, cook, laundry, garden, carer, housekeeper, herder.
        for number in [21, 22, 23, 24, 25, 27, 28, 42] {
            let trade = trades.get(code(number)).unwrap();
            assert!(trade.at_home && trade.min_age >= 18, "{number}");
            assert!(!ages.allows(17, trade) && ages.allows(18, trade));
        }
        let cook = trades.get(code(51)).unwrap();
        assert!(!ages.allows(15, cook) && ages.allows(16, cook));
        let lorry = trades.get(code(33)).unwrap();
        assert!(lorry.licence && !ages.allows(20, lorry) && ages.allows(21, lorry));
    }

    #[test]
    fn relatedness_follows_isco_and_is_symmetric() {
        let trades = trades();
        let known = [
            (11, 11, Relation::Same),
            (41, 44, Relation::SameUnitGroup),
            (15, 68, Relation::SameUnitGroup),
            (15, 67, Relation::None),
            (11, 17, Relation::SameCategory),
            (11, 19, Relation::MinorGroup),
            (31, 32, Relation::MinorGroup),
            (11, 22, Relation::None),
        ];
        for (a, b, relation) in known {
            assert_eq!(trades.relation(code(a), code(b)), relation, "{a} {b}");
        }
        for a in trades.all() {
            for b in trades.all() {
                assert_eq!(trades.relation(a.code, b.code), trades.relation(b.code, a.code));
            }
        }
    }

    #[test]
    fn names_are_found_in_every_language() {
        let trades = trades();
        let mason = Language::ALL.map(|language| trades.name(code(11), language));
        assert_eq!(mason, ["Umwubatsi", "Mason", "Macon", "Fundi mwashi"]);
    }
}
