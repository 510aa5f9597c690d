//! The shipped pack as a whole, and packs that are broken on purpose.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::*;
use crate::text::gsm7;

fn rwanda() -> Country {
    Country::embedded("RW").unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn area(code: i64) -> AreaCode {
    AreaCode::new(code).unwrap()
}

fn trade(code: u8) -> TradeCode {
    TradeCode::new(code).unwrap()
}

/// A copy of the shipped files that a test may break.
struct Copy {
    root: TempDir,
}

impl Copy {
    fn new() -> Copy {
        let root = tempfile::tempdir().unwrap();
        let Some(Source::Embedded(files)) = Source::embedded("rw") else { panic!("Rwanda is compiled in") };
        for (path, text) in files {
            let copy = root.path().join(path.strip_prefix("countries/").unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::write(copy, text).unwrap();
        }
        Copy { root }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.path().join(file)
    }

    /// Replaces the first `from` in a file.
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} lacks `{from}`");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    fn load(&self) -> Result<Country, Vec<Fault>> {
        Country::load(&self.path("rw"))
    }

    /// The faults as `file:line`, with the file's name alone, and their texts.
    fn faults(&self) -> Vec<(String, String)> {
        let Err(faults) = self.load() else { panic!("the broken pack was loaded") };
        let name = |fault: &Fault| fault.file.rsplit('/').next().unwrap().to_owned();
        faults.into_iter().map(|fault| (format!("{}:{}", name(&fault), fault.line), fault.what)).collect()
    }

    /// That the only fault stands at `place` and says `what`.
    fn has_one_fault(&self, place: &str, what: &str) {
        let faults = self.faults();
        assert!(faults.len() == 1 && faults[0].0 == place && faults[0].1.contains(what), "{faults:#?}");
    }
}

#[test]
fn rwanda_is_whole() {
    let mut country = rwanda();
    assert_eq!((country.code.as_str(), country.default_language()), ("RW", Language::Rw));
    assert_eq!(country.currency, Currency { code: "RWF".to_owned(), minor_digits: 0 });
    assert_eq!(country.timezone.iana_name(), Some("Africa/Kigali"));
    assert_eq!((country.ages.minimum, country.ages.adult), (16, 18));
    assert!(country.quiet_hours.contains(3 * 60) && !country.quiet_hours.contains(12 * 60));
    assert!(country.pay.bounds(PayUnit::Day).min <= 7000 && 7000 <= country.pay.bounds(PayUnit::Day).max);
    assert_eq!(Level::ALL.map(|level| country.areas.count(level)), [5, 30, 416, 0, 0]);
    country.load_villages().unwrap();
    assert_eq!(Level::ALL.map(|level| country.areas.count(level)), [5, 30, 416, 2148, 14_816]);
    country.load_villages().unwrap();
    assert_eq!(country.areas.count(Level::Village), 14_816);
}

#[test]
fn an_unknown_country_is_refused() {
    assert_eq!(Country::embedded("XX").unwrap_err().len(), 1);
    assert!(Country::embedded("rw").is_ok());
}

#[test]
fn numbers_of_all_three_networks_are_taken() {
    let phone = rwanda().phone;
    for (typed, operator) in
        [("0788 123 456", "MTN"), ("0791234567", "MTN"), ("0721234567", "Airtel"), ("0771234567", "KtRN")]
    {
        assert_eq!(phone.operator(&phone.parse(typed).unwrap()), Some(operator));
    }
    assert_eq!(phone.parse("0751234567"), Err(PhoneFault::UnknownPrefix));
}

#[test]
fn provinces_fit_one_screen_in_every_language() {
    let areas = rwanda().areas;
    for language in Language::ALL {
        let rows = areas.provinces().iter().map(|code| 3 + gsm7::septets(areas.name(*code, language)).unwrap());
        assert!(rows.sum::<usize>() <= 80);
    }
    assert_eq!(areas.provinces().iter().map(|code| code.get()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(Language::ALL.map(|language| areas.name(area(2), language)), ["Amajyepfo", "South", "Sud", "Kusini"]);
}

#[test]
fn children_are_sorted_by_name_and_lie_in_their_parent() {
    let mut country = rwanda();
    country.load_villages().unwrap();
    let areas = &country.areas;
    let mut seen = areas.provinces().len();
    for level in [Level::Province, Level::District, Level::Sector, Level::Cell] {
        for parent in areas.of_level(level) {
            let children = areas.children(parent.code);
            assert!(!children.is_empty(), "{}", parent.code);
            assert!(children.iter().all(|child| child.parent() == Some(parent.code)));
            assert!(children.is_sorted_by_key(|child| {
                areas.name(*child, Language::Rw).to_lowercase().replace([' ', '\'', '.', '-'], "")
            }));
            seen += children.len();
        }
    }
    assert_eq!(seen, 5 + 30 + 416 + 2148 + 14_816);
}

#[test]
fn neighbours_are_symmetric_and_known() {
    let areas = rwanda().areas;
    assert_eq!(areas.neighbours(area(33)), [area(32), area(34)]);
    assert!(areas.are_neighbours(area(1101), area(1201)));
    assert!(!areas.are_neighbours(area(1101), area(3301)));
    assert!(!areas.are_neighbours(area(1101), area(1102)) && !areas.are_neighbours(area(1), area(2)));
}

#[test]
fn a_sector_is_found_inside_its_district() {
    let areas = rwanda().areas;
    let names = |parent: i64, typed: &str| -> Vec<String> {
        areas.find(area(parent), typed).iter().map(|code| areas.name(*code, Language::En).to_owned()).collect()
    };
    assert_eq!(names(12, "kimir"), ["Kimironko"]);
    assert_eq!(names(12, "Kim"), ["Kimihurura", "Kimironko"]);
    // K-i-m and K-i-n are the same keys.
    assert_eq!(names(12, "546"), ["Kimihurura", "Kimironko", "Kinyinya"]);
    assert_eq!(names(12, "5464766"), ["Kimironko"]);
    assert_eq!(names(12, " kimi-ronko "), ["Kimironko"]);
    // Remera is a sector of several districts.
    assert_eq!(names(12, "remera").len(), 1);
    assert!(names(11, "remera").is_empty());
    // Another spelling, and the official code.
    assert_eq!(names(11, "magera"), ["Mageregere"]);
    assert_eq!(names(11, "1105"), ["Mageregere"]);
    assert!(names(12, "1105").is_empty());
    assert_eq!(names(1, "gas"), ["Gasabo"]);
    for nothing in ["", " ", "'", "zz", "12345678901234567890", "é😀"] {
        assert!(names(12, nothing).is_empty(), "{nothing:?}");
    }
}

#[test]
fn four_keys_find_few_sectors_anywhere() {
    let areas = rwanda().areas;
    for sector in areas.of_level(Level::Sector) {
        let keys = crate::text::folding::keypad_digits(sector.name(Language::Rw));
        let four: String = keys.chars().take(4).collect();
        let found = areas.find(sector.code.parent().unwrap(), &four);
        assert!(found.contains(&sector.code) && found.len() <= 4, "{} finds {}", four, found.len());
    }
}

#[test]
fn unknown_areas_and_trades_show_a_mark() {
    let country = rwanda();
    assert_eq!(country.areas.name(area(9), Language::En), "?");
    assert!(country.areas.get(area(9999)).is_none() && country.areas.children(area(9)).is_empty());
    assert_eq!(country.trades.name(trade(11), Language::En), "Mason");
}

#[test]
fn names_keep_to_their_widths() {
    let mut country = rwanda();
    country.load_villages().unwrap();
    for level in Level::ALL {
        let widest = country
            .areas
            .of_level(level)
            .flat_map(|area| Language::ALL.map(|language| area.name(language).len()))
            .max();
        let limit = if level <= Level::Sector { AREA_NAME_SEPTETS_MAX } else { SMALL_AREA_NAME_SEPTETS_MAX };
        assert!(widest.unwrap() <= limit, "{level:?}");
    }
}

#[test]
fn the_embedded_pack_and_its_folder_are_the_same() {
    let copy = Copy::new();
    let mut loaded = copy.load().unwrap();
    let embedded = rwanda();
    assert_eq!(format!("{:?}", loaded.areas), format!("{:?}", embedded.areas));
    assert_eq!(format!("{:?}", loaded.trades), format!("{:?}", embedded.trades));
    assert_eq!(Level::ALL.map(|level| loaded.areas.count(level)), [5, 30, 416, 0, 0]);
    loaded.load_villages().unwrap();
    assert_eq!(loaded.areas.count(Level::Village), 14_816);
}

#[test]
fn every_wrong_row_is_named_in_one_run() {
    let copy = Copy::new();
    // What the settings should have said is unknown then; the rows are checked all the same.
    copy.change("rw/pack.toml", "minimum = 16", "minimum = \"sixteen\"");
    copy.change("rw/operators.csv", "Airtel,72 73", "Airtel,78 7x");
    copy.change("rw/districts.csv", "33,Rubavu,32 34", "33,Rubavu,32");
    copy.change("rw/sectors.csv", "1102,Kanyinya,", "1101,Kanyinya,");
    copy.change("rw/sectors.csv", "1203,", "9903,");
    copy.change("rw/villages.csv", "11010103,Iterambere", "11010103,Iter\u{2019}ambere");
    copy.change("trades.csv", "11,7112,day,18,no,no,Umwubatsi", "11,7112,week,18,no,no,Umwubatsi");
    copy.change("trade_categories.csv", "Ubwikorezi", "Ubwikorezi bw'ibintu byinshi");
    let faults = copy.faults();
    let places: Vec<&str> = faults.iter().map(|(place, _)| place.as_str()).collect();
    let expected = [
        "districts.csv:16",
        "operators.csv:3",
        "operators.csv:3",
        "sectors.csv:3",
        "sectors.csv:14",
        "villages.csv:3",
        "trade_categories.csv:4",
        "trades.csv:2",
        "pack.toml:22",
    ];
    for place in expected {
        assert!(places.contains(&place), "{place} is not among {faults:#?}");
    }
}

#[test]
fn rows_of_the_wrong_shape_are_named() {
    let copy = Copy::new();
    copy.change("rw/cells.csv", "110102,Akabeza", "110102,Akabeza,12");
    let faults = copy.faults();
    assert!(
        faults.iter().any(|(place, what)| place == "cells.csv:3" && what.contains("3 fields instead of 2")),
        "{faults:#?}"
    );

    let copy = Copy::new();
    copy.change("rw/provinces.csv", "code,name_rw", "kode,name_rw");
    assert!(
        copy.faults().iter().any(|(place, what)| place == "provinces.csv:1" && what.contains("the heading must be"))
    );
}

#[test]
fn a_lost_row_is_missed() {
    let copy = Copy::new();
    copy.change("rw/villages.csv", "11010103,Iterambere\n", "");
    copy.has_one_fault("villages.csv:0", "has 14815 rows; pack.toml announces 14816");
    let copy = Copy::new();
    let text = fs::read_to_string(copy.path("trades.csv")).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with("99,")).collect();
    fs::write(
        copy.path("trades.csv"),
        without.join(
            "
",
        ),
    )
    .unwrap();
    copy.has_one_fault("trades.csv:0", "trade 99 is missing");
}

#[test]
fn doubled_names_and_codes_are_named() {
    let copy = Copy::new();
    copy.change("rw/sectors.csv", "1102,Kanyinya,", "1102,Gitega,");
    copy.has_one_fault("sectors.csv:3", "line 2");
    let copy = Copy::new();
    copy.change("trades.csv", "Umuyede,Building helper", "Umwubatsi,Building helper");
    copy.has_one_fault("trades.csv:3", "`Umwubatsi` stands on line 2");
    let copy = Copy::new();
    copy.change("trades.csv", "12,9313", "11,9313");
    let faults = copy.faults();
    assert!(
        faults.iter().any(|(place, what)| place == "trades.csv:3" && what.contains("described above")),
        "{faults:#?}"
    );
}

#[test]
fn household_work_below_eighteen_is_refused() {
    let copy = Copy::new();
    copy.change("trades.csv", "22,5311,month,18,yes", "22,5311,month,16,yes");
    copy.has_one_fault("trades.csv:12", "household work is for adults");
}

#[test]
fn an_accent_outside_the_alphabet_is_shown() {
    let copy = Copy::new();
    copy.change("trades.csv", ",Macon,", ",Maçon,");
    copy.has_one_fault("trades.csv:2", "`ç` is outside the GSM alphabet");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let copy = Copy::new();
    fs::remove_file(copy.path("rw/cells.csv")).unwrap();
    fs::write(copy.path("rw/operators.csv"), b"operator,prefixes\nMTN,78\nA\xFFrtel,72\n").unwrap();
    let faults = copy.faults();
    assert!(
        faults.iter().any(|(place, what)| place == "cells.csv:0" && what.contains("cannot be read")),
        "{faults:#?}"
    );
    assert!(faults.iter().any(|(place, what)| place == "operators.csv:3" && what.contains("UTF-8")), "{faults:#?}");
    assert!(Country::load(&copy.path("nowhere")).is_err());
}

#[test]
fn the_settings_are_checked_key_by_key() {
    let changes = [
        ("code = \"RW\"", "code = \"Rwanda\"", "two capital letters"),
        ("languages = [\"rw\", \"en\"", "languages = [\"rw\", \"rw\"", "each once"),
        ("languages = [\"rw\"", "languages = [\"xx\"", "a list out of rw, en, fr, sw"),
        ("\"Africa/Kigali\"", "\"Africa/Kigale\"", "tz database"),
        ("minor_digits = 0", "minor_digits = 7", "from 0 to 3"),
        ("minor_digits = 0", "minor_digit = 0", "unknown key `currency.minor_digit`"),
        ("national_digits = 9\n", "", "`phone.national_digits` is missing"),
        ("adult = 18", "adult = 12", "the ages must rise"),
        ("from = \"20:00\"", "from = \"20h\"", "a clock time"),
        ("last = \"saturday\"", "last = \"umuganda\"", "English weekday"),
        ("to = \"11:00\"", "to = \"07:00\"", "later than"),
        ("[pay.kg]", "[pay.kilo]", "the table `[pay.kg]` is missing"),
        ("min = 500\n", "min = 500_000\n", "`max` must not be below"),
        ("code = \"RW\"", "code = RW", "is not TOML"),
    ];
    for (from, to, what) in changes {
        let copy = Copy::new();
        copy.change("rw/pack.toml", from, to);
        let faults = copy.faults();
        assert!(faults.iter().any(|(place, said)| place != "pack.toml:0" && said.contains(what)), "{to}: {faults:#?}");
    }
}

#[test]
fn a_pack_may_name_hotlines_and_leave_out_community_work() {
    let copy = Copy::new();
    let text = fs::read_to_string(copy.path("rw/pack.toml")).unwrap();
    let text = text.replace("[quiet.community_work]\nlast = \"saturday\"\nfrom = \"08:00\"\nto = \"11:00\"\n", "");
    let names = "name = { rw = \"Ubugenzuzi\", en = \"Labour inspector\", fr = \"Inspecteur\", sw = \"Mkaguzi\" }";
    fs::write(
        copy.path("rw/pack.toml"),
        format!("{text}\n[[hotline]]\nkind = \"labour\"\nnumber = \"1234\"\n{names}\n"),
    )
    .unwrap();
    let country = copy.load().unwrap();
    assert_eq!(country.quiet_hours.community_work, None);
    assert_eq!(country.hotlines.iter().map(|line| line.name(Language::Fr)).collect::<Vec<_>>(), ["Inspecteur"]);
    copy.change("rw/pack.toml", "sw = \"Mkaguzi\"", "sw = \"\"");
    assert!(copy.faults().iter().any(|(_, what)| what.contains("`hotline.name.sw`")));
}

#[test]
fn a_fault_reads_like_a_place_in_a_file() {
    let fault = Fault { file: "countries/rw/cells.csv".to_owned(), line: 7, what: "the name is empty".to_owned() };
    assert_eq!(fault.to_string(), "countries/rw/cells.csv:7: the name is empty");
    assert_eq!(Fault { line: 0, ..fault }.to_string(), "countries/rw/cells.csv: the name is empty");
}
