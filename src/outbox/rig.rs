//! What the tests of the outbox and of delivery stand on: an inline store with the outbox alone, and messages to queue.

use std::sync::Arc;

use super::{
    Caps, Check, Claim, Class, Content, Enqueued, Error, NewMessage, NewSms, Priority, RecipientState, Shown, Status,
    Terms, enqueue, show,
};
use crate::clock::{Clock, IdSource, SimulatedClock};
use crate::country::Msisdn;
use crate::on_postgres;
use crate::storage::{self, Keys, Migration, Store, Tx, Work};

/// A Sunday morning.
pub(crate) const NOW_MS: i64 = 1_795_330_800_000;
/// How long the rig's messages are of use: 3 days.
pub(crate) const USE_MS: i64 = 3 * 86_400_000;

const OUTBOX: &[Migration] = &[
    Migration::new(1, "outbox", include_str!("../../migrations/sqlite/0003_outbox.sql")),
    Migration::new(2, "queue_hold", include_str!("../../migrations/sqlite/0004_queue_hold.sql")),
    Migration::new(3, "delivery", include_str!("../../migrations/sqlite/0006_delivery.sql")),
    Migration::new(4, "ways_out", include_str!("../../migrations/sqlite/0007_ways_out.sql")),
];
const OUTBOX_THERE: &[Migration] = &[
    Migration::new(1, "outbox", include_str!("../../migrations/postgres/0003_outbox.sql")),
    Migration::new(2, "queue_hold", include_str!("../../migrations/postgres/0004_queue_hold.sql")),
    Migration::new(3, "delivery", include_str!("../../migrations/postgres/0006_delivery.sql")),
    Migration::new(4, "ways_out", include_str!("../../migrations/postgres/0007_ways_out.sql")),
];

/// The number that every message goes to.
pub(crate) const NUMBER: &str = "250788000001";

pub(crate) fn msisdn() -> Msisdn {
    Msisdn::parse_e164(NUMBER).unwrap()
}

/// Everything a test needs, on one simulated clock.
pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) ids: Arc<IdSource>,
}

impl Rig {
    /// On a store in memory.
    pub(crate) fn new() -> Self {
        Self::on(|clock| Store::inline(OUTBOX, clock).unwrap())
    }

    /// On a `PostgreSQL` database.
    pub(crate) fn there() -> Self {
        Self::on(|clock| on_postgres::store(OUTBOX_THERE, &clock))
    }

    /// One for each engine: what is promised is promised on both.
    pub(crate) fn on_each_engine() -> [Self; 2] {
        [Self::new(), Self::there()]
    }

    fn on(store: impl FnOnce(Arc<dyn Clock>) -> Store) -> Self {
        let clock = Arc::new(SimulatedClock::at(NOW_MS));
        Self {
            store: store(Arc::<SimulatedClock>::clone(&clock)),
            keys: Keys::of_no_secret(),
            clock,
            ids: Arc::new(IdSource::for_node(0)),
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Runs `f` in a transaction. Not inside a runtime: it blocks.
    pub(crate) fn tx<T: Send + 'static>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.store.transact_blocking(Work::bulk(), f)
    }

    /// Queues a message that `change` may alter; answers its id and what became of it.
    pub(crate) fn queue_as(
        &self,
        key: &str,
        change: impl Fn(&mut NewMessage<'_>) + Send + 'static,
    ) -> Result<(i64, Enqueued), Error> {
        let (id, now_ms) = (self.ids.block(self.now_ms()).first(), self.now_ms());
        let (keys, to, key) = (self.keys.clone(), msisdn(), key.to_owned());
        self.tx(move |tx| {
            let text = format!("Muraho {key}");
            let mut new = NewMessage {
                id,
                operation_key: &key,
                content: Content::Sms(NewSms { to: &to, generation: 1, route: "", text: &text }),
                person_id: None,
                employer_id: None,
                priority: Priority::Interactive,
                class: Class::MustArrive,
                template: "apply.received",
                due_ms: now_ms,
                expires_ms: now_ms + USE_MS,
            };
            change(&mut new);
            Ok((id, enqueue(tx, &keys, &new, now_ms)?))
        })
    }

    /// Queues an SMS that `change` may alter.
    pub(crate) fn queue_sms_as(
        &self,
        key: &str,
        change: impl Fn(&mut NewSms<'_>) + Send + 'static,
    ) -> Result<(i64, Enqueued), Error> {
        self.queue_as(key, move |new| {
            if let Content::Sms(sms) = &mut new.content {
                change(sms);
            }
        })
    }

    /// Queues a message of this class and priority; answers its id.
    pub(crate) fn queue(&self, key: &str, class: Class, priority: Priority) -> i64 {
        self.queue_as(key, move |new| {
            new.class = class;
            new.priority = priority;
        })
        .unwrap()
        .0
    }

    pub(crate) fn shown(&self, id: i64) -> Shown {
        self.tx(move |tx| show(tx, id)).unwrap().unwrap()
    }

    pub(crate) fn status(&self, id: i64) -> Status {
        self.shown(id).message.status
    }
}

/// The terms of a claim of nine messages over the channel `mtn`, which needs no lane and knows no caps.
pub(crate) fn terms(rig: &Rig, fence: i64) -> Claim {
    Claim {
        fence,
        now_ms: rig.now_ms(),
        lease_ms: 1_000,
        limit: 9,
        alerts_max: 9,
        channel: "mtn".into(),
        routes: [String::new()].into(),
        holder: None,
        day: 20_000,
        cost_micros: 0,
        caps: NO_CAPS,
        tomorrow_ms: rig.now_ms() + 86_400_000,
    }
}

/// What a verdict of that claim is written with.
pub(crate) fn settling(fence: i64, receipt_wait_ms: Option<i64>, now_ms: i64) -> Terms {
    Terms { channel: "mtn".into(), fence, receipt_wait_ms, day: 20_000, cost_micros: 0, now_ms }
}

/// As much as there is.
pub(crate) const NO_CAPS: Caps = Caps { number: 0, prefix: 0, employer: 0, channel: 0, channel_cost_micros: 0 };

/// Every number takes everything.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a RecipientCheck")]
pub(crate) fn open_numbers(_tx: &mut Tx<'_>, _check: &Check<'_>) -> Result<RecipientState, storage::Error> {
    Ok(RecipientState::Open)
}

/// Generation 2 has stopped, and 3 belongs to somebody else; the confirmation of a stop is sent all the same.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a RecipientCheck")]
pub(crate) fn closed_numbers(_tx: &mut Tx<'_>, check: &Check<'_>) -> Result<RecipientState, storage::Error> {
    assert_eq!(check.address_hmac.len(), 32);
    Ok(match check.generation {
        2 if check.template != "stop.confirmed" => RecipientState::Stopped,
        3 => RecipientState::OtherOwner,
        _ => RecipientState::Open,
    })
}
