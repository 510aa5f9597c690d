//! Posting by keypad: once, within its caps, by the rules of every vacancy; and who meets whom at the same moment.

use proptest::prelude::*;

use super::super::applicants;
use super::super::application::{self, ApplyOutcome};
use super::super::booking::client;
use super::super::data_event::{CALLER, DataEvent};
use super::super::employer_check::{Check, check};
use super::super::ending::{self, SETTLE_AFTER_MS, Why};
use super::super::fixture::{DAY_MS, Fixture, NOW_MS, area, country, trade};
use super::super::matching::Gate;
use super::super::stage::Stage;
use super::super::vacancy_desk::{self, Standing, Wish};
use super::super::{erasure, phone_number};
use super::*;

/// How a client leaves.
type Leave = fn(&mut Tx<'_>, &Fixture, &Client) -> Result<(), Fault>;

/// Where work and workers are.
const SECTOR: i64 = 1201;

/// A person who wants people, with a place.
fn client(tx: &mut Tx<'_>, f: &Fixture, n: u32) -> Result<Client, Fault> {
    let person = f.begin(tx, n)?;
    client::begin(tx, &f.keys, &mut f.ids(), person, NOW_MS)?;
    assert!(client::set_area(tx, &f.country, person, area(SECTOR), NOW_MS)?);
    Ok(client::find(tx, person)?.unwrap())
}

/// Three masons for five days from the day after tomorrow.
fn wanted() -> Wanted {
    Wanted {
        trade: trade(11),
        area: area(SECTOR),
        day: today(country(), NOW_MS).plus(2),
        length: Length::Days(5),
        openings: 3,
        pay: Pay { amount: 5_000, unit: PayUnit::Day },
        paid: PaidWhen::Weekly,
        means: PayMeans::Momo,
    }
}

fn send(tx: &mut Tx<'_>, f: &Fixture, client: &Client, wanted: &Wanted, now_ms: i64) -> Result<Sent, Fault> {
    let mut ids = f.ids();
    let random = u64::try_from(ids.first()).unwrap();
    post(tx, &f.keys, &f.country, &mut ids, client, wanted, random, now_ms)
}

fn posted(sent: Sent) -> VacancyId {
    match sent {
        Sent::Posted { vacancy, held: false, .. } => vacancy,
        other => panic!("{other:?}"),
    }
}

fn applied(outcome: ApplyOutcome) -> super::super::ApplicationId {
    match outcome {
        ApplyOutcome::Applied { application, .. } => application,
        other => panic!("{other:?}"),
    }
}

fn close(tx: &mut Tx<'_>, f: &Fixture, client: &Client, vacancy: VacancyId, now_ms: i64) -> Result<bool, Fault> {
    let own = vacancy_desk::find(tx, &f.keys, client.employer, vacancy)?.unwrap();
    vacancy_desk::wish(tx, client.employer, &own, Wish::Close, now_ms)
}

fn alerts(tx: &mut Tx<'_>) -> i64 {
    tx.query_one("SELECT COUNT(*) FROM alert_run", &[], |row| row.integer(0)).unwrap().unwrap()
}

#[test]
fn a_post_is_a_vacancy_as_any_other_and_stands_once() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 1)?;
        let vacancy = posted(send(tx, f, &client, &wanted(), NOW_MS)?);
        let own = vacancy_desk::find(tx, &f.keys, client.employer, vacancy)?.unwrap();
        let NewVacancy { trade, kind, openings, duration_days, start_minute, paid, live_in, closes_ms, means, .. } =
            own.offer;
        assert_eq!((trade.get(), kind, openings, duration_days), (11, JobKind::Short, 3, Some(5)));
        assert_eq!((start_minute, paid, live_in, own.standing), (Some(420), PaidWhen::Weekly, false, Standing::Open));
        assert_eq!(means, Some(PayMeans::Momo));
        // People may come late to work of five days.
        assert_eq!(closes_ms, wanted().day.plus(LATE_DAYS + 1).start_ms(&f.country.timezone));
        assert_eq!(alerts(tx), 1);
        // A second key press, or a second hop, finds what is there; other pay does not make it another job.
        let dearer = Wanted { pay: Pay { amount: 6_000, unit: PayUnit::Day }, ..wanted() };
        for again in [wanted(), dearer] {
            assert_eq!(send(tx, f, &client, &again, NOW_MS + 1)?, Sent::Already { vacancy });
        }
        assert_eq!(alerts(tx), 1);
        // Once it is closed the same may be wanted anew.
        assert!(close(tx, f, &client, vacancy, NOW_MS + 2)?);
        assert!(!close(tx, f, &client, vacancy, NOW_MS + 3)?, "closed once");
        let anew = posted(send(tx, f, &client, &wanted(), NOW_MS + 4)?);
        assert_ne!(anew, vacancy);
        assert_eq!(send(tx, f, &client, &wanted(), NOW_MS + 5)?, Sent::Already { vacancy: anew });
        Ok(())
    });
}

#[test]
fn a_client_posts_so_many_a_day_and_has_so_many_open() {
    Fixture::new().run(|tx, f| {
        let (client, other) = (client(tx, f, 1)?, client(tx, f, 2)?);
        let on = |ahead: i32| Wanted { day: wanted().day.plus(ahead), ..wanted() };
        let mut first = None;
        let mut sent = 0;
        for day in 0..3 {
            let now_ms = NOW_MS + day * DAY_MS;
            for _ in 0..A_DAY_MAX {
                if sent == OPEN_MAX {
                    break;
                }
                first = first.or(Some(posted(send(tx, f, &client, &on(i32::try_from(sent).unwrap() + 3), now_ms)?)));
                sent += 1;
            }
            assert_eq!(send(tx, f, &client, &on(30), now_ms)?, Sent::TooMany);
            // Nobody else waits for that.
            posted(send(tx, f, &other, &on(i32::try_from(day).unwrap() + 3), now_ms)?);
        }
        assert_eq!(sent, OPEN_MAX);
        // What is there already is said, not that it is too much.
        assert!(matches!(send(tx, f, &client, &on(3), NOW_MS + 2 * DAY_MS)?, Sent::Already { .. }));
        assert!(close(tx, f, &client, first.unwrap(), NOW_MS + 2 * DAY_MS)?);
        posted(send(tx, f, &client, &on(30), NOW_MS + 2 * DAY_MS)?);
        Ok(())
    });
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_there() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 1)?;
        let today = today(&f.country, NOW_MS);
        for (ahead, now_ms) in [(-1, NOW_MS), (0, NOW_MS + 10 * 3_600_000)] {
            let late = Wanted { day: today.plus(ahead), ..wanted() };
            assert_eq!(send(tx, f, &client, &late, now_ms)?, Sent::TooLate, "{ahead}");
        }
        for (amount, unit) in [(5_000_000, PayUnit::Day), (1, PayUnit::Day), (0, PayUnit::Month)] {
            let odd = Wanted { pay: Pay { amount, unit }, ..wanted() };
            assert_eq!(send(tx, f, &client, &odd, NOW_MS)?, Sent::Refused, "{amount}");
        }
        let nowhere = Wanted { area: AreaCode::new(9_999).unwrap(), ..wanted() };
        assert_eq!(send(tx, f, &client, &nowhere, NOW_MS)?, Sent::Refused);
        let nobody = Client { person: PersonId::new(1), ..client };
        assert_eq!(send(tx, f, &nobody, &wanted(), NOW_MS), Err(Fault::Gone("client")));
        assert_eq!(tx.query_one("SELECT COUNT(*) FROM vacancy", &[], |row| row.integer(0))?, Some(0));
        // Nothing of it was counted.
        posted(send(tx, f, &client, &wanted(), NOW_MS)?);
        Ok(())
    });
}

#[test]
fn a_blocked_client_is_treated_as_any_blocked_employer() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 1)?;
        check(tx, &f.keys, &mut f.ids(), client.employer, Check::Block, ("Aline", ""), NOW_MS)?;
        let sent = send(tx, f, &client, &wanted(), NOW_MS)?;
        let Sent::Posted { vacancy, held: true, .. } = sent else { panic!("{sent:?}") };
        assert_eq!(alerts(tx), 0);
        assert_eq!(vacancy_desk::find(tx, &f.keys, client.employer, vacancy)?.unwrap().standing, Standing::Held);
        let mason = f.worker(tx, 2, "Jean Bosco")?;
        assert_eq!(f.apply(tx, mason, vacancy, "1", NOW_MS)?, ApplyOutcome::Closed);
        Ok(())
    });
}

#[test]
fn nobody_under_age_works_for_a_client() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 1)?;
        // Washing cars is open to who is sixteen, but not at a household's.
        let washing = Wanted { trade: trade(39), ..wanted() };
        let vacancy = posted(send(tx, f, &client, &washing, NOW_MS)?);
        let young = f.worker_with(tx, 2, "Ben Nziza", 2009, 39, SECTOR)?;
        assert_eq!(f.apply(tx, young, vacancy, "1", NOW_MS)?, ApplyOutcome::NotEligible(Gate::Age));
        let adult = f.worker_with(tx, 3, "Aline Uwera", 1990, 39, SECTOR)?;
        applied(f.apply(tx, adult, vacancy, "2", NOW_MS)?);
        Ok(())
    });
}

#[test]
fn two_people_on_one_sim_have_each_their_own_jobs() {
    Fixture::new().run(|tx, f| {
        let (a, b) = (client(tx, f, 1)?, client(tx, f, 1)?);
        let vacancy = posted(send(tx, f, &a, &wanted(), NOW_MS)?);
        let other = posted(send(tx, f, &b, &wanted(), NOW_MS)?);
        assert_ne!(vacancy, other);
        let mason = f.worker(tx, 2, "Jean Bosco")?;
        let application = applied(f.apply(tx, mason, vacancy, "1", NOW_MS)?);
        assert_eq!(vacancy_desk::find(tx, &f.keys, b.employer, vacancy)?, None);
        assert!(applicants::find(tx, &f.keys, b.employer, application)?.is_none());
        assert!(applicants::find(tx, &f.keys, a.employer, application)?.is_some());
        let own = vacancy_desk::find(tx, &f.keys, a.employer, vacancy)?.unwrap();
        assert!(!vacancy_desk::wish(tx, b.employer, &own, Wish::Close, NOW_MS)?);
        assert_eq!(client::of_employer(tx, a.employer)?, Some(a));
        Ok(())
    });
}

#[test]
fn who_asks_while_a_job_is_closed_is_told_with_the_others() {
    Fixture::new().run(|tx, f| {
        let client = client(tx, f, 1)?;
        let vacancy = posted(send(tx, f, &client, &wanted(), NOW_MS)?);
        let (first, second) = (f.worker(tx, 2, "Jean Bosco")?, f.worker(tx, 3, "Aline Uwera")?);
        let first = applied(f.apply(tx, first, vacancy, "1", NOW_MS)?);
        // The second has the job on the screen as it was.
        let seen = vacancy::details(tx, &f.keys, vacancy)?.unwrap();
        let worker = super::super::worker::find(tx, second)?.unwrap();
        assert!(close(tx, f, &client, vacancy, NOW_MS)?);
        let now_ms = NOW_MS + 1_000;
        let late = application::apply(tx, &f.country, &mut f.ids(), &worker, &seen, true, "2", now_ms)?;
        let late = applied(late);
        // A change is always later than the one before it.
        assert_eq!(ending::next(tx, NOW_MS + SETTLE_AFTER_MS)?, None);
        let ending = ending::next(tx, NOW_MS + SETTLE_AFTER_MS + 1)?.unwrap();
        assert_eq!((ending.vacancy, ending.why), (vacancy, Why::Closed));
        assert_eq!(ending.waiting, [(first, Stage::Applied), (late, Stage::Applied)]);
        // Whoever looks now is told that it is over.
        let third = f.worker(tx, 4, "Claude")?;
        assert_eq!(f.apply(tx, third, vacancy, "3", now_ms)?, ApplyOutcome::Closed);
        Ok(())
    });
}

#[test]
fn what_a_client_posted_ends_when_they_leave_offers_with_it() {
    let leave: [Leave; 2] = [
        |tx, f, client| {
            let why = (DataEvent::Erased, CALLER);
            assert!(erasure::erase(tx, &mut f.ids(), client.person, why, NOW_MS)?);
            Ok(())
        },
        |tx, f, _| {
            let number = f.number(tx, 1)?;
            phone_number::new_owner(tx, &number.hash, NOW_MS)?;
            Ok(())
        },
    ];
    for leave in leave {
        Fixture::new().run(move |tx, f| {
            let client = client(tx, f, 1)?;
            let vacancy = posted(send(tx, f, &client, &wanted(), NOW_MS)?);
            let closed = Wanted { length: Length::OneDay, ..wanted() };
            let closed = posted(send(tx, f, &client, &closed, NOW_MS)?);
            let (one, two) = (f.worker(tx, 2, "Jean Bosco")?, f.worker(tx, 3, "Aline Uwera")?);
            let asked = applied(f.apply(tx, one, vacancy, "1", NOW_MS)?);
            let offered = applied(f.apply(tx, two, closed, "2", NOW_MS)?);
            Fixture::put(tx, offered, Stage::Offered)?;
            assert!(close(tx, f, &client, closed, NOW_MS)?);
            leave(tx, f, &client)?;
            let mut ended = Vec::new();
            while let Some(ending) = ending::next(tx, NOW_MS + DAY_MS)? {
                assert_eq!(ending.why, Why::TakenBack);
                ended.extend(ending.waiting.iter().copied());
                assert!(ending::settled(tx, &ending)?);
            }
            ended.sort_unstable_by_key(|(application, _)| *application);
            assert_eq!(ended, [(asked, Stage::Applied), (offered, Stage::Offered)]);
            let details = vacancy::details(tx, &f.keys, vacancy)?.unwrap();
            assert_eq!((details.status, details.employer_name.as_str()), (VacancyStatus::Closed, ""));
            Ok(())
        });
    }
}

#[test]
fn a_length_is_a_kind_and_nobody_is_paid_by_the_month_for_a_day() {
    let of = |length: Length| (length.kind(), length.days());
    assert_eq!(of(Length::OneDay), (JobKind::CasualDay, Some(1)));
    assert_eq!(of(Length::Days(DAYS_MAX)), (JobKind::Short, Some(90)));
    assert_eq!(of(Length::Months(MONTHS_MAX)), (JobKind::Contract, Some(720)));
    assert_eq!(of(Length::Open), (JobKind::FullTime, None));
    assert!(Length::Months(MONTHS_MAX).days().unwrap() <= vacancy::DURATION_DAYS_MAX);
    // An office is cleaned by the month, tea is picked by the kilogram.
    let unit = |length: Length, code| length.unit(country(), trade(code));
    assert_eq!(unit(Length::OneDay, 26), PayUnit::Day);
    assert_eq!((unit(Length::Days(9), 26), unit(Length::Months(1), 26)), (PayUnit::Day, PayUnit::Month));
    assert_eq!((unit(Length::OneDay, 44), unit(Length::Open, 11)), (PayUnit::Kg, PayUnit::Day));
}

proptest! {
    #[test]
    fn whoever_is_taken_has_time_to_answer_and_answers_before_the_work(minutes in 0_i64..4_000, ahead in -1_i32..9) {
        let now_ms = NOW_MS + minutes * 60_000;
        let day = today(country(), now_ms).plus(ahead);
        let offer = NewVacancy {
            start_day: Some(day),
            start_minute: Some(420),
            ..Fixture::new().vacancy(11, SECTOR, "a")
        };
        let start_ms = day.start_ms(&country().timezone) + 420 * 60_000;
        let until_ms = answer_until_ms(country(), &offer, now_ms);
        prop_assert!(until_ms >= now_ms + ANSWER_MIN_MS);
        prop_assert!(until_ms <= start_ms.max(now_ms + ANSWER_MIN_MS));
        prop_assert!(until_ms <= now_ms + ANSWER_MAX_MS + DAY_MS);
    }
}
