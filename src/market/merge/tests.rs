//! Two registrations of one: what goes where, what stays behind, and who is not joined.

use std::sync::Arc;

use super::*;
use crate::clock::{Clock, SimulatedClock};
use crate::country::PayUnit;
use crate::market::application::{self, ApplyOutcome};
use crate::market::booking::record::{self, Record, Side};
use crate::market::booking::request::{self, Order, Sent};
use crate::market::booking::{Share, answer, block, client, find, group};
use crate::market::case::{self, CallPart, CaseKind, NewCase};
use crate::market::employer::EmployerKind;
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS, area, trade};
use crate::market::pay::Pay;
use crate::market::pin::{self, Known};
use crate::market::stage::Stage;
use crate::market::{ApplicationId, BookingId, VacancyId, alert, consent, disclosure, quiz};
use crate::migrations;
use crate::outbox::{self, Class, Content, NewMessage, NewSms, Priority};
use crate::storage::{self, Store, Tx};

/// Columns in which somebody stands.
const WHO: &str = "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c \
    WHERE m.type = 'table' AND c.name IN ('person_id', 'worker_id', 'client_id', 'leader_id', 'member_id', 'blocked_id', \
    'reporter_id', 'about_id', 'dropped_id', 'kept_id') ORDER BY m.name, c.name";
/// Where rows of a dropped registration are left, and why.
const LEFT: &[(&str, &str)] = &[
    // The proof that there was one; withdrawn, and the kept registration has its own.
    ("consent", "person_id"),
    // The lesser of two for one vacancy: withdrawn, and counted as that of somebody erased.
    ("application", "person_id"),
    // Says that they were joined.
    ("person_merge", "dropped_id"),
];
/// Filled by nobody before they are joined.
const NOT_BEFORE: &[&str] = &["kept_id", "dropped_id"];

fn join(tx: &mut Tx<'_>, f: &Fixture, kept: PersonId, dropped: PersonId) -> Result<Merged, Fault> {
    match look(tx, &f.keys, kept, dropped)? {
        Ok(pair) => merge(tx, &f.keys, &mut f.ids(), (kept, dropped), (pair.version, "Aline"), 0, NOW_MS),
        Err(refusal) => Ok(Merged::Refused(refusal)),
    }
}

fn refused(tx: &mut Tx<'_>, f: &Fixture, a: PersonId, b: PersonId) -> Result<Refusal, Fault> {
    match (join(tx, f, a, b)?, join(tx, f, b, a)?) {
        (Merged::Refused(one), Merged::Refused(other)) if one == other => Ok(one),
        other => panic!("{other:?}"),
    }
}

fn count(tx: &mut Tx<'_>, sql: &'static str, person: PersonId) -> i64 {
    tx.query_one(sql, &[person.into()], |row| row.integer(0)).unwrap().unwrap()
}

fn applied(tx: &mut Tx<'_>, f: &Fixture, person: PersonId, vacancy: VacancyId) -> ApplicationId {
    match f.apply(tx, person, vacancy, &format!("{}/{}", person.get(), vacancy.get()), NOW_MS).unwrap() {
        ApplyOutcome::Applied { application, .. } => application,
        other => panic!("{other:?}"),
    }
}

/// A client asks a worker to come the day after tomorrow, or on a later day.
fn asked(tx: &mut Tx<'_>, f: &Fixture, who: PersonId, worker: PersonId, days: i32) -> Result<BookingId, Fault> {
    let client = client::begin(tx, &f.keys, &mut f.ids(), who, NOW_MS)?;
    let order = Order {
        trade: trade(11),
        area: area(1201),
        day: worker::today(&f.country, NOW_MS).plus(days),
        pay: Pay { amount: 5_000, unit: PayUnit::Day },
        means: None,
        needed: 1,
        pass_on: false,
    };
    let mut ids = f.ids();
    let random = u64::try_from(ids.first()).unwrap();
    match request::send(tx, &f.country, &mut ids, &client, &order, Some(worker), random, NOW_MS)? {
        Sent::Asked { hiring, .. } => Ok(request::first_of(tx, hiring)?.unwrap().id),
        other => panic!("{other:?}"),
    }
}

fn agreed(tx: &mut Tx<'_>, f: &Fixture, who: PersonId, worker: PersonId, days: i32) -> Result<BookingId, Fault> {
    let booking = asked(tx, f, who, worker, days)?;
    let yes = answer::accept(tx, &f.country, booking, worker, Share::Theirs, false, NOW_MS)?;
    assert!(matches!(yes, answer::Accepted::Agreed(_)), "{yes:?}");
    Ok(booking)
}

/// Somebody who has done everything that leaves a row, and the vacancies that they applied to.
fn busy(tx: &mut Tx<'_>, f: &Fixture, n: u32) -> Result<PersonId, Fault> {
    const TOLD: &str = "INSERT INTO alert (id, vacancy_id, person_id, score, score_version, told_ms, day, nth, place) \
        VALUES (900, $1, $2, 90, 1, 8, 1, 1, 1201)";
    const AGENT: &str = "INSERT INTO agent (id, person_id, organisation_sealed, kind, area_code, added_ms, added_by, ended_ms, \
        ended_by) VALUES (5, $1, $2, 'school', 1201, 0, 'x', 0, '')";
    const REGISTERED: &str = "INSERT INTO agent_registration (id, agent_id, person_id, state, begun_ms, told_ms, lists_ms, \
        answered_ms) VALUES (6, 5, $1, 'confirmed', 0, 0, 0, 1)";
    const LINK: &str = "INSERT INTO linked_number (person_id, msisdn_hmac, number_generation, linked_ms) \
        VALUES ($1, $2, 1, 0)";
    const MOVE: &str = "INSERT INTO number_move (to_hmac, to_generation, from_hmac, person_id, code_hmac, tries, is_proven, \
        asked_ms, moves_ms) VALUES ($2, 1, $2, $1, $2, 0, 0, 0, 0)";
    let person = f.worker_with(tx, n, "Aline Uwera", 1990, 11, 1201)?;
    let (other, third) = (f.worker(tx, 50, "Ben")?, f.worker(tx, 51, "Claude")?);
    let works = agreed(tx, f, other, person, 2)?;
    let hires = agreed(tx, f, person, third, 3)?;
    tx.execute("UPDATE booking SET worker_gave_ms = 1, client_gave_ms = 1", &[])?;
    block::block(tx, person, other, NOW_MS)?;
    block::block(tx, third, person, NOW_MS)?;
    for (booking, by) in [(works, person), (hires, third)] {
        let booking = find(tx, booking)?.unwrap();
        assert!(block::report(tx, &booking, by, NOW_MS)?);
    }
    record::add(tx, person, Side::Worker, Record { jobs: 3, absences: 2, ..Record::default() })?;
    record::add(tx, person, Side::Client, Record { late_cancels: 1, ..Record::default() })?;
    let fourth = f.worker(tx, 52, "Diane")?;
    group::invite(tx, person, fourth, NOW_MS)?;
    group::invite(tx, fourth, person, NOW_MS)?;
    let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "told"))?;
    tx.execute(TOLD, &[vacancy.into(), person.into()])?;
    quiz::begin(tx, person, trade(11), 5, NOW_MS)?;
    let number = f.number(tx, n)?;
    let case = NewCase {
        kind: CaseKind::Unpaid,
        number: &number,
        person: Some(person),
        vacancy: Some(vacancy),
        application: None,
        booking: None,
        call: CallPart::None,
        due_ms: NOW_MS + DAY_MS,
    };
    case::open(tx, &f.keys, &mut f.ids(), &case, 7, NOW_MS)?;
    pin::propose(tx, &f.keys, (person, 1), "5829", Known { birth_year: None, msisdn: "" }, NOW_MS)?;
    tx.execute(AGENT, &[person.into(), (&[1_u8; 4]).into()])?;
    tx.execute(REGISTERED, &[person.into()])?;
    tx.execute(MOVE, &[person.into(), (&[9_u8; 32]).into()])?;
    let second = f.number(tx, n + 90)?;
    tx.execute(LINK, &[person.into(), second.hash.as_bytes().into()])?;
    queue(tx, f, n, (77, person, "applied"))?;
    queue(tx, f, n, (900, person, "job_alert"))?;
    Ok(person)
}

/// A message that waits.
fn queue(tx: &mut Tx<'_>, f: &Fixture, n: u32, (id, person, template): (i64, PersonId, &str)) -> Result<(), Fault> {
    let to = f.msisdn(n);
    let waits = NewMessage {
        id,
        operation_key: &id.to_string(),
        content: Content::Sms(NewSms { to: &to, generation: 1, route: "", text: "Kaziline" }),
        person_id: Some(person.get()),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        template,
        due_ms: NOW_MS,
        expires_ms: NOW_MS + DAY_MS,
    };
    outbox::enqueue(tx, &f.keys, &waits, NOW_MS).map_err(erasure::of_outbox).map(drop)
}

#[test]
fn of_two_alerts_to_the_same_job_one_stays_and_the_other_says_nothing() {
    const TOLD: &str = "INSERT INTO alert (id, vacancy_id, person_id, score, score_version, told_ms, day, nth, place) \
        VALUES ($1, $2, $3, 90, 1, 8, $1, 1, 1201)";
    Fixture::new().run(|tx, f| {
        let (kept, dropped) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "A. Uwera")?);
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "both"))?;
        let (other, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "one"))?;
        for (id, told, person) in [(901, vacancy, kept), (902, vacancy, dropped)] {
            tx.execute(TOLD, &[id.into(), told.into(), person.into()])?;
            queue(tx, f, 1, (id, person, "job_alert"))?;
        }
        tx.execute(TOLD, &[903.into(), other.into(), dropped.into()])?;
        queue(tx, f, 1, (903, dropped, "job_alert"))?;
        assert_eq!(join(tx, f, kept, dropped)?, Merged::Done);
        assert_eq!(alert::messages_to(tx, kept)?, [901, 903]);
        assert!(alert::messages_to(tx, dropped)?.is_empty());
        let full = "SELECT id FROM outbox WHERE length(body) > 0 AND person_id = $1 ORDER BY id";
        assert_eq!(tx.query(full, &[kept.into()], |row| row.integer(0))?, [901, 903]);
        assert_eq!(count(tx, "SELECT COUNT(*) FROM outbox WHERE length(body) = 0 OR person_id = $1", dropped), 1);
        Ok(())
    });
}

/// Counts of rows in which somebody stands, for each column of each table.
fn standing() -> Vec<(String, String, &'static str)> {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
    let store = Store::inline(migrations::SQLITE, clock).unwrap();
    let read = |tx: &mut Tx<'_>| tx.query(WHO, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())));
    let columns = store.read_blocking::<_, storage::Error, _>(read).unwrap();
    let sql = |table: &str, column: &str| format!("SELECT COUNT(*) FROM {table} WHERE {column} = $1").leak();
    columns.into_iter().map(|(table, column)| (table.clone(), column.clone(), &*sql(&table, &column))).collect()
}

#[test]
fn nothing_of_the_dropped_one_is_left_but_what_is_listed() {
    let columns = standing();
    assert!(columns.len() > 25, "{columns:?}");
    Fixture::new().run(move |tx, f| {
        let kept = f.worker_with(tx, 1, "Aline Uwera", 1990, 12, 1201)?;
        let dropped = busy(tx, f, 2)?;
        let (both, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "both"))?;
        let (one, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "one"))?;
        applied(tx, f, kept, both);
        applied(tx, f, dropped, both);
        applied(tx, f, dropped, one);
        for (table, column, sql) in &columns {
            let none = count(tx, sql, dropped) == 0;
            assert!(!none || NOT_BEFORE.contains(&column.as_str()), "no row to carry in {table}.{column}");
        }
        let household = client::find(tx, dropped)?.unwrap().employer;
        assert_eq!(join(tx, f, kept, dropped)?, Merged::Done);
        for (table, column, sql) in &columns {
            let may = LEFT.contains(&(table.as_str(), column.as_str()));
            assert!(may || count(tx, sql, dropped) == 0, "left in {table}.{column}");
        }
        let gone = person::find(tx, dropped)?.unwrap();
        assert_eq!((gone.status, gone.number_generation), (person::Status::Closed, 0));
        assert_eq!(person::name(tx, &f.keys, dropped)?, None);
        assert_eq!(phone_number::find(tx, &f_hash(f, 2))?, None, "nobody is on its number");
        for (sql, rows) in [
            ("SELECT COUNT(*) FROM consent WHERE person_id = $1 AND withdrawn_ms IS NULL", 0),
            ("SELECT COUNT(*) FROM consent WHERE person_id = $1", 2),
            ("SELECT COUNT(*) FROM application WHERE person_id = $1 AND stage = 'withdrawn' AND share_number = 0", 1),
            ("SELECT COUNT(*) FROM application WHERE person_id = $1", 1),
            ("SELECT COUNT(*) FROM person_merge WHERE dropped_id = $1 AND by_name = 'Aline'", 1),
        ] {
            assert_eq!(count(tx, sql, dropped), rows, "{sql}");
        }
        for (sql, rows) in [
            ("SELECT COUNT(*) FROM application WHERE person_id = $1 AND stage = 'applied'", 2),
            ("SELECT COUNT(*) FROM outbox WHERE person_id = $1 AND status = 'queued' AND length(body) > 0", 2),
            ("SELECT COUNT(*) FROM booking WHERE worker_id = $1 AND state = 'accepted'", 1),
            ("SELECT COUNT(*) FROM booking WHERE client_id = $1 AND state = 'accepted'", 1),
            ("SELECT COUNT(*) FROM booking_day WHERE worker_id = $1", 1),
            ("SELECT COUNT(*) FROM pay_day WHERE worker_id = $1", 1),
            ("SELECT COUNT(*) FROM pay_day WHERE client_id = $1", 1),
            ("SELECT COUNT(*) FROM booking_block WHERE person_id = $1 OR blocked_id = $1", 2),
            ("SELECT COUNT(*) FROM booking_report WHERE reporter_id = $1 OR about_id = $1", 2),
            ("SELECT COUNT(*) FROM group_member WHERE leader_id = $1 OR member_id = $1", 2),
            ("SELECT COUNT(*) FROM worker_trade WHERE person_id = $1", 2),
            ("SELECT COUNT(*) FROM bookable WHERE person_id = $1", 2),
            ("SELECT COUNT(*) FROM agent WHERE person_id = $1 AND ended_ms = 0", 1),
            ("SELECT COUNT(*) FROM help_case WHERE person_id = $1 AND open_slot IS NOT NULL", 1),
            ("SELECT COUNT(*) FROM quiz WHERE person_id = $1", 1),
            ("SELECT COUNT(*) FROM alert WHERE person_id = $1", 1),
            ("SELECT COUNT(*) FROM linked_number WHERE person_id = $1", 1),
        ] {
            assert_eq!(count(tx, sql, kept), rows, "{sql}");
        }
        assert_ne!(client::find(tx, kept)?.unwrap().employer, household, "the empty one keeps its row");
        assert_eq!(disclosure::to_whom(tx, &f.keys, kept)?.len(), 4, "two applications, two bookings");
        let (number, whole) = (f.number(tx, 1)?, person::recipient(tx, &f.keys, kept)?);
        assert_eq!(whole.unwrap().number, number.hash);
        assert_eq!(case::mine(tx, &number, Some(kept))?.len(), 1);
        assert!(consent::in_force(tx, kept, consent::Purpose::Alerts)?);
        assert_eq!(join(tx, f, kept, dropped)?, Merged::Refused(Refusal::Gone), "once");
        Ok(())
    });
}

fn f_hash(f: &Fixture, n: u32) -> MsisdnHash {
    MsisdnHash::of(&f.keys, &f.msisdn(n))
}

#[test]
fn a_bad_record_is_not_washed_and_the_further_application_stays() {
    Fixture::new().run(|tx, f| {
        // Twice on one number.
        let (kept, dropped) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "A. Uwera")?);
        let cheap = crate::market::pay::Rate::Amount(Pay { amount: 3_000, unit: PayUnit::Day });
        worker::set_rate(tx, dropped, cheap, NOW_MS)?;
        record::add(tx, kept, Side::Worker, Record { jobs: 4, absences: 1, ..Record::default() })?;
        record::add(tx, dropped, Side::Worker, Record { jobs: 1, absences: 3, late_cancels: 2, ..Record::default() })?;
        let (a, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let (b, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "b"))?;
        let (mine, theirs) = (applied(tx, f, kept, a), applied(tx, f, dropped, a));
        let (ended, lives) = (applied(tx, f, kept, b), applied(tx, f, dropped, b));
        Fixture::put(tx, theirs, Stage::Interview)?;
        Fixture::put(tx, ended, Stage::Rejected)?;
        assert_eq!(join(tx, f, kept, dropped)?, Merged::Done);
        let sum = Record { jobs: 5, absences: 4, late_cancels: 2, ..Record::default() };
        assert_eq!(record::of(tx, kept, Side::Worker)?, sum);
        let left: Vec<_> = application::mine(tx, kept)?.iter().map(|mine| mine.application).collect();
        assert!(left.len() == 2 && left.contains(&theirs) && left.contains(&lives), "{left:?}");
        let stage = "SELECT stage FROM application WHERE id = $1";
        let stages = [mine, ended].map(|id| tx.query_one(stage, &[id.into()], |row| Stage::read(row, 0)).unwrap());
        assert_eq!(stages, [Some(Stage::Withdrawn), Some(Stage::Rejected)]);
        assert_eq!(count(tx, "SELECT COUNT(*) FROM outbox WHERE id > 0 OR person_id = $1", kept), 0, "without a word");
        let number = f.number(tx, 1)?;
        assert_eq!(phone_number::persons_on(tx, &number)?, [kept]);
        assert_ne!(worker::find(tx, kept)?.unwrap().rate, cheap, "the kept one's own");
        Ok(())
    });
}

#[test]
fn who_has_dealt_with_the_other_or_changed_since_is_not_joined() {
    Fixture::new().run(|tx, f| {
        let (a, b) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Aline Uwera")?);
        assert_eq!(refused(tx, f, a, a)?, Refusal::Same);
        assert_eq!(refused(tx, f, a, PersonId::new(3))?, Refusal::Gone);
        let younger = f.worker_with(tx, 3, "Aline", 1991, 11, 1201)?;
        assert_eq!(refused(tx, f, a, younger)?, Refusal::BirthYears);
        let begun = f.begin(tx, 4)?;
        assert_eq!(join(tx, f, begun, a)?, Merged::Refused(Refusal::OtherWay));
        let (c, d) = (f.worker(tx, 5, "Ben")?, f.worker(tx, 6, "Ben")?);
        asked(tx, f, c, d, 2)?;
        assert_eq!(refused(tx, f, c, d)?, Refusal::WorkedTogether);
        asked(tx, f, younger, a, 4)?;
        asked(tx, f, younger, b, 4)?;
        assert_eq!(refused(tx, f, a, b)?, Refusal::SameDay, "also when only asked");
        let (eve, again) = (f.worker(tx, 7, "Eve")?, f.worker(tx, 8, "Eve")?);
        let seen = look(tx, &f.keys, eve, again)?.unwrap().version;
        block::block(tx, eve, again, NOW_MS)?;
        assert_eq!(refused(tx, f, eve, again)?, Refusal::Blocked);
        tx.execute("DELETE FROM booking_block WHERE person_id = $1", &[eve.into()])?;
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        applied(tx, f, again, vacancy);
        let late = merge(tx, &f.keys, &mut f.ids(), (eve, again), (seen, "Aline"), 0, NOW_MS)?;
        assert_eq!(late, Merged::Changed);
        let household = client::begin(tx, &f.keys, &mut f.ids(), eve, NOW_MS)?.employer;
        let theirs = "UPDATE vacancy SET employer_id = $2 WHERE id = $1";
        tx.execute(theirs, &[vacancy.into(), household.into()])?;
        assert_eq!(refused(tx, f, eve, again)?, Refusal::WorkedTogether, "applied to the other");
        tx.execute("DELETE FROM application WHERE person_id = $1", &[again.into()])?;
        let number = f.number(tx, 8)?;
        let case = NewCase {
            kind: CaseKind::Fraud,
            number: &number,
            person: Some(again),
            vacancy: Some(vacancy),
            application: None,
            booking: None,
            call: CallPart::None,
            due_ms: NOW_MS + DAY_MS,
        };
        case::open(tx, &f.keys, &mut f.ids(), &case, 7, NOW_MS)?;
        assert_eq!(refused(tx, f, eve, again)?, Refusal::Case);
        tx.execute("UPDATE help_case SET open_slot = NULL, state = 'closed' WHERE person_id = $1", &[again.into()])?;
        tx.execute("UPDATE employer SET blocked_ms = 1 WHERE id = $1", &[household.into()])?;
        assert_eq!(refused(tx, f, eve, again)?, Refusal::BlockedEmployer);
        erasure::empty(tx, again, NOW_MS)?;
        assert_eq!(refused(tx, f, eve, again)?, Refusal::Gone);
        Ok(())
    });
}
