//! What is late is told once, over all nodes, and people are told what happened, on both engines.

use std::sync::Arc;

use super::*;
use crate::app::{Core, DEMO_NOW_MS};
use crate::clock::{Clock, SimulatedClock};
use crate::country::Msisdn;
use crate::market::CaseId;
use crate::market::case::{CallPart, CaseKind, Desk as Order, NewCase, Opened, Word};
use crate::market::employer::{self, EmployerKind, NewEmployer, Tier};
use crate::market::employer_check::Check;
use crate::market::phone_number::{self, MsisdnHash};
use crate::outbox::{self, Class, Content, NewMessage, NewSms, Priority, Status};
use crate::storage::Store;
use crate::text::Language;
use crate::{embedded, migrations, on_postgres};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A service with the demo's people, at nine on a Sunday morning in the country.
struct Sunday {
    runtime: tokio::runtime::Runtime,
    service: Arc<Service>,
}

impl Sunday {
    fn on_each_engine() -> [Sunday; 2] {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let stores = [
            Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap(),
            on_postgres::store(migrations::POSTGRES, &clock),
        ];
        stores.map(|store| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let core = runtime.block_on(Core::invented(store, Arc::clone(&clock), embedded::menus())).unwrap();
            Sunday { runtime, service: core.service }
        })
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>, &Service) -> Result<T, market::Fault> + Send + 'static,
    ) -> T {
        let service = self.service.clone();
        self.service.store.transact_blocking(Work::bulk(), move |tx| work(tx, &service)).unwrap()
    }

    /// Somebody who is not registered tells a case.
    fn tell(&self, kind: CaseKind, due_ms: i64) -> CaseId {
        self.tell_from("250788000777", kind, due_ms)
    }

    fn tell_from(&self, number: &str, kind: CaseKind, due_ms: i64) -> CaseId {
        let number = number.to_owned();
        self.write(move |tx, service| {
            let msisdn = Msisdn::parse_e164(&number).unwrap();
            let hash = MsisdnHash::of(&service.keys, &msisdn);
            let number = phone_number::seen(tx, &service.keys, &hash, &msisdn, Language::En, DEMO_NOW_MS)?;
            let call = CallPart::None;
            let new = NewCase {
                kind,
                number: &number,
                person: None,
                vacancy: None,
                application: None,
                booking: None,
                call,
                due_ms,
            };
            let mut ids = service.ids.block(DEMO_NOW_MS);
            let random = u64::try_from(ids.first()).unwrap();
            match case::open(tx, &service.keys, &mut ids, &new, random, DEMO_NOW_MS)? {
                Opened::New { case, .. } | Opened::Joined { case, .. } => Ok(case),
                Opened::Full => panic!("full"),
            }
        })
    }

    fn order(&self, case: CaseId, order: &'static str, at_ms: i64) {
        self.write(move |tx, service| {
            let mut ids = service.ids.block(at_ms);
            case::desk(tx, &service.keys, &mut ids, case, ("ann", Order::Answer(order)), at_ms)
        });
    }

    fn watch(&self, now_ms: i64) -> Vec<String> {
        let news = self.runtime.block_on(watch(&self.service, now_ms)).unwrap();
        news.iter().map(|alarm| format!("{} {}", alarm.code(), alarm.about())).collect()
    }

    fn serve(&self, now_ms: i64) -> u64 {
        self.runtime.block_on(serve(&self.service, now_ms)).unwrap()
    }

    /// Templates of what waits to be sent, the newest first.
    fn queued(&self) -> Vec<String> {
        let read = |tx: &mut Tx<'_>| outbox::list(tx, Some(Status::Queued), i64::MAX, 99);
        let queued = self.service.store.read_blocking(read).unwrap();
        queued.into_iter().map(|message| message.template).collect()
    }
}

#[test]
fn a_case_that_is_late_is_told_once_and_again_when_another_deadline_passes() {
    for sunday in Sunday::on_each_engine() {
        let due_ms = DEMO_NOW_MS + 2 * HOUR_MS;
        let case = sunday.tell(CaseKind::Fraud, due_ms);
        let number = sunday.write(move |tx, _| Ok(case::find(tx, case)?.unwrap().number.get()));
        assert_eq!(sunday.watch(due_ms - 1), [""; 0]);
        assert_eq!(sunday.watch(due_ms), [format!("case_overdue {number}/{due_ms}")]);
        assert_eq!(sunday.watch(due_ms + HOUR_MS), [""; 0]);
        sunday.order(case, "we look at it", due_ms + HOUR_MS);
        assert_eq!(sunday.watch(due_ms + 2 * HOUR_MS), [""; 0]);
        // The person says that it is worse: another deadline, another alarm.
        let later_ms = due_ms + 4 * HOUR_MS;
        sunday.write(move |tx, service| {
            let found = case::find(tx, case)?.unwrap();
            let mut ids = service.ids.block(due_ms);
            case::say(tx, &service.keys, &mut ids, &found, Word::Worse, later_ms, due_ms)
        });
        assert_eq!(sunday.watch(later_ms), [format!("case_overdue {number}/{later_ms}")]);
        // Danger is late at once.
        sunday.tell(CaseKind::Unsafe, DEMO_NOW_MS);
        assert_eq!(sunday.watch(DEMO_NOW_MS).len(), 1);
    }
}

#[test]
fn danger_is_told_at_once_however_many_others_are_late() {
    for sunday in Sunday::on_each_engine() {
        for n in 0..=HELD_MAX {
            sunday.tell_from(&format!("250788{:06}", 100 + n), CaseKind::Fraud, DEMO_NOW_MS - 1);
        }
        let case = sunday.tell(CaseKind::Unsafe, DEMO_NOW_MS);
        let number = sunday.write(move |tx, _| Ok(case::find(tx, case)?.unwrap().number.get()));
        let told = sunday.watch(DEMO_NOW_MS);
        assert!(told.contains(&format!("case_overdue {number}/{DEMO_NOW_MS}")), "{told:?}");
        assert_eq!(i64::try_from(told.len()).unwrap(), AT_ONCE);
    }
}

#[test]
fn a_case_that_is_told_again_or_called_worse_is_heard_though_it_is_open_already() {
    for sunday in Sunday::on_each_engine() {
        let case = sunday.tell(CaseKind::Unsafe, DEMO_NOW_MS);
        let number = sunday.write(move |tx, _| Ok(case::find(tx, case)?.unwrap().number.get()));
        assert_eq!(sunday.watch(DEMO_NOW_MS).len(), 1);
        assert_eq!(sunday.tell(CaseKind::Unsafe, DEMO_NOW_MS), case);
        assert_eq!(sunday.watch(DEMO_NOW_MS), [format!("case_urged {number}/{DEMO_NOW_MS}")]);
        let worse = |at_ms: i64| {
            sunday.write(move |tx, service| {
                let found = case::find(tx, case)?.unwrap();
                case::say(tx, &service.keys, &mut service.ids.block(at_ms), &found, Word::Worse, at_ms, at_ms)
            });
            sunday.watch(at_ms)
        };
        // Not with every press of the key, but again when nobody has called back.
        assert_eq!(worse(DEMO_NOW_MS + case::URGED_UNSAFE_EVERY_MS - 1), [""; 0]);
        let later_ms = DEMO_NOW_MS + case::URGED_UNSAFE_EVERY_MS;
        assert_eq!(worse(later_ms), [format!("case_urged {number}/{later_ms}")]);
        // Other cases are heard once a day, and an answer ends it.
        let other = sunday.tell(CaseKind::Unpaid, DEMO_NOW_MS + DAY_MS);
        sunday.tell(CaseKind::Unpaid, DEMO_NOW_MS + DAY_MS);
        assert_eq!(sunday.watch(later_ms).len(), 1);
        sunday.tell(CaseKind::Unpaid, DEMO_NOW_MS + DAY_MS);
        assert_eq!(sunday.watch(later_ms), [""; 0]);
        sunday.order(other, "we ring him", later_ms);
        assert_eq!(sunday.watch(later_ms + 1), [""; 0]);
    }
}

#[test]
fn a_held_job_and_a_licence_are_told_in_time() {
    for sunday in Sunday::on_each_engine() {
        assert_eq!(sunday.watch(DEMO_NOW_MS), [""; 0]);
        sunday.write(|tx, service| {
            let (job, _) = first_job(tx)?;
            quarantine::hold(tx, &mut service.ids.block(1), job, (HoldWhy::Reports, ""), DEMO_NOW_MS)
        });
        // On a Sunday nobody is in the office: by ten on Monday.
        let due_ms = DEMO_NOW_MS + 25 * HOUR_MS;
        assert_eq!(sunday.watch(due_ms - 1), [""; 0]);
        assert_eq!(sunday.watch(due_ms).len(), 1);
        assert_eq!(sunday.watch(due_ms + HOUR_MS), [""; 0]);
        sunday.write(|tx, service| {
            let (name, contact) = ("Akazi Agency".to_owned(), "250788000001".to_owned());
            let agency = NewEmployer { name, kind: EmployerKind::Agency, tier: Tier::PhoneOnly, contact };
            let mut ids = service.ids.block(2);
            let id = employer::known(tx, &service.keys, &mut ids, &agency, DEMO_NOW_MS)?;
            let licence = Check::Licence("L 7", DEMO_NOW_MS + 33 * DAY_MS);
            employer_check::check(tx, &service.keys, &mut ids, id, licence, ("ann", ""), DEMO_NOW_MS)
        });
        assert_eq!(sunday.watch(DEMO_NOW_MS + 3 * DAY_MS - 1), [""; 0]);
        let told = sunday.watch(DEMO_NOW_MS + 3 * DAY_MS);
        assert!(told.len() == 1 && told[0].starts_with("licence_ends "), "{told:?}");
        assert_eq!(sunday.watch(DEMO_NOW_MS + 4 * DAY_MS), [""; 0]);
    }
}

#[test]
fn jobs_of_an_agency_are_held_when_its_licence_is_over() {
    for sunday in Sunday::on_each_engine() {
        let until_ms = DEMO_NOW_MS + 2 * DAY_MS;
        let employer = sunday.write(move |tx, _| {
            let (_, employer) = first_job(tx)?;
            let agency = "UPDATE employer SET kind = 'agency', licence_until_ms = $2 WHERE id = $1";
            tx.execute(agency, &[employer.into(), until_ms.into()])?;
            Ok(employer)
        });
        let open = || {
            sunday.write(move |tx, _| {
                let open = "SELECT COUNT(*) FROM vacancy WHERE employer_id = $1 AND status = 'open'";
                Ok(tx.query_one(open, &[employer.into()], |row| row.integer(0))?.unwrap())
            })
        };
        let before = open();
        assert!(before > 0);
        assert_eq!(sunday.watch(until_ms - 1), [format!("licence_ends {}/{until_ms}", employer.get())]);
        assert_eq!((sunday.serve(until_ms - 1), open()), (0, before));
        assert_eq!(sunday.watch(until_ms), [format!("licence_over {}/{until_ms}", employer.get())]);
        while sunday.serve(until_ms) > 0 {}
        assert_eq!(open(), 0);
        let held = sunday.write(|tx, _| Ok(quarantine::held(tx, HELD_MAX)?));
        let held: Vec<_> = held.into_iter().filter(|job| job.employer == employer).map(|job| job.why).collect();
        assert!(i64::try_from(held.len()) == Ok(before) && held.iter().all(|why| *why == HoldWhy::NoLicence));
        assert_eq!(sunday.watch(until_ms + 1), [""; 0], "told once");
    }
}

/// The first vacancy of the demo that is open, and its employer.
fn first_job(tx: &mut Tx<'_>) -> Result<(market::VacancyId, market::EmployerId), market::Fault> {
    let first = "SELECT id, employer_id FROM vacancy WHERE status = 'open' ORDER BY id LIMIT 1";
    let read = |row: &storage::Row<'_>| {
        Ok((market::VacancyId::new(row.integer(0)?), market::EmployerId::new(row.integer(1)?)))
    };
    Ok(tx.query_one(first, &[], read)?.unwrap())
}

#[test]
fn people_are_told_asked_and_closed_each_once() {
    for sunday in Sunday::on_each_engine() {
        let case = sunday.tell(CaseKind::Unpaid, DEMO_NOW_MS);
        assert_eq!(sunday.serve(DEMO_NOW_MS), 0);
        sunday.order(case, "he pays on Friday", DEMO_NOW_MS);
        assert_eq!(sunday.serve(DEMO_NOW_MS), 1);
        assert_eq!((sunday.serve(DEMO_NOW_MS), sunday.queued()), (0, vec!["case_answered".to_owned()]));
        let asked_ms = DEMO_NOW_MS + case::ASK_AFTER_MS;
        assert_eq!((sunday.serve(asked_ms), sunday.serve(asked_ms)), (1, 0));
        assert_eq!(sunday.queued(), ["case_settled_asked", "case_answered"]);
        // Silence closes it, and the person is told that too.
        assert_eq!(sunday.serve(asked_ms + case::CLOSE_AFTER_MS), 2);
        assert_eq!(sunday.serve(asked_ms + case::CLOSE_AFTER_MS), 0);
        assert_eq!(sunday.queued(), ["case_closed", "case_settled_asked", "case_answered"]);
        // Who stopped is not written to, and the case goes on.
        let other = sunday.tell(CaseKind::Other, DEMO_NOW_MS);
        sunday.write(|tx, service| {
            let msisdn = Msisdn::parse_e164("250788000777").unwrap();
            phone_number::stop(tx, &MsisdnHash::of(&service.keys, &msisdn), DEMO_NOW_MS)
        });
        sunday.order(other, "hello", DEMO_NOW_MS);
        assert_eq!((sunday.serve(DEMO_NOW_MS), sunday.queued().len()), (1, 3));
    }
}

#[test]
fn alerts_of_a_held_job_that_wait_are_not_sent() {
    for sunday in Sunday::on_each_engine() {
        let job = sunday.write(|tx, service| {
            let (job, _) = first_job(tx)?;
            let to = Msisdn::parse_e164("250788000777").unwrap();
            let other = job.get() * 10;
            for (at, key) in
                [format!("alert/{}/1", job.get()), format!("alert/{}/2", job.get()), format!("alert/{other}/1")]
                    .iter()
                    .enumerate()
            {
                let new = NewMessage {
                    id: service.ids.block(3).first() + i64::try_from(at).unwrap(),
                    operation_key: key,
                    content: Content::Sms(NewSms { to: &to, generation: 1, route: "", text: "Kaziline" }),
                    person_id: None,
                    employer_id: None,
                    priority: Priority::Alert,
                    class: Class::Alert,
                    template: "job_alert",
                    due_ms: DEMO_NOW_MS + HOUR_MS,
                    expires_ms: DEMO_NOW_MS + DAY_MS,
                };
                outbox::enqueue(tx, &service.keys, &new, DEMO_NOW_MS).unwrap();
            }
            quarantine::hold(tx, &mut service.ids.block(1), job, (HoldWhy::Reports, ""), DEMO_NOW_MS)?;
            Ok(job)
        });
        assert!(job.get() > 0 && sunday.queued().len() == 3);
        assert_eq!((sunday.serve(DEMO_NOW_MS), sunday.serve(DEMO_NOW_MS), sunday.serve(DEMO_NOW_MS)), (2, 1, 0));
        assert_eq!(sunday.queued().len(), 1, "another job's");
    }
}
