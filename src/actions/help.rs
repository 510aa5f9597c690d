//! Whom to call.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault};
use crate::menu::manifest::{Field, FieldType, Value};

outcomes! { Hotline { One = "one", None = "none" } }

pub(super) const HOTLINE: &[Field] = fields! { "hotline": FieldType::Text(40), "number": FieldType::Text(16) };

/// Whether the country pack names a hotline: only numbers that somebody has confirmed stand there.
pub(super) fn any(cx: &mut ActionCx<'_, '_, '_>) -> Result<Hotline, Fault> {
    Ok(if cx.at.host.country.hotlines.is_empty() { Hotline::None } else { Hotline::One })
}

/// The country's first hotline.
pub(super) fn hotline(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let language = cx.language();
    let hotlines = &cx.at.host.country.hotlines;
    let (name, number) = hotlines.first().map_or(("", ""), |line| (line.name(language), line.number.as_str()));
    Ok(vec![Value::Text(name.to_owned()), Value::Text(number.to_owned())])
}

/// The hotline for somebody in danger: the country's first for emergencies, else its first.
pub(super) fn emergency(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let language = cx.language();
    let hotlines = &cx.at.host.country.hotlines;
    let line = hotlines.iter().find(|line| line.kind == "emergency").or(hotlines.first());
    let (name, number) = line.map_or(("", ""), |line| (line.name(language), line.number.as_str()));
    Ok(vec![Value::Text(name.to_owned()), Value::Text(number.to_owned())])
}
