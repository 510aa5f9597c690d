//! Two at once: each test stands where two hops or messages meet, and says who gets it. Within one store the order of commits
//! is the order of these calls; what holds then holds by a unique key or a conditional update, on both engines.

use super::answer::{self, Accepted, Answered, Missed, accept, decline, open_requests_on};
use super::attend::{self, Came};
use super::cancel::{self, CalledOff, call_off, call_off_all};
use super::client::{self, ASKED_A_DAY_IN_VAIN, ASKED_A_DAY_MAX, ASKED_IN_VAIN_MAX, Client};
use super::record::{self, Side};
use super::request::{self, Order, Sent};
use super::states::{Ended, State};
use super::workers::{self, Near, Wanted};
use super::{Booking, HiringStatus, Share, block, expiry, find, list};
use crate::country::{AreaCode, PayMeans, PayUnit};
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS, area, trade};
use crate::market::pay::Pay;
use crate::market::{BookingId, Fault, HiringId, PersonId, phone_number, worker};
use crate::storage::Tx;
use crate::text::datetime::Day;

/// Where work and workers are.
const SECTOR: i64 = 1201;

pub(super) fn today(f: &Fixture) -> Day {
    worker::today(&f.country, NOW_MS)
}

/// A person who has asked for nobody yet, with a place.
pub(super) fn client(tx: &mut Tx<'_>, f: &Fixture, n: u32) -> Result<Client, Fault> {
    let person = f.begin(tx, n)?;
    client::begin(tx, &f.keys, &mut f.ids(), person, NOW_MS)?;
    assert!(client::set_area(tx, &f.country, person, area(SECTOR), NOW_MS)?);
    Ok(client::find(tx, person)?.unwrap())
}

pub(super) fn order(f: &Fixture, needed: i64) -> Order {
    Order {
        trade: trade(11),
        area: area(SECTOR),
        day: today(f).plus(2),
        pay: Pay { amount: 5_000, unit: PayUnit::Day },
        needed,
        pass_on: false,
        means: None,
    }
}

pub(super) fn send(
    tx: &mut Tx<'_>,
    f: &Fixture,
    client: &Client,
    order: &Order,
    worker: Option<PersonId>,
    now_ms: i64,
) -> Result<Sent, Fault> {
    let mut ids = f.ids();
    let random = u64::try_from(ids.first()).unwrap();
    request::send(tx, &f.country, &mut ids, client, order, worker, random, now_ms)
}

pub(super) fn hiring(sent: Sent) -> HiringId {
    match sent {
        Sent::Asked { hiring, .. } => hiring,
        other => panic!("{other:?}"),
    }
}

/// A request to one worker.
pub(super) fn ask(tx: &mut Tx<'_>, f: &Fixture, client: &Client, worker: PersonId) -> Result<Booking, Fault> {
    let hiring = hiring(send(tx, f, client, &order(f, 1), Some(worker), NOW_MS)?);
    Ok(request::first_of(tx, hiring)?.unwrap())
}

pub(super) fn more(tx: &mut Tx<'_>, f: &Fixture, hiring: HiringId, now_ms: i64) -> Result<Vec<BookingId>, Fault> {
    expiry::ask_more(tx, &f.keys, &f.country, &mut f.ids(), hiring, now_ms)
}

pub(super) fn yes(
    tx: &mut Tx<'_>,
    f: &Fixture,
    booking: BookingId,
    worker: PersonId,
    now_ms: i64,
) -> Result<Accepted, Fault> {
    accept(tx, &f.country, booking, worker, Share::Theirs, false, now_ms)
}

#[test]
fn two_clients_ask_the_same_worker_and_one_of_them_is_agreed_with() {
    Fixture::new().run(|tx, f| {
        let mason = f.worker(tx, 1, "Aline Uwera")?;
        let (a, b) = (client(tx, f, 2)?, client(tx, f, 3)?);
        // Both may ask: it is the worker's to choose.
        let (first, second) = (ask(tx, f, &a, mason)?, ask(tx, f, &b, mason)?);
        let agreed = yes(tx, f, first.id, mason, NOW_MS)?;
        assert!(matches!(agreed, Accepted::Agreed(booking) if booking.state == State::Accepted));
        // The same yes again, from a hop that is run again, is the same.
        assert_eq!(yes(tx, f, first.id, mason, NOW_MS)?, agreed);
        assert_eq!(yes(tx, f, second.id, mason, NOW_MS)?, Accepted::Busy);
        let still = find(tx, second.id)?.unwrap();
        assert_eq!((still.state, still.hired, still.hiring_status), (State::Requested, 0, HiringStatus::Open));
        // Who has time for both says so; for a third there is none.
        let both = accept(tx, &f.country, second.id, mason, Share::Mine, true, NOW_MS)?;
        assert!(matches!(both, Accepted::Agreed(_)));
        let c = client(tx, f, 4)?;
        assert_eq!(send(tx, f, &c, &order(f, 1), Some(mason), NOW_MS)?, Sent::NotFree);
        Ok(())
    });
}

#[test]
fn the_last_place_is_given_once_and_the_rest_are_told_so() {
    Fixture::new().run(|tx, f| {
        let masons = [1, 2, 3, 4].map(|n| f.worker(tx, n, "Aline Uwera").unwrap());
        let client = client(tx, f, 9)?;
        let hiring = hiring(send(tx, f, &client, &order(f, 2), None, NOW_MS)?);
        // Called once, whatever is sent twice.
        assert_eq!(send(tx, f, &client, &order(f, 2), None, NOW_MS)?, Sent::Already);
        let mut asked = more(tx, f, hiring, NOW_MS)?;
        assert_eq!(asked.len(), expiry::ASKED_AT_ONCE);
        assert_eq!(expiry::due(tx, NOW_MS)?, [hiring]);
        asked.extend(more(tx, f, hiring, NOW_MS)?);
        assert_eq!(asked.len(), masons.len());
        assert!(expiry::due(tx, NOW_MS)?.is_empty() && more(tx, f, hiring, NOW_MS)?.is_empty());
        let bookings: Vec<Booking> = asked.iter().map(|id| find(tx, *id).unwrap().unwrap()).collect();
        for booking in &bookings[..2] {
            assert!(matches!(yes(tx, f, booking.id, booking.worker, NOW_MS)?, Accepted::Agreed(_)));
        }
        for booking in &bookings[2..] {
            assert_eq!(yes(tx, f, booking.id, booking.worker, NOW_MS)?, Accepted::Missed(Missed::Taken));
            assert_eq!(find(tx, booking.id)?.unwrap().ended, Some(Ended::Filled));
        }
        let told = expiry::untold(tx)?;
        assert_eq!(told.len(), 2);
        assert!(expiry::untold(tx)?.is_empty());
        let now = find(tx, bookings[0].id)?.unwrap();
        assert_eq!((now.hired, now.needed, now.hiring_status), (2, 2, HiringStatus::Filled));
        // One of the two cannot come after all: the place is offered again, and asking goes on.
        let off = call_off(tx, &f.country, now.id, now.worker, NOW_MS)?;
        assert!(matches!(off, CalledOff::Off { late: false, .. }));
        assert_eq!(find(tx, now.id)?.unwrap().hiring_status, HiringStatus::Open);
        assert_eq!(expiry::due(tx, NOW_MS)?, [hiring]);
        Ok(())
    });
}

#[test]
fn what_has_expired_cannot_be_accepted_and_is_passed_on_where_it_was_wished() {
    Fixture::new().run(|tx, f| {
        let (aline, bosco) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Jean Bosco")?);
        let client = client(tx, f, 9)?;
        let wished = Order { pass_on: true, ..order(f, 1) };
        let hiring = hiring(send(tx, f, &client, &wished, Some(aline), NOW_MS)?);
        let first = request::first_of(tx, hiring)?.unwrap();
        let late_ms = first.answer_by_ms;
        assert!(late_ms > NOW_MS && late_ms < first.start_ms(&f.country));
        // Too late before anybody has looked, and after.
        assert_eq!(yes(tx, f, first.id, aline, late_ms)?, Accepted::Missed(Missed::TooLate));
        assert!(expiry::expire(tx, late_ms - 1)?.is_empty());
        let expired = expiry::expire(tx, late_ms)?;
        assert_eq!(expired.iter().map(|found| found.id).collect::<Vec<_>>(), [first.id]);
        assert!(expiry::expire(tx, late_ms)?.is_empty());
        assert_eq!(yes(tx, f, first.id, aline, late_ms)?, Accepted::Missed(Missed::TooLate));
        assert_eq!(decline(tx, first.id, aline, late_ms)?, Answered::Missed(Missed::TooLate));
        // The next one is asked, and nobody a second time.
        let next = more(tx, f, hiring, late_ms)?;
        assert_eq!(next.iter().map(|id| find(tx, *id).unwrap().unwrap().worker).collect::<Vec<_>>(), [bosco]);
        assert!(more(tx, f, hiring, late_ms)?.is_empty());
        assert!(matches!(decline(tx, next[0], bosco, late_ms)?, Answered::Done(_)));
        assert!(more(tx, f, hiring, late_ms)?.is_empty());
        Ok(())
    });
}

#[test]
fn a_client_who_calls_off_and_a_worker_who_accepts_meet_in_one_outcome() {
    Fixture::new().run(|tx, f| {
        let mason = f.worker(tx, 1, "Aline Uwera")?;
        let client = client(tx, f, 9)?;
        // The client was first.
        let asked = ask(tx, f, &client, mason)?;
        assert!(matches!(
            call_off(tx, &f.country, asked.id, client.person, NOW_MS)?,
            CalledOff::Off { late: false, .. }
        ));
        assert_eq!(yes(tx, f, asked.id, mason, NOW_MS)?, Accepted::Missed(Missed::Cancelled));
        // The worker was first: then it is a booking that is called off, the place and the day are given back.
        let other = Order { day: today(f).plus(3), ..order(f, 1) };
        let second = hiring(send(tx, f, &client, &other, Some(mason), NOW_MS)?);
        let second = request::first_of(tx, second)?.unwrap();
        assert!(matches!(yes(tx, f, second.id, mason, NOW_MS)?, Accepted::Agreed(_)));
        let off = call_off(tx, &f.country, second.id, client.person, NOW_MS)?;
        assert!(matches!(off, CalledOff::Off { late: false, .. }));
        assert_eq!(call_off(tx, &f.country, second.id, mason, NOW_MS)?, CalledOff::NotPossible);
        assert_eq!(find(tx, second.id)?.unwrap().hired, 0);
        assert!(matches!(send(tx, f, &client, &other, Some(mason), NOW_MS)?, Sent::Asked { .. }));
        Ok(())
    });
}

#[test]
fn two_people_on_one_sim_never_answer_for_each_other() {
    Fixture::new().run(|tx, f| {
        let (aline, bosco) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 1, "Jean Bosco")?);
        let client = client(tx, f, 9)?;
        let asked = ask(tx, f, &client, aline)?;
        assert_eq!(yes(tx, f, asked.id, bosco, NOW_MS), Err(Fault::Gone("booking")));
        assert_eq!(decline(tx, asked.id, bosco, NOW_MS), Err(Fault::Gone("booking")));
        assert_eq!(answer::ask_pay(tx, asked.id, bosco, 6_000, Share::Mine, NOW_MS), Err(Fault::Gone("booking")));
        let number = f.number(tx, 1)?;
        let open = open_requests_on(tx, &f.country, &number.hash, NOW_MS)?;
        assert_eq!(open.iter().map(|found| (found.id, found.worker)).collect::<Vec<_>>(), [(asked.id, aline)]);
        // Two open requests on one number: the message must name one.
        let second = ask(tx, f, &client, bosco)?;
        assert_eq!(open_requests_on(tx, &f.country, &number.hash, NOW_MS)?.len(), 2);
        yes(tx, f, second.id, bosco, NOW_MS)?;
        assert_eq!(open_requests_on(tx, &f.country, &number.hash, NOW_MS)?.len(), 1);
        assert!(open_requests_on(tx, &f.country, &number.hash, asked.answer_by_ms)?.is_empty());
        Ok(())
    });
}

#[test]
fn one_open_request_for_a_client_worker_and_day() {
    Fixture::new().run(|tx, f| {
        let mason = f.worker(tx, 1, "Aline Uwera")?;
        let client = client(tx, f, 9)?;
        let asked = ask(tx, f, &client, mason)?;
        assert_eq!(send(tx, f, &client, &order(f, 1), Some(mason), NOW_MS)?, Sent::Already);
        assert!(matches!(decline(tx, asked.id, mason, NOW_MS)?, Answered::Done(_)));
        assert!(matches!(send(tx, f, &client, &order(f, 1), Some(mason), NOW_MS)?, Sent::Asked { .. }));
        let past = Order { day: today(f).plus(-1), ..order(f, 1) };
        assert_eq!(send(tx, f, &client, &past, Some(mason), NOW_MS)?, Sent::TooLate);
        assert_eq!(send(tx, f, &client, &order(f, 1), Some(client.person), NOW_MS)?, Sent::NotFree);
        Ok(())
    });
}

#[test]
fn other_pay_is_agreed_to_as_it_was_seen() {
    Fixture::new().run(|tx, f| {
        let mason = f.worker(tx, 1, "Aline Uwera")?;
        let client = client(tx, f, 9)?;
        let asked = ask(tx, f, &client, mason)?;
        let pay = |tx: &mut Tx<'_>, amount| answer::ask_pay(tx, asked.id, mason, amount, Share::Theirs, NOW_MS);
        assert!(matches!(pay(tx, 6_000)?, Answered::Done(found) if found.asked_amount == Some(6_000)));
        assert_eq!(list::concerning(tx, &f.country, client.person, NOW_MS)?.len(), 1);
        // The worker asks for more while the client looks at 6,000: nobody agrees to what they have not seen.
        pay(tx, 7_000)?;
        let client = client.person;
        let unseen = answer::accept_pay(tx, &f.country, asked.id, client, 6_000, NOW_MS)?;
        assert_eq!(unseen, Accepted::Missed(Missed::Answered));
        assert!(matches!(answer::refuse_pay(tx, asked.id, client, NOW_MS)?, Answered::Done(_)));
        assert_eq!(answer::refuse_pay(tx, asked.id, client, NOW_MS)?, Answered::Missed(Missed::Answered));
        // The first offer still stands, and other pay may be asked for again.
        pay(tx, 5_500)?;
        match answer::accept_pay(tx, &f.country, asked.id, client, 5_500, NOW_MS)? {
            Accepted::Agreed(agreed) => {
                assert_eq!((agreed.pay.amount, agreed.share, agreed.asked_amount), (5_500, Some(Share::Theirs), None));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(pay(tx, 9_000)?, Answered::Missed(Missed::Answered));
        Ok(())
    });
}

#[test]
fn what_is_agreed_says_by_what_it_is_paid_and_other_pay_leaves_that_as_it_was() {
    Fixture::new().run(|tx, f| {
        let mason = f.worker(tx, 1, "Aline Uwera")?;
        let client = client(tx, f, 9)?;
        assert_eq!(request::last_means(tx, client.person)?, None);
        let by = |means, ahead| Order { means, day: today(f).plus(ahead), ..order(f, 1) };
        let momo = send(tx, f, &client, &by(Some(PayMeans::Momo), 2), Some(mason), NOW_MS)?;
        let asked = request::first_of(tx, hiring(momo))?.unwrap();
        assert_eq!(asked.means, Some(PayMeans::Momo));
        answer::ask_pay(tx, asked.id, mason, 6_000, Share::Theirs, NOW_MS)?;
        match answer::accept_pay(tx, &f.country, asked.id, client.person, 6_000, NOW_MS)? {
            Accepted::Agreed(agreed) => {
                assert_eq!((agreed.pay.amount, agreed.means), (6_000, Some(PayMeans::Momo)));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(request::last_means(tx, client.person)?, Some(PayMeans::Momo), "as it was the last time");
        // Whoever is asked later by the same call is asked on the same terms; what was never said stays unknown.
        let call = hiring(send(tx, f, &client, &by(Some(PayMeans::Cash), 3), None, NOW_MS + 1)?);
        let all = more(tx, f, call, NOW_MS + 1)?;
        assert_eq!(find(tx, all[0])?.unwrap().means, Some(PayMeans::Cash));
        assert_eq!(request::last_means(tx, client.person)?, Some(PayMeans::Cash));
        let unsaid = send(tx, f, &client, &by(None, 4), Some(mason), NOW_MS + 2)?;
        assert_eq!(request::first_of(tx, hiring(unsaid))?.unwrap().means, None);
        Ok(())
    });
}

#[test]
fn who_hires_nobody_is_slowed_and_who_hires_is_not() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 9)?;
        let day = today(f);
        for _ in 0..ASKED_IN_VAIN_MAX {
            assert!(client::count_asked(tx, client.person, day)?);
        }
        assert!(!client::count_asked(tx, client.person, day)?);
        for _ in 0..ASKED_A_DAY_IN_VAIN {
            assert!(client::count_asked(tx, client.person, day.plus(1))?);
        }
        assert!(!client::count_asked(tx, client.person, day.plus(1))?);
        client::hired(tx, client.person)?;
        let allowed = (0..100).take_while(|_| client::count_asked(tx, client.person, day.plus(2)).unwrap()).count();
        assert_eq!(i64::try_from(allowed).unwrap(), ASKED_IN_VAIN_MAX.min(ASKED_A_DAY_MAX));
        let open: Vec<_> = (0..=request::OPEN_MAX)
            .map(|ahead| {
                let order = Order { day: day.plus(10 + i32::try_from(ahead).unwrap()), ..order(f, 1) };
                send(tx, f, &client, &order, None, NOW_MS).unwrap()
            })
            .collect();
        assert_eq!(open.iter().filter(|sent| **sent == Sent::TooMany).count(), 1);
        Ok(())
    });
}

#[test]
fn the_search_shows_who_is_near_and_never_a_minor_or_who_blocked() {
    Fixture::new().run(|tx, f| {
        let near = f.worker(tx, 1, "Aline Uwera")?;
        let far = f.worker_with(tx, 2, "Jean Bosco", 1990, 11, 1202)?;
        let other_trade = f.worker_with(tx, 3, "Grace Keza", 1990, 16, SECTOR)?;
        let minor = f.worker_with(tx, 4, "Ben", 2010, 26, SECTOR)?;
        let client = client(tx, f, 9)?;
        let wanted = |code| Wanted { client: client.person, trade: trade(code), area: area(SECTOR), day: today(f) };
        let found = |tx: &mut Tx<'_>, code| {
            let found = workers::search(tx, &f.keys, &f.country, &wanted(code), NOW_MS).unwrap();
            found.into_iter().map(|found| (found.worker, found.near)).collect::<Vec<_>>()
        };
        assert_eq!(found(tx, 11), [(near, Near::Sector), (far, Near::District)]);
        assert_eq!(found(tx, 16), [(other_trade, Near::Sector)]);
        assert!(found(tx, 26).iter().all(|(worker, _)| *worker != minor));
        let order = Order { trade: trade(26), ..order(f, 1) };
        assert_eq!(send(tx, f, &client, &order, Some(minor), NOW_MS)?, Sent::NotFree);
        // Free on the day comes first among the equally near; a place moves with the worker.
        let second = f.worker(tx, 5, "Olive Teta")?;
        assert_eq!(found(tx, 11)[0].0, near);
        worker::set_free_on(tx, second, Some(today(f)), NOW_MS)?;
        assert_eq!(found(tx, 11)[0].0, second);
        worker::set_area(tx, &f.country, second, AreaCode::new(1301).unwrap(), NOW_MS)?;
        assert!(found(tx, 11).iter().position(|(worker, _)| *worker == second) > Some(1));
        block::block(tx, near, client.person, NOW_MS)?;
        assert!(found(tx, 11).iter().all(|(worker, _)| *worker != near));
        assert!(block::is_blocked(tx, client.person, near)? && block::is_blocked(tx, near, client.person)?);
        // Another owner of the number: the worker is there no more.
        let number = f.number(tx, 2)?;
        phone_number::new_owner(tx, &number.hash, NOW_MS)?;
        assert!(found(tx, 11).iter().all(|(worker, _)| *worker != far));
        Ok(())
    });
}

#[test]
fn a_job_counts_when_both_say_so_and_absence_counts_for_who_was_not_there() {
    Fixture::new().run(|tx, f| {
        let mason = f.worker(tx, 1, "Aline Uwera")?;
        let client = client(tx, f, 9)?;
        let asked = ask(tx, f, &client, mason)?;
        yes(tx, f, asked.id, mason, NOW_MS)?;
        let start_ms = asked.start_ms(&f.country);
        assert_eq!(attend::came(tx, &f.country, asked.id, mason, NOW_MS)?, Came::NotNow);
        assert!(matches!(attend::came(tx, &f.country, asked.id, mason, start_ms)?, Came::Noted(_)));
        assert_eq!(record::of(tx, mason, Side::Worker)?.jobs, 0);
        // Who said to be there is not called absent.
        assert_eq!(cancel::absent(tx, &f.country, asked.id, client.person, start_ms)?, CalledOff::NotPossible);
        for _ in 0..2 {
            let both = attend::came(tx, &f.country, asked.id, client.person, start_ms)?;
            assert!(matches!(both, Came::Started(found) if found.state == State::Started));
        }
        let jobs = (record::of(tx, mason, Side::Worker)?.jobs, record::of(tx, client.person, Side::Client)?.jobs);
        assert_eq!(jobs, (1, 1));
        assert!(attend::done(tx, asked.id, start_ms + DAY_MS)? && !attend::done(tx, asked.id, start_ms + DAY_MS)?);
        assert_eq!(list::known_workers(tx, client.person)?.len(), 1);

        let other = f.worker(tx, 2, "Jean Bosco")?;
        let second = ask(tx, f, &client, other)?;
        yes(tx, f, second.id, other, NOW_MS)?;
        let late_ms = start_ms + cancel::ABSENT_AFTER_MS;
        assert_eq!(cancel::absent(tx, &f.country, second.id, client.person, late_ms - 1)?, CalledOff::NotPossible);
        assert!(matches!(cancel::absent(tx, &f.country, second.id, client.person, late_ms)?, CalledOff::Off { .. }));
        assert_eq!(record::of(tx, other, Side::Worker)?.absences, 1);
        Ok(())
    });
}

#[test]
fn requests_that_nobody_took_do_not_keep_a_client_from_asking() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 9)?;
        for n in 20..20 + u32::try_from(request::OPEN_MAX).unwrap() + 2 {
            let mason = f.worker(tx, n, "Aline Uwera")?;
            let asked = ask(tx, f, &client, mason)?;
            assert!(matches!(decline(tx, asked.id, mason, NOW_MS)?, Answered::Done(_)));
            assert_eq!(find(tx, asked.id)?.unwrap().hiring_status, HiringStatus::Expired);
        }
        Ok(())
    });
}

#[test]
fn a_late_cancel_is_counted_and_somebody_else_is_found_with_one_key() {
    Fixture::new().run(|tx, f| {
        let (aline, bosco) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Jean Bosco")?);
        let client = client(tx, f, 9)?;
        let asked = ask(tx, f, &client, aline)?;
        yes(tx, f, asked.id, aline, NOW_MS)?;
        let evening_ms = asked.start_ms(&f.country) - 11 * 3_600_000;
        assert!(matches!(call_off(tx, &f.country, asked.id, aline, evening_ms)?, CalledOff::Off { late: true, .. }));
        assert_eq!(record::of(tx, aline, Side::Worker)?.late_cancels, 1);
        let hiring = cancel::replace(tx, &f.country, asked.id, client.person, evening_ms)?.unwrap();
        let next = more(tx, f, hiring, evening_ms)?;
        let next = find(tx, next[0])?.unwrap();
        assert_eq!((next.worker, next.day), (bosco, asked.day));
        assert!(matches!(yes(tx, f, next.id, bosco, evening_ms)?, Accepted::Agreed(_)));
        assert_eq!(cancel::replace(tx, &f.country, asked.id, client.person, evening_ms)?, None);
        Ok(())
    });
}

#[test]
fn who_leaves_leaves_nobody_waiting() {
    Fixture::new().run(|tx, f| {
        let (aline, bosco) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Jean Bosco")?);
        let client = client(tx, f, 9)?;
        let (first, second) = (ask(tx, f, &client, aline)?, ask(tx, f, &client, bosco)?);
        yes(tx, f, first.id, aline, NOW_MS)?;
        // A client who turns out to be a child is erased while a booking is open.
        f.birth_year(tx, client.person, 2015)?;
        for (booking, worker) in [(first, aline), (second, bosco)] {
            let now = find(tx, booking.id)?.unwrap();
            assert_eq!((now.state, now.ended), (State::Cancelled, Some(Ended::Client)));
            assert_eq!(yes(tx, f, booking.id, worker, NOW_MS)?, Accepted::Missed(Missed::Cancelled));
        }
        assert_eq!(expiry::untold(tx)?.len(), 2);
        Ok(())
    });
}

#[test]
fn a_call_that_is_taken_back_leaves_those_who_said_yes() {
    Fixture::new().run(|tx, f| {
        let (aline, bosco) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Jean Bosco")?);
        let client = client(tx, f, 9)?;
        let hiring = hiring(send(tx, f, &client, &order(f, 2), None, NOW_MS)?);
        more(tx, f, hiring, NOW_MS)?;
        let of = |tx: &mut Tx<'_>, person| list::concerning(tx, &f.country, person, NOW_MS).unwrap();
        let (first, second) = (of(tx, aline)[0], of(tx, bosco)[0]);
        yes(tx, f, first.id, aline, NOW_MS)?;
        assert!(call_off_all(tx, hiring, client.person, NOW_MS)?);
        assert!(!call_off_all(tx, hiring, client.person, NOW_MS)?);
        assert_eq!(yes(tx, f, second.id, bosco, NOW_MS)?, Accepted::Missed(Missed::Cancelled));
        assert_eq!(find(tx, first.id)?.unwrap().state, State::Accepted);
        assert_eq!(expiry::remind(tx, first.day, NOW_MS)?.len(), 1);
        assert!(expiry::remind(tx, first.day, NOW_MS)?.is_empty());
        Ok(())
    });
}

#[test]
fn a_request_waits_less_when_the_day_is_near_and_not_into_the_night() {
    let f = Fixture::new();
    let hour = 3_600_000;
    let answer_by = |start_ms| request::answer_by_ms(&f.country, start_ms, NOW_MS);
    assert_eq!(answer_by(NOW_MS + 2 * hour), NOW_MS + hour / 2);
    assert_eq!(answer_by(NOW_MS + 20 * hour), NOW_MS + 5 * hour);
    assert_eq!(answer_by(NOW_MS + 20 * DAY_MS), NOW_MS + DAY_MS);
    assert!(request::is_odd(Pay { amount: 50_000, unit: PayUnit::Day }, Some(order(&f, 1).pay)));
    assert!(request::is_odd(Pay { amount: 500, unit: PayUnit::Day }, Some(order(&f, 1).pay)));
    assert!(!request::is_odd(Pay { amount: 49_000, unit: PayUnit::Day }, Some(order(&f, 1).pay)));
}
