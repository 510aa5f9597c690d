//! A country as the service needs it: areas, trades, quizzes, phone plan, currency, ages, quiet hours and bounds of pay.
//!
//! A country is a folder (`countries/rw`) that is checked whole when it is loaded: every wrong row is named by file and
//! line, all in one run. Rwanda's is compiled in as well. After loading, every look-up is a table access that allocates
//! nothing.

mod abroad;
mod areas;
mod fault;
mod help_desk;
mod pack;
mod phone;
mod quiz;
mod rules;
mod section;
mod source;
mod trades;

use std::path::Path;

use jiff::tz::TimeZone;

pub use abroad::{CountryAbroad, CountryCode};
pub use areas::{AREA_NAME_SEPTETS_MAX, Area, AreaCode, Areas, Level, SMALL_AREA_NAME_SEPTETS_MAX};
pub use fault::Fault;
pub use help_desk::{Deadline, HelpDesk, Office, OfficeHours};
pub use phone::{Msisdn, Operator, PhoneFault, PhonePlan};
pub use quiz::{QUIZ_DRAWN, QUIZ_SEPTETS_MAX, QuizQuestion, Quizzes};
pub use rules::{Ages, CommunityWork, Hotline, Pay, PayBounds, QuietHours};
pub use trades::{
    CATEGORY_NAME_SEPTETS_MAX, PayMeans, PayUnit, Relation, TRADE_NAME_SEPTETS_MAX, Trade, TradeCode, Trades,
};

use self::{fault::Faults, pack::Pack, source::Source};
use crate::text::{Language, money::Currency};

/// Everything that is particular to one country.
#[derive(Clone, Debug)]
pub struct Country {
    /// ISO 3166 code, like `RW`.
    pub code: String,
    /// Its name in English.
    pub name: String,
    /// Languages of its menus; the first is the default.
    pub languages: Vec<Language>,
    /// What pay is counted in.
    pub currency: Currency,
    /// Where its days begin. One zone: no country here has two.
    pub timezone: TimeZone,
    /// How its numbers are written.
    pub phone: PhonePlan,
    /// Provinces, districts and sectors; cells and villages after [`Country::load_villages`].
    pub areas: Areas,
    /// The trades.
    pub trades: Trades,
    /// What workers can be asked about their trades.
    pub quizzes: Quizzes,
    /// Who may work.
    pub ages: Ages,
    /// When nothing is sent that can wait.
    pub quiet_hours: QuietHours,
    /// Bounds of an amount of pay.
    pub pay: Pay,
    /// Where to turn for help.
    pub hotlines: Vec<Hotline>,
    /// By when somebody answers, and who else helps.
    pub help: HelpDesk,
    /// Where else people go for work.
    pub abroad: Vec<CountryAbroad>,
    source: Source,
}

impl Country {
    /// The pack that is compiled in for a country code, down to its sectors.
    pub fn embedded(code: &str) -> Result<Country, Vec<Fault>> {
        let Some(source) = Source::embedded(code) else {
            let what = format!("no pack is compiled in for country `{code}`");
            return Err(vec![Fault { file: "countries".to_owned(), line: 0, what }]);
        };
        Country::read(source, &[Level::Province, Level::District, Level::Sector])
    }

    /// The pack in a folder, down to its sectors. Every file of it is checked, cells and villages too. Trades lie in the
    /// folder or beside it.
    pub fn load(folder: &Path) -> Result<Country, Vec<Fault>> {
        let mut country = Country::read(Source::Folder(folder.to_owned()), &Level::ALL)?;
        country.areas.keep_down_to(Level::Sector);
        Ok(country)
    }

    /// Adds cells and villages: about 17,000 areas more, for addresses and imports.
    pub fn load_villages(&mut self) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::default();
        for level in [Level::Cell, Level::Village] {
            if !self.areas.is_loaded(level) {
                self.areas.load_level(&self.source, level, &mut faults);
            }
        }
        faults.or(Some(()))
    }

    /// The default language of its menus.
    pub fn default_language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::En)
    }

    /// A country that a vacancy may name.
    pub fn country_abroad(&self, code: CountryCode) -> Option<&CountryAbroad> {
        self.abroad.iter().find(|country| country.code == code)
    }

    /// Reads a pack and its areas of some levels.
    fn read(source: Source, levels: &[Level]) -> Result<Country, Vec<Fault>> {
        let mut faults = Faults::default();
        let pack = Pack::load(&source, &mut faults);
        // Without settings the rows are still checked, against what holds anywhere, so that one run tells everything.
        let (mut phone, ages, area_counts) = match &pack {
            Some(pack) => (pack.phone.clone(), pack.ages, pack.area_counts),
            None => (PhonePlan::ANYWHERE, Ages::ANYWHERE, Areas::ANY_COUNTS),
        };
        if let Some(file) = source.read("operators.csv", &mut faults) {
            phone.add_operators(&file, &mut faults);
        }
        let mut areas = Areas::new(area_counts);
        for level in levels {
            areas.load_level(&source, *level, &mut faults);
        }
        let trades = Trades::load(&source, ages, &mut faults);
        let quizzes = Quizzes::load(&source, trades.as_ref(), &mut faults);
        let country = pack.zip(trades).map(|(pack, trades)| Country {
            code: pack.code,
            name: pack.name,
            languages: pack.languages,
            currency: pack.currency,
            timezone: pack.timezone,
            phone,
            areas,
            trades,
            quizzes,
            ages: pack.ages,
            quiet_hours: pack.quiet_hours,
            pay: pack.pay,
            hotlines: pack.hotlines,
            help: pack.help,
            abroad: pack.abroad,
            source,
        });
        faults.or(country)
    }
}

#[cfg(test)]
mod tests;
