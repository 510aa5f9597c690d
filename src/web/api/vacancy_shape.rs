//! A vacancy as it is shown to its employer, with what is worth a second look.

use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Refusal;
use crate::actions::Host;
use crate::country::{AreaCode, Country, PayMeans};
use crate::market::import;
use crate::market::usual_pay;
use crate::market::vacancy_desk::{OwnVacancy, Standing};
use crate::storage::Tx;
use crate::text::Language;

/// The feed of what is posted over the API without a reference: it is known by its own number.
pub(super) const SOURCE: &str = "api";

/// A vacancy.
#[derive(Serialize, ToSchema)]
pub(super) struct VacancyOut {
    /// Its number here.
    id: String,
    /// The number that people dial; never given to another vacancy.
    job_number: i64,
    /// What people dial to see it.
    dial: String,
    /// `open`, `held` (a person looks at it first), `paused`, `filled` or `closed`
    status: &'static str,
    /// Your own name of it.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// The trade's code.
    trade: u8,
    /// The trade's English name.
    trade_name: String,
    /// The area's code; null: abroad.
    area: Option<i64>,
    /// `District/Sector`, or the district; null: abroad.
    area_name: Option<String>,
    /// The other country in which the work is, as its two letters; null: here.
    abroad: Option<String>,
    /// The town there.
    abroad_place: Option<String>,
    /// The kind of work.
    kind: &'static str,
    /// How many people are needed.
    openings: i64,
    /// The first day; null: as agreed.
    start: Option<String>,
    /// When work starts on a day; null: as agreed.
    start_time: Option<String>,
    /// How many days it lasts; null: no end is set.
    duration_days: Option<i64>,
    /// Amount in whole units of the currency; null: unpaid.
    pay: Option<i64>,
    /// For how much work.
    pay_unit: Option<&'static str>,
    /// ISO 4217.
    currency: String,
    /// When pay is handed over.
    paid: &'static str,
    /// By what: `cash` or `momo`; null: not said.
    pay_means: Option<&'static str>,
    /// Whether food is given.
    food: bool,
    /// Whether the way is paid or provided.
    transport: bool,
    /// Whether the worker lives at the place of work.
    live_in: bool,
    /// Years of experience asked.
    min_years: u8,
    /// Whether a licence is needed.
    licence: bool,
    /// Days of the week; null: not stated.
    days: Option<String>,
    /// The last day on which one may apply.
    closes: String,
    /// Free text.
    description: String,
    /// Applications that were not taken back.
    applications: i64,
    /// Of them, those that ended in work.
    hired: i64,
    /// When it was posted.
    posted: String,
    /// When it last changed.
    changed: String,
    /// What is not forbidden, and worth a second look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// Something worth a second look.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Warning {
    /// `held_for_a_look` or `pay_far_from_usual`
    code: &'static str,
    /// In words.
    detail: String,
}

/// A moment as 2026-11-22T14:05:09Z.
pub(super) fn stamp(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| format!("{at:.0}")).unwrap_or_default()
}

/// Tells two states of a vacancy apart.
pub(super) fn etag(own: &OwnVacancy) -> String {
    format!("\"{:x}-{}\"", own.changed_ms, own.standing.code())
}

impl VacancyOut {
    /// A vacancy as it is shown.
    pub(super) fn of(own: &OwnVacancy, host: &Host) -> VacancyOut {
        let (offer, country) = (&own.offer, &host.country);
        let texts = import::texts(offer, country);
        let text =
            |wanted: import::Field| texts.iter().find(|(field, _)| *field == wanted).map(|(_, text)| text.clone());
        let number = own.job_number.get();
        VacancyOut {
            id: own.vacancy.get().to_string(),
            job_number: number,
            dial: format!("{}*{number}#", host.short_code.trim_end_matches('#')),
            status: own.standing.code(),
            reference: (offer.source != SOURCE).then(|| offer.source_ref.clone()),
            trade: offer.trade.get(),
            trade_name: country.trades.name(offer.trade, Language::En).to_owned(),
            area: offer.place.area().map(AreaCode::get),
            area_name: offer.place.area().map(|area| area_name(country, area)),
            abroad: offer.place.country().map(|country| country.as_str().to_owned()),
            abroad_place: Some(offer.town.clone()).filter(|town| !town.is_empty()),
            kind: offer.kind.code(),
            openings: offer.openings,
            start: text(import::Field::Start),
            start_time: text(import::Field::StartTime),
            duration_days: offer.duration_days,
            pay: offer.pay.map(|pay| country.currency.whole(pay.amount)),
            pay_unit: offer.pay.map(|pay| pay.unit.code()),
            currency: country.currency.code.clone(),
            paid: offer.paid.code(),
            pay_means: offer.means.map(PayMeans::code),
            food: offer.food,
            transport: offer.transport,
            live_in: offer.live_in,
            min_years: offer.min_years,
            licence: offer.licence,
            days: text(import::Field::Days),
            closes: text(import::Field::Closes).unwrap_or_default(),
            description: offer.description.clone(),
            applications: own.applications,
            hired: own.hired,
            posted: stamp(own.posted_ms),
            changed: stamp(own.changed_ms),
            warnings: Vec::new(),
        }
    }

    /// With warnings.
    pub(super) fn warned(mut self, warnings: Vec<Warning>) -> VacancyOut {
        self.warnings = warnings;
        self
    }
}

fn area_name(country: &Country, area: AreaCode) -> String {
    let name = |code| country.areas.name(code, Language::En).to_owned();
    let district = area.district().map(name).unwrap_or_default();
    area.sector().map_or_else(|| district.clone(), |sector| format!("{district}/{}", name(sector)))
}

/// What is worth a second look in a vacancy as it stands.
pub(super) fn warnings(tx: &mut Tx<'_>, country: &Country, own: &OwnVacancy) -> Result<Vec<Warning>, Refusal> {
    let mut warnings = Vec::new();
    if own.standing == Standing::Held {
        let detail = "A person looks at it before anybody sees it, usually within 2 hours: it is abroad, its text has a phone \
            number or speaks of paying.";
        warnings.push(Warning { code: "held_for_a_look", detail: detail.to_owned() });
    }
    if let (Some(pay), Some(district)) = (own.offer.pay, own.offer.place.area().and_then(AreaCode::district))
        && let Some(usual) = usual_pay::usual(tx, own.offer.trade, district, pay)?
        && usual_pay::is_far(pay.amount, usual)
    {
        let (unit, code) = (pay.unit.code(), &country.currency.code);
        let (offered, usual) = (country.currency.whole(pay.amount), country.currency.whole(usual));
        let detail = format!("{offered} {code} a {unit} is far from what is usual there ({usual}). Look at it again.");
        warnings.push(Warning { code: "pay_far_from_usual", detail });
    }
    Ok(warnings)
}
