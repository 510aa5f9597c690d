//! A client takes people, and is written what they say: the last place once, and each answer once.

use std::sync::{Arc, LazyLock};

use super::super::manifest::manifest;
use super::super::stage::{Advanced, Answer, Answered, By, Offer, Order, advance, answer_offer};
use super::super::{Fault, Host};
use super::*;
use crate::clock::{Clock, SimulatedClock};
use crate::embedded;
use crate::market::application::ApplyOutcome;
use crate::market::booking::client::{self, Client};
use crate::market::employer::EmployerKind;
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS, area, country, trade};
use crate::market::pay::{PaidWhen, Pay};
use crate::market::posting::{self, Length, Sent, Wanted};
use crate::market::stage::Stage;
use crate::market::{ApplicationId, PersonId, VacancyId, pipeline, vacancy, worker};
use crate::menu::Bundle;
use crate::migrations;
use crate::on_postgres;
use crate::storage::{Column, Keys, Store, Tx, Work};

const BODY: Column = Column::new("outbox", "body");

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(country().clone(), Keys::of_no_secret(), "*567#".to_owned()));
static BUNDLE: LazyLock<Arc<Bundle>> =
    LazyLock::new(|| crate::menu::build(&embedded::menus(), manifest(), &*HOST).unwrap());

/// Runs a test's body in one transaction of an empty store, on each engine.
fn run(body: impl Fn(&mut Tx<'_>, &Fixture) -> Result<(), Fault> + Send + Sync + 'static) {
    let body = Arc::new(body);
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
    let here = Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap();
    for store in [here, on_postgres::store(migrations::POSTGRES, &clock)] {
        let (body, fixture) = (Arc::clone(&body), Fixture::new());
        store.transact_blocking(Work::interactive(None), move |tx| body(tx, &fixture.clone())).unwrap();
    }
}

/// What waits to be sent to clients of jobs, opened.
fn told(tx: &mut Tx<'_>) -> Vec<(String, String)> {
    let sql = "SELECT id, template, body FROM outbox ORDER BY id";
    let all = tx.query(sql, &[], |row| {
        Ok((row.text(1)?.to_owned(), HOST.keys.open_text(BODY, row.integer(0)?, row.bytes(2)?)?))
    });
    all.unwrap().into_iter().filter(|(template, _)| template.starts_with("post_")).collect()
}

/// A client with a post for so many masons.
fn posted(tx: &mut Tx<'_>, f: &Fixture, openings: i64) -> Result<(Client, VacancyId), Fault> {
    let person = f.begin(tx, 1)?;
    client::begin(tx, &f.keys, &mut f.ids(), person, NOW_MS)?;
    assert!(client::set_area(tx, &f.country, person, area(1201), NOW_MS)?);
    let client = client::find(tx, person)?.unwrap();
    let wanted = Wanted {
        trade: trade(11),
        area: area(1201),
        day: worker::today(&f.country, NOW_MS).plus(5),
        length: Length::OneDay,
        openings,
        pay: Pay { amount: 5_000, unit: crate::country::PayUnit::Day },
        paid: PaidWhen::Daily,
        means: crate::country::PayMeans::Momo,
    };
    let sent = posting::post(tx, &f.keys, &f.country, &mut f.ids(), &client, &wanted, 7, NOW_MS)?;
    let Sent::Posted { vacancy, held: false, .. } = sent else { panic!("{sent:?}") };
    Ok((client, vacancy))
}

/// Somebody asks for it, and its client is told as by keypad.
fn ask(tx: &mut Tx<'_>, f: &Fixture, n: u32, vacancy: VacancyId) -> Result<(PersonId, ApplicationId), Fault> {
    let person = f.worker(tx, n, "Jean Bosco")?;
    let found = vacancy::details(tx, &f.keys, vacancy)?.unwrap();
    let application = match f.apply(tx, person, vacancy, &n.to_string(), NOW_MS)? {
        ApplyOutcome::Applied { application, .. } => application,
        other => panic!("{other:?}"),
    };
    asked(tx, (&HOST, &BUNDLE), &mut f.ids(), &found, NOW_MS)?;
    Ok((person, application))
}

fn take(tx: &mut Tx<'_>, f: &Fixture, client: &Client, application: ApplicationId, key: &str) -> Advanced {
    let mut order = Order::new(client.employer, application, Stage::Offered, By::Client(client.person), key);
    let until_ms = NOW_MS + DAY_MS;
    order.offer = Some(Offer::as_posted(until_ms));
    advance(tx, &HOST, &BUNDLE, &mut f.ids(), &order, NOW_MS).unwrap()
}

fn answer(tx: &mut Tx<'_>, f: &Fixture, of: (PersonId, ApplicationId), yes: bool, key: &str) -> Answered {
    let answer = Answer { application: of.1, person: of.0, yes, operation_key: key };
    answer_offer(tx, &HOST, &BUNDLE, &mut f.ids(), &answer, NOW_MS).unwrap()
}

#[test]
fn the_last_place_is_given_once_and_the_client_hears_of_each_answer_once() {
    run(|tx, f| {
        let (client, vacancy) = posted(tx, f, 1)?;
        let (one, two) = (ask(tx, f, 2, vacancy)?, ask(tx, f, 3, vacancy)?);
        assert!(matches!(take(tx, f, &client, one.1, "a"), Advanced::Moved { .. }));
        // The same key again, from a hop that is run again.
        assert_eq!(take(tx, f, &client, one.1, "a"), Advanced::Already { stage: Stage::Offered });
        assert_eq!(take(tx, f, &client, two.1, "b"), Advanced::Filled { openings: 1, taken: 1 });
        // A no frees the place; said twice it is told once.
        for _ in 0..2 {
            assert_eq!(answer(tx, f, one, false, "c"), Answered::Declined);
        }
        assert!(matches!(take(tx, f, &client, two.1, "d"), Advanced::Moved { .. }));
        assert_eq!(take(tx, f, &client, one.1, "e"), Advanced::Illegal { stage: Stage::Withdrawn });
        assert_eq!(answer(tx, f, two, true, "f"), Answered::Accepted);
        let said: Vec<String> = told(tx).into_iter().map(|(template, _)| template).collect();
        assert_eq!(said, ["post_asked", "post_no", "post_yes"]);
        assert!(told(tx)[2].1.contains("+250780000003"), "the number was given with the application");
        // Both sides are sent the terms.
        assert!(told(tx)[2].1.contains("5000/umunsi, MoMo"), "{:?}", told(tx));
        let history = pipeline::history(tx, &f.keys, two.1)?;
        assert_eq!(
            history.iter().map(|event| event.by).collect::<Vec<_>>(),
            [By::Client(client.person), By::Applicant(two.0)]
        );
        let own = vacancy::details(tx, &f.keys, vacancy)?.unwrap();
        assert_eq!(own.status, vacancy::VacancyStatus::Filled);
        Ok(())
    });
}

#[test]
fn a_client_hears_of_the_first_who_ask_and_when_there_are_enough() {
    run(|tx, f| {
        let (_, vacancy) = posted(tx, f, 3)?;
        for n in 2..7 {
            ask(tx, f, n, vacancy)?;
        }
        let said = told(tx);
        assert_eq!(said.len(), 2);
        assert!(said[0].1.contains("*567*2*93#") && said[1].1.contains("): 3."), "{said:?}");
        // A firm has no keypad: it is told nothing here.
        let (firm, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        ask(tx, f, 8, firm)?;
        assert_eq!(told(tx).len(), 2);
        Ok(())
    });
}

#[test]
fn who_is_no_employer_of_the_job_takes_nobody() {
    run(|tx, f| {
        let (client, vacancy) = posted(tx, f, 1)?;
        let (_, application) = ask(tx, f, 2, vacancy)?;
        let other = f.begin(tx, 1)?;
        let other = client::begin(tx, &f.keys, &mut f.ids(), other, NOW_MS)?;
        assert_eq!(take(tx, f, &other, application, "a"), Advanced::NotYours);
        let refuse = Order::new(client.employer, application, Stage::Rejected, By::Client(client.person), "b");
        assert!(matches!(advance(tx, &HOST, &BUNDLE, &mut f.ids(), &refuse, NOW_MS)?, Advanced::Moved { .. }));
        assert!(matches!(take(tx, f, &client, application, "c"), Advanced::Illegal { stage: Stage::Rejected }));
        Ok(())
    });
}
