//! A provider's bad days, on the simulated clock: what must arrive arrives, no alert comes twice, the limit holds, and every
//! report finds its message. `KAZILINE_DRILL=full` sends 100,000 messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::country::Msisdn;
use kaziline::delivery::{Carrier, Channels, Delivery, Described, Report};
use kaziline::gateway::sms::{Account, Dialect, Hook, HookKind, Peer};
use kaziline::gateway::{TransportFault, WireRequest, WireResponse};
use kaziline::hop::Service;
use kaziline::intake::Intake;
use kaziline::outbox::hook_call::{self, Call};
use kaziline::outbox::retry::Schedule;
use kaziline::outbox::{self, Caps, Class, Content, NewMessage, NewSms, Priority};
use kaziline::storage::{self, Store, Tx, Work};
use kaziline::transport::{Exchange, Transport};
use kaziline::worker::Worker;
use serde_json::{Value, json};

use crate::support::drill;

const SEED: u64 = 20_261_122;
const RATE: u32 = 400;
const POISON_EVERY: i64 = 1_000;
/// Messages that are queued in one transaction.
const QUEUED_AT_ONCE: i64 = 250;

/// 64 well mixed bits (`SplitMix64`).
fn mixed(state: &AtomicU64) -> u64 {
    let mut bits = state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// What the world outside saw.
#[derive(Default)]
struct Ledger {
    /// How often each text reached its phone.
    arrived: HashMap<String, u32>,
    /// When each request came, in simulated milliseconds.
    requests: Vec<i64>,
    /// Requests that were taken and not answered so that we could know.
    unheard: u64,
    /// Names of messages that were taken; whether we were told.
    ids: BTreeMap<String, bool>,
    /// Reports to come: when, and of what.
    reports: Vec<(i64, String, &'static str)>,
    /// Names of which a report was sent.
    reported: BTreeSet<String>,
    /// Texts that were refused for good, and of which we heard it.
    refused: BTreeSet<String>,
    /// By our own name: what a provider that compares them took already.
    known: HashMap<String, String>,
}

/// A provider with bad days. Infobip compares our names of messages; Pindo does not.
struct Provider {
    dialect: Dialect,
    clock: Arc<SimulatedClock>,
    service: Arc<Service>,
    chance: AtomicU64,
    /// Parts of a hundred of requests on which nothing goes wrong; 100: a good day.
    good: u64,
    ledger: Mutex<Ledger>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

impl Provider {
    fn draw(&self) -> u64 {
        mixed(&self.chance) % 1_000
    }

    /// Text and our name of each message in a request.
    fn read(&self, request: &WireRequest) -> Vec<(String, String)> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        if self.dialect == Dialect::Pindo {
            return vec![(text(&body["text"]), String::new())];
        }
        let messages = body["messages"].as_array().unwrap().iter();
        messages
            .map(|message| (text(&message["content"]["text"]), text(&message["destinations"][0]["messageId"])))
            .collect()
    }

    /// The phone gets it, unless the provider knows that it has it. Answers the provider's name of it.
    fn deliver(&self, text: &str, our_name: &str) -> String {
        let mut ledger = self.ledger.lock().unwrap();
        if let Some(known) = ledger.known.get(our_name).filter(|_| !our_name.is_empty()) {
            return known.clone();
        }
        *ledger.arrived.entry(text.to_owned()).or_default() += 1;
        let id = if our_name.is_empty() { format!("Out-{}", ledger.ids.len()) } else { our_name.to_owned() };
        ledger.ids.entry(id.clone()).or_default();
        if !our_name.is_empty() {
            ledger.known.insert(our_name.to_owned(), id.clone());
        }
        id
    }

    /// The answer to a request: the names of its messages, and whether they were taken.
    fn answer(&self, named: &[(String, bool)]) -> WireResponse {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.ids.extend(named.iter().filter(|(_, taken)| *taken).map(|(id, _)| (id.clone(), true)));
        if self.dialect == Dialect::Pindo {
            let body = json!({"sms_id": named[0].0, "status": "sent"});
            return WireResponse { status: 201, headers: Vec::new(), body: body.to_string().into_bytes() };
        }
        let messages = named.iter().map(|(id, taken)| {
            let status = if *taken {
                json!({"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED"})
            } else {
                json!({"groupId": 5, "groupName": "REJECTED", "id": 52, "name": "REJECTED_DESTINATION"})
            };
            json!({"messageId": id, "status": status, "destination": "250788000001"})
        });
        let body = json!({"messages": messages.collect::<Vec<_>>()});
        WireResponse { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    /// Plans the reports on a message: most one, some two, some in the wrong order, some never. True: one goes out at once.
    fn plan(&self, id: &str) -> bool {
        let (now_ms, draw) = (self.clock.now_ms(), self.draw());
        let mut ledger = self.ledger.lock().unwrap();
        if draw < 50 || !ledger.reported.insert(id.to_owned()) {
            return false;
        }
        if draw < 150 {
            return true;
        }
        let recased = if draw < 400 { id.to_uppercase() } else { id.to_owned() };
        ledger.reports.push((now_ms + 2_000, recased.clone(), "DELIVRD"));
        if draw < 300 {
            ledger.reports.push((now_ms + 3_000, recased, if draw < 200 { "UNDELIV" } else { "DELIVRD" }));
        }
        false
    }

    async fn report(&self, id: &str, status: &str) {
        let (group, code, name) =
            if status == "DELIVRD" { (3, 5, "DELIVERED_TO_HANDSET") } else { (2, 4, "UNDELIVERABLE_NOT_DELIVERED") };
        let body = if self.dialect == Dialect::Pindo {
            json!({"sms_id": id, "modified_at": "2026-11-22T07:00:00", "status": status})
        } else {
            json!({"results": [{"messageId": id, "to": "250788000001", "status": {"groupId": group, "id": code,
                "name": name}}]})
        };
        let body = body.to_string().into_bytes();
        let hook = Hook { method: "POST", query: "", content_type: "application/json", signature: "", body: &body };
        let now_ms = self.clock.now_ms();
        let row = self.service.ids.block(now_ms).next_id().unwrap();
        let request = Call::of(&hook).seal(&self.service.keys, row);
        let keep = move |tx: &mut Tx<'_>| hook_call::keep(tx, row, "one", HookKind::Receipt, &request, now_ms);
        self.service.store.transact(Work::bulk(), keep).await.unwrap();
    }

    async fn reports_due(&self) {
        let now_ms = self.clock.now_ms();
        let due: Vec<_> = {
            let mut ledger = self.ledger.lock().unwrap();
            let (due, later) =
                std::mem::take(&mut ledger.reports).into_iter().partition(|(at_ms, ..)| *at_ms <= now_ms);
            ledger.reports = later;
            due
        };
        for (_, id, status) in due {
            self.report(&id, status).await;
        }
    }

    async fn exchanged(&self, request: WireRequest) -> Result<WireResponse, TransportFault> {
        let messages = self.read(&request);
        let count = {
            let mut ledger = self.ledger.lock().unwrap();
            let now_ms = self.clock.now_ms();
            ledger.requests.extend(messages.iter().map(|_| now_ms));
            ledger.requests.len()
        };
        let refused = |status: u16| {
            let headers = if status == 429 { vec![("retry-after".to_owned(), "1".to_owned())] } else { Vec::new() };
            Ok(WireResponse { status, headers, body: b"{}".to_vec() })
        };
        let is_poison = |text: &str| text.starts_with("poison");
        let refuse = |text: &str| self.ledger.lock().unwrap().refused.insert(text.to_owned());
        if self.dialect == Dialect::Pindo && is_poison(&messages[0].0) {
            refuse(&messages[0].0);
            return refused(409);
        }
        // Once the account runs dry, and somebody pays.
        if self.good < 1_000 && (2_000..2_030).contains(&count) {
            return refused(402);
        }
        let take = || -> Vec<(String, bool)> {
            let taken = messages.iter();
            taken
                .map(
                    |(text, name)| {
                        if is_poison(text) { (name.clone(), false) } else { (self.deliver(text, name), true) }
                    },
                )
                .collect()
        };
        let draw = self.draw();
        if draw < self.good {
            let named = take();
            messages.iter().filter(|(text, _)| is_poison(text)).for_each(|(text, _)| {
                refuse(text);
            });
            for (id, _) in named.iter().filter(|(_, taken)| *taken) {
                if self.plan(id) {
                    self.report(id, "DELIVRD").await;
                }
            }
            return Ok(self.answer(&named));
        }
        let unheard = |answer| {
            let named = take();
            named.iter().filter(|(_, taken)| *taken).for_each(|(id, _)| {
                self.plan(id);
            });
            self.ledger.lock().unwrap().unheard += u64::try_from(named.len()).unwrap();
            answer
        };
        match draw - self.good {
            // In tenths of a per cent, in the order of the test plan.
            0..50 => refused(500),
            50..70 => refused(503),
            70..100 => unheard(Err(TransportFault::Unknown)),
            100..120 => Err(TransportFault::NotSent),
            120..140 => Err(TransportFault::Unknown),
            140..190 => refused(429),
            _ => unheard(Ok(WireResponse { status: 201, headers: Vec::new(), body: b"{\"sms".to_vec() })),
        }
    }
}

impl Transport for Provider {
    fn exchange(&self, request: WireRequest) -> Exchange<'_> {
        Box::pin(self.exchanged(request))
    }
}

struct World {
    clock: Arc<SimulatedClock>,
    store: Store,
    provider: Arc<Provider>,
    worker: Worker,
    intake: Intake,
    total: Report,
}

impl World {
    async fn new(dialect: Dialect, good: u64) -> World {
        let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let shared: Arc<dyn Clock> = Arc::<SimulatedClock>::clone(&clock);
        let core = Core::in_memory(Arc::clone(&shared), kaziline::embedded::menus()).await.unwrap();
        let service = core.service.clone();
        let provider = Arc::new(Provider {
            dialect,
            clock: Arc::clone(&clock),
            service: service.clone(),
            chance: AtomicU64::new(SEED),
            good,
            ledger: Mutex::default(),
        });
        let account = Account { password: "secret".to_owned(), ..Account::of(dialect) };
        let channel = Described {
            name: "one".to_owned(),
            carrier: Carrier::Http { account: account.clone(), transport: Arc::<Provider>::clone(&provider) },
            routes: vec![String::new()],
            order: 1,
            cost_micros: 0,
            rate: RATE,
            lanes: 1,
            window: 32,
            reports: true,
            caps: Caps { number: 0, prefix: 0, employer: 0, channel: 0, channel_cost_micros: 0 },
        };
        let Delivery { timezone, recipient_check, recipient_stop, .. } = &*core.delivery;
        let delivery = Arc::new(Delivery {
            store: service.store.clone(),
            keys: service.keys.clone(),
            clock: shared,
            ids: service.ids.clone(),
            channels: Channels::new(vec![channel], clock.now_ms()),
            is_alone: false,
            timezone: timezone.clone(),
            schedule: Schedule::default(),
            operators: [].into(),
            recipient_check: *recipient_check,
            recipient_stop: *recipient_stop,
        });
        let channel = Arc::clone(&delivery.channels.all()[0]);
        let intake = Intake { peers: [("one".to_owned(), Peer::Http(account))].into(), ..core.intake() };
        let worker = Worker::new(delivery, channel);
        World { clock, store: service.store.clone(), provider, worker, intake, total: Report::default() }
    }

    /// Queues messages, every second one an alert.
    async fn queue(&self, messages: i64) {
        let (service, now_ms) = (&self.provider.service, self.clock.now_ms());
        for first in (0..messages).step_by(usize::try_from(QUEUED_AT_ONCE).unwrap()) {
            let blocks: Vec<_> = (0..QUEUED_AT_ONCE).map(|_| service.ids.block(now_ms).first()).collect();
            let keys = service.keys.clone();
            let queue = move |tx: &mut Tx<'_>| {
                for (id, number) in blocks.iter().zip(first..messages) {
                    let text = text(number);
                    let class = if number % 2 == 0 { Class::MustArrive } else { Class::Alert };
                    let new = NewMessage {
                        id: *id,
                        operation_key: &text,
                        content: Content::Sms(NewSms {
                            to: &Msisdn::parse_e164(&format!("25078{number:07}")).unwrap(),
                            generation: 1,
                            route: "",
                            text: &text,
                        }),
                        person_id: None,
                        employer_id: None,
                        priority: if number % 2 == 0 { Priority::Stage } else { Priority::Alert },
                        class,
                        template: "chaos",
                        due_ms: now_ms,
                        expires_ms: now_ms + 7 * 86_400_000,
                    };
                    outbox::enqueue(tx, &keys, &new, now_ms)?;
                }
                Ok::<_, outbox::Error>(())
            };
            self.store.transact(Work::bulk(), queue).await.unwrap();
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let read = move |tx: &mut Tx<'_>| tx.query_one(sql, &[], |row| row.integer(0));
        self.store.read::<_, storage::Error, _>(read).await.unwrap().unwrap()
    }

    /// Until nothing is left to be done.
    async fn run(&mut self) {
        const LEFT: &str = "SELECT COUNT(*) FROM outbox WHERE status IN ('queued', 'sending') OR resend_ms > 0";
        for turns in 0..4_000_000 {
            let turn = self.worker.turn().await.unwrap();
            self.total.add(&turn.report);
            self.total.add(&self.worker.land().await);
            self.provider.reports_due().await;
            self.intake.turn().await.unwrap();
            self.clock.advance(turn.wait_ms.clamp(1, 1_000));
            if turns % 200 == 0 && self.count(LEFT).await == 0 {
                break;
            }
        }
        assert_eq!(self.count(LEFT).await, 0, "{:?}", self.total);
        // The last reports, and those whose reading was put off.
        for _ in 0..200 {
            self.clock.advance(100);
            self.provider.reports_due().await;
            self.intake.turn().await.unwrap();
        }
    }
}

fn text(number: i64) -> String {
    let word = if number % POISON_EVERY == 7 { "poison" } else { "message" };
    format!("{word} {number}")
}

/// The most requests in any second.
fn busiest(requests: &[i64]) -> usize {
    let mut from = 0;
    let mut most = 0;
    for (at, time) in requests.iter().enumerate() {
        while requests[from] <= time - 1_000 {
            from += 1;
        }
        most = most.max(at + 1 - from);
    }
    most
}

async fn bad_days(dialect: Dialect) {
    let messages = drill(4_000, 100_000);
    let mut world = World::new(dialect, 800).await;
    world.queue(messages).await;
    world.run().await;
    let (mut lost, mut doubled, mut alerts_doubled, mut poison) = (0, 0_u64, 0, 0);
    let (busiest, requests, unheard, refused) = {
        let ledger = world.provider.ledger.lock().unwrap();
        for number in 0..messages {
            let text = text(number);
            let arrived = ledger.arrived.get(&text).copied().unwrap_or_default();
            if text.starts_with("poison") {
                poison += 1;
                assert_eq!(arrived, 0);
            } else if number % 2 == 0 {
                lost += u32::from(arrived == 0);
                doubled += u64::from(arrived.saturating_sub(1));
            } else {
                alerts_doubled += u32::from(arrived > 1);
            }
        }
        (busiest(&ledger.requests), ledger.requests.len(), ledger.unheard, i64::try_from(ledger.refused.len()).unwrap())
    };
    println!(
        "{}: {messages} messages, seed {SEED}, {requests} requests, busiest second {busiest} of {RATE}: must-arrive lost \
         {lost}, doubled {doubled} (taken and unheard {unheard}); alerts doubled {alerts_doubled}; {:?}",
        dialect.name(),
        world.total
    );
    assert_eq!((lost, alerts_doubled), (0, 0));
    assert!(doubled <= unheard && (dialect == Dialect::Pindo || doubled == 0), "{doubled} of {unheard}");
    assert!(busiest <= usize::try_from(RATE).unwrap(), "{busiest}");
    // An alert of which nothing was heard is not sent again, so that its refusal is never heard: all others are dead letters.
    assert!(refused <= poison && refused * 10 >= poison * 7, "{refused} of {poison}");
    assert_eq!(world.count("SELECT COUNT(*) FROM outbox WHERE status = 'failed'").await, refused, "dead letters");
    // A report is parked only if we were never told the name that it bears.
    let told = {
        let ledger = world.provider.ledger.lock().unwrap();
        ledger.ids.iter().filter(|(id, told)| **told && ledger.reported.contains(*id)).count()
    };
    let joined = world.count("SELECT COUNT(DISTINCT message_id) FROM receipt WHERE message_id > 0").await;
    assert!(joined >= i64::try_from(told).unwrap(), "{joined} joined of {told} told");
    let ended = "SELECT COUNT(*) FROM outbox WHERE status IN ('delivered', 'undelivered')";
    assert!(world.count(ended).await >= i64::try_from(told).unwrap());
}

#[tokio::test]
async fn a_provider_that_compares_names_has_bad_days() {
    bad_days(Dialect::Infobip).await;
}

#[tokio::test]
async fn a_provider_that_does_not_has_bad_days() {
    bad_days(Dialect::Pindo).await;
}

#[tokio::test]
async fn on_a_good_day_the_limit_is_used_up() {
    let messages = drill(4_000, 40_000);
    let mut world = World::new(Dialect::Pindo, 1_000).await;
    world.queue(messages).await;
    world.run().await;
    let ledger = world.provider.ledger.lock().unwrap();
    let (first, last) = (ledger.requests[0], *ledger.requests.last().unwrap());
    let mean = f64::from(u32::try_from(ledger.requests.len()).unwrap()) * 1_000.0
        / f64::from(u32::try_from(last - first).unwrap());
    println!("good day: {messages} messages, mean {mean:.1} of {RATE} a second, busiest {}", busiest(&ledger.requests));
    assert!(mean >= f64::from(RATE) * 0.95 && mean <= f64::from(RATE), "{mean}");
    assert!(busiest(&ledger.requests) <= usize::try_from(RATE).unwrap());
}
