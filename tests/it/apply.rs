//! An application through HTTP: once, whatever a gateway repeats; and no effect when it comes too late.

use std::sync::Arc;
use std::sync::mpsc::channel;

use kaziline::app::{Core, Parts, demo_host, menu_sources};
use kaziline::bundles::Given;
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::config::{Config, demo_flags};
use kaziline::country::Msisdn;
use kaziline::gateway::ussd::UssdEvent;
use kaziline::hop::{self, Hop, Outcome};
use kaziline::migrations;
use kaziline::storage::{self, Keys, Options, Store, Work};

use crate::support::{Folder, World, texts};

/// A worker of the demo's population who has jobs to choose from, and the keys from the dial to the application.
pub(crate) const WORKER: &str = "+250780000002";
pub(crate) const APPLY: [&str; 4] = ["", "1", "1*1", "1*1*1"];

/// How many messages of this template the outbox has.
pub(crate) fn queued(world: &World, template: &str) -> usize {
    let (out, err) = texts(&world.command(&["outbox", "list", "--data", "kaziline-demo", "--limit", "1000", "--json"]));
    let list: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let messages = list["messages"].as_array().unwrap();
    messages.iter().filter(|message| message["template"] == template).count()
}

#[test]
fn a_worker_applies_in_four_hops_and_gets_one_sms() {
    let world = World::demo();
    let mut phone = world.phone(WORKER);
    phone.dial("*567#", &["1", "1", "1"]);
    assert!(!phone.ended());
    let applied = phone.screen().to_owned();
    let sms = phone.messages(1).remove(0);
    let job: String = sms.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    assert!(job.len() >= 5 && applied.contains(&job), "{applied}\n{sms}");

    // By job number in two hops: the same job again, which is told, and nothing is sent.
    let again = phone.dial(&format!("*567*{job}#"), &["1"]);
    assert!(again.contains(&job) && again != applied, "{again}");
    assert_eq!((phone.messages(1).len(), queued(&world, "applied")), (1, 1));
}

#[test]
fn a_hop_that_is_delivered_again_and_again_happens_once() {
    let world = World::demo();
    let screens: Vec<_> = APPLY.iter().map(|text| world.hop("s1", WORKER, text)).collect();
    let last = screens.last().unwrap();
    for _ in 0..3 {
        assert_eq!(world.hop("s1", WORKER, APPLY[3]).body, last.body);
    }
    // Out of order: an earlier hop gets its own answer, and does not turn the session back.
    assert_eq!(world.hop("s1", WORKER, APPLY[1]).body, screens[1].body);
    assert_eq!(world.hop("s1", WORKER, APPLY[3]).body, last.body);
    world.phone(WORKER).messages(1);
    assert_eq!(queued(&world, "applied"), 1);
}

#[test]
fn a_hop_that_is_delivered_many_times_at_once_happens_once() {
    let world = World::demo();
    for text in &APPLY[..3] {
        world.hop("s1", WORKER, text);
    }
    let answers: Vec<_> = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..8).map(|_| scope.spawn(|| world.hop("s1", WORKER, APPLY[3]))).collect();
        sending.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    assert!(answers[0].text().starts_with("CON "), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.body == answers[0].body), "{answers:?}");
    world.phone(WORKER).messages(1);
    assert_eq!(queued(&world, "applied"), 1);
}

#[test]
fn a_session_id_that_comes_again_is_a_new_session() {
    let world = World::demo();
    let number = "+250788123456";
    let opening = world.hop("s1", number, "").body;
    let consent = world.hop("s1", number, "1").body;
    let closed = "sessionId=s1&phoneNumber=%2B250788123456&networkCode=1&serviceCode=*567%23&status=Incomplete\
                  &durationInMillis=1&hopsCount=2&lastAppResponse=x";
    assert_eq!(world.send(&crate::support::Request::form(closed)).status, 200);
    // The dropped visit is offered again; key 2 begins anew.
    let offer = world.hop("s1", number, "").body;
    assert!(offer != opening && offer != consent, "{}", String::from_utf8_lossy(&offer));
    assert_eq!(world.hop("s1", number, "2").body, opening);

    // A session that came to its end: its last hop has its answer still, and a dial is new.
    let [.., last] = ["", "1", "1*1", "1*1*2015"].map(|text| world.hop("s2", "+250788123457", text));
    assert!(last.text().starts_with("END "), "{last:?}");
    assert_eq!(world.hop("s2", "+250788123457", "1*1*2015").body, last.body);
    assert!(world.hop("s2", "+250788123457", "").text().starts_with("CON "));
    // Another number with the same session id is another session.
    assert_eq!(world.hop("s1", "+250788123458", "").body, opening);
}

#[test]
fn wild_input_is_answered_with_a_screen() {
    let world = World::demo();
    let long = "9".repeat(4_000);
    let wild =
        ["", "*", "**", "#", "\u{1F600}", "\u{0}\u{7}\n\r", "-1", "1.5", "' OR 1=1 --", "<script>", &long, "٣", "0x1"];
    for (at, input) in wild.iter().enumerate() {
        let session = format!("w{at}");
        world.hop(&session, "+250788123456", "");
        world.hop(&session, "+250788123456", "1");
        world.hop(&session, "+250788123456", "1*1");
        let answer = world.hop(&session, "+250788123456", &format!("1*1*{input}"));
        assert_eq!(answer.status, 200, "{input:?}: {answer:?}");
        assert!(answer.text().starts_with("CON ") || answer.text().starts_with("END "), "{input:?}: {answer:?}");
    }
}

/// A hop waits behind work that takes longer than its deadline: the caller gets an apology, and nothing has happened.
#[test]
fn a_hop_that_is_late_is_apologised_for_and_has_no_effect() {
    let folder = Folder::new();
    let clock = Arc::new(SimulatedClock::at(1_795_330_800_000));
    let shared: Arc<dyn Clock> = Arc::<SimulatedClock>::clone(&clock);
    let database = folder.path().join("kaziline.db");
    let store = Store::open_sqlite(&database, migrations::SQLITE, Arc::clone(&shared), Options::default()).unwrap();
    let host = demo_host().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (core, _) = Core::open(Parts {
            store: store.clone(),
            keys: Keys::of_no_secret(),
            clock: shared,
            country: host.country,
            short_code: host.short_code,
            menus: Given { sources: menu_sources(None).unwrap(), from_folder: false },
            outward: Config::of_layers(None, [], &demo_flags()).unwrap().outward,
            population: false,
            node: 0,
        })
        .await
        .unwrap();
        let dial = || Hop {
            channel: "demo".into(),
            session: "s1".to_owned(),
            msisdn: Msisdn::parse_e164("+250788123456").unwrap(),
            service_code: "*567#".to_owned(),
            event: UssdEvent::Cumulative(String::new()),
            hop_id: None,
        };

        let ((began, begun), (release, wait)) = (channel(), channel::<()>());
        let busy = store.clone();
        let gate = tokio::spawn(async move {
            let busy = busy.transact::<(), storage::Error, _>(Work::interactive(None), move |_| {
                let _ = began.send(());
                let _ = wait.recv();
                Ok(())
            });
            busy.await
        });
        tokio::task::yield_now().await;
        begun.recv().unwrap();

        let mut late = Box::pin(hop::answer(&core.service, dial()));
        tokio::select! {
            biased;
            _ = &mut late => panic!("the hop was answered while the writer was busy"),
            () = async {} => {}
        }
        clock.advance(hop::HOP_DEADLINE_MS + 1);
        release.send(()).unwrap();
        gate.await.unwrap().unwrap();
        let late = late.await;
        assert_eq!((late.outcome, late.answer.end), (Outcome::Apologised, true));

        let sessions = store
            .read::<_, storage::Error, _>(|tx| tx.query_one("SELECT COUNT(*) FROM session", &[], |row| row.integer(0)));
        assert_eq!(sessions.await.unwrap(), Some(0));
        // The same hop, sent again, is the first that happens: the apology was not kept as its answer.
        let again = hop::answer(&core.service, dial()).await;
        assert_eq!((again.outcome, again.answer.end), (Outcome::Answered, false));
    });
    store.close();
}
