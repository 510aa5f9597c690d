//! Rows of text to vacancies, with everything that is wrong in a row at once.

use super::read::{Raw, shown};
use super::{Context, Field, FieldFault, ImportRow, RowFault};
use crate::country::{Area, AreaCode, Country, CountryCode, PayMeans, PayUnit, TradeCode};
use crate::market::employer::{CONTACT_CHARS_MAX, EmployerKind, NAME_CHARS_MAX, NewEmployer, Tier};
use crate::market::hold;
use crate::market::kind::{JobKind, Weekdays};
use crate::market::pay::{PaidWhen, Pay};
use crate::market::place::{Place, TOWN_CHARS_MAX};
use crate::market::vacancy::{
    DESCRIPTION_CHARS_MAX, DURATION_DAYS_MAX, NewVacancy, OPENINGS_MAX, SOURCE_REF_CHARS_MAX,
};
use crate::market::worker::today;
use crate::market::worker_trade::YEARS_MAX;
use crate::text::Language;
use crate::text::datetime::{Day, Weekday, parse_clock};
use crate::text::{folding, money, number};

/// How long a vacancy is open that does not say when it closes.
const OPEN_DAYS_DEFAULT: i32 = 30;
/// How far ahead it may close: a year.
pub(super) const OPEN_DAYS_MAX: i32 = 366;

/// Checks a row.
pub(super) fn row(raw: &Raw, context: &Context<'_>) -> Result<ImportRow, RowFault> {
    let mut check = Check { raw, context, faults: Vec::new() };
    let employer = check.employer();
    let vacancy = check.vacancy();
    match (employer, vacancy) {
        (Some(employer), Some(vacancy)) if check.faults.is_empty() => {
            Ok(ImportRow { place: raw.place, employer, vacancy })
        }
        _ => Err(RowFault { place: raw.place, faults: check.faults }),
    }
}

/// Checks what is offered in a row, without who offers it.
pub(super) fn offer(raw: &Raw, context: &Context<'_>) -> Result<NewVacancy, Vec<FieldFault>> {
    let mut check = Check { raw, context, faults: Vec::new() };
    let vacancy = check.vacancy();
    vacancy.filter(|_| check.faults.is_empty()).ok_or(check.faults)
}

struct Check<'a> {
    raw: &'a Raw,
    context: &'a Context<'a>,
    faults: Vec<FieldFault>,
}

impl Check<'_> {
    fn fault(&mut self, field: Field, what: impl Into<String>, allowed: impl Into<String>) {
        self.faults.push(FieldFault { field: field.code().to_owned(), what: what.into(), allowed: allowed.into() });
    }

    /// The value of a field, or the default when nothing is given, or a fault that repeats it.
    fn value<T>(
        &mut self,
        field: Field,
        default: Option<T>,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(text) = self.raw.get(field) else {
            if default.is_none() {
                self.fault(field, "nothing is given", allowed);
            }
            return default;
        };
        let value = read(text);
        if value.is_none() {
            self.fault(field, format!("`{}` cannot be used", shown(text)), allowed);
        }
        value
    }

    /// As [`Check::value`], for what may be left out: `None` without a fault when it is.
    fn optional<T>(&mut self, field: Field, allowed: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.raw.get(field)?;
        self.value(field, None, allowed, read)
    }

    /// A cleaned text of at most so many characters; not repeated in a fault.
    fn text(&mut self, field: Field, chars_max: usize, required: bool) -> String {
        let text = folding::clean(self.raw.get(field).unwrap_or_default());
        let chars = text.chars().count();
        if chars > chars_max {
            self.fault(field, format!("it has {chars} characters"), format!("at most {chars_max} characters"));
        } else if required && text.is_empty() {
            self.fault(field, "nothing is given", format!("a text of at most {chars_max} characters"));
        }
        text
    }

    fn yes(&mut self, field: Field, default: bool) -> Option<bool> {
        self.value(field, Some(default), "yes or no", |text| match text.to_ascii_lowercase().as_str() {
            "yes" | "y" | "true" | "1" => Some(true),
            "no" | "n" | "false" | "0" => Some(false),
            _ => None,
        })
    }

    fn number(&mut self, field: Field, default: Option<i64>, min: i64, max: i64) -> Option<i64> {
        let allowed = format!("a whole number from {min} to {max}");
        self.value(field, default, &allowed, |text| {
            number::parse(text).ok().filter(|value| (min..=max).contains(value))
        })
    }

    fn employer(&mut self) -> Option<NewEmployer> {
        let name = self.text(Field::Employer, NAME_CHARS_MAX, true);
        let kind = self.value(Field::EmployerKind, None, &words(EmployerKind::ALL, EmployerKind::code), |text| {
            EmployerKind::from_code(&text.to_ascii_lowercase())
        });
        let tier = self.value(Field::EmployerTier, Some(Tier::PhoneOnly), &words(Tier::ALL, Tier::code), |text| {
            Tier::from_code(&text.to_ascii_lowercase())
        });
        let given = self.raw.get(Field::EmployerContact).unwrap_or_default();
        let contact = contact(self.context.country, given);
        if contact.is_none() {
            self.fault(Field::EmployerContact, "it is no number and no address", "a phone number or an e-mail address");
        }
        Some(NewEmployer { name, kind: kind?, tier: tier?, contact: contact? })
    }

    fn vacancy(&mut self) -> Option<NewVacancy> {
        let (country, now_ms) = (self.context.country, self.context.now_ms);
        let today = today(country, now_ms);
        let source_ref = self.text(Field::Ref, SOURCE_REF_CHARS_MAX, true);
        let trade = self.trade();
        let place = self.place();
        let kind = self.value(Field::Kind, None, &words(JobKind::ALL, JobKind::code), |text| {
            JobKind::from_code(&text.to_ascii_lowercase())
        });
        let openings = self.number(Field::Openings, Some(1), 1, OPENINGS_MAX);
        let start_day = self.optional(Field::Start, "a day as 2026-11-24", iso_day);
        // Screens have room for hours and half hours: other minutes are too long in the languages that tell the part of
        // the day, and no work starts at them.
        let start_minute = self.optional(Field::StartTime, "a whole or half hour as 07:00 or 07:30", |text| {
            parse_clock(text).ok().filter(|minute| minute % 30 == 0)
        });
        let duration_days = self
            .raw
            .get(Field::DurationDays)
            .and_then(|_| self.number(Field::DurationDays, None, 1, DURATION_DAYS_MAX));
        let pay = self.pay(kind);
        let paid_default = match pay.map(|pay| pay.unit) {
            Some(PayUnit::Hour | PayUnit::Day) => PaidWhen::Daily,
            Some(PayUnit::Month) => PaidWhen::Monthly,
            _ => PaidWhen::AtEnd,
        };
        let paid = self.value(Field::Paid, Some(paid_default), &words(PaidWhen::ALL, PaidWhen::code), |text| {
            PaidWhen::from_code(&text.to_ascii_lowercase())
        });
        let means = self.optional(Field::PayMeans, &words(&PayMeans::ALL, PayMeans::code), |text| {
            PayMeans::from_code(&text.to_ascii_lowercase())
        });
        let food = self.yes(Field::Food, false);
        let transport = self.yes(Field::Transport, false);
        let live_in = self.yes(Field::LiveIn, false);
        let min_years = self.number(Field::MinYears, Some(0), 0, i64::from(YEARS_MAX));
        let by_trade = trade.and_then(|trade| country.trades.get(trade)).is_some_and(|trade| trade.licence);
        let licence = self.yes(Field::Licence, by_trade);
        let days = self.value(Field::Days, Some(Weekdays::NONE), "days as `mon-fri` or `mon, wed, sat`", weekdays);
        let closes_ms = self.closes_ms(today);
        let description = self.text(Field::Description, DESCRIPTION_CHARS_MAX, false);
        let (place, town) = place?;
        Some(NewVacancy {
            trade: trade?,
            place,
            town,
            kind: kind?,
            openings: openings?,
            start_day,
            start_minute,
            duration_days,
            pay,
            paid: paid?,
            // Where nothing is paid, nothing is said of how.
            means: pay.and(means),
            food: food?,
            transport: transport?,
            live_in: live_in?,
            min_years: u8::try_from(min_years?).unwrap_or(YEARS_MAX),
            licence: licence?,
            days: days?,
            closes_ms: closes_ms?,
            source: self.context.source.to_owned(),
            source_ref,
            description,
        })
    }

    fn trade(&mut self) -> Option<TradeCode> {
        let trades = &self.context.country.trades;
        self.value(Field::Trade, None, "a trade's code as 11, or its English name as Mason", |text| {
            if let Ok(code) = text.parse() {
                return TradeCode::new(code).filter(|code| trades.get(*code).is_some());
            }
            let key = folding::search_key(text);
            let mut named = trades.all().iter().filter(|trade| folding::search_key(trade.name(Language::En)) == key);
            // A name that two categories share says nothing without its code.
            named.next().filter(|_| named.next().is_none()).map(|trade| trade.code)
        })
    }

    /// An area of this country, or another country and a town in it.
    fn place(&mut self) -> Option<(Place, String)> {
        let country = self.context.country;
        let town = self.text(Field::AbroadPlace, TOWN_CHARS_MAX, false);
        if self.raw.get(Field::Abroad).is_none() {
            if !town.is_empty() {
                self.fault(Field::AbroadPlace, "the work is not abroad", "nothing, or `abroad` beside it");
            }
            return Some((self.area()?.into(), town));
        }
        if self.raw.get(Field::Area).is_some() {
            self.fault(Field::Area, "the work is abroad", "nothing: the country stands in `abroad`");
        }
        // It is shown as it stands, and holds no offer.
        if hold::reason(&town).is_some() {
            self.fault(Field::AbroadPlace, "that is more than a town", "the name of a town");
        }
        let codes = country.abroad.iter().map(|known| known.code.as_str()).collect::<Vec<_>>().join(", ");
        let abroad = self.value(Field::Abroad, None, &codes, |text| {
            CountryCode::parse(text).filter(|code| country.country_abroad(*code).is_some())
        })?;
        Some((Place::Abroad(abroad), town))
    }

    fn area(&mut self) -> Option<AreaCode> {
        let country = self.context.country;
        let allowed = "a code as 1212 or 12, or District/Sector as Gasabo/Remera, or a district's name";
        self.value(Field::Area, None, allowed, |text| match text.parse() {
            Ok(code) => {
                AreaCode::new(code).filter(|code| code.district().is_some() && country.areas.get(*code).is_some())
            }
            Err(_) => named_area(country, text),
        })
    }

    /// `None` when none is stated, which only learning may be: of any other kind it is a fault.
    fn pay(&mut self, kind: Option<JobKind>) -> Option<Pay> {
        let country = self.context.country;
        let read = |text: &str| money::parse(text).ok().and_then(|whole| country.currency.from_whole(whole));
        let given = self.raw.get(Field::Pay).is_some();
        let amount = self.optional(Field::Pay, "an amount as 7000", read);
        // What is given and cannot be read has its fault already.
        if given && amount.is_none() {
            return None;
        }
        let Some(amount) = amount.filter(|amount| *amount > 0) else {
            if !kind.is_none_or(JobKind::may_be_unpaid) {
                let allowed = "an amount; only internship, apprenticeship and training may go unpaid";
                self.fault(Field::Pay, "nothing is given", allowed);
            }
            return None;
        };
        let units = PayUnit::ALL.map(PayUnit::code).join(", ");
        let unit = self.value(Field::PayUnit, None, &units, |text| PayUnit::from_code(&text.to_ascii_lowercase()))?;
        let bounds = country.pay.bounds(unit);
        if !(bounds.min..=bounds.max).contains(&amount) {
            let allowed = format!("{} to {} a {}", bounds.min, bounds.max, unit.code());
            self.fault(Field::Pay, format!("{amount} is out of bounds"), allowed);
        }
        Some(Pay { amount, unit })
    }

    /// The end of the last day.
    fn closes_ms(&mut self, today: Day) -> Option<i64> {
        let (first, last) = (today, today.plus(OPEN_DAYS_MAX));
        let allowed = format!("a day as 2026-11-24, from today to {OPEN_DAYS_MAX} days ahead");
        let default = Some(today.plus(OPEN_DAYS_DEFAULT));
        let day = self
            .value(Field::Closes, default, &allowed, |text| iso_day(text).filter(|day| (first..=last).contains(day)))?;
        Some(day.plus(1).start_ms(&self.context.country.timezone))
    }
}

/// The stable words of an enum, for a fault.
fn words<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|value| code(*value)).collect::<Vec<_>>().join(", ")
}

/// A number in E.164 digits, or an e-mail address.
pub(in crate::market) fn contact(country: &Country, given: &str) -> Option<String> {
    match given.split_once('@') {
        Some((local, domain)) => {
            let plain = given.chars().all(|c| c.is_ascii_graphic()) && given.len() <= CONTACT_CHARS_MAX;
            let host =
                domain.contains('.') && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.');
            (plain && host && !local.is_empty()).then(|| given.to_owned())
        }
        None => country.phone.parse(given).ok().map(|msisdn| msisdn.as_str().to_owned()),
    }
}

/// A date as 2026-11-24.
fn iso_day(text: &str) -> Option<Day> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Day::from_date(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Days by three letters or more, with ranges that may pass the end of the week.
fn weekdays(text: &str) -> Option<Weekdays> {
    let day = |word: &str| {
        let word = word.trim().to_ascii_lowercase();
        (word.len() >= 3).then(|| Weekday::ALL.into_iter().position(|day| day.code().starts_with(&word))).flatten()
    };
    let mut days = Vec::new();
    for word in text.split([',', ' ', ';', '/']).filter(|word| !word.is_empty()) {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (day(first)?, day(last)?);
        let length = (last + 7 - first) % 7;
        days.extend(Weekday::ALL.into_iter().cycle().skip(first).take(length + 1));
    }
    Some(Weekdays::of(days)).filter(|days| days.count() > 0)
}

/// `District/Sector` or `District`, by name or known other spelling.
fn named_area(country: &Country, text: &str) -> Option<AreaCode> {
    let (district, sector) = match text.split_once('/') {
        Some((district, sector)) => (district, Some(sector)),
        None => (text, None),
    };
    let districts = country
        .areas
        .provinces()
        .iter()
        .flat_map(|province| country.areas.find(*province, district))
        .collect::<Vec<_>>();
    let district = only(country, &districts, district)?;
    match sector {
        None => Some(district),
        Some(sector) => only(country, &country.areas.find(district, sector), sector),
    }
}

/// Of the areas whose names begin with what was given, the one that is meant.
fn only(country: &Country, found: &[AreaCode], given: &str) -> Option<AreaCode> {
    let key = folding::search_key(given);
    let is_named = |area: &Area| Language::ALL.iter().any(|language| folding::search_key(area.name(*language)) == key);
    let exact = found.iter().copied().find(|code| country.areas.get(*code).is_some_and(is_named));
    // Another spelling is not a name: then it must be the only one that begins so.
    exact.or_else(|| found.first().copied().filter(|_| found.len() == 1))
}
