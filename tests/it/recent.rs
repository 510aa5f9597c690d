//! Sessions that go on from a node's memory: whatever another node, a gateway or a redelivery did to them meanwhile, callers see
//! what they would see if every hop were read from the store.

use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::country::Msisdn;
use kaziline::embedded;
use kaziline::gateway::ussd::{ClosedWhy, UssdEvent};
use kaziline::hop::{self, Answered, Hop, Outcome, Service};
use kaziline::storage;

use crate::apply::{APPLY, WORKER};

/// Help, back and forth.
const LOOKS: [&str; 5] = ["", "4", "4*2", "4*2*0", "4*2*0*3"];

/// Two nodes with a memory each, on one store.
struct Nodes {
    core: Core,
    clock: Arc<SimulatedClock>,
    both: [Arc<Service>; 2],
}

impl Nodes {
    async fn open() -> Nodes {
        let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
        let core = core.await.unwrap();
        let other = Service { recent: Arc::default(), ..Service::clone(&core.service) };
        let both = [Arc::clone(&core.service), Arc::new(other)];
        Nodes { core, clock, both }
    }

    async fn hop(&self, node: usize, session: &str, number: &str, event: UssdEvent) -> Answered {
        // As long as a thumb takes.
        self.clock.advance(3_000);
        self.sent(node, session, number, event).await
    }

    async fn sent(&self, node: usize, session: &str, number: &str, event: UssdEvent) -> Answered {
        let hop = Hop {
            channel: "demo".into(),
            session: session.to_owned(),
            msisdn: Msisdn::parse_e164(number).unwrap(),
            service_code: "*567#".to_owned(),
            event,
            hop_id: None,
        };
        hop::answer(&self.both[node], hop).await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let count = self
            .core
            .service
            .store
            .read::<_, storage::Error, _>(move |tx| tx.query_one(sql, &[], |row| row.integer(0)));
        count.await.unwrap().unwrap()
    }
}

fn typed(text: &str) -> UssdEvent {
    UssdEvent::Cumulative(text.to_owned())
}

#[tokio::test]
async fn a_session_goes_on_whichever_node_its_hops_come_to() {
    let nodes = Nodes::open().await;
    let mut usual = Vec::new();
    for text in LOOKS {
        usual.push(nodes.hop(0, "usual", "+250788999000", typed(text)).await.answer.text);
    }
    assert!(usual.windows(2).all(|pair| pair[0] != pair[1]), "{usual:?}");
    for way in 0..1_usize << LOOKS.len() {
        let (session, number) = (format!("s{way}"), format!("+250788999{:03}", way + 1));
        for (step, text) in LOOKS.into_iter().enumerate() {
            let node = way >> step & 1;
            let answered = nodes.hop(node, &session, &number, typed(text)).await;
            assert_eq!(
                (answered.answer.text.as_str(), answered.outcome),
                (&*usual[step], Outcome::Answered),
                "{way:b}"
            );
            // A gateway that heard nothing asks the other node, and then this one.
            for node in [1 - node, node] {
                let again = nodes.sent(node, &session, &number, typed(text)).await;
                assert_eq!((again.answer.text.as_str(), again.outcome), (&*usual[step], Outcome::Repeated), "{way:b}");
            }
        }
    }
}

#[tokio::test]
async fn an_application_that_two_nodes_are_told_of_is_one() {
    let nodes = Nodes::open().await;
    let before = nodes.count("SELECT COUNT(*) FROM application").await;
    let [look @ .., apply] = APPLY;
    for text in look {
        nodes.hop(0, "s", WORKER, typed(text)).await;
    }
    let messages = nodes.count("SELECT COUNT(*) FROM outbox").await;
    // The first node still has the session as it was before.
    let there = nodes.hop(1, "s", WORKER, typed(apply)).await;
    let here = nodes.sent(0, "s", WORKER, typed(apply)).await;
    assert_eq!((there.outcome, here.outcome), (Outcome::Answered, Outcome::Repeated));
    assert_eq!(there.answer.text, here.answer.text);
    assert_eq!(nodes.count("SELECT COUNT(*) FROM application").await, before + 1);
    assert_eq!(nodes.count("SELECT COUNT(*) FROM outbox").await, messages + 1);
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_does_not_go_on_here() {
    let nodes = Nodes::open().await;
    let mut screens = Vec::new();
    for end in [0, 1] {
        let (session, number) = (format!("s{end}"), format!("+25078899900{end}"));
        for text in &LOOKS[..2] {
            nodes.hop(0, &session, &number, typed(text)).await;
        }
        nodes.hop(end, &session, &number, UssdEvent::Closed(ClosedWhy::Incomplete)).await;
        nodes.clock.advance(hop::redelivery::REDELIVERY_MS);
        // The gateway uses its identifier again.
        screens.push(nodes.hop(0, &session, &number, typed("4*2")).await.answer.text);
    }
    assert_eq!(screens[0], screens[1]);
}
