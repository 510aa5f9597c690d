//! Walks through flows: calls and returns, back and home, help, faults, secrets, last screens.

use super::super::visit::VisitFault;
use super::super::{Event, Visit};
use super::host::Host;
use crate::menu::graph::Answer;
use crate::menu::tests::example::build_with;
use crate::text::Language;

/// From the dial to the question which day.
const TO_DAY: [&str; 5] = ["1", "1", "1", "Uwase Aline", "90"];

#[test]
fn a_booking_goes_through_calls_and_back() {
    let mut host = Host::new();
    assert_eq!(host.dial(""), "Health and prices\n1 Clinic\n2 Market\n3 Results");
    assert!(host.typed("1").starts_with("Clinics near you\n1 Clinic 1, "));
    assert_eq!(host.typed("2"), "Why do you come?\n1 Check-up\n2 Vaccine\n9 Stop\n0 Back");
    assert_eq!(host.visit.stack.len(), 1);
    assert_eq!(host.typed("2"), "Who comes?\n0 Back");
    assert_eq!(host.typed("Uwase Aline"), "Born in which year?\n0 Back");
    assert_eq!(host.typed("90"), "Uwase Aline: which day?\n0 Back");
    assert_eq!(host.typed("24/11"), "A certain time?\n1 Yes\n2 No\n0 Back");
    assert_eq!(host.visit.stack.len(), 2);
    assert_eq!(host.typed("1"), "What time?\n0 Back");
    assert_eq!(host.typed("7:30"), "What else?\n1 Nothing\n0 Back");
    assert_eq!(host.visit.stack.len(), 1);
    let last = host.hop(Event::Input("bring the card".into()));
    assert_eq!((last.text.as_str(), last.end), ("Uwase Aline: Clinic 2, Tue 24/11. Number 123.", true));
    assert_eq!((host.at(), host.visit.stack.len()), ("clinic.done", 0));
    assert_eq!(host.acted, ["clinic.book"]);
    let over = host.hop(Event::Input("1".into()));
    assert_eq!((over.text.as_str(), over.end), ("This call has ended.", true));
}

#[test]
fn what_a_flow_returns_decides_where_its_caller_goes_on() {
    let mut host = Host::new();
    host.dial("");
    assert_eq!(host.all(&["1", "1", "9"]), "Nothing was booked at Clinic 1.\n1 Choose again\n0 Back");
    assert_eq!(host.visit.stack.len(), 0);
    assert!(host.typed("1").starts_with("Clinics near you"));
    host.all(&TO_DAY[1..]);
    // The other way out of the inner flow, and an option beside a typed answer.
    assert_eq!(host.all(&["24/11", "2"]), "What else?\n1 Nothing\n0 Back");
    host.full = true;
    assert_eq!(host.typed("1"), "Clinic 1 is full on Tue 24/11.\n1 Another day\n0 Back");
    host.full = false;
    assert!(host.all(&["1", "25/11", "2", "1"]).ends_with("Wed 25/11. Number 123."));
    assert_eq!(host.acted, ["clinic.book", "clinic.book"]);
}

#[test]
fn options_set_answers() {
    let mut host = Host::new();
    host.dial("");
    let reason = host.bundle.answer_named("reason").unwrap();
    host.all(&["1", "1", "2"]);
    assert!(host.visit.answers.get(&reason) == Some(&Answer::Text("vaccine".into())));
    host.all(&["0", "1"]);
    assert!(host.visit.answers.get(&reason) == Some(&Answer::Text("checkup".into())));
}

#[test]
fn back_goes_over_the_screens_that_were_shown_into_the_calls_around_them() {
    let mut host = Host::new();
    host.dial("");
    host.all(&TO_DAY);
    host.all(&["24/11", "1"]);
    assert_eq!(host.at(), "clock.hour");
    for (state, calls) in [
        ("clock.start", 2),
        ("booking.day", 1),
        ("booking.born", 1),
        ("booking.patient", 1),
        ("booking.reason", 1),
        ("clinic.list", 0),
        ("home.start", 0),
    ] {
        host.typed("0");
        assert_eq!((host.at(), host.visit.stack.len()), (state, calls));
    }
    // There is nothing before it: 0 is what any other key is here.
    assert_eq!(host.typed("0"), "Type a number.\nHealth and prices\n1 Clinic\n2 Market\n3 Results");
    host.all(&TO_DAY);
    host.all(&["24/11", "1", "0", "0", "0"]);
    assert_eq!(host.at(), "booking.born");
    assert!(host.all(&["1991", "24/11", "1", "8", "1"]).starts_with("Uwase Aline: Clinic 1"));
}

#[test]
fn home_forgets_answers_calls_and_screens() {
    let mut host = Host::new();
    host.dial("");
    host.all(&TO_DAY);
    assert_eq!(host.typed("00"), "Health and prices\n1 Clinic\n2 Market\n3 Results");
    assert!(host.visit.answers.is_empty() && host.visit.stack.is_empty() && host.visit.history.is_empty());
    assert_eq!(host.visit.person, Some(1));
}

#[test]
fn a_screen_without_back_forgets_what_was_before() {
    let mut host = Host::new();
    host.dial("");
    assert_eq!(host.all(&["2", "1", "1", "500", "1"]), "Beans of kind 10 is listed at 1000.\n1 All prices");
    assert!(host.visit.history.is_empty());
    assert_eq!(host.acted, ["market.post"]);
}

#[test]
fn going_on_to_where_one_came_from_is_going_back() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["2", "1"]);
    assert_eq!((host.at(), host.visit.history.len()), ("market.price", 2));
    host.typed("2");
    assert_eq!((host.at(), host.visit.history.len()), ("market.list", 1));
    for _ in 0..40 {
        host.all(&["1", "1", "200", "0", "0", "0"]);
    }
    assert_eq!((host.at(), host.visit.history.len()), ("market.list", 1));
}

#[test]
fn three_wrong_keys_lead_to_help_and_0_leads_back() {
    let mut host = Host::new();
    host.dial("");
    host.all(&TO_DAY);
    host.typed("24/11");
    let again = "Press a number below.\nA certain time?\n1 Yes\n2 No\n0 Back";
    assert_eq!(host.typed("7"), again);
    assert_eq!(host.typed("x"), again);
    let help = "Press the number in front of a line, then send.\n1 Home\n0 Back";
    assert_eq!(host.typed("9"), help);
    // Help is outside the flow: its calls are not around it, and come back with the screen.
    assert_eq!((host.visit.stack.len(), host.visit.wrong), (0, 0));
    assert_eq!(host.typed("5"), format!("Press a number below.\n{help}"));
    for _ in 0..5 {
        host.typed("5");
    }
    assert_eq!(host.at(), "help.lost");
    assert_eq!(host.typed("0"), "A certain time?\n1 Yes\n2 No\n0 Back");
    assert_eq!(host.visit.stack.len(), 2);
    assert_eq!(host.typed("2"), "What else?\n1 Nothing\n0 Back");
    assert_eq!(host.visit.wrong, 0);
}

#[test]
fn help_leads_back_to_the_screen_that_was_just_left_however_often_it_is_shown() {
    let lost = "menu = [{ key = \"1\", id = \"home\", go = \"home.start\" }";
    let bundle = build_with(&[
        ("flows/help.toml", lost, &format!("{lost}, {{ key = \"2\", id = \"list\", go = \"market.list\" }}")),
        ("text/en.toml", "[help.lost]", "[help.lost]\nlist = \"Prices\""),
        ("text/sw.toml", "[help.lost]", "[help.lost]\nlist = \"Bei\""),
    ]);
    let mut host = Host { bundle: Box::leak(Box::new(bundle.unwrap())), ..Host::new() };
    host.dial("");
    host.all(&["1", "1", "x", "x", "x"]);
    assert_eq!(host.at(), "help.lost");
    host.all(&["2", "1", "x", "x", "x"]);
    assert_eq!(host.at(), "help.lost");
    for state in ["market.price", "market.list", "booking.reason", "clinic.list", "home.start"] {
        host.typed("0");
        assert_eq!(host.at(), state);
    }
}

#[test]
fn a_good_answer_between_wrong_ones_starts_the_count_again() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["1", "1", "7", "7", "1", "12", "12", "Uwase", "abc", "abc"]);
    assert_eq!((host.at(), host.visit.wrong), ("booking.born", 2));
    host.typed("abc");
    assert_eq!(host.at(), "help.lost");
    assert_eq!(
        host.typed("1"),
        "Health and prices\n1 Clinic\n2 Market\n3 Results\n0 Back".trim_end_matches("\n0 Back")
    );
}

#[test]
fn a_fault_shows_the_bundles_words_and_nothing_else() {
    for (failing, typed) in [
        ("visitor.who", &[][..]),
        ("clinic.near", &["1"]),
        ("market.price", &["2", "1"]),
        ("vault.open", &["3", "1234"]),
        ("clinic.book", &["1", "1", "1", "Uwase", "90", "24", "2", "1"]),
        ("clinic.slip", &["1", "1", "1", "Uwase", "90", "24", "2", "1"]),
    ] {
        let mut host = Host::new();
        host.failing = Some(failing);
        let mut screen = host.hop(Event::Dial(String::new()));
        for typed in typed {
            assert!(!screen.end, "{failing}");
            screen = host.hop(Event::Input((*typed).to_owned()));
        }
        assert_eq!((screen.text.as_str(), screen.end), ("Sorry, something failed. Dial again.", true), "{failing}");
        // Nothing is remembered but that who is calling is still to be told.
        let stack = usize::from(failing == "visitor.who");
        assert!(host.visit.answers.is_empty() && host.visit.stack.len() == stack, "{failing}");
    }
}

#[test]
fn a_secret_is_for_the_action_behind_it_alone() {
    let mut host = Host::new();
    host.dial("");
    assert!(host.hop(Event::Input("3".into())).private);
    for wrong in ["12", "abcd"] {
        assert_eq!(host.typed(wrong), "Type a number.\nYour code?\n0 Back");
    }
    host.typed("1234567");
    assert_eq!(host.at(), "help.lost");
    host.typed("0");
    assert_eq!(host.typed("9876"), "Your code?\n0 Back");
    assert!(host.visit.answers.is_empty() && !host.visit.to_bytes(host.bundle).windows(4).any(|four| four == b"9876"));
    let inside = host.hop(Event::Input("1234".into()));
    assert!(inside.private && inside.end && host.visit.answers.is_empty());
    let code = host.bundle.answer_named("code").unwrap();
    host.visit.answers.insert(code, Answer::Text("1234".into()));
    assert!(!host.visit.to_bytes(host.bundle).windows(4).any(|four| four == b"1234"));
}

#[test]
fn debug_tells_nothing_that_was_typed_or_shown() {
    let mut host = Host::new();
    host.dial("1");
    host.all(&["1", "1", "Uwase", "90"]);
    let screen = host.hop(Event::Input("24/11".into()));
    host.visit.resume = Some("4242".into());
    let shown = format!("{:?} {screen:?} {:?} {:?}", host.visit, Event::Input("Uwase".into()), host.visit.answers);
    for secret in ["Uwase", "1990", "time", "4242"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn every_language_has_its_own_words() {
    let mut host = Host::new();
    host.visit.language = Language::Sw;
    assert_eq!(host.dial(""), "Afya na bei\n1 Kliniki\n2 Soko\n3 Majibu");
    assert!(host.typed("2").contains("\n1 Beans of ki. 1000 inapanda\n"));
    // A language that the bundle does not speak is answered in its first one.
    host.visit.language = Language::Rw;
    assert!(host.typed("00").starts_with("Health"));
}

#[test]
fn a_visit_moves_to_another_bundle_by_name() {
    let mut host = Host::new();
    host.dial("");
    host.all(&TO_DAY);
    let bytes = host.visit.to_bytes(host.bundle);
    // Other numbers for every state, a screen less, and another type for an answer.
    let other = build_with(&[
        ("bundle.toml", "born = { type = \"year\", min = 1920, max = 2026 }", "born = { type = \"text\", max = 4 }"),
        (
            "flows/clinic.toml",
            "[state.list]",
            "[state.first]\nmenu = [{ key = \"1\", id = \"on\", go = \"list\" }]\n\n[state.list]",
        ),
        ("flows/home.toml", "go = \"clinic.list\"", "go = \"clinic.first\""),
        ("text/en.toml", "[clinic.none]", "[clinic.first]\ntext = \"New\"\non = \"On\"\n\n[clinic.none]"),
        ("text/sw.toml", "[clinic.none]", "[clinic.first]\ntext = \"Mpya\"\non = \"Endelea\"\n\n[clinic.none]"),
    ])
    .unwrap();
    let moved = Visit::from_bytes(&other, &bytes).unwrap();
    assert_eq!(other.state(moved.at).unwrap().name, "booking.day");
    assert_eq!(moved.history.len(), host.visit.history.len());
    assert_eq!(moved.answers.len(), host.visit.answers.len() - 1);
    let at = bytes.windows(11).position(|name| name == b"booking.day").unwrap();
    let mut lost = bytes.clone();
    lost[at..at + 11].copy_from_slice(b"booking.dax");
    assert_eq!(Visit::from_bytes(&other, &lost).unwrap_err(), VisitFault::Lost);
    assert_eq!(Visit::from_bytes(&other, b"{}").unwrap_err(), VisitFault::Unreadable);
}
