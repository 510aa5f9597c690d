//! Delivery against the loop-back provider with bad days, on the simulated clock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::gateway::sms::{Account, Dialect};
use crate::gateway::{TransportFault, WireRequest, WireResponse};
use crate::outbox::retry::Schedule;
use crate::outbox::rig::NO_CAPS;
use crate::outbox::rig::{NUMBER, Rig, closed_numbers};
use crate::outbox::{Class, Priority, Status, UNKNOWN_WAIT_MS, Why, lane, pauses, retry};
use crate::transport::{Exchange, Loopback, Transport};
use crate::worker::Worker;

/// What the provider does with one request; without a script it takes it.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// Refuses with this status, and asks for a wait of 60 s.
    Status(u16),
    /// The exchange fails.
    Fault(TransportFault),
    /// Takes the message and never answers.
    Hang,
}

/// The loop-back provider with bad days.
#[derive(Debug)]
struct Provider {
    inbox: Loopback,
    script: Mutex<VecDeque<Reply>>,
    hanging: Notify,
    requests: AtomicUsize,
    in_flight: AtomicUsize,
    in_flight_max: AtomicUsize,
}

impl Transport for Provider {
    fn exchange(&self, request: WireRequest) -> Exchange<'_> {
        Box::pin(async move {
            self.requests.fetch_add(1, Ordering::SeqCst);
            let in_flight = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            self.in_flight_max.fetch_max(in_flight, Ordering::SeqCst);
            let reply = self.script.lock().unwrap().pop_front();
            tokio::task::yield_now().await;
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            match reply {
                None => self.inbox.exchange(request).await,
                Some(Reply::Fault(fault)) => Err(fault),
                Some(Reply::Status(status)) => {
                    let headers = vec![("retry-after".to_owned(), "60".to_owned())];
                    Ok(WireResponse { status, headers, body: Vec::new() })
                }
                Some(Reply::Hang) => {
                    self.inbox.exchange(request).await.unwrap();
                    self.hanging.notify_one();
                    std::future::pending().await
                }
            }
        })
    }
}

struct Bench {
    rig: Rig,
    provider: Arc<Provider>,
    deps: Arc<Delivery>,
    worker: RefCell<Worker>,
    runtime: tokio::runtime::Runtime,
}

/// The provider as the channel `mtn`.
pub(crate) fn mtn(transport: Arc<dyn Transport>) -> Described {
    Described {
        name: "mtn".to_owned(),
        carrier: Carrier::Http { account: Account::of(Dialect::Loopback), transport },
        routes: vec![String::new()],
        order: 1,
        cost_micros: 0,
        rate: 10_000,
        lanes: 1,
        window: 16,
        reports: false,
        caps: NO_CAPS,
    }
}

/// Delivery over these channels.
pub(crate) fn delivery(rig: &Rig, channels: Vec<Described>) -> Arc<Delivery> {
    let clock: Arc<dyn Clock> = Arc::<crate::clock::SimulatedClock>::clone(&rig.clock);
    Arc::new(Delivery {
        store: rig.store.clone(),
        keys: rig.keys.clone(),
        ids: Arc::clone(&rig.ids),
        channels: Channels::new(channels, rig.now_ms()),
        clock,
        is_alone: false,
        timezone: TimeZone::UTC,
        schedule: Schedule::default(),
        operators: [].into(),
        recipient_check: closed_numbers,
        recipient_stop: no_stop,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a RecipientStop")]
fn no_stop(_tx: &mut Tx<'_>, _hash: &[u8], _now_ms: i64) -> Result<(), crate::storage::Error> {
    Ok(())
}

impl Bench {
    fn new(script: &[Reply]) -> Self {
        let rig = Rig::new();
        let clock: Arc<dyn Clock> = Arc::<crate::clock::SimulatedClock>::clone(&rig.clock);
        let provider = Arc::new(Provider {
            inbox: Loopback::new(Arc::clone(&clock)),
            script: Mutex::new(script.iter().copied().collect()),
            hanging: Notify::new(),
            requests: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            in_flight_max: AtomicUsize::new(0),
        });
        let deps = delivery(&rig, vec![mtn(Arc::<Provider>::clone(&provider))]);
        let worker = RefCell::new(Worker::new(Arc::clone(&deps), Arc::clone(&deps.channels.all()[0])));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { rig, provider, deps, worker, runtime }
    }

    fn deliver(&self) -> Report {
        self.runtime.block_on(self.worker.borrow_mut().deliver()).unwrap()
    }

    /// A new process: a worker that knows nothing of the one before.
    fn turn_of_a_new_worker(&self) {
        let mut worker = Worker::new(Arc::clone(&self.deps), Arc::clone(&self.deps.channels.all()[0]));
        // The lanes of the one that is gone are free once its lease has ended, and rest for a second.
        self.rig.clock.advance(lane::LEASE_MS);
        self.runtime.block_on(worker.deliver()).unwrap();
        self.rig.clock.advance(1_000);
        self.runtime.block_on(worker.deliver()).unwrap();
    }

    fn texts(&self) -> Vec<String> {
        self.provider.inbox.messages_to(NUMBER, 0).into_iter().map(|message| message.text).collect()
    }

    fn requests(&self) -> usize {
        self.provider.requests.load(Ordering::SeqCst)
    }
}

#[test]
fn a_queued_message_arrives_once_and_leaves_a_masked_trace() {
    let bench = Bench::new(&[]);
    let id = bench.rig.queue("hop1", Class::MustArrive, Priority::Interactive);
    assert_eq!(bench.deliver(), Report { claimed: 1, accepted: 1, ..Report::default() });
    assert_eq!(bench.deliver(), Report::default());
    assert_eq!(bench.texts(), ["Muraho hop1"]);
    let shown = bench.rig.shown(id);
    assert_eq!(shown.message.status, Status::Accepted);
    let exchange = shown.attempts.last().unwrap().exchange.clone();
    assert!(exchange.starts_with("mtn POST https://loopback.invalid/messages ") && exchange.contains(" -> 202 "));
    assert!(!exchange.contains(NUMBER) && !exchange.contains("Muraho"), "{exchange}");
}

#[test]
fn a_crash_after_sending_sends_once_more_what_must_arrive_and_never_an_alert() {
    let bench = Bench::new(&[Reply::Hang, Reply::Hang]);
    let must = bench.rig.queue("hop1", Class::MustArrive, Priority::Interactive);
    let alert = bench.rig.queue("wave1", Class::Alert, Priority::Alert);
    let mut hanging = bench.worker.borrow_mut();
    bench.runtime.block_on(async {
        tokio::select! {
            report = hanging.deliver() => panic!("it hangs: {report:?}"),
            () = async { bench.provider.hanging.notified().await; tokio::task::yield_now().await } => {}
        }
    });
    assert_eq!((bench.rig.status(must), bench.rig.status(alert)), (Status::Sending, Status::Sending));
    bench.rig.clock.advance(LEASE_MS);
    bench.turn_of_a_new_worker();
    assert_eq!((bench.rig.status(must), bench.rig.status(alert)), (Status::Unknown, Status::Unknown));
    assert_eq!(bench.requests(), 2);
    bench.rig.clock.advance(UNKNOWN_WAIT_MS);
    bench.turn_of_a_new_worker();
    let message = bench.rig.shown(must).message;
    assert_eq!((message.status, message.possible_duplicate, message.attempts), (Status::Accepted, true, 2));
    assert_eq!((bench.rig.status(alert), bench.requests()), (Status::Unknown, 3));
    assert_eq!(bench.texts().len(), 2, "the provider knew the second by its reference");
}

#[test]
fn a_provider_out_of_reach_is_tried_later_and_later_and_then_no_more() {
    let attempts = usize::try_from(retry::ATTEMPTS_MAX).unwrap();
    let bench = Bench::new(&vec![Reply::Fault(TransportFault::NotSent); attempts]);
    let id = bench.rig.queue("hop1", Class::MustArrive, Priority::Stage);
    for _ in 1..attempts {
        assert_eq!(bench.deliver().temporary, 1);
        let message = bench.rig.shown(id).message;
        assert_eq!((message.status, bench.deliver()), (Status::Queued, Report::default()));
        bench.rig.clock.advance(message.due_ms - bench.rig.now_ms());
    }
    assert_eq!(bench.deliver().permanent, 1);
    let message = bench.rig.shown(id).message;
    assert_eq!((message.status, message.reason.as_str()), (Status::Failed, "tried_too_often"));
    assert_eq!((bench.requests(), bench.texts().len()), (attempts, 0));
}

#[test]
fn each_answer_has_its_consequence() {
    let lost = Reply::Fault(TransportFault::Unknown);
    let bench = Bench::new(&[Reply::Status(503), Reply::Status(422), Reply::Status(500), lost]);
    let ids = [Class::MustArrive, Class::MustArrive, Class::MustArrive, Class::Alert];
    let mut number = 0;
    let ids = ids.map(|class| {
        number += 1;
        bench.rig.queue(&format!("hop{number}"), class, Priority::Stage)
    });
    // This provider knows our names of messages: what must arrive is asked about again soon, an alert never.
    let report = Report { claimed: 4, temporary: 2, permanent: 1, unknown: 1, ..Report::default() };
    assert_eq!(bench.deliver(), report);
    let stands = ids.map(|id| bench.rig.status(id));
    assert_eq!(stands, [Status::Queued, Status::Failed, Status::Queued, Status::Unknown]);
    assert!(bench.rig.shown(ids[0]).message.due_ms >= bench.rig.now_ms() + 60_000, "it asked for 60 s");
    bench.rig.clock.advance(UNKNOWN_WAIT_MS);
    bench.turn_of_a_new_worker();
    assert_eq!(
        ids.map(|id| bench.rig.status(id)),
        [Status::Accepted, Status::Failed, Status::Accepted, Status::Unknown]
    );
}

#[test]
fn a_number_that_stopped_while_its_message_lay_is_not_sent_to() {
    let bench = Bench::new(&[]);
    let (id, _) = bench.rig.queue_sms_as("wave1", |new| new.generation = 2).unwrap();
    assert_eq!(bench.deliver(), Report { claimed: 1, cancelled: 1, ..Report::default() });
    assert_eq!((bench.rig.status(id), bench.requests()), (Status::Cancelled, 0));
}

#[test]
fn as_many_are_on_their_way_as_the_window_holds() {
    let bench = Bench::new(&[]);
    for i in 0..20 {
        bench.rig.queue(&format!("hop{i}"), Class::MustArrive, Priority::Stage);
    }
    assert_eq!(bench.deliver().accepted, 16);
    assert_eq!(bench.provider.in_flight_max.load(Ordering::SeqCst), 16);
    assert_eq!(bench.deliver().accepted, 4);
}

#[test]
fn what_is_wrong_with_the_channel_is_not_held_against_a_message() {
    let bench = Bench::new(&[Reply::Status(401), Reply::Status(402)]);
    let id = bench.rig.queue("hop1", Class::MustArrive, Priority::Stage);
    for why in [Why::Credentials, Why::NoCredit] {
        assert_eq!(bench.deliver(), Report { claimed: 1, blocked: 1, ..Report::default() });
        assert_eq!(bench.deliver(), Report::default(), "the channel rests");
        let pause = bench.rig.tx(pauses).unwrap().remove(0);
        assert_eq!((pause.channel.as_str(), pause.why), ("mtn", why));
        let message = bench.rig.shown(id).message;
        assert_eq!((message.status, message.attempts, message.reason.as_str()), (Status::Queued, 0, "channel"));
        bench.rig.clock.advance(pause.until_ms - bench.rig.now_ms());
    }
    assert_eq!(bench.deliver().accepted, 1);
}

#[test]
fn a_message_that_cannot_be_unsealed_fails_alone() {
    let bench = Bench::new(&[]);
    let bad = bench.rig.queue("hop1", Class::MustArrive, Priority::Interactive);
    let good = bench.rig.queue("hop2", Class::MustArrive, Priority::Interactive);
    let swap = "UPDATE outbox SET body = (SELECT body FROM outbox WHERE id = $2) WHERE id = $1";
    bench.rig.tx(move |tx| Ok(tx.execute(swap, &[bad.into(), good.into()])?)).unwrap();
    assert_eq!(bench.deliver(), Report { claimed: 2, accepted: 1, permanent: 1, ..Report::default() });
    assert_eq!((bench.rig.status(bad), bench.rig.status(good)), (Status::Failed, Status::Accepted));
    assert_eq!(bench.texts(), ["Muraho hop2"]);
}
