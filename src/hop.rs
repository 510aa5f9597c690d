//! One hop: a caller's key press becomes a screen, in one transaction.
//!
//! The way of a hop, as a story:
//!
//! 1. The web decodes what the gateway sent into a [`Hop`].
//! 2. [`answer`] prepares what may not happen inside a transaction (hashes, identifiers, the time) and hands a closure to
//!    the store, which runs it where the data is, under a deadline.
//! 3. Mostly the session goes on where its last hop on this node left it ([`recent`]). Else the closure *loads* its row
//!    ([`record`]). [`redelivery`] says what the hop is: a repeat gets the stored answer, a dial begins a visit or takes a
//!    dropped one up (`taken_up`), anything else is an input.
//! 4. The session engine steps (`drive`); what it asks for is done by [`crate::actions`] in the same transaction.
//! 5. Answer and visit are saved, unless another hop of the session was first: then this one runs again. The screen is
//!    sent only when all of it is on the disk.
//!
//! So an SMS that a screen promises exists if and only if the session moved, and a caller who hangs up cannot tear a
//! change in two.
//!
//! Afterwards [`figures`] counts how screens fared, and [`explain`] shows the help desk what a caller saw. [`dials`] are
//! counted as they are answered.

pub mod dials;
mod drive;
pub mod explain;
pub mod figures;
pub mod recent;
pub mod record;
pub mod redelivery;
pub mod rehearsal;
mod taken_up;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::actions::{self, Host};
use crate::bundles::{Bundles, Menus};
use crate::clock::{Clock, IdSource};
use crate::country::Msisdn;
use crate::gateway::email::MailAddress;
use crate::gateway::ussd::{UssdAnswer, UssdEvent};
use crate::market::alert::Terms;
use crate::market::phone_number::MsisdnHash;
use crate::market::ranking::Weights;
use crate::menu::Bundle;
use crate::menu::graph::EngineText;
use crate::outbox::Keep;
use crate::session::input::Today;
use crate::session::{Asked, Event, Visit};
use crate::storage::{Error, IdBlock, Keys, Purpose, Store, Tx, Work};
use crate::text::datetime::Day;
use dials::Dials;
use drive::{Driven, drive, save};
use recent::RecentSessions;
use record::Record;
use redelivery::Reading;
use rehearsal::Rehearsal;
use taken_up::{dropped_visit, visit_of};

/// A hop in all. Operators ask for an answer within two seconds (a quality measure of the Indian regulator, used here as
/// the strictest known); work that has not begun by then is dropped and the caller is told.
pub const HOP_DEADLINE_MS: i64 = 2_000;
/// Times that a hop is run. Twice when its commit is uncertain; once more for each hop of the same session that overtook
/// it, of which a gateway has no more than one redelivery under way.
const RUNS_MAX: u32 = 4;

/// One request of a gateway, understood.
#[derive(Clone)]
pub struct Hop {
    /// The configured channel that it came by.
    pub channel: Arc<str>,
    /// The gateway's name for the session.
    pub session: String,
    /// Who calls.
    pub msisdn: Msisdn,
    /// What was dialled, as the gateway tells it.
    pub service_code: String,
    /// What happened.
    pub event: UssdEvent,
    /// The gateway's name for this hop, where it has one.
    pub hop_id: Option<String>,
}

impl std::fmt::Debug for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hop").field("channel", &self.channel).field("event", &self.event).finish_non_exhaustive()
    }
}

/// What answers hops.
#[derive(Clone, Debug)]
pub struct Service {
    /// Where everything is kept.
    pub store: Store,
    /// Seals personal columns.
    pub keys: Keys,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers.
    pub ids: Arc<IdSource>,
    /// What actions work with: the country and our code.
    pub host: Arc<Host>,
    /// The menus.
    pub bundles: Arc<Bundles>,
    /// Told when messages were queued.
    pub enqueued: Arc<Notify>,
    /// Where menus are tested: what is noted, and what is to fail.
    pub rehearsal: Option<Arc<Rehearsal>>,
    /// Who is told of alarms and of each day by mail.
    pub operators: Arc<[MailAddress]>,
    /// How long traces of messages are kept.
    pub keep: Keep,
    /// How people are told of jobs.
    pub alerts: Terms,
    /// What the parts of a rank count for.
    pub ranking: Weights,
    /// Counts dials.
    pub dials: Arc<Dials>,
    /// Sessions that need not be loaded.
    pub recent: Arc<RecentSessions>,
}

/// How a hop came out, for counters and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A screen was made.
    Answered,
    /// A stored answer was given again.
    Repeated,
    /// The gateway told that a session is over.
    Closed,
    /// The caller got an apology; nothing happened.
    Apologised,
}

/// What a hop gave.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What the caller sees.
    pub answer: UssdAnswer,
    /// How it came about.
    pub outcome: Outcome,
    /// What the screen asks for; `None` where a stored answer was given again.
    pub asked: Option<Asked>,
}

/// All that a hop's transaction needs from outside: made once, so that the transaction can run again.
struct Prepared {
    hop: Hop,
    menus: Arc<Menus>,
    now_ms: i64,
    today: Today,
    hop_uid: i64,
    ids: IdBlock,
    session_key: [u8; 32],
    number: MsisdnHash,
    text_hash: [u8; 32],
    /// The session, as far as it is known without asking.
    recent: Option<Record>,
}

/// Answers a hop. Never fails: what cannot be answered is an END that apologises, and leaves no trace.
pub async fn answer(service: &Arc<Service>, hop: Hop) -> Answered {
    let prepared = Arc::new(prepare(service, hop));
    if let UssdEvent::Closed(why) = prepared.hop.event {
        return closed(service, &prepared, why.code()).await;
    }
    // The deadline holds even when the disk does not answer. The transaction itself is not cancelled.
    let limit = Duration::from_millis(HOP_DEADLINE_MS.unsigned_abs());
    match tokio::time::timeout(limit, settle(service, &prepared)).await.unwrap_or(Err(Error::TooLate)) {
        Ok(done) => {
            if let Some(session) = done.session {
                service.recent.keep(prepared.session_key, session);
            }
            if done.dialled {
                let network = service.host.country.phone.operator(&prepared.hop.msisdn).unwrap_or_default();
                service.dials.count(&prepared.hop.channel, network, prepared.now_ms);
            }
            Answered { answer: done.answer, outcome: done.outcome, asked: done.asked }
        }
        Err(error) => {
            tracing::warn!(channel = %prepared.hop.channel, %error, "a hop could not be answered");
            apology(service)
        }
    }
}

/// Runs a hop's transaction until its fate is known, as far as a few repetitions can tell.
async fn settle(service: &Arc<Service>, prepared: &Arc<Prepared>) -> Result<Done, Error> {
    let mut runs = 0;
    loop {
        let (service_in, prepared_in) = (Arc::clone(service), Arc::clone(prepared));
        let work = Work::interactive(prepared.now_ms + HOP_DEADLINE_MS);
        let is_first = runs == 0;
        let hop = move |tx: &mut Tx<'_>| {
            // A hop that runs again has perhaps gone on from something that was out of date.
            let gone_on = if is_first { go_on(tx, &service_in, &prepared_in)? } else { None };
            gone_on.map_or_else(|| run(tx, &service_in, &prepared_in), Ok)
        };
        let result = service.store.transact(work, hop).await;
        runs += 1;
        let again = match &result {
            // Whether a failed commit is on the disk is known only by looking: the same hop, run again, finds its own uid.
            Err(Error::Unavailable) => runs < 2,
            Err(Error::Conflict) => runs < RUNS_MAX,
            _ => false,
        };
        if !again {
            return result;
        }
    }
}

/// The END that is shown when nothing could be done; never stored as an answer.
fn apology(service: &Service) -> Answered {
    let bundle = &service.bundles.now().live;
    let text = bundle.engine_text(bundle.default_language(), EngineText::Apology).to_owned();
    Answered { answer: UssdAnswer { text, end: true }, outcome: Outcome::Apologised, asked: Some(Asked::Key) }
}

async fn closed(service: &Service, prepared: &Arc<Prepared>, why: &'static str) -> Answered {
    let (key, now_ms) = (prepared.session_key, prepared.now_ms);
    let work = Work::interactive(now_ms + HOP_DEADLINE_MS);
    let closed = service.store.transact(work, move |tx| record::close(tx, &key, why, now_ms)).await;
    if let Err(error) = closed {
        tracing::warn!(channel = %prepared.hop.channel, %error, "the end of a session could not be noted");
    }
    Answered {
        answer: UssdAnswer { text: String::new(), end: true },
        outcome: Outcome::Closed,
        asked: Some(Asked::Key),
    }
}

fn prepare(service: &Service, hop: Hop) -> Prepared {
    let now_ms = service.clock.now_ms();
    let day = Day::from_ms(now_ms, &service.host.country.timezone);
    let number = MsisdnHash::of(&service.keys, &hop.msisdn);
    let mut key = Vec::with_capacity(hop.channel.len() + hop.session.len() + 40);
    key.extend_from_slice(number.as_bytes());
    key.extend_from_slice(&u32::try_from(hop.channel.len()).unwrap_or(u32::MAX).to_be_bytes());
    key.extend_from_slice(hop.channel.as_bytes());
    key.extend_from_slice(hop.session.as_bytes());
    let session_key = service.keys.keyed_hash(Purpose::SessionText, &key);
    let text_hash = match &hop.event {
        UssdEvent::Cumulative(text) | UssdEvent::Input(text) | UssdEvent::Dial { extras: text } => {
            redelivery::hash(&service.keys, &session_key, hop.hop_id.as_deref().unwrap_or(text))
        }
        UssdEvent::Closed(_) => [0; 32],
    };
    let mut ids = service.ids.block(now_ms);
    let hop_uid = ids.next_id().unwrap_or_default();
    let (menus, today) = (service.bundles.now(), Today { day, year: day.year() });
    let recent = service.recent.take(&session_key);
    Prepared { hop, menus, now_ms, today, hop_uid, ids, session_key, number, text_hash, recent }
}

struct Done {
    answer: UssdAnswer,
    outcome: Outcome,
    asked: Option<Asked>,
    /// The session as it stands now, where the hop moved it.
    session: Option<Record>,
    /// A call began with it.
    dialled: bool,
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

/// The usual hop: an input to the session that this node answered last. `None`: it is something else, and only what is stored
/// can tell.
fn go_on(tx: &mut Tx<'_>, service: &Service, prepared: &Prepared) -> Result<Option<Done>, Error> {
    let Some(before) = &prepared.recent else { return Ok(None) };
    let Reading::Typed(typed) = reading(service, prepared, before) else { return Ok(None) };
    let Some((bundle, visit)) = visit_of(service, prepared, before)? else { return Ok(None) };
    let event = Event::Input(typed.to_owned());
    turn(tx, service, prepared, before, (bundle, visit, event), prepared.ids.clone()).map(Some)
}

fn reading<'p>(service: &Service, prepared: &'p Prepared, before: &Record) -> Reading<'p> {
    let hash = |text: &str| redelivery::hash(&service.keys, &prepared.session_key, text);
    redelivery::read(before, &prepared.hop.event, prepared.hop.hop_id.as_deref(), prepared.now_ms, hash)
}

/// The transaction of a hop, from what is stored.
fn run(tx: &mut Tx<'_>, service: &Service, prepared: &Prepared) -> Result<Done, Error> {
    let mut ids = prepared.ids.clone();
    let fresh_id = ids.next_id().unwrap_or_default();
    let before = record::load(tx, prepared, fresh_id)?;
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
