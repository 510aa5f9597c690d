//! The middle of a hop: the session engine is stepped to a screen, what it asks for is done, and all of it is saved.

use std::sync::atomic::Ordering;

use super::record::{self, Record, Saved};
use super::{Prepared, Service};
use crate::actions::{self, Around, Caller};
use crate::clock::first_id_at;
use crate::gateway::ussd::UssdEvent;
use crate::market::merge::CALL_MS_MAX;
use crate::menu::Bundle;
use crate::session::{Effect, Engine, Event, Scene, Screen, Turn, Visit};
use crate::storage::{Error, IdBlock, Tx};

/// Where a step came to.
pub(super) struct Driven {
    pub(super) screen: Screen,
    pub(super) turn: Turn,
    pub(super) enqueued: bool,
}

/// Steps the engine until there is a screen; what it asks for is done in the hop's transaction.
pub(super) fn drive(
    tx: &mut Tx<'_>,
    service: &Service,
    prepared: &Prepared,
    bundle: &Bundle,
    visit: &mut Visit,
    event: Event,
    ids: &mut IdBlock,
) -> Result<Driven, Error> {
    let fresh_visit_id = ids.next_id().unwrap_or_default();
    let manifest = actions::manifest();
    let scene = Scene {
        bundle,
        limits: bundle.limits_of(&prepared.hop.channel),
        closures: &prepared.menus.closures,
        manifest,
        labels: &*service.host,
        today: prepared.today,
        fresh_visit_id,
    };
    let caller = Caller {
        msisdn: &prepared.hop.msisdn,
        number: prepared.number,
        channel: &prepared.hop.channel,
        hop_uid: prepared.hop_uid,
    };
    let mut enqueued = false;
    let mut engine = Engine::new(scene, visit);
    let mut effect = engine.step(event);
    loop {
        if let Effect::Screen(screen) = effect {
            if let Some(rehearsal) = &service.rehearsal {
                rehearsal.note(bundle, engine.visit.language, engine.entered());
            }
            return Ok(Driven { screen, turn: engine.turn(), enqueued });
        }
        let mut around = Around {
            host: &service.host,
            bundle,
            caller,
            visit: engine.visit,
            today: prepared.today,
            now_ms: prepared.now_ms,
            first_call: first_id_at(prepared.now_ms - CALL_MS_MAX),
            ids,
            enqueued: &mut enqueued,
        };
        let fails = service.rehearsal.as_ref().is_some_and(|rehearsal| rehearsal.fails.swap(false, Ordering::AcqRel));
        let event = if fails { Event::Fault } else { actions::perform(tx, &mut around, &effect)? };
        effect = engine.step(event);
    }
}

pub(super) fn save(
    tx: &mut Tx<'_>,
    service: &Service,
    prepared: &Prepared,
    before: &Record,
    bundle: &Bundle,
    visit: &Visit,
    driven: &Driven,
) -> Result<Record, Error> {
    let screen = &driven.screen;
    let state = bundle.state(screen.state);
    let worth_resuming = state.is_some_and(|state| state.back && !state.opening && !state.private);
    let visit_sealed = service.keys.seal(record::VISIT, before.session_id, &visit.to_bytes(bundle));
    let answer_sealed =
        (!screen.private).then(|| service.keys.seal(record::ANSWER, prepared.hop_uid, screen.text.as_bytes()));
    let text_len = match &prepared.hop.event {
        UssdEvent::Cumulative(text) => text.len(),
        _ => 0,
    };
    let saved = Saved {
        text_len: i64::try_from(text_len).unwrap_or(i64::MAX),
        bundle_hash: bundle.hash,
        visit_sealed,
        answer_sealed: answer_sealed.as_deref(),
        state: state.map_or("", |state| state.name.as_str()),
        language: visit.language.code(),
        turn: driven.turn.code(),
        end: screen.end,
        resumable: !screen.end && worth_resuming,
    };
    record::save(tx, prepared, before, saved)
}
