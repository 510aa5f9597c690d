//! What operators do to menus that are served: options that hide or retire, flows that close, maintenance, and visits that
//! move to another bundle.

use super::super::{Event, Turn, Visit};
use super::host::Host;
use crate::menu::tests::example::build_with;

const HOME: &str = "flows/home.toml";
const BUNDLE: &str = "bundle.toml";
const CLINIC: &str = "{ key = \"1\", id = \"clinic\", go = \"clinic.list\" }";
const VAULT: &str = "{ key = \"3\", id = \"vault\", go = \"vault.ask\" }";

#[test]
fn a_hidden_option_keeps_its_number_and_cannot_be_pressed() {
    let hides = "{ key = \"1\", id = \"clinic\", go = \"clinic.list\", when = \"open\" }";
    let mut host =
        Host::of(&[(HOME, "back = false\n", "back = false\nshow = \"clinic.today\"\n"), (HOME, CLINIC, hides)]);
    assert_eq!(host.dial(""), "Health and prices\n1 Clinic\n2 Market\n3 Results");
    host.open_today = "no";
    // It stood on the screen, and is gone when it is pressed.
    assert_eq!(host.typed("1"), "Press a number below.\nHealth and prices\n2 Market\n3 Results");
    assert_eq!((host.turn, host.visit.wrong), (Turn::Wrong, 1));
    host.open_today = "yes";
    assert!(host.typed("1").starts_with("Clinics near you"));
    assert_eq!((host.turn, host.visit.wrong), (Turn::Answered, 0));
}

#[test]
fn a_retired_number_says_where_the_thing_went() {
    let retired =
        "{ key = \"3\", id = \"vault\", retired = true },\n  { key = \"4\", id = \"results\", go = \"vault.ask\" }";
    let mut host = Host::of(&[
        (HOME, VAULT, retired),
        ("text/en.toml", "vault = \"Results\"", "vault = \"Results are under 4 now.\"\nresults = \"Results\""),
        ("text/sw.toml", "vault = \"Majibu\"", "vault = \"Majibu yako kwenye 4.\"\nresults = \"Majibu\""),
    ]);
    assert_eq!(host.dial(""), "Health and prices\n1 Clinic\n2 Market\n4 Results");
    assert_eq!(host.typed("3"), "Results are under 4 now.\nHealth and prices\n1 Clinic\n2 Market\n4 Results");
    assert_eq!(host.visit.wrong, 0, "it was right once");
    assert_eq!(host.typed("4"), "Your code?\n0 Back");
}

/// The example with screens for what is closed and for maintenance, and digits to go on at once.
fn operated() -> Host {
    let screens = "[state.closed]\nmenu = [{ key = \"1\", id = \"home\", go = \"home.start\" }]\n\n[state.notice]\nend = true\n\n[state.fault]";
    let words = |closed: &str, home: &str, notice: &str| {
        format!(
            "[help.closed]\ntext = \"{closed}\"\nhome = \"{home}\"\n\n[help.notice]\ntext = \"{notice}\"\n\n[help.fault]"
        )
    };
    let places = "fault = \"help.fault\"\nclosed = \"help.closed\"\nnotice = \"help.notice\"\nresume_path = \"9\"";
    Host::of(&[
        (BUNDLE, "fault = \"help.fault\"", places),
        ("flows/help.toml", "[state.fault]", screens),
        ("text/en.toml", "[help.fault]", &words("Closed today.", "Home", "We are back at noon.")),
        ("text/sw.toml", "[help.fault]", &words("Imefungwa leo.", "Mwanzo", "Turudi saa sita.")),
    ])
}

#[test]
fn a_closed_flow_is_told_on_every_way_into_it_and_leaves_the_rest_alone() {
    let mut host = operated();
    host.dial("");
    assert!(host.typed("1").starts_with("Clinics near you"));
    host.closures.flows.insert("clinic".to_owned());
    // Who stands in it comes no further in it, by a key, by `0`, by a dial path or by going on.
    assert_eq!(host.typed("00"), "Health and prices\n1 Clinic\n2 Market\n3 Results");
    assert_eq!(host.typed("1"), "Closed today.\n1 Home");
    assert!(host.visit.stack.is_empty() && host.visit.history.is_empty());
    assert_eq!(host.typed("1"), "Health and prices\n1 Clinic\n2 Market\n3 Results");
    assert!(host.typed("2").contains("1 Beans"));
    host.visit = Visit::new(8, host.visit.language, None);
    assert_eq!(host.dial("1"), "Closed today.\n1 Home");
    host.closures.flows.clear();
    assert!(host.all(&["1", "1"]).starts_with("Clinics near you"));
    host.typed("1");
    host.closures.flows.insert("clinic".to_owned());
    assert_eq!(host.typed("0"), "Closed today.\n1 Home");
    // The flow that was called by the closed one is another one; its return leads into it.
    host.closures.flows.clear();
    host.all(&["1", "1", "1"]);
    host.closures.flows.insert("clinic".to_owned());
    assert_eq!(host.typed("9"), "Closed today.\n1 Home");
    let mut dropped = operated();
    dropped.dial("");
    dropped.typed("1");
    dropped.closures.flows.insert("clinic".to_owned());
    assert_eq!(dropped.hop(Event::Continue).text, "Closed today.\n1 Home");
}

#[test]
fn maintenance_is_for_those_who_dial_and_calls_under_way_go_on() {
    let mut host = operated();
    host.dial("");
    host.closures.maintenance = true;
    assert!(host.typed("1").starts_with("Clinics near you"));
    for event in [Event::Dial("1".into()), Event::Resume(String::new()), Event::Continue] {
        let screen = host.hop(event);
        assert_eq!((screen.text.as_str(), screen.end), ("We are back at noon.", true));
    }
    // Menus without a notice have nothing to say, and go on.
    let mut without = Host::new();
    without.closures.maintenance = true;
    assert!(without.dial("").starts_with("Health"));
    without.closures.flows.insert("clinic".to_owned());
    assert_eq!(without.typed("1"), "Sorry, something failed. Dial again.");
}

#[test]
fn a_dropped_visit_goes_on_at_once_when_that_is_dialled() {
    let mut host = operated();
    host.dial("");
    host.all(&["1", "1", "2"]);
    let screen = host.hop(Event::Continue);
    assert_eq!((screen.text.as_str(), host.turn), ("Who comes?\n0 Back", Turn::Resumed));
    // Not on a secret screen: that begins anew.
    host.all(&["00", "3"]);
    assert!(host.hop(Event::Continue).text.starts_with("Health and prices"));
}

#[test]
fn a_visit_moves_over_where_all_that_is_counted_upon_is_there() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["1", "1", "2"]);
    assert_eq!(host.at(), "booking.patient");
    let bytes = host.visit.to_bytes(host.bundle);
    let moved = |changes: &[(&str, &str, &str)]| {
        let bundle = build_with(changes).unwrap_or_else(|report| panic!("{}", report.render()));
        let visit = Visit::from_bytes(&bundle, &bytes);
        visit.map(|visit| {
            let name = bundle.state(visit.at).unwrap().name.clone();
            (visit.going_on_with(&bundle).is_some(), name)
        })
    };
    assert_eq!(moved(&[]), Ok((true, "booking.patient".to_owned())));
    // Another name, which the bundle tells.
    let names = [
        ("flows/booking.toml", "[state.patient]", "[state.visitor]"),
        ("flows/booking.toml", "go = \"patient\"", "go = \"visitor\""),
        ("flows/booking.toml", "go = \"patient\"", "go = \"visitor\""),
        ("text/en.toml", "[booking.patient]", "[booking.visitor]"),
        ("text/sw.toml", "[booking.patient]", "[booking.visitor]"),
    ];
    assert!(moved(&names).is_err());
    let told = (BUNDLE, "[keys]", "[renamed]\n\"booking.patient\" = \"booking.visitor\"\n\n[keys]");
    let renamed: Vec<_> = names.into_iter().chain([told]).collect();
    assert_eq!(moved(&renamed), Ok((true, "booking.visitor".to_owned())));
    // A question that is asked before it now, and counted upon.
    let asked = [
        ("flows/booking.toml", "[state.patient]", "[state.when]\nask = \"hour\"\ngo = \"patient\"\n\n[state.patient]"),
        ("flows/booking.toml", "go = \"patient\"", "go = \"when\""),
        ("flows/booking.toml", "go = \"patient\"", "go = \"when\""),
        ("text/en.toml", "[booking.patient]", "[booking.when]\ntext = \"When?\"\n\n[booking.patient]"),
        ("text/sw.toml", "[booking.patient]", "[booking.when]\ntext = \"Lini?\"\n\n[booking.patient]"),
    ];
    let found = moved(&asked);
    assert!(matches!(&found, Ok((false, _))), "{found:?}");
}

#[test]
fn nobody_gets_past_the_question_who_is_calling() {
    let mut host = operated();
    host.visitors = vec![1, 2];
    assert!(host.dial("").starts_with("Who is"), "{}", host.at());
    // Lost in it: help leads back to it, and not past it.
    host.all(&["x", "y", "z"]);
    assert_eq!(host.at(), "help.lost");
    host.typed("1");
    assert_eq!((host.at(), host.visit.person), ("who.list", None));
    host.all(&["x", "y", "z"]);
    assert_eq!(host.typed("00").lines().next(), host.dial("").lines().next());
    // Nor does a closed flow, or a host that fails.
    host.closures.flows.insert("who".to_owned());
    assert_eq!(host.dial(""), "Closed today.\n1 Home");
    assert_eq!(host.typed("1"), "Closed today.\n1 Home");
    host.closures.flows.clear();
    host.typed("1");
    assert_eq!((host.at(), host.visit.person), ("who.list", None));
    host.typed("1");
    assert_eq!((host.at(), host.visit.person), ("home.start", Some(1)));
    // Told once, it is not asked again on the way back from help.
    host.all(&["x", "y", "z", "1"]);
    assert_eq!((host.at(), host.visit.person), ("home.start", Some(1)));
}

#[test]
fn a_dropped_screen_that_is_too_wide_to_come_first_is_offered_first() {
    let long = "Who comes? ".repeat(12);
    let text = format!("[booking.patient]\ntext = \"{}\"", long.trim());
    let path = (BUNDLE, "[keys]", "[limits.narrow]\nopening_septets = 100\n\n[keys]");
    let resume = (BUNDLE, "resume_minutes = 60", "resume_minutes = 60\nresume_path = \"9\"");
    let mut host = Host::of(&[("text/en.toml", "[booking.patient]\ntext = \"Who comes?\"", &text), path, resume]);
    host.dial("");
    assert_eq!(host.all(&["1", "1", "2"]), format!("{}\n0 Back", long.trim()));
    host.bundle = Box::leak(Box::new(crate::menu::Bundle {
        limits: host.bundle.limits_of("narrow").clone(),
        ..host.bundle.clone()
    }));
    let offered = host.hop(Event::Continue).text;
    assert!(offered.ends_with("2 Start again") && !offered.contains("Who comes"), "{offered}");
    assert_eq!(host.typed("1"), format!("{}\n0 Back", long.trim()));
}

#[test]
fn what_was_typed_at_help_is_kept_while_who_is_calling_is_asked() {
    let menu = "[state.lost]\nmenu = [{ key = \"1\", id = \"home\", go = \"home.start\" }]";
    let typed = format!("{menu}\ntyped = {{ answer = \"crop_number\", go = \"market.by_number\" }}");
    let mut host = Host::of(&[("flows/help.toml", menu, &typed)]);
    host.visitors = vec![1, 2];
    host.dial("");
    host.all(&["x", "y", "z"]);
    assert_eq!(host.at(), "help.lost");
    host.typed("12");
    assert_eq!(host.at(), "who.list");
    host.typed("1");
    assert_eq!((host.at(), host.visit.person), ("market.price", Some(1)));
}
