//! An SMPP 3.4 session with an SMSC: it binds, sends what it is given, answers the SMSC, and binds again when it is
//! lost.
//!
//! One task keeps the session; [`Smpp`] is the handle of everybody else. A part that was written and not answered is
//! *unknown*, one that was not written whole is *not sent*: the line between the two is the last octet that the socket
//! took. What the SMSC delivers is handed on and answered only when it is stored; until then the SMSC keeps it.
//!
//! Written on our own reading of the units ([`pdu`](crate::gateway::sms::smpp::pdu)), as the session libraries that
//! there are tell *not sent* and *unknown* with one error, end the connection over one unit they cannot read, log texts
//! and passwords, or bring a second TLS library.

mod back_off;
mod dial;
mod keeper;
mod session;
mod settings;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{Sleep, sleep};

use crate::gateway::sms::smpp::pdu::{Bind, SubmitSm};
use crate::gateway::sms::smpp::{Account, PartAnswer, Place, Profile};
use crate::gateway::sms::{Answered, HookEvent, SendOutcome, Sms};
use back_off::BackOff;
use dial::Dial;
use keeper::Keeper;
use session::{Context, Job};
pub use settings::{Settings, Timings};

/// The longest `system_id`, in octets (SMPP 3.4, 5.2.1).
const SYSTEM_ID_OCTETS_MAX: usize = 15;
/// The longest password, in octets. The standard has 8; SMSCs that take more are common.
const PASSWORD_OCTETS_MAX: usize = 64;
/// The longest `system_type`, in octets (SMPP 3.4, 5.2.3).
const SYSTEM_TYPE_OCTETS_MAX: usize = 12;
/// The largest window: unanswered parts are what a lost session leaves unknown.
const WINDOW_MAX: usize = 100;
/// Deliveries that wait to be stored. What comes above it is told to come again, so that a slow store fills no memory.
const DELIVERIES_MAX: usize = 64;

/// Something that the SMSC tells, not asked by us.
#[derive(Debug)]
pub struct FromNetwork {
    /// What.
    pub news: News,
    /// To be answered when it is stored, or cannot be. For a delivery the SMSC is answered then, and delivers it again
    /// unless it is [`Stored::Yes`]; to drop this is [`Stored::No`]. A connection that is lost before that makes it
    /// come again as well, stored or not. For a late answer nobody waits.
    pub done: oneshot::Sender<Stored>,
}

/// What the SMSC tells.
#[derive(Debug)]
pub enum News {
    /// A receipt, or a message from a phone.
    Event {
        /// Which.
        event: HookEvent,
        /// The unit that it came in, whole: to be written down.
        unit: Vec<u8>,
    },
    /// The answer to a message that was given up as unknown because it did not come in time.
    Late {
        /// The message.
        client_ref: String,
        /// What became of it after all; never unknown.
        answered: Answered,
    },
}

/// Whether something is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is.
    Yes,
    /// It is not, and shall come again.
    No,
}

/// How things are with the SMSC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Being connected and bound.
    Connecting,
    /// Bound.
    Bound,
    /// Waiting to connect again.
    Waiting,
    /// Refused for what we are; tried again from time to time.
    Refused,
    /// At its end.
    Stopped,
}

/// Figures of a session, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Whether we are bound.
    pub bound: bool,
    /// Parts that are being sent or wait for their answer.
    pub in_window: usize,
    /// Binds after the first.
    pub reconnects: u64,
    /// Answers that came after their message was given up.
    pub late: u64,
    /// Units whose fields could not be read: refused for good.
    pub unreadable: u64,
    /// Deliveries that tell nothing: receipts that name no message, octets that are no text.
    pub passed_over: u64,
    /// Deliveries that were not stored and shall come again.
    pub turned_away: u64,
}

#[derive(Debug, Default)]
struct Counts {
    binds: AtomicU64,
    late: AtomicU64,
    unreadable: AtomicU64,
    passed_over: AtomicU64,
    turned_away: AtomicU64,
}

fn count(figure: &AtomicU64) {
    figure.fetch_add(1, Ordering::Relaxed);
}

/// Why a session cannot be begun: the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFault {
    /// The address is not `smpp://HOST` or `smpp://HOST:PORT`.
    #[error("the endpoint is not smpp://HOST:PORT")]
    Endpoint,
    /// Name, password or system type are longer than they can be.
    #[error("the name, the password or the system type is too long for SMPP")]
    Account,
    /// The machine's trusted certificates cannot be used.
    #[error("the machine's trusted certificates cannot be used")]
    Tls,
}

/// The handle of a session. The session ends with [`Smpp::stop`], or when the last handle is dropped.
#[derive(Clone)]
pub struct Smpp {
    shared: Arc<Shared>,
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Smpp").field(&self.link()).finish()
    }
}

struct Shared {
    profile: Profile,
    sender: String,
    timings: Timings,
    window: Arc<Semaphore>,
    window_size: usize,
    /// The reference of the next message of several parts.
    reference: AtomicU8,
    jobs: mpsc::Sender<Job>,
    link: watch::Receiver<Link>,
    stop: watch::Sender<bool>,
    counts: Arc<Counts>,
}

impl Smpp {
    /// Begins a session, on the runtime that this is called on. What the SMSC tells comes out of the receiver; while
    /// nobody reads it, the SMSC keeps what it has.
    pub fn start(settings: Settings, account: Account) -> Result<(Self, mpsc::Receiver<FromNetwork>), StartFault> {
        let lengths = [
            (&account.username, SYSTEM_ID_OCTETS_MAX),
            (&account.password, PASSWORD_OCTETS_MAX),
            (&account.system_type, SYSTEM_TYPE_OCTETS_MAX),
        ];
        if lengths.iter().any(|(text, octets_max)| text.len() > *octets_max) {
            return Err(StartFault::Account);
        }
        let Settings { window, timings, seed } = settings;
        let Account { endpoint, tls, sender, username, password, system_type, profile } = account;
        let dial = Dial::new(&endpoint, tls, Bind { system_id: username, password, system_type }, timings)?;
        let window_size = window.clamp(1, WINDOW_MAX);
        let (jobs, jobs_in) = mpsc::channel(window_size);
        let (news, news_out) = mpsc::channel(DELIVERIES_MAX);
        let (link_in, link) = watch::channel(Link::Connecting);
        let (stop, stopped) = watch::channel(false);
        let counts = Arc::<Counts>::default();
        let context = Context { profile: profile.clone(), timings, news, counts: Arc::clone(&counts), stopped };
        let back_off = BackOff::new(seed, timings.back_off_min, timings.back_off_max);
        tokio::spawn(Keeper { dial, context, jobs: jobs_in, link: link_in, back_off }.run());
        let [reference, ..] = seed.to_le_bytes();
        let shared = Shared {
            profile,
            sender,
            timings,
            window: Arc::new(Semaphore::new(window_size)),
            window_size,
            reference: AtomicU8::new(reference),
            jobs,
            link,
            stop,
            counts,
        };
        Ok((Self { shared: Arc::new(shared) }, news_out))
    }

    /// Sends one message, its parts one after the other, and tells what became of it within `patience` and `response`.
    ///
    /// Accepted is a message whose last part was, under that part's id: the one that a receipt was asked for, since the
    /// last part is only sent when the SMSC has all others, and a phone that got it has with few exceptions got them. A
    /// receipt for each would make as many events of one message as it has parts. A part that is not taken ends the
    /// message; [`Profile::after_part`] says with what outcome.
    pub async fn submit(&self, sms: &Sms) -> Answered {
        let Shared { profile, timings, reference, .. } = &*self.shared;
        let parts = match profile.parts(&self.shared.sender, sms, reference.fetch_add(1, Ordering::Relaxed)) {
            Ok(parts) => parts,
            Err(fault) => return Answered::plain(SendOutcome::Permanent { reason: fault.reason() }),
        };
        let mut clock = Clock { patience: Box::pin(sleep(timings.patience)), response: None };
        let total = parts.len();
        for (number, part) in (1..).zip(parts) {
            let place = Place { first: number == 1, last: number == total };
            let answer = match self.refusal(&mut clock).await {
                Some(refusal) => refusal,
                None => self.submit_part(part, place, &sms.client_ref, &mut clock).await,
            };
            if let Some(answered) = profile.after_part(place, &answer) {
                return answered;
            }
        }
        Answered::plain(SendOutcome::Unknown)
    }

    /// Why nothing can be sent now. A connection that is being made is waited for.
    async fn refusal(&self, clock: &mut Clock) -> Option<PartAnswer> {
        let mut link = self.shared.link.clone();
        let link = tokio::select! {
            biased;
            link = link.wait_for(|link| *link != Link::Connecting) => link.map_or(Link::Stopped, |link| *link),
            () = clock.unwritten() => Link::Waiting,
        };
        match link {
            Link::Bound => None,
            Link::Refused => Some(PartAnswer::NoAccount),
            Link::Connecting | Link::Waiting | Link::Stopped => Some(PartAnswer::NotSent),
        }
    }

    async fn submit_part(&self, part: SubmitSm, place: Place, client_ref: &str, clock: &mut Clock) -> PartAnswer {
        let permit = Arc::clone(&self.shared.window).acquire_owned();
        let permit = tokio::select! {
            biased;
            permit = permit => permit,
            () = clock.unwritten() => return PartAnswer::NotSent,
        };
        let (claim, mut claimed) = oneshot::channel();
        let (answer, mut answered) = oneshot::channel();
        let job = Job { part, place, client_ref: client_ref.to_owned(), claim, answer };
        if permit.is_err() || self.shared.jobs.try_send(job).is_err() {
            return PartAnswer::NotSent;
        }
        // Either the session claims the part, and from then on it may be written, or it is taken back here.
        tokio::select! {
            biased;
            claim = &mut claimed => if claim.is_err() { return answered.try_recv().unwrap_or(PartAnswer::NotSent) },
            () = clock.unwritten() => {
                claimed.close();
                if claimed.try_recv().is_err() {
                    return PartAnswer::NotSent;
                }
            }
        }
        tokio::select! {
            biased;
            answer = &mut answered => answer.unwrap_or(PartAnswer::Lost),
            () = clock.answer(self.shared.timings.response) => {
                // Closed, so that an answer from now on is known to be late; one may have come at this moment. Its
                // place in the window goes to others: an SMSC that lost one answer would else be used a little less for
                // ever.
                answered.close();
                answered.try_recv().unwrap_or(PartAnswer::Lost)
            }
        }
    }

    /// Ends the session: nothing more is sent, the last answers are waited for, and the SMSC is told. Returns when it
    /// has ended.
    pub async fn stop(&self) {
        self.shared.stop.send_replace(true);
        let mut link = self.shared.link.clone();
        // An error: the session's task is no more.
        let _ended = link.wait_for(|link| *link == Link::Stopped).await.is_ok();
    }

    /// How things are now.
    pub fn link(&self) -> Link {
        *self.shared.link.borrow()
    }

    /// Sees every change of the link.
    pub fn watch(&self) -> watch::Receiver<Link> {
        self.shared.link.clone()
    }

    /// Figures for the metrics.
    pub fn figures(&self) -> Figures {
        let Shared { window, window_size, counts, .. } = &*self.shared;
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Figures {
            bound: self.link() == Link::Bound,
            in_window: window_size.saturating_sub(window.available_permits()),
            reconnects: read(&counts.binds).saturating_sub(1),
            late: read(&counts.late),
            unreadable: read(&counts.unreadable),
            passed_over: read(&counts.passed_over),
            turned_away: read(&counts.turned_away),
        }
    }
}

/// The time of one message.
struct Clock {
    patience: Pin<Box<Sleep>>,
    /// Runs from the first part that is written.
    response: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    /// The end of the wait for something to be written: of the patience, or of the whole message once a part went out.
    fn unwritten(&mut self) -> impl Future<Output = ()> {
        self.response.as_mut().unwrap_or(&mut self.patience).as_mut()
    }

    /// The end of the wait for answers.
    fn answer(&mut self, response: Duration) -> impl Future<Output = ()> {
        self.response.get_or_insert_with(|| Box::pin(sleep(response))).as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A handle whose session is the test.
    fn handle(timings: Timings) -> (Smpp, mpsc::Receiver<Job>, watch::Sender<Link>) {
        let (jobs, jobs_out) = mpsc::channel(2);
        let (link_in, link) = watch::channel(Link::Bound);
        let shared = Shared {
            profile: Profile::for_sender("Kaziline"),
            sender: "Kaziline".to_owned(),
            timings,
            window: Arc::new(Semaphore::new(2)),
            window_size: 2,
            reference: AtomicU8::new(0),
            jobs,
            link,
            stop: watch::channel(false).0,
            counts: Arc::default(),
        };
        (Smpp { shared: Arc::new(shared) }, jobs_out, link_in)
    }

    fn sms(text: &str) -> Sms {
        Sms { to: "250788000001".into(), text: text.into(), client_ref: "kz1".into(), valid_s: 60 }
    }

    fn accepted(id: &str) -> PartAnswer {
        PartAnswer::Response { status: 0, message_id: id.to_owned() }
    }

    #[tokio::test]
    async fn a_part_that_nobody_claims_in_time_is_taken_back_and_cannot_be_claimed_after_that() {
        let timings = Timings { patience: Duration::from_millis(20), ..Timings::default() };
        let (smpp, mut jobs, _link) = handle(timings);
        let temporary = SendOutcome::Temporary { retry_after_ms: None };
        assert_eq!(smpp.submit(&sms("t")).await.outcome, temporary);
        assert!(jobs.recv().await.unwrap().claim.send(()).is_err());
        assert_eq!(smpp.figures().in_window, 0);
    }

    #[tokio::test]
    async fn a_message_that_was_begun_has_the_time_of_its_answers_for_all_its_parts() {
        let timings = Timings { patience: Duration::from_millis(20), ..Timings::default() };
        let (smpp, mut jobs, _link) = handle(timings);
        let text = "a".repeat(161);
        let sms = sms(&text);
        let mut submitting = Box::pin(smpp.submit(&sms));
        let first = tokio::select! {
            job = jobs.recv() => job.unwrap(),
            answered = &mut submitting => panic!("{answered:?}"),
        };
        first.claim.send(()).unwrap();
        // Its patience is over, and it still waits.
        tokio::time::timeout(3 * timings.patience, &mut submitting).await.unwrap_err();
        first.answer.send(accepted("1")).unwrap();
        let session = async {
            let second = jobs.recv().await.unwrap();
            tokio::task::yield_now().await;
            second.claim.send(()).unwrap();
            second.answer.send(accepted("2")).unwrap();
        };
        let (answered, ()) = tokio::join!(submitting, session);
        assert_eq!(answered.outcome, SendOutcome::Accepted { provider_id: "2".into() });
    }

    #[tokio::test]
    async fn a_session_that_died_leaves_nothing_hanging() {
        let (smpp, jobs, link) = handle(Timings::default());
        drop(jobs);
        let temporary = SendOutcome::Temporary { retry_after_ms: None };
        assert_eq!(smpp.submit(&sms("t")).await.outcome, temporary);
        drop(link);
        smpp.stop().await;
    }

    #[tokio::test]
    async fn a_claimed_part_whose_session_died_is_unknown() {
        let (smpp, mut jobs, _link) = handle(Timings::default());
        let session = async { jobs.recv().await.unwrap().claim.send(()) };
        let sms = sms("t");
        let (answered, claimed) = tokio::join!(smpp.submit(&sms), session);
        assert!(claimed.is_ok());
        assert_eq!(answered.outcome, SendOutcome::Unknown);
    }
}
