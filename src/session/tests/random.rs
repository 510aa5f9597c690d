//! Random callers. [`Host::hop`] holds every hop to its promises: in the GSM alphabet, within the limit, never empty,
//! and the same visit when it was stored and read again.

use proptest::prelude::*;

use super::super::{Event, Visit};
use super::host::Host;
use crate::text::Language;

#[derive(Clone, Debug)]
enum Move {
    Dial(String),
    Resume(String),
    Type(String),
    Languages(Language),
    Lists(i64, i64, i64),
    Failing(Option<&'static str>),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let likely = [
        "1", "2", "3", "9", "0", "00", "98", "97", "90", "12", "25", "Uwase", "1990", "24/11", "7:30", "1234",
        "clinic", "254",
    ];
    let typed = prop_oneof![
        12 => prop::sample::select(likely.to_vec()).prop_map(str::to_owned),
        2 => ".{0,8}",
        1 => any::<String>(),
        1 => "\\PC{150,300}",
    ];
    let extras = prop_oneof![
        prop::sample::select(vec!["", "1", "2*12", "2*99", "7"]).prop_map(str::to_owned),
        "[0-9*#]{0,12}",
        any::<String>(),
    ];
    let failing =
        prop::sample::select(vec![None, None, None, Some("clinic.near"), Some("market.price"), Some("visitor.who")]);
    prop::collection::vec(
        prop_oneof![
            1 => extras.clone().prop_map(Move::Dial),
            1 => extras.prop_map(Move::Resume),
            20 => typed.prop_map(Move::Type),
            1 => prop::sample::select(Language::ALL.to_vec()).prop_map(Move::Languages),
            2 => (0..40_i64, 0..40_i64, 0..4_i64).prop_map(|(clinics, crops, visitors)| Move::Lists(clinics, crops, visitors)),
            1 => failing.prop_map(Move::Failing),
        ],
        1..40,
    )
}

proptest! {
    #[test]
    fn whatever_a_caller_does_there_is_a_screen(moves in moves()) {
        let mut host = Host::new();
        host.dial("");
        for next in moves {
            match next {
                Move::Dial(extras) => {
                    host.visit = Visit::new(host.visit.id + 1, host.visit.language, None);
                    host.hop(Event::Dial(extras));
                }
                Move::Resume(extras) => drop(host.hop(Event::Resume(extras))),
                Move::Type(typed) => drop(host.hop(Event::Input(typed))),
                Move::Languages(language) => host.visit.language = language,
                Move::Lists(clinics, crops, visitors) => {
                    host.clinics = (1..=clinics).rev().collect();
                    host.crops = (10..10 + crops).collect();
                    host.visitors = (1..=visitors).collect();
                }
                Move::Failing(failing) => host.failing = failing,
            }
            prop_assert!(host.visit.stack.len() <= 3, "calls pile up at {}", host.at());
            prop_assert!(host.visit.to_bytes(host.bundle).len() < 8192);
        }
    }

    #[test]
    fn any_bytes_are_a_visit_or_refused(bytes: Vec<u8>) {
        prop_assert!(Visit::from_bytes(Host::new().bundle, &bytes).is_err());
    }
}
