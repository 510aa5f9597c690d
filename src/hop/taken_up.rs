//! Which bundle a visit goes on with: the one on which it began while its call lasts, the live one when it is taken up again.

use std::sync::Arc;

use super::record::{self, Record};
use super::{Prepared, Service};
use crate::menu::Bundle;
use crate::session::Visit;
use crate::storage::Error;

/// A visit and the bundle that it goes on with.
pub(super) type Going = (Arc<Bundle>, Visit);

/// The visit that a session is in, with the bundle on which it began; `None` where that is not known here.
pub(super) fn visit_of(service: &Service, prepared: &Prepared, before: &Record) -> Result<Option<Going>, Error> {
    if before.is_new {
        return Ok(None);
    }
    let Some(bundle) = prepared.menus.of(&before.bundle_hash) else { return Ok(None) };
    let bytes = service.keys.open(record::VISIT, before.session_id, &before.visit_sealed)?;
    Ok(Visit::from_bytes(bundle, &bytes).ok().map(|visit| (Arc::clone(bundle), visit)))
}

/// A visit that is taken up again: with the menus that are served now if it can go on there, else with its own.
pub(super) fn dropped_visit(service: &Service, prepared: &Prepared, before: &Record) -> Result<Option<Going>, Error> {
    let bytes = service.keys.open(record::VISIT, before.session_id, &before.visit_sealed)?;
    let live = &prepared.menus.live;
    let is_its_own = live.hash[..] == before.bundle_hash[..];
    let moved = Visit::from_bytes(live, &bytes).ok();
    let moved = moved.and_then(|visit| if is_its_own { Some(visit) } else { visit.going_on_with(live) });
    Ok(match (moved, prepared.menus.of(&before.bundle_hash)) {
        (Some(visit), _) => Some((Arc::clone(live), visit)),
        (None, Some(own)) => Visit::from_bytes(own, &bytes).ok().map(|visit| (Arc::clone(own), visit)),
        (None, None) => None,
    })
}
