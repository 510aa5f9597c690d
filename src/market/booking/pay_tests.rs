//! Pay as it is kept: who may say what and when, what it does to the booking and the records, and who is asked again.

use super::pay::{self, Noted, PayDay};
use super::pay_day::{PayState, Said, Word};
use super::races_tests::{ask, client, yes};
use super::record::{self, Record, Side};
use super::states::State;
use super::{Booking, cancel, find};
use crate::country::PayUnit;
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS};
use crate::market::{Fault, PersonId};
use crate::storage::Tx;

const PAID: Word = Word { said: Said::Paid, amount: None };
const NOT_YET: Word = Word { said: Said::NotYet, amount: None };
const NOT_WORKED: Word = Word { said: Said::NotWorked, amount: None };

/// Work of one day that was agreed, and the evening of that day.
fn agreed(tx: &mut Tx<'_>, f: &Fixture) -> Result<(Booking, i64), Fault> {
    let mason = f.worker(tx, 1, "Aline Uwera")?;
    let client = client(tx, f, 2)?;
    let asked = ask(tx, f, &client, mason)?;
    yes(tx, f, asked.id, mason, NOW_MS)?;
    let agreed = find(tx, asked.id)?.unwrap();
    let evening_ms = agreed.day.start_ms(&f.country.timezone) + 18 * 3_600_000;
    Ok((agreed, evening_ms))
}

fn say(
    tx: &mut Tx<'_>,
    f: &Fixture,
    booking: &Booking,
    person: PersonId,
    word: Word,
    now_ms: i64,
) -> Result<Noted, Fault> {
    pay::say(tx, &f.country, (booking.id, 1), person, word, now_ms)
}

fn noted(said: Noted) -> PayDay {
    match said {
        Noted::Noted(pay) => pay,
        other => panic!("{other:?}"),
    }
}

fn records(tx: &mut Tx<'_>, booking: &Booking) -> Result<(Record, Record), Fault> {
    Ok((record::of(tx, booking.worker, Side::Worker)?, record::of(tx, booking.client, Side::Client)?))
}

#[test]
fn the_worker_is_paid_by_their_own_word_and_it_is_counted_once() {
    Fixture::new().run(|tx, f| {
        let (booking, evening_ms) = agreed(tx, f)?;
        assert_eq!(say(tx, f, &booking, booking.worker, PAID, NOW_MS)?, Noted::Early);
        assert!(pay::questions(tx, &f.country, booking.worker, NOW_MS)?.is_empty());
        for person in [booking.worker, booking.client] {
            assert_eq!(pay::questions(tx, &f.country, person, evening_ms)?.len(), 1);
        }
        // The client's word alone pays nobody, and is asked for no more.
        let open = noted(say(tx, f, &booking, booking.client, PAID, evening_ms)?);
        assert_eq!((open.state, open.is_open, open.amount), (PayState::Open, true, Some(booking.pay.amount)));
        assert!(pay::questions(tx, &f.country, booking.client, evening_ms)?.is_empty());
        let paid = noted(say(tx, f, &booking, booking.worker, PAID, evening_ms)?);
        assert_eq!((paid.state, paid.is_open), (PayState::Paid, false));
        // Both words showed that there was work: the job counts, though nobody said that it began.
        let one = Record { jobs: 1, pay_told: 1, paid: 1, ..Record::default() };
        assert_eq!(records(tx, &booking)?, (one, one));
        assert_eq!(find(tx, booking.id)?.unwrap().state, State::Paid);
        // A hop that runs again, or a change of mind, changes nothing.
        for word in [PAID, NOT_YET] {
            assert!(matches!(say(tx, f, &booking, booking.worker, word, evening_ms)?, Noted::Over(_)));
        }
        assert_eq!(records(tx, &booking)?, (one, one));
        assert!(pay::ask(tx, &f.country, evening_ms + 40 * DAY_MS)?.is_empty());
        Ok(())
    });
}

#[test]
fn two_words_that_differ_are_a_dispute_until_the_worker_is_paid() {
    Fixture::new().run(|tx, f| {
        let (booking, evening_ms) = agreed(tx, f)?;
        let owed = noted(say(tx, f, &booking, booking.worker, NOT_YET, evening_ms)?);
        assert_eq!((owed.state, owed.needs_case()), (PayState::Unpaid, false));
        assert_eq!(find(tx, booking.id)?.unwrap().state, State::Done);
        // What is owed cannot be said away: neither as no work, nor by calling it off.
        assert!(matches!(say(tx, f, &booking, booking.worker, NOT_WORKED, evening_ms)?, Noted::Over(_)));
        let off = cancel::call_off(tx, &f.country, booking.id, booking.client, evening_ms)?;
        assert_eq!(off, cancel::CalledOff::NotPossible);
        let disputed = noted(say(tx, f, &booking, booking.client, PAID, evening_ms)?);
        assert_eq!((disputed.state, disputed.needs_case()), (PayState::Disputed, true));
        assert_eq!(find(tx, booking.id)?.unwrap().state, State::Disputed);
        let told = Record { jobs: 1, pay_told: 1, ..Record::default() };
        assert_eq!(records(tx, &booking)?, (told, told));
        // It can still be said weeks later, and is settled then.
        let later_ms = evening_ms + 50 * DAY_MS;
        let settled = noted(say(tx, f, &booking, booking.worker, PAID, later_ms)?);
        assert_eq!((settled.state, settled.is_open), (PayState::Settled, false));
        assert_eq!(find(tx, booking.id)?.unwrap().state, State::Paid);
        assert_eq!(records(tx, &booking)?.1, Record { paid: 1, ..told });
        Ok(())
    });
}

#[test]
fn nobody_else_says_anything_and_a_part_is_kept() {
    Fixture::new().run(|tx, f| {
        let (booking, evening_ms) = agreed(tx, f)?;
        let stranger = f.worker(tx, 7, "Jean Bosco")?;
        assert!(matches!(say(tx, f, &booking, stranger, PAID, evening_ms), Err(Fault::Gone("booking"))));
        let part = |amount| Word { said: Said::Part, amount: Some(amount) };
        let owed = noted(say(tx, f, &booking, booking.worker, part(2_000), evening_ms)?);
        assert_eq!((owed.state, owed.worker), (PayState::Part, Some(part(2_000))));
        // The client says more: they do not say the same.
        let disputed = noted(say(tx, f, &booking, booking.client, part(3_000), evening_ms)?);
        assert_eq!(disputed.state, PayState::Disputed);
        let history = pay::history(tx, &f.country, booking.worker, evening_ms)?;
        assert_eq!(history, [disputed]);
        assert!(pay::history(tx, &f.country, booking.client, evening_ms)?.is_empty());
        Ok(())
    });
}

#[test]
fn both_are_asked_on_the_evening_and_again_and_what_stays_owed_becomes_a_case() {
    Fixture::new().run(|tx, f| {
        let (booking, evening_ms) = agreed(tx, f)?;
        assert!(pay::ask(tx, &f.country, evening_ms - 1)?.is_empty());
        let asked = pay::ask(tx, &f.country, evening_ms)?;
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].0.state, asked[0].1.asks), (State::Done, 1));
        // Another node a moment later finds nothing to ask.
        assert!(pay::ask(tx, &f.country, evening_ms)?.is_empty());
        say(tx, f, &booking, booking.worker, NOT_YET, evening_ms)?;
        let mut now_ms = evening_ms;
        for (days, needs_case) in [(2, false), (5, true)] {
            now_ms += days * DAY_MS;
            let asked = pay::ask(tx, &f.country, now_ms)?;
            assert_eq!(asked.iter().map(|(_, pay)| pay.needs_case()).collect::<Vec<_>>(), [needs_case]);
        }
        // A month later nobody is asked any more; what is owed can still be said to be paid.
        now_ms += 21 * DAY_MS;
        assert!(pay::ask(tx, &f.country, now_ms)?.is_empty());
        assert_eq!(pay::questions(tx, &f.country, booking.worker, now_ms)?.len(), 1);
        Ok(())
    });
}

#[test]
fn what_nobody_ever_answers_closes_and_what_is_called_off_has_no_pay() {
    Fixture::new().run(|tx, f| {
        let (booking, mut now_ms) = agreed(tx, f)?;
        for (days, asked) in [(0, 1), (2, 1), (5, 1), (21, 0)] {
            now_ms += days * DAY_MS;
            assert_eq!(pay::ask(tx, &f.country, now_ms)?.len(), asked, "{days}");
        }
        assert!(pay::questions(tx, &f.country, booking.worker, now_ms)?.is_empty());
        assert_eq!(find(tx, booking.id)?.unwrap().state, State::Done);
        assert_eq!(records(tx, &booking)?, (Record::default(), Record::default()));
        Ok(())
    });
    Fixture::new().run(|tx, f| {
        let (booking, evening_ms) = agreed(tx, f)?;
        cancel::call_off(tx, &f.country, booking.id, booking.client, NOW_MS)?;
        assert!(pay::of_booking(tx, booking.id)?.is_empty());
        assert!(pay::ask(tx, &f.country, evening_ms)?.is_empty());
        Ok(())
    });
}

#[test]
fn work_without_an_end_has_a_pay_day_each_month() {
    const MONTHLY: &str = "UPDATE hiring SET days = NULL, paid = 'monthly', pay_unit = 'month'";
    Fixture::new().run(|tx, f| {
        let (booking, _) = agreed(tx, f)?;
        assert_eq!(booking.pay.unit, PayUnit::Day);
        pay::drop_unsaid(tx, booking.id)?;
        tx.execute(MONTHLY, &[])?;
        let monthly = find(tx, booking.id)?.unwrap();
        pay::begin(tx, &f.country, &monthly, 1, NOW_MS)?;
        let all = pay::of_booking(tx, booking.id)?;
        assert!(all[0].day > monthly.day.plus(26) && all[0].day < monthly.day.plus(31));
        let evening_ms = all[0].day.start_ms(&f.country.timezone) + 18 * 3_600_000;
        assert_eq!(pay::ask(tx, &f.country, evening_ms)?.len(), 1);
        // The next month's is there, and the work goes on.
        assert_eq!(pay::of_booking(tx, booking.id)?.len(), 2);
        say(tx, f, &monthly, monthly.worker, PAID, evening_ms)?;
        say(tx, f, &monthly, monthly.client, PAID, evening_ms)?;
        assert_eq!(find(tx, booking.id)?.unwrap().state, State::Started);
        Ok(())
    });
}
