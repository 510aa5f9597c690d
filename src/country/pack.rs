//! Reads `pack.toml`: everything about a country that is not a table of rows.

use jiff::tz::TimeZone;
use toml::de::DeTable;

use super::{
    abroad::CountryAbroad,
    fault::Faults,
    help_desk::HelpDesk,
    phone::PhonePlan,
    rules::{Ages, CommunityWork, Hotline, Pay, PayBounds, QuietHours},
    section::{Place, Section},
    source::Source,
    trades::{PayMeans, PayUnit},
};
use crate::text::{
    Language,
    datetime::{MINUTES_PER_DAY, Weekday},
    gsm7,
    money::{AMOUNT_MAX, Currency},
};

/// What the file says.
#[derive(Debug)]
pub(super) struct Pack {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) languages: Vec<Language>,
    pub(super) timezone: TimeZone,
    pub(super) currency: Currency,
    pub(super) phone: PhonePlan,
    pub(super) ages: Ages,
    pub(super) quiet_hours: QuietHours,
    pub(super) area_counts: [usize; 5],
    pub(super) pay: Pay,
    pub(super) hotlines: Vec<Hotline>,
    pub(super) help: HelpDesk,
    pub(super) abroad: Vec<CountryAbroad>,
}

/// Oldest age that a rule may name.
const AGE_END: i64 = 121;
/// More areas than any country has.
const AREAS_END: i64 = 10_000_000;

impl Pack {
    /// Reads the file; every fault in it is added.
    pub(super) fn load(source: &Source, faults: &mut Faults) -> Option<Pack> {
        let file = source.read("pack.toml", faults)?;
        let place = Place { path: &file.path, text: &file.text };
        let (table, errors) = DeTable::parse_recoverable(&file.text);
        if !errors.is_empty() {
            for error in errors {
                let line = error.span().map_or(0, |span| place.line(span.start));
                faults.add(place.path, line, format!("is not TOML: {}", error.message()));
            }
            return None;
        }
        let mut root = Section::root(place, &table);
        let code = root.parsed("code", "the two capital letters of ISO 3166", faults, |code| {
            (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| code.to_owned())
        });
        let name = root.text("name", faults);
        let languages = languages(&mut root, faults);
        let timezone = root.parsed("timezone", "a zone of the tz database, like Africa/Kigali", faults, |name| {
            TimeZone::get(name).ok()
        });
        let currency = root.section("currency", faults).and_then(|section| currency(section, faults));
        let phone = root.section("phone", faults).and_then(|section| phone(section, faults));
        let ages = root.section("ages", faults).and_then(|section| ages(section, faults));
        let quiet_hours = root.section("quiet", faults).and_then(|section| quiet_hours(section, faults));
        let area_counts = root.section("areas", faults).and_then(|section| area_counts(section, faults));
        let pay = root.section("pay", faults).and_then(|section| pay(section, faults));
        let hotlines =
            root.sections("hotline", faults).into_iter().filter_map(|section| hotline(section, faults)).collect();
        let help = match root.optional_section("help", faults) {
            Some(section) => HelpDesk::read(section, faults),
            None => Some(HelpDesk::default()),
        };
        let abroad = root.sections("abroad", faults).into_iter();
        let abroad: Vec<_> = abroad.filter_map(|section| CountryAbroad::read(section, faults)).collect();
        let double = abroad.iter().enumerate().any(|(at, one)| abroad.iter().take(at).any(|had| had.code == one.code));
        let own = abroad.iter().any(|one| code.as_deref() == Some(one.code.as_str()));
        if double || own {
            root.fault("abroad", faults, "`abroad` must name each other country once, and not this one");
        }
        root.finish(faults);
        Some(Pack {
            code: code?,
            name: name?,
            languages: languages?,
            timezone: timezone?,
            currency: currency?,
            phone: phone?,
            ages: ages?,
            quiet_hours: quiet_hours?,
            area_counts: area_counts?,
            pay: pay?,
            hotlines,
            help: help?,
            abroad,
        })
    }
}

fn languages(root: &mut Section<'_>, faults: &mut Faults) -> Option<Vec<Language>> {
    let codes = Language::ALL.map(Language::code).join(", ");
    let list = root.list("languages", &format!("a list out of {codes}"), faults, Language::from_code)?;
    let double = list.iter().enumerate().any(|(at, language)| list.iter().take(at).any(|before| before == language));
    if double || list.is_empty() {
        root.fault("languages", faults, "`languages` must name at least one language, and each once");
    }
    Some(list)
}

fn currency(mut section: Section<'_>, faults: &mut Faults) -> Option<Currency> {
    let code = section.parsed("code", "the three capital letters of ISO 4217", faults, |code| {
        (code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| code.to_owned())
    });
    let minor_digits = section.number("minor_digits", 0..4, faults).and_then(|digits| u8::try_from(digits).ok());
    section.finish(faults);
    Some(Currency { code: code?, minor_digits: minor_digits? })
}

fn phone(mut section: Section<'_>, faults: &mut Faults) -> Option<PhonePlan> {
    let digits = |text: &str| (text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned());
    let filled = |text: &str| digits(text).filter(|text| (1..=3).contains(&text.len()));
    let calling_code = section.parsed("calling_code", "one to three digits", faults, filled);
    let trunk = section.parsed("trunk", "a digit, or empty", faults, digits);
    let international = section.parsed("international", "one to three digits", faults, filled);
    let national = section.number("national_digits", 5..13, faults).and_then(|digits| usize::try_from(digits).ok());
    section.finish(faults);
    Some(PhonePlan {
        calling_code: calling_code?,
        trunk: trunk?,
        international: international?,
        national_digits: national?,
        operators: Vec::new(),
    })
}

fn ages(mut section: Section<'_>, faults: &mut Faults) -> Option<Ages> {
    let mut age = |key| section.number(key, 1..AGE_END, faults).and_then(|age| u8::try_from(age).ok());
    let (minimum, adult, maximum) = (age("minimum"), age("adult"), age("maximum"));
    let ages = Ages { minimum: minimum?, adult: adult?, maximum: maximum? };
    if !(ages.minimum <= ages.adult && ages.adult < ages.maximum) {
        section.fault("adult", faults, "the ages must rise: minimum, adult, maximum");
    }
    section.finish(faults);
    Some(ages)
}

fn quiet_hours(mut section: Section<'_>, faults: &mut Faults) -> Option<QuietHours> {
    let (from, to) = (minute("from", &mut section, faults), minute("to", &mut section, faults));
    let community = section.optional_section("community_work", faults).map(|mut section| {
        let weekday = section.parsed("last", "an English weekday, like saturday", faults, Weekday::from_code);
        let (from, to) = (minute("from", &mut section, faults), minute("to", &mut section, faults));
        if from >= to && to.is_some() {
            section.fault("to", faults, "`to` must be later than `from`");
        }
        section.finish(faults);
        Some(CommunityWork { weekday: weekday?, from_minute: from?, to_minute: to? })
    });
    section.finish(faults);
    Some(QuietHours { from_minute: from?, to_minute: to?, community_work: community.flatten() })
}

/// A clock time `HH:MM` as a minute of the day.
pub(super) fn minute(key: &'static str, section: &mut Section<'_>, faults: &mut Faults) -> Option<u16> {
    section.parsed(key, "a clock time from \"00:00\" to \"23:59\"", faults, |text| {
        let (hours, minutes) =
            text.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        let minute = hours * 60 + minutes;
        (minutes < 60 && minute < MINUTES_PER_DAY).then_some(minute)
    })
}

fn area_counts(mut section: Section<'_>, faults: &mut Faults) -> Option<[usize; 5]> {
    let keys = ["provinces", "districts", "sectors", "cells", "villages"];
    let counts =
        keys.map(|key| section.number(key, 1..AREAS_END, faults).and_then(|count| usize::try_from(count).ok()));
    section.finish(faults);
    let [provinces, districts, sectors, cells, villages] = counts;
    Some([provinces?, districts?, sectors?, cells?, villages?])
}

fn pay(mut section: Section<'_>, faults: &mut Faults) -> Option<Pay> {
    let means = section.parsed("means", "`cash` or `momo`", faults, PayMeans::from_code);
    let bounds = PayUnit::ALL.map(|unit| {
        let mut section = section.section(unit.code(), faults)?;
        let (min, max) = (section.number("min", 1..AMOUNT_MAX, faults), section.number("max", 1..AMOUNT_MAX, faults));
        if min > max && max.is_some() {
            section.fault("max", faults, "`max` must not be below `min`");
        }
        section.finish(faults);
        Some(PayBounds { min: min?, max: max? })
    });
    section.finish(faults);
    let [hour, day, month, trip, kg, piece, job] = bounds;
    Some(Pay { means: means?, bounds: [hour?, day?, month?, trip?, kg?, piece?, job?] })
}

fn hotline(mut section: Section<'_>, faults: &mut Faults) -> Option<Hotline> {
    let kind = section.text("kind", faults);
    let number = section.parsed("number", "the digits as they are dialled", faults, |number| {
        let dialled = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'*' | b'#' | b'+');
        (!number.is_empty() && number.bytes().all(dialled)).then(|| number.to_owned())
    });
    let names = section.section("name", faults).map(|mut section| {
        let names = Language::ALL.map(|language| {
            section.parsed(language.code(), "a text in the GSM alphabet", faults, |name| {
                gsm7::septets(name).is_some_and(|width| width > 0).then(|| name.to_owned())
            })
        });
        section.finish(faults);
        names
    });
    section.finish(faults);
    let [rw, en, fr, sw] = names?;
    Some(Hotline { kind: kind?, number: number?, names: [rw?, en?, fr?, sw?] })
}
