//! Matching by hand-made examples and by its laws.

use proptest::prelude::*;

use super::super::fixture::{area, country, trade};
use super::*;
use crate::country::{CountryCode, PayUnit};

fn years(code: u8, years: u8) -> WorkerTrade {
    WorkerTrade { trade: trade(code), years: Some(years), paid: None }
}

fn per_day(amount: i64) -> Pay {
    Pay { amount, unit: PayUnit::Day }
}

/// An adult who asks 5,000 a day in Kimironko's district.
fn worker(trades: &[WorkerTrade]) -> WorkerSide<'_> {
    WorkerSide {
        age: 30,
        trades,
        area: area(1201),
        will_move: false,
        rate: Rate::Amount(per_day(5_000)),
        kinds: Kinds::ALL,
        licence: None,
        days: Weekdays::ALL,
        abroad: false,
    }
}

/// A mason for 5,000 a day, two years and Monday asked.
fn vacancy() -> VacancySide {
    VacancySide {
        open: true,
        trade: trade(11),
        place: area(1201).into(),
        household: false,
        live_in: false,
        kind: JobKind::Short,
        pay: Some(per_day(5_000)),
        min_years: 2,
        licence: false,
        days: Weekdays::from_bits(1),
    }
}

fn total(worker: &WorkerSide<'_>, vacancy: &VacancySide) -> u8 {
    score(country(), worker, vacancy).total
}

#[test]
fn work_abroad_is_for_adults_who_agreed_and_its_place_does_not_count() {
    let trades = [years(11, 5)];
    let abroad = VacancySide { place: Place::Abroad(CountryCode::parse("QA").unwrap()), ..vacancy() };
    let (asked, agreed) = (worker(&trades), WorkerSide { abroad: true, ..worker(&trades) });
    assert_eq!(gates(country(), &asked, &abroad), Err(Gate::Abroad));
    assert!(Gate::Abroad.bars_application());
    assert_eq!(gates(country(), &WorkerSide { age: 17, ..agreed }, &abroad), Err(Gate::Age));
    assert_eq!(gates(country(), &agreed, &abroad), Ok(()));
    let found = score(country(), &agreed, &abroad);
    // Trade, pay, experience and days, of 70 points that are stated.
    assert_eq!((found.total, found.parts.place), (100, None));
    assert!(found.reasons().all(|reason| !matches!(reason, Reason::Far | Reason::YourSector)));
    let elsewhere = WorkerSide { area: area(3601), ..agreed };
    assert_eq!(score(country(), &elsewhere, &abroad), found);
}

#[test]
fn the_examples_of_the_design_come_out_as_written() {
    // Same trade, same district, pay met, one of two years, days met: 40 + 14 + 15 + 5 + 5 of 90.
    let same = [years(11, 1)];
    let side = WorkerSide { area: area(1202), ..worker(&same) };
    let found = score(country(), &side, &vacancy());
    let parts =
        Parts { trade: 40, place: Some(14), pay: Some(15), experience: Some(5), skills: None, schedule: Some(5) };
    assert_eq!(found, Score { total: 87, parts });
    // A trade of the same minor group in the same sector, all else met: 24 + 18 + 15 + 10 + 5 of 90. 17 tiler: 7122; 18
    // roofer: 7121.
    let roofer = [years(18, 2)];
    assert_eq!(total(&worker(&roofer), &VacancySide { trade: trade(17), ..vacancy() }), 80);
    // Same trade, neighbour district, 85 % of the pay, no experience, days met: 40 + 8 + 3 + 0 + 5 of 90.
    let new = [years(11, 0)];
    let low = VacancySide { place: area(13).into(), pay: Some(per_day(4_250)), ..vacancy() };
    assert_eq!(total(&worker(&new), &low), 62);
    // What is not stated is not counted: 40 + 18 of 60.
    let bare = VacancySide { pay: None, min_years: 0, days: Weekdays::NONE, ..vacancy() };
    assert_eq!(total(&worker(&new), &bare), 96);
}

#[test]
fn places_are_worth_less_the_farther_they_are() {
    let trades = [years(11, 2)];
    let at = |home: i64, work: i64| {
        score(
            country(),
            &WorkerSide { area: area(home), ..worker(&trades) },
            &VacancySide { place: area(work).into(), ..vacancy() },
        )
        .parts
        .place
        .unwrap()
    };
    assert_eq!([at(120_101, 120_101), at(120_101, 120_102), at(1201, 1202), at(12, 1202)], [20, 18, 14, 14]);
    // Nyarugenge borders on Gasabo; Nyamasheke and Rubavu are only in one province; Rusizi is far.
    assert_eq!([at(1101, 1201), at(37, 33), at(1101, 36)], [8, 4, 0]);
    let mover = WorkerSide { will_move: true, area: area(1101), ..worker(&trades) };
    assert_eq!(score(country(), &mover, &VacancySide { place: area(36).into(), ..vacancy() }).parts.place, Some(10));
}

#[test]
fn pay_that_cannot_be_compared_is_left_out_and_no_rate_is_met() {
    let trades = [years(11, 2)];
    let per_job = VacancySide { pay: Some(Pay { amount: 9_000, unit: PayUnit::Job }), ..vacancy() };
    assert_eq!(score(country(), &worker(&trades), &per_job).parts.pay, None);
    let agrees = WorkerSide { rate: Rate::Agree, ..worker(&trades) };
    assert_eq!(score(country(), &agrees, &per_job).parts.pay, Some(15));
    let month = VacancySide { pay: Some(Pay { amount: 117_000, unit: PayUnit::Month }), ..vacancy() };
    assert_eq!(score(country(), &worker(&trades), &month).parts.pay, Some(7), "4,500 a day is 90 %");
}

#[test]
fn minors_never_come_to_households_live_in_places_or_adult_trades() {
    let farm = [years(41, 0), years(11, 0), years(21, 0)];
    let minor = WorkerSide { age: 17, ..worker(&farm) };
    let farm_work = VacancySide { trade: trade(41), min_years: 0, ..vacancy() };
    let gate = |vacancy: VacancySide| gates(country(), &minor, &vacancy);
    assert_eq!(gate(farm_work), Ok(()));
    assert_eq!(gate(VacancySide { household: true, ..farm_work }), Err(Gate::Age));
    assert_eq!(gate(VacancySide { live_in: true, ..farm_work }), Err(Gate::Age));
    assert_eq!(gate(VacancySide { trade: trade(11), ..farm_work }), Err(Gate::Age));
    assert_eq!(gate(VacancySide { trade: trade(21), ..farm_work }), Err(Gate::Age));
    let adult = WorkerSide { age: 18, ..minor };
    assert_eq!(gates(country(), &adult, &VacancySide { household: true, ..farm_work }), Ok(()));
    let child = WorkerSide { age: 15, ..minor };
    assert_eq!(gates(country(), &child, &farm_work), Err(Gate::Age));
}

#[test]
fn gates_shut_for_their_reasons() {
    let trades = [years(11, 2)];
    let side = worker(&trades);
    assert_eq!(gates(country(), &side, &VacancySide { open: false, ..vacancy() }), Err(Gate::Closed));
    let licensed = VacancySide { licence: true, ..vacancy() };
    assert_eq!(gates(country(), &side, &licensed), Ok(()), "not asked yet");
    assert_eq!(gates(country(), &WorkerSide { licence: Some(false), ..side }, &licensed), Err(Gate::Licence));
    assert_eq!(gates(country(), &WorkerSide { licence: Some(true), ..side }, &licensed), Ok(()));
    let kinds = Kinds::of([JobKind::FullTime]);
    assert_eq!(gates(country(), &WorkerSide { kinds, ..side }, &vacancy()), Err(Gate::Kind));
    assert_eq!(gates(country(), &side, &VacancySide { trade: trade(91), ..vacancy() }), Err(Gate::Trade));
    assert!(Gate::Age.bars_application() && !Gate::Trade.bars_application());
}

#[test]
fn reasons_say_in_words_what_the_parts_say_in_points() {
    let trades = [years(11, 1)];
    let found = score(country(), &worker(&trades), &VacancySide { pay: Some(per_day(4_500)), ..vacancy() });
    let reasons: Vec<Reason> = found.reasons().collect();
    assert_eq!(reasons, [Reason::YourTrade, Reason::YourSector, Reason::PaysLess, Reason::FewerYears]);
}

fn any_trade() -> impl Strategy<Value = TradeCode> {
    (1_u8..10, 1_u8..10).prop_map(|(category, key)| trade(category * 10 + key))
}

fn any_area() -> impl Strategy<Value = AreaCode> {
    let districts: Vec<AreaCode> = country().areas.of_level(Level::District).map(|area| area.code).collect();
    let sectors: Vec<AreaCode> = country().areas.of_level(Level::Sector).map(|area| area.code).collect();
    prop_oneof![prop::sample::select(districts), prop::sample::select(sectors)]
}

fn any_pay() -> impl Strategy<Value = Pay> {
    (1_i64..10_000_000, prop::sample::select(PayUnit::ALL.to_vec())).prop_map(|(amount, unit)| Pay { amount, unit })
}

fn any_rate() -> impl Strategy<Value = Rate> {
    prop_oneof![Just(Rate::Unset), Just(Rate::Agree), any_pay().prop_map(Rate::Amount)]
}

prop_compose! {
    fn any_trades()(list in prop::collection::vec((any_trade(), prop::option::of(0_u8..70)), 1..4)) -> Vec<WorkerTrade> {
        list.into_iter().map(|(trade, years)| WorkerTrade { trade, years, paid: None }).collect()
    }
}

prop_compose! {
    fn any_vacancy()(
        trade in any_trade(), area in any_area(), pay in prop::option::of(any_pay()), min_years in 0_u8..20, days in 0_i64..128,
        flags in any::<[bool; 3]>(), kind in prop::sample::select(JobKind::ALL),
    ) -> VacancySide {
        let [household, live_in, licence] = flags;
        VacancySide { open: true, trade, place: area.into(), household, live_in, kind, pay, min_years, licence, days: Weekdays::from_bits(days) }
    }
}

proptest! {
    #[test]
    fn every_part_stays_in_its_bounds(
        trades in any_trades(), home in any_area(), rate in any_rate(), days in 0_i64..128, moves: bool, vacancy in any_vacancy(),
    ) {
        let days = Weekdays::from_bits(days);
        let side = WorkerSide { area: home, rate, days, will_move: moves, ..worker(&trades) };
        let found = score(country(), &side, &vacancy);
        let parts = found.parts;
        prop_assert!(found.total <= 100 && parts.trade <= TRADE && parts.skills.is_none());
        prop_assert!(parts.place.is_some_and(|points| points <= PLACE));
        prop_assert!(parts.pay.is_none_or(|points| points <= PAY));
        prop_assert!(parts.experience.is_none_or(|points| points <= EXPERIENCE));
        prop_assert!(parts.schedule.is_none_or(|points| points <= SCHEDULE));
        prop_assert_eq!(parts.experience.is_some(), vacancy.min_years > 0);
        prop_assert_eq!(parts.schedule.is_some(), vacancy.days.count() > 0);
        prop_assert_eq!(score(country(), &side, &vacancy), found, "the same two, the same score");
        prop_assert!(found.reasons().count() >= 1);
        if gates(country(), &side, &vacancy).is_ok() {
            prop_assert!(parts.trade > 0);
        }
    }

    #[test]
    fn better_pay_never_scores_less(trades in any_trades(), asked in any_pay(), vacancy in any_vacancy(), more in 0_i64..1_000_000) {
        let side = WorkerSide { rate: Rate::Amount(asked), ..worker(&trades) };
        if let Some(pay) = vacancy.pay {
            let better = VacancySide { pay: Some(Pay { amount: pay.amount + more, ..pay }), ..vacancy };
            prop_assert!(total(&side, &better) >= total(&side, &vacancy));
        }
    }

    #[test]
    fn a_nearer_place_never_scores_less(trades in any_trades(), home in any_area(), vacancy in any_vacancy()) {
        let side = WorkerSide { area: home, ..worker(&trades) };
        let here = VacancySide { place: home.into(), ..vacancy };
        prop_assert!(total(&side, &here) >= total(&side, &vacancy));
        let mover = WorkerSide { will_move: true, ..side };
        prop_assert!(total(&mover, &vacancy) >= total(&side, &vacancy));
    }

    #[test]
    fn more_years_more_trades_or_more_days_never_score_less(
        trades in any_trades(), other in any_trade(), vacancy in any_vacancy(), days in 0_i64..128,
    ) {
        let side = worker(&trades);
        let experienced: Vec<WorkerTrade> =
            trades.iter().map(|had| WorkerTrade { years: Some(had.years.unwrap_or(0) + 1), ..*had }).collect();
        let veteran = WorkerSide { trades: &experienced, ..side };
        prop_assert!(total(&veteran, &vacancy) >= total(&side, &vacancy));
        let mut wider = trades.clone();
        wider.push(years(other.get(), 0));
        let versatile = WorkerSide { trades: &wider, ..side };
        prop_assert!(total(&versatile, &vacancy) >= total(&side, &vacancy));
        let fewer = WorkerSide { days: Weekdays::from_bits(days), ..side };
        prop_assert!(total(&side, &vacancy) >= total(&fewer, &vacancy));
    }
}
