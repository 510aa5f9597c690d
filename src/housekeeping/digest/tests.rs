//! The digest on a demo's population, on both engines, and as a letter.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::app::{Core, DEMO_NOW_MS};
use crate::clock::{Clock, SimulatedClock};
use crate::country::Msisdn;
use crate::outbox::{Class, Content, HoldReason, NewMessage, NewSms, Pause, Priority, Why, enqueue};
use crate::{embedded, migrations, on_postgres};

const HOUR_MS: i64 = 3_600_000;
const COLUMNS: usize = 72;

/// A service with the demo's people, at nine on a Sunday morning in the country.
struct Morning {
    runtime: tokio::runtime::Runtime,
    service: Arc<Service>,
}

impl Morning {
    fn on_each_engine() -> [Morning; 2] {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let stores = [
            Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap(),
            on_postgres::store(migrations::POSTGRES, &clock),
        ];
        stores.map(|store| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let core = runtime.block_on(Core::invented(store, Arc::clone(&clock), embedded::menus())).unwrap();
            Morning { runtime, service: core.service }
        })
    }

    fn write<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T, outbox::Error> + Send + 'static) -> T {
        self.service.store.transact_blocking(Work::bulk(), work).unwrap()
    }

    /// Runs a statement as it stands.
    fn run(&self, sql: &'static str, params: &[i64]) {
        let params = params.to_vec();
        self.write(move |tx| {
            let params: Vec<_> = params.iter().map(|value| (*value).into()).collect();
            Ok(tx.execute(sql, &params)?)
        });
    }

    /// A message that was queued at a time, and due then. Answers its identifier.
    fn queue(&self, key: &str, class: Class, at_ms: i64) -> i64 {
        let (keys, key, id) = (self.service.keys.clone(), key.to_owned(), self.service.ids.block(at_ms).first());
        let to = Msisdn::parse_e164("250788000001").unwrap();
        self.write(move |tx| {
            let new = NewMessage {
                id,
                operation_key: &key,
                content: Content::Sms(NewSms { to: &to, generation: 1, route: "", text: "Muraho" }),
                person_id: None,
                employer_id: None,
                priority: Priority::Interactive,
                class,
                template: "applied",
                due_ms: at_ms,
                expires_ms: at_ms + 72 * HOUR_MS,
            };
            enqueue(tx, &keys, &new, at_ms)
        });
        id
    }

    fn digest(&self, day: Day) -> Digest {
        let host = Arc::clone(&self.service.host);
        self.runtime.block_on(digest_of(&self.service.store, host, day, DEMO_NOW_MS)).unwrap()
    }

    fn tell(&self, now_ms: i64) -> Option<Digest> {
        self.runtime.block_on(tell(&self.service, now_ms)).unwrap()
    }
}

/// The day before, and its beginning in the country.
fn yesterday() -> (Day, i64) {
    let day = read("2026-11-21").unwrap();
    let zone = jiff::tz::TimeZone::get("Africa/Kigali").unwrap();
    (day, day.start_ms(&zone))
}

#[test]
fn days_are_read_as_they_are_written_and_in_no_other_way() {
    assert_eq!(written(read("2026-11-21").unwrap()), "2026-11-21");
    assert_eq!(read("2024-02-29").map(Day::date), Some((2024, 2, 29)));
    for text in ["", "2026-11", "2026-1-1", "2026-02-30", "+026-11-21", "2026-11-21 ", "21/11/2026", "2026-11-21-1"] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

#[test]
fn a_quiet_day_has_nothing_but_the_market() {
    for morning in Morning::on_each_engine() {
        let digest = morning.digest(yesterday().0);
        assert_eq!(
            (digest.country.as_str(), digest.day.as_str(), digest.weekday.as_str()),
            ("Rwanda", "2026-11-21", "Sat")
        );
        assert_eq!((digest.quarters_counted, digest.quarters, digest.calls_refused), (0, 96, Some(0)));
        assert_eq!((digest.new_workers, digest.applications), (0, 0));
        assert!(digest.open_vacancies > 100, "{}", digest.open_vacancies);
        let lists = [digest.dials.len(), digest.messages.len(), digest.overdue.len(), digest.rests.len()];
        assert_eq!((lists, digest.left_behind, digest.held.is_none()), ([0; 4], 0, true));
        assert!(digest.text().contains("\nNothing needs a hand now\n"), "{}", digest.text());
        // The people were listed this morning.
        let today = morning.digest(yesterday().0.plus(1));
        assert!(today.new_workers > 300, "{}", today.new_workers);
        assert_eq!(today.quarters, 9 * 4, "so far");
        // What is not kept so long is not called none.
        assert_eq!(morning.digest(yesterday().0.plus(-8)).calls_refused, None);
    }
}

#[test]
fn a_day_is_told_in_numbers_from_midnight_to_midnight() {
    let (day, from_ms) = yesterday();
    for morning in Morning::on_each_engine() {
        let noon_ms = from_ms + 12 * HOUR_MS;
        // Dials, on the day and beside it.
        morning.write(move |tx| {
            let row = |quarter_ms: i64, channel: &str, network: &str, dials: i64| dials::Counted {
                quarter_ms,
                channel: channel.to_owned(),
                network: network.to_owned(),
                dials,
                last_ms: quarter_ms,
            };
            for (at_ms, dials) in
                [(from_ms - QUARTER_MS, 1_000), (from_ms, 7), (noon_ms, 30), (from_ms + 24 * HOUR_MS, 9)]
            {
                let rows = [row(at_ms, "a", "Airtel", dials), row(at_ms, "a", "MTN", 1), row(at_ms, "b", "MTN", dials)];
                dials::add(tx, &rows, at_ms)?;
            }
            alarm::Alarm::Silence {
                channel: "a".to_owned(),
                network: "Airtel".to_owned(),
                usual: 120,
                since_ms: DEMO_NOW_MS - 3 * HOUR_MS - 60_000,
            }
            .note(tx)?;
            Ok(())
        });
        // A worker of the day before, and applications at both ends of it.
        morning.run(
            "UPDATE worker SET listed_ms = $1 WHERE person_id IN (SELECT person_id FROM worker ORDER BY person_id \
            LIMIT 3)",
            &[from_ms + 24 * HOUR_MS - 1],
        );
        for (at, applied_ms) in
            (0_i64..).zip([from_ms - 1, from_ms, from_ms + 24 * HOUR_MS - 1, from_ms + 24 * HOUR_MS])
        {
            let id = morning.service.ids.block(applied_ms).first();
            let sql = "INSERT INTO application (id, vacancy_id, person_id, stage, share_number, score_version, \
                score_total, score_trade, score_place, operation_key, applied_ms, changed_ms) \
                SELECT $1, id, (SELECT MIN(person_id) FROM worker), 'applied', 1, 1, 50, 50, 50, \
                CAST(job_number AS TEXT), $2, $2 FROM vacancy ORDER BY id LIMIT 1 OFFSET $3";
            morning.run(sql, &[id, applied_ms, at]);
        }
        // Messages: what came of them, and what is stuck.
        for (at, (class, status, changed_ms)) in (0..).zip([
            (Class::MustArrive, "'delivered'", noon_ms),
            (Class::MustArrive, "'delivered'", from_ms),
            (Class::Alert, "'failed'", from_ms + 24 * HOUR_MS - 1),
            (Class::Alert, "'delivered'", from_ms + 24 * HOUR_MS),
            (Class::Alert, "'delivered'", from_ms - 1),
            (Class::MustArrive, "'sending'", noon_ms),
        ]) {
            let id = morning.queue(&format!("m{at}"), class, changed_ms - HOUR_MS);
            let sql = match status {
                "'delivered'" => "UPDATE outbox SET status = 'delivered', changed_ms = $2 WHERE id = $1",
                "'failed'" => "UPDATE outbox SET status = 'failed', changed_ms = $2 WHERE id = $1",
                _ => "UPDATE outbox SET status = 'sending', lease_until_ms = $2, changed_ms = $2 WHERE id = $1",
            };
            morning.run(sql, &[id, changed_ms]);
        }
        morning.queue("due", Class::MustArrive, DEMO_NOW_MS - STUCK_MS - 1);
        morning.queue("due longest", Class::MustArrive, DEMO_NOW_MS - 26 * HOUR_MS);
        morning.queue("due just now", Class::Alert, DEMO_NOW_MS - STUCK_MS);
        // Channels, letters and calls.
        morning.write(move |tx| {
            outbox::pause(tx, DEMO_NOW_MS - 60_000)?;
            for (channel, until_ms) in [("mtn", 0), ("airtel", DEMO_NOW_MS + HOUR_MS), ("over", DEMO_NOW_MS)] {
                let by = "Somebody".to_owned();
                let (channel, since_ms) = (channel.to_owned(), DEMO_NOW_MS - 90 * 60_000);
                outbox::pause_channel(tx, &Pause { channel, why: Why::NoCredit, by, since_ms, until_ms }, since_ms)?;
            }
            Ok(())
        });
        let name = b"mtn".to_vec();
        morning.write(move |tx| {
            let sql = "INSERT INTO sent_count (day, scope, counted, messages, segments, cost_micros) \
                VALUES ($1, 'channel', $2, 40, 52, 520019999)";
            Ok(tx.execute(sql, &[i64::from(day.0).into(), (&name).into()])?)
        });
        for (id, received_ms) in [(1, from_ms - 1), (2, from_ms), (3, noon_ms), (4, from_ms + 24 * HOUR_MS)] {
            morning.write(move |tx| {
                let letter = "INSERT INTO inbound_sms (id, channel, provider_id, msisdn_hmac, digest, received_ms, \
                    asked, body, part_reference, part_number, part_total) \
                    VALUES ($1, 'mtn', '', $3, $3, $2, 'stop', $3, 0, 0, 0)";
                let call = "INSERT INTO hook_call (id, channel, kind, received_ms, status, request) \
                    VALUES ($1, 'mtn', 'sms', $2, 'refused', $3)";
                let row = [id.into(), received_ms.into(), (&[0_u8; 32]).into()];
                Ok(tx.execute(letter, &row)? + tx.execute(call, &row)?)
            });
        }

        let digest = morning.digest(day);
        let of = |network: &str, dials: i64| NetworkDials { network: network.to_owned(), dials };
        assert_eq!(digest.dials, [of("Airtel", 37), of("MTN", 39)]);
        assert_eq!((digest.quarters_counted, digest.new_workers, digest.applications), (2, 3, 2));
        let state = |status: &str, class: &str, messages: i64| Messages {
            status: status.to_owned(),
            class: class.to_owned(),
            messages,
        };
        assert_eq!(digest.messages, [state("delivered", "must_arrive", 2), state("failed", "alert", 1)]);
        let oldest_due_ms = DEMO_NOW_MS - 26 * HOUR_MS;
        assert_eq!(digest.overdue, [Overdue { class: "must_arrive".to_owned(), messages: 2, oldest_due_ms }]);
        assert_eq!((digest.left_behind, digest.calls_refused), (1, Some(2)));
        assert_eq!(digest.held.as_ref().map(|held| held.reason.as_str()), Some(HoldReason::Paused.code()));
        assert_eq!(digest.rests.iter().map(|rest| rest.channel.as_str()).collect::<Vec<_>>(), ["airtel", "mtn"]);
        assert_eq!(digest.letters, [Letters { asked: "stop".to_owned(), messages: 2 }]);
        let data = serde_json::to_string(&digest).unwrap();
        assert!(!data.contains("Somebody") && !data.contains("788"), "{data}");
        assert_eq!(serde_json::from_str::<Digest>(&data).unwrap(), digest);
        assert_eq!(digest.text(), LETTER.replace("VACANCIES", &format!("{:>9}", digest.open_vacancies)));
    }
}

const LETTER: &str = "\
Rwanda, Sat 2026-11-21

Look at this
  Airtel on channel a is silent for 3 h 1 min
  nothing leaves (paused) for 1 min
  channel airtel rests (no_credit) for 1 h 30 min, for 1 h 0 min more
  channel mtn rests (no_credit) for 1 h 30 min, until it is resumed
  2 messages (must arrive) are stuck, the oldest for 1 day 2 h
  1 messages were taken to be sent and not finished
  2 calls of providers could not be read

Callers
Dials                                                                 76
  Airtel                                                              37
  MTN                                                                 39
  (counted in 2 of 96 quarters of an hour)
New workers                                                            3
Applications                                                           2
Vacancies open now                                             VACANCIES

Messages
What came of them                              must arrive        alerts
  delivered                                              2             0
  failed                                                 0             1
Sent over                                         segments           RWF
  mtn                                                   52        520.01
From phones                                                            2
  STOP                                                                 2
";

#[test]
fn yesterdays_digest_is_told_once_from_seven_on() {
    let (day, from_ms) = yesterday();
    let seven_ms = from_ms + 31 * HOUR_MS;
    for morning in Morning::on_each_engine() {
        assert_eq!(morning.tell(seven_ms), None, "nothing was ever counted");
        morning.write(move |tx| Ok(dials::add(tx, &[], from_ms + 24 * HOUR_MS)?));
        assert_eq!(morning.tell(seven_ms), None, "the service began today");
        morning.write(move |tx| Ok(dials::add(tx, &[], from_ms + 24 * HOUR_MS - 1)?));
        assert_eq!(morning.tell(seven_ms - 1), None, "nobody is up yet");
        assert_eq!(morning.tell(seven_ms).map(|digest| digest.day), Some(written(day)));
        assert_eq!(morning.tell(seven_ms + 60_000), None);
        assert_eq!(morning.tell(from_ms + 48 * HOUR_MS - 1), None);
        // The next morning the service was off until noon.
        assert_eq!(morning.tell(seven_ms + 29 * HOUR_MS).map(|digest| digest.day), Some("2026-11-22".to_owned()));
        let forgotten = morning.write(move |tx| Ok(told::forget(tx, seven_ms + 30 * 24 * HOUR_MS + 1)?));
        assert_eq!(forgotten, 1);
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é_' ]{0,90}"
}

prop_compose! {
    fn any_digest()(
        names in proptest::collection::vec(name(), 8),
        counts in proptest::collection::vec(0..10_000_000_000_i64, 12),
        times in proptest::collection::vec(0..2_000_000_000_000_i64, 6),
    ) -> Digest {
        let of = |at: usize| names[at].clone();
        Digest {
            country: of(0),
            day: "2026-11-21".to_owned(),
            weekday: "Sat".to_owned(),
            made_ms: times[0],
            dials: vec![NetworkDials { network: of(1), dials: counts[0] }],
            quarters_counted: counts[1] % 97,
            quarters: 96,
            silent: vec![Silent { channel: of(2), network: of(3), since_ms: times[1] }],
            new_workers: counts[2],
            applications: counts[3],
            open_vacancies: counts[4],
            messages: vec![Messages { status: of(4), class: of(5), messages: counts[5] }],
            overdue: vec![Overdue { class: of(5), messages: counts[6], oldest_due_ms: times[2] }],
            left_behind: counts[7],
            held: Some(Held { reason: of(6), since_ms: times[3] }),
            rests: vec![Rest { channel: of(7), why: of(1), since_ms: times[4], until_ms: times[5] }],
            sent: vec![Sent { channel: of(2), messages: counts[8], segments: counts[9], cost_micros: counts[10] }],
            currency: "RWF".to_owned(),
            letters: vec![Letters { asked: of(3), messages: counts[11] }],
            calls_refused: Some(counts[0]),
            cases: vec![Cases { kind: of(4), state: of(5), cases: counts[1] }],
            cases_overdue: counts[2],
            jobs_held: counts[3],
        }
    }
}

proptest! {
    #[test]
    fn no_line_of_a_letter_is_longer_than_72_columns(digest in any_digest()) {
        let text = digest.text();
        prop_assert!(text.ends_with('\n'));
        for line in text.lines() {
            prop_assert!(line.chars().count() <= COLUMNS && !line.ends_with(' '), "{line:?}");
        }
    }
}
