//! One hop: a caller's key press becomes a screen, in one transaction.
//!
//! The way of a hop, as a story:
//!
//! 1. The web decodes what the gateway sent into a [`Hop`].
//! 2. [`answer`] prepares what may not happen inside a transaction (hashes, identifiers, the time) and hands a closure to
//!    the store, which runs it where the data is (`transaction`), under a deadline.
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
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::actions::Host;
use crate::bundles::{Bundles, Menus};
use crate::clock::{Clock, IdSource};
use crate::country::Msisdn;
use crate::gateway::email::MailAddress;
use crate::gateway::ussd::{UssdAnswer, UssdEvent};
use crate::market::alert::Terms;
use crate::market::phone_number::MsisdnHash;
use crate::market::ranking::Weights;
use crate::menu::graph::EngineText;
use crate::outbox::Keep;
use crate::session::Asked;
use crate::session::input::Today;
use crate::storage::{Error, IdBlock, Keys, Purpose, Store, Work};
use crate::text::datetime::Day;
use dials::Dials;
use recent::RecentSessions;
use record::Record;
use rehearsal::Rehearsal;
use transaction::{Done, run};

/// A hop in all. Operators ask for an answer within two seconds (a quality measure of the Indian regulator, used here as
/// the strictest known); work that has not begun by then is dropped and the caller is told.
pub const HOP_DEADLINE_MS: i64 = 2_000;
/// Times that a hop is run. Twice when its commit is uncertain; once more if what was remembered of the session is out of date,
/// and for each hop of the same session that overtook it, of which a gateway has no more than one redelivery under way.
const RUNS_MAX: u32 = 5;

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
    /// What the session is called if nothing is known of it.
    fresh_session_id: i64,
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
        let result = service.store.transact(work, move |tx| run(tx, &service_in, &prepared_in, is_first)).await;
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
    let fresh_session_id = ids.next_id().unwrap_or_default();
    let (menus, today) = (service.bundles.now(), Today { day, year: day.year() });
    let recent = service.recent.take(&session_key);
    Prepared { hop, menus, now_ms, today, hop_uid, fresh_session_id, ids, session_key, number, text_hash, recent }
}
