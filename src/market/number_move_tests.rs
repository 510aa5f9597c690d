//! Moving to another number: by digits, by PIN, and what is told and done to numbers with nobody on them.

use super::*;
use crate::market::application;
use crate::market::case::{self, CallPart, CaseKind, NewCase, Opened};
use crate::market::data_event::{CALLER, DataEvent};
use crate::market::employer::EmployerKind;
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS};
use crate::market::person::{self, Status};
use crate::market::pin::{Confirmed, Known, Proposed};
use crate::market::worker;

const OLD: u32 = 1;
const NEW: u32 = 2;

fn today(f: &Fixture) -> Day {
    worker::today(&f.country, NOW_MS)
}

fn old(f: &Fixture) -> MsisdnHash {
    MsisdnHash::of(&f.keys, &f.msisdn(OLD))
}

fn wish(tx: &mut Tx<'_>, f: &Fixture, to: u32, from: u32, now_ms: i64) -> Result<Asked, Fault> {
    let (to, from) = (f.seen(tx, to, now_ms)?, MsisdnHash::of(&f.keys, &f.msisdn(from)));
    ask(tx, &f.keys, &mut f.ids(), (&to, &from, Wants::Move), today(f), now_ms)
}

/// The digits that went to the old number.
fn digits(asked: Asked) -> String {
    match asked {
        Asked::Waits(Some((_, digits))) => digits,
        _ => panic!("nobody was written to"),
    }
}

fn told(tx: &mut Tx<'_>, f: &Fixture, to: u32, typed: &str, now_ms: i64) -> Result<Checked, Fault> {
    let to = f.seen(tx, to, now_ms)?;
    let telling = Telling { to: &to, wants: Wants::Move, caller: None, typed };
    check(tx, &f.keys, &mut f.ids(), telling, now_ms)
}

fn pin_told(tx: &mut Tx<'_>, f: &Fixture, to: u32, typed: &str, now_ms: i64) -> Result<ByPin, Fault> {
    let to = f.seen(tx, to, now_ms)?;
    let telling = Telling { to: &to, wants: Wants::Move, caller: None, typed };
    by_pin(tx, &f.keys, &mut f.ids(), telling, now_ms)
}

fn set_pin(tx: &mut Tx<'_>, f: &Fixture, person: PersonId) -> Result<(), Fault> {
    let known = Known { birth_year: None, msisdn: "" };
    assert_eq!(pin::propose(tx, &f.keys, (person, 1), "5829", known, NOW_MS)?, Proposed::Again);
    assert_eq!(pin::confirm(tx, &f.keys, (person, 1), "5829", NOW_MS)?, Confirmed::Saved);
    Ok(())
}

fn count_of(tx: &mut Tx<'_>, sql: &'static str) -> i64 {
    tx.query_one(sql, &[], |row| row.integer(0)).unwrap().unwrap()
}

#[test]
fn who_reads_the_digits_on_the_old_number_goes_on_as_the_same_person() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, OLD, "Aline Uwera")?;
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        f.apply(tx, person, vacancy, "1", NOW_MS)?;
        let number = f.number(tx, OLD)?;
        let unpaid = NewCase {
            kind: CaseKind::Unpaid,
            number: &number,
            person: Some(person),
            vacancy: None,
            application: None,
            booking: None,
            call: CallPart::None,
            due_ms: NOW_MS + DAY_MS,
        };
        assert!(matches!(case::open(tx, &f.keys, &mut f.ids(), &unpaid, 7, NOW_MS)?, Opened::New { .. }));
        // The new number has told something itself, in the same place.
        let new = f.number(tx, NEW)?;
        let other = NewCase { kind: CaseKind::Other, number: &new, person: None, ..unpaid };
        assert!(matches!(case::open(tx, &f.keys, &mut f.ids(), &other, 8, NOW_MS)?, Opened::New { .. }));
        let digits = digits(wish(tx, f, NEW, OLD, NOW_MS)?);
        assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{digits}");
        assert_eq!(told(tx, f, NEW, &digits, NOW_MS + CODE_MS - 1)?, Checked::Moved(person));
        assert_eq!(told(tx, f, NEW, &digits, NOW_MS)?, Checked::Over, "once");
        let found = person::find(tx, person)?.unwrap();
        assert_eq!((found.number, found.number_generation, found.status), (new.hash, 1, Status::Listed));
        assert_eq!(person::recipient(tx, &f.keys, person)?.unwrap().msisdn.as_str(), f.msisdn(NEW).as_str());
        assert_eq!(application::mine(tx, person)?.len(), 1);
        assert_eq!(case::mine(tx, &new, Some(person))?.len(), 2, "with their own places");
        assert_eq!(phone_number::find(tx, &old(f))?, None, "nobody is on the old number");
        for table in ["SELECT COUNT(*) FROM candidate", "SELECT COUNT(*) FROM bookable"] {
            assert_eq!(count_of(tx, table), 1, "{table}");
        }
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM number_move_event WHERE what = 'code'"), 1);
        Ok(())
    });
}

#[test]
fn wrong_and_late_digits_are_of_no_use_and_nothing_tells_who_is_where() {
    Fixture::new().run(|tx, f| {
        f.worker(tx, OLD, "Aline Uwera")?;
        let right = digits(wish(tx, f, NEW, OLD, NOW_MS)?);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        assert_eq!(told(tx, f, NEW, &right, NOW_MS + CODE_MS)?, Checked::Over, "too late");
        let right = digits(wish(tx, f, NEW, OLD, NOW_MS)?);
        assert_eq!(told(tx, f, 3, &right, NOW_MS)?, Checked::Over, "another number's");
        // Of a number with nobody on it, and of one with somebody: the same answers.
        assert_eq!(wish(tx, f, 3, 77, NOW_MS)?, Asked::Waits(None));
        for asker in [NEW, 3] {
            let answers = [0; 4].map(|_| told(tx, f, asker, wrong, NOW_MS).unwrap());
            assert_eq!(answers, [Checked::Wrong, Checked::Wrong, Checked::Over, Checked::Over]);
        }
        assert_eq!(told(tx, f, NEW, &right, NOW_MS)?, Checked::Over, "the right ones come too late then");
        assert_eq!(f.number(tx, OLD)?.generation, 1);
        Ok(())
    });
}

#[test]
fn numbers_are_asked_and_asked_for_three_times_a_day() {
    Fixture::new().run(|tx, f| {
        f.worker(tx, OLD, "Aline Uwera")?;
        for from in [OLD, 77, 78] {
            assert!(wish(tx, f, NEW, from, NOW_MS)? != Asked::TooMany);
        }
        assert_eq!(wish(tx, f, NEW, 79, NOW_MS)?, Asked::TooMany);
        for to in [3, 4] {
            assert!(wish(tx, f, to, OLD, NOW_MS)? != Asked::TooMany);
        }
        assert_eq!(wish(tx, f, 5, OLD, NOW_MS)?, Asked::TooMany, "whoever asks");
        assert_eq!(forget_old(tx, today(f), NOW_MS)?, 0);
        assert!(forget_old(tx, today(f).plus(2), NOW_MS + 2 * DAY_MS)? > 0);
        assert_eq!(count_of(tx, "SELECT COUNT(*) FROM number_move"), 0);
        Ok(())
    });
}

#[test]
fn only_one_person_on_a_number_that_is_surely_theirs_can_be_moved() {
    Fixture::new().run(|tx, f| {
        f.worker(tx, OLD, "Aline Uwera")?;
        assert_eq!(wish(tx, f, NEW, OLD, NOW_MS + phone_number::IDLE_MS)?, Asked::Waits(None), "silent for 90 days");
        f.worker(tx, OLD, "Ben")?;
        assert_eq!(wish(tx, f, NEW, OLD, NOW_MS)?, Asked::Waits(None), "two");
        f.worker(tx, 3, "Claude")?;
        let number = f.number(tx, 3)?.hash;
        phone_number::stop(tx, &number, NOW_MS)?;
        assert_eq!(wish(tx, f, 4, 3, NOW_MS)?, Asked::Waits(None), "no message can go there");
        assert_eq!(wish(tx, f, 5, 5, NOW_MS)?, Asked::Waits(None), "itself");
        Ok(())
    });
}

#[test]
fn who_has_a_pin_tells_it_behind_the_digits() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, OLD, "Aline Uwera")?;
        set_pin(tx, f, person)?;
        let digits = digits(wish(tx, f, NEW, OLD, NOW_MS)?);
        assert_eq!(told(tx, f, NEW, &digits, NOW_MS)?, Checked::Pin);
        assert_eq!(told(tx, f, NEW, &digits, NOW_MS)?, Checked::Over, "the digits have done what they can");
        assert_eq!(pin_told(tx, f, NEW, "5828", NOW_MS)?, ByPin::Noted(None));
        assert_eq!(pin_told(tx, f, NEW, "5829", NOW_MS)?, ByPin::Proven(Checked::Moved(person)));
        assert!(pin::state(tx, person)?.is_set, "the PIN stays the person's");
        Ok(())
    });
}

#[test]
fn a_pin_alone_moves_after_two_days_unless_the_old_number_calls() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, OLD, "Aline Uwera")?;
        set_pin(tx, f, person)?;
        wish(tx, f, NEW, OLD, NOW_MS)?;
        assert_eq!(pin_told(tx, f, NEW, "5829", NOW_MS)?, ByPin::Noted(Some(person)));
        assert_eq!(pin_told(tx, f, NEW, "5829", NOW_MS)?, ByPin::Over, "it waits already");
        let number = f.number(tx, NEW)?.hash;
        assert_eq!((due(tx, NOW_MS + WAIT_MS - 1, 9)?, due(tx, NOW_MS + WAIT_MS, 9)?), (vec![], vec![number]));
        assert!(stop(tx, &mut f.ids(), &old(f), NOW_MS)? && !stop(tx, &mut f.ids(), &old(f), NOW_MS)?);
        assert_eq!(end(tx, &mut f.ids(), &number, NOW_MS + WAIT_MS)?, None);
        assert_eq!(person::find(tx, person)?.unwrap().number, old(f));
        wish(tx, f, NEW, OLD, NOW_MS)?;
        assert_eq!(pin_told(tx, f, NEW, "5829", NOW_MS)?, ByPin::Noted(Some(person)));
        assert_eq!(end(tx, &mut f.ids(), &number, NOW_MS + WAIT_MS)?, Some(person));
        assert_eq!(end(tx, &mut f.ids(), &number, NOW_MS + WAIT_MS)?, None, "once");
        assert_eq!(person::find(tx, person)?.unwrap().number, number);
        let events = tx.query("SELECT what FROM number_move_event ORDER BY what", &[], |row| Moved::read(row, 0))?;
        assert_eq!(events, [Moved::Pin, Moved::Stopped]);
        Ok(())
    });
}

#[test]
fn pins_are_guessed_from_no_other_phone_and_nobody_locks_the_owners_own() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, OLD, "Aline Uwera")?;
        set_pin(tx, f, person)?;
        wish(tx, f, NEW, OLD, NOW_MS)?;
        // Right and wrong are answered alike; the fourth is not looked at.
        let answers = ["1111", "2222", "3333", "5829"].map(|typed| pin_told(tx, f, NEW, typed, NOW_MS).unwrap());
        assert_eq!(answers, [ByPin::Noted(None), ByPin::Noted(None), ByPin::Noted(None), ByPin::Locked]);
        // Nor is it from another SIM.
        wish(tx, f, 3, OLD, NOW_MS)?;
        assert_eq!(pin_told(tx, f, 3, "5829", NOW_MS)?, ByPin::Noted(None));
        // On the old phone itself nothing is locked.
        let tried = pin::check(tx, &f.keys, &old(f), (person, 9), "5829", NOW_MS)?;
        assert_eq!(tried, Try::Right);
        Ok(())
    });
}

#[test]
fn of_two_new_numbers_one_gets_the_person_and_nobody_is_put_on_top_of_somebody() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, OLD, "Aline Uwera")?;
        let (first, second) = (digits(wish(tx, f, NEW, OLD, NOW_MS)?), digits(wish(tx, f, 3, OLD, NOW_MS)?));
        assert_eq!(told(tx, f, NEW, &first, NOW_MS)?, Checked::Moved(person));
        assert_eq!(told(tx, f, 3, &second, NOW_MS)?, Checked::Over);
        assert_eq!(person::find(tx, person)?.unwrap().number, f.number(tx, NEW)?.hash);
        // Somebody registers on the number that waits.
        let back = digits(wish(tx, f, 4, NEW, NOW_MS)?);
        let other = f.worker(tx, 4, "Ben")?;
        assert_eq!(told(tx, f, 4, &back, NOW_MS)?, Checked::Over);
        let number = f.number(tx, 4)?;
        assert_eq!(persons_on(tx, &number)?, [other]);
        // Who is erased meanwhile is moved nowhere.
        let gone = digits(wish(tx, f, 5, NEW, NOW_MS)?);
        erasure::erase(tx, &mut f.ids(), person, (DataEvent::Erased, CALLER), NOW_MS)?;
        assert_eq!(told(tx, f, 5, &gone, NOW_MS)?, Checked::Over);
        Ok(())
    });
}
