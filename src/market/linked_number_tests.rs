//! Two numbers of one person: linked, found on either, joined, ended, and what becomes of them when a number goes.

use super::*;
use crate::market::agent::{self, AgentKind, NewAgent};
use crate::market::application;
use crate::market::case::{CallPart, CaseKind, NewCase, Opened};
use crate::market::data_event::DataEvent;
use crate::market::employer::EmployerKind;
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS, area};
use crate::market::number_move::{Asked, ByPin, TRIES_MAX, Telling, Wants};
use crate::market::offer;
use crate::market::person::Status;
use crate::market::pin::{self, Confirmed, Known, Proposed};
use crate::market::worker;
use crate::market::{export, retention, wrong_try};

const MAIN: u32 = 1;
const SECOND: u32 = 2;

fn hash(f: &Fixture, n: u32) -> MsisdnHash {
    MsisdnHash::of(&f.keys, &f.msisdn(n))
}

/// Somebody on `to` says that `from` is theirs. The digits that went there.
fn wish(tx: &mut Tx<'_>, f: &Fixture, to: u32, from: u32, wants: Wants) -> Result<Option<String>, Fault> {
    let to = f.number(tx, to)?;
    let day = worker::today(&f.country, NOW_MS);
    match number_move::ask(tx, &f.keys, &mut f.ids(), (&to, &hash(f, from), wants), day, NOW_MS)? {
        Asked::Waits(sent) => Ok(sent.map(|(_, digits)| digits)),
        Asked::TooMany => panic!("too many"),
    }
}

fn tell(tx: &mut Tx<'_>, f: &Fixture, to: u32, caller: Option<PersonId>, typed: &str) -> Result<Checked, Fault> {
    let to = f.number(tx, to)?;
    let telling = Telling { to: &to, wants: Wants::Link, caller, typed };
    number_move::check(tx, &f.keys, &mut f.ids(), telling, NOW_MS)
}

/// The whole way of a link, up to what is answered to the right digits.
fn linked(tx: &mut Tx<'_>, f: &Fixture, to: u32, from: u32, caller: Option<PersonId>) -> Result<Checked, Fault> {
    let digits = wish(tx, f, to, from, Wants::Link)?.expect("somebody is there");
    tell(tx, f, to, caller, &digits)
}

fn two_numbers(tx: &mut Tx<'_>, f: &Fixture) -> Result<PersonId, Fault> {
    let person = f.worker(tx, MAIN, "Aline Uwera")?;
    assert_eq!(linked(tx, f, SECOND, MAIN, None)?, Checked::Linked(person));
    Ok(person)
}

fn on(tx: &mut Tx<'_>, f: &Fixture, n: u32) -> Result<Vec<PersonId>, Fault> {
    match phone_number::find(tx, &hash(f, n))? {
        Some(number) => persons_on(tx, &number),
        None => Ok(Vec::new()),
    }
}

fn count_of(tx: &mut Tx<'_>, sql: &'static str) -> i64 {
    tx.query_one(sql, &[], |row| row.integer(0)).unwrap().unwrap()
}

fn set_pin(tx: &mut Tx<'_>, f: &Fixture, person: PersonId) -> Result<(), Fault> {
    let known = Known { birth_year: None, msisdn: "" };
    assert_eq!(pin::propose(tx, &f.keys, (person, 1), "5829", known, NOW_MS)?, Proposed::Again);
    assert_eq!(pin::confirm(tx, &f.keys, (person, 1), "5829", NOW_MS)?, Confirmed::Saved);
    Ok(())
}

fn unpaid(tx: &mut Tx<'_>, f: &Fixture, n: u32, person: Option<PersonId>) -> Result<Opened, Fault> {
    let number = f.number(tx, n)?;
    let due_ms = NOW_MS + DAY_MS;
    let (vacancy, application, booking, call) = (None, None, None, CallPart::None);
    let new = NewCase { kind: CaseKind::Unpaid, number: &number, person, vacancy, application, booking, call, due_ms };
    case::open(tx, &f.keys, &mut f.ids(), &new, u64::from(n), NOW_MS)
}

#[test]
fn on_either_number_it_is_the_same_person_and_messages_go_to_the_main_one() {
    Fixture::new().run(|tx, f| {
        let person = two_numbers(tx, f)?;
        assert_eq!((on(tx, f, MAIN)?, on(tx, f, SECOND)?), (vec![person], vec![person]));
        let (main, second) = (hash(f, MAIN), hash(f, SECOND));
        assert_eq!(standing(tx, person, &main)?, Standing::Main);
        assert_eq!(standing(tx, person, &second)?, Standing::Second);
        let recipient = |tx: &mut Tx<'_>| Ok::<_, Fault>(person::recipient(tx, &f.keys, person)?.map(|to| to.number));
        assert_eq!(recipient(tx)?, Some(main));
        // A STOP is the number's: the second one silences nothing that goes to the main one.
        phone_number::stop(tx, &second, NOW_MS)?;
        assert_eq!(recipient(tx)?, Some(main));
        phone_number::stop(tx, &main, NOW_MS)?;
        assert_eq!(recipient(tx)?, None);
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM number_move_event WHERE what = 'linked'"), 1);
        // Others on the second number are others.
        let ben = f.worker(tx, SECOND, "Ben")?;
        assert_eq!((on(tx, f, MAIN)?, on(tx, f, SECOND)?), (vec![person], vec![person, ben]));
        Ok(())
    });
}

#[test]
fn what_is_theirs_is_found_from_the_second_number() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, MAIN, "Aline Uwera")?;
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        f.apply(tx, person, vacancy, "1", NOW_MS)?;
        let application = application::mine(tx, person)?[0].application;
        let offered = "INSERT INTO offer (application_id, status, pay_amount, pay_unit, until_ms, offered_ms, answered_ms) \
            VALUES ($1, 'open', 5000, 'day', $2, 1, NULL)";
        tx.execute(offered, &[application.into(), (NOW_MS + DAY_MS).into()])?;
        let organisation = "Cooperative".to_owned();
        let new = NewAgent { person, organisation, kind: AgentKind::Cooperative, area: area(1201) };
        agent::add(tx, &f.keys, &mut f.ids(), (&new, "Ann"), NOW_MS)?;
        let Opened::New { case: told, .. } = unpaid(tx, f, MAIN, Some(person))? else { panic!("a new case") };
        let (second, third) = (f.number(tx, SECOND)?, f.number(tx, 3)?);
        assert_eq!(linked(tx, f, SECOND, MAIN, None)?, Checked::Linked(person));
        assert_eq!(offer::open_on(tx, &second.hash)?.len(), 1);
        assert_eq!(offer::open_on(tx, &third.hash)?.len(), 0);
        assert!(agent::of_person(tx, &f.keys, person, &second.hash)?.is_some());
        assert!(agent::of_person(tx, &f.keys, person, &third.hash)?.is_none());
        assert_eq!(case::mine(tx, &second, Some(person))?.len(), 1);
        assert!(case::find(tx, told)?.unwrap().belongs_to(&second, Some(person)));
        assert!(!case::find(tx, told)?.unwrap().belongs_to(&second, None), "nobody else on that number");
        // The same problem, told from the other number, is the same case.
        assert!(matches!(unpaid(tx, f, SECOND, Some(person))?, Opened::Joined { case, .. } if case == told));
        // What belongs to the number alone is found there alone.
        unpaid(tx, f, SECOND, None)?;
        let main = f.number(tx, MAIN)?;
        assert_eq!((case::mine(tx, &main, Some(person))?.len(), case::mine(tx, &second, Some(person))?.len()), (1, 2));
        let all = export::everything(tx, (&f.keys, &f.country), &second.hash, person)?.unwrap();
        assert_eq!(all["number"]["msisdn"], f.msisdn(MAIN).as_str());
        assert_eq!(all["second_number"]["msisdn"], f.msisdn(SECOND).as_str());
        assert_eq!(all["cases"].as_array().unwrap().len(), 2);
        Ok(())
    });
}

#[test]
fn only_right_digits_link_and_a_pin_alone_never_does() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, MAIN, "Aline Uwera")?;
        set_pin(tx, f, person)?;
        let to = f.number(tx, SECOND)?;
        let by_pin = |tx: &mut Tx<'_>, wants, typed: &str| {
            let telling = Telling { to: &to, wants, caller: None, typed };
            number_move::by_pin(tx, &f.keys, &mut f.ids(), telling, NOW_MS)
        };
        let digits = wish(tx, f, SECOND, MAIN, Wants::Link)?.unwrap();
        assert_eq!(by_pin(tx, Wants::Link, "5829")?, ByPin::Over, "not without the digits");
        assert_eq!(by_pin(tx, Wants::Move, "5829")?, ByPin::Over, "nor as another wish");
        let as_move = Telling { to: &to, wants: Wants::Move, caller: None, typed: &digits };
        assert_eq!(number_move::check(tx, &f.keys, &mut f.ids(), as_move, NOW_MS)?, Checked::Over);
        let wrong = if digits == "000000" { "000001" } else { "000000" };
        assert_eq!(tell(tx, f, SECOND, None, wrong)?, Checked::Wrong);
        assert_eq!(tell(tx, f, SECOND, None, &digits)?, Checked::Pin);
        assert_eq!(by_pin(tx, Wants::Link, "1111")?, ByPin::Noted(None));
        assert_eq!(on(tx, f, SECOND)?, []);
        assert_eq!(by_pin(tx, Wants::Link, "5829")?, ByPin::Proven(Checked::Linked(person)));
        assert_eq!(by_pin(tx, Wants::Link, "5829")?, ByPin::Over, "once");
        // Whose second number it is cannot be asked for there, and nobody is told so.
        assert_eq!(wish(tx, f, 3, SECOND, Wants::Link)?, None);
        let answers = [0; 3].map(|_| tell(tx, f, 3, None, wrong).unwrap());
        assert_eq!((answers.len(), answers[2]), (usize::try_from(TRIES_MAX).unwrap(), Checked::Over));
        Ok(())
    });
}

#[test]
fn there_is_one_second_number_and_of_two_wishes_one_comes_true() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, MAIN, "Aline Uwera")?;
        let first = wish(tx, f, SECOND, MAIN, Wants::Link)?.unwrap();
        let other = wish(tx, f, 3, MAIN, Wants::Link)?.unwrap();
        assert_eq!(tell(tx, f, SECOND, None, &first)?, Checked::Linked(person));
        assert_eq!(tell(tx, f, SECOND, None, &first)?, Checked::Over, "replayed");
        assert_eq!(tell(tx, f, 3, None, &other)?, Checked::Full);
        assert_eq!(on(tx, f, 3)?, []);
        // Moved meanwhile: the digits went to a number that is theirs no more.
        end(tx, &mut f.ids(), person, None, NOW_MS)?;
        let late = wish(tx, f, 4, MAIN, Wants::Link)?.unwrap();
        let (main, new) = (f.number(tx, MAIN)?, f.number(tx, 5)?);
        assert!(number_move::carry(tx, person, (&main, &new), NOW_MS)?);
        assert_eq!(tell(tx, f, 4, None, &late)?, Checked::Over);
        // Erased meanwhile.
        let gone = wish(tx, f, 6, 5, Wants::Link)?.unwrap();
        erasure::erase(tx, &mut f.ids(), person, (DataEvent::Erased, CALLER), NOW_MS)?;
        assert_eq!(tell(tx, f, 6, None, &gone)?, Checked::Over);
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM linked_number"), 0);
        Ok(())
    });
}

#[test]
fn a_number_that_is_full_takes_nobody_more() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, MAIN, "Aline Uwera")?;
        for _ in 0..PERSONS_MAX {
            f.begin(tx, SECOND)?;
        }
        assert_eq!(linked(tx, f, SECOND, MAIN, None)?, Checked::Over);
        assert_eq!(second(tx, person)?, None);
        Ok(())
    });
}

#[test]
fn it_is_ended_from_either_number_with_what_was_done_from_it() {
    Fixture::new().run(|tx, f| {
        let person = two_numbers(tx, f)?;
        let Opened::New { case: told, .. } = unpaid(tx, f, SECOND, Some(person))? else { panic!("a new case") };
        let session = "INSERT INTO session (session_id, session_key, channel, number_hash, revision, started_ms, last_ms, \
            hop_uid, hops, text_len, text_hash, bundle_hash, visit_sealed, resumable) \
            VALUES ($2, $1, 'demo', $1, 1, 0, 0, 1, 1, 0, $1, $1, $1, 1)";
        for (id, n) in [(70, MAIN), (71, SECOND)] {
            tx.execute(session, &[hash(f, n).as_bytes().into(), id.into()])?;
        }
        let (main, second) = (f.number(tx, MAIN)?, hash(f, SECOND));
        assert_eq!(end(tx, &mut f.ids(), person, Some(0), NOW_MS)?, Some(second));
        assert_eq!(end(tx, &mut f.ids(), person, Some(0), NOW_MS)?, None, "once");
        let anew = tx.query("SELECT session_id FROM session WHERE anew = 1", &[], |row| row.integer(0))?;
        assert_eq!(anew, [71], "nobody goes on there as this person");
        assert_eq!((on(tx, f, MAIN)?, on(tx, f, SECOND)?), (vec![person], vec![]));
        assert_eq!(case::find(tx, told)?.unwrap().msisdn, Some(main.hash));
        assert_eq!(phone_number::find(tx, &second)?, None, "nobody is on it");
        // With somebody else on it the number stays.
        assert_eq!(linked(tx, f, SECOND, MAIN, None)?, Checked::Linked(person));
        let ben = f.worker(tx, SECOND, "Ben")?;
        end(tx, &mut f.ids(), person, None, NOW_MS)?;
        assert_eq!(on(tx, f, SECOND)?, [ben]);
        Ok(())
    });
}

#[test]
fn who_is_erased_leaves_nothing_on_either_number_and_a_linked_number_is_not_forgotten() {
    Fixture::new().run(|tx, f| {
        let person = two_numbers(tx, f)?;
        let ben = f.worker(tx, SECOND, "Ben")?;
        erasure::erase(tx, &mut f.ids(), ben, (DataEvent::Erased, CALLER), NOW_MS)?;
        assert_eq!(on(tx, f, SECOND)?, [person], "the number is still theirs");
        let wrong = |tx: &mut Tx<'_>| pin::matches(tx, &f.keys, person, "0");
        wrong_try::attempt(tx, &hash(f, SECOND), (wrong_try::Secret::Pin, person.get()), wrong, NOW_MS)?;
        erasure::erase(tx, &mut f.ids(), person, (DataEvent::Erased, CALLER), NOW_MS)?;
        for sql in [
            "SELECT COUNT(*) FROM linked_number",
            "SELECT COUNT(*) FROM wrong_try",
            "SELECT COUNT(*) FROM phone_number WHERE last_hop_ms < 9223372036854775807",
        ] {
            assert_eq!(count_of(tx, sql), 0, "{sql}");
        }
        // Who has not finished goes without a trace.
        let begun = f.begin(tx, 3)?;
        assert_eq!(linked(tx, f, 4, 3, None)?, Checked::Linked(begun));
        assert!(person::erase_unfinished(tx, &f.keys, &mut f.ids(), begun, false, NOW_MS)?);
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM phone_number WHERE last_hop_ms < 9223372036854775807"), 0);
        Ok(())
    });
}

#[test]
fn a_new_owner_of_either_number_has_nothing_of_theirs() {
    Fixture::new().run(|tx, f| {
        let person = two_numbers(tx, f)?;
        phone_number::new_owner(tx, &hash(f, SECOND), NOW_MS)?;
        assert_eq!((on(tx, f, MAIN)?, on(tx, f, SECOND)?), (vec![person], vec![]));
        assert_eq!(second(tx, person)?, None);
        // Linked anew; then the main one is somebody else's: they go on where they are left.
        assert_eq!(linked(tx, f, SECOND, MAIN, None)?, Checked::Linked(person));
        phone_number::stop(tx, &hash(f, MAIN), NOW_MS)?;
        phone_number::new_owner(tx, &hash(f, MAIN), NOW_MS)?;
        assert_eq!((on(tx, f, MAIN)?, on(tx, f, SECOND)?), (vec![], vec![person]));
        let found = person::find(tx, person)?.unwrap();
        assert_eq!((found.status, found.number, second(tx, person)?), (Status::Listed, hash(f, SECOND), None));
        assert!(phone_number::find(tx, &hash(f, SECOND))?.unwrap().stopped, "their word on messages goes along");
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM candidate"), 0);
        Ok(())
    });
}

#[test]
fn a_year_of_silence_is_each_numbers_own() {
    Fixture::new().run(|tx, f| {
        let person = two_numbers(tx, f)?;
        let year_on_ms = NOW_MS + retention::ASK_MS;
        // The main number is silent, the second one calls.
        f.seen(tx, SECOND, year_on_ms - DAY_MS)?;
        assert_eq!(retention::silent(tx, year_on_ms, 9)?, [hash(f, MAIN)]);
        assert!(retention::ask(tx, &f.keys, &hash(f, MAIN), year_on_ms)?.is_none(), "there is nobody to ask");
        assert_eq!(person::find(tx, person)?.unwrap().number, hash(f, SECOND));
        assert_eq!(phone_number::find(tx, &hash(f, MAIN))?, None);
        // And the other way round: the second one is silent.
        let third = f.number(tx, 3)?;
        let main = phone_number::find(tx, &hash(f, SECOND))?.unwrap();
        assert!(link(tx, person, (&main, &third), NOW_MS)?);
        assert!(retention::ask(tx, &f.keys, &third.hash, year_on_ms)?.is_none());
        assert_eq!((second(tx, person)?, phone_number::find(tx, &third.hash)?), (None, None));
        assert_eq!(on(tx, f, SECOND)?, [person]);
        Ok(())
    });
}

#[test]
fn who_has_a_second_number_moves_to_it_by_the_proof_of_a_move_and_stops_one_from_it() {
    Fixture::new().run(|tx, f| {
        let person = two_numbers(tx, f)?;
        set_pin(tx, f, person)?;
        // A thief with the PIN: a call from the second number stops it, too.
        wish(tx, f, 9, MAIN, Wants::Move)?;
        let to = f.number(tx, 9)?;
        let telling = Telling { to: &to, wants: Wants::Move, caller: None, typed: "5829" };
        assert_eq!(number_move::by_pin(tx, &f.keys, &mut f.ids(), telling, NOW_MS)?, ByPin::Noted(Some(person)));
        assert!(number_move::stop(tx, &mut f.ids(), &hash(f, SECOND), NOW_MS)?);
        // The main SIM is gone: the second becomes the only one.
        let digits = wish(tx, f, SECOND, MAIN, Wants::Move)?.unwrap();
        let to = f.number(tx, SECOND)?;
        let telling = Telling { to: &to, wants: Wants::Move, caller: Some(person), typed: &digits };
        assert_eq!(number_move::check(tx, &f.keys, &mut f.ids(), telling, NOW_MS)?, Checked::Pin);
        let telling = Telling { typed: "5829", ..telling };
        let done = number_move::by_pin(tx, &f.keys, &mut f.ids(), telling, NOW_MS)?;
        assert_eq!(done, ByPin::Proven(Checked::Moved(person)));
        assert_eq!((person::find(tx, person)?.unwrap().number, second(tx, person)?), (to.hash, None));
        assert_eq!(phone_number::find(tx, &hash(f, MAIN))?, None);
        Ok(())
    });
}

#[test]
fn who_is_registered_on_both_is_asked_and_then_is_one_with_both_numbers() {
    Fixture::new().run(|tx, f| {
        let (there, here) = (f.worker(tx, MAIN, "Aline Uwera")?, f.worker(tx, SECOND, "Aline U")?);
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        f.apply(tx, there, vacancy, "1", NOW_MS)?;
        let (main, to) = (f.number(tx, MAIN)?, f.number(tx, SECOND)?);
        let join = |tx: &mut Tx<'_>| join(tx, (&f.keys, &mut f.ids()), (here, &to), 0, NOW_MS);
        assert_eq!(join(tx)?, Joined::Not(Checked::Over), "nothing is proven");
        let digits = wish(tx, f, SECOND, MAIN, Wants::Link)?.unwrap();
        assert_eq!(join(tx)?, Joined::Not(Checked::Over), "asked is not proven");
        assert_eq!(tell(tx, f, SECOND, Some(here), &digits)?, Checked::Join);
        assert_eq!(tell(tx, f, SECOND, Some(here), &digits)?, Checked::Over, "the digits have done what they can");
        assert_eq!(join(tx)?, Joined::Done(main));
        assert_eq!(join(tx)?, Joined::Not(Checked::Over), "once");
        assert_eq!((on(tx, f, MAIN)?, on(tx, f, SECOND)?), (vec![here], vec![here]));
        assert_eq!(standing(tx, here, &main.hash)?, Standing::Second);
        assert_eq!(application::mine(tx, here)?.len(), 1);
        assert_eq!(person::find(tx, there)?.unwrap().status, Status::Closed);
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM person_merge WHERE by_name = 'caller'"), 1);
        Ok(())
    });
}

#[test]
fn who_cannot_be_joined_is_told_so_and_nothing_is_changed() {
    Fixture::new().run(|tx, f| {
        let there = f.worker(tx, MAIN, "Aline Uwera")?;
        let younger = f.worker_with(tx, SECOND, "Aline", 1999, 11, 1201)?;
        assert_eq!(linked(tx, f, SECOND, MAIN, Some(younger))?, Checked::Apart, "other birth years");
        let begun = f.begin(tx, 3)?;
        assert_eq!(linked(tx, f, 3, MAIN, Some(begun))?, Checked::OtherWay, "less here than there");
        // One of two on a phone may be the other one.
        let (one, _) = (f.worker(tx, 4, "Aline")?, f.worker(tx, 4, "Ben")?);
        assert_eq!(linked(tx, f, 4, MAIN, Some(one))?, Checked::Apart);
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM number_move"), 0);
        // Somebody else came to a phone while they were asked.
        let (a, b) = (f.worker(tx, 5, "Eve")?, f.worker(tx, 6, "Eve")?);
        assert_eq!(linked(tx, f, 6, 5, Some(b))?, Checked::Join);
        f.worker(tx, 5, "Ben")?;
        let to = f.number(tx, 6)?;
        let not = join(tx, (&f.keys, &mut f.ids()), (b, &to), 0, NOW_MS)?;
        assert_eq!(not, Joined::Not(Checked::Apart));
        // Who has two already has no place for a third.
        let (c, d) = (f.worker(tx, 7, "Eve")?, f.worker(tx, 8, "Eve")?);
        assert_eq!(linked(tx, f, 9, 7, None)?, Checked::Linked(c));
        assert_eq!(linked(tx, f, 8, 7, Some(d))?, Checked::Full);
        for person in [there, younger, begun, one, a, b, c, d] {
            assert_ne!(person::find(tx, person)?.unwrap().status, Status::Closed);
        }
        Ok(())
    });
}
