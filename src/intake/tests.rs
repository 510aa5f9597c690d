//! Calls that are read together: what one bad event costs the others.

use serde_json::{Value, json};

use super::*;
use crate::app::{Core, DEMO_NOW_MS};
use crate::clock::SimulatedClock;
use crate::embedded;
use crate::gateway::sms::Hook;
use crate::outbox::hook_call::Call;
use crate::storage::Error;

/// Stands for whatever may fail about one event: the store refuses what it writes.
const REFUSE: &str = "CREATE TRIGGER refuse BEFORE INSERT ON receipt WHEN NEW.about = 'p:bad' \
    BEGIN SELECT RAISE(ABORT, 'refused'); END";

async fn called(core: &Core, body: &Value) {
    let (service, body) = (&core.service, body.to_string().into_bytes());
    let hook = Hook { method: "POST", query: "", content_type: "application/json", signature: "", body: &body };
    let now_ms = service.clock.now_ms();
    let row = service.ids.block(now_ms).first();
    let request = Call::of(&hook).seal(&service.keys, row);
    let keep = move |tx: &mut Tx<'_>| hook_call::keep(tx, row, "demo_sms", HookKind::Receipt, &request, now_ms);
    service.store.transact(Work::bulk(), keep).await.unwrap();
}

async fn column(core: &Core, sql: &'static str) -> Vec<String> {
    let read = move |tx: &mut Tx<'_>| tx.query(sql, &[], |row| Ok(row.text(0)?.to_owned()));
    core.service.store.read::<_, Error, _>(read).await.unwrap()
}

#[tokio::test]
async fn an_event_that_cannot_be_acted_upon_does_not_undo_the_others_and_is_not_tried_without_end() {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let core = Core::in_memory(clock, embedded::menus()).await.unwrap();
    let refuse = |tx: &mut Tx<'_>| tx.execute(REFUSE, &[]);
    core.service.store.transact::<_, Error, _>(Work::bulk(), refuse).await.unwrap();
    for id in ["one", "bad", "two"] {
        called(&core, &json!({"id": id, "status": "delivered"})).await;
    }
    called(&core, &json!({"nonsense": true})).await;
    let intake = core.intake();
    let report = intake.turn().await.unwrap();
    assert_eq!((report.read, report.parked, report.refused), (3, 2, 1), "{report:?}");
    assert_eq!(column(&core, "SELECT about FROM receipt ORDER BY about").await, ["p:one", "p:two"]);
    let statuses = column(&core, "SELECT status FROM hook_call ORDER BY id").await;
    assert_eq!(statuses, ["read", "read", "read", "refused"], "the call is kept, and read once");
    assert_eq!(intake.turn().await.unwrap(), Report::default());
}
