//! Becoming a client: a short consent, a name, a place.

use super::super::manifest::{fields, outcomes};
use super::super::{ActionCx, Fault, page};
use super::{INITIALS, initials, trade_value};
use crate::market::booking::{client, list};
use crate::market::consent::{self, Given, Purpose};
use crate::market::person::{self, Begun};
use crate::market::{self, BookingId, posting};
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType};
use crate::session::{Row, RowsWanted};

/// Version of the consent that the screen `book.consent` asks for. Change it with the screen.
const CONSENT_TEXT_VERSION: &str = "booking-2026-11";

outcomes! { Status { New = "new", Name = "name", Place = "place", Ready = "ready", Known = "known" } }
outcomes! { Consent { Given = "given", Refused = "refused", NumberFull = "number_full" } }
outcomes! { Place { Saved = "saved" } }
outcomes! { IsClient { Yes = "yes", No = "no" } }
outcomes! { Again { Ready = "ready", Gone = "gone" } }

/// Somebody who came before.
pub(in crate::actions) const KNOWN_ROW: &[Field] = fields! { "initials": INITIALS, "trade": FieldType::Coded("trade") };
/// Where the client's work is.
pub(in crate::actions) const WHERE: &[Field] = fields! { "place": FieldType::Coded("area") };

/// What is missing before somebody can be asked for a worker.
pub(in crate::actions) fn status(cx: &mut ActionCx<'_, '_, '_>) -> Result<Status, Fault> {
    let Some(person) = cx.person() else { return Ok(Status::New) };
    let Some(found) = client::find(cx.tx, person)? else { return Ok(Status::New) };
    // Whoever took the consent back asks nobody without a new one.
    if !consent::in_force(cx.tx, person, Purpose::Matching)? {
        return Ok(Status::New);
    }
    if person::name(cx.tx, &cx.at.host.keys, person)?.is_none() {
        return Ok(Status::Name);
    }
    Ok(match found.area {
        None => Status::Place,
        Some(_) if list::has_hired(cx.tx, person)? || posting::has_posted(cx.tx, &found)? => Status::Known,
        Some(_) => Status::Ready,
    })
}

/// Whether the caller, who is no listed worker, has asked for workers.
pub(in crate::actions) fn is_client(cx: &mut ActionCx<'_, '_, '_>) -> Result<IsClient, Fault> {
    let person = cx.known_person()?;
    Ok(if client::find(cx.tx, person)?.is_some() { IsClient::Yes } else { IsClient::No })
}

/// Records the consent; a person and a client begin with it.
pub(in crate::actions) fn give_consent(cx: &mut ActionCx<'_, '_, '_>) -> Result<Consent, Fault> {
    let given = Given {
        text_version: CONSENT_TEXT_VERSION,
        language: cx.language(),
        channel: cx.at.caller.channel,
        hop_uid: cx.at.caller.hop_uid,
    };
    let person = if let Some(person) = cx.person() {
        if client::find(cx.tx, person)?.is_none() || !consent::in_force(cx.tx, person, Purpose::Matching)? {
            consent::give(cx.tx, cx.at.ids, person, Purpose::Matching, &given, cx.at.now_ms)?;
        }
        person
    } else {
        let number = cx.number()?;
        match person::begin(cx.tx, &cx.at.host.keys, cx.at.ids, &number, &given, cx.at.now_ms)? {
            Begun::Person(person) => person,
            Begun::Refused => return Ok(Consent::Refused),
            Begun::NumberFull => return Ok(Consent::NumberFull),
        }
    };
    client::begin(cx.tx, &cx.at.host.keys, cx.at.ids, person, cx.at.now_ms)?;
    cx.at.visit.person = Some(person.get());
    Ok(Consent::Given)
}

fn save(cx: &mut ActionCx<'_, '_, '_>, answer: &'static str) -> Result<Place, Fault> {
    let (person, area) = (cx.known_person()?, cx.area(answer)?);
    if client::set_area(cx.tx, &cx.at.host.country, person, area, cx.at.now_ms)? {
        Ok(Place::Saved)
    } else {
        Err(Fault::Answer(answer))
    }
}

/// Saves the chosen sector as the place of work.
pub(in crate::actions) fn set_sector(cx: &mut ActionCx<'_, '_, '_>) -> Result<Place, Fault> {
    save(cx, "sector")
}

/// Saves the district, since the sector is not known.
pub(in crate::actions) fn set_district(cx: &mut ActionCx<'_, '_, '_>) -> Result<Place, Fault> {
    save(cx, "district")
}

/// The client that the caller is.
pub(in crate::actions) fn client(cx: &mut ActionCx<'_, '_, '_>) -> Result<client::Client, Fault> {
    let person = cx.known_person()?;
    client::find(cx.tx, person)?.ok_or(Fault::Nobody)
}

/// Where the work is.
pub(in crate::actions) fn place(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let area = client(cx)?.area.ok_or(Fault::Nobody)?;
    Ok(vec![Value::Coded("area", area.get())])
}

/// Workers who came to the caller before.
pub(in crate::actions) fn known_workers(
    cx: &mut ActionCx<'_, '_, '_>,
    wanted: &RowsWanted,
) -> Result<(Vec<Row>, bool), Fault> {
    let person = cx.known_person()?;
    let known = list::known_workers(cx.tx, person)?;
    let (mut rows, more) = page(
        &known,
        wanted,
        |had| had.id.get(),
        |had| Row { id: had.id.get(), values: vec![Value::Text(String::new()), trade_value(had)], exact: false },
    );
    for row in &mut rows {
        let worker = known.iter().find(|had| had.id.get() == row.id).map(|had| had.worker);
        let name = worker.map(|worker| initials(cx.tx, cx.at.host, worker)).transpose()?;
        if let Some(first) = row.values.first_mut() {
            *first = Value::Text(name.unwrap_or_default());
        }
    }
    Ok((rows, more))
}

/// The same worker for the same trade again.
pub(in crate::actions) fn again(cx: &mut ActionCx<'_, '_, '_>) -> Result<Again, Fault> {
    let (id, person) = (BookingId::new(cx.integer("again")?), cx.known_person()?);
    let Some(had) = market::booking::find_of(cx.tx, id, person)?.filter(|had| had.client == person) else {
        return Ok(Again::Gone);
    };
    let listed = person::find(cx.tx, had.worker)?.is_some_and(|found| found.status == person::Status::Listed);
    if !listed {
        return Ok(Again::Gone);
    }
    cx.set("trade", i64::from(had.trade.get()));
    cx.set("worker", had.worker.get());
    Ok(Again::Ready)
}
