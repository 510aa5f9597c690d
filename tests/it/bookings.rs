//! What becomes of bookings without anybody dialling: housekeeping expires and passes on, tells who was too late, and asks both
//! sides the evening before. Over the phone, with a clock that is moved.

use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::embedded;
use kaziline::housekeeping;
use kaziline::phone::{Handset, InProcess};

const HOUR_MS: i64 = 3_600_000;

/// A phone into which SIMs are put, and the service's clock.
struct World {
    phone: Handset<InProcess>,
    clock: Arc<SimulatedClock>,
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
        let network = InProcess::new(core.await.unwrap(), "demo", Some(Arc::clone(&clock)));
        World { phone: Handset::new(network, "*567#", "+250788600001", "it"), clock }
    }

    /// Dials and presses keys; the last screen.
    async fn keys(&mut self, number: &str, code: &str, keys: &[&str]) -> String {
        self.phone.set_number(number);
        let mut screen = self.phone.dial(code).await.unwrap().text;
        for key in keys {
            screen = self.phone.answer(key).await.unwrap().text;
        }
        self.phone.hang_up().await.unwrap();
        // Past the time in which a call that was cut is offered again.
        self.clock.advance(61 * 60_000);
        screen
    }

    /// A mason in Bumbogo who speaks English.
    async fn mason(&mut self, number: &str, name: &str) {
        let keys = ["6", "2", "1", "1", "1990", "1", "1", "6000", "1", "1", "1", name];
        assert!(self.keys(number, "*567#", &keys).await.starts_with("You are listed: Mason, Bumbogo."));
    }

    /// A client in Bumbogo who speaks English, up to the kind of work.
    async fn client(&mut self, number: &str, keys: &[&str]) -> String {
        let first = ["6", "2", "2", "1", "Mukamana Grace", "1", "1", "1", "1", "1"];
        let all: Vec<&str> = first.iter().chain(keys).copied().collect();
        self.keys(number, "*567#", &all).await
    }

    /// Turns of housekeeping until nothing is left to do.
    async fn turns(&mut self) {
        for _ in 0..40 {
            if housekeeping::turn(&self.phone.network().core().service).await.unwrap() == 0 {
                return;
            }
        }
        panic!("housekeeping finds no end");
    }

    /// The texts of all messages to a number that begin with our name and contain `part`.
    async fn told(&mut self, number: &str, part: &str) -> usize {
        self.phone.set_number(number);
        let messages = self.phone.messages().await.unwrap();
        messages.iter().filter(|sms| sms.text.starts_with("Kaziline") && sms.text.contains(part)).count()
    }
}

const ALINE: &str = "+250788600060";
const BOSCO: &str = "+250788600061";
const ERIC: &str = "+250788600062";
const CLIENT: &str = "+250788600065";

#[tokio::test]
async fn a_request_that_nobody_answers_goes_to_the_next_and_both_are_asked_the_evening_before() {
    let mut world = World::new().await;
    world.mason(ALINE, "Uwase Aline").await;
    world.mason(BOSCO, "Habimana Bosco").await;
    // Wednesday; if she does not come, others.
    let sent = world.client(CLIENT, &["4", "1", "4"]).await;
    assert!(sent.contains("Wed 25/11"), "{sent}");
    assert_eq!((world.told(ALINE, "asked for work").await, world.told(BOSCO, "asked for work").await), (1, 0));
    world.clock.advance(20 * HOUR_MS);
    world.turns().await;
    assert_eq!(world.told(BOSCO, "asked for work").await, 1);
    assert_eq!(world.told(CLIENT, "U.A. cannot come").await, 1);
    let late = world.keys(ALINE, "*567*3#", &[]).await;
    assert!(late.contains("Nobody asks for you now"), "{late}");
    let agreed = world.keys(BOSCO, "*567*3#", &["1", "1", "1"]).await;
    assert!(agreed.contains("Agreed"), "{agreed}");
    for number in [BOSCO, CLIENT] {
        assert_eq!(world.told(number, "+250788600061").await, 1, "{number}");
    }
    // Tuesday noon is too early to ask; at six in the evening both are, once.
    let at = |world: &World, ms: i64| ms - (world.clock.now_ms() - DEMO_NOW_MS);
    let noon = at(&world, 51 * HOUR_MS);
    world.clock.advance(noon);
    world.turns().await;
    assert_eq!(world.told(CLIENT, "Still on?").await, 0);
    world.clock.advance(6 * HOUR_MS);
    world.turns().await;
    world.turns().await;
    assert_eq!((world.told(BOSCO, "Still on?").await, world.told(CLIENT, "Still on?").await), (1, 1));
}

#[tokio::test]
async fn of_three_who_are_asked_for_one_place_two_are_told_that_it_is_taken() {
    let mut world = World::new().await;
    for (number, name) in [(ALINE, "Uwase Aline"), (BOSCO, "Habimana Bosco"), (ERIC, "Niyonzima Eric")] {
        world.mason(number, name).await;
    }
    let sent = world.client(CLIENT, &["4", "90", "1", "1"]).await;
    assert!(sent.contains("Wed 25/11"), "{sent}");
    world.turns().await;
    let agreed = world.keys(BOSCO, "*567*3#", &["1", "1", "3"]).await;
    assert!(agreed.contains("Agreed"), "{agreed}");
    world.turns().await;
    world.turns().await;
    for number in [ALINE, ERIC] {
        assert_eq!((world.told(number, "asked for work").await, world.told(number, "is taken").await), (1, 1));
    }
    assert_eq!((world.told(BOSCO, "is taken").await, world.told(BOSCO, "No number given").await), (0, 1));
    assert_eq!(world.told(CLIENT, "No number given").await, 1);
}
