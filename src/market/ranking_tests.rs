//! Ranks: the arithmetic as properties, and what is read of people on both engines.

use proptest::prelude::*;

use super::super::application::ApplyOutcome;
use super::super::booking::record::{self, Record, Side};
use super::super::employer::EmployerKind;
use super::super::fixture::{Fixture, NOW_MS, trade};
use super::super::screening::{Kind, Question, Wanted, Words, desk};
use super::super::{vacancy, vacancy_desk};
use super::*;

fn measures() -> impl Strategy<Value = BTreeMap<PartName, Measure>> {
    prop::collection::btree_map(prop::sample::select(PartName::ALL), (0_i64..40, 0_i64..40), 0..6)
        .prop_map(|all| all.into_iter().map(|(name, (got, more))| (name, Measure { got, of: got + more })).collect())
}

fn weights() -> impl Strategy<Value = Weights> {
    let weight = || 0_i64..=100;
    (weight(), weight(), weight(), weight(), weight()).prop_map(|(score, answers, quiz, record, nearness)| Weights {
        score,
        answers,
        quiz,
        record,
        nearness,
    })
}

proptest! {
    #[test]
    fn parts_sum_to_the_total_and_what_is_not_known_is_left_out(weights in weights(), known in measures()) {
        let rank = rank(&weights, &known);
        prop_assert_eq!(rank.points, rank.parts.iter().map(|part| part.points).sum::<i64>());
        prop_assert_eq!(rank.of, rank.parts.iter().map(|part| part.of).sum::<i64>());
        prop_assert!((0..=100).contains(&rank.total));
        prop_assert_eq!(rank.total, if rank.of == 0 { 0 } else { rank.points * 100 / rank.of });
        for part in &rank.parts {
            prop_assert!((0..=part.of).contains(&part.points) && part.of == weights.of(part.name));
        }
        let counted: Vec<PartName> = rank.parts.iter().map(|part| part.name).collect();
        let expected: Vec<PartName> = PartName::ALL.iter().copied()
            .filter(|name| weights.of(*name) > 0 && known.get(name).is_some_and(|measure| measure.of > 0)).collect();
        prop_assert_eq!(counted, expected);
    }

    #[test]
    fn more_of_a_part_never_lowers_a_rank(weights in weights(), known in measures(), which in 0_usize..5) {
        let mut more = known.clone();
        if let Some(measure) = more.get_mut(&PartName::ALL[which]).filter(|measure| measure.got < measure.of) {
            measure.got += 1;
        }
        prop_assert!(rank(&weights, &more).total >= rank(&weights, &known).total);
    }
}

#[test]
fn the_worked_example_of_the_docs() {
    let known = BTreeMap::from([
        (PartName::Score, Measure { got: 55, of: 55 }),
        (PartName::Answers, Measure { got: 1, of: 2 }),
        (PartName::Quiz, Measure { got: 4, of: 5 }),
        (PartName::Nearness, Measure { got: 18, of: 20 }),
    ]);
    let rank = rank(&Weights::default(), &known);
    let points: Vec<(i64, i64)> = rank.parts.iter().map(|part| (part.points, part.of)).collect();
    assert_eq!(points, [(40, 40), (12, 25), (8, 10), (9, 10)]);
    assert_eq!((rank.points, rank.of, rank.total), (69, 85, 81));
}

#[test]
fn what_is_known_of_people_is_read_and_orders_them() {
    Fixture::new().run(|tx, f| {
        let (job, _) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, "a"))?;
        let employer = vacancy::details(tx, &f.keys, job)?.unwrap().employer;
        let own = vacancy_desk::find(tx, &f.keys, employer, job)?.unwrap();
        let tools = Question {
            kind: Kind::YesNo,
            ask: Words::One("Own tools?".to_owned()),
            options: Vec::new(),
            wanted: Some(Wanted::OneOf(vec![1])),
        };
        let order = desk::Order { old: &own, questions: &[tools], token: 1, fields: "{}" };
        desk::replace(tx, &f.keys, &mut f.ids(), employer, &order, NOW_MS)?;
        let asked = desk::of_vacancy(tx, &f.keys, job)?;
        // Three alike, and one from another province.
        let mut all = Vec::new();
        for (n, home) in [(1, 1201), (2, 1201), (3, 1201), (4, 3601)] {
            let person = f.worker_with(tx, n, "Aline Uwera", 1990, 11, home)?;
            let ApplyOutcome::Applied { application, .. } = f.apply(tx, person, job, &n.to_string(), NOW_MS)? else {
                panic!("applied before")
            };
            all.push((person, application));
        }
        answer::save(tx, &f.keys, (all[0].1, all[0].0), (asked[0].id, 1), NOW_MS)?;
        answer::save(tx, &f.keys, (all[1].1, all[1].0), (asked[0].id, 0), NOW_MS)?;
        for (person, jobs, absences) in [(all[2].0, 2, 0), (all[3].0, 3, 1)] {
            record::add(tx, person, Side::Worker, Record { jobs, absences, ..Record::default() })?;
        }
        quiz::begin(tx, all[2].0, trade(11), 1, NOW_MS)?;
        quiz::answer(tx, (all[2].0, trade(11)), 0, true, NOW_MS)?;
        let ranked = |tx: &mut Tx<'_>| of_vacancy(tx, &Weights::default(), (employer, job), &asked, None);
        let parts = |ranked: &[(ApplicationId, Rank)], of: usize| -> Vec<&'static str> {
            let found = ranked.iter().find(|(application, _)| *application == all[of].1).unwrap();
            found.1.parts.iter().map(|part| part.name.code()).collect()
        };
        let first = ranked(tx)?;
        assert_eq!(parts(&first, 0), ["score", "answers", "nearness"]);
        assert_eq!(parts(&first, 2), ["score", "nearness"], "two jobs are no record, and the quiz is the worker's own");
        assert_eq!(parts(&first, 3), ["score", "record", "nearness"]);
        let order: Vec<ApplicationId> = first.iter().map(|(application, _)| *application).collect();
        // 49 of 50, 74 of 75 (98 both, the latest first), 51 of 65, 49 of 75.
        assert_eq!(order, [2, 0, 3, 1].map(|of: usize| all[of].1), "{first:?}");
        quiz::set_shown(tx, all[2].0, trade(11), true, NOW_MS)?;
        assert_eq!(parts(&ranked(tx)?, 2), ["score", "quiz", "nearness"]);
        assert_eq!(of_vacancy(tx, &Weights::default(), (EmployerId::new(1), job), &asked, None)?, []);
        let stage = Some(Stage::Hired);
        assert_eq!(of_vacancy(tx, &Weights::default(), (employer, job), &asked, stage)?, []);
        Ok(())
    });
}
