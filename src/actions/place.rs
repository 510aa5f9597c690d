//! Choosing a place: province, district, sector.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, page};
use crate::country::AreaCode;
use crate::market::worker::{self, AreaOutcome};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};

outcomes! { Place { Saved = "saved" } }

pub(super) const AREA_ROW: &[Field] = fields! { "area": FieldType::Coded("area") };

fn rows(areas: &[AreaCode], wanted: &RowsWanted) -> (Vec<Row>, bool) {
    page(
        areas,
        wanted,
        |area| area.get(),
        |area| Row {
            id: area.get(),
            values: vec![Value::Coded("area", area.get())],
            exact: wanted.find.as_deref() == Some(area.get().to_string().as_str()),
        },
    )
}

/// The areas inside another, narrowed by what was typed.
fn inside(cx: &ActionCx<'_, '_, '_>, parent: AreaCode, wanted: &RowsWanted) -> (Vec<Row>, bool) {
    let areas = &cx.at.host.country.areas;
    match &wanted.find {
        Some(typed) => rows(&areas.find(parent, typed), wanted),
        None => rows(areas.children(parent), wanted),
    }
}

/// The provinces.
pub(super) fn provinces(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    Ok(rows(cx.at.host.country.areas.provinces(), wanted))
}

/// The districts of the chosen province.
pub(super) fn districts(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    Ok(inside(cx, cx.area("province")?, wanted))
}

/// The sectors of the chosen district.
pub(super) fn sectors(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    Ok(inside(cx, cx.area("district")?, wanted))
}

fn save(cx: &mut ActionCx<'_, '_, '_>, answer: &'static str) -> Result<Place, Fault> {
    let (person, area) = (cx.known_person()?, cx.area(answer)?);
    match worker::set_area(cx.tx, &cx.at.host.country, person, area, cx.at.now_ms)? {
        AreaOutcome::Saved => Ok(Place::Saved),
        AreaOutcome::Unusable => Err(Fault::Answer(answer)),
    }
}

/// Saves the chosen sector.
pub(super) fn set_sector(cx: &mut ActionCx<'_, '_, '_>) -> Result<Place, Fault> {
    save(cx, "sector")
}

/// Saves the chosen district: the sector is not known.
pub(super) fn set_district(cx: &mut ActionCx<'_, '_, '_>) -> Result<Place, Fault> {
    save(cx, "district")
}
