//! Dials are counted as they are answered, and the day is told in numbers.

use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::country::Msisdn;
use kaziline::embedded;
use kaziline::gateway::ussd::{ClosedWhy, UssdEvent};
use kaziline::hop::dials::Counted;
use kaziline::hop::{self, Hop, Outcome, Service};

use crate::apply::{APPLY, WORKER};
use crate::support::{World, run, texts};

async fn hop_of(service: &Arc<Service>, session: &str, number: &str, event: UssdEvent) -> Outcome {
    let hop = Hop {
        channel: "demo".into(),
        session: session.to_owned(),
        msisdn: Msisdn::parse_e164(number).unwrap(),
        service_code: "*567#".to_owned(),
        event,
        hop_id: None,
    };
    hop::answer(service, hop).await.outcome
}

#[tokio::test]
async fn a_dial_is_counted_once_and_nothing_else_is() {
    const MTN: &str = "+250788777010";
    let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
    let service = core.await.unwrap().service;
    let text = |text: &str| UssdEvent::Cumulative(text.to_owned());
    assert_eq!(hop_of(&service, "a", MTN, text("")).await, Outcome::Answered);
    assert_eq!(hop_of(&service, "a", MTN, text("")).await, Outcome::Repeated, "a redelivery");
    assert_eq!(hop_of(&service, "a", MTN, text("8")).await, Outcome::Answered, "an input");
    assert_eq!(hop_of(&service, "a", MTN, UssdEvent::Closed(ClosedWhy::Incomplete)).await, Outcome::Closed);
    clock.advance(60_000);
    // The same session is dialled anew; what was dropped is offered again, and that is a dial like any other.
    assert_eq!(hop_of(&service, "a", MTN, text("")).await, Outcome::Answered);
    assert_eq!(hop_of(&service, "b", "+250733777010", text("")).await, Outcome::Answered);
    assert_eq!(
        hop_of(&service, "c", "+256772777010", text("")).await,
        Outcome::Answered,
        "a network that is not known"
    );
    let late = service.clock.now_ms();
    let row = |network: &str, dials: i64| Counted {
        quarter_ms: DEMO_NOW_MS,
        channel: "demo".to_owned(),
        network: network.to_owned(),
        dials,
        last_ms: late,
    };
    assert_eq!(service.dials.take(), [row("", 1), row("Airtel", 1), row("MTN", 2)]);
    // Who gets an apology was not answered.
    service.store.close();
    assert_eq!(hop_of(&service, "d", MTN, text("")).await, Outcome::Apologised);
    assert!(service.dials.take().is_empty());
}

#[test]
fn the_digest_is_shown_beside_a_running_service_and_at_rest() {
    let world = World::demo();
    let digest = ["digest", "--data", "kaziline-demo"];
    let (letter, err) = texts(&world.command(&digest));
    assert!(letter.starts_with("Rwanda, ") && err.is_empty(), "{letter}{err}");
    assert!(letter.contains("\nNothing needs a hand now\n") && letter.contains("\nVacancies open now  "), "{letter}");
    assert!(letter.lines().all(|line| line.chars().count() <= 72), "{letter}");
    for (day, said) in [
        ("21/11/2026", "kaziline: `21/11/2026` is no day: write it as 2026-11-21\n"),
        ("9999-01-01", "kaziline: `9999-01-01` is still to come\n"),
    ] {
        let refused = world.command(&[&digest[..], &["--day", day]].concat());
        assert_eq!((refused.status.code(), texts(&refused).1.as_str()), (Some(1), said));
    }

    let days = |folder: &std::path::Path| {
        // The day that the calls were made on may have ended since: both are asked for.
        let clock = kaziline::clock::SystemClock::default();
        let zone = jiff::tz::TimeZone::get("Africa/Kigali").unwrap();
        let today = kaziline::text::datetime::Day::from_ms(clock.now_ms(), &zone);
        [today, today.plus(-1)].map(|day| {
            let day = kaziline::housekeeping::digest::written(day);
            let output = run(&[&digest[..], &["--json", "--day", &day]].concat(), folder);
            assert_eq!(output.status.code(), Some(0), "{:?}", texts(&output));
            serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
        })
    };
    for text in APPLY {
        world.hop("s1", WORKER, text);
    }
    world.hop("s2", "+250733000001", "");
    let sum = |days: &[serde_json::Value], of: fn(&serde_json::Value) -> i64| days.iter().map(of).sum::<i64>();
    assert_eq!(sum(&days(world.folder().path()), |day| day["applications"].as_i64().unwrap()), 1);
    // What was dialled is written down once a minute, and when the service stops.
    let folder = world.end();
    let told = days(folder.path());
    let dials = |day: &serde_json::Value| {
        day["dials"].as_array().unwrap().iter().map(|network| network["dials"].as_i64().unwrap()).sum()
    };
    assert_eq!(sum(&told, dials), 2, "{told:?}");
    assert_eq!(sum(&told, |day| day["messages"][0]["messages"].as_i64().unwrap_or_default()), 1);
    let said = serde_json::to_string(&told).unwrap();
    assert!(!said.contains("780000002") && !said.contains("733000001"), "{said}");
}
