//! What is seen afterwards: how screens fared, what a caller saw, and the SMS after a call that was cut.

use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::embedded;
use kaziline::hop::figures::{self, ScreenFigures};
use kaziline::housekeeping;
use kaziline::phone::{Handset, InProcess};
use kaziline::storage::Error;

use crate::apply::{APPLY, WORKER};
use crate::support::{World, texts};

const MINUTE_MS: i64 = 60_000;
const STRANGER: &str = "+250788777010";

struct Afterwards {
    clock: Arc<SimulatedClock>,
    core: Core,
    phone: Handset<InProcess>,
}

async fn afterwards() -> Afterwards {
    let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
    let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
    let core = core.await.unwrap();
    let network = InProcess::new(core.clone(), "demo", Some(Arc::clone(&clock)));
    Afterwards { clock, core, phone: Handset::new(network, "*567#", STRANGER, "f") }
}

impl Afterwards {
    /// Lets minutes pass, and what is done then be done.
    async fn pass(&mut self, minutes: i64) {
        self.clock.advance(minutes * MINUTE_MS);
        while housekeeping::turn(&self.core.service).await.unwrap() > 0 {}
    }

    async fn figures(&self) -> Vec<ScreenFigures> {
        self.core.service.store.read::<_, Error, _>(|tx| figures::since(tx, 0)).await.unwrap()
    }

    async fn of(&self, state: &str) -> (i64, i64, i64, i64, i64, i64) {
        let found = self.figures().await;
        let of: Vec<_> = found.iter().filter(|figures| figures.state == state).collect();
        let sum = |part: fn(&ScreenFigures) -> i64| of.iter().map(|figures| part(figures)).sum();
        (
            sum(|f| f.shown),
            sum(|f| f.answered),
            sum(|f| f.wrong),
            sum(|f| f.back),
            sum(|f| f.dropped),
            sum(|f| f.waited_ms),
        )
    }
}

#[tokio::test]
async fn screens_are_counted_once_by_what_became_of_them() {
    let mut after = afterwards().await;
    after.phone.dial("*567#").await.unwrap();
    after.clock.advance(4_000);
    after.phone.answer("8").await.unwrap();
    after.clock.advance(6_000);
    after.phone.answer("4").await.unwrap();
    after.phone.answer("0").await.unwrap();
    after.phone.answer("4").await.unwrap();
    after.phone.hang_up().await.unwrap();
    // Nothing is counted while something may still come after it.
    after.pass(1).await;
    assert!(after.figures().await.is_empty());
    after.pass(5).await;
    after.pass(5).await;
    // Shown, answered, wrong, back, dropped, milliseconds.
    assert_eq!(after.of("home.new").await, (3, 2, 1, 0, 0, 10_000));
    assert_eq!(after.of("help.start").await, (2, 0, 0, 1, 1, 0));
    let all = after.figures().await;
    assert!(all.iter().all(|figures| (figures.channel.as_str(), figures.language.as_str()) == ("demo", "rw")));
    let sum = |part: fn(&ScreenFigures) -> i64| all.iter().map(part).sum::<i64>();
    assert_eq!((sum(|f| f.shown), sum(|f| f.answered + f.wrong + f.back + f.dropped)), (5, 5));
}

#[tokio::test]
async fn whose_call_was_cut_is_told_once_how_to_go_on() {
    let mut after = afterwards().await;
    // Nobody is written to who has not agreed to be kept here.
    after.phone.dial("*567#").await.unwrap();
    after.phone.answer("1").await.unwrap();
    after.phone.hang_up().await.unwrap();
    after.pass(6).await;
    assert!(after.phone.messages().await.unwrap().is_empty());

    // Agreed, asked for a birth year, and cut.
    for key in ["*567#", "1", "1"] {
        if key.starts_with('*') {
            after.phone.dial(key).await.unwrap()
        } else {
            after.phone.answer(key).await.unwrap()
        };
    }
    after.phone.answer("1990").await.unwrap();
    let cut = after.phone.answer("1").await.unwrap();
    after.phone.hang_up().await.unwrap();
    after.pass(6).await;
    let messages = after.phone.messages().await.unwrap();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.contains("*567*9#"), "{}", messages[0].text);
    // What it says to dial leads straight to where the call was cut.
    let again = after.phone.dial("*567*9#").await.unwrap();
    assert_eq!(again.text.lines().next(), cut.text.lines().next());
    // Cut once more on the same day: no second message.
    after.phone.hang_up().await.unwrap();
    after.pass(6).await;
    assert_eq!(after.phone.messages().await.unwrap().len(), 1);
    // When there is nothing to go on with any more, the string is a plain dial.
    after.pass(120).await;
    assert!(after.phone.dial("*567*9#").await.unwrap().text.contains("Kaziline"));
}

#[tokio::test]
async fn nobody_is_written_to_at_night() {
    let mut after = afterwards().await;
    // From 09:00 to 22:30 in the country.
    after.clock.advance((13 * 60 + 30) * MINUTE_MS);
    after.phone.dial("*567#").await.unwrap();
    for key in ["1", "1", "1990", "1"] {
        after.phone.answer(key).await.unwrap();
    }
    after.phone.hang_up().await.unwrap();
    after.pass(6).await;
    assert!(after.phone.messages().await.unwrap().is_empty());
}

#[test]
fn the_help_desk_sees_what_a_caller_saw_without_names_and_numbers() {
    let world = World::demo();
    for text in APPLY {
        world.hop("s1", WORKER, text);
    }
    let explain = |number: &str| {
        let output = world.command(&["visit", "explain", number, "--data", "kaziline-demo"]);
        assert_eq!(output.status.code(), Some(0), "{}", texts(&output).1);
        texts(&output).0
    };
    let told = explain(WORKER);
    assert!(told.contains("dialled  home.known") && told.contains("answered  job.applied"), "{told}");
    assert!(told.contains("    | ") && !told.contains(WORKER.trim_start_matches("+250")), "{told}");
    assert!(explain("0788 999 999").starts_with("no call of this number is kept"));
    let output = world.command(&["visit", "explain", "12", "--data", "kaziline-demo"]);
    assert_eq!((output.status.code(), texts(&output).1.as_str()), (Some(1), "kaziline: this is not a phone number\n"));
    let stats = world.command(&["menu", "stats", "--data", "kaziline-demo"]);
    assert_eq!(stats.status.code(), Some(0));
    assert!(texts(&stats).0.starts_with("screen "), "{}", texts(&stats).0);
}
