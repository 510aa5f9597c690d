//! The transaction of a hop: what runs where the data is, perhaps more than once.

use std::sync::Arc;

use tokio::sync::Notify;

use super::drive::{Driven, drive, save};
use super::record::{self, Record};
use super::redelivery::{self, Reading};
use super::taken_up::{dropped_visit, visit_of};
use super::{Outcome, Prepared, Service};
use crate::actions;
use crate::gateway::ussd::{UssdAnswer, UssdEvent};
use crate::menu::Bundle;
use crate::session::{Asked, Event, Visit};
use crate::storage::{Error, IdBlock, Tx};

/// What a hop came to.
pub(super) struct Done {
    pub(super) answer: UssdAnswer,
    pub(super) outcome: Outcome,
    pub(super) asked: Option<Asked>,
    /// The session as it stands now, where the hop moved it.
    pub(super) session: Option<Record>,
    /// A call began with it.
    pub(super) dialled: bool,
    _wake: Wake,
}

/// Wakes whoever sends messages when the hop's outcome is let go of: after the commit, also when the gateway has hung up
/// and nobody waits for the answer.
struct Wake(Option<Arc<Notify>>);

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(enqueued) = &self.0 {
            enqueued.notify_one();
        }
    }
}

/// Runs a hop: at first from what is remembered of its session, if anything is; again, after that was out of date or the commit
/// uncertain, from what is stored.
pub(super) fn run(tx: &mut Tx<'_>, service: &Service, prepared: &Prepared, is_first: bool) -> Result<Done, Error> {
    let gone_on = if is_first { go_on(tx, service, prepared)? } else { None };
    gone_on.map_or_else(|| from_store(tx, service, prepared), Ok)
}

/// The usual hop: an input to the session that this node answered last. `None`: it is something else, and only what is stored
/// can tell.
fn go_on(tx: &mut Tx<'_>, service: &Service, prepared: &Prepared) -> Result<Option<Done>, Error> {
    let Some(before) = &prepared.recent else { return Ok(None) };
    let Reading::Typed(typed) = reading(service, prepared, before) else { return Ok(None) };
    // Two inputs at once: another node was asked meanwhile. Where a gateway sends the last input alone nothing would show that.
    let is_cumulative = matches!(prepared.hop.event, UssdEvent::Cumulative(_));
    if typed.contains('*') || (service.store.is_shared() && !is_cumulative) {
        return Ok(None);
    }
    let Some((bundle, visit)) = visit_of(service, prepared, before)? else { return Ok(None) };
    let event = Event::Input(typed.to_owned());
    turn(tx, service, prepared, before, (bundle, visit, event), prepared.ids.clone()).map(Some)
}

fn reading<'p>(service: &Service, prepared: &'p Prepared, before: &Record) -> Reading<'p> {
    let hash = |text: &str| redelivery::hash(&service.keys, &prepared.session_key, text);
    redelivery::read(before, &prepared.hop.event, prepared.hop.hop_id.as_deref(), prepared.now_ms, hash)
}

fn from_store(tx: &mut Tx<'_>, service: &Service, prepared: &Prepared) -> Result<Done, Error> {
    let ids = prepared.ids.clone();
    let before = record::load(tx, prepared)?;
    if before.hop_uid == prepared.hop_uid {
        // Its commit was uncertain, and is there: nobody was told of it yet.
        let done = repeat(tx, service, prepared, &before, before.hop_uid)?;
        return Ok(Done { dialled: before.hops == 1, ..done });
    }
    match reading(service, prepared, &before) {
        Reading::Repeat => repeat(tx, service, prepared, &before, before.hop_uid),
        Reading::Earlier => match record::earlier(tx, &before, prepared)? {
            Some(hop_uid) => repeat(tx, service, prepared, &before, hop_uid),
            None if before.ended || redelivery::is_stale(&before, prepared.now_ms) => {
                let extras = match &prepared.hop.event {
                    UssdEvent::Cumulative(text) => text.as_str(),
                    _ => "",
                };
                begin(tx, service, prepared, &before, extras, ids)
            }
            None => repeat(tx, service, prepared, &before, before.hop_uid),
        },
        Reading::Begin(extras) => begin(tx, service, prepared, &before, extras, ids),
        // What was typed was meant for a screen of somebody who is gone.
        Reading::Typed(_) if before.anew => begin(tx, service, prepared, &before, "", ids),
        Reading::Typed(typed) => {
            if let Some((bundle, visit)) = visit_of(service, prepared, &before)? {
                let event = Event::Input(typed.to_owned());
                return turn(tx, service, prepared, &before, (bundle, visit, event), ids);
            }
            // The menus of this call are not known here: a key must not mean something that was not on the screen. The
            // screen of the same name is shown again, or the call begins anew.
            let known = if before.is_new { None } else { dropped_visit(service, prepared, &before)? };
            match known {
                Some((bundle, visit)) => turn(tx, service, prepared, &before, (bundle, visit, Event::Again), ids),
                None => begin(tx, service, prepared, &before, "", ids),
            }
        }
    }
}

/// A visit begins, or the one that was dropped is offered again.
fn begin(
    tx: &mut Tx<'_>,
    service: &Service,
    prepared: &Prepared,
    before: &Record,
    extras: &str,
    mut ids: IdBlock,
) -> Result<Done, Error> {
    let bundle = Arc::clone(&prepared.menus.live);
    let number = actions::greet(tx, &service.host, (&prepared.number, &prepared.hop.msisdn), &bundle, prepared.now_ms)?;
    let mut generation = before.clone();
    if !before.is_new {
        generation.begin_again(prepared.now_ms);
    }
    let since_ms = prepared.now_ms - bundle.resume_ms;
    // A dropped visit is kept for later while it could not be shown.
    let closures = &prepared.menus.closures;
    let is_closed = closures.maintenance && bundle.notice.is_some();
    let may_show = |visit: &Visit, bundle: &Bundle| {
        bundle.state(visit.at).is_none_or(|state| !closures.flows.contains(state.flow()))
    };
    if !is_closed
        && let Some(dropped) = record::resumable(tx, prepared, since_ms)?
        && actions::may_resume(tx, &number)?
        && let Some((bundle, visit)) = dropped_visit(service, prepared, &dropped)?
        && may_show(&visit, &bundle)
    {
        record::hand_over(tx, dropped.session_id)?;
        generation.resumable &= dropped.session_id != generation.session_id;
        let at_once = is_resume_path(&bundle, extras);
        let event = if at_once { Event::Continue } else { Event::Resume(extras.to_owned()) };
        return turn(tx, service, prepared, &generation, (bundle, visit, event), ids);
    }
    let visit_id = ids.next_id().unwrap_or_default();
    let visit = Visit::new(visit_id, number.language, None);
    turn(tx, service, prepared, &generation, (bundle, visit, Event::Dial(extras.to_owned())), ids)
}

/// Whether what was dialled behind the code asks for the dropped visit itself.
fn is_resume_path(bundle: &Bundle, extras: &str) -> bool {
    let dialled = extras.trim_end_matches('#').trim_matches('*');
    bundle.resume_path.as_deref() == Some(dialled)
}

/// Steps the engine to a screen and saves everything.
fn turn(
    tx: &mut Tx<'_>,
    service: &Service,
    prepared: &Prepared,
    before: &Record,
    (bundle, mut visit, event): (Arc<Bundle>, Visit, Event),
    mut ids: IdBlock,
) -> Result<Done, Error> {
    let driven = drive(tx, service, prepared, &bundle, &mut visit, event, &mut ids)?;
    let session = Some(save(tx, service, prepared, before, &bundle, &visit, &driven)?);
    let Driven { screen, enqueued, .. } = driven;
    let wake = Wake(enqueued.then(|| Arc::clone(&service.enqueued)));
    let (answer, asked) = (UssdAnswer { text: screen.text, end: screen.end }, Some(screen.asked));
    Ok(Done { answer, outcome: Outcome::Answered, asked, session, dialled: before.hops == 0, _wake: wake })
}

/// The stored answer, byte for byte; a secret screen is made again from the visit.
fn repeat(
    tx: &mut Tx<'_>,
    service: &Service,
    prepared: &Prepared,
    before: &Record,
    hop_uid: i64,
) -> Result<Done, Error> {
    let Some((sealed, end)) = record::answer_of(tx, hop_uid)? else {
        return Err(Error::Corrupt { what: "an answered hop has no row" });
    };
    let asked = sealed.is_none().then_some(Asked::Secret);
    let text = match sealed {
        Some(sealed) => service.keys.open_text(record::ANSWER, hop_uid, &sealed)?,
        None => shown_again(tx, service, prepared, before)?,
    };
    let answer = UssdAnswer { text, end };
    Ok(Done { answer, outcome: Outcome::Repeated, asked, session: None, dialled: false, _wake: Wake(None) })
}

fn shown_again(tx: &mut Tx<'_>, service: &Service, prepared: &Prepared, before: &Record) -> Result<String, Error> {
    let Some((bundle, mut visit)) = visit_of(service, prepared, before)? else {
        return Err(Error::Corrupt { what: "a session that was answered has no visit" });
    };
    let mut ids = prepared.ids.clone();
    Ok(drive(tx, service, prepared, &bundle, &mut visit, Event::Again, &mut ids)?.screen.text)
}
