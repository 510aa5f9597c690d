//! Candidates: the index follows every change, and the search finds the best of all.

use proptest::prelude::*;

use super::super::consent::{self, Given, Purpose};
use super::super::employer::EmployerKind;
use super::super::fixture::{Fixture, NOW_MS, area, country, trade};
use super::super::kind::JobKind;
use super::super::pay::Pay;
use super::super::vacancy::{self, NewVacancy};
use super::super::worker::Worker;
use super::super::worker_trade::{self, add};
use super::super::{person, phone_number};
use super::*;
use crate::country::PayUnit;
use crate::text::Language;

fn rows(tx: &mut Tx<'_>, person: PersonId) -> Vec<(i64, i64)> {
    let sql = "SELECT trade, place FROM candidate WHERE person_id = $1 ORDER BY trade, place";
    tx.query(sql, &[person.into()], |row| Ok((row.integer(0)?, row.integer(1)?))).unwrap()
}

fn found(tx: &mut Tx<'_>, f: &Fixture, vacancy: VacancyId, wanted: usize) -> Vec<PersonId> {
    let details = vacancy::details(tx, &f.keys, vacancy).unwrap().unwrap();
    let side = details.side(NOW_MS);
    let found = best(tx, &f.country, (vacancy, &side), wanted, HashSet::new(), NOW_MS).unwrap();
    found.people.iter().map(|one| one.person).collect()
}

fn given() -> Given<'static> {
    Given { text_version: "t", language: Language::Rw, channel: "demo", hop_uid: 7 }
}

#[test]
fn a_worker_is_a_candidate_from_the_end_of_the_registration_on_for_each_trade() {
    Fixture::new().run(|tx, f| {
        let person = f.begin(tx, 1)?;
        f.birth_year(tx, person, 1990)?;
        f.trade(tx, person, 11)?;
        worker::set_rate(tx, person, Rate::Agree, NOW_MS)?;
        worker::set_area(tx, &f.country, person, area(1201), NOW_MS)?;
        assert_eq!(rows(tx, person), []);
        person::set_name(tx, &f.keys, person, "Aline", NOW_MS)?;
        worker::finish(tx, person, NOW_MS)?;
        assert_eq!(rows(tx, person), [(11, 1201)]);
        add(tx, &f.country, person, WorkerTrade { trade: trade(16), years: Some(3), paid: None }, NOW_MS)?;
        worker::set_area(tx, &f.country, person, area(12), NOW_MS)?;
        worker::set_will_move(tx, person, true, NOW_MS)?;
        assert_eq!(rows(tx, person), [(11, 0), (11, 12), (16, 0), (16, 12)]);
        worker::set_will_move(tx, person, false, NOW_MS)?;
        assert!(worker_trade::remove(tx, person, trade(11))?);
        assert_eq!(rows(tx, person), [(16, 12)]);
        // A minor loses the trade that is for adults, and with it the place in the index.
        assert_eq!(f.birth_year(tx, person, 2009)?, worker::BirthYearOutcome::SavedMinor);
        assert_eq!(rows(tx, person), []);
        Ok(())
    });
}

#[test]
fn who_may_not_be_told_is_no_candidate_until_that_changes() {
    Fixture::new().run(|tx, f| {
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let number = f.number(tx, 1)?;
        let listed = [(11, 1201)];
        assert_eq!(rows(tx, person), listed);
        phone_number::stop(tx, &number.hash, NOW_MS)?;
        assert_eq!(rows(tx, person), []);
        phone_number::start(tx, &number.hash)?;
        assert_eq!(rows(tx, person), listed);
        consent::withdraw(tx, person, Purpose::Alerts, NOW_MS)?;
        assert_eq!(rows(tx, person), []);
        consent::give(tx, &mut f.ids(), person, Purpose::Alerts, &given(), NOW_MS)?;
        assert_eq!(rows(tx, person), listed);
        worker::set_scored(tx, person, false, NOW_MS)?;
        assert_eq!(rows(tx, person), []);
        worker::set_scored(tx, person, true, NOW_MS)?;
        assert_eq!(rows(tx, person), listed);
        // Silent for so long that it may be somebody else's: taken off when somebody would be told, back when confirmed.
        f.seen(tx, 1, NOW_MS + phone_number::IDLE_MS + 1)?;
        unlist(tx, person)?;
        relist(tx, person)?;
        assert_eq!(rows(tx, person), []);
        phone_number::confirm_owner(tx, &number.hash)?;
        assert_eq!(rows(tx, person), listed);
        phone_number::new_owner(tx, &number.hash, NOW_MS)?;
        assert_eq!(rows(tx, person), []);
        Ok(())
    });
}

#[test]
fn the_best_come_first_and_nobody_below_the_promise() {
    Fixture::new().run(|tx, f| {
        let near = f.worker(tx, 1, "Near")?;
        let district = f.worker_with(tx, 2, "District", 1990, 11, 1202)?;
        let neighbour = f.worker_with(tx, 3, "Neighbour", 1990, 11, 1301)?;
        let far = f.worker_with(tx, 4, "Far", 1990, 11, 3601)?;
        let related = f.worker_with(tx, 5, "Related", 1990, 17, 1201)?;
        let other = f.worker_with(tx, 6, "Other", 1990, 91, 1201)?;
        let dear = f.worker(tx, 7, "Dear")?;
        worker::set_rate(tx, dear, Rate::Amount(Pay { amount: 20_000, unit: PayUnit::Day }), NOW_MS)?;
        let mover = f.worker_with(tx, 8, "Mover", 1990, 11, 3602)?;
        worker::set_will_move(tx, mover, true, NOW_MS)?;
        let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        // 97, 92, 86 (would move), 84, 78 or less ... and 73 for the other end of the country.
        let all = found(tx, f, vacancy, 50);
        assert_eq!(all[..4], [near, district, mover, neighbour], "{all:?}");
        assert_eq!(all.last(), Some(&far));
        assert!(!all.contains(&other), "another trade");
        let side = vacancy::details(tx, &f.keys, vacancy)?.unwrap().side(NOW_MS);
        for person in [near, district, neighbour, far, related, other, dear, mover] {
            let worker = worker::find(tx, person)?.unwrap();
            let worker_side = WorkerSide::of(&worker, 36).unwrap();
            let fits = matching::gates(&f.country, &worker_side, &side).is_ok()
                && matching::score(&f.country, &worker_side, &side).total >= ALERT_MIN;
            assert_eq!(all.contains(&person), fits, "{person:?}");
        }
        assert_eq!(found(tx, f, vacancy, 2), [near, district]);
        Ok(())
    });
}

#[test]
fn gates_keep_people_out_and_those_who_are_not_wanted_are_passed_over() {
    Fixture::new().run(|tx, f| {
        let minor = f.worker_with(tx, 1, "Ben", 2010, 41, 1201)?;
        let adult = f.worker_with(tx, 2, "Aline", 1990, 41, 1201)?;
        let (household, _) = f.post(tx, EmployerKind::Household, &f.vacancy(41, 1201, "a"))?;
        let (farm, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(41, 1201, "b"))?;
        assert_eq!(found(tx, f, household, 9), [adult]);
        let mut both = found(tx, f, farm, 9);
        both.sort_unstable();
        assert_eq!(both, [minor, adult]);
        worker::set_kinds(tx, adult, Kinds::of([JobKind::FullTime]), NOW_MS)?;
        assert_eq!(found(tx, f, farm, 9), [minor]);
        let side = vacancy::details(tx, &f.keys, farm)?.unwrap().side(NOW_MS);
        let without = best(tx, &f.country, (farm, &side), 9, HashSet::from([minor]), NOW_MS)?;
        assert_eq!(without.people, []);
        let licensed = NewVacancy { licence: true, ..f.vacancy(41, 1201, "c") };
        let (licensed, _) = f.post(tx, EmployerKind::Organisation, &licensed)?;
        worker::set_licence(tx, minor, false, NOW_MS)?;
        assert_eq!(found(tx, f, licensed, 9), []);
        Ok(())
    });
}

#[test]
fn equals_are_told_in_another_order_for_each_vacancy() {
    Fixture::new().run(|tx, f| {
        let people: Vec<PersonId> = (1..30).map(|n| f.worker(tx, n, "Aline")).collect::<Result<_, _>>()?;
        let firsts: HashSet<PersonId> = (0..12)
            .map(|at| {
                let (vacancy, _) =
                    f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, &at.to_string())).unwrap();
                let found = found(tx, f, vacancy, 100);
                assert_eq!(found.len(), people.len());
                found[0]
            })
            .collect();
        assert!(firsts.len() > 4, "{}", firsts.len());
        Ok(())
    });
}

#[test]
fn no_cell_is_promised_less_than_anybody_in_it_can_score() {
    let country = country();
    let vacancy = VacancySide {
        open: true,
        trade: trade(11),
        place: area(1201).into(),
        household: false,
        live_in: false,
        kind: JobKind::CasualDay,
        pay: Some(Pay { amount: 5_000, unit: PayUnit::Day }),
        min_years: 2,
        licence: false,
        days: Weekdays::from_bits(31),
    };
    let trades: Vec<TradeCode> = country.trades.all().iter().map(|trade| trade.code).collect();
    for place in places(country).into_iter().filter_map(|(_, area)| area) {
        for code in &trades {
            let had = [WorkerTrade { trade: *code, years: Some(9), paid: None }];
            let side = WorkerSide {
                age: 30,
                trades: &had,
                area: place,
                will_move: false,
                rate: Rate::Agree,
                kinds: Kinds::ALL,
                licence: Some(true),
                days: Weekdays::ALL,
                abroad: false,
            };
            let scored = matching::score(country, &side, &vacancy).total;
            assert!(scored <= bound(country, &vacancy, *code, Some(place)), "{place:?} {code:?}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_packed_is_scored_as_what_was_stored(
        birth_year in 1936_i64..2012, will_move: bool, licence in prop::option::of(any::<bool>()), kinds in 0_i64..128,
        days in 0_i64..128, rate in 0..3, amount in 1_i64..5_000_000, unit in 0_usize..7,
        had in prop::collection::vec((11_u8..99, prop::option::of(0_u8..=60)), 1..=3), home in 0_usize..400,
        moves_abroad: bool,
    ) {
        let country = country();
        let areas: Vec<AreaCode> = country.areas.of_level(Level::Sector).map(|area| area.code).collect();
        let trades: Vec<WorkerTrade> = had.iter().filter_map(|(code, years)| {
            Some(WorkerTrade { trade: TradeCode::new(*code)?, years: *years, paid: None })
        }).collect();
        prop_assume!(!trades.is_empty());
        let rate = match rate {
            0 => Rate::Unset,
            1 => Rate::Agree,
            _ => Rate::Amount(Pay { amount, unit: PayUnit::ALL[unit] }),
        };
        let worker = Worker {
            person: PersonId::new(1), birth_year, trades: trades.clone(), area: Some(areas[home]), will_move, rate,
            kinds: Kinds::from_bits(kinds), days: Weekdays::from_bits(days), licence, free_on: None, listed_ms: Some(1),
            scored: true, abroad: moves_abroad,
        };
        let packed = Packed::of(&worker);
        let read = Profile::read(areas[home].get(), packed).unwrap();
        prop_assert_eq!(read.birth_year, birth_year);
        let side = read.side(30);
        prop_assert_eq!(side.trades, &trades[..]);
        prop_assert_eq!((side.area, side.will_move, side.rate), (areas[home], will_move, rate));
        prop_assert_eq!((side.kinds, side.days, side.licence), (worker.kinds, worker.days, licence));
        prop_assert_eq!(side.abroad, moves_abroad);
    }
}

#[test]
fn neighbours_of_a_wave_are_seated_by_home_and_identifier_and_nobody_passes_to_another_neighbourhood() {
    let wave = |vacancy: i64| {
        let mut people: Vec<Fitting> = (0..1_500)
            .map(|turn| Fitting {
                person: PersonId::new(turn * 7_919 % 1_511),
                score: 100,
                turn,
                home: 1_201 + turn % 3,
            })
            .collect();
        seat(&mut people, 1_200, VacancyId::new(vacancy));
        people
    };
    let (one, other) = (wave(1), wave(2));
    for people in [&one, &other] {
        for (at, neighbours) in people[..1_200].chunks(NEIGHBOURS).enumerate() {
            let mut turns: Vec<i64> = neighbours.iter().map(|fitting| fitting.turn).collect();
            turns.sort_unstable();
            let first = i64::try_from(at * NEIGHBOURS).unwrap();
            assert!(turns.into_iter().eq(first..first + i64::try_from(neighbours.len()).unwrap()));
            let falls = neighbours
                .iter()
                .zip(&neighbours[1..])
                .filter(|(a, b)| (a.home, a.person) > (b.home, b.person))
                .count();
            assert!(falls <= 1, "one run, and what stood before its beginning");
        }
        assert!(
            people[1_200..].iter().map(|fitting| fitting.turn).eq(1_200..1_500),
            "in somebody's stead, the best first"
        );
    }
    assert_ne!(one[0].person, other[0].person, "not the same one is told first each time");
    // Fewer than are wanted, and nobody.
    let mut few = vec![one[0]];
    seat(&mut few, 10, VacancyId::new(3));
    seat(&mut [], 10, VacancyId::new(3));
    assert_eq!(few, [one[0]]);
}
