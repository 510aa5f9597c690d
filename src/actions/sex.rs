//! Asking a worker, on a later visit, whether they are a woman or a man, for figures alone.

use super::booking::requests;
use super::manifest::Entry;
use super::manifest::{PERSON, WORKER, decides, outcomes};
use super::{ActionCx, Fault, data};
use crate::market::consent::{self, Purpose};
use crate::market::sex::{self, Sex};

/// Version of the question in `sex.toml`, which asks for the consent too. Change it with the screen.
const TEXT_VERSION: &str = "sex-2026-11";

outcomes! { Due { Ask = "ask", Not = "no" } }
outcomes! { Save { Saved = "saved" } }

/// What the flow `sex` names.
pub(super) const TABLE: &[Entry] =
    &[decides!(Case "sex.due" &[PERSON], &[], Due, due), decides!(Action "sex.save" &["sex", WORKER], &[], Save, save)];

/// Whether the question comes before the home screen of this call: not where somebody waits for an answer.
fn due(cx: &mut ActionCx<'_, '_, '_>) -> Result<Due, Fault> {
    let (person, today_ms) = (cx.known_person()?, cx.at.today.day.start_ms(&cx.at.host.country.timezone));
    let is_due = sex::is_due(cx.tx, person, today_ms)? && requests::count(cx)? == 0;
    Ok(if is_due { Due::Ask } else { Due::Not })
}

/// Saves the answer. Who gives one is counted, as the question says.
fn save(cx: &mut ActionCx<'_, '_, '_>) -> Result<Save, Fault> {
    let (person, said) = (cx.known_person()?, Sex::from_code(cx.text("sex")?).ok_or(Fault::Answer("sex"))?);
    sex::save(cx.tx, person, said, cx.at.now_ms)?;
    if said != Sex::NotSaid && !consent::in_force(cx.tx, person, Purpose::Statistics)? {
        data::agree_to_be_counted(cx, person, TEXT_VERSION)?;
    }
    Ok(Save::Saved)
}
