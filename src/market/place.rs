//! Where the work of a vacancy is: an area of this country, or another country.

use super::VacancyId;
use crate::country::{AreaCode, CountryCode};
use crate::storage::{Column, Error, Keys, Row};

const TOWN: Column = Column::new("vacancy", "town");

/// Characters of a town abroad: as many as an area's name has here.
pub const TOWN_CHARS_MAX: usize = 14;

/// Where work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A sector or smaller, or a district.
    Here(AreaCode),
    /// In another country: only with a licensed agency, and only for who agreed to be told of such work.
    Abroad(CountryCode),
}

/// Stands where the district of a place abroad would be, and its province: the cell of all work abroad.
pub const ABROAD: i64 = -1;

impl From<AreaCode> for Place {
    fn from(area: AreaCode) -> Place {
        Place::Here(area)
    }
}

impl Place {
    /// The number by which it is stored and by which menus name it: an area's code, or that of a country, below 0.
    pub fn get(self) -> i64 {
        match self {
            Place::Here(area) => area.get(),
            Place::Abroad(country) => country.get(),
        }
    }

    /// The area in this country; `None` abroad.
    pub fn area(self) -> Option<AreaCode> {
        match self {
            Place::Here(area) => Some(area),
            Place::Abroad(_) => None,
        }
    }

    /// The other country; `None` in this one.
    pub fn country(self) -> Option<CountryCode> {
        match self {
            Place::Here(_) => None,
            Place::Abroad(country) => Some(country),
        }
    }

    /// Whether it is in another country.
    pub fn is_abroad(self) -> bool {
        self.country().is_some()
    }

    /// Its district and province, as stored; `None` for an area that is larger than a district.
    pub(super) fn around(self) -> Option<(i64, i64)> {
        match self {
            Place::Here(area) => Some((area.district()?.get(), area.province().get())),
            Place::Abroad(_) => Some((ABROAD, ABROAD)),
        }
    }

    /// A stored place.
    pub(super) fn read(row: &Row<'_>, column: usize) -> Result<Place, Error> {
        let number = row.integer(column)?;
        let area = AreaCode::new(number).map(Place::Here);
        let place = area.or_else(|| CountryCode::from_number(number).map(Place::Abroad));
        place.ok_or(Error::Corrupt { what: "a stored place is none" })
    }
}

/// A town as it is stored; `None` where none is told.
pub(super) fn seal_town(keys: &Keys, vacancy: VacancyId, town: &str) -> Option<Vec<u8>> {
    (!town.is_empty()).then(|| keys.seal(TOWN, vacancy.get(), town.as_bytes()))
}

/// A stored town.
pub(super) fn read_town(row: &Row<'_>, keys: &Keys, vacancy: VacancyId, column: usize) -> Result<String, Error> {
    let town = row.optional_bytes(column)?.map(|sealed| keys.open_text(TOWN, vacancy.get(), sealed));
    Ok(town.transpose()?.unwrap_or_default())
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
