//! Whom an agent registers: silence, a yes, a no, and what a number tells.

use super::*;
use crate::market::agent::{self, Added, AgentKind, NewAgent};
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS, area};
use crate::market::pay::Rate;
use crate::market::worker::BirthYearOutcome;
use crate::outbox::{Class, Content, NewMessage, NewSms, Priority};
use crate::text::Language;

/// The agent's own number.
const AGENT: u32 = 1;

fn today(f: &Fixture) -> Day {
    worker::today(&f.country, NOW_MS)
}

fn agent_on(tx: &mut Tx<'_>, f: &Fixture, n: u32) -> Result<Agent, Fault> {
    let person = f.worker(tx, n, "Jeanne Mukamana")?;
    let organisation = "Koperative Abahuza".to_owned();
    let new = NewAgent { person, organisation, kind: AgentKind::Cooperative, area: area(1201) };
    assert!(matches!(agent::add(tx, &f.keys, &mut f.ids(), (&new, "Ann"), NOW_MS)?, Added::Agent { .. }));
    let number = f.number(tx, n)?.hash;
    Ok(agent::of_person(tx, &f.keys, person, &number)?.unwrap())
}

fn start(tx: &mut Tx<'_>, f: &Fixture, agent: &Agent, n: u32, now_ms: i64) -> Result<Begun, Fault> {
    let given = Given { text_version: "agent", language: Language::Sw, channel: "demo", hop_uid: 7 };
    begin(tx, &f.keys, &mut f.ids(), (agent, &f.msisdn(n)), (&given, today(f)), now_ms)
}

/// Somebody who has answered everything, and of whom the agent is through.
fn registered(tx: &mut Tx<'_>, f: &Fixture, agent: &Agent, n: u32, name: &str) -> Result<(PersonId, i64), Fault> {
    let Begun::Person(person) = start(tx, f, agent, n, NOW_MS)? else { panic!("not begun") };
    assert_eq!(f.birth_year(tx, person, 1990)?, BirthYearOutcome::Saved);
    f.trade(tx, person, 11)?;
    worker::set_rate(tx, person, Rate::Agree, NOW_MS)?;
    worker::set_area(tx, &f.country, person, area(1201), NOW_MS)?;
    person::set_name(tx, &f.keys, person, name, NOW_MS)?;
    Ok((person, tell(tx, person, NOW_MS)?.unwrap()))
}

/// The message to the person stands in the outbox with this status.
fn message(tx: &mut Tx<'_>, f: &Fixture, registration: i64, n: u32, status: &'static str) -> Result<(), Fault> {
    let id = f.ids().next_id().unwrap();
    let new = NewMessage {
        id,
        operation_key: &told_by(registration),
        content: Content::Sms(NewSms {
            to: &f.msisdn(n),
            generation: 1,
            route: "RW.MTN.must_arrive",
            text: "Kaziline",
        }),
        person_id: None,
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        template: "agent_registered",
        due_ms: NOW_MS,
        expires_ms: NOW_MS + LISTS_MS,
    };
    outbox::enqueue(tx, &f.keys, &new, NOW_MS).unwrap();
    tx.execute("UPDATE outbox SET status = $2 WHERE id = $1", &[id.into(), status.into()])?;
    Ok(())
}

fn status(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<Status>, Fault> {
    Ok(person::find(tx, person)?.map(|found| found.status))
}

fn count(tx: &mut Tx<'_>, sql: &'static str) -> i64 {
    tx.query_one(sql, &[], |row| row.integer(0)).unwrap().unwrap()
}

#[test]
fn who_is_registered_by_another_is_found_by_nobody_until_they_say_yes() {
    Fixture::new().run(|tx, f| {
        let agent = agent_on(tx, f, AGENT)?;
        let (person, registration) = registered(tx, f, &agent, 2, "Aline Uwera")?;
        assert_eq!(tell(tx, person, NOW_MS)?, None, "told once");
        assert_eq!(status(tx, person)?, Some(Status::Registering));
        assert!(!is_begun(tx, person)?, "no call that is still open changes anything");
        let listed = "SELECT COUNT(*) FROM bookable WHERE person_id IN (SELECT person_id FROM agent_registration)";
        assert_eq!(count(tx, listed), 0);
        let via = "SELECT COUNT(*) FROM consent WHERE agent_id > 0 AND text_version = 'agent' AND language = 'sw'";
        assert_eq!(count(tx, via), 2, "matching and alerts, read aloud in Swahili");
        assert_eq!(f.number(tx, 2)?.language, Language::Sw, "and so are the messages");
        assert_eq!(waiting(tx, person)?, Some((registration, agent.id)));
        let shown = of_agent(tx, &f.keys, agent.id, NOW_MS)?;
        assert_eq!((shown.len(), shown[0].initials.as_str(), shown[0].is_confirmed), (1, "A.U.", false));
        assert!(confirm(tx, person, NOW_MS)? && !confirm(tx, person, NOW_MS)?, "once");
        assert_eq!((status(tx, person)?, count(tx, listed)), (Some(Status::Listed), 1));
        assert!(of_agent(tx, &f.keys, agent.id, NOW_MS)?[0].is_confirmed);
        assert!(of_agent(tx, &f.keys, agent.id, NOW_MS + SHOWN_MS)?.is_empty());
        // What was confirmed is theirs: no later NO takes it away.
        assert!(!object(tx, &mut f.ids(), person, NOW_MS)?);
        Ok(())
    });
}

#[test]
fn a_no_erases_and_leaves_a_count() {
    Fixture::new().run(|tx, f| {
        let agent = agent_on(tx, f, AGENT)?;
        let (person, registration) = registered(tx, f, &agent, 2, "Aline Uwera")?;
        message(tx, f, registration, 2, "delivered")?;
        assert!(object(tx, &mut f.ids(), person, NOW_MS)?);
        // Of two that come at once the second finds nothing: neither a yes nor silence brings anybody back.
        assert!(!object(tx, &mut f.ids(), person, NOW_MS)? && !confirm(tx, person, NOW_MS)?);
        assert_eq!(list_silent(tx, NOW_MS + LISTS_MS, 9)?, 0);
        assert_eq!(status(tx, person)?, Some(Status::Closed));
        assert!(of_agent(tx, &f.keys, agent.id, NOW_MS)?.is_empty());
        assert_eq!(phone_number::find(tx, &MsisdnHash::of(&f.keys, &f.msisdn(2)))?, None, "the number is gone too");
        let left = "SELECT COUNT(*) FROM agent_registration WHERE state = 'objected' AND person_id IS NULL";
        assert_eq!(count(tx, left), 1);
        Ok(())
    });
}

#[test]
fn silence_lists_after_three_days_and_only_whom_the_message_reached() {
    Fixture::new().run(|tx, f| {
        let agent = agent_on(tx, f, AGENT)?;
        let (heard, first) = registered(tx, f, &agent, 2, "Aline Uwera")?;
        let (not_heard, second) = registered(tx, f, &agent, 3, "Ben Habimana")?;
        let (unsent, _) = registered(tx, f, &agent, 4, "Claude")?;
        message(tx, f, first, 2, "accepted")?;
        message(tx, f, second, 3, "undelivered")?;
        assert_eq!(list_silent(tx, NOW_MS + LISTS_MS - 1, 9)?, 0);
        assert_eq!(list_silent(tx, NOW_MS + LISTS_MS, 9)?, 3);
        assert_eq!(list_silent(tx, NOW_MS + LISTS_MS, 9)?, 0, "each is looked at once");
        assert_eq!(status(tx, heard)?, Some(Status::Listed));
        for person in [not_heard, unsent] {
            assert_eq!(status(tx, person)?, Some(Status::Registering));
            assert!(confirm(tx, person, NOW_MS + DAY_MS)?, "they can still say yes");
        }
        // Who was listed by silence is asked all the same, and may say no.
        assert!(waiting(tx, heard)?.is_some() && object(tx, &mut f.ids(), heard, NOW_MS + 4 * DAY_MS)?);
        Ok(())
    });
}

#[test]
fn what_a_number_can_be_used_for_is_said_without_saying_who_is_on_it() {
    Fixture::new().run(|tx, f| {
        let agent = agent_on(tx, f, AGENT)?;
        let hash = |n: u32| MsisdnHash::of(&f.keys, &f.msisdn(n));
        let see = |tx: &mut Tx<'_>, n: u32, now_ms: i64| look(tx, &f.keys, agent.id, &hash(n), now_ms);
        assert_eq!(see(tx, 2, NOW_MS)?, Looked::Open);
        f.worker(tx, 3, "Aline Uwera")?;
        assert_eq!(see(tx, 3, NOW_MS)?, Looked::Taken);
        assert!(matches!(start(tx, f, &agent, 3, NOW_MS)?, Begun::Person(_)), "a second person of the household");
        assert_eq!(see(tx, 3, NOW_MS)?, Looked::Open, "whom the same agent has begun");
        f.worker(tx, 4, "Ben")?;
        assert_eq!(see(tx, 4, NOW_MS + phone_number::IDLE_MS)?, Looked::Unusable, "perhaps another owner's by now");
        phone_number::stop(tx, &hash(4), NOW_MS)?;
        assert_eq!(see(tx, 4, NOW_MS)?, Looked::Unusable);
        assert_eq!(start(tx, f, &agent, 4, NOW_MS)?, Begun::Unusable);
        // A child: by the rules of every registration, and the number is refused.
        let Begun::Person(child) = start(tx, f, &agent, 5, NOW_MS)? else { panic!("not begun") };
        assert_eq!(f.birth_year(tx, child, 2015)?, BirthYearOutcome::TooYoung);
        assert_eq!(see(tx, 5, NOW_MS)?, Looked::Unusable);
        assert_eq!(start(tx, f, &agent, 5, NOW_MS)?, Begun::Unusable);
        assert_eq!(count(tx, "SELECT COUNT(*) FROM agent_registration WHERE person_id IS NULL"), 1);
        Ok(())
    });
}

#[test]
fn a_registration_that_was_cut_goes_on_and_is_one() {
    Fixture::new().run(|tx, f| {
        let (agent, other) = (agent_on(tx, f, AGENT)?, agent_on(tx, f, 8)?);
        let first = start(tx, f, &agent, 2, NOW_MS)?;
        let Begun::Person(person) = first else { panic!("not begun") };
        assert!(is_begun(tx, person)?);
        assert_eq!(start(tx, f, &agent, 2, NOW_MS + 60_000)?, first, "the same person");
        let by_other = start(tx, f, &other, 2, NOW_MS)?;
        assert!(by_other != first, "another agent sees nobody's answers");
        assert_eq!(count(tx, "SELECT COUNT(*) FROM agent_registration"), 2);
        agent::end(tx, agent.id, "Ann", NOW_MS)?;
        assert!(!is_begun(tx, person)?, "nothing goes on for an agent who is none any more");
        Ok(())
    });
}

#[test]
fn a_day_has_so_many_places_and_numbers_and_the_next_has_as_many() {
    Fixture::new().run(|tx, f| {
        let agent = agent_on(tx, f, AGENT)?;
        for n in 0..u32::try_from(REGISTERED_A_DAY_MAX).unwrap() {
            assert!(matches!(start(tx, f, &agent, 100 + n, NOW_MS)?, Begun::Person(_)), "{n}");
        }
        assert_eq!(left_today(tx, agent.id, today(f))?, 0);
        assert_eq!(start(tx, f, &agent, 99, NOW_MS)?, Begun::TooMany);
        assert_eq!(phone_number::find(tx, &MsisdnHash::of(&f.keys, &f.msisdn(99)))?, None, "nothing is kept of it");
        let given = Given { text_version: "agent", language: Language::Rw, channel: "demo", hop_uid: 7 };
        let tomorrow = (&given, today(f).plus(1));
        let next = begin(tx, &f.keys, &mut f.ids(), (&agent, &f.msisdn(99)), tomorrow, NOW_MS + DAY_MS)?;
        assert!(matches!(next, Begun::Person(_)));
        for _ in 0..NUMBERS_A_DAY_MAX {
            assert!(count_number(tx, agent.id, today(f))?);
        }
        assert!(!count_number(tx, agent.id, today(f))? && count_number(tx, agent.id, today(f).plus(1))?);
        Ok(())
    });
}
