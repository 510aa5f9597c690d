//! Cases on both engines: begun, joined, bounded, moved by the right people, closed by silence, and sealed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::super::employer::EmployerKind;
use super::super::fixture::{Fixture, NOW_MS};
use super::super::phone_number::{self, PhoneNumber};
use super::super::{CaseId, Fault, PersonId};
use super::*;
use crate::clock::{Clock, SimulatedClock};
use crate::storage::{Store, Tx, Work};
use crate::{migrations, on_postgres};

const HOUR_MS: i64 = 3_600_000;
const DUE_MS: i64 = NOW_MS + 2 * HOUR_MS;

fn new(kind: CaseKind, number: &PhoneNumber) -> NewCase<'_> {
    NewCase {
        kind,
        number,
        person: None,
        vacancy: None,
        application: None,
        booking: None,
        call: CallPart::None,
        due_ms: DUE_MS,
    }
}

fn tell(tx: &mut Tx<'_>, f: &Fixture, new: &NewCase<'_>, random: u64) -> Result<Opened, Fault> {
    open(tx, &f.keys, &mut f.ids(), new, random, NOW_MS)
}

fn begun(opened: Opened) -> CaseId {
    match opened {
        Opened::New { case, .. } => case,
        other => panic!("{other:?}"),
    }
}

fn step(tx: &mut Tx<'_>, f: &Fixture, case: CaseId, by: &str, what: Desk<'_>) -> Result<Stepped, Fault> {
    desk(tx, &f.keys, &mut f.ids(), case, (by, what), NOW_MS)
}

fn speak(tx: &mut Tx<'_>, f: &Fixture, case: CaseId, word: Word<'_>) -> Result<Stepped, Fault> {
    let found = find(tx, case)?.unwrap();
    say(tx, &f.keys, &mut f.ids(), &found, word, DUE_MS, NOW_MS)
}

#[test]
fn somebody_who_is_not_registered_tells_a_case_and_finds_it() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let opened = tell(tx, f, &new(CaseKind::Unpaid, &number), 1)?;
        let Opened::New { case, number: case_number } = opened else { panic!("{opened:?}") };
        let found = by_number(tx, case_number)?.unwrap();
        assert_eq!((found.case, found.state, found.due_ms, found.quiet), (case, CaseState::Open, DUE_MS, false));
        assert!(found.belongs_to(&number, None) && found.belongs_to(&number, Some(PersonId::new(5))));
        assert!(!found.belongs_to(&f.number(tx, 2)?, None));
        let listed = mine(tx, &number, None)?;
        assert_eq!(listed, [MyCase { case, number: case_number, kind: CaseKind::Unpaid, state: CaseState::Open }]);
        // Who gets the number later sees nothing of it.
        phone_number::new_owner(tx, &number.hash, NOW_MS)?;
        let later = f.number(tx, 1)?;
        assert!(!found.belongs_to(&later, None) && mine(tx, &later, None)?.is_empty());
        Ok(())
    });
}

#[test]
fn the_same_problem_joins_the_open_case_and_another_does_not() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let about = NewCase { vacancy: Some(vacancy), ..new(CaseKind::Unpaid, &number) };
        let case = begun(tell(tx, f, &about, 1)?);
        let called = NewCase { call: CallPart::Morning, ..about };
        assert!(matches!(tell(tx, f, &called, 2)?, Opened::Joined { case: same, .. } if same == case));
        assert_eq!(find(tx, case)?.unwrap().call, CallPart::Morning);
        assert_ne!(begun(tell(tx, f, &new(CaseKind::Unpaid, &number), 3)?), case, "about nothing named");
        assert_ne!(
            begun(tell(tx, f, &NewCase { person: Some(PersonId::new(9)), ..about }, 4)?),
            case,
            "another person"
        );
        // Told again after an answer: it waits for an answer again, by a new time.
        assert_eq!(step(tx, f, case, "ann", Desk::Answer("we call him"))?, Stepped::Done(CaseState::Answered));
        let again = NewCase { due_ms: DUE_MS + HOUR_MS, ..about };
        assert!(matches!(tell(tx, f, &again, 5)?, Opened::Joined { .. }));
        let found = find(tx, case)?.unwrap();
        assert_eq!((found.state, found.due_ms), (CaseState::Open, DUE_MS + HOUR_MS));
        // When it is over, the same problem is a new case.
        assert_eq!(speak(tx, f, case, Word::Settled)?, Stepped::Done(CaseState::Settled));
        assert_ne!(begun(tell(tx, f, &about, 6)?), case);
        Ok(())
    });
}

/// Somebody tells it again while the case is being closed: on `PostgreSQL` both go on at once.
#[test]
fn nobody_joins_a_case_that_is_closed_in_that_moment() {
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
    let (store, f) = (on_postgres::store(migrations::POSTGRES, &clock), Fixture::new());
    let told = {
        let f = f.clone();
        store.transact_blocking(Work::interactive(None), move |tx| {
            let number = f.number(tx, 1)?;
            tell(tx, &f, &new(CaseKind::Unpaid, &number), 1)
        })
    };
    let case = begun(told.unwrap());
    let (is_settled, is_through) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let settling = {
        let (store, inside, f) = (store.clone(), store.clone(), f.clone());
        let (is_settled, is_through) = (Arc::clone(&is_settled), Arc::clone(&is_through));
        assert!((0..4).all(|_| f.ids().next_id().is_some()));
        std::thread::spawn(move || {
            store.transact_blocking(Work::interactive(None), move |tx| {
                let settled = speak(tx, &f, case, Word::Settled)?;
                is_settled.store(true, Ordering::SeqCst);
                // Not committed before the other one waits for it, or did not.
                for _ in 0..100_000 {
                    if is_through.load(Ordering::SeqCst) || somebody_waits(&inside) {
                        break;
                    }
                }
                Ok::<_, Fault>(settled)
            })
        })
    };
    while !is_settled.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    let again = {
        let f = f.clone();
        assert!((0..8).all(|_| f.ids().next_id().is_some()));
        store.transact_blocking(Work::interactive(None), move |tx| {
            let number = f.number(tx, 1)?;
            tell(tx, &f, &new(CaseKind::Unpaid, &number), 2)
        })
    };
    is_through.store(true, Ordering::SeqCst);
    assert_eq!(settling.join().unwrap().unwrap(), Stepped::Done(CaseState::Settled));
    assert_ne!(begun(again.unwrap()), case, "a new case");
}

/// Whether a connection of this database waits for a lock.
fn somebody_waits(store: &Store) -> bool {
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let read = move |tx: &mut Tx<'_>| tx.query_one(waiting, &[], |row| row.integer(0));
    store.read_blocking(read).is_ok_and(|count: Option<i64>| count.unwrap_or_default() > 0)
}

#[test]
fn a_number_has_so_many_open_cases_and_danger_finds_a_place_beyond() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let of = |person: i64| NewCase { person: Some(PersonId::new(person)), ..new(CaseKind::Other, &number) };
        let first = begun(tell(tx, f, &of(1), 1)?);
        for person in 2..=OPEN_MAX {
            begun(tell(tx, f, &of(person), u64::try_from(person).unwrap())?);
        }
        assert_eq!(tell(tx, f, &of(99), 99)?, Opened::Full);
        assert!(matches!(tell(tx, f, &of(1), 100)?, Opened::Joined { .. }), "what is open is never refused");
        begun(tell(tx, f, &new(CaseKind::Unsafe, &number), 101)?);
        let elsewhere = f.number(tx, 2)?;
        begun(tell(tx, f, &new(CaseKind::Other, &elsewhere), 102)?);
        // A place becomes free when a case is over.
        assert_eq!(speak(tx, f, first, Word::Settled)?, Stepped::Done(CaseState::Settled));
        begun(tell(tx, f, &of(99), 103)?);
        Ok(())
    });
}

#[test]
fn a_number_that_is_taken_gives_way_to_the_next() {
    Fixture::new().run(|tx, f| {
        let (one, two) = (f.number(tx, 1)?, f.number(tx, 2)?);
        begun(tell(tx, f, &new(CaseKind::Other, &one), 7)?);
        begun(tell(tx, f, &new(CaseKind::Other, &two), 7)?);
        Ok(())
    });
}

#[test]
fn danger_leaves_nothing_that_a_list_shows_until_it_is_asked_for() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let case = begun(tell(tx, f, &new(CaseKind::Unsafe, &number), 1)?);
        assert!(mine(tx, &number, None)?.is_empty());
        step(tx, f, case, "ann", Desk::Answer("called"))?;
        assert_eq!(untold(tx, 9)?, [], "nothing is written to the phone");
        assert!(to_ask(tx, NOW_MS + 90 * 24 * HOUR_MS, 9)?.is_empty());
        assert!(silent(tx, NOW_MS + 90 * 24 * HOUR_MS, 9)?.is_empty(), "and it does not close by itself");
        let found = find(tx, case)?.unwrap();
        ask_by_sms(tx, &mut f.ids(), &found, NOW_MS)?;
        assert_eq!(mine(tx, &number, None)?.len(), 1);
        step(tx, f, case, "ann", Desk::Answer("called again"))?;
        assert_eq!(untold(tx, 9)?.len(), 1);
        Ok(())
    });
}

#[test]
fn of_two_operators_one_takes_a_case() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let case = begun(tell(tx, f, &new(CaseKind::Fraud, &number), 1)?);
        assert_eq!(step(tx, f, case, "ann", Desk::Take)?, Stepped::Done(CaseState::Open));
        assert_eq!(step(tx, f, case, "bob", Desk::Take)?, Stepped::TakenBy("ann".to_owned()));
        let taken = events(tx, &f.keys, case)?.into_iter().filter(|line| line.what == CaseEvent::Taken);
        assert_eq!(taken.map(|line| line.by).collect::<Vec<_>>(), ["ann"]);
        assert_eq!(step(tx, f, CaseId::new(1), "bob", Desk::Take)?, Stepped::Nothing);
        Ok(())
    });
}

#[test]
fn the_person_settles_while_an_operator_answers() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let case = begun(tell(tx, f, &new(CaseKind::Unpaid, &number), 1)?);
        // Both looked at the open case; the person was first.
        let seen = find(tx, case)?.unwrap();
        assert_eq!(speak(tx, f, case, Word::Settled)?, Stepped::Done(CaseState::Settled));
        assert_eq!(step(tx, f, case, "ann", Desk::Answer("hello"))?, Stepped::Stands(CaseState::Settled));
        assert_eq!(untold(tx, 9)?, [], "nobody is told of an answer that was not given");
        // And the other way round, with what the person's screen still showed.
        let other = begun(tell(tx, f, &new(CaseKind::Other, &number), 2)?);
        let old = find(tx, other)?.unwrap();
        step(tx, f, other, "ann", Desk::Answer("hello"))?;
        let late = say(tx, &f.keys, &mut f.ids(), &old, Word::Settled, DUE_MS, NOW_MS)?;
        assert_eq!(late, Stepped::Stands(CaseState::Answered), "look again first");
        assert_eq!(
            say(tx, &f.keys, &mut f.ids(), &seen, Word::Worse, DUE_MS, NOW_MS)?,
            Stepped::Stands(CaseState::Settled)
        );
        Ok(())
    });
}

#[test]
fn each_step_is_a_line_with_who_when_and_a_sealed_note() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let case = begun(tell(tx, f, &new(CaseKind::Unpaid, &number), 1)?);
        speak(tx, f, case, Word::Note("He owes Aline 7000"))?;
        step(tx, f, case, "ann", Desk::Take)?;
        step(tx, f, case, "ann", Desk::Note("rang him twice"))?;
        step(tx, f, case, "ann", Desk::Ask("On which day?"))?;
        assert_eq!(last_answer(tx, &f.keys, case)?.as_deref(), Some("On which day?"));
        speak(tx, f, case, Word::Note("Monday"))?;
        assert_eq!(step(tx, f, case, "ann", Desk::Close("no"))?, Stepped::Stands(CaseState::Open), "not unanswered");
        step(tx, f, case, "ann", Desk::HandOver("union"))?;
        assert_eq!(find(tx, case)?.unwrap().office, "union");
        step(tx, f, case, "bob", Desk::Settle("paid"))?;
        let lines = events(tx, &f.keys, case)?;
        let told: Vec<_> = lines.iter().map(|line| (line.what.code(), line.by.as_str(), line.state.code())).collect();
        assert_eq!(
            told,
            [
                ("opened", "", "open"),
                ("noted", "", "open"),
                ("taken", "ann", "open"),
                ("noted", "ann", "open"),
                ("asked", "ann", "waiting"),
                ("noted", "", "open"),
                ("handed_over", "ann", "handed_over"),
                ("settled", "bob", "settled"),
            ]
        );
        assert_eq!(lines[1].note.as_deref(), Some("He owes Aline 7000"));
        assert!(!format!("{lines:?}").contains("Aline"));
        let sealed = tx.query("SELECT note_sealed FROM help_case_event WHERE note_sealed IS NOT NULL", &[], |row| {
            Ok(row.bytes(0)?.to_vec())
        })?;
        assert!(sealed.len() == 6 && sealed.iter().all(|note| !note.windows(5).any(|part| part == b"Aline")));
        // Of operators' notes and of taking nothing is told.
        let told: Vec<_> = untold(tx, 9)?.into_iter().map(|ask| ask.what.code()).collect();
        assert_eq!(told, ["asked", "handed_over", "settled"]);
        let first = untold(tx, 1)?[0].event;
        assert!(mark_told(tx, first)? && !mark_told(tx, first)?);
        Ok(())
    });
}

#[test]
fn silence_is_asked_about_and_then_closes() {
    Fixture::new().run(|tx, f| {
        let number = f.number(tx, 1)?;
        let case = begun(tell(tx, f, &new(CaseKind::Unpaid, &number), 1)?);
        assert_eq!(overdue(tx, DUE_MS - 1, 9)?.len() + to_ask(tx, NOW_MS + 30 * ASK_AFTER_MS, 9)?.len(), 0);
        assert_eq!((overdue(tx, DUE_MS, 9)?.len(), overdue_count(tx, DUE_MS)?), (1, 1));
        step(tx, f, case, "ann", Desk::Answer("we rang him"))?;
        assert_eq!(overdue_count(tx, DUE_MS)?, 0);
        let asked_ms = NOW_MS + ASK_AFTER_MS;
        assert!(to_ask(tx, asked_ms - 1, 9)?.is_empty());
        let found = to_ask(tx, asked_ms, 9)?.remove(0);
        assert!(mark_asked(tx, &mut f.ids(), &found, asked_ms)? && !mark_asked(tx, &mut f.ids(), &found, asked_ms)?);
        assert_eq!(ask_about(tx, &number, None)?, Some(case));
        assert!(silent(tx, asked_ms + CLOSE_AFTER_MS - 1, 9)?.is_empty());
        let found = silent(tx, asked_ms + CLOSE_AFTER_MS, 9)?.remove(0);
        // A word in the meantime keeps it open.
        speak(tx, f, case, Word::Worse)?;
        assert!(!close_silent(tx, &mut f.ids(), &found, asked_ms + CLOSE_AFTER_MS)?);
        assert_eq!((find(tx, case)?.unwrap().state, ask_about(tx, &number, None)?), (CaseState::Open, None));
        step(tx, f, case, "ann", Desk::Ask("which day?"))?;
        let found = silent(tx, NOW_MS + CLOSE_AFTER_MS, 9)?.remove(0);
        assert!(close_silent(tx, &mut f.ids(), &found, NOW_MS + CLOSE_AFTER_MS)?);
        assert_eq!(find(tx, case)?.unwrap().state, CaseState::Closed);
        assert_eq!(counts(tx)?, []);
        Ok(())
    });
}

#[test]
fn an_erasure_leaves_the_case_and_takes_who_it_was() {
    Fixture::new().run(|tx, f| {
        let (number, person) = (f.number(tx, 1)?, f.worker(tx, 1, "Aline Uwera")?);
        let case = begun(tell(tx, f, &NewCase { person: Some(person), ..new(CaseKind::Unpaid, &number) }, 1)?);
        speak(tx, f, case, Word::Note("He owes Aline"))?;
        assert_eq!(anonymise(tx, person, NOW_MS)?, 1);
        assert_eq!(anonymise(tx, person, NOW_MS)?, 0);
        let found = find(tx, case)?.unwrap();
        assert_eq!((found.msisdn, found.person, found.state), (None, None, CaseState::Open));
        assert!(events(tx, &f.keys, case)?.iter().all(|line| line.note.is_none()));
        assert_eq!(counts(tx)?, [Count { kind: CaseKind::Unpaid, state: CaseState::Open, cases: 1 }]);
        assert_eq!(list(tx, Filter::default(), 9)?.len(), 1);
        let unpaid = Filter { kind: Some(CaseKind::Fraud), state: None };
        assert_eq!(list(tx, unpaid, 9)?.len(), 0);
        Ok(())
    });
}

#[test]
fn notes_are_cleaned_and_bounded() {
    let (long, longer) = ("a".repeat(NOTE_CHARS_MAX), "x".repeat(5_000));
    for (typed, note) in [
        ("  He\towes\u{202E} me\n", Some("He owes me")),
        ("=cmd|' /C calc'!A0", Some("=cmd|' /C calc'!A0")),
        ("<b>7000</b>", Some("<b>7000</b>")),
        (long.as_str(), Some(long.as_str())),
        (longer.as_str(), None),
        ("\u{200F}\u{2067} ", None),
        ("", None),
    ] {
        assert_eq!(checked_note(typed).as_deref(), note, "{typed:?}");
    }
}

const WHO: [By<'static>; 3] = [By::Person, By::Operator("ann"), By::Service];

#[test]
fn every_state_can_end_and_an_end_is_final() {
    for from in CaseState::ALL {
        assert_eq!(CaseState::from_code(from.code()), Some(*from));
        let onward = CaseState::ALL.iter().filter(|to| WHO.iter().any(|by| may_move(*from, **to, *by))).count();
        assert_eq!(onward == 0, from.is_over(), "{from:?}");
    }
}

proptest! {
    #[test]
    fn no_walk_leaves_an_end_or_closes_what_nobody_answered(
        walk in prop::collection::vec((0_usize..6, 0_usize..3), 0..40)
    ) {
        let mut path = vec![CaseState::Open];
        for (to, by) in walk {
            let (from, to, by) = (path[path.len() - 1], CaseState::ALL[to], WHO[by]);
            if may_move(from, to, by) {
                // The person alone says that an unanswered case is settled, and opens one again.
                prop_assert!(from != CaseState::Open || !to.is_over() || by == By::Person);
                prop_assert!(to != CaseState::Open || by == By::Person);
                prop_assert!(to != CaseState::Closed || by != By::Person);
                prop_assert!(by != By::Service || to == CaseState::Closed);
                path.push(to);
            }
        }
        prop_assert!(path.iter().rev().skip(1).all(|state| !state.is_over()), "{path:?}");
    }
}
